"""nbgrader's part of grading: clean a submission, record what its cells gave, read the marks back, write feedback.

All of it goes through nbgrader's own converters and preprocessors, so that the gradebook is the one that
`nbgrader autograde`, Formgrader and `nbgrader export` know. One process writes: the one that calls `grade`.
"""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import compute_checksum
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.course import Course, CourseError, Unit
from autograder.execute import question_of

QUIET = logging.getLogger("autograder.quiet")  # nbgrader warns of every cell whose hidden tests it puts back
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
QUIET.setLevel(logging.CRITICAL)

NAME = "exercise"  # nbgrader's name for the notebook: its file without the ending


@dataclass(frozen=True)
class Mark:
    """The points of one test cell."""

    question: str
    cell: str
    score: float
    max_score: float


def nbgrader_settings(course: Course) -> Config:
    """The course's nbgrader_config.py, as nbgrader itself reads it."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()


def register(unit: Unit) -> None:
    """Tell the gradebook about the unit as its source is now, and write release/: `nbgrader generate_assignment`."""
    if not unit.source.is_file():
        raise CourseError(f"{unit.source} is missing: run `autograder build` first.")
    with _converter(GenerateAssignment, unit, student=".") as converter:
        converter.start()


def sanitise(unit: Unit, student: str, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A submitted notebook as nbgrader cleans it: no outputs, locked cells as in the source."""
    resources = {"nbgrader": {"student": student, "assignment": unit.slug, "notebook": NAME, "db_url": _url(unit.course)}}
    settings = nbgrader_settings(unit.course)
    for step in Autograde(config=settings).sanitize_preprocessors:
        notebook, resources = step(config=settings, log=QUIET).preprocess(notebook, resources)
    return notebook


def record(unit: Unit, student: str, executed: nbformat.NotebookNode) -> None:
    """Let nbgrader autograde a submission with the outputs of `executed` in place of running it."""
    def attach(notebook, resources):  # a test cell without its output would count as passed: so none may be missed
        if [cell.source for cell in notebook.cells] != [cell.source for cell in executed.cells]:
            raise CourseError("the executed notebook is not the one that was submitted")
        for cell, ran in zip(notebook.cells, executed.cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        return notebook, resources

    with _converter(Autograde, unit, student) as converter:
        converter.autograde_preprocessors = [
            attach if step is Execute else step for step in converter.autograde_preprocessors]
        converter.start()


def record_unreadable(unit: Unit, student: str) -> None:
    """Give a submission that could not be read 0 points on every question, and drop what was graded before it."""
    with _open_gradebook(unit.course) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(unit.slug, student)
        for grade in gradebook.find_submission_notebook(NAME, unit.slug, student).grades:
            grade.auto_score, grade.needs_manual_grade = 0, False
        gradebook.db.commit()


def marks(unit: Unit, student: str) -> list[Mark]:
    """What the gradebook says of each test cell of a student's submission, in the order of the notebook."""
    with _open_gradebook(unit.course) as gradebook:
        try:
            grades = gradebook.find_submission_notebook(NAME, unit.slug, student).grades
        except MissingEntry:
            raise CourseError(f"{student} has no marks for {unit.slug}: run `autograder grade {unit.slug}`.") from None
        found = {grade.name: (grade.score, grade.max_score) for grade in grades}
    order = [cell for cell in nbformat.read(unit.source, as_version=4).cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return [Mark(question_of(cell), cell.metadata.nbgrader.grade_id, *found[cell.metadata.nbgrader.grade_id])
            for cell in order]


def is_blank(cell: nbformat.NotebookNode) -> bool:
    """Is a solution cell still as it was released?"""
    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)


def feedback(unit: Unit, student: str) -> Path:
    """Write a graded submission's feedback as HTML and return its path: `nbgrader generate_feedback`."""
    with _converter(GenerateFeedback, unit, student) as converter:
        converter.start()
    return unit.feedback(student)


def graded_students(unit: Unit) -> list[str]:
    """Who has a graded notebook of this unit."""
    return sorted(p.parent.parent.name for p in unit.course.root.glob(f"autograded/*/{unit.slug}/{NAME}.ipynb"))


@contextlib.contextmanager
def _open_gradebook(course: Course) -> Iterator[Gradebook]:
    settings = nbgrader_settings(course)
    directory = CourseDirectory(config=settings)
    with _nbgrader_at_work(), Gradebook(_url(course), directory.course_id) as gradebook:
        yield gradebook


@contextlib.contextmanager
def _nbgrader_at_work() -> Iterator[None]:
    """What nbgrader needs around it: `alembic` on the path to make a new gradebook, and its harmless warnings unsaid."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([folder, os.environ.get("PATH", "")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # on the order in which it adds rows
        yield


@contextlib.contextmanager
def _converter(kind: type, unit: Unit, student: str) -> Iterator:
    """One of nbgrader's converters for one submission; what it logs is kept for the error that it may end in."""
    settings = nbgrader_settings(unit.course)
    directory = CourseDirectory(config=settings)
    directory.assignment_id, directory.student_id, directory.root = unit.slug, student, str(unit.course.root)
    converter = kind(coursedir=directory, config=settings)
    converter.force = True
    lines: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda line: lines.append(line.getMessage())
    log = logging.getLogger(f"autograder.{kind.__name__}")
    log.handlers, log.propagate, converter.log = [handler], False, log
    log.setLevel(logging.ERROR)
    try:
        with _nbgrader_at_work():
            yield converter
    except Exception as fault:
        said = next((line.strip().splitlines()[-1] for line in lines if line.startswith("Traceback")), "")
        whom = "" if student == "." else f" for {student}"
        raise CourseError(f"nbgrader could not do its part of {unit.slug}{whom}: {said or fault}") from fault


def _url(course: Course) -> str:
    directory = CourseDirectory(config=nbgrader_settings(course))
    directory.root = str(course.root)
    return directory.db_url
