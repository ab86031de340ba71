"""`check`: PASS or FAIL in words, the right mistake named, no wrong one, and one step more when asked again."""

import inspect
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest

import cnnlib
import cnnlib.check as checking
from cnnlib.check import INPUT_CHANGED, CheckFailed, Question, Seen, case, check, mistake, questions


def of(question, *rest, id):
    """A question as a parameter; its tests load TensorFlow where its reference does."""
    loads = re.search(r"(import|from) (keras|tensorflow)|build_|tf_", inspect.getsource(question.reference))
    return pytest.param(question, *rest, id=id, marks=pytest.mark.keras if loads else ())


ALL = [of(question, id=question.name) for question in questions().values()]
PAIRS = [of(question, known, i, id=f"{question.name}: {known.name}, way {i}") for question in questions().values()
         for known in question.mistakes for i in range(len(known.gives))]


@pytest.fixture(autouse=True)
def nothing_asked_yet(monkeypatch):
    monkeypatch.setattr(checking, "_asked", {})


def flipped(image, kernel):
    return cnnlib.convolve2d(image, kernel)


flipped.__name__ = "correlate2d"


def fail(function) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check(function)
    return caught.value


@pytest.mark.parametrize("question", ALL)
def test_the_reference_itself_passes(question):
    assert question.examine(question.reference).passed


@pytest.mark.parametrize(("question", "known", "i"), PAIRS)
def test_a_known_mistake_shows_in_a_case_and_is_not_taken_for_another(question, known, i):
    assert question.exposed_by(known.gives[i]), "no case tells this mistake from a right answer"
    assert question.examine(known.gives[i]).mistake == known.name


@pytest.mark.parametrize("question", ALL)
def test_cases_are_small_and_mistakes_say_what_and_how(question):
    assert max(c.size() for c in question.cases) <= 120
    assert len({m.name for m in question.mistakes}) == len(question.mistakes)
    assert all(m.hint.endswith((".", "?")) and m.fix.endswith(".") and m.hint != m.fix for m in question.mistakes)


def test_a_right_answer_passes_in_words_and_returns_nothing(capsys):
    assert check(cnnlib.correlate2d) is None
    assert capsys.readouterr().out.startswith("correlate2d: PASS, 8 of 8 checks.")


def test_a_known_mistake_is_named_and_asked_again_the_way_out_follows(capsys):
    first = fail(flipped)
    said = capsys.readouterr().out
    assert 'FAIL, the known mistake "kernel flipped"' in said and "What to do" not in said
    assert "kernel flipped" in str(first)
    fail(flipped)
    again = capsys.readouterr().out
    assert "What to do: Multiply each window with `kernel` itself" in again
    assert "it must be" in again and "[" in again


def test_a_mended_mistake_starts_at_the_first_step_again(capsys):
    fail(flipped)
    check(cnnlib.correlate2d)
    fail(flipped)
    assert "What to do" not in capsys.readouterr().out


def test_an_unknown_mistake_shows_the_smallest_case_and_then_what_must_come_out(capsys):
    def correlate2d(image, kernel):
        return cnnlib.correlate2d(image, kernel) + (np.size(kernel) > 3)
    fail(correlate2d)
    first = capsys.readouterr().out
    assert "The smallest case that fails is" in first and "it must be:" not in first
    fail(correlate2d)
    assert "it must be:" in capsys.readouterr().out


def test_a_wrong_shape_is_told_before_a_wrong_value():
    def correlate2d(image, kernel):
        result = cnnlib.correlate2d(image, kernel)
        return result + 1 if np.size(kernel) < 6 else result.ravel()  # small cases: values; large ones: shape
    report = questions()["correlate2d"].examine(correlate2d)
    assert report.kind == "shape"


def test_an_unwritten_answer_is_called_unwritten_and_not_wrong(capsys):
    def correlate2d(image, kernel):
        raise NotImplementedError()
    assert "it is not written yet" in str(fail(correlate2d))


@pytest.mark.parametrize(("result", "words"), [
    (None, "a `return` is probably missing"),
    ("8", "it is a str, not numbers"),
    ([[1, 2], [3]], "unequal lengths"),
    (np.array([[1 + 2j]]), "not numbers"),
], ids=["nothing", "a string", "a ragged list", "complex numbers"])
def test_a_result_that_is_no_array_of_numbers_is_said_to_be_so(result, words):
    assert words in str(fail(named("correlate2d", lambda image, kernel: result)))


def test_an_exception_is_quoted_and_a_systemexit_does_not_get_through():
    said = str(fail(named("correlate2d", lambda image, kernel: raise_(RuntimeError("here")))))
    assert "RuntimeError: here, in the line `raise error`" in said
    assert "SystemExit" in str(fail(named("correlate2d", lambda image, kernel: sys.exit(0))))


def test_an_argument_changed_in_place_is_found_though_the_values_are_right():
    def to_gray(rgb):
        gray = cnnlib.to_gray(rgb)
        rgb[...] = 0
        return gray
    report = questions()["to_gray"].examine(to_gray)
    assert report.mistake == INPUT_CHANGED and "`rgb`" in str(report)


def test_the_cases_are_not_spoilt_by_an_answer_that_changes_its_arguments():
    def to_gray(rgb):
        rgb[...] = 0
        return rgb[..., 0].astype(float)
    questions()["to_gray"].examine(to_gray)
    assert questions()["to_gray"].examine(cnnlib.to_gray).passed


def test_an_answer_in_single_precision_passes():
    assert questions()["correlate2d"].examine(
        lambda image, kernel: cnnlib.correlate2d(image, kernel).astype(np.float32)).passed


