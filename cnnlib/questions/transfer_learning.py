"""The checks of unit 08: the strategy, bottleneck features, a head on a frozen backbone, fine-tuning, and the application.

Networks are looked at for what they do: what may learn, what a pass in training mode changes, what the loss says. Mistakes
about them are told as the facts that would be seen, so that no network is built for them.
"""

import itertools

import numpy as np

from cnnlib.check import Question, Seen, case, mistake
from cnnlib.dog_or_face import FIRST_DOG, LAST_DOG, identify, is_dog
from cnnlib.questions._fresh_models import (
    Fresh,
    backbone,
    kind_of_loss,
    may_learn,
    some_numbers,
    statistics_stay,
    with_head,
)
from cnnlib.transfer import STRATEGIES, attach_head, choose_strategy, extract_features, fine_tune

# --- choose_strategy --------------------------------------------------------------------------------------------------

FEW_SIMILAR, FEW_DIFFERENT, MANY_SIMILAR, MANY_DIFFERENT = STRATEGIES


def _table(few_similar, few_different, many_similar, many_different):
    """The function that answers by a table of four."""
    def gives(n_images, similar):
        choose_strategy(n_images, similar)
        few = n_images < 1000
        return (few_similar if similar else few_different) if few else (many_similar if similar else many_different)
    return gives


def _moved_edge(n_images, similar):
    return choose_strategy(n_images - (n_images == 1000), similar)


def _no_error(n_images, similar):
    return choose_strategy(max(n_images, 1), similar)


CHOOSE_STRATEGY = Question(
    choose_strategy,
    cases=[
        case("200 images, similar", 200, True), case("200 images, different", 200, False),
        case("50,000 images, similar", 50_000, True), case("50,000 images, different", 50_000, False),
        case("999 images, similar", 999, True), case("1,000 images, similar", 1000, True),
        case("1,000 images, different", 1000, False), case("one image, different", 1, False), case("no image", 0, True),
    ],
    mistakes=[
        mistake("similar and different swapped", _table(FEW_DIFFERENT, FEW_SIMILAR, MANY_DIFFERENT, MANY_SIMILAR),
                hint="Your answers for similar and for different images are swapped.",
                fix="Similar images can use the deep layers: \"new head\" for few, \"fine-tune\" for many."),
        mistake("few and many swapped", _table(MANY_SIMILAR, MANY_DIFFERENT, FEW_SIMILAR, FEW_DIFFERENT),
                hint="Your answers for few and for many images are swapped: few images would have to teach all weights.",
                fix="Fewer than 1,000 images train a head alone."),
        mistake("1,000 taken as few", _moved_edge,
                hint="1,000 images count as many here: only fewer than that are few.",
                fix="Compare with `n_images < 1000`."),
        mistake("no image accepted", _no_error,
                hint="Without a single image there is nothing to train on, with no strategy.",
                fix="`raise ValueError(...)` when n_images is below 1, before anything else."),
        mistake("number ignored", _table(FEW_SIMILAR, FEW_DIFFERENT, FEW_SIMILAR, FEW_DIFFERENT),
                _table(MANY_SIMILAR, MANY_DIFFERENT, MANY_SIMILAR, MANY_DIFFERENT),
                hint="Your answer does not depend on the number of images.",
                fix="Two questions, four answers: few or many, and then similar or different."),
        mistake("similarity ignored", _table(FEW_SIMILAR, FEW_SIMILAR, MANY_SIMILAR, MANY_SIMILAR),
                _table(FEW_DIFFERENT, FEW_DIFFERENT, MANY_DIFFERENT, MANY_DIFFERENT),
                hint="Your answer does not depend on whether the images are similar.",
                fix="Two questions, four answers: few or many, and then similar or different."),
        mistake("few and different from scratch", _table(FEW_SIMILAR, MANY_DIFFERENT, MANY_SIMILAR, MANY_DIFFERENT),
                hint="With few images the textbook never trains from scratch, however different they are.",
                fix="Few and different: \"head on early layers\"."),
        mistake("many and different fine-tuned", _table(FEW_SIMILAR, FEW_DIFFERENT, MANY_SIMILAR, MANY_SIMILAR),
                hint="For many and different images the table of this exercise says to train anew.",
                fix="Many and different: \"train from scratch\"."),
    ])


