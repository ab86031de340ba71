"""How two processes call each other's functions: nested to any depth, with changes in place, exceptions, and objects that stay.

Each end is a Peer. One asks ("call number 3 with these values") and, until the answer comes, answers what the other asks in
between, so a test may give a function to the student's function, which calls it. Only values cross. What is not a value stays
where it is and is lent: the other side gets a number, and a stand-in that sends every call and every public attribute back by
that number. Both ends run the same code, but only the student's end trusts the other: `trusted` is the checker's end, which
may name functions of libraries; nothing that it is told makes it import, build or compare anything of the student's.

A stand-in for something that can be called has a method `__apply__(helper, *values, **named)`: it gives what
`helper(function, *values, **named)` gives where the function lives, for a helper that a library has. So a test may look at
what no value shows, such as the gradient that a framework finds through the function; what comes back is a value as any other.
"""

import builtins
import contextlib
import importlib
import inspect
import os
import socket
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from autograder.checker import models
from autograder.checker.values import CAPS, Caps, Decoder, Encoder, MalformedValue, NotSendable, Wire

NESTED = 50  # calls of one side inside calls of the other
ITERATED = 100_000  # items of a lent iterator
CHUNK = 1000  # of them at a time
TEXT = 500  # characters of an exception's text, of a docstring four times as many
LENT = 100_000  # objects that one side may lend
SPECIAL = ("__call__", "__len__", "__getitem__", "__contains__", "__iter__")  # what a stand-in can do besides attributes
CALLS = ("call", "apply")  # questions that run the other side's functions
STOPS = (StopIteration, StopAsyncIteration)  # would end a loop of the test before its assertions
LIBRARIES = ("keras", "numpy", "scipy", "skimage", "sklearn", "tensorflow")  # whose exceptions keep their class
NOISY = {"antigravity", "idlelib", "this", "turtle", "turtledemo"}  # modules that do something when they are imported
TYPES = {f"{kind.__module__}.{kind.__name__}": kind for kind in (
    bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type(None), np.ndarray,
    *(kind for kind in np.sctypeDict.values() if kind is not np.object_))}
GENERATORS = (np.random.Generator, np.random.RandomState)


class ForbiddenCall(Exception):
    """A function was called that the exercise does not allow; the text says which."""


class Unusable(TypeError):
    """A function returned something that cannot cross; the text says what it is."""


