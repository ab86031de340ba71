"""A job that the tests of the schedule give to worker processes: it must be importable there, and quickly."""

import os
import signal
from pathlib import Path


def work(common: str, job: dict) -> str | int:
    """Do what a job's fields say: `die` kills the process (while that file is there), `fail` raises, `who` is answered."""
    if "die" in job and (job["die"] is True or took(job["die"])):
        os.kill(os.getpid(), signal.SIGKILL)
    if "fail" in job:
        raise LookupError(job["fail"])
    if "endless" in job:
        signal.pause()
    if "who" in job:
        return os.getpid()
    return common + job["name"] + str(len(job.get("load", b"")) or "")


def took(file) -> bool:
    """Was the file there, and is it now gone? Of several processes that ask, one is told yes."""
    try:
        Path(file).unlink()
    except FileNotFoundError:
        return False
    return True


class Unreadable(dict):
    """A job that can be sent, and not be read where it arrives."""

    def __reduce__(self):
        return _fail, ()


def _fail():
    raise ImportError("no such module here")
