"""The curl of the modified flow's second-order term, against a dense Jacobian of that term."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, tolerance

import flownet as fn

CASES = {
    loss: twins.case(86_000, [2, 4, 2], ["tanh"], loss) for loss in ("quadratic", "cross-entropy")
}
METRICS = {
    "plain": lambda net: None,
    "layers": lambda net: fn.LayerMetric(net, [0.4, 3.0]),
    "a frozen layer": lambda net: fn.LayerMetric(net, [0.7, np.inf]),
}


@pytest.fixture(scope="module", params=CASES)
def place(request):
    case = CASES[request.param]
    return twins.potential(case), twins.point(case)[0]


def jacobian(potential, W, metric):
    """∂F (F, F) of F = H²g/3 + T[g,g]/12 in orthonormal coordinates, by differences of F."""
    metric = metric or fn.Euclidean(potential.size)
    free = np.flatnonzero(metric.free)

    def term(W):
        H = potential.hessian(W)
        g = metric.sharp(H.dL)
        Hg = metric.sharp(H @ g)
        return metric.coordinates(metric.sharp(H @ Hg) / 3 + metric.sharp(H.third_action(g)) / 12)

    def along(i, e=2e-3):  # of sixth order
        v = metric.displacement(np.eye(len(W))[i])
        return sum(
            c * (term(W + s * e * v) - term(W - s * e * v)) for s, c in ((1, 45), (2, -9), (3, 1))
        ) / (60 * e)

    return np.array([along(i) for i in free]).T[free]


@pytest.mark.parametrize("metric", METRICS)
def test_against_a_dense_jacobian(place, metric):
    """Both norms, without a matrix, and their ratio."""
    potential, W = place
    metric = METRICS[metric](potential.network)
    J = jacobian(potential, W, metric)
    norm, symmetric = np.linalg.norm(J - J.T), np.linalg.norm(J + J.T) / 2
    found = fn.curl(potential, W, metric=metric)
    close(found.symmetric, symmetric, kind="solver")
    close(found.norm, norm, kind="solver", scale=symmetric)
    close(found.ratio, norm / symmetric, kind="solver", scale=1.0)
    assert found.exact and found.of_flow(0.1) == pytest.approx(0.01 * found.norm)


def test_a_chart_that_is_a_rescaling_sees_the_same(place):
    """W = s·U with the metric s²: the same curl, the same symmetric part."""
    potential, W = place
    found = fn.curl(potential, W)
    again = fn.curl(twice_as_wide(potential), W / 2, metric=fn.DiagonalMetric(np.full(len(W), 4.0)))
    close([again.norm, again.symmetric], [found.norm, found.symmetric], kind="solver")


def twice_as_wide(potential):
    """L(2U) as a potential of U, with what a curl wants."""
    from scipy.sparse.linalg import LinearOperator

    class There(LinearOperator):
        def __init__(self, U):
            super().__init__(np.float64, (potential.size,) * 2)
            self.at = potential.hessian(2 * U)
            self.dL = 2 * self.at.dL

        def _matmat(self, V):
            return 4 * (self.at @ V)

        def third_action(self, V):
            return 8 * self.at.third_action(V)

    class Wide:
        size = potential.size
        hessian = staticmethod(There)

        def jet(self, U, V, order):
            return potential.jet(2 * U, 2 * V, order)

    return Wide()


@pytest.mark.parametrize("metric", METRICS)
def test_the_stochastic_estimate_agrees_within_its_error(place, metric):
    """Three standard errors, and an error that falls as the root of the probes."""
    potential, W = place
    metric = METRICS[metric](potential.network)
    exact = fn.curl(potential, W, metric=metric)
    few, many = (
        fn.curl(potential, W, metric=metric, method="stochastic", probes=n) for n in (100, 1600)
    )
    for found in (few, many):
        assert not found.exact
        for name, error in zip(("norm", "symmetric", "ratio"), found.error):
            assert abs(getattr(found, name) - getattr(exact, name)) < 3.5 * error
    assert 2 < few.error[0] / many.error[0] < 8
    assert many.error[2] < 0.1 * exact.ratio
    again = fn.curl(potential, W, metric=metric, method="stochastic", probes=100)
    assert repr(again) == repr(few)


def test_a_quadratic_and_separate_parameters_have_none():
    """One dimension at a time there is nothing to turn; T = 0 on a parabola."""
    W = np.array([0.3, -1.2, 0.8])
    for potential in (fn.DoubleWell(3), fn.Quartic(3), fn.Parabola(3)):
        found = fn.curl(potential, W)
        assert found.norm <= tolerance("reference") * found.symmetric
    assert fn.curl(fn.Parabola(3), np.zeros(3)).ratio == pytest.approx(0, abs=1e-12)


def test_large_networks_are_estimated(digits_potential):
    found = fn.curl(digits_potential, digits_potential.network.init(seed=0), probes=4)
    assert found.norm > 0 and found.error[0] > 0 and np.isfinite(found.error).all()
    assert "±" in repr(found) and "<table>" in found._repr_html_()
    assert max(map(len, repr(found).splitlines())) <= 100


def test_mistakes(place):
    potential, W = place
    with told_in_one_line("did you mean 'exact'"):
        fn.curl(potential, W, method="exct")
    with told_in_one_line("probes is 1"):
        fn.curl(potential, W, probes=1)
    with told_in_one_line("a potential with jets"):
        fn.curl(3, W)
