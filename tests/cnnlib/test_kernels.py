"""The kernel table, Gaussian and steerable kernels against numbers done by hand, SciPy, and their own algebra."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from cnnlib import KERNELS, correlate2d, gaussian_kernel, steerable_kernel

NAMES = [
    "identity",
    "vertical edges",
    "horizontal edges",
    "sobel x",
    "sobel y",
    "edges, 4 neighbours",
    "edges, 8 neighbours",
    "corners",
    "sharpen",
    "box blur",
    "gaussian blur",
]
RAMP_RIGHT = np.tile(np.arange(9.0), (7, 1))  # (7, 9), rises by 1 per px to the right
RAMP_DOWN = np.tile(np.arange(7.0)[:, None], (1, 9))  # (7, 9), rises by 1 per px downwards


def test_the_table_has_its_names_in_its_order():
    assert list(KERNELS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_kernel_adds_up_to_one_if_it_keeps_brightness_and_to_zero_if_it_finds_edges(name):
    keeps_brightness = name in ("identity", "sharpen", "box blur", "gaussian blur")
    assert KERNELS[name].dtype == np.float64 and KERNELS[name].shape == (3, 3)
    assert KERNELS[name].sum() == pytest.approx(1 if keeps_brightness else 0, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_cannot_be_changed(name):
    with pytest.raises(ValueError, match="read-only"):
        KERNELS[name][0, 0] = 7
    with pytest.raises(TypeError):
        KERNELS[name] = np.ones((3, 3))


@pytest.mark.parametrize(
    "name, rows",
    [
        ("vertical edges", [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]),
        ("sobel x", [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        ("edges, 4 neighbours", [[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        ("edges, 8 neighbours", [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        ("corners", [[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
        ("sharpen", [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        ("gaussian blur", [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]]),
    ],
)
def test_a_kernel_has_the_numbers_of_the_textbook(name, rows):
    assert_array_equal(KERNELS[name], rows)


def test_the_horizontal_kernels_are_the_vertical_ones_transposed():
    assert_array_equal(KERNELS["horizontal edges"], KERNELS["vertical edges"].T)
    assert_array_equal(KERNELS["sobel y"], KERNELS["sobel x"].T)


@pytest.mark.parametrize("x, y", [("sobel x", "sobel y"), ("vertical edges", "horizontal edges")])
def test_an_edge_answers_with_plus_where_brightness_rises_to_the_right_or_downwards(x, y):
    assert (correlate2d(RAMP_RIGHT, KERNELS[x]) > 0).all() and not correlate2d(RAMP_RIGHT, KERNELS[y]).any()
    assert (correlate2d(RAMP_DOWN, KERNELS[y]) > 0).all() and not correlate2d(RAMP_DOWN, KERNELS[x]).any()


def test_the_corner_kernel_is_blind_to_straight_edges_and_sees_a_corner():
    step = np.zeros((5, 8))
    step[:, 4:] = 1
    assert not correlate2d(step, KERNELS["corners"]).any()
    step[:3] = 0
    assert correlate2d(step, KERNELS["corners"]).any()


def test_a_gaussian_kernel_done_by_hand():
    a = np.exp(-0.5)  # one pixel from the middle, sigma 1
    assert_allclose(gaussian_kernel(3, 1), np.outer([a, 1, a], [a, 1, a]) / (1 + 2 * a) ** 2)


@pytest.mark.parametrize("size, sigma", [(1, 2), (2, 1), (3, 0.85), (4, 1.5), (7, 1), (15, 2.5), (3, 1e-3), (3, 1e3)])
def test_a_gaussian_adds_up_to_one_is_symmetric_and_is_a_column_times_a_row(size, sigma):
    kernel = gaussian_kernel(size, sigma)
    assert kernel.shape == (size, size)
    assert kernel.sum() == pytest.approx(1)
    assert_allclose(kernel, kernel.T)
    assert_allclose(kernel, kernel[::-1, ::-1])
    assert_allclose(np.outer(kernel.sum(1), kernel.sum(0)), kernel, atol=1e-15)


def test_blurring_with_a_gaussian_agrees_with_scipy():
    image = np.random.default_rng(0).normal(size=(20, 27))
    expected = ndimage.gaussian_filter(image, 1.5, radius=5)[5:-5, 5:-5]
    assert_allclose(correlate2d(image, gaussian_kernel(11, 1.5)), expected, atol=1e-12)


def test_two_thin_kernels_blur_as_one_square_kernel_does():
    image = np.random.default_rng(0).normal(size=(12, 17))
    square = gaussian_kernel(5, 1.2)
    row = square.sum(0, keepdims=True)  # (1, 5)
    assert_allclose(correlate2d(correlate2d(image, row), row.T), correlate2d(image, square), atol=1e-12)


@pytest.mark.parametrize(
    "angle, expected",
    [
        pytest.param(0, KERNELS["sobel x"], id="0 degrees is sobel x"),
        pytest.param(90, KERNELS["sobel y"], id="90 degrees is sobel y"),
        pytest.param(180, -KERNELS["sobel x"], id="180 degrees is minus sobel x"),
        pytest.param(-90, -KERNELS["sobel y"], id="minus 90 degrees is minus sobel y"),
        pytest.param(360, KERNELS["sobel x"], id="a full turn changes nothing"),
    ],
)
def test_the_steerable_kernel_at_right_angles_is_exactly_sobel(angle, expected):
    assert_array_equal(steerable_kernel(angle), expected)


@pytest.mark.parametrize("sigma, gain", [(None, 8), (1.0, 1), (2.0, 1), (0.6, 1)])
@pytest.mark.parametrize("angle", [0, 30, 45, 90, 137, 270])
def test_a_ramp_answers_most_to_the_kernel_of_its_own_direction(angle, sigma, gain):
    y, x = np.mgrid[:17, :19]
    ramp = x * np.cos(np.deg2rad(angle)) + y * np.sin(np.deg2rad(angle))  # rises by 1 per px towards angle
    assert_allclose(correlate2d(ramp, steerable_kernel(angle, sigma=sigma)), gain, atol=1e-9)
    assert_allclose(correlate2d(ramp, steerable_kernel(angle + 90, sigma=sigma)), 0, atol=1e-9)
    assert_allclose(correlate2d(ramp, steerable_kernel(angle + 60, sigma=sigma)), gain / 2, atol=1e-9)


@pytest.mark.parametrize("sigma", [None, 1.3])
def test_every_steerable_kernel_is_a_mixture_of_two(sigma):
    x, y = steerable_kernel(0, sigma=sigma), steerable_kernel(90, sigma=sigma)
    assert_allclose(steerable_kernel(30, sigma=sigma), np.sqrt(3) / 2 * x + y / 2, atol=1e-14)


def test_the_gaussian_derivative_agrees_with_scipy():
    image = np.random.default_rng(0).normal(size=(30, 37))
    ours = correlate2d(image, steerable_kernel(0, sigma=2.0))  # 13 x 13
    scipys = ndimage.gaussian_filter(image, 2.0, order=(0, 1), radius=6)[6:-6, 6:-6]
    # SciPy leaves the cut tails in the slope, we scale so that a ramp answers exactly 1
    scale = ndimage.gaussian_filter(np.tile(np.arange(37.0), (30, 1)), 2.0, order=(0, 1), radius=6)[15, 18]
    assert_allclose(ours, scipys / scale, atol=1e-12)
    assert scale == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("sigma, side", [(0.3, 3), (0.5, 5), (1, 7), (2, 13)])
def test_the_side_of_a_steerable_kernel_grows_with_sigma(sigma, side):
    assert steerable_kernel(20, sigma=sigma).shape == (side, side)


@pytest.mark.parametrize(
    "call, error, says",
    [
        pytest.param(lambda: gaussian_kernel(0, 1), ValueError, "size is 0: it needs to be at least 1", id="no size"),
        pytest.param(lambda: gaussian_kernel(3.0, 1), TypeError, "size is 3.0: it needs a whole", id="float size"),
        pytest.param(lambda: gaussian_kernel(True, 1), TypeError, "size is True", id="boolean size"),
        pytest.param(lambda: gaussian_kernel(3, 0), ValueError, "sigma is 0: .* above 0", id="sigma zero"),
        pytest.param(lambda: gaussian_kernel(3, np.nan), ValueError, "sigma is nan", id="sigma not a number"),
        pytest.param(lambda: steerable_kernel(0, sigma=-1), ValueError, "sigma is -1", id="negative sigma"),
        pytest.param(lambda: steerable_kernel(np.inf), ValueError, "angle is inf: .* degrees", id="endless angle"),
    ],
)
def test_a_kernel_that_cannot_be_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call()
