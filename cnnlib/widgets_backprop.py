"""The backward pass as a film: after this room you have seen each output pixel paint its patch.

dy is (H', W'), weights are (kh, kw). As in cnnlib.widgets a widget only moves; cnnlib.plots_painting draws.
"""

import ipywidgets
import numpy as np

from cnnlib._live import Live
from cnnlib.plots_painting import show_painting, show_painting_step


def play_painting(dy, weights, *, stride=1, shape=None):
    """Play the backward pass of a small correlation: each pixel of dy paints the kernel, times itself, on its window.

    Press play, or move the slider to and fro. Without a running kernel the contact sheet of all steps stands here.

    Parameters
    ----------
    dy : (H', W') array_like
        The slope of the loss with respect to each output pixel, about 3 x 3.
    weights : (kh, kw) array_like
    stride : int
        How far apart the windows are, px.
    shape : (H, W), optional
        Size of the image; by default the smallest that gives such a dy.

    Returns
    -------
    widget : PlayPainting
        Shows itself in a notebook.

    Examples
    --------
    >>> film = play_painting([[1, 10]], [[1, 2]])
    >>> film.step.value = 1
    >>> "dx so far is [[1 12 20]]" in film.picture.alt
    True
    """
    return PlayPainting(dy, weights, stride, shape)


class PlayPainting(Live):
    """The widget of play_painting: `step` and `play` are its controls, `sheet` its still twin."""

    def __init__(self, dy, weights, stride, shape):
        self._arrays, self._options = (np.asarray(dy, float), np.asarray(weights, float)), {"stride": stride, "shape": shape}
        self.sheet = show_painting(*self._arrays, **self._options)
        last = self._arrays[0].size - 1
        self.step = ipywidgets.IntSlider(value=0, max=last, description="step")
        self.play = ipywidgets.Play(value=0, max=last, interval=1200)
        self.play.observe(lambda change: setattr(self.step, "value", change["new"]), "value")
        self.step.observe(self._moved, "value")
        controls = ipywidgets.HBox([self.play, self.step], layout={"flex_flow": "row wrap"})
        super().__init__(controls, show_painting_step(*self._arrays, 0, **self._options))

    def _moved(self, change):
        self.show(show_painting_step(*self._arrays, change["new"], **self._options))
        self.play.value = change["new"]
