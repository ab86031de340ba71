"""What an accident is: an honest notebook to which something has happened, and what its answers deserve all the same."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from nbformat import NotebookNode

from autograder.cells import settings_of
from autograder.sample import fill
from tests.autograder.attacks.world import MEAN, PEAK, RIGHT, SCALE, World

ALL = SCALE + 2.0  # points of a notebook whose three answers are right
WITHOUT_SCALE = 2.0  # and of one whose answer to `scale` is wrong
BY_HEART = "def scale(x, factor, each=None):\n    return np.array([3.0, 6.0])"  # right for what the released test shows only
LONG = """def changed(x, each):
    return x if each is None else [each(value) for value in x]


def scale(x, factor, each=None):
    values = np.asarray(changed(x, each))
    return values * factor"""  # right, and long enough to be cut in two


@dataclass(frozen=True)
class Accident:
    """One accident.

    name : some words, which no other accident has
    happened : what happened, as a sentence without its full stop
    change : changes the released notebook with its answers in it, or gives another one
    write : gives the file's content for the text that Jupyter would have written
    place : changes the folder that was handed in
    answers : the answers that are not right ones
    deserves : the points of 5 that the answers are worth, whatever happened to the notebook
    says : a pattern of what staff and the student must be told, in a note, a message or the status; "" where no word is needed
    graded : whether there is a notebook to grade; where there is none, `says` is what the status must say
    """

    name: str
    happened: str
    change: Callable[[NotebookNode], NotebookNode | None] | None = None
    write: Callable[[str], str | bytes] | None = None
    place: Callable[[Path], None] | None = None
    answers: dict[str, str] = field(default_factory=dict)
    deserves: float = ALL
    says: str = ""
    graded: bool = True

    pages: ClassVar[str] = ""  # as of an attack: nothing in it would run in a page

    def folder(self) -> str:
        """The student's id."""
        return re.sub(r"\W+", "-", self.name)

    def says_so(self, text: str) -> bool:
        """Is it said there what happened?"""
        return re.search(self.says, text, re.IGNORECASE) is not None

    def submit(self, world: World) -> None:
        """Hand it in."""
        notebook = fill(world.unit, {"mean": MEAN, "scale": RIGHT, "peak": PEAK} | self.answers)
        if self.change:
            notebook = self.change(notebook) or notebook
        data = (self.write or str)(as_jupyter_writes(notebook))
        path = world.unit.submission(self.folder())
        path.parent.mkdir(parents=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        if self.place:
            self.place(path.parent)


def as_jupyter_writes(notebook: NotebookNode, sort: bool = True) -> str:
    """A notebook's file: texts as lists of lines, keys in the order of the alphabet, or in that of the notebook."""
    lines = dict(notebook)
    if "cells" in notebook:
        lines["cells"] = [{**cell, "source": cell["source"].splitlines(True)} if isinstance(cell.get("source"), str) else cell
                          for cell in notebook["cells"]]
    return json.dumps(lines, indent=1, sort_keys=sort, ensure_ascii=False) + "\n"


def at(notebook: NotebookNode, name: str) -> int:
    """The place of the cell with that grade_id."""
    return next(place for place, cell in enumerate(notebook.cells) if settings_of(cell).get("grade_id") == name)


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    return notebook.cells[at(notebook, name)]
