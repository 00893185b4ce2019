"""Eigenpairs in the metric and the sharpness, against dense matrices and hard spectra."""

import numpy as np
import pytest
import twins
from quadrics import CASES, METRICS, Quadric, given, in_metric
from scipy.sparse.linalg import aslinearoperator, eigsh
from tolerance import close

import flownet as fn
from flownet.geometry.curvature import NoSpectrum
from flownet.geometry.curvature._eigen import extreme, fresh


@pytest.mark.parametrize("metric", METRICS)
def test_the_spectrum_is_that_of_the_dense_matrix(dense, metric):
    """All of λ; the largest, smallest and greatest few; the sharpness."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network)
    values = np.linalg.eigvalsh(in_metric(H, metric))[::-1]
    found = fn.eigenpairs(potential, W, len(values), metric=metric).values
    close(found, values)
    close(fn.sharpness(potential, W, metric=metric), values[0], kind="solver")
    greatest = np.sort(values[np.argsort(-np.abs(values))[:4]])[::-1]
    for which, expected in (
        ("largest", values[:4]),
        ("smallest", values[-4:]),
        ("magnitude", greatest),
    ):
        close(
            fn.eigenpairs(potential, W, 4, metric=metric, which=which).values,
            expected,
            kind="solver",
            scale=np.abs(values).max(),
        )


@pytest.mark.parametrize("metric", METRICS)
def test_directions_are_displacements_orthonormal_in_the_metric(dense, metric):
    """H v = λ g v on what may move, ⟨v_i, g v_j⟩ = δ_ij, frozen components 0."""
    potential, W, H = dense
    metric = METRICS[metric](potential.network) or fn.Euclidean(potential.size)
    values, vectors = fn.eigenpairs(potential, W, 5, metric=metric, rtol=1e-10)
    lowered = np.array([metric.flat(v) for v in vectors])
    close(
        (vectors @ H)[:, metric.free],
        (values[:, None] * lowered)[:, metric.free],
        kind="solver",
        scale=values[0] * np.abs(lowered).max(),
    )
    close(lowered @ vectors.T, np.eye(5))
    assert (vectors[:, ~metric.free] == 0).all()
    x = np.array([metric.coordinates(v) for v in vectors])
    assert (x[range(5), np.abs(x).argmax(axis=1)] > 0).all()


def test_inputs_wider_than_every_layer(digits_potential):
    """64-16-10 on digits: ⟨V, HV⟩ = 2c₂, and the sharpness is a Rayleigh quotient."""
    W = digits_potential.network.init(seed=1)
    pairs = fn.eigenpairs(digits_potential, W)
    v = pairs.vectors[0]
    close(pairs.values[0], 2 * digits_potential.jet(W, v, 2)[2], kind="solver")
    others = twins.uniforms(83_000, 20, W.size)
    quotients = [2 * digits_potential.jet(W, u, 2)[2] / (u @ u) for u in others]
    assert max(quotients) < pairs.values[0]


SPECTRA = {
    "outliers": np.concatenate([[40.0, 30.0, 29.9], np.linspace(-1, 1, 147)]),
    "pairs above a gap": np.concatenate([[9.0, 9.0, 5.0, 5.0, 3.0], np.linspace(-1, 1, 145)]),
    "a triple top": np.concatenate([[3.0] * 3, np.linspace(-1, 2, 147)]),
    "a double bottom": np.concatenate([[-3.0] * 2, np.linspace(-1, 2, 148)]),
    "a kernel below": np.concatenate([np.linspace(1, 10, 20), np.zeros(130)]),
    "a kernel above": -np.concatenate([np.linspace(1, 10, 20), np.zeros(130)]),
    "all alike": np.full(150, 2.5),
    "flat": np.zeros(150),
    "rank one": np.concatenate([[7.0], np.zeros(149)]),
    "falling to nothing": 10.0 ** -np.linspace(0, 12, 150),
}


@pytest.mark.parametrize("k", [1, 4, 20])
@pytest.mark.parametrize("which", ["largest", "smallest", "magnitude"])
@pytest.mark.parametrize("name", SPECTRA)
def test_spectra_that_are_hard_on_a_search(name, which, k):
    """Copies of an eigenvalue, kernels, the zero matrix: within rtol of the largest |λ|."""
    values = np.sort(SPECTRA[name])[::-1]
    rank = np.argsort(-np.abs(values), kind="stable")[:k]
    expected = {"largest": values[:k], "smallest": values[-k:], "magnitude": values[rank]}[which]
    scale = np.abs(values).max()
    found, x = fn.eigenpairs(given(values), np.zeros(150), k, which=which)
    if which == "magnitude":  # of λ and −λ either will do
        error = np.sort(np.abs(found)) - np.sort(np.abs(expected))
    else:
        error = found - expected
    assert np.abs(error).max() <= 1e-6 * scale * (20 if name == "falling to nothing" else 1)
    assert np.linalg.norm(x @ given(values).H - found[:, None] * x, axis=1).max() <= 2e-6 * scale
    close(x @ x.T, np.eye(k))


def test_arpack_agrees_where_it_can(dense):
    """scipy's eigsh on the same operator."""
    potential, W, _ = dense
    metric = METRICS["layers"](potential.network)
    operator = fn.metric_hessian(potential, W, metric)
    close(
        fn.eigenpairs(potential, W, 3, metric=metric).values,
        eigsh(operator, 3, which="LA", v0=np.ones(31))[0][::-1],
        kind="solver",
    )


