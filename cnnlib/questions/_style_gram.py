"""The checks of the Gram matrix, and what its mistakes make of features (H, W, C); those of the costs use them, too."""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.questions._style_asking import arrays, lost, on_tensors, plain
from cnnlib.style import gram_matrix

gram = plain(gram_matrix)


def pixels(features):
    return features.reshape(-1, features.shape[-1])  # (H W, C)


def gram_of_pixels(features):
    return pixels(features) @ pixels(features).T


def scrambled(features):
    """reshape(C, H W) where a transpose was needed: each row holds bits of all channels."""
    rows = features.reshape(features.shape[-1], -1)
    return rows @ rows.T


def _of_axis(features, axis):
    """As if another axis held the channels."""
    return gram(np.moveaxis(features, axis, -1))


GRAM_MATRIX = Question(
    gram_matrix,
    call=on_tensors(0),
    cases=[
        case("two pixels and two channels by hand", np.array([[[1.0, 0.0], [2.0, 1.0]]])),
        case("2 x 3 pixels, 4 channels", arrays(2, 3, 4)),
        case("5 x 2 pixels, 3 channels", arrays(5, 2, 3)),
        case("as many pixels as channels", arrays(2, 2, 4, start=-2)),
        case("fewer pixels than channels", arrays(2, 1, 5)),
        case("a single channel", arrays(3, 2, 1)),
    ],
    mistakes=[
        mistake("pixels for channels", gram_of_pixels,
                hint="Your matrix has a row for each pixel: it compares places. The Gram matrix compares channels, and has a "
                     "row for each of them.",
                fix="With one row for each pixel, F of (H W, C), it is F transposed times F: "
                    "`tf.matmul(F, F, transpose_a=True)`."),
        mistake("reshaped without a transpose", scrambled,
                lambda features: scrambled(features) / pixels(features).shape[0],
                hint="The shape is right and the numbers are not: reshaping to (C, H W) cuts the array into C pieces, and each "
                     "piece holds some of every channel. The channels come last.",
                fix="Reshape to (H W, C), which keeps each pixel's channels together, and transpose in the product. Or move "
                    "the channels to the front first: `tf.transpose(features, [2, 0, 1])`."),
        mistake("another axis taken for the channels", lambda features: _of_axis(features, 0),
                lambda features: _of_axis(features, 1),
                hint="Your matrix has a row for each row (or column) of the image. The channels are the last axis.",
                fix="`features.shape[-1]` is the number of channels: reshape to (-1, that)."),
        mistake("mean for sum", lambda features: gram(features) / (features.shape[0] * features.shape[1]),
                lambda features: gram(features) / features.size,
                lambda features: gram(features) / (2 * features.size),
                lambda features: gram(features) / features.shape[-1],
                hint="The products are divided by a number of pixels or channels. Here the Gram matrix is the plain sum; what "
                     "it is divided by comes later, in the cost.",
                fix="Leave the division out."),
        mistake("rows kept apart", lambda features: np.einsum("hwc,hwd->hcd", features, features),
                lambda features: np.einsum("hwc,hwd->wcd", features, features),
                lambda features: np.einsum("hwc,hwd->hwcd", features, features),
                hint="There is a matrix for each row (or pixel) of the image: they are not added up.",
                fix="Reshape to (H W, C) before you multiply, or write `tf.einsum(\"hwc,hwd->cd\", features, features)`."),
        mistake("diagonal alone", lambda features: np.sum(features**2, axis=(0, 1)), lambda features: np.diag(np.diag(gram(
            features))), lambda features: np.sum(features**2),
                hint="Only the squares of the channels are there. The Gram matrix also says which channels go together.",
                fix="Each channel with each: a matrix product, not `features ** 2`."),
        mistake("mean taken off", lambda features: gram(features - features.mean(axis=(0, 1))),
                hint="Your matrix is that of the channels' deviations from their means, a covariance. The Gram matrix takes "
                     "the activations as they are.",
                fix="Multiply `features` itself."),
        mistake("channels brought to length 1", lambda features: gram(
            features / np.sqrt(np.sum(features**2, axis=(0, 1), keepdims=True))),
                hint="Each channel was divided by its length, so the diagonal is all ones. How active a channel is belongs to "
                     "the style.",
                fix="Multiply `features` itself."),
        lost(gram_matrix),
    ])
