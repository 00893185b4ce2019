"""The edge of stability: sharpness rises to a threshold that each optimizer sets, and stays.

Past the edge rounding sets the phase of every oscillation: medians over windows are compared.
"""

import edge_of_stability as edge
import numpy as np
import pytest
from tolerance import close

import flownet as fn


@pytest.fixture(scope="module")
def problem():
    """1-16-16-16-1 tanh network on T₅ at 20 points, and its parameters at the start."""
    potential = edge.chebyshev()
    return potential, potential.network.init(seed=0)


EDGES = {"descent": 2.0, "momentum": 3.8, "Adam": 38.0}
PATHS = [
    ("descent", 0.1, 12_000, 0.03),
    ("descent", 0.2, 6_000, 0.03),
    ("momentum", 0.05, 4_000, 0.03),
    ("Adam", 2e-3, 4_000, 0.06),
    ("Adam", 1e-3, 6_000, 0.06),
]


@pytest.mark.parametrize("name, step, steps, within", PATHS)
def test_sharpness_hovers_at_the_edge(name, step, steps, within, problem):
    """2/η, (2+2β)/η, and (2+2β₁)/((1−β₁)η) in Adam's metric (2207.14484): the medians of two
    windows; the loss falls all the same, though not at every step."""
    potential, W = problem
    losses, states = edge.RULES[name][0](potential, W, step, steps, steps // 40)
    start = 1 if name == "Adam" else 0  # v̂ of one step is no scale yet
    values = edge.sharpness(potential, states[start:2] + states[-20:]) * step / EDGES[name]
    assert values[0] < 0.6
    for window in (values[-20:-10], values[-10:]):
        assert abs(np.median(window) - 1) < within
    assert losses[-1] < 0.02 * losses[0] and (np.diff(losses[steps // 2 :]) > 0).sum() > 100


@pytest.mark.parametrize("name", EDGES)
def test_a_shorter_step_lets_it_rise_further(name, problem):
    """At the same time on an eighth of the step sharpness is far past the longer step's edge."""
    potential, W = problem
    path, step, _, _, _, steps = edge.RULES[name]
    _, states = path(potential, W, step / 8, 4 * steps, 4 * steps)
    assert edge.sharpness(potential, states[-1:])[0] * step / EDGES[name] > 4


@pytest.mark.parametrize("name", ["descent", "momentum"])
@pytest.mark.parametrize("over, stable", [(0.99, True), (1.01, False)])
def test_the_edge_on_a_parabola(name, over, stable):
    """Just below the edge the loss falls to nothing, just above it grows without end."""
    kappa, step = 3.0, over * EDGES[name] / 3.0
    potential = fn.Parabola(2, strength=kappa)
    losses, states = edge.RULES[name][0](potential, np.array([1.0, -0.5]), step, 2000, 2000)
    close(edge.sharpness(potential, states)[0] * step / EDGES[name], over)
    assert (losses[-1] < 1e-6 * losses[0]) == stable and (losses[-1] > 1e6 * losses[0]) != stable


def test_a_run_and_the_path_of_states_tell_the_same_sharpness(problem):
    """`sharpness(run)` of a recorded run, and the observable while it runs."""
    potential, W = problem
    run = fn.train(
        potential,
        fn.Aristotle(0.1),
        W0=W,
        steps=60,
        record_every=20,
        observe={"sharpness": (20, fn.Sharpness(potential))},
    )
    values = edge.sharpness(potential, [(row, None) for row in run.parameters[:]])
    close(fn.sharpness(run).value, values, kind="solver")
    close(run.observables["sharpness"].value, values, kind="solver")
