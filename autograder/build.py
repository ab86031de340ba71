"""From the master texts to every derived notebook, through one path; `check` proves that none has drifted.

    units/NN/lecture.py  -> notebooks/NN/lecture.ipynb    executed
    units/NN/exercise.py -> source/NN/exercise.ipynb      what nbgrader reads: solutions and hidden tests in it
                         -> notebooks/NN/exercise.ipynb   nbgrader's release version, no outputs
                         -> solutions/NN/exercise.ipynb   solved and executed, without hidden tests, markers, metadata
"""

import base64
import difflib
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import jupytext
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearHiddenTests, SaveCells
from traitlets.config import Config

from autograder.course import CourseError, Unit
from autograder.leaks import leaks
from autograder.nbgrader_parts import nbgrader_settings
from autograder.replaceable import replaceable

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS = 300  # a cell of ours may take
WIDGET = "application/vnd.jupyter.widget-view+json"  # alive only while its kernel is: readers get the static twin


def read_master(path: Path) -> nbformat.NotebookNode:
    """A master text as a notebook with stable cell ids and its figures attached; CourseError when it is not there."""
    if not path.is_file():
        raise CourseError(f"{path} is missing: a unit has a lecture.py, an exercise.py and a mistakes.py.")
    notebook = jupytext.read(path)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    taken: set[str] = set()
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        while name in taken:
            name += "-again"
        taken.add(name)
        cell.id = name
        attached = re.findall(r"\(attachment:([^)\s]+)\)", cell.source) if cell.cell_type == "markdown" else []
        if attached:
            cell.attachments = {name: _attachment(path.parent / "figures" / name) for name in attached}
    return notebook


