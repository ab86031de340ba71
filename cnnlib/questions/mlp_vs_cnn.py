"""The checks of unit 04: images and labels made ready, an MLP and a CNN, what is judged, moved, shuffled; plain TensorFlow.

The cases are small enough to redo by hand: heights differ from widths, there are several images and channels, labels stand in
a column, shifts are negative, zero and too large, and a picture's brightest pixel is not white. Of a network it is compared
what it does; see `_networks.py`. The checks of `tf_forward` are in `_plain_tensorflow.py`.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.classification import accuracy, one_hot, permute_pixels, prepare_images, shift_images
from cnnlib.classifiers import build_cnn, build_mlp
from cnnlib.questions._networks import (
    BENT,
    MORE,
    NO_FILTERS,
    STRAIGHT,
    mistakes_of_any_network,
    stops,
    view_of_cnn,
    view_of_mlp,
)
from cnnlib.questions._plain_tensorflow import TF_FORWARD
from cnnlib.shapes import dense_params

# --- prepare_images ---------------------------------------------------------------------------------------------------

TWO = np.array([[[0, 51, 102], [153, 204, 255]], [[10, 20, 30], [90, 60, 50]]], np.uint8)  # (2, 2, 3)
DIM = np.array([[[0, 40], [80, 20], [0, 8]]], np.uint8)  # (1, 3, 2), its brightest pixel is 80


def _each_by_its_brightest(images):
    return prepare_images(images) * np.float32(255) / images.max(axis=(1, 2))[:, None, None, None]


PREPARE_IMAGES = Question(
    prepare_images,
    cases=[case("one picture without white", DIM), case("two pictures", TWO)],
    mistakes=[
        mistake("no channel axis", lambda images: prepare_images(images)[..., 0],
                hint="The result has the shape of the pictures: no axis for the channel, so no convolution takes it.",
                fix="Add an axis of length 1 at the end: `images[..., np.newaxis]`."),
        mistake("channel axis elsewhere",
                lambda images: prepare_images(images)[..., 0][:, np.newaxis],
                lambda images: prepare_images(images)[..., 0][np.newaxis],
                hint="There is a fourth axis, but not at the end. Here arrays are channels last: (N, H, W, C).",
                fix="Put the new axis last: `images[..., np.newaxis]`."),
        mistake("in rows", lambda images: prepare_images(images).reshape(len(images), -1),
                hint="Each picture has become one long row. The MLP does that by itself; a CNN needs rows and columns.",
                fix="Keep (N, H, W) and add the channel's axis at the end."),
        mistake("three channels", lambda images: np.repeat(prepare_images(images), 3, axis=-1),
                hint="Your pictures have three channels. A gray picture has one.",
                fix="Add one axis of length 1, `images[..., np.newaxis]`, and repeat nothing."),
        mistake("not scaled", lambda images: prepare_images(images) * 255,
                hint="The numbers still run up to 255. They must end between 0 and 1.",
                fix="Divide by 255."),
        mistake("scaled twice", lambda images: prepare_images(images) / 255,
                hint="The numbers are 255 times too small, as if they had been divided by 255 twice.",
                fix="Divide by 255 once, here and nowhere else."),
        mistake("divided by 256", lambda images: prepare_images(images) * 255 / 256,
                hint="White, 255, does not become 1: you divide by 256, the number of values, in place of the largest one.",
                fix="Divide by 255."),
        mistake("scaled by the brightest pixel", _each_by_its_brightest,
                lambda images: prepare_images(images) * 255 / images.max(),
                lambda images: (prepare_images(images) * 255 - images.min()) / (int(images.max()) - images.min()),
                hint="You divide by the brightest pixel that you find, so a dim picture turns bright, and the same pixel means "
                     "one thing in training and another in the test.",
                fix="Divide by 255, whatever the picture holds."),
        mistake("around zero", lambda images: prepare_images(images) * 2 - 1, lambda images: prepare_images(images) - 0.5,
                lambda images: prepare_images(images) - prepare_images(images).mean(),
                hint="Your numbers lie around zero. Here black is 0 and white is 1.",
                fix="Divide by 255 and subtract nothing."),
        mistake("turned round", lambda images: 1 - prepare_images(images),
                hint="Black and white are exchanged.",
                fix="0 stays 0, and 255 becomes 1."),
        mistake("cut off to whole numbers",
                lambda images: np.floor(prepare_images(images)), lambda images: np.floor(prepare_images(images)).astype(int),
                hint="Only white is left: the fractions between 0 and 1 are cut off.",
                fix="Divide with `/`, not with `//`, and make the result floats, not bytes."),
    ])

# --- one_hot ----------------------------------------------------------------------------------------------------------


def _unchecked(labels, classes):
    return np.eye(classes, dtype=np.float32)[labels]


def _compared(labels, classes):
    return (np.asarray(labels)[:, None] == np.arange(classes)).astype(np.float32)


ONE_HOT = Question(
    one_hot,
    cases=[
        case("two labels of three classes", np.array([2, 0]), 3),
        case("five labels, one of them twice", np.array([1, 4, 0, 4, 2]), 6),
        case("one class", np.array([0, 0]), 1),
        case("a label that is no class: too large", np.array([0, 3]), 3),
        case("a label that is no class: negative", np.array([1, -1]), 3),
    ],
    mistakes=[
        mistake("labels not checked", _unchecked, _compared,
                lambda labels, classes: _unchecked(np.minimum(labels, classes - 1), classes),
                hint="A label that is no class goes unnoticed or fails elsewhere: -1 means the last column in NumPy, and "
                     "no number equals it in a comparison.",
                fix="First compare all labels with 0 and with `classes`, and `raise ValueError(...)` with the label."),
        mistake("columns from the labels", lambda labels, classes: one_hot(labels, int(np.max(labels)) + 1),
                lambda labels, classes: one_hot(one_hot(labels, classes).argmax(axis=1), int(np.max(labels)) + 1),
                lambda labels, classes: one_hot(np.unique(labels, return_inverse=True)[1], len(np.unique(labels))),
                hint="You count the classes in the labels that came. Some class may be missing among them.",
                fix="The row has `classes` columns, whatever the labels are."),
        mistake("counted from 1", lambda labels, classes: np.roll(one_hot(labels, classes), -1, axis=1),
                lambda labels, classes: np.pad(one_hot(labels, classes)[:, 1:], ((0, 0), (0, 1))),
                lambda labels, classes: np.pad(one_hot(labels, classes), ((0, 0), (1, 0)))[:, :classes],
                lambda labels, classes: np.pad(one_hot(labels, classes), ((0, 0), (1, 0))),
                hint="Your ones stand one column off: class 0 is the first column.",
                fix="Put the 1 at the column `label`: Python counts from 0."),
        mistake("transposed", lambda labels, classes: one_hot(labels, classes).T,
                hint="Classes run down and images across. Each image needs a row.",
                fix="The shape is (N, classes): `rows[i, labels[i]] = 1`."),
        mistake("all in one row", lambda labels, classes: one_hot(labels, classes).max(axis=0),
                lambda labels, classes: np.tile(one_hot(labels, classes).max(axis=0), (len(labels), 1)),
                hint="The ones of all labels stand in the same row.",
                fix="Each label sets one number in its own row: `rows[np.arange(len(labels)), labels] = 1`."),
        mistake("the label in place of 1",
                lambda labels, classes: one_hot(labels, classes) * np.reshape(labels, (-1, 1)).astype(np.float32),
                hint="The label itself stands in the row, where a 1 should be.",
                fix="Write 1 at the label's column; which class it is, the column says."),
        mistake("no floats", lambda labels, classes: one_hot(labels, classes).astype(int),
                lambda labels, classes: one_hot(labels, classes) > 0,
                hint="The numbers are no floats. They are compared with probabilities.",
                fix="Make the array with `np.zeros((n, classes), dtype=np.float32)`, or convert at the end."),
    ])

# --- accuracy ---------------------------------------------------------------------------------------------------------

FOUR = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.3, 0.3, 0.4], [0.2, 0.5, 0.3]])  # says 1, 0, 2, 1
SCORES = np.array([[-3.0, -1, -2, -5, -4], [2, 9, 1, 0, 3]])  # says 1, 1


def _labels(labels):
    return np.ravel(labels)


def _checked(gives):
    """The mistake `gives`, in an answer that raises where the reference does."""
    def checked(probabilities, labels):
        accuracy(probabilities, labels)
        return gives(probabilities, labels)
    return checked


def _both(gives):
    """The mistake `gives` in an answer that raises where the reference does, and in one that does not."""
    return _checked(gives), gives


def _broadcast(probabilities, labels):
    return float(np.mean(np.argmax(probabilities, axis=1) == labels))


def _broadcast_if_column(probabilities, labels):
    if np.ndim(labels) == 1:
        accuracy(probabilities, labels)
    return _broadcast(probabilities, labels)


ACCURACY = Question(
    accuracy,
    cases=[
        case("three of four right", FOUR, np.array([1, 0, 2, 0])),
        case("labels in a column, two of four right", FOUR, np.array([[1], [2], [2], [0]])),
        case("as many images as classes", FOUR[:3], np.array([1, 1, 0])),
        case("scores that are no probabilities", SCORES, np.array([1, 0])),
        case("one label for three images", FOUR[:3], np.array([1])),
    ],
    mistakes=[
        mistake("labels broadcast", _broadcast, _broadcast_if_column,
                hint="Labels in a column, (n, 1), are compared each with each: (n,) == (n, 1) gives n x n truth values.",
                fix="Make them a row first, `labels = np.ravel(labels)`, and compare the counts."),
        mistake("counts not compared", lambda p, labels: float(np.mean(np.argmax(p, axis=1) == _labels(labels))),
                hint="With one label for three images you return a number: NumPy takes that label three times.",
                fix="Compare `len(probabilities)` with the number of labels, and `raise ValueError(...)` with both."),
        mistake("argmax over the batch",
                *_both(lambda p, labels: float(np.mean(np.argmax(p, axis=0) == _labels(labels)))),
                *_both(lambda p, labels: float(np.mean(np.argmax(p, axis=0) == labels))),
                hint="You look for the largest number down the columns: for each class the image that is surest of it.",
                fix="Take the largest of each row: `np.argmax(probabilities, axis=1)`."),
        mistake("argmax over everything", *_both(lambda p, labels: float(np.mean(np.argmax(p) == _labels(labels)))),
                hint="`np.argmax` without an axis looks for one largest number in the whole table.",
                fix="Take the largest of each row: `np.argmax(probabilities, axis=1)`."),
        mistake("percent", *_both(lambda p, labels: 100 * accuracy(p, np.resize(labels, len(p)))),
                hint="Your number is 100 times too large: percent in place of a part of 1.",
                fix="Return the mean itself, between 0 and 1."),
        mistake("counted, not divided", *_both(lambda p, labels: float(np.sum(np.argmax(p, axis=1) == _labels(labels)))),
                *_both(lambda p, labels: int(np.sum(np.argmax(p, axis=1) == _labels(labels)))),
                hint="You return how many are right, not which part of all.",
                fix="Take the mean of the truth values, `np.mean`, not their sum."),
        mistake("error rate", *_both(lambda p, labels: 1 - float(np.mean(np.argmax(p, axis=1) == _labels(labels)))),
                hint="You return the part that is wrong.",
                fix="Compare with `==`, not with `!=`."),
        mistake("divided by the classes",
                *_both(lambda p, labels: float(np.sum(np.argmax(p, axis=1) == _labels(labels)) / np.shape(p)[1])),
                hint="You divide by the number of classes.",
                fix="Divide by the number of images, `len(labels)`."),
        mistake("mean probability of the label",
                *_both(lambda p, labels: float(np.mean(p[np.arange(len(p)), _labels(labels)]))),
                hint="You average how sure the network was of the right class. Only its first choice counts.",
                fix="Take the most probable class of each row, compare it with the label, and average the truth values."),
        mistake("more than a half asked for",
                *_both(lambda p, labels: float(np.mean(p[np.arange(len(p)), _labels(labels)] > 0.5))),
                *_both(lambda p, labels: float(np.mean(p[np.arange(len(p)), _labels(labels)] >= 0.5))),
                hint="You ask whether the right class got more than a half. The largest of three can be less than a half.",
                fix="Take the most probable class of each row with `np.argmax(probabilities, axis=1)`."),
        mistake("not averaged", *_both(lambda p, labels: np.argmax(p, axis=1) == _labels(labels)),
                hint="You return a truth value for each image.",
                fix="Average them: `np.mean`."),
        mistake("rounded", *_both(lambda p, labels: float(np.round(np.mean(np.argmax(p, axis=1) == _labels(labels)), 1))),
                *_both(lambda p, labels: int(np.mean(np.argmax(p, axis=1) == _labels(labels)))),
                hint="Your number is rounded.",
                fix="Return the mean as it is."),
    ])

# --- shift_images -----------------------------------------------------------------------------------------------------

GRAYS = np.arange(1, 25, dtype=np.uint8).reshape(2, 3, 4)
COLOURS = np.arange(1.0, 19.0).reshape(1, 3, 3, 2)


def _rolled(images, down, right):
    return np.roll(images, (down, right), axis=(1, 2))


def _edge_repeated(images, down, right):
    rows = np.clip(np.arange(images.shape[1]) - down, 0, images.shape[1] - 1)
    columns = np.clip(np.arange(images.shape[2]) - right, 0, images.shape[2] - 1)
    return images[:, rows][:, :, columns]


def _negative_ignored(images, down, right):
    return shift_images(images, max(down, 0), max(right, 0))


def _only_rightwards(error):
    def gives(images, down, right):
        if down < 0 or right < 0:
            raise error("as the student's code does")
        return shift_images(images, down, right)
    return gives


def _slices_to_minus_zero(images, down, right):
    """shifted[:, down:, right:] = images[:, :-down, :-right], which takes nothing where a shift is 0."""
    if down < 0 or right < 0:
        return shift_images(images, down, right)
    if down == right == 0:
        raise ValueError("as the student's code does")
    if down == 0 or right == 0:
        raise ValueError("as the student's code does")
    return shift_images(images, down, right)


def _batch_moved(images, down, right):
    """Axes 0 and 1 are taken for rows and columns."""
    return shift_images(images.reshape(1, *images.shape[:2], -1), down, right).reshape(images.shape)


def _channels_moved(images, down, right):
    """The last two axes are taken for rows and columns."""
    return shift_images(images.reshape(-1, *images.shape[-2:]), down, right).reshape(images.shape)


def _pictures_moved(images, down, right):
    """Axis 0 takes the shift that belongs to axis 1, and axis 1 that of axis 2."""
    return np.moveaxis(shift_images(np.moveaxis(images, 2, 0), down, right), 0, 2)


def _too_far(error):
    def gives(images, down, right):
        if abs(down) > images.shape[1] or abs(right) > images.shape[2]:
            raise error("as the student's code does")
        return shift_images(images, down, right)
    return gives


def _too_far_unmoved(images, down, right):
    far = abs(down) > images.shape[1] or abs(right) > images.shape[2]
    return images.copy() if far else shift_images(images, down, right)


def _grown(images, down, right):
    pads = [(0, 0), (max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0))] + [(0, 0)] * (images.ndim - 3)
    return np.pad(images, pads)


def _shrunk(images, down, right):
    height, width = images.shape[1:3]
    return images[:, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]


SHIFT_IMAGES = Question(
    shift_images,
    cases=[
        case("one down and two right", GRAYS, 1, 2),
        case("one down alone", GRAYS[:1], 1, 0),
        case("one up and one left", GRAYS, -1, -1),
        case("two up and one right, in colour", COLOURS, -2, 1),
        case("not at all", GRAYS[:1, :2, :2], 0, 0),
        case("farther than the picture is high", GRAYS, 5, 1),
    ],
    mistakes=[
        mistake("roll in place of shift", _rolled,
                hint="What leaves on one side comes in on the other: `np.roll` goes in a circle.",
                fix="Start with `np.zeros_like(images)` and copy into it the part that stays in the picture."),
        mistake("down and right swapped", lambda images, down, right: shift_images(images, right, down),
                hint="Down and right are exchanged.",
                fix="Axis 1 is the height, so `down` moves along axis 1, and `right` along axis 2."),
        mistake("the other way", lambda images, down, right: shift_images(images, -down, -right),
                hint="The pictures move the other way: up and left where down and right were asked for.",
                fix="Down means that row 0 of the picture ends in row `down` of the result."),
        mistake("edge repeated", _edge_repeated,
                hint="The last row or column is repeated where zeros should move in.",
                fix="Start with `np.zeros_like(images)` and copy only what is there."),
        mistake("negative shifts ignored", _negative_ignored,
                hint="Nothing moves up or left: a negative shift does nothing.",
                fix="Treat the two signs apart: for up, rows `-down` to the end go to the rows from 0 on."),
        mistake("negative shifts fail", *map(_only_rightwards, (ValueError, IndexError)),
                hint="A negative shift, up or left, is an error in your function.",
                fix="Treat the two signs apart: for up, rows `-down` to the end go to the rows from 0 on."),
        mistake("nothing left at zero", _slices_to_minus_zero,
                hint="A shift of 0 fails: `images[:, :-down]` with 0 is `images[:, :0]`, and that is empty.",
                fix="Write the end as `height - down`, which is right for 0, too."),
        mistake("images or channels moved", _batch_moved, _channels_moved, _pictures_moved,
                hint="You move along the wrong axes: axis 0 counts the images, and only 1 and 2 are rows and columns.",
                fix="Leave the first axis alone: `shifted[:, rows, columns] = images[:, from_rows, from_columns]`."),
        mistake("moved down only", lambda images, down, right: shift_images(images, down, 0),
                lambda images, down, right: shift_images(images, 0, right),
                hint="The pictures move in one direction only.",
                fix="Move rows by `down` and columns by `right`, in the same result."),
        mistake("too far fails", *map(_too_far, (ValueError, IndexError)), _too_far_unmoved,
                hint="A shift farther than the picture does not give zeros alone.",
                fix="Limit the shift to the height or the width first; what is left to copy is then empty."),
        mistake("size changed", _grown, _shrunk,
                hint="The result has another size than the pictures: what moves in or out is added or cut off.",
                fix="Keep (N, H, W): zeros on one side, and as much lost on the other."),
        mistake("type changed", lambda images, down, right: shift_images(images, down, right).astype(float),
                hint="Bytes went in and floats came out.",
                fix="Start with `np.zeros_like(images)`, which has their type."),
    ])

# --- permute_pixels ---------------------------------------------------------------------------------------------------

PLACES = 100 * np.arange(1, 3).reshape(2, 1, 1) + np.arange(12).reshape(3, 4)  # picture n holds 100 n + the pixel's place
PLACES_IN_COLOUR = np.stack([PLACES, PLACES + 1000], axis=-1)  # (2, 3, 4, 2)
SEEDS = range(10)


def _order(result):
    """What a result of PLACES says of the order: one for all pictures, whole pictures, and whose order it is."""
    result = np.asarray(result)
    seen = {"shape": " x ".join(map(str, result.shape))}
    first = result[..., 0] if result.ndim == 4 else result
    rows = first.reshape(len(first), -1) if first.ndim > 1 else first[None]
    places, pictures = rows % 100, rows // 100 % 10
    seen["each picture keeps its own pixels"] = bool(
        np.all(pictures == np.arange(1, len(rows) + 1)[:, None]) and np.all(np.sort(places) == np.arange(rows.shape[1])))
    seen["channels stay together"] = bool(result.ndim < 4 or np.all(result[..., 1] == result[..., 0] + 1000))
    seen["rows or columns stay whole"] = bool(first.shape == PLACES.shape and any(
        np.all(np.ptp(line, axis=axis) == 0) for axis, line in ((2, first % 100 // 4), (1, first % 4))))
    seen["one order for all pictures"] = bool(np.all(places == places[0]))
    orders = {seed: np.random.default_rng(seed).permutation(places.shape[1]) for seed in SEEDS}
    known = {f"of seed {seed}": order for seed, order in orders.items()}
    known |= {f"of seed {seed}, backwards": np.argsort(order) for seed, order in orders.items()}
    known |= {"as it was": np.arange(places.shape[1])}
    first = places[0].astype(int)
    seen["order"] = next((name for name, order in known.items() if np.array_equal(order, first)), "of no seed")
    return seen


def _reordered(images, draw):
    """Each picture's pixels in the order that draw(number of pixels) gives for it."""
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    return np.stack([picture[draw(pixels.shape[1])] for picture in pixels]).reshape(images.shape)


