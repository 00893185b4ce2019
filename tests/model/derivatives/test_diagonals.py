"""Exact diagonals: H_ii, Σ_k T_iik V_k and T_iii, at every depth and through every output."""

import numpy as np
import pytest
import twins
from settings_of_derivatives import known
from tolerance import close
from twins import every_activation, every_loss

import flownet as fn
from flownet._errors import FlownetError

NAMES = ["H_ii", "T_iik V_k", "T_iii"]


@every_loss
@every_activation
def test_diagonals_against_polarised_jets(activation, loss, dtype):
    """H_ii, Σ_k T_iik V_k and T_iii (D,), exactly."""
    case, expected = known(activation, loss, full=False)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    found = p.diagonals(W, V)
    close(p.hessian_diagonal(W), expected[2], dtype)
    assert p.hessian_diagonal(W).dtype == dtype and len(found) == 3
    for name, have, want in zip(NAMES, found, expected[2:]):
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
