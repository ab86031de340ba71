"""The pictures of style transfer: after this room you can watch a painting come to be, and lay many of them side by side.

Images are (H, W, 3), floats in [0, 1] or uint8; a painting is a cnnlib.painting.Painting. As in cnnlib.plots every function
draws one figure and returns a Picture.
"""

import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from cnnlib._drawing import MARK, draw_image, panel, styled
from cnnlib.plots import Picture, _finish, show_images

__all__ = ["show_frames", "show_mix", "show_paintings", "show_sheet"]
SIDE = 1.62  # inches of an image on a sheet


def show_paintings(images, titles=None, *, alt, **options):
    """Draw images side by side as show_images does, in 256 colors: a third of the bytes, and the eye sees no difference."""
    return _lighter(show_images(images, titles, alt=alt, **options))


@styled
def show_frames(painting, *, alt=None):
    """Draw the frames of a painting from its start to its end, and below them how its loss fell."""
    steps, costs = sorted(painting.frames), painting.costs
    figure = Figure(figsize=(10.0, 10.0 / len(steps) + 2.5))
    wide, high = figure.get_size_inches()
    side = wide / len(steps)
    for place, step in enumerate(steps):
        axes = panel(figure, place * side + 0.05, high - side - 0.22, side - 0.1, side - 0.05, f"after {step} steps")
        draw_image(axes, painting.frames[step], "gray", None)
    axes = figure.add_axes([0.95 / wide, 0.5 / high, (wide - 1.15) / wide, 1.6 / high], xlabel="steps made", yscale="log")
    axes.set_ylabel("loss, as a part\nof the first")
    relative = np.array(costs) / costs[0]
    ticks = [part * 10.0**power for power in range(-6, 2) for part in (1, 2, 5)]
    axes.set_yticks([tick for tick in ticks if relative.min() / 1.2 < tick < relative.max() * 1.2])
    axes.set_yticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.plot(np.arange(len(costs)), relative, color="#08519c", linewidth=2)
    axes.plot(steps, relative[steps], "o", color=MARK, markersize=7, label="frames above", clip_on=False)
    axes.legend(frameon=False)
    axes.grid(color="0.9")
    last = f"{relative[-1]:.1g}"
    made = ", ".join(map(str, steps))
    alt = alt or (f"An image after {made} steps of painting, and a falling curve: at the end the loss is {last} of what it "
                  "was at first.")
    return _lighter(_finish(figure, alt))


@styled
def show_sheet(images, rows, columns, *, names=("", ""), alt=None):
    """Draw images on a sheet with a word for each row and each column.

    Parameters
    ----------
    images : dict {(row, column): (H, W, 3) array}
        A place without an image stays blank.
    rows, columns : dict {key: word}
        In the order in which they are drawn.
    names : (str, str)
        What rows and columns are, for the description.
    alt : description in words
    """
    left, head = 1.5, 0.3  # inches
    figure = Figure(figsize=(left + len(columns) * SIDE, head + len(rows) * SIDE))
    wide, high = figure.get_size_inches()
    for i, (row, word) in enumerate(rows.items()):
        bottom = high - head - (i + 1) * SIDE
        figure.text((left - 0.1) / wide, (bottom + SIDE / 2) / high, word, ha="right", va="center", fontsize=10)
        for j, (column, title) in enumerate(columns.items()):
            if i == 0:
                figure.text((left + (j + 0.5) * SIDE) / wide, (high - head / 2) / high, title, ha="center", va="center",
                            fontsize=10)
            if (row, column) in images:
                axes = panel(figure, left + j * SIDE + 0.03, bottom + 0.03, SIDE - 0.06, SIDE - 0.06)
                draw_image(axes, images[row, column], "gray", None)
    words = [" ".join([name, ", ".join(map(_flat, words.values()))]).strip()
             for name, words in zip(names, (rows, columns), strict=True)]
    return _lighter(_finish(figure, alt or f"{len(images)} images on a sheet. Rows: {words[0]}. Columns: {words[1]}."))


def show_mix(content, style, painting, *, words, alt=None):
    """Draw content + style = painting, with `words` above the painting."""
    return show_paintings([content, style, painting], ["content", "style", words], between=["+", "="], width=9.0,
                          alt=alt or f"The content, the style, and what came of them with {_flat(words)}.")


def _lighter(picture):
    """The same picture from a palette of 256 colors, dithered."""
    image, file = Image.open(io.BytesIO(picture.png)).convert("RGB"), io.BytesIO()
    image.quantize(256, method=Image.Quantize.MEDIANCUT).save(file, "PNG", optimize=True)
    return Picture(file.getvalue(), picture.alt)


def _flat(word):
    return ", ".join(" ".join(line.split()) for line in str(word).splitlines())
