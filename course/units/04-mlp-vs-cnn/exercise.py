# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 04: two networks that read digits, and what each of them knows
#
# **Aim.** You make pictures and labels ready for a network, build the MLP and a CNN in Keras, judge them, and write the two
# experiments that tell them apart: the shifted digit and the shuffled pixels. At the end you write the CNN once more, in plain
# TensorFlow, where nothing is hidden.
#
# **Time** about 90 minutes; the training at the end takes half a minute of it. **You need** the lecture beside this notebook,
# NumPy's indexing and slices, and what a layer of Keras looks like.
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test cell
# below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that fails.
# Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see.
#
# The answer to a question may call neither `cnnlib`'s own function of that name nor another library's that does just this:
# when your notebook is graded, such a call is an error that says so. Arrays are channels last, (N, H, W, C).

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cnnlib
import keras
import numpy as np
import tensorflow as tf
from cnnlib.check import check

# %% [markdown]
# ## 1. What does a network take?
#
# A file holds a gray picture as bytes, (H, W), 0 for black and 255 for white. A convolution reads (N, H, W, C), so a gray
# picture needs an axis for its one channel; and a network learns best from numbers of about 1.
#
# **By hand first.** A picture of 1 x 3 px holds the bytes 0, 51, 255. Which numbers go into the network, and in what shape, if
# this picture is the only one? <details><summary>Answer</summary>0, 0.2 and 1, in the shape (1, 1, 3, 1).</details>

# %% forbidden=["cnnlib.prepare_images"] nbgrader={"grade": false, "grade_id": "prepare_images", "locked": false, "schema_version": 3, "solution": true, "task": false}
def prepare_images(images):
    """Turn gray pictures of bytes into what a network takes.

    Parameters
    ----------
    images : array (N, H, W) of uint8, 0 to 255

    Returns
    -------
    array (N, H, W, 1) of float32: 0 stays 0, and 255 becomes 1, whatever a picture holds; images is not changed
    """
    ### BEGIN SOLUTION
    return images[..., np.newaxis].astype(np.float32) / 255
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_prepare_images", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shape, for pictures of any size (2 points).
check(prepare_images)
### BEGIN HIDDEN TESTS
for _n, _h, _w in [(3, 4, 5), (1, 28, 28), (2, 7, 1)]:
    _images = np.random.default_rng([_n, _h, _w]).integers(0, 200, (_n, _h, _w)).astype(np.uint8)
    _got = np.asarray(prepare_images(_images))
    _want = [[[[int(v) / 255] for v in row] for row in image] for image in _images]
    assert _got.shape == np.shape(_want), f"wrong shape for {_n} pictures of {_h} x {_w} px: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-5, atol=1e-6), f"wrong values for {_n} pictures of {_h} x {_w} px"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_prepare_images_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The numbers are float32, as networks want them, and the pictures stay as they were (1 point).
### BEGIN HIDDEN TESTS
_images = np.array([[[0, 255, 17]]], dtype=np.uint8)
_images.flags.writeable = False
_got = np.asarray(prepare_images(_images))
assert _got.shape == (1, 1, 3, 1), f"wrong shape for a single small picture: {_got.shape}"
assert np.allclose(_got.ravel(), [0, 1, 17 / 255], rtol=1e-5, atol=1e-6), "wrong values for black, white and gray"
assert _got.dtype == np.dtype("f4"), f"the type of the numbers is not the one that was asked for: {_got.dtype}"
assert np.array_equal(_images, [[[0, 255, 17]]]), "the pictures were changed in place"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. What should it have said?
#
# The network answers with one probability for each class. What it should have said is a row of the same length: 1 at the class,
# 0 elsewhere. With $p$ the answer and $t$ this row, the loss is the cross-entropy $-\sum_k t_k \log p_k$, and only the true
# class is left of the sum.
#
# **By hand first.** Three classes, the labels 2 and 0. Which rows? And what should happen to the label 3?
# <details><summary>Answer</summary>[0, 0, 1] and [1, 0, 0]. There is no class 3 among 0, 1, 2: a mistake like that must not pass
# in silence.</details>

