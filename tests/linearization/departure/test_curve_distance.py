"""Curves of flows at another speed and of Newton's, and the distance between curves."""

import numpy as np
from departures import Slowed
from tolerance import close

import flownet as fn
from flownet.motion.flow import _integrate


def test_a_flow_at_another_speed_is_the_same_curve(small):
    """η = 1 and η(t) = L(t): at t = ∫L dτ the same points; at equal times others."""
    W0 = small.network.init(3)
    tau = np.linspace(0, 2, 81)

    def slowed(state):
        loss, dL = small.differential(state[:-1])
        return np.append(-loss * dL, loss)

    clock = _integrate.integrate(slowed, np.append(W0, 0.0), tau, rtol=1e-11)[:, -1]
    there = fn.flow(small, W0=W0, time=2, field=Slowed(), at=tau, rtol=1e-11)
    plain = fn.flow(small, W0=W0, time=clock[-1], at=clock, rtol=1e-11)
    close(there.parameters[:], plain.parameters[:], kind="solver", scale=1.0)
    equal = fn.flow(small, W0=W0, time=clock[-1], at=np.linspace(0, clock[-1], 81), rtol=1e-11)
    assert np.linalg.norm(there.parameters[:] - equal.parameters[:], axis=1).max() > 0.03
    assert fn.curve_distance(there, plain) < 1e-9
    assert fn.curve_distance(there, equal) < 1e-3  # the sag of polylines, κ·ds²/8


def curves(potential, W0, rows):
    """The plain flow, the flow at η = L and Newton's at two masses, up to time 2 or so."""
    D = len(W0)

    def newton(mass):
        def field(state):  # m v̇ = −λv − ∇L, λ = 1
            return np.concatenate(
                [state[D:], (-state[D:] - potential.differential(state[:D])[1]) / mass]
            )

        start = np.concatenate([W0, np.zeros(D)])
        return _integrate.integrate(field, start, np.linspace(0, 2, rows), rtol=1e-11)[:, :D]

    return (
        fn.flow(potential, W0=W0, time=8, at=np.linspace(0, 8, 4 * rows), rtol=1e-11),
        fn.flow(potential, W0=W0, time=2, at=np.linspace(0, 2, rows), field=Slowed(), rtol=1e-11),
        newton(1.0),
        newton(0.1),
    )


def test_newton_takes_another_curve(small):
    """Rows twice as dense: Aristotle's curves agree four times better, Newton's not at all."""
    W0, found = small.network.init(3), []
    for rows in (80, 160):
        plain, slowed, heavy, light = curves(small, W0, rows)
        found.append(
            [fn.curve_distance(curve, plain, directed=True) for curve in (slowed, heavy, light)]
        )
    coarse, fine = np.array(found)
    assert coarse[0] / fine[0] > 3 and fine[0] < 2e-4
    np.testing.assert_allclose(coarse[1:], fine[1:], rtol=0.01)
    assert fine[1] > fine[2] > 100 * fine[0]


def test_the_distance_of_curves_is_exact_on_segments():
    """Against closed forms: a corner cut, parallel segments, a point, and between vertices."""
    corner, straight = [[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1]]
    close(fn.curve_distance(corner, straight), np.sqrt(0.5))
    close(fn.curve_distance(straight, corner), np.sqrt(0.5))
    close(fn.curve_distance(straight, corner, directed=True), 0.5)  # at (½, ½), no vertex
    close(fn.curve_distance([[0, 1], [3, 1]], [[3, 0], [1, 0], [0, 0]]), 1.0)
    close(fn.curve_distance([[0.0, 2.0]], [[-1.0, 0.0], [1.0, 0.0]], directed=True), 2.0)
    close(fn.curve_distance([[0.0, 2.0]], [[-1.0, 0.0], [1.0, 0.0]]), np.sqrt(5))
    assert fn.curve_distance(corner, [[0, 0], [0.25, 0], [1, 0], [1, 0.5], [1, 1]]) == 0
    metric = fn.DiagonalMetric([4.0, 9.0])
    close(fn.curve_distance([[0, 1], [3, 1]], [[0, 0], [3, 0]], metric), 3.0)
    frozen = fn.DiagonalMetric([1.0, np.inf])
    assert fn.curve_distance([[0, 1], [3, 1]], [[0, 0], [3, 0]], frozen) == np.inf
    assert fn.curve_distance([[0, 1], [3, 1]], [[0, 1], [1, 1]], frozen) == 2.0


def test_the_distance_of_curves_against_dense_points():
    """Random polylines: the largest of many points, to their spacing, and symmetric."""
    rng = np.random.default_rng(7)
    A, B = rng.normal(size=(2, 7, 3)).cumsum(axis=1) + 100.0
    s = np.linspace(0, 6, 6001)
    dense = [np.stack([np.interp(s, np.arange(7), column) for column in X.T], 1) for X in (A, B)]
    apart = np.sqrt(((dense[0][::3, None] - dense[1][None, ::3]) ** 2).sum(-1))
    wanted = max(apart.min(axis=0).max(), apart.min(axis=1).max())
    found = fn.curve_distance(A, B)
    assert abs(found - wanted) < 0.01 and found == fn.curve_distance(B, A)
