# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercise 09: paint a photograph in the style of another picture
#
# **Aim.** You write everything that style transfer needs: the Gram matrix, the costs of content and style, the total
# variation, and the step that trains an image in place of a network. At the end your own functions paint a picture.
#
# **Time** about 75 minutes; all cells together run in under a minute. **You need** the lecture beside this notebook, and a
# little of TensorFlow: `tf.reshape`, `tf.matmul`, `tf.reduce_sum`, `tf.abs`, and slices, which work as in NumPy.
#
# **How it works.** Replace `raise NotImplementedError()` in a cell with your answer, run the cell, then run the test cell
# below it. `check` answers at once: PASS, or FAIL with the mistake that it recognises or the smallest case that fails.
# Run the test cell again and it goes one step further. The test cells hold more tests, which you do not see.
#
# **Tensors in, tensors out.** Your functions get tensors and return tensors, and use TensorFlow's functions on the way. An
# image can be trained only if TensorFlow can follow every step from its pixels to the cost. NumPy, `.numpy()` and `float(...)`
# end the trail: the numbers would be right, and the gradient `None`. The tests ask for the gradient as well.
#
# **Shapes.** `features` are the activations of one layer for *one* image, (H, W, C): there is no batch axis in this notebook.
# A cost is one number, a tensor of shape ().
#
# From question 2 on you may call your own functions or those of `cnnlib` for the *earlier* questions
# (`cnnlib.gram_matrix` in question 3), so that a slip in one question costs that question alone. The answer to a question may
# not call `cnnlib`'s own function of that name: when your notebook is graded, such a call is an error that says so.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import cnnlib  # noqa: F401 - first, so that TensorFlow stays quiet
import keras
import numpy as np
import tensorflow as tf
from cnnlib.check import check

# %% [markdown]
# ## 1. Which patterns go together?
#
# Each channel of a layer answers to one pattern. The Gram matrix multiplies channel $i$ with channel $j$, pixel by pixel, and
# adds up over all pixels:
#
# $$G_{ij} = \sum_{h, w} F_{h w i} \, F_{h w j}$$
#
# **By hand first.** One row of two pixels with two channels, `F = [[[1, 0], [2, 1]]]`: the first pixel is (1, 0), the second
# (2, 1). What is G? <details><summary>Answer</summary>Channel 0 is 1, 2 and channel 1 is 0, 1 along the row. G = [[1·1 + 2·2,
# 1·0 + 2·1], [2, 0·0 + 1·1]] = [[5, 2], [2, 1]].</details>
#
# **Predict the shape** for features of (24, 32, 128). <details><summary>Answer</summary>(128, 128): the size of the image does
# not show.</details>

# %% forbidden=["cnnlib.gram_matrix"] nbgrader={"grade": false, "grade_id": "gram_matrix", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gram_matrix(features):
    """Multiply each channel with each, summed over all pixels.

    Parameters
    ----------
    features : tensor (H, W, C) of floats; H and W may differ

    Returns
    -------
    tensor (C, C); the plain sum, not divided by anything
    """
    ### BEGIN SOLUTION
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    return tf.matmul(pixels, pixels, transpose_a=True)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_gram_matrix", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values, shapes and gradients, for images of any height and width and any number of channels (2 points).
check(gram_matrix)
### BEGIN HIDDEN TESTS
for _shape in [(3, 5, 4), (4, 2, 7), (1, 6, 2), (2, 3, 6), (5, 1, 1)]:
    _features = np.random.default_rng(_shape).normal(size=_shape).astype("float32")
    _want = np.array([[np.sum(_features[..., i] * _features[..., j]) for j in range(_shape[2])] for i in range(_shape[2])])
    _got = gram_matrix(tf.constant(_features))
    assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
    assert tuple(_got.shape) == _want.shape, f"wrong shape for features of {_shape}: {tuple(_got.shape)}"
    assert np.allclose(_got, _want, rtol=1e-4, atol=1e-4), f"wrong values for features of {_shape}"
    _got = cnnlib.check.gradient(gram_matrix, tf.constant(_features))
    _want = np.zeros(_shape) + 2 * _features.sum(axis=2, keepdims=True)
    assert _got is not None, f"no gradient finds its way back to features of {_shape}"
    assert np.shape(_got) == _want.shape and np.allclose(_got, _want, rtol=1e-4, atol=1e-4), f"wrong gradient for features of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gram_matrix_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The pixels may change places, and the Gram matrix stays the same (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(9)
