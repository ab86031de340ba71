"""nbgrader's gradebook: record what the tests of a submission gave, read the marks back.

nbgrader's own preprocessors and its own `Gradebook` do the work, so that the gradebook and the folder autograded/ are those
that `nbgrader autograde` leaves and that Formgrader, `nbgrader export` and `nbgrader generate_feedback` know. What is ours
stands around them: a `Recorder` keeps one connection open and turns nbgrader's many commits into one for each submission, so
that a run that is killed leaves each student either as before or fully recorded.
"""

import contextlib
import errno
import importlib.util
import logging
import math
import os
import re
import shutil
import stat
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Base,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Course as CourseRow
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata
from sqlalchemy import URL, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    SAWarning,
)
from sqlalchemy.orm import Session, joinedload, undefer
from traitlets.config import Config

from autograder.cells import is_test, question_of, settings_of
from autograder.course import NOTEBOOK, Course, CourseError, Unit
from autograder.nbgrader_parts import NAME, QUIET, class_of, first_line, given_to, made, nbgrader_settings, through
from autograder.results import Examined, TestResult
from autograder.sanitise import sanitiser

LONGEST_DATE = 1000  # bytes that a timestamp.txt may have
PATIENCE = 60  # seconds to wait for another process that writes to the gradebook
LOCK = 0x636E6E  # PostgreSQL's number for the lock that a writer holds: any number that no other program uses


class GradebookError(CourseError):
    """The gradebook or the folder autograded/ cannot be read or written: no student's fault, so grading cannot go on."""


@dataclass(frozen=True)
class Mark:
    """The points of one test cell. score: what counts, which is the manual score where there is one."""

    question: str
    cell: str
    score: float
    max_score: float
    auto_score: float | None = None
    manual_score: float | None = None
    needs_manual_grade: bool = False


def database_url(course: Course, db_url: str | None = None) -> str:
    """The gradebook's SQLAlchemy URL: `db_url`, or the one in nbgrader_config.py, or sqlite's gradebook.db in the course.

    A `postgresql://` URL is given the driver that is installed. GradebookError when it is no URL or its driver is missing.
    """
    given = db_url or _directory(course).db_url
    try:
        url = make_url(given)
        if url.drivername in ("postgresql", "postgres"):
            has_psycopg2 = importlib.util.find_spec("psycopg2") is not None
            url = url.set(drivername="postgresql" if has_psycopg2 else "postgresql+psycopg")
        url.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError):
        raise GradebookError(f"{re.sub(':[^:@]*@', ':***@', given)} does not name a database: it is written as "
                             "postgresql://USER@HOST/NAME or sqlite:////FOLDER/gradebook.db.") from None
    except ImportError as fault:
        way = ": pip install 'psycopg[binary]'" if url.get_backend_name() == "postgresql" else ""
        raise GradebookError(f"the gradebook {_shown(url)} needs the package {fault.name}{way}.") from None
    if db_url is None and url.get_backend_name() == "sqlite" and url.database and not os.path.isabs(url.database):
        url = url.set(database=str(course.root / url.database))
    return url.render_as_string(hide_password=False)


# --- recording --------------------------------------------------------------------------------------------------------

