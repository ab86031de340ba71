"""Sizes, parameters, traces and receptive fields against numbers done by hand, windows counted, Keras, and real pixels."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import cnnlib
from cnnlib import (
    ALEXNET,
    LENET5,
    VGG16,
    conv_output_size,
    conv_params,
    dense_params,
    keras_output_size,
    receptive_field,
    same_padding,
    shape_table,
    trace_shapes,
)
from cnnlib.shapes import describe_layer

SIZES, KERNELS, STRIDES, DILATIONS = range(1, 14), range(1, 6), range(1, 5), range(1, 4)
PADDINGS = ("valid", "same")


def conv(filters, kernel, **options):
    return {"type": "conv", "filters": filters, "kernel": kernel, **options}


def pool(size, kind="max", **options):
    return {"type": f"{kind}_pool", "size": size, **options}


def size_or_none(function, *arguments, **options):
    """What a size function says, or None where it refuses."""
    try:
        return function(*arguments, **options)
    except ValueError:
        return None


# By hand, and by counting


@pytest.mark.parametrize(("arguments", "options", "size"), [
    pytest.param((7, 3), {}, 5, id="7 pixels, kernel 3"),
    pytest.param((7, 3), {"stride": 2}, 3, id="stride 2 divides"),
    pytest.param((8, 3), {"stride": 2}, 3, id="stride 2 leaves a pixel over"),
    pytest.param((7, 3), {"stride": 3}, 2, id="stride 3 leaves a pixel over"),
    pytest.param((7, 3), {"pad": 1}, 7, id="padding keeps the size"),
    pytest.param((7, 3), {"pad": 3}, 11, id="padding makes it larger, 2 times 3 and not 3 squared"),
    pytest.param((7, 3), {"dilation": 2}, 3, id="dilated kernel"),
    pytest.param((7, 7), {}, 1, id="kernel as long as the axis"),
    pytest.param((1, 1), {}, 1, id="everything of one pixel"),
    pytest.param((227, 11), {"stride": 4}, 55, id="AlexNet's first layer"),
])
def test_a_size_done_by_hand(arguments, options, size):
    assert conv_output_size(*arguments, **options) == size


def test_a_size_is_the_number_of_windows_that_fit():
    for n in SIZES:
        for kernel in KERNELS:
            for stride in STRIDES:
                for dilation in DILATIONS:
                    for pad in range(4):
                        taps = np.arange(kernel) * dilation
                        stops = sum(start + taps[-1] < n + 2 * pad for start in range(0, n + 2 * pad, stride))
                        got = size_or_none(conv_output_size, n, kernel, stride=stride, pad=pad, dilation=dilation)
                        assert got == (stops or None), (n, kernel, stride, pad, dilation)


def test_same_padding_is_the_least_that_gives_the_size_and_the_extra_pixel_is_after():
    for n in SIZES:
        for kernel in KERNELS:
            for stride in STRIDES:
                before, after = same_padding(n, kernel, stride)
                total, size = before + after, keras_output_size(n, kernel, stride=stride, padding="same")
                assert after - before in (0, 1)
                assert size == len(range(0, n, stride))
                if total or kernel >= stride:  # a kernel shorter than its stride may need less than nothing
                    assert conv_output_size(n + total, kernel, stride=stride) == size
                if total:
                    assert size_or_none(conv_output_size, n + total - 1, kernel, stride=stride) != size


def test_stride_1_and_same_keep_the_size_and_stride_2_does_not():
    assert [keras_output_size(n, 3, padding="same") for n in (7, 8)] == [7, 8]
    assert [keras_output_size(n, 3, stride=2, padding="same") for n in (7, 8)] == [4, 4]


def test_parameters_done_by_hand():
    assert conv_params(5, 5, 1, 6) == 156
    assert conv_params(3, 2, 4, 5) == 125 and conv_params(3, 2, 4, 5, bias=False) == 120
    assert dense_params(4, 2) + dense_params(2, 1) == 13  # the 4-2-1 network


def test_two_channel_groups_are_two_convolutions_that_each_see_half():
    assert 2 * conv_params(5, 5, 48, 128) == conv_params(5, 5, 48, 256)


SMALL = [conv(6, 5), pool(2), {"type": "dropout"}, {"type": "flatten"}, {"type": "dense", "units": 10}]


def test_a_trace_done_by_hand_on_an_image_that_is_not_square():
    assert trace_shapes(SMALL, (28, 32, 1)) == [
        ((24, 28, 6), 156), ((12, 14, 6), 0), ((12, 14, 6), 0), ((1008,), 0), ((10,), 10_090)]


def test_a_trace_of_one_layer_after_another_is_the_trace_of_all():
    shape = (28, 32, 1)
    for layer, row in zip(SMALL, trace_shapes(SMALL, shape), strict=True):
        assert trace_shapes([layer], shape) == [row]
        shape = row[0]


def test_the_stride_of_pooling_is_its_size_unless_given():
    assert trace_shapes([pool(3)], (10, 12, 4)) == [((3, 4, 4), 0)]
    assert trace_shapes([pool(3, "average", stride=2)], (10, 12, 4)) == [((4, 5, 4), 0)]


def test_all_numbers_are_plain_ints_whatever_came_in():
    n, kernel = np.int64(9), np.int32(2)
    results = [conv_output_size(n, kernel), *same_padding(n, kernel), keras_output_size(n, kernel), dense_params(n, kernel),
               conv_params(kernel, kernel, n, n), receptive_field([conv(n, kernel)])]
    (shape, parameters), = trace_shapes([conv(kernel, kernel)], np.array([9, 8, 3]))
    assert {type(value) for value in (*results, *shape, parameters)} == {int}


def test_layers_are_not_changed():
    layers = [dict(layer) for layer in SMALL]
    trace_shapes(layers, (28, 32, 1))
    shape_table(layers, (28, 32, 1))
    receptive_field(layers[:3])
    assert layers == SMALL


# Receptive fields


@pytest.mark.parametrize(("layers", "pixels"), [
    pytest.param([], 1, id="no layer"),
    pytest.param([conv(1, 3)] * 3, 7, id="three 3 x 3 as one 7 x 7"),
    pytest.param([conv(1, 3, stride=2), conv(1, 3)], 7, id="a stride spreads the kernels behind it"),
    pytest.param([conv(1, 3), conv(1, 3, stride=2)], 5, id="and not its own"),
    pytest.param([conv(1, 3), pool(2), conv(1, 3)], 8, id="pooling between"),
    pytest.param([conv(1, 3, dilation=d) for d in (1, 2, 4, 8)], 31, id="dilations that double"),
    pytest.param([{"type": "dropout"}, conv(1, 5, padding="same")], 5, id="dropout and padding change nothing"),
    pytest.param(LENET5[1][:4], 16, id="LeNet-5 before flatten"),
    pytest.param(ALEXNET[1][:8], 195, id="AlexNet before flatten"),
    pytest.param(VGG16[1][:18], 212, id="VGG-16 before flatten"),
])
def test_a_receptive_field_done_by_hand(layers, pixels):
    assert receptive_field(layers) == pixels


def seen_along(values, layer):
    """A layer on a signal of one row: each window is added up, so that every pixel in it counts."""
    kernel, dilation = layer.get("kernel", layer.get("size")), layer.get("dilation", 1)
    windows = np.lib.stride_tricks.sliding_window_view(values, (kernel - 1) * dilation + 1)
    return windows[::layer.get("stride", layer.get("size", 1)), ::dilation].sum(axis=1)


@pytest.mark.parametrize("seed", range(20))
def test_the_pixels_that_change_an_output_are_as_many_as_the_receptive_field_says(seed):
    rng = np.random.default_rng(seed)
    layers = [conv(1, int(rng.integers(2, 5)), stride=int(rng.integers(1, 4)), dilation=int(rng.integers(1, 4)))
              if rng.random() < 0.6 else pool(int(rng.integers(2, 4)), stride=int(rng.integers(1, 4)))
              for _ in range(rng.integers(1, 4))]
    n = 90
    changes = [i for i in range(n) if functools.reduce(seen_along, layers, np.eye(n)[i])[0] != 0]
    assert max(changes) + 1 == receptive_field(layers)  # the first output sees from pixel 0 on
    with pytest.raises(ValueError):  # one pixel less, and it does not fit
        trace_shapes(layers, (receptive_field(layers) - 1, n, 1))
    assert trace_shapes(layers, (receptive_field(layers), n, 1))[-1][0][0] == 1


# The networks of the lecture


def total(network):
    return sum(parameters for _, parameters in trace_shapes(network[1], network[0]))


@pytest.mark.parametrize(("network", "parameters"), [
    pytest.param(LENET5, 61_706, id="LeNet-5"),
    pytest.param(ALEXNET, 62_378_344, id="AlexNet without groups"),
    pytest.param(VGG16, 138_357_544, id="VGG-16"),
])
def test_a_famous_network_has_as_many_parameters_as_is_said(network, parameters):
    assert total(network) == parameters
    assert shape_table(network[1], network[0]).total == parameters


def test_alexnet_on_two_cards_has_the_parameters_of_its_paper():
    saved = [conv_params(5, 5, 96, 256) - conv_params(5, 5, 48, 256), conv_params(3, 3, 384, 384) - conv_params(3, 3, 192, 384),
             conv_params(3, 3, 384, 256) - conv_params(3, 3, 192, 256)]
    assert total(ALEXNET) - sum(saved) == 60_965_224


def test_lenet5_as_its_paper_has_it_comes_to_about_60_000():
    shapes = trace_shapes(LENET5[1], LENET5[0])
    assert [shapes[i][1] for i in (0, 2, 5, 6)] == [156, 2416, 48_120, 10_164]
    chosen = 16 + 25 * (6 * 3 + 9 * 4 + 1 * 6)  # 6 filters see 3 channels, 9 see 4, and one sees all 6
    assert chosen == 1516
    assert 156 + 12 + chosen + 32 + 48_120 + 10_164 == 60_000  # with the pooling layers' weights, without the output's


def test_the_famous_shapes_stand_in_the_traces():
    assert [shape for shape, _ in trace_shapes(ALEXNET[1], ALEXNET[0])][:9] == [
        (55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256), (13, 13, 384), (13, 13, 384), (13, 13, 256), (6, 6, 256),
        (9216,)]
    assert trace_shapes(VGG16[1], VGG16[0])[17:19] == [((7, 7, 512), 0), ((25_088,), 0)]


def test_224_pixels_do_not_give_alexnet_its_55():
    assert conv_output_size(224, 11, stride=4) == 54 and conv_output_size(227, 11, stride=4) == 55


# The table


def test_a_table_prints_every_layer_and_the_total():
    lines = str(shape_table(*LENET5[::-1])).splitlines()
    assert len(lines) == 1 + 1 + 1 + 8 + 1 + 1 and len({len(line) for line in lines}) == 1
    assert lines[0].split() == ["layer", "output", "shape", "parameters"]
    assert lines[3].split() == "conv 5 x 5, 6 28 x 28 x 6 156".split()
    assert lines[-1].split() == ["total", "61,706"]
    assert repr(shape_table(*LENET5[::-1])) == "\n".join(lines)


def test_a_table_in_html_says_the_same_and_has_header_cells():
    import html.parser

    class Texts(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.texts, self.tags = [], []

        def handle_data(self, data):
            self.texts.append(data)

        def handle_starttag(self, tag, attrs):
            self.tags.append((tag, dict(attrs).get("scope")))

    table = shape_table(*VGG16[::-1])
    page = Texts()
    page.feed(table._repr_html_())
    words = [word for line in str(table).splitlines() if not line.startswith("-") for word in line.split()]
    assert " ".join(page.texts).split() == words
    assert page.tags.count(("th", "col")) == 3 and page.tags.count(("th", "row")) == len(table.rows) + 1


@pytest.mark.parametrize(("layer", "words"), [
    (conv(64, 3, padding="same"), "conv 3 x 3, 64, same"),
    (conv(96, 11, stride=4), "conv 11 x 11, 96, stride 4"),
    (conv(8, 3, dilation=2), "conv 3 x 3, 8, dilation 2"),
    (pool(2), "max pool 2 x 2"),
    (pool(3, "average", stride=2), "average pool 3 x 3, stride 2"),
    ({"type": "flatten"}, "flatten"),
    ({"type": "dropout", "rate": 0.5}, "dropout"),
    ({"type": "dense", "units": 10}, "dense 10"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_layer_in_a_few_words(layer, words):
    assert describe_layer(layer) == words


# What is refused, and in which words


@pytest.mark.parametrize(("call", "error", "words"), [
    pytest.param(lambda: conv_output_size(3, 5), ValueError,
                 "kernel of 5 px does not fit an axis of 3 px with pad=0: it needs at least 5 px. "
                 "Use pad >= 1 or a smaller kernel.", id="kernel too long"),
    pytest.param(lambda: conv_output_size(4, 3, pad=1, dilation=3), ValueError,
                 "kernel of 3 px with dilation=3 (it reaches over 7 px) does not fit an axis of 4 px with pad=1: it needs at "
                 "least 7 px. Use pad >= 2 or a smaller kernel.", id="dilated kernel too long"),
    pytest.param(lambda: conv_output_size(3.0, 2), TypeError, "n is 3.0: it needs a whole number. Convert it with int().",
                 id="float"),
    pytest.param(lambda: conv_output_size(3, 2, stride=0), ValueError,
                 "stride is 0: it needs to be at least 1. Use stride=1 or more.", id="stride 0"),
    pytest.param(lambda: conv_output_size(3, 2, pad=-1), ValueError,
                 "pad is -1: it needs to be at least 0. Use pad=0 or more.", id="negative padding"),
    pytest.param(lambda: keras_output_size(7, 3, padding="full"), ValueError,
                 """padding is 'full': Keras knows "valid" and "same". Use one of these two.""", id="unknown padding"),
    pytest.param(lambda: trace_shapes([conv(1, 3), pool(4)], (5, 9, 1)), ValueError,
                 "layer 2 (max_pool): kernel of 4 px does not fit an axis of 3 px with pad=0: it needs at least 4 px. "
                 "Use pad >= 1 or a smaller kernel.", id="layer that does not fit is numbered"),
    pytest.param(lambda: trace_shapes([{"type": "dense", "units": 3}], (5, 9, 1)), ValueError,
                 "layer 1 (dense): it gets a volume of (5, 9, 1): it needs a row (n,). Put a flatten layer before it.",
                 id="flatten forgotten"),
    pytest.param(lambda: trace_shapes([{"type": "flatten"}, pool(2)], (5, 9, 1)), ValueError,
                 "layer 2 (max_pool): it gets a row of (45,): it needs a volume (H, W, C). Put it before the flatten layer.",
                 id="pooling behind flatten"),
    pytest.param(lambda: trace_shapes([], (1, 5, 9, 1)), ValueError,
                 "input_shape is (1, 5, 9, 1): it needs to be (H, W, C) or (n,). Leave the batch axis out.", id="batch axis"),
    pytest.param(lambda: trace_shapes([conv(1, 3, strides=2)], (5, 9, 1)), ValueError,
                 "layer 1 (conv): a layer of type conv has strides: it needs filters, kernel, and may have bias, dilation, "
                 "padding, stride.", id="key of another spelling"),
    pytest.param(lambda: trace_shapes([{"type": "conv", "kernel": 3}], (5, 9, 1)), ValueError,
                 "layer 1 (conv): a layer of type conv lacks filters: it needs filters, kernel, and may have bias, dilation, "
                 "padding, stride.", id="filters forgotten"),
    pytest.param(lambda: trace_shapes([{"type": "relu"}], (5, 9, 1)), ValueError,
                 "layer 1 (relu): {'type': 'relu'} is no layer: it needs a type, one of conv, max_pool, average_pool, flatten, "
                 "dropout, dense.", id="unknown layer"),
    pytest.param(lambda: trace_shapes(["conv"], (5, 9, 1)), ValueError,
                 "layer 1 (conv): 'conv' is no layer: it needs a type, one of conv, max_pool, average_pool, flatten, dropout, "
                 "dense.", id="a word for a layer"),
    pytest.param(lambda: trace_shapes([conv(1, (3, 5))], (5, 9, 1)), TypeError,
                 "layer 1 (conv): kernel is (3, 5): it needs a whole number. Convert it with int().", id="a pair for a kernel"),
    pytest.param(lambda: receptive_field([conv(1, 3), {"type": "flatten"}]), ValueError,
                 "layer 2 (flatten): it sees the whole image, so it has no receptive field of its own. "
                 "Leave out this layer and those behind it.", id="receptive field of flatten"),
])
def test_what_cannot_be_is_refused_with_the_rule_and_the_way_out(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == words


# Keras and TensorFlow


def keras_size(make, shape):
    """What a Keras layer reports for (1, *shape), or None where it refuses or reports less than a pixel."""
    size = size_or_none(lambda: make().compute_output_shape((1, *shape)))
    return None if size is None or min(size) < 1 else tuple(size)[1:]


@pytest.mark.keras
def test_conv2d_of_keras_reports_the_same_sizes_and_parameters():
    import keras
    for height, width in [(1, 4), (5, 6), (7, 12), (13, 9)]:
        for kernel in [(1, 1), (3, 3), (2, 5), (4, 3)]:
            for stride in STRIDES:
                for dilation in DILATIONS:
                    for padding in PADDINGS:
                        if stride > 1 and dilation > 1:
                            continue  # Keras knows one or the other
                        reaches = [(k - 1) * dilation + 1 for k in kernel]
                        sizes = [size_or_none(keras_output_size, n, k, stride=stride, padding=padding)
                                 for n, k in zip((height, width), reaches, strict=True)]
                        make = functools.partial(keras.layers.Conv2D, 5, kernel, stride, padding, dilation_rate=dilation)
                        got = keras_size(make, (height, width, 3))
                        assert got == (None if None in sizes else (*sizes, 5)), (height, width, make)
                        if padding == "valid" and got:
                            assert sizes == [conv_output_size(n, k, stride=stride, dilation=dilation)
                                             for n, k in zip((height, width), kernel, strict=True)]


@pytest.mark.keras
@pytest.mark.parametrize("name", ["MaxPooling2D", "AveragePooling2D"])
def test_pooling_of_keras_reports_the_same_sizes(name):
    import keras
    for height, width in [(1, 4), (5, 6), (7, 12), (13, 9)]:
        for size in KERNELS:
            for stride in (None, *STRIDES):
                for padding in PADDINGS:
                    layer = pool(size, **{} if stride is None else {"stride": stride}, padding=padding)
                    mine = size_or_none(trace_shapes, [layer], (height, width, 3))
                    got = keras_size(functools.partial(getattr(keras.layers, name), size, stride, padding), (height, width, 3))
                    assert got == (mine and mine[0][0]), (height, width, size, stride, padding)


@pytest.mark.keras
def test_keras_counts_the_same_parameters():
    import keras
    for bias in (True, False):
        for kernel_h, kernel_w, c_in, filters in [(1, 1, 1, 1), (3, 3, 3, 8), (2, 5, 4, 7), (5, 1, 6, 3)]:
            layer = keras.layers.Conv2D(filters, (kernel_h, kernel_w), use_bias=bias)
            layer.build((None, None, None, c_in))
            assert layer.count_params() == conv_params(kernel_h, kernel_w, c_in, filters, bias=bias)
        for n_in, n_out in [(1, 1), (4, 2), (7, 11)]:
            layer = keras.layers.Dense(n_out, use_bias=bias)
            layer.build((None, n_in))
            assert layer.count_params() == dense_params(n_in, n_out, bias=bias)


@pytest.mark.keras
def test_tensorflow_adds_the_padding_that_same_padding_says():
    import tensorflow as tf
    for n in (3, 4, 7, 8, 10):
        for kernel in (1, 2, 3, 4, 5, 7):
            for stride in (1, 2, 3, 4):
                before, after = same_padding(n, kernel, stride)
                theirs = tf.nn.conv2d(np.arange(1.0, n + 1).reshape(1, n, 1, 1), np.ones((kernel, 1, 1, 1)), stride, "SAME")
                padded = np.pad(np.arange(1.0, n + 1), (before, after))
                mine = np.lib.stride_tricks.sliding_window_view(padded, kernel)[::stride].sum(axis=1)
                assert_array_equal(mine[:-(-n // stride)], theirs.numpy().ravel(), err_msg=f"{n}, {kernel}, {stride}")
                ones = tf.nn.conv2d(np.ones((1, n, 1, 1)), np.ones((kernel, 1, 1, 1)), stride, "SAME").numpy().ravel()
                assert ones[0] == min(kernel - before, n)  # what the first window lacks was added before the axis


def keras_layer(layer, start="zeros"):
    """The Keras layer that a dict describes; its weights start at zeros, since drawing VGG-16's takes seconds."""
    import keras
    stride, padding = layer.get("stride"), layer.get("padding", "valid")
    return {
        "conv": lambda: keras.layers.Conv2D(layer["filters"], layer["kernel"], stride or 1, padding, kernel_initializer=start),
        "max_pool": lambda: keras.layers.MaxPooling2D(layer["size"], stride, padding),
        "average_pool": lambda: keras.layers.AveragePooling2D(layer["size"], stride, padding),
        "flatten": keras.layers.Flatten,
        "dropout": lambda: keras.layers.Dropout(0.5),
        "dense": lambda: keras.layers.Dense(layer["units"], kernel_initializer=start),
    }[layer["type"]]()


