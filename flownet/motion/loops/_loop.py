"""The loop of finite steps: compiled where the potential's terms all are, in Python otherwise."""

import numpy as np

from ..._errors import FlownetError
from ...model.potential import Reals
from .._pairs import PairedLoop
from .._problem import is_compiled
from ..damped import Damped, DampedLoop
from ..flow import Geodesic
from ..mechanics import Normalized, ScalarRMSProp
from ..mechanics._start import carried
from ._compiled_loop import CompiledLoop
from ._normalized_loop import NormalizedLoop, ScalarRMSPropLoop
from ._python_loop import START, GeodesicLoop, PythonLoop
from ._runge_kutta import RungeKutta, RungeKuttaLoop
from ._state import potential_of
from ._state_loop import StateLoop, held_of, reads_state


def make_loop(potential, mechanics, metric, W, time, batch_size=None, seed=0, since=START):
    """Loop at parameters W (D,), which it moves in place, and a time.

    Its `arrays` are what the next step depends on, by name; written to, they set it. `since` says
    from where the mechanics count.
    """
    _fits(potential, metric, W)
    if reads_state(mechanics, metric):
        held = held_of(mechanics, metric)
        loop = make_loop(potential, *held, W, time, batch_size, seed, since)
        return StateLoop(loop, mechanics, metric, potential_of(potential, batch_size, seed))
    carried(mechanics, metric)
    moves_alone = mechanics.shrink or mechanics.temperature
    if moves_alone and not (metric.of_steps or metric.at(time).diagonal):
        raise FlownetError(
            f"{mechanics!r} moves each parameter by itself, by noise or decay, and "
            f"wants a metric that couples none; {metric!r} does."
        )
    reals = Reals(potential, W.dtype)
    potential = reals.potential
    compiled = is_compiled(potential) and metric.is_compiled and not mechanics.policy.of_jet
    kind = CompiledLoop if compiled else PythonLoop
    if isinstance(mechanics, RungeKutta):
        kind = RungeKuttaLoop
    elif isinstance(mechanics, Damped):
        kind = DampedLoop
    elif isinstance(mechanics, Geodesic) and metric.depends_on_point:
        kind = GeodesicLoop
    elif isinstance(mechanics, Normalized):
        kind = NormalizedLoop
    elif isinstance(mechanics, ScalarRMSProp):
        kind = ScalarRMSPropLoop
    seen, W = reals.of_metric(metric), reals.of(W)
    loop = kind(potential, mechanics, seen, W, time, batch_size, seed, reals.pairs, since)
    return PairedLoop(loop, metric) if reals.pairs else loop


def _fits(potential, metric, W):
    """Refuse parameters (D,) of another number or precision than potential and metric are of.

    Compiled steps look at none of their sizes: what goes into a loop is compared here.
    """
    dtype = W.dtype if potential.dtype is None else np.dtype(potential.dtype)
    if (W.shape, W.dtype) != ((potential.size,), dtype) or metric.size != potential.size:
        raise FlownetError(
            f"the parameters are {W.dtype} of shape {W.shape}, the potential has {potential.size} "
            f"of {dtype}, and the metric is one of {metric.size}: they have to agree."
        )


def set_velocity(loop, V):
    """Let a loop begin with a velocity V (D,), or as it is for None."""
    if V is not None:
        place = loop.mechanics.remembers.index("velocity")
        loop.arrays["memory"][place].view(V.dtype)[:] = V
