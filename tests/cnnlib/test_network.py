"""The small network: gradients, loop, progress, and over 95 % on real digits with layers as a student writes them."""

import time
import types

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import cnnlib.layers
from cnnlib import numeric_gradient, softmax_cross_entropy, train_cnn
from cnnlib.mnist import load_mnist
from cnnlib.network import LAYERS, accuracy, band, cnn_backward, cnn_forward, create_cnn, train_epochs


@pytest.fixture(scope="module")
def digits():
    """400 digits to learn from and 100 others."""
    (images, labels), (test_images, test_labels) = load_mnist()
    return images[:400], labels[:400], test_images[:100], test_labels[:100]


# As a student may write them: loops over the kernel, everything else in one go, in float64


def student_conv2d_forward(x, weights, bias, *, stride=1, pad=0):
    kh, kw = weights.shape[:2]
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    height, width = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    y = np.zeros((x.shape[0], height, width, weights.shape[3]))
    for a in range(kh):
        for b in range(kw):
            seen = x[:, a : a + stride * (height - 1) + 1 : stride, b : b + stride * (width - 1) + 1 : stride]
            y += np.einsum("nhwc,cf->nhwf", seen, weights[a, b])
    return y + bias


def student_conv2d_backward(dy, x, weights, *, stride=1, pad=0):
    (kh, kw), (height, width) = weights.shape[:2], dy.shape[1:3]
    padded = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    dpadded, dweights = np.zeros(padded.shape), np.zeros(weights.shape)
    for a in range(kh):
        for b in range(kw):
            seen = np.s_[:, a : a + stride * (height - 1) + 1 : stride, b : b + stride * (width - 1) + 1 : stride]
            dpadded[seen] += np.einsum("nhwf,cf->nhwc", dy, weights[a, b])
            dweights[a, b] = np.einsum("nhwc,nhwf->cf", padded[seen], dy)
    return dpadded[:, pad : pad + x.shape[1], pad : pad + x.shape[2]], dweights, dy.sum(axis=(0, 1, 2))


def student_max_pool_forward(x, size, *, stride=None):
    stride = stride or size
    height, width = (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1
    y = np.full((x.shape[0], height, width, x.shape[3]), -np.inf)
    for a in range(size):
        for b in range(size):
            y = np.maximum(y, x[:, a : a + stride * (height - 1) + 1 : stride, b : b + stride * (width - 1) + 1 : stride])
    return y


def student_max_pool_backward(dy, x, size, *, stride=None):
    stride = stride or size
    height, width = dy.shape[1:3]
    largest = student_max_pool_forward(x, size, stride=stride)
    dx, free = np.zeros(x.shape), np.ones(dy.shape, bool)
    for a in range(size):
        for b in range(size):
            seen = np.s_[:, a : a + stride * (height - 1) + 1 : stride, b : b + stride * (width - 1) + 1 : stride]
            wins = free & (x[seen] == largest)
            dx[seen] += wins * dy
            free &= ~wins
    return dx


STUDENT = {
    "conv2d_forward": student_conv2d_forward,
    "conv2d_backward": student_conv2d_backward,
    "max_pool_forward": student_max_pool_forward,
    "max_pool_backward": student_max_pool_backward,
}


# Learning


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_over_95_percent_of_the_test_digits_after_the_shipped_training_digits(seed):
    train, test = load_mnist()
    trained = train_cnn(*train, *test, seed=seed, progress=False)
    assert trained.accuracy > 0.95
    assert accuracy(trained.params, *test) == trained.accuracy


def test_a_students_layers_reach_it_too_in_time():
    train, test = load_mnist()
    start = time.process_time()  # what this process took, also on a busy machine
    assert train_cnn(*train, *test, layers=STUDENT, progress=False).accuracy > 0.95
    assert time.process_time() - start < 90


def test_a_students_layers_and_the_librarys_learn_alike(digits):
    ours, theirs = (list(train_epochs(*digits, layers=layers, epochs=2)) for layers in (None, STUDENT))
    assert [epoch.loss for epoch in ours] == pytest.approx([epoch.loss for epoch in theirs], rel=1e-3)
    assert ours[1].loss < ours[0].loss < np.log(10)


def test_the_first_loss_is_that_of_guessing_and_the_last_far_below(digits):
    epochs = list(train_epochs(*digits, epochs=8, rate=0.01))
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert epochs[-1].loss < 0.7 < 1.2 < epochs[0].loss < 3
    assert 0.6 < epochs[-1].accuracy <= 1


def test_one_step_is_the_gradient_times_the_rate():
    images, labels = np.random.default_rng(0).random((2, 10, 12, 3)), [0, 1]
    start = create_cnn((10, 12, 3), 2, seed=5)
    (trained,) = train_epochs(images, labels, images, labels, epochs=1, batch=2, rate=0.5, seed=5)
    scores, seen = cnn_forward(start, images.astype(np.float32))
    loss, dscores = softmax_cross_entropy(scores, labels)
    assert trained.loss == pytest.approx(loss, rel=1e-5)
    for name, gradient in cnn_backward(dscores, start, seen).items():
        assert_allclose(trained.params[name], start[name] - 0.5 * gradient, atol=1e-5)


def test_the_gradient_of_the_whole_network_is_the_numeric_one():
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(2, 10, 11, 2)), [2, 0]
    drawn = create_cnn((10, 11, 2), 3, filters=(2, 3))
    params = {name: array + rng.normal(0, 0.1, array.shape) for name, array in drawn.items()}
    scores, seen = cnn_forward(params, images)
    gradients = cnn_backward(softmax_cross_entropy(scores, labels)[1], params, seen)
    assert list(gradients) != [] and set(gradients) == set(params)
    for name in params:
        def loss(array, name=name):
            return softmax_cross_entropy(cnn_forward(params | {name: array}, images)[0], labels)[0]

        assert_allclose(gradients[name], numeric_gradient(loss, params[name]), atol=1e-7)


