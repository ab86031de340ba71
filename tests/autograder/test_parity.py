"""Stock nbgrader and this grader give honest submissions the same rows, files and marks; where they differ it is named.

Recording is compared with outputs that are given; grading as a whole with each side running the notebooks itself. Beside
the course's own units nbgrader's own fixtures are graded: they are in its package.
"""

import contextlib
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import nbgrader
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute

from autograder.build import release_version
from autograder.catalogue import read_catalogue
from autograder.cells import is_test, settings_of
from autograder.course import Unit
from autograder.grade import grade
from autograder.gradebook import Recorder
from autograder.nbgrader_parts import QUIET, nbgrader_settings
from autograder.sample import fill, solutions
from tests.autograder.given import examined, executed, submit

FIXTURES = Path(nbgrader.__file__).parent / "tests"
DUE = "2030-01-01 12:00:00 UTC"
SETTINGS = """
from nbgrader.plugins import LateSubmissionPlugin

class Hourly(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600

c.AssignLatePenalties.plugin_class = Hourly
"""
pytestmark = [pytest.mark.notebook, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")]


@pytest.fixture(autouse=True)
def alembic_on_the_path(environment, monkeypatch):
    monkeypatch.setenv("PATH", environment["PATH"])  # stock nbgrader calls it for a new gradebook


# --- recording, with outputs that are given ---------------------------------------------------------------------------

def dress(notebook, student, scores):
    """Give a cleaned notebook the outputs of a run: those of the tests tell the given scores, the others are any."""
    for cell, ran in zip(notebook.cells, executed(notebook, scores).cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    for number, cell in enumerate(notebook.cells):
        chance = random.Random(f"{student} {number}")
        if cell.cell_type == "code" and not is_test(cell) and chance.random() < 0.5:
            cell.outputs = chance.sample([
                nbformat.v4.new_output("stream", name="stderr", text="a warning\n"),
                nbformat.v4.new_output("stream", text="a line\n" * chance.choice([1, 3000])),
                nbformat.v4.new_output("execute_result", data={"text/plain": "0.5"}),
                nbformat.v4.new_output("error", ename="E", evalue="e", traceback=["line"] * chance.choice([3, 300])),
            ], 2)
    return notebook


def stock_register(unit):
    directory = CourseDirectory(config=nbgrader_settings(unit.course))
    directory.root, directory.assignment_id = str(unit.course.root), unit.slug
    converter = GenerateAssignment(coursedir=directory, config=nbgrader_settings(unit.course))
    converter.force, converter.log = True, QUIET
    converter.start()


def stock_record(unit, students, scores):
    """nbgrader's Autograde, whose one step that runs the notebook puts the given outputs into it."""
    def attach(notebook, resources):
        return dress(notebook, resources["nbgrader"]["student"], scores[resources["nbgrader"]["student"]]), resources

    for student in students:
        directory = CourseDirectory(config=nbgrader_settings(unit.course))
        directory.root, directory.assignment_id, directory.student_id = str(unit.course.root), unit.slug, student
        converter = Autograde(coursedir=directory, config=nbgrader_settings(unit.course))
        converter.force, converter.log = True, QUIET
        converter.autograde_preprocessors = [
            attach if step is Execute else step for step in converter.autograde_preprocessors]
        converter.start()


def our_record(unit, students, scores):
    with Recorder(unit) as recorder:
        recorder.register()
        for student in students:
            clean = recorder.sanitiser.sanitise(nbformat.read(unit.submission(student), as_version=4))
            outcome = examined(clean, scores[student])
            notebook = dress(clean, student, scores[student])
            recorder.record(student, type(outcome)(nbformat.writes(notebook), outcome.tests, 0))


OF_A_SUBMISSION = """
    join submitted_notebook on submitted_notebook.id = {table}.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
    join assignment on assignment.id = submitted_assignment.assignment_id
    join base_cell on base_cell.id = {table}.cell_id
    where assignment.name = ? order by 1, 2"""
OF_A_UNIT = """
    join notebook on notebook.id = {table}.notebook_id join assignment on assignment.id = notebook.assignment_id
    where assignment.name = ? order by 1, 2"""
QUERIES = {
    "submissions": "select student_id, timestamp, extension, late_submission_penalty, flagged from submitted_assignment "
                   "join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id "
                   "join assignment on assignment.id = submitted_assignment.assignment_id where assignment.name = ? order by 1",
    "grades": "select student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade from grade"
              + OF_A_SUBMISSION.format(table="grade"),
    "comments": "select student_id, base_cell.name, auto_comment, manual_comment from comment"
                + OF_A_SUBMISSION.format(table="comment"),
    "cells": "select base_cell.name, type, grade_cells.max_score, grade_cells.cell_type, task_cells.max_score from base_cell "
             "left join grade_cells on grade_cells.id = base_cell.id left join task_cells on task_cells.id = base_cell.id"
             + OF_A_UNIT.format(table="base_cell"),
    "source": "select source_cell.name, cell_type, locked, source, checksum, kernelspec from source_cell"
              + OF_A_UNIT.format(table="source_cell"),
}


def rows(unit):
    """All that the gradebook holds of a unit, without the random ids."""
    with contextlib.closing(sqlite3.connect(unit.course.database())) as connection:
        return {name: connection.execute(query, [unit.slug]).fetchall() for name, query in QUERIES.items()}


def files(unit, students):
    """What is in autograded/: notebooks as their cells, other files as their bytes, with their permissions."""
    found = {}
    for student in students:
        place = unit.course.root / "autograded" / student / unit.slug
        for path in sorted(path for path in place.rglob("*") if path.is_file()):
            content = path.read_bytes()
            if path.suffix == ".ipynb":
                content = nbformat.read(path, as_version=4)
                for cell in content.cells:
                    cell.pop("id", None)  # where the cell had none they are random
                    settings_of(cell).pop("cell_type", None)  # a submission that was not released has none
            found[student, path.relative_to(place).as_posix()] = (content, path.stat().st_mode)
    return found


def by_hand(unit, students):
    """What a person adds to some submissions."""
    with Gradebook(f"sqlite:///{unit.course.database()}", "cnn") as book:
        for student in students:
            chance = random.Random(student)
            notebook = book.find_submission_notebook("exercise", unit.slug, student)
            for grade in sorted(notebook.grades, key=lambda grade: grade.name):
                if chance.random() < 0.3:
                    grade.manual_score = chance.choice([0, 0.5, 1])
                    grade.needs_manual_grade = chance.random() < 0.5
                    grade.extra_credit = chance.choice([None, 0.25])
            for comment in sorted(notebook.comments, key=lambda comment: comment.name):
                if chance.random() < 0.3:
                    comment.manual_comment = f"Well done, {student}."
        book.db.commit()


def random_scores(notebook, chance):
    return {settings_of(cell)["grade_id"]: chance.choice([points, points, 0, points / 4]) for cell in notebook.cells
            if is_test(cell) for points in [float(settings_of(cell)["points"])]}


def generated(release, right, others, chance):
    """The notebook of a student: some questions right, some with a mistake of the catalogue, some blank, and more cells."""
    notebook = nbformat.from_dict(release)
    for cell in notebook.cells:
        name = settings_of(cell).get("grade_id")
        if name in right and chance.random() < 0.8:
            cell.source = chance.choice([right[name], *(entry.text for entry in others if entry.question == name)])
    for _ in range(chance.randrange(3)):
        notebook.cells.insert(chance.randrange(len(notebook.cells)), chance.choice([
            nbformat.v4.new_markdown_cell("A thought."), nbformat.v4.new_code_cell("print(1)"),
            nbformat.v4.new_raw_cell("raw")]))
    if chance.random() < 0.3:
        notebook.metadata.kernelspec = {"name": "conda-env-py", "display_name": "conda", "language": "python"}
    return notebook


def hand_in(units, student, notebook, chance):
    """Put the same submission into both courses: a notebook, sometimes a file, sometimes a time."""
    also = {}
    if chance.random() < 0.3:
        also["notes.txt"], also["deep/data.csv"] = f"of {student}", "1,2"
    if chance.random() < 0.5:
        also["timestamp.txt"] = f"2030-01-01 {chance.randrange(24):02}:30:00 UTC"
    for unit in units:
        submit(unit, student, notebook=notebook)
        for name, content in also.items():
            path = unit.submission(student).parent / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)


def compare_recording(stock, ours, students, again=()):
    """Record the submissions on both sides, some of them twice with a person's work between, and compare all that is left."""
    for unit in (stock, ours):
        (unit.source.parent / "data.txt").write_text("a file of the source")
    stock_register(stock)
    with Recorder(ours) as recorder:
        recorder.register()
        notebook = recorder.sanitiser.prepared
    for unit in (stock, ours):
        with Gradebook(f"sqlite:///{unit.course.database()}", "cnn") as book:
            book.update_or_create_assignment(unit.slug, duedate=DUE)
    for some in (students, again):
        scores = {student: random_scores(notebook, random.Random(f"{student} {some is again}")) for student in some}
        stock_record(stock, some, scores)
        our_record(ours, some, scores)
        assert rows(stock) == rows(ours)
        assert files(stock, students) == files(ours, students)
        for unit in (stock, ours):
            by_hand(unit, again)
    return rows(ours)


@pytest.fixture(scope="module")
def both(tmp_path_factory, make_copy):
    """Two copies of the course, one for each side, with a late penalty in their settings; each test has a unit of its own."""
    courses = [make_copy(tmp_path_factory.mktemp("parity") / name) for name in ("stock", "ours")]
    for course in courses:
        with (course.root / "nbgrader_config.py").open("a") as settings:
            settings.write(SETTINGS)
    return courses


@pytest.mark.parametrize(("slug", "class_size"), [("01-edge-detection", 100), ("02-output-shapes", 70), ("03-backprop", 30)])
def test_generated_submissions_are_recorded_as_stock_records_them(both, slug, class_size):
    units = [course.unit(slug) for course in both]
    students = [f"s{number:03}" for number in range(class_size)]
    given = fill(units[0], {}), solutions(units[0]), read_catalogue(units[0])
    for student in students:
        chance = random.Random(f"{slug} {student}")
        hand_in(units, student, generated(*given, chance), chance)
    found = compare_recording(*units, students, again=students[::7])
    assert len(found["submissions"]) == class_size and len(found["grades"]) > 10 * class_size
    assert {penalty > 0 for *_, penalty, flagged in found["submissions"] if penalty is not None} == {True}
    assert {comment for *_, comment, manual in found["comments"]} == {None, "No response."}
    assert {needed for *_, needed in found["grades"]} == {0, 1}


# Source notebook -> submissions, all from nbgrader's own tests. "released" is what students get, "source" the source itself.
COURSES = {
    "apps/files/submitted-unchanged": ["apps/files/submitted-unchanged", "apps/files/submitted-changed",
                                       "apps/files/submitted-cheat-attempt", "apps/files/submitted-cheat-attempt-alternative",
                                       "apps/files/submitted-grade-cell-changed", "apps/files/submitted-locked-cell-changed"],
    "preprocessors/files/submitted-unchanged": ["preprocessors/files/submitted-changed",
                                                "preprocessors/files/submitted-grade-cell-changed",
                                                "preprocessors/files/submitted-locked-cell-changed"],
    "apps/files/test": ["released", "source"],
    "apps/files/test-with-output": ["released", "source"],
    "apps/files/test-hidden-tests": ["released", "source"],
    "apps/files/autotest-simple": ["apps/files/autotest-simple-unchanged", "apps/files/autotest-simple-changed"],
    "apps/files/autotest-hashed": ["apps/files/autotest-hashed-unchanged", "apps/files/autotest-hashed-changed"],
    "apps/files/autotest-hidden": ["apps/files/autotest-hidden-unchanged", "apps/files/autotest-hidden-changed-right",
                                   "apps/files/autotest-hidden-changed-wrong"],
    "apps/files/autotest-multi": ["apps/files/autotest-multi-unchanged", "apps/files/autotest-multi-changed"],
    "apps/files/timeout": ["source"],
    "apps/files/validation-zero-points": ["source"],
    "preprocessors/files/test_taskcell": ["released", "source"],
    "preprocessors/files/manually-graded-code-cell": ["released", "source"],
    "preprocessors/files/long-output": ["source"],
    "apps/files/open_relative_file": ["source"],
    "apps/files/validating-environment-variable": ["source"],
}


def fixture(name):
    """One of nbgrader's notebooks, for the Python that is installed here and without nose, a package that is no more."""
    notebook = nbformat.read(FIXTURES / f"{name}.ipynb", as_version=4)
    for made in notebook.cells:
        for function, method in (("assert_equal", "assertEqual"), ("assert_raises", "assertRaises")):
            made.source = made.source.replace(f"from nose.tools import {function}",
                                              f"from unittest import TestCase\n{function} = TestCase().{method}")
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def fixture_unit(course, name, prefix=""):
    """A unit whose source is one of nbgrader's notebooks."""
    unit = Unit(prefix + name.replace("/", "-"), course)
    unit.source.parent.mkdir(parents=True)
    nbformat.write(fixture(name), unit.source)
    for other in ("autotests.yml", "data.txt", "jupyter.png"):
        shutil.copy(FIXTURES / "apps" / "files" / other, unit.source.parent)
    return unit


def fixture_submissions(unit, name):
    """Submissions by student."""
    special = {"released": lambda: release_version(fixture(name), unit.slug, nbgrader_settings(unit.course)),
               "source": lambda: fixture(name)}
    return {path.split("/")[-1]: special.get(path, lambda path=path: fixture(path))() for path in COURSES[name]}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # nbgrader's AUTOTEST
@pytest.mark.parametrize("name", COURSES)
def test_nbgraders_own_fixtures_are_recorded_as_stock_records_them(both, name):
    units = [fixture_unit(course, name) for course in both]
    submissions = fixture_submissions(units[0], name)
    for student, notebook in submissions.items():
        hand_in(units, student, notebook, random.Random(f"{name} {student}"))
    compare_recording(*units, list(submissions), again=list(submissions))


# --- grading as a whole: each side runs the notebooks itself ----------------------------------------------------------

def cell(source, name=None, points=None, solution=False, cell_type="code", task=False):
    """A cell of a source notebook: an ordinary one without a name, a locked one without points."""
    made = nbformat.v4.new_code_cell(source) if cell_type == "code" else nbformat.v4.new_markdown_cell(source)
    if name:
        made.metadata.nbgrader = {"grade": points is not None and not task, "grade_id": name, "solution": solution,
                                  "locked": not solution, "task": task, "schema_version": 3}
        if points is not None:
            made.metadata.nbgrader["points"] = points
    return made


# Question -> the answers that are handed in, the first of which is the teacher's.
ANSWERS = {
    "add": ["def add(a, b):\n    return a + b", "add = lambda a, b: sum([a, b])", "def add(a, b):\n    return a - b",
            "def add(a, b):\n    print(a + b)", "def add(a, b:\n    return a + b", "def add(a):\n    return a"],
    "mean": ["def mean(values):\n    return sum(values) / len(values)",
             "def mean(values):\n    return math.fsum(values) / len(values)",
             "def mean(values):\n    return sum(values) // len(values)",
             "def mean(values):\n    return sum(values) / len(values) if values else 0",
             "def mean(values):\n    values.sort()\n    return sum(values) / len(values)"],
    "words": ["def words(text):\n    return {word: text.split().count(word) for word in text.split()}",
              "from collections import Counter\n\ndef words(text):\n    return dict(Counter(text.split()))",
              "def words(text):\n    return set(text.split())", "def words(text):\n    return text.words()",
              "def words(text):\n    return {word: 1 for word in text.split()}"],
    "twice": ["def twice(f):\n    return lambda x: f(f(x))", "def twice(f):\n    def g(x): return f(f(x))\n    return g",
              "def twice(f):\n    return f", "def twice(f):\n    return f(f)", "twice = None"],
    "center": ["def center(x):\n    return x - x.mean(axis=0)", "def center(x):\n    return x - np.mean(x, 0, keepdims=True)",
               "def center(x):\n    return x - x.mean()", "def center(x):\n    x -= x.mean(axis=0)\n    return x",
               "def center(x):\n    return (x - x.mean(axis=0)).tolist()", "def center(x):\n    return x - x.mean(axis=1)"],
    "answer": ["answer = 42", "answer = 6 * 7", "answer = 41", "answer = '42'", "answer = [42][1]", "del answer"],
    "essay": ["def essay():\n    return 'a plan'", "def essay():\n    return 'another plan'"],
}
TESTS = {
    "add": [(1, "assert add(1, 2) == 3\n### BEGIN HIDDEN TESTS\nassert add(-1, 0.5) == -0.5\n### END HIDDEN TESTS"),
            (2, "assert add('a', 'b') == 'ab', 'texts'\nassert add([1], [2]) == [1, 2], 'lists'")],
    "mean": [(2, "assert mean([1, 2]) == 1.5\nprint('good')"),
             (1, "given = [3, 1, 2]\nassert mean(given) == 2\nassert given == [3, 1, 2], 'the list was changed'"),
             (1, "try:\n    mean([])\nexcept ZeroDivisionError:\n    pass\nelse:\n    raise AssertionError('no error')")],
    "words": [(4, "right = [words(text) == found for text, found in [('', {}), ('a', {'a': 1}), ('a b a', {'a': 2, 'b': 1})]]\n"
                  "sum(right) * 4 / 3"),
              (1, "assert sorted(words('to be or not to be').items()) == [('be', 2), ('not', 1), ('or', 1), ('to', 2)]")],
    "twice": [(1, "assert twice(lambda n: n + 1)(3) == 5"), (2, "assert twice(twice(lambda n: 2 * n))(1) == 16"),
              (1, "assert callable(twice(abs))\n1 if twice(abs)(-1) == 1 else 0")],
    "center": [(2, "x = np.arange(6.0).reshape(3, 2)\nnp.testing.assert_allclose(center(x), [[-2, -2], [0, 0], [2, 2]])"),
               (1, "x = np.ones((2, 5))\nx[0] = 3\nbefore = x.copy()\nassert center(x).shape == (2, 5)\n"
                   "assert np.array_equal(x, before)"),
               (1, "assert isinstance(center(np.ones((2, 2))), np.ndarray)\n1 - float(np.abs(center(np.eye(2)).sum()))")],
    "answer": [(1, "assert answer == 42"), (0, "assert isinstance(answer, int)")],
}


def small_unit(course, slug, questions=tuple(ANSWERS)):
    """A unit of cheap questions of many kinds, also some that a person marks."""
    cells = [cell("import math\n\nimport numpy as np", "imports"),
             cell("Some questions and a thought.", cell_type="markdown")]
    for name in questions:
        right = ANSWERS[name][0]
        cells.append(cell(f"### BEGIN SOLUTION\n{right}\n### END SOLUTION", name, None if name in TESTS else 2, solution=True))
        cells += [cell(text, f"test_{name}_{number}", points) for number, (points, text) in enumerate(TESTS.get(name, []), 1)]
    cells += [cell("A thought.", "thought", 3, solution=True, cell_type="markdown"),
              cell("Draw something.", "drawing", 2, cell_type="markdown", task=True)]
    unit = Unit(slug, course)
    unit.source.parent.mkdir(parents=True)
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": python}), unit.source)
    return unit


def small_submission(release, chance):
    """Any mixture of answers, and sometimes the student's own cells."""
    notebook = nbformat.from_dict(release)
    for made in notebook.cells:
        name = settings_of(made).get("grade_id")
        if name in ANSWERS and chance.random() < 0.85:
            texts = ANSWERS[name]
            made.source = chance.choice([texts[0], chance.choice(texts)])
        elif name == "thought" and chance.random() < 0.5:
            made.source = "I think."
    if chance.random() < 0.3:
        notebook.cells.insert(chance.randrange(1, len(notebook.cells)), nbformat.v4.new_code_cell(chance.choice([
            "a, b = 1, 2\na", "x = np.eye(3)\nx", "1 / 0", "print('to be')", "from math import *", "%timeit -n1 -r1 1"])))
    return notebook


STOCK = """
import sys
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader

settings = PyFileConfigLoader("nbgrader_config.py").load_config()
for slug in sys.argv[1:]:
    for kind in (GenerateAssignment, Autograde):
        try:
            kind(coursedir=CourseDirectory(assignment_id=slug, config=settings), config=settings).start()
        except NbGraderException as fault:
            print(slug, fault)
"""


@pytest.fixture(scope="module")
def quick_kernels(tmp_path_factory, environment):
    """An environment in which nbgrader starts its kernels as forks: each side's notebooks run in kernels of its own."""
    folder = tmp_path_factory.mktemp("jupyter") / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({
        "argv": ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "", "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": "cnn-warm",
                                            "config": {"preload": ["numpy"], "idle_seconds": 10}}}}))
    with tempfile.TemporaryDirectory(prefix="parity-", ignore_cleanup_errors=True) as runtime:  # the paths of sockets are short
        yield environment | {"JUPYTER_PATH": str(folder.parent.parent), "JUPYTER_RUNTIME_DIR": runtime}


