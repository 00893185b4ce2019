"""Refuse a departure that cannot be had, each with one line that says what would be right."""

import math
import os
import re
from collections.abc import Mapping

from ..._errors import FlownetError, shown
from ...geometry.metric import refuse_norm
from ...model._check import is_real, is_whole
from ...motion.flow import as_field
from ...store.trajectory import Trajectory
from ._of_flow import PLAIN


def check(run, fields, every, rtol, bounds, keep):
    """Bounds in ascending order, and the fields as a dict."""
    check_run(run)
    if every is not None and not is_whole(every, 1):
        raise FlownetError(f"every is {shown(every)}; it has to be a whole number from 1 up.")
    if keep and run.path is None:
        raise FlownetError('keep=True wants a run with a file: train(..., store="run.h5").')
    if keep and not run.finished:
        raise FlownetError(
            f"{run.path} is not finished: flownet.resume goes on with it, and then "
            "its departure can be kept."
        )
    tolerance(rtol)
    return _bounds(bounds), _fields(fields)


def check_run(run):
    """Refuse what is no run of Aristotle with a step in it."""
    if isinstance(run, (str, os.PathLike)):
        raise FlownetError(f"departure wants an open run: flownet.Trajectory.open({str(run)!r}).")
    if not isinstance(run, Trajectory):
        raise FlownetError(f"departure of {shown(run)}: it has to be a Trajectory.")
    if "flow" in run.experiment or "mechanics" not in run.experiment:
        raise FlownetError("departure of a flow: it wants the finite run, and makes its flow.")
    mechanics = run.mechanics
    if not (mechanics.descends or mechanics.kind == "geodesic"):
        raise FlownetError(
            f"the run's mechanics are {run.mechanics!r}; the flow Ẇ = −g^♯dL is the "
            "limit of Aristotle's alone."
        )
    run.in_one_way("departure")
    if run.metric is not None:
        refuse_norm(run.metric, "descent in it has no flow to depart from")
    if run.metric is not None and run.metric.depends_on_point and not run.metric.certified:
        raise FlownetError(
            "the run's metric depends on the point: its departure is that of the "
            "path of W, flownet.in_W(run)."
        )
    if len(run) < 2 or run.time[-1] <= run.time[0]:
        raise FlownetError("the run has no finite step: there is no flow beside it.")


def tolerance(rtol):
    """Refuse a relative tolerance that no integrator can keep."""
    if not (is_real(rtol) and 0 < rtol < 1):
        raise FlownetError(f"rtol is {shown(rtol)}; it has to be a number between 0 and 1.")


def _bounds(bounds):
    try:
        found = tuple(sorted(float(bound) if is_real(bound) else math.nan for bound in bounds))
    except (TypeError, ValueError, OverflowError):
        found = ()
    if not found or not all(0 < bound < math.inf for bound in found):
        raise FlownetError(
            f"bounds is {shown(bounds)}; it has to be numbers above 0, of the "
            "distance relative to the path length."
        )
    return found


def _fields(fields):
    if fields is None:
        return {}
    if not isinstance(fields, Mapping):
        raise FlownetError(f'fields is {shown(fields)}; it has to be a dict {{"name": field}}.')
    for name in fields:
        if not isinstance(name, str) or not name or file_name(name) in (PLAIN, "run", "steps"):
            raise FlownetError(
                f"a field cannot be called {shown(name)}: a name other than flow, "
                "run and steps is needed."
            )
    if len({file_name(name) for name in fields}) < len(fields):
        raise FlownetError(f"two fields would share a place in a file: {', '.join(fields)}.")
    return {name: as_field(field, f"field {name!r}") for name, field in fields.items()}


def file_name(name):
    """Name of a flow as part of a group's name in a file."""
    return re.sub(r"[^\w.+-]+", "-", name, flags=re.ASCII)
