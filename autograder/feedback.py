"""What a student reads after grading: the marks and what went wrong, without the hidden tests themselves.

`write_feedback` writes one page a student, as HTML that needs nothing else (no script, no network) and as Markdown with
the same content. Everything that comes from a submission is hostile here: code, printed text, messages of exceptions,
even the student's name. It is cut to size, loses what a terminal or a browser would obey, and is shown as text only. What
comes from the course (headings, questions, what a test is about) is trusted.

stock_pages.py does the same for the pages that stock nbgrader makes.
"""

import base64
import functools
import hashlib
import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import jinja2
import nbformat
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from autograder.archive import write_whole
from autograder.build import release_version
from autograder.course import CourseError, Unit
from autograder.leaks import secrets
from autograder.nbgrader_parts import nbgrader_settings
from autograder.results import QuestionResult, StudentResult, TestResult

TEMPLATES = Path(__file__).parent / "templates"

# Characters that are shown: of a name, of a sentence, of what a test printed, of an answer or comment.
NAME, SENTENCE, PRINTED, TEXT = 80, 600, 6_000, 20_000
LINES, LINE = 400, 500  # of a longer text, and characters of one of them
NOTES = 20  # sentences on what was mended

# How a test or question ended: a sign, the words for it, and its tone (good, part, bad, none).
STATES = {
    "passed": ("✓", "passed", "good"),
    "partial": ("◐", "partly right", "part"),
    "failed": ("✗", "not right yet", "bad"),
    "error": ("✗", "stopped by an error", "bad"),
    "forbidden": ("✗", "used what may not be used", "bad"),
    "time": ("✗", "took too long", "bad"),
    "cpu": ("✗", "took too much processor time", "bad"),
    "memory": ("✗", "took too much memory", "bad"),
    "output": ("✗", "printed too much", "bad"),
    "died": ("✗", "ended its Python process", "bad"),
    "not run": ("–", "not run", "bad"),
    "blank": ("–", "not answered", "none"),
    "manual": ("…", "to be marked by hand", "none"),
    "by hand": ("✎", "marked by hand", "none"),
    "not graded": ("–", "not graded", "none"),
}

ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, the cursor
                     r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links
                     r"|\x1b[ -/]*[0-~]")
MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"  # drawn over the letter before
STACKED = re.compile(f"({MARKS}{{3}}){MARKS}+")
TRACEBACK = re.compile(r"^ *Traceback \(most recent call last\):.*", re.MULTILINE | re.DOTALL)
PLAIN_TAGS = re.compile(r"<(?!/?(?:details|summary|br|sub|sup|kbd)>)")
NO_RESPONSE = "No response."  # what nbgrader writes beside an answer that is as it was handed out
AGAIN = "Run this cell again to see more."  # what `check` says at the end: true in the student's own notebook
WITHHELD = "(Left out here: it would show a hidden test.)"


class Mark(Protocol):
    """What is read of a mark in the gradebook; `gradebook.Mark` is one."""

    question: str
    cell: str
    score: float
    max_score: float
    manual_score: float | None
    needs_manual_grade: bool


@dataclass(frozen=True)
class _Asked:
    """A question as the course asks it, from the released notebook; title and text are Markdown."""

    title: str
    text: str


@dataclass(frozen=True)
class _Exercise:
    """What a unit's pages have in common: its title, its questions and tests by cell, and the lines that are secret."""

    title: str
    questions: dict[str, _Asked]
    tests: dict[str, str]
    secret: frozenset[str]


@dataclass(frozen=True)
class _Item:
    """One test or graded cell on the page."""

    about: str
    score: float
    max_score: float
    status: str
    reason: str = ""
    printed: str = ""
    more: bool = False  # whether the student's own notebook says more
    seconds: float = 0.0
    by_tests: float | None = None  # what the tests gave where a person decided otherwise


@dataclass(frozen=True)
class _Section:
    """One question on the page."""

    name: str
    title: str
    asked: str
    score: float
    max_score: float
    status: str
    items: list[_Item]
    answer: str = ""
    comments: list[str] = field(default_factory=list)


