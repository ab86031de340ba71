"""What runs the tests: a trusted process in which a test cell is executed with stand-ins for the student's functions.

`serve` is that process; it holds one namespace for one submission, with the libraries as they were installed. `Checker` is
the driver's handle on it: it starts the process, gives it the student's channel, and starts it anew when it hangs or dies. A
pass is what `_Tests.run` saw: the cell ran to its end, nothing was raised, nothing was wrong with the channel. What the
student's process says about success is never read, and nothing that it or the checker's process does is an exception in the
driver.
"""

import ast
import builtins
import contextlib
import io
import math
import numbers
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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from autograder.checker.exchange import ForbiddenCall, Opaque, Peer, Unusable
from autograder.checker.values import CAPS, MIB, Caps, MalformedValue, Wire

STATUSES = ("passed", "partial", "failed", "error", "forbidden", "time", "died")
PRINTED = 20_000  # characters of what a cell prints
REASON = 600  # characters of a reason
MEMORY = 4096 * MIB  # that tests may take beyond what the process starts with
TICK = 0.1  # seconds between two calls of `watch`
GRACE = 3.0  # seconds that the checker has to say that the time is up
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
        self._names = {"__name__": "__main__", "__builtins__": builtins, "display": _display}
        self._ours = set(OURS)  # names that are never the student's, even where we have no value for them
        self._inner: set[str] = set()  # names that functions of earlier cells use
        self._files: set[str] = set()  # the names under which cells are compiled: whose frames are a test's own

    def attach(self, student: Student | None) -> None:
        """Fetch names from this student's process from now on."""
        if self.student:
            self.student.leave()
        self.student = student

    def prepare(self, source: str) -> list[str]:
        """Run a locked cell, each statement for itself, and return what went wrong, in sentences for staff."""
        problems = []
        with contextlib.redirect_stdout(_Printed()), contextlib.redirect_stderr(_Printed()):
            try:
                source, name = _as_python(source), self._file()
                body = ast.parse(source).body
                self._inner |= _names(symtable.symtable(source, name, "exec"))[2]
                self._ours |= {symbol.get_name() for symbol in symtable.symtable(source, name, "exec").get_symbols()
                               if symbol.is_imported() or symbol.is_namespace()}
            except (SyntaxError, ValueError) as fault:
                return [f"a locked cell cannot be read: {fault}"]
            for statement in body:
                try:
                    exec(_compiled(ast.Module([statement], []), name, "exec"), self._names)
                except BaseException as fault:
                    problems.append(f"a locked cell raised {type(fault).__name__} in the checker: {fault}")
        return problems

    def run(self, source: str, question: str, forbidden: Sequence[str], points: float, seconds: float) -> Verdict:
        """Run a test cell and say how it ended."""
        began, printed, error, value = time.monotonic(), _Printed(), None, None
        if self.student and self.student.trouble:
            self.attach(None)
        student, fetched = self.student, {}
        unusable: dict[str, str] = {}
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                source, name = _as_python(source), self._file()
                body, last = ast.parse(source).body, None
                if body and isinstance(body[-1], ast.Expr):
                    last = ast.Expression(body.pop().value)
                wanted = self._wanted(source, name, question)
                if student:
                    student.deadline, student.seconds, student.called = began + seconds, seconds, ""
                    student.forbidden = None
                    student.seeds = _seeds if "seed(" in source else None
                    student.ask("begin", values=(student.caps.size, list(forbidden), question))
                for missing in wanted:
                    self._fetch(missing, fetched, unusable)
                exec(_compiled(ast.Module(body, []), name, "exec"), self._names)
                if last:
                    value = eval(_compiled(last, name, "eval"), self._names)
        except BaseException as fault:  # whatever it is, it is this cell's
            error = fault
        for missing, (stand_in, before) in fetched.items():
            if self._names.get(missing) is stand_in:  # what the cell did not make its own
                self._names.pop(missing)
                self._names |= before
        if forbidden and student and not student.trouble:
            student.deadline = time.monotonic() + GRACE / 3
            with contextlib.suppress(BaseException):
                student.ask("begin", values=(student.caps.size, [], question))
        status, score, reason = self._judged(error, value, points, question, printed.text(), unusable)
        return Verdict(status, score, _shown(reason, REASON), _shown(printed.text(), PRINTED), time.monotonic() - began)

    def _wanted(self, source: str, name: str, question: str) -> list[str]:
        """The names that a cell uses and that only the student can have defined."""
        used, stored, inner = _names(symtable.symtable(source, name, "exec"))
        used, self._inner = used | self._inner, self._inner | inner
        return sorted(name for name in used - stored if name == question or not (
            name in self._ours or name in self._names or hasattr(builtins, name) or name.startswith("__")))

    def _fetch(self, name: str, fetched: dict, unusable: dict[str, str]) -> None:
        if self.student is None:
            raise Trouble("died", "the notebook has no running Python process")
        try:
            value = self.student.ask("name", values=(name,))
        except Unusable as fault:
            unusable[name] = str(fault).removeprefix("it returned ")
            return
        except Exception:  # it is not there: the cell will raise NameError where it needs it
            return
        if self.student.number_of(value) and not isinstance(value, type):
            if isinstance(value, Opaque):
                object.__setattr__(value, "__name__", name)
            elif callable(value):
                value.__name__ = value.__qualname__ = value.known_as[0] = name
        fetched[name] = value, {name: self._names[name]} if name in self._names else {}
        self._names[name] = value

    def _judged(self, error: BaseException | None, value: object, points: float, question: str, printed: str,
                unusable: dict[str, str]) -> tuple[str, float, str]:
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
            return "error", 0.0, (f"`{error.name}` is {unusable[error.name]}, which cannot be looked at"
                                  if error.name in unusable else f"`{error.name}` is not defined")
        if self.student and self.student.called:
            return "error", 0.0, f"the test could not use what `{called}` returned ({type(error).__name__})"
        return "error", 0.0, f"the test itself cannot be run ({type(error).__name__}): please tell your teacher"

    def _is_own(self, error: BaseException) -> bool:
        """Was it raised by a statement of a cell, not of a library that the cell called?"""
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        return bool(frames) and frames[-1].f_code.co_filename in self._files

    def _file(self) -> str:
        name = f"<test cell {len(self._files) + 1}>"
        self._files.add(name)
        return name


