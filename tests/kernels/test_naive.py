"""The witnesses first: naive code against mpmath, complex steps, its own loops and PyTorch."""

from itertools import pairwise

import make_reference
import mpmath
import naive
import numpy as np
import pytest
from mpmath import mp, mpf

REFERENCE = make_reference.load()
NETWORKS = [name for name in REFERENCE if not name.startswith("run")]
RUNS = [name for name in REFERENCE if name.startswith("run")]

EXACT = {  # the definitions, at any precision
    "identity": lambda z: z,
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "relu": lambda z: z if z > 0 else mpf(0),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "gelu": lambda z: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
    "sin": mpmath.sin,
}


def close(found, expected, rtol=1e-12):
    """Largest error within rtol of the largest entry."""
    found, expected = np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * np.abs(expected).max())


def rng(seed):
    return np.random.Generator(np.random.Philox(key=seed))


def tiny(act, loss, seed=0, m=3):
    """A 2-3-2 problem with W and V (17,)."""
    r = rng(seed)
    x, y, W, V = r.normal(size=(m, 2)), r.normal(size=(m, 2)), r.normal(size=17), r.normal(size=17)
    keywords = dict(gamma=r.uniform(0.5, 2, 2), Gamma=r.uniform(0.5, 2, m))
    if loss == "cross-entropy":
        keywords["temperature"], y = 0.8, np.abs(y)
    return naive.problem([2, 3, 2], act, x, y, loss, **keywords), W, V


def exact_value(p, W):
    """L(W) of a diagonal-metric problem by scalar loops in multiple precision."""
    W, total, name = list(W), mpf(0), p.net["acts"]
    for row, y, Gamma in zip(p.x, p.y, p.keywords["Gamma"]):
        a, at, sizes = [mpf(v) for v in row], 0, p.net["sizes"]
        for depth, (n_in, n_out) in enumerate(pairwise(sizes)):
            bias = at + n_in * n_out
            z = [
                sum(W[at + i * n_in + j] * a[j] for j in range(n_in)) + W[bias + i]
                for i in range(n_out)
            ]
            a, at = [EXACT[name](v) for v in z] if depth < len(sizes) - 2 else z, bias + n_out
        if p.loss == "quadratic":
            total += Gamma * sum(g * (u - v) ** 2 for g, u, v in zip(p.keywords["gamma"], a, y)) / 2
        else:
            u = [v / mpf(p.keywords["temperature"]) for v in a]
            log_Z = mpmath.log(sum(mpmath.exp(v) for v in u))
            total -= Gamma * sum(g * t * (v - log_Z) for g, t, v in zip(p.keywords["gamma"], y, u))
    return total / len(p.x)


@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
@pytest.mark.parametrize("act", naive.ACTIVATIONS)
def test_jet_and_differential_against_mpmath(act, loss):
    p, W, V = tiny(act, loss)
    with mp.workdps(50):
        exact = [mpf(w) for w in W]
        along = lambda U: lambda s: exact_value(p, [w + s * mpf(u) for w, u in zip(exact, U)])  # noqa: E731
        c = mpmath.taylor(along(V), 0, 4)
        dL = [mpmath.diff(along(e), 0) for e in np.eye(17)]
    close(naive.jet(p, W, V, 4), c)
    close(naive.value(p, W), c[0])
    close(naive.differential(p, W)[1], dL)


@pytest.mark.parametrize("act", naive.ACTIVATIONS)
def test_activation_derivatives_against_mpmath(act):
    z = np.array([-30.0, -7.0, -1.3, -0.2, 0.4, 1.7, 6.0, 30.0])
    with mp.workdps(80):
        exact = np.array(
            [[mpmath.diff(EXACT[act], mpf(v), k) for v in z] for k in range(4)], dtype=float
        )
    np.testing.assert_allclose(np.array(naive.activation(act, z)), exact, rtol=1e-12, atol=1e-40)
    assert np.isfinite(naive.activation(act, np.array([-1e4, 0.0, 1e4]))).all()


@pytest.mark.parametrize("act, slope", [("relu", 0.0), ("leaky_relu", 0.01), ("elu", 1.0)])
def test_kinks_take_pytorchs_side(act, slope):
    np.testing.assert_array_equal(naive.activation(act, np.zeros(1)), [[0], [slope], [0], [0]])
    np.testing.assert_array_equal(
        naive.series(act, np.array([[0.0], [2.0], [3.0]]))[:, 0], [0, 2 * slope, 3 * slope]
    )


