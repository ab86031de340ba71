"""What all tests share: the project's folder, and copies of the course that a test may change."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from autograder.course import Course, Unit, find_course

PROJECT = Path(__file__).resolve().parent.parent
SLUG = "01-edge-detection"

# What Hypothesis draws: the same in every run of the tests, so that none fails by chance, and always something else in
# `make fuzz`, which tries what failed before once more.
settings.register_profile("test", max_examples=50, derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", max_examples=1000, deadline=None, print_blob=True,
                          database=DirectoryBasedExampleDatabase(PROJECT / ".hypothesis" / "fuzz"))
settings.load_profile("test")  # unless the command line names another


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def real_unit() -> Unit:
    """The project's own unit 01: to read, not to write."""
    return find_course(str(PROJECT / "course")).unit(SLUG)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A copy of the course, elsewhere, that a test may do anything to."""
    return copy_of_course(tmp_path / "spring")


@pytest.fixture(scope="session")
def make_copy():
    """`make_copy(folder)` copies the course into a folder: for fixtures that outlive one test."""
    return copy_of_course


@pytest.fixture
def unit(course: Course) -> Unit:
    return course.unit(SLUG)


def copy_of_course(folder: Path) -> Course:
    """The masters, the sources and the settings, without what a term or a demo left in course/."""
    folder.mkdir(parents=True)
    for name in ("units", "source"):
        shutil.copytree(PROJECT / "course" / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "limits.toml"):
        shutil.copy(PROJECT / "course" / name, folder)
    return find_course(str(folder))


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment for a command of the project's: this Python's folder first on the path."""
    return {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}