def write_feedback(unit: Unit, student: str, result: StudentResult, marks: Sequence[Mark] = (),
                   answers: NotebookNode | None = None, *, comments: Mapping[str, str] | None = None,
                   penalty: float = 0.0, notes: Sequence[str] = ()) -> Path:
    """Write a student's feedback on a unit, exercise.html and exercise.md, and return the path of the first.

    Parameters
    ----------
    result : what grading found out
    marks : what the gradebook holds for each graded cell; where there is one it counts, and a score that a person gave is
        shown as such. Without marks the points of `result` count
    answers : the submitted notebook, whose answers are shown; None shows none
    comments : what a person wrote, by the `grade_id` of the cell
    penalty : points that are taken off the whole for being late
    notes : sentences on what was mended or limited before the notebook was graded

    Raises
    ------
    CourseError : when the student's name is not that of a folder, or the unit has no source notebook
    """
    if student in ("", "..") or Path(student).name != student:
        raise CourseError(f"{student!r} cannot be a student's name: it is not the name of a folder.")
    content = _content(_exercise(unit), student, result, marks, answers, comments or {}, penalty, notes)
    path = unit.feedback(student)
    for template, target in ((HTML, path), (MARKDOWN, path.with_suffix(".md"))):
        write_whole(target, template.render(content))
    return path


def _content(exercise: _Exercise, student: str, result: StudentResult, marks: Sequence[Mark], answers: NotebookNode | None,
             comments: Mapping[str, str], penalty: float, notes: Sequence[str]) -> dict[str, object]:
    """What both templates show."""
    sections = _sections(exercise, result, marks, _answers(answers), comments)
    before = sum(section.score for section in sections) if marks else result.score
    most = sum(section.max_score for section in sections) if marks else result.max_score
    return {
        "title": exercise.title, "student": _one_line(student, NAME) or "?", "sections": sections, "states": STATES,
        "score": max(before - penalty, 0.0), "before": before, "max_score": most, "penalty": penalty,
        "fault": "" if result.graded else _one_line(result.status, SENTENCE), "seconds": result.seconds,
        "notes": [_one_line(note, SENTENCE) for note in notes[:NOTES]], "more_notes": max(len(notes) - NOTES, 0),
    }


def _sections(exercise: _Exercise, result: StudentResult, marks: Sequence[Mark], answers: dict[str, str],
              comments: Mapping[str, str]) -> list[_Section]:
    sections = []
    for name in dict.fromkeys([*result.questions, *(mark.question for mark in marks)]):
        outcome = result.questions.get(name) or QuestionResult(0.0, 0.0, "manual", "")
        own = {mark.cell: mark for mark in marks if mark.question == name}
        tests = {test.cell: test for test in outcome.tests}
        items = [_item(exercise, cell, tests.get(cell), own.get(cell), outcome.status)
                 for cell in dict.fromkeys([*tests, *own])]
        score, most = outcome.score, outcome.max_score
        if own:
            score, most = sum(item.score for item in items), sum(item.max_score for item in items)
        if not tests and outcome.message and outcome.status not in ("passed", "blank"):
            items.insert(0, _Item("", score, most, outcome.status, _said(outcome.message, SENTENCE, exercise.secret)))
        cells = dict.fromkeys([name, *tests, *own])
        asked = next((exercise.questions[cell] for cell in cells if cell in exercise.questions), _Asked(name, ""))
        sections.append(_Section(
            _one_line(name, NAME), asked.title, asked.text, score, most,
            _state(outcome.status, items) if result.graded else "not graded", _without_repetition(items),
            "" if outcome.status == "blank" else "\n\n".join(_cut(answers[cell], TEXT) for cell in cells if cell in answers),
            [_cut(comments[cell], TEXT) for cell in cells if comments.get(cell, "").strip() not in ("", NO_RESPONSE)]))
    return sections


def _state(status: str, items: Iterable[_Item]) -> str:
    """The state of a whole question: what its tests say, or what a person made of it."""
    states = {item.status for item in items}
    return next((state for state in ("manual", "by hand") if state in states), status)


