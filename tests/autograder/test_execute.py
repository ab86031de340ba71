"""The seam through which student code runs: what fails, hangs or dies costs its own question and no other."""

import nbformat
import pytest

from autograder.execute import Limits, execute, question_of

pytestmark = pytest.mark.notebook


def notebook(*cells):
    made = []
    for source, grade_id in cells:
        cell = nbformat.v4.new_code_cell(source)
        if grade_id:
            cell.metadata["nbgrader"] = {"grade_id": grade_id, "grade": grade_id.startswith("test_"),
                                         "solution": not grade_id.startswith("test_"), "points": 1, "schema_version": 3}
        made.append(cell)
    return nbformat.writes(nbformat.v4.new_notebook(cells=made))


def run(*cells, **options):
    done = nbformat.reads(execute(notebook(*cells), **options), as_version=4)
    return [next((o.ename for o in cell.outputs if o.output_type == "error"), "ok") for cell in done.cells]


def test_cells_share_one_kernel_and_an_error_does_not_stop_it():
    assert run(("x = 1", None), ("1 / 0", None), ("assert x == 1", None)) == ["ok", "ZeroDivisionError", "ok"]


def test_a_death_costs_the_rest_of_its_question_and_nothing_else():
    assert run(("seed = 5", None), ("import os\ndef f(): os._exit(1)", "f"), ("def g(): return seed", "g"),
               ("f()", "test_f"), ("assert True", "test_f_2"), ("assert g() == 5", "test_g"), ("assert seed == 5", None),
               ) == ["ok", "ok", "ok", "KernelDied", "NotRun", "ok", "ok"]


def test_an_endless_loop_costs_the_rest_of_its_question_and_nothing_else():
    assert run(("def f():\n    while True: pass", "f"), ("f()", "test_f"), ("f()", "test_f_2"), ("assert True", "test_g"),
               limits=Limits(cell=2)) == ["ok", "TimedOut", "NotRun", "ok"]


def test_a_picture_of_what_a_lost_function_gives_does_not_hang_again():
    assert run(("def f():\n    while True: pass", "f"), ("f()", "test_f"), ("print(f())", None), ("print('ff')", None),
               limits=Limits(cell=2)) == ["ok", "TimedOut", "NotRun", "ok"]


def test_a_loop_that_cannot_be_interrupted_ends_as_well():
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
    assert run((stubborn, None), ("assert True", "test_g"), limits=Limits(cell=2)) == ["TimedOut", "ok"]


def test_a_solution_cell_that_kills_the_process_is_not_run_again():
    assert run(("x = 1", None), ("import os; os._exit(3)", "f"), ("pass", "test_f"), ("assert x == 1", "test_g"),
               ) == ["ok", "KernelDied", "NotRun", "ok"]


def test_a_cell_that_dies_only_when_it_is_replayed_is_left_out():
    second_time = "import os, pathlib\np = pathlib.Path('been')\nif p.exists(): os._exit(1)\np.touch()"
    assert run((second_time, None), ("x = 1", None), ("import os; os._exit(1)", "test_f"), ("assert x == 1", "test_g"),
               ) == ["ok", "ok", "KernelDied", "ok"]


def test_when_the_time_for_all_is_used_up_the_rest_is_marked_and_not_passed():
    assert run(("import time; time.sleep(1.5)", None), ("pass", "test_f"), ("pass", "test_g"),
               limits=Limits(submission=1)) == ["ok", "NotRun", "NotRun"]


def test_outputs_of_an_earlier_run_and_forged_counts_are_thrown_away():
    before = nbformat.reads(notebook(("1 / 0", "test_f")), as_version=4)
    before.cells[0].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=7)]
    done = nbformat.reads(execute(nbformat.writes(before)), as_version=4)
    assert [o.output_type for o in done.cells[0].outputs] == ["error"] and done.cells[0].execution_count == 1


def test_files_that_were_handed_in_are_beside_the_notebook_in_a_folder_of_its_own():
    assert run(("assert open('data/a.txt').read() == 'hello'", None), ("import os; assert len(os.listdir()) == 1", None),
               files={"data/a.txt": b"hello"}) == ["ok", "ok"]


def test_two_runs_of_a_notebook_give_the_same_text():
    cells = notebook(("print(sorted({'a', 'b'}), hash('a') == hash('a'))", None), ("1 / 0", None), ("{'x', 'y', 'z'}", None))
    assert execute(cells) == execute(cells)


@pytest.mark.parametrize(("grade_id", "grade", "question"), [
    ("conv2d_forward", False, "conv2d_forward"), ("test_conv2d_forward", True, "conv2d_forward"),
    ("test_conv2d_forward_2", True, "conv2d_forward"), ("test_to_gray_12", True, "to_gray")])
def test_a_cell_belongs_to_the_function_in_its_grade_id(grade_id, grade, question):
    cell = nbformat.v4.new_code_cell("", metadata={"nbgrader": {"grade_id": grade_id, "grade": grade, "solution": not grade}})
    assert question_of(cell) == question
    assert question_of(nbformat.v4.new_code_cell("")) is None
