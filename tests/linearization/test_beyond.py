"""Beyond Taylor and beside the step: one parameter at a time, subsets of layers, interventions."""

import made
import naive
import numpy as np
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn

# ---- beyond Taylor -------------------------------------------------------------------------------


def test_parameters_one_at_a_time():
    """All there is on a separable potential; elsewhere D evaluations, or a sample of them."""
    b = fn.breakdown(fn.Quartic(5), np.linspace(0.5, 1.5, 5), 0.3)
    close(b.one_at_a_time().total, b.actual)
    case = twins.case(65_000, [3, 8, 2], ["tanh"], "quadratic")
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V)
    exact, sampled = b.one_at_a_time(), b.one_at_a_time(sample=400, seed=1)
    close(exact.changes, [naive.value(p, W + e * V) - b.loss for e in np.eye(len(W))])
    close(exact.total + exact.together, b.actual)
    assert exact.exact and not sampled.exact
    assert 0 < abs(sampled.total - exact.total) < 4 * sampled.error


def test_subsets_of_layers_by_inclusion_and_exclusion():
    """Σ over all subsets gives what was delivered; two layers interact by H(δ_a, δ_b) at first."""
    case = twins.case(66_000, [2, 3, 3, 2], ["tanh", "sin"], "quadratic")
    p, (W, V) = twins.problem(case), twins.point(case)
    b = fn.breakdown(twins.potential(case), W, displacement=V)
    layer = np.repeat([0, 1, 2], [9, 12, 8])
    value = [naive.value(p, W + V * (subset >> layer & 1)) - b.loss for subset in range(8)]
    found = b.layer_subsets()
    close(found.delivered, value)
    brute = [
        sum((-1.0) ** bin(S ^ T).count("1") * value[T] for T in range(8) if T & S == T)
        for S in range(8)
    ]
    close(found.interactions, brute)
    close(found.by_size.sum(), b.actual)
    sizes, left = np.geomspace(1e-3, 1e-2, 5), []
    for size in sizes:
        small = fn.breakdown(twins.potential(case), W, displacement=size * V)
        left.append(small.layer_subsets().interactions[3] - 2 * small.split("layers").matrix[0, 1])
    has_order(left, sizes, 3)


# ---- interventions -------------------------------------------------------------------------------


def test_what_is_left_of_a_step_delivers_what_it_says():
    """Each row a step of its own; without its only mode a rank-one step has no second order."""
    b = made.curved()
    for row in b.interventions(k=7):
        assert np.isfinite([row.linear, row.second, row.actual]).all()
        close([row.promise_left, row.delivery], [row.linear / b.linear, row.actual / row.linear])
    rows = b.interventions(k=7)
    close(rows["the whole step"].actual, b.actual)
    assert rows["the whole step"].delivery < 0 < rows["without its top eigendirection"].delivery
    parts = [rows[f"layer {i} alone"] for i in (1, 2, 3)]
    close(sum(row.linear for row in parts), b.linear)
    close(rows["all layers but 2"].linear, parts[0].linear + parts[2].linear)
    delta = b.taken.delta.copy()
    delta[np.argsort(-abs(delta))[:7]] = 0
    close(rows["without its 7 largest components"].actual, b.taken.delivered(delta))
    left = parts[1].promise_left
    close(parts[1].shortened, b.taken.delivered(left * b.taken.delta) / (left * b.linear))
    top, rest = rows["its top eigendirection alone"], rows["without its top eigendirection"]
    close(top.linear + rest.linear, b.linear)
    with told_in_one_line("unknown intervention"):
        rows["without layer 2"]
    straight = fn.breakdown(made.rank_one(), np.ones(6), displacement=np.arange(6.0) + 1)
    left = straight.interventions()["without its top eigendirection"]
    assert abs(left.second) < 1e-12 * straight.second
