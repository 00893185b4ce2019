"""The flow Ẇ = −g^♯dL of a sum of potentials, or that of other mechanics: f on the device."""

from ...cpu.flow.dormand_prince import dense
from ...cpu.flow.in_parts import add_terms, follow
from ...cpu.flow.integrate import integrator
from ...cpu.flow.rates import rate
from ..network.differential import differential

__all__ = ["dense", "integrate_flow", "integrator", "rate"]  # some of them are the host's own


def _of_network(problem, W, dL, lowest, threads):
    """Loss and dL of the network's term; of none both are 0."""
    if problem.net is None:
        dL[:] = 0
        return 0.0
    return differential(
        problem.net, problem.loss, problem.data, W, dL, problem.work, lowest, threads
    )


def velocity(followed, y, out, meters):
    """dy/dt of y = (W, memories, time); L and ‖dL‖² in the metric into `meters`."""
    rule, dL, problem = followed.rule, followed.dL, followed.problem
    W = y[: dL.size]
    total = _of_network(problem, W, dL, rule.lowest, followed.threads)
    meters[0] = add_terms(problem.terms, rule.decay, total, W, dL)
    follow(rule, dL, y, out, meters)


def as_it_is(function):
    """What the host goes through as plain Python."""
    return function


integrate_flow = integrator(velocity, as_it_is)
