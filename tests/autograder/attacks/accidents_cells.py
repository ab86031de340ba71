"""Accidents with cells: what a hand that slips does to them in an editor."""

import copy

import nbformat

from autograder.cells import is_test, settings_of
from tests.autograder.attacks.accident import BY_HEART, LONG, WITHOUT_SCALE, Accident, at, cell_of
from tests.autograder.attacks.world import MEAN, RIGHT, WRONG

NOTHING = "    # YOUR CODE HERE\n    raise NotImplementedError()"  # what stands in the place of an answer
BLANK = f"def scale(x, factor, each=None):\n{NOTHING}"
TESTS = ("test_mean", "test_scale", "test_scale_2", "test_peak")


def code(text):
    return nbformat.v4.new_code_cell(text)


def copied(cell, text=None):
    """What an editor pastes for a cell: nbgrader's metadata too, but it may be deleted."""
    cell = copy.deepcopy(cell)
    cell.id = code("").id
    cell.metadata.pop("deletable", None)
    cell.source = cell.source if text is None else text
    return cell


def several(*changes):
    def change(notebook):
        for one in changes:
            one(notebook)
    return change


def copy_below(name, text=None):
    """Copy a cell and paste it below, where it gets another text."""
    def change(notebook):
        notebook.cells.insert(at(notebook, name) + 1, copied(cell_of(notebook, name), text))
    return change


def copy_to_end(name, text=None):
    def change(notebook):
        notebook.cells.append(copied(cell_of(notebook, name), text))
    return change


def delete(*names):
    def change(notebook):
        for name in names:
            del notebook.cells[at(notebook, name)]
    return change


def delete_all(wanted):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if not wanted(cell)]
    return change


def split(name, before, both=True):
    """Split a cell before some words. `both`: as in JupyterLab, where both halves keep the metadata; or only the first does."""
    def change(notebook):
        place, (first, second) = at(notebook, name), cell_of(notebook, name).source.split(before, 1)
        whole = notebook.cells[place]
        halves = [copied(whole, first.rstrip("\n")), copied(whole, before + second)]
        if not both:
            halves[1].metadata = nbformat.from_dict({})
        notebook.cells[place:place + 1] = halves
    return change


def merge(first, last, keep):
    """Select the cells from one to another and merge them: as in JupyterLab, the active cell's metadata stay."""
    def change(notebook):
        start, end = at(notebook, first), at(notebook, last)
        merged = copied(cell_of(notebook, keep), "\n\n".join(cell.source for cell in notebook.cells[start:end + 1]))
        merged.metadata["trusted"] = True
        notebook.cells[start:end + 1] = [merged]
    return change


def turn(wanted, kind):
    """Make some cells Markdown, raw or code, as one key does."""
    def change(notebook):
        for cell in notebook.cells:
            if wanted(cell):
                cell.cell_type = kind
                for key in ("outputs", "execution_count"):
                    cell.pop(key, None)
                if kind == "code":
                    cell.update(outputs=[], execution_count=None)
    return change


def named(*names):
    return lambda cell: settings_of(cell).get("grade_id") in names


def is_answer(cell):
    return bool(settings_of(cell).get("solution"))


def move(name, place):
    """Drag a cell to where another one is, or to the end (None)."""
    def change(notebook):
        cell = notebook.cells.pop(at(notebook, name))
        notebook.cells.insert(len(notebook.cells) if place is None else at(notebook, place), cell)
    return change


def to_end(wanted):
    def change(notebook):
        notebook.cells.sort(key=wanted)
    return change


def backwards(notebook):
    notebook.cells.reverse()


def edit(name, text):
    """Write something else into a cell; @ stands for what is in it."""
    def change(notebook):
        cell = cell_of(notebook, name)
        cell.source = text.replace("@", cell.source)
    return change


def own_cell(text, place=None):
    """Write a cell of one's own where another one is, or at the end."""
    def change(notebook):
        notebook.cells.insert(len(notebook.cells) if place is None else at(notebook, place), code(text))
    return change


def cut_and_paste(notebook):
    """A cut cell that is pasted has a new id."""
    place = at(notebook, "scale")
    notebook.cells[place] = copied(notebook.cells[place])


