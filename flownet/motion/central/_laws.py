"""What each mechanics is on its central flow: a preconditioner P, how fast it goes, what it keeps.

In units of steps: dW/dk = −c·P⁻¹[dL + ½∂⟨Σ, H⟩], and P⁻¹H = 2 is the edge of stability.

    Aristotle        P = 1/h                 c = 1
    momentum β       P = (1 + β)/h           c = (1 + β)/(1 − β)
    RMSProp          P = (√ν + ε)/η          c = 1,  dν/dk = k′[E − ν],  k′ = (1 − β₂)/β₂

where E is the mean of the squared gradient, dL² + ⟨(Hδ)²⟩ with Hδ = 2Pδ at the edge.
"""

from __future__ import annotations

import numpy as np

from ..._errors import FlownetError, shown
from ..mechanics import Aristotle, Constant, Mechanics, Nesterov, Newton, RMSProp, ScalarRMSProp
from ._span import spanned


class Law:
    """P of mechanics without a memory of the size of the force: a number.

    Attributes
    ----------
    kept : int
        How many numbers ν has: none.
    speed : float
        c.
    """

    kept, rate = 0, 0.0

    def __init__(self, stiffness, speed=1.0, beta=0.0):
        self.stiffness, self.speed, self.beta = stiffness, speed, beta

    def preconditioner(self, nu, size):
        """P (D,) at a memory ν."""
        return np.full(size, self.stiffness)

    def drive(self, nu, dL):
        """k′(dL² − ν): what ν̇ is without an oscillation."""
        return np.zeros(0)

    def heated(self, nu, U):
        """k′⟨(Hδ)²⟩ (k, k, kept) of δ = ΣU_i: what each product U_k U_l of X adds to ν̇."""
        return np.zeros((len(U), len(U), 0))

    def hardened(self, nu, U):
        """(k, k, kept): what each ν̇ adds to 2⟨u_i, Ṗu_j⟩."""
        return np.zeros((len(U), len(U), 0))

    def tangent(self, here, nu, dL, HQ, Q):
        """Tangent map of a step where the differential is dL, on a span Q (D, n) of √P·W.

        (w, v) ← (w + v′, v′), v′ = βv − (1 + β)P⁻¹Hw, v in units of steps; HQ is H·P^(−½)Q.
        """
        n = Q.shape[1]
        kept = np.hstack([-(1 + self.beta) * _seen(here, HQ, Q), self.beta * np.eye(n)])
        return np.vstack([np.eye(n, 2 * n) + kept, kept])


class OfSize(Law):
    """P = (√ν + ε)/η of RMSProp, one ν for each parameter or one for all."""

    def __init__(self, mechanics, step):
        super().__init__(np.nan)
        self.step, self.epsilon = step, mechanics.epsilon
        self.one = isinstance(mechanics, ScalarRMSProp)
        self.rate = (1 - mechanics.memory) / mechanics.memory
        self.kept = 1 if self.one else None  # one for each parameter

    def preconditioner(self, nu, size):
        return np.broadcast_to((np.sqrt(nu) + self.epsilon) / self.step, size).copy()

    def drive(self, nu, dL):
        square = np.atleast_1d(dL @ dL) if self.one else dL * dL
        return self.rate * (square - nu)

    def heated(self, nu, U):
        hot = 4 * self.rate * (np.sqrt(nu) + self.epsilon) ** 2 / self.step**2
        return hot * self._products(U)

    def hardened(self, nu, U):
        return self._products(U) / (self.step * np.sqrt(nu))

    def tangent(self, here, nu, dL, HQ, Q):
        """Tangent map of ν′ = β₂ν + (1 − β₂)dL², W′ = W − P(ν′)⁻¹dL, on Q and what heats ν."""
        beta, n = 1 / (1 + self.rate), Q.shape[1]
        weight, R = self._memories(here, nu)
        heated = 2 * (1 - beta) * dL[:, None] * HQ
        heated = R.T @ (weight * (heated.sum(axis=0, keepdims=True) if self.one else heated))
        hardened = dL / here.P**1.5 / (2 * self.step * np.sqrt(nu))
        moved = Q.T @ (hardened[:, None] * R / weight)
        bent = np.eye(n) - _seen(here, HQ, Q) + moved @ heated
        return np.block([[bent, beta * moved], [heated, beta * np.eye(len(heated))]])

    def _memories(self, here, nu):
        """Weights (kept, 1) of ν, and an orthonormal basis (kept, m) of what heats it, weighed.

        With these what heats ν, P²u_i u_j, and what ν hardens, u_i u_j/√ν, have one basis.
        """
        if self.one:
            return np.ones((1, 1)), np.ones((1, 1))
        i, j = np.triu_indices(len(here.U))
        quarter = nu**-0.25
        return (quarter / here.P)[:, None], spanned(quarter * here.P * here.U[i] * here.U[j])

    def _products(self, U):
        both = U[:, None] * U[None]
        return both.sum(axis=2, keepdims=True) if self.one else both


def _seen(here, HQ, Q):
    """P^(−½)HP^(−½) on a span."""
    return Q.T @ (HQ / np.sqrt(here.P)[:, None])


def law_of(mechanics):
    """The `Law` of mechanics; refused where none is known."""
    if not isinstance(mechanics, Mechanics):
        raise FlownetError(
            f"mechanics is {shown(mechanics)}; it has to be one such as "
            "flownet.ScalarRMSProp(0.01)."
        )
    if not isinstance(mechanics.policy, Constant) or mechanics.weight_decay:
        raise FlownetError(
            f"{mechanics!r} has no central flow here: it wants one constant step, and a decay as "
            "part of the potential, potential + κ * flownet.Parabola(size)."
        )
    h = mechanics.policy.step
    if type(mechanics) is Aristotle:
        return Law(1 / h)
    if type(mechanics) is Newton:
        return _of_momentum(mechanics, h)
    if type(mechanics) is ScalarRMSProp or (
        type(mechanics) is RMSProp and not (mechanics.centered or mechanics.momentum)
    ):
        if mechanics.memory == 0:
            raise FlownetError(f"{mechanics!r} remembers nothing: it has no central flow.")
        return OfSize(mechanics, h)
    raise FlownetError(
        f"no central flow of {mechanics!r} is known here: those of Aristotle, Newton"
        f"{', not of Nesterov' * isinstance(mechanics, Nesterov)}, ScalarRMSProp and RMSProp "
        "without centre and momentum are."
    )


def _of_momentum(mechanics, h):
    """Heavy ball v ← βv + F, W ← W + lr·v, of what Newton's mechanics say."""
    if mechanics.integrator == "leapfrog" or mechanics.temperature:
        raise FlownetError(
            f"{mechanics!r} has no central flow here: leapfrog and heat baths have none."
        )
    if mechanics.momentum is not None:
        beta, lr = mechanics.momentum, h
    else:
        decay = mechanics.friction * h / mechanics.mass
        explicit = mechanics.integrator == "explicit"
        beta = 1 - decay if explicit else float(np.exp(-decay))
        kick = 1.0 if explicit or decay == 0 else float(-np.expm1(-decay) / decay)
        lr = h * h / mechanics.mass * kick
    if not -1 < beta < 1:
        raise FlownetError(f"{mechanics!r} has no friction, and so no central flow.")
    return Law((1 + beta) / lr, (1 + beta) / (1 - beta), beta)
