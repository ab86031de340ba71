"""The numerics of the course: small functions on NumPy arrays, each short enough to read in a lesson.

Images are arrays (H, W) in gray or (H, W, C) in colour, channels last; a kernel is (kh, kw) or (kh, kw, C).
Importing this package loads NumPy alone. It also sets the environment in which TensorFlow stays quiet and
gives the same numbers twice, which works only before TensorFlow is imported: so import cnnlib first. A value
that you set yourself is kept.
"""

from cnnlib import _quiet

_quiet.settle()  # before any import below could bring TensorFlow in

from cnnlib.correlation import convolve2d, correlate2d, correlate_rgb  # noqa: E402
from cnnlib.edges import gradient_magnitude, gradients, to_gray  # noqa: E402
from cnnlib.kernels import KERNELS, gaussian_kernel, steerable_kernel  # noqa: E402
from cnnlib.learning import kernel_descent, learn_kernel  # noqa: E402

__all__ = [
    "KERNELS",
    "convolve2d",
    "correlate2d",
    "correlate_rgb",
    "gaussian_kernel",
    "gradient_magnitude",
    "gradients",
    "kernel_descent",
    "learn_kernel",
    "steerable_kernel",
    "to_gray",
]
