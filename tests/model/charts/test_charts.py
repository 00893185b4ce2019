"""Other coordinates: what is seen through a chart, the metric seen there, and geodesic steps."""

import numpy as np
import pytest
from tolerance import close, has_order
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError
from flownet.motion.flow._geodesic import _integrated

NET = fn.Network([3, 5, 2], "tanh")  # 20 and 12 parameters
D = NET.size
DATA = fn.Dataset(uniforms(1, 9, 3), uniforms(2, 9, 2))
POTENTIAL = fn.Potential(NET, fn.Quadratic(), DATA)
W0 = uniforms(3, D)


def cubic(**words):
    """W = u + u³ by functions of its own."""
    own = dict(
        to_W=lambda u: u + u**3,
        pushforward=lambda u, v: (1 + 3 * u**2) * v,
        pullback=lambda u, p: (1 + 3 * u**2) * p,
        second=lambda u, v: 6 * u * v**2,
        second_pullback=lambda u, v, p: 6 * u * v * p,
        third=lambda u, v: 6 * v**3,
        third_pullback=lambda u, v, p: 6 * v**2 * p,
        lift=lambda u, V: V / (1 + 3 * u**2),
        drop=lambda u, p: p / (1 + 3 * u**2),
        size=D,
        name="cubic",
    )
    return fn.Chart(**{**own, **words})


CHARTS = {
    "sinh": fn.Sinh(),
    "rescaling": fn.Rescaling(uniforms(4, D, low=0.5, high=2)),
    "weight normalisation": fn.WeightNormalisation(NET),
    "own": cubic(),
}
BUILT = {name: CHARTS[name] for name in list(CHARTS)[:3]}
each = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
built = pytest.mark.parametrize("chart", BUILT.values(), ids=BUILT)
METRICS = {
    "plain": fn.Euclidean(D),
    "layers": fn.LayerMetric(NET, [2.0, 0.5]),
    "frozen": fn.LayerMetric(NET, [np.inf, 0.5]),
    "diagonal": fn.DiagonalMetric(uniforms(5, D, low=0.3, high=3)),
}
metrics = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


def point(chart):
    """Coordinates u and a displacement v (D_u,), where ‖v‖ of a unit is not its length g."""
    size = chart.size or D
    u = uniforms(6, size)
    if chart is not CHARTS["own"]:
        u = chart.to_u(W0) * uniforms(7, size, low=0.7, high=1.4)
    return u, uniforms(8, size, low=-0.5, high=0.5)


def slope(values, steps, order):
    has_order(np.array(values), np.array(steps), order)


# ---- the charts themselves ----------------------------------------------------------------------


@each
def test_pullback_is_the_adjoint_of_pushforward(chart):
    """⟨W′v, p⟩ = ⟨v, W′ᵀp⟩, and so for each coefficient along a line; lift and drop likewise."""
    u, v = point(chart)
    p, V, q = uniforms(9, D), uniforms(10, D), uniforms(11, u.size)
    close(chart.pushforward(u, v) @ p, v @ chart.pullback(u, p), kind="rounding", scale=10)
    for k, (curve, back) in enumerate(
        zip(chart.series(u, v, 3)[1:], chart.pullback_series(u, v, p, 2))
    ):
        close((k + 1) * curve @ p, v @ back, kind="rounding", scale=10)
    close(chart.pushforward(u, chart.lift(u, V)), V, kind="rounding", scale=10)
    close(chart.lift(u, V) @ q, V @ chart.drop(u, q), kind="rounding", scale=10)
    close(chart.drop(u, chart.pullback(u, p)), p, kind="rounding", scale=10)


@each
def test_the_series_of_a_chart(chart):
    """W(u + sv) less its series of order K falls like s^(K+1); the pullback's likewise; a straight
    chart is its first two terms."""
    u, v = point(chart)
    p, steps = uniforms(9, D), np.geomspace(0.02, 0.1, 5)
    for series, exact, most in (
        (lambda k: chart.series(u, v, k), lambda s: chart.to_W(u + s * v), 3),
        (lambda k: chart.pullback_series(u, v, p, k), lambda s: chart.pullback(u + s * v, p), 2),
    ):
        for order in range(0 if chart.linear else most):
            rest = [
                np.linalg.norm(exact(s) - s ** np.arange(order + 1) @ series(order)) for s in steps
            ]
            slope(rest, steps, order + 1)
        if chart.linear:
            close(exact(2.0), [1, 2] @ series(1), kind="rounding")


@built
def test_there_and_back(chart, dtype):
    """W → u → W, in each precision; rows of a run all at once."""
    rows = np.array([W0, 2 * W0]).astype(dtype)
    u = chart.to_u(rows)
    assert u.dtype == chart.to_W(u).dtype == dtype
    close(chart.to_W(u), rows, dtype, kind="rounding", scale=10)
    np.testing.assert_array_equal(chart.to_W(u)[1], chart.to_W(u[1]))


def test_lengths_and_signs_stay_beside_a_point():
    """Weight normalisation: ‖v‖ and the sign of g are those of the point before."""
    chart = CHARTS["weight normalisation"]
    u, _v = point(chart)
    (_, g, _), _ = chart.unpack(u)
    g *= np.sign(uniforms(12, g.size))
    close(chart.to_u(chart.to_W(u), near=u), u, kind="rounding", scale=10)
    close(chart.to_W(chart.to_u(W0, near=u)), W0, kind="rounding", scale=10)


# ---- a potential in a chart ---------------------------------------------------------------------

