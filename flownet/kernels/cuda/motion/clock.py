"""Where a run of steps is, kept on the device: nothing comes back until a whole block is done.

Whether a step is still to be taken is known there alone; kernels of a run that is over do nothing.
"""

import math

from ...._compile._cuda import cuda
from ..base.launch import kernel
from ..base.sums import WIDTH, sum_of_few

#: whole numbers `at` of a run: the next step of the block, the one under way (−1: none), why it is
#: over, and whether parameters are not finite
NEXT, NOW, OVER, BAD = range(4)
PLACES = 4
#: why: it is not; the metric is that of another time; loss or step is not finite
GOING, ELSEWHEN, NOT_FINITE = range(3)

#: float64 numbers `clock` of a run: the time, the step under way, ‖dL‖² of an ascent
TIME, STEP, SQUARE = range(3)
NUMBERS = 3


@kernel("f8[] i8[] f8[] i8 f8 f8[] i8 f8[] f8[] f8[] f8 f8 i8")
def settle(real):
    """Loss, step and time of the next step, and whether it is taken: by one block.

    Arguments: clock and place; losses of samples, how many, and what their sum is multiplied by;
    the terms of formulas and how many; the losses and times of the block's steps, and its steps,
    which are factors of the loss with `of_loss`; from and until when the metric is this one.
    """

    def run(clock, at, losses, m, share, terms, count, loss, times, step, since, until, of_loss):
        value = share * sum_of_few(losses, m)
        if cuda.threadIdx.x == 0:
            for t in range(count):
                value += terms[t]
            i, time = at[NEXT], clock[TIME]
            h = step[i] * value if of_loss != 0 else step[i]
            at[NOW] = -1
            if at[OVER] == GOING and at[BAD] == 0:
                if time < since or time >= until or time != time:
                    at[OVER] = ELSEWHEN
                elif not (math.isfinite(value) and math.isfinite(h)):
                    at[OVER] = NOT_FINITE
                else:
                    loss[i], times[i], step[i] = value, time, h
                    clock[STEP], clock[TIME] = h, time + h
                    at[NOW], at[NEXT] = i, i + 1

    return run


def settle_step(run, losses, m, share, formulas, rule):
    """Launch it for a `Run`, `m` losses, and so many formulas."""
    settle(
        (1, WIDTH),
        *(run.clock, run.at, losses, m, share, run.terms, formulas),
        *(run.loss, run.times, run.steps, rule.since, rule.until, rule.of_loss),
    )
