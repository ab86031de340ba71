"""What an instructor sees in the terminal: how far grading is, a table of marks, and why points were lost."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.course import Unit
from autograder.results import StudentResult
from autograder.submission import one_line

SIGNS = {"passed": "  ", "partial": " ~", "failed": " x", "blank": " -", "manual": " ?"}
STOPPED = " !"  # the sign of every other status
LONGEST = 40  # letters of a student's name that are shown
WIDTH = 110  # columns of the table where no terminal says how many it has
EVERY = 15.0  # seconds between two lines of progress where there is no terminal


def marks_console() -> Console:
    """Standard output, wide enough for the table when it is a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


@contextlib.contextmanager
def progress(total: int, what: str, console: Console) -> Iterator[Callable[[str], None]]:
    """Show how far some work is: yields what is called with a word on each of `total` things as it is done.

    On a terminal that is a line with a bar and the time that is left. Elsewhere it is a line now and then, and one at the end.
    """
    if console.is_terminal:
        with Progress(TextColumn(f"  {what}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                      TextColumn("{task.description}", markup=False), console=console) as bar:
            task = bar.add_task("", total=total)
            yield lambda last: bar.update(task, advance=1, description=last)
            bar.update(task, description="")
        return
    count, spoken = 0, time.monotonic()

    def one_more(last: str) -> None:
        nonlocal count, spoken
        count += 1
        if count < total and time.monotonic() - spoken > EVERY:
            spoken = time.monotonic()
            console.print(Text(f"  {what} {count} of {total}, last {last}"), soft_wrap=True)

    yield one_more
    console.print(Text(f"  {what} {count} of {total}"), soft_wrap=True)


def shown(student: str) -> str:
    """A student's name, which is that of a folder that was handed in, as one short line that does nothing to a terminal."""
    return one_line(student, LONGEST)


def in_a_word(student: str, result: StudentResult) -> str:
    """A student's outcome, to be shown for a moment."""
    student = shown(student)
    return f"{student} {result.score:g} / {result.max_score:g}" if result.graded else f"{student} could not be graded"


def print_marks(unit: Unit, results: dict[str, StudentResult], console: Console) -> None:
    """Print one row a student with the points of each question, then what each sign means."""
    questions = list(next(iter(results.values())).questions)
    table = Table(title=f"Marks for {unit.slug}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("student", no_wrap=True)
    for question in questions:
        table.add_column(question.replace("_", "_\n"), justify="right", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    for student, result in results.items():
        cells = [f"{q.score:g} of {q.max_score:g}{SIGNS.get(q.status, STOPPED)}"
                 for q in (result.questions[name] for name in questions)]
        table.add_row(Text(shown(student)), *cells, f"{result.score:g} / {result.max_score:g}")
    console.print(table)
    statuses = {q.status for result in results.values() for q in result.questions.values()}
    by_hand = "   ? to be marked by hand" if "manual" in statuses else ""
    console.print(f"~ partly right   x wrong   - not answered   ! crashed or was stopped{by_hand}", style="dim",
                  highlight=False)


def print_reasons(results: dict[str, StudentResult], console: Console) -> None:
    """Print what was mended, and for each student who lost points, the first thing that went wrong in each question."""
    for student, result in results.items():
        for note in result.notes:
            console.print(Text(f"{shown(student)}  mended: {note}"), soft_wrap=True)
        if not result.graded:
            console.print(Text(f"{shown(student)}: {result.status}"), soft_wrap=True)
            continue
        for question, outcome in result.questions.items():
            if outcome.message and outcome.status not in ("blank", "manual"):
                text = outcome.message.removeprefix(f"{question}: ").removeprefix("FAIL, ")
                console.print(Text(f"{shown(student)}  {question}: {text}"), soft_wrap=True)
