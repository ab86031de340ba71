"""What runs the tests: a trusted process in which a test cell is executed with stand-ins for the student's functions.

`serve` is that process; it holds one namespace for one submission, with the libraries as they were installed. `Checker` is
the driver's handle on it: it starts the process, gives it the student's channel, and starts it anew when it hangs or dies. A
pass is what `_Tests.run` saw: the cell ran to its end, nothing was raised, nothing was wrong with the channel. What the
student's process says about success is never read, and nothing that it or the checker's process does is an exception in the
driver.
"""

import ast
import contextlib
import functools
import io
import marshal
import math
import numbers
import os
import random
import resource
import select
import signal
import socket
import symtable
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from autograder.checker.exchange import ForbiddenCall, Opaque, Peer, Unusable, write_files
from autograder.checker.names import Names
from autograder.checker.shell import OnlyInNotebook, Shell, as_python
from autograder.checker.values import CAPS, UNLIMITED, Caps, MalformedValue, Wire
from autograder.limits import MIB

STATUSES = ("passed", "partial", "failed", "error", "forbidden", "time", "died")
PRINTED = 20_000  # characters of what a cell prints
REASON = 600  # characters of a reason
MEMORY = 4096 * MIB  # that tests may take beyond what the process starts with
TICK = 0.1  # seconds between two calls of `watch`
GRACE = 3.0  # seconds that the checker has to say that the time is up
PATIENCE = 60.0  # seconds that it has for what takes no time by itself: the machine may be busy
ENVIRONMENT = {"NBGRADER_EXECUTION": "autograde"}  # as where nbgrader runs tests
CELL = "<test cell>"  # under which name cells are compiled: such frames are a test's own
OURS = {"display", "get_ipython", "In", "Out", "exit", "quit"}  # IPython's, in every namespace: never the student's


@dataclass(frozen=True)
class Verdict:
    """How a test cell ended. score: 0..points; reason: for the student, "" when passed; output: what the cell printed."""

    status: str
    score: float
    reason: str
    output: str
    seconds: float


class Trouble(BaseException):
    """The student's process is gone, out of time, or sends what it should not. No test can make a pass of it."""

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Student(Peer):
    """The checker's end of the channel to a student's process. trouble: what ended it, or None."""

    trusted = True
    unstoppable = (Trouble,)

    def __init__(self, channel: socket.socket, caps: Caps):
        super().__init__(channel, caps)
        self.trouble: Trouble | None = None
        self.forbidden: ForbiddenCall | None = None  # what ended a call in this cell
        self.seconds = 0.0

    def ask(self, do, target=None, values=(), named=None, about=""):
        if self.trouble:
            raise self.trouble
        try:
            return super().ask(do, target, values, named, about)
        except ForbiddenCall as error:
            self.forbidden = error
            raise
        except TimeoutError as error:
            if hasattr(error, "raised_by"):  # the student's own
                raise
            self._end("time", f"{self._running(about)} did not end within {self.seconds:g} s: is there an endless loop?")
        except OSError as error:
            if hasattr(error, "raised_by"):
                raise
            self._end("died", f"the Python process of the notebook ended while {self._running(about)} ran")
        except (MalformedValue, RecursionError, MemoryError) as error:
            if hasattr(error, "raised_by"):
                raise
            self._end("error", f"what {self._running(about)} returned cannot be read as a value: {error}")

    def leave(self) -> None:
        """Ask this student's process nothing more, also not for an object that a test has kept."""
        self.trouble = self.trouble or Trouble("error", "the test uses an object of a process that is gone")
        self._wire.channel.close()

    def _end(self, status: str, reason: str):
        self.trouble = Trouble(status, reason)
        self._wire.channel.close()
        raise self.trouble from None

    def _running(self, about: str) -> str:
        return f"`{about or self.called}`" if about or self.called else "the notebook"


