"""The checker gives an honest answer its marks and a dishonest one none, and no process that it deals with can break it."""

import json
import multiprocessing
import re
import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from autograder.catalogue import read_catalogue
from autograder.cells import is_test, question_of, settings_of
from autograder.checker import checker as trusted
from autograder.checker.answers import Answers, put_files
from autograder.checker.checker import Checker, Student, Trouble, serve
from autograder.checker.exchange import Opaque
from autograder.checker.values import HEADER, MAGIC, MIB, Caps, NotSendable
from autograder.course import find_course
from autograder.sample import solutions

# The student's side without a kernel: an IPython shell whose event loop runs. In a process that exec() is called in.
KERNEL = """
from IPython.core.interactiveshell import InteractiveShell
from tornado.ioloop import IOLoop
from autograder.checker import answers
shell = InteractiveShell()
shell.builtin_trap.activate()
shell.showtraceback = lambda *_, **__: None
answers.serve(channel, shell)
for cell in cells:
    shell.run_cell(cell)
IOLoop.current().start()
"""
WARM = multiprocessing.get_context("forkserver")
WARM.set_forkserver_preload(["numpy", "IPython.core.interactiveshell", "cnnlib.check", "autograder.checker.checker",
                             "autograder.checker.answers"])


class Forked:
    """A process and what there is to do with it."""

    def __init__(self, target, *arguments):
        self.process = WARM.Process(target=target, args=arguments, daemon=True)
        self.process.start()

    def fileno(self) -> int:
        return self.process.sentinel

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


class Room:
    """A checker, and students that come and go."""

    def __init__(self):
        self.checker = Checker(lambda control: Forked(serve, control, 512 * MIB))
        self.students: list[Forked] = []

    def seat(self, *cells: str) -> Forked:
        """A fresh student's process in which these cells were run, attached to the checker."""
        ours, theirs = socket.socketpair()
        with theirs:
            self.students.append(Forked(exec, KERNEL, {"channel": theirs, "cells": cells}))
        self.checker.attach(ours)
        return self.students[-1]

    def test(self, source: str, question: str = "double", points: float = 2, seconds: float = 20, **options):
        return self.checker.test(source, question=question, points=points, seconds=seconds, **options)

    def close(self) -> None:
        self.checker.close()
        for student in self.students:
            student.kill()


@pytest.fixture
def room():
    room = Room()
    room.checker.prepare("import cnnlib\nimport numpy as np\nfrom cnnlib.check import check", 60)
    yield room
    room.close()


RIGHT = "import numpy as np\ndef double(x):\n    return 2 * x"
WRONG = "import numpy as np\ndef double(x):\n    return 3 * x"
TEST = """
_x = np.arange(1.0, 5)
np.testing.assert_allclose(double(_x), [2, 4, 6, 8])
assert np.array_equal(double(_x), 2 * _x), "twice is not three times"
assert double(7) == 14 and double("ab") == "abab" and double([1]) == [1, 1], "anything can be doubled"
"""


def test_a_right_answer_passes_and_a_wrong_one_is_told_why(room):
    room.seat(RIGHT)
    verdict = room.test(TEST)
    assert (verdict.status, verdict.score, verdict.reason) == ("passed", 2, "")
    room.seat("def double(x):\n    return x + x + 1")
    assert room.test("assert double(1) == 2, 'twice 1 is 2'").reason == "twice 1 is 2"
    assert room.test("assert double(1) == 2").reason == "a test of `double` does not hold"
    verdict = room.test("np.testing.assert_allclose(double(1), 2)")
    assert (verdict.status, verdict.score, verdict.reason) == ("failed", 0, "a test of `double` does not hold")


# ---- what crosses, tried with both ends in one process ----

@pytest.fixture
def ends():
    """`ends(source)`: the checker's end of a channel to a thread that answers from a namespace in which the source was run."""
    opened = []

    def make(source: str = "", caps: Caps = Caps()) -> Student:  # noqa: B008 - frozen
        namespace = {"np": np, "__name__": "__main__"}
        exec(source, namespace)
        ours, theirs = socket.socketpair()
        answers = Answers(theirs, SimpleNamespace(user_ns=namespace))
        student = Student(ours, caps)
        student.deadline = time.monotonic() + 60

        def answer():
            try:
                while True:
                    answers.answer(*answers._wire.receive())
            except OSError:
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        opened.append((thread, ours, theirs))
        student.get = lambda name: student.ask("name", values=(name,))
        return student

    yield make
    for thread, ours, theirs in opened:
        ours.close()
        thread.join()
        theirs.close()


def test_a_call_takes_values_and_gives_values(ends):
    f = ends("def f(a, *rest, b=0, **more):\n    return [a, rest, b, more]").get("f")
    array = np.arange(6.0).reshape(2, 3).T
    got = f(array, 1, "two", b=(3,), c={"d": None})
    assert got[0] is array and got[1:] == [(1, "two"), (3,), {"c": {"d": None}}]
    assert f.__name__ == "f" and callable(f)


def test_a_function_tells_its_signature_and_docstring(ends):
    import inspect
    f = ends("def f(x, /, size=3, *rest, stride=None, layers=[], **more):\n    'Pool.'").get("f")
    parameters = inspect.signature(f).parameters
    assert list(parameters) == ["x", "size", "rest", "stride", "layers", "more"] and f.__doc__ == "Pool."
    assert parameters["size"].default == 3 and parameters["stride"].default is None
    assert parameters["x"].default is inspect.Parameter.empty and parameters["stride"].kind.name == "KEYWORD_ONLY"


def test_changes_in_place_come_back_also_after_an_exception(ends):
    student = ends("""
def change(array, fixed, rows, table, members):
    array[0, 1] = -1
    rows.append(rows[0]); rows[0].sort()
    table["new"] = array; del table["old"]
    members.clear()
    raise ValueError
""")
    array, fixed, rows, members = np.asfortranarray(np.ones((2, 3))), np.ones(2), [[3, 1]], {1, 2}
    fixed.flags.writeable = False
    table, inner = {"old": 1, "kept": [0]}, rows[0]
    kept = table["kept"]
    with pytest.raises(ValueError):
        student.get("change")(array, fixed, rows, table, members)
    assert array[0, 1] == -1 and array.flags.f_contiguous and not fixed.flags.writeable
    assert rows == [[1, 3], [1, 3]] and rows[0] is rows[1] is inner
    assert set(table) == {"kept", "new"} and table["new"] is array and table["kept"] is kept and members == set()


def test_a_read_only_array_is_read_only_there_and_a_view_changes_what_it_views(ends):
    student = ends("def zero(x):\n    x[:] = 0\ndef grow(x):\n    x.resize((3, 2), refcheck=False)")
    array = np.ones((4, 4))
    student.get("zero")(array[::2, 1:3])
    assert array.sum() == 12
    array.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        student.get("zero")(array)
    array = np.ones(4)
    student.get("grow")(array)
    assert array.shape == (3, 2)


