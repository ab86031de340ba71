"""A question: what is right, the cases to try an answer on, and the mistakes that people make.

Whatever the reference does on a case, return or raise, is what an answer must do. A mistake is told as what it would
make of the reference, so no wrong and no nearly right solution is stored here:

>>> double = Question(lambda x: 2 * x, name="double", cases=[case("one number", 3.0)],
...                   mistakes=[mistake("square", lambda x: x ** 2, hint="That is the square.", fix="Write `2 * x`.")])
>>> print(double.examine(lambda x: x * x))
double: FAIL, the known mistake "square".
That is the square.
Run this cell again to see more.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from cnnlib.check.compare import KINDS, Difference, Outcome, Unseen, judge, resembles, run
from cnnlib.check.report import Report, tabulated

MORE = "Run this cell again to see more."
INPUT_CHANGED = "input changed"  # the one mistake that every question knows by itself


def _size(value) -> int:
    """How many numbers a value holds: those of its parts where it is a list, whose parts may be of unlike shapes."""
    if callable(value):
        return 0
    return sum(map(_size, value)) if isinstance(value, list | tuple) else np.size(value)


@dataclass(frozen=True)
class Case:
    """One call of the function: a name that says what is tried, the arguments, and the options, given by name."""

    name: str
    arguments: tuple
    options: dict[str, object]

    def size(self) -> int:
        """How much a reader has to look at: the numbers in all arguments."""
        return sum(map(_size, (*self.arguments, *self.options.values())))


def case(name: str, *arguments, **options) -> Case:
    """A call that the answer is tried on; the reference says what must come out, an exception included."""
    return Case(name, arguments, options)


@dataclass(frozen=True)
class Mistake:
    """A way to be wrong: what it makes of the reference, what to say at first, and what to say when asked again."""

    name: str
    gives: tuple[Callable, ...]
    hint: str
    fix: str


def mistake(name: str, *gives: Callable, hint: str, fix: str) -> Mistake:
    """A known mistake; each of `gives` takes the arguments and options of a case and returns what the mistake would return.

    Several `gives` are several ways to make the same mistake. `hint` says what is wrong, `fix` what to do about it.
    """
    return Mistake(name, gives, hint, fix)


@dataclass(frozen=True)
class Question:
    """A function that students write: the reference, the cases, the known mistakes; see the module's docstring.

    reference: what is right; its parameters name the arguments. cases: a list of `case(...)`, small ones that
    tell the mistakes apart. mistakes: a list of `mistake(...)`, the likeliest first. name: the reference's own if not given.
    view: for results that are no data, such as a Keras model: view(result) returns numbers, strings, arrays, or tuples or
    dicts of them, and these are compared in place of the result, the reference's and a mistake's as well as an answer's; a
    result that view raises an exception on is reported as one of the wrong kind. A mistake may say at once what the view would
    make of its result, as `Seen(data)`: no network needs to be built for it.
    call: for answers that take what is no data, such as tensors: call(answer) is a function of a case's data that is asked in
    the answer's place. The reference and the mistakes take a case as it is written.
    """

    reference: Callable
    cases: Sequence[Case]
    mistakes: Sequence[Mistake] = ()
    name: str = ""
    view: Callable | None = None
    call: Callable | None = None
    arguments: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "name", self.name or self.reference.__name__)
        object.__setattr__(self, "arguments", tuple(inspect.signature(self.reference).parameters))

    @functools.cached_property
    def wanted(self) -> list[Outcome]:
        """What the reference does on each case."""
        return self.tried(self.reference)

    def tried(self, function: Callable) -> list[Outcome]:
        """What a function does on each case."""
        return [run(function, self.arguments_of(c), c.options, self.view) for c in self.cases]

    def arguments_of(self, c: Case) -> dict[str, object]:
        """The arguments of a case by the names that the reference gives them."""
        return dict(zip(self.arguments, c.arguments, strict=False)) | c.options

    def judged(self, outcomes: list[Outcome]) -> dict[int, Difference]:
        """What is wrong with the outcomes of all cases, by the index of the case."""
        differences = (judge(got, want) for got, want in zip(outcomes, self.wanted, strict=True))
        return {i: difference for i, difference in enumerate(differences) if difference}

    def exposed_by(self, gives: Callable) -> dict[int, tuple[Outcome, str]]:
        """The cases (by index) on which a mistake shows: what it gives there, and the kind of what is wrong with it."""
        given = self.tried(gives)
        return {i: (given[i], difference.kind) for i, difference in self.judged(given).items()}

    def examine(self, function: Callable, again: bool = False) -> Report:
        """Try `function` on every case and say what was found; `again` goes one step further."""
        ours = function is self.reference or any(function in known.gives for known in self.mistakes)
        outcomes = self.tried(function if self.call is None or ours else self.call(function))
        found = self.judged(outcomes)
        if not found:
            return Report(self.name, True, f"{self.name}: PASS, {len(outcomes)} of {len(outcomes)} checks.",
                          ("Tried: " + "; ".join(c.name for c in self.cases) + ".",))
        first = min(found, key=lambda i: (KINDS.index(found[i].kind), self.cases[i].size(), i))
        difference = found[first]
        if difference.kind == "blank":
            return Report(self.name, False, f"{self.name}: FAIL, it is not written yet.",
                          ("Replace `raise NotImplementedError()` with your answer, run that cell, then this one.",),
                          kind="blank")
        about = dict(case=self.cases[first].name, kind=difference.kind)
        known = self._recognise(outcomes, first)
        if known is None and difference.kind == "changed":
            known = Mistake(INPUT_CHANGED, (), f"The values are right, but {difference.sentence}. The caller still needs it.",
                            "Work on a copy of it.")
        if known:
            on_case = f'On the case "{self.cases[first].name}":'
            lines = (known.hint, *((f"What to do: {known.fix}", on_case) if again else (MORE,)))
            tables = self._tables(first, outcomes[first], self.wanted[first], difference) if again else ()
            return Report(self.name, False, f'{self.name}: FAIL, the known mistake "{known.name}".',
                          lines, tables, mistake=known.name, **about)
        smallest = f'The smallest case that fails is "{self.cases[first].name}": {difference.sentence}.'
        lines = (smallest,) if again else (smallest, MORE)
        tables = self._tables(first, outcomes[first], self.wanted[first], difference)
        return Report(self.name, False, f"{self.name}: FAIL, {len(found)} of {len(outcomes)} checks do not hold.", lines,
                      tables if again else tables[:len(self.arguments_of(self.cases[first]))], **about)

    def _recognise(self, outcomes: list[Outcome], first: int) -> Mistake | None:
        """The mistake that gives what the answer gave wherever the mistake shows, the first failing case included.

        Of several, the one that shows in the most cases: it explains the most. Most are ruled out by the first failing case.
        """
        best, explained, case = None, 0, self.cases[first]
        for known in self.mistakes:
            for gives in known.gives:
                there = run(gives, self.arguments_of(case), case.options, self.view)
                difference = judge(there, self.wanted[first])
                if difference is None or not resembles(outcomes[first], there, difference.kind):
                    continue
                shown = self.exposed_by(gives)
                if len(shown) > explained and all(resembles(outcomes[i], *of) for i, of in shown.items()):
                    best, explained = known, len(shown)
        return best

    def _tables(self, index: int, outcome: Outcome, want: Outcome, difference: Difference) -> tuple:
        """The arguments of a case, then what came out and what must come out, with the wrong numbers marked."""
        rows = [(f"`{name}`", value, None) for name, value in self.arguments_of(self.cases[index]).items()]
        told = outcome.value is not None and not isinstance(outcome.value, Unseen)
        if told and outcome.error is None and want.error is None:
            rows += [(f"`{self.name}` gave", outcome.value, difference.where),
                     ("it must be", want.value, difference.where)]
        return tuple((label, tabulated(value), marked) for label, value, marked in rows)
