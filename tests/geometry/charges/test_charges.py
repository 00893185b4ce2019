"""Charges: kept by the flow, changed by finite steps as h² says, exactly."""

import naive
import numpy as np
import pytest
from settings_of_charges import BOTH, in_metric, only_rounding
from tolerance import close, has_order
from twins import case, point, potential, problem

import flownet as fn


def brute_force(case, stiffness, W):
    """Every charge the case can have, entry by entry from the equations, in the precision of W.

    identity: g₂ Σ_c w₂[c,i] w₂[c,j] − g₁ (Σ_k w₁[i,k] w₁[j,k] + b₁[i] b₁[j]), i ≤ j; relu: i = j;
    softmax: Σ_c w[c,a], Σ_c b[c] of the last layer.
    """
    layers, Q = naive.unpack(case["sizes"], W, case["bias"]), []
    g = stiffness or [1.0] * len(layers)
    for i, name in enumerate(naive.layerwise(None, case["activations"], "")[:-1]):
        (below, b), (above, _), n = layers[i], layers[i + 1], len(layers[i][1])
        pairs = {
            "identity": [(i, j) for i in range(n) for j in range(i, n)],
            "relu": [(i, i) for i in range(n)],
            "leaky_relu": [(i, i) for i in range(n)],
        }
        for k, m in pairs.get(name, []):
            out = sum(above[c, k] * above[c, m] for c in range(len(above)))
            into = sum(w * v for w, v in zip(below[k], below[m])) + b[k] * b[m]
            Q.append(g[i + 1] * out - g[i] * into)
    if case["loss"] == "cross-entropy" and case["output"] == "identity":
        weights, bias = layers[-1]
        Q += [sum(column) for column in weights.T] + [sum(bias)] * case["bias"]
    return np.array(Q)


NETWORKS = [  # sizes, hidden activations, bias, stiffness
    ([3, 4, 2], ["relu"], True, None),
    ([3, 4, 2], ["leaky_relu"], False, [2.0, 0.5]),
    ([3, 4, 2], ["identity"], True, [0.25, 3.0]),
    ([3, 4, 3, 2], ["relu", "identity"], True, [2.0, 1.0, 0.5]),
    ([3, 4, 3, 2], ["tanh", "leaky_relu"], True, None),
    ([2, 3, 4, 3, 2], ["identity", "sigmoid", "identity"], True, None),
    ([2, 3, 4, 3, 2], ["relu", "relu", "identity"], False, [1.0, 2.0, 3.0, 4.0]),
]


@pytest.fixture(params=NETWORKS, ids=lambda n: "-".join(n[1]))
def network(request):
    return request.param


@pytest.mark.parametrize("loss", BOTH)
def test_values_and_changes_against_brute_force(network, loss):
    """Q(W) and Q(W − h·g⁻¹dL) − Q(W) in long double from a twin's pullback, h small and large."""
    sizes, activations, bias, stiffness = network
    made = case(31000, sizes, activations, loss, bias=bias)
    pot, long = potential(made), problem(made, dtype=np.longdouble)
    charges = fn.charges(pot, in_metric(stiffness, pot))
    W = point(made)[0]
    assert len(charges) == len(brute_force(made, stiffness, W)) > 0
    exact, dL = W.astype(np.longdouble), naive.differential(long, W.astype(np.longdouble))[1]
    close(charges.value(W), brute_force(made, stiffness, exact), kind="rounding")
    ends = [end for _, end in pot.network.ranges]
    g = np.repeat(stiffness or [1.0] * len(ends), np.diff([0, *ends])).astype(np.longdouble)
    for h in (0.03, 1.0, 30.0):
        change = brute_force(made, stiffness, exact - np.longdouble(h) * dL / g) - brute_force(
            made, stiffness, exact
        )
        close(charges.change(W, pot.differential(W)[1], h), change)


@pytest.mark.parametrize("loss", BOTH)
@pytest.mark.parametrize(
    "step, batch_size, dtype",
    [
        (0.05, None, "float64"),
        (0.8, None, "float64"),
        (0.05, 3, "float64"),
        (0.05, None, "float32"),
    ],
)
def test_finite_steps_move_them_as_predicted(network, loss, step, batch_size, dtype):
    """Over 300 steps, Q(W_k) − Q(W_0) is Σ Q(h·g^♯dL) to rounding, and far from 0; also on a way
    that diverges, up to the last finite charge."""
    sizes, activations, bias, stiffness = network
    pot = potential(case(32000, sizes, activations, loss, bias=bias), dtype)
    metric = in_metric(stiffness, pot)
    run = fn.train(
        pot,
        fn.Aristotle(step),
        steps=300,
        W0=pot.network.init(3),
        metric=metric,
        batch_size=batch_size,
    )
    charges = fn.charges(pot, metric)
    found = charges.along(run)
    last = len(found.drift) - 1
    assert last == 300 or (step == 0.8 and run.diverged_at)
    assert only_rounding(found, dtype)
    quadratic, W0 = ~charges.linear, run.parameters[0]
    if batch_size is None:  # in float64, whatever the run's own precision
        dL = pot.with_dtype("float64").differential(W0)[1]
        np.testing.assert_array_equal(found.predicted[1], charges.change(W0, dL, step))
    assert (found.predicted[:, ~quadratic] == 0).all()
    assert np.abs(found.drift[-1, quadratic]).max() > 300 * found.rounding.max()
    close(found.drift[-1] + charges.value(W0), charges.value(run.parameters[last]), kind="rounding")


@pytest.mark.parametrize("stiffness", [None, [2.0, 1.0, 0.5]])
def test_the_flow_keeps_them(stiffness):
    """One step breaks a charge by O(h²), a unit of time by O(h)."""
    made = case(33000, [3, 4, 3, 2], ["leaky_relu", "identity"], "quadratic")
    pot, steps = potential(made), [0.02, 0.01, 0.005, 0.0025]
    charges = fn.charges(pot, in_metric(stiffness, pot))
    runs = [
        fn.train(
            pot,
            fn.Aristotle(h),
            steps=round(2 / h),
            W0=0.5 * point(made)[0],
            metric=in_metric(stiffness, pot),
        )
        for h in steps
    ]
    drifts = [
        charges.value(run.parameters[:][[1, -1]][i]) - charges.value(run.parameters[0])
        for i in (0, 1)
        for run in runs
    ]
    has_order([np.linalg.norm(d) for d in drifts[:4]], steps, 2)
    has_order([np.linalg.norm(d) for d in drifts[4:]], steps, 1)
