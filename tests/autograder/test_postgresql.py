"""The gradebook on a PostgreSQL server: the same rows as in sqlite, and several machines may record at once.

The tests start a server of their own in a temporary folder, reachable through a socket file only.
"""

import concurrent.futures
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import make_url

from autograder.gradebook import GradebookError, Recorder
from tests.autograder.given import commits, record

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")
PROGRAMS = next((str(path.parent) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)),
                os.path.dirname(shutil.which("postgres") or ""))
STARTED = 60.0  # seconds in which the server must answer
pytestmark = pytest.mark.skipif(not PROGRAMS, reason="no PostgreSQL server is installed")


@pytest.fixture(scope="module")
def server():
    """The folder of a server's socket."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}  # it refuses root
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:  # the path of a socket is short
        if user:
            shutil.chown(folder, "postgres")
        subprocess.run([f"{PROGRAMS}/initdb", "--pgdata", f"{folder}/data", "--auth", "trust", "--username", "teacher",
                        "--encoding", "UTF8", "--no-sync"], cwd=folder, check=True, capture_output=True, **user)
        with open(f"{folder}/log", "wb") as log:
            process = subprocess.Popen([f"{PROGRAMS}/postgres", "-D", f"{folder}/data", "-k", folder, "-F",
                                        "-c", "listen_addresses="], cwd=folder, stdout=log, stderr=log, **user)
        try:
            end = time.monotonic() + STARTED
            while True:
                try:
                    psycopg.connect(host=folder, user="teacher", dbname="postgres").close()
                    break
                except psycopg.OperationalError:
                    assert process.poll() is None and time.monotonic() < end, Path(f"{folder}/log").read_text()
            yield folder
        finally:
            process.terminate()
            process.wait()


@pytest.fixture
def db_url(server, numbers=itertools.count()):  # noqa: B008  (one count for all tests)
    """An empty database of its own."""
    name = f"marks{next(numbers)}"
    with contextlib.closing(psycopg.connect(host=server, user="teacher", dbname="postgres", autocommit=True)) as connection:
        connection.execute(f"create database {name}")
    return f"postgresql://teacher@/{name}?host={server}"


def rows(recorder, students):
    """What nbgrader's own Gradebook reads of some submissions."""
    found = {}
    with Gradebook(recorder.url, "cnn") as book:
        for student in students:
            submission = book.find_submission(recorder.unit.slug, student)
            notebook, = submission.notebooks
            found[student] = (
                submission.score, submission.max_score, submission.needs_manual_grade, notebook.late_submission_penalty,
                sorted((grade.name, grade.auto_score, grade.score, grade.max_score, grade.needs_manual_grade)
                       for grade in notebook.grades),
                sorted((comment.name, comment.comment or "") for comment in notebook.comments))
    return found


CLASS = {
    "ada": {},
    "bob": {"scores": {"test_to_gray": 0.5, "test_correlate2d": 0}},
    "eve": {"answers": {}, "scores": {"test_to_gray": 0}},
}


def test_the_rows_are_those_that_sqlite_gets_and_each_submission_is_one_commit(unit, db_url):
    found = {}
    for url in (None, db_url):
        with Recorder(unit, url) as recorder, commits() as seen:
            assert recorder.register() and not recorder.register()
            for student, given in [*CLASS.items(), ("bob", CLASS["bob"])]:
                seen.clear()
                record(recorder, student, **given)
                assert len(seen) == 1
            recorder.record_unreadable("zoe")
            students = [*CLASS, "zoe"]
            assert recorder.graded() == set(students)
            found[url] = rows(recorder, students), {student: recorder.marks(student) for student in students}
    assert found[None] == found[db_url]
    assert [row[0] for row in found[db_url][0].values()] == [20, 16.5, 18, 0]


RUN = """
import sys
from pathlib import Path
from autograder.course import Course
from autograder.gradebook import Recorder
from sqlalchemy import make_url
from tests.autograder.given import record
with Recorder(Course(Path(sys.argv[1])).unit(sys.argv[2]), sys.argv[3]) as recorder:
    recorder.register()
    for number in range(15):
        record(recorder, f"s{number % 5}", scores={"test_to_gray": number % 3 / 1.0})
"""


def test_two_runs_that_begin_with_an_empty_database_take_turns(make_copy, tmp_path, db_url, project):
    units = [make_copy(tmp_path / name).unit("01-edge-detection") for name in ("first", "second")]

    def run(unit):
        return subprocess.run([sys.executable, "-c", RUN, unit.course.root, unit.slug, db_url], cwd=project,
                              capture_output=True, text=True, timeout=120)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in pool.map(run, units):
            assert done.returncode == 0, done.stderr
    with Recorder(units[0], db_url) as recorder:
        assert recorder.graded() == {f"s{n}" for n in range(5)}
        assert all(len(recorder.marks(f"s{n}")) == 14 and row[0] >= 18
                   for n, row in enumerate(rows(recorder, [f"s{n}" for n in range(5)]).values()))


def test_a_server_that_ends_meanwhile_is_named_and_what_was_recorded_stays(unit, server, db_url):
    with Recorder(unit, db_url) as recorder:
        recorder.register()
        record(recorder, "ada")
        with contextlib.closing(psycopg.connect(host=server, user="teacher", dbname="postgres", autocommit=True)) as other:
            other.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname like 'marks%'")
        with pytest.raises(GradebookError, match="could not record 01-edge-detection of bob: the gradebook postgresql"):
            record(recorder, "bob")
        assert recorder.graded() == {"ada"}, "it connects again"
    assert not (unit.course.root / "autograded" / "bob").exists()


def test_a_database_that_is_not_there_is_named(unit, db_url):
    url = make_url(db_url).set(database="nothing").render_as_string()
    with pytest.raises(GradebookError, match='could not open the gradebook: .*database "nothing" does not exist'):
        with Recorder(unit, url):
            pass
