"""Checks at the start of a run, each with one line that says what would be right."""

import math
import os
from numbers import Real

import numpy as np

from .._errors import FlownetError, shown
from ..geometry.metric import PulledBack, metric_of
from ..kernels.cpu.base.threads import most
from ..model.potential import Batches
from ..store._size import size_text

DEVICES = ("cpu",)


def start(potential, mechanics, metric, batch_size, steps, seed):
    """Refuse what cannot run; the metric."""
    if not -(2**63) <= whole("seed", seed) < 2**64:
        raise FlownetError(f"seed is {seed}; it has to be a whole number of 64 bits.")
    metric = landscape(potential, metric)
    if not hasattr(mechanics, "policy"):
        raise FlownetError(
            f"mechanics is {mechanics!r}; it has to be one such as flownet.Aristotle(step=0.1)."
        )
    if steps is not None:
        whole("steps", steps, 0)
    if batch_size is not None:
        if getattr(potential, "data", None) is None:
            raise FlownetError("batch_size needs a potential with data.")
        Batches(potential.data.m, batch_size, 0)
        potential.on(slice(0, 1))
    mechanics.policy.check(potential, steps)
    return metric


def landscape(potential, metric):
    """Refuse what is no potential, or a metric that is not one of its parameters; the metric."""
    missing = [n for n in ("size", "value", "differential") if not hasattr(potential, n)]
    if missing:
        raise FlownetError(
            f"potential is a {type(potential).__name__} without {missing[0]}; it "
            "has to offer size, value(W) and differential(W) -> (L, dL)."
        )
    return metric_of(metric, potential)


def carried(mechanics, metric):
    """Refuse memories in a metric that depends on the point."""
    if isinstance(metric, PulledBack) and mechanics is not None and mechanics.memories:
        raise FlownetError(
            f"{type(mechanics).__name__} remembers vectors of other points, and "
            "nothing carries them along a metric that depends on the point: it "
            "wants a constant one, or Aristotle, Geodesic or RungeKutta."
        )


def whole(name, value, least=-np.inf):
    """A whole number not below `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        up = f" from {least} up" if least > -np.inf else ""
        raise FlownetError(f"{name} is {value!r}; it has to be a whole number{up}.")
    return int(value)


def is_number(value):
    """Whether a value is one finite real number."""
    return isinstance(value, Real) and math.isfinite(value)


def positive(name, value):
    """A number above 0."""
    if not (is_number(value) and value > 0):
        raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    return float(value)


def threads(number):
    """Refuse a number of threads that cannot be had."""
    if number is not None and not 1 <= whole("threads", number, 1) <= most():
        raise FlownetError(f"threads is {number}; this process may use 1 to {most()}.")


def memory(size):
    """Refuse a run in memory that cannot fit there."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > there:
        raise FlownetError(
            f"the run would take {size_text(size)} of memory, and the machine has "
            f"{size_text(there)}: record less often (record_every=) or in a file "
            "(store=)."
        )


def device(name):
    """Refuse a device that is not here; nothing falls back silently."""
    if name not in DEVICES:
        raise FlownetError(
            f"device {name!r} is not available; here there is: {', '.join(DEVICES)}."
        )


def initial_parameters(potential, W0, seed):
    """A copy of W0 (D,), or `network.init(seed)`, in the potential's precision."""
    if W0 is None:
        if hasattr(potential, "init"):
            return potential.init(seed)
        if getattr(potential, "network", None) is None:
            raise FlownetError("this potential has no network to initialise: pass W0.")
        return potential.network.init(seed)
    W0 = np.asarray(W0)
    dtype = getattr(potential, "dtype", None) or (
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
    return np.array(W0, dtype)
