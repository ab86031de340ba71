"""Grading as a whole: jobs are spread over processes that may die, what is unchanged is skipped, a killed run is gone on with.

What runs a submission is a fake here, which gives each answer what the comment in it says.
"""

import contextlib
import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tracemalloc
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder import archive, cli, gradebook
from autograder import grade as grading
from autograder.course import CourseError
from autograder.gradebook import Mark
from autograder.limits import Limits
from autograder.report import shown
from autograder.results import Examined, StudentResult
from autograder.sample import fill
from autograder.schedule import JobFailed, Local
from autograder.submission import preload_of, read_files
from autograder.warm.client import SandboxMissing
from tests.autograder.fakes import ENGINE, MISSING, VERSION, calls, submit
from tests.autograder.jobs import Unreadable, work

PROJECT = Path(__file__).resolve().parents[2]
SLUG = "01-edge-detection"


# --- the schedule -----------------------------------------------------------------------------------------------------

def names(numbers) -> list[dict]:
    return [{"name": str(number)} for number in numbers]


def outcomes(way, jobs) -> dict:
    return {job["name"]: answer for job, answer in way.run(work, "job ", iter(jobs))}


def test_every_job_gets_its_own_answer():
    jobs = names(range(40)) + [{"name": "large", "load": b"x" * 3_000_000}]
    assert outcomes(Local(3), jobs) == {str(n): f"job {n}" for n in range(40)} | {"large": "job large3000000"}


def test_no_jobs_need_no_process():
    assert outcomes(Local(2), []) == {}


def test_an_exception_in_a_job_is_that_jobs_failure():
    answers = outcomes(Local(2), [*names("ab"), {"name": "c", "fail": "lost"}, *names("de")])
    assert isinstance(answers.pop("c"), JobFailed) and answers == {name: f"job {name}" for name in "abde"}


def test_a_job_that_breaks_its_process_is_tried_once_more_in_a_fresh_one(tmp_path):
    (tmp_path / "once").touch()
    answers = outcomes(Local(2), [*names("ab"), {"name": "c", "die": str(tmp_path / "once")}, *names("de")])
    assert answers == {name: f"job {name}" for name in "abcde"}


@pytest.mark.parametrize("workers", [1, 3])
def test_a_job_that_breaks_every_process_costs_no_other(workers):
    deadly = [{"name": f"deadly {n}", "die": True} for n in range(3)]
    answers = outcomes(Local(workers), [*names("ab"), *deadly, *names("cd")])
    for job in deadly:
        assert "SIGKILL" in str(answers.pop(job["name"]))
    assert answers == {name: f"job {name}" for name in "abcd"}


def test_a_job_without_end_is_given_up():
    answers = outcomes(Local(2, seconds=2), [{"name": "a", "endless": True}, *names("bc")])
    assert "no end after 2 s" in str(answers.pop("a")) and answers == {"b": "job b", "c": "job c"}


def test_processes_that_cannot_start_stop_the_run_and_blame_no_job():
    script = "from autograder.schedule import Local\nprint(next(Local(2).run(print, '', iter([1, 2, 3]))))"
    ran = subprocess.run([sys.executable, "-"], input=script, capture_output=True, text=True)  # spawn finds no such file
    assert "CourseError: no worker process can be started" in ran.stderr and ran.stdout == ""


@pytest.mark.parametrize("times", [2, None], ids=["for a moment", "for ever"])
def test_a_process_that_cannot_be_forked_is_tried_again_and_not_for_ever(monkeypatch, times):
    monkeypatch.setattr("autograder.schedule.STOP", 60 if times else 0.1)
    start, faults = BaseProcess.start, []

    def may_fail(process):
        if times is None or len(faults) < times:
            faults.append(EOFError())
            raise faults[-1]
        start(process)

    monkeypatch.setattr(BaseProcess, "start", may_fail)
    if times:
        assert outcomes(Local(1), names("ab")) == {"a": "job a", "b": "job b"} and len(faults) == times
    else:
        with pytest.raises(CourseError, match="no worker process can be started: what starts them has died"):
            outcomes(Local(1), names("ab"))


