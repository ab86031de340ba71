"""A convolutional network in NumPy alone: after this room you have seen all of a network, forward and backward.

    images (N, 28, 28, 1) -> convolution 3 x 3, 8 filters -> ReLU -> max pooling 2    (N, 13, 13, 8)
                          -> convolution 3 x 3, 16 filters -> ReLU -> max pooling 2   (N, 5, 5, 16)
                          -> flatten -> dense, 10 scores -> softmax cross-entropy     (N, 10)

The parameters are a dict of arrays, 5,258 numbers for MNIST. The layers are plain functions and can be anybody's: what is not
given is taken from cnnlib.layers. The loop that trains it is cnnlib.network.
"""

from types import SimpleNamespace

import numpy as np

import cnnlib.layers
from cnnlib._layer_checks import BATCH

LAYERS = (
    "conv2d_forward", "conv2d_backward", "relu_forward", "relu_backward", "max_pool_forward", "max_pool_backward",
    "dense_forward", "dense_backward", "softmax_cross_entropy",
)  # fmt: skip


def create_cnn(image_shape=(28, 28, 1), classes=10, *, filters=(8, 16), seed=0):
    """Draw the parameters of a network, small random numbers for the weights and zeros for the biases.

    With equal weights all filters would learn the same, so they start at random; and a sum of more numbers gets smaller
    weights, a normal distribution of variance 2 / inputs (He), so that no layer's output grows or fades with its size.

    Parameters
    ----------
    image_shape : (H, W, C)
        Of one image, at least 10 x 10 px.
    classes : int
    filters : (int, int)
        Of the first and the second convolution.
    seed : int
        The same seed draws the same network.

    Returns
    -------
    params : dict of float32 arrays
        weights1 (3, 3, C, F1), weights2 (3, 3, F1, F2), weights3 (D, classes), and bias1, bias2, bias3.

    Raises
    ------
    ValueError
        When the images are too small for two convolutions and two poolings.

    Examples
    --------
    >>> params = create_cnn()
    >>> params["weights3"].shape, sum(array.size for array in params.values())
    ((400, 10), 5258)

    Source: K. He and others, Delving deep into rectifiers, 2015, section 2.2.
    """
    height, width, channels = image_shape
    rows, cols = (((side - 2) // 2 - 2) // 2 for side in (height, width))  # 28 -> 26 -> 13 -> 11 -> 5
    if rows < 1 or cols < 1:
        raise ValueError(
            f"images of {height} x {width} px are too small: two convolutions and two poolings need at least 10 x 10 px. "
            "Use larger images."
        )
    first, second = filters
    shapes = [(3, 3, channels, first), (3, 3, first, second), (rows * cols * second, classes)]
    rng = np.random.default_rng(seed)
    params = {}
    for number, shape in enumerate(shapes, start=1):
        spread = np.sqrt(2 / np.prod(shape[:-1]))
        params[f"weights{number}"] = rng.normal(0, spread, shape).astype(np.float32)
        params[f"bias{number}"] = np.zeros(shape[-1], np.float32)
    return params


def cnn_forward(params, images, *, layers=None):
    """Send images through the network.

    Parameters
    ----------
    params : dict
        As create_cnn draws them.
    images : (N, H, W, C) array
    layers
        As in train_cnn.

    Returns
    -------
    scores : (N, classes) array
    seen : list of arrays
        What each layer was given, which the backward pass needs.

    Examples
    --------
    >>> scores, seen = cnn_forward(create_cnn(), np.zeros((2, 28, 28, 1)))
    >>> [a.shape for a in seen[:3]], scores.shape
    ([(2, 28, 28, 1), (2, 26, 26, 8), (2, 26, 26, 8)], (2, 10))
    """
    use = chosen_layers(layers)
    conv1 = use.conv2d_forward(images, params["weights1"], params["bias1"])  # (N, 26, 26, 8)
    relu1 = use.relu_forward(conv1)
    pool1 = use.max_pool_forward(relu1, 2)  # (N, 13, 13, 8)
    conv2 = use.conv2d_forward(pool1, params["weights2"], params["bias2"])  # (N, 11, 11, 16)
    relu2 = use.relu_forward(conv2)
    pool2 = use.max_pool_forward(relu2, 2)  # (N, 5, 5, 16), the last row and column fill no window
    flat = np.reshape(pool2, (len(images), -1))  # (N, 400)
    scores = use.dense_forward(flat, params["weights3"], params["bias3"])
    return scores, [images, conv1, relu1, pool1, conv2, relu2, pool2, flat]


def cnn_backward(dscores, params, seen, *, layers=None):
    """Send the gradient of the scores back through the network, the same way in reverse.

    Parameters
    ----------
    dscores : (N, classes) array
    params : dict
    seen : list of arrays
        As cnn_forward returned it.
    layers
        As in train_cnn.

    Returns
    -------
    gradients : dict of arrays, with the names and shapes of params.
    """
    use = chosen_layers(layers)
    images, conv1, relu1, pool1, conv2, relu2, pool2, flat = seen
    gradients = {}
    dflat, gradients["weights3"], gradients["bias3"] = use.dense_backward(dscores, flat, params["weights3"])
    drelu2 = use.max_pool_backward(np.reshape(dflat, np.shape(pool2)), relu2, 2)
    dconv2 = use.relu_backward(drelu2, conv2)
    dpool1, gradients["weights2"], gradients["bias2"] = use.conv2d_backward(dconv2, pool1, params["weights2"])
    drelu1 = use.max_pool_backward(dpool1, relu1, 2)
    dconv1 = use.relu_backward(drelu1, conv1)
    _, gradients["weights1"], gradients["bias1"] = use.conv2d_backward(dconv1, images, params["weights1"])
    return gradients


def accuracy(params, images, labels, *, layers=None):
    """Return the part of the images to which the network gives its highest score for the true class, 0 to 1.

    Examples
    --------
    A network of zeros gives every class the same score, and the first of them wins:

    >>> params = {name: 0 * array for name, array in create_cnn().items()}
    >>> accuracy(params, np.zeros((4, 28, 28, 1)), [0, 0, 1, 2])
    0.5
    """
    images, labels = prepared(images, labels)
    named = [cnn_forward(params, images[i : i + 200], layers=layers)[0].argmax(axis=1) for i in range(0, len(images), 200)]
    return float(np.mean(np.concatenate(named) == labels))


def prepared(images, labels):
    """Return images as (N, H, W, C) float32, bytes brought to 0..1, and labels as integers, or say what does not fit."""
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype.kind not in "biuf":
        raise TypeError(f"images hold {images.dtype} values: they need to be real numbers. Use .astype(float).")
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or not images.size:
        raise ValueError(f"images have shape {images.shape}: they need to be (N, H, W, C), or (N, H, W) in gray. {BATCH}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels hold {labels.dtype} values: they need to be whole numbers, the classes. Use .astype(int).")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"there are {len(images)} images, but labels have shape {labels.shape}: one label per image. Use labels of shape "
            f"({len(images)},)."
        )
    if labels.min() < 0:
        raise ValueError(f"labels hold {labels.min()}: classes are numbered from 0 on. Use labels of 0 and more.")
    return images.astype(np.float32, copy=False), labels


def chosen_layers(layers):
    """Return the functions that the network calls: the given ones by name, the rest from cnnlib.layers."""
    given = {} if layers is None else layers
    if not isinstance(given, dict):  # a module or a namespace may hold more than layers
        given = {name: value for name, value in vars(given).items() if name in LAYERS}
    unknown = [name for name in given if name not in LAYERS]
    if unknown:
        raise ValueError(f"layers names {unknown[0]!r}, which the network does not call. It calls {', '.join(LAYERS)}.")
    return SimpleNamespace(**{name: getattr(cnnlib.layers, name) for name in LAYERS} | given)
