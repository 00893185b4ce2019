"""Motion on parameter space: mechanics, training in finite steps, going on with a run."""

from ._mechanics import Aristotle
from ._observe import Accuracy, observe_from
from ._resume import resume
from ._state import State, states
from ._train import train

__all__ = ["Accuracy", "Aristotle", "State", "observe_from", "resume", "states", "train"]
