"""What crosses between the processes comes out as it went in; what is not a value is refused, quickly and without memory."""

import json
import math
import socket
import struct
import time
import tracemalloc
import warnings
from collections import OrderedDict, namedtuple
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.checker.values import CAPS, HEADER, MAGIC, MIB, Caps, Decoder, Encoder, MalformedValue, NotSendable, Wire

many = settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


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
    if isinstance(a, np.ndarray | np.generic):
        same = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        return same and (isinstance(a, np.generic) or a.flags.writeable == b.flags.writeable
                         and (a.size == 0 or a.flags.f_contiguous == b.flags.f_contiguous))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or math.isnan(a) and math.isnan(b)
    if isinstance(a, complex):
        return alike(a.real, b.real) and alike(a.imag, b.imag)
    if isinstance(a, dict):
        return alike(list(a), list(b)) and alike(list(a.values()), list(b.values()))
    if isinstance(a, set | frozenset):
        return sorted(map(repr, a)) == sorted(map(repr, b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    return a == b


numbers = st.booleans() | st.integers(-2**300, 2**300) | st.floats() | st.complex_numbers()
hashable = st.recursive(st.none() | numbers | st.text(max_size=300) | st.binary(max_size=300),
                        lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=8)
kinds = st.one_of(arrays.boolean_dtypes(), arrays.integer_dtypes(endianness="?"), arrays.floating_dtypes(endianness="?"),
                  arrays.complex_number_dtypes(endianness="?"), arrays.unicode_string_dtypes(max_len=5),
                  arrays.byte_string_dtypes(max_len=5), arrays.datetime64_dtypes(), arrays.timedelta64_dtypes())
tables = arrays.arrays(kinds, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
scalars = arrays.arrays(kinds, ()).map(lambda array: array[()])
values = st.recursive(
    hashable | tables | scalars | st.sets(hashable, max_size=4) | st.frozensets(hashable, max_size=4)
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9)) | st.just(...) | st.just(NotImplemented)
    | st.builds(slice, st.none() | st.integers(), st.none() | st.integers(), st.none() | st.integers()),
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple)
    | st.dictionaries(hashable, inner, max_size=5), max_leaves=20)


@many
@given(values)
def test_every_value_comes_out_as_it_went_in(value):
    assert alike(crossed(value), value)


@many
@given(tables, st.permutations(range(4)), st.booleans(), st.integers(1, 3))
def test_an_array_keeps_its_numbers_its_order_of_axes_and_whether_it_can_be_written_to(array, axes, writeable, step):
    view = array.transpose([axis for axis in axes if axis < array.ndim])
    view = view[::step] if view.ndim else view
    view.flags.writeable = writeable
    got = crossed(view)
    assert got.dtype == view.dtype and got.shape == view.shape and got.tobytes() == view.tobytes()
    assert got.flags.writeable == writeable and got.flags.owndata
    if view.flags.f_contiguous:
        assert got.flags.f_contiguous


@pytest.mark.parametrize(("value", "plain"), [
    pytest.param(IntEnum("Size", "SMALL")(1), 1, id="an enumeration's number"),
    pytest.param(OrderedDict(a=1), {"a": 1}, id="an ordered dict"),
    pytest.param(namedtuple("Point", "x y")(1, 2), (1, 2), id="a named tuple"),
    pytest.param(np.ma.masked_equal([1, 2], 2), np.array([1, 2]), id="a masked array"),
    pytest.param(type("Word", (str,), {"__eq__": lambda *_: True})("word"), "word", id="a subclass of str"),
    pytest.param(type("Half", (float,), {"__eq__": lambda *_: True})(0.5), 0.5, id="a subclass of float"),
    pytest.param(type("Row", (list,), {"__eq__": lambda *_: True})([1]), [1], id="a subclass of list"),
    pytest.param(type("Image", (), {"__array__": lambda *_, **__: np.zeros(2)})(), np.zeros(2), id="something with __array__"),
    pytest.param(type("Tensor", (), {"numpy": lambda _: np.ones(2)})(), np.ones(2), id="something with .numpy()"),
])
def test_a_subclass_arrives_as_the_plain_type(value, plain):
    assert alike(crossed(value), plain)


def test_views_of_a_dict_stay_views_and_types_of_numbers_stay_types():
    given = {"a": 1, "b": [2]}
    assert crossed(given.keys()) == given.keys() and crossed(given.items()) == given.items()
    assert list(crossed(given.values())) == [1, [2]]
    assert crossed(np.dtype(">f4")) == np.dtype(">f4")


def test_a_truth_value_of_two_is_one():
    decoder = Decoder(b"\0\1\2")
    assert decoder.node(["array", "|b1", [3], ""]).tobytes() == b"\0\1\1"


def looped():
    value = []
    value.append((1, value))
    return value


def deep():
    value = []
    for _ in range(200):
        value = [value]
    return value


@pytest.mark.parametrize(("value", "says"), [
    pytest.param(looped(), "a list that contains itself", id="a cycle"),
    pytest.param(deep(), "more than 100 deep", id="too deep"),
    pytest.param(2**20_000, "an integer of more than", id="a huge integer"),
    pytest.param(np.zeros(2 * MIB), "more than 1 MiB", id="a large array"),
    pytest.param(np.broadcast_to(1.0, (2**20, 2**20)), "more than 1 MiB", id="an array larger than its memory"),
    pytest.param("x" * 2 * MIB, "more than 1 MiB", id="a long text"),
    pytest.param(["x" * 100] * 10_000, "more than 1 MiB", id="many texts"),
    pytest.param([None] * 70_000, "more than 50,000 values", id="many values"),
    pytest.param(object(), "a value of type object", id="an object"),
    pytest.param(np.array([{}]), "a value of type ndarray", id="an array of objects"),
])
def test_what_cannot_cross_is_refused_with_a_reason(value, says):
    with pytest.raises(NotSendable, match=says):
        crossed(value, Caps(size=MIB, items=50_000))


