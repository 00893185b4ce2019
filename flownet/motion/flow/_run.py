"""A flow under way: stretches of compiled steps, rows and checkpoints between them."""

import math
from time import monotonic, perf_counter

import numpy as np

from ... import _progress
from ..._errors import FlownetError
from ...kernels.layout import CALLS, STEPS, Trace
from ...store._layout import Quantity
from .._recorder import CHECKPOINT_SECONDS, LOSS
from ._crossing import go_on, pass_by, settle
from ._integrate import END, EVENT, KINK, SPENT, STUCK, Integration
from ._kinked import KinkedFlow
from ._meeting import meet

_BLOCK_SECONDS = 0.1  # of steps between two looks at the clock and at Ctrl-C
_MOST_AT_ONCE = 1 << 20  # steps
_ROWS = 1024  # written at once at most
_PARTS = 1000  # of the time, for the progress bar
_STEPS = ("observables/step", "observables/evaluations", "observables/method")
_KINKS = ("observables/crossings", "observables/slides")  # begun at the end of each step
EVERY_STEP = 100_000  # rows of a flow that records its own steps, before it leaves some out


class FlowRun:
    """A flow of a system from parameters W (D,) on, over a time.

    Attributes
    ----------
    W : ndarray (D,)
        The parameters now.
    """

    def __init__(self, system, W, time, at, bounds, limits, spent=0):
        self._system, self._bounds, self._at, self._end_time = system, bounds, at, time
        self._integration = Integration(system.field, system.start(W), time, at=at, **bounds)
        self._kinked = system.field if isinstance(system.field, KinkedFlow) else None
        self._of_steps = _STEPS if self._kinked is None else (*_STEPS, *_KINKS)
        self._size = W.size
        self._most_steps, self._most_gradients = limits
        self._spent = spent  # gradients
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
            *(Quantity(name, clock=_STEPS[0]) for name in self._of_steps),
        ]

    def go(self, store, progress):
        """Integrate what is left, and finish the store; leave it resumable if stopped."""
        self._store = store
        self._hold()
        self._steps, self._rows = store.count("observables/step"), store.count("parameters")
        if self._kinked is not None:
            self._kinked.begin(self._integration.s, self._bounds["rtol"])
        try:
            if self._at is None and not self._rows:
                y = self._integration.s.y
                self._put([0.0], [y], [self._system.value(y)])
            self._save(force=True)
            why = self._advance(progress)
            if why == STUCK and not self._steps:
                raise FlownetError(
                    "no step is short enough at W0: is the flow's velocity finite there?"
                )
            if why == SPENT:
                self._leave(store)
            else:
                store.finish(diverged_at=self._steps if why == STUCK else None)
        except BaseException:  # Ctrl-C too: rows since the last checkpoint will be made again
            store.close()
            raise

    def _leave(self, store):
        """Stop where no more work is allowed, with the state there as the last row."""
        _progress.note(
            f"flow stopped at t = {self._integration.time:g} after {self._steps} steps and "
            f"{self._spent:.0f} gradients: max_steps and max_gradients allow more"
        )
        self._save(force=True)
        if self._row_time < self._integration.time:  # going on drops it again
            y = self._integration.s.y
            self._put([self._integration.time], [y], [self._system.value(y)])
        store.close()

    def _advance(self, progress):
        integration, steps, why = self._integration, 16, None
        with _progress.bar(_PARTS, self._done(), shown=progress, what="flow") as show:
            while why not in (END, EVENT, STUCK, SPENT):
                began = perf_counter()
                why = self._stretch(min(steps, self._most_steps - self._steps))
                if why == END and self._integration.time < self._end_time:
                    why = self._change()
                elif why not in (END, EVENT, STUCK) and self._steps >= self._most_steps:
                    why = SPENT
                seconds = perf_counter() - began
                longer = min(2.0, _BLOCK_SECONDS / max(seconds, 1e-9))
                steps = min(max(1, int(steps * longer)), _MOST_AT_ONCE)
                self._save()
                show(self._done())
        if why == EVENT:
            self._end(integration)
        return why

    def _change(self):
        """Go on with the next stage of the metric."""
        self._integration.change_field()
        self._hold()
        if self._kinked is not None:
            settle(self._kinked, self._integration.s)
            self._integration.begin_anew()

    def _hold(self):
        """Hold the metric of the stage under way; it ends at the next change."""
        i = self._integration
        time = i.time if i.begins else math.nextafter(i.time, -math.inf)  # a change is ahead still
        i.go_on_to(min(self._end_time, self._system.hold_metric(time)))

    def _done(self):
        return int(_PARTS * self._integration.time / self._end_time)

    def _every(self):
        """Of so many steps one is recorded, where they are, and rows until that doubles."""
        half = EVERY_STEP // 2
        return 1 << max(0, self._rows // half - 1), half - self._rows % half

    def _stretch(self, steps):
        """A number of steps at most, with their rows."""
        store, integration = self._store, self._integration
        steps = min(steps, *(store.room(name) for name in self._of_steps))
        every, until = self._every()
        room = min(store.room("parameters"), store.room(LOSS), _ROWS, until)
        value, iteration, time = store.rows("parameters", room)
        whole = integration.s.y.size
        rows = value if whole == self._size else np.empty((room, whole), value.dtype)
        loss = store.rows(LOSS, room)
        taken = [store.rows(name, steps) for name in self._of_steps]
        length, cost, method = (column[0] for column in taken[:3])
        integration.ask_at_most(self._most_gradients - self._spent)
        before = integration.calls
        filled, done, why = integration.advance(
            Trace(None, rows, time, loss[0], None, length, cost, method, taken[0][2], every), steps
        )
        self._spent += integration.calls - before
        self._last = integration.last_step
        for column in taken[3:]:
            column[0][:done] = 0
        met = None
        if why == KINK:
            why, met = self._meet(every, *(column[0][done - 1 : done] for column in taken))
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
        for name in self._of_steps:
            store.advance(name, done)
        if met is not None:
            self._put(*met)
        return why

    def _meet(self, every, length, cost, method, crossings, slides):
        """Go on from the kink within the last step, or end at an event before it; rows up to it."""
        integration, s = self._integration, self._integration.s
        meeting, before = meet(self._kinked, s), integration.last_step[0]
        length[0] = meeting.time - before
        if any(above(meeting.time) < 0 for above in self._events()):
            self._last = before, meeting.time
            return EVENT, None
        times, values = integration.rows_until(meeting.time)
        losses = [self._system.value(y) for y in values]
        integration.take_rows(len(times))
        spent = s.numbers[CALLS]
        s.numbers[CALLS] += meeting.calls
        if meeting.pair is None:
            s.numbers[CALLS] -= -meeting.looks // 3
            pass_by(self._kinked, s)
        else:
            decision = go_on(self._kinked, s, meeting)
            crossings[0], slides[0] = decision.crossed, decision.slid
        spent = s.numbers[CALLS] - spent
        cost[0] += spent
        self._spent += spent
        if self._at is None and (
            int(s.numbers[STEPS]) % every == 0 or meeting.time >= integration.end
        ):
            times, values, losses = [meeting.time], [s.y.copy()], [s.meters[0]]
        return KINK, (times, values, losses)

    def _put(self, times, values, losses):
        for time, W, loss in zip(times, values, losses):
            for name, row in (("parameters", self._system.point(W)), (LOSS, loss)):
                value, iteration, at = self._store.rows(name, 1)
                value[0], iteration[0], at[0] = row, self._rows, time
                self._store.advance(name, 1)
            self._rows, self._row_time = self._rows + 1, time

    def _end(self, integration):
        """The rows up to where an event happened, and that one."""
        time = self._event_time(*self._last)
        times, values = integration.rows_until(time)
        begun = self._rows > 0 and time == self._row_time  # met where it began already
        if not begun and not (len(times) and times[-1] == time):
            times, values = [*times, time], [*values, integration.within(time)]
        self._put(times, values, [self._system.value(y) for y in values])

    def _event_time(self, before, after):
        """First time from one within the last step to another at which a bound is met."""
        from scipy.optimize import brentq  # takes a tenth of a second

        found = [after]
        for above in self._events():
            if above(before) > 0 >= above(after):
                found.append(brentq(above, before, after, xtol=1e-14 * after))
            elif above(before) <= 0:
                found.append(before)
        return min(found)

    def _events(self):
        """Of each bound how far above it the flow is at a time within the last step."""
        within, measured = self._integration.within, self._system.loss_and_norm
        for part, name in enumerate(("loss_below", "gradient_below")):
            if name in self._bounds:
                yield (
                    lambda t, part=part, bound=self._bounds[name]: measured(within(t))[part] - bound
                )

    def _save(self, force=False):
        """A checkpoint, from time to time."""
        if force or monotonic() - self._saved > CHECKPOINT_SECONDS:
            self._store.checkpoint(self._steps, self._integration.time, self.state)
            self._saved = monotonic()
