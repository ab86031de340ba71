"""The checks of unit 03, maximum and average pooling backward.

The geometry of the cases is that of the forward pass, and there are ties. Mistakes that both questions share are made for one
of the two references.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import average_pool_backward, max_pool_backward, max_pool_forward
from cnnlib.questions import _patches
from cnnlib.questions._backprop_pooling import EVEN, GAPS, LONG, ODD, TIES
from cnnlib.questions._patches import AS_STUDENT, added, laid_over, laid_over_by_place, numbers, pool_patches

# --- max_pool_backward ------------------------------------------------------------------------------------------------

def _repaid(change, lay=added):
    """dx from patches that `change` makes of (patch, dy of the window, window); laid down by `lay`."""
    def gives(dy, x, size, *, stride=None):
        step = stride or size

        def patches():
            for i, j, patch in pool_patches(dy, x, size, step):
                window = x[:, i * step:i * step + size, j * step:j * step + size]
                yield i, j, change(patch, dy[:, i:i + 1, j:j + 1], window)
        return lay(patches(), x.shape, step)
    return gives


def _ties(window):
    return window == window.max(axis=(1, 2), keepdims=True)


def _pays(choose):
    """Each window pays where `choose` says: a function of the whole maps and the window's maximum, both (N, ., ., C)."""
    def gives(dy, x, size, *, stride=None):
        best = max_pool_forward(x, size, stride=stride)
        return sum(dy[:, i:i + 1, j:j + 1] * choose(x, best[:, i:i + 1, j:j + 1]) for i, j in np.ndindex(dy.shape[1:3]))
    return gives


def _only_the_largest_of_all(axis):
    """dy is paid only where a window's pixel is the largest of a whole map (or image)."""
    def gives(dy, x, size, *, stride=None):
        largest = x == x.max(axis=axis, keepdims=True)
        return _repaid(lambda patch, mine, window: mine * (window == 99.0))(dy, np.where(largest, 99.0, x), size, stride=stride)
    return gives


def _turned_window(axes):
    """The winner is looked for in windows with flipped or exchanged rows and columns: `axes` turns them and back."""
    return _repaid(lambda patch, mine, window: axes(max_pool_backward(mine, axes(window), window.shape[1])))


def _misplaced(patch, mine, window):
    return patch.transpose(0, 2, 1, 3)


def _one_winner(patch, mine, window):
    flat = window.reshape(len(window), 1, -1, 1)  # rows, columns and channels in one
    return mine * max_pool_backward(np.ones((len(window), 1, 1, 1)), flat, flat.shape[1:3]).reshape(window.shape)


def _corner(patch, mine, window):
    moved = np.zeros_like(patch)
    moved[:, 0, 0] = patch.sum(axis=(1, 2))
    return moved


def _with_steps(backward, step):
    """Windows at multiples of another stride: `step` takes (size, stride)."""
    def gives(dy, x, size, *, stride=None):
        shape = tuple(x) if backward is average_pool_backward else x.shape
        x = np.zeros(shape) if backward is average_pool_backward else x
        mine = step(size, stride)
        return added(pool_patches(dy, x, size, mine, backward), shape, mine)
    return gives


