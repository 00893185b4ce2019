"""The rolling force ⟨F⟩ along a run, and how the force fluctuates about it (TM 26)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import _progress
from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._registry import unknown
from ..._table import Table, Tabled, evenly, short
from ...store.trajectory import own_potential
from ...store.writing import append_analysis
from .. import _check
from ._replay import Replay

if TYPE_CHECKING:
    from ..._types import Vector
    from ...store.trajectory import Trajectory

_MOST_ROWS = 12


@dataclass(frozen=True, eq=False)
class RollingForce(Tabled):
    """The force F = −g^♯dL of each step's batch and its rolling mean ⟨F⟩, in the metric.

    Each is an array (T, P) of parts of a total: the layers of a network, one after another.

    Attributes
    ----------
    memory : float
        β.
    names : list of str (P,)
    iteration, time : ndarray (T,)
    force2, mean2 : ndarray (T, P)
        ‖F‖² and ‖⟨F⟩‖².
    product : ndarray (T, P)
        g(F, ⟨F⟩).
    fluctuation2 : ndarray (T, P)
        ⟨F²⟩ − ⟨F⟩².
    """

    memory: float
    names: list
    iteration: np.ndarray
    time: np.ndarray
    force2: np.ndarray
    mean2: np.ndarray
    product: np.ndarray
    fluctuation2: np.ndarray

    @property
    def force(self) -> Vector:
        """‖F‖ (T,)."""
        return np.sqrt(self.force2.sum(axis=1))

    @property
    def mean(self) -> Vector:
        """‖⟨F⟩‖ (T,)."""
        return np.sqrt(self.mean2.sum(axis=1))

    @property
    def fluctuation(self) -> Vector:
        """√(⟨F²⟩ − ⟨F⟩²) (T,)."""
        return np.sqrt(self.fluctuation2.sum(axis=1))

    @property
    def cosine(self) -> Vector:
        """Cosine (T,) of the angle between F and ⟨F⟩; nan where one of them is 0."""
        lengths = self.force * self.mean
        return np.divide(
            self.product.sum(axis=1), lengths, out=np.full(lengths.shape, np.nan), where=lengths > 0
        )

    def of(self, name: str) -> RollingForce:
        """That of one part alone, such as "layer 1"."""
        if name not in self.names:
            raise FlownetError(unknown("part", name, self.names))
        i = self.names.index(name)
        columns: dict[str, Any] = {
            "force2": self.force2,
            "mean2": self.mean2,
            "product": self.product,
            "fluctuation2": self.fluctuation2,
        }
        parts = {key: column[:, i : i + 1] for key, column in columns.items()}
        return replace(self, names=[name], **parts)

    def __len__(self):
        return len(self.iteration)

    def table(self) -> Table:
        """Some steps, evenly spread, and a sentence for each part, as a `Table`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            over = np.where(self.mean > 0, self.fluctuation / self.mean, np.nan)
        rows = evenly(len(self), _MOST_ROWS)
        return Table(
            f"Force of each step and its rolling mean, memory β = {self.memory:g}, "
            f"{len(self)} steps",
            {
                "step k": (short, self.iteration[rows]),
                "‖F‖": (short, self.force[rows]),
                "‖⟨F⟩‖": (short, self.mean[rows]),
                "cosine": (".3f", self.cosine[rows]),
                "fluctuation": (short, self.fluctuation[rows]),
                "over ‖⟨F⟩‖": (".3g", over[rows]),
            },
            [self.of(name)._note for name in self.names],
        )

    @property
    def _note(self):
        """Of one part alone."""
        (name,) = self.names
        if not self.mean2.any():
            return f"{name}: no force"
        with np.errstate(invalid="ignore", divide="ignore"):
            over = self.fluctuation / self.mean
        return (
            f"{name}: median fluctuation {np.nanmedian(over):.3g} of ‖⟨F⟩‖, cosine "
            f"{np.nanmedian(self.cosine):.3f}"
        )


