"""Nudges of a quadratic energy, all in closed form."""

import numpy as np
import pytest
from nudged_systems import QUADRATIC, system
from states_at_rest import off

import flownet as fn


class Quadratic:
    """An energy ½sᵀQs − s·J and a cost ½|Ps − y|² in closed form."""

    def __init__(self, potential, W):
        system, x = potential.system, potential.phases.x
        self.y, ends = potential.data.y, np.cumsum([0, *system.sizes[1:]])
        self.Q = np.zeros((ends[-1], ends[-1]), W.dtype)
        self.J = np.zeros((len(x), ends[-1]), W.dtype)
        for i, part in enumerate(system.network.parts(W)):
            below, own = (slice(ends[max(k, 0)], ends[k + 1]) for k in (i - 1, i))
            self.J[:, own] += part.bias
            if i:
                self.Q[own, below], self.Q[below, own] = -part.weights, -part.weights.T
            else:
                self.J[:, own] += x @ part.weights.T
            if isinstance(system, fn.Resistive):
                self.Q[own, own] += np.diag(part.weights.sum(axis=1))
                self.Q[below, below] += np.diag(part.weights.sum(axis=0)) if i else 0
            else:
                self.Q[own, own] += np.eye(len(part.bias))
        self.out = slice(*ends[-2:])
        self.S = np.linalg.inv(self.Q)[self.out, self.out]
        self.e = self.at(0.0)[:, self.out] - self.y

    def at(self, nudge):
        """s_β = (Q + βPᵀP)⁻¹(J + βPᵀy)."""
        Q, J = self.Q.copy(), self.J.copy()
        Q[self.out, self.out] += nudge * np.eye(len(self.S))
        J[:, self.out] += nudge * self.y
        return np.linalg.solve(Q, J.T).T

    def averaged(self, estimator, b):
        """L̄: ½e·(1+βS)⁻¹e, ½e·(1−β²S²)⁻¹e, or of N points ½e·(1−(−βS)ᴺ)⁻¹e."""
        bS, one = b * self.S, np.eye(len(self.S))
        points = {"one-sided": 1, "symmetric": 2}.get(str(estimator)) or estimator["points"]
        power = np.linalg.matrix_power(-bS, points)
        return 0.5 * np.einsum("si,ij,sj->s", self.e, np.linalg.inv(one - power), self.e).mean()


@pytest.mark.parametrize("name", QUADRATIC)
def test_closed_forms_of_a_quadratic_energy(name, holds):
    potential, W = system(name, nudge=0.3)
    closed, b, claim = Quadratic(potential, W), 0.3, "closed forms of quadratic energies"
    for nudge in (0.0, b, -b):
        s = np.concatenate(potential.relax(W, nudge=nudge), axis=1)
        holds(claim, off(s, closed.at(nudge)), 1e-11)
        e = np.linalg.solve(np.eye(len(closed.S)) + nudge * closed.S, closed.e.T).T
        holds(claim, off(s[:, closed.out] - closed.y, e), 1e-11)
    for estimator in ("one-sided", "symmetric"):
        averaged = potential.changed(estimator=estimator).averaged(points=24)
        wanted = closed.averaged(estimator, b)
        holds(claim, abs(averaged.value(W) / wanted - 1), 1e-11)


@pytest.mark.parametrize(
    ("name", "estimator"),
    [(name, each) for name in QUADRATIC for each in ("one-sided", "symmetric")]
    + [("identity", {"kind": "contour", "points": n}) for n in (3, 4)],
)
def test_estimates_of_a_quadratic_energy_are_differentials_of_its_closed_form(
    name, estimator, holds
):
    potential, W = system(name, nudge=0.3, estimator=estimator)
    h = 1e-30  # a complex step: no difference is taken
    wanted = [Quadratic(potential, W + 1j * h * e).averaged(estimator, 0.3) for e in np.eye(W.size)]
    apart = off(potential.differential(W)[1], np.imag(wanted) / h)
    holds("closed forms of quadratic energies", apart, 1e-11)


@pytest.mark.parametrize("name", QUADRATIC)
def test_frozen_force_of_a_quadratic_energy_is_exact_at_any_nudge(name, holds):
    potential, W = system(name, nudge=10.0, force="frozen")
    apart = off(potential.differential(W)[1], potential.exact(W)[1])
    holds("closed forms of quadratic energies", apart, 1e-11)
