"""The numerics of the course: small functions on NumPy arrays, each short enough to read in a lesson.

Images are arrays (H, W) in gray or (H, W, C) in colour, channels last; a kernel is (kh, kw) or (kh, kw, C).
Importing this package loads NumPy alone. It also sets the environment in which TensorFlow stays quiet and
gives the same numbers twice, which works only before TensorFlow is imported: so import cnnlib first. A value
that you set yourself is kept.
"""

from cnnlib import _quiet

_quiet.settle()  # before any import below could bring TensorFlow in

from cnnlib.architectures import ALEXNET, LENET5, VGG16  # noqa: E402
from cnnlib.correlation import convolve2d, correlate2d, correlate_rgb  # noqa: E402
from cnnlib.edges import gradient_magnitude, gradients, to_gray  # noqa: E402
from cnnlib.kernels import KERNELS, gaussian_kernel, steerable_kernel  # noqa: E402
from cnnlib.layers import (  # noqa: E402
    average_pool_backward,
    average_pool_forward,
    conv1d_backward,
    conv1d_forward,
    conv2d_backward,
    conv2d_backward_loops,
    conv2d_forward,
    conv2d_forward_loops,
    dense_backward,
    dense_forward,
    max_pool_backward,
    max_pool_forward,
    numeric_gradient,
    relu_backward,
    relu_forward,
    softmax_cross_entropy,
)
from cnnlib.learning import kernel_descent, learn_kernel  # noqa: E402
from cnnlib.network import train_cnn  # noqa: E402
from cnnlib.shapes import (  # noqa: E402
    conv_output_size,
    conv_params,
    dense_params,
    keras_output_size,
    receptive_field,
    same_padding,
    shape_table,
    trace_shapes,
)

__all__ = [
    "ALEXNET",
    "KERNELS",
    "LENET5",
    "VGG16",
    "average_pool_backward",
    "average_pool_forward",
    "conv1d_backward",
    "conv1d_forward",
    "conv2d_backward",
    "conv2d_backward_loops",
    "conv2d_forward",
    "conv2d_forward_loops",
    "conv_output_size",
    "conv_params",
    "convolve2d",
    "correlate2d",
    "correlate_rgb",
    "dense_backward",
    "dense_forward",
    "dense_params",
    "gaussian_kernel",
    "gradient_magnitude",
    "gradients",
    "keras_output_size",
    "kernel_descent",
    "learn_kernel",
    "max_pool_backward",
    "max_pool_forward",
    "numeric_gradient",
    "receptive_field",
    "relu_backward",
    "relu_forward",
    "same_padding",
    "shape_table",
    "softmax_cross_entropy",
    "steerable_kernel",
    "to_gray",
    "trace_shapes",
    "train_cnn",
]
