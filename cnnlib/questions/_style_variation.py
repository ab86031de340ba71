"""The checks of the total variation."""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.questions._style_asking import arrays, lost, on_tensors
from cnnlib.style import total_variation


def _steps(image):
    """The differences down (H - 1, W, C) and across (H, W - 1, C)."""
    return np.diff(image, axis=0), np.diff(image, axis=1)


def _both(change, image):
    return sum(np.sum(change(step)) for step in _steps(image))


TOTAL_VARIATION = Question(
    total_variation,
    call=on_tensors(0),
    cases=[
        case("2 x 2 pixels by hand", np.array([[[1.0], [4.0]], [[2.0], [2.0]]])),
        case("3 x 4 pixels in color", arrays(3, 4, 3) / 8 + 0.375),
        case("one row", arrays(1, 5, 2)),
        case("one column", arrays(4, 1, 3)),
        case("flat", np.full((2, 3, 3), 0.5)),
    ],
    mistakes=[
        mistake("signed", lambda image: _both(lambda step: step, image), lambda image: _both(lambda step: -step, image),
                lambda image: abs(_both(lambda step: step, image)),
                lambda image: sum(abs(np.sum(step)) for step in _steps(image)),
                hint="The differences are added with their signs, so that up and down cancel: only the rim of the image "
                     "counts.",
                fix="Take `tf.abs` of each difference before you add."),
        mistake("squared", lambda image: _both(np.square, image), lambda image: np.sqrt(_both(np.square, image)),
                hint="The differences are squared. Then one sharp edge costs more than many small ones; here each counts as it "
                     "is.",
                fix="`tf.abs(...)` in place of `(...) ** 2`."),
        mistake("one direction only", lambda image: np.sum(np.abs(_steps(image)[0])), lambda image: np.sum(np.abs(_steps(image)[
            1])),
                hint="Only neighbors in one direction are compared.",
                fix="Both: down, `image[1:] - image[:-1]`, and across, `image[:, 1:] - image[:, :-1]`."),
        mistake("channels compared", lambda image: _both(np.abs, image) + np.sum(np.abs(np.diff(image, axis=2))),
                lambda image: np.sum(np.abs(_steps(image)[1])) + np.sum(np.abs(np.diff(image, axis=2))),
                hint="Red is compared with green, and green with blue. Neighbors are pixels, not channels.",
                fix="Differences along the first two axes only."),
        mistake("mean for sum", lambda image: _both(np.abs, image) / image.size,
                lambda image: _both(np.abs, image) / (image.shape[0] * image.shape[1]),
                lambda image: sum(np.mean(np.abs(step)) for step in _steps(image) if step.size),
                lambda image: sum(np.mean(np.abs(step)) if step.size else np.nan for step in _steps(image)),
                hint="The differences are averaged. They are to be added up.",
                fix="`tf.reduce_sum`, not `tf.reduce_mean`."),
        mistake("wrapped around", lambda image: sum(np.sum(np.abs(image - np.roll(image, 1, axis))) for axis in (0, 1)),
                hint="The last row is compared with the first, as if the image were rolled up: tf.roll does that.",
                fix="Slices: `image[1:] - image[:-1]` has one row less than the image."),
        mistake("pixels at the rim left out", lambda image: sum(
            np.sum(np.abs(step)) for step in (_steps(image)[0][:, :-1], _steps(image)[1][:-1])),
                hint="In the last row, or column, neighbors are left out: both differences were cut to the same shape.",
                fix="Add up each direction by itself; the two need not have one shape."),
        mistake("length of the slope", lambda image: np.sum(np.hypot(
            np.pad(_steps(image)[0], ((0, 1), (0, 0), (0, 0))), np.pad(_steps(image)[1], ((0, 0), (0, 1), (0, 0))))),
                lambda image: np.sum(np.hypot(_steps(image)[0][:, :-1], _steps(image)[1][:-1])),
                hint="You take the length of the slope, the root of the two squares. Here it is the sum of the two absolute "
                     "differences.",
                fix="`tf.abs` of each direction, added."),
        mistake("not added up", lambda image: np.sum(np.abs(_steps(image)[0]), axis=(0, 1)) + np.sum(
            np.abs(_steps(image)[1]), axis=(0, 1)),
                hint="There is a number for each channel: they are to be added up as well.",
                fix="`tf.reduce_sum(...)` without an axis."),
        mistake("distance from the mean", lambda image: np.sum(np.abs(image - image.mean())),
                lambda image: np.sum(np.abs(image - image.mean(axis=(0, 1)))),
                hint="Each pixel is compared with the mean. Roughness is how pixels differ from their *neighbors*.",
                fix="`image[1:] - image[:-1]` are the differences of neighbors down."),
        lost(total_variation),
    ])
