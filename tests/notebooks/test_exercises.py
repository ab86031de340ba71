"""The exercises, graded for real: the solution, the blank notebook, and every entry of the catalogue of mistakes."""

import functools
import re

import nbformat
import pytest

from autograder.build import release_version, run
from autograder.catalogue import read_catalogue
from autograder.cells import question_of
from autograder.course import CourseError, find_course
from autograder.grade import grade
from autograder.nbgrader_parts import nbgrader_settings
from autograder.sample import fill, solutions
from cnnlib.check import INPUT_CHANGED, questions

COURSE = find_course(__file__.rsplit("tests", 1)[0] + "course")
UNITS = {unit.slug: unit for unit in COURSE.units()}
CATALOGUE = {slug: read_catalogue(unit) for slug, unit in UNITS.items()}
QUESTIONS = {slug: list(solutions(unit)) for slug, unit in UNITS.items()}
ENTRIES = [(slug, number) for slug, entries in CATALOGUE.items() for number in range(len(entries))]
WRONG = [(slug, number) for slug, number in ENTRIES if not CATALOGUE[slug][number].right]
RIGHT = [(slug, number) for slug, number in ENTRIES if CATALOGUE[slug][number].right]

# The functions of each unit and the mistakes that its catalogue must hold, by the hint that each draws.
FUNCTIONS = {
    "01-edge-detection": ["correlate2d", "convolve2d", "to_gray", "gradient_magnitude", "correlate_rgb", "learn_kernel"],
    "02-output-shapes": ["conv_output_size", "same_padding", "keras_output_size", "conv_params", "dense_params",
                         "trace_shapes", "receptive_field"],
    "03-backprop": ["conv1d_forward", "conv1d_backward", "conv2d_forward", "conv2d_backward", "max_pool_forward",
                    "max_pool_backward", "average_pool_backward", "numeric_gradient"],
    "04-mlp-vs-cnn": ["prepare_images", "one_hot", "build_mlp", "build_cnn", "accuracy", "shift_images", "permute_pixels",
                      "tf_forward"],
    "08-transfer-learning": ["choose_strategy", "extract_features", "attach_head", "fine_tune", "is_dog", "identify"],
    "09-style-transfer": ["gram_matrix", "content_cost", "layer_style_cost", "style_cost", "total_variation", "total_cost",
                          "train_step"],
}
MISTAKES = {
    "01-edge-detection": {
        "kernel flipped": "kernel flipped", "kernel not flipped": "kernel not flipped", "uint8 wrap": "bytes wrap",
        "abs before the end": "absolute value taken", "clip before the end": "clipped before the end",
        "magnitude without root": "no root", "same-padding frame": "same-size output",
        "last row lost": "last row and column lost", "x/y order": "rows and columns swapped",
        "square kernel assumed": "square kernel assumed", "odd kernel assumed": "odd kernel assumed",
        "gray over the wrong axis": "wrong axis", "input changed": "input changed", "matrix product": "matrix product",
        "integer output truncates": "integer output", "one gradient for the other": "one direction twice",
    },
    "02-output-shapes": {
        "no + 1": "no + 1", "round or ceil for floor": "not rounded down", "pad once": "padding on one side",
        "pad squared": "padding squared", "H/W swapped": "height and width swapped", "float result": "float result",
        "floor(n / s)": "kernel left out", "floor(n / s) for same": "same rounded down", "same gives n": "same taken as n",
        "same assumed symmetric": "assumed symmetric", "size of same from symmetric padding": "same assumed symmetric",
        "depth = input depth": "depth of the input kept", "dilation ignored": "dilation ignored",
        "pooling stride 1": "pooling stride 1", "no bias": "no bias", "times H x W": "times height and width",
        "kernel depth missing": "kernel depth missing", "kernel too big accepted": "larger kernel accepted",
        "receptive field without the jump": "jump left out", "batch counted": "batch counted",
    },
    "03-backprop": {
        "stride ignored, forward or backward": "stride ignored", "assigned": "assigned instead of accumulated",
        "padding left on": "padding left on", "[p:-p] at p = 0": "[p:-p] at p = 0", "filter rotated": "filter rotated",
        "dbias zero": "dbias zero", "dbias mean": "dbias averaged", "dbias wrong axes": "dbias over the wrong axes",
        "extra 1/N": "extra 1/N", "loop ranges swapped": "loop ranges swapped", "input changed": "input changed",
        "bias inside the sum": "bias inside the sum", "one channel only": "one channel only",
        "batch axis padded": "batch axis padded", "every tie paid": "every tie paid",
        "mask over the whole map": "mask over the whole map", "absolute maximum": "absolute maximum",
        "stride taken as size": "stride taken as size", "average pooling ignores dy": "dy ignored",
        "maximum starts at 0": "maximum starts at 0", "one-sided difference": "one-sided difference",
    },
    "04-mlp-vs-cnn": {
        "no channel axis": "no channel axis", "not scaled": "not scaled", "scaled twice": "scaled twice",
        "softmax with from_logits": "softmax with from_logits", "one sigmoid unit": "one sigmoid unit",
        "missing activation": "no activation", "missing softmax": "no softmax", "missing flatten": "no flatten",
        "argmax over the batch": "argmax over the batch", "(n, 1) labels broadcast": "labels broadcast",
        "permutation drawn anew per call": "another order at each call", "roll instead of shift": "roll in place of shift",
    },
    "08-transfer-learning": {
        "base not frozen": "base not frozen", "not recompiled": "not recompiled", "rate ignored": "rate ignored",
        "BatchNorm in training mode": "BatchNorm in training mode", "features in training mode": "training mode",
        "preprocessing missing": "preprocessing missing", "preprocessing double": "preprocessing twice",
        "bytes wrap": "bytes wrap", "the top layers' order reversed": "order reversed", "[-0:]": "[-0:] is everything",
        "head frozen too": "head frozen too", "features of shuffled images": "order of the images lost",
        "dog range off by one": "dog range off by one", "the face asked first": "face asked first",
    },
    "09-style-transfer": {
        "A^T A of the wrong size": "pixels for channels", "reshape without transpose": "reshaped without a transpose",
        "normaliser missing": "normalizer missing", "its square missing": "normalizer not squared",
        "part of it missing": "part of the normalizer", "alpha and beta swapped": "alpha and beta swapped",
        "gradient None": "gradient None", "gradient lost in NumPy": "gradient lost", "network trained": "network trained",
        "no clip": "no clip", "target taken from the generated image": "target from the generated image",
        "last layer only": "last layer only", "signed variation": "signed", "no square": "difference not squared",
    },
}

