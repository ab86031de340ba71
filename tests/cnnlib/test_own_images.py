"""Pictures of one's own: read as MNIST is, and what cannot be read is named."""

import numpy as np
import pytest
from PIL import Image

from cnnlib import own_images
from cnnlib.own_images import FASHION, load_fashion_mnist, read_image_folder


def save(array, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(array, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    square = np.zeros((56, 56))
    square[14:42, 14:42] = 200
    save(square, tmp_path / "square" / "a.png")
    save(np.repeat(square[..., None], 3, axis=-1), tmp_path / "square" / "b.jpg")
    save(np.full((20, 40), 90), tmp_path / "plain" / "wide.png")
    (tmp_path / "plain" / "broken.png").write_bytes(b"\x89PNG no more")
    (tmp_path / "plain" / "notes.txt").write_text("hello")
    (tmp_path / "plain" / ".hidden").write_text("")
    return tmp_path


def test_a_folder_becomes_images_labels_and_names(folder):
    found = read_image_folder(folder)
    assert found.images.shape == (3, 28, 28) and found.images.dtype == np.uint8
    assert found.classes == ["plain", "square"] and found.labels.tolist() == [0, 1, 1]
    middle = found.images[1][8:20, 8:20]
    assert (middle == 200).all() and (found.images[1][:6] == 0).all()
    assert np.abs(found.images[2].astype(int) - found.images[1]).max() < 25, "in colour and compressed it is the same"


def test_what_cannot_be_read_is_named_with_the_reason_and_no_path_of_this_machine(folder):
    (broken, why), (notes, ending) = read_image_folder(folder).skipped
    assert (broken, notes) == ("plain/broken.png", "plain/notes.txt")
    assert why and ".txt" in ending and str(folder) not in why + ending


def test_ink_on_paper_is_turned_round(folder):
    found = read_image_folder(folder, dark_on_light=True)
    assert (found.images[1][8:20, 8:20] == 55).all() and (found.images[1][:6] == 255).all()


def test_ink_on_nothing_is_ink_on_white_paper(tmp_path):
    ink = np.zeros((28, 28, 4))
    ink[8:20, 8:20, 3] = 255  # black, and what is around it is transparent
    save(ink, tmp_path / "one" / "a.png")
    image = read_image_folder(tmp_path, dark_on_light=True).images[0]
    assert (image[8:20, 8:20] == 255).all() and (image[:6] == 0).all()


def test_proportions_are_kept_and_the_paper_fills_the_rest(tmp_path):
    tall = np.full((80, 20), 10)
    tall[10:70, 8:12] = 250
    save(tall, tmp_path / "one" / "tall.png")
    image = read_image_folder(tmp_path, size=(20, 28)).images[0]
    assert image.shape == (20, 28)
    assert (image[:, :9] == 10).all() and (image[:, 19:] == 10).all(), "20 high, so 5 wide, in the middle"
    assert image[10, 13:15].max() > 200


@pytest.mark.parametrize(("make", "error", "says"), [
    pytest.param(lambda p: None, ValueError, "holds no folders", id="no classes"),
    pytest.param(lambda p: (p / "a").mkdir(), ValueError, "no picture that could be read: 0 files, 1 folders", id="empty"),
])
def test_a_folder_without_pictures_is_refused(tmp_path, make, error, says):
    make(tmp_path)
    with pytest.raises(error, match=says):
        read_image_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        read_image_folder(tmp_path / "nowhere")


def test_fashion_mnist_is_read_from_the_folder_that_is_named(monkeypatch):
    asked = []
    monkeypatch.setattr(own_images, "load_mnist", lambda full, folder: asked.append((full, folder)) or "data")
    assert load_fashion_mnist(folder="here") == "data"
    monkeypatch.setenv("CNNLIB_FASHION_MNIST", "there")
    assert load_fashion_mnist() == "data" and asked == [(True, "here"), (True, "there")]
    assert len(FASHION) == 10


@pytest.mark.keras
def test_without_a_folder_keras_is_asked_and_a_failure_says_the_way_out(monkeypatch):
    from keras.datasets import fashion_mnist
    monkeypatch.delenv("CNNLIB_FASHION_MNIST", raising=False)
    monkeypatch.setattr(fashion_mnist, "load_data", lambda: (("x", "y"), ("a", "b")))
    assert load_fashion_mnist() == (("x", "y"), ("a", "b"))

    def offline():
        raise Exception("no network")
    monkeypatch.setattr(fashion_mnist, "load_data", offline)
    with pytest.raises(RuntimeError, match="no network.*CNNLIB_FASHION_MNIST"):
        load_fashion_mnist()