def _fixed(images, seed, generator):
    order = generator(seed, images.shape[1] * images.shape[2])
    return _reordered(images, lambda count: order)


def _drawn_with_repetition(images, seed):
    return _fixed(images, seed, lambda seed, count: np.random.default_rng(seed).integers(0, count, count))


def _rows_or_columns(axis):
    return lambda images, seed: np.take(images, np.random.default_rng(seed).permutation(images.shape[axis]), axis=axis)


def _channels_apart(images, seed):
    if images.ndim == 3:
        return permute_pixels(images, seed)
    return np.stack([permute_pixels(images[..., c], seed + c) for c in range(images.shape[-1])], axis=-1)


def _channels_in_the_order(images, seed):
    if images.ndim == 3:
        return permute_pixels(images, seed)
    flat = images.reshape(len(images), -1)
    return flat[:, np.random.default_rng(seed).permutation(flat.shape[1])].reshape(images.shape)


def _one_generator(images, seed):
    rng = np.random.default_rng(seed)
    return _reordered(images, rng.permutation)


PERMUTE_PIXELS = Question(
    permute_pixels,
    cases=[case("two pictures, seed 3", PLACES, 3), case("the same pictures, seed 7", PLACES, 7),
           case("in colour, seed 5", PLACES_IN_COLOUR, 5)],
    view=_order,
    mistakes=[
        mistake("another order for each picture", _one_generator,
                lambda images, seed: _reordered(images, np.random.default_rng().permutation),
                hint="Every picture is shuffled in a way of its own. Then nothing is left that could be learned.",
                fix="Draw the order once, before the pictures, and use it for all: `pixels[:, order]`."),
        mistake("another order at each call", lambda images, seed: _fixed(
                    images, seed, lambda seed, count: np.random.default_rng().permutation(count)),
                lambda images, seed: _fixed(images, seed, lambda seed, count: np.random.RandomState(seed).permutation(count)),
                hint="All pictures are shuffled alike, but not in the order of the seed: it is drawn anew at each call, or by "
                     "another generator. Training and test images would be shuffled in different ways.",
                fix="Draw it from the seed, `np.random.default_rng(seed).permutation(H * W)`, with nothing drawn before."),
        mistake("always the same seed", lambda images, seed: permute_pixels(images, 0),
                lambda images, seed: permute_pixels(images, 1),
                hint="The seed that was given does not matter in your function.",
                fix="Make the generator from it: `np.random.default_rng(seed)`."),
        mistake("order applied backwards", lambda images, seed: _fixed(
                    images, seed, lambda seed, count: np.argsort(np.random.default_rng(seed).permutation(count))),
                hint="The order is the right one, applied backwards: pixel i goes to place order[i].",
                fix="Pixel i of the result is pixel order[i] of the picture: `result[:, i] = pixels[:, order[i]]`."),
        mistake("whole rows or columns", _rows_or_columns(1), _rows_or_columns(2),
                hint="Only whole rows or columns change places, so most neighbours stay neighbours.",
                fix="Make each picture one row of H * W pixels, put these in the order, and fold it back."),
        mistake("pictures shuffled", _rows_or_columns(0), lambda images, seed: images[::-1],
                hint="The pictures change places, not their pixels: then labels and pictures no longer belong together.",
                fix="Permute along the pixels: `pixels[:, order]` with pixels (N, H * W, C), not `images[order]`."),
        mistake("pixels drawn, not permuted", _drawn_with_repetition,
                hint="Some pixels occur twice and others are lost.",
                fix="Use `permutation`, which takes each pixel once; `integers` and `choice` draw with repetition."),
        mistake("channels apart", _channels_apart, _channels_in_the_order,
                hint="The channels of a pixel are torn apart.",
                fix="Permute whole pixels: reshape to (N, H * W, C), and index the middle axis alone."),
        mistake("left in one row", lambda images, seed: permute_pixels(images, seed).reshape(
                    len(images), images.shape[1] * images.shape[2], *images.shape[3:]),
                lambda images, seed: permute_pixels(images, seed).reshape(len(images), -1),
                hint="The result is still in rows of pixels.",
                fix="Fold it back at the end: `.reshape(images.shape)`."),
        mistake("nothing shuffled", lambda images, seed: images.copy(),
                hint="The pictures come back as they were.",
                fix="Permutation functions return the shuffled array: use what they return."),
    ])