def test_a_job_that_cannot_be_read_where_it_arrives_is_a_named_failure_and_no_endless_wait():
    answers = outcomes(Local(1), [*names("a"), Unreadable(name="b"), *names("c")])
    assert isinstance(answers.pop("b"), JobFailed) and answers == {"a": "job a", "c": "job c"}


def test_no_more_jobs_are_taken_than_there_is_work_for():
    taken = []

    def jobs():
        for job in names(range(30)):
            taken.append(job)
            yield job

    for done, _ in enumerate(Local(2).run(work, "", jobs())):
        assert len(taken) <= done + 2 * 2 + 1


def test_the_processes_end_when_the_iterator_is_closed():
    answers = Local(2).run(work, "", iter([{"who": True}, {"who": True}, *[{"endless": True}] * 4]))
    pids = {next(answers)[1], next(answers)[1]}
    answers.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


# --- grading with fakes -----------------------------------------------------------------------------------------------

@pytest.fixture
def fake(tmp_path, monkeypatch):
    """The folder in which the fakes meet."""
    folder = tmp_path / "fake"
    folder.mkdir()
    monkeypatch.setenv("FAKE_FOLDER", str(folder))
    monkeypatch.setattr(archive, "grader", lambda: VERSION)
    return folder


class Grade:
    """`grade` with fakes; `graded` and `skipped` say who was which in the latest call, `said` what was said in all."""

    def __init__(self):
        self.said = []

    def __call__(self, unit, students=None, **options):
        self.graded, self.skipped = [], []

        def done(student, result, skipped):
            (self.skipped if skipped else self.graded).append(student)

        return grading.grade(unit, students or unit.students(), engine=ENGINE, done=done, say=self.said.append, **options)


class Here(Local):
    """Does the jobs in this process."""

    def run(self, function, common, jobs):
        return ((job, function(common, job)) for job in jobs)


@pytest.fixture
def grade(fake, monkeypatch):
    """`grade` with fakes, in this process."""
    monkeypatch.setattr(grading, "Local", Here)
    return Grade()


@pytest.fixture
def grade_in_processes(fake):
    return Grade()


def test_statuses_points_and_messages_come_from_the_tests(unit, grade):
    path = submit(unit, "ada", correlate2d="partial half of it", convolve2d="time it took too long", to_gray="failed wrong")
    notebook = nbformat.read(path, as_version=4)
    released = {c.metadata.nbgrader.grade_id: c.source for c in fill(unit, {}).cells if c.metadata.get("nbgrader")}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "learn_kernel":
            cell.source = released["learn_kernel"]
    nbformat.write(notebook, path)
    result = grade(unit)["ada"]
    found = {name: (q.score, q.max_score, q.status, q.message) for name, q in result.questions.items()}
    assert found == {
        "correlate2d": (1.5, 4, "partial", "half of it"), "convolve2d": (0, 3, "time", "it took too long"),
        "to_gray": (0, 3, "failed", "wrong"), "gradient_magnitude": (3, 3, "passed", ""),
        "correlate_rgb": (4, 4, "passed", ""), "learn_kernel": (0, 3, "blank", "not answered")}
    assert (result.score, result.max_score, result.status, result.seconds) == (8.5, 20, "graded", 0.5)
    test = result.questions["convolve2d"].tests[0]
    assert (test.cell, test.status, test.output) == ("test_convolve2d", "time", "")
    assert archive.read(unit, "ada").result.questions["convolve2d"].tests[0].output.startswith("printed")


def test_results_come_in_the_order_that_was_asked_for_and_what_the_sandbox_lacks_is_said_once(unit, grade_in_processes):
    for student in "abcd":
        submit(unit, student)
    assert list(grade_in_processes(unit, list("dbac"), jobs=2)) == list("dbac") and grade_in_processes.said == [MISSING]


def test_what_is_unchanged_is_skipped_and_its_results_are_the_same(unit, grade, fake):
    for student in "abc":
        submit(unit, student, correlate2d="failed wrong")
    first = grade(unit, jobs=2)
    assert sorted(grade.graded) == list("abc")
    assert grade(unit, jobs=2) == first and grade.skipped == list("abc") and grade.graded == []
    assert calls(fake) == {"a": 1, "b": 1, "c": 1}


