"""Running a notebook: the one seam through which student code is executed.

`execute` is a pure function of a notebook's text and the files beside it, so that it can run in any process, and what
runs it can be replaced. A cell that kills the kernel or does not end costs the question that it belongs to and nothing
else: the kernel is started anew, and what the student wrote before is run again.
"""

import asyncio
import copy
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError


@dataclass(frozen=True)
class Limits:
    """What a submission may use, in seconds of wall time."""

    cell: float = 60
    submission: float = 600


DEFAULT_LIMITS = Limits()


def question_of(cell) -> str | None:
    """The function that a graded cell belongs to: `correlate2d` for the cells correlate2d, test_correlate2d and ..._2."""
    settings = cell.metadata.get("nbgrader", {})
    if not (settings.get("grade") or settings.get("solution")):
        return None
    return re.fullmatch(r"(?:test_)?(.+?)(?:_\d+)?" if settings.get("grade") else r"(.+)", settings["grade_id"])[1]


def execute(notebook: str, files: dict[str, bytes] | None = None, limits: Limits = DEFAULT_LIMITS,
            grading: bool = True) -> str:
    """Run all cells of a notebook in a fresh kernel and return it with its outputs.

    Parameters
    ----------
    notebook : the notebook's JSON, format 4
    files : what stands beside it, by relative path; the notebook runs in a folder of its own that holds them
    limits : seconds of wall time for one cell and for all
    grading : whether the notebook's cells see NBGRADER_EXECUTION=autograde, as under nbgrader: long ungraded cells skip

    Returns
    -------
    The executed notebook's JSON. Every code cell has either run or carries an `error` output that says why not.
    """
    cells = nbformat.reads(notebook, as_version=4)
    with tempfile.TemporaryDirectory(prefix="run-") as place:
        folder = Path(place) / "work"
        folder.mkdir()
        for name, content in (files or {}).items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        asyncio.run(_Run(cells, folder, limits, grading).all_cells())
    return nbformat.writes(cells)


class _Run:
    """One notebook being run: which kernel it is in, and which cells must not be run again."""

    def __init__(self, notebook, folder: Path, limits: Limits, grading: bool):
        self.notebook, self.folder, self.limits, self.grading = notebook, folder, limits, grading
        self.client: NotebookClient | None = None
        self.deadline = time.monotonic() + limits.submission
        self.lost: dict[str, str] = {}  # question -> why its other cells are not run
        self.deadly: set[int] = set()  # cells that are not replayed

    async def all_cells(self) -> None:
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        try:
            for index, cell in enumerate(self.notebook.cells):
                if cell.cell_type == "code" and cell.source.strip():
                    await self._one_cell(index, cell)
        finally:
            await self._stop()

    async def _one_cell(self, index: int, cell) -> None:
        question = question_of(cell)
        for name, reason in self.lost.items():  # a picture of what a lost function gives would be lost as well
            if name == question or (question is None and re.search(rf"\b{re.escape(name)}\b", cell.source)):
                return _mark(cell, "NotRun", reason)
        if time.monotonic() > self.deadline:
            return _mark(cell, "NotRun", f"the notebook's {self.limits.submission:g} s were used up before this cell")
        try:
            await self._ready_for(index)
            await self.client.async_execute_cell(cell, index, store_history=True)
            return None
        except DeadKernelError:
            reason = ("KernelDied", "the Python process died in this cell")
        except CellTimeoutError:
            reason = ("TimedOut", f"no end after {self.limits.cell:g} s: is there an endless loop?")
        await self._stop()
        self.deadly.add(index)
        if question:
            self.lost[question] = f"not run, because of an earlier cell of `{question}`: {reason[1]}"
        _mark(cell, *reason)

    async def _ready_for(self, index: int) -> None:
        """See that a kernel runs in which everything that the student wrote before this cell has been run, tests aside."""
        while self.client is None:
            await self._start()
            before = [(i, cell) for i, cell in enumerate(self.notebook.cells[:index]) if self._is_replayed(i, cell)]
            for i, cell in before:
                try:
                    await self.client.async_execute_cell(nbformat.v4.new_code_cell(cell.source), i, store_history=False)
                except (DeadKernelError, CellTimeoutError):  # it went well before; now do without it
                    self.deadly.add(i)
                    await self._stop()
                    break

    def _is_replayed(self, index: int, cell) -> bool:
        is_test = cell.metadata.get("nbgrader", {}).get("grade")
        return cell.cell_type == "code" and bool(cell.source.strip()) and index not in self.deadly and not is_test

    async def _start(self) -> None:
        transport = {} if sys.platform == "win32" else {"transport": "ipc"}  # no ports to race for, no network
        manager = AsyncKernelManager(kernel_name="python3", connection_file=str(self.folder.parent / "k.json"), **transport)
        client = NotebookClient(
            copy.deepcopy(self.notebook), km=manager, allow_errors=True, timeout=self.limits.cell,
            interrupt_on_timeout=False, record_timing=False, store_widget_state=False, coalesce_streams=True,
            resources={"metadata": {"path": str(self.folder)}})
        client.reset_execution_trackers()
        environment = {name: value for name, value in os.environ.items() if name != "NBGRADER_EXECUTION"}
        if self.grading:
            environment["NBGRADER_EXECUTION"] = "autograde"
        environment.setdefault("PYTHONHASHSEED", "0")
        await client.async_start_new_kernel(cwd=str(self.folder), env=environment)
        await client.async_start_new_kernel_client()
        self.client = client

    async def _stop(self) -> None:
        client, self.client = self.client, None
        if client is None:
            return
        try:
            await client.km.shutdown_kernel(now=True)
        finally:
            client.kc.stop_channels()
            await client.km.cleanup_resources()


def _mark(cell, name: str, text: str) -> None:
    """Give a cell an error output, so that it counts as not passed: nbgrader takes a cell without output as passed."""
    cell.outputs = [*cell.get("outputs", []),
                    nbformat.v4.new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"])]
