# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 09: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.

# %% question="gram_matrix" wrong="F times F transposed: a row for each pixel" hint="pixels for channels"
def gram_matrix(features):
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    return tf.matmul(pixels, pixels, transpose_b=True)

# %% question="gram_matrix" wrong="reshaped to (C, H W), without a transpose" hint="reshaped without a transpose"
def gram_matrix(features):
    height, width, channels = features.shape
    rows = tf.reshape(features, (channels, height * width))
    return tf.matmul(rows, tf.transpose(rows))

# %% question="gram_matrix" wrong="the first axis is taken for the channels" hint="another axis taken for the channels"
def gram_matrix(features):
    rows = tf.reshape(features, (features.shape[0], -1))
    return tf.matmul(rows, rows, transpose_b=True)

# %% question="gram_matrix" wrong="divided by the number of pixels" hint="mean for sum"
def gram_matrix(features):
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    return tf.matmul(pixels, pixels, transpose_a=True) / pixels.shape[0]

# %% question="gram_matrix" wrong="divided by the number of activations" hint="mean for sum"
def gram_matrix(features):
    height, width, channels = features.shape
    return tf.einsum("hwi,hwj->ij", features, features) / (height * width * channels)

# %% question="gram_matrix" wrong="a matrix for each row of the image" hint="rows kept apart"
def gram_matrix(features):
    return tf.matmul(features, features, transpose_a=True)

# %% question="gram_matrix" wrong="the squares of the channels alone" hint="diagonal alone"
def gram_matrix(features):
    return tf.reduce_sum(features * features, axis=[0, 1])

# %% question="gram_matrix" wrong="the covariance of the channels" hint="mean taken off"
def gram_matrix(features):
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    pixels = pixels - tf.reduce_mean(pixels, axis=0)
    return tf.transpose(pixels) @ pixels

# %% question="gram_matrix" wrong="computed in NumPy" hint="gradient lost"
def gram_matrix(features):
    pixels = np.reshape(features, (-1, features.shape[-1]))
    return pixels.T @ pixels

# %% question="gram_matrix" wrong="the tensor is turned into an array on the way" hint="gradient lost"
def gram_matrix(features):
    features = features.numpy()
    return np.einsum("hwi,hwj->ij", features, features)

# %% question="gram_matrix" wrong="computed in NumPy and made a tensor again" hint="gradient lost"
def gram_matrix(features):
    pixels = np.reshape(features, (-1, features.shape[-1]))
    return tf.constant(pixels.T @ pixels)

# %% question="gram_matrix" wrong="right, and the gradient is stopped at one of the two factors"
def gram_matrix(features):
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    return tf.matmul(tf.stop_gradient(pixels), pixels, transpose_a=True)

# %% question="gram_matrix" wrong="cosines in place of products" hint="channels brought to length 1"
def gram_matrix(features):
    pixels = tf.reshape(features, (-1, features.shape[-1]))
    pixels = tf.math.l2_normalize(pixels, axis=0, epsilon=0.0)
    return tf.matmul(pixels, pixels, transpose_a=True)

# %% question="gram_matrix" right="einsum"
def gram_matrix(features):
    return tf.einsum("hwi,hwj->ij", features, features)

# %% question="gram_matrix" right="tensordot over height and width"
def gram_matrix(features):
    return tf.tensordot(features, features, axes=[[0, 1], [0, 1]])

# %% question="gram_matrix" right="channels to the front, then reshaped"
def gram_matrix(features):
    channels = tf.transpose(features, [2, 0, 1])
    rows = tf.reshape(channels, (tf.shape(features)[2], -1))
    return rows @ tf.transpose(rows)

# %% question="gram_matrix" right="the operations of Keras"
def gram_matrix(features):
    pixels = keras.ops.reshape(features, (-1, features.shape[-1]))
    return keras.ops.matmul(keras.ops.transpose(pixels), pixels)

