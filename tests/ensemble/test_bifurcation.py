"""Where finite maps go: the double well's cascade, cycles of networks, momentum, figures."""

import pickle

import numpy as np
import pytest
from mistakes import told_in_one_line
from mpmath import mp, mpf
from tolerance import close

import flownet as fn
from flownet.ensemble.attractors import _cycles
from flownet.ensemble.attractors._cycles import FiniteMap, cycle_near


@pytest.fixture(scope="module")
def regular():
    """XOR by a 2-4-1 tanh network with a weight decay, whose minima are points."""
    xor = fn.Potential(fn.Network([2, 4, 1]), fn.Quadratic(), fn.data.load("xor"))
    return xor + 0.01 * fn.Parabola(17)


def cascade(period, guess):
    """r where the multiplier of a cycle of y ← (1 + r)y − ry³, y = W/c, is −1, in forty digits."""
    mp.dps = 40

    def equations(*found):
        r, states = found[0], found[1:]
        after = [(1 + r) * y - r * y**3 for y in states]
        slope = mp.fprod(1 + r - 3 * r * y**2 for y in states)
        return [a - b for a, b in zip(after, [*states[1:], states[0]])] + [slope + 1]

    r, y = mpf(guess), mpf("0.3")
    for _ in range(20_000):
        y = (1 + r) * y - r * y**3
    states = []
    for _ in range(period):
        states.append(y)
        y = (1 + r) * y - r * y**3
    return mp.findroot(equations, [r, *states], tol=1e-30)[0]


# guesses lie where the cycle attracts; the last r is beyond it
CASCADE = [
    (1, 0.97, (1.5, 2.4)),
    (2, 1.2, (2.1, 2.56)),
    (4, 1.28, (2.5, 2.59)),
    (8, 1.297, (2.578, 2.62)),
]


@pytest.mark.parametrize("period, guess, bracket", CASCADE)
def test_the_double_wells_cascade(period, guess, bracket):
    """r = hαc²/2 = 1, √5 − 1, 1.288…: to 1e-10 of a root in forty digits."""
    exact = float(cascade(period, guess))
    known = {1: 1.0, 2: np.sqrt(5) - 1, 4: 1.288, 8: 1.299}[period]
    assert exact == pytest.approx(known, abs=5e-4)
    found = fn.period_doubling(fn.DoubleWell(), W0=[0.3], bracket=bracket, period=period)
    assert abs(found.step / 2 - exact) < 1e-10
    assert found.period == period and found.cycle.shape == (period, 1)
    assert abs(found.multiplier + 1) < 1e-9 and float(found) == found.step


def test_other_wells_double_at_the_same_r():
    well = fn.DoubleWell(alpha=0.7, c=1.6)
    scale = 0.7 * 1.6**2 / 2
    found = fn.period_doubling(well, W0=[0.5], bracket=(2.1 / 2 / scale, 2.5 / 2 / scale), period=2)
    assert found.step * scale == pytest.approx(np.sqrt(5) - 1, abs=1e-10)


def test_in_a_metric_and_with_momentum():
    """Stiffness divides the step; Polyak's first doubling is at (2 + 2β)/λ, λ = L″(c) = 1."""
    stiff = fn.period_doubling(
        fn.DoubleWell(), W0=[0.3], bracket=(4.0, 7.0), metric=fn.DiagonalMetric([3.0])
    )
    assert stiff.step == pytest.approx(6.0, abs=1e-10)
    heavy = fn.period_doubling(
        fn.DoubleWell(), W0=[0.8], bracket=(2.0, 2.8), mechanics=fn.Newton(1.0, momentum=0.3)
    )
    assert heavy.step == pytest.approx(2 + 2 * 0.3, abs=1e-10)
    nesterov = fn.period_doubling(
        fn.DoubleWell(), W0=[0.9], bracket=(1.2, 1.8), mechanics=fn.Nesterov(1.0, 0.3)
    )
    assert nesterov.step == pytest.approx((2 + 2 * 0.3) / (1 + 2 * 0.3), abs=1e-10)


def test_a_network_doubles_at_2_over_its_sharpness(regular):
    W0 = regular.init(0)
    found = fn.period_doubling(regular, W0=W0, bracket=(0.4, 0.8), transient=20_000)
    assert 2 / fn.sharpness(regular, found.cycle[0], rtol=1e-12) == pytest.approx(found.step, 1e-9)
    run = fn.train(regular, fn.Aristotle(found.step), W0=found.cycle[0], steps=1)
    close(run.parameters[1], found.cycle[0], kind="solver")