def _item(exercise: _Exercise, cell: str, test: TestResult | None, mark: Mark | None, question: str) -> _Item:
    """A test or graded cell on the page, of a question that ended as `question` says; there is a test or a mark or both."""
    status = "blank" if question == "blank" else test.status if test else question
    if mark and mark.manual_score is not None:
        status = "by hand"
    elif mark and mark.needs_manual_grade:
        status = "manual"
    item = _Item(exercise.tests.get(cell) or "Your answer", (mark.score or 0.0) if mark else test.score,
                 mark.max_score if mark else test.max_score, status, seconds=test.seconds if test else 0.0,
                 by_tests=test.score if test and status == "by hand" else None)
    if test is None or test.status == "passed" or question == "blank":
        return item
    reason = _one_line(_said(test.reason, 2 * SENTENCE, exercise.secret), SENTENCE)
    printed = _said(test.output, PRINTED, exercise.secret).splitlines()
    return replace(item, reason=_without_headline(reason, test.question), more=AGAIN in printed,
                   printed=_without_reason([line for line in printed if line != AGAIN], reason))


def _without_repetition(items: list[_Item]) -> list[_Item]:
    """The items, a reason that was just given not given again."""
    return [replace(item, reason="For the same reason.", printed="", more=False)
            if last is not None and item.reason and (item.reason, item.printed) == (last.reason, last.printed) else item
            for last, item in zip([None, *items], items, strict=False)]


def _without_headline(reason: str, question: str) -> str:
    """A reason without the words with which `check` begins: the page says them in its own way."""
    headline = f"{question}: FAIL, "
    return reason[len(headline)].upper() + reason[len(headline) + 1:] if reason[:-1].startswith(headline) else reason


def _without_reason(lines: list[str], reason: str) -> str:
    """What a test printed, without the lines at its beginning that the reason is made of."""
    while lines and reason.startswith(said := " ".join(lines[0].split())):
        lines, reason = lines[1:], reason[len(said):].lstrip()
    return "\n".join(lines)


def _answers(notebook: NotebookNode | None) -> dict[str, str]:
    """The answers in a submitted notebook, by the name of their cell; what is no answer is left out."""
    found = {}
    for cell in notebook.get("cells", []) if notebook is not None else []:
        settings = cell.get("metadata", {}).get("nbgrader", {})
        if isinstance(settings, Mapping) and settings.get("solution") and isinstance(cell.get("source"), str):
            found[str(settings.get("grade_id"))] = cell["source"]
    return found