SUM = POTENTIAL + 0.1 * fn.Parabola(D)


@each
@pytest.mark.parametrize("potential", [SUM, fn.Quartic(D)], ids=["network", "quartic"])
def test_derivatives_in_a_chart(chart, potential):
    """Each against differences of the one below, and the jet against all of them."""
    seen, (u, v) = fn.Charted(potential, chart), point(chart)
    steps = np.geomspace(0.01, 0.04, 5)
    loss, dL = seen.differential(u)
    Hv, Tvv = seen.hessian_action(u, v), seen.third_action(u, v)
    c = seen.jet(u, v, 3)
    close(c, [loss, dL @ v, v @ Hv / 2, v @ Tvv / 6], scale=max(1, np.abs(c).max()))
    assert loss == seen.value(u)
    close(seen.difference(u, v), seen.value(u + v) - loss)
    slope(
        [
            np.linalg.norm(seen.differential(u + s * v)[1] - dL - s * Hv - s**2 / 2 * Tvv)
            for s in steps
        ],
        steps,
        3,
    )
    if chart is not CHARTS["own"] and not chart.linear:
        c, steps = seen.jet(u, v, 4), 2 * steps
        slope([seen.value(u + s * v) - s ** np.arange(5) @ c for s in steps], steps, 5)


@pytest.mark.parametrize("name", ["sinh", "rescaling"])
def test_diagonals_in_an_elementwise_chart(name):
    """H̃_ii, Σ_k T̃_iik v_k, T̃_iii against the actions on every e_i."""
    seen, (u, v) = fn.Charted(SUM, CHARTS[name]), point(CHARTS[name])
    H, own = seen.hessian(u), np.eye(D)
    bend, along, twist = seen.diagonals(u, v)
    close(bend, np.diag(H.action(own)))
    close(bend, seen.hessian_diagonal(u), kind="rounding")
    close(twist, np.diag(H.third_action(own)))
    polarised = (H.third_action(own + v) - H.third_action(own - v)) / 4  # T̃[e_i, v]
    close(along, np.diag(polarised))


def test_a_straight_chart_has_series_of_any_order():
    """Rescaling: the jet of L along W′v."""
    chart = CHARTS["rescaling"]
    u, v = point(chart)
    np.testing.assert_array_equal(
        fn.Charted(POTENTIAL, chart).jet(u, v, 9),
        POTENTIAL.jet(chart.to_W(u), chart.factors * v, 9),
    )
    with pytest.raises(FlownetError, match="up to order 4"):
        fn.Charted(POTENTIAL, fn.Sinh()).jet(u, v, 5)


@pytest.mark.parametrize("name", ["sinh", "weight normalisation"])
def test_the_loss_bends_alike_in_all_charts_and_the_map_does_not(name):
    """½⟨Jδ, ∂²ℓ Jδ⟩ is that of W along W′v; ⟨∂ℓ, ∂²f(δ,δ)⟩/2 has dL·W₂ more (map bends)."""
    chart = CHARTS[name]
    seen, (u, v) = fn.Charted(POTENTIAL, chart), point(chart)
    W, V, bend = chart.series(u, v, 2)
    there = fn.breakdown(seen, u, displacement=v).split("map")
    here = fn.breakdown(POTENTIAL, W, displacement=V).split("map")
    close(there.loss, here.loss)
    extra = POTENTIAL.differential(W)[1] @ bend
    close(there.second_map - here.second_map, extra)
    assert abs(extra) > 0.01 * abs(here.second_map)


def test_weight_normalisation_knows_its_scale():
    """⟨∂L/∂v, v⟩ = 0 and, exactly, ‖v′‖² = ‖v‖² + h²‖∂L/∂v‖²: no plain step shortens v."""
    chart, h = CHARTS["weight normalisation"], 0.3
    seen = fn.Charted(POTENTIAL, chart)
    run = fn.train(seen, fn.Aristotle(h), W0=seen.init(0), steps=30)
    lengths = []
    for u in run.parameters:
        dL = seen.differential(u)[1]
        for (v, _, _), (dv, _, _) in zip(chart.unpack(u), chart.unpack(dL)):
            close(np.sum(v * dv, axis=-1), np.zeros(len(v)), kind="rounding", scale=1)
            lengths.append((np.sum(v * v, axis=-1), h**2 * np.sum(dv * dv, axis=-1)))
    for (before, gain), (after, _) in zip(lengths, lengths[2:]):
        close(after, before + gain)
    assert run.loss[-1] < 0.8 * run.loss[0]


# ---- the metric seen in a chart -----------------------------------------------------------------


@each
@metrics
def test_the_metric_seen_in_a_chart(chart, metric):
    """g̃(v, v) = g(W′v, W′v), and W′g̃^♯W′ᵀ = g^♯: the index goes up there as in W."""
    u, v = point(chart)
    here = fn.PulledBack(chart, metric).seen_at(u)
    p = uniforms(13, D)
    close(
        chart.pushforward(u, here.sharp(chart.pullback(u, p))),
        metric.sharp(p),
        kind="rounding",
        scale=10,
    )
    if metric is not METRICS["frozen"]:
        close(here.norm2(v), metric.norm2(chart.pushforward(u, v)), kind="rounding", scale=100)
        close(here.flat(v) @ v, here.norm2(v), kind="rounding", scale=100)
        covector = here.flat(v)
        close(here.flat(here.sharp(covector)), covector, kind="rounding", scale=100)


