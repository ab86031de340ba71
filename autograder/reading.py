"""What was handed in, made a notebook: any bytes become a valid notebook of today's format, or a sentence that says why not.

What is wrong with a file and can be mended is mended, and said in a note, a sentence for student and staff. Nothing here
knows the unit; repair.py makes the cells those of the unit again.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

import nbformat
from nbformat import NotebookNode

from autograder.cells import is_base64
from autograder.course import NOTEBOOK, CourseError
from autograder.submission import is_notebook, one_line

PICTURES = ("image/png", "image/jpeg", "image/gif")
EMPTY = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="  # one pixel
VALUES, VALUES_BUT_OUTPUTS = 5_000_000, 200_000  # that a notebook may consist of: numbers, strings, lists, cells
DAMAGES = 100  # places at which a damaged file is tried again
NO_CELLS = f"{NOTEBOOK} is JSON, but not a notebook: it holds no cells"
FORMAT = (4, 5)  # of the notebooks that are made here
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_CELLS = re.compile(r'"cells"\s*:\s*\[')
_CELL = re.compile(r'\{\s*"(?:attachments|cell_type|execution_count|id|metadata|outputs|source)"\s*:')
_PART = re.compile(r'"(cell_type|id|metadata|source)"\s*:\s*')
PARTS = 4
_MERGE = re.compile(r"^<<<<<<<[^\n]*\n(.*?)^=======\n.*?^>>>>>>>[^\n]*\n", re.MULTILINE | re.DOTALL)
_NO_NOTEBOOKS = {b"PK\x03\x04": "a ZIP archive: unpack it", b"%PDF": "a PDF",
                 b"<!doctype": "a web page", b"<html": "a web page",
                 b"\x1f\x8b": "an archive: unpack it",
                 b"version https://git-lfs": "a pointer of Git LFS: the notebook itself was not handed in"}


def likeliest(files: Iterable[str]) -> list[str]:
    """The paths of notebooks, the likeliest one first: by name, by how deep they lie, Jupyter's own copies last."""
    def rank(path: str) -> tuple:
        place = PurePosixPath(path)
        return (".ipynb_checkpoints" in place.parts, place.name.startswith("."), path != NOTEBOOK, place.name != NOTEBOOK,
                place.suffix != ".ipynb", len(place.parts), path)

    return sorted(filter(is_notebook, files), key=rank)


def beside(files: Mapping[str, bytes], notebook: str) -> dict[str, bytes]:
    """The other files, by their path from where the notebook lies; those outside of its folder keep their own."""
    folder = PurePosixPath(notebook).parent
    others = {path: data for path, data in files.items() if not is_notebook(path)}
    inside = {path for path in others if PurePosixPath(path).is_relative_to(folder)}
    return ({path: data for path, data in others.items() if path not in inside}
            | {PurePosixPath(path).relative_to(folder).as_posix(): others[path] for path in inside})


def read_notebook(data: bytes) -> tuple[NotebookNode, tuple[str, ...]]:
    """The notebook that a file's bytes are, without its outputs, and what was mended.

    The notebook is of format 4.5, valid, and each of its cells has an id of its own, the same in every run. CourseError
    says in a sentence what is wrong with a file that is no notebook.
    """
    notes: list[str] = []
    try:
        text = _text(data, notes)
        if _values(text) > VALUES:
            raise ValueError(f"it consists of more than {VALUES:,} values")
        content = _content(text, notes)
        del text
        _leave_out_outputs(content)
        text = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace").decode()  # half a character is none
        if _values(text) > VALUES_BUT_OUTPUTS:
            raise ValueError(f"it consists of more than {VALUES_BUT_OUTPUTS:,} values, its outputs not counted")
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:  # not JSON, or too much of it
        raise CourseError(f"{NOTEBOOK} is not a notebook: {one_line(str(fault))}") from None
    try:
        return _notebook(_of_this_format(content, notes), notes), tuple(notes)
    except CourseError:
        raise
    except Exception as fault:  # nbformat raises many kinds for the many ways to be malformed
        why = one_line(str(fault)) or type(fault).__name__
        raise CourseError(f"{NOTEBOOK} is JSON, but not a valid notebook: {why}") from None


