# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 04: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.

# %% question="prepare_images" wrong="the channel's axis is missing" hint="no channel axis"
def prepare_images(images):
    return images.astype("float32") / 255

# %% question="prepare_images" wrong="the channel's axis stands in front, as in other frameworks" hint="channel axis elsewhere"
def prepare_images(images):
    return np.expand_dims(images, 1).astype("float32") / 255

# %% question="prepare_images" wrong="a batch of one is made of the batch" hint="channel axis elsewhere"
def prepare_images(images):
    return images[np.newaxis].astype("float32") / 255

# %% question="prepare_images" wrong="rows, as a dense layer takes them" hint="in rows"
def prepare_images(images):
    return images.reshape(len(images), -1).astype("float32") / 255

# %% question="prepare_images" wrong="made into colour" hint="three channels"
def prepare_images(images):
    return np.stack([images] * 3, axis=-1).astype("float32") / 255

# %% question="prepare_images" wrong="not scaled" hint="not scaled"
def prepare_images(images):
    return images[..., None].astype("float32")

# %% question="prepare_images" wrong="scaled twice" hint="scaled twice"
def prepare_images(images):
    images = images.astype("float32") / 255
    return np.expand_dims(images, -1) / 255.0

# %% question="prepare_images" wrong="divided by 256" hint="divided by 256"
def prepare_images(images):
    return (images / 256).astype("float32")[..., None]

# %% question="prepare_images" wrong="divided by the brightest pixel of all" hint="scaled by the brightest pixel"
def prepare_images(images):
    return (images / images.max()).astype("float32")[..., None]

# %% question="prepare_images" wrong="each picture divided by its brightest pixel" hint="scaled by the brightest pixel"
def prepare_images(images):
    return np.array([image / max(image.max(), 1) for image in images], dtype="float32")[..., None]

# %% question="prepare_images" wrong="from -1 to 1, as some networks want it" hint="around zero"
def prepare_images(images):
    return (images[..., None].astype("float32") - 127.5) / 127.5