for _shape in [(3, 4, 5), (2, 7, 3)]:
    _features = _rng.normal(size=_shape).astype("float32")
    _mixed = _rng.permutation(_features.reshape(-1, _shape[2])).reshape(_shape)
    _one, _other = np.asarray(gram_matrix(tf.constant(_features))), np.asarray(gram_matrix(tf.constant(_mixed)))
    assert _one.shape == (_shape[2],) * 2, f"wrong shape for features of {_shape}: {_one.shape}"
    assert _one.std() > 0.1, f"all entries are the same for features of {_shape}"
    assert np.allclose(_one, _other, rtol=1e-4, atol=1e-4), f"it changes when the pixels of {_shape} change places"
    _turned = np.asarray(gram_matrix(tf.constant(np.swapaxes(_features, 0, 1).copy())))
    assert np.allclose(_one, _turned, rtol=1e-4, atol=1e-4), f"it changes when height and width of {_shape} are swapped"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_gram_matrix_3", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# The channels may change places, and the rows and columns of the Gram matrix do too (1 point).
### BEGIN HIDDEN TESTS
_order = np.array([3, 0, 4, 1, 2])
for _shape in [(3, 4, 5), (2, 2, 5)]:
    _features = np.random.default_rng(_shape).normal(size=_shape).astype("float32")
    _one = np.asarray(gram_matrix(tf.constant(_features)))
    _other = np.asarray(gram_matrix(tf.constant(_features[..., _order])))
    assert _one.shape == (5, 5), f"wrong shape for features of {_shape}: {_one.shape}"
    assert np.allclose(_other, _one[_order][:, _order], rtol=1e-4, atol=1e-4), f"channels of {_shape} in another order"
    assert np.allclose(_one, _one.T) and _one.std() > 0.1, f"the matrix for features of {_shape} is not symmetric"
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Is the same thing at the same place?
#
# The content of an image, as a layer sees it, is its activations themselves, each at its place. The cost is half of the sum of
# all squared differences:
#
# $$J_\text{content} = \frac{1}{2} \sum_{h, w, c} (F^\text{generated}_{h w c} - F^\text{content}_{h w c})^2$$
#
# **By hand first.** One pixel with two channels: content (1, 5), generated (3, 4). <details><summary>Answer</summary>(2 · 2 +
# 1 · 1) / 2 = 2.5.</details>

# %% forbidden=["cnnlib.content_cost"] nbgrader={"grade": false, "grade_id": "content_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def content_cost(content, generated):
    """Half the sum of the squared differences of two images' activations.

    Parameters
    ----------
    content, generated : tensors (H, W, C)

    Returns
    -------
    tensor ()
    """
    ### BEGIN SOLUTION
    return tf.reduce_sum((generated - content) ** 2) / 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_content_cost", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and gradients, for features of any shape; the result is a tensor of shape () (2 points).
check(content_cost)
### BEGIN HIDDEN TESTS
for _shape in [(3, 5, 4), (1, 1, 6), (4, 2, 1), (6, 7, 2)]:
    _rng = np.random.default_rng(_shape)
    _content, _generated = (_rng.normal(size=_shape).astype("float32") for _ in range(2))
    _want = sum(0.5 * float(a - b) ** 2 for a, b in zip(_content.ravel(), _generated.ravel(), strict=True))
    _pair = tf.constant(_content), tf.constant(_generated)
    _got = content_cost(*_pair)
    assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
    assert tuple(_got.shape) == (), f"the cost must be one number, its shape is {tuple(_got.shape)}"
    assert np.allclose(_got, _want, rtol=1e-4), f"wrong cost for features of {_shape}"
    _got, _want = cnnlib.check.gradient(content_cost, *_pair, argnum=1), _generated - _content
    assert _got is not None, f"no gradient finds its way back to the generated image, features of {_shape}"
    assert np.shape(_got) == _want.shape and np.allclose(_got, _want, rtol=1e-4, atol=1e-5), f"wrong gradient for features of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_content_cost_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# It sees where things are: pixels that change places cost, the same image does not (1 point).
