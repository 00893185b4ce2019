"""Pretraining: the layers of a network learnt one by one, as autoencoders of unlabelled data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._origin import with_origin
from ..._table import Table, Tabled, short
from ...data._dataset import Dataset
from ...model.network import Network
from ...model.potential import Potential, Quadratic
from .. import _check
from ._train import train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..._types import Output, Vector
    from ...motion.mechanics import Mechanics
    from ...store.trajectory import Trajectory


class Pretraining(Tabled):
    """A pretrained network: where to begin its training, and how each layer was learnt.

    Attributes
    ----------
    network : Network
    W0 : array (D,)
        The encoders, one a layer, then `network.init(seed)` for the layers above them.
    runs : tuple of Trajectory
        The run of each autoencoder; its potential's network is n_in-n_hidden-n_in.
    before, after : array (layers,)
        Reconstruction loss of each layer on all its inputs, at both ends of its run.
    mean : array (layers,)
        The loss of the best constant answer, the mean input: half the variance of the inputs.
    """

    def __init__(self, network: Network, W0: Vector, runs: Sequence[Trajectory]) -> None:
        self.network, self.W0, self.runs = network, W0, tuple(runs)
        self.before, self.after = (
            np.array([run.potential.value(run.parameters[row]) for run in runs]) for row in (0, -1)
        )
        self.mean = np.array([_variance(run.potential.data.x) / 2 for run in runs])

    def table(self) -> Table:
        """How each layer was learnt, as a `Table`."""
        shapes = ["-".join(map(str, run.potential.network.sizes)) for run in self.runs]
        return Table(
            f"Pretraining of {self.network!r}: reconstruction loss on "
            f"{self.runs[0].potential.data.m} samples",
            {
                "layer": (short, range(1, len(shapes) + 1)),
                "autoencoder": (short, shapes),
                "at first": (short, self.before),
                "in the end": (short, self.after),
                "of their mean": (short, self.mean),
            },
        )

    __repr__ = Tabled.__str__


@with_origin
def pretrain(
    network: Network,
    data: Dataset | ArrayLike,
    mechanics: Mechanics,
    *,
    steps: int,
    seed: int = 0,
    layers: int | None = None,
    output: Output = "identity",
    batch_size: int | None = None,
    threads: int | None = None,
    progress: bool = True,
) -> Pretraining:
    """Pretrain: learn a network's layers one by one from unlabelled data (TM §2.1, after Hinton).

    Layer k, an encoder h = φ_k(x W_kᵀ + b_k), is trained with a decoder of its own to give back its
    inputs x with the least quadratic loss; the next layer's inputs are then its hidden units h.
    Decoders are untied: their weights are their own, not the encoder's transposed, since no network
    here shares weights between layers. They are dropped in the end.

    Parameters
    ----------
    network : Network
        With one hidden layer at least.
    data : Dataset, or array (m, n_in)
        Unlabelled inputs; the truth of a data set is not looked at.
    mechanics : Aristotle, Newton, RMSProp, Adam or RungeKutta
        Of each autoencoder.
    steps : int
        Of each autoencoder.
    seed : int
        Of all that is random: encoders begin at `network.init(seed)`, decoders at streams of their
        own, and mini-batches are ordered by it.
    layers : int, optional
        How many layers to pretrain, from the inputs up; by default all but the last.
    output : str
        Activation of the decoders. The linear default gives back inputs of any range; "sigmoid"
        those in (0, 1) alone.
    batch_size, threads, progress
        As in `train`.

    Returns
    -------
    Pretraining
        Its `.W0` (D,) is what `train(..., W0=...)` wants.

    Raises
    ------
    FlownetError
        Unless the data have the network's inputs and `layers` is from 1 to its hidden layers; or
        when an autoencoder diverges.

    Examples
    --------
    >>> import flownet as fn
    >>> net, data = fn.Network([64, 32, 10]), fn.data.load("digits")
    >>> learnt = fn.pretrain(net, data, fn.Adam(1e-3), steps=300, batch_size=100)
    >>> few = fn.Potential(net, fn.CrossEntropy(), data.first(50))
    >>> run = fn.train(few, fn.Aristotle(0.3), steps=500, W0=learnt.W0,
    ...                metric=fn.LayerMetric(net, [100.0, 1.0]))       # inf freezes, 1 frees
    """
    x, layers = _fitting(network, data, layers)
    steps = _check.whole("steps", steps, 0)
    W0, runs = network.init(seed), []
    starts = _starts(network, output, seed)
    for k in range(layers):
        run = train(
            autoencoder(network, k, x, output),
            mechanics,
            steps=steps,
            W0=starts[k],
            seed=seed,
            batch_size=batch_size,
            record_every=max(steps, 1),
            threads=threads,
            progress=progress,
            on_interrupt="raise",  # of one of many runs: none of it is what was asked for
        )
        if run.diverged_at is not None:
            raise FlownetError(
                f"the autoencoder of layer {k + 1} diverges at step "
                f"{run.diverged_at}: take a shorter step."
            )
        begin, end = network.ranges[k]
        W0[begin:end] = run.parameters[-1][: end - begin]
        x = _part(network, k, k + 1).forward(W0[begin:end], x)
        runs.append(run)
    return Pretraining(network, W0, runs)


def autoencoder(network, k, x, output="identity"):
    """Potential of layer k and a decoder on its inputs x (m, n_k): ½ the mean of ‖x̂ − x‖²."""
    sizes = [*network.sizes[k : k + 2], network.sizes[k]]
    both = _like(network, sizes, [network.activation[k]], output)
    return Potential(both, Quadratic(), Dataset(x, x, name=f"inputs of layer {k + 1}"))


def _starts(network, output, seed):
    """Where the autoencoder of each hidden layer begins.

    The stacked autoencoder n₀-…-n_H-…-n₀ has a random stream for each of its layers, and the
    encoders' are those of the network.
    """
    up, acts = network.sizes[:-1], network.activation
    stacked = _like(network, [*up, *up[-2::-1]], [*acts, *[output] * (len(acts) - 1)], output)
    W = stacked.init(seed)
    parts = [W[begin:end] for begin, end in stacked.ranges]
    return [np.concatenate(pair) for pair in zip(parts[: len(acts)], parts[::-1])]


def _part(network, begin, end):
    """Hidden layers begin … end−1 of a network, as a network."""
    return _like(
        network,
        network.sizes[begin : end + 1],
        list(network.activation[begin : end - 1]),
        network.activation[end - 1],
    )


def _like(network, sizes, activation, output):
    """A network of other sizes and activations, alike in all else."""
    return Network(
        **{**network.describe(), "sizes": list(sizes), "activation": activation, "output": output}
    )


def _fitting(network, data, layers):
    """Inputs (m, n_in) and the number of layers, where they fit the network."""
    if not isinstance(network, Network):
        raise FlownetError(
            f"network is a {type(network).__name__}; it has to be a flownet.Network."
        )
    hidden = network.layers - 1
    if hidden < 1:
        raise FlownetError(f"{network!r} has no hidden layer: there is nothing to pretrain.")
    if layers is not None and _check.whole("layers", layers, 1) > hidden:
        raise FlownetError(f"layers is {layers}; the network has {hidden} hidden to pretrain.")
    x = data.x if isinstance(data, Dataset) else Dataset(data, data).x
    if x.shape[1] != network.sizes[0]:
        raise FlownetError(f"the data have {x.shape[1]} inputs, the network {network.sizes[0]}.")
    return x, hidden if layers is None else layers


def _variance(x):
    """Mean of ‖x − ⟨x⟩‖² over the samples."""
    return float(np.mean(np.sum(np.abs(x - x.mean(axis=0)) ** 2, axis=1)))