# %% forbidden=["cnnlib.one_hot", "keras.utils.to_categorical", "keras.ops.one_hot", "tensorflow.one_hot", "sklearn.preprocessing"] nbgrader={"grade": false, "grade_id": "one_hot", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_hot(labels, classes):
    """Turn class numbers into rows that are 1 at the class and 0 elsewhere.

    Parameters
    ----------
    labels : array (N,) of whole numbers
    classes : how many classes there are; they are called 0 to classes - 1

    Returns
    -------
    array (N, classes) of floats

    Raises
    ------
    ValueError : when a label is below 0, or is not below classes
    """
    ### BEGIN SOLUTION
    labels = np.asarray(labels)
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels run from {labels.min()} to {labels.max()}, but there are {classes} classes")
    rows = np.zeros((len(labels), classes), dtype=np.float32)
    rows[np.arange(len(labels)), labels] = 1
    return rows
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_one_hot", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Rows of floats, one for each label (2 points).
check(one_hot)
### BEGIN HIDDEN TESTS
for _labels, _classes in [([3, 0, 3, 1], 5), ([9, 8, 7], 10), ([1], 2)]:
    _got = np.asarray(one_hot(np.array(_labels), _classes))
    _want = [[float(column == label) for column in range(_classes)] for label in _labels]
    assert _got.shape == np.shape(_want), f"wrong shape for the labels {_labels} of {_classes} classes: {_got.shape}"
    assert np.array_equal(_got, _want), f"wrong rows for the labels {_labels} of {_classes} classes"
    assert _got.dtype.kind == "f", f"the rows must hold floats, they hold {_got.dtype}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_one_hot_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A label that is no class is an error; the last class is a class (1 point).
### BEGIN HIDDEN TESTS
_got = np.asarray(one_hot(np.array([3, 0]), 4))
assert _got.shape == (2, 4), f"wrong shape for a pair of labels: {_got.shape}"
assert np.array_equal(_got, [[0, 0, 0, 1], [1, 0, 0, 0]]), "wrong rows for the last and the first class"
for _labels, _classes in [([0, 1, 2], 2), ([-1, 0], 4), ([10, 3], 10)]:
    try:
        one_hot(np.array(_labels), _classes)
    except ValueError:
        continue
    except Exception as _error:
        raise AssertionError(f"labels {_labels}, {_classes} classes: it raised {type(_error).__name__}, not a ValueError") from None
    raise AssertionError(f"labels {_labels}, {_classes} classes: nothing was raised")
### END HIDDEN TESTS

# %% [markdown]
# ## 3. How do you build a network that sees one long row of pixels?
#
# The multilayer perceptron of the lecture: all pixels in one row, two dense layers of 512 units, each with a ReLU and then a
# dropout of 0.2, and at the end one probability for each class.
#
# **By hand first.** How many parameters has it for digits of 28 x 28 px and ten classes?
# <details><summary>Answer</summary>784 · 512 + 512 = 401,920, then 512 · 512 + 512 = 262,656, then 512 · 10 + 10 = 5,130: together
# 669,706.</details>

# %% forbidden=["cnnlib.build_mlp"] nbgrader={"grade": false, "grade_id": "build_mlp", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_mlp(input_shape=(28, 28, 1), classes=10):
    """Build the multilayer perceptron: 512 and 512 units with ReLU, each followed by a dropout of 0.2, then the answers.

    Parameters
    ----------
    input_shape : (H, W, C) of the images
    classes : how many classes there are

    Returns
    -------
    keras.Model that takes (N, H, W, C) and gives probabilities (N, classes), in the Sequential or the functional style;
        compiled for one-hot labels, with the cross-entropy and Adam (or another optimizer that learns as fast)
    """
    ### BEGIN SOLUTION
    model = keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_build_mlp", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The shapes, the number of parameters, and answers that are probabilities (2 points).
check(build_mlp)
### BEGIN HIDDEN TESTS
for _shape, _classes in [((28, 28, 1), 10), ((9, 7, 2), 4)]:
    _model = build_mlp(_shape, _classes)
    assert isinstance(_model, keras.Model), f"it must return a keras.Model, it returned a {type(_model).__name__}"
    _got = np.asarray(_model(np.random.default_rng(1).random((3, *_shape)).astype("float32")))
    assert _got.shape == (3, _classes), f"wrong shape of the answers for images {_shape} and {_classes} classes"
    assert np.all(_got >= 0) and np.allclose(_got.sum(axis=1), 1, atol=1e-4), "the answers are not probabilities"
    _sizes = [int(np.prod(_shape)), 512, 512, _classes]
    _right = sum((a + 1) * b for a, b in zip(_sizes, _sizes[1:], strict=False))
    assert _model.count_params() == _right, f"wrong number of parameters for images {_shape} and {_classes} classes"
