"""Observables: numbers read off the state while a run goes on."""

from ._average import EMA, SWA
from ._charges import OfCharges
from ._energy import PARTS, Energy, ShadowEnergy
from ._metric_of_state import moving_metric
from ._observable import Observable
from ._observables import Accuracy, Noise, Sharpness
from ._observe import as_observable, observers
from ._of_states import FreeStates, NudgeMeters
from ._path import PathLength, Speed, StepSpeed
from ._successive import SecantSharpness, StepCosine
from ._tables import observe_from, observe_tables, on_data

__all__ = [
    "EMA",
    "PARTS",
    "SWA",
    "Accuracy",
    "Energy",
    "FreeStates",
    "Noise",
    "NudgeMeters",
    "Observable",
    "OfCharges",
    "PathLength",
    "SecantSharpness",
    "ShadowEnergy",
    "Sharpness",
    "Speed",
    "StepCosine",
    "StepSpeed",
    "as_observable",
    "moving_metric",
    "observe_from",
    "observe_tables",
    "observers",
    "on_data",
]
