# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 02: know every shape before the network runs
#
# **Aim.** You write the seven functions that a framework uses before it computes anything: how large is the output, how
# much padding does it take, how many weights are learned, and how much of the image does one number see. At the end
# your functions count VGG-16.
#
# **Time** about 60 minutes; all cells together run in a few seconds. **You need** the lecture beside this notebook, whole
# numbers, and a pencil.
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test
# cell below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that
# fails. Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see: they
# try the same rules on other numbers when your notebook is graded.
#
# All sizes and counts are ints: 5, not 5.0. What stands behind a `*` in the head of a function is given by name:
# `conv_output_size(7, 3, stride=2)`. From question 2 on you may call your own functions or those of `cnnlib` for the
# *earlier* questions (`cnnlib.conv_output_size` in question 3), so that a slip in one question costs that question alone.
#
# The answer to a question may not call `cnnlib`'s own function of that name: when your notebook is graded, such a call
# is an error that says so.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cnnlib
import numpy as np
from cnnlib.check import check

# %% [markdown]
# ## 1. At how many places does a kernel stop?
#
# Height and width follow the same rule, each for itself, so one axis is enough. A kernel starts at the beginning of an
# axis of $n$ pixels and moves on by *stride* pixels as long as it fits. Each stop gives one number.
#
# - *Padding* adds *pad* pixels at **both** ends of the axis.
# - *Dilation* pulls the taps of the kernel apart: 3 taps with dilation 2 lie on pixels 0, 2 and 4, with one pixel between
#   each two that is not looked at.
#
# **By hand first.** The axis has 8 pixels, the kernel 3. Where does it stop with stride 2, where with stride 3? Which
# pixels does no stop reach?
# <details><summary>Answer</summary>Stride 2: at 0, 2 and 4, three stops; pixel 7 is never reached. Stride 3: at 0 and 3,
# two stops; pixels 6 and 7 are never reached.</details>
#
# **And dilated:** how many pixels do 3 taps with dilation 3 cover, from the first to the last?
# <details><summary>Answer</summary>They lie on 0, 3 and 6, so 7.</details>

# %% forbidden=["cnnlib.conv_output_size"] nbgrader={"grade": false, "grade_id": "conv_output_size", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_output_size(n, kernel, *, stride=1, pad=0, dilation=1):
    """The number of places at which a kernel stops along an axis.

    Parameters
    ----------
    n : int, pixels of the axis
    kernel : int, taps of the kernel
    stride : int, pixels from one stop to the next
    pad : int, pixels that are added at each of the two ends
    dilation : int, pixels from one tap to the next

    Returns
    -------
    int

    Raises
    ------
    ValueError : when the kernel does not fit into the padded axis
    """
    ### BEGIN SOLUTION
    reach = (kernel - 1) * dilation + 1
    left = n + 2 * pad - reach
    if left < 0:
        raise ValueError(f"{reach} px do not fit into {n + 2 * pad} px")
    return left // stride + 1
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv_output_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Kernels and strides, those that do not divide included (2 points).
check(conv_output_size)
### BEGIN HIDDEN TESTS
for _n in (5, 6, 11, 17, 28):
    for _kernel in (1, 2, 4, 5):
        for _stride in (1, 2, 3, 5):
            _stops, _place = 0, 0
            while _place + _kernel <= _n:
                _stops, _place = _stops + 1, _place + _stride
            _got = conv_output_size(_n, _kernel, stride=_stride)
            assert _got == _stops, f"wrong number of stops for {_n} pixels, kernel {_kernel}, stride {_stride}: {_got}"
            assert isinstance(_got, (int, np.integer)), f"a size must be an int, it is a {type(_got).__name__}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_output_size_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Padding at both ends (1 point).
