"""Sizes that move: after this room you have seen which pixels a stride leaves out, and what padding and dilation change.

As in cnnlib.widgets a widget only moves; cnnlib.plots_shapes draws.
"""

import html

import ipywidgets

from cnnlib._live import Live
from cnnlib.plots_shapes import show_windows_reach
from cnnlib.shapes import conv_output_size

SLIDERS = {"n": ("size", 1, 14), "kernel": ("kernel", 1, 9), "stride": ("stride", 1, 6), "pad": ("pad", 0, 4),
           "dilation": ("dilation", 1, 4)}  # name: label, lowest, highest


def explore_windows(n=7, kernel=3, stride=1, pad=0, dilation=1):
    """Five sliders and every window of a square kernel on a square image; pixels that no window reads turn gray.

    Where the kernel does not fit, the rule stands in place of the picture.

    Parameters
    ----------
    n, kernel, stride, pad, dilation : int
        Where the sliders start; as conv_output_size takes them.

    Returns
    -------
    widget : ExploreWindows
        Shows itself in a notebook.

    Raises
    ------
    ValueError
        When a slider cannot stand there, or the kernel does not fit at the start.

    Examples
    --------
    >>> explore = explore_windows(8, 3)
    >>> explore.places
    6
    >>> explore.stride.value = 2
    >>> explore.places, "never read: 15 of 64 pixels" in explore.picture.alt
    (3, True)
    """
    return ExploreWindows(n, kernel, stride, pad, dilation)


class ExploreWindows(Live):
    """The widget of explore_windows: `n`, `kernel`, `stride`, `pad` and `dilation` are its sliders."""

    def __init__(self, *start):
        picture = show_windows_reach(*start)  # says so when the kernel does not fit
        self._sliders = {}
        for (name, (label, low, high)), value in zip(SLIDERS.items(), start, strict=True):
            if not low <= value <= high:
                raise ValueError(f"{label} is {value}: the slider runs from {low} to {high}. Start somewhere on it.")
            self._sliders[name] = ipywidgets.IntSlider(value=value, min=low, max=high, description=label)
        self.n, self.kernel, self.stride, self.pad, self.dilation = self._sliders.values()
        super().__init__(ipywidgets.HBox([*self._sliders.values()], layout={"flex_flow": "row wrap"}), picture)
        for slider in self._sliders.values():
            slider.observe(self._moved, "value")

    @property
    def places(self):
        """How many windows there are along one axis; 0 where the kernel does not fit."""
        options = {name: slider.value for name, slider in self._sliders.items()}
        try:
            return conv_output_size(options.pop("n"), options.pop("kernel"), **options)
        except ValueError:
            return 0

    def _moved(self, change):
        try:
            self.show(show_windows_reach(*(slider.value for slider in self._sliders.values())))
            self._view.layout.display = None
        except ValueError as rule:  # the kernel does not fit; self.picture stays the last one that could be drawn
            self._view.layout.display = "none"
            self._words.value = f"<b>{html.escape(str(rule))}</b>"
