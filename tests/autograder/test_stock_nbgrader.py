"""Stock nbgrader works in the course root as its documentation says, and gives honest submissions the same marks."""

import csv
import subprocess

import nbformat
import pytest

from autograder.grade import grade
from autograder.sample import fill, solutions
from cnnlib.check import questions

SLUG = "01-edge-detection"
pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("stock")]

FLIPPED = """def correlate2d(image, kernel):
    kernel = np.asarray(kernel, dtype=float)[::-1, ::-1]
    (height, width), (kh, kw) = image.shape, kernel.shape
    if kh > height or kw > width:
        raise ValueError("the kernel does not fit")
    return np.array([[np.sum(image[i:i + kh, j:j + kw] * kernel) for j in range(width - kw + 1)]
                     for i in range(height - kh + 1)])
"""
HONEST = {
    "ada": {},  # the solution
    "bob": {"correlate2d": FLIPPED,
            "to_gray": "def to_gray(rgb):\n    return rgb.mean(axis=2)"},
    "eve": {"learn_kernel": "def learn_kernel(image, target, shape, steps, rate):\n    raise RuntimeError('lost')"},
    "joe": None,  # blank
}


@pytest.fixture(scope="module")
def stock(tmp_path_factory, make_copy, environment):
    """A course in which only nbgrader's own commands were run, and what they printed."""
    unit = make_copy(tmp_path_factory.mktemp("stock") / "course").unit(SLUG)
    right = solutions(unit)
    for student, wrong in HONEST.items():
        unit.submission(student).parent.mkdir(parents=True)
        nbformat.write(fill(unit, {} if wrong is None else right | wrong), unit.submission(student))
    for command in (["generate_assignment", SLUG], ["autograde", SLUG], ["generate_feedback", SLUG], ["export"]):
        done = subprocess.run(["nbgrader", *command], cwd=unit.course.root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return unit


def test_generate_assignment_releases_what_the_builder_released(stock, real_unit):
    released = nbformat.read(stock.course.root / "release" / SLUG / "exercise.ipynb", as_version=4)
    built = nbformat.read(real_unit.release, as_version=4)
    assert [(c.cell_type, c.source, c.metadata) for c in released.cells] == [
        (c.cell_type, c.source, c.metadata) for c in built.cells]


def test_autograde_and_export_give_the_marks_of_autograder_grade(stock, tmp_path, make_copy):
    with (stock.course.root / "grades.csv").open() as file:
        exported = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    unit = make_copy(tmp_path / "ours").unit(SLUG)
    for student in HONEST:
        unit.submission(student).parent.mkdir(parents=True)
        unit.submission(student).write_bytes(stock.submission(student).read_bytes())
    ours = grade(unit, list(HONEST), jobs=2)
    assert exported == {student: (result.score, result.max_score) for student, result in ours.items()}
    assert exported["ada"] == (20, 20) and exported["joe"] == (0, 20)
    assert 0 < exported["bob"][0] < exported["eve"][0] == 17


def test_a_gradient_is_asked_for_in_the_notebook_itself(tmp_path, make_copy, environment):
    unit = make_copy(tmp_path / "course").unit("09-style-transfer")
    right = solutions(unit)
    in_numpy = "def content_cost(content, generated):\n    return tf.constant(np.sum((generated - content) ** 2) / 2)"
    for student, answers in {"ada": right, "bob": right | {"content_cost": in_numpy}}.items():
        unit.submission(student).parent.mkdir(parents=True)
        nbformat.write(fill(unit, answers), unit.submission(student))
    for command in (["generate_assignment", unit.slug], ["autograde", unit.slug], ["export"]):
        done = subprocess.run(["nbgrader", *command], cwd=unit.course.root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    with (unit.course.root / "grades.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {"ada": 24, "bob": 22}


def test_generate_feedback_hides_the_hidden_tests_too(stock):
    page = (stock.course.root / "feedback" / "bob" / SLUG / "exercise.html").read_text()
    assert "(hidden tests)" in page and "HIDDEN TESTS" not in page
    assert "kernel flipped" in page and questions()["to_gray"].mistakes[0].hint in page


def test_our_gradebook_is_nbgraders(stock, tmp_path, make_copy, environment):
    unit = make_copy(tmp_path / "ours").unit(SLUG)
    unit.submission("ada").parent.mkdir(parents=True)
    unit.submission("ada").write_bytes(stock.submission("ada").read_bytes())
    grade(unit, ["ada"])
    for command in (["export"], ["generate_feedback", SLUG], ["autograde", SLUG, "--force"], ["export"]):
        done = subprocess.run(["nbgrader", *command], cwd=unit.course.root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        if command == ["export"]:
            with (unit.course.root / "grades.csv").open() as file:
                assert [(row["student_id"], float(row["score"])) for row in csv.DictReader(file)] == [("ada", 20)]
