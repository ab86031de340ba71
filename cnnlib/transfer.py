"""Handing a trained network on to a new task: after this room you can freeze, attach, unfreeze, and prove what you did.

A *backbone* is a trained network without its top: prepared images (N, H, W, C) in, feature maps (N, h, w, F) out. A *head*
is the small new part that turns features into the classes of the new task.
"""

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.imagenet import preprocess

STRATEGIES = ("new head", "head on early layers", "fine-tune", "train from scratch")
SMALL = 1000  # images: fewer count as few


def choose_strategy(n_images, similar):
    """Say which of the four textbook strategies fits a new task.

    Few images cannot teach many weights: keep them, and train a head alone. Where the new images are unlike the old ones,
    the deep layers see things that are not there, so the head goes on earlier ones. With many images more may learn.

    Parameters
    ----------
    n_images : int
        Labelled images of the new task; fewer than 1,000 are few.
    similar : bool
        Do they look like the images that the backbone was trained on?

    Returns
    -------
    strategy : str, one of STRATEGIES

    Raises
    ------
    ValueError
        When there is no image.

    Examples
    --------
    >>> choose_strategy(200, True)
    'new head'

    Source: the four cases as CS231n and seed courses teach them; unit 08 measures whether they hold.
    """
    n_images = as_count(n_images, "n_images", least=1)
    if n_images < SMALL:
        return "new head" if similar else "head on early layers"
    return "fine-tune" if similar else "train from scratch"


def extract_features(backbone, images):
    """Turn images into features: each map of a backbone, averaged over its places.

    This is done once, and then a head can be trained on the features as often as you like, in milliseconds. They are also
    called bottleneck features.

    Parameters
    ----------
    backbone : keras.Model
        Trained on (brightness - 127) / 128; gives maps (N, h, w, F). It is used as it is, and stays as it is.
    images : (N, H, W, C) uint8 array

    Returns
    -------
    features : (N, F) float32 array, in the order of the images

    Examples
    --------
    >>> import keras  # doctest: +SKIP
    >>> extract_features(backbone, images).shape  # doctest: +SKIP
    (60, 1280)
    """
    prepared = preprocess(images)
    features = [  # in portions, so that many images do not fill the memory
        np.asarray(backbone(prepared[start : start + 32], training=False)).mean(axis=(1, 2))  # (32, h, w, F) -> (32, F)
        for start in range(0, len(prepared), 32)
    ]
    return np.concatenate(features)


def attach_head(backbone, classes):
    """Put a new head on a frozen backbone: global average pooling and one dense layer of probabilities.

    Parameters
    ----------
    backbone : keras.Model
        Maps (N, h, w, F) out. It is frozen: its `trainable` becomes False.
    classes : int

    Returns
    -------
    model : keras.Model
        Prepared images in, probabilities (N, classes) out; compiled with Adam and the cross-entropy of whole-number labels.
        While the backbone is frozen, its BatchNormalization works as in inference.
    """
    import keras

    classes = as_count(classes, "classes", least=2)
    backbone.trainable = False
    for layer in backbone.layers:  # the line above does nothing where the backbone was frozen and its layers were not
        layer.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    maps = backbone(images)  # a frozen BatchNormalization keeps to its old statistics, also while the head is trained
    features = keras.layers.GlobalAveragePooling2D()(maps)  # (N, F)
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax", name="head")(features))
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fine_tune(model, backbone, layers, rate):
    """Let the last layers of a backbone learn too, slowly; BatchNormalization stays as it is.

    The head must have been trained before: a head of random numbers would send random errors into good weights.

    Parameters
    ----------
    model : keras.Model
        As attach_head gives it, or any other that has `backbone` as one of its layers.
    backbone : keras.Model
    layers : int
        How many of backbone.layers, counted from the last, may learn; 0 leaves all frozen.
    rate : float
        The learning rate of the new Adam.

    Returns
    -------
    model : the same one, compiled anew with its head, and with these layers, free to learn

    Raises
    ------
    ValueError
        When the backbone has not so many layers.
    """
    import keras

    layers = as_count(layers, "layers", least=0)
    if layers > len(backbone.layers):
        raise ValueError(f"layers is {layers}: the backbone has {len(backbone.layers)} of them.")
    backbone.trainable = True
    frozen = len(backbone.layers) - layers
    for place, layer in enumerate(backbone.layers):
        layer.trainable = place >= frozen and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def snapshot(model):
    """Remember every array of a model, bit for bit, by its name: what may learn and what may not, and BatchNorm's statistics.

    Returns
    -------
    arrays : dict {path of the variable: array}
    """
    return {weight.path: np.array(weight.numpy()) for weight in model.weights}


def changed(before, after):
    """Name the arrays of which at least one bit differs between two snapshots of a model.

    Examples
    --------
    >>> changed({"a": np.zeros(2), "b": np.ones(1)}, {"a": np.array([0, 1e-30]), "b": np.ones(1)})
    ['a']
    """
    return [name for name in before if before[name].tobytes() != after[name].tobytes()]


def parameter_counts(model):
    """Count what a model holds: numbers that may learn, and numbers that may not.

    Returns
    -------
    (trainable, frozen) : int
    """
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return trainable, model.count_params() - trainable