def test_exceptions_keep_class_text_and_the_students_own_line(ends):
    student = ends("""
class ShapeError(ValueError):
    pass
def own(x): raise ShapeError("too large", x)
def key(): return {}["k"]
def file(): open("/no/such/file")
def leave(): raise SystemExit(3)
def stop(): raise StopIteration
def library(): np.linalg.inv(np.zeros((2, 2)))
def text(): raise type("Odd", (Exception,), {"__str__": lambda self: 1 / 0})
def code(): "\\udc80".encode()
""")
    kind = student.get("ShapeError")
    with pytest.raises(kind) as caught:
        student.get("own")(3)
    assert issubclass(kind, ValueError) and caught.type.__name__ == "ShapeError" and caught.value.args == ("too large", 3)
    with pytest.raises(KeyError) as caught:
        student.get("key")()
    assert caught.type is KeyError and caught.value.args == ("k",)
    with pytest.raises(FileNotFoundError) as caught:
        student.get("file")()
    assert caught.value.errno == 2
    with pytest.raises(np.linalg.LinAlgError):
        student.get("library")()
    with pytest.raises(UnicodeEncodeError):
        student.get("code")()
    for name, kind in (("leave", "SystemExit"), ("stop", "StopIteration"), ("text", "Odd")):
        with pytest.raises(Exception) as caught:
            student.get(name)()
        assert caught.type.__name__ == kind and not isinstance(caught.value, SystemExit | StopIteration)
        assert caught.value.raised_by in (name, "function")


def test_functions_cross_both_ways_and_come_back_as_themselves(ends):
    student = ends("""
def apply(f, *values): return [f(value) for value in values]
def same(x): return x
def adder(n): return lambda x: x + n
def square(x): return x * x
def derivative(f, x, h=0.5): return (f(x + h) - f(x - h)) / (2 * h)
def catch(f):
    try: f()
    except KeyError as error: return error.args
class Mine(Exception): pass
def raises(): raise Mine("inside")
def through(f):
    try: f()
    except Mine as error: return "caught " + str(error)
""")
    seen = []
    apply, same = student.get("apply"), student.get("same")
    assert apply(lambda x: seen.append(x) or -x, 1, 2) == [-1, -2] and seen == [1, 2]
    assert student.get("adder")(3)(4) == 7
    square = student.get("square")
    assert apply(square, 1, 2, 3) == [1, 4, 9], "a function of theirs goes back as itself"
    assert same(double := lambda x: 2 * x) is double and same(square) is square is student.get("square")
    assert student.get("derivative")(lambda x: apply(square, x)[0], 3.0) == 6.0, "calls in calls in calls"
    assert student.get("catch")(lambda: {}["k"]) == ("k",)
    assert student.get("through")(student.get("raises")) == "caught inside"
    assert student.get("through")(lambda: student.get("raises")()) == "caught inside"

    class Boom(Exception):
        pass

    def boom():
        raise Boom(5)

    with pytest.raises(Boom):
        apply(lambda _: boom(), 1)
    for known in (np.tanh, np.sum, np.float32, len, int, ValueError, np.linalg.LinAlgError):
        assert same(known) is known


def test_a_function_of_a_library_is_the_library_s_own_there(ends):
    student = ends("def convert(x, kind): return x.astype(kind)\ndef apply(f, x): return f(x) if f is np.tanh else None")
    assert student.get("convert")(np.arange(3), np.float32).dtype == np.float32
    assert student.get("apply")(np.tanh, 0.0) == 0.0


def test_iterators_are_taken_as_far_as_they_are_needed(ends):
    student = ends("""
def count():
    n = 0
    while True:
        yield n
        n += 1
def breaks():
    yield 1
    yield 2
    raise ValueError("broken")
def total(items): return sum(items)
def squares(items): return map(lambda x: x * x, items)
""")
    counted = student.get("count")()
    assert [next(counted) for _ in range(5)] == [0, 1, 2, 3, 4]
    assert sum(1 for _ in student.get("count")()) == 100_000, "an endless one ends"
    got = []
    with pytest.raises(ValueError, match="broken"):
        got.extend(student.get("breaks")())
    assert got == [1, 2] or got == []
    assert student.get("total")(iter([1, 2, 3])) == 6 and student.get("total")(x for x in (4, 5)) == 9
    assert list(student.get("squares")(range(4))) == [0, 1, 4, 9]


def test_classes_and_objects_of_the_student_s_can_be_used_and_decide_nothing(ends):
    student = ends("""
class Layer:
    kind = "layer"
    def __init__(self, units): self.units, self._hidden, self.weights = units, 1, np.ones(units)
    def __call__(self, x): return x * self.units
    def grow(self, by=1): self.units += by; return self
    def __eq__(self, other): return True
    def __len__(self): return self.units
    def __getitem__(self, place): return self.weights[place]
    def __contains__(self, x): return x == 3
    @staticmethod
    def make(n): return Dense(n)
class Dense(Layer): pass
class Plain: pass
""")
    layer_class, dense_class, plain = student.get("Layer"), student.get("Dense"), student.get("Plain")()
    layer = layer_class(3)
    assert isinstance(layer, layer_class) and not isinstance(layer, dense_class) and type(layer).__name__ == "Layer"
    assert isinstance(layer_class.make(2), dense_class) and issubclass(dense_class, layer_class)
    assert layer.units == 3 and layer(5) == 15 and layer_class.kind == "layer"
    assert layer.grow(by=2) is layer and layer.units == 5
    layer.units = 2
    assert len(layer) == 2 and layer[0] == 1.0 and 3 in layer and 4 not in layer
    assert layer == layer and layer != 3 and not layer == np.float64(3) and layer != layer_class(2)
    assert not (np.array([1, 2]) == plain).any()
    assert not isinstance(layer, int | list | np.ndarray | str) and not callable(plain) and isinstance(plain, Opaque)
    with pytest.raises(AttributeError):
        layer._hidden  # noqa: B018 - that it cannot be read is the point
    with pytest.raises(AttributeError):
        layer.no_such_thing  # noqa: B018
    with pytest.raises(TypeError):
        np.asarray(plain) + 1
    with pytest.raises(TypeError):
        len(plain)
    assert "notebook" in repr(plain)


def test_what_is_no_longer_used_here_is_let_go_there(ends):
    student = ends("class Thing: pass\ndef make(): return Thing()\nimport gc\ndef left(): "
                   "return sum(type(x).__name__ == 'Thing' for x in gc.get_objects())")
    make, left = student.get("make"), student.get("left")
    for _ in range(20):
        make()
    kept = make()
    assert left() <= 2 and kept != 1


def test_a_random_generator_starts_there_where_it_is_here(ends):
    student = ends("def draw(rng): return rng.normal(size=3)")
    rng = np.random.default_rng(5)
    assert np.array_equal(student.get("draw")(np.random.default_rng(5)), student.get("draw")(rng))
    assert np.array_equal(student.get("draw")(np.random.RandomState(1)), np.random.RandomState(1).normal(size=3))


