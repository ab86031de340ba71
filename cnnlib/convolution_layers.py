"""The convolution layer as matrix products: after this room you know how a layer is computed in earnest.

x is (N, H, W, C_in), weights (KH, KW, C_in, C_out), bias (C_out,), channels last, y (N, H', W', C_out). The text of the same
two functions, loops over every pixel, is cnnlib.convolution_loops; a test holds text and tool equal.

Nearly all of the time goes into products of two matrices, which a processor does best. For that the KH KW C_in numbers of a
window must lie beside each other. Copying every window out (im2col) writes each pixel KH KW times. Here the KH rows of pixels
that one row of windows sees are laid out as a strip, column by column: in a strip the numbers of a window do lie beside each
other, and the next window begins `stride` columns further on, so each pixel is written KH times only. The rows of a matrix
must not overlap and windows do, so they take turns: every second or third window of the strip goes into one product.

With up to three channels a strip has too few numbers beside each other to be copied fast. There forward lays out planes: for
each weight the pixels that it meets at all places, and a plane of ones that the bias meets.
"""

import numpy as np

from cnnlib._layer_checks import check_shape, conv_geometry
from cnnlib.convolution_loops import conv_gradient_inputs, conv_inputs

FEW = 3  # channels up to which forward lays out planes: beside each other in an image stand too few numbers for strips
BLOCK = 2**21  # bytes of strips and maps at a time: few enough to stay in the processor's cache


def conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    """A convolution layer: each filter slides over each image and draws one map.

    The numbers of conv2d_forward_loops, in a thousandth of the time: one product of windows and filters,
    (places, KH KW C_in) @ (KH KW C_in, C_out), gives all maps of a block at once.

    Parameters
    ----------
    x, weights, bias, stride, pad
        As in conv2d_forward_loops.

    Returns
    -------
    y : (N, H', W', C_out) array, float32 when all came so, else float64. Besides it and a copy of the weights at most 5 MB are
        in use, however large the batch and the images; more only where a single row of windows takes over 2 MB.

    Raises
    ------
    ValueError, TypeError
        As conv2d_forward_loops.

    Examples
    --------
    >>> x, weights = np.array([1, 2, 3, 4]).reshape(1, 1, 4, 1), np.array([10, 1]).reshape(1, 2, 1, 1)
    >>> conv2d_forward(x, weights, [100], stride=2).ravel()
    array([112., 134.])

    Source: K. Chellapilla, S. Puri and P. Simard, High performance convolutional neural networks for document processing, 2006.
    """
    x, weights, bias = conv_inputs(x, weights, bias)
    stride, pad, (out_h, out_w) = conv_geometry(x, weights, stride, pad)
    c_out = weights.shape[3]
    image = out_h * out_w * (weights[..., 0].size + 1 + c_out) * x.itemsize  # bytes of one image's planes and maps
    if weights.shape[2] <= FEW and image <= BLOCK:
        return _forward_planes(x, weights, bias, stride, pad, (out_h, out_w), BLOCK // image)
    filters = weights.transpose(1, 0, 2, 3).reshape(-1, c_out)  # (KW KH C_in, C_out), in the order of a strip
    y, bias = np.empty((len(x), out_h, out_w * c_out), x.dtype), np.tile(bias, out_w)  # whole rows, so that bias is added fast
    for images, rows, grid in _blocks(x, weights, out_h, stride, pad):  # grid: (n, rows, columns)
        strips = _strips(x[images], weights, rows, grid, stride, pad)
        maps = np.empty((np.prod(grid), c_out), x.dtype)
        turns = _turns(strips, weights, stride)
        for turn, windows in enumerate(turns):
            np.matmul(windows, filters, out=maps[turn :: len(turns)])
        maps = maps.reshape(*grid[:2], -1)[:, :, : y.shape[2]]  # what follows are windows that hang over the end of their row
        np.add(maps, bias, out=y[images, rows])
    return y.reshape(len(x), out_h, out_w, c_out)


def _forward_planes(x, weights, bias, stride, pad, size, n):
    """Forward for few channels, n images at a time: a plane of all places for each weight, and one of ones for the bias."""
    (out_h, out_w), (kh, kw, c_in, c_out) = size, weights.shape
    filters = np.concatenate([weights.reshape(-1, c_out), bias[np.newaxis]])  # (KH KW C_in + 1, C_out)
    y = np.empty((len(x), out_h * out_w, c_out), x.dtype)
    for first in range(0, len(x), n):
        padded = np.pad(x[first : first + n], ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        planes = np.ones((len(filters), len(padded), out_h, out_w), x.dtype)
        for plane, (a, b, c) in zip(planes, np.ndindex(kh, kw, c_in), strict=False):  # the last stays ones
            plane[...] = padded[:, a : a + stride * (out_h - 1) + 1 : stride, b : b + stride * (out_w - 1) + 1 : stride, c]
        np.matmul(planes.reshape(len(filters), -1).T, filters, out=y[first : first + n].reshape(-1, c_out))
    return y.reshape(len(x), out_h, out_w, c_out)


def conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    """Send the gradient of a convolution layer's output back to its input, its weights and its bias.

    The numbers of conv2d_backward_loops. Forward is a product of windows and filters, so the filters are paid windows.T @ dy,
    the windows dy @ filters.T, and each pixel what all the windows got in which it stood.

    Parameters
    ----------
    dy, x, weights, stride, pad
        As in conv2d_backward_loops.

    Returns
    -------
    dx : (N, H, W, C_in) array
    dweights : (KH, KW, C_in, C_out) array
    dbias : (C_out,) array. Besides them and three copies of the weights at most 9 MB are in use, however large the batch and
        the images; more only where a single row of windows takes over 2 MB.

    Raises
    ------
    ValueError, TypeError
        As conv2d_backward_loops.

    Examples
    --------
    >>> x, weights = np.array([1, 2, 3, 4]).reshape(1, 1, 4, 1), np.array([10, 1]).reshape(1, 2, 1, 1)
    >>> dx, dweights, dbias = conv2d_backward(np.array([1, 5]).reshape(1, 1, 2, 1), x, weights, stride=2)
    >>> dx.ravel(), dweights.ravel(), dbias
    (array([10.,  1., 50.,  5.]), array([16., 22.]), array([6.]))

    Source: K. Chellapilla, S. Puri and P. Simard, High performance convolutional neural networks for document processing, 2006.
    """
    dy, x, weights = conv_gradient_inputs(dy, x, weights)
    stride, pad, (out_h, out_w) = conv_geometry(x, weights, stride, pad)
    kh, kw, c_in, c_out = weights.shape
    check_shape(dy, "dy", (len(x), out_h, out_w, c_out), "the layer's output")
    filters = weights.transpose(1, 0, 2, 3).reshape(-1, c_out)  # (KW KH C_in, C_out), in the order of a strip
    dx, dfilters, dbias = np.zeros_like(x, order="C"), np.zeros_like(filters), np.zeros(c_out, x.dtype)
    for images, rows, grid in _blocks(x, weights, out_h, stride, pad):  # grid: (n, rows, columns)
        strips = _strips(x[images], weights, rows, grid, stride, pad)
        dstrips = np.zeros_like(strips)
        dmaps = np.zeros((*grid, c_out), x.dtype)
        dmaps[:, :, :out_w] = dy[images, rows]
        dmaps = dmaps.reshape(-1, c_out)
        turns, dturns = _turns(strips, weights, stride), _turns(dstrips, weights, stride)
        for turn, (windows, dwindows) in enumerate(zip(turns, dturns, strict=True)):
            dfilters += windows.T @ dmaps[turn :: len(turns)]
            dwindows += dmaps[turn :: len(turns)] @ filters.T
        dbias += np.ones(len(dmaps), x.dtype) @ dmaps  # a sum over all places, as a product
        for strip, pixels in _meetings(x[images].shape, dstrips, kh, rows, grid, stride, pad):
            dx[images][pixels] += strip
    return dx, np.ascontiguousarray(dfilters.reshape(kw, kh, c_in, c_out).transpose(1, 0, 2, 3)), dbias


def _blocks(x, weights, out_h, stride, pad):
    """Cut a batch into images and rows of windows of which BLOCK bytes hold the strips and maps."""
    kh, _, c_in, c_out = weights.shape
    columns = -(-(x.shape[2] + 2 * pad) // stride)  # rounded up: a window may begin at each, also those that hang over
    fit = max(1, BLOCK // (columns * (stride * kh * c_in + c_out) * x.itemsize))  # rows of windows
    n, rows = max(1, fit // out_h), min(fit, out_h)
    for image in range(0, len(x), n):
        for row in range(0, out_h, rows):
            grid = (min(n, len(x) - image), min(rows, out_h - row), columns)
            yield slice(image, image + grid[0]), slice(row, row + grid[1]), grid


def _strips(x, weights, rows, grid, stride, pad):
    """Lay out the pixels that the rows of windows see: (n rows columns + spare, stride KH C_in), zero off the image."""
    kh, kw, c_in, _ = weights.shape
    strips = np.zeros((np.prod(grid) - 1 - (-kw // stride), stride * kh * c_in), x.dtype)  # spare for the last window
    for strip, pixels in _meetings(x.shape, strips, kh, rows, grid, stride, pad):
        strip[...] = x[pixels]
    return strips


def _turns(strips, weights, stride):
    """The windows as matrices (places, KW KH C_in), no number copied: turn t has the places t, t + turns, t + 2 turns, ..."""
    kh, kw, c_in, _ = weights.shape
    turns = -(-kw // stride)  # so many windows overlap
    ends = [len(strips) - (len(strips) - turn) % turns for turn in range(turns)]
    return [strips[turn:end].reshape(-1, turns * strips.shape[1])[:, : kw * kh * c_in] for turn, end in enumerate(ends)]


def _meetings(x_shape, strips, kh, rows, grid, stride, pad):
    """For each row of the kernel: the numbers of the strips that it meets, as a view, and which pixels of x they are."""
    n, h, w, c_in = x_shape
    view = strips[: np.prod(grid)].reshape(n, grid[1], grid[2] * stride, kh, c_in)
    for a in range(kh):
        first = max(rows.start, -((a - pad) // stride))  # the first and last row of windows whose row a is on the image
        last = min(rows.stop - 1, (h - 1 + pad - a) // stride)
        if first <= last:
            pixels = slice(stride * first + a - pad, stride * last + a - pad + 1, stride)
            yield view[:, first - rows.start : last + 1 - rows.start, pad : pad + w, a], (slice(None), pixels)
