"""Pooling, forward and backward: after this room you know where a gradient goes when a layer throws pixels away.

Maps are (N, H, W, C), channels last. A window is PH x PW px and moves by its stride, which is its own size unless said
otherwise: H' = (H - PH) // stride + 1. Windows that do not fit at the bottom and on the right are left out, so pixels there
may be seen by no window. Channels never mix. float32 stays float32, every other type becomes float64.
"""

import numpy as np

from cnnlib._arrays import as_count
from cnnlib._layer_checks import BATCH, check_shape, pool_geometry, same_floats

_MAPS = ("N", "H", "W", "C")
_GRADIENTS = ("N", "H'", "W'", "C")
_DY = "dy is the loss's gradient with respect to the pooled maps."


def max_pool_forward(x, size, *, stride=None):
    """Keep the largest value of each window.

    A filter says how much a place looks like it; the maximum keeps how well the best place did, and forgets which one of
    the window it was. So the answer stays the same when a digit moves by a pixel.

    Parameters
    ----------
    x : (N, H, W, C) array_like
        Maps.
    size : int or (int, int)
        Height and width of the window, in pixels.
    stride : int, (int, int) or None
        How far the window moves, in pixels; None moves it by its size.

    Returns
    -------
    y : (N, H', W', C) array.

    Raises
    ------
    ValueError
        When the window is larger than the maps, a size or stride is below 1, or x has not four axes.
    TypeError
        When x holds no real numbers, or a size or stride is no whole number.

    Examples
    --------
    >>> row = np.array([3, 1, -5, -2, 9]).reshape(1, 1, 5, 1)
    >>> max_pool_forward(row, (1, 2)).ravel()  # the 9 fills no window
    array([ 3., -2.])

    Source: D. Scherer, A. Müller and S. Behnke, Evaluation of pooling operations in convolutional architectures, 2010.
    """
    (x,) = same_floats((x, "x", _MAPS, BATCH))
    size, stride, out = pool_geometry(x.shape, size, stride)
    y = None
    for seen in _offsets(x, size, stride, out):  # (N, H', W', C)
        y = seen.copy() if y is None else np.maximum(y, seen, out=y)
    return y


def max_pool_backward(dy, x, size, *, stride=None):
    """Send each window's gradient to the pixel that was the largest.

    Only that pixel changed the output, so it alone is paid; where several are equally large, the first in row order takes
    it all. A pixel that is the largest of several overlapping windows is paid by each of them.

    Parameters
    ----------
    dy : (N, H', W', C) array_like
        Gradient of the loss with respect to the output of max_pool_forward(x, size, stride=stride).
    x : (N, H, W, C) array_like
        What the forward pass was given.
    size, stride
        As in max_pool_forward.

    Returns
    -------
    dx : (N, H, W, C) array, zero at every pixel that won no window.

    Raises
    ------
    ValueError, TypeError
        As max_pool_forward; and when dy has not the shape of its output.

    Examples
    --------
    The 3 and the 7 win two overlapping windows each; of the two equal 7s the first is paid:

    >>> row = np.array([1, 3, 2, 7, 7]).reshape(1, 1, 5, 1)
    >>> dy = np.array([10, 20, 30, 40]).reshape(1, 1, 4, 1)
    >>> max_pool_backward(dy, row, (1, 2), stride=1).ravel()
    array([ 0., 30.,  0., 70.,  0.])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, sections 6.5 and 9.3.
    """
    dy, x = same_floats((dy, "dy", _GRADIENTS, _DY), (x, "x", _MAPS, BATCH))
    size, stride, out = pool_geometry(x.shape, size, stride)
    check_shape(dy, "dy", (x.shape[0], *out, x.shape[3]), "the pooled output")
    largest = max_pool_forward(x, size, stride=stride)  # (N, H', W', C)
    dx, unpaid = np.zeros_like(x), np.ones(dy.shape, bool)
    for seen, paid in zip(_offsets(x, size, stride, out), _offsets(dx, size, stride, out), strict=True):
        winners = unpaid & (seen == largest)
        paid += dy * winners  # no pixel stands twice in one offset, so += reaches each of them
        unpaid &= ~winners
    return dx


def average_pool_forward(x, size, *, stride=None):
    """Take the mean of each window.

    The mean asks how much of a thing there is in the window, where the maximum asks whether it is there at all.

    Parameters
    ----------
    x : (N, H, W, C) array_like
        Maps.
    size, stride
        As in max_pool_forward.

    Returns
    -------
    y : (N, H', W', C) array.

    Raises
    ------
    ValueError, TypeError
        As max_pool_forward.

    Examples
    --------
    >>> average_pool_forward(np.array([3, 1, -5, -2, 9]).reshape(1, 1, 5, 1), (1, 2)).ravel()
    array([ 2. , -3.5])

    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998, section II.
    """
    (x,) = same_floats((x, "x", _MAPS, BATCH))
    size, stride, out = pool_geometry(x.shape, size, stride)
    y = np.zeros((x.shape[0], *out, x.shape[3]), x.dtype)
    for seen in _offsets(x, size, stride, out):
        y += seen
    return y / x.dtype.type(size[0] * size[1])


def average_pool_backward(dy, x_shape, size, *, stride=None):
    """Spread each window's gradient over all its pixels alike.

    Every pixel moved the mean by the same small share, 1 / (PH PW), so every pixel is paid that share of dy. The values of
    x play no part, only its shape does.

    Parameters
    ----------
    dy : (N, H', W', C) array_like
        Gradient of the loss with respect to the output of average_pool_forward(x, size, stride=stride).
    x_shape : (N, H, W, C)
        Shape of what the forward pass was given.
    size, stride
        As in max_pool_forward.

    Returns
    -------
    dx : (N, H, W, C) array.

    Raises
    ------
    ValueError, TypeError
        As max_pool_forward; and when dy has not the shape of its output, or x_shape is no shape of four axes.

    Examples
    --------
    Windows of 2 that move by 1: the two pixels in the middle get a share of two windows.

    >>> dy = np.array([10, 20, 30]).reshape(1, 1, 3, 1)
    >>> average_pool_backward(dy, (1, 1, 4, 1), (1, 2), stride=1).ravel()
    array([ 5., 15., 25., 15.])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, sections 6.5 and 9.3.
    """
    (dy,) = same_floats((dy, "dy", _GRADIENTS, _DY))
    if not isinstance(x_shape, (tuple, list)) or len(x_shape) != 4:
        given = f"an array of shape {x_shape.shape}" if isinstance(x_shape, np.ndarray) else repr(x_shape)
        raise ValueError(f"x_shape is {given}: it needs the four numbers (N, H, W, C). Use x.shape.")
    x_shape = tuple(as_count(side, "x_shape", least=1) for side in x_shape)
    size, stride, out = pool_geometry(x_shape, size, stride)
    check_shape(dy, "dy", (x_shape[0], *out, x_shape[3]), "the pooled output")
    dx = np.zeros(x_shape, dy.dtype)
    share = dy / dy.dtype.type(size[0] * size[1])
    for paid in _offsets(dx, size, stride, out):
        paid += share
    return dx


def _offsets(maps, size, stride, out):
    """One view for each place in the window, in row order: what the windows see there, (N, H', W', C)."""
    for a in range(size[0]):
        for b in range(size[1]):
            rows = slice(a, a + stride[0] * (out[0] - 1) + 1, stride[0])
            cols = slice(b, b + stride[1] * (out[1] - 1) + 1, stride[1])
            yield maps[:, rows, cols]
