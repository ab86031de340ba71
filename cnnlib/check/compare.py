"""What a function did, and how that is not what it must do: calls recorded, values compared, differences told in words.

Values are numbers, arrays, strings, callables, and tuples, lists or dicts of them; a question's view makes them of anything
else. The tolerance lets a float32 answer
pass (a framework's convolution works in float32) and is far below what any mistake changes.
"""

import copy
import os
import traceback
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What a call did: the value it returned or the exception it raised, and the arguments that it changed, by name."""

    value: object = None
    error: BaseException | None = None
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unseen:
    """A result that a question's view could not look at: what kind of thing it is, and what the view ran into."""

    kind: str
    why: str = field(default="", compare=False)


@dataclass(frozen=True)
class Seen:
    """What a mistake may return in a question with a view: `data` is what the view would make of its result."""

    data: object


def run(function: Callable, arguments: dict[str, object], options: Collection[str] = (),
        view: Callable | None = None) -> Outcome:
    """Call `function` on copies of `arguments` and record what happened; nothing that it raises gets through.

    The arguments are given in their order; those in `options` by their name. `view` turns the result into data. Whether an
    argument was changed is seen in arrays, numbers and collections of them, not in functions and models.
    """
    mine = copy.deepcopy(arguments)
    named = {name: value for name, value in mine.items() if name in options}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a warning in the student's code is not a reason for noise here
            value = function(*(value for name, value in mine.items() if name not in options), **named)
    except (Exception, SystemExit) as error:
        return Outcome(error=error)
    changed = tuple(name for name, given in arguments.items()
                    if not callable(given) and differ(mine[name], given) is not None)
    return Outcome(value=value if view is None or value is None else _viewed(view, value), changed=changed)


def _viewed(view: Callable, value: object) -> object:
    """What a view makes of a result; Unseen when it cannot."""
    if isinstance(value, Seen):
        return value.data
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return view(value)
    except Exception as error:  # whatever the answer returned, it is not what the view is made for
        return Unseen(type(value).__name__, f"{type(error).__name__}: {' '.join(str(error).split())[:150]}")


# What can be wrong with an outcome, the most basic first: reports follow this order, so shapes come before values.
KINDS = ("blank", "error", "nothing", "type", "shape", "dtype", "values", "accepted", "other error", "changed")


@dataclass(frozen=True)
class Difference:
    """How an outcome is not the wanted one: its kind (one of KINDS), a sentence, and where in the array."""

    kind: str
    sentence: str
    where: np.ndarray | None = None  # True at the numbers that differ


def differ(got, want) -> Difference | None:
    """The difference between two values (numbers, arrays, strings, tuples, lists, dicts), or None."""
    if isinstance(got, Unseen):
        same = isinstance(want, Unseen) and got == want
        return None if same else Difference("type", f"it is {_a(got.kind)}, not the kind of thing asked for ({got.why})")
    if isinstance(want, dict | tuple | list) and not _is_table(want):
        if got is None:
            return Difference("nothing", "it is None, so a `return` is probably missing")
        return _differ_parts(got, want)
    if isinstance(want, Unseen):
        return Difference("type", f"it is {_a(type(got).__name__)}, not {_a(want.kind)}")
    if want is None or isinstance(want, str | bool) or callable(want):
        same = got is want if want is None or callable(want) else isinstance(got, type(want) | np.bool_) and got == want
        return None if same else Difference("values", f"it is {got!r}, it must be {want!r}")
    if got is None:
        return Difference("nothing", "it is None, so a `return` is probably missing")
    try:
        array = np.asarray(got)
    except ValueError:
        return Difference("shape", "its rows have unequal lengths, so it is not an array")
    wanted = np.asarray(want)
    if array.dtype.kind not in "biuf":
        return Difference("type", f"it is {_a(type(got).__name__)}, not numbers")
    if array.shape != wanted.shape:
        return Difference("shape", f"its shape is {array.shape}, it must be {wanted.shape}")
    close = array == wanted  # mostly all are: to ask whether they are merely close takes ten times as long
    if not close.all():
        close = np.isclose(array, wanted, rtol=1e-4, atol=1e-6 * max(1.0, _largest(wanted)), equal_nan=True)
        if not close.all():
            sentence = f"it is {number(array)}, it must be {number(wanted)}" if not array.shape else (
                f"{np.sum(~close)} of {close.size} values are wrong, "
                f"the first at {_place(np.argwhere(~close)[0])}")
            return Difference("values", sentence, ~close)
    if (array.dtype.kind == "f") != (wanted.dtype.kind == "f"):
        return Difference("dtype", f"its numbers are of type {array.dtype}, they must be {wanted.dtype}")
    return None


