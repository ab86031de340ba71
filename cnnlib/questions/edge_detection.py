"""The checks of unit 01: correlation, convolution, gray, the gradient's magnitude, colour, and a learned kernel.

The cases are small enough to redo by hand, and unlike in the ways that mistakes hide behind: heights differ from widths,
kernels are not square, not symmetric and not always odd, responses are negative and above 255, pixels are bytes.
"""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.correlation import convolve2d, correlate2d, correlate_rgb
from cnnlib.edges import gradient_magnitude, gradients, to_gray
from cnnlib.kernels import KERNELS
from cnnlib.learning import _descend, learn_kernel
from cnnlib.questions._common import frame_kept, integer_output, larger_kernel_accepted

COUNTING = np.arange(1.0, 10.0).reshape(3, 3)  # 1 to 9
TERRACE = np.array([[9, 2, 7, 1, 4, 0], [3, 8, 1, 6, 2, 5], [0, 4, 9, 2, 7, 3], [6, 1, 5, 8, 0, 90.0]])  # 4 x 6
WIDE = np.array([[1, -2, 3], [0, 4, -5.0]])  # 2 x 3, its mirror image is another kernel
TALL = np.array([[2, -1], [0, 3], [-4, 1.0]])  # 3 x 2
BYTES = np.array([[200, 100, 50, 20], [255, 130, 7, 90], [60, 0, 240, 110]], dtype=np.uint8)  # 3 x 4


def _kernel_shape(image, kernel):
    return np.shape(kernel)[:2]


# --- correlate2d ------------------------------------------------------------------------------------------------------

def _cropped_as_if_odd(image, kernel):
    result = correlate2d(image, kernel)
    drop = [1 - k % 2 for k in np.shape(kernel)]  # an even size loses one more row or column
    return result[:result.shape[0] - drop[0], :result.shape[1] - drop[1]]


def _fails_if(unfit, error):
    """Correlation that raises `error` for a kernel whose (height, width) is `unfit`."""
    def gives(image, kernel):
        if unfit(*np.shape(kernel)):
            raise error("as the student's code does")
        return correlate2d(image, kernel)
    return gives


def _square_loops(image, kernel):
    result, (height, width) = correlate2d(image, kernel), np.shape(kernel)
    if height > width:
        raise IndexError("as the student's code does")
    return result if height == width else correlate2d(image, kernel[:, :height])


def _square_windows(image, kernel):
    result, (height, width) = correlate2d(image, kernel), np.shape(kernel)
    if height == width:
        return result
    if height > 1:
        raise ValueError("as the student's code does")
    return correlate2d(image, [[np.sum(kernel)]])  # a window of 1 x 1 is broadcast along the row


def _matrix_product(image, kernel):
    if np.shape(kernel)[0] != np.shape(kernel)[1]:
        raise ValueError("as the student's code does")
    return correlate2d(image, np.tile(np.sum(kernel, axis=1), (len(kernel), 1)))  # sum of (window @ kernel)


def _bytes_wrap_in_sum(image, kernel):
    result = correlate2d(image, kernel)
    return result % 256 if image.dtype == kernel.dtype == np.uint8 else result


def _bytes_wrap_in_product(image, kernel):
    if not image.dtype == kernel.dtype == np.uint8:
        return correlate2d(image, kernel)
    entries = [np.where(np.arange(kernel.size).reshape(kernel.shape) == i, kernel, 0) for i in range(kernel.size)]
    return sum(correlate2d(image, entry) % 256 for entry in entries)