def test_what_cannot_cross_is_an_error_of_the_call_and_the_channel_lives_on(ends):
    student = ends("""
def loop():
    x = []
    x.append(x)
    return x
def large(): return np.zeros(10**6)
def one(*_): return 1
class Bad(dict):
    def items(self): raise RuntimeError
def bad(): return Bad()
""", Caps(size=2**20))
    student.ask("begin", values=(2**20, [], ""))
    for name, says in (("loop", "a list that contains itself"), ("large", "more than 1 MiB"), ("bad", "cannot be read")):
        with pytest.raises(TypeError, match=says):
            student.get(name)()
    with pytest.raises(NotSendable):
        student.get("one")(np.zeros(10**6))
    assert student.get("one")() == 1 and student.trouble is None


def test_two_that_call_each_other_without_end_end(ends):
    student = ends("def ping(f, n): return f(n + 1)\ndef deep(f): return f(f)")
    ping = student.get("ping")

    def pong(n):
        return ping(pong, n)

    with pytest.raises(RecursionError):
        ping(pong, 0)
    memo = student.get("ping")
    assert memo(lambda n: n if n > 20 else memo(lambda m: m, n), 1) == 3
    assert student.trouble is None


def test_threads_of_the_student_s_may_call_a_function_of_the_test(ends):
    student = ends("from concurrent.futures import ThreadPoolExecutor\ndef spread(f, values):\n"
                   "    with ThreadPoolExecutor(4) as pool: return list(pool.map(f, values))")
    assert student.get("spread")(lambda x: x * x, list(range(50))) == [x * x for x in range(50)]


def test_a_helper_of_a_library_is_called_where_the_function_is_and_only_there(ends):
    student = ends("""
class Scale:
    def __call__(self, x): return 3 * x
scale = Scale()
def double(x): return 2 * x
def turned(f): return f.__apply__(np.apply_along_axis, 0, np.ones(2))
""")
    rows = np.arange(6.0).reshape(3, 2)
    assert student.get("double").__apply__(np.apply_along_axis, 0, rows).tolist() == (2 * rows).tolist()
    assert student.get("scale").__apply__(np.apply_along_axis, axis=1, arr=rows).tolist() == (3 * rows).tolist()
    with pytest.raises(AttributeError, match="an object of the test cannot do that"):
        student.get("turned")(lambda x: x)
    assert student.trouble is None


@pytest.mark.keras
def test_a_gradient_is_asked_for_where_the_function_is(ends):
    import tensorflow as tf

    from cnnlib.check import gradient
    student = ends("""
import tensorflow as tf
def right(x, y, *, scale): return scale * tf.reduce_sum(x**2 * y)
compiled = tf.function(right)
def in_numpy(x, y, *, scale): return tf.constant(scale * np.sum(x.numpy()**2 * y))
def wrong(x, y, *, scale): return tf.reduce_sum(x * y)
def rows(x, y, *, scale): return tf.gather(x, [0, 0]) * scale * x[0]
def layers(xs, weights): return tf.add_n([w * tf.reduce_sum(x**2) for x, w in zip(xs, weights) if w])
def fails(x, y, *, scale): raise ValueError("no")
""")
    x, y = tf.constant([3.0, 5.0]), tf.constant([1.0, 2.0])

    def of(name, argnum=0):
        return gradient(student.get(name), x, y, argnum=argnum, scale=0.5)

    assert of("right").tolist() == of("compiled").tolist() == [3, 10] and of("right", argnum=1).tolist() == [4.5, 12.5]
    assert of("in_numpy") is None and of("wrong").tolist() == [1, 2] and of("rows").tolist() == [6, 0]
    slopes = gradient(student.get("layers"), [x, y], [1.0, 0.0])
    assert slopes[0].tolist() == [6, 10] and slopes[1] is None
    with pytest.raises(ValueError, match="no") as caught:
        of("fails")
    assert caught.value.raised_by == "fails" and student.called == "fails"


@pytest.mark.keras
def test_a_keras_model_crosses_both_ways_with_its_weights_and_flags(ends):
    import keras
    keras.utils.set_random_seed(1)
    student = ends("""
import keras
from keras import layers
def build(size):
    x = keras.Input((size, size, 3))
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(x)
    y = layers.Add()([layers.BatchNormalization()(y), y]) * 2.0
    model = keras.Model(x, layers.Dense(2, activation="softmax")(layers.Flatten()(layers.MaxPooling2D()(y))))
    model.get_layer("first").trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
def numbers(model, x): return model.predict(x, verbose=0)
def freeze(model): model.layers[0].trainable = False; model.set_weights([w + 1 for w in model.get_weights()])
def tensor(x): return keras.ops.convert_to_tensor(x) * 2
class Own(keras.Model):
    def __init__(self): super().__init__(); self.dense = layers.Dense(1)
    def call(self, x): return self.dense(x)
def own(): return Own()
def scaled(): return keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: 2 * x)])
""")
    model = student.get("build")(8)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    assert isinstance(model, keras.Model) and model.count_params() > 0 and not model.get_layer("first").trainable
    assert np.allclose(model.predict(x, verbose=0), student.get("numbers")(model, x), atol=1e-6)
    assert model.fit(x, np.array([0, 1]), verbose=0).history["loss"], "it is compiled as it was"
    mine = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    before = mine.get_weights()
    student.get("freeze")(mine)
    assert [layer.trainable for layer in mine.layers] == [False, True]
    assert all(np.allclose(new, old + 1) for new, old in zip(mine.get_weights(), before, strict=True))
    assert student.get("tensor")(np.ones(2)).numpy().tolist() == [2, 2]
    own, scaled = student.get("own")(), student.get("scaled")()
    assert isinstance(own, Opaque) and own(np.ones((1, 2))).shape == (1, 1), "a model of its own kind stays there"
    assert isinstance(scaled, Opaque) and scaled.predict(np.ones((1, 2)), verbose=0).tolist() == [[2, 2]]


@pytest.mark.keras
def test_a_variable_and_an_optimizer_of_the_test_work_there_and_what_becomes_of_the_variable_is_seen_here(ends):
    import keras
    import tensorflow as tf
    student = ends("""
import tensorflow as tf
def descend(image, loss, optimizer):
    with tf.GradientTape() as tape:
        cost = loss(image)
    optimizer.apply_gradients([(tape.gradient(cost, image), image)])
    return cost, image
def kinds(*values): return [type(value).__name__ for value in values]
def made(): return tf.Variable([1.0, 2.0])
def shorter(image): image.assign_add([1.0, 1.0]); raise ValueError("after the change")
""")
    image = tf.Variable([[1.0, -2.0], [0.5, 4.0]])
    cost, same = student.get("descend")(image, tf.nn.l2_loss, keras.optimizers.SGD(0.25))
    assert same is image and float(cost) == (1 + 4 + 0.25 + 16) / 2
    assert image.numpy().tolist() == [[0.75, -1.5], [0.375, 3.0]], "a quarter of the gradient, which is the image itself"
    keras.utils.set_random_seed(2)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    before, image = network.get_weights(), tf.Variable([[0.5, 0.5, 0.5]])
    student.get("descend")(image, network, keras.optimizers.Adam(0.125))
    assert np.allclose(np.abs(image.numpy() - 0.5), 0.125, atol=1e-4), "Adam's first step is as long as its rate"
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))
    assert student.get("kinds")(image, keras.optimizers.Adam(0.1)) == ["ResourceVariable", "Adam"]
    assert not isinstance(student.get("made")(), tf.Variable), "one of the student's comes as its numbers"
    image = tf.Variable([3.0, 4.0])
    with pytest.raises(ValueError, match="after the change"):
        student.get("shorter")(image)
    assert image.numpy().tolist() == [4, 5]


