"""The cost of the flow: gradients are counted as they are spent, and who is cheaper where."""

import cost_of_the_flow as cost
import numpy as np
import pytest
from tolerance import close

import flownet as fn

BUDGET = 1500


class Counted:
    """A potential that counts the gradients asked of it, one at a point asked twice in a row:
    of a potential in Python the integration asks again for the loss that belongs to a slope."""

    def __init__(self, potential):
        self.size, self.value, self._gradient = (
            potential.size,
            potential.value,
            (potential.differential),
        )
        self.calls, self._last = 0, None

    def differential(self, W):
        self.calls += self._last is None or not np.array_equal(W, self._last)
        self._last = W.copy()
        return self._gradient(W)


@pytest.fixture(scope="module")
def problems():
    """Potentials and their starts: 300 digits by 64-16-10, and the stiff surface."""
    made = {"digits": cost.digits(300, hidden=16), "surface": cost.surface()}
    return {name: (p, p.network.init(seed=0)) for name, p in made.items()}


@pytest.mark.parametrize(
    "mechanics",
    [fn.Aristotle(0.2), fn.Newton.from_momentum(0.2, 0.9), fn.RungeKutta(1e-2, 1e-5)],
    ids=repr,
)
def test_gradients_are_counted_as_they_are_spent(mechanics, problems):
    """Against a potential that counts them itself, stabilised steps and looks at the spectrum
    included."""
    p, W0 = problems["surface"]
    counted, calls, losses = Counted(p), [], []
    spent, found, steps = cost.cost(p, mechanics, W0, BUDGET)
    for state in fn.states(counted, mechanics, W0=W0, steps=len(steps)):
        calls.append(counted.calls)
        losses.append(p.value(state.W))
    assert (spent[0], calls[0]) == (0, 1)  # a run begins by a look at W0, which step 1 asks again
    np.testing.assert_array_equal(spent[1:], calls[1:])
    close(found, losses)
    assert BUDGET * 0.7 < spent[-1] <= BUDGET


def test_a_longer_run_is_the_same_run(problems):
    """Runs made longer until they have spent their gradients; momentum's step is lr/(1 − β)."""
    p, W0 = problems["surface"]
    mechanics = fn.RungeKutta(1e-2, 1e-5)
    spent, losses, steps = cost.cost(p, mechanics, W0, BUDGET)
    run = fn.train(p, mechanics, W0=W0, steps=len(steps))
    np.testing.assert_array_equal(losses, run.loss)
    np.testing.assert_array_equal(steps, run.step)
    assert spent[-1] == run.observables["evaluations"].value.sum()
    close(cost.cost(p, fn.Newton.from_momentum(0.2, 0.9), W0, 3)[2], np.full(3, 2.0))


def test_needed():
    spent, losses = np.array([0, 6, 12, 30]), np.array([1.0, 0.2, 0.3, 0.1])
    assert [cost.needed(spent, losses, target) for target in (1, 0.5, 0.2, 0.1, 0.05)] == [
        0,
        6,
        6,
        30,
        None,
    ]


def test_who_is_cheaper_where(problems):
    """The flow costs more at high losses and less at low ones; momentum is the rival."""
    p, W0 = problems["digits"]
    flow, *others = [
        cost.cost(p, mechanics, W0, BUDGET)
        for _, mechanics in (
            cost.adaptive(1e-3),
            cost.descent(1),
            cost.descent(2),
            cost.momentum(2),
        )
    ]
    spent, losses, steps = flow
    assert (np.diff(losses) < 0).all() and steps.max() > 1e4 * np.median(steps[:20])
    best = min(cost.needed(*other[:2], 0.3) for other in others[:2])
    assert cost.needed(spent, losses, 0.3) > 2 * best
    assert losses[-1] < 0.01 * min(other[1].min() for other in others)
    p, W0 = problems["surface"]
    by = {
        name: cost.needed(*cost.cost(p, mechanics, W0, 5000)[:2], 1e-4) or 5000
        for name, mechanics in (
            cost.adaptive(1e-2),
            cost.momentum(0.5),
            cost.descent(0.3),
            cost.descent(0.35),
        )
    }
    flow, momentum, *descents = by.values()
    assert momentum < flow < min(descents) / 2
