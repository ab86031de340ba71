"""Functions that an exercise does not allow raise while its tests run, whatever name the student's code has for them.

What is replaced is the code inside the function, not the name of it, so `from cnnlib import correlate2d as c` finds the same.
This runs in the student's process and is there for honest students who forgot: one who wants to get round it will.
"""

import builtins
import functools
import importlib.util
import inspect
import sys
import types
from collections.abc import Callable, Sequence

MESSAGE = "the message"  # what stands in `_refuse` for it
INNER = ("_implementation", "__wrapped__", "python_function", "__func__")  # where wrappers keep the function that they wrap


class Forbidden:
    """The calls that are forbidden just now."""

    def __init__(self):
        self._undo: list[Callable[[], object]] = []
        self._waiting: set[str] = set()  # dotted names of what is not imported yet
        self._question = ""

    def set(self, names: Sequence[str], question: str) -> None:
        """Forbid these functions, classes and whole modules, by dotted name, and nothing else; () allows everything again."""
        while self._undo:
            self._undo.pop()()
        self._question, self._waiting = question, set(names)
        self._replace()
        if self._waiting:
            self._watch_imports(builtins, "__import__")
            self._watch_imports(importlib, "import_module")

    def _watch_imports(self, holder: types.ModuleType, name: str) -> None:
        original = getattr(holder, name)

        @functools.wraps(original)
        def import_and_forbid(*arguments, **named):
            module = original(*arguments, **named)
            if self._waiting:
                self._replace()
            return module

        setattr(holder, name, import_and_forbid)
        self._undo.append(lambda: setattr(holder, name, original))

    def _replace(self) -> None:
        """Forbid what has been imported by now."""
        names, self._waiting = self._waiting, set()  # looking for them imports as well
        for name in sorted(names):
            holder, found = _find(name)
            if found is None:
                self._waiting.add(name)
                continue
            if not isinstance(found, types.ModuleType):
                self._forbid(holder, name, found)
                continue
            for inner, part in list(vars(found).items()):
                if callable(part) and not inner.startswith("_") and str(getattr(part, "__module__", "")).startswith(name):
                    self._forbid(found, f"{name}.{inner}", part)

    def _forbid(self, holder: object, name: str, found: object) -> None:
        message = f"`{name}` may not be called in the answer to `{self._question}`: write it yourself"
        if isinstance(found, type):
            for method in ("__init__", "__call__"):
                own = vars(found).get(method)
                if isinstance(own, types.FunctionType):
                    self._swap(own, message)
                elif callable(getattr(found, method, None)):
                    self._set(found, method, message)
            return
        function = found
        while not isinstance(function, types.FunctionType):
            inner = next((inner for inner in INNER if hasattr(function, inner)), None)
            if inner is None:  # written in C: only its name can be changed
                return self._set(holder, name.rpartition(".")[2], message)
            function = getattr(function, inner)
        self._swap(function, message)

    def _swap(self, function: types.FunctionType, message: str) -> None:
        original = function.__code__
        function.__code__ = _refusal(message, original)
        self._undo.append(lambda: setattr(function, "__code__", original))

    def _set(self, holder: object, name: str, message: str) -> None:
        own = vars(holder).get(name, self)
        code = getattr(getattr(holder, name), "__code__", _any.__code__)
        setattr(holder, name, types.FunctionType(_refusal(message, code.replace(co_freevars=())), {}))
        self._undo.append(lambda: delattr(holder, name) if own is self else setattr(holder, name, own))


def _find(name: str) -> tuple[object, object]:
    """What holds a dotted name and what it stands for; (None, None) as long as its module is not imported, and whole."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:length]))
        if module is not None:
            break
    if module is None or getattr(module.__spec__, "_initializing", False):
        return None, None
    holder = found = module
    for part in parts[length:]:
        if found is module and part not in vars(module) and _is_module(".".join(parts[:length + 1])):
            return None, None  # asking the module for it could import it
        holder, found = found, getattr(found, part, None)
    return holder, found


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _any(*arguments, **named):
    """A function that takes anything."""


def _refuse():
    raise __import__("autograder.checker.exchange", fromlist=["exchange"]).ForbiddenCall("the message")


def _refusal(message: str, original: types.CodeType) -> types.CodeType:
    """Code that takes the arguments of the original, so that who looks at them sees no difference, and refuses."""
    code = _refuse.__code__
    constants = tuple(message if constant == MESSAGE else constant for constant in code.co_consts)
    return original.replace(
        co_code=code.co_code, co_consts=constants, co_names=code.co_names, co_stacksize=code.co_stacksize,
        co_exceptiontable=code.co_exceptiontable, co_linetable=code.co_linetable, co_firstlineno=code.co_firstlineno,
        co_flags=original.co_flags & ~(inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR))
