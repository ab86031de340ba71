"""The exercises, graded for real: the solution, the blank notebook, and every entry of the catalogue of mistakes."""

import nbformat
import pytest

from autograder.build import release_version
from autograder.catalogue import read_catalogue
from autograder.course import find_course
from autograder.execute import execute, question_of
from autograder.grade import grade
from autograder.gradebook import nbgrader_settings
from autograder.sample import fill, solutions
from cnnlib.check import questions

SLUG = "01-edge-detection"
PROJECT_UNIT = find_course(__file__.rsplit("tests", 1)[0] + "course").unit(SLUG)
CATALOGUE = read_catalogue(PROJECT_UNIT)
QUESTIONS = list(solutions(PROJECT_UNIT))

# What CURRICULUM asks of every edge detection unit's catalogue: each must be there, with the hint that it draws.
MISTAKES = {
    "kernel flipped": "kernel flipped", "kernel not flipped": "kernel not flipped", "uint8 wrap": "bytes wrap",
    "abs before the end": "absolute value taken", "clip before the end": "clipped before the end",
    "magnitude without root": "no root", "same-padding frame": "same-size output",
    "last row lost": "last row and column lost", "x/y order": "rows and columns swapped",
    "square kernel assumed": "square kernel assumed", "odd kernel assumed": "odd kernel assumed",
    "gray over the wrong axis": "wrong axis", "input changed": "input changed", "matrix product": "matrix product",
    "integer output truncates": "integer output", "one gradient for the other": "one direction twice",
}

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("exercises")]


def packed() -> dict[str, dict[str, int]]:
    """Students who between them hand in the whole catalogue: for each, the entry (by number) of each question."""
    class_: dict[str, dict[str, int]] = {}
    for question in QUESTIONS:
        for place, number in enumerate(i for i, entry in enumerate(CATALOGUE) if entry.question == question):
            class_.setdefault(f"student-{place:02d}", {})[question] = number
    return class_


@pytest.fixture(scope="module")
def graded(tmp_path_factory, make_copy):
    unit = make_copy(tmp_path_factory.mktemp("catalogue") / "course").unit(SLUG)
    right = solutions(unit)
    answers = {student: right | {question: CATALOGUE[i].text for question, i in entries.items()}
               for student, entries in packed().items()}
    answers |= {"solution": right, "blank": {}}
    for student, texts in answers.items():
        unit.submission(student).parent.mkdir(parents=True)
        nbformat.write(fill(unit, texts), unit.submission(student))
    return grade(unit, list(answers), jobs=2)


def result_of(graded, number):
    question = CATALOGUE[number].question
    student = next(s for s, entries in packed().items() if entries.get(question) == number)
    return graded[student].questions[question]


def label(number):
    entry = CATALOGUE[number]
    return f"{entry.question}: {entry.about}"


@pytest.mark.parametrize("number", [i for i, e in enumerate(CATALOGUE) if not e.right], ids=label)
def test_a_wrong_solution_loses_its_question_and_says_why(graded, number):
    result = result_of(graded, number)
    assert result.score < result.max_score
    assert result.status in ("partial", "failed", "crashed") and result.message


@pytest.mark.parametrize("number", [i for i, e in enumerate(CATALOGUE) if e.right], ids=label)
def test_a_right_solution_of_another_kind_keeps_full_marks(graded, number):
    result = result_of(graded, number)
    assert (result.score, result.status, result.message) == (result.max_score, "passed", "")


@pytest.mark.parametrize("number", [i for i, e in enumerate(CATALOGUE) if not e.right], ids=label)
def test_the_hint_is_the_right_one_and_never_a_wrong_one(graded, number):
    message, hint = result_of(graded, number).message, CATALOGUE[number].hint
    assert ("the known mistake" in message) == (hint is not None), message
    assert hint is None or f'the known mistake "{hint}"' in message


def test_at_least_nine_in_ten_wrong_solutions_draw_their_hint():
    wrong = [entry for entry in CATALOGUE if not entry.right]
    assert sum(entry.hint is not None for entry in wrong) >= 0.9 * len(wrong)


@pytest.mark.parametrize("hint", MISTAKES.values(), ids=list(MISTAKES))
def test_the_catalogue_holds_every_mistake_that_the_curriculum_names(hint):
    assert any(entry.hint == hint for entry in CATALOGUE)


def test_every_question_has_wrong_and_right_entries_and_each_hint_exists():
    for question in QUESTIONS:
        mine = [entry for entry in CATALOGUE if entry.question == question]
        assert any(entry.right for entry in mine) and sum(not entry.right for entry in mine) >= 8
        known = {m.name for m in questions()[question].mistakes} | {"input changed"}
        assert {entry.hint for entry in mine if entry.hint} <= known


def test_the_solution_earns_full_marks(graded):
    result = graded["solution"]
    assert result.score == result.max_score == 20
    assert all(q.status == "passed" for q in result.questions.values())


def test_a_blank_notebook_earns_nothing_and_is_called_blank(graded):
    assert graded["blank"].score == 0
    assert {q.status for q in graded["blank"].questions.values()} == {"blank"}


def test_the_six_functions_of_the_unit_are_its_questions(graded):
    assert QUESTIONS == ["correlate2d", "convolve2d", "to_gray", "gradient_magnitude", "correlate_rgb", "learn_kernel"]
    assert list(graded["solution"].questions) == QUESTIONS


@pytest.mark.parametrize("solved", range(len(QUESTIONS)), ids=lambda n: f"{n} questions solved")
def test_the_exercise_stops_at_its_first_unsolved_question(solved):
    texts = dict(list(solutions(PROJECT_UNIT).items())[:solved])
    notebook = nbformat.reads(execute(nbformat.writes(fill(PROJECT_UNIT, texts))), as_version=4)
    failing = [cell for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    assert question_of(failing[0]) == QUESTIONS[solved]
    assert "not written yet" in failing[0].outputs[-1].evalue


def test_each_question_has_a_visible_check_before_its_hidden_tests():
    source = nbformat.read(PROJECT_UNIT.source, as_version=4)
    for question in QUESTIONS:
        cells = [c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade") and question_of(c) == question]
        assert cells[0].metadata.nbgrader.grade_id == f"test_{question}"
        assert cells[0].source.index(f"check({question})") < cells[0].source.index("BEGIN HIDDEN TESTS")
        assert all(cell.source.startswith("# ") and cell.metadata.nbgrader.points in (1, 2) for cell in cells)
        assert [c.metadata.nbgrader.grade_id for c in cells[1:]] == [f"test_{question}_{i}" for i in range(2, len(cells) + 1)]


def test_what_students_get_is_what_nbgrader_releases():
    source = nbformat.read(PROJECT_UNIT.source, as_version=4)
    released = release_version(source, SLUG, nbgrader_settings(PROJECT_UNIT.course))
    assert released == nbformat.read(PROJECT_UNIT.release, as_version=4)
