"""What a Keras classifier does, as data: the views of `build_mlp` and `build_cnn`, and the mistakes told in their words.

A view looks at behaviour: what comes out for images, how many numbers are learned, whether layers are cut off below zero. It
never asks which classes of layers there are, so a network in the Sequential or the functional style, with activations of
their own or inside a layer, looks the same. It looks at one thing after the other and stops at the first that is wrong for any
classifier, so what a mistake makes of a network is one word at one place. It writes into the weights of the network.
"""

import functools

import numpy as np

from cnnlib.check import Seen, Unseen, mistake
from cnnlib.shapes import dense_params

NOT_LOOKED_AT = "not looked at yet"
IN_PLACES = "a row of numbers at each place"  # where the layer before the last was not flattened
PROBABILITIES = "probabilities"
CROSS_ENTROPY = "cross-entropy"
RELU = "a ReLU after each"
BENT, STRAIGHT = "not a ReLU after each", "nothing that bends"
SLIDING, NO_FILTERS = "slide over the image", "there are none"
FEWER, MORE = "fewer than the MLP has", "as many as the MLP has, or more"


def view_of_mlp(model):
    """An MLP: what it takes and answers, its loss, how many parameters, which activations, and what dropout does."""
    return _looked_at(model, {"one answer": _one_answer, "answers": _answers, "loss": _loss, "parameters": _parameters,
                              "hidden layers": _activations, "dropout": _dropout})


def view_of_cnn(model):
    """A CNN, whatever its layers: what is true of every good one."""
    return _looked_at(model, {"one answer": _one_answer, "answers": _answers, "loss": _loss, "filters": _filters,
                              "parameters": _fewer, "hidden layers": _activations})


def _looked_at(model, parts):
    """Each part's words, until one of them is wrong whatever the network is for."""
    seen = {"images": " x ".join(map(str, model.input_shape[1:]))} | dict.fromkeys(parts, NOT_LOOKED_AT)
    for name, look in parts.items():
        seen[name], good = look(model)
        if not good:
            break
    return seen


def _images(model, low=0.0):
    shape = (2, *model.input_shape[1:])
    return (low + np.random.default_rng(1).random(shape)).astype(np.float32)


def _answer(model, images):
    return np.asarray(model(images), float)  # (2, classes)


def _one_answer(model):
    shape = _answer(model, _images(model)).shape
    return (f"{shape[1]} numbers", True) if len(shape) == 2 else (IN_PLACES, False)


def _answers(model):
    answers = _answer(model, _images(model))
    if answers.shape[1] == 1:
        return "a single number", False
    if np.any(answers < 0) or np.any(answers > 1):
        return "scores, not between 0 and 1", False
    whole = np.allclose(answers.sum(axis=1), 1, atol=1e-4)
    return (PROBABILITIES, True) if whole else ("between 0 and 1, but they do not add up to 1", False)


