"""One submission, run and tested: right and wrong answers, and what each limit costs: its own question and no other."""

import os
import signal
import time

import nbformat
import pytest

from autograder import examination
from autograder.examination import close_spares, examine
from autograder.limits import Limits
from autograder.warm.client import Zygote

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("examination")]


@pytest.fixture(scope="module")
def zygote():
    with Zygote(["numpy", "cnnlib"]) as server:
        yield server
        close_spares()


def notebook(*cells, **forbidden):
    """Cells as (source, grade_id or None): test_... gives one point, `imports` is locked, others are answers."""
    made = []
    for number, (source, name) in enumerate(cells):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}")
        if name:
            test = name.startswith("test_")
            cell.metadata["nbgrader"] = {"grade_id": name, "grade": test, "solution": not test and name != "imports",
                                         "locked": test or name == "imports", "schema_version": 3}
            if test:
                cell.metadata["nbgrader"]["points"] = 1
            cell.metadata["forbidden"] = forbidden.get(name, [])
        made.append(cell)
    return nbformat.v4.new_notebook(cells=made)


@pytest.fixture
def run(zygote):
    """Examine cells: {test: status} and the whole of what was found."""
    def run(*cells, files=None, limits=None, source=None, **forbidden):
        submission = nbformat.writes(notebook(*cells, **forbidden))
        found = examine(source or submission, submission, files or {}, limits or Limits(), zygote)
        run.found = found
        run.cells = nbformat.reads(found.notebook, as_version=4).cells
        return {test.cell.removeprefix("test_"): test.status for test in found.tests}
    return run


def ended(cells):
    return [next((o.ename for o in cell.outputs if o.output_type == "error"), "ok") for cell in cells]


RIGHT = ("def f(x): return x + 1", "f")


def test_a_right_answer_passes_and_a_wrong_one_says_why(run):
    test = ("assert f(1) == 2, 'f(1) is wrong'\nassert f(5) == 6", "test_f")
    assert run(RIGHT, test) == {"f": "passed"}
    assert run.found.tests[0].score == 1 and run.found.tests[0].reason == "" and run.cells[-1].outputs == []
    assert run(("def f(x): return x", "f"), test) == {"f": "failed"}
    assert (run.found.tests[0].score, run.found.tests[0].reason) == (0, "f(1) is wrong")
    assert ended(run.cells) == ["ok", "AssertionError"]


def test_cells_share_one_kernel_and_an_error_does_not_stop_it(run):
    assert run(("x = 1", None), ("1 / 0", None), ("def f(): return x", "f"), ("assert f() == 1 and x == 1", "test_f"),
               ) == {"f": "passed"}
    assert ended(run.cells) == ["ok", "ZeroDivisionError", "ok", "ok"]


@pytest.mark.parametrize(("stops", "said"), [
    ("n = int(input('How many? '))", "StdinNotImplementedError"),
    ("%tensorflow_version 2.x", "UsageError: Line magic function"),
    ("%load_ext no_such_extension", "ModuleNotFoundError"), ("import no_such_module", "ModuleNotFoundError"),
    ("open('/content/drive/data.csv')", "FileNotFoundError")])
def test_what_fails_while_grading_does_not_keep_a_cell_from_defining_its_function(run, stops, said):
    test = ("assert f(1) == 4", "test_f")
    assert run((f"K = 3\n{stops}\ndef f(x): return x + K", "f"), test, ("import os; os._exit(1)", "g"), ("f(0)", "test_g"),
               ("def h(): return f(2)", "h"), ("assert h() == 5", "test_h")) == {"f": "passed", "g": "not run", "h": "passed"}
    [note] = run.found.notes
    assert note.startswith(f"The cell `f` stopped with {said}")
    assert note.endswith("the functions in it were defined all the same.")
    assert said.split(":")[0] in str(run.cells[0].outputs), "what happened is seen in the notebook"