@pytest.mark.keras
@pytest.mark.parametrize("network", [LENET5, ALEXNET, VGG16], ids=["LeNet-5", "AlexNet", "VGG-16"])
def test_keras_builds_the_same_network_from_the_same_table(network):
    input_shape, layers = network
    shape = (None, *input_shape)
    for layer, (mine, parameters) in zip(layers, trace_shapes(layers, input_shape), strict=True):
        theirs = keras_layer(layer)
        assert tuple(theirs.compute_output_shape(shape))[1:] == mine
        theirs.build(shape)
        assert theirs.count_params() == parameters
        shape = (None, *mine)


@pytest.mark.keras
def test_lenet5_in_keras_runs_and_counts_as_the_table_says():
    import keras
    model = keras.Sequential([keras.Input(LENET5[0]), *map(keras_layer, LENET5[1])])
    assert model.count_params() == shape_table(*LENET5[::-1]).total == 61_706
    assert model(np.zeros((2, *LENET5[0]), np.float32)).shape == (2, 10)


@pytest.mark.keras
def test_the_gradient_of_a_real_network_reaches_as_far_as_the_receptive_field_says():
    import tensorflow as tf
    layers = [conv(2, 3, stride=2), pool(3, "average", stride=2), conv(3, 2), pool(2, "average"), conv(1, 3)]
    stack = [keras_layer(layer, "ones") for layer in layers]
    image = tf.ones((1, 60, 66, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        first = functools.reduce(lambda x, layer: layer(x), stack, image)[0, 0, 0, 0]
    rows, columns = np.nonzero(tape.gradient(first, image).numpy()[0, :, :, 0])
    assert rows.max() + 1 == columns.max() + 1 == receptive_field(layers)


def test_the_names_of_the_unit_are_the_packages_own():
    for name in ("conv_output_size", "same_padding", "keras_output_size", "conv_params", "dense_params", "trace_shapes",
                 "receptive_field", "shape_table"):
        assert name in cnnlib.__all__ and getattr(cnnlib, name) is globals()[name]
