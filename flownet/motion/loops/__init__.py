"""Runs of finite steps: the loops, training, going on with a run."""

from ._continue import hand_on, loop_of
from ._go_on import go_on
from ._interrupt import interrupts, on_interrupt_of
from ._loop import make_loop, set_velocity
from ._pretrain import Pretraining, pretrain
from ._python_loop import START
from ._resume import resume
from ._runge_kutta import RungeKutta
from ._state import State, one_row, potential_of
from ._states import states
from ._train import train

__all__ = [
    "START",
    "Pretraining",
    "RungeKutta",
    "State",
    "go_on",
    "hand_on",
    "interrupts",
    "loop_of",
    "make_loop",
    "on_interrupt_of",
    "one_row",
    "potential_of",
    "pretrain",
    "resume",
    "set_velocity",
    "states",
    "train",
]
