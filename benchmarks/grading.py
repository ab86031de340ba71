"""How fast does `autograder grade` grade, beside stock nbgrader, beside otter-grader, and beside the time inside the cells?

    python benchmarks/grading.py
    python benchmarks/grading.py --submissions 60 --peers 6 --many 200
    python benchmarks/grading.py --otter ~/otter/bin/otter

Every time is that of a whole command, start-up included, on the same submissions and the same cores, with the sandbox as the
system allows it. The submissions are made up: right, right in another way, and wrong answers of the unit's catalogue; none
of them hangs, and none loads a framework that its unit does not. `nbgrader autograde` and `otter run` grade one
submission after the other, so --peers says on how many of them they are timed; the time for all is scaled from that.

A unit that imports TensorFlow is made up as well: seven cells, two questions. nbgrader gives no points there for the first
test that computes with TensorFlow on a machine without a GPU: TensorFlow says so on stderr, which nbgrader takes for a
failure; the table says of how many. The row "floor" holds the wall time against the seconds inside cells and tests
divided by the cores: what a grader without any cost of its own would need.

otter-grader must not share an environment with nbgrader; --otter names the command of an environment of its own, in which the
project's packages can be imported as well:

    python -m venv otter && otter/bin/pip install otter-grader
    python -c "import site, pathlib; print(site.getsitepackages()[0]); print(pathlib.Path().absolute())" > project.pth

with project.pth moved to otter's own site-packages. Without --otter its row is left out, which the table says. The exit status
is 0 also when a bound is missed.
"""

import argparse
import collections
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import nbformat
import psutil

from autograder.build import read_master
from autograder.catalogue import read_catalogue
from autograder.cells import is_test, question_of, settings_of
from autograder.course import Course, Unit, find_course
from autograder.sample import fill, solutions

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", "")])}
CORES = os.cpu_count() or 1
NUMPY_UNIT, TENSORFLOW_UNIT = "01-edge-detection", "90-tensorflow"
FRAMEWORKS = ("keras", "tensorflow", "scipy")
COLUMNS = "{:<54} {:>11} {:>11} {:>9} {:>9} {:>7}  {}"

WRONG_SLOPE = "def slope(x):\n    return 2.0 * x**2\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=60, metavar="N", help="submissions a row, 60 unless given")
    parser.add_argument("--peers", type=int, metavar="N", help="submissions on which a peer is timed, all unless given")
    parser.add_argument("--many", type=int, default=1000, metavar="N", help="submissions of the long run, 1000 unless given")
    parser.add_argument("--otter", metavar="COMMAND", help="otter of an environment of its own, see above")
    arguments = parser.parse_args()
    peers = arguments.peers or arguments.submissions
    if min(arguments.submissions, peers, arguments.many) < 1 or peers > arguments.submissions:
        parser.error("--submissions, --peers and --many need to be at least 1, and --peers at most --submissions")
    print(f"{arguments.submissions} submissions a row, peers timed on {peers}, -j {CORES}")
    print(COLUMNS.format("work", "ours, s", "beside, s", "measured", "at least", "aim", "ok"))
    with tempfile.TemporaryDirectory(prefix="grading-") as folder:
        where = Path(folder)
        for slug, title, bound, aim in ((TENSORFLOW_UNIT, "a unit that imports TensorFlow", 25, 40),
                                        (NUMPY_UNIT, "unit 01 (NumPy)", 10, 15)):
            unit = make_course(where / slug).unit(slug)
            hand_in(unit, arguments.submissions)
            ours, marks = grade(unit)
            row(f"{title}, against nbgrader autograde", ours, stock(unit, peers, where / f"{slug}-stock", marks), bound, aim)
            if slug == NUMPY_UNIT and arguments.otter:
                theirs = otter(unit, arguments.otter, peers, where / "otter")
                row(f"{title}, against otter run", ours, theirs, 10, 20)
            elif slug == NUMPY_UNIT:
                print("  otter run: left out, no --otter was given")
            inside = sum(student["seconds"] for student in marks.values()) / CORES
            row(f"{title}, floor against wall time", ours, inside, 4, 2, floor=True)
        unit = make_course(where / "many").unit(NUMPY_UNIT)
        hand_in(unit, arguments.many)
        long_run(unit, arguments.many)
        unit = make_course(where / "dask").unit(NUMPY_UNIT)
        hand_in(unit, arguments.submissions)
        cluster(unit)


def row(work, ours, beside, bound, aim, floor=False):
    """One line of the table. The measured ratio is beside / ours; for the floor, ours / beside, and less is better."""
    ratio = ours / beside if floor else beside / ours
    good = ratio <= bound if floor else ratio >= bound
    print(COLUMNS.format(work, f"{ours:.1f}", f"{beside:.1f}", f"{ratio:.1f} x", f"{bound:g} x", f"{aim:g} x",
                         "yes" if good else "NO"), flush=True)


def make_course(folder: Path) -> Course:
    """A copy of the course's masters and sources, with the unit that imports TensorFlow."""
    folder.mkdir()
    for name in ("units", "source"):
        shutil.copytree(PROJECT / "course" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "limits.toml"):
        shutil.copy(PROJECT / "course" / name, folder)
    master = folder / "units" / TENSORFLOW_UNIT / "exercise.py"
    master.parent.mkdir()
    shutil.copy(Path(__file__).with_name("tensorflow_unit.py"), master)
    course = find_course(str(folder))
    source = course.unit(TENSORFLOW_UNIT).source
    source.parent.mkdir()
    nbformat.write(read_master(master), source)
    return course


