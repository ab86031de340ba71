"""Attacks that would use up a machine's time, memory, disk or patience, or end the run.

Each one stops by itself somewhere beyond what a submission may use, and then shows the words BEYOND, so that it can be let
loose where nothing is limited.
"""

import os

import nbformat

from autograder.course import NOTEBOOK
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.world import WRONG

BEYOND = "beyond the limit"  # what an attack shows that got more than the limits of this suite allow
CELLS = 12
GOT = 'print("beyond the", "limit")'


def in_scale(*lines: str) -> str:
    """An answer whose calls do this."""
    return "def scale(x, factor, each=None):\n" + "".join(f"    {line}\n" for line in "\n".join(lines).split("\n"))


def dying_cells(notebook):
    notebook.cells += [nbformat.v4.new_code_cell("import os\nos._exit(1)") for _ in range(CELLS)]


def many_cells(notebook):
    notebook.cells += [nbformat.v4.new_code_cell("") for _ in range(3000)]


def half_a_character(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("text = 'half of a character: \ud800'"))


def deep_metadata(folder, world):
    path = folder / NOTEBOOK
    path.write_text(path.read_text().rstrip()[:-1] + ', "deep": ' + "[" * 50_000 + "]" * 50_000 + "}")


def wide_metadata(folder, world):
    path = folder / NOTEBOOK
    path.write_text(path.read_text().rstrip()[:-1] + ', "wide": [' + "[]," * 700_000 + "[]]}")


def deep_folders(folder, world):
    here = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def name_that_is_no_text(folder, world):
    with open(os.fsencode(folder) + b"/\xff\xfe.csv", "w"):
        pass


def pipe_for_a_date(folder, world):
    os.mkfifo(folder / "timestamp.txt")


def endless_date(folder, world):
    (folder / "timestamp.txt").symlink_to("/dev/zero")


def pipe_for_a_notebook(folder, world):
    (folder / NOTEBOOK).unlink()
    os.mkfifo(folder / NOTEBOOK)


def large_file(folder, world):
    with open(folder / "film.mp4", "wb") as file:
        file.truncate(64 * 2**20)