def test_what_does_not_move_costs_nothing():
    """Weight normalisation: the length of v has no length, and sharp gives it no direction."""
    chart = CHARTS["weight normalisation"]
    u, _ = point(chart)
    metric, radial = fn.PulledBack(chart, fn.Euclidean(D)).seen_at(u), np.zeros(chart.size)
    for (v, _, _), (along, _, _) in zip(chart.unpack(u), chart.unpack(radial)):
        along[:] = v
    assert metric.norm2(radial) < 1e-28
    V = metric.sharp(uniforms(14, chart.size))
    for (v, _, _), (dv, _, _) in zip(chart.unpack(u), chart.unpack(V)):
        close(np.sum(v * dv, axis=-1), np.zeros(len(v)), kind="rounding", scale=10)


@pytest.mark.parametrize("name", ["plain", "layers", "frozen"])
def test_orthonormal_coordinates_of_weight_normalisation(name):
    """x = g̃^{1/2}V: x·x = g̃(V, V), the root of the inverse is symmetric and squares to sharp; and
    sharpness is that of g̃^{−1/2}H̃g̃^{−1/2}."""
    chart, metric = CHARTS["weight normalisation"], METRICS[name]
    u, v = point(chart)
    seen, there = fn.Charted(POTENTIAL, chart), fn.PulledBack(chart, metric)
    here = there.seen_at(u)
    v, dL = np.where(here.free, v, 0), uniforms(26, u.size)
    x = here.coordinates(v)
    close(x @ x, here.norm2(v), kind="rounding", scale=10)
    close(here.coordinates(here.displacement(x)), x, kind="rounding", scale=10)
    close(here.displacement(here.displacement(dL)), here.sharp(dL), kind="rounding", scale=10)
    root = np.array([here.displacement(e) for e in np.eye(u.size)])
    close(root, root.T, kind="rounding")
    H = seen.hessian(u).action(np.eye(u.size))
    close(
        fn.sharpness(seen, u, metric=there),
        np.linalg.eigvalsh(root @ H @ root)[-1],
        kind="solver",
        scale=10,
    )
    b = fn.breakdown(seen, u, 0.1, metric=there)
    close(b.split("eigen").second, b.second, kind="rounding", scale=10)


def test_weights_of_a_unit_that_differ_in_stiffness():
    """There the metric goes up and down all the same, but has no root."""
    chart = CHARTS["weight normalisation"]
    u, v = point(chart)
    here = fn.PulledBack(chart, METRICS["diagonal"]).seen_at(u)
    with pytest.raises(FlownetError, match="differ in their stiffness"):
        here.coordinates(v)
    with pytest.raises(FlownetError, match="no orthonormal coordinates"):
        fn.PulledBack(CHARTS["own"], fn.Euclidean(D)).seen_at(W0).displacement(W0)


def test_christoffel_of_sinh():
    """Γ(v, v) = tanh(u)·v², whatever the diagonal metric of W; 0 for other units."""
    u, v = point(fn.Sinh())
    for metric in (METRICS["plain"], METRICS["diagonal"]):
        close(
            fn.PulledBack(fn.Sinh(), metric).christoffel(u, v), np.tanh(u) * v**2, kind="rounding"
        )
    assert not fn.PulledBack(CHARTS["rescaling"], fn.Euclidean(D)).christoffel(u, v).any()


# ---- flows are intrinsic, steps are not ---------------------------------------------------------


def start(chart):
    seen = fn.Charted(POTENTIAL, chart)
    return seen, (uniforms(6, D, low=-0.7, high=0.7) if chart is CHARTS["own"] else seen.to_u(W0))


@each
@metrics
def test_flows_coincide_in_all_charts(chart, metric):
    """Ẇ = −g^♯dL is one curve: W(u(t)) is the flow of W."""
    seen, u0 = start(chart)
    words = dict(time=1.0, at=[0.5, 1.0], rtol=1e-9, atol=1e-11)
    there = fn.flow(seen, W0=u0, metric=fn.PulledBack(chart, metric), **words)
    here = fn.flow(POTENTIAL, W0=seen.to_W(u0), metric=metric, **words)
    np.testing.assert_allclose(
        seen.to_W(there.parameters[:]), here.parameters[:], rtol=0, atol=1e-8
    )
    assert np.abs(here.parameters[1] - here.parameters[0]).max() > 0.05


def apart(seen, metric, u0, mechanics):
    """Distance of one finite step in a chart to that of W."""
    run = fn.train(seen, mechanics, W0=u0, steps=1, metric=fn.PulledBack(seen.chart, metric))
    W, (_, dL) = seen.to_W(u0), seen.potential.differential(seen.to_W(u0))
    return np.linalg.norm(seen.to_W(run.parameters[1]) - W + run.step[0] * metric.sharp(dL))


@pytest.mark.parametrize("name", ["sinh", "weight normalisation", "own"])
@metrics
def test_finite_steps_part_and_geodesic_steps_do_not(name, metric):
    """From the step of W: plain h², the corrected one h³, the geodesic not at all."""
    seen, u0 = start(CHARTS[name])
    steps = np.geomspace(0.01, 0.05, 4)
    slope([apart(seen, metric, u0, fn.Aristotle(h)) for h in steps], steps, 2)
    slope([apart(seen, metric, u0, fn.Geodesic(h, 2)) for h in steps], steps, 3)
    if name != "own":
        assert max(apart(seen, metric, u0, fn.Geodesic(h)) for h in steps) < 1e-14


