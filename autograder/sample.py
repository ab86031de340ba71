"""A class of sample submissions, made from the solution and the catalogue of mistakes, with known marks.

Four kinds of student: perfect (the solution, or right in another way), partly-wrong (some questions with a mistake of
the catalogue), blank (the exercise as released), crashing (one question raises, does not even parse, or kills the
Python process; the other questions are right).
"""

import itertools
import random
import shutil
from dataclasses import dataclass

import nbformat

from autograder.build import release_version
from autograder.catalogue import read_catalogue
from autograder.course import CourseError, Unit
from autograder.nbgrader_parts import nbgrader_settings

KINDS = ("perfect", "partly-wrong", "blank", "crashing")
CRASHES = (
    "def {name}(*arguments):\n    raise RuntimeError('this is where it crashes')\n",
    "def {name}(*arguments:\n    return None\n",
    "import os\n\n\ndef {name}(*arguments):\n    os._exit(1)\n",
)


@dataclass(frozen=True)
class Sample:
    """One sample student: the id, the kind, and the questions that must lose points."""

    student: str
    kind: str
    wrong: frozenset[str]


def fill(unit: Unit, answers: dict[str, str]) -> nbformat.NotebookNode:
    """The released exercise with the given texts in the solution cells of the given questions."""
    notebook = release_version(_source(unit), unit.slug, nbgrader_settings(unit.course))
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") and settings["grade_id"] in answers:
            cell.source = answers[settings["grade_id"]]
    return notebook


def solutions(unit: Unit) -> dict[str, str]:
    """The text of each solution cell of the source, by question, in the notebook's order."""
    cells = (c for c in _source(unit).cells if c.metadata.get("nbgrader", {}).get("solution"))
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in cells}


def make_class(unit: Unit, students: int, seed: int) -> list[Sample]:
    """Write a class of submissions into submitted/ and return what each student did; the same seed, the same class.

    Sample students that an earlier call left in submitted/ are replaced; other students are left alone.
    """
    chance = random.Random(seed)
    right = solutions(unit)
    entries = read_catalogue(unit)
    kinds = itertools.chain(KINDS, (chance.choice(KINDS[:2] + KINDS[1:]) for _ in itertools.count()))
    crashes = itertools.cycle(chance.sample(CRASHES, len(CRASHES)))
    for student in unit.students():
        if student.startswith(tuple(f"{kind}-" for kind in KINDS)):
            shutil.rmtree(unit.submission(student).parent)
    made = []
    for number, kind in zip(range(1, students + 1), kinds, strict=False):
        wrong: list[str] = []
        answers = dict(right)
        if kind == "blank":
            answers, wrong = {}, list(right)
        elif kind == "crashing":
            wrong = [chance.choice(list(right))]
            answers[wrong[0]] = next(crashes).format(name=wrong[0])
        else:
            for question in right:  # some right in another way
                others = [e.text for e in entries if e.right and e.question == question]
                answers[question] = chance.choice([right[question], *others])
            if kind == "partly-wrong":
                wrong = chance.sample(list(right), chance.randint(1, len(right) - 1))
                for question in wrong:
                    answers[question] = chance.choice(
                        [e.text for e in entries if not e.right and e.question == question])
        sample = Sample(f"{kind}-{number:02d}", kind, frozenset(wrong))
        path = unit.submission(sample.student)
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(fill(unit, answers), path)
        made.append(sample)
    return made


def _source(unit: Unit) -> nbformat.NotebookNode:
    if not unit.source.is_file():
        raise CourseError(f"{unit.source} is missing: run `autograder build` first.")
    return nbformat.read(unit.source, as_version=4)
