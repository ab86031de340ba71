"""The tools that the course's pictures are drawn with: maps, numbers in cells, tables side by side, arrays in words.

What readers call is in cnnlib.plots. Arrays are (H, W), or (H, W, 3) where they are colours; `kind` is one of MAPS.
"""

import functools
import math
from fractions import Fraction

import matplotlib
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from cnnlib.edges import to_gray

MAPS = {"gray": "gray", "signed": "RdBu", "magnitude": "cividis"}
MARK = "#d95f02"  # orange: the window and the pixel that it makes
STYLE = {
    "font.family": "DejaVu Sans",  # ships with Matplotlib: the same letters on every machine
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.edgecolor": "0.6",
    "figure.facecolor": "white",
}


def styled(draw):
    """Make `draw` draw in the course's own style, whatever the reader's settings are."""

    @functools.wraps(draw)
    def draw_styled(*args, **options):
        with matplotlib.rc_context(STYLE):
            return draw(*args, **options)

    return draw_styled


class Board:
    """Tables of numbers on one sheet whose unit is a cell: quick to draw, so that a slider feels live.

    `shapes` and `titles` are those of the tables, `cell` is a cell's side in inches, `gap` (between tables) and
    `foot` (below them) are in cells.
    """

    def __init__(self, shapes, titles, cell, *, gap, foot=0.1):
        self.shapes, self.gap, self.cell = shapes, gap, cell
        self.rows = max(shape[0] for shape in shapes)
        widths = [max(shape[1], 2.2) for shape in shapes]  # room for a title
        starts = np.cumsum([0] + [wide + gap for wide in widths[:-1]])
        self.columns = float(starts[-1] + widths[-1])
        self.lefts = [start + (wide - shape[1]) / 2 for start, wide, shape in zip(starts, widths, shapes, strict=True)]
        wide, high = self.columns + 0.6, self.rows + 0.9 + foot
        self.figure = Figure(figsize=(wide * cell, high * cell))
        self.axes = self.figure.add_axes([0, 0, 1, 1], xlim=(-0.3, wide - 0.3), ylim=(self.rows + foot, -0.9))
        self.axes.set_axis_off()
        for place, (shape, title) in enumerate(zip(shapes, titles, strict=True)):
            self.write(self.lefts[place] + shape[1] / 2, self.top(place) - 0.42, title or "", 10.5)

    def top(self, place):
        """Where a table starts: all are centred on the highest."""
        return (self.rows - self.shapes[place][0]) / 2

    def draw(self, place, array, kind, limits=None):
        left, top = self.lefts[place], self.top(place)
        right, bottom = left + array.shape[1], top + array.shape[0]
        shown = draw_image(self.axes, array, kind, limits, extent=(left, right, bottom, top), aspect="auto")
        write_numbers(self.axes, array, shown, font_size(self.cell), left + 0.5, top + 0.5)
        self.axes.hlines(np.arange(array.shape[0] + 1) + top, left, right, color="0.7", linewidth=0.7)
        self.axes.vlines(np.arange(array.shape[1] + 1) + left, top, bottom, color="0.7", linewidth=0.7)

    def outline(self, place, row, column, shape):
        outline(self.axes, self.lefts[place] + column, self.top(place) + row, shape, 3.5)

    def signs(self, between):
        for sign, left in zip(between, self.lefts[1:], strict=True):
            write_sign(self.axes, left - self.gap / 2, self.rows / 2, sign, 16)

    def write(self, x, y, text, size):
        self.axes.text(x, y, text, ha="center", va="center", fontsize=size)


def panel(figure, left, bottom, width, height, title=None):
    """Axes without ticks at a place in inches."""
    wide, high = figure.get_size_inches()
    axes = figure.add_axes([left / wide, bottom / high, width / wide, height / high], xticks=[], yticks=[])
    axes.set_title(title or "", pad=4)
    return axes


def draw_image(axes, array, kind, limits, **place):
    if array.ndim == 3:
        return axes.imshow(array, interpolation="nearest", **place)
    low, high = limits or _span(array, kind)
    return axes.imshow(array, cmap=MAPS[kind], norm=Normalize(low, high), interpolation="nearest", **place)


def _span(array, kind):
    if kind == "gray" and array.dtype == np.uint8:
        return 0, 255
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    if kind == "signed":
        reach = max(abs(low), abs(high)) or 1
        return -reach, reach
    return (low, high) if low < high else (min(low, 0), max(high, 1))


def write_numbers(axes, array, shown, size, left=0, top=0, places=None):
    """Write an array's numbers into its cells, in black or white, whichever reads better on `shown`."""
    brightness = to_gray(shown.cmap(shown.norm(array.astype(float)))[..., :3])  # of each cell, 0 to 1
    fonts = {}  # one for each length of number: long numbers are written smaller
    for (row, column), value in np.ndenumerate(array):
        if not np.isnan(value):
            text = number(value, places)
            length = max(len(text), 4)
            font = fonts.setdefault(length, FontProperties(size=size * min(1, 4.4 / length)))
            ink = "white" if brightness[row, column] < 0.5 else "black"
            axes.text(left + column, top + row, text, ha="center", va="center", fontproperties=font, color=ink)


def font_size(side):
    """In points, for the numbers in cells of `side` inches."""
    return min(10.5, 25 * side)


def outline(axes, left, top, shape, line):
    axes.add_patch(Rectangle((left, top), shape[1], shape[0], fill=False, edgecolor=MARK, linewidth=line, zorder=5))


def write_sign(on, x, y, sign, size):
    on.text(x, y, sign, ha="center", va="center", fontsize=1.6 * size if sign == "⋆" else size)


def colour_bar(shown, axes):
    low, high = shown.norm.vmin, shown.norm.vmax
    ticks = [low, 0, high] if low < 0 < high else [low, high]
    bar = axes.figure.colorbar(shown, cax=axes, orientation="horizontal", ticks=ticks)
    axes.set_xticklabels([number(tick, 0 if high > 20 else 2) for tick in ticks], fontsize=8)
    axes.tick_params(length=0, pad=2)
    bar.outline.set_visible(False)


def number(value, places=None):
    """A number as a reader would write it: 7, −0.5, 1/9, else with at most 2 decimals; or with exactly `places`."""
    value = float(value)
    if places is not None:
        text = f"{value:.{places}f}"
    else:
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        if math.isfinite(value):
            simple = Fraction(value).limit_denominator(16)
            if abs(value - simple) < 1e-9 and abs(value) < 1 and 10 % simple.denominator:  # not 1/2, 1/5, 1/10
                text = str(simple)
    return text.replace("-", "" if text.strip("-0.") == "" else "−")  # there is no minus zero


def words(arrays, titles):
    """What a picture of arrays shows when nobody says it better: titles, shapes and ranges."""
    parts = [f"{title or 'array'}: {by(array.shape)}, from {number(array.min())} to {number(array.max())}"
             for array, title in zip(arrays, titles, strict=True)]
    return "; ".join(parts).replace("\n", " ")


def rows_of(array):
    return "[" + ", ".join("[" + " ".join(number(value) for value in row) + "]" for row in array) + "]"


def by(shape):
    return " × ".join(map(str, shape))


def as_arrays(arrays):
    """A list of arrays, made from one or from several."""
    return [np.asarray(array) for array in (arrays if isinstance(arrays, list | tuple) else [arrays])]


def each(value, count, name):
    """A list with one for each of `count` arrays; what is no list holds for all (limits are a pair)."""
    if isinstance(value, tuple) and name != "limits":
        value = list(value)
    if not isinstance(value, list):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{len(value)} {name} for {count} arrays: give one for each.")
    return value