@pytest.mark.slow
def test_a_network_in_operators_is_the_network_in_matrices(regular, monkeypatch):
    """Beyond 256 numbers the map of a cycle is applied, never stored."""
    words = {"W0": regular.init(0), "bracket": (0.5, 0.7), "transient": 20_000}
    dense = fn.period_doubling(regular, **words)
    monkeypatch.setattr(_cycles, "_DENSE", 5)
    applied = fn.period_doubling(regular, **words)
    assert applied.step == pytest.approx(dense.step, rel=1e-8)


# ---- the diagram ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diagram():
    return fn.bifurcation(fn.DoubleWell(), np.linspace(1.81, 4.1, 24), W0=[0.3])


def test_periods_of_the_double_well(diagram):
    r = diagram.step / 2
    assert (diagram.period[r < 1] == 1).all()
    assert (diagram.period[(r > 1.001) & (r < 1.236)] == 2).all()
    assert diagram.period[-1] == -1 and np.isnan(diagram.values[-1]).all()
    assert diagram.period[r.searchsorted(1.99) - 1] == 0 and np.nanmax(diagram.exponent) > 0.9


def test_multipliers_of_the_double_well(diagram):
    """Period 1: 1 − hL″(c) = 1 − 2r. Period 2: y₁y₂ and y₁² + y₂² of the cycle, in closed form."""
    r = diagram.step / 2
    one, two = diagram.period == 1, diagram.period == 2
    close(diagram.multiplier[one], 1 - 2 * r[one], kind="reference")
    # states with y₁ + y₂ = s, y₁y₂ = q: subtracting the equations gives s² − q = (2 + r)/r, and
    # adding them s² − 3q = 1, so q = 1/r; the slope is the product of 1 + r − 3ry²
    q = 1 / r[two]
    squares = 1 + q
    slope = (1 + r[two]) ** 2 - 3 * r[two] * (1 + r[two]) * squares + 9 * r[two] ** 2 * q**2
    close(diagram.multiplier[two], slope, kind="solver")
    close(diagram.exponent[two], np.log(np.abs(slope)) / 2, kind="solver")


def test_doublings_are_marked_where_they_are():
    found = fn.bifurcation(fn.DoubleWell(), np.linspace(1.9, 2.6, 36), W0=[0.3])
    assert [d.period for d in found.doublings[:3]] == [1, 2, 4]
    close([d.step / 2 for d in found.doublings[:2]], [1.0, np.sqrt(5) - 1], kind="solver")
    assert "period 2 doubles at the step 2.472135955" in str(found)


def test_slow_convergence_is_no_cycle():
    """A thousandth below the doubling states still swing, with a period that is 1 all the same."""
    found = fn.bifurcation(fn.DoubleWell(), [1.999, 2.001], W0=[0.3], transient=300)
    assert np.ptp(found.values[0]) > 1e-3
    assert list(found.period) == [1, 2]


def test_values_are_those_of_training(regular):
    """To the bit, whether the transient went through lanes or not."""
    W0, steps = regular.init(3), [0.3, 0.7, 1.1]
    found = fn.bifurcation(regular, steps, W0=W0, transient=50, kept=10)
    lone = fn.bifurcation(
        regular, [fn.Aristotle(h) for h in steps], W0=W0, transient=50, kept=10, observe="loss"
    )
    for h, values, losses in zip(steps, found.values, lone.values):
        run = fn.train(regular, fn.Aristotle(h), W0=W0, steps=60)
        assert np.array_equal(values, run.parameters[50:60])
        close(losses, run.loss[50:60], kind="reference")


@pytest.mark.parametrize("mechanics", [fn.Nesterov(1.0, 0.5), fn.Adam(0.1)], ids=repr)
def test_mechanics_that_remember(regular, mechanics):
    W0 = regular.init(3)
    found = fn.bifurcation(regular, [0.01, 0.02], W0=W0, mechanics=mechanics, transient=40, kept=5)
    run = fn.train(regular, mechanics.with_step(0.02), W0=W0, steps=45)
    assert np.array_equal(found.values[1], run.parameters[40:45])


