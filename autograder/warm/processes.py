"""Which processes a process has started, and what they use: read from Linux's /proc, as seen from here.

Where there is no /proc (macOS), psutil answers, more slowly.
"""

import os
import sys
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_KIB = 1024
_OPEN, _BUFFER = 48, 208 * _KIB  # files that every process may have open; what a socket beyond them may hold in the system


@dataclass(frozen=True)
class Usage:
    """What a process and all that it started use. cpu: seconds so far; memory: bytes beyond what a fresh fork has."""

    cpu: float
    memory: int
    processes: int


def children(pid: int) -> list[int]:
    """The processes that are children of `pid` now; none where it is gone."""
    if sys.platform != "linux":
        import psutil

        try:
            return [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return []
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    except OSError:  # it ended meanwhile
        pass
    return found


def descendants(pid: int) -> list[int]:
    """The children of `pid`, their children, and so on."""
    found = children(pid)
    for process in found:  # grows while it is walked
        found += children(process)
    return found


def usage(pid: int, fresh: int, exact_above: int | None = None) -> Usage:
    """What `pid` and its descendants use.

    Parameters
    ----------
    fresh : bytes of memory that a fresh fork has
    exact_above : where several processes seem to use more than this many bytes, memory that they share is counted once;
        that takes milliseconds, so it is not done always
    """
    tree = [pid, *descendants(pid)]
    if sys.platform != "linux":
        return _usage_by_psutil(tree, fresh)
    beyond = sum(max(0, _memory(process) - fresh) for process in tree)
    if exact_above is not None and beyond > exact_above and len(tree) > 1:
        beyond = max(0, sum(_share(process) or _memory(process) for process in tree) - fresh)
    return Usage(sum(map(_cpu, tree)), beyond + sum(map(_buffers, tree)), len(tree))


def _memory(pid: int) -> int:
    """What a process has written to in memory, in bytes; 0 where it is gone."""
    return _sum(f"/proc/{pid}/status", ("RssAnon", "RssShmem"))


def _buffers(pid: int) -> int:
    """What the sockets and pipes of a process may hold at most, where it has many: the system counts that nowhere."""
    try:
        return max(0, len(os.listdir(f"/proc/{pid}/fd")) - _OPEN) * _BUFFER
    except OSError:  # it is gone, or a stranger's
        return 0


def _share(pid: int) -> int:
    """The same, with a page that n processes share counted as 1/n; 0 where that cannot be read."""
    return _sum(f"/proc/{pid}/smaps_rollup", ("Pss_Anon", "Pss_Shmem"))


def _sum(path: str, fields: tuple[str, ...]) -> int:
    try:
        lines = _read(path).decode("ascii", "replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * _KIB for line in lines if line.partition(":")[0] in fields)


def _cpu(pid: int) -> float:
    """Seconds that a process and those of its children that it has waited for have computed."""
    try:
        after_name = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()  # the name may hold anything
    except OSError:
        return 0.0
    return sum(map(int, after_name[11:15])) / _TICKS  # utime, stime, and the same of its children


def _read(path: str) -> bytes:
    """What a file of /proc holds; open() takes five times as long, and this is asked after every cell."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(file, 65_536), b""))
    finally:
        os.close(file)


def _usage_by_psutil(tree: list[int], fresh: int) -> Usage:
    import psutil

    cpu, beyond = 0.0, 0
    for pid in tree:
        try:
            process = psutil.Process(pid)
            times = process.cpu_times()
            cpu += times.user + times.system
            beyond += max(0, process.memory_info().rss - fresh)
        except psutil.Error:
            pass
    return Usage(cpu, beyond, len(tree))
