"""The page that a student gets: what it says, what it must not say, and that nothing in a submission gets out of its text."""

import ast
import base64
import hashlib
import re
import string
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from autograder import archive
from autograder.cells import question_of
from autograder.course import CourseError
from autograder.feedback import (
    AGAIN,
    LINE,
    STATES,
    TEMPLATES,
    WITHHELD,
    _code_span,
    _cut,
    _fenced,
    _markdown_renderer,
    write_feedback,
)
from autograder.grade import grade
from autograder.gradebook import Mark
from autograder.leaks import REGION, secrets
from autograder.results import STATUSES, QuestionResult, StudentResult, TestResult
from autograder.sample import fill, solutions
from cnnlib.check.question import MORE

SLUG = "01-edge-detection"
REASON = 'to_gray: FAIL, the known mistake "gray over the wrong axis". You added up the wrong axis.'
PRINTED = f'{REASON.split(". ")[0]}.\nYou added up the wrong axis.\n{AGAIN}\n`rgb`: shape (1, 1)\n   [7]'


def results(**changed: QuestionResult) -> StudentResult:
    """A student who passes everything in unit 01 but for some questions."""
    points = {"correlate2d": (2, 1, 1), "convolve2d": (2, 1), "to_gray": (2, 1), "gradient_magnitude": (2, 1),
              "correlate_rgb": (2, 1, 1), "learn_kernel": (2, 1)}
    questions = {question: passed(question, *most) for question, most in points.items()} | changed
    return StudentResult(sum(q.score for q in questions.values()), 20.0, "graded", questions, 12.34)


def passed(question: str, *points: float) -> QuestionResult:
    tests = tuple(TestResult(f"test_{question}" + (f"_{i}" if i > 1 else ""), question, most, most, "passed", "", "PASS", 0.1)
                  for i, most in enumerate(points, 1))
    return QuestionResult(sum(points), sum(points), "passed", "", tests)


def failed(question: str = "to_gray", status: str = "failed", reason: str = REASON, printed: str = PRINTED) -> QuestionResult:
    tests = (TestResult(f"test_{question}", question, 0.0, 2.0, status, reason, printed, 2.5),
             TestResult(f"test_{question}_2", question, 1.0, 1.0, "passed", "", "", 0.0))
    return QuestionResult(1.0, 3.0, "partial", reason, tests)


def marks_of(result: StudentResult, **by_hand: float) -> list[Mark]:
    """What the gradebook would hold, with the points of some tests given by a person."""
    return [Mark(test.question, test.cell, by_hand.get(test.cell, test.score), test.max_score, test.score,
                 by_hand.get(test.cell)) for question in result.questions.values() for test in question.tests]


class Page(HTMLParser):
    """A page as its elements, its text, and the text of the parts of some kind."""

    def __init__(self, text: str):
        super().__init__()
        self.source, self.elements, self.texts, self.open = text, [], [], []
        self.feed(text)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes another element"

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return " ".join(" ".join(data for tag, data in self.texts if tag not in ("style", "title")).split())

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


@dataclass
class Feedback:
    page: Page
    markdown: str

    @property
    def both(self) -> tuple[str, str]:
        return self.page.text, " ".join(self.markdown.split())


@pytest.fixture
def feedback(unit):
    """`feedback(result, ...)` writes the feedback of a student of unit 01 and reads it."""
    def write(result=None, student="ada", **more) -> Feedback:
        path = write_feedback(unit, student, result or results(), **more)
        assert path == unit.feedback(student) and path.name == "exercise.html"
        return Feedback(Page(path.read_text(encoding="utf-8")), path.with_suffix(".md").read_text(encoding="utf-8"))
    return write


# --- what it says -----------------------------------------------------------------------------------------------------

def test_it_says_what_was_asked_what_was_tested_and_why_points_were_lost(feedback, unit):
    answers = fill(unit, {"to_gray": "def to_gray(rgb):\n    return rgb.sum(axis=0)  # mine"})
    said = feedback(results(to_gray=failed()), answers=answers, comments={"to_gray": "Look at the shape.", "convolve2d": " "})
    for text in said.both:
        for words in ("Exercise 01: build an edge detector", "ada", "18 of 20 points", "3. How bright is a colour?", "1 of 3",
                      "A gray image has one number a pixel", "Weights, axis and shape", "partly right", "not right yet",
                      'he known mistake "gray over the wrong axis". You added up the wrong axis.', "[7]", "after 2.5 s",
                      "run this test there twice", "Look at the shape.", "return rgb.sum(axis=0) # mine", "ran for 12 s"):
            assert words in text, words
        assert text.count("You added up the wrong axis.") == 1, "what is said in the reason is not said again"
        assert text.count("Comment") == 1 and AGAIN not in text and "PASS" not in text and "(2 points)" not in text
        assert "NotImplementedError" not in text.replace("raise NotImplementedError()", ""), text


