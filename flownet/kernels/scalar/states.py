"""Units of a physical state: what each settles at, and how it yields.

A unit of energy G(s) − a·s, which a cost ½β(s − y)² may pull as well, settles where

    G′(s) + βs = drive,   drive = a + βy;

without a cost that is s = σ(drive), with σ the inverse of G′. Where it was before is where the
search for it begins. Its compliance 1/G″(s) = σ′ is 0
where a bound holds it.
"""

from .elementary import tanh_slope

CLIPPED, LINEAR, RELU, TANH, SIGMOID = range(5)
#: units by name: s on [0, 1]; any s; s ≥ 0; tanh; the sigmoid of slope one, 1/(1 + e^{2−4a})
UNITS = {
    "hard-sigmoid": CLIPPED,
    "identity": LINEAR,
    "relu": RELU,
    "tanh": TANH,
    "sigmoid4": SIGMOID,
}
SMOOTH = (LINEAR, TANH, SIGMOID)  # units that have no kink

_TRIES = 60  # of Newton's method, which keeps a bracket: at worst each one halves it


def clipped(drive, held, old):
    """s ∈ [0, 1], G = ½s²."""
    zero, one = type(drive)(0), type(drive)(1)
    s = drive / (one + held)
    s = zero if s < zero else s
    return one if s > one else s


def linear(drive, held, old):
    """G = ½s²."""
    return drive / (type(drive)(1) + held)


def relu(drive, held, old):
    """s ≥ 0, G = ½s²."""
    s = drive / (type(drive)(1) + held)
    return type(drive)(0) if s < type(drive)(0) else s


def _tanh(z):
    """σ and σ′."""
    return tanh_slope(z)


def _sigmoid(z):
    """σ = 1/(1 + e^{2−4z}) = ½(1 + tanh(2z − 1)) and σ′."""
    one = type(z)(1)
    t, slope = tanh_slope(z + z - one)
    return (one + t) / type(z)(2), slope


def _settled(sigma, low, high):
    """Where z + βσ(z) = drive: s = σ(z), from an old s on; σ lies between `low` and `high`."""

    def settle(drive, held, old):
        zero = type(drive)(0)
        if held == zero:
            return sigma(drive)[0]
        below, above = drive - held * type(drive)(high), drive - held * type(drive)(low)
        if below > above:
            below, above = above, below
        z = drive - held * old
        s, slope = sigma(z)
        for _ in range(_TRIES):
            miss = z + held * s - drive
            size = abs(z) + abs(held)
            if size + miss / type(drive)(4) == size:  # rounding is all that is left
                break
            if miss > zero:
                above = z
            else:
                below = z
            new = z - miss / (type(drive)(1) + held * slope)
            if not below < new < above:
                new = (below + above) / type(drive)(2)
            if new == z:
                break
            z = new
            s, slope = sigma(z)
        return s

    return settle


tanh, sigmoid = _settled(_tanh, -1, 1), _settled(_sigmoid, 0, 1)


def free_between(s):
    """Compliance of a unit on [0, 1]."""
    return type(s)(1) if type(s)(0) < s < type(s)(1) else type(s)(0)


def free(s):
    """Compliance of a unit without bounds."""
    return type(s)(1)


def free_above(s):
    """Compliance of a unit s ≥ 0."""
    return type(s)(1) if s > type(s)(0) else type(s)(0)


def compliance_of_tanh(s):
    """σ′ = 1 − s²."""
    return (type(s)(1) - s) * (type(s)(1) + s)


def compliance_of_sigmoid(s):
    """σ′ = 4s(1 − s)."""
    return type(s)(4) * s * (type(s)(1) - s)


#: by their codes, which are their places here
SETTLED = (clipped, linear, relu, tanh, sigmoid)
COMPLIANCES = (free_between, free, free_above, compliance_of_tanh, compliance_of_sigmoid)