CORRELATE2D = Question(
    correlate2d,
    cases=[
        case("one window by hand", COUNTING, KERNELS["sobel x"]),
        case("a kernel of one number", TERRACE[:2, :3], np.array([[-2.0]])),
        case("a kernel wider than tall", TERRACE, WIDE),
        case("a kernel taller than wide", TERRACE, TALL),
        case("bytes that add up to more than 255", BYTES, np.array([[1, 2], [3, 1]], dtype=np.uint8)),
        case("whole numbers and a kernel of fractions", np.arange(12).reshape(3, 4), np.array([[0.5, 0.25]])),
        case("a kernel taller than the image", TERRACE[:2, :4], TALL),
        case("a kernel wider than the image", TERRACE[:, :2], WIDE),
    ],
    mistakes=[
        mistake("kernel flipped", lambda image, kernel: correlate2d(image, kernel[::-1, ::-1]),
                hint="Your kernel lies on the image turned by 180 degrees. That is convolution; correlation takes it as it is.",
                fix="Multiply each window with `kernel` itself; `[::-1, ::-1]` belongs in convolve2d."),
        mistake("last row and column lost",
                lambda image, kernel: correlate2d(image, kernel)[:-1, :-1],
                lambda image, kernel: correlate2d(image, kernel)[:-1],
                lambda image, kernel: correlate2d(image, kernel)[:, :-1],
                hint="The last place where the kernel fits is left out.",
                fix="From H pixels a kernel of kh fits at H - kh + 1 places: count them for H = 3, kh = 3."),
        frame_kept(correlate2d, _kernel_shape),
        mistake("rows and columns swapped",
                lambda image, kernel: correlate2d(image, kernel).T,
                lambda image, kernel: correlate2d(np.transpose(image), kernel),
                hint="Rows and columns are swapped: the output lies on its side.",
                fix="An array is indexed [row, column], that is [y, x]: height first, everywhere."),
        mistake("kernel transposed", lambda image, kernel: correlate2d(image, np.transpose(kernel)),
                hint="The kernel's rows and columns are swapped.",
                fix="Multiply `image[row + a, column + b]` with `kernel[a, b]`."),
        mistake("square kernel assumed", _square_loops, _square_windows,
                hint="Your function takes one size for both sides of the kernel, so only square kernels work.",
                fix="Take both: `kh, kw = kernel.shape`, and use kh for rows and kw for columns."),
        mistake("odd kernel assumed",
                _fails_if(lambda height, width: height % 2 == 0 or width % 2 == 0, ValueError),
                _fails_if(lambda height, width: height % 2 == 0 or width % 2 == 0, IndexError), _cropped_as_if_odd,
                hint="Your function looks for the kernel's middle, and a kernel with an even side has none.",
                fix="Anchor the window at its top left corner: rows `row` to `row + kh`, columns `column` to `column + kw`."),
        mistake("absolute value taken", lambda image, kernel: np.abs(correlate2d(image, kernel)),
                hint="Your output is never negative: the sign, which tells dark-to-bright from bright-to-dark, is lost.",
                fix="Return the sums as they are, without `abs`."),
        mistake("output clipped",
                lambda image, kernel: np.clip(correlate2d(image, kernel), 0, 255),
                lambda image, kernel: np.maximum(correlate2d(image, kernel), 0),
                hint="Your output is clipped, as if it were a picture. A response may be negative, or above 255.",
                fix="Return the sums as they are, without `clip` or `maximum`."),
        mistake("mean for sum", lambda image, kernel: correlate2d(image, kernel) / np.size(kernel),
                hint="Your output is too small by as many times as the kernel has entries: a mean in place of the sum.",
                fix="Add the products up with `np.sum`."),
        mistake("matrix product", _matrix_product,
                hint="`@` and `np.dot` are the matrix product. Here each pixel meets one entry of the kernel.",
                fix="Multiply element by element, `window * kernel`, then sum."),
        integer_output(correlate2d),
        mistake("bytes wrap", _bytes_wrap_in_sum, _bytes_wrap_in_product,
                hint="Bytes were multiplied or added as bytes: a uint8 cannot hold more than 255, so 300 becomes 44.",
                fix="Turn the image into floats before any arithmetic: `image = np.asarray(image, dtype=float)`."),
        larger_kernel_accepted(correlate2d),
    ])


# --- convolve2d -------------------------------------------------------------------------------------------------------

def _full(image, kernel):
    convolve2d(image, kernel)
    return convolve2d(np.pad(image, [(k - 1, k - 1) for k in np.shape(kernel)]), kernel)


