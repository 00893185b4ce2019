"""Radius of convergence of the Taylor series along the step, in units of the step.

Singularities of a real function come in conjugate pairs re^{±iθ}, so that ratios of coefficients
oscillate and say nothing. Along s ↦ L(W + sδ) with coefficients c_k, the quotient of Mercer and
Roberts (SIAM J. Appl. Math. 50, 1990, 1547)

    B_k² = (c_{k+1}c_{k−1} − c_k²) / (c_k c_{k−2} − c_{k−1}²)

is free of θ and goes to 1/r with a slope in 1/k.
"""

from dataclasses import dataclass

import numpy as np

from ..step import names, passed

#: distance from the real axis of an activation's singularities; the others have none
POLES = {"tanh": np.pi / 2, "sigmoid": np.pi, "softplus": np.pi}
_LEAST = 8  # late coefficients that an estimate wants
_OFF = 0.01  # of their limit: quotients farther off their line do not say where it ends
_DYING = 0.1  # of the quotients themselves: a limit below it is 0, of an entire function


@dataclass(frozen=True)
class Radius:
    """Radius of convergence in units of the step: below 1, no number of terms gives the step.

    Attributes
    ----------
    estimate : float
        From the coefficients of each sample's series, the least of those that agree among
        themselves: good to some per cent, better at higher order, worse where many singularities
        are about equally near. Infinite where coefficients die out, NaN where they are too few
        or never agree.
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

    def __str__(self):
        exact = f", exactly {self.exact:.4g}" if np.isfinite(self.exact) else ""
        bound = (
            f"; the nearest singularity of the first layer is at {self.bound:.4g}"
            if np.isfinite(self.bound)
            else ""
        )
        if np.isnan(self.estimate):
            return f"not known: too few coefficients, or none that agree{exact}{bound}"
        if np.isinf(self.estimate):
            return f"infinite{exact}{bound}"
        return (
            f"{self.estimate:.4g} of this step{exact}{bound};\nbeyond it no number of terms "
            "gives what a step delivers"
        )


def radius(b, order=24):
    """`Radius` of a breakdown; the estimate is the least of all samples' own series."""
    taken = b.taken
    atoms = [atom for _, atom in taken.potential.atoms()]
    found = [_of_network(atom, taken.W, taken.delta) for atom in atoms]
    bound = min((bound for bound, _ in found), default=np.inf)
    exact = all(known for _, known in found)
    if taken.potential.jet_order < order:  # too few coefficients to tell
        return Radius(np.nan, bound, bound if exact else np.nan)
    series = [atom.sample_jets if atom.offers("sample_jets") else atom.jet for atom in atoms]
    radii = np.concatenate(
        [np.ravel(mercer_roberts(jet(taken.W, taken.delta, order))) for jet in series]
    )
    radii = radii[~np.isnan(radii)]
    return Radius(float(radii.min()) if radii.size else np.nan, bound, bound if exact else np.nan)


def mercer_roberts(c):
    """Radius of convergence (…) of Σ c_k s^k (…, K+1), from the upper half of its quotients."""
    c = np.asarray(c, np.float64)
    k = np.arange(c.shape[-1])
    late = k >= c.shape[-1] // 2
    if late.sum() < _LEAST:
        return np.full(c.shape[:-1], np.nan)
    c, k = c[..., late], k[late]
    with np.errstate(all="ignore"):
        growth = np.exp(np.max(np.log(np.abs(c)) / k, axis=-1, keepdims=True))
        c = c / growth**k  # at most 1, so that products stay within range
        square = (c[..., 3:] * c[..., 1:-2] - c[..., 2:-1] ** 2) / (
            c[..., 2:-1] * c[..., :-3] - c[..., 1:-2] ** 2
        )
        quotient = np.sqrt(square)
        i, j = np.triu_indices(len(k) - 3, 1)
        x = 1.0 / k[2:-1]
        slope = _median((quotient[..., j] - quotient[..., i]) / (x[j] - x[i]))
        limit = _median(quotient - slope[..., None] * x)
        dying = limit < _DYING * _median(quotient)
        off = _median(np.abs(quotient - limit[..., None] - slope[..., None] * x))
        settled = (np.isfinite(quotient).sum(axis=-1) >= _LEAST // 2) & (off < _OFF * limit) | dying
        found = np.where(dying, np.inf, 1 / (growth[..., 0] * limit))
    return np.where(growth[..., 0] == 0, np.inf, np.where(settled, found, np.nan))


def _median(values):
    """Median over the last axis of what is finite; NaN where nothing is (Theil and Sen's line)."""
    count = np.isfinite(values).sum(axis=-1, keepdims=True)
    order = np.sort(np.where(np.isfinite(values), values, np.inf))
    low, high = (
        np.take_along_axis(order, np.clip(at, 0, order.shape[-1] - 1), -1)
        for at in ((count - 1) // 2, count // 2)
    )
    return np.where(count > 0, (low + high) / 2, np.nan)[..., 0]


def _of_network(atom, W, delta):
    """Nearest singularity of the first layer, and whether it is the nearest of the loss."""
    if not atom.of_network:
        return np.inf, not atom.of_user  # a polynomial, or who knows
    network = atom.network
    first, *later = names(network)
    bound = _nearest(atom, W, delta, POLES[first]) if first in POLES else np.inf
    simple = (
        all(name == "identity" for name in later)
        if first in POLES
        else not any(name in POLES for name in later)
    )
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
