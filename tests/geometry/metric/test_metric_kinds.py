"""What holds for every metric, and what each new kind is: groups, coupled layers."""

import numpy as np
import pytest
from every_metric import CONSTANT, COUPLING, EVERY, INF, NET, ONES, frozen, problem
from tolerance import close, has_order
from twins import uniforms

import flownet as fn
from flownet._errors import FlownetError

D = NET.size


def matrix(metric):
    """g (D, D) of a metric without frozen components, column by column."""
    return np.stack([metric.flat(e) for e in np.eye(D)], axis=1)


@pytest.fixture(params=CONSTANT.values(), ids=CONSTANT)
def metric(request):
    return request.param(ONES)


def vectors(metric, dtype, seed=50):
    """A covector and a displacement that no frozen component has."""
    dL, V = uniforms(seed, D).astype(dtype), uniforms(seed + 1, D).astype(dtype)
    if np.dtype(dtype).kind == "c":
        dL, V = dL + 1j * uniforms(seed + 2, D), V + 1j * uniforms(seed + 3, D)
    return dL.astype(dtype), np.where(metric.free, V, 0).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@np.errstate(invalid="raise")
def test_the_interface(metric, dtype):
    """g^♯g♭ = 1, ‖V‖² = ⟨g♭V, V⟩ = x·x, and dL(V) = (g^{-1/2}dL)·x, real or complex."""
    real = np.zeros(0, dtype).real.dtype.name
    dL, V = vectors(metric, dtype)
    pair = lambda a, b: np.vdot(a, b).real  # noqa: E731
    size = np.abs(V).max()
    for made in (metric.sharp(dL), metric.flat(V), metric.coordinates(V), metric.displacement(dL)):
        assert made.dtype == dtype and made.shape == (D,)
    close(np.abs(metric.sharp(metric.flat(V)) - V), 0 * size * np.ones(D), real, "rounding", size)
    close(metric.norm2(V), pair(metric.flat(V), V), real, "rounding")
    x = metric.coordinates(V)
    close(pair(x, x), metric.norm2(V), real, "rounding")
    close(np.abs(metric.displacement(x) - V), np.zeros(D), real, "rounding", size)
    close(pair(metric.displacement(dL), x), pair(dL, V), real, "rounding", scale=20)
    close(pair(dL, metric.sharp(dL)), metric.norm2(metric.sharp(dL)), real, "rounding")
    for moved in (metric.sharp(dL), metric.coordinates(dL), metric.displacement(dL)):
        assert (moved[~metric.free] == 0).all()


@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_complex_vectors_are_twice_as_many_reals(metric, dtype):
    """In (re, im, re, im, …) the metric is its `real_view`."""
    twice, (dL, V) = metric.real_view(), vectors(metric, dtype)
    real = np.zeros(0, dtype).real.dtype
    assert twice.size == 2 * D
    np.testing.assert_array_equal(twice.free, np.repeat(metric.free, 2))
    for name, a in (("sharp", dL), ("flat", V), ("coordinates", V), ("displacement", dL)):
        close(
            getattr(metric, name)(a).view(real),
            getattr(twice, name)(a.view(real)),
            real.name,
            "rounding",
        )
    close(metric.norm2(V), twice.norm2(V.view(real)), real.name, "rounding")


def test_zero_times_infinity_is_zero():
    """Whatever the covector; but to move a frozen component, real or imaginary, has no end."""
    for dtype in ("float64", "complex128"):
        for made in (CONSTANT["frozen"](ONES), CONSTANT["coupled_frozen"](ONES)):
            free, still = made.free, np.where(made.free, 1.0, 0.0).astype(dtype)
            assert np.isfinite(made.norm2(still))
            np.testing.assert_array_equal(made.sharp(np.full(D, INF))[~free], 0)
            moved = still.copy()
            moved[3] = 1e-300 * (1j if dtype == "complex128" else 1)
            assert made.norm2(moved) == INF


@pytest.mark.parametrize("method", ["sharp", "flat", "norm2", "coordinates", "displacement"])
def test_vectors_of_another_size(method, metric):
    with pytest.raises(FlownetError, match=rf"shape \(3,\); the metric's is \({D},\)"):
        getattr(metric, method)(np.ones(3))


# ---- runs, files, curvature ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def potential():
    return problem()


@pytest.fixture(params=EVERY.values(), ids=EVERY)
def every(request):
    return request.param(ONES)


