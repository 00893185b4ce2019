"""A finite run beside its flow: closed forms, the power of the step, files, tables, mistakes."""

from html import escape

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn
from flownet.desk import cli
from flownet.linearization.departure import _measure as _departure, straight_gap
from flownet.motion.flow import _integrate

RTOL = 1e-12  # of the flows, where a closed form is the witness
SCALES = np.array([1.0, -2.0, 0.5])


class Modified:
    """Ẇ = −[g + (h/2)Hg + h²(H²g/3 + T[g,g]/12)], cut at an order; indices raised."""

    def __init__(self, step, order):
        self.step, self.order = step, order

    def velocity(self, potential, metric, W):
        h, g = self.step, metric.sharp(potential.differential(W)[1])
        found = g.copy()
        if self.order > 0:
            Hg = metric.sharp(potential.hessian_action(W, g))
            found += h / 2 * Hg
        if self.order > 1:
            found += (
                h
                * h
                * (
                    metric.sharp(potential.hessian_action(W, Hg)) / 3
                    + metric.sharp(potential.third_action(W, g)) / 12
                )
            )
        return -found


class Slowed:
    """Ẇ = −L·g^♯dL: the flow of ½L², η(t) = L(t) (TM 22)."""

    def velocity(self, potential, metric, W):
        loss, dL = potential.differential(W)
        return -loss * metric.sharp(dL)


@pytest.fixture(scope="module")
def small():
    """2-5-3 tanh network on twelve samples, quadratic loss."""
    rng = np.random.default_rng(5)
    data = fn.Dataset(rng.normal(size=(12, 2)), rng.normal(size=(12, 3)))
    return fn.Potential(fn.Network([2, 5, 3], "tanh"), fn.Quadratic(), data)


def parabola(h, kappa=2.0, steps=30, **words):
    potential = fn.Parabola(3, strength=kappa)
    return fn.train(potential, fn.Aristotle(h), W0=SCALES, steps=steps, **words)


def closed_form(h, kappa, steps):
    """Of the parabola, in units of |W0|: run, flow, distance over the flow's path."""
    k = np.arange(steps + 1)
    run, flow = (1 - h * kappa) ** k, np.exp(-kappa * h * k)
    return run, flow, np.abs(run - flow) / (1 - flow[-1])


# Closed forms


@pytest.mark.parametrize("h", [0.02, 0.3, 0.7])
def test_the_parabola_in_closed_form(h):
    """(1 − hκ)^k against e^{−κt}: distance, losses, path lengths of both; beyond 1 it zigzags."""
    kappa, size = 2.0, np.linalg.norm(SCALES)
    d = fn.departure(parabola(h), rtol=RTOL)
    run, flow, relative = closed_form(h, kappa, 30)
    for found, wanted in (
        (d.distance, size * np.abs(run - flow)),
        (d.flow.arc_length, size * (1 - flow)),
        (d.arc_length, size * np.abs(np.diff(run, prepend=1.0)).cumsum()),
        (d.loss, kappa * size**2 / 2 * run**2),
        (d.flow.loss, kappa * size**2 / 2 * flow**2),
        (d.loss_difference, kappa * size**2 / 2 * (run**2 - flow**2)),
        (d.relative, relative),
    ):
        close(found, wanted, kind="solver", scale=max(1.0, np.abs(wanted).max()))
    back = np.diff(run) > 0  # the run goes uphill along its line
    there = flow[:-1] > 1e-6  # later its direction is the flow's error
    close(d.angle[:-1][there], np.where(back, np.pi, 0.0)[there], kind="solver", scale=1e3)
    assert np.isnan(d.angle[-1]) and d.flow.name == "flow" and d["flow"] is d.flow


@pytest.mark.parametrize(
    "potential, W0",
    [
        (fn.Quartic(2, alpha=2.0), [1.0, -0.4]),
        (fn.DoubleWell(2, alpha=2.0), [0.3, -1.6]),
        (fn.UV(2), [1.0, 0.5, -0.3, 0.8]),
    ],
    ids=["quartic", "double well", "UV"],
)
def test_potentials_in_closed_form(potential, W0):
    """Distance from the exact flow, and the path that its dense rows measure."""
    d = fn.departure(fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=25), rtol=RTOL)
    exact = np.array([potential.exact(W0, t) for t in d.time])
    close(d.flow.parameters, exact, kind="solver", scale=1.0)
    close(d.distance, np.linalg.norm(d.run.parameters[:] - exact, axis=1), kind="solver", scale=1.0)
    close(
        d.loss_difference,
        d.run.loss - [potential.value(W) for W in exact],
        kind="solver",
        scale=1.0,
    )
    dense = np.array([potential.exact(W0, t) for t in np.linspace(0, 2.5, 20_001)])
    path = np.linalg.norm(np.diff(dense, axis=0), axis=1).sum()
    assert abs(d.flow.arc_length[-1] - path) < 2e-5 * path


