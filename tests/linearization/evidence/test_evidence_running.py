"""An evidence as its data grow: modes, power laws, and what BIC leaves out."""

import numpy as np
import pytest
from exact_evidence import ALPHA, SIGMA, linear

import flownet as fn
from flownet.linearization.evidence import _spectrum


def test_modes_flow_from_the_priors_rule_to_the_datas(published):
    """dγ_i/d log N = γ_i(1 − γ_i), d(−½Σ log(1 + Nh̄/α))/d log N = −γ/2."""
    potential, stored = published
    found = fn.evidence(potential, stored["W"], prior=0.1, noise=0.28, curvature="gauss-newton")
    h = 1e-4
    N = found.samples * np.logspace(-2, 3, 11)
    low, here, high = (found.running(N * np.exp(s * h)) for s in (-1, 0, 1))
    slope = (high.modes - low.modes) / (2 * h)
    np.testing.assert_allclose(slope, here.modes * (1 - here.modes), atol=1e-8)
    occam = (high.occam - low.occam) / (2 * h)
    np.testing.assert_allclose(occam, -here.coefficient, rtol=1e-7)
    now = found.running([found.samples])
    assert now.log_Z[0] == pytest.approx(found.log_Z, rel=1e-12)
    assert now.gamma[0] == pytest.approx(found.gamma, rel=1e-12)
    assert now.bic[0] == pytest.approx(found.bic, rel=1e-12)


def test_a_power_law_runs_with_an_anomalous_exponent():
    """h̄_i = i^−a: γ = (π/a)/sin(π/a)·(N/α)^(1/a)."""
    for a in (2.0, 3.0):
        h = np.arange(1, 200_001) ** -a
        spectrum = _spectrum.Spectrum(len(h), h)
        gamma = spectrum.sum(lambda h: 1e4 * h / (1e4 * h + 1)).value
        law = np.pi / a / np.sin(np.pi / a) * 1e4 ** (1 / a)
        assert gamma == pytest.approx(law - 0.5, rel=1e-3)  # the sum is ½ below its integral


def test_bics_error_tends_to_its_constant():
    """At fixed h̄: ½α‖W‖² − ½D log α + ½Σ log h̄, of a linear network."""
    potential, W, _ = linear()
    found = fn.evidence(potential, W, prior=ALPHA, noise=SIGMA)
    there = found.running([1e12])
    h = found.spectra["hessian"].values / (20 * SIGMA**2)
    constant = (ALPHA * found.length - 5 * np.log(ALPHA) + np.log(h).sum()) / 2
    assert there.bic[0] - there.log_Z[0] == pytest.approx(constant, abs=2e-3)