def _exercise(unit: Unit) -> _Exercise:
    if not unit.source.is_file():
        raise CourseError(f"{unit.source} is missing: run `autograder build` first.")
    return _read_exercise(unit, unit.source.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _read_exercise(unit: Unit, changed: int) -> _Exercise:
    """The unit as students know it. changed: when the source was written, so that one that is built anew is read anew."""
    source = nbformat.read(unit.source, as_version=4)
    graded = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    secret = frozenset(line for line in secrets(nbformat.v4.new_notebook(cells=graded)) if len(line) > 20)
    title, questions, tests, asked = "", {}, {}, []
    for cell in release_version(source, unit.slug, nbgrader_settings(unit.course)).cells:
        settings = cell.metadata.get("nbgrader", {})
        if settings.get("solution") or settings.get("task"):
            own = [cell.source] if cell.cell_type == "markdown" and settings.get("task") else []
            questions[settings["grade_id"]] = _question(settings["grade_id"], asked + own)
            asked = []
        elif cell.cell_type == "markdown":
            title = title or _heading(cell.source)
            asked = [cell.source] if _heading(cell.source) else [*asked, cell.source]
        elif settings.get("grade"):
            first = re.match(r"#+ *(.*?)(?: *\([\d.]+ points?\))?\.?$", cell.source, re.MULTILINE)
            tests[settings["grade_id"]] = first[1] if first else ""
        else:
            asked = []
    return _Exercise(title or unit.slug, questions, tests, secret)


def _question(name: str, asked: list[str]) -> _Asked:
    title = _heading(asked[0]) if asked else ""
    text = "\n\n".join(asked)
    return _Asked(title or f"`{name}`", re.sub(r"^\s*#+ .*\n?", "", text, count=1).strip() if title else text)


def _heading(text: str) -> str:
    """The heading that a Markdown text begins with, or ""."""
    found = re.match(r"\s*#+ +(.+)", text)
    return found[1].strip() if found else ""


# --- text that comes from a submission ----------------------------------------------------------------------------------

def _said(text: str, most: int, secret: frozenset[str]) -> str:
    """What a test says, without tracebacks, and nothing of it where it holds a line of a hidden test."""
    squeezed = " ".join(_cut(text, 10 * most).split())
    return WITHHELD if any(line in squeezed for line in secret) else TRACEBACK.sub("", _cut(text, most)).strip("\n")


def _cut(text: str, most: int) -> str:
    """A text as lines that can be shown anywhere: no more than `most` characters, with what was left out said at the end."""
    text = text if isinstance(text, str) else ""
    shown = ESCAPES.sub("", text[:4 * most]).replace("\r\n", "\n").replace("\r", "\n")
    shown = STACKED.sub(r"\1", "".join(map(_visible, shown))).expandtabs(4)
    lines = [line if len(line) <= LINE else line[:LINE - 1] + "…" for line in shown[:most].split("\n")[:LINES]]
    is_cut = len(text) > 4 * most or len(shown) > most or shown.count("\n") >= LINES
    return "\n".join([*lines, "… (cut here)"] if is_cut else lines)


def _one_line(text: str, most: int) -> str:
    text = " ".join(_cut(text, 4 * most).split())
    return text if len(text) <= most else text[:most - 1] + "…"


def _visible(character: str) -> str:
    """A character, or a stand-in for one that hides, deletes, or turns the direction of writing around."""
    if character in "\n\t\u200c\u200d":  # the last two join letters and emoji
        return character
    if character in "\u2028\u2029\x0b\x0c\x85":
        return "\n"
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character


# --- templates ------------------------------------------------------------------------------------------------------------

def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _points(value: float) -> str:
    return f"{_number(value)} point{'' if value == 1 else 's'}"


def _seconds(value: float) -> str:
    return f"{round(value, 1 if value < 10 else None):g} s"


def _with_code(text: str) -> Markup:
    """Escape a text for HTML and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    if len(parts) % 2 == 0:  # one backtick has no partner
        return Markup(html.escape(text))
    return Markup("".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts)))


def _fenced(text: str, indent: int = 0) -> str:
    """A text as a Markdown code block: nothing in it is Markdown, since its fence is longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return "\n".join(" " * indent + line for line in (f"{fence}text", *text.split("\n"), fence))


def _code_span(text: str) -> str:
    """A text of one line as Markdown code, with a fence longer than any in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _markdown_renderer() -> MarkdownIt:
    """Markdown of the course as HTML that loads nothing: formulas stay as they are written, pictures are their alt text."""
    renderer = MarkdownIt("commonmark").enable("table").use(
        dollarmath_plugin, renderer=lambda tex, how: f'<span class="math">{html.escape(" ".join(tex.split()))}</span>')
    for name in ("html_block", "html_inline"):
        renderer.add_render_rule(name, lambda self, tokens, i, options, env: PLAIN_TAGS.sub("&lt;", tokens[i].content))
    for name in ("link_open", "link_close"):
        renderer.add_render_rule(name, lambda self, tokens, i, options, env: "")
    renderer.add_render_rule("image", lambda self, tokens, i, options, env: html.escape(tokens[i].content))
    return renderer


def _environment() -> jinja2.Environment:
    renderer = _markdown_renderer()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {
        "number": _number, "points": _points, "seconds": _seconds, "with_code": _with_code, "fenced": _fenced,
        "code_span": _code_span,
        "markdown": functools.lru_cache(lambda text: Markup(renderer.render(text))),  # the same for every student
        "markdown_line": functools.lru_cache(lambda text: Markup(renderer.renderInline(text))),
    }
    style = (TEMPLATES / "feedback.css").read_text(encoding="utf-8")
    # The browser loads and runs nothing on this page, whatever stands in it; this one style sheet is known by its hash.
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    environment.globals |= {"style": Markup(style), "policy": policy}
    return environment


_ENVIRONMENT = _environment()
HTML, MARKDOWN = (_ENVIRONMENT.get_template(name) for name in ("feedback.html", "feedback.md"))
