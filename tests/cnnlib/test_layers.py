"""ReLU, dense and softmax cross-entropy: numbers by hand, the numeric gradient, TensorFlow; and what importing loads."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib.layers
from cnnlib import (
    dense_backward,
    dense_forward,
    numeric_gradient,
    relu_backward,
    relu_forward,
    softmax_cross_entropy,
)


def ones(*shape):
    return np.ones(shape)


@pytest.fixture
def rows():
    """x (4, 3), weights (3, 5), bias (5,), dy (4, 5): read-only."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in [(4, 3), (3, 5), (5,), (4, 5)]]
    for array in arrays:
        array.setflags(write=False)
    return arrays


def test_relu_by_hand():
    assert_array_equal(relu_forward([[-1.5, 0, 2.5]]), [[0, 0, 2.5]])
    assert_array_equal(relu_backward([[1, 2, 3]], [[-1.5, 0, 2.5]]), [[0, 0, 3]])


def test_dense_by_hand():
    x, weights = [[1, 2], [3, 4]], [[1, 0, 2], [0, 1, 3]]
    assert_array_equal(dense_forward(x, weights, [0, 0, 10]), [[1, 2, 18], [3, 4, 28]])
    dx, dweights, dbias = dense_backward([[1, 0, 0], [0, 0, 1]], x, weights)
    assert_array_equal(dx, [[1, 0], [2, 3]])
    assert_array_equal(dweights, [[1, 0, 3], [2, 0, 4]])
    assert_array_equal(dbias, [1, 0, 1])


def test_softmax_cross_entropy_by_hand():
    # odds of 1 to 3: probabilities 1/4 and 3/4; then 1/2 and 1/2
    loss, dlogits = softmax_cross_entropy([[0, np.log(3)], [5, 5]], [0, 1])
    assert loss == pytest.approx((np.log(4) + np.log(2)) / 2)
    assert_allclose(dlogits, [[-3 / 8, 3 / 8], [1 / 4, -1 / 4]])


def test_a_constant_added_to_the_scores_changes_nothing_and_large_ones_do_not_overflow():
    logits = np.random.default_rng(0).normal(size=(3, 4))
    loss, dlogits = softmax_cross_entropy(logits, [0, 3, 1])
    for shift in (1000, -1000):
        shifted_loss, shifted_dlogits = softmax_cross_entropy(logits + shift, [0, 3, 1])
        assert shifted_loss == pytest.approx(loss)
        assert_allclose(shifted_dlogits, dlogits, atol=1e-12)
    assert softmax_cross_entropy([[-2000, 0]], [0])[0] == 2000


def test_backward_is_the_numeric_gradient(rows):
    x, weights, bias, dy = rows
    dx, dweights, dbias = dense_backward(dy, x, weights)
    assert_allclose(dx, numeric_gradient(lambda x: np.sum(dy * dense_forward(x, weights, bias)), x), atol=1e-8)
    assert_allclose(dweights, numeric_gradient(lambda w: np.sum(dy * dense_forward(x, w, bias)), weights), atol=1e-8)
    assert_allclose(dbias, numeric_gradient(lambda b: np.sum(dy * dense_forward(x, weights, b)), bias), atol=1e-8)
    assert_allclose(relu_backward(dy, dy - 0.1), numeric_gradient(lambda z: np.sum(dy * relu_forward(z)), dy - 0.1), atol=1e-8)
    labels = [4, 0, 2, 2]
    numeric = numeric_gradient(lambda logits: softmax_cross_entropy(logits, labels)[0], dy)
    assert_allclose(softmax_cross_entropy(dy, labels)[1], numeric, atol=1e-9)


