"""Whatever bytes were handed in become a valid notebook, or a sentence that says why not."""

import json
import tracemalloc

import nbformat
import pytest

from autograder.course import CourseError
from autograder.nbgrader_parts import nbgrader_settings
from autograder.reading import beside, likeliest, read_notebook
from autograder.sample import fill, solutions
from autograder.sanitise import Sanitiser
from autograder.worker import prepared

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
NOTEBOOK = nbformat.v4.new_notebook(metadata=KERNEL, cells=[
    nbformat.v4.new_markdown_cell("Fünf – Größe", id="one"),
    nbformat.v4.new_code_cell("x = 'é'\nprint(x)", id="two", outputs=[nbformat.v4.new_output("stream", text="é\n")]),
    nbformat.v4.new_code_cell("y = 2", id="three")])
TEXT = json.dumps(NOTEBOOK, ensure_ascii=False, indent=1, sort_keys=True)
SOURCES = [cell.source for cell in NOTEBOOK.cells]


def read(data):
    """What is read, held to be valid and the same each time."""
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    notebook, notes = read_notebook(data)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert read_notebook(data) == (notebook, notes)
    return notebook, " ".join(notes)


def raw(**changes):
    return json.loads(TEXT) | changes


def test_a_notebook_as_jupyter_writes_it_needs_no_word():
    notebook, notes = read(TEXT.encode())
    assert notes == "" and [cell.source for cell in notebook.cells] == SOURCES
    assert [cell.id for cell in notebook.cells] == ["one", "two", "three"] and notebook.metadata == NOTEBOOK.metadata


@pytest.mark.parametrize(("data", "said"), [
    (TEXT.encode("utf-8-sig"), ""), (TEXT.encode("utf-16"), "read as UTF-16"), (TEXT.encode("utf-16-le"), "UTF-16"),
    (TEXT.encode("utf-32"), "UTF-32"), (TEXT.encode("windows-1252"), "WINDOWS-1252"),
    (TEXT.encode() + b"\0" * 4096, ""), (TEXT.encode() * 2, "after the end of the notebook"),
    (TEXT.replace("\n", "\r\n").encode(), ""),
], ids=["BOM", "UTF-16", "UTF-16 without BOM", "UTF-32", "Windows-1252", "zeros at the end", "twice", "CRLF"])
def test_an_encoding_or_a_tail_costs_nothing(data, said):
    notebook, notes = read(data)
    assert [cell.source for cell in notebook.cells] == SOURCES and (said in notes if said else notes == "")


def test_one_wrong_byte_costs_no_other_letter():
    notebook, notes = read(TEXT.replace("y = 2", "y = 2  # @").encode().replace(b"@", b"\xe9"))
    assert [cell.source for cell in notebook.cells] == [*SOURCES[:2], "y = 2  # \ufffd"]
    assert "could not be read, because they are not written as UTF-8: 1." in notes


@pytest.mark.parametrize(("cut", "left"), [('"y = 2', 2), ('"outputs": [\n    {', 1), ('"kernelspec"', 3)])
def test_of_a_file_that_was_cut_off_the_whole_cells_are_read(cut, left):
    notebook, notes = read(TEXT[:TEXT.index(cut) + len(cut)].encode())
    assert [cell.source for cell in notebook.cells] == SOURCES[:left] and f"{left} of its cells could be read" in notes


def test_one_damaged_cell_costs_no_other():
    notebook, notes = read(TEXT.replace('"metadata": {}', '"metadata": {,}', 1).encode())
    assert [cell.source for cell in notebook.cells] == SOURCES and "The file is damaged" in notes
    notebook, notes = read(TEXT.replace(json.dumps(SOURCES[0], ensure_ascii=False), "?", 1).encode())
    assert [cell.source for cell in notebook.cells] == SOURCES[1:] and "2 of its cells could be read" in notes


def test_of_a_cell_that_was_cut_off_its_text_is_read_where_it_comes_first():
    """Colab writes it before what the cell has shown."""
    cells = [{"cell_type": "code", "source": ["x = 1\n", "y"], "metadata": {"id": "a"}, "execution_count": 1, "outputs": [
        {"output_type": "display_data", "data": {"image/png": "A" * 1000}, "metadata": {}}]}] * 2
    text = json.dumps({"nbformat": 4, "nbformat_minor": 0, "metadata": {}, "cells": cells})
    assert [cell.source for cell in read(text[:-600].encode())[0].cells] == ["x = 1\ny"] * 2


