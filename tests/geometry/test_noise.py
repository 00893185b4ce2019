"""Mini-batch noise: the covariance of the sample gradients, and what a step makes of it."""

import itertools

import made
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.geometry.noise import _noise as _noise_of


def sample_gradients(potential):
    """Function W → gradients (m, D), one sample after another."""
    parts = [potential.on([s]) for s in range(potential.data.m)]
    return lambda W: np.array([part.differential(W)[1] for part in parts])


def small(loss="quadratic", m=7, **words):
    """3-4-2 on seven samples, and parameters."""
    case = twins.case(52_000, [3, 4, 2], ["tanh"], loss, m=m, **words)
    return twins.potential(case), *twins.point(case)


def metrics(potential):
    """The plain one, a frozen layer, and one of each parameter's own."""
    return [
        fn.Euclidean(potential.size),
        fn.LayerMetric(potential.network, [3.0, np.inf]),
        fn.DiagonalMetric(1.5 + twins.uniforms(7, potential.size)),
    ]


# ---- the covariance ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [{}, {"bias": False}, {"loss": "cross-entropy"}, {"Gamma": twins.weights(52_100, 7)}],
    ids=str,
)
def test_against_every_samples_gradient(words):
    """C_ii, both traces by layers, slopes along V; of a sum the network's term alone scatters."""
    p, W, V = small(**words)
    sum_of = 0.7 * p + 0.3 * fn.Parabola(p.size)
    for potential, scale in ((p, 1.0), (sum_of, 0.7)):
        g = scale * sample_gradients(p)(W)
        C = np.cov(g.T, bias=True)
        dL = potential.differential(W)[1]
        for metric in metrics(p):
            noise = fn.noise(potential, W, 3, metric=metric)
            close(noise.diagonal, np.diag(C), scale=np.abs(g).max() ** 2)
            parts = [slice(*r) for r in p.network.ranges]
            for found, density in ((noise.traces, np.diag(C)), (noise.gradients, dL**2)):
                sharp = metric.sharp(density)
                close(found, [sharp[part].sum() for part in parts], scale=sharp.sum())
            close(noise.scale, noise.traces.sum() / noise.gradients.sum())
            assert noise.parameters.sum() == metric.free.sum()
        close(noise.along(V), V @ C @ V)
        close(noise.along(np.array([V, W])), [V @ C @ V, W @ C @ W])


def test_blocks_of_samples_and_float32(monkeypatch):
    """Many samples go block by block, in float64 whatever the precision of the run."""
    p, W, _ = small(m=23)
    whole = fn.noise(p, W, 5)
    monkeypatch.setattr(_noise_of, "_ROWS", 10)
    close(fn.noise(p, W, 5).diagonal, whole.diagonal)
    single = fn.noise(p.with_dtype("float32"), W.astype("float32"), 5)
    close(single.diagonal, whole.diagonal, "float32")


@pytest.mark.parametrize("W", [np.zeros(6), np.arange(6.0)])
def test_linear_regression_in_closed_form(W):
    """Sample s sees the s-th input alone, √n: g_s = √n·r_s·e_s of its residual r, hence
    dL = r/√n, tr C = ‖r‖²(n − 1)/n and B = n − 1, whatever W."""
    n = 6
    p = made.linear(np.sqrt(n) * np.eye(n), np.arange(1.0, n + 1)[:, None])
    r = np.sqrt(n) * W - np.arange(1.0, n + 1)
    noise = fn.noise(p, W, 2, step=0.3)
    close([noise.gradient2, noise.trace, noise.scale], [r @ r / n, r @ r * (n - 1) / n, n - 1])
    close(noise.diagonal, r**2 * (1 - 1 / n))
    close(noise.variance, r @ r * (n - 1) / n / 2 * 4 / 5)
    close(noise.temperature, 0.3 * noise.variance / 2 / 6)


