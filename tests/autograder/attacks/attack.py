"""What an attack is: a notebook that is honest but for one thing, and what it tries with that."""

import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.cells import settings_of
from tests.autograder.attacks.world import WRONG, World


@dataclass(frozen=True)
class Attack:
    """One attack.

    Names between @ signs in its texts are replaced by what an attacker may know: @COURSE@ and @HOME@ (folders), @TCP@, @UDP@,
    @SOCKET@ and @ABSTRACT@ (where somebody listens), @VICTIM@ (seconds that a process sleeps), @MATE@ (a classmate),
    @SLEEP@ (seconds that its own processes sleep), and @ME@, by which whatever it does is known as its own.

    name : two or three words, which no other attack has
    tries : what it tries, as the end of a sentence that begins with "It"
    answer : the answer to the question `scale`, which earns nothing as it is
    before, after : a cell of the student's own at the beginning, and at the end
    arrange : changes the notebook in any other way
    files : what is handed in beside the notebook
    place : changes the folder that was handed in, in any other way
    student : the student's id, which is the name of a folder (None: made of `name`)
    deserves : the points of `scale` that the answer is worth
    spoils : whether it may cost its own honest answers their marks: it breaks the process that they run in, or the notebook
    pages : what it would do with the pages that students and staff open: "read" in them, or "run" something there; or ""
    unlike : why stock nbgrader has nothing like what it attacks, or ""
    holds_not : what our grader does not hold, in a sentence; "" for all that it holds
    alone : whether it is handed in to nbgrader in a class of its own, since it stops the class that it is in
    heavy : whether it would make the grader's own processes large
    """

    name: str
    tries: str
    answer: str = WRONG
    before: str = ""
    after: str = ""
    arrange: Callable[[NotebookNode], None] | None = None
    files: dict[str, str] = field(default_factory=dict)
    place: Callable[[Path, World], None] | None = None
    student: str | None = None
    deserves: float = 0.0
    spoils: bool = False
    pages: str = ""
    unlike: str = ""
    holds_not: str = ""
    alone: bool = False
    heavy: bool = False

    def folder(self) -> str:
        """The student's id."""
        return self.student or re.sub(r"[^\w.]+", "-", self.name)

    def submit(self, world: World) -> None:
        """Hand it in."""
        own = {"ME": self.mark(), "SLEEP": self.sleep(world)}
        notebook = world.notebook(world.told(self.answer, **own))
        if self.before:
            notebook.cells.insert(1, nbformat.v4.new_code_cell(world.told(self.before, **own)))
        if self.after:
            notebook.cells.append(nbformat.v4.new_code_cell(world.told(self.after, **own)))
        if self.arrange:
            self.arrange(notebook)
        path = world.unit.submission(self.folder())
        path.parent.mkdir(parents=True)
        path.write_text(world.told(json.dumps(notebook), **own))
        for name, text in self.files.items():
            (path.parent / name).write_text(world.told(text, **own))
        if self.place:
            self.place(path.parent, world)

    def mark(self) -> str:
        """What stands for @ME@."""
        return "by-" + re.sub(r"[^\w.]+", "-", self.name) + "-"

    def sleep(self, world: World) -> str:
        """Seconds that its processes sleep: no other's do."""
        return f"{1_000_000 + zlib.crc32(self.name.encode()) % 900_000}.{zlib.crc32(str(world.root).encode())}"


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with that grade_id."""
    return next(cell for cell in notebook.cells if settings_of(cell).get("grade_id") == name)


def tests(notebook: NotebookNode) -> list[NotebookNode]:
    """The test cells of the question `scale`."""
    return [cell(notebook, name) for name in ("test_scale", "test_scale_2")]
