"""How the questions of style transfer are asked: with tensors, from which a tensor must come that TensorFlow can follow back.

Cases are written as arrays. An answer gets them as tensors, and from the tensor that it gives a gradient must find its way back
to the image, which cannot be trained otherwise. The reference and the mistakes take a case as it is written.
"""

from collections.abc import Callable

import numpy as np

from cnnlib.check import gradient, mistake


class GradientLost(TypeError):
    """An answer gave numbers that TensorFlow has lost sight of."""


def on_tensors(*argnums: int) -> Callable:
    """What a question asks in the place of an answer; argnums: which arguments come from the image that is trained."""
    def call(function):
        def asked(*arguments, **options):
            import tensorflow as tf

            arguments = [_as_tensors(value) for value in arguments]
            result = function(*arguments, **options)
            if result is None or isinstance(result, list | tuple | dict):
                return result
            if not tf.is_tensor(result):
                raise GradientLost(f"it returned a {type(result).__name__}, not a tensor")
            slopes = [gradient(function, *arguments, argnum=argnum, **options) for argnum in argnums]
            if all(part is None for slope in slopes for part in (slope if isinstance(slope, list) else [slope])):
                raise GradientLost("no gradient finds its way from the result back to the image")
            return result.numpy()

        return asked

    return call


def _as_tensors(value):
    """Arrays as tensors of 32 bits, in lists too; numbers as they are."""
    import tensorflow as tf

    if isinstance(value, list) and all(isinstance(part, np.ndarray) for part in value):
        return [_as_tensors(part) for part in value]
    return tf.constant(value, tf.float32) if isinstance(value, np.ndarray) else value


def lost(reference):
    """A right value that was computed outside of TensorFlow."""
    def gives(*arguments, **options):
        reference(*arguments, **options)
        raise GradientLost

    return mistake(
        "gradient lost", gives,
        hint="Somewhere the numbers leave TensorFlow, through NumPy, `float(...)` or a new `tf.constant(...)`. From there no "
             "gradient finds its way back to the image, and the loop would get None.",
        fix="Use tf's functions from beginning to end: tf.reshape, tf.matmul, tf.reduce_sum, tf.abs, and + - * / **.")


def plain(function):
    """A function of cnnlib.style on the arrays of a case, its result as an array."""
    def gives(*arguments, **options):
        return function(*arguments, **options).numpy()

    return gives


def arrays(*shape, start=-3):
    """Small whole numbers, without a pattern, as floats."""
    size = int(np.prod(shape))
    return ((np.arange(size) * 7 + np.arange(size) // 3) % 9 + start).reshape(shape).astype(float)
