"""What a submission cannot do: every test runs hostile code in a forked kernel and asks what came of it.

The suite holds for root and for an ordinary user; the last test runs it again as the one that this is not.
"""

import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient
from jupyter_core.utils import ensure_event_loop

from autograder.limits import MIB, Limits
from autograder.warm import SandboxMissing, Zygote, box, processes, view
from autograder.warm.zygote import _find_walls

pytestmark = [pytest.mark.notebook, pytest.mark.sandbox, pytest.mark.xdist_group("box")]
NUMBERS = {"x86_64": (56, 250), "aarch64": (220, 219)}  # of the calls clone and keyctl
LIMITS = Limits(memory=512, processes=32, file_size=4, disk=16)


class Kernel:
    """A forked kernel and a client of it; `run` returns what a cell printed, and the name of its error."""

    def __init__(self, zygote, limits=LIMITS, environment=None):
        self.forked = zygote.kernel(limits, None, environment or {})
        self.forked.wait_ready()
        self.client = BlockingKernelClient()
        self.client.load_connection_info(self.forked.connection)
        self.client.start_channels(hb=False)
        self.client.wait_for_ready(timeout=60)  # from here on nothing that it shows is missed

    def run(self, source, seconds=60):
        printed = []
        reply = self.client.execute_interactive(
            source, timeout=seconds, store_history=False,
            output_hook=lambda message: printed.append(message["content"].get("text", "")))
        content = reply["content"]
        return "".join(printed).strip(), content.get("ename", ""), content.get("evalue", "")

    def close(self):
        self.client.stop_channels()
        self.client.context.destroy(linger=0)
        self.forked.kill()


@pytest.fixture(autouse=True, scope="module")
def no_event_loop_is_left():
    yield
    ensure_event_loop().close()  # jupyter_client keeps one per thread and never closes it


@pytest.fixture(scope="module")
def zygote():
    os.environ["DATABASE_PASSWORD_FOR_TEST"] = "sesame"
    with Zygote(["numpy"]) as zygote:
        del os.environ["DATABASE_PASSWORD_FOR_TEST"]
        if zygote.missing:
            pytest.skip(" ".join(zygote.missing))
        yield zygote


@pytest.fixture
def start(zygote):
    """`start(limits)` starts a kernel that ends with the test."""
    with contextlib.ExitStack() as stack:
        def start(*arguments, of=zygote):
            kernel = Kernel(of, *arguments)
            stack.callback(kernel.close)
            return kernel
        yield start


@pytest.fixture
def kernel(start):
    return start()


PROJECT = Path(__file__).resolve().parents[2]
READ = "for path in {paths!r}:\n    try:\n        {what}\n        print('got', path)\n    except OSError as e:\n        pass"


def test_files_outside_are_not_there(kernel):
    secrets = ["/etc/shadow", "/etc/passwd", "/etc/hosts", "/root/.ssh", str(Path.home() / ".bashrc"), __file__, "/var/log",
               *(str(PROJECT / name) for name in ("pyproject.toml", "course/nbgrader_config.py", ".git/config")),
               "/sys/kernel", "/proc/kcore", "/dev/mem", "/dev/vda", "/dev/sda"]
    assert kernel.run(READ.format(paths=secrets, what="open(path).read(1)")) == ("", "", "")
    folders = ["/root/.ssh", "/home", "/var", "/opt", "/mnt", "/run", "/etc/ssl",
               *(str(PROJECT / name) for name in ("course", "tests", ".git"))]
    assert kernel.run("import os\n" + READ.format(paths=folders, what="os.listdir(path)")) == ("", "", "")


def test_of_the_project_only_its_packages_are_seen(kernel):
    seen = kernel.run(f"import os\nprint(*os.listdir({str(PROJECT)!r}))")[0].split()
    assert set(seen) <= {"autograder", "cnnlib", ".venv"}


def test_nothing_outside_the_own_folder_can_be_written(kernel):
    files = ["/x", "/usr/x", "/etc/x", "/dev/x", "/proc/x", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
             sys.executable, os.__file__, str(PROJECT / "x"), str(PROJECT / "cnnlib/x.py"), box.__file__, "/sys/x",
             "/proc/self/oom_score_adj"]
    assert kernel.run(READ.format(paths=files, what="open(path, 'a').write('1')")) == ("", "", "")
    assert kernel.run("import os\n" + READ.format(paths=files[:4] + files[-4:], what="os.chmod(path, 0o777)")) == ("", "", "")


