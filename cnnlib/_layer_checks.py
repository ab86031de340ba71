"""What every layer asks of its arrays, checked and worded in one place.

Layers keep single precision, since networks are trained in it: float32 stays float32, and every other kind of number
(integers, bytes, booleans, half precision) is computed in float64. Where several arrays meet, the wider type wins.
"""

import numpy as np

from cnnlib._arrays import as_count, as_floats

BATCH = "A single image is a batch of one: x[np.newaxis]; a gray batch has one channel: x[..., np.newaxis]."
FILTERS = "One filter is weights[..., np.newaxis]; one input channel is weights[:, :, np.newaxis, :]."


def same_floats(*wanted):
    """Return the arrays in one floating-point type, each with the axes that are wanted of it.

    Parameters
    ----------
    *wanted : tuples (values, name, axes, hint)
        As the arguments of cnnlib._arrays.as_floats.

    Returns
    -------
    arrays : list of float32 arrays when all of them came so, else of float64 arrays. They may share memory with the values.

    Examples
    --------
    >>> a, b = same_floats(([1, 2], "x", ("N",), ""), (np.ones(2, np.float32), "w", ("K",), ""))
    >>> a.dtype, b.dtype
    (dtype('float64'), dtype('float64'))
    """
    arrays = []
    for values, name, axes, hint in wanted:
        single = isinstance(values, np.ndarray) and values.dtype == np.float32
        keep = single and values.ndim == len(axes) and values.size
        arrays.append(values if keep else as_floats(values, name, axes, hint))
    dtype = np.result_type(*arrays)
    return [array.astype(dtype, copy=False) for array in arrays]


def conv_geometry(x, weights, stride, pad):
    """Return stride and pad as ints and the output's (H', W'), or say why the filters do not fit.

    Parameters
    ----------
    x : (N, H, W, C) array
    weights : (KH, KW, C, C_out) array
    stride, pad : int

    Returns
    -------
    stride, pad, (H', W')

    Examples
    --------
    >>> conv_geometry(np.ones((1, 5, 7, 2)), np.ones((3, 2, 2, 4)), 2, 1)
    (2, 1, (3, 4))
    """
    stride, pad = as_count(stride, "stride", least=1), as_count(pad, "pad", least=0)
    if x.shape[3] != weights.shape[2]:
        raise ValueError(
            f"weights of {weights.shape[2]} input channels do not fit x of {x.shape[3]} channels: filters are as deep as "
            f"their input. Use weights of shape (KH, KW, {x.shape[3]}, C_out)."
        )
    (h, w), (kh, kw) = x.shape[1:3], weights.shape[:2]
    if kh > h + 2 * pad or kw > w + 2 * pad:
        raise ValueError(
            f"kernel of {kh} x {kw} px does not fit an image of {h} x {w} px with pad={pad}: it needs at least "
            f"{kh} x {kw} px. Use a larger pad or a smaller kernel."
        )
    return stride, pad, ((h + 2 * pad - kh) // stride + 1, (w + 2 * pad - kw) // stride + 1)


def pool_geometry(shape, size, stride):
    """Return window and stride as (height, width) pairs and the output's (H', W'), or say why the window does not fit.

    Parameters
    ----------
    shape : (N, H, W, C)
    size : int or (int, int)
    stride : int, (int, int) or None
        None moves on by one whole window.

    Returns
    -------
    (PH, PW), (SH, SW), (H', W')

    Examples
    --------
    >>> pool_geometry((1, 5, 7, 2), (3, 2), None)
    ((3, 2), (3, 2), (1, 3))
    """
    (ph, pw), (sh, sw) = _pair(size, "size"), _pair(size if stride is None else stride, "stride")
    h, w = shape[1:3]
    if ph > h or pw > w:
        raise ValueError(
            f"pooling window of {ph} x {pw} px does not fit a map of {h} x {w} px: it needs at least {ph} x {pw} px. "
            "Use a smaller size, or one layer of pooling less."
        )
    return (ph, pw), (sh, sw), ((h - ph) // sh + 1, (w - pw) // sw + 1)


def check_shape(array, name, shape, owner):
    """Raise ValueError when an array has not the shape that another one demands.

    Parameters
    ----------
    array : array
    name : str
        What the caller calls it.
    shape : tuple of int
    owner : str
        Where the shape comes from, for the message.

    Examples
    --------
    >>> check_shape(np.ones((2, 3)), "dy", (2, 3), "the layer's output")
    """
    if array.shape != tuple(shape):
        raise ValueError(
            f"{name} has shape {array.shape}, but {owner} has shape {tuple(shape)}: they must be alike. "
            f"Use {name} of shape {tuple(shape)}."
        )


def _pair(value, name):
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise ValueError(f"{name} is {value}: it needs a height and a width. Use one whole number or a pair like (3, 2).")
        return as_count(value[0], name, least=1), as_count(value[1], name, least=1)
    return (as_count(value, name, least=1),) * 2
