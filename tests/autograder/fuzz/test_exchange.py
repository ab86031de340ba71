"""Two processes that call each other: what honest ones say arrives, and what is forged is an answer or trouble."""

import contextlib
import socket
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checker import exchange
from autograder.checker.answers import Answers
from autograder.checker.checker import Student, Trouble
from autograder.checker.exchange import Opaque, _Decoder
from autograder.checker.values import Caps, Wire
from tests.autograder.crossing import alike
from tests.autograder.fuzz.strategies import HASHABLE, INTEGERS, TABLES, TEXTS, VALUES, nodes, twisted

ERRORS = [kind for kind in vars(__import__("builtins")).values() if isinstance(kind, type) and issubclass(kind, Exception)]
ORDINARY = [kind for kind in ERRORS if not issubclass(kind, StopIteration | StopAsyncIteration)]


@contextlib.contextmanager
def _ends():
    """The checker's end of a channel to a thread that answers from a namespace, and that namespace."""
    namespace = {"__name__": "__main__", "np": np}
    ours, theirs = socket.socketpair()
    answers = Answers(theirs, SimpleNamespace(user_ns=namespace))
    student = Student(ours, Caps())
    student.deadline = time.monotonic() + 60

    def answer():
        with contextlib.suppress(OSError):
            while True:
                answers.answer(*answers._wire.receive())

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield student, namespace
    finally:
        ours.close()
        thread.join()
        theirs.close()


def _raises(error):
    def function(*_):
        raise error
    return function


@given(VALUES, st.lists(VALUES, max_size=3))
def test_a_value_goes_there_and_comes_back_and_what_can_be_changed_is_the_same_object(value, others):
    with _ends() as (student, namespace):
        namespace["echo"], namespace["value"] = lambda *values: values, value
        assert alike(student.ask("name", values=("value",)), value)
        given = (value, *others)
        got = student.ask("name", values=("echo",))(*given)
        assert alike(got, given)
        assert all(one is other for one, other in zip(got, given, strict=True) if type(other) in (list, dict, set, np.ndarray))


KINDS = st.sampled_from(["append", "pop", "set", "delete", "clear", "fill", "reverse"])
CHANGES = st.lists(st.tuples(KINDS, HASHABLE), max_size=4)


def _changed(values, changes):
    """Change lists, dicts, sets and arrays in place, as far as they can be."""
    for value in values:
        for change, part in changes:
            with contextlib.suppress(Exception):  # an empty list has nothing to pop, a number does not fit
                if change == "append":
                    value.append(part) if isinstance(value, list) else value.add(part)
                elif change == "set":
                    value[0 if isinstance(value, list) else part] = part
                elif change == "fill":
                    value.fill(0)
                elif change == "delete":
                    del value[next(iter(value))]
                elif change == "pop" and isinstance(value, set):  # which one would go is chance
                    value.discard(part)
                else:
                    getattr(value, change)()


@given(st.tuples(st.lists(HASHABLE, max_size=3), st.dictionaries(HASHABLE, HASHABLE, max_size=3), st.sets(HASHABLE, max_size=3),
                 TABLES.filter(lambda table: table.dtype.itemsize)), CHANGES)  # NumPy itself makes "<U1" of a copy of "<U0"
def test_what_a_function_changes_in_place_is_changed_here(values, changes):
    expected = ([*values[0]], dict(values[1]), set(values[2]), values[3].copy(order="K"))
    expected[3].flags.writeable = values[3].flags.writeable
    _changed(expected, changes)
    with _ends() as (student, namespace):
        namespace["change"] = lambda *values: _changed(values, changes)
        student.ask("name", values=("change",))(*values)
    assert alike(values, expected)


@st.composite
def errors(draw) -> Exception:
    """An exception of Python's own, or of a class made from one."""
    kind, arguments = draw(st.sampled_from(ORDINARY)), draw(st.lists(TEXTS | INTEGERS, max_size=5))
    if draw(st.booleans()):
        kind = type("Own", (kind,), {})
    if issubclass(kind, ExceptionGroup):
        arguments = [draw(TEXTS), [ValueError("one of them")]]
    elif issubclass(kind, UnicodeEncodeError | UnicodeTranslateError):
        arguments = [*["utf-8"] * issubclass(kind, UnicodeEncodeError), "\xfc", 0, 1, "no reason"]
    elif issubclass(kind, UnicodeDecodeError):
        arguments = ["utf-8", b"\xfc", 0, 1, "no reason"]
    try:
        return kind(*arguments)
    except (TypeError, ValueError, OverflowError):  # it takes a certain number of them, of a certain size
        return kind("no")


