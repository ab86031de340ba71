"""Whatever was done to a notebook, the unit's cells are there again, and nothing that a student wrote is gone."""

import copy

import nbformat
import pytest

from autograder.cells import settings_of
from autograder.course import CourseError
from autograder.nbgrader_parts import nbgrader_settings
from autograder.reading import read_notebook
from autograder.repair import answered, repair
from autograder.sample import fill, solutions
from autograder.sanitise import Sanitiser, sanitiser

LOCKED = {"imports": "import numpy as np\nimport math", "test_a": "check(a)\nassert a(1) == 2",
          "test_b": "check(b)", "given": "x = np.arange(3)\ny = x + 1", "test_c": "assert c(x) == 3\nassert c(y) == 6",
          "test_c_2": "assert c([]) == 0"}
BLANK = {name: f"def {name}(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()" for name in "abc"}
RIGHT = {"a": "def a(x):\n    return x + 1", "b": "def b(x):\n\n    y = x * 2\n    return y",
         "c": "def c(x):\n    return sum(x)"}
UNIT = ["text", "imports", "a", "test_a", "text", "b", "test_b", "given", "c", "test_c", "test_c_2"]


def cell(name, texts=BLANK):
    if name == "text":
        return nbformat.v4.new_markdown_cell("What is asked")
    if name.startswith("own"):
        return nbformat.v4.new_code_cell(name)
    made = nbformat.v4.new_code_cell(LOCKED.get(name) or texts[name], id=name.replace("_", "-"))
    is_test = name.startswith("test")
    made.metadata["nbgrader"] = {"grade_id": name, "grade": is_test, "solution": name in BLANK, "locked": name not in BLANK,
                                 "task": False, "schema_version": 3} | ({"points": 1} if is_test else {})
    return made


def notebook(names, texts=RIGHT):
    return nbformat.v4.new_notebook(cells=[cell(name, texts) for name in names])


RELEASED = notebook(UNIT, BLANK)


def repaired(submission):
    """The names of the repaired notebook's cells, these cells, all of it, and the notes. Here is held what holds always."""
    before = copy.deepcopy(submission)
    result, notes = repair(submission, RELEASED)
    assert submission == before, "the submission itself is left alone"
    nbformat.validate(result)
    names = [settings_of(own).get("grade_id", "text" if own.cell_type == "markdown" else "own") for own in result.cells]
    named = {name: own for name, own in zip(names, result.cells, strict=True) if name in LOCKED or name in BLANK}
    assert set(LOCKED) <= set(named) and all(names.count(name) == 1 for name in named)
    assert all(named[name].source == text and named[name].cell_type == "code" for name, text in LOCKED.items())
    again, left = repair(result, RELEASED)
    assert again == result and all("no answer was found" in note for note in left), "nothing is left to mend"
    return names, named, result, " ".join(notes)


def test_an_untouched_notebook_stays_as_it_is():
    submission = notebook(UNIT)
    names, named, result, notes = repaired(submission)
    assert notes == "" and names == UNIT and result == submission


@pytest.mark.parametrize(("handed_in", "order", "said"), [
    (["text", "imports", "a", "text", "b", "test_b", "given", "c", "test_c", "test_c_2"], UNIT,
     "The cell `test_a` was deleted: it was put back."),
    (["text", "imports", "a", "own", "text", "b", "test_b", "given", "c", "test_c", "test_c_2"],
     ["text", "imports", "a", "own", *UNIT[3:]], "`test_a` was deleted"),
    (["text", "imports", "own", "text", "b", "test_b", "given", "c", "test_c", "test_c_2"],
     ["text", "imports", "own", "text", "test_a", *UNIT[5:]], "`test_a` was deleted"),
    (["text", *UNIT[2:]], UNIT, "`imports` was deleted"),
    (UNIT[:7] + UNIT[8:], UNIT, "`given` was deleted"),
    (["a", "text", "b", "c"], ["imports", "a", "test_a", "text", "b", "test_b", "given", "c", "test_c", "test_c_2"],
     "The cells `imports`, `test_a`, `test_b`, `given`, `test_c`, ... were deleted: they were put back."),
    (["text", "test_c"], ["text", *LOCKED], "were deleted"),
], ids=["a test", "a test, with code of one's own before it", "an answer and its test, answered elsewhere", "the imports",
        "what is given", "all but the answers", "all but a test"])
def test_what_was_deleted_comes_back_where_it_finds_its_answer(handed_in, order, said):
    names, _, _, notes = repaired(notebook(handed_in))
    assert names == order and said in notes


