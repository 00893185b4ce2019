"""The bias of the nudge by its powers, of systems whose states have no Taylor series."""

import numpy as np
import pytest
from moving_systems import KINDS, orbit, path
from states_at_rest import setting as hopfield
from test_complex_states import setting as of_complex
from test_dynamics import Rotor, setting as without_energy

import flownet as fn
from flownet.equilibrium import Energy
from flownet.equilibrium._jets import fitted_jet, series_jet


class Quartic(Energy):
    """Two coordinates of E = ½|s|² + ¼Σs⁴ + ½s₁s₂ − θ·s, by its three functions alone."""

    size, states, n_in, n_out, step = 2, 2, 1, 1, 0.3

    def energy(self, W, x, s):
        own = 0.5 * s**2 + 0.25 * s**4 - W * s
        return own.sum(axis=1) + 0.5 * s[:, 0] * s[:, 1]

    def slope(self, W, x, s):
        return s + s**3 + 0.5 * s[:, ::-1] - W

    def covector(self, W, x, s, weight):
        return -(weight @ s)


class Kinked(Quartic):
    """The same with a spring that begins where the free output is: nudges to either side differ."""

    smooth, begins = False, 1e9

    def slope(self, W, x, s):
        return super().slope(W, x, s) + [0, 3] * np.maximum(s - self.begins, 0)


def own(kind=Quartic, **words):
    data = fn.Dataset(np.zeros((1, 1)), np.array([[0.8]]))
    return fn.Equilibrium(kind(), fn.Quadratic(), data, **{"nudge": 0.05, **words}), np.array(
        [0.7, 0.4]
    )


def made(name, **words):
    """A potential and its parameters."""
    what, _, kind = name.partition(" ")
    if what in ("path", "orbit"):
        return {"path": path, "orbit": orbit}[what](kind, **words)
    if what == "without":
        return without_energy(Rotor() if kind == "rotor" else None, **words)
    return {"complex": of_complex, "own": own}[what](**words)


NAMES = [
    *(f"{what} {kind}" for what in ("path", "orbit") for kind in KINDS),
    *("complex", "own", "without rotor", "without units"),
]


@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
@pytest.mark.parametrize("name", NAMES)
def test_bias_is_the_sum_of_its_powers(name, estimator, holds):
    potential, W = made(name, estimator=estimator, nudge=0.02)
    dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
    bias, size = potential.bias(W, 8), np.linalg.norm(dL)
    left = np.linalg.norm(estimate - dL - bias.sum(axis=0)) / size
    holds("bias less its fitted powers / ‖dL‖", left, 1e-8)
    if estimator != "richardson":  # whose bias is near the last digits
        assert np.linalg.norm(estimate - dL) > 1e2 * left * size


@pytest.mark.parametrize(("estimator", "slope"), [("one-sided", 2), ("symmetric", 4)])
@pytest.mark.parametrize("name", NAMES)
def test_bias_less_its_first_term(name, estimator, slope, holds):
    large, left = 0.02 if slope == 4 else 0.002, []
    for nudge in (2 * large, large):
        potential, W = made(name, estimator=estimator, nudge=nudge)
        bias = potential.differential(W)[1] - potential.exact(W)[1]
        left.append(np.abs(bias - potential.bias(W, slope // 2 + 1)[-1]).max())
    off_by = abs(np.log2(left[0] / left[1]) - slope)
    holds("bias less its first fitted term: slope off 2 or 4", off_by, 0.1)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid4"])
def test_fitted_powers_are_those_of_the_series(activation, holds):
    system, W, data = hopfield(activation, scale=0.2)
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1)
    with potential.phases.at(W) as at:
        exact = series_jet(at, 5)
        other = potential.changed(nudge=0.3)

        def change(nudge):
            with other.phases.at(W) as there:
                return there.covector(there.nudged(nudge)) - there.covector(there.free)

        found = fitted_jet(change, at.exact(), 5, system)
    apart = np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)
    for power, within in enumerate((1e-11, 1e-8, 1e-7, 1e-5, 1e-4)):
        holds(f"fitted power {power + 1} of the nudge beside the series", apart[power], within)


@pytest.mark.parametrize("name", ["path neural", "orbit own", "own", "complex", "without units"])
def test_a_breakdown_tells_the_bias_by_powers(name, holds):
    potential, W = made(name, estimator="one-sided")
    b = fn.breakdown(potential, W, 0.05)
    terms = b.linear + b.second + b.third + b.remainder
    holds("breakdown's terms beside what was delivered", abs(terms / b.actual - 1), 1e-12)
    dL = potential.exact(W)[1]
    seen = dL.view(float)  # δ of complex parameters is that of their reals
    assert b.linear == pytest.approx(seen @ b.taken.delta.view(float), rel=1e-9)
    parts = b.split("nudge")
    assert parts.descent < 0 and abs(parts.left) < 1e-6 * abs(parts.descent)
    assert parts.descent + parts.bias.sum() + parts.left == pytest.approx(parts.linear, rel=1e-9)


@pytest.mark.parametrize("name", ["hopfield", "path neural", "orbit own", "complex"])
def test_sharpness_by_differences_of_the_exact_covector(name, holds):
    if name == "hopfield":
        system, W, data = hopfield("tanh", scale=0.2)
        potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1)
    else:
        potential, W = made(name)
    H = potential.hessian(W)
    rows = np.stack([H @ e for e in np.eye(H.shape[1])])
    asymmetry = np.abs(rows - rows.T).max() / np.abs(rows).max()
    holds("Hessian by differences: asymmetry / largest element", asymmetry, 1e-8)
    V = np.random.default_rng(3).normal(size=len(rows)).astype(float)
    along = V.view(complex) if name == "complex" else V
    second = 2 * potential.jet(W, along, 2)[2]
    holds("V·H·V beside the jet", abs(V @ rows @ V / second - 1), 1e-7)
    assert fn.sharpness(potential, W) == pytest.approx(np.linalg.eigvalsh(rows)[-1], rel=1e-6)


def test_a_nudge_that_keeps_the_bias_at_a_share():
    potential, W = own(nudge="bias:0.01", estimator="one-sided")
    dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
    assert np.linalg.norm(estimate - dL) == pytest.approx(0.01 * np.linalg.norm(dL), rel=0.1)


def test_kinks_and_jumps_are_told():
    potential, W = own(Kinked)
    potential.system.begins = potential.relax(W)[0][0, 1]
    with pytest.raises(fn.FlownetError, match="no power series in the nudge") as error:
        potential.bias(W)
    assert "\n" not in str(error.value)
