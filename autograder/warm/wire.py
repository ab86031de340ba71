"""Messages between a zygote, what it forks and its clients: JSON behind its length, and open files beside it.

All three are the grader's own processes when they speak here. A forked kernel closes its end before it runs any of the
student's code.
"""

import json
import os
import socket
import struct
from collections.abc import Sequence

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")  # the order in which a kernel's sockets go
_LENGTH = struct.Struct("!I")
_MOST_FILES = 16


def send(connection: socket.socket, message: dict, files: Sequence[int] = ()) -> None:
    """Send a message and file descriptors. OSError where the other side is gone."""
    body = json.dumps(message).encode()
    packet = _LENGTH.pack(len(body)) + body
    sent = socket.send_fds(connection, [packet], files) if files else connection.send(packet)
    if sent < len(packet):  # to send nothing fails as well when the other side has what it wanted, and is gone
        connection.sendall(packet[sent:])


def receive(connection: socket.socket) -> tuple[dict, list[int]]:
    """The next message and the file descriptors that came with it, closed on exec. EOFError where there is none any more."""
    files: list[int] = []
    try:
        length = _LENGTH.unpack(_exactly(connection, _LENGTH.size, files))[0]
        return json.loads(_exactly(connection, length, files)), files
    except BaseException:
        for file in files:  # nobody else knows them
            os.close(file)
        raise


def _exactly(connection: socket.socket, size: int, files: list[int]) -> bytes:
    data = b""
    while len(data) < size:
        part, more, _, _ = socket.recv_fds(connection, size - len(data), _MOST_FILES)
        for file in more:
            os.set_inheritable(file, False)
        files += more
        if not part:
            raise EOFError("the other side has closed the connection")
        data += part
    return data