def hand_in(unit: Unit, students: int) -> None:
    """Submissions that take turns among right and wrong answers of the catalogue."""
    answers = {question: [text] for question, text in solutions(unit).items()}
    if unit.slug == TENSORFLOW_UNIT:
        answers["slope"].append(WRONG_SLOPE)
    else:
        for entry in read_catalogue(unit):
            if not any(name in entry.text for name in FRAMEWORKS):
                answers[entry.question].append(entry.text)
    turns = {question: itertools.cycle(texts) for question, texts in answers.items()}
    for number in range(students):
        path = unit.submission(f"student-{number:04d}")
        path.parent.mkdir(parents=True)
        nbformat.write(fill(unit, {question: next(texts) for question, texts in turns.items()}), path)


def timed(command: list, folder: Path) -> float:
    """The seconds that a command takes; what it says when it fails goes through."""
    began = time.perf_counter()
    done = subprocess.run([str(part) for part in command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    taken = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}\n{done.stderr}")
    return taken


def grade(unit: Unit, *options) -> tuple[float, dict]:
    """Seconds and results of `autograder grade`."""
    report = unit.course.root / "marks.json"
    command = [BIN / "autograder", "--course", unit.course.root, "grade", unit.slug, "-j", CORES, "--force", "--json", report]
    taken = timed([*command, *options], unit.course.root)
    return taken, json.loads(report.read_text())["students"]


def stock(unit: Unit, peers: int, folder: Path, marks: dict) -> float:
    """Seconds of `nbgrader autograde` for as many submissions as ours, scaled from the first `peers`; the marks must agree."""
    students = sorted(marks)[:peers]
    folder.mkdir()
    shutil.copytree(unit.course.root / "source" / unit.slug, folder / "source" / unit.slug)
    shutil.copy(unit.course.root / "nbgrader_config.py", folder)
    for student in students:
        shutil.copytree(unit.submission(student).parent, folder / "submitted" / student / unit.slug)
    timed([BIN / "nbgrader", "generate_assignment", unit.slug], folder)
    taken = timed([BIN / "nbgrader", "autograde", unit.slug], folder)
    timed([BIN / "nbgrader", "export"], folder)
    lines = (folder / "grades.csv").read_text().splitlines()
    names = lines[0].split(",")
    more = collections.Counter()
    for line in lines[1:]:
        graded = dict(zip(names, line.split(","), strict=True))
        more[marks[graded["student_id"]]["score"] - float(graded["score"])] += 1
    for points in filter(None, more):
        print(f"  {more[points]} of {peers}: {points:+g} points by us, beside nbgrader's")
    return taken * len(marks) / peers


def otter(unit: Unit, command: str, peers: int, folder: Path) -> float:
    """Seconds of `otter run` for as many submissions as ours, scaled from the first `peers`."""
    folder.mkdir()
    source = nbformat.read(unit.source, as_version=4)
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"show_stdout": False}))
        for cell in filter(is_test, source.cells):
            archive.writestr(f"tests/{settings_of(cell)['grade_id']}.py", otter_test(cell))
    submissions = [unit.submission(student) for student in unit.students()]
    taken = 0.0
    for path in submissions[:peers]:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if not is_test(cell)]
        nbformat.write(notebook, folder / "exercise.ipynb")
        taken += timed([command, "run", "--no-logo", "-a", "autograder.zip", "-o", ".", "exercise.ipynb"], folder)
    return taken * len(submissions) / peers


def otter_test(cell) -> str:
    """A test cell as one of otter's test files: the same source, in the namespace of the notebook."""
    return textwrap.dedent(f'''
        OK_FORMAT = False
        from otter.test_files import test_case
        name = {settings_of(cell)["grade_id"]!r}
        points = {settings_of(cell)["points"]}
        SOURCE = {cell.source!r}

        @test_case(points={settings_of(cell)["points"]}, hidden=False)
        def test_{question_of(cell)}(env):
            exec(SOURCE, env)
        ''')


def long_run(unit: Unit, submissions: int) -> None:
    """A thousand submissions: how long, and does the parent's memory stay flat?"""
    command = [BIN / "autograder", "--course", unit.course.root, "grade", unit.slug, "-j", CORES, "--force"]
    began = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], cwd=unit.course.root, env=ENVIRONMENT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = []
    ended = threading.Event()

    def look():
        while not ended.wait(1):
            try:
                seen.append(psutil.Process(process.pid).memory_info().rss / 2**20)
            except psutil.NoSuchProcess:
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    process.wait()
    taken = time.perf_counter() - began
    ended.set()
    watcher.join()
    goal = 300 * submissions / 1000 * 2 / CORES
    print(COLUMNS.format(f"{submissions} submissions of unit 01", f"{taken:.0f}", f"{goal:.0f}", "", "", "",
                         "yes" if taken < goal else "NO"))
    if len(seen) >= 4:
        quarter, last = seen[len(seen) // 4], max(seen[-len(seen) // 4:])
        print(f"  memory of the parent: {quarter:.0f} MiB after a quarter, at most {last:.0f} MiB in the last quarter")


def cluster(unit: Unit) -> None:
    """Dask with two workers of one core against -j 2, and the same marks."""
    from distributed import LocalCluster

    local, marks = grade(unit, "-j", 2)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as there:
        spread, others = grade(unit, "--scheduler", there.scheduler_address)
    ratio = local / spread
    print(COLUMNS.format("Dask, 2 workers of 1 core, against -j 2", f"{spread:.1f}", f"{local:.1f}", f"{ratio:.2f} x",
                         "0.8 x", "", "yes" if ratio >= 0.8 else "NO"))
    points = [{student: (one["score"], one["max_score"]) for student, one in both.items()} for both in (marks, others)]
    print(f"  the same marks: {'yes' if points[0] == points[1] else 'NO'}")


if __name__ == "__main__":
    main()
