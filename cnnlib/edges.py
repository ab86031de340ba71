"""From a photograph to its edges: after this room you know why an edge needs two kernels and a square root.

Images are (H, W) or (H, W, 3), channels last. x runs to the right, y downwards, and a gradient is positive
where brightness rises that way.
"""

import numpy as np

from cnnlib._arrays import as_floats
from cnnlib.correlation import correlate2d
from cnnlib.kernels import KERNELS


def to_gray(rgb):
    """Turn a colour image gray, weighing the colours as the eye does.

    Green looks brighter to us than the same amount of red, and blue looks darkest. A plain mean would make a
    blue sky as bright as a lawn.

    Parameters
    ----------
    rgb : (H, W, 3) array_like
        Red, green, blue, in any unit.

    Returns
    -------
    gray : (H, W) float64 array, in the unit of the input: 0.299 red + 0.587 green + 0.114 blue.

    Raises
    ------
    ValueError
        When the image has not exactly the axes (H, W, 3), or is empty.
    TypeError
        When it does not hold real numbers.

    Examples
    --------
    A red, a green and a white pixel:

    >>> to_gray([[[100, 0, 0], [0, 100, 0], [100, 100, 100]]])
    array([[ 29.9,  58.7, 100. ]])

    Source: Recommendation ITU-R BT.601, luma.
    """
    rgb = as_floats(rgb, "rgb", ("H", "W", "3"), "An (H, W) image is gray already.")
    if rgb.shape[2] != 3:
        raise ValueError(
            f"rgb has {rgb.shape[2]} channels: it needs exactly 3, red, green and blue. "
            f"Use rgb[:, :, :3] to drop a fourth channel, transparency."
        )
    return rgb @ np.array([0.299, 0.587, 0.114])  # (H, W, 3) @ (3,) -> (H, W)


def gradients(image):
    """Measure, at each pixel, how much brightness rises to the right and how much downwards.

    Both come from the Sobel kernels: a difference across the edge, smoothed along it. Together they are an
    arrow that points to where the image grows brighter.

    Parameters
    ----------
    image : (H, W) array_like
        Brightness, in any unit; at least 3 x 3 px.

    Returns
    -------
    gx, gy : two (H - 2, W - 2) float64 arrays. A ramp that rises by 1 per pixel gives 8.

    Raises
    ------
    ValueError, TypeError
        As correlate2d.

    Examples
    --------
    Rising by 1 per step to the right, by 2 per step downwards:

    >>> gx, gy = gradients([[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7]])
    >>> gx, gy
    (array([[8., 8.]]), array([[16., 16.]]))

    Source: I. Sobel and G. Feldman, A 3x3 isotropic gradient operator for image processing, 1968.
    """
    return correlate2d(image, KERNELS["sobel x"]), correlate2d(image, KERNELS["sobel y"])


def gradient_magnitude(image):
    """Measure how strong the edge is at each pixel, whichever way it runs.

    It is the length of the gradient arrow, by Pythagoras. A turned edge changes gx and gy but hardly this.

    Parameters
    ----------
    image : (H, W) array_like
        Brightness, in any unit; at least 3 x 3 px.

    Returns
    -------
    magnitude : (H - 2, W - 2) float64 array, sqrt(gx^2 + gy^2). A ramp that rises by 1 per pixel gives 8.

    Raises
    ------
    ValueError, TypeError
        As correlate2d.

    Examples
    --------
    A single bright corner gives gx = 3 and gy = 3, so sqrt(18):

    >>> gradient_magnitude([[0, 0, 0], [0, 0, 0], [0, 0, 3]]).round(3)
    array([[4.243]])

    Source: I. Sobel and G. Feldman, A 3x3 isotropic gradient operator for image processing, 1968.
    """
    gx, gy = gradients(image)
    return np.sqrt(gx**2 + gy**2)
