"""Faults of our own: what happens to grading itself, on the real engine, as the command that staff type.

A run is killed, the disk is full, the gradebook is locked, processes die, the clock jumps, two runs meet. The marks are those
of an undisturbed run every time, or a sentence says what is the matter, and what was graded before stays.
"""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.warm import processes
from tests.autograder.attacks.world import SLUG
from tests.autograder.term import (
    PATIENCE,
    PROJECT,
    SOLVED,
    Term,
    all_that_it_starts,
    differences,
    processes_of,
    skipped,
    wait_until,
)

pytestmark = [pytest.mark.notebook, pytest.mark.sandbox]
CLASS, FEW = 40, 8


@pytest.fixture
def folder():
    """A new folder with a short path: there are sockets in it."""
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        yield Path(folder)


class Reference:
    """A class that nothing happened to: `term` before it was graded, and what came of it in `seconds`."""

    def __init__(self, folder: Path, students: int):
        self.term = Term(folder / "template").build(students)
        graded = self.term.copy(folder / "graded")
        began = time.monotonic()
        status, said = graded.grade()
        self.seconds = time.monotonic() - began
        assert status == 1 and f"graded {students} of {students}" in said, said  # some cannot be read
        assert graded.run("feedback", SLUG)[0] == 0
        self.done, self.outcome = graded, graded.outcome()


@pytest.fixture(scope="module")
def undisturbed():
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        yield Reference(Path(folder), CLASS)


@pytest.fixture(scope="module")
def few():
    with tempfile.TemporaryDirectory(prefix="f-") as folder:
        yield Reference(Path(folder), FEW)


@pytest.fixture
def term(few, folder):
    """A class of a few, not graded yet."""
    return few.term.copy(folder / "term")


# --- killed -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("five", range(5))
def test_a_run_that_is_killed_at_any_moment_gives_the_same_marks_when_it_is_gone_on_with(undisturbed, folder, five):
    seed = random.SystemRandom().randrange(2**32)
    chance, kills = random.Random(seed), 0
    while kills < 5:
        term = undisturbed.term.copy(folder / str(random.random()))
        moment = chance.uniform(0, undisturbed.seconds)
        about = f"seed {seed}, kill {kills}, after {moment:.3f} s of {undisturbed.seconds:.3f} s"
        with all_that_it_starts() as left:
            process = term.start("grade", SLUG, "-j", "2")
            try:
                process.communicate(timeout=moment)
                undisturbed.seconds = min(undisturbed.seconds, moment)  # it was quicker this time
                continue
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
        assert left() == [], about
        kills += process.returncode == -signal.SIGKILL
        assert term.is_sound(), about
        kept = term.kept()
        status, said = term.grade()
        assert status == 1 and skipped(said) == len(kept), about + said
        assert term.is_sound(), about
        if kills == 5:
            assert term.run("feedback", SLUG)[0] == 0
        assert differences(term.outcome(), undisturbed.outcome, feedback=kills == 5) == [], about
        assert list(term.temp.iterdir()) == [], about


@pytest.mark.parametrize("verb", ["the first grade", "feedback"])
def test_what_was_being_written_for_the_first_time_is_whole_after_a_kill(few, folder, verb):
    """Where it registers the unit, or writes the pages of feedback: a few kills, at any moment."""
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    term = (few.done if verb == "feedback" else few.term).copy(folder / "term")
    shutil.rmtree(term.course / "feedback", ignore_errors=True)
    arguments = ("feedback", SLUG) if verb == "feedback" else ("grade", SLUG, "-j", "1")
    sign = term.course / ("feedback" if verb == "feedback" else "gradebook.db")
    kills, longest = 0, 0.5
    while kills < 4:
        with all_that_it_starts() as left:
            process = term.start(*arguments)
            wait_until(sign.exists, process)
            moment = chance.uniform(0, longest)
            try:
                process.wait(moment)
                longest = moment  # it was quicker this time
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
        assert left() == [] and term.is_sound(), (seed, kills)
        kills += process.returncode == -signal.SIGKILL
        pages = list(term.course.glob("feedback/**/exercise.*"))
        assert all(path.read_bytes() == (few.done.course / path.relative_to(term.course)).read_bytes() for path in pages), seed
        for path in (sign, term.course / "release"):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    term.grade("-j", "1")
    assert term.run("feedback", SLUG)[0] == 0
    assert differences(term.outcome(), few.outcome, feedback=True) == [] and list(term.temp.iterdir()) == [], seed


# --- the disk and the gradebook ---------------------------------------------------------------------------------------

