"""learn_kernel and kernel_descent against steps done by hand, the numeric gradient, and least squares."""

import types

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import KERNELS, correlate2d, kernel_descent, learn_kernel
from cnnlib.images import photo


@pytest.fixture(scope="module")
def cat():
    """The cat, 43 x 64 px, standardised: mean 0, standard deviation 1."""
    image = photo("cat", gray=True, width=64).astype(float)
    return (image - image.mean()) / image.std()


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 9)), rng.normal(size=(5, 6))  # a kernel of (2, 4)


def loss_of(image, target, kernel):
    return np.mean((correlate2d(image, kernel) - target) ** 2)


def test_one_step_done_by_hand():
    # two output pixels, all errors are 0 - target: gradient 2/2 * (1*(-2) + 2*(-4), 2*(-2) + 3*(-4)) = (-10, -16)
    kernel = learn_kernel([[1, 2, 3]], [[2, 4]], (1, 2), 1, 0.1)
    assert_allclose(kernel, [[1.0, 1.6]])


def test_the_losses_of_two_steps_done_by_hand():
    # (k - 2)^2 from k = 0: 4; gradient -4, k = 1, loss 1; gradient -2, k = 1.5, loss 0.25
    path = list(kernel_descent([[1]], [[2]], (1, 1), 2, 0.25))
    assert [loss for _, loss in path] == [4.0, 1.0, 0.25]
    assert [kernel.item() for kernel, _ in path] == [0.0, 1.0, 1.5]


