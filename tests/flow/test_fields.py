"""Flows beside the finite run: modified and principal flow against one step, and closed forms."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn
from flownet._registry import build, describe, names
from flownet.motion.flow._integrate import integrate

CASES = {
    loss: twins.case(81_000, [2, 4, 2], ["tanh"], loss) for loss in ("quadratic", "cross-entropy")
}
METRICS = {
    "plain": lambda net: fn.Euclidean(net.size),
    "layers": lambda net: fn.LayerMetric(net, [0.4, 3.0]),
    "a frozen layer": lambda net: fn.LayerMetric(net, [0.7, np.inf]),
    "diagonal": lambda net: fn.DiagonalMetric(some_frozen(net.size)),
}
STEPS = 2.0 ** -np.arange(5)


def some_frozen(D):
    """Stiffnesses (D,) from 0.3 to 3, two of them infinite."""
    stiffness = twins.uniforms(82_000, D, low=0.3, high=3.0)
    stiffness[[1, D - 3]] = np.inf
    return stiffness


@pytest.fixture(scope="module", params=CASES)
def place(request):
    """A potential and a point."""
    case = CASES[request.param]
    return twins.potential(case), twins.point(case)[0]


def stiffness(potential, W, metric):
    """Largest |λ|."""
    return np.abs(fn.eigenpairs(potential, W, metric=metric, which="magnitude").values[0])


def one_step(potential, metric, W, step, field):
    """Length in the metric of what lies between a finite step and a field's path of that time."""
    finite = W - step * metric.sharp(potential.differential(W)[1])
    path = integrate(
        lambda W: field.velocity(potential, metric, W), W, [0.0, step], rtol=1e-13, atol=1e-15
    )
    return np.linalg.norm(metric.coordinates(path[-1] - finite))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_one_step_leaves_the_modified_flow_at_its_order(place, metric, order):
    """O(h^{order+2}): slopes 2, 3, 4 in the step, in a metric as well."""
    potential, W = place
    metric = METRICS[metric](potential.network)
    steps = 0.04 / stiffness(potential, W, metric) * STEPS
    errors = [one_step(potential, metric, W, h, fn.Modified(h, order)) for h in steps]
    has_order(errors, steps, order + 2)


@pytest.mark.parametrize("metric", METRICS)
def test_the_principal_flow_is_the_modified_one_but_for_third_derivatives(place, metric):
    """One step leaves it at O(h³); to O(h³) its velocity is the modified flow's and h²T[g,g]/12."""
    potential, W = place
    metric = METRICS[metric](potential.network)
    steps = 0.02 / stiffness(potential, W, metric) * STEPS
    has_order([one_step(potential, metric, W, h, fn.Principal(h)) for h in steps], steps, 3)
    g = metric.sharp(potential.differential(W)[1])
    bend = metric.sharp(potential.third_action(W, g)) / 12
    errors = [
        np.linalg.norm(
            fn.Principal(h).velocity(potential, metric, W)
            - h**2 * bend
            - fn.Modified(h, 2).velocity(potential, metric, W)
        )
        for h in steps
    ]
    has_order(errors, steps, 3)


def quadratic(curvatures):
    """½Σ λ_i W_i²: one linear layer without bias at samples along the axes."""
    n = len(curvatures)
    x = np.diag(np.sqrt(n * np.asarray(curvatures, np.float64)))
    return fn.Potential(
        fn.Network([n, 1], bias=False), fn.Quadratic(), fn.Dataset(x, np.zeros((n, 1)))
    )


def test_the_principal_flow_reproduces_the_published_quadratic_to_rounding():
    """L = xᵀAx, A = diag(1, .01), x₀ = (−.35, −.2), step .9: real at t = kh, complex between."""
    potential, W0, h = quadratic([2.0, 0.02]), np.array([-0.35, -0.2]), 0.9
    run = fn.train(potential, fn.Aristotle(h), W0=W0, steps=40)
    path = fn.Principal(h).exact(potential, W0, run.time)
    close(path.real, run.parameters[:], kind="rounding")
    assert np.abs(path.imag).max() < 1e-14 * np.abs(W0).max()
    between = fn.Principal(h).exact(potential, W0, [h / 2])[0]
    close([between[0].real, between[0].imag], [0.0, W0[0] * 0.8**0.5], kind="rounding")
    close(between[1].real, W0[1] * (1 - 0.018) ** 0.5, kind="rounding")


def test_the_closed_form_is_the_path_of_the_velocity():
    """Below 1/h, and its modulus beyond it with the real part alone; also in a metric."""
    potential, W0 = quadratic([0.9, 0.3, 0.0]), np.array([0.5, -1.0, 2.0])
    metric = fn.DiagonalMetric([2.0, 0.5, 1.0])
    for step, field in ((0.6, fn.Principal(0.6)), (3.0, fn.Principal(3.0, real=True))):
        run = fn.flow(
            potential, W0=W0, time=4.0, field=field, metric=metric, rtol=1e-12, atol=1e-14
        )
        exact = fn.Principal(step).exact(potential, W0, run.time, metric=metric)
        close(run.parameters[:], np.abs(exact) * np.sign(W0), kind="solver")
    run = fn.train(potential, fn.Aristotle(3.0), W0=W0, steps=8, metric=metric)
    close(fn.Principal(3.0).exact(potential, W0, run.time, metric=metric).real, run.parameters[:])