# %% question="prepare_images" wrong="// in place of /" hint="cut off to whole numbers"
def prepare_images(images):
    return (images // 255)[..., np.newaxis].astype("float32")

# %% question="prepare_images" wrong="ink and paper exchanged" hint="turned round"
def prepare_images(images):
    return ((255 - images) / 255).astype("float32")[..., None]

# %% question="prepare_images" wrong="left in double precision"
def prepare_images(images):
    return np.expand_dims(images / 255, axis=-1)

# %% question="prepare_images" right="reshape and a product"
def prepare_images(images):
    n, h, w = np.shape(images)
    return np.reshape(images, (n, h, w, 1)).astype(np.float32) * np.float32(1 / 255)

# %% question="prepare_images" right="with TensorFlow"
def prepare_images(images):
    return tf.cast(tf.expand_dims(images, -1), tf.float32) / 255.0

# %% question="one_hot" wrong="np.eye takes any label as an index" hint="labels not checked"
def one_hot(labels, classes):
    return np.eye(classes)[labels]

# %% question="one_hot" wrong="a comparison that no strange label disturbs" hint="labels not checked"
def one_hot(labels, classes):
    return (labels.reshape(-1, 1) == np.arange(classes)).astype("float32")

# %% question="one_hot" wrong="the classes are counted in the labels" hint="columns from the labels"
def one_hot(labels, classes):
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError("no such class")
    rows = np.zeros((len(labels), labels.max() + 1))
    rows[np.arange(len(labels)), labels] = 1
    return rows

# %% question="one_hot" wrong="class 1 is taken for the first" hint="counted from 1"
def one_hot(labels, classes):
    if np.any(labels < 0) or np.any(labels >= classes):
        raise ValueError("no such class")
    rows = np.zeros((len(labels), classes))
    for i, label in enumerate(labels):
        rows[i, label - 1] = 1.0
    return rows

# %% question="one_hot" wrong="classes down, images across" hint="transposed"
def one_hot(labels, classes):
    if min(labels) < 0 or max(labels) >= classes:
        raise ValueError("no such class")
    rows = np.zeros((classes, len(labels)))
    rows[labels, np.arange(len(labels))] = 1
    return rows

# %% question="one_hot" wrong="rows[:, labels] sets whole columns" hint="all in one row"
def one_hot(labels, classes):
    if min(labels) < 0 or max(labels) >= classes:
        raise ValueError("no such class")
    rows = np.zeros((len(labels), classes))
    rows[:, labels] = 1
    return rows

# %% question="one_hot" wrong="the label itself is written" hint="the label in place of 1"
def one_hot(labels, classes):
    if min(labels) < 0 or max(labels) >= classes:
        raise ValueError("no such class")
    rows = np.zeros((len(labels), classes))
    for i in range(len(labels)):
        rows[i, labels[i]] = labels[i]
    return rows

# %% question="one_hot" wrong="truth values" hint="no floats"
def one_hot(labels, classes):
    if min(labels) < 0 or max(labels) >= classes:
        raise ValueError("no such class")
    return labels[:, None] == np.arange(classes)[None]

# %% question="one_hot" wrong="whole numbers" hint="no floats"
def one_hot(labels, classes):
    if min(labels) < 0 or max(labels) >= classes:
        raise ValueError("no such class")
    return np.eye(classes, dtype=int)[labels]

# %% question="one_hot" right="np.eye, with the labels checked"
def one_hot(labels, classes):
    labels = np.asarray(labels)
    if not np.isin(labels, np.arange(classes)).all():
        raise ValueError("a label is no class")
    return np.eye(classes)[labels]

# %% question="one_hot" right="a list of lists"
def one_hot(labels, classes):
    for label in labels:
        if label not in range(classes):
            raise ValueError(label)
    return [[1.0 if column == label else 0.0 for column in range(classes)] for label in labels]

# %% question="build_mlp" wrong="no Flatten: the dense layers work on each pixel" hint="no flatten"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="one sigmoid unit, as for two classes" hint="one sigmoid unit"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="a sigmoid for each class" hint="ten sigmoids"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="sigmoid")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="the last layer has no softmax" hint="no softmax"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2), keras.layers.Dense(classes)])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="softmax, and a loss that wants scores" hint="softmax with from_logits"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="the loss for labels that are numbers" hint="labels as numbers"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="squared error" hint="squared error"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "mean_squared_error", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="not compiled" hint="not compiled"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    return keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])

# %% question="build_mlp" wrong="no activations in the hidden layers" hint="no activation"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512), keras.layers.Dropout(0.2),
        keras.layers.Dense(512), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="sigmoids in the hidden layers" hint="another activation"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="sigmoid"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="sigmoid"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="softmax in the hidden layers too" hint="another activation"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="softmax"),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="softmax"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="one hidden layer" hint="other sizes"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="the input layer is a dense layer of its own" hint="other sizes"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([keras.Input(input_shape), keras.layers.Flatten()])
    for units in (512, 512, 512):
        model.add(keras.layers.Dense(units, activation="relu"))
        model.add(keras.layers.Dropout(0.2))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="no dropout" hint="no dropout"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="0.8 is taken for the part that is kept" hint="dropout of what is kept"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    keep = 0.8
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"),
        keras.layers.Dropout(keep),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(keep),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="ten classes, whatever is asked for" hint="classes fixed"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2), keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" wrong="no input, so there are no weights yet" hint="no input"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.layers.Flatten(), keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(512, activation="relu"), keras.layers.Dropout(0.2),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_mlp" right="the functional style, activations as layers of their own"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    x = keras.Input(input_shape)
    y = keras.layers.Flatten()(x)
    for _ in range(2):
        y = keras.layers.Dense(512)(y)
        y = keras.layers.Activation("relu")(y)
        y = keras.layers.Dropout(0.2)(y)
    y = keras.layers.Dense(classes)(y)
    model = keras.Model(x, keras.layers.Softmax()(y))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    return model

# %% question="build_mlp" right="reshape for Flatten, RMSprop, no metrics"
def build_mlp(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential(name="reader")
    model.add(keras.Input(shape=input_shape))
    model.add(keras.layers.Reshape((int(np.prod(input_shape)),)))
    for name in ("first", "second"):
        model.add(keras.layers.Dense(512, activation=keras.activations.relu, kernel_initializer="he_normal", name=name))
        model.add(keras.layers.Dropout(rate=0.2))
    model.add(keras.layers.Dense(classes, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop")
    return model

# %% question="build_cnn" wrong="no Flatten before the dense layer" hint="no flatten"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="one sigmoid unit for all classes" hint="one sigmoid unit"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(), keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="no activation at the end" hint="no softmax"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(classes)])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="scores, with a loss that takes them: but probabilities were asked for" hint="no softmax"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(classes)])
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="softmax and from_logits" hint="softmax with from_logits"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(), keras.layers.Flatten(),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="ten questions of yes and no" hint="each class for itself"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="a small MLP" hint="no convolution"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="no pooling, and a large dense layer" hint="too many parameters"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.Flatten(),
        keras.layers.Dense(128, activation="relu"), keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="no ReLU after the convolutions" hint="no activation"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3), keras.layers.MaxPooling2D(), keras.layers.Flatten(),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="no ReLU after the hidden dense layer" hint="no activation"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(32), keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="softmax after the hidden dense layer" hint="no activation"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(32, activation="softmax"),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="images of 28 x 28 px, whatever is asked for" hint="size of the images fixed"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" wrong="not compiled" hint="not compiled"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    return keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")])

