"""Second and third derivatives applied: H·V, T[V,V] and exact diagonals, against dense ones."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from scipy.sparse.linalg import LinearOperator, eigsh
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.kernels.cpu.base import threads

LOSSES = ["quadratic", "cross-entropy"]
every_loss = pytest.mark.parametrize("loss", LOSSES)
every_activation = pytest.mark.parametrize("activation", fn.ACTIVATIONS)
NAMES = ["HV", "T[V,V]", "H_ii", "T_iik V_k", "T_iii"]


@cache
def known(activation, loss, full=True):
    """A small case with its options in turn, and its five arrays (D,) by polarisation."""
    case = twins.mixed_case(activation, loss, 70_000, sizes=(3, 4, 3, 2), full=full)
    return case, twins.polarised(twins.problem(case), *twins.point(case))


def tiny(activation, loss, m=4):
    """A 2-3-2 case, D = 17: its dense T has 4913 entries."""
    case = twins.mixed_case(activation, loss, 71_000, sizes=(2, 3, 2), m=m)
    return case, twins.problem(case), *twins.point(case)


# ---- against dense derivatives ------------------------------------------------------------------


@every_loss
@every_activation
def test_actions_against_polarised_jets(activation, loss, dtype):
    """H·V and T[V,V] (D,) with biases, metrics, temperatures and output activations in turn."""
    case, (HV, TVV, *_) = known(activation, loss)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    H = p.hessian(W)
    for found in (p.hessian_action(W, V), H @ V.astype(dtype)):
        assert found.dtype == dtype
        close(found, HV, dtype)
    for found in (p.third_action(W, V), H.third_action(V)):
        assert found.dtype == dtype
        close(found, TVV, dtype)


@every_loss
@pytest.mark.parametrize("activation", ["tanh", "gelu", "elu"])
def test_actions_against_dense_matrices(activation, loss):
    """All columns of H (D, D), and T_ijk V_j V_k."""
    case, p, W, V = tiny(activation, loss)
    potential = twins.potential(case)
    H, T = naive.hessian(p, W), naive.third(p, W)
    close(potential.hessian_action(W, np.eye(len(W))), H)
    close(potential.hessian(W) @ np.eye(len(W)), H)
    close(potential.third_action(W, V), T @ V @ V)
    if not potential.loss.couples:
        found = potential.diagonals(W, V)
        close(found[0], np.diag(H))
        close(found[1], np.einsum("iik,k->i", T, V))
        close(found[2], np.einsum("iii->i", T))


@pytest.mark.parametrize("name", twins.PYTORCH)
def test_hessian_action_against_stored_pytorch(name, dtype):
    """PyTorch's double backward, kept in a file."""
    case, expected = twins.PYTORCH[name]
    close(
        twins.potential(case, dtype).hessian_action(*twins.point(case)),
        expected["hessian_action"],
        dtype,
    )


@pytest.mark.parametrize("z", [3.0, 6.0])
@every_loss
@every_activation
def test_actions_in_the_tails(activation, loss, z):
    """Where hidden units go up to |z| = 6."""
    case = twins.steep(twins.mixed_case(activation, loss, 72_000, sizes=(2, 4, 3)), z)
    p, (W, V) = twins.potential(case), twins.point(case)
    HV, TVV, *_ = twins.polarised(twins.problem(case), W, V)
    close(p.hessian_action(W, V), HV)
    close(p.third_action(W, V), TVV)


# ---- laws ---------------------------------------------------------------------------------------


def wide(activation, loss, dtype="float64", m=40):
    """A 9-33-17-5 case, D = 1003: several tiles of every kernel and their remainders."""
    case = twins.mixed_case(activation, loss, 73_000, sizes=(9, 33, 17, 5), m=m)
    return twins.potential(case, dtype), *(a.astype(dtype) for a in twins.point(case))


def size(V, HV):
    """What rounding of ⟨V, HV⟩ is measured by."""
    return np.linalg.norm(V.astype(float)) * np.linalg.norm(HV.astype(float))


@every_loss
@every_activation
def test_the_action_is_symmetric_and_linear(activation, loss, dtype):
    """⟨U, HV⟩ = ⟨V, HU⟩, H(2U − 3V) = 2HU − 3HV."""
    p, W, V = wide(activation, loss, dtype)
    U = twins.uniforms(73_100, p.size).astype(dtype)
    HU, HV = (p.hessian_action(W, v).astype(float) for v in (U, V))
    close(U @ HV, V @ HU, dtype, scale=size(U, HV) + size(V, HU))
    close(p.hessian_action(W, 2 * U - 3 * V), 2 * HU - 3 * HV, dtype)
    np.testing.assert_array_equal(p.hessian_action(W, 0 * V), np.zeros(p.size))


