"""How the rest of the project gets warm processes: start a zygote, ask it for kernels and checkers.

The zygote runs inside bubblewrap, which shows it the system's libraries and this Python and nothing else, and each of its
forks is confined further (box.py). A kernel's sockets are bound here, outside, and handed in; so nothing in the file
system is shared with a kernel.
"""

import contextlib
import dataclasses
import os
import random
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Collection, Sequence
from typing import Self

from autograder.limits import MIB, Limits
from autograder.temporary import own_folder
from autograder.warm import processes, view, wire
from autograder.warm.processes import Usage

WALLS = ("namespaces", "user", "processes", "landlock", "calls")
_FIRST_ANSWER, _WALLS, _IMPORTS, _END = 30.0, 120.0, 600.0, 10.0  # seconds that these may take
_MANY_USERS, _FEW_USERS = 0x70000000, 60_000  # numbers that no system gives to anybody


class ZygoteError(Exception):
    """A warm process could not be started, or ended too early; the text says why."""


class SandboxMissing(ZygoteError):
    """The full sandbox was required, and this machine lacks a part of it; `missing` says which, in sentences."""

    def __init__(self, missing: Sequence[str]):
        self.missing = tuple(missing)
        super().__init__("This machine cannot confine student code fully. " + " ".join(self.missing))


