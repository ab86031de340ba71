"""Accidents that seldom come alone: several of them happened to one notebook."""

from autograder.cells import is_test
from tests.autograder.attacks.accident import BY_HEART, LONG, WITHOUT_SCALE, Accident, cell_of
from tests.autograder.attacks.accidents_cells import (
    BLANK,
    NOTHING,
    backwards,
    copied,
    copy_below,
    delete,
    delete_all,
    edit,
    is_answer,
    merge,
    move,
    named,
    own_cell,
    split,
    turn,
)
from tests.autograder.attacks.accidents_editors import colab, in_turn, new_ids, no_metadata
from tests.autograder.attacks.accidents_formats import form, ids, older
from tests.autograder.attacks.accidents_names import rename
from tests.autograder.attacks.accidents_written import cut
from tests.autograder.attacks.world import RIGHT, WRONG


def lost(notebook):
    """All that says which cell is which."""
    no_metadata()(notebook)
    new_ids(notebook)


def blank_below(notebook):
    """The exercise as it was released, pasted below the answered one."""
    cells = [copied(cell) for cell in notebook.cells]
    for cell in filter(is_answer, cells):
        cell.source = f"{cell.source.splitlines()[0]}\n{NOTHING}"
    notebook.cells += cells


SEVERAL = [
    Accident("copy of Colab", "The notebook went through Colab, lost its metadata and is called `Copy of exercise.ipynb`",
             lambda notebook: colab(notebook, keep=False), place=rename("Copy of exercise.ipynb"), says="Copy of exercise"),
    Accident("old, nested, unnamed", "The notebook is of format 3, lies in a folder, and lost its metadata",
             in_turn(no_metadata(), older(3)), place=rename("old", "exercise.ipynb"), says="format"),
    Accident("UTF-16 and cut off", "The file is written in UTF-16 and ends in the last test",
             write=lambda text: cut("assert peak", keep=9)(text).encode("utf-16"), says="damaged"),
    Accident("renamed and cut off", "The notebook is called `final (2).ipynb` and ends in the last test",
             write=cut("assert peak", keep=9), place=rename("final (2).ipynb"), says="final"),
    Accident("test copied, answer split, imports deleted", "A test was copied, an answer split and the import cell deleted",
             in_turn(copy_below("test_mean"), split("scale", "    return values"), delete("imports")), answers={"scale": LONG},
             says="imports"),
    Accident("everything merged, metadata lost", "All cells were merged into one, and its metadata lost",
             in_turn(merge("imports", "test_peak", "imports"), lost), says="scale"),
    Accident("everything merged, answer wrong", "All cells became one without metadata, and an answer is wrong", in_turn(
        merge("imports", "test_peak", "imports"), lost), answers={"scale": BY_HEART}, deserves=WITHOUT_SCALE, says="scale"),
    Accident("answers only, without metadata", "Only the answers were handed in, without metadata",
             in_turn(delete_all(lambda cell: not is_answer(cell)), lost), says="imports"),
    Accident("backwards, without metadata", "All cells were turned round, and their metadata lost", in_turn(backwards, lost),
             says="imports"),
    Accident("two tries, without metadata", "Metadata were lost, and a wrong try stands above the right one",
             in_turn(own_cell(WRONG, "scale"), lost), says="scale"),
    Accident("blank answer above, without metadata", "Metadata were lost, and the answer stands below the blank one",
             in_turn(copy_below("scale", RIGHT), edit("scale", BLANK), lost), says="scale"),
    Accident("split, without metadata", "An answer was split between its functions, and metadata were lost",
             in_turn(split("scale", "def scale"), lost), answers={"scale": LONG}, says="scale"),
    Accident("blank exercise below", "The exercise as it was released was pasted below the answered one", blank_below,
             says="scale"),
    Accident("same ids and a copy", "All cells have the same id, and an answer was copied before it was given",
             in_turn(copy_below("scale"), edit("scale", BLANK), ids(lambda number: "cell")), says="scale"),
    Accident("text, moved, format 4.2", "An answer became text and was moved to the end of a notebook of format 4.2",
             in_turn(turn(named("scale"), "markdown"), move("scale", None), form(4, 2)), says="scale"),
    Accident("tests text, answers raw", "The tests became text and the answers raw",
             in_turn(turn(is_test, "markdown"), turn(is_answer, "raw")), says="scale"),
    Accident("answer in its merged test", "The answer was written into its test, merged with the next one",
             in_turn(edit("test_scale", f"{RIGHT}\n\n@"), edit("scale", BLANK),
                     merge("test_scale", "test_scale_2", "test_scale")), says="test_scale"),
    Accident("nothing but one answer", "All cells but one answer were deleted", lambda notebook: setattr(
        notebook, "cells", [cell_of(notebook, "scale")]), deserves=3.0, says="`mean`|deleted"),
]
