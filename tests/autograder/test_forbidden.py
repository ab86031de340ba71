"""What an exercise forbids raises while its tests run, under any name, and works again afterwards."""

import builtins
import functools
import sys
import types

import numpy as np
import pytest

from autograder.checker.exchange import ForbiddenCall
from autograder.checker.forbidden import Forbidden


@pytest.fixture
def library(monkeypatch):
    """A library as students import them: functions, a class, a wrapped function, a part in C."""
    module = types.ModuleType("library")
    source = """
import functools
def blur(image, *, size=3):
    return f"blurred {image}"
def edges(image):
    return "edges of " + blur(image)
def counted():
    count = 0
    def count_up():
        nonlocal count
        count += 1
        return count
    return count_up
count_up = counted()
class Layer:
    def __init__(self, units): self.units = units
    def __call__(self, x): return x * self.units
class Dense(Layer):
    def __init__(self, units): super().__init__(units)
@functools.lru_cache
def cached(x): return x
biggest = max
"""
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "library", module)
    return module


@pytest.fixture
def forbidden():
    forbidden = Forbidden()
    yield forbidden
    forbidden.set((), "")


def test_a_forbidden_function_raises_and_says_which_and_where(library, forbidden):
    forbidden.set(["library.blur"], "smooth")
    with pytest.raises(ForbiddenCall, match="^`library.blur` may not be called in the answer to `smooth`: write it yourself$"):
        library.blur("a photograph")
    forbidden.set((), "")
    assert library.blur("a photograph", size=5) == "blurred a photograph"


def test_another_name_for_it_and_a_function_that_uses_it_raise_too(library, forbidden):
    from library import blur as mine
    bound = functools.partial(library.blur, "a photograph")
    forbidden.set(["library.blur"], "smooth")
    for call in (lambda: mine("it"), bound, lambda: library.edges("it"), lambda: list(map(mine, ["it"]))):
        with pytest.raises(ForbiddenCall):
            call()
    assert library.counted()() == 1, "all else works"


def test_a_closure_keeps_what_it_remembers(library, forbidden):
    assert library.count_up() == 1
    forbidden.set(["library.count_up"], "count")
    with pytest.raises(ForbiddenCall):
        library.count_up()
    forbidden.set((), "")
    assert library.count_up() == 2


def test_a_class_can_neither_be_made_nor_an_older_one_of_it_be_used(library, forbidden):
    older, other = library.Dense(3), library.Layer(2)
    forbidden.set(["library.Dense"], "dense")
    for call in (lambda: library.Dense(3), lambda: older(1)):
        with pytest.raises(ForbiddenCall):
            call()
    assert library.Layer(2)(5) == other(5) == 10, "its base class is not forbidden"
    forbidden.set((), "")
    assert library.Dense(3)(1) == older(1) == 3
    assert "__call__" not in vars(library.Dense), "nothing is left behind"


def test_a_wrapped_function_and_one_in_c_are_found(library, forbidden):
    cached, convolve = library.cached, np.convolve
    forbidden.set(["library.cached", "library.biggest", "numpy.convolve"], "question")
    for call in (lambda: cached(7), lambda: library.biggest(1, 2), lambda: convolve([1], [1])):
        with pytest.raises(ForbiddenCall):
            call()
    forbidden.set((), "")
    assert cached(7) == 7 and library.biggest is max and convolve([1], [2]).tolist() == [2]


def test_a_module_that_is_imported_only_later_is_forbidden_then(library, forbidden, monkeypatch):
    monkeypatch.delitem(sys.modules, "library")
    original = builtins.__import__
    monkeypatch.setattr(sys, "meta_path", [_Finder(library), *sys.meta_path])
    forbidden.set(["library.blur", "library.no_such_thing", "no_such_library.f"], "smooth")
    from library import blur
    with pytest.raises(ForbiddenCall):
        blur("it")
    forbidden.set((), "")
    assert blur("it") == "blurred it" and builtins.__import__ is original


def test_a_whole_module_is_forbidden_but_not_what_it_borrows(library, forbidden):
    library.__name__ = "library"
    library.borrowed = np.convolve
    for name in ("blur", "edges", "Dense"):
        getattr(library, name).__module__ = "library"
    forbidden.set(["library"], "smooth")
    for call in (lambda: library.blur("it"), lambda: library.Dense(3)):
        with pytest.raises(ForbiddenCall, match="`library.(blur|Dense)` may not be called"):
            call()
    assert library.borrowed([1], [2]).tolist() == [2]


def test_what_is_forbidden_next_takes_the_place_of_what_was(library, forbidden):
    forbidden.set(["library.blur"], "smooth")
    forbidden.set(["library.counted"], "count")
    assert library.blur("it") == "blurred it"
    with pytest.raises(ForbiddenCall, match="`count`"):
        library.counted()


class _Finder:
    """Finds a module that was made by hand."""

    def __init__(self, module):
        self.module = module

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec
        return ModuleSpec(name, self) if name == self.module.__name__ else None

    def create_module(self, spec):
        return self.module

    def exec_module(self, module):
        pass
