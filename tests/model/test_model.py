"""Networks and potentials against the naive twin, PyTorch, and the laws that derivatives obey."""

import naive
import numpy as np
import pytest
import twins
from tolerance import close, has_order
from twins import LOSSES, SMOOTH, every_activation, every_loss

import flownet as fn
from flownet.model.tables import potential_from, tables_of


def full_case(activation, loss, seed=30_000, m=13):
    """3-19-5-4 with every option at once: biases, metrics on outputs and samples, a temperature."""
    number = fn.ACTIVATIONS.index(activation) + LOSSES.index(loss)
    Gamma = twins.positive(seed + 1, m) if number % 2 else twins.weights(seed + 1, m)
    words = {"temperature": 0.8} if loss == "cross-entropy" else {}
    return twins.case(
        seed + number,
        [3, 19, 5, 4],
        [activation] * 2,
        loss,
        m=m,
        bias=number % 3 > 0,
        gamma=twins.positive(seed + 2, 4),
        Gamma=Gamma,
        **words,
    )


def agrees(case, expected, dtype):
    """Value, differential, map, tangent action and jet are the expected ones."""
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    L, dL = p.differential(W)
    close(L, expected["value"], dtype)
    assert p.value(W) == L and dL.dtype == dtype
    close(dL, expected["differential"], dtype)
    close(p.network.forward(W, p.data.x), expected["y_hat"], dtype)
    close(p.network.pushforward(W, p.data.x, V), expected["pushforward"], dtype)
    close(p.jet(W, V), [L, expected["differential"] @ V, expected["c2"]], dtype)
    close(p.pushforward(W, V), expected["differential"] @ V, dtype)


def naive_values(case):
    p, (W, V) = twins.problem(case), twins.point(case)
    L, dL = naive.differential(p, W)
    return dict(
        value=L,
        differential=dL,
        y_hat=naive.forward(W=W, x=p.x, **p.net),
        pushforward=naive.pushforward(W=W, x=p.x, V=V, **p.net),
        c2=naive.jet2(p, W, V)[2],
    )


@every_loss
@every_activation
def test_against_naive(activation, loss, dtype):
    """L, dL, Ŷ, JV and the jet, as the equations have them (TM 18, 27-32, 38)."""
    case = full_case(activation, loss)
    agrees(case, naive_values(case), dtype)


@pytest.mark.parametrize("name", twins.PYTORCH)
def test_against_stored_pytorch(name, dtype):
    """The same numbers out of PyTorch's automatic differentiation, kept in a file."""
    agrees(*twins.PYTORCH[name], dtype)


@every_loss
@every_activation
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_against_live_pytorch(activation, loss, dtype):
    """Networks that no file has seen, where PyTorch is installed."""
    pytest.importorskip("torch")
    case = full_case(activation, loss, seed=31_000)
    agrees(case, twins.torch_values(case), dtype)


@every_activation
def test_pullback_is_the_adjoint_of_pushforward(activation, dtype):
    """⟨J V, G⟩ = ⟨V, Jᵀ G⟩ (TM 18)."""
    net = fn.Network([5, 17, 9, 3], activation, output="tanh", dtype=dtype)
    W, V = twins.uniforms(1, 2, net.size)
    x, G = twins.uniforms(2, 21, 5), twins.uniforms(3, 21, 3)
    JV, JtG = net.pushforward(W, x, V).astype(float), net.pullback(W, x, G).astype(float)
    close(np.vdot(JV, G), V @ JtG, dtype, "rounding", np.linalg.norm(JV) * np.linalg.norm(G))


@pytest.mark.parametrize("cut", [1, 2])
def test_pullback_of_a_composition(cut, dtype):
    """(g∘f)^* = f^*∘g^*: a network cut in two, its covectors in reverse order (TM 38).

    Inputs become parameters of a linear layer on one-hot rows: its covector is the one on them.
    """
    sizes, acts, m = [4, 7, 6, 3], ["tanh", "sin"], 11
    whole = fn.Network(sizes, acts, dtype=dtype)
    f = fn.Network(sizes[: cut + 1], acts[: cut - 1], output=acts[cut - 1], dtype=dtype)
    g = fn.Network([m, *sizes[cut:]], ["identity", *acts[cut:]], dtype=dtype)
    W, x, G = twins.uniforms(1, whole.size), twins.uniforms(2, m, 4), twins.uniforms(3, m, 3)
    y = f.forward(W[: f.size], x)
    on_g = g.pullback(
        np.concatenate([y.T.ravel(), np.zeros(sizes[cut]), W[f.size :]]), np.eye(m), G
    )
    on_y = on_g[: y.size].reshape(y.T.shape).T
    on_f = f.pullback(W[: f.size], x, on_y)
    close(np.concatenate([on_f, on_g[y.size + sizes[cut] :]]), whole.pullback(W, x, G), dtype)


