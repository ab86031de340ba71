"""The pictures to paint: drawn the same each time, at any size, each with what its line promises; photographs cut square."""

import numpy as np
import pytest

from cnnlib import patterns
from cnnlib.patterns import PATTERNS, pattern, square_photo


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_the_same_each_time_and_fills_any_size(name):
    picture = pattern(name, 48)
    assert picture.shape == (48, 48, 3) and picture.dtype == np.float32 and 0 <= picture.min() < picture.max() <= 1
    assert np.array_equal(picture, pattern(name, 48))
    large = pattern(name, 96).reshape(48, 2, 48, 2, 3).mean(axis=(1, 3))
    assert np.abs(large.mean(axis=(0, 1)) - picture.mean(axis=(0, 1))).max() < 0.06, "the same colors at another size"


def test_the_three_have_the_colors_that_they_are_said_to_have():
    red, green, blue = (pattern("strokes", 96)[..., c] for c in range(3))
    assert blue.mean() > 1.5 * red.mean() and ((red > 0.8) & (blue < 0.6)).mean() > 0.005, "blue, and some yellow"
    mosaic = pattern("mosaic", 96)
    assert mosaic[..., 0].mean() > 1.5 * mosaic[..., 2].mean(), "warm"
    assert (mosaic.max(axis=-1) < 0.25).mean() > 0.05, "dark joints"
    waves = pattern("waves", 96)
    assert (waves[..., 2] - waves[..., 0]).min() > -0.05 and waves.std() > 0.2, "blue and white"


def test_another_seed_is_another_mosaic():
    assert not np.array_equal(pattern("mosaic", 32), pattern("mosaic", 32, seed=1))


def test_wrong_names_and_sizes_are_told():
    with pytest.raises(ValueError, match="no picture 'dots'. Use one of: strokes, mosaic, waves"):
        pattern("dots")
    with pytest.raises(ValueError, match="at least 16"):
        pattern("waves", 8)


@pytest.mark.parametrize("name", ["cat", "china", "coffee"])
def test_a_photograph_is_cut_square_and_not_squeezed(name):
    from cnnlib.images import photo
    square = square_photo(name, 64)
    assert square.shape == (64, 64, 3) and square.dtype == np.float32 and 0 <= square.min() < square.max() <= 1
    assert photo(name).shape[0] != photo(name).shape[1]


def test_the_middle_is_cut_out_and_nothing_is_squeezed(monkeypatch):
    wide = np.zeros((4, 8, 3), np.uint8)
    wide[:, 2:6] = 255
    monkeypatch.setattr(patterns, "photo", lambda name: wide)
    assert square_photo("china", 4).min() == 1


def test_what_cannot_be_cut_is_told():
    with pytest.raises(ValueError, match="'camera' is gray"):
        square_photo("camera")
    with pytest.raises(ValueError, match="a square of 300 px: it cannot be made 400 px"):
        square_photo("cat", 400)
