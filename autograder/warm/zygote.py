"""The process that is warm: it has imported what notebooks need, and forks itself on request.

`python -m autograder.warm.zygote FILE` is started by client.py; FILE is the number of an open socket over which it is told
what to import, and over which it says that it is ready. Then it listens at an address. Each connection there is one
request, and stays open for as long as the fork lives: it carries that the fork is ready and how it ended, and when the
client's end closes, for whatever reason, the fork is killed. So nothing outlives who asked for it.

A fork is a copy of a process that must have no threads, no event loop, no zmq context and no TensorFlow operation behind
it: none of them works in a copy. This process therefore does nothing but import, wait and fork.
"""

import contextlib
import dataclasses
import gc
import importlib
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass

from autograder.limits import Limits
from autograder.warm import box, linux, processes, wire

# What may run in a fork: name -> (module, function, whether it is confined)
TASKS = {
    "kernel": ("autograder.warm.kernel", "run_for_grading", True),
    "checker": ("autograder.checker.checker", "serve", True),
    "notebook": ("autograder.warm.kernel", "run_for_notebook", False),
}
# What a kernel imports while it starts, and what its first cells import. Not matplotlib_inline: to be imported in the
# kernel is how it learns that there is one
ALWAYS = (
    "cnnlib", "autograder.warm.kernel", "autograder.checker.answers", "autograder.checker.checker", "py_landlock",
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.completer",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.magics.execution",
    "IPython.core.oinspect", "IPython.core.ultratb", "IPython.extensions.storemagic", "IPython.utils.timing",
    "IPython.utils.wildcard", "stack_data", "pygments.formatters.terminal256", "pygments.styles", "tornado.platform.asyncio",
    "faulthandler", "pdb")
CHECKER_LIMITS = Limits(submission_cpu=36_000, memory=4096, file_size=1024, disk=1024)
PATIENCE = 10.0  # seconds in which a request that has begun must be there
IDLE_CHECK = 5.0  # seconds between two looks at whether nobody needs a zygote that stays


@dataclass
class _Fork:
    """A fork that lives: the connection that asked for it, its folder, and the number of its user."""

    pid: int
    link: socket.socket
    folder: str
    number: int