@every_loss
@every_activation
def test_actions_contract_to_the_jet(activation, loss, dtype):
    """⟨V, HV⟩ = 2c₂ and ⟨T[V,V], V⟩ = 6c₃ of L(W+sV)."""
    p, W, V = wide(activation, loss, dtype)
    c = p.jet(W, V, 3)
    HV, TVV = p.hessian_action(W, V), p.third_action(W, V)
    close(V.astype(float) @ HV, 2 * c[2], dtype, scale=size(V, HV))
    close(V.astype(float) @ TVV, 6 * c[3], dtype, scale=size(V, TVV))


@every_activation
def test_the_third_action_is_quadratic(activation):
    """T[aV,aV] = a² T[V,V] to the last bit for powers of two; H(aV) = a HV."""
    p, W, V = wide(activation, "cross-entropy")
    for a in (-1.0, 4.0, 0.5):
        np.testing.assert_array_equal(p.third_action(W, a * V), a * a * p.third_action(W, V))
        np.testing.assert_array_equal(p.hessian_action(W, a * V), a * p.hessian_action(W, V))


@pytest.mark.parametrize("activation", ["tanh", "softplus", "gelu", "sin"])
def test_actions_are_the_derivatives_of_what_comes_before(activation):
    """dL(W+sV) and its slope HV: a symmetric difference misses by s²/6 of the derivative after."""
    case, _p, W, V = tiny(activation, "cross-entropy")
    potential, s = twins.potential(case), 1e-4
    HV, TVV = potential.hessian_action(W, V), potential.third_action(W, V)
    ends = [potential.differential(W + h * V)[1] for h in (s, -s)]
    close((ends[0] - ends[1]) / (2 * s), HV, scale=1e6 * np.abs(HV).max())
    slopes = [potential.hessian_action(W + h * V, V) for h in (s, -s)]
    close((slopes[0] - slopes[1]) / (2 * s), TVV, scale=1e6 * np.abs(TVV).max())


# ---- many vectors, operator, chunks, threads ----------------------------------------------------


@every_loss
@pytest.mark.parametrize("R", [1, 2, 7, 33])
def test_many_vectors_at_once_are_each_by_itself(R, loss, dtype):
    """The same bits, in rows of `hessian_action` and in columns of H @ M."""
    p, W, _ = wide("tanh", loss, dtype)
    V = twins.uniforms(74_000, R, p.size).astype(dtype)
    H, each = p.hessian(W), np.array([p.hessian_action(W, v) for v in V])
    assert p.hessian_action(W, V).shape == (R, p.size)
    np.testing.assert_array_equal(p.hessian_action(W, V), each)
    np.testing.assert_array_equal(H @ V.T, each.T)
    np.testing.assert_array_equal([H @ v for v in V], each)
    assert p.hessian_action(W, V[:0]).shape == (0, p.size)
    np.testing.assert_array_equal(p.third_action(W, V), [p.third_action(W, v) for v in V])


def test_the_operator(dtype):
    """Shape, precision, symmetry, the loss and dL at its point, which later calls leave alone."""
    p, W, V = wide("gelu", "cross-entropy", dtype)
    H = p.hessian(W)
    assert isinstance(H, LinearOperator)
    assert H.shape == (p.size, p.size) and H.dtype == dtype
    L, dL = p.differential(W)
    close(H.loss, L, dtype, "rounding")
    close(H.dL, dL, dtype)
    first = H @ V
    other = p.hessian(2 * W)
    other @ V, p.differential(0 * W), p.jet(0 * W, V, 3), p.third_action(0 * W, V)
    W[:] = 0  # the operator has a point of its own
    np.testing.assert_array_equal(H @ V, first)
    np.testing.assert_array_equal(H.T @ V, first)
    np.testing.assert_array_equal(H.H @ V, first)
    assert (H @ V[:, None]).shape == (p.size, 1)


def test_threads_share_an_operator():
    """Python threads that apply one operator at once get what one gets."""
    p, W, _ = wide("tanh", "cross-entropy")
    H, V = p.hessian(W), twins.uniforms(74_500, 64, p.size)
    alone = [(H @ v, H.third_action(v)) for v in V]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda v: (H @ v, H.third_action(v)), V))
    np.testing.assert_array_equal(together, alone)