def in_own_mounts(function: str, folder: Path) -> None:
    """Call a function of this module with a folder, in a process that may mount what nobody else sees."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    call = f"from tests.autograder import test_faults; from pathlib import Path; test_faults.{function}(Path({str(folder)!r}))"
    done = subprocess.run([*unshare, sys.executable, "-c", call], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def small_disk(folder: Path, size: str) -> Path:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    return folder


def fill_up(disk: Path, left: int) -> None:
    """Leave this many bytes free."""
    about = os.statvfs(disk)
    (disk / "filler").write_bytes(bytes(about.f_bavail * about.f_frsize - left))


def test_a_full_disk_is_named_and_with_space_the_run_goes_on(few, term):
    (term.folder / "outcome").write_text(repr(few.outcome))
    in_own_mounts("grade_on_a_full_disk", term.folder)


def grade_on_a_full_disk(folder: Path) -> None:
    small = small_disk(folder / "small", "4m")
    term, elsewhere, before = Term(folder).copy(small / "term"), str(folder / "t"), []
    for left in (0, 190_000, *range(60_000, 250_000, 20_000)):  # a little more each time, until one has room
        fill_up(small, left)
        status, said = term.grade("-j", "1", TMPDIR=elsewhere)
        assert status == 1 and ("No space left on device" in said or "disk is full" in said), said
        assert term.is_sound() and set(before) <= set(before := term.kept())
        (small / "filler").unlink()
        if before:
            break
    assert 0 < len(before) < FEW - 1, "the disk was never full in the middle"
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    status, said = term.grade("-j", "1", TMPDIR=elsewhere)
    assert status == 1 and ("readonly database" in said or "Read-only file system" in said), said
    subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
    fill_up(temporary := small_disk(folder / "temporary", "1m"), 0)
    status, said = term.grade("-j", "1", TMPDIR=str(temporary))  # Python then takes another folder
    assert skipped(said) == len(before)
    assert differences(term.outcome(), eval((folder / "outcome").read_text())) == []
    fill_up(small, 0)
    status, said = term.run("feedback", SLUG, TMPDIR=elsewhere)
    assert status == 1 and "No space left on device" in said, said
    assert os.listdir(elsewhere) == []


def locked(term: Term) -> sqlite3.Connection:
    """Another program that writes to the gradebook, and does not come to its end."""
    gradebook = sqlite3.connect(term.unit.course.database(), isolation_level=None)
    gradebook.execute("begin exclusive")
    return gradebook


def test_a_gradebook_that_stays_locked_is_named_and_nothing_is_lost(few, folder):
    term = few.done.copy(folder / "term")
    with contextlib.closing(locked(term)):
        for verb in (["grade", SLUG, "--force", "-j", "1"], ["feedback", SLUG]):
            status, said = term.run(*verb, first="from autograder import gradebook; gradebook.PATIENCE = 0.5")
            assert status == 1 and "database is locked" in said and "Another program has been writing to it" in said, said
    assert differences(term.outcome(), few.outcome, feedback=True) == []


def test_a_gradebook_that_is_locked_for_a_while_is_waited_for(few, term):
    locked_first = locked(term)
    process = term.start("grade", SLUG, "-j", "1")
    wait_until(lambda: processes_of(process.pid, "forkserver") and holds(process.pid, "gradebook.db"), process)
    locked_first.close()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and f"graded {FEW} of {FEW}" in said, said
    assert differences(term.outcome(), few.outcome) == []


def holds(pid: int, name: str) -> bool:
    """Has a process opened a file of this name?"""
    with contextlib.suppress(OSError):
        return any(name in os.readlink(f"/proc/{pid}/fd/{file}") for file in os.listdir(f"/proc/{pid}/fd"))
    return False


@pytest.mark.parametrize("what", ["garbage", "a folder"])
def test_what_is_no_gradebook_is_named_and_left_as_it_is(term, what):
    path = term.unit.course.database()
    path.mkdir() if what == "a folder" else path.write_bytes(b"no database at all\n" * 1000)
    status, said = term.grade("-j", "1")
    assert status == 1 and str(path) in said and ("is not a database" in said or "unable to open" in said), said
    assert term.kept() == [] and not (term.course / "autograded").exists()
    assert path.is_dir() or path.read_bytes() == b"no database at all\n" * 1000


# --- processes that are killed ----------------------------------------------------------------------------------------

KILLED = {  # what is killed, how often; two of three processes may die on one submission
    "worker": 2, "zygote": 1, "forkserver": 1, "cnn-checker": 2}


@pytest.mark.parametrize("what", KILLED)
def test_a_process_of_ours_that_another_program_kills_costs_no_student_a_mark(few, term, what):
    with all_that_it_starts() as left:
        process = term.start("grade", SLUG, "-j", "1")
        for number in range(KILLED[what]):
            wait_until(lambda so_far=number: len(term.kept()) > 2 * so_far and victims(process.pid, what), process)
            for pid in victims(process.pid, what):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        said, _ = process.communicate(timeout=PATIENCE)
    assert left() == [] and list(term.temp.iterdir()) == []
    assert process.returncode == 1 and f"graded {FEW} of {FEW}" in said and "Traceback" not in said, said
    assert differences(term.outcome(), few.outcome) == [], said


def victims(pid: int, what: str) -> list[int]:
    """The processes of a run that play this part."""
    if what == "worker":
        return [child for server in processes_of(pid, "forkserver") for child in processes.children(server)]
    if what == "forkserver":
        return [child for child in processes.children(pid) if child in processes_of(pid, "forkserver")]
    if what == "zygote":
        return [child for child in processes_of(pid, "autograder.warm.zygote")
                if child not in processes_of(pid, "cnn-") and child not in processes_of(pid, "bwrap")]
    return processes_of(pid, what)


def test_a_worker_of_a_cluster_that_is_killed_costs_no_student_a_mark(few, term, tmp_path, monkeypatch):
    dask = pytest.importorskip("tests.autograder.test_dask", reason="needs cnn-course[cluster]")
    monkeypatch.setenv("TMPDIR", str(term.temp))
    cluster = dask.Cluster(tmp_path)
    try:
        process = term.start("grade", SLUG, "--scheduler", cluster.address())
        wait_until(term.kept, process)
        wait_until(lambda: at_work(cluster.processes[1].pid), process)
        os.kill(at_work(cluster.processes[1].pid)[0], signal.SIGKILL)
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        cluster.stop()
    assert process.returncode == 1 and f"graded {FEW} of {FEW}" in said and "Traceback" not in said, said
    assert differences(term.outcome(), few.outcome) == [], said


def at_work(nanny: int) -> list[int]:
    """The workers of a cluster, which a process of its own looks after, that have started what submissions are forked from."""
    return [worker for worker in processes.children(nanny) if processes_of(worker, "autograder.warm.zygote")]


# --- the clock --------------------------------------------------------------------------------------------------------

CLOCK = """
import time
_real, _began = time.time, time.monotonic()
def moved():  # a day ahead, a day back, and right again, a third of a second each
    return _real() + 86400 * (int(3 * (time.monotonic() - _began)) % 3 - 1)