### BEGIN HIDDEN TESTS
_content = np.random.default_rng(4).normal(size=(2, 3, 4)).astype("float32")
_moved = _content[:, [2, 0, 1]].copy()
_same = content_cost(tf.constant(_content), tf.constant(_content))
_got = content_cost(tf.constant(_content), tf.constant(_moved))
assert np.shape(_same) == np.shape(_got) == (), f"the cost must be one number, its shape is {np.shape(_got)}"
assert np.allclose(_same, 0), "an image has a cost against itself"
assert np.allclose(_got, np.sum((_moved - _content) ** 2) * 0.5, rtol=1e-4), "wrong cost where the columns changed places"
assert np.allclose(content_cost(tf.constant(_moved), tf.constant(_content)), _got), "it matters which image comes first"
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Do the same patterns go together?
#
# The style cost of one layer compares Gram matrices, and divides by a number that makes layers and images of any size
# comparable, at least roughly. With $H$, $W$, $C$ of the features:
#
# $$J^{[l]}_\text{style} = \frac{1}{(2 H W C)^2} \sum_{i, j} (G^\text{generated}_{ij} - G^\text{style}_{ij})^2$$
#
# The whole of $2 H W C$ is squared. It is the paper's $1 / (4 N^2 M^2)$, with $N = C$ filters and $M = H W$ pixels.
#
# **By hand first.** One row of two pixels with one channel: style 1, 3 and generated 3, 3. <details><summary>Answer</summary>The
# Gram matrices have one entry each, 1 + 9 = 10 and 9 + 9 = 18. 8² / (2 · 1 · 2 · 1)² = 64 / 16 = 4.</details>

# %% forbidden=["cnnlib.layer_style_cost"] nbgrader={"grade": false, "grade_id": "layer_style_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_style_cost(style, generated):
    """The squared distance of two Gram matrices, over (2 H W C) squared.

    Parameters
    ----------
    style, generated : tensors (H, W, C), the activations of one layer for two images of the same size

    Returns
    -------
    tensor ()
    """
    ### BEGIN SOLUTION
    height, width, channels = style.shape
    difference = gram_matrix(generated) - gram_matrix(style)
    return tf.reduce_sum(difference**2) / (2 * height * width * channels) ** 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_layer_style_cost", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and gradients, for features of any shape; the result is a tensor of shape () (2 points).
check(layer_style_cost)
### BEGIN HIDDEN TESTS
for _shape in [(3, 5, 4), (1, 3, 6), (4, 2, 1), (6, 7, 2)]:
    _rng = np.random.default_rng(_shape)
    _style, _generated = (_rng.normal(size=_shape).astype("float32") for _ in range(2))
    _grams = [np.einsum("hwi,hwj->ij", x, x, dtype=float) for x in (_style, _generated)]
    _want = np.linalg.norm(_grams[0] - _grams[1]) ** 2 / 4 / np.prod(_shape) / np.prod(_shape)
    _pair = tf.constant(_style), tf.constant(_generated)
    _got = layer_style_cost(*_pair)
    assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
    assert tuple(_got.shape) == (), f"the cost must be one number, its shape is {tuple(_got.shape)}"
    assert np.allclose(_got, _want, rtol=1e-3, atol=1e-7), f"wrong cost for features of {_shape}"
    _got, _want = cnnlib.check.gradient(layer_style_cost, *_pair, argnum=1), _generated @ (_grams[1] - _grams[0]) / _style.size**2
    assert _got is not None, f"no gradient finds its way back to the generated image, features of {_shape}"
    assert np.shape(_got) == _want.shape and np.allclose(_got, _want, rtol=1e-3, atol=1e-5), f"wrong gradient for features of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_layer_style_cost_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# It does not see where things are, and it does see how strong they are (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(2)
