"""Photographs to look at, without a download: after this room you have real pixels as a plain uint8 array.

They come with scikit-image and scikit-learn, both already installed with the course. Colour is (H, W, 3),
gray (H, W), brightness 0 to 255.
"""

from pathlib import Path
from types import MappingProxyType

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.edges import to_gray

#: Read-only mapping: name -> one line that says what is to be seen, by whom, and under what terms.
PHOTOS = MappingProxyType(
    {
        "astronaut": "Eileen Collins, astronaut, in colour. NASA Great Images; public domain.",
        "brick": "A brick wall, gray. CC0Textures; CC0.",
        "camera": "A photographer and his camera, gray. Lav Varshney; CC0.",
        "cat": "Chelsea the cat, in colour. Stefan van der Walt; CC0.",
        "china": "A temple in China, in colour. Flickr user danielbuechele; CC BY 2.0.",
        "clock": "A wall clock blurred by motion, gray. Stefan van der Walt; public domain.",
        "coffee": "A cup of coffee on a wooden table, in colour. Rachel Michetti, Pikolo Espresso Bar; CC0.",
        "coins": "Greek coins from Pompeii, gray. Brooklyn Museum; no known copyright restrictions.",
        "flower": "A flower, in colour. Flickr user vultilion; CC BY 2.0.",
        "grass": "Grass from above, gray. DeviantArt user linolafett; CC0.",
        "gravel": "Gravel from above, gray. CC0Textures; CC0.",
        "hubble": "The Hubble eXtreme Deep Field, in colour. NASA, HubbleSite; public domain.",
        "moon": "The surface of the moon, gray, low contrast. From scikit-image, which names no author.",
        "page": "A printed page, unevenly lit, gray. From scikit-image, which names no author.",
        "retina": "A human retina, in colour. Mikael Häggström; CC0.",
        "rocket": "A Falcon 9 takes off, in colour. SpaceX; public domain.",
        "text": "Words in perspective, gray. Wikipedia's Corner.png; no known copyright restrictions.",
    }
)

_SKIMAGE_NAMES = {"cat": "chelsea", "hubble": "hubble_deep_field"}  # where theirs is another name than ours
_SKLEARN_FILES = {"china": "china.jpg", "flower": "flower.jpg"}


def photo(name, *, gray=False, width=None):
    """Load one of the photographs of PHOTOS.

    A photograph is nothing but a table of numbers, one per pixel and colour. Smaller ones are quicker to
    filter and show the same things.

    Parameters
    ----------
    name : str
        A key of PHOTOS.
    gray : bool
        True turns a colour photograph gray with to_gray; a gray one stays as it is.
    width : int, optional
        Width in pixels to shrink it to, keeping its proportions; smoothed first, so that no false pattern
        appears.

    Returns
    -------
    image : (H, W, 3) or (H, W) uint8 array of your own, brightness 0 to 255.

    Raises
    ------
    ValueError
        When no photograph has the name, or it is narrower than `width`.
    TypeError
        When width is no whole number.

    Examples
    --------
    >>> photo("cat").shape
    (300, 451, 3)
    >>> photo("cat", gray=True, width=128).shape
    (85, 128)

    Source: scikit-image's and scikit-learn's sample images; the credit of each is in PHOTOS.
    """
    if name not in PHOTOS:
        raise ValueError(f"there is no photograph {name!r}. Use one of: {', '.join(PHOTOS)}.")
    image = _load(name)
    if gray and image.ndim == 3:
        image = to_gray(image)
    if width is not None:
        image = _shrink(image, as_count(width, "width", least=1), name)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)  # rounded once, at the end


def read_photograph(path):
    """Read an image file as (H, W, 3) uint8, turned upright as the camera says; ValueError when it is no image.

    Transparent parts become white, gray becomes three equal colours, of a moving picture the first frame is taken.
    """
    import warnings

    from PIL import Image, ImageOps

    path = Path(path)
    if not path.exists():
        raise ValueError(f"there is no file {path.name}. Check the spelling, and the folder.")
    if path.is_dir():
        raise ValueError(f"{path.name} is a folder: name an image file in it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of pictures so large that they fill the memory
            with Image.open(path) as file:
                picture = ImageOps.exif_transpose(file).convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return np.array(Image.alpha_composite(white, picture).convert("RGB"))
    except Exception as fault:  # a damaged file makes Pillow raise nearly anything
        raise ValueError(
            f"{path.name} cannot be read as an image ({type(fault).__name__}). Is it complete, and is it an image at all?"
        ) from fault


def _load(name):
    """Return the photograph as its package keeps it, (H, W) or (H, W, 3) uint8."""
    if name in _SKLEARN_FILES:
        from sklearn.datasets import load_sample_image

        return load_sample_image(_SKLEARN_FILES[name])
    import skimage.data

    return getattr(skimage.data, _SKIMAGE_NAMES.get(name, name))()


def _shrink(image, width, name):
    """Return the image at the given width, its proportions kept, as floats 0 to 255."""
    height_now, width_now = image.shape[:2]
    if width > width_now:
        raise ValueError(
            f"the photograph {name!r} is {width_now} px wide: it cannot be made {width} px wide. "
            f"Use width={width_now} or less."
        )
    from skimage.transform import resize

    height = max(1, round(height_now * width / width_now))
    return resize(image, (height, width), anti_aliasing=True, preserve_range=True)
