"""Departures of runs: metrics, modified flows, mini-batches, runs and flows that end early."""

import numpy as np
from departures import RTOL, Modified, Slowed
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn
from flownet.linearization.departure import _measure as _departure


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
