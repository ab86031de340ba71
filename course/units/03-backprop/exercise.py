# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 03: send the error back through a network, and train one
#
# **Aim.** You write both directions of the layers of a convolutional network: convolution in one and in two dimensions,
# maximum and average pooling, and the numeric gradient that tells whether a backward pass is right. At the end your own
# layers train a network that reads handwritten digits.
#
# **Time** about 120 minutes; the training at the end takes half a minute of it. **You need** the lecture beside this
# notebook, the output sizes of unit 02, and NumPy: slices with a step, `@`, `sum(axis=...)`.
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test cell
# below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that fails.
# Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see.
#
# **Loops are fine** for every mark: the tests are tiny. Only the training at the end needs functions that are fast.
#
# From question 2 on you may call your own functions or those of `cnnlib` for the *earlier* questions
# (`cnnlib.conv1d_forward` in question 2), so that a slip in one question costs that question alone.
#
# The answer to a question may call neither `cnnlib`'s own function of that name nor a convolution or pooling of SciPy,
# Keras or TensorFlow: when your notebook is graded, such a call is an error that says so.
#
# **Names.** `dy` is the gradient of the loss with respect to the layer's output `y`, `dx` with respect to its input `x`,
# `dweights` and `dbias` with respect to its parameters. A gradient always has the shape of what it belongs to. Arrays are
# channels last: `x` is (N, H, W, C), `weights` (KH, KW, C_in, C_out), `bias` (C_out,).

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cnnlib
import numpy as np
from cnnlib.check import check

# %% [markdown]
# ## 1. What does a filter answer along a line?
#
# A signal `x` of $n$ numbers, a filter `w` of $k$. Lay the filter on the first $k$ numbers, multiply, add up; move one to
# the right and again, as long as it fits:
#
# $$y_i = \sum_{a=0}^{k-1} x_{i+a} \, w_a \qquad i = 0, \dots, n - k$$
#
# **By hand first.** `x = [1, 2, 0, 3]`, `w = [2, -1]`. How long is `y`, and what stands in it?
# <details><summary>Answer</summary>4 - 2 + 1 = 3 numbers: [0, 4, -3]. The first is 1 · 2 + 2 · (-1).</details>

# %% forbidden=["cnnlib.conv1d_forward", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv1d", "keras.ops.conv"] nbgrader={"grade": false, "grade_id": "conv1d_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv1d_forward(x, w):
    """Slide a filter along a line of numbers and return the sum of the products at each place where it fits.

    Parameters
    ----------
    x : array (n,), whole numbers or floats
    w : array (k,), k at most n; the filter, taken as it is (not flipped)

    Returns
    -------
    array (n - k + 1,) of floats; neither argument is changed
    """
    ### BEGIN SOLUTION
    k = len(w)
    return np.array([np.sum(x[i:i + k] * np.asarray(w, dtype=float)) for i in range(len(x) - k + 1)])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv1d_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and lengths, for filters of any length (2 points).
check(conv1d_forward)
### BEGIN HIDDEN TESTS
for _n, _k in [(7, 3), (9, 4), (5, 1), (6, 6)]:
    _rng = np.random.default_rng([_n, _k])
    _x, _w = _rng.normal(size=_n), _rng.normal(size=_k)
    _want = [sum(_x[i + a] * _w[a] for a in range(_k)) for i in range(_n - _k + 1)]
    _got = np.asarray(conv1d_forward(_x, _w))
    assert _got.shape == np.shape(_want), f"wrong shape for {_n} numbers and a filter of {_k}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong values for {_n} numbers and a filter of {_k}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv1d_forward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Whole numbers give floats that are not cut off, and the arguments stay as they were (1 point).
### BEGIN HIDDEN TESTS
_x, _w = np.array([3, 1, 4, 1, 5, 9]), np.array([0.5, -0.25])
_x.flags.writeable = _w.flags.writeable = False
_got = np.asarray(conv1d_forward(_x, _w))
assert _got.shape == (5,), f"wrong shape for whole numbers: {_got.shape}"
assert np.allclose(_got, [1.25, -0.5, 1.75, -0.75, 0.25], rtol=1e-4, atol=1e-5), "wrong values for whole numbers"
assert _got.dtype.kind == "f", f"the result must be floats, it is {_got.dtype}"
assert np.array_equal(_x, [3, 1, 4, 1, 5, 9]) and np.array_equal(_w, [0.5, -0.25]), "an argument was changed in place"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Who made which output, and so who is to blame?
#
# Now the way back. Someone tells you `dy`: how much the loss grows when each $y_i$ grows. The chain rule asks which inputs
# went into $y_i$ and with what factor: $x_{i+a}$ went in with the factor $w_a$, and $w_a$ with the factor $x_{i+a}$. So
# $y_i$ hands $dy_i \cdot w_a$ to `dx[i + a]` and $dy_i \cdot x_{i+a}$ to `dw[a]`. Each output paints a patch, and where
# patches overlap, they *add up*:
#
# $$dx_{i+a} \mathrel{+}= dy_i \, w_a \qquad dw_a \mathrel{+}= dy_i \, x_{i+a}$$
#
# **By hand first.** The numbers of question 1, `x = [1, 2, 0, 3]`, `w = [2, -1]`, and `dy = [1, 1, 2]`. What are `dx` and
# `dw`? <details><summary>Answer</summary>Three patches, 1 · [2, -1], 1 · [2, -1] and 2 · [2, -1], each one further to the
# right: dx = [2, 1, 3, -2]. dw = 1 · [1, 2] + 1 · [2, 0] + 2 · [0, 3] = [3, 8].</details>