CONVOLVE2D = Question(
    convolve2d,
    cases=[
        case("one bright pixel draws the kernel", np.pad([[1.0]], 2), np.arange(1.0, 10.0).reshape(3, 3)),
        case("a kernel wider than tall", TERRACE, WIDE),
        case("a kernel taller than wide", TERRACE, TALL),
        case("a kernel that is the same upside down", TERRACE, KERNELS["sobel x"]),
        case("bytes", BYTES, np.array([[1, 2], [3, 1]], dtype=np.uint8)),
        case("a kernel taller than the image", TERRACE[:2, :4], TALL),
    ],
    mistakes=[
        mistake("kernel not flipped", correlate2d,
                hint="That is correlation: the kernel lies on the image as it is. Convolution turns it by 180 degrees first.",
                fix="Flip the kernel along both axes, then correlate."),
        mistake("one axis flipped",
                lambda image, kernel: correlate2d(image, kernel[::-1]),
                lambda image, kernel: correlate2d(image, kernel[:, ::-1]),
                hint="The kernel is flipped along one axis only.",
                fix="Flip rows and columns: `kernel[::-1, ::-1]`."),
        mistake("kernel transposed",
                lambda image, kernel: correlate2d(image, np.transpose(kernel)),
                lambda image, kernel: correlate2d(image, np.transpose(kernel)[::-1, ::-1]),
                lambda image, kernel: correlate2d(image, np.rot90(kernel)),
                lambda image, kernel: correlate2d(image, np.rot90(kernel, -1)),
                hint="The kernel was transposed, or turned by 90 degrees: its rows became columns.",
                fix="A flip along both axes is a turn by 180 degrees; `.T` and one `np.rot90` are not."),
        mistake("image flipped",
                lambda image, kernel: correlate2d(image[::-1, ::-1], kernel),
                lambda image, kernel: correlate2d(image, kernel)[::-1, ::-1],
                hint="The image, or the output, is flipped in place of the kernel.",
                fix="Leave the image as it is and flip the kernel."),
        frame_kept(convolve2d, _kernel_shape),
        mistake("full convolution", _full,
                hint="The output is larger than the image: places where the kernel hangs over the edge are counted.",
                fix="Only windows that lie wholly inside the image count: (H - kh + 1, W - kw + 1) of them."),
        integer_output(convolve2d),
        larger_kernel_accepted(convolve2d),
    ])


# --- to_gray ----------------------------------------------------------------------------------------------------------

def _over_axis(axis, error):
    """Gray taken over the first or second axis; `error` is raised where that axis does not have what it takes."""
    def gives(rgb):
        turned = np.moveaxis(rgb, axis, -1)
        if turned.shape[-1] < 3 or (error is ValueError and turned.shape[-1] != 3):
            raise error("as the student's code does")
        return to_gray(turned[..., :3])
    return gives


PIXELS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]],
                   [[10, 200, 30], [90, 90, 90], [7, 77, 177], [250, 150, 50]]], dtype=np.uint8)  # (2, 4, 3)

