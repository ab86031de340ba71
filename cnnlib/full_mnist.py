"""The recipe for the full MNIST: after this room you know what 60,000 digits and ten minutes are good for.

    python -m cnnlib.full_mnist --folder FOLDER

trains the CNN of unit 04 on all 60,000 training digits, moved about at random, and judges it once on all 10,000 test digits.
FOLDER holds the four IDX files; without it the environment variable CNNLIB_MNIST names the folder, and without that Keras
downloads the digits. What came out when this was last run stands in cnnlib/data/full_mnist.json.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from cnnlib.classification import prepare_images
from cnnlib.classifiers import build_cnn, predict, train_classifier
from cnnlib.mnist import load_mnist

RESULT = Path(__file__).parent / "data" / "full_mnist.json"
RECIPE = {"passes": 10, "batch": 64, "rate": 0.004, "shift": 2, "seed": 0}


def train_on_full_mnist(folder=None, **recipe):
    """Train the CNN on the full MNIST and count its errors.

    A line a pass is printed. The accuracy in it is that on the last 2,000 training digits, which are learned from as well: it
    says that the training goes on, and nobody is tempted to stop by the test digits.

    Parameters
    ----------
    folder : path, optional
        Where the four IDX files are; see load_mnist.
    recipe
        Other values for the entries of RECIPE.

    Returns
    -------
    (model, result) : the network, and a dict: accuracy (0 to 1) and errors on the test images, test_images, parameters, and the
        recipe.

    Raises
    ------
    FileNotFoundError, RuntimeError
        As load_mnist.
    """
    import keras

    options = RECIPE | recipe
    (images, labels), (test_images, test_labels) = load_mnist(full=True, folder=folder)
    images, labels = prepare_images(images), labels.astype(int)
    test_images, test_labels = prepare_images(test_images), test_labels.astype(int)
    keras.utils.set_random_seed(options["seed"])
    model = build_cnn()
    train_classifier(model, images, labels, images[-2000:], labels[-2000:], progress=True, **options)
    errors = int(np.sum(predict(model, test_images).argmax(axis=1) != test_labels))
    result = {"accuracy": round(1 - errors / len(test_labels), 4), "errors": errors, "test_images": len(test_labels),
              "parameters": model.count_params(), **options}
    return model, result


def load_result():
    """Read what the recipe gave when it was last run, a dict as that of train_on_full_mnist.

    Examples
    --------
    >>> load_result()["test_images"]
    10000
    """
    return json.loads(RESULT.read_text(encoding="utf-8"))


def main(arguments):
    """Train, say the result, write it into the file, and keep the network if a name for it is given."""
    parser = argparse.ArgumentParser(prog="python -m cnnlib.full_mnist", description="Train unit 04's CNN on the full MNIST.")
    parser.add_argument("--folder", help="where the four IDX files are")
    parser.add_argument("--passes", type=int, default=RECIPE["passes"], help="how often all digits are seen [%(default)s]")
    parser.add_argument("--save", metavar="FILE.keras", help="keep the trained network in this file")
    chosen = parser.parse_args(arguments)
    model, result = train_on_full_mnist(chosen.folder, passes=chosen.passes)
    print(f"{result['accuracy']:.2%} of {result['test_images']:,} test digits right, {result['errors']} wrong, "
          f"with {result['parameters']:,} parameters")
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if chosen.save:
        model.save(chosen.save)


if __name__ == "__main__":
    main(sys.argv[1:])