def change_submission(unit):
    submit(unit, "a", to_gray="failed")


def add_a_file(unit):
    (unit.submission("a").parent / "photo.png").write_bytes(b"png")


def change_source(unit):
    unit.source.write_text(unit.source.read_text().replace("# Weights, axis and shape", "# Weights"))


def change_limits(unit):
    (unit.course.root / "limits.toml").write_text("cell_wall = 5\n")


def change_settings(unit):
    with open(unit.course.root / "nbgrader_config.py", "a") as settings:
        settings.write("c.LateSubmissionPlugin.penalty_method = 'zero'\n")


def delete_gradebook(unit):
    unit.course.database().unlink()


def delete_archive(unit):
    shutil.rmtree(unit.course.root / "graded")


def damage_archive(unit):
    (unit.course.root / "graded" / SLUG / "a.json").write_text('{"key":')


@pytest.mark.parametrize("change", [change_submission, add_a_file, delete_archive, damage_archive], ids=lambda f: f.__name__)
def test_a_submission_of_which_something_changed_is_graded_again(unit, grade, change):
    submit(unit, "a")
    submit(unit, "b")
    grade(unit)
    change(unit)
    result = grade(unit)["a"]
    assert "a" in grade.graded and result.score == (17 if change is change_submission else 20)
    assert ("b" in grade.skipped) == (change is not delete_archive)
    grade(unit)
    assert grade.graded == []


@pytest.mark.parametrize("change", [change_source, change_limits, change_settings, delete_gradebook], ids=lambda f: f.__name__)
def test_a_change_that_concerns_all_grades_all_again(unit, grade, change):
    submit(unit, "a")
    submit(unit, "b")
    grade(unit)
    change(unit)
    assert [result.score for result in grade(unit).values()] == [20, 20] and sorted(grade.graded) == ["a", "b"]
    grade(unit)
    assert grade.graded == []


def test_another_version_of_the_grader_grades_again_and_force_too(unit, grade, monkeypatch):
    submit(unit, "a")
    grade(unit)
    grade(unit, force=True)
    assert grade.graded == ["a"]
    monkeypatch.setattr(archive, "grader", lambda: "a later one")
    grade(unit)
    assert grade.graded == ["a"]
    grade(unit)
    assert grade.graded == []


def test_a_full_sandbox_accepts_no_marks_of_a_lesser_one(unit, grade):
    submit(unit, "a")
    grade(unit)
    grade(unit, sandbox="require")
    assert grade.graded == ["a"]


def test_the_digest_of_the_grader_covers_its_files():
    version, digest = archive.grader().split()
    assert version[0].isdigit() and len(digest) == 64


def test_a_cut_of_the_same_bytes_elsewhere_is_another_key():
    keys = {archive.submission_key(files, given, source, settings, Limits()) for files, given, source, settings in [
        ({"a": b"bc"}, {}, "", b""), ({"ab": b"c"}, {}, "", b""), ({"a": b"b", "c": b""}, {}, "", b""),
        ({"a": b"bc"}, {}, "x", b""), ({"a": b"bc"}, {}, "", b"x"), ({}, {"a": b"bc"}, "", b""),
        ({"a": b"b"}, {"c": b""}, "", b"")]}
    assert len(keys) == 7


def test_points_that_a_person_gave_count_though_the_submission_is_skipped(unit, grade):
    submit(unit, "a", to_gray="failed wrong")
    grade(unit)
    with Gradebook(f"sqlite:///{unit.course.database()}") as gradebook:
        for cell, points in (("test_to_gray", 2), ("test_to_gray_2", 1), ("test_convolve2d", 0.5)):
            gradebook.find_grade(cell, "exercise", SLUG, "a").manual_score = points
        gradebook.db.commit()
    result = grade(unit)["a"]
    assert grade.skipped == ["a"] and result.score == 18.5
    assert (result.questions["to_gray"].status, result.questions["to_gray"].message) == ("passed", "")
    assert (result.questions["convolve2d"].status, result.questions["convolve2d"].message) == (
        "partial", "points were taken off by hand")