# Answers that know nothing of the question, each a cell's text: {name} is the question and {solution} defines `right_answer`.
ANYTHING = "def {name}(*arguments, **options):\n    "
ZEROS = """import copy

{solution}

def zeros(value):
    "The same, with 0 for every number in it: what somebody writes who has understood what comes out, and not how."
    if isinstance(value, tuple | list):
        return type(value)(map(zeros, value))
    if value is None or isinstance(value, bool | int | float | str):
        return value and type(value)()
    return 0.0 if callable(value) else value * 0

def zero(value):
    "Make it zero in place, wherever it comes from."
    if isinstance(value, np.ndarray):
        value.flags.writeable = True
        value[...] = 0
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            zero(part)
    elif hasattr(value, "assign"):
        value.assign(0 * value)
    elif hasattr(value, "set_weights"):
        value.set_weights([0 * weight for weight in value.get_weights()])

"""
LAZY = {
    "raises ValueError": ANYTHING + "raise ValueError('no')",
    "does nothing": ANYTHING + "pass",
    "returns its first argument": ANYTHING + "return arguments[0]",
    "returns 0": ANYTHING + "return 0.0",
    "returns an empty array": ANYTHING + "return np.zeros((0, 1, 1, 1, 1, 1))",
    "returns an empty tensor": ANYTHING + "return tf.zeros((0, 1, 1, 1, 1, 1))",
    "returns zeros": ZEROS + ANYTHING + "return zeros(right_answer(*copy.deepcopy(arguments), **options))",
    "makes everything zero": ZEROS + ANYTHING + """result = zeros(right_answer(*copy.deepcopy(arguments), **options))
    zero(arguments)
    return result""",
}

