"""What grading found, kept beside the gradebook: course/graded/UNIT/STUDENT.json, one small file a submission.

The gradebook knows the points; the archive also knows why they were lost, and from what they follow. So what is
unchanged need not be graded again, and a run that was ended halfway goes on where it was. A file is written when its
marks are in the gradebook, and removed before they are replaced: where there is one, it is true.
"""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from autograder.course import Unit
from autograder.limits import Limits
from autograder.results import QuestionResult, StudentResult, TestResult

try:
    import fcntl
except ImportError:  # Windows, where nothing is graded
    fcntl = None

PACKAGES = ("autograder", "cnnlib")  # a mark follows from these as well


@dataclass(frozen=True)
class Kept:
    """What is kept of one submission. key: from what it follows; missing: which protection the sandbox did not have."""

    key: str
    missing: tuple[str, ...]
    result: StudentResult


def submission_key(files: Mapping[str, bytes], given: Mapping[str, bytes], source: str, settings: bytes, limits: Limits) -> str:
    """A name for everything that a submission's marks follow from, the same in every run.

    files, given : what was handed in, and what stands beside the unit's source, by relative path.
    source : JSON of the unit's source notebook. settings : the text of nbgrader_config.py.
    The version of this program is part of the key too.
    """
    parts = [grader().encode(), source.encode(), settings, json.dumps(dataclasses.asdict(limits), sort_keys=True).encode()]
    for some in (files, given):
        parts += [part for name in sorted(some) for part in (name.encode("utf-8", "surrogateescape"), some[name])]
        parts.append(b"")
    return _digest(parts)


@functools.cache
def grader() -> str:
    """The version of cnn-course, and a digest of the files that it consists of here."""
    parts = []
    for package in PACKAGES:
        folder = Path(importlib.util.find_spec(package).origin).parent
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                parts += [path.relative_to(folder.parent).as_posix().encode(), path.read_bytes()]
    return f"{importlib.metadata.version('cnn-course')} {_digest(parts)}"


def read(unit: Unit, student: str) -> Kept | None:
    """What is kept of a submission; None when there is nothing, or nothing that this version can read."""
    try:
        data = json.loads(_path(unit, student).read_text(encoding="utf-8"))
        return Kept(data["key"], tuple(data["missing"]), _result(data["result"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def students(unit: Unit) -> list[str]:
    """Of whom something is kept: everyone whose submission was graded, or could not be."""
    return sorted(path.stem for path in _path(unit, "").parent.glob("*.json") if path.stem)


def write(unit: Unit, student: str, kept: Kept) -> None:
    """Keep what is known of a submission, whole or not at all."""
    write_whole(_path(unit, student), json.dumps(dataclasses.asdict(kept), indent=1) + "\n")


def remove(unit: Unit, student: str) -> None:
    """Forget a submission."""
    _path(unit, student).unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file that is at any moment either the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new-{path.name}")  # always the same: what a run leaves there that is killed, the next one takes
    with _held(new) as file:
        try:
            file.write(text)
            file.flush()
            os.chmod(new, 0o644)
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def _held(path: Path) -> Iterator[TextIO]:
    """An empty file to write in, which no other run writes in meanwhile."""
    while True:
        with open(path, "a", encoding="utf-8") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(path, file):  # else another run was quicker, and has put it in its place
                file.truncate(0)
                yield file
                return


def _is_at(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _path(unit: Unit, student: str) -> Path:
    return unit.course.root / "graded" / unit.slug / f"{student}.json"


def _result(data: dict) -> StudentResult:
    questions = {name: QuestionResult(**{**question, "tests": tuple(TestResult(**test) for test in question["tests"])})
                 for name, question in data["questions"].items()}
    return StudentResult(**{**data, "questions": questions, "notes": tuple(data["notes"])})


def _digest(parts: Iterable[bytes]) -> str:
    """SHA-256 of some texts, such that none of them can pass for another cut of the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
