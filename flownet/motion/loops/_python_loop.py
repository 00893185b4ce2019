"""The loop of finite steps in Python, where a potential, a metric or a policy is a program."""

from collections import namedtuple

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import STIFFNESS, DiagonalMetric
from ...model.potential import Batches, key
from .._problem import lowest_layer, rule_in
from ..flow import geodesic
from ..mechanics import ascent_of

#: of an index raised by products: how many, and what is left of its two identities
CERTIFICATE = ("products", "residual", "defect")

#: the iteration at which what mechanics remember began, and that at which their schedules begin
Since = namedtuple("Since", "born begun")
START = Since(0, 0)


def arrays_of_step(W, memory):
    """What the next step depends on, by name."""
    return {"parameters": W, "memory": memory} if len(memory) else {"parameters": W}


def heat_key(seed, born):
    """What thermal noise is keyed by: of mechanics that begin later, at `born`, by that too."""
    return key(seed + 0x9E3779B97F4A7C15 * born)


def temperatures(mechanics, first, age, time, steps):
    """Words of a rule for `steps` (count,) from an iteration and a time on: their temperatures."""
    schedule = mechanics.scheduled_temperature
    if schedule is None:
        return {"first": 0, "temperatures": None}
    return {"first": first, "temperatures": schedule.numbers(age, times_of(time, steps))}


def times_of(time, steps):
    """Times (count,) at which steps (count,) begin, the first of them at a time."""
    return np.add.accumulate(np.concatenate([[time], steps[:-1]]))


def columns_of(metric):
    """What is recorded of each step beside loss and step, by name: the shape of a row."""
    if metric.certified:
        return dict.fromkeys(CERTIFICATE, ())
    return {STIFFNESS: (len(metric.with_numbers().stiffness),)} if metric.recorded else {}


