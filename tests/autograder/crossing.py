"""Both ends of the value codec and of its channel, in one process."""

import json
import socket
import struct
import time
from collections.abc import ItemsView, ValuesView

import numpy as np

from autograder.checker.values import CAPS, HEADER, MAGIC, MIB, Caps, Decoder, Encoder, Wire


def crossed(value, caps=CAPS):
    """The value as the other side gets it."""
    encoder = Encoder(caps)
    node = json.loads(json.dumps(encoder.node(value)))
    decoder = Decoder(b"".join(encoder.buffers), caps)
    result = decoder.node(node)
    decoder.finish()
    assert len(encoder.mutables) == len(decoder.mutables), "both sides must number the same objects"
    return result


def alike(a, b) -> bool:
    """Are they the same value, of the same types, down to the last bit?"""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.character):
        return str(a) == str(b)
    if isinstance(a, np.ndarray | np.generic):
        same = a.dtype == b.dtype and a.shape == b.shape and (
            repr(a) == repr(b) if a.dtype.char in "gG" else a.tobytes() == b.tobytes())  # part of a long double means nothing
        return same and (isinstance(a, np.generic) or a.flags.writeable == b.flags.writeable
                         and (a.size == 0 or a.flags.f_contiguous == b.flags.f_contiguous))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, complex):
        return alike(a.real, b.real) and alike(a.imag, b.imag)
    if isinstance(a, dict):
        return alike(list(a), list(b)) and alike(list(a.values()), list(b.values()))
    if isinstance(a, set | frozenset):
        return sorted(map(_bits, a)) == sorted(map(_bits, b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, ValuesView | ItemsView):
        return alike([*a], [*b])
    if isinstance(a, slice):
        return alike((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return a == b


def _bits(value) -> str:
    """A text that two elements of a set have in common only if they are alike."""
    if isinstance(value, tuple):
        text = " ".join(map(_bits, value))
    elif isinstance(value, frozenset):
        text = " ".join(sorted(map(_bits, value)))
    elif isinstance(value, complex):
        text = f"{_bits(value.real)} {_bits(value.imag)}"
    else:
        text = struct.pack("d", value).hex() if isinstance(value, float) else repr(value)
    return f"{type(value).__name__}({text})"


def frame(head: bytes, body: bytes = b"") -> bytes:
    return HEADER.pack(MAGIC, len(head), len(body)) + head + body


def received(content: bytes, items: int = 100_000):
    """What a Wire makes of bytes that come over a channel that then ends."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * MIB)
        theirs.setblocking(False)
        sent = theirs.send(content)
        theirs.shutdown(socket.SHUT_WR)
        assert sent == len(content), "the test's own channel is too small"
        return Wire(ours, Caps(size=8 * MIB, items=items)).receive(time.monotonic() + 5)
