"""The builder: one path from the masters to every notebook, and no drift, no leak, no half-written file."""

import base64
import json
import subprocess

import nbformat
import pytest

from autograder import build as building
from autograder.build import derive, read_master, solved_version, text_of
from autograder.course import CourseError
from autograder.leaks import leaks, secrets


@pytest.fixture
def silent():
    return lambda text: None


def test_the_committed_notebooks_match_their_masters(real_unit):
    for unit in real_unit.course.units():
        assert building.check(unit) == []


def test_a_changed_master_shows_up_as_a_diff(unit, real_unit):
    for path in ("release", "lecture", "solution"):
        there = getattr(unit, path)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(getattr(real_unit, path).read_bytes())
    assert building.check(unit) == []
    master = unit.masters / "exercise.py"
    master.write_text(master.read_text().replace("**Aim.** You write", "**Aim.** You draw"))
    diff = "\n".join(building.check(unit))
    assert "-" in diff and "You draw" in diff and "You write" in diff
    assert all(f"{folder}/01-edge-detection/exercise.ipynb" in diff for folder in ("source", "notebooks", "solutions"))


def test_an_edited_or_missing_notebook_shows_up(unit, real_unit):
    problems = building.check(unit)
    assert any("notebooks/01-edge-detection/lecture.ipynb is missing" in p for p in problems)
    unit.lecture.parent.mkdir(parents=True)
    notebook = nbformat.read(real_unit.lecture, as_version=4)
    notebook.cells[0].source += "!"
    next(c for c in notebook.cells if c.cell_type == "code").execution_count = None
    nbformat.write(notebook, unit.lecture)
    problems = "\n".join(building.check(unit))
    assert "!" in problems and "not run from 1 to n" in problems


@pytest.mark.notebook
def test_building_writes_all_four_and_building_again_writes_none(unit, real_unit):
    said: list[str] = []
    building.build(unit, say=said.append)
    assert sum("written" in line for line in said) == 3 and not any("source" in line for line in said)  # source was there
    for path in ("source", "release", "lecture", "solution"):
        built, committed = (nbformat.read(getattr(u, path), as_version=4) for u in (unit, real_unit))
        assert text_of(built) == text_of(committed)
    before = {p: p.stat().st_mtime_ns for p in (unit.source, unit.release, unit.lecture, unit.solution)}
    said.clear()
    building.build(unit, say=said.append)
    assert not any("written" in line for line in said)
    assert before == {p: p.stat().st_mtime_ns for p in before}


def minimal(unit, lecture="# %%\nprint(1)\n", exercise="# %%\nprint(2)\n"):
    (unit.masters / "lecture.py").write_text(lecture)
    (unit.masters / "exercise.py").write_text(exercise)
    unit.source.unlink()


@pytest.mark.notebook
def test_a_cell_that_fails_stops_the_build_and_nothing_is_written(unit, silent):
    minimal(unit, lecture="# %%\nundefined_name\n")
    with pytest.raises(CourseError, match="(?s)undefined_name.*NameError"):
        building.build(unit, say=silent)
    assert not unit.lecture.exists() and not unit.source.exists()


@pytest.mark.notebook
def test_a_lecture_that_prints_a_solution_is_not_built(unit, silent):
    minimal(unit, lecture="# %%\nprint('kernel -= rate ' + '* secret_gradient(image)')\n", exercise=(
        '# %% nbgrader={"grade": false, "grade_id": "f", "locked": false, "schema_version": 3, "solution": true}\n'
        "def f():\n    ### BEGIN SOLUTION\n    kernel -= rate * secret_gradient(image)\n    ### END SOLUTION\n"))
    with pytest.raises(CourseError, match="(?s)students would see.*outputs.*kernel -= rate"):
        building.build(unit, say=silent)
    assert not unit.lecture.exists()


def test_a_missing_master_and_a_missing_figure_are_named(unit):
    (unit.masters / "figures" / "learned_edges.png").unlink()
    with pytest.raises(CourseError, match="learned_edges.png is missing"):
        derive(unit)
    (unit.masters / "lecture.py").unlink()
    with pytest.raises(CourseError, match="lecture.py is missing"):
        derive(unit)


def test_cell_ids_are_stable_unique_and_the_grade_id_where_there_is_one(unit):
    first, second = (read_master(unit.masters / "exercise.py") for _ in range(2))
    ids = [cell.id for cell in first.cells]
    assert ids == [cell.id for cell in second.cells] and len(set(ids)) == len(ids)
    assert all(cell.id == cell.metadata.nbgrader.grade_id for cell in first.cells if "nbgrader" in cell.metadata)
    master = unit.masters / "exercise.py"
    second = "# %% [markdown]\n# ## 2."
    master.write_text(master.read_text().replace(second, f"# %% [markdown]\n# New.\n\n{second}"))
    assert set(ids) < {cell.id for cell in read_master(master).cells}


