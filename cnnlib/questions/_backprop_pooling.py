"""The checks of unit 03, maximum pooling forward.

The cases: maps that are not square, several images and channels, numbers that are all negative, windows that overlap, leave
gaps or do not reach the last row and column.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import average_pool_forward, max_pool_forward
from cnnlib.questions._patches import numbers

EVEN = numbers(2, 4, 6, 2, step=7)  # 96 numbers
ODD = numbers(1, 5, 7, 2, step=5)  # 70 numbers
LONG = numbers(2, 7, 4, 1, step=9)  # 56 numbers
GAPS = numbers(1, 5, 8, 1, step=8)  # 40 numbers
TIES = np.array([1, 3, 3, 0, 2, 3, 3, 1, 0, 2, 2, 2, 2, 1, 2, 0, 2, 2, 1, 2.0]).reshape(1, 4, 5, 1)


# --- max_pool_forward -------------------------------------------------------------------------------------------------

def _pooled(change):
    """A mistake made with the reference's result; `change` takes it and (x, size, stride)."""
    def gives(x, size, *, stride=None):
        return change(max_pool_forward(x, size, stride=stride), x, size, stride or size)
    return gives


def _furthest_from_zero(x, size, *, stride=None):
    high, low = max_pool_forward(x, size, stride=stride), -max_pool_forward(-x, size, stride=stride)
    return np.where(high >= -low, high, low)


def _to_the_edge(places):
    """Windows that hang over the edge are counted; `places` takes (n, size, stride) and returns how many there are."""
    def gives(x, size, *, stride=None):
        step = stride or size
        down, across = (places(n, size, step) for n in x.shape[1:3])
        more = [(0, max(0, (count - 1) * step + size - n)) for count, n in zip((down, across), x.shape[1:3], strict=True)]
        filled = np.pad(x, [(0, 0), *more, (0, 0)], constant_values=-np.inf)
        return max_pool_forward(filled, size, stride=stride)[:, :down, :across]
    return gives


def _over_channels(keep):
    def gives(x, size, *, stride=None):
        one = max_pool_forward(x.max(axis=3, keepdims=True), size, stride=stride)
        return np.repeat(one, x.shape[3], axis=3) if keep else one
    return gives


MAX_POOL_FORWARD = Question(
    max_pool_forward,
    cases=[
        case("two windows by hand", np.array([1, 5, 2, 0, 3, 4, 7, 6.0]).reshape(1, 2, 4, 1), 2),
        case("two images, two channels", EVEN, 2),
        case("all numbers negative", EVEN[:, :, :4] - 20, 2),
        case("a last row and column in no window", ODD, 2),
        case("windows of 3 that overlap", ODD, 3, stride=2),
        case("windows one pixel apart", LONG, 2, stride=1),
        case("windows that leave gaps", GAPS, 2, stride=3),
    ],
    mistakes=[
        mistake("maximum starts at 0", _pooled(lambda y, *rest: np.maximum(y, 0)),
                hint="Your output is never negative: the maximum starts at 0, which is no pixel of the window.",
                fix="Start from the window's first pixel, or from `-np.inf`, or take `window.max()`."),
        mistake("absolute maximum", lambda x, size, *, stride=None: max_pool_forward(np.abs(x), size, stride=stride),
                _furthest_from_zero,
                hint="You take the number that is furthest from 0. The largest of -3 and -1 is -1, that of -9 and 2 is 2.",
                fix="Compare the numbers as they are, without `abs`."),
        mistake("stride taken as size", lambda x, size, *, stride=None: max_pool_forward(x, size),
                hint="Your windows always begin where the last one ended: `stride` is not used.",
                fix="Window (i, j) begins at row `i * stride`, column `j * stride`, and is `size` pixels wide."),
        mistake("stride 1 by default", lambda x, size, *, stride=None: max_pool_forward(x, size, stride=stride or 1),
                hint="Without a stride your windows move by one pixel.",
                fix="None means that a window begins where the last one ended: `stride = size`."),
        mistake("size taken as stride", lambda x, size, *, stride=None: max_pool_forward(x, stride or size),
                hint="The stride is taken for the size of the window.",
                fix="The window is `size` pixels high and wide; `stride` says only where the next one begins."),
        mistake("minimum", lambda x, size, *, stride=None: -max_pool_forward(-x, size, stride=stride),
                hint="That is the smallest number of each window.",
                fix="Take the largest."),
        mistake("mean for maximum", lambda x, size, *, stride=None: average_pool_forward(x, size, stride=stride),
                hint="That is average pooling.",
                fix="Take the largest number of each window."),
        mistake("channels pooled together", _over_channels(True), _over_channels(False),
                _pooled(lambda y, *rest: np.broadcast_to(y.max(axis=(0, 3), keepdims=True), y.shape)),
                _pooled(lambda y, *rest: np.broadcast_to(y.max(axis=0, keepdims=True), y.shape)),
                hint="The maximum is taken over channels or images too. Each channel of each image is pooled for itself.",
                fix="Take the maximum over the rows and columns of the window only: `axis=(1, 2)` of (N, size, size, C)."),
        mistake("windows over the edge", _to_the_edge(lambda n, size, step: -(-(n - size) // step) + 1),
                _to_the_edge(lambda n, size, step: -(-n // step)), _to_the_edge(lambda n, size, step: n // step),
                hint="Windows that hang over the right or lower edge are counted.",
                fix="Only whole windows count: H' = (H - size) // stride + 1."),
        mistake("last window lost", _pooled(lambda y, *rest: y[:, :-1, :-1]),
                _to_the_edge(lambda n, size, step: len(range(0, n - size, step))),
                hint="The last window that fits is left out.",
                fix="H' = (H - size) // stride + 1: count the windows for H = size."),
        mistake("rows and columns swapped", _pooled(lambda y, *rest: y.transpose(0, 2, 1, 3)),
                hint="Rows and columns are swapped: the output lies on its side.",
                fix="Height first, everywhere: (N, H', W', C)."),
        mistake("one image only", _pooled(lambda y, *rest: y[:1]), _pooled(lambda y, *rest: np.concatenate([y[:1], 0 * y[1:]])),
                hint="Only the first image of the batch was worked on.",
                fix="Loop over all N images, or keep the first axis in every slice."),
    ])
