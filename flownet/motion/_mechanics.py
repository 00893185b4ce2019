"""Mechanics: what the force does to the parameters."""

from numbers import Real

import numpy as np

from .._errors import FlownetError
from .._kinds import kind


@kind("mechanics", "aristotle")
class Aristotle:
    """Aristotle's mechanics (gradient descent, SGD): velocity follows force, W ← W − step·g^♯dL.

    Parameters
    ----------
    step : float
        η δt, the finite learning step (learning rate), in units of the flow's time (TM 39).

    Raises
    ------
    FlownetError
        For a step that is not above 0.
    """

    def __init__(self, step):
        if not (isinstance(step, Real) and np.isfinite(step) and step > 0):
            raise FlownetError(f"step is {step!r}; it has to be a number above 0.")
        self.step = float(step)

    def parameters(self):
        """What makes these mechanics again."""
        return {"step": self.step}

    def __repr__(self):
        return f"Aristotle(step={self.step:g})"