def stock_grade(course, slugs, environment):
    """nbgrader's generate_assignment and autograde of some units, in one process; returns what it said of failures."""
    with (course.root / "nbgrader_config.py").open("a") as settings:
        settings.write("c.Execute.shutdown_kernel = 'immediate'\n")
    done = subprocess.run([sys.executable, "-c", STOCK, *slugs], cwd=course.root, env=environment, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def marks_of(unit):
    """Marks, manual flags, comments and late penalties."""
    found = rows(unit)
    return {name: found[name] for name in ("submissions", "grades", "comments")}


@pytest.mark.parametrize("questions", [("add", "mean", "words"), ("twice", "center", "answer", "essay")], ids="-".join)
def test_a_hundred_generated_submissions_get_the_marks_of_stock_nbgrader(tmp_path, make_copy, quick_kernels, questions):
    sides = []
    for name in ("stock", "ours"):
        course = make_copy(tmp_path / name)
        with (course.root / "nbgrader_config.py").open("a") as settings:
            settings.write(SETTINGS)
        sides.append(small_unit(course, "small", questions))
    stock, ours = sides
    release = release_version(nbformat.read(ours.source, as_version=4), ours.slug, nbgrader_settings(ours.course))
    for number in range(100):
        chance = random.Random(f"{questions} {number}")
        hand_in(sides, f"s{number:02}", small_submission(release, chance), chance)
    for unit in sides:
        with Gradebook(f"sqlite:///{unit.course.database()}", "cnn") as book:
            book.update_or_create_assignment(unit.slug, duedate=DUE)
    assert stock_grade(stock.course, [stock.slug], quick_kernels) == ""
    results = grade(ours, ours.students(), jobs=2)
    assert all(result.graded for result in results.values())
    assert marks_of(stock) == marks_of(ours)
    assert len({result.score for result in results.values()}) > 8, "not many different marks"
    assert {flag for *_, flag in marks_of(ours)["grades"]} == {0, 1}


# The points that nbgrader's own tests expect of its notebooks, and whether a person has to look at them.
EXPECTED = {
    "submitted-unchanged": (1, False), "submitted-changed": (2, True), "submitted-cheat-attempt": (1, True),
    "submitted-cheat-attempt-alternative": (1, True),
    "autotest-simple-unchanged": (0, False), "autotest-simple-changed": (1, False),
    "autotest-hashed-unchanged": (0, False), "autotest-hashed-changed": (1, False),
    "autotest-hidden-unchanged": (0, False), "autotest-hidden-changed-right": (1, False),
    "autotest-hidden-changed-wrong": (0, False),
    "autotest-multi-unchanged": (0, False), "autotest-multi-changed": (3, False),
}


WHOLE = [name for name in COURSES if name not in (
    "apps/files/test-with-output", "apps/files/timeout", "preprocessors/files/long-output",
    "preprocessors/files/submitted-unchanged")]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # nbgrader's AUTOTEST
def test_nbgraders_own_fixtures_get_the_marks_of_stock_nbgrader(both, quick_kernels):
    units = {name: [fixture_unit(course, name, "whole-") for course in both] for name in WHOLE}
    submissions = {name: fixture_submissions(units[name][0], name) for name in WHOLE}
    for name in WHOLE:
        for student, notebook in submissions[name].items():
            for unit in units[name]:
                submit(unit, student, notebook=notebook)
    assert stock_grade(both[0], [stock.slug for stock, _ in units.values()], quick_kernels) == ""
    different, unexpected = {}, {}
    for name, (stock, ours) in units.items():
        results = grade(ours, ours.students())
        assert all(result.graded for result in results.values()), name
        theirs, found = marks_of(stock), marks_of(ours)
        if theirs != found:
            different[name] = theirs["grades"], found["grades"]
        with Recorder(ours) as recorder:
            for student in set(EXPECTED).intersection(submissions[name]):
                marks = recorder.marks(student)
                outcome = sum(mark.score for mark in marks), any(mark.needs_manual_grade for mark in marks)
                if outcome != EXPECTED[student]:
                    unexpected[student] = outcome
    assert different == {} == unexpected


# --- where the two differ, and are meant to ---------------------------------------------------------------------------

def on_stderr(named, notebook):
    named["add"].source = "import sys\n\ndef add(a, b):\n    print('adding', file=sys.stderr)\n    return a + b"


def skipped(named, notebook):
    named["add"].source = "def add(a, b):\n    return 0"
    for test in (named["test_add_1"], named["test_add_2"]):
        test.metadata.tags = ["skip-execution"]


def copied(named, notebook):
    notebook.cells.insert(0, nbformat.from_dict(dict(named["test_add_1"]) | {"id": "copy"}))


def deleted(named, notebook):
    notebook.cells[notebook.cells.index(named["add"])] = nbformat.v4.new_code_cell(named["add"].source)
    for name in ("test_add_1", "test_add_2"):
        notebook.cells.remove(named[name])


def retyped(named, notebook):
    del named["test_add_1"]["outputs"], named["test_add_1"]["execution_count"]
    named["test_add_1"].cell_type = "markdown"
    for made in notebook.cells:
        del made["id"]
    notebook.nbformat_minor = 4


def deadly(named, notebook):
    named["answer"].source = "import os\nos._exit(1)"


# What a student did -> the points for `add` with stock nbgrader (None: it does not grade the submission) and here. The right
# answer is worth 3.
DIFFERENCES = {on_stderr: (0, 3), skipped: (3, 0), copied: (None, 3), deleted: (None, 3), retyped: (None, 3), deadly: (None, 3)}


def points_for_add(unit, student):
    found = [(score, manual) for who, name, score, *_, manual in rows(unit)["grades"]
             if who == student and name.startswith("test_add")]
    return sum(score for score, _ in found) if found and not any(manual for _, manual in found) else None


def test_where_stock_nbgrader_is_unfair_or_gives_up_this_grader_does_not(both, quick_kernels):
    """Beside the student of each case, eve, another hands in the solution: she keeps her points in any case."""
    units = {do: [small_unit(course, do.__name__) for course in both] for do in DIFFERENCES}
    for do, (stock, ours) in units.items():
        notebook = fill(stock, solutions(stock))
        for student in ("zoe", "eve"):
            if student == "eve":
                do({settings_of(made).get("grade_id"): made for made in notebook.cells}, notebook)
            for unit in (stock, ours):
                submit(unit, student, notebook=notebook)
    stock_grade(both[0], [stock.slug for stock, _ in units.values()], quick_kernels)
    found = {}
    for do, (stock, ours) in units.items():
        results = grade(ours, ours.students())
        assert all(result.graded for result in results.values()), do
        found[do] = points_for_add(stock, "eve"), points_for_add(ours, "eve")
        assert (points_for_add(stock, "zoe"), points_for_add(ours, "zoe")) == (3, 3), do
    assert found == DIFFERENCES
