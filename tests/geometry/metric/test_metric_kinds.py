"""What holds for every metric: its interface, its runs and their files, curvature in it."""

import numpy as np
import pytest
from every_metric import CONSTANT, EVERY, INF, NET, ONES, problem
from metric_settings import D
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError


@pytest.fixture(params=CONSTANT.values(), ids=CONSTANT)
def metric(request):
    return request.param(ONES)


def vectors(metric, dtype, seed=50):
    """A covector and a displacement that no frozen component has."""
    dL, V = uniforms(seed, D).astype(dtype), uniforms(seed + 1, D).astype(dtype)
    if np.dtype(dtype).kind == "c":
        dL, V = dL + 1j * uniforms(seed + 2, D), V + 1j * uniforms(seed + 3, D)
    return dL.astype(dtype), np.where(metric.free, V, 0).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@np.errstate(invalid="raise")
def test_the_interface(metric, dtype):
    """g^♯g♭ = 1, ‖V‖² = ⟨g♭V, V⟩ = x·x, and dL(V) = (g^{-1/2}dL)·x, real or complex."""
    real = np.zeros(0, dtype).real.dtype.name
    dL, V = vectors(metric, dtype)
    pair = lambda a, b: np.vdot(a, b).real  # noqa: E731
    size = np.abs(V).max()
    for made in (metric.sharp(dL), metric.flat(V), metric.coordinates(V), metric.displacement(dL)):
        assert made.dtype == dtype and made.shape == (D,)
    close(np.abs(metric.sharp(metric.flat(V)) - V), 0 * size * np.ones(D), real, "rounding", size)
    close(metric.norm2(V), pair(metric.flat(V), V), real, "rounding")
    x = metric.coordinates(V)
    close(pair(x, x), metric.norm2(V), real, "rounding")
    close(np.abs(metric.displacement(x) - V), np.zeros(D), real, "rounding", size)
    close(pair(metric.displacement(dL), x), pair(dL, V), real, "rounding", scale=20)
    close(pair(dL, metric.sharp(dL)), metric.norm2(metric.sharp(dL)), real, "rounding")
    for moved in (metric.sharp(dL), metric.coordinates(dL), metric.displacement(dL)):
        assert (moved[~metric.free] == 0).all()


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_complex_vectors_are_twice_as_many_reals(metric, dtype):
    """In (re, im, re, im, …) the metric is its `real_view`."""
    twice, (dL, V) = metric.real_view(), vectors(metric, dtype)
    real = np.zeros(0, dtype).real.dtype
    assert twice.size == 2 * D
    np.testing.assert_array_equal(twice.free, np.repeat(metric.free, 2))
    for name, a in (("sharp", dL), ("flat", V), ("coordinates", V), ("displacement", dL)):
        close(
            getattr(metric, name)(a).view(real),
            getattr(twice, name)(a.view(real)),
            real.name,
            "rounding",
        )
    close(metric.norm2(V), twice.norm2(V.view(real)), real.name, "rounding")


def test_zero_times_infinity_is_zero():
    """Whatever the covector; but to move a frozen component, real or imaginary, has no end."""
    for dtype in ("float64", "complex128"):
        for made in (CONSTANT["frozen"](ONES), CONSTANT["coupled_frozen"](ONES)):
            free, still = made.free, np.where(made.free, 1.0, 0.0).astype(dtype)
            assert np.isfinite(made.norm2(still))
            np.testing.assert_array_equal(made.sharp(np.full(D, INF))[~free], 0)
            moved = still.copy()
            moved[3] = 1e-300 * (1j if dtype == "complex128" else 1)
            assert made.norm2(moved) == INF


@pytest.mark.parametrize("method", ["sharp", "flat", "norm2", "coordinates", "displacement"])
def test_vectors_of_another_size(method, metric):
    with pytest.raises(FlownetError, match=rf"shape \(3,\); the metric's is \({D},\)"):
        getattr(metric, method)(np.ones(3))


@pytest.fixture(params=EVERY.values(), ids=EVERY)
def every(request):
    return request.param(ONES)


