"""Runs of finite steps: the loops, training, going on with a run."""

from ._loop import make_loop
from ._pretrain import Pretraining, pretrain
from ._resume import resume
from ._runge_kutta import RungeKutta
from ._state import State, one_row, potential_of, states
from ._train import train

__all__ = [
    "Pretraining",
    "RungeKutta",
    "State",
    "make_loop",
    "one_row",
    "potential_of",
    "pretrain",
    "resume",
    "states",
    "train",
]