def test_the_own_folder_can_be_used_in_every_way(kernel):
    source = """
import os, pathlib, tempfile, shutil
own = os.environ["TMPDIR"]
assert os.getcwd() == own + "/work" and os.listdir() == []
pathlib.Path("a/b").mkdir(parents=True); pathlib.Path("a/b/c.txt").write_text("x"); os.rename("a/b/c.txt", "a/d.txt")
os.symlink("a/d.txt", "link"); assert open("link").read() == "x"; shutil.rmtree("a")
with tempfile.TemporaryDirectory() as place: assert place.startswith(own + "/")
assert os.path.expanduser("~") == own + "/home"; open(os.path.expanduser("~/y"), "w").close()
import multiprocessing; lock = multiprocessing.Lock(); lock.acquire()
import subprocess; print(subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout)
"""
    assert kernel.run(source) == ("hello", "", "")


def test_two_kernels_see_nothing_of_each_other(start):
    first, second = start(), start()
    first.run("open('answers.txt', 'w').write('42'); open('/dev/shm/answers', 'w').write('42')")
    look = "import os; print(os.listdir(), os.listdir('/dev/shm'), [p for p in os.listdir('/proc') if p.isdigit()])"
    assert second.run(look)[0] == "[] [] ['1']"
    assert first.forked.pid != second.forked.pid
    same = second.run(f"import os; print(os.path.exists({first.forked.connection['ip'] + '-1'!r}))")
    assert same[0] == "False"
    users = [kernel.run("import os; print(os.getuid())")[0] for kernel in (first, second)]
    if os.geteuid() == 0:
        assert len({*users, "0"}) == 3  # nobody's numbers, one each


def test_the_graders_environment_is_not_readable(kernel):
    source = "import os, glob\nfor path in glob.glob('/proc/*/environ'):\n    print('PASSWORD' in open(path).read())"
    assert kernel.run(source)[0].split() in (["False", "False"], ["False", "False", "False"])  # self, 1, thread-self
    assert kernel.run("print('DATABASE_PASSWORD_FOR_TEST' in os.environ)")[0] == "False"


def test_the_environment_that_was_asked_for_is_there(start):
    assert start(LIMITS, {"NBGRADER_EXECUTION": "autograde"}).run(
        "import os; print(os.environ['NBGRADER_EXECUTION'])")[0] == "autograde"


def test_there_is_no_network(kernel):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.settimeout(0)
        source = f"""
import socket
def tried(name, function):
    try:
        function(); print("reached", name)
    except OSError:
        pass
tried("TCP", lambda: socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), timeout=2))
tried("listening", lambda: socket.create_server(("127.0.0.1", 0)))
tried("UDP", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {datagrams.getsockname()[1]})))
tried("UDP outside", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
tried("DNS", lambda: socket.getaddrinfo("example.org", 80))
tried("virtual machine's host", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
tried("packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
print([name for _, name in socket.if_nameindex()])
"""
        assert kernel.run(source)[0] in ("['lo']", "[]")
        with pytest.raises(BlockingIOError):
            datagrams.recv(1)


def test_no_unix_socket_outside_can_be_reached(start, zygote):
    first, second = start(), start()
    name = f"\0box-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(name)
        abstract.listen()
        first.run("import socket; mine = socket.socket(socket.AF_UNIX); mine.bind('\\0of-first'); mine.listen()")
        places = [name, "\0of-first", zygote.address, *(f"{first.forked.connection['ip']}-{n}" for n in range(1, 6))]
        assert second.run("import socket\n" + READ.format(
            paths=places, what="socket.socket(socket.AF_UNIX).connect(path)")) == ("", "", "")


def test_no_process_outside_can_be_signalled_or_looked_into(start):
    first, second = start(), start()
    numbers = [os.getpid(), os.getppid(), first.forked.pid, second.forked.pid]
    source = f"""
import os, ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in {numbers}:
    try:
        os.kill(number, 9); print("signalled", number)
    except OSError:
        pass
    print(libc.ptrace(16, number, 0, 0), libc.process_vm_readv(number, 0, 0, 0, 0, 0), end=" ")
try:
    os.kill(-1, 9)
except OSError:
    pass
"""
    assert first.run(source)[0] == "-1 -1 " * 3 + "-1 -1"
    assert second.run("print(1)")[0] == "1" and first.run("print(1)")[0] == "1"


