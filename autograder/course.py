"""Where things are in a course: after this room you know which file every other module means.

A course root holds `units/NN-slug/` (the hand-edited text) and nbgrader's folders; the students' notebooks and the
solutions stand beside it, or in it when it is a copy that stands alone.
"""

from dataclasses import dataclass
from pathlib import Path

NOTEBOOK = "exercise.ipynb"  # the one notebook of a unit that is graded


class CourseError(Exception):
    """Something that was asked for does not exist or cannot be done; the text says what, and the way out."""


@dataclass(frozen=True)
class Unit:
    """One unit of a course: its master texts and everything that is derived from them."""

    slug: str
    course: "Course"

    @property
    def masters(self) -> Path:
        return self.course.root / "units" / self.slug

    @property
    def source(self) -> Path:
        return self.course.root / "source" / self.slug / NOTEBOOK

    @property
    def lecture(self) -> Path:
        return self.course.home / "notebooks" / self.slug / "lecture.ipynb"

    @property
    def release(self) -> Path:
        return self.course.home / "notebooks" / self.slug / NOTEBOOK

    @property
    def solution(self) -> Path:
        return self.course.home / "solutions" / self.slug / NOTEBOOK

    @property
    def cover(self) -> Path:
        return self.course.home / "docs" / "images" / f"{self.slug}.png"

    def submission(self, student: str) -> Path:
        return self.course.root / "submitted" / student / self.slug / NOTEBOOK

    def feedback(self, student: str) -> Path:
        return self.course.root / "feedback" / student / self.slug / "exercise.html"

    def students(self) -> list[str]:
        """Who has handed something in: every folder in submitted/ that has one for this unit."""
        return sorted(p.parent.name for p in self.course.root.glob(f"submitted/*/{self.slug}") if p.is_dir())


@dataclass(frozen=True)
class Course:
    """A course root."""

    root: Path

    @property
    def home(self) -> Path:
        """What notebooks/ and solutions/ stand in: the project around `course/`, or the root itself where it is a copy."""
        in_project = self.root.name == "course" and (self.root.parent / "pyproject.toml").is_file()
        return self.root.parent if in_project else self.root

    def units(self) -> list[Unit]:
        return [Unit(p.parent.name, self) for p in sorted(self.root.glob("units/*/exercise.py"))]

    def unit(self, slug: str) -> Unit:
        """The unit called `slug`; CourseError names those that there are."""
        units = {unit.slug: unit for unit in self.units()}
        if slug not in units:
            raise CourseError(f"no unit {slug!r} in {self.root}: it has {', '.join(units) or 'none'}.")
        return units[slug]

    def misplaced(self) -> list[str]:
        """What in submitted/ no unit looks for: notebooks outside of a unit's folder, and folders of no unit with some."""
        units = {path.name for folder in ("units", "source") for path in self.root.glob(f"{folder}/*")}
        there = self.root / "submitted"
        found = [*there.glob("*.ipynb"), *there.glob("*/*.ipynb")]
        found += [path for path in there.glob("*/*") if path.name not in units and any(path.rglob("*.ipynb"))]
        return sorted({path.relative_to(there).as_posix() for path in found if not path.name.startswith(".")})

    def database(self) -> Path:
        return self.root / "gradebook.db"


def find_course(folder: str | None) -> Course:
    """The course in `folder`, or in ./course or here when no folder is named."""
    candidates = [Path(folder)] if folder else [Path("course"), Path(".")]
    for candidate in candidates:
        if (candidate / "units").is_dir() and (candidate / "nbgrader_config.py").is_file():
            return Course(candidate.resolve())
    tried = " and ".join(str(c) for c in candidates)
    raise CourseError(f"no course in {tried}: a course root holds nbgrader_config.py and units/. "
                      "Name it with --course DIR, or run from the folder that holds course/.")
