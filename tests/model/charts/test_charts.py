"""Other coordinates: the charts themselves, and a potential that is seen through one."""

import numpy as np
import pytest
from settings_of_charts import CHARTS, POTENTIAL, W0, D, built, each, point, slope
from tolerance import close
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError

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
