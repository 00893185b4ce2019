"""What the parameters do each by itself: diagonal sums, exact or by random probes (Hutchinson)."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..step import DRAWS, cube_roots, mean_and_error, offered, signs, spread, wiggled

EXACT_WORK = 1e12  # multiply-adds, minutes: beyond it the diagonals are estimated
NAMES = ("second_self", "third_two", "third_self", "trace", "trace_along")


@dataclass(frozen=True)
class Sums:
    """Sums over diagonals (5,), in the order of `NAMES`.

    ½Σ H_ii δ_i², ½(B − P₁), P₁/6, then tr H and τ in the metric, where B = Σ_ik T_iik δ_i²δ_k and
    P₁ = Σ T_iii δ_i³.
    """

    values: np.ndarray
    error: np.ndarray  # standard errors, 0 where exact
    exact: bool
    draws: int = 0


def exact_work(taken):
    """Multiply-adds that the exact diagonals cost: a partial pass of order 3 for each neuron.

    Infinite where a full Γ couples the samples, so that a diagonal is no sum over them, in a chart
    that mixes parameters, and where the metric couples layers: its trace is more than a sum over
    the diagonal. Of complex networks and a user's functions, a third action for each parameter.
    """
    if not taken.metric.diagonal:
        return np.inf
    network, data = taken.potential.network, taken.potential.data
    if any(atom.couples or atom.mixes for _, atom in taken.potential.atoms()):
        return np.inf
    by_units = any(atom.by_units for _, atom in taken.potential.atoms())
    if by_units or (network is not None and network.by_units):
        return 10 * taken.work * len(taken.W)
    if network is None:
        return 10 * taken.work
    passes = above = 0
    for n_in, n_out in reversed(list(zip(network.sizes, network.sizes[1:]))):
        passes += n_out * above + n_in * n_out
        above += n_in * n_out
    return 10 * passes * data.m


def diagonal_sums(taken, exact=None, draws=64, seed=0):
    """`Sums`, exact if so wished, or by default where that costs at most EXACT_WORK."""
    if exact and not taken.metric.diagonal:
        raise FlownetError(
            "the metric couples layers: tr H in it is no sum over the diagonal of "
            "H, and is estimated from random probes; leave exact out."
        )
    if exact or (exact is None and exact_work(taken) <= EXACT_WORK):
        return Sums(_exact(taken, taken.W, taken.delta), np.zeros(len(NAMES)), True)
    values, error = mean_and_error([_probe(taken, seed, draw) for draw in range(draws)])
    return Sums(values, error, False, draws)


def diagonal_floors(taken, values):
    """Noise floors (5,) of exact sums."""
    return spread(
        [
            _exact(taken, wiggled(taken.W, 3 * draw), wiggled(taken.delta, 3 * draw + 1)) - values
            for draw in range(DRAWS)
        ],
        values,
    )


def _exact(taken, W, delta):
    offered(taken.potential, "diagonals")
    bend, along, twist = taken.potential.diagonals(W, delta)
    inverse = taken.metric.sharp(np.ones(len(W)))
    B, P1 = delta**2 @ along, delta**3 @ twist
    return np.array([delta**2 @ bend / 2, (B - P1) / 2, P1 / 6, inverse @ bend, inverse @ along])


def _probe(taken, seed, draw):
    """Unbiased estimates (5,) by one draw of signs z and one of cube roots of unity ω.

    E z_i z_j = δ_ij leaves the diagonal of H and of T(·,·,δ); E ω_i ω_j ω_k is 1 for i = j = k and
    otherwise 0, so that the real part of T(ωδ, ωδ, ωδ) has the mean P₁.
    """
    W, delta = taken.W, taken.delta
    flipped = signs(seed, 2 * draw, len(W))
    u, v = (part * delta for part in cube_roots(seed, 2 * draw + 1, len(W)))
    own, isotropic = flipped * delta, taken.metric.displacement(flipped * taken.free)
    bends = taken.hessian.action(np.array([own, isotropic]))
    twists = taken.hessian.third_action(np.array([own, u, v, isotropic]))
    B, P1 = twists[0] @ delta, twists[1] @ u - 3 * twists[2] @ u
    return np.array(
        [bends[0] @ own / 2, (B - P1) / 2, P1 / 6, bends[1] @ isotropic, twists[3] @ delta]
    )
