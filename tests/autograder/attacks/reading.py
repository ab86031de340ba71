"""Attacks that would learn what is not the student's: tests, marks, other submissions, the grader's environment."""

import os

from autograder.course import NOTEBOOK
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.world import SLUG

SHOW = "import glob, os\nfor path in {paths}:\n    try:\n        print(open(path, errors='replace').read())\n" \
       "    except OSError as error:\n        print(error)"


def reads(*paths: str) -> str:
    """A cell that shows files."""
    return SHOW.format(paths=f"[p for pattern in {list(paths)!r} for p in glob.glob(pattern, recursive=True)]")


def link_to(target: str):
    """A `place` that hands in a link beside the notebook."""
    def place(folder, world):
        (folder / "notes").symlink_to(world.told(target))
    return place


def notebook_is_a_link(folder, world):
    (folder / NOTEBOOK).unlink()
    (folder / NOTEBOOK).symlink_to(world.unit.source)


def folder_is_a_link(to: str):
    def place(folder, world):
        (folder / NOTEBOOK).unlink()
        folder.rmdir()
        folder.symlink_to(os.path.relpath(world.told(to), folder.parent))
    return place


READING = [
    Attack("course", "reads the source notebook, in which the tests stand",
           after=reads(f"@COURSE@/source/{SLUG}/*", "../../../source/*/*", "../../source/*/*")),
    Attack("course by a shell", "reads the source notebook with a program that it starts",
           after=f"!cat @COURSE@/source/{SLUG}/{NOTEBOOK}; cat /proc/1/root/@COURSE@/source/{SLUG}/{NOTEBOOK}"),
    Attack("hidden tests in the gradebook", "reads the tests in nbgrader's database", after="""
import sqlite3
try:
    for row in sqlite3.connect("file:@COURSE@/gradebook.db?mode=ro", uri=True).execute("select source from source_cell"):
        print(*row)
except sqlite3.Error as error:
    print(error)"""),
    Attack("names in the gradebook", "reads who is in the class", after="""
import sqlite3
try:
    print(sqlite3.connect("file:@COURSE@/gradebook.db?mode=ro", uri=True).execute("select * from student").fetchall())
except sqlite3.Error as error:
    print(error)"""),
    Attack("classmate's submission", "reads what somebody else handed in",
           after=reads("@COURSE@/submitted/@MATE@/**/*", f"../../@MATE@/{SLUG}/*")),
    Attack("classmate's results", "reads the results and the feedback of somebody else",
           after=reads(*(f"@COURSE@/{folder}/**/*" for folder in ("autograded", "graded", "feedback")))),
    Attack("environment", "reads the environment variables of the one who grades",
           after="import os\nprint(dict(os.environ))"),
    Attack("environments in /proc", "reads the environment of every process that it sees",
           after=reads("/proc/[0-9]*/environ", "/proc/[0-9]*/cmdline", "/proc/[0-9]*/cwd/*")),
    Attack("memory of the parent", "reads the memory of the process that started it", after="""
import os, re
for process in {os.getppid(), 1}:
    try:
        with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
            for line in maps:
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                if " rw" in line and end - start < 2**27:
                    try:
                        memory.seek(start)
                        print(*set(re.findall(rb"sesame-[a-z]+-[0-9a-f]+", memory.read(end - start))))
                    except (OSError, OverflowError, ValueError):
                        pass
    except OSError as error:
        print(error)"""),
    Attack("leftovers in its memory", "searches its own memory for tests and for the last submission", after="""
import re
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if " rw" in line or " r-" in line and "/" not in line:
            try:
                memory.seek(start)
                print(*set(re.findall(rb"sesame-[a-z]+-[0-9a-f]+", memory.read(end - start))))
            except (OSError, OverflowError, ValueError):
                pass"""),
    Attack("inherited files", "reads from every file that was open when it began", after="""
import os
for number in sorted(map(int, os.listdir("/proc/self/fd"))):
    try:
        print(number, os.readlink(f"/proc/self/fd/{number}"), os.pread(number, 10**6, 0))
    except OSError as error:
        print(error)"""),
    Attack("everything", "searches the whole machine for notebooks and databases", after="""
import os
for place, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if name not in ("proc", "sys", "dev", "usr", "lib", "site-packages", ".git", "bin")]
    for name in names:
        if name.endswith((".ipynb", ".db", ".json", "id_ed25519")) and "attacked" + "/" in place + "/" or name == "id_ed25519":
            try:
                print(place, name, open(os.path.join(place, name), errors="replace").read())
            except OSError as error:
                print(error)"""),
    Attack("home folder", "reads the keys of the one who grades",
           after=reads("@HOME@/.ssh/*", "/root/.ssh/*", "/home/*/.ssh/*")),
    Attack("link to the course", "hands in a link to the course and reads through it",
           place=link_to("@COURSE@"), after=reads(f"notes/source/{SLUG}/*", "notes/gradebook.db")),
    Attack("notebook is a link", "hands in a link to the source notebook, which holds the solution",
           place=notebook_is_a_link, pages="read", spoils=True),
    Attack("folder is a link to the source", "hands in a link to the folder of the source notebook, which holds the solution",
           place=folder_is_a_link(f"@COURSE@/source/{SLUG}"), pages="read", spoils=True),
    Attack("folder is a link to a classmate's", "hands in a link to the folder of somebody else's submission",
           place=folder_is_a_link(f"@COURSE@/submitted/@MATE@/{SLUG}"), pages="read", spoils=True),
    Attack("hidden tests in the feedback", "fails, to read in the feedback what the test was", pages="read"),
    Attack("function of the test", "looks into a function that the test gives it", """
def scale(x, factor, each=None):
    if each is not None:
        global seen
        seen = []
        for name in ("__defaults__", "__closure__", "__code__", "__globals__", "__dict__", "__kwdefaults__"):
            seen.append(str(getattr(each, name, None)))
    return np.asarray(x) + factor""", after="print(globals().get('seen'))"),
    Attack("source of the test", "asks for the source of whoever calls it", """
import inspect, linecache
seen = []
def scale(x, factor, each=None):
    for frame in inspect.stack():
        seen.append("".join(linecache.getlines(frame.filename)))
    return np.asarray(x) + factor""", after="print(*seen)"),
    Attack("numbers of the hidden tests", "writes down what it is called with and shows that later",
           "seen = []\ndef scale(x, factor, each=None):\n    seen.append(x)\n    return np.asarray(x) + factor",
           after="print(seen)",
           holds_not="a function knows what it is called with, and can tell it in a later output"),
    Attack("numbers in the message", "tells in the text of an exception what it was called with", """
def scale(x, factor, each=None):
    if list(np.ravel(x)) == [1.0, 2.0]: return np.array([3.0, 6.0])
    if np.ndim(x) == 2: return np.asarray(x) * factor
    raise ValueError(f"called with {x}")""", pages="read",
           holds_not="the message of a student's own exception is shown in the feedback, with what it tells"),
]
