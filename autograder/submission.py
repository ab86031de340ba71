"""One submission: read from its folder, and examined in a worker process on this machine or another.

`read_files` is what the parent does, which alone touches files. `examine_one` is what a worker does: it makes a notebook
of the bytes, cleans it and examines it, and says in its Outcome what came of it, whatever was handed in.
"""

import ast
import atexit
import contextlib
import importlib.util
import json
import os
import pkgutil
import re
import stat
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder import archive
from autograder.cells import settings_of
from autograder.course import NOTEBOOK, CourseError, Unit
from autograder.examination import examine
from autograder.gradebook import Sanitiser, is_blank
from autograder.limits import MIB, Limits
from autograder.results import Examined
from autograder.warm.client import Zygote, ZygoteError

MESSAGE = 300  # characters of a message that are kept


@dataclass(frozen=True)
class Submission:
    """What a student handed in: the notebook and what stands beside it. fault: why there is nothing to examine, or ""."""

    student: str
    files: dict[str, bytes]
    fault: str = ""


@dataclass(frozen=True)
class Engine:
    """What runs a submission: `examine`, and the class of the process that it forks; a test may put others in their place."""

    examine: Callable
    zygote: type


ENGINE = Engine(examine, Zygote)


@dataclass(frozen=True)
class Common:
    """What all submissions of a run have in common.

    zygote : the address of the process to fork from; None, and each worker process starts its own (on a cluster).
    grader : the version of cnn-course that a worker on another machine must have; None, and it has the parent's own files.
    """

    source: str
    sanitiser: Sanitiser
    limits: Limits
    sandbox: str
    zygote: str | None
    grader: str | None
    engine: Engine


@dataclass(frozen=True)
class Outcome:
    """What came of a submission.

    examined : None when it could not be examined, and then fault says why; ours: for a reason that lies not in what was
    handed in; stop: for a reason that no submission of this run can escape. blank : the questions that were not answered.
    missing : which protection the sandbox did not have.
    """

    examined: Examined | None = None
    blank: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    fault: str = ""
    ours: bool = False
    stop: bool = False


def read_files(unit: Unit, student: str, limits: Limits) -> Submission:
    """Read a submission: its notebook and the other files that were handed in; links are not followed."""
    folder = unit.submission(student).parent
    files: dict[str, bytes] = {}
    left = limits.disk * MIB
    try:
        for place, folders, names in os.walk(folder):
            folders.sort()
            for path in sorted(Path(place, name) for name in names):
                name = path.relative_to(folder).as_posix()
                if (path.suffix == ".ipynb" and name != NOTEBOOK) or not stat.S_ISREG(path.lstat().st_mode):
                    continue
                left -= path.stat().st_size
                if left < 0:
                    return Submission(student, {}, f"more than {limits.disk:g} MiB were handed in, the limit `disk`")
                files[name] = path.read_bytes()
    except OSError as fault:
        return Submission(student, {}, f"what was handed in cannot be read: {fault.strerror}")
    if NOTEBOOK not in files:
        return Submission(student, files, f"there is no {NOTEBOOK} in submitted/{student}/{unit.slug}")
    return Submission(student, files)


def read_notebook(data: bytes) -> nbformat.NotebookNode:
    """The notebook that a file's bytes are; CourseError says in a sentence what is wrong with them."""
    try:
        content = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as fault:  # not JSON, or not UTF-8
        raise CourseError(f"{NOTEBOOK} is not a notebook: {one_line(str(fault))}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what it mends: missing and repeated cell ids
            _, content = nbformat.validator.normalize(content)
        notebook = nbformat.reads(json.dumps(content), as_version=4)
        nbformat.validate(notebook)
    except Exception as fault:  # nbformat raises many kinds for the many ways to be malformed
        raise CourseError(f"{NOTEBOOK} is JSON, but not a valid notebook: {one_line(str(fault))}") from None
    return notebook


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
        text = nbformat.writes(notebook)
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


def one_line(text: str) -> str:
    """A text from a student's process as one printable line, without terminal escapes."""
    text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= MESSAGE else text[:MESSAGE - 1] + "…"


def preload_of(source: str) -> tuple[str, ...]:
    """The modules that a unit's notebook imports outside of the solutions, those that are installed here, in its order.

    With cnnlib come the questions of `check`, which it imports only when it is first called.
    """
    found: dict[str, None] = {}
    for cell in nbformat.reads(source, as_version=4).cells:
        if cell.cell_type != "code" or settings_of(cell).get("solution"):
            continue
        try:
            tree = ast.parse(re.sub(r"^\s*[%!?].*", "", cell.source, flags=re.MULTILINE))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update((alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module] = None
    installed = [name for name in found if importlib.util.find_spec(name.split(".")[0]) is not None]
    if "cnnlib.check" in installed:
        room = Path(importlib.util.find_spec("cnnlib").origin).parent / "questions"
        installed += [f"cnnlib.questions.{module.name}" for module in pkgutil.iter_modules([str(room)])]
    return tuple(installed)


# --- The process that submissions are forked from ---------------------------------------------------------------------

_zygotes: dict[str | tuple[str, str], Zygote] = {}  # of this worker process: by address, or by what they are made of
_in_use: Counter[str | tuple[str, str]] = Counter()  # by how many threads, on a cluster
_guard = threading.Lock()


def start_zygote(engine: Engine, source: str, sandbox: str) -> Zygote:
    """A process that has imported what the unit's notebook imports; CourseError when `sandbox` asks for more than there is."""
    try:
        return engine.zygote(preload_of(source), sandbox)
    except ZygoteError as fault:
        raise CourseError(str(fault)) from None


def _in_zygote(common: Common, notebook: str, files: dict[str, bytes]) -> tuple[Examined, tuple[str, ...]]:
    """Examine a notebook; where the zygote is found dead meanwhile, that was not the student: once more, in a new one."""
    with _zygote(common) as zygote:
        try:
            examined = common.engine.examine(common.source, notebook, files, common.limits, zygote)
            if not any(test.status == "died" for test in examined.tests) or _answers(zygote):
                return examined, zygote.missing
        except Exception:
            if _answers(zygote):
                raise
    with _zygote(common, dead=zygote) as zygote:
        return common.engine.examine(common.source, notebook, files, common.limits, zygote), zygote.missing


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