def test_projections_and_directions(regular):
    W0, rng = regular.init(3), np.random.default_rng(0)
    directions = rng.normal(size=(2, 17))
    words = {"W0": W0, "transient": 20, "kept": 6}
    whole = fn.bifurcation(regular, [0.3, 0.5], **words)
    two = fn.bifurcation(regular, [0.3, 0.5], observe=directions, **words)
    one = fn.bifurcation(regular, [0.3, 0.5], observe=directions[0], **words)
    close(two.values, whole.values @ directions.T, kind="reference")
    close(one.values, two.values[..., 0], kind="reference")


def test_a_multiplier_of_a_network_is_that_of_its_dense_product(regular):
    found = fn.bifurcation(regular, [1.0, 1.2], W0=regular.init(0), transient=20_000, observe="W")
    for h, period, multiplier, values in zip(
        found.step, found.period, found.multiplier, found.values
    ):
        assert period == 2
        J = np.eye(17)
        for W in values[-period:]:
            J = (np.eye(17) - h * regular.hessian(W) @ np.eye(17)) @ J
        mu = np.linalg.eigvals(J)
        assert multiplier == pytest.approx(mu[np.abs(mu).argmax()].real, abs=1e-6)


def test_cycles_of_adam_have_their_memories():
    """Adam's fixed point on a parabola that it swings about: a cycle of W, ⟨F⟩ and ⟨F²⟩."""
    potential, mechanics = fn.DoubleWell(), fn.RMSProp(0.05, memory=0.5, epsilon=0.1)
    W, metric = np.array([0.9]), fn.Euclidean(1)
    of = FiniteMap(potential, mechanics, metric, W)
    state = of.walk(np.array([W, [0.1]]), 4000)[1]
    cycle = cycle_near(of, state, 2)
    assert cycle is not None
    close(of.walk(cycle.states[0], cycle.period)[1], cycle.states[0], kind="reference", scale=10)


def test_the_result_prints_pickles_and_draws(diagram):
    import matplotlib as mpl

    mpl.use("Agg")
    again = pickle.loads(pickle.dumps(diagram))
    assert np.array_equal(again.values, diagram.values, equal_nan=True)
    assert "diverges" in str(diagram) and "<table>" in diagram._repr_html_()
    figure = fn.plot.bifurcation(diagram, title="the double well")
    above, beneath = figure.axes
    assert figure.get_suptitle() == "the double well"
    dots = above.collections[0] if above.collections else above.lines[0]
    assert dots.get_rasterized()
    assert "exponent" in beneath.get_ylabel()
    with told_in_one_line("cannot be drawn"):
        fn.plot.bifurcation(3)


def test_a_figure_of_what_has_several_values(regular):
    found = fn.bifurcation(regular, [0.3, 0.5], W0=regular.init(3), transient=20, kept=6)
    with told_in_one_line("17 values a state"):
        fn.plot.bifurcation(found)


def test_mistakes(regular):
    well = fn.DoubleWell()
    for call, said in (
        (lambda: fn.bifurcation(well, [0.1, -1], W0=[0.3]), "numbers above 0"),
        (lambda: fn.bifurcation(well, 0.1, W0=[0.3]), "numbers above 0"),
        (lambda: fn.bifurcation(well, [0.1], W0=[0.3], kept=1), "kept is 1"),
        (lambda: fn.bifurcation(well, [0.1], W0=[0.3], observe="mean"), "observe is 'mean'"),
        (lambda: fn.bifurcation(well, [0.1], W0=[0.3], observe=[1.0, 2.0]), "directions are"),
        (lambda: fn.bifurcation(well, [0.1], W0=[0.3], mechanics=0.1), "mechanics is 0.1"),
        (lambda: fn.bifurcation(well, [fn.Aristotle("cosine:0.1:50")], W0=[0.3]), "many lengths"),
        (lambda: fn.period_doubling(well, W0=[0.3], bracket=(2, 1)), "smaller one first"),
        (lambda: fn.period_doubling(well, W0=[0.3], bracket=(1, 1.5)), "does not cross −1"),
        (
            lambda: fn.period_doubling(well, W0=[0.3], bracket=(2.1, 2.4)),
            "period 1, an unstable one",
        ),
        (lambda: fn.period_doubling(well, W0=[0.3], bracket=(5, 6)), "to none"),
        (lambda: fn.period_doubling(well, W0=[0.3], bracket=(1, 3), period=0), "period is 0"),
        (
            lambda: fn.period_doubling(
                well, W0=[0.3], bracket=(1, 3), mechanics=fn.Langevin(0.1, temperature=0.1)
            ),
            "no heat",
        ),
    ):
        with told_in_one_line(said):
            call()
