"""Pooling both ways: numbers by hand, windows one by one, the numeric gradient, Keras, and wrong ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import (
    average_pool_backward,
    average_pool_forward,
    max_pool_backward,
    max_pool_forward,
    numeric_gradient,
)

# (N, H, W, C), size, stride
GRID = [
    pytest.param((2, 4, 6, 3), 2, None, id="windows side by side"),
    pytest.param((2, 5, 8, 2), 3, None, id="the last rows and columns fill no window"),
    pytest.param((2, 5, 7, 3), 3, 1, id="overlapping by two"),
    pytest.param((3, 6, 9, 1), 3, 2, id="overlapping by one"),
    pytest.param((2, 7, 9, 2), 2, 3, id="stride larger than the window, pixels unseen"),
    pytest.param((2, 6, 8, 2), (3, 2), None, id="a window taller than wide"),
    pytest.param((2, 6, 8, 2), (2, 3), (1, 2), id="a stride for each axis"),
    pytest.param((2, 3, 5, 2), (3, 5), None, id="one window"),
    pytest.param((1, 4, 3, 2), 1, None, id="windows of one pixel"),
]
BACKWARD = [pytest.param(max_pool_backward, id="maximum"), pytest.param(average_pool_backward, id="average")]


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def windows(shape, size, stride):
    """Every window by itself: (place in y, slices in x), for loops that anybody can follow."""
    (ph, pw), (sh, sw) = pair(size), pair(stride or size)
    for n in range(shape[0]):
        for i in range((shape[1] - ph) // sh + 1):
            for j in range((shape[2] - pw) // sw + 1):
                for c in range(shape[3]):
                    yield (n, i, j, c), np.s_[n, i * sh : i * sh + ph, j * sw : j * sw + pw, c]


def problem(shape, size, stride, dtype=np.float64):
    """Distinct whole numbers, shuffled, and dy: read-only."""
    rng = np.random.default_rng(sum(shape))
    x = (rng.permutation(np.prod(shape)).reshape(shape) - np.prod(shape) // 2).astype(dtype)
    dy = rng.normal(size=max_pool_forward(x, size, stride=stride).shape).astype(dtype)
    for array in (x, dy):
        array.setflags(write=False)
    return x, dy


def row(*numbers):
    return np.array(numbers).reshape(1, 1, -1, 1)


def test_by_hand():
    x = np.array([[1, 5, 2, 0], [3, 4, 8, 6]]).reshape(1, 2, 4, 1)
    assert_array_equal(max_pool_forward(x, 2).ravel(), [5, 8])
    assert_array_equal(average_pool_forward(x, 2).ravel(), [13 / 4, 16 / 4])
    dy = row(10, 100)
    assert_array_equal(max_pool_backward(dy, x, 2)[0, :, :, 0], [[0, 10, 0, 0], [0, 0, 100, 0]])
    assert_array_equal(average_pool_backward(dy, x.shape, 2)[0, :, :, 0], [[2.5, 2.5, 25, 25]] * 2)


def test_of_equal_pixels_the_first_in_row_order_is_paid():
    x = np.array([[7, 7, 7], [7, 7, 7]]).reshape(1, 2, 3, 1)
    dx = max_pool_backward(np.array([10, 100]).reshape(1, 1, 2, 1), x, 2, stride=1)
    assert_array_equal(dx[0, :, :, 0], [[10, 100, 0], [0, 0, 0]])
    later = np.array([[1, 2, 9], [9, 9, 2]]).reshape(1, 2, 3, 1)  # right of the first row comes before left of the second
    assert_array_equal(max_pool_backward(row(1), later, (2, 3))[0, :, :, 0], [[0, 0, 1], [0, 0, 0]])


def test_the_maximum_of_overlapping_windows_is_paid_by_each():
    assert_array_equal(max_pool_backward(row(1, 10, 100), row(0, 3, 9, 4, 2), (1, 3), stride=1).ravel(), [0, 0, 111, 0, 0])


def test_pixels_between_windows_and_behind_the_last_are_paid_nothing():
    x = row(1, 2, 9, 3, 4, 9, 9)
    assert_array_equal(max_pool_forward(x, (1, 2), stride=(1, 3)).ravel(), [2, 4])
    assert_array_equal(max_pool_backward(row(5, 6), x, (1, 2), stride=(1, 3)).ravel(), [0, 5, 0, 0, 6, 0, 0])
    assert_array_equal(average_pool_backward(row(4, 6), x.shape, (1, 2), stride=(1, 3)).ravel(), [2, 2, 0, 3, 3, 0, 0])


def test_maps_below_zero_keep_their_largest():
    x = row(-3, -1, -2, -8)
    assert_array_equal(max_pool_forward(x, (1, 2)).ravel(), [-1, -2])
    assert_array_equal(max_pool_backward(row(5, 6), x, (1, 2)).ravel(), [0, 5, 6, 0])


def test_infinity_is_a_number_like_others():
    x = row(-np.inf, -np.inf, np.inf, 1.0)
    assert_array_equal(max_pool_forward(x, (1, 2)).ravel(), [-np.inf, np.inf])
    assert_array_equal(max_pool_backward(row(5, 6), x, (1, 2)).ravel(), [5, 0, 6, 0])


@pytest.mark.parametrize("shape, size, stride", GRID)
def test_every_window_gives_its_maximum_and_its_mean(shape, size, stride):
    x, _ = problem(shape, size, stride)
    largest, mean = max_pool_forward(x, size, stride=stride), average_pool_forward(x, size, stride=stride)
    places = list(windows(shape, size, stride))
    assert largest.size == mean.size == len(places)
    for place, window in places:
        assert largest[place] == x[window].max()
        assert mean[place] == pytest.approx(x[window].mean())


@pytest.mark.parametrize("shape, size, stride", GRID)
@pytest.mark.parametrize("levels", [2, 4, None], ids=["many ties", "some ties", "no ties"])
def test_every_window_pays_its_first_maximum(shape, size, stride, levels):
    x, dy = problem(shape, size, stride)
    x = x % levels if levels else x
    expected = np.zeros(shape)
    for place, window in windows(shape, size, stride):
        first = np.unravel_index(np.argmax(x[window]), x[window].shape)
        expected[window][first] += dy[place]
    assert_allclose(max_pool_backward(dy, x, size, stride=stride), expected)


@pytest.mark.parametrize("shape, size, stride", GRID)
def test_every_window_pays_all_its_pixels_alike(shape, size, stride):
    _, dy = problem(shape, size, stride)
    expected = np.zeros(shape)
    for place, window in windows(shape, size, stride):
        expected[window] += dy[place] / expected[window].size
    assert_allclose(average_pool_backward(dy, shape, size, stride=stride), expected)


@pytest.mark.parametrize("shape, size, stride", GRID)
def test_backward_is_the_numeric_gradient(shape, size, stride):
    x, dy = problem(shape, size, stride)
    numeric = numeric_gradient(lambda x: np.sum(dy * max_pool_forward(x, size, stride=stride)), x)
    assert_allclose(max_pool_backward(dy, x, size, stride=stride), numeric, atol=1e-6)
    numeric = numeric_gradient(lambda x: np.sum(dy * average_pool_forward(x, size, stride=stride)), x)
    assert_allclose(average_pool_backward(dy, shape, size, stride=stride), numeric, atol=1e-6)


@pytest.mark.keras
@pytest.mark.parametrize("shape, size, stride", GRID)
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_both_ways_are_tensorflows(shape, size, stride, kind):
    tf = pytest.importorskip("tensorflow")
    x, dy = problem(shape, size, stride)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = getattr(tf.nn, f"{kind}_pool2d")(tensor, pair(size), pair(stride or size), "VALID")
    expected = tape.gradient(y, tensor, tf.constant(dy))
    averages = average_pool_forward, average_pool_backward
    forward, backward = (max_pool_forward, max_pool_backward) if kind == "max" else averages
    assert_allclose(forward(x, size, stride=stride), y)
    assert_allclose(backward(dy, x if kind == "max" else shape, size, stride=stride), expected)


@pytest.mark.keras
def test_the_first_of_equal_pixels_is_keras_choice_too():
    tf = pytest.importorskip("tensorflow")
    x = np.random.default_rng(0).integers(0, 3, (2, 6, 8, 2)).astype(float)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        loss = tf.reduce_sum(tf.nn.max_pool2d(tensor, 2, 2, "VALID"))
    assert_array_equal(max_pool_backward(np.ones((2, 3, 4, 2)), x, 2), tape.gradient(loss, tensor))


# Wrong ones, that square maps, stride = size and distinct numbers would let pass


def wrong_max_pool_backward(dy, x, size, *, stride=None, mistake):
    dx = np.zeros(x.shape)
    if mistake == "mask over the whole map":
        for n, c in np.ndindex(x.shape[0], x.shape[3]):
            for value in np.unique(max_pool_forward(x, size, stride=stride)[n, :, :, c]):
                won = dy[n, :, :, c][max_pool_forward(x, size, stride=stride)[n, :, :, c] == value].sum()
                dx[n, :, :, c] += won * (x[n, :, :, c] == value)
        return dx
    walk = list(windows(x.shape, size, stride))
    if mistake == "stride taken as size":
        walk = [(place, window) for place, window in windows(x.shape, size, None) if np.all(np.less(place, dy.shape))]
    for place, window in walk:
        seen = np.abs(x[window]) if mistake == "largest without sign" else x[window]
        if mistake == "every tie paid":
            dx[window] += dy[place] * (seen == seen.max())
        elif mistake == "last of equal pixels":
            dx[window][np.unravel_index(seen.size - 1 - np.argmax(seen[::-1, ::-1]), seen.shape)] += dy[place]
        elif mistake == "assigned, not added":
            dx[window][np.unravel_index(np.argmax(seen), seen.shape)] = dy[place]
        else:
            dx[window][np.unravel_index(np.argmax(seen), seen.shape)] += dy[place]
    return dx


@pytest.mark.parametrize(
    "mistake",
    [None, "stride taken as size", "mask over the whole map", "largest without sign", "every tie paid", "last of equal pixels",
     "assigned, not added"],
)  # fmt: skip
def test_the_grid_tells_wrong_gradients_from_right_ones(mistake):
    told = 0
    for case in GRID:
        shape, size, stride = case.values
        x, dy = problem(*case.values)
        x = x % 5 - 4
        wrong = wrong_max_pool_backward(dy, x, size, stride=stride, mistake=mistake)
        told += not np.allclose(wrong, max_pool_backward(dy, x, size, stride=stride))
    assert told == 0 if mistake is None else told >= 3


# Types and errors


def test_types_are_kept_or_become_float64_and_arguments_stay():
    x, dy = problem((2, 5, 7, 3), 3, 2, np.float32)  # read-only
    results = [max_pool_forward(x, 3, stride=2), average_pool_forward(x, 3, stride=2), max_pool_backward(dy, x, 3, stride=2),
               average_pool_backward(dy, x.shape, 3, stride=2)]  # fmt: skip
    assert {result.dtype for result in results} == {np.dtype(np.float32)}
    x = np.full((1, 2, 2, 1), 250, np.uint8)
    assert average_pool_forward(x, 2).dtype == max_pool_forward(x, 2).dtype == np.float64
    assert average_pool_forward(x, 2).item() == 250
    assert max_pool_backward([[[[3]]]], x, 2).dtype == average_pool_backward([[[[3]]]], [1, 2, 2, 1], 2).dtype == np.float64


def test_arrays_in_any_order_of_memory_give_the_same():
    x, dy = problem((2, 5, 7, 3), 3, 2)
    turned, dturned = (np.asfortranarray(np.repeat(array, 2, axis=2))[:, :, ::2] for array in (x, dy))
    assert_array_equal(max_pool_forward(turned, 3, stride=2), max_pool_forward(x, 3, stride=2))
    assert_array_equal(max_pool_backward(dturned, turned, 3, stride=2), max_pool_backward(dy, x, 3, stride=2))


def test_the_pooled_maps_are_new_arrays():
    x = np.ones((1, 2, 3, 1))
    assert not np.shares_memory(max_pool_forward(x, 1), x) and not np.shares_memory(average_pool_forward(x, 1), x)


@pytest.mark.parametrize("forward", [max_pool_forward, average_pool_forward])
@pytest.mark.parametrize(
    "x, size, stride, error, says",
    [
        pytest.param(np.ones((2, 4, 6)), 2, None, ValueError, r"x has shape \(2, 4, 6\)", id="three axes"),
        pytest.param(np.ones((2, 4, 6, 1)), 5, None, ValueError, "5 x 5 px does not fit a map of 4 x 6 px", id="tall"),
        pytest.param(np.ones((2, 4, 6, 1)), (2, 7), None, ValueError, "window of 2 x 7 px", id="wide"),
        pytest.param(np.ones((2, 4, 6, 1)), 0, None, ValueError, "size is 0: it needs to be at least 1", id="size 0"),
        pytest.param(np.ones((2, 4, 6, 1)), 2, 0, ValueError, "stride is 0", id="stride 0"),
        pytest.param(np.ones((2, 4, 6, 1)), 2.0, None, TypeError, "size is 2.0: it needs a whole number", id="float"),
        pytest.param(np.ones((2, 4, 6, 1)), (2, 2, 1), None, ValueError, "a height and a width", id="three sides"),
        pytest.param(np.full((2, 4, 6, 1), None), 2, None, TypeError, "x holds object", id="no numbers"),
    ],
)
def test_forward_refuses(forward, x, size, stride, error, says):
    with pytest.raises(error, match=says):
        forward(x, size, stride=stride)


@pytest.mark.parametrize("backward", BACKWARD)
@pytest.mark.parametrize(
    "dy_shape, size, stride, says",
    [
        pytest.param((2, 4, 6, 1), 2, None, r"dy has shape \(2, 4, 6, 1\), .* \(2, 2, 3, 1\)", id="dy as large as x"),
        pytest.param((2, 2, 3, 1), 2, 1, r"\(2, 3, 5, 1\)", id="dy of another stride"),
        pytest.param((1, 2, 3, 1), 2, None, r"\(2, 2, 3, 1\)", id="dy of fewer images"),
        pytest.param((2, 2, 3), 2, None, r"dy has shape \(2, 2, 3\)", id="dy of three axes"),
        pytest.param((2, 2, 3, 1), 5, None, "window of 5 x 5 px", id="window too large"),
    ],
)
def test_backward_refuses(backward, dy_shape, size, stride, says):
    given = np.ones((2, 4, 6, 1)) if backward is max_pool_backward else (2, 4, 6, 1)
    with pytest.raises(ValueError, match=says):
        backward(np.ones(dy_shape), given, size, stride=stride)


@pytest.mark.parametrize("x_shape", [(4, 6), np.ones((2, 4, 6, 1)), 4], ids=["two axes", "x itself", "one number"])
def test_average_backward_asks_for_a_shape(x_shape):
    with pytest.raises(ValueError, match="x_shape is .* Use x.shape"):
        average_pool_backward(np.ones((2, 2, 3, 1)), x_shape, 2)