class Zygote:
    """A process that has imported `preload` and forks itself on request.

    Parameters
    ----------
    preload : names of modules; one that cannot be imported is skipped
    sandbox : "auto" confines forks as far as this machine can; "require" raises SandboxMissing where that is not fully;
        "off" confines nothing, and only limits apply
    without : walls not to put up though they were wanted: some of WALLS

    Attributes
    ----------
    address : the path of its socket; processes of the same user can `connect` to it
    missing : sentences that say which protection is lacking here, and why; () when all hold
    skipped : modules that could not be imported, with the reason

    It can be used from several threads and processes at once. It ends with `close`, or with the process that made it.
    Raises ZygoteError when it does not start.
    """

    def __init__(self, preload: Sequence[str] = (), sandbox: str = "auto", *, without: Collection[str] = ()):
        if sandbox not in ("auto", "require", "off"):
            raise ValueError(f"sandbox must be 'auto', 'require' or 'off', it is {sandbox!r}.")
        self._folder: str | None = tempfile.mkdtemp(prefix="z-", dir=own_folder())
        self.address = os.path.join(self._folder, "zygote")
        self._server: _Server | None = None
        self._tidy = weakref.finalize(self, _remove, self._folder, os.getpid())
        try:
            with _listen(self.address) as listening:
                self._server, self.missing, self.skipped = _start(list(preload), sandbox, frozenset(without), listening)
        except BaseException:
            self.close()
            raise
        if sandbox == "require" and self.missing:
            self.close()
            raise SandboxMissing(self.missing)

    @classmethod
    def connect(cls, address: str) -> Self:
        """A client of the zygote at `address`, which another process has started; `close` does not stop it.

        Raises ZygoteError when none is there.
        """
        zygote = cls.__new__(cls)
        zygote.address, zygote._folder, zygote._server, zygote.skipped = address, None, None, ()
        with zygote._ask({"task": "status"}) as link:
            try:
                zygote.missing = tuple(wire.receive(link)[0]["missing"])
            except (OSError, EOFError) as fault:
                raise ZygoteError(f"the process at {address} does not answer: {fault}") from None
        return zygote

    def kernel(self, limits: Limits, channel: socket.socket | None, environment: dict[str, str]) -> "ForkedKernel":
        """Fork a kernel for a submission. Returns at once; `wait_ready` waits until it can be talked to.

        Parameters
        ----------
        limits : what it may use
        channel : one end of a socket pair that autograder.checker.answers serves in the kernel, or None. The kernel gets a
            copy: this end remains yours, to close
        environment : variables beyond those that every kernel has; the student's code can read them
        """
        try:
            folder = tempfile.mkdtemp(prefix="k-", dir=os.path.dirname(self.address))  # goes with the zygote, at the latest
        except FileNotFoundError:
            raise ZygoteError(f"the process that starts kernels is gone: {self.address}") from None
        path = os.path.join(folder, "k")
        key = secrets.token_hex(32)
        try:
            with contextlib.ExitStack() as stack:
                sockets = [stack.enter_context(_listen(f"{path}-{number}")) for number in range(1, len(wire.PORTS) + 1)]
                link = self._ask({"task": "kernel", "arguments": {"key": key}, "environment": environment,
                                  "limits": dataclasses.asdict(limits)}, [*sockets, *([channel] if channel else [])])
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        ports = {port: number for number, port in enumerate(wire.PORTS, start=1)}
        connection = {"transport": "ipc", "ip": path, **ports, "key": key, "signature_scheme": "hmac-sha256"}
        return ForkedKernel(link, connection, folder, limits)

    def checker(self, control: socket.socket) -> "Forked":
        """Fork a process that runs autograder.checker.checker.serve(control): trusted code, confined all the same."""
        return Forked(self._ask({"task": "checker"}, [control]))

    def notebook(self, argv: Sequence[str], folder: str, environment: dict[str, str], output: Sequence[int]) -> "Forked":
        """Fork an ordinary, unconfined kernel, on one's own computer.

        Parameters
        ----------
        argv : ipykernel's arguments, with `-f` and the connection file
        folder : where it runs
        environment : all its variables
        output : the two file descriptors that become its standard output and error
        """
        return Forked(self._ask({"task": "notebook", "arguments": {"argv": list(argv)}, "environment": environment,
                                 "replace_environment": True, "folder": folder}, output))

    def close(self) -> None:
        """Stop the process that this object has started; what it forked is gone when this returns."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        if self._folder:
            self._tidy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict, files: Sequence = ()) -> socket.socket:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(self.address)
            wire.send(link, request, [file if isinstance(file, int) else file.fileno() for file in files])
        except OSError as fault:
            link.close()
            raise ZygoteError(f"the process that starts kernels is gone: {self.address}: {fault}") from None
        return link


class Forked:
    """A process that a zygote has forked. It is killed when this object is given up; also a context manager."""

    def __init__(self, link: socket.socket):
        self._link = link
        self._lock = threading.RLock()
        self._told: dict = {}  # what has come over the link: pid, alone, ready, failed, ended
        self._pidfd: int | None = None
        self._closing = _given_up(self, link.close)

    @property
    def pid(self) -> int:
        """Its number as seen from here. Raises ZygoteError when it could not be forked."""
        self._expect("pid", _FIRST_ANSWER)
        return self._told["pid"]

    def fileno(self) -> int:
        """A file descriptor that becomes readable when the process has ended (a pidfd; on macOS, a socket)."""
        self._expect("pid", _FIRST_ANSWER)
        return self._link.fileno() if self._pidfd is None else self._pidfd

    def alive(self) -> bool:
        """Whether the process still runs."""
        try:
            self._expect("pid", _FIRST_ANSWER)
        except ZygoteError:
            return False
        if self._pidfd is not None:
            return not _readable(self._pidfd, 0)
        self._hear(0, lambda: "ended" in self._told)
        return "ended" not in self._told

    def interrupt(self) -> None:
        """Send it SIGINT, as Ctrl+C would."""
        with contextlib.suppress(ZygoteError, ProcessLookupError):
            self._signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill the process and everything that it has started; they are gone when this returns. Safe to call again."""
        with self._lock, contextlib.suppress(ZygoteError, OSError):
            if "ended" not in self._told:
                self._expect("pid", _FIRST_ANSWER)
                if self._told["alone"] and self._pidfd is not None:  # it is the first process of a namespace: all go with it
                    with contextlib.suppress(ProcessLookupError):
                        self._signal(signal.SIGKILL)
                    _readable(self._pidfd, _END)
                else:
                    wire.send(self._link, {"kill": True})
                    self._hear(_END, lambda: "ended" in self._told)
            self._told.setdefault("ended", -signal.SIGKILL)
        self._closing()

    def exit_status(self, seconds: float = 0) -> int | None:
        """How it ended: its exit code, or minus the number of the signal; None where it has not, `seconds` from now."""
        with contextlib.suppress(ZygoteError):
            self._hear(seconds, lambda: "ended" in self._told)
        return self._told.get("ended")

    def wait_ready(self, seconds: float = 30) -> None:
        """Wait until it is ready. Raises ZygoteError when it ends before that, or is not ready after `seconds`."""
        self._expect("ready", seconds)

    def usage(self) -> Usage:
        """What it and all that it has started use."""
        return processes.usage(self.pid, self._told.get("ready", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _signal(self, number: int) -> None:
        self._expect("pid", _FIRST_ANSWER)
        if self._pidfd is not None:
            signal.pidfd_send_signal(self._pidfd, number)
        else:
            os.kill(self._told["pid"], number)

    def _expect(self, what: str, seconds: float) -> None:
        """See that `what` has come over the link. Raises ZygoteError when it cannot come any more, or not in time."""
        if what in self._told:
            return
        self._hear(seconds, lambda: not {what, "failed", "ended"}.isdisjoint(self._told))
        if what in self._told:
            return
        if "failed" in self._told:
            raise ZygoteError(f"a forked process could not start: {self._told['failed']}")
        if "ended" in self._told:
            raise ZygoteError(f"a forked process ended before it was ready, with status {self._told['ended']}")
        raise ZygoteError(f"a forked process was not ready after {seconds:g} s")

    def _hear(self, seconds: float, enough: Callable[[], bool]) -> None:
        """Take in what comes over the link, for `seconds` or until `enough()`."""
        until = time.monotonic() + seconds
        while not enough() and (file := self._link.fileno()) >= 0 and _readable(file, until - time.monotonic()):
            with self._lock:  # not while waiting, so that another thread can kill it meanwhile
                if self._link.fileno() < 0 or not _readable(file, 0):
                    continue
                try:
                    message, files = wire.receive(self._link)
                except (OSError, EOFError):
                    message, files = {"ended": -signal.SIGKILL}, []  # it does not outlive its zygote
                if files:
                    message["pid"] = _pid_here(files[0], message["pid"])
                    self._pidfd = files[0]
                    _given_up(self, os.close, files[0])
                self._told = {**message, **self._told}


class ForkedKernel(Forked):
    """A Jupyter kernel that a zygote has forked.

    connection : what jupyter_client needs to talk to it. Its sockets listen from the start, so messages may be sent before
        it is ready
    """

    def __init__(self, link: socket.socket, connection: dict, folder: str, limits: Limits):
        super().__init__(link)
        self.connection = connection
        self._limits = limits
        self._tidy = weakref.finalize(self, _remove, folder, os.getpid())

    def kill(self) -> None:
        super().kill()
        self._tidy()

    def usage(self) -> Usage:
        return processes.usage(self.pid, self._told.get("ready", 0), exact_above=int(self._limits.memory * MIB))


class _DidNotStart(Exception):
    """A zygote ended before it said anything; the text is what it wrote last."""


class _Server:
    """The process of a zygote, and the connection that keeps it alive."""

    def __init__(self, command: list[str], options: dict, environment: dict[str, str], listening: socket.socket,
                 stays: bool = False):
        self.lifeline, theirs = socket.socketpair()
        self._maker = os.getpid()
        owner = os.pidfd_open(os.getpid()) if hasattr(os, "pidfd_open") and not stays else None
        with tempfile.TemporaryFile() as self._noise, theirs:
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno())], stdin=subprocess.DEVNULL, stdout=self._noise, stderr=self._noise,
                pass_fds=[theirs.fileno()], env=environment, start_new_session=stays)
            theirs.close()
            try:
                with contextlib.suppress(OSError):  # it has ended already: the answer will tell
                    wire.send(self.lifeline, options, [listening.fileno(), *([] if owner is None else [owner])])
                self.missing = self._answer(_WALLS)["missing"]
                self.skipped = self._answer(_IMPORTS)["skipped"]
            except BaseException:
                self.stop()
                raise
            finally:
                if owner is not None:
                    os.close(owner)

    def _answer(self, seconds: float) -> dict:
        self.lifeline.settimeout(seconds)
        try:
            return wire.receive(self.lifeline)[0]
        except TimeoutError:  # a slow machine is no reason to take down a wall
            self.stop()
            raise ZygoteError(f"the process that starts kernels is not ready after {seconds:g} s: does this machine have too "
                              "much to do?") from None
        except (OSError, EOFError) as fault:
            self.stop()
            self._noise.seek(0)
            last = self._noise.read().decode(errors="replace").strip().splitlines()[-1:]
            raise _DidNotStart(last[0] if last else str(fault)) from None

    def stop(self) -> None:
        """End it and all that it has forked. In a process that was forked from its maker, this leaves it alone."""
        if os.getpid() != self._maker:
            return
        self.lifeline.close()
        try:
            self.process.wait(_END)
        except subprocess.TimeoutExpired:
            for pid in [*processes.descendants(self.process.pid), self.process.pid]:  # bubblewrap does not take along its own
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


