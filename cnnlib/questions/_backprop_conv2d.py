"""The checks of unit 03, a convolution layer forward.

The cases are small enough to redo by hand, and unlike in the ways that mistakes hide behind: maps and filters are not square,
channels and filters differ in number, there are several images, strides of 2 and 3, windows that overlap, leave gaps or do
not reach the last row, and calls with and without padding.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import conv2d_forward
from cnnlib.questions._patches import AS_STUDENT, numbers

# --- conv2d_forward ---------------------------------------------------------------------------------------------------

IMAGES = numbers(2, 4, 5, 2, step=7)  # 80 numbers
FILTERS = numbers(2, 3, 2, 3, step=5)  # 36 numbers
BIAS = np.array([1, -2, 10.0])
TALL = numbers(1, 7, 5, 2, step=11)  # 70 numbers
WIDE = numbers(2, 4, 8, 1, step=9)  # 64 numbers
TALL_FILTERS = numbers(3, 2, 2, 3, step=8)
SMALL_FILTERS = numbers(2, 2, 1, 2, step=3)


def _forward(change):
    """A mistake made with the reference's result; `change` takes it and the arguments."""
    def gives(x, weights, bias, *, stride=1, pad=0):
        return change(conv2d_forward(x, weights, bias, stride=stride, pad=pad), x, weights, bias, stride, pad)
    return gives


def _with_arguments(change):
    """A mistake made with the arguments: `change` returns new ones, (x, weights, bias, stride, pad)."""
    def gives(x, weights, bias, *, stride=1, pad=0):
        x, weights, bias, stride, pad = change(x, weights, bias, stride, pad)
        return conv2d_forward(x, weights, bias, stride=stride, pad=pad)
    return gives


def _padded_by(pads, **options):
    """`pads` takes pad and returns np.pad's pairs of all four axes."""
    return _with_arguments(lambda x, w, b, s, p: (np.pad(x, pads(p), **options) if p else x, w, b, s, 0))


def _raises(error, when):
    def gives(x, weights, bias, *, stride=1, pad=0):
        if when(x, weights, stride, pad):
            raise error(AS_STUDENT)
        return conv2d_forward(x, weights, bias, stride=stride, pad=pad)
    return gives


def _does_not_divide(x, weights, stride, pad):
    return any((n + 2 * pad - k) % stride for n, k in zip(x.shape[1:3], weights.shape, strict=False))