### BEGIN HIDDEN TESTS
for _n, _kernel, _pad, _stride in [(9, 3, 1, 1), (9, 5, 3, 1), (8, 5, 4, 2), (3, 7, 2, 1), (13, 3, 5, 4), (2, 4, 1, 3)]:
    _padded = [0] * _pad + [1] * _n + [0] * _pad
    _stops = [_place for _place in range(0, len(_padded), _stride) if len(_padded[_place:_place + _kernel]) == _kernel]
    _got = conv_output_size(_n, _kernel, stride=_stride, pad=_pad)
    assert _got == len(_stops), f"wrong number of stops for {_n} pixels, kernel {_kernel}, stride {_stride}, pad {_pad}: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_output_size_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Dilation, alone and with everything else (1 point).
### BEGIN HIDDEN TESTS
for _n, _kernel, _dilation, _stride, _pad in [(12, 3, 2, 1, 0), (12, 2, 5, 1, 0), (16, 4, 3, 2, 0), (9, 1, 6, 2, 0), (10, 5, 3, 3, 3)]:
    _taps = [_tap * _dilation for _tap in range(_kernel)]
    _stops = [_place for _place in range(0, _n + 2 * _pad, _stride) if all(_place + _tap < _n + 2 * _pad for _tap in _taps)]
    _got = conv_output_size(_n, _kernel, stride=_stride, pad=_pad, dilation=_dilation)
    assert _got == len(_stops), (f"wrong number of stops for {_n} pixels, kernel {_kernel}, stride {_stride}, "
                                 f"pad {_pad}, dilation {_dilation}: {_got}")
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_output_size_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A kernel that does not fit raises ValueError; one that just fits stops once (1 point).
### BEGIN HIDDEN TESTS
for _n, _kernel, _options in [(3, 4, {}), (3, 6, {"pad": 1}), (8, 5, {"dilation": 2}), (2, 9, {"stride": 4, "pad": 3})]:
    try:
        conv_output_size(_n, _kernel, **_options)
    except ValueError:
        pass
    else:
        raise AssertionError(f"a kernel of {_kernel} with {_options} does not fit into {_n} pixels: raise ValueError")
for _n, _kernel, _options in [(4, 4, {}), (3, 5, {"pad": 1}), (9, 5, {"dilation": 2}), (6, 6, {"stride": 4})]:
    _got = conv_output_size(_n, _kernel, **_options)
    assert _got == 1, f"wrong number of stops for {_n} pixels and a kernel of {_kernel} with {_options}: {_got}"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. How much padding is "same"?
#
# With `padding="same"` you do not say how many pixels to add. TensorFlow works it out:
#
# 1. there shall be $\lceil n / \text{stride} \rceil$ stops (round **up**);
# 2. the last of them starts at (stops - 1) · stride and reaches *kernel* pixels further; what is lacking there is the
#    *total*, and nothing is added where nothing is lacking;
# 3. half of the total goes before the axis and half after; of an odd total the extra pixel goes **after**.
#
# **By hand first.** 8 pixels, kernel 3, stride 2. How many stops, where does the last one end, and what is added?
# <details><summary>Answer</summary>4 stops, at 0, 2, 4 and 6. The last covers pixels 6, 7 and 8; there is no pixel 8, so
# one is lacking. It goes after: (0, 1).</details>

