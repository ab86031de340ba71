"""The experiment of four cases: its tasks, its fairness, its picture."""

import numpy as np
import pytest

from cnnlib import four_cases
from cnnlib.four_cases import FourCases, digits, means, small_backbone, surfaces
from cnnlib.imagenet import Guess
from cnnlib.images import photo
from cnnlib.mnist import load_mnist
from cnnlib.plots_transfer import show_four_cases, show_guesses, show_split
from cnnlib.transfer import STRATEGIES

CASES = [(size, kind) for size in ("few", "many") for kind in ("similar", "different")]


def test_the_two_tasks_of_digits_share_no_digit_and_no_image_is_lost():
    low, high = digits(0, 4), digits(5, 9)
    (images, labels), (_, test_labels) = load_mnist()
    assert len(low.images) + len(high.images) == len(images)
    assert len(low.test_images) + len(high.test_images) == len(test_labels)
    assert set(low.labels) == set(high.labels) == set(range(5))
    assert np.array_equal(high.images[0, ..., 0] * 255, images[labels >= 5][0])


def test_surfaces_have_the_form_and_the_light_of_digits():
    task, model = surfaces(), digits(0, 4)
    assert task.images.shape[1:] == model.images.shape[1:] and task.images.dtype == model.images.dtype
    assert abs(task.images.mean() - model.images.mean()) < 0.1
    assert np.bincount(task.test_labels).min() >= 150 and np.bincount(task.labels).min() >= 400


def test_means_are_over_the_draws():
    assert means({("few", "similar"): {"new head": [0.2, 0.4]}}) == {("few", "similar"): {"new head": pytest.approx(0.3)}}


def test_the_picture_says_every_number_in_words():
    results = {case: {name: [0.1 * i + 0.3, 0.1 * i + 0.4] for i, name in enumerate(STRATEGIES)} for case in CASES}
    picture = show_four_cases(results)
    assert picture.png.startswith(b"\x89PNG") and picture.alt.count("train from scratch 65 %") == 4
    assert "advised: head on early layers" in picture.alt


def test_guesses_and_splits_are_drawn_with_their_words():
    picture = show_guesses([photo("cat")], [[Guess(285, "Egyptian cat", 0.404), Guess(281, "tabby", 0.2)]])
    assert "Egyptian cat 40 %, tabby 20 %" in picture.alt and len(picture.png) > 5000
    assert "6 bands" in show_split(photo("brick", width=256)[:96], 6, 32).alt


@pytest.mark.keras
def test_the_backbone_has_the_numbers_that_were_counted_by_hand():
    assert small_backbone().count_params() == 16 * 10 + 32 * 145 + 64 * 289 == 23_296
    assert small_backbone(normalize=True).count_params() == 23_296 - 112 + 4 * 112


@pytest.mark.keras
def test_every_strategy_is_measured_and_a_run_repeats(monkeypatch):
    monkeypatch.setattr(four_cases, "SIZES", {"few": 10})
    monkeypatch.setattr(four_cases, "DRAWS", {"few": 1})
    monkeypatch.setattr(four_cases, "STEPS", {"few": 4})
    monkeypatch.setattr(four_cases, "BATCH", {"few": 5})
    experiment = FourCases(seed=1)
    assert experiment.source_accuracy > 0.95
    once, again = (experiment.measure("few", "different") for _ in range(2))
    assert once == again and tuple(once) == STRATEGIES
    assert all(len(values) == 1 and 0 <= values[0] <= 1 for values in once.values())
