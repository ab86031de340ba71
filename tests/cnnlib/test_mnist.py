"""The shipped digits, the script that packs them, and the IDX files behind them."""

import gzip
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from cnnlib.data import make_mnist_subset
from cnnlib.mnist import FILES, SUBSET, load_mnist, read_idx

FULL_SET = Path(__file__).parents[2].parent / "shared" / "data" / "mnist"


def idx_bytes(array):
    """An IDX file as its description says, written without the reader's help."""
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def digits():
    rng = np.random.default_rng(0)
    shapes = [(7, 28, 28), (7,), (4, 28, 28), (4,)]
    return [rng.integers(0, 256 if len(shape) == 3 else 10, shape, np.uint8) for shape in shapes]


@pytest.fixture(params=["plain", "gz"])
def folder(request, tmp_path, digits):
    """A folder with small IDX files, once as they are and once gzipped."""
    for name, array in zip(FILES, digits, strict=True):
        content = idx_bytes(array)
        if request.param == "gz":
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (tmp_path / name).write_bytes(content)
    return tmp_path


def flat(parts):
    (x_train, y_train), (x_test, y_test) = parts
    return [x_train, y_train, x_test, y_test]


def test_the_shipped_digits_are_the_first_ones_of_mnist():
    x_train, y_train, x_test, y_test = arrays = flat(load_mnist())
    assert all(array.dtype == np.uint8 for array in arrays)
    assert [array.shape for array in arrays] == [(10000, 28, 28), (10000,), (2000, 28, 28), (2000,)]
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert set(y_train) == set(y_test) == set(range(10))
    assert x_train.max() == x_test.max() == 255
    assert not x_train[:, 0].any()  # the paper's margin


def test_the_shipped_file_is_small_has_its_licence_beside_it_and_holds_no_pickle():
    assert SUBSET.stat().st_size < 2_500_000
    licence = (SUBSET.parent / "MNIST-LICENSE.md").read_text(encoding="utf-8")
    for words in ("Yann LeCun", "Corinna Cortes", "Burges", "CC BY-SA 3.0", "subset"):
        assert words in licence
    with np.load(SUBSET, allow_pickle=False) as data:
        assert sorted(data.files) == ["x_test", "x_train", "y_test", "y_train"]


def test_each_call_gives_arrays_of_its_own():
    load_mnist()[0][0][:] = 0
    assert load_mnist()[0][0].any()


def test_the_full_set_is_read_from_a_folder(folder, digits):
    for given in (folder, str(folder)):
        for got, want in zip(flat(load_mnist(full=True, folder=given)), digits, strict=True):
            assert got.dtype == np.uint8 and got.flags.writeable
            assert_array_equal(got, want)


def test_the_environment_can_name_the_folder(folder, digits, monkeypatch):
    monkeypatch.setenv("CNNLIB_MNIST", str(folder))
    assert_array_equal(load_mnist(full=True)[0][1], digits[1])


def test_a_folder_given_wins_over_the_environment(folder, digits, monkeypatch):
    monkeypatch.setenv("CNNLIB_MNIST", str(folder / "elsewhere"))
    assert_array_equal(load_mnist(full=True, folder=folder)[0][1], digits[1])


def test_packing_keeps_the_head_and_gives_back_what_went_in(folder, digits, tmp_path):
    path = tmp_path / "packed.npz"
    size = make_mnist_subset.make_subset(folder, path, train=5, test=3)
    assert size == path.stat().st_size
    with np.load(path, allow_pickle=False) as data:
        for name, want, kept in zip(["x_train", "y_train", "x_test", "y_test"], digits, [5, 5, 3, 3], strict=True):
            assert_array_equal(data[name], want[:kept])


