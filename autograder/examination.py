"""One submission, from a clean notebook to its results: the student's cells in a confined kernel, the tests outside of it.

`examine` is a pure function of two notebooks, the unit's source with its tests and the submission, so that it can run in
any process on any machine. A test cell never enters the student's kernel: the checker runs it and calls the student's
functions from there. What breaks a limit or kills the kernel costs the question where it happened and nothing else: the
kernel is forked anew, and what the student wrote before is run again.
"""

import atexit
import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass, field

import nbformat
import zmq
from jupyter_client.session import Session

from autograder.cells import is_base64, is_test, question_of, settings_of
from autograder.checker.answers import put_files
from autograder.checker.checker import ENVIRONMENT, Checker, Verdict
from autograder.definitions import definitions, without_installs
from autograder.limits import MIB, Limits
from autograder.results import Examined, TestResult
from autograder.submission import MESSAGE, one_line
from autograder.warm.client import Zygote, ZygoteError

SKIP = "skip-execution"  # nbclient's tag; here it keeps a picture from being drawn, never a test from being run
SHOWN = ("text/plain", "image/png", "image/jpeg")  # what is kept of what cells draw: the rest could run in a browser
START = 60.0  # seconds in which a forked kernel must be ready
STARTS = 2  # kernels in a row that may die before anything ran in them
CELLS = 8  # as much output as this many cells may show is kept for a notebook
PLACE = re.compile(r"\([^()]*\.py, (line \d+)\)")  # where IPython says that a syntax error is: its file's name says nothing
TICK = 0.05  # seconds between two looks at the clock
USAGE = 0.25  # seconds between two looks at what the processes use
BRIEF = 0.05  # seconds of a cell or test that are not worth a look of their own: what they use counts to the next one

# How a cell that broke a limit is called in its notebook.
NAMES = {"time": "TimedOut", "cpu": "TimedOut", "memory": "OutOfMemory", "output": "TooMuchOutput", "died": "KernelDied",
         "not run": "NotRun", "failed": "AssertionError", "error": "Error", "forbidden": "ForbiddenCall"}


def examine(source: str, submission: str, files: dict[str, bytes], limits: Limits, zygote: Zygote,
            given: dict[str, bytes] | None = None) -> Examined:
    """Run a submission and test it.

    Parameters
    ----------
    source : JSON of the unit's source notebook; it alone says what the tests are, and what is trusted
    submission : JSON of the submission as nbgrader cleaned it, format 4
    files : what stands beside the notebook, by relative path; the student's code finds it in its working folder
    limits : what the submission may use
    zygote : where its processes are forked
    given : the unit's own files, by relative path: tests find these, and the student's code finds them in place of its own

    Returns
    -------
    The notebook with its outputs, and a result for every test of the source. Nothing that a student did raises.
    """
    with contextlib.closing(_Examination(source, submission, files, limits, zygote, given or {})) as examination:
        return examination.result()


class _Ended(Exception):
    """The student's kernel is gone: why, as a status of results.py and as a sentence; what the cell had shown before."""

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status, self.reason, self.outputs = status, reason, []


