"""Sweeps: every member is the single run with its settings, to the bit, whatever stands beside."""

import re

import numpy as np
import pytest
from mistakes import told_in_one_line
from twins import uniforms

import flownet as fn

M = 21


def experiment(mechanics=None, sizes=(3, 5, 2), steps=30, dtype="float64", loss=None, **run):
    net = fn.Network(sizes, "tanh", dtype=dtype)
    x, y = uniforms(1, M, sizes[0]).astype(dtype), uniforms(2, M, sizes[-1]).astype(dtype)
    p = fn.Potential(net, loss or fn.Quadratic(), fn.Dataset(x, y))
    return fn.Experiment.of(p, mechanics or fn.Aristotle(0.1), steps=steps, **run)


def assert_runs(found, indices):
    """Members are the runs that their settings make: losses, parameters, where they end."""
    for index in indices:
        run = found.runs[index]
        steps = found.steps[index]
        assert len(run.step) == steps
        np.testing.assert_array_equal(found["parameters"][index], run.parameters[-1])
        np.testing.assert_array_equal(found["curve"][index][:steps], run.loss[:steps])
        if found.diverged_at[index] < 0:
            assert found.loss[index] == run.loss[-1] == found["curve"][index][steps]


KEEP = ["curve", "parameters"]
MECHANICS = {
    "descent": fn.Aristotle(0.1),
    "newton": fn.Newton(0.1, friction=0.5),
    "adam": fn.Adam(0.01),
}


@pytest.mark.parametrize("kernel", ["lanes", "threads"])
@pytest.mark.parametrize("name", MECHANICS)
def test_members_are_single_runs(name, kernel):
    axes = {"mechanics.step": [0.01, 0.3, 50.0], "run.seed": range(3)}
    e = experiment(MECHANICS[name], batch_size=8)
    found = fn.sweep(e, axes=axes, keep=KEEP, kernel=kernel)
    assert found.shape == (3, 3) and found.finished
    assert_runs(found, np.ndindex(found.shape))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_kernels_and_all_threads_give_the_same_bits(dtype):
    e = experiment(dtype=dtype)
    axes = {"mechanics.step": np.geomspace(0.01, 100, 37), "metric.stiffness.1": [1.0, 3.0]}
    keep = [*KEEP, "convergence"]
    first, *others = (
        fn.sweep(e, axes=axes, keep=keep, **how)
        for how in ({}, {"threads": 1}, {"kernel": "threads"}, {"kernel": "lanes"})
    )
    alone = fn.sweep(e, axes={**axes, "mechanics.step": axes["mechanics.step"][20:23]}, keep=keep)
    for name in first:
        for other in others:
            np.testing.assert_array_equal(first[name], other[name])
        np.testing.assert_array_equal(first[name][20:23], alone[name])


def test_words_that_change_together_and_samples_of_a_box():
    e = experiment()
    together = {"network.activation, mechanics.step": [("tanh", 0.1), ("gelu", 0.2)]}
    box = fn.Box({"mechanics.weight_decay": (1e-4, 1e-1, "log")}, samples=5)
    found = fn.sweep(e, axes={**together, "sample": box}, keep=KEEP)
    assert found.dims == ("network.activation, mechanics.step", "sample")
    assert found.settings(1, 0)["network.activation"] == "gelu"
    assert_runs(found, np.ndindex(found.shape))
    decay = found.axes["mechanics.weight_decay"]
    assert len(set(decay)) == 5 and (decay >= 1e-4).all() and (decay < 1e-1).all()
    held = found.runs[1, 2].mechanics
    assert held.weight_decay == decay[2] and held.step == 0.2


def test_sobol_points_are_even_and_do_not_depend_on_the_library():
    points = np.array(fn.Box({"a.b": (0, 1), "a.c": (0, 1)}, samples=256).points())
    cells, _, _ = np.histogram2d(*points.T, bins=8, range=[[0, 1]] * 2)
    assert cells.min() >= 2 and cells.max() <= 6
    random = np.array(fn.Box({"a.b": (0, 1), "a.c": (0, 1)}, samples=256, law="random").points())
    assert np.histogram2d(*random.T, bins=8, range=[[0, 1]] * 2)[0].min() == 0


