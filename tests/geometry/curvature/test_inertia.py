"""Inertia and index: closed forms, estimates, and where there is no index."""

import naive
import numpy as np
import pytest
import twins
from quadrics import METRICS, given
from scipy.sparse.linalg import aslinearoperator
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.curvature._inertia import estimate


def counts(found):
    return found.negative, found.zero, found.positive


def test_inertia_of_the_double_well():
    """λ_i = (α/2)(3W_i² − c²): negative within c/√3 of the middle, flat there, positive beyond."""
    well = fn.DoubleWell(6, alpha=2.0, c=np.sqrt(3.0))
    W = [0.0, 0.99, -0.5, 1.0, -1.01, 3.0]
    found = fn.inertia(well, W)
    assert counts(found) == (3, 1, 2) and found.exact and found.error == (0, 0, 0)
    assert counts(fn.inertia(well, W, tol=0.1)) == (1, 4, 1) and found.threshold > 0


@pytest.mark.parametrize(
    "u, v, expected",
    [
        ([1.0, 2.0, 0.0], [0.0, 0.0, 5.0], (0, 5, 1)),  # f = 0: the rank-one df ⊗ df alone
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], (0, 6, 0)),
        ([1.0, 0.0, 0.0], [1.0, 0.0, 0.0], (3, 0, 3)),  # f > 0: ∓f/√n, and df ⊗ df upwards
    ],
)
def test_inertia_of_the_uv_model(u, v, expected):
    """H = df⊗df + f ∂²f (TM §3.4)."""
    W = np.array([*u, *v])
    assert counts(fn.inertia(fn.UV(3), W)) == expected
    values = np.linalg.eigvalsh(naive.uv(W)[2])
    close(fn.eigenpairs(fn.UV(3), W, 6).values, values[::-1], scale=10)


def test_inertia_does_not_depend_on_the_metric_but_on_what_is_frozen(dense):
    """Sylvester's law; a frozen layer's directions are not counted."""
    potential, W, H = dense
    plain = counts(fn.inertia(potential, W, tol=1e-11))
    metric = METRICS["layers"](potential.network)
    assert counts(fn.inertia(potential, W, metric=metric, tol=1e-11)) == plain
    values = np.linalg.eigvalsh(H)
    threshold = 1e-11 * np.abs(values).max()
    assert plain == (
        (values < -threshold).sum(),
        (np.abs(values) <= threshold).sum(),
        (values > threshold).sum(),
    )
    assert (
        sum(counts(fn.inertia(potential, W, metric=METRICS["a frozen layer"](potential.network))))
        == 15
    )


@pytest.mark.parametrize("steps", [24, 96])
def test_an_estimated_inertia_keeps_within_its_error(steps):
    """A bulk around 0 and outliers on both sides, against the count."""
    values = np.concatenate(
        [np.linspace(-2, -1, 40), twins.uniforms(82_000, 320) ** 3 / 4, np.linspace(1, 5, 40)]
    )
    operator = aslinearoperator(given(values).H)
    found = estimate(operator, 0.1, 16, steps, 0)
    exact = (values < -0.5).sum(), (np.abs(values) <= 0.5).sum(), (values > 0.5).sum()
    assert not found.exact
    close(sum(counts(found)), 400)
    for share, count, error in zip(counts(found), exact, found.error):
        assert abs(share - count) <= error <= 60


def test_an_estimate_of_what_a_probe_sees_exactly():
    """Two eigenvalues: the rule is the measure, and only the probes' scatter is left."""
    operator = aslinearoperator(np.diag(np.repeat([-1.0, 2.0], [30, 70])))
    found = estimate(operator, 0.1, 8, 20, 0)
    close(counts(found), [30, 0, 70])
    close(found.error, np.zeros(3), scale=100)


SADDLE = fn.Potential(
    fn.Network([1, 1, 1], "identity", bias=False), fn.Quadratic(), fn.Dataset([[1.0]], [[1.0]])
)  # ½(uv − 1)²

CRITICAL = {
    "the saddle between two minima": (SADDLE, [0.0, 0.0], 1),
    "a minimum in a valley": (SADDLE, [2.0, 0.5], 0),
    "near a minimum": (SADDLE, [2.0, 0.5 + 1e-8], 0),
    "the middle of the UV model's valley": (fn.UV(2), [0.0] * 4, 0),
    "three tops": (fn.DoubleWell(3), [0.0] * 3, 3),
    "a top and two wells": (fn.DoubleWell(3), [0.0, 1.0, -1.0], 1),
    "wells, but for rounding": (fn.DoubleWell(3), [1.0, 1.0, 1.0 + 2e-16], 0),
    "a top alone": (fn.DoubleWell(3), [1e-9, 1.0, -1.0], 1),
}


@pytest.mark.parametrize("name", CRITICAL)
def test_index_of_critical_points(name):
    potential, W, expected = CRITICAL[name]
    assert fn.index(potential, W) == expected


def test_index_of_a_frozen_saddle():
    """What is frozen has no direction: the saddle of uv is a minimum in u alone."""
    assert fn.index(SADDLE, [0.0, 0.0], metric=fn.DiagonalMetric([np.inf, 1.0])) == 0


class Slope:
    """A gentle straight slope along one axis, parabolas along the others: merely gradient-flat."""

    size = 4

    def __init__(self, slope, bend=0.0):
        self.slope, self.bend = slope, bend

    def differential(self, W):
        H = np.diag([self.bend, 1.0, 1.0, -1.0])
        return 1.0 + self.slope * W[0], H @ W + self.slope * np.eye(4)[0]

    def hessian(self, W):
        return aslinearoperator(np.diag([self.bend, 1.0, 1.0, -1.0]))


def test_no_index_away_from_critical_points():
    """The line says ‖dL‖; inertia still counts."""
    for potential, W in (
        (fn.DoubleWell(3), [0.5, 1.0, 1.0]),
        (fn.Parabola(2), [1.0, 0.0]),
        (SADDLE, [0.1, 0.2]),
    ):
        with pytest.raises(FlownetError, match=r"critical point; here ‖dL‖ is .*inertia"):
            fn.index(potential, W)
        fn.inertia(potential, W)


@pytest.mark.parametrize("slope, bend", [(1e-7, 0.0), (1e-7, 1e-5), (1e-7, -1e-5)])
def test_no_index_where_the_gradient_lies_in_the_kernel(slope, bend):
    """‖dL‖ is small, but Newton's step cannot cancel it, or only far away (2003.10397)."""
    with pytest.raises(FlownetError, match="merely gradient-flat"):
        fn.index(Slope(slope, bend), np.zeros(4))
    assert fn.index(Slope(1e-15), np.zeros(4)) == 1  # nothing but rounding
    assert fn.index(Slope(1e-7, 0.1), np.zeros(4)) == 1


def test_too_many_parameters_for_an_index():
    with pytest.raises(FlownetError, match="up to 2500 free parameters, not 2501"):
        fn.index(fn.Parabola(2501), np.zeros(2501))