@every_loss
def test_eigenvalues_by_lanczos(loss):
    """`eigsh` on the operator against the dense spectrum: largest and least algebraic."""
    case, p, W, _ = tiny("tanh", loss)
    H = twins.potential(case).hessian(W)
    spectrum = np.linalg.eigvalsh(naive.hessian(p, W))
    start = np.ones(len(W))
    close(np.sort(eigsh(H, k=3, which="LA", v0=start)[0]), spectrum[-3:], kind="solver")
    close(
        np.sort(eigsh(H, k=2, which="SA", v0=start)[0]),
        spectrum[:2],
        kind="solver",
        scale=spectrum[-1],
    )


@pytest.mark.parametrize("sizes", [[3, 5, 2], [20, 30, 4]], ids=["small shards", "large ones"])
@every_loss
def test_large_batches_are_the_mean_of_their_parts(loss, sizes, dtype):
    """9001 rows pass in chunks of 4096: derivatives add up over any cut of them."""
    case = twins.case(75_000, sizes, ["tanh"], loss, m=9001, Gamma=twins.weights(75_001, 9001))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    cuts = [slice(0, 17), slice(17, 4113), slice(4113, 9001)]
    parts = [(part.data.m / 9001, part) for part in map(p.on, cuts)]
    for of in (
        lambda q: q.hessian_action(W, V),
        lambda q: q.third_action(W, V),
        lambda q: q.hessian(W) @ np.array([V, W]).T,
        *(lambda q, i=i: q.diagonals(W, V)[i] for i in range(3)),
    ):
        close(of(p), sum(share * of(part) for share, part in parts), dtype)