def test_equal_samples_make_no_noise():
    p = made.linear(np.ones((5, 3)), np.ones((5, 1)))
    noise = fn.noise(p, np.array([1.0, 2.0, 3.0]), 1)
    assert noise.trace < 1e-14 * noise.gradient2 and noise.variance < 1e-14 * noise.gradient2
    assert fn.noise(p, np.array([1.0, 2.0, 3.0]), 5).shrinking == 0  # a full batch


# ---- what a step makes of it ------------------------------------------------------------------


@pytest.mark.parametrize("b", [1, 3, 6, 7])
def test_all_batches_have_this_variance(b):
    """Over all subsets of b of 7 samples: the mean is dL, the variance tr C/b·(m − b)/(m − 1)."""
    p, W, V = small()
    for metric in metrics(p):
        noise = fn.noise(p, W, b, metric=metric)
        all_of = np.array(
            [p.on(list(rows)).differential(W)[1] for rows in itertools.combinations(range(7), b)]
        )
        off = all_of - p.differential(W)[1]
        close(off.mean(axis=0), 0 * W, scale=np.abs(all_of).max())
        close(
            noise.variance, np.mean([np.vdot(d, metric.sharp(d)) for d in off]), scale=noise.trace
        )
        close(noise.shrinking * noise.along(V), np.mean((off @ V) ** 2), scale=noise.along(V))


def test_one_step_diffuses_by_2dh():
    """The displacements of one training step on each batch: E‖ΔW − E ΔW‖² = 2·D·h in the metric,
    and 2·T·h for each free parameter."""
    p, W, _ = small()
    h, metric = 0.2, metrics(p)[1]
    noise = fn.noise(p, W, 3, step=h, metric=metric)
    moved = np.array(
        [
            fn.train(p.on(list(rows)), fn.Aristotle(h), W0=W, steps=1, metric=metric).parameters[1]
            - W
            for rows in itertools.combinations(range(7), 3)
        ]
    )
    spread = np.mean([metric.norm2(d) for d in moved - moved.mean(axis=0)])
    close(spread, 2 * noise.diffusion * h, kind="solver")
    close(spread, 2 * noise.temperature * h * metric.free.sum(), kind="solver")


def test_at_rest_the_batches_of_an_epoch_cancel_and_fluctuate_by_the_noise():
    """With all but equal weights ⟨F⟩ of one epoch is −dL, and ⟨F²⟩ − ⟨F⟩² on average over orders
    is the variance of a mini-batch, within four standard errors."""
    p, W, _ = small(m=20)
    noise, found = fn.noise(p, W, 5), []
    for seed in range(60):
        run = fn.train(p, fn.Aristotle(1e-13), W0=W, steps=4, batch_size=5, seed=seed)
        force = fn.rolling_force(run, 1 - 1e-13)
        close(force.mean[-1] ** 2, noise.gradient2, kind="solver")
        found.append(force.fluctuation[-1] ** 2)
    assert abs(np.mean(found) - noise.variance) < 4 * np.std(found) / np.sqrt(len(found))


def test_noise_along_eigendirections():
    """uᵀCu in the metric, T = h·C_b(u,u)/2, and ⟨x²⟩ that x ← (1 − hλ)x + noise leaves alone."""
    p, W, _ = small(m=23)
    h, metric = 0.2, metrics(p)[2]
    noise = fn.noise(p, W, 4, step=h, metric=metric)
    modes = noise.eigen(4)
    C = np.cov(sample_gradients(p)(W).T, bias=True)
    close(modes.variances, [u @ C @ u for u in modes.vectors])
    close(modes.values, fn.eigenpairs(p, W, 4, metric=metric).values)
    close(modes.temperatures, h * noise.shrinking * modes.variances / 2)
    assert 0 < modes.shares.sum() < 1
    stays = modes.values > 0
    close(
        ((1 - h * modes.values) ** 2 * modes.spread + 2 * h * modes.temperatures)[stays],
        modes.spread[stays],
    )
    assert np.isinf(modes.spread[~stays]).all()


# ---- runs, observables, tables ------------------------------------------------------------------


