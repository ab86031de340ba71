"""What the grader's own processes say to each other arrives whole, or the connection has ended: nothing in between."""

import json
import os
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.warm import wire
from tests.autograder.fuzz.strategies import ANY_JSON

MESSAGES = st.dictionaries(st.text(max_size=5), ANY_JSON.map(repr), max_size=4)


@given(st.lists(st.tuples(MESSAGES, st.integers(0, 3)), min_size=1, max_size=4))
def test_messages_and_their_files_arrive_in_order(messages):
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull) as file:
        for message, count in messages:
            wire.send(ours, message, [file.fileno()] * count)
            got, files = wire.receive(theirs)
            try:
                assert got == message and len(files) == count
                assert not any(map(os.get_inheritable, files))
            finally:
                for copy in files:
                    os.close(copy)


@given(MESSAGES, st.data())
def test_a_message_that_is_cut_into_pieces_arrives_whole_and_one_that_is_cut_off_is_the_end(message, data):
    body = json.dumps(message).encode()
    packet = struct.pack("!I", len(body)) + body
    cuts = sorted(data.draw(st.lists(st.integers(0, len(packet)), max_size=4)))
    end = data.draw(st.sampled_from([len(packet), *cuts]))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for begin, stop in zip([0, *cuts], [*cuts, len(packet)], strict=True):
            ours.sendall(packet[begin:min(stop, end)])
        ours.shutdown(socket.SHUT_WR)
        if end == len(packet):
            assert wire.receive(theirs) == (message, [])
        with pytest.raises(EOFError):
            wire.receive(theirs)


@given(st.integers(0, 3))
def test_no_file_stays_open_of_a_message_that_is_cut_off(count):
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull) as file:
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
        socket.send_fds(ours, [struct.pack("!I", 9) + b"{"], [file.fileno()] * count)
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            wire.receive(theirs)
        assert before is None or len(os.listdir("/proc/self/fd")) == before