def test_a_name_that_no_exercise_asks_for_is_an_error_that_lists_the_names():
    with pytest.raises(ValueError, match="no checks for `sobel`.*correlate2d"):
        check(named("sobel", lambda image: image))


def test_text_and_html_say_the_same(capsys):
    fail(flipped)
    question = questions()["correlate2d"]
    report = question.examine(flipped, again=True)
    import html
    import re
    words = re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]+>", "", report._repr_html_())))
    for word in re.findall(r"[A-Za-z0-9]+", str(report)):
        assert word in words, f"the HTML does not say {word!r}"


def test_what_a_student_returns_cannot_inject_html():
    report = questions()["correlate2d"].examine(lambda image, kernel: raise_(ValueError("<script>alert(1)</script>")))
    assert "<script>" not in report._repr_html_() and "&lt;script&gt;" in report._repr_html_()


def test_a_failing_check_with_its_hint_is_there_within_a_second():
    began = time.perf_counter()
    for question in questions().values():
        for again in (False, True):
            question.examine(named(question.name, lambda *arguments: np.zeros((1, 1))), again)
    assert time.perf_counter() - began < len(questions())


def test_of_two_mistakes_that_fit_the_one_that_explains_more_is_named():
    cases = [case("one", 1.0), case("two", 2.0), case("zero", 0.0)]
    double = Question(lambda x: 2.0 * x, name="double", cases=cases, mistakes=[
        mistake("square at two only", lambda x: 5.0 if x == 1 else 2.0 * x, hint="A.", fix="B."),
        mistake("plus four", lambda x: 2.0 * x + 4 if x != 1 else 5.0, hint="C.", fix="D.")])
    assert double.examine(lambda x: 2.0 * x + 4 if x != 1 else 5.0).mistake == "plus four"
    assert double.examine(lambda x: 5.0 if x == 1 else 2.0 * x).mistake == "square at two only"


def test_tuples_lists_dicts_and_callables_are_compared_by_their_parts():
    def pair(f, x):
        return {"value": f(x), "parts": (x, [1, 2])}
    question = Question(pair, cases=[case("a pair", np.sqrt, np.array([4.0, 9.0]))])
    assert question.examine(lambda f, x: {"value": f(x), "parts": (x, [1, 2])}).passed
    assert question.examine(lambda f, x: {"value": f(x) + 1, "parts": (x, [1, 2])}).kind == "values"
    assert question.examine(lambda f, x: {"value": f(x)}).kind == "shape"
    assert question.examine(lambda f, x: [f(x)]).kind == "type"


def test_an_integer_that_must_be_one_is_not_accepted_as_a_float():
    count = Question(lambda n: n // 2, name="count", cases=[case("seven", 7)])
    assert count.examine(lambda n: n // 2).passed
    assert count.examine(lambda n: float(n // 2)).kind == "dtype"
    assert count.examine(lambda n: n / 2).kind == "values"


def test_check_loads_numpy_alone():
    code = ("import sys; from cnnlib.check import check, questions; questions(); "
            "print([m for m in ('matplotlib', 'scipy', 'skimage', 'keras', 'tensorflow', 'IPython') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


def named(name, function):
    function.__name__ = name
    return function


def raise_(error):
    raise error


def test_options_of_a_case_are_given_by_name_and_shown_by_name(capsys):
    def every(x, *, stride=1):
        return x[::stride]
    question = Question(every, cases=[case("each", np.arange(4.0)), case("every second", np.arange(4.0), stride=2)])
    assert question.examine(lambda x, *, stride=1: x[::stride]).passed
    report = question.examine(lambda x, *, stride=1: x, again=True)
    assert report.case == "every second" and "`stride`" in str(report)


class Machine:
    """What a question may ask for that is no data: it has to be looked at."""

    def __init__(self, size, name):
        self.size, self.name = size, name


def build_machine(size):
    return Machine(size, "right")


MACHINES = Question(
    build_machine, cases=[case("a small one", 3), case("a large one", 7)], view=lambda m: {"size": m.size, "name": m.name},
    mistakes=[mistake("one too small", lambda size: Machine(size - 1, "right"), hint="One is missing.", fix="Count again."),
              mistake("left", lambda size: Seen({"size": size, "name": "left"}), hint="That is left.", fix="Go right.")])


def test_a_view_makes_data_of_a_result_and_that_is_what_is_compared():
    assert MACHINES.examine(lambda size: Machine(size, "right")).passed
    renamed = str(MACHINES.examine(lambda size: Machine(size, "top"), again=True))
    assert "of its part 'name': it is 'top', it must be 'right'" in renamed


def test_a_known_mistake_is_recognised_through_the_view():
    assert MACHINES.examine(lambda size: Machine(size - 1, "right")).mistake == "one too small"
    assert MACHINES.examine(lambda size: Machine(size, "left")).mistake == "left"


@pytest.mark.parametrize(("result", "words"), [
    (5, "it is an int, not the kind of thing asked for (AttributeError: 'int' object has no attribute 'size')"),
    (None, "it is None, so a `return` is probably missing"),
], ids=["another kind of thing", "nothing"])
def test_a_result_that_the_view_cannot_look_at_is_a_wrong_kind_of_result(result, words):
    for again in (False, True):
        report = MACHINES.examine(lambda size: result, again=again)
        assert not report.passed and words in str(report) and "Unseen" not in str(report)


def test_an_argument_that_is_no_data_is_never_called_changed():
    class Model(Machine):
        def __call__(self):
            return self.size
    question = Question(lambda model: model.size, name="size_of", cases=[case("a model", Model(4, "m"))])
    assert question.examine(lambda model: model.size).passed
