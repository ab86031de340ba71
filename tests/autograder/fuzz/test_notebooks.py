"""Whatever bytes are handed in, they are a valid notebook or are refused in a sentence."""

import json
import warnings

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import CourseError
from autograder.limits import MIB
from autograder.reading import beside, likeliest, read_notebook
from tests.autograder.fuzz.notebooks import files, formats, handed_in
from tests.autograder.fuzz.strategies import ANY_JSON, bounded, damaged

BEGINNINGS = [b"", b"{", b"[", b"\xef\xbb\xbf{", b"\xff\xfe", b"PK\x03\x04", b"<html>", b"\x1f\x8b", b"\0\0", b'{"cells": [',
              b'{"cells": [{"cell_type": "code", "source": "', b'{"worksheets": [{"cells": [', b"<<<<<<< mine\n"]


def is_sentence(text: str) -> bool:
    return text.isprintable() and text == " ".join(text.split()) and 5 < len(text) < 500


def outcome(data: bytes) -> tuple:
    """The notebook and its notes, or why there is none; what holds of every file is held here."""
    with warnings.catch_warnings(record=True) as warned, bounded(16 * MIB + 100 * len(data)):
        warnings.simplefilter("always")
        try:
            notebook, notes = read_notebook(data)
        except CourseError as fault:
            assert is_sentence(str(fault)), str(fault)
            return None, (str(fault),)
        finally:
            assert not warned, [str(warning.message) for warning in warned]
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    assert all(map(is_sentence, notes)), notes
    text = nbformat.writes(notebook)
    again, left = read_notebook(text.encode())
    assert nbformat.writes(again) == text
    assert left in ((), tuple(note for note in notes if "kernel of the language" in note)), "() if its metadata was invalid"
    return notebook, notes


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_notebook_or_refused(beginning, rest):
    assert outcome(beginning + rest) == outcome(beginning + rest)


PARTS = st.dictionaries(st.sampled_from(["nbformat", "nbformat_minor", "metadata", "worksheets"]), ANY_JSON)


@given(ANY_JSON | st.builds(lambda cells, rest: {"cells": cells, "nbformat": 4} | rest, st.lists(ANY_JSON, max_size=4), PARTS))
def test_any_json_is_a_notebook_or_refused(content):
    outcome(json.dumps(content).encode())


@given(files())
def test_a_notebook_of_any_format_encoding_and_editor_is_a_notebook_or_refused(data):
    outcome(data)


@pytest.mark.parametrize("version", [4, 3, 2, 1])
def test_an_old_notebook_keeps_what_was_written(version):
    notebook, notes = outcome(json.dumps(formats()[version]).encode())
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in handed_in().cells]
    assert any("format" in note for note in notes) == (version != 4)


@given(files().flatmap(damaged))
def test_a_damaged_notebook_is_a_notebook_or_refused(data):
    outcome(data)


@given(st.data(), st.sampled_from([None, 1]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_of_a_file_that_was_cut_off_every_whole_cell_is_there(data, indent, encoding):
    notebook = handed_in()
    before, after = json.dumps(json.loads(nbformat.writes(notebook)), indent=indent).split('"cells": [', 1)
    text, whole = before + '"cells": [', [len(before) + 10]
    for cell in notebook.cells:
        text += "," * (len(whole) > 1) + json.dumps(cell, indent=indent)
        whole.append(len(text))
    cut = data.draw(st.integers(whole[1], whole[-1]))
    notebook_read, notes = outcome(text[:cut].encode(encoding))
    count = sum(end <= cut for end in whole[1:])
    assert len(notebook_read.cells) in (count, count + 1), "and one of which the text is whole"
    assert [cell.source for cell in notebook_read.cells] == [cell.source for cell in notebook.cells[:len(notebook_read.cells)]]
    assert any("damaged" in note for note in notes)


def code(times: int = 1, **content) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code"} | content] * times}).encode()


@pytest.mark.parametrize("many", [
    pytest.param(lambda: b"[" * 10**6, id="brackets that never close"),
    pytest.param(lambda: b'{"cells":' * 10**5, id="cells in cells"),
    pytest.param(lambda: b'{"cells":[' + b"{}," * 10**6 + b"{}]}", id="a million cells"),
    pytest.param(lambda: b'{"cells":[' + b'{"cell_type":' * 10**5, id="cells that never end"),
    pytest.param(lambda: b'{"cells":[' + b'{"cell_type":"code","source":"' * 10**5, id="texts that never end"),
    pytest.param(lambda: b'"' + b'\\"' * 10**6, id="quotes"),
    pytest.param(lambda: b'{"a":' + b"9" * 10**6 + b"}", id="a number of a million digits"),
    pytest.param(lambda: b"\n<<<<<<< a\n=======\n" * 10**5, id="merges that never end"),
    pytest.param(lambda: b"{" + b'"cells":[],' * 10**5 + b'"cells":[]}', id="the same key again and again"),
    pytest.param(lambda: code(source=["x\n"] * 190_000), id="many lines"),
    pytest.param(lambda: code(40_000, source="", id="a"), id="one id"),
])
def test_a_bomb_is_read_or_refused_at_once(many):
    data = many()
    with bounded(200 * MIB + 100 * len(data), seconds=30):
        try:
            read_notebook(data)
        except CourseError as fault:
            assert is_sentence(str(fault))


NAMES = st.text("ab. ", min_size=1, max_size=4).filter(lambda name: name.strip(".")) | st.sampled_from(
    ["exercise.ipynb", "old", ".ipynb_checkpoints", "Exercise (1).ipynb", "exercise.ipynb.txt", ".exercise.ipynb", "data.csv"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.dictionaries(PATHS, st.binary(max_size=3), max_size=5).filter(
    lambda handed: not any(other.startswith(f"{path}/") for path in handed for other in handed)))
def test_the_notebook_is_found_among_any_files_and_what_stands_beside_it_stays_there(handed):
    found = likeliest(handed)
    assert set(found) <= set(handed) and found == likeliest(dict(reversed(handed.items())))
    for path in found:
        folder = path.rpartition("/")[0]
        others, there = beside(handed, path), {name: data for name, data in handed.items() if name not in found}
        inside = {name[len(folder) + 1 if folder else 0:]: data for name, data in there.items()
                  if not folder or name.startswith(f"{folder}/")}
        assert others == there | inside or others.items() >= inside.items() and set(others) <= set(there) | set(inside)
