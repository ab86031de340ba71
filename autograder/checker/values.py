"""What may cross between the student's process and the checker: plain values, as JSON and raw bytes, and nothing that runs.

A message is a frame: lengths, a JSON head, a body of raw bytes. In the head a value is a node: null, a truth value, a
number or a short text as JSON writes it, anything else a list that starts with a tag, such as `["tuple", [1, 2]]`. The
bytes of arrays and long texts stand in the body, in the order of their nodes. Nothing is unpickled, imported or evaluated,
every length is compared with a cap before memory is taken for it, and what is not a value in this sense is refused with
MalformedValue: the sender is the student's process, and may send anything.
"""

import math
import re
import socket
import struct
import sys
import time
from collections.abc import ItemsView, KeysView, Sequence, ValuesView
from dataclasses import dataclass
from json import dumps, loads

import numpy as np

from autograder.checker import models
from autograder.limits import MIB

HEADER = struct.Struct("!4sIQ")  # magic, bytes of the head, bytes of the body
MAGIC = b"CNN1"
OVERHEAD = MIB  # what a head may take beyond the values in it
SHORT = 200  # characters of a text that stands in the head
BITS = 10_000  # of an integer; JSON's reader stops at about 14,000
DIMENSIONS = 32
SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: JSON would make one of two
NAN = struct.Struct("<d"), struct.Struct("<Q")  # which of the many it is does not stand in JSON
KINDS = "biufcUSMm"  # of arrays: see numpy.dtype.kind
DTYPE = re.compile(r"[<>|][biufc]\d{1,2}|[<>|][US]\d{1,9}|[<>][Mm]8(\[\d{0,10}[a-zA-Z]{1,7}\])?")
SCALARS = {kind.__name__: kind for kind in (  # those that JSON's numbers can say exactly
    np.bool, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64,
    np.float16, np.float32, np.float64)}
CONSTANTS = {"Ellipsis": ..., "NotImplemented": NotImplemented}


class MalformedValue(ValueError):
    """What came is not a message of this kind, or larger than it may be."""


class NotSendable(ValueError):
    """A value that cannot cross; the text says what it is, such as "a list that contains itself"."""


@dataclass(frozen=True)
class Caps:
    """How large a message may be. size: bytes; items: values in it, each element of a list counted; depth: lists in lists."""

    size: int = 64 * MIB
    items: int = 1_000_000
    depth: int = 100


CAPS = Caps()
UNLIMITED = Caps(size=2**40, items=2**40)  # of what comes from those whom a side trusts


