"""The losses of samples that lie side by side, in vectors of samples: to the bit those of `loss`.

Outputs and covectors are (n, m) from an address on, one output a row, one sample a column.
"""

import math

import numpy as np

from ...._compile import part, separate
from ...scalar.loss import LEAD
from ..base.elementary import exp
from ..base.transpose import turn
from ..base.views import shift
from .loss import weight_of


@part(inline=True)
def quadratic_aside(a, y, weights, g, n, m, sample, scale):
    """½e² of each sample; g ← g·scale·e, where φ′ of the outputs is."""
    for s in range(m):
        weight, total = weight_of(weights, s), 0.0
        factor = scale.dtype.type(weight) * scale[0]
        for b in range(n):
            e = a[b * m + s] - y[s * n + b]
            total += e * e
            g[b * m + s] *= factor * e
        sample[s] = 0.5 * weight * total


@part
def _largest(a, top, n, m):
    for s in range(m):
        top[s] = a[s]
    for b in range(1, n):
        for s in range(m):
            top[s] = max(top[s], a[b * m + s])


@part
def _boltzmann(a, top, p, n, m):
    for b in range(n):
        for s in range(m):
            p[b * m + s] = a[b * m + s] - top[s]
    for i in range(n * m):
        p[i] = exp(p[i])


@part
def _lead(p, total, rest, leader, n, m, one):
    """The class that leads by far, or −1, and Σp without the largest: `scalar.loss.leading`."""
    zero = one - one
    for s in range(m):
        total[s], rest[s], leader[s] = p[s], zero, zero
    for b in range(n):
        for s in range(m):
            total[s] += zero if b == 0 else p[b * m + s]
            largest = p[b * m + s] == one
            rest[s] += zero if largest else p[b * m + s]
            leader[s] = type(one)(b) if largest else leader[s]
    bound = one + type(one)(LEAD)
    for s in range(m):
        leads = total[s] < bound
        rest[s] = rest[s] if leads else total[s] - one
        leader[s] = leader[s] if leads else -one


@part
def _losses(a, q, top, rest, mass, n, m, sample):
    """−Σ q log P̂ and Σq: `scalar.loss.cross_entropy_of_row`."""
    for s in range(m):
        mass[s], sample[s] = top[s] - top[s], 0.0
    for b in range(n):
        for s in range(m):
            mass[s] += q[b * m + s]
            sample[s] += q[b * m + s] * (np.float64(top[s]) - a[b * m + s])
    for s in range(m):
        others = rest[s]
        log_total = math.log1p(others) if others < LEAD else math.log(1.0 + others)
        sample[s] += mass[s] * log_total


@part
def _covectors(p, q, rest, mass, leader, balance, n, m, one, factor):
    """(P̂Σq − q)·factor into p, and of a leader what makes the sum 0."""
    for s in range(m):
        mass[s] = mass[s] / (rest[s] + one)
    for b in range(n):
        for s in range(m):
            p[b * m + s] = (p[b * m + s] * mass[s] - q[b * m + s]) * factor
    for s in range(m):
        balance[s] = p[s] - p[s]
    for b in range(n):
        for s in range(m):
            balance[s] += one - one if leader[s] == type(one)(b) else p[b * m + s]
    for b in range(n):
        for s in range(m):
            p[b * m + s] = -balance[s] if leader[s] == type(one)(b) else p[b * m + s]


@separate
def cross_entropy_aside(loss, a, y, g, room, n, m, sample, scale):
    """Losses of each sample; g ← g·scale·∂ℓ/∂Ŷ. Outputs a and the room are written to."""
    kind = scale.dtype.type
    beta, one = kind(loss.inverse_temperature), kind(1)
    p, q, rows = room, shift(room, n * m), shift(room, 2 * n * m)
    top, total, rest = rows, shift(rows, m), shift(rows, 2 * m)
    mass, leader, balance = shift(rows, 3 * m), shift(rows, 4 * m), shift(rows, 5 * m)
    for i in range(n * m):
        a[i] = a[i] * beta
    turn(q, y, m, n)
    _largest(a, top, n, m)
    _boltzmann(a, top, p, n, m)
    _lead(p, total, rest, leader, n, m, one)
    _losses(a, q, top, rest, mass, n, m, sample)
    _covectors(p, q, rest, mass, leader, balance, n, m, one, beta * scale[0])
    for i in range(n * m):
        g[i] *= p[i]
