"""Units of a physical state: what each settles at, and how it yields.

A unit of energy G(s) − a·s, which a cost ½β(s − y)² may pull as well, settles where

    G′(s) + βs = drive,   drive = a + βy;

without a cost that is s = σ(drive), with σ the inverse of G′. Where it was before is where the
search for it begins. Its compliance 1/G″(s) is 0 where a bound holds it. Each body takes the unit's
own stiffness and two numbers of its own beside.
"""

import math

from .elementary import exp, tanh_slope

BOUNDED, TANH, SIGMOID, DIODE, RHO_TANH, RHO_SIGMOID = range(6)
CLIPPED = BOUNDED, RHO_TANH, RHO_SIGMOID  # codes of units with bounds, if only infinite ones
MAPPED = RHO_TANH  # units from this code on show ρ(s) to their neighbours, and flow alone

_TRIES = 60  # of Newton's method, which keeps a bracket: at worst each one halves it


def bounded(drive, held, old, own, low, high):
    """s ∈ [low, high], G = ½·own·s²."""
    s = drive / (own + held)
    s = low if s < low else s
    return high if s > high else s


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

    def settle(drive, held, old, own, first, second):
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


def diode(drive, held, old, own, current, scale):
    """own·s + held·s + I·(e^{s/V} − 1) = drive, of a node with an exponential diode to ground.

    With I = `current` and V = `scale`. The function is convex and rises, so that Newton's method
    falls to the solution from any point beyond it: where resistors or diode alone carry all.
    """
    zero, one, stiff = type(drive)(0), type(drive)(1), own + held
    if drive > zero:
        high, alone = drive / stiff, scale * type(drive)(math.log1p(drive / current))
        high = alone if alone < high else high
    else:
        high = (drive + current) / stiff
        high = zero if high > zero else high
    s = high
    for _ in range(_TRIES):
        e = exp(s / scale)
        fall = (stiff * s + current * (e - one) - drive) / (stiff + current / scale * e)
        if s - fall == s or not fall > zero:  # Newton's tries fall; rounding does not
            break
        s -= fall
    return s


def free_between(s, own, low, high):
    """Compliance of a unit that has bounds."""
    return type(s)(1) / own if low < s < high else type(s)(0)


def compliance_of_tanh(s, own, first, second):
    """σ′ = 1 − s²."""
    return (type(s)(1) - s) * (type(s)(1) + s)


def compliance_of_sigmoid(s, own, first, second):
    """σ′ = 4s(1 − s)."""
    return type(s)(4) * s * (type(s)(1) - s)


def compliance_of_diode(s, own, current, scale):
    """1/(own + (I/V)·e^{s/V})."""
    return type(s)(1) / (own + current / scale * exp(s / scale))


# ---- units that show ρ(s) to their neighbours: E = ½s² − ρ(s)·a ----


def rho_tanh(s):
    """ρ = tanh."""
    return _tanh(s)[0]


def rho_sigmoid(s):
    """ρ = 1/(1 + e^{2−4s})."""
    return _sigmoid(s)[0]


def compliance_of_rho_tanh(s, own, low, high):
    """ρ′²/(1 − ρ″a) at rest, where s = ρ′(s)·a: of r = ρ(s), with ρ″ = −2ρρ′."""
    one = type(s)(1)
    t, slope = _tanh(s)
    return slope * slope / (one + (t + t) * s) if low < s < high else type(s)(0)


def compliance_of_rho_sigmoid(s, own, low, high):
    """The same with ρ″ = 4(1 − 2ρ)ρ′."""
    one, four = type(s)(1), type(s)(4)
    r, slope = _sigmoid(s)
    bend = one + four * (r + r - one) * s
    return slope * slope / bend if low < s < high else type(s)(0)


# ---- Euler steps of the flow, with the pull of a cost beside the drive of neighbours ----


def flow_bounded(a, drive, held, s, own, low, high, rate):
    """ṡ = a − own·s + drive − held·s, within bounds."""
    s += rate * (a + drive - (own + held) * s)
    s = low if s < low else s
    return high if s > high else s


def flow_tanh(a, drive, held, s, own, first, second, rate):
    """ṡ = σ(a + drive − held·s) − s: ∂E/∂s itself has no limit at s = ±1, and this falls too."""
    return s + rate * (_tanh(a + drive - held * s)[0] - s)


def flow_sigmoid(a, drive, held, s, own, first, second, rate):
    """The same of a sigmoid."""
    return s + rate * (_sigmoid(a + drive - held * s)[0] - s)


def flow_diode(a, drive, held, s, own, current, scale, rate):
    """ṡ = a − own·s − I(e^{s/V} − 1) + drive − held·s: a capacitor of 1 at the node."""
    one = type(s)(1)
    return s + rate * (a + drive - (own + held) * s - current * (exp(s / scale) - one))


def _flow_rho(sigma):
    def flow(a, drive, held, s, own, low, high, rate):
        s += rate * (sigma(s)[1] * a + drive - (own + held) * s)
        s = low if s < low else s
        return high if s > high else s

    return flow


flow_rho_tanh, flow_rho_sigmoid = _flow_rho(_tanh), _flow_rho(_sigmoid)

#: by their codes, which are their places here; those that are mapped settle at nothing exactly
SETTLED = (bounded, tanh, sigmoid, diode)
COMPLIANCES = (
    free_between,
    compliance_of_tanh,
    compliance_of_sigmoid,
    compliance_of_diode,
    compliance_of_rho_tanh,
    compliance_of_rho_sigmoid,
)
FLOWS = (flow_bounded, flow_tanh, flow_sigmoid, flow_diode, flow_rho_tanh, flow_rho_sigmoid)
#: of mapped codes
IMAGES = (rho_tanh, rho_sigmoid)
