"""The convolution layer as loops: after this room you can say which numbers meet in a layer, and where gradients go.

This is the text to read; the tool, the same function without loops over pixels, is cnnlib.convolution_layers, and a test
holds the two equal. In one dimension x is (N,) and w is (K,). In two, x is (N, H, W, C_in), weights (KH, KW, C_in, C_out) and
bias (C_out,), channels last; the output y is (N, H', W', C_out) with H' = (H + 2 pad - KH) // stride + 1.
The gradient of the loss with respect to an array is called d and its name, and has the array's shape.
"""

import numpy as np

from cnnlib._layer_checks import BATCH, FILTERS, check_shape, conv_geometry, same_floats

X = ("N", "H", "W", "C_in")
WEIGHTS = ("KH", "KW", "C_in", "C_out")
DY = ("N", "H'", "W'", "C_out")
DY_HINT = "dy is the loss's gradient with respect to the layer's output."
_ROW = "In two dimensions use conv2d_forward and conv2d_backward."


def conv1d_forward(x, w):
    """Slide a kernel along a row of numbers and write down the sum of the products at each place where it fits.

    The smallest convolution layer there is: y[i] = sum over k of x[i + k] w[k].

    Parameters
    ----------
    x : (N,) array_like
    w : (K,) array_like
        The kernel, not longer than x.

    Returns
    -------
    y : (N - K + 1,) array, float32 when both came so, else float64.

    Raises
    ------
    ValueError
        When the kernel is longer than x, or either is empty or has more than one axis.
    TypeError
        When either does not hold real numbers.

    Examples
    --------
    The first is 1 * 10 + 2 * 1, the second 2 * 10 + 3 * 1:

    >>> conv1d_forward([1, 2, 3], [10, 1])
    array([12., 23.])

    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, section 1.1.
    """
    x, w = _rows(x, w)
    y = np.zeros(len(x) - len(w) + 1, x.dtype)
    for i in range(len(y)):
        y[i] = np.sum(x[i : i + len(w)] * w)
    return y


def conv1d_backward(dy, x, w):
    """Send the gradient of each output back to the numbers that it was made of.

    y[i] met x[i + k] times w[k], so a nudge of x[i + k] moves y[i] by w[k], and a nudge of w[k] moves it by x[i + k]. Every
    output adds its part: += and not =, since each x, and each w, helped to make several outputs.

    Parameters
    ----------
    dy : (N - K + 1,) array_like
        Gradient of the loss with respect to conv1d_forward(x, w).
    x : (N,) array_like
    w : (K,) array_like

    Returns
    -------
    dx : (N,) array
    dw : (K,) array

    Raises
    ------
    ValueError, TypeError
        As conv1d_forward; and when dy has not the length of its output.

    Examples
    --------
    The 2 in the middle was met by both weights: dx[1] = 1 * 1 + 5 * 10.

    >>> dx, dw = conv1d_backward([1, 5], [1, 2, 3], [10, 1])
    >>> dx, dw
    (array([10., 51.,  5.]), array([11., 17.]))

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, sections 6.5 and 9.5.
    """
    x, w = _rows(x, w)
    dy, x, w = same_floats((dy, "dy", ("N - K + 1",), _ROW), (x, "x", ("N",), ""), (w, "w", ("K",), ""))
    check_shape(dy, "dy", (len(x) - len(w) + 1,), "the output of conv1d_forward(x, w)")
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(len(dy)):
        dx[i : i + len(w)] += dy[i] * w
        dw += dy[i] * x[i : i + len(w)]
    return dx, dw


def conv2d_forward_loops(x, weights, bias, *, stride=1, pad=0):
    """A convolution layer: each filter slides over each image and draws one map.

    At every place the window is multiplied with the filter, number by number, over all channels, and added up; the filter's
    bias is added once. The same few weights serve every place: that is what makes the layer small.

    Parameters
    ----------
    x : (N, H, W, C_in) array_like
        A batch of images or maps.
    weights : (KH, KW, C_in, C_out) array_like
        C_out filters of KH x KW px, as deep as the input.
    bias : (C_out,) array_like
    stride : int
        How far the window moves, in pixels.
    pad : int
        Width of the frame of zeros around each image, in pixels.

    Returns
    -------
    y : (N, H', W', C_out) array, H' = (H + 2 pad - KH) // stride + 1 and W' alike; float32 when all came so, else float64.

    Raises
    ------
    ValueError
        When the channels differ in number, the kernel does not fit the padded image, stride is below 1 or pad below 0, or an
        array is empty or has another number of axes.
    TypeError
        When an array holds no real numbers, or stride or pad is no whole number.

    Examples
    --------
    One gray image of 1 x 4 px, one filter of 1 x 2 px, stride 2: 1 * 10 + 2 * 1 + 100, then 3 * 10 + 4 * 1 + 100.

    >>> x, weights = np.array([1, 2, 3, 4]).reshape(1, 1, 4, 1), np.array([10, 1]).reshape(1, 2, 1, 1)
    >>> conv2d_forward_loops(x, weights, [100], stride=2).ravel()
    array([112., 134.])

    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, section 2.
    """
    x, weights, bias = conv_inputs(x, weights, bias)
    stride, pad, (out_h, out_w) = conv_geometry(x, weights, stride, pad)
    kh, kw, _, c_out = weights.shape
    padded = pad_images(x, pad)
    y = np.zeros((len(x), out_h, out_w, c_out), x.dtype)
    for n in range(len(x)):
        for i in range(out_h):
            for j in range(out_w):
                top, left = i * stride, j * stride
                window = padded[n, top : top + kh, left : left + kw]  # (KH, KW, C_in)
                for c in range(c_out):
                    y[n, i, j, c] = np.sum(window * weights[..., c]) + bias[c]
    return y


