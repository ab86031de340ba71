"""The numeric gradient: after this room you need not trust a backward pass, you can check it.

It works on any function from an array to one number, needs no calculus, and is far too slow to train with.
"""

import numpy as np


def numeric_gradient(f, x, *, h=1e-5):
    """Nudge each number of x up and down by h, and see how far f moves.

    The slope between the two, (f(x + h) - f(x - h)) / 2h, is the derivative up to an error that falls with h squared; from one
    side only, it would fall with h. Smaller is not better: f is rounded to some 16 digits, and the difference of two nearly
    equal numbers keeps only the last of them. Between both errors lies h of about 1e-5, where 9 or 10 digits hold.

    It runs in double precision, whatever x came in: in float32 numbers near 1 are 1.2e-7 apart, so x + 1e-5 is off by up to one
    percent of the nudge, and a loss near 1 rounded to 6e-8, divided by 2e-5, is off by 0.003. For the same reason f must not
    turn its argument into float32. At a kink (ReLU at 0, a tie in max pooling) it gives the mean of the two slopes, and no
    backward pass agrees: keep x away from kinks by more than h.

    Parameters
    ----------
    f : function
        Takes an array of x's shape, float64, and returns one number. Each call gets a fresh copy.
    x : array_like of numbers, any shape
        Where the gradient is wanted. Integers are converted: a whole number cannot be nudged. x itself is never changed.
    h : float
        Size of the nudge, above 0.

    Returns
    -------
    gradient : float64 array of x's shape.

    Raises
    ------
    ValueError
        When f returns more than one number, or h is not above 0.
    TypeError
        When x holds no real numbers, or f is no function.

    Examples
    --------
    The slope of x squared is 2 x:

    >>> numeric_gradient(lambda x: np.sum(x**2), [1, -2, 3]).round(6)
    array([ 2., -4.,  6.])

    Source: W. Press and others, Numerical Recipes, 3rd edition, 2007, section 5.7.
    """
    if not callable(f):
        raise TypeError(f"f is {f!r}: it needs a function of one array. Use f = lambda x: ...")
    if not h > 0:
        raise ValueError(f"h is {h}: the nudge needs to be above 0. Use h=1e-5.")
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"x holds {array.dtype} values: it needs real numbers. Use .astype(float).")
    array = array.astype(np.float64)  # a copy, also of what is float64 already
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        up, down = array.copy(), array.copy()
        up[place] += h
        down[place] -= h
        gradient[place] = (_one_number(f(up)) - _one_number(f(down))) / (2 * h)
    return gradient


def _one_number(value):
    if np.size(value) != 1:
        raise ValueError(
            f"f returned an array of shape {np.shape(value)}: it needs to return one number, the loss. Use "
            "np.sum(y * dy), whose gradient is what the backward pass gives for dy."
        )
    return float(np.asarray(value).item())