# %% forbidden=["cnnlib.conv1d_backward", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv1d", "keras.ops.conv"] nbgrader={"grade": false, "grade_id": "conv1d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv1d_backward(dy, x, w):
    """Send the gradient of a 1-D convolution back to its input and to its filter.

    Parameters
    ----------
    dy : array (n - k + 1,), the gradient of the loss with respect to conv1d_forward(x, w)
    x : array (n,), whole numbers or floats
    w : array (k,)

    Returns
    -------
    (dx, dw) : arrays (n,) and (k,) of floats, the gradients with respect to x and w; no argument is changed
    """
    ### BEGIN SOLUTION
    k = len(w)
    dx, dw = np.zeros(len(x)), np.zeros(k)
    for i in range(len(dy)):
        dx[i:i + k] += dy[i] * w
        dw += dy[i] * x[i:i + k]
    return dx, dw
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv1d_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Both gradients, for filters of any length (2 points).
check(conv1d_backward)
### BEGIN HIDDEN TESTS
for _n, _k in [(7, 3), (8, 2), (5, 1), (4, 4)]:
    _rng = np.random.default_rng([_n, _k])
    _x, _w, _dy = _rng.normal(size=_n), _rng.normal(size=_k), _rng.normal(size=_n - _k + 1)
    _dx = [sum(_dy[i] * _w[p - i] for i in range(_n - _k + 1) if 0 <= p - i < _k) for p in range(_n)]
    _dw = [sum(_dy[i] * _x[i + a] for i in range(_n - _k + 1)) for a in range(_k)]
    _got = conv1d_backward(_dy, _x, _w)
    assert isinstance(_got, (tuple, list)) and len(_got) == 2, "it must return dx and dw, as a tuple of arrays"
    for _name, _part, _want in zip(("dx", "dw"), _got, (_dx, _dw), strict=True):
        assert np.shape(_part) == np.shape(_want), f"wrong shape of {_name}, {np.shape(_part)}: {_n} numbers, a filter of {_k}"
        assert np.allclose(_part, _want, rtol=1e-4, atol=1e-5), f"{_name} is wrong for {_n} numbers and a filter of {_k}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv1d_backward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Whole numbers in x and w give gradients with fractions (1 point).
### BEGIN HIDDEN TESTS
_dx, _dw = conv1d_backward(np.array([0.5, -0.25, 1.5]), np.array([3, 1, 4, 1]), np.array([2, 7]))
assert np.shape(_dx) == (4,) and np.allclose(_dx, [1, 3, 1.25, 10.5], rtol=1e-4), "dx is wrong where x holds whole numbers"
assert np.shape(_dw) == (2,) and np.allclose(_dw, [7.25, 1], rtol=1e-4), "dw is wrong where w holds whole numbers"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv1d_backward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The arguments stay as they were; they may be read-only (1 point).
### BEGIN HIDDEN TESTS
_given = [np.array([1.0, -2, 3]), np.array([1.0, 2, 3, 4]), np.array([2.0, -1])]
for _array in _given:
    _array.flags.writeable = False
try:
    _dx, _dw = conv1d_backward(*_given)
except ValueError as _error:
    raise AssertionError(f"it writes into an argument: {_error}") from None
assert np.allclose(_dx, [2, -5, 8, -3]) and np.allclose(_dw, [6, 8]), "wrong gradients for read-only arrays"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. How does a layer look at a batch of images with many filters?
#
# The same in two dimensions, for N images of C_in channels and C_out filters at once. Each filter is as deep as the image
# and has one bias. `pad` puts that many rows and columns of zeros on *each* side of the image, and the filter moves
# `stride` pixels at a time:
#
# $$y[n, i, j, o] = \text{bias}[o] + \sum_{a, b, c}
# x_\text{padded}[n,\; i \cdot \text{stride} + a,\; j \cdot \text{stride} + b,\; c] \cdot \text{weights}[a, b, c, o]$$
#
# Unit 02 counted the places: $H' = \lfloor (H + 2\,\text{pad} - KH) / \text{stride} \rfloor + 1$, and the same for the width.
#
# **Predict the shape:** `x` is (8, 28, 28, 1), `weights` (3, 3, 1, 16), stride 2, pad 1.
# <details><summary>Answer</summary>(8, 14, 14, 16): (28 + 2 - 3) / 2 is 13.5, rounded down 13, and one more.</details>
#
# **Loop or slice?** Four nested loops pass every test. The fast way turns the loops inside out: loop over the few places
# (a, b) *in the filter*, and let NumPy do all images and pixels at once. For one (a, b) the pixels that meet
# `weights[a, b]` are a slice of the padded images with a step, of shape (N, H', W', C_in).

