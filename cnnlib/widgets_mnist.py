"""A digit that moves: after this room you have seen at which pixel a network loses it.

As in cnnlib.widgets a widget only moves; cnnlib.plots_mnist draws.
"""

import ipywidgets
import numpy as np

from cnnlib._live import Live
from cnnlib.classification import shift_images
from cnnlib.plots_mnist import show_answers, show_moved


def move_digit(image, label, networks, *, reach=8, still=(0, 1, 2, 3, 4, 5, 6)):
    """Two sliders move a digit down and right, and the networks say what they see.

    Without a running kernel the digit at the places of `still`, px to the right, stands here.

    Parameters
    ----------
    image : (H, W, 1) array, as prepare_images gives it
    label : int, the true class
    networks : dict, a name each: a function from (N, H, W, 1) images to (N, classes) probabilities
    reach : int
        How far the sliders go, px.
    still : shifts of the still picture

    Returns
    -------
    widget : MoveDigit
        Shows itself in a notebook.

    Examples
    --------
    >>> bright = lambda images: np.stack([1 - images.mean((1, 2, 3)), images.mean((1, 2, 3))], axis=1)
    >>> moving = move_digit(np.ones((3, 3, 1)), 1, {"brightness": bright}, reach=3, still=(0, 3))
    >>> moving.right.value = 3
    >>> "the brightness says 0, 100% sure" in moving.picture.alt
    True
    """
    return MoveDigit(image, label, networks, reach, still)


class MoveDigit(Live):
    """The widget of move_digit: `down` and `right` are its sliders, `sheet` its still twin."""

    def __init__(self, image, label, networks, reach, still):
        self._image, self._label, self._networks = np.asarray(image)[np.newaxis], int(label), networks
        moved = np.concatenate([shift_images(self._image, 0, shift) for shift in still])  # (n, H, W, 1)
        answers = {name: np.asarray(network(moved)) for name, network in networks.items()}
        titles = [f"{shift} px" for shift in still]
        self.sheet = show_moved(list(moved[..., 0]), titles, answers, self._label)
        self.down, self.right = (
            ipywidgets.IntSlider(value=0, min=-reach, max=reach, description=name) for name in ("down", "right"))
        for slider in (self.down, self.right):
            slider.observe(self._moved, "value")
        controls = ipywidgets.HBox([self.down, self.right], layout={"flex_flow": "row wrap"})
        super().__init__(controls, self._picture())

    def _picture(self):
        moved = shift_images(self._image, self.down.value, self.right.value)
        answers = {name: np.asarray(network(moved))[0] for name, network in self._networks.items()}
        title = f"a {self._label}, {self.down.value} px down, {self.right.value} px right"
        return show_answers(moved[0, :, :, 0], answers, title=title)

    def _moved(self, change):
        self.show(self._picture())