TO_GRAY = Question(
    to_gray,
    cases=[
        case("one pixel by hand", np.array([[[100.0, 150.0, 200.0]]])),
        case("a 2 x 4 image of bytes", PIXELS),
        case("a 4 x 3 image of floats from 0 to 1", np.round(np.linspace(0, 1, 36), 2).reshape(4, 3, 3) ** 2),
        case("a 3 x 5 image", np.arange(45.0).reshape(3, 5, 3) % 7),
    ],
    mistakes=[
        mistake("plain mean", lambda rgb: np.mean(rgb, axis=-1),
                hint="That is the plain mean. The eye takes green for brighter than red, and blue for the darkest.",
                fix="Weigh before you add: 0.299 red + 0.587 green + 0.114 blue."),
        mistake("plain sum", lambda rgb: np.sum(rgb, axis=-1, dtype=float),
                hint="The three channels are added without weights, so white comes out three times too bright.",
                fix="Weigh before you add: 0.299 red + 0.587 green + 0.114 blue."),
        mistake("channels reversed", lambda rgb: to_gray(rgb[..., ::-1]),
                hint="Red and blue are swapped: blue got red's weight.",
                fix="Channel 0 is red (0.299), 1 is green (0.587), 2 is blue (0.114)."),
        mistake("wrong axis", _over_axis(0, IndexError), _over_axis(1, IndexError), _over_axis(1, ValueError),
                _over_axis(0, ValueError),
                hint="The weights run along the rows or the columns of the image, not along its channels.",
                fix="The channels are the last axis: `rgb[..., 0]` is the red plane, of shape (H, W)."),
        mistake("channels not added",
                lambda rgb: np.stack([to_gray(rgb * np.eye(3)[c]) for c in range(3)], axis=-1),
                hint="The channels are weighed but not added: there are still three planes.",
                fix="Sum over the last axis, `axis=-1`."),
        mistake("channel axis kept", lambda rgb: to_gray(rgb)[..., np.newaxis],
                hint="The values are right, but a last axis of length 1 is left. A gray image is (H, W).",
                fix="Sum without `keepdims`."),
        mistake("other weights", lambda rgb: to_gray(rgb * (np.array([0.2126, 0.7152, 0.0722]) / [0.299, 0.587, 0.114])),
                hint="These are the weights of Rec. 709 (0.2126, 0.7152, 0.0722). They are right for other pictures.",
                fix="Here the weights are 0.299, 0.587 and 0.114 (Rec. 601)."),
        mistake("divided by 255", lambda rgb: to_gray(rgb) / 255,
                hint="The result is divided by 255. Gray keeps the scale of its image: white stays as bright as it was.",
                fix="Leave the division out."),
        integer_output(to_gray),
        mistake("rounded", lambda rgb: np.round(to_gray(rgb)),
                hint="The result is rounded to whole numbers.",
                fix="Return the floats as they are."),
    ])


# --- gradient_magnitude -----------------------------------------------------------------------------------------------

def _of_gradients(combine):
    return lambda image: combine(*gradients(image))


def _bytes_wrap_in_gradients(image):
    gx, gy = gradients(image)
    return np.hypot(gx % 256, gy % 256) if image.dtype == np.uint8 else np.hypot(gx, gy)


def _bytes_wrap_to_the_end(image):
    gx, gy = gradients(image)
    squares = gx ** 2 + gy ** 2
    return np.sqrt(np.mod(squares, 256).astype(np.uint8)) if image.dtype == np.uint8 else np.sqrt(squares)


def _prewitt(image):
    return np.hypot(correlate2d(image, KERNELS["vertical edges"]), correlate2d(image, KERNELS["horizontal edges"]))


