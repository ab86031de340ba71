"""The costs of style transfer against loops over entries, the paper's slopes, numeric ones, and TensorFlow's own functions."""

import numpy as np
import pytest

from cnnlib import (
    content_cost,
    gram_matrix,
    layer_style_cost,
    style_cost,
    total_cost,
    total_variation,
    train_step,
)

pytestmark = pytest.mark.keras


@pytest.fixture
def tf():
    import tensorflow
    return tensorflow


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def slope(tf, cost, at):
    at = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = cost(at)
    return tape.gradient(value, at).numpy()


def numeric_slope(cost, at, h=1e-5):
    steps = h * np.eye(at.size).reshape(at.size, *at.shape)
    return np.array([(float(cost(at + step)) - float(cost(at - step))) / (2 * h) for step in steps]).reshape(at.shape)


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 1, 2), (1, 1, 3), (3, 2, 1)], ids=str)
def test_the_gram_matrix_is_the_sum_over_pixels_of_each_channel_times_each(shape):
    features = draw(*shape)
    by_hand = [[sum(features[h, w, i] * features[h, w, j] for h in range(shape[0]) for w in range(shape[1]))
                for j in range(shape[2])] for i in range(shape[2])]
    assert np.allclose(gram_matrix(features), by_hand)


def test_the_gram_matrix_forgets_where_and_keeps_which():
    features, order = draw(3, 4, 5), np.array([2, 0, 4, 1, 3])
    gram = gram_matrix(features).numpy()
    mixed = np.random.default_rng(1).permutation(features.reshape(-1, 5)).reshape(4, 3, 5)
    assert np.allclose(gram_matrix(mixed), gram)
    assert np.allclose(gram_matrix(features[..., order]), gram[order][:, order])
    assert np.linalg.eigvalsh(gram).min() > -1e-9, "a Gram matrix has no negative eigenvalue"


def test_arrays_of_whole_numbers_lists_and_tensors_are_all_features(tf):
    features = [[[1, 0], [2, 1]]]
    for given in (features, np.array(features), np.array(features, np.uint8), tf.constant(features, tf.float64)):
        assert gram_matrix(given).numpy().tolist() == [[5, 2], [2, 1]]


@pytest.mark.parametrize("function", [gram_matrix, total_variation])
def test_a_batch_is_refused_with_the_way_out(function):
    with pytest.raises(ValueError, match=r"shape \(1, 2, 3, 4\): it needs to be \(H, W, C\).*\[0\]"):
        function(draw(1, 2, 3, 4))


def test_content_is_half_the_squared_distance_and_sees_places(tf):
    content, generated = draw(2, 3, 4), draw(2, 3, 4, seed=1)
    assert np.isclose(content_cost(content, generated), np.linalg.norm(content - generated) ** 2 / 2)
    assert np.isclose(content_cost(content, generated), tf.nn.l2_loss(content - generated))
    assert content_cost(content, content) == 0 < content_cost(content, content[::-1])
    assert np.allclose(slope(tf, lambda x: content_cost(content, x), generated), generated - content)


def test_the_style_of_a_layer_has_the_papers_factor_and_does_not_see_places():
    style, generated = draw(2, 3, 4), draw(2, 3, 4, seed=1)
    pixels, filters = 6, 4
    squares = sum((float(g) - float(a)) ** 2 for g, a in zip(
        np.ravel(gram_matrix(generated)), np.ravel(gram_matrix(style)), strict=True))
    assert np.isclose(layer_style_cost(style, generated), squares / (4 * filters**2 * pixels**2))
    assert np.isclose(layer_style_cost(style, style[::-1, ::-1]), 0)
    tiled = [np.tile(x, (2, 2, 1)) for x in (style, generated)]
    assert np.isclose(layer_style_cost(*tiled), layer_style_cost(style, generated)), "four times the pixels, the same cost"