_model = build_mlp()
assert _model.input_shape[1:] == (28, 28, 1), "by default it takes images of another shape"
assert _model.output_shape[1:] == (10,), "by default it tells another number of classes apart"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_build_mlp_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The hidden layers end in a ReLU: known weights give the numbers that NumPy gives (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2)
_model = build_mlp((4, 5, 1), 3)
_weights = [_rng.normal(0, 0.3, w.shape) for w in _model.get_weights()]
_model.set_weights(_weights)
_images = _rng.random((6, 4, 5, 1))
_y = _images.reshape(6, 20)
for _i in (0, 2):
    _y = np.maximum(_y @ _weights[_i] + _weights[_i + 1], 0)
_e = np.exp(_y @ _weights[4] + _weights[5] - (_y @ _weights[4] + _weights[5]).max(axis=1, keepdims=True))
_got = np.asarray(_model(_images.astype("float32")))
assert np.allclose(_got, _e / _e.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-5), "wrong answers for known weights"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_build_mlp_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Dropout silences about a fifth of each hidden layer while the network learns, and nothing when it answers (1 point).
### BEGIN HIDDEN TESTS
_model = build_mlp((4, 5, 1), 3)
_weights = [np.zeros(w.shape) for w in _model.get_weights()]
_weights[1][:], _weights[2][:], _weights[4][:, 0] = 1, 1 / 512, 1 / 512  # the first score is the mean of what is not silenced
_model.set_weights(_weights)
_images = np.zeros((1500, 4, 5, 1), "float32")
_calm, _learning = (np.log(np.asarray(_model(_images, training=mode), float)) for mode in (False, True))
assert np.ptp(_calm[:, 0] - _calm[:, 1]) < 1e-5, "the answers vary although the network does not learn"
_spread = np.var(_learning[:, 0] - _learning[:, 1]) * 512
assert 0.4 < _spread < 0.62, "while it learns, not a fifth of each hidden layer is silenced"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_build_mlp_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Compiled, with the cross-entropy of the probabilities, and it learns (1 point).
### BEGIN HIDDEN TESTS
_model = build_mlp((6, 5, 1), 4)
assert _model.compiled, "the network is not compiled"
_labels = np.arange(64) % 4
_images = np.random.default_rng(3).random((64, 6, 5, 1)).astype("float32") / 2
_images[np.arange(64), _labels, :, 0] += 0.5  # a bright row says the class
_rows = np.eye(4, dtype="float32")[_labels]
_before = _model.evaluate(_images, _rows, verbose=0, return_dict=True)["loss"]
_p = np.asarray(_model(_images), float)
assert np.isclose(_before, -np.mean(np.log(_p[np.arange(64), _labels])), rtol=1e-2), "the loss is not the cross-entropy"
keras.utils.set_random_seed(3)
_model.fit(_images, _rows, epochs=15, batch_size=16, verbose=0)
_p = np.asarray(_model(_images), float)
assert np.mean(_p.argmax(axis=1) == _labels) > 0.7, "after 60 small steps it does not know the images that it learned from"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. And one that looks at patches?
#
# Now a network that knows what a neighbourhood is: convolutions, each with a ReLU, pooling between them, then one row, and a
# dense layer with one probability for each class. How many filters, and how large, is up to you. Three things are asked for:
# it has **fewer parameters than the MLP**, every convolution and every hidden dense layer is followed by a **ReLU**, and after
# the training at the end of this notebook it reads **over 96 %** of the test digits. The network of the lecture, 16 and then 32
# filters of 5 x 5, has 18,378 parameters and does.
#
# **Predict the shapes:** 28 x 28 px, a valid convolution with 16 filters of 5 x 5, then pooling with 2 x 2.
# <details><summary>Answer</summary>24 x 24 x 16, then 12 x 12 x 16.</details>