class Encoder:
    """Turns values into nodes; `buffers` is then the body.

    mutables: the arrays, lists, dicts, sets and models met, in the order in which a Decoder meets them. known: objects (by id)
    that the other side knows by number, because it sent them: they go back as that number, so they stay the same objects.
    """

    def __init__(self, caps: Caps = CAPS, known: Sequence[object] = ()):
        self.caps = caps
        self.known = {id(value): number for number, value in enumerate(known)}
        self.buffers: list[bytes] = []
        self.mutables: list[object] = []
        self._size = self._items = 0
        self._open: list[int] = []  # ids of the containers that are being written

    def node(self, value: object) -> object:
        """The node of a value; NotSendable when it is too large, too deep, or contains itself."""
        if self.known and id(value) in self.known:
            return ["same", self.known[id(value)]]
        return self.contents(value)

    def contents(self, value: object) -> object:
        """The node of a value, written out even if the other side knows the object."""
        self._charge(8)
        kind = type(value)
        if value is None or kind is bool or kind is float and value == value:
            return value
        if SCALARS.get(kind.__name__) is kind and value == value:
            return ["number", kind.__name__, value.item()]
        if isinstance(value, np.character):  # an array would leave out the zeros at its end
            return ["character", self.node(str.__str__(value) if isinstance(value, str) else bytes(value))]
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        if isinstance(value, int):
            if int.bit_length(value) > BITS:
                raise NotSendable(f"an integer of more than {BITS} bits")
            if int.bit_length(value) > 64:
                self._charge(int.bit_length(value) // 3)  # its digits
            return int(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, float):
            value = float.__float__(value)
            return value if value == value else ["nan", *NAN[1].unpack(NAN[0].pack(value))]
        for plain, tag in CONTAINERS:
            if isinstance(value, plain):
                return [tag, self._parts(value, tag)]
        if isinstance(value, complex):
            return ["complex", self.node(value.real), self.node(value.imag)]
        if isinstance(value, bytes):
            return ["bytes", self._add(bytes(value))]
        if isinstance(value, range | slice):
            return [type(value).__name__, *self._parts((value.start, value.stop, value.step), type(value).__name__)]
        if isinstance(value, np.dtype) and value.kind in KINDS:
            return ["dtype", value.str]
        if value is ... or value is NotImplemented:
            return ["constant", str(value)]
        if models.is_model(value) and (place := models.place_inside(value, self.mutables)) is not None:
            self.mutables.append(value)
            return ["layer", *place]
        if models.is_model(value) and (text := models.described(value)) is not None:
            node = ["model", self._text(text), [self.node(weight) for weight in value.get_weights()], models.flags(value)]
            self.mutables.append(value)
            return node
        array = as_array(value)
        if array is None:
            return self.other(value)
        node = self._array(array)
        return ["tensor", *node[1:]] if kind.__module__.partition(".")[0] == "tensorflow" and node[0] != "object" else node

    def other(self, value: object) -> object:
        """The node of anything else: for those who can do more than plain values."""
        raise NotSendable(f"a value of type {type(value).__name__}")

    def _charge(self, size: int) -> None:
        self._size += size
        self._items += 1
        if self._size > self.caps.size:
            raise NotSendable(f"more than {self.caps.size / MIB:g} MiB")
        if self._items > self.caps.items:
            raise NotSendable(f"more than {self.caps.items:,} values")

    def _add(self, content: bytes) -> int:
        self._charge(len(content))
        self.buffers.append(content)
        return len(content)

    def _text(self, value: str) -> object:
        if len(value) <= SHORT and not SURROGATE.search(value):
            self._charge(6 * len(value))  # as JSON may write it
            return str.__str__(value)
        return ["text", self._add(str.encode(value, "utf-8", "surrogatepass"))]

    def _parts(self, value, tag: str) -> list:
        if id(value) in self._open:
            raise NotSendable(f"a {tag} that contains itself")
        if len(self._open) >= self.caps.depth:
            raise NotSendable(f"lists in lists, more than {self.caps.depth} deep")
        if tag in ("list", "dict", "set"):
            self.mutables.append(value)
        self._open.append(id(value))
        if tag == "dict":
            parts = [[self.node(key), self.node(part)] for key, part in value.items()]
        else:
            parts = [self.node(part) for part in value]
        self._open.pop()
        return parts

    def _array(self, value) -> object:
        array = np.asarray(value)
        if array.dtype.kind not in KINDS or array.ndim > DIMENSIONS:
            return self.other(value)
        scalar = isinstance(value, np.generic)
        if not scalar:
            self.mutables.append(value)
        self._charge(array.nbytes)  # before bytes are taken: a broadcast array is larger than its memory
        fortran = array.flags.f_contiguous and not array.flags.c_contiguous
        self.buffers.append(array.tobytes("F" if fortran else "C"))
        layout = ("F" if fortran else "") + ("" if array.flags.writeable else "r")
        return ["scalar" if scalar else "array", array.dtype.str, list(array.shape), layout]


CONTAINERS = ((tuple, "tuple"), (list, "list"), (dict, "dict"), (set, "set"), (frozenset, "frozenset"),
              (KeysView, "keys"), (ItemsView, "items"), (ValuesView, "values"))


def as_array(value: object) -> np.ndarray | np.generic | None:
    """A tensor, or anything that NumPy calls an array, as an array; None for anything else."""
    kind = type(value)
    try:
        if hasattr(kind, "numpy"):
            array = value.numpy()
            return array if isinstance(array, np.ndarray | np.generic) else None
        if hasattr(kind, "__array__") or hasattr(kind, "__array_interface__"):
            return np.asarray(value)
    except Exception:  # a symbolic tensor has no numbers
        pass
    return None


class Decoder:
    """Turns nodes into values; every fault of what came is a MalformedValue.

    body: the bytes of the message. known: the objects that the other side may name by number, its `Encoder.mutables`.
    mutables: see Encoder. Values are made anew, own their memory, and are of the plain types only.
    """

    def __init__(self, body: bytes | memoryview = b"", caps: Caps = CAPS, known: Sequence[object] = ()):
        self.caps, self.known = caps, known
        self.mutables: list[object] = []
        self._body, self._place = memoryview(body), 0
        self._items = self._depth = 0

    def node(self, node: object) -> object:
        """The value of a node."""
        try:
            return self._node(node)
        except MalformedValue:
            raise
        except Exception as fault:
            raise MalformedValue(f"not a value: {type(fault).__name__}") from None

    def finish(self) -> None:
        """See that nothing of the body is left over."""
        if self._place != len(self._body):
            raise MalformedValue("more bytes than values")

    def _node(self, node):
        self._items += 1
        if self._items > self.caps.items:
            raise MalformedValue("too many values")
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is not list or type(node[0]) is not str:
            raise MalformedValue("not a node")
        if self._depth > 2 * self.caps.depth + 2:  # what a list holds may take some nodes itself
            raise MalformedValue("too deep")
        self._depth += 1
        tag, *parts = node
        value = self.TAGS[tag](self, *parts) if tag in self.TAGS else self.other(tag, parts)
        self._depth -= 1
        return value

    def other(self, tag: str, parts: list) -> object:
        """The value of a node with another tag: for those who can do more than plain values."""
        raise MalformedValue("an unknown kind of value")

    def _take(self, size: object) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self._body) - self._place:
            raise MalformedValue("fewer bytes than values")
        self._place += size
        return self._body[self._place - size:self._place]

    def _same(self, number):
        if type(number) is not int or number < 0:
            raise MalformedValue("not a number of an object")
        return self.known[number]

    def _several(self, parts) -> list:
        if type(parts) is not list:
            raise MalformedValue("not a list of nodes")
        return [self._node(part) for part in parts]

    def _list(self, parts):
        value: list = []
        self.mutables.append(value)
        value.extend(self._several(parts))
        return value

    def _set(self, parts):
        value: set = set()
        self.mutables.append(value)
        value.update(self._several(parts))
        return value

    def _dict(self, parts):
        value: dict = {}
        self.mutables.append(value)
        for key, part in parts:
            key = self._node(key)
            value[key] = self._node(part)
        return value

    def _array(self, dtype, shape, layout):
        array = self._read_array(dtype, shape, layout)
        self.mutables.append(array)
        return array

    def _tensor(self, dtype, shape, layout):
        array = self._array(dtype, shape, layout)
        framework = sys.modules.get("tensorflow")
        return array if framework is None else framework.convert_to_tensor(array)

    def _read_array(self, dtype, shape, layout):
        if not isinstance(dtype, str) or not DTYPE.fullmatch(dtype) or layout not in ("", "F", "r", "Fr"):
            raise MalformedValue("not an array")
        if type(shape) is not list or len(shape) > DIMENSIONS or any(
                type(n) is not int or not 0 <= n <= self.caps.size for n in shape):
            raise MalformedValue("not a shape")
        dtype, count = np.dtype(dtype), math.prod(shape)
        if count > self.caps.size:
            raise MalformedValue("too many numbers")
        raw = self._take(count * dtype.itemsize)
        if dtype.kind == "U" and raw and np.frombuffer(raw, dtype.byteorder + "u4").max() > sys.maxunicode:
            raise MalformedValue("not text")
        array = np.ndarray(shape, dtype, order="F" if "F" in layout else "C")  # also of empty texts, that take no memory
        if raw:
            flat = np.frombuffer(raw, np.uint8) != 0 if dtype.kind == "b" else np.frombuffer(raw, dtype)  # a byte of 2 is 1
            array[...] = flat.reshape(shape[::-1]).T if "F" in layout else flat.reshape(shape)
        array.flags.writeable = "r" not in layout
        return array

    def _character(self, text):
        text = self._node(text)
        if type(text) not in (str, bytes):
            raise MalformedValue("not a text")
        return (np.str_ if type(text) is str else np.bytes_)(text)

    def _dtype(self, text):
        if not DTYPE.fullmatch(text):
            raise MalformedValue("not a type of numbers")
        return np.dtype(text)

    def _model(self, text, weights, flags):
        model = models.rebuilt(self._node(text), self._several(weights), flags, self.caps.size)
        self.mutables.append(model)
        return model

    def _layer(self, number, index):
        if type(number) is not int or type(index) is not int or min(number, index) < 0:
            raise MalformedValue("not the number of a layer")
        outer = self.mutables[number]
        layer = models.layers_of(outer)[index] if models.is_model(outer) else None
        if not models.is_model(layer):
            raise MalformedValue("not a model in a model")
        self.mutables.append(layer)
        return layer

    def _number(self, name, value):
        if type(value) not in (bool, int, float):
            raise MalformedValue("not a number")
        return SCALARS[name](value)

    def _bytes(self, size):
        return bytes(self._take(size))

    def _text(self, size):
        return str(self._take(size), "utf-8", "surrogatepass")

    TAGS = {
        "same": _same, "list": _list, "set": _set, "dict": _dict, "array": _array, "tensor": _tensor, "model": _model,
        "layer": _layer,
        "number": _number, "character": _character, "dtype": _dtype, "bytes": _bytes, "text": _text,
        "tuple": lambda self, parts: tuple(self._several(parts)),
        "frozenset": lambda self, parts: frozenset(self._several(parts)),
        "keys": lambda self, parts: dict.fromkeys(self._several(parts)).keys(),
        "values": lambda self, parts: dict(enumerate(self._several(parts))).values(),
        "items": lambda self, parts: dict(self._several(parts)).items(),
        "scalar": lambda self, *parts: self._read_array(*parts)[()],
        "nan": lambda self, bits: NAN[0].unpack(NAN[1].pack(bits))[0],
        "complex": lambda self, real, imaginary: complex(self._node(real), self._node(imaginary)),
        "range": lambda self, *parts: range(*self._several(list(parts))),
        "slice": lambda self, start, stop, step: slice(*self._several([start, stop, step])),
        "constant": lambda self, name: CONSTANTS[name],
    }


