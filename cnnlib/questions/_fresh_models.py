"""Keras models as arguments of a case: after this room you know how each call gets a network of its own.

A check copies the arguments of a case before each call. Copying a `Fresh` gives a network in its first state, so no call sees
what another one did to it, and Keras is not loaded before the first call. Its numbers are the same each time.
"""

import functools

import numpy as np


class Fresh:
    """Stands for a network in a case: `build()` makes a function that gives it, as new, each time; `words` tell what it is.

    Where `build` gives several networks, one inside the other, `part` says which of them this one stands for.
    """

    def __init__(self, words, build, part=None):
        self.words, self.build, self.part = words, functools.cache(build), part

    def __deepcopy__(self, memo):
        if self.part is None:
            return self.build()()
        key = f"networks of {id(self.build)}"  # in one call the model and the backbone in it stay the same two
        if key not in memo:
            memo[key] = self.build()()
        return memo[key][self.part]

    def inside(self, words):
        """Stands for the second of the networks that this one stands for the first of."""
        other = Fresh(words, self.build, 1)
        other.build = self.build
        return other

    def __call__(self, *_):
        raise TypeError("this stands for a network")  # what can be called is not looked at for changes

    def __repr__(self):
        return self.words


def some_numbers(shape, step=7):
    """Numbers from -0.5 to 0.5 without a pattern, the same each time."""
    return (np.arange(np.prod(shape, dtype=int)) * step % 23 / 22 - 0.5).reshape(shape).astype(np.float32)


def backbone(shape=(5, 6, 2), filters=(3, 4)):
    """Give a function that gives a small network, as new each time: (N, *shape) to (N, h, w, filters[-1]).

    Its layers: input, then conv1, norm1, relu1, conv2, norm2, relu2. The statistics of norm1 and norm2 are far from those of
    any batch. It is laid out once; then only its numbers and flags are set again, which is much quicker.
    """
    model = _layers(shape, filters)
    numbers = [np.abs(some_numbers(w.shape, 5)) + 0.5 if "variance" in w.path or "gamma" in w.path else some_numbers(w.shape)
               for w in model.weights]  # fmt: skip

    def as_new():
        _set_free(model)
        model.set_weights(numbers)
        return model

    return as_new


def with_head(shape=(5, 6, 2), filters=(3, 4), classes=3, rate=0.02):
    """Give a function that gives a frozen backbone with a head on it, compiled: (model, backbone), as new each time."""
    import keras

    renew = backbone(shape, filters)
    inner = renew()
    image = keras.Input(shape)
    features = keras.layers.GlobalAveragePooling2D()(inner(image))
    model = keras.Model(image, keras.layers.Dense(classes, activation="softmax", name="head")(features))

    def as_new():
        model.trainable = True
        renew()
        inner.trainable = False
        model.get_layer("head").trainable = True
        model.get_layer("head").set_weights([some_numbers((filters[-1], classes)), some_numbers((classes,))])
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        return model, inner

    return as_new


def _layers(shape, filters):
    import keras

    image = x = keras.Input(shape)
    for number, count in enumerate(filters, 1):
        x = keras.layers.Conv2D(count, 2, name=f"conv{number}")(x)
        x = keras.layers.BatchNormalization(name=f"norm{number}")(x)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
    return keras.Model(image, x, name="backbone")


def _set_free(model):
    """Let a model and every layer of it learn, whatever was set before."""
    model.trainable = True
    for layer in model.layers:
        layer.trainable = True


def may_learn(model):
    """The names of the layers with weights that may learn, and how many numbers that are."""
    weights = model.trainable_weights
    names = dict.fromkeys(weight.path.split("/")[-2] for weight in weights)
    return ", ".join(sorted(names)) or "none", sum(int(np.prod(weight.shape)) for weight in weights)


def statistics_stay(model):
    """Does a pass in training mode leave BatchNormalization's statistics as they were, bit for bit?"""
    def statistics():
        return [w.numpy().tobytes() for w in model.weights if "moving" in w.path]

    before = statistics()
    model(some_numbers((2, *model.input_shape[1:]), 3), training=True)
    return statistics() == before


def kind_of_loss(model, probabilities, labels):
    """What the compiled loss makes of probabilities and whole-number labels, in words."""
    if not getattr(model, "compiled", False):
        return "not compiled"
    try:
        value = float(model.compute_loss(y=np.array(labels), y_pred=np.asarray(probabilities)))
    except Exception:
        return "no loss for whole-number labels"
    chosen = np.asarray(probabilities, dtype=float)[np.arange(len(labels)), labels]
    right = np.isclose(value, np.mean(-np.log(np.clip(chosen, 1e-7, 1))), rtol=1e-3, atol=1e-5)
    return "cross-entropy" if right else "another loss"