@with_origin
def rolling_force(
    run: Trajectory,
    memory: float = 0.9,
    *,
    every: int = 1,
    keep: bool = False,
    progress: bool = True,
) -> RollingForce:
    """Rolling force ⟨F⟩ of a recorded run and its fluctuation, by layers, in the run's metric.

    ⟨F⟩ ← β⟨F⟩ + (1 − β)F, over 1 − β^k as Adam has it, of the forces F = −g^♯dL that the steps saw,
    each on its own mini-batch; the fluctuation is √(⟨F²⟩ − ⟨F⟩²), with the same weights, not below
    0 by any rounding. The run is taken again from its first row, so that any run will do, whatever
    its mechanics and however few rows it recorded, and nothing has to be kept for it in between.

    Parameters
    ----------
    run : Trajectory
    memory : float
        β, from 0 to below 1: about 1/(1 − β) steps are remembered.
    every : int
        Interval of the steps that are reported; all of them are remembered.
    keep : bool
        Store it in the run's file, in place of an earlier one: `run.analyses["rolling_force"]`
        then holds `force2`, `mean2`, `product` and `fluctuation2`, (T, 4, P).
    progress : bool

    Returns
    -------
    RollingForce

    Raises
    ------
    FlownetError
        Unless `memory` is from 0 to below 1, `every` a whole number from 1 up, and with `keep` the
        run has a file.

    Examples
    --------
    >>> import flownet as fn
    >>> potential = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    >>> run = fn.train(potential, fn.Aristotle(0.1), steps=300, batch_size=2)
    >>> print(fn.rolling_force(run))  # doctest: +SKIP
    """
    if not (_check.is_number(memory) and 0 <= memory < 1):
        raise FlownetError(f"memory is {shown(memory)}; it has to be a number from 0 to below 1.")
    every, again = _check.whole("every", every, 1), Replay(run)
    if keep and run.path is None:
        raise FlownetError('keep=True wants a run with a file: train(..., store="run.h5").')
    parts, steps = _parts(run.potential), len(run.step)
    rows, mean, spread = [], 0.0, 0.0
    with _progress.bar(steps, shown=progress, what="forces") as show:
        for k in range(steps):
            again.go_to(k)
            metric = again.metric
            _, dL = run.potential_at(k).differential(again.W)
            F = -_wide(metric.sharp(dL))
            share = (1 - memory) / (1 - memory ** (k + 1))
            off = F - mean
            mean = mean + share * off
            spread = (1 - share) * (spread + share * _inner(metric, off, off, parts))
            if k % every == 0:
                rows.append(
                    [
                        _inner(metric, F, F, parts),
                        _inner(metric, mean, mean, parts),
                        _inner(metric, F, mean, parts),
                        spread,
                    ]
                )
            show(k + 1)
    columns = np.array(rows).reshape(-1, 4, len(parts))
    found = RollingForce(
        float(memory),
        list(parts),
        np.arange(0, steps, every),
        run.observables["step"].time[::every],
        *columns.transpose(1, 0, 2),
    )
    if keep:
        own_potential(run)
        append_analysis(
            run.store,
            "rolling_force",
            found.iteration,
            found.time,
            columns,
            {"memory": found.memory, "parts": found.names},
        )
        run.refresh()
    return found


def _parts(potential):
    """Ranges of the parameters by name: the layers, or all of them."""
    network = potential.network
    ranges = network.ranges if network is not None else [(0, potential.size)]
    names = [f"layer {i + 1}" for i in range(len(ranges))] if network is not None else ["all"]
    return {name: slice(*ends) for name, ends in zip(names, ranges)}


def _inner(metric, V, W, parts):
    """g(V, W) by parts (P,)."""
    flat = metric.flat(V)
    return np.array([np.vdot(flat[part], W[part]).real for part in parts.values()])


def _wide(V):
    """In double precision."""
    return V.astype(np.result_type(V, np.float64))
