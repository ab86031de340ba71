"""What a network makes of an image's shape: after this room you can follow a volume from layer to layer and count weights.

A volume is (H, W, C), channels last; no shape here has a batch axis, since for one image or a hundred the layer is the
same. A network is a list of layers, and a layer is a dict, so that a table in a paper can be typed in as it stands:

    {"type": "conv", "filters": 6, "kernel": 5}                stride 1, padding "valid", dilation 1, bias True if not given
    {"type": "max_pool", "size": 2}, {"type": "average_pool", "size": 2}        stride as the size, padding "valid"
    {"type": "flatten"}, {"type": "dropout"}, {"type": "dense", "units": 10}                             bias True

A kernel, a size or a stride is one number for both sides.
"""

import html
from dataclasses import dataclass

from cnnlib._arrays import as_count
from cnnlib.sizes import conv_output_size, conv_params, dense_params, keras_output_size, same_padding

__all__ = ["ShapeTable", "conv_output_size", "conv_params", "dense_params", "describe_layer", "keras_output_size",
           "receptive_field", "same_padding", "shape_table", "trace_shapes"]

_SLIDING = {"stride", "padding"}
_KEYS = {  # type: what it needs, what it may have
    "conv": ({"filters", "kernel"}, _SLIDING | {"dilation", "bias"}),
    "max_pool": ({"size"}, _SLIDING),
    "average_pool": ({"size"}, _SLIDING),
    "flatten": (set(), set()),
    "dropout": (set(), {"rate"}),
    "dense": ({"units"}, {"bias"}),
}


def trace_shapes(layers, input_shape):
    """Follow a volume through a network: what comes out of each layer, and what the layer learns.

    A convolution trades height and width for channels, pooling shrinks height and width alone and learns nothing, flatten
    puts all numbers in a row, and the first dense layer behind it often has most of the weights.

    Parameters
    ----------
    layers : list of dict
        As at the top of this module.
    input_shape : tuple of int
        (H, W, C), or (n,) where the network starts flat. No batch axis.

    Returns
    -------
    trace : list of (output shape, parameters), one for each layer; (H, W, C) or (n,), and an int

    Raises
    ------
    ValueError
        When a layer is unknown or lacks a number, a kernel does not fit, or a layer does not fit the volume before it.
    TypeError
        When a size is not a whole number.

    Examples
    --------
    >>> layers = [{"type": "conv", "filters": 6, "kernel": 5}, {"type": "max_pool", "size": 2}, {"type": "flatten"}]
    >>> trace_shapes(layers, (28, 32, 1))
    [((24, 28, 6), 156), ((12, 14, 6), 0), ((1008,), 0)]
    """
    shape = tuple(as_count(length, "a length of input_shape", least=1) for length in input_shape)
    if len(shape) not in (1, 3):
        raise ValueError(f"input_shape is {shape}: it needs to be (H, W, C) or (n,). Leave the batch axis out.")
    trace = []
    for number, layer in enumerate(layers, 1):
        try:
            shape, parameters = _through(_complete(layer), shape)
        except (ValueError, TypeError) as error:
            kind = layer.get("type") if isinstance(layer, dict) else layer
            raise type(error)(f"layer {number} ({kind}): {error}") from None
        trace.append((shape, parameters))
    return trace


def receptive_field(layers):
    """How many pixels of the image, along one axis, one number behind these layers can see.

    One step to the right in the current volume is a jump of so many pixels in the image: each stride multiplies the jump.
    A kernel of k sees k - 1 steps further than what came before, so the field grows by (k - 1) * dilation * jump, and then
    the jump by the stride. Padding changes nothing: at the border part of the field lies outside the image.

    Parameters
    ----------
    layers : list of dict
        Convolutions and pooling; dropout changes nothing. Any dense or flatten layer is refused: it sees the whole image,
        however large that is.

    Returns
    -------
    pixels : int, along each of the two axes; 1 for no layer at all

    Raises
    ------
    ValueError
        When a layer is dense or flatten, unknown, or lacks a number.
    TypeError
        When a size is not a whole number.

    Examples
    --------
    Two 3 x 3 convolutions see as far as one of 5 x 5; with stride 2 in the first, the second's steps are twice as long.

    >>> receptive_field([{"type": "conv", "filters": 8, "kernel": 3}] * 2)
    5
    >>> receptive_field([{"type": "conv", "filters": 8, "kernel": 3, "stride": 2}, {"type": "conv", "filters": 8, "kernel": 3}])
    7

    Source: A. Araujo, W. Norris and J. Sim, Computing receptive fields of convolutional neural networks, Distill, 2019.
    """
    field, jump = 1, 1
    for number, layer in enumerate(layers, 1):
        layer = _complete(layer)
        if layer["type"] in ("flatten", "dense"):
            raise ValueError(f"layer {number} ({layer['type']}): it sees the whole image, so it has no receptive field of "
                             "its own. Leave out this layer and those behind it.")
        if layer["type"] != "dropout":
            field += (layer["kernel"] - 1) * layer["dilation"] * jump
            jump *= layer["stride"]
    return field


