"""Motion on parameter space: mechanics, training in finite steps, going on with a run."""

from ._adaptive import Adam, AdamW, RMSProp
from ._adaptive_metric import AdaptiveMetric, adaptive_metric
from ._central import Central, Oscillation
from ._check import DEVICES
from ._energy import PARTS, Energy, ShadowEnergy
from ._flow import flow
from ._geodesic import Geodesic, geodesic
from ._in_W import in_W
from ._langevin import Langevin
from ._mechanics import MOMENTS, Aristotle
from ._modified import Modified
from ._moving_metric import moving_metric
from ._newton import INTEGRATORS, Nesterov, Newton
from ._observables import Accuracy, Noise, Sharpness
from ._observe_path import PathLength, Speed, StepSpeed
from ._observe_tables import observe_from
from ._policy import Constant, Cosine, Linearity, LossRate, Warmup
from ._policy_of import policy_of
from ._pretrain import Pretraining, pretrain
from ._principal import Principal
from ._resume import resume
from ._rolling_force import RollingForce, rolling_force
from ._runge_kutta import RungeKutta
from ._state import State, states
from ._thierry_mieg import ThierryMieg
from ._third import third
from ._train import train

__all__ = [
    "Accuracy", "Adam", "AdamW", "AdaptiveMetric", "Aristotle", "Central", "Constant", "Cosine",
    "DEVICES", "Energy", "Geodesic", "INTEGRATORS", "Langevin", "Linearity", "LossRate", "MOMENTS",
    "Modified", "Nesterov", "Newton", "Noise", "Oscillation", "PARTS", "PathLength", "Pretraining",
    "Principal", "RMSProp", "RollingForce", "RungeKutta", "ShadowEnergy", "Sharpness", "Speed",
    "State", "StepSpeed", "ThierryMieg", "Warmup", "adaptive_metric", "flow", "geodesic", "in_W",
    "moving_metric", "observe_from", "policy_of", "pretrain", "resume", "rolling_force", "states",
    "third", "train",
]