def test_the_solution_holds_no_hidden_test_no_marker_and_no_nbgrader_metadata(real_unit):
    text = real_unit.solution.read_text()
    assert "HIDDEN" not in text and "SOLUTION" not in text and "nbgrader" not in text and "YOUR CODE HERE" not in text
    source = read_master(real_unit.masters / "exercise.py")
    hidden = {line for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade")
              for line in secrets(nbformat.v4.new_notebook(cells=[cell]))}
    assert hidden and not any(json.dumps(line)[1:-1] in text for line in hidden)
    assert solved_version(source).cells[0].source == source.cells[0].source


def test_the_solution_keeps_every_tag_but_the_one_that_leaves_a_cell_out_of_grading(unit):
    (unit.masters / "exercise.py").write_text(
        '# %% tags=["skip-execution", "nbval-ignore-output"] reason="it trains"\nprint(1)\n\n'
        '# %% tags=["skip-execution"]\nprint(2)\n')
    source = read_master(unit.masters / "exercise.py")
    both, one = solved_version(source).cells
    assert both.metadata == {"tags": ["nbval-ignore-output"], "reason": "it trains"} and one.metadata == {}
    assert source.cells[0].metadata.tags == ["skip-execution", "nbval-ignore-output"]


def test_the_release_has_no_outputs_and_a_stub_in_every_solution_cell(real_unit):
    cells = [c for c in nbformat.read(real_unit.release, as_version=4).cells if c.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    stubs = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert len(stubs) == 6 and all("raise NotImplementedError()" in cell.source for cell in stubs)


SECRET = "    kernel -= rate * 2 / error.size * cnnlib.correlate2d(image, error)"
HIDDEN = "    assert np.allclose(_got, _k, atol=1e-3), f\"after 400 steps"


def leaking(notebook, how):
    cell = next(c for c in notebook.cells if c.cell_type == "code")
    text = next(c for c in notebook.cells if c.cell_type == "markdown")
    if how == "source":
        cell.source += "\n" + SECRET
    elif how == "source, indented otherwise":
        cell.source += "\n\t" + SECRET.strip().replace(" * ", "  *  ")
    elif how == "stream output":
        cell.outputs = [nbformat.v4.new_output("stream", text=f"see\n{SECRET}\n")]
    elif how == "HTML output":
        cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": f"<pre>{SECRET}</pre>"})]
    elif how == "traceback":
        cell.outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[f"----> 3 {SECRET}"])]
    elif how == "cell metadata":
        cell.metadata["note"] = {"deep": [SECRET]}
    elif how == "notebook metadata":
        notebook.metadata["source"] = SECRET
    elif how == "attachment":
        text.attachments = {"a.txt": {"text/plain": base64.b64encode(SECRET.encode()).decode()}}
    elif how == "markdown":
        text.source += f"\n`{SECRET.strip()}`"
    elif how == "marker":
        cell.source += "\n### BEGIN SOLUTION"
    elif how == "link to the solution":
        text.source += "\n[look](../../solutions/01-edge-detection/exercise.ipynb)"
    elif how == "link to the source":
        text.source += "\n<a href='../../course/source/01-edge-detection/exercise.ipynb'>look</a>"
    return notebook


@pytest.mark.parametrize("how", [
    "source", "source, indented otherwise", "stream output", "HTML output", "traceback", "cell metadata", "notebook metadata",
    "attachment", "markdown", "marker", "link to the solution", "link to the source"])
def test_the_leak_gate_finds_a_solution_in_the(real_unit, how):
    master = read_master(real_unit.masters / "exercise.py")
    released = nbformat.read(real_unit.release, as_version=4)
    assert leaks(released, master, "exercise.ipynb") == []
    assert leaks(leaking(released, how), master, "exercise.ipynb")


def test_the_leak_gate_knows_every_line_of_the_regions_but_those_that_are_shown_anyway(real_unit):
    master = read_master(real_unit.masters / "exercise.py")
    known = secrets(master)
    assert " ".join(SECRET.split()) in known and any(line.startswith(" ".join(HIDDEN.split())) for line in known)
    assert len(known) > 100 and "import numpy as np" not in known


def test_a_widget_is_not_committed_but_its_static_twin_is(real_unit):
    text = real_unit.lecture.read_text()
    assert "slide_kernel(" in text and "widget-view" not in text
    cell = next(c for c in nbformat.read(real_unit.lecture, as_version=4).cells
                if c.cell_type == "code" and "slide_kernel(" in c.source and "import" not in c.source)
    assert any("image/png" in o.get("data", {}) for o in cell.outputs)


def test_the_command_exits_with_1_and_shows_the_diff_when_something_drifted(course, environment):
    done = subprocess.run(["autograder", "--course", str(course.root), "build", "--check"],
                          capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and "lecture.ipynb is missing" in done.stdout and "run `autograder build`" in done.stderr
