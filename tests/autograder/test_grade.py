"""Grading a class: right, wrong and broken submissions, each with its marks; and the command's behaviour on bad input."""

import html
import io
import json
import re
import sqlite3
import subprocess

import nbformat
import pytest
from click.testing import CliRunner
from rich.console import Console

from autograder.cli import main
from autograder.grade import grade, write_feedback, write_json
from autograder.leaks import secrets
from autograder.report import print_reasons
from autograder.sample import KINDS, fill, make_class, solutions

SLUG = "01-edge-detection"
pytestmark = pytest.mark.notebook


def submit(unit, student, answers=None, text=None):
    path = unit.submission(student)
    path.parent.mkdir(parents=True)
    path.write_text(nbformat.writes(fill(unit, answers)) if text is None else text)
    return path


@pytest.mark.parametrize("seed", [0, 1])
def test_the_marks_of_every_sample_student_are_right(unit, seed):
    class_ = make_class(unit, 6, seed)
    results = grade(unit, [one.student for one in class_], jobs=2)
    for one in class_:
        questions = results[one.student].questions
        lost = {name for name, result in questions.items() if result.score < result.max_score}
        assert lost == one.wrong, one
        if one.kind in ("blank", "crashing"):
            assert all(questions[name].score == 0 for name in one.wrong)
        assert results[one.student].score == sum(result.score for result in questions.values())


def test_the_same_seed_gives_the_same_class_and_other_students_are_left_alone(unit):
    own = submit(unit, "ada", {})
    first = make_class(unit, 9, 3)
    texts = {one.student: unit.submission(one.student).read_text() for one in first}
    assert [one.kind for one in first[:4]] == list(KINDS)
    assert make_class(unit, 9, 3) == first
    assert texts == {one.student: unit.submission(one.student).read_text() for one in first}
    assert make_class(unit, 9, 4) != first
    assert len(make_class(unit, 2, 3)) == 2 and unit.students() == ["ada", "partly-wrong-02", "perfect-01"]
    assert own.is_file()


BROKEN = {
    "not JSON": "{ this is no notebook",
    "empty": "",
    "JSON, no notebook": '{"a": 1}',
    "a list": "[]",
    "cells of the wrong kind": '{"cells": [3], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    "no cells": '{"metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
}


def test_broken_submissions_are_named_and_the_others_keep_their_marks(unit):
    submit(unit, "ada", solutions(unit))
    for student, text in BROKEN.items():
        submit(unit, student, text=text)
    (unit.course.root / "submitted" / "forgot" / SLUG).mkdir(parents=True)
    unit.submission("latin").parent.mkdir(parents=True)
    unit.submission("latin").write_bytes(unit.submission("ada").read_bytes().replace(b"Sobel", b"S\xf6bel"))
    results = grade(unit, unit.students(), jobs=2)
    assert results["ada"].score == 20 and results["ada"].graded
    assert results["latin"].score == 20 and "it was read as WINDOWS-1252" in results["latin"].notes[0]
    for student in [*BROKEN, "forgot"]:
        assert results[student].score == 0 and results[student].max_score == 20 and not results[student].graded
        assert "exercise.ipynb" in results[student].status
        assert not (unit.course.root / "autograded" / student).exists(), "something half-written was left"
    assert sqlite3.connect(unit.course.database()).execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_notebook_that_breaks_after_it_was_graded_loses_its_old_marks(unit):
    path = submit(unit, "ada", solutions(unit))
    assert grade(unit, ["ada"])["ada"].score == 20
    path.write_text("broken")
    assert grade(unit, ["ada"])["ada"].score == 0
    path.write_text(nbformat.writes(fill(unit, solutions(unit))))
    assert grade(unit, ["ada"])["ada"].score == 20


def test_locked_cells_that_a_student_changed_or_deleted_are_graded_as_released(unit):
    notebook = fill(unit, {})
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "pass"
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "test_to_gray"]
    submit(unit, "eve", text=nbformat.writes(notebook))
    result = grade(unit, ["eve"])["eve"]
    assert result.score == 0
    assert result.notes[0].endswith("were changed: they were put back as released.")
    assert result.notes[1] == "The cell `test_to_gray` was deleted: it was put back."
    shown = io.StringIO()
    print_reasons({"eve": result}, Console(file=shown, width=200))
    assert "eve  mended: The cell `test_to_gray` was deleted: it was put back." in shown.getvalue()
    [page] = write_feedback(unit, ["eve"])
    assert "<li>The cell <code>test_to_gray</code> was deleted: it was put back.</li>" in page.read_text()
    write_json(unit, {"eve": result}, unit.course.root / "marks.json")
    assert json.loads((unit.course.root / "marks.json").read_text())["students"]["eve"]["notes"] == list(result.notes)
    assert grade(unit, ["eve"])["eve"] == result, "and so the next time, when it has not changed"


