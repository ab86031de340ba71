"""What nbgrader's part does: submissions are cleaned, each is recorded whole in one commit, and nothing is lost by a fault."""

import concurrent.futures
import contextlib
import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook, get_alembic_version
from nbgrader.preprocessors import SaveAutoGrades

from autograder import gradebook
from autograder.cells import settings_of
from autograder.course import CourseError
from autograder.gradebook import GradebookError, Recorder, database_url
from autograder.nbgrader_parts import nbgrader_settings
from autograder.results import Examined, TestResult
from autograder.sample import fill, solutions
from autograder.sanitise import Sanitiser, sanitiser
from tests.autograder.given import commits, examined, record, submit

SLUGS = ("01-edge-detection", "02-output-shapes", "03-backprop")
FULL = 20  # points of unit 01


@pytest.fixture
def recorder(unit):
    with Recorder(unit) as recorder:
        recorder.register()
        yield recorder


def cells(notebook):
    return {settings_of(cell)["grade_id"]: cell for cell in notebook.cells if settings_of(cell).get("grade_id")}


def total(recorder, student):
    return sum(mark.score for mark in recorder.marks(student))


# --- cleaning ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("slug", SLUGS)
def test_a_clean_notebook_has_the_answers_of_the_student_and_the_tests_of_the_source(course, slug):
    unit = course.unit(slug)
    cleaner, notebook = sanitiser(unit), fill(unit, solutions(unit))
    before = nbformat.writes(notebook)
    clean = cleaner.sanitise(notebook)
    assert nbformat.writes(notebook) == before
    source = cells(nbformat.read(unit.source, as_version=4))
    assert list(cells(clean)) == list(source)
    for name, cell in cells(clean).items():
        if settings_of(cell)["solution"]:
            assert cell.source == solutions(unit)[name]
        else:
            assert cell.source == source[name].source
    nbformat.validate(clean)
    assert nbformat.writes(pickle.loads(pickle.dumps(cleaner)).sanitise(notebook)) == nbformat.writes(clean)


def test_threads_may_clean_while_another_records(course):
    first, second = (course.unit(slug) for slug in SLUGS[:2])
    work = [(sanitiser(unit), fill(unit, solutions(unit))) for unit in (first, second)] * 20
    alone = [nbformat.writes(cleaner.sanitise(notebook)) for cleaner, notebook in work]
    with Recorder(first) as recorder, concurrent.futures.ThreadPoolExecutor(4) as pool:
        recorder.register()
        futures = [pool.submit(cleaner.sanitise, notebook) for cleaner, notebook in work]
        for number in range(5):
            record(recorder, f"s{number}")
        assert [nbformat.writes(future.result()) for future in futures] == alone
        assert all(total(recorder, f"s{number}") == FULL for number in range(5))


def test_a_step_of_the_courses_own_takes_part_and_its_fault_is_named(unit):
    settings = unit.course.root / "nbgrader_config.py"
    settings.write_text(
        settings.read_text() + "from nbgrader.converters import Autograde\n"
        "def own(nb, resources):\n"
        "    assert len(nb.cells) > 3, 'too short'\n"
        "    nb.metadata['seen'] = True\n"
        "    return nb, resources\n"
        "c.Autograde.sanitize_preprocessors = [*Autograde().sanitize_preprocessors, own]\n")
    cleaner = sanitiser(unit)
    assert cleaner.sanitise(fill(unit, {})).metadata.seen
    with pytest.raises(CourseError, match="nbgrader_config.py defines itself what cleans a submission: put that into a module"):
        pickle.dumps(cleaner)
    settings.write_text(settings.read_text().replace("> 3", "> 300"))
    with pytest.raises(CourseError, match="could not be prepared: AssertionError: too short"):
        sanitiser(unit).sanitise(fill(unit, {}))


