"""Every mechanics under a schedule takes the steps of its pieces; temperatures, too."""

import numpy as np
import pytest
from policy_case import W0

import flownet as fn
from flownet.model.potential import as_potential
from flownet.motion.loops import make_loop, one_row

SIZES = [0.05, 0.02, 0.08]
MECHANICS = {
    "aristotle": fn.Aristotle,
    "geodesic": fn.Geodesic,
    "newton": fn.Newton,
    "explicit": lambda step: fn.Newton(step, integrator="explicit"),
    "heat bath": lambda step: fn.Newton(step, temperature=0.01),
    "momentum": lambda step: fn.Newton(step, momentum=0.9),
    "nesterov": fn.Nesterov,
    "rmsprop": lambda step: fn.RMSProp(step, momentum=0.5),
    "adam": fn.Adam,
    "adamw": fn.AdamW,
    "thierry-mieg": lambda step: fn.ThierryMieg(step, 0.7, 1.0, 0.5, 0.9),
    "langevin": lambda step: fn.Langevin(step, 0.01),
}


def in_pieces(potential, mechanics, batch_size, lengths):
    """W where a loop of each mechanics in turn has taken up the arrays of the one before."""
    potential, arrays, time, begin = as_potential(potential), None, 0.0, 0
    metric = fn.Euclidean(potential.size)
    for one, length in zip(mechanics, lengths):
        loop = make_loop(potential, one, metric, np.array(W0), time, batch_size, 3)
        for name, array in (arrays or {}).items():
            loop.arrays[name][...] = array
        for k in range(begin, begin + length):
            loop.advance(k, 1, one_row(loop.W))
        arrays, time, begin = loop.arrays, loop.time, begin + length
    return loop.W


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("name", MECHANICS)
def test_every_mechanics_takes_the_steps_of_its_pieces(name, batch_size, small):
    """The same bits as 4, 3 and 5 steps with the number of each piece."""
    make = MECHANICS[name]
    for schedule in (
        fn.Piecewise(SIZES, at=[4, 7]),
        fn.Schedule(lambda state: SIZES[(state.iteration >= 4) + (state.iteration >= 7)], "state"),
    ):
        run = fn.train(small, make(schedule), W0=W0, steps=12, batch_size=batch_size, seed=3)
        found = in_pieces(small, [make(h) for h in SIZES], batch_size, [4, 3, 5])
        np.testing.assert_array_equal(run.parameters[-1], found)


@pytest.mark.parametrize("make", [fn.Langevin, lambda h, T: fn.Newton(h, temperature=T)])
def test_a_temperature_takes_the_steps_of_its_pieces(make, small):
    temperatures = [0.05, 0.0, 0.02] if make is fn.Langevin else [0.05, 0.01, 0.02]
    for schedule in (
        fn.Piecewise([0.05, 0.01, 0.02], at=[4, 7]),
        np.repeat(temperatures, [4, 3, 5]),
        fn.Schedule(lambda s: temperatures[(s.iteration >= 4) + (s.iteration >= 7)], "state"),
    ):
        own = [0.05, 0.01, 0.02] if isinstance(schedule, fn.Piecewise) else temperatures
        run = fn.train(small, make(0.1, schedule), W0=W0, steps=12, seed=3)
        found = in_pieces(small, [make(0.1, T) for T in own], None, [4, 3, 5])
        np.testing.assert_array_equal(run.parameters[-1], found)


def test_annealing_has_the_variance_of_each_temperature():
    """On ½W² of many independent parameters: s ← (1 − h)²s + 2hT_k, within five deviations."""
    D, T = 20_000, 1.0 * 0.9 ** np.arange(30)
    run = fn.train(
        fn.Parabola(D), fn.Langevin(0.2, "exponential:1:0.9"), W0=np.zeros(D), steps=30, seed=5
    )
    s = 0.0
    for k in range(30):
        s = 0.8**2 * s + 0.4 * T[k]
        found = np.var(run.parameters[k + 1])
        assert abs(found / s - 1) < 5 * np.sqrt(2 / D), k


def test_a_program_takes_the_temperatures_of_the_compiled_loop(small):
    """Step by step in Python, the same heat."""
    mechanics = fn.Langevin("exponential:0.1:0.9", "exponential:0.1:0.8")
    run = fn.train(small, mechanics, W0=W0, steps=12)
    as_program = fn.train(
        small, mechanics, W0=W0, steps=12, metric=lambda time: fn.Euclidean(small.size)
    )
    np.testing.assert_array_equal(run.parameters[:], as_program.parameters[:])