# %% forbidden=["cnnlib.build_cnn", "cnnlib.build_lenet"] nbgrader={"grade": false, "grade_id": "build_cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_cnn(input_shape=(28, 28, 1), classes=10):
    """Build a convolutional network that reads digits.

    Parameters
    ----------
    input_shape : (H, W, C) of the images, at least 16 x 16 px
    classes : how many classes there are

    Returns
    -------
    keras.Model that takes (N, H, W, C) and gives probabilities (N, classes), with fewer parameters than build_mlp has for the
        same images; compiled for one-hot labels, with the cross-entropy and Adam (or another optimizer that learns as fast)
    """
    ### BEGIN SOLUTION
    model = keras.Sequential([
        keras.Input(input_shape),
        keras.layers.Conv2D(16, 5, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 5, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax"),
    ])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_build_cnn", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The shapes, fewer parameters than the MLP, and answers that are probabilities (2 points).
check(build_cnn)
### BEGIN HIDDEN TESTS
for _shape, _classes in [((28, 28, 1), 10), ((16, 22, 3), 5)]:
    _model = build_cnn(_shape, _classes)
    assert isinstance(_model, keras.Model), f"it must return a keras.Model, it returned a {type(_model).__name__}"
    _got = np.asarray(_model(np.random.default_rng(1).random((3, *_shape)).astype("float32")))
    assert _got.shape == (3, _classes), f"wrong shape of the answers for images {_shape} and {_classes} classes"
    assert np.all(_got >= 0) and np.allclose(_got.sum(axis=1), 1, atol=1e-4), "the answers are not probabilities"
    _mlp = (int(np.prod(_shape)) + 1) * 512 + 513 * 512 + 513 * _classes
    assert _model.count_params() < _mlp, f"for images {_shape} it has no fewer parameters than the MLP"
_model = build_cnn()
assert _model.input_shape[1:] == (28, 28, 1), "by default it takes images of another shape"
assert _model.output_shape[1:] == (10,), "by default it tells another number of classes apart"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_build_cnn_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Small filters slide over the image, and what falls below zero is cut off before the last layer (1 point).
### BEGIN HIDDEN TESTS
_model = build_cnn((20, 18, 2), 3)
_filters = [w.shape for w in _model.get_weights() if w.ndim == 4]
assert _filters, "no parameters have the shape of filters"
assert all(_h < 18 and _w < 18 for _h, _w, *_ in _filters), "a filter is as large as the image"
_layers = [_i for _i, _w in enumerate(_model.weights) if len(_w.shape) > 1 and "depthwise" not in _w.path]
_images = 0.1 + np.random.default_rng(5).random((2, 20, 18, 2)).astype("float32")
for _negative in _layers[:-1]:
    _changed = [np.full(_w.shape, float(_w.name in ("gamma", "moving_variance"))) for _w in _model.weights]
    for _i in _layers:
        _size = np.random.default_rng(_i).random(_changed[_i].shape) / np.prod(_changed[_i].shape[:-1]) + 1e-3
        _changed[_i] = -_size if _i == _negative else _size
    _model.set_weights(_changed)
    _got = np.asarray(_model(_images), float)
    assert np.allclose(_got[0], _got[1], rtol=0, atol=1e-6), "what a layer gives below zero still reaches the answer"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_build_cnn_3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Compiled, with the cross-entropy of the probabilities, and it learns to read digits that it has not seen (2 points).
### BEGIN HIDDEN TESTS
from cnnlib.mnist import load_mnist as _load

(_images, _labels), (_new, _answers) = _load()
_images, _new = _images[:800, ..., None].astype("float32") / 255, _new[:400, ..., None].astype("float32") / 255
_rows = np.eye(10, dtype="float32")[_labels[:800]]
_model = build_cnn()
assert _model.compiled, "the network is not compiled"
_p = np.asarray(_model(_images[:100]), float)
_loss = float(_model.compute_loss(x=None, y=_rows[:100], y_pred=_p.astype("float32"), training=False))
assert np.isclose(_loss, -np.mean(np.log(_p[np.arange(100), _labels[:100]])), rtol=5e-2), "the loss is not the cross-entropy"
keras.utils.set_random_seed(4)
_model.fit(_images, _rows, epochs=3, batch_size=32, verbose=0)
_said = np.asarray(_model(_new)).argmax(axis=1)
assert np.mean(_said == _answers[:400]) > 0.45, "after a short training it cannot read digits that are new"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. How many did it read?
#
# The network's choice is the most probable class. The accuracy is the part of the images for which that is the true one.
#
# **By hand first.** Three classes, the answers [0.1, 0.7, 0.2] and [0.4, 0.3, 0.3], the labels 1 and 2. What is the accuracy?
# <details><summary>Answer</summary>It says 1 and 0. The first is right: 0.5.</details>
#
# Some files hold labels in a column, (N, 1). That is a trap: NumPy compares a row with a column *each with each*.

# %% forbidden=["cnnlib.accuracy", "sklearn.metrics.accuracy_score", "keras.metrics.CategoricalAccuracy", "keras.metrics.SparseCategoricalAccuracy", "keras.metrics.Accuracy"] nbgrader={"grade": false, "grade_id": "accuracy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def accuracy(probabilities, labels):
    """Say what part of the images got their own class as the most probable one.

    Parameters
    ----------
    probabilities : array (N, classes); any scores will do, only their order within a row counts
    labels : array (N,) or (N, 1) of whole numbers

    Returns
    -------
    float, 0 to 1

    Raises
    ------
    ValueError : when there are not as many labels as rows
    """
    ### BEGIN SOLUTION
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError(f"there are {len(probabilities)} answers and {len(labels)} labels")
    return float(np.mean(np.argmax(probabilities, axis=1) == labels))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_accuracy", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The part that is right, for few and many classes (2 points).
check(accuracy)
### BEGIN HIDDEN TESTS
for _n, _classes in [(7, 3), (5, 5), (40, 10), (3, 2)]:
    _rng = np.random.default_rng([_n, _classes])
    _p, _labels = _rng.normal(size=(_n, _classes)), _rng.integers(0, _classes, _n)
    _labels[0] = max(range(_classes), key=lambda c: _p[0, c])  # one at least is right
    _right = sum(all(_p[i, _labels[i]] >= _p[i, c] for c in range(_classes)) for i in range(_n))
    _got = accuracy(_p, _labels)
    assert np.shape(_got) == (), f"it must return one number, it returned something of shape {np.shape(_got)}"
    assert np.isclose(_got, _right / _n), f"wrong part for {_n} images and {_classes} classes: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Labels in a column are the same labels (1 point).
### BEGIN HIDDEN TESTS
_p = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7], [0.55, 0.45]])
for _labels in ([0, 0, 0, 1, 1], [1, 1, 0, 1, 0]):
    _want = sum(_p[i, label] > 0.5 for i, label in enumerate(_labels)) / 5
    _got = accuracy(_p, np.array(_labels)[:, np.newaxis])
    assert np.shape(_got) == () and np.isclose(_got, _want), f"wrong part for the labels {_labels} in a column: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_accuracy_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# As many labels as answers, or an error (1 point).