# %% question="gram_matrix" right="number by number"
def gram_matrix(features):
    channels = features.shape[-1]
    return tf.stack([tf.stack([tf.reduce_sum(features[..., i] * features[..., j]) for j in range(channels)])
                     for i in range(channels)])

# %% question="content_cost" wrong="the half is missing" hint="no half"
def content_cost(content, generated):
    return tf.reduce_sum(tf.square(generated - content))

# %% question="content_cost" wrong="the mean" hint="mean for sum"
def content_cost(content, generated):
    return tf.reduce_mean((generated - content) ** 2)

# %% question="content_cost" wrong="half the mean" hint="mean for sum"
def content_cost(content, generated):
    return 0.5 * tf.reduce_mean((generated - content) ** 2)

# %% question="content_cost" wrong="over 4 H W C, as another course has it" hint="mean for sum"
def content_cost(content, generated):
    height, width, channels = content.shape
    return tf.reduce_sum((generated - content) ** 2) / (4 * height * width * channels)

# %% question="content_cost" wrong="absolute differences" hint="no square"
def content_cost(content, generated):
    return tf.reduce_sum(tf.abs(generated - content)) / 2

# %% question="content_cost" wrong="the differences with their signs" hint="no square"
def content_cost(content, generated):
    return 0.5 * tf.reduce_sum(generated - content)

# %% question="content_cost" wrong="the norm takes a root" hint="root taken"
def content_cost(content, generated):
    return tf.norm(generated - content) / 2

# %% question="content_cost" wrong="the generated image against itself" hint="target from the generated image"
def content_cost(content, generated):
    target = generated
    return tf.reduce_sum((generated - target) ** 2) / 2

# %% question="content_cost" wrong="squared after the sum" hint="square of the sum"
def content_cost(content, generated):
    return tf.reduce_sum(generated - content) ** 2 / 2

# %% question="content_cost" wrong="one cost a channel" hint="not added up"
def content_cost(content, generated):
    return tf.reduce_sum((generated - content) ** 2, axis=[0, 1]) / 2

# %% question="content_cost" wrong="the Gram matrices are compared" hint="Gram matrices compared"
def content_cost(content, generated):
    grams = [cnnlib.gram_matrix(features) for features in (content, generated)]
    return tf.reduce_sum((grams[1] - grams[0]) ** 2) / 2

# %% question="content_cost" wrong="NumPy" hint="gradient lost"
def content_cost(content, generated):
    return np.sum((generated.numpy() - content.numpy()) ** 2) / 2

# %% question="content_cost" wrong="turned into a number" hint="gradient lost"
def content_cost(content, generated):
    return float(tf.reduce_sum((generated - content) ** 2) / 2)

# %% question="content_cost" wrong="NumPy's result is made a tensor again" hint="gradient lost"
def content_cost(content, generated):
    return tf.constant(np.sum((np.array(generated) - np.array(content)) ** 2) / 2)

# %% question="content_cost" right="TensorFlow's own half of the sum of squares"
def content_cost(content, generated):
    return tf.nn.l2_loss(content - generated)

# %% question="content_cost" right="the mean times what it was divided by"
def content_cost(content, generated):
    return tf.reduce_mean(tf.math.squared_difference(content, generated)) * np.prod(content.shape) / 2

# %% question="content_cost" right="compiled, and the target is a constant"
@tf.function
def content_cost(content, generated):
    return tf.reduce_sum((generated - tf.stop_gradient(content)) ** 2) / 2

# %% question="content_cost" right="the product of a flat vector with itself"
def content_cost(content, generated):
    off = tf.reshape(generated - content, (1, -1))
    return tf.squeeze(off @ tf.transpose(off)) / 2

# %% question="layer_style_cost" wrong="not divided by anything" hint="normalizer missing"
def layer_style_cost(style, generated):
    return tf.reduce_sum((cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)) ** 2)

