"""Style transfer: after this room you can take what an image shows from one picture, and how it looks from another.

`features` are the activations of one layer for one image, (H, W, C); an image is (H, W, 3) in [0, 1]; a cost is one number.
The functions take arrays or tensors and return tensors, through TensorFlow's operations alone, so that gradients reach the
image. The costs are those of L. Gatys, A. Ecker and M. Bethge, A neural algorithm of artistic style, 2015; the loop that
paints with them is cnnlib.painting.
"""

__all__ = ["content_cost", "gram_matrix", "layer_style_cost", "style_cost", "total_cost", "total_variation", "train_step"]


def gram_matrix(features):
    """Say which channels are active together, and forget where: the Gram matrix of one layer's activations.

    Entry (i, j) is the sum, over all pixels, of channel i times channel j. It is large when two patterns keep turning up at
    the same pixels, say "orange" and "slanting line", wherever in the image that is.

    Parameters
    ----------
    features : (H, W, C) array or tensor of floats

    Returns
    -------
    gram : (C, C) tensor, symmetric; a sum over pixels, not a mean

    Raises
    ------
    ValueError
        When features has not three axes.

    Examples
    --------
    >>> gram_matrix([[[1.0, 0.0], [2.0, 1.0]]]).numpy().tolist()  # one row of two pixels, two channels
    [[5.0, 2.0], [2.0, 1.0]]
    """
    import tensorflow as tf

    features = _floats(features)
    if len(features.shape) != 3:
        raise ValueError(f"features has shape {tuple(features.shape)}: it needs to be (H, W, C). Take one image: features[0].")
    pixels = tf.reshape(features, (-1, features.shape[-1]))  # (H W, C), one row for each pixel
    return tf.matmul(pixels, pixels, transpose_a=True)


def content_cost(content, generated):
    """Half the sum of the squared differences between two images' activations at one layer.

    Two images have the same content for a layer when the same patterns are active at the same places.

    Parameters
    ----------
    content, generated : (H, W, C) arrays or tensors, of one shape

    Returns
    -------
    cost : tensor (), 0 or more

    Raises
    ------
    ValueError
        When the shapes differ.

    Examples
    --------
    >>> float(content_cost([[[1.0, 5.0]]], [[[3.0, 4.0]]]))  # (2 * 2 + 1 * 1) / 2
    2.5

    Source: Gatys et al., equation 1.
    """
    import tensorflow as tf

    content, generated = _alike(content, generated)
    return tf.reduce_sum((generated - content) ** 2) / 2


def layer_style_cost(style, generated):
    """The squared distance of two images' Gram matrices at one layer, over (2 H W C)^2.

    Two images have the same style for a layer when the same patterns go together, no matter where.

    Parameters
    ----------
    style, generated : (H, W, C) arrays or tensors, of one shape

    Returns
    -------
    cost : tensor (), 0 or more

    Raises
    ------
    ValueError
        When the shapes differ: a Gram matrix is a sum over pixels, so there must be equally many.

    Examples
    --------
    >>> float(layer_style_cost([[[1.0], [3.0]]], [[[3.0], [3.0]]]))  # Grams 10 and 18: 8 * 8 over (2 * 1 * 2 * 1)^2
    4.0

    Source: Gatys et al., equation 4, with N = C filters and M = H W pixels: 1 / (4 N^2 M^2).
    """
    import tensorflow as tf

    style, generated = _alike(style, generated)
    height, width, channels = style.shape
    distance = tf.reduce_sum((gram_matrix(generated) - gram_matrix(style)) ** 2)
    return distance / (2 * height * width * channels) ** 2