def test_the_bounds_are_broken_where_the_closed_form_breaks_them():
    """Linearly between rows; a bound that holds gives None."""
    h, bounds = 0.05, (0.001, 0.0151, 0.02, 0.2)
    d = fn.departure(parabola(h, kappa=2.0), rtol=RTOL, bounds=bounds[::-1])
    relative = closed_form(h, 2.0, 30)[2]
    assert d.bounds == bounds
    for bound, broken in zip(bounds, d.broken["flow"]):
        beyond = np.flatnonzero(relative > bound)
        if not len(beyond):
            assert broken is None
            continue
        k = beyond[0]
        time = h * (k - 1 + (bound - relative[k - 1]) / (relative[k] - relative[k - 1]))
        assert broken[1] == k and abs(broken[0] - time) < 1e-9
    assert [b is None for b in d.broken["flow"]] == [False, False, False, True]


def test_single_steps_on_the_parabola():
    """e = W(1 − hκ − e^{−hκ}), of which second order is −(hκ)²W/2; the gap is h³‖Hg‖²/6."""
    h, kappa = 0.1, 2.0
    steps = fn.departure(parabola(h), rtol=RTOL).steps
    size = np.linalg.norm(SCALES) * (1 - h * kappa) ** steps.iteration
    x = h * kappa
    for found, wanted in (
        (steps.distance, abs(1 - x - np.exp(-x)) * size),
        (steps.second, x * x / 2 * size),
        (steps.rest, abs(1 - x + x * x / 2 - np.exp(-x)) * size),
        (steps.gap, h**3 * (kappa**2 * size) ** 2 / 6),
        (steps.gap_leading, h**3 * (kappa**2 * size) ** 2 / 6),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-7)
    close(steps.angle, np.zeros(len(steps)), kind="solver", scale=1.0)
    close(steps.noise, np.zeros(len(steps)), kind="rounding", scale=1.0)
    assert (steps.step - h < 1e-14).all()


# The action gap


def test_the_action_gap_of_a_quadratic_is_its_leading_term():
    """Any Hessian, here of a linear network, and a metric: two nodes are enough."""
    rng = np.random.default_rng(2)
    net = fn.Network([4, 3], bias=True)
    potential = fn.Potential(
        net, fn.Quadratic(), fn.Dataset(rng.normal(size=(9, 4)), rng.normal(size=(9, 3)))
    )
    W, metric = net.init(0), fn.LayerMetric(net, [3.0])
    V = -metric.sharp(potential.differential(W)[1])
    for h in (0.01, 0.5, 4.0):
        gap = straight_gap(potential, metric, W, h * V, h)
        wanted = h**3 / 6 * metric.norm2(metric.sharp(potential.hessian_action(W, V)))
        close([gap.value, gap.leading], [wanted, wanted])
        assert gap.nodes == 4 and gap.error <= 1e-12 * wanted and abs(gap.noise) < 1e-25


@pytest.mark.parametrize("stiffness", [None, [1.0, 4.0], [0.5, np.inf]])
def test_the_action_gap_tends_to_its_leading_term(small, stiffness):
    """h³‖Hg‖²/6, what remains falls like h⁴; never negative; against many nodes of another rule."""
    metric = (
        fn.Euclidean(small.size) if stiffness is None else fn.LayerMetric(small.network, stiffness)
    )
    W = small.network.init(1)
    V = -metric.sharp(small.differential(W)[1])
    steps = 0.04 / 2.0 ** np.arange(4)
    gaps = [straight_gap(small, metric, W, h * V, h) for h in steps]
    has_order([g.value - g.leading for g in gaps], steps, 4)  # third order
    assert all(g.value > 0 and g.error <= 1e-7 * g.value for g in gaps)
    h, s = 1.0, (np.arange(4000) + 0.5) / 4000
    sums = np.mean(
        [metric.norm2(V + metric.sharp(small.differential(W + r * h * V)[1])) for r in s]
    )
    gap = straight_gap(small, metric, W, h * V, h)
    assert abs(gap.value - h / 2 * sums) < 1e-6 * gap.value