GRADIENT_MAGNITUDE = Question(
    gradient_magnitude,
    cases=[
        case("a 3 x 3 image by hand", np.array([[0, 0, 3], [0, 0, 3], [4, 4, 7.0]])),
        case("a step from dark to bright", np.array([[10, 10, 90, 90.0]] * 3)),
        case("a 4 x 6 image", TERRACE),
        case("bytes, bright to dark", np.array([[200, 180, 30, 10, 10], [210, 90, 40, 20, 0], [250, 60, 50, 30, 10]],
                                               dtype=np.uint8)),
        case("an image of 2 x 5, smaller than the kernel", TERRACE[:2, :5]),
    ],
    mistakes=[
        mistake("no root", _of_gradients(lambda gx, gy: gx ** 2 + gy ** 2),
                hint="That is the square of the magnitude.",
                fix="Take the square root of gx^2 + gy^2: the length of the arrow (gx, gy), by Pythagoras."),
        mistake("absolute values added", _of_gradients(lambda gx, gy: np.abs(gx) + np.abs(gy)),
                hint="|gx| + |gy| makes slanted edges look stronger than upright ones.",
                fix="The length of the arrow (gx, gy) is the root of gx^2 + gy^2."),
        mistake("one direction only", _of_gradients(lambda gx, gy: np.abs(gx)), _of_gradients(lambda gx, gy: np.abs(gy)),
                hint="Only one of the two gradients is in your result: edges that run the other way are missing.",
                fix="Compute both, gx across and gy down, and combine them."),
        mistake("one direction twice", _of_gradients(lambda gx, gy: np.hypot(gx, gx)),
                _of_gradients(lambda gx, gy: np.hypot(gy, gy)),
                hint="Both gradients were taken in the same direction.",
                fix="The kernel for gy is the transposed kernel for gx."),
        mistake("added before squaring", _of_gradients(lambda gx, gy: np.abs(gx + gy)),
                hint="gx and gy were added before they were squared, so opposite signs cancel.",
                fix="Square each, add, then take the root."),
        mistake("clipped before the end", _of_gradients(lambda gx, gy: np.hypot(np.maximum(gx, 0), np.maximum(gy, 0))),
                _of_gradients(lambda gx, gy: np.hypot(np.clip(gx, 0, 255), np.clip(gy, 0, 255))),
                hint="Negative gradients were cut to 0, so every edge from bright to dark is gone.",
                fix="Keep the signs until you square: the square takes care of them."),
        mistake("output clipped", lambda image: np.clip(gradient_magnitude(image), 0, 255),
                hint="The magnitude is clipped at 255. It is not a picture yet and may be larger.",
                fix="Return it as it is."),
        mistake("rescaled", lambda image: gradient_magnitude(image) / 8, lambda image: gradient_magnitude(image) / 4,
                lambda image: gradient_magnitude(image) / gradient_magnitude(image).max(),
                lambda image: 255 * gradient_magnitude(image) / gradient_magnitude(image).max(),
                lambda image: gradient_magnitude(image) / np.sqrt(2),
                hint="Your result is the right one times a constant: divided by the kernel's weight, or by the maximum.",
                fix="Use the Sobel kernels as they are and do not normalise."),
        mistake("Prewitt for Sobel", _prewitt,
                hint="These are the kernels of Prewitt, with weights 1, 1, 1.",
                fix="Sobel gives the middle row (or column) the weight 2: 1, 2, 1."),
        frame_kept(gradient_magnitude, lambda image: (3, 3)),
        integer_output(gradient_magnitude),
        mistake("bytes wrap", _bytes_wrap_in_gradients, _bytes_wrap_to_the_end,
                hint="Bytes were subtracted as bytes: in uint8, 10 - 200 is 66.",
                fix="Turn the image into floats before any arithmetic: `image = np.asarray(image, dtype=float)`."),
        larger_kernel_accepted(gradient_magnitude),
    ])


# --- correlate_rgb ----------------------------------------------------------------------------------------------------

def _planes(image, kernel):
    correlate_rgb(image, kernel)
    return [correlate2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])]


def _three_channels(image, kernel):
    if image.shape[-1] < 3:
        raise IndexError("as the student's code does")
    return correlate_rgb(image[..., :3], kernel[..., :3])


COLOURS = np.stack([TERRACE, 10 - TERRACE[::-1], TERRACE[:, ::-1] ** 2 % 11], axis=-1)  # (4, 6, 3)
CUBE = np.stack([WIDE, WIDE[::-1] * 2, WIDE[:, ::-1] - 1], axis=-1)  # (2, 3, 3)
DEEP = np.stack([TALL, TALL[::-1], TALL - 2, 3 * TALL], axis=-1)  # (3, 2, 4)

