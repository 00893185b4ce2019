"""A run that no step can move does not end as if it had come somewhere."""

import warnings

import numpy as np
import pytest

import flownet as fn

XOR = fn.data.load("xor")
LABELLED = fn.Dataset(XOR.x, [0, 1, 1, 0])


def network(activation, output="identity", sizes=(2, 3, 1), **words):
    loss = fn.Quadratic() if sizes[-1] == 1 else fn.CrossEntropy()
    net = fn.Network(list(sizes), activation, output=output, **words)
    return fn.Potential(net, loss, XOR if sizes[-1] == 1 else LABELLED)


class Bowl:
    """½‖W‖² + 3, without a Hessian."""

    size = 3

    def value(self, W):
        return 0.5 * float(W @ W) + 3.0

    def differential(self, W):
        return self.value(W), W.copy()


class Plateau(Bowl):
    """3 everywhere near 0."""

    def value(self, W):
        return 3.0 + max(float(W @ W) - 1.0, 0.0)

    def differential(self, W):
        return self.value(W), 2 * W * (W @ W > 1)


STILL = {
    "saturated": (network("tanh", "sigmoid"), 1e4),
    "dead": (network("relu", bias=False), "dead"),
    "saddle": (network("tanh", bias=False), 0.0),
    "a plateau of a user's": (Plateau(), 0.1),
    "saturated outputs": (network("tanh", "tanh", (2, 3, 2)), 1e5),
}
MOVING = {
    "a run": (network("tanh"), 1.0),
    "solved": (network("tanh"), "solved"),
    "a minimum": (fn.Parabola(3) + fn.Quartic(3), 0.0),
    "formula": (fn.DoubleWell(2), 0.5),
    "a minimum of a user's": (Bowl(), 0.0),
}


def start(potential, scale):
    if isinstance(potential, Bowl) or potential.network is None:
        return np.full(potential.size, scale)
    if scale == "dead":  # units that are below 0 for every sample
        return -np.abs(potential.init(0))
    if scale == "solved":
        run = fn.train(potential, fn.Adam(0.05), W0=3 * potential.init(1), steps=3000)
        return run.parameters[-1]
    return np.random.default_rng(0).normal(size=potential.size) * scale


@pytest.mark.parametrize("potential, scale", STILL.values(), ids=STILL)
@pytest.mark.parametrize("mechanics", [fn.Aristotle(0.1), fn.Adam(0.01)], ids=repr)
def test_a_run_that_cannot_move_says_so(potential, scale, mechanics, tmp_path):
    path = tmp_path / "run.h5"
    with pytest.warns(RuntimeWarning, match="the run stands still at a loss of .*dL is 0") as told:
        run = fn.train(potential, mechanics, W0=start(potential, scale), steps=30, store=path)
    assert told[0].filename == __file__  # where it was asked for
    assert np.array_equal(run.parameters[-1], run.parameters[0])
    opened = fn.Trajectory.open(path)
    opened.potential = potential
    assert run.finished and run.stands_still and opened.stands_still


@pytest.mark.parametrize("potential, scale", MOVING.values(), ids=MOVING)
def test_a_run_that_moves_or_has_arrived_says_nothing(potential, scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = fn.train(potential, fn.Aristotle(0.1), W0=start(potential, scale), steps=30)
    assert not run.stands_still


def test_what_saturates_on_its_way_is_seen_too():
    potential = network("tanh", "sigmoid")
    with pytest.warns(RuntimeWarning, match="stands still"):
        run = fn.train(potential, fn.Aristotle(1e6), W0=potential.init(3), steps=50)
    assert not np.array_equal(run.parameters[1], run.parameters[0]) and run.stands_still
