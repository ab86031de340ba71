"""What mistakes in a backward pass do with the patches that the reference paints: after this room you know how they are told.

A patch is what one output pixel adds to the gradient of the pixels that it saw. Each patch comes from the reference, called
with `dy` of that pixel alone; a mistake lays the patches down in another way: over each other, elsewhere, or not at all.
Windows are (height, width), maps (N, H, W, C).
"""

import numpy as np

from cnnlib.layers import average_pool_backward, conv2d_backward, max_pool_backward

AS_STUDENT = "as the student's code does"


def numbers(*shape, step):
    """Whole numbers from -11 to 11 without a pattern for a mistake to hide in; no two alike in one window."""
    return (np.arange(np.prod(shape)) * step % 23 - 11.0).reshape(shape)


def pad_maps(x, pad):
    """Zeros around each map."""
    return np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def conv_patches(dy, x, weights, stride):
    """The patches of a convolution of (padded) maps: yields (i, j, patch (N, KH, KW, C_in))."""
    kh, kw = weights.shape[:2]
    for i, j in np.ndindex(dy.shape[1:3]):
        window = x[:, i * stride:i * stride + kh, j * stride:j * stride + kw]
        yield i, j, conv2d_backward(dy[:, i:i + 1, j:j + 1], window, weights)[0]


def pool_patches(dy, x, size, step, backward=max_pool_backward):
    """The patches of pooling with windows at multiples of `step`: yields (i, j, patch (N, size, size, C)).

    IndexError where a window does not lie in the maps. For average pooling only the shape of `x` counts.
    """
    for i, j in np.ndindex(dy.shape[1:3]):
        window = x[:, i * step:i * step + size, j * step:j * step + size]
        if window.shape[1:3] != (size, size):
            raise IndexError(AS_STUDENT)
        of = window.shape if backward is average_pool_backward else window
        yield i, j, backward(dy[:, i:i + 1, j:j + 1], of, size)


def added(patches, shape, stride):
    """Patches as they must be laid down: added up."""
    dx = np.zeros(shape)
    for i, j, patch in patches:
        dx[:, i * stride:i * stride + patch.shape[1], j * stride:j * stride + patch.shape[2]] += patch
    return dx


def laid_over(patches, shape, stride):
    """Patches laid over each other, zeros and all: the last one wins."""
    dx = np.zeros(shape)
    for i, j, patch in patches:
        dx[:, i * stride:i * stride + patch.shape[1], j * stride:j * stride + patch.shape[2]] = patch
    return dx


def laid_over_where_paid(patches, shape, stride):
    """Patches laid over each other, only where they pay something: a pixel keeps what it was paid last."""
    dx = np.zeros(shape)
    for i, j, patch in patches:
        there = dx[:, i * stride:i * stride + patch.shape[1], j * stride:j * stride + patch.shape[2]]
        there[patch != 0] = patch[patch != 0]
    return dx


def laid_over_by_place(patches, shape, stride):
    """As a loop over the places in the window does it: for each place all patches at once, the last place wins."""
    patches = list(patches)
    dx = np.zeros(shape)
    for a, b in np.ndindex(patches[0][2].shape[1:3]):
        for i, j, patch in patches:
            dx[:, i * stride + a, j * stride + b] = patch[:, a, b]
    return dx


def changed(patches, change):
    """Patches with something done to each."""
    return ((i, j, change(patch)) for i, j, patch in patches)
