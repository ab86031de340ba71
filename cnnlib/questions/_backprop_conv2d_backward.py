"""The checks of unit 03, a convolution layer backward.

The geometry of the cases is that of the forward pass; each mistake changes one or more of the three gradients.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import conv2d_backward
from cnnlib.questions._backprop_conv2d import SMALL_FILTERS, TALL, TALL_FILTERS, WIDE
from cnnlib.questions._patches import AS_STUDENT, conv_patches, laid_over, laid_over_by_place, numbers, pad_maps

# --- conv2d_backward --------------------------------------------------------------------------------------------------

def _parts(dx=None, dweights=None, dbias=None):
    """The reference with some parts changed: each is a function of (right part, dy, x, weights, stride, pad)."""
    def gives(dy, x, weights, *, stride=1, pad=0):
        right = conv2d_backward(dy, x, weights, stride=stride, pad=pad)
        return tuple(part if change is None else change(part, dy, x, weights, stride, pad)
                     for part, change in zip(right, (dx, dweights, dbias), strict=True))
    return gives


def _of_dy(change, *which):
    """The parts `which` (0, 1, 2; all if none) of the reference with another dy; the others are right."""
    def part(number):
        def gives(right, dy, x, weights, stride, pad):
            return conv2d_backward(change(dy), x, weights, stride=stride, pad=pad)[number]
        return gives
    return [part(number) if number in (which or (0, 1, 2)) else None for number in range(3)]


def _only(*index):
    """A dy that is 0 but at an index."""
    def change(dy):
        kept = np.zeros_like(dy)
        kept[index] = dy[index]
        return kept
    return change


def _painted(lay):
    """dx with the patches laid down by `lay`, and the frame cut off."""
    def dx(right, dy, x, weights, stride, pad):
        padded = pad_maps(x, pad)
        full = lay(conv_patches(dy, padded, weights, stride), padded.shape, stride)
        return full[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return dx


def _padded_dx(right, dy, x, weights, stride, pad):
    return conv2d_backward(dy, pad_maps(x, pad), weights, stride=stride)[0]


def _unstrided(number, cut=False):
    """A part with windows at (i, j) in place of (i * stride, j * stride); `cut`: dx as small as those windows reach."""
    def gives(right, dy, x, weights, stride, pad):
        padded = pad_maps(x, pad)
        reached = [n + k - 1 for n, k in zip(dy.shape[1:3], weights.shape, strict=False)]
        part = conv2d_backward(dy, padded[:, :reached[0], :reached[1]], weights)[number]
        if number or cut:
            return part
        full = np.zeros_like(padded)
        full[:, :reached[0], :reached[1]] = part
        return full[:, pad:pad + x.shape[1], pad:pad + x.shape[2]]
    return gives


def _turned(right, dy, x, weights, stride, pad):
    return conv2d_backward(dy, x, weights[::-1, ::-1], stride=stride, pad=pad)[0]


def _channel(axis, number):
    """A part of the reference where only the first channel (axis 2) or filter (axis 3) of the weights is looked at."""
    def gives(right, dy, x, weights, stride, pad):
        first = np.zeros_like(weights)
        first[(slice(None),) * axis + (0,)] = 1
        if number == 1:
            return right * first
        return conv2d_backward(dy, x, weights * first, stride=stride, pad=pad)[0]
    return gives


def _crash(error, when):
    def gives(dy, x, weights, *, stride=1, pad=0):
        if when(dy, x, weights, pad):
            raise error(AS_STUDENT)
        return conv2d_backward(dy, x, weights, stride=stride, pad=pad)
    return gives


def _square_loops(dy, x, weights, *, stride=1, pad=0):
    if dy.shape[1] > dy.shape[2]:
        raise IndexError(AS_STUDENT)
    return conv2d_backward(_only(slice(None), slice(None), slice(dy.shape[1]))(dy), x, weights, stride=stride, pad=pad)


def _batch_padded(dy, x, weights, *, stride=1, pad=0):
    """Image n is looked for at place n of a batch that begins with `pad` images of zeros."""
    found = np.pad(x, ((pad, pad), (0, 0), (0, 0), (0, 0)))
    more = np.concatenate([dy, np.zeros((2 * pad, *dy.shape[1:]))])
    return conv2d_backward(more, found, weights, stride=stride, pad=pad)


CONV2D_BACKWARD = Question(
    conv2d_backward,
    cases=[
        case("two patches by hand", np.array([1, 3.0]).reshape(1, 1, 2, 1), np.array([1, 2, 0, 3, 1, 1.0]).reshape(1, 2, 3, 1),
             np.array([2, 0, -1, 1.0]).reshape(2, 2, 1, 1)),
        case("all square", numbers(2, 1, 1, 3, step=6), numbers(2, 2, 2, 2, step=7), numbers(2, 2, 2, 3, step=5)),
        case("two images, two channels, three filters", numbers(2, 3, 2, 3, step=6), numbers(2, 4, 3, 2, step=7),
             numbers(2, 2, 2, 3, step=5)),
        case("an output wider than tall", numbers(2, 2, 4, 1, step=10), numbers(2, 4, 5, 1, step=3),
             numbers(3, 2, 1, 1, step=4)),
        case("stride 2", numbers(2, 2, 3, 2, step=3), WIDE[:, :, :7], SMALL_FILTERS, stride=2),
        case("stride 2, overlapping, the last column unused", numbers(1, 3, 2, 2, step=4), TALL,
             TALL_FILTERS[..., :2], stride=2),
        case("stride 3, with gaps", numbers(1, 1, 3, 2, step=9), WIDE[:1], SMALL_FILTERS, stride=3),
        case("padding of 1", numbers(1, 4, 4, 2, step=6), numbers(1, 3, 4, 2, step=11), numbers(2, 3, 2, 2, step=5), pad=1),
        case("padding of 1 and stride 2", numbers(2, 2, 3, 2, step=7), WIDE[:, :3, :5], SMALL_FILTERS, stride=2, pad=1),
    ],
    mistakes=[
        mistake("assigned instead of accumulated", _parts(_painted(laid_over)), _parts(_painted(laid_over_by_place)),
                *(_parts(dx, *_of_dy(_only(*last), 1, 2)[1:]) for last in
                  ((slice(None), -1, -1), (-1, -1, -1), (-1,)) for dx in (None, _painted(laid_over))),
                *(_parts(None, _of_dy(_only(*last), 1)[1]) for last in ((slice(None), -1, -1), (-1, -1, -1), (-1,))),
                _parts(None, None, _of_dy(_only(-1), 2)[2]),
                hint="Each new contribution wipes out the ones before it: they are assigned, not added.",
                fix="Where contributions meet, in dx, dweights or dbias, they add up: `+=`, not `=`."),
        mistake("stride ignored", _parts(_unstrided(0), _unstrided(1)), _parts(_unstrided(0)), _parts(None, _unstrided(1)),
                _parts(_unstrided(0, cut=True)), _parts(_unstrided(0, cut=True), _unstrided(1)),
                hint="The patches lie one pixel apart, whatever the stride is.",
                fix="Output (i, j) saw the window that starts at row `i * stride`, column `j * stride`: it paints there."),
        mistake("padding left on", _parts(_padded_dx),
                hint="dx is larger than x: the frame of the padding is still on it.",
                fix="Cut it off: `[:, pad:pad + H, pad:pad + W]`."),
        mistake("[p:-p] at p = 0", _parts(lambda right, dy, x, w, s, p: right if p else right[:, :0, :0]),
                _parts(lambda right, dy, x, w, s, p: right if p else right[:, :, :0]),
                hint="Without padding dx is empty: `[0:-0]` is `[0:0]`, nothing at all.",
                fix="Cut with `[:, pad:pad + H, pad:pad + W]`, which also holds for pad = 0."),
        mistake("cut at the wrong place", _parts(lambda right, dy, x, w, s, p: _padded_dx(
                    right, dy, x, w, s, p)[:, :x.shape[1], :x.shape[2]]),
                hint="dx has the right shape, but it is cut from the corner of the padded one: it is shifted.",
                fix="The image begins `pad` rows down and `pad` columns to the right: `[:, pad:pad + H, pad:pad + W]`."),
        mistake("error with padding", _crash(ValueError, lambda dy, x, w, p: p), _crash(IndexError, lambda dy, x, w, p: p),
                hint="Your function works without padding and raises an error with it.",
                fix="Pad rows and columns of x, and those alone; paint into a dx of the padded shape; cut it at the end."),
        mistake("filter rotated", _parts(_turned), _parts(_turned, lambda right, *rest: right[::-1, ::-1]),
                _parts(None, lambda right, *rest: right[::-1, ::-1]),
                hint="The filter is turned by 180 degrees somewhere: an output pixel paints its filter as it is. The turn "
                     "belongs only where dx is written as a correlation with dy.",
                fix="As patches: `dx[window] += dy * weights`. As a correlation of padded dy: with `weights[::-1, ::-1]`."),
        mistake("dbias zero", _parts(None, None, lambda right, *rest: 0 * right),
                hint="dbias is 0. The bias went into every output pixel with the factor 1.",
                fix="dbias[o] is the sum of `dy[..., o]`."),
        mistake("dbias averaged", _parts(None, None, lambda right, dy, *rest: right / dy[..., 0].size),
                _parts(None, None, lambda right, dy, *rest: right / dy[0, :, :, 0].size),
                hint="dbias is a mean. Every output pixel hands its whole dy to the bias.",
                fix="Sum: `dy.sum(axis=(0, 1, 2))`."),
        mistake("dbias over the wrong axes",
                *(_parts(None, None, lambda right, dy, *rest, axis=axis: dy.sum(axis=axis)) for axis in (
                    None, 0, 1, 3, (1, 2), (0, 1), (0, 2), (1, 2, 3), (0, 1, 3))),
                _parts(None, None, lambda right, *rest: right.reshape(1, 1, 1, -1)),
                _parts(None, None, lambda right, *rest: right[None]),
                hint="dbias is not one number for each filter: dy is summed over the wrong axes.",
                fix="Sum over images, rows and columns, and keep the filters: `dy.sum(axis=(0, 1, 2))`."),
        mistake("extra 1/N",
                lambda dy, x, weights, *, stride=1, pad=0: conv2d_backward(dy / len(x), x, weights, stride=stride, pad=pad),
                _parts(None, lambda right, dy, *rest: right / len(dy), lambda right, dy, *rest: right / len(dy)),
                _parts(None, lambda right, dy, *rest: right / len(dy)),
                _parts(None, None, lambda right, dy, *rest: right / len(dy)),
                hint="A gradient is divided by the number of images.",
                fix="Sum over the batch. If the loss is a mean, its 1/N is in dy already."),
        mistake("loop ranges swapped", _crash(IndexError, lambda dy, x, w, p: dy.shape[1] != dy.shape[2]),
                _crash(IndexError, lambda dy, x, w, p: w.shape[0] != w.shape[1]),
                _crash(ValueError, lambda dy, x, w, p: w.shape[0] != w.shape[1]), _square_loops,
                _crash(ValueError, lambda dy, x, w, p: dy.shape[1] != dy.shape[2]),
                hint="Rows and columns are mixed up: your function works where the output and the filters are square.",
                fix="`_, out_h, out_w, _ = dy.shape`: rows run over out_h and KH, columns over out_w and KW."),
        mistake("one channel only", _parts(_channel(3, 0)), _parts(None, _channel(2, 1)),
                _parts(_channel(2, 0), _channel(2, 1)), _parts(_channel(2, 0)),
                _parts(None, _channel(3, 1)), _parts(_channel(3, 0), _channel(3, 1)),
                hint="Only the first channel, or the first filter, takes part in a gradient.",
                fix="dx sums over all filters; dweights has an entry for every channel and every filter."),
        mistake("one image only", lambda dy, x, weights, *, stride=1, pad=0: conv2d_backward(
                    _only(0)(dy), x, weights, stride=stride, pad=pad),
                _parts(*_of_dy(_only(0), 1, 2)), _parts(*_of_dy(_only(0), 1)), _parts(*_of_dy(_only(0), 0)),
                _parts(*_of_dy(_only(0), 2)),
                hint="Only the first image of the batch takes part in a gradient.",
                fix="dweights and dbias collect from all images, and each image has its own dx."),
        mistake("batch axis padded", _batch_padded,
                hint="dx is for more images than x has: zeros were put around the batch as well.",
                fix="`np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))` leaves the first and the last axis alone."),
        mistake("dx smaller than x",
                _parts(lambda right, dy, x, w, s, p: right if p else
                       right[:, :(dy.shape[1] - 1) * s + len(w), :(dy.shape[2] - 1) * s + w.shape[1]]),
                hint="dx ends where the last window ends. Rows and columns that no window reached have a gradient too: 0.",
                fix="A gradient has the shape of what it belongs to: start from `np.zeros(x.shape)`, padded."),
        mistake("dy ignored", lambda dy, x, weights, *, stride=1, pad=0: conv2d_backward(
                    np.ones_like(dy), x, weights, stride=stride, pad=pad),
                *(_parts(*_of_dy(np.ones_like, number)) for number in range(3)),
                hint="A gradient does not depend on dy: it is that of the sum of the outputs.",
                fix="By the chain rule every contribution is multiplied with the dy of the output pixel that makes it."),
        mistake("order of the results",
                *(lambda *a, order=order, **o: tuple(conv2d_backward(*a, **o)[n] for n in order) for order in (
                    (1, 0, 2), (1, 2, 0), (0, 2, 1), (2, 1, 0), (2, 0, 1))),
                hint="The three gradients are returned in another order.",
                fix="`return dx, dweights, dbias`."),
        mistake("dbias missing", lambda dy, x, weights, *, stride=1, pad=0: conv2d_backward(
                    dy, x, weights, stride=stride, pad=pad)[:2],
                hint="There are two gradients. The bias has one as well.",
                fix="`return dx, dweights, dbias`."),
    ])
