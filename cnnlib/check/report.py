"""What a check says: a `Report`, the same content as plain text and as HTML, and the exception that carries it."""

import html
from dataclasses import dataclass

import numpy as np

from cnnlib.check.compare import number

SHOWN = 8  # rows and columns of an array that a report shows


@dataclass(frozen=True)
class Report:
    """What a check found; prints as text and shows as HTML with the same content.

    function: the name of the question. passed: whether all cases hold. headline: one sentence. lines: what else to say.
    tables: (label, array, mask of the numbers to mark or None). mistake: the name of the known mistake, or None.
    case: the name of the case it is about, or None. kind: one of KINDS, or None when all is well.
    """

    function: str
    passed: bool
    headline: str
    lines: tuple[str, ...] = ()
    tables: tuple[tuple[str, np.ndarray, np.ndarray | None], ...] = ()
    mistake: str | None = None
    case: str | None = None
    kind: str | None = None

    def summary(self) -> str:
        """Headline and first line in one: what a table of marks has room for."""
        return " ".join((self.headline, *self.lines[:1]))

    def __str__(self) -> str:
        tables = (f"{label}:\n{_text_table(array, marked)}" for label, array, marked in self.tables)
        return "\n".join((self.headline, *self.lines, *tables))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = "#1a7f37" if self.passed else "#bc4c00"
        body = "".join(f"<p style='margin:.3em 0'>{_code(line)}</p>" for line in self.lines)
        tables = "".join(
            f"<figure style='margin:.3em 1.5em .3em 0;display:inline-block;vertical-align:top'>"
            f"<figcaption>{_code(label)}</figcaption>{_html_table(array, marked)}</figure>"
            for label, array, marked in self.tables)
        return (f"<div role='status' style='border-left:5px solid {colour};padding:.3em .8em'>"
                f"<strong>{_code(self.headline)}</strong>{body}{tables}</div>")


class CheckFailed(AssertionError):
    """A check did not pass. Its text is the report's summary; in a notebook the report itself is above it."""

    def __init__(self, report: Report):
        super().__init__(report.summary())
        self.report = report

    def _render_traceback_(self) -> list[str]:  # IPython shows this in place of a traceback into this file
        return [f"CheckFailed: {self.report.function} does not pass yet. What is wrong is said above."]


def tabulated(value) -> np.ndarray:
    """A value as something to tabulate: numbers as they are, anything else as its text."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(repr(value))
    return array if array.dtype.kind in "biuf" else np.asarray(str(value))


def _grid(array: np.ndarray, marked: np.ndarray | None) -> tuple[list[list[tuple[str, bool]]], str]:
    """Rows of (text, marked) of an array's first two axes and a note on what is left out."""
    if array.dtype.kind not in "biuf":
        return [[(str(array), False)]], ""
    marked = np.zeros(array.shape, bool) if marked is None or marked.shape != array.shape else marked
    note = f"shape {array.shape}"
    if array.ndim > 2:  # show the first plane of the last axis, a channel
        array, marked = array[..., 0].reshape(-1, array.shape[-2]), marked[..., 0].reshape(-1, array.shape[-2])
        note += ", channel 0"
    array, marked = np.atleast_2d(array), np.atleast_2d(marked)
    if max(array.shape) > SHOWN:
        note += f", its first {SHOWN} rows and columns"
    rows = [[(number(v), bool(m)) for v, m in zip(*pair, strict=True)]
            for pair in zip(array[:SHOWN, :SHOWN], marked[:SHOWN, :SHOWN], strict=True)]
    return rows, note


def _text_table(array: np.ndarray, marked: np.ndarray | None) -> str:
    rows, note = _grid(array, marked)
    cells = [[f"[{text}]" if mark else f" {text} " for text, mark in row] for row in rows]
    width = max((len(text) for row in cells for text in row), default=0)
    lines = ["  " + " ".join(text.rjust(width) for text in row) for row in cells]
    return "\n".join(lines + ([f"  ({note})"] if note else []))


def _html_table(array: np.ndarray, marked: np.ndarray | None) -> str:
    rows, note = _grid(array, marked)
    cell = "padding:0 .5em;text-align:right;font-family:monospace"
    body = "".join("<tr>" + "".join(
        f"<td style='{cell};outline:2px solid #bc4c00;font-weight:bold'>[{html.escape(text)}]</td>" if mark else
        f"<td style='{cell}'>{html.escape(text)}</td>" for text, mark in row) + "</tr>" for row in rows)
    small = f"<small>({html.escape(note)})</small>" if note else ""
    return f"<table style='margin:0'>{body}</table>{small}"


def _code(text: str) -> str:
    """Escape a text for HTML and set what stands between backticks as code."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
