"""Sliding a kernel over an image: after this room you can say what one number of a convolution layer is.

Images are (H, W) or (H, W, C), kernels (kh, kw) or (kh, kw, C). Every result is "valid": the kernel never
leaves the image, so H' = H - kh + 1 and W' = W - kw + 1. Every result is float64, also for uint8 and float32
input.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib._arrays import as_floats, check_fits

_GRAY_IMAGE = "For a photograph in colour use to_gray(image), or correlate_rgb with a (kh, kw, C) kernel."
_COLOUR_KERNEL = "For the same slice on every channel use np.dstack([kernel] * C)."
_GRAY_KERNEL = "Write even a single row with two brackets: [[-1, 0, 1]]."


def correlate2d(image, kernel):
    """Slide a kernel over an image and write down, at each place, the sum of the products.

    The result is large where the image looks like the kernel, and zero where the positive and the negative
    weights see the same brightness. Convolution layers compute exactly this, and so does every filter of the
    course.

    Parameters
    ----------
    image : (H, W) array_like
        Brightness, in any unit.
    kernel : (kh, kw) array_like
        Weights, of any size up to the image's, even or odd.

    Returns
    -------
    response : (H - kh + 1, W - kw + 1) float64 array, in the image's unit times the kernel's.

    Raises
    ------
    ValueError
        When the kernel is larger than the image, or either is empty or not two-dimensional.
    TypeError
        When either does not hold real numbers.

    Examples
    --------
    Brightness rises by 3 between the second and the third column:

    >>> correlate2d([[1, 1, 4, 4], [1, 1, 4, 4]], [[-1, 1]])
    array([[0., 3., 0.],
           [0., 3., 0.]])

    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, section 1.1.
    """
    image = as_floats(image, "image", ("H", "W"), _GRAY_IMAGE)
    kernel = as_floats(kernel, "kernel", ("kh", "kw"), _GRAY_KERNEL)
    check_fits(kernel.shape, image.shape)
    windows = sliding_window_view(image, kernel.shape)  # (H', W', kh, kw): a view, no pixel is copied
    return np.einsum("hwij,ij->hw", windows, kernel)  # (H', W')


def convolve2d(image, kernel):
    """Correlate an image with the kernel turned by half a turn: the convolution of mathematics.

    Flipping both axes makes the operation commutative and a single bright pixel come out as the kernel
    itself. A network that learns its kernels does not care, which is why its "convolution" layers skip the
    flip.

    Parameters
    ----------
    image : (H, W) array_like
        Brightness, in any unit.
    kernel : (kh, kw) array_like
        Weights, of any size up to the image's.

    Returns
    -------
    response : (H - kh + 1, W - kw + 1) float64 array, in the image's unit times the kernel's.

    Raises
    ------
    ValueError, TypeError
        As correlate2d.

    Examples
    --------
    The same step as in correlate2d, with the opposite sign:

    >>> convolve2d([[1, 1, 4, 4], [1, 1, 4, 4]], [[-1, 1]])
    array([[ 0., -3.,  0.],
           [ 0., -3.,  0.]])

    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, section 1.1.
    """
    kernel = as_floats(kernel, "kernel", ("kh", "kw"), _GRAY_KERNEL)
    return correlate2d(image, kernel[::-1, ::-1])


def correlate_rgb(image, kernel):
    """Slide a kernel with one slice per channel over a colour image and add the channels up.

    Each channel is correlated with its own slice, and the sum is one gray picture: a kernel sees all the
    colours at once. This is one filter of a convolution layer; a layer with 32 filters does it 32 times.

    Parameters
    ----------
    image : (H, W, C) array_like
        Brightness, in any unit.
    kernel : (kh, kw, C) array_like
        Weights, as many channels as the image.

    Returns
    -------
    response : (H - kh + 1, W - kw + 1) float64 array, in the image's unit times the kernel's.

    Raises
    ------
    ValueError
        When the channels differ in number, the kernel is larger than the image, or either is empty or not
        three-dimensional.
    TypeError
        When either does not hold real numbers.

    Examples
    --------
    A red and a green pixel side by side, and a kernel that asks "how much more red than green?":

    >>> correlate_rgb([[[9, 0, 0], [0, 5, 0]]], [[[1, -1, 0]]])
    array([[ 9., -5.]])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 9.5.
    """
    image = as_floats(image, "image", ("H", "W", "C"), "For a gray image use correlate2d.")
    kernel = as_floats(kernel, "kernel", ("kh", "kw", "C"), _COLOUR_KERNEL)
    if kernel.shape[2] != image.shape[2]:
        raise ValueError(
            f"kernel of {kernel.shape[2]} channels does not fit an image of {image.shape[2]} channels: it "
            f"needs one slice per channel. Use a kernel of shape (kh, kw, {image.shape[2]})."
        )
    check_fits(kernel.shape, image.shape)
    windows = sliding_window_view(image, kernel.shape[:2], axis=(0, 1))  # (H', W', C, kh, kw)
    return np.einsum("hwcij,ijc->hw", windows, kernel)  # (H', W')