class Peer:
    """One end of a channel between two processes that call each other's functions.

    deadline: until when to wait for the other side, on time.monotonic()'s clock; None waits for ever. called: the name of the
    other side's function that was called last. Faults of the channel are TimeoutError, OSError and MalformedValue.
    """

    trusted = False
    unstoppable: tuple[type[BaseException], ...] = ()  # exceptions that end an answer in place of being one

    def __init__(self, channel: socket.socket, caps: Caps = CAPS, received: Caps | None = None):
        self.caps, self.deadline, self.called = caps, None, ""
        self.seeds: Callable[[], object] | None = None
        self._wire = Wire(channel, received or caps)
        self._lent: dict[int, object] = {}
        self._numbers: dict[int, int] = {}  # id of a lent object -> its number
        self._borrowed: weakref.WeakValueDictionary[int, object] = weakref.WeakValueDictionary()
        self._stand_ins: dict[int, int] = {}  # id of a stand-in -> the number that it stands for
        self._dropped: set[int] = set()  # numbers whose stand-ins are gone: the other side is told with the next question
        self._asked = self._next = self._nested = 0
        self._lock, self._process = threading.RLock(), os.getpid()
        self._does = {"call": self._call, "next": self._take}

    def ask(self, do: str, target: int | None = None, values: Sequence[object] = (), named: dict[str, object] | None = None,
            about: str = "") -> object:
        """Have the other side do something and return what it answers, or raise the exception that it answers.

        Values that it changed in place are changed here as well. about: the function's name, for the exception's sake.
        """
        if os.getpid() != self._process:
            raise RuntimeError("a function of the test works only in the process that it was given to")
        with self._lock:
            encoder = _Encoder(self)
            self._asked += 1
            number = self._asked
            head = {"ask": number, "do": do, "target": target, "values": [encoder.node(value) for value in values],
                    "named": {name: encoder.node(value) for name, value in (named or {}).items()}}
            if self.seeds and do in CALLS:
                head["seeds"] = encoder.node(self.seeds())
            if self._dropped:
                head["drop"] = [self._dropped.pop() for _ in range(len(self._dropped))]
            self._wire.send(head, encoder.buffers, self.deadline)
            while "answer" not in (message := self._wire.receive(self.deadline))[0]:
                self.answer(*message)
            if message[0]["answer"] != number:
                raise MalformedValue("an answer to another question")
            return self._outcome(*message, encoder.mutables, about)

    def answer(self, head: dict, body: memoryview) -> None:
        """Do what the other side asks, and send what came of it."""
        number, decoder = head.get("ask"), _Decoder(self, body)
        if type(number) is not int:
            raise MalformedValue("not a question")
        before, value, error = [], None, None
        self._nested += 1
        try:
            do, target, values, named = self._question(head, decoder)
            before = [_state(value) for value in decoder.mutables]
            if self._nested > NESTED:
                raise RecursionError(f"the test and the answer call each other more than {NESTED} times deep")
            value = do(target, *values, **named)
        except self.unstoppable:
            raise
        except BaseException as fault:  # SystemExit too: it ends the call, not this process
            if self.trusted and isinstance(fault, MalformedValue):
                raise
            error = fault
        finally:
            self._nested -= 1
        with self._lock:
            try:
                encoder = _Encoder(self, decoder.mutables)
                reply = {"value": encoder.node(value)} if error is None else {"error": encoder.error(error)}
                reply |= {"answer": number, "changes": [
                    [place, encoder.contents(changed)] for place, (changed, was)
                    in enumerate(zip(decoder.mutables, before, strict=False)) if not _equal(_state(changed), was)]}
            except Exception as fault:  # also of a value that cannot be looked through
                text = str(fault) if isinstance(fault, NotSendable) else "something that cannot be read"
                encoder, reply = _Encoder(self), {"answer": number, "unusable": text}
            self._wire.send(reply, encoder.buffers, self.deadline)

    def _question(self, head: dict, decoder: "_Decoder") -> tuple[Callable, int | None, list, dict]:
        """What is asked: what does it, of which object, with which values."""
        try:
            values = [decoder.node(node) for node in head["values"]]
            named = {name: decoder.node(node) for name, node in head["named"].items()}
            seeds = decoder.node(head["seeds"]) if "seeds" in head and not self.trusted else None
            decoder.finish()
            for dropped in head.get("drop", ()):
                self._numbers.pop(id(self._lent.pop(dropped, None)), None)
            target, do = head["target"], self._does.get(head["do"])
            known = do is not None and (target is None or target in self._lent)
        except (KeyError, TypeError, AttributeError):
            raise MalformedValue("not a question") from None
        if not known:
            raise AttributeError("an object of the test cannot do that")
        if seeds is not None:
            self.reseed(seeds)
        return do, target, values, named

    def reseed(self, seeds) -> None:
        """Set the random state that a question came with."""

    def call(self, number: int, arguments: Sequence[object], named: dict[str, object], name: str) -> object:
        """Call the other side's function of that number."""
        self.called = name
        return self.ask("call", number, arguments, named, about=name)

    def apply(self, number: int, helper: Callable, arguments: Sequence[object], named: dict[str, object], name: str) -> object:
        """Call a library's function over there, with the other side's function of that number before the arguments."""
        self.called = name
        return self.ask("apply", number, (helper, *arguments), named, about=name)

    def lend(self, value: object) -> int:
        """The number by which the other side can speak of an object of this side."""
        number = self._numbers.get(id(value))
        if number is None:
            if len(self._lent) >= LENT:
                raise NotSendable("one object too many")
            self._next += 1
            number = self._numbers[id(value)] = self._next
            self._lent[number] = value
        return number

    def lent(self, number: object) -> object:
        if type(number) is not int or number not in self._lent:
            raise MalformedValue("not an object of this side")
        return self._lent[number]

    def borrow(self, number: object, make: Callable[[], object]) -> object:
        """The stand-in for the other side's object of that number: the one that there is, or a new one."""
        if type(number) is not int:
            raise MalformedValue("not a number of an object")
        stand_in = self._borrowed.get(number)
        if stand_in is None:
            stand_in = make()
            self._borrowed[number] = stand_in
            self._stand_ins[id(stand_in)] = number
            self._dropped.discard(number)
            weakref.finalize(stand_in, self._forget, number, id(stand_in)).atexit = False
        return stand_in

    def number_of(self, stand_in: object) -> int | None:
        """The number that a stand-in stands for; None for anything else."""
        number = self._stand_ins.get(id(stand_in))
        return number if number is not None and self._borrowed.get(number) is stand_in else None

    def _forget(self, number: int, stand_in: int) -> None:
        self._stand_ins.pop(stand_in, None)
        self._dropped.add(number)

    def _call(self, target, /, *values, **named):
        return self._lent[target](*values, **named)

    def _take(self, target, count):
        """Up to `count` items of a lent iterator, and whether it has come to its end."""
        items: list = []
        try:
            while len(items) < min(count, CHUNK):
                items.append(next(self._lent[target]))
        except StopIteration:
            return items, True
        except Exception as error:
            if not items:
                raise
            self._lent[target] = _raising(error)  # after the items that there were
        return items, False

    def _outcome(self, head: dict, body: memoryview, mutables: list, about: str) -> object:
        decoder = _Decoder(self, body, mutables)
        value, error = None, None
        if "error" in head:
            error = decoder.node(head["error"])
            if not isinstance(error, Exception):
                raise MalformedValue("not an exception")
        elif "unusable" in head:
            error = Unusable(f"it returned {str(head['unusable'])[:TEXT]}")
        else:
            value = decoder.node(head.get("value", ["nothing"]))
        try:
            changes = [(decoder.node(["same", place]), decoder.node(node)) for place, node in head.get("changes", ())]
        except (TypeError, ValueError):
            raise MalformedValue("not a change") from None
        decoder.finish()
        for old, new in changes:
            try:
                _change(old, new)
            except ValueError:
                raise MalformedValue("not a change") from None
        if error is not None:
            error.raised_by = about
            raise error
        return value


