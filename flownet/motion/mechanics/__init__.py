"""Mechanics: what the force does to the parameters, and how long each step is."""

from ._adaptive import Adam, AdamW, RMSProp
from ._langevin import Langevin
from ._mechanics import MOMENTS, Aristotle, Mechanics, one_of
from ._newton import INTEGRATORS, Nesterov, Newton
from ._policy import Constant, Cosine, Linearity, LossRate, StepPolicy, Warmup
from ._policy_of import policy_of
from ._sam import SAM, ascent_of
from ._thierry_mieg import ThierryMieg

__all__ = [
    "INTEGRATORS",
    "MOMENTS",
    "SAM",
    "Adam",
    "AdamW",
    "Aristotle",
    "Constant",
    "Cosine",
    "Langevin",
    "Linearity",
    "LossRate",
    "Mechanics",
    "Nesterov",
    "Newton",
    "RMSProp",
    "StepPolicy",
    "ThierryMieg",
    "Warmup",
    "ascent_of",
    "one_of",
    "policy_of",
]
