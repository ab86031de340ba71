"""Pictures of networks that read digits: after this room you can draw a race with its spread, and a network from the inside.

Images are (H, W), activations (H, W, C), probabilities (classes,). Every function draws one figure and returns a `Picture`.
"""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from cnnlib._drawing import MAPS, MARK, by, draw_image, panel, styled
from cnnlib.plots import _finish

__all__ = ["show_answers", "show_bands", "show_connections", "show_mosaics", "show_moved"]

# colour, line and marker of each curve: told apart in gray, too
STYLES = [("#d95f02", "--", "s"), ("#08519c", "-", "o"), ("#1b7837", ":", "^"), ("#7b3294", "-.", "D"), ("0.35", "-", "x")]


@styled
def show_connections(inputs=8, window=3, *, alt=None):
    """Draw a row of inputs and the units above it three times: dense, local, and local with shared weights.

    Equal weights are equal lines: colour and pattern. The number of weights stands below each.
    """
    units = inputs - window + 1
    figure = Figure(figsize=(10, 2.5))
    kinds = {"dense": inputs * units, "locally connected": units * window, "convolution: shared": window}
    patterns = list(zip(("#d95f02", "#08519c", "#1b7837", "#7b3294"), ("-", "--", ":", "-."), strict=True))
    for place, (title, weights) in enumerate(kinds.items()):
        axes = panel(figure, 0.1 + 3.32 * place, 0.42, 3.1, 1.75, title)
        axes.set(xlim=(-0.6, inputs - 0.4), ylim=(-0.25, 1.25))
        axes.set_axis_on()
        for spine in axes.spines.values():
            spine.set_visible(False)
        for unit in range(units):
            for source in range(inputs):
                near = 0 <= source - unit < window
                if place == 0 or near:
                    colour, line = patterns[(source - unit) % len(patterns)] if place == 2 else ("0.45", "-")
                    axes.plot([source, unit + (window - 1) / 2], [0, 1], line, color=colour, linewidth=0.7 + 1.1 * (place == 2))
        axes.plot(range(inputs), [0] * inputs, "o", color="white", markeredgecolor="0.2", markersize=11)
        axes.plot(np.arange(units) + (window - 1) / 2, [1] * units, "s", color="0.85", markeredgecolor="0.2", markersize=11)
        axes.set_xlabel(f"{weights} different weights", fontsize=10.5)
    return _finish(figure, alt or (
        f"{inputs} inputs below, {units} units above. Dense: every unit has a line to every input, {kinds['dense']} weights. "
        f"Locally connected: each has lines to {window} neighbours, {units * window} weights. Convolution: the same {window} "
        "weights again for every unit."))


@styled
def show_bands(at, curves, *, xlabel, ylabel="of the test digits right", log=False, single=None, limits=None, alt=None):
    """Draw accuracies as bands: from the worst to the best of the seeds, with a line through the middle.

    Parameters
    ----------
    at : (n,) array_like, what stands along the bottom
    curves : dict, a name each: (seeds, n) array_like of accuracies from 0 to 1
    xlabel, ylabel : str
    log : bool
        True for a logarithmic axis along the bottom.
    single : dict, optional
        A name each: (n,) accuracies of one run, drawn as crosses.
    limits : (lowest, highest), optional
    """
    figure = Figure(figsize=(8.4, 3.9), layout="constrained")
    axes = figure.add_subplot(xlabel=xlabel, ylabel=ylabel, xscale="log" if log else "linear")
    said = []
    for (name, runs), (colour, line, marker) in zip(curves.items(), STYLES, strict=False):
        runs = np.asarray(runs, float)  # (seeds, n)
        low, middle, high = runs.min(axis=0), np.median(runs, axis=0), runs.max(axis=0)
        axes.fill_between(at, low, high, color=colour, alpha=0.22, linewidth=0)
        axes.plot(at, middle, line, color=colour, marker=marker, markersize=5, linewidth=1.7, label=name)
        said.append(f"{name} from {middle[0]:.0%} at {at[0]} to {middle[-1]:.0%} at {at[-1]}")
    for name, run in (single or {}).items():
        axes.plot(at, run, "x", color="black", markersize=7, markeredgewidth=1.6, label=name)
    axes.yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1, decimals=0))
    if log:
        axes.set_xticks(at, [f"{value:,}" for value in at])
        axes.minorticks_off()
    else:
        axes.set_xticks(at)
    if limits:
        axes.set_ylim(*limits)
    axes.grid(color="0.9")
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return _finish(figure, alt or f"Curves of accuracy against {xlabel}: {'; '.join(said)}.")


