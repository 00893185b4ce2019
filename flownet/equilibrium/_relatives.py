"""Relatives of equilibrium propagation: two states as well, but what they compute is not dL."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from .._errors import FlownetError
from .._registry import kind
from .._types import Positive
from ..model import _check
from ._estimators import Estimator

_TRIES = 500  # of the fixed point that parameters on springs come to
_SETTLED = 16  # units of rounding


class _Relative(Estimator):
    """Of no differences between nudges."""

    def check(self, system, force):
        """Refuse a frozen force, which none of them knows."""
        super().check(system, force)
        if not system.conservative or system.dtype.kind == "c":
            raise FlownetError(
                f"{self!r} is known of real states on an energy: {system!r} has none."
            )
        if system.reads_out:
            raise FlownetError(
                f"{self!r} holds the outputs, and those of {system!r} are read off its state."
            )
        if force != "moving":
            raise FlownetError(
                f"{self!r} has no use for a {force} force: leave it at 'moving', or take one of "
                "one-sided, symmetric, random-sign, richardson, contour."
            )

    def differences(self, nudge: float, W: object) -> NoReturn:
        """None: it is no series in the nudge."""
        raise FlownetError(
            f"{self!r} is no difference of two nudges: it has no bias by powers of the nudge, and "
            "no nudge that is chosen by it."
        )


@kind("estimator", "contrastive")
class Contrastive(_Relative):
    """∂E(outputs clamped to the truth) − ∂E(free): contrastive Hebbian learning.

    It is not dL but the differential of another potential, exactly:

        min_h E(h, o = y) − min_s E(s) ≥ 0,

    the energy that it takes to hold the outputs at the truth, and it has no curl. The nudge does
    not enter; β times the one-sided estimate comes to it for β → ∞.

    References
    ----------
    Movellan, Contrastive Hebbian learning in the continuous Hopfield model, 1991; 2312.15103.
    """

    def estimate(self, at, nudge):
        """From the free state to the clamped one."""
        return at.between(at.clamped(at.cost.y[at.rows]), at.free)


@kind("estimator", "coupled")
class CoupledLearning(_Relative):
    """(∂E(outputs clamped to o₀ − β(o₀ − y)) − ∂E(free))/β: coupled learning.

    For β → 0 it is not dL = ⟨o₀ − y, do₀/dW⟩ but

        ⟨K·(o₀ − y), do₀/dW⟩   with   K = ((H⁻¹)_oo)⁻¹, H = E_ss,

    the stiffness of the outputs, as a metric that is not differentiated. It is parallel to dL for
    one output and one sample, else not, and is the differential of no potential: it has a curl.
    A nudge β below 0 clamps to the other side.

    Parameters
    ----------
    symmetric : bool
        Whether outputs are clamped to both sides, (∂E(o₀ − β(o₀ − y)) − ∂E(o₀ + β(o₀ − y)))/2β.

    References
    ----------
    Stern et al., 2011.03098; 2312.15103.
    """

    def __init__(self, *, symmetric: bool = False) -> None:
        self.symmetric = symmetric

    def estimate(self, at, nudge):
        """From the free state, or from one clamped to the other side, to a clamped one."""
        o = np.array(at.states.outputs(at.free))
        e = o - at.cost.y[at.rows]
        plus = at.clamped(o - nudge * e)
        if self.symmetric:
            return at.between(plus, at.clamped(o + nudge * e), 1 / (2 * nudge))
        return at.between(plus, at.free, 1 / nudge)

    def parameters(self):
        """What makes this estimator again."""
        return {"symmetric": self.symmetric}


@kind("estimator", "agnostic")
class Agnostic(_Relative):
    """(W − W')·k/β, of parameters that relax to W' themselves, on springs of stiffness k.

    The springs are set so that W balances the free state; then outputs are nudged, and states and
    parameters relax together, until (2205.15021)

        W' = W − (∂𝓕(W', β) − ∂𝓕(W, 0))/k   with   𝓕(W, β) = min_s E + βC.

    It is the implicit one-sided estimate: a step of length β/k along it arrives at W' itself. For
    small β it is not dL but (1 + 𝓕_WW/k)⁻¹·dL; for k → ∞ it is one-sided.

    Parameters
    ----------
    stiffness : float
        k; where it is less than the curvature of 𝓕 the parameters do not come to rest.

    References
    ----------
    Scellier et al., Agnostic physics-driven deep learning, 2205.15021.
    """

    def __init__(self, *, stiffness: Positive = 10.0) -> None:
        self.stiffness = _check.positive("stiffness", stiffness)

    def estimate(self, at, nudge):
        """By the fixed point of W'."""
        W, k, was, s = at.W, self.stiffness, at.covector(at.free), at.free
        size = _SETTLED * np.finfo(W.dtype).eps * (1 + np.abs(W).max(initial=0.0))
        moved = W
        for _ in range(_TRIES):
            with at.phases.at(moved, at.rows) as other:
                s = other.nudged_from(s, nudge)
                change = other.covector(s) - was
            with np.errstate(over="ignore"):  # of what does not come to rest
                before, moved = moved, W - change / k
                far = np.abs(moved - before).max(initial=0.0)
            if far <= size:
                return change / nudge
            if not far < np.inf:
                break
        raise FlownetError(
            f"the parameters do not come to rest on springs of stiffness {k}: take a larger one."
        )

    def parameters(self):
        """What makes this estimator again."""
        return {"stiffness": self.stiffness}
