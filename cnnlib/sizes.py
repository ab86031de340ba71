"""How large is what comes out: after this room you can say the size and the parameters of one layer before it runs.

Sizes are counted along one axis, height or width, in pixels; each axis has its own.
"""

from cnnlib._arrays import as_count


def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    """The number of places at which a kernel stops along an axis.

    It stops once at the start, and once more for each whole stride that is left before the end: pixels that are left over
    at the end are never seen. Padding makes the axis longer on both sides, dilation makes the kernel longer.

    Parameters
    ----------
    n : int
        Length of the axis, in pixels.
    kernel : int
        Length of the kernel (or of a pooling window), in taps.
    stride : int
        Pixels from one stop to the next.
    pad : int
        Pixels added at each of the two ends.
    dilation : int
        Pixels from one tap of the kernel to the next; the kernel reaches over (kernel - 1) * dilation + 1 pixels.

    Returns
    -------
    size : int, floor((n + 2 pad - reach) / stride) + 1

    Raises
    ------
    ValueError
        When the kernel does not fit once, or a number is too small to make sense.
    TypeError
        When one is not a whole number.

    Examples
    --------
    7 pixels, a kernel of 3: it starts at pixel 0, 1, 2, 3 or 4; with stride 2 at 0, 2 and 4; with stride 3 at 0 and 3.

    >>> conv_output_size(7, 3), conv_output_size(7, 3, stride=2), conv_output_size(7, 3, stride=3)
    (5, 3, 2)
    >>> conv_output_size(7, 3, pad=1), conv_output_size(7, 3, dilation=2)
    (7, 3)

    Source: V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, 2016, relationships 6 and 15.
    """
    n, kernel = as_count(n, "n", least=1), as_count(kernel, "kernel", least=1)
    stride, pad = as_count(stride, "stride", least=1), as_count(pad, "pad", least=0)
    dilation = as_count(dilation, "dilation", least=1)
    reach = (kernel - 1) * dilation + 1
    if reach > n + 2 * pad:
        dilated = f" with dilation={dilation} (it reaches over {reach} px)" if dilation > 1 else ""
        raise ValueError(
            f"kernel of {kernel} px{dilated} does not fit an axis of {n} px with pad={pad}: it needs at least "
            f"{reach} px. Use pad >= {-(-(reach - n) // 2)} or a smaller kernel.")
    return (n + 2 * pad - reach) // stride + 1


def same_padding(n, kernel, stride=1):
    """How many pixels TensorFlow adds before and after an axis for padding "same".

    The output is to have ceil(n / stride) numbers. That takes just so many pixels in all; where their number is odd, the
    extra one goes after, so "same" is not symmetric: an even kernel, or a stride of 2, shifts what each output sees.

    Parameters
    ----------
    n : int
        Length of the axis, in pixels.
    kernel : int
        Length of the kernel, in pixels.
    stride : int
        Pixels from one stop to the next.

    Returns
    -------
    before, after : int, pixels of zeros at the top (or left) and at the bottom (or right)

    Raises
    ------
    ValueError, TypeError
        When one is below 1, or not a whole number.

    Examples
    --------
    7 pixels, a kernel of 3: one pixel on each side. 8 pixels with stride 2: 4 stops, the last starts at pixel 6 and wants
    one pixel past the end; nothing is needed before the start.

    >>> same_padding(7, 3), same_padding(8, 3, 2), same_padding(7, 4)
    ((1, 1), (0, 1), (1, 2))

    Source: TensorFlow's guide to tf.nn, "Notes on padding".
    """
    n, kernel = as_count(n, "n", least=1), as_count(kernel, "kernel", least=1)
    stride = as_count(stride, "stride", least=1)
    stops = -(-n // stride)  # ceil
    total = max((stops - 1) * stride + kernel - n, 0)
    return total // 2, total - total // 2


def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    """The length of an axis behind a Keras layer, by the name of its padding.

    "valid" adds nothing and counts the stops; "same" adds what it takes for ceil(n / stride), whatever the kernel. Only
    with stride 1 is that the same as n.

    Parameters
    ----------
    n : int
        Length of the axis, in pixels.
    kernel : int
        Length of the kernel or pooling window, in pixels; dilated, its reach.
    stride : int
        Pixels from one stop to the next.
    padding : "valid" or "same"

    Returns
    -------
    size : int

    Raises
    ------
    ValueError
        When the padding has another name, or the kernel does not fit and the padding is "valid".
    TypeError
        When a size is not a whole number.

    Examples
    --------
    >>> keras_output_size(7, 3), keras_output_size(7, 3, padding="same"), keras_output_size(7, 3, stride=2, padding="same")
    (5, 7, 4)
    """
    if padding == "valid":
        return conv_output_size(n, kernel, stride=stride)
    if padding != "same":
        raise ValueError(f'padding is {padding!r}: Keras knows "valid" and "same". Use one of these two.')
    n, _ = as_count(n, "n", least=1), as_count(kernel, "kernel", least=1)
    return -(-n // as_count(stride, "stride", least=1))


def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    """The number of weights that a convolution layer learns.

    A filter is as deep as its input, and has one bias. Height and width of the image do not come in: the same few weights
    serve every place.

    Parameters
    ----------
    kernel_h, kernel_w : int
        Height and width of the kernel.
    c_in : int
        Channels of the input.
    filters : int
        Channels of the output.
    bias : bool
        Whether each filter has a bias.

    Returns
    -------
    parameters : int, (kernel_h * kernel_w * c_in + 1) * filters

    Raises
    ------
    ValueError, TypeError
        When one is below 1, or not a whole number.

    Examples
    --------
    LeNet-5's first layer: 6 filters of 5 x 5 on a gray image, 25 weights and a bias each.

    >>> conv_params(5, 5, 1, 6), conv_params(5, 5, 1, 6, bias=False)
    (156, 150)
    """
    sizes = [as_count(value, name, least=1) for name, value in
             [("kernel_h", kernel_h), ("kernel_w", kernel_w), ("c_in", c_in), ("filters", filters)]]
    kernel_h, kernel_w, c_in, filters = sizes
    return (kernel_h * kernel_w * c_in + bool(bias)) * filters


def dense_params(n_in, n_out, *, bias=True):
    """The number of weights that a dense layer learns: each output has one for each input, and a bias.

    Parameters
    ----------
    n_in, n_out : int
        Numbers that come in and go out.
    bias : bool
        Whether each output has a bias.

    Returns
    -------
    parameters : int, (n_in + 1) * n_out

    Raises
    ------
    ValueError, TypeError
        When one is below 1, or not a whole number.

    Examples
    --------
    >>> dense_params(4, 2), dense_params(4, 2, bias=False)
    (10, 8)
    """
    n_in, n_out = as_count(n_in, "n_in", least=1), as_count(n_out, "n_out", least=1)
    return (n_in + bool(bias)) * n_out
