"""Grading a unit: clean each submission, run it in parallel, record the marks one by one, and say what happened.

What goes wrong with one submission is that submission's named failure, never the class's.
"""

import concurrent.futures
import json
import multiprocessing
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from autograder import gradebook
from autograder.course import NOTEBOOK, CourseError, Unit
from autograder.execute import DEFAULT_LIMITS, Limits, execute

MESSAGE = 300  # characters of a message that are kept


@dataclass(frozen=True)
class QuestionResult:
    """One question of one student. status: passed, partial, failed, blank or crashed; message: what went wrong first."""

    score: float
    max_score: float
    status: str
    message: str


@dataclass(frozen=True)
class StudentResult:
    """One student. status: graded, or what kept the submission from being graded, said in a sentence."""

    score: float
    max_score: float
    status: str
    questions: dict[str, QuestionResult]

    @property
    def graded(self) -> bool:
        return self.status == "graded"


def grade(unit: Unit, students: list[str], jobs: int = 1, limits: Limits = DEFAULT_LIMITS,
          done: Callable[[str, StudentResult], None] = lambda student, result: None) -> dict[str, StudentResult]:
    """Grade the submissions of `students` and return the results by student, in the given order.

    jobs : how many notebooks run at once, each in a process of its own. done : called after each student.
    """
    gradebook.register(unit)
    results: dict[str, StudentResult] = {}
    for student, outcome in _executed(unit, students, jobs, limits):
        try:
            if isinstance(outcome, Exception):
                raise outcome
            notebook = nbformat.reads(outcome, as_version=4)
            gradebook.record(unit, student, notebook)
            results[student] = _result(unit, student, notebook)
        except CourseError as fault:
            gradebook.record_unreadable(unit, student)
            results[student] = _failure(unit, student, str(fault))
        done(student, results[student])
    return {student: results[student] for student in students}


def read_submission(unit: Unit, student: str) -> nbformat.NotebookNode:
    """A submitted notebook; CourseError says in a sentence what is wrong with the file."""
    path = unit.submission(student)
    if not path.is_file():
        raise CourseError(f"there is no {NOTEBOOK} in submitted/{student}/{unit.slug}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:  # not JSON, or not UTF-8
        raise CourseError(f"{NOTEBOOK} is not a notebook: {_one_line(str(fault))}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what it mends: missing and repeated cell ids
            _, data = nbformat.validator.normalize(data)
        notebook = nbformat.reads(json.dumps(data), as_version=4)
        nbformat.validate(notebook)
    except Exception as fault:  # nbformat raises many kinds for the many ways to be malformed
        raise CourseError(f"{NOTEBOOK} is JSON, but not a valid notebook: {_one_line(str(fault))}") from None
    ids = [cell.metadata.nbgrader.get("grade_id") for cell in notebook.cells if "nbgrader" in cell.metadata]
    twice = sorted({name for name in ids if name and ids.count(name) > 1})
    if twice:
        raise CourseError(f"{NOTEBOOK} holds the cell {' and the cell '.join(twice)} more than once: delete the copy")
    return notebook


def write_json(unit: Unit, results: dict[str, StudentResult], path: Path) -> None:
    """Write all marks and messages to a JSON file, whole or not at all."""
    text = json.dumps({"unit": unit.slug, "students": {s: asdict(r) for s, r in results.items()}}, indent=2)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as new:
        new.write(text + "\n")
    os.chmod(new.name, 0o644)
    os.replace(new.name, path)


def _executed(unit: Unit, students: list[str], jobs: int, limits: Limits) -> Iterator[tuple[str, str | Exception]]:
    """Each student with the executed notebook's text, or with what kept it from being executed, as they finish."""
    waiting: dict[Future, str] = {}
    queue = iter(students)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=min(jobs, len(students)), mp_context=context) as workers:
        while True:
            while len(waiting) < 2 * jobs:  # a few ahead, so that a class of thousands is not held in memory
                student = next(queue, None)
                if student is None:
                    break
                try:
                    notebook = gradebook.sanitise(unit, student, read_submission(unit, student))
                    beside = _files_beside(unit.submission(student))
                    waiting[workers.submit(execute, nbformat.writes(notebook), beside, limits)] = student
                except CourseError as fault:
                    yield student, fault
                except Exception as fault:  # a cell that nbgrader cannot make sense of
                    yield student, CourseError(f"{NOTEBOOK} could not be prepared: {_one_line(repr(fault))}")
            if not waiting:
                return
            for future in concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED).done:
                student = waiting.pop(future)
                try:
                    yield student, future.result()
                except BrokenProcessPool:
                    raise CourseError("a worker process was killed: is there enough memory? Grade again, "
                                      "with a smaller -j.") from None
                except Exception as fault:
                    yield student, CourseError(f"{NOTEBOOK} could not be run: {_one_line(repr(fault))}")


def _files_beside(submission: Path) -> dict[str, bytes]:
    """The other files that were handed in, such as images that the notebook reads; links are not followed."""
    return {path.relative_to(submission.parent).as_posix(): path.read_bytes()
            for path in sorted(submission.parent.rglob("*"))
            if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"}


def _result(unit: Unit, student: str, notebook: nbformat.NotebookNode) -> StudentResult:
    marks = gradebook.marks(unit, student)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    questions = {}
    for question in dict.fromkeys(mark.question for mark in marks):
        own = [mark for mark in marks if mark.question == question]
        score, most = sum(mark.score for mark in own), sum(mark.max_score for mark in own)
        errors = _errors(cells.get(question)) + [
            error for mark in own if mark.score < mark.max_score for error in _errors(cells[mark.cell])]
        wrong = not errors or errors[0].ename in ("AssertionError", "CheckFailed")
        if errors:
            message = _one_line(errors[0].evalue if wrong else f"{errors[0].ename}: {errors[0].evalue}")
        else:
            message = "a test cell wrote to stderr, which nbgrader counts as an error"
        if score == most:
            status, message = "passed", ""
        elif question in cells and gradebook.is_blank(cells[question]):
            status, message = "blank", "not answered"
        else:
            status = "partial" if score > 0 else "failed" if wrong else "crashed"
        questions[question] = QuestionResult(score, most, status, message)
    return StudentResult(sum(q.score for q in questions.values()), sum(q.max_score for q in questions.values()),
                         "graded", questions)


def _errors(cell: nbformat.NotebookNode | None) -> list[nbformat.NotebookNode]:
    return [output for output in (cell or {}).get("outputs", []) if output.output_type == "error"]


def _failure(unit: Unit, student: str, why: str) -> StudentResult:
    """The result of a submission that could not be graded: 0 on every question."""
    questions: dict[str, QuestionResult] = {}
    for mark in gradebook.marks(unit, student):
        most = questions[mark.question].max_score if mark.question in questions else 0
        questions[mark.question] = QuestionResult(0.0, most + mark.max_score, "failed", why)
    return StudentResult(0.0, sum(q.max_score for q in questions.values()), why, questions)


def _one_line(text: str) -> str:
    """A text from a student's process as one printable line, without terminal escapes."""
    text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= MESSAGE else text[:MESSAGE - 1] + "…"
