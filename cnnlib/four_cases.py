"""The four cases of transfer learning, measured: after this room you know what a trained network was worth, in numbers.

A small network learns the digits 0 to 4. Then four strategies are tried on each of four new tasks: few or many images, of
the digits 5 to 9 (similar) or of five surfaces (different). Images are (N, 28, 28, 1) floats in [0, 1], labels (N,).
"""

import functools
from typing import NamedTuple

import numpy as np

from cnnlib.classification import accuracy, prepare_images
from cnnlib.materials import even_light, few_of_each, material_patches
from cnnlib.mnist import load_mnist
from cnnlib.transfer import STRATEGIES

SIZES = {"few": 25, "many": 3000}  # images of the new task to learn from
DRAWS = {"few": 3, "many": 1}  # which few they are is luck: so they are drawn several times
STEPS = {"few": 80, "many": 230}  # of the networks that learn as a whole; a head alone is given twice as many
BATCH = {"few": 25, "many": 64}
CLASSES = 5


class Task(NamedTuple):
    """Images and labels to learn from, and others to test on."""

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


@functools.cache
def digits(first, last):
    """Return the task of telling apart the digits from `first` to `last`; the label 0 is the first of them.

    Examples
    --------
    >>> digits(5, 9).labels[:3]  # the first three show 5, 9, 5
    array([0, 4, 0])
    """
    (images, labels), (test_images, test_labels) = load_mnist()
    learn, test = (labels >= first) & (labels <= last), (test_labels >= first) & (test_labels <= last)
    return Task(prepare_images(images[learn]), labels[learn].astype(np.int64) - first,
                prepare_images(test_images[test]), test_labels[test].astype(np.int64) - first)  # fmt: skip


@functools.cache
def surfaces():
    """Return the task of telling apart five surfaces: brick, grass, gravel, a printed page, the sky seen from space.

    Training and test patches come from different bands of the photographs, and all have the same mean brightness.
    """
    images, labels, test_images, test_labels = material_patches(28, bands=9, step=7)
    learn, test = few_of_each(labels, 800, seed=1), few_of_each(test_labels, 200, seed=2)
    lit, test_lit = even_light(images[learn])[..., None], even_light(test_images[test])[..., None]
    return Task(lit, labels[learn], test_lit, test_labels[test])


TASKS = {"similar": lambda: digits(5, 9), "different": surfaces}


def small_backbone(*, normalize=False):
    """Build the network whose knowledge is handed on: three convolutions with ReLU, (N, 28, 28, 1) to (N, 7, 7, 64).

    Parameters
    ----------
    normalize : bool
        True puts BatchNormalization between each convolution and its ReLU.

    Returns
    -------
    backbone : keras.Model, untrained; 23,296 weights, without BatchNormalization
    """
    import keras
    from keras import layers

    image = x = keras.Input((28, 28, 1))
    for number, (filters, stride) in enumerate([(16, 2), (32, 2), (64, 1)], 1):
        options = {"strides": stride, "padding": "same", "use_bias": not normalize, "name": f"conv{number}"}
        x = layers.Conv2D(filters, 3, kernel_initializer="he_normal", **options)(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x) if normalize else x
        x = layers.ReLU(name=f"relu{number}")(x)
    return keras.Model(image, x, name="backbone")


