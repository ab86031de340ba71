"""Hands attacks and accidents in to a grader: to ours, a whole class at once, or to stock nbgrader, one at a time.

Both are run as the commands that staff type. nbgrader confines nothing, so it is put into a container of its own, in which
everything can be written, and nothing of that stays.
"""

import contextlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.warm import view
from tests.autograder.attacks import inside
from tests.autograder.attacks.accident import Accident
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.world import MATE, PASSWORD, SLUG, Listeners, World

Handed = Attack | Accident
OURS = [sys.executable, "-c", "from autograder.cli import main; main()"]
NBGRADER = [sys.executable, "-m", "nbgrader"]
PROJECT = Path(__file__).resolve().parents[3]
OUR_SETTINGS = PROJECT / "course" / "nbgrader_config.py"
CLASSMATES = ("ada", "mia", MATE)  # who hands in the solution, among attackers
PACKAGES = sysconfig.get_path("purelib")
PLACES = [f"{PACKAGES}/by-*.pth", "/tmp/pickled-by-*", f"{os.path.expanduser('~')}/.ipython/profile_default/startup/00-by-*"]
CLASS_SECONDS = 400.0  # in which our grader must have graded a class
STOCK_SECONDS = 60.0  # in which nbgrader must have graded one, and one honest student
MORE_SECONDS = 20.0  # for each one more
MARKS = """
    select base_cell.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade from grade
    join base_cell on base_cell.id = grade.cell_id
    join submitted_notebook on submitted_notebook.id = grade.notebook_id
    join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id
    where submitted_assignment.student_id = ?"""


@dataclass(frozen=True)
class Run:
    """What there was to see from outside.

    strict: whether tests may show nothing either, as with our grader. together: whether others are in the same class, so that
    what happened is to be blamed on an attack only where it bears its mark. ended: "hangs", "stops" or "". left: the seconds
    that what was still running afterwards sleeps. peak: MiB of the largest process; own: of the command's own one.
    """

    world: World
    strict: bool
    together: bool
    ended: str
    seconds: float
    log: str
    left: list[str]
    victim_lives: bool
    outside: list[str]
    peak: float
    own: float
    heard: list[bytes]
    before: dict[str, str]
    after: dict[str, str]


def ours(root: Path, handed: list[Handed], patient: bool = False, seconds: float = CLASS_SECONDS,
         more: Callable[[World], object] = lambda world: None) -> Run:
    """What our grader gives for a class of them with honest students among them; and write the feedback.

    patient : whether cells may take long, as in World.build
    more : hands in more, into the world that it is called with
    """
    root.mkdir(parents=True)
    world = World(root).build(patient)
    with open(world.unit.course.root / "nbgrader_config.py", "a") as settings:  # as our own course has it
        settings.writelines(line for line in OUR_SETTINGS.read_text().splitlines(True) if line.startswith("c.HTMLExporter"))
    world.register()

    def hand_in() -> None:
        for student in CLASSMATES[:-1]:
            world.submit_honestly(student)
        for one in handed:
            one.submit(world)
        more(world)

    grade = [*OURS, "grade", SLUG, "-j", "2", "--sandbox", "require", "--json", str(root / "marks.json")]
    return _run(world, hand_in, [], [grade, [*OURS, "feedback", SLUG]], seconds, strict=True, together=True)


def stock(folder: Path, classes: list[list[Handed]], done: Callable[[Handed, Run], None], patient: bool = False) -> None:
    """Have stock nbgrader autograde classes of them, and after them one honest student each.

    A class that does not come to an end is taken apart, and each of its members graded without the others. `done` is called
    with each attack or accident and what came of it.
    """
    world, number = _template(folder / "template", patient), itertools.count()

    def run(handed: list[Handed]) -> None:
        found = _stock(world, folder / str(next(number)), handed)
        if len(handed) > 1 and (found.ended or not marks(found, MATE)):
            for one in handed:
                run([one])
        else:
            for one in handed:
                done(one, found)
        shutil.rmtree(found.world.root, ignore_errors=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, classes))


def marks(run: Run, student: str) -> dict[str, float]:
    """The points of each test in the gradebook."""
    return {name: (auto or 0.0) if manual is None else manual for name, auto, manual, _ in _grades(run, student)}


def by_hand(run: Run, student: str) -> list[str]:
    """The tests that wait to be marked by hand."""
    return [name for name, _, manual, needed in _grades(run, student) if needed and manual is None]


def _grades(run: Run, student: str) -> list[tuple]:
    with contextlib.closing(sqlite3.connect(run.world.unit.course.database())) as gradebook:
        return gradebook.execute(MARKS, [student.encode(errors="replace").decode()]).fetchall()


def _template(root: Path, patient: bool) -> World:
    """A world that stock nbgrader has been told of; classes get copies of it."""
    root.mkdir(parents=True)
    world = World(root).build(patient)
    subprocess.run([*NBGRADER, "generate_assignment", SLUG], cwd=world.unit.course.root, env=_environment(world), check=True,
                   capture_output=True)
    world.add_mate()
    return world


def _stock(template: World, root: Path, handed: list[Handed]) -> Run:
    shutil.copytree(template.root, root, symlinks=True)
    world = World(root, template.secrets)
    container = [view.bubblewraps()[0], "--ro-bind", "/", "/", "--overlay-src", PACKAGES, "--tmp-overlay", PACKAGES,
                 "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", str(PROJECT), str(PROJECT),
                 "--bind", str(root), str(root), "--unshare-pid", "--unshare-ipc", "--die-with-parent", "--new-session"]
    commands = [[*NBGRADER, "autograde", SLUG]]
    if any(one.pages for one in handed):
        commands.append([*NBGRADER, "generate_feedback", SLUG])
    seconds = STOCK_SECONDS + MORE_SECONDS * (len(handed) - 1)
    return _run(world, lambda: [one.submit(world) for one in handed], container, commands, seconds, strict=False,
                together=len(handed) > 1)


def _environment(world: World) -> dict[str, str]:
    return {**os.environ, "HOME": str(world.home), PASSWORD: world.secrets.environment, "PIP_NO_INDEX": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}


def _run(world: World, hand_in: Callable[[], object], container: list[str], commands: list[list[str]], seconds: float,
         strict: bool, together: bool) -> Run:
    with Listeners(world) as listeners:
        hand_in()
        before = world.protected()
        line = [*container, sys.executable, inside.__file__, str(world.root), str(seconds), json.dumps(PLACES),
                json.dumps(commands)]
        subprocess.run(line, env=_environment(world), capture_output=True, timeout=seconds + 60)
    report, log = world.root / "report.json", world.root / "log.txt"
    found = json.loads(report.read_text()) if report.exists() else {  # the attack has ended even what was to watch it
        "ended": "stops", "seconds": 0.0, "left": [], "victim_lives": False, "outside": [], "peak": 0.0, "own": 0.0}
    after = world.protected()
    subprocess.run(["rm", "-rf", *world.root.glob("course/*/deep-folders")], check=True)  # deeper than Python can remove
    said = log.read_bytes().decode(errors="replace")
    return Run(world, strict, together, found["ended"], found["seconds"], said, found["left"], found["victim_lives"],
               found["outside"], found["peak"], found["own"], listeners.heard, before, after)
