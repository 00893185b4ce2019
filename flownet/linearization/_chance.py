"""What chance would give: the split of a step in random bases, and steps of random signs.

The self terms of a step are those of its basis. In an orthonormal basis drawn at random (Haar),
with x the step in g-orthonormal coordinates, H and T there, τ = Σ_ik T_iik x_k and D free
parameters, the mean of the products of four and of six components of a direction gives

    E Σ H_ii x_i²        = (tr H‖x‖² + 2H(x,x)) / (D+2)
    E Σ_ik T_iik x_i²x_k = (τ‖x‖² + 2T(x,x,x)) / (D+2)
    E Σ T_iii x_i³       = (9τ‖x‖² + 6T(x,x,x)) / ((D+2)(D+4)).
"""

from dataclasses import dataclass, field

import numpy as np

from ._probes import signs


@dataclass(frozen=True)
class Rotations:
    """Means over random orthonormal bases, as terms of L.

    Attributes
    ----------
    second_self, second_pairs, third_self, third_two, third_triplets : float
    """

    second_self: float
    second_pairs: float
    third_self: float
    third_two: float
    third_triplets: float


def rotations(D, norm2, second, third, trace, trace_along):
    """`Rotations` of the terms ½H(x,x) and T(x,x,x)/6, with tr H and its slope τ along the step."""
    bend, twist = 2 * second, 6 * third
    P2 = (trace * norm2 + 2 * bend) / (D + 2)
    B = (trace_along * norm2 + 2 * twist) / (D + 2)
    P1 = (9 * trace_along * norm2 + 6 * twist) / ((D + 2) * (D + 4))
    return Rotations(P2 / 2, second - P2 / 2, P1 / 6, (B - P1) / 2, (twist - 3 * B + 2 * P1) / 6)


def rotation_spread(D, norm2, bend, trace, trace2, bend2):
    """Standard deviation of the second-order self term ½Σ H_ii x_i² over random bases.

    To leading order in 1/D, from tr H, tr H², H(x,x) = `bend` and ‖Hx‖² = `bend2`: with the
    isotropic part of H taken out, which no basis changes, Σ_i H_ii (x_i² − ‖x‖²/D) is a sum of D
    nearly independent terms whose squares have means of eight components of a direction.
    """
    mean = trace / D
    free2 = max(trace2 - D * mean**2, 0.0)
    bend2 = max(bend2 - 2 * mean * bend + mean**2 * norm2, 0.0)
    bend = bend - mean * norm2
    total = 4 * free2 * norm2**2 + 32 * bend2 * norm2 + 20 * bend**2
    return 0.5 * float(np.sqrt(total / D**3))


@dataclass(frozen=True)
class Flips:
    """Second and third order of steps ±δ_i of random signs, as terms of L.

    The self terms are those of the step itself, so that second order is `second_self` in the mean
    and third order 0: how far it strays is what signs alone do.

    Attributes
    ----------
    second, third : ndarray (n,)
    """

    second: np.ndarray = field(repr=False)
    third: np.ndarray = field(repr=False)

    def mean(self, term):
        """Mean of `second` or `third`."""
        return float(np.mean(getattr(self, term)))

    def band(self, term):
        """From the 5th to the 95th percentile."""
        return tuple(np.percentile(getattr(self, term), (5, 95)).tolist())


def flips(place, n=100, seed=0):
    """`Flips` of n steps."""
    jets = np.array([place.potential.jet(place.W, signs(seed, draw, len(place.W)) * place.delta, 3)
                     for draw in range(n)])
    return Flips(jets[:, 2], jets[:, 3])