def test_an_answer_that_is_no_python_costs_its_question_and_the_reason_says_so(run):
    assert run(("def f(x) return x", "f"), ("assert f(1) == 2", "test_f"), ("def g(x): return x", "g"),
               ("assert g(1) == 1", "test_g")) == {"f": "error", "g": "passed"}
    assert run.found.tests[0].reason == "`f` is not defined: its cell stopped with SyntaxError: expected ':' (line 1)"
    assert run.found.notes == ()


def test_nothing_is_installed(run):
    """With the time that pip takes where there is no network, this would break the limit."""
    source = "!pip install no-such-package\ndef f(x): return x + 1"
    assert run((source, "f"), ("assert f(1) == 2", "test_f"), limits=Limits(cell_wall=8)) == {"f": "passed"}
    assert run.cells[0].source == source and run.cells[0].outputs == []


def test_what_cells_show_is_in_the_notebook(run):
    run(("print('one')\nprint('two')\n3 + 4", None), ("import sys; print('oh', file=sys.stderr)", None),
        ("from IPython.display import display, HTML; display(HTML('<b>bold</b>'))", None))
    kinds = [[(o.output_type, o.get("name")) for o in cell.outputs] for cell in run.cells]
    assert kinds == [[("stream", "stdout"), ("execute_result", None)], [("stream", "stderr")], [("display_data", None)]]
    assert run.cells[0].outputs[0].text == "one\ntwo\n" and run.cells[0].outputs[1].data["text/plain"] == "7"
    assert [cell.execution_count for cell in run.cells] == [1, 2, 3]


def test_the_locked_import_cell_is_run_for_the_tests_as_well_and_the_students_libraries_do_not_matter(run):
    imports = ("import numpy as np", "imports")
    spoil = ("np.testing.assert_allclose = np.allclose = lambda *a, **k: True", None)
    test = ("np.testing.assert_allclose(f(2), 3)", "test_f")
    assert run(imports, spoil, RIGHT, test) == {"f": "passed"}
    assert run(imports, spoil, ("def f(x): return 0", "f"), test) == {"f": "failed"}


def test_the_tests_never_enter_the_students_process(run):
    look = ("def f(x):\n"
            "    import gc, sys\n"
            "    texts = [o for o in gc.get_objects() if isinstance(o, str)] + In + [str(sys._getframe(i).f_code.co_consts)\n"
            "             for i in range(len(__import__('inspect').stack()))]\n"
            "    return any('MARK' + 'ER' in str(text) for text in texts)", "f")
    assert run(look, ("'MARKER'\nassert f(1) is False", "test_f")) == {"f": "passed"}


def test_stderr_costs_nothing(run):
    noisy = ("import sys\ndef f(x):\n    print('careful', file=sys.stderr)\n    return x + 1", "f")
    assert run(noisy, ("import sys; print('hm', file=sys.stderr); assert f(1) == 2", "test_f")) == {"f": "passed"}
    assert not any(o.output_type == "stream" and o.name == "stderr" for o in run.cells[-1].outputs)


def test_partial_credit_comes_with_what_the_test_printed(run):
    assert run(RIGHT, ("print('two of four shapes are right')\nf(-0.5)", "test_f")) == {"f": "partial"}
    test = run.found.tests[0]
    assert test.score == 0.5 and "two of four" in test.reason
    assert run.cells[-1].outputs[-1].data["text/plain"] == "0.5"


def test_a_death_costs_the_rest_of_its_question_and_nothing_else(run):
    assert run(("seed = 5", None), ("import os\ndef f(): os._exit(1)", "f"), ("def g(): return seed", "g"),
               ("f()", "test_f"), ("assert True", "test_f_2"), ("assert g() == 5", "test_g"), ("assert seed == 5", None),
               ) == {"f": "died", "f_2": "not run", "g": "passed"}
    assert "process of the notebook ended" in run.found.tests[0].reason
    assert "because of an earlier cell of `f`" in run.found.tests[1].reason
    assert ended(run.cells) == ["ok", "ok", "ok", "KernelDied", "NotRun", "ok", "ok"]