class _Encoder(Encoder):
    """Writes what is not a value as something lent."""

    def __init__(self, peer: Peer, known: Sequence[object] = ()):
        super().__init__(peer.caps, known)
        self.peer = peer

    def contents(self, value: object) -> object:
        if self.peer.trusted and models.is_variable(value):
            node = self._array(np.asarray(value.numpy()))
            self.mutables[-1] = value  # what is changed in place, not the copy of its numbers
            return ["variable", *node[1:]]
        return super().contents(value)

    def other(self, value: object) -> object:
        number = self.peer.number_of(value)
        if number is not None:
            return ["yours", number]
        if isinstance(value, type):
            name = f"{value.__module__}.{value.__name__}"
            if TYPES.get(name) is value:
                return ["type", name]
        if isinstance(value, BaseException):
            return self.error(value)
        if self.peer.trusted and (place := _place_in_library(value)):
            self.mutables.append(value)  # it cannot be changed, but it can come back
            return ["import", *place]
        if self.peer.trusted and isinstance(value, GENERATORS):
            self.mutables.append(value)
            return ["random", type(value).__name__, self.node(_random_state(value))]
        if self.peer.trusted and models.is_optimizer(value):
            self.mutables.append(value)  # what it gathers while it works stays on the other side
            return ["optimizer", models.optimizer_described(value)]
        if isinstance(value, type):
            return self.kind(value)
        if isinstance(value, Iterator):
            return ["iterator", self.peer.lend(value)]
        if inspect.isroutine(value):
            doc = value.__doc__
            return ["callable", self.peer.lend(value), str(getattr(value, "__name__", "function")),
                    doc[:4 * TEXT] if isinstance(doc, str) else None, self._parameters(value)]
        node = ["object", self.peer.lend(value), self.kind(type(value))]
        return ["module", value.__name__, node] if isinstance(value, types.ModuleType) else node

    def kind(self, kind: type) -> object:
        """The node of a class: of an exception with its bases up to a known one, of anything else with the student's bases."""
        number = self.peer.number_of(kind)
        if number is not None:
            return ["yours", number]
        if issubclass(kind, BaseException):
            if kind is BaseException:
                return ["builtin", "RuntimeError"]
            if kind.__module__ == "builtins" and issubclass(kind, Exception) and not issubclass(kind, STOPS):
                return ["builtin", kind.__name__]
            if kind.__module__.partition(".")[0] in LIBRARIES:
                return ["library", kind.__module__, kind.__name__, [self.kind(base) for base in _errors(kind)]]
            return ["class", self.peer.lend(kind), kind.__name__, [self.kind(base) for base in _errors(kind)], []]
        bases = [self.kind(base) for base in kind.__bases__ if base.__module__ == "__main__"]
        abilities = [name for name in SPECIAL if any(name in vars(base) for base in kind.__mro__)]
        return ["class", self.peer.lend(kind), kind.__name__, bases, abilities]

    def error(self, error: BaseException) -> object:
        """The node of an exception: class, text, arguments, and the line of the student's that it came from."""
        try:
            text = str(error)[:TEXT]
        except Exception:
            text = ""
        plain = len(error.args) <= 5 and all(type(part) in (str, int, float, bool, type(None)) for part in error.args)
        arguments = error.args if plain and len(str(error.args)) <= TEXT else (text,)
        return ["error", self.kind(type(error)), self.node(text), [self.node(part) for part in arguments], _line(error),
                isinstance(error, ForbiddenCall)]

    def _parameters(self, function) -> list | None:
        try:
            parameters = inspect.signature(function).parameters.values()
        except (ValueError, TypeError):
            return None
        return [[parameter.name, int(parameter.kind)] if parameter.default is parameter.empty else
                [parameter.name, int(parameter.kind), self._default(parameter.default)] for parameter in parameters]

    def _default(self, value: object) -> object:
        """The node of a parameter's default. A test's own are not told: its answers may be compared with them."""
        tells = not self.peer.trusted and type(value) in (bool, int, float, str, type(None))
        return self.node(value if tells else ...)