@dataclass(frozen=True)
class ShapeTable:
    """A network layer by layer: prints as a table, shows as one in Jupyter; the sum of all parameters stands at its end.

    rows: (what the layer is, its output shape, its parameters), the input first. total: the sum.
    """

    rows: tuple[tuple[str, tuple[int, ...], int], ...]

    @property
    def total(self) -> int:
        return sum(parameters for _, _, parameters in self.rows)

    def _cells(self) -> list[tuple[str, str, str]]:
        head = [("layer", "output shape", "parameters")]
        body = [(name, " x ".join(map(str, shape)), f"{parameters:,}") for name, shape, parameters in self.rows]
        return head + body + [("total", "", f"{self.total:,}")]

    def __str__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}" for a, b, c in cells]
        rule = "-" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body, last = [[html.escape(text) for text in row] for row in self._cells()]
        aligned = ["left", "right", "right"]

        def row(tag, texts, scope):
            first, *rest = [f"style='text-align:{side}'>{text}" for side, text in zip(aligned, texts, strict=True)]
            return f"<tr><th scope='{scope}' {first}</th>{''.join(f'<{tag} {text}</{tag}>' for text in rest)}</tr>"
        columns = "".join(f"<th scope='col' style='text-align:{s}'>{t}</th>" for s, t in zip(aligned, head, strict=True))
        return (f"<table><thead><tr>{columns}</tr></thead><tbody>{''.join(row('td', texts, 'row') for texts in body)}</tbody>"
                f"<tfoot>{row('th', last, 'row')}</tfoot></table>")


def shape_table(layers, input_shape):
    """The trace of a network as a table, one line a layer and the total at the end.

    Parameters
    ----------
    layers, input_shape
        As trace_shapes takes them.

    Returns
    -------
    table : ShapeTable

    Raises
    ------
    ValueError, TypeError
        As trace_shapes.

    Examples
    --------
    >>> layers = [{"type": "conv", "filters": 6, "kernel": 5}, {"type": "flatten"}, {"type": "dense", "units": 10}]
    >>> shape_table(layers, (8, 9, 1))
    layer          output shape  parameters
    ---------------------------------------
    input             8 x 9 x 1           0
    conv 5 x 5, 6     4 x 5 x 6         156
    flatten                 120           0
    dense 10                 10       1,210
    ---------------------------------------
    total                             1,366
    """
    trace = trace_shapes(layers, input_shape)
    rows = [(describe_layer(layer), shape, parameters) for layer, (shape, parameters) in zip(layers, trace, strict=True)]
    return ShapeTable((("input", tuple(map(int, input_shape)), 0), *rows))


def describe_layer(layer):
    """A layer in a few words, for tables and figures; what is the default is left out.

    Parameters
    ----------
    layer : dict
        As at the top of this module.

    Returns
    -------
    words : str

    Examples
    --------
    >>> describe_layer({"type": "conv", "filters": 96, "kernel": 11, "stride": 4})
    'conv 11 x 11, 96, stride 4'
    >>> describe_layer({"type": "max_pool", "size": 3, "stride": 2})
    'max pool 3 x 3, stride 2'
    """
    full = _complete(layer)
    words = full["type"].replace("_", " ")
    if full["type"] == "dense":
        words += f" {full['units']}"
    if "kernel" in full:
        usual = 1 if full["type"] == "conv" else full["kernel"]
        words += f" {full['kernel']} x {full['kernel']}"
        words += f", {full['filters']}" if full["type"] == "conv" else ""
        words += f", stride {full['stride']}" if full["stride"] != usual else ""
        words += f", dilation {full['dilation']}" if full["dilation"] > 1 else ""
        words += ", same" if full["padding"] == "same" else ""
    return words


def _complete(layer):
    """A layer with all its defaults; a window of pooling is called kernel as well. ValueError when it is not a layer."""
    kind = layer.get("type") if isinstance(layer, dict) else None
    if kind not in _KEYS:
        raise ValueError(f"{layer!r} is no layer: it needs a type, one of {', '.join(_KEYS)}.")
    needed, allowed = _KEYS[kind]
    given = set(layer) - {"type"}
    if not needed <= given or not given <= needed | allowed:
        wrong = f"lacks {', '.join(sorted(needed - given))}" if needed - given else (
            f"has {', '.join(sorted(map(str, given - needed - allowed)))}")
        raise ValueError(f"a layer of type {kind} {wrong}: it needs {', '.join(sorted(needed)) or 'nothing'}, and may have "
                         f"{', '.join(sorted(allowed)) or 'nothing else'}.")
    full = {"bias": True, **layer}
    for name in needed & {"filters", "kernel", "size", "units"}:
        full[name] = as_count(layer[name], name, least=1)
    if kind in ("conv", "max_pool", "average_pool"):
        full["kernel"] = full.get("kernel", full.get("size"))
        full["stride"] = as_count(layer.get("stride", 1 if kind == "conv" else full["size"]), "stride", least=1)
        full["dilation"] = as_count(layer.get("dilation", 1), "dilation", least=1)
        full["padding"] = layer.get("padding", "valid")
    return full


def _through(layer, shape):
    """(output shape, parameters) of one complete layer."""
    if layer["type"] == "dropout":
        return shape, 0
    if layer["type"] == "flatten":
        values = 1
        for length in shape:
            values *= length
        return (values,), 0
    if layer["type"] == "dense":
        if len(shape) != 1:
            raise ValueError(f"it gets a volume of {shape}: it needs a row (n,). Put a flatten layer before it.")
        return (layer["units"],), dense_params(shape[0], layer["units"], bias=layer["bias"])
    if len(shape) != 3:
        raise ValueError(f"it gets a row of {shape}: it needs a volume (H, W, C). Put it before the flatten layer.")
    reach = (layer["kernel"] - 1) * layer["dilation"] + 1
    height, width = (keras_output_size(n, reach, stride=layer["stride"], padding=layer["padding"]) for n in shape[:2])
    if layer["type"] != "conv":
        return (height, width, shape[2]), 0
    return (height, width, layer["filters"]), conv_params(
        layer["kernel"], layer["kernel"], shape[2], layer["filters"], bias=layer["bias"])