def test_a_submission_that_breaks_after_it_was_graded_is_named_and_tried_each_time(unit, grade, fake):
    path = submit(unit, "a")
    grade(unit)
    path.write_text("{")
    for _ in range(2):
        result = grade(unit)["a"]
        assert result.score == 0 and result.max_score == 20 and "exercise.ipynb is not a notebook" in result.status
        assert grade.graded == ["a"] and not (unit.course.root / "autograded" / "a" / SLUG).exists()
    submit(unit, "a")
    assert grade(unit)["a"].score == 20 and calls(fake) == {"a": 2}


def test_a_worker_that_dies_once_costs_nothing(unit, grade_in_processes, fake):
    (fake / "kill").touch()
    for student in "abcd":
        submit(unit, student)
    submit(unit, "b", "passed\n# kills a worker")
    assert {name: result.score for name, result in grade_in_processes(unit, jobs=2).items()} == dict.fromkeys("abcd", 20)
    assert calls(fake)["b"] == 2


def test_a_submission_that_kills_every_worker_is_a_named_failure_and_the_others_keep_their_marks(unit, grade_in_processes):
    for student in "abcd":
        submit(unit, student)
    submit(unit, "b", "passed\n# kills every worker")
    results = grade_in_processes(unit, jobs=2)
    assert {name: result.score for name, result in results.items()} == {"a": 20, "b": 0, "c": 20, "d": 20}
    assert "SIGKILL" in results["b"].status
    grade_in_processes(unit, jobs=2)
    assert grade_in_processes.graded == ["b"], "what is not the submission's fault is tried again"


def test_an_earlier_mark_outlives_a_fault_of_ours(unit, grade_in_processes):
    submit(unit, "a")
    assert grade_in_processes(unit)["a"].score == 20
    submit(unit, "a", "passed\n# kills every worker")
    for _ in range(2):
        assert "SIGKILL" in grade_in_processes(unit)["a"].status and grade_in_processes.graded == ["a"]
        with gradebook.Recorder(unit) as recorder:
            assert sum(mark.score for mark in recorder.marks("a")) == 20
        assert archive.read(unit, "a").result.score == 20
    submit(unit, "a")
    assert grade_in_processes(unit)["a"].score == 20


def test_a_zygote_that_dies_is_replaced_and_the_submission_tried_again(unit, grade_in_processes, fake):
    (fake / "kill").touch()
    for student in "abcd":
        submit(unit, student)
    submit(unit, "b", "passed\n# kills the zygote")
    assert {name: result.score for name, result in grade_in_processes(unit, jobs=1).items()} == dict.fromkeys("abcd", 20)
    assert calls(fake) == {"a": 1, "b": 2, "c": 1, "d": 1}
    assert list(fake.glob("zygote-*")) == []


def test_a_sandbox_that_is_required_and_missing_stops_before_anything_is_graded(unit, grade, fake, monkeypatch):
    def lacking(self, preload, sandbox):
        raise SandboxMissing(["There are no namespaces."])

    submit(unit, "a")
    monkeypatch.setattr(ENGINE.zygote, "__init__", lacking)
    with pytest.raises(CourseError, match="There are no namespaces."):
        grade(unit, sandbox="require")
    assert calls(fake) == {}


def test_memory_does_not_grow_with_the_class(tmp_path, course, fake, monkeypatch):
    """2,000 submissions of 100 kB each, through real processes, with nothing but nbgrader and kernels left out."""
    students = [f"s{number:04}" for number in range(2000)]
    (tmp_path / "photo").write_bytes(os.urandom(100_000))
    unit = course.unit(SLUG)
    for student in students:
        folder = unit.submission(student).parent
        folder.mkdir(parents=True)
        os.link(tmp_path / "photo", folder / "photo.png")
        (folder / "exercise.ipynb").write_text(nbformat.writes(NoSanitiser.released))
    monkeypatch.setattr(gradebook, "Recorder", NoRecorder)
    tracemalloc.start()
    results = grading.grade(unit, students[:50], jobs=2, engine=dataclasses.replace(ENGINE, examine=nothing))
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    results = grading.grade(unit, students, jobs=2, engine=dataclasses.replace(ENGINE, examine=nothing))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(results) == 2000 and results["s1999"].score == 1
    assert peak - before < 20_000_000, "2,000 submissions are 200 MB"


