# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The catalogue of unit 08: how people get it wrong, and how they get it right in another way
#
# Each cell is what a student might write into the solution cell of `question`. `wrong` says what is wrong with it, and
# `hint` names the known mistake that `check` must recognise; without `hint` it must recognise none. `right` says what is
# different about an answer that must earn full marks. All of them are graded for real by the tests.

# %% question="choose_strategy" wrong="1,000 is taken as few" hint="1,000 taken as few"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images <= 1000:
        return "new head" if similar else "head on early layers"
    return "fine-tune" if similar else "train from scratch"

# %% question="choose_strategy" wrong="similar and different the wrong way round" hint="similar and different swapped"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images < 1000:
        return "head on early layers" if similar else "new head"
    return "train from scratch" if similar else "fine-tune"

# %% question="choose_strategy" wrong="few and many the wrong way round" hint="few and many swapped"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images > 999:
        return "new head" if similar else "head on early layers"
    return "fine-tune" if similar else "train from scratch"

# %% question="choose_strategy" wrong="no image at all gets a strategy" hint="no image accepted"
def choose_strategy(n_images, similar):
    few = n_images < 1000
    return {(True, True): "new head", (True, False): "head on early layers",
            (False, True): "fine-tune", (False, False): "train from scratch"}[few, similar]

# %% question="choose_strategy" wrong="only asks whether the images are similar" hint="number ignored"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    return "fine-tune" if similar else "train from scratch"

# %% question="choose_strategy" wrong="only asks how many images there are" hint="similarity ignored"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images < 1000:
        return "new head"
    return "fine-tune"

# %% question="choose_strategy" wrong="whatever is different is trained from scratch" hint="few and different from scratch"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if not similar:
        return "train from scratch"
    return "new head" if n_images < 1000 else "fine-tune"

# %% question="choose_strategy" wrong="with many images always fine-tuning" hint="many and different fine-tuned"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images >= 1000:
        return "fine-tune"
    return "new head" if similar else "head on early layers"

# %% question="choose_strategy" wrong="prints in place of returning"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError("no images")
    if n_images < 1000:
        print("new head" if similar else "head on early layers")
    else:
        print("fine-tune" if similar else "train from scratch")

# %% question="choose_strategy" right="a table of four"
def choose_strategy(n_images, similar):
    if n_images <= 0:
        raise ValueError("there must be an image")
    table = [["train from scratch", "fine-tune"], ["head on early layers", "new head"]]
    return table[n_images < 1000][bool(similar)]

# %% question="choose_strategy" right="match"
def choose_strategy(n_images, similar):
    if n_images < 1:
        raise ValueError(f"{n_images}")
    match (n_images >= 1000, similar):
        case (False, True):
            return "new head"
        case (False, False):
            return "head on early layers"
        case (True, True):
            return "fine-tune"
    return "train from scratch"

# %% question="extract_features" wrong="the images are not prepared" hint="preprocessing missing"
def extract_features(backbone, images):
    maps = np.asarray(backbone(images.astype("float32"), training=False))
    return maps.mean(axis=(1, 2))

