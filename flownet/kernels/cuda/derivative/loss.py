"""The loss of a state on the device: P̂, Σq, each sample's ℓ, its covector, and how that responds.

One thread works a sample through.
"""

from collections import namedtuple
from functools import cache

from ...._compile._cuda import cuda, device
from ...layout import QUADRATIC
from ...scalar import elementary as of_numbers, loss as scalar
from ..base import elementary  # noqa: F401  stands for plain functions: before any body is made
from ..base.launch import kernel, over
from ..base.product import pull_product

Temperature = namedtuple("Temperature", "inverse_temperature")


@kernel("r[,] r[,] r[,]")
def errors(real):
    """e = Ŷ − Y."""

    def run(e, y_hat, y):
        n = y.shape[1]
        for i in range(cuda.grid(1), y.shape[0] * n, cuda.gridsize(1)):
            e[i // n, i % n] = y_hat[i // n, i % n] - y[i // n, i % n]

    return run


@kernel("r[,] r[,] r[] i8 r[,] f8[] r")
def quadratic(real):
    """½e·γe of each sample and scale·γe."""
    dot = device(scalar.dot, real)

    def run(e, ge, weights, weighted, covector, sample, scale):
        for s in range(cuda.grid(1), e.shape[0], cuda.gridsize(1)):
            weight = float(weights[s]) if weighted else 1.0
            sample[s] = 0.5 * weight * dot(e, ge, s)
            factor = real(weight) * scale
            for b in range(e.shape[1]):
                covector[s, b] = factor * ge[s, b]

    return run


@cache
def boltzmann_row(real):
    """(Ŷ, p, s, 1/kT) -> the largest exponent of row s; e^{(Ŷ − max)/kT} goes to row s of p."""
    exp = device(of_numbers.exp, real)

    @cuda.jit(device=True)
    def of_row(y_hat, p, s, beta):
        largest = y_hat[s, 0] * beta
        for b in range(1, p.shape[1]):
            largest = max(largest, y_hat[s, b] * beta)
        for b in range(p.shape[1]):
            p[s, b] = exp(y_hat[s, b] * beta - largest)
        return largest

    return of_row


@kernel("r[,] r[,] r[,] r[] r[,] f8[] f8 r")
def cross_entropy(real):
    """P̂, Σq, ℓ and scale·∂ℓ/∂Ŷ of each sample."""
    boltzmann, one = boltzmann_row(real), real(1)
    leading, of_row, balance = (
        device(body, real) for body in (scalar.leading, scalar.cross_entropy_of_row, scalar.balance)
    )

    def run(y_hat, q, p, mass, covector, sample, inverse_temperature, scale):
        beta = real(inverse_temperature)
        factor = beta * scale
        for s in range(cuda.grid(1), q.shape[0], cuda.gridsize(1)):
            largest = boltzmann(y_hat, p, s, beta)
            top, rest = leading(p, s)
            value, total = of_row(Temperature(inverse_temperature), y_hat, q, largest, rest, s)
            sample[s], mass[s] = value, total
            for b in range(q.shape[1]):
                p[s, b] /= rest + one
                covector[s, b] = (p[s, b] * total - q[s, b]) * factor
            if top >= 0:
                balance(covector, top, s)

    return run


def weigh(loss, e, ge, spare, m, n):
    """Γ·e·γ of errors or their changes (m, n) into ge; False where these stay as they are.

    `e`, `ge` and `spare` are flat arrays or `Part`s.
    """
    if loss.gamma is not None and loss.coupling is not None:
        pull_product(spare, e, loss.gamma, m, n, n)
        pull_product(ge, loss.coupling, spare, m, n, m)
    elif loss.gamma is not None:
        pull_product(ge, e, loss.gamma, m, n, n)
    elif loss.coupling is not None:
        pull_product(ge, loss.coupling, e, m, n, m)
    else:
        return False
    return True


def lose(loss, samples, state):
    """Losses and the covector on the output; for cross-entropy also P̂ and Σq."""
    m, n = samples.y.shape
    y_hat = state.units.matrix(0, state.net.weight.size - 1, m)
    covector, p = state.covector.of(m, n), state.p.of(m, n)
    if loss.kind == QUADRATIC:
        e = state.errors.of(m, n)
        errors(over(m * n), e, y_hat, samples.y)
        ge = p if weigh(loss, state.errors.array, state.p.array, state.spare.array, m, n) else e
        quadratic(
            over(m), e, ge, samples.weights, samples.weighted, covector, state.sample, state.scale
        )
    else:
        cross_entropy(
            over(m),
            y_hat,
            samples.y,
            p,
            state.mass,
            covector,
            state.sample,
            loss.inverse_temperature,
            state.scale,
        )


@kernel("r[,] r[,] r[] i8 r")
def scaled(real):
    """c ← scale·(change of γe), weighted."""

    def run(c, change, weights, weighted, scale):
        for s in range(cuda.grid(1), c.shape[0], cuda.gridsize(1)):
            factor = scale * weights[s] if weighted else scale
            for b in range(c.shape[1]):
                c[s, b] = factor * change[s, b]

    return run


@kernel("r[,] r[,] r[,] i8 r[,] r[] f8 r")
def turned(real):
    """c ← the change of scale·P̂Σq/kT along Y₁, or of second order along Y₁ and Y₂."""
    zero, half = real(0), real(0.5)

    def run(c, y1, y2, second, p, mass, inverse_temperature, scale):
        beta, classes = real(inverse_temperature), c.shape[1]
        for s in range(cuda.grid(1), c.shape[0], cuda.gridsize(1)):
            factor = beta * scale * mass[s]
            top = 0  # changes are counted from the leading class's, see `loss_series`
            for b in range(1, classes):
                top = b if p[s, b] > p[s, top] else top
            centre = zero
            for b in range(classes):
                c[s, b] = beta * (y1[s, b] - y1[s, top])
                centre += p[s, b] * c[s, b]
            for b in range(classes):
                c[s, b] -= centre  # z₁ − F₁
            if second:
                later = zero
                for b in range(classes):
                    c[s, b] = beta * (y2[s, b] - y2[s, top]) + half * c[s, b] * c[s, b]
                    later += p[s, b] * c[s, b]
                for b in range(classes):
                    c[s, b] -= later
            for b in range(classes):
                c[s, b] *= factor * p[s, b]

    return run


def respond_on_output(loss, samples, state, t, y1, y2):
    """Change of the covector along Y₁, or with a Y₂ of second order along both; kinds of units."""
    m, n = samples.y.shape
    top, c = state.net.weight.size - 1, t.covector.of(m, n)
    last = y1 if y2 is None else y2
    if loss.kind == QUADRATIC:
        part = t.units.part(last, top)
        moved = weigh(loss, part, t.covector.array, t.spare.array, m, n)
        change = c if moved else t.units.matrix(last, top, m)
        scaled(over(m), c, change, samples.weights, samples.weighted, state.scale)
    else:
        turned(
            over(m),
            c,
            t.units.matrix(y1, top, m),
            t.units.matrix(last, top, m),
            y2 is not None,
            state.p.of(m, n),
            state.mass,
            loss.inverse_temperature,
            state.scale,
        )