CONV2D_FORWARD = Question(
    conv2d_forward,
    cases=[
        case("one window by hand", np.array([1, 2, 0, 3.0]).reshape(1, 2, 2, 1), np.array([2, 0, -1, 1.0]).reshape(2, 2, 1, 1),
             np.array([10.0])),
        case("all square", IMAGES[:, :3, :3], FILTERS[:, :2], BIAS),
        case("two images, two channels, three filters", IMAGES, FILTERS, BIAS),
        case("stride 2 on tall images", TALL, TALL_FILTERS, BIAS, stride=2),
        case("stride 2 that does not divide", WIDE[:, :, :7], SMALL_FILTERS, BIAS[:2], stride=2),
        case("stride 3 on wide images", WIDE, SMALL_FILTERS, BIAS[:2], stride=3),
        case("padding of 1", IMAGES[:, :3, :4], FILTERS, BIAS, pad=1),
        case("padding of 2 and stride 2", WIDE[:, :3, :5], SMALL_FILTERS, BIAS[:2], stride=2, pad=2),
    ],
    mistakes=[
        mistake("stride ignored",
                _with_arguments(lambda x, w, b, s, p: (x, w, b, 1, p)),
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(x, weights, bias, pad=pad)[
                    :, :(x.shape[1] + 2 * pad - len(weights)) // stride + 1,
                    :(x.shape[2] + 2 * pad - weights.shape[1]) // stride + 1],
                hint="Your windows move by one pixel whatever the stride is.",
                fix="The window of output (i, j) starts at row `i * stride` and column `j * stride` of the padded image."),
        mistake("stride in one direction",
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(x, weights, bias, pad=pad)[:, ::stride],
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(x, weights, bias, pad=pad)[:, :, ::stride],
                hint="The stride is used in one direction only.",
                fix="Both rows and columns move by it: `i * stride`, `j * stride`."),
        mistake("padding ignored", _with_arguments(lambda x, w, b, s, p: (x, w, b, s, 0)),
                hint="`pad` is not used: the output is as small as without it.",
                fix="Put `pad` rows and columns of zeros on each of the four sides before the windows are taken."),
        mistake("batch axis padded", _padded_by(lambda p: [(p, p), (p, p), (p, p), (0, 0)]),
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(
                    np.pad(x, pad)[:len(x), ..., :x.shape[3]], weights, bias, stride=stride),
                _padded_by(lambda p: [(p, p), (p, p), (0, 0), (0, 0)]),
                hint="Not only rows and columns were padded: zeros were put around the batch or the channels.",
                fix="`np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))` leaves the first and the last axis alone."),
        mistake("padding on one side", _padded_by(lambda p: [(0, 0), (p, 0), (p, 0), (0, 0)]),
                _padded_by(lambda p: [(0, 0), (0, p), (0, p), (0, 0)]),
                _padded_by(lambda p: [(0, 0), (0, 2 * p), (0, 2 * p), (0, 0)]),
                _padded_by(lambda p: [(0, 0), (2 * p, 0), (2 * p, 0), (0, 0)]),
                hint="The padding is on one side only, in the zeros or in the size of the output.",
                fix="`pad` rows above and as many below, so H' = (H + 2 * pad - KH) // stride + 1; the same for the width."),
        mistake("padding not of zeros", _padded_by(lambda p: [(0, 0), (p, p), (p, p), (0, 0)], mode="edge"),
                _padded_by(lambda p: [(0, 0), (p, p), (p, p), (0, 0)], mode="reflect"),
                _padded_by(lambda p: [(0, 0), (p, p), (p, p), (0, 0)], constant_values=1.0),
                hint="The frame around the image does not hold zeros.",
                fix="np.pad puts zeros there when it is given no mode."),
        mistake("error with padding", _raises(ValueError, lambda x, w, s, p: p), _raises(IndexError, lambda x, w, s, p: p),
                hint="Your function works without padding and raises an error with it.",
                fix="Pad rows and columns, and those alone; take the output's size and all windows from the padded images."),
        mistake("size rounded up", _raises(ValueError, lambda x, w, s, p: _does_not_divide(x, w, s, p)),
                _raises(IndexError, lambda x, w, s, p: _does_not_divide(x, w, s, p)),
                hint="Your function raises an error where the stride does not divide the way that is left: a window too many.",
                fix="Round down: H' = (H + 2 * pad - KH) // stride + 1."),
        mistake("bias left out", _with_arguments(lambda x, w, b, s, p: (x, w, 0 * b, s, p)),
                hint="The bias is not in your output.",
                fix="Add `bias[o]` to every output pixel of filter o."),
        mistake("bias inside the sum", _with_arguments(lambda x, w, b, s, p: (x, w, b * np.prod(w.shape[:3]), s, p)),
                _with_arguments(lambda x, w, b, s, p: (x, w, b * np.prod(w.shape[:2]), s, p)),
                _with_arguments(lambda x, w, b, s, p: (x, w, b * w.shape[2], s, p)),
                hint="The bias is added to an output pixel many times: once for every product, place or channel.",
                fix="Add it once, outside the sum over the window."),
        mistake("one channel only", _with_arguments(lambda x, w, b, s, p: (x[..., :1], w[:, :, :1], b, s, p)),
                _with_arguments(lambda x, w, b, s, p: (x[..., -1:], w[:, :, -1:], b, s, p)),
                hint="Only one channel of the images is in your output.",
                fix="A filter is as deep as the image: sum over rows, columns and all channels."),
        mistake("one filter only", _with_arguments(lambda x, w, b, s, p: (x, w[..., :1], b[:1], s, p)),
                _with_arguments(lambda x, w, b, s, p: (x, np.repeat(w[..., :1], len(b), axis=3), b, s, p)),
                hint="Every map of your output comes from the first filter.",
                fix="Map o is made with `weights[..., o]` and `bias[o]`."),
        mistake("one image only", lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(
                    x[:1], weights, bias, stride=stride, pad=pad),
                _forward(lambda y, x, *rest: np.concatenate([y[:1], 0 * y[1:]])), _forward(lambda y, *rest: y[0]),
                hint="Only the first image of the batch was worked on.",
                fix="Loop over all N images, or keep the first axis in every slice."),
        mistake("channels or batch averaged",
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(
                    x, weights / x.shape[3], bias, stride=stride, pad=pad),
                lambda x, weights, bias, *, stride=1, pad=0: conv2d_forward(
                    x, weights / weights[..., 0].size, bias, stride=stride, pad=pad),
                hint="A mean is taken where the products of the window must be added up.",
                fix="Sum over rows, columns and channels."),
        mistake("filters flipped", _with_arguments(lambda x, w, b, s, p: (x, w[::-1, ::-1], b, s, p)),
                _with_arguments(lambda x, w, b, s, p: (x, w[::-1, ::-1, ::-1], b, s, p)),
                hint="Your filters are turned by 180 degrees. A layer takes them as they are.",
                fix="Multiply `x[n, i * stride + a, j * stride + b, c]` with `weights[a, b, c, o]`."),
        mistake("channels first", _forward(lambda y, *rest: np.moveaxis(y, 3, 1)),
                hint="The filters' axis stands after the batch. In this course channels come last.",
                fix="The output is (N, H', W', C_out)."),
        mistake("last row and column lost", _forward(lambda y, *rest: y[:, :-1, :-1]),
                hint="The last place where the filter fits is left out.",
                fix="H' = (H + 2 * pad - KH) // stride + 1: count the places for H = KH."),
        mistake("rows and columns swapped", _forward(lambda y, *rest: y.transpose(0, 2, 1, 3)),
                _with_arguments(lambda x, w, b, s, p: (x, w.transpose(1, 0, 2, 3), b, s, p)),
                hint="Rows and columns are swapped, in the output or in the filters.",
                fix="Height first, everywhere: (N, H, W, C) and (KH, KW, C_in, C_out)."),
        mistake("square assumed", _raises(ValueError, lambda x, w, s, p: x.shape[1] != x.shape[2] or len(w) != w.shape[1]),
                _raises(IndexError, lambda x, w, s, p: x.shape[1] != x.shape[2] or len(w) != w.shape[1]),
                _raises(ValueError, lambda x, w, s, p: len(w) != w.shape[1]),
                _raises(IndexError, lambda x, w, s, p: len(w) != w.shape[1]),
                hint="Your function works for square images and filters alone.",
                fix="Take height and width each for itself, of the images and of the filters."),
        mistake("ReLU applied", _forward(lambda y, *rest: np.maximum(y, 0)),
                hint="Your output is never negative. ReLU is a layer of its own.",
                fix="Return the sums as they are."),
    ])