@styled
def show_mosaics(blocks, *, maps="magnitude", columns=16, alt=None):
    """Draw what comes out of each layer, or its weights: a block of small tiles for each (H, W, C), bars for each (n,).

    Parameters
    ----------
    blocks : dict, a title each: (H, W, C) or (n,) array; bars are probabilities, 0 to 1
    maps : "magnitude" or "signed"; one scale for all tiles of a block
    columns : tiles in a row
    """
    blocks = {title: np.asarray(block, float) for title, block in blocks.items()}
    width, heights = 10.0, []
    for block in blocks.values():
        rows = 1 if block.ndim == 1 else -(-block.shape[2] // columns)
        side = (width - 0.2) / columns
        heights.append(1.25 if block.ndim == 1 else rows * side * block.shape[0] / block.shape[1])
    figure = Figure(figsize=(width, sum(heights) + 0.34 * len(blocks) + 0.3 * any(b.ndim == 1 for b in blocks.values())))
    bottom = figure.get_size_inches()[1]
    for (title, block), height in zip(blocks.items(), heights, strict=True):
        bottom -= height + 0.34
        if block.ndim == 1:
            axes = panel(figure, 0.45, bottom + 0.02, width - 0.6, height - 0.1, title)
            _draw_bars(axes, block)
            continue
        axes = panel(figure, 0.1, bottom + 0.02, width - 0.2, height, title)
        tiles = _tiles(block, columns)
        reach = np.nanmax(np.abs(tiles)) or 1
        shown = draw_image(axes, tiles, maps, (-reach if maps == "signed" else 0, reach))
        shown.set_cmap(matplotlib.colormaps[MAPS[maps]].with_extremes(bad="white"))
        for spine in axes.spines.values():
            spine.set_visible(False)
    shapes = "; ".join(f"{title}: {by(block.shape)}" for title, block in blocks.items())
    return _finish(figure, alt or f"Layer by layer. {shapes}.")


@styled
def show_answers(image, answers, *, title=None, alt=None):
    """Draw a digit and beside it what each network says: a bar for each class.

    Parameters
    ----------
    image : (H, W) array_like
    answers : dict, the name of a network each: (classes,) probabilities
    """
    figure = Figure(figsize=(3.0 + 3.3 * len(answers), 2.5))
    draw_image(panel(figure, 0.15, 0.25, 1.9, 1.9, title), np.asarray(image), "gray", None)
    for place, (name, probabilities) in enumerate(answers.items()):
        axes = panel(figure, 2.65 + 3.3 * place, 0.3, 2.9, 1.85, f"{name}: {_said(probabilities)}")
        _draw_bars(axes, np.asarray(probabilities))
    said = "; ".join(f"the {name} says {_said(probabilities)}" for name, probabilities in answers.items())
    return _finish(figure, alt or f"{title or 'A digit'}: {said}.")


@styled
def show_moved(images, titles, answers, label, *, alt=None):
    """Draw a digit at several places, and below each what the networks hold of the true answer.

    Parameters
    ----------
    images : list of (H, W) arrays, the same digit moved
    titles : a string for each
    answers : dict, the name of a network each: (n, classes) probabilities
    label : int, the true class
    """
    count = len(images)
    side = (10 - 0.9) / count - 0.08
    figure = Figure(figsize=(10, side + 0.4 + 0.62 * len(answers)))
    high = figure.get_size_inches()[1]
    for place, (image, title) in enumerate(zip(images, titles, strict=True)):
        left = 0.85 + place * (side + 0.08)
        draw_image(panel(figure, left, high - side - 0.3, side, side, title), np.asarray(image), "gray", None)
        for row, probabilities in enumerate(answers.values()):
            axes = panel(figure, left, high - side - 0.9 - 0.62 * row, side, 0.3)
            part = float(probabilities[place][label])
            axes.barh([0], [part], color=STYLES[row][0], height=1)
            axes.set(xlim=(0, 1), ylim=(-0.5, 0.5))
            said = int(np.argmax(probabilities[place]))
            right = "right" if said == label else f"says {said}"
            axes.text(0.5, 1.32, f"{part:.0%}, {right}", transform=axes.transAxes, ha="center", va="center", fontsize=8.5,
                      weight="normal" if said == label else "bold")
            if not place:
                axes.text(-0.08, 0.5, list(answers)[row], transform=axes.transAxes, ha="right", va="center", fontsize=9.5)
    wrong = [f"{name} wrong at {', '.join(t for t, p in zip(titles, rows, strict=True) if np.argmax(p) != label) or 'none'}"
             for name, rows in answers.items()]
    return _finish(figure, alt or f"The digit {label} at {count} places: {'; '.join(wrong)}.")


def _said(probabilities):
    return f"{int(np.argmax(probabilities))}, {np.max(probabilities):.0%} sure"


def _draw_bars(axes, probabilities):
    best = int(np.argmax(probabilities))
    colours = [MARK if place == best else "0.6" for place in range(len(probabilities))]
    axes.bar(range(len(probabilities)), probabilities, color=colours, edgecolor="0.3", linewidth=0.5)
    axes.set(ylim=(0, 1.05), xlim=(-0.6, len(probabilities) - 0.4))
    axes.set_xticks(range(len(probabilities)), range(len(probabilities)), fontsize=9)
    axes.set_yticks([0, 0.5, 1], ["0", "½", "1"], fontsize=8)
    axes.tick_params(length=0)


def _tiles(block, columns):
    """An (H, W, C) array as one (rows of tiles, columns of tiles) image with gaps of NaN."""
    height, width, count = block.shape
    gap = max(1, round(width / 12))
    rows = -(-count // columns)
    tiles = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for place in range(count):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        tiles[top : top + height, left : left + width] = block[:, :, place]
    return tiles