CORRELATE_RGB = Question(
    correlate_rgb,
    cases=[
        case("one window by hand", COLOURS[:1, :2], np.array([[[1, 0, 2], [0, -1, 1.0]]])),
        case("a kernel wider than tall", COLOURS, CUBE),
        case("two channels", COLOURS[..., :2], CUBE[..., 1:]),
        case("four channels", np.concatenate([COLOURS, COLOURS[..., :1] + 5], axis=-1), DEEP),
        case("bytes that add up to more than 255", PIXELS, np.array([[[1, 2, 3], [3, 1, 2]]], dtype=np.uint8)),
        case("whole numbers and a kernel of fractions", np.arange(24).reshape(2, 4, 3), np.full((1, 2, 3), 0.25)),
        case("a kernel taller than the image", COLOURS[:1], CUBE),
        case("a kernel wider than the image", COLOURS[:, :2], CUBE),
    ],
    mistakes=[
        mistake("channels not added", lambda image, kernel: np.stack(_planes(image, kernel), axis=-1),
                lambda image, kernel: np.stack(_planes(image, kernel)),
                hint="There is one plane a channel. A kernel of any depth gives one plane: its channels are added up.",
                fix="Sum over rows, columns and channels of each window."),
        mistake("channels averaged", lambda image, kernel: correlate_rgb(image, kernel) / np.shape(image)[-1],
                hint="The channels are averaged in place of added.",
                fix="Add the channels' planes, without a division."),
        mistake("first channel only", lambda image, kernel: _planes(image, kernel)[0],
                hint="Only the first channel is in your result.",
                fix="Correlate every channel with its own slice of the kernel and add."),
        mistake("one slice for all channels",
                lambda image, kernel: sum(
                    correlate2d(image[..., c], kernel[..., 0]) for c in range(np.shape(image)[-1])),
                hint="Every channel met the kernel's first slice.",
                fix="Channel c of the image goes with channel c of the kernel: `image[..., c]`, `kernel[..., c]`."),
        mistake("gray first", lambda image, kernel: correlate2d(np.mean(image, axis=-1), np.sum(kernel, axis=-1)),
                lambda image, kernel: correlate2d(np.mean(image, axis=-1), np.mean(kernel, axis=-1)),
                lambda image, kernel: correlate2d(np.sum(image, axis=-1), np.sum(kernel, axis=-1)),
                hint="The colours were mixed before the kernel saw them, so it cannot tell red from blue.",
                fix="Correlate each channel with its own slice of the kernel; add afterwards."),
        mistake("channels reversed", lambda image, kernel: correlate_rgb(image[..., ::-1], kernel),
                hint="The channels of the image meet the kernel's in reverse order.",
                fix="Channel c of the image goes with channel c of the kernel."),
        mistake("three channels assumed", _three_channels,
                hint="Your function counts on three channels. A kernel has as many as its image.",
                fix="Ask the image: `image.shape[-1]` channels."),
        mistake("kernel flipped", lambda image, kernel: correlate_rgb(image, kernel[::-1, ::-1]),
                lambda image, kernel: correlate_rgb(image, kernel[::-1, ::-1, ::-1]),
                hint="The kernel is flipped. That is convolution; correlation takes it as it is.",
                fix="Multiply each window with `kernel` itself."),
        mistake("channel axis kept", lambda image, kernel: correlate_rgb(image, kernel)[..., np.newaxis],
                hint="The values are right, but a last axis of length 1 is left.",
                fix="One kernel gives one plane, (H', W'): sum without `keepdims`, or take `[..., 0]`."),
        mistake("last row and column lost", lambda image, kernel: correlate_rgb(image, kernel)[:-1, :-1],
                hint="The last place where the kernel fits is left out.",
                fix="From H pixels a kernel of kh fits at H - kh + 1 places."),
        frame_kept(correlate_rgb, _kernel_shape),
        integer_output(correlate_rgb),
        mistake("bytes wrap",
                lambda image, kernel: sum(_bytes_wrap_in_product(image[..., c], kernel[..., c])
                                          for c in range(np.shape(image)[-1])),
                lambda image, kernel: (correlate_rgb(image, kernel) % 256 if image.dtype == kernel.dtype == np.uint8
                                       else correlate_rgb(image, kernel)),
                hint="Bytes were multiplied or added as bytes: a uint8 cannot hold more than 255, so 300 becomes 44.",
                fix="Turn the image into floats before any arithmetic: `image = np.asarray(image, dtype=float)`."),
        larger_kernel_accepted(correlate_rgb),
    ])


# --- learn_kernel -----------------------------------------------------------------------------------------------------

def _descent(start, direction=1):
    """Gradient descent from a kernel of `start`; uphill with direction -1."""
    def gives(image, target, shape, steps, rate):
        *_, (kernel, _loss) = _descend(image, target, np.full(shape, float(start)), steps, direction * rate)
        return kernel
    return gives