# %% forbidden=["cnnlib.same_padding"] nbgrader={"grade": false, "grade_id": "same_padding", "locked": false, "schema_version": 3, "solution": true, "task": false}
def same_padding(n, kernel, stride=1):
    """How many pixels TensorFlow adds before and after an axis for padding "same".

    Parameters
    ----------
    n : int, pixels of the axis
    kernel : int, taps of the kernel (not dilated)
    stride : int, pixels from one stop to the next

    Returns
    -------
    (before, after) : two ints, 0 or more
    """
    ### BEGIN SOLUTION
    stops = (n + stride - 1) // stride
    total = max(0, (stops - 1) * stride + kernel - n)
    before = total // 2
    return before, total - before
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_same_padding", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The pixels before and after, for even and odd kernels and any stride (2 points).
check(same_padding)
### BEGIN HIDDEN TESTS
for _n in (5, 6, 9, 14):
    for _kernel in (2, 3, 4, 7):
        for _stride in (1, 2, 3):
            _stops, _lacking = range(0, _n, _stride), 0
            while _stops[-1] + _kernel > _n + _lacking:
                _lacking += 1
            _want = (_lacking // 2, _lacking - _lacking // 2)
            _got = same_padding(_n, _kernel, _stride)
            assert tuple(_got) == _want, f"wrong padding for {_n} pixels, kernel {_kernel}, stride {_stride}: {_got}"
            assert all(isinstance(_part, (int, np.integer)) for _part in _got), "pixels are counted in ints"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_same_padding_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A kernel shorter than the stride needs nothing, and nothing is cut off (1 point).
### BEGIN HIDDEN TESTS
for _n, _kernel, _stride in [(10, 1, 3), (9, 1, 3), (12, 2, 4), (11, 2, 5), (7, 1, 7), (6, 1, 1)]:
    _lacking = max(range(0, _n, _stride)[-1] + _kernel - _n, 0)
    _got = tuple(same_padding(_n, _kernel, _stride))
    assert _got == (0, _lacking), f"wrong padding for {_n} pixels, kernel {_kernel}, stride {_stride}: {_got}"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. What size does Keras report?
#
# A Keras layer is given the name of its padding: `"valid"` adds nothing, `"same"` adds what question 2 says. **Predict**
# for 7 pixels and a kernel of 3: the size for valid and for same, with stride 1 and with stride 2.
# <details><summary>Answer</summary>Stride 1: 5 and 7. Stride 2: 3 and 4. So "same" is the same size only with
# stride 1.</details>

# %% forbidden=["cnnlib.keras_output_size"] nbgrader={"grade": false, "grade_id": "keras_output_size", "locked": false, "schema_version": 3, "solution": true, "task": false}
def keras_output_size(n, kernel, *, stride=1, padding="valid"):
    """The length of an axis behind a Keras convolution or pooling layer.

    Parameters
    ----------
    n : int, pixels of the axis
    kernel : int, taps of the kernel, or pixels of the pooling window
    stride : int, pixels from one stop to the next
    padding : "valid" or "same"

    Returns
    -------
    int

    Raises
    ------
    ValueError : when the padding has another name, or when it is "valid" and the kernel does not fit
    """
    ### BEGIN SOLUTION
    if padding == "same":
        return (n + stride - 1) // stride
    if padding == "valid":
        return cnnlib.conv_output_size(n, kernel, stride=stride)
    raise ValueError(f'padding must be "valid" or "same", not {padding!r}')
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_keras_output_size", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Both paddings, for any stride (2 points).
check(keras_output_size)
### BEGIN HIDDEN TESTS
for _n in (5, 8, 13, 20):
    for _kernel in (1, 3, 4):
        for _stride in (1, 2, 3, 4):
            _want = {"valid": len([_p for _p in range(0, _n, _stride) if _p + _kernel <= _n]), "same": len(range(0, _n, _stride))}
            for _padding, _size in _want.items():
                _got = keras_output_size(_n, _kernel, stride=_stride, padding=_padding)
                assert _got == _size, f"wrong size for {_n} pixels, kernel {_kernel}, stride {_stride}, {_padding}: {_got}"
                assert isinstance(_got, (int, np.integer)), f"a size must be an int, it is a {type(_got).__name__}"
            _got = keras_output_size(_n, _kernel, stride=_stride)
            assert _got == _want["valid"], f"wrong size for {_n} pixels, kernel {_kernel}, stride {_stride}, no padding: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_keras_output_size_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# What cannot be raises ValueError: a kernel that does not fit with "valid", a padding of another name (1 point).
### BEGIN HIDDEN TESTS
for _n, _kernel, _options in [(4, 6, {}), (2, 3, {"padding": "valid", "stride": 2}), (9, 3, {"padding": "causal"}), (9, 3, {"padding": 1})]:
    try:
        keras_output_size(_n, _kernel, **_options)
    except ValueError:
        pass
    else:
        raise AssertionError(f"{_n} pixels, kernel {_kernel} and {_options} must raise ValueError")
for _n, _kernel, _stride, _size in [(3, 8, 1, 3), (3, 8, 2, 2)]:
    _got = keras_output_size(_n, _kernel, stride=_stride, padding="same")
    assert _got == _size, f"wrong size for {_n} pixels, kernel {_kernel}, stride {_stride}, same: {_got}"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. What does a convolution layer learn?
#
# A filter has one weight for each pixel of its window in **each** channel of its input, and one bias. The layer has
# *filters* of them. **By hand first.** A colour image, 8 filters of 3 x 3: how many parameters? And for an image twice
# as high? <details><summary>Answer</summary>(3 · 3 · 3 + 1) · 8 = 224. As many: the image's size does not
# matter.</details>

# %% forbidden=["cnnlib.conv_params"] nbgrader={"grade": false, "grade_id": "conv_params", "locked": false, "schema_version": 3, "solution": true, "task": false}
def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):
    """The number of weights and biases that a convolution layer learns.

    Parameters
    ----------
    kernel_h, kernel_w : int, height and width of the kernel
    c_in : int, channels of the input
    filters : int, filters of the layer
    bias : bool, whether a filter has a bias

    Returns
    -------
    int
    """
    ### BEGIN SOLUTION
    weights = kernel_h * kernel_w * c_in
    return filters * (weights + 1 if bias else weights)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_conv_params", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Kernels of any shape and depth (2 points).