@pytest.mark.keras
def test_scores_and_gradients_are_those_of_the_same_network_in_keras():
    tf = pytest.importorskip("tensorflow")
    import keras

    model = keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(2), keras.layers.Flatten(),
        keras.layers.Dense(10),
    ])  # fmt: skip
    params = create_cnn(seed=1)
    model.set_weights(list(params.values()))
    assert model.count_params() == sum(array.size for array in params.values()) == 5258
    images, labels = np.random.default_rng(0).random((4, 28, 28, 1), np.float32), [3, 0, 9, 3]
    with tf.GradientTape() as tape:
        theirs = model(images)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, theirs))
    scores, seen = cnn_forward(params, images)
    assert_allclose(scores, theirs, atol=1e-5)
    gradients = cnn_backward(softmax_cross_entropy(scores, labels)[1], params, seen)
    for (name, ours), expected in zip(params.items(), tape.gradient(loss, model.trainable_variables), strict=True):
        assert_allclose(gradients[name], expected, atol=1e-5, err_msg=name)
        assert ours.dtype == gradients[name].dtype == np.float32


# Repeatable, and shown


def test_the_same_seed_gives_the_same_network_and_another_seed_another(digits):
    once, again, other = (train_cnn(*digits, epochs=1, seed=seed, progress=False) for seed in (3, 3, 4))
    for name in once.params:
        assert_allclose(again.params[name], once.params[name], atol=1e-6)
    assert not np.allclose(other.params["weights1"], once.params["weights1"])


def test_progress_is_a_line_an_epoch_without_times_or_last_digits(digits, capsys):
    trained = train_cnn(*digits, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("epoch 1 of 2 .......... ")
    assert lines[1] == f"epoch 2 of 2 .......... {band(trained.accuracy)} of the test images right"
    train_cnn(*digits, epochs=1, batch=300, progress=False)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "part, words",
    [(0.0, "under 50 %"), (0.5, "under 50 %"), (0.501, "over 50 %"), (0.89, "over 80 %"), (0.951, "over 90 %")],
)
def test_bands_are_wide(part, words):
    assert band(part) == words


