"""What an instructor sees in the terminal: a table of marks per student and question, and why points were lost."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.course import Unit
from autograder.grade import StudentResult

SIGNS = {"passed": "  ", "partial": " ~", "failed": " x", "blank": " -", "crashed": " !"}
WIDTH = 110  # columns of the table where no terminal says how many it has


def marks_console() -> Console:
    """Standard output, wide enough for the table when it is a file or a pipe."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def print_marks(unit: Unit, results: dict[str, StudentResult], console: Console) -> None:
    """Print one row a student with the points of each question, then what each sign means."""
    questions = list(next(iter(results.values())).questions)
    table = Table(title=f"Marks for {unit.slug}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("student", no_wrap=True)
    for question in questions:
        table.add_column(question.replace("_", "_\n"), justify="right", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    for student, result in results.items():
        cells = [f"{q.score:g} of {q.max_score:g}{SIGNS[q.status]}" for q in (result.questions[name] for name in questions)]
        table.add_row(Text(student), *cells, f"{result.score:g} / {result.max_score:g}")
    console.print(table)
    console.print("~ partly right   x wrong   - not answered   ! crashed", style="dim", highlight=False)


def print_reasons(results: dict[str, StudentResult], console: Console) -> None:
    """Print, for each student who lost points, the first thing that went wrong in each question."""
    for student, result in results.items():
        if not result.graded:
            console.print(Text(f"{student}: {result.status}"), soft_wrap=True)
            continue
        for question, outcome in result.questions.items():
            if outcome.message and outcome.status != "blank":
                text = outcome.message.removeprefix(f"{question}: ").removeprefix("FAIL, ")
                console.print(Text(f"{student}  {question}: {text}"), soft_wrap=True)
