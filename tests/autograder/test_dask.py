"""Grading on a Dask cluster: the same marks as on this machine, also when a worker is lost on the way."""

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="needs cnn-course[cluster]")

from autograder import archive
from autograder.course import CourseError, Unit
from autograder.grade import grade
from autograder.sample import make_class
from autograder.schedule import Dask, JobFailed
from tests.autograder.fakes import ENGINE, MISSING, calls, submit
from tests.autograder.jobs import work

PROJECT = Path(__file__).resolve().parents[2]


class Cluster:
    """A scheduler and two workers with one thread each, every one in a process of its own."""

    def __init__(self, folder: Path):
        self.folder, self.processes = folder, []
        self.file = folder / "scheduler.json"
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.start("worker", "--nworkers", "2", "--nthreads", "1", "--no-dashboard", "--death-timeout", "60")

    def start(self, what: str, *options: str) -> subprocess.Popen:
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), "DASK_LOGGING__DISTRIBUTED": "error"}
        with open(self.folder / f"{what}.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(self.file), *options],
                stdout=log, stderr=log, cwd=self.folder, env=environment,
                start_new_session=True)
        self.processes.append(process)
        return process

    def address(self) -> str:
        scheduler = self.processes[0]
        while not self.file.exists():
            with pytest.raises(subprocess.TimeoutExpired):
                scheduler.wait(0.1)
        return json.loads(self.file.read_text())["address"]

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """The folder in which the fakes meet."""
    folder = tmp_path / "fake"
    folder.mkdir()
    monkeypatch.setenv("FAKE_FOLDER", str(folder))
    archive.grader.cache_clear()  # the cluster's processes, which start now, read the files as they are now
    return folder


@pytest.fixture
def cluster(tmp_path, fake):
    cluster = Cluster(tmp_path)
    try:
        yield cluster
    finally:
        cluster.stop()


def outcomes(address, jobs) -> dict:
    return {job["name"]: answer for job, answer in Dask(address).run(work, "job ", iter(jobs))}


def test_jobs_on_a_cluster_get_their_own_answers(cluster, tmp_path):
    (tmp_path / "once").touch()
    jobs = [{"name": str(number)} for number in range(20)]
    jobs += [{"name": "large", "load": b"x" * 20_000_000}, {"name": "fails", "fail": "lost"},
             {"name": "kills one worker", "die": str(tmp_path / "once")}]
    answers = outcomes(cluster.address(), jobs)
    assert isinstance(answers.pop("fails"), JobFailed)
    assert answers == {job["name"]: f"job {job['name']}" for job in jobs if job["name"] not in ("large", "fails")} | {
        "large": "job large20000000"}


def test_a_cluster_without_workers_is_named(cluster, monkeypatch):
    monkeypatch.setattr("autograder.schedule.FIRST_WORKER", 1)
    address = cluster.address()
    os.killpg(cluster.processes[1].pid, signal.SIGKILL)
    with pytest.raises(CourseError, match="no Dask scheduler with workers"):
        outcomes(address, [{"name": "a"}])


def test_a_scheduler_that_goes_away_is_named(cluster):
    answers = Dask(cluster.address()).run(work, "", iter([{"name": "a"}, *[{"name": "b", "endless": True}] * 3]))
    assert next(answers)[1] == "a"
    cluster.processes[0].kill()
    with pytest.raises(CourseError, match="the connection to the Dask scheduler at tcp://.* was lost"):
        next(answers)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1"])
def test_a_scheduler_that_is_not_there_is_named(address, monkeypatch):
    monkeypatch.setattr("autograder.schedule.CONNECT", 1)
    with pytest.raises(CourseError, match=f"no Dask scheduler .* {address}"):
        outcomes(address, [{"name": "a"}])


STUDENTS = [f"s{number}" for number in range(8)]


def in_another_place(unit: Unit, folder: Path) -> Unit:
    shutil.copytree(unit.course.root, folder)
    return dataclasses.replace(unit, course=dataclasses.replace(unit.course, root=folder))


def test_marks_are_the_same_as_here_though_a_worker_was_lost(unit, cluster, fake, tmp_path):
    for number, student in enumerate(STUDENTS):
        submit(unit, student, correlate2d=["passed", "failed wrong", "time too long"][number % 3])
    submit(unit, "s1", "passed\n# waits")
    unit.submission("s7").write_text("{")
    here = grade(in_another_place(unit, tmp_path / "here"), STUDENTS, jobs=2, engine=ENGINE)
    (fake / "wait").touch()
    graded = []

    def done(student, result, skipped):
        graded.append(student)
        if len(graded) == len(STUDENTS) - 1:  # all the others went past the one that waits
            (fake / "wait").unlink()
            os.kill(int((fake / "waiting").read_text()), signal.SIGKILL)

    said = []
    there = grade(unit, STUDENTS, scheduler=cluster.address(), engine=ENGINE, done=done, say=said.append)
    assert there == here and sorted(graded) == STUDENTS and graded[-1] == "s1" and said == [MISSING]
    assert calls(fake)["s1"] == 1 + 2 and all(calls(fake)[student] == 2 for student in STUDENTS[2:7])
    again = []
    assert grade(unit, STUDENTS, engine=ENGINE, done=lambda *outcome: again.append(outcome)) == here
    assert [student for student, _, skipped in again if not skipped] == ["s7"], "what a cluster graded is graded"


def test_a_worker_with_another_version_of_the_grader_stops_the_run(unit, cluster, fake, monkeypatch):
    submit(unit, "ada")
    monkeypatch.setattr(archive, "grader", lambda: "another")
    with pytest.raises(CourseError, match="a worker has another version of cnn-course"):
        grade(unit, ["ada"], scheduler=cluster.address(), engine=ENGINE)
    assert calls(fake) == {} and not (unit.course.root / "graded").exists()


@pytest.mark.notebook
def test_a_class_gets_its_marks_on_a_cluster(unit, cluster):
    class_ = make_class(unit, 4, seed=0)
    results = grade(unit, [one.student for one in class_], scheduler=cluster.address())
    for one in class_:
        questions = results[one.student].questions
        assert {name for name, result in questions.items() if result.score < result.max_score} == one.wrong, questions