def test_a_step_is_the_metric_s_own(every, potential):
    """W ← W − h·g^♯dL of the compiled loop, step after step; what is frozen keeps its bits."""
    W0 = uniforms(54, D)
    run = fn.train(potential, fn.Aristotle(0.2), W0=W0, steps=25, metric=every)
    for k, time in enumerate(run.time[:-1]):
        W, now = run.parameters[k], every.at(time)
        close(run.parameters[k + 1], W - 0.2 * now.sharp(potential.differential(W)[1]))
        np.testing.assert_array_equal(run.parameters[k + 1][~now.free], W[~now.free])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_loop_in_python_takes_the_same_steps(every, dtype):
    """With and without memory, in both precisions."""
    net = NET.with_dtype(dtype)
    whole = fn.Potential(net, fn.Quadratic(), problem().data)

    class Program:
        size, dtype, value, differential = (
            whole.size,
            whole.dtype,
            whole.value,
            whole.differential,
        )

    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1), fn.Adam(0.01)):
        one, two = (
            fn.train(each, mechanics, W0=uniforms(55, D), steps=12, metric=every)
            for each in (whole, Program())
        )
        close(one.parameters[:], two.parameters[:], dtype)


@pytest.mark.parametrize(
    "name, mechanics",
    [
        ("neurons", fn.Aristotle(0.1)),
        ("coupled", fn.Adam(0.01)),
        ("timed", fn.Aristotle(0.1)),
        ("timed", fn.Newton(0.1)),
        ("coupled_frozen", fn.Newton(0.1)),
    ],
)
def test_a_run_is_resumed_bit_for_bit(name, mechanics, potential, tmp_path):
    """From its file, which says its metric, with mini-batches and the path's length."""
    every = EVERY[name](ONES)

    def run(steps, store=None):
        return fn.train(
            potential,
            mechanics,
            W0=uniforms(56, D),
            steps=steps,
            metric=every,
            batch_size=4,
            store=store,
            observe={"path": (2, fn.PathLength()), "speed": (3, fn.StepSpeed())},
        )

    run(13, tmp_path / "a.h5")
    whole, again = run(30), fn.resume(tmp_path / "a.h5", steps=30)
    for name in whole.observables:
        mine, other = (r.observables[name].value for r in (whole, again))
        rows = (
            slice(None)
            if name in ("loss", "step")
            else np.searchsorted(
                again.observables[name].iteration, whole.observables[name].iteration
            )
        )
        np.testing.assert_array_equal(mine, other[rows])
    np.testing.assert_array_equal(whole.parameters[:], again.parameters[:])
    for found in (
        fn.Trajectory.open(tmp_path / "a.h5").metric,
        fn.Experiment.load(tmp_path / "a.h5").parts()[2],
    ):
        assert type(found) is type(every)
        assert repr(found) == repr(every)
        np.testing.assert_array_equal(
            found.at(1.0).sharp(np.ones(D)), every.at(1.0).sharp(np.ones(D))
        )


@pytest.mark.parametrize("make", [CONSTANT["coupled"], CONSTANT["neurons"]])
def test_curvature_in_the_metric(make, potential):
    """Sharpness and eigenpairs are those of g^{-1/2}Hg^{-1/2} on what is free, made in full."""
    metric, W = make(ONES), uniforms(57, D)
    root = np.stack([metric.displacement(e) for e in np.eye(D)], axis=1)
    values, U = np.linalg.eigh(root @ (potential.hessian(W) @ np.eye(D)) @ root)
    found = fn.eigenpairs(potential, W, 2, metric=metric)
    close(found.values, values[[-1, -2]], kind="solver")
    close(fn.sharpness(potential, W, metric=metric), values[-1], kind="solver")
    for V in found.vectors:
        close(metric.norm2(V), 1.0, kind="solver")
    close(abs(metric.coordinates(found.vectors[0]) @ U[:, -1]), 1.0, kind="solver")
    assert fn.metric_hessian(potential, W, metric).shape[0] == metric.free.sum()


# ---- groups -------------------------------------------------------------------------------------


def test_a_stiffness_for_each_neuron():
    """A neuron is a unit with what enters it and its bias; numbers are for a whole layer."""
    metric = fn.GroupMetric(fn.Network([2, 3, 1]), [[1.0, 2.0, INF], 5.0])
    np.testing.assert_array_equal(metric.own, [1, 1, 2, 2, INF, INF, 1, 2, INF, 5, 5, 5, 5])
    np.testing.assert_array_equal(metric.free, metric.own < INF)
    assert fn.GroupMetric(NET, 3.0).own.tolist() == [3.0] * D


