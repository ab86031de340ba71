"""What every widget of the course shares: one picture, the same in words, and a still twin for notebooks that nobody runs."""

import ipywidgets


class Live:
    """Controls above a picture and its words; `picture` is what is shown now, `box` the widget that Jupyter displays.

    `sheet` is the still twin: a picture of all places of the controls. Without it the twin is what is shown now.
    """

    sheet = None

    def __init__(self, controls, picture):
        layout = {"max_width": "100%", "align_self": "flex-start"}  # not stretched to the width of the page
        self._view = ipywidgets.Image(format="png", layout=layout)
        self._words = ipywidgets.HTML()  # the same in words, for those who cannot see it
        self.box = ipywidgets.VBox([controls, self._view, self._words])
        self.show(picture)

    def show(self, picture):
        self.picture = picture
        self._view.value, self._words.value = picture.png, picture.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        still, metadata = (self.sheet or self.picture)._repr_mimebundle_()
        return {**self.box._repr_mimebundle_(), **still}, metadata

    def __repr__(self):
        return (self.sheet or self.picture).alt
