"""correlate2d, convolve2d, correlate_rgb against numbers done by hand, SciPy, and Keras."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import signal

from cnnlib import KERNELS, convolve2d, correlate2d, correlate_rgb
from cnnlib.images import photo

SIZES = [
    pytest.param((5, 7), (3, 3), id="odd kernel on a wide image"),
    pytest.param((8, 5), (3, 3), id="odd kernel on a high image"),
    pytest.param((6, 9), (2, 4), id="even kernel, sides differ"),
    pytest.param((9, 6), (4, 3), id="even height, odd width"),
    pytest.param((4, 7), (1, 1), id="kernel of one pixel"),
    pytest.param((4, 7), (1, 5), id="kernel of one row"),
    pytest.param((7, 4), (5, 1), id="kernel of one column"),
    pytest.param((4, 6), (4, 6), id="kernel as large as the image"),
    pytest.param((1, 1), (1, 1), id="everything of one pixel"),
]


def arrays(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def test_a_correlation_done_by_hand():
    image = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    kernel = [[1, 0], [0, -2]]  # top left pixel minus twice the bottom right one
    assert_array_equal(correlate2d(image, kernel), [[-11, -12, -13], [-15, -16, -17]])


def test_a_convolution_done_by_hand_uses_the_kernel_turned_by_half_a_turn():
    image = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]
    kernel = [[1, 0], [0, -2]]  # turned: bottom right pixel minus twice the top left one
    assert_array_equal(convolve2d(image, kernel), [[4, 3, 2], [0, -1, -2]])


def test_a_colour_correlation_done_by_hand_adds_the_channels():
    image = [[[1, 10], [2, 20], [3, 30]]]  # (1, 3, 2)
    kernel = [[[1, 1], [0, -1]]]  # (1, 2, 2): both channels here, minus the second channel to the right
    assert_array_equal(correlate_rgb(image, kernel), [[1 + 10 - 20, 2 + 20 - 30]])


@pytest.mark.parametrize("image_shape, kernel_shape", SIZES)
def test_correlation_and_convolution_agree_with_scipy(image_shape, kernel_shape):
    image, kernel = arrays(image_shape, kernel_shape)
    assert_allclose(correlate2d(image, kernel), signal.correlate2d(image, kernel, mode="valid"), atol=1e-12)
    assert_allclose(convolve2d(image, kernel), signal.convolve2d(image, kernel, mode="valid"), atol=1e-12)


@pytest.mark.parametrize("image_shape, kernel_shape", SIZES)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
def test_colour_correlation_is_the_sum_of_scipys_over_the_channels(image_shape, kernel_shape, channels):
    image, kernel = arrays((*image_shape, channels), (*kernel_shape, channels))
    expected = sum(signal.correlate2d(image[..., c], kernel[..., c], mode="valid") for c in range(channels))
    assert_allclose(correlate_rgb(image, kernel), expected, atol=1e-12)


@pytest.mark.keras
@pytest.mark.parametrize("image_shape, kernel_shape", SIZES)
def test_correlation_is_what_a_keras_convolution_computes(image_shape, kernel_shape):
    keras = pytest.importorskip("keras")
    image, kernel = arrays((*image_shape, 3), (*kernel_shape, 3))
    answer = keras.ops.conv(image[None], kernel[..., None], padding="valid")  # (1, H', W', 1)
    assert_allclose(correlate_rgb(image, kernel), np.asarray(answer)[0, :, :, 0], atol=1e-5)
    answer = keras.ops.conv(image[None, :, :, :1], kernel[:, :, :1, None], padding="valid")
    assert_allclose(correlate2d(image[..., 0], kernel[..., 0]), np.asarray(answer)[0, :, :, 0], atol=1e-5)


def test_correlation_is_linear_in_the_image_and_in_the_kernel():
    a, b, k, m = arrays((6, 8), (6, 8), (2, 3), (2, 3))
    assert_allclose(correlate2d(2 * a - 3 * b, k), 2 * correlate2d(a, k) - 3 * correlate2d(b, k), atol=1e-12)
    assert_allclose(correlate2d(a, 2 * k - 3 * m), 2 * correlate2d(a, k) - 3 * correlate2d(a, m), atol=1e-12)


def test_a_shifted_image_gives_the_response_shifted_as_much():
    image, kernel = arrays((9, 12), (2, 3))
    assert_array_equal(correlate2d(image[2:, 3:], kernel), correlate2d(image, kernel)[2:, 3:])


def test_convolution_is_correlation_with_both_axes_of_the_kernel_flipped():
    image, kernel = arrays((6, 8), (2, 3))
    assert_array_equal(convolve2d(image, kernel), correlate2d(image, np.flip(kernel)))


def test_one_bright_pixel_shows_the_kernel_flipped_in_correlation_and_as_it_is_in_convolution():
    (kernel,) = arrays((2, 3))
    image = np.zeros((3, 5))
    image[1, 2] = 1  # the middle: every weight of the kernel meets it once
    assert_array_equal(correlate2d(image, kernel), kernel[::-1, ::-1])
    assert_array_equal(convolve2d(image, kernel), kernel)


def test_convolving_twice_is_convolving_with_the_convolved_kernels():
    image, first, second = arrays((9, 11), (2, 3), (3, 2))
    both = signal.convolve2d(first, second)  # full: (4, 4)
    assert_allclose(convolve2d(convolve2d(image, first), second), convolve2d(image, both), atol=1e-12)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64", "float16", "float32", "float64", ">f8"])
def test_every_kind_of_number_gives_float64(dtype):
    image, kernel = np.ones((4, 6), dtype), np.ones((2, 3), dtype)
    for response in (correlate2d(image, kernel), convolve2d(image, kernel)):
        assert response.dtype == np.dtype("float64") and response.dtype.isnative
        assert_array_equal(response, np.full((3, 4), 6.0))
    assert correlate_rgb(image[..., None], kernel[..., None]).dtype == np.float64


def test_eight_bit_pixels_do_not_wrap_around():
    image = np.array([[200, 250, 10]], np.uint8)
    assert_array_equal(correlate2d(image, [[1, 1]]), [[450, 260]])
    assert_array_equal(correlate2d(image, np.array([[1, -1]], np.int8)), [[-50, 240]])
    assert_array_equal(correlate2d(image, np.array([[200]], np.uint8)), [[40000, 50000, 2000]])


def test_not_a_number_stays_where_the_kernel_meets_it():
    image = np.zeros((3, 5))
    image[0, 0] = np.nan
    assert_array_equal(np.isnan(correlate2d(image, np.ones((2, 2)))), [[1, 0, 0, 0], [0, 0, 0, 0]])


def test_inputs_are_not_changed_and_may_be_read_only_or_backwards():
    image, kernel = arrays((6, 8), (2, 3))
    expected = correlate2d(image.copy(), kernel.copy())
    image.setflags(write=False)
    kernel.setflags(write=False)
    assert_array_equal(correlate2d(image, kernel), expected)
    turned = correlate2d(image[::-1, ::-1], kernel[::-1, ::-1])  # the same sums, added in another order
    assert_allclose(turned[::-1, ::-1], expected, atol=1e-14)
    assert_allclose(correlate2d(np.asfortranarray(image), kernel), expected, atol=1e-14)


def test_the_response_is_an_array_of_its_own():
    image = np.ones((3, 4))
    response = correlate2d(image, [[1.0]])
    response += 1
    assert_array_equal(image, np.ones((3, 4)))


@pytest.mark.parametrize("function", [correlate2d, convolve2d])
@pytest.mark.parametrize(
    "kernel_shape",
    [
        pytest.param((5, 5), id="too high"),
        pytest.param((1, 8), id="too wide only"),
        pytest.param((4, 7), id="too high by one"),
    ],
)
def test_a_kernel_that_does_not_fit_is_refused_with_both_sizes_the_rule_and_the_way_out(function, kernel_shape):
    kh, kw = kernel_shape
    with pytest.raises(ValueError) as caught:
        function(np.ones((3, 7)), np.ones(kernel_shape))
    assert str(caught.value) == (
        f"kernel of {kh} x {kw} px does not fit an image of 3 x 7 px: it needs at least {kh} x {kw} px. "
        "Use a smaller kernel or a larger image."
    )


def test_a_colour_kernel_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="kernel of 4 x 2 px does not fit an image of 3 x 7 px"):
        correlate_rgb(np.ones((3, 7, 2)), np.ones((4, 2, 2)))


@pytest.mark.parametrize(
    "call, says",
    [
        pytest.param(
            lambda: correlate2d(np.ones((4, 5, 3)), np.ones((2, 2))),
            ["image has shape (4, 5, 3)", "(H, W)", "to_gray"],
            id="colour image to correlate2d",
        ),
        pytest.param(lambda: correlate2d([1, 2, 3], [[1]]), ["image has shape (3,)", "(H, W)"], id="row image"),
        pytest.param(
            lambda: correlate2d(np.ones((4, 5)), [1, 2]),
            ["kernel has shape (2,)", "(kh, kw)", "two brackets"],
            id="row kernel with one bracket",
        ),
        pytest.param(lambda: convolve2d([[1]], 3), ["kernel has shape ()", "(kh, kw)"], id="number as kernel"),
        pytest.param(
            lambda: correlate_rgb(np.ones((4, 5)), np.ones((2, 2, 1))),
            ["image has shape (4, 5)", "(H, W, C)", "correlate2d"],
            id="gray image to correlate_rgb",
        ),
        pytest.param(
            lambda: correlate_rgb(np.ones((4, 5, 3)), np.ones((2, 2))),
            ["kernel has shape (2, 2)", "(kh, kw, C)", "np.dstack"],
            id="flat kernel to correlate_rgb",
        ),
        pytest.param(
            lambda: correlate_rgb(np.ones((4, 5, 3)), np.ones((2, 2, 4))),
            ["4 channels", "3 channels", "(kh, kw, 3)"],
            id="channels differ",
        ),
        pytest.param(lambda: correlate2d(np.ones((0, 5)), [[1]]), ["image", "(0, 5)", "at least 1"], id="no image"),
        pytest.param(lambda: correlate2d([[1]], np.ones((2, 0))), ["kernel", "(2, 0)", "at least 1"], id="no kernel"),
        pytest.param(lambda: correlate2d([[1, 2], [3]], [[1]]), ["image", "different lengths"], id="ragged rows"),
    ],
)
def test_a_wrong_shape_is_refused_with_the_shape_received_and_what_to_use(call, says):
    with pytest.raises(ValueError) as caught:
        call()
    assert all(part in str(caught.value) for part in says), str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([["1", "2"]], id="text"),
        pytest.param([[1j, 2]], id="complex numbers"),
        pytest.param([[None, 1]], id="None among numbers"),
        pytest.param(np.array([[1, 2]], "datetime64[D]"), id="dates"),
    ],
)
def test_what_is_not_real_numbers_is_refused(values):
    with pytest.raises(TypeError, match="image holds .* real numbers"):
        correlate2d(values, [[1]])
    with pytest.raises(TypeError, match="kernel holds .* real numbers"):
        correlate2d(np.ones((3, 4)), values)


def test_the_identity_kernel_gives_a_photograph_back_without_its_frame():
    image = photo("coins", width=64)
    assert_array_equal(correlate2d(image, KERNELS["identity"]), image[1:-1, 1:-1])


# What `import cnnlib` does to the process: each in a process of its own


def python(code, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, timeout=120, check=True)


SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_DETERMINISTIC_OPS": "1",
    "KERAS_BACKEND": "tensorflow",
}


def test_importing_cnnlib_loads_no_library_but_numpy():
    code = (
        "import sys, numpy; before = set(sys.modules); import cnnlib;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names);"
        "print(sorted(new - {'numpy'}))"
    )
    assert python(code).stdout.strip() == "['cnnlib']"


def test_importing_cnnlib_sets_the_environment_for_tensorflow():
    code = f"import cnnlib, os; print([os.environ[name] for name in {list(SETTINGS)}])"
    assert python(code).stdout.strip() == str(list(SETTINGS.values()))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_of_the_users_own_is_kept(name):
    code = f"import cnnlib, os; print(os.environ[{name!r}])"
    assert python(code, **{name: "theirs"}).stdout.strip() == "theirs"


@pytest.mark.keras
@pytest.mark.parametrize("module", ["tensorflow", "keras"])
def test_tensorflow_is_quiet_after_cnnlib(module):
    code = (
        f"import cnnlib, {module}, tensorflow as tf;"
        "print(float(tf.reduce_sum(tf.nn.conv2d(tf.ones((1, 5, 6, 1)), tf.ones((3, 3, 1, 1)), 1, 'VALID'))))"
    )
    done = python(code)
    assert done.stdout.strip() == "108.0"
    assert done.stderr == ""


FAKE_TENSORFLOW = """
import os, sys
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"I0000 00:00:1795325939.680221    6437 cudart_stub.cc:31] Could not find cuda drivers.\\n")
os.write(2, b"E0000 00:00:1795325939.680221    6437 real.cc:1] a real error\\n")
print("a line of Python's", file=sys.stderr)
"""


@pytest.mark.parametrize("end", ["", "raise ImportError('broken')"], ids=["it loads", "it fails to load"])
def test_only_idle_lines_are_taken_out_of_what_the_import_prints(tmp_path, end):
    (tmp_path / "tensorflow.py").write_text(FAKE_TENSORFLOW + end)
    code = f"""
import sys; sys.path.insert(0, {str(tmp_path)!r})
import cnnlib
try:
    import tensorflow
except ImportError as error:
    print(error)
print("after", file=sys.stderr)
"""
    done = python(code)
    expected = "E0000 00:00:1795325939.680221    6437 real.cc:1] a real error\na line of Python's\nafter\n"
    assert done.stderr == expected
    assert done.stdout == ("broken\n" if end else "")


def test_a_user_who_wants_tensorflows_log_gets_all_of_it(tmp_path):
    (tmp_path / "tensorflow.py").write_text(FAKE_TENSORFLOW)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import cnnlib, tensorflow"
    assert "cudart_stub" in python(code, TF_CPP_MIN_LOG_LEVEL="0").stderr
