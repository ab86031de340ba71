"""IPython's own syntax in tests and locked cells: `%matplotlib inline`, `%timeit f(x)`, `!pip install numpy`.

A cell is made Python as a notebook does it. In the checker's process stands no IPython behind that: what a magic times is
run once, what matters only in a notebook is left out, and anything else is an error that says so.
"""

import ast
import contextlib
import re
import warnings
from collections.abc import Callable

RUN = {"time", "timeit", "capture", "prun"}  # magics that run the code behind them
SHOWN = {"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"}  # what they hold is not code
IGNORED = {"matplotlib", "config", "load_ext", "reload_ext", "autoreload", "pip", "conda", "mamba", "precision", "xmode",
           "colors", "autosave", "pinfo", "pinfo2", "tensorflow_version"}
OPTIONS = re.compile(r"\s*(?:-[nrp]\s*\d+\s+|-[tcqv]+\s+)*")  # of `%timeit`
INSTALLS = re.compile(r"\s*(?:python3? -m )?(?:pip3?|conda|mamba) ")


class OnlyInNotebook(Exception):
    """A cell uses something of IPython's that there is none of here; the text says what, in a sentence."""


class Shell:
    """What a cell gets from get_ipython(). run: runs a text as a cell and returns the value of its last line."""

    def __init__(self, run: Callable[[str], object]):
        self._run = run

    def run_line_magic(self, name: str, line: str, _stack_depth: int = 1) -> object:
        """`%name line`"""
        if name == "time":
            return self._run(line)
        if name in RUN and not line.startswith("-o"):
            self._run(OPTIONS.sub("", line, count=1))
        elif name not in IGNORED:
            raise OnlyInNotebook(f"`%{name}` works only in a notebook")

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """`%%name line` and the cell below it, of those that `as_python` has left."""
        raise OnlyInNotebook(f"`%%{name}` works only in a notebook")

    def system(self, command: str) -> None:
        """`!command`"""
        if not INSTALLS.match(command):  # it is installed, or the import will tell
            raise OnlyInNotebook("a command of the system's works only in a notebook")

    def getoutput(self, command: str, **_: object) -> None:
        """`lines = !command`"""
        raise OnlyInNotebook("a command of the system's works only in a notebook")


def as_python(source: str) -> str:
    """A cell's source without IPython's own syntax; SyntaxError when that cannot be done."""
    with contextlib.suppress(SyntaxError, ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(source)
        return source  # to look for more would take longer than most tests
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import, and loaded where this matters
    magic = re.match(r"\s*%%(\w+)([^\n]*)\n?", source)
    if magic and magic[1] in SHOWN:
        return ""
    if magic and magic[1] in RUN:
        setup = OPTIONS.sub("", magic[2] + "\n", count=1) if magic[1] == "timeit" else ""
        source = setup + source[magic.end():]
    return TransformerManager().transform_cell(source)