def _loss(model):
    """The loss by what it gives: compared with the cross-entropy and with what people take in its place."""
    if not getattr(model, "compiled", False):
        return "not compiled", False
    classes = model.output_shape[-1]
    answers = np.random.default_rng(5).dirichlet(np.ones(classes), 2).astype(np.float32)  # (2, classes), all kinds of them
    rows = np.eye(classes, dtype=np.float32)[[classes // 2, 0]]
    try:
        value = float(model.compute_loss(x=None, y=rows, y_pred=answers, training=False))
    except Exception:  # a loss that does not take one-hot rows says so in many ways
        return "does not take one-hot labels", False
    softened = np.exp(answers) / np.exp(answers).sum(axis=1, keepdims=True)
    values = {
        CROSS_ENTROPY: -np.mean(np.log(answers[rows > 0])),
        "cross-entropy after another softmax": -np.mean(np.log(softened[rows > 0])),
        "squared error": np.mean((answers - rows) ** 2),
        "each class for itself": -np.mean(rows * np.log(answers) + (1 - rows) * np.log(1 - answers)),
    }
    close = [name for name, wanted in values.items() if abs(wanted - value) < 1e-3]
    return (close[0] if close else "another one"), close[:1] == [CROSS_ENTROPY]


def _parameters(model):
    right = mlp_parameters(model.input_shape[1:], model.output_shape[-1])
    count = sum(weight.size for weight in model.get_weights())
    return int(count), count == right


def mlp_parameters(input_shape, classes):
    """How many parameters the MLP has for images of this shape."""
    return dense_params(int(np.prod(input_shape)), 512) + dense_params(512, 512) + dense_params(512, classes)


def _filters(model):
    height, width = model.input_shape[1:3]
    shapes = [weight.shape for weight in model.get_weights() if weight.ndim == 4]
    good = bool(shapes) and all(kh < height and kw < width for kh, kw, *_ in shapes)
    return (SLIDING if good else NO_FILTERS), good


def _fewer(model):
    good = sum(w.size for w in model.get_weights()) < mlp_parameters(model.input_shape[1:], model.output_shape[-1])
    return (FEWER if good else MORE), good


def _activations(model):
    """Is there a ReLU after each convolution and each dense layer but the last?

    All weights are set positive but those of one layer, which are set negative: with positive images everything that this layer
    gives is then below zero, so a ReLU makes zeros of it, and the answer is the same for every image. It is also (all but) the
    same where an activation squeezes everything, such as softmax; what is above zero must go on as it is.
    """
    before = model.get_weights()
    layers = [i for i, weight in enumerate(model.weights) if len(weight.shape) > 1 and "depthwise" not in weight.path]
    cut_off = []
    for negative in layers[:-1]:
        _set_kernels(model, lambda i, size, inputs, this=negative: -size / inputs - 1e-3 if i == this else size / inputs)
        one, other = _answer(model, _images(model, low=0.1))
        cut_off.append(bool(np.allclose(one, other, rtol=0, atol=1e-7)))
    word = RELU if all(cut_off) and _grows(model) else BENT if any(cut_off) or _bends(model) else STRAIGHT
    model.set_weights(before)
    return word, word == RELU


def _grows(model):
    """With positive weights, do images twice as bright give scores twice as far apart?"""
    _set_kernels(model, lambda i, size, inputs: 2 * size / inputs)
    images = _images(model, low=0.1)
    once, twice = _scores(model, images), _scores(model, 2 * images)
    return np.allclose(2 * once, twice, rtol=0, atol=np.abs(twice).max() / 100)


def _bends(model):
    """Do the scores leave the straight line from one image to another?

    The weights with which a network begins are so small that a sigmoid is all but straight there: these are larger.
    """
    _set_kernels(model, lambda i, size, inputs: (size - 0.5) * 8 / inputs**0.5)
    one, other = _images(model)
    first, second, middle = _scores(model, np.stack([one, other, (one + other) / 2]))
    return not np.allclose((first + second) / 2, middle, rtol=1e-3, atol=1e-3)


def _scores(model, images):
    """The scores of the classes, as far as probabilities tell: that of the first is 0."""
    scores = np.log(_answer(model, images))
    return scores - scores[:, :1]


def _set_kernels(model, kernel):
    """Set each layer's weights to kernel(i, size, inputs): its place, random numbers in [0, 1), inputs of a unit; no biases."""
    rng, changed = np.random.default_rng(3), []
    for i, weight in enumerate(model.weights):
        if len(weight.shape) < 2:  # biases, and the scale of normalising layers
            changed.append(np.full(weight.shape, 1.0 if weight.name in ("gamma", "moving_variance") else 0.0))
        else:
            changed.append(kernel(i, rng.random(weight.shape), max(1, np.prod(weight.shape[:-1]))))
    model.set_weights(changed)


def _dropout(model):
    """How much dropout silences in training, in words, for two hidden layers of the same size."""
    weights = model.get_weights()
    units = weights[2].shape[0]
    known = [np.zeros_like(weight) for weight in weights]
    known[1][:] = 1  # every unit of the first layer gives 1, whatever the image
    known[2][:] = 1 / units  # every unit of the second gives their mean
    known[4][:, 0] = 1 / units  # and the first score is the mean of these
    model.set_weights(known)
    images = np.zeros((400, *model.input_shape[1:]), np.float32)
    scores = np.log(np.asarray(model(images, training=True), float))
    model.set_weights(weights)
    spread = float(np.var(scores[:, 0] - scores[:, 1])) * units  # p / (1 - p) of each dropout, added up
    spreads = {"none": 0.0, "a fifth once": 0.25, "a fifth twice": 0.5, "more than a fifth": 1.6, "four fifths": 8.0}
    nearest = min(spreads, key=lambda name: abs(np.log(spreads[name] + 0.01) - np.log(spread + 0.01)))
    return nearest, nearest == "a fifth twice"


# --- mistakes in these words ------------------------------------------------------------------------------------------

@functools.cache
def _right(build, view, input_shape, classes):
    return view(build(input_shape, classes))


def stops(build, view, part, word):
    """A mistake that the view of `build` stops at: at this part, with this word (or what word(input_shape, classes) gives)."""
    def gives(input_shape=(28, 28, 1), classes=10):
        right = _right(build, view, input_shape, classes)
        place = list(right).index(part)
        said = word(input_shape, classes) if callable(word) else word
        return Seen({name: value if i < place else said if i == place else NOT_LOOKED_AT
                     for i, (name, value) in enumerate(right.items())})
    return gives


def _one_number(build, view):
    def gives(input_shape=(28, 28, 1), classes=10):
        return Seen(stops(build, view, "answers", "a single number")(input_shape, classes).data | {"one answer": "1 numbers"})
    return gives


def _fixed(build, view, **fixed):
    def gives(input_shape=(28, 28, 1), classes=10):
        return Seen(_right(build, view, fixed.get("input_shape", input_shape), fixed.get("classes", classes)))
    return gives


def mistakes_of_any_network(build, view):
    """The mistakes that are made at the two ends of any classifier."""
    def at(part, word):
        return stops(build, view, part, word)
    return [
        mistake("no flatten", at("one answer", IN_PLACES),
                hint="The answer still has rows and columns: a dense layer on (H, W, C) works on each pixel alone.",
                fix="Put `Flatten()` before the first dense layer: it makes one row of each image."),
        mistake("one sigmoid unit", _one_number(build, view),
                hint="The network gives one number for each image. One sigmoid unit tells two classes apart, not ten.",
                fix="End with `Dense(classes, activation='softmax')`: one probability for each class."),
        mistake("classes fixed", _fixed(build, view, classes=10),
                hint="The network gives ten answers, however many classes are asked for.",
                fix="The last layer has `classes` units."),
        mistake("size of the images fixed", _fixed(build, view, input_shape=(28, 28, 1)),
                hint="The network takes images of 28 x 28 px, whatever is asked for.",
                fix="Give `input_shape` to the input: `keras.Input(input_shape)`."),
        mistake("no softmax", at("answers", "scores, not between 0 and 1"),
                hint="The answers are no probabilities: nothing keeps them between 0 and 1.",
                fix="End with `activation='softmax'`."),
        mistake("ten sigmoids", at("answers", "between 0 and 1, but they do not add up to 1"),
                hint="Each answer is given for itself, so the ten do not add up to 1: three classes may all be \"99 % sure\".",
                fix="End with `activation='softmax'`, which weighs the classes against each other."),
        mistake("softmax with from_logits", at("loss", "cross-entropy after another softmax"),
                hint="The loss takes your probabilities for raw scores, `from_logits=True`, and applies softmax again: it "
                     "learns, but slowly, and never becomes sure.",
                fix="Either softmax at the end and `loss='categorical_crossentropy'`, or neither; here the first."),
        mistake("labels as numbers", at("loss", "does not take one-hot labels"),
                hint="This loss wants labels as class numbers. Here they are one-hot rows.",
                fix="Use `loss='categorical_crossentropy'`."),
        mistake("squared error", at("loss", "squared error"),
                hint="The loss is the squared error. It hardly punishes being sure and wrong.",
                fix="Use `loss='categorical_crossentropy'`."),
        mistake("each class for itself", at("loss", "each class for itself"),
                hint="This loss asks ten times \"is it this class, yes or no?\". The classes here exclude each other.",
                fix="Use `loss='categorical_crossentropy'`."),
        mistake("not compiled", at("loss", "not compiled"),
                hint="The network has no loss and no optimizer yet, so it cannot be trained.",
                fix="Call `model.compile(optimizer=..., loss=..., metrics=['accuracy'])` before you return it."),
        mistake("no input", lambda input_shape=(28, 28, 1), classes=10: Seen(Unseen("Sequential")),
                hint="The network does not know the size of its images, so it has no weights yet.",
                fix="Begin with `keras.Input(input_shape)`."),
    ]
