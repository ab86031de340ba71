"""Kernels that are forks of a warm process: what grading asks of them, and stock Jupyter tools through the provisioner."""

import contextlib
import copy
import dataclasses
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from matplotlib import font_manager
from nbclient import NotebookClient

from autograder.limits import Limits
from autograder.warm import Zygote, ZygoteError, processes, provisioner, wire
from autograder.warm.client import start_staying, stop_staying

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("warm")]
LIMITS = Limits()


@pytest.fixture(scope="module")
def zygote():
    with Zygote(["numpy", "matplotlib.pyplot", "no_such_module"]) as zygote:
        yield zygote


@pytest.fixture(autouse=True, scope="module")
def no_event_loop_is_left():
    yield
    ensure_event_loop().close()  # jupyter_client keeps one per thread and never closes it


@pytest.fixture
def kernel(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    yield kernel
    kernel.kill()


@contextlib.contextmanager
def client_of(kernel, listening=True):
    """A client of a forked kernel. listening: nothing that the kernel shows is missed."""
    client = BlockingKernelClient()
    client.load_connection_info(kernel.connection)
    client.start_channels(hb=False)
    try:
        if listening:
            client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        client.context.destroy(linger=0)


def run(kernel, *sources):
    """What each cell printed, or the name of its error; and the kinds of its outputs beside."""
    found = []
    with client_of(kernel) as client:
        for source in sources:
            outputs = []
            reply = client.execute_interactive(source, timeout=60, store_history=False, output_hook=outputs.append)["content"]
            kinds = [output["msg_type"] for output in outputs if output["msg_type"] == "display_data"]
            found.append(reply.get("ename") or "".join([*kinds, *(m["content"].get("text", "") for m in outputs)]).strip())
    return found[0] if len(sources) == 1 else found


def test_a_module_that_is_not_there_is_skipped_and_named(zygote):
    assert [text.partition(":")[0] for text in zygote.skipped] == ["no_such_module"]


def test_a_kernel_has_its_imports_when_it_starts(kernel):
    source = "import sys; print([name in sys.modules for name in ('numpy', 'matplotlib.pyplot', 'cnnlib', 'IPython')])"
    assert run(kernel, source) == "[True, True, True, True]"


def test_nothing_is_imported_after_the_fork_but_what_needs_a_kernel(kernel):
    before, *_, new = run(
        kernel, "import sys; before = set(sys.modules)", "1 + 1", "1 / 0", "undefined", "print([1, 2])", "%timeit -n1 -r1 1",
        "import numpy as np; np.arange(3)", "print(sorted(set(sys.modules) - before))")
    assert new == "[]"


def test_a_message_may_be_sent_before_the_kernel_is_ready(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    with client_of(kernel, listening=False) as client:
        client.execute("", user_expressions={"product": "6 * 7"})
        answer = client.get_shell_msg(timeout=60)["content"]
    assert answer["user_expressions"]["product"]["data"]["text/plain"] == "42"
    kernel.kill()


def test_figures_are_shown(kernel):
    assert run(kernel, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);").startswith("display_data")


def test_the_users_list_of_fonts_is_used(tmp_path, monkeypatch):
    fonts = copy.copy(font_manager.fontManager)
    fonts.ttflist = [*fonts.ttflist, dataclasses.replace(fonts.ttflist[0], name="of this user")]
    (tmp_path / "matplotlib").mkdir()
    font_manager.json_dump(fonts, tmp_path / "matplotlib" / f"fontlist-v{font_manager.FontManager.__version__}.json")
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = "from matplotlib.font_manager import fontManager; print('of this user' in fontManager.get_font_names())"
    with Zygote(["matplotlib.font_manager"]) as zygote, zygote.kernel(LIMITS, None, {}) as kernel:
        if any("bubblewrap" in sentence for sentence in zygote.missing):
            pytest.skip("no view of its own here")
        assert run(kernel, source) == "True"


def test_what_is_printed_and_shown_comes_in_order_and_whole(kernel):
    source = """import sys, threading
print("a")
display(1)
print("b"); sys.stdout.flush(); sys.stdout.flush(); print("c")
thread = threading.Thread(target=print, args=("d",)); thread.start(); thread.join()
display(2)
print("e", end="")"""
    shown = []
    with client_of(kernel) as client:
        for _ in range(20):
            client.execute_interactive(source, timeout=60, output_hook=lambda message: shown.append(message["content"]))
    shown = [content.get("text") or content.get("data", {}).get("text/plain", "") for content in shown]
    assert "".join(shown) == "a\n1b\nc\nd\n2e" * 20


def test_a_shell_command_prints_its_output(kernel):
    assert run(kernel, "!echo hello") == "hello"


def test_no_history_is_kept(kernel):
    assert run(kernel, "x = 1", "print(get_ipython().history_manager.enabled)")[1] == "False"


def test_random_numbers_are_the_same_in_every_kernel_for_grading(zygote):
    kernels = [zygote.kernel(LIMITS, None, {}) for _ in range(2)]
    with client_of(kernels[0]) as client:  # a kernel that starts slowly is asked more than once whether it is there
        client.wait_for_ready(timeout=60)
    numbers = [run(kernel, "import random, numpy; print(random.random(), numpy.random.rand())") for kernel in kernels]
    for kernel in kernels:
        kernel.kill()
    assert numbers[0] == numbers[1] and numbers[0].startswith(str(random.Random(0).random()))


def test_many_kernels_at_once_from_many_threads(zygote):
    def one(number):
        kernel = zygote.kernel(LIMITS, None, {"NUMBER": str(number)})
        try:
            return run(kernel, "import os; print(os.environ['NUMBER'])")
        finally:
            kernel.kill()
            ensure_event_loop().close()  # this thread's

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(one, range(18))) == [str(number) for number in range(18)]


def test_another_process_can_use_it_and_its_kernels_end_with_it(zygote):
    source = f"""
from autograder.limits import Limits
from autograder.warm import Zygote
import os
zygote = Zygote.connect({zygote.address!r})
kernel = zygote.kernel(Limits(), None, {{}})
kernel.wait_ready()
assert zygote.missing == {zygote.missing!r}
print(kernel.pid, os.path.dirname(kernel.connection["ip"]), flush=True)
os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=True)
    pid, folder = done.stdout.split()
    wait_until(lambda: has_ended(pid))
    assert Path(folder).parent == Path(zygote.address).parent
    with zygote.kernel(LIMITS, None, {}) as survivor:
        assert run(survivor, "print(1)") == "1"


def has_ended(pid) -> bool:
    """Is this process gone? One that is dead may wait for long to be buried, by a first process that has other things to do."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_everything_ends_with_the_process_that_started_it(tmp_path):
    source = """
from autograder.limits import Limits
from autograder.warm import Zygote
import os, sys, time
zygote = Zygote(sandbox=sys.argv[1])
kernel = zygote.kernel(Limits(), None, {})
kernel.wait_ready()
print(kernel.pid, zygote._server.process.pid, flush=True)
time.sleep(600)
"""
    for sandbox in ("auto", "off"):
        with subprocess.Popen([sys.executable, "-c", source, sandbox], stdout=subprocess.PIPE, text=True) as process:
            pids = process.stdout.readline().split()
            assert len(pids) == 2
            process.kill()
        wait_until(lambda pids=pids: all(map(has_ended, pids)))


def test_a_fork_of_the_process_that_made_it_does_not_stop_it():
    with Zygote() as zygote:
        pid = os.fork()
        if pid == 0:
            zygote.close()
            os._exit(0)
        os.waitpid(pid, 0)
        kernel = zygote.kernel(LIMITS, None, {})
        assert run(kernel, "print(1)") == "1"
    assert not kernel.alive()


def test_interrupt_stops_a_loop_and_the_kernel_goes_on(kernel):
    with client_of(kernel) as client:
        client.execute("print('looping', flush=True)\nwhile True: pass")
        while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        kernel.interrupt()
        assert client.get_shell_msg(timeout=30)["content"]["ename"] == "KeyboardInterrupt"
    assert run(kernel, "print(1)") == "1"


def test_kill_is_immediate_even_for_what_cannot_be_interrupted(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    with client_of(kernel) as client:
        client.execute("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                       "print('looping', flush=True)\nwhile True: pass")
        while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
    begin = time.monotonic()
    kernel.kill()
    assert time.monotonic() - begin < 5
    assert not kernel.alive() and kernel.exit_status() == -signal.SIGKILL
    assert not os.path.exists(os.path.dirname(kernel.connection["ip"]))
    kernel.kill()  # a second time does no harm
    kernel.interrupt()


def test_a_kernel_can_be_killed_while_another_thread_waits_for_it():
    with Zygote() as zygote, ThreadPoolExecutor(1) as pool:
        kernel = zygote.kernel(LIMITS, None, {})
        os.kill(kernel.pid, signal.SIGSTOP)
        waiting = pool.submit(kernel.wait_ready, 60)
        kernel.kill()
        with pytest.raises(ZygoteError, match="ended before it was ready"):
            waiting.result(20)


def test_the_end_of_a_kernel_shows_on_its_descriptor(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    kernel.wait_ready()
    assert kernel.alive() and not readable(kernel, 0)
    with client_of(kernel) as client:
        client.execute("import os; os._exit(3)")
        assert readable(kernel, 30) and not kernel.alive() and kernel.exit_status(10) == 3
    kernel.kill()


def readable(kernel, seconds):
    import select

    return bool(select.select([kernel], [], [], seconds)[0])


def test_usage_counts_time_and_memory(kernel):
    kernel.wait_ready()
    fresh = kernel.usage()
    run(kernel, "import time, numpy as np\nx = np.ones(10**7)\nend = time.process_time() + 0.3",
        "while time.process_time() < end: pass")
    used = kernel.usage()
    assert used.cpu - fresh.cpu > 0.2 and 70e6 < used.memory < 200e6 and fresh.memory < 20e6 and used.processes == 1


def test_a_kernel_given_up_is_killed(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    kernel.wait_ready()
    pid, folder = kernel.pid, os.path.dirname(kernel.connection["ip"])
    del kernel
    wait_until(lambda: has_ended(pid))
    assert not os.path.exists(folder)


def test_a_zygote_that_is_gone_is_named(tmp_path):
    with pytest.raises(ZygoteError, match="is gone"):
        Zygote.connect(str(tmp_path / "nothing"))
    zygote = Zygote()
    kernel = zygote.kernel(LIMITS, None, {})
    kernel.wait_ready()
    zygote.close()
    assert not kernel.alive() and not os.path.exists(os.path.dirname(zygote.address))
    with pytest.raises(ZygoteError, match="is gone"):
        zygote.kernel(LIMITS, None, {})


def test_a_client_that_connects_and_says_nothing_holds_nobody_up(zygote):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(zygote.address)
        began = time.monotonic()
        Zygote.connect(zygote.address)
        assert time.monotonic() - began < 8


def test_a_request_that_it_does_not_know_is_refused_and_it_goes_on(zygote):
    with zygote._ask({"task": "of another version"}) as link:
        assert "of another version" in wire.receive(link)[0]["failed"]
    Zygote.connect(zygote.address)


def test_a_kernel_that_is_killed_early_says_so(zygote):
    kernel = zygote.kernel(LIMITS, None, {})
    kernel.kill()
    with pytest.raises(ZygoteError, match="ended before it was ready"):
        kernel.wait_ready()


def test_a_long_temporary_folder_does_not_make_addresses_too_long(tmp_path, monkeypatch):
    place = tmp_path / ("long" * 20)
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with Zygote() as zygote, zygote.kernel(LIMITS, None, {}) as kernel:
        assert len(zygote.address) < 100 and len(kernel.connection["ip"]) < 100
        assert run(kernel, "print(1)") == "1"


def test_a_channel_reaches_the_kernel(zygote):
    answers = pytest.importorskip("autograder.checker.answers")
    assert answers.serve
    ours, theirs = socket.socketpair()
    with ours, theirs, zygote.kernel(LIMITS, theirs, {}) as kernel:
        kernel.wait_ready()
        theirs.close()
        assert run(kernel, "import os; print(len(os.listdir('/proc/self/fd')) > 10)") == "True"
        kernel.kill()
        ours.settimeout(20)
        assert ours.recv(1) == b""  # the kernel held the other end, and nobody else does


@pytest.mark.sandbox
def test_a_checker_is_forked_and_confined(zygote):
    pytest.importorskip("autograder.checker.checker")
    ours, theirs = socket.socketpair()
    with ours, theirs, zygote.checker(theirs) as checker:
        checker.wait_ready()
        theirs.close()
        assert checker.alive() and checker.usage().processes == 1
        status = dict(line.split(":", 1) for line in Path(f"/proc/{checker.pid}/status").read_text().splitlines())
        if not zygote.missing:
            assert int(status["CapEff"], 16) == 0 and len(status["NSpid"].split()) == 3
        checker.kill()
        assert not checker.alive()


CELLS = ["import tensorflow as tf, numpy as np, matplotlib.pyplot as plt, keras, os, sys\nkeras.utils.set_random_seed(1)",
         "model = keras.Sequential([keras.layers.Dense(2)])\nmodel.compile('sgd', 'mse')\n"
         "print(len(model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0).history['loss']))",
         "plt.plot([1, 2]);"]


def notebook(cells):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


@pytest.mark.keras
def test_tensorflow_runs_in_a_fork():
    with Zygote(["tensorflow"]) as zygote, zygote.kernel(Limits(), None, {}) as kernel:
        assert run(kernel, *CELLS[:2])[1] == "1"


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    """Jupyter's folder for sockets: with it goes a shared process of these tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield provisioner._folder()
        for lock in provisioner._folder().glob("warm-*.lock"):
            stop_staying(str(lock.with_suffix("")))


@pytest.fixture
def manager(jupyter):
    manager = KernelManager(kernel_name="cnn-warm")
    yield manager
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


class Client:
    """A stock client of a kernel manager's kernel."""

    def __init__(self, manager):
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, source):
        printed = []
        reply = self.client.execute_interactive(
            source, timeout=60, output_hook=lambda message: printed.append(message["content"].get("text", "")))
        return reply["content"].get("ename") or "".join(printed).strip()

    def close(self):
        self.client.stop_channels()


WARM = "import sys; print('cnnlib' in sys.modules and 'tensorflow' in sys.modules)"


@pytest.mark.keras
def test_stock_nbclient_runs_a_tensorflow_notebook_in_a_warm_kernel(jupyter):
    cells = notebook([WARM, *CELLS])
    NotebookClient(cells, kernel_name="cnn-warm", timeout=120).execute()
    assert cells.cells[0].outputs[0].text == "True\n" and cells.cells[2].outputs[0].text == "1\n"
    assert [output.output_type for output in cells.cells[3].outputs] == ["display_data"]


@pytest.mark.keras
def test_a_warm_kernel_can_be_interrupted_restarted_and_shut_down(manager, tmp_path):
    manager.start_kernel(cwd=str(tmp_path), env={**os.environ, "NUMBER": "7"})
    client = Client(manager)
    assert client.run(WARM) == "True"
    assert client.run("import os; x = 1; print(os.getcwd(), os.environ['NUMBER'])") == f"{tmp_path} 7"
    first = manager.provisioner.pid
    message = client.client.execute("print('looping', flush=True)\nwhile True: pass")
    while client.client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    manager.interrupt_kernel()
    while (reply := client.client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != message:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    client.client.execute("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
    manager.restart_kernel(now=True)
    client.client.wait_for_ready(timeout=60)
    assert has_ended(first)
    assert client.run("x") == "NameError" and client.run(WARM) == "True"
    client.run("import subprocess; subprocess.Popen(['sleep', '1234'])")
    second = manager.provisioner.pid
    started = processes.descendants(second)
    assert len(started) == 1
    manager.shutdown_kernel(now=True)
    client.close()
    assert not manager.is_alive() and has_ended(second)
    wait_until(lambda: has_ended(started[0]))  # it was killed as well, and somebody has to bury it


@pytest.mark.keras
def test_a_kernel_that_is_asked_to_end_runs_its_last_functions(manager, tmp_path):
    manager.start_kernel(cwd=str(tmp_path))
    client = Client(manager)
    client.run("import atexit, pathlib; atexit.register(pathlib.Path('ended').touch)")
    manager.shutdown_kernel()
    client.close()
    assert (tmp_path / "ended").exists()


@pytest.mark.keras
def test_warm_kernels_have_new_random_numbers_each(jupyter):
    made = [notebook(["import random, numpy; print(random.random(), numpy.random.rand())"]) for _ in range(2)]
    for cells in made:
        NotebookClient(cells, kernel_name="cnn-warm").execute()
    assert made[0].cells[0].outputs[0].text != made[1].cells[0].outputs[0].text


@pytest.mark.keras
def test_nbval_compares_a_notebook_in_a_warm_kernel(jupyter, tmp_path):
    cells = notebook(["1 + 1", WARM])
    cells.cells[0].execution_count = cells.cells[1].execution_count = 1
    cells.cells[0].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=1)]
    cells.cells[1].outputs = [nbformat.v4.new_output("stream", text="True\n")]
    nbformat.write(cells, tmp_path / "two.ipynb")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-kernel-name",
                           "cnn-warm", "two.ipynb"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "2 passed" in done.stdout, done.stdout


def test_another_setting_or_package_makes_another_shared_process(monkeypatch):
    environment = {"TF_NUM_INTRAOP_THREADS": "1", "EDITOR": "vi"}
    key = provisioner._key(("numpy",), environment)
    assert key == provisioner._key(("numpy",), {**environment, "EDITOR": "ed"})
    assert key != provisioner._key(("numpy",), {**environment, "TF_NUM_INTRAOP_THREADS": "2"})
    assert key != provisioner._key(("numpy", "scipy"), environment)


def test_the_shared_process_ends_when_nobody_needs_it(tmp_path):
    address = str(tmp_path / "shared")
    start_staying(address, [], 3, dict(os.environ))
    with Zygote.connect(address).notebook(["--version"], str(tmp_path), dict(os.environ), (1, 2)) as forked:
        assert forked.exit_status(30) == 0
    wait_until(lambda: not os.path.exists(address))


def test_where_no_process_can_be_shared_an_ordinary_kernel_starts(tmp_path, monkeypatch):
    def fails(*_):
        raise ZygoteError("not today")

    monkeypatch.setattr(provisioner, "_shared_zygote", fails)
    cells = notebook(["import sys; print('cnnlib' in sys.modules)"])
    NotebookClient(cells, kernel_name="cnn-warm").execute()
    assert cells.cells[0].outputs[0].text == "False\n"


def test_the_kernelspec_in_the_environment_is_the_projects(project):
    installed = Path(sys.prefix, "share/jupyter/kernels/cnn-warm/kernel.json")
    assert json.loads(installed.read_text()) == json.loads((project / "jupyter/kernels/cnn-warm/kernel.json").read_text())