@pytest.mark.keras
def test_a_model_and_a_part_of_it_stay_one_and_a_new_compilation_comes_back(ends):
    import keras
    student = ends("""
import keras
def tune(model, inner, rate):
    assert model.layers[1] is inner
    inner.trainable = True
    inner.layers[1].trainable = False
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model
""")
    x = keras.Input((3,))
    inner = keras.Model(x, keras.layers.Dense(2)(keras.layers.Dense(4)(x)))
    inner.trainable = False
    y = keras.Input((3,))
    model = keras.Model(y, keras.layers.Dense(1)(inner(y)))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    before = [w.copy() for w in model.get_weights()]
    assert student.get("tune")(model, inner, 0.004) is model
    assert [layer.trainable for layer in inner.layers[1:]] == [False, True] and inner.trainable
    assert np.isclose(float(model.optimizer.learning_rate), 0.004)
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 1)))
    assert [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)] == [False] * 2 + [True] * 4


@pytest.mark.keras
def test_a_model_s_configuration_builds_only_what_keras_has_and_no_more_than_its_weights():
    import keras

    from autograder.checker import models
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])
    text, weights, flags = models.described(model), model.get_weights(), models.flags(model)
    assert models.rebuilt(text, weights, flags, 2**20).count_params() == model.count_params()
    dense = '"module": "keras.layers", "class_name": "Dense"'
    frozen = json.dumps({"class_name": "__lambda__", "config": {"value": "gASVAA==", "defaults": None, "closure": None}})
    for config in (text.replace("[null, 3]", "[null, 900000]").replace('"units": 3', '"units": 900000'),
                   text.replace('"units": 2', '"units": 3'),
                   text.replace(dense, '"module": "keras.layers", "class_name": "Lambda"'),
                   text.replace(dense, '"module": "keras.layers", "class_name": "TFSMLayer"'),
                   text.replace(dense, '"module": "os", "class_name": "system"'),
                   text.replace(dense, '"module": "keras.saving", "class_name": "load_model"'),
                   text.replace(dense, '"class_name": "Dense"'),
                   text.replace('"relu"', '{"module": "builtins", "class_name": "function", "config": "eval"}'),
                   text.replace('"relu"', frozen), text.replace('"relu"', '{"value": ["4wAA", null, null]}'),
                   "{}", "[]", "null", '{"module": "keras"}', '{"module": "keras", "class_name": "Sequential"}'):
        assert config != text
        began = time.monotonic()
        with pytest.raises(ValueError):
            models.rebuilt(config, weights, flags, 2**20)
        assert time.monotonic() - began < 5
    with pytest.raises(ValueError):
        models.rebuilt(text, weights[:-1], flags, 2**20)
    with pytest.raises(ValueError):
        models.rebuilt(text, weights, flags[:-1], 2**20)


@pytest.mark.parametrize("reply", [
    pytest.param({"answer": 2, "value": 1}, id="an answer to another question"),
    pytest.param({"answer": "1", "value": 1}, id="a number that is text"),
    pytest.param({"answer": 1}, id="no value"),
    pytest.param({"answer": 1, "value": {"passed": True}}, id="a value that is none"),
    pytest.param({"answer": 1, "value": ["yours", 99]}, id="an object that was never given"),
    pytest.param({"answer": 1, "value": ["import", "os", "system"]}, id="a function to import"),
    pytest.param({"answer": 1, "value": ["random", "RandomState", []]}, id="a random state"),
    pytest.param({"answer": 1, "value": ["same", 5]}, id="an argument that was never given"),
    pytest.param({"answer": 1, "value": ["object", 1, ["type", "builtins.int"]]}, id="an object of a class of ours"),
    pytest.param({"answer": 1, "value": ["class", 1, "X", [["type", "builtins.str"]], []]}, id="a class made of str"),
    pytest.param({"answer": 1, "value": ["class", 1, "X", [], {}], "changes": 3}, id="changes that are none"),
    pytest.param({"answer": 1, "value": 1, "changes": [[0, ["list", []]]]}, id="an array changed into a list"),
    pytest.param({"answer": 1, "value": 1, "changes": [[7, ["list", []]]]}, id="a change of nothing"),
    pytest.param({"answer": 1, "error": 3}, id="an exception that is a number"),
    *(pytest.param({"answer": 1, "error": ["error", kind, "", [], None, False]}, id=f"raises {kind[-1]}") for kind in (
        ["builtin", "SystemExit"], ["builtin", "StopIteration"], ["builtin", "open"], ["type", "builtins.str"],
        ["library", "keras", "Model"], ["library", "unittest", "SkipTest"])),
    pytest.param({"ask": 1}, id="a question without content"),
    pytest.param({"ask": None, "do": "call"}, id="a question without a number"),
    pytest.param({"ask": 1, "do": [], "target": 1, "values": [], "named": {}}, id="a question about a list"),
    pytest.param({"ask": 1, "do": "call", "target": None, "values": [["same", 0]], "named": {}}, id="an argument of nobody"),
    pytest.param({}, id="nothing"),
])
def test_a_forged_reply_ends_the_channel_and_cannot_be_swallowed(reply):
    ours, theirs = socket.socketpair()
    with theirs:
        student = Student(ours, Caps())
        student.deadline = time.monotonic() + 5
        trusted.Wire(theirs).send(reply)
        with pytest.raises(Trouble):
            try:
                student.ask("call", 1, (np.zeros(2),))
            except Exception:
                pytest.fail("a test could have caught this")
        with pytest.raises(Trouble):
            student.ask("name", values=("f",))
        assert student.trouble.status == "error"


@pytest.mark.parametrize("question", [
    {"ask": 1, "do": "attribute", "target": None, "values": ["__globals__"], "named": {}},
    {"ask": 1, "do": "call", "target": None, "values": [], "named": {}},
    {"ask": 1, "do": "call", "target": 12, "values": [], "named": {}},
    {"ask": 1, "do": "next", "target": None, "values": [10**9], "named": {}},
    {"ask": 1, "do": "name", "target": None, "values": ["secret"], "named": {}},
])
def test_the_checker_answers_nothing_but_calls_of_what_it_lent(question):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        student = Student(ours, Caps())
        student.deadline = time.monotonic() + 5
        wire = trusted.Wire(theirs)
        wire.send(question)
        wire.send({"answer": 1, "value": None})
        assert student.ask("call", 1) is None
        heads = [wire.receive(time.monotonic() + 5)[0] for _ in range(2)]
        assert "error" in heads[1] and "value" not in heads[1]


