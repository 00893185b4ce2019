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

from ..step import signs


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
    """Standard deviation of the second-order self term ½Σ H_ii x_i² over random bases, exact.

    From tr H, tr H², H(x,x) = `bend` and ‖Hx‖² = `bend2`. Over an orthonormal basis q_i the sum of
    the quartic form F(q) = H(q,q)⟨q,x⟩² keeps, of F's harmonic parts, the mean and the one of
    degree 4 alone, for those of degree 2 sum to 0. Two orthogonal directions see the latter with
    the correlation of the Gegenbauer polynomial, P₄(0) = 3/(D²−1).
    """
    whole = (trace2 * norm2**2 + 4 * bend2 * norm2 + bend**2) / 6  # |F|² as a symmetric tensor
    once = (
        trace2 * norm2**2
        + 16 * bend2 * norm2
        + 8 * bend**2
        + trace**2 * norm2**2
        + 10 * norm2 * trace * bend
    ) / 36  # |tr F|²
    twice = (norm2 * trace + 2 * bend) / 3  # tr tr F
    harmonic = whole - 6 * once / (D + 4) + 3 * twice**2 / ((D + 2) * (D + 4))
    return 0.5 * float(np.sqrt(24 * max(harmonic, 0.0) / ((D + 1) * (D + 2) * (D + 6))))


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
        return float(np.mean(vars(self)[term]))

    def band(self, term):
        """From the 5th to the 95th percentile."""
        return tuple(np.percentile(vars(self)[term], (5, 95)).tolist())


def flips(taken, n=100, seed=0):
    """`Flips` of n steps.

    Of few parameters many draws are alike, or one another's opposite: −V has the even orders of V,
    and its odd ones with the other sign. Each line is looked along once.
    """
    drawn = np.array([signs(seed, draw, len(taken.W)) for draw in range(n)])
    lines = drawn * drawn[:, :1]
    _, once, which = np.unique(lines, axis=0, return_index=True, return_inverse=True)
    jets = np.array([taken.potential.jet(taken.W, V * taken.delta, 3) for V in drawn[once]])
    which = which.reshape(n)
    return Flips(jets[which, 2], jets[which, 3] * (drawn[:, 0] * drawn[once[which], 0]))
