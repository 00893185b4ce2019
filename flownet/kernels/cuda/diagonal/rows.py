"""Pushes that come to the outputs: what the loss does with them, one thread a push.

Row r of a matrix of pushes is that of sample r % m, m the samples.
"""

from ...._compile._cuda import cuda
from ...layout import QUADRATIC
from ..base.launch import kernel, over
from ..base.product import pull_product


@kernel("r[] r[] r[] i8 r f8 i8")
def factors(real):
    """The factor of each sample's ℓ″: scale/kT²·Σq of a cross-entropy, or scale times a weight."""

    def run(factor, mass, weights, weighted, scale, inverse_temperature, softmax):
        beta = real(inverse_temperature)
        for s in range(cuda.grid(1), factor.size, cuda.gridsize(1)):
            found = scale
            if softmax:
                found = scale * beta * beta * mass[s]
            elif weighted:
                found = scale * weights[s]
            factor[s] = found

    return run


@kernel("r[] i8 i8 i8 i8 r[] r[,] r[] i8")
def own_curvature(real):
    """factor·∂²ℓ/∂ŷ² of each output by itself, for a loss with probabilities or a metric γ."""
    one, zero = real(1), real(0)

    def run(h, at, n, softmax, metric, factor, p, gamma, rows):
        for i in range(cuda.grid(1), rows * n, cuda.gridsize(1)):
            s, c = i // n, i % n
            if softmax:
                rest = zero  # 1 − p, which would cancel where p is near 1
                for b in range(n):
                    rest += p[s, b] if b != c else zero
                h[at + i] = factor[s] * rest * p[s, c]
            else:
                h[at + i] = factor[s] * (gamma[c * n + c] if metric else one)

    return run


@kernel("r[] i8 i8 i8 r[,] r[,] r[,] i8 r[] i8")
def add_curvature(real):
    """h of a layer's units, from the `unit`-th on, += factor·ℓ″(ẏ,ẏ) of pushes at them."""
    zero = real(0)

    def run(h, at, n, unit, y, gy, p, softmax, factor, rows):
        for r in range(cuda.grid(1), y.shape[0], cuda.gridsize(1)):
            s, classes, total = r % rows, y.shape[1], zero
            if softmax:
                top, mean = 0, zero  # counted from the leading class
                for b in range(1, classes):
                    top = b if p[s, b] > p[s, top] else top
                for b in range(classes):
                    mean += p[s, b] * (y[r, b] - y[r, top])
                for b in range(classes):
                    d = y[r, b] - y[r, top] - mean
                    total += p[s, b] * d * d
            else:
                for b in range(classes):
                    total += gy[r, b] * y[r, b]
            h[at + s * n + unit + r // rows] += factor[s] * total

    return run


@kernel("r[] i8 i8 i8 i8 r[,] r[,] r[,] r[,] r[,] r[,] i8 r[] f8 i8")
def add_third(real):
    """h, dh/ds and t of a layer's units += what the loss does with pushes at them."""
    zero, two, three = real(0), real(2), real(3)

    def run(
        found,
        size,
        at,
        n,
        unit,
        y,
        y11,
        y2,
        gy,
        p,
        along,
        softmax,
        factor,
        inverse_temperature,
        rows,
    ):
        beta, classes = real(inverse_temperature), y.shape[1]
        for r in range(cuda.grid(1), y.shape[0], cuda.gridsize(1)):
            s, h, dh, t = r % rows, zero, zero, zero
            top, mean, middle = 0, zero, zero
            if softmax:
                for b in range(1, classes):
                    top = b if p[s, b] > p[s, top] else top
                for b in range(classes):
                    mean += p[s, b] * (y[r, b] - y[r, top])
                    middle += p[s, b] * (along[s, b] - along[s, top])
            for b in range(classes):
                if softmax:
                    d = y[r, b] - y[r, top] - mean
                    g = factor[s] * (p[s, b] * d)
                    cubic = g * d
                    dh += cubic * (beta * (along[s, b] - along[s, top] - middle))
                    t += beta * cubic * d
                else:
                    d, g = y[r, b], factor[s] * gy[r, b]
                h += g * d
                dh += two * g * y11[r, b]
                t += three * g * y2[r, b]
            i = at + s * n + unit + r // rows
            found[i] += h
            found[size + i] += dh
            found[2 * size + i] += t

    return run


def set_factors(factor, loss, samples, state):
    """The factor of each sample's ℓ″ (rows,)."""
    factors(
        over(samples.rows),
        factor,
        state.mass,
        samples.weights,
        samples.weighted,
        state.scale,
        loss.inverse_temperature,
        loss.kind != QUADRATIC,
    )


def weighed(loss, y, gy, pushes, n):
    """The `Matrices` that hold γẏ of so many pushes; the metric of samples plays no part."""
    if loss.kind != QUADRATIC or loss.gamma is None:
        return y
    pull_product(gy.array, y.array, loss.gamma, pushes, n, n)
    return gy
