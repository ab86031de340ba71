"""A term in a folder of its own that faults may happen to: a small course, a class, the real command, and what came of it."""

import contextlib
import hashlib
import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.course import Course, Unit
from autograder.sample import fill
from autograder.warm import linux, processes
from tests.autograder.attacks.world import MEAN, PEAK, RIGHT, SLUG, WRONG, World

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds in which whatever is waited for must have come: a machine may have much to do
SOLVED = {"mean": MEAN, "scale": RIGHT, "peak": PEAK}
ANSWERS = {  # what a kind of student answers
    "right": SOLVED, "wrong": SOLVED | {"scale": WRONG}, "blank": {}, "partly": {"peak": PEAK},
    "raises": SOLVED | {"mean": "def mean(x):\n    raise LookupError('here')"},
    "exits": SOLVED | {"peak": "import os\n\n\ndef peak(x):\n    os._exit(3)"},
    "prints": SOLVED | {"mean": f"print('hello')\n{MEAN}"},
    "unreadable": None}
ROWS = """
    select student_id, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade from submitted_assignment
    join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id
    join grade on grade.notebook_id = submitted_notebook.id join base_cell on base_cell.id = grade.cell_id;
    select student_id, base_cell.name, auto_comment, manual_comment from submitted_assignment
    join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id
    join comment on comment.notebook_id = submitted_notebook.id join base_cell on base_cell.id = comment.cell_id;
    select student_id, assignment.name, submitted_notebook.late_submission_penalty, timestamp from submitted_assignment
    join assignment on assignment.id = submitted_assignment.assignment_id
    join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id;
    select id from student;
    select name, cell_type, source from base_cell join source_cell using (name)"""


@dataclass
class Term:
    """One such folder. `temp` is where its commands put what is temporary: nothing stays there."""

    folder: Path

    @property
    def unit(self) -> Unit:
        return Unit(SLUG, Course(self.folder / "course"))

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def temp(self) -> Path:
        return self.folder / "t"

    def build(self, students: int) -> "Term":
        """A course, and this many students of all kinds in turn."""
        World(self.folder).build()
        shutil.rmtree(self.course / "submitted")
        for folder in ("autograded", "graded", "feedback"):  # of a term that was before
            shutil.rmtree(self.course / folder)
        self.temp.mkdir()
        for number in range(students):
            kind = list(ANSWERS)[number % len(ANSWERS)]
            self.hand_in(f"{kind}-{number:02}", ANSWERS[kind])
        return self

    def hand_in(self, student: str, answers: dict[str, str] | None) -> None:
        """A notebook with these answers, or what is none."""
        path = self.unit.submission(student)
        path.parent.mkdir(parents=True)
        path.write_text("{" if answers is None else nbformat.writes(fill(self.unit, answers)))

    def copy(self, folder: Path) -> "Term":
        shutil.copytree(self.course, folder / "course")
        (folder / "t").mkdir()
        return Term(folder)

    def start(self, *arguments: str, first: str = "pass", errors: int = subprocess.STDOUT,
              **environment: str) -> subprocess.Popen:
        """The command on this course, with its output to be read. first: Python that it runs before."""
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(self.temp)} | environment
        command = [sys.executable, "-c", f"{first}; from autograder.cli import main; main()", "--course", str(self.course)]
        return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, env=environment,
                                cwd=self.folder)

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit status of the command, and what it said. Nothing is left of it, and it never shows a traceback."""
        with all_that_it_starts() as left:
            process = self.start(*arguments, **environment)
            said, _ = process.communicate(timeout=2 * PATIENCE)
        assert (there := left()) == [], there
        assert "Traceback" not in said, said
        return process.returncode, said

    def grade(self, *arguments: str, **environment: str) -> tuple[int, str]:
        return self.run("grade", SLUG, *(arguments or ("-j", "2")), **environment)

    def is_sound(self) -> bool:
        """Does the gradebook, where there is one, pass sqlite's own check?"""
        if not self.unit.course.database().exists():
            return True
        with contextlib.closing(sqlite3.connect(self.unit.course.database())) as gradebook:
            return gradebook.execute("pragma integrity_check").fetchall() == [("ok",)] and (
                gradebook.execute("pragma foreign_key_check").fetchall() == [])

    def kept(self) -> list[str]:
        """The students who were graded and are not to be graded again."""
        return sorted(path.stem for path in self.course.glob(f"graded/{SLUG}/[!.]*.json")
                      if json.loads(path.read_text())["result"]["status"] == "graded")

    def outcome(self, besides: str = "nobody") -> dict:
        """All marks and comments as they stand in the gradebook, and all files that grading writes, but for one student.

        There are no times in it, and no numbers of rows.
        """
        with contextlib.closing(sqlite3.connect(self.unit.course.database())) as gradebook:
            rows = {statement: sorted((row for row in gradebook.execute(statement) if row[0] != besides), key=repr)
                    for statement in ROWS.split(";")}
        left_alone = (self.course / "submitted", self.course / "source", self.course / "units")
        files = {}
        for path in sorted(self.course.rglob("*")):
            if besides in str(path):
                continue
            if path.is_file() and not any(path.is_relative_to(folder) for folder in left_alone):
                name, data = path.relative_to(self.course).as_posix(), path.read_bytes()
                if name.startswith("graded/"):
                    data = re.sub(rb'"seconds": [0-9.e-]+', b"", data)
                files[name] = hashlib.sha256(data).hexdigest() if not name.startswith("gradebook.db") else ""
            elif path.is_dir() and not any(path.iterdir()):
                files[path.relative_to(self.course).as_posix()] = "an empty folder"
        return {"rows": rows, "files": files}


