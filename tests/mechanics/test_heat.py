"""Heat baths: Langevin's mechanics and Newton's at a temperature."""

from collections import deque

import numpy as np
import pytest
import twins
from counter_based import philox
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.kernels.cpu.motion.thermal import add_thermal_noise

CASE = twins.case(96_000, [3, 4, 2], ["tanh"], "quadratic", m=9)
BATHS = {
    "langevin": fn.Langevin(0.02, 1e-3),
    "newton": fn.Newton(0.1, 1.2, 0.5, temperature=1e-3),
    "leapfrog": fn.Newton(0.1, 1.2, 0.5, "leapfrog", temperature=1e-3),
    "explicit": fn.Newton(0.1, 1.2, 0.5, "explicit", temperature=1e-3),
}
every_bath = pytest.mark.parametrize("name", BATHS)


def variance(mechanics, kappa=1.0, size=10_000, after=100, every=20, rows=10, metric=None):
    """Of independent parameters on a parabola, and four standard errors of it."""
    run = fn.train(
        fn.Parabola(size, strength=kappa),
        mechanics,
        W0=np.zeros(size),
        seed=7,
        steps=after + every * rows,
        record_every=every,
        metric=metric,
    )
    W = run.parameters[:][after // every :]
    return np.mean(W**2), 4 * np.sqrt(2 / W.size) * np.mean(W**2)


def test_normal_numbers():
    """Moments, and no correlation between places, iterations or seeds."""
    x = np.zeros((3, 200_000))
    for row, key in zip(x, ((1, 0), (1, 1), (2, 0))):
        add_thermal_noise(row, 1.0, *key, 0)
    error = 4 / np.sqrt(x.shape[1])
    assert np.abs(x.mean(axis=1)).max() < error
    assert np.abs((x**2).mean(axis=1) - 1).max() < np.sqrt(2) * error
    assert np.abs((x**3).mean(axis=1)).max() < np.sqrt(15) * error
    assert np.abs((x**4).mean(axis=1) - 3).max() < np.sqrt(96) * error
    assert np.abs(np.corrcoef(x) - np.eye(3)).max() < error
    for lag in (1, 2, 3):
        assert np.abs((x[:, lag:] * x[:, :-lag]).mean(axis=1)).max() < error
    part = np.zeros(7)
    for begin in (12, 13):  # a number belongs to its place, whatever range is asked for
        part[:] = 0
        add_thermal_noise(part, 1.0, 1, 0, begin)
        np.testing.assert_array_equal(part, x[0, begin : begin + 7])


def test_noise_is_philox_through_box_and_muller():
    """Words keyed (seed, iteration, pair of places) on their own stream, in plain Python."""
    seed, iteration, found = 2**40 + 5, 2**33 + 7, np.zeros(9)
    add_thermal_noise(found, 2.0, seed, iteration, 0)
    for block in range(5):
        w = philox((block, iteration % 2**32, iteration >> 32, 5), (seed % 2**32, seed >> 32))
        p = (((w[0] << 32 | w[1]) >> 11) + 1) * 2.0**-53
        angle = 2 * np.pi * ((w[2] << 32 | w[3]) >> 11) * 2.0**-53
        pair = 2 * np.sqrt(-2 * np.log(p)) * np.array([np.cos(angle), np.sin(angle)])
        close(found[2 * block : 2 * block + 2], pair[: 9 - 2 * block], kind="rounding")


@pytest.mark.parametrize("h", [0.2, 1.0, 1.5])
def test_langevin_on_the_parabola(h):
    """Variance T/(1 − h/2), which at these steps is not T."""
    T = 0.7
    found, error = variance(fn.Langevin(h, T), after=200 if h < 1 else 60)
    assert abs(found - T / (1 - h / 2)) < error < abs(found - T)


def test_langevin_in_a_metric():
    """g(W, W) is T/(1 − hκ/2g) for each parameter of stiffness g on a parabola of κ = g·1."""
    metric = fn.DiagonalMetric(np.full(10_000, 4.0))
    found, error = variance(fn.Langevin(0.5, 0.7), kappa=4.0, metric=metric)
    assert abs(4 * found - 0.7 / (1 - 0.25)) < 4 * error


@pytest.mark.parametrize("integrator", ["semi-implicit", "leapfrog"])
@pytest.mark.parametrize("h, mass, friction, kappa", [(0.6, 1.0, 1.0, 1.0), (1.0, 0.8, 2.0, 1.5)])
def test_newton_in_a_heat_bath(integrator, h, mass, friction, kappa):
    """Variance (T/κ)·c/(1 − κh²/4mc), c = (τ/2)·coth(τ/2), τ = λh/m."""
    half = friction * h / mass / 2
    c = half / np.tanh(half)
    found, error = variance(fn.Newton(h, mass, friction, integrator, temperature=0.7), kappa)
    expected = 0.7 / kappa * c / (1 - kappa * h * h / (4 * mass * c))
    assert abs(found - expected) < error < abs(found - 0.7 / kappa)


@every_bath
def test_velocities_are_maxwells(name):
    """Without a force E g(v, v) = T/m for each parameter, whatever the step."""
    if name == "langevin":
        pytest.skip("has no velocity")
    mechanics, size = BATHS[name], 10_000
    p = 1e-9 * fn.Parabola(size)
    state = deque(fn.states(p, mechanics, W0=np.zeros(size), steps=200), maxlen=1).pop()
    found = np.mean(state.velocity**2)
    expected = mechanics.temperature / mechanics.mass
    assert abs(found - expected) < 4 * np.sqrt(2 / size) * expected


@every_bath
def test_bits(name, tmp_path):
    """Keyed by seed: the same when resumed, in Python, with more threads or ranges of a metric."""
    p, (W0, _), mechanics = twins.potential(CASE), twins.point(CASE), BATHS[name]
    words = dict(W0=W0, batch_size=4, seed=3)
    whole = fn.train(p, mechanics, steps=60, **words)
    other = fn.train(p, mechanics, steps=60, **{**words, "seed": 4})
    assert (whole.parameters[1] != other.parameters[1]).all()
    fn.train(p, mechanics, steps=25, store=tmp_path / "run.h5", **words).close()
    longer = fn.resume(tmp_path / "run.h5", steps=60)
    ranges = fn.train(p, mechanics, steps=60, metric=fn.LayerMetric(p.network, [1, 1]), **words)
    threads = fn.train(p, mechanics, steps=60, threads=1, **words)
    for run in (longer, ranges, threads):
        np.testing.assert_array_equal(run.parameters[:], whole.parameters[:])
    *_, last = fn.states(p, mechanics, steps=60, **words)
    np.testing.assert_array_equal(last.W, whole.parameters[-1])

    class Program:
        size, value, differential = p.size, p.value, staticmethod(p.differential)

    found = [fn.train(q, mechanics, W0=W0, steps=60, seed=3).parameters[:] for q in (p, Program())]
    np.testing.assert_allclose(*found, rtol=0, atol=1e-12)


@every_bath
def test_frozen_parameters_stay_cold(name):
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    run = fn.train(p, BATHS[name], W0=W0, steps=20, metric=fn.LayerMetric(p.network, [np.inf, 1]))
    frozen = slice(*p.network.ranges[0])
    assert (run.parameters[:, frozen] == W0[frozen]).all()
    assert (run.parameters[-1, frozen.stop :] != W0[frozen.stop :]).all()


def test_without_heat_langevin_is_aristotle():
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    runs = [fn.train(p, m, W0=W0, steps=30) for m in (fn.Langevin(0.1, 0.0), fn.Aristotle(0.1))]
    np.testing.assert_array_equal(runs[0].parameters[:], runs[1].parameters[:])


MISTAKES = {
    "cold": (lambda: fn.Langevin(0.1, -1), "temperature is -1"),
    "a bath without friction": (
        lambda: fn.Newton(0.1, friction=0, temperature=1),
        "without friction",
    ),
    "a flow": (
        lambda: fn.flow(fn.Parabola(1), W0=np.ones(1), time=1, mechanics=fn.Langevin(0.1, 1.0)),
        "has no flow",
    ),
    "Newton's flow": (
        lambda: fn.flow(
            fn.Parabola(1), W0=np.ones(1), time=1, mechanics=fn.Newton(0.1, temperature=1.0)
        ),
        "has no flow",
    ),
    "along the slope": (lambda: fn.Langevin("linear:0.1", 1.0), "does not move along it"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