class _Decoder(Decoder):
    """Reads what is lent as stand-ins."""

    def __init__(self, peer: Peer, body: memoryview, known: Sequence[object] = ()):
        super().__init__(body, peer.caps if peer.trusted else peer._wire.caps, known)
        self.peer = peer

    def other(self, tag: str, parts: list) -> object:
        if tag not in self.MORE or tag in ("import", "random", "variable", "optimizer") and self.peer.trusted:
            raise MalformedValue("an unknown kind of value")
        return self.MORE[tag](self, *parts)

    def _callable(self, number, name, doc, parameters):
        stand_in = self.peer.borrow(number, lambda: _function(self.peer, number, _name(name, "function")))
        if doc is None or isinstance(doc, str):
            stand_in.__doc__ = doc
        with contextlib.suppress(ValueError, TypeError):  # not a signature: then it has none
            stand_in.__signature__ = inspect.Signature([
                inspect.Parameter(name, kind, default=self._node(*default) if default else inspect.Parameter.empty)
                for name, kind, *default in parameters])
        return stand_in

    def _object(self, number, kind):
        kind = self._node(kind)
        if not isinstance(kind, Remote):
            raise MalformedValue("not an object")
        stand_in = self.peer.borrow(number, lambda: object.__new__(kind))
        object.__setattr__(stand_in, "_reference", number)
        return stand_in

    def _class(self, number, name, bases, abilities):
        bases = self._several(bases)
        if all(isinstance(base, Remote) for base in bases):
            content = {name: _ability(name) for name in SPECIAL if name in abilities}
            return self.peer.borrow(number, lambda: Remote(_name(name), tuple(bases) or (Opaque,), content | {
                "_peer": self.peer, "_reference": number, "__module__": "__main__"}))
        if not all(map(_is_error, bases)):
            raise MalformedValue("not a class")
        return self.peer.borrow(number, lambda: type(_name(name), tuple(bases), {"__module__": "__main__"}))

    def _library(self, module, name, bases):
        kind = getattr(sys.modules.get(module), name, None) if module.partition(".")[0] in LIBRARIES else None
        bases = tuple(self._several(bases))
        if not all(map(_is_error, bases)):
            raise MalformedValue("not an exception")
        return kind if _is_error(kind) else type(_name(name), bases, {"__module__": "__main__"})

    def _builtin(self, name):
        kind = getattr(builtins, name)
        if not _is_error(kind):
            raise MalformedValue("not an exception")
        return kind

    def _error(self, kind, text, arguments, line, forbidden):
        kind, text, arguments = self._node(kind), self._node(text), self._several(arguments)
        if not isinstance(text, str) or not _is_error(kind):
            raise MalformedValue("not an exception")
        error = ForbiddenCall(text[:TEXT]) if forbidden else _raised(kind, arguments, text[:TEXT])
        if line and isinstance(line, str):
            error.add_note(f"in the line `{line[:TEXT]}`")
        return error

    def _iterator(self, number):
        return self.peer.borrow(number, lambda: _items(self.peer, number))

    def _module(self, name, stand_in):
        loaded = name in sys.modules and name.partition(".")[0] not in ("__main__", "autograder")
        if loaded or name in sys.stdlib_module_names - NOISY:
            with contextlib.suppress(Exception):
                return importlib.import_module(name)
        return self._node(stand_in)

    def _import(self, module, name):
        value = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        self.mutables.append(value)
        return value

    def _random(self, name, state):
        place = len(self.mutables)
        state = self._node(state)
        if name == "RandomState":
            generator = np.random.RandomState()
            generator.set_state(state)
        else:
            generator = np.random.Generator(getattr(np.random, state["bit_generator"])())
            generator.bit_generator.state = state
        self.mutables.insert(place, generator)
        return generator

    def _variable(self, *array):
        variable = models.variable(self._read_array(*array))
        self.mutables.append(variable)
        return variable

    def _optimizer(self, text):
        optimizer = models.optimizer(text)
        self.mutables.append(optimizer)
        return optimizer

    MORE = {
        "callable": _callable, "object": _object, "class": _class, "library": _library, "builtin": _builtin, "error": _error,
        "iterator": _iterator, "module": _module, "import": _import, "random": _random, "variable": _variable,
        "optimizer": _optimizer,
        "yours": lambda self, number: self.peer.lent(number),
        "type": lambda self, name: TYPES[name],
    }


