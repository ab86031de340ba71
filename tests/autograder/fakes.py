"""What the tests of the pipeline put in the place of kernels and checkers; it must be importable in worker processes.

They meet in the folder that the variable FAKE_FOLDER names: the calls are counted in its file `calls`.
"""

import collections
import os
import re
import signal
import tempfile
from pathlib import Path

import nbformat

from autograder.cells import is_test, question_of, settings_of
from autograder.course import Unit
from autograder.results import Examined, TestResult
from autograder.sample import fill, solutions
from autograder.submission import Engine
from tests.autograder.jobs import took

MISSING = "There is no sandbox here."
VERSION = "0.0 fake"  # of the grader, so that a file that is edited meanwhile changes no test


class Zygote:
    """A file that is there while it is alive."""

    missing = (MISSING,)

    def __init__(self, preload, sandbox):
        handle, self.address = tempfile.mkstemp(prefix="zygote-", dir=os.environ["FAKE_FOLDER"])
        os.close(handle)
        self.is_server = True

    @classmethod
    def connect(cls, address):
        if not os.path.exists(address):
            raise ConnectionRefusedError(address)
        zygote = object.__new__(cls)
        zygote.address, zygote.is_server = address, False
        return zygote

    def close(self):
        if self.is_server:
            Path(self.address).unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *fault):
        self.close()


def examine(source, submission, files, limits, zygote, given) -> Examined:
    """Give each answer what the first comment in it says: `# passed`, `# partial 0.5`, `# time it took too long`, ..."""
    folder = Path(os.environ["FAKE_FOLDER"])
    notebook = nbformat.reads(submission, as_version=4)
    answers = {settings_of(cell)["grade_id"]: cell.source for cell in notebook.cells if settings_of(cell).get("solution")}
    everything = "\n".join(answers.values())
    with open(folder / "calls", "a") as calls:
        calls.write(re.search(r"# by (\w+)|$", everything).groups(default="?")[0] + "\n")
    if "# kills every worker" in everything or ("# kills a worker" in everything and took(folder / "kill")):
        os.kill(os.getpid(), signal.SIGKILL)
    if "# kills the zygote" in everything and took(folder / "kill"):
        os.unlink(zygote.address)
        raise ConnectionResetError("gone")
    if "# waits" in everything and (folder / "wait").exists():
        (folder / "new").write_text(str(os.getpid()))
        (folder / "new").rename(folder / "waiting")
        signal.pause()
    tests = {}
    for cell in nbformat.reads(source, as_version=4).cells:
        if is_test(cell):
            name, question, most = settings_of(cell)["grade_id"], question_of(cell), settings_of(cell)["points"]
            status, rest = re.search(r"# (\w+) ?(.*)|$", answers[question]).groups(default="")
            score = {"passed": most, "partial": 0.5}.get(status, 0.0)
            tests[name] = TestResult(name, question, score, most, status or "failed", rest, "printed " * 100, 0.1)
    for cell in notebook.cells:
        test = tests.get(settings_of(cell).get("grade_id"))
        if test is not None and test.status == "partial":
            cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": repr(test.score)})]
        elif test is not None and test.status != "passed":
            cell.outputs = [nbformat.v4.new_output("error", ename="Error", evalue=test.reason, traceback=[])]
    return Examined(nbformat.writes(notebook), tuple(tests.values()), 0.5)


ENGINE = Engine(examine, Zygote)


def calls(folder: Path) -> dict[str, int]:
    """How often each student's submission was examined."""
    file = folder / "calls"
    return collections.Counter(file.read_text().split()) if file.exists() else {}


def submit(unit: Unit, student: str, says: str = "passed", **answers: str) -> Path:
    """Hand in the solution with a comment in each answer: the same in all, or another one for some questions."""
    texts = {question: f"# {answers.get(question, says)}\n# by {student}\n{text}"
             for question, text in solutions(unit).items()}
    path = unit.submission(student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(fill(unit, texts)))
    return path


def command() -> None:
    """The command `autograder`, with fakes in it."""
    from autograder import archive, cli, grade
    archive.grader = lambda: VERSION
    grade.grade.__kwdefaults__["engine"] = ENGINE
    cli.main()


def killed_command(module: str, function: str, call: int) -> None:
    """The same command, which kills itself when it calls a function for this time."""
    import importlib
    place = importlib.import_module(module)
    real, left = getattr(place, function), [call]

    def deadly(*arguments):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)

    setattr(place, function, deadly)
    command()