@pytest.mark.parametrize("h", [0.05, 1.0])
@pytest.mark.parametrize("batch", [slice(None), slice(0, 3)], ids=["all data", "mini-batch"])
def test_the_action_gap_is_what_a_path_costs_above_its_descent(small, batch, h):
    """½∫‖Ẇ + g^♯dL‖² = ½∫‖Ẇ‖² + ½∫‖dL‖² + L(end) − L(start), the last without a quadrature."""
    metric, W = fn.LayerMetric(small.network, [0.5, 2.0]), small.network.init(1)
    delta = -h * metric.sharp(small.on(batch).differential(W)[1])
    s, weights = np.polynomial.legendre.leggauss(40)
    raised = [metric.sharp(small.differential(W + (1 + x) / 2 * delta)[1]) for x in s]
    slopes = h / 2 * sum(w / 2 * metric.norm2(V) for w, V in zip(weights, raised))
    gap = straight_gap(small, metric, W, delta, h)
    close(
        gap.value, metric.norm2(delta) / (2 * h) + slopes + small.difference(W, delta), scale=slopes
    )
    assert (gap.noise > 0.01 * gap.value) == (batch.stop is not None)


def test_a_kink_shows_in_the_error_of_the_action_gap(small):
    """Where the integrand is not smooth, the error says what a finer rule finds."""
    net = fn.Network([2, 5, 3], "relu")
    potential, metric = fn.Potential(net, small.loss, small.data), fn.Euclidean(net.size)
    W = net.init(0)
    V = -potential.differential(W)[1]
    gap = straight_gap(potential, metric, W, 0.5 * V, 0.5)
    s = (np.arange(20_000) + 0.5) / 20_000
    sums = np.mean([metric.norm2(V + potential.differential(W + r * 0.5 * V)[1]) for r in s])
    assert gap.nodes == 32 and 0 < abs(gap.value - 0.25 * sums) < 3 * gap.error


# The power of the step


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("frozen", [False, True])
def test_the_power_of_the_step(small, order, frozen):
    """order + 1 at a fixed time, with a frozen layer too."""
    metric = fn.LayerMetric(small.network, [0.5, np.inf]) if frozen else None
    power = fn.departure_power(
        small,
        small.network.init(3),
        steps=0.02 / 2.0 ** np.arange(4),
        time=1.0,
        metric=metric,
        field=(lambda h: Modified(h, order)) if order else None,
    )
    assert power.used.all() and abs(power.slopes[-1] - (order + 1)) < 0.05, power
    assert abs(power.power - (order + 1)) < max(3 * power.error, 0.1)
    assert (np.diff(power.distance) < 0).all() and "to the power" in str(power)


def test_the_power_of_a_recorded_run(small):
    """Its own step halved three times; errors of the flow do not count."""
    run = fn.train(small, fn.Aristotle(0.05), steps=20, seed=3)
    d = fn.departure(run)
    power = d.power()
    close(power.steps, 0.05 / 2.0 ** np.arange(4))
    assert power.time == 1.0 and abs(power.power - 1) < 0.05
    close(power.distance[0], d.distance[-1], kind="solver", scale=10.0)
    with told_in_one_line("above the error of the flow"):
        d.power(rtol=1e-3)


# Metric, flows, mini-batches


def test_a_frozen_layer_does_not_move(small):
    """And lengths are those of the metric: distance² = ½‖ΔW₂‖² with the stiffness ½."""
    metric = fn.LayerMetric(small.network, [np.inf, 0.5])
    run = fn.train(small, fn.Aristotle(0.05), steps=20, seed=3, metric=metric)
    d = fn.departure(run, rtol=1e-10)
    apart = run.parameters[:] - d.flow.parameters
    assert not apart[:, ~metric.free].any()
    close(d.distance**2, 0.5 * (apart**2).sum(axis=1))
    dense = fn.flow(
        small, W0=run.parameters[0], time=1.0, rtol=1e-10, metric=metric, at=np.linspace(0, 1, 2001)
    ).parameters[:]
    chord = np.sqrt(0.5) * np.linalg.norm(np.diff(dense, axis=0), axis=1).sum()
    assert abs(d.flow.arc_length[-1] - chord) < 1e-6 * chord
    close(
        d.arc_length[-1],
        np.sqrt(0.5) * np.linalg.norm(np.diff(run.parameters[:], axis=0), axis=1).sum(),
    )