class _Examination:
    """One submission being run: which kernel it is in, what it has used, and which cells must not be run again."""

    def __init__(self, source: str, submission: str, files: dict[str, bytes], limits: Limits, zygote: Zygote,
                 given: dict[str, bytes]):
        source, self.notebook = (nbformat.v4.reads(text) for text in (source, submission))  # valid: we wrote them
        self.files, self.given, self.limits, self.zygote = files | given, given, limits, zygote
        named = {settings_of(cell)["grade_id"]: cell for cell in source.cells if settings_of(cell).get("grade_id")}
        self.tests = {name: cell for name, cell in named.items() if is_test(cell)}
        self.trusted = {name: cell for name, cell in named.items() if cell.cell_type == "code" and name not in self.tests
                        and settings_of(cell).get("locked") and not settings_of(cell).get("solution")}
        self.forbidden = {name: cell.metadata.get("forbidden", []) for name, cell in named.items()}
        self.meter = _Meter(limits)
        self.kernel: _StudentKernel | None = None
        self.checker: Checker | None = None
        self.results: dict[str, TestResult] = {}
        self.lost: dict[str, str] = {}  # question -> why its other cells are not run
        self.deadly: set[int] = set()  # cells that are not replayed
        self.stopped: dict[str, str] = {}  # question -> the error that its own cell ended with
        self.rest: dict[int, str] = {}  # cell -> what it defines, run after it because something else in it had stopped it
        self.notes: list[str] = []
        self.shown = 0  # bytes of outputs that are in the notebook

    def result(self) -> Examined:
        self.checker = Checker.start(self.zygote, self.limits.value, self.given)
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        for index, cell in enumerate(self.notebook.cells):
            name = settings_of(cell).get("grade_id")
            if cell.cell_type == "code" and name in self.tests and name not in self.results:
                self._test(index, cell, name)
            elif self._is_students(cell):
                self._student_cell(index, cell, name)
        for name in self.tests:
            if name not in self.results:
                self._keep(name, "not run", "the cell of this test is not in the notebook that was handed in")
        results = tuple(self.results[name] for name in self.tests)
        return Examined(nbformat.v4.writes(self.notebook), results, self.meter.submission.wall,
                        tuple(self.checker.problems), tuple(self.notes))

    def close(self) -> None:
        self._drop_kernel()
        if self.checker is not None:
            self.checker.close()

    def _is_students(self, cell) -> bool:
        """Is it code that runs in the student's kernel?"""
        left_out = SKIP in cell.metadata.get("tags", []) and not settings_of(cell)
        return (cell.cell_type == "code" and bool(cell.source.strip()) and not left_out
                and settings_of(cell).get("grade_id") not in self.tests)

    def _student_cell(self, index: int, cell, name: str | None) -> None:
        question = question_of(cell)
        if name in self.trusted:
            self.checker.prepare(self.trusted[name].source, self.limits.cell_wall, name)
        for lost, reason in self.lost.items():  # a picture of what a lost function gives would be lost as well
            if lost == question or (question is None and re.search(rf"\b{re.escape(lost)}\b", cell.source)):
                return _mark(cell, "not run", reason)
        try:
            self._ready_for(index, question)
            cell.outputs, cell.execution_count, error = self.kernel.run(without_installs(cell.source), self.meter)
            if error and name not in self.trusted:
                self._run_rest(index, cell, question, error)
        except _Ended as ended:
            self._lose(question, ended)
            self.deadly.add(index)
            cell.outputs = ended.outputs if ended.status != "output" else []
            _mark(cell, ended.status, ended.reason)
        self.shown += self.meter.output if cell.outputs else 0
        if self.shown > CELLS * self.limits.output * MIB:
            cell.outputs = [_output("stream", name="stdout", text="(not kept: this notebook shows too much)\n")]

    def _run_rest(self, index: int, cell, question: str | None, error: str) -> None:
        """A magic, an input() or an import that fails while grading must not keep a cell from defining its functions."""
        if question is not None:
            self.stopped[question] = error
        rest = definitions(cell.source)
        if rest and self.kernel.run(rest, self.meter)[2] is None:
            self.rest[index] = rest
            whose = f"The cell `{question}`" if question is not None else "A cell of the student's own"
            self.notes.append(f"{whose} stopped with {error}: the functions in it were defined all the same.")

    def _test(self, index: int, cell, name: str) -> None:
        test = self.tests[name]
        question = question_of(test)
        if question in self.lost:
            self._keep(name, "not run", self.lost[question])
        else:
            try:
                self._judge(name, question, self._verdict(index, test, question))
            except _Ended as ended:
                self._lose(question, ended)
                self._keep(name, ended.status, ended.reason)
        result = self.results[name]
        cell.outputs = [_output("stream", name="stdout", text=result.output)] if result.output else []
        if result.status == "partial":  # nbgrader takes a number for the points, no output for all of them, an error for none
            cell.outputs.append(_output("execute_result", data={"text/plain": repr(result.score)}, metadata={},
                                        execution_count=None))
        elif result.status != "passed":
            _mark(cell, result.status, result.reason)

    def _verdict(self, index: int, test, question: str) -> Verdict:
        """What the checker says of a test. Where its process ends meanwhile, another program may have killed it: once more."""
        def ask() -> Verdict:
            self._ready_for(index, question)
            return self.checker.test(
                test.source, question=question, forbidden=self.forbidden.get(question, []),
                points=float(settings_of(test)["points"]), seconds=self.meter.seconds_left(), watch=self._watch)

        verdict = ask()
        if self.checker.lost:
            self.meter.look(self.kernel)
            self._drop_kernel()  # the test may have changed something there
            verdict = ask()
        return verdict

    def _judge(self, name: str, question: str, verdict: Verdict) -> None:
        self.meter.end(self.kernel)
        status, reason = verdict.status, verdict.reason
        if self.kernel.ended is not None:  # the watch has ended it: its reason is the one that counts
            status, reason = self.kernel.ended.status, self.kernel.ended.reason
        elif status == "time":
            reason = self.meter.too_long()
        if status in ("time", "cpu", "memory", "output", "died"):
            self._lose(question, _Ended(status, reason))
        elif not self.checker.usable:  # what came back made no sense, so nothing more is asked there
            self._drop_kernel()
        if reason.endswith("is not defined") and question in self.stopped:
            reason += f": its cell stopped with {self.stopped[question]}"
        self._keep(name, status, reason, verdict.score, verdict.output, verdict.seconds)

    def _watch(self) -> str | None:
        """What the checker calls while a test runs: a sentence when a limit is broken, and then the kernel is dead."""
        try:
            self.kernel.drain(self.meter)
            self.meter.check(self.kernel)
        except _Ended as ended:
            self.kernel.ended = ended
            self.kernel.process.kill()
            return ended.reason
        return None

    def _keep(self, name: str, status: str, reason: str, score: float = 0.0, output: str = "", seconds: float = 0.0) -> None:
        test = self.tests[name]
        most = float(settings_of(test)["points"])
        score = most if status == "passed" else score if status == "partial" else 0.0
        self.results[name] = TestResult(name, question_of(test), score, most, status, reason, output, seconds)

    def _lose(self, question: str | None, ended: _Ended) -> None:
        self._drop_kernel()
        if question is not None:
            self.lost[question] = f"not run, because of an earlier cell of `{question}`: {ended.reason}"

    def _drop_kernel(self) -> None:
        kernel, self.kernel = self.kernel, None
        if kernel is not None:
            kernel.close()

    def _ready_for(self, index: int, question: str | None) -> None:
        """See that a kernel runs in which everything that the student wrote before this cell has been run, tests aside.

        Then the time of the cell begins.
        """
        died = 0  # before anything ran in them
        while self.kernel is None:
            self.meter.begin(None)
            spares = _spares_of(self.zygote, self.limits)
            self.kernel = spares.take()
            try:
                self.kernel.greet(self.files)
            except (ConnectionError, ZygoteError):  # it died, while it waited or while it started
                self._drop_kernel()
                died += 1
                if died == STARTS:
                    raise
                continue
            spares.prepare()
            if self.deadly:  # the first start is ours; the student's code has made this one necessary
                self.meter.look(self.kernel)
            for number, cell in enumerate(self.notebook.cells[:index]):
                if number in self.deadly or not self._is_students(cell):
                    continue
                self.meter.begin(None)
                try:
                    for source in (without_installs(cell.source), self.rest.get(number)):
                        if source:
                            self.kernel.run(source, self.meter)
                except _Ended:  # it went well before; now do without it
                    self.deadly.add(number)
                    self._drop_kernel()
                    break
            else:
                self.checker.attach(self.kernel.channel)
        self.meter.begin(question)


