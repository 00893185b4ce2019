"""The door of a run: what a user hands in, adapted once, and refused where it cannot run."""

import numpy as np

from ..._errors import FlownetError, shown
from ...geometry.metric import metric_of
from ...model._check import array, in_precision, is_whole
from ...model.potential import Batches, as_potential
from .._check import whole
from .._slope import check_slope
from ._mechanics import Mechanics


def start(potential, mechanics, metric, batch_size, steps, seed, device=None):
    """Refuse what cannot run; the potential and the metric."""
    if not is_whole(seed, -(2**63), 2**64 - 1):
        raise FlownetError(f"seed is {shown(seed)}; it has to be a whole number of 64 bits.")
    if metric is None and isinstance(mechanics, Mechanics):
        metric = mechanics.own_metric(as_potential(potential))
    potential, metric = landscape(potential, metric, device)
    if not isinstance(mechanics, Mechanics):
        raise FlownetError(
            f"mechanics is {shown(mechanics)}; it has to be one such as "
            "flownet.Aristotle(step=0.1)."
        )
    if steps is not None:
        whole("steps", steps, 0)
    if batch_size is not None:
        if potential.data is None:
            raise FlownetError("batch_size needs a potential with data.")
        Batches(potential.data.m, batch_size, 0)
        potential.on(slice(0, 1))
    mechanics.check(potential, steps)
    metric.check(potential, steps)
    return potential, metric


def steps_of(steps, epochs, potential, batch_size):
    """Number of steps that `steps` says, or so many epochs of the potential's data."""
    if (steps is None) == (epochs is None):
        both = "both are" if steps is not None else "none is"
        raise FlownetError(f"how long is the run? steps=… or epochs=… says it; {both} given.")
    if steps is not None:
        return steps
    epochs = whole("epochs", epochs, 1)
    if batch_size is None:
        return epochs
    data = as_potential(potential).data
    if data is None:
        raise FlownetError("batch_size needs a potential with data.")
    return epochs * Batches(data.m, batch_size, 0).per_epoch


def landscape(potential, metric, device=None):
    """A potential, on its device or another one, and its metric of as many parameters."""
    potential = as_potential(potential)
    if device is not None:
        potential = potential.on_device(device)
    metric = metric_of(metric, potential)
    return potential, metric if device is None else metric.on_device(device)


def carried(mechanics, metric):
    """Refuse memories in a metric that depends on the point, and forces in a norm that is none."""
    if mechanics is not None and not (metric.linear or mechanics.in_norm):
        raise FlownetError(
            f"{mechanics!r} wants a metric, in which forces add up, and {metric!r} is a norm and "
            "none: descent in it is Aristotle's, SAM's of that, Normalized's or Muon's."
        )
    if metric.depends_on_point and mechanics is not None and mechanics.memories:
        raise FlownetError(
            f"{type(mechanics).__name__} remembers vectors of other points, and "
            "nothing carries them along a metric that depends on the point: it "
            "wants a constant one, or Aristotle, Geodesic or RungeKutta."
        )


def initial_velocity(mechanics, V0, W):
    """A copy of V0 (D,) in the precision of W (D,), of mechanics that have a velocity; or None."""
    if V0 is None:
        return None
    if mechanics is None or "velocity" not in mechanics.remembers:
        raise FlownetError(
            f"V0 is a velocity to begin with, and {mechanics!r} has none; flownet.Newton has."
            if mechanics is not None
            else "V0 is a velocity to begin with, and the plain flow has none: name mechanics=."
        )
    V0 = array("V0", V0)
    if V0.shape != W.shape or V0.dtype.kind not in ("biufc" if W.dtype.kind == "c" else "biuf"):
        raise FlownetError(
            f"V0 is {V0.dtype} of shape {V0.shape}; a velocity is {W.dtype} of shape {W.shape}."
        )
    if not np.isfinite(V0).all():
        raise FlownetError(f"V0 is not finite at index {int(np.argmin(np.isfinite(V0)))}.")
    return np.array(V0, W.dtype)


def initial_parameters(potential, W0, seed):
    """A copy of W0 (D,), or `network.init(seed)`, in the potential's precision."""
    if W0 is None:
        W = potential.init(seed)
        check_slope(potential, W)
        return W
    W0 = array("W0", W0)
    dtype = potential.dtype or (
        W0.dtype if W0.dtype.kind == "c" or W0.dtype == np.float32 else np.float64
    )
    if W0.shape != (potential.size,):
        raise FlownetError(f"W0 has shape {W0.shape}; the potential's is ({potential.size},).")
    if W0.dtype.kind not in ("biufc" if np.dtype(dtype).kind == "c" else "biuf"):
        raise FlownetError(
            f"W0 holds {W0.dtype}; the potential's parameters are {np.dtype(dtype).name}."
        )
    if not np.isfinite(W0).all():
        raise FlownetError(f"W0 is not finite at index {int(np.argmin(np.isfinite(W0)))}.")
    W = in_precision("W0", W0.copy(), dtype)
    check_slope(potential, W)
    return W
