"""The committed outputs are what the notebooks give: compared by nbval, strictly, twice in unlike surroundings."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.build import WIDGET, is_executed

PROJECT = Path(__file__).resolve().parents[2]
EXECUTED = sorted([*PROJECT.glob("notebooks/*/lecture.ipynb"), *PROJECT.glob("solutions/*/exercise.ipynb")])
STUDENTS = sorted([*PROJECT.glob("notebooks/*/*.ipynb"), *PROJECT.glob("solutions/*/*.ipynb")])


def name(path):
    return path.relative_to(PROJECT).as_posix()


def nbval(path, seed, threads, cwd=PROJECT):
    threads = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=",
         "--rootdir", str(cwd), str(path)],
        capture_output=True, text=True, cwd=cwd, env={**os.environ, **threads, "PYTHONHASHSEED": str(seed)})


@pytest.mark.notebook
@pytest.mark.parametrize(("seed", "threads"), [(1, 1), (7, 2)], ids=["one thread", "two threads, another hash seed"])
@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_every_committed_output_is_what_a_run_gives(path, seed, threads):
    done = nbval(path, seed, threads)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.notebook
def test_an_output_that_is_not_what_a_run_gives_is_found(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell("print(1 + 1)", execution_count=1, outputs=[
            nbformat.v4.new_output("stream", text="3\n")])])
    nbformat.write(notebook, tmp_path / "wrong.ipynb")
    assert nbval(tmp_path / "wrong.ipynb", 1, 1, cwd=tmp_path).returncode == 1


@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_cells_were_run_from_1_to_n_without_an_error(path):
    # nbval skips cells without an execution count, so a cell that was not run would not be compared
    assert is_executed(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", STUDENTS, ids=name)
def test_outputs_are_small_and_describe_their_pictures(path):
    assert path.stat().st_size < 1_500_000
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "stream" or output.name != "stderr", "a notebook of ours warns"
            data = output.get("data", {})
            assert WIDGET not in data
            if "image/png" in data:
                assert len(output.metadata["image/png"]["alt"]) > 20 and "<" not in data["text/plain"][:1]


@pytest.mark.parametrize("path", sorted(PROJECT.glob("notebooks/*/*.ipynb")), ids=name)
def test_a_notebook_opens_with_its_aim_its_time_and_what_it_needs(path):
    opening = nbformat.read(path, as_version=4).cells[0].source
    assert opening.startswith("# ")
    for word in ("aim", "minutes", "need"):
        assert word in opening.lower(), f"the first cell does not say the {word}"


@pytest.mark.parametrize("path", STUDENTS, ids=name)
def test_headings_descend_one_level_at_a_time(path):
    levels = [len(line) - len(line.lstrip("#")) for cell in nbformat.read(path, as_version=4).cells
              if cell.cell_type == "markdown" for line in cell.source.splitlines() if line.startswith("#")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
