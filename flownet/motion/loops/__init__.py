"""Runs of finite steps: the loops, training, going on with a run."""

from ._loop import make_loop
from ._members import MembersLoop, in_lanes
from ._pretrain import Pretraining, pretrain
from ._resume import resume
from ._runge_kutta import RungeKutta
from ._state import State
from ._states import one_row, potential_of, states
from ._train import train

__all__ = [
    "MembersLoop",
    "Pretraining",
    "RungeKutta",
    "State",
    "in_lanes",
    "make_loop",
    "one_row",
    "potential_of",
    "pretrain",
    "resume",
    "states",
    "train",
]