_style = _rng.normal(size=(3, 4, 5)).astype("float32")
_mixed = _rng.permutation(_style.reshape(-1, 5)).reshape(3, 4, 5)
_far = layer_style_cost(tf.constant(_style), tf.constant(2 * _mixed))
_near = layer_style_cost(tf.constant(_style), tf.constant(_mixed))
assert np.shape(_near) == np.shape(_far) == (), f"the cost must be one number, its shape is {np.shape(_near)}"
assert np.allclose(_near, 0, atol=1e-6), "pixels that changed places cost"
_grams = np.einsum("hwi,hwj->ij", _style, _style, dtype=float)
assert np.allclose(_far, np.sum((3 * _grams) ** 2) / 14400, rtol=1e-3), "wrong cost where all activations are doubled"
### END HIDDEN TESTS

# %% [markdown]
# ## 4. How much of each layer do you want?
#
# Shallow layers hold colors and fine strokes, deep ones larger patterns. The style cost takes several layers, each with its
# weight $\lambda$:
#
# $$J_\text{style} = \sum_l \lambda^{[l]} J^{[l]}_\text{style}$$
#
# **By hand first.** Two layers with the costs 2.25 and 16 and the weights 2 and 0.5. <details><summary>Answer</summary>4.5 + 8
# = 12.5.</details>

# %% forbidden=["cnnlib.style_cost"] nbgrader={"grade": false, "grade_id": "style_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def style_cost(styles, generateds, weights):
    """The style costs of several layers, each times its weight, added up.

    Parameters
    ----------
    styles, generateds : lists of tensors (H, W, C), one for each layer; the layers differ in shape
    weights : list of numbers, one for each layer

    Returns
    -------
    tensor ()
    """
    ### BEGIN SOLUTION
    costs = [weight * layer_style_cost(style, generated)
             for style, generated, weight in zip(styles, generateds, weights, strict=True)]
    return tf.add_n(costs)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_style_cost", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and gradients, for any number of layers of any shape, each with its weight (2 points).
check(style_cost)
### BEGIN HIDDEN TESTS
for _shapes, _weights in [([(4, 6, 2), (2, 3, 4), (1, 2, 3)], [0.2, 1.5, 3.0]), ([(3, 2, 5)], [0.7]),
                          ([(4, 2, 1), (4, 2, 1), (2, 1, 6), (1, 1, 3)], [1.0, 0.0, 2.5, 4.0])]:
    _rng = np.random.default_rng(len(_shapes))
    _styles, _generateds = ([_rng.normal(size=s).astype("float32") for s in _shapes] for _ in range(2))
    _want, _slopes = 0.0, []
    for _one, _other, _weight in zip(_styles, _generateds, _weights, strict=True):
        _grams = [np.einsum("hwi,hwj->ij", x, x, dtype=float) for x in (_one, _other)]
        _want += _weight * np.sum((_grams[0] - _grams[1]) ** 2) / (4.0 * _one.size**2)
        _slopes.append(_weight * _other @ (_grams[1] - _grams[0]) / _one.size**2)
    _layers = [tf.constant(x) for x in _styles], [tf.constant(x) for x in _generateds]
    _got = style_cost(*_layers, list(_weights))
    assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
    assert tuple(_got.shape) == (), f"the cost must be one number, its shape is {tuple(_got.shape)}"
    assert np.allclose(_got, _want, rtol=1e-3), f"wrong cost for layers of {_shapes} with weights {_weights}"
    _got = cnnlib.check.gradient(style_cost, *_layers, list(_weights), argnum=1)
    for _part, _slope in zip(_got, _slopes, strict=True):
        _part = np.zeros(_slope.shape) if _part is None and not _slope.any() else _part  # a layer of no weight may be left out
        assert _part is not None, f"no gradient finds its way back to a layer, layers of {_shapes} with weights {_weights}"
        assert np.shape(_part) == _slope.shape, f"wrong gradient for layers of {_shapes} with weights {_weights}"
        assert np.allclose(_part, _slope, rtol=1e-3, atol=1e-5), f"wrong gradient for layers of {_shapes} with weights {_weights}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_style_cost_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Layers and weights that change places together cost the same; twice the weights, twice the cost (1 point).
