"""Any value crosses bit for bit, and any bytes in its place are a value within the caps or malformed."""

import json
import socket
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checker.values import CAPS, MIB, Caps, Decoder, Encoder, MalformedValue, NotSendable, Wire
from tests.autograder.crossing import alike, crossed, frame, received
from tests.autograder.fuzz.strategies import (
    HASHABLE,
    NODES,
    TABLES,
    VALUES,
    bounded,
    damaged,
    nothing_runs,
    twisted,
)

PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice, type(...),
         type(NotImplemented), np.ndarray, np.generic, np.dtype, type({}.keys()), type({}.values()), type({}.items()))


@given(VALUES)
def test_every_value_comes_out_as_it_went_in(value):
    with nothing_runs():
        assert alike(crossed(value), value)


@given(TABLES, st.permutations(range(4)), st.booleans(), st.integers(1, 3), st.booleans())
def test_an_array_keeps_its_numbers_its_order_of_axes_and_whether_it_can_be_written_to(array, axes, writeable, step, backwards):
    view = array.copy(order="K").transpose([axis for axis in axes if axis < array.ndim])
    view = view[::-step if backwards else step] if view.ndim else view
    view.flags.writeable = writeable
    got = crossed(view)
    assert got.dtype == view.dtype and got.shape == view.shape and got.tobytes() == view.tobytes()
    assert got.flags.writeable == writeable and got.flags.owndata
    if view.flags.f_contiguous:
        assert got.flags.f_contiguous


@given(st.lists(HASHABLE, max_size=4, unique=True), st.lists(VALUES, min_size=4, max_size=4))
def test_a_dict_and_its_views_keep_their_order(keys, values):
    value = dict(zip(keys, values, strict=False))
    got = crossed((value, value.keys(), value.values(), value.items()))
    assert alike(got[0], value) and alike([*got[0]], keys)
    assert [type(part) for part in got[1:]] == [type(value.keys()), type(value.values()), type(value.items())]
    assert alike([*got[1]], keys) and alike([*got[2]], [*value.values()])


@given(st.lists(st.sampled_from(["list", "tuple", "dict", "set", "slice"]), min_size=1, max_size=110))
def test_what_is_nested_to_the_cap_crosses_and_one_level_more_is_refused(kinds):
    value = 7
    for kind in kinds:
        hashable = isinstance(value, int | tuple | frozenset) and kind == "set"
        value = {"list": [value], "tuple": (value,), "dict": {"key": value}, "slice": slice(value)}.get(
            kind, frozenset([value]) if hashable and _is_hashable(value) else [value])
    if len(kinds) <= CAPS.depth:
        assert alike(crossed(value), value)
    else:
        with pytest.raises(NotSendable, match="deep"):
            crossed(value)


def _is_hashable(value) -> bool:
    try:
        return hash(value) is not None
    except TypeError:
        return False


@given(VALUES, st.builds(Caps, size=st.integers(0, 2000), items=st.integers(1, 30), depth=st.integers(0, 4)))
def test_what_one_side_may_send_the_other_takes_and_it_is_no_larger_than_the_caps(value, caps):
    try:
        encoder = Encoder(caps)
        text = json.dumps(encoder.node(value), separators=(",", ":"))
    except NotSendable:
        return
    assert sum(map(len, encoder.buffers)) <= caps.size
    assert len(text) <= 100 * caps.items + 6 * caps.size
    assert alike(crossed(value, caps), value)


def checked(node, body=b"", caps=CAPS) -> None:
    """Decode what is perhaps no node: a value of the plain kinds, which can be sent back, or malformed."""
    with bounded(4 * MIB + 100 * len(body)), nothing_runs():
        try:
            value = Decoder(body, caps).node(node)
        except MalformedValue as fault:
            assert str(fault).isprintable() and len(str(fault)) < 100
            return
    assert isinstance(value, PLAIN)
    try:
        again = crossed(value, caps)
    except NotSendable:
        return
    assert alike(crossed(again, caps), again)


@given(NODES, st.binary(max_size=64))
def test_any_json_is_a_value_or_malformed(node, body):
    checked(node, body)


@given(NODES, st.builds(Caps, size=st.integers(0, 200), items=st.integers(1, 10), depth=st.integers(0, 2)))
def test_no_value_is_larger_than_the_caps(node, caps):
    checked(node, bytes(200), caps)


@given(VALUES, st.data())
def test_a_node_that_was_tampered_with_is_a_value_or_malformed(value, data):
    encoder = Encoder()
    node = data.draw(twisted([encoder.node(value)], NODES))
    checked(node, b"".join(encoder.buffers)[:data.draw(st.none() | st.integers(0, 100))])


@given(VALUES, st.data())
def test_a_message_that_was_damaged_is_a_message_or_malformed_or_ends(value, data):
    encoder = Encoder()
    head = json.dumps({"answer": 1, "value": encoder.node(value)}).encode()
    content = data.draw(damaged(frame(head, b"".join(encoder.buffers))))
    try:
        with bounded(80 * MIB):  # what a header may claim is taken before it comes
            head, body = received(content)
    except (MalformedValue, ConnectionError):
        return
    assert type(head) is dict
    if "value" in head:
        checked(head["value"], bytes(body))


@given(st.binary(max_size=200) | st.builds(
    lambda head, body, lie: frame(head, body)[:4] + (max(len(head) + lie, 0)).to_bytes(4) + frame(head, body)[8:],
    st.binary(max_size=50) | st.just(b'{"answer": 1}'), st.binary(max_size=50), st.sampled_from([0, 0, 1, -1, 2**31])))
def test_any_bytes_are_a_message_or_malformed_or_end(content):
    try:
        head, _ = received(content)
        assert type(head) is dict
    except (MalformedValue, ConnectionError):
        pass


@given(st.lists(VALUES, min_size=1, max_size=3), st.data())
def test_messages_cross_whole_however_they_are_cut(values, data):
    stream = b""
    for number, value in enumerate(values):
        encoder = Encoder()
        head = {"answer": number, "value": encoder.node(value)}
        stream += frame(json.dumps(head).encode(), b"".join(encoder.buffers))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            theirs.sendall(stream[begin:end])
        theirs.shutdown(socket.SHUT_WR)
        wire = Wire(ours)
        for number, value in enumerate(values):
            head, body = wire.receive(time.monotonic() + 5)
            assert head["answer"] == number and alike(Decoder(body).node(head["value"]), value)
        with pytest.raises(ConnectionError):
            wire.receive(time.monotonic() + 5)