@pytest.mark.parametrize("metric", METRICS)
def test_leading_modes_take_the_logarithm_and_the_rest_its_series(place, metric):
    """All modes are all; of k the error is that of the series on the rest."""
    potential, W = place
    metric = METRICS[metric](potential.network)
    h = 0.9 / stiffness(potential, W, metric)
    whole = fn.Principal(h).velocity(potential, metric, W)
    free = int(metric.free.sum())
    close(fn.Principal(h, modes=free).velocity(potential, metric, W), whole, kind="solver")
    values = np.sort(np.abs(fn.eigenpairs(potential, W, free, metric=metric).values))[::-1]
    g = np.sqrt(metric.norm2(metric.sharp(potential.differential(W)[1])))
    for k in (1, 3, 6):
        off = fn.Principal(h, modes=k).velocity(potential, metric, W) - whole
        x = h * values[k]
        assert np.sqrt(metric.norm2(off)) <= 1.01 * x**3 / (4 * (1 - x)) * g + 1e-8


@pytest.mark.parametrize("loss", CASES)
def test_in_single_precision(loss):
    """The precision of W is kept, and the velocity is that in double."""
    case = CASES[loss]
    W, fields = (
        twins.point(case)[0].astype("f4"),
        (fn.Modified(0.1, 2), fn.Principal(0.05), fn.Principal(0.05, modes=2), fn.Central(0.5)),
    )
    for field in fields:
        found, expected = (
            field.velocity(twins.potential(case, dtype), fn.Euclidean(W.size), W.astype(dtype))
            for dtype in ("f4", "f8")
        )
        assert found.dtype == np.float32 and expected.dtype == np.float64
        close(found, expected, "float32")


def test_whole_numbers_are_numbers():
    """W = [1, 0] moves as [1.0, 0.0] does."""
    for field in (fn.Modified(0.1, 2), fn.Principal(0.1), fn.Central(0.1)):
        metric, found = fn.Euclidean(2), []
        for W in (np.array([1, 0]), np.array([1.0, 0.0])):
            found.append(field.velocity(fn.DoubleWell(2, c=2.0), metric, W))
        assert found[0].dtype == np.float64 and (found[0] == found[1]).all() and found[0][0] > 0


def test_frozen_parameters_stand_still(place):
    potential, W = place
    metric = fn.LayerMetric(potential.network, [np.inf, 0.7])
    for field in (
        fn.Modified(0.1, 2),
        fn.Principal(0.1),
        fn.Principal(0.1, modes=2),
        fn.Central(0.1),
    ):
        assert not field.velocity(potential, metric, W)[~metric.free].any()


def test_fields_can_be_written_down_and_made_again():
    assert set(names("flow field")) >= {"modified", "principal", "central"}
    for field in (
        fn.Modified(0.1, 2),
        fn.Principal(0.5, modes=3, real=True),
        fn.Principal(0.5),
        fn.Central(0.2),
        fn.Central(0.2, rate=1.0),
    ):
        assert repr(build("flow field", describe(field))) == repr(field)
        assert eval("fn." + repr(field)).parameters() == field.parameters()


def test_mistakes(place):
    potential, W = place
    metric = fn.Euclidean(potential.size)
    with told_in_one_line("order is 3"):
        fn.Modified(0.1, 3)
    with told_in_one_line("step is 0"):
        fn.Central(0)
    with told_in_one_line("modes is 0"):
        fn.Principal(0.1, modes=0)
    with told_in_one_line("complex here.*real=True"):
        fn.Principal(100.0).velocity(potential, metric, W)
    with told_in_one_line("wants a quadratic potential"):
        fn.Principal(0.1).exact(potential, W, [0.0])
    with told_in_one_line("infinitely fast here"):
        fn.Principal(0.5).velocity(quadratic([2.0, 1.0]), fn.Euclidean(2), np.ones(2))
    with told_in_one_line("wants a potential with hessian"):
        fn.Modified(0.1).velocity(Bare(), metric, W)
    with told_in_one_line("nothing holds the sharpness"):
        fn.Central(0.1).velocity(quadratic([30.0, 1.0]), fn.Euclidean(2), np.ones(2))


class Bare:
    """A potential that knows its gradient alone."""

    size = 1


def test_as_many_directions_as_the_velocity_wants():
    """600 curvatures: below 1/h a hundred directions tell all, closely about it 500 do not."""
    values = np.arange(1, 601) / 600
    potential, metric, W = fn.Parabola(600), fn.DiagonalMetric(1 / values), np.ones(600)
    x = 0.95 * values
    close(fn.Principal(0.95).velocity(potential, metric, W), np.log1p(-x) / 0.95, kind="solver")
    with told_in_one_line("more than 500 eigendirections.*modes=k"):
        fn.Principal(2.0, real=True).velocity(potential, metric, W)
    with told_in_one_line("more than 500 eigendirections"):
        fn.Principal(0.95).exact(potential, W, [1.0], metric=metric)
    found = fn.Principal(0.95, modes=3).velocity(potential, metric, W)
    series = 1 + x / 2 + x**2 / 3
    close(found[:-3], -(values * series)[:-3], kind="solver", scale=10.0)
    close(found[-3:], np.log1p(-x[-3:]) / 0.95, kind="solver", scale=10.0)
