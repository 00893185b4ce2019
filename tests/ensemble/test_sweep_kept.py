"""What a sweep keeps of its members is what the single run's own measures say."""

import re

import numpy as np
import pytest
from mistakes import told_in_one_line
from test_sweep import experiment
from twins import uniforms

import flownet as fn
from flownet.ensemble.keep import terms_of

AXES = {"mechanics.step": [0.2, 0.5], "run.seed": [0, 3]}


def test_curves_and_paths_at_intervals():
    found = fn.sweep(experiment(), axes=AXES, keep={"curve": 7, "trajectory": [0, 4, 30]})
    assert found.column("curve").coordinates["iteration"].tolist() == [0, 7, 14, 21, 28]
    for index in np.ndindex(2, 2):
        run = found.runs[index]
        np.testing.assert_array_equal(found["curve"][index], run.loss[:29:7])
        np.testing.assert_array_equal(found["trajectory"][index], run.parameters[:][[0, 4, 30]])


@pytest.mark.parametrize("kernel", ["lanes", "threads"])
def test_ends_are_the_same_whether_or_not_the_losses_are_kept(kernel):
    """Of members that diverge, leave, or go on through several blocks; tails shorter and longer."""
    axes = {"mechanics.step": [0.01, 0.5, 40.0, 1e4], "run.seed": range(5)}
    for tail in (3, 20, 90):
        words = {"axes": axes, "tail": tail, "reached": 0.4, "diverged": 30, "kernel": kernel}
        bare, kept = (fn.sweep(experiment(steps=150), keep=k, **words) for k in ((), ["curve"]))
        for name in ("loss", "verdict", "diverged_at", "steps"):
            np.testing.assert_array_equal(bare[name], kept[name])
        curve, counted = kept["curve"], np.isfinite(kept["curve"]).sum(axis=2)
        left = kept.steps < 150
        assert 2 < left.sum() < 18 and (counted >= kept.steps).all()
        for i, j in np.argwhere(left & (kept.verdict == 0)):
            assert curve[i, j, kept.steps[i, j]] <= 0.4 * curve[i, j, 0] < curve[i, j, 0]


def test_observables_are_those_of_a_run():
    e = experiment(fn.Adam(0.05), batch_size=5, steps=12)
    kept = {
        "sharpness": [0, 12],
        "path-length": 4,
        "norm": (6, lambda state: np.linalg.norm(state.W)),
        "speeds": (None, lambda state: [state.iteration, state.loss]),
        "last": {"kind": "sharpness"},
    }
    found = fn.sweep(e, axes=AXES, keep=kept)
    p, mechanics, *_ = e.parts()
    for i, step in enumerate(AXES["mechanics.step"]):
        for j, seed in enumerate(AXES["run.seed"]):
            run = fn.train(
                p, mechanics.with_step(step), steps=12, batch_size=5, seed=seed, progress=False,
                observe={"path": (4, fn.PathLength())},
            )  # fmt: skip
            W = run.parameters[:]
            np.testing.assert_array_equal(
                found["sharpness"][i, j], [fn.sharpness(p, w) for w in W[[0, 12]]]
            )
            assert found["last"][i, j] == found["sharpness"][i, j, 1]
            np.testing.assert_allclose(found["norm"][i, j], np.linalg.norm(W[::6], axis=1))
            assert found["path-length"][i, j, 0] == 0
            assert found["speeds"][i, j, 0] == 12


def test_accuracy_on_held_out_data():
    data = fn.data.load("digits", limit=60)
    p = fn.Potential(fn.Network([64, 5, 10]), fn.CrossEntropy(), data)
    e = fn.Experiment.of(p, fn.Aristotle(0.5), steps=20)
    other = {"kind": "accuracy", "data": {"name": "digits", "limit": 200}, "at": [0, 20]}
    found = fn.sweep(e, axes={"run.seed": [0, 1]}, keep={"accuracy": 10, "more": other})
    W = found.runs[1].parameters[-1]
    for name, limit in (("accuracy", 60), ("more", 200)):
        d = fn.data.load("digits", limit=limit)
        right = p.network.forward(W, d.x).argmax(axis=1) == d.labels
        assert found[name][1, -1] == right.mean()


