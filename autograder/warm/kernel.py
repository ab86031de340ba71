"""What a fork runs when it is to be a Jupyter kernel.

The kernel for grading gets its five sockets ready made: who asked for it has bound them to paths that the kernel itself
cannot see, so it needs no folder that both can write in, and answers at once. Its history is off, and it ends by being
killed, not by being asked. The kernel for a notebook on one's own computer is an ordinary one that starts sooner.
"""

import atexit
import logging
import os
import socket
import sys
from collections.abc import Callable

import zmq
from ipykernel import ipkernel
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from tornado.ioloop import IOLoop

from autograder.warm.wire import PORTS

_UNHEARD = logging.getLogger(__name__)  # standard error leads nowhere, and to set up the application's own log takes time
_UNHEARD.addHandler(logging.NullHandler())
_UNHEARD.propagate = False


class _ListeningHeartbeat(Heartbeat):
    """A heartbeat on a socket that listens already."""

    def __init__(self, context, address, listening: int):
        super().__init__(context, address)
        self._listening = listening

    def _try_bind_socket(self):
        self.socket.setsockopt(zmq.USE_FD, self._listening)
        return super()._try_bind_socket()


class _Stream(OutStream):
    """Standard output or error. To flush it means to wait for another thread, four times a cell: not where nothing is new."""

    _is_new = True

    def write(self, text):
        written = super().write(text)
        self._is_new = True
        return written

    def flush(self):
        if self._is_new:
            self._is_new = False
            super().flush()


class _Kernel(ipkernel.IPythonKernel):
    """Who grades knows what it asked, and waits for the end: two messages of four need not be sent for each cell."""

    def _publish_execute_input(self, code, parent, execution_count):
        pass

    def _publish_status(self, status, channel, parent=None):
        if status != "busy":
            super()._publish_status(status, channel, parent)


class _NoModules:
    """`sys` for who only wants to know which modules there are."""

    modules: dict = {}

    def __getattr__(self, name):
        return getattr(sys, name)


class _ListeningKernel(IPKernelApp):
    """A kernel application whose sockets listen already: `listening` holds their file descriptors by port."""

    name = "ipython-kernel"
    kernel_class = _Kernel
    outstream_class = f"{__name__}._Stream"
    listening: dict[int, int] = {}

    def _try_bind_socket(self, s, port):
        s.setsockopt(zmq.USE_FD, self.listening[port])
        return super()._try_bind_socket(s, port)

    def init_control(self, context):
        super().init_control(context)
        endpoint = self.shell_socket.getsockopt(zmq.LAST_ENDPOINT)
        self.debug_shell_socket.disconnect(endpoint)  # the debugger's way back in: that path is not seen in here

    def init_heartbeat(self):
        address = (self.transport, self.ip, self.hb_port)
        self.heartbeat = _ListeningHeartbeat(zmq.Context(), address, self.listening[self.hb_port])
        self.heartbeat.start()

    def init_kernel(self):
        ipkernel.sys = _NoModules()  # it lists their files, for a debugger: that would copy a third of what the fork shares
        try:
            super().init_kernel()
        finally:
            ipkernel.sys = sys

    def parse_command_line(self, argv=None):
        pass  # there is none, and to make a parser for it takes a fifth of the time

    def init_extensions(self):
        pass  # nor extensions and start-up files of a person's own

    init_code = init_connection_file = init_extensions

    def write_connection_file(self, **kwargs):
        pass


def run_for_grading(arguments: dict, files: list[int], say_ready: Callable[[], None]) -> None:
    """Be the kernel of a submission until killed.

    Parameters
    ----------
    arguments : `key`: the key that signs messages
    files : the listening sockets in the order of PORTS, then the channel to the checker if there is one
    say_ready : to be called when the kernel can be talked to
    """
    sys.argv = ["ipykernel_launcher"]
    ports = {port: number for number, port in enumerate(PORTS, start=1)}
    # the number of a parent that never ends: the application neither watches it nor says on a terminal how to connect
    app = _ListeningKernel.instance(transport="ipc", ip="kernel", parent_handle=1, log=_UNHEARD, **ports)
    app.listening = dict(zip(ports.values(), files, strict=False))
    app.session.key = arguments["key"].encode()
    app.config.HistoryManager.enabled = False
    app.config.InteractiveShell.enable_tip = False  # to choose one takes a random number from the student's code
    app.initialize([])
    IOLoop.current()  # there is an event loop from here on, though it does not run yet
    if len(files) > len(PORTS):
        from autograder.checker import answers

        answers.serve(socket.socket(fileno=files[len(PORTS)]), app.shell)
    say_ready()
    app.start()


def run_for_notebook(arguments: dict, files: list[int], say_ready: Callable[[], None]) -> None:
    """Be an ordinary kernel, on one's own computer.

    Parameters
    ----------
    arguments : `argv`: the arguments of ipykernel, which name the connection file
    files : where the kernel's standard output and error go, as they would for a kernel that was started by this client
    say_ready : to be called when the kernel is about to start
    """
    for standard, file in zip((1, 2), files, strict=True):
        os.dup2(file, standard)
        os.close(file)
    sys.argv = ["ipykernel_launcher", *arguments["argv"]]
    say_ready()
    try:
        IPKernelApp.launch_instance(argv=arguments["argv"], parent_handle=1)
    finally:
        atexit._run_exitfuncs()  # what a Python that ends by itself would do
