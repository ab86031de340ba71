"""How a Keras model crosses: its configuration and its weights, and only layers that Keras itself has.

A test may also give a function a variable of TensorFlow's or an optimizer of Keras's; these two come only from the checker.

A configuration can name files to load and code to run, so it is read before anything is built: every class in it must be one
of Keras's own, and none that loads or runs something. The model is then laid out without memory for its weights, and gets
that memory only when its shapes are those of the weights that came. Keras is never imported unless a model came.
"""

import json
import math
import sys
import warnings

import numpy as np

LARGEST_CONFIG = 2**20  # characters
# These read files or run foreign code when they are built.
REFUSED = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "StringLookup", "IntegerLookup", "IndexLookup",
           "TextVectorization", "FeatureSpace"}
MARKS = {"__keras_tensor__", "__tuple__"}  # not classes: how a functional model's configuration links its layers


def is_model(value: object) -> bool:
    """Is it a Keras model? Never one where Keras is not loaded."""
    keras = sys.modules.get("keras")
    return hasattr(keras, "Model") and isinstance(value, keras.Model)


def described(model) -> str | None:
    """A model's configuration as JSON, or None when it is not made of Keras's own layers alone."""
    import keras
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a function that cannot be written down
            config = keras.saving.serialize_keras_object(model)
        text = json.dumps(config)
        if config.get("compile_config") and not _built_in(config["compile_config"]):
            text = json.dumps(config | {"compile_config": None})
        return text if len(text) <= LARGEST_CONFIG and _built_in(json.loads(text)) else None
    except Exception:  # a model of its own kind says what it likes about itself
        return None


def rebuilt(text: str, weights: list[np.ndarray], trainable: list[bool], size: int):
    """The model that a configuration describes, with these weights and flags; ValueError for anything not so `described`.

    size: bytes that its weights may take.
    """
    if not isinstance(text, str) or len(text) > LARGEST_CONFIG or not all(isinstance(w, np.ndarray) for w in weights):
        raise ValueError("not a model")
    config = json.loads(text)
    if not isinstance(config, dict) or not str(config.get("module")).startswith("keras"):
        raise ValueError("not a model")
    import keras
    compiled = config.pop("compile_config", None)
    if not _built_in(config):
        raise ValueError("a model of foreign layers")
    scope = keras.StatelessScope(initialize_variables=False)
    try:
        with scope:
            model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        if not is_model(model):
            raise ValueError("not a model")
        shapes = [tuple(variable.shape) for variable in model.variables]
        if None in sum(shapes, ()) or sum(map(math.prod, shapes)) * 8 > 2 * size + 2**20:
            raise ValueError("a model that is too large")
        if [tuple(variable.shape) for variable in model.weights] != [weight.shape for weight in weights]:
            raise ValueError("weights that do not fit the layers")
        scope.initialize_variables = True
        with scope:  # leaving it now gives the variables their memory
            pass
        model.set_weights(weights)
        _set_flags(model, trainable)
        if compiled and _built_in(compiled):
            model.compile_from_config(compiled)
    except BaseException as fault:
        keras.utils.clear_session()  # forgets the variables that wait for their memory
        if isinstance(fault, Exception):
            raise ValueError(f"a model that cannot be built: {type(fault).__name__}") from None
        raise
    return model


def layers_of(model) -> list:
    """All layers of a model, those inside of layers included; a copy of it has them in the same order."""
    return list(model._flatten_layers(include_self=False))


def place_inside(model, others: list) -> tuple[int, int] | None:
    """Where a model is a layer of one of `others`: the number of that one and of the layer, or None.

    A test may give a function a model and a part of it: over there they must be a model and a part of it again.
    """
    for number, other in enumerate(others):
        if is_model(other) and other is not model:
            for index, layer in enumerate(layers_of(other)):
                if layer is model:
                    return number, index
    return None