def conv2d_backward_loops(dy, x, weights, *, stride=1, pad=0):
    """Each output pixel paints its patch: the gradient goes back through the window that it came from.

    An output pixel is a sum of products, window times filter. So its gradient adds dy times the filter to the window's pixels,
    and dy times the window to the filter. Windows overlap and filters are used everywhere, so all of it is added up.

    Parameters
    ----------
    dy : (N, H', W', C_out) array_like
        Gradient of the loss with respect to the output of conv2d_forward_loops.
    x : (N, H, W, C_in) array_like
        What the forward pass was given.
    weights : (KH, KW, C_in, C_out) array_like
    stride, pad : int
        As in the forward pass.

    Returns
    -------
    dx : (N, H, W, C_in) array; the frame of zeros gets no gradient
    dweights : (KH, KW, C_in, C_out) array
    dbias : (C_out,) array; each is a sum over the batch, not a mean

    Raises
    ------
    ValueError, TypeError
        As conv2d_forward_loops; and when dy has not the shape of its output.

    Examples
    --------
    The example of the forward pass, with a gradient of 1 at the first output pixel and 5 at the second:

    >>> x, weights = np.array([1, 2, 3, 4]).reshape(1, 1, 4, 1), np.array([10, 1]).reshape(1, 2, 1, 1)
    >>> dx, dweights, dbias = conv2d_backward_loops(np.array([1, 5]).reshape(1, 1, 2, 1), x, weights, stride=2)
    >>> dx.ravel(), dweights.ravel(), dbias
    (array([10.,  1., 50.,  5.]), array([16., 22.]), array([6.]))

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, sections 6.5 and 9.5.
    """
    dy, x, weights = conv_gradient_inputs(dy, x, weights)
    stride, pad, (out_h, out_w) = conv_geometry(x, weights, stride, pad)
    kh, kw, _, c_out = weights.shape
    check_shape(dy, "dy", (len(x), out_h, out_w, c_out), "the layer's output")
    padded = pad_images(x, pad)
    dpadded, dweights, dbias = np.zeros_like(padded), np.zeros_like(weights), np.zeros(c_out, x.dtype)
    for n in range(len(x)):
        for i in range(out_h):
            for j in range(out_w):
                window = np.s_[n, i * stride : i * stride + kh, j * stride : j * stride + kw]  # (KH, KW, C_in)
                for c in range(c_out):
                    dpadded[window] += dy[n, i, j, c] * weights[..., c]
                    dweights[..., c] += dy[n, i, j, c] * padded[window]
                    dbias[c] += dy[n, i, j, c]
    return dpadded[:, pad : pad + x.shape[1], pad : pad + x.shape[2]].copy(), dweights, dbias


def conv_inputs(x, weights, bias):
    """Return the three in one floating-point type, or say which of them has the wrong axes."""
    x, weights, bias = same_floats(
        (x, "x", X, BATCH), (weights, "weights", WEIGHTS, FILTERS), (bias, "bias", ("C_out",), "One bias per filter.")
    )
    check_shape(bias, "bias", weights.shape[3:], "one number per filter")
    return x, weights, bias


def conv_gradient_inputs(dy, x, weights):
    """Return the three in one floating-point type, or say which of them has the wrong axes."""
    return same_floats((dy, "dy", DY, DY_HINT), (x, "x", X, BATCH), (weights, "weights", WEIGHTS, FILTERS))


def pad_images(x, pad):
    """Put a frame of zeros around each image, not around the batch and not around the channels."""
    return np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))) if pad else x


def _rows(x, w):
    x, w = same_floats((x, "x", ("N",), _ROW), (w, "w", ("K",), _ROW))
    if len(w) > len(x):
        raise ValueError(
            f"kernel of {len(w)} numbers does not fit a row of {len(x)}: it needs at least {len(w)}. "
            "Use a shorter kernel or a longer row."
        )
    return x, w