def new_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id for a cell, the same in every run; it is taken from then on."""
    name = hashlib.sha1(cell.source.encode("utf-8", "replace")).hexdigest()[:8]
    while name in taken:
        name = hashlib.sha1(name.encode()).hexdigest()[:8]
    taken.add(name)
    return name


# --- bytes to JSON ----------------------------------------------------------------------------------------------------

def _text(data: bytes, notes: list[str]) -> str:
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise CourseError(f"{NOTEBOOK} is empty")
    for beginning, what in _NO_NOTEBOOKS.items():
        if data.lstrip()[:64].lower().startswith(beginning.lower()):
            raise CourseError(f"{NOTEBOOK} is not a notebook but {what}")
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        wrong = text.count("\ufffd")
        if encoding == "utf-8" and len(text.encode()) - len(text) > 3 * wrong:  # most letters beyond ASCII are right
            notes.append(f"Letters of the file that could not be read, because they are not written as UTF-8: {wrong}.")
        else:
            encoding = "windows-1252"
            text = data.decode(encoding, "replace")
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"The file was not saved as UTF-8: it was read as {encoding.upper()}.")
    return text


def _content(text: str, notes: list[str]):
    """What the JSON holds; of a damaged file, the cells that are whole."""
    if 0 < text.count("\n<<<<<<<") <= DAMAGES:
        text, merged = _MERGE.subn(r"\1", text)
        if merged:
            notes.append("The file holds two versions of itself, of a merge in Git that was not finished: the first was read.")
    try:
        content, end = json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
        if text[end:].strip("\0 \t\r\n"):
            notes.append("Something stands in the file after the end of the notebook: it was left out.")
        return content
    except ValueError as fault:
        cells = list(_whole_cells(text))
        if not cells:
            raise
        notes.append(f"The file is damaged ({one_line(str(fault), 80)}): {len(cells)} of its cells could be read.")
        return {"cells": cells, "metadata": {}, "nbformat": FORMAT[0], "nbformat_minor": FORMAT[1]}


def _whole_cells(text: str) -> Iterator[dict]:
    """The cells of a damaged notebook, as far as they can be read."""
    start, decoder = _CELLS.search(text), json.JSONDecoder()
    place, damages = start.end() if start else len(text), 0
    while damages < DAMAGES and (found := _CELL.search(text, place)):
        try:
            cell, place = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            following = _CELL.search(text, found.end())
            damages, place = damages + 1, following.start() if following else len(text)
            cell = _whole_parts(text, found.start(), place, decoder)
        if "cell_type" in cell and "source" in cell:
            yield cell


def _whole_parts(text: str, start: int, end: int, decoder: json.JSONDecoder) -> dict:
    """What can be read of a damaged cell."""
    parts = {}
    for part in _PART.finditer(text, start, end):
        with contextlib.suppress(ValueError, RecursionError):
            parts.setdefault(part[1], decoder.raw_decode(text, part.end())[0])
        if len(parts) == PARTS:
            break
    return parts


def _values(text: str) -> int:
    """About how many values a text of JSON holds: a few bytes of it can be a hundred times as many in memory."""
    signs = (",", "[", "{")
    if sum(map(text.count, signs)) > VALUES_BUT_OUTPUTS:
        text = _STRING.sub("", text)
    return sum(map(text.count, signs))


def _leave_out_outputs(content) -> None:
    """Nothing that a student's computer showed is looked at, and it can be most of a file; of attachments, pictures stay."""
    if not _is_object(content):
        return
    if _is_object(content.get("metadata")):
        content["metadata"].pop("widgets", None)  # what sliders and the like looked like
    for cell in _cells(content):
        if cell.get("cell_type") == "code" or "outputs" in cell:
            cell["outputs"] = []
        if "attachments" in cell:
            cell["attachments"] = _pictures(cell["attachments"])


def _cells(content: dict) -> Iterator[dict]:
    """The cells of a notebook of any format."""
    sheets = content.get("worksheets", [content])
    for sheet in filter(_is_object, sheets if isinstance(sheets, list) else []):
        cells = sheet.get("cells")
        yield from filter(_is_object, cells if isinstance(cells, list) else [])


