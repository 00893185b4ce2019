"""Data made on the spot, the same bits everywhere: spirals, a teacher's answers, XOR_p, noise.

Only counter-based words, + - * / and sqrt go in. Sums run in a fixed order over whole columns; a
library's matrix product would choose its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._random import normal, stream_key, uniform
from ._check import check_split, real, room, whole
from ._dataset import Dataset
from ._elementary import cos_sin_turns, tanh

if TYPE_CHECKING:
    from .._types import Count, NotNegative, Positive, Split, Whole

# Each random ingredient has a stream of its own, so that more samples never change the first ones.
_INGREDIENTS = ["radius", "blur", "weights", "bias", "readout"]
_INGREDIENTS += ["train", "test", "train noise", "test noise", "x", "y"]
_STREAMS = {name: stream_key("data", counter) for counter, name in enumerate(_INGREDIENTS)}


def spiral(
    *,
    m: Count = 200,
    classes: Count = 2,
    noise: NotNegative = 0.0,
    turns: Positive = 1.0,
    seed: Whole = 0,
) -> Dataset:
    """Interleaved spirals in the unit disc, one a class.

    Sample i belongs to class i mod `classes`; its radius is drawn so that the disc is evenly
    filled, and its angle grows with the radius.

    Parameters
    ----------
    m : int
        Number of samples, at least one a class.
    classes : int
        Number of arms, from 2 up.
    noise : float
        Standard deviation of the Gaussian blur on both coordinates.
    turns : float
        Turns from the centre to the rim.
    seed : int

    Returns
    -------
    Dataset
        x (m, 2), y (m, classes) one-hot.

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    classes, noise = whole("classes", classes, 2), real("noise", noise)
    m, turns = whole("m", m, classes), real("turns", turns, positive=True)
    seed = whole("seed", seed, 0)
    source = source_of(spiral, m=m, classes=classes, noise=noise, turns=turns, seed=seed)

    room(m, 2 + classes)
    label = np.arange(m) % classes
    radius = np.sqrt(uniform(seed, _STREAMS["radius"], m))
    cosine, sine = cos_sin_turns(turns * radius + label / classes)
    x = np.stack([radius * cosine, radius * sine], axis=1)
    x = x + noise * _normals(seed, "blur", m, 2)
    return Dataset(x, label, classes=classes, name="spiral", source=source)


def teacher(
    *,
    split: Split = "train",
    m: Count = 1000,
    n_in: Count = 8,
    n_out: Count = 1,
    hidden: Count = 16,
    noise: NotNegative = 0.0,
    seed: Whole = 0,
) -> Dataset:
    """Answers of a random network with one tanh layer on Gaussian inputs: y = U tanh(W x + b).

    x, b and the noise are standard normal before scaling; W and U have variance 1/n_in and
    1/hidden. The test split asks the same teacher about other inputs.

    Parameters
    ----------
    split : {"train", "test"}
    m, n_in, n_out, hidden : int
        Numbers of samples, inputs, outputs and hidden neurons.
    noise : float
        Standard deviation of the noise on y.
    seed : int

    Returns
    -------
    Dataset
        x (m, n_in), y (m, n_out).

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, n_in, n_out = whole("m", m, 1), whole("n_in", n_in, 1), whole("n_out", n_out, 1)
    hidden, noise = whole("hidden", hidden, 1), real("noise", noise)
    seed = whole("seed", seed, 0)
    sizes = dict(m=m, n_in=n_in, n_out=n_out, hidden=hidden)
    source = source_of(teacher, split=check_split(split), **sizes, noise=noise, seed=seed)

    room(max(m, hidden), n_in + n_out + hidden)
    W = _normals(seed, "weights", hidden, n_in) / np.sqrt(n_in)
    b = _normals(seed, "bias", 1, hidden)
    U = _normals(seed, "readout", n_out, hidden) / np.sqrt(hidden)
    x = _normals(seed, split, m, n_in)
    y = _product(tanh(_product(x, W) + b), U)
    y = y + noise * _normals(seed, f"{split} noise", m, n_out)
    return Dataset(x, y, name="teacher", source=source)


def gaussian(*, m: Count = 272, n_in: Count = 16, n_out: Count = 1, seed: Whole = 0) -> Dataset:
    """Inputs and truth that have nothing to do with each other: standard normal numbers.

    What a network learns of them it learns by heart. Maps of trainability are drawn on such data
    (Sohl-Dickstein 2402.06184).

    Parameters
    ----------
    m, n_in, n_out : int
        Numbers of samples, inputs and outputs.
    seed : int

    Returns
    -------
    Dataset
        x (m, n_in), y (m, n_out).

    Raises
    ------
    FlownetError
        When an argument is out of range.
    """
    m, n_in, n_out = whole("m", m, 1), whole("n_in", n_in, 1), whole("n_out", n_out, 1)
    seed = whole("seed", seed, 0)
    source = source_of(gaussian, m=m, n_in=n_in, n_out=n_out, seed=seed)
    room(m, n_in + n_out)
    x, y = _normals(seed, "x", m, n_in), _normals(seed, "y", m, n_out)
    return Dataset(x, y, name="gaussian", source=source)


def xor_p(*, p: Count = 3) -> Dataset:
    """The exclusive or of p values, XOR_p(a, b) = a − b mod p, its whole table of p² samples.

    a and b are one-hot, and so is the class that they belong to. With p = 2 it is XOR in other
    words. D. and J. Thierry-Mieg (arXiv:1812.07538) learn it with one hidden layer of p neurons,
    p prime.

    Parameters
    ----------
    p : int
        From 2 up.

    Returns
    -------
    Dataset
        x (p², 2p), the pairs in the order a·p + b; y (p², p) one-hot.

    Raises
    ------
    FlownetError
        When p is out of range.
    """
    p = whole("p", p, 2)
    source = source_of(xor_p, p=p)
    room(p * p, 3 * p)
    a, b = np.divmod(np.arange(p * p), p)
    one_hot = np.eye(p)
    x = np.concatenate([one_hot[a], one_hot[b]], axis=1)
    return Dataset(x, (a - b) % p, classes=p, name="xor-p", source=source)


def _normals(seed, stream, rows, columns):
    """Standard normal numbers, (rows, columns), filled row by row."""
    return normal(seed, _STREAMS[stream], rows * columns).reshape(rows, columns)


def _product(x, W):
    """x Wᵀ with the sum over the inputs in their order."""
    z = np.zeros((len(x), len(W)))
    for column, weight in zip(x.T, W.T):
        z = z + column[:, None] * weight
    return z


def source_of(make, *, split="train", **given):
    """Table of a made set: its name, its split, and the arguments that are not the default."""
    usual = make.__kwdefaults__
    changed = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in given.items()
        if value != usual[key]
    }
    return {"name": make.__name__.replace("_", "-"), "split": split, **changed}