class _Tests:
    """The namespace of one submission's tests, and the running of cells in it."""

    def __init__(self):
        self.student: Student | None = None
        self._names = Names(OURS)
        shell = Shell(self._execute)
        self._names.update(display=_display, get_ipython=lambda: shell)
        self._unusable: dict[str, str] = {}  # names of the student's whose values cannot cross

    def attach(self, student: Student | None) -> None:
        """Fetch names from this student's process from now on."""
        if self.student:
            self.student.leave()
        self.student = student

    def prepare(self, source: str, cell: str) -> list[str]:
        """Run a locked cell, each statement for itself, and return what went wrong, in sentences for staff."""
        problems = []
        with contextlib.redirect_stdout(_Printed()), contextlib.redirect_stderr(_Printed()):
            try:
                source = as_python(source)
                body = ast.parse(source).body
                self._names.own |= {symbol.get_name() for symbol in symtable.symtable(source, CELL, "exec").get_symbols()
                                    if symbol.is_imported() or symbol.is_namespace()}
            except (SyntaxError, ValueError) as fault:
                return [f"{cell} cannot be read: {fault}"]
            for statement in body:
                try:
                    exec(_compiled(ast.Module([statement], []), "exec"), self._names)
                except BaseException as fault:
                    if not (type(fault) is NameError and self._is_own(fault)):  # it shows what the student's function gives
                        problems.append(f"{cell} raised {type(fault).__name__} in the checker: {fault}")
        return problems

    def run(self, source: str, question: str, forbidden: Sequence[str], points: float, seconds: float,
            code: bytes = b"") -> Verdict:
        """Run a test cell and say how it ended. code: what `_cell` has made of its source, where it has."""
        began, printed, error, value = time.monotonic(), _Printed(), None, None
        if self.student and self.student.trouble:
            self.attach(None)
        student, self._unusable = self.student, {}
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                if student:
                    student.deadline, student.seconds, student.called = began + seconds, seconds, ""
                    student.forbidden = None
                    student.seeds = _seeds if "seed(" in source else None
                    student.ask("begin", values=(student.caps.size, list(forbidden), question))
                with self._names.of_student(self._fetch, self._replace, question):
                    value = self._execute(source, code)
        except BaseException as fault:  # whatever it is, it is this cell's
            error = fault
        status, score, reason = self._judged(error, value, points, question, printed.text())
        if (forbidden or self._names.replaced) and student and not student.trouble:
            student.deadline = time.monotonic() + GRACE / 3
            with contextlib.suppress(BaseException):  # the cell is judged: if this fails, another process is to be attached
                student.ask("begin", values=(student.caps.size, [], question))
        return Verdict(status, score, _shown(reason, REASON), _shown(printed.text(), PRINTED), time.monotonic() - began)

    def _execute(self, source: str, code: bytes = b"") -> object:
        """Run a text as a cell; returns what it shows: the value of its last line, if that is an expression without ";"."""
        body, last, silent = marshal.loads(code or _cell(source))
        exec(body, self._names)
        value = eval(last, self._names) if last else None
        return None if silent else value

    def _fetch(self, name: str) -> object:
        if self.student is None:
            raise Trouble("died", "the notebook has no running Python process")
        try:
            value = self.student.ask("name", values=(name,))
        except Unusable as fault:
            self._unusable[name] = str(fault).removeprefix("it returned ")
            raise KeyError(name) from None
        except Exception:
            raise KeyError(name) from None
        if self.student.number_of(value) and not isinstance(value, type):
            if isinstance(value, Opaque):
                object.__setattr__(value, "__name__", name)
            elif callable(value):
                value.__name__ = value.__qualname__ = value.known_as[0] = name
        return value

    def _replace(self, name: str, *value: object) -> None:
        with contextlib.suppress(Exception):  # what cannot cross is replaced here alone
            self.student.ask("replace", values=(name, *value))

    def _judged(self, error: BaseException | None, value: object, points: float, question: str,
                printed: str) -> tuple[str, float, str]:
        """Status, score and reason. What the student's process did to the channel comes before what the cell made of it."""
        if self.student and self.student.trouble:
            return self.student.trouble.status, 0.0, self.student.trouble.reason
        if isinstance(error, Trouble):
            return "error" if self.student else error.status, 0.0, error.reason
        if self.student and self.student.forbidden:
            return "forbidden", 0.0, str(self.student.forbidden)
        if error is None:
            return _scored(value, points, printed)
        called = (self.student and self.student.called) or question
        by = getattr(error, "raised_by", None)
        by = called if by == "" else by
        if isinstance(error, Unusable):
            return "error", 0.0, f"`{by}` {str(error).removeprefix('it ')}, which cannot be looked at"
        if by is not None:
            text = " ".join(str(error).split())
            if isinstance(error, NotImplementedError) and not text:
                return "error", 0.0, f"`{by}` is not written yet"
            said = f"`{by}` raised {type(error).__name__}" + (f": {text[:300]}" if text else "")
            return "error", 0.0, ", ".join((said, *getattr(error, "__notes__", ())))
        own = self._is_own(error)
        if isinstance(error, AssertionError):
            said = own or type(error).__module__.startswith("cnnlib.check")
            return "failed", 0.0, (said and str(error).strip()) or f"a test of `{question}` does not hold"
        if type(error) is NameError and own and error.name:
            unusable = self._unusable.get(error.name)
            return "error", 0.0, (f"`{error.name}` is {unusable}, which cannot be looked at" if unusable
                                  else f"`{error.name}` is not defined")
        if isinstance(error, OnlyInNotebook):
            return "error", 0.0, f"the test itself cannot be run, {error}: please tell your teacher"
        if self.student and self.student.called:
            return "error", 0.0, f"the test could not use what `{called}` returned ({type(error).__name__})"
        return "error", 0.0, f"the test itself cannot be run ({type(error).__name__}): please tell your teacher"

    def _is_own(self, error: BaseException) -> bool:
        """Was it raised by a statement of a cell, not of a library that the cell called?"""
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        return bool(frames) and frames[-1].f_code.co_filename == CELL


