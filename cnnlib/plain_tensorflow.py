"""The same network without Keras: after this room nothing is left in a layer but arrays and five functions of TensorFlow.

    images (N, H, W, C) -> conv2d + bias -> relu -> max_pool2d -> conv2d + bias -> relu -> max_pool2d
                        -> flatten -> matmul + bias -> softmax

The parameters are a dict of arrays, weights1 (KH, KW, C, F1), bias1 (F1,), weights2 (KH, KW, F1, F2), bias2 (F2,), weights3
(D, classes), bias3 (classes,): those of cnnlib.cnn, which does the same in NumPy alone.
"""

import numpy as np


def tf_forward(x, params):
    """Send images through two convolutions, each with ReLU and pooling, and a dense layer, in plain TensorFlow.

    This is what cnnlib.build_cnn computes when it is asked, and nothing else: dropout acts only while it learns.

    Parameters
    ----------
    x : (N, H, W, C) array_like of floats
    params : dict of arrays or of tf.Variable
        See above. The filters are moved by one pixel and never over the edge ("VALID"); the pooling is 2 x 2.

    Returns
    -------
    probabilities : (N, classes) tensor of floats; each row adds up to 1.

    Raises
    ------
    ValueError
        When the dense layer's weights do not fit what comes out of the last pooling.

    Examples
    --------
    >>> from cnnlib.cnn import create_cnn
    >>> tf_forward(np.zeros((2, 28, 28, 1)), create_cnn()).shape  # doctest: +SKIP
    TensorShape([2, 10])
    """
    import tensorflow as tf

    return tf.nn.softmax(tf_scores(x, params))


def tf_scores(x, params):
    """As tf_forward, without the softmax: (N, classes) scores, what losses want. x and params as there."""
    import tensorflow as tf

    params = {name: tf.convert_to_tensor(value) for name, value in params.items()}
    y = tf.cast(x, params["weights1"].dtype)  # (N, H, W, C)
    for layer in "12":
        y = tf.nn.conv2d(y, params[f"weights{layer}"], strides=1, padding="VALID")  # (N, H', W', F)
        y = tf.nn.relu(tf.nn.bias_add(y, params[f"bias{layer}"]))
        y = tf.nn.max_pool2d(y, ksize=2, strides=2, padding="VALID")
    rows = tf.reshape(y, (len(y), -1))  # (N, D), height by height, then width, then channel
    if rows.shape[1] != params["weights3"].shape[0]:
        raise ValueError(f"the last pooling gives {rows.shape[1]} numbers an image, but weights3 has "
                         f"{params['weights3'].shape[0]} rows: the images have another size than those the network is for.")
    return tf.matmul(rows, params["weights3"]) + params["bias3"]


def tf_train_step(params, x, rows, rate):
    """One step of gradient descent: forward, loss, backward, and every parameter a little downhill.

    TensorFlow records the forward pass on a tape and plays it backwards: the chain rule of unit 03, for each operation.

    Parameters
    ----------
    params : dict of tf.Variable, as tf_forward takes them; changed in place.
    x : (N, H, W, C) array_like of floats
    rows : (N, classes) array_like, one-hot
    rate : float

    Returns
    -------
    loss : float, the mean cross-entropy before the step, in nats.
    """
    import tensorflow as tf

    with tf.GradientTape() as tape:
        scores = tf_scores(x, params)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(tf.cast(rows, scores.dtype), scores))
    gradients = tape.gradient(loss, list(params.values()))
    for variable, gradient in zip(params.values(), gradients, strict=True):
        variable.assign_sub(rate * gradient)
    return float(loss)


def params_of(model):
    """Take the parameters out of a Keras network with two convolutions and one dense layer.

    Parameters
    ----------
    model : keras.Model, such as build_cnn gives

    Returns
    -------
    params : dict of float32 arrays, as tf_forward takes them; copies.

    Raises
    ------
    ValueError
        When the model has other weights than two convolutions and a dense layer have.

    Examples
    --------
    >>> from cnnlib import build_cnn
    >>> [array.shape for array in params_of(build_cnn()).values()][:2]  # doctest: +SKIP
    [(5, 5, 1, 16), (16,)]
    """
    arrays = [np.array(array) for array in model.get_weights()]
    if [array.ndim for array in arrays] != [4, 1, 4, 1, 2, 1]:
        raise ValueError(f"the model's weights have the shapes {[array.shape for array in arrays]}: they need to be those of "
                         "two convolutions and one dense layer, each with its bias. Use build_cnn().")
    return dict(zip(("weights1", "bias1", "weights2", "bias2", "weights3", "bias3"), arrays, strict=True))
