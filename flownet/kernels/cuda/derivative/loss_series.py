"""Truncated Taylor series of every sample's loss from those of its outputs, one thread a sample.

Quadratic: ℓ_k = ½ Σ_i ⟨e_i, γe_{k−i}⟩. Cross-entropy with z = Ŷ/kT: the log-sum-exp F and the
probabilities p obey F′ = Σ_b p_b·z_b′ and p_b′ = p_b·(z_b′ − F′), order by order. The series z is
counted from that of the leading class and centred on F as it goes, since Σ_b p_b is 1 at order 0
and 0 at every other: nothing cancels.

A series (orders·m, n) has all samples' order 0 first, then their order 1, and so on.
"""

from ...._compile._cuda import cuda, device
from ...layout import QUADRATIC
from ...scalar import loss as scalar
from ..base.launch import kernel, over
from ..base.product import Part
from .loss import Temperature, boltzmann_row, errors, weigh


@kernel("r[,] r[,] r[] i8 f8[,]")
def quadratic_terms(real):
    """ℓ_k of each sample, from the series of errors e and of Γ·e·γ."""
    dot = device(scalar.dot, real)

    def run(e, ge, weights, weighted, terms):
        m, orders = terms.shape
        for s in range(cuda.grid(1), m, cuda.gridsize(1)):
            weight = float(weights[s]) if weighted else 1.0
            for k in range(orders):
                total = 0.0
                for i in range((k + 1) // 2):
                    total += dot(e[i * m : i * m + m], ge[(k - i) * m : (k - i) * m + m], s)
                if k % 2 == 0:
                    at = k // 2 * m
                    total += 0.5 * dot(e[at : at + m], ge[at : at + m], s)
                terms[s, k] = weight * total

    return run


@kernel("r[,] r[,] r[,] f8 f8[,]")
def cross_entropy_terms(real):
    """ℓ_k of each sample; the series y_hat becomes that of z − F, p that of the probabilities."""
    boltzmann, one, zero = boltzmann_row(real), real(1), real(0)
    leading, of_row = (device(body, real) for body in (scalar.leading, scalar.cross_entropy_of_row))

    def run(y_hat, q, p, inverse_temperature, terms):
        (m, orders), n, beta = terms.shape, q.shape[1], real(inverse_temperature)
        for s in range(cuda.grid(1), m, cuda.gridsize(1)):
            largest = boltzmann(y_hat, p, s, beta)
            top, rest = leading(p, s)
            value, total = of_row(Temperature(inverse_temperature), y_hat, q, largest, rest, s)
            terms[s, 0], mass, top = value, float(total), max(top, 0)
            for b in range(n):
                p[s, b] /= rest + one
            for k in range(1, orders):
                row = k * m + s
                lead = y_hat[row, top]
                slope = later = mean = 0.0  # Σ_b (p_b·Σq − q_b)·z_b, orders below k, Σ_b p_b·z_b
                for b in range(n):
                    earlier = zero  # Σ_{0<j<k} (j/k)·z_j·p_{k−j}
                    for j in range(1, k):
                        earlier += real(j / k) * y_hat[j * m + s, b] * p[row - j * m, b]
                    p[row, b] = earlier
                    z = float(beta * (y_hat[row, b] - lead))
                    slope += (mass * float(p[s, b]) - float(q[s, b])) * z
                    mean += float(p[s, b]) * z
                    later += float(earlier)
                terms[s, k] = slope + mass * later
                centre = real(mean + later)
                for b in range(n):
                    y_hat[row, b] = beta * (y_hat[row, b] - lead) - centre
                    p[row, b] += y_hat[row, b] * p[s, b]

    return run


def loss_series(loss, samples, jet, y_hat, other, orders):
    """Coefficients of ℓ_s along the outputs' series into `jet.found`, a row a sample.

    Both `y_hat` and `other` are `Matrices`; the series in the first is used up.
    """
    m, n = samples.y.shape
    series, room, terms = (
        y_hat.of(orders * m, n),
        other.of(orders * m, n),
        jet.found.of(m, orders),
    )
    if loss.kind == QUADRATIC:
        e_0 = y_hat.of(m, n)
        errors(over(m * n), e_0, e_0, samples.y)
        weighed = False
        for k in range(orders):
            e, ge = Part(y_hat.array, k * m * n), Part(other.array, k * m * n)
            weighed = weigh(loss, e, ge, jet.spare.array, m, n)
        ge = room if weighed else series
        quadratic_terms(over(m), series, ge, samples.weights, samples.weighted, terms)
    else:
        cross_entropy_terms(over(m), series, samples.y, room, loss.inverse_temperature, terms)