def _is_table(value) -> bool:
    """A list of numbers (of any depth) is compared as an array."""
    return isinstance(value, list) and all(isinstance(v, int | float) or _is_table(v) for v in value)


def _differ_parts(got, want) -> Difference | None:
    if not isinstance(got, dict if isinstance(want, dict) else tuple | list):
        return Difference("type", f"it is {_a(type(got).__name__)}, it must be {_a(type(want).__name__)}")
    if len(got) != len(want) or (isinstance(want, dict) and set(got) != set(want)):
        return Difference("shape", f"it has {len(got)} parts, it must have {len(want)}")
    parts = want.items() if isinstance(want, dict) else enumerate(want)
    for name, part in parts:
        difference = differ(got[name], part)
        if difference:
            return Difference(difference.kind, f"of its part {name!r}: {difference.sentence}")
    return None


def judge(outcome: Outcome, wanted: Outcome) -> Difference | None:
    """The most basic thing wrong with an outcome, or None when it is as wanted."""
    if isinstance(outcome.error, NotImplementedError):
        return Difference("blank", "it is not written yet")
    if wanted.error is not None:
        kind = type(wanted.error).__name__
        if outcome.error is None:
            return Difference("accepted", f"it returned a value, it must raise {kind}")
        if not isinstance(outcome.error, type(wanted.error)):
            return Difference("other error", f"it raised {_error(outcome.error)}, it must raise {kind}")
        return None
    if outcome.error is not None:
        return Difference("error", f"it raised {_error(outcome.error)}")
    difference = differ(outcome.value, wanted.value)
    if difference is None and outcome.changed:
        changed = " and ".join(f"`{name}`" for name in outcome.changed)
        return Difference("changed", f"it changed its argument {changed} in place")
    return difference


def resembles(outcome: Outcome, other: Outcome, kind: str) -> bool:
    """Is an outcome what a mistake gave, where the mistake is wrong in the way `kind`?

    Of a value that must not have been returned only that it was counts, and the type of the numbers counts only where
    nothing else is wrong.
    """
    if outcome.error is not None or other.error is not None:
        return type(outcome.error).__name__ == type(other.error).__name__  # one may have crossed from another process
    difference = differ(outcome.value, other.value)
    return kind == "accepted" or difference is None or (difference.kind == "dtype" and kind != "dtype")


OURS = tuple(str(Path(__file__).parents[1] / room) + os.sep for room in ("check", "questions"))  # between us and an answer


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _error(error: BaseException) -> str:
    """An exception in words: its name, its text, and the last line of the student's own code that it came from.

    One that was raised in another process (`raised_by` says by what) has no frames of that code: a note of it says the line.
    """
    text = " ".join(str(error).split())
    if hasattr(error, "raised_by"):
        own = [note for note in getattr(error, "__notes__", ()) if note.startswith("in the line `")]
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(OURS)]
        own = [f"in the line `{frame.line}`" for frame in frames if frame.filename == frames[0].filename and frame.line]
    return type(error).__name__ + (f": {text[:150]}" if text else "") + (f", {own[-1]}" if own else "")


def _place(index: np.ndarray) -> str:
    names = {1: ("index",), 2: ("row", "column"), 3: ("row", "column", "channel")}.get(len(index))
    return ", ".join(f"{n} {i}" for n, i in zip(names, index, strict=True)) if names else f"index {tuple(map(int, index))}"


def _largest(array: np.ndarray) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def number(value) -> str:
    return str(bool(value)) if isinstance(value, bool | np.bool_) else f"{float(value):.5g}"
