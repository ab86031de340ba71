"""One submission, as it goes from the parent to a worker process and comes back.

`read_files` is what the parent does, which alone touches files; worker.py is what is done with them. Nothing here needs
more than the standard library, so that the processes which do can be started before anything else is imported.
"""

import ast
import importlib.util
import json
import os
import pkgutil
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import NOTEBOOK, CourseError, Unit
from autograder.limits import MIB, Limits
from autograder.results import Examined
from autograder.warm.client import Zygote, ZygoteError

if TYPE_CHECKING:
    from autograder.sanitise import Sanitiser

DEPTH = 50  # folders inside one another that may be handed in
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


def _examine(*arguments) -> Examined:
    from autograder.examination import examine
    return examine(*arguments)


ENGINE = Engine(_examine, Zygote)
WORKERS_IMPORT = ("autograder.preloaded",)


@dataclass(frozen=True)
class Common:
    """What all submissions of a run have in common.

    source, given : the unit's notebook with its tests, and the files beside it.
    zygote : the address of the process to fork from; None, and each worker process starts its own (on a cluster).
    grader : the version of cnn-course that a worker on another machine must have; None, and it has the parent's own files.
    """

    source: str
    given: dict[str, bytes]
    sanitiser: "Sanitiser"
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
    missing : which protection the sandbox did not have. notes : what was mended in it first, a sentence each.
    """

    examined: Examined | None = None
    blank: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    fault: str = ""
    ours: bool = False
    stop: bool = False


def examine_one(common: Common, submission: Submission) -> Outcome:
    """What a worker process is asked for: worker.examine_one, which is imported there and not in the parent."""
    from autograder import worker
    return worker.examine_one(common, submission)


def read_files(unit: Unit, student: str, limits: Limits) -> Submission:
    """Read a submission: its notebook, under whatever name, and all other files; links are not followed."""
    folder = unit.submission(student).parent
    if folder.is_symlink() or folder.parent.is_symlink():
        return Submission(student, {}, "what was handed in is a link to a folder that stands elsewhere")
    files: dict[str, bytes] = {}
    left = {True: limits.notebook * MIB, False: limits.disk * MIB}
    try:
        for place, folders, names in os.walk(folder):
            folders.sort()
            if len(Path(place).relative_to(folder).parts) == DEPTH and folders:
                return Submission(student, {}, f"there are more than {DEPTH} folders inside one another")
            for path in sorted(Path(place, name) for name in names):
                name = path.relative_to(folder).as_posix()
                if not stat.S_ISREG(path.lstat().st_mode):
                    continue
                left[is_notebook(name)] -= path.stat().st_size
                if min(left.values()) < 0:
                    which, most = ("notebook", limits.notebook) if left[True] < 0 else ("disk", limits.disk)
                    return Submission(student, {}, f"more than {most:g} MiB were handed in, the limit `{which}`")
                files[name] = path.read_bytes()
    except OSError as fault:
        return Submission(student, {}, f"what was handed in cannot be read: {fault.strerror}")
    if not any(map(is_notebook, files)):
        there = ", ".join(one_line(name, 40) for name in list(files)[:3]) + (", ..." if len(files) > 3 else "")
        return Submission(student, files, f"there is no {NOTEBOOK} in submitted/{student}/{unit.slug}"
                          + (f", only {there}" if files else ""))
    return Submission(student, files)


def is_notebook(path: str) -> bool:
    """Is it a notebook by its name? Browsers add endings to it: exercise.ipynb.txt, exercise.ipynb.json."""
    return ".ipynb" in path.rpartition("/")[2].lower()


def read_given(unit: Unit) -> dict[str, bytes]:
    """The files beside the unit's source notebook, by relative path: what its cells and tests may open."""
    folder = unit.source.parent
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".ipynb", ".pyc") and ".ipynb_checkpoints" not in path.parts}


def one_line(text: str, most: int = MESSAGE) -> str:
    """A text that a student has a hand in as one printable line of at most `most` characters, without terminal escapes."""
    text = re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= most else text[:most - 1] + "…"


def preload_of(source: str) -> tuple[str, ...]:
    """The modules that a unit's notebook imports outside of the solutions, those that are installed here, in its order.

    With cnnlib come the questions of `check`, which it imports only when it is first called.
    """
    found: dict[str, None] = {}
    for cell in json.loads(source)["cells"]:
        if cell["cell_type"] != "code" or cell["metadata"].get("nbgrader", {}).get("solution"):
            continue
        try:
            tree = ast.parse(re.sub(r"^\s*[%!?].*", "", "".join(cell["source"]), flags=re.MULTILINE))
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


def start_zygote(engine: Engine, source: str, sandbox: str) -> Zygote:
    """A process that has imported what the unit's notebook imports; CourseError when `sandbox` asks for more than there is."""
    try:
        return engine.zygote(preload_of(source), sandbox)
    except ZygoteError as fault:
        raise CourseError(str(fault)) from None
