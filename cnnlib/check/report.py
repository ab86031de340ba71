"""What a check says: a `Report`, the same content as plain text and as HTML, and the exception that carries it."""

import html
import math
from dataclasses import dataclass

import numpy as np

from cnnlib.check.compare import number

SHOWN = 8  # rows, columns and channels of an array that a report shows
GREEN, RED = "#1a7f37", "#bc4c00"  # both can be told from a white and from a black page


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
        tables = (f"{caption}\n{_text_table(rows)}" for caption, rows in self._grids())
        return "\n".join((self.headline, *self.lines, *tables))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(f"<p style='margin:.4em 0'>{_code(line)}</p>" for line in self.lines)
        tables = "".join(
            "<figure style='margin:.4em 2em .4em 0;display:inline-block;vertical-align:top'>"
            f"<figcaption style='margin-bottom:.3em'>{_code(caption)}</figcaption>{_html_table(rows)}</figure>"
            for caption, rows in self._grids())
        return (f"<div role='status' style='border-left:5px solid {GREEN if self.passed else RED};padding:.3em .8em'>"
                f"<strong>{_code(self.headline)}</strong>{body}{tables}</div>")

    def _grids(self) -> list[tuple[str, list[list[tuple[str, bool]]]]]:
        return [grid for table in self.tables for grid in _planes(*table)]


class CheckFailed(AssertionError):
    """A check did not pass. Its text is the report's summary; in a notebook the report itself is above it."""

    def __init__(self, report: Report):
        super().__init__(report.summary())
        self.report = report

    def _render_traceback_(self) -> list[str]:  # IPython shows this in place of a traceback into this file
        return [f"CheckFailed: {self.report.function} does not pass yet; what is wrong is said above."]


def tabulated(value) -> np.ndarray:
    """A value as something to tabulate: numbers as they are, anything else as its text."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.asarray(repr(value))
    return array if array.dtype.kind in "biuf" else np.asarray(str(value))


def _planes(label: str, array: np.ndarray, marked: np.ndarray | None) -> list[tuple[str, list[list[tuple[str, bool]]]]]:
    """An array as tables, each a caption and rows of (text, marked): one table, or one for each channel."""
    if array.dtype.kind not in "biuf":
        return [(f"{label}:", [[(str(array), False)]])]
    marked = np.zeros(array.shape, bool) if marked is None or marked.shape != array.shape else marked
    caption = f"{label}: shape {array.shape}" if array.ndim else f"{label}: one number"
    if max(array.shape[:2], default=0) > SHOWN:
        caption += f", its first {SHOWN} rows and columns"
    if array.ndim < 3:
        return [(caption, _rows(np.atleast_2d(array), np.atleast_2d(marked)))]
    return [(f"{caption}, channel 0" if c == 0 else f"channel {c}", _rows(array[..., c], marked[..., c]))
            for c in range(min(array.shape[-1], SHOWN))]


def _rows(array: np.ndarray, marked: np.ndarray) -> list[list[tuple[str, bool]]]:
    flat = (math.prod(array.shape[:-1]), array.shape[-1])  # whatever its axes, it is shown as rows and columns
    array, marked = array.reshape(flat), marked.reshape(flat)
    return [[(number(value), bool(mark)) for value, mark in zip(*row, strict=True)]
            for row in zip(array[:SHOWN, :SHOWN], marked[:SHOWN, :SHOWN], strict=True)]


def _text_table(rows: list[list[tuple[str, bool]]]) -> str:
    cells = [[f"[{text}]" if mark else f" {text} " for text, mark in row] for row in rows]
    width = max((len(text) for row in cells for text in row), default=0)
    return "\n".join("  " + " ".join(text.rjust(width) for text in row) for row in cells)


def _html_table(rows: list[list[tuple[str, bool]]]) -> str:
    """Marked numbers are bold in a thick frame, so that they stand out without colour as well."""
    cell = "padding:.15em .7em;text-align:right;font-family:monospace;font-size:1.1em;border:"
    styles = {False: f"{cell}1px solid #8886", True: f"{cell}2px solid {RED};background:{RED}22;font-weight:bold"}
    body = "".join("<tr style='background:none'>" + "".join(
        f"<td style='{styles[mark]}'>{html.escape(text)}</td>" for text, mark in row) + "</tr>" for row in rows)
    return f"<table style='margin:0;border-collapse:collapse;color:inherit'>{body}</table>"


def _code(text: str) -> str:
    """Escape a text for HTML and set what stands between backticks as code."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))