check(conv_params)
### BEGIN HIDDEN TESTS
for _h, _w, _c, _filters in [(3, 3, 3, 64), (5, 1, 2, 9), (1, 7, 6, 4), (2, 4, 1, 1), (11, 11, 3, 96)]:
    _want = np.zeros((_h, _w, _c, _filters)).size + np.zeros(_filters).size
    _got = conv_params(_h, _w, _c, _filters)
    assert _got == _want, f"wrong number of parameters for {_filters} filters of {_h} x {_w} on {_c} channels: {_got}"
    assert isinstance(_got, (int, np.integer)), f"a count must be an int, it is a {type(_got).__name__}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_conv_params_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Without biases (1 point).
### BEGIN HIDDEN TESTS
for _h, _w, _c, _filters in [(3, 5, 4, 6), (1, 1, 9, 2), (4, 4, 3, 5)]:
    _want = np.zeros((_h, _w, _c, _filters)).size
    _got = conv_params(_h, _w, _c, _filters, bias=False)
    assert _got == _want, f"wrong number without biases for {_filters} filters of {_h} x {_w} on {_c} channels: {_got}"
    assert conv_params(_h, _w, _c, _filters, bias=True) - _got == _filters, "biases make a difference of one for each filter"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. And a dense layer?
#
# There each output has its own weight for **every** number that comes in, and one bias. **By hand first.** 4 in, 2 out?
# <details><summary>Answer</summary>4 · 2 weights and 2 biases: 10.</details>

# %% forbidden=["cnnlib.dense_params"] nbgrader={"grade": false, "grade_id": "dense_params", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dense_params(n_in, n_out, *, bias=True):
    """The number of weights and biases that a dense layer learns.

    Parameters
    ----------
    n_in, n_out : int, numbers that come in and go out
    bias : bool, whether an output has a bias

    Returns
    -------
    int
    """
    ### BEGIN SOLUTION
    return n_in * n_out + (n_out if bias else 0)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_dense_params", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# With and without biases (1 point).
check(dense_params)
### BEGIN HIDDEN TESTS
for _in, _out in [(1, 1), (8, 3), (2, 11), (400, 120), (25088, 4096)]:
    _want = sum(_in for _ in range(_out))
    _got = dense_params(_in, _out), dense_params(_in, _out, bias=False)
    assert _got == (_want + _out, _want), f"wrong numbers, with and without biases, for {_in} in, {_out} out: {_got}"
    assert all(isinstance(_part, (int, np.integer)) for _part in _got), "a count must be an int"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. What shape does each layer give?
