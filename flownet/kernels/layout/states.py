"""What relaxations of layered states take: named tuples of arrays and numbers, and codes.

A state of m samples is one flat array, layer by layer, in each layer one sample a row.
"""

from collections import namedtuple

import numpy as np

#: what units are: a code (L,) for each layer, and of each unit (U,) its own stiffness and the two
#: numbers that its kind wants: bounds, or current and scale of a diode
Units = namedtuple("Units", "code own first second")

#: where a cost pulls at the outputs: what it adds to their drive (m, n_out), and how stiffly it
#: holds each of them (n_out,); both empty without a cost
Pull = namedtuple("Pull", "drive held")

#: layers in the order in which they settle; −1 lies between those that settle one after another,
#: and layers between two of these settle at once. `sweeps` through all of it at most, fewer where
#: no unit changes by more than `tolerance` (−1: never fewer)
Manner = namedtuple("Manner", "schedule sweeps tolerance")

#: orders in which layers settle, and all of them flowing at once
ODD_EVEN, EVEN_ODD, UPWARDS, DOWNWARDS, AT_ONCE, FLOW = range(6)


def schedule(layers, order):
    """The layers, counted from 0, in an order; the first hidden layer is odd."""
    every = range(layers)
    groups = {
        ODD_EVEN: [every[::2], every[1::2]],
        EVEN_ODD: [every[1::2], every[::2]],
        UPWARDS: [[layer] for layer in every],
        DOWNWARDS: [[layer] for layer in every[::-1]],
        AT_ONCE: [every],
        FLOW: [every],
    }[order]
    flat = [layer for group in groups for layer in [*group, -1]]
    return np.array(flat, np.int64)