def test_the_coefficient_is_that_of_christoffel():
    """sinh: u + hV − arsinh(W + hW′V) = ½h²Γ(V,V) + O(h³), Γ = tanh u."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))
    V, steps = -metric.seen_at(u0).sharp(seen.differential(u0)[1]), np.geomspace(0.01, 0.05, 4)
    rest = []
    for h in steps:
        plain, geodesic = (
            fn.train(seen, kind(h), W0=u0, steps=1, metric=metric).parameters[1]
            for kind in (fn.Aristotle, fn.Geodesic)
        )
        close(fn.geodesic(metric, u0, h * V), geodesic, kind="rounding")
        rest.append(np.linalg.norm(plain - geodesic - h**2 / 2 * np.tanh(u0) * V**2))
    slope(rest, steps, 3)


@metrics
def test_other_units_give_the_same_finite_steps(metric):
    """W = factors·u: whole runs agree to rounding, plain and geodesic."""
    seen, u0 = start(CHARTS["rescaling"])
    there = fn.PulledBack(seen.chart, metric)
    here = fn.train(POTENTIAL, fn.Aristotle(0.2), W0=W0, steps=30, metric=metric)
    for mechanics in (fn.Aristotle(0.2), fn.Geodesic(0.2)):
        run = fn.train(seen, mechanics, W0=u0, steps=30, metric=there)
        close(seen.to_W(run.parameters[:]), here.parameters[:])
        close(run.loss, here.loss)


@built
def test_a_run_of_geodesic_steps_is_the_run_of_W(chart):
    """Thirty steps, mini-batches and all, by a chart's inverse."""
    seen, u0 = start(chart)
    words = dict(steps=30, batch_size=4, seed=3)
    here = fn.train(POTENTIAL, fn.Aristotle(0.2), W0=W0, **words)
    there = fn.train(
        seen, fn.Geodesic(0.2), W0=u0, metric=fn.PulledBack(chart, fn.Euclidean(D)), **words
    )
    close(seen.to_W(there.parameters[:]), here.parameters[:])
    close(there.loss, here.loss)


@each
def test_geodesics_by_their_equation(chart):
    """ü + Γ(u̇, u̇) = 0 integrated: a straight line of W, at constant speed."""
    seen, u0 = start(chart)
    metric, v = fn.PulledBack(chart, fn.Euclidean(D)), 0.2 * uniforms(15, u0.size)
    W, V = seen.to_W(u0), chart.pushforward(u0, v)
    np.testing.assert_allclose(
        chart.to_W(_integrated(metric, u0, v, 1e-10)), W + V, rtol=0, atol=1e-8
    )
    close(chart.to_W(fn.geodesic(metric, u0, v)), W + V, kind="solver")


def test_a_constant_metric_has_straight_geodesics():
    """There a geodesic step is the plain one, bit for bit."""
    words = dict(W0=W0, steps=5, metric=METRICS["layers"])
    np.testing.assert_array_equal(
        fn.train(POTENTIAL, fn.Geodesic(0.2), **words).parameters[:],
        fn.train(POTENTIAL, fn.Aristotle(0.2), **words).parameters[:],
    )


# ---- weights of modulus one ---------------------------------------------------------------------


class Interference:
    """L = ½Σ|a·W − b|² of complex weights W, dL = ∂L/∂x + i ∂L/∂y = Aᴴ(AW − b)."""

    dtype, data = np.dtype(complex), None

    def __init__(self, A, b):
        self.A, self.b, self.size = A, b, A.shape[1]

    def value(self, W):
        return float(np.linalg.norm(self.A @ W - self.b) ** 2 / 2)

    def differential(self, W):
        return self.value(W), np.conj(self.A.T) @ (self.A @ W - self.b)

    def jet(self, W, V, order):
        error, change = self.A @ W - self.b, self.A @ V
        c = [self.value(W), np.vdot(error, change).real, np.linalg.norm(change) ** 2 / 2]
        return np.array((c + [0.0] * order)[: order + 1])

    def hessian(self, W):
        return Bilinear(self, W)


class Bilinear:
    """Its Hessian AᴴA on the reals re, im, re, im, …, with no third derivative."""

    def __init__(self, potential, W):
        self.A, (self.loss, dL) = potential.A, potential.differential(W)
        self.dL = dL.view(float)

    def action(self, V):
        return (np.conj(self.A.T) @ (self.A @ V.view(complex))).view(float)

    def third_action(self, V):
        return np.zeros_like(V)


def phased(modulus=1.0, free=None):
    A = uniforms(16, 7, 4) + 1j * uniforms(17, 7, 4)
    b = uniforms(18, 7) - 1j * uniforms(19, 7)
    chart = fn.Phases(modulus, free)
    return fn.Charted(Interference(A, b), chart), uniforms(20, chart.size or 4, low=-2, high=2)


