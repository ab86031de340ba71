"""How fast is cnnlib's convolution layer beside TensorFlow's, on the same arrays and the same cores?

    python benchmarks/convolution.py
    python benchmarks/convolution.py --repeats 100 --threads 1

Forward is cnnlib.conv2d_forward beside tf.nn.conv2d (which adds no bias, ours does); backward is cnnlib.conv2d_backward, that
is dx, dweights and dbias, beside TensorFlow's two operations for dx and dweights. Everything is float32, with valid padding and
stride 1. Both sides may use as many threads as --threads says, two unless told otherwise. TensorFlow runs with oneDNN, as it
comes and at its fastest. In the course itself cnnlib turns oneDNN off for the sake of repeatable digits; set the environment
variable TF_ENABLE_ONEDNN_OPTS=0 to compare with that.

The two take turns, and the table shows the best and the median of all repeats. The bound is held against the ratio of the
medians. It needs an idle machine: NumPy's matrix product waits for the slower of its threads at every step, so a program beside
it that takes one core costs it far more than its share. The exit status is 0 also when a bound is missed.
"""

import argparse
import os
import statistics
import time

# batch, side, channels in, channels out; the bound of the ratio forward and backward. The kernel is 3 x 3.
CASES = [
    ((64, 28, 1, 32), 1.2, 3.0),
    ((64, 26, 32, 64), 2.2, 3.0),
    ((16, 64, 64, 64), 2.2, 3.0),
]
COLUMNS = "{:<28} {:<9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6}  {}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=40, metavar="N", help="runs of each, 40 unless given")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads of each side, 2 unless given")
    arguments = parser.parse_args()
    if arguments.repeats < 1 or arguments.threads < 1:
        parser.error("--repeats and --threads need to be at least 1")
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[name] = str(arguments.threads)  # read once, when NumPy is imported
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # before cnnlib, which would turn it off

    import cnnlib  # noqa: F401  before TensorFlow, so that it is quiet

    tf = import_tensorflow(arguments.threads)
    onednn = "with" if os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1" else "without"
    print(f"TensorFlow {tf.__version__} {onednn} oneDNN, {arguments.threads} threads, {arguments.repeats} repeats, times in ms")
    print(COLUMNS.format("", "", "ours", "", "TF", "", "ratio", "", "", ""))
    print(COLUMNS.format("batch, side, channels", "direction", *("best", "median") * 3, "bound", "ok"))
    for case, *bounds in CASES:
        for direction, bound, (ours, theirs) in zip(("forward", "backward"), bounds, contestants(tf, *case), strict=True):
            print(row(case, direction, bound, *race(ours, theirs, arguments.repeats)), flush=True)


def import_tensorflow(threads):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    return tf


def contestants(tf, batch, side, c_in, c_out):
    """Yield (ours, theirs) forward and backward, functions without arguments that were seen to give the same numbers."""
    import numpy as np

    from cnnlib import conv2d_backward, conv2d_forward

    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, side, side, c_in)).astype(np.float32)
    weights = (rng.normal(size=(3, 3, c_in, c_out)) / np.sqrt(9 * c_in)).astype(np.float32)
    bias = np.zeros(c_out, np.float32)
    dy = rng.normal(size=(batch, side - 2, side - 2, c_out)).astype(np.float32)
    tf_x, tf_weights, tf_dy = tf.constant(x), tf.constant(weights), tf.constant(dy)
    options = {"strides": [1] * 4, "padding": "VALID"}

    def tf_backward():
        dx = tf.raw_ops.Conv2DBackpropInput(input_sizes=x.shape, filter=tf_weights, out_backprop=tf_dy, **options)
        dweights = tf.raw_ops.Conv2DBackpropFilter(input=tf_x, filter_sizes=weights.shape, out_backprop=tf_dy, **options)
        return dx.numpy(), dweights.numpy()  # .numpy() waits for the result

    pairs = [
        (lambda: conv2d_forward(x, weights, bias), lambda: tf.nn.conv2d(tf_x, tf_weights, 1, "VALID").numpy()),
        (lambda: conv2d_backward(dy, x, weights), tf_backward),
    ]
    for ours, theirs in pairs:
        mine, other = ours(), theirs()
        for a, b in zip(mine, other, strict=False) if isinstance(mine, tuple) else [(mine, other)]:
            np.testing.assert_allclose(a, b, atol=1e-3 * np.abs(b).max())
        yield ours, theirs


def race(ours, theirs, repeats):
    """Run the two in turns and return the seconds of each run of either."""
    times = [], []
    for _ in range(repeats):
        for run, taken in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return times


def row(case, direction, bound, ours, theirs):
    """One line of the table."""
    numbers = [1000 * figure(times) for times in (ours, theirs) for figure in (min, statistics.median)]
    ratios = [figure(ours) / figure(theirs) for figure in (min, statistics.median)]
    batch, side, c_in, c_out = case
    return COLUMNS.format(
        f"{batch} x {side} x {side}, {c_in} -> {c_out}", direction, *(f"{number:.2f}" for number in numbers),
        *(f"{ratio:.2f}" for ratio in ratios), f"{bound:.1f}", "yes" if ratios[1] <= bound else "NO",
    )  # fmt: skip


if __name__ == "__main__":
    main()
