"""The backward pass of a convolution as paint: after this room you have two ways to see one result.

dy is (H', W'), the kernel (kh, kw), dx (H, W). Either every output pixel paints the kernel, times its own dy, on the window
that it was made from (scatter); or every input pixel asks which outputs painted it (gather), which is a full correlation of
dy with the flipped kernel.
"""

import numpy as np
from matplotlib.patches import Rectangle

from cnnlib._drawing import by, number, rows_of, styled
from cnnlib._sheet import Sheet
from cnnlib.layers import conv2d_backward
from cnnlib.plots import _finish

__all__ = ["paint", "show_gather", "show_painting", "show_painting_step"]


def paint(dy, weights, *, stride=1, shape=None, steps=None):
    """The gradient dx (H, W) after the first `steps` pixels of dy, row by row, have painted their patches.

    Each output pixel paints the kernel, times its own dy, onto the window that it was made from; where patches
    overlap the paint adds up. All of it (without `steps`) is the backward pass.

    Parameters
    ----------
    dy : (H', W') array_like
    weights : (kh, kw) array_like
    shape : (H, W) of the image, by default the smallest that gives such a dy

    Examples
    --------
    >>> paint([[1, 10]], [[1, 2]])
    array([[ 1., 12., 20.]])
    >>> paint([[1, 10]], [[1, 2]], steps=1)
    array([[1., 2., 0.]])
    """
    dy, weights = np.asarray(dy, float), np.asarray(weights, float)
    shape = shape or tuple((dy.shape[axis] - 1) * stride + weights.shape[axis] for axis in (0, 1))
    done = np.arange(dy.size).reshape(dy.shape) < (dy.size if steps is None else steps)
    dy, x = np.where(done, dy, 0)[None, :, :, None], np.zeros((1, *shape, 1))
    return conv2d_backward(dy, x, weights[:, :, None, None], stride=stride)[0][0, :, :, 0] + 0.0


@styled
def show_painting(dy, weights, *, stride=1, shape=None, cell=0.34):
    """Draw every step of the painting as one contact sheet: a patch a picture, in the order of dy's pixels."""
    dy, weights = np.asarray(dy, float), np.asarray(weights, float)
    steps = [paint(dy, weights, stride=stride, shape=shape, steps=step + 1) for step in range(dy.size)]
    high, wide = steps[-1].shape
    (rows, columns), (kh, kw) = dy.shape, weights.shape
    head, gap = 1.25, 0.9
    margin = max(columns, kw) + 2.2
    pitch = max(high, 2) + head
    tall = max(rows * pitch + 0.3, rows + kh + 3.0)
    sheet = Sheet(margin + columns * (wide + gap), tall, cell)
    span = max(np.abs(step).max() for step in steps) or 1
    limits = (-span, span)
    top = (tall - (rows + kh + 1.4)) / 2 + 0.35
    sheet.table(0.8 + (margin - 2.2 - columns) / 2, top, dy, limits=limits, title="dy")
    sheet.table(0.8 + (margin - 2.2 - kw) / 2, top + rows + 1.4, weights, limits=limits, title="kernel w")
    for place, canvas in enumerate(steps):
        i, j = divmod(place, columns)
        left, above = margin + j * (wide + gap), (tall - rows * pitch) / 2 + i * pitch + head - 0.3
        last = place == dy.size - 1
        title = f"{'+ ' if place else ''}{f'({number(dy[i, j])})' if dy[i, j] < 0 else number(dy[i, j])} · w"
        sheet.table(left, above, canvas, limits=limits)
        sheet.write(left + wide / 2, above - 0.42, title + ("  → dx" if last else ""), 9.5)
        sheet.outline(left + j * stride, above + i * stride, weights.shape)
    alt = (
        f"The {by(dy.shape)} pixels of dy {rows_of(dy)} paint one after the other: each adds the kernel "
        f"{rows_of(weights)}, times its own value, to its window of {by(weights.shape)} px on a canvas of "
        f"{by(steps[-1].shape)} px. In the end the canvas is dx: {rows_of(steps[-1])}."
    )
    return _finish(sheet.figure, alt)