def nothing(source, submission, files, limits, zygote, given):
    return Examined(submission, (), 0.0)


class NoRecorder:
    """A gradebook that forgets."""

    def __init__(self, unit, db_url):
        self.sanitiser = NoSanitiser()

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        pass

    def register(self):
        pass

    def record(self, student, examined):
        pass

    def graded(self):
        return set()

    def marks(self, student):
        return [Mark("to_gray", "test_to_gray", 1.0, 1.0)]


class NoSanitiser:
    prepared = released = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", metadata={"nbgrader": {
        "grade_id": "test_to_gray", "grade": True, "solution": False, "locked": True, "points": 1, "schema_version": 3}})])

    def sanitise(self, notebook):
        return notebook


# --- what is read -----------------------------------------------------------------------------------------------------

def test_links_are_not_followed(unit, tmp_path):
    folder = submit(unit, "eve").parent
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret" / "key")
    (folder / "links").symlink_to(tmp_path / "secret")
    (folder / "data").mkdir()
    (folder / "data" / "numbers.csv").write_text("1,2")
    os.mkfifo(folder / "pipe")
    assert set(read_files(unit, "eve", Limits()).files) == {"exercise.ipynb", "data/numbers.csv"}


def test_a_notebook_that_is_a_link_is_not_there(unit, grade):
    path = submit(unit, "eve")
    path.unlink()
    path.symlink_to(unit.source)
    result = grade(unit)["eve"]
    assert result.score == 0 and "there is no exercise.ipynb in submitted/eve" in result.status


def test_too_much_that_was_handed_in_is_named(unit, grade):
    (submit(unit, "eve").parent / "film.mp4").write_bytes(b"0" * 3_000_000)
    result = grade(unit, limits=Limits(disk=2))["eve"]
    assert result.score == 0 and "more than 2 MiB were handed in, the limit `disk`" in result.status


def test_what_a_notebook_shows_counts_for_itself(unit, grade):
    """A plot that was saved two hundred times is no reason not to grade a notebook."""
    notebook = submit(unit, "eve")
    notebook.write_bytes(notebook.read_bytes() + b" " * 3_000_000)
    assert grade(unit, limits=Limits(disk=2))["eve"].graded
    result = grade(unit, limits=Limits(notebook=2))["eve"]
    assert result.score == 0 and "more than 2 MiB were handed in, the limit `notebook`" in result.status


@pytest.mark.parametrize("link", ["the unit's folder", "the student's folder"])
def test_a_folder_that_is_a_link_is_not_followed(unit, grade, link):
    submit(unit, "ada")
    there, mine = unit.submission("ada").parent, unit.submission("eve").parent
    if link == "the unit's folder":
        mine.parent.mkdir()
    else:
        there, mine = there.parent, mine.parent
    mine.symlink_to(there)
    results = grade(unit)
    assert results["ada"].score == 20 and results["eve"].score == 0
    assert "is a link to a folder that stands elsewhere" in results["eve"].status


@pytest.mark.parametrize("name", ["eve\x1b[2J", "eve\nada  20 of 20", "eve\u202e", "e" * 200])
def test_a_students_name_does_nothing_to_a_terminal(name):
    assert shown(name).isprintable() and len(shown(name)) <= 40 and shown(name).startswith("e")


def test_what_a_units_notebook_imports_is_loaded_ahead(unit):
    def source(*cells):
        return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells]))

    assert preload_of(source("%matplotlib inline\nimport numpy as np, json", "from cnnlib.images import photo", "def broken(",
                             "import not_installed_anywhere", "def f():\n    import os.path")) == (
        "numpy", "json", "cnnlib.images", "os.path")
    found = preload_of(unit.source.read_text())
    assert {"numpy", "cnnlib", "cnnlib.check", "cnnlib.images", "cnnlib.plots"} <= set(found)


