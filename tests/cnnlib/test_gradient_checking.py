"""numeric_gradient against derivatives that are known, and the pitfalls that its docstring names."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from cnnlib import max_pool_forward, numeric_gradient, relu_forward


@pytest.mark.parametrize(
    "f, slope",
    [
        pytest.param(lambda x: np.sum(x**3), lambda x: 3 * x**2, id="cubes"),
        pytest.param(lambda x: np.sum(np.sin(x)), np.cos, id="sines"),
        pytest.param(lambda x: np.prod(np.exp(x / 9)), lambda x: np.full(x.shape, np.prod(np.exp(x / 9)) / 9), id="a product"),
    ],
)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3, 2)], ids=str)
def test_known_derivatives(f, slope, shape):
    x = np.random.default_rng(0).normal(size=shape)
    gradient = numeric_gradient(f, x)
    assert gradient.shape == shape and gradient.dtype == np.float64
    assert_allclose(gradient, slope(x), rtol=1e-7, atol=1e-8)


def test_it_is_central_and_exact_on_a_parabola_however_wide_the_nudge():
    assert_allclose(numeric_gradient(lambda x: np.sum(x**2), [3.0], h=0.5), [6])  # from one side: 6.5
    assert_allclose(numeric_gradient(lambda x: np.sum(x**3), [1.0], h=0.1), [3.01])  # the error is h squared


def test_integers_are_converted_and_the_array_given_stays():
    x = np.array([1, 2, 3])
    x.setflags(write=False)
    assert_allclose(numeric_gradient(lambda x: np.sum(x**2), x), [2, 4, 6])
    assert_array_equal(x, [1, 2, 3])


def test_a_function_that_changes_its_argument_spoils_nothing():
    def f(x):
        x *= 2
        return np.sum(x)

    x = np.ones((2, 2))
    assert_allclose(numeric_gradient(f, x), np.full((2, 2), 2.0))
    assert_array_equal(x, np.ones((2, 2)))


def test_single_precision_is_raised_to_double():
    seen = []
    gradient = numeric_gradient(lambda x: seen.append(x.dtype) or np.sum(x**2), np.float32([1.5]))
    assert_allclose(gradient, [3], rtol=1e-9)
    assert set(seen) == {np.dtype(np.float64)}


def test_a_function_in_single_precision_gives_no_gradient_to_speak_of():
    gradient = numeric_gradient(lambda x: np.sum(x.astype(np.float32) ** 2), [1.1])
    assert abs(gradient.item() - 2.2) > 1e-4


def test_kinks_give_the_mean_of_both_slopes():
    assert_allclose(numeric_gradient(lambda x: np.sum(relu_forward(x)), [0.0]), [0.5])
    tie = np.full((1, 1, 2, 1), 3.0)
    assert_allclose(numeric_gradient(lambda x: np.sum(max_pool_forward(x, (1, 2))), tie).ravel(), [0.5, 0.5])


def test_a_value_in_an_array_of_one_is_a_number():
    assert_allclose(numeric_gradient(lambda x: x[:1] * 3, [1.0]), [3])


@pytest.mark.parametrize(
    "f, x, h, error, says",
    [
        pytest.param(lambda x: x, [1.0, 2], 1e-5, ValueError, r"f returned an array of shape \(2,\)", id="no number"),
        pytest.param(np.sum, [1.0], 0, ValueError, "h is 0", id="no nudge"),
        pytest.param(np.sum, [1.0], -1e-5, ValueError, "above 0", id="backward nudge"),
        pytest.param(np.sum, [1.0], np.nan, ValueError, "h is nan", id="nudge not a number"),
        pytest.param(np.sum, ["a"], 1e-5, TypeError, "real numbers", id="text"),
        pytest.param(np.sum, [1j], 1e-5, TypeError, "real numbers", id="complex"),
        pytest.param(3, [1.0], 1e-5, TypeError, "f is 3", id="no function"),
    ],
)
def test_what_has_no_gradient_is_refused(f, x, h, error, says):
    with pytest.raises(error, match=says):
        numeric_gradient(f, x, h=h)