def test_named_groups():
    """Of neurons, of inputs (weights alone), a layer, a mask, indices."""
    net = fn.Network([2, 3, 1])
    own = lambda **group: fn.GroupMetric(net, groups={"a": {"stiffness": 9, **group}}).own  # noqa: E731
    expected = {
        (0, 1, 6): {"layer": 0, "neurons": [0]},
        (1, 3, 5): {"layer": 0, "inputs": [1]},
        (3,): {"layer": 0, "neurons": [1], "inputs": [1]},
        (9, 10, 11, 12): {"layer": 1},
        (2, 12): {"where": [12, 2]},
        (0, 4): {"where": np.isin(np.arange(13), [0, 4])},
    }
    for places, group in expected.items():
        np.testing.assert_array_equal(own(**group), np.where(np.isin(range(13), places), 9, 1))


@pytest.mark.parametrize(
    "stiffness, line",
    [
        ([1.0], "4 entries, one for each layer"),
        ([1.0, 1.0, [1.0, 2.0], 1.0], "layer 3 has 4 neu"),
        ([1.0, 0.0, 1.0, 1.0], "layer 2 is not above 0"),
        ("soft", "4 entries"),
        (-1.0, "layer 1 is"),
    ],
)
def test_groups_that_do_not_fit(stiffness, line):
    with pytest.raises(FlownetError, match=line):
        fn.GroupMetric(NET, stiffness)


@pytest.mark.parametrize(
    "group, line",
    [
        ({"layer": 0}, "has the stiffness None"),
        ({"stiffness": 0.0, "layer": 0}, "above 0"),
        ({"stiffness": 1.0}, "either where, or a layer"),
        ({"stiffness": 1.0, "layer": 0, "where": [1]}, "either where, or a layer"),
        ({"stiffness": 1.0, "layer": 4}, "layer names 4; there are 4 layers, counted from 0"),
        ({"stiffness": 1.0, "layer": 0, "neurons": [4]}, "neurons names 4; there are 4"),
        ({"stiffness": 1.0, "layer": 0, "neuron": [4]}, "did you mean 'neurons'"),
        ({"stiffness": 1.0, "where": [D]}, f"names {D}; there are {D} parameters"),
        ({"stiffness": 1.0, "where": np.ones(3, bool)}, "a mask of 3"),
        ({"stiffness": 1.0, "where": [0.5]}, "a mask .D,. or a row of whole numbers"),
        ([1.0], "it has to be a table"),
    ],
)
def test_a_group_that_does_not_fit(group, line):
    with pytest.raises(FlownetError, match=line):
        fn.GroupMetric(NET, groups={"a": group})


def test_of_two_groups_the_one_that_freezes_counts():
    frozen, slow = {"stiffness": INF, "where": [1, 3]}, {"stiffness": 9.0, "where": [3, 4]}
    for groups in ({"a": frozen, "b": slow}, {"b": slow, "a": frozen}):
        assert fn.GroupMetric(NET, groups=groups).own[:5].tolist() == [1, INF, 1, INF, 9]


def test_groups_do_not_share_a_parameter():
    with pytest.raises(FlownetError, match="'a' and 'b' share parameter 3"):
        fn.GroupMetric(
            NET,
            groups={
                "a": {"stiffness": 2.0, "where": [1, 3]},
                "b": {"stiffness": 3.0, "layer": 0, "neurons": [1]},
            },
        )


# ---- coupled layers -----------------------------------------------------------------------------


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


def test_a_frozen_metric_has_no_direction(potential):
    """All layers frozen: a run stands still."""
    run = fn.train(
        potential,
        fn.Aristotle(0.3),
        W0=uniforms(62, D),
        steps=3,
        metric=fn.LayerMetric(NET, [INF] * 4),
    )
    np.testing.assert_array_equal(run.parameters[-1], run.parameters[0])
    assert frozen(ONES).free.sum() == 40


# ---- a metric of one's own ----------------------------------------------------------------------


class Mirror(fn.Metric):
    """g couples each parameter with its mirror image: (V_i² + V_i V_{D−1−i}/2) summed."""

    size, free = D, np.ones(D, bool)

    def flat(self, V):
        return V + V[::-1] / 2

    def sharp(self, dL):
        return (dL - dL[::-1] / 2) / 0.75

    def coordinates(self, V):
        return self._power(V, 0.5)

    def displacement(self, x):
        return self._power(x, -0.5)

    def _power(self, V, p):
        even, odd = (V + V[::-1]) / 2, (V - V[::-1]) / 2
        return 1.5**p * even + 0.5**p * odd