class Wire:
    """A stream socket on which whole messages go and come. Deadlines are on time.monotonic()'s clock; None waits for ever."""

    def __init__(self, channel: socket.socket, caps: Caps = CAPS):
        self.channel, self.caps = channel, caps

    def send(self, head: dict, buffers: Sequence[bytes] = (), deadline: float | None = None) -> None:
        """Send one message; TimeoutError when nobody takes it in time, OSError when the other side is gone."""
        text = dumps(head, separators=(",", ":")).encode("ascii")
        parts = [HEADER.pack(MAGIC, len(text), sum(map(len, buffers))), text, *buffers]
        self._limit(deadline)
        for part in [b"".join(parts)] if sum(map(len, parts)) < MIB else parts:
            self.channel.sendall(part)

    def receive(self, deadline: float | None = None) -> tuple[dict, memoryview]:
        """The next message: head and body. TimeoutError, OSError (ConnectionError at the end of the stream), MalformedValue."""
        magic, head_size, body_size = HEADER.unpack(self._exactly(HEADER.size, deadline))
        if magic != MAGIC or head_size + body_size > self.caps.size + OVERHEAD:
            raise MalformedValue("not a message")
        data = memoryview(self._exactly(head_size + body_size, deadline))
        text = bytes(data[:head_size])
        if sum(map(text.count, (b",", b"[", b"{"))) > 4 * self.caps.items:  # each may become an object: count before reading
            raise MalformedValue("too many values")
        try:
            head = loads(text)
        except (ValueError, RecursionError, MemoryError):
            raise MalformedValue("not JSON") from None
        if type(head) is not dict:
            raise MalformedValue("not a head")
        return head, data[head_size:]

    def _exactly(self, size: int, deadline: float | None) -> bytearray:
        data = bytearray(size)
        view, got = memoryview(data), 0
        while got < size:
            self._limit(deadline)
            count = self.channel.recv_into(view[got:])
            if not count:
                raise ConnectionResetError("the other side is gone")
            got += count
        return data

    def _limit(self, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("out of time")
        self.channel.settimeout(left)
