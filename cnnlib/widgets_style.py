"""The weights of style transfer under your fingers: after this room you have seen what alpha, beta and the layers do.

A widget only moves: the paintings were made before, one for each ratio of beta to alpha and each set of layers, with frames
on the way. cnnlib.plots_style draws.
"""

import ipywidgets
import numpy as np

from cnnlib._live import Live
from cnnlib.plots_style import show_mix, show_sheet


def tune_style(content, style, paintings, *, alphas, betas):
    """Move alpha, beta, the layers and the step, and see the painting that they give.

    Only the ratio of beta to alpha counts, so a few paintings do for many positions. Without a running kernel a sheet with
    the last frame of each painting stands here.

    Parameters
    ----------
    content, style : (H, W, 3) arrays
    paintings : dict {(layers, ratio): Painting}
        layers is a text that names the set, ratio is beta / alpha; there must be one for each that the sliders can reach.
    alphas, betas : sequences of numbers, what the sliders offer

    Returns
    -------
    widget : TuneStyle
        Shows itself in a notebook.

    Raises
    ------
    ValueError
        When a painting is missing.
    """
    return TuneStyle(content, style, paintings, alphas, betas)


class TuneStyle(Live):
    """The widget of tune_style: `alpha`, `beta`, `layers` and `step` are its controls, `sheet` its still twin."""

    def __init__(self, content, style, paintings, alphas, betas):
        self._content, self._style, self._paintings = content, style, paintings
        sets = list(dict.fromkeys(layers for layers, _ in paintings))
        ratios = sorted({beta / alpha for alpha in alphas for beta in betas})
        missing = [(layers, ratio) for layers in sets for ratio in ratios if (layers, ratio) not in paintings]
        if missing:
            raise ValueError(f"there is no painting for the layers {missing[0][0]!r} and beta / alpha = {missing[0][1]:g}: it "
                             "needs one for each that the sliders can reach. Paint it, or take it off the sliders.")
        self.sheet = show_sheet(
            {(layers, ratio): _last(paintings[layers, ratio]) for layers in sets for ratio in ratios},
            {layers: layers for layers in sets}, {ratio: f"β / α = {power(ratio)}" for ratio in ratios},
            names=("style from", ""))
        steps = sorted(set.intersection(*(set(painting.frames) for painting in paintings.values())))
        self.alpha = _slider("α, content", {power(alpha): alpha for alpha in alphas}, alphas[0])
        self.beta = _slider("β, style", {power(beta): beta for beta in betas}, betas[len(betas) // 2])
        self.layers = ipywidgets.Dropdown(description="style from", options=sets, value=sets[-1])  # a slider cuts names off
        self.step = _slider("steps", {str(step): step for step in steps}, steps[-1])
        controls = (self.alpha, self.beta, self.layers, self.step)
        for control in controls:
            control.observe(lambda change: self.show(self._drawn()), "value")
        super().__init__(ipywidgets.HBox(controls, layout={"flex_flow": "row wrap"}), self._drawn())

    @property
    def frame(self):
        """The frame at the sliders' place, (H, W, 3) uint8."""
        return self._paintings[self.layers.value, self.beta.value / self.alpha.value].frames[self.step.value]

    def _drawn(self):
        ratio = self.beta.value / self.alpha.value
        words = f"β / α = {power(ratio)}\n{self.layers.value}, {self.step.value} steps"
        return show_mix(self._content, self._style, self.frame, words=words)


def power(number):
    """A number as a power of ten where it is one: 100000 is 10⁵.

    >>> power(1e5), power(1), power(2500)
    ('10⁵', '1', '2500')
    """
    exponent = int(np.floor(np.log10(number)))
    if number != 10.0**exponent or exponent in (0, 1):
        return f"{number:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _slider(description, options, value):
    return ipywidgets.SelectionSlider(description=description, options=list(options.items()), value=value)


def _last(painting):
    return painting.frames[max(painting.frames)]