@every_loss
@pytest.mark.parametrize("activation", SMOOTH)
def test_taylor_remainders_fall_as_promised(activation, loss):
    """|L(W+sV) − Σ_{k<n} c_k s^k| is O(sⁿ), n = 1, 2, 3: the slope in log s."""
    case = full_case(activation, loss)
    p, (W, V) = twins.potential(case), twins.point(case)
    _, first, second = p.jet(W, V)
    s = np.geomspace(1e-4, 1e-3, 8)
    delivered = np.array([p.difference(W, h * V) for h in s])
    for order, promised in ((1, 0), (2, first * s), (3, first * s + second * s**2)):
        has_order(delivered - promised, s, order)


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["on one thread", "on all"])
@pytest.mark.parametrize("weighted", [False, True])
@every_loss
def test_large_batches_are_the_mean_of_their_parts(loss, weighted, sizes, dtype):
    """9001 rows pass in chunks: everything adds up over any cut of them."""
    metric = {"Gamma": twins.weights(40_001, 9001)} if weighted else {}
    case = twins.case(40_000, sizes, ["tanh"], loss, m=9001, **metric)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    cuts = [slice(0, 17), slice(17, 4113), slice(4113, 9001)]
    parts = [(part.data.m / p.data.m, part) for part in map(p.on, cuts)]
    close(p.value(W), sum(share * part.value(W) for share, part in parts), dtype)
    dL = sum(share * part.differential(W)[1] for share, part in parts)
    close(p.differential(W)[1], dL, dtype)
    close(p.jet(W, V), sum(share * part.jet(W, V) for share, part in parts), dtype)
    net, x, G = p.network, p.data.x, p.data.y
    close(net.forward(W, x), np.concatenate([net.forward(W, x[cut]) for cut in cuts]), dtype)
    close(
        net.pushforward(W, x, V),
        np.concatenate([net.pushforward(W, x[cut], V) for cut in cuts]),
        dtype,
    )
    close(net.pullback(W, x, G), sum(net.pullback(W, x[cut], G[cut]) for cut in cuts), dtype)


def test_sample_losses_have_the_loss_as_mean(digits_potential):
    """L = (1/m) Σ ℓ_s, and jets likewise."""
    p, W = digits_potential, digits_potential.network.init(3)
    close(p.sample_losses(W).mean(), p.value(W), kind="rounding")
    close(p.sample_jets(W, W).mean(axis=0), p.jet(W, W), kind="rounding")
    close(p.sample_jets(W, W)[:, 0], p.sample_losses(W), kind="rounding")


def test_sums_and_multiples(dtype):
    """L = a·L₁ + b·L₂ is linear in value, differential, jet and difference."""
    case = twins.PYTORCH["03"][0]
    p, (W, V) = twins.potential(case, dtype), [a.astype(dtype) for a in twins.point(case)]
    wall = fn.Quartic(p.size, alpha=0.3)
    total = 2 * p + 0.5 * wall - p * 0.25
    (L, dL), (Q, dQ, _) = naive.differential(twins.problem(case), W), naive.quartic(W, 0.3)
    close(total.value(W), 1.75 * L + 0.5 * Q, dtype)
    close(total.differential(W)[1], 1.75 * dL + 0.5 * dQ, dtype)
    assert total.differential(W)[1].dtype == dtype and total.size == p.size
    close(total.jet(W, V), 1.75 * p.jet(W, V) + 0.5 * wall.jet(W, V), dtype)
    close(total.difference(W, V), total.value(W + V) - total.value(W), dtype)
    assert total.network is p.network and total.data is p.data


def test_a_step_of_the_quadratic_loss_beside_one_of_pytorchs_mean():
    """`MSELoss`, Σe²/mn of n outputs, at a rate lr takes the steps of 2·lr/n here."""
    random = np.random.default_rng(5)
    x, y = random.normal(size=(7, 3)), random.normal(size=(7, 2))
    net = fn.Network([3, 2], bias=False)
    potential, W, lr = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y)), net.init(0), 0.3
    A = W.reshape(2, 3)
    e = x @ A.T - y
    close(potential.value(W), (e**2).mean() * y.shape[1] / 2)
    run = fn.train(potential, fn.Aristotle(2 * lr / y.shape[1]), W0=W, steps=1)
    close(run.parameters[1], (A - lr * 2 * e.T @ x / e.size).ravel())


@pytest.mark.parametrize("temperature", [1.0, 0.1])
def test_logits_of_ten_thousand_do_not_overflow(temperature, dtype):
    """Cross-entropy takes its logarithm of a sum of exponentials from the largest logit."""
    logits = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])
    net = fn.Network([2, 3], bias=False, dtype=dtype)
    p = fn.Potential(
        net, fn.CrossEntropy(temperature=temperature), fn.Dataset(np.eye(2), np.eye(3)[[1, 2]])
    )
    L, dL = p.differential(logits.T.ravel())
    expected, covector = naive.cross_entropy(logits, np.eye(3)[[1, 2]], temperature)
    close(L, expected, dtype)
    close(dL, covector.T.ravel(), dtype)
    assert np.isfinite(p.jet(logits.T.ravel(), logits.T.ravel())).all()


def test_a_potential_in_another_precision(digits_potential):
    """`with_dtype` changes the precision and nothing else; a table of it makes it again."""
    W = digits_potential.network.init(1)
    narrow = digits_potential.with_dtype("float32")
    assert narrow.dtype == np.float32 and narrow.differential(W)[1].dtype == np.float32
    close(narrow.value(W), digits_potential.value(W), "float32")
    again = potential_from(tables_of(2 * digits_potential + fn.Parabola(W.size)))
    assert again.value(W) == (2 * digits_potential + fn.Parabola(W.size)).value(W)