time.time = moved
time.time_ns = lambda: int(moved() * 1e9)
"""


def test_a_clock_that_jumps_changes_no_mark_and_breaks_no_limit(few, term):
    place = term.folder / "site-packages"  # as such it is seen in the sandbox, too
    place.mkdir()
    (place / "sitecustomize.py").write_text(CLOCK)
    term.hand_in("endless", SOLVED | {"mean": "import time\ntime.sleep(1000)"})
    status, said = term.grade("-j", "2", PYTHONPATH=f"{place}:{PROJECT}")
    assert status == 1 and "this cell came to no end in 6 s" in said, said
    assert differences(term.outcome(besides="endless"), few.outcome) == [], said


def test_files_of_tomorrow_are_graded_once_and_the_unit_registered_once(few, term):
    tomorrow = time.time() + 86400
    for path in term.course.rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    assert term.grade("-j", "1")[0] == 1
    release = term.course / "release" / SLUG / "exercise.ipynb"
    written = release.stat()
    assert skipped(term.grade("-j", "1")[1]) == len(term.kept()) == FEW - 1
    assert (release.stat().st_ino, release.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns), "registered again"
    assert differences(term.outcome(), few.outcome) == []


# --- several at once --------------------------------------------------------------------------------------------------

def test_two_runs_at_once_on_one_unit_grade_everybody_right(few, term):
    runs = [term.start("grade", SLUG, "-j", "1") for _ in range(2)]
    for run in runs:
        said, _ = run.communicate(timeout=PATIENCE)
        assert run.returncode == 1 and f"graded {FEW} of {FEW}" in said and "Traceback" not in said, said
        assert said.count("could not be graded: ") == 1 and "exercise.ipynb is not a notebook" in said, said
    assert term.is_sound() and differences(term.outcome(), few.outcome) == []
    assert list(term.temp.iterdir()) == []


def test_feedback_may_be_written_while_the_class_is_graded_again(few, folder):
    term = few.done.copy(folder / "term")
    shutil.rmtree(term.course / "feedback")
    grade = term.start("grade", SLUG, "--force", "-j", "1")
    wait_until(lambda: processes_of(grade.pid, "cnn-kernel"), grade)
    status, said = term.run("feedback", SLUG)
    assert grade.poll() is None or status == 0
    graded, _ = grade.communicate(timeout=PATIENCE)
    assert grade.returncode == 1 and f"graded {FEW} of {FEW}" in graded and "Traceback" not in graded, graded
    assert status == 0 or "run `autograder grade" in said, said
    assert term.run("feedback", SLUG)[0] == 0
    assert differences(term.outcome(), few.outcome, feedback=True) == []


def test_what_is_marked_by_hand_while_the_class_is_graded_again_stays(few, folder):
    """As nbgrader's Formgrader does it, which waits five seconds for the gradebook, and not longer."""
    term = few.done.copy(folder / "term")
    automatic = "select id, auto_score from grade order by id"
    with contextlib.closing(sqlite3.connect(term.unit.course.database())) as gradebook:
        before = gradebook.execute(automatic).fetchall()
    grade, given = term.start("grade", SLUG, "--force", "-j", "1"), {}
    wait_until(lambda: processes_of(grade.pid, "cnn-kernel"), grade)
    while grade.poll() is None:
        for student in term.kept():
            with Gradebook(f"sqlite:///{term.unit.course.database()}") as gradebook:
                submitted = gradebook.find_submission_notebook("exercise", SLUG, student)
                chosen = submitted.grades[len(given) % len(submitted.grades)]
                chosen.manual_score = len(given) / 100
                submitted.comments[0].manual_comment = f"seen {len(given)} times"
                given[chosen.id] = chosen.manual_score
                given[submitted.comments[0].id] = submitted.comments[0].manual_comment
                gradebook.db.commit()
    said, _ = grade.communicate(timeout=PATIENCE)
    assert grade.returncode == 1 and f"graded {FEW} of {FEW}" in said and "Traceback" not in said, said
    assert len(given) > 2 * FEW
    with contextlib.closing(sqlite3.connect(term.unit.course.database())) as gradebook:
        assert gradebook.execute(automatic).fetchall() == before
        found = dict(gradebook.execute("select id, manual_score from grade where manual_score is not null"))
        found |= dict(gradebook.execute("select id, manual_comment from comment where manual_comment is not null"))
    assert found == given and term.is_sound()