def _at_rate(factor):
    """`factor` takes (target, shape) and returns how many times too large the step is."""
    return lambda image, target, shape, steps, rate: learn_kernel(
        image, target, shape, steps, rate * factor(target, shape))


SMALL = TERRACE / 10
SMALL[3, 5] = 0.5

LEARN_KERNEL = Question(
    learn_kernel,
    cases=[
        case("no step yet", SMALL[:3, :4], correlate2d(SMALL[:3, :4], WIDE), (2, 3), 0, 0.1),
        case("one step by hand", np.array([[1, 2, 3.0]]), np.array([[2, 4.0]]), (1, 2), 1, 0.1),
        case("one step, a kernel wider than tall", SMALL[:3, :4], correlate2d(SMALL[:3, :4], WIDE), (2, 3), 1, 0.1),
        case("four steps, a kernel wider than tall", SMALL, correlate2d(SMALL, WIDE), (2, 3), 4, 0.2),
        case("three steps, a kernel taller than wide", SMALL, correlate2d(SMALL, TALL), (3, 2), 3, 0.3),
    ],
    mistakes=[
        mistake("2 of the square forgotten", _at_rate(lambda target, shape: 0.5),
                hint="Your steps are half as long as they must be: the derivative of e^2 is 2 e.",
                fix="The gradient of the mean of the squared errors is 2 / N times the correlation of image and error."),
        mistake("mean forgotten", _at_rate(lambda target, shape: target.size),
                hint="Your steps are N times too long, N the number of output pixels: the loss is their mean, not their sum.",
                fix="Divide the gradient by `error.size`."),
        mistake("mean and 2 forgotten", _at_rate(lambda target, shape: target.size / 2),
                hint="Your steps are N / 2 times too long: the gradient lacks its factor 2 / N.",
                fix="The gradient of the mean of the squared errors is 2 / N times the correlation of image and error."),
        mistake("mean over the kernel", _at_rate(lambda target, shape: target.size / np.prod(shape)),
                hint="The gradient is divided by the number of entries of the kernel. The mean runs over the output pixels.",
                fix="Divide by `error.size`."),
        mistake("uphill", _descent(0, direction=-1),
                hint="Your kernel walks up the hill: the loss grows with every step.",
                fix="Mind the signs: error = output - target, and the step is minus rate times the gradient."),
        mistake("one step too many or few",
                lambda image, target, shape, steps, rate: learn_kernel(image, target, shape, steps + 1, rate),
                lambda image, target, shape, steps, rate: learn_kernel(image, target, shape, max(steps - 1, 0), rate),
                hint="Your loop takes one step too many, or one too few.",
                fix="`for _ in range(steps):` takes exactly `steps` of them; 0 steps leave the zeros."),
        mistake("one step only",
                lambda image, target, shape, steps, rate: learn_kernel(image, target, shape, min(steps, 1), rate),
                hint="Your kernel stops after the first step, or every step starts at zeros again.",
                fix="Make the zeros before the loop, change the kernel in it, and return after it."),
        mistake("start at ones", _descent(1),
                hint="Your kernel starts at ones.",
                fix="Start from zeros: `kernel = np.zeros(shape)`."),
        mistake("kernel flipped",
                lambda image, target, shape, steps, rate: learn_kernel(image, target, shape, steps, rate)[::-1, ::-1],
                hint="The kernel that you learn is turned by 180 degrees: somewhere a convolution stands for a correlation.",
                fix="Correlate twice: image with kernel for the output, image with error for the gradient."),
        mistake("kernel transposed",
                lambda image, target, shape, steps, rate: learn_kernel(image, target, shape, steps, rate).T,
                hint="The kernel's rows and columns are swapped.",
                fix="The kernel has the shape that was asked for, (kh, kw): rows first."),
    ])

QUESTIONS = [CORRELATE2D, CONVOLVE2D, TO_GRAY, GRADIENT_MAGNITUDE, CORRELATE_RGB, LEARN_KERNEL]