def test_schedules_and_long_tables_as_values():
    steps = [fn.Cosine(0.3, 30), "warmup:0.2:10", [0.1] * 30, 0.3]
    found = fn.sweep(experiment(), axes={"mechanics.step": steps}, keep=KEEP)
    assert_runs(found, [(i,) for i in range(4)])
    assert found.axes["mechanics.step"][0] == "cosine:0.3:30" and len(set(found.loss)) == 4
    with told_in_one_line("is a program, and no axis can say it"):
        fn.sweep(experiment(), axes={"mechanics.step": [fn.Schedule(lambda k: 0.1)]})
    with told_in_one_line("what an experiment file can say is wanted"):
        fn.sweep(experiment(), axes={"mechanics": [fn.Adam(0.1)]})
    # tables that differ in the middle of a long list are not the same
    wide = fn.Network([40, 30, 2])
    data = fn.Dataset(uniforms(1, M, 40), uniforms(2, M, 2))
    one = np.ones(wide.size)
    other = one.copy()
    other[700] = 1e3
    tables = fn.Experiment.of(
        fn.Potential(wide, fn.Quadratic(), data), fn.Aristotle(0.1), steps=3,
        metric=fn.DiagonalMetric(one),
    ).tables  # fmt: skip
    found = fn.sweep(tables, axes={"metric.stiffness": [one, other]}, keep=KEEP)
    assert_runs(found, [(0,), (1,)])
    assert found.loss[0] != found.loss[1]


def test_widths_depths_and_data_are_axes():
    axes = {"network.sizes": [[3, 2], [3, 4, 2], [3, 4, 4, 2]], "run.seed": [0, 1]}
    found = fn.sweep(experiment(), axes=axes, keep=KEEP)
    sizes = [fn.Network(s).size for s in axes["network.sizes"]]
    assert [name for name in found if "parameters" in name] == [f"parameters_{D}" for D in sizes]
    for i, D in enumerate(sizes):
        for seed in (0, 1):
            run = found.runs[i, seed]
            np.testing.assert_array_equal(found[f"parameters_{D}"][seed], run.parameters[-1])
            assert found.loss[i, seed] == run.loss[-1]
    data = fn.data.load("teacher", m=20, n_in=3, n_out=2)
    p = fn.Potential(fn.Network([3, 4, 2]), fn.Quadratic(), data)
    e = fn.Experiment.of(p, fn.Aristotle(0.1), steps=10)
    found = fn.sweep(e, axes={"data.seed": [0, 5], "loss.kind": ["quadratic"]}, keep=KEEP)
    assert_runs(found, [(0, 0), (1, 0)])
    assert found.loss[0] != found.loss[1]


def test_where_members_begin():
    e = experiment(steps=3)
    D = e.parts()[0].size
    W0 = uniforms(5, D)
    found = fn.sweep(
        e, axes={"W0.scale": [0.5, 2.0], "W0.4": [0.0, 1.0]}, W0=W0, keep=["trajectory"]
    )
    expected = np.array([[s * W0, s * W0] for s in (0.5, 2.0)])
    expected[:, :, 4] = [0.0, 1.0]
    np.testing.assert_array_equal(found["trajectory"][:, :, 0], expected)
    starts = uniforms(6, 2, D)
    each = fn.sweep(e, axes={"W0": list(starts)}, keep=["trajectory"])
    np.testing.assert_array_equal(each["trajectory"][:, 0], starts)
    given = fn.sweep(e, axes={"run.seed": [0, 1]}, W0=starts, keep=["trajectory"])
    np.testing.assert_array_equal(given["trajectory"], each["trajectory"])