def _fewer_windows(backward):
    """Windows at multiples of `size`, as many as fit; the rest of dy is not used."""
    def gives(dy, x, size, *, stride=None):
        shape = x if backward is average_pool_backward else x.shape
        count = [min(have, (n - size) // size + 1) for have, n in zip(dy.shape[1:3], shape[1:3], strict=True)]
        mine = np.zeros(shape) if backward is average_pool_backward else x
        return added(pool_patches(dy[:, :count[0], :count[1]], mine, size, size, backward), shape, size)
    return gives


def _crash(backward, when):
    def gives(dy, x, size, *, stride=None):
        if when(dy, np.shape(x) if backward is max_pool_backward else x, size, stride or size):
            raise IndexError(AS_STUDENT)
        return backward(dy, x, size, stride=stride)
    return gives


def _of_result(backward, change):
    """A mistake made with the reference's result; `change` takes it, dy, size and stride."""
    def gives(dy, x, size, *, stride=None):
        return change(backward(dy, x, size, stride=stride), dy, size, stride or size)
    return gives


def _as_far_as_windows_reach(dx, dy, size, stride):
    return dx[:, :(dy.shape[1] - 1) * stride + size, :(dy.shape[2] - 1) * stride + size]


def _extra_division(backward):
    return mistake("extra 1/N", _of_result(backward, lambda dx, dy, *rest: dx / len(dy)),
                   hint="The gradient is divided by the number of images.",
                   fix="Each image has its own gradient. If the loss is a mean, its 1/N is in dy already.")


def _smaller(backward):
    return mistake("dx smaller than x", _of_result(backward, _as_far_as_windows_reach),
                   hint="dx ends where the last window ends. Rows and columns in no window have a gradient too: 0.",
                   fix="A gradient has the shape of what it belongs to: start from zeros of that shape.")


def _stride_as_size(backward):
    return mistake("stride taken as size", _with_steps(backward, lambda size, stride: size), _fewer_windows(backward),
                   hint="The windows of your gradient begin where the last one ended: `stride` is not used.",
                   fix="dy[:, i, j] belongs to the window that begins at row `i * stride`, column `j * stride`.")


def _stride_one(backward):
    return mistake("stride 1 by default", _with_steps(backward, lambda size, stride: stride or 1),
                   hint="Without a stride the windows of your gradient lie one pixel apart.",
                   fix="None means that a window begins where the last one ended: `stride = size`.")


def _swapped_loops(backward):
    return mistake("loop ranges swapped", _crash(backward, lambda dy, shape, *rest: dy.shape[1] != dy.shape[2]),
                   hint="Rows and columns are mixed up: your function works where dy is square.",
                   fix="`_, out_h, out_w, _ = dy.shape`: i runs over out_h, j over out_w.")


MAX_POOL_BACKWARD = Question(
    max_pool_backward,
    cases=[
        case("one window", np.array([2.0]).reshape(1, 1, 1, 1), np.array([4, 1, 9, 3.0]).reshape(1, 2, 2, 1), 2),
        case("two windows by hand", np.array([5, 7.0]).reshape(1, 1, 2, 1), np.array([1, 3, 2, 0, 2, 4.0]).reshape(1, 2, 3, 1),
             2, stride=1),
        case("two images, two channels", numbers(2, 2, 2, 2, step=5), EVEN[:, :, :4], 2),
        case("equal maxima", np.array([3, -2, 4, 5.0]).reshape(1, 2, 2, 1), TIES, 2),
        case("equal maxima in windows that overlap", numbers(1, 2, 3, 1, step=3), TIES, 3, stride=1),
        case("all numbers negative", numbers(2, 2, 2, 1, step=4), LONG[:, :5] - 20, 2),
        case("windows of 3 that overlap", numbers(1, 2, 3, 2, step=9), ODD, 3, stride=2),
        case("windows that leave gaps", numbers(1, 2, 3, 1, step=10), GAPS, 2, stride=3),
    ],
    mistakes=[
        mistake("assigned instead of accumulated", _repaid(lambda patch, *rest: patch, laid_over),
                _repaid(lambda patch, *rest: patch, _patches.laid_over_where_paid),
                _repaid(lambda patch, *rest: patch, laid_over_by_place),
                hint="A pixel that wins several windows that overlap is paid by one of them only: dy is assigned, not added.",
                fix="`+=`, not `=`."),
        mistake("every tie paid", _repaid(lambda patch, mine, window: mine * _ties(window)),
                hint="Where several pixels of a window are equally large, each of them gets the whole dy.",
                fix="One of them gets it, the first in row order: `np.argmax` of the flattened window."),
        mistake("ties shared", _repaid(lambda patch, mine, window: mine * _ties(window) / _ties(window).sum(
                    axis=(1, 2), keepdims=True)),
                hint="Pixels of a window that are equally large share dy.",
                fix="Here the first in row order gets all of it: `np.argmax` of the flattened window."),
        mistake("another tie paid", _turned_window(lambda window: window[:, ::-1, ::-1]),
                _turned_window(lambda window: window.transpose(0, 2, 1, 3)), _turned_window(lambda window: window[:, ::-1]),
                _turned_window(lambda window: window[:, :, ::-1]),
                hint="Of equal maxima you choose another one than the first in row order.",
                fix="The top row first, and in a row from the left; a later pixel wins only if it is larger (`>`)."),
        mistake("mask over the whole map", _pays(lambda x, best: x == best), _only_the_largest_of_all((1, 2)),
                _only_the_largest_of_all((1, 2, 3)), _only_the_largest_of_all(None),
                hint="Your mask compares the whole map with one maximum, so pixels outside the window are paid, or the other "
                     "windows are not.",
                fix="Cut out the window first and look for the winner in it alone."),
        mistake("absolute maximum", lambda dy, x, size, *, stride=None: max_pool_backward(dy, np.abs(x), size, stride=stride),
                hint="The pixel furthest from 0 is paid. The forward pass took the largest one.",
                fix="Compare the numbers as they are, without `abs`."),
        mistake("maximum starts at 0", lambda dy, x, size, *, stride=None: max_pool_backward(
                    dy * (max_pool_forward(x, size, stride=stride) > 0), x, size, stride=stride),
                hint="Windows without a positive number pay nobody: your maximum starts at 0.",
                fix="Every window has a winner: start from its first pixel, or from `-np.inf`, or take `np.argmax`."),
        mistake("dy ignored", lambda dy, x, size, *, stride=None: max_pool_backward(
                    np.ones_like(dy), x, size, stride=stride),
                _of_result(max_pool_backward, lambda dx, *rest: (dx != 0).astype(float)),
                hint="Your gradient does not depend on dy: the winners get 1.",
                fix="The winner of window (i, j) gets `dy[n, i, j, c]`."),
        mistake("spread as an average", lambda dy, x, size, *, stride=None: average_pool_backward(
                    dy, x.shape, size, stride=stride),
                lambda dy, x, size, *, stride=None: average_pool_backward(dy, x.shape, size, stride=stride) * size ** 2,
                hint="All pixels of a window are paid, as in average pooling.",
                fix="The maximum depends on one pixel alone: it gets all of dy."),
        mistake("paid at another place of the window", _repaid(_misplaced), _repaid(_corner),
                hint="dy arrives at another pixel of the window than the winner.",
                fix="`np.unravel_index(np.argmax(window), window.shape)` is (row, column), counted from the window's corner."),
        mistake("channels pooled together", _repaid(_one_winner),
                _repaid(lambda patch, mine, window: mine * (window == window.max(axis=(1, 2, 3), keepdims=True))),
                hint="One winner is taken for all channels. Each channel has its own.",
                fix="Look for the winner in `x[n, rows, columns, c]`, channel by channel."),
        _stride_as_size(max_pool_backward), _stride_one(max_pool_backward), _smaller(max_pool_backward),
        _extra_division(max_pool_backward), _swapped_loops(max_pool_backward),
    ])


# --- average_pool_backward --------------------------------------------------------------------------------------------

def _averaged(lay, change=lambda patch: patch):
    def gives(dy, x_shape, size, *, stride=None):
        step = stride or size
        patches = pool_patches(dy, np.zeros(x_shape), size, step, average_pool_backward)
        return lay(_patches.changed(patches, change), x_shape, step)
    return gives


def _times(factor):
    """The right gradient times a number made of (dy, x_shape, size)."""
    def gives(dy, x_shape, size, *, stride=None):
        return average_pool_backward(dy, x_shape, size, stride=stride) * factor(dy, x_shape, size)
    return gives


def _one_place(factor):
    def change(patch):
        kept = np.zeros_like(patch)
        kept[:, 0, 0] = patch[:, 0, 0] * factor(patch)
        return kept
    return change


def _shared_by_windows(dy, x_shape, size, *, stride=None):
    right = average_pool_backward(dy, x_shape, size, stride=stride)
    covered = average_pool_backward(np.ones_like(dy), x_shape, size, stride=stride) * size ** 2
    return right / np.maximum(covered, 1)


AVERAGE_POOL_BACKWARD = Question(
    average_pool_backward,
    cases=[
        case("one window", np.array([8.0]).reshape(1, 1, 1, 1), (1, 2, 2, 1), 2),
        case("two windows by hand", np.array([4, 8.0]).reshape(1, 1, 2, 1), (1, 2, 3, 1), 2, stride=1),
        case("two images, two channels", numbers(2, 2, 3, 2, step=5), (2, 4, 6, 2), 2),
        case("a last row and column in no window", numbers(2, 2, 1, 1, step=7), (2, 7, 4, 1), 3),
        case("windows of 3 that overlap", numbers(1, 2, 3, 2, step=9), (1, 5, 7, 2), 3, stride=2),
        case("windows that leave gaps", numbers(1, 2, 3, 1, step=10), (1, 5, 8, 1), 2, stride=3),
    ],
    mistakes=[
        mistake("dy ignored", lambda dy, x_shape, size, *, stride=None: average_pool_backward(
                    np.ones_like(dy), x_shape, size, stride=stride),
                _averaged(laid_over, lambda patch: np.full_like(patch, 1 / patch.shape[1] ** 2)),
                hint="Your gradient does not depend on dy: every window hands out 1 / size^2.",
                fix="A share is `dy[n, i, j, c] / size**2`."),
        mistake("not divided", _times(lambda dy, x_shape, size: size ** 2),
                hint="Every pixel of a window gets the whole dy. In a mean of size^2 pixels each has the factor 1 / size^2.",
                fix="Divide by `size * size`."),
        mistake("divided by the side", _times(lambda dy, x_shape, size: size),
                hint="A share is too large: dy is divided by the side of the window.",
                fix="A window has `size * size` pixels."),
        mistake("divided by another number", _times(lambda dy, x_shape, size: size ** 2 / np.prod(x_shape[1:3])),
                _times(lambda dy, x_shape, size: size ** 2 / np.prod(dy.shape[1:3])),
                _times(lambda dy, x_shape, size: size ** 2 / dy.size),
                _times(lambda dy, x_shape, size: size ** 2 / np.prod(x_shape)),
                _times(lambda dy, x_shape, size: size ** 2 / (size ** 2 * x_shape[3])),
                hint="dy is divided by the number of pixels of the map, of the output or of all channels, not of the window.",
                fix="A mean is taken over one window of one channel: `size * size` pixels."),
        mistake("assigned instead of accumulated", _averaged(laid_over), _averaged(laid_over_by_place),
                hint="A pixel in several windows keeps the share of one of them only: shares are assigned, not added.",
                fix="`+=`, not `=`."),
        mistake("averaged over the windows", _shared_by_windows,
                hint="The shares of a pixel that lies in several windows are averaged.",
                fix="They add up: the pixel had a say in each of these windows."),
        mistake("one pixel paid", _averaged(added, _one_place(lambda patch: patch.shape[1] ** 2)),
                _averaged(added, _one_place(lambda patch: 1)),
                hint="One pixel of each window is paid, as in maximum pooling.",
                fix="All `size * size` pixels of the window get the same share."),
        _stride_as_size(average_pool_backward), _stride_one(average_pool_backward), _smaller(average_pool_backward),
        _extra_division(average_pool_backward), _swapped_loops(average_pool_backward),
    ])
