"""A small network's dense Hessian, and a run in a layer metric."""

import naive
import pytest
import twins
from quadrics import CASES

import flownet as fn


@pytest.fixture(scope="module", params=CASES)
def dense(request):
    """A case's potential, its point and its dense Hessian."""
    case = CASES[request.param]
    problem, W = twins.problem(case), twins.point(case)[0]
    return twins.potential(case), W, naive.hessian(problem, W)


@pytest.fixture(scope="module")
def run():
    """Twelve steps in a layer metric."""
    case = CASES["tanh, quadratic"]
    potential = twins.potential(case)
    metric = fn.LayerMetric(potential.network, [2.0, 0.5])
    return fn.train(
        potential,
        fn.Aristotle(0.1),
        steps=12,
        W0=twins.point(case)[0],
        metric=metric,
        record_every=2,
        batch_size=3,
    )