@pytest.mark.parametrize(("handed_in", "order"), [
    (["text", "imports", "test_a", "a", "own", *UNIT[4:]], ["text", "imports", "a", "own", *UNIT[3:]]),
    (["text", *UNIT[2:], "imports"], UNIT),
    (["text", "imports", "test_c", *UNIT[2:9], "test_c_2"], UNIT),
    (["text", "imports", "c", *UNIT[2:8], *UNIT[9:]], ["text", "imports", "given", "c", *UNIT[2:7], *UNIT[9:]]),
], ids=["a test above its answer", "the imports at the end", "a test above what it needs", "an answer above what is given"])
def test_what_is_locked_is_moved_back_and_answers_stay(handed_in, order):
    names, _, _, notes = repaired(notebook(handed_in))
    assert names == order and "stood elsewhere" in notes and notes.count(".") == 1


@pytest.mark.parametrize("order", [
    ["text", "imports", "a", "test_a", "text", "b", "test_b", "given", "test_c", "test_c_2", "own", "c"],
    ["text", "imports", "a", "test_a", "text", "b", "test_b", "given", "c", "test_c_2", "own", "test_c"]])
def test_a_test_follows_its_answer_and_the_test_before_it(order):
    names, _, _, notes = repaired(notebook(order))
    assert [name for name in names if name in LOCKED or name in RIGHT] == [name for name in UNIT if name != "text"]


@pytest.mark.parametrize("at", [2, 7, 13])
def test_an_answer_that_was_given_in_another_cell_is_found(at):
    submission = notebook(UNIT, RIGHT | {"b": BLANK["b"]})
    submission.cells.insert(min(at, len(submission.cells)), nbformat.v4.new_code_cell(RIGHT["b"]))
    names, named, _, notes = repaired(submission)
    assert named["b"].source == RIGHT["b"] and names.index("b") < names.index("test_b") and "own" not in names
    assert "The cell `b` was left as released, and answered in another cell: that one counts." in notes


def test_an_answer_that_is_nowhere_is_said_to_be():
    assert repaired(notebook([name for name in UNIT if name != "b"]))[3] == (
        "The cell `b` was deleted, and no answer was found elsewhere.")


@pytest.mark.parametrize("handed_in", [["text", "own"], ["imports", "own"], ["test_b"]])
def test_another_notebook_is_named(handed_in):
    submission = notebook(handed_in)
    submission.cells[0].metadata = {}
    with pytest.raises(CourseError, match="another notebook: none of this unit's questions is in it"):
        repair(submission, RELEASED)


def test_answers_in_another_order_are_left_alone():
    """A test finds its answer before it: nothing is wrong with that, and what one answer needs of another may be."""
    order = ["text", "imports", "b", "a", "test_a", "test_b", *UNIT[7:]]
    names, _, _, notes = repaired(notebook(order))
    assert names == order and notes == ""


@pytest.mark.parametrize("copies", ["after", "before", "blank after", "blank before", "both"])
def test_the_last_answer_that_is_one_counts(copies):
    submission = notebook(UNIT)
    other = nbformat.from_dict(cell("a", BLANK if "blank" in copies else {"a": "def a(x):\n    return 0"}) | {"id": "copy"})
    submission.cells.insert(3 if "after" in copies or copies == "both" else 2, other)
    if copies == "both":
        submission.cells.insert(2, nbformat.from_dict(cell("a", RIGHT) | {"id": "copy-2"}))
    names, named, _, notes = repaired(submission)
    last = "def a(x):\n    return 0" if copies in ("after", "both") else RIGHT["a"]
    assert named["a"].source == last and "`a` was there more than once" in notes
    assert names.count("own") == {"after": 1, "before": 1, "both": 2}.get(copies, 0)


def test_a_copied_test_is_one_test_and_what_was_made_of_the_copy_is_kept():
    submission = notebook(UNIT)
    submission.cells.insert(0, nbformat.from_dict(cell("test_a") | {"id": "copy"}))
    submission.cells.insert(6, nbformat.from_dict(cell("test_a") | {"id": "copy-2", "source": "a(7)"}))
    names, _, result, notes = repaired(submission)
    assert names == [*UNIT[:4], "text", "own", *UNIT[5:]] and "more than once" in notes
    assert "a(7)" in [own.source for own in result.cells]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_halves_of_an_answer_are_joined_where_they_are_no_python_alone(at):
    submission = notebook(UNIT)
    lines = RIGHT["b"].split("\n")
    submission.cells[5].source = "\n".join(lines[at:])
    submission.cells.insert(5, nbformat.from_dict(cell("b") | {"id": "half", "source": "\n".join(lines[:at])}))
    names, named, _, notes = repaired(submission)
    assert names == UNIT and notes == "The cell `b` was split: the parts were joined again."
    assert named["b"].source.replace("\n\n", "\n") == RIGHT["b"].replace("\n\n", "\n")


