"""Submissions whose outcome is given, so that what records it can be tested without running anything."""

import contextlib

import nbformat
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.cells import is_test, question_of, settings_of
from autograder.results import Examined, TestResult
from autograder.sample import fill, solutions


def submit(unit, student, answers=None, notebook=None):
    """Hand in the released exercise with some answers (None: the solutions), or a notebook; returns the notebook."""
    notebook = fill(unit, solutions(unit) if answers is None else answers) if notebook is None else notebook
    path = unit.submission(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook))
    return notebook


def outputs_for(score, max_score):
    """Outputs from which nbgrader tells a score."""
    printed = nbformat.v4.new_output("stream", text="a line that a test printed\n")
    if score == max_score:
        return [printed]
    if score == 0:
        return [printed, nbformat.v4.new_output("error", ename="AssertionError", evalue="wrong", traceback=["wrong"])]
    return [printed, nbformat.v4.new_output("execute_result", data={"text/plain": repr(score)})]


def executed(notebook, scores=None):
    """A copy of a cleaned notebook with outputs: the given score of a test, by cell, or the full one."""
    notebook = nbformat.from_dict(notebook)
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.execution_count = number + 1
        if is_test(cell):
            points = float(settings_of(cell)["points"])
            cell.outputs = outputs_for((scores or {}).get(settings_of(cell)["grade_id"], points), points)
    return notebook


def examined(notebook, scores=None):
    """What examining a cleaned notebook would give if its tests had the given scores, by cell, or the full ones."""
    tests = []
    for cell in filter(is_test, notebook.cells):
        name, points = settings_of(cell)["grade_id"], float(settings_of(cell)["points"])
        score = (scores or {}).get(name, points)
        status = "passed" if score == points else "partial" if score else "failed"
        tests.append(TestResult(name, question_of(cell), score, points, status))
    return Examined(nbformat.writes(executed(notebook, scores)), tuple(tests), 0.1)


def record(recorder, student, answers=None, scores=None):
    """Hand in, clean and record a submission with given scores."""
    notebook = recorder.sanitiser.sanitise(submit(recorder.unit, student, answers))
    recorder.record(student, examined(notebook, scores))


@contextlib.contextmanager
def commits():
    """A list of the commits that the databases of this process see, as they happen."""
    seen = []

    def count(connection):
        seen.append(connection)

    event.listen(Engine, "commit", count)
    try:
        yield seen
    finally:
        event.remove(Engine, "commit", count)
