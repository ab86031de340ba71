"""Mistakes that several questions share, each made for one reference."""

from collections.abc import Callable

import numpy as np

from cnnlib.check import Mistake, mistake


def larger_kernel_accepted(reference: Callable) -> Mistake:
    """Returns something, often an empty array, where the reference raises ValueError."""
    def gives(*arguments):
        try:
            return reference(*arguments)
        except ValueError:
            return np.empty((0, 0))
    return mistake(
        "larger kernel accepted", gives,
        hint="A kernel that is larger than the image fits nowhere, so there is no output to return.",
        fix="Compare the sizes first, height with height and width with width, and `raise ValueError(...)` with both.")


def integer_output(reference: Callable) -> Mistake:
    """Writes the result into an array of whole numbers: fractions are cut off, and bytes wrap as well."""
    def type_of_image(image, *rest):
        result = reference(image, *rest)
        if np.asarray(image).dtype.kind not in "biu":
            return result
        whole = np.trunc(result).astype(int)
        return whole % 256 if np.asarray(image).dtype == np.uint8 else whole
    return mistake(
        "integer output", type_of_image, lambda *arguments: np.trunc(reference(*arguments)).astype(int),
        hint="The result is stored as whole numbers: fractions are cut off, and in a uint8 array 300 becomes 44.",
        fix="Give the output its own type, `np.zeros(shape)` is float; `np.zeros_like(image)` takes the image's type.")


def frame_kept(reference: Callable, kernel_shape: Callable) -> Mistake:
    """Pads, or leaves a frame of zeros, so that the output is as large as the image.

    `kernel_shape` takes the arguments of a case and returns the kernel's (height, width).
    """
    def margins(arguments):
        return [((k - 1) // 2, k // 2) for k in kernel_shape(*arguments)]

    def widen(array, pads, mode="constant"):
        return np.pad(np.asarray(array, dtype=float), [*pads, *[(0, 0)] * (np.ndim(array) - 2)], mode=mode)

    def zeros_around_output(*arguments):
        return widen(reference(*arguments), margins(arguments))

    def zeros_around_image(*arguments):
        reference(*arguments)
        return reference(widen(arguments[0], margins(arguments)), *arguments[1:])

    def edges_repeated(*arguments):
        reference(*arguments)
        return reference(widen(arguments[0], margins(arguments), "edge"), *arguments[1:])

    def half_kernel_each_side(*arguments):
        reference(*arguments)
        pads = [(k // 2, k // 2) for k in kernel_shape(*arguments)]
        return reference(widen(arguments[0], pads), *arguments[1:])

    return mistake(
        "same-size output", zeros_around_image, zeros_around_output, edges_repeated, half_kernel_each_side,
        hint="The output has a frame: it is as large as the image, or was padded to be. Here only windows that lie wholly "
             "inside the image count.",
        fix="The output of a valid correlation is (H - kh + 1, W - kw + 1); leave the padding out.")