@pytest.mark.parametrize("mechanics", [fn.Aristotle(0.1), fn.Newton(0.2, friction=0.5)])
def test_breakdowns_are_those_of_the_steps_taken(mechanics):
    e = experiment(mechanics, batch_size=8, steps=9)
    found = fn.sweep(e, axes=AXES, keep={"breakdown": [0, 5]})
    for index in np.ndindex(2, 2):
        run = found.runs[index]
        for place, k in enumerate((0, 5)):
            b = fn.breakdown(run, at=k)
            for name in ("linear", "second", "third", "actual", "second_self", "second_pairs"):
                value = found[f"breakdown_{name}"][(*index, place)]
                np.testing.assert_allclose(value, getattr(b, name), rtol=1e-12)


def test_what_fails_first_is_the_largest_term():
    axes = {"metric.stiffness.0": [1.0, 1e-3], "metric.stiffness.1": [1.0, 1e-3]}
    found = fn.sweep(experiment(steps=25), axes=axes, keep={"failure": 5})
    names = terms_of(found.runs[0, 0].potential.network)
    assert names == list(found.column("failure").words)
    assert names[:3] == [
        "layer 1 alone, second order",
        "layer 2 alone, second order",
        "layers 1 and 2, second order",
    ]
    assert found["failure"][0, 0] == -1 == found["failure_at"][0, 0]
    for index in ((0, 1), (1, 0), (1, 1)):
        k = found["failure_at"][index]
        run = found.runs[index]
        b = fn.breakdown(run, at=k)
        split = b.split("layers")
        assert max(abs(b.second), abs(b.third), abs(b.remainder)) > 0.3 * abs(b.linear)
        assert split is not None
        for earlier in range(0, k, 5):
            b = fn.breakdown(run, at=earlier)
            assert abs(b.third) < abs(b.linear) and abs(b.remainder) < abs(b.linear)
    # a layer that moves a thousand times as far fails by itself, or by orders beyond the second
    assert found["failure"][0, 1] != 0 and found["failure"][1, 0] != 1


def test_kinks_can_fail_first():
    net = fn.Network([3, 6, 1], "relu")
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset(uniforms(1, 30, 3), uniforms(2, 30, 1)))
    e = fn.Experiment.of(p, fn.Aristotle(1.0), steps=12)
    axes = {"metric.stiffness.0": 1 / np.geomspace(0.1, 300, 8)}
    found = fn.sweep(e, axes=axes, keep={"failure": 2})
    assert found.column("failure").words[-1] == "kinks"
    assert (found["failure"] >= 0).any()


def test_exits_are_numbered():
    well = fn.Experiment.of(fn.DoubleWell(1), fn.Aristotle(0.05), steps=200)
    W0 = [-1.5, -0.2, 0.3, 2.0]
    found = fn.sweep(well, axes={"W0.0": W0}, W0=[0.0], keep=["exit", "parameters"])
    assert found["exit"].tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(np.abs(found["exit_parameters"]), 1, atol=1e-9)
    np.testing.assert_allclose(found["exit_loss"], 0, atol=1e-12)
    with told_in_one_line("an axis changes it"):
        fn.sweep(experiment(), axes={"network.sizes.1": [2, 3]}, keep="exit")


def test_convergence_is_the_measure_of_the_paper():
    axes = {"mechanics.step": [0.1, 30.0, 1e9]}
    found = fn.sweep(experiment(steps=40), axes=axes, keep=["curve", "convergence"], diverged=100.0)
    for i in range(3):
        v = found["curve"][i, :40] / found["curve"][i, 0]
        v = np.where(v <= 100, v, 100.0)  # nan, too
        converged = v[-20:].mean() < 1
        expected = -v.sum() if converged else (1 / v).sum()
        np.testing.assert_allclose(found["convergence"][i], expected, rtol=1e-13)
        assert (found.verdict[i] == 0) == converged


def test_as_xarray_and_as_a_table():
    xarray = pytest.importorskip("xarray")
    found = fn.sweep(experiment(), axes=AXES, keep={"curve": 10, "sharpness": None})
    whole = found.to_xarray()
    assert isinstance(whole, xarray.Dataset)
    at = whole.curve.sel({"mechanics.step": 0.5, "run.seed": 3, "iteration": 20})
    assert float(at) == found["curve"][1, 1, 2]
    frame = found.to_pandas()
    assert list(frame.columns[:3]) == ["mechanics.step", "run.seed", "loss"]
    assert frame.loc[3, "loss"] == found.loss[1, 1] and len(frame) == 4
    text = str(found)
    assert "Sweep of 4 runs over mechanics.step (2), run.seed (2)" in text
    assert re.search(r"converged +4 +100 %", text)
    assert "<table" in found._repr_html_()