@pytest.mark.parametrize("act", ["tanh", "gelu", "elu"])
def test_pullback_is_the_adjoint(act):
    p, W, V = tiny(act, "quadratic")
    w = rng(1).normal(size=p.y.shape)
    JV, Jw = (
        naive.pushforward(W=W, x=p.x, V=V, **p.net),
        naive.pullback(W=W, x=p.x, cotangent=w, **p.net),
    )
    close(np.sum(JV * w), Jw @ V)
    close(JV, naive.jet_forward(W=W, x=p.x, V=V, order=1, **p.net)[1])


@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
def test_losses_against_loops(loss):
    """Lopsided metrics: each is symmetrised on its own, which their product would not be."""
    r, m, n, kT = rng(2), 4, 3, 1.7
    y_hat, y, gamma, Gamma = (
        r.normal(size=(m, n)),
        r.normal(size=(m, n)),
        r.normal(size=(n, n)),
        r.normal(size=(m, m)),
    )
    g, G = (gamma + gamma.T) / 2, (Gamma + Gamma.T) / 2
    p_hat = np.exp(y_hat / kT) / np.exp(y_hat / kT).sum(axis=1, keepdims=True)
    L = 0
    for s, t, a, b in np.ndindex(m, m, n, n):
        if loss == "quadratic":
            L += G[s, t] * g[a, b] * (y_hat - y)[s, a] * (y_hat - y)[t, b] / (2 * m)
        else:
            L -= G[s, t] * y[t, a] * g[a, b] * np.log(p_hat[s, b]) / m
    keywords = dict(
        gamma=gamma, Gamma=Gamma, **({"temperature": kT} if loss == "cross-entropy" else {})
    )
    found, covector = naive.LOSSES[loss](y_hat, y, **keywords)
    close(found, L)
    slopes = np.zeros((m, n))
    for at in np.ndindex(m, n):
        e = np.zeros((m, n))
        e[at] = 1e-4
        ends = [naive.LOSSES[loss](y_hat + sign * e, y, **keywords)[0] for sign in (1, -1)]
        slopes[at] = (ends[0] - ends[1]) / 2e-4
    close(covector, slopes, rtol=1e-7)


def test_cross_entropy_survives_logits_of_ten_thousand():
    y_hat = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])
    L, covector = naive.cross_entropy(y_hat, np.eye(3)[[1, 2]])
    close(L, (2e4 + np.log(2)) / 2)
    close(covector, np.array([[1, -1, 0], [0, 0.5, -0.5]]) / 2)


@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
def test_dense_derivatives(loss):
    """H and T against the jet and the differential, and the sums of the third order."""
    r = rng(3)
    y = np.abs(r.normal(size=(4, 2)))
    p = naive.problem([2, 2, 2], "tanh", r.normal(size=(4, 2)), y, loss)
    W, V = r.normal(size=(2, 12))
    H, T, c = naive.hessian(p, W), naive.third(p, W), naive.jet(p, W, V, 3)
    close(H, H.T)
    close(V @ H @ V / 2, c[2])
    close(np.einsum("ijk,i,j,k", T, V, V, V) / 6, c[3])
    slope = lambda f: (f(1e-4) - f(-1e-4)) / 2e-4  # noqa: E731
    close(H @ V, slope(lambda s: naive.differential(p, W + s * V)[1]), rtol=1e-6)
    close(T @ V, slope(lambda s: naive.hessian(p, W + s * V)), rtol=1e-6)

    terms = {1: 0.0, 2: 0.0, 3: 0.0}
    for at in np.ndindex(T.shape):
        terms[len(set(at))] += T[at] * V[list(at)].prod()
    B, P1 = np.einsum("iij,i,j", T, V**2, V), np.einsum("iii,i", T, V**3)
    close([terms[1], terms[2], terms[3]], [P1, 3 * (B - P1), 6 * c[3] - 3 * B + 2 * P1])


