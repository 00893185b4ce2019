"""What tests of charges share: losses, stiffnesses, small networks, and what is only rounding."""

import numpy as np
from tolerance import tolerance
from twins import case, potential

import flownet as fn

BOTH = ("quadratic", "cross-entropy")


def in_metric(stiffness, potential):
    return None if stiffness is None else fn.LayerMetric(potential.network, stiffness)


def only_rounding(found, dtype="float64"):
    """Drift and prediction differ by the rounding of a few operations, and by one more a step."""
    return found.error < tolerance("rounding", dtype) / np.finfo(dtype).eps + len(found.iteration)


def small(*activations, loss="quadratic", **words):
    return potential(case(43000, [3, *[4] * len(activations), 2], list(activations), loss, **words))