def test_html_and_markdown_say_the_same(feedback, unit):
    said = feedback(results(to_gray=failed()), answers=fill(unit, solutions(unit)), penalty=2.5, notes=["It was mended."],
                    comments={"learn_kernel": "Good."})
    rendered = Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(said.markdown))
    words = [re.sub(r"[\s`$*\\]", "", page.text) for page in (said.page, rendered)]
    for text in words:
        for part in re.findall(r">([^<>]{12,})<", said.page.source.split("<main>")[1].split("<details>")[0]):
            assert re.sub(r"[\s`$*\\]", "", part) in text
    assert "18of20points" not in words[0] and "15.5of20points" in words[0] and "15.5of20points" in words[1]


def test_a_reason_is_given_once_where_several_tests_share_it(feedback):
    why = "not run: `to_gray` took too long"
    tests = tuple(TestResult(cell, "to_gray", 0, 1, "not run", why) for cell in ("test_to_gray", "test_to_gray_2"))
    said = feedback(results(to_gray=QuestionResult(0, 2, "time", why, tests)))
    for text in said.both:
        assert text.count("took too long") - text.count("✗ took too long") == 1 and text.count("For the same reason.") == 1


def test_an_unanswered_question_is_called_so_and_its_tests_say_nothing_more(feedback, unit):
    blank = replace(failed(reason="to_gray: FAIL, it is not written yet.", status="error"), score=0.0, status="blank")
    said = feedback(results(to_gray=blank), answers=fill(unit, {}), comments={"to_gray": "No response."})
    for text in said.both:
        assert "– not answered" in text and "not written" not in text and "[7]" not in text and "No response" not in text
        section = text.split("3. How bright is a colour?")[-1].split("4. How strong")[0]
        assert "Your answer" not in section


def test_points_that_a_person_gave_count_and_are_said_to_be_a_persons(feedback):
    result = results(to_gray=failed())
    marks = [*marks_of(result, test_to_gray=1.5), Mark("essay", "essay", 0.0, 5.0, None, None, True)]
    for text in feedback(result, marks=marks, penalty=1.0).both:
        assert "18.5 of 25 points" in text and "19.5, less 1 for handing in late" in text
        assert "1.5 of 2" in text and "✎ marked by hand" in text and "the tests gave 0" in text
        assert "essay" in text and "… to be marked by hand" in text and "0 of 5" in text


def test_a_penalty_never_takes_more_than_there_is(feedback):
    for text in feedback(penalty=50.0).both:
        assert "0 of 20 points" in text and "-" not in text.split("Points by question")[0].split("points")[0].split("of 20")[0]


def test_a_submission_that_could_not_be_graded_is_told_why(feedback):
    why = "exercise.ipynb is not a notebook: Expecting value"
    questions = {name: QuestionResult(0.0, q.max_score, "failed", why) for name, q in results().questions.items()}
    for text in feedback(StudentResult(0.0, 20.0, why, questions)).both:
        assert "This submission could not be graded." in text and text.count(why) == 1 and "0 of 20 points" in text
        assert text.count("– not graded") == 6 and "not right yet" not in text


def test_each_status_has_a_sign_and_words_of_its_own():
    assert set(STATUSES) <= set(STATES)
    assert len({words for _, words, _ in STATES.values()}) == len(STATES)
    assert all(sign.strip() and words.strip() for sign, words, _ in STATES.values())


def test_what_check_says_at_its_end_is_what_the_page_leaves_out():
    assert AGAIN == MORE


@pytest.mark.parametrize("student", ["", ".", "..", "../eve", "a/b", "/tmp"])
def test_a_name_that_is_no_folder_is_refused(unit, student):
    before = sorted(unit.course.root.rglob("*"))
    with pytest.raises(CourseError, match="cannot be a student's name"):
        write_feedback(unit, student, results())
    assert sorted(unit.course.root.rglob("*")) == before


