"""The names of the tests of one submission: what a cell uses and nobody here has defined is the student's.

exec() takes a dict of another class for a cell's globals, and Python then asks it, and the `__builtins__` in it, through
their methods: `_Builtins` is asked for a name, from the top of a cell, a function or a class alike, when neither the tests
nor Python itself have it. So a name is fetched when it is first read, and a test may read one before it deletes or replaces
it. Only at the top of a cell is `Names` told of that.
"""

import builtins
import contextlib
from collections.abc import Callable, Iterable, Iterator


class Names(dict):
    """The global names of tests.

    own : names that are never the student's, even where we have no value for them. replaced : whether the cell has deleted
    or replaced something of the student's.
    """

    def __init__(self, own: Iterable[str]):
        python = _Builtins(vars(builtins))
        python.names = self
        super().__init__(__name__="__main__", __builtins__=python)
        self.own, self.replaced = set(own), False
        self._fetch: Callable[[str], object] | None = None
        self._fetched: dict[str, object] = {}  # what the cell has got of the student's
        self._hidden: dict[str, object] = {}  # what else has the name of the question
        self._question = ""

    @contextlib.contextmanager
    def of_student(self, fetch: Callable[[str], object], replace: Callable, question: str) -> Iterator[None]:
        """Inside this block missing names are the student's, and so is the name of the question, whatever else has it.

        fetch(name) gives the student's value or raises KeyError; replace(name, value) and replace(name) tell the student's
        process that the cell has given a name that it had fetched to a function or class of its own, or has deleted it.
        """
        python = self["__builtins__"]
        self._hidden = {name: self.pop(name) for name in (question,) if name in self}
        python.pop(question, None)
        self._fetch, self._replace, self._question, self.replaced = fetch, replace, question, False
        try:
            yield
        finally:
            self._fetch = None
            for name, value in self._fetched.items():
                if self.get(name) is value:  # what the cell did not make its own
                    self.pop(name, None)
            self.update(self._hidden | self)
            python.update(vars(builtins))
            self._fetched, self._hidden = {}, {}

    def find(self, name: str) -> object:
        """The student's value of a name; KeyError where it is not to be had."""
        is_question = name == self._question
        if self._fetch is None or not isinstance(name, str) or name.startswith("__") or (name in self.own and not is_question):
            raise KeyError(name)
        try:
            value = self._fetched[name] = self._fetch(name)
        except KeyError:
            hidden = vars(builtins) | self._hidden  # a test may be called after something else than a function of the student's
            if is_question and name in hidden and name not in self.own:  # our own function is no answer
                return hidden[name]
            raise
        super().__setitem__(name, value)
        return value

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        if name in self._fetched and callable(value):
            self.replaced = True
            self._replace(name, value)

    def __contains__(self, name):  # of globals(): whether the notebook has it
        if not super().__contains__(name):
            try:
                self.find(name)
            except KeyError:
                return False
        return True

    def __delitem__(self, name):
        if name not in self:
            raise KeyError(name)
        super().__delitem__(name)
        if name in self._fetched:
            self.replaced = True
            self._replace(name)


class _Builtins(dict):
    """Python's own names, and behind them the student's."""

    names: Names

    def __missing__(self, name):
        return self.names.find(name)