def _start(preload: list[str], sandbox: str, without: frozenset[str], listening: socket.socket):
    """Start a zygote with as many walls as can be had. Returns its _Server, what is missing, and the modules skipped."""
    command = _command()
    walls = [wall for wall in WALLS if wall not in without] if sandbox != "off" and sys.platform == "linux" else []
    if os.geteuid() != 0 and "user" in walls:
        walls.remove("user")  # only root can be somebody else; a user namespace does the counting
    reasons = {wall: "it was not wanted" for wall in WALLS if wall in without}
    options = {"preload": preload, "first_user": _unused_users(), "idle": None, "walls": walls, "reasons": reasons,
               "readable": ["/"], "by_root": os.geteuid() == 0}
    environment = view.environment()
    paths = view.readable([*preload, "cnnlib", "autograder"])
    options["own_folder"] = view.own_folder(paths)
    faults = []
    if "namespaces" in walls:
        for with_user_namespace in (False, True) if os.geteuid() == 0 else (True,):
            for program in view.bubblewraps():
                try:
                    line = view.wrapped(program, command, paths, with_user_namespace)
                    server = _Server(line, options, environment, listening)
                    return server, tuple(server.missing), tuple(server.skipped)
                except _DidNotStart as fault:
                    faults.append(str(fault))
        reasons["namespaces"] = f"bubblewrap does not start: {faults[0]}" if faults else "bubblewrap is not installed"
        walls.remove("namespaces")
    options["readable"] = paths
    try:
        server = _Server(command, options, environment, listening)
    except _DidNotStart as fault:
        raise ZygoteError(f"the process that starts kernels did not start: {fault}") from None
    missing = list(server.missing)
    if sandbox == "off":
        missing.append("Nothing confines student code: the sandbox is turned off.")
    elif sys.platform != "linux":
        missing.append("Nothing but limits of time and size confines student code: this is not Linux.")
    return server, tuple(missing), tuple(server.skipped)


