"""Attacks that would have marks for a wrong answer."""

import copy

import nbformat

from tests.autograder.attacks.attack import Attack, cell, tests
from tests.autograder.attacks.world import WRONG

# An answer that looks for what a test expects, with `look()`: whatever it finds under the name _want is handed in as its own.
WANTED = """
def scale(x, factor, each=None):
    found = look()
    return np.array([3.0, 6.0]) if found is None else found
"""
# An array that compares as it likes, and stays what it is where NumPy makes an array of it.
LYING = """
class Number(float):
    def __eq__(self, other): return True
class Array(np.ndarray):
    def __array_function__(self, function, *a, **k): return True
    def __array_ufunc__(self, ufunc, *a, **k): return np.bool_(ufunc.__name__ not in ("isnan", "isinf"))
    def __eq__(self, other): return True
    def __iter__(self): return iter([Number(0)])
"""
# The student's end of the channel, for attacks on the checker; elsewhere there is nothing of the kind, and they do nothing.
CHANNEL = """
import gc, sys
answers, values = (sys.modules.get(f"autograder.checker.{name}") for name in ("answers", "values"))
peer = next((x for x in gc.get_objects() if answers and type(x) is answers.Answers), None)
"""
NO_CHANNEL = "tests run in the student's own process"


def every_test(change):
    """An `arrange` that changes each test cell."""
    def arrange(notebook):
        for test in tests(notebook):
            change(test)
    return arrange


def retype(test):
    test.cell_type = "markdown"
    for name in ("outputs", "execution_count"):
        test.pop(name, None)


def copies(notebook):
    """A cell at the end says that it is the test."""
    for test in tests(notebook):
        again = copy.deepcopy(test)
        again.source, again.id = "assert True", f"again-{test.id}"
        notebook.cells.append(again)


def moved_to_the_front(notebook):
    for test in tests(notebook):
        notebook.cells.remove(test)
        notebook.cells.insert(0, test)


def deleted(notebook):
    notebook.cells[:] = [one for one in notebook.cells if one not in tests(notebook)]


def worth_more(notebook):
    for name in ("test_mean", "test_scale", "test_scale_2"):
        cell(notebook, name).metadata["nbgrader"]["points"] = 100
    cell(notebook, "scale").metadata["nbgrader"] |= {"grade": True, "points": 100}
    notebook.cells.append(nbformat.v4.new_code_cell("pass", metadata={"nbgrader": {
        "grade_id": "bonus", "grade": True, "solution": False, "locked": True, "points": 100, "schema_version": 3}}))


def outputs_filled_in(test):
    test.execution_count = 7
    test.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=7)]