def test_a_run_is_swept_from_where_it_began():
    p = experiment().parts()[0]
    W0, V0 = uniforms(5, p.size), uniforms(7, p.size)
    observe = {"norm": (10, fn.PathLength())}
    run = fn.train(p, fn.Newton(0.1), W0=W0, V0=V0, steps=20, observe=observe, progress=False)
    found = fn.sweep(run, axes={"mechanics.step": [0.1, 0.2]}, keep=["trajectory", "curve"])
    np.testing.assert_array_equal(found["trajectory"][0], run.parameters[:])
    np.testing.assert_array_equal(found["curve"][0], run.loss)
    assert found["norm"].shape == (2, 3)  # what the experiment observes
    seeds = fn.sweep(run, axes={"run.seed": [0, 1]}, keep=["trajectory"])
    np.testing.assert_array_equal(seeds["trajectory"][1, 0], p.network.init(1))
    again = found.runs[1]
    np.testing.assert_array_equal(again.parameters[:], found["trajectory"][1])


def parabola(steps):
    return fn.Experiment.of(fn.Parabola(1), fn.Aristotle(0.1), steps=steps)


def test_verdicts_of_a_parabola_in_closed_form():
    # W ← (1 − h)W: below h = 2 it converges, there it goes on for ever, above it grows
    h = np.array([0.5, 1.5, 2.0, 2.5, 10.0])
    found = fn.sweep(parabola(50), axes={"mechanics.step": h}, W0=[1.0], tail=10)
    assert found.verdict.tolist() == [0, 0, 1, 2, 2]
    growth = np.log(1e6) / np.log((1 - h[3:]) ** 2)  # steps until the loss is 1e6 times the first
    assert found.diverged_at[3:].tolist() == (np.floor(growth) + 1).astype(int).tolist()
    assert found.steps.tolist() == [50, 50, 50, *found.diverged_at[3:]]
    assert (found.diverged_at[:3] == -1).all()
    np.testing.assert_allclose(found.loss[0], 0.5 * 0.5 ** (2 * 50), rtol=1e-12)


@pytest.mark.parametrize("kernel", ["lanes", "threads"])
def test_members_leave_where_they_have_converged(kernel):
    e = experiment(steps=200)
    axes = {"mechanics.step": [0.1, 0.2, 0.4]}
    whole = fn.sweep(e, axes=axes, keep=["curve"])["curve"]
    below = 0.605
    found = fn.sweep(e, axes=axes, keep=KEEP, reached=below, kernel=kernel)
    for i in range(3):
        first = int(np.argmax(whole[i] <= below * whole[i, 0]))
        assert found.steps[i] == first > 1 and found.verdict[i] == 0
        assert found.loss[i] == whole[i, first]
        np.testing.assert_array_equal(found["parameters"][i], found.runs[i].parameters[-1])
        assert np.isnan(found["curve"][i, first + 1 :]).all()


def test_stop_conditions_of_the_experiment_end_a_member():
    tables = {**experiment(steps=200).tables, "stop": [{"kind": "loss-below", "value": 0.345}]}
    axes = {"mechanics.step": [0.2, 0.4]}
    found = fn.sweep(tables, axes=axes, keep=KEEP)
    for i in range(2):
        p, mechanics, *_ = fn.Experiment(tables).parts()
        run = fn.train(p, mechanics.with_step(axes["mechanics.step"][i]), steps=200,
                       stop=fn.LossBelow(0.345), progress=False)  # fmt: skip
        assert found.steps[i] == len(run.step) < 200 and found.loss[i] == run.loss[-1] < 0.345
        np.testing.assert_array_equal(found["parameters"][i], run.parameters[-1])


def test_runs_that_lanes_do_not_know_go_one_a_thread():
    double_well = fn.Experiment.of(fn.DoubleWell(2), fn.Newton(0.05, friction=0.1), steps=40)
    found = fn.sweep(double_well, axes={"W0.0": np.linspace(-2, 2, 7)}, W0=[0.0, 0.5], keep=KEEP)
    assert_runs(found, [(i,) for i in range(7)])
    complex_net = fn.Network([2, 3, 1], "split_tanh", dtype="complex128")
    data = fn.Dataset(uniforms(3, 9, 2) + 1j, uniforms(4, 9, 1) + 0j)
    p = fn.Potential(complex_net, fn.Quadratic(), data)
    e = fn.Experiment.of(p, fn.Aristotle(0.1), steps=10)
    assert_runs(fn.sweep(e, axes={"run.seed": range(3)}, keep=KEEP), [(0,), (2,)])
    with told_in_one_line("kernel='lanes' does not know"):
        fn.sweep(e, axes={"run.seed": range(3)}, kernel="lanes")