def test_of_a_merge_that_was_not_finished_the_first_version_is_read():
    line = next(line for line in TEXT.split("\n") if "y = 2" in line)
    merge = f"<<<<<<< HEAD\n{line}\n=======\n{line.replace('2', '3')}\n>>>>>>> theirs"
    notebook, notes = read(TEXT.replace(line, merge).encode())
    assert [cell.source for cell in notebook.cells] == SOURCES and "a merge in Git that was not finished" in notes


@pytest.mark.parametrize(("content", "said"), [
    ({"worksheets": [{"cells": [
        {"cell_type": "heading", "level": 2, "source": "Head", "metadata": {}},
        {"cell_type": "code", "input": ["x = 1\n", "x"], "language": "python", "collapsed": False, "metadata": {},
         "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["1"], "metadata": {}}]}], "metadata": {}}],
        "metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}, "format 3, of long ago"),
    (raw(nbformat=5, nbformat_minor=0), "format 5.0, which is not known"),
    (raw(nbformat_minor=9, future={"x": 1}), "format 4.9, which is not known"),
    (raw(nbformat_minor=0), ""), (raw(nbformat_minor=4), ""),
    ({"cells": raw()["cells"]}, "does not say which notebook format"), (raw(nbformat="4", nbformat_minor="5"), ""),
    ({"cells": [{"cell_type": "text", "text": "## Head"}, {"cell_type": "code", "code": "x = 1\nx", "prompt_number": 1}]},
     "does not say"),
])
def test_other_formats_are_read(content, said):
    notebook, notes = read(content)
    sources = [cell.source for cell in notebook.cells]
    assert sources in (SOURCES, ["## Head", "x = 1\nx"]) and (said in notes if said else notes == "")


@pytest.mark.parametrize(("ids", "said"), [
    ([None, None, None], "3 of the cells"), (["a", "a", "a"], "2 of the cells"), (["a", "ä ö", 7], "2 of the cells"),
    (["a", "x" * 65, "c"], "1 of the cells")])
def test_cells_get_ids(ids, said):
    content = raw()
    for cell, name in zip(content["cells"], ids, strict=True):
        cell["id"] = name
        if name is None:
            del cell["id"]
    notebook, notes = read(content)
    assert said in notes and (ids[0] is None or notebook.cells[0].id == ids[0])


def test_what_other_editors_write_and_what_makes_no_sense_is_left_out():
    content = raw()
    content["cells"][0] |= {"metadata": {"id": "colab", "tags": 7}, "source": ["Fünf", " – ", "Größe"], "attachments": "x"}
    content["cells"][1] |= {"metadata": [], "execution_count": "7", "outputs": None, "vscode": {}, "source": SOURCES[1]}
    content["cells"][2] |= {"cell_type": "code", "metadata": {"name": 3, "nbgrader": {"grade_id": "y"}}}
    content["cells"] += [None, 7, {"cell_type": "code"}, {"source": "z = 3"}]
    content["metadata"] = {"widgets": {"state": ["x"] * 300_000}, "language_info": 3, "kernelspec": {"language": "R"}}
    notebook, notes = read(content)
    assert [cell.source for cell in notebook.cells] == SOURCES
    assert notes == ("4 of the cells were no cells: they were left out. "
                     "The notebook asks for a kernel of the language r: it was run with Python.")
    assert notebook.cells[2].metadata == {"nbgrader": {"grade_id": "y"}}, "what nbgrader needs is kept"


def test_a_cell_of_an_unknown_type_is_text():
    content = raw()
    content["cells"][2]["cell_type"] = "sql"
    assert read(content)[0].cells[2].cell_type == "markdown"


@pytest.mark.parametrize(("data", "said"), [
    (b"", "exercise.ipynb is empty"), (b"\xef\xbb\xbf", "is empty"), (b"\0" * 4096, "is empty"), (b" \n", "is empty"),
    (b"PK\x03\x04rest", "not a notebook but a ZIP archive: unpack it"), (b"%PDF-1.7", "but a PDF"),
    (b"\n<!DOCTYPE html><html>", "but a web page"), (b"def f(x): return x", "is not a notebook: Expecting value"),
    (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS"), (b"[]", "holds no cells"),
    (b"[" * 100_000, "is not a notebook"), (b'{"cells": ' * 50_000, "is not a notebook"), (b"NaN", "holds no cells"),
    (b'{"cells": 7, "metadata": {}, "nbformat": 4}', "holds no cells"), (b'{"cells": [7, {}]}', "holds no cells"),
    (b'{"worksheets": [7], "nbformat": 3}', "holds no cells"),
])
def test_what_is_no_notebook_is_named(data, said):
    with pytest.raises(CourseError, match=said) as raised:
        read_notebook(data)
    assert str(raised.value).startswith("exercise.ipynb is ") and str(raised.value).isprintable()


# --- limits -----------------------------------------------------------------------------------------------------------

def written(**cell) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": [], "execution_count": None,
                                  "id": "one"} | cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_millions_of_values_are_refused_before_they_fill_the_memory():
    lists = b"[" + b"[]," * 3_000_000 + b"[]]"
    tracemalloc.start()
    with pytest.raises(CourseError, match="more than 5,000,000 values"):
        read_notebook(b'{"cells": [], "metadata": {"x": ' + lists + b"}}")
    with pytest.raises(CourseError, match="more than 200,000 values, its outputs not counted"):
        read_notebook(written(metadata={"x": [[]] * 200_000}))
    assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    tracemalloc.stop()


def test_outputs_are_left_out_however_many_they_are_and_commas_in_texts_count_for_nothing():
    drawn = {"output_type": "display_data", "metadata": {}, "data": {"application/json": [0.5] * 300_000}}
    notebook, notes = read_notebook(written(outputs=[drawn], source="x = 1  # " + "," * 300_000))
    assert notebook.cells[0].outputs == [] and notebook.cells[0].source.startswith("x = 1") and notes == ()


def test_half_a_character_is_replaced_for_no_file_can_hold_it():
    assert read_notebook(written(source="x = 'a\ud800b' + '\U0001f600'"))[0].cells[0].source == "x = 'a?b' + '\U0001f600'"


# --- which of the files -----------------------------------------------------------------------------------------------

def test_notebooks_are_tried_in_order_of_likelihood():
    order = ["exercise.ipynb", "sub/exercise.ipynb", "a (1).ipynb", "z.ipynb", "sub/z.ipynb", "exercise.ipynb.txt",
             "._exercise.ipynb", ".ipynb_checkpoints/exercise-checkpoint.ipynb"]
    assert likeliest([*reversed(order), "data.csv", "ipynb.txt"]) == order


def test_files_stand_beside_the_notebook_wherever_that_stands():
    files = dict.fromkeys(["sub/n.ipynb", "sub/data/x.csv", "y.csv", "sub/z.ipynb"], b"")
    assert set(beside(files, "sub/n.ipynb")) == {"data/x.csv", "y.csv"}
    assert set(beside(files, "n.ipynb")) == {"sub/data/x.csv", "y.csv"}


@pytest.mark.parametrize(("files", "graded", "said"), [
    ({"exercise.ipynb": "right"}, "right", ""),
    ({"exercise.ipynb": "blank"}, "blank", ""),
    ({"exercise (1).ipynb": "right"}, "right", "The notebook that was graded is `exercise (1).ipynb`."),
    ({"exercise.ipynb": "blank", "exercise (1).ipynb": "right"}, "right", "Nothing is answered in exercise.ipynb."),
    ({"exercise.ipynb": "empty", "exercise-2.ipynb": "right"}, "right", "exercise.ipynb is empty."),
    ({"exercise.ipynb": "right", "exercise (1).ipynb": "blank"}, "right", ""),
    ({"exercise.ipynb": "right", ".ipynb_checkpoints/exercise-checkpoint.ipynb": "blank"}, "right", ""),
    ({".ipynb_checkpoints/exercise-checkpoint.ipynb": "right"}, "right", "checkpoint"),
    ({"exercise.ipynb": "blank", "lecture.ipynb": "other"}, "blank", ""),
    ({"exercise.ipynb.txt": "right"}, "right", "`exercise.ipynb.txt`"),
], ids=lambda value: "+".join(f"{name} {what}" for name, what in value.items()) if isinstance(value, dict) else "")
def test_the_notebook_that_is_answered_is_graded(real_unit, files, graded, said):
    cleaner = Sanitiser(nbformat.read(real_unit.source, as_version=4), nbgrader_settings(real_unit.course))
    texts = {"right": nbformat.writes(fill(real_unit, solutions(real_unit))), "blank": nbformat.writes(fill(real_unit, {})),
             "empty": "", "other": TEXT}
    notebook, _, notes = prepared({name: texts[what].encode() for name, what in files.items()}, cleaner.released)
    assert nbformat.writes(notebook) == nbformat.writes(nbformat.reads(texts[graded], as_version=4))
    assert said in " ".join(notes) if said else notes == ()


def test_where_no_notebook_can_be_read_the_likeliest_says_why():
    with pytest.raises(CourseError, match="exercise.ipynb is empty"):
        prepared({"exercise.ipynb": b"", "z.ipynb": b"[]"}, NOTEBOOK)