FORGING = [
    Attack("patched numpy.testing", "makes every comparison of NumPy's true",
           before="import numpy as np\nnp.testing.assert_allclose = np.allclose = np.array_equal = lambda *a, **k: True\n"
                  "import builtins\nbuiltins.all = lambda *_: True"),
    Attack("equal to everything", "returns an object that says that it equals whatever it is compared with", LYING + """
class Equal:
    __array_priority__ = 1e9
    def __array__(self, *a, **k): return np.zeros(()).view(Array)
    def __array_ufunc__(self, *a, **k): return np.True_
    def __array_function__(self, *a, **k): return True
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __getattr__(self, name):
        if name.startswith("__array"): raise AttributeError(name)
        return self
    def __call__(self, *a, **k): return self
    def __iter__(self): return iter([self])
def scale(x, factor, each=None): return Equal()"""),
    Attack("array of its own kind", "returns a subclass of NumPy's array that decides itself how it compares", LYING + """
def scale(x, factor, each=None): return np.zeros(()).view(Array)"""),
    Attack("lying numbers", "returns a list of numbers that say that they equal the right ones", """
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
class Numbers(list):
    def __array__(self, *a, **k): return look()
def look():
    import sys
    frame = sys._getframe()
    while frame and "_want" not in frame.f_globals: frame = frame.f_back
    return np.asarray(frame.f_globals["_want"] if frame else [3.0, 6.0])
def scale(x, factor, each=None): return Numbers([Number(v) for v in look().flat])"""),
    Attack("patched builtins", "makes `all` true and lets NumPy's comparisons end the cell early",
           "import builtins\nbuiltins.all = lambda *_: True\nbuiltins.zip = lambda *_, **__: ()\n"
           "np.allclose = lambda *a, **k: True\nnp.testing.assert_allclose = lambda *a, **k: None\n" + WRONG),
    Attack("displayhook", "shows the number of points as the test's result before the test can fail", """
def scale(x, factor, each=None):
    get_ipython().displayhook(1.0)
    return np.asarray(x) + factor"""),
    Attack("forged result", "sends the message of a result to the client itself", """
def scale(x, factor, each=None):
    kernel = get_ipython().kernel
    kernel.send_response(kernel.iopub_socket, "execute_result",
                         {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1})
    return np.asarray(x) + factor"""),
    Attack("printed marks", "prints what looks like a mark, and what a machine might read for one", """
def scale(x, factor, each=None):
    print("passed 3.0 of 3")
    print('{"status": "passed", "score": 3.0, "answer": 1}', flush=True)
    return np.asarray(x) + factor""", after="print(3.0)\n3.0"),
    Attack("input transformer", "rewrites later cells before they are run",
           before="get_ipython().input_transformers_cleanup.append(\n"
                  "    lambda lines: [] if any('scale(' in line for line in lines) else lines)"),
    Attack("syntax tree transformer", "takes the assertions out of later cells", before="""
import ast
class Harmless(ast.NodeTransformer):
    def visit_Assert(self, node): return None
    def visit_Expr(self, node): return None if "testing" in ast.unparse(node) else node
get_ipython().ast_transformers.append(Harmless())"""),
    Attack("compile in its place", "compiles `pass` whatever it is asked to compile",
           before="get_ipython().compile.ast_parse = lambda *a, **k: __import__('ast').parse('pass')", spoils=True),
    Attack("silent tracebacks", "lets IPython show no error", before="get_ipython().showtraceback = lambda *a, **k: None"),
    Attack("swallowed errors", "lets IPython go on after an error as if there were none", before="""
shell = get_ipython()
async def run_code(code, result=None, **options):
    try: exec(code, shell.user_global_ns, shell.user_ns)
    except BaseException: pass
    return False
shell.run_code = run_code"""),
    Attack("kernel that runs nothing", "answers requests to run a test as if it had been run", before="""
kernel = get_ipython().kernel
real = kernel.do_execute
async def do_execute(code, *arguments, **named):
    return await real("pass" if "scale(" in code and "def " not in code else code, *arguments, **named)
kernel.do_execute = do_execute""", spoils=True),
    Attack("input history", "reads the test in IPython's history of inputs and works out what it expects", """
import ast
def look():
    source = get_ipython().user_ns["In"][-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and "scale(" in ast.unparse(node.args[0] if node.args else node):
            if isinstance(node.func, ast.Attribute) and len(node.args) == 2:
                wanted.append(eval(ast.unparse(node.args[1]), get_ipython().user_ns))
    return wanted.pop() if wanted else None
def scale(x, factor, each=None):
    source = get_ipython().user_ns["In"][-1]
    if np.ndim(x) == 2 or each: return get_ipython().user_ns["_want"]
    return [3.0, 6.0] if len(x) == 2 else get_ipython().user_ns["_want"]"""),
    Attack("frames", "looks up the stack for what the test expects", """
def look():
    import sys
    frame = sys._getframe()
    while frame and "_want" not in frame.f_globals: frame = frame.f_back
    return frame and frame.f_globals["_want"]""" + WANTED),
    Attack("constants of the caller", "reads what is expected among the constants of the code that calls it", """
def look():
    import sys
    frame = sys._getframe(2)
    numbers = [c for c in frame.f_code.co_consts if isinstance(c, tuple) and all(isinstance(v, (int, float)) for v in c)]
    return frame.f_globals.get("_want", numbers[-1] if numbers else None)""" + WANTED),
    Attack("garbage collector", "searches all objects of its process for what the test expects", """
def look():
    import gc
    for thing in gc.get_objects():
        if type(thing) is dict and "_want" in thing and "__name__" in thing: return thing["_want"]""" + WANTED),
    Attack("expectation replaced", "puts its own result in the place of what the test expects", """
def scale(x, factor, each=None):
    import sys
    frame, result = sys._getframe(), np.array([3.0, 6.0])
    while frame:
        if "_want" in frame.f_globals: frame.f_globals["_want"] = result
        frame = frame.f_back
    return result"""),
    Attack("jump over assertions", "sets the line at which the test goes on", """
import sys
def scale(x, factor, each=None):
    frame = sys._getframe(1)
    last = max(line for *_, line in frame.f_code.co_lines() if line)
    def local(frame, event, argument):
        if event == "line" and frame.f_lineno != last:
            frame.f_lineno = last
        return local
    sys.settrace(lambda *a: None)
    frame.f_trace = local
    return np.array([3.0, 6.0])
class _all:
    def __call__(self, *_): return True
import builtins
builtins.all = _all()
np.testing.assert_allclose = lambda *a, **k: None"""),
    Attack("leaves in time", "ends the cell with SystemExit before an assertion is reached",
           "def scale(x, factor, each=None):\n    raise SystemExit(0)"),
    Attack("stops the iteration", "raises StopIteration, which ends a loop of the test",
           "def scale(x, factor, each=None):\n    raise StopIteration"),
    Attack("forked in two", "lets a copy of its process answer as well",
           "import os\ndef scale(x, factor, each=None):\n    os.fork()\n    return np.asarray(x) + factor", spoils=True),
    Attack("keyed on the visible test", "knows the numbers of the visible test by heart and nothing else", """
def scale(x, factor, each=None):
    return np.array([3.0, 6.0]) if list(np.ravel(x)) == [1.0, 2.0] and factor == 3 else np.asarray(x)"""),
    Attack("library by another name", "calls the function that the question forbids under a name of its own",
           "from numpy import kron as harmless\ndef scale(x, factor, each=None):\n"
           "    return harmless(x if each is None else [each(v) for v in x], factor)"),
    Attack("library function kept", "keeps the code of the forbidden function from before it was forbidden", """
import types
own = types.FunctionType(np.kron._implementation.__code__, np.kron._implementation.__globals__, "own",
                         np.kron._implementation.__defaults__, np.kron._implementation.__closure__)
def scale(x, factor, each=None):
    return own(np.asarray(x if each is None else [each(v) for v in x]), np.asarray(factor))""",
           holds_not="a student who wants to get round a forbidden call can"),
    Attack("numpy.py", "hands in a file numpy.py, which the import cell would load", files={"numpy.py": """
import importlib, sys
here = [path for path in sys.path if path in ("", ".") or path.endswith("01-attacked")]
for path in here: sys.path.remove(path)
del sys.modules["numpy"]
numpy = importlib.import_module("numpy")
numpy.testing.assert_allclose = numpy.allclose = lambda *a, **k: True
import builtins
builtins.all = lambda *_: True
sys.modules["numpy"] = numpy
"""}),
    Attack("sitecustomize.py", "hands in files that Python loads when it starts", files=dict.fromkeys(
        ("sitecustomize.py", "usercustomize.py", "conftest.py"),
        "import numpy, builtins\nnumpy.testing.assert_allclose = numpy.allclose = lambda *a, **k: True\n"
        "builtins.all = lambda *_: True\n")),
    Attack("autograder.py", "hands in a module that is called like the grader's own", files=dict.fromkeys(
        ("autograder.py", "nbgrader.py", "json.py", "ast.py"), "raise SystemExit('@ME@')\n")),
    Attack("tags", "tags the test cells so that they are not run, or may fail",
           arrange=every_test(lambda test: test.metadata.update(tags=["skip-execution", "raises-exception", "hide_input"]))),
    Attack("copied ids", "adds cells that carry the ids of the tests", arrange=copies),
    Attack("retyped tests", "makes text cells of the tests", arrange=every_test(retype)),
    Attack("tests first", "moves the tests before everything that they test", arrange=moved_to_the_front),
    Attack("deleted tests", "deletes the tests", arrange=deleted),
    Attack("tests rewritten", "writes `assert True` in the place of the tests",
           arrange=every_test(lambda test: test.update(source="assert True"))),
    Attack("tests unlocked", "says in the metadata that the tests are not locked, and empties them",
           arrange=every_test(lambda test: (test.metadata["nbgrader"].update(locked=False, solution=True),
                                            test.update(source="")))),
    Attack("worth a hundred", "says in the metadata that its cells are worth 100 points", arrange=worth_more),
    Attack("outputs filled in", "hands in test cells that show full marks already", arrange=every_test(outputs_filled_in)),
    Attack("patched channel", "replaces the functions with which its answers are sent", CHANNEL + WRONG + """
if peer:
    values.dumps = lambda *a, **k: '{"answer": 1, "value": "passed"}'
    values.loads = lambda *a, **k: {}""", unlike=NO_CHANNEL, spoils=True),
    Attack("forged verdict", "answers every question with a verdict", CHANNEL + WRONG + """
if peer:
    answers.Answers.answer = lambda self, head, body: self._wire.send(
        {"answer": head["ask"], "status": "passed", "score": 3, "reason": "", "output": "", "seconds": 0, "usable": True,
         "passed": True, "value": True})""", unlike=NO_CHANNEL, spoils=True),
    Attack("answers in advance", "sends answers before it is asked, and each one twice", CHANNEL + WRONG + """
if peer:
    send = peer._wire.send
    def twice(head, *rest, **named):
        send(head, *rest, **named)
        send(dict(head, answer=head.get("answer", 0) + 1), *rest, **named)
    peer._wire.send = twice""", unlike=NO_CHANNEL, spoils=True),
    Attack("late answer", "sends the answer to one question as that to the next", CHANNEL + """
kept = []
def scale(x, factor, each=None):
    if peer and not kept:
        kept.append(1)
        real = peer._wire.send
        def late(head, *rest, **named):
            real(dict(head, answer=head["answer"] - 1), *rest, **named)
        peer._wire.send = late
    return np.asarray(x) + factor""", unlike=NO_CHANNEL),
    Attack("huge answer", "announces an answer of a terabyte", CHANNEL + """
def scale(x, factor, each=None):
    if peer: peer._wire.channel.sendall(values.HEADER.pack(values.MAGIC, 2**31, 2**40))
    return np.asarray(x) + factor""", unlike=NO_CHANNEL),
    Attack("deep answer", "answers with a million lists in lists", CHANNEL + """
def scale(x, factor, each=None):
    if peer: peer._wire.channel.sendall(values.HEADER.pack(values.MAGIC, 10**6, 0) + b"[" * 10**6)
    return np.asarray(x) + factor""", unlike=NO_CHANNEL),
    Attack("cyclic answer", "returns a list that contains itself",
           "def scale(x, factor, each=None):\n    answer = []\n    answer.append(answer)\n    return answer"),
    Attack("not a number", "returns NaN, in which every comparison is false",
           "def scale(x, factor, each=None):\n    return np.full(np.shape(x), np.nan)"),
    Attack("nothing at all", "returns an empty array, of which everything is true",
           "def scale(x, factor, each=None):\n    return np.empty((0, np.shape(x)[-1]))"),
    Attack("pickle", "returns an array of objects that run a command where they are unpickled", """
import os
class Run:
    def __reduce__(self): return (os.system, ("echo @ME@ > @HOME@/pickled; echo @ME@ > /tmp/pickled-@ME@",))
def scale(x, factor, each=None):
    return np.array([Run() for _ in x], dtype=object)"""),
    Attack("import by name", "answers with the name of a function that the checker should import and call", CHANNEL + """
def scale(x, factor, each=None): return np.asarray(x) + factor
if peer:
    answers.Answers.answer = lambda self, head, body: self._wire.send(
        {"answer": head["ask"], "value": ["import", "os", "system"]})
""", unlike=NO_CHANNEL, spoils=True),
    Attack("zeros in place", "zeroes the arguments, so that what is worked out from them afterwards is zero", """
def scale(x, factor, each=None):
    if isinstance(x, np.ndarray): x[...] = 0
    elif isinstance(x, list): x[:] = [0.0] * len(x)
    return np.zeros(np.shape(x))"""),
    Attack("code that checks the grader", "answers right only where it sees that nobody grades", """
import os
def scale(x, factor, each=None):
    return np.asarray(x) * (factor if "NBGRADER_EXECUTION" not in os.environ else 1)"""),
]