def test_a_notebook_of_an_old_format_without_cell_ids_is_graded(unit):
    notebook = fill(unit, {**solutions(unit), "to_gray": "def to_gray(rgb):\n    return 0"})
    for cell in notebook.cells:
        del cell["id"]
    notebook.nbformat_minor = 4
    submit(unit, "colab", text=json.dumps(notebook))
    results = grade(unit, ["colab"])["colab"]
    assert results.score == 17 and results.questions["to_gray"].status == "failed"


def test_a_copied_test_cell_costs_nothing(unit):
    notebook = fill(unit, solutions(unit))
    notebook.cells.append(next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test_to_gray"))
    submit(unit, "eve", text=json.dumps(notebook))
    assert grade(unit, ["eve"])["eve"].score == 20


def test_what_an_answer_prints_costs_nothing(unit):
    submit(unit, "ada", {**solutions(unit), "to_gray": (
        "import sys\nprint('hello')\n\n" + solutions(unit)["to_gray"].replace(
            "    return ", "    print('hm', file=sys.stderr)\n    return "))})
    assert grade(unit, ["ada"])["ada"].score == 20


HOSTILE = {
    "what tests compare with is replaced": """
class Equal:
    def __eq__(self, other): return True
    def __array__(self, *_, **__): return np.zeros(0)
def to_gray(rgb):
    for module in (np, np.testing):
        for name in ("allclose", "array_equal", "assert_allclose", "assert_array_equal"):
            if hasattr(module, name):
                setattr(module, name, lambda *_, **__: True)
    return Equal()
""",
    "the check is replaced": "import cnnlib.check\ncheck = cnnlib.check.check = lambda f: True\nto_gray = 3",
    "the process ends well": "import os\ndef to_gray(rgb): os._exit(0)",
    "full marks are printed": "def to_gray(rgb):\n    print('All tests passed: 3 of 3 points')\n    raise SystemExit(0)",
    "the library's answer is called": "def to_gray(rgb): return cnnlib.to_gray(rgb)",
    "the grader's files are read": "from pathlib import Path\ndef to_gray(rgb): return Path.cwd().parents[0].rglob('*source*')",
}


def test_an_answer_that_cheats_loses_its_question_and_no_other(unit):
    for student, answer in HOSTILE.items():
        submit(unit, student, {**solutions(unit), "to_gray": answer})
    for student, result in grade(unit, list(HOSTILE), jobs=2).items():
        lost = {name: question.score for name, question in result.questions.items() if question.score < question.max_score}
        assert lost == {"to_gray": 0} and result.score == 17, student
    assert "may not be called" in grade(unit, ["the library's answer is called"])[
        "the library's answer is called"].questions["to_gray"].message


def test_a_message_is_one_printable_line(unit):
    submit(unit, "loud", {**solutions(unit), "to_gray": (
        "def to_gray(rgb):\n    raise RuntimeError('\\x1b[31mred\\x1b[0m\\n\\x07' + 'x' * 5000)")})
    message = grade(unit, ["loud"])["loud"].questions["to_gray"].message
    assert message.isprintable() and "red" in message and "\x1b" not in message and len(message) <= 300


def test_feedback_shows_marks_and_messages_and_no_hidden_test(unit):
    submit(unit, "ada", {**solutions(unit), "correlate2d": solutions(unit)["correlate2d"].replace(" + 1", "")})
    submit(unit, "bob", text="{")
    lost = grade(unit, ["ada", "bob"])["ada"].questions["correlate2d"]
    assert lost.score < lost.max_score
    assert autograder("--course", unit.course.root, "feedback", SLUG).exit_code == 0
    page = html.unescape(re.sub(r"<[^>]+>", "", unit.feedback("ada").read_text()))
    squeezed = " ".join(page.split())
    assert "last row and column lost" in squeezed and f"{20 - lost.max_score + lost.score:g}" in squeezed
    assert "is not a notebook" in unit.feedback("bob").read_text()
    master = nbformat.read(unit.source, as_version=4)
    hidden = nbformat.v4.new_notebook(cells=[c for c in master.cells if c.metadata.get("nbgrader", {}).get("grade")])
    assert [line for line in secrets(hidden) if len(line) > 20 and line in squeezed] == []


# --- the command ------------------------------------------------------------------------------------------------------

def autograder(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_json_holds_what_is_promised(unit, tmp_path):
    submit(unit, "ada", solutions(unit))
    submit(unit, "bob", text="{")
    done = autograder("--course", unit.course.root, "grade", SLUG, "-j", 1, "--json", tmp_path / "marks.json")
    assert done.exit_code == 1 and "1 of 2 submissions could not be graded: bob" in done.output
    marks = json.loads((tmp_path / "marks.json").read_text())
    assert marks["unit"] == SLUG and list(marks["students"]) == ["ada", "bob"]
    ada = marks["students"]["ada"]
    assert (ada["score"], ada["max_score"], ada["status"]) == (20, 20, "graded")
    assert list(ada["questions"]) == list(solutions(unit))
    tests = ada["questions"]["to_gray"].pop("tests")
    assert ada["questions"]["to_gray"] == {"score": 3, "max_score": 3, "status": "passed", "message": ""}
    assert [(test["cell"], test["score"], test["status"], test["reason"]) for test in tests] == [
        ("test_to_gray", 2, "passed", ""), ("test_to_gray_2", 1, "passed", "")]
    assert set(marks["students"]["bob"]["questions"]["to_gray"]) == {"score", "max_score", "status", "message", "tests"}


@pytest.mark.parametrize(("arguments", "words"), [
    (["grade", "99-nothing"], ["no unit '99-nothing'", SLUG]),
    (["sample", "nothing"], ["no unit 'nothing'", SLUG]),
    (["feedback", "nothing"], ["no unit 'nothing'", SLUG]),
    (["grade", SLUG], ["no submissions", "submitted/STUDENT/01-edge-detection/exercise.ipynb", "autograder sample"]),
    (["feedback", SLUG], ["no graded submissions"]),
    (["grade", SLUG, "-j", "0"], ["-j", "0"]),
    (["sample", SLUG, "--students", "0"], ["--students"]),
], ids=["grade an unknown unit", "sample an unknown unit", "feedback of an unknown unit", "grade an empty folder",
        "feedback before grading", "no job at all", "a class of none"])
def test_asking_for_what_is_not_there_is_a_usage_error(course, arguments, words):
    before = sorted(course.root.rglob("*"))
    done = autograder("--course", course.root, *arguments)
    assert done.exit_code == 2, done.output
    assert all(word in " ".join(done.output.split()) for word in words), done.output
    assert sorted(course.root.rglob("*")) == before, "something was written"


def test_an_unknown_student_is_a_usage_error_that_names_the_known_ones(unit):
    submit(unit, "ada", {})
    done = autograder("--course", unit.course.root, "grade", SLUG, "--student", "zoe")
    assert done.exit_code == 2 and "'zoe'" in done.output and "ada" in done.output
    assert not unit.course.database().exists()


def test_json_to_a_folder_that_is_not_there_is_refused_before_anything_is_graded(unit, tmp_path):
    submit(unit, "ada", {})
    done = autograder("--course", unit.course.root, "grade", SLUG, "--json", tmp_path / "nowhere" / "m.json")
    assert done.exit_code == 2 and "nowhere" in done.output and not unit.course.database().exists()


def test_a_folder_that_is_no_course_is_a_usage_error(tmp_path):
    done = autograder("--course", tmp_path, "grade", SLUG)
    assert done.exit_code == 2 and "no course in" in done.output and "--course DIR" in " ".join(done.output.split())


def test_one_student_can_be_graded_and_given_feedback_alone(unit):
    submit(unit, "ada", solutions(unit))
    submit(unit, "bob", {})
    assert autograder("--course", unit.course.root, "grade", SLUG, "--student", "ada").exit_code == 0
    assert not (unit.course.root / "autograded" / "bob").exists()
    done = autograder("--course", unit.course.root, "feedback", SLUG)
    assert done.exit_code == 0 and unit.feedback("ada").is_file() and not unit.feedback("bob").exists()


def test_every_help_page_shows_two_examples():
    for verb in ([], ["build"], ["sample"], ["grade"], ["feedback"], ["demo"]):
        text = autograder(*verb, "--help").output
        assert text.split("Examples:")[1].split("Options:")[0].count("autograder ") == 2, text


def test_the_demo_refuses_a_folder_that_is_not_its_own(course, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("keep me")
    done = autograder("--course", course.root, "demo", tmp_path / "mine")
    assert done.exit_code == 2 and (tmp_path / "mine" / "thesis.txt").read_text() == "keep me"


def test_the_demo_does_the_main_job_and_leaves_the_course_alone(course, tmp_path, environment):
    before = sorted(course.root.rglob("*"))
    for _ in range(2):
        done = subprocess.run(["autograder", "--course", str(course.root), "demo", str(tmp_path / "demo"), "--students", "4"],
                              capture_output=True, text=True, env=environment)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip().startswith(KINDS)}
        assert "20 / 20" in rows["perfect-01"] and " 0 / 20" in rows["blank-03"] and len(rows) >= 4
        for path in ("gradebook.db", "feedback/perfect-01/01-edge-detection/exercise.html", "notebooks", "autograded"):
            assert (tmp_path / "demo" / path).exists()
    assert "unchanged" in done.stdout and sorted(course.root.rglob("*")) == before