class Recorder:
    """One unit's part of the gradebook and of autograded/, open for one run: a context manager. Not for several threads.

    unit : what is graded. db_url : the gradebook's SQLAlchemy URL (None: see `database_url`).
    Entering opens one database connection and makes the tables where they are missing. Several processes may record at
    once: each commit waits for its turn. GradebookError says why the gradebook cannot be opened, read or written; any
    other CourseError is about the one student. In both cases what was recorded before stays, files included.
    """

    def __init__(self, unit: Unit, db_url: str | None = None):
        self.unit, self.url = unit, database_url(unit.course, db_url)
        self.sanitiser = sanitiser(unit)
        self._settings = nbgrader_settings(unit.course)
        self._directory = _directory(unit.course, unit.slug)
        self._directory.db_url = self.url
        self._kept = self._directory.autograded_directory
        self._directory.autograded_directory = os.path.join(self._directory.autograded_directory, ".new")
        self._converter = _Autograde(coursedir=self._directory, config=self._settings, log=QUIET)
        self._steps = [step for step in (made(kind, self._settings) for kind in self._converter.autograde_preprocessors)
                       if not isinstance(step, ExecutePreprocessor | CheckCellMetadata)]

    def __enter__(self) -> "Recorder":
        with self._faults("open the gradebook"):
            self._gradebook = _OneCommitGradebook(self.url, _directory(self.unit.course).course_id)
        return self

    def __exit__(self, *fault) -> None:
        self._gradebook.shut()

    def register(self) -> bool:
        """Tell the gradebook about the unit as its source is now, and write release/: `nbgrader generate_assignment`.

        Nothing is done when nothing changed since; says whether something was.
        """
        directory = _directory(self.unit.course, self.unit.slug)
        release = Path(directory.format_path(directory.release_directory, ".", self.unit.slug))
        with self._faults(f"register {self.unit.slug}"), self._gradebook.change() as commit:
            if self._is_registered(release):
                _remove_leftovers(release)
                return False
            directory.release_directory = os.path.join(directory.release_directory, ".new")
            aside = Path(directory.format_path(directory.release_directory, ".", self.unit.slug))
            with _emptied(aside), _converter(GenerateAssignment, directory, self._settings) as converter:
                with given_to(self._gradebook, [converter, *map(class_of, converter.preprocessors)]):
                    converter.start()
                self._not_older_than_its_source(aside / NOTEBOOK)
                with _in_place(aside, release):
                    commit()
        return True

    def record(self, student: str, examined: Examined) -> None:
        """Record one graded submission, in one commit, and write autograded/STUDENT/UNIT/ with its executed notebook.

        A manual score or comment of an earlier grading is kept and asks for another look, as with nbgrader.
        """
        slug, directory = self.unit.slug, self._directory
        with self._faults(f"record {slug} of {student}"), self._gradebook.change() as commit:
            notebook = nbformat.v4.reads(examined.notebook)
            _hold_together(notebook, examined.tests)
            directory.student_id = student
            with _emptied(Path(self._converter._format_dest(slug, student))) as aside:
                self._file_submission(student)
                notebook = self._grade(student, notebook, examined.tests)
                nbformat.validate(notebook)
                (aside / NOTEBOOK).write_text(nbformat.v4.writes(notebook) + "\n", encoding="utf-8")
                self._converter.set_permissions(slug, student)
                with _in_place(aside, self._autograded(student)):
                    commit()

    def record_unreadable(self, student: str) -> None:
        """Give a submission that could not be graded 0 points on every test, and remove its folder in autograded/."""
        with self._faults(f"record {self.unit.slug} of {student}"), self._gradebook.change() as commit:
            self._gradebook.update_or_create_student(student)
            self._gradebook.update_or_create_submission(self.unit.slug, student)
            submitted = self._submitted(student)
            with contextlib.suppress(CourseError):
                submitted.assignment.timestamp = self._timestamp(student) or submitted.assignment.timestamp
            submitted.late_submission_penalty = None
            for grade in submitted.grades:
                grade.auto_score, grade.needs_manual_grade = 0, False
            self._gradebook.db.flush()
            with _in_place(None, self._autograded(student)):
                commit()

    def marks(self, student: str) -> list[Mark]:
        """What the gradebook says of each test, in the order of the notebook; CourseError if the student has no marks."""
        with self._faults(f"read the marks of {student}"), self._gradebook.look():
            grades = self._gradebook.db.query(Grade).options(joinedload(Grade.cell), undefer("*")).filter(
                Grade.notebook_id == self._submitted(student).id)
            found = {
                grade.name: (grade.score, grade.max_score, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                for grade in grades}
        names = {settings_of(cell)["grade_id"]: question_of(cell) for cell in self.sanitiser.prepared.cells
                 if settings_of(cell).get("grade") or settings_of(cell).get("task")}
        if set(names) != set(found):
            raise CourseError(f"{self.unit.slug} has other tests than when {student} was graded: grade it again.")
        return [Mark(question or name, name, *found[name]) for name, question in names.items()]

    def comments(self, student: str) -> dict[str, str]:
        """What is said about the student's answers, by cell: by a person, or "No response." by nbgrader."""
        with self._faults(f"read the comments on {student}"), self._gradebook.look():
            return {comment.name: comment.comment for comment in self._submitted(student).comments if comment.comment}

    def late_penalty(self, student: str) -> float:
        """The points that are taken off the student's whole score because the submission came late; 0 where it did not."""
        with self._faults(f"read the marks of {student}"), self._gradebook.look():
            return self._submitted(student).late_submission_penalty or 0.0

    def graded(self) -> set[str]:
        """The students whose submission of this unit has scores in the gradebook, also those of `record_unreadable`."""
        with self._faults("read the gradebook"), self._gradebook.look():
            rows = self._gradebook.db.query(SubmittedAssignment.student_id).distinct().join(
                Assignment, Assignment.id == SubmittedAssignment.assignment_id).join(
                SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id).join(
                Grade, Grade.notebook_id == SubmittedNotebook.id).filter(
                Assignment.name == self.unit.slug, Grade.auto_score.is_not(None))
            return {student for student, in rows}

    def _is_registered(self, release: Path) -> bool:
        """Does the gradebook hold the source as it is now, and is release/ newer than it and the settings?"""
        try:
            there = self._gradebook.find_notebook(NAME, self.unit.slug)
        except MissingEntry:
            return False
        stored = self.sanitiser.stored.find_notebook(NAME, self.unit.slug)
        columns = {"source_cells": ("cell_type", "locked", "source", "checksum"), "grade_cells": ("cell_type", "max_score"),
                   "task_cells": ("cell_type", "max_score"), "solution_cells": ()}
        return (
            there.kernelspec == stored.kernelspec
            and all(_rows(getattr(there, kind), column) == _rows(getattr(stored, kind), column)
                    for kind, column in columns.items())
            and (release / NOTEBOOK).is_file()
            and self._last_change() <= (release / NOTEBOOK).stat().st_mtime_ns)

    def _last_change(self) -> int:
        """When the source or the settings changed last, in nanoseconds."""
        files = [self.unit.course.root / "nbgrader_config.py", *self.unit.source.parent.rglob("*")]
        return max(file.stat().st_mtime_ns for file in files)

    def _not_older_than_its_source(self, released: Path) -> None:
        """Where the clock was moved back, the source may be of tomorrow: what is released is then of the same time."""
        when = max(self._last_change(), released.stat().st_mtime_ns)
        os.utime(released, ns=(when, when))

    def _submitted(self, student: str) -> SubmittedNotebook:
        try:
            return self._gradebook.find_submission_notebook(NAME, self.unit.slug, student)
        except MissingEntry:
            raise CourseError(
                f"{student} has no marks for {self.unit.slug}: run `autograder grade {self.unit.slug}`.") from None

    def _autograded(self, student: str) -> Path:
        return Path(self._directory.format_path(self._kept, student, self.unit.slug))

    def _file_submission(self, student: str) -> None:
        """nbgrader's autograde up to the notebook itself: the rows of student and submission, and the files beside."""
        self._timestamp(student)
        self._converter.notebooks = [os.path.join(self._converter._format_source(self.unit.slug, student), NOTEBOOK)]
        with given_to(self._gradebook, [self._converter]):
            self._converter.init_assignment(self.unit.slug, student)

    def _timestamp(self, student: str) -> datetime | None:
        """When the submission was handed in, if that is known; CourseError when its timestamp.txt does not say."""
        folder = self._converter._format_source(self.unit.slug, student)
        try:
            about = os.lstat(os.path.join(folder, "timestamp.txt"))
            if not stat.S_ISREG(about.st_mode) or about.st_size > LONGEST_DATE:  # to read it could take for ever
                raise ValueError
            return self._directory.get_existing_timestamp(folder)
        except FileNotFoundError:
            return None
        except (ValueError, OverflowError, AttributeError, OSError):  # AttributeError is nbgrader's for a date it cannot read
            raise CourseError(f"timestamp.txt of {student} for {self.unit.slug} does not hold a date") from None

    def _grade(self, student: str, notebook: NotebookNode, tests: tuple[TestResult, ...]) -> NotebookNode:
        """nbgrader's autograde of an executed notebook: its limits on output, its rows of grades, comments and penalties."""
        here = {settings_of(cell).get("grade_id") for cell in notebook.cells}
        for test in tests:
            if test.cell not in here:  # nbgrader would keep what an earlier grading gave
                grade = self._gradebook.find_grade(test.cell, NAME, self.unit.slug, student)
                grade.auto_score, grade.needs_manual_grade = test.score, grade.manual_score is not None
        with given_to(self._gradebook, self._steps):
            return through(self._steps, notebook, self.unit.slug, student, self.url)

    @contextlib.contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Whatever goes wrong becomes a CourseError that says so in a sentence."""
        try:
            with _nbgrader_at_work():
                yield
        except Exception as fault:
            for cause in _causes(fault):
                if isinstance(cause, DatabaseError | InterfaceError) and not isinstance(cause, DataError | IntegrityError):
                    raise GradebookError(f"could not {what}: the gradebook {_shown(self.url)} says: "
                                         f"{first_line(cause.orig)}. {_way_out(cause)}".strip()) from fault
                if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                    raise GradebookError(f"could not {what}: {cause}") from fault
            if isinstance(fault, CourseError):
                raise
            raise CourseError(f"nbgrader could not {what}: {first_line(fault)}") from fault


class _OneCommitGradebook(Gradebook):
    """nbgrader's Gradebook that stays open; what its methods commit is committed once, at the end of `change`."""

    def __init__(self, url: str, course_id: str):
        self.engine = create_engine(url, connect_args={"timeout": PATIENCE} if url.startswith("sqlite") else {})
        self.course_id, self.authenticator, self.is_writing = course_id, None, False
        self._found: dict[tuple, dict] = {}
        if self.engine.dialect.name == "sqlite":  # Python's sqlite3 begins no transaction before the first change
            event.listen(self.engine, "connect", lambda connection, record: setattr(connection, "isolation_level", None))
            event.listen(self.engine, "begin", lambda connection: connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if self.is_writing else "BEGIN"))
        self.db = _OneCommitSession(self.engine)
        with self.look():
            names = inspect(self.db.connection()).get_table_names()
            is_ready = set(Base.metadata.tables) <= set(names) and (
                not course_id or self.db.get(CourseRow, course_id) is not None)
        if not is_ready:
            self._make_tables()

    def _make_tables(self) -> None:
        from alembic.script import ScriptDirectory
        from nbgrader import dbutil

        with self.change() as commit:
            is_new = not inspect(self.db.connection()).get_table_names()
            Base.metadata.create_all(self.db.connection())
            if is_new:  # what `nbgrader db upgrade` starts from
                version = ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()
                self.db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
                self.db.execute(text("INSERT INTO alembic_version (version_num) VALUES (:version)"), {"version": version})
            self.check_course(self.course_id)
            commit()

    @contextlib.contextmanager
    def change(self) -> Iterator[Callable[[], None]]:
        """A transaction that no other writer shares; gives the function that commits it. Without that call nothing happens."""
        self.db.rollback()
        self.is_writing = True
        self._found.clear()
        try:
            self.db.connection()  # begins now, and with sqlite waits for its turn
            if self.engine.dialect.name == "postgresql":
                self.db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield self.db.finish
        finally:
            self.is_writing = False
            self.db.rollback()

    @contextlib.contextmanager
    def look(self) -> Iterator[None]:
        """A transaction that reads, and then keeps no lock."""
        try:
            yield
        finally:
            self.db.rollback()

    def __enter__(self):
        """Where one of nbgrader's parts opens the gradebook, it sees what those before it wrote."""
        self.db.flush()
        self.db.expire_all()
        self._found.clear()
        return self

    def find_grade(self, grade_cell, notebook, assignment, student):
        found = self._all_of(Grade, notebook, assignment, student)
        return found.get(grade_cell) or super().find_grade(grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell, notebook, assignment, student):
        found = self._all_of(Comment, notebook, assignment, student)
        return found.get(solution_cell) or super().find_comment(solution_cell, notebook, assignment, student)

    def _all_of(self, kind: type, *submission: str) -> dict:
        """All grades or comments of a submitted notebook by the name of their cell, in one query."""
        if (kind, *submission) not in self._found:
            rows = self.db.query(BaseCell.name, kind).join(BaseCell, BaseCell.id == kind.cell_id).filter(
                kind.notebook_id == self.find_submission_notebook(*submission).id)
            self._found[kind, *submission] = dict(rows.all())
        return self._found[kind, *submission]

    def close(self) -> None:
        """nbgrader's steps close the gradebook that they opened; this one stays open until `shut`."""

    def shut(self) -> None:
        self.db.close()
        self.engine.dispose()


