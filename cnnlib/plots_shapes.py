"""Pictures of shapes: after this room you can draw where a kernel stops, what it never reads and how far a number sees.

A picture is a `Picture`, as in cnnlib.plots. `n` and `kernel` are lengths along one axis, in pixels; pads are pixels of
zeros. `layers` are the dicts of cnnlib.shapes.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlib._drawing import MARK, by, font_size, outline, panel, styled
from cnnlib.plots import _finish
from cnnlib.plots_funnel import show_funnel
from cnnlib.shapes import _complete, conv_output_size, receptive_field

__all__ = ["show_funnel", "show_places", "show_receptive_field", "show_windows_reach"]

TAP, LOST, PAD = "#9ecae1", "0.72", "#fff7e6"  # a pixel that a window reads, one that none reads, a pixel that was added
INK = "#08519c"


@styled
def show_places(n, kernel, *, stride=1, pad=0, dilation=1, titles=None, alt=None):
    """Draw a row of pixels, and below it every place at which a kernel stops, one place a line.

    Pixels that no window reads are gray and crossed out; pads are hatched. To compare cases side by side, give a list
    for any of the five numbers (and then one title for each).

    Parameters
    ----------
    n, kernel, stride, dilation : int or list of int, as conv_output_size takes them
    pad : int for both ends, or a (before, after) pair as same_padding gives it, or a list of these
    titles : a string for each case
    alt : description in words; by default the places and what is never read
    """
    count = max([len(value) for value in (n, kernel, stride, pad, dilation) if isinstance(value, list)], default=1)
    cases = [_axis(*case) for case in
             zip(*(value if isinstance(value, list) else [value] * count for value in (n, kernel, stride, pad, dilation)),
                 strict=True)]
    titles = titles or [_title(case) for case in cases]
    lengths = [max(case["length"], 5) + 1.2 for case in cases]  # 1.2 for the numbers of the places
    gap, deep = 1.2, max(len(case["starts"]) for case in cases)
    wide, high = sum(lengths) + gap * (count - 1) + 0.6, deep + 3.0
    cell = min(0.38, 10 / wide)
    figure = Figure(figsize=(wide * cell, high * cell))
    axes = figure.add_axes([0, 0, 1, 1], xlim=(-0.3, wide - 0.3), ylim=(high - 1.2, -1.2))
    axes.set_axis_off()
    left = 1.2
    for case, title, length in zip(cases, titles, lengths, strict=True):
        axes.text(left + case["length"] / 2, -0.65, title, ha="center", va="center", fontsize=10.5)
        _draw_axis(axes, left, case, min(10.5, 29 * cell))
        left += length + gap
    words = "; ".join(f"{title}: {_words(case)}" for case, title in zip(cases, titles, strict=True))
    return _finish(figure, alt or words + ".")


def _axis(n, kernel, stride, pad, dilation):
    """One axis: where its windows start and which pixels each reads, counted from the first pad; what none reads."""
    before, after = pad if isinstance(pad, tuple) else (pad, pad)
    places = conv_output_size(n + before + after, kernel, stride=stride, dilation=dilation)
    taps = np.arange(places)[:, None] * stride + np.arange(kernel) * dilation  # (places, kernel)
    reads = np.bincount(taps.ravel(), minlength=n + before + after)  # by how many windows each pixel is read
    return {"n": n, "kernel": kernel, "stride": stride, "dilation": dilation, "before": before, "after": after, "taps": taps,
            "starts": taps[:, 0], "reads": reads, "length": n + before + after,
            "lost": np.flatnonzero(reads[before : before + n] == 0)}


def _title(case):
    parts = [f"stride {case['stride']}"] if case["stride"] > 1 else []
    parts += [f"dilation {case['dilation']}"] if case["dilation"] > 1 else []
    pads = (case["before"], case["after"])
    parts += [f"pad {pads[0]}" if pads[0] == pads[1] else f"pad {pads}"] if any(pads) else []
    places = len(case["starts"])
    return ", ".join(parts or [f"kernel {case['kernel']}"]) + f": {places} place" + "s" * (places > 1)


def _words(case):
    starts = ", ".join(str(start - case["before"]) for start in case["starts"])
    lost = ", ".join(map(str, case["lost"])) or "none"
    return (f"on {case['n']} pixels with {case['before']} added before and {case['after']} after, a kernel of {case['kernel']} "
            f"starts at {starts}; pixels never read: {lost}")


def _draw_axis(axes, left, case, size):
    for place in range(case["length"]):
        pixel = place - case["before"]
        if 0 <= pixel < case["n"]:
            lost = pixel in case["lost"]
            axes.add_patch(Rectangle((left + place, 0), 1, 1, facecolor=LOST if lost else "white", edgecolor="0.3"))
            axes.text(left + place + 0.5, 0.5, pixel, ha="center", va="center", fontsize=size)
            if lost:
                _cross(axes, left + place, 0)
        else:
            axes.add_patch(Rectangle((left + place, 0), 1, 1, facecolor=PAD, edgecolor="0.6", hatch="///", linewidth=0.8))
    for line, taps in enumerate(case["taps"]):
        top = 1.3 + line
        axes.text(left - 0.45, top + 0.4, line, ha="center", va="center", fontsize=size, color=MARK, weight="bold")
        axes.plot([left + taps[0] + 0.5, left + taps[-1] + 0.5], [top + 0.4] * 2, color=INK, linewidth=1.5, zorder=1)
        for tap in taps:
            axes.add_patch(Rectangle((left + tap + 0.06, top), 0.88, 0.8, facecolor=TAP, edgecolor=INK, zorder=2))


def _cross(axes, left, top):
    for ends in ([top, top + 1], [top + 1, top]):
        axes.plot([left, left + 1], ends, color="0.5", linewidth=0.8, zorder=2)


@styled
def show_windows_reach(n, kernel, stride=1, pad=0, dilation=1):
    """Draw a square image with the number of windows that read each pixel, and beside it every one of these windows.

    Pixels that no window reads are gray and crossed out. The first window is outlined; what lies outside the black frame
    is padding. A kernel that does not fit raises the ValueError of conv_output_size.
    """
    conv_output_size(n, kernel, stride=stride, pad=pad, dilation=dilation)  # says so when the kernel does not fit
    axis = _axis(n, kernel, stride, pad, dilation)
    places, length = len(axis["starts"]), axis["length"]
    side, foot, head = 4.3, 0.42, 0.34  # inches
    figure = Figure(figsize=(2 * side + 0.5, side + foot + head))
    grid = panel(figure, 0.1, foot, side, side, f"image {by((n, n))}: how many windows read each pixel")
    sheet = panel(figure, side + 0.4, foot, side, side, f"the {by((places, places))} windows, one for each output")
    _draw_reads(grid, axis, font_size(side / length))
    _draw_sheet(sheet, axis)
    lost = n * n - (n - len(axis["lost"])) ** 2
    reach, free = (kernel - 1) * dilation + 1, n + 2 * pad - ((kernel - 1) * dilation + 1)
    quotient = f"{free / stride:.2f}".rstrip("0").rstrip(".")
    rule = f"({n} + 2·{pad} − {reach}) / {stride} = {quotient},  rounded down {free // stride},  + 1 = {places}"
    figure.text(0.5, 0.035, f"{rule};   {lost} of {n * n} pixels never read", ha="center", va="bottom", fontsize=11)
    alt = (
        f"An image of {by((n, n))} px with pad {pad}, a kernel of {by((kernel, kernel))} with dilation {dilation} (it reaches "
        f"over {reach} px) and stride {stride}: {by((places, places))} windows. Their first rows or columns are "
        f"{', '.join(map(str, axis['starts'] - pad))}. {_lost_words(axis['lost'], lost, n)}"
    )
    return _finish(figure, alt)


def _lost_words(lines, lost, n):
    if not lost:
        return "Every pixel is read."
    names = "Row and column" if len(lines) == 1 else "Rows and columns"
    return f"{names} {', '.join(map(str, lines))} are never read: {lost} of {n * n} pixels."


def _draw_reads(axes, axis, size):
    pad, n, length = axis["before"], axis["n"], axis["length"]
    reads = np.outer(axis["reads"], axis["reads"])  # (length, length)
    axes.set(xlim=(-0.06, length + 0.06), ylim=(length + 0.06, -0.06))
    axes.set_axis_off()
    blues = np.array([1, 1, 1]) - np.array([0.65, 0.35, 0.1]) * (reads / reads.max())[..., None]  # white to blue
    inside = np.zeros((length, length), bool)
    inside[pad : pad + n, pad : pad + n] = True
    blues[inside & (reads == 0)] = float(LOST)
    blues[~inside] = np.array([255, 247, 230]) / 255  # PAD
    axes.imshow(blues, extent=(0, length, length, 0), interpolation="nearest", aspect="auto")
    axes.hlines(np.arange(length + 1), 0, length, color="0.7", linewidth=0.6)
    axes.vlines(np.arange(length + 1), 0, length, color="0.7", linewidth=0.6)
    for row, column in np.argwhere(inside):
        axes.text(column + 0.5, row + 0.5, reads[row, column], ha="center", va="center", fontsize=size)
        if not reads[row, column]:
            _cross(axes, column, row)
    axes.add_patch(Rectangle((pad, pad), n, n, fill=False, edgecolor="black", linewidth=2.2, zorder=4))
    reach = axis["taps"][0, -1] + 1
    if axis["dilation"] > 1:
        for row in axis["taps"][0]:
            for column in axis["taps"][0]:
                outline(axes, column + 0.08, row + 0.08, (0.84, 0.84), 2)
    else:
        outline(axes, 0, 0, (reach, reach), 3.5)


def _draw_sheet(axes, axis):
    """The windows as small copies of the image, laid out as the output is."""
    pad, n, length, places = axis["before"], axis["n"], axis["length"], len(axis["starts"])
    gap = max(1, length // 6)
    small = np.broadcast_to(np.array([1.0, 0.965, 0.9]), (length, length, 3)).copy()  # the pads
    small[pad : pad + n, pad : pad + n] = 0.86
    sheet = np.ones((places * (length + gap) - gap, places * (length + gap) - gap, 3))
    window = np.array([int(MARK[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    for row, rows in enumerate(axis["taps"]):
        for column, columns in enumerate(axis["taps"]):
            copy = small.copy()
            copy[np.ix_(rows, columns)] = window
            top, left = row * (length + gap), column * (length + gap)
            sheet[top : top + length, left : left + length] = copy
    axes.imshow(sheet, interpolation="nearest", aspect="equal")
    axes.set_axis_off()


@styled
def show_receptive_field(layers, *, alt=None):
    """Draw layer on layer along one axis, from the image at the bottom, and every number that one number above depends on.

    A number stands above the middle of what it sees, so that the distance between neighbours is the jump, in pixels of the
    image. `layers` are convolutions and pooling; pads are left aside.
    """
    receptive_field(layers)  # says so when a layer has none
    layers = [_complete(layer) for layer in layers if layer["type"] != "dropout"]
    names = ["image", *[f"{layer['type'].replace('_', ' ')} {by([layer['kernel']] * 2)}" for layer in layers]]
    jumps, middles, fields, counts = [1], [0.0], [1], [3]  # middles: of the first number of each row, in pixels
    for layer in layers:
        span = (layer["kernel"] - 1) * layer["dilation"] * jumps[-1]
        middles.append(middles[-1] + span / 2)
        fields.append(fields[-1] + span)
        jumps.append(jumps[-1] * layer["stride"])
    seen = [{1}]  # of the last row's three numbers, the one in the middle
    for layer in layers[::-1]:
        counts.insert(0, _below(layer, counts[0] - 1)[-1] + 1)
        seen.insert(0, {place for above in seen[0] for place in _below(layer, above)})
    rise, aside = 2.1, 8.5  # in pixels: from row to row, and for the words at the right
    unit = min(0.42, 10 / (counts[0] + aside))
    figure = Figure(figsize=((counts[0] + aside) * unit, (rise * len(layers) + 1.4) * unit))
    axes = figure.add_axes([0, 0, 1, 1], xlim=(-0.8, counts[0] + aside - 0.8), ylim=(-0.7, rise * len(layers) + 0.7))
    axes.set_axis_off()
    for level, count in enumerate(counts):
        for place in range(count):
            x, y, used = middles[level] + place * jumps[level], rise * level, place in seen[level]
            fill = "white" if not used else MARK if level == len(layers) else TAP
            edge = INK if used else "0.6"
            axes.add_patch(Rectangle((x - 0.42, y - 0.42), 0.84, 0.84, facecolor=fill, edgecolor=edge, zorder=3))
            for below in _below(layers[level - 1], place) if used and level else ():
                axes.plot([x, middles[level - 1] + below * jumps[level - 1]], [y, y - rise], color=INK, linewidth=1, zorder=1)
        note = f"sees {fields[level]} px, jump {jumps[level]}" if level else "sees 1 px, jump 1"
        axes.text(counts[0] + 0.2, rise * level, f"{names[level]}\n{note}", va="center", fontsize=max(7, min(10, 26 * unit)))
    steps = "; ".join(f"{names[level]}: field {fields[level]} px, jump {jumps[level]}" for level in range(1, len(names)))
    words = (f"One number at the top and the numbers below that it depends on, down to {len(seen[0])} of the image's "
             f"{counts[0]} pixels, over {fields[-1]} px. {steps}.")
    return _finish(figure, alt or words)


def _below(layer, place):
    """The places, in the row below, that a layer's number at `place` reads."""
    return [place * layer["stride"] + tap * layer["dilation"] for tap in range(layer["kernel"])]
