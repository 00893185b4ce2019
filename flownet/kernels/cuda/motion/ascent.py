"""The ascent before a step (SAM): to W + ρ·g^♯dL/‖dL‖_g, where dL is taken anew."""

import math

from ...._compile._cuda import cuda
from ..base.launch import kernel, over
from ..base.sums import PARTS, WIDTH, block_sum, total
from .clock import NOW, SQUARE
from .mechanics import FIRST, RANGES, SIZE, first_sharp, range_of


@kernel("f8[] r[] r[] i8[] i8[] f8[] i8[]")
def square_parts(real):
    """Parts of ⟨dL, g^♯dL⟩, with the raised covector in `point`."""

    def run(parts, dL, point, at, bounds, sharps, plan):
        own, row = 0.0, first_sharp(plan, plan[FIRST] + max(at[NOW], 0))
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
            own += sharp * float(dL[j]) * float(point[j])
        found = block_sum(own)
        if cuda.threadIdx.x == 0:
            parts[cuda.blockIdx.x] = found

    return run


@kernel("r[] r[] f8[] i8[] i8[] f8[] i8[] f8")
def climb_to(real):
    """point ← W + ρ·g^♯dL/‖dL‖; W itself where ‖dL‖ is 0, or no number."""

    def run(point, W, clock, at, bounds, sharps, plan, radius):
        square, row = clock[SQUARE], first_sharp(plan, plan[FIRST] + max(at[NOW], 0))
        for j in range(cuda.grid(1), plan[SIZE], cuda.gridsize(1)):
            if square > 0:
                sharp = sharps[row + range_of(bounds, plan[RANGES], j)]
                point[j] = W[j] + real(radius / math.sqrt(square) * sharp) * point[j]
            else:
                point[j] = W[j]

    return run


def climb(run, dL, radius):
    """The point of the ascent from W of a `Run`, along what is raised in its `point`."""
    square_parts((PARTS, WIDTH), run.long, dL, run.point, run.at, run.bounds, run.sharps, run.plan)
    total(run.clock, SQUARE, run.long, PARTS)
    climb_to(
        over(run.size),
        *(run.point, run.W, run.clock, run.at, run.bounds, run.sharps, run.plan, radius),
    )
