"""The checks of one step of painting: what becomes of the image, the loss and the network."""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.style import train_step

SLOPES = (2.0, -3.0, 0.5, 1.0, -1.0, 4.0)  # of the linear network below, one for each number of an image (1, 2, 3)


class NoGradient(ValueError):
    """The tape has no slope for the image."""


def _on_variable(function):
    """A function like train_step as one from a case's data to data: what the image, the loss and a network come to."""
    def call(image, loss, optimizer):
        import keras
        import tensorflow as tf

        variable, of = tf.Variable(image, dtype=tf.float32), _loss(loss)
        before = of.get_weights() if isinstance(of, keras.Model) else []
        try:
            cost = function(variable, of, getattr(keras.optimizers, optimizer[0])(optimizer[1]))
        except ValueError as error:
            if any(said in str(error) for said in ("No gradients provided", "no gradient", "None values not supported")):
                raise NoGradient(str(error)) from error
            raise
        after = of.get_weights() if before else []
        moved = any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        return {"image": variable.numpy(), "loss": None if cost is None else np.squeeze(cost), "the network was changed": moved}

    return call


def _loss(name):
    """A loss by its name: half the sum of the squares, the total variation, or a network with one linear layer."""
    import keras
    import tensorflow as tf

    if name == "half the sum of squares":
        return tf.nn.l2_loss
    network = keras.Sequential([keras.Input((2, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    network.set_weights([np.array(SLOPES, np.float32)[:, None], np.array([0.5], np.float32)])
    return network


def _stepped(image, loss, optimizer, *, after=lambda new: np.clip(new, 0, 1), slope=lambda g: g, rate=None, moved=False,
             late=False):
    """What a step comes to, with something about it changed: what happens to the image after it, the gradient, the rate."""
    kind, given = optimizer
    image, rate = np.asarray(image, dtype=float), given if rate is None else rate
    gradient = image if loss == "half the sum of squares" else np.reshape(SLOPES, image.shape)
    gradient = slope(gradient)
    new = after(image - rate * (np.sign(gradient) if kind == "Adam" else gradient))
    at = new if late else image
    cost = np.sum(at**2) / 2 if loss == "half the sum of squares" else np.sum(at * np.reshape(SLOPES, image.shape)) + 0.5
    return {"image": new, "loss": cost, "the network was changed": moved and loss != "half the sum of squares"}


def _changed(**options):
    return lambda image, loss, optimizer: _stepped(image, loss, optimizer, **options)


def _sgd(rate):
    """The same plain step, whatever the optimizer."""
    return lambda image, loss, optimizer: _stepped(image, loss, ("SGD", optimizer[1] if rate is None else rate))


def _without_gradient(image, loss, optimizer):
    raise NoGradient


def _returning(change):
    def gives(image, loss, optimizer):
        result = _stepped(image, loss, optimizer)
        return {**result, "loss": change(result)}

    return gives


def _as_is(new):
    return new


TRAIN_STEP = Question(
    _on_variable(train_step),
    name="train_step",
    call=_on_variable,
    cases=[
        case("down the slope of a square", np.array([[0.5, 0.25], [1.0, 0.75]]), "half the sum of squares", ("SGD", 0.25)),
        case("a long step, out of [0, 1]", np.array([[0.5, 0.25], [1.0, 0.75]]), "half the sum of squares", ("SGD", 1.5)),
        case("a network as the loss", np.full((1, 2, 3), 0.5), "a network", ("SGD", 0.0625)),
        case("a network and a long step, out at both ends", np.linspace(0.1, 0.9, 6).reshape(1, 2, 3), "a network",
             ("SGD", 0.5)),
        case("another optimizer", np.full((1, 2, 3), 0.5), "a network", ("Adam", 0.125)),
    ],
    mistakes=[
        mistake("no clip", _changed(after=_as_is), _changed(after=lambda new: np.clip(new, 0, 255)),
                _changed(after=lambda new: np.maximum(new, 0)), _changed(after=lambda new: np.minimum(new, 1)),
                _changed(after=lambda new: np.clip(new, -1, 1)),
                hint="After the step the image leaves [0, 1], at one end or both: there are no such pixels.",
                fix="`image.assign(tf.clip_by_value(image, 0.0, 1.0))`, after the step. Without assign the variable does not "
                    "change."),
        mistake("network trained", _changed(moved=True), _changed(moved=True, after=_as_is),
                lambda image, loss, optimizer: _stepped(image, loss, optimizer, moved=True) | (
                    {"image": np.asarray(image)} if loss == "a network" else {}),
                hint="The network of the loss was changed: its weights were trained along with the image, or in its place. "
                     "Then the costs mean something else at each step.",
                fix="Ask for the gradient of the image alone, `tape.gradient(cost, image)`, and give the optimizer that one."),
        mistake("gradient None", _without_gradient,
                hint="There is no gradient: the tape did not see how the cost came from the image.",
                fix="Call `loss(image)` inside of `with tf.GradientTape() as tape:`, with the variable itself, not a copy or "
                    "`image.numpy()`."),
        mistake("uphill", _changed(slope=lambda g: -g), _changed(slope=lambda g: -g, after=_as_is),
                hint="The image moves up the slope: the loss grows.",
                fix="The optimizer subtracts by itself: give it the gradient as it is."),
        mistake("image not changed", _changed(after=_as_is, slope=lambda g: 0 * g), _changed(slope=lambda g: 0 * g),
                hint="The variable is as it was: the step was computed, and not stored in it.",
                fix="`optimizer.apply_gradients([(gradient, image)])` changes it in place, `image = ...` does not."),
        mistake("optimizer not used", _sgd(None), *(_sgd(rate) for rate in (1.0, 0.1, 0.01, 0.02, 0.001, 0.05, 0.5)),
                hint="The step does not come from the optimizer that was given: another one, even with the same rate, would "
                     "make another step.",
                fix="`optimizer.apply_gradients([(gradient, image)])`."),
        mistake("gradient clipped", _changed(slope=lambda g: np.clip(g, 0, 1)),
                _changed(slope=lambda g: np.clip(g, 0, 1), after=_as_is), _changed(slope=lambda g: np.clip(g, -1, 1)),
                _changed(slope=lambda g: np.clip(g, -1, 1), after=_as_is),
                hint="The gradient was clipped, not the image. A slope may be of any size.",
                fix="Clip `image`, after the step."),
        mistake("loss after the step", _changed(late=True),
                hint="The loss that you return is that of the image after the step. Computing it again costs as much as the "
                     "step.",
                fix="Return the cost that the tape saw."),
        mistake("loss not returned", _returning(lambda result: None),
                hint="The image is right, but the function returns nothing: the loop could not show how the loss falls.",
                fix="`return cost` at the end."),
        mistake("image returned", _returning(lambda result: np.squeeze(result["image"])),
                hint="You return the image. It was changed in place, so the caller has it; what it needs is the loss.",
                fix="`return cost` at the end."),
    ])
