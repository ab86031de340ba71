"""Grading a unit: examine what is new, record the marks one by one, keep what was found, and say what happened.

Submissions are examined in worker processes, in any order. Only this process touches files and the gradebook. What goes
wrong with one submission is that submission's named failure, never the class's. A run that is ended at any moment, even
killed, is gone on with by running it again: what is recorded, and has not changed, is not graded twice.
"""

import contextlib
import dataclasses
import json
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from autograder import archive
from autograder.cells import question_of, settings_of
from autograder.course import NOTEBOOK, CourseError, Unit
from autograder.limits import Limits, read_limits
from autograder.results import QuestionResult, StudentResult, TestResult
from autograder.schedule import Dask, JobFailed, Local
from autograder.submission import (
    ENGINE,
    WORKERS_IMPORT,
    Common,
    Engine,
    Outcome,
    Submission,
    examine_one,
    one_line,
    read_files,
    read_given,
    start_zygote,
)
from autograder.warm.client import Zygote

LONGEST_NAME = 200  # bytes of a student's name

if TYPE_CHECKING:  # nbgrader takes a second to be imported: meanwhile the other processes start
    from autograder.gradebook import Mark, Recorder


def grade(unit: Unit, students: list[str], *, jobs: int = 1, limits: Limits | None = None, sandbox: str = "auto",
          force: bool = False, scheduler: str | None = None, db_url: str | None = None,
          done: Callable[[str, StudentResult, bool], None] = lambda student, result, skipped: None,
          say: Callable[[str], None] = lambda text: None, engine: Engine = ENGINE) -> dict[str, StudentResult]:
    """Grade the submissions of `students` and return the results by student, in the given order.

    Parameters
    ----------
    jobs : how many submissions are examined at once, each in a process of its own
    limits : what a submission may use (None: the course's limits.toml)
    sandbox : "auto" confines submissions as well as this system can; "require" refuses to grade if a protection is missing
    force : grade also what is recorded and has not changed
    scheduler : a Dask scheduler's address, such as tcp://192.168.0.5:8786; its workers take the place of `jobs`
    db_url : the gradebook's SQLAlchemy URL (None: the one that nbgrader would use)
    done : called after each student, with whether the submission was skipped because it had not changed
    say : called with each sentence that a person should read once
    engine : what runs a submission

    Returns
    -------
    The results, without what the tests printed; that is in the archive.

    Raises
    ------
    CourseError : when nothing can be graded. What was graded before is recorded.
    """
    limits = limits or read_limits(unit.course)
    results: dict[str, StudentResult | None] = dict.fromkeys(students)
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(contextlib.closing(
            _Processes(unit, min(jobs, len(students)), 2 * limits.submission_wall + 300, sandbox, engine)))
        if scheduler is None and (force or any(archive.read(unit, student) is None for student in students)):
            processes.start()
        from autograder.gradebook import Recorder
        recorder = stack.enter_context(Recorder(unit, db_url))
        recorder.register()
        run = _Run(unit, limits, sandbox, recorder)

        def keep(student: str, result: StudentResult, skipped: bool) -> None:
            results[student] = _without_output(result)
            done(student, results[student], skipped)

        new = []
        recorded = set() if force else recorder.graded()
        for student in students:
            with _to_its_end():
                result = run.unchanged(student) if student in recorded else None
                if result is None:
                    new.append(student)
                else:
                    keep(student, result, True)
        if new:
            if scheduler is None:
                way, zygote = processes.ready()
                run.tell_once(zygote.missing, say)
                where = zygote.address, None
            else:
                way, where = Dask(scheduler), (None, archive.grader())
            common = Common(run.source, run.given, recorder.sanitiser, limits, sandbox, *where, engine)
            submissions = (read_files(unit, student, limits) for student in new)
            for submission, outcome in stack.enter_context(
                    contextlib.closing(way.run(examine_one, common, submissions))):
                if isinstance(outcome, JobFailed):
                    outcome = Outcome(fault=f"it could not be graded: {one_line(str(outcome))}", ours=True)
                run.tell_once(outcome.missing, say)
                run.tell_once(outcome.examined.problems if outcome.examined else (), say)
                with _to_its_end():
                    keep(submission.student, run.record(submission, outcome), False)
    return results


