"""Painting: the losses see what they should, the loop goes down, keeps its frames and says how far it is."""

import numpy as np
import pytest

from cnnlib.painting import (
    activations,
    balanced,
    content_loss,
    noise,
    paint,
    paint_coarse_to_fine,
    paint_each,
    style_loss,
    transfer_loss,
)
from cnnlib.style import content_cost, layer_style_cost, total_variation

pytestmark = pytest.mark.keras
LAYERS = ["block1_conv1", "block2_conv1"]


@pytest.fixture(scope="module")
def network():
    from cnnlib.vgg import vgg16
    return vgg16(LAYERS, source="random")


def picture(height=16, width=24, seed=3):
    return np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)


def squares(target):
    import tensorflow as tf
    return lambda image: tf.reduce_sum((image - target) ** 2)


def test_activations_are_of_one_image_with_and_without_a_variable(network):
    import tensorflow as tf
    seen = activations(network, picture())
    assert {name: tuple(values.shape) for name, values in seen.items()} == {
        "block1_conv1": (16, 24, 64), "block2_conv1": (8, 12, 128)}
    again = activations(network, tf.Variable(picture()))
    assert all(np.array_equal(seen[name], again[name]) for name in LAYERS)


def test_the_losses_are_the_costs_and_are_0_at_their_own_target(network):
    one, other = picture(), picture(seed=4)
    content, style = content_loss(network, one, LAYERS[1]), style_loss(network, one, {LAYERS[0]: 2.0, LAYERS[1]: 0.5})
    a, b = activations(network, one), activations(network, other)
    assert content(one) == 0 and np.isclose(content(other), content_cost(a[LAYERS[1]], b[LAYERS[1]]))
    assert style(one) == 0 and np.isclose(
        style(other), 2 * layer_style_cost(a[LAYERS[0]], b[LAYERS[0]]) + layer_style_cost(a[LAYERS[1]], b[LAYERS[1]]) / 2)
    whole = transfer_loss(content, style, alpha=3, beta=2, gamma=0.5)
    assert np.isclose(whole(other), 3 * content(other) + 2 * style(other) + total_variation(other) / 2)
    assert np.isclose(transfer_loss(content, style, alpha=3, beta=2)(other), 3 * content(other) + 2 * style(other))


def test_balanced_weights_give_each_layer_the_same_say_and_all_together_1(network):
    style, start = picture(), noise(16, 24)
    weights = balanced(network, style, start, LAYERS)
    parts = [float(style_loss(network, style, {name: weights[name]})(start)) for name in LAYERS]
    assert np.allclose(parts, 0.5, rtol=1e-4)


def test_noise_is_gray_and_the_same_for_the_same_seed():
    drawn = noise(40, 30)
    assert drawn.shape == (40, 30, 3) and drawn.dtype == np.float32 and 0 <= drawn.min() < drawn.max() <= 1
    assert abs(drawn.mean() - 0.5) < 0.01 and np.array_equal(drawn, noise(40, 30))
    assert not np.array_equal(drawn, noise(40, 30, seed=1))


def test_painting_goes_down_keeps_the_frames_and_counts_the_costs():
    start, target = picture(2, 3), picture(2, 3, seed=5)
    done = paint(squares(target), start, steps=90, rate=0.05, frames=(3, 10))
    assert np.allclose(done.image, target, atol=0.05) and done.image.dtype == np.float32
    assert list(done.frames) == [0, 3, 10, 90] and np.array_equal(done.frames[90], np.rint(done.image * 255).astype(np.uint8))
    assert np.array_equal(done.frames[0], np.rint(start * 255).astype(np.uint8))
    assert len(done.costs) == 91 and np.isclose(done.costs[0], np.sum((start - target) ** 2), rtol=1e-4)
    assert np.isclose(done.costs[-1], np.sum((done.image - target) ** 2), atol=1e-6) and done.costs[-1] < done.costs[0] / 100


def test_the_same_run_gives_the_same_bits():
    runs = [paint(squares(0.25), picture(3, 2), steps=5).image for _ in range(2)]
    assert np.array_equal(*runs)


@pytest.mark.parametrize("steps", [1, 7, 20, 45])
def test_the_bar_has_twenty_signs_for_any_number_of_steps(capsys, steps):
    paint(squares(0.5), picture(1, 2), steps=steps, title="a picture")
    assert capsys.readouterr().out == f"a picture |{'=' * 20}| {steps} steps\n"
    paint(squares(0.5), picture(1, 2), steps=steps)
    assert capsys.readouterr().out == ""


def test_any_function_can_make_the_steps():
    calls = []

    def step(image, loss, optimizer):
        calls.append(optimizer)
        image.assign(image * 0 + 0.5)
        return loss(image)

    assert (paint(squares(0.5), picture(1, 2), steps=3, step=step).image == 0.5).all() and calls


def test_several_are_painted_under_one_bar_each_from_its_start(capsys):
    starts = {"a": picture(2, 2), "b": picture(1, 3)}
    done = paint_each({"a": squares(0.25), "b": squares(0.75)}, starts, steps=80, rate=0.06, title="two")
    assert capsys.readouterr().out == "two |==| 2 paintings\n"
    assert done["a"].image.shape == (2, 2, 3) and np.allclose(done["a"].image, 0.25, atol=0.1)
    assert np.allclose(done["b"].image, 0.75, atol=0.1)


def test_coarse_to_fine_starts_each_size_from_the_one_before_enlarged():
    sizes = []

    def make_loss(height, width):
        sizes.append((height, width))
        return squares(0.25)

    done = paint_coarse_to_fine(make_loss, picture(16, 24), [4, 8, 16], steps=[80, 2, 1], rate=0.06)
    assert sizes == [(4, 6), (8, 12), (16, 24)] == [painting.image.shape[:2] for painting in done]
    assert np.allclose(done[1].frames[0] / 255, 0.25, atol=0.1), "it starts from what was painted, not from the photograph"
    with pytest.raises(ValueError, match="3 sizes and 2 numbers of steps"):
        paint_coarse_to_fine(make_loss, picture(), [4, 8, 16], steps=[1, 2])


def test_a_loss_without_a_gradient_is_told():
    import tensorflow as tf
    with pytest.raises(ValueError, match="no gradient with respect to the image"):
        paint(lambda image: tf.constant(1.0), picture(1, 1), steps=1)
