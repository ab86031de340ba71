"""What confines a forked process: it may compute, write in a folder of its own, and talk to nobody.

The walls are independent of each other, and each is tried at the start of the zygote (`probe`): what cannot be had here
is named, and a fork has the others. `confine` runs in the fork, before any thread exists and before any of the student's
code; the order of its steps matters, because each takes away what the earlier ones needed.
"""

import math
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from autograder.limits import MIB, Limits
from autograder.warm import linux

# The walls, in the order in which they are put up
WALLS = {
    "namespaces": "A kernel is not kept in a view of its own of files, processes and network",
    "user": "A kernel runs as the user who grades",
    "processes": "The number of a kernel's processes is not limited",
    "landlock": "Landlock does not guard the files a second time",
    "calls": "System calls are not filtered",
}
FILES = 256  # open at once, per process
INODES = 20_000  # files and folders in the working folder
TERMINALS = 64  # a line with "!" runs its command in one
STUDENT = 1000  # the user's number as a boxed process sees it, where that is in a user namespace
_THREADS_PER_CORE = 8  # that TensorFlow, BLAS and the kernel itself start: they count as processes, and have stacks
_STACK = 8 * MIB
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


@dataclass(frozen=True)
class Box:
    """How this zygote's forks are confined: which walls hold, and which paths may be read."""

    walls: frozenset[str]
    readable: tuple[str, ...] = ("/",)
    first_user: int = 0  # with the wall "user": this number and those after it are nobody's
    by_root: bool = False  # whether root grades
    own_folder: str = "/tmp"  # where a fork's own disk is mounted

    @contextmanager
    def forking(self):
        """Inside this block, a fork becomes the first process of a PID namespace of its own.

        All that it starts is in there too, and ends when it does.
        """
        if "namespaces" not in self.walls:
            yield
            return
        this, own = os.getpid(), os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            linux.unshare(linux.CLONE_NEWPID)
            try:
                yield
            finally:
                if os.getpid() == this:  # not in the fork; a second unshare() is refused as long as the first one holds
                    linux.setns(own, linux.CLONE_NEWPID)
        finally:
            os.close(own)

    def confine(self, limits: Limits, folder: str, number: int, fault: Callable[[str, Exception], None]) -> None:
        """Confine this process for good, and leave it in the folder `work` of its own.

        Parameters
        ----------
        limits : what it may use
        folder : an empty folder, the only one that it may write in; with the wall "namespaces" it becomes a small disk of
            its own
        number : which of this zygote's users it is to be
        fault : called with the name of a wall and the exception when one cannot be put up; it does not return
        """
        user = self.first_user + number if "user" in self.walls else None
        writable = [folder, "/dev/shm", "/dev/pts"] if "namespaces" in self.walls else [folder]

        def put_up(wall: str, step: Callable, *arguments: object) -> None:
            if wall in self.walls:
                try:
                    step(*arguments)
                except Exception as exception:
                    fault(wall, exception)

        put_up("namespaces", _own_namespaces, folder, limits)
        try:
            _fill(folder, user)
        except OSError as exception:  # such as a user whom this system does not know
            fault("user" if user is not None else "namespaces", exception)
        put_up("user", _become, user)
        put_up("processes", _limit_processes, limits, user is not None, self.by_root)
        _limit(limits)
        if sys.platform == "linux":  # from here on nothing can be had back
            linux.no_new_privileges()
            linux.drop_capabilities()
        put_up("landlock", _landlock, [*self.readable, "/proc"], writable)
        put_up("calls", linux.refuse_calls)
        os.chdir(os.path.join(folder, "work"))


def folder_of(box: Box) -> str:
    """Where a fork's own folder is to be: each has a disk of its own at the same place, or another folder in the one /tmp."""
    return box.own_folder if "namespaces" in box.walls else tempfile.mkdtemp(prefix="box-")


def remove(folder: str) -> None:
    """Remove a fork's folder, however deep a student has made it; a disk of its own goes with it."""
    if os.path.basename(folder).startswith("box-"):
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, folder], check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def prepare() -> None:
    """Do once, in the process that forks, what would else be done in every fork: py_landlock looks for the C library."""
    with suppress(ImportError, OSError, RuntimeError):
        import py_landlock

        with suppress(py_landlock.LandlockError):
            py_landlock.get_abi_version()


