"""The numerics of the course: small functions on NumPy arrays, each short enough to read in a lesson.

Images are arrays (H, W) in gray or (H, W, C) in colour, channels last; a kernel is (kh, kw) or (kh, kw, C).
Importing this package loads NumPy alone. It also sets the environment in which TensorFlow stays quiet and
gives the same numbers twice, which works only before TensorFlow is imported: so import cnnlib first. A value
that you set yourself is kept.
"""

from cnnlib import _quiet

_quiet.settle()  # before any import below could bring TensorFlow in

from cnnlib.architectures import ALEXNET, LENET5, VGG16  # noqa: E402
from cnnlib.classification import accuracy, one_hot, permute_pixels, prepare_images, shift_images  # noqa: E402
from cnnlib.classifiers import build_cnn, build_lenet, build_mlp, train_classifier  # noqa: E402
from cnnlib.correlation import convolve2d, correlate2d, correlate_rgb  # noqa: E402
from cnnlib.dog_or_face import identify, is_dog  # noqa: E402
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
from cnnlib.plain_tensorflow import params_of, tf_forward, tf_train_step  # noqa: E402
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
from cnnlib.style import (  # noqa: E402
    content_cost,
    gram_matrix,
    layer_style_cost,
    style_cost,
    total_cost,
    total_variation,
    train_step,
)
from cnnlib.transfer import attach_head, choose_strategy, extract_features, fine_tune  # noqa: E402

__all__ = [
    "ALEXNET",
    "KERNELS",
    "LENET5",
    "VGG16",
    "accuracy",
    "attach_head",
    "average_pool_backward",
    "average_pool_forward",
    "build_cnn",
    "build_lenet",
    "build_mlp",
    "choose_strategy",
    "content_cost",
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
    "extract_features",
    "fine_tune",
    "gaussian_kernel",
    "gradient_magnitude",
    "gradients",
    "gram_matrix",
    "identify",
    "is_dog",
    "keras_output_size",
    "kernel_descent",
    "layer_style_cost",
    "learn_kernel",
    "max_pool_backward",
    "max_pool_forward",
    "numeric_gradient",
    "one_hot",
    "params_of",
    "permute_pixels",
    "prepare_images",
    "receptive_field",
    "relu_backward",
    "relu_forward",
    "same_padding",
    "shape_table",
    "shift_images",
    "softmax_cross_entropy",
    "steerable_kernel",
    "style_cost",
    "tf_forward",
    "tf_train_step",
    "to_gray",
    "total_cost",
    "total_variation",
    "trace_shapes",
    "train_classifier",
    "train_cnn",
    "train_step",
]