def test_the_epochs_come_one_by_one_and_their_parameters_are_the_callers_own(digits):
    path = train_epochs(*digits, epochs=10**9)
    assert isinstance(path, types.GeneratorType)
    first = next(path)
    kept = {name: array.copy() for name, array in first.params.items()}
    for array in first.params.values():
        array[...] = np.nan
    second = next(path)
    assert np.isfinite(second.loss)
    assert not any(np.array_equal(second.params[name], kept[name]) for name in kept)


def test_arguments_are_not_changed_and_bytes_are_scaled(digits):
    for array in digits:
        array.setflags(write=False)
    bytes_ = train_cnn(*digits, epochs=1, progress=False)
    images, labels, test_images, test_labels = digits
    scaled = [array[..., np.newaxis] / np.float32(255) for array in (images, test_images)]
    floats = train_cnn(scaled[0], labels, scaled[1], test_labels, epochs=1, progress=False)
    assert_allclose(bytes_.params["weights3"], floats.params["weights3"], atol=1e-6)


# Layers of one's own


def test_a_network_calls_the_layers_that_are_given(digits):
    called = []

    def relu_forward(x):
        called.append(np.shape(x))
        return cnnlib.layers.relu_forward(x)

    params, images = create_cnn(), np.zeros((3, 28, 28, 1))
    expected, _ = cnn_forward(params, images)
    scores, _ = cnn_forward(params, images, layers={"relu_forward": relu_forward})
    assert called == [(3, 26, 26, 8), (3, 11, 11, 16)]
    assert_array_equal(scores, expected)
    assert_array_equal(cnn_forward(params, images, layers=cnnlib.layers)[0], expected)
    assert all(callable(getattr(cnnlib.layers, name)) for name in LAYERS)


def test_a_gradient_of_the_wrong_shape_is_named(digits):
    def conv2d_backward(dy, x, weights):
        dx, dweights, dbias = cnnlib.layers.conv2d_backward(dy, x, weights)
        return dx, dweights, dbias.mean()

    with pytest.raises(ValueError, match=r"the gradient of bias1 has shape \(\), but bias1 has shape \(8,\)|bias2"):
        train_cnn(*digits, layers={"conv2d_backward": conv2d_backward}, progress=False)


# Errors


def test_what_a_draw_needs():
    assert_array_equal(create_cnn(seed=1)["weights2"], create_cnn(seed=1)["weights2"])
    spread = create_cnn(filters=(64, 64))["weights2"].std()
    assert spread == pytest.approx(np.sqrt(2 / (9 * 64)), rel=0.02)
    with pytest.raises(ValueError, match="images of 9 x 20 px are too small"):
        create_cnn((9, 20, 1))


@pytest.mark.parametrize(
    "change, error, says",
    [
        pytest.param({"labels": [0] * 9}, ValueError, r"400 images, but labels have shape \(9,\)", id="labels too few"),
        pytest.param({"labels": [0.5] * 400}, TypeError, "whole numbers", id="labels that are no classes"),
        pytest.param({"labels": [-1] * 400}, ValueError, "classes are numbered from 0", id="labels below 0"),
        pytest.param({"images": np.zeros((400, 784))}, ValueError, r"images have shape \(400, 784\)", id="flat images"),
        pytest.param({"images": np.full((400, 28, 28), "a")}, TypeError, "real numbers", id="no images"),
        pytest.param({"epochs": 0}, ValueError, "epochs is 0", id="no epoch"),
        pytest.param({"batch": 0}, ValueError, "batch is 0", id="no batch"),
        pytest.param({"rate": 0}, ValueError, "rate is 0", id="no rate"),
        pytest.param({"layers": {"conv2d": 1}}, ValueError, "layers names 'conv2d'", id="no such layer"),
    ],
)
@pytest.mark.parametrize("train", [train_cnn, train_epochs])
def test_what_cannot_be_trained_is_refused_at_the_call(digits, train, change, error, says):
    names = ("images", "labels", "test_images", "test_labels")
    with pytest.raises(error, match=says):
        train(**dict(zip(names, digits, strict=True)) | change)