def test_a_warm_start_saves_work_and_changes_nothing():
    """A little away: from a displacement or earlier pairs, the same values with fewer actions."""
    values = np.concatenate([[10.0, 9.0, 8.8], np.linspace(-1, 8, 397)])
    here, W = given(values), np.zeros(400)
    there = Quadric(here.H + 1e-3 * given(values, seed=77_000).H)
    cold = fn.eigenpairs(there, W, rtol=1e-8)
    of_cold, there.actions = there.actions, 0
    earlier = fn.eigenpairs(here, W, rtol=1e-8)
    for start in (earlier, earlier.vectors[0]):
        there.actions = 0
        warm = fn.eigenpairs(there, W, start=start, rtol=1e-8)
        close(warm.values, cold.values)
        close(warm.vectors, cold.vectors, kind="solver", scale=10)
        assert there.actions < 0.7 * of_cold


@pytest.mark.parametrize("at", [0, 5, 200])
def test_a_start_within_an_invariant_subspace_is_no_trap(at):
    """From an exact eigenvector of another eigenvalue the search still ends at the largest."""
    potential = Quadric(np.diag(np.linspace(-3, 5, 300)))
    start = np.eye(300)[at]
    close(fn.sharpness(potential, np.zeros(300), start=start), 5.0, kind="solver")


def test_the_same_arguments_give_the_same_bits(dense):
    potential, W, _ = dense
    one, two = (fn.eigenpairs(potential, W, 3) for _ in range(2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one, two))


def test_curvature_is_in_float64_whatever_the_precision():
    """A float32 potential is looked at as the float64 potential of the same numbers."""
    case = CASES["tanh, quadratic"]
    W = twins.point(case)[0].astype("float32")
    single = twins.potential(case, "float32")
    found = fn.eigenpairs(single, W, 2)
    expected = fn.eigenpairs(single.with_dtype("float64"), W.astype("float64"), 2)
    assert found.values.dtype == found.vectors.dtype == np.float64
    assert found.vectors.tobytes() == expected.vectors.tobytes()


def test_a_parabola_on_top_shifts_every_curvature(dense):
    """H + κ1: eigenvalues move by κ, directions stay."""
    potential, W, _ = dense
    plain = fn.eigenpairs(potential, W, 3)
    lifted = fn.eigenpairs(potential + 0.7 * fn.Parabola(potential.size), W, 3)
    close(lifted.values, plain.values + 0.7)
    close(lifted.vectors, plain.vectors, kind="solver")


def test_a_search_that_does_not_converge_says_so():
    operator = aslinearoperator(given(np.linspace(0, 1, 200)).H)
    with pytest.raises(NoSpectrum, match="2 smallest eigenvalues of 200 did not converge in 20"):
        extreme(operator, 2, "smallest", fresh(200, 0), 1e-9, 20)
    with pytest.raises(NoSpectrum, match="not finite"), np.errstate(invalid="ignore"):
        fn.sharpness(Quadric(np.full((30, 30), np.inf)), np.ones(30))
