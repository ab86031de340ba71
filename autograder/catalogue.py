"""The catalogue of a unit: the wrong and the right-but-different solutions in its mistakes.py.

Each code cell is the text of one solution cell; its metadata say for which `question`, and either what is `wrong` with
it, with the `hint` that `check` must give, or what is different about a `right` one. A text that calls `right_answer` gets
the solution of its question under that name.
"""

import re
from dataclasses import dataclass

import jupytext

from autograder.cells import settings_of
from autograder.course import CourseError, Unit


@dataclass(frozen=True)
class Entry:
    """One solution: its question, its text, what is said of it, whether it is right, and the hint it must draw."""

    question: str
    text: str
    about: str
    right: bool
    hint: str | None = None


def read_catalogue(unit: Unit) -> list[Entry]:
    """All entries of a unit's mistakes.py, in its order; CourseError when one does not say what it is."""
    path = unit.masters / "mistakes.py"
    if not path.is_file():
        raise CourseError(f"{path} is missing: a unit has a lecture.py, an exercise.py and a mistakes.py.")
    entries = []
    solved = {settings_of(cell)["grade_id"]: cell.source for cell in jupytext.read(unit.masters / "exercise.py").cells
              if settings_of(cell).get("solution")}
    for cell in jupytext.read(path).cells:
        if cell.cell_type != "code":
            continue
        said = cell.metadata
        if "question" not in said or ("wrong" in said) == ("right" in said):
            raise CourseError(f'{path}: each cell needs question="..." and either wrong="..." or right="...", '
                              f"this one does not have them:\n{cell.source}")
        text, question = cell.source, said["question"]
        if "right_answer(" in text:
            text = re.sub(rf"\b{question}\b", "right_answer", solved[question]) + "\n\n" + text
        entries.append(Entry(question, text, said.get("wrong") or said["right"], "right" in said,
                             said.get("hint")))
    return entries