# --- extract_features -------------------------------------------------------------------------------------------------

def _images(count, height, width, channels):
    return (np.arange(count * height * width * channels) * 37 % 256).reshape(count, height, width, channels).astype(np.uint8)


def _fresh_backbone(shape, filters=(3, 4)):
    return Fresh(f"a backbone: images {shape} in, maps of {filters[-1]} features out", lambda: backbone(shape, filters))


def _features_of(prepare, mean=lambda maps: maps.mean(axis=(1, 2)), **mode):
    """Features of images that were prepared in another way, or of maps that were put together in another way."""
    def gives(backbone, images):
        return mean(np.asarray(backbone(prepare(images).astype(np.float32), **mode)))
    return gives


def _prepared(images):
    return (images.astype(np.float32) - 127) / 128


def _shuffled(order):
    def gives(backbone, images):
        features = extract_features(backbone, images)
        return features[list(order)] if len(features) == len(order) else features
    return gives


EXTRACT_FEATURES = Question(
    extract_features,
    cases=[
        case("one gray image", _fresh_backbone((4, 6, 1)), _images(1, 4, 6, 1)),
        case("three gray images", _fresh_backbone((5, 4, 1)), _images(3, 5, 4, 1)),
        case("one image of two channels", _fresh_backbone((5, 6, 2)), _images(1, 5, 6, 2)),
    ],
    mistakes=[
        mistake("preprocessing missing", _features_of(lambda images: images.astype(float)),
                hint="The backbone gets brightness from 0 to 255. It was trained on numbers from about -1 to 1.",
                fix="Prepare the images as the backbone was trained: `(images - 127) / 128`, in floats."),
        mistake("preprocessing twice", _features_of(lambda images: (_prepared(images) - 127) / 128),
                hint="The images are prepared twice.",
                fix="Subtract 127 and divide by 128 once."),
        mistake("bytes wrap", _features_of(lambda images: (images - np.uint8(127)) / 128),
                hint="You subtract 127 from bytes: a uint8 cannot be negative, so 126 - 127 becomes 255.",
                fix="Turn the images into floats first: `np.asarray(images, dtype=np.float32)`."),
        mistake("another scale", _features_of(lambda images: images / 255), _features_of(lambda images: images / 127.5 - 1),
                _features_of(lambda images: (images.astype(float) - images.mean()) / (images.std() + 1e-7)),
                _features_of(lambda images: images / 128), _features_of(lambda images: images.astype(float) - 127),
                hint="The images are prepared, but not as this backbone was trained.",
                fix="Use `(images - 127) / 128`. Each trained network has a scale of its own; its authors say which."),
        mistake("training mode", _features_of(_prepared, training=True),
                hint="The backbone runs in training mode: its BatchNormalization takes the statistics of your batch.",
                fix="Use `backbone.predict(...)`, or call it with `training=False`."),
        mistake("maps not averaged", _features_of(_prepared, mean=lambda maps: maps),
                hint="You return the feature maps. Asked for is one number for each feature of an image.",
                fix="Take the mean over height and width: `maps.mean(axis=(1, 2))`."),
        mistake("maps flattened", _features_of(_prepared, mean=lambda maps: maps.reshape(len(maps), -1)),
                hint="You return all places of the maps in a row. Asked for is their mean.",
                fix="Take the mean over height and width: `maps.mean(axis=(1, 2))`."),
        mistake("maximum or sum for mean", _features_of(_prepared, mean=lambda maps: maps.max(axis=(1, 2))),
                _features_of(_prepared, mean=lambda maps: maps.sum(axis=(1, 2))),
                hint="The places of a map are put together by another function than the mean.",
                fix="Use `.mean(axis=(1, 2))`."),
        mistake("mean over the wrong axes", _features_of(_prepared, mean=lambda maps: maps.mean(axis=-1)),
                _features_of(_prepared, mean=lambda maps: maps.mean(axis=(0, 1, 2))),
                _features_of(_prepared, mean=lambda maps: maps.mean(axis=(1, 2, 3))),
                _features_of(_prepared, mean=lambda maps: maps.mean(axis=1)),
                _features_of(_prepared, mean=lambda maps: maps.mean(axis=(0, 1))),
                hint="The mean runs over the wrong axes. Maps are (N, h, w, F); what is left must be (N, F).",
                fix="Take the mean over axes 1 and 2, height and width."),
        mistake("order of the images lost", *(_shuffled(order) for order in [*itertools.permutations(range(3))][1:]),
                hint="The features come in another order than the images, so they no longer belong to their labels.",
                fix="Keep the order: shuffle neither the images nor the features."),
    ])