### BEGIN HIDDEN TESTS
_got = accuracy(np.eye(4), np.array([0, 1, 2, 0]))
assert np.shape(_got) == () and np.isclose(_got, 0.75), f"wrong part for as many labels as answers: {_got}"
for _count in (1, 2, 5):
    try:
        accuracy(np.eye(4), np.zeros(_count, int))
    except ValueError:
        continue
    except Exception as _error:
        raise AssertionError(f"{_count} labels for more answers: it raised {type(_error).__name__}, not a ValueError") from None
    raise AssertionError(f"{_count} labels, and another number of answers: nothing was raised")
### END HIDDEN TESTS

# %% [markdown]
# ## 6. Is it still a seven three pixels further to the right?
#
# For you, yes. To ask a network, move the digits. Nothing may come back in on the other side: zeros move in.
#
# **By hand first.** The picture [[1, 2, 3], [4, 5, 6]], one down and one to the left.
# <details><summary>Answer</summary>[[0, 0, 0], [2, 3, 0]]: `down` is 1 and `right` is -1.</details>

# %% forbidden=["cnnlib.shift_images", "scipy.ndimage", "skimage.transform"] nbgrader={"grade": false, "grade_id": "shift_images", "locked": false, "schema_version": 3, "solution": true, "task": false}
def shift_images(images, down, right):
    """Move what is on the pictures, and let zeros move in.

    Parameters
    ----------
    images : array (N, H, W) or (N, H, W, C) of any type of numbers
    down, right : how far, whole pixels; negative is up and left. It may be farther than the picture is large

    Returns
    -------
    array of the same shape and type; images is not changed
    """
    ### BEGIN SOLUTION
    height, width = images.shape[1:3]
    down, right = np.clip(down, -height, height), np.clip(right, -width, width)
    shifted = np.zeros_like(images)
    shifted[:, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = (
        images[:, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)])
    return shifted
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_shift_images", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Down, up, right and left, and both at once (2 points).
check(shift_images)
### BEGIN HIDDEN TESTS
for _shape in [(2, 5, 7), (3, 6, 4, 2)]:
    _start = np.random.default_rng(_shape).normal(size=_shape)
    for _down, _right in [(2, 0), (0, 3), (-1, 2), (1, -2), (-4, -1)]:
        _images, _want = _start.copy(), np.zeros(_shape)
        for _i, _j in np.ndindex(_shape[1:3]):
            if 0 <= _i - _down < _shape[1] and 0 <= _j - _right < _shape[2]:
                _want[:, _i, _j] = _images[:, _i - _down, _j - _right]
        _got = np.asarray(shift_images(_images, _down, _right))
        assert _got.shape == _shape, f"the shape changed, {_down} down and {_right} right: {_got.shape}"
        assert np.array_equal(_got, _want), f"wrong values: images {_shape}, {_down} down and {_right} right"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_shift_images_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A shift of nothing, and one that leaves nothing (1 point).