def state(model) -> tuple[bytes, ...]:
    """What a function can change in a model that it is given: trainable flags, how it is compiled, and its weights."""
    return bytes(flags(model)), _compilation(model).encode(), *(weight.tobytes() for weight in model.get_weights())


def _compilation(model) -> str:
    """How a model is compiled, as JSON; empty where it is not, or not with what Keras itself has."""
    if not model.compiled:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a function that cannot be written down
            text = json.dumps(model.get_compile_config())
        return text if _built_in(json.loads(text)) else ""
    except Exception:
        return ""


def flags(model) -> list[bool]:
    """Which layers are trainable, the model itself first."""
    return [bool(layer.trainable) for layer in model._flatten_layers()]


def assign(model, other) -> None:
    """Give a model the flags, weights and compilation of another with the same layers; ValueError when they differ."""
    if [w.shape for w in model.weights] != [w.shape for w in other.weights]:
        raise ValueError("not the same layers")
    _set_flags(model, flags(other))
    model.set_weights(other.get_weights())
    if (compilation := _compilation(other)) and compilation != _compilation(model):
        model.compile_from_config(json.loads(compilation))


def _set_flags(model, trainable: list[bool]) -> None:
    for layer, flag in zip(model._flatten_layers(), trainable, strict=True):  # from the outside in: one sets those inside it
        layer.trainable = bool(flag)


def _built_in(config: object) -> bool:
    """Does a configuration name nothing but what Keras itself has, and nothing that loads or runs something?"""
    if isinstance(config, list | tuple):
        return all(map(_built_in, config))
    if not isinstance(config, dict):
        return True
    if "class_name" in config and config["class_name"] not in MARKS and not _is_kerass(config):
        return False
    return all(_built_in(part) and not (key.endswith("activation") and isinstance(part, dict) and "class_name" not in part)
               for key, part in config.items())


def _is_kerass(config: dict) -> bool:
    import keras
    module, name = config.get("module"), config["class_name"]
    if not isinstance(module, str) or not isinstance(name, str) or module.partition(".")[0] != "keras":
        return False
    kind = getattr(sys.modules.get(module), name, None)
    allowed = (keras.Operation, keras.Initializer, keras.Regularizer, keras.constraints.Constraint, keras.Loss, keras.Metric,
               keras.Optimizer, keras.optimizers.schedules.LearningRateSchedule, keras.DTypePolicy)
    return (isinstance(kind, type) and issubclass(kind, allowed) and kind.__module__.startswith("keras.src.")
            and config.get("registered_name") in (None, name)
            and not REFUSED.intersection(base.__name__ for base in kind.__mro__))


def is_variable(value: object) -> bool:
    """Is it a variable of TensorFlow's? Never one where TensorFlow is not loaded."""
    tensorflow = sys.modules.get("tensorflow")
    return hasattr(tensorflow, "Variable") and isinstance(value, tensorflow.Variable)


def is_tensor(value: object) -> bool:
    """Is it a tensor of TensorFlow's? Never one where TensorFlow is not loaded."""
    tensorflow = sys.modules.get("tensorflow")
    return hasattr(tensorflow, "Tensor") and isinstance(value, tensorflow.Tensor)


def variable(array: np.ndarray):
    """A new variable that holds these numbers."""
    import tensorflow
    return tensorflow.Variable(array)


def is_optimizer(value: object) -> bool:
    """Is it an optimizer of Keras's own? Never one where Keras is not loaded."""
    keras = sys.modules.get("keras")
    return (hasattr(keras, "Optimizer") and isinstance(value, keras.Optimizer)
            and type(value).__module__.startswith("keras.src."))


def optimizer_described(optimizer) -> str:
    """An optimizer's configuration as JSON: which it is and its settings, not what it has gathered so far."""
    import keras
    return json.dumps(keras.saving.serialize_keras_object(optimizer))


def optimizer(text: str):
    """A fresh optimizer of this configuration."""
    import keras
    return keras.saving.deserialize_keras_object(json.loads(text), safe_mode=True)