# ---- cells ----

def test_a_cell_is_python_as_in_a_notebook(room):
    room.seat(RIGHT, "seen = [1]\nimport math\nimport numpy.linalg as la")
    assert room.test("x = %who_is_there").status == "error"
    assert room.test("this is no python").reason == "the test itself cannot be run (SyntaxError): please tell your teacher"
    assert room.test("def helper(x):\n    return double(x) + seen[0]\nclass Case:\n    want = double(2)\n"
                     "assert helper(2) == Case.want + 1").status == "passed"
    assert room.test("assert helper(3) == 7, 'earlier cells are still there'").status == "passed"
    assert room.test("assert math.sqrt(4) == 2 and la.norm([3, 4]) == 5").status == "passed"
    assert room.test("double = 3\nassert double == 3").status == "passed"
    assert room.test("import sys\nprint('out')\nprint('err', file=sys.stderr)").output == "out\nerr\n"
    assert len(room.test("print('x' * 10**6)").output) <= 20_000
    assert room.test("raise SystemExit").status == "error"


def test_the_student_s_names_are_fetched_afresh_and_never_shadow_the_test_s(room):
    room.seat("def double(x): return 2 * x\nsum = lambda *_: 0\nnp = None\ncheck = print\nvalue = 1\n"
              "def bump():\n    global value\n    value += 1\ndef sorted_copy(x): return sorted(x)")
    assert room.test("assert sum([1, 2]) == 3 and np.zeros(2).shape == (2,) and check is not print").status == "passed"
    assert room.test("assert value == 1\nbump()").status == "passed"
    assert room.test("assert value == 2").status == "passed"
    assert room.test("value = 10\nassert value == 10").status == "passed"
    room.seat("def sum(values): return 'mine'")
    assert room.test("assert sum([1]) == 'mine'", question="sum").status == "passed", "a question may have a builtin's name"


def test_a_name_is_the_student_s_until_the_test_gives_it_a_value(room):
    room.seat("""
def squares(n): return [i * i for i in range(n)]
def total(n): return sum(squares(n))
def other(n): return sum(i * i for i in range(n))
limit = 3
""")
    uses = """
original = squares
del squares
try:
    {}(4)
except NameError:
    pass
else:
    raise AssertionError("it does without squares")
finally:
    squares = original
"""
    assert room.test(uses.format("total")).status == "passed"
    assert room.test(uses.format("other")).reason == "it does without squares"
    assert room.test("del squares\ntry:\n    squares\nexcept NameError:\n    pass\nelse:\n    assert False").status == "passed"
    assert room.test("assert total(4) == 14 and squares(2) == [0, 1]").status == "passed", "a test puts back what it took away"
    spy = "calls, real = [], squares\ndef squares(n):\n    calls.append(n)\n    return real(n)\n"
    assert room.test(spy + "assert total(3) == 5 and calls == [3]").status == "passed"
    assert room.test("assert total(3) == 5 and calls == [3] and squares(1) == [0] and calls == [3, 1]").status == "passed"
    assert room.test("if limit > 2:\n    limit = 2\nassert limit == 2").status == "passed"
    assert room.test("for n in range(1):\n    print(other(n))\n    other = n\nassert other == 0").output == "0\n"
    assert room.test("assert total(3) == 5\ndel no_such_name").reason == "`no_such_name` is not defined"
    assert room.test("assert 'total' in globals() and globals()['total'](3) == 5\n"
                     "assert 'no_such_name' not in globals() and 'sum' not in globals()").status == "passed"
    assert room.test("class Case:\n    want = total(3)\n    def get(self): return total(3)\n"
                     "assert Case.want == Case().get() == eval('total(3)') == (lambda: total(3))() == 5").status == "passed"


def test_the_name_of_the_question_is_the_student_s_whatever_else_has_it(room):
    room.checker.prepare("def triple(x): return 3 * x", 20)
    room.seat("def triple(x): return 'mine'\ndef max(x): return 'mine too'")
    assert room.test("assert triple(1) == 'mine'", "triple").status == "passed"
    assert room.test("assert triple(1) == 3 and max([1, 2]) == 2").status == "passed"
    assert room.test("assert max([1]) == 'mine too'", "max").status == "passed"
    room.seat("x = 1")
    assert room.test("assert triple(1) == 3", "triple").reason == "`triple` is not defined", "ours is no answer"
    assert room.test("assert len([1]) == 1", "len").status == "passed", "a test may be called after what it looks at"
    assert room.test("result = 5", "result").status == room.test("assert result == 5", "result").status == "passed"


def test_what_ipython_adds_to_python_is_run_or_left_out_or_named(room):
    room.seat(RIGHT)
    room.checker.prepare("%%capture\n%matplotlib inline\n%load_ext autoreload\n!pip install numpy\n%pip install numpy\n"
                         "import math", 20)
    assert room.checker.problems == []
    for cell in ("%matplotlib inline\nassert double(2) == 4", "%%time\nassert double(2) == 4", "%timeit -n1 -r 1 double('a')",
                 "%time x = double(2)\nassert x == 4", "x = %time double(2)\nassert x == 4", "double?", "%%html\n<b>",
                 "%%timeit -n2 x = double(2)\nassert x == 4", "assert math.pi"):
        assert room.test(cell).status == "passed", cell
    assert room.test("%timeit assert double(2) == 5, 'twice'").reason == "twice"
    assert room.test("%%time\n1.5").score == 1.5
    command = "a command of the system's"
    for cell, what in (("!ls", command), ("files = !ls", command), ("x = %who", "`%who`"), ("%%bash\nls", "`%%bash`"),
                       ("best = %timeit -o double(1)", "`%timeit`")):
        assert room.test(cell).reason == (
            f"the test itself cannot be run, {what} works only in a notebook: please tell your teacher")


def test_tests_find_the_teacher_s_files_and_that_they_are_being_graded(tmp_path):
    start = f"import os\nos.chdir({str(tmp_path)!r})\nfrom autograder.checker.checker import serve\nserve(control, 2**29)"
    checker = Checker(lambda control: Forked(exec, start, {"control": control}),
                      files={"data/numbers.csv": b"1,2", "big.bin": bytes(70 * MIB)})
    cell = "import os\nassert open('data/numbers.csv').read() == '1,2' and os.path.getsize('big.bin') == 70 * 2**20"
    with checker:
        checker.prepare("here = open('data/numbers.csv').read()", 20)
        assert checker.problems == [] and checker.test(cell, question="f").status == "passed"
        assert checker.test("import os\nassert os.environ['NBGRADER_EXECUTION'] == 'autograde'", question="").status == "passed"
        assert checker.test("import os\nos.remove('big.bin')\nos._exit(1)", question="f").status == "error"
        assert checker.test(cell, question="f").status == "passed", "a new checker has the files as well"
    with Checker(lambda control: Forked(exec, start, {"control": control}), files={"data": b"", "more.csv": b"1"}) as checker:
        assert checker.test("assert open('more.csv').read() == '1'", question="f").status == "passed"
        assert checker.problems == ["the file data cannot be written in the checker: Is a directory"]


