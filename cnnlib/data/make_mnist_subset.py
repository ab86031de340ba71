"""Pack the head of MNIST into the one file that the course carries: python -m cnnlib.data.make_mnist_subset FOLDER.

FOLDER holds the four IDX files. Made again, the file is the same to the byte (with another zlib, to the digit): the
dates inside are fixed here, since NumPy's savez_compressed fixes them too but does not promise it.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np

from cnnlib.mnist import SUBSET, load_mnist

TRAIN, TEST = 10_000, 2_000


def make_subset(folder, path, *, train=TRAIN, test=TEST):
    """Write the first digits of the four IDX files in a folder to one compressed NumPy file.

    Parameters
    ----------
    folder : path
        Holds the four IDX files, gzipped or not.
    path : path
        The .npz file to write.
    train, test : int
        How many digits to keep, from the first on.

    Returns
    -------
    size : int
        Of the file, in bytes.

    Raises
    ------
    FileNotFoundError, ValueError
        As cnnlib.mnist.load_mnist.
    """
    (x_train, y_train), (x_test, y_test) = load_mnist(full=True, folder=folder)
    arrays = {
        "x_train": x_train[:train],  # (train, 28, 28)
        "y_train": y_train[:train],  # (train,)
        "x_test": x_test[:test],  # (test, 28, 28)
        "y_test": y_test[:test],  # (test,)
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # as on Unix, wherever it runs
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            archive.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return Path(path).stat().st_size


def main(arguments):
    """Read the folder from the command line, write the file, say how large it is."""
    if len(arguments) != 1:
        sys.exit("usage: python -m cnnlib.data.make_mnist_subset FOLDER")
    size = make_subset(arguments[0], SUBSET)
    print(f"{SUBSET.name}: {size:,} bytes, {TRAIN:,} training and {TEST:,} test digits")


if __name__ == "__main__":
    main(sys.argv[1:])