def start_staying(address: str, preload: Sequence[str], idle: float, environment: dict[str, str]) -> None:
    """Start a zygote that outlives this process, confines nothing, and serves the user's own notebooks.

    Parameters
    ----------
    address : the path of its socket; what stands there is replaced
    preload : names of modules; one that cannot be imported is skipped
    idle : seconds without a fork after which it ends
    environment : its environment, which is also that of the imports

    Raises ZygoteError when it does not start.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(address)
    environment = {"MPLBACKEND": view.INLINE, "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", **environment}
    options = {"preload": list(preload), "first_user": 0, "idle": idle, "walls": [], "reasons": {}, "readable": [],
               "by_root": False, "own_folder": "/tmp", "address": address}
    with _listen(address) as listening:
        try:
            _Server(_command(), options, environment, listening, stays=True).stop()
        except _DidNotStart as fault:
            raise ZygoteError(f"the process that starts kernels did not start: {fault}") from None


def stop_staying(address: str) -> None:
    """End a zygote that `start_staying` has started, with the kernels that it has forked; returns when it is gone."""
    with contextlib.suppress(ZygoteError, OSError, EOFError), Zygote.connect(address)._ask({"task": "stop"}) as link:
        link.settimeout(_END)
        wire.receive(link)


def _command() -> list[str]:
    return [sys.executable, "-P", "-X", "frozen_modules=off", "-m", "autograder.warm.zygote"]  # -X: as kernels are started


def _listen(path: str) -> socket.socket:
    """A socket that listens at a path, for this user alone."""
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(path)
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


def _given_up(owner: object, close: Callable, *arguments: object) -> weakref.finalize:
    """Close something when its owner is given up, but not when this process ends: until then `kill` may need it."""
    finalizer = weakref.finalize(owner, close, *arguments)
    finalizer.atexit = False
    return finalizer


def _remove(folder: str, maker: int) -> None:
    """Remove a folder, but not in a process that was forked from the one that made it."""
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)


def _readable(file: int, seconds: float) -> bool:
    poll = select.poll()  # select() has no room for high numbers
    poll.register(file, select.POLLIN)
    return bool(poll.poll(max(0.0, seconds) * 1000))


def _pid_here(pidfd: int, otherwise: int) -> int:
    """The number that the process behind a pidfd has in this PID namespace."""
    with open(f"/proc/self/fdinfo/{pidfd}") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), otherwise)


def _unused_users() -> int:
    """The first of many user numbers that nobody has: random, so that two zygotes do not give out the same ones."""
    chance = random.SystemRandom()
    try:
        with open("/proc/self/uid_map") as lines:
            last = max(int(inside) + int(count) for inside, _, count in map(str.split, lines))
    except (OSError, ValueError):
        last = 0
    if last >= 0x7FFF0000:
        return _MANY_USERS + 4096 * chance.randrange(0xF000)
    return _FEW_USERS + chance.randrange(4000)