# %% question="build_cnn" wrong="steps so large that nothing is learned"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential([
        keras.Input(input_shape), keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.MaxPooling2D(), keras.layers.Flatten(),
        keras.layers.Dense(classes, activation="softmax")])
    model.compile(keras.optimizers.Adam(learning_rate=1.0), "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" right="the functional style, ReLU apart, batch normalisation"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    x = keras.Input(input_shape)
    y = x
    for filters in (16, 32):
        y = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = keras.layers.BatchNormalization(momentum=0.8)(y)
        y = keras.layers.ReLU()(y)
        y = keras.layers.MaxPooling2D()(y)
    y = keras.layers.Flatten()(y)
    model = keras.Model(x, keras.layers.Dense(classes, activation="softmax")(y))
    model.compile(keras.optimizers.Adam(0.003), "categorical_crossentropy", metrics=["accuracy"])
    return model

# %% question="build_cnn" right="LeNet with ReLU, written out by add()"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    model = keras.Sequential()
    model.add(keras.Input(shape=input_shape))
    model.add(keras.layers.Conv2D(filters=6, kernel_size=(5, 5), padding="same"))
    model.add(keras.layers.Activation("relu"))
    model.add(keras.layers.AveragePooling2D(pool_size=2))
    model.add(keras.layers.Conv2D(filters=16, kernel_size=(5, 5)))
    model.add(keras.layers.Activation("relu"))
    model.add(keras.layers.AveragePooling2D(pool_size=2))
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(120, activation="relu"))
    model.add(keras.layers.Dense(84, activation="relu"))
    model.add(keras.layers.Dense(classes))
    model.add(keras.layers.Softmax())
    model.compile(optimizer="adam", loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    return model

# %% question="build_cnn" right="one convolution with a stride, RMSprop"
def build_cnn(input_shape=(28, 28, 1), classes=10):
    inputs = keras.Input(input_shape)
    y = keras.layers.Conv2D(12, 5, strides=2, activation="relu")(inputs)
    y = keras.layers.MaxPooling2D()(y)
    y = keras.layers.Dropout(0.1)(keras.layers.Flatten()(y))
    y = keras.layers.Dense(64, activation="relu")(y)
    model = keras.Model(inputs=inputs, outputs=keras.layers.Dense(classes, activation="softmax")(y))
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy")
    return model

# %% question="accuracy" wrong="a column of labels is compared each with each" hint="labels broadcast"
def accuracy(probabilities, labels):
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return float(np.mean(probabilities.argmax(axis=1) == labels))

# %% question="accuracy" wrong="neither the column nor the count is seen to" hint="labels broadcast"
def accuracy(probabilities, labels):
    return (np.argmax(probabilities, 1) == labels).mean()

# %% question="accuracy" wrong="one label counts for all" hint="counts not compared"
def accuracy(probabilities, labels):
    return np.mean(np.argmax(probabilities, axis=-1) == labels.flatten())

# %% question="accuracy" wrong="argmax over the batch" hint="argmax over the batch"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return float(np.mean(np.argmax(probabilities, axis=0) == labels))

# %% question="accuracy" wrong="argmax over everything" hint="argmax over everything"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return float(np.mean(np.argmax(probabilities) == labels))

# %% question="accuracy" wrong="percent" hint="percent"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return 100 * np.mean(np.argmax(probabilities, axis=1) == labels)

# %% question="accuracy" wrong="the number that are right" hint="counted, not divided"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    right = 0
    for row, label in zip(probabilities, labels):
        right += int(np.argmax(row) == label)
    return right

# %% question="accuracy" wrong="the part that is wrong" hint="error rate"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return np.mean(np.argmax(probabilities, axis=1) != labels)

# %% question="accuracy" wrong="divided by the number of classes" hint="divided by the classes"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return np.sum(np.argmax(probabilities, axis=1) == labels) / probabilities.shape[1]

# %% question="accuracy" wrong="how sure it was of the right class" hint="mean probability of the label"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return float(np.mean(probabilities[np.arange(len(labels)), labels]))

# %% question="accuracy" wrong="more than a half is asked for" hint="more than a half asked for"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return float(np.mean([row[label] > 0.5 for row, label in zip(probabilities, labels)]))

# %% question="accuracy" wrong="a truth value for each image" hint="not averaged"
def accuracy(probabilities, labels):
    labels = np.ravel(labels)
    if len(labels) != len(probabilities):
        raise ValueError("unequal")
    return np.argmax(probabilities, axis=1) == labels

# %% question="accuracy" right="a loop with max and index"
def accuracy(probabilities, labels):
    labels = [int(np.squeeze(label)) for label in labels]
    if len(labels) != len(probabilities):
        raise ValueError(f"{len(probabilities)} answers, {len(labels)} labels")
    right = [list(row).index(max(row)) == label for row, label in zip(probabilities, labels)]
    return sum(right) / len(right)

# %% question="accuracy" right="with TensorFlow"
def accuracy(probabilities, labels):
    labels = tf.reshape(labels, [-1])
    if labels.shape[0] != len(probabilities):
        raise ValueError("one label for each answer, please")
    said = tf.cast(tf.argmax(probabilities, axis=1), labels.dtype)
    return float(tf.reduce_mean(tf.cast(said == labels, tf.float64)))

# %% question="shift_images" wrong="np.roll goes in a circle" hint="roll in place of shift"
def shift_images(images, down, right):
    return np.roll(images, (down, right), axis=(1, 2))

# %% question="shift_images" wrong="down and right swapped" hint="down and right swapped"
def shift_images(images, down, right):
    return right_answer(images, right, down)

# %% question="shift_images" wrong="the signs are the other way round" hint="the other way"
def shift_images(images, down, right):
    out = np.zeros_like(images)
    height, width = images.shape[1:3]
    for i in range(height):
        for j in range(width):
            if 0 <= i + down < height and 0 <= j + right < width:
                out[:, i, j] = images[:, i + down, j + right]
    return out

# %% question="shift_images" wrong="the edge is repeated" hint="edge repeated"
def shift_images(images, down, right):
    rows = np.clip(np.arange(images.shape[1]) - down, 0, images.shape[1] - 1)
    columns = np.clip(np.arange(images.shape[2]) - right, 0, images.shape[2] - 1)
    return images[:, rows][:, :, columns]

# %% question="shift_images" wrong="up and left do nothing" hint="negative shifts ignored"
def shift_images(images, down, right):
    down, right = max(down, 0), max(right, 0)
    out = np.zeros_like(images)
    height, width = images.shape[1:3]
    if down < height and right < width:
        out[:, down:, right:] = images[:, :height - down, :width - right]
    return out

# %% question="shift_images" wrong="a negative width of padding is an error" hint="negative shifts fail"
def shift_images(images, down, right):
    pads = [(0, 0), (down, 0), (right, 0)] + [(0, 0)] * (images.ndim - 3)
    return np.pad(images, pads)[:, :images.shape[1], :images.shape[2]]

# %% question="shift_images" wrong="[:-0] is empty" hint="nothing left at zero"
def shift_images(images, down, right):
    out = np.zeros_like(images)
    if abs(down) >= images.shape[1] or abs(right) >= images.shape[2]:
        return out
    if down < 0 or right < 0:
        return right_answer(images, down, right)
    out[:, down:, right:] = images[:, :-down, :-right]
    return out

# %% question="shift_images" wrong="the axes from the end: in colour the channels move" hint="images or channels moved"
def shift_images(images, down, right):
    return right_answer(images.reshape(-1, *images.shape[-2:]), down, right).reshape(images.shape)

# %% question="shift_images" wrong="the first two axes: the pictures move among themselves" hint="images or channels moved"
def shift_images(images, down, right):
    out = np.zeros_like(images)
    height, width = images.shape[:2]
    for i in range(height):
        for j in range(width):
            if 0 <= i - down < height and 0 <= j - right < width:
                out[i, j] = images[i - down, j - right]
    return out

# %% question="shift_images" wrong="moved down, and nothing else" hint="moved down only"
def shift_images(images, down, right):
    out = np.zeros_like(images)
    height = images.shape[1]
    for i in range(height):
        if 0 <= i - down < height:
            out[:, i] = images[:, i - down]
    return out

# %% question="shift_images" wrong="farther than the picture is an error" hint="too far fails"
def shift_images(images, down, right):
    if abs(down) > images.shape[1] or abs(right) > images.shape[2]:
        raise ValueError("too far")
    return right_answer(images, down, right)

# %% question="shift_images" wrong="the picture grows by what moves in" hint="size changed"
def shift_images(images, down, right):
    pads = [(0, 0), (max(down, 0), max(-down, 0)), (max(right, 0), max(-right, 0))] + [(0, 0)] * (images.ndim - 3)
    return np.pad(images, pads)

# %% question="shift_images" wrong="np.zeros makes floats of bytes" hint="type changed"
def shift_images(images, down, right):
    out = np.zeros(images.shape)
    height, width = images.shape[1:3]
    for i in range(height):
        for j in range(width):
            if 0 <= i - down < height and 0 <= j - right < width:
                out[:, i, j] = images[:, i - down, j - right]
    return out

# %% question="shift_images" wrong="the pictures themselves are moved" hint="input changed"
def shift_images(images, down, right):
    images[...] = right_answer(images, down, right)
    return images

# %% question="shift_images" right="pixel by pixel"
def shift_images(images, down, right):
    out = np.zeros_like(images)
    height, width = images.shape[1:3]
    for i in range(height):
        for j in range(width):
            if 0 <= i - down < height and 0 <= j - right < width:
                out[:, i, j] = images[:, i - down, j - right]
    return out

# %% question="shift_images" right="a frame of zeros all around, then a crop"
def shift_images(images, down, right):
    height, width = images.shape[1:3]
    down, right = max(-height, min(height, down)), max(-width, min(width, right))
    framed = np.pad(images, [(0, 0), (height, height), (width, width)] + [(0, 0)] * (images.ndim - 3))
    return framed[:, height - down:2 * height - down, width - right:2 * width - right]

# %% question="permute_pixels" wrong="each picture draws an order of its own" hint="another order for each picture"
def permute_pixels(images, seed):
    rng = np.random.default_rng(seed)
    out = np.empty_like(images)
    for n, image in enumerate(images):
        pixels = image.reshape(image.shape[0] * image.shape[1], -1)
        out[n] = pixels[rng.permutation(len(pixels))].reshape(image.shape)
    return out

# %% question="permute_pixels" wrong="the order is drawn anew at each call" hint="another order at each call"
def permute_pixels(images, seed):
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    order = np.random.permutation(pixels.shape[1])
    return pixels[:, order].reshape(images.shape)

# %% question="permute_pixels" wrong="the old generator gives another order" hint="another order at each call"
def permute_pixels(images, seed):
    np.random.seed(seed)
    order = np.random.permutation(images.shape[1] * images.shape[2])
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    return pixels[:, order].reshape(images.shape)

# %% question="permute_pixels" wrong="the seed stays 0" hint="always the same seed"
def permute_pixels(images, seed):
    order = np.random.default_rng(0).permutation(images.shape[1] * images.shape[2])
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    return pixels[:, order].reshape(images.shape)

# %% question="permute_pixels" wrong="pixel i is sent to order[i]" hint="order applied backwards"
def permute_pixels(images, seed):
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    order = np.random.default_rng(seed).permutation(pixels.shape[1])
    out = np.empty_like(pixels)
    out[:, order] = pixels
    return out.reshape(images.shape)

# %% question="permute_pixels" wrong="whole rows change places" hint="whole rows or columns"
def permute_pixels(images, seed):
    return images[:, np.random.default_rng(seed).permutation(images.shape[1])]

# %% question="permute_pixels" wrong="the pictures change places" hint="pictures shuffled"
def permute_pixels(images, seed):
    flat = images.reshape(len(images), -1)
    return np.random.default_rng(seed).permutation(flat).reshape(images.shape)

# %% question="permute_pixels" wrong="drawn with repetition" hint="pixels drawn, not permuted"
def permute_pixels(images, seed):
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)
    order = np.random.default_rng(seed).integers(0, pixels.shape[1], pixels.shape[1])
    return pixels[:, order].reshape(images.shape)

