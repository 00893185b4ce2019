"""What a flow integrates: the rate of a potential's parameters and of what mechanics remember."""

import numpy as np

from ..._errors import FlownetError
from ...kernels.scalar import mechanics as scalar
from .._problem import is_compiled, lowest_layer
from ..mechanics import Aristotle
from ..mechanics._start import carried
from ._kinked import KinkedFlow, goes_on_branches, kinked_network
from ._potential_flow import PotentialFlow
from ._python_field import PythonField


class System:
    """A flow of a potential's parameters, and of what mechanics remember beside them.

    A metric of stages is held from one change to the next, see `hold_metric`; one that changes all
    the time is that of the clock, which is then part of y.

    Attributes
    ----------
    field
        What is integrated: dy/dt of y = (W, memories, time); it also reads off L and ‖dL‖², a
        Python one where `wants_meters` says so. With `on_branches` that of a network with kinks
        goes from kink to kink.
    """

    def __init__(
        self,
        potential,
        metric,
        dtype,
        *,
        pairs=False,
        field=None,
        mechanics=None,
        wants_meters=True,
        on_branches=False,
    ):
        if potential.carried:
            raise FlownetError(
                "a flow has no visits of samples between which states are carried: set carry=False."
            )
        self._potential, self._whole, self.field = potential, metric, None
        mechanics = mechanics or Aristotle(1.0)
        rule = mechanics.rule(pairs, 0)
        self._rate = mechanics.rate()
        self._decays = {name: rule[name] for name in ("decay", "shrink", "pairs")}
        self._always = metric.times is None
        self._clock = int(self._always and not self._rate.clock)
        carried(mechanics, metric)
        self.hold_metric(0.0)
        if field is not None:
            if metric.depends_on_point and field.of_constant_metric:
                raise FlownetError(
                    f"{field!r} is a field of a constant metric, and this one depends on the point."
                )
            self.field = PythonField(
                lambda y: self._of_field(field, y), self._meters if wants_meters else None
            )
        elif is_compiled(potential) and metric.is_compiled and not self._always:
            kinked = on_branches and kinked_network(potential) is not None
            flow = KinkedFlow if kinked and goes_on_branches(self._rate) else PotentialFlow
            self.field = flow(potential, self._metric, dtype, self._rate, self._decays)
        else:
            self.field = PythonField(
                self._slope,
                (lambda y: self._seen) if wants_meters else None,
                isinstance(self._rate.numbers, scalar.Aristotle),
            )

    def hold_metric(self, time):
        """Hold the metric of a time from here on; returns until when it stays."""
        self._metric, until = self._whole.stage(time)
        if isinstance(self.field, PotentialFlow):
            self.field.metric = self._metric
        return until

    def start(self, W):
        """y of parameters W (D,) that rest and remember nothing, at time 0."""
        if W.shape != (self._potential.size,):  # compiled steps look at none of their sizes
            raise FlownetError(
                f"the parameters have shape {W.shape}; the potential's is "
                f"({self._potential.size},)."
            )
        more = W.size * self._rate.memories + self._rate.clock + self._clock
        return np.concatenate([W, np.zeros(more, W.dtype)])

    def set_velocity(self, y, V):
        """Let y have a velocity V (D,): it is the last of the memories."""
        end = V.size * (1 + self._rate.memories)
        y[end - V.size : end] = V

    def value(self, y):
        """L at y."""
        return self._potential.value(self.point(y))

    def point(self, y):
        """Parameters W (D,) of y."""
        return y[: self._potential.size]

    def loss_and_norm(self, y):
        """L and ‖dL‖ in the metric, at y; what is left of it along kinks."""
        on_branches = isinstance(self.field, KinkedFlow)
        loss, norm2 = self.field.meters(y) if on_branches else self._meters(y)
        return loss, np.sqrt(norm2)

    @np.errstate(all="ignore")  # stages of a try that is too long
    def _slope(self, y):
        W, out, metric = self.point(y), np.empty_like(y), self._metric_of(y)
        lowest = lowest_layer(metric.free, self._potential.network)
        loss, dL = self._potential.differential(W, lowest=lowest)
        if self._decays["decay"]:
            dL = dL + self._decays["decay"] * W
        F = out[: W.size]
        F[:] = -metric.sharp(dL)
        self._seen = loss, -float(dL @ F)
        self._potential.kernels.rate(self._rate.numbers, y, F, out, self._decays["pairs"])
        if self._decays["shrink"]:
            F -= self._decays["shrink"] * metric.sharp(W)
        remembered = out[: F.size * (1 + self._rate.memories)].reshape(-1, F.size)
        remembered[:, ~metric.free] = 0  # what is frozen stays, with what it remembers
        if self._clock:
            out[-1] = 1
        return out

    def _of_field(self, field, y):
        W = self.point(y)
        V = _checked(field.velocity(self._potential, self._metric_of(y), W), W)
        return np.append(V, V.dtype.type(1)) if self._clock else V

    def _meters(self, y):
        """L and ‖dL‖² in the metric, at y."""
        loss, dL = self._potential.differential(self.point(y))
        return loss, float(np.vdot(dL, self._metric_of(y).sharp(dL)))

    def _metric_of(self, y):
        metric = self._metric.at(float(y[-1])) if self._always else self._metric
        return metric.seen_at(self.point(y))


def _checked(velocity, W):
    velocity = np.asarray(velocity)
    if velocity.shape != W.shape or velocity.dtype.kind != "f":
        raise FlownetError(
            f"the field's velocity is {velocity.dtype} {velocity.shape}; it has to "
            f"be real, {W.shape}."
        )
    return velocity
