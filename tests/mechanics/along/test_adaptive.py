"""A run taken again: its rolling force and fluctuation, and the metric that its mechanics make."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from scipy.integrate import solve_ivp
from tolerance import close

import flownet as fn
from flownet.motion.along._replay import Replay

CASE = twins.case(57_000, [3, 5, 2], ["tanh"], "quadratic", m=23)
BETAS = dict(memory1=0.8, memory2=0.95, epsilon=0.01)
MECHANICS = {
    "aristotle": fn.Aristotle(0.2),
    "newton": fn.Newton.from_momentum(0.05, 0.9),
    "rmsprop": fn.RMSProp(0.02, memory=0.9, epsilon=0.01),
    "adam": fn.Adam(0.02, **BETAS),
}
every_mechanics = pytest.mark.parametrize("name", MECHANICS)


def trained(name, steps=25, dtype="float64", **words):
    p = twins.potential(CASE, dtype)
    return fn.train(p, MECHANICS[name], W0=twins.point(CASE)[0], steps=steps, batch_size=5, **words)


def layered(p):
    return fn.LayerMetric(p.network, [2.0, 0.5])


def forces(run):
    """−dL of each step on its own batch (N, D), from the recorded parameters."""
    return -np.array(
        [run.potential_at(k).differential(run.parameters[k])[1] for k in range(len(run.step))]
    )


# ---- the run again ------------------------------------------------------------------------------


@every_mechanics
def test_again_bit_for_bit(name, tmp_path):
    """Every row, forwards and backwards, from a file; and the memories of its last checkpoint."""
    run = trained(name, store=tmp_path / "run.h5")
    stored = fn.Trajectory.open(tmp_path / "run.h5")
    again = Replay(stored)
    for k in (0, 3, 17, 4, 25):
        again.go_to(k)
        np.testing.assert_array_equal(again.W, run.parameters[k])
        assert again.time == run.time[k]
    kept = stored.store.latest_checkpoint()[2].get("memory", np.zeros((0, run.potential.size)))
    np.testing.assert_array_equal(again.memory, kept)


def test_a_run_that_was_changed_on_its_way_is_refused():
    def push(state):
        state.W[0] += state.iteration == 3
        return 0.0

    run = trained("adam", observe={"push": (1, push)})
    with told_in_one_line("comes to other parameters at iteration 3"):
        fn.rolling_force(run)


# ---- the rolling force --------------------------------------------------------------------------


@every_mechanics
@pytest.mark.parametrize("memory", [0.0, 0.7])
def test_rolling_force_and_fluctuation(name, memory):
    """Against means weighted by β^age, in the metric, layer by layer and in all."""
    p = twins.potential(CASE)
    metric = layered(p)
    run = trained(name, metric=metric, record_every=6)
    found = fn.rolling_force(run, memory, every=5)
    assert found.iteration.tolist() == [0, 5, 10, 15, 20]
    close(found.time, run.observables["step"].time[::5])
    F = np.array([metric.sharp(f) for f in forces(trained(name, metric=metric))])
    g = np.repeat([2.0, 0.5], np.diff(metric.bounds))
    for row, k in enumerate(found.iteration):
        weight = np.power(memory, np.arange(k, -1, -1))
        weight /= weight.sum()
        mean = weight @ F[: k + 1]
        spread = weight @ (F[: k + 1] - mean) ** 2
        for name_of, part in zip(found.names, p.network.ranges):
            part, one = slice(*part), found.of(name_of)
            h = g[part]
            close(one.force[row], np.sqrt(h @ F[k, part] ** 2))
            close(one.mean[row], np.sqrt(h @ mean[part] ** 2))
            close(one.fluctuation[row], np.sqrt(h @ spread[part]), scale=one.force[row])
        close(found.cosine[row], (g * F[k]) @ mean / np.sqrt((g @ F[k] ** 2) * (g @ mean**2)))
        close(found.fluctuation[row], np.sqrt(g @ spread), scale=found.force[row])


def test_it_is_what_adam_remembers():
    """⟨F⟩ and ⟨F²⟩ of equal memories, over 1 − β^k: the memories themselves."""
    p = twins.potential(CASE)
    run = fn.train(
        p, fn.Adam(0.02, memory1=0.9, memory2=0.9), W0=twins.point(CASE)[0], steps=25, batch_size=5
    )
    found, again = fn.rolling_force(run, 0.9), Replay(run)
    for k in (1, 10, 25):
        again.go_to(k)
        F, F2 = again.memory / (1 - 0.9**k)
        close(found.mean[k - 1], np.linalg.norm(F))
        close(found.fluctuation2[k - 1].sum(), np.sum(F2 - F**2), scale=F2.sum())


def test_of_a_resumed_run_and_kept_in_its_file(tmp_path):
    """The same bits as of a run that never stopped."""
    whole = fn.rolling_force(trained("adam", record_every=4))
    trained("adam", steps=10, record_every=4, store=tmp_path / "run.h5").close()
    resumed = fn.resume(tmp_path / "run.h5", steps=25)
    for found in (fn.rolling_force(resumed, keep=True), fn.rolling_force(resumed)):
        for name in ("force2", "mean2", "product", "fluctuation2"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    kept = fn.Trajectory.open(tmp_path / "run.h5").analyses["rolling_force"]
    np.testing.assert_array_equal(kept.value[:, 3], whole.fluctuation2)
    np.testing.assert_array_equal(kept.time, whole.time)


def test_descent_on_a_parabola_in_closed_form():
    """F_k = −κq^kW₀, q = 1 − hκ: ⟨F⟩ is a geometric sum, and so is ⟨F²⟩."""
    kappa, h, beta, W0 = 0.8, 0.3, 0.6, np.array([1.0, -2.0])
    run = fn.train(fn.Parabola(2, strength=kappa), fn.Aristotle(h), W0=W0, steps=30)
    found = fn.rolling_force(run, beta)
    q, k, size = 1 - h * kappa, np.arange(1, 31), kappa * np.linalg.norm(W0)

    def mean(x):
        return (1 - beta) / (1 - beta**k) * (x**k - beta**k) / (x - beta)

    close(found.mean, size * mean(q))
    close(found.fluctuation2[:, 0], size**2 * (mean(q**2) - mean(q) ** 2))
    close(found.cosine, np.ones(30))
    assert found.names == ["all"]


def test_equal_forces_do_not_fluctuate():
    class Slope:
        size = 2

        def value(self, W):
            return float(W @ [3.0, 4.0])

        def differential(self, W):
            return self.value(W), np.array([3.0, 4.0])

    found = fn.rolling_force(fn.train(Slope(), fn.Aristotle(0.1), W0=np.zeros(2), steps=50), 0.9)
    close(found.mean, np.full(50, 5.0), kind="rounding")
    assert (found.fluctuation < 1e-15 * 5).all()


def test_frozen_layers_feel_no_force_and_the_table_says_so():
    p = twins.potential(CASE)
    found = fn.rolling_force(
        trained("aristotle", dtype="float32", metric=fn.LayerMetric(p.network, [np.inf, 1.0]))
    )
    assert not found.of("layer 1").force.any() and found.of("layer 2").force.all()
    assert "layer 1: no force" in str(found) and "<table>" in found._repr_html_()
    assert max(map(len, str(found).splitlines())) <= 100


# ---- the metric of RMSProp and Adam -------------------------------------------------------------


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
