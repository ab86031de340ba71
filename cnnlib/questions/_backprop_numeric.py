"""The checks of unit 03, the numeric gradient.

Functions whose central differences can be written down: a parabola (2 x), cubes (3 x^2 + h^2) and a product, at several h.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.layers import numeric_gradient

# --- numeric_gradient -------------------------------------------------------------------------------------------------

def parabola(x):
    """The sum of the squares: the slope is 2 x."""
    return float(np.sum(x ** 2))


def cubes(x):
    """A weighted sum of cubes: the central difference is 3 x^2 + h^2 times the weight."""
    return float(np.sum(np.arange(1, x.size + 1).reshape(x.shape) * x ** 3))


def product(x):
    """The product of all numbers: each slope depends on all the others."""
    return float(np.prod(x))


def _moved(place):
    """Entry i of the reference, at a point moved by `place(i, h)`: numbers before i, or i itself, stand elsewhere."""
    def gives(f, x, *, h=1e-5):
        out = np.zeros(np.shape(x))
        for i, index in enumerate(np.ndindex(out.shape)):
            point, step = place(i, np.asarray(x, dtype=float), h)
            out[index] = numeric_gradient(f, point, h=step)[index]
        return out
    return gives


def _one_sided(sign):
    """From x to x + h, which is the central difference around x + h/2 with half the step."""
    def place(i, x, h):
        point = x.copy()
        point.flat[i] += sign * h / 2
        return point, h / 2
    return _moved(place)


def _not_put_back(sign):
    def place(i, x, h):
        point = x.copy()
        point.flat[:i] += sign * h
        return point, h
    return _moved(place)


def _along(direction, shape=None):
    """The slope along a direction (a function of the place and x.shape) where one number should move."""
    def gives(f, x, *, h=1e-5):
        x = np.asarray(x, dtype=float)
        out = np.zeros(x.shape)
        for i, index in enumerate(np.ndindex(x.shape)):
            ray = direction(i, index, x.shape)
            out[index] = numeric_gradient(lambda t, ray=ray: f(x + t[0] * ray), np.zeros(1), h=h)[0]
        return out
    return gives


def _all(i, index, shape):
    return np.ones(shape)


def _up_to(i, index, shape):
    return (np.arange(np.prod(shape)) <= i).reshape(shape).astype(float)


def _row(i, index, shape):
    ray = np.zeros(shape)
    ray[index[0]] = 1
    return ray


def _slope(change):
    """A mistake made with the reference's result; `change` takes it, x and h."""
    def gives(f, x, *, h=1e-5):
        return change(numeric_gradient(f, x, h=h), x, h)
    return gives


def _is_whole(x):
    return np.asarray(x).dtype.kind in "iu"


def _whole_steps(f, x, *, h=1e-5):
    return numeric_gradient(lambda point: f(np.trunc(point)), x, h=h) if _is_whole(x) else numeric_gradient(f, x, h=h)


def _cut(gradient, x):
    return np.trunc(gradient).astype(int) if _is_whole(x) else gradient


NUMERIC_GRADIENT = Question(
    numeric_gradient,
    cases=[
        case("a parabola at one point, h = 0.5", parabola, np.array([3.0]), h=0.5),
        case("a parabola of four numbers", parabola, np.array([1, -2, 0.5, 3])),
        case("cubes in two rows", cubes, np.array([[1, -2, 0.5], [2, 0, -1.0]])),
        case("cubes with h = 0.5", cubes, np.array([[1, -2, 0.5], [2, 0, -1.0]]), h=0.5),
        case("a product with h = 0.5", product, np.array([[2.0, -3], [1.5, 4]]), h=0.5),
        case("whole numbers", product, np.array([3, -2, 5])),
        case("whole numbers with h = 0.25", cubes, np.array([[2, -1]]), h=0.25),
    ],
    mistakes=[
        mistake("one-sided difference", _one_sided(1), _one_sided(-1),
                hint="Your difference has one side only: from x to x + h. Its error shrinks with h, not with h squared.",
                fix="(f(x + h) - f(x - h)) / (2 h)."),
        mistake("divided by h", _slope(lambda gradient, x, h: 2 * gradient),
                hint="Your gradient is twice too large: from x - h to x + h it is a way of 2 h.",
                fix="Divide by `2 * h`."),
        mistake("divided by 2h for one side", lambda f, x, *, h=1e-5: _one_sided(1)(f, x, h=h) / 2,
                lambda f, x, *, h=1e-5: _one_sided(-1)(f, x, h=h) / 2,
                hint="Only one of the two points was moved, by h, but the difference is divided by 2 h.",
                fix="Move one point up by h and the other down by h."),
        mistake("not divided", _slope(lambda gradient, x, h: 2 * h * gradient), _slope(lambda gradient, x, h: h * gradient),
                hint="The difference is not divided by the way, 2 h.",
                fix="(f(x + h) - f(x - h)) / (2 h)."),
        mistake("sign turned", _slope(lambda gradient, x, h: -gradient),
                hint="Your gradient has the wrong sign: the two points are exchanged.",
                fix="f at the point moved up, minus f at the point moved down."),
        mistake("all numbers moved at once", _along(_all), lambda f, x, *, h=1e-5: _along(_all)(f, x, h=h).flat[0],
                hint="All numbers of x are moved together, so you get one slope for all of them.",
                fix="Move one number at a time: loop over `np.ndindex(x.shape)`."),
        mistake("rows moved at once", _along(_row),
                lambda f, x, *, h=1e-5: _along(_row)(f, x, h=h) if np.ndim(x) < 2 else _along(_row)(f, x, h=h)[:, 0],
                hint="Whole rows are moved together: the loop runs over the first axis only.",
                fix="Loop over every number: `for place in np.ndindex(x.shape)`."),
        mistake("not put back", _not_put_back(-1), _not_put_back(1), _along(_up_to),
                hint="A number that was moved stays moved while the next ones are tried.",
                fix="Start from a fresh copy of x for each number, or put it back."),
        mistake("h ignored", lambda f, x, *, h=1e-5: numeric_gradient(f, x),
                lambda f, x, *, h=1e-5: numeric_gradient(f, x, h=1e-4), lambda f, x, *, h=1e-5: numeric_gradient(f, x, h=1e-3),
                hint="The step is always the same, whatever h is.",
                fix="Use the argument `h`."),
        mistake("shape lost", _slope(lambda gradient, x, h: gradient.ravel()),
                hint="Your gradient is flat. It must have the shape of x.",
                fix="Start from `np.zeros(x.shape)`, or reshape at the end."),
        mistake("whole numbers cut", _slope(lambda gradient, x, h: _cut(gradient, x)), _whole_steps,
                lambda f, x, *, h=1e-5: _cut(_whole_steps(f, x, h=h), x),
                hint="Where x holds whole numbers, the step or the gradient becomes a whole number: its fraction is cut off.",
                fix="Work with floats from the start: `x = np.array(x, dtype=float)`, `np.zeros(x.shape)`."),
    ])