def test_what_came_before_a_death_keeps_its_marks(run):
    assert run(RIGHT, ("assert f(1) == 2", "test_f"), ("import os; os._exit(3)", "g"), ("assert True", "test_g"),
               ("def h(): return f(1)", "h"), ("assert h() == 2", "test_h")) == {"f": "passed", "g": "not run", "h": "passed"}


@pytest.mark.parametrize("loop", [
    "while True: pass",
    "import time\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass",
    "sum(range(10**15))",
], ids=["plain", "catches every interruption", "in C"])
def test_an_endless_loop_costs_the_rest_of_its_question_and_nothing_else(run, loop):
    began = time.monotonic()
    assert run((f"def f():\n    {loop}", "f"), ("f()", "test_f"), ("f()", "test_f_2"), ("def g(): return 1", "g"),
               ("assert g() == 1", "test_g"), limits=Limits(cell_wall=2),
               ) == {"f": "time", "f_2": "not run", "g": "passed"}
    assert "2 s" in run.found.tests[0].reason and time.monotonic() - began < 30


def test_a_picture_of_what_a_lost_function_gives_does_not_hang_again(run):
    run(("def f():\n    while True: pass", "f"), ("f()", "test_f"), ("print(f())", None), ("print('ff')", None),
        limits=Limits(cell_wall=2))
    assert ended(run.cells) == ["ok", "TimedOut", "NotRun", "ok"]


def test_a_loop_outside_of_a_question_costs_its_own_cell(run):
    assert run(("while True: pass", None), RIGHT, ("assert f(1) == 2", "test_f"), limits=Limits(cell_wall=2)) == {"f": "passed"}
    assert ended(run.cells) == ["TimedOut", "ok", "ok"]


def test_a_cell_that_dies_only_when_it_is_replayed_is_left_out(run, monkeypatch):
    runs, real = [], examination._StudentKernel.run

    def dies_the_second_time(self, code, meter):
        runs.append(code)
        if runs.count("y = 1") == 2:
            runs.append("y = 1")  # it is left out from now on
            raise examination._Ended("died", "the Python process died in this cell")
        return real(self, code, meter)

    monkeypatch.setattr(examination._StudentKernel, "run", dies_the_second_time)
    assert run(("y = 1", None), ("x = 1", None), ("import os; os._exit(1)", "f"), ("assert True", "test_f"),
               ("def g(): return x", "g"), ("assert g() == 1", "test_g")) == {"f": "not run", "g": "passed"}
    assert runs.count("x = 1") == 2


def test_time_is_limited_for_a_question_and_for_all(run):
    slow = "import time\ndef {0}(): time.sleep(1.2)"
    assert run((slow.format("f"), "f"), ("f()", "test_f"), ("f()", "test_f_2"), ("def g(): return 1", "g"),
               ("assert g() == 1", "test_g"), limits=Limits(question_wall=2)) == {"f": "passed", "f_2": "time", "g": "passed"}
    assert "the question `f`" in run.found.tests[1].reason
    assert run((slow.format("f"), "f"), ("f()", "test_f"), (slow.format("g"), "g"), ("g()", "test_g"), ("def h(): pass", "h"),
               ("h()", "test_h"), limits=Limits(submission_wall=2)) == {"f": "passed", "g": "time", "h": "not run"}
    assert "the notebook" in run.found.tests[2].reason


def test_processor_time_is_limited_too(run):
    busy = "import time\ndef f():\n    while time.process_time() < 30: pass"
    assert run((busy, "f"), ("f()", "test_f"), RIGHT[:1] + ("g",), ("assert True", "test_g"),
               limits=Limits(cell_cpu=1)) == {"f": "cpu", "g": "passed"}
    assert "processor time" in run.found.tests[0].reason