# --- attach_head ------------------------------------------------------------------------------------------------------

LABELS = [0, 1]
RIGHT_LOSS = "cross-entropy"


def look_at_attached(model):
    """What a backbone with a head does, as facts."""
    probabilities = np.asarray(model(some_numbers((2, *model.input_shape[1:])), training=False))
    total, sums_to_one = _sum_of(model.weights[:-2]), bool(np.allclose(probabilities.sum(axis=-1), 1, atol=1e-4))
    return {
        "shape of the answers to 2 images": probabilities.shape,
        "each row adds up to 1": sums_to_one,
        "numbers in all": model.count_params(),
        "numbers that may learn": may_learn(model)[1],
        "the backbone's weights add up to": total,
        "BatchNormalization keeps its statistics": statistics_stay(model),
        "loss": kind_of_loss(model, probabilities, LABELS) if sums_to_one else "not looked at",
    }


def _attached(change):
    """The facts about a right answer, with those that a mistake changes; `change` takes (backbone, classes, head)."""
    def gives(backbone, classes):
        head = (backbone.output_shape[-1] + 1) * classes
        facts = {
            "shape of the answers to 2 images": (2, classes), "each row adds up to 1": True,
            "numbers in all": backbone.count_params() + head, "numbers that may learn": head,
            "the backbone's weights add up to": _sum_of(backbone.weights),
            "BatchNormalization keeps its statistics": True, "loss": RIGHT_LOSS,
        }
        return Seen(facts | change(backbone, classes, head))
    return gives


def _sum_of(weights):
    return sum(float(np.sum(w.numpy())) for w in weights)


def _unfrozen(backbone, classes, head):
    free = sum(int(np.prod(w.shape)) for w in backbone.weights if "moving" not in w.path)
    return {"numbers that may learn": head + free, "BatchNormalization keeps its statistics": False}


def _norms_unfrozen(backbone, classes, head):
    norms = [w for w in backbone.weights if "gamma" in w.path or "beta" in w.path]
    return {"numbers that may learn": head + sum(int(np.prod(w.shape)) for w in norms),
            "BatchNormalization keeps its statistics": False}


def _all_frozen_but_statistics(backbone, classes, head):
    return {"numbers that may learn": head, "BatchNormalization keeps its statistics": False}


def _flattened(backbone, classes, head):
    height, width, maps = backbone.output_shape[1:]
    learn = (height * width * maps + 1) * classes
    return {"numbers in all": backbone.count_params() + learn, "numbers that may learn": learn}


def _classes_off(by):
    def change(backbone, classes, head):
        learn = (backbone.output_shape[-1] + 1) * (classes + by)
        return {"shape of the answers to 2 images": (2, classes + by), "numbers in all": backbone.count_params() + learn,
                "numbers that may learn": learn}
    return change


