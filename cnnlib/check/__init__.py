"""Instant checks: `check(correlate2d)` says in words whether an answer holds, and if not, which mistake it is.

The questions live in `cnnlib/questions/`, one module a unit with a list `QUESTIONS`; these modules import NumPy modules
at their top and anything heavier inside functions. How to write one: see `Question`, `case` and `mistake`.
"""

import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable

from cnnlib.check.compare import Seen, Unseen
from cnnlib.check.question import INPUT_CHANGED, Case, Mistake, Question, case, mistake
from cnnlib.check.report import CheckFailed, Report
from cnnlib.check.tape import gradient

__all__ = ["INPUT_CHANGED", "Case", "CheckFailed", "Mistake", "Question", "Report", "Seen", "Unseen", "case", "check",
           "find_question", "gradient", "mistake", "questions"]

_asked: dict[str, tuple] = {}  # question -> what its last check failed on, so that asking again goes one step further


def check(function: Callable) -> None:
    """Check an answer: show PASS, or FAIL with the mistake or the smallest failing case; asked again, one step more.

    Parameters
    ----------
    function : the student's function; its name says which question it answers.

    Raises
    ------
    CheckFailed : when the answer is wrong, so that a notebook that is run as a whole stops there.
    ValueError : when there is no question of that name.

    Examples
    --------
    >>> from cnnlib import to_gray
    >>> check(to_gray)  # doctest: +ELLIPSIS
    to_gray: PASS, ...
    """
    name = getattr(function, "__name__", repr(function))
    question = find_question(name)
    report = question.examine(function)
    failed_on = (report.mistake, report.case, report.kind)
    if not report.passed and _asked.get(name) == failed_on:
        report = question.examine(function, again=True)
    _asked[name] = failed_on
    _show(report)
    if not report.passed:
        raise CheckFailed(report)


def find_question(name: str) -> Question:
    """The question about the function `name`; ValueError when there is none."""
    known = questions()
    if name not in known:
        raise ValueError(f"there are no checks for `{name}`: check() knows {', '.join(known)}. "
                         "Give it the function that the exercise asks for, under the name that it asks for.")
    return known[name]


@functools.cache
def questions() -> dict[str, Question]:
    """All questions of all units, by name."""
    found: dict[str, Question] = {}
    from cnnlib import questions as room
    for module in pkgutil.iter_modules(room.__path__):
        if module.name.startswith("_"):  # what several units share
            continue
        for question in importlib.import_module(f"{room.__name__}.{module.name}").QUESTIONS:
            if question.name in found:
                raise ValueError(f"two questions are called `{question.name}`: a name is one question.")
            found[question.name] = question
    return found


def _show(report: Report) -> None:
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        sys.modules["IPython"].display.display(report)
    else:
        print(report)