def test_an_answer_that_was_split_between_two_functions_stays_in_two_cells():
    submission = notebook(UNIT)
    submission.cells.insert(2, nbformat.from_dict(cell("a") | {"id": "half", "source": "def helper(x):\n    return x"}))
    names, named, _, notes = repaired(submission)
    assert names == ["text", "imports", "own", *UNIT[2:]] and "all were run, the last one counts" in notes


def test_halves_of_a_locked_cell_are_one_again():
    submission = notebook(UNIT)
    for half, source in enumerate(LOCKED["test_c"].split("\n")):
        submission.cells.insert(9 + half, nbformat.from_dict(cell("test_c") | {"id": f"half-{half}", "source": source}))
    del submission.cells[11]
    assert repaired(submission)[0] == UNIT


@pytest.mark.parametrize(("first", "last"), [(2, 3), (3, 5), (2, 5), (1, 2), (8, 10), (7, 8), (0, 10)])
def test_what_was_merged_is_taken_apart(first, last):
    """JupyterLab keeps the type and the metadata of one of the cells."""
    submission = notebook(UNIT)
    code = [own for own in submission.cells[first:last + 1] if own.cell_type == "code"]
    merged = code[0] | {"source": "\n\n".join(own.source for own in code)}
    submission.cells[first:last + 1] = [nbformat.from_dict(merged)]
    names, named, _, notes = repaired(submission)
    assert [name for name in names if name != "text"] == [name for name in UNIT if name != "text"]
    assert {name: named[name].source for name in RIGHT} == RIGHT
    assert "merged" in notes or "changed" in notes or "lost nbgrader's name" in notes


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_what_was_retyped_is_turned_back(kind):
    submission = notebook(UNIT)
    for own in submission.cells[1:4]:
        own.cell_type = kind
        del own["outputs"], own["execution_count"]
    submission.cells[2].attachments = {"a.png": {"image/png": "AAAA"}}
    names, named, _, notes = repaired(submission)
    assert names == UNIT and named["a"].cell_type == "code" and named["a"].source == RIGHT["a"]
    assert notes == "The cells `imports`, `a`, `test_a` were of another type, code or text: they were turned back."


@pytest.mark.parametrize(("source", "own"), [
    ("import numpy as np\nimport scipy\nimport math", ["import scipy"]),
    ("pass", ["pass"]), ("", []), ("import numpy as np", []), ("import numpy as np\nimport math\n\n\n", []),
    ("K = 3\nimport numpy as np\nimport math\nprint(K)", ["K = 3", "print(K)"]),
])
def test_a_locked_cell_is_as_released_and_what_was_added_is_kept(source, own):
    submission = notebook(UNIT)
    submission.cells[1].source = source
    names, _, result, notes = repaired(submission)
    assert [cell.source for cell in result.cells if cell.cell_type == "code" and not settings_of(cell)] == own
    assert ("was changed" in notes) == (source.rstrip() != LOCKED["imports"])


def test_what_was_added_and_is_no_python_is_kept_and_not_run():
    submission = notebook(UNIT)
    submission.cells[3].source = LOCKED["test_a"] + "\n    else:\n"
    assert "    else:" in [cell.source for cell in repaired(submission)[2].cells if cell.cell_type == "raw"]


@pytest.mark.parametrize("ids", ["kept", "new"])
@pytest.mark.parametrize("texts", [RIGHT, BLANK, RIGHT | {"b": "def b(x):\n    return ("}], ids=["right", "blank", "no Python"])
def test_cells_that_lost_their_metadata_are_known_by_what_they_are(ids, texts):
    submission = notebook(UNIT, texts)
    for number, own in enumerate(submission.cells):
        own.metadata.pop("nbgrader", None)
        own.id = own.id if ids == "kept" else f"new-{number}"
    names, named, _, notes = repaired(submission)
    lost = ["b"] if ids == "new" and "(" in texts["b"][-1] else []
    assert names == [name if name not in lost else "own" for name in UNIT] and "had lost nbgrader's name" in notes
    assert all(named[name].source == text for name, text in texts.items() if name not in lost)


