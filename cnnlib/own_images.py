"""Pictures of your own: after this room a folder, or another data set, is in the same form as MNIST.

A folder holds one folder for each class, and in it pictures of any size. What comes out is (N, H, W) uint8 and (N,) labels, as
load_mnist gives them.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.images import read_photograph
from cnnlib.mnist import load_mnist

FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


class ImageFolder(NamedTuple):
    """What a folder held."""

    images: np.ndarray  # (N, H, W) uint8
    labels: np.ndarray  # (N,) int, the index of its class in `classes`
    classes: list  # the names of the folders, in the order of the alphabet
    skipped: list  # (name of the file, why it could not be read)


def read_image_folder(folder, *, size=(28, 28), dark_on_light=False):
    """Read a folder of pictures, one folder a class, as gray images of one size.

    A picture is shrunk until it fits and set in the middle, so a tall one stays tall; what is left over is filled with the
    paper's brightness. A file that is no picture is skipped and named in the result: look at that list.

    Parameters
    ----------
    folder : path
        Such as digits/, with digits/0/, digits/1/ ... in it.
    size : (H, W)
        Of the images, px.
    dark_on_light : bool
        True for ink on paper, as people write: MNIST is light on dark, so brightness is turned round.

    Returns
    -------
    found : ImageFolder (images, labels, classes, skipped)

    Raises
    ------
    FileNotFoundError
        When there is no such folder.
    ValueError
        When there is no folder in it, or no picture that could be read.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}. Name one that holds a folder for each class.")
    height, width = (as_count(side, "size", least=1) for side in size)
    classes = sorted(place.name for place in folder.iterdir() if place.is_dir() and not place.name.startswith("."))
    if not classes:
        raise ValueError(f"{folder.name} holds no folders: it needs one for each class, such as {folder.name}/cat/.")
    images, labels, skipped = [], [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).iterdir()):
            if path.is_dir() or path.name.startswith("."):
                continue
            try:
                images.append(_read(path, height, width, dark_on_light))
                labels.append(label)
            except ValueError as error:
                skipped.append((f"{name}/{path.name}", str(error)))
    if not images:
        raise ValueError(f"{folder.name} holds no picture that could be read: {len(skipped)} files, {len(classes)} folders. "
                         f"Endings that are read: {', '.join(ENDINGS)}.")
    return ImageFolder(np.stack(images), np.array(labels), classes, skipped)


def _read(path, height, width, dark_on_light):
    """One file as an (H, W) uint8 array; ValueError says why not."""
    from PIL import Image

    if path.suffix.lower() not in ENDINGS:
        raise ValueError(f"the ending {path.suffix or '(none)'} is not one of a picture")
    gray = np.array(Image.fromarray(read_photograph(path)).convert("L"))
    gray = 255 - gray if dark_on_light else gray
    frame = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    scale = min(height / gray.shape[0], width / gray.shape[1])
    rows, columns = max(1, round(gray.shape[0] * scale)), max(1, round(gray.shape[1] * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.NEAREST  # the mean of what falls into a pixel
    small = np.array(Image.fromarray(gray).resize((columns, rows), how))
    image = np.full((height, width), np.median(frame), np.uint8)  # the paper
    top, left = (height - rows) // 2, (width - columns) // 2
    image[top : top + rows, left : left + columns] = small
    return image


def load_fashion_mnist(*, folder=None):
    """Load Fashion-MNIST: 70,000 pieces of clothing in the form of MNIST, and harder to tell apart.

    Parameters
    ----------
    folder : path, optional
        Where its four IDX files are, which have the names of MNIST's. Without it the environment variable
        CNNLIB_FASHION_MNIST names the folder, and without that Keras downloads the images.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays as those of load_mnist; the names of the classes are FASHION.

    Raises
    ------
    FileNotFoundError, ValueError
        As load_mnist.
    RuntimeError
        When there is no folder, and Keras cannot fetch the images.

    Source: H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, 2017; MIT licence.
    """
    folder = folder or os.environ.get("CNNLIB_FASHION_MNIST")
    if folder:
        return load_mnist(full=True, folder=folder)
    try:
        from keras.datasets import fashion_mnist

        return fashion_mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        raise RuntimeError(
            f"Fashion-MNIST could not be fetched through Keras: {str(error) or type(error).__name__}. Put its four IDX files "
            "in a folder, and name it with folder=... or the environment variable CNNLIB_FASHION_MNIST."
        ) from error
