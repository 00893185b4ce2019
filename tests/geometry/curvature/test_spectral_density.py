"""The spectral density: its moments against dense matrices, its errors, its seeds."""

import numpy as np
import pytest
import twins
from quadrics import METRICS, Quadric, given, in_metric
from scipy.sparse.linalg import aslinearoperator
from tolerance import close

import flownet as fn
from flownet.geometry.curvature._density import density_of


@pytest.mark.parametrize("metric", METRICS)
def test_moments_of_the_density_are_those_of_the_matrix(dense, metric):
    """Σλ and Σλ²/F within four standard errors of many probes, which are as large as they should
    be: a probe's variance is 2Σ_{i≠j} A_ij² (Hutchinson)."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network)
    A = in_metric(H, metric)
    found = fn.spectral_density(potential, W, metric=metric, probes=200, steps=10)
    assert found.size == len(A)
    assert abs(found.trace - np.trace(A)) < 4 * found.trace_error
    error = np.sqrt(2 * (np.sum(A**2) - np.sum(np.diag(A) ** 2)) / 200)
    assert 0.8 * error < found.trace_error < 1.25 * error
    mean, error = found.moment(2)
    assert abs(mean - np.sum(A**2) / len(A)) < 4 * error < np.sum(A**2) / len(A)
    close(found.weights.sum(axis=1), np.ones(200))


def test_what_a_probe_sees_exactly_has_no_error():
    """An isotropic Hessian, and a diagonal one: vᵀHv = Σλ for entries ±1."""
    for H in (3 * np.eye(70), np.diag(np.linspace(-1, 2, 70))):
        found = fn.spectral_density(Quadric(H), np.zeros(70), probes=5, steps=12)
        close(found.trace, np.trace(H))
        close(found.trace_error, 0, scale=np.trace(H))


def test_a_rank_one_hessian_is_two_lines():
    """λ = 0 and 5; the weight of the one direction is 1/D on average."""
    found = fn.spectral_density(given(np.eye(1, 80)[0] * 5.0), np.zeros(80), probes=400, steps=9)
    assert found.exact.all()
    mean, error = found.moment(1)
    assert abs(mean - 5 / 80) < 4 * error
    assert (np.isclose(found.nodes, 0, atol=1e-12) | np.isclose(found.nodes, 5)).all()


def test_the_density_integrates_to_one_and_follows_a_histogram():
    """A semicircle-like spectrum, smoothed: within a few per cent of the exact one."""
    values = np.sort(twins.uniforms(81_000, 400) ** 3)
    found = fn.spectral_density(given(values), np.zeros(400), probes=30, steps=60)
    grid = np.linspace(-2, 2, 801)
    density = found.density(grid, 0.15)
    exact = np.exp(-((grid[:, None] - values) ** 2) / (2 * 0.15**2)).mean(1) / (
        0.15 * np.sqrt(2 * np.pi)
    )
    close(density.sum() * (grid[1] - grid[0]), 1.0, kind="solver")
    assert np.abs(density - exact).max() < 0.05 * exact.max()


def test_seeds_of_the_probes():
    """The same seed, the same bits; another one, other probes; one probe knows no error."""
    potential, W = given(np.linspace(-1, 2, 50)), np.zeros(50)
    one, two, other = (fn.spectral_density(potential, W, seed=seed) for seed in (3, 3, 4))
    assert one.nodes.tobytes() == two.nodes.tobytes() != other.nodes.tobytes()
    assert np.isnan(fn.spectral_density(potential, W, probes=1).trace_error)


def test_probes_do_not_depend_on_the_number_of_them():
    """Probe i is the same whatever comes after it."""
    operator = aslinearoperator(given(np.linspace(-1, 2, 40)).H)
    few, many = (density_of(operator, probes, 10, 0) for probes in (2, 5))
    np.testing.assert_array_equal(few.nodes, many.nodes[:2])
