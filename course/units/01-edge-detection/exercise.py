# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 01: build an edge detector, then let one be learned
#
# **Aim.** You write the six functions behind every edge in the lecture: correlation, convolution, gray, the size of the
# gradient, correlation of colour images, and a kernel that learns itself.
#
# **Time** about 60 minutes. **You need** the lecture beside this notebook, and NumPy arrays: indexing, slices, `shape`.
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test
# cell below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that
# fails. Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see: they
# try the same rules on other numbers when your notebook is graded.
#
# From question 2 on you may call your own functions or those of `cnnlib` for the *earlier* questions
# (`cnnlib.correlate2d` in question 2), so that a slip in one question costs that question alone.
#
# The answer to a question may call neither `cnnlib`'s own function of that name nor a convolution of SciPy, Keras or
# TensorFlow: when your notebook is graded, such a call is an error that says so.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cnnlib
import numpy as np
from cnnlib.check import check

# %% [markdown]
# ## 1. What does a kernel compute at one place, and at all places?
#
# Lay the kernel on the top left corner of the image. Multiply each pixel with the number above it and add up: that is
# the first output pixel. Move one to the right, and so on, row by row. Only places count where the whole kernel lies
# inside the image (*valid*), so an image of $H \times W$ and a kernel of $k_h \times k_w$ give
# $(H - k_h + 1) \times (W - k_w + 1)$ numbers:
#
# $$\text{out}[i, j] = \sum_{a=0}^{k_h - 1} \sum_{b=0}^{k_w - 1} \text{image}[i + a, j + b] \cdot \text{kernel}[a, b]$$
#
# **By hand first.** The image is `[[1, 2, 0], [3, 1, 2]]`, the kernel `[[1, -1]]`. How large is the output, and what
# stands in it? <details><summary>Answer</summary>2 x 2: `[[-1, 2], [2, -1]]`. The first is 1 · 1 + 2 · (-1).</details>

# %% forbidden=["cnnlib.correlate2d", "cnnlib.conv2d_forward", "cnnlib.conv2d_forward_loops", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv2d", "tensorflow.nn.convolution", "keras.ops.conv", "keras.layers.Conv2D"] nbgrader={"grade": false, "grade_id": "correlate2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def correlate2d(image, kernel):
    """Slide a kernel over a gray image and return the sum of the products at each place where it fits.

    Parameters
    ----------
    image : array (H, W), numbers of any type; bytes (uint8) must not wrap
    kernel : array (kh, kw); odd or even, square or not

    Returns
    -------
    array (H - kh + 1, W - kw + 1) of floats; neither argument is changed

    Raises
    ------
    ValueError : when the kernel is taller or wider than the image
    """
    ### BEGIN SOLUTION
    image, kernel = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    (height, width), (kh, kw) = image.shape, kernel.shape
    if kh > height or kw > width:
        raise ValueError(f"a kernel of {kh} x {kw} does not fit into an image of {height} x {width}")
    out = np.zeros((height - kh + 1, width - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i:i + kh, j:j + kw] * kernel)
    return out
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_correlate2d", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shapes, for kernels of any size (2 points).
check(correlate2d)
### BEGIN HIDDEN TESTS
for _shape, _size in [((7, 9), (3, 2)), ((8, 5), (1, 4)), ((6, 10), (4, 5)), ((5, 6), (5, 6))]:
    _rng = np.random.default_rng([*_shape, *_size])
    _x, _k = _rng.normal(0, 90, _shape), _rng.normal(size=_size)
    _want = [[sum(_x[i + a, j + b] * _k[a, b] for a in range(_size[0]) for b in range(_size[1]))
              for j in range(_shape[1] - _size[1] + 1)] for i in range(_shape[0] - _size[0] + 1)]
    _got = np.asarray(correlate2d(_x, _k))
    assert _got.shape == np.shape(_want), f"wrong shape for a kernel of {_size} on an image of {_shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), f"wrong values for a kernel of {_size} on an image of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_correlate2d_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Bytes and whole numbers give floats that neither wrap nor are cut off, and the arguments stay as they were (1 point).
