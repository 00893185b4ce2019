"""Directions and tissues without a network: estimators, and the bounds that they reach."""

import direction_finding as finding
import fingerprinting as reading
import numpy as np
from complex_tolerance import close

from flownet import data
from flownet.data import steering

# ---- direction finding ----------------------------------------------------------------------


def test_soft_bins_keep_the_direction():
    """Two shares at most, of sum 1, whose mean of bin centres is u; their logits give it back."""
    u = data.antenna(m=40).y
    y = finding.soft_bins(u)
    assert ((y > 0).sum(axis=1) <= 2).all()
    close(y.sum(axis=1), np.ones(40))
    close(y @ finding.CENTRES, u[:, 0])
    with np.errstate(divide="ignore"):
        close(finding.mean_direction(np.log(y) + 7.0), u[:, 0])


def test_without_noise_the_beamformer_finds_the_direction():
    d = data.antenna(m=60, snr=200.0)
    assert finding.rms(finding.beamformer(d.x), d.y) < 1e-5


def test_the_direction_is_bounded_by_the_inverse_of_the_fisher_information():
    """2 Re ∂μᴴ∂μ of μ = A e^{iφ} a(u) in (u, φ, log A), inverted as it stands."""
    n, amplitude = np.arange(6), 10 ** (12 / 20)
    mu = amplitude * np.exp(1.1j) * steering([0.3], 6)[0]
    J = np.stack([1j * np.pi * n * mu, 1j * mu, mu])
    close(np.linalg.inv(2 * (J.conj() @ J.T).real)[0, 0] ** 0.5, finding.bound(12.0, 6))


def test_the_beamformer_reaches_the_bound_and_nothing_beats_the_posterior_mean():
    """At 20 dB both stand at the bound; at 0 dB, where maxima are missed, the mean errs less."""
    errors = {}
    for snr in (0.0, 20.0):
        d = data.antenna(split="test", m=1500, snr=snr)
        errors[snr] = [
            finding.rms(finding.beamformer(d.x, 801), d.y),
            finding.rms(finding.posterior_mean(d.x, 10 ** (snr / 20), 801), d.y),
        ]
    assert np.abs(np.array(errors[20.0]) / finding.bound(20.0) - 1).max() < 0.08
    assert finding.bound(0.0) < 0.9 * errors[0.0][1] < 0.9 * errors[0.0][0]


# ---- fingerprinting -------------------------------------------------------------------------


def test_maximum_likelihood_ends_on_the_tissue():
    """Without noise, from the nearest entry of a coarse grid."""
    d = data.fingerprint(m=8, points=50, snr=200.0)
    nearest = reading.match(reading.dictionary(50, (8, 8, 31)), d.x)
    assert reading.errors(nearest, d.y).max() > 1
    assert reading.errors(reading.refined(nearest, d.x, 12), d.y).max() < 1e-5


def test_maximum_likelihood_errs_by_the_bound():
    d = data.fingerprint(split="test", m=400, points=60, snr=60.0)
    found = reading.errors(reading.refined(d.y, d.x, 4), d.y)
    assert np.abs(found / reading.bound(d.y, 60, 60.0) - 1).max() < 0.25
