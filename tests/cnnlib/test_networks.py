"""How the questions on networks see activations: by what they do, whatever weights a network begins with."""

import keras
import numpy as np
import pytest

from cnnlib.questions._networks import BENT, RELU, STRAIGHT, view_of_cnn, view_of_mlp

SHAPES = [(28, 28, 1), (18, 20, 3)]


def mlp(shape, activation):
    model = keras.Sequential([
        keras.Input(shape), keras.layers.Flatten(),
        keras.layers.Dense(512, activation=activation), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation=activation), keras.layers.Dropout(0.2),
        keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


def cnn(shape, activation):
    model = keras.Sequential([
        keras.Input(shape), keras.layers.Conv2D(8, 3, activation=activation), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(), keras.layers.Flatten(),
        keras.layers.Dense(32, activation=activation), keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "hard_sigmoid", "tanh", "softsign", "softmax", "gelu", "elu", "silu",
                                        "softplus", "leaky_relu", "linear"])
def test_an_activation_is_known_by_what_it_does_whatever_the_first_weights(activation, shape):
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = mlp(shape, activation)
        before = model.get_weights()
        seen = view_of_mlp(model)["hidden layers"]
        assert seen == {"relu": RELU, "linear": STRAIGHT}.get(activation, BENT)
        assert all(np.array_equal(was, now) for was, now in zip(before, model.get_weights(), strict=True))
        assert (view_of_cnn(cnn(shape, activation))["hidden layers"] == RELU) is (activation == "relu")
