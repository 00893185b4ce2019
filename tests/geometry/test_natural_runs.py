"""Natural gradient in runs: what they record, batches, files, precisions, readings."""

import numpy as np
from fisher_cases import FINE, dense, plain
from tolerance import close, has_order

import flownet as fn


def test_natural_gradient_runs_and_what_they_record(tmp_path):
    """Steps −h·g^♯dL at each point; certificates in the file; stopped and resumed bit for bit."""
    p, W = plain("cross-entropy")
    metric, path = fn.FisherMetric(p, 0.05, **FINE), tmp_path / "run.h5"
    words = {"W0": W, "metric": metric, "progress": False}
    run = fn.train(p, fn.Aristotle(0.5), steps=8, **words)
    for k in range(2):
        at = run.parameters[k]
        wanted = at - 0.5 * np.linalg.solve(dense(p, at, 0.05), p.differential(at)[1])
        close(run.parameters[k + 1], wanted, scale=10.0)
    fn.train(p, fn.Aristotle(0.5), steps=3, store=path, **words).close()
    again = fn.resume(path, steps=8, progress=False)
    np.testing.assert_array_equal(again.parameters[:], run.parameters[:])
    for name in ("products", "residual", "defect"):
        found = again.observables[name].value
        np.testing.assert_array_equal(found, run.observables[name].value)
    assert run.observables["defect"].value.max() < 1e-12
    assert repr(again.metric) == repr(metric)
    again.close()


def test_a_batch_is_stepped_in_its_own_metric():
    p, W = plain("quadratic")
    metric = fn.GaussNewtonMetric(p, 0.05, **FINE)
    run = fn.train(p, fn.Aristotle(0.5), steps=3, W0=W, metric=metric, batch_size=8, seed=5)
    batch = run.potential_at(1)
    assert batch.data.m == 8
    at = run.parameters[1]
    wanted = at - 0.5 * np.linalg.solve(dense(batch, at, 0.05), batch.differential(at)[1])
    close(run.parameters[2], wanted, scale=10.0)
    for state in fn.states(p, fn.Aristotle("linear:0.3"), steps=2, W0=W, metric=metric,
                           batch_size=8, seed=5):  # fmt: skip
        expected = state.step
        break
    taken = fn.train(p, fn.Aristotle("linear:0.3"), steps=1, W0=W, metric=metric, batch_size=8,
                     seed=5)  # fmt: skip
    assert taken.step[0] == expected


def test_from_a_file(tmp_path):
    """`[metric] kind = "fisher"`, with what is damped in a table of its own."""
    path = tmp_path / "run.toml"
    path.write_text(
        '[data]\nname = "xor"\n[network]\nsizes = [2, 4, 1]\n[loss]\nkind = "quadratic"\n'
        '[metric]\nkind = "fisher"\ndamping = 0.01\niterations = 7\n'
        "metric = { stiffness = [2.0, 1.0] }\n"
        '[mechanics]\nkind = "aristotle"\nstep = 0.5\n[run]\nsteps = 4\n'
    )
    experiment = fn.Experiment.load(path)
    run = experiment.run(tmp_path / "run.h5", progress=False)
    assert isinstance(run.metric, fn.FisherMetric)
    net = fn.Network([2, 4, 1])
    p = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    metric = fn.FisherMetric(p, 0.01, iterations=7, metric=fn.LayerMetric(net, [2.0, 1.0]))
    same = fn.train(p, fn.Aristotle(0.5), steps=4, metric=metric)
    np.testing.assert_array_equal(run.parameters[:], same.parameters[:])
    run.close()
    opened = fn.Trajectory.open(tmp_path / "run.h5")
    assert repr(opened.metric) == repr(metric)
    close(fn.breakdown(opened, at=1).linear, fn.breakdown(same, at=1).linear)
    opened.close()


def test_complex_parameters():
    """Steps of a complex network are those of its reals."""
    draw = np.random.default_rng(5).standard_normal((4, 5, 2))
    x, y = draw[0] + 1j * draw[1], draw[2] + 1j * draw[3]
    p = fn.Potential(fn.Network([2, 3, 2], "split_tanh", dtype="complex128"), fn.Quadratic(),
                     fn.Dataset(x, y))  # fmt: skip
    W = p.network.init(seed=1)
    dL, metric = p.differential(W)[1], fn.FisherMetric(p, 0.1, **FINE)
    g = p.fisher(W).dense() + 0.1 * np.eye(2 * p.size)
    V = np.linalg.solve(g, dL.view(float)).view(complex)
    found = metric.seen_at(W).sharp(dL)
    close(found.view(float), V.view(float), scale=10.0)
    run = fn.train(p, fn.Aristotle(0.5), W0=W, steps=2, metric=metric)
    close(run.parameters[1].view(float), (W - 0.5 * V).view(float), scale=10.0)
    assert run.loss[-1] < run.loss[0]


def test_single_precision():
    p, W = plain("cross-entropy")
    single = p.with_dtype("float32")
    run = fn.train(single, fn.Aristotle(0.5), W0=W.astype("float32"), steps=3,
                   metric=fn.FisherMetric(single, 0.1, tolerance=1e-5))  # fmt: skip
    assert run.parameters.dtype == np.float32
    double = fn.train(p, fn.Aristotle(0.5), W0=W, steps=3, metric=fn.FisherMetric(p, 0.1))
    np.testing.assert_allclose(run.loss, double.loss, rtol=1e-4)


def test_departure_and_lengths_along_a_run():
    """Beside its own flow: off by the step squared; second order explains a short step."""
    p, W = plain("quadratic")
    metric = fn.FisherMetric(p, 0.1)
    ends = []
    for count in (2, 4, 8):
        run = fn.train(p, fn.Aristotle(0.4 / count), W0=W, steps=count, metric=metric)
        found = fn.departure(run, progress=False)
        ends.append(found.flows["flow"].distance[-1])
        assert found.steps.rest[0] < 0.1 * found.steps.distance[0]
    has_order(ends, np.array([0.2, 0.1, 0.05]), 1)
    lengths = fn.path_length(run).value
    step = run.parameters[1] - run.parameters[0]
    close(lengths[1], np.sqrt(step @ dense(p, W, 0.1) @ step))
    dL = p.differential(W)[1]
    close(fn.speed(run).value[0], np.sqrt(dL @ np.linalg.solve(dense(p, W, 0.1), dL)))


def test_observables_and_sweeps():
    """Lengths and sharpness in it while the run goes on; its damping as an axis of a sweep."""
    p, W = plain("quadratic", m=9)
    metric = fn.FisherMetric(p, 0.1)
    observe = {
        "length": (1, fn.PathLength()),
        "speed": (1, fn.Speed(p)),
        "sharpness": (2, fn.Sharpness(p, metric=metric)),
    }
    run = fn.train(p, fn.Aristotle(0.5), W0=W, steps=4, metric=metric, observe=observe)
    seen = run.observables
    close(seen["length"].value, fn.path_length(run).value)
    close(seen["speed"].value, fn.speed(run).value)
    close(seen["sharpness"].value[0], fn.sharpness(p, W, metric=metric), scale=1e3)
    experiment = fn.Experiment.of(p, fn.Aristotle(0.5), metric=metric, steps=4, seed=0)
    found = fn.sweep(experiment, axes={"metric.damping": [0.1, 0.3]}, progress=False)
    alone = fn.train(p, fn.Aristotle(0.5), steps=4, metric=metric, seed=0)
    close(found.loss[0], alone.loss[-1])
