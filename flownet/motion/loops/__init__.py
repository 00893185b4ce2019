"""Runs of finite steps: the loops, training, going on with a run."""

from ._continue import hand_on, loop_of
from ._go_on import go_on
from ._loop import make_loop, set_velocity
from ._members import MembersLoop, SinglesLoop, in_lanes
from ._pretrain import Pretraining, pretrain
from ._resume import resume
from ._runge_kutta import RungeKutta
from ._state import State, one_row, potential_of
from ._states import states
from ._train import train

__all__ = [
    "MembersLoop",
    "Pretraining",
    "RungeKutta",
    "SinglesLoop",
    "State",
    "go_on",
    "hand_on",
    "in_lanes",
    "loop_of",
    "make_loop",
    "one_row",
    "potential_of",
    "pretrain",
    "resume",
    "set_velocity",
    "states",
    "train",
]