@dataclass
class _Account:
    """Seconds that were used: of time that passed, and of processors."""

    wall: float = 0.0
    cpu: float = 0.0


@dataclass
class _Meter:
    """What a submission has used, in all, by question and in the present cell, against its limits."""

    limits: Limits
    submission: _Account = field(default_factory=_Account)
    questions: dict[str, _Account] = field(default_factory=dict)
    cell: _Account = field(default_factory=_Account)
    question: str | None = None
    output: int = 0  # bytes that the cell has printed and drawn
    looked: float = 0.0  # at the clock
    asked: float = 0.0  # the system, what the processes use

    def begin(self, question: str | None) -> None:
        """A cell or a test of this question begins now. Raises _Ended when nothing is left for it."""
        self.question, self.cell, self.output, self.looked = question, _Account(), 0, time.monotonic()
        self._hold_wall()

    def seconds_left(self) -> float:
        """Wall time that the present cell may still take."""
        return max(0.0, min(limit - account.wall for _, account, limit, _ in self._accounts()))

    def too_long(self) -> str:
        """The sentence about the wall time that has the least left."""
        return min((limit - account.wall, _no_end(what, limit)) for what, account, limit, _ in self._accounts())[1]

    def count(self, size: int) -> None:
        """So many bytes were printed or drawn. Raises _Ended when it is too much."""
        self.output += size
        if self.output > self.limits.output * MIB:
            raise self._too_much()

    def _too_much(self) -> _Ended:
        return _Ended("output", f"this cell printed or drew more than {self.limits.output:g} MiB")

    def look(self, kernel: "_StudentKernel") -> float:
        """Take down what was used since the last look; returns the memory in use, in bytes."""
        usage = kernel.process.usage()
        cpu, kernel.cpu_seen = max(0.0, usage.cpu - kernel.cpu_seen), max(usage.cpu, kernel.cpu_seen)
        self.asked = time.monotonic()
        self._take_down(self.asked, cpu)
        return usage.memory

    def end(self, kernel: "_StudentKernel") -> None:
        """The cell or test has ended: take down what it has used."""
        now = time.monotonic()
        if now - self.asked < BRIEF:
            self._take_down(now, 0.0)
        else:
            self.look(kernel)

    def _take_down(self, now: float, cpu: float) -> None:
        for _, account, *_ in self._accounts():
            account.wall += now - self.looked
            account.cpu += cpu
        self.looked = now

    def check(self, kernel: "_StudentKernel") -> None:
        """Raises _Ended when time, processor time or memory is used up, or when the kernel has died."""
        if not kernel.process.alive():
            raise _Ended("died", "the Python process died in this cell")
        if kernel.is_cut():
            raise self._too_much()
        now = time.monotonic()
        if now - self.asked < USAGE and now - self.looked < self.seconds_left():
            return
        if self.look(kernel) > self.limits.memory * MIB:
            raise _Ended("memory", f"more than {self.limits.memory:g} MiB of memory were in use")
        self._hold_wall()
        for what, account, _, limit in self._accounts():
            if account.cpu > limit:
                raise _Ended("cpu", f"{what} used more than {limit:g} s of processor time: is there an endless loop?")

    def _hold_wall(self) -> None:
        for what, account, limit, _ in self._accounts():
            if account.wall >= limit:
                raise _Ended("time", _no_end(what, limit))

    def _accounts(self):
        """(what, account, limit of wall time, limit of processor time) for everything that the present cell belongs to."""
        limits = self.limits
        yield "this cell", self.cell, limits.cell_wall, limits.cell_cpu
        if self.question is not None:
            account = self.questions.setdefault(self.question, _Account())
            yield f"the question `{self.question}`", account, limits.question_wall, limits.question_cpu
        yield "the notebook", self.submission, limits.submission_wall, limits.submission_cpu


