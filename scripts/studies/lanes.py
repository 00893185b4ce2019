"""Two lanes out of one bend: where the flow keeps its lane, and a finite run changes it.

A 2-2-1 tanh network learns XOR, gradient descent on the full batch with the quadratic loss. At its
start the curvature is 2.86, so that a step of 0.6 is stable there (step·sharpness 1.72, below 2),
and the loss of that run falls at every step. Still its second step crosses the watershed: the flow
from its row 1 solves XOR, the flow from its row 2 does not.

The flow turns in the bend and has a loss of 3e-08 at time 150. The run at step 0.3 stays within
0.23 of it and ends 0.08 away, in the same valley. The run at step 0.6 goes straight on where the
flow turns, into a valley where two of the four samples are taken for their mean (loss 1/16), and
ends with a loss of 0.068, 2.3 away; on the straight path from there to the end of the flow the
loss climbs to 0.13. It leaves by the wrong exit, and none of its 250 steps goes uphill.

Writes one figure, and with --film an animation.
"""

from pathlib import Path

import numpy as np
from command import command

import flownet as fn

SEED, TIME, STEPS = 21, 150, (0.3, 0.6)
LATER = 300  # time of the flows that say which valley a row lies in


def barrier(potential, W, V, points=201):
    """Highest loss on the straight path between two states."""
    return max(potential.value(W + s * (V - W)) for s in np.linspace(0, 1, points))


def watershed(run, rows=4):
    """First row of a run from which the flow ends elsewhere than from row 0, and where, or None."""
    ends = [
        fn.flow(run.potential, W0=W, time=LATER, at=[0, LATER]).loss[-1]
        for W in run.parameters[:rows]
    ]
    other = [k for k, loss in enumerate(ends) if (loss > 1e-3) != (ends[0] > 1e-3)]
    return (other[0], ends[other[0]]) if other else (None, ends[0])


def main(output, film=None):
    """Run, follow the flow, say where they part, draw."""
    potential = fn.Potential(fn.Network([2, 2, 1], "tanh"), fn.Quadratic(), fn.data.load("xor"))
    W0 = potential.network.init(seed=SEED)
    flow = fn.flow(potential, W0=W0, time=TIME, at=np.linspace(0, TIME, 201))
    end = flow.parameters[-1]
    print(
        f"XOR, 2-2-1 tanh, sharpness {fn.sharpness(potential, W0):.3g} at the start; the flow "
        f"ends with a loss of {flow.loss[-1]:.1g}"
    )
    runs = {}
    for step in STEPS:
        run = runs[step] = fn.train(potential, fn.Aristotle(step), W0=W0, steps=round(TIME / step))
        at = fn.flow(potential, W0=W0, time=TIME, at=run.time)
        apart = np.linalg.norm(run.parameters[:] - at.parameters[:], axis=1)
        row, loss = watershed(run)
        climb = barrier(potential, run.parameters[-1], end)
        print(
            f"step {step:g}: step·sharpness {step * fn.sharpness(potential, W0):.3g} at the "
            f"start, {np.sum(np.diff(run.loss) > 0)} of {len(run.step)} steps uphill, loss "
            f"{run.loss[-1]:.2g} at the end\n  from the flow at most {apart.max():.2f}, at the "
            f"end {apart[-1]:.2f}; on the straight path to its end the loss is at most "
            f"{climb:.2g}"
        )
        print(
            "  stays in the flow's valley"
            if row is None
            else f"  row {row} lies in another valley: the flow from there has a loss of "
            f"{loss:.2g} at time {LATER}"
        )
    kept, changed = (runs[step] for step in STEPS)
    flows = {"flow": flow, f"run at step {STEPS[0]:g}": kept}
    figure = fn.plot.flows(changed, flows)
    figure.suptitle(
        f"XOR: the flow and a run at step {STEPS[0]:g} keep their lane; the run at "
        f"step {STEPS[1]:g} changes lane in the bend",
        fontsize=13,
    )
    figure.savefig(output, dpi=115)
    print(f"figure in {output}")
    if film:
        print(f"film in {fn.plot.film(changed, flow, film)}")


if __name__ == "__main__":
    arguments = command(__file__, __doc__)
    arguments.add_argument("--film", type=Path, help="film to write, .gif or .mp4")
    given = arguments.parse_args()
    main(given.output, given.film)