def test_angles_are_those_of_the_metric(small):
    """g(U, V)/√(g(U, U) g(V, V)) of the step with the flow's velocity at the same time, and with
    the flow's own displacement from the same W: (h/2)‖Hg across g‖/‖g‖ to first order."""
    metric, h = fn.LayerMetric(small.network, [3.0, 0.2]), 0.1
    d = fn.departure(fn.train(small, fn.Aristotle(h), steps=12, seed=3, metric=metric), rtol=RTOL)

    def cosine(U, V):
        return metric.flat(U) @ V / np.sqrt(metric.norm2(U) * metric.norm2(V))

    steps = np.diff(d.run.parameters[:], axis=0)
    velocities = [-metric.sharp(small.differential(W)[1]) for W in d.flow.parameters[:-1]]
    close(np.cos(d.angle[:-1]), [cosine(*pair) for pair in zip(steps, velocities)])
    wanted = []
    for W in d.run.parameters[:-1]:
        g = metric.sharp(small.differential(W)[1])
        Hg = metric.sharp(small.hessian_action(W, g))
        across = Hg - metric.flat(g) @ Hg / metric.norm2(g) * g
        wanted.append(h / 2 * np.sqrt(metric.norm2(across) / metric.norm2(g)))
    np.testing.assert_allclose(d.steps.angle[6:], wanted[6:], rtol=0.1)
    errors, sizes = [], 0.02 / 2.0 ** np.arange(4)
    for h in sizes:
        one = fn.departure(
            fn.train(small, fn.Aristotle(h), steps=1, seed=3, metric=metric), rtol=RTOL
        ).steps
        errors.append(
            [one.angle[0] - wanted[0] * h / 0.1, one.distance[0] - one.second[0], one.rest[0]]
        )
    for found, order in zip(np.transpose(errors), (2, 3, 3)):
        has_order(found, sizes, order)


def test_the_modified_flow_follows_longer(small):
    """Each order nearer to the run, and the verdict says so where the plain flow is left."""
    run = fn.train(small, fn.Aristotle(0.4), steps=30, seed=3)
    d = fn.departure(run, fields={f"modified {p}": Modified(0.4, p) for p in (2, 1)})
    assert list(d.flows) == ["flow", "modified 2", "modified 1"]
    assert (
        d["modified 2"].distance.max()
        < 0.7 * d["modified 1"].distance.max()
        < 0.49 * d.distance.max()
    )
    verdict = d.verdict
    assert verdict.words == "leaves the flow and comes back"
    assert "by the second-order term" in verdict.reason
    assert verdict.numbers["better"] == "modified 2"
    assert "stays nearer" in verdict.reason and "it follows the run to the end" in verdict.reason


def test_a_short_step_keeps_to_the_flow(small):
    d = fn.departure(fn.train(small, fn.Aristotle(0.01), steps=100, seed=3))
    assert d.verdict.words == "keeps to the flow" and d.relative.max() < 0.1
    assert (d.flow.loss[1:] < d.flow.loss[:-1]).all() and d.verdict.numbers["better"] is None
    d = fn.departure(d.run, fields={"modified 1": Modified(0.01, 1), "slow": Slowed()})
    assert "The flow 'modified 1' stays nearer, " in str(d.verdict)
    assert "modified 1: never beyond 1 % of the path" in str(d)


def test_mini_batches_depart_by_their_noise(small):
    """The flow is that of all data, and so is the loss; the gap counts the batch's direction."""
    run = fn.train(small, fn.Aristotle(0.3), steps=40, seed=3, batch_size=2)
    d = fn.departure(run, every=2)
    close(d.loss, [small.value(W) for W in run.parameters[::2]])
    assert d.iteration.tolist() == list(range(0, 41, 2)) == [*d.steps.iteration, 40]
    assert (d.steps.gap_noise > 0).all() and (d.steps.noise > d.steps.second).mean() > 0.5
    assert "by the noise of its mini-batches" in d.verdict.reason
    V = np.diff(run.parameters[:], axis=0)[::2] / 0.3
    slope = np.array([small.differential(W)[1] for W in run.parameters[:-1:2]])
    close(d.steps.gap_noise, 0.15 * ((V + slope) ** 2).sum(axis=1), kind="solver")


