"""What a script changes of a state within `states` is what the run goes on with, or is refused."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn

NETWORK = fn.Network([2, 3, 1])
POTENTIAL = fn.Potential(NETWORK, fn.Quadratic(), fn.data.load("xor"))
W0 = NETWORK.init(seed=0)
AT, STEPS = 4, 9  # where a script interferes, and where its run ends

MECHANICS = {
    "newton": fn.Newton(0.1, friction=0.5),
    "leapfrog": fn.Newton(0.1, friction=0.5, integrator="leapfrog"),
    "explicit": fn.Newton(0.1, friction=0.5, integrator="explicit"),
    "nesterov": fn.Nesterov(0.1, 0.9),
    "thierry-mieg": fn.ThierryMieg(0.01, memory1=0.9, memory2=0.99),
}


def walked(mechanics, change=lambda state: None, potential=POTENTIAL, W0=W0, **words):
    """Parameters at each iteration of a run that a script changes at iteration AT."""
    path = []
    for state in fn.states(potential, mechanics, W0=W0, steps=STEPS, **words):
        if state.iteration == AT:
            change(state)
        path.append(state.W.copy())
    return np.array(path)


@pytest.mark.parametrize("step", [0.01, "cosine:0.3:20", "linear:0.1", "loss", fn.Warmup(0.2, 6)])
def test_a_step_that_is_set_is_taken(step):
    def change(state):
        state.step = step
        assert state.mechanics.policy.plain == fn.Aristotle(step).policy.plain

    def expected():  # a run that knew from the beginning, with the step of before up to AT
        W = walked(fn.Aristotle(0.3))[AT]
        policy = fn.Aristotle(step).policy
        for k in range(AT, STEPS):
            yield W
            loss, dL = POTENTIAL.differential(W)
            W = W - policy.choose(k, POTENTIAL, W, -dL, loss) * dL
        yield W

    found = walked(fn.Aristotle(0.3), change)
    assert np.array_equal(found[:AT], walked(fn.Aristotle(0.3))[:AT])
    np.testing.assert_allclose(found[AT:], list(expected()), rtol=0, atol=1e-15)


def test_a_number_that_is_set_gives_the_bits_of_a_run_from_there():
    def change(state):
        state.step = 0.01

    found = walked(fn.Aristotle(0.3), change)
    after = fn.train(POTENTIAL, fn.Aristotle(0.01), W0=found[AT], steps=STEPS - AT)
    assert np.array_equal(found[AT:], after.parameters[:])


def test_a_step_that_is_set_keeps_what_is_remembered():
    """v ← e^{−λh}v + (1 − e^{−λh})F/λ and W ← W + hv with the h of each step, by hand."""

    def change(state):
        state.step = 0.02

    found = walked(fn.Newton(0.1, friction=0.5), change)
    W, v = W0.copy(), np.zeros_like(W0)
    for k in range(STEPS):
        np.testing.assert_allclose(found[k], W, rtol=0, atol=1e-14)
        h = 0.1 if k < AT else 0.02
        kept = np.exp(-0.5 * h)
        v = kept * v - (1 - kept) / 0.5 * POTENTIAL.differential(W)[1]
        W = W + h * v


@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_step_that_is_set_at_every_state(batch_size):
    words = {"W0": W0, "steps": STEPS, "batch_size": batch_size, "seed": 5}
    path = []
    for state in fn.states(POTENTIAL, fn.Adam(1.0), **words):
        state.step = min(0.2, 0.05 * (state.iteration + 1))
        assert state.step == min(0.2, 0.05 * (state.iteration + 1))
        path.append(state.W.copy())
    assert np.array_equal(
        path, fn.train(POTENTIAL, fn.Adam(fn.Warmup(0.2, 4)), **words).parameters[:]
    )


def test_parameters_that_are_assigned_are_the_runs_own():
    def change(state):
        state.W = W0 + 1

    found = walked(fn.Aristotle(0.3), change)
    after = fn.train(POTENTIAL, fn.Aristotle(0.3), W0=W0 + 1, steps=STEPS - AT)
    assert np.array_equal(found[AT:], after.parameters[:])

    def halve(state):
        state.W *= 0.5

    again = walked(fn.Aristotle(0.3), halve)
    assert np.array_equal(again[AT], walked(fn.Aristotle(0.3))[AT] / 2)


WAYS = {
    "in place": lambda state, v: state.velocity.__setitem__(slice(None), v),
    "assigned": lambda state, v: setattr(state, "velocity", v),
    "in the memory": lambda state, v: state.memories.__setitem__("velocity", v),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
def test_a_velocity_that_is_set_moves_the_run(mechanics, way):
    """A run that had these memories already takes the same steps, to the bit."""
    v = np.linspace(-1, 1, W0.size)
    wanted = []

    def by_memory(state):
        memory = state.memories["velocity"]
        F = state.force
        memory[:] = v
        if way is not WAYS["in the memory"]:
            memory[:] = mechanics.remembered(v, lambda: F, state.iteration)
        wanted.append(state.velocity.copy())

    def change(state):
        way(state, v)
        np.testing.assert_allclose(state.velocity, wanted[0], rtol=0, atol=1e-14)
        if way is not WAYS["in the memory"]:
            np.testing.assert_allclose(state.velocity, v, rtol=0, atol=1e-14)

    expected = walked(mechanics, by_memory)
    found = walked(mechanics, change)
    assert np.array_equal(found, expected)
    assert not np.allclose(found[AT + 1], walked(mechanics)[AT + 1], atol=1e-3)


def test_a_velocity_that_is_only_read_changes_nothing():
    for mechanics in MECHANICS.values():
        assert np.array_equal(walked(mechanics, lambda state: state.velocity), walked(mechanics))


def test_a_complex_run_is_changed_likewise():
    data = fn.Dataset([[1j, 1.0], [0.5, 2j]], [[1.0], [1j]])
    potential = fn.Potential(
        fn.Network([2, 2, 1], "cardioid", dtype="complex128"), fn.Quadratic(), data
    )
    start = potential.init(0)

    def change(state):
        state.W = start * 1j
        state.velocity[:] = 0.0
        state.step = 0.05

    found = walked(fn.Newton(0.1), change, potential, start)
    after = fn.train(potential, fn.Newton(0.05), W0=start * 1j, steps=STEPS - AT)
    assert np.array_equal(found[AT:], after.parameters[:])


def _set(name, value):
    return lambda state: setattr(state, name, value)


REFUSED = {
    "mechanics": (_set("mechanics", fn.Adam(0.1)), "state.mechanics cannot be set.*W0=state.W"),
    "metric": (_set("metric", None), "state.metric cannot be set"),
    "potential": (_set("potential", POTENTIAL), "state.potential cannot be set"),
    "iteration": (_set("iteration", 0), "state.iteration cannot be set"),
    "no such thing": (_set("momentum", 0.9), "state.momentum cannot be set"),
    "shape": (_set("W", np.zeros(3)), r"state.W has shape \(3,\)"),
    "kind": (_set("W", W0 + 1j), "state.W holds complex128"),
    "finite": (_set("W", np.full(W0.size, np.nan)), "state.W has to be finite"),
    "text": (_set("velocity", "fast"), "state.velocity holds <U4"),
    "step": (_set("step", -1.0), "step is -1.0"),
    "policy": (_set("step", "loss"), "does not move along it"),
    "memory": (lambda state: state.memories.__setitem__("speed", W0), "unknown memory 'speed'"),
    "run": (_set("step", "cosine:0.1:3"), "step 'cosine:0.1:3' is 0 after 3 steps"),
}


@pytest.mark.parametrize("change, line", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_changed_is_refused(change, line):
    with told_in_one_line(line):
        walked(fn.Newton(0.1), change)


def test_mechanics_whose_step_stays_say_so():
    with told_in_one_line("sizes its steps itself"):
        walked(fn.RungeKutta(), _set("step", 0.1))
    with told_in_one_line("velocity of half a step ago"):
        walked(MECHANICS["leapfrog"], _set("step", 0.2))


@pytest.mark.parametrize("name", ["step", "velocity"])
def test_an_observable_only_looks_on(name):
    with told_in_one_line(f"state.{name} is set by an observable, which only looks on"):
        fn.train(
            POTENTIAL,
            fn.Newton(0.1),
            steps=2,
            observe={"own": (1, lambda s: setattr(s, name, 1.0))},
        )


def test_the_step_that_comes_next_is_told():
    for step in (0.3, "cosine:0.3:20", "loss", "linear:0.1"):
        steps = fn.train(POTENTIAL, fn.Aristotle(step), W0=W0, steps=5).step
        found = [s.step for s in fn.states(POTENTIAL, fn.Aristotle(step), W0=W0, steps=4)]
        np.testing.assert_allclose(found, steps, rtol=1e-14)
