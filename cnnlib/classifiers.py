"""Three networks that read digits, in Keras: after this room you can build one, count it, and train it with its progress shown.

Images are (N, H, W, C) floats as prepare_images gives them, labels (N,) class numbers; the networks answer with
probabilities (N, classes). Keras is loaded when one of the functions is called.
"""

import math

import numpy as np

from cnnlib.classification import accuracy, one_hot, shift_images


def build_mlp(input_shape=(28, 28, 1), classes=10):
    """Build the multilayer perceptron: all pixels in one row, two dense layers of 512, one probability a class.

    Each unit of the first layer has a weight of its own for each pixel. Which pixels are neighbours is not written down
    anywhere. Dropout silences a random fifth of the units at each training step, so that none relies on a single other.

    Parameters
    ----------
    input_shape : (H, W, C)
    classes : int

    Returns
    -------
    model : keras.Model, (N, H, W, C) to (N, classes); compiled with Adam and the cross-entropy of one-hot labels.

    Examples
    --------
    784 · 512 + 512, then 512 · 512 + 512, then 512 · 10 + 10 numbers:

    >>> build_mlp().count_params()  # doctest: +SKIP
    669706
    """
    import keras

    layers = [keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
              keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2)]  # fmt: skip
    return _compiled(keras, input_shape, layers, classes)


def build_cnn(input_shape=(28, 28, 1), classes=10):
    """Build the convolutional network: two layers of 5 x 5 filters, each pooled, then one dense layer.

    28 px become 24, pooled 12, then 8, pooled 4. What comes out at the end is 4 x 4 x 32 = 512 numbers, as many as the MLP's
    last hidden layer has, and the last layer is the same. All the difference lies before it.

    Parameters
    ----------
    input_shape : (H, W, C)
        At least 16 x 16 px.
    classes : int

    Returns
    -------
    model : keras.Model, (N, H, W, C) to (N, classes); compiled with Adam and the cross-entropy of one-hot labels.

    Raises
    ------
    ValueError
        When the images are too small for two convolutions and two poolings.

    Examples
    --------
    5 · 5 · 16 + 16, then 5 · 5 · 16 · 32 + 32, then 512 · 10 + 10 numbers:

    >>> build_cnn().count_params()  # doctest: +SKIP
    18378
    """
    if min(input_shape[:2]) < 16:
        raise ValueError(f"images of {input_shape[0]} x {input_shape[1]} px are too small for two convolutions of 5 x 5 and "
                         "two poolings: they need at least 16 x 16 px. Use larger images.")
    import keras

    layers = [keras.layers.Conv2D(16, 5, activation="relu"), keras.layers.MaxPooling2D(2),
              keras.layers.Conv2D(32, 5, activation="relu"), keras.layers.MaxPooling2D(2),
              keras.layers.Flatten(), keras.layers.Dropout(0.2)]  # fmt: skip
    return _compiled(keras, input_shape, layers, classes)


def build_lenet(input_shape=(28, 28, 1), classes=10):
    """Build LeNet-5 of 1998 as one builds it today, with ReLU: 6 and 16 filters of 5 x 5, then 120, 84 and 10 units.

    Its input was 32 px wide: a digit of 28 with a frame of two. "same" padding in the first layer gives that frame.

    Parameters
    ----------
    input_shape : (H, W, C)
        At least 12 x 12 px.
    classes : int

    Returns
    -------
    model : keras.Model, as that of build_cnn, 61,706 parameters for digits.

    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998, figure 2.
    """
    import keras

    layers = [keras.layers.Conv2D(6, 5, padding="same", activation="relu"), keras.layers.AveragePooling2D(2),
              keras.layers.Conv2D(16, 5, activation="relu"), keras.layers.AveragePooling2D(2), keras.layers.Flatten(),
              keras.layers.Dense(120, activation="relu"), keras.layers.Dense(84, activation="relu")]  # fmt: skip
    return _compiled(keras, input_shape, layers, classes)