class FourCases:
    """The experiment: the networks are built once, and get other weights for each run.

    `measure()` gives the accuracies of one new task; `source_accuracy` is the backbone's own on the digits 0 to 4.
    """

    def __init__(self, seed=0):
        import keras

        keras.utils.set_random_seed(seed)
        backbone = small_backbone()
        self._whole = _compiled(backbone.input, _pooled(backbone.output))  # backbone and head
        self._untrained = self._whole.get_weights()
        source = digits(0, 4)
        _train(self._whole, self._untrained, source.images, source.labels, steps=400, batch=64, seed=seed)
        self._trained = self._whole.get_weights()
        self.source_accuracy = _accuracy(self._whole, source.test_images, source.test_labels)
        self._features = {
            name: keras.Model(backbone.input, _pooled(backbone.get_layer(layer).output))
            for name, layer in [("new head", "relu3"), ("head on early layers", "relu1")]
        }
        inputs = {name: keras.Input(model.output_shape[1:]) for name, model in self._features.items()}
        self._heads = {name: _compiled(features, features) for name, features in inputs.items()}

    def measure(self, size, kind):
        """Try all four strategies on one new task.

        Parameters
        ----------
        size : "few" or "many"
        kind : "similar" or "different"

        Returns
        -------
        accuracies : dict {strategy: list of the part of the test images named rightly, one for each draw}
        """
        task, results = TASKS[kind](), {strategy: [] for strategy in STRATEGIES}
        self._whole.set_weights(self._trained)
        seen = {name: [_answers(model, images) for images in (task.images, task.test_images)]
                for name, model in self._features.items()}  # fmt: skip
        for draw in range(DRAWS[size]):
            chosen = few_of_each(task.labels, SIZES[size] // CLASSES, seed=draw)
            options = {"batch": BATCH[size], "seed": draw}
            for name, head in self._heads.items():
                start = [np.random.default_rng(draw).normal(0, 0.05, w.shape) for w in head.get_weights()]
                features, test_features = seen[name]
                _train(head, start, features[chosen], task.labels[chosen], steps=2 * STEPS[size], rate=0.02, **options)
                results[name].append(_accuracy(head, test_features, task.test_labels))
            for name, first in [("fine-tune", self._trained), ("train from scratch", self._untrained)]:
                start = [*first[:-2], *self._untrained[-2:]]  # the head is new in both
                _train(self._whole, start, task.images[chosen], task.labels[chosen], steps=STEPS[size], **options)
                results[name].append(_accuracy(self._whole, task.test_images, task.test_labels))
        return results


def run_four_cases(*, seed=0, progress=True):
    """Run the whole experiment: a backbone trained on the digits 0 to 4, four strategies on four new tasks.

    Parameters
    ----------
    seed : int
        Of the first weights. On one machine the same seed gives the same numbers.
    progress : bool
        Print a line for each task while it runs.

    Returns
    -------
    results : dict {(size, kind): {strategy: list of accuracies}}, size "few" or "many", kind "similar" or "different"

    Source: the four cases are those of CS231n, "Transfer Learning", and of many courses since; the experiment is ours.
    """
    experiment = FourCases(seed)
    if progress:
        print(f"backbone trained on the digits 0 to 4: over 95 % right: {experiment.source_accuracy > 0.95}", flush=True)
    results = {}
    for size in SIZES:
        for kind in TASKS:
            results[size, kind] = experiment.measure(size, kind)
            if progress:
                print(f"measured: {size} images, {kind} ({DRAWS[size]} draw{'s' * (DRAWS[size] > 1)})", flush=True)
    return results


def means(results):
    """Take the mean over the draws of each strategy.

    Examples
    --------
    >>> means({("few", "similar"): {"new head": [0.5, 1.0]}})
    {('few', 'similar'): {'new head': 0.75}}
    """
    return {case: {name: float(np.mean(values)) for name, values in strategies.items()} for case, strategies in results.items()}


def _pooled(maps):
    """Maps (N, h, h, F) averaged over each quarter and laid in a row, (N, 4 F): the same for deep and for early maps."""
    import keras

    return keras.layers.Flatten()(keras.layers.AveragePooling2D(maps.shape[1] // 2)(maps))


def _compiled(inputs, features):
    """A dense layer of class probabilities on top of features, compiled with Adam."""
    import keras

    model = keras.Model(inputs, keras.layers.Dense(CLASSES, activation="softmax")(features))
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    return model


def _train(model, start, images, labels, *, steps, batch, seed, rate=0.002):
    """Give the model its first weights and an optimizer without a past, then train; the second half at a fifth of the rate."""
    model.set_weights(start)
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    rng, rounds = np.random.default_rng(seed), -(-steps * batch // len(images))
    order = np.concatenate([rng.permutation(len(images)) for _ in range(rounds)])[: steps * batch]
    for half, part in enumerate(np.split(order, [len(order) // 2 // batch * batch])):
        model.optimizer.learning_rate = rate / 5**half
        model.fit(images[part], labels[part], batch_size=batch, shuffle=False, verbose=0)


def _accuracy(model, images, labels):
    return accuracy(_answers(model, images), labels)


def _answers(model, images):
    """What a model makes of images, in portions: as predict gives it, without predict's preparations for each new model."""
    return np.concatenate([model(images[i : i + 500], training=False).numpy() for i in range(0, len(images), 500)])