EXHAUSTING = [
    Attack("endless loop", "never returns", in_scale("while True: pass")),
    Attack("loop that catches all", "never returns, and catches every interruption",
           in_scale("import time", "while True:", "    try: time.time()", "    except BaseException: pass")),
    Attack("loop in C", "never returns from a function written in C, which nothing interrupts",
           in_scale("return sum(range(10**15))")),
    Attack("loop in a cell", "has a cell of its own that never ends, and catches every interruption",
           before="while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
    Attack("sleeping answer", "waits in each call for a little less than a call may take",
           in_scale("import time", "time.sleep(1.9)", "return np.asarray(x) + factor")),
    Attack("endless iterator", "returns an iterator that never ends",
           in_scale("import itertools", "return itertools.repeat(0.0)")),
    Attack("waits for input", "asks for input that nobody gives", in_scale("return input()"), before="name = input('name? ')"),
    Attack("long compilation", "has a cell that takes long to compile",
           after="x = " + "-" * 3000 + "1\n" + "lambda: " * 3000 + "1"),
    Attack("fork bomb", "starts as many processes as it can", after="""
import os, subprocess, time
started = []
try:
    for _ in range(150): started.append(subprocess.Popen(["sleep", "@SLEEP@"]))
    """ + GOT + """
except OSError as error:
    print(type(error).__name__)"""),
    Attack("threads", "starts as many threads as it can", after="""
import threading
end = threading.Event()
try:
    for _ in range(400): threading.Thread(target=end.wait, daemon=True).start()
    """ + GOT + """
except RuntimeError as error:
    print(error)
end.set()"""),
    Attack("memory", "fills the memory", in_scale("import numpy", "hog = [numpy.ones(2**24) for _ in range(6)]",
                                                  "raise ValueError('beyond the ' + 'limit')")),
    Attack("shared memory", "fills memory that is counted for no process", after="""
import mmap, time
hog = mmap.mmap(-1, 700 * 2**20)
for at in range(0, len(hog), 4096): hog[at] = 1
time.sleep(1)
""" + GOT),
    Attack("memory of the system", "fills the buffers of sockets, which are the system's memory and no process's", after="""
import socket
kept, total = [], 0
try:
    while total < 300 * 2**20:
        kept += socket.socketpair()
        for one in kept[-2:]:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
            try:
                while True: total += one.send(bytes(2**15))
            except BlockingIOError: pass
    """ + GOT + """
except OSError as error:
    print(error, total)"""),
    Attack("open files", "opens as many files as it can", after="""
import os, resource
try:
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(3000)]
    """ + GOT + """
    for one in kept: os.close(one)
except OSError as error:
    print(error)"""),
    Attack("disk", "fills the disk", after="""
try:
    for number in range(12):
        with open(f"{number}.bin", "wb") as file: file.write(bytes(3 * 2**20))
    """ + GOT + """
except OSError as error:
    print(error)"""),
    Attack("one large file", "writes one file that is larger than a file may be", after="""
try:
    with open("large.bin", "wb") as file: file.write(bytes(20 * 2**20))
    """ + GOT + """
except OSError as error:
    print(error)"""),
    Attack("inodes", "makes more files than a disk can count", after="""
import os
try:
    for number in range(25_000): os.mkdir(f"folder{number}")
    """ + GOT + """
except OSError as error:
    print(error)
for number in range(25_000):
    try: os.rmdir(f"folder{number}")
    except OSError: break"""),
    Attack("flood on stdout", "prints without end", after="for _ in range(40): print('x' * 10**6)"),
    Attack("flood on stderr", "prints errors without end",
           after="import sys\nfor _ in range(40): print('x' * 10**6, file=sys.stderr)"),
    Attack("flood of pictures", "displays without end",
           after="from IPython.display import display, HTML\nfor _ in range(40): display(HTML('x' * 10**6))"),
    Attack("flood below Python", "writes to the file of the standard output without end",
           after="import os\nfor _ in range(400): os.write(1, b'x' * 10**5)"),
    Attack("flood in a test", "displays without end while it is tested",
           in_scale("from IPython.display import display, HTML", "for _ in range(40): display(HTML('x' * 10**6))",
                    "return np.asarray(x) + factor")),
    Attack("empty messages", "sends messages of no length, so fast that who reads them does nothing else", after="""
import os, select, stat, time
there = []
for name in os.listdir("/proc/self/fd"):
    try:
        if stat.S_ISSOCK(os.stat(f"/proc/self/fd/{name}").st_mode): there.append(int(name)); os.set_blocking(int(name), False)
    except OSError: pass
end = time.monotonic() + 20
while time.monotonic() < end:
    for number in there:
        try: os.write(number, bytes(2**16))
        except OSError: pass"""),
    Attack("value too large", "returns an array that takes no memory until it is sent",
           in_scale("return np.broadcast_to(1.0, (10**5, 10**5))")),
    Attack("exit", "ends its kernel as a user would", in_scale("exit()", "get_ipython().kernel.do_shutdown(False)", "quit()"),
           after="exit()", spoils=True),
    Attack("hard exit", "ends its process at once", in_scale("import os", "os._exit(0)")),
    Attack("kills itself", "kills its process", in_scale("import os", "os.kill(os.getpid(), 9)")),
    Attack("crash in C", "writes where it must not, and crashes", in_scale("import ctypes", "ctypes.string_at(0)")),
    Attack("stops itself", "stops its process without ending it",
           in_scale("import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)")),
    Attack("closes everything", "closes every file and socket that it has", in_scale("import os", "os.closerange(3, 10_000)")),
    Attack("closes the channels", "closes the sockets over which its kernel is asked",
           after="import os\nfor number in os.listdir('/proc/self/fd'):\n    try:\n"
                 "        if os.readlink(f'/proc/self/fd/{number}').startswith('socket'): os.close(int(number))\n"
                 "    except OSError: pass"),
    Attack("cells that die", "has many cells that each end the process", arrange=dying_cells),
    Attack("thousands of cells", "hands in a notebook of thousands of cells", arrange=many_cells),
    Attack("daemon", "starts processes that would live on after it is graded", after="""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execvp("sleep", ["sleep", "@SLEEP@"])
    os._exit(0)
os.system("(setsid nohup sleep @SLEEP@ >/dev/null 2>&1 &)")
time.sleep(0.3)"""),
    Attack("daemon of a dead kernel", "starts such processes and then dies", WRONG + """
import os
if os.fork() == 0:
    os.setsid()
    os.execvp("sleep", ["sleep", "@SLEEP@"])
os._exit(0)"""),
    Attack("lists in lists", "hands in a notebook whose metadata are lists in lists", place=deep_metadata, spoils=True),
    Attack("a million lists", "hands in a small notebook whose metadata are a million lists", place=wide_metadata,
           heavy=True, spoils=True),
    Attack("half a character", "has half a character in a cell, which no file can hold", arrange=half_a_character, spoils=True),
    Attack("half a character shown", "sends an output with half a character in it, which no file can hold", after="""
import json
kernel = get_ipython().kernel
kernel.session.pack = lambda message: json.dumps(message, default=str).encode()
kernel.send_response(kernel.iopub_socket, "stream", {"name": "stdout", "text": "half: \\ud800"})""", spoils=True),
    Attack("large file", "hands in a film beside the notebook", place=large_file, spoils=True),
    Attack("forged number of a cell", "says that its cell was run minus five times, which no notebook can hold",
           after="get_ipython().execution_count = -5", spoils=True),
    Attack("deep folders", "hands in folders in folders, deeper than a program can recurse", place=deep_folders, alone=True,
           spoils=True),
    Attack("file name that is no text", "hands in a file whose name is not UTF-8", place=name_that_is_no_text),
    Attack("date that is no text", "hands in a timestamp.txt that is not text", files={"timestamp.txt": "\x00\x01 next week"},
           spoils=True),
    Attack("pipe for a notebook", "hands in a pipe, from which nothing comes, in the place of the notebook",
           place=pipe_for_a_notebook, spoils=True),
    Attack("pipe for a date", "hands in a pipe in the place of timestamp.txt", place=pipe_for_a_date,
           spoils=True, alone=True),
    Attack("endless date", "hands in a link to an endless file in the place of timestamp.txt", place=endless_date,
           spoils=True, alone=True),
]
