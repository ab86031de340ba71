"""The three networks: counted by hand and by formula, trained, looked into; and the same in plain TensorFlow and in NumPy."""

import numpy as np
import pytest

from cnnlib import build_cnn, build_lenet, build_mlp, params_of, tf_forward, tf_train_step, trace_shapes, train_classifier
from cnnlib.architectures import LENET5
from cnnlib.classifiers import move_at_random, outputs_of_layers, predict
from cnnlib.cnn import cnn_forward, create_cnn
from cnnlib.plain_tensorflow import tf_scores

keras_needed = pytest.mark.keras
CNN = [{"type": "conv", "filters": 16, "kernel": 5}, {"type": "max_pool", "size": 2},
       {"type": "conv", "filters": 32, "kernel": 5}, {"type": "max_pool", "size": 2},
       {"type": "flatten"}, {"type": "dense", "units": 10}]


def stripes(count, seed=0):
    """Pictures of 16 x 16 px that are bright in one of four quarters, and which: a task of seconds."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    images = rng.random((count, 16, 16, 1)).astype(np.float32) / 3
    for image, label in zip(images, labels, strict=True):
        image[8 * (label // 2): 8 * (label // 2) + 8, 8 * (label % 2): 8 * (label % 2) + 8] += 0.6
    return images, labels


@pytest.fixture
def seeded():
    import keras
    keras.utils.set_random_seed(0)


@keras_needed
def test_the_mlp_has_669706_parameters_and_the_cnn_18378():
    mlp, cnn = build_mlp(), build_cnn()
    assert mlp.count_params() == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10 == 669_706
    assert cnn.count_params() == sum(count for _, count in trace_shapes(CNN, (28, 28, 1))) == 18_378
    assert (mlp.input_shape, mlp.output_shape) == (cnn.input_shape, cnn.output_shape) == ((None, 28, 28, 1), (None, 10))


@keras_needed
def test_lenet_has_the_parameters_and_the_shapes_that_unit_02_counts():
    lenet = build_lenet()
    assert lenet.count_params() == sum(count for _, count in trace_shapes(LENET5[1], LENET5[0])) == 61_706
    shapes = [output.shape[1:] for output in outputs_of_layers(lenet, np.zeros((1, 28, 28, 1), np.float32))]
    assert shapes == [shape for shape, _ in trace_shapes(LENET5[1], LENET5[0])]


@keras_needed
@pytest.mark.parametrize("build", [build_mlp, build_cnn, build_lenet])
def test_other_images_and_classes_are_taken_and_answers_are_probabilities(build):
    answers = predict(build((20, 17, 3), 4), np.random.default_rng(0).random((5, 20, 17, 3)))
    assert answers.shape == (5, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_images_that_are_too_small_are_refused_before_keras_is_asked():
    with pytest.raises(ValueError, match="15 x 40 px are too small.*at least 16 x 16"):
        build_cnn((15, 40, 1))


@keras_needed
def test_training_learns_says_so_and_repeats(capsys):
    import keras
    images, labels = stripes(160)
    curves = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        curves.append(train_classifier(build_cnn((16, 16, 1), 4), images[:128], labels[:128], images[128:], labels[128:],
                                       passes=6, batch=16, rate=0.01, seed=5))
    assert curves[0] == curves[1] and curves[0][-1] > 0.9
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 12 and said[0].startswith("pass  1 of 6 ")
    assert said[0].count(".") == 10 and said[0].endswith("% of the test images right")


@keras_needed
def test_a_run_that_stops_early_is_the_beginning_of_the_whole_one(seeded):
    import keras
    images, labels = stripes(96)
    curves = []
    for stop in (None, 2):
        keras.utils.set_random_seed(1)
        model = build_mlp((16, 16, 1), 4)
        curves.append(train_classifier(model, images[:64], labels[:64], images[64:], labels[64:], passes=4, stop=stop,
                                       batch=16, shift=1, progress=False))
    assert len(curves[1]) == 2 and curves[0][:2] == curves[1]


@keras_needed
def test_the_step_size_falls_along_half_a_cosine(seeded):
    images, labels = stripes(16)
    model = build_mlp((16, 16, 1), 4)
    train_classifier(model, images, labels, images, labels, passes=4, rate=0.008, progress=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.008 * (1 + np.cos(np.pi * 3 / 4)) / 2, rel=1e-5)


@keras_needed
def test_labels_that_do_not_fit_are_refused(seeded):
    images, labels = stripes(8)
    model = build_mlp((16, 16, 1), 3)
    with pytest.raises(ValueError, match="a label 3, but 3 classes"):
        train_classifier(model, images, np.arange(8) % 4, images, labels)
    with pytest.raises(ValueError, match="8 images and 5 labels"):
        train_classifier(model, images, [0, 1, 2, 0, 1], images, labels)


def test_moved_images_are_shifts_of_their_own_and_lie_within_reach():
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[0, 4, 4] = 1
    moved = move_at_random(np.repeat(image, 400, axis=0), 2, np.random.default_rng(0))
    places = np.argwhere(moved[..., 0])
    assert len(places) == 400, "each keeps its pixel"
    assert set(map(tuple, places[:, 1:])) == {(i, j) for i in range(2, 7) for j in range(2, 7)}
    other = np.arange(1, 10).repeat(16).reshape(9, 4, 4, 1)
    ours = move_at_random(other, 1, np.random.default_rng(1))
    assert all(set(np.unique(picture)) <= {0, n} for n, picture in enumerate(ours, start=1)), "no picture becomes another"


# --- without Keras ----------------------------------------------------------------------------------------------------

@keras_needed
def test_plain_tensorflow_keras_and_numpy_give_the_same_answers(seeded):
    model = build_cnn((18, 22, 2), 5)
    images = np.random.default_rng(0).random((6, 18, 22, 2)).astype(np.float32)
    params = params_of(model)
    answers = tf_forward(images, params).numpy()
    np.testing.assert_allclose(answers, predict(model, images), atol=1e-5)
    scores, _ = cnn_forward(params, images)
    np.testing.assert_allclose(tf_scores(images, params).numpy(), scores, atol=1e-4)


@keras_needed
def test_a_network_of_one_pixel_by_hand():
    """x = 2 everywhere: 2 · 3 + 1 = 7, pooled 7, then 7 · -1 + 10 = 3, pooled 3; scores 3 and 0."""
    params = {"weights1": np.full((1, 1, 1, 1), 3.0), "bias1": np.array([1.0]), "weights2": np.full((1, 1, 1, 1), -1.0),
              "bias2": np.array([10.0]), "weights3": np.array([[1.0, 0.0]]), "bias3": np.zeros(2)}
    answers = tf_forward(np.full((1, 4, 4, 1), 2.0), params).numpy()
    np.testing.assert_allclose(answers, [[1 / (1 + np.exp(-3)), 1 / (1 + np.exp(3))]], rtol=1e-6)


@keras_needed
def test_a_step_on_the_tape_is_a_step_of_keras(seeded):
    import keras
    import tensorflow as tf
    model = keras.Sequential([layer for layer in build_cnn((16, 16, 1), 4).layers if "dropout" not in layer.name])
    model.compile(keras.optimizers.SGD(0.2), "categorical_crossentropy")
    images, labels = stripes(12)
    rows = np.eye(4, dtype=np.float32)[labels]
    params = {name: tf.Variable(array) for name, array in params_of(model).items()}
    for _ in range(3):
        loss = float(model.train_on_batch(images, rows))
        assert tf_train_step(params, images, rows, 0.2) == pytest.approx(loss, rel=1e-4)
    for name, array in params_of(model).items():
        np.testing.assert_allclose(params[name].numpy(), array, atol=1e-5)


@keras_needed
def test_images_of_another_size_and_networks_of_other_layers_are_refused():
    with pytest.raises(ValueError, match="the last pooling gives 144 numbers an image, but weights3 has 400 rows"):
        tf_forward(np.zeros((1, 18, 18, 1)), create_cnn())
    with pytest.raises(ValueError, match="two convolutions and one dense layer"):
        params_of(build_lenet())


@keras_needed
def test_double_precision_stays_double():
    params = {name: array.astype(float) for name, array in create_cnn().items()}
    assert tf_forward(np.zeros((1, 28, 28, 1), np.float32), params).dtype == "float64"