ATTACH_HEAD = Question(
    attach_head,
    cases=[
        case("2 classes", Fresh("a backbone: images (5, 6, 2) in, 4 features out", backbone), 2),
        case("5 classes", Fresh("a backbone: images (6, 4, 1) in, 3 features out", lambda: backbone((6, 4, 1), (2, 3))), 5),
    ],
    view=look_at_attached,
    mistakes=[
        mistake("base not frozen", _attached(_unfrozen),
                hint="The backbone may still learn. A head of random numbers sends random errors into it and spoils it.",
                fix="Set `backbone.trainable = False` before you compile."),
        mistake("BatchNorm in training mode", _attached(_norms_unfrozen), _attached(_all_frozen_but_statistics),
                hint="A pass in training mode moves the statistics of the backbone's BatchNormalization: these layers are not "
                     "frozen.",
                fix="Freeze every layer of the backbone: `backbone.trainable = False` does, and it puts BatchNormalization "
                    "into inference mode."),
        mistake("head frozen too", _attached(lambda *_: {"numbers that may learn": 0}),
                hint="Nothing in your model may learn: the head is frozen too.",
                fix="Freeze the backbone alone: `backbone.trainable = False`, not `model.trainable = False`."),
        mistake("not compiled", _attached(lambda *_: {"loss": "not compiled"}),
                hint="The model is not compiled, so it cannot be trained.",
                fix="`model.compile(\"adam\", \"sparse_categorical_crossentropy\")`, after the freezing."),
        mistake("loss for one-hot labels", _attached(lambda *_: {"loss": "no loss for whole-number labels"}),
                hint="Your loss expects one-hot labels. The labels here are whole numbers: 0, 1, 2, ...",
                fix="Use `\"sparse_categorical_crossentropy\"`."),
        mistake("softmax with from_logits", _attached(lambda *_: {"loss": "another loss"}),
                hint="The head gives probabilities, but the loss takes them for something else.",
                fix="After a softmax use `\"sparse_categorical_crossentropy\"` as it is, without `from_logits=True`."),
        mistake("no softmax", _attached(lambda *_: {"each row adds up to 1": False, "loss": "not looked at"}),
                hint="The answers of your model are no probabilities: a row does not add up to 1.",
                fix="`Dense(classes, activation=\"softmax\")`."),
        mistake("maps flattened", _attached(_flattened),
                hint="Your head has too many weights: it looks at every place of the maps by itself.",
                fix="Put `GlobalAveragePooling2D()` between the backbone and the dense layer."),
        mistake("one class too many or few", _attached(_classes_off(1)), _attached(_classes_off(-1)),
                hint="The head has another number of outputs than there are classes.",
                fix="`Dense(classes, ...)`: one output for each class."),
    ])


# --- fine_tune --------------------------------------------------------------------------------------------------------

def look_at_tuned(model):
    """What a model that was made ready for fine-tuning does, as facts."""
    answers = np.asarray(model(some_numbers((2, *model.input_shape[1:])), training=False))
    (names, count), total = may_learn(model), _sum_of(model.weights)  # before a pass in training mode could move anything
    return {
        "layers that may learn": names, "numbers that may learn": count,
        "BatchNormalization keeps its statistics": statistics_stay(model),
        "learning rate": float(np.asarray(model.optimizer.learning_rate)) if model.compiled else 0.0,
        "loss": kind_of_loss(model, answers, LABELS),
        "all weights add up to": total,
    }


def _tuned(chosen, rate=None):
    """The facts when other layers than the right ones may learn; `chosen` takes (backbone, layers) and gives their names."""
    def gives(model, backbone, layers, rate_given):
        if layers > len(backbone.layers):
            raise ValueError("more layers than there are")
        free = chosen(backbone, layers)
        weights = [w for w in model.weights if w.path.split("/")[-2] in free and "moving" not in w.path]
        return Seen({
            "layers that may learn": ", ".join(sorted({w.path.split("/")[-2] for w in weights})) or "none",
            "numbers that may learn": sum(int(np.prod(w.shape)) for w in weights),
            "BatchNormalization keeps its statistics": not any("norm" in name for name in free),
            "learning rate": rate_given if rate is None else rate, "loss": RIGHT_LOSS,
            "all weights add up to": _sum_of(model.weights),
        })
    return gives