def test_a_checker_that_is_slow_to_start_or_has_ended_by_itself_takes_no_marks_away(room, monkeypatch):
    monkeypatch.setattr(trusted, "GRACE", 0.2)
    room.checker.close()
    start = "import time\nfrom autograder.checker.checker import serve\ntime.sleep(1)\nserve(control, 2**29)"
    room.checker = Checker(lambda control: Forked(exec, start, {"control": control}))
    room.seat("import numpy as np", RIGHT)
    assert room.checker.usable and room.test("assert double(2) == 4", seconds=0.5).status == "passed"
    room.checker._process.kill()
    room.seat(RIGHT)
    assert room.checker.usable and room.test("assert double(2) == 4", seconds=0.5).status == "passed"


def test_a_process_that_is_slow_to_end_a_test_takes_no_marks_away(room):
    room.seat(RIGHT, FIND + """
import time
begin = peer._does["begin"]
peer._does["begin"] = lambda *call: begin(*call) if call[2] else time.sleep(3)
""")
    assert room.test(TEST, forbidden=["math.sin"]).status == "passed"
    assert not room.checker.usable, "what it forbids could be forbidden still: another process is to be attached"


def test_what_the_student_did_not_define_is_named(room):
    room.seat("def other(): pass\nloop = []\nloop.append(loop)")
    verdict = room.test("assert double(1) == 2")
    assert (verdict.status, verdict.reason) == ("error", "`double` is not defined")
    assert room.test("if False:\n    double(1)").status == "passed", "it is missed only where it is used"
    assert room.test("check(to_gray)", question="to_gray").reason == "`to_gray` is not defined"
    assert room.test("print(loop)").reason == "`loop` is a list that contains itself, which cannot be looked at"


def test_reasons_say_what_went_wrong_and_never_what_was_expected(room):
    room.seat("""
def double(x):
    if x is None:
        raise NotImplementedError()
    if x == 0:
        y = [1, 2]
        return y[5]
    if x == 1:
        raise ValueError("x = 1")
    if x == 3:
        x = []
        x.append(x)
        return x
    return {"a": x}
""")
    assert room.test("double(3)").reason == "`double` returned a list that contains itself, which cannot be looked at"
    assert room.test("double(None)").reason == "`double` is not written yet"
    assert room.test("double(0)").reason == "`double` raised IndexError: list index out of range, in the line `return y[5]`"
    assert room.test("double(1)").reason == '`double` raised ValueError: x = 1, in the line `raise ValueError("x = 1")`'
    assert room.test("secret = 41\nassert double(2) + 1 == secret").reason \
        == "the test could not use what `double` returned (TypeError)"
    assert "secret" not in room.test("secret = 41\nnp.testing.assert_allclose(double(2)['a'], secret, err_msg='secret')").reason
    assert room.test("check(cnnlib.to_gray)\nassert double(2) == 3, f'not {double(2)}'").reason == "not {'a': 2}"
    verdict = room.test("try:\n    double(1)\nexcept ValueError as e:\n    raise AssertionError(f'it said {e}') from None")
    assert (verdict.status, verdict.reason) == ("failed", "it said x = 1")


def test_an_exception_under_a_helper_is_told_by_the_student_s_own_line(room):
    room.seat("def double(x):\n    y = x + 1\n    raise ValueError('no')")
    verdict = room.test("double.__apply__(np.apply_along_axis, 0, np.ones(2))")
    assert verdict.reason == "`double` raised ValueError: no, in the line `raise ValueError('no')`"


def test_check_reports_the_line_in_the_student_s_own_code(room):
    room.seat("import numpy as np\ndef to_gray(rgb):\n    weights = [1, 2]\n    return rgb * weights[3]")
    verdict = room.test("check(to_gray)", question="to_gray")
    assert verdict.status == "failed" and "raised IndexError: list index out of range" in verdict.reason
    assert "in the line `return rgb * weights[3]`" in verdict.output
    room.seat("def to_gray(rgb):\n    raise NotImplementedError()")
    assert "not written yet" in room.test("check(to_gray)", question="to_gray").reason


@pytest.mark.parametrize(("last", "status", "score"), [
    ("1.5", "partial", 1.5), ("2", "passed", 2), ("0", "failed", 0), ("np.float64(0.5)", "partial", 0.5),
    ("None", "passed", 2), ("True", "passed", 2), ("'all is well'", "passed", 2), ("-1", "passed", 2), ("[0.5]", "passed", 2),
    ("3", "error", 0), ("float('nan')", "error", 0), ("x = 1", "passed", 2), ("1.5;", "passed", 2)])
def test_a_cell_that_ends_in_a_number_earned_that_many_points(room, last, status, score):
    verdict = room.test(last)
    assert (verdict.status, verdict.score) == (status, score)


def test_partial_credit_has_a_reason(room):
    assert room.test("1.5").reason == "1.5 of 2 points"
    assert room.test("print('two of three cases hold')\n1.5").reason == "two of three cases hold"


def test_a_seeded_test_seeds_the_student_s_process(room):
    room.seat("import numpy as np, random\ndef draw(): return np.random.rand(2).tolist() + [random.random()]")
    assert room.test("import random\nnp.random.seed(3)\nrandom.seed(4)\ngot = draw()\nnp.random.seed(3)\nrandom.seed(4)\n"
                     "assert got == np.random.rand(2).tolist() + [random.random()]").status == "passed"


def test_forbidden_calls_end_the_test_unless_the_student_does_without(room):
    answer = "import numpy as np\nimport cnnlib\nfrom cnnlib import correlate2d as c\ndef correlate2d(x, w): {}\n"
    cell, options = "assert np.allclose(correlate2d(np.ones((3, 3)), np.ones((2, 2))), 4)", {"question": "correlate2d"}
    forbidden = {"forbidden": ["cnnlib.correlate2d", "scipy.signal.correlate2d"]}
    room.seat(answer.format("return c(x, w)"))
    verdict = room.test(cell, **options, **forbidden)
    assert (verdict.status, verdict.score, verdict.reason) == (
        "forbidden", 0, "`cnnlib.correlate2d` may not be called in the answer to `correlate2d`: write it yourself")
    assert room.test("try:\n    correlate2d(np.ones((3, 3)), np.ones((2, 2)))\nexcept Exception:\n    pass", **options,
                     **forbidden).status == "forbidden", "a test that catches everything does not hide it"
    assert room.test(cell, **options).status == "passed", "allowed in other questions"
    room.seat(answer.format("\n    try:\n        return c(x, w)\n    except Exception:\n        return np.full((2, 2), 4.0)"))
    assert room.test(cell, **options, **forbidden).status == "passed"
    room.seat("def correlate2d(x, w):\n    from scipy.signal import correlate2d\n    return correlate2d(x, w, 'valid')")
    assert room.test(cell, **options, **forbidden).status == "forbidden"