pytestmark = pytest.mark.notebook


def of_units():
    """Run a test for every unit, all tests of a unit in one process, since they share its graded class."""
    return pytest.mark.parametrize("slug", [pytest.param(slug, marks=pytest.mark.xdist_group(slug)) for slug in UNITS])


def of_entries(entries):
    return pytest.mark.parametrize(("slug", "number"), [
        pytest.param(slug, number, marks=pytest.mark.xdist_group(slug), id=label(slug, number)) for slug, number in entries])


def label(slug, number):
    entry = CATALOGUE[slug][number]
    return f"{slug}, {entry.question}: {entry.about}"


def packed(slug: str) -> dict[str, dict[str, int]]:
    """Students who between them hand in the whole catalogue: for each, the entry (by number) of each question."""
    class_: dict[str, dict[str, int]] = {}
    for question in QUESTIONS[slug]:
        for place, number in enumerate(i for i, entry in enumerate(CATALOGUE[slug]) if entry.question == question):
            class_.setdefault(f"student-{place:02d}", {})[question] = number
    return class_


@pytest.fixture(scope="module")
def graded(tmp_path_factory, make_copy):
    """The results of a unit's whole catalogue, its solution and a blank notebook, each unit graded once."""
    @functools.cache
    def results(slug):
        unit = make_copy(tmp_path_factory.mktemp("catalogue") / "course").unit(slug)
        right = solutions(unit)
        answers = {student: right | {question: CATALOGUE[slug][i].text for question, i in entries.items()}
                   for student, entries in packed(slug).items()}
        borrowed = "from cnnlib import {0} as given\n\ndef {0}(*arguments, **options):\n    return given(*arguments, **options)"
        answers |= {"solution": right, "blank": {}, "library": {question: borrowed.format(question) for question in right}}
        for place, text in enumerate(LAZY.values()):
            answers[f"lazy-{place}"] = {question: text.format(name=question, solution=re.sub(
                rf"\b{question}\b", "right_answer", solution)) for question, solution in right.items()}
        for student, texts in answers.items():
            unit.submission(student).parent.mkdir(parents=True)
            nbformat.write(fill(unit, texts), unit.submission(student))
        return grade(unit, list(answers), jobs=2)
    return results


def result_of(graded, slug, number):
    question = CATALOGUE[slug][number].question
    student = next(s for s, entries in packed(slug).items() if entries.get(question) == number)
    return graded(slug)[student].questions[question]


@of_entries(WRONG)
def test_a_wrong_solution_loses_its_question_and_says_why(graded, slug, number):
    result = result_of(graded, slug, number)
    assert result.score < result.max_score
    assert result.status in ("partial", "failed", "error", "forbidden", "time", "cpu", "memory", "died") and result.message


@of_entries(RIGHT)
def test_a_right_solution_of_another_kind_keeps_full_marks(graded, slug, number):
    result = result_of(graded, slug, number)
    assert (result.score, result.status, result.message) == (result.max_score, "passed", "")


@of_entries(WRONG)
def test_the_hint_is_the_right_one_and_never_a_wrong_one(graded, slug, number):
    message, hint = result_of(graded, slug, number).message, CATALOGUE[slug][number].hint
    assert ("the known mistake" in message) == (hint is not None), message
    assert hint is None or f'the known mistake "{hint}"' in message


@of_units()
def test_the_solution_earns_full_marks(graded, slug):
    result = graded(slug)["solution"]
    assert result.score == result.max_score > 0
    assert all(q.status == "passed" for q in result.questions.values())


@of_units()
def test_the_librarys_own_answer_is_forbidden_and_earns_nothing(graded, slug):
    assert {q.status for q in graded(slug)["library"].questions.values()} == {"forbidden"}
    assert graded(slug)["library"].score == 0