@pytest.mark.skipif(threads.most() < 2, reason="one thread is all there is here")
def test_threads_do_not_change_a_bit(dtype):
    case = twins.case(76_000, [40, 60, 10], ["gelu"], "cross-entropy", m=5000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    M, found = np.array([V, W, V - W]), []
    for count in (1, 2):
        with threads.limited(count):
            found.append(
                np.array(
                    [
                        *p.hessian_action(W, M),
                        p.hessian(W) @ V,
                        p.third_action(W, V),
                        p.hessian_diagonal(W),
                        *p.diagonals(W, V),
                    ]
                )
            )
    np.testing.assert_array_equal(*found)


# ---- diagonals ----------------------------------------------------------------------------------


@every_loss
@every_activation
def test_diagonals_against_polarised_jets(activation, loss, dtype):
    """H_ii, Σ_k T_iik V_k and T_iii (D,), exactly."""
    case, expected = known(activation, loss, full=False)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    found = p.diagonals(W, V)
    close(p.hessian_diagonal(W), expected[2], dtype)
    assert p.hessian_diagonal(W).dtype == dtype and len(found) == 3
    for name, have, want in zip(NAMES[2:], found, expected[2:]):
        assert have.dtype == dtype, name
        close(have, want, dtype)


DEPTHS = [[3, 2], [9, 2, 2], [3, 4, 2], [3, 4, 3, 2], [2, 3, 4, 3, 2], [2, 3, 3, 3, 3, 2]]


@every_loss
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sizes", DEPTHS, ids=lambda sizes: "-".join(map(str, sizes)))
def test_diagonals_at_every_depth(sizes, bias, loss):
    acts = ["tanh", "gelu", "sin", "softplus"][: len(sizes) - 2]
    case = twins.case(
        77_000,
        sizes,
        acts,
        loss,
        m=4,
        bias=bias,
        temperature=1.3,
        gamma=twins.positive(77_100, 2),
        Gamma=twins.weights(77_101, 4),
    )
    p, (W, V) = twins.potential(case), twins.point(case)
    expected = twins.polarised(twins.problem(case), W, V)
    close(p.hessian_diagonal(W), expected[2])
    for have, want in zip(p.diagonals(W, V), expected[2:]):
        close(have, want)


@every_loss
@pytest.mark.parametrize("output", fn.ACTIVATIONS)
def test_diagonals_through_every_output(output, loss):
    case = twins.case(
        78_000, [3, 3, 3], ["sigmoid"], loss, m=4, output=output, gamma=twins.positive(78_100, 3)
    )
    p, (W, V) = twins.potential(case), twins.point(case)
    expected = twins.polarised(twins.problem(case), W, V)
    close(p.hessian_action(W, V), expected[0])
    close(p.third_action(W, V), expected[1])
    for have, want in zip(p.diagonals(W, V), expected[2:]):
        close(have, want)


@pytest.mark.parametrize("shift", [0, 100], ids=["", "weights shifted"])
@pytest.mark.parametrize("lead", [0, 30], ids=["", "saturated"])
def test_diagonal_of_a_softmax(lead, shift):
    """Blocks of samples, one class ahead by e³⁰, weights of all classes shifted: 2c₂ of e_i."""
    case = twins.case(78_500, [3, 4, 3], ["tanh"], "cross-entropy", m=300)
    p, W = twins.potential(case), twins.point(case)[0]
    weights, bias = p.network.unpack(W)[-1]
    weights += shift * np.arange(4)
    bias[1] += lead
    close(p.hessian_diagonal(W), [2 * p.jet(W, e, 2)[2] for e in np.eye(p.size)])


@every_loss
def test_a_metric_that_couples_samples(loss):
    """A full Γ: cross-entropy takes it into its targets; else diagonals are right or refused."""
    case = twins.case(79_000, [3, 4, 2], ["tanh"], loss, m=5, Gamma=twins.positive(79_001, 5))
    p, (W, V) = twins.potential(case), twins.point(case)
    expected = twins.polarised(twins.problem(case), W, V)
    for of, want in (
        (lambda: [p.hessian_diagonal(W)], expected[2:3]),
        (lambda: p.diagonals(W, V), expected[2:]),
    ):
        try:
            found = of()
        except FlownetError as refused:
            assert "sample_metric" in str(refused) and "\n" not in str(refused)
        else:
            for have, wanted in zip(found, want, strict=True):
                close(have, wanted)


# ---- real networks ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(digits_potential):
    """64-16-10 on 300 digits: the potential, its naive twin, a point and a direction."""
    p = digits_potential
    twin = naive.problem([64, 16, 10], "tanh", p.data.x, p.data.y, "cross-entropy")
    return p, twin, p.network.init(0), twins.uniforms(80_000, p.size) / 10


CHOSEN = [20, 333, 700, 1023, 1024, 1039, 1040, 1100, 1199, 1200, 1209]  # of every block


def test_entries_on_digits(real):
    """Rows i of H by H·e_i, each at other chosen places, from jets along e_i and e_i + e_j."""
    p, twin, W, _ = real
    e = np.eye(p.size)[CHOSEN]
    H = p.hessian_action(W, e)[:, CHOSEN]
    along = lambda U: naive.jet(twin, W, U, 2)[2]  # noqa: E731
    own = [along(u) for u in e]
    pairs = [(i, j) for i in range(len(e)) for j in range(i)]
    scale = max(own)
    close(np.diag(H), 2 * np.array(own), scale=scale)
    close(
        [H[i, j] for i, j in pairs],
        [along(e[i] + e[j]) - own[i] - own[j] for i, j in pairs],
        scale=scale,
    )
    close(H, H.T, scale=scale)
    close(p.hessian_diagonal(W)[CHOSEN], np.diag(H), scale=scale)


def test_third_order_on_digits(real):
    """T[V,V], Σ_k T_iik V_k and T_iii at the chosen places."""
    p, twin, W, V = real
    along = lambda U: naive.jet(twin, W, U, 3)[3]  # noqa: E731
    own, e = along(V), np.eye(p.size)[CHOSEN]
    plus, minus, alone = (np.array([along(s * V + u) for u in e]) for s in (1, -1, 0))
    _, B, P = p.diagonals(W, V)
    close(p.third_action(W, V)[CHOSEN], plus + minus - 2 * alone, scale=abs(own))
    close(B[CHOSEN], plus - minus - 2 * own, scale=abs(own))
    close(P[CHOSEN], 6 * alone)


# ---- closed forms and sums ----------------------------------------------------------------------


def quartic_third(W, alpha=0.7):
    return 3 * alpha * W


def uv_third(W, V):
    """T[V,V] and Σ_k T_iik V_k of ½f², f bilinear: T = df⊗S + its permutations, S = ∂²f."""
    n = len(W) // 2
    S = np.roll(np.eye(2 * n), n, axis=0) / np.sqrt(n)
    df = S @ W
    return 2 * (df @ V) * (S @ V) + (V @ S @ V) * df, 2 * df * (S @ V)


ANALYTIC = {
    "parabola": (fn.Parabola(6, strength=1.3), lambda W: naive.parabola(W, 1.3)),
    "quartic": (fn.Quartic(6, alpha=0.7), lambda W: naive.quartic(W, 0.7)),
    "double well": (fn.DoubleWell(6, alpha=0.7, c=1.4), lambda W: naive.double_well(W, 0.7, 1.4)),
    "uv": (fn.UV(3), naive.uv),
}


@pytest.mark.parametrize("name", ANALYTIC)
def test_analytic_potentials(name, dtype):
    potential, formula = ANALYTIC[name]
    W, V = twins.uniforms(81_000, 6, low=-2).astype(dtype), twins.uniforms(81_001, 6).astype(dtype)
    w, v = W.astype(float), V.astype(float)
    H = formula(w)[2]
    if name == "uv":
        TVV, B = uv_third(w, v)
        third = np.zeros(6)
    else:
        third = quartic_third(w) * (name != "parabola")
        TVV, B = third * v * v, third * v
    for found, expected in (
        (potential.hessian_action(W, V), H @ v),
        (potential.hessian(W) @ V, H @ v),
        (potential.hessian_action(W, np.eye(6, dtype=dtype)), H),
        (potential.hessian(W) @ np.eye(6, dtype=dtype), H),
        (potential.third_action(W, V), TVV),
        (potential.hessian(W).third_action(V), TVV),
        (potential.hessian_diagonal(W), np.diag(H)),
        *zip(potential.diagonals(W, V), (np.diag(H), B, third)),
    ):
        assert found.dtype == dtype
        close(found, expected, dtype, "rounding", scale=max(np.abs(H).max(), np.abs(TVV).max()))
    close(potential.hessian(W).dL, formula(w)[1], dtype, "rounding")
    close(potential.hessian(W).loss, formula(w)[0], dtype, "rounding")


def test_sums_and_multiples(dtype):
    """Every derivative of a·L₁ + b·L₂ is that of the parts."""
    case, (HV, TVV, *diagonals) = known("tanh", "quadratic", full=False)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    total = 2 * p - 0.5 * fn.Quartic(p.size, alpha=0.7)
    W, V = W.astype(dtype), V.astype(dtype)
    w, v = W.astype(float), V.astype(float)
    H, T = np.diag(naive.quartic(w, 0.7)[2]), quartic_third(w)
    operator = total.hessian(W)
    for found in (total.hessian_action(W, V), operator @ V, (operator @ np.array([V, W]).T)[:, 0]):
        assert found.dtype == dtype
        close(found, 2 * HV - 0.5 * H * v, dtype)
    for found in (total.third_action(W, V), operator.third_action(V)):
        close(found, 2 * TVV - 0.5 * T * v * v, dtype)
    parts = (H, T * v, T)
    for found, network, formula in zip(total.diagonals(W, V), diagonals, parts):
        close(found, 2 * network - 0.5 * formula, dtype)
    close(total.hessian_diagonal(W), 2 * diagonals[0] - 0.5 * H, dtype)
    L, dL = total.differential(W)
    close(operator.loss, L, dtype)
    close(operator.dL, dL, dtype)


# ---- mistakes -----------------------------------------------------------------------------------

NET = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
P, ONE, D = fn.Parabola(2), np.ones(2), np.ones(NET.size)
MISTAKES = {
    "a short W": (lambda: NET.hessian_action(D[:-1], D), "W has shape"),
    "a long V": (lambda: NET.hessian_action(D, np.ones(NET.size + 1)), "V has shape"),
    "columns for rows": (lambda: NET.hessian_action(D, np.ones((NET.size, 2))), "V has shape"),
    "a cube of V": (lambda: NET.hessian_action(D, np.ones((2, 2, NET.size))), "V has shape"),
    "a complex V": (lambda: NET.hessian_action(D, 1j * D), "complex"),
    "a short W of an operator": (lambda: NET.hessian(D[:-1]), "W has shape"),
    "a short V of T": (lambda: NET.third_action(D, D[:-1]), "V has shape"),
    "columns for T": (lambda: NET.third_action(D, np.ones((NET.size, 2))), "V has shape"),
    "several V of diagonals": (lambda: NET.diagonals(D, np.ones((2, NET.size))), "V has shape"),
    "a number for V": (lambda: NET.third_action(D, 1.0), "V has shape"),
    "a short V of the operator's T": (lambda: NET.hessian(D).third_action(D[:-1]), "V has shape"),
    "a short W of a diagonal": (lambda: NET.hessian_diagonal(D[:-1]), "W has shape"),
    "a short V of diagonals": (lambda: NET.diagonals(D, D[:-1]), "V has shape"),
    "a short W of a formula": (lambda: P.hessian_action(ONE[:1], ONE), "W has shape"),
    "a long V of a formula": (lambda: P.hessian_action(ONE, np.ones(3)), "V has shape"),
    "a long V of a sum": (lambda: (P + P).hessian_action(ONE, np.ones(3)), "V has shape"),
    "a long V of a sum's T": (lambda: (P + P).third_action(ONE, np.ones(3)), "V has shape"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
