"""The messages of hidden tests: which case failed and in what way, and never the value that was expected.

Feedback shows the message of a failed assert. So it may say what the student's function could have said itself, and nothing
else: what it was called with and what it gave. This is read from the source of each hidden test, without running it: every
expression is *given* (by the student's function), an *input* (of it), a *label* (a text) or of the *reference*.
"""

import ast
import builtins
import re
from collections.abc import Iterator

import nbformat
import pytest

from autograder.course import find_course
from autograder.leaks import REGION

COURSE = find_course(__file__.rsplit("tests", 1)[0] + "course")
UNITS = {unit.slug: unit for unit in COURSE.units()}

COPIES = {"dict", "list", "tuple", "copy", "array", "asarray"}  # functions whose result holds what they were given
MEASURES = {"len", "type", "shape", "ravel"}  # of what a student's function gave, these may be said too
COMPARING = {"allclose", "array_equal", "isclose"}
WORDS = ["zero none nothing", "one once", "two twice both", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


class HiddenTest:
    """The source of one hidden test, and where each name in it gets its value.

    source : what stands between BEGIN and END HIDDEN TESTS. functions : the names that students define.
    """

    def __init__(self, source: str, functions: set[str]):
        self.tree, self.functions = ast.parse(source), functions
        self.calls = [node for node in ast.walk(self.tree) if self._is_students(node)]
        self.bindings = sorted(self._bindings(), key=lambda binding: binding[1])
        # Names that what the student's function is called with is made of; a literal among them is a part of the case.
        self.flowing = {name for call in self.calls for name in _names_in_arguments(call)}
        while more := {n for name, _, values in self.bindings if name in self.flowing for v in values
                       for n in _names(v)} - self.flowing:
            self.flowing |= more

    def faults(self) -> list[str]:
        """What is wrong with the messages, each as a sentence."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Raise):
                message = node.exc.args[0] if isinstance(node.exc, ast.Call) and node.exc.args else None
                found += self._faults_of(message, node, [])
            elif isinstance(node, ast.Assert):
                found += self._faults_of(node.msg, node, list(self._expected(node.test, node.lineno)))
        return found

    def _faults_of(self, message: ast.expr | None, node: ast.stmt, expected: list[ast.expr]) -> Iterator[str]:
        if message is None:
            yield f"no message: {ast.unparse(node)}"
        elif not isinstance(message, ast.Constant | ast.JoinedStr):
            yield f"a message is written out where it is used: {ast.unparse(message)}"
        else:
            said = " ".join(part.value for part in getattr(message, "values", [message]) if isinstance(part, ast.Constant))
            for value in (part.value for part in ast.walk(message) if isinstance(part, ast.FormattedValue)):
                if self.kind(value, node.lineno) not in ("given", "input", "label"):
                    yield f"{{{ast.unparse(value)}}} is neither given nor an input: {ast.unparse(message)}"
                if ast.unparse(value) in map(ast.unparse, expected):
                    yield f"{{{ast.unparse(value)}}} is what the test compares with: {ast.unparse(message)}"
            for number in filter(None, (_literal_number(n) for e in expected if _is_literal(e) for n in ast.walk(e))):
                words = WORDS[int(number)].split() if number.isdigit() and int(number) < len(WORDS) else []
                if set(re.findall(r"[a-z]+|\d+(?:\.\d+)?", said.lower())) & {number, *words}:
                    yield f"the number {number} is what the test compares with: {ast.unparse(message)}"

    def _expected(self, test: ast.expr, line: int) -> Iterator[ast.expr]:
        """What an assert compares with what was given: the other side of each ==, and of each np.allclose."""
        for node in ast.walk(test):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare) and all(isinstance(operator, ast.Eq) for operator in node.ops):
                sides = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and _called(node) in COMPARING:
                sides = node.args[:2]
            yield from (side for side in sides if self.kind(side, line) != "given")

    def kind(self, node: ast.expr, line: int, local: dict[str, str] | None = None) -> str:
        """What an expression tells at a line: given, input, label, literal or reference. local: names of a comprehension."""
        local = local or {}
        match node:
            case ast.Constant():
                return "label" if isinstance(node.value, str) else "literal"
            case ast.JoinedStr():
                values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
                kinds = {self.kind(value, line, local) for value in values}
                return "label" if kinds <= {"given", "input", "label"} else "reference"
            case ast.Name() if node.id in local:
                return local[node.id]
            case ast.Name():
                return self._kind_of_name(node.id, line)
            case ast.Starred():
                return self.kind(node.value, line, local)
            case ast.Tuple() | ast.List() | ast.Set():
                return _together({self.kind(part, line, local) for part in node.elts})
            case ast.Dict():
                return _together({self.kind(part, line, local) for part in (*node.keys, *node.values) if part})
            case ast.ListComp() | ast.GeneratorExp() if not any(part.ifs for part in node.generators):
                for part in node.generators:
                    for name, values in _pairs(part.target, self._elements(part.iter, line)):
                        local = local | {name: _together({self.kind(value, line, local) for value in values})}
                return self.kind(node.elt, line, local)
            case ast.Call() if self._is_students(node):
                return "given"
            case ast.Call() if _called(node) in COPIES | MEASURES:
                parts = [*node.args, *([node.func.value] if _called(node) == "copy" else [])]
                kind = _together({self.kind(part, line, local) for part in parts})
                return kind if kind == "given" or _called(node) in COPIES else "reference"
            case ast.Attribute():
                kind = self.kind(node.value, line, local)
                return kind if kind == "given" or (kind == "input" and node.attr in ("shape", "dtype")) else "reference"
            case ast.Subscript() if self.kind(node.value, line, local) == "given":
                return "given" if self.kind(node.slice, line, local) in ("literal", "label") else "reference"
        return "reference"

    def _kind_of_name(self, name: str, line: int) -> str:
        """What a name tells at a line, by the last statement above it that gave it a value."""
        last = self._binding(name, line)
        if last is None:
            return "literal" if hasattr(builtins, name) else "reference"
        kind = _together({self.kind(value, last[1]) for value in last[2]})
        is_argument = any(name in _names_in_arguments(call) and self._binding(name, call.lineno) is last for call in self.calls)
        return "input" if is_argument or (kind == "literal" and name in self.flowing) else kind

    def _binding(self, name: str, line: int) -> tuple[str, int, list[ast.expr]] | None:
        above = [binding for binding in self.bindings if binding[0] == name and binding[1] < line]
        return above[-1] if above else None

    def _bindings(self) -> Iterator[tuple[str, int, list[ast.expr]]]:
        """Every name that a statement gives a value: the name, the line, and what the value may be."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Assign():
                    pairs = [pair for target in node.targets for pair in _pairs(target, [node.value])]
                case ast.AugAssign():
                    pairs = _pairs(node.target, [ast.BinOp(node.target, node.op, node.value)])
                case ast.For():
                    pairs = _pairs(node.target, self._elements(node.iter, node.lineno))
                case ast.ExceptHandler(name=str()):
                    pairs = [(node.name, [call]) for call in self.calls[:1]]  # what the student's function raised
                case _:
                    pairs = []
            yield from ((name, node.lineno, values) for name, values in pairs)

    def _elements(self, node: ast.expr, line: int) -> list[ast.expr]:
        """What a loop over `node` goes through, as far as the source says it."""
        if isinstance(node, ast.Name) and not any(node.id in _names_in_arguments(call) for call in self.calls):
            assigned = [n.value for n in ast.walk(self.tree) if isinstance(n, ast.Assign) and n.lineno < line
                        and ast.unparse(n.targets[0]) == node.id and isinstance(n.value, ast.Tuple | ast.List)]
            node = assigned[-1] if assigned else node
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return node.elts
        if isinstance(node, ast.Call) and _called(node) == "zip":
            return [ast.Tuple([ast.Set(self._elements(part, line)) for part in node.args])]
        if isinstance(node, ast.Call) and _called(node) == "enumerate":
            return [ast.Tuple([ast.Constant("a number"), ast.Set(self._elements(node.args[0], line))])]
        return [ast.Starred(node)]

    def _is_students(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in self.functions


def _pairs(target: ast.expr, values: list[ast.expr]) -> Iterator[tuple[str, list[ast.expr]]]:
    """Each name in the target of an assignment, with the expressions that it may get."""
    if isinstance(target, ast.Tuple | ast.List):
        for i, part in enumerate(target.elts):
            yield from _pairs(part, [
                value.elts[i] if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts)
                else ast.Starred(value) for value in values])
    elif isinstance(target, ast.Name):
        yield target.id, values


def _together(kinds: set[str]) -> str:
    """What parts of these kinds tell together."""
    for kind in ("reference", "given", "input", "literal", "label"):
        if kind in kinds:
            return kind
    return "literal"


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _names_in_arguments(call: ast.Call) -> set[str]:
    parts = [part for part in (*call.args, *(keyword.value for keyword in call.keywords)) if not isinstance(part, ast.Lambda)]
    return set().union(*map(_names, parts))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_literal(node: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(node))


def _literal_number(node: ast.AST) -> str | None:
    is_number = isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)
    return f"{node.value:g}" if is_number else None


