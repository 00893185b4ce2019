"""The principal flow: the one continuous motion that gradient descent samples on a quadratic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._random import stream_key, uniform
from ..._registry import kind
from ...geometry.curvature import eigenpairs, lanczos, metric_hessian
from ...geometry.metric import Euclidean
from .. import _check
from ._field import Field

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import MetricLike, Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential

AFFORDABLE = 500  # eigendirections that one velocity may take

_FIRST = 32  # of them to begin with; each further try takes twice as many
_STANDS = 1e-11  # relative change of the velocity after which no more are taken
_QUADRATIC = 1e-9  # what third derivatives may change of dL, relative, where there are none
_STREAM = 1 << 41  # of the displacement that looks for them


@kind("flow field", "principal")
class Principal(Field):
    """Principal flow of gradient descent (Rosca et al., TMLR 2023), for `fn.flow(field=...)`.

    Ẇ = Σ_i log(1 − hλ_i)/(hλ_i)·⟨g, u_i⟩u_i, with the eigenvalues λ_i and directions u_i of the
    Hessian at W in the metric. On a quadratic it passes through every state of the finite run, at
    t = kh; elsewhere it is the modified flow to all orders in h but for T: of its h² term T[g,g]/12
    is left out.

    All the directions that g has a part in lie in its Krylov space g, Hg, H²g, …: Lanczos'
    recurrence from g finds them one Hessian action at a time, those that matter first, and keeps as
    many vectors, never a matrix. It goes on until the velocity stands to 1e-11 or the space is
    exhausted; where 500 directions are not enough it is refused. `modes=k` instead takes the k
    eigenvalues of largest magnitude, where a series in h fails first; the rest of g follows the
    series of the same function to second order, −(1 + hλ/2 + h²λ²/3), which is off by (hλ)³/4.

    Where hλ > 1 the flow is complex: the finite run jumps from side to side, and its continuation
    turns round in the complex plane. `velocity`, real as the parameters are, refuses such
    a place unless `real=True` asks for the real part, log|1 − hλ|: the rate at which the amplitude
    of the jumps shrinks (below 2/h) or grows (above), without their sign. On a quadratic potential
    `exact` gives the complex path itself.

    Parameters
    ----------
    step : float
        h, the finite learning step.
    modes : int, optional
        Number of eigendirections taken; by default all.
    real : bool
        Whether the real part is wanted where hλ > 1.

    Raises
    ------
    FlownetError
        For numbers out of range.

    Examples
    --------
    >>> import flownet as fn
    >>> bowl = fn.Parabola(2, strength=2.0)
    >>> path = fn.Principal(step=0.9).exact(bowl, W0=[-0.35, -0.2], at=[0.0, 0.45, 0.9])
    """

    of_constant_metric = True

    def __init__(self, step: float, modes: int | None = None, real: bool = False) -> None:
        self.step = _check.positive("step", step)
        self.modes = None if modes is None else _check.whole("modes", modes, 1)
        if not isinstance(real, (bool, np.bool_)):
            raise FlownetError(f"real is {shown(real)}; it has to be True or False.")
        self.real = bool(real)

    def velocity(self, potential: AnyPotential, metric: Metric, W: Vector) -> Vector:
        """Ẇ (D,) at W (D,), real."""
        dtype = np.result_type(W, np.float32)
        H = metric_hessian(potential, W, metric)
        g = H.covector(H.hessian.dL)
        if not g.any():
            return np.zeros(potential.size, dtype)
        with np.errstate(invalid="ignore"):
            x = self._all(H, g) if self.modes is None else self._leading(H, g)
        if not np.isfinite(x).all():
            raise FlownetError(
                f"the principal flow of step {self.step:g} is infinitely fast here: "
                "λ = 1/step, a direction that the finite step ends at once."
            )
        return H.displacement(x).astype(dtype)

    def exact(
        self,
        potential: AnyPotential,
        W0: ArrayLike,
        at: ArrayLike,
        *,
        metric: MetricLike | None = None,
    ) -> Vector:
        """The flow on a quadratic potential in closed form, complex where hλ > 1.

        W(t) = W₀ − Σ_i [1 − (1 − hλ_i)^{t/h}]/λ_i·⟨g, u_i⟩u_i, with the principal value of the
        power; at t = kh it is the k-th state of the finite run, to rounding.

        Parameters
        ----------
        potential : Potential, or any with `.hessian(W)`
            A quadratic one, such as a linear layer's with the quadratic loss.
        W0 : array (D,)
        at : array (T,)
            Times.
        metric : LayerMetric or DiagonalMetric, optional

        Returns
        -------
        ndarray (T, D), complex128

        Raises
        ------
        FlownetError
            When the potential is not quadratic, or has too many parameters.
        """
        at = np.atleast_1d(np.asarray(at, np.float64))
        H = metric_hessian(potential, W0, Euclidean(potential.size) if metric is None else metric)
        _refuse_other_than_quadratic(H)
        g = H.covector(H.hessian.dL)
        path = np.tile(H.W.astype(np.complex128), (len(at), 1))
        if not g.any():
            return path
        rule = lanczos(H, g, AFFORDABLE, vectors=True)
        if not rule.exact:
            raise _too_many(len(g))
        values, U = rule.nodes, rule.vectors
        x = self.step * values
        log = np.where(x == 1, 0.0, _log(x)) + 1j * np.pi * (x > 1)
        moved = np.expm1(at[:, None] / self.step * log)
        moved[:, x == 1] = np.where(at > 0, -1.0, 0.0)[:, None]  # there with the first step
        along = np.where(values == 0, -at[:, None], moved / np.where(values == 0, 1.0, values))
        for row, x in zip(path, (along * (U @ g)) @ U):
            row += H.displacement(x.real) + 1j * H.displacement(x.imag)
        return path

    def _all(self, H, g):
        """Velocity (F,) in coordinates, the logarithm on every direction that matters."""
        most, before = _FIRST, np.zeros_like(g)
        while most <= 2 * AFFORDABLE:
            rule = lanczos(H, g, min(most, AFFORDABLE), vectors=True)
            x = (self._rate(rule.nodes) * (rule.vectors @ g)) @ rule.vectors
            if rule.exact or np.linalg.norm(x - before) <= _STANDS * np.linalg.norm(x):
                return x
            most, before = 2 * most, x
        raise _too_many(len(g))

    def _leading(self, H, g):
        """Velocity (F,) in coordinates: the logarithm on the leading modes, a series elsewhere."""
        h, modes = self.step, min(self.modes, len(g))
        pairs = eigenpairs(H.potential, H.W, modes, metric=H.metric, which="magnitude", rtol=1e-9)
        U = np.array([H.coordinates(u) for u in pairs.vectors])
        rest = g - (U @ g) @ U
        bent = H.matvec(rest)
        series = rest + h / 2 * bent + h**2 / 3 * H.matvec(bent)
        return (self._rate(pairs.values) * (U @ g)) @ U - series

    def _rate(self, values):
        """log(1 − hλ)/(hλ) of eigenvalues, −1 at λ = 0."""
        x = self.step * values
        if not self.real and (x > 1).any():
            raise FlownetError(
                f"the principal flow of step {self.step:g} is complex here: λ = "
                f"{values.max():.4g} is beyond 1/step = {1 / self.step:.4g}; "
                "Principal(step, real=True) takes its real part."
            )
        return np.where(x == 0, -1.0, _log(x) / np.where(x == 0, 1.0, x))

    def parameters(self) -> dict[str, Any]:
        """What makes this field again."""
        return {
            name: value
            for name, value in (("step", self.step), ("modes", self.modes), ("real", self.real))
            if value not in (None, False)
        }

    def __repr__(self):
        words = [
            f"step={self.step:g}",
            f"modes={self.modes}" if self.modes else "",
            "real=True" if self.real else "",
        ]
        return f"Principal({', '.join(filter(None, words))})"


def _too_many(free):
    return FlownetError(
        f"the principal flow of these {free} free parameters wants more than "
        f"{AFFORDABLE} eigendirections at one point: Principal(step, modes=k) "
        "takes the k leading ones."
    )


def _log(x):
    """log|1 − x|, −∞ at 1."""
    with np.errstate(divide="ignore"):
        return np.where(x < 1, np.log1p(-np.minimum(x, 1.0)), np.log(np.abs(x - 1)))


def _refuse_other_than_quadratic(H):
    """dL(W + V) = dL(W) + HV for one displacement of the parameters' own size in all directions."""
    size = max(1.0, np.abs(H.W).max())
    V = size * (uniform(0, stream_key("probes", _STREAM), len(H.W)) - 0.5)
    there, HV = H.potential.differential(H.W + V)[1], H.hessian.action(V)
    scale = np.abs(there).max() + np.abs(HV).max() + np.abs(H.hessian.dL).max()
    if not np.abs(there - H.hessian.dL - HV).max() <= _QUADRATIC * scale:
        raise FlownetError(
            "Principal.exact wants a quadratic potential, and the Hessian of this "
            "one changes: flow(potential, field=Principal(step)) follows it."
        )
