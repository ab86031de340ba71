"""The funnel of volumes: after this room you can see where a network keeps its numbers, and where it keeps its weights."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon, Rectangle

from cnnlib._drawing import by, styled
from cnnlib.plots import _finish
from cnnlib.shapes import trace_shapes

COLOURS = {"input": "0.85", "conv": "#6baed6", "max_pool": "#fdae6b", "average_pool": "#fdae6b", "flatten": "#bdbdbd",
           "dropout": "#e0e0e0", "dense": "#74c476"}


@styled
def show_funnel(layers, input_shape, *, alt=None):
    """Draw what comes out of each layer of a network as a block; below it, how many numbers that is and how many weights.

    A block is as high and as deep as the volume's sides, and as thick as its number of channels; a row of numbers is a
    stick. All three are drawn at the square root of their size, each with its own scale: 224 px beside 7 px would be too
    small to see. The two rows of bars are true to scale.

    Parameters
    ----------
    layers, input_shape : as trace_shapes takes them
    alt : description in words; by default the shapes, and where most numbers and most weights are
    """
    trace = trace_shapes(layers, input_shape)
    kinds = ["input", *[layer["type"] for layer in layers]]
    shapes = [tuple(input_shape), *[shape for shape, _ in trace]]
    held, learned = [int(np.prod(shape)) for shape in shapes], [0, *[parameters for _, parameters in trace]]
    many = len(kinds) > 10
    high, foot = (5.6, 0.95) if many else (4.7, 0.5)  # inches, as all lengths below
    figure = Figure(figsize=(10, high))
    blocks = figure.add_axes([0.075, (foot + 2.2) / high, 0.92, 1 - (foot + 2.25) / high], xlim=(-0.6, len(kinds) - 0.4))
    blocks.set_axis_off()
    _draw_blocks(blocks, kinds, shapes, many)
    for bottom, values, name in [(foot + 1.15, held, "numbers\nthat come out"), (foot, learned, "parameters")]:
        axes = figure.add_axes([0.075, bottom / high, 0.92, 0.75 / high], xlim=(-0.6, len(kinds) - 0.4), xticks=[], yticks=[])
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.bar(range(len(kinds)), values, width=0.72, color=[COLOURS[kind] for kind in kinds], edgecolor="0.3", linewidth=0.6)
        axes.set_ylabel(name, fontsize=9)
        axes.set_ylim(0, 1.05 * max(values))
        for place, value in enumerate(values):
            if value and (not many or value > 0.04 * max(values)):
                top = value + 0.03 * max(values)
                axes.text(place, top, short(value), ha="center", va="bottom", fontsize=7 if many else 8.5)
    axes.set_xticks(range(len(kinds)), _names(layers), rotation=90 if many else 0, fontsize=8 if many else 9)
    axes.tick_params(length=0)
    most, heaviest = int(np.argmax(held)), int(np.argmax(learned))
    names = [name.replace("\n", " ") for name in _names(layers)]
    return _finish(figure, alt or (
        f"The volumes of a network: {', then '.join(by(shape) for shape in shapes)}. Most numbers, {held[most]:,}, come out of "
        f"layer {most} ({names[most]}); most parameters, {learned[heaviest]:,} of {sum(learned):,}, are in layer {heaviest} "
        f"({names[heaviest]})."))


def _names(layers):
    names = {"conv": "conv {0}×{0}", "max_pool": "max\npool {0}×{0}", "average_pool": "average\npool {0}×{0}"}
    if len(layers) > 9:
        names = {kind: name.replace("\n", " ") for kind, name in names.items()}
    sides = [layer.get("kernel", layer.get("size")) for layer in layers]
    return ["input", *[names.get(layer["type"], layer["type"]).format(side) for layer, side in zip(layers, sides, strict=True)]]


def _draw_blocks(axes, kinds, shapes, many):
    """Blocks on a common middle line; in the axes' units a column is 1 wide, and the highest front 1 high."""
    volumes = [shape for shape in shapes if len(shape) == 3]
    side = np.sqrt(max(max(shape[:2]) for shape in volumes)) if volumes else 1
    thick = np.sqrt(max(shape[2] for shape in volumes)) if volumes else 1
    rows = np.sqrt(max([shape[0] for shape in shapes if len(shape) == 1], default=1))
    axes.set_ylim(-0.62 if many else -0.74, 1.42 if many else 1.12)
    for place, (kind, shape) in enumerate(zip(kinds, shapes, strict=True)):
        colour = COLOURS[kind]
        if len(shape) == 1:
            high, wide, slant = np.sqrt(shape[0]) / rows, 0.12, 0.0
        else:
            high, wide = np.sqrt(shape[0]) / side, 0.62 * np.sqrt(shape[2]) / thick
            slant = 0.3 * np.sqrt(shape[1]) / side
        left, bottom = place - (wide + slant) / 2, -high / 2 - 0.05
        edge = {"facecolor": colour, "edgecolor": "0.25", "linewidth": 0.8}
        axes.add_patch(Rectangle((left, bottom), wide, high, **edge))
        if slant:
            over = np.array([slant, slant])  # to the right and up
            top = [(left, bottom + high), (left + wide, bottom + high)]
            axes.add_patch(Polygon([*top, top[1] + over, top[0] + over], **edge))
            right = [(left + wide, bottom), (left + wide, bottom + high)]
            axes.add_patch(Polygon([*right, right[1] + over, right[0] + over], **{**edge, "alpha": 0.75}))
        axes.text(place, -0.6 if not many else bottom + high + slant + 0.04, by(shape).replace(" ", ""), ha="center",
                  va="top" if not many else "bottom", fontsize=8.5 if not many else 7, rotation=90 if many else 0)
    shown = {"conv": "convolution", "max_pool": "pooling", "average_pool": "pooling", "flatten": "flatten", "dense": "dense"}
    legend = {shown[kind]: Patch(facecolor=COLOURS[kind], edgecolor="0.25") for kind in kinds if kind in shown}
    axes.legend(legend.values(), legend.keys(), loc="upper right", ncols=len(legend), frameon=False, fontsize=9)


def short(value):
    """A count in few letters: 84, 4,704, 48.1 k, 803 k, 102.8 M."""
    if value >= 1e6:
        return f"{value / 1e6:.1f} M"
    return f"{value:,}" if value < 1e4 else f"{value / 1e3:.{1 if value < 1e5 else 0}f} k"
