"""Truncated Taylor series of every sample's loss from those of its outputs.

Quadratic: ℓ_k = ½ Σ_i ⟨e_i, γe_{k−i}⟩. Cross-entropy with z = Ŷ/kT: the log-sum-exp F and the
probabilities p obey F′ = Σ_b p_b·z_b′ and p_b′ = p_b·(z_b′ − F′), order by order. The series z is
counted from that of the leading class and centred on F as it goes, since Σ_b p_b is 1 at order 0
and 0 at every other: nothing cancels.
"""

from ...._compile import part, separate
from ...layout import QUADRATIC
from ..base.pointwise import clear
from ..base.views import flat, view
from ..layers.loss import boltzmann, cross_entropy_of_row, dot, leading, metric, weight_of


@part
def _quadratic_series(loss, y_hat, y, weights, g, scratch, zeros, terms):
    """The series y_hat (K+1, m·n) becomes that of the errors, g that of Γ·e·γ."""
    m, n = y.shape
    orders = y_hat.shape[0]
    e_0 = view(y_hat[0], 0, m, n)
    for s in range(m):
        for b in range(n):
            e_0[s, b] -= y[s, b]
    for k in range(orders):
        metric(loss, view(y_hat[k], 0, m, n), view(g[k], 0, m, n), scratch, zeros)
    for k in range(orders):
        for s in range(m):
            total = 0.0
            for i in range((k + 1) // 2):
                total += dot(view(y_hat[i], 0, m, n), view(g[k - i], 0, m, n), s)
            if k % 2 == 0:
                total += 0.5 * dot(view(y_hat[k // 2], 0, m, n), view(g[k // 2], 0, m, n), s)
            terms[s, k] = weight_of(weights, s) * total


@part
def _earlier(z, p, k):
    """p_k ← Σ_{0<j<k} (j/k)·z_j·p_{k−j}, for all outputs of all samples at once."""
    clear(p[k])
    for j in range(1, k):
        factor = z.dtype.type(j / k)
        for i in range(z.shape[1]):
            p[k, i] += factor * z[j, i] * p[k - j, i]


@part
def _cross_entropy_series(loss, y_hat, q, p, masses, terms):
    """The series y_hat (K+1, m·n) becomes that of z − F, p (K+1, m·n) that of the probabilities."""
    m, n = q.shape
    p_0 = view(p[0], 0, m, n)
    real = y_hat.dtype.type
    beta = real(loss.inverse_temperature)
    boltzmann(loss, view(y_hat[0], 0, m, n), p_0, masses)
    for s in range(m):
        top, rest = leading(p_0, s)
        terms[s, 0], masses[s] = cross_entropy_of_row(
            loss, view(y_hat[0], 0, m, n), q, masses[s], rest, s
        )
        for b in range(n):
            p_0[s, b] /= rest + real(1)
        y_hat[0, s * n] = real(max(top, 0))  # order 0 is used up: it keeps who leads
    for k in range(1, y_hat.shape[0]):
        _earlier(y_hat, p, k)
        for s in range(m):
            first, top = s * n, s * n + int(y_hat[0, s * n])
            slope = later = mean = 0.0  # Σ_b (p_b·Σq − q_b)·z_b, the orders below k, Σ_b p_b·z_b
            mass, lead = float(masses[s]), y_hat[k, top]
            for i in range(first, first + n):
                z = float(beta * (y_hat[k, i] - lead))
                slope += (mass * float(p[0, i]) - float(q[s, i - first])) * z
                mean += float(p[0, i]) * z
                later += float(p[k, i])
            terms[s, k] = slope + mass * later
            centre = real(mean + later)
            for i in range(first, first + n):
                y_hat[k, i] = beta * (y_hat[k, i] - lead) - centre
                p[k, i] += y_hat[k, i] * p[0, i]


@separate
def loss_series(loss, y_hat, y, weights, g, scratch, zeros, terms):
    """Coefficients of ℓ_s along the outputs' series y_hat (K+1, m·n), a row of `terms` a sample.

    The series y_hat is used up; g (K+1, m·n) is scratch.
    """
    if loss.kind == QUADRATIC:
        _quadratic_series(loss, y_hat, y, weights, g, scratch, zeros, terms)
    else:
        _cross_entropy_series(loss, y_hat, y, g, flat(scratch)[: y.shape[0]], terms)
