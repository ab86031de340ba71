"""Painting by gradient descent: after this room you have seen an image being trained, step by step, by a frozen network.

Images are (H, W, 3) float32 RGB in [0, 1]; a network is one of cnnlib.vgg.vgg16; a loss is a function of an image that
returns its cost. What is painted: an image with the content of one picture, with the style of one, or both.
"""

from typing import NamedTuple

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.style import content_cost, layer_style_cost, style_cost, total_cost, total_variation, train_step


class Painting(NamedTuple):
    """What a run came to."""

    image: np.ndarray  # (H, W, 3) float32 in [0, 1]
    frames: dict  # {step: (H, W, 3) uint8}, the start and the end included
    costs: list  # costs[n] is the loss after n steps, a float


def activations(network, image):
    """Send one image through a network.

    Parameters
    ----------
    network : keras.Model
        Of cnnlib.vgg.vgg16.
    image : (H, W, 3) array, tensor or variable in [0, 1]

    Returns
    -------
    features : dict {layer: (H', W', C) tensor}
    """
    import tensorflow as tf

    batch = tf.convert_to_tensor(image)[tf.newaxis]  # (1, H, W, 3)
    return {name: values[0] for name, values in network(batch).items()}


def content_loss(network, content, layer):
    """The loss of an image that is to have the content of another: a function of the image.

    Parameters
    ----------
    network, content : as in `activations`
    layer : str

    Returns
    -------
    loss : function of an image, returns a tensor ()
    """
    target = activations(network, content)[layer]
    return lambda image: content_cost(target, activations(network, image)[layer])


def style_loss(network, style, weights):
    """The loss of an image that is to have the style of another: a function of the image.

    Parameters
    ----------
    network, style : as in `activations`; the image must be as large as the style
    weights : dict {layer: number}

    Returns
    -------
    loss : function of an image, returns a tensor ()
    """
    targets = activations(network, style)

    def loss(image):
        seen = activations(network, image)
        return style_cost([targets[name] for name in weights], [seen[name] for name in weights], list(weights.values()))

    return loss


def transfer_loss(content, style, *, alpha, beta, gamma=0.0):
    """Put two losses together: alpha times one, beta times the other, gamma times the total variation.

    Parameters
    ----------
    content, style : losses, such as those of content_loss and style_loss
    alpha, beta, gamma : numbers

    Returns
    -------
    loss : function of an image, returns a tensor ()
    """
    def loss(image):
        cost = total_cost(content(image), style(image), alpha=alpha, beta=beta)
        return cost + gamma * total_variation(image) if gamma else cost

    return loss


def balanced(network, style, start, layers):
    """Weights with which the layers' style costs are equal at the start, and together 1.

    A shallow layer's activations are some ten times as large as a deep one's, and its cost goes with their fourth power.
    Without weights the shallow layers would decide alone.

    Parameters
    ----------
    network, style : as in `activations`
    start : (H, W, 3), the image that the painting starts from
    layers : sequence of str

    Returns
    -------
    weights : dict {layer: float}
    """
    wanted, seen = activations(network, style), activations(network, start)
    costs = {name: float(layer_style_cost(wanted[name], seen[name])) for name in layers}
    return {name: 1 / (len(costs) * cost) for name, cost in costs.items()}


def noise(height, width, *, seed=0):
    """Gray noise to start from, so that nothing is given away.

    Returns
    -------
    image : (height, width, 3) float32 array around 0.5

    Examples
    --------
    >>> noise(2, 3).shape
    (2, 3, 3)
    """
    drawn = np.random.default_rng(seed).normal(0.5, 0.1, (height, width, 3))
    return np.clip(drawn, 0, 1).astype(np.float32)