def hidden_tests(unit) -> Iterator[tuple[str, HiddenTest]]:
    cells = [cell for cell in nbformat.read(unit.source, as_version=4).cells if "nbgrader" in cell.metadata]
    functions = {cell.metadata.nbgrader.grade_id for cell in cells if cell.metadata.nbgrader.solution}
    for cell in cells:
        for _, source in REGION.findall(cell.source) if cell.metadata.nbgrader.grade else []:
            yield cell.metadata.nbgrader.grade_id, HiddenTest(source, functions)


CELLS = [pytest.param(test, id=f"{slug}, {name}") for slug, unit in UNITS.items() for name, test in hidden_tests(unit)]


@pytest.mark.parametrize("test", CELLS)
def test_a_message_says_the_case_and_what_was_given_and_not_what_was_expected(test):
    assert test.faults() == []


def test_every_graded_cell_is_looked_at():
    graded = [cell for unit in UNITS.values() for cell in nbformat.read(unit.source, as_version=4).cells
              if cell.metadata.get("nbgrader", {}).get("grade")]
    assert len(CELLS) == len(graded) > 50 and all(test.values[0].calls for test in CELLS)


CASE = """
for _n, _kernel, _right in [(5, 3, 3), (9, 2, 8)]:
    _stops = len(range(_n - _kernel + 1))
    _got = size(_n, _kernel)
    {}
"""
GIVES_AWAY = {
    "the count that was computed": 'assert _got == _stops, f"{_n} pixels: there are {_stops} stops, not {_got}"',
    "the count in a table of cases": 'assert _got == _right, f"{_n} pixels: {_right}"',
    "a part of it": 'assert _got == (_stops, 0), f"{_n} pixels: ({_stops}, 0)"',
    "computed in the message": 'assert _got == _stops, f"there are {_n - _kernel + 1} stops"',
    "how far it is off": '_off = _got - _stops\n    assert _off == 0, f"{_n} pixels: off by {_off}"',
    "under another name": '_n = _stops\n    assert _got == _stops, f"there are {_n} stops"',
    "in a text that is made before": '_about = f"{_stops} stops"\n    assert _got == _stops, f"wrong: {_about}"',
    "in the width of a column": 'assert _got == _stops, f"wrong: {_got:{_stops}}"',
    "an input that is the answer": 'assert _got == _n, f"it must be {_n}"',
    "a number in words": 'assert _got == 3, f"a kernel of {_kernel} stops three times"',
    "a number in figures": 'assert np.allclose(_got, [3, 8]), "it must be [3, 8]"',
    "when it should have raised": 'raise AssertionError(f"there are {_stops} stops")',
    "a message that is made elsewhere": 'assert _got == _stops, explain(_got, _stops)',
    "no message": "assert _got == _stops",
    "nothing said when it should have raised": "raise AssertionError",
}


@pytest.mark.parametrize("line", GIVES_AWAY.values(), ids=GIVES_AWAY)
def test_a_message_that_gives_the_answer_away_is_found(line):
    assert HiddenTest(CASE.format(line), {"size"}).faults()


@pytest.mark.parametrize("line", [
    'assert _got == _stops, f"wrong number of stops for {_n} pixels, kernel {_kernel}: {_got}"',
    '_about = f"{_n} pixels"\n    assert np.shape(_got) == (), f"wrong shape, {np.shape(_got)}: {_about}"',
    'assert isinstance(_got, int), f"a size must be an int, it is a {type(_got).__name__}"',
    'raise AssertionError(f"a kernel of {_kernel} does not fit: raise ValueError")',
], ids=["the case and what was given", "the case said before", "a type", "the case where nothing was raised"])
def test_a_message_that_keeps_the_secret_is_not(line):
    assert HiddenTest(CASE.format(line), {"size"}).faults() == []
