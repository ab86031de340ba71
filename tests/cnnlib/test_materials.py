"""Patches of materials: the split by region shares no pixel, the leaking one does, and light is evened out."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cnnlib import materials
from cnnlib.materials import MATERIALS, even_light, few_of_each, material_patches


@pytest.fixture
def numbered(monkeypatch):
    """A photograph in which every pixel says its own column (0 to 59)."""
    monkeypatch.setattr(materials, "photo", lambda name, **_: np.tile(np.arange(60, dtype=np.uint8), (20, 1)))


def columns(patches):
    return set(np.unique(patches).tolist())


@pytest.mark.parametrize(("bands", "step"), [(3, 1), (6, 2), (5, 3)])
def test_no_pixel_is_in_both_parts_of_a_split_by_region(numbered, bands, step):
    learn, labels, test, truth = material_patches(4, bands=bands, step=step, materials=["one", "two"])
    assert columns(learn) & columns(test) == set() and len(test) > 0
    assert learn.shape[1:] == test.shape[1:] == (4, 4)
    assert np.bincount(labels).tolist() == [len(learn) / 2] * 2 and np.bincount(truth).tolist() == [len(test) / 2] * 2


def test_every_third_band_is_for_tests(numbered):
    _, _, test, _ = material_patches(5, bands=6, step=5, materials=["one"])
    assert columns(test) == {*range(20, 30), *range(50, 60)}


def test_the_leaking_split_shares_pixels(numbered):
    learn, _, test, _ = material_patches(4, bands=6, step=1, split="leaking", materials=["one"])
    assert columns(learn) == columns(test) == set(range(60))
    honest = material_patches(4, bands=6, step=1, materials=["one"])
    assert len(test) / len(learn) == pytest.approx(len(honest[2]) / len(honest[0]), rel=0.05)


def test_the_same_call_gives_the_same_patches_and_real_photographs_have_room():
    once, again = (material_patches(64, split="leaking") for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert set(once[1]) == set(range(len(MATERIALS)))


@pytest.mark.parametrize(("options", "message"), [
    ({"split": "random"}, "split is 'random'"), ({"bands": 2}, "bands is 2"),
    ({"side": 11}, r"11 px does not fit into \(20, 10\)"), ({"step": 0}, "step is 0")])
def test_what_cannot_be_cut_is_refused(numbered, options, message):
    with pytest.raises(ValueError, match=message):
        material_patches(**({"side": 4, "materials": ["one"]} | options))


def test_a_small_set_has_as_many_of_each_class_and_another_seed_others():
    labels = np.repeat([0, 1, 2], [5, 50, 9])
    for seed in (0, 1):
        assert np.bincount(labels[few_of_each(labels, 4, seed=seed)]).tolist() == [4, 4, 4]
    assert not np.array_equal(few_of_each(labels, 4), few_of_each(labels, 4, seed=1))


def test_bright_and_dark_patches_of_one_pattern_become_equal():
    pattern = np.array([[0, 80], [80, 0]], np.uint8)
    even = even_light(np.stack([pattern, pattern + 100]))
    assert_allclose(even[0], even[1], atol=1e-6)
    assert_allclose(even[0], [[0, 0.13 + 0.31 * 40 / 48], [0.13 + 0.31 * 40 / 48, 0]], atol=1e-6)
    assert even_light(np.full((1, 3, 3), 90)).std() == 0
