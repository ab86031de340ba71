"""A small unit, notebooks of it as students hand them in, and what editors do to them."""

import copy
import functools
import json

import nbformat
from hypothesis import note
from hypothesis import strategies as st
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.cells import settings_of
from autograder.sanitise import Sanitiser
from tests.autograder.fuzz.strategies import ANY_JSON, TEXTS, twisted


def _unit_cell(kind: str, name: str, source: str, **settings) -> NotebookNode:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.id = name.replace("_", "-")
    if settings:
        made.metadata["nbgrader"] = {"grade_id": name, "grade": False, "solution": False, "locked": False, "task": False,
                                     "schema_version": 3} | settings
    return made


def _answer(name: str, body: str) -> NotebookNode:
    return _unit_cell("code", name, f"def {name}(x):\n    ### BEGIN SOLUTION\n    return {body}\n    ### END SOLUTION",
                      solution=True)


def _test(name: str, source: str) -> NotebookNode:
    return _unit_cell("code", name, f"{source}\n### BEGIN HIDDEN TESTS\nassert {source.split()[1]}\n### END HIDDEN TESTS",
                      grade=True, locked=True, points=1)


SOURCE = nbformat.v4.new_notebook(cells=[
    _unit_cell("markdown", "title", "# A small unit\n\nWhat is asked."),
    _unit_cell("code", "imports", "import math\n\nimport numpy as np", locked=True),
    _answer("double", "2 * x"),
    _test("test_double", "assert double(2) == 4"),
    _test("test_double_2", "assert double('a') == 'aa', 'texts too'"),
    _unit_cell("markdown", "between", "## And now?"),
    _unit_cell("markdown", "rules", "Only *this* file counts.", locked=True),
    _answer("half", "x / 2"),
    _unit_cell("code", "given", "xs = np.arange(3)\nys = xs + 1", locked=True),
    _test("test_half", "assert half(2) == 1"),
    _unit_cell("markdown", "essay", "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", grade=True, solution=True, points=2),
    _unit_cell("markdown", "task", "Draw something below.", task=True, points=3, locked=True),
], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}})


@functools.cache
def small_unit() -> Sanitiser:
    return Sanitiser(SOURCE, Config())


ANSWERS = {"double": "def double(x):\n    # student: doubled\n    return x + x", "half": "def half(x):\n    # student: halved\n"
           "    return x / 2", "essay": "student: because it is so"}


def handed_in() -> NotebookNode:
    """The released notebook with its answers, and a cell of the student's own."""
    notebook = copy.deepcopy(small_unit().released)
    for cell in notebook.cells:
        cell.source = ANSWERS.get(settings_of(cell).get("grade_id"), cell.source)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("double(3)  # student: tried", id="own"))
    return notebook


@functools.cache
def formats() -> dict[int, dict]:
    """The notebook that was handed in as JSON, in each of nbformat's formats."""
    notebook = handed_in()
    notebook.cells[3].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "6", "image/png": "aGk="})]
    notebook.cells[0].attachments = {"a.png": {"image/png": "aGk="}, "b.svg": {"image/svg+xml": "<svg/>"}}
    older = {version: nbformat.convert(copy.deepcopy(notebook), version) for version in (4, 3, 2)}
    older[1] = {"cells": [{"cell_type": "code", "code": cell.source, "prompt_number": 1} if cell.cell_type == "code" else
                          {"cell_type": "text", "text": cell.source} for cell in notebook.cells]}
    return json.loads(json.dumps(older), object_hook=lambda found: {int(key) if key in "4321" else key: part
                                                                    for key, part in found.items()})


