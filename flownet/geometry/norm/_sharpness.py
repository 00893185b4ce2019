"""Generalised sharpness: the largest curvature that a displacement of length 1 can meet."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._origin import Made, with_origin
from ..._random import stream_key, uniform
from ...model._check import is_whole
from ...model.potential import Reals
from ..curvature import NoSpectrum, eigenpairs, real_point, sharpness, with_hessian
from ..metric import metric_of
from ._norm import Norm
from ._relaxed import upper_bound
from ._sign import CoordinateNorm, OfParameters, SignNorm

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import Count, Vector
    from ...model.potential import AnyPotential
    from ..metric import Metric

_STARTS = 8  # searches from random directions
_MOST = 200  # Hessian actions of one search
_RTOL = 1e-12  # of a search: what one more action gains, and it ends
_FEW = 14  # signs up to here are all looked at: 2¹³ of them, ±d being one
_STREAM = 1 << 44  # of the random starts; those of other probes lie below


@dataclass(frozen=True, eq=False)
class NormSharpness(Made):
    """The sharpness S = max_{‖d‖≤1} ⟨d, Hd⟩ in a norm, as far as it is known.

    Attributes
    ----------
    value : float
        The largest that was found: S itself where `exact`, else a lower bound.
    direction : ndarray (D,)
        A d of length 1 with ⟨d, Hd⟩ = value.
    exact : bool
    upper : float
        What S is not above: the dual of its semidefinite relaxation, as far as that was solved, or
        λ_max·max Σ|d_i|² where it is less.
    searches, actions : int
        How many starts were tried, and Hessian actions spent.
    norm : Metric
    """

    value: float
    direction: Any
    exact: bool
    upper: float
    searches: int
    actions: int
    norm: Any

    @property
    def critical_step(self) -> float:
        """2/value, the step at which steepest descent in the norm grows along `direction`.

        The edge 2/S itself where `exact`, else what it is not above; nor is it below 2/upper.
        """
        return 2 / self.value if self.value > 0 else np.inf

    def __float__(self):
        return self.value

    def __str__(self):
        if self.exact:
            return f"sharpness {self.value:.6g} in {self.norm!r}"
        return (
            f"sharpness at least {self.value:.6g} in {self.norm!r}: a lower bound, the best of "
            f"{self.searches} searches; it is not above {self.upper:.4g}, an upper bound"
        )


@with_origin
def norm_sharpness(
    potential: AnyPotential, W: ArrayLike, norm: Metric, *, starts: Count = _STARTS, seed: int = 0
) -> NormSharpness:
    """Generalised sharpness: S = max_{‖d‖≤1} ⟨d, Hd⟩ of a potential at W, in a norm or a metric.

    The sharpness that belongs to steepest descent in a norm (Islamov, Crawshaw, Cohen & Gower,
    arXiv:2603.05002), λ_max for a metric: where S bounds the curvature along a step h of it, the
    loss changes by at most −h‖dL‖_*²(1 − hS/2), and on a quadratic along the maximising d the step
    is W ← (1 − hS)W. So hS/2 = 1 is the edge, in every norm.

    In a norm S is a hard maximum (in that of signs it is a spin glass's ground state). The searches
    d ← argmax ⟨Hd + cd, ·⟩, c raised where the value would fall, from the leading eigenvector,
    from dL and from random signs, end at a local maximum: a lower bound. It is exact in a metric,
    in `CoordinateNorm` where no direction bends down, and in `SignNorm` of up to 14 real parameters
    with H_ii ≥ 0, whose signs are all looked at; of more of them signs are turned one by one where
    a search ends. Elsewhere S is known between two bounds: the upper one is

        S ≤ λ_max(P^−½HP^−½)·max_{‖d‖≤1} ⟨d, Pd⟩

    with a P that makes it nearly the least, the dual of the semidefinite relaxation, diagonal of
    signs (Goemans & Williamson, J. ACM 42, 1995): with H ⪰ 0 it is at most π/2 times S.

    Parameters
    ----------
    potential : Potential, or any with `.hessian(W)`
    W : array (D,)
    norm : Norm, or a metric
    starts : int
        Searches from random directions, beside the two others.
    seed : int
        Of these.

    Returns
    -------
    NormSharpness
        `str()` of it says what is a lower bound.

    Raises
    ------
    FlownetError
        Unless W and the norm have the potential's D parameters; where the Hessian is not finite.

    Examples
    --------
    >>> import flownet as fn
    >>> print(fn.norm_sharpness(fn.Parabola(5, strength=2.0), [0.0] * 5, fn.SignNorm(5)))
    sharpness 10 in SignNorm(5)
    """
    found, search, top = _searched(potential, W, norm, starts, seed)
    if found.exact:
        return found
    begins = [search.best, top.vectors[0]]
    relaxed = upper_bound(search.hessian, found.norm, search.pairs, begins)
    return replace(found, upper=max(found.value, min(found.upper, relaxed)))


def _searched(potential, W, norm, starts, seed):
    """`NormSharpness` with the bound by λ_max alone, the search, and λ_max's `Eigenpairs`."""
    given = with_hessian(potential)
    norm = metric_of(norm, given)
    if norm.moves:
        raise FlownetError(f"{norm!r} depends on time: metric.at(time) is the one of a time.")
    if not is_whole(starts, 1):
        raise FlownetError(f"starts is {shown(starts)}; it has to be a whole number from 1 up.")
    reals = Reals.in_double(given)
    point = real_point(reals, W)
    norm = norm.seen_at(reals.back(point))
    norm = norm.exact if isinstance(norm, Norm) else norm
    if norm.linear:
        pair = eigenpairs(given, W, metric=norm)
        value = float(pair.values[0])
        return NormSharpness(value, pair.vectors[0], True, value, 1, 0, norm), None, pair
    seen = reals.of_metric(norm)
    search = _Search(reals.potential, point, seen, pairs=reals.pairs)
    top = eigenpairs(reals.potential, point, rtol=1e-4)
    begins = [top.vectors[0], search.hessian.dL]
    begins += [
        uniform(seed, stream_key("probes", _STREAM + i), len(point)) - 0.5 for i in range(starts)
    ]
    for begin in begins:
        search.climb(begin)
    upper = max(0.0, float(top.values[0])) * (1 + 1e-3) * norm.reach2
    exact = search.finish(norm)
    direction = reals.back(np.ascontiguousarray(search.best))
    found = search.value, direction, exact, search.value if exact else upper
    return NormSharpness(*found, len(begins), search.actions, norm), search, top


def sharpness_in(potential: AnyPotential, W: Vector, metric: Any) -> float:
    """Sharpness at W in a metric; in a norm the lower bound that `norm_sharpness` finds."""
    if metric is not None and not metric.linear:
        return _searched(potential, W, metric, _STARTS, 0)[0].value
    return sharpness(potential, W, metric=metric)


class _Search:
    """The largest ⟨d, Hd⟩ seen so far, over displacements of length 1."""

    def __init__(self, potential, W, norm, pairs):
        self.potential, self.W = potential, W
        self.hessian, self.norm, self.pairs = potential.hessian(W), norm, pairs
        self.value, self.best, self.actions = -np.inf, np.zeros_like(W), 0
        self.size, self.signs = len(W), isinstance(norm, SignNorm)

    def _bent(self, d):
        self.actions += 1
        image = self.hessian.matvec(d)
        if not np.isfinite(image).all():
            raise NoSpectrum("the Hessian is not finite at these parameters.")
        return image

    def _keep(self, d, value):
        if value > self.value:
            self.value, self.best = float(value), d

    def climb(self, begin):
        """From the steepest direction of a covector up to a local maximum."""
        d = self.norm.steepest(begin)
        if not d.any():
            return
        Hd, c = self._bent(d), 0.0
        value = d @ Hd
        for _ in range(_MOST):
            new = self.norm.steepest(Hd + c * d)
            if not new.any():
                break
            image = self._bent(new)
            found = new @ image
            if found > value + _RTOL * abs(value):
                d, Hd, value = new, image, found
            elif found < value - _RTOL * abs(value) and c < 1e3 * abs(value) / (d @ d):
                c = max(2 * c, np.linalg.norm(Hd) / np.linalg.norm(d) / 4)
            else:
                break
        self._keep(d, value)
        if self.signs:
            self.turn(d, Hd)

    def finish(self, norm):
        """Look closer at a norm of single real parameters; whether S is known exactly."""
        if self.pairs or not isinstance(norm, OfParameters):
            return False
        diagonal = self.hessian.diagonal()
        if isinstance(norm, CoordinateNorm):
            i = int(np.argmax(diagonal))
            self._keep(self._unit(i), diagonal[i])
            return self.lowest() >= 0
        if self.size > _FEW:
            return False
        for rest in itertools.product((1.0, -1.0), repeat=self.size - 1):
            d = np.array([1.0, *rest])
            self._keep(d, d @ self._bent(d))
        return bool((diagonal >= 0).all())

    def turn(self, d, Hd):
        """Turn the sign that gains most, ΔS = 4(H_ii − d_i(Hd)_i), until none gains."""
        diagonal, value = self.hessian.diagonal(), d @ Hd
        for _ in range(_MOST):
            gain = 4 * (diagonal - d * Hd)
            i = int(np.argmax(gain))
            if gain[i] <= _RTOL * abs(value):
                break
            d = d.copy()
            d[i] = -d[i]
            Hd = Hd + 2 * d[i] * self._bent(self._unit(i))
            value = d @ Hd
        self._keep(d, value)

    def lowest(self):
        """λ_min, 0 where it is rounding."""
        value = eigenpairs(self.potential, self.W, which="smallest").values[0]
        return float(value) if value < -_RTOL * abs(self.value) else max(0.0, float(value))

    def _unit(self, i):
        e = np.zeros(self.size)
        e[i] = 1.0
        return e