# %% question="extract_features" wrong="prepared by a function, and again" hint="preprocessing twice"
def extract_features(backbone, images):
    def prepare(x):
        return (x - 127) / 128
    x = prepare(images.astype("float32"))
    return np.asarray(backbone(prepare(x), training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="127 subtracted from bytes" hint="bytes wrap"
def extract_features(backbone, images):
    x = (images - 127) / 128
    return np.asarray(backbone(x.astype("float32"), training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="scaled to 0..1" hint="another scale"
def extract_features(backbone, images):
    x = images.astype("float32") / 255
    return np.asarray(backbone(x, training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="scaled to -1..1 by 127.5" hint="another scale"
def extract_features(backbone, images):
    x = images.astype("float32") / 127.5 - 1
    return np.asarray(backbone(x, training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="called in training mode" hint="training mode"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=True)).mean(axis=(1, 2))

# %% question="extract_features" wrong="the maps are returned" hint="maps not averaged"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False))

# %% question="extract_features" wrong="the maps are laid in a row" hint="maps flattened"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    maps = np.asarray(backbone(x, training=False))
    return maps.reshape(len(images), -1)

# %% question="extract_features" wrong="the largest place of each map" hint="maximum or sum for mean"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).max(axis=(1, 2))

# %% question="extract_features" wrong="the sum over the places" hint="maximum or sum for mean"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).sum(axis=(1, 2))

# %% question="extract_features" wrong="the mean over the features" hint="mean over the wrong axes"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).mean(axis=-1)

# %% question="extract_features" wrong="one axis only" hint="mean over the wrong axes"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).mean(axis=1)

# %% question="extract_features" wrong="the images are turned round before" hint="order of the images lost"
def extract_features(backbone, images):
    x = (images[::-1].astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="the images are shuffled, as for training" hint="order of the images lost"
def extract_features(backbone, images):
    order = np.roll(np.arange(len(images)), 1)
    x = (images[order].astype("float32") - 127) / 128
    return np.asarray(backbone(x, training=False)).mean(axis=(1, 2))

# %% question="extract_features" wrong="the features are scaled at the end"
def extract_features(backbone, images):
    x = (images.astype("float32") - 127) / 128
    features = np.asarray(backbone(x, training=False)).mean(axis=(1, 2))
    return features / np.abs(features).max()

# %% question="extract_features" right="predict"
def extract_features(backbone, images):
    x = (np.asarray(images, dtype="float32") - 127) / 128
    return backbone.predict(x, verbose=0).mean(axis=(1, 2))

# %% question="extract_features" right="one image after the other"
def extract_features(backbone, images):
    rows = []
    for image in images:
        x = (image.astype(np.float32)[None] - 127.0) / 128.0
        rows.append(np.asarray(backbone(x, training=False))[0].mean(axis=0).mean(axis=0))
    return np.array(rows)

# %% question="extract_features" right="a Sequential model with a pooling layer"
def extract_features(backbone, images):
    scale = keras.layers.Rescaling(1 / 128, offset=-127 / 128)
    whole = keras.Sequential([scale, backbone, keras.layers.GlobalAveragePooling2D()])
    return np.asarray(whole(np.asarray(images, dtype="float32"), training=False))

# %% question="extract_features" right="a functional model, and a tensor is returned"
def extract_features(backbone, images):
    model = keras.Model(backbone.input, keras.layers.GlobalAveragePooling2D()(backbone.output))
    return model((images.astype("float32") - 127) / 128, training=False)

# %% question="attach_head" wrong="the backbone is not frozen" hint="base not frozen"
def attach_head(backbone, classes):
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="training=False in place of freezing" hint="base not frozen"
def attach_head(backbone, classes):
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images, training=False))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="only the convolutions are frozen" hint="BatchNorm in training mode"
def attach_head(backbone, classes):
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="the whole model is frozen" hint="head frozen too"
def attach_head(backbone, classes):
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="all layers of a Sequential model are frozen" hint="head frozen too"
def attach_head(backbone, classes):
    model = keras.Sequential([keras.Input(backbone.input_shape[1:]), backbone, keras.layers.GlobalAveragePooling2D(),
                              keras.layers.Dense(classes, activation="softmax")])
    for layer in model.layers:
        layer.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="compile is forgotten" hint="not compiled"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    return keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))

# %% question="attach_head" wrong="the loss for one-hot labels" hint="loss for one-hot labels"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "categorical_crossentropy")
    return model

# %% question="attach_head" wrong="a softmax and a loss for scores" hint="softmax with from_logits"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes)(features))
    model = keras.Model(images, keras.layers.Softmax()(model.output))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model

# %% question="attach_head" wrong="scores in place of probabilities" hint="no softmax"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes)(features))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model

# %% question="attach_head" wrong="a sigmoid for each class" hint="no softmax"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="sigmoid")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="flattened in place of averaged" hint="maps flattened"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(keras.layers.Flatten()(backbone(images))))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="one output too many, for none of them" hint="one class too many or few"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes + 1, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" wrong="a clone of the backbone, with new random weights"
def attach_head(backbone, classes):
    backbone = keras.models.clone_model(backbone)
    backbone.trainable = False
    images = keras.Input(backbone.input_shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(backbone(images))
    model = keras.Model(images, keras.layers.Dense(classes, activation="softmax")(features))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" right="Sequential"
def attach_head(backbone, classes):
    backbone.trainable = False
    model = keras.Sequential([keras.Input(backbone.input_shape[1:]), backbone, keras.layers.GlobalAveragePooling2D(),
                              keras.layers.Dense(classes, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="attach_head" right="on the backbone's own output, activation apart, dropout in between, training=False"
def attach_head(backbone, classes):
    for layer in backbone.layers:
        layer.trainable = False
    backbone.trainable = False
    x = keras.layers.Dropout(0.2)(keras.layers.GlobalAveragePooling2D()(backbone.output))
    scores = keras.layers.Dense(classes)(x)
    model = keras.Model(backbone.input, keras.layers.Activation("softmax")(scores))
    model.compile(keras.optimizers.SGD(0.1), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return model

# %% question="attach_head" right="training=False as well, as Keras's guide has it"
def attach_head(backbone, classes):
    backbone.trainable = False
    images = keras.Input(shape=backbone.input_shape[1:])
    maps = backbone(images, training=False)
    features = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(inputs=images, outputs=keras.layers.Dense(classes, "softmax")(features))
    model.compile(optimizer=keras.optimizers.RMSprop(), loss="sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="no new compilation" hint="not recompiled"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    return model

# %% question="fine_tune" wrong="compiled with Adam's usual rate" hint="rate ignored"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="BatchNormalization is freed as well" hint="BatchNorm in training mode"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        layer.trainable = place >= len(backbone.layers) - layers
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the first layers are freed" hint="order reversed"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        layer.trainable = place < layers and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the list is reversed before it is cut" hint="order reversed"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for layer in backbone.layers:
        layer.trainable = False
    for layer in list(reversed(backbone.layers))[len(backbone.layers) - layers:]:
        if not isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = True
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="cut with a minus, so 0 means all" hint="[-0:] is everything"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for layer in backbone.layers:
        layer.trainable = False
    for layer in backbone.layers[-layers:]:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the whole backbone is freed" hint="all layers free"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for layer in backbone.layers:
        layer.trainable = True
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the whole backbone but BatchNormalization is freed" hint="all layers free"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for layer in backbone.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the head is frozen" hint="head frozen too"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    for layer in model.layers:
        layer.trainable = False
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="nothing of the backbone is freed" hint="everything stays frozen"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="frozen again after the layers were freed" hint="everything stays frozen"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    backbone.trainable = False
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="one layer more than asked for" hint="one layer too many or few"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers - 1
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="one layer less than asked for" hint="one layer too many or few"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place > len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="too many layers are taken as all" hint="too many layers accepted"
def fine_tune(model, backbone, layers, rate):
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" wrong="the model is not returned"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError("too many layers")
    backbone.trainable = True
    for place, layer in enumerate(backbone.layers):
        last = place >= len(backbone.layers) - layers
        layer.trainable = last and not isinstance(layer, keras.layers.BatchNormalization)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")

# %% question="fine_tune" right="frozen and freed in two loops, with a slice"
def fine_tune(model, backbone, layers, rate):
    if layers > len(backbone.layers):
        raise ValueError(f"{layers} layers asked for, {len(backbone.layers)} there")
    backbone.trainable = True
    first = len(backbone.layers) - layers
    for layer in backbone.layers[:first]:
        layer.trainable = False
    for layer in backbone.layers[first:]:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=rate), loss="sparse_categorical_crossentropy")
    return model

# %% question="fine_tune" right="another optimizer, and the backbone taken out of the model by its name"
def fine_tune(model, backbone, layers, rate):
    base = model.get_layer(backbone.name)
    if layers > len(base.layers):
        raise ValueError("too many")
    base.trainable = True
    for count, layer in enumerate(reversed(base.layers)):
        layer.trainable = count < layers and type(layer).__name__ != "BatchNormalization"
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    return model

# %% question="is_dog" wrong="the first dog is left out" hint="dog range off by one"
def is_dog(probabilities):
    return 151 < int(np.argmax(probabilities)) <= 268

# %% question="is_dog" wrong="a range that ends at 268" hint="dog range off by one"
def is_dog(probabilities):
    return int(np.argmax(probabilities)) in range(151, 268)

# %% question="is_dog" wrong="the wolf is a dog" hint="dog range off by one"
def is_dog(probabilities):
    return bool(151 <= np.argmax(probabilities) <= 269)

# %% question="is_dog" wrong="counted from 1" hint="dog range off by one"
def is_dog(probabilities):
    return bool(151 <= np.argmax(probabilities) + 1 <= 268)

# %% question="is_dog" wrong="all dogs together have more than a half" hint="probabilities of all dogs added"
def is_dog(probabilities):
    return bool(np.sum(probabilities[151:269]) > 0.5)

# %% question="is_dog" wrong="a dog is possible" hint="any dog will do"
def is_dog(probabilities):
    return bool(np.any(probabilities[151:269] > 0))

# %% question="is_dog" wrong="no upper end" hint="one end missing"
def is_dog(probabilities):
    return bool(np.argmax(probabilities) >= 151)

# %% question="is_dog" wrong="or in place of and" hint="one end missing"
def is_dog(probabilities):
    top = np.argmax(probabilities)
    return bool(top >= 151 or top <= 268)

# %% question="is_dog" wrong="True for everything else" hint="answer turned"
def is_dog(probabilities):
    top = np.argmax(probabilities)
    return bool(top < 151 or top > 268)

# %% question="is_dog" wrong="the number of the class" hint="class in place of an answer"
def is_dog(probabilities):
    return int(np.argmax(probabilities))

# %% question="is_dog" right="in a range"
def is_dog(probabilities):
    return int(np.argmax(probabilities)) in range(151, 269)

# %% question="is_dog" right="compared with the best of the dogs, and a NumPy truth value"
def is_dog(probabilities):
    p = np.asarray(probabilities)
    return p[151:269].max() == p.max()

# %% question="is_dog" right="sorted"
def is_dog(probabilities):
    top = sorted(range(len(probabilities)), key=lambda i: probabilities[i])[-1]
    return top >= 151 and top <= 268

# %% question="identify" wrong="the face is asked for first" hint="face asked first"
def identify(image, has_face, is_dog, breed_of):
    if has_face(image):
        return "person", breed_of(image)
    if is_dog(image):
        return "dog", breed_of(image)
    return "neither", None

# %% question="identify" wrong="the breed is computed in any case" hint="breed asked too early"
def identify(image, has_face, is_dog, breed_of):
    breed = breed_of(image)
    if is_dog(image):
        return "dog", breed
    if has_face(image):
        return "person", breed
    return "neither", None

# %% question="identify" wrong="neither has a breed too" hint="breed asked too early"
def identify(image, has_face, is_dog, breed_of):
    kind = "dog" if is_dog(image) else "person" if has_face(image) else "neither"
    return kind, breed_of(image)

# %% question="identify" wrong="a person gets no breed" hint="no breed for a person"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return "dog", breed_of(image)
    if has_face(image):
        return "person", None
    return "neither", None

# %% question="identify" wrong="the functions are not called" hint="functions not called"
def identify(image, has_face, is_dog, breed_of):
    if is_dog:
        return "dog", breed_of(image)
    if has_face:
        return "person", breed_of(image)
    return "neither", None

# %% question="identify" wrong="the function of the breed is returned" hint="breed function returned"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return "dog", breed_of
    if has_face(image):
        return "person", breed_of
    return "neither", None

# %% question="identify" wrong="only the kind" hint="kind alone"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return "dog"
    if has_face(image):
        return "person"
    return "neither"

# %% question="identify" wrong="the breed first" hint="order of the pair"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return breed_of(image), "dog"
    if has_face(image):
        return breed_of(image), "person"
    return None, "neither"

# %% question="identify" wrong="the two words are exchanged" hint="dog and person swapped"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return "person", breed_of(image)
    if has_face(image):
        return "dog", breed_of(image)
    return "neither", None

# %% question="identify" wrong="a dog beside a face is neither" hint="both needed"
def identify(image, has_face, is_dog, breed_of):
    dog, face = is_dog(image), has_face(image)
    if dog and not face:
        return "dog", breed_of(image)
    if face and not dog:
        return "person", breed_of(image)
    return "neither", None

# %% question="identify" wrong="a sentence in place of a pair"
def identify(image, has_face, is_dog, breed_of):
    if is_dog(image):
        return f"This is a {breed_of(image)}."
    if has_face(image):
        return f"You look like a {breed_of(image)}."
    return "I see neither a dog nor a person."

# %% question="identify" right="both are asked, then a chain"
def identify(image, has_face, is_dog, breed_of):
    dog, face = bool(is_dog(image)), bool(has_face(image))
    kind = "dog" if dog else "person" if face else "neither"
    return (kind, breed_of(image)) if kind != "neither" else (kind, None)

# %% question="identify" right="a loop over two questions"
def identify(image, has_face, is_dog, breed_of):
    for kind, asks in (("dog", is_dog), ("person", has_face)):
        if asks(image):
            return (kind, breed_of(image))
    return ("neither", None)
