"""All attacks, by family."""

from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.exhausting import EXHAUSTING
from tests.autograder.attacks.forging import FORGING
from tests.autograder.attacks.misleading import MISLEADING
from tests.autograder.attacks.reaching import REACHING
from tests.autograder.attacks.reading import READING
from tests.autograder.attacks.writing import WRITING

FAMILIES: dict[str, list[Attack]] = {
    "Forging marks": FORGING, "Reading": READING, "Writing": WRITING, "Reaching out": REACHING, "Exhausting": EXHAUSTING,
    "Misleading staff": MISLEADING}
ATTACKS = [attack for family in FAMILIES.values() for attack in family]