def test_of_a_run_and_observed(tmp_path):
    """A run's own batch size, step and metric; observed and resumed bit for bit."""
    p, W, _ = small(m=23)
    metric = metrics(p)[1]
    words = dict(
        W0=W,
        batch_size=4,
        metric=metric,
        observe={"noise": (5, fn.Noise(p, metric)), "plain": (10, fn.Noise(p))},
    )
    whole = fn.train(p, fn.Aristotle(0.2), steps=20, **words)
    path = tmp_path / "run.h5"
    fn.train(p, fn.Aristotle(0.2), steps=7, store=path, **words).close()
    resumed = fn.resume(path, steps=20)
    for name in ("noise", "plain"):
        np.testing.assert_array_equal(
            resumed.observables[name].value[-3:], whole.observables[name].value[-3:]
        )
    noise = fn.noise(whole, at=15)
    assert (noise.batch_size, noise.step) == (4, 0.2)
    np.testing.assert_array_equal(
        whole.observables["noise"].value[3], [noise.gradient2, noise.trace, noise.scale]
    )
    assert fn.noise(whole, at=-1).loss == whole.loss[-1]
    adam = fn.train(p, fn.Adam(0.2), W0=W, steps=2, batch_size=4)
    assert fn.noise(adam, at=1).step is None  # its noise is not that of W ← W − step·g^♯dL


EXPERIMENT = """
[data]
name = "iris"
[network]
sizes = [4, 3]
[loss]
kind = "cross-entropy"
[metric]
stiffness = [2.0]
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 4
batch_size = 30
[observe.b]
kind = "noise"
every = 2
"""


def test_in_an_experiment_file(tmp_path):
    (tmp_path / "iris.toml").write_text(EXPERIMENT)
    run = fn.Experiment.load(tmp_path / "iris.toml").run(tmp_path / "run.h5")
    noise = fn.noise(run, at=2)
    close(run.observables["b"].value[1], [noise.gradient2, noise.trace, noise.scale])


def test_it_prints_as_a_table():
    p, W, _ = small()
    for noise in (fn.noise(p, W, 3), fn.noise(p, W, 3, step=0.1)):
        modes = noise.eigen(2)
        for made_of in (noise, modes):
            assert max(map(len, str(made_of).splitlines())) <= 100
            assert "<table>" in made_of._repr_html_()
        assert ("temperature" in str(noise)) == ("√⟨x²⟩" in str(modes)) == (noise.step is not None)
    assert "noise scale B" in str(noise) and "layer 2" in str(noise)


MISTAKES = {
    "no data": (lambda p, W: fn.noise(fn.Parabola(3), np.ones(3), 1), "potential with data"),
    "no batch": (lambda p, W: fn.noise(p, W), "wants the parameters W and the number"),
    "a batch of 8 of 7": (lambda p, W: fn.noise(p, W, 8), "whole number from 1 to 7"),
    "no step": (lambda p, W: fn.noise(p, W, 3).temperature, "want the step"),
    "a step of 0": (lambda p, W: fn.noise(p, W, 3, step=0), "number above 0"),
    "metric of another": (lambda p, W: fn.noise(p, W, 3, metric=fn.Euclidean(3)), "metric is"),
    "all frozen": (
        lambda p, W: fn.noise(p, W, 3, metric=fn.LayerMetric(p.network, [np.inf, np.inf])),
        "freezes every parameter",
    ),
    "at of a potential": (lambda p, W: fn.noise(p, W, 3, at=3), "takes no at"),
    "coupled samples": (
        lambda p, W: fn.noise(
            fn.Potential(p.network, fn.Quadratic(sample_metric=twins.positive(1, 7)), p.data), W, 3
        ),
        "couples its samples",
    ),
    "full batches": (
        lambda p, W: fn.noise(fn.train(p, fn.Aristotle(0.1), W0=W, steps=2), at=1),
        "name a batch_size",
    ),
    "a row that is not there": (
        lambda p, W: fn.noise(fn.train(p, fn.Aristotle(0.1), W0=W, steps=2, batch_size=2), at=9),
        "does not keep",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    p, W, _ = small()
    with told_in_one_line(line):
        call(p, W)
