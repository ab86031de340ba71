"""Every photograph loads without network and warning, in the size and colours asked for."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import to_gray
from cnnlib.images import PHOTOS, photo

COLOUR = {"astronaut", "cat", "china", "coffee", "flower", "hubble", "retina", "rocket"}


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photograph_is_eight_bit_and_shrinks_to_the_width_asked_for(name):
    image, small = photo(name), photo(name, width=128)
    assert image.dtype == small.dtype == np.uint8
    assert image.shape[2:] == small.shape[2:] == ((3,) if name in COLOUR else ())
    assert image.min() < image.max() and small.min() < small.max()
    assert small.shape[1] == 128
    assert small.shape[0] == pytest.approx(128 * image.shape[0] / image.shape[1], abs=0.5)
    assert abs(image.mean() - small.mean()) < 1  # as bright as before


@pytest.mark.parametrize("name", PHOTOS)
def test_gray_gives_one_number_per_pixel(name):
    gray = photo(name, gray=True, width=128)
    assert gray.dtype == np.uint8 and gray.ndim == 2 and gray.shape[1] == 128


def test_gray_is_to_gray_rounded():
    assert_allclose(photo("cat", gray=True), to_gray(photo("cat")), atol=0.5)
    assert_array_equal(photo("coins", gray=True), photo("coins"))


def test_gray_and_small_is_rounded_once():
    assert np.abs(photo("cat", gray=True, width=64) - to_gray(photo("cat", width=64))).max() <= 1


@pytest.mark.parametrize("name", PHOTOS)
def test_every_photograph_has_one_line_with_its_credit(name):
    assert "\n" not in PHOTOS[name]
    assert any(terms in PHOTOS[name] for terms in ("CC0", "CC BY", "public domain", "no known copyright", "no author"))


def test_the_names_of_the_course_are_there():
    assert {"astronaut", "camera", "cat", "coffee", "coins", "page", "brick", "text", "moon", "rocket"} <= set(PHOTOS)
    assert {"china", "flower"} <= set(PHOTOS)


def test_its_own_width_leaves_a_photograph_as_it_is():
    assert_array_equal(photo("coins", width=384), photo("coins"))


def test_a_photograph_may_be_drawn_upon_without_changing_the_next():
    first = photo("china")
    first[:] = 0
    assert photo("china").any()


def test_loading_needs_neither_network_nor_pooch_and_warns_of_nothing():
    code = """
import socket, sys
def no(*args, **kwargs): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = no
sys.modules["pooch"] = None
from cnnlib.images import PHOTOS, photo
for name in PHOTOS: assert photo(name, gray=True, width=100).shape[1] == 100
print(len(PHOTOS))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.strip() == str(len(PHOTOS))


@pytest.mark.parametrize(
    "call, error, says",
    [
        pytest.param(lambda: photo("dog"), ValueError, "no photograph 'dog'.* astronaut, .*cat, ", id="unknown name"),
        pytest.param(lambda: photo("text", width=449), ValueError, "448 px wide.* width=448 or less", id="wider"),
        pytest.param(lambda: photo("cat", width=0), ValueError, "width is 0", id="no width"),
        pytest.param(lambda: photo("cat", width=12.5), TypeError, "width is 12.5", id="half a pixel"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_to_do(call, error, says):
    with pytest.raises(error, match=says):
        call()