@pytest.mark.parametrize("free", [None, [0, 1, 0, 1]], ids=["all", "some"])
@pytest.mark.parametrize("modulus", [1.0, 0.7, [0.5, 1.0, 1.5, 2.0]])
def test_phases_of_complex_weights(modulus, free):
    """Real θ, complex W = ρe^{iθ}: Re⟨conj(dL), V⟩ is the pairing, and all derivatives follow; what
    is free has two coordinates."""
    seen, theta = phased(modulus, free)
    chart, v, p = seen.chart, uniforms(21, theta.size), uniforms(22, 4) + 1j * uniforms(23, 4)
    W, V = chart.series(theta, v, 1)
    turning = slice(None) if free is None else ~chart.free
    close(np.abs(W)[turning], np.broadcast_to(modulus, 4)[turning], kind="rounding")
    close(chart.to_W(theta).view(float), W.view(float), kind="rounding")
    close(chart.to_u(np.array([W, W]), near=theta)[1], theta, kind="rounding", scale=10)
    close(np.vdot(p, V).real, v @ chart.pullback(theta, p), kind="rounding", scale=10)
    assert seen.dtype == np.float64 == seen.differential(theta)[1].dtype
    steps = np.geomspace(0.01, 0.04, 4)
    loss, dL = seen.differential(theta)
    Hv, Tvv, c = (seen.hessian_action(theta, v), seen.third_action(theta, v), seen.jet(theta, v, 4))
    close(c[:4], [loss, dL @ v, v @ Hv / 2, v @ Tvv / 6], scale=loss)
    slope(
        [
            np.linalg.norm(seen.differential(theta + s * v)[1] - dL - s * Hv - s**2 / 2 * Tvv)
            for s in steps
        ],
        steps,
        3,
    )
    slope([seen.value(theta + s * v) - s ** np.arange(5) @ c for s in steps], steps, 5)


def test_all_weights_of_a_network_on_circles():
    """Its biases are free."""
    chart = fn.Phases.of(NET, 0.5)
    assert chart.size_W == D and chart.size == D + 7 and chart.free.sum() == 7
    close(
        np.abs(chart.to_W(uniforms(29, chart.size))[~chart.free]), np.full(25, 0.5), kind="rounding"
    )


def test_complex_coordinates():
    """sinh of complex numbers, holomorphic: derivatives on the reals of u, by the same rule."""
    theta = uniforms(20, 4) + 1j * uniforms(27, 4)
    seen, v = fn.Charted(phased()[0].potential, fn.Sinh()), uniforms(21, 4) - 1j * uniforms(28, 4)
    steps = np.geomspace(0.01, 0.04, 4)
    loss, dL = seen.differential(theta)
    H, v2 = seen.hessian(theta), v.view(float)
    Hv, Tvv = H.action(v2), H.third_action(v2)
    assert H.shape == (8, 8) and dL.dtype == seen.dtype == complex
    close(seen.jet(theta, v, 3), [loss, np.vdot(dL, v).real, v2 @ Hv / 2, v2 @ Tvv / 6], scale=loss)
    slope(
        [
            np.linalg.norm(
                seen.differential(theta + s * v)[1].view(float) - H.dL - s * Hv - s**2 / 2 * Tvv
            )
            for s in steps
        ],
        steps,
        3,
    )
    close(H.action(np.eye(8)), H.action(np.eye(8)).T, kind="rounding", scale=10)


@pytest.mark.parametrize("chart", [fn.Sinh(0.3), fn.Phases], ids=["sinh", "phases"])
def test_charts_of_a_complex_network(chart):
    """Its flow is that of W; geodesic steps are W's; derivatives through the reals of W and u."""
    net = fn.Network([3, 4, 2], "cardioid", dtype="complex128")
    x, y = (uniforms(30 + n, 9, n) + 1j * uniforms(40 + n, 9, n) for n in (3, 2))
    inner = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    chart = chart.of(net, 0.5) if chart is fn.Phases else chart
    W0 = net.init(0) + 0.1 * (uniforms(50, net.size) + 1j * uniforms(51, net.size))
    seen, metric = fn.Charted(inner, chart), fn.PulledBack(chart, fn.Euclidean(net.size))
    u0 = seen.to_u(W0)
    words = dict(W0=u0, metric=metric)
    b = fn.breakdown(fn.train(seen, fn.Aristotle(0.1), steps=3, **words), at=1)
    close(b.linear + b.second + b.third + b.remainder, b.actual, kind="rounding")
    assert abs(b.remainder) < 0.1 * abs(b.second)
    assert fn.sharpness(seen, u0, metric=metric) > 0
    geodesic = fn.train(seen, fn.Geodesic(0.1), steps=20, **words)
    flow = fn.flow(seen, time=1.0, at=[1.0], **words)
    if chart.onto:
        close(
            seen.to_W(geodesic.parameters[-1]).view(float),
            fn.train(inner, fn.Aristotle(0.1), W0=W0, steps=20).parameters[-1].view(float),
        )
        there = fn.flow(inner, W0=W0, time=1.0, at=[1.0])
        np.testing.assert_allclose(
            seen.to_W(flow.parameters[0]), there.parameters[0], rtol=0, atol=1e-7
        )
    else:
        turning = seen.to_W(geodesic.parameters[-1])[~chart.free]
        close(np.abs(turning), np.full(turning.size, 0.5), kind="rounding")
        assert geodesic.loss[-1] < geodesic.loss[0] and flow.loss[-1] < geodesic.loss[0]