def paint(loss, start, *, steps=100, rate=0.03, frames=(), title=None, step=train_step):
    """Train an image: from a start, step after step, towards a small loss.

    Adam decides how far each pixel goes; the rate falls to a tenth over the last third, so that the image comes to rest.

    Parameters
    ----------
    loss : function of an image that returns its cost
    start : (H, W, 3) array in [0, 1]
    steps : int
    rate : float
        About how far a pixel may move in one step, of 1.
    frames : collection of int
        Steps after which to keep the image.
    title : str or None
        With a title a progress bar is printed: a sign for every twentieth of the steps.
    step : function
        What makes a step, called as cnnlib.train_step is.

    Returns
    -------
    painting : Painting

    Raises
    ------
    ValueError
        When there is no gradient; see train_step.

    Examples
    --------
    >>> import tensorflow as tf
    >>> done = paint(lambda image: tf.reduce_sum((image - 0.25) ** 2), np.full((1, 1, 3), 0.75), steps=60)
    >>> bool(np.all(abs(done.image - 0.25) < 0.05)), len(done.costs)
    (True, 61)
    """
    import keras
    import tensorflow as tf

    steps = as_count(steps, "steps", least=1)
    image = tf.Variable(np.asarray(start, dtype=np.float32))
    falling = keras.optimizers.schedules.PiecewiseConstantDecay([2 * steps // 3, 5 * steps // 6], [rate, rate / 3, rate / 10])
    optimizer = keras.optimizers.Adam(falling, beta_2=0.99)
    optimizer.build([image])
    go = tf.function(lambda: step(image, loss, optimizer)).get_concrete_function()  # written down once, for this image
    kept, costs = {0: _shown(image)}, []
    for done in _with_bar(range(1, steps + 1), title, "steps", signs=20):
        costs.append(float(go()))
        if done in frames or done == steps:
            kept[done] = _shown(image)
    costs.append(float(loss(image)))
    return Painting(image.numpy(), kept, costs)


def paint_coarse_to_fine(make_loss, start, sizes, *, steps, title=None, **options):
    """Paint small, enlarge, and paint on: how large images get large patterns, in a fraction of the time.

    A filter of block4_conv1 sees 60 pixels, whatever the size of the image, so in a large image it sees only details. What
    was painted small and then enlarged brings the large patterns along, and the fine ones are quickly added.

    Parameters
    ----------
    make_loss : function of (height, width) that returns the loss for images of that size
    start : (H, W, 3) array in [0, 1], at the largest size
    sizes : sequence of int
        Heights, px, from small to large; the width follows.
    steps : sequence of int, one for each size; fewer for the large ones
    title, options : as in `paint`

    Returns
    -------
    paintings : list of Painting, one for each size

    Raises
    ------
    ValueError
        When there are not as many steps as sizes.
    """
    from skimage.transform import resize

    if len(sizes) != len(steps):
        raise ValueError(f"{len(sizes)} sizes and {len(steps)} numbers of steps: it needs one for each size.")
    ratio, image, paintings = start.shape[1] / start.shape[0], start, []
    for height, count in zip(sizes, steps, strict=True):
        shape = (height, round(height * ratio))
        image = np.clip(resize(image, shape, anti_aliasing=height < image.shape[0]), 0, 1)
        named = f"{title}, {shape[0]} × {shape[1]}" if title else None
        paintings.append(paint(make_loss(*shape), image, steps=count, title=named, **options))
        image = paintings[-1].image
    return paintings


def paint_each(losses, starts, *, title=None, **options):
    """Paint several images, one for each loss, with one progress bar for all.

    `losses` is a dict {key: loss}, `starts` one image for all or a dict of them; steps, rate and frames are those of `paint`.
    With a title a sign is printed for each painting that is finished. Returns a dict {key: Painting}.
    """
    return {key: paint(loss, starts[key] if isinstance(starts, dict) else starts, **options)
            for key, loss in _with_bar(losses.items(), title, "paintings", signs=len(losses))}


def _with_bar(things, title, what, *, signs):
    """Go through a collection; with a title, a bar of so many signs grows meanwhile, and their number is told at the end."""
    if title:
        print(f"{title} |", end="", flush=True)
    for done, thing in enumerate(things, start=1):
        yield thing
        if title:
            print("=" * (signs * done // len(things) - signs * (done - 1) // len(things)), end="", flush=True)
    if title:
        print(f"| {len(things)} {what}", flush=True)


def _shown(image):
    return np.rint(image.numpy() * 255).astype(np.uint8)
