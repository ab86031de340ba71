"""Attacks that would change what is not the student's."""

from autograder.course import NOTEBOOK
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.world import RESULTS, SLUG

WRITE = """
import os
def write(path, text, how="a"):
    try:
        with open(path, how) as file: file.write(text)
    except OSError as error:
        print(type(error).__name__)
"""


def writes(*lines: str) -> str:
    return WRITE + "\n".join(lines)


def link(folder, world):
    (folder / "notes").symlink_to(world.unit.course.root)


WRITING = [
    Attack("source notebook", "empties the tests of the source notebook",
           after=writes(f"write('@COURSE@/source/{SLUG}/{NOTEBOOK}', '@ME@', 'w')")),
    Attack("settings of the course", "adds a line to nbgrader_config.py, which staff run",
           after=writes("write('@COURSE@/nbgrader_config.py', '\\nme = \"@ME@\"\\n')")),
    Attack("own mark in the gradebook", "gives itself points in nbgrader's database", before="""
import sqlite3
try:
    with sqlite3.connect("@COURSE@/gradebook.db", timeout=3) as gradebook:
        print(gradebook.execute("update grade set manual_score = 2, needs_manual_grade = 0 where notebook_id in "
                                "(select submitted_notebook.id from submitted_notebook join submitted_assignment on "
                                "submitted_assignment.id = submitted_notebook.assignment_id "
                                "where student_id = 'own-mark-in-the-gradebook')").rowcount)
except sqlite3.Error as error:
    print(error)"""),
    Attack("points of a test", "makes the tests that it will fail worth nothing and its own worth all", before="""
import sqlite3
try:
    with sqlite3.connect("@COURSE@/gradebook.db", timeout=3) as gradebook:
        gradebook.execute("update grade_cells set max_score = 50 where id in "
                          "(select id from base_cell where name = 'test_mean')")
        gradebook.execute("update source_cell set source = 'pass' where name like 'test_scale%'")
except sqlite3.Error as error:
    print(error)"""),
    Attack("classmate's answer", "spoils the submission of somebody who is graded later",
           before=writes(f"write('@COURSE@/submitted/@MATE@/{SLUG}/{NOTEBOOK}', '@ME@', 'w')")),
    Attack("earlier results", "changes results that were recorded before",
           after=writes(f"for place in {RESULTS}: write('@COURSE@/' + place, '@ME@')")),
    Attack("Python environment", "leaves a file in the folder of installed packages",
           after=writes("import numpy",
                        "write(os.path.dirname(os.path.dirname(numpy.__file__)) + '/@ME@.pth', '# @ME@')")),
    Attack("IPython startup", "leaves code that every later kernel of this user runs",
           after=writes("for home in ('@HOME@', os.path.expanduser('~'), '/root'): "
                        "write(home + '/.ipython/profile_default/startup/00-@ME@.py', 'me = \"@ME@\"\\n')")),
    Attack("through a link", "hands in a link to the course and writes through it", place=link,
           after=writes("write('notes/nbgrader_config.py', '\\nme = \"@ME@\"\\n')",
                        f"write('notes/source/{SLUG}/@ME@', '@ME@')")),
    Attack("through /proc", "writes through the root and working folders of other processes",
           after=writes("import glob", "for place in glob.glob('/proc/[0-9]*/root') + glob.glob('/proc/[0-9]*/cwd'):",
                        "    write(place + '@COURSE@/source/@ME@', '@ME@')",
                        "    write(place + '/../source/@ME@', '@ME@')")),
    Attack("mount", "mounts a file system over the course and makes itself root", after="""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.unshare(0x10000000 | 0x20000)
for call in (lambda: libc.setuid(0), lambda: libc.mount(b"none", b"/", b"tmpfs", 0, b""), lambda: libc.chroot(b"/proc/1/root"),
             lambda: libc.mount(b"/", b"/mnt", None, 4096, b"")):
    call()
try:
    open("@COURSE@/source/@ME@", "w").write("@ME@")
except OSError as error:
    print(error)"""),
    Attack("modes and times", "changes permissions, owners and times of the course's files", after=f"""
import os
for path in ("@COURSE@/source/{SLUG}/{NOTEBOOK}", "@COURSE@/nbgrader_config.py", "@COURSE@/gradebook.db"):
    for change in (lambda: os.chmod(path, 0o666), lambda: os.utime(path, (0, 0)), lambda: os.rename(path, path + "@ME@")):
        try:
            change()
        except OSError as error:
            print(type(error).__name__)"""),
]
