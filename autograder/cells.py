"""What a notebook's cell is to nbgrader, by its metadata, and what of it may stand in a page."""

import re


def settings_of(cell) -> dict:
    """A cell's nbgrader metadata, or {}."""
    return cell.metadata.get("nbgrader", {})


def is_test(cell) -> bool:
    """Is it a code cell that gives points by being run?"""
    settings = settings_of(cell)
    return bool(cell.cell_type == "code" and settings.get("grade") and not settings.get("solution"))


def is_base64(data) -> bool:
    """Can these be the data of a picture, which then stand in a page as they are?"""
    return isinstance(data, str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", data) is not None


def question_of(cell) -> str | None:
    """The function that a graded cell belongs to: `correlate2d` for the cells correlate2d, test_correlate2d and ..._2."""
    settings = settings_of(cell)
    if not (settings.get("grade") or settings.get("solution")):
        return None
    return re.fullmatch(r"(?:test_)?(.+?)(?:_\d+)?" if settings.get("grade") else r"(.+)", settings["grade_id"])[1]