def write_feedback(unit: Unit, students: Iterable[str], db_url: str | None = None) -> Iterator[Path]:
    """Write the feedback of students who were graded, and yield the path of each; CourseError names who was not."""
    import nbformat

    from autograder.feedback import write_feedback
    from autograder.gradebook import Recorder
    with Recorder(unit, db_url) as recorder:
        for student in students:
            kept = archive.read(unit, student)
            if kept is None:
                raise CourseError(f"{student} was graded by another version: run `autograder grade {unit.slug}` again.")
            notebook = unit.course.root / "autograded" / student / unit.slug / NOTEBOOK
            answers = nbformat.read(notebook, as_version=4) if notebook.is_file() else None
            yield write_feedback(unit, student, kept.result, recorder.marks(student), answers,
                                 comments=recorder.comments(student), penalty=recorder.late_penalty(student),
                                 notes=kept.result.notes)


def write_json(unit: Unit, results: dict[str, StudentResult], path: Path) -> None:
    """Write all marks and messages to a JSON file, whole or not at all."""
    students = {student: dataclasses.asdict(result) for student, result in results.items()}
    for student in students.values():
        for question in student["questions"].values():
            for test in question["tests"]:
                del test["output"]
    archive.write_whole(path, json.dumps({"unit": unit.slug, "students": students}, indent=2) + "\n")


@contextlib.contextmanager
def _to_its_end() -> Iterator[None]:
    """A first request to end (Ctrl-C, or what the caller takes for it) waits for the end of this block.

    Raised in the middle of a database's work it could get lost: Python drops what a weak reference's callback raises.
    """
    asked: list[int] = []

    def ask(number: int, frame) -> None:
        asked.append(number)
        if len(asked) > 1:
            before[number](number, frame)

    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers if callable(signal.getsignal(number))}
    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        signal.raise_signal(asked[0])


class _Processes:
    """The workers and the zygote of this machine: they take seconds to import what they need, in the background if need be."""

    def __init__(self, unit: Unit, jobs: int, seconds: float, sandbox: str, engine: Engine):
        self._source, self._sandbox, self._engine = unit.source, sandbox, engine
        self._local = Local(jobs, seconds, WORKERS_IMPORT)
        self._starter = ThreadPoolExecutor(2)
        self._workers: Future[None] | None = None
        self._zygote: Future[Zygote] | None = None

    def start(self) -> None:
        self._workers = self._starter.submit(self._local.start, examine_one)
        self._zygote = self._starter.submit(start_zygote, self._engine, self._source.read_text(encoding="utf-8"), self._sandbox)

    def ready(self) -> tuple[Local, Zygote]:
        """Both, when they can be used. Raises CourseError when they cannot be started."""
        if self._zygote is None:
            self.start()
        self._workers.result()
        return self._local, self._zygote.result()

    def close(self) -> None:
        self._starter.shutdown()
        self._local.close()
        if self._zygote is not None and self._zygote.exception() is None:
            self._zygote.result().close()


