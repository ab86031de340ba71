"""What is drawn: values that may cross, JSON that may be none of them, bytes with damage, and a watch on what they set off."""

import contextlib
import copy
import json
import struct
import sys
import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.checker.values import BITS, Decoder
from autograder.limits import MIB


def share(part: float) -> settings:
    """This part of a profile's examples, for a property whose examples take longer than others'."""
    return settings(max_examples=max(int(settings().max_examples * part), 1))


# --- values ---------------------------------------------------------------------------------------------------------------

def _float(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


NANS = st.builds(lambda sign, payload: _float(sign << 63 | 0x7FF << 52 | payload),
                 st.integers(0, 1), st.just(1 << 51) | st.integers(1, 2**52 - 1))
FLOATS = st.floats() | NANS
INTEGERS = st.integers(-2**70, 2**70) | st.integers(1, BITS).map(lambda bits: 2**bits - 1) | st.integers(1, BITS).map(
    lambda bits: -2**(bits - 1))
TEXTS = st.text(max_size=300) | st.text(st.characters(), max_size=10) | st.text("\ud83d\ude00\0a", max_size=4) | st.integers(
    195, 205).map(lambda size: "ü" * size)
NUMBERS = st.booleans() | INTEGERS | FLOATS | st.builds(complex, FLOATS, FLOATS)
HASHABLE = st.recursive(st.none() | NUMBERS | TEXTS | st.binary(max_size=300),
                        lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=3), max_leaves=8)
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
DTYPES = st.sampled_from([np.dtype(text) for text in [
    "?", "b", "B", *(order + kind for order in "<>" for kind in (
        "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "g", "c8", "c16", "G", "U1", "U5", "M8", "m8")),
    "U0", "S0", "S1", "S5", *(f"<{kind}8[{unit}]" for kind in "Mm" for unit in UNITS), ">M8[7D]", "<m8[2147483647s]"]])


SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@st.composite
def _tables(draw, shapes=SHAPES) -> np.ndarray:
    """An array with any bits in it, C or Fortran in its order, perhaps empty, without axes, or not to be written to."""
    dtype, shape = draw(DTYPES), draw(shapes)
    array = np.ndarray(shape, dtype, order=draw(st.sampled_from("CF")))
    if array.nbytes:
        some = draw(st.binary(min_size=1, max_size=40))
        bits = np.frombuffer((some * (array.nbytes // len(some) + 1))[:array.nbytes], np.uint8)
        if dtype.kind == "b":
            bits = bits & 1
        elif dtype.kind == "U":
            bits = (bits.view("<u4") % (sys.maxunicode + 1)).astype(dtype.byteorder + "u4")
        elif dtype.char in "gG":  # a part of their memory has no meaning
            bits = bits.astype(dtype)[:array.size]
        array[...] = bits.view(dtype).reshape(shape)
    array.flags.writeable = draw(st.booleans())
    return array


TABLES = _tables()
SCALARS = _tables(st.just(())).map(lambda array: array[()]) | TEXTS.map(np.str_) | st.binary(max_size=300).map(np.bytes_)
BOUND = st.none() | INTEGERS
VALUES = st.recursive(
    HASHABLE | TABLES | SCALARS | st.sets(HASHABLE, max_size=4) | DTYPES | st.just(...) | st.just(NotImplemented)
    | st.builds(range, INTEGERS, INTEGERS, INTEGERS.filter(bool)) | st.builds(slice, BOUND | FLOATS, BOUND, BOUND),
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple)
    | st.dictionaries(HASHABLE, inner, max_size=5) | st.builds(slice, inner, inner), max_leaves=20)

# --- what is perhaps no value -----------------------------------------------------------------------------------------------

DTYPE_TEXTS = ["<f8", "|b1", "<U2", "<U0", "|S0", "|O", "<f2", ">c16", "<M8[ns]", "<f99", "|V8", "<U999999999",
               "<M8[9999999999Y]"]
LEAVES = st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.sampled_from([0, 1, 2, 2**20, 2**26, 2**40]) | st.floats(
    ) | st.text(max_size=8) | st.sampled_from([*DTYPE_TEXTS, "F", "r", "Fr", "int8", "float32", "float64", "Ellipsis"])


def nodes(tags, leaves=LEAVES) -> st.SearchStrategy:
    """Nodes with the right tags and, now and then, the right parts."""
    shapes = st.lists(st.sampled_from([0, 1, 2, 3, 2**13, 2**26, 2**40]), max_size=3)
    claims = st.tuples(st.sampled_from(["array", "scalar", "tensor"]), st.sampled_from(DTYPE_TEXTS), shapes,
                       st.sampled_from(["", "F", "r"])).map(list)
    return st.recursive(
        leaves | claims,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2) | st.tuples(
            st.sampled_from(sorted(tags)), st.lists(inner, max_size=5)).map(lambda pair: [pair[0], *pair[1]]) | st.tuples(
            st.sampled_from(sorted(tags)), st.lists(inner, max_size=5)).map(list), max_leaves=25)


NODES = nodes(set(Decoder.TAGS) - {"model"})


@st.composite
def damaged(draw, content: bytes) -> bytes:
    """Bytes after a few accidents: cut, flipped, left out, repeated, others put between them."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        begin, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        end = min(end, begin + draw(st.sampled_from([1, 4, 100, len(data)])))
        accident = draw(st.sampled_from(["cut", "flip", "put", "leave out", "repeat", "move"]))
        if accident == "cut":
            del data[end:]
        elif accident == "flip" and data:
            data[min(begin, len(data) - 1)] ^= 1 << draw(st.integers(0, 7))
        elif accident == "put":
            data[begin:begin] = draw(st.binary(max_size=8) | st.sampled_from(
                [b'"', b"[", b"{", b"]", b"}", b",", b":", b"null", b"-", b"1e999", b"\\ud800", b"\xff\xfe", b"\0",
                 b"9" * 5000]))
        elif accident == "leave out":
            del data[begin:end]
        elif accident == "repeat":
            data[begin:begin] = data[begin:end]
        else:
            part = data[begin:end]
            del data[begin:end]
            place = draw(st.integers(0, len(data)))
            data[place:place] = part
    return bytes(data)


def places(value) -> list[tuple]:
    """Every list and object inside of JSON with each of its keys."""
    found, left = [], [value]
    while left:
        outer = left.pop()
        keys = range(len(outer)) if isinstance(outer, list) else list(outer)
        found += [(outer, key) for key in keys]
        left += [outer[key] for key in keys if isinstance(outer[key], list | dict)]
    return found


JSON_LEAVES = st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats() | TEXTS
ANY_JSON = st.recursive(JSON_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
                        max_leaves=10)


def in_order(node):
    """A node of which the sets are sorted: a NaN's place in one is another in every run."""
    if isinstance(node, dict):
        return {key: in_order(part) for key, part in node.items()}
    if not isinstance(node, list):
        return node
    parts = [in_order(part) for part in node]
    if len(parts) == 2 and parts[0] in ("set", "frozenset") and isinstance(parts[1], list):
        parts[1].sort(key=json.dumps)
    return parts


@st.composite
def twisted(draw, content, leaves=ANY_JSON, most: int = 4):
    """JSON in which values were replaced by others, left out, repeated, swapped, wrapped, or put under other keys."""
    content = in_order(json.loads(json.dumps(content)))
    for _ in range(draw(st.integers(1, most))):
        where = places(content)
        if not where:
            return content
        outer, key = where[draw(st.integers(0, len(where) - 1))]
        change = draw(st.sampled_from(["replace", "leave out", "repeat", "swap", "wrap", "rename", "nest"]))
        if change == "replace":
            outer[key] = copy.deepcopy(draw(leaves))  # what is drawn stays as it is: it may be drawn again
        elif change == "leave out":
            del outer[key]
        elif change == "repeat" and isinstance(outer, list):
            outer.insert(draw(st.integers(0, len(outer))), json.loads(json.dumps(outer[key])))
        elif change == "swap":
            other = draw(st.sampled_from([*outer] if isinstance(outer, dict) else range(len(outer))))
            outer[key], outer[other] = outer[other], outer[key]
        elif change == "wrap":
            outer[key] = [outer[key]] if draw(st.booleans()) else {"": outer[key]}
        elif change == "rename" and isinstance(outer, dict):
            outer[draw(TEXTS)] = outer.pop(key)
        else:
            for _ in range(draw(st.sampled_from([3, 90, 150]))):
                outer[key] = [outer[key]]
    return content


# --- what must not happen meanwhile -------------------------------------------------------------------------------------------

_seen: list[str] | None = None
_WATCHED = ("import", "compile", "exec", "pickle.", "marshal.", "open", "os.", "subprocess.", "ctypes.", "shutil.",
            "socket.connect")


def _watch(event: str, arguments: tuple) -> None:
    if _seen is not None and event.startswith(_WATCHED):
        _seen.append(f"{event} {arguments!r:.200}")


sys.addaudithook(_watch)  # there is no way to take it off again


@contextlib.contextmanager
def nothing_runs() -> Iterator[None]:
    """Inside of this block nothing is imported, compiled, executed, unpickled, opened or started."""
    global _seen
    _seen = []
    try:
        yield
        assert not _seen, _seen
    finally:
        _seen = None


@contextlib.contextmanager
def bounded(memory: float, seconds: float = 5) -> Iterator[None]:
    """This block takes no more memory (bytes) on top of what there is, and no more processor time: loose bounds."""
    began = time.process_time()
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < memory, f"{peak / MIB:.1f} MiB"
    assert time.process_time() - began < seconds
