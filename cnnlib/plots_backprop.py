"""Pictures of the way back: after this room you can see which number answers for which, layer by layer.

Images x and their gradients dx are (H, W), what comes back from above dy (H', W'). Every function draws one figure and
returns a `Picture`; the numbers come from cnnlib's own layers. The painting of a convolution is in cnnlib.plots_painting.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlib._drawing import MARK, by, number, rows_of, styled
from cnnlib._sheet import Sheet
from cnnlib.layers import average_pool_backward, average_pool_forward, max_pool_backward, max_pool_forward
from cnnlib.plots import _finish

__all__ = ["show_chain", "show_routes", "show_step_errors", "show_touch"]

BACK = "#a63603"  # gradients: a darker orange than MARK, for words


@styled
def show_chain(x, w, target):
    """Draw y = w · x and L = (y − target)²: numbers forward above the arrows, slopes backward below them."""
    y, error = w * x, w * x - target
    say = number
    sheet = Sheet(20, 6.4, 0.48)
    places = {"x": (2, 1.7), "w": (2, 4.7), "y = w · x": (9, 3.2), f"L = (y − {say(target)})²": (17, 3.2)}
    values = dict(zip(places, (x, w, y, error**2), strict=True))
    for name, (left, top) in places.items():
        wide = 1.5 if len(name) == 1 else 3.2
        sheet.axes.add_patch(Rectangle((left - wide / 2, top - 0.75), wide, 1.5, facecolor="0.95", edgecolor="0.5"))
        sheet.write(left, top - 0.3, name, 10.5)
        sheet.write(left, top + 0.32, say(values[name]), 11.5, weight="bold")
    for start, end, (across, above, below), local, slope in [
        ((2.85, 1.9), (7.3, 2.9), (5.4, 0.75, 1.35), f"∂y/∂x = w = {say(w)}",
         f"dx = {say(2 * error)} · {say(w)} = {say(2 * error * w)}"),
        ((2.85, 4.5), (7.3, 3.5), (5.4, 5.1, 5.7), f"∂y/∂w = x = {say(x)}",
         f"dw = {say(2 * error)} · {say(x)} = {say(2 * error * x)}"),
        ((10.7, 3.2), (15.3, 3.2), (13, 2.6, 3.85), f"∂L/∂y = 2 (y − {say(target)})",
         f"dy = 2 · {say(error)} = {say(2 * error)}"),
    ]:  # fmt: skip
        sheet.arrow(start, end)
        sheet.write(across, above, local, 9.5)
        sheet.write(across, below, f"← {slope}", 10.5, BACK, weight="bold")
    alt = (
        f"A chain: x = {say(x)} and w = {say(w)} give y = {say(y)}, and that gives L = {say(error**2)}. Backwards: "
        f"dy = {say(2 * error)}; dx = dy · w = {say(2 * error * w)}; dw = dy · x = {say(2 * error * x)}."
    )
    return _finish(sheet.figure, alt)


@styled
def show_touch(x, w, dy, *, of):
    """Draw who touched whom in a 1-D correlation y of x with w, and what comes back along those ties.

    On the left each row is one output and says which weight meets which input. On the right each row is multiplied
    with that output's dy; the sums of the columns are the gradient.

    Parameters
    ----------
    x : (n,) array_like
    w : (k,) array_like
    dy : (n - k + 1,) array_like, the slope of the loss with respect to each output
    of : "x" or "w": whose gradient; it stands in the columns
    """
    x, w, dy = (np.asarray(values, float) for values in (x, w, dy))
    if of not in ("x", "w"):
        raise ValueError(f"of is {of!r}: it needs to be 'x' or 'w', the one whose gradient is to be drawn.")
    columns = x if of == "x" else w
    ties, words = np.full((len(dy), len(columns)), np.nan), np.full((len(dy), len(columns)), "", dtype=object)
    for n in range(len(dy)):
        for k in range(len(w)):
            place, other, index = (n + k, "w", k) if of == "x" else (k, "x", n + k)
            ties[n, place] = w[k] if of == "x" else x[n + k]
            words[n, place] = f"{other}{_sub(index)}={number(ties[n, place])}"
    products = ties * dy[:, None]
    sums = np.nansum(products, axis=0)[None]
    wide, gap, cell = len(columns), 3.4, 0.66
    sheet = Sheet(1.5 + 2 * wide + gap + 0.4, len(dy) + 3.5, cell)
    left, right, top = 1.5, 1.5 + wide + gap, 1.45
    span = np.abs(np.append(products[~np.isnan(products)], sums)).max() or 1
    sheet.table(left, top, ties, limits=(-2 * span, 2 * span), words=words)
    sheet.table(right, top, products, limits=(-span, span))
    sheet.table(right, top + len(dy) + 0.75, sums, limits=(-span, span))
    sheet.outline(right, top + len(dy) + 0.75, sums.shape)
    sheet.write(left + wide / 2, 0.4, "who touched whom (a row is one output)", 10.5)
    sheet.write(right + wide / 2, 0.4, "each row times its dy", 10.5)
    for i in range(wide):
        sheet.write(left + i + 0.5, top - 0.3, f"{of}{_sub(i)}", 10.5)
        sheet.write(right + i + 0.5, top - 0.3, f"{of}{_sub(i)}", 10.5)
    for n, slope in enumerate(dy):
        sheet.write(left - 0.25, top + n + 0.5, f"y{_sub(n)}", 10.5, ha="right")
        sheet.write(right - 0.2, top + n + 0.5, f"dy{_sub(n)} = {number(slope)}", 10.5, BACK, ha="right")
        sheet.write(right - 2.55, top + n + 0.5, "→", 13)
    sheet.write(right + wide / 2, top + len(dy) + 0.37, "↓ add up each column", 9.5)
    sheet.write(right - 0.2, top + len(dy) + 1.25, f"d{of} =", 11, BACK, ha="right", weight="bold")
    rows = "; ".join(f"y{n}: " + ", ".join(f"{of}{i} by {word.split('=')[0]}" for i, word in enumerate(words[n]) if word)
                     for n in range(len(dy)))
    alt = (
        f"Who touched whom: {_plain(rows)}. Each row times its dy ({_list(dy)}), added up column by column, gives "
        f"d{of} = {_list(sums[0])}."
    )
    return _finish(sheet.figure, alt)


@styled
def show_routes(x, dy, size, *, stride=None, average=False, cell=0.46):
    """Draw pooling both ways: which pixels decide each output (a letter for each window), and what they get back.

    Parameters
    ----------
    x : (H, W) array_like
    dy : (H', W') array_like
    size, stride : as in max_pool_forward
    average : True draws average pooling
    """
    x, dy = np.asarray(x, float), np.asarray(dy, float)
    forward, backward = (average_pool_forward, average_pool_backward) if average else (max_pool_forward, max_pool_backward)
    given = x.shape if average else x
    given = (1, *given, 1) if average else given[None, :, :, None]
    y = forward(x[None, :, :, None], size, stride=stride)[0, :, :, 0]
    if dy.shape != y.shape:
        raise ValueError(f"dy has {by(dy.shape)} px, but pooling gives {by(y.shape)} px. Give one number for each window.")
    dx = backward(dy[None, :, :, None], given, size, stride=stride)[0, :, :, 0]
    letters = np.full(x.shape, "", dtype=object)  # the windows that each pixel decides
    for place in range(dy.size):
        one = (np.arange(dy.size) == place).astype(float).reshape(1, *dy.shape, 1)
        letters[backward(one, given, size, stride=stride)[0, :, :, 0] > 0] += chr(65 + place)
    names = np.array([chr(65 + place) for place in range(dy.size)], dtype=object).reshape(dy.shape)
    (high, wide), (rows, columns) = x.shape, y.shape
    gap, pitch = 2.6, high + 1.5
    sheet = Sheet(wide + gap + columns + 4.4, 2 * pitch, cell)
    left, right = 2.2, 2.2 + wide + gap
    span = max(np.abs(dy).max(), np.abs(dx).max()) or 1
    bright = (3 * x.min() - 2 * x.max() - 1, x.max())  # light grays: letters stay readable
    windows = _borders(x.shape, size, stride)
    for row, (title, big, small, kind, limits) in enumerate(
        [("x", x, y, "gray", bright), ("dx", dx, dy, "signed", (-2.2 * span, 2.2 * span))]
    ):
        top, inner = row * pitch + 1.1, row * pitch + 1.1 + (high - rows) / 2
        sheet.table(left, top, big, kind, limits=limits, title=title)
        sheet.table(right, inner, small, kind, limits=limits, title=title.replace("x", "y"))
        if windows is not None:
            sheet.axes.vlines(left + windows[1], top, top + high, color="0.25", linewidth=2)
            sheet.axes.hlines(top + windows[0], left, left + wide, color="0.25", linewidth=2)
        sheet.write(right - gap / 2, top + high / 2, "→" if row == 0 else "←", 20)
        sheet.write(right - gap / 2, top + high / 2 + 0.75, "average" if average and not row else
                    "maximum" if not row else "spread" if average else "route", 9)
        for table, marks, start, above in [(big, letters, left, top), (small, names, right, inner)]:
            for (i, j), mark in np.ndenumerate(marks):
                if mark:
                    sheet.write(start + j + 0.08, above + i + 0.22, mark, 7, BACK, ha="left", weight="bold")
                    if table is big and not average:
                        sheet.outline(start + j + 0.03, above + i + 0.03, (0.94, 0.94), 1.8)
    kind = "Average" if average else "Maximum"
    alt = f"{kind} pooling: x {rows_of(x)} gives y {rows_of(y)}; dy {rows_of(dy)} comes back as dx {rows_of(dx)}."
    return _finish(sheet.figure, alt)


@styled
def show_step_errors(curves, *, alt=None):
    """Draw the relative error of measured slopes against the step h, both axes logarithmic.

    `curves` maps a label to (steps, errors); an error of exactly zero is drawn at the bottom.
    """
    figure = Figure(figsize=(8.0, 3.9), layout="constrained")
    axes = figure.add_subplot(xlabel="step h", ylabel="relative error of the slope", xscale="log", yscale="log")
    for (label, (steps, errors)), style in zip(curves.items(), _STYLES, strict=False):
        axes.plot(steps, np.maximum(errors, 1e-13), style[0], color=style[1], linewidth=1.8, markersize=6, label=label)
    axes.set_ylim(3e-14, 30)
    axes.grid(color="0.9")
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(1.0, 0.3))
    axes.text(0.02, 0.03, "← rounding", transform=axes.transAxes, color=MARK, weight="bold")
    axes.text(0.98, 0.03, "truncation →", transform=axes.transAxes, color=MARK, weight="bold", ha="right")
    best = ", ".join(f"{label}: best h {steps[int(np.argmin(errors))]:.0e}" for label, (steps, errors) in curves.items())
    return _finish(figure, alt or f"The error of measured slopes against the step h, V-shaped curves. {best}.")


def _borders(shape, size, stride):
    """Rows and columns where windows that lie side by side begin and end; None when they overlap."""
    size = (size, size) if isinstance(size, int) else size
    if stride not in (None, size, size[0]) or (stride == size[0] and size[0] != size[1]):
        return None
    return [np.arange(shape[axis] // size[axis] + 1) * size[axis] for axis in (0, 1)]


_STYLES = [("o-", "#08519c"), ("s--", "#d95f02"), ("^:", "#1b7837"), ("x-.", "0.3")]


def _sub(index):
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _plain(text):
    return text.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))


def _list(values):
    return ", ".join(number(value) for value in values)
