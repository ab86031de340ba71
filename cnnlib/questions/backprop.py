"""The checks of unit 03: convolution in one and two dimensions, pooling, and the numeric gradient; forward and backward.

Each question is in a module of its own kind; what mistakes do to the patches of a backward pass is in `_patches`.
"""

from cnnlib.questions._backprop_conv1d import CONV1D_BACKWARD, CONV1D_FORWARD
from cnnlib.questions._backprop_conv2d import CONV2D_FORWARD
from cnnlib.questions._backprop_conv2d_backward import CONV2D_BACKWARD
from cnnlib.questions._backprop_numeric import NUMERIC_GRADIENT
from cnnlib.questions._backprop_pooling import MAX_POOL_FORWARD
from cnnlib.questions._backprop_pooling_backward import AVERAGE_POOL_BACKWARD, MAX_POOL_BACKWARD

QUESTIONS = [CONV1D_FORWARD, CONV1D_BACKWARD, CONV2D_FORWARD, CONV2D_BACKWARD, MAX_POOL_FORWARD, MAX_POOL_BACKWARD,
             AVERAGE_POOL_BACKWARD, NUMERIC_GRADIENT]
