"""A submitted notebook whose cells are those of the unit again, whatever an editor, or its owner, did to them.

Students may write into answers and between cells. The rest belongs to the unit: a cell of its own that was deleted, copied,
split, merged, moved, changed or turned into text is as it was released again. Nothing that a student wrote is thrown away,
and answers stay where they are. What was done is said in notes, a sentence each for student and staff.
"""

import copy
import difflib
from collections.abc import Callable, Iterable, Iterator

from nbformat import NotebookNode

from autograder.cells import settings_of
from autograder.course import NOTEBOOK, CourseError
from autograder.definitions import defined, parsed
from autograder.reading import new_id

LONGEST = 2000  # lines of a cell that are compared one by one
SHOWN = 5  # cells that a note names


def repair(notebook: NotebookNode, released: NotebookNode) -> tuple[NotebookNode, tuple[str, ...]]:
    """A submission with the unit's cells in their place, and what was mended. Neither argument is changed.

    Parameters
    ----------
    notebook : a valid notebook of format 4.5
    released : the unit's notebook as students get it; its cells with a `grade_id` are the unit's own

    Returns
    -------
    The notebook: every graded and every locked cell of the unit is there once, as it was released; a test stands after the
    answer that it tests, another locked cell before what follows it in the unit. And the notes.

    Raises
    ------
    CourseError : when it is another notebook, with none of the unit's questions
    """
    repairing = _Repair(copy.deepcopy(notebook), released)
    return repairing.notebook, tuple(repairing.notes())


def answered(notebook: NotebookNode, released: NotebookNode) -> int:
    """How many answers of a repaired notebook are not as they were released."""
    blank = {_name(cell): _lines(cell) for cell in released.cells if settings_of(cell).get("solution")}
    return sum(_name(cell) in blank and blank[_name(cell)] != _lines(cell) for cell in notebook.cells)