# %% question="permute_pixels" wrong="the channels are shuffled as well" hint="channels apart"
def permute_pixels(images, seed):
    flat = images.reshape(len(images), -1)
    return flat[:, np.random.default_rng(seed).permutation(flat.shape[1])].reshape(images.shape)

# %% question="permute_pixels" wrong="not folded back" hint="left in one row"
def permute_pixels(images, seed):
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], *images.shape[3:])
    return pixels[:, np.random.default_rng(seed).permutation(pixels.shape[1])]

# %% question="permute_pixels" wrong="what permutation returns is thrown away" hint="nothing shuffled"
def permute_pixels(images, seed):
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1).copy()
    np.random.default_rng(seed).permutation(pixels, axis=1)
    return pixels.reshape(images.shape)

# %% question="permute_pixels" right="the generator permutes the axis itself"
def permute_pixels(images, seed):
    pixels = images.reshape((len(images), -1) + images.shape[3:])
    return np.random.default_rng(seed).permutation(pixels, axis=1).reshape(images.shape)

# %% question="permute_pixels" right="picture by picture, with rows and columns of the order"
def permute_pixels(images, seed):
    height, width = images.shape[1:3]
    rows, columns = divmod(np.random.default_rng(seed).permutation(height * width), width)
    return np.stack([image[rows, columns].reshape(image.shape) for image in images])

