"""Landscapes whose minima and passes are known, and the symmetry that flips a unit."""

from landscapes import LANDSCAPES

import flownet as fn

MULLER_BROWN = LANDSCAPES[1]
MINIMA = [
    (-0.558223634633, 1.441725841805, -146.6995172),
    (-0.050010822998, 0.466694104872, -80.7678181),
    (0.623499404931, 0.028037758529, -108.1667241),
]
SADDLES = [
    (-0.822001558733, 0.624312802815, -40.6648435),
    (0.212486582001, 0.292988325107, -72.2489401),
]


def xor(hidden=2, decay=0.0):
    """The exclusive or, and its network."""
    net = fn.Network([2, hidden, 1])
    potential = fn.Potential(net, fn.Quadratic(), fn.data.load("xor"))
    return (potential + decay * fn.Parabola(net.size) if decay else potential), net


def flipped(net, W, unit):
    """The same map: one tanh unit with all its signs changed."""
    W = W.copy()
    (weights, bias), (above, _) = net.unpack(W)
    for part in (weights[unit], bias[unit : unit + 1], above[:, unit]):
        part *= -1
    return W