### BEGIN HIDDEN TESTS
_x = np.array([[250, 3, 77], [9, 251, 128], [60, 61, 255]], dtype=np.uint8)
_before = _x.copy()
for _k in (np.array([[3, 5], [7, 2]], dtype=np.uint8), np.array([[0.5, -0.25], [1.5, 0.125]]), np.array([[-4, 1], [2, -3]])):
    _k_before = _k.copy()
    _want = [[sum(float(_x[i + a, j + b]) * float(_k[a, b]) for a in (0, 1) for b in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    _got = np.asarray(correlate2d(_x, _k))
    assert _got.shape == (2, 2), f"wrong shape for an image of bytes and a kernel of {_k.dtype}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), f"wrong values for an image of bytes and a kernel of {_k.dtype}"
    assert _got.dtype.kind == "f", f"the result must be floats, it is {_got.dtype}"
    assert np.array_equal(_x, _before) and np.array_equal(_k, _k_before), "an argument was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_correlate2d_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A kernel that does not fit, in height or in width, raises ValueError; one that just fits does not (1 point).
### BEGIN HIDDEN TESTS
for _size in [(4, 1), (1, 6), (5, 7)]:
    try:
        correlate2d(np.ones((3, 5)), np.ones(_size))
    except ValueError:
        pass
    else:
        raise AssertionError(f"a kernel of {_size} does not fit into an image of (3, 5): raise ValueError")
assert np.allclose(correlate2d(np.ones((3, 5)), np.ones((3, 5))), [[15]]), "wrong values for a kernel as large as the image"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. What does the flip change?
#
# Convolution turns the kernel by 180 degrees and then correlates. **Predict:** an image that is 0 but for one 1 in its
# middle; what does correlation draw around that pixel, what does convolution? The first test case shows it.

# %% forbidden=["cnnlib.convolve2d", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv2d", "tensorflow.nn.convolution", "keras.ops.conv", "keras.layers.Conv2D"] nbgrader={"grade": false, "grade_id": "convolve2d", "locked": false, "schema_version": 3, "solution": true, "task": false}
def convolve2d(image, kernel):
    """Convolve a gray image with a kernel: correlation with the kernel flipped along both axes.

    Parameters
    ----------
    image : array (H, W)
    kernel : array (kh, kw)

    Returns
    -------
    array (H - kh + 1, W - kw + 1) of floats; neither argument is changed

    Raises
    ------
    ValueError : when the kernel is taller or wider than the image
    """
    ### BEGIN SOLUTION
    return cnnlib.correlate2d(image, np.asarray(kernel)[::-1, ::-1])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_convolve2d", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shapes, for kernels that are not symmetric (2 points).
check(convolve2d)
### BEGIN HIDDEN TESTS
for _shape, _size in [((6, 8), (2, 3)), ((9, 4), (4, 1)), ((5, 7), (3, 3))]:
    _rng = np.random.default_rng([*_shape, *_size])
    _x, _k = _rng.normal(0, 90, _shape), _rng.normal(size=_size)
    _want = [[sum(_x[i + a, j + b] * _k[_size[0] - 1 - a, _size[1] - 1 - b] for a in range(_size[0]) for b in range(_size[1]))
              for j in range(_shape[1] - _size[1] + 1)] for i in range(_shape[0] - _size[0] + 1)]
    _got = np.asarray(convolve2d(_x, _k))
    assert _got.shape == np.shape(_want), f"wrong shape for a kernel of {_size} on an image of {_shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), f"wrong values for a kernel of {_size} on an image of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_convolve2d_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The kernel that was given stays as it was, and one that does not fit raises ValueError (1 point).
### BEGIN HIDDEN TESTS
_k = np.array([[1, 2, 3], [4, 5, 6.5]])
_before, _want = _k.copy(), np.full((3, 3), np.sum(_k))
_got = np.asarray(convolve2d(np.ones((4, 5)), _k))
assert _got.shape == _want.shape, f"wrong shape for a kernel of (2, 3) on an image of (4, 5): {_got.shape}"
assert np.allclose(_got, _want, rtol=1e-4), "wrong values for a kernel of (2, 3) on an image of ones"
assert np.array_equal(_k, _before), "the kernel was changed in place"
for _size in [(5, 2), (2, 6)]:
    try:
        convolve2d(np.ones((4, 5)), np.ones(_size))
    except ValueError:
        pass
    else:
        raise AssertionError(f"a kernel of {_size} does not fit into an image of (4, 5): raise ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## 3. How bright is a colour?
#
# A gray image has one number a pixel, a colour image three. The eye does not take them as equal: the usual weights
# (Rec. 601) are 0.299 for red, 0.587 for green and 0.114 for blue. They add up to 1, so white stays white.

# %% forbidden=["cnnlib.to_gray", "skimage.color.rgb2gray"] nbgrader={"grade": false, "grade_id": "to_gray", "locked": false, "schema_version": 3, "solution": true, "task": false}
def to_gray(rgb):
    """Turn a colour image into a gray one: 0.299 red + 0.587 green + 0.114 blue at each pixel.

    Parameters
    ----------
    rgb : array (H, W, 3), bytes or floats

    Returns
    -------
    array (H, W) of floats, on the scale of the image: 0..255 stays 0..255
    """
    ### BEGIN SOLUTION
    return np.sum(np.asarray(rgb, dtype=float) * [0.299, 0.587, 0.114], axis=-1)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_to_gray", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Weights, axis and shape (2 points).
check(to_gray)
### BEGIN HIDDEN TESTS
for _shape in [(4, 7, 3), (3, 3, 3), (1, 8, 3)]:
    _x = np.random.default_rng(_shape).uniform(0, 255, _shape)
    _want = [[0.299 * r + 0.587 * g + 0.114 * b for r, g, b in row] for row in _x]
    _got = np.asarray(to_gray(_x))
    assert _got.shape == _shape[:2], f"wrong shape for a colour image of {_shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), f"wrong values for a colour image of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_to_gray_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Bytes give floats with their fractions, and the image stays as it was (1 point).
### BEGIN HIDDEN TESTS
_x = np.array([[[255, 255, 255], [1, 2, 3], [200, 30, 117]], [[0, 0, 1], [255, 0, 254], [13, 255, 9]]], dtype=np.uint8)
_before = _x.copy()
_want = [[0.299 * int(r) + 0.587 * int(g) + 0.114 * int(b) for r, g, b in row] for row in _x]
_got = np.asarray(to_gray(_x))
assert _got.shape == (2, 3), f"wrong shape for an image of bytes: {_got.shape}"
assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), "wrong values for an image of bytes"
assert _got.dtype.kind == "f", f"the result must be floats, it is {_got.dtype}"
assert np.array_equal(_x, _before), "the image was changed in place"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. How strong is an edge, whichever way it runs?
#
# The Sobel kernels answer to brightness that rises to the right, $g_x$, and downwards, $g_y$. Together they are an
# arrow that points uphill. Its length says how strong the edge is and not which way it runs:
# $\sqrt{g_x^2 + g_y^2}$. The kernels are `cnnlib.KERNELS["sobel x"]` and `cnnlib.KERNELS["sobel y"]`.
#
# **By hand first.** At one pixel $g_x = 3$ and $g_y = -4$. How strong is the edge?
# <details><summary>Answer</summary>5, the root of 9 + 16. The minus does not matter.</details>

# %% forbidden=["cnnlib.gradient_magnitude", "scipy.ndimage", "skimage.filters"] nbgrader={"grade": false, "grade_id": "gradient_magnitude", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gradient_magnitude(image):
    """The length of the Sobel gradient at each pixel that has all eight neighbours.

    Parameters
    ----------
    image : array (H, W), bytes or floats

    Returns
    -------
    array (H - 2, W - 2) of floats: sqrt(gx^2 + gy^2), neither clipped nor rescaled

    Raises
    ------
    ValueError : when the image is smaller than 3 x 3
    """
    ### BEGIN SOLUTION
    gx = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel x"])
    gy = cnnlib.correlate2d(image, cnnlib.KERNELS["sobel y"])
    return np.sqrt(gx**2 + gy**2)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gradient_magnitude", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shapes, for edges of every direction (2 points).
check(gradient_magnitude)
### BEGIN HIDDEN TESTS
_weights = [(-1, 1), (0, 2), (1, 1)]
for _shape in [(5, 8), (7, 4), (3, 3)]:
    _x = np.random.default_rng(_shape).uniform(0, 255, _shape)
    _want = np.zeros((_shape[0] - 2, _shape[1] - 2))
    for _i in range(_want.shape[0]):
        for _j in range(_want.shape[1]):
            _gx = sum(w * (_x[_i + 1 + d, _j + 2] - _x[_i + 1 + d, _j]) for d, w in _weights)
            _gy = sum(w * (_x[_i + 2, _j + 1 + d] - _x[_i, _j + 1 + d]) for d, w in _weights)
            _want[_i, _j] = (_gx * _gx + _gy * _gy) ** 0.5
    _got = np.asarray(gradient_magnitude(_x))
    assert _got.shape == _want.shape, f"wrong shape for an image of {_shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-3), f"wrong values for an image of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gradient_magnitude_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A photograph is made of bytes: edges from bright to dark count as much as those from dark to bright (1 point).
### BEGIN HIDDEN TESTS
_x = np.array([[0, 0, 0, 250, 250, 250, 3, 3]] * 4 + [[9, 200, 9, 200, 9, 200, 9, 200]] * 2, dtype=np.uint8)
_before, _mirrored, _negative = _x.copy(), _x[:, ::-1].copy(), 255 - _x
_got = np.asarray(gradient_magnitude(_x))
assert _got.shape == (4, 6), f"wrong shape for an image of bytes: {_got.shape}"
assert np.allclose(_got[0], [0, 1000, 1000, 0, 988, 988]), "wrong values for an image of bytes"
assert np.allclose(_got[:, ::-1], gradient_magnitude(_mirrored)), "the mirrored image must give the mirrored magnitude"
assert np.allclose(_got, gradient_magnitude(_negative)), "the negative of an image has edges of the same strength"
assert np.array_equal(_x, _before), "the image was changed in place"
### END HIDDEN TESTS

# %% [markdown]
# Look at what you built. Where does it see edges that you would not draw, and where is one missing that you would?

# %% tags=["skip-execution"]
from cnnlib.images import photo
from cnnlib.plots import show_images

camera = photo("camera", width=256)
show_images([camera, gradient_magnitude(camera)], ["photograph", "your gradient_magnitude"], maps=["gray", "magnitude"])

# %% [markdown]
# ## 5. What does a kernel do with colour?
#
# A kernel for a colour image is as deep as the image: one slice for each channel. Each slice meets its own channel, and
# all products of the window are added up into *one* number. So $(H, W, C)$ with $(k_h, k_w, C)$ gives a single plane.
#
# **Predict:** a 6 x 6 x 3 image and one 3 x 3 x 3 kernel. What is the output's shape?
# <details><summary>Answer</summary>4 x 4. The depth is gone: it was summed over.</details>

# %% forbidden=["cnnlib.correlate_rgb", "cnnlib.conv2d_forward", "cnnlib.conv2d_forward_loops", "scipy.signal", "scipy.ndimage", "tensorflow.nn.conv2d", "tensorflow.nn.convolution", "keras.ops.conv", "keras.layers.Conv2D"] nbgrader={"grade": false, "grade_id": "correlate_rgb", "locked": false, "schema_version": 3, "solution": true, "task": false}
def correlate_rgb(image, kernel):
    """Correlate an image of several channels with one kernel of the same depth.

    Parameters
    ----------
    image : array (H, W, C), bytes or floats, any number of channels
    kernel : array (kh, kw, C)

    Returns
    -------
    array (H - kh + 1, W - kw + 1) of floats; neither argument is changed

    Raises
    ------
    ValueError : when the kernel is taller or wider than the image
    """
    ### BEGIN SOLUTION
    image, kernel = np.asarray(image), np.asarray(kernel)
    planes = [cnnlib.correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])]
    return np.sum(planes, axis=0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_correlate_rgb", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shapes, with a different slice for each channel (2 points).
check(correlate_rgb)
### BEGIN HIDDEN TESTS
for _shape, _size in [((5, 7, 3), (2, 3)), ((6, 4, 3), (3, 1)), ((3, 4, 3), (3, 4))]:
    _rng = np.random.default_rng([*_shape, *_size])
    _x, _k = _rng.uniform(0, 255, _shape), _rng.normal(size=(*_size, _shape[2]))
    _want = [[np.sum(_x[i:i + _size[0], j:j + _size[1]] * _k) for j in range(_shape[1] - _size[1] + 1)]
             for i in range(_shape[0] - _size[0] + 1)]
    _got = np.asarray(correlate_rgb(_x, _k))
    assert _got.shape == np.shape(_want), f"wrong shape for an image of {_shape}, a kernel of {_k.shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-2), f"wrong values for an image of {_shape}, a kernel of {_k.shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_correlate_rgb_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Any number of channels, and bytes that must not wrap (1 point).
### BEGIN HIDDEN TESTS
for _channels in (1, 2, 5):
    _x = np.random.default_rng(_channels).integers(0, 256, (4, 6, _channels)).astype(np.uint8)
    _k = np.random.default_rng(_channels + 9).integers(1, 9, (3, 2, _channels)).astype(np.uint8)
    _before = _x.copy(), _k.copy()
    _want = [[np.sum(_x[i:i + 3, j:j + 2].astype(float) * _k) for j in range(5)] for i in range(2)]
    _got = np.asarray(correlate_rgb(_x, _k))
    assert _got.shape == (2, 5), f"wrong shape for bytes in {_channels} channels: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-2), f"wrong values for bytes in {_channels} channels"
    assert _got.dtype.kind == "f", f"the result must be floats, it is {_got.dtype}"
    assert np.array_equal(_x, _before[0]) and np.array_equal(_k, _before[1]), "an argument was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_correlate_rgb_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A kernel that does not fit, in height or in width, raises ValueError; one as large as the image fits (1 point).
### BEGIN HIDDEN TESTS
_got = np.asarray(correlate_rgb(np.full((4, 5, 3), 0.5), np.ones((4, 5, 3))))
assert _got.shape == (1, 1), f"wrong shape for a kernel as large as the image: {_got.shape}"
assert np.allclose(_got, 30), "wrong value for a kernel as large as the image"
for _size in [(5, 2, 3), (2, 6, 3)]:
    try:
        correlate_rgb(np.ones((4, 5, 3)), np.ones(_size))
    except ValueError:
        pass
    else:
        raise AssertionError(f"a kernel of {_size} does not fit into an image of (4, 5, 3): raise ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Can a kernel be learned?
#
# Now nobody gives you the kernel. You get an image and the output that some kernel made of it, the *target*. Start from
# a kernel of zeros and improve it step by step:
#
# 1. correlate the image with the kernel; the *error* is this output minus the target;
# 2. the loss is the mean of the squared errors over the N output pixels; its gradient for kernel entry $(a, b)$ is
#    $\frac{2}{N} \sum_{i,j} \text{image}[i + a, j + b] \cdot \text{error}[i, j]$. Look at the formula of question 1 again:
#    what is this sum?
# 3. move the kernel by *rate* times the gradient, against it.

# %% forbidden=["cnnlib.learn_kernel"] nbgrader={"grade": false, "grade_id": "learn_kernel", "locked": false, "schema_version": 3, "solution": true, "task": false}
def learn_kernel(image, target, shape, steps, rate):
    """Learn the kernel that turns an image into a target, by gradient descent on the mean squared error from zeros.

    Parameters
    ----------
    image : array (H, W)
    target : array (H - kh + 1, W - kw + 1), what a valid correlation should give
    shape : (kh, kw) of the kernel
    steps : how many steps to take; 0 returns the zeros
    rate : length of a step, times the gradient

    Returns
    -------
    array (kh, kw) of floats: the kernel after the last step; no argument is changed
    """
    ### BEGIN SOLUTION
    kernel = np.zeros(shape)
    for _ in range(steps):
        error = cnnlib.correlate2d(image, kernel) - target
        kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)
    return kernel
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_learn_kernel", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The first steps, number by number (2 points).
check(learn_kernel)
### BEGIN HIDDEN TESTS
for _shape, _size, _steps in [((5, 7), (2, 3), 1), ((6, 4), (3, 2), 3), ((4, 5), (2, 2), 6)]:
    _rng = np.random.default_rng([*_shape, *_size])
    _x, _y = _rng.normal(size=_shape), _rng.normal(size=(_shape[0] - _size[0] + 1, _shape[1] - _size[1] + 1))
    _windows = np.array([_x[i:i + _size[0], j:j + _size[1]].ravel() for i in range(_y.shape[0]) for j in range(_y.shape[1])])
    _want = np.zeros(_size[0] * _size[1])
    for _ in range(_steps):
        _want = _want - 0.05 * 2 * _windows.T @ (_windows @ _want - _y.ravel()) / _y.size
    _before = _x.copy(), _y.copy()
    _got = np.asarray(learn_kernel(_x, _y, _size, _steps, 0.05))
    assert _got.shape == _size, f"the kernel's shape is wrong after {_steps} steps: {_got.shape}"
    assert np.allclose(_got, _want.reshape(_size), rtol=1e-4, atol=1e-6), f"wrong kernel after {_steps} steps"
    assert np.array_equal(_x, _before[0]) and np.array_equal(_y, _before[1]), "an argument was changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_learn_kernel_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Enough steps find the kernel that made the target (1 point).
### BEGIN HIDDEN TESTS
_x = np.random.default_rng(7).uniform(-1, 1, (12, 15))
for _k in (np.array([[3, 10, 3], [0, 0, 0], [-3, -10, -3.0]]) / 16, np.array([[0.5, -1, 2, 0.25]])):
    _y = np.array([[np.sum(_x[i:i + _k.shape[0], j:j + _k.shape[1]] * _k) for j in range(16 - _k.shape[1])]
                   for i in range(13 - _k.shape[0])])
    _got = np.asarray(learn_kernel(_x.copy(), _y, _k.shape, 400, 0.5))
    assert _got.shape == _k.shape, f"the kernel's shape is wrong after 400 steps: {_got.shape}"
    assert np.allclose(_got, _k, atol=1e-3), f"after 400 steps at rate 0.5 the kernel of shape {_k.shape} is not found"
### END HIDDEN TESTS

# %% [markdown]
# Your function now learns a kernel from a photograph and its horizontal Sobel response. **Predict** what it finds
# before you run the cell.

# %% tags=["skip-execution"]
pixels = camera[60:160, 90:190] / 255
pixels = pixels - pixels.mean()
response = cnnlib.correlate2d(pixels, cnnlib.KERNELS["sobel x"])
learned = learn_kernel(pixels, response, (3, 3), 3000, 1.0)
show_images([cnnlib.KERNELS["sobel x"], learned], ["Sobel", "learned by your learn_kernel"], maps="signed", width=6)

# %% [markdown]
# ## You can now
#
# build every filter of the lecture from one loop, say what correlation and convolution have in common and what not, and
# let gradient descent find a kernel that nobody wrote down. That last step is what a convolutional network does with all
# of its kernels at once.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit
# as your course says. Next: unit 02, output shapes.
