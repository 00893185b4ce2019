"""Coupled layers: lengths, runs, flows, minima, charges and a breakdown in their metric."""

import numpy as np
import pytest
from every_metric import COUPLING, EVERY, INF, NET, ONES, problem
from metric_settings import D
from tolerance import close, has_order
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError


def matrix(metric):
    """g (D, D) of a metric without frozen components, column by column."""
    return np.stack([metric.flat(e) for e in np.eye(D)], axis=1)


def test_the_length_of_a_coupled_move():
    """Σ_ij g_ij⟨V^i, V^j⟩, and g^[ij] is the inverse of g_[ij] (TM 7)."""
    metric, V = fn.CoupledMetric(NET, COUPLING), uniforms(58, D)
    parts = [V[begin:end] for begin, end in NET.ranges]
    expected = sum(
        COUPLING[i, j] * parts[i] @ parts[j] for i in range(4) for j in range(4) if COUPLING[i, j]
    )
    close(metric.norm2(V), expected, kind="rounding")
    close(matrix(metric) @ metric.sharp(V), V, kind="rounding")
    close(
        metric.sharp(V)[16:36],
        np.linalg.inv(COUPLING)[1, 1] * V[16:36] + np.linalg.inv(COUPLING)[1, 2] * V[36:56],
        kind="rounding",
    )


def test_without_a_coupling_it_is_the_layer_metric(potential):
    """The same bits."""
    W0, own = uniforms(59, D), [2.0, INF, 0.5, 3.0]
    one, two = (
        fn.train(potential, fn.Aristotle(0.2), W0=W0, steps=20, metric=metric)
        for metric in (fn.LayerMetric(NET, own), fn.CoupledMetric(NET, np.diag(own)))
    )
    np.testing.assert_array_equal(one.parameters[:], two.parameters[:])


def test_a_stiff_coupling_moves_layers_together(potential):
    """g = [[a, −b], [−b, a]] with b → a: what tells the two layers apart hardly moves."""
    g = np.eye(4)
    g[1:3, 1:3] = [[50.5, 49.5], [49.5, 50.5]]  # 100 along the sum, 1 along the difference
    run = fn.train(
        potential, fn.Aristotle(0.01), W0=uniforms(60, D), steps=1, metric=fn.CoupledMetric(NET, g)
    )
    moved = run.parameters[1] - run.parameters[0]
    dL = potential.differential(run.parameters[0])[1]
    first, second, dL1, dL2 = moved[16:36], moved[36:56], dL[16:36], dL[36:56]
    close(first + second, -0.01 * (dL1 + dL2) / 100)
    close(first - second, -0.01 * (dL1 - dL2))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_several_stacks_of_large_layers(dtype, threads):
    """Layers 1, 2 and 4 in one stack, 6 and 7 in another; strips of columns that do not fit."""
    net = fn.Network([18, 18, 18, 18, 18, 7, 7, 7], dtype=dtype)
    g = np.eye(7)
    for i, j, entry in ((0, 1, 0.3), (1, 3, -0.4), (5, 6, 0.9)):
        g[i, j] = g[j, i] = entry
    potential = fn.Potential(
        net, fn.Quadratic(), fn.Dataset(uniforms(70, 6, 18), uniforms(71, 6, 7))
    )
    inverse = np.linalg.inv(g)
    W = net.init(0)
    run = fn.train(
        potential,
        fn.Aristotle(0.5),
        W0=W,
        steps=3,
        threads=threads,
        metric=fn.CoupledMetric(net, g),
    )
    for k in range(3):
        W, dL = run.parameters[k].astype(float), potential.differential(run.parameters[k])[1]
        parts = [dL[begin:end].astype(float) for begin, end in net.ranges]
        V = np.concatenate(
            [sum(inverse[i, j] * parts[j] for j in range(7) if inverse[i, j]) for i in range(7)]
        )
        close(run.parameters[k + 1], W - 0.5 * V, dtype)


def test_a_minimum_in_a_coupled_metric():
    """The flow in it comes to a minimum of the same loss, and knows it with its units permuted."""
    potential, metric = problem() + 0.1 * fn.Parabola(D), EVERY["coupled"](ONES)
    found = fn.minimum(potential, uniforms(72, D), metric=metric, progress=False)
    close(potential.differential(found.W)[1], np.zeros(D), kind="solver", scale=10)
    W = found.W.copy()
    (_, _), (below, bias), (above, _), _ = NET.unpack(W)
    below[:], bias[:], above[:] = below[::-1].copy(), bias[::-1].copy(), above[:, ::-1].copy()
    assert fn.compare_minima(potential, found.W, W, metric=metric).verdict == "same basin"


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_modified_flow_in_a_coupled_metric(order, potential):
    """One finite step differs from it by O(h^{order+2}): g^♯ stands before H and T alike."""
    metric, W0 = EVERY["coupled"](ONES), uniforms(73, D)
    V, apart = -metric.sharp(potential.differential(W0)[1]), []
    for h in (steps := [0.02, 0.01, 0.005]):
        flow = fn.flow(
            potential,
            W0=W0,
            time=h,
            metric=metric,
            at=[h],
            rtol=1e-12,
            atol=1e-14,
            field=fn.Modified(h, order),
        )
        apart.append(np.sqrt(metric.norm2(flow.parameters[-1] - W0 - h * V)))
    has_order(apart, steps, order + 2)