def probe(box: Box) -> tuple[str, str] | None:
    """Put up the walls of `box` in a fork that then ends. Returns the first that does not stand here, and why; or None.

    "" in place of a wall is a fault that none of them explains.
    """
    folder = folder_of(box)
    reading, writing = os.pipe()
    try:
        with box.forking():
            pid = os.fork()
    except OSError as fault:
        return "namespaces", str(fault)
    if pid == 0:
        def say(wall: str, fault: Exception) -> None:
            os.write(writing, f"{wall}:{fault or repr(fault)}".encode()[:4096])
            os._exit(0)

        try:
            box.confine(Limits(), folder, 0, say)
            os.write(writing, b"stands")
        except BaseException as fault:
            say("", fault)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        wall, _, reason = answer.read().decode(errors="replace").partition(":")
    os.waitpid(pid, 0)
    remove(folder)
    return None if wall == "stands" else (wall, reason or "a process that tried it died")


def _own_namespaces(folder: str, limits: Limits) -> None:
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    plain = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("proc", "/proc", "proc", plain)
    linux.mount("tmpfs", folder, "tmpfs", plain, f"size={int(limits.disk * MIB)},nr_inodes={INODES},mode=0755")
    os.mkdir(os.path.join(folder, "shm"))
    linux.mount(os.path.join(folder, "shm"), "/dev/shm", flags=linux.MS_BIND)
    linux.mount("devpts", "/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, f"newinstance,ptmxmode=0666,max={TERMINALS}")
    socket.sethostname("kernel")
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where memory runs out all the same, this process goes first


def _fill(folder: str, user: int | None) -> None:
    """The folders `work` and `home` in the fork's own one, and the environment that names them."""
    places = [folder, *(os.path.join(folder, name) for name in ("work", "home", "shm"))]
    for place in places:
        os.makedirs(place, exist_ok=True)
        if user is not None:
            os.chown(place, user, user)
    os.environ.update(HOME=places[2], TMPDIR=folder, USER="student", LOGNAME="student", IPYTHONDIR=places[2] + "/.ipython")
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    tempfile.tempdir = folder


def _become(user: int) -> None:
    linux.empty_bounding_set()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    linux.be_dumpable()
    for path in (os.__file__, sys.executable, __file__):
        if not os.access(path, os.R_OK):
            raise PermissionError(f"{path} can be read by its owner alone")


def _limit_processes(limits: Limits, has_own_user: bool, by_root: bool) -> None:
    """Processes are counted by user, so it takes a user of its own: a number of its own, or a user namespace."""
    if not has_own_user:
        if by_root:
            raise OSError("root may start as many as it likes")
        if tuple(int(part) for part in platform.release().split(".")[:2] if part.isdigit()) < (5, 14):
            raise OSError("before Linux 5.14 it counts all processes of the user together")
        user, group = os.geteuid(), os.getegid()
        linux.unshare(linux.CLONE_NEWUSER)
        own = (("setgroups", "deny"), ("uid_map", f"{STUDENT} {user} 1"), ("gid_map", f"{STUDENT} {group} 1"))
        for name, text in own:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _lower(resource.RLIMIT_NPROC, int(limits.processes) + _library_threads())


def _limit(limits: Limits) -> None:
    _lower(resource.RLIMIT_CPU, math.ceil(limits.submission_cpu))
    _lower(resource.RLIMIT_FSIZE, int(limits.file_size * MIB))
    _lower(resource.RLIMIT_NOFILE, FILES)
    _lower(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":  # elsewhere it means the heap alone, or nothing
        _lower(resource.RLIMIT_DATA, own_memory("VmData") + int(limits.memory * MIB) + _library_threads() * _STACK)
        _lower(resource.RLIMIT_MSGQUEUE, 0)


def _lower(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def _library_threads() -> int:
    return _THREADS_PER_CORE * (os.cpu_count() or 1)


def own_memory(*fields: str) -> int:
    """The sum of fields of /proc/self/status in bytes: VmData is what it may write to, RssAnon what it has written to."""
    with open("/proc/self/status") as status:
        return sum(int(line.split()[1]) * 1024 for line in status if line.partition(":")[0] in fields)


def _landlock(readable: list[str], writable: list[str]) -> None:
    from py_landlock import AccessFs, Landlock

    read = AccessFs.READ_FILE | AccessFs.EXECUTE
    write = AccessFs.READ_FILE | AccessFs.WRITE_FILE | AccessFs.TRUNCATE | AccessFs.IOCTL_DEV
    in_folder = (read | write | AccessFs.READ_DIR | AccessFs.REMOVE_DIR | AccessFs.REMOVE_FILE | AccessFs.MAKE_DIR
                 | AccessFs.MAKE_REG | AccessFs.MAKE_SOCK | AccessFs.MAKE_FIFO | AccessFs.MAKE_SYM | AccessFs.REFER)
    rules = Landlock(strict=False)
    for path in readable:
        rules.add_path_rule(path, access=read | AccessFs.READ_DIR if os.path.isdir(path) else read)
    rules.add_path_rule(*(path for path in _DEVICES if os.path.exists(path)), access=write)
    rules.add_path_rule(*writable, access=in_folder)
    rules.apply()
