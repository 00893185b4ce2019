"""What `flownet departure` does with a run's file: its flows, and where they are kept."""

from ..._errors import FlownetError
from ...linearization.departure import departure, store_departure
from ...motion.flow import Modified


def depart(run, every=None, modified=(), **words):
    """`Departure` of a run from its flow, and from the modified flows of some steps.

    `words` are those of `departure`: rtol, max_steps, max_gradients.
    """
    fields = {
        f"modified {order} of step {step:g}": Modified(step, order=order)
        for step in modified
        for order in (1, 2)
    }
    return departure(run, fields=fields, every=every, **words)


def stored(found):
    """Store a departure in its run's file, and say what came of it."""
    run = found.run
    if not run.finished:
        return f"not stored: {run.path} is not finished; `flownet resume` goes on with it"
    try:
        store_departure(run, found)
    except FlownetError as error:
        return f"not stored: {error}"
    return f"stored in {run.path}, with the rows of its flow{'s' * (len(found.flows) > 1)}"
