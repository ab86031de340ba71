"""What a worker process does, on this machine or another: submission after submission, to an Outcome each.

It makes a notebook of the bytes, repairs it, cleans it and examines it, and says what came of it, whatever was handed in.
"""

import atexit
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from autograder import archive
from autograder.cells import settings_of
from autograder.course import NOTEBOOK, CourseError
from autograder.definitions import installs
from autograder.limits import MIB
from autograder.reading import beside, likeliest, read_notebook
from autograder.repair import answered, repair
from autograder.results import Examined
from autograder.sanitise import is_blank
from autograder.submission import Common, Outcome, Submission, one_line, start_zygote
from autograder.warm.client import Zygote

ZYGOTES = 3  # that may die, one after the other, while a submission is examined
TRIED = 5  # notebooks of one submission that are looked into, and lines that install something that are named


def examine_one(common: Common, submission: Submission) -> Outcome:
    """Clean and examine one submission. What is wrong with it, or with this process, is said in the Outcome."""
    if submission.fault:
        return Outcome(fault=submission.fault)
    if common.grader is not None and common.grader != archive.grader():
        return Outcome(fault="a worker has another version of cnn-course than this one: install the same everywhere",
                       ours=True, stop=True)
    try:
        notebook, files, notes = prepared(submission.files, common.sanitiser.released)
        large = [name for name, data in files.items() if len(data) > common.limits.file_size * MIB]
        for name in large:
            del files[name]
            notes += (f"`{one_line(name, 80)}` is larger than {common.limits.file_size:g} MiB, the limit `file_size`: "
                      "it was left out.",)
        notebook = common.sanitiser.sanitise(notebook)
        blank = frozenset(settings_of(cell)["grade_id"] for cell in notebook.cells
                          if settings_of(cell).get("solution") and is_blank(cell))
        text = nbformat.v4.writes(notebook)
    except CourseError as fault:
        return Outcome(fault=str(fault))
    except Exception as fault:  # a cell that nbgrader cannot make sense of
        return Outcome(fault=f"{NOTEBOOK} could not be prepared: {one_line(repr(fault))}")
    try:
        examined, missing = _in_zygote(common, text, files)
    except CourseError as fault:
        return Outcome(fault=str(fault), ours=True, stop=True)
    except Exception as fault:
        return Outcome(fault=f"{NOTEBOOK} could not be run: {one_line(repr(fault))}", ours=True)
    return Outcome(examined, blank, missing, notes + examined.notes)


def prepared(files: Mapping[str, bytes], released: NotebookNode) -> tuple[NotebookNode, dict[str, bytes], tuple[str, ...]]:
    """The repaired notebook among the files of a submission, the other files as they stand beside it, and what was mended.

    Where there are several notebooks, it is the likeliest by its name in which something is answered. CourseError says why
    there is none.
    """
    found, fault = [], None
    for path in likeliest(files)[:TRIED]:
        try:
            read, notes = read_notebook(files[path])
            notebook, mended = repair(read, released)
        except CourseError as why:
            fault = fault or why
            continue
        found.append((path, notebook, notes + mended))
        if answered(notebook, released):
            break
    if not found:
        raise fault or CourseError(f"there is no {NOTEBOOK}")
    path, notebook, notes = found[-1] if answered(found[-1][1], released) else found[0]
    if path != NOTEBOOK:
        why = "" if NOTEBOOK not in files else f" {fault}." if fault else f" Nothing is answered in {NOTEBOOK}."
        notes = (f"The notebook that was graded is `{one_line(path, 80)}`.{why}", *notes)
    for line in [line for cell in notebook.cells if cell.cell_type == "code" for line in installs(cell.source)][:TRIED]:
        notes += (f"`{one_line(line, 80)}` was left out: nothing is installed while a notebook is graded.",)
    return notebook, beside(files, path), notes


# --- The process that submissions are forked from ---------------------------------------------------------------------

_zygotes: dict[str | tuple[str, str], Zygote] = {}  # of this worker process: by address, or by what they are made of
_in_use: Counter[str | tuple[str, str]] = Counter()  # by how many threads, on a cluster
_guard = threading.Lock()


def _in_zygote(common: Common, notebook: str, files: dict[str, bytes]) -> tuple[Examined, tuple[str, ...]]:
    """Examine a notebook; where the zygote is found dead meanwhile, that was not the student: once more, in a new one."""
    dead = None
    for left in reversed(range(ZYGOTES)):
        with _zygote(common, dead) as zygote:
            try:
                examined = common.engine.examine(common.source, notebook, files, common.limits, zygote, common.given)
                if not left or not any(test.status in ("died", "error") for test in examined.tests) or _answers(zygote):
                    return examined, zygote.missing
            except Exception:
                if not left or _answers(zygote):
                    raise
        dead = zygote
    raise AssertionError("the last one returns or raises")


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
