"""Handwritten digits: after this room you have MNIST as arrays, and know the file format that it came in.

Images are (N, 28, 28) uint8, 0 the paper and 255 the ink; labels are (N,) uint8, 0 to 9. The part that comes
with the course needs no network; its licence is in cnnlib/data/MNIST-LICENSE.md.
"""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np

SUBSET = Path(__file__).parent / "data" / "mnist_subset.npz"
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_WAY_OUT = (
    f"Put the four IDX files ({', '.join(FILES)}, as they are or with .gz) in a folder, and name it with "
    f"folder=... or the environment variable CNNLIB_MNIST; or use load_mnist() without full=True."
)


def load_mnist(*, full=False, folder=None):
    """Load handwritten digits, split into those to learn from and those to test on.

    A network must be judged on digits that it has never seen, hence two parts. The shipped part is small
    enough to train on a laptop in seconds and large enough to pass 95 %.

    Parameters
    ----------
    full : bool
        False: the first 10,000 training and the first 2,000 test digits, which come with the course. True:
        all 60,000 and 10,000.
    folder : path, optional
        With full=True: where the four IDX files are, gzipped or not. Without it the environment variable
        CNNLIB_MNIST names the folder, and without that Keras downloads the digits.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : uint8 arrays (N, 28, 28), brightness 0 to 255, and (N,), the digit
    shown.

    Raises
    ------
    ValueError
        When a folder is given without full=True, or an IDX file is damaged.
    FileNotFoundError
        When the folder or one of its files is missing.
    RuntimeError
        When there is no folder, and Keras cannot fetch the digits.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_mnist()
    >>> x_train.shape, x_test.shape
    ((10000, 28, 28), (2000, 28, 28))
    >>> print(y_train[:10])
    [5 0 4 1 9 2 1 3 1 4]

    Source: Y. LeCun and others, Gradient-based learning applied to document recognition, 1998.
    """
    if not full:
        if folder is not None:
            raise ValueError(f"folder={str(folder)!r} is read only with full=True. Add full=True.")
        with np.load(SUBSET) as data:
            return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])
    folder = folder or os.environ.get("CNNLIB_MNIST")
    if folder:
        x_train, y_train, x_test, y_test = (read_idx(path) for path in _idx_files(Path(folder).expanduser()))
        return (x_train, y_train), (x_test, y_test)
    try:
        from keras.datasets import mnist

        return mnist.load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails
        reason = str(error) or type(error).__name__
        raise RuntimeError(f"the full MNIST could not be fetched through Keras: {reason}. {_WAY_OUT}") from error


def _idx_files(folder):
    """Return the paths of the four files in a folder, or say which is missing."""
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder} to read MNIST from. {_WAY_OUT}")
    paths = []
    for name in FILES:
        found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        if not found:
            raise FileNotFoundError(f"the folder {folder} holds neither {name} nor {name}.gz. {_WAY_OUT}")
        paths.append(found[0])
    return paths


def read_idx(path):
    """Read one IDX file, the format in which MNIST is handed around.

    Four bytes say what follows: 0, 0, the type (8 for bytes), the number of axes. Then comes the length of
    each axis in four bytes, largest first, and then nothing but the values.

    Parameters
    ----------
    path : path
        Of the file, gzipped or not: its first bytes tell, not its name.

    Returns
    -------
    array : uint8 array with the axes that the file declares.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is no IDX file of bytes, or shorter or longer than it declares.

    Examples
    --------
    A row of two bytes, 5 and 7:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "tiny"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 2,  0, 0, 0, 1,  0, 0, 0, 2,  5, 7]))
    >>> read_idx(path)
    array([[5, 7]], dtype=uint8)

    Source: the MNIST home page, section on the file format.
    """
    path = Path(path)
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":  # gzip's own first two bytes
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path.name} is a damaged gzip file: {error}. Fetch it again.") from error
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise ValueError(
            f"{path.name} begins with the bytes {list(content[:4])}: an IDX file of bytes begins with 0, "
            f"0, 8 and the number of axes. Fetch it again."
        )
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{path.name} ends inside its header, after {len(content)} bytes. Fetch it again.")
    shape = tuple(np.frombuffer(content, ">u4", axes, offset=4).tolist())
    expected = int(np.prod(shape, dtype=object))  # object: Python's integers cannot overflow
    if len(content) - start != expected:
        raise ValueError(
            f"{path.name} holds {len(content) - start} values, but its header declares {expected}, of shape "
            f"{shape}: the file is cut off or mixed up. Fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()  # a copy can be written to
