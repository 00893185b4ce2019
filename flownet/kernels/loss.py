"""The losses of a few samples and their covector on the output (TM 27-32).

Quadratic: ℓ = ½ e·γe with e = Ŷ − Y, covector γe; samples weighted by a diagonal Γ or coupled by a
full one. Cross-entropy at temperature kT: ℓ = −Σ q log P̂ with P̂ = softmax(Ŷ/kT), covector
(P̂ Σq − q)/kT; its truth arrives as q = ΓPγ already.
"""

import math

from .._compile import jit, separate
from .activation import constant
from .elementary import exp
from .pointwise import copy
from .product import product
from .simd import address, flat

QUADRATIC, CROSS_ENTROPY = 0, 1


@jit(cached=False)
def metric_errors(loss, e, ge, zeros):
    """γe of errors e (m, n); without an output metric e itself."""
    if loss.gamma.size == 0:
        copy(flat(ge), flat(e))
    else:
        product(ge, address(zeros), 0, e, loss.gamma)


@jit(cached=False)
def couple(loss, ge, out, zeros):
    """Γ·(γe) over the samples."""
    product(out, address(zeros), 0, loss.coupling, ge)


@jit(cached=False)
def _quadratic(loss, y_hat, y, weights, covector, scratch, zeros, sample, scale):
    rows, n = y_hat.shape
    for s in range(rows):
        for b in range(n):
            scratch[s, b] = y_hat[s, b] - y[s, b]
    metric_errors(loss, scratch, covector, zeros)
    if loss.coupling.size:
        copy(flat(scratch), flat(covector))
        couple(loss, scratch, covector, zeros)
        for s in range(rows):
            for b in range(n):
                scratch[s, b] = y_hat[s, b] - y[s, b]
    for s in range(rows):
        total = 0.0
        for b in range(n):
            total += float(scratch[s, b]) * float(covector[s, b])
        weight = weights[s] if weights.size else scale * constant(scale, 0) + constant(scale, 1)
        sample[s] = 0.5 * total * weight
        for b in range(n):
            covector[s, b] *= weight * scale


@jit(cached=False)
def boltzmann(loss, y_hat, p, s):
    """Unnormalised P̂ of row s into p; its sum, and the largest Ŷ/kT."""
    kt = y_hat.dtype.type(loss.inverse_temperature)
    largest = y_hat[s, 0] * kt
    for b in range(1, y_hat.shape[1]):
        largest = max(largest, y_hat[s, b] * kt)
    total = kt - kt
    for b in range(y_hat.shape[1]):
        p[s, b] = exp(y_hat[s, b] * kt - largest)
    for b in range(y_hat.shape[1]):
        total += p[s, b]
    return total, largest


@jit(cached=False)
def _cross_entropy(loss, y_hat, q, covector, sample, scale):
    kt = y_hat.dtype.type(loss.inverse_temperature)
    rows, n = y_hat.shape
    for s in range(rows):
        total, largest = boltzmann(loss, y_hat, covector, s)
        log_total = largest + math.log(total)
        value = 0.0
        mass = kt - kt
        for b in range(n):
            value += float(q[s, b]) * float(log_total - y_hat[s, b] * kt)
            mass += q[s, b]
        sample[s] = value
        for b in range(n):
            covector[s, b] = (covector[s, b] * (mass / total) - q[s, b]) * (kt * scale)


@separate
def covector_on_output(loss, y_hat, y, weights, covector, scratch, zeros, sample, scale):
    """Losses ℓ_s of some rows into `sample`, scale·∂ℓ/∂Ŷ into `covector`."""
    if loss.kind == QUADRATIC:
        _quadratic(loss, y_hat, y, weights, covector, scratch, zeros, sample, scale)
    else:
        _cross_entropy(loss, y_hat, y, covector, sample, scale)
