"""The layers of a small network, forward and backward: after this room you can send a loss back through all of it.

Maps are (N, H, W, C), channels last, and rows of numbers (N, D). A layer here is a pair of plain functions: `name_forward`
takes its input and its parameters, `name_backward` takes the gradient of the loss with respect to the layer's output, dy,
and what the forward pass was given, and returns the gradient with respect to each of them. Nothing is kept in between and
nothing is changed in place. float32 stays float32, every other type becomes float64.

The convolution as loops is in cnnlib.convolution_loops, as matrix products in cnnlib.convolution_layers; pooling in
cnnlib.pooling; the check of them all in cnnlib.gradient_checking.
"""

import numpy as np

from cnnlib._layer_checks import check_shape, same_floats
from cnnlib.convolution_layers import conv2d_backward, conv2d_forward
from cnnlib.convolution_loops import conv1d_backward, conv1d_forward, conv2d_backward_loops, conv2d_forward_loops
from cnnlib.gradient_checking import numeric_gradient
from cnnlib.pooling import average_pool_backward, average_pool_forward, max_pool_backward, max_pool_forward

__all__ = [
    "average_pool_backward",
    "average_pool_forward",
    "conv1d_backward",
    "conv1d_forward",
    "conv2d_backward",
    "conv2d_backward_loops",
    "conv2d_forward",
    "conv2d_forward_loops",
    "dense_backward",
    "dense_forward",
    "max_pool_backward",
    "max_pool_forward",
    "numeric_gradient",
    "relu_backward",
    "relu_forward",
    "softmax_cross_entropy",
]

_ROWS = "Maps become rows with x.reshape(len(x), -1)."


def relu_forward(x):
    """Let what is above 0 pass, and make the rest 0.

    Without such a bend between them two layers are one: a sum of sums is a sum. ReLU is the simplest bend there is.

    Parameters
    ----------
    x : array_like of any shape

    Returns
    -------
    y : array of the same shape.

    Raises
    ------
    TypeError : when x holds no real numbers.

    Examples
    --------
    >>> relu_forward([-2, 0, 3])
    array([0., 0., 3.])

    Source: X. Glorot, A. Bordes and Y. Bengio, Deep sparse rectifier neural networks, 2011.
    """
    (x,) = _any_shape(x)
    return np.maximum(x, 0)


def relu_backward(dy, x):
    """Let the gradient pass where x was above 0.

    There ReLU is the identity, with slope 1, and elsewhere constant, with slope 0. At 0 itself it has a kink and no slope; as
    everywhere, 0 is taken.

    Parameters
    ----------
    dy : array_like
        Gradient of the loss with respect to relu_forward(x).
    x : array_like of the same shape
        What the forward pass was given.

    Returns
    -------
    dx : array of the same shape.

    Raises
    ------
    ValueError : when the shapes differ.
    TypeError : when either holds no real numbers.

    Examples
    --------
    >>> relu_backward([10, 20, 30], [-2, 0, 3])
    array([ 0.,  0., 30.])

    Source: X. Glorot, A. Bordes and Y. Bengio, Deep sparse rectifier neural networks, 2011.
    """
    dy, x = _any_shape(dy, x)
    check_shape(dy, "dy", x.shape, "x")
    return dy * (x > 0)


def dense_forward(x, weights, bias):
    """Let every output see every input: x @ weights + bias.

    Parameters
    ----------
    x : (N, D) array_like
    weights : (D, M) array_like
    bias : (M,) array_like

    Returns
    -------
    y : (N, M) array.

    Raises
    ------
    ValueError : when the sizes do not fit, or an array is empty or has another number of axes.
    TypeError : when an array holds no real numbers.

    Examples
    --------
    >>> dense_forward([[1, 2]], [[10, 0, 1], [1, 1, 1]], [0, 0, 100])
    array([[ 12.,   2., 103.]])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 6.1.
    """
    x, weights, bias = same_floats(
        (x, "x", ("N", "D"), _ROWS), (weights, "weights", ("D", "M"), ""), (bias, "bias", ("M",), "One bias per output.")
    )
    _check_depth(x, weights)
    check_shape(bias, "bias", weights.shape[1:], "one number per output")
    return x @ weights + bias


