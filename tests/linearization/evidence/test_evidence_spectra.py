"""Spectra of an evidence: brackets that hold and close, and Hessians that bend down."""

import numpy as np
from exact_evidence import ALPHA, SIGMA
from mistakes import told_in_one_line

import flownet as fn
from flownet.geometry.curvature import NoSpectrum, rademacher
from flownet.linearization.evidence import _spectrum


def test_brackets_of_the_quadrature_hold_and_close(published, monkeypatch):
    """Gauss above, Radau below, of what each probe would give exactly; the probes scatter about."""
    potential, stored = published
    exact = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    monkeypatch.setattr(_spectrum, "EXACT", 10)
    found = {
        steps: fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, probes=6, steps=steps)
        for steps in (4, 8, 12, 40)
    }
    one = {steps: each.gauss_newton for steps, each in found.items()}
    closed = one[40]
    assert closed.low == closed.high  # each probe's measure is known in full
    widths = [each.high - each.low for each in one.values()]
    assert (np.diff(widths) < 0).all() and widths[0] > 100 and widths[2] < 1e-3
    for each in one.values():
        assert each.low <= closed.log_Z + 1e-7 and closed.log_Z - 1e-7 <= each.high
        assert each.low <= each.log_Z <= each.high
    assert abs(closed.log_Z - exact.log_Z) < 3 * closed.error
    assert "bracket" in str(found[8]) and found[40].hessian.negative


def test_brackets_of_a_hessian_that_bends_down_less_than_the_prior_up(digits, monkeypatch, holds):
    """As far as each probe goes it is bounded, and closes in on what its dense logarithm gives."""
    potential = fn.Potential(fn.Network([64, 6, 10]), fn.CrossEntropy(), digits)
    m, n = digits.m, potential.size
    run = fn.train(potential, fn.Adam(0.03), steps=120, record_every=120)
    W, words = run.parameters[-1], {"curvature": "hessian", "probes": 6}
    h, U = np.linalg.eigh(m * potential.hessian_action(W, np.eye(n)))
    assert h[0] < -0.01
    prior = -1.05 * h[0]
    exact = fn.evidence(potential, W, prior=prior, **words)
    seen = U.T @ np.array([rademacher(0, k, n) for k in range(6)]).T
    base = exact.log_Z - exact.hessian.occam
    probed = base - (np.log1p(h / prior) @ seen**2).mean() / 2
    monkeypatch.setattr(_spectrum, "EXACT", 10)
    widths = []
    for steps in (10, 20, 40, 80):
        found = fn.evidence(potential, W, prior=prior, steps=steps, **words)
        one = found.hessian
        assert one.low <= probed + 1e-7 and probed - 1e-7 <= one.high
        assert one.low <= one.log_Z <= one.high and "bracket" in str(found)
        widths.append(one.high - one.low)
    assert (np.diff(widths) < 0).all() and widths[0] > 1
    holds("log Z by the Hessian's brackets, of each probe", abs(one.log_Z - probed), 1e-5)
    off = abs(one.log_Z - exact.log_Z) / one.error
    holds("log Z by the Hessian's brackets, in errors", off, 3)
    with told_in_one_line("H . α bends down: the least curvature of the data is -1.0"):
        fn.evidence(potential, W, prior=-0.97 * h[0], steps=80, **words)
    both = fn.evidence(potential, W, prior=-0.97 * h[0], steps=20)
    assert both.hessian.negative and both.log_Z == both.gauss_newton.log_Z


def test_brackets_of_more_parameters_than_are_stored(digits, holds):
    """65·70 of a linear network: A is one matrix (65, 65) for each of 70 outputs."""
    x = digits.x[:80]
    potential = fn.Potential(
        fn.Network([64, 70]), fn.Quadratic(), fn.Dataset(x, np.zeros((80, 70)))
    )
    ones = np.column_stack([x, np.ones(80)])
    occam = -35 * np.log1p(np.linalg.eigvalsh(ones.T @ ones) / ALPHA / SIGMA**2).sum()
    found = fn.evidence(
        potential, np.zeros(potential.size), prior=ALPHA, noise=SIGMA, probes=4, steps=30
    )
    for one in (found.hessian, found.gauss_newton):
        assert one.low < one.log_Z < one.high < one.low + one.error
        off = abs(one.occam - occam) / one.error
        holds("log Z of 4550 linear parameters, in errors", off, 3)
    low, high = np.sort([found.hessian.log_Z, found.gauss_newton.log_Z])
    assert high - low < found.hessian.high - found.hessian.low  # of a straight map they are one


def test_a_hessian_whose_least_curvature_is_not_found_is_left(published, monkeypatch):
    potential, stored = published
    monkeypatch.setattr(_spectrum, "EXACT", 10)

    def lost(*_, **__):
        raise NoSpectrum("no")

    monkeypatch.setattr(_spectrum, "eigenpairs", lost)
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, steps=10)
    assert found.hessian is None and found.log_Z == found.gauss_newton.log_Z
    assert "not found" in str(found)
    with told_in_one_line("least curvature of the Hessian was not found"):
        fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="hessian")


def test_where_the_hessian_bends_down_gauss_newton_is_left():
    net = fn.Network([2, 4, 1])
    potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    found = fn.evidence(potential, net.init(0), prior=1e-3, noise=0.5)
    assert found.hessian.negative and np.isnan(found.hessian.log_Z)
    assert found.log_Z == found.gauss_newton.log_Z and np.isfinite(found.log_Z)
    assert "bends down" in str(found)
