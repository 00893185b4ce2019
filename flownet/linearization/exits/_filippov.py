"""Flows that slide along a kink: from both sides they lead onto it.

There the flow goes on with neither side's velocity but with the mean of both that stays on the kink
(Filippov), and an integrator goes to and fro in steps of its tolerance. Small steps of descent go
to and fro as well, each of its own length, and follow that mean to the first order in it.
"""

import numpy as np

from ..._errors import FlownetError
from ...motion.loops import train
from ...motion.mechanics import Aristotle
from ..step import LINEAR_PIECES, names, passed

_STEP = 0.02  # of 1/max|λ|
_TOO_OFTEN = 4  # changes of sign of one unit at one sample: a flow that slides makes many
_STILL = 1e-9  # of the loss: a stretch that gains less is at its end


def kinked(potential):
    """Terms of a potential whose networks have kinks where dL jumps: relu and leaky_relu."""
    return [
        atom
        for _, atom in potential.atoms()
        if atom.of_network and any(_jumps(name) for name in names(atom.network))
    ]


def slid(potential, W, metric, time, radius):
    """Where a flow that slides along a kink within a time is after it (D,); None if none does.

    Raises
    ------
    FlownetError
        When it has come to a minimum on the kink, where dL jumps and does not vanish.
    """
    atoms = kinked(potential)
    if not atoms:
        return None
    steps = int(np.ceil(time * radius / _STEP))
    run = train(
        potential,
        Aristotle(time / steps),
        W0=W,
        steps=steps,
        metric=metric,
        progress=False,
        on_interrupt="raise",
    )
    rows = run.parameters[:]
    if not any(_goes_to_and_fro(atom, rows) for atom in atoms):
        return None
    if run.loss[-1] >= (1 - _STILL) * run.loss[0]:
        raise FlownetError(
            "the flow slides along a kink to a minimum where dL jumps and does not "
            "vanish: none that can be polished. softplus, elu and tanh have no such "
            "kinks."
        )
    return rows[-1]


def _goes_to_and_fro(atom, rows):
    """Whether a unit changes its sign at a sample over and over."""
    signs = [passed(atom.network, row, atom.data.x)[1] for row in rows]
    for layer, name in enumerate(names(atom.network)):
        if _jumps(name):
            on = np.array([sign[layer] for sign in signs])
            if (on[1:] != on[:-1]).sum(axis=0).max() >= _TOO_OFTEN:
                return True
    return False


def _jumps(name):
    return name in LINEAR_PIECES and name != "identity"
