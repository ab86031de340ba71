"""Pictures of transfer learning: after this room you can show an experiment of four cases, and a network's guesses, honestly.

Every function draws one figure and returns a `Picture`: a PNG with its description in words. Accuracies are 0 to 1.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnlib import four_cases
from cnnlib._drawing import MARK, panel, styled
from cnnlib.plots import _finish
from cnnlib.transfer import STRATEGIES, choose_strategy

SIZES = {"few": "few images: 25 (5 a class)", "many": "many images: 3,000"}
KINDS = {"similar": "similar: the digits 5 to 9", "different": "different: five surfaces"}
ADVICE = {(size, kind): choose_strategy(four_cases.SIZES[size], kind == "similar") for size in SIZES for kind in KINDS}
BLUE, PALE = "#4477aa", "#c6d4e6"


@styled
def show_four_cases(results, *, alt=None):
    """Draw the four cases as a 2 x 2 table of bars: what each strategy reached, and which one the textbook advises.

    `results` is what cnnlib.four_cases.run_four_cases returns. The line on a bar runs from the worst draw to the best. The
    advised strategy has a hatched bar and an arrow; the dotted line is guessing.
    """
    figure = Figure(figsize=(10.0, 5.4), layout="constrained")
    grid = figure.subplots(2, 2, sharex=True)
    told = []
    for row, size in enumerate(SIZES):
        for column, kind in enumerate(KINDS):
            axes, case = grid[row, column], results[size, kind]
            for place, name in enumerate(STRATEGIES):
                values, advised = np.array(case[name]), ADVICE[size, kind] == name
                look = {"color": BLUE, "edgecolor": "white", "hatch": "//"} if advised else {"color": PALE, "edgecolor": "0.5"}
                axes.barh(place, values.mean(), height=0.72, linewidth=0.8, **look)
                if len(values) > 1:
                    axes.plot([values.min(), values.max()], [place, place], "|-", color="black", linewidth=1.2, markersize=7)
                axes.text(values.max() + 0.015, place, f"{100 * values.mean():.0f} %", va="center", fontsize=10)
            best = max(STRATEGIES, key=lambda name, case=case: np.mean(case[name]))
            told.append(f"{size} and {kind}: " + ", ".join(f"{name} {100 * np.mean(case[name]):.0f} %" for name in STRATEGIES)
                        + f" (best: {best}; advised: {ADVICE[size, kind]})")  # fmt: skip
            axes.axvline(0.2, color="0.35", linestyle=":", linewidth=1.2)
            labels = [f"▸ {name}" if ADVICE[size, kind] == name else name for name in STRATEGIES]
            axes.set_yticks(range(4), labels if column == 0 else ["▸" if label[0] == "▸" else "" for label in labels])
            axes.tick_params(axis="y", length=0)
            axes.invert_yaxis()
            axes.set_xlim(0, 1.12)
            axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "20 %\nguessing", "40 %", "60 %", "80 %", "100 %"])
            axes.spines[["top", "right"]].set_visible(False)
            if row == 0:
                axes.set_title(KINDS[kind], fontsize=11.5, fontweight="bold", pad=8)
            if column == 0:
                axes.set_ylabel(SIZES[size], fontsize=10.5, fontweight="bold", labelpad=8)
    figure.supxlabel("test images named rightly      ▸ and hatched: what the textbook advises", fontsize=10)
    return _finish(figure, alt or "Accuracy of four strategies in four cases. " + "; ".join(told) + ".")


@styled
def show_guesses(images, guesses, *, columns=3, alt=None):
    """Draw photographs, and beside each the answers of a network with their probabilities as bars.

    `images` are (H, W, 3) uint8, `guesses` for each a list of Guess, as cnnlib.imagenet.classify returns them.
    """
    rows = -(-len(images) // columns)
    wide, high = 3.6, 1.75  # inches, for each photograph
    figure = Figure(figsize=(columns * wide, rows * high))
    for index, (image, answers) in enumerate(zip(images, guesses, strict=True)):
        left, bottom = index % columns * wide, (rows - 1 - index // columns) * high
        side = high - 0.2
        shown = _middle_square(np.asarray(image))
        panel(figure, left + 0.05, bottom + 0.1, side, side).imshow(shown, interpolation="nearest")
        axes = panel(figure, left + side + 0.15, bottom + 0.1, wide - side - 0.35, side)
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(len(answers) - 0.4, -0.75))
        for place, answer in enumerate(answers):
            axes.add_patch(Rectangle((0, place - 0.05), 1, 0.28, color="0.93"))
            axes.add_patch(Rectangle((0, place - 0.05), answer.probability, 0.28, color=BLUE))
            axes.text(0, place - 0.12, answer.name, va="bottom", fontsize=9.5)
            axes.text(1, place - 0.12, f"{100 * answer.probability:.0f} %", va="bottom", ha="right", fontsize=9.5)
    told = [", ".join(f"{a.name} {100 * a.probability:.0f} %" for a in answers) for answers in guesses]
    return _finish(figure, alt or "Photographs and what the network answers: " + "; ".join(told) + ".")


@styled
def show_split(image, bands, side, *, alt=None):
    """Draw a photograph of a material cut into bands, those for tests framed, and a patch of `side` pixels in each of two."""
    width = image.shape[1] // bands
    figure = Figure(figsize=(10.0, 9.9 * image.shape[0] / image.shape[1] + 0.1))
    axes = panel(figure, 0.05, 0.05, 9.9, 9.9 * image.shape[0] / image.shape[1])
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    for band in range(bands):
        test = band % 3 == 2
        look = {"facecolor": (0.85, 0.37, 0.01, 0.25), "edgecolor": MARK, "linewidth": 3} if test else {
            "fill": False, "edgecolor": "white", "linewidth": 1.5}  # fmt: skip
        axes.add_patch(Rectangle((band * width, 0), width - 1, image.shape[0] - 1, **look))
        axes.text((band + 0.5) * width, 0.06 * image.shape[0], "test" if test else "learn", ha="center", va="center",
                  fontsize=11, bbox={"facecolor": "white", "edgecolor": "none", "pad": 2})  # fmt: skip
    for band in (0, 2):
        corner = (band * width + (width - side) / 2, image.shape[0] * 0.55)
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="black", linewidth=2))
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor="white", linewidth=2, linestyle=(0, (3, 3))))
    words = f"A photograph in {bands} bands: every third one, framed, is for tests. No patch reaches over the edge of its band."
    return _finish(figure, alt or words)


def _middle_square(image):
    """The part of a photograph that the network sees, small enough for a notebook."""
    from cnnlib.imagenet import square

    return square(image, 160)