def test_settings_that_do_not_matter_to_it_do_not_keep_it_from_going_to_another_process(unit):
    with (unit.course.root / "nbgrader_config.py").open("a") as settings:
        settings.write(LATE + "c.Autograde.autograde_preprocessors = [lambda nb, resources: (nb, resources)]\n"
                              "c.ClearOutput.enabled = False\n")
    notebook = fill(unit, {})
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="kept")]
    assert pickle.loads(pickle.dumps(sanitiser(unit))).sanitise(notebook).cells[1].outputs == notebook.cells[1].outputs


def test_a_unit_without_a_source_is_named(unit):
    unit.source.unlink()
    with pytest.raises(CourseError, match="autograder build"):
        Recorder(unit)


# --- recording --------------------------------------------------------------------------------------------------------

def test_a_submission_is_recorded_in_one_commit_the_first_time_and_again(recorder):
    for student in ("ada", "bob", "ada"):
        with commits() as seen:
            record(recorder, student, scores={"test_to_gray": 0})
        assert len(seen) == 1
    with commits() as seen:
        recorder.record_unreadable("zoe")
    assert len(seen) == 1
    with commits() as seen:
        assert total(recorder, "ada") == FULL - 2 and recorder.graded() == {"ada", "bob", "zoe"}
        assert recorder.late_penalty("ada") == 0 and recorder.comments("ada") == {}
    assert not seen


def test_the_unit_is_registered_in_one_commit_and_only_when_it_changed(unit):
    with Recorder(unit) as recorder, commits() as seen:
        assert recorder.register() and len(seen) == 1
        released = unit.course.root / "release" / unit.slug / "exercise.ipynb"
        before = released.stat().st_mtime_ns
        assert not recorder.register() and len(seen) == 1 and released.stat().st_mtime_ns == before
        assert cells(nbformat.read(released, as_version=4)).keys() == cells(recorder.sanitiser.prepared).keys()
    source = nbformat.read(unit.source, as_version=4)
    cells(source)["test_to_gray"].source += "\n# one more line"
    nbformat.write(source, unit.source)
    with Recorder(unit) as recorder:
        assert recorder.register() and not recorder.register()
    released.unlink()
    with Recorder(unit) as recorder:
        assert recorder.register() and released.is_file()


def test_a_source_that_lost_a_test_after_it_was_graded_is_refused_and_nothing_changes(unit):
    with Recorder(unit) as recorder:
        recorder.register()
        record(recorder, "ada")
    source = nbformat.read(unit.source, as_version=4)
    source.cells.remove(cells(source)["test_to_gray"])
    nbformat.write(source, unit.source)
    before = sorted(unit.course.root.rglob("*"))
    with Recorder(unit) as recorder:
        with pytest.raises(CourseError, match="Cannot add or remove cells"):
            recorder.register()
        with pytest.raises(CourseError, match="has other tests than when ada was graded"):
            recorder.marks("ada")
        assert sorted(unit.course.root.rglob("*")) == before


def test_the_folder_holds_the_executed_notebook_and_the_files_beside_it_as_nbgrader_leaves_them(recorder, unit, tmp_path):
    (unit.source.parent / "data.csv").write_text("the teacher's")
    (tmp_path / "secret").write_text("not to be read")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "file").write_text("not to be read")
    folder = unit.submission("ada").parent
    (folder / "figures" / "deep").mkdir(parents=True)
    for name, content in (("data.csv", "mine"), ("figures/deep/own.png", "a picture"), ("other.ipynb", "{}")):
        (folder / name).write_text(content)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path / "secrets")
    os.mkfifo(folder / "pipe")
    for _ in range(2):
        record(recorder, "ada", scores={"test_to_gray": 1.5})
        place = unit.course.root / "autograded" / "ada" / unit.slug
        there = {path.relative_to(place).as_posix(): path for path in place.rglob("*") if not path.is_dir()}
        assert set(there) == {"exercise.ipynb", "data.csv", "figures/deep/own.png"}
        assert there["data.csv"].read_text() == "the teacher's" and there["figures/deep/own.png"].read_text() == "a picture"
        assert {path.stat().st_mode & 0o777 for path in there.values()} == {0o444}
        notebook = nbformat.read(there["exercise.ipynb"], as_version=4)
        assert cells(notebook)["test_to_gray"].outputs[-1].data["text/plain"] == "1.5"
    assert sorted(p.name for p in (unit.course.root / "autograded").iterdir()) == ["ada"]
    assert [p.name for p in (unit.course.root / "autograded" / "ada").iterdir()] == [unit.slug]


