"""Convolution both ways: numbers by hand, text against tool, the numeric gradient, TensorFlow, and wrong ones."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib.convolution_layers
from cnnlib import (
    conv1d_backward,
    conv1d_forward,
    conv2d_backward,
    conv2d_backward_loops,
    conv2d_forward,
    conv2d_forward_loops,
    correlate2d,
    numeric_gradient,
)

FORWARD = [pytest.param(conv2d_forward, id="tool"), pytest.param(conv2d_forward_loops, id="text")]
BACKWARD = [pytest.param(conv2d_backward, id="tool"), pytest.param(conv2d_backward_loops, id="text")]

# (N, H, W, C_in), (KH, KW, C_out), stride, pad: heights differ from widths, kernels from squares, channels from filters
GRID = [
    pytest.param((2, 5, 7, 3), (3, 2, 4), 1, 0, id="a kernel taller than wide"),
    pytest.param((2, 6, 5, 2), (2, 4, 3), 1, 0, id="a kernel wider than tall"),
    pytest.param((3, 7, 9, 2), (3, 2, 5), 2, 0, id="stride 2"),
    pytest.param((2, 8, 10, 1), (2, 3, 2), 3, 0, id="stride 3, the last columns unused"),
    pytest.param((2, 7, 5, 2), (1, 2, 3), 3, 0, id="stride larger than the kernel, pixels unseen"),
    pytest.param((2, 4, 6, 3), (3, 2, 2), 1, 1, id="pad 1"),
    pytest.param((3, 5, 8, 2), (3, 4, 3), 2, 2, id="stride 2 and pad 2"),
    pytest.param((2, 3, 5, 2), (2, 3, 4), 3, 3, id="stride 3 and a pad as wide as the kernel"),
    pytest.param((2, 2, 3, 2), (5, 4, 3), 1, 2, id="a kernel larger than the image, that pad makes fit"),
    pytest.param((2, 4, 5, 3), (4, 5, 2), 1, 0, id="a kernel as large as the image"),
    pytest.param((2, 4, 5, 3), (1, 1, 2), 1, 0, id="a kernel of one pixel"),
    pytest.param((1, 1, 6, 1), (1, 3, 1), 2, 1, id="a single row"),
    pytest.param((2, 1, 2, 1), (1, 2, 2), 4, 3, id="windows that see nothing but the frame"),
]


def problem(x_shape, filters, stride, pad, dtype=np.float64):
    """(x, weights, bias, dy, options), read-only: what changes its arguments fails."""
    rng = np.random.default_rng(sum(x_shape) + stride + pad)
    kh, kw, c_out = filters
    out = [(side + 2 * pad - k) // stride + 1 for side, k in zip(x_shape[1:3], (kh, kw), strict=True)]
    shapes = x_shape, (kh, kw, x_shape[3], c_out), (c_out,), (x_shape[0], *out, c_out)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    for array in arrays:
        array.setflags(write=False)
    return *arrays, {"stride": stride, "pad": pad}


# Numbers by hand


def test_one_dimension_forward_by_hand():
    assert_array_equal(conv1d_forward([1, 2, 3, 4], [1, 0, -1]), [-2, -2])


def test_one_dimension_backward_by_hand():
    # y0 = 2 a + 3 b, y1 = 5 a + 7 b ... with dy = (1, 10, 100)
    dx, dw = conv1d_backward([1, 10, 100], [2, 5, 7, 11], [3, 4])
    assert_array_equal(dx, [3, 34, 340, 400])
    assert_array_equal(dw, [2 + 50 + 700, 5 + 70 + 1100])


@pytest.mark.parametrize("forward", FORWARD)
def test_two_filters_over_two_channels_by_hand(forward):
    x = np.array([[[1, 10], [2, 20], [3, 30]]])[np.newaxis]  # (1, 1, 3, 2)
    weights = np.zeros((1, 2, 2, 2))
    weights[0, :, 0, 0] = 1, -1  # the first filter sees channel 0: a step
    weights[0, :, :, 1] = 1  # the second adds up all that it sees
    assert_array_equal(forward(x, weights, [0, 100])[0, 0], [[-1, 133], [-1, 155]])


@pytest.mark.parametrize("backward", BACKWARD)
def test_the_gradient_of_one_output_paints_its_patch(backward):
    x = np.arange(12.0).reshape(1, 3, 4, 1)
    weights = np.array([[1.0, 2], [3, 4]]).reshape(2, 2, 1, 1)
    dy = np.zeros((1, 2, 3, 1))
    dy[0, 1, 2] = 10
    dx, dweights, dbias = backward(dy, x, weights)
    assert_array_equal(dx[0, :, :, 0], [[0, 0, 0, 0], [0, 0, 10, 20], [0, 0, 30, 40]])
    assert_array_equal(dweights[:, :, 0, 0], 10 * x[0, 1:, 2:, 0])
    assert_array_equal(dbias, [10])


@pytest.mark.parametrize("backward", BACKWARD)
def test_overlapping_windows_add_up_and_padding_takes_its_part_away(backward):
    # one row 1 2 3, kernel 10 1, pad 1: y = (1 0 + ...): windows (0,1) (1,2) (2,3) (3,0)
    x, weights = np.array([1.0, 2, 3]).reshape(1, 1, 3, 1), np.array([10.0, 1]).reshape(1, 2, 1, 1)
    dy = np.zeros((1, 3, 4, 1))
    dy[0, 1, :, 0] = 1, 2, 3, 4  # rows 0 and 2 see only the frame
    dx, dweights, dbias = backward(dy, x, weights, pad=1)
    assert_array_equal(dx.ravel(), [1 + 20, 2 + 30, 3 + 40])
    assert_array_equal(dweights.ravel(), [1 * 2 + 2 * 3 + 3 * 4, 1 * 1 + 2 * 2 + 3 * 3])
    assert_array_equal(dbias, [10])


def test_a_gray_layer_of_one_filter_is_correlation():
    rng = np.random.default_rng(0)
    image, kernel = rng.normal(size=(6, 8)), rng.normal(size=(3, 2))
    y = conv2d_forward(image[None, :, :, None], kernel[:, :, None, None], [0])
    assert_allclose(y[0, :, :, 0], correlate2d(image, kernel))


def test_dx_is_correlation_of_the_padded_dy_with_the_flipped_filter():
    x, weights, _, dy, _ = problem((2, 5, 7, 3), (3, 2, 4), 1, 0)
    padded = np.pad(dy, [(0, 0), (2, 2), (1, 1), (0, 0)])
    dx, _, _ = conv2d_backward(dy, x, weights)
    assert_allclose(dx, conv2d_forward(padded, weights[::-1, ::-1].transpose(0, 1, 3, 2), np.zeros(3)))


# Text and tool


@pytest.fixture(
    params=[
        pytest.param((2**21, 3), id="planes, one block"),
        pytest.param((4000, 3), id="planes, blocks of some images"),
        pytest.param((2**21, 0), id="strips, one block"),
        pytest.param((2000, 0), id="strips, blocks of some rows"),
        pytest.param((1, 0), id="strips, blocks of one row"),
    ]
)
def block(request, monkeypatch):
    size, few = request.param
    monkeypatch.setattr(cnnlib.convolution_layers, "BLOCK", size)
    monkeypatch.setattr(cnnlib.convolution_layers, "FEW", few)


@pytest.mark.parametrize("x_shape, filters, stride, pad", GRID)
def test_tool_and_text_agree_forward(block, x_shape, filters, stride, pad):
    x, weights, bias, _, options = problem(x_shape, filters, stride, pad)
    assert_allclose(conv2d_forward(x, weights, bias, **options), conv2d_forward_loops(x, weights, bias, **options), atol=1e-12)


@pytest.mark.parametrize("x_shape, filters, stride, pad", GRID)
def test_tool_and_text_agree_backward(block, x_shape, filters, stride, pad):
    x, weights, _, dy, options = problem(x_shape, filters, stride, pad)
    expected = conv2d_backward_loops(dy, x, weights, **options)
    for tool, text in zip(conv2d_backward(dy, x, weights, **options), expected, strict=True):
        assert_allclose(tool, text, atol=1e-12)


@pytest.mark.parametrize("x_shape, filters, stride, pad", GRID)
def test_single_precision_stays_and_agrees(x_shape, filters, stride, pad):
    x, weights, bias, dy, options = problem(x_shape, filters, stride, pad, np.float32)
    results = [conv2d_forward(x, weights, bias, **options), *conv2d_backward(dy, x, weights, **options)]
    texts = [conv2d_forward_loops(x, weights, bias, **options), *conv2d_backward_loops(dy, x, weights, **options)]
    for tool, text in zip(results, texts, strict=True):
        assert tool.dtype == text.dtype == np.float32
        assert_allclose(tool, text, atol=1e-4)


@pytest.mark.parametrize("forward", FORWARD)
@pytest.mark.parametrize("backward", BACKWARD)
def test_integers_bytes_lists_and_mixed_types_become_float64(forward, backward):
    x, weights = np.full((1, 2, 3, 1), 200, np.uint8), np.full((1, 2, 1, 1), 3, np.int8)
    y = forward(x, weights, [True])
    assert y.dtype == np.float64 and (y == 1201).all()
    for gradient in backward(np.ones((1, 2, 2, 1), np.float32), x.astype(np.float16), weights.tolist()):
        assert gradient.dtype == np.float64
    assert forward(x.astype(np.float32), weights.astype(np.float64), [0]).dtype == np.float64


@pytest.mark.parametrize("forward", FORWARD)
@pytest.mark.parametrize("backward", BACKWARD)
def test_arrays_in_any_order_of_memory_give_the_same(forward, backward):
    x, weights, bias, dy, options = problem((3, 7, 9, 2), (3, 2, 5), 2, 1)

    def scattered(array):
        """Every second number of a larger array in Fortran order, backwards."""
        larger = np.zeros([2 * side for side in array.shape], order="F")
        larger[tuple([slice(None, None, -2)] * array.ndim)] = array
        return larger[tuple([slice(None, None, -2)] * array.ndim)]

    assert not scattered(x).flags.c_contiguous
    assert_allclose(forward(scattered(x), scattered(weights), scattered(bias), **options), forward(x, weights, bias, **options))
    others = backward(scattered(dy), scattered(x), scattered(weights), **options)
    for other, gradient in zip(others, backward(dy, x, weights, **options), strict=True):
        assert_allclose(other, gradient)


@pytest.mark.parametrize("pad", [0, 1])
def test_results_are_new_arrays_in_order(pad):
    x, weights, bias, dy, options = problem((2, 5, 6, 3), (3, 3, 4), 1, pad)
    for result in (conv2d_forward(x, weights, bias, **options), *conv2d_backward(dy, x, weights, **options)):
        assert result.flags.c_contiguous and result.flags.writeable
        assert not any(np.shares_memory(result, array) for array in (x, weights, bias, dy))


def test_not_a_number_spoils_its_own_image_only():
    x, weights, bias, _, _ = problem((3, 5, 6, 2), (3, 2, 4), 1, 0)
    spoilt = x.copy()
    spoilt[1] = np.nan
    y = conv2d_forward(spoilt, weights, bias)
    assert np.isnan(y[1]).all()
    assert_array_equal(y[[0, 2]], conv2d_forward(x, weights, bias)[[0, 2]])


# The numeric gradient


@pytest.mark.parametrize("x_shape, filters, stride, pad", GRID)
def test_backward_is_the_numeric_gradient(x_shape, filters, stride, pad):
    x, weights, bias, dy, options = problem(x_shape, filters, stride, pad)
    dx, dweights, dbias = conv2d_backward(dy, x, weights, **options)

    def loss(x, weights, bias):
        return np.sum(dy * conv2d_forward(x, weights, bias, **options))

    assert_allclose(dx, numeric_gradient(lambda x: loss(x, weights, bias), x), rtol=1e-6, atol=1e-7)
    assert_allclose(dweights, numeric_gradient(lambda weights: loss(x, weights, bias), weights), rtol=1e-6, atol=1e-7)
    assert_allclose(dbias, numeric_gradient(lambda bias: loss(x, weights, bias), bias), rtol=1e-6, atol=1e-7)


def test_backward_in_one_dimension_is_the_numeric_gradient():
    rng = np.random.default_rng(0)
    x, w, dy = rng.normal(size=7), rng.normal(size=3), rng.normal(size=5)
    dx, dw = conv1d_backward(dy, x, w)
    assert_allclose(dx, numeric_gradient(lambda x: np.sum(dy * conv1d_forward(x, w)), x), atol=1e-8)
    assert_allclose(dw, numeric_gradient(lambda w: np.sum(dy * conv1d_forward(x, w)), w), atol=1e-8)


# TensorFlow


@pytest.mark.keras
@pytest.mark.parametrize("x_shape, filters, stride, pad", GRID)
def test_forward_and_backward_are_tensorflows(x_shape, filters, stride, pad):
    tf = pytest.importorskip("tensorflow")
    x, weights, bias, dy, options = problem(x_shape, filters, stride, pad)
    tensors = [tf.constant(array) for array in (x, weights, bias)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        frame = [[0, 0], [pad, pad], [pad, pad], [0, 0]]
        y = tf.nn.bias_add(tf.nn.conv2d(tf.pad(tensors[0], frame), tensors[1], stride, "VALID"), tensors[2])
    assert_allclose(conv2d_forward(x, weights, bias, **options), y, atol=1e-12)
    expected = tape.gradient(y, tensors, output_gradients=tf.constant(dy))
    for ours, theirs in zip(conv2d_backward(dy, x, weights, **options), expected, strict=True):
        assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.keras
def test_one_dimension_is_tensorflows():
    tf = pytest.importorskip("tensorflow")
    rng = np.random.default_rng(0)
    x, w, dy = rng.normal(size=7), rng.normal(size=3), rng.normal(size=5)
    tensors = [tf.constant(x[None, :, None]), tf.constant(w[:, None, None])]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        y = tf.nn.conv1d(*tensors, 1, "VALID")
    assert_allclose(conv1d_forward(x, w), y[0, :, 0])
    for ours, theirs in zip(conv1d_backward(dy, x, w), tape.gradient(y, tensors, tf.constant(dy[None, :, None])), strict=True):
        assert_allclose(ours, np.ravel(theirs))


# Wrong ones, that square inputs, one image, stride 1 and no padding would let pass


def wrong_backward(dy, x, weights, *, stride=1, pad=0, mistake):
    """conv2d_backward_loops with one line changed."""
    kh, kw, _, c_out = weights.shape
    padded = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    dpadded, dweights, dbias = np.zeros(padded.shape), np.zeros(weights.shape), dy.sum(axis=(0, 1, 2))
    step = 1 if mistake == "stride ignored" else stride
    for n in range(1 if mistake == "first image only" else len(x)):
        for i in range(dy.shape[1]):
            for j in range(dy.shape[2]):
                window = np.s_[n, i * step : i * step + kh, j * step : j * step + kw]
                for c in range(c_out):
                    filter_ = weights[::-1, ::-1, :, c] if mistake == "filter turned" else weights[..., c]
                    painted = dy[n, i, j, c] * filter_ + (0 if mistake == "assigned, not added" else dpadded[window])
                    dpadded[window] = painted
                    dweights[..., c] += dy[n, i, j, c] * padded[window]
    if mistake == "padding left on":
        return dpadded, dweights, dbias
    if mistake == "bias averaged":
        dbias = dy.mean(axis=(0, 1, 2))
    if mistake == "averaged over the batch":
        dweights = dweights / len(x)
    return dpadded[:, pad : pad + x.shape[1], pad : pad + x.shape[2]], dweights, dbias


MISTAKES = [
    "stride ignored", "assigned, not added", "filter turned", "padding left on", "bias averaged", "averaged over the batch",
    "first image only",
]  # fmt: skip


@pytest.mark.parametrize("mistake", [None, *MISTAKES])
def test_the_grid_tells_wrong_gradients_from_right_ones(mistake):
    told = 0
    for case in GRID:
        x, weights, _, dy, options = problem(*case.values)
        wrong = wrong_backward(dy, x, weights, **options, mistake=mistake)
        right = conv2d_backward(dy, x, weights, **options)
        told += any(a.shape != b.shape or not np.allclose(a, b) for a, b in zip(wrong, right, strict=True))
    assert told == 0 if mistake is None else told >= 3


# Memory


@pytest.mark.parametrize("batch", [16, 64])
@pytest.mark.parametrize("pad", [0, 2])
@pytest.mark.parametrize(
    "x_shape, filters",
    [
        pytest.param((26, 30, 32), (3, 3, 48), id="many channels"),
        pytest.param((120, 90, 8), (5, 3, 8), id="large images"),
        pytest.param((28, 30, 1), (3, 3, 32), id="one channel"),
        pytest.param((200, 190, 3), (5, 5, 4), id="large images in colour"),
    ],
)
def test_the_extra_memory_is_bounded_whatever_the_batch(batch, pad, x_shape, filters):
    x, weights, bias, dy, options = problem((batch, *x_shape), filters, 1, pad, np.float32)
    for run, bound in [(lambda: conv2d_forward(x, weights, bias, **options), 5),
                       (lambda: conv2d_backward(dy, x, weights, **options), 9)]:  # fmt: skip
        tracemalloc.start()
        try:
            result = run()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        kept = sum(array.nbytes for array in (result if isinstance(result, tuple) else (result,)))
        assert (peak - kept - 3 * weights.nbytes) / 2**20 <= bound


# Errors


GOOD = {"x": np.ones((2, 5, 7, 3)), "weights": np.ones((3, 2, 3, 4)), "bias": np.ones(4), "stride": 1, "pad": 0}
REFUSED = [
    pytest.param({"x": np.ones((5, 7, 3))}, ValueError, r"x has shape \(5, 7, 3\): .* a batch of one", id="one image"),
    pytest.param({"x": np.ones((2, 5, 7, 2))}, ValueError, "weights of 3 input channels do not fit x of 2", id="channels"),
    pytest.param({"x": np.ones((0, 5, 7, 3))}, ValueError, "x has shape .* every axis", id="no image"),
    pytest.param({"x": np.full((2, 5, 7, 3), "a")}, TypeError, "x holds .* real numbers", id="text"),
    pytest.param({"x": np.ones((2, 5, 7, 3), complex)}, TypeError, "x holds complex128", id="complex numbers"),
    pytest.param({"x": np.ones((2, 2, 7, 3))}, ValueError, "kernel of 3 x 2 px .* 2 x 7 px with pad=0", id="kernel too tall"),
    pytest.param({"x": np.ones((2, 5, 1, 3))}, ValueError, "kernel of 3 x 2 px .* 5 x 1 px with pad=0", id="kernel too wide"),
    pytest.param({"weights": np.ones((3, 2, 3))}, ValueError, r"weights has shape \(3, 2, 3\)", id="one filter"),
    pytest.param({"stride": 0}, ValueError, "stride is 0: it needs to be at least 1", id="no stride"),
    pytest.param({"stride": 1.5}, TypeError, "stride is 1.5: it needs a whole number", id="half a stride"),
    pytest.param({"pad": -1}, ValueError, "pad is -1: it needs to be at least 0", id="negative pad"),
]


@pytest.mark.parametrize("forward", FORWARD)
@pytest.mark.parametrize(
    "change, error, says",
    [*REFUSED, pytest.param({"bias": np.ones(3)}, ValueError, r"bias has shape \(3,\), .* \(4,\)", id="a bias too few")],
)
def test_forward_refuses(forward, change, error, says):
    arguments = GOOD | change
    with pytest.raises(error, match=says):
        forward(arguments.pop("x"), arguments.pop("weights"), arguments.pop("bias"), **arguments)


@pytest.mark.parametrize("backward", BACKWARD)
@pytest.mark.parametrize(
    "change, error, says",
    [
        *REFUSED,
        pytest.param({"dy": np.ones((2, 5, 7, 4))}, ValueError, r"\(2, 5, 7, 4\), .* \(2, 3, 6, 4\)", id="dy as large as x"),
        pytest.param({"dy": np.ones((3, 6, 4))}, ValueError, r"dy has shape \(3, 6, 4\)", id="dy of one image"),
        pytest.param({"dy": np.ones((2, 6, 3, 4))}, ValueError, "dy has shape", id="dy turned"),
        pytest.param({"stride": 2}, ValueError, r"\(2, 2, 3, 4\)", id="dy of another stride"),
    ],
)
def test_backward_refuses(backward, change, error, says):
    arguments = GOOD | {"dy": np.ones((2, 3, 6, 4))} | change
    with pytest.raises(error, match=says):
        backward(arguments["dy"], arguments["x"], arguments["weights"], stride=arguments["stride"], pad=arguments["pad"])


@pytest.mark.parametrize(
    "call, says",
    [
        pytest.param(lambda: conv1d_forward([1, 2], [1, 2, 3]), "kernel of 3 numbers does not fit a row of 2", id="too long"),
        pytest.param(lambda: conv1d_forward([[1, 2]], [1]), r"x has shape \(1, 2\)", id="two axes"),
        pytest.param(lambda: conv1d_backward([1, 2, 3], [1, 2, 3], [1, 2]), r"dy has shape \(3,\), .* \(2,\)", id="dy as x"),
        pytest.param(lambda: conv1d_backward([1], [1, 2], [1, 2, 3]), "does not fit", id="too long, backward"),
    ],
)
def test_one_dimension_refuses(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_one_dimension_keeps_single_precision_and_its_arguments():
    arrays = [np.array(values, np.float32) for values in ([1, 2], [3, 4, 5], [6, 7])]
    for array in arrays:
        array.setflags(write=False)
    dy, x, w = arrays
    assert {result.dtype for result in (conv1d_forward(x, w), *conv1d_backward(dy, x, w))} == {np.dtype(np.float32)}
