"""The race of unit 04, as one experiment that anyone can run again: after this room you know where each curve comes from.

A network is trained three times, from three seeds, on equal terms: the same images, as many steps, batches of 64, Adam, and the
step size that served it best in a search of its own. The results stand in cnnlib/data/mlp_vs_cnn.json; `python -m
cnnlib.mlp_vs_cnn` measures them anew (about 15 minutes on two cores), and `--only sizes` one of PARTS.
"""

import argparse
import functools
import json
import sys
from pathlib import Path

import numpy as np

from cnnlib.classification import accuracy, permute_pixels, prepare_images, shift_images
from cnnlib.classifiers import build_cnn, build_lenet, build_mlp, predict, train_classifier
from cnnlib.mnist import load_mnist

RESULTS = Path(__file__).parent / "data" / "mlp_vs_cnn.json"
NETWORKS = {"MLP": build_mlp, "CNN": build_cnn, "LeNet-5": build_lenet}
RATES = {"MLP": 0.002, "CNN": 0.008, "LeNet-5": 0.008}  # the best of each in part "rates"
SEEDS = (0, 1, 2)
SHIFTS = tuple(range(7))  # px
SIZES = (100, 300, 1000, 3000)  # training images; the fifth size, 10,000, is part "equal"
PASSES, SEEN = 5, 10_000  # every run sees 5 times 10,000 images, however few of them are different


def load_results():
    """Read what the experiment gave when it was last run.

    Returns
    -------
    results : dict, a part of PARTS each: accuracies from 0 to 1, a list with one entry for each of SEEDS.

    Examples
    --------
    >>> sorted(load_results()) == sorted(PARTS)
    True
    """
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def train_once(name, *, seed=0, size=SEEN, permuted=False, shift=0, passes=PASSES, stop=None, rate=None, held_out=False,
               progress=False):  # fmt: skip
    """Train one of NETWORKS from one seed on the shipped digits.

    Parameters
    ----------
    name : str
        One of NETWORKS.
    seed : int
        Of the first weights, of the order, and of which images are taken where they are few.
    size : int
        How many different training images there are. They are repeated up to 10,000, so that the budget stays equal.
    permuted : bool
        Shuffle the pixels of all images, also of those to test on, in one fixed way.
    shift, passes, stop, rate, progress : as in train_classifier; rate is the network's own of RATES by default.
    held_out : bool
        Test on the last 2,000 training images in place of the test images, and learn from the first 8,000: for choices.

    Returns
    -------
    (model, curve) : the network, and its accuracy after each pass.
    """
    import keras

    (images, labels), (test_images, test_labels) = _digits(permuted)
    if held_out:
        images, test_images, labels, test_labels = images[:8000], images[8000:], labels[:8000], labels[8000:]
    if size < SEEN:
        chosen = np.resize(np.random.default_rng(seed).permutation(len(images))[:size], SEEN)  # each equally often
        images, labels = images[chosen], labels[chosen]
    keras.utils.set_random_seed(seed)
    model = NETWORKS[name]()
    rate = RATES[name] if rate is None else rate
    curve = train_classifier(model, images, labels, test_images, test_labels, passes=passes, stop=stop, rate=rate, shift=shift,
                             seed=seed, progress=progress)  # fmt: skip
    return model, curve


def accuracy_when_shifted(model, images, labels, shifts=SHIFTS):
    """Say how well a network reads images that were moved: the mean over down, up, right and left.

    Parameters
    ----------
    model : keras.Model
    images, labels : (N, H, W, C) floats and (N,) whole numbers
    shifts : how far, px

    Returns
    -------
    curve : list of float, one accuracy for each shift.
    """
    moves = {0: [(0, 0)]} | {s: [(s, 0), (-s, 0), (0, s), (0, -s)] for s in shifts if s}
    return [float(np.mean([accuracy(predict(model, shift_images(images, *move)), labels) for move in moves[s]]))
            for s in shifts]  # fmt: skip


@functools.cache
def _digits(permuted=False):
    train, test = ((prepare_images(images), labels.astype(int)) for images, labels in load_mnist())
    if permuted:
        return tuple((permute_pixels(images, seed=0), labels) for images, labels in (train, test))
    return train, test


@functools.cache
def _run(name, **options):
    """Train, once for all parts that need it, and say on the way what came out."""
    model, curve = train_once(name, **options)
    print(f"  {name}, {', '.join(f'{key} {value}' for key, value in options.items())}: {curve[-1]:.4f}", flush=True)
    return model, curve


def _rates():
    """Which step size serves each network best, judged on training images that were held out."""
    rates = (0.001, 0.002, 0.004, 0.008, 0.016)
    return {name: {str(rate): _run(name, rate=rate, held_out=True)[1][-1] for rate in rates} for name in NETWORKS}


def _equal():
    return {name: [_run(name, seed=seed)[1] for seed in SEEDS] for name in NETWORKS}


def _longer():
    """Three times as many passes for the MLP."""
    return {"MLP": [_run("MLP", seed=seed, passes=3 * PASSES)[1] for seed in SEEDS]}


def _shifted():
    """Shifted test digits, for networks trained as in "equal" and for some trained on moved digits, twice as long."""
    test = _digits()[1]
    return {name + said: [accuracy_when_shifted(_run(name, seed=seed, **options)[0], *test) for seed in SEEDS]
            for said, options in {"": {}, ", moved": {"shift": 2, "passes": 2 * PASSES}}.items() for name in ("MLP", "CNN")}


def _permuted():
    return {name: [_run(name, seed=seed, permuted=True)[1] for seed in SEEDS] for name in ("MLP", "CNN")}


def _sizes():
    return {name: {str(size): [_run(name, seed=seed, size=size)[1][-1] for seed in SEEDS] for size in SIZES}
            for name in ("MLP", "CNN")}


PARTS = {"rates": _rates, "equal": _equal, "longer": _longer, "shifted": _shifted, "permuted": _permuted, "sizes": _sizes}


def _rounded(value):
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list) else round(value, 4)


def main(arguments):
    """Measure all parts, or those that are named, and write them into the file."""
    parser = argparse.ArgumentParser(prog="python -m cnnlib.mlp_vs_cnn", description="Measure what unit 04 shows, anew.")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be given several times")
    chosen = parser.parse_args(arguments).only or list(PARTS)
    results = load_results() if RESULTS.is_file() else {}
    for part in chosen:
        print(f"measuring {part}", flush=True)
        results[part] = _rounded(PARTS[part]())
        ordered = {name: results[name] for name in PARTS if name in results}
        RESULTS.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