@pytest.mark.parametrize(("slug", "lazy"), [
    pytest.param(slug, lazy, marks=pytest.mark.xdist_group(slug)) for slug in UNITS for lazy in LAZY])
def test_an_answer_that_knows_nothing_earns_nothing(graded, slug, lazy):
    found = graded(slug)[f"lazy-{list(LAZY).index(lazy)}"].questions
    assert {question: result.score for question, result in found.items() if result.score} == {}


@of_units()
def test_a_blank_notebook_earns_nothing_and_is_called_blank(graded, slug):
    assert graded(slug)["blank"].score == 0
    assert {q.status for q in graded(slug)["blank"].questions.values()} == {"blank"}


@pytest.mark.parametrize("slug", UNITS)
def test_at_least_nine_in_ten_wrong_solutions_draw_their_hint(slug):
    wrong = [entry for entry in CATALOGUE[slug] if not entry.right]
    assert sum(entry.hint is not None for entry in wrong) >= 0.9 * len(wrong)


@pytest.mark.parametrize(("slug", "hint"), [
    pytest.param(slug, hint, id=f"{slug}, {name}") for slug, named in MISTAKES.items() for name, hint in named.items()])
def test_the_catalogue_holds_every_mistake_that_the_unit_must_teach(slug, hint):
    assert any(entry.hint == hint for entry in CATALOGUE[slug])


@pytest.mark.parametrize("slug", UNITS)
def test_every_question_has_wrong_and_right_entries_and_each_hint_exists(slug):
    for question in QUESTIONS[slug]:
        mine = [entry for entry in CATALOGUE[slug] if entry.question == question]
        assert any(entry.right for entry in mine) and sum(not entry.right for entry in mine) >= 3
        known = {m.name for m in questions()[question].mistakes} | {INPUT_CHANGED}
        assert {entry.hint for entry in mine if entry.hint} <= known


@pytest.mark.parametrize("slug", UNITS)
def test_the_functions_of_the_unit_are_its_questions(slug):
    assert QUESTIONS[slug] == FUNCTIONS[slug]


@pytest.mark.parametrize(("slug", "solved"), [
    pytest.param(slug, n, id=f"{slug}, {n} questions solved") for slug in UNITS for n in range(len(QUESTIONS[slug]))])
def test_the_exercise_stops_at_its_first_unsolved_question(slug, solved):
    notebook = fill(UNITS[slug], dict(list(solutions(UNITS[slug]).items())[:solved]))
    question = QUESTIONS[slug][solved]
    last = max(i for i, cell in enumerate(notebook.cells) if question_of(cell) == question)
    notebook.cells = notebook.cells[:last + 1]
    with pytest.raises(CourseError, match=rf"(?s)check\({question}\).*{question} does not pass yet"):
        run(notebook, slug)


@pytest.mark.parametrize("slug", UNITS)
def test_each_question_has_a_visible_check_before_its_hidden_tests(slug):
    source = nbformat.read(UNITS[slug].source, as_version=4)
    for question in QUESTIONS[slug]:
        cells = [c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade") and question_of(c) == question]
        assert cells[0].metadata.nbgrader.grade_id == f"test_{question}"
        assert cells[0].source.index(f"check({question})") < cells[0].source.index("BEGIN HIDDEN TESTS")
        assert all(cell.source.startswith("# ") and cell.metadata.nbgrader.points in (1, 2) for cell in cells)
        assert [c.metadata.nbgrader.grade_id for c in cells[1:]] == [f"test_{question}_{i}" for i in range(2, len(cells) + 1)]


@pytest.mark.parametrize("slug", UNITS)
def test_what_students_get_is_what_nbgrader_releases(slug):
    source = nbformat.read(UNITS[slug].source, as_version=4)
    released = release_version(source, slug, nbgrader_settings(COURSE))
    assert released == nbformat.read(UNITS[slug].release, as_version=4)