def everything(unit):
    """All that recording may change: rows and files."""
    with contextlib.closing(sqlite3.connect(unit.course.database())) as connection:
        rows = list(connection.iterdump())
    return rows, {p.relative_to(unit.course.root): p.read_bytes()
                  for p in unit.course.root.glob("autograded/**/*") if p.is_file()}


def break_at(monkeypatch, where):
    """Let recording fail at some point."""
    def fail(*_, **__):
        raise RuntimeError("lost power")

    if where == "the third score":
        calls = iter(range(3))
        whole = SaveAutoGrades._add_score
        monkeypatch.setattr(SaveAutoGrades, "_add_score",
                            lambda *given: whole(*given) if next(calls, None) is not None else fail())
    elif where == "writing the notebook":
        monkeypatch.setattr(nbformat.v4, "writes", fail)
    elif where == "copying a file":
        monkeypatch.setattr(shutil, "copy", fail)
    elif where == "putting the folder in its place":
        whole_rename = Path.rename
        monkeypatch.setattr(Path, "rename", lambda path, target: fail() if ".new" in str(path) else whole_rename(path, target))
    elif where == "the commit":
        monkeypatch.setattr(gradebook._OneCommitSession, "finish", fail)


@pytest.mark.parametrize("known", [True, False], ids=["recorded before", "new"])
@pytest.mark.parametrize("where", ["the third score", "writing the notebook", "copying a file",
                                   "putting the folder in its place", "the commit"])
def test_a_fault_on_the_way_leaves_rows_and_files_as_they_were(recorder, unit, monkeypatch, where, known):
    (unit.source.parent / "data.csv").write_text("1")
    record(recorder, "bob")
    if known:
        record(recorder, "ada", scores={"test_to_gray": 0})
    before = everything(unit)
    clean = recorder.sanitiser.sanitise(submit(unit, "ada"))
    outcome = examined(clean)
    with monkeypatch.context() as patch:
        break_at(patch, where)
        with pytest.raises(CourseError, match="nbgrader could not record 01-edge-detection of ada: RuntimeError: lost power"):
            recorder.record("ada", outcome)
    assert everything(unit) == before
    recorder.record("ada", outcome)
    assert total(recorder, "ada") == FULL == total(recorder, "bob")


