"""The course's pictures: after this room you can draw arrays so that their numbers can be read off.

Arrays are (H, W) or (H, W, C), channels last. Every function draws one figure and returns a `Picture`: a PNG
with its description in words. Three kinds of map, all safe for colour-blind readers: "gray" for brightness,
"signed" for values around zero (red below, white at zero, blue above), "magnitude" for sizes (dark blue to
yellow).
"""

import functools
import io
import math
from fractions import Fraction
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from PIL import Image

from cnnlib.correlation import correlate2d
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


def _styled(draw):
    """Draw in the course's own style, whatever the reader's settings are."""

    @functools.wraps(draw)
    def styled(*args, **options):
        with matplotlib.rc_context(STYLE):
            return draw(*args, **options)

    return styled


class Picture:
    """A PNG and its description in words (`alt`); shows itself in a notebook."""

    def __init__(self, png, alt):
        if not alt.strip():
            raise ValueError("a picture needs a description for those who cannot see it: give alt=...")
        self.png, self.alt = png, alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": self.png, "text/plain": self.alt}, {"image/png": {"alt": self.alt}}

    def __repr__(self):
        return self.alt

    def save(self, path):
        """Write the PNG to `path`."""
        Path(path).write_bytes(self.png)


@_styled
def show_images(
    images,
    titles=None,
    *,
    maps="gray",
    limits=None,
    boxes=None,
    columns=None,
    between=None,
    numbers=None,
    width=10.0,
    alt=None,
):
    """Draw images, responses or kernels side by side, all equally high and each with its own proportions.

    Parameters
    ----------
    images : one array or a list of arrays (H, W) or (H, W, 3); uint8 colours, or floats in [0, 1]
    titles : a string for each image
    maps : "gray", "signed" or "magnitude", or a list with one for each image
    limits : (lowest, highest) value of the map, or a list with a pair or None for each image; without it
        uint8 spans 0..255, "signed" is centred at zero, anything else spans its own values
    boxes : a list with a (row, column, height, width) to outline, or None, for each image
    columns : images in a row (all in one row by default)
    between : signs to write between the images of a single row, such as ["⋆", "="]
    numbers : write the numbers into the cells; by default where an array has at most 64 of them
    width : of the figure, inches
    alt : description in words; by default made of titles, shapes and ranges
    """
    images = [np.asarray(image) for image in (images if isinstance(images, (list, tuple)) else [images])]
    count = len(images)
    titles = _each(titles, count, "titles")
    maps = _each(maps, count, "maps")
    limits, boxes = _each(limits, count, "limits"), _each(boxes, count, "boxes")
    columns = min(columns or count, count)
    rows = -(-count // columns)
    ratios = [max(image.shape[1] / image.shape[0] for image in images[j::columns]) for j in range(columns)]
    gap = 0.55 if between else 0.12  # inches
    height = min((width - gap * (columns - 1)) / sum(ratios), 3.2 if rows == 1 else 2.6)
    lines = max((title or "").count("\n") + 1 for title in titles)
    bars = [maps[i] != "gray" and images[i].ndim == 2 and not _small(images[i], numbers) for i in range(count)]
    bar = 0.28 * any(bars)
    top, pitch = 0.09 + 0.19 * lines, height + 0.09 + 0.19 * lines + bar
    total = sum(ratios) * height + gap * (columns - 1)
    figure = Figure(figsize=(total + 0.1, rows * pitch + 0.06))
    wide, high = figure.get_size_inches()
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        left = 0.05 + sum(ratios[:column]) * height + gap * column
        bottom = high - 0.02 - row * pitch - top - height
        place = [left / wide, bottom / high, ratios[column] * height / wide, height / high]
        axes = figure.add_axes(place, xticks=[], yticks=[])
        axes.set_title(titles[index] or "", pad=4)
        shown = _draw_image(axes, image, maps[index], limits[index])
        if boxes[index]:
            _outline(axes, boxes[index][1] - 0.5, boxes[index][0] - 0.5, boxes[index][2:], 2.5)
        if _small(image, numbers):
            _write_numbers(axes, image, shown, _font(ratios[column] * height / image.shape[1]))
        elif bars[index]:
            strip = [place[0] + 0.1 * place[2], (bottom - 0.1) / high, 0.8 * place[2], 0.06 / high]
            _colour_bar(figure, shown, figure.add_axes(strip))
        if between and column < columns - 1 and index < count - 1:
            middle = (left + ratios[column] * height + gap / 2) / wide
            _write_sign(figure, middle, (bottom + height / 2) / high, between[index], 22)
    return _finish(figure, alt or _describe(images, titles))


@_styled
def show_numbers(arrays, titles=None, *, maps="gray", between=None, limits=None, cell=0.46, alt=None):
    """Draw small arrays (H, W) as grids with their numbers written in, all cells of the same size.

    `between` holds the signs to write between them, `cell` is a cell's side in inches; `titles`, `maps` and
    `limits` are those of show_images.
    """
    arrays = [np.asarray(array) for array in (arrays if isinstance(arrays, (list, tuple)) else [arrays])]
    titles, maps = _each(titles, len(arrays), "titles"), _each(maps, len(arrays), "maps")
    limits = _each(limits, len(arrays), "limits")
    board = _Board([array.shape for array in arrays], titles, cell, gap=1.3 if between else 0.7)
    for place, (array, kind, span) in enumerate(zip(arrays, maps, limits, strict=True)):
        board.draw(place, array, kind, span)
    board.signs(between or [""] * (len(arrays) - 1))
    return _finish(board.figure, alt or _describe(arrays, titles))


@_styled
def show_window(image, kernel, row=0, column=0, *, names=("image", "kernel", "products", "output"), cell=0.40):
    """Draw one step of a correlation: the window on the image, the kernel, the products, their sum.

    `row` and `column` are those of the output pixel, and of the window's upper left corner. The output is
    filled in up to that pixel, row by row. `names` are those of the four tables. Errors for kernels that do
    not fit are those of correlate2d.
    """
    image, kernel = np.asarray(image), np.asarray(kernel)
    output = correlate2d(image, kernel)  # (H', W')
    if not (0 <= row < output.shape[0] and 0 <= column < output.shape[1]):
        raise ValueError(
            f"there is no output pixel ({row}, {column}) in an output of {_by(output.shape)} px: rows run from "
            f"0 to {output.shape[0] - 1}, columns from 0 to {output.shape[1] - 1}."
        )
    window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    products = window * kernel.astype(float)  # (kh, kw)
    total = _number(output[row, column])
    later = np.arange(output.size).reshape(output.shape) > row * output.shape[1] + column
    span = np.abs(output).max() or 1
    titles = [f"{names[0]} {_by(image.shape)}", names[1], names[2], f"{names[3]} {_by(output.shape)}"]
    board = _Board([image.shape, kernel.shape, kernel.shape, output.shape], titles, cell, gap=1.2, foot=1.3)
    board.draw(0, image, "gray", None)
    board.draw(1, kernel, "signed", None)
    board.draw(2, products, "signed", (-span, span))
    board.draw(3, np.where(later, np.nan, output), "signed", (-span, span))
    board.outline(0, row, column, kernel.shape)
    board.outline(3, row, column, (1, 1))
    board.signs("⋆→→")
    terms = " + ".join(f"({_number(value)})" if value < 0 else _number(value) for value in products.ravel())
    terms = terms if kernel.size <= 12 else "sum of the products"
    board.write(board.columns / 2, board.rows + 0.75, f"{terms} = {total}", 12)
    alt = (
        f"The window at row {row}, column {column} of the {names[0]} holds {_rows(window)}; times the {names[1]} "
        f"{_rows(kernel)} gives the {names[2]} {_rows(products)}; their sum {total} is pixel ({row}, {column}) "
        f"of the {_by(output.shape)} {names[3]}."
    )
    return _finish(board.figure, alt)


@_styled
def show_filters(image, kernels, *, columns=4, width=10.0, alt=None):
    """Draw each kernel of the mapping `kernels` with its numbers, and below it its response to a gray image.

    A kernel whose entries sum to zero gives a signed response, shown red to blue around zero; any other is
    shown in gray from 0 to 255.
    """
    rows, side = -(-len(kernels) // columns), width / columns  # inches, as all that follow
    high = side * image.shape[0] / image.shape[1]
    pitch = high + 1.58
    figure = Figure(figsize=(width, rows * pitch))
    inches = np.array([width, rows * pitch, width, rows * pitch])
    for index, (name, kernel) in enumerate(kernels.items()):
        left, bottom = index % columns * side, (rows - 1 - index // columns) * pitch
        place = np.array([left + side / 2 - 0.6, bottom + high + 0.18, 1.2, 1.1]) / inches
        axes = figure.add_axes(place, xticks=[], yticks=[])
        axes.set_title(f"{name} (sum {_number(kernel.sum())})", pad=4)
        _write_numbers(axes, kernel, _draw_image(axes, kernel, "signed", None), _font(1.1 / len(kernel)) * 0.9)
        response = correlate2d(image, kernel)
        signed = abs(kernel.sum()) < 1e-9
        reach = np.percentile(np.abs(response), 99.5)  # a few extreme pixels would make all others pale
        place = np.array([left + 0.06, bottom + 0.06, side - 0.12, high]) / inches
        axes = figure.add_axes(place, xticks=[], yticks=[])
        _draw_image(axes, response, "signed" if signed else "gray", (-reach, reach) if signed else (0, 255))
    names = ", ".join(f"{name} (sum {_number(kernel.sum())})" for name, kernel in kernels.items())
    return _finish(figure, alt or f"Kernels, and what each makes of the image: {names}.")


@_styled
def show_descent(steps, snapshots, *, target=None, width=10.0, alt=None):
    """Draw a kernel being learned: its numbers at the steps in `snapshots`, and below them the loss.

    `steps` is a list of (kernel, loss) pairs, as kernel_descent gives them; `target` a kernel to show last.
    """
    losses = [loss for _, loss in steps]
    panels = [(f"step {step}", steps[step][0]) for step in snapshots]
    panels += [("target", target)] if target is not None else []
    span = np.abs([panel for _, panel in panels]).max() or 1
    figure = Figure(figsize=(width, 4.3), layout="constrained")
    grid = figure.add_gridspec(2, len(panels), height_ratios=[1, 1.25])
    for index, (title, kernel) in enumerate(panels):
        axes = figure.add_subplot(grid[0, index], xticks=[], yticks=[], title=title)
        _write_numbers(axes, kernel, _draw_image(axes, kernel, "signed", (-span, span)), 9, places=2)
    axes = figure.add_subplot(grid[1, :], xlabel="step + 1", ylabel="loss", xscale="log", yscale="log")
    axes.plot(np.arange(1, len(losses) + 1), losses, color="#08519c", linewidth=2)
    axes.plot(
        [step + 1 for step in snapshots],
        [losses[step] for step in snapshots],
        "o",
        color=MARK,
        markersize=8,
        label="kernels above",
    )
    axes.legend(frameon=False)
    axes.grid(color="0.9")
    at = ", ".join(f"{step} ({losses[step]:.1g})" for step in snapshots)
    return _finish(
        figure, alt or f"The kernel at the steps {at}; in brackets the loss, drawn below as a curve."
    )


@_styled
def show_arrows(image, down, right, *, apart=4, limits=None, titles=None, alt=None):
    """Draw a gray image, and on a copy of it the arrows (down, right) where they are longest, `apart` px apart."""
    image, length = np.asarray(image), np.hypot(down, right)
    strong = np.argwhere(length > 0.5 * length.max())
    kept = np.empty((0, 2), int)
    for place in strong[np.argsort(-length[tuple(strong.T)], kind="stable")]:
        if (np.hypot(*(kept - place).T) >= apart).all():
            kept = np.vstack([kept, place])
    here = tuple(kept.T)
    figure = Figure(figsize=(7.2, 3.7), layout="constrained")
    for index, title in enumerate(titles or ("image", "where brightness rises")):
        axes = figure.add_subplot(1, 2, index + 1, xticks=[], yticks=[], title=title)
        _draw_image(axes, image, "gray", limits)
    size = {"scale": length.max() / (1.7 * apart), "scale_units": "xy", "angles": "xy", "width": 0.009}
    axes.quiver(here[1], here[0], right[here], down[here], color=MARK, pivot="mid", zorder=3, **size)
    return _finish(figure, alt or f"An image, and {len(kept)} arrows on it that point where brightness rises.")


class _Board:
    """Grids of numbers on one sheet whose unit is a cell: quick to draw, so that a slider feels live."""

    def __init__(self, shapes, titles, cell, *, gap, foot=0.1):
        self.shapes, self.gap, self.cell = shapes, gap, cell
        self.rows = max(shape[0] for shape in shapes)
        widths = [max(shape[1], 2.2) for shape in shapes]  # room for a title
        starts = np.cumsum([0] + [wide + gap for wide in widths[:-1]])
        self.columns = float(starts[-1] + widths[-1])
        self.lefts = [
            start + (wide - shape[1]) / 2 for start, wide, shape in zip(starts, widths, shapes, strict=True)
        ]
        wide, high = self.columns + 0.6, self.rows + 0.9 + foot
        self.figure = Figure(figsize=(wide * cell, high * cell))
        self.axes = self.figure.add_axes([0, 0, 1, 1])
        self.axes.set_axis_off()
        for left, shape, title in zip(self.lefts, shapes, _each(titles, len(shapes), "titles"), strict=True):
            self.write(left + shape[1] / 2, (self.rows - shape[0]) / 2 - 0.42, title or "", 10.5)
        self.frame = {"xlim": (-0.3, wide - 0.3), "ylim": (self.rows + foot, -0.9)}

    def draw(self, place, array, kind, limits):
        left, top = self.lefts[place], (self.rows - array.shape[0]) / 2
        right, bottom = left + array.shape[1], top + array.shape[0]
        shown = _draw_image(self.axes, array, kind, limits, extent=(left, right, bottom, top), aspect="auto")
        _write_numbers(self.axes, array, shown, _font(self.cell), left + 0.5, top + 0.5)
        self.axes.hlines(np.arange(array.shape[0] + 1) + top, left, right, color="0.7", linewidth=0.7)
        self.axes.vlines(np.arange(array.shape[1] + 1) + left, top, bottom, color="0.7", linewidth=0.7)
        self.axes.set(**self.frame)

    def outline(self, place, row, column, shape):
        top = (self.rows - self.shapes[place][0]) / 2
        _outline(self.axes, self.lefts[place] + column, top + row, shape, 3.5)

    def signs(self, between):
        for sign, left in zip(between, self.lefts[1:], strict=True):
            _write_sign(self.axes, left - self.gap / 2, self.rows / 2, sign, 16)

    def write(self, x, y, text, size):
        self.axes.text(x, y, text, ha="center", va="center", fontsize=size)


def _outline(axes, left, top, shape, line):
    axes.add_patch(Rectangle((left, top), shape[1], shape[0], fill=False, edgecolor=MARK, linewidth=line, zorder=5))


def _write_sign(on, x, y, sign, size):
    on.text(x, y, sign, ha="center", va="center", fontsize=1.6 * size if sign == "⋆" else size)


def _draw_image(axes, array, kind, limits, **place):
    if array.ndim == 3:
        return axes.imshow(array, interpolation="nearest", **place)
    low, high = limits or _span(array, kind)
    return axes.imshow(array, cmap=MAPS[kind], norm=Normalize(low, high), interpolation="nearest", **place)


def _span(array, kind):
    if kind == "gray" and array.dtype == np.uint8:
        return 0, 255
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    if kind == "signed":
        return -(max(abs(low), abs(high)) or 1), max(abs(low), abs(high)) or 1
    return (low, high) if low < high else (min(low, 0), max(high, 1))


def _write_numbers(axes, array, shown, size, left=0, top=0, places=None):
    brightness = to_gray(shown.cmap(shown.norm(array.astype(float)))[..., :3])  # of each cell, 0 to 1
    fonts = {}  # one for each length of number: long numbers are written smaller
    for (row, column), value in np.ndenumerate(array):
        if not np.isnan(value):
            text = _number(value, places)
            fit = max(len(text), 4)
            font = fonts.setdefault(fit, FontProperties(size=size * min(1, 4.4 / fit)))
            ink = "white" if brightness[row, column] < 0.5 else "black"
            place = (left + column, top + row)
            axes.text(*place, text, ha="center", va="center", fontproperties=font, color=ink)


def _colour_bar(figure, shown, axes):
    low, high = shown.norm.vmin, shown.norm.vmax
    ticks = [low, 0, high] if low < 0 < high else [low, high]
    bar = figure.colorbar(shown, cax=axes, orientation="horizontal", ticks=ticks)
    bar.ax.set_xticklabels([_number(tick, 0 if high > 20 else 2) for tick in ticks], fontsize=8)
    bar.ax.tick_params(length=0, pad=2)
    bar.outline.set_visible(False)


def _number(value, places=None):
    """A number as a reader would write it: 7, −0.5, 1/9, else `places` decimals, or at most 2."""
    value = float(value)
    if places is None and value.is_integer():
        return f"{value + 0:.0f}".replace("-", "−")  # + 0 turns −0 into 0
    if places is None and math.isfinite(value):
        simple = Fraction(value).limit_denominator(16)
        if abs(value - simple) < 1e-9 and (simple.denominator == 1 or (abs(value) < 1 and 10 % simple.denominator)):
            return str(simple).replace("-", "−")
    text = f"{value:.{2 if places is None else places}f}"
    if places is None:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−" if float(text) else "")


def _rows(array):
    return "[" + ", ".join("[" + " ".join(_number(value) for value in row) + "]" for row in array) + "]"


def _by(shape):
    return " × ".join(map(str, shape))


def _font(inches):
    return min(10.5, 25 * inches)  # points, for cells of so many inches


def _small(array, numbers):
    return array.ndim == 2 and (array.size <= 64 if numbers is None else numbers)


def _each(value, count, name):
    """A list with one for each of `count` arrays; what is no list holds for all (limits are a pair)."""
    if isinstance(value, tuple) and name != "limits":
        value = list(value)
    if not isinstance(value, list):
        return [value] * count
    if len(value) != count:
        raise ValueError(f"{len(value)} {name} for {count} arrays: give one for each.")
    return value


def _describe(arrays, titles):
    parts = [
        f"{title or 'array'}: {_by(array.shape)}, from {_number(array.min())} to {_number(array.max())}"
        for array, title in zip(arrays, titles, strict=True)
    ]
    return "; ".join(parts).replace("\n", " ")


def _finish(figure, alt):
    """The figure as a Picture; the file tells no date and no program, so the same figure gives the same bytes."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(90)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    if image.getcolors(4096):  # no colour photograph: 256 colours show it as well, in a third of the bytes
        image = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return Picture(file.getvalue(), alt)
