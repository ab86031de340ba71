"""How the questions of style transfer are asked: with tensors, from which a tensor must come, or with a variable to be changed.

Cases are written as arrays and words. An answer gets them as tensors and must give a tensor back, since an image can be trained
only through operations that TensorFlow follows; `train_step` gets a variable, a loss and an optimizer. The reference and the
mistakes take a case as it is written.
"""

import traceback

import numpy as np

from cnnlib.check import Question, mistake


class NotATensor(TypeError):
    """An answer gave numbers that TensorFlow has lost sight of."""


class OnTensors(Question):
    """A question whose answer is called with tensors, and whose result must be one."""

    def examine(self, function, again=False):
        asked = function if is_ours(self, function) else noting_lines(_on_tensors(function), self.name)
        return super().examine(asked, again)


def is_ours(question, function):
    """The reference and the mistakes take a case as it is written."""
    return function is question.reference or any(function in known.gives for known in question.mistakes)


def _on_tensors(function):
    def call(*arguments, **options):
        import tensorflow as tf

        result = function(*map(_as_tensors, arguments), **{name: _as_tensors(value) for name, value in options.items()})
        if result is not None and not isinstance(result, list | tuple | dict) and not tf.is_tensor(result):
            raise NotATensor(f"it returned a {type(result).__name__}, not a tensor")
        return result.numpy() if tf.is_tensor(result) else result

    return call


def _as_tensors(value):
    """Arrays as tensors of 32 bits, in lists too; numbers as they are."""
    import tensorflow as tf

    if isinstance(value, list) and all(isinstance(part, np.ndarray) for part in value):
        return [_as_tensors(part) for part in value]
    return tf.constant(value, tf.float32) if isinstance(value, np.ndarray) else value


def noting_lines(call, name):
    """`call`, whose exceptions say in which line of the student's they were raised: our own frames are not the student's."""
    def noting(*arguments, **options):
        try:
            return call(*arguments, **options)
        except Exception as error:
            if not hasattr(error, "raised_by") and not isinstance(error, NotImplementedError | NotATensor):
                frames = traceback.extract_tb(error.__traceback__)[2:]  # after this function's and that of `call`
                own = [f.line for f in frames if f.filename == frames[0].filename and f.line]
                error.raised_by = name
                for line in own[-1:]:
                    error.add_note(f"in the line `{line}`")
            raise

    return noting


def lost(reference):
    """A right value that was computed outside of TensorFlow."""
    def gives(*arguments, **options):
        reference(*arguments, **options)
        raise NotATensor

    return mistake(
        "gradient lost", gives,
        hint="The result is no tensor: somewhere it leaves TensorFlow, through NumPy or `float(...)`. From there no gradient "
             "finds its way back to the image, and the loop would get None.",
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