def _no_end(what: str, limit: float) -> str:
    return f"{what} came to no end in {limit:g} s: is there an endless loop?"


class _StudentKernel:
    """A forked kernel: its Jupyter channels, read as what a stranger sends, and the channel that the checker gets."""

    def __init__(self, zygote: Zygote, limits: Limits):
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = zygote.kernel(limits, theirs, ENVIRONMENT)
        self.largest = int(limits.output * MIB) + MIB
        self.ended: _Ended | None = None
        self.cpu_seen = 0.0
        self.sockets: list[zmq.Socket] = []
        self.cuts: list[zmq.Socket] = []  # where ZeroMQ says that it has cut a connection

    def greet(self, files: dict[str, bytes]) -> None:
        """Wait until it is up, give it the files that belong to the notebook, and connect. Raises _Ended when it dies."""
        self.process.wait_ready(START)
        put_files(self.channel, files, START)
        connection = self.process.connection
        self.session = Session(key=connection["key"].encode(), signature_scheme=connection["signature_scheme"])
        self.shell, self.iopub = (self._connect(kind, connection) for kind in ("shell", "iopub"))
        self.poller = zmq.Poller()
        for there in (self.shell, self.iopub):
            self.poller.register(there, zmq.POLLIN)
        self.poller.register(self.process.fileno(), zmq.POLLIN)
        deadline = time.monotonic() + START
        while True:  # once something was heard on iopub, nothing that cells show is missed
            asked = self.session.send(self.shell, "kernel_info_request", {})["header"]["msg_id"]
            while (answer := self._next(self.shell, 1000)) is not None and answer["parent_header"].get("msg_id") != asked:
                pass
            if answer is not None and self._next(self.iopub, 200) is not None:
                break
            if time.monotonic() > deadline or not self.process.alive():
                raise _Ended("died", "the Python process of the notebook did not start")
        self.cpu_seen = self.process.usage().cpu

    def run(self, code: str, meter: _Meter) -> tuple[list, int | None, str | None]:
        """Run a cell; returns what it showed, as nbformat outputs, its number, and the error that ended it. Raises _Ended."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": False}
        asked = self.session.send(self.shell, "execute_request", content)["header"]["msg_id"]
        outputs, reply, replied, idle = [], {}, None, False
        try:
            while replied is None or not (idle or time.monotonic() > replied + 1):  # a flood may have drowned the last message
                ready = dict(self.poller.poll(TICK * 1000))
                while self.iopub in ready and (message := self._next(self.iopub, 0, meter)) is not None:
                    if message["parent_header"].get("msg_id") == asked:
                        idle = idle or (message["msg_type"] == "status" and message["content"].get("execution_state") == "idle")
                        _show(message, outputs)
                while self.shell in ready and (message := self._next(self.shell, 0, meter)) is not None:
                    if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "execute_reply":
                        replied, reply = time.monotonic(), message["content"]
                meter.check(self)
            meter.end(self)
        except _Ended as ended:
            ended.outputs = outputs
            raise
        number, name, text = (reply.get(key) for key in ("execution_count", "ename", "evalue"))
        error = None
        if reply.get("status") == "error":
            error = PLACE.sub(r"(\1)", one_line(f"{name}: {text}", MESSAGE // 2).rstrip("."))
        return outputs, number if type(number) is int and number >= 0 else None, error

    def is_cut(self) -> bool:
        """Has ZeroMQ cut a connection, because a message was too large?"""
        return any(there.poll(0) for there in self.cuts)

    def drain(self, meter: _Meter) -> None:
        """Read away what the student's functions show while they are tested."""
        while self._next(self.iopub, 0, meter) is not None:
            pass

    def close(self) -> None:
        self.process.kill()
        self.channel.close()
        for there in self.sockets:
            there.disable_monitor()  # before its other end is closed: ZeroMQ would wait for that end for ever
        for there in (*self.cuts, *self.sockets):
            there.close(linger=0)

    def _connect(self, kind: str, connection: dict) -> zmq.Socket:
        there = zmq.Context.instance().socket(zmq.SUB if kind == "iopub" else zmq.DEALER)
        self.sockets.append(there)
        there.maxmsgsize, there.rcvhwm = self.largest, 16  # what is too large or too much stays in the student's process
        self.cuts.append(there.get_monitor_socket(zmq.EVENT_DISCONNECTED))
        if kind == "iopub":
            there.subscribe(b"")
        there.connect(f"ipc://{connection['ip']}-{connection[f'{kind}_port']}")
        return there

    def _next(self, there: zmq.Socket, milliseconds: float, meter: _Meter | None = None) -> dict | None:
        """The next message that makes sense, or None; the student's process may send anything."""
        while there.poll(milliseconds):
            frames = there.recv_multipart()
            if meter is not None:
                meter.count(sum(map(len, frames)))
            with contextlib.suppress(Exception):  # the deserializer raises many kinds for the many ways to be malformed
                message = self.session.deserialize(self.session.feed_identities(frames)[1])
                if all(isinstance(message[part], dict) for part in ("content", "parent_header")):
                    return message
        return None