def _as_python(source: str) -> str:
    """A cell's source without IPython's own syntax; SyntaxError when that cannot be done."""
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import, and loaded where this matters
    return TransformerManager().transform_cell(source)


def _compiled(tree: ast.AST, name: str, mode: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return compile(tree, name, mode)


def _names(table: symtable.SymbolTable) -> tuple[set[str], set[str], set[str]]:
    """The global names that a cell uses, those that it stores, and those that only its functions and classes use."""
    used, stored, inside = set(), set(), set()
    for symbol in table.get_symbols():
        is_global = table.get_type() == "module" or symbol.is_global()
        if is_global and symbol.is_referenced():
            used.add(symbol.get_name())
        if is_global and (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()):
            stored.add(symbol.get_name())
    for child in table.get_children():
        inner_used, inner_stored, _ = _names(child)
        used, stored, inside = used | inner_used, stored | inner_stored, inside | inner_used
    return used, stored, inside


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

    For a process of its own, whose SIGINT, recursion limit and memory limit it sets. memory: bytes that tests may take beyond
    what the process has now.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(5000)
    _limit_memory(memory)
    wire, tests = Wire(control), _Tests()
    while True:
        try:
            head, _ = wire.receive()
            if head["do"] == "attach":
                _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
                tests.attach(Student(socket.socket(fileno=descriptors[0]), Caps(size=head["size"])))
                reply = {}
            elif head["do"] == "prepare":
                reply = {"problems": tests.prepare(head["source"])}
            else:
                reply = asdict(tests.run(**head["test"]))
            usable = tests.student is not None and tests.student.trouble is None
            wire.send(reply | {"usable": usable})
        except OSError:
            return


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
    the only exception here. caps: of the values that cross. problems: what went wrong with locked cells, for staff.
    """

    def __init__(self, fork: Callable[[socket.socket], "Process"], caps: Caps = CAPS):  # noqa: F821 - any with kill and fileno
        self.problems: list[str] = []
        self._fork, self._caps = fork, caps
        self._sources: list[tuple[str, float]] = []
        self._process, self._wire, self._usable = None, None, False

    @classmethod
    def start(cls, zygote, value: float = 64) -> "Checker":
        """A checker that a zygote forks; value: MiB that one value may take."""
        return cls(zygote.checker, Caps(size=int(value * MIB)))

    @property
    def usable(self) -> bool:
        """Is the student's process that was attached still to be asked? If not, attach another one."""
        return self._usable

    def prepare(self, source: str, seconds: float) -> None:
        """Run a locked cell, such as the import cell, in the checker; what fails there is added to `problems`."""
        if self._prepare(source, seconds):
            self._sources.append((source, seconds))

    def attach(self, channel: socket.socket) -> None:
        """Fetch names from the student's process behind this channel from now on. The channel is closed here."""
        with channel:
            self._ready()
            try:
                self._wire.send({"do": "attach", "size": self._caps.size}, deadline=time.monotonic() + GRACE)
                socket.send_fds(self._wire.channel, [b"."], [channel.fileno()])
            except OSError:
                self._kill()
                return
            self._usable = self._reply(GRACE) is not None

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
        began = time.monotonic()
        try:
            self._ready()
            self._wire.send({"do": "test", "test": {"source": source, "question": question, "forbidden": list(forbidden),
                                                    "points": points, "seconds": seconds}}, deadline=began + GRACE)
        except (OSError, ValueError):
            self._kill()
        reason = None

        def watched() -> bool:
            nonlocal reason
            reason = reason or watch()
            return reason is not None

        reply = self._reply(seconds + GRACE, watched) if self._process else None
        spent = time.monotonic() - began
        if reason is not None:
            output = reply.get("output") if reply else None
            return Verdict("died", 0.0, _shown(reason, REASON), output if isinstance(output, str) else "", spent)
        verdict = _verdict(reply, points)
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
        """See that the process runs and has run the locked cells."""
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
        sources, self._sources = self._sources, []
        for source, seconds in sources:
            self.prepare(source, seconds)

    def _prepare(self, source: str, seconds: float) -> bool:
        self._ready()
        try:
            self._wire.send({"do": "prepare", "source": source}, deadline=time.monotonic() + GRACE)
        except OSError:
            self._kill()
            return False
        reply = self._reply(seconds)
        problems = reply.get("problems") if reply else [f"a locked cell did not end within {seconds:g} s in the checker"]
        self.problems += [problem for problem in problems if problem not in self.problems]
        return reply is not None

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