# %% question="layer_style_cost" wrong="2 H W C is not squared" hint="normalizer not squared"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)
    return tf.reduce_sum(difference**2) / (2 * height * width * channels)

# %% question="layer_style_cost" wrong="the brackets end too early: only C is squared" hint="part of the normalizer"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)
    return tf.reduce_sum(difference**2) / (4 * height * width * channels**2)

# %% question="layer_style_cost" wrong="the 2 is missing" hint="part of the normalizer"
def layer_style_cost(style, generated):
    size = int(tf.size(style))
    return tf.reduce_sum((cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)) ** 2) / size**2

# %% question="layer_style_cost" wrong="the pixels are missing" hint="part of the normalizer"
def layer_style_cost(style, generated):
    channels = style.shape[-1]
    difference = cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)
    return tf.reduce_sum(difference**2) / (4.0 * channels**2)

# %% question="layer_style_cost" wrong="the square of the differences is missing, as on a slide" hint="difference not squared"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = cnnlib.gram_matrix(style) - cnnlib.gram_matrix(generated)
    return tf.reduce_sum(difference) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="the mean of the squares" hint="mean for sum"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)
    return tf.reduce_mean(difference**2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="the generated image twice" hint="target from the generated image"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    wanted = cnnlib.gram_matrix(generated)
    return tf.reduce_sum((cnnlib.gram_matrix(generated) - wanted) ** 2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="activations in place of Gram matrices" hint="no Gram matrix"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    return tf.reduce_sum((generated - style) ** 2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="Gram matrices of pixels" hint="pixels for channels"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    s, g = (tf.reshape(x, (height * width, channels)) for x in (style, generated))
    difference = tf.matmul(g, g, transpose_b=True) - tf.matmul(s, s, transpose_b=True)
    return tf.reduce_sum(difference**2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="reshaped to (C, H W)" hint="reshaped without a transpose"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    s, g = (tf.reshape(x, (channels, height * width)) for x in (style, generated))
    difference = tf.matmul(g, g, transpose_b=True) - tf.matmul(s, s, transpose_b=True)
    return tf.reduce_sum(difference**2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="the Gram matrices are means already" hint="Gram matrix divided as well"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = (cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)) / (height * width)
    return tf.reduce_sum(difference**2) / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="a matrix of costs" hint="not added up"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    return (cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)) ** 2 / (2 * height * width * channels) ** 2

# %% question="layer_style_cost" wrong="an array in the end" hint="gradient lost"
def layer_style_cost(style, generated):
    height, width, channels = style.shape
    difference = cnnlib.gram_matrix(generated) - cnnlib.gram_matrix(style)
    return (tf.reduce_sum(difference**2) / (2 * height * width * channels) ** 2).numpy()

# %% question="layer_style_cost" wrong="the Gram matrices go through NumPy, the cost is a tensor" hint="gradient lost"
def layer_style_cost(style, generated):
    s, g = (np.einsum("hwi,hwj->ij", x, x) for x in (style, generated))
    return tf.reduce_sum(tf.constant(g - s) ** 2) / (2 * np.prod(style.shape)) ** 2

# %% question="layer_style_cost" right="the paper's letters"
def layer_style_cost(style, generated):
    M, N = style.shape[0] * style.shape[1], style.shape[2]
    A, G = cnnlib.gram_matrix(style), cnnlib.gram_matrix(generated)
    return tf.reduce_sum(tf.square(G - A)) / (4.0 * N**2 * M**2)

# %% question="layer_style_cost" right="each Gram matrix divided, and nothing after"
def layer_style_cost(style, generated):
    size = 2.0 * int(tf.size(style))
    s, g = (tf.einsum("hwi,hwj->ij", x, x) / size for x in (style, generated))
    return tf.reduce_sum(tf.math.squared_difference(s, g))

# %% question="layer_style_cost" right="twice the half of the sum of squares, sizes as tensors"
def layer_style_cost(style, generated):
    difference = cnnlib.gram_matrix(style) - cnnlib.gram_matrix(generated)
    return 2 * tf.nn.l2_loss(difference) / (2 * tf.cast(tf.size(style), tf.float32)) ** 2

# %% question="style_cost" wrong="each cost replaces the one before it" hint="last layer only"
def style_cost(styles, generateds, weights):
    for style, generated, weight in zip(styles, generateds, weights):
        total = weight * cnnlib.layer_style_cost(style, generated)
    return total

# %% question="style_cost" wrong="the last layer alone, by its index" hint="last layer only"
def style_cost(styles, generateds, weights):
    return weights[-1] * cnnlib.layer_style_cost(styles[-1], generateds[-1])

# %% question="style_cost" wrong="returned within the loop" hint="first layer only"
def style_cost(styles, generateds, weights):
    total = 0.0
    for style, generated, weight in zip(styles, generateds, weights):
        total += weight * cnnlib.layer_style_cost(style, generated)
        return total

# %% question="style_cost" wrong="no weights" hint="weights ignored"
def style_cost(styles, generateds, weights):
    return tf.add_n([cnnlib.layer_style_cost(s, g) for s, g in zip(styles, generateds)])

# %% question="style_cost" wrong="divided by the number of layers" hint="mean over the layers"
def style_cost(styles, generateds, weights):
    costs = [w * cnnlib.layer_style_cost(s, g) for s, g, w in zip(styles, generateds, weights)]
    return tf.reduce_mean(costs)

# %% question="style_cost" wrong="the generated image on both sides" hint="target from the generated image"
def style_cost(styles, generateds, weights):
    return sum(w * cnnlib.layer_style_cost(g, g) for g, w in zip(generateds, weights))

# %% question="style_cost" wrong="weights are applied before the square" hint="weights squared"
def style_cost(styles, generateds, weights):
    total = 0.0
    for s, g, w in zip(styles, generateds, weights):
        difference = w * (cnnlib.gram_matrix(g) - cnnlib.gram_matrix(s))
        total += tf.reduce_sum(difference**2) / (2 * int(tf.size(s))) ** 2
    return total

# %% question="style_cost" wrong="the weights in reverse" hint="weights in reverse"
def style_cost(styles, generateds, weights):
    return sum(w * cnnlib.layer_style_cost(s, g) for s, g, w in zip(styles, generateds, reversed(weights)))

# %% question="style_cost" wrong="the sum times the first weight" hint="one weight for all"
def style_cost(styles, generateds, weights):
    return weights[0] * sum(cnnlib.layer_style_cost(s, g) for s, g in zip(styles, generateds))

# %% question="style_cost" wrong="a list of costs" hint="not added up"
def style_cost(styles, generateds, weights):
    return tf.stack([w * cnnlib.layer_style_cost(s, g) for s, g, w in zip(styles, generateds, weights)])

# %% question="style_cost" wrong="numbers in place of tensors" hint="gradient lost"
def style_cost(styles, generateds, weights):
    return sum(w * float(cnnlib.layer_style_cost(s, g)) for s, g, w in zip(styles, generateds, weights))

# %% question="style_cost" wrong="the costs are collected in an array" hint="gradient lost"
def style_cost(styles, generateds, weights):
    costs = np.array([cnnlib.layer_style_cost(s, g) for s, g in zip(styles, generateds)])
    return tf.constant(costs @ np.array(weights, costs.dtype))

# %% question="style_cost" wrong="only the last layer is followed"
def style_cost(styles, generateds, weights):
    costs = [w * cnnlib.layer_style_cost(s, g) for s, g, w in zip(styles, generateds, weights)]
    return tf.constant(sum(float(cost) for cost in costs[:-1])) + costs[-1]

# %% question="style_cost" wrong="one layer is left out"
def style_cost(styles, generateds, weights):
    total = tf.constant(0.0)
    for i in range(len(styles) - 1):
        total += weights[i] * cnnlib.layer_style_cost(styles[i], generateds[i])
    return total

# %% question="style_cost" right="a running sum, by index"
def style_cost(styles, generateds, weights):
    total = 0.0
    for i in range(len(weights)):
        total = total + weights[i] * cnnlib.layer_style_cost(styles[i], generateds[i])
    return total

# %% question="style_cost" right="layers of weight 0 are left out"
def style_cost(styles, generateds, weights):
    return tf.add_n([w * cnnlib.layer_style_cost(s, g) for s, g, w in zip(styles, generateds, weights) if w])

# %% question="style_cost" right="a product of two vectors"
def style_cost(styles, generateds, weights):
    costs = tf.stack([cnnlib.layer_style_cost(s, g) for s, g in zip(styles, generateds)])
    return tf.tensordot(costs, tf.constant(weights, costs.dtype), 1)

# %% question="total_variation" wrong="no absolute value" hint="signed"
def total_variation(image):
    return tf.reduce_sum(image[1:] - image[:-1]) + tf.reduce_sum(image[:, 1:] - image[:, :-1])

# %% question="total_variation" wrong="the absolute value of the sums" hint="signed"
def total_variation(image):
    return tf.abs(tf.reduce_sum(image[1:] - image[:-1])) + tf.abs(tf.reduce_sum(image[:, 1:] - image[:, :-1]))

# %% question="total_variation" wrong="squares" hint="squared"
def total_variation(image):
    return tf.reduce_sum((image[1:] - image[:-1]) ** 2) + tf.reduce_sum((image[:, 1:] - image[:, :-1]) ** 2)

# %% question="total_variation" wrong="down only" hint="one direction only"
def total_variation(image):
    return tf.reduce_sum(tf.abs(image[1:] - image[:-1]))

# %% question="total_variation" wrong="across only" hint="one direction only"
def total_variation(image):
    return tf.reduce_sum(tf.abs(image[:, 1:] - image[:, :-1]))

# %% question="total_variation" wrong="across and along the channels" hint="channels compared"
def total_variation(image):
    return (tf.reduce_sum(tf.abs(image[:, 1:] - image[:, :-1]))
            + tf.reduce_sum(tf.abs(image[:, :, 1:] - image[:, :, :-1])))

# %% question="total_variation" wrong="means" hint="mean for sum"
def total_variation(image):
    return tf.reduce_mean(tf.abs(image[1:] - image[:-1])) + tf.reduce_mean(tf.abs(image[:, 1:] - image[:, :-1]))

# %% question="total_variation" wrong="divided by the number of pixels" hint="mean for sum"
def total_variation(image):
    return right_answer(image) / (image.shape[0] * image.shape[1])

# %% question="total_variation" wrong="the image is rolled" hint="wrapped around"
def total_variation(image):
    return sum(tf.reduce_sum(tf.abs(image - tf.roll(image, 1, axis))) for axis in (0, 1))

# %% question="total_variation" wrong="both differences are cut to one shape" hint="pixels at the rim left out"
def total_variation(image):
    down, across = image[1:, :-1] - image[:-1, :-1], image[:-1, 1:] - image[:-1, :-1]
    return tf.reduce_sum(tf.abs(down) + tf.abs(across))

# %% question="total_variation" wrong="the length of the slope" hint="length of the slope"
def total_variation(image):
    down, across = image[1:, :-1] - image[:-1, :-1], image[:-1, 1:] - image[:-1, :-1]
    return tf.reduce_sum(tf.sqrt(down**2 + across**2))

# %% question="total_variation" wrong="the distance from the mean" hint="distance from the mean"
def total_variation(image):
    return tf.reduce_sum(tf.abs(image - tf.reduce_mean(image)))

# %% question="total_variation" wrong="NumPy's differences" hint="gradient lost"
def total_variation(image):
    return np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()

# %% question="total_variation" wrong="NumPy's differences, made a tensor again" hint="gradient lost"
def total_variation(image):
    image = np.array(image)
    return tf.constant(np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum())

# %% question="total_variation" wrong="TensorFlow's own function"
def total_variation(image):
    return tf.image.total_variation(image)

# %% question="total_variation" right="the norm that adds absolute values"
def total_variation(image):
    return tf.norm(image[:-1] - image[1:], ord=1) + tf.norm(image[:, :-1] - image[:, 1:], ord=1)

# %% question="total_variation" right="the larger minus the smaller of two neighbors"
def total_variation(image):
    def apart(a, b):
        return tf.reduce_sum(tf.maximum(a, b) - tf.minimum(a, b))
    return apart(image[1:], image[:-1]) + apart(image[:, 1:], image[:, :-1])

# %% question="total_variation" right="row by row and column by column"
def total_variation(image):
    total = tf.constant(0.0)
    for row in range(1, image.shape[0]):
        total += tf.reduce_sum(tf.abs(image[row] - image[row - 1]))
    for column in range(1, image.shape[1]):
        total += tf.reduce_sum(tf.abs(image[:, column] - image[:, column - 1]))
    return total

# %% question="total_cost" wrong="alpha at the style" hint="alpha and beta swapped"
def total_cost(content, style, *, alpha, beta):
    return beta * content + alpha * style

# %% question="total_cost" wrong="alpha is forgotten" hint="a weight left out"
def total_cost(content, style, *, alpha, beta):
    return content + beta * style

# %% question="total_cost" wrong="no weights at all" hint="a weight left out"
def total_cost(content, style, *, alpha, beta):
    return tf.add(content, style)

# %% question="total_cost" wrong="divided by the sum of the weights" hint="divided by the weights"
def total_cost(content, style, *, alpha, beta):
    return (alpha * content + beta * style) / (alpha + beta)

# %% question="total_cost" wrong="the style alone" hint="one cost left out"
def total_cost(content, style, *, alpha, beta):
    return beta * style

# %% question="total_cost" wrong="a difference" hint="subtracted"
def total_cost(content, style, *, alpha, beta):
    return alpha * content - beta * style

# %% question="total_cost" wrong="both weights on both costs" hint="multiplied"
def total_cost(content, style, *, alpha, beta):
    return (alpha + beta) * (content + style)

# %% question="total_cost" wrong="a number, not a tensor" hint="gradient lost"
def total_cost(content, style, *, alpha, beta):
    return alpha * float(content) + beta * float(style)

# %% question="total_cost" wrong="a number that is made a tensor again" hint="gradient lost"
def total_cost(content, style, *, alpha, beta):
    return tf.constant(alpha * float(content) + beta * float(style))

# %% question="total_cost" right="a product of vectors"
def total_cost(content, style, *, alpha, beta):
    return tf.reduce_sum(tf.stack([content, style]) * tf.constant([alpha, beta], tf.float32))

# %% question="total_cost" right="step by step"
def total_cost(content, style, *, alpha, beta):
    total = tf.multiply(content, alpha)
    total += tf.multiply(style, beta)
    return total

# %% question="train_step" wrong="the clip is forgotten" hint="no clip"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    return cost

# %% question="train_step" wrong="clipped, but not in the variable" hint="no clip"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    image = tf.clip_by_value(image, 0.0, 1.0)
    return cost

# %% question="train_step" wrong="clipped before the step" hint="no clip"
def train_step(image, loss, optimizer):
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    return cost

# %% question="train_step" wrong="clipped to the range of bytes" hint="no clip"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    image.assign(tf.clip_by_value(image, 0.0, 255.0))
    return cost

# %% question="train_step" wrong="all variables that the tape has seen are trained" hint="network trained"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    variables = list(tape.watched_variables())
    optimizer.apply_gradients(zip(tape.gradient(cost, variables), variables))
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the network is trained as well, by hand" hint="network trained"
def train_step(image, loss, optimizer):
    parts = getattr(loss, "trainable_variables", [])
    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient, *rest = tape.gradient(cost, [image, *parts])
    optimizer.apply_gradients([(gradient, image)])
    for part, slope in zip(parts, rest):
        part.assign_sub(0.01 * slope)
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the loss is computed before the tape starts" hint="gradient None"
def train_step(image, loss, optimizer):
    cost = loss(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
    gradient = tape.gradient(cost, image)
    optimizer.apply_gradients([(gradient, image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the loss of a copy in NumPy" hint="gradient None"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(tf.constant(image.numpy()))
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the gradient is stopped on the way" hint="gradient None"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        tape.watch(image)
        cost = tf.stop_gradient(loss(image))
    gradient = tape.gradient(cost, image)
    optimizer.apply_gradients([(gradient, image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="a pair in place of a list of pairs"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients((tape.gradient(cost, image), image))
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="up the slope" hint="uphill"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(-tape.gradient(cost, image), image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the new image is a new tensor" hint="image not changed"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient = tape.gradient(cost, image)
    image = tf.clip_by_value(image - optimizer.learning_rate * gradient, 0.0, 1.0)
    return cost

# %% question="train_step" wrong="plain descent with the optimizer's rate" hint="optimizer not used"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient = tape.gradient(cost, image)
    image.assign(tf.clip_by_value(image - float(optimizer.learning_rate) * gradient, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="plain descent with a rate of its own" hint="optimizer not used"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    image.assign_sub(0.01 * tape.gradient(cost, image))
    image.assign(tf.clip_by_value(image, 0.0, 1.0))
    return cost

# %% question="train_step" wrong="the gradient is clipped" hint="gradient clipped"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    gradient = tf.clip_by_value(tape.gradient(cost, image), 0.0, 1.0)
    optimizer.apply_gradients([(gradient, image)])
    return cost

# %% question="train_step" wrong="the loss of the new image" hint="loss after the step"
def train_step(image, loss, optimizer):
    right_answer(image, loss, optimizer)
    return loss(image)

# %% question="train_step" wrong="nothing is returned" hint="loss not returned"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    image.assign(tf.clip_by_value(image, 0.0, 1.0))

# %% question="train_step" wrong="the image is returned" hint="image returned"
def train_step(image, loss, optimizer):
    right_answer(image, loss, optimizer)
    return image

# %% question="train_step" wrong="two steps at once"
def train_step(image, loss, optimizer):
    cost = right_answer(image, loss, optimizer)
    right_answer(image, loss, optimizer)
    return cost

# %% question="train_step" right="lists of gradients, and the names of other tutorials"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        J = loss(image)
    gradients = tape.gradient(J, [image])
    optimizer.apply(gradients, [image])
    image.assign(tf.minimum(tf.maximum(image, 0.0), 1.0))
    return J

# %% question="train_step" right="only the image is watched, the cost is a number, the clip is Keras's"
def train_step(image, loss, optimizer):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(image)
        cost = loss(image)
    optimizer.apply_gradients(zip([tape.gradient(cost, image)], [image]))
    image.assign(keras.ops.clip(image, 0, 1))
    return float(np.squeeze(cost))

# %% question="train_step" right="the gradient of a tensor that the variable is read into"
def train_step(image, loss, optimizer):
    with tf.GradientTape() as tape:
        values = tf.convert_to_tensor(image)
        tape.watch(values)
        cost = tf.reduce_sum(loss(values))
    optimizer.apply_gradients([(tape.gradient(cost, values), image)])
    image.assign(tf.clip_by_value(image.value, 0.0, 1.0) if not callable(image.value)
                 else tf.clip_by_value(image.value(), 0.0, 1.0))
    return cost