# --- a run that is ended ----------------------------------------------------------------------------------------------

STUDENTS = [f"s{number}" for number in range(6)]


@pytest.fixture
def class_of_six(unit, fake):
    for number, student in enumerate(STUDENTS):
        submit(unit, student, correlate2d=["passed", "failed wrong", "partial half"][number % 3])
    return unit


def start(unit, call="command()", *options):
    script = f"from tests.autograder.fakes import *; {call}"
    return subprocess.Popen([sys.executable, "-c", script, "--course", str(unit.course.root), "grade", SLUG, *options],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT)


def wait_for(file, process):
    while not file.exists():
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def undisturbed(unit, grade, tmp_path) -> dict[str, StudentResult]:
    """The results that the class would have had."""
    other = dataclasses.replace(unit, course=dataclasses.replace(unit.course, root=tmp_path / "undisturbed"))
    shutil.copytree(unit.course.root, other.course.root, ignore=shutil.ignore_patterns("gradebook.db", "graded", "autograded"))
    return grade(other, STUDENTS)


@pytest.mark.parametrize(("module", "function", "call"), [
    ("autograder.archive", "remove", 3), ("autograder.archive", "write", 3), ("autograder.archive", "write_whole", 1),
    ("autograder.grade", "_graded", 4), ("autograder.grade", "read_files", 5)])
def test_a_run_that_is_killed_anywhere_is_gone_on_with(class_of_six, grade, fake, tmp_path, module, function, call):
    unit = class_of_six
    process = start(unit, f"killed_command({module!r}, {function!r}, {call})", "-j", "2")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    finished = {path.stem for path in unit.course.root.glob(f"graded/{SLUG}/*.json")}
    before = calls(fake)
    results = grade(unit, jobs=2)
    after = calls(fake)
    assert set(grade.skipped) == finished and set(grade.graded) == set(STUDENTS) - finished
    assert all(after[student] == before[student] == 1 for student in finished), "graded twice"
    assert results == undisturbed(unit, grade, tmp_path)


def test_nothing_is_left_running_when_the_parent_is_killed(class_of_six, fake):
    (fake / "wait").touch()
    submit(class_of_six, "s0", "passed\n# waits")
    process = start(class_of_six, "command()", "-j", "2")
    wait_for(fake / "waiting", process)
    handle = None
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(int((fake / "waiting").read_text()))
    process.kill()
    process.communicate()
    if handle is not None:
        assert select.select([handle], [], [], 30)[0], "a worker went on"
        os.close(handle)


def test_an_interrupt_says_how_far_it_came_and_leaves_no_process(class_of_six, grade, fake):
    (fake / "wait").touch()
    submit(class_of_six, "s2", "passed\n# waits")
    heard = "import signal; signal.signal(2, signal.default_int_handler)"  # these tests may run where Ctrl-C is ignored
    process = start(class_of_six, f"{heard}; command()", "-j", "1")
    wait_for(fake / "waiting", process)
    worker = int((fake / "waiting").read_text())
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 1
    assert errors == "Error: interrupted: 2 of 6 submissions are graded. Run it again to go on.\n"
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert list(fake.glob("zygote-*")) == []
    (fake / "wait").unlink()
    grade(class_of_six)
    assert grade.skipped == ["s0", "s1"]


# --- the command ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("requests", [1, 2])
def test_a_request_to_end_waits_for_the_mark_that_is_being_recorded_a_second_one_does_not(unit, grade, monkeypatch, requests):
    for student in "abc":
        submit(unit, student)
    record = gradebook.Recorder.record

    def record_and_be_asked(*arguments):
        for _ in range(requests):
            signal.raise_signal(signal.SIGINT)
        record(*arguments)

    monkeypatch.setattr(gradebook.Recorder, "record", record_and_be_asked)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            grade(unit)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(grade.graded) == 2 - requests and archive.students(unit) == grade.graded


@pytest.fixture
def autograder(fake, monkeypatch):
    monkeypatch.setitem(grading.grade.__kwdefaults__, "engine", ENGINE)

    def autograder(*arguments):
        return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])

    return autograder