class Remote(type):
    """The class of a stand-in for a class of the other side: calling it makes an object there."""

    def __call__(cls, *arguments, **named):
        return cls._peer.call(cls._reference, arguments, named, cls.__name__)

    def __getattr__(cls, name):
        return _attribute(cls, name)


class Opaque(metaclass=Remote):
    """A stand-in for an object of the other side. It is equal to itself alone, and public attributes are asked for there."""

    _peer: Peer
    _reference: int | None = None

    def __eq__(self, other):
        return self is other

    __hash__ = object.__hash__

    def __getattr__(self, name):
        return _attribute(self, name)

    def __setattr__(self, name, value):
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self._peer.ask("assign", self._reference, (name, value))

    def __apply__(self, helper, *values, **named):
        return self._peer.apply(self._reference, helper, values, named, _called(self))

    def __repr__(self):
        return f"<{type(self).__name__} of the notebook>"

    def __reduce_ex__(self, protocol):
        raise TypeError(f"a {type(self).__name__} of the notebook cannot be copied")


def _attribute(stand_in, name: str):
    if name.startswith("_"):
        raise AttributeError(f"{stand_in!r} has no {name!r}", name=name)
    return stand_in._peer.ask("attribute", stand_in._reference, (name,), about=name)


def _called(stand_in: Opaque) -> str:
    return stand_in.__dict__.get("__name__", type(stand_in).__name__)


def _ability(name: str) -> Callable:
    if name == "__call__":
        return lambda self, *values, **named: self._peer.call(self._reference, values, named, _called(self))
    return lambda self, *values: self._peer.ask("special", self._reference, (name, *values), about=type(self).__name__)


def _function(peer: Peer, number: int, name: str) -> Callable:
    """A function of this side that calls the other side's function of that number."""
    known_as = [name]  # not a free variable that is the function itself, which would keep it alive

    def stand_in(*arguments, **named):
        return peer.call(number, arguments, named, known_as[0])

    stand_in.__name__ = stand_in.__qualname__ = name
    stand_in.__module__ = "__main__"
    stand_in.__code__ = stand_in.__code__.replace(co_filename="<the notebook>")  # whose source is not to be had here
    stand_in.known_as = known_as
    stand_in.__apply__ = lambda helper, *values, **named: peer.apply(number, helper, values, named, known_as[0])
    return stand_in


