"""What runs inside the student's process: it answers the checker, with the functions and values of the student's namespace.

Nothing here is trusted by anybody: the student's code may have replaced any of it, and then loses that question. It only
protects honest students from accidents, so it holds on to what it needs from the moment that it is imported, whatever the
notebook names its variables, and what their functions print while they are tested goes nowhere.
"""

import contextlib
import io
import random
import socket
import time

import numpy as np
from tornado.ioloop import IOLoop

from autograder.checker.exchange import SPECIAL, Peer, write_files
from autograder.checker.forbidden import Forbidden
from autograder.checker.values import UNLIMITED, Caps, MalformedValue
from autograder.limits import MIB


def serve(channel: socket.socket, shell) -> None:
    """Answer the checker from now on: call once, in the main thread, before the event loop starts.

    Parameters
    ----------
    channel : this side's end of a stream socket pair
    shell : what has the student's namespace as its `user_ns`, such as an IPython InteractiveShell
    """
    channel.setblocking(True)
    IOLoop.current().asyncio_loop.add_reader(channel.fileno(), Answers(channel, shell).readable)


def put_files(channel: socket.socket, files: dict[str, bytes], seconds: float) -> None:
    """Write files into the kernel's working folder, by relative path, and wait until they are there; not after attaching.

    Raises TimeoutError when that takes longer than `seconds`, ConnectionError when the kernel is gone or does not do it.
    """
    peer = Peer(channel, UNLIMITED, received=Caps(size=MIB))
    peer.trusted = True
    peer.deadline = time.monotonic() + seconds
    try:
        peer.ask("files", values=(files,))
    except TimeoutError:
        raise
    except Exception as fault:
        raise ConnectionError(f"the kernel did not take the files: {fault}") from None


class Answers(Peer):
    """The student's end of the channel."""

    def __init__(self, channel: socket.socket, shell):
        super().__init__(channel, received=UNLIMITED)
        self._shell, self._forbidden = shell, Forbidden()
        self._replaced: dict[str, object] = {}  # what the student's names were before the test
        self._does |= {"begin": self._begin, "name": self._name, "attribute": self._attribute, "assign": self._assign,
                       "apply": self._apply, "special": self._special, "replace": self._replace,
                       "files": lambda _, files: write_files(files)}

    def readable(self) -> None:
        """Answer one question; the event loop calls this when there is one."""
        try:
            with contextlib.redirect_stdout(_NOWHERE), contextlib.redirect_stderr(_NOWHERE):
                self.answer(*self._wire.receive())
        except (OSError, MalformedValue):  # the checker is gone
            IOLoop.current().asyncio_loop.remove_reader(self._wire.channel.fileno())

    def reseed(self, seeds) -> None:
        """Set the random state to the test's, which has called `seed`."""
        np.random.set_state(seeds[0])
        random.setstate(seeds[1])

    def _begin(self, _, size, forbidden, question):
        """A test begins (or, without forbidden names, has ended): `size` bytes may come back from it at a time."""
        self._shell.user_ns.update(self._replaced)
        self._replaced.clear()
        self.caps = Caps(size=size)
        self._forbidden.set(forbidden, question)

    def _name(self, _, name):
        if name not in self._shell.user_ns:
            raise NameError(f"name {name!r} is not defined")
        return self._shell.user_ns[name]

    def _attribute(self, target, name):
        return getattr(self._lent[target], name)

    def _assign(self, target, name, value):
        setattr(self._lent[target], name, value)

    def _apply(self, target, helper, /, *values, **named):
        """Call a library's function with one of the student's, whose exceptions come as from a call of its own."""
        try:
            return helper(self._lent[target], *values, **named)
        except Exception as error:
            of_helper = error.__traceback__.tb_next
            raise error.with_traceback(of_helper and of_helper.tb_next) from error.__cause__

    def _special(self, target, name, *values):
        if name not in SPECIAL:
            raise AttributeError(name)
        thing = self._lent[target]
        return getattr(type(thing), name)(thing, *values)

    def _replace(self, _, name, *value):
        """The test has replaced a name or, without a value, deleted it: the student's code sees that until the test ends."""
        self._replaced.setdefault(name, self._shell.user_ns.pop(name, None))
        self._shell.user_ns.update(zip((name,), value, strict=False))


class _Nowhere(io.TextIOBase):
    """A stream that swallows what is written."""

    def write(self, text):
        return len(text)

    def writable(self):
        return True


_NOWHERE = _Nowhere()
