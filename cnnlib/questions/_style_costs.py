"""The checks of the costs of one layer: content, and style by Gram matrices."""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.questions._style_asking import arrays, lost, on_tensors, plain
from cnnlib.questions._style_gram import gram, gram_of_pixels, scrambled
from cnnlib.style import content_cost, layer_style_cost

_content, _layer = plain(content_cost), plain(layer_style_cost)

CONTENT_COST = Question(
    content_cost,
    call=on_tensors(1),
    cases=[
        case("one pixel by hand", np.array([[[1.0, 5.0]]]), np.array([[[3.0, 4.0]]])),
        case("2 x 3 pixels, 4 channels", arrays(2, 3, 4), arrays(4, 3, 2)[::-1].reshape(2, 3, 4).copy()),
        case("one that is smaller everywhere", arrays(3, 1, 2), arrays(3, 1, 2) - 1.5),
        case("the same twice", arrays(2, 2, 2), arrays(2, 2, 2)),
    ],
    mistakes=[
        mistake("no half", lambda c, g: 2 * _content(c, g),
                hint="Your cost is twice as large: the half is missing.",
                fix="Divide the sum by 2."),
        mistake("mean for sum", lambda c, g: _content(c, g) / c.size, lambda c, g: 2 * _content(c, g) / c.size,
                lambda c, g: _content(c, g) / c.size / 2,
                lambda c, g: _content(c, g) / (c.shape[0] * c.shape[1]),
                lambda c, g: 2 * _content(c, g) / (c.shape[0] * c.shape[1]),
                lambda c, g: 2 * _content(c, g) / (2 * c.size) ** 2, lambda c, g: _content(c, g) / c.shape[-1],
                hint="The sum is divided by a number of pixels or activations. Other texts do so; here, as in the paper, it is "
                     "half of the plain sum.",
                fix="`tf.reduce_sum`, not `tf.reduce_mean`, and then / 2."),
        mistake("no square", lambda c, g: np.sum(np.abs(g - c)) / 2, lambda c, g: np.sum(np.abs(g - c)),
                lambda c, g: np.sum(g - c) / 2, lambda c, g: np.sum(c - g) / 2, lambda c, g: np.sum(g - c),
                lambda c, g: np.sum(c - g),
                hint="The differences are not squared.",
                fix="`(generated - content) ** 2`, then the sum."),
        mistake("root taken", lambda c, g: np.sqrt(2 * _content(c, g)), lambda c, g: np.sqrt(2 * _content(c, g)) / 2,
                hint="Your cost is the distance, or half of it. The cost is half the *squared* distance.",
                fix="Leave the root out: tf.norm takes one."),
        mistake("target from the generated image", lambda c, g: 0.0 * _content(c, g), lambda c, g: np.sum(c**2 * 0.0),
                hint="Your cost is 0 whatever it is given: the generated image is compared with itself, so there is nothing to "
                     "learn.",
                fix="One side of the difference is `content`, the other `generated`."),
        mistake("square of the sum", lambda c, g: np.sum(g - c) ** 2 / 2, lambda c, g: np.sum(g - c) ** 2,
                hint="The differences are added up first and squared then, so that they cancel.",
                fix="Square each difference, then add."),
        mistake("not added up", lambda c, g: (g - c) ** 2 / 2, lambda c, g: np.sum((g - c) ** 2, axis=-1) / 2,
                lambda c, g: (g - c) ** 2, lambda c, g: np.sum((g - c) ** 2, axis=(0, 1)) / 2,
                lambda c, g: np.mean((g - c) ** 2, axis=-1),
                hint="The cost must be one number: not all axes are added up.",
                fix="`tf.reduce_sum(...)` without an axis."),
        mistake("Gram matrices compared", lambda c, g: np.sum((gram(g) - gram(c)) ** 2) / 2,
                hint="These are the Gram matrices' differences: they know nothing of places. Content is *where* things are.",
                fix="Compare the activations themselves."),
        lost(content_cost),
    ])


def _distance(style, generated):
    """Of the Gram matrices, squared."""
    return np.sum((gram(generated) - gram(style)) ** 2)


def _signed(style, generated):
    return np.sum(gram(generated) - gram(style)) / (2 * style.size) ** 2