class PythonLoop:
    """One step at a time: potentials and metrics that are programs, and policies with a jet."""

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=START
    ):
        self.W, self.time = W, float(time)
        self.mechanics, self.metric, self.extra = mechanics, metric, columns_of(metric)
        self._policy = mechanics.policy
        self._memory = np.zeros((mechanics.memories, W.size), W.dtype)
        self.arrays = arrays_of_step(W, self._memory)
        if potential.carried:
            self.arrays["carried"] = np.zeros(potential.carried, W.dtype)
            potential = potential.carrying(self.arrays["carried"])
        self._potential = potential
        self._now, self._numbers = None, np.zeros(0)
        self.since = since
        self._of = {
            "of_loss": False,
            "lowest": 0,
            **mechanics.rule(pairs, heat_key(seed, since.born)),
            "born": since.born,
        }
        self._batches = Batches(potential.data.m, batch_size, seed) if batch_size else None

    @np.errstate(all="ignore")  # a run that diverges is a result
    def advance(self, first, count, tape, *beside):
        """Steps from iteration `first` on: steps taken, rows kept, and whether all is finite."""
        rows = 0
        for i in range(count):
            k = first + i
            self._hold(k)
            potential, (loss, dL) = self._differential(k, self.W)
            if self.mechanics.radius and np.isfinite(dL).all():
                dL = self._uphill(k, dL)
            if self._of["decay"]:
                dL = dL + self.W.dtype.type(self._of["decay"]) * self.W
            V, certificate = self._downhill(k, dL)  # covector → vector
            step = self._step(k, potential, V, loss) if np.isfinite(loss) else loss
            if not np.isfinite(step):
                return i, rows, False
            if k % tape.every == 0:
                tape.parameters[rows] = self.W
                tape.row_iteration[rows], tape.row_time[rows] = k, self.time
                rows += 1
            tape.iteration[i], tape.time[i] = k, self.time
            tape.loss[i], tape.step[i] = loss, step
            for column, number in zip(beside, certificate):
                column[i] = number
            finite = self._move(k, step, V, dL)
            self._potential.project(self.W)
            self.time += step
            if not finite:
                return i + 1, rows, False
        return count, rows, True

    def _downhill(self, k, dL):
        """−g^♯dL of step k, None where nobody looks at it; and what is recorded beside the step."""
        if self._unseen:
            return None, (self._numbers,)
        metric = self._metric_at(k)
        if not metric.certified:
            return -metric.sharp(dL), (self._numbers,)
        raised = metric.raised(dL)
        return -raised.V, (raised.products, raised.residual, raised.defect)

    def _metric_at(self, k):
        """The metric of step k, of its batch, at W."""
        return self._of_batch(k).seen_at(self.W)

    def _of_batch(self, k):
        if self._batches is None or not self._now.depends_on_point:
            return self._now
        return self._now.on_samples(self._batches.rows(k))

    def _uphill(self, k, dL):
        """dL of the batch of step k where SAM's ascent comes to."""
        climb = ascent_of(self._metric_at(k), dL, self.mechanics.radius)
        return self._differential(k, self.W + climb)[1][1]

    def _step(self, k, potential, V, loss):
        """How long step k is."""
        age = k - self.since.begun
        if self._policy.of_jet:
            return self._policy.choose(age, potential, self.W, V, loss)
        step = float(self._policy.steps_from(age, 1, self.time)[0])
        return step * loss if self._policy.of_loss else step

    def _differential(self, k, W):
        """The potential that the policy of step k may look at, and loss and dL of its batch."""
        potential, lowest = self._potential, self._lowest
        if self._batches is None:
            return potential, potential.differential(W, lowest=lowest)
        rows = self._batches.rows(k)
        if not self._policy.of_jet:
            return potential, potential.differential_on(rows, W, lowest=lowest)
        potential = potential.on(rows)
        return potential, potential.differential(W, lowest=lowest)

    def _move(self, k, step, V, dL):
        """W ← W + step·V, or a step of compiled mechanics; whether W is finite then."""
        if self.mechanics.along and V is not None:
            self.W += self.W.dtype.type(step) * V
            return bool(np.isfinite(self.W).all())
        if V is not None and not self._now.is_compiled:
            dL = -V  # which is raised already
        if self._potential.of_user or dL.dtype != self.W.dtype or V is not None:
            dL = np.array(dL, self.W.dtype)  # which the kernel may change
        if dL.shape != self.W.shape:  # compiled steps look at none of their sizes
            raise FlownetError(
                f"{self.metric!r} gives a direction of shape {dL.shape}, and W has {self.W.shape}."
            )
        rule = self._rule
        if self.mechanics.scheduled_temperature is not None:
            age = k - self.since.begun
            heat = temperatures(self.mechanics, k, age, self.time, np.array([step]))
            rule = rule._replace(**heat)
        return self._potential.kernels.step_with_memory(rule, self.W, self._memory, dL, step, k)

    def _metric_of(self, k):
        """The metric of step k."""
        if not self.metric.of_steps:
            return self.metric.at(self.time)
        numbers = self.metric.numbers(k - self.since.begun, np.array([self.time]))[0]
        if self._now is not None and np.array_equal(numbers, self._numbers):
            return self._now
        self._numbers = numbers
        return self.metric.with_numbers(numbers)

    def _hold(self, k):
        """The metric of step k, and the rule of mechanics that do not just go along V."""
        metric = self._metric_of(k)
        if metric is self._now:
            return
        self._now = metric
        # no policy looks at the vector that a compiled step makes of dL
        self._unseen = metric.is_compiled and not self._policy.of_jet
        self._lowest = 0
        if not metric.depends_on_point:
            self._lowest = lowest_layer(metric.free, self._potential.network)
        if self._unseen or not self.mechanics.along:
            if not metric.is_compiled:  # V is raised already: what is free moves along it
                metric = DiagonalMetric(np.where(metric.free, 1.0, np.inf))
            self._rule = rule_in(metric, self.W.dtype, **{**self._of, "decay": 0.0, "radius": 0.0})


class GeodesicLoop(PythonLoop):
    """One step at a time along a geodesic of a metric that depends on the point."""

    def _move(self, k, step, V, dL):
        self.W[:] = geodesic(
            self._of_batch(k), self.W, self.W.dtype.type(step) * V, order=self.mechanics.order
        )
        return bool(np.isfinite(self.W).all())