def test_each_step_goes_down_the_numeric_gradient_of_the_loss(problem):
    image, target = problem
    rate, h = 0.05, 1e-5
    path = list(kernel_descent(image, target, (2, 4), 3, rate))
    for (before, _), (after, _) in zip(path[:-1], path[1:], strict=True):
        numeric = np.zeros((2, 4))
        for place in np.ndindex(2, 4):
            nudge = np.zeros((2, 4))
            nudge[place] = h
            rise = loss_of(image, target, before + nudge) - loss_of(image, target, before - nudge)
            numeric[place] = rise / (2 * h)
        assert_allclose((before - after) / rate, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.keras
def test_each_step_is_the_one_that_tensorflow_takes(problem):
    import cnnlib  # noqa: F401  before TensorFlow

    tf = pytest.importorskip("tensorflow")
    image, target = problem
    weights = tf.Variable(np.zeros((2, 4, 1, 1)))
    for kernel, loss in kernel_descent(image, target, (2, 4), 4, 0.05):
        with tf.GradientTape() as tape:
            response = tf.nn.conv2d(image[None, :, :, None], weights, 1, "VALID")[0, :, :, 0]
            tf_loss = tf.reduce_mean((response - target) ** 2)
        assert_allclose(kernel, weights.numpy()[:, :, 0, 0], atol=1e-12)
        assert loss == pytest.approx(float(tf_loss))
        weights.assign_sub(0.05 * tape.gradient(tf_loss, weights))


def test_the_path_starts_at_zeros_and_ends_where_learn_kernel_ends(problem):
    image, target = problem
    path = list(kernel_descent(image, target, (2, 4), 7, 0.05))
    assert len(path) == 7 + 1
    assert_array_equal(path[0][0], np.zeros((2, 4)))
    assert_array_equal(path[-1][0], learn_kernel(image, target, (2, 4), 7, 0.05))


def test_each_loss_belongs_to_its_kernel_and_is_lower_than_the_last(problem):
    image, target = problem
    path = list(kernel_descent(image, target, (2, 4), 20, 0.05))
    assert [loss for _, loss in path] == pytest.approx([loss_of(image, target, kernel) for kernel, _ in path])
    assert (np.diff([loss for _, loss in path]) < 0).all()


def test_the_loss_is_averaged_over_pixels_so_the_rate_does_not_depend_on_the_size_of_the_image():
    image = np.tile([[1.0, 2.0], [4.0, 3.0]], (2, 3))
    larger = np.tile(image, (5, 5))
    small = learn_kernel(image, 2 * image, (1, 1), 3, 0.01)
    assert_allclose(learn_kernel(larger, 2 * larger, (1, 1), 3, 0.01), small)


@pytest.mark.parametrize("name", ["sobel x", "sobel y"])
def test_sobel_is_found_again_from_a_photograph_and_its_edges(cat, name):
    sobel = KERNELS[name]
    found = learn_kernel(cat, correlate2d(cat, sobel), (3, 3), 1000, 0.1)
    assert_array_equal(found.round(2) + 0.0, sobel)


def test_a_kernel_that_is_neither_square_nor_odd_is_found_again():
    kernel = np.array([[1.0, -2.0, 0.5, 3.0], [0.0, 4.0, -1.0, 2.0]])
    noise = np.random.default_rng(0).normal(size=(20, 30))
    assert_allclose(learn_kernel(noise, correlate2d(noise, kernel), (2, 4), 300, 0.2), kernel, atol=1e-6)


def test_descent_ends_at_the_least_squares_solution(problem):
    image, target = problem
    windows = sliding_window_view(image, (2, 4)).reshape(-1, 8)
    best = np.linalg.lstsq(windows, target.ravel(), rcond=None)[0].reshape(2, 4)
    assert_allclose(learn_kernel(image, target, (2, 4), 2000, 0.2), best, atol=1e-6)


def test_no_step_leaves_zeros(problem):
    assert_array_equal(learn_kernel(*problem, (2, 4), 0, 0.1), np.zeros((2, 4)))


def test_integers_lists_and_eight_bits_are_accepted_and_give_float64():
    image = np.array([[0, 1, 0], [1, 0, 1]], np.uint8)
    kernel = learn_kernel(image, [[True, False]], [2, 2], np.int64(5), 1)
    assert kernel.dtype == np.float64 and kernel.shape == (2, 2)


def test_inputs_are_not_changed_and_the_kernels_shown_are_the_callers_own(problem):
    for array in problem:
        array.setflags(write=False)
    expected = learn_kernel(*problem, (2, 4), 5, 0.05)
    for kernel, _loss in kernel_descent(*problem, (2, 4), 5, 0.05):
        last = kernel.copy()
        kernel[:] = 99  # a caller who scales it for a picture does not disturb the descent
    assert_array_equal(last, expected)


def test_not_a_number_in_the_target_passes_through():
    kernel = learn_kernel([[1.0, 2.0]], [[np.nan, 2.0]], (1, 1), 1, 0.1)
    assert np.isnan(kernel).all()


def test_the_steps_are_taken_one_by_one(problem):
    path = kernel_descent(*problem, (2, 4), 10**12, 0.05)
    assert isinstance(path, types.GeneratorType)
    next(path)


@pytest.mark.parametrize("function", [learn_kernel, kernel_descent])
@pytest.mark.parametrize(
    "change, error, says",
    [
        pytest.param(
            {"target": np.ones((6, 9))},
            ValueError,
            "target of 6 x 9 px does not fit: a kernel of 2 x 4 px on an image of 6 x 9 px gives 5 x 6 px",
            id="target as large as the image",
        ),
        pytest.param({"target": np.ones((6, 5))}, ValueError, "target of 6 x 5 px", id="target turned"),
        pytest.param({"target": np.ones(30)}, ValueError, r"target has shape \(30,\)", id="flat target"),
        pytest.param({"image": np.ones((6, 9, 3))}, ValueError, "to_gray", id="colour image"),
        pytest.param({"image": [["x"]]}, TypeError, "image holds .* real numbers", id="text image"),
        pytest.param(
            {"shape": (7, 4)},
            ValueError,
            "kernel of 7 x 4 px does not fit an image of 6 x 9 px",
            id="kernel too high",
        ),
        pytest.param({"shape": 3}, ValueError, r"shape is 3: .* \(3, 3\)", id="one side"),
        pytest.param({"shape": (2, 4, 1)}, ValueError, "a height and a width", id="three sides"),
        pytest.param({"shape": (0, 4)}, ValueError, "shape is 0: it needs to be at least 1", id="no side"),
        pytest.param({"shape": (2.0, 4)}, TypeError, "shape is 2.0: it needs a whole number", id="float side"),
        pytest.param({"steps": -1}, ValueError, "steps is -1: it needs to be at least 0", id="negative steps"),
        pytest.param({"steps": 2.5}, TypeError, "steps is 2.5", id="half a step"),
        pytest.param({"rate": 0}, ValueError, "rate is 0: .* above 0", id="rate zero"),
        pytest.param({"rate": -0.1}, ValueError, "rate is -0.1", id="uphill"),
        pytest.param({"rate": np.nan}, ValueError, "rate is nan", id="rate not a number"),
    ],
)
def test_what_cannot_be_learned_is_refused_at_the_call(problem, function, change, error, says):
    image, target = problem
    arguments = {"image": image, "target": target, "shape": (2, 4), "steps": 3, "rate": 0.1} | change
    with pytest.raises(error, match=says):
        function(**arguments)