class _Run:
    """One run of `grade`: from what marks follow in it, and where they go."""

    def __init__(self, unit: Unit, limits: Limits, sandbox: str, recorder: "Recorder"):
        import nbformat
        self.unit, self.limits, self.sandbox, self.recorder = unit, limits, sandbox, recorder
        prepared = recorder.sanitiser.prepared  # the source as nbgrader keeps it: tests that it writes itself are written out
        self.source = nbformat.writes(prepared)
        self.cells = json.dumps([[cell.cell_type, cell.metadata, cell.source] for cell in prepared.cells], sort_keys=True)
        self.given = read_given(unit)
        self.settings = (unit.course.root / "nbgrader_config.py").read_bytes()
        self.told: set[str] = set()

    def key(self, submission: Submission) -> str:
        return archive.submission_key(submission.files, self.given, self.cells, self.settings, self.limits)

    def unchanged(self, student: str) -> StudentResult | None:
        """The result of an earlier run, with the points that the gradebook has now; None if it must be graded."""
        kept = archive.read(self.unit, student)
        if kept is None or not kept.result.graded or (self.sandbox == "require" and kept.missing):
            return None
        submission = read_files(self.unit, student, self.limits)
        if submission.fault or self.key(submission) != kept.key:
            return None
        from autograder.gradebook import GradebookError
        tests = [test for question in kept.result.questions.values() for test in question.tests]
        blank = {name for name, question in kept.result.questions.items() if question.status == "blank"}
        try:
            marks = self.recorder.marks(student)
        except GradebookError:
            raise
        except CourseError:  # the gradebook is not the one that was graded into
            return None
        return _graded(marks, tests, blank, kept.result.seconds, kept.result.notes)

    def record(self, submission: Submission, outcome: Outcome) -> StudentResult:
        """Put what came of a submission into the gradebook, and then into the archive."""
        from autograder.gradebook import GradebookError
        student = submission.student
        if outcome.stop:
            raise CourseError(outcome.fault)
        if not _is_name(student):
            return self._unrecorded("a student's name must be UTF-8 and short enough to be a file's")
        if outcome.ours:  # nothing is known of what was handed in: an earlier mark stays, and it is tried again
            return self._unrecorded(outcome.fault)
        archive.remove(self.unit, student)
        if outcome.examined is not None:
            try:
                self.recorder.record(student, outcome.examined)
            except GradebookError:
                raise
            except CourseError as fault:
                outcome = Outcome(fault=str(fault))
        if outcome.examined is not None:
            result = _graded(self.recorder.marks(student), outcome.examined.tests, outcome.blank, outcome.examined.seconds,
                             outcome.notes)
        else:
            try:
                self.recorder.record_unreadable(student)
            except GradebookError:
                raise
            except CourseError as fault:
                return self._unrecorded(f"{outcome.fault}; {fault}")
            result = _failure(self.recorder.marks(student), outcome.fault)
        archive.write(self.unit, student, archive.Kept(self.key(submission), outcome.missing, result))
        return result

    def _unrecorded(self, why: str) -> StudentResult:
        """The result of a submission of which nothing is written down."""
        most: dict[str, float] = {}
        for cell in self.recorder.sanitiser.prepared.cells:
            if settings_of(cell).get("points") is not None:
                question = question_of(cell) or settings_of(cell)["grade_id"]
                most[question] = most.get(question, 0.0) + float(settings_of(cell)["points"])
        return _student(why, {question: QuestionResult(0.0, points, "failed", why) for question, points in most.items()})

    def tell_once(self, sentences: Iterable[str], say: Callable[[str], None]) -> None:
        for sentence in sentences:
            if sentence not in self.told:
                self.told.add(sentence)
                say(sentence)


def _is_name(student: str) -> bool:
    """Can it be a text in a database, and with an ending the name of a file?"""
    try:
        return len(student.encode()) <= LONGEST_NAME
    except UnicodeEncodeError:
        return False


def _graded(marks: list["Mark"], tests: Iterable[TestResult], blank: Iterable[str], seconds: float,
            notes: tuple[str, ...]) -> StudentResult:
    """A student's result: the points are the gradebook's, the reasons the tests'."""
    tests = list(tests)
    questions = {question: _question(own, tuple(test for test in tests if test.question == question), question in blank)
                 for question, own in _by_question(marks)}
    return _student("graded", questions, seconds, notes)


def _question(marks: list["Mark"], tests: tuple[TestResult, ...], blank: bool) -> QuestionResult:
    score, most = sum(mark.score for mark in marks), sum(mark.max_score for mark in marks)
    lost = next((test for test in tests if test.score < test.max_score), None)
    if score == most:
        status, message = "passed", ""
    elif blank:
        status, message = "blank", "not answered"
    elif any(mark.needs_manual_grade and mark.manual_score is None for mark in marks):
        status, message = "manual", "to be marked by hand"
    elif lost is None:
        status, message = "partial" if score > 0 else "failed", "points were taken off by hand"
    else:
        status = "partial" if score > 0 else "failed" if lost.status in ("partial", "passed") else lost.status
        message = one_line(lost.reason) or lost.status
    return QuestionResult(score, most, status, message, tests)


def _failure(marks: list["Mark"], why: str) -> StudentResult:
    """The result of a submission that could not be graded: 0 on every question."""
    return _student(why, {question: QuestionResult(0.0, sum(mark.max_score for mark in own), "failed", why)
                          for question, own in _by_question(marks)})


def _by_question(marks: list["Mark"]) -> Iterator[tuple[str, list["Mark"]]]:
    for question in dict.fromkeys(mark.question for mark in marks):
        yield question, [mark for mark in marks if mark.question == question]


def _student(status: str, questions: dict[str, QuestionResult], seconds: float = 0.0,
             notes: tuple[str, ...] = ()) -> StudentResult:
    return StudentResult(sum(q.score for q in questions.values()), sum(q.max_score for q in questions.values()),
                         status, questions, seconds, notes)


def _without_output(result: StudentResult) -> StudentResult:
    """A result that is small: a class of thousands of them is held in memory."""
    return dataclasses.replace(result, questions={
        name: dataclasses.replace(question, tests=tuple(dataclasses.replace(test, output="") for test in question.tests))
        for name, question in result.questions.items()})