# ---- the hostile ----

FIND = """
import gc
from autograder.checker import answers, exchange, values
peer = next(x for x in gc.get_objects() if type(x) is answers.Answers)
channel = peer._wire.channel
"""
CHEATS = {
    "patched numpy.testing": "np.testing.assert_allclose = np.array_equal = np.allclose = lambda *a, **k: True",
    "an object that equals all": """
class Equal:
    def __eq__(self, other): return True
    __array_priority__ = 1e9
    def __array_ufunc__(self, *a, **k): return np.True_
    def __array_function__(self, *a, **k): return True
    def __bool__(self): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __iter__(self): return iter([2.0, 4.0, 6.0, 8.0])
def double(x): return Equal()""",
    "an array that is none": """
class Array(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.True_
    def __eq__(self, other): return np.True_
    def __array_finalize__(self, other): pass
def double(x): return np.asarray(x).view(Array)""",
    "a text that equals all": """
class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __array__(self, *a, **k): return np.array([2.0, 4, 6, 8])
def double(x): return Text("ab") if isinstance(x, str) else Number(1)""",
    "displayhook": "def double(x):\n    get_ipython().displayhook(2.0); return x",
    "SystemExit": "def double(x): raise SystemExit(0)",
    "StopIteration": "def double(x): raise StopIteration",
    "os._exit": "import os\ndef double(x): os._exit(0)",
    "a signal to itself": "import os\ndef double(x): os.kill(os.getpid(), 9)",
    "patched json": FIND + "values.dumps = lambda *a, **k: '{\"answer\": 1, \"value\": \"passed\"}'",
    "patched numbers": "import json\njson.dumps = json.loads = lambda *a, **k: None\nimport struct\nstruct.Struct = None",
    "answers that are replaced": FIND + "answers.Answers.answer = lambda self, head, body: "
                                        "self._wire.send({'answer': head['ask'], 'value': True})",
    "passed": FIND + "answers.Answers.answer = lambda self, head, body: "
                     "self._wire.send({'answer': head['ask'], 'status': 'passed', 'score': 2, 'passed': True})",
    "malformed": FIND + "def double(x): channel.sendall(b'{}' * 100); return x",
    "a huge message": FIND + f"def double(x): channel.sendall({HEADER.pack(MAGIC, 2**31, 2**40)!r}); return x",
    "a deep message": FIND + "def double(x):\n    text = b'[' * 10**6\n"
                             "    channel.sendall(values.HEADER.pack(values.MAGIC, len(text), 0) + text); return x",
    "a doubled answer": FIND + "send = peer._wire.send\ndef double(x):\n    def twice(*a, **k): send(*a, **k); send(*a, **k)\n"
                               "    peer._wire.send = twice\n    return 2 * x if isinstance(x, np.ndarray) else 3 * x",
    "a closed channel": FIND + "def double(x): channel.close(); return x",
    "half a message": FIND + "def double(x): channel.sendall(values.MAGIC); channel.shutdown(1); return x",
    "changed arguments": "def double(x):\n    if isinstance(x, np.ndarray): x[:] = 0\n    return x",
    "its own frames": "import sys\ndef double(x):\n    frame = sys._getframe()\n    while frame:\n"
                      "        frame.f_globals.update(np=None, check=lambda *a: None); frame = frame.f_back\n    return x",
    "a name of the test's": "_x = None\ncheck = lambda *a: None\n__builtins__ = {}\ndef double(x): return x",
    "a class in its place": "class double:\n    def __init__(self, x): pass\n    def __eq__(self, other): return True",
    "the answer's iterator": "def double(x): return iter([])",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_cheat_earns_nothing_and_the_next_honest_answer_earns_its_marks(room, cheat):
    room.seat(WRONG, cheat)
    for cell in (TEST, "try:\n    assert np.allclose(double(np.arange(4.0)), 2 * np.arange(4.0)) and double(5) == 10\n"
                       "except ZeroDivisionError:\n    pass"):
        verdict = room.test(cell, seconds=10)
        assert verdict.score == 0 and verdict.status in ("failed", "error", "died"), verdict
        assert verdict.reason and len(verdict.reason) <= 600
    room.seat(RIGHT)
    assert room.test(TEST).status == "passed"


@pytest.mark.parametrize(("answer", "status"), [
    ("None", "failed"), ("'passed'", "failed"), ("Equal()", "failed"), ("np.zeros((0, 2))", "failed"),
    ("np.full(2, np.nan)", "failed"), ("np.full((2, 2), 2.0)", "failed"), ("np.full(10**7, 2.0)", "error"),
    ("time.sleep(60)", "time"), ("channel.sendall(b'{}' * 100)", "error"), ("channel.close()", "died"),
    ("peer._wire.send({'answer': peer._asked, 'passed': True})", "error")])
def test_a_gradient_cannot_be_forged_without_being_right(room, answer, status):
    room.seat(FIND, "import time\nimport numpy as np", CHEATS["an object that equals all"],
              f"peer._does['apply'] = lambda *_, **__: {answer}")
    verdict = room.test("""
_got = cnnlib.check.gradient(double, np.ones(2), argnum=0)
assert _got is not None, "no gradient"
assert np.shape(_got) == (2,) and np.allclose(_got, 2.0), "wrong gradient"
""", seconds=1.5 if status == "time" else 20)
    assert (verdict.status, verdict.score) == (status, 0) and verdict.reason


def test_a_test_that_swallows_everything_does_not_swallow_trouble(room):
    room.seat(FIND + "def double(x): channel.close()")
    verdict = room.test("for _ in range(3):\n    try:\n        double(1)\n    except BaseException:\n        pass")
    assert verdict.status == "died" and verdict.score == 0 and not room.checker.usable


def test_a_reply_that_comes_late_is_no_reply_to_the_next_question(room):
    room.seat("import time\ndef double(x):\n    if x == 1: time.sleep(1)\n    return 2")
    verdict = room.test("double(1)", seconds=0.3)
    assert (verdict.status, verdict.reason) == ("time", "`double` did not end within 0.3 s: is there an endless loop?")
    assert not room.checker.usable
    verdict = room.test("assert double(2) == 2")
    assert (verdict.status, verdict.reason) == ("died", "the notebook has no running Python process")


def test_endless_loops_on_either_side_end_in_time(room):
    room.seat("def double(x):\n    while True: pass\ndef huge(): return 10**18")
    began = time.monotonic()
    assert room.test("double(1)", seconds=0.5).status == "time"
    room.seat("def huge(): return 10**18")
    verdict = room.test("for _ in range(huge()): pass", seconds=0.5)
    assert (verdict.status, verdict.score) == ("time", 0)
    assert time.monotonic() - began < 15
    room.seat(RIGHT)
    assert room.test(TEST).status == "passed", "a new checker has run the locked cell again"


def test_an_object_of_a_process_that_is_gone_is_gone(room):
    room.seat("class Net:\n    def run(self): return 1")
    assert room.test("net = Net()\nassert net.run() == 1").status == "passed"
    room.seat(RIGHT)
    verdict = room.test("net.run()")
    assert (verdict.status, verdict.reason) == ("error", "the test uses an object of a process that is gone")
    assert room.checker.usable and room.test(TEST).status == "passed"


def test_a_reason_of_the_watch_comes_back_promptly(room):
    student = room.seat("def double(x):\n    while True: pass")
    began, ticks = time.monotonic(), []

    def watch():
        ticks.append(time.monotonic())
        if len(ticks) > 2:
            student.kill()
            return "it used more than 2048 MiB of memory"

    verdict = room.test("double(1)", watch=watch)
    assert (verdict.status, verdict.reason) == ("died", "it used more than 2048 MiB of memory")
    assert time.monotonic() - began < 5
    room.seat("def double(x):\n    while True: pass")
    with pytest.raises(ZeroDivisionError):
        room.test("double(1)", watch=lambda: 1 / 0)
    room.seat(RIGHT)
    assert room.test(TEST).status == "passed"


@pytest.mark.parametrize(("cell", "status"), [
    ("import os\nos._exit(0)", "error"), ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "time"),
    ("x = bytearray(2**45)", "error"), ("import sys\nsys.exit(0)", "error"),
    ("def f(): f()\nf()", "error"), ("x = [0]\nwhile True: x += x", "error")])
