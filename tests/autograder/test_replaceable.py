"""The trust gate: what a test uses is the question, ours, or named."""

import nbformat
import pytest

from autograder import build as building
from autograder.course import CourseError
from autograder.replaceable import replaceable


def cell(source, name=None, kind=""):
    made = nbformat.v4.new_code_cell(source)
    if name:
        made.metadata.nbgrader = {"grade_id": name, "grade": kind == "test", "solution": kind == "answer",
                                  "locked": kind != "answer", "schema_version": 3}
    return made


ANSWER = cell("def double(x):\n    return 2 * x", "double", "answer")
HELPER = "import numpy as np\nfrom tools import same\nlimit = 3\ndef near(x, y): return abs(x - y) < 1\nclass Case: pass"


def found(*cells):
    return [sentence.partition(",")[0] for sentence in replaceable(nbformat.v4.new_notebook(cells=list(cells)))]


@pytest.mark.parametrize("test", [
    pytest.param("assert double(1) == 2", id="the question itself"),
    pytest.param("_x = [len('a')]\nassert double(_x[0]) == 2, print('no')", id="names of its own and Python's"),
    pytest.param("import math\nfrom tools import same\nassert same(math.pi, double(1))", id="what it imports itself"),
    pytest.param("def near(x): return x\nfor limit in near([1]): assert double(limit) == 2", id="what it defines itself"),
    pytest.param("%timeit double(1)\n!ls", id="what IPython adds"),
    pytest.param("assert [near for near in [1]] == [1] and double(near=3, limit=2)", id="names that mean something else"),
    pytest.param("this is no python", id="what cannot be read"),
    pytest.param("assert double(later) == 2", id="what nobody has defined by then")])
def test_a_test_may_use_the_question_and_what_is_its_own(test):
    assert found(cell(HELPER), ANSWER, cell(test, "test_double", "test"), cell("later = 3")) == []


@pytest.mark.parametrize(("test", "names"), [
    ("assert near(double(1), 2)", ["near"]), ("np.testing.assert_allclose(double(limit), 2)", ["limit", "np"]),
    ("def _case():\n    return [same(double(n), 2) for n in range(3)]\n_case()", ["same"]),
    ("class _Case(Case):\n    want = near(1, 2)", ["Case", "near"]), ("%time assert same(double(1), 2)", ["same"])])
def test_what_only_a_cell_of_the_students_defines_is_named(test, names):
    uses = [] if test.startswith("%") else [f"test_double uses `{name}`" for name in names]
    assert found(cell(HELPER), ANSWER, cell(test, "test_double", "test")) == uses
    assert found(cell(HELPER), cell(HELPER, "imports"), ANSWER, cell(test, "test_double", "test")) == []
    assert found(cell(HELPER), cell(HELPER, "test_first", "test"), ANSWER, cell(test, "test_double", "test")) == []
    assert found(cell(HELPER), ANSWER, cell(test, "test_double", "test"), cell(HELPER, "imports")) == uses, "too late"


def test_a_helper_in_a_solution_cell_and_a_question_called_as_python_s_own_are_named():
    answer = cell("def double(x):\n    return times(x, 2)\ndef times(x, n):\n    return x * n", "double", "answer")
    assert found(answer, cell("assert times(2, 3) == 6", "test_double", "test")) == ["test_double uses `times`"]
    assert found(cell("def sum(x):\n    return 0", "sum", "answer")) == [
        "the question `sum` has the name of something of Python's own: give it another one"]


def test_the_tests_of_the_course_use_nothing_that_students_can_replace(real_unit):
    for unit in real_unit.course.units():
        assert replaceable(building.read_master(unit.masters / "exercise.py")) == []


def test_a_unit_whose_test_uses_a_student_s_helper_is_not_built_and_does_not_pass_the_check(unit):
    (unit.masters / "lecture.py").write_text("# %% [markdown]\n# Nothing.\n")
    (unit.masters / "exercise.py").write_text("""# %%
from math import isclose as near

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_double", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
assert near(double(1), 2)
""")  # noqa: E501 - a cell marker is one line
    unit.source.unlink()
    with pytest.raises(CourseError, match="(?s)students can replace:.*test_double uses `near`"):
        building.build(unit, say=lambda text: None)
    assert not unit.source.exists() and not unit.lecture.exists()
    assert building.check(unit)[0].startswith("01-edge-detection: test_double uses `near`")
