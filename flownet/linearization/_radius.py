"""Radius of convergence of the Taylor series along the step, in units of the step.

Singularities of a real function come in conjugate pairs re^{±iθ}, so that ratios of coefficients
oscillate and say nothing. Along s ↦ L(W + sδ) with coefficients c_k, the quotient of Mercer and
Roberts (SIAM J. Appl. Math. 50, 1990, 1547)

    B_k² = (c_{k+1}c_{k−1} − c_k²) / (c_k c_{k−2} − c_{k−1}²)

is free of θ and goes to 1/r with a slope in 1/k.
"""

from dataclasses import dataclass

import numpy as np

from ._branches import names, passed

#: distance from the real axis of an activation's singularities; the others have none
POLES = {"tanh": np.pi / 2, "sigmoid": np.pi, "softplus": np.pi}
_LEAST = 8  # quotients that an estimate wants
_DYING = 0.1  # of the quotients themselves: a limit below it is 0, of an entire function


@dataclass(frozen=True)
class Radius:
    """Radius of convergence in units of the step: below 1, no number of terms gives the step.

    Attributes
    ----------
    estimate : float
        From the coefficients; infinite where they die out, NaN where they are too few or noise.
    bound : float
        Nearest singularity of the first hidden layer, √(z²+π²/4)/|δz| of the nearest unit for
        tanh: the series reaches no farther. Infinite where there is none.
    exact : float
        The bound where it is the radius: quadratic loss and one curved layer, the first, or
        none. Elsewhere NaN: deeper curved layers have singularities of their own, and
        cross-entropy those where Σ exp(Ŷ/kT) vanishes. Kinked units stay on their branch.
    """

    estimate: float
    bound: float
    exact: float


def radius(b, order=24):
    """`Radius` of a breakdown."""
    place = b.place
    coefficients = place.potential.jet(place.W, place.delta, order)
    atoms = place.potential.atoms() if hasattr(place.potential, "atoms") else []
    found = [_of_network(atom, place.W, place.delta) for _, atom in atoms]
    bound = min((bound for bound, _ in found), default=np.inf)
    exact = bool(found) and all(known for _, known in found)
    return Radius(mercer_roberts(coefficients), bound, bound if exact else np.nan)


def mercer_roberts(c):
    """Radius of convergence of Σ c_k s^k (K+1,), from the upper half of its quotients."""
    c = np.asarray(c, np.float64)[1:]  # the constant knows nothing
    size = np.abs(c)
    if not np.isfinite(c).all() or len(c) < _LEAST + 4:
        return np.nan
    if not size[len(c) // 2:].any():
        return np.inf  # a polynomial
    k = np.arange(1, len(c) + 1)
    told = size > 0
    growth = np.exp(np.polyfit(k[told], np.log(size[told]), 1)[0]) if told.sum() > 2 else 1.0
    c = c / growth**k  # so that products stay within range
    with np.errstate(all="ignore"):
        square = ((c[3:] * c[1:-2] - c[2:-1]**2) / (c[2:-1] * c[:-3] - c[1:-2]**2))
        quotient = np.sqrt(square)
    inverse = 1.0 / k[2:-1]
    late = np.isfinite(quotient) & (k[2:-1] >= len(c) / 2)
    if late.sum() < _LEAST // 2:
        return np.nan
    slope, limit = _line(inverse[late], quotient[late])
    dying = limit < _DYING * np.abs(quotient[late]).max()
    return np.inf if dying else float(1 / (growth * limit))


def _line(x, y):
    """Slope and value at 0 of the line through points, medians of all pairs (Theil and Sen)."""
    i, j = np.triu_indices(len(x), 1)
    slope = np.median((y[j] - y[i]) / (x[j] - x[i]))
    return slope, np.median(y - slope * x)


def _of_network(atom, W, delta):
    """Nearest singularity of the first layer, and whether it is the nearest of the loss."""
    network = getattr(atom, "network", None)
    if network is None:
        return np.inf, True  # a polynomial
    first, *later = names(network)
    bound = _nearest(atom, W, delta, POLES[first]) if first in POLES else np.inf
    simple = all(name == "identity" for name in later) if first in POLES else not any(
        name in POLES for name in later)
    return bound, simple and atom.loss.kind == "quadratic"


def _nearest(atom, W, delta, pole):
    """min √(z² + pole²)/|δz| over the samples and units of the first layer that count."""
    network, x = atom.network, atom.data.x
    (weights, bias), *_ = network.unpack(delta)
    z = passed(network, W, x)[0][0]
    dz = x @ weights.T + (0 if bias is None else bias)
    if network.layers > 1:
        dz = dz * np.any([part[1][0] != 0 for part in map(network.unpack, (W, delta))], axis=(0, 1))
    importance = atom.loss.sample_metric
    if importance is not None and importance.ndim == 1:
        dz = dz[importance != 0]
        z = z[importance != 0]
    return float(np.min(np.hypot(z, pole)[dz != 0] / np.abs(dz[dz != 0]), initial=np.inf))