def test_the_torus_is_flat():
    """g̃ = ρ² and Γ = 0: a geodesic step is the plain step of θ; nothing leaves the circles."""
    modulus = np.array([0.5, 1.0, 1.5, 2.0])
    seen, theta = phased(modulus)
    metric = fn.PulledBack(seen.chart, fn.Euclidean(4))
    close(metric.seen_at(theta).stiffness, modulus**2, kind="rounding")
    assert np.abs(metric.christoffel(theta, uniforms(24, 4))).max() < 1e-15
    plain, geodesic = (
        fn.train(seen, kind(0.02), W0=theta, steps=40, metric=metric)
        for kind in (fn.Aristotle, fn.Geodesic)
    )
    close(plain.parameters[:], geodesic.parameters[:], kind="solver")
    assert plain.loss[-1] < plain.loss[0]
    close(seen.to_u(seen.to_W(theta)), theta, kind="rounding")
    some, theta = phased(modulus, [0, 1, 0, 1])
    k, v = np.array([1.0, 2.0, 3.0, 4.0]), uniforms(24, 6)
    metric = fn.PulledBack(some.chart, fn.DiagonalMetric(k)).seen_at(theta)
    close(
        metric.norm2(v),
        np.abs(some.chart.pushforward(theta, v)) ** 2 @ k,
        kind="rounding",
        scale=10,
    )
    with pytest.raises(FlownetError, match="has no lift"):
        seen.chart.lift(theta, theta)


# ---- what works on it ---------------------------------------------------------------------------