@styled
def show_painting_step(dy, weights, step=0, *, stride=1, shape=None, cell=0.42):
    """Draw one step of the painting: the pixel of dy, its patch, and the canvas with all the paint so far."""
    dy, weights = np.asarray(dy, float), np.asarray(weights, float)
    if not 0 <= step < dy.size:
        raise ValueError(f"there is no step {step}: dy has {dy.size} pixels, so the steps run from 0 to {dy.size - 1}.")
    canvas = paint(dy, weights, stride=stride, shape=shape, steps=step + 1)
    whole = paint(dy, weights, stride=stride, shape=shape)
    i, j = divmod(step, dy.shape[1])
    patch = dy[i, j] * weights
    span = np.abs(np.concatenate([whole.ravel(), patch.ravel(), dy.ravel(), weights.ravel()])).max() or 1
    tables = [(dy, "dy"), (weights, "kernel w"), (patch, "its patch"), (canvas, "dx so far")]
    gap, rows = 1.6, max(table.shape[0] for table, _ in tables)
    widths = [max(table.shape[1], 2) for table, _ in tables]
    sheet = Sheet(sum(widths) + 3 * gap + 0.8, rows + 1.2, cell)
    left = 0.4
    for index, (table, title) in enumerate(tables):
        top = 1.0 + (rows - table.shape[0]) / 2
        start = left + (widths[index] - table.shape[1]) / 2
        sheet.table(start, top, table, limits=(-span, span), title=title)
        if index == 0:
            sheet.outline(start + j, top + i, (1, 1))
        if index == 3:
            sheet.outline(start + j * stride, top + i * stride, weights.shape)
        left += widths[index] + gap
        if index < 3:
            sheet.write(left - gap / 2, 1.0 + rows / 2, "·=→"[index], 15)
    alt = (
        f"Step {step}: pixel ({i}, {j}) of dy is {number(dy[i, j])}; times the kernel {rows_of(weights)} it paints "
        f"{rows_of(patch)} at row {i * stride}, column {j * stride}; dx so far is {rows_of(canvas)}."
    )
    return _finish(sheet.figure, alt)


@styled
def show_gather(dy, weights, row, column, *, cell=0.4):
    """Draw how one pixel of dx asks who painted it: the flipped kernel on dy, which has got a frame of zeros.

    `row` and `column` are those of the pixel of dx; stride 1.
    """
    dy, weights = np.asarray(dy, float), np.asarray(weights, float)
    (kh, kw), (high, wide) = weights.shape, dy.shape
    framed, flipped, dx = np.pad(dy, ((kh - 1,) * 2, (kw - 1,) * 2)), weights[::-1, ::-1], paint(dy, weights)
    if not (0 <= row < dx.shape[0] and 0 <= column < dx.shape[1]):
        raise ValueError(f"there is no pixel ({row}, {column}) in dx of {by(dx.shape)} px.")
    products = framed[row : row + kh, column : column + kw] * flipped
    tables = [(framed, "dy, framed"), (flipped, "w flipped"), (products, "products"), (dx, "dx")]
    span = max(np.abs(table).max() for table, _ in tables) or 1
    sheet = Sheet(sum(table.shape[1] for table, _ in tables) + 4.6, framed.shape[0] + 2.2, cell)
    left, rows = 0.4, framed.shape[0]
    for index, (table, title) in enumerate(tables):
        top = 1.0 + (rows - table.shape[0]) / 2
        sheet.table(left, top, table, limits=(-span, span), title=title)
        if index == 0:
            sheet.axes.add_patch(Rectangle((left + kw - 1, top + kh - 1), wide, high, fill=False, linewidth=2.2, zorder=4))
            sheet.outline(left + column, top + row, weights.shape)
        if index == 3:
            sheet.outline(left + column, top + row, (1, 1))
        left += table.shape[1] + 1.25
        if index < 3:
            sheet.write(left - 0.62, 1.0 + rows / 2, "⋆→→"[index], 24 if index == 0 else 15)
    terms = " + ".join(f"({number(value)})" if value < 0 else number(value) for value in products.ravel())
    sheet.write(sheet.width / 2, rows + 1.6, f"{terms} = {number(dx[row, column])}", 12)
    alt = (
        f"dy {rows_of(dy)} in a frame of zeros, {kh - 1} px high and {kw - 1} px wide on each side; its window at row {row}, "
        f"column {column} times the flipped kernel {rows_of(flipped)} gives {rows_of(products)}, in sum "
        f"{number(dx[row, column])}: that is pixel ({row}, {column}) of dx {rows_of(dx)}."
    )
    return _finish(sheet.figure, alt)