# --- what it is ---------------------------------------------------------------------------------------------------------

def test_the_page_needs_nothing_else_and_can_run_nothing(feedback):
    page = feedback(results(to_gray=failed())).page
    assert not {tag for tag, _ in page.elements} & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    assert not any(name.startswith("on") or name in ("src", "style", "action") for _, found in page.elements for name in found)
    style = "".join(data for tag, data in page.texts if tag == "style")
    assert "url(" not in style and "@import" not in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_page_can_be_read_by_everyone(feedback):
    page = feedback(results(to_gray=failed())).page
    assert page.all("html") == [{"lang": "en"}] and page.source.startswith("<!DOCTYPE html>")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert len(page.all("h1")) == len(page.all("main")) == 1 and len(page.all("h2")) == len(page.all("section")) == 6
    assert all(cell.get("scope") in ("col", "row") for cell in page.all("th")) and len(page.all("caption")) == 1
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids)) and {link["href"][1:] for link in page.all("a")} <= set(ids)
    assert {section["aria-labelledby"] for section in page.all("section")} <= set(ids)
    assert all(found["aria-hidden"] == "true" for _, found in page.elements if found.get("class") == "sign")


def luminance(colour: str) -> float:
    channels = [int(part * (2 // len(part)), 16) / 255 for part in re.findall("." * (len(colour) // 3), colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
def test_every_colour_of_text_stands_out_from_what_is_behind_it(theme):
    style = (TEMPLATES / "feedback.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): #(\w+);", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]))
    for text in ("ink", "soft", "good", "part", "bad"):
        for behind in ("paper", "panel"):
            bright, dark = sorted((luminance(colours[text]), luminance(colours[behind])), reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, behind)


# --- what it must not say -----------------------------------------------------------------------------------------------

def test_a_line_of_a_hidden_test_is_withheld_even_if_a_reason_quotes_it(feedback, unit):
    hidden = max(hidden_lines(unit), key=len)
    for question in (failed(reason=f"it fails in the line {hidden}"), failed(printed=f"> {hidden}\n^"),
                     QuestionResult(0, 3, "failed", hidden)):
        for text in feedback(results(to_gray=question)).both:
            assert hidden not in text and WITHHELD in text


def test_a_traceback_is_left_out(feedback):
    printed = 'before\nTraceback (most recent call last):\n  File "/srv/course/x.py", line 3, in <module>\nValueError: 1'
    for text in feedback(results(to_gray=failed(printed=printed))).both:
        assert "before" in text and "Traceback" not in text and "/srv/course" not in text


HOSTILE = {
    "HTML": '</pre></code></details></style><script>alert(1)</script><img src=x onerror=alert(1)><a href="http://e.example">x</a>',
    "attributes": '" onmouseover="alert(1)" x="\' onfocus=alert(1) autofocus',
    "entities": "&lt;script&gt; &#60;b&#62; &amp;",
    "templates": "{{ 7 * 191 }} {% raw %} {# x #} ${7*191}",
    "Markdown": "# heading\n\n- list\n\n[link](http://e.example) ![picture](http://e.example) <http://e.example> **b** | x |",
    "autolinks": "http://e.example www.e.example someone@e.example",
    "fences": "```\n````\n~~~\n`````text\n# out\n```",
    "backticks": "` `` ``` x ` ``",
    "escapes": "\x1b[31mred\x1b[0m \x1b]8;;http://e.example\x07link\x1b]8;;\x07 \x1b]0;title\x07 \x1bc \x9b2J \x08\x08\x7f\x00",
    "direction": "\u202eabc\u202c \u2066x\u2069 \u200f \u061c \u200b\ufeff\u00ad \U000e0041",
    "lines": "a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch",
    "half a character": "\ud800 \udfff",
    "a stack of accents": "e" + "\u0301" * 500,
    "a long word": "x" * 100_000,
    "many lines": "x\n" * 100_000,
    "details": "</details></section></main></body></html>",
    "comment": "<!-- <![CDATA[ ]]> -->",
    "only space": " \n\t ",
}
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u061c\ufeff\u00ad\ud800-\udfff"
                       "\u2028\u2029\U000e0000-\U000e007f]")