def _compiled(keras, input_shape, layers, classes):
    model = keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(classes, activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def train_classifier(model, images, labels, test_images, test_labels, *,
                     passes=5, stop=None, batch=64, rate=None, shift=0, seed=0, progress=True):  # fmt: skip
    """Train a network pass by pass, and say after each one how many of the test images it reads.

    The step size falls from pass to pass along half a cosine: large steps first, fine ones at the end.

    Parameters
    ----------
    model : compiled keras.Model, (N, H, W, C) to (N, classes); trained in place, from the weights that it has.
    images, labels : (N, H, W, C) floats and (N,) whole numbers
    test_images, test_labels
        The same of images that it never learns from.
    passes : int
        How often all images are seen.
    stop : int, optional
        Stop after so many passes, although the step size falls as if all were to come.
    batch : int
        Images a step.
    rate : float, optional
        The step size of the first pass; the optimizer's own by default.
    shift : int
        In each pass move every image by up to so many pixels, another way each time: more examples, for nothing.
    seed : int
        Of the order of the images, of dropout and of the shifts; draw the first weights from it as well, with
        keras.utils.set_random_seed(seed) before the network is built, and the training repeats on the same machine.
    progress : bool
        Print a line a pass: dots while it runs, then the accuracy in whole percent.

    Returns
    -------
    curve : list of float, the accuracy on the test images after each pass.

    Raises
    ------
    ValueError
        When there are not as many labels as images, or a label has no column.
    """
    import keras

    rows = one_hot(labels, model.output_shape[-1])  # (N, classes)
    if len(rows) != len(images):
        raise ValueError(f"there are {len(images)} images and {len(rows)} labels: give one label for each image.")
    rate = float(model.optimizer.learning_rate) if rate is None else rate
    keras.utils.set_random_seed(seed)
    rng, curve = np.random.default_rng(seed), []
    for number in range(1, (stop or passes) + 1):
        model.optimizer.learning_rate = rate * (1 + math.cos(math.pi * (number - 1) / passes)) / 2
        if progress:
            print(f"pass {number:2} of {passes} ", end="", flush=True)
        shown = move_at_random(images, shift, rng) if shift else images
        dots = [_dots(keras, -(-len(images) // batch))] if progress else []
        model.fit(shown, rows, batch_size=batch, verbose=0, callbacks=dots)
        curve.append(accuracy(predict(model, test_images), test_labels))
        if progress:
            print(f" {curve[-1]:.0%} of the test images right", flush=True)
    return curve


def predict(model, images):
    """Ask a network for its probabilities.

    Parameters
    ----------
    model : keras.Model
    images : (N, H, W, C) array

    Returns
    -------
    probabilities : (N, classes) float32 array.
    """
    return model.predict(images, batch_size=500, verbose=0)


def outputs_of_layers(model, images):
    """Ask a network for what comes out of each of its layers.

    Parameters
    ----------
    model : keras.Model, built with one input
    images : (N, H, W, C) array, few of them

    Returns
    -------
    outputs : list of arrays, one for each layer in the order of model.layers, (N, H', W', F) or (N, units).
    """
    import keras

    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    inside = keras.Model(model.inputs[0], [layer.output for layer in layers])
    return [np.asarray(output) for output in inside(images)]


def move_at_random(images, reach, rng):
    """Move each image by up to `reach` pixels down, up, right or left, one draw for each.

    Parameters
    ----------
    images : (N, H, W, C) array
    reach : int
        The largest move, px.
    rng : numpy.random.Generator

    Returns
    -------
    moved : array of the same shape and type; zeros move in.

    Examples
    --------
    >>> image = np.ones((1, 3, 3, 1), np.float32)
    >>> float(move_at_random(image, 1, np.random.default_rng(0)).sum()) in (4, 6, 9)
    True
    """
    moves = rng.integers(-reach, reach + 1, (len(images), 2))  # (N, 2), down and right
    moved = np.empty_like(images)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            chosen = (moves == (down, right)).all(axis=1)  # all that move alike at once: 25 slices in place of 10,000
            moved[chosen] = shift_images(images[chosen], down, right)
    return moved


def _dots(keras, steps):
    """Ten dots over the steps of a pass."""

    class Dots(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) * 10 // steps > batch * 10 // steps:
                print("." * ((batch + 1) * 10 // steps - batch * 10 // steps), end="", flush=True)

    return Dots()