def test_a_full_disk_is_a_fault_of_the_gradebook_and_not_of_the_student(recorder, unit, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    record(recorder, "ada")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(GradebookError, match="No space left"):
        recorder.record("ada", examined(recorder.sanitiser.sanitise(fill(unit, {}))))


KILLED = """
import contextlib, itertools, os, signal, sqlite3, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from autograder.course import Course
from autograder.gradebook import Recorder
from tests.autograder.given import commits, examined, submit

unit = Course(Path(sys.argv[1])).unit(sys.argv[2])
recorder = Recorder(unit)
with recorder:
    recorder.register()
    clean = recorder.sanitiser.sanitise(submit(unit, "ada"))
outcomes = {18: examined(clean, {"test_to_gray": 0}), 20: examined(clean)}
written = unit.course.root / "autograded" / "ada" / unit.slug / "exercise.ipynb"

def record(score):
    with recorder:
        recorder.record("ada", outcomes[score])

def kill_at(moment):
    moments = itertools.count(1)
    def one_more(*_):
        if next(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
    changes = {"open", "os.mkdir", "os.rmdir", "os.rename", "os.remove", "os.chmod"}
    sys.addaudithook(lambda name, _: one_more() if name in changes else None)
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, one_more)

for moment in itertools.count(1):
    record(18)
    before = written.read_bytes()
    child = os.fork()
    if not child:
        kill_at(moment)
        record(20)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    with contextlib.closing(sqlite3.connect(unit.course.database())) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    with recorder:
        score = sum(mark.score for mark in recorder.marks("ada"))
    assert score in (18, 20), (moment, score)
    if score == 20:
        assert written.read_bytes() != before, moment
    if status == 0:
        assert score == 20
        print(moment)
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
"""


def test_killing_it_at_any_moment_leaves_a_student_as_before_or_fully_recorded(unit, project):
    """It is killed before each statement and each touch of a file, one after the other."""
    done = subprocess.run([sys.executable, "-c", KILLED, unit.course.root, unit.slug], cwd=project, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30, "not many moments were tried"
    left = [p.relative_to(unit.course.root).as_posix() for p in unit.course.root.glob("autograded/**/*")]
    assert sorted(left) == [f"autograded/ada{rest}" for rest in ("", f"/{unit.slug}", f"/{unit.slug}/exercise.ipynb")]


RECORDING = """
import sys
from pathlib import Path
from autograder.course import Course
from autograder.gradebook import Recorder
from tests.autograder.given import record
with Recorder(Course(Path(sys.argv[1])).unit(sys.argv[2])) as recorder:
    recorder.register()
    for number in range(15):
        record(recorder, f"s{number % 5}", scores={"test_to_gray": number % 3 / 1.0})
"""


def test_two_runs_at_once_take_turns(unit, project):
    """They make the tables, register the unit and record the same students; both come to their end."""
    command = [sys.executable, "-c", RECORDING, unit.course.root, unit.slug]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for run in [pool.submit(subprocess.run, command, cwd=project, capture_output=True, text=True) for _ in range(2)]:
            assert run.result().returncode == 0, run.result().stderr
    with Recorder(unit) as recorder:
        assert recorder.graded() == {f"s{n}" for n in range(5)}
        assert all(total(recorder, f"s{n}") == FULL - 2 + (n + 10) % 3 for n in range(5))


# --- what people decided ----------------------------------------------------------------------------------------------

def test_a_manual_score_and_comment_outlive_a_regrade_and_ask_for_another_look(recorder, unit):
    record(recorder, "ada", {"to_gray": "pass"}, scores={"test_to_gray": 0})
    assert recorder.comments("ada")["correlate2d"] == "No response." and "to_gray" not in recorder.comments("ada")
    with Gradebook(recorder.url, "cnn") as book:
        grade = book.find_grade("test_to_gray", "exercise", unit.slug, "ada")
        grade.manual_score, grade.extra_credit = 2.0, 0.5
        book.find_comment("to_gray", "exercise", unit.slug, "ada").manual_comment = "Nearly."
        book.db.commit()
    record(recorder, "ada", {"to_gray": "pass"}, scores={"test_to_gray": 1.0})
    mark = next(mark for mark in recorder.marks("ada") if mark.cell == "test_to_gray")
    assert (mark.score, mark.auto_score, mark.manual_score, mark.needs_manual_grade) == (2.5, 1.0, 2.0, True)
    assert recorder.comments("ada")["to_gray"] == "Nearly."
    assert sum(mark.needs_manual_grade for mark in recorder.marks("ada")) == 1


LATE = """
from nbgrader.plugins import LateSubmissionPlugin

class Hourly(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return min(score, total_seconds_late / 3600)

c.AssignLatePenalties.plugin_class = Hourly
"""


def test_the_courses_late_penalty_follows_the_timestamp(unit):
    with (unit.course.root / "nbgrader_config.py").open("a") as settings:
        settings.write(LATE)
    with Recorder(unit) as recorder:
        recorder.register()
        with Gradebook(recorder.url, "cnn") as book:
            book.update_or_create_assignment(unit.slug, duedate="2030-01-01 12:00:00 UTC")
        times = {"early": "2030-01-01 11:59:00 UTC", "late": "2030-01-01 15:00:00 UTC", "lost": "2031-01-01 00:00:00 UTC"}
        for student, when in times.items():
            unit.submission(student).parent.mkdir(parents=True)
            (unit.submission(student).parent / "timestamp.txt").write_text(when)
            record(recorder, student, scores={"test_to_gray": 0})
        record(recorder, "unknown")
        assert {s: recorder.late_penalty(s) for s in (*times, "unknown")} == {"early": 0, "late": 3, "lost": 18, "unknown": 0}
        assert total(recorder, "late") == 18, "the penalty is taken off the whole"
        (unit.submission("late").parent / "timestamp.txt").write_text(times["early"])
        record(recorder, "late")
        assert recorder.late_penalty("late") == 0
        (unit.submission("lost").parent / "timestamp.txt").write_text("the day before yesterday")
        with pytest.raises(CourseError, match="timestamp.txt of lost for 01-edge-detection does not hold a date"):
            record(recorder, "lost")
        assert recorder.late_penalty("lost") == 18 == total(recorder, "lost")
        recorder.record_unreadable("lost")
        assert recorder.late_penalty("lost") == 0 and total(recorder, "lost") == 0


# --- what does not fit ------------------------------------------------------------------------------------------------

def test_a_submission_that_became_unreadable_loses_its_points_and_its_folder(recorder, unit):
    record(recorder, "ada")
    recorder.record_unreadable("ada")
    assert total(recorder, "ada") == 0 and not (unit.course.root / "autograded").exists()
    assert not any(mark.needs_manual_grade for mark in recorder.marks("ada"))
    record(recorder, "ada")
    assert total(recorder, "ada") == FULL


def test_outputs_that_say_something_else_than_the_tests_are_refused(recorder, unit):
    clean = recorder.sanitiser.sanitise(submit(unit, "ada"))
    right = examined(clean)
    for test, words in ((TestResult("test_to_gray", "to_gray", 1.0, 2.0, "partial"), "gave 1 points, and its outputs tell"),
                        (TestResult("unknown", "to_gray", 1.0, 2.0, "partial"), "the test test_to_gray was not run")):
        tests = tuple(test if one.cell == "test_to_gray" else one for one in right.tests)
        with pytest.raises(CourseError, match=words):
            recorder.record("ada", Examined(right.notebook, tests, 0))
    assert recorder.graded() == set()


@pytest.mark.parametrize("output", [{"text/plain": "1000"}, {"text/html": "<b>1</b>"}], ids=["too many points", "no text"])
def test_where_nbgrader_cannot_read_an_output_the_score_of_the_test_counts(recorder, unit, output):
    outcome = examined(recorder.sanitiser.sanitise(submit(unit, "ada")), {"test_to_gray": 1.5})
    notebook = nbformat.reads(outcome.notebook, as_version=4)
    cells(notebook)["test_to_gray"].outputs = [nbformat.v4.new_output("execute_result", data=output)]
    recorder.record("ada", Examined(nbformat.writes(notebook), outcome.tests, 0))
    assert total(recorder, "ada") == FULL - 0.5


def test_a_test_that_is_not_in_the_notebook_still_gets_its_points(recorder, unit):
    record(recorder, "ada")
    outcome = examined(recorder.sanitiser.sanitise(submit(unit, "ada")), {"test_to_gray": 0})
    notebook = nbformat.reads(outcome.notebook, as_version=4)
    notebook.cells.remove(cells(notebook)["test_to_gray"])
    recorder.record("ada", Examined(nbformat.writes(notebook), outcome.tests, 0))
    assert total(recorder, "ada") == FULL - 2
    assert not any(mark.needs_manual_grade for mark in recorder.marks("ada"))


def test_who_has_no_marks_is_named(recorder):
    with pytest.raises(CourseError, match="zoe has no marks for 01-edge-detection: run `autograder grade"):
        recorder.marks("zoe")


def test_a_new_gradebook_is_what_nbgrader_itself_would_have_made(recorder, environment, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", environment["PATH"])
    other = tmp_path / "stock.db"
    with Gradebook(f"sqlite:///{other}", "cnn"):
        pass
    query = "select name, sql from sqlite_master order by name"
    with contextlib.closing(sqlite3.connect(other)) as stock, contextlib.closing(
            sqlite3.connect(recorder.unit.course.database())) as ours:
        assert ours.execute(query).fetchall() == stock.execute(query).fetchall()
        assert ours.execute("select version_num from alembic_version").fetchone() == (get_alembic_version(),)


# --- which gradebook --------------------------------------------------------------------------------------------------

def test_the_gradebook_is_the_one_that_is_named_or_that_of_the_settings_or_in_the_course(course, tmp_path):
    pytest.importorskip("psycopg")
    assert database_url(course) == f"sqlite:///{course.root}/gradebook.db"
    with (course.root / "nbgrader_config.py").open("a") as settings:
        settings.write("c.CourseDirectory.db_url = 'sqlite:///marks/spring.db'\n")
    assert database_url(course) == f"sqlite:///{course.root}/marks/spring.db"
    assert database_url(course, f"sqlite:///{tmp_path}/a.db") == f"sqlite:///{tmp_path}/a.db"
    assert database_url(course, "postgresql+psycopg://ada@db/marks") == "postgresql+psycopg://ada@db/marks"
    for short in ("postgresql", "postgres"):
        assert database_url(course, f"{short}://ada:pw@db:5433/marks") == "postgresql+psycopg://ada:pw@db:5433/marks"


@pytest.mark.parametrize(("url", "words"), [
    ("gradebook.db", "'gradebook.db'|gradebook.db does not name a database: it is written as postgresql://"),
    ("nosuch://ada:secret@host/marks", "nosuch://ada:.*@host/marks does not name a database"),
    ("oracle://ada:secret@host/marks", r"needs the package \w+"),
    ("sqlite:////no/such/folder/a.db", "could not open the gradebook: .*unable to open database file"),
    ("sqlite:////etc/hostname", "file is not a database"),
    ("postgresql+psycopg://ada:secret@127.0.0.1:1/marks", "could not open the gradebook: .*:[*]{3}@.*refused"),
], ids=["no URL", "an unknown kind", "a driver that is missing", "a folder that is missing", "another file", "no server"])
def test_a_gradebook_that_cannot_be_opened_is_named_without_its_password(unit, url, words):
    if "psycopg" in url:
        pytest.importorskip("psycopg")
    with pytest.raises(GradebookError, match=words) as raised, Recorder(unit, url):
        pass
    assert "secret" not in str(raised.value)


def test_without_a_driver_the_way_to_get_one_is_said(unit, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(GradebookError, match=r"needs the package psycopg: pip install 'psycopg\[binary\]'"):
        database_url(unit.course, "postgresql://ada@db/marks")


def test_a_gradebook_of_an_older_nbgrader_is_named_with_the_way_out(unit):
    with Recorder(unit) as recorder:
        recorder.register()
    with contextlib.closing(sqlite3.connect(unit.course.database())) as connection:
        connection.execute("alter table student drop column lms_user_id")
    with Recorder(unit) as recorder, pytest.raises(GradebookError, match="no such column.*nbgrader db upgrade"):
        record(recorder, "ada")


def test_the_settings_may_make_nothing_of_the_tests_own_names(unit):
    """A Sanitiser needs no more than a notebook and settings: no course folder, no database."""
    source = nbformat.read(unit.source, as_version=4)
    cleaner = Sanitiser(source, nbgrader_settings(unit.course))
    shutil.rmtree(unit.course.root)
    submission = json.loads(json.dumps(cleaner.prepared))
    assert cells(cleaner.sanitise(nbformat.from_dict(submission))).keys() == cells(source).keys()