def test_the_real_view_of_a_metric_of_one_s_own():
    metric, z = Mirror(), uniforms(67, D) + 1j * uniforms(68, D)
    for name in ("sharp", "flat", "coordinates", "displacement"):
        np.testing.assert_array_equal(
            getattr(metric, name)(z).view(float), getattr(metric.real_view(), name)(z.view(float))
        )
    close(metric.norm2(z), metric.real_view().norm2(z.view(float)), kind="rounding")
    assert metric.real_view().free.all() and metric.real_view().size == 2 * D


def test_a_metric_of_one_s_own(potential, tmp_path):
    """Five methods: it trains, flows, is broken down and seen in curvature; files ask for it."""
    metric, W0 = Mirror(), uniforms(63, D)
    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1)):
        run = fn.train(
            potential,
            mechanics,
            W0=W0,
            steps=10,
            metric=metric,
            store=tmp_path / f"{mechanics.kind}.h5",
        )
        again = fn.resume(tmp_path / f"{mechanics.kind}.h5", metric=metric, steps=20)
        whole = fn.train(potential, mechanics, W0=W0, steps=20, metric=metric)
        np.testing.assert_array_equal(again.parameters[:], whole.parameters[:])
    dL = potential.differential(W0)[1]
    close(run.parameters[1], W0 + 0.1 * -metric.sharp(dL) * -np.expm1(-0.1))
    flow = fn.flow(potential, W0=W0, time=1.0, metric=metric, at=[1.0])
    fine = fn.train(potential, fn.Aristotle(0.001), W0=W0, steps=1000, metric=metric)
    assert np.abs(flow.parameters[-1] - fine.parameters[-1]).max() < 2e-3
    close(metric.own, np.ones(D))
    W = W0.copy()
    values = np.linalg.eigvals(
        np.stack([metric.sharp(potential.hessian_action(W, e)) for e in np.eye(D)], axis=1)
    ).real
    close(fn.sharpness(potential, W, metric=metric), values.max(), kind="solver")
    close(
        fn.breakdown(run, at=3).linear,
        potential.differential(run.parameters[3])[1] @ (run.parameters[4] - run.parameters[3]),
        kind="solver",
    )


# ---- frozen layers cost nothing -----------------------------------------------------------------


@pytest.mark.parametrize("m", [9, 400])
@pytest.mark.parametrize("lowest", [0, 1, 2, 3, 4])
def test_no_covector_below_the_lowest_free_layer(lowest, m):
    """The kernel writes none: what lay in its memory lies there still, on one thread or two."""
    data = fn.Dataset(uniforms(64, m, 3), uniforms(65, m, 2))
    for net in (NET, fn.Network(NET.sizes, "relu", bias=False)):
        whole, W = fn.Potential(net, fn.Quadratic(), data), uniforms(66, net.size)
        loss, dL = whole.differential(W)
        above = np.arange(net.size) >= ([0] + [end for _, end in net.ranges])[lowest]
        found = np.full(net.size, np.nan)
        whole._differential(W, found, lowest)
        np.testing.assert_array_equal(found, np.where(above, dL, np.nan))
        for each in (whole, whole + 0.1 * fn.Parabola(net.size)):
            L, found = each.differential(W, lowest=lowest)
            np.testing.assert_array_equal(found[above], each.differential(W)[1][above])
            assert each.value(W) == L
    assert loss > 0


@pytest.mark.parametrize(
    "first, lowest",
    [([1.0] * 4, 0), ([INF, 1.0, 1.0, 1.0], 1), ([INF, INF, 1.0, INF], 2), ([INF] * 4, 4)],
)
def test_where_the_pullback_stops(first, lowest):
    """The same for every metric that freezes the same parameters; one free weight is enough."""
    from flownet.motion._problem import lowest_layer

    own = fn.LayerMetric(NET, first).own
    kinds = [
        fn.LayerMetric(NET, first),
        fn.GroupMetric(NET, first),
        fn.DiagonalMetric(own),
        fn.CoupledMetric(NET, np.diag(first)),
        fn.TimedMetric([0.0, 1.0], [fn.LayerMetric(NET, first), fn.Euclidean(D)]),
    ]
    for metric in kinds:
        assert lowest_layer(metric.at(0.5).free, NET) == lowest
    assert lowest_layer(kinds[-1].at(1.0).free, NET) == 0
    one = fn.GroupMetric(NET, first, groups={"one": {"stiffness": 1.0, "where": [15]}})
    assert lowest_layer(one.free, NET) == 0
