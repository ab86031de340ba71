"""The kernels everybody meets first: after this room you can say what a kernel answers to.

Kernels are float64 arrays (kh, kw), meant for correlation, not convolution. The sign is the same everywhere:
an edge answers with a positive number where brightness rises to the right, or downwards.
"""

from types import MappingProxyType

import numpy as np

from cnnlib._arrays import as_count


def _read_only(rows, scale=1.0):
    """Return the rows as a float64 array that nobody can change by mistake."""
    kernel = np.array(rows, dtype=np.float64) * scale
    kernel.setflags(write=False)
    return kernel


_VERTICAL = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]
_SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]

#: Read-only mapping: name -> (kh, kw) float64 array. Weights of edge kernels add up to 0, of the others to 1.
KERNELS = MappingProxyType(
    {
        "identity": _read_only([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "vertical edges": _read_only(_VERTICAL),
        "horizontal edges": _read_only(np.transpose(_VERTICAL)),
        "sobel x": _read_only(_SOBEL),
        "sobel y": _read_only(np.transpose(_SOBEL)),
        "edges, 4 neighbours": _read_only([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "edges, 8 neighbours": _read_only([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
        "corners": _read_only([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
        "sharpen": _read_only([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "box blur": _read_only(np.ones((3, 3)), 1 / 9),
        "gaussian blur": _read_only([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 1 / 16),
    }
)


def gaussian_kernel(size, sigma):
    """Make a square blur kernel whose weights fall off like a bell.

    A pixel counts the more the nearer it is, so a blurred edge stays smooth, where a box blur leaves steps
    and streaks. It is a column times a row, so two thin kernels blur as well as one square one, and faster.

    Parameters
    ----------
    size : int
        Side in pixels, at least 1; about 6 sigma loses nothing that matters.
    sigma : float
        Standard deviation of the bell in pixels, above 0.

    Returns
    -------
    kernel : (size, size) float64 array, weights that add up to 1.

    Raises
    ------
    TypeError
        When size is no whole number.
    ValueError
        When size is below 1, or sigma not a number above 0.

    Examples
    --------
    With sigma = sqrt(1 / (2 ln 2)) the bell falls to one half at 1 px, and the kernel is "gaussian blur":

    >>> (16 * gaussian_kernel(3, 0.849322)).round(3)
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])

    Source: R. C. Gonzalez and R. E. Woods, Digital Image Processing, section on smoothing filters.
    """
    size = as_count(size, "size", least=1)
    sigma = _as_sigma(sigma)
    distance = np.arange(size) - (size - 1) / 2  # (size,) px from the middle
    bell = np.exp(-(distance**2) / (2 * sigma**2))  # (size,)
    kernel = np.outer(bell, bell)  # (size, size)
    return kernel / kernel.sum()


def steerable_kernel(angle, *, sigma=None):
    """Make an edge kernel that answers most to brightness rising in one direction.

    A slope is a vector: its part along any direction is a mixture of its parts to the right and downwards. So
    two kernels, mixed with cosine and sine, make the kernel of every angle.

    Parameters
    ----------
    angle : float
        Direction of rising brightness in degrees: 0 to the right, 90 downwards.
    sigma : float, optional
        Without it the kernel is made of "sobel x" and "sobel y". With it, of the derivatives of a Gaussian of
        that standard deviation in pixels: the larger, the less noise and the fewer details.

    Returns
    -------
    kernel : (3, 3) float64 array; with sigma (s, s), s = 2 ceil(3 sigma) + 1. A ramp that rises by 1 per
        pixel in the kernel's direction gives 8 with Sobel, and 1 with a Gaussian.

    Raises
    ------
    ValueError
        When angle is not finite, or sigma not a number above 0.

    Examples
    --------
    >>> steerable_kernel(90)
    array([[-1., -2., -1.],
           [ 0.,  0.,  0.],
           [ 1.,  2.,  1.]])

    Source: W. T. Freeman and E. H. Adelson, The design and use of steerable filters, 1991, section II.
    """
    if not np.isfinite(angle):
        raise ValueError(f"angle is {angle}: it needs a finite number of degrees. Use 90 for downwards.")
    # rounded: cos(90 degrees) in floats is 6e-17, and a kernel should show the 0 that is meant
    cosine, sine = np.round([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))], 15)
    if sigma is None:
        along_x = KERNELS["sobel x"]
    else:
        sigma = _as_sigma(sigma)
        size = 2 * int(np.ceil(3 * sigma)) + 1
        x = np.arange(size) - size // 2  # (size,) px from the middle
        along_x = x * gaussian_kernel(size, sigma)  # (size, size) the Gaussian's slope, up to a factor
        along_x = along_x / (x * along_x).sum()  # a ramp of 1 per px now answers 1
    return cosine * along_x + sine * along_x.T


def _as_sigma(sigma):
    """Return sigma as a float, or say why a Gaussian cannot have it."""
    if not (np.isfinite(sigma) and sigma > 0):
        raise ValueError(f"sigma is {sigma}: it needs to be a finite number of px above 0. Use 1, say.")
    return float(sigma)