class _OneCommitSession(Session):
    def commit(self) -> None:
        """Not yet: what changed is sent before the next query that may see it, and committed by `finish`."""

    def finish(self) -> None:
        super().commit()


class _Copying(BaseConverter):
    """Copies the files beside a submitted notebook as nbgrader does, but follows no link: it may lead anywhere."""

    def init_assignment(self, assignment_id, student_id):
        source, dest = Path(self._format_source(assignment_id, student_id)), Path(self._format_dest(assignment_id, student_id))
        for file in map(Path, utils.find_all_files(str(source), [*self.coursedir.ignore, "*.ipynb"])):
            if stat.S_ISREG(file.lstat().st_mode):
                target = dest / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)


class _Autograde(Autograde, _Copying):
    """nbgrader's Autograde, of which the parts are used one by one."""


def _hold_together(notebook: NotebookNode, tests: tuple[TestResult, ...]) -> None:
    """See that the outputs tell nbgrader the scores of the tests: it takes a test cell that shows nothing as passed."""
    scores = {test.cell: test.score for test in tests}
    for cell in filter(is_test, notebook.cells):
        name = settings_of(cell)["grade_id"]
        if name not in scores:
            raise CourseError(f"the test {name} was not run")
        try:
            told, _ = utils.determine_grade(cell, QUIET)
        except Exception:  # it refuses some outputs, such as a number above the points of the cell
            told = scores[name]
            cell.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": repr(told)})]
        if not math.isclose(told, scores[name], abs_tol=1e-9):
            raise CourseError(f"the test {name} gave {scores[name]:g} points, and its outputs tell nbgrader {told:g}")