def test_the_command_says_what_was_graded_what_was_skipped_and_what_is_missing(unit, autograder, tmp_path):
    submit(unit, "ada", to_gray="memory more than 2 GiB were used")
    submit(unit, "bob")
    first = autograder("--course", unit.course.root, "grade", SLUG, "-j", 1, "--json", tmp_path / "marks.json")
    assert first.exit_code == 0, first.output
    assert first.output.count(MISSING) == 1 and "graded 2 of 2" in first.output and "--force" not in first.output
    assert "0 of 3 !" in first.output and "ada  to_gray: more than 2 GiB were used" in first.output
    submit(unit, "cleo")
    second = autograder("--course", unit.course.root, "grade", SLUG, "--json", tmp_path / "marks.json")
    assert second.exit_code == 0 and "2 of them had not changed" in second.output and "17 / 20" in second.output
    marks = json.loads((tmp_path / "marks.json").read_text())
    assert list(marks["students"]) == ["ada", "bob", "cleo"]
    test = marks["students"]["ada"]["questions"]["to_gray"]["tests"][0]
    assert test == {"cell": "test_to_gray", "question": "to_gray", "score": 0, "max_score": 2, "status": "memory",
                    "reason": "more than 2 GiB were used", "seconds": 0.1}


def test_what_lies_where_no_unit_looks_for_it_is_named(unit, autograder):
    submit(unit, "ada")
    (unit.course.root / "source" / "00-of-nbgrader").mkdir(parents=True)
    there = unit.course.root / "submitted"
    for place in ("bob/exercise.ipynb", "cleo/01_edge\x1b[2J/exercise.ipynb", "dan.ipynb", f"ada/{SLUG}/more/copy.ipynb",
                  "ada/00-of-nbgrader/exercise.ipynb", "ada/.ipynb_checkpoints/exercise.ipynb", "eve/notes/read.txt"):
        (there / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(unit.submission("ada"), there / place)
    done = autograder("--course", unit.course.root, "grade", SLUG)
    assert done.exit_code == 0, done.output
    assert "Not graded, because" in done.output and "bob/exercise.ipynb, cleo/01_edge" in done.output, done.output
    assert ", dan.ipynb. Look" in done.output and "\x1b" not in done.output and done.output.count(".ipynb, ") == 1, done.output
    for number in range(9):
        shutil.copy(there / "dan.ipynb", there / f"eve{number}.ipynb")
    assert "eve1.ipynb and 7 more." in autograder("--course", unit.course.root, "grade", SLUG).output


def test_a_gradebook_can_be_named(unit, autograder, tmp_path):
    submit(unit, "ada")
    done = autograder("--course", unit.course.root, "grade", SLUG, "--db", f"sqlite:///{tmp_path / 'other.db'}")
    assert done.exit_code == 0 and (tmp_path / "other.db").exists() and not unit.course.database().exists()


@pytest.mark.parametrize(("arguments", "status", "words"), [
    (["--db", "nonsense"], 1, "does not name a database"),
    (["--sandbox", "off"], 2, "'auto', 'require'"),
    (["--scheduler", "tcp://127.0.0.1:1"], 1, "no Dask scheduler"),
], ids=["no database", "no sandbox", "no scheduler"])
def test_what_cannot_be_is_said_in_a_sentence(unit, autograder, arguments, status, words, monkeypatch):
    monkeypatch.setattr("autograder.schedule.CONNECT", 1)
    submit(unit, "ada")
    done = autograder("--course", unit.course.root, "grade", SLUG, *arguments)
    assert done.exit_code == status and words in done.output, done.output


def test_a_terminal_sees_a_bar_and_the_latest_outcome(unit):
    from rich.console import Console

    from autograder.report import in_a_word, progress
    result = StudentResult(17, 20, "graded", {})
    console = Console(force_terminal=True, width=100, file=SimpleNamespace(write=[].append, flush=lambda: None))
    with console.capture() as shown, progress(2, "graded", console) as one_more:
        one_more(in_a_word("ada", result))
    assert "1/2" in shown.get()