def dense_backward(dy, x, weights):
    """Send the gradient of a dense layer's output back to its input, its weights and its bias.

    Each weight joins one input to one output, so it is paid their product, x times dy, added up over the batch; each input is
    paid by all outputs, through its weights.

    Parameters
    ----------
    dy : (N, M) array_like
        Gradient of the loss with respect to dense_forward(x, weights, bias).
    x : (N, D) array_like
    weights : (D, M) array_like

    Returns
    -------
    dx : (N, D) array
    dweights : (D, M) array
    dbias : (M,) array; both are sums over the batch, not means

    Raises
    ------
    ValueError, TypeError
        As dense_forward; and when dy has not the shape of its output.

    Examples
    --------
    >>> dx, dweights, dbias = dense_backward([[1, 0, 5]], [[1, 2]], [[10, 0, 1], [1, 1, 1]])
    >>> dx, dbias
    (array([[15.,  6.]]), array([1., 0., 5.]))
    >>> dweights
    array([[ 1.,  0.,  5.],
           [ 2.,  0., 10.]])

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 6.5.
    """
    axes = ("N", "M"), ("N", "D"), ("D", "M")
    hints = "dy is the gradient of the layer's output.", _ROWS, ""
    dy, x, weights = same_floats(*zip((dy, x, weights), ("dy", "x", "weights"), axes, hints, strict=True))
    _check_depth(x, weights)
    check_shape(dy, "dy", (len(x), weights.shape[1]), "the layer's output")
    return dy @ weights.T, x.T @ dy, dy.sum(axis=0)


def softmax_cross_entropy(logits, labels):
    """Turn scores into probabilities, and say how surprised they are by the truth: the mean loss, and its gradient.

    The loss of one row is minus the logarithm of the probability that its true class was given. Softmax and cross-entropy
    are taken together because their gradient together is simple: probability minus truth. The largest score is taken off
    first, which changes no probability and keeps the exponential from overflowing.

    Parameters
    ----------
    logits : (N, classes) array_like
        Scores, any real numbers.
    labels : (N,) array_like of integers
        The true class of each row, 0 to classes - 1.

    Returns
    -------
    loss : float, in nats, the mean over the batch
    dlogits : (N, classes) array
        Gradient of that mean, so the 1 / N is in it.

    Raises
    ------
    ValueError
        When the labels differ in number from the rows or name no class, or an array is empty or has another number of axes.
    TypeError
        When the scores are no real numbers, or the labels no integers.

    Examples
    --------
    Three equal scores are three probabilities of 1/3, and the loss is log 3:

    >>> loss, dlogits = softmax_cross_entropy([[7, 7, 7]], [2])
    >>> round(loss, 4), dlogits.round(4)
    (1.0986, array([[ 0.3333,  0.3333, -0.6667]]))

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 6.2.2.3.
    """
    (logits,) = same_floats((logits, "logits", ("N", "classes"), "One row of scores per image."))
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels hold {labels.dtype} values: they need to be whole numbers, the classes. Use .astype(int).")
    if labels.shape != (len(logits),):
        raise ValueError(
            f"labels have shape {labels.shape}, but logits have {len(logits)} rows: one label per row. Use labels of shape "
            f"({len(logits)},); one-hot rows become labels with .argmax(axis=1)."
        )
    classes = logits.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels run from {labels.min()} to {labels.max()}, but logits have {classes} classes: labels are 0 to "
            f"{classes - 1}. Use as many scores as there are classes."
        )
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (N, classes)
    rows = np.arange(len(logits))
    dlogits = np.exp(log_probabilities)
    dlogits[rows, labels] -= 1
    return -float(log_probabilities[rows, labels].mean()), dlogits / logits.dtype.type(len(logits))


def _any_shape(*arrays):
    names = ("dy", "x")[-len(arrays) :]
    return same_floats(*[(array, name, ("any",) * np.ndim(array), "") for array, name in zip(arrays, names, strict=True)])


def _check_depth(x, weights):
    if x.shape[1] != weights.shape[0]:
        raise ValueError(
            f"weights of {weights.shape[0]} inputs do not fit rows of {x.shape[1]} numbers: every number has its weight. "
            f"Use weights of shape ({x.shape[1]}, M)."
        )