def test_memory_is_limited_and_costs_one_question(run):
    hog = "def f():\n    hold = []\n    while True: hold.append(bytearray(b'x') * 10**7)"
    statuses = run((hog, "f"), ("f()", "test_f"), ("def g(): return 1", "g"), ("assert g() == 1", "test_g"),
                   limits=Limits(memory=300))
    assert statuses["g"] == "passed" and statuses["f"] in ("error", "memory", "died")
    assert run.found.tests[0].score == 0 and "emory" in run.found.tests[0].reason


@pytest.mark.parametrize("flood", [
    "while True: print('x' * 10**6)",
    "print('x' * 10**8)",
    "import sys\nwhile True: print('x' * 10**6, file=sys.stderr)",
    "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 10**6))",
    "import os\nwhile True: os.write(1, b'x' * 10**6)",
], ids=["stdout", "one huge line", "stderr", "display", "the file descriptor"])
def test_output_is_cut_off_while_it_is_made_and_costs_one_cell(run, flood):
    assert run((flood, None), RIGHT, ("assert f(1) == 2", "test_f"), ("print(f(2))", None),
               limits=Limits(cell_wall=20, output=2)) == {"f": "passed"}
    assert len(run.found.notebook) < 10_000 and run.cells[-1].outputs[0].text == "3\n"
    assert ended(run.cells) == ["TooMuchOutput", "ok", "ok", "ok"]


def test_a_flood_in_a_test_costs_its_question(run):
    flooding = "from IPython.display import display, HTML\ndef f():\n    while True: display(HTML('x' * 10**6))"
    assert run((flooding, "f"), ("f()", "test_f"), ("def g(): return 1", "g"), ("assert g() == 1", "test_g"),
               limits=Limits(output=2)) == {"f": "output", "g": "passed"}


def test_files_beside_the_notebook_are_there_and_relative(run):
    assert run(("def f(): return open('data/a.txt').read()", "f"), ("assert f() == 'hello'", "test_f"),
               files={"data/a.txt": b"hello"}) == {"f": "passed"}


def test_the_units_own_files_are_there_for_tests_and_in_place_of_what_was_handed_in(zygote):
    cells = nbformat.writes(notebook(("def f(): return open('data.csv').read()", "f"),
                                     ("assert f() == open('data.csv').read() == 'ours'", "test_f")))
    found = examine(cells, cells, {"data.csv": b"theirs"}, Limits(), zygote, {"data.csv": b"ours"})
    assert [test.status for test in found.tests] == ["passed"] and found.problems == ()


def test_staff_are_told_of_a_locked_cell_that_fails(zygote):
    cells = nbformat.writes(notebook(("import numpy\nraise OSError('no such disk')", "imports"), RIGHT,
                                     ("assert f(1) == 2", "test_f")))
    found = examine(cells, cells, {}, Limits(), zygote)
    assert len(found.problems) == 1 and "`imports`" in found.problems[0] and "no such disk" in found.problems[0]


def test_a_test_that_the_submission_lacks_or_hides_counts_as_not_run(run):
    source = nbformat.writes(notebook(RIGHT, ("assert f(1) == 2", "test_f"), ("assert f(2) == 3", "test_f_2")))
    assert run(RIGHT, ("assert f(1) == 2", "test_f"), source=source) == {"f": "passed", "f_2": "not run"}


def test_the_source_says_what_is_tested_whatever_the_submission_holds(run):
    source = nbformat.writes(notebook(RIGHT, ("assert f(1) == 2, 'wrong'", "test_f")))
    assert run(("def f(x): return 0", "f"), ("assert True", "test_f"), source=source) == {"f": "failed"}


def test_a_tag_on_a_test_cell_does_not_keep_it_from_being_run(zygote):
    cells = notebook(("def f(x): return 0", "f"), ("assert f(1) == 2, 'wrong'", "test_f"))
    source = nbformat.writes(cells)
    for cell in cells.cells:
        cell.metadata["tags"] = ["skip-execution"]
    found = examine(source, nbformat.writes(cells), {}, Limits(), zygote)
    assert [(test.status, test.reason) for test in found.tests] == [("failed", "wrong")]


