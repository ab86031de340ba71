"""The leak gate: does a notebook that students get show a line of a solution or of a hidden test?

It reads the artefact, not the converter that made it: every string in the notebook, wherever it stands, attachments
decoded, and every link. A line that the master shows in the open anyway is no secret.
"""

import base64
import binascii
import re
from collections.abc import Iterator

REGION = re.compile(r"### BEGIN (SOLUTION|HIDDEN TESTS)\n(.*?)### END \1", re.DOTALL)
FORBIDDEN_LINK = re.compile(r"(?:\.\./|/|^)(?:solutions|course|source)/|mistakes\.py|gradebook\.db")
MARKERS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)")


def secrets(master) -> set[str]:
    """The lines of an exercise that students must not see: those inside a region and nowhere outside, space squeezed."""
    hidden: set[str] = set()
    shown: set[str] = set()
    for cell in master.cells:
        hidden |= {_squeezed(line) for region in REGION.findall(cell.source) for line in region[1].splitlines()}
        shown |= {_squeezed(line) for line in REGION.sub("", cell.source).splitlines()}
    return {line for line in hidden - shown if re.search(r"\w", line)}


def leaks(notebook, master, name: str) -> list[str]:
    """What a student's notebook gives away, each as a sentence; an empty list when nothing does.

    notebook: what the student gets. master: the exercise with its solutions and hidden tests. name: for the sentences.
    """
    secret = secrets(master)
    found = []
    for place, text in _strings(notebook, "notebook"):
        lines = {_squeezed(line) for line in text.splitlines()}
        found += [f"{name}: {place} shows the line {line!r}" for line in sorted(lines & secret)]
        # a line may also stand inside a longer text: quoted, escaped, in HTML; short ones would be found by chance
        inside = [line for line in secret - lines if len(line) > 20 and line in _squeezed(text)]
        found += [f"{name}: {place} contains {line!r}" for line in sorted(inside)]
        if MARKERS.search(text):
            found.append(f"{name}: {place} holds a marker of nbgrader's regions")
        found += [f"{name}: {place} links to {link!r}" for link in _links(text) if FORBIDDEN_LINK.search(link)]
    return found


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)", text) + re.findall(r"(?:href|src)=[\"']([^\"']+)", text)


def _strings(value, place: str) -> Iterator[tuple[str, str]]:
    """Every string in a notebook with the place where it stands; base64 that decodes to text is read as text too."""
    if isinstance(value, str):
        yield place, value
        decoded = _decoded(value)
        if decoded is not None:
            yield f"{place} (decoded)", decoded
    elif isinstance(value, dict):
        for key, part in value.items():
            yield place, str(key)
            yield from _strings(part, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        if value and all(isinstance(part, str) for part in value):  # lines of one text
            yield from _strings("".join(value), place)
        else:
            for i, part in enumerate(value):
                yield from _strings(part, f"{place}[{i}]")


def _decoded(text: str) -> str | None:
    compact = "".join(text.split())
    if len(compact) < 16 or not re.fullmatch(r"[A-Za-z0-9+/=_-]+", compact):
        return None
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
