"""Writes docs/security.md: what each attack gives on stock nbgrader and on our grader, from a run of both.

python -m tests.autograder.attacks.table            all of it, about a quarter of an hour on two idle cores
python -m tests.autograder.attacks.table NAME ...   the rows of these attacks
python -m tests.autograder.attacks.table --ours     our own column, in a minute: after a hole was closed
"""

import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.autograder.attacks import graders
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.catalogue import ATTACKS, FAMILIES
from tests.autograder.attacks.harm import harms

DOCUMENT = graders.PROJECT / "docs" / "security.md"
BEGIN, END = "<!-- The table is written by `python -m tests.autograder.attacks.table`. -->", "<!-- End of the table. -->"
TOGETHER = ("Forging marks", "Reading", "Misleading staff")  # families that are handed in to nbgrader as a class
NOTHING, UNLIKE = "nothing", "–"
OURS = "--ours"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def ours(attack: Attack, run: graders.Run) -> str:
    """The cell of our grader: what it gives, and where that is not nothing, why."""
    found = harms(attack, run)
    return NOTHING if not found else f"**{'; '.join(found)}**: {attack.holds_not}" if attack.holds_not else "; ".join(found)


def stock(attack: Attack, run: graders.Run) -> str:
    """The cell of nbgrader."""
    return f"**{'; '.join(found)}**" if (found := harms(attack, run)) else NOTHING


def written(document: str) -> dict[str, tuple[str, str, str]]:
    """The rows of a document: what an attack tries, what nbgrader gives, what we give, by its name."""
    table = document.partition(BEGIN)[2].partition(END)[0]
    return {name: tuple(rest) for name, *rest in ROW.findall(table) if name not in ("attack", "---")}


def table(stocks: dict[str, str], own: dict[str, str]) -> str:
    lines = []
    for family, attacks in FAMILIES.items():
        attacks = [attack for attack in attacks if attack.name in own]
        through = [sum(cells[attack.name] not in (NOTHING, UNLIKE) for attack in attacks) for cells in (stocks, own)]
        lines += [f"### {family}: {len(attacks)} attacks", "",
                  f"nbgrader lets {through[0]} of them through, `autograder` {through[1] or 'none'}.", "",
                  f"| attack | it ... | nbgrader {version('nbgrader')} gives | `autograder` gives |", "|---|---|---|---|"]
        lines += [f"| {attack.name} | {tries(attack)} | {stocks[attack.name]} | {own[attack.name]} |" for attack in attacks]
        lines.append("")
    return "\n".join(lines)


def tries(attack: Attack) -> str:
    return attack.tries.replace("|", "\\|").replace("<", "&lt;")


def main() -> None:
    names = [name for name in sys.argv[1:] if name != OURS]
    if unknown := set(names) - {attack.name for attack in ATTACKS}:
        sys.exit(f"there is no attack of this name: {', '.join(sorted(unknown))}")
    wanted = [attack for attack in ATTACKS if attack.name in names] or ATTACKS
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        runs = graders.ours(Path(folder) / "ours", wanted)
        own = {attack.name: ours(attack, runs[attack.name]) for attack in wanted}
        stocks = {attack.name: UNLIKE for attack in wanted if attack.unlike or OURS not in sys.argv}

        def done(attack: Attack, run: graders.Run) -> None:
            stocks[attack.name] = stock(attack, run)
            print(f"{attack.name:40} {run.seconds:5.1f} s  {stocks[attack.name]}  |  {own[attack.name]}", flush=True)

        if OURS not in sys.argv:
            graders.stock(Path(folder) / "stock", classes(wanted), done)
    document = DOCUMENT.read_text(encoding="utf-8")
    before = written(document)
    stocks, own = ({name: row[which] for name, row in before.items()} | cells for which, cells in ((1, stocks), (2, own)))
    head, _, rest = document.partition(BEGIN)
    DOCUMENT.write_text(f"{head}{BEGIN}\n\n{table(stocks, own)}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def classes(wanted: list[Attack]) -> list[list[Attack]]:
    """How they are handed in to nbgrader: alone where one could spoil what is seen of the others."""
    found = []
    for family, attacks in FAMILIES.items():
        own = [attack for attack in attacks if attack in wanted and not attack.unlike]
        together = [attack for attack in own if family in TOGETHER and not attack.alone]
        found += [together] if together else []
        found += [[attack] for attack in own if attack not in together]
    return found


if __name__ == "__main__":
    main()
