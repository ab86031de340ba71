"""Grades a class as bad as one can be: 15 % of it are broken or hostile, the rest honest, with marks that are known.

python -m tests.autograder.attacks.thousand [N]     N submissions (1,000), graded by the command with two processes

It says how long that took, and whether every honest mark is right and every other one is what it must be; status 1 if not.
"""

import dataclasses
import json
import random
import sys
import tempfile
from pathlib import Path

from autograder.sample import fill
from tests.autograder.attacks import graders, outcome
from tests.autograder.attacks.accident import BY_HEART, LONG, Accident, as_jupyter_writes
from tests.autograder.attacks.accidents import ACCIDENTS
from tests.autograder.attacks.catalogue import ATTACKS
from tests.autograder.attacks.graders import Handed, Run
from tests.autograder.attacks.harm import harms
from tests.autograder.attacks.world import MEAN, PEAK, RIGHT, WRONG, World

PART = 0.15  # of a class that is broken or hostile
NAMES = "ada ben cleo dan eve finn gus hana ines jon kim leo mia nils olga pia quinn rosa sam tim uma vera walt xenia".split()
SECONDS = 5.0  # that a submission may take on average, before the run is given up
LARGEST = 1024  # MiB that the command itself may take: there are notebooks of 200 MB, of which it reads some ahead
BLANK = None  # an answer that was not given

# Answers to each question, and their points: right, right in another way, partly right, wrong, raising, blank.
ANSWERS: dict[str, list[tuple[str | None, float]]] = {
    "mean": [(MEAN, 1), ("def mean(x):\n    return float(np.mean(x))", 1),
             ("def mean(x):\n    return sorted(x)[len(x) // 2]", 0), ("def mean(x):\n    return sum(x) // 0", 0), (BLANK, 0)],
    "scale": [(RIGHT, 3), (LONG, 3), ("def scale(x, factor, each=None):\n    return np.asarray(x) * factor", 2),
              ("def scale(x, factor, each=None):\n    return [each(value) * factor for value in x]", 1), (BY_HEART, 0),
              (WRONG, 0), ("def scale(x, factor, each=None):\n    raise ValueError('not yet')", 0), (BLANK, 0)],
    "peak": [(PEAK, 1), ("def peak(x):\n    return list(x).index(max(x))", 1), ("def peak(x):\n    return max(x)", 0),
             (BLANK, 0)]}


@dataclasses.dataclass(frozen=True)
class Honest:
    """A student to whose notebook nothing happened. answers: to each question, and their points."""

    answers: dict[str, tuple[str | None, float]]

    def submit(self, world: World, student: str) -> None:
        path = world.unit.submission(student)
        path.parent.mkdir(parents=True)
        given = {question: text for question, (text, _) in self.answers.items() if text is not BLANK}
        path.write_text(as_jupyter_writes(fill(world.unit, given)))

    def points(self) -> dict[str, float]:
        return {question: float(points) for question, (_, points) in self.answers.items()}


def make(students: int) -> tuple[list[Handed], dict[str, Honest]]:
    """A class of so many: what is broken or hostile, in turns, and the honest ones by their names. Always the same class."""
    chance = random.Random(students)
    accidents, attacks = chance.sample(ACCIDENTS, len(ACCIDENTS)), chance.sample(ATTACKS, len(ATTACKS))
    handed: list[Handed] = []
    for number in range(round(PART * students)):
        kinds = (accidents, attacks)[number % 2]
        turn, place = divmod(number // 2, len(kinds))
        again = {"name": f"{kinds[place].name} again {turn}"} if turn else {}
        handed.append(dataclasses.replace(kinds[place], **again, **({"student": None} if again and kinds is attacks else {})))
    honest = {}
    for number in range(students - len(handed)):
        answers = {question: texts[0] if number == 0 else chance.choice(texts) for question, texts in ANSWERS.items()}
        honest[f"{NAMES[number % len(NAMES)]}-{number:04}"] = Honest(answers)
    return handed, honest


def grade(folder: Path, handed: list[Handed], honest: dict[str, Honest]) -> Run:
    """Grade them with the command."""
    def hand_in(world: World) -> None:
        for student, one in honest.items():
            one.submit(world, student)

    return graders.ours(folder, handed, seconds=graders.CLASS_SECONDS + SECONDS * (len(handed) + len(honest)), more=hand_in)


def faults(run: Run, handed: list[Handed], honest: dict[str, Honest]) -> list[str]:
    """What is wrong with a class that was graded, a line each."""
    results = json.loads((run.world.root / "marks.json").read_text())["students"]
    found = []
    for student, one in honest.items():
        questions = results.get(student, {"questions": {}})["questions"]
        given = {question: result["score"] for question, result in questions.items()}
        if given != one.points():
            found.append(f"{student}: {given}, not {one.points()}")
        elif results[student]["notes"] or results[student]["status"] != "graded":
            found.append(f"{student}: {results[student]['status']}, {results[student]['notes']}")
    for one in handed:
        if isinstance(one, Accident):
            wrong = outcome.faults(one, run)
        else:  # whether one alone makes the grader large cannot be seen beside notebooks of 200 MB
            wrong = [] if one.holds_not else harms(dataclasses.replace(one, heavy=False), run)
        found += [f"{one.name}: {what}" for what in wrong]
    if run.own > LARGEST:
        found.append(f"the command took {run.own:.0f} MiB of memory")
    return found


def main() -> None:
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    handed, honest = make(students)
    broken = sum(isinstance(one, Accident) for one in handed)
    with tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True) as folder:
        run = grade(Path(folder) / "class", handed, honest)
        found = faults(run, handed, honest)
    print(*found, sep="\n")
    wrong = {line.partition(":")[0] for line in found}
    ended = f", and then it {run.ended}" if run.ended else ""
    print(f"{students:,} submissions, {broken} broken and {len(handed) - broken} hostile: graded in {run.seconds / 60:.1f} "
          f"minutes{ended}; the command itself took {run.own:.0f} MiB at most.\n"
          f"Of {len(honest)} honest ones, {len(wrong & honest.keys())} have a wrong mark; "
          f"of {len(handed)} others, {len(wrong - honest.keys())} are not as they must be.")
    sys.exit(bool(found or run.ended))


if __name__ == "__main__":
    main()
