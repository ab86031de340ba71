"""What a submission may use: read from the course's limits.toml, which states every limit and its default."""

import dataclasses
import tomllib
from dataclasses import dataclass

from autograder.course import Course, CourseError

MIB = 2**20
FILE = "limits.toml"


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are in seconds; wall is time that passes, cpu is time that processors work for it.

    Sizes are in MiB. output is what one cell may print and draw; memory is counted beyond what a fresh kernel with the
    course's libraries has; value is the largest answer that a function may give to a test. disk is what all files may have
    that are written, or handed in beside the notebook; notebook is what the notebook may have with the outputs in it.
    """

    cell_wall: float = 60
    cell_cpu: float = 120
    question_wall: float = 120
    question_cpu: float = 240
    submission_wall: float = 600
    submission_cpu: float = 1200
    memory: float = 2048
    processes: int = 128
    file_size: float = 100
    disk: float = 500
    output: float = 4
    value: float = 64
    notebook: float = 512

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise CourseError(f"the limit {field.name} must be a number above 0, it is {value!r}.")


def read_limits(course: Course) -> Limits:
    """The course's limits: its limits.toml, and the defaults for what the file does not name.

    Raises CourseError when the file is not TOML, names a limit that does not exist, or sets one to something senseless.
    """
    path = course.root / FILE
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise CourseError(f"{path} cannot be read: {fault}") from None
    known = [field.name for field in dataclasses.fields(Limits)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise CourseError(f"{path} names {', '.join(unknown)}: the limits are {', '.join(known)}.")
    return Limits(**given)