def test_the_slope_of_the_style_cost_is_the_papers_formula_and_the_numeric_one(tf):
    style, generated = draw(2, 2, 3), draw(2, 2, 3, seed=1)
    flat = generated.reshape(4, 3)
    paper = flat @ (gram_matrix(generated).numpy() - gram_matrix(style).numpy()) / (3**2 * 4**2)  # equation 6, no ReLU
    got = slope(tf, lambda x: layer_style_cost(style, x), generated)
    assert np.allclose(got.reshape(4, 3), paper)
    assert np.allclose(got, numeric_slope(lambda x: layer_style_cost(style, x), generated), atol=1e-8)


@pytest.mark.parametrize("function", [content_cost, layer_style_cost])
def test_images_of_two_sizes_are_refused(function):
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) and \(3, 2, 4\).*equally large"):
        function(draw(2, 3, 4), draw(3, 2, 4))


def test_layers_are_weighed_and_added():
    shapes, weights = [(2, 3, 2), (1, 2, 4), (2, 1, 3)], [0.5, 3.0, 0.0]
    styles, generateds = ([draw(*shape, seed=seed) for shape in shapes] for seed in (1, 2))
    each = [float(layer_style_cost(*pair)) for pair in zip(styles, generateds, strict=True)]
    assert np.isclose(style_cost(styles, generateds, weights), np.dot(each, weights))
    with pytest.raises(ValueError, match="3 styles, 2 generateds and 3 weights"):
        style_cost(styles, generateds[:2], weights)


def test_total_variation_is_tensorflows(tf):
    image = tf.constant(draw(4, 6, 3))
    assert np.isclose(total_variation(image), tf.image.total_variation(image))
    assert total_variation(np.ones((3, 4, 3))) == 0
    assert np.isclose(total_variation(np.pad([[[2.5]]], ((1, 1), (1, 1), (0, 0)))), 4 * 2.5)


def test_alpha_weighs_the_content_and_beta_the_style():
    assert total_cost(3, 5, alpha=10, beta=2) == 40
    assert total_cost(3, 5, alpha=0, beta=2) == 10


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "RMSprop"])
def test_a_step_is_the_optimizers_and_ends_in_0_to_1(tf, optimizer):
    import keras
    start = np.linspace(0, 1, 12).reshape(2, 2, 3)
    slopes = draw(2, 2, 3)
    image, twin = tf.Variable(start), tf.Variable(start)
    cost = train_step(image, lambda x: tf.reduce_sum(slopes * x), getattr(keras.optimizers, optimizer)(0.3))
    getattr(keras.optimizers, optimizer)(0.3).apply_gradients([(tf.constant(slopes), twin)])
    assert np.isclose(cost, np.sum(slopes * start))
    assert np.allclose(image, np.clip(twin, 0, 1), atol=1e-6) and np.any(twin.numpy() < 0)


def test_a_step_leaves_the_network_alone_bit_for_bit(tf):
    import keras
    network = keras.Sequential([keras.Input((4, 5, 3)), keras.layers.Conv2D(2, 3, activation="tanh"), keras.layers.Flatten(),
                                keras.layers.Dense(1)])
    before, image = network.get_weights(), tf.Variable(np.full((1, 4, 5, 3), 0.5, np.float32))
    train_step(image, network, keras.optimizers.Adam(0.1))
    assert all(map(np.array_equal, before, network.get_weights())) and not np.allclose(image, 0.5)


def test_a_lost_gradient_is_told_and_nothing_is_changed(tf):
    import keras
    image = tf.Variable([0.25, 0.75])
    for loss in (lambda x: tf.reduce_sum(tf.constant(x.numpy())), lambda x: tf.constant(1.0)):
        with pytest.raises(ValueError, match="no gradient with respect to the image: somewhere it leaves TensorFlow"):
            train_step(image, loss, keras.optimizers.SGD(0.1))
    assert image.numpy().tolist() == [0.25, 0.75]