def test_metadata_without_sense_are_the_units_again():
    submission = notebook(UNIT)
    for own, made in zip(submission.cells, ([], {"grade_id": ["no"]}, "x", 7), strict=False):
        own.metadata["nbgrader"] = made
    submission.cells[5].metadata.nbgrader |= {"grade": True, "points": 100, "locked": True}
    submission.cells[6].metadata.nbgrader |= {"grade": False, "solution": True}
    submission.cells.append(nbformat.v4.new_code_cell("1", metadata={"nbgrader": {"grade_id": "other", "grade": True}}))
    names, named, _, _ = repaired(submission)
    assert names == [*UNIT, "own"]
    assert all(settings_of(own) == settings_of(cell(name)) for name, own in named.items())


def test_answers_are_counted():
    assert [answered(notebook(UNIT, texts), RELEASED) for texts in (BLANK, BLANK | {"a": RIGHT["a"]}, RIGHT)] == [0, 1, 3]


def test_a_notebook_of_thousands_of_cells_is_repaired(unit):
    submission = notebook([*UNIT[:5], *[f"own {number}" for number in range(5000)], *UNIT[5:]])
    del submission.cells[3]
    assert repaired(submission)[0].count("own") == 5000


def change(notebook, how):
    """Do something to a submission of unit 01 that must not change its tests."""
    named = {settings_of(cell).get("grade_id"): cell for cell in notebook.cells}
    test, answer = named["test_to_gray"], named["to_gray"]
    place = notebook.cells.index(test)
    if how == "outputs":
        for own in notebook.cells:
            if own.cell_type == "code":
                own.outputs, own.execution_count = [nbformat.v4.new_output("stream", text="20 of 20")], 5
    elif how == "a test that always passes":
        test.source = "pass"
    elif how == "a test turned into text":
        del test["outputs"], test["execution_count"]
        test.cell_type = "markdown"
        test.attachments = {"a.png": {"image/png": "AAAA"}}
    elif how == "a deleted test":
        notebook.cells.remove(test)
    elif how == "a copied test":
        notebook.cells.insert(0, nbformat.from_dict(dict(test) | {"id": "copy", "source": "pass"}))
    elif how == "a copied answer, the first one wrong":
        notebook.cells.insert(place, nbformat.from_dict(dict(answer) | {"id": "copy"}))
        answer.source = "def to_gray(rgb):\n    return 0"
    elif how == "more points":
        test.metadata.nbgrader.points = 100
    elif how == "another kernel":
        notebook.metadata.kernelspec = {"name": "evil", "display_name": "Evil", "language": "sh"}
    return notebook


@pytest.mark.parametrize("how", [
    "outputs", "a test that always passes", "a test turned into text", "a deleted test",
    "a copied test", "a copied answer, the first one wrong", "more points", "another kernel"])
def test_what_a_student_did_to_a_real_notebook_is_undone(unit, how):
    """The whole way: read, repaired, and cleaned by nbgrader, with the hidden tests in it."""
    cleaner = sanitiser(unit)
    handed_in = nbformat.writes(change(fill(unit, solutions(unit)), how)).encode()
    clean = cleaner.sanitise(repair(read_notebook(handed_in)[0], cleaner.released)[0])
    nbformat.validate(clean)
    prepared, named = ({settings_of(cell)["grade_id"]: cell for cell in some.cells if settings_of(cell)}
                       for some in (cleaner.prepared, clean))
    tests = [name for name in prepared if name.startswith("test_")]
    assert [name for name in named if name.startswith("test_")] == tests
    for name in tests:
        assert named[name].source == prepared[name].source
        assert settings_of(named[name]) | {"task": False} == settings_of(prepared[name])
        assert named[name].outputs == [] and named[name].execution_count is None
    assert named["to_gray"].source == solutions(unit)["to_gray"]
    assert clean.metadata.kernelspec == prepared_kernel(cleaner)


def prepared_kernel(cleaner: Sanitiser):
    return cleaner.prepared.metadata.kernelspec


def test_no_released_notebook_of_the_course_needs_repair(course):
    for unit in course.units():
        cleaner = Sanitiser(nbformat.read(unit.source, as_version=4), nbgrader_settings(course), unit.source.parent)
        handed_in = fill(unit, {})
        assert repair(handed_in, cleaner.released) == (handed_in, ()), unit.slug
