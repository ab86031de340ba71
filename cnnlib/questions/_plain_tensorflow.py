"""The checks of `tf_forward`: small networks in which padding, pooling, flattening and softmax each show in the numbers.

x is (N, H, W, C) and not square, filters are neither square nor symmetric, there are several channels and images. With filters
of 1 x 1 padding makes no difference, with odd sizes that of pooling does: so the ways to get another size fail in other cases.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.plain_tensorflow import tf_forward


def network(seed, first, second, dense):
    """Parameters drawn from a seed, by the shapes of the weights; biases are not zero."""
    rng = np.random.default_rng(seed)
    params = {}
    for number, shape in enumerate((first, second, dense), start=1):
        params[f"weights{number}"] = rng.normal(0, 0.6, shape).astype(np.float32)
        params[f"bias{number}"] = rng.normal(0, 0.5, shape[-1]).astype(np.float32)
    return params


def _images(seed, *shape):
    return np.random.default_rng(seed).normal(0.3, 1, shape).astype(np.float32)


def _forward(x, params, *, padding="VALID", pooling="VALID", pool=True, pool_by=2, average=False, relu=(True, True), bias=True,
             first="NHWC", dense_relu=False, last="softmax", flip=False, cast=True):  # fmt: skip
    """The network with something changed, each change a mistake of its own."""
    import tensorflow as tf

    y = tf.convert_to_tensor(x, tf.float32) if cast else tf.convert_to_tensor(x)
    for layer, bend in zip("12", relu, strict=True):
        weights = tf.constant(params[f"weights{layer}"])
        y = tf.nn.conv2d(y, weights[::-1, ::-1] if flip else weights, 1, padding)
        y = y + params[f"bias{layer}"] if bias else y
        y = tf.nn.relu(y) if bend else y
        if pool:
            y = (tf.nn.avg_pool2d if average else tf.nn.max_pool2d)(y, 2, pool_by, pooling)
    rows = tf.reshape(y if first == "NHWC" else tf.transpose(y, (0, 3, 1, 2)), (len(x), -1))
    scores = tf.matmul(rows, params["weights3"]) + (params["bias3"] if bias else 0)
    scores = tf.nn.relu(scores) if dense_relu else scores
    last = {"softmax": tf.nn.softmax, "none": tf.identity, "over the batch": lambda s: tf.nn.softmax(s, axis=0),
            "sigmoid": tf.nn.sigmoid, "twice": lambda s: tf.nn.softmax(tf.nn.softmax(s))}[last]  # fmt: skip
    return last(scores).numpy()


def _with(**changes):
    return lambda x, params: _forward(x, params, **changes)


def _not_there(x, params):
    raise KeyError("as the student's code does")


TF_FORWARD = Question(
    tf_forward,
    cases=[
        case("filters of 1 x 1, two images",
             _images(1, 2, 4, 4, 1), network(1, (1, 1, 1, 2), (1, 1, 2, 3), (3, 4))),
        case("filters of other sizes, not square", _images(2, 1, 9, 10, 1), network(2, (2, 3, 1, 3), (3, 1, 3, 2), (4, 3))),
        case("sizes that pooling cannot halve", _images(3, 1, 8, 6, 2), network(3, (2, 2, 2, 2), (2, 1, 2, 2), (2, 3))),
        case("numbers in double precision",
             _images(4, 2, 4, 6, 1).astype(float), network(4, (1, 1, 1, 2), (1, 2, 2, 2), (2, 2))),
    ],
    mistakes=[
        mistake("no softmax", _with(last="none"),
                hint="What you return are scores: they are not between 0 and 1 and do not add up to 1.",
                fix="End with `tf.nn.softmax(scores)`."),
        mistake("softmax over the batch", _with(last="over the batch"),
                hint="Your columns add up to 1, not your rows: the images compete in place of the classes.",
                fix="`tf.nn.softmax(scores)` takes the last axis, the classes; do not give it axis=0."),
        mistake("softmax twice", _with(last="twice"),
                hint="Softmax is applied twice, so all answers are nearly alike.",
                fix="Apply it once, to the scores."),
        mistake("sigmoid for softmax", _with(last="sigmoid"),
                hint="Each answer is given for itself; a row does not add up to 1.",
                fix="End with `tf.nn.softmax(scores)`."),
        mistake("no ReLU", _with(relu=(False, False)), _with(relu=(True, False)), _with(relu=(False, True)),
                hint="What a convolution gives below zero goes on to the next layer.",
                fix="`tf.nn.relu` after each of the two convolutions."),
        mistake("ReLU on the scores", _with(dense_relu=True),
                hint="The last scores are cut off at 0. There all classes that are out of the question become alike.",
                fix="No ReLU after the dense layer: its scores go to softmax as they are."),
        mistake("no bias", _with(bias=False),
                hint="The biases are not added.",
                fix="Add `params['bias1']`, `['bias2']` and `['bias3']`, each after its product."),
        mistake("same padding", _with(padding="SAME"), _with(padding="SAME", pooling="SAME"),
                hint="The convolution hangs over the edge of the image, `SAME`. More comes out than the dense layer takes.",
                fix="Use `padding='VALID'` in `tf.nn.conv2d`."),
        mistake("pooling rounded up", _with(pooling="SAME"),
                hint="Where the size is odd, your pooling keeps a last half window.",
                fix="Use `padding='VALID'` in `tf.nn.max_pool2d`."),
        mistake("pooling missing", _with(pool=False), _with(pool_by=1),
                hint="After your two poolings there are more numbers than the dense layer takes: nothing was halved.",
                fix="`tf.nn.max_pool2d(y, ksize=2, strides=2, padding='VALID')` after each ReLU."),
        mistake("average for maximum", _with(average=True),
                hint="You pool with the mean. Here the largest of each window goes on.",
                fix="Use `tf.nn.max_pool2d`."),
        mistake("channels first", _with(first="NCHW"),
                hint="The numbers reach the dense layer in another order than the one its weights are for.",
                fix="Flatten the array as it lies, (N, H, W, C): `tf.reshape(y, (len(x), -1))`, without a transpose."),
        mistake("filters turned", _with(flip=True),
                hint="Your filters are turned by 180 degrees. `tf.nn.conv2d` takes them as they are, and so do the networks.",
                fix="Give `params['weights1']` to `tf.nn.conv2d` unchanged."),
        mistake("types mixed", _with(cast=False),
                hint="TensorFlow does not multiply float64 images with float32 weights.",
                fix="Bring the images to the type of the weights first: `tf.cast(x, tf.float32)`."),
    ])
