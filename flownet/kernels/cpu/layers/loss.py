"""The losses of a few samples, and their covector on the output (TM 27-32).

Quadratic: ℓ = ½ e·γe with e = Ŷ − Y, covector γe; samples are weighted by a diagonal Γ or coupled
by a full one. Cross-entropy at temperature kT: ℓ = −Σ q log P̂ with P̂ = softmax(Ŷ/kT), covector
(P̂ Σq − q)/kT; its truth arrives as q = ΓPγ already.
"""

from ...._compile import compiled, part, separate
from ...layout import QUADRATIC
from ...scalar import loss as scalar
from ..base.elementary import exp
from ..base.pointwise import copy
from ..base.product import product
from ..base.views import address, flat

dot, weight_of, leading, cross_entropy_of_row, balance = (
    compiled(body, inline=False)
    for body in (
        scalar.dot,
        scalar.weight_of,
        scalar.leading,
        scalar.cross_entropy_of_row,
        scalar.balance,
    )
)


@part
def metric(loss, e, ge, scratch, zeros):
    """Γ·e·γ of errors or their changes (m, n): the samples' metric times the outputs'."""
    first, second = (scratch, ge) if loss.coupling.size else (ge, scratch)
    if loss.gamma.size:
        product(first, address(zeros), 0, e, loss.gamma)
    else:
        copy(flat(first), flat(e))
    if loss.coupling.size:
        product(second, address(zeros), 0, loss.coupling, first)


@part
def _quadratic(loss, y_hat, y, weights, covector, errors, scratch, zeros, sample, scale):
    for s in range(y.shape[0]):
        for b in range(y.shape[1]):
            errors[s, b] = y_hat[s, b] - y[s, b]
    plain = loss.gamma.size == 0 and loss.coupling.size == 0
    ge = errors if plain else covector
    if not plain:
        metric(loss, errors, covector, scratch, zeros)
    for s in range(y.shape[0]):
        weight = weight_of(weights, s)
        sample[s] = 0.5 * weight * dot(errors, ge, s)
        factor = scale.dtype.type(weight) * scale[0]
        for b in range(y.shape[1]):
            covector[s, b] = factor * ge[s, b]


@part
def boltzmann(loss, y_hat, p, largest):
    """e^{(Ŷ − max)/kT} into p (m, n), each row's largest exponent max/kT into `largest` (m,)."""
    beta = y_hat.dtype.type(loss.inverse_temperature)
    for s in range(p.shape[0]):
        top = y_hat[s, 0] * beta
        for b in range(1, p.shape[1]):
            top = max(top, y_hat[s, b] * beta)
        largest[s] = top
        for b in range(p.shape[1]):
            p[s, b] = y_hat[s, b] * beta - top
    exponents = flat(p)
    for i in range(exponents.size):  # all rows at once, in whole vector registers
        exponents[i] = exp(exponents[i])


@part
def _cross_entropy(loss, y_hat, q, covector, sample, scale):
    beta = y_hat.dtype.type(loss.inverse_temperature)
    boltzmann(loss, y_hat, covector, sample)
    for s in range(q.shape[0]):
        top, rest = leading(covector, s)
        sample[s], mass = cross_entropy_of_row(loss, y_hat, q, sample[s], rest, s)
        share = mass / (rest + scale.dtype.type(1))
        for b in range(q.shape[1]):
            covector[s, b] = (covector[s, b] * share - q[s, b]) * (beta * scale[0])
        if top >= 0:
            balance(covector, top, s)


@part
def cross_entropy_state(loss, y_hat, q, p, mass, covector, sample, scale):
    """P̂ and Σq of some rows beside their losses and scale·∂ℓ/∂Ŷ."""
    beta = y_hat.dtype.type(loss.inverse_temperature)
    boltzmann(loss, y_hat, p, sample)
    for s in range(q.shape[0]):
        top, rest = leading(p, s)
        sample[s], mass[s] = cross_entropy_of_row(loss, y_hat, q, sample[s], rest, s)
        for b in range(q.shape[1]):
            p[s, b] /= rest + p.dtype.type(1)
            covector[s, b] = (p[s, b] * mass[s] - q[s, b]) * (beta * scale[0])
        if top >= 0:
            balance(covector, top, s)


@separate
def covector_on_output(loss, y_hat, y, weights, covector, errors, scratch, zeros, sample, scale):
    """Losses ℓ_s of some rows into `sample`, scale·∂ℓ/∂Ŷ into `covector`."""
    if loss.kind == QUADRATIC:
        _quadratic(loss, y_hat, y, weights, covector, errors, scratch, zeros, sample, scale)
    else:
        _cross_entropy(loss, y_hat, y, covector, sample, scale)
