"""A flow under way: stretches of compiled steps, rows and checkpoints between them."""

import math
from time import monotonic, perf_counter

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ...kernels.layout import Trace
from ...store._layout import Quantity
from .._recorder import CHECKPOINT_SECONDS, LOSS
from ._integrate import END, EVENT, STUCK, Integration

_BLOCK_SECONDS = 0.1  # of steps between two looks at the clock and at Ctrl-C
_ROWS = 1024  # written at once at most
_PARTS = 1000  # of the time, for the progress bar
_STEPS = ("observables/step", "observables/evaluations", "observables/method")


class FlowRun:
    """A flow of a system from parameters W (D,) on, over a time.

    Attributes
    ----------
    W : ndarray (D,)
        The parameters now.
    """

    def __init__(self, system, W, time, at, bounds):
        self._system, self._bounds, self._at, self._end_time = system, bounds, at, time
        self._integration = Integration(system.field, system.start(W), time, at=at, **bounds)
        self._size = W.size
        self._steps = self._rows = 0
        self._row_time = -math.inf  # of the last row
        self._saved = monotonic()

    def begin_with(self, V):
        """Begin with a velocity V (D,)."""
        self._system.set_velocity(self._integration.s.y, V)

    @property
    def W(self):
        """The parameters now."""
        return self._system.point(self._integration.s.y)

    @property
    def state(self):
        """Arrays that the next step depends on, by name; written to, they set it."""
        return self._integration.state

    @property
    def quantities(self):
        """What is recorded: rows of parameters and losses, and what each step took."""
        rows = None if self._at is None else len(self._at) + 1
        return [
            Quantity("parameters", self.W.shape, self.W.dtype, rows=rows),
            Quantity(LOSS, rows=rows, clock="parameters"),
            *(Quantity(name, clock=_STEPS[0]) for name in _STEPS),
        ]

    def go(self, store, progress):
        """Integrate what is left, and finish the store; leave it resumable if stopped."""
        self._store = store
        self._hold()
        self._steps, self._rows = store.count("observables/step"), store.count("parameters")
        try:
            if self._at is None and not self._rows:
                y = self._integration.s.y
                self._put([0.0], [y], [self._system.value(y)])
            self._save(force=True)
            stuck = self._advance(progress) == STUCK
            if stuck and not self._steps:
                raise FlownetError(
                    "no step is short enough at W0: is the flow's velocity finite there?"
                )
            store.finish(diverged_at=self._steps if stuck else None)
        except BaseException:  # Ctrl-C too: rows since the last checkpoint will be made again
            store.close()
            raise

    def _advance(self, progress):
        integration, steps, why = self._integration, 16, None
        with _progress.bar(_PARTS, self._done(), shown=progress, what="flow") as show:
            while why not in (END, EVENT, STUCK):
                began = perf_counter()
                why = self._stretch(steps)
                if why == END and self._integration.time < self._end_time:
                    self._integration.change_field()
                    why = self._hold()
                seconds = perf_counter() - began
                steps = max(1, int(steps * min(2.0, _BLOCK_SECONDS / max(seconds, 1e-9))))
                self._save()
                show(self._done())
        if why == EVENT:
            self._end(integration)
        return why

    def _hold(self):
        """Hold the metric of the stage under way; it ends at the next change."""
        i = self._integration
        time = i.time if i.begins else math.nextafter(i.time, -math.inf)  # a change is ahead still
        i.go_on_to(min(self._end_time, self._system.hold_metric(time)))

    def _done(self):
        return int(_PARTS * self._integration.time / self._end_time)

    def _stretch(self, steps):
        """A number of steps at most, with their rows."""
        store = self._store
        steps = min(steps, *(store.room(name) for name in _STEPS))
        room = min(store.room("parameters"), store.room(LOSS), _ROWS)
        value, iteration, time = store.rows("parameters", room)
        whole = self._integration.s.y.size
        rows = value if whole == self._size else np.empty((room, whole), value.dtype)
        loss = store.rows(LOSS, room)
        taken = [store.rows(name, steps) for name in _STEPS]
        filled, done, why = self._integration.advance(
            Trace(None, rows, time, loss[0], None, *(t[0] for t in taken), taken[0][2]), steps
        )
        if rows is not value:
            value[:filled] = rows[:filled, : self._size]
        if self._at is not None:
            loss[0][:filled] = [self._system.value(W) for W in value[:filled]]
        for part in (iteration, loss[1]):
            part[:filled] = np.arange(self._rows, self._rows + filled)
        loss[2][:filled] = time[:filled]
        for _, index, at in taken:
            index[:done] = np.arange(self._steps, self._steps + done)
            at[:done] = taken[0][2][:done]
        self._steps, self._rows = self._steps + done, self._rows + filled
        self._row_time = time[filled - 1] if filled else self._row_time
        store.advance("parameters", filled)
        store.advance(LOSS, filled)
        for name in _STEPS:
            store.advance(name, done)
        return why

    def _put(self, times, values, losses):
        for time, W, loss in zip(times, values, losses):
            for name, row in (("parameters", self._system.point(W)), (LOSS, loss)):
                value, iteration, at = self._store.rows(name, 1)
                value[0], iteration[0], at[0] = row, self._rows, time
                self._store.advance(name, 1)
            self._rows, self._row_time = self._rows + 1, time

    def _end(self, integration):
        """The rows up to where an event happened, and that one."""
        time = self._event_time()
        times, values = integration.rows_until(time)
        begun = self._rows > 0 and time == self._row_time  # met where it began already
        if not begun and not (len(times) and times[-1] == time):
            times, values = [*times, time], [*values, integration.within(time)]
        self._put(times, values, [self._system.value(y) for y in values])

    def _event_time(self):
        """First time within the last step at which a bound is met."""
        from scipy.optimize import brentq  # takes a tenth of a second

        before, after = self._integration.last_step
        found = [after]
        for name, part in (("loss_below", 0), ("gradient_below", 1)):
            if name in self._bounds:

                def above(t, part=part, bound=self._bounds[name]):
                    return self._system.loss_and_norm(self._integration.within(t))[part] - bound

                if above(before) > 0 >= above(after):
                    found.append(brentq(above, before, after, xtol=1e-14 * after))
                elif above(before) <= 0:
                    found.append(before)
        return min(found)

    def _save(self, force=False):
        """A checkpoint, from time to time."""
        if force or monotonic() - self._saved > CHECKPOINT_SECONDS:
            self._store.checkpoint(self._steps, self._integration.time, self.state)
            self._saved = monotonic()
