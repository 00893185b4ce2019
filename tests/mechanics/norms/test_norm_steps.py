"""Finite steps of steepest descent in norms: sign descent, runs, and what the steps break."""

import numpy as np
import pytest
import twins
from iris_network import DATA, NET, POTENTIAL, W0, D

import flownet as fn


def potential_of(dtype):
    return fn.Potential(fn.Network([4, 6, 3], dtype=dtype), fn.CrossEntropy(), DATA)


# ---- sign descent -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 16])
def test_sign_steps_are_the_step_times_the_sign(dtype, batch_size, holds):
    potential, h = potential_of(dtype), 0.01
    run = fn.train(
        potential, fn.Normalized(h), steps=12, metric=fn.SignNorm(D), batch_size=batch_size
    )
    for k in range(12):
        W = run.parameters[k]
        dL = run.potential_at(k).differential(W)[1]
        assert dL.dtype == W.dtype == dtype
        off = np.abs(run.parameters[k + 1] - (W - W.dtype.type(h) * np.sign(dL))).max()
        holds("sign descent: W − h·sign(dL), to the last bit", off, 0)


def test_signum_is_the_sign_of_the_momentum():
    h, beta, W, M = 0.003, 0.9, W0.copy(), np.zeros(D)
    run = fn.train(POTENTIAL, fn.Normalized(h, beta), steps=30, metric=fn.SignNorm(D), W0=W0)
    for k in range(30):
        M = beta * M + POTENTIAL.differential(W)[1]
        W = W - h * np.sign(M)
        np.testing.assert_allclose(run.parameters[k + 1], W, rtol=0, atol=1e-15)


def test_a_complex_sign_is_the_phase():
    net = fn.Network([2, 3, 1], "split_tanh", dtype="complex128")
    x = twins.uniforms(3, 5, 2) + 1j * twins.uniforms(4, 5, 2)
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, twins.uniforms(5, 5, 1) + 0j))
    run = fn.train(potential, fn.Normalized(0.01), steps=3, metric=fn.SignNorm(net.size))
    for k in range(3):
        dL = potential.differential(run.parameters[k])[1]
        expected = run.parameters[k] - 0.01 * dL / np.abs(dL)
        np.testing.assert_allclose(run.parameters[k + 1], expected, rtol=0, atol=1e-15)


def test_without_a_norm_it_is_normalised_gradient_descent():
    run = fn.train(POTENTIAL, fn.Normalized(0.1), steps=5, W0=W0)
    np.testing.assert_allclose(fn.step_speed(run).value, 1.0, rtol=1e-13)
    dL = POTENTIAL.differential(W0)[1]
    expected = W0 - 0.1 * dL / np.linalg.norm(dL)
    np.testing.assert_allclose(run.parameters[1], expected, rtol=0, atol=1e-15)


def test_on_a_bowl_normalised_steps_end_where_the_promise_is_half_eaten():
    """‖dL‖_* = h⟨d, Hd⟩/2, a 2-cycle: on ½κ‖W‖² in one dimension |W| = h/2."""
    run = fn.train(
        fn.Parabola(3, strength=2.0), fn.Normalized(0.1), W0=[0.525, 0.345, -0.985], steps=60,
        metric=fn.SignNorm(3),
    )  # fmt: skip
    last = np.abs(run.parameters[-4:])
    np.testing.assert_allclose(last + last[::-1], 0.1, rtol=0, atol=1e-12)


# ---- runs ---------------------------------------------------------------------------------------

RUNS = {
    "plain in the spectral norm": (fn.Aristotle(0.02), fn.SpectralNorm(NET)),
    "by products": (fn.Aristotle(0.02), fn.SpectralNorm(NET, polar="polar-express")),
    "one neuron": (fn.Aristotle(0.2), fn.BlockNorm(NET, "neurons")),
    "one parameter": (fn.Aristotle(0.2), fn.CoordinateNorm(D)),
    "sharpness-aware": (fn.SAM(fn.Aristotle(0.001), radius=0.01), fn.SignNorm(D)),
    "signum": (fn.Normalized("warmup:0.01:5", 0.9), fn.SignNorm(D)),
    "thawing": (
        fn.Normalized(0.01),
        fn.TimedMetric([0, 0.1], [fn.SpectralNorm(NET, [0, 1]), fn.SpectralNorm(NET)]),
    ),
    "muon": (fn.Muon(0.02, elsewhere=fn.AdamW(0.01)), None),
    "muon beside momentum": (
        fn.Muon(0.02, elsewhere=fn.Newton(0.01, momentum=0.9)),
        fn.SpectralNorm(NET, "rms", biases=False),
    ),
}


@pytest.mark.parametrize("mechanics, metric", RUNS.values(), ids=RUNS)
def test_runs_are_resumed_bit_for_bit_from_their_files(mechanics, metric, tmp_path):
    """With batches; the file says the norm, and an experiment of it makes the same run."""
    words = dict(W0=W0, metric=metric, batch_size=32, seed=5, progress=False)
    whole = fn.train(POTENTIAL, mechanics, steps=24, **words)
    fn.train(POTENTIAL, mechanics, steps=11, store=tmp_path / "run.h5", **words).close()
    again = fn.resume(tmp_path / "run.h5", steps=24, progress=False)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    assert repr(again.metric) == repr(whole.metric)
    assert repr(again.mechanics) == repr(mechanics)
    assert whole.loss[-1] < whole.loss[0]
    again.close()