def test_rows_between_which_steps_are_missing(small):
    """Distances are there, single steps are not, where record_every leaves them out."""
    words = {"steps": 24, "seed": 3}
    sparse = fn.departure(fn.train(small, fn.Aristotle(0.1), record_every=4, **words))
    whole = fn.departure(fn.train(small, fn.Aristotle(0.1), **words))
    close(sparse.distance, whole.distance[::4], kind="solver", scale=1.0)
    assert not len(sparse.steps) and len(whole.steps) == 24
    assert "verdict" in str(sparse) and sparse.arc_length[-1] < whole.arc_length[-1]


def test_single_precision_is_compared_in_double(small):
    single = small.with_dtype("float32")
    d = fn.departure(fn.train(single, fn.Aristotle(0.1), steps=12, seed=3))
    wanted = fn.departure(fn.train(small, fn.Aristotle(0.1), steps=12, seed=3))
    close(d.distance, wanted.distance, dtype="float32", scale=10.0)
    assert d.flow.parameters.dtype == np.float64 and d.distance[1] > 0


def test_a_run_that_diverges_is_compared_as_far_as_it_goes():
    run = fn.train(fn.Parabola(), fn.Aristotle(3.0), W0=[1.0], steps=2000)
    d = fn.departure(run)
    assert d.relative[-1] > 1e100 and f"diverges at iteration {run.diverged_at}" in str(d.verdict)
    assert max(map(len, str(d).splitlines())) <= 100


class Bare:
    """A user's own potential with what a run needs, and no more: ½‖W‖⁴/2."""

    size = 2

    def value(self, W):
        return float(W @ W) ** 2 / 4

    def differential(self, W):
        return self.value(W), (W @ W) * W


def test_a_potential_without_a_hessian():
    """All but second order, and so no word on what made it depart."""
    d = fn.departure(fn.train(Bare(), fn.Aristotle(0.2), W0=[1.0, 1.0], steps=9))
    quartic = 1 / np.sqrt(0.5 + 2 * d.time)  # r' = −r³ from √2
    close(np.linalg.norm(d.flow.parameters, axis=1), quartic, kind="solver", scale=10.0)
    assert (d.steps.gap > 0).all() and np.isnan(d.steps.gap_leading).all()
    assert d.verdict.words == "leaves the flow and comes back" and "by the" not in str(d.verdict)


def test_at_rest_there_is_no_departure():
    d = fn.departure(fn.train(fn.Parabola(2), fn.Aristotle(0.2), W0=[0.0, 0.0], steps=5))
    assert not d.relative.any() and not d.distance.any() and not d.steps.gap.any()
    assert str(d.verdict).startswith("keeps to the flow: at most 0 %")
    with told_in_one_line("above the error of the flow"):
        d.power()


def test_a_flow_that_ends_early_is_compared_as_far_as_it_goes(small, monkeypatch):
    """What is not there is NaN, no bound is broken there, and it is not called nearer."""
    follow = _departure.follow

    class Short(list):
        """A flow as far as t = 0.4, where the run is at its fifth row."""

        def __init__(self, flow):
            rows = int((flow.time < 0.45).sum())
            super().__init__(range(rows))
            self.parameters, self.loss = flow.parameters[:rows], flow.loss[:rows]
            self.observables, self.bound_met = flow.observables, None

    def followed(potential, **words):
        flow = follow(potential, **words)
        return Short(flow) if words["field"] else flow

    monkeypatch.setattr(_departure, "follow", followed)
    run = fn.train(small, fn.Aristotle(0.1), steps=12, seed=3)
    d = fn.departure(run, fields={"modified": Modified(0.1, 1)})
    there = np.isfinite(d["modified"].values[:-1]).all(axis=1)
    assert there.tolist() == [True] * 5 + [False] * 7 and d.verdict.numbers["better"] is None
    assert "—" in str(d) and d["modified"].broken(0.5) is None


def test_the_path_of_the_flow_is_the_same_whatever_rows_are_looked_at(small):
    """It is measured along the flow's own steps; that rows were left out is said."""
    run = fn.train(small, fn.Aristotle(0.4), steps=100, seed=3)
    found = [fn.departure(run, every=every) for every in (None, 10, 50, 100)]
    np.testing.assert_allclose(
        [d.flow.arc_length[-1] for d in found], found[0].flow.arc_length[-1], rtol=1e-5
    )
    assert "rows alone" in str(found[1]) and "rows alone" not in str(found[0])


