"""Writes the tables of docs/security.md: what attacks and accidents give on stock nbgrader and on ours, from a run of both.

python -m tests.autograder.attacks.table             all of it, about half an hour on two idle cores
python -m tests.autograder.attacks.table attacks     one of the tables: attacks or accidents
python -m tests.autograder.attacks.table NAME ...    the rows of these, or of these families
python -m tests.autograder.attacks.table --ours ...  our own column, in minutes: after a hole was closed
"""

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.autograder.attacks import accidents, catalogue, graders, outcome
from tests.autograder.attacks.accident import Accident
from tests.autograder.attacks.attack import Attack
from tests.autograder.attacks.graders import Handed, Run
from tests.autograder.attacks.harm import harms

DOCUMENT = graders.PROJECT / "docs" / "security.md"
NOTHING, UNLIKE, REPORTED = "nothing", "–", ", reported"
OURS = "--ours"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Table:
    """One of the tables.

    name : what it is of, as a word of the command
    families : its rows, under a heading each
    what, tells : the head of its second column, and what stands there
    stock, ours : what stands in the columns of the graders, from a run
    counts : the sentence under a family's heading: of its rows, and of what stands in the graders' columns by name
    together : the families that are handed in to nbgrader as a class
    patient : whether cells may take long, as in World.build
    """

    name: str
    families: dict[str, list]
    what: str
    tells: Callable[[Handed], str]
    stock: Callable[[Handed, Run], str]
    ours: Callable[[Handed, Run], str]
    counts: Callable[[list, dict[str, str], dict[str, str]], str]
    together: tuple[str, ...]
    patient: bool

    @property
    def all(self) -> list:
        return [one for family in self.families.values() for one in family]

    @property
    def begin(self) -> str:
        return f"<!-- The table is written by `python -m tests.autograder.attacks.table {self.name}`. -->"

    @property
    def end(self) -> str:
        return f"<!-- End of the table of {self.name}. -->"

    def wanted(self, names: list[str]) -> list:
        """The rows that some names name: their own, a family's, the table's."""
        return [one for family, own in self.families.items() for one in own
                if not names or {one.name, family, self.name} & set(names)]

    def classes(self, wanted: list) -> list[list]:
        """How they are handed in to nbgrader: alone where one could spoil what is seen of the others."""
        found = []
        for family, own in self.families.items():
            own = [one for one in own if one in wanted and not getattr(one, "unlike", "")]
            together = [one for one in own if family in self.together and not one.alone]
            found += [together] if together else []
            found += [[one] for one in own if one not in together]
        return found

    def written(self, document: str) -> dict[str, tuple[str, str, str]]:
        """The rows of a document: what it tells, what nbgrader gives, what we give, by name."""
        text = document.partition(self.begin)[2].partition(self.end)[0]
        heads = {self.name.removesuffix("s"), "---"}
        return {name: tuple(rest) for name, *rest in ROW.findall(text) if name not in heads}

    def drift(self, run: Run) -> dict[str, tuple]:
        """What the document says of our grader, and what this run says, where the two differ."""
        rows = self.written(DOCUMENT.read_text(encoding="utf-8"))
        published = {name: (tells, own) for name, (tells, _, own) in rows.items()}
        now = {one.name: (self.tells(one), self.ours(one, run)) for one in self.all}
        return {name: (published.get(name), now.get(name)) for name in published | now if published.get(name) != now.get(name)}

    def text(self, stocks: dict[str, str], own: dict[str, str]) -> str:
        known = [one for one in self.all if one.name in stocks and one.name in own]
        lines = [self.counts(known, stocks, own), ""]
        for family, rows in self.families.items():
            rows = [one for one in rows if one in known]
            lines += [f"### {family}: {len(rows)} {self.name}", "", self.counts(rows, stocks, own), "",
                      f"| {self.name.removesuffix('s')} | {self.what} | nbgrader {version('nbgrader')} gives "
                      "| `autograder` gives |", "|---|---|---|---|"]
            lines += [f"| {one.name} | {self.tells(one)} | {stocks[one.name]} | {own[one.name]} |" for one in rows]
            lines.append("")
        return "\n".join(lines)


