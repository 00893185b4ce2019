"""Second and third derivatives applied: H·V and T[V,V], against dense ones and by their laws."""

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from settings_of_derivatives import known, tiny, wide
from tolerance import close
from twins import every_activation, every_loss

import flownet as fn

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