def test_mistakes_are_told_before_anything_runs():
    e, axes = experiment(), {"mechanics.step": [0.1]}
    for line, words in {
        "unknown word of [mechanics] 'stepp'; did you mean 'step'?": {
            "axes": {"mechanics.stepp": [1]}
        },
        "unknown table of the axis 'mechanic.step', 'mechanic'": {"axes": {"mechanic.step": [1]}},
        "step is -1": {"axes": {"mechanics.step": [1, -1]}},
        "^the axis 'network.sizes.7' sets place 7; the experiment's list has 3": {
            "axes": {"run.seed": [1], "network.sizes.7": [1]}
        },
        "of [run] a sweep may change seed": {"axes": {"run.device": ["cpu"]}},
        "has no values": {"axes": {"mechanics.step": []}},
        "a list of values is wanted": {"axes": {"mechanics.step": 0.1}},
        "two axes set 'run.seed'": {"axes": {"run.seed": [1], ("run.seed", "run.steps"): [(1, 2)]}},
        "unknown quantity to keep 'lss'; did you mean 'loss'?": {"axes": axes, "keep": "lss"},
        "neither an interval": {"axes": axes, "keep": {"curve": -3}},
        "it takes no iterations": {"axes": axes, "keep": {"parameters": 3}},
        "diverged is -1": {"axes": axes, "diverged": -1},
        "tail is 0": {"axes": axes, "tail": 0},
        "^W0 has shape (5,); the potential's is (32,)": {"axes": axes, "W0": np.zeros(5)},
        "W0 has shape (2, 2, 2)": {"axes": axes, "W0": np.zeros((2, 2, 2))},
        "kernel is 'vector'": {"axes": axes, "kernel": "vector"},
        "of W0 a sweep changes one number": {"axes": {"W0.size": [1]}},
        "the axis 'W0.scale' is 'a'; numbers are wanted": {"axes": {"W0.scale": ["a"]}},
        "W has 32 parameters": {"axes": {"W0.99": [1.0]}},
        "client is 7": {"axes": axes, "client": 7},
    }.items():
        with told_in_one_line(re.escape(line).replace(r"\^", "^")):
            fn.sweep(e, **words)
    with told_in_one_line("samples is 0"):
        fn.Box({"mechanics.step": (0, 1)}, samples=0)
    with told_in_one_line(re.escape("(low, high)")):
        fn.Box({"mechanics.step": (1, 0)}, samples=4)
    with told_in_one_line("the experiment is 7"):
        fn.sweep(7, axes=axes)
    found = fn.sweep(e, axes=axes)
    with told_in_one_line("unknown kept quantity 'curve'"):
        found["curve"]
    with told_in_one_line("no index of a member"):
        found.runs[0, 1]


def test_terms_charts_and_scales_are_axes():
    net = fn.Network([3, 4, 1])
    data = fn.Dataset(uniforms(1, M, 3), uniforms(2, M, 1))
    whole = fn.Potential(net, fn.Quadratic(), data) + 0.1 * fn.Parabola(net.size)
    e = fn.Experiment.of(whole, fn.Aristotle(0.1), steps=12)
    found = fn.sweep(e, axes={"add.0.scale": [0.1, 1.0], "loss.scale": [1.0, 2.0]}, keep=KEEP)
    assert_runs(found, np.ndindex(2, 2))
    p = 2.0 * fn.Potential(net, fn.Quadratic(), data) + 1.0 * fn.Parabola(net.size)
    run = fn.train(p, fn.Aristotle(0.1), steps=12, progress=False)
    assert found.loss[1, 1] == run.loss[-1]
    charted = {**e.tables, "chart": {"kind": "sinh"}}
    assert_runs(fn.sweep(charted, axes={"mechanics.step": [0.1, 0.2]}, keep=KEEP), [(0,), (1,)])
    with told_in_one_line("unknown word of the chart 'sinh', 'size'"):
        other = {**charted, "chart": {"kind": "sinh", "size": net.size}}
        fn.sweep(other, axes={"mechanics.step": [0.1, 0.2]})