#
# Now a whole network. It is a list of layers, and a layer is a dict:
#
# | layer | its keys | what it does to $(H, W, C)$ |
# |---|---|---|
# | `{"type": "conv", "filters": 6, "kernel": 5}` | may have `"stride"` (else 1) and `"padding"` (else `"valid"`) | $H$ and $W$ as in question 3, channels = filters |
# | `{"type": "max_pool", "size": 2}` and `"average_pool"` | may have `"stride"` (else **its size**) and `"padding"` (else `"valid"`) | $H$ and $W$ as in question 3, channels stay |
# | `{"type": "flatten"}` | | $(H \cdot W \cdot C,)$ |
# | `{"type": "dropout"}` | | nothing |
# | `{"type": "dense", "units": 10}` | | $(n,)$ gives (units,) |
#
# Kernels and windows are square; images need not be. Convolution and dense layers have biases; the other layers learn
# nothing. A shape has no batch axis, and the shape of a row of numbers is a tuple of one: `(10,)`.
#
# **By hand first.** A gray image of 28 x 32: 6 filters of 5 x 5, then max pooling of size 2, then flatten, then 10 dense
# units. Write down the four shapes and the four counts.
# <details><summary>Answer</summary>(24, 28, 6) with 156, (12, 14, 6) with 0, (1008,) with 0, (10,) with
# 10,090.</details>

# %% forbidden=["cnnlib.trace_shapes"] nbgrader={"grade": false, "grade_id": "trace_shapes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def trace_shapes(layers, input_shape):
    """Follow a shape through a network.

    Parameters
    ----------
    layers : list of dicts, as in the table above
    input_shape : (H, W, C) of the image, or (n,)

    Returns
    -------
    list of (output shape, parameters), one for each layer: a tuple of ints, and an int; the layers are not changed

    Raises
    ------
    ValueError : when a kernel or window does not fit
    """
    ### BEGIN SOLUTION
    shape, trace = tuple(input_shape), []
    for layer in layers:
        kind, learned = layer["type"], 0
        if kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            learned = cnnlib.dense_params(shape[0], layer["units"])
            shape = (layer["units"],)
        elif kind != "dropout":
            window = layer["kernel"] if kind == "conv" else layer["size"]
            options = {"stride": layer.get("stride", 1 if kind == "conv" else window), "padding": layer.get("padding", "valid")}
            height, width = (cnnlib.keras_output_size(side, window, **options) for side in shape[:2])
            if kind == "conv":
                learned = cnnlib.conv_params(window, window, shape[2], layer["filters"])
            shape = (height, width, layer["filters"] if kind == "conv" else shape[2])
        trace.append((shape, learned))
    return trace
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_trace_shapes", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# A convolution, a pooling layer, a row of them (2 points).
check(trace_shapes)
### BEGIN HIDDEN TESTS
_layers = [{"type": "conv", "filters": 8, "kernel": 5, "stride": 2}, {"type": "max_pool", "size": 3, "stride": 2},
           {"type": "conv", "filters": 3, "kernel": 2, "padding": "same"}, {"type": "average_pool", "size": 3}]
_want = [((15, 19, 8), 408), ((7, 9, 8), 0), ((7, 9, 3), 99), ((2, 3, 3), 0)]
_got = [(tuple(_shape), _count) for _shape, _count in trace_shapes(_layers, (33, 42, 2))]
assert len(_got) == 4, f"every layer has a row of its own; there are {len(_got)} rows"
for _layer, _row, _right in zip(_layers, _got, _want, strict=True):
    assert _row == _right, f"wrong shape or count behind {_layer}: {_row}"
for _shape, _count in _got:
    assert all(isinstance(_n, (int, np.integer)) for _n in (*_shape, _count)), "pixels, channels and parameters are ints"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_trace_shapes_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# LeNet-5 on an image that is not square: flatten, dense, and a row for every layer; the layers stay as they were (1 point).
### BEGIN HIDDEN TESTS
_layers = [{"type": "conv", "filters": 6, "kernel": 5}, {"type": "average_pool", "size": 2}, {"type": "dropout"},
           {"type": "conv", "filters": 16, "kernel": 5}, {"type": "average_pool", "size": 2}, {"type": "flatten"},
           {"type": "dense", "units": 120}, {"type": "dropout"}, {"type": "dense", "units": 10}]