CONTENTS = st.sampled_from([4, 4, 4, 3, 2, 1]).map(lambda version: formats()[version])
ENCODINGS = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"])
FOREIGN = st.sampled_from([  # what other editors write
    {"colab": {"base_uri": "https://example.org", "height": 35}, "id": "aB3_x", "outputId": "1"},
    {"vscode": {"languageId": "python"}}, {"collapsed": True, "jupyter": {"source_hidden": True}, "tags": ["remove", 7]},
    {"trusted": False, "scrolled": "auto", "deletable": False, "editable": True}, {"slideshow": {"slide_type": "-"}},
    {"execution": {"iopub.status.busy": "2024-01-01T00:00:00"}}, {"name": "test_1", "format": "text/plain"},
    {"nbgrader": {"grade_id": "double"}}, {"nbgrader": {"grade_id": "test_half", "points": "many"}}, {"nbgrader": [1]},
    {"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}, {"widgets": {"state": {}}}])
LEAVES = ANY_JSON | FOREIGN | st.sampled_from(["code", "markdown", "raw", "heading", "cells", "worksheets", 1, 2, 3, 4, 5, 99])


@st.composite
def files(draw) -> bytes:
    """A notebook's file: of any format, perhaps with changes to its JSON, in some encoding and indentation."""
    content = draw(CONTENTS)
    if draw(st.booleans()):
        content = draw(twisted(content, LEAVES))
    text = json.dumps(content, indent=draw(st.sampled_from([None, 1])), ensure_ascii=draw(st.booleans()),
                      sort_keys=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace("student", draw(TEXTS.filter(lambda text: '"' not in text and "\\" not in text)))
    return text.encode(draw(ENCODINGS), "replace")


# --- what an editor, or its owner, does -------------------------------------------------------------------------------------

EDITS = ("delete", "duplicate", "split", "merge", "move", "retype", "type into", "lose metadata", "lose ids",
         "foreign metadata", "own cell", "paste answer", "blank answer", "swap ids", "rename", "other line ends", "clear")


@st.composite
def edited(draw, most: int = 6) -> NotebookNode:
    """The notebook that was handed in after some edits. Every line that the student wrote holds the word `student` and a
    number of its own, so that it can be seen whether it is still there."""
    notebook, edits = handed_in(), draw(st.lists(st.sampled_from(EDITS), max_size=most))
    note(f"{edits}")
    for number, edit in enumerate(edits):
        cells = notebook.cells
        if not cells and edit != "own cell":
            continue
        place = draw(st.integers(0, max(len(cells) - 1, 0)))
        cell = cells[place] if cells else None
        if edit == "delete":
            del cells[place:place + draw(st.sampled_from([1, 1, 1, 3, 20]))]
        elif edit == "duplicate":
            twin = copy.deepcopy(cell)
            twin.id = draw(st.sampled_from([cell.id, f"twin-{number}"]))
            if draw(st.booleans()):
                twin.source += f"\n# student: copied {number}"
            cells.insert(draw(st.integers(0, len(cells))), twin)
        elif edit == "split":
            lines, rest = cell.source.split("\n"), copy.deepcopy(cell)
            cut = draw(st.integers(0, len(lines)))
            cell.source, rest.source, rest.id = "\n".join(lines[:cut]), "\n".join(lines[cut:]), f"split-{number}"
            if draw(st.booleans()):
                rest.metadata.pop("nbgrader", None)
            cells.insert(place + 1, rest)
        elif edit == "merge" and place + 1 < len(cells):
            below = cells.pop(place + 1)
            cell.source += draw(st.sampled_from(["\n", "\n\n"])) + below.source
            if draw(st.booleans()):
                cell.metadata = below.metadata
        elif edit == "move":
            cells.insert(draw(st.integers(0, len(cells) - 1)), cells.pop(place))
        elif edit == "retype":
            cells[place] = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell,
                            "raw": nbformat.v4.new_raw_cell}[draw(st.sampled_from(["code", "markdown", "raw"]))](
                                cell.source, id=cell.id)
            cells[place].metadata = cell.metadata  # of which nbformat's function would refuse some
        elif edit == "type into":
            lines = cell.source.split("\n")
            lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(["", "    "])) + f"# student: typed {number}")
            if draw(st.booleans()):
                del lines[draw(st.integers(0, len(lines) - 1))]
            cell.source = "\n".join(lines)
        elif edit == "lose metadata":
            for one in draw(st.sampled_from([[cell], cells])):
                one.metadata = NotebookNode()
        elif edit == "lose ids":
            for count, one in enumerate(cells):
                one.id = f"new-{number}-{count}"
        elif edit == "foreign metadata":
            cell.metadata.update(nbformat.from_dict(draw(FOREIGN)))
        elif edit == "own cell":
            kind = draw(st.sampled_from([nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell]))
            text = draw(st.sampled_from(["print(1)", "def helper(x):", "", "%matplotlib inline", "import numpy as np", "```"]))
            cells.insert(draw(st.integers(0, len(cells))), kind(f"{text}\n# student: own {number}", id=f"own-{number}"))
        elif edit == "paste answer":
            name = draw(st.sampled_from(["double", "half"]))
            cells.insert(draw(st.integers(0, len(cells))), nbformat.v4.new_code_cell(
                f"def {name}(x):\n    return x  # student: pasted {number}", id=f"pasted-{number}"))
        elif edit == "blank answer":
            for one, released in ((one, other) for one in cells for other in small_unit().released.cells
                                  if settings_of(other).get("solution") and settings_of(one) == settings_of(other)):
                one.source = released.source
        elif edit == "swap ids":
            other = cells[draw(st.integers(0, len(cells) - 1))]
            cell.id, other.id = other.id, cell.id
        elif edit == "rename" and isinstance(cell.metadata.get("nbgrader"), dict):
            names = [settings_of(other).get("grade_id", "other") for other in small_unit().released.cells]
            cell.metadata["nbgrader"]["grade_id"] = draw(st.sampled_from(names))
        elif edit == "other line ends":
            cell.source = cell.source.replace("\n", draw(st.sampled_from(["\r\n", "  \n", "\n\n"])))
        elif edit == "clear":
            cell.source = ""
    note(f"{[(one.id, one.cell_type, one.source) for one in notebook.cells]}")
    for count, cell in enumerate(notebook.cells):
        if cell.id in {other.id for other in notebook.cells[:count]} and draw(st.booleans()):
            cell.id = f"again-{count}"
    return notebook
