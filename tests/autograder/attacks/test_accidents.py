"""Whatever happened to a notebook by accident, its answers get what they deserve, and staff and the student are told.

What an accident is stands in the modules accidents_*.py, by family; what must come of it, in outcome.py.
"""

import dataclasses
import json

import pytest

from autograder.report import LONGEST
from tests.autograder.attacks import graders, outcome, table, thousand
from tests.autograder.attacks.accident import ALL
from tests.autograder.attacks.accidents import ACCIDENTS, FAMILIES

SAMPLE = ["test copied", "test merged with the next answer", "cut off in the last test", "downloaded twice", "format 5",
          "metadata dropped"]  # run on nbgrader
STUDENTS = 20


@pytest.mark.notebook
@pytest.mark.sandbox
def test_every_accident_is_marked_as_its_answers_deserve_and_reported_and_the_published_table_says_so(tmp_path):
    run = graders.ours(tmp_path / "ours", ACCIDENTS, patient=True)
    faults = {accident.name: found for accident in ACCIDENTS if (found := outcome.faults(accident, run))}
    assert faults == {}, run.log

    results = json.loads((run.world.root / "marks.json").read_text())["students"]
    honest = {student: (results[student]["score"], results[student]["notes"]) for student in graders.CLASSMATES}
    assert honest == dict.fromkeys(graders.CLASSMATES, (ALL, [])), "of a notebook to which nothing happened, nothing is said"
    assert run.before == run.after
    other = dataclasses.replace(ACCIDENTS[0], deserves=1.0, says="a dragon")
    assert [fault[:32] for fault in outcome.faults(other, run)] == ["5 of 5 points, not 1 of 5 points",
                                                                    "says nothing of it, only: The ce"]

    assert table.ACCIDENTS.drift(run) == {}, (
        "run `python -m tests.autograder.attacks.table accidents`, or with the names of these accidents")


@pytest.mark.notebook
@pytest.mark.sandbox
def test_nbgrader_gives_for_some_of_them_what_the_published_table_says(tmp_path):
    rows = table.ACCIDENTS.written(table.DOCUMENT.read_text(encoding="utf-8"))
    sample, found = [accident for accident in ACCIDENTS if accident.name in SAMPLE], {}

    def done(accident, run):
        found[accident.name] = table.ACCIDENTS.stock(accident, run)

    graders.stock(tmp_path / "stock", [[accident] for accident in sample], done, patient=True)
    assert found == {name: rows[name][1] for name in SAMPLE}
    assert all(text.startswith("**") for text in found.values())


@pytest.mark.notebook
@pytest.mark.sandbox
def test_a_class_of_which_some_are_broken_or_hostile_is_marked_as_it_deserves(tmp_path):
    handed, honest = thousand.make(STUDENTS)
    assert len(handed) == 3 and len(honest) == STUDENTS - 3
    run = thousand.grade(tmp_path / "class", handed, honest)
    assert thousand.faults(run, handed, honest) == [], run.log

    spoiled = honest | {"mallory": honest["ada-0000"]}
    assert thousand.faults(run, handed, spoiled) == ["mallory: {}, not {'mean': 1.0, 'scale': 3.0, 'peak': 1.0}"]


def test_there_are_accidents_of_every_family_and_no_two_are_the_same():
    assert len(FAMILIES) == 13 and all(len(accidents) >= 7 for accidents in FAMILIES.values())
    for what in (lambda accident: accident.name, lambda accident: accident.folder(), lambda accident: accident.happened):
        assert len(set(map(what, ACCIDENTS))) == len(ACCIDENTS)
    assert max(len(accident.folder()) for accident in ACCIDENTS) <= LONGEST, "the terminal shows the whole name"
    assert not any(accident.deserves for accident in ACCIDENTS if not accident.graded)
    assert all(accident.says for accident in ACCIDENTS if accident.deserves != ALL), "whoever loses points is told why"
