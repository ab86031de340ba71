"""Pictures to paint: after this room you have three with a style of their own, drawn by code, and photographs cut to size.

A picture is (size, size, 3) float32 RGB in [0, 1]. The same name, size and seed give the same picture.
"""

from types import MappingProxyType

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.images import photo

#: Read-only mapping: name -> one line that says what is to be seen.
PATTERNS = MappingProxyType(
    {
        "strokes": "A night sky of short brush strokes in blue and yellow that circle around three lights.",
        "mosaic": "A mosaic of angular stones in warm colors, with dark joints between them.",
        "waves": "Overlapping fans of concentric arcs in ink blue and white, as on Japanese cloth.",
    }
)
FINE = 3  # drawn that much larger, then shrunk, so that edges are smooth


def pattern(name, size=192, *, seed=0):
    """Draw one of the pictures of PATTERNS.

    Parameters
    ----------
    name : str
        A key of PATTERNS.
    size : int
        Height and width, px, 16 or more; strokes, stones and fans grow with it.
    seed : int

    Returns
    -------
    picture : (size, size, 3) float32 array in [0, 1]

    Raises
    ------
    ValueError
        When no picture has the name, or the size is below 16.

    Examples
    --------
    >>> pattern("waves", 64).shape
    (64, 64, 3)
    """
    if name not in PATTERNS:
        raise ValueError(f"there is no picture {name!r}. Use one of: {', '.join(PATTERNS)}.")
    size = as_count(size, "size", least=16)
    draw = {"strokes": _strokes, "mosaic": _mosaic, "waves": _waves}[name]
    large = draw(size * FINE, np.random.default_rng(seed))  # (FINE size, FINE size, 3)
    picture = large.reshape(size, FINE, size, FINE, 3).mean(axis=(1, 3))
    return np.clip(picture, 0, 1).astype(np.float32)


def square_photo(name, size=192):
    """Cut a square from the middle of a photograph and shrink it, ready to be painted.

    Parameters
    ----------
    name : str
        A color photograph of cnnlib.images.PHOTOS.
    size : int
        Height and width, px.

    Returns
    -------
    photo : (size, size, 3) float32 array in [0, 1]

    Raises
    ------
    ValueError
        When there is no such photograph, it is gray, or it is smaller than `size`.

    Examples
    --------
    >>> square_photo("cat", 32).shape
    (32, 32, 3)
    """
    from skimage.transform import resize

    image = photo(name)
    if image.ndim != 3:
        raise ValueError(f"the photograph {name!r} is gray: it needs to be in color. Use cat or china.")
    side, size = min(image.shape[:2]), as_count(size, "size", least=1)
    if size > side:
        raise ValueError(f"the photograph {name!r} has a square of {side} px: it cannot be made {size} px. Use {side} or less.")
    top, left = ((length - side) // 2 for length in image.shape[:2])
    square = image[top:top + side, left + (name == "cat") * 24:][:, :side]  # the cat's face is not in the middle
    return np.clip(resize(square / 255.0, (size, size), anti_aliasing=True), 0, 1).astype(np.float32)


def _strokes(size, rng):
    """Short thick lines along a flow that circles around three lights; later strokes lie on earlier ones."""
    from PIL import Image, ImageDraw

    lights = np.array([[0.25, 0.3], [0.72, 0.22], [0.6, 0.72]])  # (across, down), as a part of the size
    sky = np.array([[16, 34, 92], [32, 74, 150], [66, 130, 190], [140, 186, 214]], float)
    gold = np.array([[250, 214, 90], [240, 180, 50], [255, 240, 180]], float)
    image = Image.new("RGB", (size, size), (20, 42, 104))
    canvas = ImageDraw.Draw(image)
    for at in rng.random((2600, 2)) * 1.1 - 0.05:
        away = at - lights  # (3, 2)
        distance = np.hypot(*away.T) + 0.02
        turning = np.stack([-away[:, 1], away[:, 0]], axis=1) / distance[:, None] ** 2  # around each light, less far away
        flow = turning.sum(axis=0) + [1.6, 0.5]
        along = 0.024 * flow / np.hypot(*flow)
        near = distance.min() < 0.05 + 0.05 * rng.random()
        color = (gold if near else sky)[rng.integers(3 if near else 4)] + rng.normal(0, 9, 3)
        ends = [tuple(size * (at + sign * along)) for sign in (-1, 1)]
        canvas.line(ends, fill=tuple(int(c) for c in np.clip(color, 0, 255)), width=max(2, round(0.014 * size)))
    return np.asarray(image) / 255.0


def _mosaic(size, rng):
    """Each pixel takes the color of the nearest of some points; where two are nearly as near, there is a joint."""
    from scipy.spatial import cKDTree

    count = 15  # stones along a side
    grid = np.stack(np.meshgrid(np.arange(-1, count + 1), np.arange(-1, count + 1)), axis=-1).reshape(-1, 2)
    points = (grid + 0.5 + rng.uniform(-0.38, 0.38, grid.shape)) / count
    palette = np.array([[0.80, 0.29, 0.14], [0.93, 0.66, 0.25], [0.96, 0.87, 0.66], [0.45, 0.13, 0.13], [0.18, 0.42, 0.42]])
    chosen = rng.choice(len(palette), len(points), p=[0.28, 0.26, 0.22, 0.12, 0.12])
    colors = palette[chosen] + rng.normal(0, 0.035, (len(points), 3))
    places = (np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1) + 0.5) / size  # (H, W, 2): across, down
    near, which = cKDTree(points).query(places, k=2)
    joint = near[..., 1] - near[..., 0] < 0.085 / count * 1.6
    return np.where(joint[..., None], [0.13, 0.10, 0.10], colors[which[..., 0]])


def _waves(size, rng):
    """Rows of fans, each row half a fan to the side and on top of the row above it."""
    del rng
    fans = 4  # along a side
    across, down = np.meshgrid(*[(np.arange(size) + 0.5) / size * fans] * 2)  # (H, W), in fans
    picture = np.ones((size, size, 3))
    for row in range(2 * fans + 3):  # centers lie half a fan's radius apart
        center = across - np.round(across - row % 2 / 2) - row % 2 / 2
        radius = np.hypot(center, down - row / 2 + 0.25) / 0.5
        ink = np.where((radius * 3.5) % 1 < 0.45, 1.0, 0.0)[..., None]
        arcs = ink * [0.10, 0.22, 0.45] + (1 - ink) * [0.93, 0.95, 0.92]
        picture = np.where((radius < 1)[..., None], arcs, picture)
    return picture