def _items(peer: Peer, number: int) -> Iterator:
    """The items of the other side's iterator of that number, a few at a time, so that an endless one can be begun."""
    count, taken, done = 1, 0, False
    while not done and taken < ITERATED:
        answer = peer.ask("next", number, (count,), about=peer.called)
        if type(answer) is not tuple or len(answer) != 2 or type(answer[0]) is not list or len(answer[0]) > count:
            raise MalformedValue("not items")
        items, done = answer
        yield from items
        taken, count = taken + len(items), min(2 * count, CHUNK, ITERATED - taken - len(items))


def _raising(error: Exception) -> Iterator:
    raise error
    yield


def _raised(kind: type[Exception], arguments: list, text: str) -> Exception:
    """An exception of a class, or of one that is called the same, with that text."""
    if issubclass(kind, ExceptionGroup):
        arguments = [text, [Exception(text)]]  # it cannot be empty
    content = {"__str__": lambda self: text, "__module__": kind.__module__}
    named = type(kind.__name__, (kind,), content)
    for make in (kind, named):
        with contextlib.suppress(Exception):  # it may need other arguments
            error = make(*arguments)
            if str(error) == text:
                return error
    return type(kind.__name__, (kind,), content | {"__init__": lambda self, *_: None})(*arguments)


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, STOPS)


def _errors(kind: type) -> list[type]:
    return [base for base in kind.__bases__ if issubclass(base, BaseException)]


def _name(text: object, otherwise: str = "object") -> str:
    """A name that the other side gives, as one that can be shown."""
    return text[:100] if isinstance(text, str) and text[:100].isidentifier() else otherwise


def write_files(files: Mapping[str, bytes]) -> None:
    """Write files into the working folder, by relative path."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _place_in_library(value: object) -> tuple[str, str] | None:
    """The module and name under which a function or class of a library is found; None for what a test made itself."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", getattr(value, "__name__", None))
    if not isinstance(module, str) or not isinstance(name, str) or module.partition(".")[0] in ("__main__", "autograder"):
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def _random_state(generator) -> object:
    return generator.bit_generator.state if isinstance(generator, np.random.Generator) else generator.get_state()


def _line(error: BaseException) -> str | None:
    """The last line of the student's own code that an exception came from: of the file that our call went into."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(HERE)]
    own = [frame.line for frame in frames if frame.filename == frames[0].filename and frame.line]
    return own[-1][:TEXT] if own else None


HERE = os.path.dirname(__file__) + os.sep


def _state(value: object) -> tuple:
    """What shows whether a value was changed in place: bytes, or the objects in it."""
    if isinstance(value, np.ndarray):
        return f"{value.shape} {value.dtype.str}".encode(), value.tobytes()
    if isinstance(value, dict):
        return *value.keys(), *value.values()
    if isinstance(value, list | set):
        return tuple(value)
    if models.is_variable(value):
        return (value.numpy().tobytes(),)
    return models.state(value) if models.is_model(value) else ()


def _equal(state: tuple, other: tuple) -> bool:
    return len(state) == len(other) and all(a is b or type(a) is bytes is type(b) and a == b
                                            for a, b in zip(state, other, strict=True))


def _change(old: object, new: object) -> None:
    """Make an object of this side what the other side made of it."""
    if isinstance(old, list) and type(new) is list:
        old[:] = new
    elif isinstance(old, dict | set) and isinstance(new, dict if isinstance(old, dict) else set):
        old.clear()
        old.update(new)
    elif isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        _change_array(old, new)
    elif models.is_model(old) and models.is_model(new):
        models.assign(old, new)
    elif models.is_variable(old) and (isinstance(new, np.ndarray) or models.is_tensor(new)):
        old.assign(np.asarray(new, dtype=old.dtype.as_numpy_dtype))  # ValueError for another shape
    else:
        raise MalformedValue("a change into something else")


def _change_array(old: np.ndarray, new: np.ndarray) -> None:
    writeable = old.flags.writeable
    with contextlib.suppress(ValueError):  # one that nobody here could write to, or of another type, stays
        old.flags.writeable = True
        if old.shape != new.shape:
            old.resize(new.shape, refcheck=False)
        if old.dtype == new.dtype:
            old[...] = new
    old.flags.writeable = writeable
