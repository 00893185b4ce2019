"""Mechanics: what the force does to the parameters, and how long each step is."""

from ._adaptive import Adam, AdamW, RMSProp
from ._composed import Chain, Piecewise, Tabulated
from ._langevin import Langevin
from ._mechanics import MOMENTS, Aristotle, Mechanics, one_of
from ._newton import INTEGRATORS, Nesterov, Newton
from ._normalized import Muon, Normalized
from ._policy import Constant, Linearity, LossRate, StepPolicy
from ._policy_of import policy_of
from ._program import Program, Schedule, as_recorded
from ._sam import SAM, ascent_of
from ._scalar_rmsprop import ScalarRMSProp
from ._schedule import Cosine, Exponential, OneCycle, Polynomial, Warmup
from ._stiffness import ScheduledMetric
from ._thierry_mieg import ThierryMieg

__all__ = [
    "INTEGRATORS",
    "MOMENTS",
    "SAM",
    "Adam",
    "AdamW",
    "Aristotle",
    "Chain",
    "Constant",
    "Cosine",
    "Exponential",
    "Langevin",
    "Linearity",
    "LossRate",
    "Mechanics",
    "Muon",
    "Nesterov",
    "Newton",
    "Normalized",
    "OneCycle",
    "Piecewise",
    "Polynomial",
    "Program",
    "RMSProp",
    "ScalarRMSProp",
    "Schedule",
    "ScheduledMetric",
    "StepPolicy",
    "Tabulated",
    "ThierryMieg",
    "Warmup",
    "as_recorded",
    "ascent_of",
    "one_of",
    "policy_of",
]
