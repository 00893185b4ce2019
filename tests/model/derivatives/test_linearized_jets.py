"""Linearized jets: what the loss bends by itself, where the map is straight and where it is not."""

import mp
import naive
import numpy as np
import pytest
import twins
from settings_of_derivatives import agree
from tolerance import close
from twins import SMOOTH, every_loss


@every_loss
@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu"])
def test_linearized_jets_against_mpmath(activation, loss):
    """L along Ŷ + s·JV: the loss's own curvature and what follows."""
    case = twins.mixed_case(activation, loss, 65_000)
    found = twins.potential(case).linearized_jet(*twins.point(case), 6)
    agree(found, mp.linearized_jet(case, 6))


@every_loss
def test_a_linear_map_bends_nothing(loss, dtype):
    """Without hidden layers Ŷ is linear in W: jet and linearized_jet are the same."""
    case = twins.case(66_000, [4, 3], [], loss, gamma=twins.positive(66_001, 3))
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    close(p.linearized_jet(W, V, 6), p.jet(W, V, 6), dtype)


@pytest.mark.parametrize("activation", SMOOTH)
def test_linearized_jets_start_as_the_jet_does(activation, dtype):
    """c_0 and c_1 are L and dL(V); the quadratic loss bends at second order alone, ½⟨JV, γJV⟩."""
    case = twins.mixed_case(activation, "quadratic", 67_000)
    p, (W, V) = twins.potential(case, dtype), twins.point(case)
    b = p.linearized_jet(W, V, 4)
    close(b[:2], p.jet(W, V, 1), dtype)
    JV = p.network.pushforward(W, p.data.x, V).astype(float)
    metrics = {name: case["arrays"].get(name) for name in ("gamma", "Gamma")}
    close(b[2], np.sum(JV * naive.mixed(JV, **metrics)) / (2 * len(JV)), dtype)
    close(b[3:], [0, 0], dtype, scale=b[2])
