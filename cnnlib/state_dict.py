"""Reading trained weights that PyTorch wrote, without PyTorch: after this room you know what is in such a file.

Weights are often handed around as a *state dict*: a mapping from a name to an array, written with Python's `pickle`. A
pickle can name any function of any module and have it called while it is read, so a pickle of unknown origin is a program.
Here it may name four harmless things and nothing else; what it is to call, we call ourselves, with NumPy.

The old format (before PyTorch 1.6): a magic number, a version, a description of the machine, the state dict, the keys of
its storages, and then the numbers of each storage: their count in eight bytes, and the raw numbers.
"""

import collections
import pickle
import struct
from typing import NamedTuple

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C  # the first thing in every such file
TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4"}


class _Storage(NamedTuple):
    """A run of numbers in the file: its key, its type, and how many there are."""

    key: str
    dtype: np.dtype
    count: int


class _Tensor(NamedTuple):
    """An array that lies in a storage: where it begins, its shape, and the step along each axis, counted in numbers."""

    storage: _Storage
    offset: int
    shape: tuple
    steps: tuple


def read_state_dict(path):
    """Read the arrays of a PyTorch state dict in the old format, with nothing but NumPy.

    Parameters
    ----------
    path : path
        Of the file, usually called something.pth.

    Returns
    -------
    arrays : dict {name: array}
        In the order of the file, each with memory of its own.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When it is no such file, is cut off, or asks for anything but arrays.

    Examples
    --------
    >>> read_state_dict("model.pth")["conv.weight"].shape  # doctest: +SKIP
    (32, 3, 3, 3)

    Source: the module torch.serialization, function _legacy_load; Python's manual, "Restricting Globals" under pickle.
    """
    with open(path, "rb") as file:
        try:
            magic, _version, _machine, tensors, keys = (_Reader(file).load() for _ in range(5))
            if magic != MAGIC or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
                raise ValueError("it is not a state dict")
            sizes = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
            numbers = {key: _read_storage(file, sizes[key]) for key in keys}
            return {name: _lay_out(numbers[tensor.storage.key], tensor) for name, tensor in tensors.items()}
        except Exception as fault:  # a damaged pickle raises whatever it likes
            raise ValueError(
                f"{path} cannot be read as a PyTorch state dict of the old format: {fault}. Fetch it again, and read only "
                "files that you have from somebody you trust."
            ) from fault


class _Reader(pickle.Unpickler):
    """A pickle reader that knows arrays and refuses the rest."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, steps, *_: _Tensor(storage, offset, tuple(shape), tuple(steps))
        if module == "torch" and name in TYPES:
            return name
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not needed for arrays")

    def persistent_load(self, place):
        kind, dtype, key, _machine, count, *_ = place
        if kind != "storage":
            raise pickle.UnpicklingError(f"it asks for a {kind!r}")
        return _Storage(str(key), np.dtype(TYPES[dtype]), int(count))


def _read_storage(file, storage):
    """Return the next storage of the file as a flat array."""
    (count,) = struct.unpack("<q", file.read(8))
    if count != storage.count:
        raise ValueError(f"the storage {storage.key} holds {count} numbers, and {storage.count} were announced")
    raw = file.read(count * storage.dtype.itemsize)
    return np.frombuffer(raw, storage.dtype, count)  # ValueError when the file ends too early


def _lay_out(numbers, tensor):
    """Return the part of a storage that an array is, in its shape; ValueError when it would reach outside."""
    last = tensor.offset + sum((size - 1) * step for size, step in zip(tensor.shape, tensor.steps, strict=True))
    if min((tensor.offset, *tensor.shape, *tensor.steps)) < 0 or (0 not in tensor.shape and last >= len(numbers)):
        raise ValueError("an array lies outside of its storage")
    bytes_apart = [step * numbers.itemsize for step in tensor.steps]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, bytes_apart).copy()
