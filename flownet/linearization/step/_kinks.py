"""Kinks: what units that change sign within the step add to all orders of the Taylor series."""

from dataclasses import dataclass

import numpy as np

from ._branches import (
    KINKED,
    LINEAR_PIECES,
    branch,
    has_kinks,
    loss_of_outputs,
    names,
    on_branch,
    passed,
)

_GRID = 64  # points at which the step is searched where pre-activations are no polynomials
_HALVINGS = 60


@dataclass(frozen=True)
class Kinks:
    """The step's kinks, at which no derivative of L looks: `remainder = value + smooth`.

    Attributes
    ----------
    value : float
        L(W+δ) less what L would be there if every unit had stayed on its branch.
    smooth : float
        Remainder of the analytic continuation: the orders beyond those of the breakdown.
    noise : float
        Noise floor of `value`.
    changed : int
        Pairs (unit, sample) on another branch after the step.
    pairs : int
        Pairs in all.
    first : float
        Share s of the step at which the first pair passes its kink, infinite if none does.
    first_step : float
        The same in units of time.
    exact : bool
        Whether s is the root of a polynomial, known beyond the step's end too; below curved
        activations it is searched for within the step.
    """

    value: float
    smooth: float
    noise: float
    changed: int
    pairs: int
    first: float
    first_step: float
    exact: bool


def kinks(b):
    """`Kinks` of a breakdown, or None for a potential without."""
    taken, found = b.taken, []
    for scale, atom in taken.potential.atoms():
        if atom.of_network and has_kinks(atom.network):
            found.append((scale, atom, _of(atom, taken.W, taken.delta)))
    if not found:
        return None
    value = sum(scale * part[0] for scale, _, part in found)
    floor = sum(abs(scale) * part[1] for scale, _, part in found)
    changed, pairs = (sum(part[i] for *_, part in found) for i in (2, 3))
    roots = [first_kink(atom, taken.W, taken.delta) for _, atom, _ in found]
    first = min(root for root, _ in roots)
    return Kinks(
        float(value),
        float(b.remainder - value),
        float(floor),
        changed,
        pairs,
        first,
        b.step * first if np.isfinite(first) else np.inf,
        all(exact for _, exact in roots),
    )


def _of(potential, W, delta):
    """Kinks' part of L(W+δ), its floor, pairs that changed, pairs in all."""
    network, x = potential.network, potential.data.x
    _, before, _ = passed(network, W, x)
    _, after, true = passed(network, W + delta, x)
    _, _, continued = passed(network, W + delta, x, before)
    kinked = [i for i, name in enumerate(names(network)) if name in KINKED]
    changed = sum(int(np.count_nonzero(before[i] != after[i])) for i in kinked)
    pairs = sum(before[i].size for i in kinked)
    with np.errstate(all="ignore"):
        losses = loss_of_outputs(potential, true), loss_of_outputs(potential, continued)
        floor = 4 * np.finfo(float).eps * max(np.mean(np.abs(part)) for part in losses)
        return np.mean(losses[0] - losses[1]), floor, changed, pairs


def first_kink(potential, W, delta):
    """Share s of the step at which the first pair passes its kink, and whether it is a root.

    Up to its first kink a network of linear pieces is a polynomial in s, of degree l in layer l.
    """
    network, x = potential.network, potential.data.x
    a, first = x[None], np.inf
    for layer, ((weights, bias), (slope, rise), name) in enumerate(
        zip(network.unpack(W), network.unpack(delta), names(network))
    ):
        z = np.zeros((len(a) + 1, *(a[0] @ weights.T).shape))
        z[:-1] += a @ weights.T
        z[1:] += a @ slope.T
        if bias is not None:
            z[0] += bias
            z[1] += rise
        if name in KINKED:
            first = min(first, _first_root(z, branch(name, z[0]), first))
        if name not in LINEAR_PIECES:
            later = names(network)[layer + 1 :]
            if any(other in KINKED for other in later):
                return _searched(network, W, delta, x, min(first, 1.0), first)
            break
        a = on_branch(name, z, branch(name, z[0]))
    return float(first), True


def _first_root(z, upper, limit):
    """Smallest s < limit at which a polynomial Σ z_k s^k (K+1, m, n) leaves its branch."""
    z, upper = z.reshape(len(z), -1), upper.ravel()
    start, later = z[0], z[1:]
    if _leaves_at_once(z, upper).any():
        return 0.0
    z = z[:, start != 0]
    if len(z) == 2:
        with np.errstate(divide="ignore", invalid="ignore"):
            roots = -z[0] / z[1]
        return float(np.min(roots[roots > 0], initial=np.inf))
    if np.isfinite(limit):  # |z_0| > Σ|z_k| s^k has no root up to s
        powers = limit ** np.arange(1, len(later) + 1)
        z = z[:, np.abs(z[0]) <= powers @ np.abs(z[1:])]
    size = len(z) - 1
    companion = np.zeros((z.shape[1], size, size))  # of the polynomial in 1/s
    companion[:, 0] = -(z[1:] / z[0]).T
    companion[:, range(1, size), range(size - 1)] = 1.0
    inverse = np.linalg.eigvals(companion)
    real = (np.abs(inverse.imag) <= 1e-10 * np.abs(inverse)) & (inverse.real > 0)
    if not real.any():
        return np.inf
    pair = np.argmax(np.where(real, inverse.real, 0).max(axis=1))
    return _polished(z[:, pair], 1 / inverse[pair].real[real[pair]].max())


def _leaves_at_once(z, upper):
    """Pairs that begin on the kink and whose first motion is off their branch."""
    resting, off = z[0] == 0, np.zeros(z.shape[1], bool)
    for coefficient in z[1:]:
        off |= resting & (coefficient != 0) & ((coefficient > 0) != upper)
        resting = resting & (coefficient == 0)
    return off


def _polished(coefficients, root):
    """A root after two of Newton's steps, each taken if it comes nearer."""
    polynomial = np.polynomial.Polynomial(coefficients)
    slope = polynomial.deriv()
    for _ in range(2):
        nearer = root - polynomial(root) / slope(root) if slope(root) else root
        root = nearer if abs(polynomial(nearer)) <= abs(polynomial(root)) else root
    return float(root)


def _searched(network, W, delta, x, end, found):
    """First change of branch in (0, end] on a grid, then by halving; else what was found."""
    _, before, _ = passed(network, W, x)

    def changed(s):
        _, here, _ = passed(network, W + s * delta, x, before)
        return any(
            name in KINKED and (mine != theirs).any()
            for name, mine, theirs in zip(names(network), here, before)
        )

    low = 0.0
    for s in end * np.arange(1, _GRID + 1) / _GRID:
        if changed(s):
            for _ in range(_HALVINGS):
                middle = (low + s) / 2
                low, s = (low, middle) if changed(middle) else (middle, s)
            return min(float(s), found), False
        low = s
    return float(found), False