def _show(message: dict, outputs: list) -> None:
    """Add what a message of the iopub channel shows to a cell's outputs: text and pictures only."""
    kind, content = message["msg_type"], message["content"]
    if kind == "clear_output":
        outputs.clear()
    elif kind == "stream" and isinstance(content.get("text"), str):
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        if outputs and outputs[-1].output_type == "stream" and outputs[-1].name == name:
            outputs[-1].text += _whole(content["text"])
        else:
            outputs.append(_output("stream", name=name, text=_whole(content["text"])))
    elif kind in ("display_data", "execute_result") and isinstance(content.get("data"), dict):
        data = {form: _whole(text) for form, text in content["data"].items() if form in SHOWN and isinstance(text, str)}
        for form in ("image/png", "image/jpeg"):  # what is not base64 could close the attribute that it will stand in
            if not is_base64(data.get(form, "")):
                del data[form]
        data = data or {"text/plain": "(shown in a form that is not kept)"}
        number = {"execution_count": None} if kind == "execute_result" else {}
        outputs.append(_output(kind, data=data, metadata={}, **number))
    elif kind == "error":
        lines = content.get("traceback")
        outputs.append(_output(
            "error", ename=_whole(str(content.get("ename"))), evalue=_whole(str(content.get("evalue"))),
            traceback=[_whole(str(line)) for line in lines] if isinstance(lines, list) else []))


