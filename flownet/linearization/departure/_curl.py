"""How far the modified flow is from being a gradient: the curl of its second-order term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import with_origin
from ..._registry import among
from ..._table import Table, Tabled, short
from ...geometry.curvature import metric_hessian, third
from ...geometry.metric import Metric
from ...model._check import is_whole
from ...model.potential import as_potential
from ..step import mean_and_error, signs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ...model.potential import AnyPotential

EXACT = 64  # free parameters up to which "auto" goes through every direction


@dataclass(repr=False, frozen=True)
class Curl(Tabled):
    """Curl of the h² term of the modified flow, and what it is a part of; neither needs a chart.

    F = H²g/3 + T[g,g]/12, lowered, is a 1-form, and ∂F its Jacobian in the metric. With h the
    finite step the flow's own curl is −h² of the one here.

    Attributes
    ----------
    norm : float
        ‖∂_iF_j − ∂_jF_i‖ = ‖[H, T[g]]‖/6, the Frobenius norm in the metric.
    symmetric : float
        ‖(∂F + ∂Fᵀ)/2‖, the part of ∂F that a gradient has.
    ratio : float
        norm/symmetric: 0 for a gradient.
    error : tuple of 3 floats
        Standard errors of the three; 0 where they are exact.
    """

    norm: float
    symmetric: float
    ratio: float
    error: tuple = (0.0, 0.0, 0.0)

    @property
    def exact(self) -> bool:
        """Whether every direction was gone through."""
        return not any(self.error)

    def of_flow(self, step: float) -> float:
        """Norm of the curl of the modified flow of a step h, h²·norm, to second order in h."""
        return step**2 * self.norm

    def table(self) -> Table:
        """The three numbers with their errors, as a `Table`."""
        names = (
            "curl of the second-order term",
            "symmetric part of its Jacobian",
            "curl of the symmetric part",
        )
        return Table(
            "",
            {
                "modified flow": (str, names),
                "value": (short, [self.norm, self.symmetric, self.ratio]),
                "± error": (".1g", [error or None for error in self.error]),
            },
        )

    __repr__ = Tabled.__str__


@with_origin
def curl(
    potential: AnyPotential,
    W: ArrayLike,
    *,
    metric: Metric | None = None,
    method: Literal["auto", "exact", "stochastic"] = "auto",
    probes: int = 64,
    seed: int = 0,
) -> Curl:
    """Curl of the second-order term of the modified flow at W: a meter of what no loss explains.

    To first order in the step h the modified flow descends a loss of its own; to second order it
    is no gradient. Its h² term F = H²g/3 + T[g,g]/12 has, with A = T[g] and Q the fourth
    derivative, in orthonormal coordinates of the metric

        ∂F − ∂Fᵀ = [H, A]/6,   (∂F + ∂Fᵀ)/2 = (H³ + T[Hg])/3 + (HA + AH)/4 + Q[g,g]/12.

    "exact" goes through the basis vectors row by row and stores no matrix: of F free parameters F
    rows of Hessian and third actions, and 3F² jets for Q. "stochastic" estimates the squares of
    both norms without bias from probes of random signs, ‖Kv‖² and, for Q, ⟨u, Qv⟩ of jets.

    Parameters
    ----------
    potential : Potential
    W : array (D,)
    metric : LayerMetric or DiagonalMetric, optional
    method : str
        "exact", "stochastic", or "auto": exact up to 64 free parameters.
    probes, seed : int
        Of the stochastic one.

    Returns
    -------
    Curl

    Raises
    ------
    FlownetError
        Unless `method` is one of the three, W and the metric have the potential's D parameters, and
        `probes` is a whole number from 2 up.
    """
    among("method", method, ["auto", "exact", "stochastic"])
    if not is_whole(probes, 2):
        raise FlownetError(f"probes is {shown(probes)}; it has to be a whole number from 2 up.")
    line = f"curl of {shown(potential)}: it has to be a potential with jets."
    potential = as_potential(potential, needs=("size", "jet"), line=line)
    if isinstance(metric, Metric) and metric.depends_on_point:
        raise FlownetError(
            "the modified flow that this is the curl of is one of a constant "
            "metric, and this one depends on the point."
        )
    term = _SecondOrder(metric_hessian(potential, W, metric))
    if method == "auto":
        method = "exact" if term.size <= EXACT else "stochastic"
    return _exact(term) if method == "exact" else _stochastic(term, probes, seed)


class _SecondOrder:
    """The Jacobian of H²g/3 + T[g,g]/12 in orthonormal coordinates (F,), applied, never stored.

    `x` are coordinates of the free parameters; a unit vector n along g stands for g in Q.
    """

    def __init__(self, H):
        self.H, self.size = H, H.shape[0]
        self.g = H.covector(H.hessian.dL)
        self.Hg = H.matvec(self.g)
        self.length = float(np.linalg.norm(self.g))
        self._n = self.g / (self.length or 1.0)

    def parts(self, x):
        """[H, A]x/6, and the symmetric part applied to x without Q: two arrays (F,)."""
        Hx, Ax = self.H.matvec(x), self._third(self.g, x)
        HAx, AHx = self.H.matvec(Ax), self._third(self.g, Hx)
        HHHx = self.H.matvec(self.H.matvec(Hx))
        return (HAx - AHx) / 6, (HHHx + self._third(self.Hg, x)) / 3 + (HAx + AHx) / 4

    def fourth(self, x, y):
        """Q[g,g,x,y], exact: from the fourth coefficients of six jets."""
        a, b = np.linalg.norm(x), np.linalg.norm(y)
        if not (self.length and a and b):
            return 0.0
        p, m, n = x / a + y / b, x / a - y / b, self._n
        found = (self._c4(n + p) + self._c4(n - p) - self._c4(n + m) - self._c4(n - m)) / 2 - (
            self._c4(p) - self._c4(m)
        )
        return float(a * b * self.length**2 * found)

    def _third(self, x, y):
        """T[x,y] (F,), of vectors brought to one length."""
        a, b = np.linalg.norm(x), np.linalg.norm(y)
        if not (a and b):
            return np.zeros(self.size)
        found = third(self.H.hessian, self.H.displacement(x / a), self.H.displacement(y / b))
        return a * b * self.H.covector(found)

    def _c4(self, x):
        return float(self.H.potential.jet(self.H.W, self.H.displacement(x), 4)[4])


def _exact(term):
    """Both norms, a row of each matrix at a time."""
    curl2 = symmetric2 = 0.0
    for i in range(term.size):
        x = np.eye(1, term.size, i)[0]
        turning, even = term.parts(x)
        curl2 += turning @ turning
        for j in range(i + 1):  # what lies above the diagonal is the same again
            Q = term.fourth(x, np.eye(1, term.size, j)[0])
            symmetric2 += (1 + (i != j)) * (even[j] + Q / 12) ** 2
    norm, symmetric = float(np.sqrt(curl2)), float(np.sqrt(symmetric2))
    return Curl(norm, symmetric, _over(norm, symmetric))


def _stochastic(term, probes, seed):
    """Both norms from E‖Kv‖² = ‖K‖² and, of S + Q/12, ‖Sv‖² + ⟨v, QSv⟩/6 + ⟨u, Qv⟩²/144."""
    squares = np.empty((probes, 2))
    for p in range(probes):
        v, u = signs(seed, 2 * p, term.size), signs(seed, 2 * p + 1, term.size)
        turning, even = term.parts(v)
        squares[p] = (
            turning @ turning,
            (even @ even + term.fourth(v, even) / 6 + term.fourth(u, v) ** 2 / 144),
        )
    means, errors = mean_and_error(squares)
    norm, symmetric = np.sqrt(np.maximum(means, 0.0)).tolist()
    relative = errors / np.where(means > 0, 2 * means, np.nan)
    ratio = _over(norm, symmetric)
    shares = squares / np.where(means > 0, means, np.nan)
    off = mean_and_error((shares[:, 0] - shares[:, 1]) / 2)[1]
    return Curl(
        norm,
        symmetric,
        ratio,
        (float(norm * relative[0]), float(symmetric * relative[1]), float(ratio * off)),
    )


def _over(norm, symmetric):
    """norm/symmetric; 0 where there is no term at all."""
    return norm / symmetric if symmetric else (np.inf if norm else 0.0)
