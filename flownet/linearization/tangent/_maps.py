"""The tangent map of one finite step: what it makes of small displacements, by Hessian actions.

A state is W with what its mechanics remember, and a bundle of displacements of it an array
(S, k, D): slot 0 is that of W, the others follow `mechanics.remembers`. The map is the exact
derivative of the update in `kernels.scalar.mechanics`; thermal noise adds the same to neighbouring
states and drops out.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import Metric
from ...kernels.scalar import mechanics as scalar
from ...motion.mechanics import Mechanics
from ._frame import Raising


class FiniteStep(NamedTuple):
    """A step that was taken, of real parameters: all that its tangent map depends on.

    Attributes
    ----------
    iteration : int
    potential : AnyPotential
        Of its batch, in double precision.
    W : ndarray (D,)
        Parameters before it.
    memory : ndarray (S − 1, D) or None
        What the mechanics remember before it, where the map asks for it.
    metric : Metric
    step : float
        How long it was.
    time : float
        Of the state before it.
    """

    iteration: int
    potential: Any
    W: np.ndarray
    memory: np.ndarray | None
    metric: Metric
    step: float
    time: float


class Tangent:
    """The tangent maps of mechanics.

    Parameters
    ----------
    mechanics : Mechanics
    pairs : bool
        Whether two reals are one complex parameter.
    born : int
        Iteration at which what the mechanics remember began.

    Attributes
    ----------
    slots : int
        S, vectors of a state: W and the memories.
    needs_memory, needs_slope : bool
        Whether the map depends on what is remembered, and on dL.

    Raises
    ------
    FlownetError
        For mechanics whose step is no function of one dL and of what they remember.
    """

    def __init__(self, mechanics: Mechanics, pairs: bool = False, born: int = 0) -> None:
        _refuse(mechanics)
        self.mechanics, self.born = mechanics, born
        self._n, self._raised = mechanics.numbers, Raising()
        self._width = 2 if pairs and mechanics.moments == "modulus" else 1
        self.slots = 1 + mechanics.memories
        self.needs_memory = mechanics.sizing is not None
        self.needs_slope = bool(self.needs_memory or mechanics.radius or mechanics.policy.of_loss)
        self._push = {
            scalar.Aristotle: self._along,
            scalar.Langevin: self._along,
            scalar.Newton: self._newton,
            scalar.Nesterov: self._nesterov,
            scalar.Adaptive: self._adaptive,
        }[type(self._n)]

    def is_plain(self) -> bool:
        """Whether a step is W ← W − h·g^♯dL(W), but for noise."""
        return self._push == self._along and not self.needs_slope

    def pushed(self, taken: FiniteStep, hessian: Any, T: np.ndarray) -> np.ndarray:
        """What a step makes of displacements T (S, k, D) of the state before it."""
        dW, *memories = T
        bent = self._bent(taken, hessian, dW)
        if self.mechanics.decay:
            bent = bent + self.mechanics.decay * dW
        dF = -self._raised(taken.metric, bent)
        if self.mechanics.shrink:
            fall = self.mechanics.shrink * taken.step
            dW = dW - fall * self._raised(taken.metric, dW)
        return np.stack(self._push(taken, hessian, dW, memories, dF))

    def _bent(self, taken, hessian, dW):
        """H·dW (k, D); of SAM the derivative of dL uphill of W."""
        bent = hessian.action(dW)
        if not self.mechanics.radius:
            return bent
        uphill, V, square = self._climb(taken, hessian)
        if not square > 0:
            return uphill.action(dW)
        share = (bent @ V)[:, None] / square
        turned = (self._raised(taken.metric, bent) - share * V) / math.sqrt(square)
        return uphill.action(dW + self.mechanics.radius * turned)

    def _climb(self, taken, hessian):
        """The Hessian at W + ρ·V/‖V‖, V = g^♯dL (D,), and ‖V‖² in the metric."""
        V = self._raised(taken.metric, hessian.dL[None])[0]
        square = float(hessian.dL @ V)
        climb = V * (self.mechanics.radius / math.sqrt(square)) if square > 0 else 0 * V
        return taken.potential.hessian(taken.W + climb), V, square

    # ---- one for each kind of mechanics: displacements after the step, slot by slot ----

    def _along(self, taken, hessian, dW, memories, dF):
        """W ← W + h·F; a step of the length c·L is longer by dL(dW)/L of it."""
        moved = dW + taken.step * dF
        if self.mechanics.policy.of_loss and hessian.loss:
            longer = taken.step / hessian.loss * (dW @ hessian.dL)[:, None]
            moved = moved - longer * self._raised(taken.metric, hessian.dL[None])
        return [moved]

    def _newton(self, taken, hessian, dW, memories, dF):
        """v ← decay·v + gain·F, W ← W + h·v; half a kick at first of the leapfrog."""
        n, h = self._n, taken.step
        half = n.integrator == scalar.LEAPFROG and taken.iteration == self.born
        kick = h / 2 if half else h
        explicit = n.integrator == scalar.EXPLICIT
        decay, gain = scalar.friction_of(kick, n.mass, n.friction, explicit)
        dv = scalar.kicked(memories[0], dF, decay, gain)
        return [dW + h * dv, dv]

    def _nesterov(self, taken, hessian, dW, memories, dF):
        """v ← βv + F, W ← W + h·(F + βv)."""
        return list(scalar.looked_ahead(dW, memories[0], dF, self._n.beta, taken.step))

    def _adaptive(self, taken, hessian, dW, memories, dF):
        """v ← decay·v + gain·⟨F⟩/(√(⟨F²⟩ − ⟨F⟩²) + ε), W ← W + h·v, with the memories there are."""
        n, h, count = self._n, taken.step, taken.iteration + 1 - self.born
        after = dict(zip(self.mechanics.remembers, memories))
        decay, gain = (0.0, h / n.friction) if n.inertia is None else _kick(n, h)
        F = self._force(taken, hessian) if self.needs_memory else None
        before = {} if F is None else dict(zip(self.mechanics.remembers, taken.memory))
        drive, d_drive = F, dF
        if n.force is not None:
            beta = n.force.beta
            gain = gain / scalar.seen(beta, count) if n.corrected else gain
            d_drive = after["force"] = scalar.average(after["force"], dF, beta, 1 - beta)
            if F is not None:
                drive = scalar.average(before["force"], F, beta, 1 - beta)
        if n.square is not None:
            size, d_size = self._size(count, before, after, F, dF)
            d_drive = (d_drive - drive / size * d_size) / size
        if n.inertia is None:
            dW = dW + gain * d_drive
        else:
            after["velocity"] = scalar.kicked(after["velocity"], gain * d_drive, decay, 1.0)
            dW = dW + h * after["velocity"]
        return [dW, *after.values()]

    def _size(self, count, before, after, F, dF):
        """√(⟨F²⟩ − ⟨F⟩²)·root + ε (D,) and its displacements (k, D); those of memories in place."""
        n, beta = self._n, self._n.square.beta
        root = 1 / math.sqrt(scalar.seen(beta, count)) if n.corrected else 1.0
        square = scalar.average(before["square"], self._paired(F * F), beta, 1 - beta)
        d_square = self._paired(2 * F * dF)
        after["square"] = d_square = scalar.average(after["square"], d_square, beta, 1 - beta)
        if n.centre is not None:
            mean = scalar.average(before["centre"], F, beta, 1 - beta)
            d_mean = scalar.average(after["centre"], dF, beta, 1 - beta)
            after["centre"] = d_mean
            square = square - self._paired(mean * mean)
            d_square = d_square - self._paired(2 * mean * d_mean)
        size = np.sqrt(np.maximum(square, 0.0))
        slope = np.divide(root / 2, size, out=np.zeros_like(size), where=size > 0)
        return size * root + n.epsilon, slope * d_square

    def _force(self, taken, hessian):
        """F = −g^♯(dL + κW) (D,), where dL is taken."""
        dL = self._climb(taken, hessian)[0].dL if self.mechanics.radius else hessian.dL
        return -self._raised(taken.metric, (dL + self.mechanics.decay * taken.W)[None])[0]

    def _paired(self, values):
        """Sums over the reals that share their size, (…, D)."""
        if self._width == 1:
            return values
        pairs = values.reshape(*values.shape[:-1], -1, 2).sum(axis=-1)
        return np.repeat(pairs, 2, axis=-1)


def _kick(n, h):
    """What a step leaves of v, and what it makes of the force."""
    if n.inertia.momentum is not None:
        return n.inertia.momentum, 1.0
    return scalar.friction_of(h, n.inertia.mass, n.friction, False)


def _refuse(mechanics):
    policy, heat = mechanics.policy, mechanics.scheduled_temperature
    if mechanics.own_loop:
        raise FlownetError(
            f"a step of {mechanics!r} is not made of one dL, and its tangent map is not known: "
            "Aristotle, Newton, Nesterov, RMSProp, Adam, AdamW, ThierryMieg, Langevin and SAM of "
            "them have one."
        )
    if policy.of_jet or policy.of_state or (heat is not None and heat.of_state):
        raise FlownetError(
            f"{mechanics!r} reads its step or its temperature off the state, and how these change "
            "with the state is not known: a tangent map wants a number, or a function of the "
            "iteration or of the time."
        )
