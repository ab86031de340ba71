"""Sheets, frames and sliders of style transfer: the right image at each place, and words for those who cannot see it."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnlib.painting import Painting
from cnnlib.plots_style import show_frames, show_mix, show_paintings, show_sheet
from cnnlib.widgets_style import power, tune_style


def plain(value, size=6):
    return np.full((size, size, 3), value, np.uint8)


def painting(value):
    return Painting(plain(value) / 255, {0: plain(0), 5: plain(value // 2), 20: plain(value)}, list(np.geomspace(8, 0.5, 21)))


PAINTINGS = {(layers, ratio): painting(value) for value, (layers, ratio) in zip(
    (40, 80, 120, 160, 200, 240), [(a, b) for a in ("block 1", "blocks 1 to 4") for b in (1e4, 1e5, 1e6)], strict=True)}


def tuned():
    return tune_style(plain(10), plain(20), PAINTINGS, alphas=(1, 10), betas=(1e5, 1e6))


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def test_each_slider_finds_its_frame_and_equal_ratios_find_the_same():
    widget = tuned()
    assert (widget.frame == 240).all(), "it opens at the largest beta in the middle of the list and the last set of layers"
    widget.layers.value = "block 1"
    assert (widget.frame == 120).all()
    widget.step.value = 5
    assert (widget.frame == 60).all()
    widget.step.value, widget.alpha.value, widget.beta.value = 20, 1, 1e5
    at_one = widget.frame
    widget.alpha.value, widget.beta.value = 10, 1e6
    assert np.array_equal(widget.frame, at_one) and (at_one == 80).all()


def test_the_picture_and_its_words_follow_the_sliders():
    widget = tuned()
    before = widget.picture.png
    widget.alpha.value = 10
    assert widget.picture.png != before
    assert "β / α = 10⁵" in widget.picture.alt and "blocks 1 to 4, 20 steps" in widget.picture.alt
    assert widget.box.children[1].value == widget.picture.png and widget.box.children[2].value == widget.picture.alt


def test_what_a_notebook_gets_holds_the_live_view_and_the_sheet_of_all_paintings():
    widget = tuned()
    data, metadata = widget._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.box.model_id
    assert data["image/png"] == widget.sheet.png and metadata["image/png"]["alt"] == widget.sheet.alt == repr(widget)
    assert "6 images" in widget.sheet.alt and "style from block 1, blocks 1 to 4" in widget.sheet.alt


def test_a_painting_that_the_sliders_could_reach_and_that_is_missing_is_told():
    with pytest.raises(ValueError, match=r"no painting for the layers 'block 1' and beta / alpha = 1e\+07"):
        tune_style(plain(1), plain(2), PAINTINGS, alphas=(1,), betas=(1e6, 1e7))


@pytest.mark.parametrize(("number", "words"), [
    (1e4, "10⁴"), (1e-3, "10⁻³"), (10, "10"), (1, "1"), (2500, "2500"), (0.5, "0.5")])
def test_powers_of_ten_are_written_as_such(number, words):
    assert power(number) == words


def test_a_sheet_has_each_image_at_its_place_and_leaves_others_blank():
    sheet = show_sheet({("a", 1): plain(0), ("b", 2): plain(100)}, {"a": "first", "b": "second"}, {1: "one", 2: "two"},
                       names=("rows like", "columns like"))
    seen = pixels(sheet).astype(int)
    height, width = seen.shape[:2]
    left, head = 1.5 * 90, 0.3 * 90
    middles = [[seen[int(head + (i + 0.5) * (height - head) / 2), int(left + (j + 0.5) * (width - left) / 2)].mean()
                for j in range(2)] for i in range(2)]
    assert np.allclose(middles, [[0, 255], [255, 100]], atol=3)
    assert sheet.alt == "2 images on a sheet. Rows: rows like first, second. Columns: columns like one, two."


def test_frames_are_drawn_with_the_loss_and_told():
    shown = show_frames(painting(200))
    assert "after 0, 5, 20 steps" in shown.alt and "the loss is 0.06 of what it was" in shown.alt
    assert show_frames(painting(200), alt="a picture of my own words").alt == "a picture of my own words"


def test_pictures_have_a_palette_and_keep_their_words():
    colors = np.random.default_rng(0).random((32, 32, 3))
    shown = show_paintings([colors, colors], ["a", "b"], alt="two pictures")
    assert Image.open(io.BytesIO(shown.png)).mode == "P" and shown.alt == "two pictures"
    assert "with few\nwords" not in show_mix(plain(1), plain(2), plain(3), words="few\nwords").alt