LAYER_STYLE_COST = Question(
    layer_style_cost,
    call=on_tensors(1),
    cases=[
        case("two pixels by hand", np.array([[[1.0], [3.0]]]), np.array([[[3.0], [3.0]]])),
        case("2 x 3 pixels, 4 channels", arrays(2, 3, 4), arrays(3, 2, 4, start=-1).reshape(2, 3, 4)),
        case("4 x 1 pixels, 2 channels", arrays(4, 1, 2), arrays(4, 1, 2)[::-1] + 1),
        case("the same pixels in another order", arrays(2, 2, 3), arrays(2, 2, 3)[::-1, ::-1].copy()),
    ],
    mistakes=[
        mistake("normalizer missing", _distance, lambda s, g: _distance(s, g) / 2, lambda s, g: _distance(s, g) / 4,
                hint="The distance is not divided by (2 H W C) squared, so large layers and images would weigh most.",
                fix="`/ (2 * H * W * C) ** 2`, with the sizes of `style`."),
        mistake("normalizer not squared", lambda s, g: _distance(s, g) / (2 * s.size),
                lambda s, g: _distance(s, g) / (4 * s.size), lambda s, g: _distance(s, g) / s.size,
                hint="You divide by 2 H W C, or by 4 H W C. The whole of it must be squared: (2 H W C) ** 2.",
                fix="Mind the brackets: `(2 * H * W * C) ** 2`."),
        mistake("part of the normalizer", lambda s, g: _distance(s, g) / s.size**2,
                lambda s, g: _distance(s, g) / s.size**2 / 2,
                lambda s, g: _distance(s, g) / (2 * s.shape[-1]) ** 2,
                lambda s, g: _distance(s, g) / (2 * s.shape[0] * s.shape[1]) ** 2,
                lambda s, g: _distance(s, g) / (2 * s.shape[0] * s.shape[-1]) ** 2,
                lambda s, g: _distance(s, g) / (2 * s.shape[1] * s.shape[-1]) ** 2,
                lambda s, g: _distance(s, g) / (2 * s.shape[-1] ** 2) ** 2,
                lambda s, g: _distance(s, g) / (4 * s.shape[-1] ** 2 * s.shape[0] * s.shape[1]),
                hint="Something is missing in what you divide by: it is the square of 2 times height times width times "
                     "channels.",
                fix="`height, width, channels = style.shape`, then `(2 * height * width * channels) ** 2`."),
        mistake("difference not squared", _signed, lambda s, g: -_signed(s, g),
                lambda s, g: np.sum(np.abs(gram(g) - gram(s))) / (2 * s.size) ** 2,
                hint="The differences of the Gram matrices are added without being squared, so that they cancel, and the cost "
                     "can fall below 0.",
                fix="`tf.reduce_sum((gram_of_one - gram_of_the_other) ** 2)`."),
        mistake("mean for sum", lambda s, g: _layer(s, g) / s.shape[-1] ** 2, lambda s, g: _distance(s, g) / s.shape[-1] ** 2,
                hint="The squared differences are averaged. They are to be added up.",
                fix="`tf.reduce_sum`, not `tf.reduce_mean`: the normalizer is there already."),
        mistake("target from the generated image", lambda s, g: 0.0 * _distance(s, g),
                hint="Your cost is 0 whatever it is given: both Gram matrices are of the same image.",
                fix="One Gram matrix of `style`, one of `generated`."),
        mistake("no Gram matrix", lambda s, g: np.sum((g - s) ** 2) / (2 * s.size) ** 2, lambda s, g: np.sum((g - s) ** 2) / 2,
                lambda s, g: np.sum((g - s) ** 2), lambda s, g: np.mean((g - s) ** 2),
                hint="The activations themselves are compared: that is content. Your cost sees where things are.",
                fix="Take the Gram matrix of each first."),
        mistake("pixels for channels", lambda s, g: np.sum((gram_of_pixels(g) - gram_of_pixels(s)) ** 2) / (2 * s.size) ** 2,
                hint="Your Gram matrices have a row for each pixel. They must have one for each channel.",
                fix="F transposed times F, where F is (H W, C)."),
        mistake("reshaped without a transpose",
                lambda s, g: np.sum((scrambled(g) - scrambled(s)) ** 2) / (2 * s.size) ** 2,
                hint="Your Gram matrices mix up the channels: reshaping to (C, H W) does not move an axis.",
                fix="Reshape to (H W, C), or use your `gram_matrix`."),
        mistake("Gram matrix divided as well", lambda s, g: _layer(s, g) / (s.shape[0] * s.shape[1]) ** 2,
                lambda s, g: _layer(s, g) / s.size**2,
                hint="The Gram matrices are divided by a number of pixels or activations, and the distance by it once more.",
                fix="Divide once: the Gram matrix is a plain sum."),
        mistake("not added up", lambda s, g: (gram(g) - gram(s)) ** 2 / (2 * s.size) ** 2,
                lambda s, g: np.sum((gram(g) - gram(s)) ** 2, axis=0) / (2 * s.size) ** 2,
                hint="The cost must be one number: the matrix of squared differences is not added up.",
                fix="`tf.reduce_sum(...)` without an axis."),
        lost(layer_style_cost),
    ])
