"""No attack gains, learns, changes, reaches or stops anything: a class of attackers is graded as any class would be.

What an attack is stands in the modules beside this one, by family; what counts as harm, in harm.py. Attacks that are known to
do some are marked `holds_not`, and the test fails as soon as one of them does none, so that the mark goes.
"""

import pytest

from tests.autograder.attacks import graders, table
from tests.autograder.attacks.catalogue import ATTACKS, FAMILIES
from tests.autograder.attacks.harm import harms

SAMPLE = ["frames", "hidden tests in the gradebook", "classmate's answer", "TCP", "fork bomb", "text cell"]  # run on nbgrader


@pytest.mark.notebook
@pytest.mark.sandbox
def test_no_attack_comes_to_anything_but_those_that_are_known_and_the_published_table_says_so(tmp_path):
    together = graders.ours(tmp_path / "ours", ATTACKS)
    found = {attack.name: harms(attack, together) for attack in ATTACKS}
    unknown = {attack.name: found[attack.name] for attack in ATTACKS if found[attack.name] and not attack.holds_not}
    assert unknown == {}, together.log
    assert [attack.name for attack in ATTACKS if attack.holds_not and not found[attack.name]] == [], "these are held now"

    honest = {student: sum(graders.marks(together, student).values()) for student in graders.CLASSMATES}
    assert honest == dict.fromkeys(graders.CLASSMATES, 5), "honest students among them have all their points"
    assert together.before == together.after and together.victim_lives and together.outside == []
    assert not set(together.left) & {attack.sleep(together.world) for attack in ATTACKS}, "nothing outlives"

    assert table.ATTACKS.drift(together) == {}, (
        "run `python -m tests.autograder.attacks.table attacks`, or with the names of these attacks")


@pytest.mark.notebook
@pytest.mark.sandbox
def test_some_of_them_succeed_on_nbgrader_as_the_published_table_says(tmp_path):
    rows = table.ATTACKS.written(table.DOCUMENT.read_text(encoding="utf-8"))
    sample, found = [attack for attack in ATTACKS if attack.name in SAMPLE], {}

    def done(attack, run):
        found[attack.name] = table.ATTACKS.stock(attack, run)

    graders.stock(tmp_path / "stock", [[attack] for attack in sample], done)
    assert found == {name: rows[name][1] for name in SAMPLE}
    assert table.NOTHING not in found.values()


def test_there_are_attacks_of_every_family_and_no_two_are_the_same():
    assert len(FAMILIES) == 6 and all(len(attacks) >= 10 for attacks in FAMILIES.values())
    for what in (lambda attack: attack.name, lambda attack: attack.folder(), lambda attack: attack.mark(), lambda a: a.tries):
        assert len(set(map(what, ATTACKS))) == len(ATTACKS)
