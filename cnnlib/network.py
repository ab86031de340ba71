"""Training a network in NumPy alone: after this room you have seen everything that happens when a network learns.

Images are (N, H, W, C), labels (N,). The network itself is cnnlib.cnn, whose functions are at hand here too. Its layers are
plain functions and can be anybody's, also yours: train_cnn(*train, *test, layers={"conv2d_forward": conv2d_forward, ...}).
"""

from typing import NamedTuple

import numpy as np

from cnnlib._arrays import as_count
from cnnlib._layer_checks import check_shape
from cnnlib.cnn import LAYERS, accuracy, chosen_layers, cnn_backward, cnn_forward, create_cnn, prepared

__all__ = [
    "LAYERS", "Epoch", "accuracy", "band", "cnn_backward", "cnn_forward", "create_cnn", "train_cnn", "train_epochs"
]  # fmt: skip
MOMENTUM = 0.9  # of each step, so much goes on into the next
DECAY = 0.4  # the rate of an epoch, as a part of the rate of the one before


class Epoch(NamedTuple):
    """What a network had come to after one pass over the training images."""

    number: int  # 1 for the first
    loss: float  # mean over the epoch's batches, in nats, each before its step
    accuracy: float  # part of the test images that is named rightly after the epoch, 0 to 1
    params: dict  # the network after the epoch: arrays of its own


def train_cnn(
    images, labels, test_images, test_labels, *,
    layers=None, epochs=3, batch=16, rate=0.03, filters=(8, 16), seed=0, progress=True,
):  # fmt: skip
    """Train a network on images, with your layers or the library's, and return what it came to.

    Each step takes a batch of images, sends it forward, the gradient of its loss backward, and moves every parameter a little
    downhill. Momentum keeps part of the last step going, so that steps that agree add up and steps that quarrel cancel. After
    each epoch the rate is multiplied by 0.4: large steps first, fine ones at the end.

    Parameters
    ----------
    images : (N, H, W, C) or (N, H, W) array
        Floats as they are; bytes (uint8) are divided by 255.
    labels : (N,) array of integers
        0 to classes - 1.
    test_images, test_labels
        The same of images that the network never learns from.
    layers : dict, module or None
        Functions by their names: {"conv2d_forward": conv2d_forward, ...}. Those that may be given are cnnlib.network.LAYERS,
        and those that are not are taken from cnnlib.layers.
    epochs : int
        How often all images are seen.
    batch : int
        Images a step.
    rate : float
        How far along the gradient each step of the first epoch goes, above 0.
    filters : (int, int)
        As in create_cnn.
    seed : int
        Of the first parameters and of the order of the images. On one machine the same seed gives the same network; another
        number of threads adds in another order, which may change an image or two of a thousand: print a band, not digits.
    progress : bool
        Print a line an epoch, up to ten dots while it runs and the band of its accuracy, which comes out alike each time.

    Returns
    -------
    trained : Epoch (number, loss, accuracy, params), the last one.

    Raises
    ------
    ValueError
        When images and labels differ in number, epochs or batch is below 1, rate is not above 0, layers names what is no layer,
        or a layer returns a gradient that has not the shape of its parameter.
    TypeError
        When the labels or counts are no whole numbers, or the images no numbers.

    Examples
    --------
    Four images, white in the upper or the lower half:

    >>> images = np.zeros((4, 10, 10), np.uint8)
    >>> images[::2, :5] = images[1::2, 5:] = 255
    >>> trained = train_cnn(images, [0, 1, 0, 1], images, [0, 1, 0, 1], epochs=10, batch=2, progress=False)
    >>> trained.number, trained.accuracy
    (10, 1.0)

    Source: I. Sutskever and others, On the importance of initialization and momentum in deep learning, 2013.
    """
    options = {"layers": layers, "epochs": epochs, "batch": batch, "rate": rate, "filters": filters, "seed": seed}
    tick = (lambda: print(".", end="", flush=True)) if progress else None
    path = train_epochs(images, labels, test_images, test_labels, **options, tick=tick)
    for number in range(1, epochs + 1):
        if progress:
            print(f"epoch {number} of {epochs} ", end="", flush=True)
        epoch = next(path)
        if progress:
            print(f" {band(epoch.accuracy)} of the test images right", flush=True)
    return epoch


def train_epochs(
    images, labels, test_images, test_labels, *,
    layers=None, epochs=3, batch=16, rate=0.03, filters=(8, 16), seed=0, tick=None,
):  # fmt: skip
    """Walk the path of train_cnn and show the network after each epoch, for those who want to look inside.

    Parameters
    ----------
    images, labels, test_images, test_labels, layers, epochs, batch, rate, filters, seed
        As in train_cnn.
    tick : function or None
        Called up to ten times an epoch, with nothing.

    Returns
    -------
    path : iterator of Epoch (number, loss, accuracy, params), one an epoch. Its arrays are yours: changing them does not
        disturb the training.

    Raises
    ------
    ValueError, TypeError
        As train_cnn.

    Source: I. Sutskever and others, On the importance of initialization and momentum in deep learning, 2013.
    """
    images, labels = prepared(images, labels)
    test = prepared(test_images, test_labels)
    epochs, batch = as_count(epochs, "epochs", least=1), as_count(batch, "batch", least=1)
    if not rate > 0:
        raise ValueError(f"rate is {rate}: it needs to be above 0. Use rate=0.03.")
    layers = vars(chosen_layers(layers))
    params = create_cnn(images.shape[1:], int(labels.max()) + 1, filters=filters, seed=seed)

    def path(params, rate):
        rng = np.random.default_rng(seed)
        steps = {name: np.zeros_like(array) for name, array in params.items()}
        for number in range(1, epochs + 1):
            order, losses = rng.permutation(len(images)), []  # another order each epoch
            for start in range(0, len(images), batch):
                chosen = order[start : start + batch]
                loss, gradients = _loss_and_gradients(params, images[chosen], labels[chosen], layers)
                losses.append(loss)
                steps = {name: MOMENTUM * steps[name] - np.float32(rate) * gradients[name] for name in params}
                params = {name: params[name] + steps[name] for name in params}
                if tick and start * 10 // len(images) < min(start + batch, len(images)) * 10 // len(images):
                    tick()
            rate *= DECAY
            copies = {name: array.copy() for name, array in params.items()}
            yield Epoch(number, float(np.mean(losses)), accuracy(params, *test, layers=layers), copies)

    return path(params, rate)


def band(accuracy):
    """Say how good an accuracy is in words that come out alike on every machine.

    Examples
    --------
    >>> band(0.9655), band(0.83), band(0.1)
    ('over 90 %', 'over 80 %', 'under 50 %')
    """
    passed = [edge for edge in (50, 80, 90) if 100 * accuracy > edge]
    return f"over {passed[-1]} %" if passed else "under 50 %"


def _loss_and_gradients(params, images, labels, layers):
    scores, seen = cnn_forward(params, images, layers=layers)
    loss, dscores = layers["softmax_cross_entropy"](scores, labels)
    gradients = cnn_backward(dscores, params, seen, layers=layers)
    for name, array in params.items():
        gradients[name] = np.asarray(gradients[name], array.dtype)  # a layer may well compute in float64
        check_shape(gradients[name], f"the gradient of {name}", array.shape, name)
    return loss, gradients