def test_a_run_that_goes_to_and_fro_is_said_to():
    """Near the flow, but on a path several times as long: along a stiff direction it jumps."""
    data = fn.Dataset(np.diag([1.0, 20.0]) * np.sqrt(2), np.array([[40.0], [0.0]]))
    potential = fn.Potential(fn.Network([2, 1], bias=False), fn.Quadratic(), data)
    W0 = np.array([0.0, 0.2])
    h = 1.99 / fn.sharpness(potential, W0)
    d = fn.departure(fn.train(potential, fn.Aristotle(h), W0=W0, steps=300))
    longer = d.arc_length[-1] / d.flow.arc_length[-1]
    assert longer > 1.9 and d.verdict.words == "keeps to the flow"
    assert f"{longer:.3g} times as long: it goes to and fro" in str(d.verdict)


# Reparametrisation (TM 22)


def test_a_flow_at_another_speed_is_the_same_curve(small):
    """η = 1 and η(t) = L(t): at t = ∫L dτ the same points; at equal times others."""
    W0 = small.network.init(3)
    tau = np.linspace(0, 2, 81)

    def slowed(state):
        loss, dL = small.differential(state[:-1])
        return np.append(-loss * dL, loss)

    clock = _integrate.integrate(slowed, np.append(W0, 0.0), tau, rtol=1e-11)[:, -1]
    there = fn.flow(small, W0=W0, time=2, field=Slowed(), at=tau, rtol=1e-11)
    plain = fn.flow(small, W0=W0, time=clock[-1], at=clock, rtol=1e-11)
    close(there.parameters[:], plain.parameters[:], kind="solver", scale=1.0)
    equal = fn.flow(small, W0=W0, time=clock[-1], at=np.linspace(0, clock[-1], 81), rtol=1e-11)
    assert np.linalg.norm(there.parameters[:] - equal.parameters[:], axis=1).max() > 0.03
    assert fn.curve_distance(there, plain) < 1e-9
    assert fn.curve_distance(there, equal) < 1e-3  # the sag of polylines, κ·ds²/8


def curves(potential, W0, rows):
    """The plain flow, the flow at η = L and Newton's at two masses, up to time 2 or so."""
    D = len(W0)

    def newton(mass):
        def field(state):  # m v̇ = −λv − ∇L, λ = 1
            return np.concatenate(
                [state[D:], (-state[D:] - potential.differential(state[:D])[1]) / mass]
            )

        start = np.concatenate([W0, np.zeros(D)])
        return _integrate.integrate(field, start, np.linspace(0, 2, rows), rtol=1e-11)[:, :D]

    return (
        fn.flow(potential, W0=W0, time=8, at=np.linspace(0, 8, 4 * rows), rtol=1e-11),
        fn.flow(potential, W0=W0, time=2, at=np.linspace(0, 2, rows), field=Slowed(), rtol=1e-11),
        newton(1.0),
        newton(0.1),
    )


def test_newton_takes_another_curve(small):
    """Rows twice as dense: Aristotle's curves agree four times better, Newton's not at all."""
    W0, found = small.network.init(3), []
    for rows in (80, 160):
        plain, slowed, heavy, light = curves(small, W0, rows)
        found.append(
            [fn.curve_distance(curve, plain, directed=True) for curve in (slowed, heavy, light)]
        )
    coarse, fine = np.array(found)
    assert coarse[0] / fine[0] > 3 and fine[0] < 2e-4
    np.testing.assert_allclose(coarse[1:], fine[1:], rtol=0.01)
    assert fine[1] > fine[2] > 100 * fine[0]