def test_no_privilege_is_left_and_none_can_be_gained(kernel):
    status, _, _ = kernel.run("print(open('/proc/self/status').read())")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    assert [int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")] == [0] * 5
    assert fields["NoNewPrivs"].strip() == "1" and fields["Seccomp"].strip() == "2"
    source = f"CLONE, KEYCTL = {NUMBERS[platform.machine()]}" + """
import os, ctypes
libc = ctypes.CDLL(None, use_errno=True)
for name, call in {
    "root": lambda: libc.setuid(0), "root's group": lambda: libc.setgid(0), "user namespace": lambda: libc.unshare(0x10000000),
    "mount namespace": lambda: libc.unshare(0x20000), "restart": lambda: libc.reboot(0),
    "mount": lambda: libc.mount(b"x", b"/tmp/work", b"tmpfs", 0, b""), "unmount": lambda: libc.umount2(b"/tmp", 2),
    "new root": lambda: libc.chroot(b"/tmp"), "memory file": lambda: libc.memfd_create(b"x", 0),
    "shared memory": lambda: libc.shmget(0, 4096, 0o1600), "key": lambda: libc.syscall(KEYCTL, 0, 0, 0, 0, 0),
    "host name": lambda: libc.sethostname(b"x", 1), "clock": lambda: libc.settimeofday(0, b"x" * 8),
    "limit": lambda: libc.setrlimit(7, b"\\xff" * 15 + b"\\x00"), "device": lambda: libc.mknod(b"device", 0o60666, 0x800),
}.items():
    if call() != -1:
        print("could", name)
for flags in (0x10000000 | 17, 0x20000 | 17, 0x20000000 | 17):  # clone() with namespaces
    child = libc.syscall(CLONE, flags, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    print("cloned" if child > 0 else "", end="")
print(os.system("unshare -Ur true 2>/dev/null") == 0, os.getgroups())
"""
    assert kernel.run(source)[:2] == ("False []", "")


def test_limits_are_those_that_were_asked_for(start):
    limits = Limits(submission_cpu=77, file_size=3, processes=40, memory=300)
    printed, error, text = start(limits).run("""
import resource
for name in ("CPU", "FSIZE", "CORE", "NOFILE", "NPROC", "DATA"):
    soft, hard = resource.getrlimit(getattr(resource, "RLIMIT_" + name))
    print(soft, soft == hard)
""")
    assert not error, text
    assert printed.split()[1::2] == ["True"] * 6
    cpu, size, core, files, number, data = map(int, printed.split()[::2])
    assert (cpu, size, core, files) == (77, 3 * MIB, 0, box.FILES)
    assert 40 <= number <= 40 + 8 * os.cpu_count()  # the libraries' threads count as well
    assert data > 300 * MIB


BOMB = """
import os, time
started = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(600)
        started += 1
except OSError as e:
    print(started, type(e).__name__)
"""


def test_a_fork_bomb_stays_small_and_ends_at_once(start):
    other, bomb = start(), start()
    printed = bomb.run(BOMB)[0].split()
    assert printed[1] == "BlockingIOError" and int(printed[0]) < LIMITS.processes + 8 * os.cpu_count()
    assert bomb.forked.usage().processes > int(printed[0])
    assert other.run("import subprocess; print(subprocess.run(['echo', '1'], capture_output=True).returncode)")[0] == "0"
    started = processes.descendants(bomb.forked.pid)
    begin = time.monotonic()
    bomb.forked.kill()
    assert time.monotonic() - begin < 5
    assert not [pid for pid in started if os.path.exists(f"/proc/{pid}")]


def test_memory_beyond_the_limit_is_an_error_and_nobody_elses(start):
    other, hog = start(), start()
    assert hog.run("import numpy as np\nx = np.ones(800 * 2**20, np.uint8)")[1] in ("MemoryError", "_ArrayMemoryError")
    assert hog.run("x = np.ones(200 * 2**20, np.uint8); print(x.sum())")[0] == str(200 * 2**20)
    assert other.run("import numpy as np\nprint(np.ones(200 * 2**20, np.uint8).sum())")[0] == str(200 * 2**20)


def test_usage_sees_memory_that_no_limit_counts(kernel):
    before = kernel.forked.usage()
    kernel.run("import mmap\nm = mmap.mmap(-1, 300 * 2**20)\nfor at in range(0, len(m), 4096): m[at] = 1")
    after = kernel.forked.usage()
    assert 290 * MIB < after.memory - before.memory < 350 * MIB and after.cpu >= before.cpu and after.processes == 1
    kernel.run("import os\nif os.fork() == 0:\n    import time; time.sleep(60)")
    assert kernel.forked.usage().processes == 2
    assert kernel.forked.usage().memory < 500 * MIB  # above the limit, what both share is counted once


def test_a_full_disk_is_the_own_one(start):
    other, full = start(), start()
    assert full.run("open('big', 'wb').write(bytes(8 * 2**20))")[1:] == ("OSError", "[Errno 27] File too large")
    fill = "for n in range(9): open(f'{n}', 'wb').write(bytes(3 * 2**20))"
    assert full.run(fill)[1:] == ("OSError", "[Errno 28] No space left on device")
    assert other.run("open('1', 'wb').write(bytes(3 * 2**20))")[1] == ""
    many = "import os\nfor n in range(1_000_000): os.mkdir(f'folder{n}')"
    assert other.run(many)[1:2] == ("OSError",)
    assert shutil.disk_usage("/tmp").free > 0
    assert start().run("open('1', 'wb').write(bytes(3 * 2**20)); print(1)")[0] == "1"


def test_open_files_run_out_for_that_kernel_alone(start):
    other, kernel = start(), start()
    source = """
kept = []
try:
    while True:
        kept.append(open("/dev/null"))
except OSError as e:
    opened = len(kept); kept.clear(); print(e, opened < %d)
"""
    assert kernel.run(source % box.FILES)[0] == "[Errno 24] Too many open files: '/dev/null' True"
    assert other.run("print(open('/dev/null').read() == '')")[0] == "True"


def test_processor_time_ends_a_process_that_nothing_else_ends(start):
    kernel = start(Limits(submission_cpu=1))
    kernel.client.execute("while True:\n    try:\n        while True: pass\n    except BaseException: pass")
    assert kernel.forked.exit_status(60) == -signal.SIGKILL
    assert not kernel.forked.alive()


MINE = 1_000_000 + os.getpid()  # seconds that the daemons sleep: other tests run beside these, and theirs must not be counted
DAEMON = """
import os, signal, time
def daemon():
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "MINE"])
        os._exit(0)
daemon(); os.system("(setsid nohup sleep MINE >/dev/null 2>&1 &)"); time.sleep(0.5)
""".replace("MINE", str(MINE))


def sleepers():
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.joinpath("cmdline").read_bytes() == f"sleep\0{MINE}\0".encode():
                found.append(int(folder.name))
    return found


def test_nothing_outlives_a_kernel(kernel):
    kernel.run(DAEMON)
    assert len(sleepers()) == 2
    begin = time.monotonic()
    kernel.forked.kill()
    assert time.monotonic() - begin < 5
    assert sleepers() == []


@pytest.mark.parametrize("without", [["namespaces"], ["namespaces", "landlock", "calls", "user", "processes"]],
                         ids=["no namespaces", "no walls at all"])
def test_nothing_outlives_a_kernel_without_namespaces_either(start, without):
    with Zygote(without=without) as plain:
        kernel = start(LIMITS, of=plain)
        kernel.run(DAEMON)
        assert len(sleepers()) == 2
        folder = kernel.run("import os; print(os.getcwd())")[0]
        kernel.forked.kill()
        assert sleepers() == [] and not os.path.exists(folder)
        kernel = start(LIMITS, of=plain)
        kernel.run(DAEMON)
    assert sleepers() == []


@pytest.mark.parametrize("wall", box.WALLS)
def test_a_wall_that_is_missing_is_named_and_the_others_stand(start, wall):
    with Zygote(without=[wall]) as lacking:
        if wall == "user" and os.geteuid() != 0:
            assert lacking.missing == ("A kernel runs as the user who grades: it was not wanted.",)
        assert any(sentence.startswith(box.WALLS[wall]) for sentence in lacking.missing)
        kernel = start(LIMITS, of=lacking)
        assert kernel.run("print(6 * 7)")[0] == "42"
        if wall != "landlock":
            assert kernel.run("open('/etc/shadow')")[1] in ("FileNotFoundError", "PermissionError")
        assert kernel.run("import socket; socket.create_connection(('127.0.0.1', 1))")[1] != ""


def test_without_bubblewrap_landlock_guards_the_files(start, monkeypatch, tmp_path):
    monkeypatch.setattr(view, "bubblewraps", lambda: [])
    with Zygote() as plain:
        assert any("bubblewrap is not installed" in sentence for sentence in plain.missing)
        kernel = start(LIMITS, of=plain)
        mine = tmp_path / "mine.txt"
        mine.write_text("secret")
        for path in ("/etc/shadow", "/etc/passwd", str(PROJECT / "pyproject.toml"), str(mine)):
            assert kernel.run(f"open({path!r})")[1] == "PermissionError"
        for path in (str(mine), str(tmp_path / "new"), box.__file__, "/tmp/new"):
            assert kernel.run(f"open({path!r}, 'w')")[1] == "PermissionError"
        assert kernel.run("open('own.txt', 'w').write('1'); print(open('own.txt').read())")[0] == "1"
        assert kernel.run(f"import os; os.kill({os.getpid()}, 0)")[1] == "PermissionError"
        other = start(LIMITS, of=plain)
        place = other.run("import os; print(os.getcwd())")[0]
        assert kernel.run(f"os.listdir({place!r})")[1] == "PermissionError"


def test_a_bubblewrap_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(view, "bubblewraps", lambda: ["/bin/false"])
    with pytest.raises(SandboxMissing, match="bubblewrap does not start"):
        Zygote(sandbox="require")


def test_the_full_sandbox_can_be_required(zygote):
    with Zygote(sandbox="require") as strict:
        assert strict.missing == ()
    with pytest.raises(SandboxMissing) as raised:
        Zygote(sandbox="require", without=["landlock"])
    assert raised.value.missing == ("Landlock does not guard the files a second time: it was not wanted.",)


def test_without_a_sandbox_limits_apply_all_the_same(start):
    with Zygote(sandbox="off") as off:
        assert off.missing == ("Nothing confines student code: the sandbox is turned off.",)
        kernel = start(Limits(file_size=1), of=off)
        assert kernel.run("import os; print(os.getuid())")[0] == str(os.getuid())
        assert kernel.run("open('big', 'wb').write(bytes(2 * 2**20))")[1:] == ("OSError", "[Errno 27] File too large")


@pytest.mark.skipif(os.geteuid() != 0, reason="this run is an ordinary user's")
def test_all_this_holds_for_an_ordinary_user_too(zygote, tmp_path):
    user, home = 23456, tmp_path / "home"
    home.mkdir()
    os.chown(home, user, user)
    line = [view.bubblewraps()[0], "--cap-add", "ALL", "--dev-bind", "/", "/", "--bind", str(home), str(home)]
    covered = [parent for parent in reversed(Path(sys.base_prefix).parents) if not parent.stat().st_mode & 1][:1]
    for parent in covered:  # this Python is in a folder that is root's alone
        line += ["--perms", "0755", "--tmpfs", str(parent)]
        for above in reversed(Path(sys.base_prefix).relative_to(parent).parents):
            line += ["--perms", "0755", "--dir", str(parent / above)]
        line += ["--ro-bind", sys.base_prefix, sys.base_prefix]
    line += ["--perms", "1777", "--tmpfs", "/tmp", "--dir", str(home)]
    if PROJECT.is_relative_to("/tmp"):  # which has just been covered
        for above in reversed(PROJECT.relative_to("/tmp").parents[:-1]):
            line += ["--perms", "0755", "--dir", f"/tmp/{above}"]
        line += ["--bind", str(PROJECT), str(PROJECT)]
    line += ["--chdir", str(PROJECT), "--", "setpriv",
             f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
             sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n0", "-rs", __file__]
    environment = {**view.environment(), "HOME": "/tmp", "TMPDIR": "/tmp"}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "1 skipped" in done.stdout and "passed" in done.stdout


def test_walls_are_tried_until_the_rest_stand_whatever_the_trial_blames(monkeypatch):
    """A fault that no wall explains was taken for the first wall again and again, for ever."""
    options = {"walls": list(box.WALLS), "reasons": {}, "readable": ["/"], "first_user": 0, "by_root": False,
               "own_folder": "/tmp"}
    monkeypatch.setattr(box, "probe", lambda tried: ("", "no such user") if {"namespaces", "user"} & tried.walls else None)
    found, missing = _find_walls(options)
    assert found.walls == set(box.WALLS) - {"namespaces", "user"} and len(missing) == 2
    monkeypatch.setattr(box, "probe", lambda tried: ("namespaces", "never"))
    assert _find_walls(options)[0].walls == frozenset()