class Server:
    """One zygote, after its imports.

    Parameters
    ----------
    listening : where requests come in
    lifeline : the connection to who started it
    box_ : how forks are confined
    missing : which walls do not stand here, in sentences
    by_imports : variables that imports have set; a fork has them too, whatever its environment
    owner : a pidfd of the process that it must not outlive, or None
    idle : seconds after which it ends when nothing that it forked lives; None: it ends with the lifeline
    """

    def __init__(self, listening: socket.socket, lifeline: socket.socket, box_: box.Box, missing: list[str],
                 by_imports: dict[str, str], owner: int | None = None, idle: float | None = None):
        self.listening, self.lifeline, self.box, self.missing = listening, lifeline, box_, missing
        self.by_imports, self.owner, self.idle = by_imports, owner, idle
        self.forks: dict[int, _Fork] = {}  # by pid
        self.used = time.monotonic()
        self.selector = selectors.DefaultSelector()
        self.ended, writing = socket.socketpair()  # a byte arrives here when a fork ends
        for end in (self.ended, writing):
            end.setblocking(False)
        self._writing = writing
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until the lifeline or the owner ends, or until nobody has needed it for `idle` seconds."""
        self.selector.register(self.listening, selectors.EVENT_READ, self._request)
        self.selector.register(self.ended, selectors.EVENT_READ, self._reap)
        if self.idle is None:
            self.selector.register(self.lifeline, selectors.EVENT_READ, self._stop)
        if self.owner is not None:
            self.selector.register(self.owner, selectors.EVENT_READ, self._stop)
        try:
            while self.idle is None or self.forks or time.monotonic() - self.used < self.idle:
                for key, _ in self.selector.select(IDLE_CHECK):
                    if key.fd in self.selector.get_map():  # an earlier one of these may have closed it
                        key.data(key.fileobj)
        except _Stop:
            pass
        finally:
            for fork in list(self.forks.values()):
                self._kill(fork)

    def _stop(self, _: object) -> None:
        raise _Stop

    def _request(self, _: object) -> None:
        link, _address = self.listening.accept()
        self.selector.register(link, selectors.EVENT_READ, self._asked)  # a client that is slow to ask holds nobody up

    def _asked(self, link: socket.socket) -> None:
        self.selector.unregister(link)
        link.settimeout(PATIENCE)
        try:
            message, files = wire.receive(link)
        except (OSError, EOFError, ValueError):
            link.close()
            return
        self.used = time.monotonic()
        try:
            if message["task"] == "status":
                wire.send(link, {"missing": self.missing})
                link.close()
            elif message["task"] == "stop" and self.idle is not None:
                raise _Stop  # its end is the answer
            else:
                self._fork(link, message, files)
        except (OSError, KeyError, TypeError, ValueError) as fault:  # what is no OSError comes from a client of another version
            _try_to_send(link, {"failed": f"the process could not be forked: {fault!r}"})
            link.close()
        finally:
            for file in files:
                os.close(file)

    def _fork(self, link: socket.socket, message: dict, files: list[int]) -> None:
        module, function, confined = TASKS[message["task"]]
        taken = {fork.number for fork in self.forks.values()}
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        folder = box.folder_of(self.box) if confined else ""
        try:
            with self.box.forking() if confined else contextlib.nullcontext():
                pid = os.fork()
        except OSError:
            box.remove(folder)
            raise
        if pid == 0:
            self._become(link, message, files, folder, number, module, function, confined)
        self.forks[pid] = _Fork(pid, link, folder, number)
        self.selector.register(link, selectors.EVENT_READ, self._from_client)
        pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        try:
            alone = confined and "namespaces" in self.box.walls  # killing it kills all that it started
            wire.send(link, {"pid": pid, "alone": alone}, [] if pidfd is None else [pidfd])
        except OSError:
            self._kill(self.forks[pid])
        finally:
            if pidfd is not None:
                os.close(pidfd)

    def _become(self, link, message, files, folder, number, module, function, confined) -> None:
        """What the fork does, all its life. It does not return."""
        code = 1
        try:
            for what in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(what, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.set_wakeup_fd(-1)
            os.setsid()
            _keep_only([*files, link.fileno()])
            if sys.platform == "linux":
                with open("/proc/self/comm", "w") as name:  # by which `ps` and `top` tell it from others
                    name.write(f"cnn-{message['task']}")
            if sys.platform == "linux" and confined:
                linux.become_subreaper()  # what it starts stays below it, and so can be found
            _set_environment(message, self.by_imports)
            _settle(message, folder, number, self.box, confined)
            task = getattr(importlib.import_module(module), function)
            say_ready = _ready_once(link)
            if message["task"] == "checker":
                say_ready()
                task(socket.socket(fileno=files[0]))
            else:
                task(message["arguments"], files, say_ready)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        except BaseException:
            _try_to_send(link, {"failed": traceback.format_exc()})
        finally:
            os._exit(code)

    def _from_client(self, link: socket.socket) -> None:
        """The client wants the fork killed, or has closed its end; both mean the same."""
        for fork in self.forks.values():
            if fork.link is link:
                self._kill(fork)
                return

    def _reap(self, _: object) -> None:
        try:
            while self.ended.recv(4096):
                pass
        except BlockingIOError:
            pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid in self.forks:
                self._gone(self.forks[pid], os.waitstatus_to_exitcode(status))
        self._kill_strays()

    def _kill(self, fork: _Fork) -> None:
        """Kill a fork and all that it started; they are gone when this returns."""
        started = processes.descendants(fork.pid) if fork.folder else []  # what a notebook on its own computer starts may stay
        for pid in [fork.pid, *started]:
            for how in (os.kill, os.killpg):
                try:
                    how(pid, signal.SIGKILL)
                except OSError:  # gone, or not the leader of a group
                    pass
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(fork.pid, 0)[1])
        except ChildProcessError:
            status = -signal.SIGKILL
        self._gone(fork, status)
        self._kill_strays()

    def _kill_strays(self) -> None:
        """Kill what lost its parent and became a child of this process: it comes from a fork that is gone or let it go."""
        while strays := [pid for pid in processes.children(os.getpid()) if pid not in self.forks]:
            for pid in strays:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                except (ProcessLookupError, ChildProcessError):
                    pass

    def _gone(self, fork: _Fork, status: int) -> None:
        del self.forks[fork.pid]
        self.used = time.monotonic()
        self.selector.unregister(fork.link)
        if fork.folder:
            box.remove(fork.folder)
        _try_to_send(fork.link, {"ended": status})
        fork.link.close()


class _Stop(Exception):
    pass


def _try_to_send(link: socket.socket, message: dict) -> None:
    try:
        wire.send(link, message)
    except OSError:  # who asked is gone
        pass


def _keep_only(files: list[int]) -> None:
    """Close what this process inherited from the zygote, but for `files`. Standard input, output and error lead nowhere."""
    low = 3
    for file in sorted(files):
        os.closerange(low, file)
        low = file + 1
    os.closerange(low, max(low, 65_536))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.close(nothing)


def _ready_once(link: socket.socket):
    """A function that says that the fork is ready, with what it has written to in memory, and then closes the connection.

    Student code runs only after that, so it never holds the connection.
    """
    def say_ready() -> None:
        wire.send(link, {"ready": box.own_memory("RssAnon", "RssShmem") if sys.platform == "linux" else 0})
        link.close()
    return say_ready


def _set_environment(message: dict, by_imports: dict[str, str]) -> None:
    if message.get("replace_environment"):
        os.environ.clear()
        os.environ.update(by_imports)
    os.environ.update(message.get("environment") or {})
    time.tzset()
    tempfile.tempdir = None  # looked up anew


def _settle(message: dict, folder: str, number: int, box_: box.Box, confined: bool) -> None:
    """Give the fork its working folder, its limits and its random numbers."""
    if confined:
        limits = Limits(**message["limits"]) if message.get("limits") else CHECKER_LIMITS
        box_.confine(limits, folder, number, _raise)
    elif message.get("folder"):
        os.chdir(message["folder"])
    # A fork has the zygote's random numbers. When grading they are the same ones every time; elsewhere, new ones
    seed = 0 if confined else int.from_bytes(os.urandom(4), "little")
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)


def _raise(wall: str, fault: Exception) -> None:
    raise RuntimeError(f"the wall {wall!r} stood when it was tried at the start, and now: {fault!r}") from fault


def preload(modules: list[str]) -> list[str]:
    """Import modules; those that cannot be imported are skipped and named, with the reason, in the list returned."""
    skipped = []
    for module in (*ALWAYS, *modules):  # cnnlib comes first: it keeps TensorFlow quiet
        try:
            importlib.import_module(module)
        except Exception as fault:
            skipped.append(f"{module}: {type(fault).__name__}: {fault}")
    return skipped


def main() -> None:
    lifeline = socket.socket(fileno=int(sys.argv[1]))
    lifeline.set_inheritable(False)
    options, files = wire.receive(lifeline)
    listening = socket.socket(fileno=files[0])
    stays = options["idle"] is not None
    if stays and os.fork():
        os._exit(0)  # who started it need not wait for it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is for the grader, which then closes this
    if sys.platform == "linux" and not stays:
        linux.become_subreaper()  # nothing that a submission starts gets away
    box.prepare()
    box_, missing = _find_walls(options)
    wire.send(lifeline, {"missing": missing})
    before = dict(os.environ)
    if not stays:
        sys.modules["debugpy"] = None  # a kernel loads it where it is installed; nobody debugs what is graded
    gc.disable()  # to look for garbage takes a fifth of the time of importing TensorFlow, and finds none
    skipped = preload(options["preload"])
    by_imports = {name: value for name, value in os.environ.items() if before.get(name) != value}
    gc.freeze()  # a collection in a fork then leaves these objects' pages alone, and shared
    gc.enable()
    server = Server(listening, lifeline, box_, missing, by_imports, files[1] if len(files) > 1 else None, options["idle"])
    wire.send(lifeline, {"skipped": skipped})
    if stays:
        lifeline.close()
    server.run()
    if stays:
        os.unlink(options["address"])


def _find_walls(options: dict) -> tuple[box.Box, list[str]]:
    """The walls that stand here, out of those that are wanted, and a sentence for each that does not."""
    reasons = dict(options["reasons"])
    box_ = box.Box(frozenset(options["walls"]), tuple(options["readable"]), options["first_user"], options["by_root"],
                   options["own_folder"])
    while box_.walls and (fault := box.probe(box_)):
        wall = fault[0] if fault[0] in box_.walls else next(wall for wall in box.WALLS if wall in box_.walls)
        reasons[wall] = fault[1]
        box_ = dataclasses.replace(box_, walls=box_.walls - {wall})
    return box_, [f"{box.WALLS[wall]}: {reason}." for wall, reason in reasons.items()]


if __name__ == "__main__":
    main()
