"""Backbones handed on: features by hand, frozen bit for bit, fine-tuned where it was asked for and nowhere else."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cnnlib.transfer import (
    STRATEGIES,
    attach_head,
    changed,
    choose_strategy,
    extract_features,
    fine_tune,
    parameter_counts,
    snapshot,
)


def backbone(shape=(6, 5, 2)):
    import keras

    keras.utils.set_random_seed(0)
    image = x = keras.Input(shape)
    for number in (1, 2):
        x = keras.layers.Conv2D(2 + number, 2, name=f"conv{number}")(x)
        x = keras.layers.BatchNormalization(name=f"norm{number}")(x)
        x = keras.layers.ReLU(name=f"relu{number}")(x)
    return keras.Model(image, x, name="backbone")


def a_step(model, shape=(6, 5, 2), classes=3):
    before = snapshot(model)
    x = np.random.default_rng(1).normal(2, 3, (8, *shape)).astype("float32")
    model.train_on_batch(x, np.arange(8) % classes)
    return changed(before, snapshot(model))


def test_the_four_strategies_and_the_edge_between_few_and_many():
    assert tuple(choose_strategy(n, similar) for n in (999, 1000) for similar in (True, False)) == STRATEGIES
    with pytest.raises(ValueError, match="n_images is 0"):
        choose_strategy(0, True)


def test_one_changed_bit_is_a_change_and_minus_zero_is_not_zero():
    before = {"a": np.array([0.0, 1]), "b": np.array([2.0])}
    assert changed(before, {"a": np.array([-0.0, 1]), "b": np.array([2.0])}) == ["a"]


@pytest.mark.keras
def test_features_are_the_means_of_the_maps_of_prepared_images_in_their_order():
    import keras

    kernel = np.array([[[[1.0, -2.0]]]], np.float32)  # 1 x 1, one channel to two
    image = keras.Input((2, 3, 1))
    layer = keras.layers.Conv2D(2, 1, use_bias=False)
    model = keras.Model(image, layer(image))
    layer.set_weights([kernel])
    images = np.arange(40 * 6, dtype=np.uint8).reshape(40, 2, 3, 1)  # more than one portion of 32
    means = (images.mean(axis=(1, 2, 3)) - 127) / 128
    assert_allclose(extract_features(model, images), np.stack([means, -2 * means], axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.keras
def test_features_are_taken_in_inference_mode_and_change_nothing():
    body = backbone()
    before, images = snapshot(body), np.random.default_rng(0).integers(0, 256, (5, 6, 5, 2), dtype=np.uint8)
    together = extract_features(body, images)
    assert_allclose(together[3], extract_features(body, images[3:4])[0], rtol=1e-4, atol=1e-5)
    assert changed(before, snapshot(body)) == []


@pytest.mark.keras
def test_a_step_changes_the_head_alone_and_the_loss_is_that_of_whole_numbers():
    body = backbone()
    model = attach_head(body, 3)
    assert parameter_counts(model) == (4 * 3 + 3, body.count_params())
    assert a_step(model) == ["head/kernel", "head/bias"]
    p = np.asarray(model(np.ones((2, 6, 5, 2), np.float32)))
    loss = float(model.compute_loss(y=np.array([2, 0]), y_pred=p))
    assert loss == pytest.approx(-np.log([p[0, 2], p[1, 0]]).mean(), rel=1e-4)


@pytest.mark.keras
def test_a_backbone_whose_layers_were_freed_one_by_one_is_frozen_again():
    body = backbone()
    body.trainable = False
    for layer in body.layers:
        layer.trainable = True
    assert a_step(attach_head(body, 3)) == ["head/kernel", "head/bias"]


@pytest.mark.keras
@pytest.mark.parametrize(("layers", "free"), [(0, []), (2, []), (3, ["conv2"]), (5, ["conv2"]), (6, ["conv1", "conv2"]),
                                              (7, ["conv1", "conv2"])])
def test_fine_tuning_changes_the_last_layers_but_never_batch_normalization(layers, free):
    body = backbone()
    model = fine_tune(attach_head(body, 3), body, layers, 0.003)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)
    assert a_step(model) == [f"{name}/{part}" for name in [*free, "head"] for part in ("kernel", "bias")]


@pytest.mark.keras
def test_more_layers_than_there_are_is_an_error_that_says_both_numbers():
    body = backbone()
    with pytest.raises(ValueError, match="layers is 8: the backbone has 7"):
        fine_tune(attach_head(body, 3), body, 8, 0.1)