def test_a_cell_that_only_draws_can_be_left_out(run, zygote):
    cells = notebook(("raise SystemExit", None), RIGHT, ("assert f(1) == 2", "test_f"))
    cells.cells[0].metadata["tags"] = ["skip-execution"]
    found = examine(nbformat.writes(cells), nbformat.writes(cells), {}, Limits(), zygote)
    assert [test.status for test in found.tests] == ["passed"]
    assert nbformat.reads(found.notebook, as_version=4).cells[0].outputs == []


def test_a_kernel_that_died_while_it_waited_costs_nobody_anything(run, zygote):
    test = ("assert f(1) == 2", "test_f")
    run(RIGHT, test)
    spare = examination._spares_of(zygote, Limits()).next
    spare.process.wait_ready(30)
    os.kill(spare.process.pid, signal.SIGKILL)
    spare.process.exit_status(30)
    assert run(RIGHT, test) == {"f": "passed"}


def test_what_is_shown_can_do_nothing_in_a_browser_and_is_whole(run):
    run(("from IPython.display import display, HTML\ndisplay(HTML('<script>1</script>'))\n"
         "display({'image/png': '\" onerror=\"alert(1)', 'text/plain': 'a picture'}, raw=True)\n"
         "display({'image/png': 'iVBORw0KGgo='}, raw=True)", None))
    data = [output.data for output in run.cells[0].outputs if output.output_type == "display_data"]
    assert data[0].keys() == {"text/plain"} and data[1] == {"text/plain": "a picture"}
    assert data[2] == {"image/png": "iVBORw0KGgo="}
    assert examination._whole("half a character: \ud800") == "half a character: ?"  # a kernel's own JSON may hold one


def test_a_forbidden_call_says_that_it_is_forbidden_also_under_another_name(run):
    answer = "from cnnlib import to_gray as other\ndef to_gray(rgb): return other(rgb)"
    cells = [("import cnnlib", "imports"), (answer, "to_gray"),
             ("import numpy as np\nto_gray(np.ones((2, 2, 3)))", "test_to_gray")]
    assert run(*cells, to_gray=["cnnlib.to_gray"]) == {"to_gray": "forbidden"}
    assert "cnnlib.to_gray" in run.found.tests[0].reason
    assert run(*cells) == {"to_gray": "passed"}


def test_a_callable_crosses_both_ways(run):
    derivative = "def slope(f, x):\n    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6"
    test = "assert abs(slope(lambda x: x**2, 3.0) - 6) < 1e-3"
    assert run((derivative, "slope"), (test, "test_slope")) == {"slope": "passed"}


def test_an_answer_that_makes_no_sense_costs_its_test_and_the_next_ones_are_asked_anew(run):
    forging = ("import autograder.checker.values as values\ndef f(x):\n"
               "    values.Wire.send = lambda self, *a, **k: self.channel.sendall(b'\\xff' * 64)\n    return x + 1", "f")
    statuses = run(forging, ("f(1)", "test_f"), ("def g(): return 1", "g"), ("assert g() == 1", "test_g"),
                   limits=Limits(cell_wall=10))
    assert statuses["f"] in ("error", "time", "died") and statuses["g"] == "passed"


def test_the_same_submission_gives_the_same_result(run):
    cells = [("import numpy as np\nrng = np.random.default_rng(0)\nprint(rng.normal(), hash('a'))", None), RIGHT,
             ("assert f(1) == 2", "test_f")]
    run(*cells)
    first = run.found.notebook
    run(*cells)
    assert run.found.notebook == first


def test_outputs_of_an_earlier_run_and_forged_counts_are_thrown_away(zygote):
    before = notebook(("pass", None), RIGHT, ("assert f(1) == 3", "test_f"))
    before.cells[2].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=7)]
    before.cells[0].outputs = [nbformat.v4.new_output("stream", text="forged")]
    found = examine(nbformat.writes(before), nbformat.writes(before), {}, Limits(), zygote)
    assert [test.status for test in found.tests] == ["failed"] and "forged" not in found.notebook
