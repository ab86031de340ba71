"""Accidents with formats: ids, versions of the format, and ways to write the same notebook."""

import json

import nbformat

from tests.autograder.attacks.accident import Accident

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def ids(of):
    """Give each cell the id that a function makes of its number; None: none."""
    def change(notebook):
        for number, cell in enumerate(notebook.cells):
            cell.pop("id", None)
            if of(number) is not None:
                cell["id"] = of(number)
    return change


def form(major, minor, with_ids=False):
    """Say that the notebook is of this format."""
    def change(notebook):
        notebook.nbformat, notebook.nbformat_minor = major, minor
        if not with_ids:
            ids(lambda number: None)(notebook)
    return change


def older(version):
    """The notebook as that version of the format has it: worksheets, `input`, `prompt_number`."""
    return lambda notebook: nbformat.convert(notebook, version)


def of_the_future(notebook):
    notebook.nbformat_minor = 9
    notebook.metadata["layout"] = {"columns": 2}
    for cell in notebook.cells:
        cell["pinned"] = False


def without(*keys):
    """Leave keys out of the notebook and of its cells."""
    def change(notebook):
        for owner in (notebook, *notebook.cells):
            for key in keys:
                owner.pop(key, None)
    return change


def numbered(numbers):
    """Give the code cells these numbers of execution."""
    def change(notebook):
        for cell, number in zip([cell for cell in notebook.cells if cell.cell_type == "code"], numbers, strict=False):
            cell["execution_count"] = number
    return change


def sources(of):
    def change(notebook):
        for cell in notebook.cells:
            cell["source"] = of(cell["source"])
    return change


def null_sources(notebook):
    notebook.cells[2]["source"] = None
    notebook.cells[0]["source"] = []


def empty_cells(notebook):
    notebook.cells += [nbformat.v4.new_code_cell("") for _ in range(2000)]


def own_kinds(notebook):
    notebook.cells += [nbformat.v4.new_raw_cell("a raw cell"), nbformat.from_dict(
        {"cell_type": "sql", "metadata": {}, "source": "select 1"})]


def attached(notebook):
    notebook.cells[0]["attachments"] = {"a photograph.png": {"image/png": PICTURE}}
    notebook.cells[0].source += "\n![a photograph](attachment:a%20photograph.png)"


def old_schema(notebook):
    """nbgrader's metadata as its first versions wrote them."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            for key in ("schema_version", "task", "cell_type"):
                cell.metadata.nbgrader.pop(key, None)


FORMATS = [
    Accident("no ids", "The notebook is of format 4.5, but no cell has an id", ids(lambda number: None), says=r"\bids?\b"),
    Accident("all ids the same", "All cells have the same id", ids(lambda number: "cell"), says=r"\bids?\b"),
    Accident("ids repeated", "Two cells each have the same id", ids(lambda number: f"cell-{number // 2}"), says=r"\bids?\b"),
    Accident("ids that are numbers", "The ids of the cells are numbers", ids(lambda number: number), says=r"\bids?\b"),
    Accident("ids with spaces", "The ids of the cells are longer than they may be and have spaces",
             ids(lambda number: f"a cell with number {number} " * 5), says=r"\bids?\b"),
    Accident("empty ids", "The ids of the cells are empty", ids(lambda number: ""), says=r"\bids?\b"),
    Accident("format 2", "The notebook was saved in format 2", older(2), says="format"),
    Accident("format 3", "The notebook was saved in format 3, with worksheets", older(3), says="format"),
    Accident("format 4.0", "The notebook was saved in format 4.0, which has no ids", form(4, 0)),
    Accident("format 4.4", "The notebook was saved in format 4.4, which has no ids", form(4, 4)),
    Accident("format 4.4 with ids", "The notebook has ids but says that its format has none", form(4, 4, with_ids=True)),
    Accident("format 4.9", "The notebook is of a format that does not exist yet", of_the_future, says="format"),
    Accident("format 5", "The notebook says that its format is 5.0", form(5, 0, with_ids=True), says="format"),
    Accident("no format", "The notebook does not say its format", without("nbformat", "nbformat_minor"), says="format"),
    Accident("format in words", "The notebook says its format in words",
             lambda nb: nb.update(nbformat="4", nbformat_minor="5")),
    Accident("no metadata", "A program left out all that was empty, and all metadata", without("metadata", "outputs"),
             says="metadata|scale"),
    Accident("no outputs", "A program left out outputs and numbers of execution", without("outputs", "execution_count")),
    Accident("numbers in words", "The numbers of execution are words", numbered(["1", "In [2]", "*", "4", ""])),
    Accident("numbers below zero", "The numbers of execution are fractions, or below zero", numbered([-1, 2.5, 1e9, True])),
    Accident("texts in one piece", "The texts of cells are not lists of lines",
             write=lambda text: json.dumps(nbformat.reads(text, as_version=4))),
    Accident("texts in letters", "The texts of cells are lists of single letters", sources(list)),
    Accident("empty texts", "The text of a cell is null, and of another an empty list", null_sources, says="left out|no text"),
    Accident("2,000 empty cells", "A key was held down until there were 2,000 empty cells", empty_cells),
    Accident("other kinds of cells", "There is a raw cell, and one of a kind that Jupyter does not have", own_kinds),
    Accident("picture attached", "A photograph was pasted into a text cell", attached),
    Accident("old metadata", "nbgrader's metadata are as its first versions wrote them", old_schema),
]
