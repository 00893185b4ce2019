"""Averages of the weights, the cosine of successive steps, and the secant's sharpness."""

import every_metric
import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

NET = fn.Network([64, 6, 10])
POTENTIAL = fn.Potential(NET, fn.CrossEntropy(), fn.data.load("digits", limit=60))
HELD_OUT = POTENTIAL.on(slice(40, 60))


def observed(observe, mechanics=None, steps=12, **words):
    return fn.train(
        POTENTIAL, mechanics or fn.Aristotle(0.5), steps=steps, seed=1, observe=observe, **words
    )


def test_averages_are_sums_of_the_recorded_states():
    """Σ_k β^{n−k}(1 − β)W_k + β^n·W_0, and the plain mean of every second state from the sixth."""
    run = observed({"ema": (1, fn.EMA(0.7)), "swa": (2, fn.SWA(begin=6))}, batch_size=20)
    W, n = run.parameters[:], np.arange(13)
    weights = 0.3 * 0.7 ** (12 - n)
    weights[0] /= 0.3
    close(run.observables["ema"].value[-1], weights @ W)
    close(run.observables["swa"].value[-1], W[6::2].mean(axis=0))
    close(run.observables["swa"].value[1], W[2])


@pytest.mark.parametrize("of", [HELD_OUT, fn.Accuracy(HELD_OUT), fn.Sharpness(HELD_OUT)])
def test_what_looks_at_an_average_is_asked_there_and_moves_nothing(of):
    run = observed({"it": (3, fn.SWA(of=of)), "W": (3, fn.SWA())})
    looked = lambda W: next(  # noqa: E731  the state with these parameters
        fn.states(POTENTIAL, fn.Aristotle(0.5), W0=W, steps=0)
    )
    asked = of.value if isinstance(of, fn.Potential) else lambda W: of(looked(W))
    found, means = run.observables["it"].value, run.observables["W"].value
    np.testing.assert_array_equal(found, [asked(W) for W in means])
    np.testing.assert_array_equal(run.parameters[-1], observed(None).parameters[-1])


def test_of_complex_parameters_the_average_is_written_as_reals():
    net = fn.Network([2, 3, 1], "cardioid", dtype="complex128")
    data = fn.Dataset(np.ones((4, 2)) * 1j, np.ones((4, 1)))
    p = fn.Potential(net, fn.Quadratic(), data)
    run = fn.train(p, fn.Aristotle(0.1), steps=4, observe={"mean": (1, fn.SWA())})
    close(
        run.observables["mean"].value[-1],
        run.parameters[:].mean(axis=0).view(np.float64),
        "float64",
    )


def test_a_file_says_what_looks_at_an_average(tmp_path):
    """The words of an experiment file; stopped and resumed it goes on with the same bits."""
    file = tmp_path / "mean.toml"
    file.write_text(
        """
        [data]
        name = "digits"
        limit = 60
        [network]
        sizes = [64, 6, 10]
        [loss]
        kind = "cross-entropy"
        [mechanics]
        kind = "adam"
        step = 0.01
        [run]
        steps = 20
        [observe]
        swa = {kind = "swa", begin = 4, every = 2}
        ema = {kind = "ema", beta = 0.9, every = 1, of = {kind = "accuracy"}}
        turn = {kind = "step-cosine", every = 1}
        secant = {kind = "secant-sharpness", every = 1}
        """
    )
    experiment = fn.Experiment.load(file)
    whole = experiment.run(tmp_path / "whole.h5", progress=False)
    experiment.tables["run"]["steps"] = 9
    experiment.run(tmp_path / "part.h5", progress=False).close()
    again = fn.resume(tmp_path / "part.h5", steps=20, progress=False)
    for name in ("swa", "ema", "turn", "secant"):
        one, two = (run.observables[name].value[:] for run in (whole, again))
        assert len(two) >= 10
        np.testing.assert_array_equal(one[-5:], two[-5:])


@pytest.mark.parametrize("name", every_metric.CONSTANT)
def test_cosine_and_secant_in_every_metric(name):
    """Against the recorded states: g(V, V′)/(‖V‖‖V′‖), and ΔdL(δ)/g(δ, δ)."""
    metric, p = every_metric.CONSTANT[name](every_metric.ONES), every_metric.problem()
    run = fn.train(
        p,
        fn.Newton(0.3),
        steps=6,
        metric=metric,
        seed=2,
        observe={"turn": (1, fn.StepCosine()), "secant": (1, fn.SecantSharpness(p, metric=metric))},
    )
    W, free = run.parameters[:], metric.free
    x = np.array([metric.coordinates(V)[free] for V in np.diff(W, axis=0)])
    lengths = np.linalg.norm(x, axis=1)
    turn, secant = (run.observables[name].value for name in ("turn", "secant"))
    close(turn[2:], (x[1:] * x[:-1]).sum(axis=1) / lengths[1:] / lengths[:-1])
    dL = np.array([p.differential(w)[1] for w in W])
    close(secant[1:], (np.diff(dL, axis=0) * np.diff(W, axis=0)).sum(axis=1) / lengths**2)
    assert np.isnan(turn[:2]).all() and np.isnan(secant[0])


def test_past_the_edge_a_parabola_is_hopped_across():
    """Step·κ = 1.9: every step turns back, and the secant is κ."""
    p = fn.Parabola(1, strength=3.0)
    observe = {"turn": (1, fn.StepCosine()), "secant": (1, fn.SecantSharpness(p))}
    run = fn.train(p, fn.Aristotle(1.9 / 3), W0=[1.0], steps=9, observe=observe)
    close(run.observables["turn"].value[2:], -np.ones(8))
    close(run.observables["secant"].value[1:], np.full(9, 3.0))


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: fn.EMA(1.0), "beta is 1.0"),
        (lambda: fn.SWA(-1), "begin is -1"),
        (lambda: fn.EMA(of=3), "of is a int"),
        (lambda: observed({"it": (1, fn.EMA(of=fn.PathLength()))}), "remembers states"),
    ],
)
def test_mistakes(make, words):
    with told_in_one_line(words):
        make()