# --- nbgrader's parts, and what they need around them -----------------------------------------------------------------

def _directory(course: Course, slug: str = "", student: str = "*") -> CourseDirectory:
    directory = CourseDirectory(config=nbgrader_settings(course))
    directory.root, directory.assignment_id, directory.student_id = str(course.root), slug, student
    return directory


@contextlib.contextmanager
def _converter(kind: type, directory: CourseDirectory, settings: Config) -> Iterator[BaseConverter]:
    """One of nbgrader's converters; what it logs is kept for the error that it may end in."""
    converter = kind(coursedir=directory, config=settings)
    converter.force = True
    lines: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda line: lines.append(line.getMessage())
    log = logging.getLogger(f"autograder.{kind.__name__}")
    log.handlers, log.propagate, converter.log = [handler], False, log
    log.setLevel(logging.ERROR)
    try:
        yield converter
    except Exception as fault:
        said = next((line.strip().splitlines()[-1] for line in lines if line.startswith("Traceback")), "")
        whom = "" if directory.student_id in (".", "*") else f" for {directory.student_id}"
        raise CourseError(f"nbgrader could not do its part of {directory.assignment_id}{whom}: "
                          f"{said or first_line(fault)}") from fault


@contextlib.contextmanager
def _nbgrader_at_work() -> Iterator[None]:
    """nbgrader's harmless warnings unsaid, and its logging of what becomes an error anyway."""
    log = logging.getLogger("tornado.application")
    was, log.disabled = log.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # on the order in which it adds rows
            yield
    finally:
        log.disabled = was


