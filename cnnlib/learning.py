"""A kernel that nobody wrote down: after this room you know how a convolution layer finds its weights.

The image is (H, W), the kernel (kh, kw), and the target is what the kernel's correlation with the image
should be, (H - kh + 1, W - kw + 1).
"""

import numpy as np

from cnnlib._arrays import as_count, as_floats, check_fits
from cnnlib.correlation import correlate2d


def learn_kernel(image, target, shape, steps, rate):
    """Find the kernel that turns an image into a target, by gradient descent from zeros.

    Each step asks of every weight whether a little more of it would bring the result nearer to the target,
    and moves all weights that way at once. Shown a photograph and its Sobel edges, it finds Sobel's numbers.

    Parameters
    ----------
    image : (H, W) array_like
        What goes in. It learns fastest standardised, (image - image.mean()) / image.std(), at a rate of 0.1.
    target : (H - kh + 1, W - kw + 1) array_like
        What should come out of correlate2d(image, kernel).
    shape : (int, int)
        Height kh and width kw of the kernel, in pixels.
    steps : int
        How often the kernel is moved; 0 leaves it at zeros.
    rate : float
        How far along the gradient each step goes, above 0. Too large a rate makes the loss grow without end.

    Returns
    -------
    kernel : (kh, kw) float64 array.

    Raises
    ------
    ValueError
        When the target has another size than the kernel's result, the kernel does not fit the image, steps is
        below 0 or rate not above 0; and as correlate2d.
    TypeError
        When the sizes or steps are no whole numbers, or the arrays no real numbers.

    Examples
    --------
    One pixel of brightness 3 should become 6. Each step has gradient 2 (3 k - 6) 3, so k goes 0, 1.8, 1.98,
    ...

    >>> learn_kernel([[3]], [[6]], (1, 1), 2, 0.05).round(4)
    array([[1.98]])

    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998, section I.
    """
    for kernel, _loss in kernel_descent(image, target, shape, steps, rate):  # noqa: B007
        pass
    return kernel


def kernel_descent(image, target, shape, steps, rate):
    """Walk the path of learn_kernel, and show the kernel and its loss at each step.

    Watching a loss fall, and the kernel take shape, tells more than its end. The loss is the mean, over the
    output pixels, of the squared difference to the target.

    Parameters
    ----------
    image, target, shape, steps, rate
        As in learn_kernel.

    Returns
    -------
    path : iterator of (kernel, loss), steps + 1 of them: one before each step, and one after the last. A
        kernel is a (kh, kw) float64 array of its own, a loss a float.

    Raises
    ------
    ValueError, TypeError
        As learn_kernel, at the call, not at the first step.

    Examples
    --------
    The pixel of learn_kernel's example, whose loss is (3 k - 6)^2:

    >>> for kernel, loss in kernel_descent([[3]], [[6]], (1, 1), 2, 0.05):
    ...     print(kernel.round(4), round(loss, 4))
    [[0.]] 36.0
    [[1.8]] 0.36
    [[1.98]] 0.0036

    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998, section I.
    """
    image = as_floats(image, "image", ("H", "W"), "For a photograph in colour use to_gray(image).")
    target = as_floats(target, "target", ("H'", "W'"), "It is the result of correlate2d.")
    kh, kw = (as_count(side, "a side of shape", least=1) for side in _pair(shape))
    steps = as_count(steps, "steps", least=0)
    if not (np.isfinite(rate) and rate > 0):
        raise ValueError(f"rate is {rate}: it needs to be a finite number above 0. Try 0.1 first.")
    check_fits((kh, kw), image.shape)
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    if target.shape != (h, w):
        raise ValueError(
            f"target of {target.shape[0]} x {target.shape[1]} px does not fit: a kernel of {kh} x {kw} px on "
            f"an image of {image.shape[0]} x {image.shape[1]} px gives {h} x {w} px. Use a target of that size."
        )
    return _descend(image, target, np.zeros((kh, kw)), steps, rate)


def _descend(image, target, kernel, steps, rate):
    """Yield (kernel, loss) before each step and after the last: the loop itself, on checked arrays."""
    for step in range(steps + 1):
        error = correlate2d(image, kernel) - target  # (H', W')
        yield kernel.copy(), float(np.mean(error**2))
        if step < steps:
            # a weight meets every pixel that lay under it: the image correlated with the error
            gradient = 2 / error.size * correlate2d(image, error)  # (kh, kw)
            kernel = kernel - rate * gradient


def _pair(shape):
    """Return the two sides of a kernel's shape."""
    if np.ndim(shape) != 1 or len(shape) != 2:
        raise ValueError(f"shape is {shape!r}: it needs a height and a width. Use a pair such as (3, 3).")
    return shape
