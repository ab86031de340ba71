"""nbgrader's parts, and what they need around them: its settings, its steps one by one, and no database of their own.

nbgrader's preprocessors open a gradebook whenever they need it, by a name in their module. `given_to` puts something else
there while they work.
"""

import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from traitlets import import_item
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.course import NOTEBOOK, Course

NAME = NOTEBOOK.removesuffix(".ipynb")  # nbgrader's name for the notebook

QUIET = logging.getLogger("autograder.quiet")  # nbgrader warns of every cell whose hidden tests it puts back
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
QUIET.setLevel(logging.CRITICAL)


def nbgrader_settings(course: Course) -> Config:
    """The course's nbgrader_config.py, as nbgrader itself reads it."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()


_ONE_AT_A_TIME = threading.RLock()


@contextlib.contextmanager
def given_to(gradebook, parts: list) -> Iterator[None]:
    """Where these parts of nbgrader (or classes derived from them) would open the gradebook, they get `gradebook`."""
    kinds = {base for part in parts for base in (part if isinstance(part, type) else type(part)).__mro__}
    with _ONE_AT_A_TIME:
        modules = [module for module in {sys.modules[kind.__module__] for kind in kinds}
                   if getattr(module, "Gradebook", None) is Gradebook and not module.__name__.startswith("autograder.")]
        try:
            for module in modules:
                module.Gradebook = lambda *_, **__: gradebook
            yield
        finally:
            for module in modules:
                module.Gradebook = Gradebook


def class_of(step) -> object:
    """A preprocessor as it stands in a list of nbgrader's settings: a class, its dotted name, or any function."""
    return import_item(step) if isinstance(step, str) else step


def made(step, settings: Config) -> Callable:
    """The step itself, made with the course's settings."""
    kind = class_of(step)
    return kind(config=settings, log=QUIET) if isinstance(kind, type) else kind


def through(steps: list[Callable], notebook: NotebookNode, assignment: str = "unit", student: str = ".", url: str = "",
            folder: str = ".") -> NotebookNode:
    """A notebook after some of nbgrader's steps."""
    resources = {"unique_key": NAME, "output_files_dir": f"{NAME}_files", "metadata": {"path": folder, "name": NAME},
                 "nbgrader": {"student": student, "assignment": assignment, "notebook": NAME, "db_url": url}}
    for step in steps:
        notebook, resources = step(notebook, resources)
    return notebook


def first_line(fault: BaseException) -> str:
    """The kind of an exception, and the first line of what it says."""
    text = str(fault).strip()
    return f"{type(fault).__name__}: {text.splitlines()[0]}" if text else type(fault).__name__
