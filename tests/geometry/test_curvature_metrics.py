"""Fisher's and Gauss-Newton's metric: certificates, critical steps, charts, runs, files."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order, tolerance

import flownet as fn
from flownet._errors import FlownetError
from flownet.geometry.metric._krylov import conjugate_gradients, lanczos_function

LOSSES = ["quadratic", "cross-entropy"]
FINE = {"tolerance": 1e-14}
PROMISE = "CG's promise ⟨dL, V⟩ = ⟨V, gV⟩"
every_loss = pytest.mark.parametrize("loss", LOSSES)


def plain(loss, m=30, sizes=(2, 3, 2), seed=81_000):
    """A tanh network without metrics of its loss: the potential and its initial W."""
    labels = np.arange(m) % sizes[-1]
    data = fn.Dataset(twins.uniforms(seed, m, sizes[0]), np.eye(sizes[-1])[labels])
    made = fn.Quadratic() if loss == "quadratic" else fn.CrossEntropy()
    p = fn.Potential(fn.Network(list(sizes)), made, data)
    return p, p.network.init(seed=1, scale=1.5)


def dense(p, W, damping, name="fisher"):
    return getattr(p, name)(W).dense() + damping * np.eye(p.size)


# ---- conjugate gradients ------------------------------------------------------------------------


def stiff(size=60, condition=1e5):
    """A matrix of a known condition, and a right-hand side."""
    Q = np.linalg.qr(twins.uniforms(82_000, size, size))[0]
    return (Q * np.geomspace(1, condition, size)) @ Q.T, twins.uniforms(82_001, size)


def test_reorthogonalised_residuals_keep_the_identity(holds):
    """⟨b, x⟩ = ⟨x, Ax⟩ to 1e-12 after any number of products at condition 1e5; else it is lost."""
    A, b = stiff()

    def defect(x):
        return abs(b @ x - x @ A @ x) / (b @ x)

    worst = max(
        defect(conjugate_gradients(lambda v: A @ v, b, 1e-15, k).x) for k in range(1, 61, 3)
    )
    holds(PROMISE, worst, 1e-12)
    x, r = np.zeros(60), b.copy()
    p, lost = r.copy(), []
    for _ in range(60):  # the textbook's, whose residuals rounding turns
        alpha = (r @ r) / (p @ A @ p)
        x, r, before = x + alpha * p, r - alpha * A @ p, r @ r
        p = r + (r @ r) / before * p
        lost.append(defect(x))
    assert max(lost) > 1e-8


def test_the_promise_is_lost_quadratically():
    """1 − ⟨b, x_k⟩/⟨b, x⟩ = ‖x − x_k‖²_A/‖x‖²_A of every iterate."""
    A, b = stiff(condition=1e3)
    x = np.linalg.solve(A, b)
    for k in (1, 5, 10, 20, 40):
        found = conjugate_gradients(lambda v: A @ v, b, 1e-15, k)
        apart = x - found.x
        close(1 - b @ found.x / (b @ x), apart @ A @ apart / (x @ A @ x), scale=1.0)
        assert found.products == k
        close(found.residual, np.linalg.norm(b - A @ found.x) / np.linalg.norm(b), scale=1.0)


def test_roots_by_lanczos():
    A, b = stiff(condition=1e4)
    values, vectors = np.linalg.eigh(A)
    for f in (np.sqrt, lambda v: 1 / np.sqrt(v)):
        found, settled = lanczos_function(lambda v: A @ v, b, f, 100, 1e-13)
        wanted = vectors @ (f(values) * (vectors.T @ b))
        assert settled
        np.testing.assert_allclose(found, wanted, atol=1e-11 * np.abs(wanted).max())


# ---- the metric at a point ----------------------------------------------------------------------


@every_loss
@pytest.mark.parametrize("kind", [fn.FisherMetric, fn.GaussNewtonMetric])
def test_raised_against_a_dense_solve(kind, loss, holds):
    """V, its promise and certificate; frozen layers; what is damped is the metric that is given."""
    p, W = plain(loss)
    dL = p.differential(W)[1]
    raised = kind(p, 0.01, **FINE).seen_at(W).raised(dL)
    g = dense(p, W, 0.01)
    close(raised.V, np.linalg.solve(g, dL), scale=100 * np.abs(raised.V).max())
    holds(PROMISE, raised.defect, 1e-12)
    assert raised.residual < 1e-10
    assert 1 < raised.products <= p.size
    base = fn.LayerMetric(p.network, [np.inf, 3.0])
    some = kind(p, 0.01, metric=base, tolerance=1e-14).seen_at(W)
    free = base.free
    g = p.fisher(W).dense()[np.ix_(free, free)] + 0.03 * np.eye(free.sum())
    close(some.sharp(dL)[free], np.linalg.solve(g, dL[free]), scale=100.0)
    assert not some.sharp(dL)[~free].any()
    close(some.own[free], g.diagonal())
    assert some.norm2(np.ones(p.size)) == np.inf


def test_an_early_stop_promises_what_it_is():
    """⟨dL, V_k⟩ = g(V_k, V_k) after two products, though V is far from solved."""
    p, W = plain("cross-entropy")
    dL = p.differential(W)[1]
    raised = fn.FisherMetric(p, 1e-4, iterations=2).seen_at(W).raised(dL)
    assert raised.products == 2
    assert raised.defect < 1e-14
    assert raised.residual > 1e-3


@every_loss
def test_sharpness_and_breakdown_in_it(loss):
    """Against the dense pencil (H, g), and its basis: splits add up in coordinates of the root."""
    p, W = plain(loss)
    metric, g = fn.FisherMetric(p, 0.05, **FINE), dense(p, W, 0.05)
    L = np.linalg.cholesky(g)
    H = np.linalg.solve(L, np.linalg.solve(L, p.hessian_action(W, np.eye(p.size))).T)
    np.testing.assert_allclose(
        fn.sharpness(p, W, metric=metric), np.linalg.eigvalsh(H)[-1], rtol=1e-6
    )
    b = fn.breakdown(p, W, 0.3, metric=metric)
    close(b.linear, -0.3 * p.differential(W)[1] @ np.linalg.solve(g, p.differential(W)[1]))
    assert abs(b.split("eigen").contributions.sum() / b.second - 1) < 1e-8


def test_second_order_is_half_the_step_where_the_map_is_straight():
    """Critical step 2, a promise of −2hL where J has full row rank; h = 1 lands."""
    x = twins.uniforms(83_000, 3, 4)
    p = fn.Potential(
        fn.Network([4, 2]), fn.Quadratic(), fn.Dataset(x, twins.uniforms(83_001, 3, 2))
    )
    W, metric = p.init(0), fn.FisherMetric(p, 0.0)
    b = fn.breakdown(p, W, 0.25, metric=metric, split=False)
    close(b.critical_step, 2.0)
    close(b.linear, -2 * 0.25 * p.value(W))
    assert fn.train(p, fn.Aristotle(1.0), W0=W, steps=1, metric=metric).loss[-1] < 1e-28


@pytest.mark.parametrize("h", [0.5, 1.5, 1.9, 2.02, 2.1])
def test_near_zero_residual_a_step_is_a_factor(h, holds):
    """e ← (1 − h)e + O(e²) of any map with full row rank, to 1e-6."""
    net, x = fn.Network([1, 12, 1]), np.linspace(-2, 2, 4)[:, None]
    W = net.init(seed=3)
    e = 1e-8 * twins.uniforms(84_000, 4, 1)
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, net.forward(W, x) - e))
    run = fn.train(
        p, fn.Aristotle(h), W0=W, steps=1, metric=fn.FisherMetric(p, 0.0, tolerance=1e-15)
    )
    after = net.forward(run.parameters[-1], x) - p.data.y
    off = np.abs(after - (1 - h) * e).max() / np.abs(e).max()
    holds("zero residual: a step is the factor |1 − h|", off, 1e-6)


# ---- charts and geodesics -----------------------------------------------------------------------


@every_loss
def test_christoffel_symbols_of_the_first_kind(loss):
    """Against ∂_i F_jk − ½∂_k F_ij by central differences, metrics and temperatures in turn."""
    case = twins.mixed_case("gelu", loss, 85_000, sizes=(2, 3, 2), m=6)
    p, (W, V) = twins.potential(case), twins.point(case)
    for name in ("gauss_newton", "fisher") if loss == "quadratic" else ("gauss_newton",):
        operator = getattr(p, name)
        h, eye = 1e-5, np.eye(p.size)
        dF = np.array(
            [(operator(W + h * e).dense() - operator(W - h * e).dense()) / (2 * h) for e in eye]
        )
        wanted = np.einsum("ijk,i,j->k", dF, V, V) - np.einsum("kij,i,j->k", dF, V, V) / 2
        found = operator(W).christoffel(V)
        np.testing.assert_allclose(found, wanted, atol=1e-8 * np.abs(wanted).max())
    both = p + 0.3 * fn.Parabola(p.size)
    close(both.gauss_newton(W).christoffel(V), p.gauss_newton(W).christoffel(V))


def test_a_step_is_the_same_in_two_charts_up_to_its_order(holds):
    """Natural steps of W and of u = arsinh W part by h²; with the geodesic term by h³."""
    p, W = plain("cross-entropy", sizes=(2, 2))
    p = p + 0.1 * fn.Parabola(p.size)  # which a softmax needs: F alone has null directions
    seen = fn.Charted(p, fn.Sinh())
    of_W, of_u = fn.FisherMetric(p, 0.0), fn.FisherMetric(seen, 0.0)

    def apart(mechanics):
        one = fn.train(p, mechanics, W0=W, steps=1, metric=of_W).parameters[-1]
        two = fn.train(seen, mechanics, W0=np.arcsinh(W), steps=1, metric=of_u).parameters[-1]
        return np.linalg.norm(one - np.sinh(two))

    steps = np.array([0.1, 0.05, 0.025, 0.0125])
    for name, order in (("Aristotle", 2), ("Geodesic", 3)):
        words = {"order": 2} if name == "Geodesic" else {}
        parted = [apart(getattr(fn, name)(h, **words)) for h in steps]
        slope = np.polyfit(np.log(steps), np.log(parted), 1)[0]
        holds(f"difference of charts: slope less {order}", abs(slope - order), tolerance("order"))
    assert apart(fn.Geodesic(0.1)) < 1e-8


def test_the_closed_form_of_one_parameter():
    """L = ½(w − y)², w = sinh u, metric cosh²u: parted by ½h²(w − y)²·w/(1 + w²) + O(h³)."""
    net = fn.Network([1, 1], bias=False)
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[-0.4]]))
    seen, w = fn.Charted(p, fn.Sinh()), 0.7
    u = np.arcsinh([w])
    ratios = []
    for h in (0.1, 0.05, 0.025, 0.0125):
        one = w - h * (w + 0.4)
        metric = fn.GaussNewtonMetric(seen, 0.0)
        two = fn.train(seen, fn.Aristotle(h), W0=u, steps=1, metric=metric).parameters[-1]
        ratios.append((np.sinh(two[0]) - one) / (h**2 / 2 * (w + 0.4) ** 2 * w / (1 + w**2)))
    assert abs(np.array(ratios) - 1).max() < 0.1
    assert np.all(np.diff(np.abs(np.array(ratios) - 1)) < 0)


def test_the_flow_is_one_curve_in_all_charts():
    p, W = plain("quadratic", m=40, sizes=(2, 2))
    seen = fn.Charted(p, fn.Sinh())
    words = {"time": 1.0, "rtol": 1e-9, "atol": 1e-11}
    one = fn.flow(p, W0=W, metric=fn.FisherMetric(p, 0.0), **words).parameters[-1]
    two = fn.flow(seen, W0=np.arcsinh(W), metric=fn.FisherMetric(seen, 0.0), **words)
    np.testing.assert_allclose(np.sinh(two.parameters[-1]), one, atol=1e-7)


# ---- runs ---------------------------------------------------------------------------------------


def test_natural_gradient_runs_and_what_they_record(tmp_path):
    """Steps −h·g^♯dL at each point; certificates in the file; stopped and resumed bit for bit."""
    p, W = plain("cross-entropy")
    metric, path = fn.FisherMetric(p, 0.05, **FINE), tmp_path / "run.h5"
    words = {"W0": W, "metric": metric, "progress": False}
    run = fn.train(p, fn.Aristotle(0.5), steps=8, **words)
    for k in range(2):
        at = run.parameters[k]
        wanted = at - 0.5 * np.linalg.solve(dense(p, at, 0.05), p.differential(at)[1])
        close(run.parameters[k + 1], wanted, scale=10.0)
    fn.train(p, fn.Aristotle(0.5), steps=3, store=path, **words).close()
    again = fn.resume(path, steps=8, progress=False)
    np.testing.assert_array_equal(again.parameters[:], run.parameters[:])
    for name in ("products", "residual", "defect"):
        found = again.observables[name].value
        np.testing.assert_array_equal(found, run.observables[name].value)
    assert run.observables["defect"].value.max() < 1e-12
    assert repr(again.metric) == repr(metric)
    again.close()


def test_a_batch_is_stepped_in_its_own_metric():
    p, W = plain("quadratic")
    metric = fn.GaussNewtonMetric(p, 0.05, **FINE)
    run = fn.train(p, fn.Aristotle(0.5), steps=3, W0=W, metric=metric, batch_size=8, seed=5)
    batch = run.potential_at(1)
    assert batch.data.m == 8
    at = run.parameters[1]
    wanted = at - 0.5 * np.linalg.solve(dense(batch, at, 0.05), batch.differential(at)[1])
    close(run.parameters[2], wanted, scale=10.0)
    for state in fn.states(p, fn.Aristotle("linear:0.3"), steps=2, W0=W, metric=metric,
                           batch_size=8, seed=5):  # fmt: skip
        expected = state.step
        break
    taken = fn.train(p, fn.Aristotle("linear:0.3"), steps=1, W0=W, metric=metric, batch_size=8,
                     seed=5)  # fmt: skip
    assert taken.step[0] == expected


def test_from_a_file(tmp_path):
    """`[metric] kind = "fisher"`, with what is damped in a table of its own."""
    path = tmp_path / "run.toml"
    path.write_text(
        '[data]\nname = "xor"\n[network]\nsizes = [2, 4, 1]\n[loss]\nkind = "quadratic"\n'
        '[metric]\nkind = "fisher"\ndamping = 0.01\niterations = 7\n'
        "metric = { stiffness = [2.0, 1.0] }\n"
        '[mechanics]\nkind = "aristotle"\nstep = 0.5\n[run]\nsteps = 4\n'
    )
    experiment = fn.Experiment.load(path)
    run = experiment.run(tmp_path / "run.h5", progress=False)
    assert isinstance(run.metric, fn.FisherMetric)
    net = fn.Network([2, 4, 1])
    p = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    metric = fn.FisherMetric(p, 0.01, iterations=7, metric=fn.LayerMetric(net, [2.0, 1.0]))
    same = fn.train(p, fn.Aristotle(0.5), steps=4, metric=metric)
    np.testing.assert_array_equal(run.parameters[:], same.parameters[:])
    run.close()
    opened = fn.Trajectory.open(tmp_path / "run.h5")
    assert repr(opened.metric) == repr(metric)
    close(fn.breakdown(opened, at=1).linear, fn.breakdown(same, at=1).linear)
    opened.close()


def test_complex_parameters():
    """Steps of a complex network are those of its reals."""
    draw = np.random.default_rng(5).standard_normal((4, 5, 2))
    x, y = draw[0] + 1j * draw[1], draw[2] + 1j * draw[3]
    p = fn.Potential(fn.Network([2, 3, 2], "split_tanh", dtype="complex128"), fn.Quadratic(),
                     fn.Dataset(x, y))  # fmt: skip
    W = p.network.init(seed=1)
    dL, metric = p.differential(W)[1], fn.FisherMetric(p, 0.1, **FINE)
    g = p.fisher(W).dense() + 0.1 * np.eye(2 * p.size)
    V = np.linalg.solve(g, dL.view(float)).view(complex)
    found = metric.seen_at(W).sharp(dL)
    close(found.view(float), V.view(float), scale=10.0)
    run = fn.train(p, fn.Aristotle(0.5), W0=W, steps=2, metric=metric)
    close(run.parameters[1].view(float), (W - 0.5 * V).view(float), scale=10.0)
    assert run.loss[-1] < run.loss[0]


def test_single_precision():
    p, W = plain("cross-entropy")
    single = p.with_dtype("float32")
    run = fn.train(single, fn.Aristotle(0.5), W0=W.astype("float32"), steps=3,
                   metric=fn.FisherMetric(single, 0.1, tolerance=1e-5))  # fmt: skip
    assert run.parameters.dtype == np.float32
    double = fn.train(p, fn.Aristotle(0.5), W0=W, steps=3, metric=fn.FisherMetric(p, 0.1))
    np.testing.assert_allclose(run.loss, double.loss, rtol=1e-4)


def test_departure_and_lengths_along_a_run():
    """Beside its own flow: off by the step squared; second order explains a short step."""
    p, W = plain("quadratic")
    metric = fn.FisherMetric(p, 0.1)
    ends = []
    for count in (2, 4, 8):
        run = fn.train(p, fn.Aristotle(0.4 / count), W0=W, steps=count, metric=metric)
        found = fn.departure(run, progress=False)
        ends.append(found.flows["flow"].distance[-1])
        assert found.steps.rest[0] < 0.1 * found.steps.distance[0]
    has_order(ends, np.array([0.2, 0.1, 0.05]), 1)
    lengths = fn.path_length(run).value
    step = run.parameters[1] - run.parameters[0]
    close(lengths[1], np.sqrt(step @ dense(p, W, 0.1) @ step))
    dL = p.differential(W)[1]
    close(fn.speed(run).value[0], np.sqrt(dL @ np.linalg.solve(dense(p, W, 0.1), dL)))


def test_observables_and_sweeps():
    """Lengths and sharpness in it while the run goes on; its damping as an axis of a sweep."""
    p, W = plain("quadratic", m=9)
    metric = fn.FisherMetric(p, 0.1)
    observe = {
        "length": (1, fn.PathLength()),
        "speed": (1, fn.Speed(p)),
        "sharpness": (2, fn.Sharpness(p, metric=metric)),
    }
    run = fn.train(p, fn.Aristotle(0.5), W0=W, steps=4, metric=metric, observe=observe)
    seen = run.observables
    close(seen["length"].value, fn.path_length(run).value)
    close(seen["speed"].value, fn.speed(run).value)
    close(seen["sharpness"].value[0], fn.sharpness(p, W, metric=metric), scale=1e3)
    experiment = fn.Experiment.of(p, fn.Aristotle(0.5), metric=metric, steps=4, seed=0)
    found = fn.sweep(experiment, axes={"metric.damping": [0.1, 0.3]}, progress=False)
    alone = fn.train(p, fn.Aristotle(0.5), steps=4, metric=metric, seed=0)
    close(found.loss[0], alone.loss[-1])


# ---- what is refused ----------------------------------------------------------------------------


def test_what_is_refused():
    p, W = plain("cross-entropy")
    metric = fn.FisherMetric(p, 0.1)
    for make, line in (
        (lambda: fn.FisherMetric(p, -1.0), "damping is -1.0"),
        (lambda: fn.FisherMetric(p, 0.1, iterations=0), "iterations is 0"),
        (lambda: fn.FisherMetric(p, 0.1, metric=metric), "has to be a constant one"),
        (lambda: fn.FisherMetric(fn.Quartic(3), 0.1), r"offers no fisher\(\)"),
        (lambda: metric.sharp(W), "depends on the point"),
        (lambda: fn.train(p, fn.Adam(0.1), W0=W, steps=1, metric=metric), "remembers vectors"),
        (
            lambda: fn.train(2 * p, fn.Aristotle(0.1), W0=W, steps=1, metric=metric),
            "its metric is made of its own potential",
        ),
        (lambda: metric.seen_at(W).sharp(W[:-1]), "shape"),
        (lambda: p.empirical_fisher(W).christoffel(W), "no geodesics of the empirical Fisher"),
    ):
        with told_in_one_line(line):
            make()
    assert isinstance(metric.seen_at(W), fn.Metric)
    with pytest.raises(FlownetError, match="a run of RungeKutta counts"):
        fn.go_on(fn.train(p, fn.Aristotle(0.1), W0=W, steps=1, metric=metric), steps=1,
                 metric=fn.Euclidean(p.size))  # fmt: skip