# What a hostile sender could write: nodes with the right tags and the wrong parts.
leaves = st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats() | st.text(max_size=8) | st.sampled_from(
    ["<f8", "|b1", "<U2", "<U0", "|O", "F", "r", "int8", "float64", "<M8[ns]", "Ellipsis"])
tags = st.sampled_from(sorted(set(Decoder.TAGS) - {"model"}))
nodes = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
                     | st.tuples(tags, st.lists(inner, max_size=4)).map(lambda pair: [pair[0], *pair[1]]), max_leaves=25)


def decoded(node, body=b""):
    """Decode what is perhaps no node; a MalformedValue is the one exception that may come."""
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            Decoder(body).node(node)
        except MalformedValue:
            pass
    assert time.monotonic() - began < 1


@many
@given(nodes, st.binary(max_size=64))
def test_any_json_is_a_value_or_malformed(node, body):
    decoded(node, body)


@many
@given(values, st.data())
def test_a_message_that_was_tampered_with_is_a_value_or_malformed(value, data):
    encoder = Encoder()
    text = bytearray(json.dumps(encoder.node(value)).encode())
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4)):
        text[place] = data.draw(st.sampled_from(b'0123456789[]{}",-:nulltrue'))
    try:
        node = json.loads(text)
    except ValueError:
        return
    decoded(node, b"".join(encoder.buffers)[:data.draw(st.integers(0, 100))])


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


@many
@given(st.binary(max_size=200) | st.builds(
    lambda head, body, lie: HEADER.pack(MAGIC, max(len(head) + lie, 0), len(body)) + head + body,
    st.binary(max_size=50) | st.just(b'{"answer": 1}'), st.binary(max_size=50), st.sampled_from([0, 0, 1, -1, 2**31])))
def test_any_bytes_are_a_message_or_malformed_or_end(content):
    try:
        head, _ = received(content)
        assert type(head) is dict
    except (MalformedValue, ConnectionError):
        pass


def frame(head: bytes, body: bytes = b"") -> bytes:
    return HEADER.pack(MAGIC, len(head), len(body)) + head + body


@pytest.mark.parametrize("content", [
    pytest.param(HEADER.pack(MAGIC, 2**31, 2**62), id="lengths without end"),
    pytest.param(frame(b"[" * 90_000), id="brackets that never close"),
    pytest.param(frame(b'{"a":' * 90_000), id="objects that never close"),
    pytest.param(frame(b'{"a":' + b"9" * 100_000 + b"}"), id="a number of 100,000 digits"),
    pytest.param(frame(b'{"a":[' + b"[]," * 60_000 + b"[]]}"), id="many lists"),
    pytest.param(frame(b'{"a":"\xff"}'), id="no text"),
    pytest.param(frame(b"[]"), id="a list for a head"),
])
def test_bombs_are_refused_at_once(content):
    began = time.monotonic()
    with pytest.raises(MalformedValue):
        received(content, items=10_000)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("node", [
    pytest.param(["array", "<f8", [2**40], ""], id="numbers that did not come"),
    pytest.param(["array", "<U0", [2**60], ""], id="empty texts without end"),
    pytest.param(["array", "<f8", [0, 2**60], ""], id="an empty array of a huge shape"),
    pytest.param(["array", "<f8", [1] * 40, ""], id="forty axes"),
    pytest.param(["array", "<f8", [-1, -1], ""], id="negative lengths"),
    pytest.param(["array", "|O", [1], ""], id="an array of objects"),
    pytest.param(["array", "f8,f8", [1], ""], id="an array of records"),
    pytest.param(["array", "<U1", [2], ""], id="text that is none"),
    pytest.param(["text", 2**60], id="a text that did not come"),
    pytest.param(["bytes", -1], id="a negative length"),
    pytest.param(["same", -1], id="an object before the first"),
    pytest.param(["dict", [[["list", []], 1]]], id="a key that cannot be one"),
    pytest.param(["model", "{}", [], []], id="a model of nothing"),
    pytest.param(["import", "os", "system"], id="something to import"),
])
def test_a_false_claim_takes_no_memory(node):
    tracemalloc.start()
    with pytest.raises(MalformedValue):
        Decoder(b"\xff" * 8).node(node)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MIB


def test_a_message_crosses_whole_however_it_is_cut():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Wire(theirs).send({"answer": 1}, [b"abc", b"def"])
        theirs.send(b"next")
        head, body = Wire(ours).receive(time.monotonic() + 5)
        assert head == {"answer": 1} and bytes(body) == b"abcdef" and ours.recv(9) == b"next"


def test_waiting_ends_at_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(HEADER.pack(MAGIC, 9, 9))  # and never the rest
        with pytest.raises(TimeoutError):
            Wire(ours).receive(time.monotonic() + 0.05)
        with pytest.raises(TimeoutError):
            Wire(ours).send({}, [bytes(16 * MIB)], time.monotonic() + 0.05)