def differences(one: dict, other: dict, feedback: bool = False) -> list[str]:
    """Where two outcomes differ, in lines; the pages of feedback count where both have them."""
    found = [f"{name}: {one['files'].get(name)} / {other['files'].get(name)}" for name in sorted(one["files"] | other["files"])
             if one["files"].get(name) != other["files"].get(name) and (feedback or not name.startswith("feedback/"))]
    for statement, rows in one["rows"].items():
        others = other["rows"][statement]
        found += [f"{row}: {rows.count(row)} / {others.count(row)}" for row in sorted({*rows, *others}, key=repr)
                  if rows.count(row) != others.count(row)]
    return found


def wait_until(happens: Callable[[], object], process: subprocess.Popen) -> None:
    """Wait until something has happened, which a process does."""
    until = time.monotonic() + PATIENCE
    while not happens():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise AssertionError("it never happened")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)


def processes_of(pid: int, what: str) -> list[int]:
    """The processes that one has started, itself or through others, with these words in their command line or as their name."""
    return [child for child in processes.descendants(pid) if what in name_of(child) or what in comm_of(child)]


def skipped(said: str) -> int:
    """How many submissions a run did not grade again, as the command says."""
    found = re.search(r"(\d+) of them had not changed", said)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def all_that_it_starts() -> Iterator:
    """A function that says what is left of all that is started in here, by its names, after the time that it has to end."""
    before = set(processes.descendants(os.getpid()))
    linux.become_subreaper()  # what loses its parent becomes a child of this process

    def left() -> list[str]:
        until, names = time.monotonic() + PATIENCE, []
        while found := [pid for pid in processes.descendants(os.getpid()) if pid not in before]:
            for pid in found:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > until:
                names = [name_of(pid) for pid in found]
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                until = time.monotonic() + PATIENCE
            with contextlib.suppress(ProcessLookupError):
                ended = os.pidfd_open(found[0])
                select.select([ended], [], [], 0.5)
                os.close(ended)
        return names

    yield left


def comm_of(pid: int) -> str:
    """The name that a process has given itself."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def name_of(pid: int) -> str:
    """The command line of a process."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    return ""