### BEGIN HIDDEN TESTS
_images = np.arange(1, 25).reshape(2, 3, 4)
assert np.array_equal(shift_images(_images.copy(), 0, 0), _images), "a shift of 0 changes the pictures"
for _down, _right in [(3, 0), (0, -4), (7, 1), (-3, 9)]:
    _got = np.asarray(shift_images(_images, _down, _right))
    assert _got.shape == (2, 3, 4), f"the shape changed, {_down} down and {_right} right: {_got.shape}"
    assert not _got.any(), f"something is left of pictures of 3 x 4 px, {_down} down and {_right} right"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_shift_images_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The type stays, and the pictures stay as they were; they may be read-only (1 point).
### BEGIN HIDDEN TESTS
for _type in ("uint8", "float32", "int64"):
    _images = np.arange(1, 13).reshape(1, 3, 4).astype(_type)
    _before = _images.copy()
    _images.flags.writeable = False
    _got = np.asarray(shift_images(_images, 1, -1))
    assert _got.dtype == _images.dtype, f"pictures of {_type} became {_got.dtype}"
    assert np.array_equal(_images, _before), "the pictures were changed in place"
    assert np.array_equal(_got[0, 1:, :3], _before[0, :2, 1:]), f"wrong values for pictures of {_type}"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. What if all neighbours change places?
#
# Shuffle the 784 pixels of every picture in *one fixed* way. A person sees noise. Nothing is lost, though: who knows the order
# can put each pixel back. Which of the two networks minds?
#
# **By hand first.** A picture of 2 x 2 px holds [[10, 11], [12, 13]], and the order is 2, 0, 1, 3. Counted in row order, pixel i
# of the result is pixel order[i] of the picture. <details><summary>Answer</summary>[[12, 10], [11, 13]].</details>

# %% forbidden=["cnnlib.permute_pixels"] nbgrader={"grade": false, "grade_id": "permute_pixels", "locked": false, "schema_version": 3, "solution": true, "task": false}
def permute_pixels(images, seed):
    """Shuffle the pixels of all pictures, every picture in the same way.

    Parameters
    ----------
    images : array (N, H, W) or (N, H, W, C)
    seed : of the order, which is np.random.default_rng(seed).permutation(H * W)

    Returns
    -------
    array of the same shape. Counted in row order, pixel i of each picture is pixel order[i] of the picture that came, with all
        its channels; images is not changed
    """
    ### BEGIN SOLUTION
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    order = np.random.default_rng(seed).permutation(pixels.shape[1])
    return pixels[:, order].reshape(images.shape)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_permute_pixels", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The order of the seed, for pictures of any size (2 points).
check(permute_pixels)
### BEGIN HIDDEN TESTS
for _shape, _seed in [((2, 4, 6), 1), ((3, 5, 2), 11), ((1, 7, 7), 123)]:
    _images = np.random.default_rng(_shape).normal(size=_shape)
    _order = np.random.default_rng(_seed).permutation(_shape[1] * _shape[2])
    _want = np.array([[picture.flat[place] for place in _order] for picture in _images]).reshape(_shape)
    _got = np.asarray(permute_pixels(_images, _seed))
    assert _got.shape == _shape, f"the shape changed for the seed {_seed}: {_got.shape}"
    assert np.array_equal(_got, _want), f"wrong pixels: images {_shape}, seed {_seed}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_permute_pixels_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# One order for all pictures and all calls, another for another seed (1 point).
### BEGIN HIDDEN TESTS
_picture = np.arange(30).reshape(1, 5, 6)
_images = np.concatenate([_picture, _picture + 30, _picture + 60])
_one, _again, _other = (np.asarray(permute_pixels(_images, _seed)) for _seed in (4, 4, 5))
assert np.array_equal(_one, _again), "the same seed gives another order at the next call"
assert not np.array_equal(_one, _other), "two seeds give the same order"
assert np.array_equal(_one[0] + 30, _one[1]) and np.array_equal(_one[0] + 60, _one[2]), "pictures are shuffled in unlike ways"
assert np.array_equal(np.sort(_one[0].ravel()), np.arange(30)), "some pixels are lost or doubled"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_permute_pixels_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The channels of a pixel stay together, and the pictures stay as they were (1 point).
### BEGIN HIDDEN TESTS
_images = np.arange(24).reshape(2, 3, 4, 1) * np.array([1, 100, 10000])
_images.flags.writeable = False
_got = np.asarray(permute_pixels(_images, 8))
assert _got.shape == (2, 3, 4, 3), f"the shape changed: {_got.shape}"
assert np.array_equal(np.sort(_got[..., 0].ravel()), np.arange(24)), "some pixels are lost or doubled"
assert not np.array_equal(_got, _images), "all pixels are where they were"
assert np.array_equal(_got[..., 0] * 100, _got[..., 1]), "the first and the second channel of a pixel are torn apart"
assert np.array_equal(_got[..., 1] * 100, _got[..., 2]), "the second and the third channel of a pixel are torn apart"
assert np.array_equal(_images[..., 0].ravel(), np.arange(24)), "the pictures were changed in place"
### END HIDDEN TESTS