def with_entry(i, j, value, back=None):
    g = COUPLING.copy()
    g[i, j], g[j, i] = value, value if back is None else back
    return g


@pytest.mark.parametrize(
    "g, line",
    [
        (
            with_entry(0, 1, 0.1),
            r"layers 1 \(4×3\) and 2 \(4×4\) are coupled; only layers of equal",
        ),
        (with_entry(1, 2, 1.5), r"layers 2 and 3 is not positive: its least eigenvalue is -0.0"),
        (with_entry(1, 2, 0.3, 0.2), "not symmetric: 0.3 from layer 2 to 3, 0.2 back"),
        (with_entry(1, 1, INF), "layers 2 and 3 are coupled and one of them is frozen"),
        (with_entry(0, 0, 0.0), "numbers above 0 on its diagonal"),
        (with_entry(1, 2, np.nan), "numbers above 0 on its diagonal"),
        (np.eye(3), r"a matrix \(4, 4\)"),
        ([1.0] * 4, r"a matrix \(4, 4\)"),
        ("x", "a matrix"),
    ],
)
def test_couplings_that_are_none(g, line):
    with pytest.raises(FlownetError, match=line):
        fn.CoupledMetric(NET, g)


def test_charges_in_a_metric_of_coupled_layers():
    """Coupled layers have none; those of the others are moved by finite steps as predicted."""
    net = fn.Network([3, 4, 4, 4, 4, 3], "identity")
    g = np.diag([1.0, 2.0, 1.0, 0.5, 3.0])
    g[1, 2] = g[2, 1] = 0.7
    potential = fn.Potential(
        net, fn.CrossEntropy(), fn.Dataset(uniforms(74, 8, 3), np.arange(8) % 3, classes=3)
    )
    metric = fn.CoupledMetric(net, g)
    charges = fn.charges(potential, metric)
    assert charges.names == ["hidden 4", "class sums"]
    assert all("the metric couples layer" in reason for reason in charges.reasons[:3])
    assert charges.reasons[1].startswith("hidden 2: the metric couples layers 2 and 3 to others")
    run = fn.train(potential, fn.Aristotle(0.1), W0=uniforms(75, net.size), steps=20, metric=metric)
    drift = charges.along(run, progress=False)
    assert drift.error < 30 and np.abs(drift.predicted[-1]).max() > 1e-4
    whole = fn.charges(potential).value
    assert np.abs(whole(run.parameters[-1]) - whole(run.parameters[0])).max() > 1e-2
    with pytest.raises(FlownetError, match="that stay, with one stiffness for each layer"):
        fn.charges(problem(), EVERY["timed"](ONES))
    last = np.diag([1.0, 1.0, 1.0, 1.0])
    last[2, 3] = last[3, 2] = 0.5
    deep = fn.Network([2, 3, 3, 3, 3], "relu")
    found = fn.charges(
        fn.Potential(
            deep, fn.CrossEntropy(), fn.Dataset(uniforms(76, 4, 2), np.arange(4) % 3, classes=3)
        ),
        fn.CoupledMetric(deep, last),
    )
    assert found.names == ["hidden 1"] and "couples layer 4" in found.reasons[-1]


def test_breaking_down_a_step_in_a_coupled_metric(potential):
    """Its terms sum, its modes are those in the metric; the trace is estimated, and says so."""
    run = fn.train(
        potential, fn.Aristotle(0.3), W0=uniforms(61, D), steps=6, metric=EVERY["coupled"](ONES)
    )
    b = fn.breakdown(run, at=3)
    close(
        b.linear + b.second + b.third + b.remainder, b.actual, kind="rounding", scale=abs(b.linear)
    )
    dL = potential.differential(run.parameters[3])[1]
    close(b.linear, -0.3 * dL @ run.metric.sharp(dL))
    assert "eigen" in str(b.split("eigen")) or b.split("eigen")
    with pytest.raises(FlownetError, match="leave exact out"):
        b.split("parameters", exact=True)
    assert "couples" not in str(b.split("parameters"))
