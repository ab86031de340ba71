"""The checks of the costs that put others together: style over several layers, and content and style."""

import numpy as np

from cnnlib.check import Question, case, mistake
from cnnlib.questions._style_asking import arrays, lost, on_tensors, plain
from cnnlib.style import layer_style_cost, style_cost, total_cost

_layer = plain(layer_style_cost)


def _costs(styles, generateds):
    return [_layer(*pair) for pair in zip(styles, generateds, strict=True)]


def _weighted(styles, generateds, weights):
    return [weight * cost for weight, cost in zip(weights, _costs(styles, generateds), strict=True)]


_ONE, _TWO = np.ones((1, 1, 1)), np.full((1, 1, 1), 2.0)

STYLE_COST = Question(
    style_cost,
    call=on_tensors(1),
    cases=[
        case("two layers by hand", [_ONE, _ONE], [_TWO, 3 * _ONE], [2.0, 0.5]),
        case("three layers of other shapes", [arrays(2, 3, 2), arrays(1, 2, 4), arrays(2, 1, 3)],
                [arrays(3, 2, 2).reshape(2, 3, 2) + 1, arrays(2, 4, 1).reshape(1, 2, 4) - 1, arrays(2, 1, 3)[::-1] * 2],
                [0.5, 3.0, 2.0]),
        case("one layer", [arrays(2, 2, 2)], [arrays(2, 2, 2) - 2], [0.25]),
        case("a weight of 0", [_ONE, 2 * _TWO, _TWO], [_TWO, _ONE, _ONE], [1.0, 0.0, 4.0]),
    ],
    mistakes=[
        mistake("last layer only", lambda s, g, w: _weighted(s, g, w)[-1], lambda s, g, w: _costs(s, g)[-1],
                hint="Only the last layer is in the sum: each layer's cost replaces the one before it.",
                fix="Add them up: `total += ...` in the loop, and `return` after it."),
        mistake("first layer only", lambda s, g, w: _weighted(s, g, w)[0], lambda s, g, w: _costs(s, g)[0],
                hint="Only the first layer is in the sum.",
                fix="The `return` stands after the loop, not in it."),
        mistake("weights ignored", lambda s, g, w: sum(_costs(s, g)), lambda s, g, w: sum(_costs(s, g)) / len(w),
                hint="The layers' costs are added without their weights.",
                fix="Each cost times its weight: `zip(styles, generateds, weights)` goes through all three."),
        mistake("mean over the layers", lambda s, g, w: sum(_weighted(s, g, w)) / len(w),
                lambda s, g, w: sum(_weighted(s, g, w)) / sum(w),
                hint="The sum is divided by the number of layers, or by the sum of the weights.",
                fix="Leave the division out: the weights say it all."),
        mistake("target from the generated image", lambda s, g, w: 0.0 * sum(_costs(s, g)),
                hint="Your cost is 0 whatever it is given: the generated image's layers are compared with themselves.",
                fix="Compare each of `styles` with its own of `generateds`."),
        mistake("weights squared", lambda s, g, w: sum(_weighted(s, g, [v**2 for v in w])),
                hint="The weights act with their squares: they are applied before the square is taken.",
                fix="Multiply the finished cost of a layer with its weight."),
        mistake("weights in reverse", lambda s, g, w: sum(_weighted(s, g, w[::-1])),
                hint="Each layer has the weight of another one: their order is reversed.",
                fix="`zip(styles, generateds, weights)` pairs them as they stand."),
        mistake("one weight for all", lambda s, g, w: w[0] * sum(_costs(s, g)), lambda s, g, w: w[-1] * sum(_costs(s, g)),
                lambda s, g, w: sum(w) * sum(_costs(s, g)),
                hint="All layers have the same weight.",
                fix="The weight belongs to its layer: multiply before you add."),
        mistake("not added up", lambda s, g, w: [float(cost) for cost in _weighted(s, g, w)],
                lambda s, g, w: np.array(_weighted(s, g, w)),
                hint="You return the layers' costs one by one.",
                fix="Return their sum."),
        lost(style_cost),
    ])


# --- total_cost -------------------------------------------------------------------------------------------------------

TOTAL_COST = Question(
    total_cost,
    call=on_tensors(0, 1),
    cases=[
        case("by hand", np.array(3.0), np.array(5.0), alpha=10.0, beta=2.0),
        case("fractions", np.array(0.5), np.array(8.0), alpha=0.25, beta=3.0),
        case("content alone", np.array(7.0), np.array(2.0), alpha=1.0, beta=0.0),
        case("style alone", np.array(7.0), np.array(2.0), alpha=0.0, beta=1.5),
    ],
    mistakes=[
        mistake("alpha and beta swapped", lambda c, s, alpha, beta: beta * c + alpha * s,
                hint="Alpha and beta have changed places: alpha weighs the content, beta the style.",
                fix="`alpha * content + beta * style`."),
        mistake("a weight left out", lambda c, s, alpha, beta: c + beta * s, lambda c, s, alpha, beta: alpha * c + s,
                lambda c, s, alpha, beta: c + s,
                hint="One of the costs, or both, is added without its weight.",
                fix="`alpha * content + beta * style`."),
        mistake("divided by the weights", lambda c, s, alpha, beta: (alpha * c + beta * s) / (alpha + beta),
                hint="The sum is divided by alpha + beta. That does not move the best picture, but it is not the cost asked "
                     "for.",
                fix="Leave the division out."),
        mistake("one cost left out", lambda c, s, alpha, beta: alpha * c, lambda c, s, alpha, beta: beta * s,
                hint="Only one of the two costs is there.",
                fix="Add both, each with its weight."),
        mistake("subtracted", lambda c, s, alpha, beta: alpha * c - beta * s, lambda c, s, alpha, beta: beta * s - alpha * c,
                hint="One cost is subtracted: then a *worse* fit would be rewarded.",
                fix="Both are to be small, so both are added."),
        mistake("multiplied", lambda c, s, alpha, beta: alpha * c * beta * s,
                lambda c, s, alpha, beta: (alpha + beta) * (c + s),
                hint="The weights do not act each on its own cost.",
                fix="`alpha * content + beta * style`."),
        lost(total_cost),
    ])
