"""What must be in place before TensorFlow is imported: it says nothing idle, and gives the same numbers twice.

TensorFlow's own setting for the first, TF_CPP_MIN_LOG_LEVEL, comes too late for the lines that its libraries
log while they are loaded (process number and time in each: no notebook would ever print the same twice). So the
import itself is watched, and those lines are taken out. Anything else that it prints comes through.
"""

import os
import re
import sys
import tempfile
from contextlib import contextmanager
from importlib.machinery import PathFinder

SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",  # TensorFlow's C++ side reports fatal errors only
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN adds in an order of its own: other last digits on another processor
    "TF_DETERMINISTIC_OPS": "1",  # an operation run twice gives the same bits
    "KERAS_BACKEND": "tensorflow",
}
# "I0000 00:00:1700000000.000000 1234 file.cc:31] ..." and the line that announces such lines
_IDLE = re.compile(rb"^(I\d{4} [\d:.]+ +\d+ \S+:\d+\] .*|WARNING: All log messages before absl::.*)\n?", re.MULTILINE)


def settle():
    """Set the environment, keeping what the user has set, and watch for the import of TensorFlow."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    watched = any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path)
    if not watched and os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3":
        sys.meta_path.insert(0, _TensorFlowFinder())


class _TensorFlowFinder:
    """Finds TensorFlow as Python would, and has it load quietly; leaves every other module alone."""

    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == "tensorflow" else None
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_quietly(module):
            with _without_idle_lines():
                load(module)

        spec.loader.exec_module = load_quietly
        return spec


@contextmanager
def _without_idle_lines():
    """Hold back what is written to the process's standard error, then pass on all but the idle lines."""
    try:
        stderr = os.dup(2)  # the C++ side writes to the file descriptor, not to sys.stderr
    except OSError:  # there is no standard error at all, as under pythonw
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stderr, 2)
            held.seek(0)
            rest = _IDLE.sub(b"", held.read())
            if rest:
                os.write(stderr, rest)
            os.close(stderr)