def everywhere(text: str) -> dict:
    """The arguments of a feedback in which everything that a submission has a say in is `text`."""
    answers = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        text, metadata={"nbgrader": {"solution": True, "grade_id": question}}) for question in results().questions])
    wrong = {name: failed(name, "error", text, f"It printed:\n{text}") for name in ("correlate2d", "to_gray")}
    return dict(result=results(**wrong), answers=answers, notes=[text], comments={"to_gray": text})


def structure(said: Feedback) -> tuple[list, list]:
    """The elements of a page (but for `code`, which backticks make), and those of what its Markdown becomes."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(said.markdown)
    inline = [child.type for token in tokens for child in token.children or [] if child.type not in ("text", "softbreak")]
    return [element for element in said.page.elements if element[0] != "code"], [token.type for token in tokens] + inline


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_a_submission_is_more_than_text(feedback, text):
    said, harmless = feedback(**everywhere(text)), feedback(**everywhere("harmless"))
    if text.strip():
        assert structure(said) == structure(harmless)
    for written in (said.page.source, said.markdown):
        assert not FORBIDDEN.search(written) and len(written) < 400_000
        assert "1337" not in written and "\u0301" * 4 not in written


@pytest.mark.parametrize("name", [name for name, text in HOSTILE.items() if text.strip() and len(text) < 200])
def test_a_students_name_is_no_more_than_text(feedback, name):
    student = HOSTILE[name].replace("/", "|").replace("\x00", "").encode("utf-8", "replace").decode()[:60]
    said = feedback(student=student)
    assert structure(said) == structure(feedback())
    assert not any(FORBIDDEN.search(written) for written in (said.page.source, said.markdown))


def test_a_folder_name_that_is_not_unicode_is_a_name_too(feedback):
    assert "l\ufffdn" in feedback(student=b"l\xe9n".decode("utf-8", "surrogateescape")).page.text


def test_a_notebook_whose_metadata_is_nonsense_has_no_answers(feedback):
    settings = [[1], "no", None, {"solution": True, "grade_id": ["to_gray"]}, {"solution": True}]
    cells = [{"metadata": {"nbgrader": nonsense}, "source": "x"} for nonsense in settings]
    cells += [{"metadata": {"nbgrader": {"solution": True, "grade_id": "to_gray"}}, "source": 7}]
    said = feedback(answers=nbformat.from_dict({"cells": cells}))
    assert "Your answer" not in said.page.text


def test_what_a_terminal_would_obey_is_gone_and_the_words_stay():
    assert _cut(HOSTILE["escapes"], 100).split() == ["red", "link", "\ufffd" * 4]


def test_pictures_links_and_scripts_of_the_course_itself_load_nothing_either():
    text = '![a plot](http://e.example/p.png) [paper](http://e.example) <img src="x"> <b onclick="x()">b</b>\n\n<script>'
    shown = Page(_markdown_renderer().render(f"{text} <details><summary>Answer</summary>4 < 5</details> $a_b < c$"))
    assert {tag for tag, _ in shown.elements} <= {"p", "details", "summary", "span"}
    assert all(words in shown.text for words in ("a plot", "paper", "4 < 5", "a_b < c"))


def test_a_unit_that_is_built_anew_is_read_anew(feedback, unit):
    assert "3. How bright is a colour?" in feedback().page.text
    text = unit.source.read_text(encoding="utf-8")
    unit.source.write_text(text.replace("How bright is a colour?", "How gray is a colour?"), encoding="utf-8")
    assert "3. How gray is a colour?" in feedback().page.text


ODD = "`~ \n\t\r<>&#*_[]()!|\\\x1b\u202e\u0301"
ANY_TEXT = st.text(st.characters() | st.sampled_from(ODD + string.ascii_letters), max_size=300)


@given(ANY_TEXT)
def test_a_text_that_is_cut_can_be_shown_anywhere(text):
    shown = _cut(text, 100)
    assert not FORBIDDEN.search(shown) and len(shown) <= 100 + len("\n… (cut here)")
    assert all(len(line) <= LINE for line in shown.split("\n"))


@given(ANY_TEXT)
def test_fenced_markdown_is_one_block_with_the_same_text(text):
    text = _cut(text, 200)
    block, = MarkdownIt("commonmark").parse(_fenced(text))
    assert (block.type, block.content) == ("fence", text + "\n")


@given(ANY_TEXT)
def test_a_code_span_is_one_span_with_the_same_text(text):
    text = " ".join(_cut(text, 200).split()) or "?"
    span, = MarkdownIt("commonmark").parseInline(f"{_code_span(text)}")[0].children
    assert (span.type, span.content) == ("code_inline", text)


# --- graded for real ------------------------------------------------------------------------------------------------------

def hidden_lines(unit) -> set[str]:
    """The lines of hidden tests that can be told from others, space squeezed."""
    cells = [cell for cell in nbformat.read(unit.source, as_version=4).cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return {line for line in secrets(nbformat.v4.new_notebook(cells=cells)) if len(line) > 20}


class _Noted(ast.NodeTransformer):
    """Makes a test note what it compares: `a == b` becomes `_note(a) == _note(b)`."""

    def visit_Compare(self, node):
        self.generic_visit(node)
        left, *others = (ast.Call(ast.Name("_note", ast.Load()), [side], []) for side in (node.left, *node.comparators))
        return ast.copy_location(ast.Compare(left, node.ops, others), node)


def expected_values(unit, question: str) -> set[str]:
    """What the hidden tests of a question expect, as it would be printed, where it is not a number that stands anywhere."""
    namespace, noted = {"_note": lambda value: noted.append(value) or value}, []
    for cell in nbformat.read(unit.source, as_version=4).cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("grade_id") in ("imports", question):
            exec(cell.source, namespace)
        elif settings.get("grade") and question_of(cell) == question:
            for _, test in REGION.findall(cell.source):
                exec(compile(ast.fix_missing_locations(_Noted().visit(ast.parse(test))), "test", "exec"), namespace)
    noted += [part for value in noted if isinstance(value, tuple) for part in value]
    return {str(value) for value in noted if (isinstance(value, tuple) and len(re.findall(r"\d+", str(value))) > 1)
            or (type(value) is int and value > 150)}


@pytest.mark.notebook
def test_no_student_learns_what_a_hidden_test_is_or_expects(course):
    unit = course.unit("02-output-shapes")
    right = solutions(unit)
    wrong = {
        "same_padding": "def same_padding(n, kernel, stride=1):\n    return 77, 78",
        "conv_params": "def conv_params(kernel_h, kernel_w, c_in, filters, *, bias=True):\n    return 77",
        "trace_shapes": "def trace_shapes(layers, input_shape):\n    return [((77, 78, 79), 0) for layer in layers]",
        "receptive_field": "def receptive_field(layers):\n    return 77",
    }
    crashing = {name: f"def {name}(*arguments, **options):\n    raise RuntimeError(f'lost: {{arguments}}')" for name in right}
    for student, answers in {"wrong": right | wrong, "crashing": crashing, "blank": {}}.items():
        unit.submission(student).parent.mkdir(parents=True)
        nbformat.write(fill(unit, answers), unit.submission(student))
    graded = grade(unit, ["wrong", "crashing", "blank"], jobs=2)
    assert {result.status for result in graded.values()} == {"graded"}
    assert graded["wrong"].score > 0 == graded["crashing"].score == graded["blank"].score
    expected = {question: expected_values(unit, question) for question in right}
    assert {"360", "((120,), 67320)", "67320", "408"} <= set().union(*expected.values())
    for student in graded:
        result = archive.read(unit, student).result
        path = write_feedback(unit, student, result, answers=nbformat.read(unit.submission(student), as_version=4))
        for written in (Page(path.read_text(encoding="utf-8")).text, path.with_suffix(".md").read_text(encoding="utf-8")):
            squeezed = " ".join(written.split())
            assert [line for line in hidden_lines(unit) if line in squeezed] == []
            for word in ("Traceback", "HIDDEN TESTS", str(course.root), "site-packages", 'File "'):
                assert word not in written
            if student == "wrong":
                assert "wrong shape or count behind" in written and "77" in written
        for test in (test for question in result.questions.values() for test in question.tests):
            assert test.reason or test.score == test.max_score
            if not test.cell == f"test_{test.question}":  # there the page may show a case of `check`, which is no secret
                told = [text for text in expected[test.question]
                        if re.search(rf"(?<![\d.]){re.escape(text)}(?![\d.])", test.reason + test.output)]
                assert told == [], f"{test.cell} tells {told}"