DUPLICATED = [
    Accident("test copied", "A test was copied and pasted below itself", copy_below("test_scale"), says="test_scale"),
    Accident("test copied to the end", "A test was copied to the end, to be tried again, and its copy edited",
             copy_to_end("test_mean", "assert mean([2.0, 4.0]) == 3\nprint(mean([2.0]))"), says="test_mean"),
    Accident("import cell copied", "The import cell was copied", copy_to_end("imports"), says="imports"),
    Accident("answer copied, first blank", "The blank answer was copied, and the copy answered",
             several(copy_below("scale"), edit("scale", BLANK)), says="scale"),
    Accident("answer copied, last blank", "The blank answer was copied, and only the first of the two was answered",
             copy_below("scale", BLANK), says="scale"),
    Accident("answer copied and mended", "A wrong answer was copied and the copy mended: the last one is what counts",
             several(copy_below("scale"), edit("scale", WRONG)), says="scale"),
    Accident("answer copied and spoiled", "A right answer was copied and the copy made wrong: the last one is what counts",
             copy_below("scale", WRONG), deserves=WITHOUT_SCALE, says="scale"),
    Accident("blank copy at the end", "A copy of the blank answer was left at the end of the notebook",
             copy_to_end("scale", BLANK), says="scale"),
    Accident("everything twice", "All cells were selected, copied and pasted",
             lambda nb: nb.cells.extend([copied(cell) for cell in nb.cells]), says="scale"),
    Accident("answer in a cell of its own", "The answer was written into a new cell below the one for it",
             several(edit("scale", BLANK), own_cell(RIGHT, "test_scale"))),
    Accident("answer in a cell at the end", "The answer was written into a new cell at the end, and the one for it left blank",
             several(edit("scale", BLANK), own_cell(RIGHT)), says="scale"),
]
DELETED = [
    Accident("test deleted", "A test was deleted", delete("test_mean"), says="test_mean"),
    Accident("test deleted, answer wrong", "The test of a wrong answer was deleted", delete("test_scale"),
             answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE, says="test_scale"),
    Accident("two tests deleted", "Both tests of a question were deleted", delete("test_scale", "test_scale_2"),
             says="test_scale_2"),
    Accident("all tests deleted", "All tests were deleted", delete_all(is_test), says="test_peak"),
    Accident("import cell deleted", "The import cell was deleted", delete("imports"), says="imports"),
    Accident("answer deleted", "An answer was deleted", delete("mean"), deserves=4.0, says="`mean`.* (deleted|missing)"),
    Accident("question deleted", "An answer and its test were deleted", delete("peak", "test_peak"), deserves=4.0,
             says="`peak`.* (deleted|missing)"),
    Accident("all but the answers deleted", "Everything was deleted but the answers", delete_all(lambda c: not is_answer(c)),
             says="imports"),
    Accident("all cells deleted", "All cells were deleted", delete_all(lambda cell: True), deserves=0.0,
             says="no cells", graded=False),
    Accident("headings deleted", "The text cells were deleted", delete_all(lambda cell: cell.cell_type == "markdown")),
]
SPLIT = [
    Accident("answer split in its function", "An answer was split in JupyterLab in the middle of its function",
             split("scale", "    return values"), answers={"scale": LONG}, says="scale"),
    Accident("answer split between functions", "An answer was split in JupyterLab between its two functions",
             split("scale", "def scale"), answers={"scale": LONG}, says="scale"),
    Accident("answer split in three", "An answer was split twice in JupyterLab",
             several(split("scale", "def scale"), split("scale", "    return x")), answers={"scale": LONG}, says="scale"),
    Accident("answer split without metadata", "An answer was split between its functions by an editor that gives the second "
             "half no metadata", split("scale", "def scale", both=False), answers={"scale": LONG}),
    Accident("test split", "A test was split in JupyterLab", split("test_scale", "assert"), says="test_scale"),
    Accident("test split, answer wrong", "The test of a wrong answer was split in JupyterLab", split("test_scale", "assert"),
             answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE, says="test_scale"),
    Accident("import cell split", "The import cell was split in two", split("imports", "numpy as"), says="imports"),
]
MERGED = [
    Accident("answer merged with its test", "An answer was merged with its test below, and kept its metadata",
             merge("mean", "test_mean", "mean"), says="test_mean"),
    Accident("answer merged into its test", "An answer was merged with its test below, whose metadata were kept",
             merge("mean", "test_mean", "test_mean"), says="mean"),
    Accident("two tests merged", "The two tests of a question were merged", merge("test_scale", "test_scale_2", "test_scale"),
             says="test_scale_2"),
    Accident("test merged with the next answer", "A test was merged with the heading and the answer that follow",
             merge("test_mean", "scale", "test_mean"), says="scale"),
    Accident("test merged into the next answer", "A test, a heading and the next answer were merged, and the answer's metadata "
             "kept", merge("test_mean", "scale", "scale"), says="test_mean"),
    Accident("imports merged with an answer", "The import cell, a heading and an answer were merged",
             merge("imports", "mean", "imports"), says="mean"),
    Accident("question merged", "A whole question was merged into its answer", merge("scale", "test_scale_2", "scale"),
             answers={"scale": LONG}, says="test_scale"),
    Accident("wrong question merged", "A whole question whose answer is wrong was merged into its answer",
             merge("scale", "test_scale_2", "scale"), answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE, says="test_scale"),
    Accident("everything merged", "All cells from the imports on were merged into one",
             merge("imports", "test_peak", "imports"), says="scale"),
]
RETYPED = [
    Accident("answer made Markdown", "An answer became a text cell by one key", turn(named("scale"), "markdown"), says="scale"),
    Accident("answer made raw", "An answer became a raw cell", turn(named("peak"), "raw"), says="peak"),
    Accident("test made Markdown", "A test became a text cell", turn(named("test_scale"), "markdown"), says="test_scale"),
    Accident("test made raw, answer wrong", "The test of a wrong answer became a raw cell", turn(named("test_scale"), "raw"),
             answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE, says="test_scale"),
    Accident("imports made raw", "The import cell became a raw cell", turn(named("imports"), "raw"), says="imports"),
    Accident("all code made raw", "All code cells became raw cells", turn(lambda cell: cell.cell_type == "code", "raw"),
             says="scale"),
    Accident("headings made code", "The text cells became code", turn(lambda cell: cell.cell_type == "markdown", "code")),
]
REORDERED = [
    Accident("test above its answer", "A test was dragged above its answer", move("test_mean", "mean"), says="test_mean"),
    Accident("imports at the end", "The import cell was dragged to the end", move("imports", None), says="imports"),
    Accident("answer at the end", "An answer was cut and pasted at the end", several(cut_and_paste, move("scale", None)),
             says="scale"),
    Accident("answer in its own place again", "An answer was cut and pasted where it was, with a new id", cut_and_paste),
    Accident("tests first", "All tests were moved above the answers", to_end(lambda cell: not is_test(cell)),
             says="test_scale"),
    Accident("tests at the end", "All tests were moved to the end", to_end(is_test)),
    Accident("questions in another order", "An answer and its tests were moved to the end",
             several(move("scale", None), move("test_scale", None), move("test_scale_2", None))),
    Accident("notebook backwards", "All cells were turned round", backwards, says="imports"),
]
EDITED = [
    Accident("import added", "A line was added to the locked import cell, which an answer needs",
             edit("imports", "@\nimport math"),
             answers={"mean": "def mean(x):\n    return math.fsum(x) / len(x)"}, says="imports"),
    Accident("answer in the test", "The answer was written above the assertions of its locked test, and its cell left blank",
             several(edit("test_scale", f"{RIGHT}\n\n@"), edit("scale", BLANK)), says="test_scale"),
    Accident("test printed", "A line that prints was added to a locked test", edit("test_mean", "@\nprint(mean([1.0]))"),
             says="test_mean"),
    Accident("test made easier", "The numbers of a locked test were changed, and the answer is wrong",
             edit("test_scale", "assert len(scale([1.0, 2.0], 3)) == 2"), answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE,
             says="test_scale"),
    Accident("test emptied", "The text of a locked test was deleted", edit("test_mean", ""), says="test_mean"),
    Accident("import cell emptied", "The text of the import cell was deleted", edit("imports", ""), says="imports"),
    Accident("older release", "The exercise was handed in as it was released at first, with another text in a test",
             edit("test_peak", "assert peak([7.0, 1.0]) == 0"), says="test_peak"),
    Accident("answer with a second function", "An answer got a helper function and a try of its own", lambda nb: None,
             answers={"mean": "def total(x):\n    return sum(x)\n\n\n" + MEAN.replace("sum", "total") + "\n\n\nmean([1, 2])"}),
]