def _text(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _attack_ours(attack: Attack, run: Run) -> str:
    """What it achieves, and why where that is known."""
    found = harms(attack, run)
    return NOTHING if not found else f"**{'; '.join(found)}**: {attack.holds_not}" if attack.holds_not else "; ".join(found)


def _attack_stock(attack: Attack, run: Run) -> str:
    return f"**{'; '.join(found)}**" if (found := harms(attack, run)) else NOTHING


def _attack_counts(attacks: list[Attack], stocks: dict[str, str], own: dict[str, str]) -> str:
    through = [sum(cells[attack.name] not in (NOTHING, UNLIKE) for attack in attacks) for cells in (stocks, own)]
    return f"nbgrader lets {through[0]} of {len(attacks)} through, `autograder` {through[1] or 'none'}."


def _accident_ours(accident: Accident, run: Run) -> str:
    """What it gives; where something is wrong with that, what."""
    if found := outcome.faults(accident, run):
        return f"**{'; '.join(found)}**"
    return outcome.given(accident, run) + (REPORTED if accident.says else "")


def _accident_stock(accident: Accident, run: Run) -> str:
    given = outcome.given(accident, run)
    return given if given == outcome.deserved(accident) else f"**{given}**"


def _accident_counts(some: list[Accident], stocks: dict[str, str], own: dict[str, str]) -> str:
    def right(cells: dict[str, str]) -> int:
        return sum(cells[one.name].removesuffix(REPORTED) == outcome.deserved(one) for one in some)

    stopped = sum(outcome.NOBODY in stocks[one.name] for one in some)
    ended = {0: "", 1: ", and one of them stops the class"}.get(stopped, f", and {stopped} of them stop the class")
    ours = "all" if right(own) == len(some) else right(own)
    return f"nbgrader gives what the answers deserve in {right(stocks)} of {len(some)}{ended}; `autograder` in {ours}."


TABLES = [
    Table("attacks", catalogue.FAMILIES, "it ...", lambda attack: _text(attack.tries), _attack_stock, _attack_ours,
          _attack_counts, ("Forging marks", "Reading", "Misleading staff"), False),
    Table("accidents", accidents.FAMILIES, "what happened", lambda accident: _text(accident.happened), _accident_stock,
          _accident_ours, _accident_counts, (), True)]
ATTACKS, ACCIDENTS = TABLES


def main() -> None:
    names = [name for name in sys.argv[1:] if name != OURS]
    known = {name for table in TABLES for name in (table.name, *table.families, *(one.name for one in table.all))}
    if unknown := set(names) - known:
        sys.exit(f"there is nothing of this name: {', '.join(sorted(unknown))}")
    for table in TABLES:
        if wanted := table.wanted(names):
            with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
                write(table, wanted, Path(folder), OURS in sys.argv)


def write(table: Table, wanted: list, folder: Path, only_ours: bool) -> None:
    """Write some rows of a table; the others stay."""
    run = graders.ours(folder / "ours", wanted, table.patient)
    own = {one.name: table.ours(one, run) for one in wanted}
    stocks = {one.name: UNLIKE for one in wanted if getattr(one, "unlike", "")}

    def done(one: Handed, run: Run) -> None:
        stocks[one.name] = table.stock(one, run)
        print(f"{one.name:40} {run.seconds:5.1f} s  {stocks[one.name]}  |  {own[one.name]}", flush=True)

    if not only_ours:
        graders.stock(folder / "stock", table.classes(wanted), done, table.patient)
    document = DOCUMENT.read_text(encoding="utf-8")
    before = table.written(document)
    stocks, own = ({name: row[which] for name, row in before.items()} | cells for which, cells in ((1, stocks), (2, own)))
    head, _, rest = document.partition(table.begin)
    text = f"{head}{table.begin}\n\n{table.text(stocks, own)}\n{table.end}{rest.partition(table.end)[2]}"
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