### BEGIN HIDDEN TESTS
_rng = np.random.default_rng(3)
_styles = [tf.constant(_rng.normal(size=s).astype("float32")) for s in [(2, 3, 4), (3, 3, 2), (1, 4, 3)]]
_generateds = [tf.constant(_rng.normal(size=s).astype("float32")) for s in [(2, 3, 4), (3, 3, 2), (1, 4, 3)]]
_weights = [2.0, 5.0, 0.5]
_one = style_cost(_styles, _generateds, _weights)
_turned = style_cost(_styles[::-1], _generateds[::-1], _weights[::-1])
_twice = style_cost(_styles, _generateds, [2 * w for w in _weights])
_heavy = style_cost(_styles, _generateds, [2.0, 5.0, 50.0])
assert np.allclose(_one, _turned, rtol=1e-4), "it matters in which order the layers come"
assert np.allclose(_twice, 2 * np.asarray(_one), rtol=1e-4), "all weights were doubled, and the cost was not"
assert float(_heavy) > float(_one) > 0, "one weight was raised, and the cost was not"
### END HIDDEN TESTS

# %% [markdown]
# ## 5. How rough is it?
#
# Specks to which no filter answers cost nothing so far. The total variation makes them cost: the sum of the absolute
# differences of all neighbors, down and across, in each color:
#
# $$V = \sum_{h, w, c} |x_{h+1, w, c} - x_{h w c}| + \sum_{h, w, c} |x_{h, w+1, c} - x_{h w c}|$$
#
# **By hand first.** Two rows, 1, 4 and 2, 2, one channel. <details><summary>Answer</summary>Down 1 + 2, across 3 + 0: 6.</details>

# %% forbidden=["cnnlib.total_variation", "tensorflow.image.total_variation"] nbgrader={"grade": false, "grade_id": "total_variation", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total_variation(image):
    """The sum of the absolute differences of neighboring pixels, down and across.

    Parameters
    ----------
    image : tensor (H, W, C)

    Returns
    -------
    tensor ()
    """
    ### BEGIN SOLUTION
    down = image[1:] - image[:-1]
    across = image[:, 1:] - image[:, :-1]
    return tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(tf.abs(across))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_total_variation", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Values and gradients, for images of any height, width and number of channels (2 points).
check(total_variation)
### BEGIN HIDDEN TESTS
for _shape in [(4, 6, 3), (5, 2, 1), (1, 7, 2), (3, 1, 4), (2, 2, 2)]:
    _image = np.random.default_rng(_shape).random(_shape).astype("float32")
    _want = sum(abs(float(_image[h, w, c] - _image[h - 1, w, c])) for h in range(1, _shape[0])
                for w in range(_shape[1]) for c in range(_shape[2]))
    _want += sum(abs(float(_image[h, w, c] - _image[h, w - 1, c])) for h in range(_shape[0])
                 for w in range(1, _shape[1]) for c in range(_shape[2]))
    _got = total_variation(tf.constant(_image))
    assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
    assert tuple(_got.shape) == (), f"the variation must be one number, its shape is {tuple(_got.shape)}"
    assert np.allclose(_got, _want, rtol=1e-4), f"wrong variation for an image of {_shape}"
    _got, _want = cnnlib.check.gradient(total_variation, tf.constant(_image)), np.zeros(_shape)
    for _h, _w, _c in np.ndindex(_shape):  # a pixel is pulled to each of its neighbors
        for _i, _j in [(_h - 1, _w), (_h + 1, _w), (_h, _w - 1), (_h, _w + 1)]:
            if 0 <= _i < _shape[0] and 0 <= _j < _shape[1]:
                _want[_h, _w, _c] += np.sign(_image[_h, _w, _c] - _image[_i, _j, _c])
    assert _got is not None, f"no gradient finds its way back to an image of {_shape}"
    assert np.shape(_got) == _want.shape and np.allclose(_got, _want, atol=1e-4), f"wrong gradient for an image of {_shape}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_total_variation_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# One bright speck costs four edges, in the middle; brightness itself costs nothing; up costs as much as down (1 point).