# --- typed where it should not be -------------------------------------------------------------------------------------

def test_nothing_is_loaded_from_the_folder_that_the_command_is_typed_in(few, term):
    """It may be a student's, with a json.py in it, and the grader's own processes are not confined."""
    there = term.folder / "downloads"
    there.mkdir()
    for name in {*sys.stdlib_module_names, "autograder", "click", "cnnlib", "nbformat", "nbgrader", "numpy", "sqlalchemy"}:
        (there / f"{name}.py").write_text(f"open({str(there / 'loaded')!r}, 'a').write({name!r})\nraise SystemExit(9)")
    command = [Path(sys.executable).with_name("autograder"), "--course", term.course]
    for arguments in (["grade", SLUG, "-j", "2"], ["feedback", SLUG]):
        done = subprocess.run([*command, *arguments], cwd=there, env=os.environ | {"TMPDIR": str(term.temp)},
                              capture_output=True, text=True, timeout=PATIENCE)
        assert not (there / "loaded").exists(), done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert differences(term.outcome(), few.outcome) == []


# --- asked to end -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_run_that_is_asked_to_end_says_how_far_it_came_and_leaves_nothing(few, term, number):
    with all_that_it_starts() as left:
        heard = f"import signal; signal.signal({int(number)}, signal.{'default_int_handler' if number == 2 else 'SIG_DFL'})"
        process = term.start("grade", SLUG, "-j", "1", first=heard)  # these tests may run under nohup
        wait_until(term.kept, process)
        process.send_signal(number)
        said, _ = process.communicate(timeout=PATIENCE)
    assert left() == [] and list(term.temp.iterdir()) == []
    assert process.returncode == 1 and "Traceback" not in said, said
    kept = term.kept()
    assert f"interrupted: {len(kept)} of {FEW} submissions are graded. Run it again to go on." in said and kept, said
    assert skipped(term.grade()[1]) == len(kept)
    assert differences(term.outcome(), few.outcome) == []


def test_who_stops_reading_what_it_says_loses_no_mark(few, term):
    with all_that_it_starts() as left:
        process = term.start("grade", SLUG, "-j", "1", errors=subprocess.PIPE)
        assert process.stdout.readline().startswith("Grading")
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate(timeout=PATIENCE)
    before = term.kept()
    assert process.returncode == 1 and errors == ""
    assert left() == [] and list(term.temp.iterdir()) == []
    assert skipped(term.grade()[1]) == len(before), "what it had graded when it noticed"
    assert differences(term.outcome(), few.outcome) == []