def _names(layers):
    return {layer.name for layer in layers}


def _last(backbone, layers):
    return _names(backbone.layers[len(backbone.layers) - layers:])


def _without_norms(names):
    return {name for name in names if "norm" not in name}


def _kit(**options):
    model = Fresh("a frozen backbone with a head, its rate 0.02", lambda: with_head(**options), 0)
    return model, model.inside("the backbone in it: conv1, norm1, relu1, conv2, norm2, relu2")


KIT, OTHER_KIT = _kit(), _kit(shape=(6, 4, 1), filters=(2, 3))

FINE_TUNE = Question(
    fine_tune,
    cases=[
        case("the last 3 layers", *KIT, 3, 1e-4),
        case("the last 6 layers", *KIT, 6, 0.003),
        case("no layer", *OTHER_KIT, 0, 1e-4),
        case("the last 2 layers, of which none has weights that may learn", *KIT, 2, 1e-5),
        case("more layers than there are", *KIT, 8, 1e-4),
    ],
    view=look_at_tuned,
    mistakes=[
        mistake("not recompiled", _tuned(lambda b, n: _without_norms(_last(b, n)) | {"head"}, rate=0.02),
                _tuned(lambda b, n: _last(b, n) | {"head"}, rate=0.02),
                hint="The model keeps its old compilation: the new learning rate, and what may learn, do not count yet.",
                fix="Compile after you have changed what may learn: `model.compile(keras.optimizers.Adam(rate), ...)`."),
        mistake("rate ignored", _tuned(lambda b, n: _without_norms(_last(b, n)) | {"head"}, rate=0.001),
                hint="The model is compiled with Adam's usual rate, not with yours: far too fast for trained weights.",
                fix="Write `keras.optimizers.Adam(rate)` in place of \"adam\"."),
        mistake("BatchNorm in training mode", _tuned(lambda b, n: _last(b, n) | {"head"}),
                hint="BatchNormalization layers among the last ones may learn, so training moves their statistics.",
                fix="Leave them frozen: `layer.trainable = ... and not isinstance(layer, keras.layers.BatchNormalization)`."),
        mistake("order reversed", _tuned(lambda b, n: _without_norms(_names(b.layers[:n])) | {"head"}),
                _tuned(lambda b, n: _names(b.layers[:n]) | {"head"}),
                hint="The first layers may learn and the last are frozen. The first hold what all images share.",
                fix="Count from the end: the last `layers` of `backbone.layers`."),
        mistake("[-0:] is everything",
                _tuned(lambda b, n: _without_norms(_names(b.layers) if n == 0 else _last(b, n)) | {"head"}),
                _tuned(lambda b, n: (_names(b.layers) if n == 0 else _last(b, n)) | {"head"}),
                hint="For 0 layers you free all of them: `backbone.layers[-0:]` begins at the beginning.",
                fix="Count with `len(backbone.layers) - layers`."),
        mistake("all layers free", _tuned(lambda b, n: _names(b.layers) | {"head"}),
                _tuned(lambda b, n: _without_norms(_names(b.layers)) | {"head"}),
                hint="All layers of the backbone may learn, however many were asked for.",
                fix="Freeze those in front: all but the last `layers`."),
        mistake("head frozen too", _tuned(lambda b, n: _without_norms(_last(b, n))),
                _tuned(lambda b, n: set()), _tuned(lambda b, n: _last(b, n)),
                hint="The head may not learn. It must go on learning while the backbone changes.",
                fix="Set flags in `backbone.layers` only, and leave the rest of the model trainable."),
        mistake("everything stays frozen", _tuned(lambda b, n: {"head"}),
                hint="No layer of the backbone may learn.",
                fix="Set `layer.trainable = True` for the last layers, and compile after that."),
        mistake("one layer too many or few", _tuned(lambda b, n: _without_norms(_last(b, n + 1)) | {"head"}),
                _tuned(lambda b, n: _without_norms(_last(b, max(n - 1, 0))) | {"head"}),
                _tuned(lambda b, n: _without_norms(_last(b, max(n - 2, 0))) | {"head"}),
                hint="The number of layers that may learn is not the one that was asked for.",
                fix="The last `layers` of `backbone.layers`, those without weights and BatchNormalization counted as well."),
        mistake("too many layers accepted", lambda model, backbone, layers, rate: fine_tune(
                    model, backbone, min(layers, len(backbone.layers)), rate),
                hint="More layers were asked for than the backbone has, and nobody was told.",
                fix="`raise ValueError(...)` when `layers` is larger than `len(backbone.layers)`."),
    ])


