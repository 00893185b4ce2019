"""Many runs: sweeps, maps, bifurcations."""

from ._box import Box
from ._run import sweep
from ._sweep import Sweep

__all__ = ["Box", "Sweep", "sweep"]
