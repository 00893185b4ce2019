"""What processes of a pool are asked to do: functions that they find by their name."""

import flownet as fn


def looked_at(run):
    """The run, a step of it, all of them, its charges and its departure."""
    return run, fn.breakdown(run, at=1), fn.breakdown(run, every=2), fn.departure(run)


def trained(job):
    """A run on a potential that came in, in a file if there is one, and its first step."""
    potential, W0, path = job
    run = fn.train(potential, fn.Aristotle(0.1), W0=W0, steps=8, store=path)
    return run, fn.breakdown(run, at=0)
