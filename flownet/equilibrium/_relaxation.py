"""States at one W and some inputs: they relax, they yield to a force, they say what W should do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._errors import FlownetError
from ..kernels.layout import AT_ONCE, DOWNWARDS, EVEN_ODD, FLOW, ODD_EVEN, UPWARDS, Pull

if TYPE_CHECKING:
    from .._types import Vector
    from ._energy import Energy


#: orders in which layers settle, by name
ORDERS = {
    "odd-even": ODD_EVEN,
    "even-odd": EVEN_ODD,
    "upwards": UPWARDS,
    "downwards": DOWNWARDS,
    "at-once": AT_ONCE,
    "flow": FLOW,
}


_CLAMP = 2.0**100  # of a spring that holds


class Manner(NamedTuple):
    """How states relax: sweeps at most of the free and of the nudged phases, and when they stop."""

    order: int
    nudged_order: int
    sweeps: int
    nudged_sweeps: int
    tolerance: float  # −1: never before the last sweep
    step: float  # of a flow


class Relaxed(NamedTuple):
    """How a relaxation ended: sweeps it took, and the largest change of a unit in the last one."""

    sweeps: int
    change: float


def no_pull(dtype: Any) -> Pull:
    """No cost pulls."""
    return Pull(np.zeros((0, 0), dtype), np.zeros(0, dtype))


class Relaxation(ABC):
    """What a system does at one W and m inputs; its states are arrays of its own shape."""

    m: int
    system: Any
    #: whether there are `estimate` and `exact`, which take all phases under springs in one call
    in_one_call = False

    @abstractmethod
    def drive(self, W: Vector, x: Vector) -> None:
        """Take W (D,) and x (m, n_in) for what follows."""

    @abstractmethod
    def rest(self) -> Vector:
        """A state to relax from."""

    @abstractmethod
    def relax(self, s: Vector, pull: Pull, sweeps: int) -> Relaxed:
        """Let s relax in place, from where it is, with a cost that may pull at its outputs."""

    @abstractmethod
    def clamp(self, s: Vector, o: Vector, sweeps: int) -> Relaxed:
        """Let s relax in place, from where it is, with its outputs held at o (m, n_out)."""

    @abstractmethod
    def outputs(self, s: Vector) -> Vector:
        """Outputs (m, n_out) of states."""

    @abstractmethod
    def layers(self, s: Vector) -> list[Vector]:
        """States of each layer, one sample a row; of a system without layers all in one."""

    def rows(self, s: Vector) -> Vector:
        """A state as (m, n), one sample a row."""
        return np.concatenate(self.layers(s), axis=1)

    def start_at(self, states: Vector) -> Vector:
        """A state to relax from, like `rest`: that of such rows (m, n)."""
        s = self.rest()
        layers = self.layers(s)
        ends = np.cumsum([layer.shape[1] for layer in layers])
        for layer, part in zip(layers, np.split(states, ends[:-1], axis=1)):
            layer[...] = part
        return s

    @abstractmethod
    def yields(self, s: Vector, c: Vector) -> tuple[Vector, Relaxed]:
        """v = H⁻¹·c with H = E_ss at s and c (m, n_out) on the outputs: how s moves under a force.

        By conjugate gradients; beside it their steps and the residual, relative to c.
        """

    @abstractmethod
    def along(self, s: Vector, u: Vector, weight: Vector) -> Vector:
        """Σ weight·(∂_s∂_W E)·u (D,): the change of ∂E/∂W along a change u of the state."""

    @abstractmethod
    def difference(self, plus: Vector, minus: Vector, weight: Vector) -> Vector:
        """Σ weight·(∂E/∂W(s⁺) − ∂E/∂W(s⁻)) (D,)."""

    def solve(self, s: Vector, force: Vector) -> tuple[Vector, Relaxed]:
        """v = H⁻¹·force, of a force on every number of the state."""
        raise FlownetError("the state of this system yields to a force on its outputs alone.")

    def series(self, s: Vector, order: int, *, V: Any = None, force: Any = None) -> list[Vector]:
        """Taylor coefficients of the state s, along V (D,), or along a nudge.

        `force` gives the next coefficient (m, n_out) of a cost's force, of those of the state.
        """
        raise FlownetError(
            f"{self.system!r} has no Taylor series of its states, which jets and bias are made of; "
            "flownet.CustomPotential(p.size, p.exact, value=p.value) has jets by differences."
        )

    def estimate(
        self, s: Vector, pulls: list[Pull], weight: Vector
    ) -> tuple[Vector, list[Relaxed]]:
        """Σ weight·(∂E/∂W(s⁺) − ∂E/∂W(s⁻)) of a state s that relaxes freely, and is pulled."""
        raise NotImplementedError

    def exact(
        self, s: Vector, gamma: Vector, y: Vector, weight: Vector
    ) -> tuple[Vector, list[Relaxed]]:
        """−Σ weight·(∂_s∂_W E)·v with H·v = γ·(o − y) of a state s that relaxes freely."""
        raise NotImplementedError

    def output_series(self, series: list[Vector], V: Any = None) -> list[Vector]:
        """Coefficients (m, n_out) of the outputs, of those of a state, along V (D,) if given."""
        return [self.outputs(s) for s in series]

    def seen_series(self, series: list[Vector]) -> list[Vector]:
        """Coefficients of what neighbours see of a state, of those of the state: the same."""
        return series

    def along_seen(self, s: Vector, u: Vector, weight: Vector, *, x: bool) -> Vector:
        """`along`, of what is seen; without x what is bilinear in it alone."""
        raise NotImplementedError

    def first_kink(self, s: Vector, v: Vector, c: Vector) -> float | None:
        """The nudge at which s − β·v first meets a kink; None where units of layers have them."""
        return None

    def on_readout(self, s: Vector, c: Vector, weight: Vector, *, bias: bool = True) -> Any:
        """Σ weight·c·∂o/∂W (D,), of parameters that read outputs off a state: 0 without such.

        Without its `bias` what is linear in the state.
        """
        return 0


class Numerical(Relaxation):
    """Of any energy, by what its class says of it."""

    def __init__(self, system: Energy, m: int, manner: Manner) -> None:
        self.system, self.m, self.manner = system, m, manner
        self.seen = system.n_out  # columns that a cost sees, the last ones

    def drive(self, W, x):
        """Take W (D,) and x (m, n_in) for what follows."""
        self.W, self.x = W, x

    def rest(self):
        """A state to relax from."""
        return self.system.rest(self.m)

    def outputs(self, s):
        """Outputs (m, n_out) of states."""
        return s[:, -self.seen :]

    def relax(self, s, pull, sweeps):
        """Block by block where the system says how, else by descent."""
        taken, change, rate = 0, np.inf, self._rate(pull)
        while taken < sweeps:
            new = self._settled(s, pull)
            change = float(np.abs(new - s).max(initial=0.0)) / rate
            s[...] = new
            taken += 1
            if change <= self.manner.tolerance or change != change:
                break
        return Relaxed(taken, change)

    def clamp(self, s, o, sweeps):
        """Outputs on springs so stiff that rounding is all they give; without `settle`, at rest."""
        held = np.full(o.shape[1], _CLAMP if self.system.settles else 0.0, s.dtype)
        pull, taken, change = Pull(held * o, held), 0, np.inf
        rate = self._rate(pull)
        while taken < sweeps:
            self.outputs(s)[...] = o
            new = self._settled(s, pull)
            self.outputs(new)[...] = o
            change = float(np.abs(new - s).max(initial=0.0)) / rate
            s[...] = new
            taken += 1
            if change <= self.manner.tolerance or change != change:
                break
        return Relaxed(taken, change)

    def _settles(self, pull):
        return self.system.settles and self.manner[pull.held.size > 0] != FLOW

    def _rate(self, pull):
        """What a change is divided by: of a flow its step, as a short one is no arrival."""
        return 1.0 if self._settles(pull) else self.manner.step

    def _settled(self, s, pull):
        if self._settles(pull):
            return self.system.settle(self.W, self.x, s, pull)
        slope = self.system.slope(self.W, self.x, s)
        if pull.held.size:
            slope[:, -self.seen :] += pull.held * self.outputs(s) - pull.drive
        return s - self.manner.step * slope

    def yields(self, s, c):
        """Conjugate gradients on the system's curvature, each sample for itself."""
        force = np.zeros_like(s)
        force[:, -self.seen :] = c
        return self.solve(s, force)

    def solve(self, s, force):
        """The same of a force on every number of the state."""
        r = force.copy()
        v, p, square = np.zeros_like(s), r.copy(), (r * r).sum(axis=1)
        begun, taken = square.max(initial=0.0), 0
        eps = np.finfo(self.system.dtype).eps
        while taken < 2 * self.system.states and square.max(initial=0.0) > eps**2 * begun:
            q = self.system.curvature(self.W, self.x, s, p)
            bend = (p * q).sum(axis=1)
            along = np.divide(square, bend, out=np.zeros_like(square), where=bend != 0)[:, None]
            v, r = v + along * p, r - along * q
            new = (r * r).sum(axis=1)
            share = np.divide(new, square, out=np.zeros_like(new), where=square > 0)[:, None]
            p, square, taken = r + share * p, new, taken + 1
        left = float(np.sqrt(square.max(initial=0.0) / begun)) if begun > 0 else 0.0
        return v, Relaxed(taken, left)

    def along(self, s, u, weight):
        """By central differences of the covector."""
        size = np.abs(u).max(initial=0.0)
        h = np.cbrt(np.finfo(self.system.dtype).eps) / (size or 1.0)
        return self.difference(s + h * u, s - h * u, weight / (2 * h))

    def difference(self, plus, minus, weight):
        """Of the two covectors."""
        covector, W, x = self.system.covector, self.W, self.x
        return (covector(W, x, plus, weight) - covector(W, x, minus, weight)).real

    def first_kink(self, s, v, c):
        """None that is known."""
        return np.inf if self.system.smooth else np.nan

    def layers(self, s):
        """One array (m, n) for all of the state."""
        return [s]