@functools.lru_cache(1024)
def _cell(source: str) -> bytes:
    """A cell, compiled: the code of its statements, that of the expression at its end or None, and whether it ends in ";".

    To compile takes longer than most tests, and the handle, unlike the process that runs them, lives for many submissions.
    """
    source = as_python(source)
    body, last = ast.parse(source).body, None
    if body and isinstance(body[-1], ast.Expr):
        last = ast.Expression(body.pop().value)
    silent = source.rstrip().endswith(";")
    return marshal.dumps((_compiled(ast.Module(body, []), "exec"), last and _compiled(last, "eval"), silent))


def _compiled(tree: ast.AST, mode: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(tree, CELL, mode)


def _scored(value: object, points: float, printed: str) -> tuple[str, float, str]:
    """nbgrader's rule: a cell that ends in a number has earned that many points, any other that runs to its end has earned all.

    nbgrader raises for more points than there are, and takes what is not a number (nan) for full marks: here both earn nothing.
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real) or value < 0:
        return "passed", points, ""
    score = float(value)
    if not score <= points:
        return "error", 0.0, f"the test ended in {score:g} points of {points:g}, which cannot be: please tell your teacher"
    if score == points:
        return "passed", points, ""
    lines = [line for line in printed.splitlines() if line.strip()][-3:]
    return "partial" if score else "failed", score, " ".join(lines) or f"{score:g} of {points:g} points"


def _seeds() -> tuple:
    """The random state of a test that seeds it: the student's function must draw what it would in the same process."""
    return np.random.get_state(), random.getstate()


def _display(*values: object, **_: object) -> None:
    for value in values:
        print(repr(value))


def _shown(text: str, length: int) -> str:
    """A text that any file can hold, not longer than that."""
    text = text.encode("utf-8", "replace").decode().replace("\0", "")
    return text if len(text) <= length else text[:length - 2] + " …"


class _Printed(io.TextIOBase):
    """Keeps the beginning of what is written."""

    def __init__(self):
        self._parts, self._left = [], PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._left > 0:
            self._parts.append(text[:self._left])
            self._left -= len(text)
        return len(text)

    def text(self) -> str:
        return "".join(self._parts)


def serve(control: socket.socket, memory: int = MEMORY) -> None:
    """Run tests as the handle at the other end of `control` asks; returns when that end is closed.

    For a process of its own, whose environment, SIGINT, recursion limit and memory limit it sets, and in whose folder it puts
    files. memory: bytes that tests may take beyond what the process has now.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(5000)
    os.environ.update(ENVIRONMENT)
    _limit_memory(memory)
    wire, tests = Wire(control, UNLIMITED), _Tests()
    while True:
        try:
            head, body = wire.receive()
            if head["do"] == "attach":
                _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
                tests.attach(Student(socket.socket(fileno=descriptors[0]), Caps(size=head["size"])))
                reply = {}
            elif head["do"] == "prepare":
                reply = {"problems": tests.prepare(head["source"], head["cell"])}
            elif head["do"] == "test":
                reply = asdict(tests.run(**head["test"], code=bytes(body)))
            elif head["do"] == "file":
                reply = {"problems": _put(head["name"], body)}
            else:
                reply = {}
            usable = tests.student is not None and tests.student.trouble is None
            wire.send(reply | {"usable": usable})
        except OSError:
            return


def _put(name: str, content: memoryview) -> list[str]:
    """Write a file into the working folder and return what went wrong, in sentences for staff."""
    try:
        write_files({name: content})
    except OSError as fault:
        return [f"the file {name} cannot be written in the checker: {fault.strerror}"]
    return []


def _limit_memory(memory: int) -> None:
    status = Path("/proc/self/status")
    if status.is_file():  # not on macOS, which has no such limit either
        has = next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmData:"))
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or hard > has + memory:
            resource.setrlimit(resource.RLIMIT_DATA, (has + memory, hard))


class Checker:
    """The driver's handle on a checker process, for one submission.

    fork(control) starts a process that runs `serve(control)` and returns a handle with kill() and fileno(); what it raises is
    the only exception here. caps: of the values that cross. files: what tests find in their folder, by relative path: the
    teacher's own, none that a student has handed in. problems: what went wrong with locked cells and files, for staff.
    """

    def __init__(self, fork: Callable[[socket.socket], "Process"], caps: Caps = CAPS,  # noqa: F821 - any with kill and fileno
                 files: Mapping[str, bytes] = MappingProxyType({})):
        self.problems: list[str] = []
        self._fork, self._caps, self._files = fork, caps, files
        self._sources: list[tuple[str, float, str]] = []
        self._process, self._wire, self._usable, self._lost = None, None, False, False

    @classmethod
    def start(cls, zygote, value: float = 64, files: Mapping[str, bytes] = MappingProxyType({})) -> "Checker":
        """A checker that a zygote forks; value: MiB that one value may take."""
        return cls(zygote.checker, Caps(size=int(value * MIB)), files)

    @property
    def usable(self) -> bool:
        """Is the student's process that was attached still to be asked? If not, attach another one."""
        return self._usable

    @property
    def lost(self) -> bool:
        """Did the checker's own process end in the latest test, of itself or killed by another program?"""
        return self._lost

    def prepare(self, source: str, seconds: float, name: str = "") -> None:
        """Run a locked cell, such as the import cell, in the checker; what fails there is added to `problems`, by its name."""
        if self._prepare(source, seconds, f"the locked cell `{name}`" if name else "a locked cell"):
            self._sources.append((source, seconds, name))

    def attach(self, channel: socket.socket) -> None:
        """Fetch names from the student's process behind this channel from now on. The channel is closed here."""
        with channel:
            for _attempt in range(2):  # the process may have ended since it was last heard of
                self._ready()
                self._usable = self._tell({"do": "attach", "size": self._caps.size}, file=channel) is not None
                if self._usable:
                    break

    def test(self, source: str, *, question: str, forbidden: Sequence[str] = (), points: float = 1, seconds: float = 60,
             watch: Callable[[], str | None] = lambda: None) -> Verdict:
        """Run a test cell.

        Parameters
        ----------
        source : the cell's source, hidden tests included
        question : the name of the function that it tests
        forbidden : dotted names of what the student's code may not call meanwhile
        points : what the cell is worth
        seconds : wall time that it may take
        watch : called about every 0.1 s; a text that it returns says why the student's process has just been killed
        """
        self._ready()
        began, self._lost = time.monotonic(), False
        reason = None

        def watched() -> bool:
            nonlocal reason
            reason = reason or watch()
            return reason is not None

        code = []
        with contextlib.suppress(Exception):  # what it is that cannot be compiled, the process says in its verdict
            code = [_cell(source)]
        test = {"source": source, "question": question, "forbidden": list(forbidden), "points": points, "seconds": seconds}
        reply = self._tell({"do": "test", "test": test}, seconds + GRACE, code, watched=watched)
        spent = time.monotonic() - began
        if reason is not None:
            output = reply.get("output") if reply else None
            return Verdict("died", 0.0, _shown(reason, REASON), output if isinstance(output, str) else "", spent)
        verdict = _verdict(reply, points)
        self._lost = reply is None and spent < seconds
        if verdict is None:
            self._kill()
        if verdict is None and spent >= seconds:
            return Verdict("time", 0.0, f"the test did not come to an end within {seconds:g} s", "", spent)
        return verdict or Verdict("error", 0.0, "the test ended the process that ran it: is there memory enough?", "", spent)

    def close(self) -> None:
        """End the process."""
        self._kill()

    def __enter__(self) -> "Checker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _ready(self) -> None:
        """See that the process runs, has the files and has run the locked cells."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = self._fork(theirs)
            except BaseException:
                ours.close()
                raise
        self._wire = Wire(ours)
        self._tell({"do": "nothing"})  # no test's time begins before it has started
        for name, content in self._files.items():
            self._note(self._tell({"do": "file", "name": name}, buffers=[content]))
        sources, self._sources = self._sources, []
        for source, seconds, name in sources:
            self.prepare(source, seconds, name)

    def _prepare(self, source: str, seconds: float, cell: str) -> bool:
        until = time.monotonic() + seconds
        for _attempt in range(2):  # another program may have killed it
            self._ready()
            reply = self._tell({"do": "prepare", "source": source, "cell": cell}, seconds)
            if reply is not None or time.monotonic() >= until:
                break
        self._note(reply or {"problems": [f"{cell} did not end within {seconds:g} s in the checker"]})
        return reply is not None

    def _note(self, reply: dict | None) -> None:
        self.problems += [problem for problem in (reply or {}).get("problems", ()) if problem not in self.problems]

    def _tell(self, head: dict, seconds: float = PATIENCE, buffers: Sequence[bytes] = (), file: socket.socket | None = None,
              watched: Callable[[], bool] = lambda: False) -> dict | None:
        """Have the process do something and return its answer; None when there is none, and then it is killed."""
        if self._process is None:
            return None
        try:
            self._wire.send(head, buffers, deadline=time.monotonic() + PATIENCE)
            if file is not None:
                socket.send_fds(self._wire.channel, [b"."], [file.fileno()])
        except (OSError, ValueError):
            self._kill()
            return None
        return self._reply(seconds, watched)

    def _reply(self, seconds: float, watched: Callable[[], bool] = lambda: False) -> dict | None:
        """What the process answers; None when it does not, and then it is killed."""
        end, poll = time.monotonic() + seconds, select.poll()
        poll.register(self._wire.channel, select.POLLIN)
        poll.register(self._process.fileno(), select.POLLIN)
        try:
            while (left := end - time.monotonic()) > 0:
                events = dict(poll.poll(1000 * min(TICK, left)))
                if self._wire.channel.fileno() in events:
                    reply, _ = self._wire.receive(time.monotonic() + GRACE)
                    self._usable = reply.get("usable") is True
                    return reply
                if events:
                    break
                if watched():
                    end = min(end, time.monotonic() + GRACE / 3)
        except (OSError, MalformedValue):
            pass
        except BaseException:
            self._kill()
            raise
        self._kill()
        return None

    def _kill(self) -> None:
        process, wire = self._process, self._wire
        self._process, self._wire, self._usable = None, None, False
        if process is not None:
            wire.channel.close()
            process.kill()


def _verdict(reply: dict | None, points: float) -> Verdict | None:
    """A verdict as the process says it; None when that is not one."""
    kinds = {"status": str, "score": float | int, "reason": str, "output": str, "seconds": float | int}
    if reply is None or any(not isinstance(reply.get(name), kind) for name, kind in kinds.items()):
        return None
    verdict = Verdict(**{name: reply[name] for name in kinds})
    return verdict if verdict.status in STATUSES and math.isfinite(verdict.score) and 0 <= verdict.score <= points else None