def test_the_distance_of_curves_is_exact_on_segments():
    """Against closed forms: a corner cut, parallel segments, a point, and between vertices."""
    corner, straight = [[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1]]
    close(fn.curve_distance(corner, straight), np.sqrt(0.5))
    close(fn.curve_distance(straight, corner), np.sqrt(0.5))
    close(fn.curve_distance(straight, corner, directed=True), 0.5)  # at (½, ½), no vertex
    close(fn.curve_distance([[0, 1], [3, 1]], [[3, 0], [1, 0], [0, 0]]), 1.0)
    close(fn.curve_distance([[0.0, 2.0]], [[-1.0, 0.0], [1.0, 0.0]], directed=True), 2.0)
    close(fn.curve_distance([[0.0, 2.0]], [[-1.0, 0.0], [1.0, 0.0]]), np.sqrt(5))
    assert fn.curve_distance(corner, [[0, 0], [0.25, 0], [1, 0], [1, 0.5], [1, 1]]) == 0
    metric = fn.DiagonalMetric([4.0, 9.0])
    close(fn.curve_distance([[0, 1], [3, 1]], [[0, 0], [3, 0]], metric), 3.0)
    frozen = fn.DiagonalMetric([1.0, np.inf])
    assert fn.curve_distance([[0, 1], [3, 1]], [[0, 0], [3, 0]], frozen) == np.inf
    assert fn.curve_distance([[0, 1], [3, 1]], [[0, 1], [1, 1]], frozen) == 2.0


def test_the_distance_of_curves_against_dense_points():
    """Random polylines: the largest of many points, to their spacing, and symmetric."""
    rng = np.random.default_rng(7)
    A, B = rng.normal(size=(2, 7, 3)).cumsum(axis=1) + 100.0
    s = np.linspace(0, 6, 6001)
    dense = [np.stack([np.interp(s, np.arange(7), column) for column in X.T], 1) for X in (A, B)]
    apart = np.sqrt(((dense[0][::3, None] - dense[1][None, ::3]) ** 2).sum(-1))
    wanted = max(apart.min(axis=0).max(), apart.min(axis=1).max())
    found = fn.curve_distance(A, B)
    assert abs(found - wanted) < 0.01 and found == fn.curve_distance(B, A)


# Files, tables, the shell


@pytest.fixture(scope="module")
def stored(small, tmp_path_factory):
    """A run's file, and its departure that was kept there."""
    path = tmp_path_factory.mktemp("departure") / "run.h5"
    run = fn.train(small, fn.Aristotle(0.4), steps=30, seed=3, store=path)
    return path, fn.departure(run, fields={"modified 1": Modified(0.4, 1)}, keep=True)


def test_a_departure_is_kept_with_its_run(stored):
    """In one file: the run, its flows, what lies between; number for number."""
    path, d = stored
    again = fn.Departure.open(path)
    assert again.verdict == d.verdict and str(again) == str(d) and again.bounds == d.bounds
    for name, array in d.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array, err_msg=name)
    for name in d.flows:
        np.testing.assert_array_equal(again[name].parameters, d[name].parameters)
    run = fn.Trajectory.open(path)
    assert {
        "departure",
        "departure.run",
        "departure.steps",
        "departure.flow",
        "departure.modified-1",
    } == set(run.analyses) and len(run) == 31
    with h5py.File(path) as file:
        rows = file["analysis/departure.flow/value"][:31]
        np.testing.assert_array_equal(rows[0], file["parameters/value"][0])
        np.testing.assert_array_equal(rows, d.flow.parameters)
        columns = [
            str(c, "utf8") if isinstance(c, bytes) else c
            for c in file["analysis/departure"].attrs["columns"]
        ]
        assert columns[:2] == ["loss", "distance"]


def test_a_later_departure_takes_its_place(stored, tmp_path):
    path = tmp_path / "copy.h5"
    path.write_bytes(stored[0].read_bytes())
    d = fn.departure(fn.Trajectory.open(path), every=7, keep=True)
    again = fn.Departure.open(fn.Trajectory.open(path))
    assert list(again.flows) == ["flow"] and again.iteration.tolist() == [0, 7, 14, 21, 28, 30]
    np.testing.assert_array_equal(again.relative, d.relative)


def test_the_table_fits_a_page(stored):
    told, html = str(stored[1]), stored[1]._repr_html_()
    assert max(map(len, told.splitlines())) <= 100 and len(told.splitlines()) <= 40
    for words in (
        "A run of 30 steps beside its flow",
        "action gap",
        "h³‖Hg‖²/6",
        "of path",
        "modified 1",
        "beyond 1 % of the path from t = ",
        "verdict: ",
        f"{stored[1].verdict.words!r} means: ",
    ):
        assert words in told and (escape(words) in html or words == "modified 1"), words
    assert html.count("<table>") == 2 and "Departure: 31 rows" in repr(stored[1])


def shell(*arguments):
    result = CliRunner().invoke(cli.shell, [str(a) for a in arguments])
    if isinstance(result.exception, fn.FlownetError):
        return f"flownet: {result.exception}\n"
    assert result.exit_code == 0, result.output
    return result.output