class _Repair:
    """One notebook, while it is repaired. Which of the unit's cells a cell is, its metadata say from the beginning."""

    def __init__(self, notebook: NotebookNode, released: NotebookNode):
        self.notebook = notebook
        self.unit = {_name(cell): cell for cell in released.cells if _name(cell)}
        self.done: dict[str, dict[str, None]] = {}  # the wording of a note -> the cells that it is about
        for cell in self.cells:
            given = cell.metadata.get("nbgrader")
            name = given.get("grade_id") if isinstance(given, dict) else None
            self._call(cell, name if isinstance(name, str) and name in self.unit else None)
        self._one_of_each()
        self._known_by_id()
        self._take_apart()
        self._known_by_id()  # once more: a cell may have turned out to be another one
        self._as_released()
        self._known_by_content()
        if not any(self._is_proof(cell) for cell in self.cells if _is_graded(cell) or settings_of(cell).get("solution")):
            raise CourseError(f"{NOTEBOOK} is another notebook: none of this unit's questions is in it")
        self._of_its_type()
        self._in_place()
        self._with_ids()

    @property
    def cells(self) -> list[NotebookNode]:
        return self.notebook.cells

    def notes(self) -> Iterator[str]:
        for wording, done in self.done.items():
            names = [name for name in self.unit if name in done]
            shown = ", ".join(f"`{name}`" for name in names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
            one = len(names) == 1
            yield wording.format(cells=f"The cell {shown}" if one else f"The cells {shown}", was="was" if one else "were",
                                 it="it" if one else "they")

    def _note(self, wording: str, name: str) -> None:
        self.done.setdefault(wording, {})[name] = None

    def _call(self, cell: NotebookNode, name: str | None) -> None:
        """Make it the unit's cell of this name, or none of the unit's."""
        cell.metadata.pop("nbgrader", None)
        if name is not None:
            cell.metadata["nbgrader"] = copy.deepcopy(settings_of(self.unit[name]))

    def _place(self, cell: NotebookNode) -> int:
        return next(place for place, other in enumerate(self.cells) if other is cell)

    def _replace(self, cell: NotebookNode, parts: Iterable[NotebookNode] = ()) -> None:
        place = self._place(cell)
        self.cells[place:place + 1] = parts

    def _is_proof(self, cell: NotebookNode) -> bool:
        """Does its name show that this is the unit's notebook? A single line that was found may stand anywhere."""
        return _name(cell) is not None and (_name(cell) not in self.done.get(FOUND, {}) or len(_lines(cell)) > 1)

    def _missing(self) -> dict[str, NotebookNode]:
        there = set(map(_name, self.cells))
        return {name: cell for name, cell in self.unit.items() if name not in there}

    def _one_of_each(self) -> None:
        """Of several cells of one name one keeps it. The others are the student's own cells, or nothing new and left out."""
        copies: dict[str, list[NotebookNode]] = {}
        for cell in filter(_name, self.cells):
            copies.setdefault(_name(cell), []).append(cell)
        for name, own in copies.items():
            if len(own) > 1 and _is_locked(self.unit[name]):
                self._one_locked(name, own)
            elif len(own) > 1:
                self._one_answer(name, own)

    def _one_locked(self, name: str, own: list[NotebookNode]) -> None:
        text = _lines(self.unit[name])
        kept = next((cell for cell in reversed(own) if _lines(cell) == text), own[-1])
        for cell in own:
            if cell is not kept:
                self._call(cell, None)
                if _find(_lines(cell), text) is not None:  # the whole of it or a part
                    self._replace(cell)
        if _lines(kept) != text and [line for cell in own for line in _lines(cell)] == text:
            kept.source = self.unit[name].source
        self._note("{cells} {was} there more than once: one of them counts.", name)

    def _one_answer(self, name: str, own: list[NotebookNode]) -> None:
        """The last answer counts, as for the kernel. Halves that are no Python by themselves become one cell again."""
        blank = _lines(self.unit[name])
        written = [cell for cell in own if _lines(cell) not in (blank, [])] or own[-1:]
        texts = [cell.source for cell in written]
        whole = None
        first = self._place(written[0])
        together = all(cell is other for cell, other in zip(self.cells[first:first + len(written)], written, strict=False))
        if self.unit[name].cell_type == "code" and together and not all(map(parsed, texts)):
            whole = next((text for text in ("\n".join(texts), "".join(texts)) if parsed(text)), None)
        kept = written[0] if whole is not None else written[-1]
        for cell in own:
            if cell is not kept:
                self._call(cell, None)
                if whole is not None or all(cell is not other for other in written):
                    self._replace(cell)
        if whole is not None:
            kept.source = whole
            self._note("{cells} {was} split: the parts were joined again.", name)
        elif len(written) > 1:
            self._note("{cells} {was} there more than once: all were run, the last one counts.", name)
        else:
            self._note("{cells} {was} there more than once: the one that is answered counts.", name)

    def _known_by_id(self) -> None:
        """Editors that do not know nbgrader may lose its metadata and keep the ids of cells."""
        ids = {cell.get("id"): name for name, cell in self._missing().items()}
        for cell in self.cells:
            if not _name(cell) and (name := ids.pop(cell.id, None)):
                self._call(cell, name)
                self._note(FOUND, name)

    def _take_apart(self) -> None:
        """A cell that holds the text of a locked one which is missing is that one, or was merged with it."""
        for name, locked in self._missing().items():
            text = _lines(locked)
            if not text or not _is_locked(locked):
                continue
            for cell in self.cells:
                lines = cell.source.split("\n")
                place = _find(text, [line.rstrip() for line in lines])
                if place is None or (_name(cell) and _lines(cell) == _lines(self.unit[_name(cell)])):
                    continue
                own = _cell(locked.cell_type, "\n".join(lines[place:place + len(text)]))
                before, after = (_cell(cell.cell_type, "\n".join(part)) for part in (lines[:place], lines[place + len(text):]))
                rest = [part for part in (before, after) if part.source.strip()]
                if rest:
                    self._call(rest[0], _name(cell))
                self._call(own, name)
                self._note("{cells} {was} merged with another cell: they were taken apart." if rest else FOUND, name)
                self._replace(cell, [part for part in (before, own, after) if part is own or part in rest])
                break

    def _as_released(self) -> None:
        """What stands in a locked cell beside its text gets a cell of its own, a raw one if it is no Python by itself."""
        for cell in list(filter(_name, self.cells)):
            name, released = _name(cell), self.unit[_name(cell)]
            if _is_locked(released) and _lines(cell) != _lines(released):
                kind = "code" if released.cell_type == "code" else cell.cell_type
                own = [_cell("raw" if kind == "code" and not parsed(text) else kind, text) if text.strip() else None
                       for text in _surplus(cell.source, released.source)]
                self._replace(cell, [part for part in (own[0], cell, own[1]) if part is not None])
                self._note("{cells} {was} changed: {it} {was} put back as released.", name)
            if _is_locked(released):
                cell.source = released.source

    def _known_by_content(self) -> None:
        """An answer that lost its name, or was given in another cell, is known by the functions that it defines.

        One that was not given, by being as it was released.
        """
        named = {_name(cell): cell for cell in self.cells if _name(cell)}
        for name, answer in self.unit.items():
            blank, there = _lines(answer), named.get(name)
            if not settings_of(answer).get("solution") or answer.cell_type != "code" or (there and _lines(there) != blank):
                continue
            functions = defined(answer.source)
            own = [cell for cell in self.cells if not _name(cell) and _lines(cell)
                   and ((functions and functions <= defined(cell.source)) or _lines(cell) == blank)]
            given = [cell for cell in own if _lines(cell) != blank]
            if there and given:
                self._replace(there)
                self._call(given[-1], name)
                self._note("{cells} {was} left as released, and answered in another cell: that one counts.", name)
            elif own and not there:
                self._call((given or own)[-1], name)
                self._note(FOUND, name)
            elif not there and not _is_graded(answer):
                self._note("{cells} {was} deleted, and no answer was found elsewhere.", name)

    def _of_its_type(self) -> None:
        for cell in filter(_name, self.cells):
            if cell.cell_type != (kind := self.unit[_name(cell)].cell_type):
                _turn_into(cell, kind)
                self._note("{cells} {was} of another type, code or text: {it} {was} turned back.", _name(cell))

    def _in_place(self) -> None:
        """Put back what is missing, and move what is locked where it must be; answers stay where the student has them."""
        order, behind = list(self.unit), None  # behind: the answer, or the test after it, that the next test must follow
        for number, (name, released) in enumerate(self.unit.items()):
            there = self._there()
            if settings_of(released).get("solution"):
                behind = name if name in there else None
            if not _is_graded(released):
                continue
            if name not in there or (_is_locked(released) and there[name] < there.get(behind, -1)):
                self._put(name, self._after_answer, order[:number], behind)
            behind = name
        for number, (name, released) in enumerate(self.unit.items()):
            if _is_locked(released) and not _is_graded(released):
                there = self._there()
                if name not in there or any(there.get(later, there[name]) < there[name] for later in order[number + 1:]):
                    self._put(name, self._before_rest, order[:number], order[number + 1:])

    def _put(self, name: str, where: Callable[..., int], *others: list[str] | str | None) -> None:
        released, place = self.unit[name], self._there().get(name)
        if place is None:
            cell = _cell(released.cell_type, released.source)
            cell.metadata, cell.id = copy.deepcopy(released.metadata), released.get("id", "")
            self._note("{cells} {was} deleted: {it} {was} put back.", name)
        else:
            cell = self.cells.pop(place)
            self._note("{cells} stood elsewhere: {it} {was} moved back.", name)
        self.cells.insert(where(*others), cell)

    def _there(self) -> dict[str, int]:
        """Where the unit's cells stand."""
        return {_name(cell): place for place, cell in enumerate(self.cells) if _name(cell)}

    def _after_answer(self, earlier: list[str], behind: str | None) -> int:
        """Where a test belongs: behind its answer, after what is left before it in the unit and the student's own code there.

        Where its answer was deleted, only before the next of the unit's cells, so that an answer in a cell of the student's
        own is found.
        """
        there = self._there()
        last = max((number for number, name in enumerate(earlier) if name in there), default=-1)
        place = max(there[earlier[last]] if last >= 0 else -1, there.get(behind, -1)) + 1
        while place < len(self.cells) and not _name(self.cells[place]) and (
                self.cells[place].cell_type == "code" or last + 1 < len(earlier)):
            place += 1
        return place

    def _before_rest(self, earlier: list[str], later: list[str]) -> int:
        """Where another locked cell belongs: before all that follows it in the unit, after what stands before it in both."""
        there = self._there()
        first = min((there[name] for name in later if name in there), default=len(self.cells))
        place = max((there[name] + 1 for name in earlier if there.get(name, first) < first), default=0)
        while place < first and not _name(self.cells[place]) and self.cells[place].cell_type != "code":
            place += 1
        return place

    def _with_ids(self) -> None:
        taken: set[str] = set()
        for cell in self.cells:
            if not cell.get("id") or cell.id in taken:
                cell.id = ""
            taken.add(cell.id)
        for cell in self.cells:
            cell.id = cell.id or new_id(cell, taken)


FOUND = "{cells} had lost nbgrader's name: {it} {was} found by what stands there."


def _name(cell: NotebookNode) -> str | None:
    """Which of the unit's cells it is; None for one of the student's own."""
    return settings_of(cell).get("grade_id")


def _is_locked(cell: NotebookNode) -> bool:
    return bool(settings_of(cell).get("locked")) and not settings_of(cell).get("solution")


def _is_graded(cell: NotebookNode) -> bool:
    return bool(settings_of(cell).get("grade") or settings_of(cell).get("task"))


def _lines(cell: NotebookNode) -> list[str]:
    """A cell's text without what editors change: blanks at the ends of lines, empty lines at the beginning and the end."""
    return "\n".join(line.rstrip() for line in cell.source.split("\n")).strip("\n").split("\n") if cell.source.strip() else []


def _find(part: list[str], whole: list[str]) -> int | None:
    """At which line of a text some of its lines stand, one after the other; None where they do not."""
    if not part:
        return 0
    there, text = ("\n".join(["", *lines, ""]) for lines in (part, whole))
    place = text.find(there)
    return None if place < 0 else text.count("\n", 0, place)


def _surplus(text: str, released: str) -> tuple[str, str]:
    """What a text has more than the released one: before the first line of that, and after it."""
    lines = text.split("\n")
    if len(lines) > LONGEST:
        return "", text
    before, after, begun = [], [], False
    compared = [[line.rstrip() for line in some] for some in (released.split("\n"), lines)]
    for what, _, _, start, end in difflib.SequenceMatcher(None, *compared).get_opcodes():
        begun |= what == "equal"
        if what in ("insert", "replace"):
            (after if begun else before).extend(lines[start:end])
    return "\n".join(before), "\n".join(after)


def _cell(cell_type: str, source: str) -> NotebookNode:
    """A new cell that has no id yet."""
    cell = NotebookNode(metadata=NotebookNode(), source=source.strip("\n"), id="")
    _turn_into(cell, cell_type)
    return cell


def _turn_into(cell: NotebookNode, cell_type: str) -> None:
    cell.cell_type = cell_type
    for key in ("outputs", "execution_count") if cell_type != "code" else ("attachments",):
        cell.pop(key, None)
    if cell_type == "code":
        cell.outputs, cell.execution_count = [], None
