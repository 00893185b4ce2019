"""Levenberg-Marquardt and Newton-CG: their limits, their damping, runs that stop and go on."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn


def xor(hidden=4):
    return fn.Potential(fn.Network([2, hidden, 1]), fn.Quadratic(), fn.data.load("xor"))


def columns(run, *names):
    return [run.observables[name].value for name in names]


def test_it_lands_where_the_map_is_straight():
    """One undamped step of least squares; the ratio is 1, and the damping falls."""
    x, y = twins.uniforms(91_000, 9, 3), twins.uniforms(91_001, 9, 2)
    p = fn.Potential(fn.Network([3, 2]), fn.Quadratic(), fn.Dataset(x, y))
    run = fn.train(p, fn.LevenbergMarquardt(1e-12, tolerance=1e-14), steps=2)
    ones = np.column_stack([x, np.ones(9)])
    least = ((ones @ np.linalg.lstsq(ones, y, rcond=None)[0] - y) ** 2).sum() / 18
    close(run.loss[1], least)
    damping, ratio = columns(run, "damping", "ratio")
    close(ratio[0], 1.0)
    assert damping[1] < damping[0]


@pytest.mark.parametrize("mechanics", [fn.LevenbergMarquardt, fn.NewtonCG])
def test_much_damping_is_plain_descent(mechanics):
    """δ → −g₀^♯dL/μ."""
    p = xor()
    W, metric = p.init(1), fn.LayerMetric(p.network, [2.0, 0.5])
    run = fn.train(p, mechanics(1e8), W0=W, steps=1, metric=metric)
    delta = run.parameters[1].astype(np.longdouble) - W
    wanted = -metric.sharp(p.differential(W)[1]) / 1e8
    np.testing.assert_allclose(delta.astype(float), wanted, atol=1e-6 * np.abs(wanted).max())


def test_a_step_and_its_ratio_by_hand():
    """(F + μ)δ = −dL by a dense solve, and delivered over what its model promises."""
    p = xor()
    W, mu = p.init(2), 0.05
    run = fn.train(p, fn.LevenbergMarquardt(mu, tolerance=1e-14), W0=W, steps=1)
    F, dL = p.gauss_newton(W).dense(), p.differential(W)[1]
    delta = -np.linalg.solve(F + mu * np.eye(p.size), dL)
    close(run.parameters[1], W + delta, scale=100.0)
    ratio = p.difference(W, delta) / (dL @ delta + delta @ F @ delta / 2)
    found, tries = columns(run, "ratio", "tries")
    assert tries[0] == 1
    np.testing.assert_allclose(found[0], ratio, rtol=1e-9)


@pytest.mark.parametrize("mechanics", [fn.LevenbergMarquardt(), fn.NewtonCG()])
def test_xor_to_rounding_and_never_uphill(mechanics):
    run = fn.train(xor(), mechanics, seed=0, steps=40)
    assert run.loss[-1] < 1e-24
    assert (np.diff(run.loss) <= 1e-30).all()
    damping, ratio, _, tries = columns(run, "damping", "ratio", "products", "tries")
    good = ratio[:5] > 0.75
    assert np.all(damping[1:6][good & (tries[1:6] == 1)] < damping[:5][good & (tries[1:6] == 1)])


def test_refused_tries_damp_more():
    """Far too little damping: the first step is tried until it delivers, from one gradient."""
    p = xor()
    run = fn.train(p, fn.LevenbergMarquardt(1e-9, factor=10.0), W0=8 * p.init(3), steps=6)
    damping, tries = columns(run, "damping", "tries")
    assert tries.max() > 1
    worst = int(tries.argmax())
    assert damping[worst] > damping[max(worst - 1, 0)] or worst == 0
    assert (np.diff(run.loss) <= 0).all()


def test_newton_leaves_a_hill():
    """Where every direction bends down: down the slope, and on to a minimum, exactly there."""
    run = fn.train(fn.DoubleWell(2), fn.NewtonCG(1e-6), W0=[0.1, -0.2], steps=25)
    close(np.abs(run.parameters[-1]), np.ones(2))
    assert fn.DoubleWell(2).hessian(np.array([0.1, -0.2])).diagonal().max() < 0
    ends = run.loss[run.loss > 1e-28][-3:]  # its order is two at least
    assert np.log(ends[2]) < 1.8 * np.log(ends[1]) or ends[2] < 1e-20


def test_at_rest_it_stays():
    """Where dL is 0 nothing moves, and no time passes."""
    run = fn.train(fn.Parabola(3), fn.NewtonCG(), W0=np.zeros(3), steps=3)
    assert not run.parameters[:].any()
    assert run.time[-1] == 0


@pytest.mark.parametrize("batch_size", [None, 2])
def test_stopped_and_resumed_bit_for_bit(tmp_path, batch_size):
    p, path = xor(), tmp_path / "run.h5"
    words = {"batch_size": batch_size, "progress": False}
    whole = fn.train(p, fn.LevenbergMarquardt(0.1, 2.0), steps=9, **words)
    fn.train(p, fn.LevenbergMarquardt(0.1, 2.0), steps=4, store=path, **words).close()
    again = fn.resume(path, steps=9, progress=False)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    for name in ("damping", "ratio", "products", "tries"):
        found = again.observables[name].value
        np.testing.assert_array_equal(found, whole.observables[name].value)
    again.close()


def test_from_a_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(
        '[data]\nname = "xor"\n[network]\nsizes = [2, 4, 1]\n[loss]\nkind = "quadratic"\n'
        '[mechanics]\nkind = "newton-cg"\ndamping = 0.5\ntolerance = 0.1\n[run]\nsteps = 4\n'
    )
    run = fn.Experiment.load(path).run(tmp_path / "run.h5", progress=False)
    same = fn.train(xor(), fn.NewtonCG(0.5, tolerance=0.1), steps=4)
    np.testing.assert_array_equal(run.parameters[:], same.parameters[:])
    run.close()


def test_what_is_refused():
    p = xor()
    for make, line in (
        (lambda: fn.LevenbergMarquardt(0.0), "damping is 0.0"),
        (lambda: fn.NewtonCG(factor=1.0), "factor is 1.0; it has to be a number above 1"),
        (lambda: fn.NewtonCG(iterations=0), "iterations is 0"),
        (
            lambda: fn.train(p, fn.NewtonCG(), steps=1, metric=fn.FisherMetric(p, 0.1)),
            "damps in a constant metric",
        ),
        (
            lambda: fn.train(
                fn.CustomPotential(1, lambda W: (W @ W, 2 * W)),
                fn.LevenbergMarquardt(),
                W0=[1.0],
                steps=1,
            ),
            r"offers no gauss_newton\(\)",
        ),
        (lambda: fn.flow(p, W0=p.init(0), time=1.0, mechanics=fn.NewtonCG()), "have no flow"),
    ):
        with told_in_one_line(line):
            make()