# %% forbidden=["cnnlib.conv2d_forward", "cnnlib.conv2d_forward_loops", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv2d", "tensorflow.nn.convolution", "keras.ops.conv", "keras.layers.Conv2D"] nbgrader={"grade": false, "grade_id": "conv2d_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    """Convolve a batch of images with a set of filters (as networks do: the filters are not flipped).

    Parameters
    ----------
    x : array (N, H, W, C_in) of floats; H and W may differ
    weights : array (KH, KW, C_in, C_out); KH and KW may differ
    bias : array (C_out,), added once to each output pixel of its filter
    stride : pixels from one window to the next, down and across
    pad : rows and columns of zeros on each side of the images

    Returns
    -------
    array (N, H', W', C_out) of floats, H' = (H + 2 pad - KH) // stride + 1; no argument is changed
    """
    ### BEGIN SOLUTION
    kh, kw = weights.shape[:2]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height = (padded.shape[1] - kh) // stride + 1
    width = (padded.shape[2] - kw) // stride + 1
    y = np.zeros((len(x), height, width, weights.shape[3]), dtype=np.result_type(x, weights, bias)) + bias
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride]
            y += np.tensordot(padded[window], weights[a, b], 1)
    return y
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Several images, channels and filters; images and filters that are not square (2 points).
check(conv2d_forward)
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

_cases = [((2, 5, 7, 3), (3, 2, 3, 4), 1, 0), ((3, 6, 4, 1), (1, 3, 1, 2), 1, 0),
          ((1, 3, 4, 2), (3, 4, 2, 1), 1, 0)]
for _shape, _size, _stride, _pad in _cases:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _want = _conv(_x, _w, _b, _stride, _pad)
    _got = np.asarray(conv2d_forward(_x, _w, _b, stride=_stride, pad=_pad))
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    assert _got.shape == _want.shape, f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong values: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_forward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Strides, those that do not divide the image included (1 point).
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

_cases = [((2, 7, 9, 2), (3, 3, 2, 3), 2, 0), ((1, 8, 6, 1), (3, 2, 1, 2), 2, 0),
          ((2, 9, 7, 2), (2, 2, 2, 3), 3, 0)]
for _shape, _size, _stride, _pad in _cases:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _want = _conv(_x, _w, _b, _stride, _pad)
    _got = np.asarray(conv2d_forward(_x, _w, _b, stride=_stride, pad=_pad))
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    assert _got.shape == _want.shape, f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong values: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_forward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Padding, also together with a stride (1 point).
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

_cases = [((2, 4, 5, 2), (3, 3, 2, 3), 1, 1), ((1, 3, 4, 3), (5, 4, 3, 2), 1, 2),
          ((2, 6, 7, 1), (3, 2, 1, 2), 2, 1)]
for _shape, _size, _stride, _pad in _cases:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _want = _conv(_x, _w, _b, _stride, _pad)
    _got = np.asarray(conv2d_forward(_x, _w, _b, stride=_stride, pad=_pad))
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    assert _got.shape == _want.shape, f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong values: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_forward_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The arguments stay as they were; they may be read-only (1 point).
### BEGIN HIDDEN TESTS
_given = [np.arange(24.0).reshape(1, 4, 3, 2), np.arange(16.0).reshape(2, 2, 2, 2), np.array([1.0, -1])]
_before = [_array.copy() for _array in _given]
for _pad in (0, 1):
    conv2d_forward(*_given, pad=_pad)
    assert all(map(np.array_equal, _given, _before)), "an argument was changed in place"
for _array in _given:
    _array.flags.writeable = False
try:
    _got = conv2d_forward(*_given)
except ValueError as _error:
    raise AssertionError(f"it writes into an argument: {_error}") from None
assert np.allclose(_got[0, 0, 0], [369, 403]), "wrong values for read-only arrays"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. How does the error travel back through a layer?
#
# Nothing new happens in two dimensions: every output pixel $y[n, i, j, o]$ paints its patch. It adds
# $dy[n, i, j, o] \cdot \text{weights}[:, :, :, o]$ to the window of `dx` that it saw, and $dy[n, i, j, o]$ times that window
# of `x` to `dweights[:, :, :, o]`. The bias went in with the factor 1, so `dbias[o]` collects every `dy` of its filter.
#
# With padding, paint into a *padded* `dx` and cut the frame off at the end. Pixels that no window reached get 0. There is
# no mean over the batch here: if the loss is a mean, that factor is in `dy` already.
#
# **By hand first.** A 3 x 3 filter slides over a 5 x 5 image, stride 1, no padding. How many outputs did the corner pixel
# go into, and how many the pixel in the middle? What is `dbias` when `dy` is (2, 3, 4, 5) and full of ones?
# <details><summary>Answer</summary>One and nine; so the middle collects nine contributions and the corner one.
# dbias = [24, 24, 24, 24, 24]: five filters, 2 · 3 · 4 pixels each.</details>

# %% forbidden=["cnnlib.conv2d_backward", "cnnlib.conv2d_backward_loops", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv2d", "tensorflow.nn.convolution", "keras.ops.conv", "keras.layers.Conv2D"] nbgrader={"grade": false, "grade_id": "conv2d_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    """Send the gradient of conv2d_forward back to its input, its filters and its biases.

    Parameters
    ----------
    dy : array (N, H', W', C_out), the gradient of the loss with respect to conv2d_forward(x, weights, bias, ...)
    x : array (N, H, W, C_in) of floats
    weights : array (KH, KW, C_in, C_out)
    stride, pad : as in conv2d_forward

    Returns
    -------
    (dx, dweights, dbias) : arrays (N, H, W, C_in), (KH, KW, C_in, C_out) and (C_out,); sums over the batch,
        not means; no argument is changed
    """
    ### BEGIN SOLUTION
    (_, height, width, _), (kh, kw) = dy.shape, weights.shape[:2]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dpadded, dweights = np.zeros_like(padded), np.zeros_like(weights)
    for a in range(kh):
        for b in range(kw):
            window = np.s_[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride]
            dpadded[window] += np.tensordot(dy, weights[a, b].T, 1)
            dweights[a, b] = np.tensordot(padded[window], dy, axes=[[0, 1, 2], [0, 1, 2]])
    dx = dpadded[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx, dweights, dy.sum(axis=(0, 1, 2))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Three gradients, for several images, channels and filters (2 points).
check(conv2d_backward)
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

_cases = [((2, 4, 5, 2), (2, 3, 2, 3), 1, 0), ((3, 4, 3, 1), (3, 1, 1, 2), 1, 0),
          ((1, 2, 3, 3), (2, 3, 3, 1), 1, 0)]
for _shape, _size, _stride, _pad in _cases:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _y = _conv(_x, _w, _b, _stride, _pad)
    _dy = _rng.normal(size=_y.shape)
    _args = [_x, _w, _b]
    _wants = [np.zeros(_array.shape) for _array in _args]
    for _which, _want in enumerate(_wants):
        for _at in np.ndindex(_want.shape):  # y is linear in each argument, so one step of 1 gives the exact gradient
            _moved = [_array.copy() for _array in _args]
            _moved[_which][_at] += 1
            _want[_at] = np.sum((_conv(*_moved, _stride, _pad) - _y) * _dy)
    _got = conv2d_backward(_dy, _x, _w, stride=_stride, pad=_pad)
    assert isinstance(_got, (tuple, list)) and len(_got) == 3, "it must return dx, dweights and dbias, as a tuple of arrays"
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    for _name, _part, _want in zip(("dx", "dweights", "dbias"), _got, _wants, strict=True):
        assert np.shape(_part) == _want.shape, f"wrong shape of {_name}, {np.shape(_part)}: {_about}"
        assert np.allclose(_part, _want, rtol=1e-4, atol=1e-5), f"{_name} is wrong: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_backward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Strides: windows that overlap, that leave gaps, that do not reach the last row or column (1 point).
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

for _shape, _size, _stride, _pad in [((2, 6, 5, 2), (3, 2, 2, 3), 2, 0), ((1, 7, 8, 1), (2, 2, 1, 2), 3, 0)]:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _y = _conv(_x, _w, _b, _stride, _pad)
    _dy = _rng.normal(size=_y.shape)
    _args = [_x, _w, _b]
    _wants = [np.zeros(_array.shape) for _array in _args]
    for _which, _want in enumerate(_wants):
        for _at in np.ndindex(_want.shape):  # y is linear in each argument, so one step of 1 gives the exact gradient
            _moved = [_array.copy() for _array in _args]
            _moved[_which][_at] += 1
            _want[_at] = np.sum((_conv(*_moved, _stride, _pad) - _y) * _dy)
    _got = conv2d_backward(_dy, _x, _w, stride=_stride, pad=_pad)
    assert isinstance(_got, (tuple, list)) and len(_got) == 3, "it must return dx, dweights and dbias, as a tuple of arrays"
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    for _name, _part, _want in zip(("dx", "dweights", "dbias"), _got, _wants, strict=True):
        assert np.shape(_part) == _want.shape, f"wrong shape of {_name}, {np.shape(_part)}: {_about}"
        assert np.allclose(_part, _want, rtol=1e-4, atol=1e-5), f"{_name} is wrong: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_backward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Padding, also together with a stride (1 point).
### BEGIN HIDDEN TESTS
def _conv(x, w, b, s, p):  # number by number
    (n, h, v, c), (kh, kw, _, filters) = x.shape, w.shape
    padded = np.zeros((n, h + 2 * p, v + 2 * p, c))
    padded[:, p:p + h, p:p + v] = x
    return np.array([[[[b[o] + np.sum(padded[m, i * s:i * s + kh, j * s:j * s + kw] * w[..., o]) for o in range(filters)]
                       for j in range((v + 2 * p - kw) // s + 1)] for i in range((h + 2 * p - kh) // s + 1)] for m in range(n)])

_cases = [((2, 3, 4, 2), (3, 2, 2, 3), 1, 1), ((1, 5, 4, 1), (3, 3, 1, 2), 2, 1),
          ((1, 2, 3, 1), (4, 5, 1, 2), 1, 2)]
for _shape, _size, _stride, _pad in _cases:
    _rng = np.random.default_rng([*_shape, *_size, _stride, _pad])
    _x, _w, _b = _rng.normal(size=_shape), _rng.normal(size=_size), _rng.normal(size=_size[3])
    _y = _conv(_x, _w, _b, _stride, _pad)
    _dy = _rng.normal(size=_y.shape)
    _args = [_x, _w, _b]
    _wants = [np.zeros(_array.shape) for _array in _args]
    for _which, _want in enumerate(_wants):
        for _at in np.ndindex(_want.shape):  # y is linear in each argument, so one step of 1 gives the exact gradient
            _moved = [_array.copy() for _array in _args]
            _moved[_which][_at] += 1
            _want[_at] = np.sum((_conv(*_moved, _stride, _pad) - _y) * _dy)
    _got = conv2d_backward(_dy, _x, _w, stride=_stride, pad=_pad)
    assert isinstance(_got, (tuple, list)) and len(_got) == 3, "it must return dx, dweights and dbias, as a tuple of arrays"
    _about = f"x {_shape}, weights {_size}, stride {_stride}, pad {_pad}"
    for _name, _part, _want in zip(("dx", "dweights", "dbias"), _got, _wants, strict=True):
        assert np.shape(_part) == _want.shape, f"wrong shape of {_name}, {np.shape(_part)}: {_about}"
        assert np.allclose(_part, _want, rtol=1e-4, atol=1e-5), f"{_name} is wrong: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv2d_backward_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The arguments stay as they were; they may be read-only (1 point).
### BEGIN HIDDEN TESTS
_given = [np.arange(12.0).reshape(1, 3, 2, 2), np.arange(24.0).reshape(1, 4, 3, 2), np.arange(16.0).reshape(2, 2, 2, 2)]
_before = [_array.copy() for _array in _given]
conv2d_backward(*_given)
assert all(map(np.array_equal, _given, _before)), "an argument was changed in place"
for _array in _given:
    _array.flags.writeable = False
try:
    _got = conv2d_backward(*_given)
except ValueError as _error:
    raise AssertionError(f"it writes into an argument: {_error}") from None
assert np.allclose(_got[0][0, 0, 0], [1, 3]) and np.allclose(_got[2], [30, 36]), "wrong gradients for read-only arrays"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. What is left of an image when only the strongest answers stay?
#
# Maximum pooling looks at each window of `size` x `size` pixels, in each channel for itself, and keeps the largest number.
# Windows start every `stride` pixels; without a stride, one begins where the last one ended. A window that does not fit
# whole at the right or at the bottom is left out, so $H' = \lfloor (H - \text{size}) / \text{stride} \rfloor + 1$.
#
# **By hand first.** What does the window `[[-3, -1], [-4, -2]]` give? How large is the output for a 5 x 7 image and size 2?
# <details><summary>Answer</summary>-1: the largest, not the one furthest from 0, and not 0. And 2 x 3: the last row and the
# last column are in no window.</details>

# %% forbidden=["cnnlib.max_pool_forward", "tensorflow.nn.max_pool2d", "keras.ops.max_pool", "keras.layers.MaxPooling2D"] nbgrader={"grade": false, "grade_id": "max_pool_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool_forward(x, size, *, stride=None):
    """Keep the largest number of each window, in each channel for itself.

    Parameters
    ----------
    x : array (N, H, W, C) of floats, of any sign; H and W may differ
    size : height and width of a window in pixels, a whole number
    stride : pixels from one window to the next; None means `size`. Windows may overlap or leave gaps

    Returns
    -------
    array (N, H', W', C), H' = (H - size) // stride + 1; x is not changed
    """
    ### BEGIN SOLUTION
    stride = stride or size
    height, width = [(n - size) // stride + 1 for n in x.shape[1:3]]
    parts = [x[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride]
             for a in range(size) for b in range(size)]
    return np.max(parts, axis=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Several images and channels; images that are not square (2 points).
check(max_pool_forward)
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 4, 6, 3), 2, None), ((1, 9, 6, 2), 3, None), ((3, 2, 3, 1), 1, None)]:
    _x = np.random.default_rng([*_shape, _size, _stride or 0]).normal(size=_shape)
    _step = _stride or _size
    _want = [[[[max(_x[n, i * _step + a, j * _step + b, c] for a in range(_size) for b in range(_size))
                for c in range(_shape[3])] for j in range((_shape[2] - _size) // _step + 1)]
              for i in range((_shape[1] - _size) // _step + 1)] for n in range(_shape[0])]
    _before = _x.copy()
    _x.flags.writeable = False
    _got = np.asarray(max_pool_forward(_x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == np.shape(_want), f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong values: {_about}"
    assert np.array_equal(_x, _before), "x was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_forward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Windows that overlap, that leave gaps, that do not fit whole (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 5, 7, 2), 3, 2), ((1, 7, 5, 2), 2, 1), ((1, 8, 9, 1), 2, 3), ((2, 5, 7, 1), 2, None)]:
    _x = np.random.default_rng([*_shape, _size, _stride or 0]).normal(size=_shape)
    _step = _stride or _size
    _want = [[[[max(_x[n, i * _step + a, j * _step + b, c] for a in range(_size) for b in range(_size))
                for c in range(_shape[3])] for j in range((_shape[2] - _size) // _step + 1)]
              for i in range((_shape[1] - _size) // _step + 1)] for n in range(_shape[0])]
    _before = _x.copy()
    _x.flags.writeable = False
    _got = np.asarray(max_pool_forward(_x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == np.shape(_want), f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong values: {_about}"
    assert np.array_equal(_x, _before), "x was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_forward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Numbers that are all negative (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((1, 4, 5, 2), 2, None), ((2, 3, 5, 1), 3, 1)]:
    _x = np.random.default_rng([*_shape, _size, _stride or 0]).normal(size=_shape) - 9
    _step = _stride or _size
    _want = [[[[max(_x[n, i * _step + a, j * _step + b, c] for a in range(_size) for b in range(_size))
                for c in range(_shape[3])] for j in range((_shape[2] - _size) // _step + 1)]
              for i in range((_shape[1] - _size) // _step + 1)] for n in range(_shape[0])]
    _before = _x.copy()
    _x.flags.writeable = False
    _got = np.asarray(max_pool_forward(_x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == np.shape(_want), f"wrong shape, {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong values: {_about}"
    assert np.array_equal(_x, _before), "x was changed in place"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Whom does a maximum thank?
#
# Only one pixel of a window decided its maximum. Moving any other pixel a little changes nothing, so its gradient is 0:
# the winner gets all of `dy`, the others nothing. With windows that overlap a pixel can win several times, and collects.
#
# If two pixels are equally large, one of them has to be chosen. Here it is the *first in row order*: the top row first, and
# in a row from the left. (`np.argmax` of the flattened window chooses so.)
#
# **By hand first.** One image of one channel, `[[1, 3, 3], [0, 2, 1]]`, size 2, stride 1, `dy = [[5, 7]]`. What is `dx`?
# <details><summary>Answer</summary>Both windows choose the first 3, in the middle of the top row: [[0, 12, 0], [0, 0, 0]].
# </details>

# %% forbidden=["cnnlib.max_pool_backward", "tensorflow.nn.max_pool2d", "keras.ops.max_pool", "keras.layers.MaxPooling2D"] nbgrader={"grade": false, "grade_id": "max_pool_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def max_pool_backward(dy, x, size, *, stride=None):
    """Send the gradient of max_pool_forward back to the pixel of each window that was the largest.

    Parameters
    ----------
    dy : array (N, H', W', C), the gradient of the loss with respect to max_pool_forward(x, size, stride=stride)
    x : array (N, H, W, C) of floats, of any sign
    size, stride : as in max_pool_forward

    Returns
    -------
    array (N, H, W, C) of floats, the gradient with respect to x. Of equal maxima in a window the first in row order
        gets everything; a pixel that wins several windows gets the sum; no argument is changed
    """
    ### BEGIN SOLUTION
    stride = stride or size
    _, height, width, _ = dy.shape
    windows = [np.s_[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride]
               for a in range(size) for b in range(size)]
    winner = np.argmax([x[window] for window in windows], axis=0)  # (N, H', W', C), the first of equals
    dx = np.zeros(x.shape, dtype=dy.dtype)
    for number, window in enumerate(windows):
        dx[window] += dy * (winner == number)
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Several images and channels; images that are not square (2 points).
check(max_pool_backward)
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 4, 6, 3), 2, None), ((1, 9, 6, 2), 3, None), ((2, 5, 7, 2), 2, None)]:
    _rng = np.random.default_rng([*_shape, _size, _stride or 0])
    _x, _step = _rng.normal(size=_shape), _stride or _size
    _dy = _rng.normal(size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        _places = [(_n, _i * _step + a, _j * _step + b, _c) for a in range(_size) for b in range(_size)]
        _want[max(_places, key=lambda place: _x[place])] += _dy[_n, _i, _j, _c]  # max takes the first of equals
    _got = np.asarray(max_pool_backward(_dy, _x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_backward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Equal maxima: the first in row order gets everything (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 4, 6, 2), 2, None), ((1, 6, 3, 3), 3, None), ((1, 4, 5, 2), 3, 1)]:
    _rng = np.random.default_rng([*_shape, _size, _stride or 0])
    _x, _step = _rng.integers(0, 3, _shape) * 1.0, _stride or _size
    _dy = _rng.normal(size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        _places = [(_n, _i * _step + a, _j * _step + b, _c) for a in range(_size) for b in range(_size)]
        _want[max(_places, key=lambda place: _x[place])] += _dy[_n, _i, _j, _c]  # max takes the first of equals
    _got = np.asarray(max_pool_backward(_dy, _x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_backward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Windows that overlap, that leave gaps, that do not fit whole (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 5, 8, 2), 3, 2), ((1, 5, 4, 2), 2, 1), ((1, 8, 9, 1), 2, 3)]:
    _rng = np.random.default_rng([*_shape, _size, _stride or 0])
    _x, _step = _rng.normal(size=_shape), _stride or _size
    _dy = _rng.normal(size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        _places = [(_n, _i * _step + a, _j * _step + b, _c) for a in range(_size) for b in range(_size)]
        _want[max(_places, key=lambda place: _x[place])] += _dy[_n, _i, _j, _c]  # max takes the first of equals
    _got = np.asarray(max_pool_backward(_dy, _x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_max_pool_backward_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Numbers that are all negative, and arguments that are read-only (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 4, 5, 2), 2, None), ((1, 5, 3, 2), 3, 1)]:
    _rng = np.random.default_rng([*_shape, _size, _stride or 0])
    _x, _step = _rng.normal(size=_shape) - 9, _stride or _size
    _dy = _rng.normal(size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        _places = [(_n, _i * _step + a, _j * _step + b, _c) for a in range(_size) for b in range(_size)]
        _want[max(_places, key=lambda place: _x[place])] += _dy[_n, _i, _j, _c]  # max takes the first of equals
    _x.flags.writeable = _dy.flags.writeable = False
    _got = np.asarray(max_pool_backward(_dy, _x, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. And a mean?
#
# Average pooling gives the mean of each window. All `size * size` pixels had the same say in it, so each gets the same
# share of `dy`. The values of `x` do not matter at all, only its shape: that is why the function takes `x_shape`.
#
# **By hand first.** An image of 2 x 3, size 2, stride 1, `dy = [[4, 8]]`. What is `dx`?
# <details><summary>Answer</summary>Each window hands out shares of 1 and of 2, and the middle column is in both:
# [[1, 3, 2], [1, 3, 2]].</details>

# %% forbidden=["cnnlib.average_pool_backward", "tensorflow.nn.avg_pool2d", "keras.ops.average_pool", "keras.layers.AveragePooling2D"] nbgrader={"grade": false, "grade_id": "average_pool_backward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def average_pool_backward(dy, x_shape, size, *, stride=None):
    """Send the gradient of average pooling back: each pixel of a window gets an equal share.

    Parameters
    ----------
    dy : array (N, H', W', C), the gradient of the loss with respect to the means of the windows
    x_shape : (N, H, W, C), the shape of what was pooled
    size : height and width of a window in pixels, a whole number
    stride : pixels from one window to the next; None means `size`

    Returns
    -------
    array of shape x_shape, of floats. A pixel in several windows gets the sum of its shares, one in none gets 0; dy is
        not changed
    """
    ### BEGIN SOLUTION
    stride = stride or size
    _, height, width, _ = dy.shape
    dx = np.zeros(x_shape, dtype=dy.dtype)
    for a in range(size):
        for b in range(size):
            dx[:, a:a + stride * (height - 1) + 1:stride, b:b + stride * (width - 1) + 1:stride] += dy / size**2
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_average_pool_backward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Several images and channels; images that are not square (2 points).
check(average_pool_backward)
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 4, 6, 3), 2, None), ((1, 9, 6, 2), 3, None), ((3, 2, 3, 1), 1, None)]:
    _step = _stride or _size
    _dy = np.random.default_rng([*_shape, _size]).normal(
        size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        for _a, _b in np.ndindex(_size, _size):
            _want[_n, _i * _step + _a, _j * _step + _b, _c] += _dy[_n, _i, _j, _c] / (_size * _size)
    _got = np.asarray(average_pool_backward(_dy, _shape, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_pool_backward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Windows that overlap, that leave gaps, that do not fit whole (1 point).
### BEGIN HIDDEN TESTS
for _shape, _size, _stride in [((2, 5, 8, 2), 3, 2), ((1, 5, 4, 2), 2, 1), ((1, 8, 9, 1), 2, 3), ((1, 5, 7, 2), 2, None)]:
    _step = _stride or _size
    _dy = np.random.default_rng([*_shape, _size]).normal(
        size=(_shape[0], (_shape[1] - _size) // _step + 1, (_shape[2] - _size) // _step + 1, _shape[3]))
    _want = np.zeros(_shape)
    for _n, _i, _j, _c in np.ndindex(_dy.shape):
        for _a, _b in np.ndindex(_size, _size):
            _want[_n, _i * _step + _a, _j * _step + _b, _c] += _dy[_n, _i, _j, _c] / (_size * _size)
    _got = np.asarray(average_pool_backward(_dy, _shape, _size, **({"stride": _stride} if _stride else {})))
    _about = f"x {_shape}, size {_size}, stride {_stride}"
    assert _got.shape == _shape, f"dx must have the shape of x, it is {_got.shape}: {_about}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"wrong gradient: {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_average_pool_backward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# dy stays as it was; it may be read-only (1 point).
### BEGIN HIDDEN TESTS
_dy = np.array([4.0, 8]).reshape(1, 1, 2, 1)
_before = _dy.copy()
average_pool_backward(_dy, (1, 2, 3, 1), 2, stride=1)
assert np.array_equal(_dy, _before), "dy was changed in place"
_dy.flags.writeable = False
try:
    _got = average_pool_backward(_dy, (1, 2, 3, 1), 2, stride=1)
except ValueError as _error:
    raise AssertionError(f"it writes into dy: {_error}") from None
assert np.allclose(np.ravel(_got), [1, 3, 2, 1, 3, 2]), "wrong gradient for a read-only dy"
### END HIDDEN TESTS

# %% [markdown]
# ## 8. How do you know that a gradient is right?
#
# Ask the function itself. Move one number of `x` a little up and a little down, and see how much $f$ changes:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h\,e_i) - f(x - h\,e_i)}{2 h}$$
#
# $e_i$ is 1 at place $i$ and 0 elsewhere: *one* number moves, all others stay where they were. This needs two calls of $f$
# for each number of `x`, far too slow to train with. It is how to find out whether a backward pass can be trusted.
#
# **By hand first.** $f(x) = x^2$ at $x = 3$, with $h = 0.1$. What does the formula give, and what the one-sided
# $(f(x + h) - f(x)) / h$? <details><summary>Answer</summary>(9.61 - 8.41) / 0.2 = 6, exactly the derivative. One-sided:
# (9.61 - 9) / 0.1 = 6.1. Its error shrinks with h, that of the two-sided one with h squared.</details>

# %% forbidden=["cnnlib.numeric_gradient"] nbgrader={"grade": false, "grade_id": "numeric_gradient", "locked": false, "schema_version": 3, "solution": true, "task": false}
def numeric_gradient(f, x, *, h=1e-5):
    """The gradient of a function by central differences: each number of x moved up and down by h.

    Parameters
    ----------
    f : a function that takes an array of the shape of x and returns one number
    x : array of any shape, whole numbers or floats
    h : how far to move

    Returns
    -------
    array of the shape of x, of floats. x is not changed, not even for a moment: it may be read-only
    """
    ### BEGIN SOLUTION
    x = np.asarray(x, dtype=float)
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_numeric_gradient", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Functions of arrays of any shape (2 points).
check(numeric_gradient)
### BEGIN HIDDEN TESTS
_weights = np.arange(1.0, 25).reshape(2, 3, 4) / 7
for _f, _slope, _x in [(lambda x: np.sum(x**2), lambda x: 2 * x, np.linspace(-2, 3, 6)),
                       (lambda x: np.sum(_weights * np.sin(x)), lambda x: _weights * np.cos(x), _weights[::-1] - 2),
                       (lambda x: x[0, 0] * x[1, 0] * x[2, 0], lambda x: np.prod(x) / x, np.array([[2.0], [-3], [0.5]])),
                       (lambda x: np.exp(x), lambda x: np.exp(x), np.array(0.3))]:
    _want = _slope(_x)
    _got = np.asarray(numeric_gradient(_f, _x))
    assert _got.shape == _want.shape, f"the gradient must have the shape of x, it is {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong gradient for an x of shape {_x.shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_numeric_gradient_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Both sides, and the step that was asked for (1 point).
### BEGIN HIDDEN TESTS
for _h in (0.5, 0.01):
    _x = np.array([[1.0, -2], [0.5, 3]])
    _want = 3 * _x**2 + _h**2
    _got = np.asarray(numeric_gradient(lambda x: np.sum(x**3), _x, h=_h))
    assert _got.shape == _want.shape, f"the gradient must have the shape of x, it is {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-6), f"not the central difference of x^3 at h = {_h}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_numeric_gradient_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# x stays as it was, for every call of f and after; it may be read-only (1 point).
### BEGIN HIDDEN TESTS
_seen = []
def _product(x):
    _seen.append(np.array(x))
    return x[0] * x[1] + 2 * x[2]
_x = np.array([3.0, -1, 4])
_before = _x.copy()
_x.flags.writeable = False
try:
    _got = numeric_gradient(_product, _x, h=0.25)
except ValueError as _error:
    raise AssertionError(f"it writes into x: {_error}") from None
assert np.shape(_got) == _before.shape, f"the gradient must have the shape of x, it is {np.shape(_got)}"
assert np.allclose(_got, [-1, 3, 2]), "wrong gradient for a read-only x"
assert all(np.sum(~np.isclose(point, _before)) <= 1 for point in _seen), "more than one number of x was moved at once"
assert np.array_equal(_x, _before), "x was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_numeric_gradient_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Whole numbers in x move by fractions too (1 point).
### BEGIN HIDDEN TESTS
for _x in (np.array([1, 2, -3]), np.array([[4], [0]])):
    _want = 0.5 * _x
    _got = np.asarray(numeric_gradient(lambda x: 0.25 * np.sum(x**2), _x))
    assert _got.shape == _want.shape, f"the gradient must have the shape of x, it is {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-5), "wrong gradient where x holds whole numbers"
### END HIDDEN TESTS

# %% [markdown]
# ## Does your backward pass survive your own check?
#
# You now have both sides: a backward pass and a judge. Take the loss to be the sum of `y * dy`; then its gradient with
# respect to `y` is `dy`. **Predict:** how large will the difference be, 0, about 1e-10, or about 1e-5?

# %%
rng = np.random.default_rng(3)
x, weights, bias = rng.normal(size=(2, 5, 6, 2)), rng.normal(size=(3, 2, 2, 3)), rng.normal(size=3)
dy = rng.normal(size=conv2d_forward(x, weights, bias, stride=2, pad=1).shape)
dx, dweights, dbias = conv2d_backward(dy, x, weights, stride=2, pad=1)
loss = [lambda x: np.sum(conv2d_forward(x, weights, bias, stride=2, pad=1) * dy),
        lambda weights: np.sum(conv2d_forward(x, weights, bias, stride=2, pad=1) * dy),
        lambda bias: np.sum(conv2d_forward(x, weights, bias, stride=2, pad=1) * dy)]
for name, f, at, gradient in zip(["dx", "dweights", "dbias"], loss, [x, weights, bias], [dx, dweights, dbias], strict=True):
    difference = np.max(np.abs(numeric_gradient(f, at) - gradient))
    print(f"{name}: differs from the numeric gradient by less than 1e-6: {difference < 1e-6}")

# %% [markdown]
# ## Can your layers read digits?
#
# Everything that a network needs to learn is there. `train_cnn` of `cnnlib.network` is a training loop that you can read in
# one sitting: two convolutions of 3 x 3, each with ReLU and maximum pooling, then ten scores; it calls *your*
# `conv2d_forward`, `conv2d_backward`, `max_pool_forward` and `max_pool_backward` in 2,500 steps of 16 digits each. (ReLU,
# the scores and the loss are `cnnlib`'s.) The 2,000 test digits are never trained on.
#
# Correct is not fast. Slices that take a whole batch at once train in well under a minute; loops over every pixel give the
# same numbers and would need *hours*. So one batch is taken first (with loops that alone may take a quarter of a minute), and
# you are told how long the rest would take. If that is too long, `cnnlib`'s layers do the training in place of yours. Your
# marks have nothing to do with this: the tests are behind you, and while your notebook is graded nothing is trained.

# %%
import os
import time
from cnnlib.mnist import load_mnist
from cnnlib.network import cnn_forward, train_cnn

(images, labels), (test_images, test_labels) = load_mnist()
mine = {f.__name__: f for f in (conv2d_forward, conv2d_backward, max_pool_forward, max_pool_backward)}
graded = "NBGRADER_EXECUTION" in os.environ

# %%
if graded:
    print("This notebook is being graded: nothing is measured.")
else:
    began = time.perf_counter()
    train_cnn(images[:32], labels[:32], test_images[:1], test_labels[:1], layers=mine, epochs=1, progress=False)
    minutes = (time.perf_counter() - began) * 4 * len(images) / 32 / 60
    layers = mine if minutes < 5 else cnnlib.layers
    print("Your layers are fast enough: they will train." if layers is mine else
          f"With your layers the training would take about {minutes:.0f} minutes, so those of cnnlib will train. "
          "To train with yours all the same, write `layers = mine` in a cell of its own and run the next one.")

# %% [markdown]
# **Predict:** ten digits, so guessing is right in 10 % of the cases. How many does the network read after it has seen each of
# the 10,000 training digits once? How many after four times?

# %%
if graded:
    print("This notebook is being graded: nothing is trained.")
else:
    trained = train_cnn(images, labels, test_images, test_labels, layers=layers, epochs=4)
    print("over 95 % of the test digits are read rightly:", trained.accuracy > 0.95)
    scores, _ = cnn_forward(trained.params, test_images[:5, ..., np.newaxis] / 255, layers=layers)
    print("it reads the first five as", *scores.argmax(axis=1), "and they are", *test_labels[:5])

# %% [markdown]
# ## You can now
#
# write both directions of a convolution layer and of pooling, say which output paints which input, prove a backward pass by
# asking the function itself, and train a network in which nothing is hidden from you.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit as your
# course says. Next: unit 04, where a framework does all this for you, and you compare the network with one that knows nothing
# of images.
