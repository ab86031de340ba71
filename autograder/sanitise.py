"""Cleaning a submission as `nbgrader autograde` does, without its database: in any process, on any machine.

A `Sanitiser` answers from memory what nbgrader's own preprocessors ask a gradebook about the source. What would stop them,
repair.py has mended before.
"""

import contextlib
import copy
import pickle
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import CheckCellMetadata, SaveCells
from traitlets.config import Config

from autograder.cells import settings_of
from autograder.course import NOTEBOOK, CourseError, Unit
from autograder.nbgrader_parts import class_of, first_line, given_to, made, nbgrader_settings, through


def is_blank(cell: NotebookNode) -> bool:
    """Is a solution cell still as it was released?"""
    return settings_of(cell).get("checksum") == utils.compute_checksum(cell)


class Sanitiser:
    """Cleans submissions of one unit as `nbgrader autograde` does, without a database or files. Can be pickled.

    source : the notebook in source/UNIT/. settings : nbgrader's settings (`nbgrader_settings(course)`). folder : where the
    source's AUTOTEST lines find autotests.yml, for a source that has some.

    `prepared` is the source as nbgrader keeps it: without its solutions, with its whole tests and their checksums;
    `released` is that without its hidden tests, as students get it; `stored` is what nbgrader stores of it in a gradebook.
    """

    def __init__(self, source: NotebookNode, settings: Config, folder: Path = Path(".")):
        steps = [made(step, settings) for step in GenerateAssignment(config=settings).preprocessors]
        saving = next(i for i, step in enumerate(steps) if isinstance(step, SaveCells))
        self.stored = _StoredCells()
        with given_to(self.stored, steps):
            self.prepared = through(steps[:saving + 1], copy.deepcopy(source), folder=str(folder))
            self.released = through(steps[saving + 1:], copy.deepcopy(self.prepared), folder=str(folder))
        self._kinds = [kind for kind in map(class_of, Autograde(config=settings).sanitize_preprocessors)
                       if kind is not CheckCellMetadata]  # the metadata are the source's own
        self._settings = Config({base.__name__: settings[base.__name__] for kind in self._kinds
                                 for base in getattr(kind, "__mro__", ()) if base.__name__ in settings})
        self._steps = [made(kind, self._settings) for kind in self._kinds]

    def __getstate__(self) -> dict:
        state = {name: value for name, value in vars(self).items() if name != "_steps"}
        try:
            pickle.dumps(state)
        except (pickle.PicklingError, AttributeError, TypeError) as fault:
            raise CourseError("nbgrader_config.py defines itself what cleans a submission: put that into a module, so that "
                              f"other processes find it ({first_line(fault)})") from None
        return state

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._steps = [made(kind, self._settings) for kind in self._kinds]

    def sanitise(self, submission: NotebookNode) -> NotebookNode:
        """A repaired notebook without outputs, with the hidden tests in its locked cells. The submission is not changed.

        CourseError when one of nbgrader's steps, or of the course's own, stumbles over it.
        """
        try:
            with given_to(self.stored, self._steps):
                return through(self._steps, copy.deepcopy(submission))
        except Exception as fault:  # they may stumble over anything that a student wrote
            raise CourseError(f"{NOTEBOOK} could not be prepared: {first_line(fault)}") from fault


def sanitiser(unit: Unit) -> Sanitiser:
    """The unit's Sanitiser, made from its source notebook and the course's settings; CourseError when there is no source."""
    if not unit.source.is_file():
        raise CourseError(f"{unit.source} is missing: run `autograder build` first.")
    with contextlib.chdir(unit.course.root):  # where nbgrader looks for the files that its settings name
        return Sanitiser(nbformat.read(unit.source, as_version=4), nbgrader_settings(unit.course), unit.source.parent)


class _StoredCells:
    """What SaveCells stores about a notebook, kept in memory: nbgrader's steps ask it instead of a gradebook."""

    def __init__(self):
        self.kernelspec: str | None = None
        self.source, self.grade, self.solution, self.task = {}, {}, {}, {}
        self.is_stored = False

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.is_stored = True

    def add_notebook(self, name, assignment, *, kernelspec, **_):
        self.kernelspec = kernelspec

    def update_or_create_source_cell(self, name, notebook, assignment, **info):
        self.source[name] = SimpleNamespace(name=name, **info)

    def update_or_create_grade_cell(self, name, notebook, assignment, **info):
        self.grade[name] = SimpleNamespace(name=name, **info)

    def update_or_create_solution_cell(self, name, notebook, assignment, **info):
        self.solution[name] = SimpleNamespace(name=name)

    def update_or_create_task_cell(self, name, notebook, assignment, **info):
        self.task[name] = SimpleNamespace(name=name, **info)

    def find_notebook(self, name, assignment):
        if not self.is_stored:
            raise MissingEntry(name)
        return SimpleNamespace(kernelspec=self.kernelspec, source_cells=list(self.source.values()),
                               grade_cells=list(self.grade.values()), solution_cells=list(self.solution.values()),
                               task_cells=list(self.task.values()))

    def find_source_cell(self, name, notebook, assignment):
        return self._find(name, self.source)

    def find_graded_cell(self, name, notebook, assignment):
        return self._find(name, self.grade | self.task)

    def find_grade_cell(self, name, notebook, assignment):
        return self._find(name, self.grade)

    def find_solution_cell(self, name, notebook, assignment):
        return self._find(name, self.solution)

    def find_task_cell(self, name, notebook, assignment):
        return self._find(name, self.task)

    def _find(self, name, cells):
        if name not in cells:
            raise MissingEntry(name)
        return cells[name]