# %% question="tf_forward" wrong="no softmax at the end" hint="no softmax"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"]

# %% question="tf_forward" wrong="softmax over the batch" hint="softmax over the batch"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"], axis=0)

# %% question="tf_forward" wrong="ReLU is forgotten" hint="no ReLU"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer]
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="ReLU before the softmax" hint="ReLU on the scores"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.nn.relu(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"]))

# %% question="tf_forward" wrong="the biases are forgotten" hint="no bias"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID"))
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"])

# %% question="tf_forward" wrong="SAME, as on many slides" hint="same padding"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(y, params["weights" + layer], [1, 1, 1, 1], "SAME"), params["bias" + layer]))
        y = tf.nn.max_pool2d(y, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="the pooling rounds up" hint="pooling rounded up"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "SAME")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="the pooling has stride 1" hint="pooling missing"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 1, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="average pooling" hint="average for maximum"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.avg_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="flattened channels first" hint="channels first"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    y = tf.reshape(tf.transpose(y, (0, 3, 1, 2)), (len(x), -1))
    return tf.nn.softmax(y @ params["weights3"] + params["bias3"])

# %% question="tf_forward" wrong="images in double precision meet weights in single precision" hint="types mixed"
def tf_forward(x, params):
    params = {name: tf.constant(array) for name, array in params.items()}
    y = tf.constant(x)
    for layer in "12":
        y = tf.nn.relu(tf.nn.conv2d(y, params["weights" + layer], 1, "VALID") + params["bias" + layer])
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
    return tf.nn.softmax(tf.reshape(y, (len(x), -1)) @ params["weights3"] + params["bias3"])

# %% question="tf_forward" right="pooling before ReLU, which gives the same, and softmax by hand"
def tf_forward(x, params):
    y = tf.cast(x, tf.float32)
    for layer in (1, 2):
        y = tf.nn.conv2d(y, params[f"weights{layer}"], strides=[1, 1, 1, 1], padding="VALID")
        y = tf.nn.max_pool2d(tf.nn.bias_add(y, params[f"bias{layer}"]), ksize=2, strides=2, padding="VALID")
        y = tf.maximum(y, 0.0)
    rows = tf.reshape(y, [tf.shape(y)[0], -1])
    scores = tf.tensordot(rows, params["weights3"], 1) + params["bias3"]
    powers = tf.exp(scores - tf.reduce_max(scores, axis=1, keepdims=True))
    return powers / tf.reduce_sum(powers, axis=1, keepdims=True)

# %% question="tf_forward" right="a tf.function that returns a NumPy array"
def tf_forward(x, params):
    @tf.function
    def run(y):
        for layer in "12":
            y = tf.nn.relu(tf.nn.convolution(y, params["weights" + layer], padding="VALID") + params["bias" + layer])
            y = tf.nn.max_pool2d(y, 2, 2, "VALID")
        return tf.nn.softmax(tf.matmul(tf.reshape(y, (y.shape[0], -1)), params["weights3"]) + params["bias3"])
    return run(tf.constant(x, tf.float32)).numpy()