_before = [dict(_layer) for _layer in _layers]
_want = [((28, 36, 6), 156), ((14, 18, 6), 0), ((14, 18, 6), 0), ((10, 14, 16), 2416), ((5, 7, 16), 0), ((560,), 0),
         ((120,), 67320), ((120,), 0), ((10,), 1210)]
_got = [(tuple(_shape), _count) for _shape, _count in trace_shapes(_layers, (32, 40, 1))]
assert len(_got) == 9, f"every layer has a row of its own; there are {len(_got)} rows"
for _layer, _row, _right in zip(_before, _got, _want, strict=True):
    assert _row == _right, f"wrong shape or count behind {_layer}: {_row}"
assert _layers == _before, "the layers were changed in place"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_trace_shapes_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Strides and paddings of every kind of layer, given and not given (1 point).
### BEGIN HIDDEN TESTS
for _kind in ("conv", "max_pool", "average_pool"):
    for _window, _stride, _padding in [(3, 1, "valid"), (3, 2, "same"), (2, 3, "valid"), (2, None, "same"), (4, None, None), (3, 2, None)]:
        _layer = {"type": _kind, **({"filters": 7, "kernel": _window} if _kind == "conv" else {"size": _window})}
        _layer |= {_name: _value for _name, _value in [("stride", _stride), ("padding", _padding)] if _value}
        _step = _stride or (1 if _kind == "conv" else _window)
        _want = [len([_p for _p in range(0, _n, _step) if _padding == "same" or _p + _window <= _n]) for _n in (10, 17)]
        _want = ((*_want, 7 if _kind == "conv" else 5), (_window * _window * 5 + 1) * 7 if _kind == "conv" else 0)
        (_shape, _count), = trace_shapes([_layer], (10, 17, 5))
        assert (tuple(_shape), _count) == _want, f"wrong shape or count behind {_layer} for (10, 17, 5): {(_shape, _count)}"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. How much of the image does one number see?
#
# The *receptive field* of a number is the square of pixels of the image that it depends on; you return the length of
# its side. Before any layer a number sees itself: 1 pixel. Then go through the layers and keep two numbers:
#
# - the *field*; a kernel of $k$ taps adds the way from its first tap to its last: $(k - 1) \cdot$ dilation **steps**;
# - the *jump*: how many pixels of the image one such step is. It starts at 1, and each stride multiplies it, for the
#   layers *behind* it.
#
# A convolution may have a `"dilation"` here (else 1). Pooling counts as a kernel of its size, whatever it computes in
# the window; its stride is its size if none is given. Dropout changes nothing, and neither does padding. Behind
# `flatten` or `dense` a number sees the whole image, however large that is, so there is no answer: raise `ValueError`
# where the list holds such a layer.
#
# **By hand first.** Convolution of 3, max pooling of 2, convolution of 3: how many pixels?
# <details><summary>Answer</summary>1, then 1 + 2 · 1 = 3, then 3 + 1 · 1 = 4 and the jump becomes 2, then
# 4 + 2 · 2 = 8.</details>

