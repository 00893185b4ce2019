"""The metric that RMSProp and Adam make: steps, flows and the edge in it, and mistakes."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from recorded_runs import BETAS, CASE, MECHANICS, forces, layered, trained
from scipy.integrate import solve_ivp
from tolerance import close

import flownet as fn


@pytest.mark.parametrize(
    "name, mechanics",
    [("rmsprop", MECHANICS["rmsprop"]), ("adam", fn.Adam(0.02, **{**BETAS, "memory1": 0.0}))],
)
@pytest.mark.parametrize("own", [False, True])
def test_without_memory_of_the_force_a_step_is_steepest_descent_in_it(name, mechanics, own):
    """W_{k+1} = W_k − step·P⁻¹dL, on the run's own metric too."""
    p = twins.potential(CASE)
    run = fn.train(
        p,
        mechanics,
        W0=twins.point(CASE)[0],
        steps=25,
        batch_size=5,
        metric=layered(p) if own else None,
    )
    for k in (0, 7, 24):
        dL = run.potential_at(k).differential(run.parameters[k])[1]
        close(
            run.parameters[k + 1] - run.parameters[k],
            -0.02 * fn.adaptive_metric(run, at=k).sharp(dL),
            scale=1.0,
        )


def test_adams_step_is_along_its_rolling_force():
    """‖ΔW‖ in P is step·‖⟨F⟩‖ with the index raised by P."""
    run = trained("adam")
    F = forces(run)
    weight = 0.8 ** np.arange(20, -1, -1)
    metric = fn.adaptive_metric(run, at=20)
    close(
        run.parameters[21] - run.parameters[20],
        0.02 * metric.sharp(weight @ F[:21] / weight.sum()),
        scale=1.0,
    )


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_the_metric_of_a_step_and_at_a_time(name):
    run = trained(name, record_every=5)
    series = fn.adaptive_metric(run)
    F = forces(trained(name))
    beta, k = {"rmsprop": 0.9, "adam": 0.95}[name], 12
    v = (1 - beta) * beta ** np.arange(k, -1, -1) @ F[: k + 1] ** 2
    size = np.sqrt(v / (1 if name == "rmsprop" else 1 - beta ** (k + 1))) + 0.01
    close(series.of_step(k).stiffness, size)
    times = run.observables["step"].time
    for time in (times[k], 0.5 * (times[k] + times[k + 1])):
        np.testing.assert_array_equal(series.at(time).stiffness, series.of_step(k).stiffness)
    np.testing.assert_array_equal(series.at(run.time[-1]).stiffness, series.of_step(-1).stiffness)


def test_frozen_stay_frozen():
    p = twins.potential(CASE)
    metric = fn.adaptive_metric(trained("adam", metric=fn.LayerMetric(p.network, [1.0, np.inf])), 3)
    assert np.isinf(metric.stiffness[slice(*p.network.ranges[1])]).all()
    assert metric.free.sum() == p.network.ranges[0][1]


def test_usable_by_sharpness_breakdown_flow_and_noise():
    run = trained("adam", record_every=1)
    series = fn.adaptive_metric(run)
    sharp = fn.sharpness(run, every=10, metric=series)
    single = [
        fn.sharpness(run.potential, run.parameters[k], metric=fn.adaptive_metric(run, at=k))
        for k in (0, 10, 20)
    ]
    close(sharp.value, single, kind="solver")
    step = fn.breakdown(run, at=10, metric=fn.adaptive_metric(run, at=10))
    along = fn.breakdown(run, every=10, metric=series)
    plain = fn.breakdown(run, at=10)
    close([step.linear, step.second], [plain.linear, plain.second])  # of the same displacement
    assert step.taken.norm2 != plain.taken.norm2 and along[1].taken.norm2 == step.taken.norm2
    metric = fn.adaptive_metric(run, at=10)
    flow = fn.flow(
        fn.Parabola(run.potential.size),
        W0=run.parameters[0],
        time=0.01,
        metric=metric,
        rtol=1e-10,
        atol=1e-12,
    )
    close(flow.parameters[-1], run.parameters[0] * np.exp(-0.01 / metric.stiffness), kind="solver")
    noise = fn.noise(run, at=10, metric=metric)
    close(noise.trace, (noise.diagonal / metric.stiffness).sum())


@pytest.mark.parametrize("over, stable", [(0.95, True), (1.05, False)])
def test_adams_edge_in_its_metric(over, stable):
    """On a parabola with ε ≫ F the metric stands at ε: at β₁ = ½ it is stable below 6/step."""
    kappa, h = 2.0, 1e-3
    epsilon = h * kappa / (6 * over)
    W0 = np.array([1e-16])
    run = fn.train(
        fn.Parabola(1, strength=kappa), fn.Adam(h, 0.5, epsilon=epsilon), W0=W0, steps=400
    )
    edge = h * fn.sharpness(run.potential, W0, metric=fn.adaptive_metric(run, at=0)) / 6
    np.testing.assert_allclose(edge, over, rtol=1e-3)
    assert (np.abs(run.parameters[:]).max() > 1e-6) != stable


MISTAKES = {
    "a metric of descent": (lambda: fn.adaptive_metric(trained("aristotle")), "RMSProp and Adam"),
    "a step beyond": (lambda: fn.adaptive_metric(trained("adam"), at=25), "has steps 0 to 24"),
    "memory 1": (lambda: fn.rolling_force(trained("adam"), 1.0), "memory is 1"),
    "no run": (lambda: fn.rolling_force(3), "run of finite steps"),
    "a flow": (
        lambda: fn.rolling_force(fn.flow(fn.Parabola(1), W0=np.ones(1), time=1)),
        "run of finite steps",
    ),
    "kept without a file": (lambda: fn.rolling_force(trained("adam"), keep=True), "with a file"),
    "no such part": (lambda: fn.rolling_force(trained("adam")).of("layer 3"), "unknown part"),
    "kept in another metric": (
        lambda: fn.breakdown(
            trained("adam"), every=5, keep=True, metric=fn.adaptive_metric(trained("adam"))
        ),
        "own metric",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()


def test_flow_of_the_moving_metric():
    """Ẇ = −P_k⁻¹dL from step to step, against scipy's integrator, one stage after another."""
    p = twins.potential(CASE)
    run = fn.train(p, MECHANICS["rmsprop"], W0=twins.point(CASE)[0], steps=12)
    metric = fn.adaptive_metric(run)
    flow = fn.flow(
        p, W0=run.parameters[0], time=run.time[-1], metric=metric, rtol=1e-10, at=run.time
    )
    W = run.parameters[0]
    for k, step in enumerate(run.step):
        own = metric.of_step(k)
        W = solve_ivp(
            lambda t, w, own=own: -own.sharp(p.differential(w)[1]),
            (0, step),
            W,
            rtol=1e-11,
            atol=1e-13,
        ).y[:, -1]
    close(flow.parameters[-1], W, kind="solver")
    assert np.abs(W - run.parameters[-1]).max() > 1e-4  # the finite steps left it