def test_the_shell_prints_and_stores_it(stored, tmp_path):
    path = tmp_path / "run.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.2), W0=[1.0, 2.0], steps=12, store=path)
    told = shell("departure", path, "--every", 4)
    assert str(fn.Departure.open(path)) in told and f"stored in {path}" in told
    assert len(fn.Departure.open(path)) == 4
    assert shell("departure", tmp_path / "none.h5").startswith("flownet: ")


@pytest.mark.skipif(not hasattr(fn, "Modified"), reason="without the fields of modified flows")
def test_the_shell_follows_modified_flows(stored, tmp_path):
    """Of both orders, the numbers of the field that this test writes itself."""
    path = tmp_path / "run.h5"
    path.write_bytes(stored[0].read_bytes())
    told = shell("departure", path, "--modified", 0.4, "--rtol", 1e-8)
    d = fn.Departure.open(path)
    assert list(d.flows) == ["flow", "modified 1 of step 0.4", "modified 2 of step 0.4"]
    close(d["modified 1 of step 0.4"].distance, stored[1]["modified 1"].distance, kind="solver")
    assert str(d) in told and max(map(len, str(d).splitlines())) <= 100
    assert "step is -1" in shell("departure", path, "--modified", -1)


MISTAKES = {
    "a path": (lambda run: fn.departure("run.h5"), "Trajectory.open"),
    "no run": (lambda run: fn.departure(3), "has to be a Trajectory"),
    "a flow": (
        lambda run: fn.departure(fn.flow(fn.Parabola(), W0=[1.0], time=1.0)),
        "wants the finite run",
    ),
    "no step": (
        lambda run: fn.departure(fn.train(fn.Parabola(), fn.Aristotle(1.0), W0=[1.0], steps=0)),
        "no finite step",
    ),
    "every 0th row": (lambda run: fn.departure(run, every=0), "every is 0"),
    "a bound of 0": (lambda run: fn.departure(run, bounds=(0.0, 1.0)), "bounds is"),
    "no bounds": (lambda run: fn.departure(run, bounds=0.1), "bounds is 0.1"),
    "no tolerance": (lambda run: fn.departure(run, rtol=0), "rtol is 0"),
    "keeping without a file": (lambda run: fn.departure(run, keep=True), "with a file"),
    "fields in a list": (lambda run: fn.departure(run, fields=[Slowed()]), "has to be a dict"),
    "a field without velocity": (lambda run: fn.departure(run, fields={"a": 3}), "velocity"),
    "a second flow of one name": (
        lambda run: fn.departure(run, fields={"flow": Slowed()}),
        "cannot be called 'flow'",
    ),
    "one place in the file": (
        lambda run: fn.departure(run, fields={"a b": Slowed(), "a-b": Slowed()}),
        "share a place",
    ),
    "a flow that is not there": (lambda run: fn.departure(run)["modified"], "there is: flow"),
    "nothing kept": (lambda run: fn.Departure.open(run), "keeps no departure"),
    "one step": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[0.1], time=1),
        "at least two",
    ),
    "no potential": (
        lambda run: fn.departure_power(3, [1.0], steps=[0.5, 0.25], time=1),
        "without size",
    ),
    "parameters of another size": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0, 2.0], steps=[0.5, 0.25], time=1),
        "W0 has shape",
    ),
    "parameters in words": (
        lambda run: fn.departure_power(fn.Parabola(), "W0", steps=[0.5, 0.25], time=1),
        "W0 is 'W0'",
    ),
    "no field": (
        lambda run: fn.departure_power(
            fn.Parabola(), [1.0], steps=[0.5, 0.25], time=1, field=lambda h: h
        ),
        "velocity",
    ),
    "steps that do not fit": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[0.3, 0.1], time=1),
        "0.3 does not go into the time 1",
    ),
    "steps that diverge": (
        lambda run: fn.departure_power(fn.Parabola(), [1.0], steps=[5, 2.5], time=5000),
        "diverges at iteration",
    ),
    "halvings": (lambda run: fn.departure(run).power(halvings=0), "halvings is 0"),
    "no curve": (lambda run: fn.curve_distance([1.0, 2.0], [[1.0, 2.0]]), "curve A"),
    "curves of two sizes": (lambda run: fn.curve_distance([[1.0, 2.0]], [[1.0]]), "curve B"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(parabola(0.1, steps=6))
