"""The pictures of unit 04 say what they show, and the digit that moves asks the networks at each place."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnlib import plots_mnist
from cnnlib.plots_mnist import show_answers, show_bands, show_connections, show_mosaics, show_moved
from cnnlib.widgets_mnist import move_digit

DIGIT = np.zeros((6, 6, 1), np.float32)
DIGIT[2:4, 1:3] = 1
RUNS = {"A": [[0.5, 0.7, 0.9], [0.6, 0.8, 0.9], [0.4, 0.75, 0.8]], "B": [[0.1, 0.2, 0.3]]}


def left_or_right(images):
    """Class 1 when there is more ink on the right."""
    right = images[:, :, 3:].sum(axis=(1, 2, 3)) / np.maximum(images.sum(axis=(1, 2, 3)), 1e-9)
    return np.stack([1 - right, right], axis=1)


@pytest.fixture
def figures(monkeypatch):
    drawn = []
    finish = plots_mnist._finish
    monkeypatch.setattr(plots_mnist, "_finish", lambda figure, alt: drawn.append(figure) or finish(figure, alt))
    return drawn


@pytest.mark.parametrize("draw", [
    pytest.param(show_connections, id="connections"),
    pytest.param(lambda: show_bands([1, 2, 3], RUNS, xlabel="passes", single={"live": [0.5, 0.6, 0.7]}), id="bands"),
    pytest.param(lambda: show_bands([10, 100, 1000], RUNS, xlabel="images", log=True, limits=(0, 1)), id="bands, logarithmic"),
    pytest.param(lambda: show_mosaics({"maps": np.ones((5, 4, 9)), "answer": np.eye(3)[0]}, columns=4), id="mosaics"),
    pytest.param(lambda: show_mosaics({"filters": np.zeros((3, 3, 2))}, maps="signed"), id="mosaics of nothing"),
    pytest.param(lambda: show_answers(DIGIT[..., 0], {"net": [0.2, 0.8]}), id="answers"),
    pytest.param(lambda: show_moved([DIGIT[..., 0]] * 2, ["0", "1"], {"net": np.eye(2)}, 0), id="moved"),
])
def test_a_picture_is_a_png_of_readable_size_and_is_described(draw):
    picture = draw()
    with Image.open(io.BytesIO(picture.png)) as image:
        assert 200 < image.width < 1000 and 80 < image.height < 1200
    assert len(picture.alt) > 20 and "png" in next(iter(picture._repr_mimebundle_()[0]))


def test_the_counts_below_the_connections_are_those_of_the_lines(figures):
    picture = show_connections(8, 3)
    counts = [len([line for line in axes.lines if len(line.get_xdata()) == 2]) for axes in figures[0].axes]
    assert counts == [48, 18, 18]
    looks = [{(line.get_color(), line.get_linestyle()) for line in axes.lines[:18]} for axes in figures[0].axes]
    assert len(looks[2]) == 3 and "48 weights" in picture.alt and "18 weights" in picture.alt


def test_a_band_runs_from_the_worst_to_the_best_with_the_middle_in_between(figures):
    show_bands([1, 2, 3], RUNS, xlabel="passes")
    axes = figures[0].axes[0]
    edges = axes.collections[0].get_paths()[0].vertices
    assert edges[:, 1].min() == pytest.approx(0.4) and edges[:, 1].max() == pytest.approx(0.9)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.5, 0.75, 0.9])
    assert {line.get_linestyle() for line in axes.lines[:2]} == {"--", "-"}, "told apart without colour"


def test_tiles_lie_in_rows_with_white_gaps():
    block = np.arange(24.0).reshape(2, 4, 3)
    tiles = plots_mnist._tiles(block, 2)
    assert tiles.shape == (5, 9)
    np.testing.assert_array_equal(tiles[:2, 5:], block[:, :, 1])
    np.testing.assert_array_equal(tiles[3:, :4], block[:, :, 2])
    assert np.isnan(tiles[2]).all() and np.isnan(tiles[3:, 5:]).all()


def test_the_digit_moves_and_the_networks_are_asked_again():
    widget = move_digit(DIGIT, 0, {"side": left_or_right}, reach=3, still=(0, 3))
    assert "a 0, 0 px down, 0 px right: the side says 0, 100% sure" in widget.picture.alt
    widget.right.value = 3
    assert "3 px right: the side says 1, 100% sure" in widget.picture.alt
    widget.down.value = -3
    assert "-3 px down" in widget.picture.alt


def test_the_still_twin_says_at_which_places_it_is_wrong():
    widget = move_digit(DIGIT, 0, {"side": left_or_right}, reach=3, still=(0, 1, 3))
    assert "side wrong at 3 px" in repr(widget)
    data, metadata = widget._repr_mimebundle_()
    assert data["image/png"] == widget.sheet.png and metadata["image/png"]["alt"] == repr(widget)
