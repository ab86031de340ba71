"""What surrounds every classifier of images: after this room pictures are ready to learn from, and answers can be judged.

Images are (N, H, W) as files hold them and (N, H, W, C) as networks want them; labels are (N,), a class each. Two changes
of images, a shift and a permutation, ask a trained network what it knows of space. All of it is NumPy.
"""

import numpy as np

from cnnlib._arrays import as_count


def prepare_images(images):
    """Turn gray pictures of bytes into what a network takes: floats from 0 to 1, with an axis for the channel.

    A convolution reads (N, H, W, C), and a gray picture has one channel, so C = 1 has to be written down. Inputs of about 1
    keep the first steps of learning small; with 255 they would be 255 times as large.

    Parameters
    ----------
    images : (N, H, W) uint8 array
        Brightness 0 to 255, such as load_mnist gives.

    Returns
    -------
    prepared : (N, H, W, 1) float32 array, 0 to 1.

    Raises
    ------
    TypeError
        When the images are no bytes: who scales twice divides by 65,025.
    ValueError
        When they are not (N, H, W).

    Examples
    --------
    >>> prepare_images(np.array([[[0, 51, 255]]], np.uint8)).ravel()
    array([0. , 0.2, 1. ], dtype=float32)
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise TypeError(f"the images hold {images.dtype} values: they need to be uint8, as files hold them. Prepare them once.")
    if images.ndim != 3:
        raise ValueError(f"the images have shape {images.shape}: they need to be (N, H, W). For a single one use image[None].")
    return (images[..., np.newaxis] / np.float32(255)).astype(np.float32)  # (N, H, W, 1)


def one_hot(labels, classes):
    """Turn class numbers into rows that are 1 at the class and 0 elsewhere.

    The network gives one probability for each class. A row of this kind is what it should have said.

    Parameters
    ----------
    labels : (N,) array_like of whole numbers
        0 to classes - 1.
    classes : int

    Returns
    -------
    rows : (N, classes) float32 array.

    Raises
    ------
    ValueError
        When a label is below 0 or not below classes, or labels is not (N,).
    TypeError
        When the labels are no whole numbers.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels, classes = _as_labels(labels), as_count(classes, "classes", least=1)
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise ValueError(f"there is a label {wrong[0]}, but {classes} classes run from 0 to {classes - 1}. Count from 0.")
    rows = np.zeros((len(labels), classes), np.float32)  # (N, classes)
    rows[np.arange(len(labels)), labels] = 1
    return rows


def accuracy(probabilities, labels):
    """Say what part of the images got their own class as the most probable one.

    The network's choice is the column with the largest number; how sure it was does not count here.

    Parameters
    ----------
    probabilities : (N, classes) array_like
        Or any scores: only their order within a row counts.
    labels : (N,) or (N, 1) array_like of whole numbers

    Returns
    -------
    part : float, 0 to 1. Of columns that are equally large the first counts.

    Raises
    ------
    ValueError
        When there are not as many labels as rows.
    TypeError
        When the labels are no whole numbers.

    Examples
    --------
    The second row says class 0, and it is 1:

    >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
    0.5
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]  # (n, 1) against (n,) would compare each with each
    labels = _as_labels(labels)
    if probabilities.ndim != 2 or len(probabilities) != len(labels) or not len(labels):
        raise ValueError(
            f"probabilities of shape {probabilities.shape} and {len(labels)} labels: there must be a row for each label.")
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def shift_images(images, down, right):
    """Move what is on the pictures, and let zeros move in where nothing was.

    The pictures keep their size, so what moves over the edge is gone. It does not come in on the other side.

    Parameters
    ----------
    images : (N, H, W) or (N, H, W, C) array
    down, right : int
        How far, px; negative is up and left.

    Returns
    -------
    shifted : array of the same shape and type; the images themselves are not changed.

    Raises
    ------
    ValueError
        When the images are neither (N, H, W) nor (N, H, W, C).
    TypeError
        When down or right is no whole number.

    Examples
    --------
    >>> shift_images(np.array([[[1, 2, 3], [4, 5, 6]]]), 1, -1)
    array([[[0, 0, 0],
            [2, 3, 0]]])
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(f"the images have shape {images.shape}: they need to be (N, H, W) or (N, H, W, C).")
    height, width = images.shape[1:3]
    rows, from_rows = _overlap(as_count(down, "down", least=-(10**9)), height)
    columns, from_columns = _overlap(as_count(right, "right", least=-(10**9)), width)
    shifted = np.zeros_like(images)
    shifted[:, rows, columns] = images[:, from_rows, from_columns]
    return shifted


def permute_pixels(images, seed):
    """Shuffle the pixels of all pictures, every picture in the same way.

    Nothing is lost: who knows the order can put each pixel back. But what lay side by side does so no more.

    Parameters
    ----------
    images : (N, H, W) or (N, H, W, C) array
    seed : int
        Of the order: `order = np.random.default_rng(seed).permutation(H * W)`. Counted in row order, pixel i of the result is
        pixel order[i] of the picture; its channels stay together.

    Returns
    -------
    permuted : array of the same shape and type; the images themselves are not changed.

    Raises
    ------
    ValueError
        When the images are neither (N, H, W) nor (N, H, W, C).

    Examples
    --------
    Two pictures of four pixels; the order is 2, 0, 1, 3:

    >>> permute_pixels(np.array([[[10, 11], [12, 13]], [[20, 21], [22, 23]]]), seed=0).reshape(2, 4)
    array([[12, 10, 11, 13],
           [22, 20, 21, 23]])
    """
    images = np.asarray(images)
    if images.ndim not in (3, 4):
        raise ValueError(f"the images have shape {images.shape}: they need to be (N, H, W) or (N, H, W, C).")
    pixels = images.reshape(len(images), images.shape[1] * images.shape[2], -1)  # (N, H W, C)
    order = np.random.default_rng(seed).permutation(pixels.shape[1])  # (H W,)
    return pixels[:, order].reshape(images.shape)


def _overlap(shift, size):
    """Where along an axis the shifted picture lies, and which part of the picture that is, as slices."""
    shift = max(-size, min(size, shift))
    return slice(max(shift, 0), size + min(shift, 0)), slice(max(-shift, 0), size - max(shift, 0))


def _as_labels(labels):
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"the labels have shape {labels.shape}: they need to be (N,), a whole number for each image.")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"the labels are {labels.dtype}: they need to be whole numbers. Use .astype(int).")
    return labels
