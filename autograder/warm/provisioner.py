"""Notebooks on one's own computer with TensorFlow ready at once: a kernel provisioner for jupyter_client.

The kernel "Python 3 (warm)" names it in its kernelspec, so JupyterLab, nbclient, nbconvert and nbval all start such kernels
without knowing. They are forks of one process per user and Python, which starts when the first is wanted, and ends when
none has been wanted for a while. There is no sandbox: it is the user's own code. Where it cannot be done (Windows; another
Python; the process does not start), an ordinary kernel starts instead.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import signal
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import Float, List, Unicode

_LONGEST_FOLDER = 70  # characters: the path of a socket may have little more than 100
# What these variables say is read when libraries are imported: another value, another process
_READ_BY_IMPORTS = ("CUDA", "DYLD_", "KERAS_", "LD_", "MKL_", "MPL", "OMP_", "OPENBLAS_", "PYTHON", "TF_", "XLA_")
_LAUNCHER = "ipykernel_launcher"


class WarmProvisioner(LocalProvisioner):
    """Starts kernels as forks of a process that has imported `preload`."""

    preload = List(Unicode(), help="Modules that kernels have imported when they start.").tag(config=True)
    idle_seconds = Float(1200, help="Seconds without a kernel after which the process that they are forks of ends.").tag(
        config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        """Fork a kernel, or start an ordinary one where that cannot be done."""
        process = None
        if sys.platform != "win32" and _LAUNCHER in cmd and _is_this_python(cmd[0]):
            process = await asyncio.to_thread(self._fork, cmd, kwargs)
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid = process, process.pid, process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel. A fork is gone when this returns."""
        if isinstance(self.process, _ForkedProcess):
            await asyncio.to_thread(self.process.kill)
        else:
            await super().kill(restart)

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while isinstance(self.process, _ForkedProcess) and self.process.poll() is None:
            await asyncio.sleep(0.01)
        return await super().wait()

    def _fork(self, cmd: list[str], kwargs: dict) -> "_ForkedProcess | None":
        from autograder.warm.client import ZygoteError

        environment = dict(kwargs.get("env") or os.environ)
        argv = cmd[cmd.index(_LAUNCHER) + 1:]
        for _attempt in range(2):  # the process may be ending, after its idle time, just as it is asked
            try:
                forked = _shared_zygote(tuple(self.preload), self.idle_seconds, environment).notebook(
                    argv, str(kwargs.get("cwd") or os.getcwd()), environment, (1, 2))
                return _ForkedProcess(forked)
            except (ZygoteError, OSError) as fault:
                self.log.warning("No warm kernel: %s", fault)
        return None


class _ForkedProcess:
    """A forked kernel, with the part of subprocess.Popen's interface that LocalProvisioner uses."""

    stdin = stdout = stderr = None

    def __init__(self, forked):
        self._forked = forked
        self.pid = forked.pid

    def poll(self) -> int | None:
        return self._forked.exit_status()

    def wait(self) -> int | None:
        while (status := self._forked.exit_status(60)) is None:
            pass
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._forked.kill()


def _is_this_python(program: str) -> bool:
    return os.path.dirname(os.path.abspath(program)) == os.path.dirname(os.path.abspath(sys.executable))


def _shared_zygote(preload: tuple[str, ...], idle: float, environment: dict[str, str]):
    """This user's process for these modules and settings; it is started if it does not run."""
    import fcntl

    from autograder.warm.client import Zygote, ZygoteError, start_staying

    address = str(_folder() / f"warm-{_key(preload, environment)}")
    with open(f"{address}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return Zygote.connect(address)
        except ZygoteError:
            start_staying(address, preload, idle, environment)
            return Zygote.connect(address)


def _folder() -> Path:
    """A folder of this user's for sockets."""
    folder = Path(jupyter_runtime_dir())
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        folder = Path(tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp") / f"cnn-warm-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user")
    return folder


def _key(preload: tuple[str, ...], environment: dict[str, str]) -> str:
    """Changes whenever the imports would give something else: another Python, another setting, a package installed."""
    installed = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    folders = [Path(__file__).parent, *map(Path, importlib.util.find_spec("cnnlib").submodule_search_locations)]
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    parts = [sys.executable, sys.version, *preload, *(str(path.stat().st_mtime_ns) for path in (*installed, *sorted(sources)))]
    parts += [f"{name}={value}" for name, value in sorted(environment.items()) if name.startswith(_READ_BY_IMPORTS)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