@contextlib.contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """An empty folder to write in and to move away; nothing is left of it after a fault."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_empty(folder.parent)
        raise


@contextlib.contextmanager
def _in_place(new: Path | None, place: Path) -> Iterator[None]:
    """`new` takes the place of a folder (None: the folder goes), and that is undone when what is done inside fails."""
    _remove_leftovers(place)
    old = place.with_name(f".{place.name}.old-{uuid.uuid4().hex}")
    if place.exists():
        place.rename(old)
    try:
        if new is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            new.rename(place)
            _remove_empty(new.parent)
        yield
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        if old.exists():
            old.rename(place)
        _remove_empty(place.parent)
        raise
    shutil.rmtree(old, ignore_errors=True)
    _remove_empty(place.parent)


def _remove_leftovers(place: Path) -> None:
    """Remove what a run that was killed has put aside."""
    for leftover in place.parent.glob(f".{place.name}.old-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        os.removedirs(folder)


def _rows(cells: list, columns: tuple[str, ...]) -> list[tuple]:
    return sorted((cell.name, *(getattr(cell, column) for column in columns)) for cell in cells)


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__


def _way_out(fault: BaseException) -> str:
    """What helps against a gradebook of an older nbgrader, or one that another program does not let go of."""
    if "no such column" in str(fault) or "UndefinedColumn" in str(fault):
        return "It may be of an older nbgrader: copy it away, then run `nbgrader db upgrade`."
    if "database is locked" in str(fault):
        return ("Another program has been writing to it all the time, such as a backup or a second run: end it, and run this "
                "again to go on.")
    return ""


def _shown(url: str | URL) -> str:
    return make_url(url).render_as_string(hide_password=True)