def style_cost(styles, generateds, weights):
    """The style costs of several layers, each times its weight, added up.

    Shallow layers hold colours and strokes, deep ones larger patterns; the weights say how much of each you want.

    Parameters
    ----------
    styles, generateds : lists of (H, W, C) arrays or tensors, one for each layer; layers differ in shape
    weights : list of numbers, one for each layer

    Returns
    -------
    cost : tensor (), 0 or more

    Raises
    ------
    ValueError
        When the lists are not equally long.

    Examples
    --------
    >>> ones, twos = [[[1.0]]], [[[2.0]]]  # Grams 1 and 4: a cost of 9 / 4
    >>> float(style_cost([ones, ones], [twos, ones], [2, 5]))
    4.5

    Source: Gatys et al., equation 5.
    """
    if not len(styles) == len(generateds) == len(weights):
        raise ValueError(f"{len(styles)} styles, {len(generateds)} generateds and {len(weights)} weights: "
                         "it needs one of each for every layer.")
    return sum(weight * layer_style_cost(*pair) for weight, *pair in zip(weights, styles, generateds, strict=True))


def total_variation(image):
    """How rough an image is: the sum of the absolute differences between neighbors, down and across.

    Costs that only look through a network do not mind a speckle that no filter answers to. This one does.

    Parameters
    ----------
    image : (H, W, C) array or tensor

    Returns
    -------
    variation : tensor (), 0 for a flat image

    Raises
    ------
    ValueError
        When image has not three axes.

    Examples
    --------
    >>> float(total_variation([[[1.0], [4.0]], [[2.0], [2.0]]]))  # down 1 + 2, across 3 + 0
    6.0

    Source: L. Rudin, S. Osher and E. Fatemi, Nonlinear total variation based noise removal algorithms, 1992.
    """
    import tensorflow as tf

    image = _floats(image)
    if len(image.shape) != 3:
        raise ValueError(f"image has shape {tuple(image.shape)}: it needs to be (H, W, C). Take one image: image[0].")
    down, across = image[1:] - image[:-1], image[:, 1:] - image[:, :-1]  # (H - 1, W, C), (H, W - 1, C)
    return tf.reduce_sum(tf.abs(down)) + tf.reduce_sum(tf.abs(across))


def total_cost(content, style, *, alpha, beta):
    """What a painting is to make small: alpha times the content's cost and beta times the style's.

    Only the ratio of the two decides where the best picture lies.

    Parameters
    ----------
    content, style : numbers or tensors (), the two costs
    alpha, beta : numbers

    Returns
    -------
    cost : number or tensor ()

    >>> total_cost(3.0, 5.0, alpha=10, beta=2)
    40.0

    Source: Gatys et al., equation 7.
    """
    return alpha * content + beta * style


def train_step(image, loss, optimizer):
    """Change an image a little, so that its loss falls; the pixels are what is trained, and nothing else is.

    Parameters
    ----------
    image : tf.Variable of floats in [0, 1], of any shape; changed in place, and clipped to [0, 1] after the step
    loss : function of the image that returns its cost; a network in it stays as it is
    optimizer : keras.optimizers.Optimizer; it makes the step

    Returns
    -------
    cost : tensor, the loss before the step

    Raises
    ------
    ValueError
        When the loss does not depend on the image, as far as TensorFlow can follow.

    Examples
    --------
    >>> import keras, tensorflow as tf
    >>> image = tf.Variable([0.5, 1.0])
    >>> float(train_step(image, lambda x: tf.reduce_sum(x * [2.0, -3.0]), keras.optimizers.SGD(0.125)))
    -2.0
    >>> image.numpy().tolist()  # 0.5 - 0.125 * 2, and 1 + 0.125 * 3 clipped
    [0.25, 1.0]
    """
    import tensorflow as tf

    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient = tape.gradient(cost, image)
    if gradient is None:
        raise ValueError("the loss has no gradient with respect to the image: somewhere it leaves TensorFlow, as `.numpy()` "
                         "does, or does not use the image. Use tf's functions all the way from the image to the cost.")
    optimizer.apply_gradients([(gradient, image)])
    image.assign(tf.clip_by_value(image, 0, 1))
    return cost


def _floats(values):
    import tensorflow as tf

    values = tf.convert_to_tensor(values)
    return values if values.dtype.is_floating else tf.cast(values, tf.float32)


def _alike(one, other):
    import tensorflow as tf

    other = _floats(other)
    one = tf.cast(one, other.dtype)
    if one.shape != other.shape:
        raise ValueError(f"features of shapes {tuple(one.shape)} and {tuple(other.shape)}: they need to be of one shape. "
                         "Make both images equally large.")
    return one, other
