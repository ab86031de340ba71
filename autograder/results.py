"""What grading finds out: about a test cell, a question and a submission. Plain data, the same for all parts."""

from dataclasses import dataclass

# How a test cell or a question ended. The first two are good news; "blank" is a question that was not answered.
STATUSES = ("passed", "partial", "failed", "error", "forbidden", "time", "cpu", "memory", "output", "died", "not run", "blank",
            "manual")


@dataclass(frozen=True)
class TestResult:
    """One test cell. reason: why points were lost, in a sentence for the student; output: what the test printed."""

    cell: str
    question: str
    score: float
    max_score: float
    status: str
    reason: str = ""
    output: str = ""
    seconds: float = 0.0

    __test__ = False  # its name does not make it one of pytest's


@dataclass(frozen=True)
class Examined:
    """One submission that was run: its notebook with outputs (JSON), its tests, and seconds spent inside cells and tests.

    problems : what went wrong with the unit's own cells and files, in sentences for staff
    notes : what was done to run a student's cell that stopped too early, in sentences for both
    """

    notebook: str
    tests: tuple[TestResult, ...]
    seconds: float
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionResult:
    """One question of one student: its points, how it ended, and what went wrong first."""

    score: float
    max_score: float
    status: str
    message: str
    tests: tuple[TestResult, ...] = ()


@dataclass(frozen=True)
class StudentResult:
    """One student. status: graded, or what kept the submission from being graded, said in a sentence. seconds: in cells.

    notes : what was mended in what was handed in, a sentence each
    """

    score: float
    max_score: float
    status: str
    questions: dict[str, QuestionResult]
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def graded(self) -> bool:
        return self.status == "graded"