def test_what_measures_runs_measures_them_in_a_chart():
    """breakdown, sharpness, departure, eigenpairs, and sums with a potential of u."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))
    H = seen.hessian(u0).action(np.eye(D))
    close(fn.sharpness(seen, u0), np.linalg.eigvalsh(H)[-1], kind="solver", scale=100)
    root = 1 / np.cosh(u0)
    close(
        fn.sharpness(seen, u0, metric=metric),
        np.linalg.eigvalsh(root[:, None] * H * root)[-1],
        kind="solver",
        scale=100,
    )
    run = fn.train(
        seen + 0.01 * fn.Parabola(D),
        fn.Aristotle(0.2),
        W0=u0,
        steps=6,
        metric=metric,
        observe={"sharpness": (3, lambda s: fn.sharpness(s.potential, s.W))},
    )
    b = fn.breakdown(run, at=2)
    close(b.linear + b.second + b.third + b.remainder, b.actual, kind="rounding")
    assert abs(b.remainder) < 0.05 * abs(b.third) + 0.01 * abs(b.second) and "delivered" in str(b)
    close(b.second_self + b.second_pairs, b.second, kind="rounding")
    assert "verdict" in str(fn.departure(fn.train(seen, fn.Aristotle(0.2), W0=u0, steps=4)))
    assert fn.train(seen, fn.RungeKutta(), W0=u0, steps=4, metric=metric).loss[-1] < run.loss[0]


@pytest.mark.parametrize("name", ["sinh", "weight normalisation"])
def test_a_run_of_a_chart_as_the_path_of_W(name, tmp_path):
    """Rows W(u), the rest as it was; departure in the metric of W, of geodesic steps that of W's.

    Plain steps leave the flow by −½h²Γ(V,V) besides: W″(V,V) in W, the first part of their error.
    """
    seen, u0 = start(CHARTS[name])
    metric, h = fn.PulledBack(seen.chart, METRICS["diagonal"]), 0.05
    words = dict(steps=4, batch_size=5, seed=1)
    here = fn.train(POTENTIAL, fn.Aristotle(h), W0=W0, metric=METRICS["diagonal"], **words)
    there = fn.train(seen, fn.Geodesic(h), W0=u0, metric=metric, store=tmp_path / "a.h5", **words)
    back = fn.in_W(there)
    np.testing.assert_array_equal(back.parameters[:], seen.to_W(there.parameters[:]))
    for of in ("iteration", "time", "loss", "step"):
        np.testing.assert_array_equal(getattr(back, of), getattr(there, of))
    assert back.finished and back.metric is METRICS["diagonal"] and back.potential is POTENTIAL
    found, wanted = fn.departure(back), fn.departure(here)
    for column in ("distance", "second", "noise", "gap"):
        close(getattr(found.steps, column), getattr(wanted.steps, column), kind="solver")
    close(fn.breakdown(back, at=2).terms, fn.breakdown(here, at=2).terms)
    plain = fn.train(seen, fn.Aristotle(h), W0=u0, metric=metric, steps=3)
    whole = fn.departure(fn.in_W(plain))
    found = whole.steps
    assert "the bend of its chart" in str(whole) and "of it mini-batches" in str(wanted)
    for k in range(3):
        u = plain.parameters[k]
        V = h * metric.seen_at(u).sharp(seen.differential(u)[1])
        bend = 2 * seen.chart.series(u, V, 2)[2]
        close(
            found.noise[k],
            np.sqrt(METRICS["diagonal"].norm2(bend)) / 2,
            kind="order",
            scale=(found.noise[k]),
        )
    flow = fn.in_W(fn.flow(seen, W0=u0, time=0.3, metric=metric))
    assert flow.is_flow and flow.parameters.shape[1] == D


def test_lengths_and_speeds_in_a_chart():
    """Speed is that of the flow of W; path lengths are those of the path of W."""
    seen, u0 = start(fn.Sinh())
    metric = fn.PulledBack(seen.chart, METRICS["layers"])
    run = fn.train(
        seen,
        fn.Geodesic(0.1),
        W0=u0,
        steps=3,
        metric=metric,
        observe={"speed": (1, fn.Speed(seen, metric))},
    )
    here = fn.train(
        POTENTIAL,
        fn.Aristotle(0.1),
        W0=W0,
        steps=3,
        metric=METRICS["layers"],
        observe={"speed": (1, fn.Speed(POTENTIAL, METRICS["layers"]))},
    )
    close(run.observables["speed"].value, here.observables["speed"].value)
    close(fn.path_length(fn.in_W(run)).value, fn.path_length(here).value)
    with pytest.raises(FlownetError, match=r"flownet.in_W\(run\) the path of W"):
        fn.path_length(run)


def test_in_single_precision():
    """A run of a float32 network, broken down in float64."""
    net = NET.with_dtype("float32")
    seen = fn.Charted(fn.Potential(net, fn.Quadratic(), DATA), fn.WeightNormalisation(net))
    metric = fn.PulledBack(seen.chart, fn.Euclidean(D))
    run = fn.train(seen, fn.Geodesic(0.2), W0=seen.init(0), steps=5, metric=metric)
    assert run.parameters.dtype == seen.dtype == np.float32 and run.loss[-1] < run.loss[0]
    b = fn.breakdown(run, at=1)
    assert b.taken.potential.dtype == np.float64 and abs(b.remainder) < 0.1 * abs(b.second)


@pytest.mark.parametrize("name", BUILT)
def test_a_run_in_a_chart_goes_on_from_its_file(name, tmp_path):
    """Bit for bit; chart, metric and mechanics come back with it."""
    seen, u0 = start(CHARTS[name])
    words = dict(
        W0=u0, metric=fn.PulledBack(seen.chart, METRICS["layers"]), observe={"again": (2, seen)}
    )
    fn.train(seen, fn.Geodesic(0.2), steps=4, store=tmp_path / "a.h5", **words).close()
    whole = fn.train(seen, fn.Geodesic(0.2), steps=9, **words)
    again = fn.resume(tmp_path / "a.h5", steps=9)
    np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    np.testing.assert_array_equal(again.observables["again"].value, whole.loss[[0, 2, 4, 6, 8, 9]])
    assert repr(again.potential.chart) == repr(seen.chart) and again.mechanics.order == "exact"
    assert again.metric.metric.stiffness.tolist() == [2.0, 0.5]
    back = fn.in_W(again)
    np.testing.assert_array_equal(back.parameters[-1], seen.to_W(whole.parameters[-1]))


def test_a_chart_of_ones_own_is_a_program(tmp_path):
    """No file can say it: its potential is passed on."""
    seen, u0 = start(CHARTS["own"])
    words = dict(W0=u0, metric=fn.PulledBack(seen.chart, fn.Euclidean(D)))
    fn.train(seen, fn.Geodesic(0.2, 2), steps=4, store=tmp_path / "a.h5", **words).close()
    with pytest.raises(FlownetError, match="a program of its own"):
        fn.resume(tmp_path / "a.h5", steps=9)
    np.testing.assert_array_equal(
        fn.resume(tmp_path / "a.h5", steps=9, potential=seen).parameters[:],
        fn.train(seen, fn.Geodesic(0.2, 2), steps=9, **words).parameters[:],
    )


EXPERIMENT = """
data = {name = "digits", limit = 40}
network = {sizes = [64, 3, 10]}
loss = {kind = "cross-entropy"}
chart = {kind = "sinh", scale = 0.05}
metric = {kind = "pulled-back", metric = {stiffness = [2.0, 1.0]}}
mechanics = {kind = "geodesic", step = 0.5, order = 2}
run = {steps = 4}
observe = {right = {kind = "accuracy", every = 4}, sharp = {kind = "sharpness", every = 4}}
"""


def test_a_chart_in_an_experiment_file(tmp_path):
    """The same run as by hand, from the network's own start."""
    path = tmp_path / "a.toml"
    path.write_text(EXPERIMENT)
    run = fn.Experiment.load(path).run()
    net = fn.Network([64, 3, 10])
    inner = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits", limit=40))
    seen = fn.Charted(inner, fn.Sinh(0.05))
    metric = fn.PulledBack(seen.chart, fn.LayerMetric(net, [2.0, 1.0]))
    hand = fn.train(seen, fn.Geodesic(0.5, 2), W0=seen.init(0), steps=4, metric=metric)
    np.testing.assert_array_equal(run.parameters[:], hand.parameters[:])
    right = np.mean(
        net.forward(seen.to_W(hand.parameters[-1]), inner.data.x).argmax(axis=1)
        == inner.data.labels
    )
    assert run.observables["right"].value[-1] == right
    close(
        run.observables["sharp"].value[-1],
        fn.sharpness(seen, hand.parameters[-1], metric=metric),
        kind="solver",
    )


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("scale = 0.05", "factors = [1.0]", "sinh takes no factors; it takes scale"),
        ('"sinh"', '"sin"', "unknown chart 'sin'; did you mean 'sinh'"),
        ('"sinh", scale = 0.05', '"rescaling"', "the key factors of rescaling is missing"),
        ('kind = "pulled-back", ', "", "layer takes no metric"),
        ('chart = {kind = "sinh", scale = 0.05}', "", "wants a potential in a chart"),
        ("order = 2", "order = 3", "mechanics"),
    ],
)
def test_mistakes_in_an_experiment_file(old, new, says, tmp_path):
    path = tmp_path / "a.toml"
    path.write_text(EXPERIMENT.replace(old, new))
    with pytest.raises(FlownetError, match=says):
        fn.Experiment.load(path).parts()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "mechanics", [fn.Aristotle(5.0), fn.Geodesic(5.0), fn.Geodesic(5.0, 2)], ids=repr
)
def test_a_run_that_diverges_is_a_result(mechanics):
    """Up to its last finite row, without a word."""
    seen = fn.Charted(fn.Quartic(3), fn.Sinh())
    run = fn.train(
        seen,
        mechanics,
        W0=[1.0, 2.0, 3.0],
        steps=50,
        metric=fn.PulledBack(fn.Sinh(), fn.Euclidean(3)),
    )
    assert run.diverged_at is not None and np.isfinite(run.parameters[:]).all()


