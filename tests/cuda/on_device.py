"""One problem on two devices: a potential, and the same in the simulator's."""

import numpy as np
import twins


def both(case, dtype="float64"):
    """The potential of a case on the CPU and on the device."""
    potential = twins.potential(case, dtype)
    return potential, potential.on_device("cuda")


def ready(case, dtype="float64"):
    """The same, and the case's W and V in its precision."""
    W, V = (np.asarray(a, dtype) for a in twins.point(case))
    return *both(case, dtype), W, V
