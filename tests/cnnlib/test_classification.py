"""What surrounds a classifier: pictures and labels made ready, answers judged, pictures moved and shuffled."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from cnnlib import accuracy, one_hot, permute_pixels, prepare_images, shift_images

BYTES = np.array([[[0, 51, 255], [102, 204, 153]]], np.uint8)  # (1, 2, 3)
IMAGES = np.arange(1, 25).reshape(2, 3, 4)


def test_bytes_become_parts_of_white_with_an_axis_for_the_channel():
    prepared = prepare_images(BYTES)
    assert prepared.shape == (1, 2, 3, 1) and prepared.dtype == np.float32
    np.testing.assert_allclose(prepared.ravel(), [0, 0.2, 1, 0.4, 0.8, 0.6], rtol=1e-6)


def test_a_dim_picture_stays_dim():
    assert prepare_images(np.full((1, 2, 2), 51, np.uint8)).max() == np.float32(0.2)


@pytest.mark.parametrize(("images", "error", "says"), [
    pytest.param(BYTES / 255, TypeError, "Prepare them once", id="floats, prepared before"),
    pytest.param(BYTES[0], ValueError, r"shape \(2, 3\).*image\[None\]", id="a single picture"),
    pytest.param(BYTES[..., None], ValueError, r"\(N, H, W\)", id="a channel already there"),
])
def test_other_pictures_are_refused(images, error, says):
    with pytest.raises(error, match=says):
        prepare_images(images)


def test_rows_are_1_at_the_label_alone():
    rows = one_hot([3, 0, 3], 4)
    assert rows.dtype == np.float32
    assert_array_equal(rows, [[0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(("labels", "error", "says"), [
    pytest.param([0, 3], ValueError, "a label 3, but 3 classes run from 0 to 2", id="too large"),
    pytest.param([-1], ValueError, "a label -1", id="negative"),
    pytest.param([[1], [0]], ValueError, r"shape \(2, 1\)", id="in a column"),
    pytest.param([0.5], TypeError, "whole numbers", id="a fraction"),
])
def test_a_label_that_is_no_class_is_refused(labels, error, says):
    with pytest.raises(error, match=says):
        one_hot(labels, 3)


def test_accuracy_counts_rows_whose_largest_number_stands_at_the_label():
    p = [[0.2, 0.5, 0.3], [0.9, 0.1, 0], [0.1, 0.1, 0.8], [0.4, 0.3, 0.3]]
    assert accuracy(p, [1, 1, 2, 2]) == 0.5
    assert accuracy(np.log(np.array(p) + 1e-3), [1, 0, 2, 0]) == 1
    assert accuracy([[0.5, 0.5]], [0]) == 1, "of equal ones the first counts"


def test_labels_in_a_column_are_not_compared_each_with_each():
    assert accuracy(np.eye(3), [[0], [1], [0]]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("labels", [[0], [0, 1], []], ids=["one", "two", "none"])
def test_another_number_of_labels_is_refused(labels):
    with pytest.raises(ValueError, match="there must be a row for each label"):
        accuracy(np.eye(3)[: 0 if not labels else 3], np.array(labels, int))


@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (0, -2), (-1, 3), (2, 1), (-9, 0), (3, 4)])
def test_a_shift_moves_each_pixel_and_lets_zeros_in(down, right):
    wanted = np.zeros_like(IMAGES)
    for i, j in np.ndindex(3, 4):
        if 0 <= i + down < 3 and 0 <= j + right < 4:
            wanted[:, i + down, j + right] = IMAGES[:, i, j]
    assert_array_equal(shift_images(IMAGES, down, right), wanted)
    colours = np.stack([IMAGES, -IMAGES], axis=-1)
    assert_array_equal(shift_images(colours, down, right)[..., 1], -wanted)


def test_shifting_and_shuffling_keep_the_type_and_leave_the_pictures_alone():
    for dtype in (np.uint8, np.float32, bool):
        given = IMAGES.astype(dtype)
        before = given.copy()
        given.setflags(write=False)
        assert shift_images(given, 1, 1).dtype == permute_pixels(given, 0).dtype == dtype
        assert_array_equal(given, before)


def test_the_order_is_that_of_the_seed_for_all_pictures_and_channels():
    colours = np.stack([IMAGES, IMAGES * 100], axis=-1)
    shuffled = permute_pixels(colours, seed=9)
    order = np.random.default_rng(9).permutation(12)
    for n in range(2):
        assert_array_equal(shuffled[n].reshape(12, 2), colours[n].reshape(12, 2)[order])


def test_who_knows_the_order_gets_the_picture_back():
    shuffled = permute_pixels(IMAGES, seed=4).reshape(2, 12)
    back = np.argsort(np.random.default_rng(4).permutation(12))
    assert_array_equal(shuffled[:, back].reshape(IMAGES.shape), IMAGES)


@pytest.mark.parametrize("change", [lambda x: shift_images(x, 0, 0), lambda x: permute_pixels(x, 0)], ids=["shift", "shuffle"])
def test_a_single_picture_is_refused(change):
    with pytest.raises(ValueError, match=r"\(N, H, W\) or \(N, H, W, C\)"):
        change(IMAGES[0])