# --- is_dog -----------------------------------------------------------------------------------------------------------

def _probabilities(**places):
    p = np.zeros(1000)
    for place, value in places.items():
        p[int(place[1:])] = value
    return p


def _between(first, last):
    return lambda probabilities: bool(first <= np.argmax(probabilities) <= last)


def _some_dog(probabilities):
    return bool(np.any(np.asarray(probabilities)[FIRST_DOG:LAST_DOG + 1] > 0))


def _dogs_together(limit):
    return lambda probabilities: bool(np.sum(np.asarray(probabilities)[FIRST_DOG:LAST_DOG + 1]) > limit)


IS_DOG = Question(
    is_dog,
    cases=[case(words, Fresh(words, lambda p=p: p.copy)) for words, p in [
        ("class 151, the first dog, is the likeliest", _probabilities(_151=0.9, _150=0.1)),
        ("class 268, the last dog, is the likeliest", _probabilities(_268=0.8, _269=0.2)),
        ("class 150, a sea lion, is the likeliest", _probabilities(_150=0.9, _151=0.1)),
        ("class 269, a wolf, is the likeliest", _probabilities(_269=0.7, _268=0.3)),
        ("class 7, a cock, for sure", _probabilities(_7=1)),
        ("class 207, a golden retriever, is the likeliest", _probabilities(_207=0.4, _285=0.3, _10=0.3)),
        ("a cat with 0.4, two breeds with 0.3 each", _probabilities(_285=0.4, _200=0.3, _201=0.3)),
        ("a cat with 0.97, a breed with 0.03", _probabilities(_285=0.97, _200=0.03)),
    ]],
    mistakes=[
        mistake("dog range off by one", _between(152, 268), _between(151, 267), _between(152, 267), _between(150, 268),
                _between(151, 269), _between(150, 269), _between(150, 267), _between(152, 269),
                hint="One end of the range of dogs is missed by one.",
                fix="Both ends are dogs: `151 <= top <= 268`. In a slice or a range the end is 269."),
        mistake("probabilities of all dogs added", _dogs_together(0.5), _dogs_together(0.4),
                hint="You add up the dogs. Asked for is whether the single likeliest class is a dog.",
                fix="Take `np.argmax(probabilities)`, and ask whether it lies in the range."),
        mistake("any dog will do", _some_dog, _dogs_together(0.1),
                hint="You say dog when a dog is possible. Asked for is whether the likeliest class is a dog.",
                fix="Take `np.argmax(probabilities)`, and ask whether it lies in the range."),
        mistake("one end missing", lambda probabilities: bool(np.argmax(probabilities) >= FIRST_DOG),
                lambda probabilities: bool(np.argmax(probabilities) <= LAST_DOG),
                lambda probabilities: bool(np.argmax(probabilities) >= FIRST_DOG or np.argmax(probabilities) <= LAST_DOG),
                hint="Only one end of the range is asked for, or either will do.",
                fix="Both must hold: `151 <= top <= 268`."),
        mistake("answer turned", lambda probabilities: not is_dog(probabilities),
                hint="You say True where there is no dog.",
                fix="Return whether the class lies inside the range."),
        mistake("class in place of an answer", lambda probabilities: int(np.argmax(probabilities)),
                hint="You return the number of the class. Asked for is True or False.",
                fix="Return the comparison: `151 <= top <= 268`."),
    ])


# --- identify ---------------------------------------------------------------------------------------------------------

