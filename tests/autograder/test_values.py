"""What crosses between the processes comes out as it went in; what is not a value is refused, quickly and without memory."""

import socket
import time
import tracemalloc
from collections import OrderedDict, namedtuple
from enum import IntEnum

import numpy as np
import pytest

from autograder.checker.values import HEADER, MAGIC, MIB, Caps, Decoder, MalformedValue, NotSendable, Wire
from tests.autograder.crossing import alike, crossed, frame, received


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


def sliced():
    value = None
    for _ in range(5000):
        value = slice(value)
    return value


@pytest.mark.parametrize(("value", "says"), [
    pytest.param(looped(), "a list that contains itself", id="a cycle"),
    pytest.param(deep(), "more than 100 deep", id="too deep"),
    pytest.param(sliced(), "more than 100 deep", id="slices of slices"),
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
    pytest.param(["tuple", [["array", "<U0", [2**26], ""], ["same", 0]]], id="many empty texts"),
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