# ---- a user's mistakes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong, says",
    [
        (dict(pushforward=lambda u, v: v), "pushforward of cubic is not the derivative of to_W"),
        (dict(pullback=lambda u, p: p), "pullback of cubic is not the adjoint of pushforward"),
        (dict(second=lambda u, v: v), "second of cubic is not the derivative of pushforward"),
        (dict(third=lambda u, v: v), "third of cubic is not the derivative of second"),
        (
            dict(second_pullback=lambda u, v, p: p),
            "second_pullback of cubic is not the derivative of",
        ),
        (
            dict(third_pullback=lambda u, v, p: p),
            "third_pullback of cubic is not the derivative of",
        ),
        (dict(lift=lambda u, V: V), "lift of cubic is not a right inverse of pushforward"),
        (dict(drop=lambda u, p: p), "drop of cubic is not the adjoint of lift"),
        (dict(to_u=np.arcsinh), "to_u of cubic is not the inverse of to_W"),
        (dict(to_W=lambda u: u[1:]), r"to_W of cubic gave .* it has to be \(32,\)"),
        (dict(second=None), "was given without second, which this asks for"),
        (dict(to_W=3), "to_W is 3; it has to be a function"),
        (dict(size=0), "size is 0; it has to be a whole number above 0"),
    ],
)
def test_functions_that_disagree(wrong, says):
    with pytest.raises(FlownetError, match=says):
        fn.Charted(POTENTIAL, cubic(**wrong)).jet(uniforms(25, D), W0)


SEEN = fn.PulledBack(fn.Sinh(), fn.Euclidean(D))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: fn.Charted(3, fn.Sinh()), "potential is 3, without size"),
        (lambda: fn.Charted(POTENTIAL, fn.Sinh), "has to be one such as flownet.Sinh"),
        (
            lambda: fn.Charted(fn.Parabola(3), CHARTS["rescaling"]),
            "one of 32 parameters, the potent",
        ),
        (
            lambda: fn.PulledBack(CHARTS["rescaling"], fn.Euclidean(3)),
            "one of 32 parameters, the met",
        ),
        (lambda: fn.PulledBack(fn.Sinh(), "soft"), "constant one of W"),
        (lambda: fn.PulledBack(fn.Sinh(), SEEN), "constant one of W"),
        (lambda: fn.PulledBack(3, fn.Euclidean(3)), "chart is 3"),
        (lambda: fn.Rescaling([1.0, 0.0]), "finite numbers other than 0"),
        (lambda: fn.Phases(0.0), "number above 0"),
        (lambda: fn.Phases([1.0, 2.0], [1]), "one entry for each parameter"),
        (lambda: fn.WeightNormalisation(3), "has to be a flownet.Network"),
        (lambda: CHARTS["weight normalisation"].to_u(np.zeros(D)), "layer 1 unit 1 are all 0"),
        (
            lambda: CHARTS["weight normalisation"].lift(
                np.where(np.arange(39) == 16, 0.0, 1.0), W0
            ),
            "unit 2 of a layer has the length g = 0",
        ),
        (lambda: fn.in_W(3), "has to be a Trajectory"),
        (
            lambda: fn.in_W(fn.train(POTENTIAL, fn.Aristotle(0.1), W0=W0, steps=1)),
            "not one in the coo",
        ),
        (
            lambda: fn.in_W(
                fn.train(fn.Charted(POTENTIAL, fn.Sinh()), fn.Aristotle(0.1), W0=W0, steps=1)
            ),
            "say which to measure with",
        ),
        (
            lambda: fn.in_W(
                fn.train(
                    phased()[0],
                    fn.Aristotle(0.1),
                    W0=np.ones(4),
                    steps=1,
                    metric=fn.PulledBack(fn.Phases(), fn.Euclidean(4)),
                )
            ),
            "a surface",
        ),
        (
            lambda: fn.departure(
                fn.train(
                    fn.Charted(POTENTIAL, fn.Sinh()), fn.Aristotle(0.1), W0=W0, steps=1, metric=SEEN
                )
            ),
            r"path of W, flownet.in_W\(run\)",
        ),
        (lambda: fn.curl(fn.Charted(POTENTIAL, fn.Sinh()), W0, metric=SEEN), "a constant metric"),
        (lambda: SEEN.sharp(W0), r"metric.seen_at\(u\) is the one at u"),
        (lambda: fn.Geodesic(0.1, 3), "'exact' or of order 2"),
        (lambda: fn.Charted(fn.Quartic(2), fn.Sinh()).init(0), "no network to initialise"),
        (lambda: fn.train(POTENTIAL, fn.Adam(0.1), W0=W0, steps=1, metric=SEEN), "Adam remembers"),
        (
            lambda: fn.flow(POTENTIAL, mechanics=fn.Newton(0.1), W0=W0, time=1.0, metric=SEEN),
            "Newton remembers",
        ),
        (
            lambda: fn.flow(POTENTIAL, field=fn.Modified(0.1), W0=W0, time=1.0, metric=SEEN),
            "a field of a constant metric",
        ),
        (
            lambda: fn.Charted(POTENTIAL, CHARTS["weight normalisation"]).hessian_diagonal(
                point(CHARTS["weight normalisation"])[0]
            ),
            "mixes parameters",
        ),
    ],
)
def test_mistakes(make, says):
    with pytest.raises(FlownetError, match=says):
        make()