### BEGIN HIDDEN TESTS
_image = np.zeros((5, 6, 1), "float32")
_image[2, 3] = 0.75
_flat = total_variation(tf.constant(np.full((3, 4, 3), 0.3, "float32")))
_speck = total_variation(tf.constant(_image))
_dark = total_variation(tf.constant(1 - _image))
assert np.shape(_flat) == np.shape(_speck) == (), f"the variation must be one number, its shape is {np.shape(_flat)}"
assert np.allclose(_flat, 0), "an even gray has a variation"
assert np.allclose(_speck, 4 * 0.75), "wrong variation of one bright speck on black"
assert np.allclose(_dark, _speck), "a dark speck on white costs something else than a bright one on black"
### END HIDDEN TESTS

# %% [markdown]
# ## 6. What is the whole cost?
#
# $$J = \alpha \, J_\text{content} + \beta \, J_\text{style}$$
#
# **By hand first.** Content 3, style 5, $\alpha = 10$, $\beta = 2$. <details><summary>Answer</summary>30 + 10 = 40.</details>

# %% forbidden=["cnnlib.total_cost"] nbgrader={"grade": false, "grade_id": "total_cost", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total_cost(content, style, *, alpha, beta):
    """Put the two costs together.

    Parameters
    ----------
    content, style : tensors (), the costs of content and style
    alpha, beta : numbers, their weights

    Returns
    -------
    tensor ()
    """
    ### BEGIN SOLUTION
    return alpha * content + beta * style
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_total_cost", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Each cost with its own weight, and a gradient for each (1 point).
check(total_cost)
### BEGIN HIDDEN TESTS
for _content, _style, _alpha, _beta in [(2.5, 0.5, 4.0, 0.125), (0.0, 3.0, 7.0, 2.0), (9.0, 0.0, 0.5, 100.0),
                                        (1e4, 2e-3, 1.0, 1e6)]:
    _got = total_cost(tf.constant(_content), tf.constant(_style), alpha=_alpha, beta=_beta)
    assert np.shape(_got) == (), f"the cost must be one number, its shape is {np.shape(_got)}"
    _about = f"content {_content}, style {_style}, alpha {_alpha}, beta {_beta}"
    assert np.allclose(_got, np.dot([_content, _style], [_alpha, _beta]), rtol=1e-4), f"wrong cost for {_about}"
    for _argnum, _want in enumerate([_alpha, _beta]):
        _got = cnnlib.check.gradient(total_cost, tf.constant(_content), tf.constant(_style), argnum=_argnum, alpha=_alpha, beta=_beta)
        assert _got is not None, f"no gradient finds its way back to one of the two costs for {_about}"
        assert np.shape(_got) == () and np.allclose(_got, _want, rtol=1e-4), f"wrong gradient for {_about}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_total_cost_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# A weight of 0 takes its cost out, and the result is a tensor (1 point).
### BEGIN HIDDEN TESTS
_got = total_cost(tf.constant(3.0), tf.constant(11.0), alpha=0.5, beta=0.0)
assert tf.is_tensor(_got), f"the result must be a tensor, it is a {type(_got).__name__}"
assert np.allclose(_got, 3 * 0.5), "wrong cost where beta is 0"
assert np.shape(_got) == (), f"the cost must be one number, its shape is {np.shape(_got)}"
_got = total_cost(tf.constant(3.0), tf.constant(11.0), alpha=0.0, beta=0.25)
assert np.shape(_got) == (), f"the cost must be one number, its shape is {np.shape(_got)}"
assert np.allclose(_got, 11 * 0.25), "wrong cost where alpha is 0"
### END HIDDEN TESTS

