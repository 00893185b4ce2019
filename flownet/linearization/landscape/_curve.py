"""Curves with one bend between two minima, along which the loss is low on the average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._registry import among
from ..._table import Table, Tabled
from ...model._check import is_whole
from ..exits import Barrier, CriticalPoint, barrier
from ._ground import Ground

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector
    from ...model.potential import AnyPotential

_DENSE = 201  # points where the curve is looked at when it is done
_MEMORY = 20  # pairs of steps that L-BFGS remembers


def _bezier(t):
    """Shares of A, of the bend and of B at t (n,): (1−t)², 2t(1−t), t²."""
    return np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2], axis=1)


def _chain(t):
    """Shares of A, of the bend and of B at t (n,): straight to the bend at t = ½, and on."""
    return np.stack([np.maximum(1 - 2 * t, 0), 1 - abs(1 - 2 * t), np.maximum(2 * t - 1, 0)], 1)


KINDS = {"bezier": _bezier, "chain": _chain}


@dataclass(frozen=True)
class Curve(Tabled):
    """A curve from A to B with one bend.

    Attributes
    ----------
    kind : str
        "bezier" or "chain".
    A, bend, B : ndarray (D,)
    mean : float
        ∫₀¹ L(φ(t)) dt.
    straight_mean : float
        The same of the straight path.
    t, loss : ndarray (201,)
        The loss along it.
    rise : float
        Above the higher end, 0 at least.
    straight : Barrier
        Of the straight path.
    gradients : int
        What it took.
    """

    kind: str
    A: np.ndarray
    bend: np.ndarray
    B: np.ndarray
    mean: float
    straight_mean: float
    t: np.ndarray
    loss: np.ndarray
    rise: float
    straight: Barrier
    gradients: int

    def at(self, t: ArrayLike) -> Vector:
        """Parameters (n, D) at t (n,) in [0, 1], or (D,) at a number."""
        points = KINDS[self.kind](np.atleast_1d(t)) @ np.stack([self.A, self.bend, self.B])
        return points if np.ndim(t) else points[0]

    def table(self) -> Table:
        """The curve beside the straight path, as a `Table`."""
        return Table(
            "",
            {
                "path": (str, [self.kind, "straight"]),
                "mean loss": (".6g", [self.mean, self.straight_mean]),
                "rise above the higher end": (".6g", [self.rise, self.straight.rise]),
            },
            [f"losses at the ends: {self.loss[0]:.6g} and {self.loss[-1]:.6g}"],
        )


@with_origin
def curve(
    potential: AnyPotential,
    A: CriticalPoint | ArrayLike,
    B: CriticalPoint | ArrayLike,
    *,
    kind: Literal["bezier", "chain"] = "bezier",
    metric: MetricLike | None = None,
    nodes: int = 16,
    steps: int = 500,
) -> Curve:
    """Curve with one bend from A to B whose mean loss ∫₀¹ L(φ(t)) dt is least (Garipov et al.).

    Of the one bend θ, φ(t) = (1−t)²A + 2t(1−t)θ + t²B, or the two straight lines from A to θ and
    from θ to B (arXiv:1802.10026). The integral is taken by Gauss and Legendre's rule, on each half
    of the curve its own, and θ found by L-BFGS from the middle of A and B. t is no length: a curve
    of low mean may have a thin barrier, which `band` would climb; the rise says so.

    Parameters
    ----------
    potential : Potential, Sum or analytic
    A, B : CriticalPoint or array (D,)
    kind : {"bezier", "chain"}
    metric : LayerMetric or DiagonalMetric, optional
        Whose orthonormal coordinates L-BFGS works in; what it freezes stays.
    nodes : int
        Of the rule on each half.
    steps : int
        Of L-BFGS at most.

    Returns
    -------
    Curve

    Raises
    ------
    FlownetError
        Unless A, B and the metric have the potential's D parameters, A and B agree in what is
        frozen, and `nodes` and `steps` are whole numbers from 1 up.
    """
    from scipy.optimize import minimize  # takes a tenth of a second

    among("kind", kind, KINDS)
    for name, value in (("nodes", nodes), ("steps", steps)):
        if not is_whole(value, 1):
            raise FlownetError(f"{name} is {shown(value)}; it has to be a whole number from 1 up.")
    ground = Ground(potential, A, metric)
    end = ground.x(B)
    t, weights = _rule(nodes)
    shares = KINDS[kind](t)

    def mean(bend):
        losses, slopes = ground.differentials(shares @ np.stack([0 * end, bend, end]))
        return weights @ losses, (weights * shares[:, 1]) @ slopes

    words = {"maxiter": steps, "maxcor": _MEMORY, "ftol": 1e-14, "gtol": 1e-10}
    found = minimize(mean, end / 2, jac=True, method="L-BFGS-B", options=words)
    dense = np.linspace(0, 1, _DENSE)
    losses = ground.values(KINDS[kind](dense) @ np.stack([0 * end, found.x, end]))
    return Curve(
        kind,
        ground.start,
        ground.W(found.x),
        ground.W(end),
        float(found.fun),
        float(weights @ ground.values(t[:, None] * end)),
        dense,
        losses,
        max(0.0, float(losses.max() - max(losses[0], losses[-1]))),
        barrier(ground.potential, ground.start, ground.W(end)),
        found.nfev * len(t),
    )


def _rule(nodes):
    """Points t in [0, 1] and their weights, Gauss and Legendre's on each half."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    half = (x + 1) / 4
    return np.concatenate([half, half + 0.5]), np.concatenate([w, w]) / 4