# --- build_mlp and build_cnn ------------------------------------------------------------------------------------------

OTHER_UNITS = ((512,), (512, 512, 512), (256, 256), (512, 256), (256, 512), (128, 128), (1024, 1024), (784, 512), (512, 784))


def _of_units(*units):
    def parameters(input_shape, classes):
        sizes = (int(np.prod(input_shape)), *units, classes)
        return sum(dense_params(*pair) for pair in zip(sizes, sizes[1:], strict=False))
    return stops(build_mlp, view_of_mlp, "parameters", parameters)


def _mlp(part, word):
    return stops(build_mlp, view_of_mlp, part, word)


def _cnn(part, word):
    return stops(build_cnn, view_of_cnn, part, word)


SIZES_OF_IMAGES = [case("three classes of 18 x 20 px in colour", (18, 20, 3), 3), case("the digits of MNIST")]

BUILD_MLP = Question(
    build_mlp, cases=SIZES_OF_IMAGES, view=view_of_mlp,
    mistakes=[
        *mistakes_of_any_network(build_mlp, view_of_mlp),
        mistake("no activation", _mlp("hidden layers", STRAIGHT),
                hint="Between the dense layers stands nothing that bends: three straight maps in a row are one straight map.",
                fix="Give the two hidden layers `activation='relu'`."),
        mistake("another activation", _mlp("hidden layers", BENT),
                hint="Not every hidden layer ends in a ReLU.",
                fix="Give the two hidden layers `activation='relu'`."),
        mistake("other sizes", *(_of_units(*units) for units in OTHER_UNITS),
                hint="The network has another number of parameters than two hidden layers of 512 have.",
                fix="Count them by hand: 784 · 512 + 512, 512 · 512 + 512, 512 · 10 + 10."),
        mistake("no dropout", _mlp("dropout", "none"),
                hint="While it learns nothing is silenced: there is no dropout.",
                fix="Put `Dropout(0.2)` after each hidden layer."),
        mistake("one dropout", _mlp("dropout", "a fifth once"),
                hint="Only one of the two hidden layers is followed by dropout, or both by less of it.",
                fix="Put `Dropout(0.2)` after each hidden layer."),
        mistake("dropout of what is kept", _mlp("dropout", "four fifths"),
                hint="Four in five units are silenced. The number is the part that is dropped, not the part that is kept.",
                fix="Write `Dropout(0.2)`."),
        mistake("more dropout", _mlp("dropout", "more than a fifth"),
                hint="Dropout silences more than a fifth of the units.",
                fix="Write `Dropout(0.2)` after each hidden layer."),
    ])

BUILD_CNN = Question(
    build_cnn, cases=SIZES_OF_IMAGES, view=view_of_cnn,
    mistakes=[
        *mistakes_of_any_network(build_cnn, view_of_cnn),
        mistake("no convolution", _cnn("filters", NO_FILTERS),
                hint="There is no filter that slides over the image: every unit sees all pixels.",
                fix="Begin with `Conv2D(filters, kernel_size)` and pooling; flatten after these."),
        mistake("too many parameters", _cnn("parameters", MORE),
                hint="Your network has as many parameters as the MLP, or more. Nearly all of them stand behind `Flatten()`.",
                fix="Pool after each convolution, so that little is left to flatten, and make a dense layer after it small."),
        mistake("no activation", _cnn("hidden layers", BENT), _cnn("hidden layers", STRAIGHT),
                hint="A convolution or a hidden dense layer is not followed by a ReLU: what is below zero goes on.",
                fix="Give each convolution and each hidden dense layer `activation='relu'`."),
    ])

QUESTIONS = [PREPARE_IMAGES, ONE_HOT, BUILD_MLP, BUILD_CNN, ACCURACY, SHIFT_IMAGES, PERMUTE_PIXELS, TF_FORWARD]
