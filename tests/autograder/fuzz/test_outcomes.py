"""Whatever is handed in, there is an outcome, and what is said of it can be written down everywhere."""

import dataclasses
import io
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from autograder.feedback import write_feedback
from autograder.grade import write_json
from autograder.limits import Limits
from autograder.report import in_a_word, print_marks, print_reasons
from autograder.results import STATUSES, QuestionResult, StudentResult, TestResult
from autograder.submission import Common, Engine, Outcome, Submission, one_line
from autograder.worker import examine_one
from tests.autograder.fuzz.notebooks import edited, files, small_unit
from tests.autograder.fuzz.strategies import damaged, share
from tests.autograder.given import examined


class Zygote:
    """One that is always there."""

    missing = ()

    def __init__(self, *_):
        self.address = "nowhere"

    connect = classmethod(lambda cls, address: cls())

    def close(self):
        pass


ENGINE = Engine(lambda source, notebook, *_: examined(nbformat.reads(notebook, as_version=4)), Zygote)
FILES = files() | files().flatmap(damaged) | st.binary(max_size=50) | edited().map(lambda made: json.dumps(made).encode())
NAMES = st.sampled_from(["exercise.ipynb", "Exercise (1).ipynb", "old/exercise.ipynb", "exercise.ipynb.txt", "a.csv", "a.py"])


@pytest.fixture(scope="module")
def common():
    return Common(nbformat.writes(small_unit().prepared), {}, small_unit(), Limits(), "auto", "nowhere", None, ENGINE)


@share(0.5)
@given(handed=st.dictionaries(NAMES, FILES, max_size=3), fault=st.sampled_from(["", "", "", "nothing was handed in"]))
def test_any_submission_has_an_outcome(common, handed, fault):
    outcome = examine_one(common, Submission("ada", handed, fault))
    assert isinstance(outcome, Outcome) and not outcome.ours and not outcome.stop
    assert bool(outcome.fault) != (outcome.examined is not None)
    assert outcome.fault.isprintable() and all(note.isprintable() for note in outcome.notes)
    if outcome.examined:
        tests = {"test_double", "test_double_2", "test_half"}
        assert {test.cell for test in outcome.examined.tests} == tests and len(outcome.examined.tests) == len(tests)
        json.dumps(dataclasses.asdict(outcome.examined))


ANY_TEXT = st.text(st.characters(), max_size=60) | st.text("\x1b[]0m\ud800\u202e`<>&*_|\n\r\t\0", max_size=20)


@st.composite
def results(draw) -> StudentResult:
    """A result of unit 01 in which anything is said; sentences are one line each, as grading makes them."""
    def question(name: str) -> QuestionResult:
        tests = tuple(TestResult(f"test_{name}" + f"_{count}" * (count > 1), name, draw(st.floats(0, 2)), 2.0,
                                 draw(st.sampled_from(STATUSES)), draw(ANY_TEXT), draw(ANY_TEXT), draw(st.floats(0, 1e6)))
                      for count in range(1, draw(st.integers(1, 3))))
        return QuestionResult(draw(st.floats(0, 4)), 4.0, draw(st.sampled_from(STATUSES)), draw(sentences), tests)

    sentences = ANY_TEXT.map(one_line)
    return StudentResult(draw(st.floats(0, 8)), 8.0, draw(st.just("graded") | sentences),
                         {name: question(name) for name in ("correlate2d", "to_gray")}, draw(st.floats(0, 1e6)),
                         tuple(draw(st.lists(sentences, max_size=3))))


@pytest.fixture(scope="module")
def unit(make_copy, tmp_path_factory):
    return make_copy(tmp_path_factory.mktemp("any") / "course").unit("01-edge-detection")


STUDENTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name not in (".", ".."))


@share(0.25)
@given(result=results(), answer=ANY_TEXT, student=STUDENTS)
def test_any_result_can_be_written_as_json_as_feedback_and_in_the_terminal(unit, result, student, answer):
    cell = {"cell_type": "code", "source": answer, "metadata": {"nbgrader": {"solution": True, "grade_id": "to_gray"}}}
    path = write_feedback(unit, student, result, answers=nbformat.from_dict({"cells": [cell]}), notes=result.notes)
    for written in (path, path.with_suffix(".md")):
        assert written.read_text(encoding="utf-8")
    write_json(unit, {student: result}, unit.course.root / "all.json")
    said = json.loads((unit.course.root / "all.json").read_text(encoding="utf-8"))["students"][student]
    assert said["status"] == json.loads(json.dumps(result.status))
    terminal = io.TextIOWrapper(io.BytesIO(), "utf-8")
    console = Console(file=terminal, width=110)
    print_marks(unit, {student: result}, console)
    print_reasons({student: result}, console)
    terminal.write(in_a_word(student, result))
    terminal.flush()
    assert "\x1b" not in terminal.buffer.getvalue().decode()
