"""Norms that are no metric: dual lengths, the way down, and what they cannot do."""

import numpy as np
import pytest
from norms_of_network import NET, NORMS, POTENTIAL, W0, D, every_norm
from twins import uniforms

import flownet as fn


@every_norm
def test_a_norm_keeps_its_contract(norm):
    fn.testing.check_metric(norm, POTENTIAL)


@every_norm
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_the_way_down_of_complex_numbers(norm, dtype):
    """⟨dL, V⟩ = ‖dL‖_*² = ‖V‖², by Re Σ conj(dL)·V; a common phase turns V along."""
    dL = (uniforms(2, D) + 1j * uniforms(3, D)).astype(dtype)
    V, eps = norm.sharp(dL), float(np.finfo(dtype).eps)
    assert V.dtype == dL.dtype
    assert np.vdot(dL, V).real == pytest.approx(norm.dual(dL) ** 2, rel=50 * eps)
    assert norm.norm2(V) == pytest.approx(norm.dual(dL) ** 2, rel=50 * eps)
    turn = dL.dtype.type(np.exp(0.3j))
    np.testing.assert_allclose(
        norm.sharp(turn * dL), turn * V, rtol=0, atol=100 * eps * norm.dual(dL)
    )


def test_closed_forms_of_small_covectors():
    dL = np.array([3.0, -4.0, 0.0, 1.0])
    net = fn.Network([2, 2], bias=False)
    expected = {
        fn.SignNorm(4): (8.0, [1, -1, 0, 1]),
        fn.CoordinateNorm(4): (4.0, [0, -1, 0, 0]),
        fn.BlockNorm(net, "neurons", combine="sum"): (5.0, [0.6, -0.8, 0, 0]),
        fn.BlockNorm(net, "neurons", combine="max"): (6.0, [0.6, -0.8, 0, 1]),
        fn.BlockNorm(net, combine="max", radii=[2.0]): (2 * 26**0.5, 2 * dL / 26**0.5),
    }
    for norm, (dual, steepest) in expected.items():
        assert norm.dual(dL) == pytest.approx(dual, rel=1e-14)
        np.testing.assert_allclose(norm.steepest(dL), steepest, rtol=0, atol=1e-15)
    G = dL.reshape(2, 2)
    spectral = fn.SpectralNorm(net)
    assert spectral.dual(dL) == pytest.approx(np.linalg.norm(G, "nuc"), rel=1e-14)
    P = spectral.steepest(dL).reshape(2, 2)
    np.testing.assert_allclose(P @ P.T, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(G @ P.T, P @ G.T, atol=1e-14)  # symmetric: P is G's polar factor


SIGN = NORMS["sign"]
REFUSED = {
    "flow": (lambda: fn.flow(POTENTIAL, W0=W0, time=1.0, metric=SIGN), "has no flow"),
    "newton": (lambda: fn.train(POTENTIAL, fn.Newton(0.1), steps=2, metric=SIGN), "wants a metric"),
    "adam": (lambda: fn.train(POTENTIAL, fn.Adam(0.1), steps=2, metric=SIGN), "wants a metric"),
    "runge-kutta": (
        lambda: fn.train(POTENTIAL, fn.RungeKutta(), steps=2, metric=SIGN),
        "wants a metric",
    ),
    "sharpness": (lambda: fn.sharpness(POTENTIAL, W0, metric=SIGN), "norm_sharpness"),
    "charges": (lambda: fn.charges(POTENTIAL, SIGN), "is a norm and no metric"),
    "departure": (
        lambda: fn.departure(fn.train(POTENTIAL, fn.Aristotle(1e-3), steps=2, metric=SIGN)),
        "no flow to depart from",
    ),
    "lyapunov": (
        lambda: fn.lyapunov(POTENTIAL, fn.Aristotle(0.1), W0=W0, steps=3, metric=SIGN),
        "no tangent map",
    ),
    "minimum": (lambda: fn.minimum(POTENTIAL, W0, metric=SIGN), "no spectrum"),
    "chart": (lambda: fn.PulledBack(fn.Sinh(), SIGN), "has to be a constant one of W"),
    "root": (lambda: SIGN.coordinates(W0), "no root"),
    "curve": (
        lambda: fn.noise(POTENTIAL, W0, 5, metric=SIGN),
        "noise wants one with a stiffness",
    ),
    "radii": (lambda: fn.SpectralNorm(NET, [1.0]), "radii is .* 2 numbers from 0 up"),
    "names": (lambda: fn.SpectralNorm(NET, "moun"), "radii is 'moun'"),
    "all frozen": (lambda: fn.BlockNorm(NET, radii=[0, 0]), "and not all"),
    "combine": (lambda: fn.BlockNorm(NET, combine="mean"), "unknown combine 'mean'"),
    "polar": (lambda: fn.SpectralNorm(NET, polar="qr"), "unknown polar 'qr'"),
    "network": (lambda: fn.SpectralNorm(3), "has to be a flownet.Network"),
    "size": (lambda: fn.SignNorm(0), "whole number above 0"),
    "matrix": (lambda: fn.polar([1.0, 2.0]), r"a matrix \(n, k\)"),
    "method": (lambda: fn.polar([[1.0]], "QR"), "unknown method 'QR'"),
}  # fmt: skip


@pytest.mark.parametrize("call, line", REFUSED.values(), ids=REFUSED)
def test_what_a_norm_cannot_do_is_refused_in_one_line(call, line):
    with pytest.raises(fn.FlownetError, match=line) as refused:
        call()
    assert "\n" not in str(refused.value)
