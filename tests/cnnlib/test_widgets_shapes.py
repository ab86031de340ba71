"""The sliders change picture, words and number together; where the kernel does not fit, the rule is told, not an error."""

import subprocess
import sys
import time

import pytest

from cnnlib import conv_output_size
from cnnlib.plots_shapes import show_windows_reach
from cnnlib.widgets_shapes import SLIDERS, explore_windows


def shown(widget):
    return widget.box.children[1]


def words(widget):
    return widget.box.children[2].value


@pytest.mark.parametrize(("name", "value"), [("n", 9), ("kernel", 4), ("stride", 3), ("pad", 2), ("dilation", 3)])
def test_each_slider_changes_the_number_it_is_named_for(name, value):
    widget = explore_windows(7, 3, 2, 0, 1)
    before = shown(widget).value
    getattr(widget, name).value = value
    case = {"n": 7, "kernel": 3, "stride": 2, "pad": 0, "dilation": 1, name: value}
    twin = show_windows_reach(**case)
    assert shown(widget).value == twin.png != before and words(widget) == twin.alt == repr(widget)
    assert widget.places == conv_output_size(case.pop("n"), case.pop("kernel"), **case)


def test_every_start_is_taken_in_its_place():
    widget = explore_windows(11, 2, 5, 3, 4)
    assert [getattr(widget, name).value for name in ("n", "kernel", "stride", "pad", "dilation")] == [11, 2, 5, 3, 4]
    assert [slider.description for slider in widget.box.children[0].children] == ["size", "kernel", "stride", "pad", "dilation"]
    assert widget.picture.png == show_windows_reach(11, 2, 5, 3, 4).png


def test_a_kernel_that_does_not_fit_gets_the_rule_in_place_of_the_picture_until_it_fits_again():
    widget = explore_windows(5, 3)
    widget.dilation.value = 3
    assert widget.places == 0 and shown(widget).layout.display == "none"
    assert "reaches over 7 px" in words(widget) and "does not fit an axis of 5 px with pad=0" in words(widget)
    widget.pad.value = 1
    assert widget.places == 1 and shown(widget).layout.display is None
    assert shown(widget).value == show_windows_reach(5, 3, 1, 1, 3).png and "does not fit" not in words(widget)


def test_a_stride_that_does_not_divide_is_a_picture_not_an_error():
    widget = explore_windows(8, 3)
    widget.stride.value = 2
    assert widget.places == 3 and "Row and column 7 are never read: 15 of 64 pixels" in words(widget)


def test_the_sliders_ends_can_all_be_drawn_or_told():
    widget = explore_windows()
    for end in (1, 2):
        for name in SLIDERS:
            getattr(widget, name).value = SLIDERS[name][end]
            fits = widget.places > 0
            assert (shown(widget).layout.display is None) == fits and ("does not fit" in words(widget)) != fits


def test_what_a_notebook_gets_holds_the_live_view_and_the_still_twin():
    widget = explore_windows(8, 3, 2)
    data, metadata = widget._repr_mimebundle_()
    twin = show_windows_reach(8, 3, 2)
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.box.model_id
    assert data["image/png"] == twin.png and data["text/plain"] == metadata["image/png"]["alt"] == twin.alt


def test_a_start_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="kernel of 5 px does not fit an axis of 3 px with pad=0"):
        explore_windows(3, 5)
    with pytest.raises(ValueError, match="size is 15: the slider runs from 1 to 14"):
        explore_windows(15)


def test_it_needs_no_notebook():
    code = "from cnnlib.widgets_shapes import explore_windows; w = explore_windows(8); w.stride.value = 3; print(w)"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert "2 × 2 windows" in run.stdout and "28 of 64 pixels" in run.stdout


def test_a_move_feels_live():
    widget = explore_windows(10, 3)
    widget.stride.value = 2  # fonts are loaded
    times = []
    for stride in (1, 2, 3, 1):
        start = time.process_time()
        widget.stride.value = stride
        times.append(time.process_time() - start)
    assert min(times) < 0.25, f"a move takes {min(times):.2f} s of processor time"