# %% [markdown]
# ## 7. How is an image trained?
#
# Like a network, except that the pixels are the parameters. One step:
#
# 1. compute the loss of the image, while a `tf.GradientTape` watches;
# 2. ask the tape for the gradient of the loss with respect to the *image*, and to nothing else: the network must stay as it is;
# 3. have the optimizer make the step: its `apply_gradients` takes a list of pairs (gradient, variable) and changes the
#    variable in place;
# 4. bring the pixels back into [0, 1], in the variable: `image.assign(...)`.
#
# **By hand first.** A pixel of 0.5, a loss whose slope there is -3, plain gradient descent with rate 0.25. Where is the pixel
# after the step? <details><summary>Answer</summary>0.5 + 0.75 = 1.25, so it is clipped to 1.</details>

# %% forbidden=["cnnlib.train_step"] nbgrader={"grade": false, "grade_id": "train_step", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_step(image, loss, optimizer):
    """Make one step of the optimizer on the image, in place, and clip the image to [0, 1].

    Parameters
    ----------
    image : tf.Variable of floats in [0, 1], of any shape
    loss : function of the image that returns its cost; there may be a network in it, which must not be changed
    optimizer : a keras optimizer, such as keras.optimizers.Adam(0.02)

    Returns
    -------
    the cost before the step, as loss returned it

    Leave the function as it is, without a decorator such as tf.function: the loop that calls it sees to its speed.
    """
    ### BEGIN SOLUTION
    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient = tape.gradient(cost, image)
    optimizer.apply_gradients([(gradient, image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_train_step", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# The variable makes the optimizer's step, for several losses and optimizers (2 points).
check(train_step)
### BEGIN HIDDEN TESTS
_start = np.random.default_rng(7).uniform(0.3, 0.7, (3, 4, 3)).astype("float32")
for _name, _loss, _slope in [("half the sum of squares", tf.nn.l2_loss, _start), ("the sum", tf.reduce_sum, np.ones_like(_start)),
                             ("the mean", tf.reduce_mean, np.full_like(_start, 1 / 36))]:
    for _rate in (0.125, 0.25):
        _image = tf.Variable(_start)
        train_step(_image, _loss, keras.optimizers.SGD(_rate))
        assert np.allclose(_image, _start - _rate * _slope, atol=1e-5), f"gradient descent on {_name}, rate {_rate}"
    _image = tf.Variable(_start)
    train_step(_image, _loss, keras.optimizers.Adam(0.0625))
    assert np.allclose(_image, _start - 0.0625 * np.sign(_slope), atol=1e-3), f"a step of Adam on {_name}"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_train_step_2", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# After the step no pixel is outside of [0, 1], and only those that would be are clipped (1 point).
### BEGIN HIDDEN TESTS
_start = np.linspace(0.05, 0.95, 10).astype("float32")
_steep = keras.Sequential([keras.Input((10,)), keras.layers.Dense(1, use_bias=False)])
_steep.set_weights([np.array([[-8, 8, -1, 1, 0.5, -0.5, 2, -2, 6, -6]], "float32").T])
_image = tf.Variable(_start[None])
train_step(_image, _steep, keras.optimizers.SGD(0.125))
_got = np.asarray(_image)[0]
assert _got.min() >= 0, "after a long step a pixel is negative"
assert _got.max() <= 1, "after a long step a pixel is too bright"
_free = _start - 0.125 * np.array([-8, 8, -1, 1, 0.5, -0.5, 2, -2, 6, -6])
assert np.allclose(_got, np.where(_free < 0, 0, np.where(_free > 1, 1, _free)), atol=1e-5), "wrong pixels after a long step"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_train_step_3", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# A network in the loss stays as it was, bit for bit, and the image moves as its gradient says (2 points).
### BEGIN HIDDEN TESTS
keras.utils.set_random_seed(5)
_network = keras.Sequential([keras.Input((6, 5, 3)), keras.layers.Conv2D(4, 3, activation="relu"), keras.layers.Flatten(),
                             keras.layers.Dense(1)])
_start = np.random.default_rng(5).uniform(0.3, 0.7, (1, 6, 5, 3)).astype("float32")
_before = _network.get_weights()
with tf.GradientTape() as _tape:
    _watched = tf.constant(_start)
    _tape.watch(_watched)
    _cost = _network(_watched)
_slope = np.asarray(_tape.gradient(_cost, _watched))
_image = tf.Variable(_start)
train_step(_image, _network, keras.optimizers.SGD(0.05))
assert all(np.array_equal(a, b) for a, b in zip(_before, _network.get_weights(), strict=True)), "the network's weights were changed"
assert np.allclose(_image, np.clip(_start - 0.05 * _slope, 0, 1), atol=1e-5), "wrong image after a step on a network"
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_train_step_4", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# It returns the loss from before the step (1 point).
### BEGIN HIDDEN TESTS
for _shape in [(2, 3, 3), (4,)]:
    _start = np.random.default_rng(_shape).uniform(0.3, 0.7, _shape).astype("float32")
    _got = train_step(tf.Variable(_start), tf.nn.l2_loss, keras.optimizers.SGD(0.25))
    assert np.shape(np.squeeze(_got)) == (), f"it must return one number for an image of {_shape}, it returns {np.shape(_got)}"
    assert np.allclose(_got, 0.5 * np.dot(_start.ravel(), _start.ravel()), rtol=1e-4), f"wrong loss for an image of {_shape}"
### END HIDDEN TESTS

# %% [markdown]
# ## What do your functions paint?
#
# Everything is there. The cells below put *your* functions together: a photograph for the content, a mosaic for the style, and
# VGG-16 to look at both. (If its weights are not installed, a network with random weights stands in: everything runs, and the
# picture is poorer.) While your notebook is graded nothing is painted.
#
# **Predict:** the painting starts from the photograph. Which of the two costs is 0 at the start, and which will fall?

# %% tags=["skip-execution"]
from cnnlib.painting import activations, balanced, paint
from cnnlib.patterns import pattern, square_photo
from cnnlib.plots_style import show_mix
from cnnlib.vgg import vgg16

STYLE_LAYERS = ["block1_conv1", "block2_conv1", "block3_conv1"]
try:
    network = vgg16([*STYLE_LAYERS, "block4_conv1"])
except ImportError as missing:
    print(missing)
    network = vgg16([*STYLE_LAYERS, "block4_conv1"], source="random")

# %% tags=["skip-execution"]
photo, mosaic = square_photo("cat", 96), pattern("mosaic", 96)
content, style = activations(network, photo)["block4_conv1"], activations(network, mosaic)
weights = balanced(network, mosaic, photo, STYLE_LAYERS)

def loss(image):
    seen = activations(network, image)
    styles, generateds = [style[name] for name in STYLE_LAYERS], [seen[name] for name in STYLE_LAYERS]
    cost = total_cost(content_cost(content, seen["block4_conv1"]), style_cost(styles, generateds, list(weights.values())),
                      alpha=1, beta=2e6)
    return cost + 20 * total_variation(image)

# %% tags=["skip-execution", "nbval-ignore-output"] reason="pixels of a painting differ between processors"
painting = paint(loss, photo, steps=60, title="your painting", step=train_step)
show_mix(photo, mosaic, painting.image, words="your painting",
         alt="A cat's face, a mosaic of warm colors, and the cat's face painted in patches of the mosaic's colors.")

# %% tags=["skip-execution"]
print("the loss fell to less than a third:", painting.costs[-1] < painting.costs[0] / 3)

# %% [markdown]
# The costs are yours, the step is yours. *Try it:* another `beta`, other layers, `pattern("strokes", 96)`, or a photograph of
# your own; the lecture has a recipe for large ones.
#
# ## You can now
#
# compute a Gram matrix and say what it knows and what it forgets, write the costs of content and style with the right factors,
# keep an image smooth, and train an image through a frozen network.
#
# **Before you hand in:** restart the kernel and run all cells; no test cell should stop the run. Then save, and submit as your
# course says. Next: unit 10, where a network says not only what is in an image, but where.
