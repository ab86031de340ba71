"""Moving parts: after this room you can push a kernel over an image with your own hands.

Images are (H, W), kernels (kh, kw). A widget only moves; what it shows is drawn by cnnlib.plots, so the still
picture in a notebook that nobody has run yet is the same picture.
"""

import ipywidgets
import numpy as np

from cnnlib.correlation import correlate2d
from cnnlib.plots import show_window


def slide_kernel(image, kernel, row=0, column=0):
    """Slide a kernel over a small image: two sliders and a play button, every number in sight.

    At each place the window's pixels are multiplied with the kernel, and the products added up: that sum is one
    output pixel. Play walks the places row by row, as the loop of a correlation would.

    Parameters
    ----------
    image : (H, W) array_like
        About 6 x 8 px, so that its numbers can be read.
    kernel : (kh, kw) array_like
    row, column : int
        The output pixel to start at.

    Returns
    -------
    widget : SlideKernel
        Shows itself in a notebook.

    Raises
    ------
    ValueError, TypeError
        As correlate2d when the kernel does not fit; ValueError when there is no such output pixel.

    Examples
    --------
    >>> slide = slide_kernel([[1, 1, 4, 4], [1, 1, 4, 4]], [[-1, 1]])
    >>> slide.column.value = 1
    >>> slide.total
    3.0
    """
    return SlideKernel(image, kernel, row, column)


class SlideKernel:
    """The widget of slide_kernel: `row`, `column` and `play` are its controls, `picture` is what it shows."""

    def __init__(self, image, kernel, row, column):
        self._image, self._kernel = np.asarray(image), np.asarray(kernel)
        self._output = correlate2d(self._image, self._kernel)  # (H', W'); says so when the kernel does not fit
        self.picture = show_window(self._image, self._kernel, row, column)
        height, width = self._output.shape
        self.row = ipywidgets.IntSlider(value=row, max=height - 1, description="row")
        self.column = ipywidgets.IntSlider(value=column, max=width - 1, description="column")
        self.play = ipywidgets.Play(value=row * width + column, max=height * width - 1, interval=600)
        layout = {"max_width": "100%", "align_self": "flex-start"}  # not stretched to the width of the page
        self._view = ipywidgets.Image(value=self.picture.png, format="png", layout=layout)
        self._words = ipywidgets.HTML(value=self.picture.alt)  # the same in words, for those who cannot see it
        self._moving = False
        for control in (self.row, self.column, self.play):
            control.observe(self._moved, "value")
        controls = ipywidgets.HBox([self.play, self.row, self.column], layout={"flex_flow": "row wrap"})
        self.box = ipywidgets.VBox([controls, self._view, self._words])

    @property
    def total(self):
        """The output pixel at the sliders' place: the sum of the products."""
        return float(self._output[self.row.value, self.column.value])

    def _moved(self, change):
        if self._moving:  # a control that was set below, not by the reader
            return
        self._moving = True
        try:
            if change["owner"] is self.play:
                self.row.value, self.column.value = divmod(self.play.value, self._output.shape[1])
            else:
                self.play.value = self.row.value * self._output.shape[1] + self.column.value
        finally:
            self._moving = False
        self.picture = show_window(self._image, self._kernel, self.row.value, self.column.value)
        self._view.value, self._words.value = self.picture.png, self.picture.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        still, metadata = self.picture._repr_mimebundle_()
        return {**self.box._repr_mimebundle_(), **still}, metadata

    def __repr__(self):
        return self.picture.alt
