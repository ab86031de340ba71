"""Cleaning a submission as `nbgrader autograde` does, without its database: in any process, on any machine.

A `Sanitiser` answers from memory what nbgrader's own preprocessors ask a gradebook about the source, and mends what would
stop them.
"""

import contextlib
import copy
import hashlib
import pickle
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.preprocessors import CheckCellMetadata, OverwriteCells, SaveCells
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
    `stored` is what it stores of that in a gradebook.
    """

    def __init__(self, source: NotebookNode, settings: Config, folder: Path = Path(".")):
        steps = [made(step, settings) for step in GenerateAssignment(config=settings).preprocessors]
        saving = next(i for i, step in enumerate(steps) if isinstance(step, SaveCells))
        self.stored = _StoredCells()
        with given_to(self.stored, steps):
            self.prepared = through(steps[:saving + 1], copy.deepcopy(source), folder=str(folder))
        self._metadata = {settings_of(cell)["grade_id"]: settings_of(cell) for cell in self.prepared.cells
                          if settings_of(cell).get("grade_id") in self.stored.source}
        kinds = map(class_of, Autograde(config=settings).sanitize_preprocessors)
        self._kinds = [_PutBack if kind is OverwriteCells else kind for kind in kinds
                       if kind is not CheckCellMetadata]  # the metadata will be the source's own
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
        """A submitted notebook without outputs, locked cells as in the source with their hidden tests, deleted tests put back.

        What was done to nbgrader's own metadata is undone: a copy of a cell becomes an ordinary cell (the last one counts, as
        with nbgrader), and so does a cell of another assignment. The submission itself is not changed. CourseError says
        what cannot be mended.
        """
        notebook = copy.deepcopy(submission)
        self._restore_metadata(notebook)
        try:
            with given_to(self.stored, self._steps):
                return through(self._steps, notebook)
        except Exception as fault:  # nbgrader's steps, or the course's own, may stumble over anything that a student wrote
            raise CourseError(f"{NOTEBOOK} could not be prepared: {first_line(fault)}") from fault

    def _restore_metadata(self, notebook: NotebookNode) -> None:
        seen = set()
        for cell in reversed(notebook.cells):
            given = cell.metadata.pop("nbgrader", None)
            name = given.get("grade_id") if isinstance(given, dict) else None
            if isinstance(name, str) and name in self._metadata and name not in seen:
                seen.add(name)
                cell.metadata["nbgrader"] = copy.deepcopy(self._metadata[name])
                _restore_type(cell, self.stored.source[name].cell_type)


def sanitiser(unit: Unit) -> Sanitiser:
    """The unit's Sanitiser, made from its source notebook and the course's settings; CourseError when there is no source."""
    if not unit.source.is_file():
        raise CourseError(f"{unit.source} is missing: run `autograder build` first.")
    with contextlib.chdir(unit.course.root):  # where nbgrader looks for the files that its settings name
        return Sanitiser(nbformat.read(unit.source, as_version=4), nbgrader_settings(unit.course), unit.source.parent)


def _restore_type(cell: NotebookNode, cell_type: str) -> None:
    """Make a cell code or text again. (nbgrader can that only for notebooks whose cells have ids.)"""
    if cell.cell_type != cell_type:
        cell.cell_type = cell_type
        if cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.pop("attachments", None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)


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


class _PutBack(OverwriteCells):
    """Overwrites cells as nbgrader does, and puts back every deleted test, wherever its neighbours went.

    nbgrader's own way needs the cell before the deleted one, and fails when that was deleted too. Here the test comes after
    what is left before it and the student's own code there; where the answer was deleted as well, only before the next
    cell that is left, so that an answer in a cell of the student's own is found.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.add_missing_cells = True

    def add_missing_grade_cells(self, nb, resources):
        stored = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        points = {cell.name: cell.max_score for cell in stored.grade_cells}
        answers = {cell.name for cell in stored.solution_cells}
        place, answer_is_there = 0, True
        for source in stored.source_cells:
            names = [settings_of(cell).get("grade_id") for cell in nb.cells]
            if source.name in names:
                place, answer_is_there = names.index(source.name) + 1, True
            elif source.name in points:
                while place < len(nb.cells) and not names[place] and (
                        nb.cells[place].cell_type == "code" or not answer_is_there):
                    place += 1
                cell = self.missing_cell_transform(source, points[source.name], is_solution=source.name in answers)
                nb.cells.insert(place, _with_id(cell, nb))
                place, answer_is_there = place + 1, True
            else:
                answer_is_there = False
        return nb, resources

    def add_missing_task_cells(self, nb, resources):
        nb, resources = super().add_missing_task_cells(nb, resources)
        for cell in nb.cells:
            _with_id(cell, nb)
        return nb, resources


def _with_id(cell: NotebookNode, notebook: NotebookNode) -> NotebookNode:
    """The cell with an id, where the notebook's format has them: the same in every run."""
    if "id" not in cell and (notebook.nbformat, notebook.nbformat_minor) >= (4, 5):
        taken = {other.get("id") for other in notebook.cells}
        name = hashlib.sha1(settings_of(cell).get("grade_id", cell.source).encode()).hexdigest()[:8]
        while name in taken:
            name = hashlib.sha1(name.encode()).hexdigest()[:8]
        cell.id = name
    return cell
