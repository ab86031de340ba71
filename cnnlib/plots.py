"""The course's pictures: after this room you can draw arrays so that their numbers can be read off.

Arrays are (H, W) or (H, W, C), channels last. Every function draws one figure and returns a `Picture`: a PNG with its
description in words. Three kinds of map (MAPS), all safe for colour-blind readers: "gray" for brightness, "signed" for
values around zero (red below, white at zero, blue above), "magnitude" for sizes (dark blue to yellow).
"""

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cnnlib._drawing import (
    MAPS,
    MARK,
    Board,
    as_arrays,
    by,
    colour_bar,
    draw_image,
    each,
    font_size,
    outline,
    panel,
    rows_of,
    styled,
    words,
    write_numbers,
    write_sign,
)
from cnnlib._drawing import number as _number
from cnnlib.correlation import correlate2d

__all__ = ["MAPS", "Picture", "show_arrows", "show_descent", "show_filters", "show_images", "show_numbers", "show_window"]


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


@styled
def show_images(images, titles=None, *, maps="gray", limits=None, boxes=None, columns=None, between=None, width=10.0,
                alt=None):
    """Draw images, responses or kernels side by side, all equally high and each with its own proportions.

    Arrays of at most 64 numbers have them written into their cells.

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
    width : of the figure, inches
    alt : description in words; by default made of titles, shapes and ranges
    """
    images = as_arrays(images)
    count = len(images)
    titles, maps = each(titles, count, "titles"), each(maps, count, "maps")
    limits, boxes = each(limits, count, "limits"), each(boxes, count, "boxes")
    columns = min(columns or count, count)
    rows = -(-count // columns)
    small = [image.ndim == 2 and image.size <= 64 for image in images]
    bars = [images[i].ndim == 2 and maps[i] != "gray" and not small[i] for i in range(count)]
    ratios = [max(image.shape[1] / image.shape[0] for image in images[j::columns]) for j in range(columns)]
    gap = 0.55 if between else 0.12  # inches, as all lengths below
    height = min((width - gap * (columns - 1)) / sum(ratios), 3.2 if rows == 1 else 2.6)
    head = 0.09 + 0.19 * max((title or "").count("\n") + 1 for title in titles)
    pitch = head + height + 0.28 * any(bars)
    wide, high = sum(ratios) * height + gap * (columns - 1) + 0.1, rows * pitch + 0.06
    figure = Figure(figsize=(wide, high))
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        side = ratios[column] * height
        left = 0.05 + sum(ratios[:column]) * height + gap * column
        bottom = high - 0.02 - row * pitch - head - height
        axes = panel(figure, left, bottom, side, height, titles[index])
        shown = draw_image(axes, image, maps[index], limits[index])
        if boxes[index]:
            outline(axes, boxes[index][1] - 0.5, boxes[index][0] - 0.5, boxes[index][2:], 2.5)
        if small[index]:
            write_numbers(axes, image, shown, font_size(side / image.shape[1]))
        elif bars[index]:
            colour_bar(shown, panel(figure, left + 0.1 * side, bottom - 0.1, 0.8 * side, 0.06))
        if between and index < count - 1:
            write_sign(figure, (left + side + gap / 2) / wide, (bottom + height / 2) / high, between[index], 22)
    return _finish(figure, alt or words(images, titles))


@styled
def show_numbers(arrays, titles=None, *, maps="gray", between=None, cell=0.46, alt=None):
    """Draw small arrays (H, W) as tables with their numbers written in, all cells of the same size.

    `between` holds the signs to write between them, `cell` is a cell's side in inches; `titles`, `maps` and `alt`
    are those of show_images.
    """
    arrays = as_arrays(arrays)
    titles, maps = each(titles, len(arrays), "titles"), each(maps, len(arrays), "maps")
    board = Board([array.shape for array in arrays], titles, cell, gap=1.3 if between else 0.7)
    for place, array in enumerate(arrays):
        board.draw(place, array, maps[place])
    if between:
        board.signs(between)
    return _finish(board.figure, alt or words(arrays, titles))


@styled
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
            f"there is no output pixel ({row}, {column}) in an output of {by(output.shape)} px: rows run from "
            f"0 to {output.shape[0] - 1}, columns from 0 to {output.shape[1] - 1}."
        )
    window = image[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    products = window * kernel.astype(float)  # (kh, kw)
    total = _number(output[row, column])
    later = np.arange(output.size).reshape(output.shape) > row * output.shape[1] + column
    span = np.abs(output).max() or 1
    titles = [f"{names[0]} {by(image.shape)}", names[1], names[2], f"{names[3]} {by(output.shape)}"]
    board = Board([image.shape, kernel.shape, kernel.shape, output.shape], titles, cell, gap=1.2, foot=1.3)
    board.draw(0, image, "gray")
    board.draw(1, kernel, "signed")
    board.draw(2, products, "signed", (-span, span))
    board.draw(3, np.where(later, np.nan, output), "signed", (-span, span))
    board.outline(0, row, column, kernel.shape)
    board.outline(3, row, column, (1, 1))
    board.signs("⋆→→")
    terms = " + ".join(f"({_number(value)})" if value < 0 else _number(value) for value in products.ravel())
    terms = terms if kernel.size <= 12 else "sum of the products"
    board.write(board.columns / 2, board.rows + 0.75, f"{terms} = {total}", 12)
    alt = (
        f"The window at row {row}, column {column} of the {names[0]} holds {rows_of(window)}; times the {names[1]} "
        f"{rows_of(kernel)} gives the {names[2]} {rows_of(products)}; their sum {total} is pixel ({row}, {column}) "
        f"of the {by(output.shape)} {names[3]}."
    )
    return _finish(board.figure, alt)


@styled
def show_filters(image, kernels, *, alt=None):
    """Draw each kernel of the mapping `kernels` with its numbers, and below it its response to a gray image.

    A kernel whose entries sum to zero gives a signed response, shown red to blue around zero; any other is
    shown in gray from 0 to 255.
    """
    columns, side = 4, 2.5  # inches, as all lengths below
    high = side * image.shape[0] / image.shape[1]
    rows, pitch = -(-len(kernels) // columns), high + 1.58
    figure = Figure(figsize=(columns * side, rows * pitch))
    titles = [f"{name} (sum {_number(kernel.sum())})" for name, kernel in kernels.items()]
    for index, kernel in enumerate(kernels.values()):
        left, bottom = index % columns * side, (rows - 1 - index // columns) * pitch
        axes = panel(figure, left + side / 2 - 0.6, bottom + high + 0.18, 1.2, 1.1, titles[index])
        shown = draw_image(axes, kernel, "signed", None)
        write_numbers(axes, kernel, shown, 0.9 * font_size(1.1 / len(kernel)))
        response = correlate2d(image, kernel)
        signed = abs(kernel.sum()) < 1e-9
        reach = np.percentile(np.abs(response), 99.5)  # a few extreme pixels would make all others pale
        axes = panel(figure, left + 0.06, bottom + 0.06, side - 0.12, high)
        draw_image(axes, response, "signed" if signed else "gray", (-reach, reach) if signed else (0, 255))
    return _finish(figure, alt or f"Kernels, and what each makes of the image: {', '.join(titles)}.")


@styled
def show_descent(steps, snapshots, *, target=None, alt=None):
    """Draw a kernel being learned: its numbers at the steps in `snapshots`, and below them the loss.

    `steps` is a list of (kernel, loss) pairs, as kernel_descent gives them; `target` a kernel to show last.
    """
    losses = [loss for _, loss in steps]
    panels = [(f"step {step}", steps[step][0]) for step in snapshots]
    panels += [("target", target)] if target is not None else []
    span = np.abs([kernel for _, kernel in panels]).max() or 1
    figure = Figure(figsize=(10.0, 4.3), layout="constrained")
    grid = figure.add_gridspec(2, len(panels), height_ratios=[1, 1.25])
    for index, (title, kernel) in enumerate(panels):
        axes = figure.add_subplot(grid[0, index], xticks=[], yticks=[], title=title)
        write_numbers(axes, kernel, draw_image(axes, kernel, "signed", (-span, span)), 9, places=2)
    axes = figure.add_subplot(grid[1, :], xlabel="step + 1", ylabel="loss", xscale="log", yscale="log")
    axes.plot(np.arange(1, len(losses) + 1), losses, color="#08519c", linewidth=2)
    chosen = [losses[step] for step in snapshots]
    axes.plot(np.add(snapshots, 1), chosen, "o", color=MARK, markersize=8, label="kernels above")
    axes.legend(frameon=False)
    axes.grid(color="0.9")
    at = ", ".join(f"{step} ({losses[step]:.1g})" for step in snapshots)
    return _finish(figure, alt or f"The kernel at the steps {at}; in brackets the loss, drawn below as a curve.")


@styled
def show_arrows(image, down, right, *, apart=4, titles=("image", "where brightness rises"), alt=None):
    """Draw a gray image, and on a copy of it the arrows (down, right) where they are longest, `apart` px apart."""
    image, length = np.asarray(image), np.hypot(down, right)
    strong = np.argwhere(length > 0.5 * length.max())
    kept = np.empty((0, 2), int)
    for place in strong[np.argsort(-length[tuple(strong.T)], kind="stable")]:
        if (np.hypot(*(kept - place).T) >= apart).all():
            kept = np.vstack([kept, place])
    rows, columns = kept.T
    figure = Figure(figsize=(7.2, 3.7), layout="constrained")
    for index, title in enumerate(titles):
        axes = figure.add_subplot(1, 2, index + 1, xticks=[], yticks=[], title=title)
        draw_image(axes, image, "gray", None)
    size = {"scale": length.max() / (1.7 * apart), "scale_units": "xy", "angles": "xy", "width": 0.009}
    axes.quiver(columns, rows, right[rows, columns], down[rows, columns], color=MARK, pivot="mid", zorder=3, **size)
    return _finish(figure, alt or f"An image, and {len(kept)} arrows on it that point where brightness rises.")


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