def test_a_step_is_the_metric_s_own(every, potential):
    """W ← W − h·g^♯dL of the compiled loop, step after step; what is frozen keeps its bits."""
    W0 = uniforms(54, D)
    run = fn.train(potential, fn.Aristotle(0.2), W0=W0, steps=25, metric=every)
    for k, time in enumerate(run.time[:-1]):
        W, now = run.parameters[k], every.at(time)
        close(run.parameters[k + 1], W - 0.2 * now.sharp(potential.differential(W)[1]))
        np.testing.assert_array_equal(run.parameters[k + 1][~now.free], W[~now.free])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_loop_in_python_takes_the_same_steps(every, dtype):
    """With and without memory, in both precisions."""
    net = NET.with_dtype(dtype)
    whole = fn.Potential(net, fn.Quadratic(), problem().data)

    class Program:
        size, dtype, value, differential = (
            whole.size,
            whole.dtype,
            whole.value,
            whole.differential,
        )

    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1), fn.Adam(0.01)):
        one, two = (
            fn.train(each, mechanics, W0=uniforms(55, D), steps=12, metric=every)
            for each in (whole, Program())
        )
        close(one.parameters[:], two.parameters[:], dtype)


@pytest.mark.parametrize(
    "name, mechanics",
    [
        ("neurons", fn.Aristotle(0.1)),
        ("coupled", fn.Adam(0.01)),
        ("timed", fn.Aristotle(0.1)),
        ("timed", fn.Newton(0.1)),
        ("coupled_frozen", fn.Newton(0.1)),
    ],
)
def test_a_run_is_resumed_bit_for_bit(name, mechanics, potential, tmp_path):
    """From its file, which says its metric, with mini-batches and the path's length."""
    every = EVERY[name](ONES)

    def run(steps, store=None):
        return fn.train(
            potential,
            mechanics,
            W0=uniforms(56, D),
            steps=steps,
            metric=every,
            batch_size=4,
            store=store,
            observe={"path": (2, fn.PathLength()), "speed": (3, fn.StepSpeed())},
        )

    run(13, tmp_path / "a.h5")
    whole, again = run(30), fn.resume(tmp_path / "a.h5", steps=30)
    for name in whole.observables:
        mine, other = (r.observables[name].value for r in (whole, again))
        rows = (
            slice(None)
            if name in ("loss", "step")
            else np.searchsorted(
                again.observables[name].iteration, whole.observables[name].iteration
            )
        )
        np.testing.assert_array_equal(mine, other[rows])
    np.testing.assert_array_equal(whole.parameters[:], again.parameters[:])
    for found in (
        fn.Trajectory.open(tmp_path / "a.h5").metric,
        fn.Experiment.load(tmp_path / "a.h5").parts()[2],
    ):
        assert type(found) is type(every)
        assert repr(found) == repr(every)
        np.testing.assert_array_equal(
            found.at(1.0).sharp(np.ones(D)), every.at(1.0).sharp(np.ones(D))
        )


@pytest.mark.parametrize("make", [CONSTANT["coupled"], CONSTANT["neurons"]])
def test_curvature_in_the_metric(make, potential):
    """Sharpness and eigenpairs are those of g^{-1/2}Hg^{-1/2} on what is free, made in full."""
    metric, W = make(ONES), uniforms(57, D)
    root = np.stack([metric.displacement(e) for e in np.eye(D)], axis=1)
    values, U = np.linalg.eigh(root @ (potential.hessian(W) @ np.eye(D)) @ root)
    found = fn.eigenpairs(potential, W, 2, metric=metric)
    close(found.values, values[[-1, -2]], kind="solver")
    close(fn.sharpness(potential, W, metric=metric), values[-1], kind="solver")
    for V in found.vectors:
        close(metric.norm2(V), 1.0, kind="solver")
    close(abs(metric.coordinates(found.vectors[0]) @ U[:, -1]), 1.0, kind="solver")
    assert fn.metric_hessian(potential, W, metric).shape[0] == metric.free.sum()
