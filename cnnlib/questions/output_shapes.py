"""The checks of unit 02: sizes, padding, parameters, the trace of a network, and the receptive field.

The cases are small enough to count on the fingers, and unlike in the ways that mistakes hide behind: strides that do not
divide, with a rest above and below a half, even kernels, three pixels of padding (2 + 2 is 2 squared), heights that differ
from widths, as many channels as nothing else.
"""

import math

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.shapes import receptive_field, trace_shapes
from cnnlib.sizes import conv_output_size, conv_params, dense_params, keras_output_size, same_padding


def _accepting(reference):
    """Returns 0 where the reference raises ValueError: a value that must not be there, whatever it is."""
    def gives(*arguments, **options):
        try:
            return reference(*arguments, **options)
        except ValueError:
            return 0
    return gives


def _as_float(reference):
    return lambda *arguments, **options: float(reference(*arguments, **options))


# --- conv_output_size -------------------------------------------------------------------------------------------------

def _left(n, k, p, d):
    """The pixels between the end of the kernel at its first stop and the end of the padded axis."""
    return n + 2 * p - (k - 1) * d - 1


def _ways(left=_left, size=lambda left, stride: left // stride + 1):
    """A mistake in the pixels left, or in the size made of them; with what does not fit let through, refused by the same
    mistake's own count, or refused as it should be."""
    def let_through(n, kernel, *, stride=1, pad=0, dilation=1):
        return size(left(n, kernel, pad, dilation), stride)

    def refused_by_own_count(n, kernel, *, stride=1, pad=0, dilation=1):
        if left(n, kernel, pad, dilation) < 0:
            raise ValueError("as the student's code does")
        return size(left(n, kernel, pad, dilation), stride)

    def refused_rightly(n, kernel, *, stride=1, pad=0, dilation=1):
        conv_output_size(n, kernel, stride=stride, pad=pad, dilation=dilation)
        return size(left(n, kernel, pad, dilation), stride)
    return let_through, refused_by_own_count, refused_rightly


def _exact(left, stride):
    return left / stride + 1


def _refuses(unfit):
    """The right size, but ValueError just where `unfit(n, kernel, pad)`."""
    def gives(n, kernel, *, stride=1, pad=0, dilation=1):
        if unfit(n, kernel, pad):
            raise ValueError("as the student's code does")
        return _left(n, kernel, pad, dilation) // stride + 1
    return gives


CONV_OUTPUT_SIZE = Question(
    conv_output_size,
    cases=[
        case("7 pixels and a kernel of 3", 7, 3),
        case("a kernel as long as the axis", 5, 5),
        case("stride 2", 7, 3, stride=2),
        case("stride 4, one pixel left over", 8, 3, stride=4),
        case("stride 3, two pixels left over", 8, 3, stride=3),
        case("stride 4, two pixels left over", 9, 3, stride=4),
        case("1 pixel of padding", 7, 3, pad=1),
        case("3 pixels of padding, stride 2", 9, 4, pad=3, stride=2),
        case("a kernel that fits only with padding", 4, 5, pad=1),
        case("dilation 2", 9, 3, dilation=2),
        case("dilation 3, stride 2 and padding", 14, 4, stride=2, pad=1, dilation=3),
        case("a kernel longer than the axis", 4, 5),
        case("a kernel that is too long once dilated", 6, 3, dilation=3),
    ],
    mistakes=[
        mistake("no + 1", *_ways(size=lambda left, stride: left // stride),
                hint="One stop is missing: the first. A kernel of 5 on 5 pixels stops once, not 0 times.",
                fix="Count the strides from the first stop to the last, then add 1 for the first stop itself."),
        mistake("not rounded down", *_ways(size=lambda left, stride: -(-left // stride) + 1),
                *_ways(size=lambda left, stride: round(left / stride) + 1),
                *_ways(size=lambda left, stride: round(left / stride + 1)),
                *_ways(size=lambda left, stride: math.floor(left / stride + 1.5)),
                hint="A stop is counted at which the kernel hangs over the end: the division is rounded up, or to the nearest.",
                fix="Only whole strides count: round down, with `//`."),
        mistake("padding on one side", *_ways(lambda n, k, p, d: _left(n + p, k, 0, d)),
                *_ways(lambda n, k, p, d: _left(n + p, k, 0, d), _exact),
                hint="The padding is counted once. It is added at both ends of the axis.",
                fix="The padded axis has n + 2 * pad pixels."),
        mistake("padding squared", *_ways(lambda n, k, p, d: _left(n + p * p, k, 0, d)),
                *_ways(lambda n, k, p, d: _left(n + p * p, k, 0, d), _exact),
                *_ways(lambda n, k, p, d: n - k + p * p), *_ways(lambda n, k, p, d: n - k + p * p, _exact),
                hint="The padding is squared. With 2 pixels nobody sees it, with 1 or 3 the size is wrong.",
                fix="The padded axis has n + 2 * pad pixels: two times, not to the power of two."),
        mistake("padding ignored", *_ways(lambda n, k, p, d: _left(n, k, 0, d)),
                hint="The padding changes nothing in your result.",
                fix="The padded axis has n + 2 * pad pixels."),
        mistake("stride ignored", *_ways(size=lambda left, stride: left + 1),
                hint="The stride changes nothing in your result.",
                fix="From the first stop on, divide the way that is left by the stride, rounded down."),
        mistake("dilation ignored", *_ways(lambda n, k, p, d: _left(n, k, p, 1)),
                hint="The dilation changes nothing in your result. It pulls the kernel's taps apart: it reaches further.",
                fix="Put (kernel - 1) * dilation + 1 in the place of kernel."),
        mistake("wrong reach", *_ways(lambda n, k, p, d: _left(n, k * d, p, 1)),
                *_ways(lambda n, k, p, d: _left(n, k + d - 1, p, 1)),
                *_ways(lambda n, k, p, d: _left(n, k + (k - 1) * d, p, 1)),
                *_ways(lambda n, k, p, d: _left(n, (k - 1) * d, p, 1)),
                hint="The dilated kernel's reach is wrong. 3 taps with dilation 2 lie at 0, 2 and 4: they cover 5 pixels.",
                fix="Between k taps there are k - 1 gaps: the reach is (kernel - 1) * dilation + 1."),
        mistake("kernel left out", *_ways(lambda n, k, p, d: n, lambda left, stride: left // stride),
                *_ways(lambda n, k, p, d: n + 2 * p, lambda left, stride: left // stride),
                *_ways(lambda n, k, p, d: n, lambda left, stride: -(-left // stride)),
                *_ways(lambda n, k, p, d: n + 2 * p, lambda left, stride: -(-left // stride)),
                hint="The size does not depend on the kernel, as if every pixel could be a stop.",
                fix="The last stop is where the kernel's end meets the axis' end: take the kernel's reach off first."),
        mistake("float result", _as_float(conv_output_size), *_ways(size=_exact),
                *_ways(size=lambda left, stride: float(left // stride + 1)),
                hint="The size is a float. A number of pixels is an int: nothing can be made of an array of 2.5 rows.",
                fix="Divide with `//`: whole numbers stay whole, and it rounds down."),
        mistake("larger kernel accepted", _accepting(conv_output_size), _refuses(lambda n, k, p: k > n + 2 * p),
                hint="A kernel that reaches over more than the padded axis fits nowhere, so there is no size to return.",
                fix="Compare the reach, (kernel - 1) * dilation + 1, with n + 2 * pad first, and `raise ValueError(...)`."),
        mistake("fitting kernel refused", _refuses(lambda n, k, p: k > n), _refuses(lambda n, k, p: k >= n + 2 * p),
                _refuses(lambda n, k, p: k >= n),
                hint="A kernel is refused that fits: with the padding it is not longer than the axis.",
                fix="Compare with the padded axis, n + 2 * pad, and refuse only what is longer than it."),
    ])


# --- same_padding -----------------------------------------------------------------------------------------------------

def _halves(total):
    """The rule that adds `total(n, kernel, stride)` pixels in all, the extra one after."""
    return lambda n, kernel, stride=1: (total(n, kernel, stride) // 2, -(-total(n, kernel, stride) // 2))


def _total(n, kernel, stride=1):
    return sum(same_padding(n, kernel, stride))


def _lacking(n, kernel, stride, stops):
    return max((stops - 1) * stride + kernel - n, 0)


SAME_PADDING = Question(
    same_padding,
    cases=[
        case("7 pixels and a kernel of 3", 7, 3),
        case("an even kernel", 7, 4),
        case("a kernel longer than the axis", 4, 7),
        case("stride 2, an even number of pixels", 8, 3, 2),
        case("stride 2, an odd number of pixels", 7, 3, 2),
        case("stride 3, a kernel of 6", 10, 6, 3),
        case("stride 3, a kernel of 5", 9, 5, 3),
        case("stride 2, an even kernel", 7, 2, 2),
        case("a kernel shorter than the stride", 6, 1, 2),
        case("a kernel much shorter than the stride", 8, 1, 4),
    ],
    mistakes=[
        mistake("assumed symmetric", lambda n, kernel, stride=1: (_total(n, kernel, stride) // 2,) * 2,
                lambda n, kernel, stride=1: (-(-_total(n, kernel, stride) // 2),) * 2,
                lambda n, kernel, stride=1: (kernel // 2,) * 2, lambda n, kernel, stride=1: ((kernel - 1) // 2,) * 2,
                hint="Both ends get the same. An odd number of pixels cannot be shared equally.",
                fix="Give `total // 2` to the start and the rest, `total - total // 2`, to the end."),
        mistake("extra pixel before", lambda n, kernel, stride=1: same_padding(n, kernel, stride)[::-1],
                hint="The extra pixel stands before the axis. TensorFlow puts it after.",
                fix="before = total // 2 and after = total - before."),
        mistake("stride ignored", _halves(lambda n, k, s: k - 1),
                hint="The stride changes nothing in your result. With larger strides there are fewer stops, and less to add.",
                fix="Count the stops first: ceil(n / stride). The last one starts at (stops - 1) * stride."),
        mistake("same taken as n", _halves(lambda n, k, s: _lacking(n, k, s, n)),
                hint='Your padding makes as many outputs as pixels, whatever the stride. "same" means ceil(n / stride).',
                fix="The last of ceil(n / stride) stops starts at (stops - 1) * stride."),
        mistake("not rounded up", _halves(lambda n, k, s: _lacking(n, k, s, n // s)),
                hint="The number of stops is rounded down: the pixels after the last whole stride get no stop.",
                fix="Round up: ceil(n / stride), in whole numbers `-(-n // stride)`."),
        mistake("one stop too many", _halves(lambda n, k, s: max(-(-n // s) * s + k - n, 0)),
                hint="There is padding for one stop more than needed.",
                fix="The first stop is at 0, so the last of them is at (stops - 1) * stride."),
        mistake("negative padding", _halves(lambda n, k, s: (-(-n // s) - 1) * s + k - n),
                hint="Your padding is below 0 where the kernel is shorter than the stride: pixels would be cut off.",
                fix="Where nothing is lacking add nothing: `max(total, 0)`."),
        mistake("remainder of 0", _halves(lambda n, k, s: max(k - n % s, 0)),
                hint="Where the stride divides the axis the remainder is 0, and your padding is too large by a stride.",
                fix="In that case the total is max(kernel - stride, 0), else max(kernel - n % stride, 0)."),
        mistake("total only", _total,
                hint="That is the total. It has to be shared between the two ends.",
                fix="Return a pair: `return before, after`."),
        mistake("float result", lambda n, kernel, stride=1: (_total(n, kernel, stride) / 2,) * 2,
                lambda n, kernel, stride=1: tuple(map(float, same_padding(n, kernel, stride))),
                hint="The padding is a float. There is no half a pixel.",
                fix="Divide with `//`, and give the rest to the end: before = total // 2, after = total - before."),
    ])


# --- keras_output_size ------------------------------------------------------------------------------------------------

def _by_padding(valid=None, same=None):
    """Another rule for (n, kernel, stride) with padding "valid" or "same"; the reference where there is none."""
    def gives(n, kernel, *, stride=1, padding="valid"):
        right = keras_output_size(n, kernel, stride=stride, padding=padding)
        rule = {"valid": valid, "same": same}[padding]
        return right if rule is None else rule(n, kernel, stride)
    return gives


def _ceil_of_stride(n, k, s):
    return -(-n // s)


def _unknown_accepted(n, kernel, *, stride=1, padding="valid"):
    return keras_output_size(n, kernel, stride=stride, padding=padding if padding in ("valid", "same") else "same")


def _fit_asked_of_same(n, kernel, *, stride=1, padding="valid"):
    if kernel > n:
        raise ValueError("as the student's code does")
    return keras_output_size(n, kernel, stride=stride, padding=padding)


KERAS_OUTPUT_SIZE = Question(
    keras_output_size,
    cases=[
        case("7 pixels and a kernel of 3", 7, 3),
        case("stride 2", 7, 3, stride=2),
        case('stride 3, two pixels left over, padding "valid"', 8, 3, stride=3, padding="valid"),
        case("stride 4, one pixel left over", 8, 3, stride=4),
        case('padding "same"', 7, 3, padding="same"),
        case('padding "same", an even kernel', 7, 2, padding="same"),
        case('padding "same", stride 2', 7, 3, stride=2, padding="same"),
        case('padding "same", stride 3', 7, 5, stride=3, padding="same"),
        case('padding "same", a stride that divides', 6, 2, stride=2, padding="same"),
        case('padding "same", a kernel longer than the axis', 4, 5, padding="same"),
        case("a kernel longer than the axis", 4, 5),
        case("a padding that Keras does not know", 7, 3, padding="full"),
    ],
    mistakes=[
        mistake("same taken as n", _by_padding(same=lambda n, k, s: n),
                hint='"same" gives n for every stride in your function. With stride 2 only every second pixel is a stop.',
                fix='"same" gives ceil(n / stride), in whole numbers `-(-n // stride)`.'),
        mistake("same rounded down", _by_padding(same=lambda n, k, s: n // s), _by_padding(same=lambda n, k, s: round(n / s)),
                hint='The size for "same" is rounded down, or to the nearest: what is left after whole strides gets no stop.',
                fix="Round up: ceil(n / stride), in whole numbers `-(-n // stride)`."),
        mistake("same assumed symmetric", _by_padding(same=lambda n, k, s: (n + 2 * ((k - 1) // 2) - k) // s + 1),
                _by_padding(same=lambda n, k, s: (n + 2 * (k // 2) - k) // s + 1),
                hint='The size for "same" is right for odd kernels only: your padding is equal at both ends.',
                fix='"same" gives ceil(n / stride), whatever the kernel.'),
        mistake("one for same", _by_padding(same=lambda n, k, s: n // s + 1),
                hint='For "same" there is one stop too many where the stride divides the axis.',
                fix='"same" gives ceil(n / stride), in whole numbers `-(-n // stride)`: 6 pixels with stride 2 give 3.'),
        mistake("no + 1", _by_padding(valid=lambda n, k, s: (n - k) // s),
                hint='For "valid" one stop is missing: the first.',
                fix="(n - kernel) // stride counts the strides after the first stop: add 1."),
        mistake("valid rounded up", _by_padding(valid=lambda n, k, s: -(-(n - k) // s) + 1),
                _by_padding(valid=lambda n, k, s: round((n - k) / s) + 1),
                hint='For "valid" a stop is counted at which the kernel hangs over the end.',
                fix="Only whole strides count: (n - kernel) // stride + 1."),
        mistake("kernel left out", _by_padding(valid=_ceil_of_stride), _by_padding(valid=lambda n, k, s: n // s),
                _accepting(_by_padding(valid=_ceil_of_stride)),
                hint='The kernel does not matter in your size for "valid".',
                fix='Without padding the kernel has to stay inside: (n - kernel) // stride + 1, as in question 1.'),
        mistake("stride ignored", lambda n, kernel, *, stride=1, padding="valid": keras_output_size(n, kernel, padding=padding),
                _by_padding(valid=lambda n, k, s: n - k + 1),
                hint="The stride changes nothing in your result.",
                fix='"valid": (n - kernel) // stride + 1. "same": ceil(n / stride).'),
        mistake("padding ignored", lambda n, kernel, *, stride=1, padding="valid": conv_output_size(n, kernel, stride=stride),
                lambda n, kernel, *, stride=1, padding="valid": (n - kernel) // stride + 1,
                hint='"same" and "valid" give the same in your function.',
                fix='Ask for the padding: `if padding == "same":` the size is ceil(n / stride).'),
        mistake("float result", _as_float(keras_output_size), _by_padding(same=lambda n, k, s: n / s),
                _by_padding(same=lambda n, k, s: float(-(-n // s))), _by_padding(valid=lambda n, k, s: (n - k) / s + 1),
                lambda n, kernel, *, stride=1, padding="valid": (
                    n / stride if padding == "same" else (n - kernel) / stride + 1),
                hint="A size is a float. A number of pixels is an int.",
                fix="Divide with `//`, or use `math.ceil`, which gives an int; `np.ceil` and `/` give floats."),
        mistake("larger kernel accepted", _accepting(
            lambda n, kernel, *, stride=1, padding="valid": keras_output_size(n, kernel, stride=stride, padding=padding)
            if padding != "full" else same_padding(0, 0)),
                lambda n, kernel, *, stride=1, padding="valid": 0 if padding == "valid" and kernel > n else keras_output_size(
                    n, kernel, stride=stride, padding=padding),
                hint='With padding "valid" a kernel longer than the axis fits nowhere, so there is no size to return.',
                fix="`cnnlib.conv_output_size` raises the ValueError for you; else compare kernel with n first."),
        mistake("unknown padding accepted", _unknown_accepted,
                hint='A padding that is neither "valid" nor "same" gives a size. A slip of the pen must not pass unnoticed.',
                fix="End with an `else` that raises ValueError and names the two that there are."),
        mistake("larger kernel refused", _fit_asked_of_same,
                hint='With padding "same" a kernel longer than the axis is refused. It fits: "same" adds what is lacking.',
                fix='Compare kernel with n for "valid" only.'),
    ])


# --- conv_params ------------------------------------------------------------------------------------------------------

def _weights(rule):
    """A rule for (kernel_h, kernel_w, c_in, filters, 1 or 0 for the bias)."""
    return lambda kernel_h, kernel_w, c_in, filters, *, bias=True: rule(kernel_h, kernel_w, c_in, filters, int(bias))


CONV_PARAMS = Question(
    conv_params,
    cases=[
        case("LeNet-5's first layer", 5, 5, 1, 6),
        case("one filter on a colour image", 3, 3, 3, 1),
        case("a kernel taller than wide", 3, 2, 4, 5),
        case("a kernel of one pixel", 1, 1, 7, 3),
        case("a kernel wider than tall, no bias", 2, 5, 3, 7, bias=False),
        case("a square kernel, no bias", 3, 3, 2, 4, bias=False),
    ],
    mistakes=[
        mistake("no bias", _weights(lambda h, w, c, f, b: h * w * c * f),
                hint="The biases are missing: each filter has one.",
                fix="Add `filters` where bias is true."),
        mistake("kernel depth missing", _weights(lambda h, w, c, f, b: (h * w + b) * f),
                hint="Your filters are one channel deep. A filter is as deep as its input.",
                fix="A filter has kernel_h * kernel_w * c_in weights."),
        mistake("bias not switched off", _weights(lambda h, w, c, f, b: (h * w * c + 1) * f),
                hint="bias=False changes nothing in your result.",
                fix="Count the biases only where bias is true."),
        mistake("one bias for the layer", _weights(lambda h, w, c, f, b: h * w * c * f + b),
                hint="There is one bias for the whole layer. Each filter has its own.",
                fix="Add `filters` biases, not 1."),
        mistake("bias for each channel of the input", _weights(lambda h, w, c, f, b: h * w * c * f + b * c),
                _weights(lambda h, w, c, f, b: (h * w + b) * c * f),
                hint="The biases follow the channels of the input. A filter adds its channels up first, then one bias.",
                fix="Each filter has one bias, however deep it is."),
        mistake("one filter only", _weights(lambda h, w, c, f, b: h * w * c + b),
                hint="That is one filter. The layer has `filters` of them.",
                fix="Multiply weights and bias of one filter by `filters`."),
        mistake("filters left out of the weights", _weights(lambda h, w, c, f, b: h * w * c + b * f),
                hint="The biases are counted for every filter, the weights for one.",
                fix="Multiply weights and bias of one filter by `filters`."),
        mistake("square kernel assumed", _weights(lambda h, w, c, f, b: (h * h * c + b) * f),
                _weights(lambda h, w, c, f, b: (w * w * c + b) * f),
                hint="One side of the kernel is taken for both.",
                fix="Multiply kernel_h by kernel_w."),
        mistake("sides added", _weights(lambda h, w, c, f, b: ((h + w) * c + b) * f),
                _weights(lambda h, w, c, f, b: (h * w + c + b) * f),
                hint="Sizes are added that must be multiplied: a kernel has a weight for each of its pixels in each channel.",
                fix="A filter has kernel_h * kernel_w * c_in weights."),
        mistake("float result", _as_float(conv_params),
                hint="The number of parameters is a float. A count is an int.",
                fix="Multiply the ints as they are; `np.prod` of floats, `/` and `1e0` make floats."),
    ])


# --- dense_params -----------------------------------------------------------------------------------------------------

def _links(rule):
    """A rule for (n_in, n_out, 1 or 0 for the bias)."""
    return lambda n_in, n_out, *, bias=True: rule(n_in, n_out, int(bias))


DENSE_PARAMS = Question(
    dense_params,
    cases=[
        case("4 in, 2 out", 4, 2),
        case("5 in, 1 out", 5, 1),
        case("3 in, 7 out", 3, 7),
        case("3 in, 5 out, no bias", 3, 5, bias=False),
        case("6 in, 2 out, no bias", 6, 2, bias=False),
    ],
    mistakes=[
        mistake("no bias", _links(lambda i, o, b: i * o),
                hint="The biases are missing: each output has one.",
                fix="Add `n_out` where bias is true."),
        mistake("bias not switched off", _links(lambda i, o, b: (i + 1) * o),
                hint="bias=False changes nothing in your result.",
                fix="Count the biases only where bias is true."),
        mistake("bias for each input", _links(lambda i, o, b: (o + b) * i),
                hint="There is a bias for each input. It is the outputs that have one each.",
                fix="Add `n_out` biases, not `n_in`."),
        mistake("one bias for the layer", _links(lambda i, o, b: i * o + b),
                hint="There is one bias for the whole layer. Each output has its own.",
                fix="Add `n_out` biases, not 1."),
        mistake("bias on both sides", _links(lambda i, o, b: (i + b) * (o + b)), _links(lambda i, o, b: i * o + b * (i + o)),
                hint="Inputs have biases as well in your count. Only outputs have them.",
                fix="(n_in + 1) * n_out: each output has a weight for every input, and one bias."),
        mistake("sizes added", _links(lambda i, o, b: i + o), _links(lambda i, o, b: i + o + b),
                _links(lambda i, o, b: i + o + b * o),
                hint="The sizes are added. Every input is linked with every output, so there is a weight for each pair.",
                fix="There are n_in * n_out weights."),
        mistake("float result", _as_float(dense_params),
                hint="The number of parameters is a float. A count is an int.",
                fix="Multiply the ints as they are."),
    ])


# --- trace_shapes -----------------------------------------------------------------------------------------------------

def _conv(filters, kernel, **options):
    return {"type": "conv", "filters": filters, "kernel": kernel, **options}


def _pool(size, kind="max", **options):
    return {"type": f"{kind}_pool", "size": size, **options}


FLATTEN, DROPOUT, DENSE4, DENSE3 = ({"type": "flatten"}, {"type": "dropout"}, {"type": "dense", "units": 4},
                                    {"type": "dense", "units": 3})


def _walk(**rules):
    """A trace with other rules: for "conv", "pool", "flatten" or "dense" a function of (layer, shape, image's shape)."""
    def gives(layers, input_shape):
        trace, shape = [], input_shape
        for layer in layers:
            kind = layer["type"].split("_")[-1]
            if kind in rules:
                shape, parameters = rules[kind](layer, shape, input_shape)
            else:
                shape, parameters = trace_shapes([layer], shape)[0]
            trace.append((shape, parameters))
        return trace
    return gives


def _relabelled(change, kinds=("conv", "max_pool", "average_pool", "dense")):
    """The trace of layers that are changed first: `change` takes a layer of one of the kinds and returns another."""
    return lambda layers, input_shape: trace_shapes(
        [change(layer) if layer["type"] in kinds else layer for layer in layers], input_shape)


def _drop(*names):
    return lambda layer: {name: value for name, value in layer.items() if name not in names}


def _each(change):
    """Every (shape, parameters) of the right trace changed."""
    return lambda layers, input_shape: [change(*row) for row in trace_shapes(layers, input_shape)]


def _left_out(*kinds):
    return lambda layers, input_shape: [
        row for layer, row in zip(layers, trace_shapes(layers, input_shape), strict=True) if layer["type"] not in kinds]


def _right(layer, shape):
    return trace_shapes([layer], shape)[0]


def _conv_with(parameters):
    """A convolution of the right shape whose parameters are `parameters(layer, input, output, image)`."""
    def rule(layer, shape, image):
        out, _ = _right(layer, shape)
        return out, parameters(layer, shape, out, image)
    return _walk(conv=rule)


def _from_image(layer, shape, image):
    flat = layer["type"] == "dense" and len(image) > 1
    return _right(layer, _right(FLATTEN, image)[0] if flat else image)


def _learns(layer, shape, image):
    return _right(layer, shape)[0], conv_params(layer["size"], layer["size"], shape[2], shape[2])


def _spatial(per_place):
    def count(layer, shape, out, image):
        height, width = per_place(shape, out)
        return height * width * _right(layer, shape)[1]
    return count


def _unwrapped(*kinds):
    """Shapes of one number that a layer of these kinds makes written as that number: (120) in place of (120,)."""
    def gives(layers, input_shape):
        rows, bare = [], False
        for layer, (shape, parameters) in zip(layers, trace_shapes(layers, input_shape), strict=True):
            bare = bare if layer["type"] == "dropout" else layer["type"] in kinds
            rows.append((shape[0] if bare else shape, parameters))
        return rows
    return gives


TRACE_SHAPES = Question(
    trace_shapes,
    cases=[
        case("one convolution", [_conv(4, 3)], (7, 9, 2)),
        case("pooling, its stride not given", [_pool(3)], (10, 12, 4)),
        case("pooling whose windows overlap", [_pool(3, "average", stride=2)], (9, 12, 2)),
        case('a convolution with stride 2 and padding "same"', [_conv(5, 3, stride=2, padding="same")], (7, 10, 3)),
        case("a convolution with stride 3", [_conv(5, 2, stride=3)], (7, 12, 3)),
        case('pooling with padding "same"', [_pool(2, padding="same")], (5, 8, 3)),
        case("two convolutions", [_conv(4, 3), _conv(6, 2)], (8, 6, 1)),
        case("a flat network", [DENSE4, DROPOUT, DENSE3], (6,)),
        case("convolution, pooling, dropout, flatten, dense", [_conv(5, 3), _pool(2), DROPOUT, FLATTEN, DENSE3], (8, 12, 2)),
    ],
    mistakes=[
        mistake("height and width swapped",
                _each(lambda shape, parameters: ((shape[1], shape[0], *shape[2:]) if len(shape) == 3 else shape, parameters)),
                hint="Height and width are swapped.",
                fix="A shape is (H, W, C): rows first, everywhere."),
        mistake("channels first",
                _each(lambda shape, parameters: ((shape[-1], *shape[:-1]), parameters)),
                hint="The channels stand first. In this course, as in Keras, they stand last.",
                fix="A shape is (H, W, C)."),
        mistake("depth of the input kept",
                _walk(conv=lambda layer, shape, image: ((*_right(layer, shape)[0][:2], shape[2]), _right(layer, shape)[1])),
                hint="Behind a convolution there are as many channels as before it. Each filter makes one channel of its own.",
                fix='The output of a convolution has `layer["filters"]` channels.'),
        mistake("depth of the image everywhere",
                _conv_with(lambda layer, shape, out, image: conv_params(
                    layer["kernel"], layer["kernel"], image[2], layer["filters"])),
                hint="The filters of every layer are as deep as the image. Each layer sees the channels of the one before.",
                fix="Take c_in from the shape that comes out of the layer before, not from `input_shape`."),
        mistake("every layer sees the image",
                _walk(conv=_from_image, pool=_from_image, flatten=_from_image, dense=_from_image, dropout=_from_image),
                hint="Every layer starts from `input_shape`. What goes into a layer is what came out of the one before.",
                fix="Keep a variable `shape` and replace it in each turn of the loop."),
        mistake("pooling stride 1",
                _relabelled(lambda layer: {"stride": 1, **layer}, ("max_pool", "average_pool")),
                hint="Pooling without a stride moves on by 1 pixel. Its default is the size of the window.",
                fix='`layer.get("stride", layer["size"])`.'),
        mistake("stride of pooling ignored", _relabelled(_drop("stride"), ("max_pool", "average_pool")),
                hint="Pooling always moves on by its size, though a stride is given.",
                fix='`layer.get("stride", layer["size"])` takes the stride where there is one.'),
        mistake("stride of a convolution ignored", _relabelled(_drop("stride"), ("conv",)),
                hint="The stride of a convolution changes nothing in your result.",
                fix='Hand it on: `stride=layer.get("stride", 1)`.'),
        mistake("padding ignored", _relabelled(_drop("padding"), ("conv", "max_pool", "average_pool")),
                _relabelled(_drop("padding"), ("max_pool", "average_pool")), _relabelled(_drop("padding"), ("conv",)),
                hint='padding "same" changes nothing in your result, or nothing for one kind of layer.',
                fix='Hand it on, for convolution and pooling: `padding=layer.get("padding", "valid")`.'),
        mistake("pooling changes the depth",
                _walk(pool=lambda layer, shape, image: ((*_right(layer, shape)[0][:2], 1), 0)),
                hint="Pooling has lost channels. It works on each channel by itself.",
                fix="Height and width shrink, the number of channels stays."),
        mistake("no bias", _relabelled(lambda layer: layer | {"bias": False}, ("conv", "dense")),
                _relabelled(lambda layer: layer | {"bias": False}, ("conv",)),
                _relabelled(lambda layer: layer | {"bias": False}, ("dense",)),
                hint="Biases are missing: each filter and each unit has one.",
                fix="Use `cnnlib.conv_params` and `cnnlib.dense_params` as they are."),
        mistake("kernel depth missing",
                _conv_with(lambda layer, shape, out, image: conv_params(layer["kernel"], layer["kernel"], 1, layer["filters"])),
                hint="Your filters are one channel deep. A filter is as deep as its input.",
                fix="Hand on the channels of the shape before: `shape[2]`."),
        mistake("times height and width", _conv_with(_spatial(lambda before, after: after[:2])),
                _conv_with(_spatial(lambda before, after: before[:2])),
                hint="The weights are counted again at every place. A filter uses the same ones everywhere.",
                fix="The parameters of a convolution do not depend on height and width: `cnnlib.conv_params` is all."),
        mistake("pooling learns", _walk(pool=_learns),
                _walk(pool=lambda layer, shape, image: (_right(layer, shape)[0], layer["size"] ** 2)),
                hint="Pooling has parameters in your trace. It takes a maximum or a mean, there is nothing to learn.",
                fix="The second number is 0 for pooling, flatten and dropout."),
        mistake("flatten without channels", _walk(flatten=lambda layer, shape, image: ((shape[0] * shape[1],), 0)),
                hint="Flatten has left out the channels.",
                fix="Flatten keeps all numbers: H * W * C."),
        mistake("batch counted", _each(lambda shape, parameters: ((None, *shape), parameters)),
                _each(lambda shape, parameters: ((1, *shape), parameters)),
                hint="The shapes have a batch axis. Here they are those of one image.",
                fix="Leave the first axis out: (H, W, C), or (n,) behind flatten and dense."),
        mistake("a number for a shape", _unwrapped("flatten", "dense"), _unwrapped("flatten"), _unwrapped("dense"),
                hint="A shape is a plain number. (5) in brackets is just 5; a tuple of one number is written (5,).",
                fix="Write the comma: `(units,)`."),
        mistake("a layer without a row", _left_out("dropout"), _left_out("flatten", "dropout"), _left_out("flatten"),
                hint="Some layers have no row. The trace has one for each layer, those that change nothing included.",
                fix="Dropout gives the shape that it got, and 0 parameters."),
        mistake("input listed", lambda layers, input_shape: [(tuple(input_shape), 0), *trace_shapes(layers, input_shape)],
                hint="The trace starts with the input. It has one row for each layer and none for the input.",
                fix="Start from an empty list."),
        mistake("parameters added up",
                lambda layers, input_shape: [
                    (shape, int(total)) for (shape, _), total in zip(
                        trace_shapes(layers, input_shape), np.cumsum([p for _, p in trace_shapes(layers, input_shape)]),
                        strict=True)],
                hint="The parameters are added up from row to row. Each row has those of its own layer.",
                fix="Append the parameters of this layer alone."),
        mistake("float result", _each(lambda shape, parameters: (tuple(map(float, shape)), parameters)),
                _each(lambda shape, parameters: (shape, float(parameters))),
                _each(lambda shape, parameters: (tuple(map(float, shape)), float(parameters))),
                hint="There are floats in the trace. Pixels, channels and parameters are counted in ints.",
                fix="`cnnlib.keras_output_size` gives ints; `/` and `np.ceil` give floats."),
    ])


# --- receptive_field --------------------------------------------------------------------------------------------------

def _grown(grow, jump=lambda jump, layer: jump * layer["stride"]):
    """The field that grows by `grow(layer, jump)`, with all numbers of a layer filled in; `jump` gives the next jump."""
    def gives(layers):
        receptive_field(layers)  # refuses what the reference refuses
        field, step = 1, 1
        for layer in _windows(layers):
            field += grow(layer, step)
            step = jump(step, layer)
        return field
    return gives


def _windows(layers):
    """Convolutions and pooling with kernel, stride and dilation filled in."""
    return [{"dilation": 1, "kernel": layer.get("size"), "stride": layer.get("size", 1), **layer}
            for layer in layers if layer["type"] not in ("dropout", "flatten", "dense")]


def _usual(layer, jump):
    return (layer["kernel"] - 1) * layer["dilation"] * jump


def _front_to_back(layers):
    receptive_field(layers)
    field = 1
    for layer in _windows(layers):
        field = (field - 1) * layer["stride"] + (layer["kernel"] - 1) * layer["dilation"] + 1
    return field


def _raising_at(kinds, error):
    def gives(layers):
        if any(layer["type"] in kinds for layer in layers):
            raise error("as the student's code does")
        return receptive_field(layers)
    return gives


def _whole_network_accepted(*kinds):
    return lambda layers: receptive_field([layer for layer in layers if layer["type"] not in kinds])


def _left_out_of_field(*kinds):
    def gives(layers):
        receptive_field(layers)
        return receptive_field([layer for layer in layers if layer["type"] not in kinds])
    return gives


RECEPTIVE_FIELD = Question(
    receptive_field,
    cases=[
        case("no layer at all", []),
        case("one convolution", [_conv(4, 5)]),
        case("two convolutions", [_conv(4, 3), _conv(4, 4)]),
        case("a convolution with stride 2, then another", [_conv(4, 3, stride=2), _conv(4, 3)]),
        case("convolution, pooling, convolution", [_conv(4, 3), _pool(2), _conv(6, 3)]),
        case("three strides, windows that overlap",
             [_conv(4, 5, stride=3), _pool(3, "average", stride=2), _conv(6, 2, stride=2), _conv(8, 3)]),
        case("dilation", [_conv(4, 3, dilation=2), _conv(4, 4, dilation=3, stride=2), _conv(4, 2, dilation=2)]),
        case('padding "same" and dropout', [_conv(4, 3, padding="same"), DROPOUT, _pool(2, padding="same"), _conv(4, 3)]),
        case("a network with flatten", [_conv(4, 3), FLATTEN]),
        case("a dense network", [DENSE4]),
    ],
    mistakes=[
        mistake("jump left out", _grown(lambda layer, jump: (layer["kernel"] - 1) * layer["dilation"]),
                hint="Each layer adds its kernel minus 1, however far apart its inputs lie in the image.",
                fix="Keep the jump, the product of all strides so far, and add (kernel - 1) * dilation * jump."),
        mistake("own stride in the jump", _grown(lambda layer, jump: _usual(layer, jump * layer["stride"])),
                hint="A layer's own stride widens its own view. It moves the window, so only the layers behind feel it.",
                fix="Let the field grow first, then multiply the jump by the stride."),
        mistake("strides not multiplied",
                _grown(_usual, lambda jump, layer: layer["stride"]),
                _grown(_usual, lambda jump, layer: jump + layer["stride"]),
                _grown(_usual, lambda jump, layer: jump + layer["stride"] - 1),
                hint="The jump is not the product of all strides so far: after stride 3 and stride 2 a step is 6 pixels.",
                fix="`jump *= stride` in each turn, starting from 1."),
        mistake("kernel for kernel - 1", _grown(lambda layer, jump: layer["kernel"] * layer["dilation"] * jump),
                _grown(lambda layer, jump: (layer["kernel"] * layer["dilation"] - (layer["dilation"] == 1)) * jump),
                hint="The field grows by a whole kernel. Its first tap lies in what was seen before.",
                fix="Between k taps there are k - 1 gaps: add (kernel - 1) * dilation * jump."),
        mistake("start at 0", lambda layers: receptive_field(layers) - 1,
                hint="The field is one pixel too small: before any layer a number sees one pixel, itself.",
                fix="Start from a field of 1."),
        mistake("dilation ignored", _grown(lambda layer, jump: (layer["kernel"] - 1) * jump),
                hint="The dilation changes nothing in your result.",
                fix="Multiply (kernel - 1) by the dilation."),
        mistake("wrong reach", _grown(lambda layer, jump: (layer["kernel"] * layer["dilation"] - 1) * jump),
                _grown(lambda layer, jump: (layer["kernel"] + layer["dilation"] - 2) * jump),
                hint="The dilated kernel's reach is wrong. 3 taps with dilation 2 lie at 0, 2 and 4: they cover 5 pixels.",
                fix="Between k taps there are k - 1 gaps: add (kernel - 1) * dilation * jump."),
        mistake("pooling left out", _left_out_of_field("max_pool", "average_pool"),
                hint="Pooling changes nothing in your result. It has a window and a stride, as a convolution has.",
                fix='Treat it as a convolution of kernel `layer["size"]` and stride `layer.get("stride", layer["size"])`.'),
        mistake("window of pooling left out",
                _grown(lambda layer, jump: 0 if "size" in layer else _usual(layer, jump)),
                hint="Pooling moves on but its window sees nothing in your result.",
                fix='Let the field grow by `(layer["size"] - 1) * jump` at pooling, too.'),
        mistake("pooling stride 1",
                _grown(_usual, lambda jump, layer: jump if "size" in layer else jump * layer["stride"]),
                lambda layers: receptive_field([{"stride": 1, **layer} if "size" in layer else layer for layer in layers]),
                hint="Pooling without a stride moves on by 1 pixel. Its default is the size of the window.",
                fix='`layer.get("stride", layer["size"])`.'),
        mistake("stride of pooling ignored",
                lambda layers: receptive_field([_drop("stride")(layer) if "size" in layer else layer for layer in layers]),
                hint="Pooling always moves on by its size, though a stride is given.",
                fix='`layer.get("stride", layer["size"])` takes the stride where there is one.'),
        mistake("recursion from the wrong end", _front_to_back,
                hint="field = (field - 1) * stride + kernel counts back from the output, and here it runs from the image on.",
                fix="Go through the layers in reverse, or keep field and jump on the way forward."),
        mistake("kernels multiplied", lambda layers: receptive_field(layers) and int(np.prod(
                    [layer["kernel"] for layer in _windows(layers)], dtype=int)),
                hint="The kernels are multiplied. Two convolutions of 3 see 5 pixels, not 9: their windows overlap.",
                fix="Start from 1 and add (kernel - 1) * dilation * jump for each layer."),
        mistake("area for a length", lambda layers: receptive_field(layers) ** 2,
                hint="That is the number of pixels in the square. Asked is its side.",
                fix="Return the pixels along one axis."),
        mistake("dropout not passed", *(_raising_at(("dropout",), error) for error in (KeyError, ValueError, TypeError)),
                hint="Your function stumbles over dropout. It looks at each number by itself, so nothing changes.",
                fix='`if layer["type"] == "dropout": continue`.'),
        mistake("flatten and dense accepted", _whole_network_accepted("flatten", "dense"), _whole_network_accepted("dense"),
                _whole_network_accepted("flatten"),
                hint="Behind flatten or dense every number sees the whole image, so there is no number of pixels to return.",
                fix='`raise ValueError(...)` for a layer of type "flatten" or "dense".'),
        mistake("flatten and dense not foreseen", _raising_at(("flatten", "dense"), KeyError),
                hint="At flatten or dense your function stops with KeyError by accident. Say on purpose what is wrong.",
                fix='`raise ValueError(...)` for a layer of type "flatten" or "dense", before you read its kernel.'),
    ])

QUESTIONS = [CONV_OUTPUT_SIZE, SAME_PADDING, KERAS_OUTPUT_SIZE, CONV_PARAMS, DENSE_PARAMS, TRACE_SHAPES, RECEPTIVE_FIELD]
