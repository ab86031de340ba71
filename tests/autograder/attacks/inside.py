"""Runs a grader's commands on a world, as a process of its own that may be confined, and says in report.json how that ended.

python inside.py WORLD SECONDS PLACES COMMANDS: PLACES are patterns of files that attacks leave elsewhere, COMMANDS command
lines, both JSON lists. It needs nothing of the project.
"""

import contextlib
import glob
import json
import os
import resource
import signal
import subprocess
import sys
import time

VICTIM = "2000000"  # seconds that a process of the one who grades sleeps; it holds a password in its environment
LOOK = 0.2  # seconds between two looks at how large a grader is
MEMORY = 6 * 2**30  # bytes of addresses that each process of a grader may have: this machine is not to suffer


def sleepers() -> list[str]:
    """For how many seconds the processes sleep that are still there."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        with contextlib.suppress(OSError), open(path) as file:
            name, _, rest = file.read().partition("\0")
            if name == "sleep":
                found.append(rest.rstrip("\0"))
    return found


def high_water(process: int) -> float:
    """MiB that a process has had at most, without the processes that it started."""
    with contextlib.suppress(OSError), open(f"/proc/{process}/status") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0.0)
    return 0.0


def main() -> None:
    world, seconds, places, commands = sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
    began, ended, status, own = time.monotonic(), "", [], 0.0
    victim = subprocess.Popen(["sleep", VICTIM])
    with open(os.path.join(world, "log.txt"), "wb") as log:
        for command in commands:
            process = subprocess.Popen(
                command, cwd=os.path.join(world, "course"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)))
            while process.poll() is None and time.monotonic() < began + seconds:
                own = max(own, high_water(process.pid))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LOOK)
            if process.poll() is None:
                ended = "hangs"
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                break
            status.append(process.returncode)
    left, lives = sleepers(), victim.poll() is None
    victim.kill()
    victim.wait()
    outside = [path for pattern in places for path in glob.glob(pattern)]
    for path in outside:
        os.unlink(path)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    with open(os.path.join(world, "report.json"), "w") as report:
        json.dump({"ended": ended, "status": status, "seconds": time.monotonic() - began, "left": left, "victim_lives": lives,
                   "outside": outside, "peak": peak, "own": own}, report)


if __name__ == "__main__":
    main()