def test_a_checker_that_breaks_is_replaced(room, cell, status):
    room.seat(RIGHT)
    verdict = room.test(cell, seconds=10 if status == "error" else 0.2)
    assert (verdict.status, verdict.score) == (status, 0) and verdict.reason
    room.seat(RIGHT)
    assert room.test(TEST).status == "passed"


def test_a_locked_cell_runs_as_far_as_it_can(room):
    room.checker.prepare("%matplotlib inline\nimport math\nfrom math import no_such_thing\nlimit = 3", 20)
    room.seat("def no_such_thing(): return 'mine'\ndef double(x): return 2 * x")
    assert room.test("assert limit == 3 and math.sqrt(4) == 2").status == "passed"
    assert len(room.checker.problems) == 1 and "a locked cell raised ImportError" in room.checker.problems[0]
    assert room.test("no_such_thing()").status == "error", "what a locked cell should have imported is never the student's"
    room.checker.prepare("print(double(3))\nshown = double(4)\ndef own(x): return double(x)", 20, "picture")
    assert len(room.checker.problems) == 1, "what a locked cell makes of the student's functions is no problem"
    assert room.test("assert own(1) == 2").status == "passed"
    room.checker.prepare("!ls\n1 / 0", 20, "numbers")
    assert [problem[:34] for problem in room.checker.problems[1:]] == [
        "the locked cell `numbers` raised O", "the locked cell `numbers` raised Z"]
    room.checker.prepare("while True: pass", 0.3, "slow")
    assert room.checker.problems[-1] == "the locked cell `slow` did not end within 0.3 s in the checker"
    room.seat(RIGHT)
    assert room.test(TEST).status == "passed"


def test_files_are_there_when_put_files_returns(tmp_path):
    ours, theirs = socket.socketpair()
    process = Forked(exec, f"import os\nos.chdir({str(tmp_path)!r})\n" + KERNEL, {"channel": theirs, "cells": ()})
    theirs.close()
    with ours:
        put_files(ours, {"data/numbers.csv": b"1,2", "big.bin": bytes(20 * 2**20)}, 30)
        assert (tmp_path / "data/numbers.csv").read_bytes() == b"1,2" and (tmp_path / "big.bin").stat().st_size == 20 * 2**20
        process.kill()
        with pytest.raises(ConnectionError):
            put_files(ours, {"a": b""}, 5)


def test_a_student_without_a_process_and_a_room_without_a_student(room):
    assert room.test("assert 1 + 1 == 2").status == "passed"
    assert room.test("double(1)").status == "died"
    student = room.seat(RIGHT)
    student.kill()
    assert room.test("double(1)").status == "died"
    room.checker.close()
    assert room.test("1 + 1 == 2").status == "passed", "close() is not the end"


# ---- the course's own questions ----

FRAMEWORKS = re.compile("import (keras|tensorflow)")  # too slow to load for each of these tests
ALL = find_course(str(Path(__file__).parents[2] / "course")).units()
UNITS = [unit for unit in ALL if not FRAMEWORKS.search(unit.source.read_text(encoding="utf-8"))]  # the others: test_exercises


class Questions:
    """The questions of a unit: the solutions, what they may not call, and the tests."""

    def __init__(self, unit):
        cells = nbformat.read(unit.source, as_version=4).cells
        self.imports = next(cell.source for cell in cells if settings_of(cell).get("locked"))
        self.forbidden = {question_of(cell): cell.metadata.get("forbidden", []) for cell in cells
                          if settings_of(cell).get("solution")}
        self.tests = [cell for cell in cells if is_test(cell)]

    def verdicts(self, room: Room, question: str) -> list:
        return [room.test(cell.source, question, settings_of(cell)["points"], forbidden=self.forbidden[question])
                for cell in self.tests if question_of(cell) == question]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_every_right_answer_of_the_catalogue_passes_all_its_tests(room, unit):
    questions = Questions(unit)
    answers = {question: [text] for question, text in solutions(unit).items()}
    for entry in read_catalogue(unit):
        if entry.right and not FRAMEWORKS.search(entry.text):
            answers[entry.question].append(entry.text)
    for way in range(max(map(len, answers.values()))):
        chosen = {question: texts[way] for question, texts in answers.items() if way < len(texts)}
        room.seat(questions.imports, *chosen.values())
        for question, text in chosen.items():
            verdicts = questions.verdicts(room, question)
            assert verdicts and all(verdict.status == "passed" for verdict in verdicts), (question, text, verdicts)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)
def test_wrong_answers_of_the_catalogue_lose_points(room, unit):
    questions = Questions(unit)
    wrong = {question: [] for question in solutions(unit)}
    for entry in read_catalogue(unit):
        if not entry.right and not FRAMEWORKS.search(entry.text):
            wrong[entry.question].append(entry)
    for way in (0, -1):
        chosen = {question: entries[way] for question, entries in wrong.items()}
        room.seat(questions.imports, *(entry.text for entry in chosen.values()))
        for question, entry in chosen.items():
            verdicts = questions.verdicts(room, question)
            lost = [verdict for verdict in verdicts if verdict.status != "passed"]
            assert lost and all(verdict.reason for verdict in lost), (question, entry.about, verdicts)
            if entry.hint:
                assert f'the known mistake "{entry.hint}"' in verdicts[0].reason
