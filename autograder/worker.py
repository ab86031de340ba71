"""What a worker process does, on this machine or another: submission after submission, to an Outcome each.

It makes a notebook of the bytes, cleans it and examines it, and says what came of it, whatever was handed in.
"""

import atexit
import contextlib
import json
import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator

import nbformat

from autograder import archive
from autograder.cells import is_base64, settings_of
from autograder.course import NOTEBOOK, CourseError
from autograder.results import Examined
from autograder.sanitise import is_blank
from autograder.submission import Common, Outcome, Submission, one_line, start_zygote
from autograder.warm.client import Zygote

PICTURES = ("image/png", "image/jpeg", "image/gif")
EMPTY = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="  # one pixel
VALUES, VALUES_BUT_OUTPUTS = 5_000_000, 200_000  # that a notebook may consist of: numbers, strings, lists, cells
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def read_notebook(data: bytes) -> nbformat.NotebookNode:
    """The notebook that a file's bytes are, without its outputs; CourseError says in a sentence what is wrong with them."""
    try:
        if _values(data) > VALUES:
            raise ValueError(f"it consists of more than {VALUES:,} values")
        content = json.loads(data.decode("utf-8"))
        _leave_out_outputs(content)
        text = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")  # half a character could not be sent on
        if _values(text) > VALUES_BUT_OUTPUTS:
            raise ValueError(f"it consists of more than {VALUES_BUT_OUTPUTS:,} values, its outputs not counted")
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:  # not JSON, not UTF-8, or too much of it
        raise CourseError(f"{NOTEBOOK} is not a notebook: {one_line(str(fault))}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what it mends: missing and repeated cell ids
            _, content = nbformat.validator.normalize(content)
        notebook = nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
        nbformat.validate(notebook)
    except Exception as fault:  # nbformat raises many kinds for the many ways to be malformed
        raise CourseError(f"{NOTEBOOK} is JSON, but not a valid notebook: {one_line(str(fault))}") from None
    return notebook


def _values(text: bytes) -> int:
    """About how many values a text of JSON holds: a few bytes of it can be a hundred times as many in memory."""
    signs = (b",", b"[", b"{")
    if sum(map(text.count, signs)) > VALUES_BUT_OUTPUTS:
        text = _STRING.sub(b"", text)
    return sum(map(text.count, signs))


def _leave_out_outputs(content) -> None:
    """Nothing that a student's computer showed is looked at, and it can be most of a file; of attachments, pictures stay."""
    sheets = content.get("worksheets", [content]) if isinstance(content, dict) else []
    for sheet in filter(_is_object, sheets if isinstance(sheets, list) else []):
        cells = sheet.get("cells")
        for cell in filter(_is_object, cells if isinstance(cells, list) else []):
            if cell.get("cell_type") == "code":
                cell["outputs"] = []
            if "attachments" in cell:
                cell["attachments"] = _pictures(cell["attachments"])


def _pictures(attachments) -> dict:
    """What is attached to a text cell. In place of what is no picture stands an empty one: its text could run in a browser."""
    return {name: {form: data for form, data in forms.items() if form in PICTURES and is_base64(data)} or {"image/png": EMPTY}
            for name, forms in (attachments.items() if _is_object(attachments) else []) if _is_object(forms)}


def _is_object(value) -> bool:
    return isinstance(value, dict)


def examine_one(common: Common, submission: Submission) -> Outcome:
    """Clean and examine one submission. What is wrong with it, or with this process, is said in the Outcome."""
    if submission.fault:
        return Outcome(fault=submission.fault)
    if common.grader is not None and common.grader != archive.grader():
        return Outcome(fault="a worker has another version of cnn-course than this one: install the same everywhere",
                       ours=True, stop=True)
    try:
        notebook = common.sanitiser.sanitise(read_notebook(submission.files[NOTEBOOK]))
        blank = frozenset(settings_of(cell)["grade_id"] for cell in notebook.cells
                          if settings_of(cell).get("solution") and is_blank(cell))
        text = nbformat.v4.writes(notebook)
    except CourseError as fault:
        return Outcome(fault=str(fault))
    except Exception as fault:  # a cell that nbgrader cannot make sense of
        return Outcome(fault=f"{NOTEBOOK} could not be prepared: {one_line(repr(fault))}")
    beside = {name: data for name, data in submission.files.items() if name != NOTEBOOK}
    try:
        examined, missing = _in_zygote(common, text, beside)
    except CourseError as fault:
        return Outcome(fault=str(fault), ours=True, stop=True)
    except Exception as fault:
        return Outcome(fault=f"{NOTEBOOK} could not be run: {one_line(repr(fault))}", ours=True)
    return Outcome(examined, blank, missing)


# --- The process that submissions are forked from ---------------------------------------------------------------------

_zygotes: dict[str | tuple[str, str], Zygote] = {}  # of this worker process: by address, or by what they are made of
_in_use: Counter[str | tuple[str, str]] = Counter()  # by how many threads, on a cluster
_guard = threading.Lock()


def _in_zygote(common: Common, notebook: str, files: dict[str, bytes]) -> tuple[Examined, tuple[str, ...]]:
    """Examine a notebook; where the zygote is found dead meanwhile, that was not the student: once more, in a new one."""
    with _zygote(common) as zygote:
        try:
            examined = common.engine.examine(common.source, notebook, files, common.limits, zygote, common.given)
            if not any(test.status in ("died", "error") for test in examined.tests) or _answers(zygote):
                return examined, zygote.missing
        except Exception:
            if _answers(zygote):
                raise
    with _zygote(common, dead=zygote) as zygote:
        return common.engine.examine(common.source, notebook, files, common.limits, zygote, common.given), zygote.missing


@contextlib.contextmanager
def _zygote(common: Common, dead: Zygote | None = None) -> Iterator[Zygote]:
    """This worker's zygote: the one that the parent started, or its own where there is none, or when that one is dead.

    A worker of a cluster may live for many runs: a zygote of an earlier one goes when another one is needed.
    """
    name = common.zygote or (common.source, common.sandbox)
    with _guard:
        if _zygotes.get(name) is dead:
            for unused in [other for other in _zygotes if other == name or not _in_use[other]]:
                _zygotes.pop(unused).close()
            _zygotes[name] = (common.engine.zygote.connect(common.zygote) if common.zygote and dead is None
                              else start_zygote(common.engine, common.source, common.sandbox))
        _in_use[name] += 1
        zygote = _zygotes[name]
    try:
        yield zygote
    finally:
        with _guard:
            _in_use[name] -= 1


def _answers(zygote: Zygote) -> bool:
    try:
        type(zygote).connect(zygote.address).close()
    except Exception:  # whatever it is, nothing can be forked there
        return False
    return True


@atexit.register
def _close_zygotes() -> None:
    for zygote in _zygotes.values():
        zygote.close()
    _zygotes.clear()
