"""The committed outputs are what the notebooks give: compared by nbval, strictly, twice in unlike surroundings.

A notebook that loads TensorFlow is run once: what it prints must not depend on the number of threads either, but to train twice
would take most of the time of all tests. A cell that trains may be left out of the comparison if it says why.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.build import WIDGET, is_executed

PROJECT = Path(__file__).resolve().parents[2]
EXECUTED = sorted([*PROJECT.glob("notebooks/*/lecture.ipynb"), *PROJECT.glob("solutions/*/exercise.ipynb")])
STUDENTS = sorted([*PROJECT.glob("notebooks/*/*.ipynb"), *PROJECT.glob("solutions/*/*.ipynb")])


LOADING = re.compile(r"^\s*(?:import|from) (?:keras|tensorflow)\b(?!\.datasets)", re.MULTILINE)  # datasets: only when asked
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip"}
RUNS = [(1, 1), (7, 2)]  # (hash seed, threads)


def name(path):
    return path.relative_to(PROJECT).as_posix()


def codes(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def loads_tensorflow(source):
    """Does code import Keras or TensorFlow, or a module of cnnlib in which something does?"""
    modules = re.findall(r"^\s*(?:import|from) cnnlib\.(\w+)", source, re.MULTILINE)
    files = [file for module in modules if (file := PROJECT / "cnnlib" / f"{module}.py").is_file()]
    return any(LOADING.search(text) for text in (source, *(file.read_text(encoding="utf-8") for file in files)))


def faults_of_tags(cells):
    """What is wrong with how cells are left out of the comparison, in sentences."""
    left_out = [cell for cell in cells if NOT_COMPARED.intersection(cell.metadata.get("tags", []))]
    found = [f"no reason why it is not compared: {cell.source[:60]!r}" for cell in left_out
             if len(cell.metadata.get("reason", "").split()) < 3]
    if len(left_out) > 0.2 * len(cells):
        found.append(f"{len(left_out)} of {len(cells)} cells are not compared: at least 80 % must be")
    return found


def nbval(path, seed, threads, cwd=PROJECT):
    threads = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=",
         "--rootdir", str(cwd), str(path)],
        capture_output=True, text=True, cwd=cwd, env={**os.environ, **threads, "PYTHONHASHSEED": str(seed)})


@pytest.mark.notebook
@pytest.mark.parametrize(("path", "seed", "threads"), [
    pytest.param(path, seed, threads, id=f"{name(path)}, hash seed {seed}, threads: {threads}")
    for path in EXECUTED for seed, threads in RUNS[loads_tensorflow("\n".join(cell.source for cell in codes(path))):]])
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


@pytest.mark.parametrize("path", EXECUTED, ids=name)
def test_four_in_five_cells_are_compared_and_a_cell_that_is_not_says_why(path):
    assert faults_of_tags(codes(path)) == []


def test_cells_that_are_left_out_without_a_reason_or_too_often_are_found():
    def cells(left_out, **said):
        return [nbformat.v4.new_code_cell("1", metadata={"tags": ["nbval-ignore-output"], **said} if i < left_out else {})
                for i in range(10)]
    assert faults_of_tags(cells(2, reason="a training, other on each machine")) == []
    assert len(faults_of_tags(cells(3, reason="a training, other on each machine"))) == 1
    assert len(faults_of_tags(cells(1))) == 1


@pytest.mark.parametrize(("source", "loads"), [
    ("import keras", True), ("x = 1\nfrom tensorflow import nn", True), ("    import tensorflow as tf", True),
    ("from cnnlib.mnist import load_mnist", False), ("import cnnlib\n# keras\nkerasse = 1", False)])
def test_a_notebook_that_loads_tensorflow_is_told_from_one_that_does_not(source, loads):
    assert loads_tensorflow(source) == loads
