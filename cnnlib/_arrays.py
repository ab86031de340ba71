"""What every function of cnnlib asks of its arrays, checked and worded in one place.

Image axes are (H, W) or (H, W, C), channels last. After this room you know what a function here accepts
(lists, booleans, integers, floats) and what it says when it cannot go on.
"""

import numpy as np


def as_floats(values, name, axes, hint):
    """Return the values as a float64 array with the given axes.

    Eight-bit numbers wrap around at 256, so every function computes in float64, whatever came in.

    Parameters
    ----------
    values : array_like of numbers or booleans
    name : str
        What the caller calls them, for the message.
    axes : tuple of str
        Names of the axes wanted, such as ("H", "W").
    hint : str
        The way out when the number of axes is another one.

    Returns
    -------
    array : float64 array, one axis for each name; not NaN-checked. May share memory with `values`.

    Raises
    ------
    TypeError
        When the values are not real numbers.
    ValueError
        When the number of axes is another one, or an axis is empty.

    Examples
    --------
    >>> as_floats([[1, 2]], "image", ("H", "W"), "")
    array([[1., 2.]])
    """
    layout = f"({', '.join(axes)})"
    try:
        array = np.asarray(values)
    except ValueError:
        message = f"{name} has rows of different lengths: it needs a full {layout} array. Fill the gaps."
        raise ValueError(message) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds {array.dtype} values: it needs real numbers. Use .astype(float).")
    if array.ndim != len(axes):
        raise ValueError(f"{name} has shape {array.shape}: it needs to be {layout}. {hint}")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}, no pixel at all: every axis needs at least 1.")
    return array.astype(np.float64, copy=False)


def check_fits(kernel_shape, image_shape):
    """Raise ValueError when a kernel is higher or wider than the image it should slide over.

    Parameters
    ----------
    kernel_shape, image_shape : tuple of int
        Of each, only the first two axes, height and width in pixels, are read.

    Examples
    --------
    >>> check_fits((3, 3), (3, 7))
    """
    kh, kw = kernel_shape[:2]
    h, w = image_shape[:2]
    if kh > h or kw > w:
        raise ValueError(
            f"kernel of {kh} x {kw} px does not fit an image of {h} x {w} px: it needs at least "
            f"{kh} x {kw} px. Use a smaller kernel or a larger image."
        )


def as_count(value, name, *, least):
    """Return the value as an int, or say why it is none.

    Parameters
    ----------
    value : int
    name : str
        What the caller calls it, for the message.
    least : int
        The smallest value allowed.

    Returns
    -------
    count : int

    Raises
    ------
    TypeError
        When the value is no whole number; a boolean is none either.
    ValueError
        When it is too small.

    Examples
    --------
    >>> as_count(3, "size", least=1)
    3
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} is {value!r}: it needs a whole number. Convert it with int().")
    if value < least:
        raise ValueError(f"{name} is {value}: it needs to be at least {least}. Use {name}={least} or more.")
    return int(value)