@given(errors())
def test_an_exception_arrives_as_one_of_its_class_with_its_text(error):
    known = next(base for base in type(error).__mro__ if base in ORDINARY)
    with _ends() as (student, namespace):
        namespace["fails"] = _raises(error)
        with pytest.raises(known) as caught:
            student.ask("name", values=("fails",))(1)
        assert type(caught.value).__name__ == type(error).__name__ and str(caught.value) == str(error)[:exchange.TEXT]


@given(st.lists(VALUES, max_size=3), st.integers(0, 5))
def test_a_function_of_the_test_can_be_called_there_and_calls_back(values, deep):
    with _ends() as (student, namespace):
        def there(function, depth, *given):
            return function(there, depth - 1, *given) if depth > 0 else given

        namespace["there"] = there
        got = student.ask("name", values=("there",))(lambda back, depth, *given: back(here, depth - 1, *given), deep, *values)
        assert alike(got, tuple(values))


def here(back, depth, *given):
    return back(here, depth - 1, *given) if depth > 0 else given


# --- a forged answer --------------------------------------------------------------------------------------------------------

LEAVES = st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=4) | st.sampled_from(
    ["ValueError", "ExceptionGroup", "builtins.int", "numpy.linalg", "LinAlgError", "RandomState", "__call__", "__class__",
     "math", "sys", "no_such_module", "__main__", "autograder.cli"])
NODES = nodes({*_Decoder.MORE, *_Decoder.TAGS} - {"model"}, LEAVES)
PARTS = ["answer", "ask", "do", "target", "values", "named", "value", "error", "changes", "drop", "unusable", "seeds"]
HEADS = st.dictionaries(st.sampled_from(PARTS), NODES | st.just("call") | st.just("next"))
SOUND = [
    {"answer": 1, "value": ["callable", 3, "f", "says", [["x", 1], ["y", 1, 2]]]},
    {"answer": 1, "value": ["object", 4, ["class", 5, "Thing", [["class", 6, "Base", [], []]], ["__call__", "__len__"]]]},
    {"answer": 1, "value": ["iterator", 7]},
    {"answer": 1, "value": ["module", "math", ["object", 8, ["class", 9, "module", [], []]]]},
    {"answer": 1, "value": ["list", [["same", 0], ["yours", 1], ["type", "builtins.int"], ["dict", [["a", ["tuple", [1]]]]]]]},
    {"answer": 1, "error": ["error", ["class", 2, "Own", [["builtin", "ValueError"]], []], "no", ["no"], "return x", False]},
    {"answer": 1, "error": ["error", ["library", "numpy.linalg", "LinAlgError", [["builtin", "ValueError"]]], "", [], None, 1]},
    {"answer": 1, "value": None, "changes": [[0, ["array", "<f8", [2], ""]], [1, ["list", [1, 2]]], [2, ["dict", [[1, 2]]]]]},
    {"ask": 1, "do": "call", "target": 1, "values": [1, ["same", 0]], "named": {"x": 3}, "drop": [1]},
    {"ask": 2, "do": "next", "target": 1, "values": [9], "named": {}},
]


@given(HEADS | HEADS.map(lambda head: head | {"answer": 1}) | NODES.map(lambda node: {"answer": 1, "value": node})
       | st.sampled_from(SOUND).flatmap(lambda head: twisted(head, NODES)), st.binary(max_size=32))
def test_whatever_comes_in_place_of_an_answer_is_an_answer_an_exception_or_trouble(head, body):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        student = Student(ours, Caps())
        student.deadline = time.monotonic() + 5
        Wire(theirs).send(head if isinstance(head, dict) else {"answer": head}, [body] if body else [])
        theirs.shutdown(socket.SHUT_WR)
        try:
            value = student.ask("call", 1, (np.zeros(2), [1], {}, lambda x: x))
            _use(value)
        except Trouble:
            assert student.trouble
        except Exception as error:
            assert hasattr(error, "raised_by"), "an exception that comes from here could be taken for the student's"
            assert isinstance(str(error), str) and isinstance(repr(error), str)


def _use(value) -> None:
    """Do what a test may do with a value that came, other than asking the other side, which is gone."""
    assert isinstance(repr(value), str) and isinstance(isinstance(value, str), bool)
    if isinstance(value, Opaque):
        with pytest.raises(Trouble):
            value.anything  # noqa: B018 - asked for over there
