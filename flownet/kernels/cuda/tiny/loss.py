"""The loss of one sample by one thread, its outputs in a column, and G_z = φ′·∂ℓ/∂a in its slopes.

The equations are those of `kernels.scalar.loss`; a column is a matrix (1, n) or the row of one.
"""

from collections import namedtuple

from ...._compile._cuda import columns_of, cuda, device, load1, store1
from ...layout import QUADRATIC
from ...scalar import loss as scalar
from ...scalar.elementary import exp
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made

#: what the scalar bodies want of a loss
Warm = namedtuple("Warm", "inverse_temperature")


def make_loss(real, plan, kind, plain):
    """Device function: weighted loss of sample s, its slopes φ′ becoming cotangents.

    Called with the array of a block, s, γ (n_out, n_out) flat unless the loss is `plain`, 1/kT, the
    sample's weight, and 1/m.
    """
    return _quadratic(real, plan, plain) if kind == QUADRATIC else _cross_entropy(real, plan)


def _quadratic(real, plan, plain):
    n, stride, outputs, truth, slopes = plan.n_y, plan.stride, plan.outputs, plan.truth, plan.slopes

    @cuda.jit(device=True)
    def loss(u, s, gamma, beta, weight, scale):
        a, y, slope = outputs + s, truth + s, slopes + s
        factor, total = real(weight) * scale, 0.0
        for b in range(n):
            e = load1(u, a + b * stride) - load1(u, y + b * stride)
            ge = e
            if not plain:
                ge = real(0)
                for c in range(n):
                    other = load1(u, a + c * stride) - load1(u, y + c * stride)
                    ge += load1(gamma, b * n + c) * other
            total += float(e) * float(ge)
            store1(u, slope + b * stride, load1(u, slope + b * stride) * (factor * ge))
        return 0.5 * weight * total

    return loss


def _cross_entropy(real, plan):
    n, stride, outputs, truth, slopes = plan.n_y, plan.stride, plan.outputs, plan.truth, plan.slopes
    boltzmann = plan.boltzmann
    exp_of, leading = device(exp, real), device(scalar.leading, real)
    of_row, balance = device(scalar.cross_entropy_of_row, real), device(scalar.balance, real)

    @cuda.jit(device=True)
    def loss(u, s, gamma, beta, weight, scale):
        y_hat, q = columns_of(u, outputs, n, stride), columns_of(u, truth, n, stride)
        p = columns_of(u, boltzmann, n, stride)
        slope, warm = slopes + s, real(beta)
        largest = y_hat[s, 0] * warm
        for b in range(1, n):
            largest = max(largest, y_hat[s, b] * warm)
        for b in range(n):
            p[s, b] = exp_of(y_hat[s, b] * warm - largest)
        top, rest = leading(p, s)
        value, mass = of_row(Warm(beta), y_hat, q, largest, rest, s)
        share = mass / (rest + real(1))
        for b in range(n):
            p[s, b] = (p[s, b] * share - q[s, b]) * (warm * scale)
        if top >= 0:
            balance(p, top, s)
        for b in range(n):
            store1(u, slope + b * stride, load1(u, slope + b * stride) * p[s, b])
        return value

    return loss
