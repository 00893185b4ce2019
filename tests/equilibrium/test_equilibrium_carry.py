"""States that a run keeps for each sample, to begin there when it meets the sample again."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn
from flownet.motion import _recorder

DATA = fn.data.load("gaussian", m=30, n_in=4, n_out=2, seed=1)
WORDS = {"steps": 40, "batch_size": 8, "seed": 3, "progress": False}
SYSTEMS = {
    "layers": fn.Hopfield([4, 6, 2], "tanh"),
    "float32": fn.Hopfield([4, 6, 2], "sigmoid4", dtype="float32"),
    "resistors": fn.Resistive([4, 6, 2]),
}


def potential(system=SYSTEMS["layers"], data=DATA, **words):
    return fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.1, **{"carry": True, **words})


@pytest.mark.parametrize("name", SYSTEMS)
def test_states_that_arrive_are_those_from_rest(name):
    """Where the equilibrium is unique, it is the same from wherever the state begins."""
    carried = fn.train(potential(SYSTEMS[name]), fn.Aristotle(0.1), **WORDS)
    fresh = fn.train(potential(SYSTEMS[name], carry=False), fn.Aristotle(0.1), **WORDS)
    tolerance = 1e-4 if SYSTEMS[name].dtype == "float32" else 1e-10
    np.testing.assert_allclose(carried.loss, fresh.loss, rtol=tolerance)
    np.testing.assert_allclose(carried.parameters[-1], fresh.parameters[-1], atol=tolerance)


def test_complex_states_are_carried():
    data = fn.data.load("antenna", m=12, antennas=3)
    system = fn.ComplexHopfield([data.x.shape[1], 3, data.y.shape[1]])
    words = {"steps": 6, "progress": False}
    found = [
        fn.train(potential(system, data, carry=carry), fn.Aristotle(0.05), **words).parameters[-1]
        for carry in (True, False)
    ]
    np.testing.assert_allclose(*found, atol=1e-9)


def test_the_second_visit_takes_fewer_sweeps():
    """The same samples at parameters that have hardly moved."""
    slow = potential(tolerance=1e-8)
    states = np.zeros(slow.carried)
    bound, W, taken = slow.carrying(states), 0.9 * slow.init(0), []
    for _ in range(2):
        bound.differential(W)
        taken.append(bound.phases.relaxed["free"].sweeps)
    assert taken[0] > 3 and taken[1] <= 2
    np.testing.assert_allclose(states, np.concatenate(slow.relax(W), axis=1), atol=1e-7)


def test_a_few_sweeps_a_visit_come_to_rest_in_the_end():
    """W stands still: states that make one sweep a visit arrive as if they had made many."""
    one = potential(sweeps=1, fixed=True)
    states = np.zeros(one.carried)
    bound, W = one.carrying(states), one.init(0)
    for _ in range(60):
        bound.differential_on(np.arange(0, 15), W)
        bound.differential_on(np.arange(15, 30), W)
    settled = np.concatenate(potential().relax(W), axis=1)
    np.testing.assert_allclose(states, settled, atol=1e-12)


def test_they_are_part_of_every_checkpoint(tmp_path, monkeypatch, holds):
    """A run of one sweep a visit, stopped anywhere, goes on to the same bits."""
    monkeypatch.setattr(_recorder, "CHECKPOINT_SECONDS", -1.0)
    path, unsettled = tmp_path / "run.h5", potential(sweeps=1, nudged_sweeps=2, fixed=True)
    whole = fn.train(unsettled, fn.Adam(0.01), **WORDS)
    fresh = fn.train(unsettled.changed(carry=False), fn.Adam(0.01), **WORDS)
    assert abs(whole.loss - fresh.loss).max() > 1e-3  # it matters where states begin

    def stop(state):
        if state.iteration == 23:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        fn.train(unsettled, fn.Adam(0.01), store=path, observe={"x": (1, stop)}, **WORDS)
    run = fn.resume(path, observe={"x": lambda state: 0.0}, progress=False)
    np.testing.assert_array_equal(run.loss, whole.loss)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(run.parameters[:] != whole.parameters[:]),
        0,
    )


def test_a_flow_has_no_visits():
    W0 = potential().init(0)
    with told_in_one_line("set carry=False"):
        fn.flow(potential(), W0=W0, time=1.0)
    with told_in_one_line("set carry=False"):
        fn.train(potential(), fn.RungeKutta(0.1), W0=W0, steps=2)
    with told_in_one_line("carry is 'yes'; it has to be True or False"):
        potential(carry="yes")


def test_a_flow_of_short_steps_is_at_rest_when_it_says_so():
    """An arrival is a force that vanishes, not a step too short to see."""

    class Well(fn.equilibrium.Energy):
        size = states = n_in = n_out = 1
        smooth = True

        def energy(self, W, x, s):
            return (0.5 * s**2 - W * x * s)[:, 0]

        def slope(self, W, x, s):
            return s - W * x

        def covector(self, W, x, s, weight):
            return np.array([-(weight[:, None] * x * s).sum()])

        def curvature(self, W, x, s, v):
            return v

    data = fn.Dataset(np.ones((1, 1)), np.ones((1, 1)))
    words = {"nudge": 0.1, "step": 1e-3, "tolerance": 1e-4, "sweeps": 100_000}
    well = fn.Equilibrium(Well(), fn.Quadratic(), data, **words)
    (s,) = well.relax([2.0])
    assert abs(s[0, 0] - 2.0) <= 1.01e-4