def _pictures(attachments) -> dict:
    """What is attached to a text cell. In place of what is no picture stands an empty one: its text could run in a browser."""
    return {name: {form: data for form, data in forms.items() if form in PICTURES and is_base64(data)} or {"image/png": EMPTY}
            for name, forms in (attachments.items() if _is_object(attachments) else []) if _is_object(forms)}


def _is_object(value) -> bool:
    return isinstance(value, dict)


# --- JSON to a notebook -----------------------------------------------------------------------------------------------

def _of_this_format(content, notes: list[str]) -> dict:
    """The notebook's JSON in the shape of format 4, whichever it had."""
    if not _is_object(content):
        raise CourseError(NO_CELLS)
    major, minor = content.get("nbformat"), content.get("nbformat_minor")
    if isinstance(content.get("worksheets"), list) and "cells" not in content:
        notes.append(f"The file is in notebook format {one_line(str(major), 9)}, of long ago: it was turned into format 4.")
        content = content | {"cells": list(_cells(content)), "nbformat_minor": 4}  # nbformat's own way can take minutes
    elif not isinstance(content.get("cells"), list):
        raise CourseError(NO_CELLS)
    elif major is None:
        notes.append("The file does not say which notebook format it is in: it was read as {}.{}.".format(*FORMAT))
    elif str(major) != str(FORMAT[0]) or (isinstance(minor, int) and minor > FORMAT[1]):
        what = ".".join(one_line(str(part), 9) for part in (major, minor))
        notes.append("The file is in notebook format {}, which is not known here: it was read as {}.{}.".format(what, *FORMAT))
    return content


def _notebook(content: dict, notes: list[str]) -> NotebookNode:
    """A valid notebook, made of what is usable of each cell."""
    cells, taken, strange, renamed = [], set(), 0, 0
    for given in content["cells"]:
        cell = _cell(given) if _is_object(given) else None
        if cell is None:
            strange += 1
            continue
        own = given.get("id")
        if isinstance(own, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", own) and own not in taken:
            taken.add(own)
            cell.id = own
        else:
            renamed += (content.get("nbformat"), content.get("nbformat_minor")) == FORMAT or own is not None
            cell.id = ""
        cells.append(cell)
    if not cells:
        raise CourseError(NO_CELLS)
    for cell in cells:
        cell.id = cell.id or new_id(cell, taken)
    if strange:
        notes.append(f"{strange} of the cells were no cells: they were left out.")
    if renamed:
        notes.append(f"{renamed} of the cells had no id, or that of another cell: they were given ids.")
    metadata = content.get("metadata")
    metadata = nbformat.from_dict(metadata) if _is_object(metadata) else NotebookNode()
    if (language := _language(metadata)) not in ("", "python"):
        notes.append(f"The notebook asks for a kernel of the language {one_line(language, 40)}: it was run with Python.")
    notebook = NotebookNode(cells=cells, metadata=metadata, nbformat=FORMAT[0], nbformat_minor=FORMAT[1])
    if not nbformat.validator.isvalid(notebook):  # then it is the metadata: nothing else was taken over as it was
        notebook.metadata = NotebookNode()
        for cell in notebook.cells:
            cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key == "nbgrader"})
        nbformat.validate(notebook)
    return notebook


def _cell(given: dict) -> NotebookNode | None:
    """A cell without its id; None for what is no cell."""
    kind = given.get("cell_type")
    source = next((given[key] for key in ("source", "input", "code", "text") if key in given), None)  # as formats went by
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(kind, str) or not isinstance(source, str):
        return None
    if kind == "heading":
        level = given.get("level")
        source = f"{'#' * int(level if level in (1, 2, 3, 4, 5, 6) else 1)} {source}"
    metadata = given.get("metadata")
    cell = NotebookNode(cell_type=kind if kind in ("code", "raw") else "markdown",
                        metadata=nbformat.from_dict(metadata) if _is_object(metadata) else NotebookNode(),
                        source=source.replace("\r\n", "\n").replace("\r", "\n"))
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    elif given.get("attachments"):
        cell.attachments = nbformat.from_dict(given["attachments"])
    return cell


def _language(metadata: NotebookNode) -> str:
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        value = metadata.get(part)
        if _is_object(value) and isinstance(value.get(key), str) and value[key]:
            return value[key].lower()
    return ""