def _attachment(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise CourseError(f"{path} is missing, and a cell shows it as an attachment.")
    return {"image/png": base64.b64encode(path.read_bytes()).decode()}


def release_version(source: nbformat.NotebookNode, slug: str, settings: Config) -> nbformat.NotebookNode:
    """What nbgrader's generate_assignment gives to students, without a database."""
    notebook, resources = nbformat.from_dict(source), {"nbgrader": {"assignment": slug, "notebook": "exercise"}}
    for step in GenerateAssignment(config=settings).preprocessors:
        if step is not SaveCells:
            notebook, resources = step(config=settings).preprocess(notebook, resources)
    return notebook


def solved_version(source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The exercise with its solutions, and without hidden tests, markers and what only grading needs."""
    notebook, _ = ClearHiddenTests().preprocess(nbformat.from_dict(source), {})
    for cell in notebook.cells:
        lines = [line for line in cell.source.splitlines() if not re.search(r"### (BEGIN|END) SOLUTION", line)]
        cell.source = "\n".join(lines)
        for name in ("nbgrader", "forbidden"):
            cell.metadata.pop(name, None)
        kept = [tag for tag in cell.metadata.pop("tags", []) if tag != "skip-execution"]  # those for nbval say what is compared
        if kept:
            cell.metadata.tags = kept
    return notebook


def derive(unit: Unit) -> dict[Path, tuple[nbformat.NotebookNode, bool]]:
    """Every notebook of a unit, as (notebook without outputs, whether it is to be executed), by its path."""
    lecture, source = read_master(unit.masters / "lecture.py"), read_master(unit.masters / "exercise.py")
    return {
        unit.source: (source, False),
        unit.release: (release_version(source, unit.slug, nbgrader_settings(unit.course)), False),
        unit.lecture: (lecture, True),
        unit.solution: (solved_version(source), True),
    }


def build(unit: Unit, force: bool = False, say: Callable[[str], None] = print) -> None:
    """Write every derived notebook of a unit; what has not changed keeps its outputs unless `force` runs it again.

    CourseError when a cell fails, when a student's notebook would show a solution or a hidden test, or when a test uses
    something that students can replace; then nothing is written.
    """
    results, derived = {}, derive(unit)
    loose = replaceable(derived[unit.source][0])
    if loose:
        raise CourseError("tests would use what students can replace:\n" + "\n".join(f"  {name}" for name in loose))
    for path, (notebook, executed) in derived.items():
        if executed:
            before = None if force else _read(path)
            if before is not None and is_executed(before) and text_of(before) == text_of(notebook):
                say(f"  unchanged  {_short(path, unit)}")
                continue
            say(f"  running    {_short(path, unit)}")
            notebook = run(notebook, _short(path, unit))
        results[path] = notebook
    found = [leak for path in (unit.release, unit.lecture) if path in results
             for leak in leaks(results[path], read_master(unit.masters / "exercise.py"), path.name)]
    if found:
        raise CourseError("students would see what they must not:\n" + "\n".join(f"  {leak}" for leak in found))
    for path, notebook in results.items():
        if _write(path, nbformat.writes(notebook, version=4) + "\n"):
            say(f"  written    {_short(path, unit)}")
    cover = _cover(results.get(unit.lecture))
    if cover:
        unit.cover.parent.mkdir(parents=True, exist_ok=True)
        unit.cover.write_bytes(cover)


def check(unit: Unit) -> list[str]:
    """How the derived notebooks differ from their masters, as lines of a diff (outputs aside), and what leaks in them.

    Also what their tests use that students can replace.
    """
    derived = derive(unit)
    problems = [f"{unit.slug}: {name}" for name in replaceable(derived[unit.source][0])]
    for path, (notebook, executed) in derived.items():
        name = _short(path, unit)
        there = _read(path)
        if there is None:
            problems.append(f"{name} is missing or is not a notebook")
            continue
        problems += difflib.unified_diff(
            text_of(there).splitlines(), text_of(notebook).splitlines(), name, f"{name}, built anew", lineterm="", n=1)
        if executed and not is_executed(there):
            problems.append(f"{name}: its cells were not run from 1 to n, without errors")
        if path in (unit.release, unit.lecture):
            problems += leaks(there, read_master(unit.masters / "exercise.py"), name)
    return problems


def run(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """Execute a notebook of ours and clean its outputs; CourseError at the first cell that fails."""
    done = nbformat.from_dict(notebook)
    transport = {} if sys.platform == "win32" else {"transport": "ipc"}  # no ports to race for, no network
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        manager = AsyncKernelManager(kernel_name="python3", connection_file=f"{folder}/k.json", **transport)
        client = NotebookClient(
            done, km=manager, timeout=SECONDS, record_timing=False, store_widget_state=False, coalesce_streams=True,
            skip_cells_with_tag="", shutdown_kernel="immediate", resources={"metadata": {"path": folder}})
        try:
            client.execute(cleanup_kc=True, env={"PYTHONHASHSEED": "0"} | {
                name: value for name, value in os.environ.items() if name != "NBGRADER_EXECUTION"})
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as fault:
            raise CourseError(f"a cell of {name} fails:\n\n{fault}") from None
    for cell in done.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
        cell.metadata.pop("execution", None)
    done.metadata = nbformat.from_dict(METADATA)
    return done


def is_executed(notebook: nbformat.NotebookNode) -> bool:
    """Were all code cells run once, in order, from 1 to n, without an error?"""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    errors = any(output.output_type == "error" for cell in cells for output in cell.outputs)
    return not errors and [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def text_of(notebook: nbformat.NotebookNode) -> str:
    """A notebook without its outputs: what must be equal in two that were built from the same master."""
    bare = nbformat.from_dict(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(bare, version=4)


def _cover(lecture: nbformat.NotebookNode | None) -> bytes | None:
    """The picture of the lecture's cell with the tag `cover`."""
    cells = [] if lecture is None else [c for c in lecture.cells if "cover" in c.metadata.get("tags", [])]
    pictures = [o.data["image/png"] for cell in cells for o in cell.outputs if "image/png" in o.get("data", {})]
    return base64.b64decode(pictures[0]) if pictures else None


def _read(path: Path) -> nbformat.NotebookNode | None:
    try:
        return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError):
        return None


def _write(path: Path, text: str) -> bool:
    """Write a file whole or not at all, and only when it changes; says whether it did."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", newline="\n", delete=False) as new:
        new.write(text)
    os.chmod(new.name, 0o644)
    os.replace(new.name, path)
    return True


def _short(path: Path, unit: Unit) -> str:
    return path.relative_to(unit.course.home).as_posix()