# %% [markdown]
# ## 8. What is left when Keras is taken away?
#
# Arrays and five functions of TensorFlow. The network of question 4 with two convolutions, each with ReLU and pooling, and one
# dense layer, from a dict of its parameters:
#
# | name | shape |
# |---|---|
# | `weights1`, `bias1` | (KH, KW, C, F1), (F1,) |
# | `weights2`, `bias2` | (KH, KW, F1, F2), (F2,) |
# | `weights3`, `bias3` | (D, classes), (classes,) |
#
# You need `tf.nn.conv2d(y, weights, strides=1, padding="VALID")`, `tf.nn.relu`,
# `tf.nn.max_pool2d(y, ksize=2, strides=2, padding="VALID")`, `tf.matmul` (or `@`) and `tf.nn.softmax`. Flatten the array as it
# lies. The images may come in float64: `tf.cast(x, tf.float32)`.
#
# **Predict:** images of 28 x 28 px, filters of 5 x 5 in both layers, F2 = 32. What is D?
# <details><summary>Answer</summary>28, 24, 12, 8, 4: so 4 · 4 · 32 = 512.</details>

# %% forbidden=["cnnlib.tf_forward", "cnnlib.plain_tensorflow.tf_scores", "cnnlib.cnn.cnn_forward", "cnnlib.conv2d_forward", "keras.layers.Conv2D", "keras.layers.Dense", "keras.ops.conv"] nbgrader={"grade": false, "grade_id": "tf_forward", "locked": false, "schema_version": 3, "solution": true, "task": false}
def tf_forward(x, params):
    """Send images through two convolutions, each with ReLU and 2 x 2 maximum pooling, and a dense layer with softmax.

    Parameters
    ----------
    x : array (N, H, W, C) of floats
    params : dict of float32 arrays, as in the table; nothing hangs over the edge ("VALID")

    Returns
    -------
    tensor or array (N, classes) of floats: probabilities
    """
    ### BEGIN SOLUTION
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.conv2d(y, params["weights" + layer], strides=1, padding="VALID") + params["bias" + layer]
        y = tf.nn.max_pool2d(tf.nn.relu(y), ksize=2, strides=2, padding="VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_tf_forward", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The same numbers as the same network in Keras (2 points).
check(tf_forward)
### BEGIN HIDDEN TESTS
keras.utils.set_random_seed(1)
_names = ["weights1", "bias1", "weights2", "bias2", "weights3", "bias3"]
for _shape, _first, _second, _classes in [((14, 12, 1), (3, 4, 5), (2, 3, 6), 4), ((11, 16, 2), (2, 2, 3), (4, 1, 2), 3)]:
    _keras = keras.Sequential([
        keras.Input(_shape), keras.layers.Conv2D(_first[2], _first[:2], activation="relu"), keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(_second[2], _second[:2], activation="relu"), keras.layers.MaxPooling2D(2), keras.layers.Flatten(),
        keras.layers.Dense(_classes, activation="softmax")])
    _rng = np.random.default_rng(_shape)
    _weights = [_rng.normal(0, 0.5, w.shape).astype("float32") for w in _keras.get_weights()]
    _keras.set_weights(_weights)
    _x = _rng.normal(size=(3, *_shape)).astype("float32")
    _want = np.asarray(_keras(_x))
    _got = np.asarray(tf_forward(_x, dict(zip(_names, _weights, strict=True))))
    assert _got.shape == _want.shape, f"wrong shape, images {_shape}: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-3, atol=1e-5), f"wrong values: images {_shape}, filters {_first} and {_second}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_tf_forward_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Each row adds up to 1, whatever other images are asked about at the same time (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(9)
_params = {f"{kind}{i}": _rng.normal(0, 0.6, shape if kind == "weights" else shape[-1]).astype("float32")
           for i, shape in enumerate([(3, 3, 1, 2), (2, 2, 2, 3), (12, 5)], start=1) for kind in ("weights", "bias")}
_x = _rng.random((4, 12, 12, 1)).astype("float32")
_one = _x[2:3].copy()
_got = np.asarray(tf_forward(_x, _params))
assert _got.shape == (4, 5), f"wrong shape for several images: {_got.shape}"
assert np.allclose(_got.sum(axis=1), 1, atol=1e-4) and np.all(_got >= 0), "the answers are not probabilities"
assert _got.std(axis=0).max() > 1e-3, "images that differ get the same answer"
_alone = np.asarray(tf_forward(_one, _params))
assert _alone.shape == (1, 5) and np.allclose(_alone[0], _got[2], atol=1e-5), "an image alone gets another answer"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_tf_forward_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Images in double precision are taken as well, and neither images nor parameters are changed (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(7)
_params = {f"{kind}{i}": _rng.normal(0, 0.6, shape if kind == "weights" else shape[-1]).astype("float32")
           for i, shape in enumerate([(1, 2, 2, 2), (2, 1, 2, 3), (3, 2)], start=1) for kind in ("weights", "bias")}
_before = {_name: _array.copy() for _name, _array in _params.items()}
_x = _rng.random((2, 6, 5, 2))
_x.flags.writeable = False
_single, _double = (np.asarray(tf_forward(_images, _params)) for _images in (_x.astype("float32"), _x))
assert _single.shape == _double.shape == (2, 2), f"wrong shape for images in double precision: {_double.shape}"
assert np.ptp(_double) > 1e-3, "all answers are alike"
assert np.allclose(_single, _double, atol=1e-4), "images in double precision give other answers"
assert all(np.array_equal(_params[_name], _before[_name]) for _name in _before), "the parameters were changed"
### END HIDDEN TESTS

# %% [markdown]
# ## Which of your networks reads better?
#
# Everything that a fair race needs is yours now. Both networks see the same 10,000 digits as often, in batches of the same size;
# `train_classifier` of `cnnlib` is the loop from the lecture, one line a pass. (While your notebook is graded nothing is trained:
# the cells below are left out, and your marks have nothing to do with them.)
#
# **Predict:** how many of the 2,000 test digits will each network read?

# %% tags=["skip-execution"]
from cnnlib.mnist import load_mnist

(train_images, train_labels), (test_images, test_labels) = load_mnist()
train_x, test_x = prepare_images(train_images), prepare_images(test_images)
print("learned from:", train_x.shape, train_x.dtype, "  tested on:", test_x.shape)

# %% tags=["skip-execution", "nbval-ignore-output"] reason="the accuracy of each pass differs a little between machines"
data = train_x, train_labels, test_x, test_labels
keras.utils.set_random_seed(4)
mlp, cnn = build_mlp(), build_cnn()
for name, model, rate in [("MLP", mlp, 0.002), ("CNN", cnn, 0.006)]:
    print(name)
    cnnlib.train_classifier(model, *data, passes=4, rate=rate, seed=4)

# %% tags=["skip-execution"]
def read(model, images):
    return accuracy(model.predict(images, verbose=0, batch_size=500), test_labels)


print("the CNN has fewer parameters:", cnn.count_params() < mlp.count_params())
print("the CNN reads over 96 % of the test digits:", read(cnn, test_x) > 0.96)
print("it reads more than the MLP:", read(cnn, test_x) > read(mlp, test_x))

# %% [markdown]
# Not over 96 %? Then look at your network: too few filters, too much dropout, an optimizer that is too slow or too fast.
#
# **Predict** what becomes of both when the digits move four pixels to the right, and when the *test* pixels alone are shuffled.

# %% tags=["skip-execution"]
moved, shuffled = shift_images(test_x, 0, 4), permute_pixels(test_x, seed=0)
print("moved by 4 px, the CNN loses more than 20 of 100:", read(cnn, moved) < read(cnn, test_x) - 0.2)
print("moved by 4 px, the CNN still reads more than the MLP:", read(cnn, moved) > read(mlp, moved))
print("shuffled, both guess:", read(cnn, shuffled) < 0.3 and read(mlp, shuffled) < 0.3)

# %% tags=["skip-execution"]
params = dict(zip(["weights1", "bias1", "weights2", "bias2", "weights3", "bias3"], cnn.get_weights(), strict=False))
if params["weights2"].ndim == 4 and len(cnn.get_weights()) == 6:
    difference = np.abs(np.asarray(tf_forward(test_x[:100], params)) - cnn.predict(test_x[:100], verbose=0)).max()
    print("your plain TensorFlow gives what your trained CNN gives:", difference < 1e-5)
else:
    print("Your CNN has other layers than tf_forward: two convolutions with 2 x 2 pooling and one dense layer can be compared.")

# %% [markdown]
# ## You can now
#
# make pictures and labels ready, build an MLP and a CNN and count them, judge them without falling into the column trap, ask a
# network by experiment what it knows of space, and write a CNN with nothing but arrays and five functions.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit as your
# course says. Next: unit 05, where you open the optimizer, and give the network more examples than there are.