def test_packing_twice_gives_the_same_bytes_whatever_the_clock_says(folder, tmp_path, monkeypatch):
    make_mnist_subset.make_subset(folder, tmp_path / "first.npz")
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    make_mnist_subset.make_subset(folder, tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_the_packing_command_writes_the_subset_and_says_how_large_it_is(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_mnist_subset, "SUBSET", tmp_path / "out.npz")
    make_mnist_subset.main([str(folder)])
    assert capsys.readouterr().out.startswith("out.npz: ")
    with pytest.raises(SystemExit, match="usage: python -m cnnlib.data.make_mnist_subset FOLDER"):
        make_mnist_subset.main([])


@pytest.mark.skipif(not FULL_SET.is_dir(), reason="the four IDX files are not in ../shared/data/mnist")
def test_the_shipped_digits_are_the_head_of_the_full_set():
    full = flat(load_mnist(full=True, folder=FULL_SET))
    assert [len(array) for array in full] == [60000, 60000, 10000, 10000]
    for part, whole in zip(flat(load_mnist()), full, strict=True):
        assert_array_equal(part, whole[: len(part)])


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 5, 3), (0, 28, 28)], ids=str)
def test_an_idx_file_of_any_rank_is_read(tmp_path, shape):
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    path = tmp_path / "values"
    path.write_bytes(idx_bytes(array))
    assert_array_equal(read_idx(path), array)
    path.write_bytes(gzip.compress(idx_bytes(array)))  # gzipped, whatever its name
    assert_array_equal(read_idx(path), array)


GOOD = idx_bytes(np.arange(12).reshape(3, 4))


@pytest.mark.parametrize(
    "content, says",
    [
        pytest.param(b"", "begins with the bytes", id="empty"),
        pytest.param(b"<html>not found", r"begins with the bytes \[60, 104, .*0, 0, 8", id="a web page"),
        pytest.param(b"\x00\x00\x0d" + GOOD[3:], r"\[0, 0, 13, 2\]", id="floats instead of bytes"),
        pytest.param(GOOD[:9], "ends inside its header, after 9 bytes", id="cut off in the header"),
        pytest.param(GOOD[:-1], r"holds 11 values, but its header declares 12, of shape \(3, 4\)", id="cut off"),
        pytest.param(GOOD + b"\x00", "holds 13 values", id="too long"),
        pytest.param(bytes([0, 0, 8, 3]) + b"\xff" * 12, "holds 0 values, but its header declares 79228", id="huge"),
        pytest.param(gzip.compress(GOOD)[:-10], "damaged gzip file", id="gzip cut off"),
        pytest.param(b"\x1f\x8b" + b"\x00" * 20, "damaged gzip file", id="gzip of nonsense"),
        pytest.param(gzip.compress(GOOD)[:-8] + b"\x00" * 8, "damaged gzip file", id="gzip with wrong checksum"),
    ],
)
def test_a_damaged_idx_file_is_refused_by_name(tmp_path, content, says):
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"train-labels-idx1-ubyte .*{says}"):
        read_idx(path)


def test_a_missing_folder_is_named_with_the_way_out(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere.*CNNLIB_MNIST.*without full=True"):
        load_mnist(full=True, folder=tmp_path / "nowhere")


def test_a_missing_file_is_named(folder):
    for path in folder.glob("t10k-images*"):
        os.remove(path)
    with pytest.raises(FileNotFoundError, match="neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte.gz"):
        load_mnist(full=True, folder=folder)


def test_a_folder_without_full_is_refused_rather_than_ignored(tmp_path):
    with pytest.raises(ValueError, match="only with full=True"):
        load_mnist(folder=tmp_path)


def fake_keras(monkeypatch, load_data):
    """Put a stand-in for Keras in place, so that no TensorFlow is needed."""
    keras, datasets, mnist = (types.ModuleType(name) for name in ("keras", "keras.datasets", "keras.datasets.mnist"))
    keras.datasets, datasets.mnist, mnist.load_data = datasets, mnist, load_data
    for module in (keras, datasets, mnist):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.delenv("CNNLIB_MNIST", raising=False)


def test_without_a_folder_keras_fetches_the_full_set(monkeypatch, digits):
    x_train, y_train, x_test, y_test = digits
    fake_keras(monkeypatch, lambda: ((x_train, y_train), (x_test, y_test)))
    assert_array_equal(load_mnist(full=True)[1][1], y_test)


def test_a_failed_download_says_why_and_tells_of_the_folder(monkeypatch):
    def load_data():
        raise Exception("URL fetch failure on mnist.npz: no route to host")

    fake_keras(monkeypatch, load_data)
    with pytest.raises(RuntimeError, match="no route to host.*train-images-idx3-ubyte.*folder=.*CNNLIB_MNIST"):
        load_mnist(full=True)


def test_a_missing_keras_tells_of_the_folder_too(monkeypatch):
    monkeypatch.delenv("CNNLIB_MNIST", raising=False)
    monkeypatch.setitem(sys.modules, "keras.datasets", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(RuntimeError, match="keras.*CNNLIB_MNIST"):
        load_mnist(full=True)
