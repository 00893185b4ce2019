"""The losses of one sample, a row of outputs (TM 27-32).

Quadratic: ℓ = ½ e·γe with e = Ŷ − Y. Cross-entropy at temperature kT: ℓ = −Σ q log P̂ with
P̂ = softmax(Ŷ/kT).
"""

import math

LEAD = 1 / 64  # what the other classes add up to where one leads by far


def dot(a, b, s):
    """⟨a, b⟩ of row s, summed in float64."""
    total = 0.0
    for i in range(a.shape[1]):
        total += float(a[s, i]) * float(b[s, i])
    return total


def weight_of(weights, s):
    """Importance of sample s, 1 without weights."""
    return float(weights[s]) if weights.size else 1.0


def leading(p, s):
    """The class of row s that leads by far, or −1, and Σ_b p_b without the largest, e⁰ = 1.

    Where one class leads, all that moves is in the others: 1 − P̂ and log Σp would cancel.
    """
    total = p[s, 0]
    for b in range(1, p.shape[1]):
        total += p[s, b]
    one = p.dtype.type(1)
    if not total < one + p.dtype.type(LEAD):
        return -1, total - one
    top, zero = 0, total - total
    rest = zero
    for b in range(p.shape[1]):  # without branches, which nobody could predict
        top = b if p[s, b] == one else top
        rest += zero if p[s, b] == one else p[s, b]
    return top, rest


def cross_entropy_of_row(loss, y_hat, q, largest, rest, s):
    """−Σ q log P̂ and Σ q of row s."""
    beta = y_hat.dtype.type(loss.inverse_temperature)
    mass = beta - beta
    value = 0.0
    for b in range(q.shape[1]):
        mass += q[s, b]
        value += float(q[s, b]) * (float(largest) - float(y_hat[s, b] * beta))
    rest = float(rest)
    log_total = math.log1p(rest) if rest < LEAD else math.log(1.0 + rest)  # the latter is quicker
    return value + float(mass) * log_total, mass


def balance(covector, top, s):
    """The entry of the leading class: all of them add up to 0."""
    total = covector[s, 0] - covector[s, 0]
    for b in range(covector.shape[1]):
        total += covector[s, b] if b != top else covector.dtype.type(0)
    covector[s, top] = -total
