"""The checks of unit 03, one dimension: a filter along a line of numbers, forward and backward.

The lines and filters are short enough to redo by hand, of unlike lengths, and not the same back to front.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import conv1d_backward, conv1d_forward
from cnnlib.questions._common import integer_output

# --- conv1d_forward ---------------------------------------------------------------------------------------------------

LINE = np.array([3, -1, 4, 1, -5, 9, 2.0])


def _around(x, w, before, after):
    return conv1d_forward(np.pad(np.asarray(x, dtype=float), (before, after)), w)


CONV1D_FORWARD = Question(
    conv1d_forward,
    cases=[
        case("four numbers by hand", np.array([1, 2, 0, 3.0]), np.array([2, -1.0])),
        case("a filter of three", LINE, np.array([1, 0, -2.0])),
        case("a filter of four", LINE, np.array([2, -1, 3, 5.0])),
        case("a filter as long as the line", LINE[:3], np.array([1, 4, -2.0])),
        case("whole numbers and a filter of fractions", np.arange(5), np.array([0.5, 0.25])),
    ],
    mistakes=[
        mistake("filter flipped", lambda x, w: conv1d_forward(x, w[::-1]),
                hint="Your filter lies on the line back to front, as in mathematics' convolution. A layer takes it as it is.",
                fix="Multiply `x[i + a]` with `w[a]`; np.convolve flips, np.correlate does not."),
        mistake("last place lost", lambda x, w: conv1d_forward(x, w)[:-1],
                hint="The last place where the filter fits is left out.",
                fix="A filter of k fits on n numbers at n - k + 1 places: count them for n = k."),
        mistake("padded", lambda x, w: _around(x, w, len(w) - 1, len(w) - 1),
                lambda x, w: _around(x, w, (len(w) - 1) // 2, len(w) // 2),
                lambda x, w: _around(x, w, len(w) // 2, (len(w) - 1) // 2),
                lambda x, w: _around(x, w, 0, len(w) - 1), lambda x, w: _around(x, w[::-1], len(w) - 1, len(w) - 1),
                hint="The output is too long: places where the filter hangs over an end are counted.",
                fix="Only places where the whole filter lies on the line count: n - k + 1 of them (mode \"valid\")."),
        mistake("steps of the filter's length", lambda x, w: conv1d_forward(x, w)[::len(w)],
                hint="The filter jumps by its own length. It moves by one number at a time.",
                fix="The window for output i is `x[i:i + k]`, not `x[i * k:(i + 1) * k]`."),
        mistake("mean for sum", lambda x, w: conv1d_forward(x, w) / len(w),
                hint="Your output is the mean of the products, not their sum.",
                fix="Add the products up with `np.sum`."),
        mistake("products not added",
                lambda x, w: np.stack([conv1d_forward(x, w * unit) for unit in np.eye(len(w))], axis=-1),
                hint="There is a row of products for each place: they are not added up.",
                fix="`np.sum(x[i:i + k] * w)` is one number for each place."),
        mistake("cut off at 0", lambda x, w: np.maximum(conv1d_forward(x, w), 0), lambda x, w: np.abs(conv1d_forward(x, w)),
                hint="Your output is never negative. The layer itself knows no ReLU: that is a layer of its own.",
                fix="Return the sums as they are."),
        integer_output(conv1d_forward),
    ])


# --- conv1d_backward --------------------------------------------------------------------------------------------------

def _parts1d(dx=None, dw=None):
    """The reference with one part, or both, taken from a function of (dy, x, w)."""
    def gives(dy, x, w):
        right = conv1d_backward(dy, x, w)
        return tuple(part if change is None else change(dy, x, w) for part, change in zip(right, (dx, dw), strict=True))
    return gives


def _over1d(dy, x, w):
    """dx with `=` in a loop over the outputs: each patch wipes out what lay there."""
    dx = np.zeros(len(x))
    for i in range(len(dy)):
        dx[i:i + len(w)] = conv1d_backward(dy[i:i + 1], x[i:i + len(w)], w)[0]
    return dx


def _over1d_by_place(dy, x, w):
    """dx with `=` in a loop over the filter."""
    dx = np.zeros(len(x))
    for a in range(len(w)):
        dx[a:a + len(dy)] = conv1d_backward(dy, x, w * (np.arange(len(w)) == a))[0][a:a + len(dy)]
    return dx


def _last1d(dy, x, w):
    return conv1d_backward(dy[-1:], x[-len(w):], w)[1]


def _turned1d(dy, x, w):
    return conv1d_backward(dy, x, w[::-1])[0]


def _is_whole(array):
    return np.asarray(array).dtype.kind in "iu"


def _cut(dy, x, w):
    """Each gradient cut off at the end, if what it belongs to holds whole numbers."""
    parts = conv1d_backward(dy, x, w)
    return tuple(np.trunc(part).astype(int) if _is_whole(of) else part for part, of in zip(parts, (x, w), strict=True))


def _cut_each(dy, x, w):
    """Each gradient cut off after every contribution."""
    sums = [np.zeros(len(array), dtype=int if _is_whole(array) else float) for array in (x, w)]
    for unit in np.eye(len(dy)):
        for total, part in zip(sums, conv1d_backward(dy * unit, x, w), strict=True):
            total[:] = total + part
    return tuple(sums)


def _not_added_to_whole(dy, x, w):
    """NumPy refuses to add fractions to an array of whole numbers in place."""
    if _is_whole(x):
        np.zeros(1, dtype=int).__iadd__(0.5)
    return conv1d_backward(dy, x, w)


CONV1D_BACKWARD = Question(
    conv1d_backward,
    cases=[
        case("three patches by hand", np.array([1, 1, 2.0]), np.array([1, 2, 0, 3.0]), np.array([2, -1.0])),
        case("a filter of three", np.array([1, -2, 3, 0.5, 2]), LINE, np.array([1, 4, -2.0])),
        case("a filter of two", np.array([2, 1, -1, 3, 5, -4.0]), LINE, np.array([3, -2.0])),
        case("a filter as long as the line", np.array([3.0]), LINE[:3], np.array([1, 4, -2.0])),
        case("whole numbers and a dy of fractions", np.array([0.5, 1.25, -0.75]), np.array([3, 1, 4, 1]), np.array([2, 7])),
    ],
    mistakes=[
        mistake("assigned instead of accumulated", _parts1d(dx=_over1d), _parts1d(dx=_over1d_by_place),
                _parts1d(dw=_last1d), _parts1d(dx=_over1d, dw=_last1d), _parts1d(dx=_over1d_by_place, dw=_last1d),
                hint="Each new contribution wipes out the ones before it: they are assigned, not added.",
                fix="Where patches overlap, they add up: `+=`, not `=`."),
        mistake("filter rotated", _parts1d(dx=_turned1d),
                lambda dy, x, w: (conv1d_backward(dy, x, w[::-1])[0], conv1d_backward(dy, x, w)[1][::-1]),
                _parts1d(dw=lambda dy, x, w: conv1d_backward(dy, x, w)[1][::-1]),
                hint="The filter is back to front somewhere: y[i] paints `dy[i] * w` as it is. A flip belongs only where dx is "
                     "written as a correlation with dy.",
                fix="As patches: `dx[i:i + k] += dy[i] * w`. As a correlation: padded dy with `w[::-1]`."),
        mistake("order of the results", lambda dy, x, w: conv1d_backward(dy, x, w)[::-1],
                hint="The two gradients are returned in the other order.",
                fix="Return the gradient of the input first: `return dx, dw`."),
        mistake("one gradient missing", lambda dy, x, w: conv1d_backward(dy, x, w)[0],
                lambda dy, x, w: conv1d_backward(dy, x, w)[1],
                hint="Only one gradient is returned. Both the input and the filter have one.",
                fix="Return both: `return dx, dw`."),
        mistake("dy ignored", lambda dy, x, w: conv1d_backward(np.ones_like(dy), x, w),
                _parts1d(dx=lambda dy, x, w: conv1d_backward(np.ones_like(dy), x, w)[0]),
                _parts1d(dw=lambda dy, x, w: conv1d_backward(np.ones_like(dy), x, w)[1]),
                hint="Your gradient does not depend on dy: it is that of the sum of the outputs.",
                fix="By the chain rule every contribution is multiplied with the dy of the output that makes it."),
        mistake("last output forgotten",
                lambda dy, x, w: conv1d_backward(np.r_[dy[:-1], 0 * dy[-1:]], x, w),
                hint="What the last output hands back is missing.",
                fix="Loop over all of dy: `for i in range(len(dy))`."),
        mistake("ends cut off", _parts1d(dx=lambda dy, x, w: conv1d_backward(dy, x, w)[0][len(w) - 1:len(dy)]),
                _parts1d(dx=lambda dy, x, w: conv1d_backward(dy, x, w)[0][:len(dy)]),
                hint="dx is shorter than x: the ends, which few windows saw, have gradients too.",
                fix="A gradient has the shape of what it belongs to: start from `np.zeros(len(x))`."),
        mistake("extra division",
                _parts1d(dw=lambda dy, x, w: conv1d_backward(dy, x, w)[1] / len(dy)),
                lambda dy, x, w: tuple(part / len(dy) for part in conv1d_backward(dy, x, w)),
                _parts1d(dw=lambda dy, x, w: conv1d_backward(dy, x, w)[1] / len(x)),
                hint="A gradient is divided by the number of outputs (or inputs): the contributions are averaged.",
                fix="Add them up. If the loss is a mean, that factor is in dy already."),
        mistake("integer output", _cut, _cut_each, _parts1d(dx=lambda dy, x, w: _cut(dy, x, w)[0]),
                _parts1d(dx=lambda dy, x, w: _cut_each(dy, x, w)[0]), _not_added_to_whole,
                hint="The gradients are stored as whole numbers, which cannot hold their fractions.",
                fix="`np.zeros_like(x)` takes the type of x; `np.zeros(x.shape)` is float."),
    ])
