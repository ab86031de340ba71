"""to_gray, gradients and gradient_magnitude against numbers done by hand, SciPy and scikit-image."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage
from skimage import filters

from cnnlib import gradient_magnitude, gradients, to_gray
from cnnlib.images import photo


def test_each_colour_has_its_weight():
    rgb = np.zeros((2, 3, 3))
    rgb[0, 0, 0] = rgb[0, 1, 1] = rgb[1, 2, 2] = 1000
    assert_allclose(to_gray(rgb), [[299, 587, 0], [0, 0, 114]])


def test_white_stays_white_in_eight_bits():
    gray = to_gray(np.full((2, 5, 3), 255, np.uint8))
    assert gray.dtype == np.float64 and gray.shape == (2, 5)
    assert_allclose(gray, 255)


def test_gray_is_taken_over_the_channels_not_over_the_rows():
    rgb = np.random.default_rng(0).integers(0, 256, (3, 4, 3), np.uint8)  # three rows as well
    assert_allclose(to_gray(rgb)[2, 1], 0.299 * rgb[2, 1, 0] + 0.587 * rgb[2, 1, 1] + 0.114 * rgb[2, 1, 2])


def test_gradients_done_by_hand():
    image = [[0, 0, 1, 5], [0, 2, 0, 5], [3, 0, 0, 5]]
    gx, gy = gradients(image)
    # gx: right column 1 + 0 + 0, minus left column 0 + 0 + 3; gy: lower row 3 + 0 + 0, minus upper row 0 + 0 + 1
    assert (gx[0, 0], gy[0, 0]) == (-2, 2)
    # gx: 5 + 10 + 5, minus 0 + 4 + 0; gy: 0 + 0 + 5, minus 0 + 2 + 5
    assert (gx[0, 1], gy[0, 1]) == (16, -2)


def test_magnitude_is_the_length_of_the_gradient():
    image = np.add.outer(3 * np.arange(4), 4 * np.arange(6))  # rises 3 downwards, 4 to the right: 3-4-5 triangle
    assert_array_equal(gradient_magnitude(image), np.full((2, 4), 8 * 5))


@pytest.mark.parametrize("name", ["camera", "text"])
def test_gradients_agree_with_scipy_and_magnitude_with_scikit_image(name):
    image = photo(name, width=128).astype(float)
    gx, gy = gradients(image)
    assert_allclose(gx, ndimage.sobel(image, axis=1)[1:-1, 1:-1], atol=1e-9)
    assert_allclose(gy, ndimage.sobel(image, axis=0)[1:-1, 1:-1], atol=1e-9)
    # scikit-image divides its kernel by 4 and the magnitude by sqrt(2)
    expected = filters.sobel(image)[1:-1, 1:-1] * 4 * np.sqrt(2)
    assert_allclose(gradient_magnitude(image), expected, atol=1e-9)


def test_a_brighter_image_has_the_same_edges_and_a_negative_one_as_strong():
    image = photo("coins", width=96).astype(float)
    assert_allclose(gradient_magnitude(image + 40), gradient_magnitude(image), atol=1e-9)
    assert_allclose(gradient_magnitude(255 - image), gradient_magnitude(image), atol=1e-9)


def test_a_turned_image_has_its_edges_turned():
    image = np.random.default_rng(0).normal(size=(6, 9))
    gx, gy = gradients(image)
    turned_gx, turned_gy = gradients(np.rot90(image))  # counter-clockwise: right becomes up
    assert_allclose(turned_gy, -np.rot90(gx), atol=1e-12)
    assert_allclose(turned_gx, np.rot90(gy), atol=1e-12)
    assert_allclose(gradient_magnitude(np.rot90(image)), np.rot90(gradient_magnitude(image)), atol=1e-12)


def test_eight_bit_edges_do_not_wrap_around():
    image = np.zeros((3, 5), np.uint8)
    image[:, :2] = 250  # falls to the right
    assert_array_equal(gradients(image)[0], [[-1000, -1000, 0]])
    assert_array_equal(gradient_magnitude(image), [[1000, 1000, 0]])


def test_not_a_number_passes_through():
    assert np.isnan(to_gray([[[np.nan, 1, 1]]])).all()
    assert np.isnan(gradient_magnitude(np.full((3, 4), np.nan))).all()


def test_inputs_are_not_changed():
    rgb = np.random.default_rng(0).normal(size=(5, 6, 3))
    rgb.setflags(write=False)
    assert gradient_magnitude(to_gray(rgb)).shape == (3, 4)


@pytest.mark.parametrize(
    "call, error, says",
    [
        pytest.param(lambda: to_gray(np.ones((4, 5))), ValueError, r"rgb has shape \(4, 5\).*gray already", id="gray"),
        pytest.param(lambda: to_gray(np.ones((4, 5, 4))), ValueError, r"4 channels.*\[:, :, :3\]", id="transparency"),
        pytest.param(lambda: to_gray(np.ones((4, 5, 2))), ValueError, "2 channels: it needs exactly 3", id="two"),
        pytest.param(lambda: to_gray(np.ones((3, 0, 3))), ValueError, "no pixel", id="empty"),
        pytest.param(lambda: to_gray([[["r", "g", "b"]]]), TypeError, "real numbers", id="text"),
        pytest.param(
            lambda: gradient_magnitude(np.ones((2, 7))),
            ValueError,
            "kernel of 3 x 3 px does not fit an image of 2 x 7 px",
            id="two rows",
        ),
        pytest.param(lambda: gradients(np.ones((5, 6, 3))), ValueError, "to_gray", id="gradients of colour"),
    ],
)
def test_a_wrong_image_is_refused_with_what_to_do(call, error, says):
    with pytest.raises(error, match=says):
        call()