# %% forbidden=["cnnlib.receptive_field"] nbgrader={"grade": false, "grade_id": "receptive_field", "locked": false, "schema_version": 3, "solution": true, "task": false}
def receptive_field(layers):
    """How many pixels of the image, along one axis, one number behind these layers sees.

    Parameters
    ----------
    layers : list of dicts: convolutions, pooling, dropout; it may be empty

    Returns
    -------
    int, pixels; those that would lie outside the image count as well

    Raises
    ------
    ValueError : when there is a flatten or dense layer
    """
    ### BEGIN SOLUTION
    field = jump = 1
    for layer in layers:
        if layer["type"] in ("flatten", "dense"):
            raise ValueError(f"behind {layer['type']} a number sees the whole image")
        if layer["type"] == "dropout":
            continue
        window = layer.get("kernel") or layer["size"]
        field = field + jump * layer.get("dilation", 1) * (window - 1)
        jump = jump * layer.get("stride", layer.get("size", 1))
    return field
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_receptive_field", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Convolutions and pooling, with strides (2 points).
check(receptive_field)
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2)
for _ in range(12):
    _layers, _seen = [], {0}
    for _ in range(_rng.integers(1, 5)):
        _window, _stride = (int(_number) for _number in _rng.integers(1, 5, 2))
        _kind = _rng.choice(["conv", "max_pool", "average_pool"])
        _layers.append({"type": str(_kind), **({"filters": 2, "kernel": _window} if _kind == "conv" else {"size": _window}),
                        "stride": _stride})
    for _layer in _layers[::-1]:
        _window = _layer["kernel"] if _layer["type"] == "conv" else _layer["size"]
        _seen = {_place * _layer["stride"] + _tap for _place in _seen for _tap in range(_window)}
    _want, _got = max(_seen) - min(_seen) + 1, receptive_field(_layers)
    assert _got == _want, f"wrong number of pixels seen behind {_layers}: {_got}"
    assert isinstance(_got, (int, np.integer)), f"a number of pixels must be an int, it is a {type(_got).__name__}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_receptive_field_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Defaults, dilation, dropout and padding (1 point).
### BEGIN HIDDEN TESTS
for _layers, _want in [
        ([{"type": "dropout"}], 1),
        ([{"type": "max_pool", "size": 3}, {"type": "average_pool", "size": 2}, {"type": "conv", "filters": 1, "kernel": 2}], 12),
        ([{"type": "conv", "filters": 1, "kernel": 3, "dilation": _d} for _d in (1, 2, 4, 8)], 31),
        ([{"type": "conv", "filters": 1, "kernel": 4, "dilation": 3, "stride": 2, "padding": "valid"}, {"type": "dropout"},
          {"type": "conv", "filters": 1, "kernel": 3, "dilation": 5}], 30),
        ([{"type": "conv", "filters": 1, "kernel": 5, "padding": "same"}, {"type": "max_pool", "size": 3, "padding": "same"},
          {"type": "conv", "filters": 1, "kernel": 3, "padding": "same"}], 13)]:
    _got = receptive_field(_layers)
    assert _got == _want, f"wrong number of pixels seen behind {_layers}: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_receptive_field_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Flatten and dense raise ValueError, wherever they stand, and nothing else does (1 point).
### BEGIN HIDDEN TESTS
_conv = {"type": "conv", "filters": 4, "kernel": 3}
_layers = [dict(_conv), {"type": "dropout"}, dict(_conv)]
_got = receptive_field(_layers)
assert _got == 5, f"wrong number of pixels seen behind {_layers}: {_got}"
for _layers in ([{"type": "flatten"}], [_conv, _conv, {"type": "flatten"}, {"type": "dropout"}], [_conv, {"type": "dense", "units": 3}]):
    try:
        receptive_field(_layers)
    except ValueError:
        pass
    else:
        raise AssertionError(f"{_layers} hold a layer that sees the whole image: raise ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## How large is VGG-16?
#
# Its sixteen layers that learn won a part of the ImageNet contest of 2014. `cnnlib.VGG16` is the table of its paper as
# data. **Predict** before you run the cell: which layer has the most parameters, a convolution or a dense one?

# %%
input_shape, layers = cnnlib.VGG16
trace = trace_shapes(layers, input_shape)
for layer, (shape, parameters) in zip(layers, trace, strict=True):
    print(f"{layer['type']:<10} {' x '.join(map(str, shape)):>16} {parameters:>13,}")
print(f"{'VGG-16':<10} {'':>16} {sum(parameters for _, parameters in trace):>13,}")

# %% [markdown]
# 138,357,544, to the last bias: the number that the paper rounds to 138 million. Three in four of them sit in one
# layer, the dense one behind the flatten. And how many of its 224 pixels does a number see just before that?

# %%
receptive_field(layers[:-4])

# %% [markdown]
# ## You can now
#
# say the shape and the parameters of any network from its table, with a pencil if need be; tell what "same" adds and
# where; find the pixels that a stride leaves out; and say how far a layer sees.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit
# as your course says. Next: unit 03, backpropagation.
