"""The gradient of an answer: whether TensorFlow can follow it, which the numbers that it returns do not show."""

from collections.abc import Callable


def gradient(function: Callable, *arguments, argnum: int = 0, **options):
    """The gradient of the sum of what a function returns, with respect to one of its arguments.

    An answer may compute the right numbers in NumPy and wrap them in a tensor: then there is no gradient. A function that lives
    in another process says so by a method `__apply__(helper, *values, **named)`, which gives helper(function, *values, **named)
    as computed there; a tape that runs here would see nothing of it.

    Parameters
    ----------
    function : returns a tensor of any shape
    arguments, options : what it is called with
    argnum : which argument is asked about, counted from 0; it is a tensor of floats, or a list of such tensors

    Returns
    -------
    array of the argument's shape, or None where TensorFlow finds no way from the result back to it; of a list, a list of them

    Examples
    --------
    >>> import tensorflow as tf
    >>> gradient(lambda x, y: x**2 * y, tf.constant([3.0, 5.0]), tf.constant([1.0, 2.0]))  # 2 x y
    array([ 6., 20.], dtype=float32)
    >>> print(gradient(lambda x: tf.constant(x.numpy() ** 2), tf.constant([3.0])))
    None
    """
    elsewhere = getattr(function, "__apply__", None)
    if elsewhere is not None:
        return elsewhere(on_tape, argnum, *arguments, **options)
    return on_tape(function, argnum, *arguments, **options)


def on_tape(function: Callable, argnum: int, /, *arguments, **options):
    """What `gradient` returns, computed in this process."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments[argnum])
        result = function(*arguments, **options)
        total = tf.reduce_sum(result)
    slopes = tape.gradient(total, arguments[argnum])
    return [_as_array(slope) for slope in slopes] if isinstance(slopes, list) else _as_array(slopes)


def _as_array(slope):
    import tensorflow as tf

    return None if slope is None else tf.convert_to_tensor(slope).numpy()