def _output(kind: str, **parts) -> nbformat.NotebookNode:
    """An output in a notebook: valid as it is written here, and nbformat's own function takes a millisecond to see that."""
    return nbformat.from_dict({"output_type": kind, **parts})


def _whole(text: str) -> str:
    """A text without halves of characters, which JSON can hold and no file."""
    return text.encode("utf-8", "replace").decode()


class _Spares:
    """The kernels of one zygote, the next one forked ahead, so that its start hides behind the work on this one."""

    def __init__(self, zygote: Zygote, limits: Limits):
        self.fork = lambda: _StudentKernel(zygote, limits)
        self.lock, self.next = threading.Lock(), None

    def take(self) -> _StudentKernel:
        with self.lock:
            kernel, self.next = self.next, None
        if kernel is not None and not kernel.process.alive():  # a kernel that waits is the first to go when memory is short
            kernel.close()
            kernel = None
        return kernel or self.fork()

    def prepare(self) -> None:
        with self.lock:
            self.next = self.next or self.fork()

    def close(self) -> None:
        with self.lock:
            if self.next is not None:
                self.next.close()
                self.next = None


_spares: dict[tuple[str, Limits], _Spares] = {}  # of this process, by the zygote's address


def _spares_of(zygote: Zygote, limits: Limits) -> _Spares:
    return _spares.setdefault((zygote.address, limits), _Spares(zygote, limits))


@atexit.register
def close_spares() -> None:
    """End the kernels that were forked ahead; what asks for one later forks it anew."""
    for spares in _spares.values():
        spares.close()
    _spares.clear()


def _mark(cell, status: str, text: str) -> None:
    """Give a cell an error output, so that it counts as not passed: nbgrader takes a cell without output as passed."""
    name = NAMES[status]
    cell.outputs = [*cell.get("outputs", []),
                    _output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])]
