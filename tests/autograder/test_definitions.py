"""What a cell defines is seen without running it."""

import pytest

from autograder.definitions import defined, definitions, installs, without_installs


@pytest.mark.parametrize(("source", "names"), [
    ("def f(x):\n    return x\n\nclass A:\n    def g(self): pass\nasync def h(): pass", {"f", "A", "h"}),
    ("%%time\n!ls\nx = 1\n?x\nx??\ndef f(): pass", {"f"}), ("if True:\n    def f(): pass", set()),
    ("def f(:", set()), ("", set()),
    ("(" * 200_000, set()), ("def f():\n    return '\\d'", {"f"}), ("x = 1\n" * 30_000 + "def f(): pass", set()),
], ids=["functions and classes", "magics", "not at the top", "no Python", "nothing", "deep", "a warning", "too long"])
def test_functions_and_classes_are_seen(source, names):
    assert defined(source) == names


@pytest.mark.parametrize("stops", [
    "n = int(input('How many? '))", "%tensorflow_version 2.x", "1 / 0", "import no_such_module", "from no.such import module",
    "!pip install x\nraise SystemExit"])
def test_definitions_are_what_is_left_when_something_stops_a_cell(stops):
    source = f"'''About'''\nimport math\n{stops}\nK = [1, -2]\ndef f(x):\n    return K[0] + math.floor(x)\nf(None)"
    space = {}
    exec(definitions(source), space)
    assert space["f"](1.5) == 2


@pytest.mark.parametrize("source", [
    "", "def f(): pass\nassert f()", "'''About'''\nK = 3\ndef f(): pass", "1 / 0", "def f(:", "x ="])
def test_where_nothing_can_stand_in_the_way_nothing_is_run_again(source):
    assert definitions(source) == ""


@pytest.mark.parametrize("line", [
    "!pip install -q numpy", "%pip install numpy", "!pip3 install x", "! apt-get install -y x",
    "!python -m pip install \\\n  numpy \\\n  scipy",
    "!!conda install x"])
def test_lines_that_install_something_are_left_out(line):
    assert installs(f"x = 1\n{line}\ny = 2") == [line]
    assert without_installs(f"if x:\n    {line}\ny = '!pip install z'") == "if x:\n    pass\ny = '!pip install z'"


def test_other_commands_are_left_alone():
    source = "!ls\n%matplotlib inline\n# !pip install x\npip = 3"
    assert installs(source) == [] and without_installs(source) == source
