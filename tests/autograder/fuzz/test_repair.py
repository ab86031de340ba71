"""Whatever an editor does to a notebook, the unit's cells are there again, and nothing that the student wrote is lost."""

import copy
import json
import re
import time

import nbformat
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nbformat import NotebookNode

from autograder.cells import settings_of
from autograder.course import CourseError
from autograder.reading import read_notebook
from autograder.repair import repair
from tests.autograder.fuzz.notebooks import edited, handed_in, small_unit
from tests.autograder.fuzz.test_notebooks import is_sentence

MARKS = re.compile(r"student: \w+(?: \w+)*")


def written(notebook) -> set[str]:
    """What the student wrote, by the marks in it."""
    return {mark for cell in notebook.cells for mark in MARKS.findall(cell.source)}


def repaired(notebook):
    """The repaired notebook and its notes; what holds of every notebook is held here."""
    released = small_unit().released
    read = read_notebook(json.dumps(notebook).encode())[0] if notebook.cells else notebook
    before, unit = copy.deepcopy(read), copy.deepcopy(released)
    try:
        result, notes = repair(read, released)
    except CourseError:
        assert not questions(read, released), "another notebook"
        assume(False)
    assert (read, released) == (before, unit), "what was given is left alone"
    nbformat.validate(result)
    assert all(map(is_sentence, notes)), notes
    names = [settings_of(cell).get("grade_id") for cell in result.cells]
    for cell in released.cells:
        settings = settings_of(cell)
        name = settings.get("grade_id")
        if name is None:
            continue
        assert names.count(name) <= 1
        if settings["grade"] or settings["locked"] or settings["task"]:
            assert names.count(name) == 1, f"{name} is missing"
        if name in names:
            there = result.cells[names.index(name)]
            assert (there.cell_type, settings_of(there)) == (cell.cell_type, settings)
            assert there.source == cell.source or not settings["locked"]
    assert set(names) <= {settings_of(cell).get("grade_id") for cell in released.cells} | {None}
    for test, answer in (("test_double", "double"), ("test_double_2", "double"), ("test_half", "half")):
        assert answer not in names or names.index(answer) < names.index(test), f"{test} stands before what it tests"
    locked = [name for name in ("imports", "rules", "given", "test_half") if name in names]
    assert [name for name in names if name in locked] == locked, "locked cells in another order"
    assert names.index("test_double") < names.index("test_double_2")
    assert written(read) <= written(result), f"lost: {written(read) - written(result)}"
    again, left = repair(result, released)
    assert again == result and all("no answer was found" in note for note in left), "nothing is left to mend"
    return result, notes


def questions(notebook, released) -> set[str]:
    """The unit's questions and tests of which a cell says in its metadata that it is one."""
    ours = {settings_of(cell)["grade_id"] for cell in released.cells
            if settings_of(cell).get("grade") or settings_of(cell).get("solution")}
    said = [settings_of(cell) for cell in notebook.cells]
    return ours & {settings.get("grade_id") for settings in said if isinstance(settings, dict)
                   and isinstance(settings.get("grade_id"), str)}


@given(edited())
def test_the_units_cells_are_there_again_and_nothing_is_lost(notebook):
    repaired(notebook)


@given(edited())
def test_what_was_repaired_can_be_cleaned_and_has_every_test(notebook):
    clean = small_unit().sanitise(repaired(notebook)[0])
    nbformat.validate(clean)
    prepared = {settings_of(cell).get("grade_id"): cell for cell in small_unit().prepared.cells}
    tests = [cell for cell in clean.cells if settings_of(cell).get("locked")]
    assert len(tests) == sum(bool(settings_of(cell).get("locked")) for cell in prepared.values())
    assert all(cell.source == prepared[settings_of(cell)["grade_id"]].source for cell in tests)


@given(st.lists(st.text("ab#\n\r\t \\'\"%!?é\u2028\0", max_size=20), min_size=3, max_size=3))
def test_a_notebook_in_which_only_answers_were_written_is_left_as_it_is(texts):
    notebook = handed_in()
    answers = [cell for cell in notebook.cells if settings_of(cell).get("solution")]
    for cell, text in zip(answers, texts, strict=True):
        cell.source = text.replace("\r\n", "\n").replace("\r", "\n")
    read, said = read_notebook(json.dumps(notebook).encode())
    assert (read, said) == (notebook, ())
    assert repair(read, small_unit().released) == (notebook, ())


def many(text: str, **settings):
    """5,000 cells of this text between the unit's own."""
    notebook = handed_in()
    own = nbformat.v4.new_code_cell(text)
    if settings:
        own.metadata["nbgrader"] = {"grade_id": "double", "grade": False, "solution": True, "locked": False} | settings
    notebook.cells[4:4] = [NotebookNode(copy.deepcopy(own), id=f"own-{number}") for number in range(5000)]
    return notebook


@pytest.mark.parametrize("notebook", [
    pytest.param(lambda: many("x = 1"), id="cells of one's own"),
    pytest.param(lambda: many("def double(x):\n    return 2 * x", solution=True), id="copies of an answer"),
    pytest.param(lambda: many("def double(x):\n    return (", solution=True), id="copies of half an answer"),
    pytest.param(lambda: many("assert double(2) == 4", grade_id="test_double"), id="copies of a test"),
    pytest.param(lambda: many("assert double(2) == 5", grade_id="test_double"), id="changed copies of a test"),
    pytest.param(lambda: many("import math\n\nimport numpy as np"), id="copies of a locked text"),
])
def test_five_thousand_cells_take_seconds(notebook):
    notebook = notebook()
    began = time.process_time()
    result, _ = repair(notebook, small_unit().released)
    assert time.process_time() - began < 10
    assert written(notebook) <= written(result)


@pytest.mark.parametrize("text", [
    pytest.param("x = 1\n" * 100_000, id="many lines"), pytest.param("x" * 10**6, id="a long line"),
    pytest.param("(" * 50_000, id="brackets"), pytest.param("assert double(2) == 4\n" * 20_000, id="its own line repeated"),
    pytest.param("-" * 50_000 + "1", id="signs"), pytest.param("a\nb\n" * 900, id="lines that are compared"),
])
def test_a_large_text_in_a_locked_cell_takes_seconds(text):
    notebook = handed_in()
    cell = next(cell for cell in notebook.cells if settings_of(cell).get("grade_id") == "test_double")
    cell.source = f"# student: before\n{text}\n# student: after"
    began = time.process_time()
    result, _ = repair(notebook, small_unit().released)
    assert time.process_time() - began < 10
    assert written(notebook) <= written(result)
