"""Orbits, in closed form and compiled, and the echo that returns to where they began."""

import numpy as np
import pytest
from moving_systems import KINDS, orbit
from states_at_rest import differences, off

import flownet as fn
from flownet.equilibrium.actions._orbits import Orbits


@pytest.mark.parametrize("kind", KINDS)
def test_an_echo_returns_to_where_the_orbit_began(kind, holds):
    potential, W = orbit(kind, steps=400)
    holds("an echo returns", potential.returns(W), 1e-13)


@pytest.mark.parametrize("kind", ["oscillators", "neural"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_compiled_orbits_are_those_of_numpy(kind, dtype):
    potential, W = orbit(kind, dtype=dtype, estimator="one-sided", nudge=0.3)
    plain = potential.changed()
    plain._orbits = Orbits(plain.system, plain._cost)
    (loss, dL), (other, slow) = potential.differential(W), plain.differential(W)
    eps = float(np.finfo(dtype).eps)
    assert loss == pytest.approx(other, rel=100 * eps)
    assert dL.dtype == dtype
    assert off(dL, slow) < 1e4 * eps
    (loss, dL), (other, slow) = potential.exact(W), plain.exact(W)
    assert loss == pytest.approx(other, rel=100 * eps)
    assert dL.dtype == dtype
    assert off(dL, slow) < 100 * eps


def test_orbit_of_a_harmonic_oscillator_is_known():
    """Verlet's own frequency: cos(ω·dt) = 1 − κ·dt²/2."""
    system = fn.Verlet(fn.Oscillators(1), steps=50, time=10.0, begins=True)
    W, dt = np.array([1.7, 0.0]), system.dt
    q, p = system.orbit(W, np.array([[1.0, 0.0]]))
    omega = np.arccos(1 - 1.7 * dt**2 / 2) / dt
    assert np.abs(q[0, :, 0] - np.cos(omega * dt * np.arange(51))).max() < 1e-13
    conserved = p[0, :, 0] ** 2 + 1.7 * (1 - 1.7 * dt**2 / 4) * q[0, :, 0] ** 2
    assert np.ptp(conserved) < 1e-13  # Verlet's own energy


def test_friction_spoils_an_echo():
    """A step that is not reversible learns another covector, whatever the nudge."""

    class Rubbed(fn.Verlet):
        def step(self, W, u, here, there, q, p):
            q, p = super().step(W, u, here, there, q, p)
            return q, p * (1 - 0.1 * self.dt)

    potential, W = orbit("oscillators", nudge=1e-3)
    rubbed = Rubbed(**{**potential.system.parameters(), "mechanical": potential.system.mechanical})
    spoilt = potential.changed(system=rubbed)
    spoilt._orbits = Orbits(rubbed, spoilt._cost)
    dL = differences(spoilt.value, W)
    assert off(spoilt.differential(W)[1], dL) > 0.05
    assert off(potential.differential(W)[1], differences(potential.value, W)) < 1e-5
