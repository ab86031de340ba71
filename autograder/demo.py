"""The main job from end to end, in a course of its own: build, make a class, grade it, write feedback."""

import shutil
from pathlib import Path

from autograder.course import Course, find_course

MARK = ".demo"  # a folder with this file in it is the demo's own
SETTINGS = ("nbgrader_config.py", "limits.toml")
KEPT = ("notebooks", "solutions", "docs", "source")  # built; what has not changed need not be built again


def is_own(folder: Path) -> bool:
    """May the demo write here: is the folder new, empty, or one of its own?"""
    return not folder.exists() or not any(folder.iterdir()) or (folder / MARK).is_file()


def fresh_course(course: Course, folder: Path) -> Course:
    """A course in `folder` with the masters and settings of `course`, and nothing of an earlier demo but what is built.

    The instructor's own gradebook and submissions are neither copied nor touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for there in folder.iterdir():
        if there.name not in KEPT:
            shutil.rmtree(there) if there.is_dir() else there.unlink()
    (folder / MARK).write_text("Made by `autograder demo`, which removes and remakes it.\n")
    shutil.copytree(course.root / "units", folder / "units", ignore=shutil.ignore_patterns("__pycache__"))
    for settings in SETTINGS:
        if (course.root / settings).is_file():
            shutil.copy(course.root / settings, folder)
    return find_course(str(folder))
