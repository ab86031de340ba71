"""The sheet that the pictures of backpropagation are laid out on: tables, words and arrows, at a place counted in cells."""

import numpy as np
from matplotlib.figure import Figure

from cnnlib._drawing import draw_image, font_size, outline, write_numbers


class Sheet:
    """One sheet whose unit is a cell of `cell` inches; tables lie where they are put, rows run downwards."""

    def __init__(self, width, height, cell):
        self.cell, self.width = cell, width
        self.figure = Figure(figsize=(width * cell, height * cell))
        self.axes = self.figure.add_axes([0, 0, 1, 1], xlim=(0, width), ylim=(height, 0))
        self.axes.set_axis_off()

    def table(self, left, top, array, kind="signed", *, limits=None, title=None, words=None):
        """Draw an array (H, W) with its numbers, or with the strings `words` (H, W); NaN leaves a cell blank."""
        high, wide = array.shape
        shown = draw_image(self.axes, array, kind, limits, extent=(left, left + wide, top + high, top), aspect="auto")
        if words is None:
            write_numbers(self.axes, array, shown, font_size(self.cell), left + 0.5, top + 0.5)
        for (row, column), word in np.ndenumerate(np.array([] if words is None else words, dtype=object)):
            self.write(left + column + 0.5, top + row + 0.5, word, 0.9 * font_size(self.cell))
        self.axes.hlines(np.arange(high + 1) + top, left, left + wide, color="0.7", linewidth=0.7)
        self.axes.vlines(np.arange(wide + 1) + left, top, top + high, color="0.7", linewidth=0.7)
        if title:
            self.write(left + wide / 2, top - 0.45, title, 10)

    def outline(self, left, top, shape, line=3.0):
        outline(self.axes, left, top, shape, line)

    def write(self, x, y, text, size, ink="black", ha="center", **more):
        self.axes.text(x, y, text, ha=ha, va="center", fontsize=size, color=ink, zorder=6, **more)

    def arrow(self, start, end, ink="0.3"):
        self.axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": ink, "linewidth": 1.6})
