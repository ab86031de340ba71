"""Brick, grass, gravel ...: after this room you can cut photographs of materials into patches, with and without a leak.

Patches are (N, S, S) or (N, S, S, 3) uint8, labels (N,). All patches of a material come from one photograph, so where a
patch is cut decides whether a test on it is honest: two patches that share pixels are not two examples.
"""

import numpy as np

from cnnlib._arrays import as_count
from cnnlib.images import photo

MATERIALS = ("brick", "grass", "gravel", "page", "hubble")
SPLITS = ("by region", "leaking")


def material_patches(side, *, split="by region", bands=6, step=None, width=None, materials=MATERIALS):
    """Cut photographs of materials into patches to learn from and patches to test on.

    "by region" first cuts each photograph into vertical bands; every third band is for tests, and no patch reaches from one
    band into another, so no pixel is in both parts. "leaking" cuts the patches first, with overlaps, and then deals them
    out at random: most test patches have a neighbour in the training part that shares most of its pixels.

    Parameters
    ----------
    side : int
        Height and width of a patch in pixels.
    split : "by region" or "leaking"
    bands : int
        How many bands, at least 3; a multiple of 3 gives one third to the tests.
    step : int, optional
        Pixels from one patch to the next, across and down; half a side by default.
    width : int, optional
        Of the photographs, in pixels, to shrink them to before they are cut.
    materials : sequence of names of gray or colour photographs in cnnlib.images.PHOTOS

    Returns
    -------
    (train, train_labels, test, test_labels) : (N, side, side) uint8 and (N,) int64 arrays; label i is materials[i]

    Raises
    ------
    ValueError
        When the split is none of those above, or a patch does not fit into a band.

    Examples
    --------
    >>> train, _, test, labels = material_patches(64, materials=["brick", "grass"])
    >>> train.shape, test.shape, labels.shape
    ((120, 64, 64), (60, 64, 64), (60,))
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}: it needs to be one of {', '.join(SPLITS)}.")
    side, bands = as_count(side, "side", least=1), as_count(bands, "bands", least=3)
    step = as_count(max(1, side // 2) if step is None else step, "step", least=1)
    parts = ([], [], [], [])
    for label, name in enumerate(materials):
        regions = _regions(photo(name, gray=True, width=width), bands)
        if min(min(region.shape) for region in regions) < side:
            raise ValueError(f"a patch of {side} px does not fit into {regions[0].shape}, a band of {name!r}. Use fewer bands.")
        learn = np.concatenate([_cut(r, side, step) for i, r in enumerate(regions) if i % 3 != 2])
        test = np.concatenate([_cut(r, side, step) for r in regions[2::3]])
        if split == "leaking":
            cut = _cut(np.concatenate(regions, axis=1), side, step)
            order = np.random.default_rng(label).permutation(len(cut))
            share = len(test) * len(cut) // (len(learn) + len(test))
            learn, test = cut[np.sort(order[share:])], cut[np.sort(order[:share])]
        for part, patches in zip(parts[::2], (learn, test), strict=True):
            part.append(patches)
        for part, patches in zip(parts[1::2], (learn, test), strict=True):
            part.append(np.full(len(patches), label))
    return tuple(np.concatenate(part) for part in parts)


def few_of_each(labels, count, *, seed=0):
    """Draw the places of `count` examples of each class, so that a small set is a fair one.

    Examples
    --------
    >>> few_of_each(np.array([0, 0, 0, 1, 1]), 1).shape
    (2,)
    """
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(labels == c))[:count] for c in range(labels.max() + 1)])


def even_light(patches, *, mean=0.13, spread=0.31):
    """Give every patch the same mean and nearly the same contrast, so that no material is known by its brightness alone.

    The mean and the spread are by default those of MNIST's digits, so that a network that learned on digits is not fed with
    other brightness than it is used to: only the shapes differ.

    Returns
    -------
    patches : (N, S, S) float32 array, cut off at 0 and 1
    """
    patches = np.asarray(patches, dtype=np.float32)
    middle = patches.mean(axis=(1, 2), keepdims=True)
    deviation = patches.std(axis=(1, 2), keepdims=True) + 8  # 8: flat patches stay flat
    return np.clip((patches - middle) / deviation * spread + mean, 0, 1)


def _regions(image, bands):
    """Return the vertical bands of an image, equally wide; a rest on the right is left out."""
    width = image.shape[1] // bands
    return [image[:, i * width : (i + 1) * width] for i in range(bands)]


def _cut(region, side, step):
    """Return all patches of a region, `step` px apart, (N, side, side)."""
    windows = np.lib.stride_tricks.sliding_window_view(region, (side, side))[::step, ::step]
    return windows.reshape(-1, side, side)