# ---- what a step breaks -------------------------------------------------------------------------

NORMS = {
    "sign": fn.SignNorm(D),
    "coordinate": fn.CoordinateNorm(D),
    "layers": fn.BlockNorm(NET, combine="max"),
    "spectral": fn.SpectralNorm(NET),
    "squares": fn.SpectralNorm(NET, "rms", combine="squares"),
}


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
def test_the_promise_and_the_critical_step(norm):
    """−h‖dL‖_*² promised, second order as large at 2‖dL‖_*²/H(V, V); normalised −h‖dL‖_*."""
    dL, h = POTENTIAL.differential(W0)[1], 1e-3
    V = norm.sharp(dL)
    b = fn.breakdown(POTENTIAL, W0, h, metric=norm)
    assert b.linear == pytest.approx(-h * norm.dual(dL) ** 2, rel=1e-12)
    bend = V @ POTENTIAL.hessian_action(W0, V)
    assert b.critical_step == pytest.approx(2 * norm.dual(dL) ** 2 / bend, rel=1e-10)
    run = fn.train(POTENTIAL, fn.Aristotle(h), steps=1, W0=W0, metric=norm)
    along = fn.breakdown(run, at=0)
    assert along.linear == pytest.approx(b.linear, rel=1e-9)
    assert along.split("layers").second == pytest.approx(along.second, rel=1e-9)
    normalised = fn.train(POTENTIAL, fn.Normalized(h), steps=1, W0=W0, metric=norm)
    assert fn.breakdown(normalised, at=0).linear == pytest.approx(-h * norm.dual(dL), rel=1e-9)
    assert fn.path_length(normalised).value[-1] == pytest.approx(h, rel=1e-9)


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
def test_the_action_gap_is_above_zero_and_falls_as_the_cube_of_the_step(norm):
    gaps = np.array(
        [fn.action_gap(POTENTIAL, W0, h, metric=norm).value for h in (8e-5, 4e-5, 2e-5)]
    )
    assert (gaps > 0).all()
    np.testing.assert_allclose(np.log2(gaps[:-1] / gaps[1:]), 3.0, atol=0.1)
    along = fn.action_gap(POTENTIAL, W0, 0.1, displacement=0.1 * W0, metric=norm)
    assert along.value > 0 and along.noise > 0


def test_the_action_gap_of_a_metric_is_fenchel_youngs():
    metric = fn.LayerMetric(NET, [2.0, 0.5])
    found = fn.action_gap(POTENTIAL, W0, 0.2, metric=metric)
    V = -metric.sharp(POTENTIAL.differential(W0)[1])
    x, weights = np.polynomial.legendre.leggauss(32)
    total = 0.0
    for s, w in zip((1 + x) / 2, weights / 2):
        dL = POTENTIAL.differential(W0 + 0.2 * s * V)[1]
        total += 0.2 * w * ((metric.norm2(V) + metric.dual2(dL)) / 2 + dL @ V)
    assert found.value == pytest.approx(total, rel=1e-9)


def test_the_edge_in_a_norm_is_observed_and_ends_a_run():
    """Sharpness·step, of normalised steps over ‖dL‖_*, reaches 2."""
    bowl, norm = fn.Parabola(4, strength=0.5), fn.SignNorm(4)  # S = 2
    run = fn.train(
        bowl, fn.Aristotle(0.9), W0=[1.0] * 4, steps=5, metric=norm,
        observe={"S": (1, fn.Sharpness(bowl, norm))},
    )  # fmt: skip
    np.testing.assert_allclose(run.observables["S"].value, 2.0, rtol=1e-12)
    for mechanics, at in ((fn.Aristotle(1.01), 0), (fn.Normalized(0.15), 7)):
        run = fn.train(
            bowl, mechanics, W0=[1.0] * 4, steps=30, metric=norm, stop=fn.EdgeReached(every=1)
        )
        assert run.iteration[-1] == at and "sharpness·step is" in run.stopped


def test_what_looks_at_muons_norm_looks_at_the_exact_one():
    """The dual norm is Σσ there, and no action gap is negative, whatever the polynomial does."""
    own = fn.SpectralNorm(NET, "muon", polar="muon")
    exact = fn.SpectralNorm(NET, "muon")
    dL = POTENTIAL.differential(W0)[1]
    assert own.dual(dL) < 0.97 * exact.dual(dL)
    assert own.exact.dual(dL) == exact.dual(dL) and exact.exact is exact
    one, two = (fn.norm_sharpness(POTENTIAL, W0, norm, starts=2) for norm in (own, exact))
    assert one.value == two.value and exact.length(one.direction) == pytest.approx(1.0)
    for h in (1e-6, 1e-3, 0.1):
        assert fn.action_gap(POTENTIAL, W0, h, metric=own).value > 0