def _says(answer):
    def says(image):
        if np.shape(image) != (2, 3, 3):
            raise TypeError("it needs the image")
        return answer
    return says


def _must_not_be_asked(image):
    raise RuntimeError("breed_of was asked although there is neither a dog nor a person")


PICTURE = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
YES, NO = _says(True), _says(False)


def _changed_answer(change):
    """`change` takes the right (kind, breed)."""
    def gives(image, has_face, is_dog, breed_of):
        return change(*identify(image, has_face, is_dog, breed_of))
    return gives


def _face_first(image, has_face, is_dog, breed_of):
    if has_face(image):
        return "person", breed_of(image)
    return ("dog", breed_of(image)) if is_dog(image) else ("neither", None)


def _always_asked(image, has_face, is_dog, breed_of):
    breed = breed_of(image)
    kind = identify(image, has_face, is_dog, breed_of)[0]
    return kind, None if kind == "neither" else breed


def _breed_of_neither(image, has_face, is_dog, breed_of):
    return identify(image, has_face, is_dog, breed_of)[0], breed_of(image)


IDENTIFY = Question(
    identify,
    cases=[
        case("a dog", PICTURE, NO, YES, _says("beagle")), case("a person", PICTURE, YES, NO, _says("pug")),
        case("a dog and a face", PICTURE, YES, YES, _says("collie")),
        case("neither", PICTURE, NO, NO, _must_not_be_asked),
    ],
    mistakes=[
        mistake("face asked first", _face_first,
                hint="Where there is a dog and a face, the dog must win: you ask for the face first.",
                fix="Ask `is_dog(image)` first, then `has_face(image)`."),
        mistake("breed asked too early", _always_asked, _breed_of_neither,
                hint="You ask for the breed although there is neither a dog nor a person.",
                fix="Call `breed_of(image)` only in the branches that need it."),
        mistake("no breed for a person", _changed_answer(lambda kind, breed: (kind, breed if kind == "dog" else None)),
                hint="A person gets a breed as well: the one that comes closest.",
                fix="Return `(\"person\", breed_of(image))`."),
        mistake("functions not called", lambda image, has_face, is_dog, breed_of: ("dog", breed_of(image)),
                hint="You say dog to everything: a function itself counts as true. It must be called.",
                fix="Write `is_dog(image)` and `has_face(image)`, with the image."),
        mistake("breed function returned", lambda image, has_face, is_dog, breed_of: (
                    identify(image, has_face, is_dog, lambda _: breed_of)),
                hint="You return the function `breed_of` itself. It must be called.",
                fix="Return `breed_of(image)`."),
        mistake("kind alone", _changed_answer(lambda kind, breed: kind),
                hint="You return the kind alone. Asked for are two things: the kind and the breed.",
                fix="Return a pair, such as `(\"dog\", breed_of(image))`, and `(\"neither\", None)`."),
        mistake("order of the pair", _changed_answer(lambda kind, breed: (breed, kind)),
                hint="The breed comes first in your answer.",
                fix="Return (kind, breed)."),
        mistake("dog and person swapped", _changed_answer(
                    lambda kind, breed: ({"dog": "person", "person": "dog"}.get(kind, kind), breed)),
                lambda image, has_face, is_dog, breed_of: identify(image, is_dog, has_face, breed_of),
                hint="Dogs and persons are exchanged in your answers.",
                fix="`has_face` tells of a person, `is_dog` of a dog."),
        mistake("both needed", lambda image, has_face, is_dog, breed_of: (
                    ("dog", breed_of(image)) if is_dog(image) and not has_face(image)
                    else ("person", breed_of(image)) if has_face(image) and not is_dog(image) else ("neither", None)),
                hint="Where there is a dog and a face, you answer \"neither\".",
                fix="A dog is a dog, whoever else is in the picture: ask `is_dog` first, by itself."),
    ])

QUESTIONS = [CHOOSE_STRATEGY, EXTRACT_FEATURES, ATTACH_HEAD, FINE_TUNE, IS_DOG, IDENTIFY]
