"""Adaptive mechanics as a metric that moves: steepest steps, sharpness, complex moduli."""

import numpy as np
import pytest
from family_case import W0
from tolerance import close
from written import GOOD

import flownet as fn

ADAPTIVE = {
    "RMSProp": fn.RMSProp(0.01, 0.9, 1e-3),
    "centred": fn.RMSProp(0.01, 0.9, 1e-3, centered=True),
    "Adam": fn.Adam(0.01, 0.0, 0.9, 1e-3),
    "ThierryMieg": fn.ThierryMieg(0.01, 0.0, memory2=0.9, epsilon=1e-3),
}


@pytest.mark.parametrize("name", ADAPTIVE)
def test_adaptive_steps_are_the_steepest_in_a_moving_metric(p, name):
    """W ← W − step·(gP)^♯dL, step by step, in a metric of layers."""
    metric, before, W = fn.LayerMetric(p.network, [1.0, np.inf]), None, W0
    for state in fn.states(p, ADAPTIVE[name], W0=W0, steps=5, metric=metric):
        if before is not None:
            close(state.W - W, -0.01 * before.sharp(p.differential(W)[1]), scale=0.01)
        before, W = fn.moving_metric(state), state.W.copy()
    promised = fn.breakdown(p, W, 0.01, metric=before)
    close(promised.linear, -0.01 * before.norm2(before.sharp(p.differential(W)[1])))


def test_sharpness_in_the_metric_of_adam(tmp_path):
    """λ_max(P⁻¹H) along a run, as a function and as a table of an experiment file."""
    path, file = tmp_path / "experiment.toml", tmp_path / "run.h5"
    path.write_text(
        GOOD.replace('kind = "aristotle"\nstep = 0.3', 'kind = "adam"\nstep = 0.01').replace(
            "batch_size = 32", ""
        )
        + '[observe.edge]\nkind = "sharpness"\n'
        'metric = {kind = "moving"}\nevery = 5\n'
    )
    run = fn.Experiment.load(path).run(file)
    potential, W, found = run.potential, run.parameters[:], run.observables["edge"].value
    s = 0.0
    for k in range(11):
        dL = potential.differential(W[k])[1]
        s = 0.999 * s + 0.001 * dL**2
        if k % 5 == 0:
            P = np.sqrt(s / (1 - 0.999 ** (k + 1))) + 1e-8
            expected = fn.sharpness(potential, W[k], metric=fn.DiagonalMetric(P))
            np.testing.assert_allclose(found[k // 5], expected, rtol=1e-8)
    run.close()
    again = fn.Experiment.load(file).run()
    np.testing.assert_array_equal(again.observables["edge"].value, found)


def test_complex_parameters_share_the_size_of_their_modulus():
    """RMSProp's first two steps written out."""
    from test_optimizers import ComplexQuartic

    p = ComplexQuartic()
    run = fn.train(p, fn.RMSProp(0.01, 0.9, 1e-3), W0=p.z, steps=2)
    W, square = p.z, 0.0
    for k in range(2):
        dL = p.differential(W)[1]
        square = 0.9 * square + 0.1 * np.abs(dL) ** 2
        W = W - 0.01 * dL / (np.sqrt(square) + 1e-3)
        np.testing.assert_allclose(run.parameters[k + 1], W, rtol=1e-14)
