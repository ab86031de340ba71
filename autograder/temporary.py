"""Where a process of ours keeps what is temporary: one folder, gone when the process ends.

A process that is killed removes nothing. So it holds a lock on its folder for as long as it lives, and a later one removes
the folders that nobody holds.
"""

import contextlib
import functools
import glob
import multiprocessing.util
import os
import shutil
import tempfile

try:
    import fcntl
except ImportError:  # Windows, where nothing is graded
    fcntl = None

_NAME = "cnn-run-"
_LAST = -1000  # when the standard library has removed what it has put there
_LONGEST = 60  # characters of the place: sockets stand in the folder, and their paths may have 103 to 107


def own_folder() -> str:
    """This process's folder, for this user alone; its path is short."""
    place = tempfile.gettempdir()
    return _own_folder(place if len(os.fsencode(place)) < _LONGEST else "/tmp", os.getpid())


def keep_sockets_of_processes() -> None:
    """Have the sockets of the standard library's processes there too: it asks once where temporary files go."""
    before, tempfile.tempdir = tempfile.tempdir, own_folder()
    try:
        multiprocessing.util.get_temp_dir()
    finally:
        tempfile.tempdir = before


@functools.cache
def _own_folder(place: str, pid: int) -> str:
    for folder in glob.glob(os.path.join(glob.escape(place), f"{_NAME}*")):
        with contextlib.suppress(OSError):
            if os.lstat(folder).st_uid == os.geteuid():
                lock = _lock(folder)  # OSError where somebody holds it
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)
    new = tempfile.mkdtemp(prefix=f"new-{_NAME}", dir=place)
    with contextlib.suppress(OSError):  # a file system that has no locks
        _lock(new)
    folder = os.path.join(place, os.path.basename(new).removeprefix("new-"))
    os.rename(new, folder)  # only now do others take it for one
    multiprocessing.util.Finalize(None, shutil.rmtree, [folder, True], exitpriority=_LAST)  # not in a fork of this process
    return folder


def _lock(folder: str) -> int:
    """Hold a folder until the file that is returned is closed. OSError when another process holds it."""
    file = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(file)
        raise
    return file

