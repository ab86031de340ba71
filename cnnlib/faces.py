"""Finding faces without a network: after this room you can say where in a photograph somebody looks at you.

A *cascade of classifiers* slides a window over the image in many sizes and asks it a few cheap questions about bright and
dark. Most windows fail the first and are dropped; only what passes all stages is a face. Photographs are (H, W, 3) or
(H, W) uint8. The trained cascade comes with scikit-image.
"""

import functools
from typing import NamedTuple

import numpy as np

LARGEST = 400  # px: larger photographs are made smaller first, for speed


class Box(NamedTuple):
    """A rectangle in an image, in pixels: its upper left corner, and its size."""

    row: int
    column: int
    height: int
    width: int


def find_faces(image):
    """Say where the faces in a photograph are.

    The cascade was trained on faces seen from the front. It misses profiles and covered faces, and now and then takes a
    pattern for a face.

    Parameters
    ----------
    image : (H, W, 3) or (H, W) uint8 array

    Returns
    -------
    boxes : list of Box (row, column, height, width), the largest first

    Raises
    ------
    ValueError
        When it is no such array.

    Examples
    --------
    >>> from cnnlib.images import photo
    >>> len(find_faces(photo("astronaut")))
    1
    >>> find_faces(photo("coffee"))
    []

    Source: P. Viola and M. Jones, Rapid object detection using a boosted cascade of simple features, 2001; this one asks
    about local binary patterns: S. Liao and others, 2007.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or 0 in image.shape or image.shape[2:] not in ((), (3,)):
        raise ValueError(f"image is {image.dtype} of shape {image.shape}: it needs to be uint8 of shape (H, W, 3) or (H, W).")
    from skimage.transform import resize

    shrink = max(1.0, max(image.shape[:2]) / LARGEST)
    height, width = (max(1, round(length / shrink)) for length in image.shape[:2])
    small = resize(image, (height, width), anti_aliasing=shrink > 1, preserve_range=True)
    small = np.clip(np.rint(small), 0, 255).astype(np.uint8)
    smallest = max(24, min(height, width) // 8)  # 24 px is the window that the cascade was trained on
    if min(height, width) < smallest:
        return []
    found = _cascade().detect_multi_scale(
        np.ascontiguousarray(small), scale_factor=1.2, step_ratio=1, min_size=(smallest, smallest), max_size=(height, width)
    )
    boxes = [Box(*(round(face[key] * shrink) for key in ("r", "c", "height", "width"))) for face in found]
    return sorted(boxes, key=lambda box: (-box.height * box.width, box))


def has_face(image):
    """Is there a face in the photograph? See find_faces.

    Examples
    --------
    >>> from cnnlib.images import photo
    >>> has_face(photo("astronaut")), has_face(photo("rocket"))
    (True, False)
    """
    return len(find_faces(image)) > 0


@functools.cache
def _cascade():
    """Return scikit-image's cascade, read from its file once."""
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())