@pytest.mark.keras
def test_layers_are_tensorflows(rows):
    tf = pytest.importorskip("tensorflow")
    x, weights, bias, dy = rows
    tensors = [tf.constant(array) for array in (x, weights, bias)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(tensors)
        scores = tensors[0] @ tensors[1] + tensors[2]
        bent = tf.nn.relu(scores)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([4, 0, 2, 2], scores))
    assert_allclose(dense_forward(x, weights, bias), scores)
    for ours, theirs in zip(dense_backward(dy, x, weights), tape.gradient(scores, tensors, tf.constant(dy)), strict=True):
        assert_allclose(ours, theirs)
    assert_allclose(relu_forward(scores.numpy()), bent)
    assert_allclose(relu_backward(dy, scores.numpy()), tape.gradient(bent, scores, tf.constant(dy)))
    ours, dscores = softmax_cross_entropy(scores.numpy(), [4, 0, 2, 2])
    assert ours == pytest.approx(float(loss))
    assert_allclose(dscores, tape.gradient(loss, scores), atol=1e-12)


def test_single_precision_stays_and_the_rest_becomes_float64(rows):
    x, weights, bias, dy = (array.astype(np.float32) for array in rows)
    results = [relu_forward(x), relu_backward(dy, dy), dense_forward(x, weights, bias), *dense_backward(dy, x, weights),
               softmax_cross_entropy(dy, [4, 0, 2, 2])[1]]  # fmt: skip
    assert {result.dtype for result in results} == {np.dtype(np.float32)}
    whole = [relu_forward([1, -1]), relu_backward([1], [True]), dense_forward([[1]], [[2]], [3]),
             *dense_backward([[1]], [[1]], [[2]]), softmax_cross_entropy(np.uint8([[1, 2]]), [0])[1]]  # fmt: skip
    assert {result.dtype for result in whole} == {np.dtype(np.float64)}


def test_relu_takes_any_shape_and_its_result_is_a_new_array():
    for shape in [(3,), (2, 3), (2, 3, 4, 5)]:
        x = np.ones(shape)
        assert relu_forward(x).shape == relu_backward(x, x).shape == shape
        assert not np.shares_memory(relu_forward(x), x)


@pytest.mark.parametrize(
    "call, error, says",
    [
        pytest.param(lambda: relu_backward([1, 2], [1]), ValueError, r"dy has shape \(2,\), but x .* \(1,\)", id="relu shapes"),
        pytest.param(lambda: relu_forward(["a"]), TypeError, "x holds", id="relu of text"),
        pytest.param(lambda: dense_forward(ones(2, 3, 4, 1), ones(12, 2), ones(2)), ValueError, "reshape", id="maps"),
        pytest.param(lambda: dense_forward(ones(2, 3), ones(4, 2), ones(2)), ValueError, "4 inputs .* 3", id="depth"),
        pytest.param(lambda: dense_forward(ones(2, 3), ones(3, 2), ones(3)), ValueError, "bias has shape", id="bias"),
        pytest.param(lambda: dense_backward(ones(2, 3), ones(2, 3), ones(3, 2)), ValueError, "dy has shape", id="dy"),
        pytest.param(lambda: softmax_cross_entropy(ones(3), [0]), ValueError, "logits has shape", id="one row"),
        pytest.param(lambda: softmax_cross_entropy(ones(2, 3), [0]), ValueError, "one label per row", id="a label too few"),
        pytest.param(lambda: softmax_cross_entropy(ones(2, 3), [[1, 0, 0], [0, 1, 0]]), ValueError, "argmax", id="one-hot"),
        pytest.param(lambda: softmax_cross_entropy(ones(2, 3), [0, 3]), ValueError, "0 to 3, .* 3 classes", id="no such class"),
        pytest.param(lambda: softmax_cross_entropy(ones(2, 3), [0, -1]), ValueError, "from -1", id="class below 0"),
        pytest.param(lambda: softmax_cross_entropy(ones(2, 3), [0.0, 1.0]), TypeError, "whole numbers", id="float labels"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_all_layers_are_at_hand_in_cnnlib():
    assert all(getattr(cnnlib, name) is getattr(cnnlib.layers, name) for name in cnnlib.layers.__all__)


def test_the_numerics_of_a_network_load_neither_tensorflow_nor_scipy():
    code = (
        "import sys, cnnlib, cnnlib.network, cnnlib.layers; from cnnlib.mnist import load_mnist; load_mnist();"
        "print(sorted({'tensorflow', 'keras', 'scipy', 'matplotlib', 'skimage', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