POTENTIALS = {
    "parabola": (lambda W: naive.parabola(W, 1.3), lambda W, t: naive.parabola_flow(W, t, 1.3)),
    "quartic": (lambda W: naive.quartic(W, 0.7), lambda W, t: naive.quartic_flow(W, t, 0.7)),
    "double well": (
        lambda W: naive.double_well(W, 0.7, 1.4),
        lambda W, t: naive.double_well_flow(W, t, 0.7, 1.4),
    ),
    "uv": (naive.uv, naive.uv_flow),
}


@pytest.mark.parametrize("name", POTENTIALS)
def test_potentials_by_complex_steps(name):
    """dL and ∂²L from L, dW/dt = −dL for the closed flow: Im f(x + ih)/h cancels nothing."""
    potential, flow = POTENTIALS[name]
    W, h = rng(4).normal(size=6), 1e-30
    close(potential(W)[1], [potential(W + 1j * h * e)[0].imag / h for e in np.eye(6)])
    close(potential(W)[2], [potential(W + 1j * h * e)[1].imag / h for e in np.eye(6)])
    close(flow(W, 0.0), W)
    close(flow(W, 0.9 + 1j * h).imag / h, -potential(flow(W, 0.9))[1])


def test_finite_steps_have_their_closed_forms():
    W0, h = np.array([0.9, -0.4, 0.3, 1.1]), 0.3
    W1 = lambda potential: naive.aristotle(lambda W: potential(W)[:2], W0, h, 1)[0][1]  # noqa: E731
    close(W1(naive.parabola), (1 - h) * W0)
    y = np.sqrt(0.7 * h / 2) * W0
    close(np.sqrt(0.7 * h / 2) * W1(lambda W: naive.quartic(W, 0.7)), y - y**3)
    r, w = h * 0.7 * 1.4**2 / 2, W0 / 1.4
    close(W1(lambda W: naive.double_well(W, 0.7, 1.4)) / 1.4, (1 + r) * w - r * w**3)
    n, (f, k) = 2, (W0[:2] @ W0[2:] / np.sqrt(2), W0 @ W0 / 2)
    u, v = W1(naive.uv).reshape(2, n)
    close(u @ v / np.sqrt(n), (1 - h * k + h**2 * f**2 / n) * f)
    close((u @ u + v @ v) / n, k + h * f**2 / n * (h * k - 4))


def stored(name):
    """Problem, arrays and PyTorch's answers of a stored case."""
    case, expected = REFERENCE[name]
    a = case["arrays"]
    keywords = {key: a[key] for key in ("gamma", "Gamma") if key in a}
    if "temperature" in case:
        keywords["temperature"] = case["temperature"]
    keywords |= dict(bias=case["bias"], output=case["output"])
    return (
        naive.problem(case["sizes"], case["activations"], a["x"], a["y"], case["loss"], **keywords),
        case,
        expected,
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_against_pytorch(name):
    p, case, expected = stored(name)
    W, V = case["arrays"]["W"], case["arrays"]["V"]
    L, dL = naive.differential(p, W)
    c = naive.jet2(p, W, V)
    close(L, expected["value"])
    close(dL, expected["differential"])
    close(naive.forward(W=W, x=p.x, **p.net), expected["y_hat"])
    close(naive.pushforward(W=W, x=p.x, V=V, **p.net), expected["pushforward"])
    close(c[:2], [expected["value"], expected["differential"] @ V])
    close(c[2], expected["c2"])
    close(naive.hessian_action(p, W, V), expected["hessian_action"])


@pytest.mark.parametrize("name", RUNS)
def test_runs_against_pytorch(name):
    p, case, expected = stored(name)
    steps = case["kept"]
    path, losses = naive.aristotle(
        lambda W: naive.differential(p, W), case["arrays"]["W"], case["step"], max(steps)
    )
    close(path[steps], expected["trajectory"])
    close(losses, expected["losses"])


def test_the_script_still_makes_the_stored_inputs():
    for case in make_reference.cases() + make_reference.runs():
        kept, _ = REFERENCE[case["name"]]
        assert make_reference.words(case) == make_reference.words(kept)
        for key, a in case["arrays"].items():
            np.testing.assert_array_equal(a, kept["arrays"][key])


@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("name", NETWORKS)
def test_live_pytorch_repeats_the_file(name):
    pytest.importorskip("torch")
    case, expected = REFERENCE[name]
    for key, a in make_reference.torch_values(case).items():
        close(a, expected[key])
