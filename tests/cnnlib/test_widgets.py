"""The widget moves as its controls are moved, shows NumPy's numbers, and has a still twin for those who do not run it."""

import subprocess
import sys
import time

import numpy as np
import pytest

from cnnlib import correlate2d
from cnnlib.plots import show_window
from cnnlib.widgets import slide_kernel

IMAGE = np.arange(48).reshape(6, 8) % 11  # 6 high, 8 wide
KERNEL = np.array([[1, 0, -2], [0, 3, 0]])  # 2 high, 3 wide: the output is 5 x 6


def words(widget):
    return widget.box.children[2].value


def shown(widget):
    return widget.box.children[1].value


def test_moving_a_slider_changes_picture_and_words_to_the_right_numbers():
    widget, output = slide_kernel(IMAGE, KERNEL), correlate2d(IMAGE, KERNEL)
    before = shown(widget)
    widget.row.value, widget.column.value = 3, 5
    assert widget.total == output[3, 5] == np.sum(IMAGE[3:5, 5:8] * KERNEL)
    expected = show_window(IMAGE, KERNEL, 3, 5)
    assert shown(widget) == expected.png != before
    assert words(widget) == expected.alt == repr(widget)
    assert f"pixel (3, 5) of the {output.shape[0]} × {output.shape[1]} output" in words(widget)


def test_play_walks_every_place_row_by_row_and_the_sliders_follow():
    image = IMAGE[:4, :5]
    widget, output = slide_kernel(image, KERNEL), correlate2d(image, KERNEL)
    walked = []
    for place in range(widget.play.max + 1):
        widget.play.value = place
        walked.append(widget.total)
    assert walked == output.ravel().tolist()
    assert (widget.row.value, widget.column.value) == (2, 2)
    widget.row.value = 1
    assert widget.play.value == 1 * 3 + 2, "play should go on from where the slider was put"


def test_a_move_draws_once(monkeypatch):
    widget, drawn = slide_kernel(IMAGE, KERNEL), []
    monkeypatch.setattr("cnnlib.widgets.show_window", lambda *place: drawn.append(place[2:]) or show_window(*place))
    widget.play.value = 6  # from (0, 0) to (1, 0): row and play change, one picture
    widget.column.value = 2
    assert drawn == [(1, 0), (1, 2)]


@pytest.mark.parametrize(("name", "highest"), [("row", 4), ("column", 5), ("play", 29)])
def test_no_control_leaves_the_output(name, highest):
    widget = slide_kernel(IMAGE, KERNEL, 1, 1)
    control = getattr(widget, name)
    control.value = 1000
    assert control.value == control.max == highest
    control.value = -1000
    assert control.value == control.min == 0
    assert widget.total == correlate2d(IMAGE, KERNEL)[widget.row.value, widget.column.value]


def test_a_kernel_that_does_not_fit_draws_correlate2ds_error():
    with pytest.raises(ValueError, match="kernel of 2 x 3 px does not fit an image of 1 x 8 px: it needs at least"):
        slide_kernel(IMAGE[:1], KERNEL)
    with pytest.raises(ValueError, match="needs to be"):
        slide_kernel(IMAGE[0], KERNEL)
    with pytest.raises(TypeError):
        slide_kernel(IMAGE.astype(str), KERNEL)
    with pytest.raises(ValueError, match=r"no output pixel \(5, 0\)"):
        slide_kernel(IMAGE, KERNEL, 5, 0)


def test_one_place_alone_is_a_widget_too():
    widget = slide_kernel(KERNEL, KERNEL)
    widget.row.value = 1
    assert (widget.row.value, widget.total) == (0, 14.0)


def test_what_a_notebook_gets_holds_the_live_view_and_the_still_twin():
    widget = slide_kernel(IMAGE, KERNEL, 2, 3)
    data, metadata = widget._repr_mimebundle_()
    twin = show_window(IMAGE, KERNEL, 2, 3)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.box.model_id
    assert data["image/png"] == twin.png
    assert data["text/plain"] == twin.alt
    assert metadata["image/png"]["alt"] == twin.alt


def test_it_needs_no_notebook():
    code = "from cnnlib.widgets import slide_kernel; w = slide_kernel([[1, 4, 4]], [[-1, 1]]); w.column.value = 1; print(w)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert "their sum 0 is pixel (0, 1)" in run.stdout


def test_a_move_feels_live():
    widget = slide_kernel(IMAGE, KERNEL)
    widget.column.value = 1  # fonts are loaded
    times = []
    for column in (2, 3, 4, 5, 4, 3, 2):
        start = time.process_time()
        widget.column.value = column
        times.append(time.process_time() - start)
    assert min(times) < 0.25, f"a move takes {min(times):.2f} s of processor time"
