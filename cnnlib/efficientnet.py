"""A network of 49 convolutions in forty lines: after this room you can read EfficientNet-Lite0's plan, and rebuild it.

Images are (N, H, W, 3), prepared as (brightness - 127) / 128; maps (N, h, w, C). PyTorch writes filters as
(C_out, C_in, KH, KW), Keras as (KH, KW, C_in, C_out).
"""

import functools

SIZE = 224  # px: the height and width of the images that it was trained on
# Of each stage: blocks, kernel, stride of the first block, how many times wider a block is inside, filters.
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip


def efficientnet_lite0(arrays, *, top=True, size=SIZE):
    """Build EfficientNet-Lite0 in Keras from the arrays of its PyTorch weights.

    A block widens its maps with 1x1 filters, looks around in each map by itself (a *depthwise* convolution), and
    brings the maps together again with 1x1 filters; where the shapes allow, its input is added to its output. PyTorch
    writes filters as (C_out, C_in, KH, KW), Keras as (KH, KW, C_in, C_out).

    Parameters
    ----------
    arrays : dict {name: array}, as read_state_dict gives it
    top, size
        As in imagenet_network.

    Returns
    -------
    network : keras.Model
    """
    import keras
    from keras import layers

    def convolve(x, name, stride=1, depthwise=False):
        weights = arrays[f"{name}.weight"]
        kind = layers.DepthwiseConv2D if depthwise else functools.partial(layers.Conv2D, weights.shape[0])
        layer = kind(weights.shape[2], strides=stride, padding="same", use_bias=False, name=_name(name))
        x = layer(x)
        layer.set_weights([weights.transpose(2, 3, 0, 1) if depthwise else weights.transpose(2, 3, 1, 0)])
        return x

    def normalise(x, name):
        layer = layers.BatchNormalization(epsilon=1e-3, name=_name(name))
        x = layer(x)
        layer.set_weights([arrays[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")])
        return x

    def activate(x):
        return layers.ReLU(6.0)(x)

    image = keras.Input((size, size, 3))
    x = activate(normalise(convolve(image, "_conv_stem", 2), "_bn0"))
    number = 0
    for blocks, _kernel, stride, wider, _filters in STAGES:
        for i in range(blocks):
            name, before = f"_blocks.{number}", x
            if wider > 1:
                x = activate(normalise(convolve(x, f"{name}._expand_conv"), f"{name}._bn0"))
            x = convolve(x, f"{name}._depthwise_conv", stride if i == 0 else 1, depthwise=True)
            x = activate(normalise(x, f"{name}._bn1"))
            x = normalise(convolve(x, f"{name}._project_conv"), f"{name}._bn2")
            x = layers.Add()([x, before]) if i else x
            number += 1
    x = activate(normalise(convolve(x, "_conv_head"), "_bn1"))  # (N, 7, 7, 1280) for 224 px
    if top:
        head = layers.Dense(1000, activation="softmax", name="fc")
        x = head(layers.GlobalAveragePooling2D()(x))
        head.set_weights([arrays["_fc.weight"].T, arrays["_fc.bias"]])
    return keras.Model(image, x, name="efficientnet_lite0")


def _name(name):
    """A name that Keras takes: no dots, and no underscore in front."""
    return name.lstrip("_").replace("._", "_").replace(".", "_")
