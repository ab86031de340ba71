"""What came of an accident: the points, and what was said of it to staff and to the student."""

import html
import json
import re

from autograder.course import NOTEBOOK
from tests.autograder.attacks.accident import ALL, Accident
from tests.autograder.attacks.graders import Run, by_hand, marks
from tests.autograder.attacks.world import MATE, SLUG

NOT_GRADED, NOBODY = "not graded", "the class is not graded"


def given(accident: Accident, run: Run) -> str:
    """What a grader gives, in words that are the same for all graders."""
    if sum(marks(run, MATE).values()) < ALL:
        return NOBODY
    student = accident.folder()
    if not (run.world.unit.course.root / "autograded" / student / SLUG / NOTEBOOK).is_file():
        return NOT_GRADED
    points = points_of(sum(marks(run, student).values()))
    return f"{points}, and {len(by_hand(run, student))} to be marked by hand for ever" if by_hand(run, student) else points


def deserved(accident: Accident) -> str:
    """What it must give."""
    return points_of(accident.deserves) if accident.graded else NOT_GRADED


def points_of(points: float) -> str:
    return f"{points:g} of {ALL:g} points"


def faults(accident: Accident, run: Run) -> list[str]:
    """What our grader does wrong with an accident, in words; [] where it is marked and reported as it must be."""
    student = accident.folder()
    result = json.loads((run.world.root / "marks.json").read_text())["students"][student]
    found = [] if given(accident, run) == deserved(accident) else [f"{given(accident, run)}, not {deserved(accident)}"]
    said = sentences(result)
    if accident.says and not any(map(accident.says_so, said)):
        found.append(f"says nothing of it, only: {' '.join(said)}")
    elif accident.says:
        lines = [line.removeprefix(student) for line in run.log.splitlines() if re.match(re.escape(student) + r"(  |: )", line)]
        if not any(map(accident.says_so, lines)):
            found.append("says nothing of it in the terminal")
        page = run.world.unit.feedback(student)
        shown = text_of(page.read_text()) if page.is_file() else ""
        if not any(_plain(sentence) in shown for sentence in said if accident.says_so(sentence)):
            found.append("says nothing of it in the feedback")
    return found


def sentences(result: dict) -> list[str]:
    """What is said of a submission: its status where it was not graded, its notes, and why questions lost points."""
    status = [] if result["status"] == "graded" else [result["status"]]
    return status + result["notes"] + [question["message"] for question in result["questions"].values() if question["message"]]


def text_of(page: str) -> str:
    """The words of a page, without tags."""
    return _plain(html.unescape(re.sub(r"<[^>]*>", "", page)))


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())
