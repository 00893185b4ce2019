"""Runs that end before their last step: where a condition is met, and the best state of each."""

import re

import numpy as np
import pytest
from cases_of_runs import HELD_OUT, NET, accuracies, on_a_parabola
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet.motion.stop import Stop

k = np.arange(101)
CONDITIONS = {
    "loss": (fn.LossBelow(0.01), np.argmax(0.5 * 0.81**k < 0.01), "the loss is .*, below 0.01"),
    "loss, every 10": (fn.LossBelow(0.01, every=10), 20, "the loss is .*, below 0.01"),
    "gradient": (fn.GradientBelow(0.1), np.argmax(0.9**k < 0.1), r"‖dL‖ is 0.0984771, below 0.1"),
    "observable": (
        fn.Reached(lambda state: state.W[0], below=0.5),
        np.argmax(0.9**k < 0.5),
        "Reached.* was met",
    ),
    "above": (fn.Reached(lambda state: state.iteration, above=4), 5, "Reached.* was met"),
    "function": (lambda state: state.time > 1.15, 12, "the condition .*lambda.* was met"),
    "function, every 5": (fn.StopWhen(lambda s: s.iteration > 12, every=5), 15, "was met"),
    "patience": (
        fn.Patience(lambda state: max(state.iteration, 7) - state.iteration, 3),
        10,
        "was met",
    ),
    "the first of two": ([fn.LossBelow(0.01), fn.GradientBelow(0.9)], 2, "‖dL‖ is 0.81, below"),
    "at once": (fn.LossBelow(1.0), 0, "the loss is 0.5, below 1"),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_run_ends_where_its_condition_is_met(name, store):
    """At the iteration of the closed form; with all rows up to there, and the last state."""
    stop, iteration, words = CONDITIONS[name]
    run = on_a_parabola(stop, store=store, record_every=4)
    run = run if store is None else fn.Trajectory.open(store)
    assert len(run.step) == iteration and run.finished and run.diverged_at is None
    assert run.iteration[-1] == iteration and len(run.loss) == iteration + 1
    close(run.parameters[-1], [0.9**iteration])
    assert run.stopped.startswith(f"stopped at iteration {iteration}: ")

    assert re.search(words, run.stopped) and run.stopped in repr(run)


def test_a_run_that_meets_no_condition_says_nothing():
    run = on_a_parabola([fn.LossBelow(1e-30), lambda state: False], steps=10)
    assert run.stopped is None and len(run.step) == 10 and "stopped" not in repr(run)
    assert fn.train(fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], steps=1).stopped is None


def test_the_edge_of_stability(spiral):
    """Where sharpness·step of the state passes 2; of the parabola κ·h from the beginning."""
    run = fn.train(fn.Parabola(1), fn.Aristotle(2.5), W0=[1.0], steps=9, stop=fn.EdgeReached())
    assert len(run.step) == 0 and "sharpness·step is 2.5, not below 2" in run.stopped
    growing = fn.Exponential(1.0, 0.5, over=3)
    run = fn.train(fn.Parabola(1), fn.Aristotle(growing), W0=[1.0], steps=9, stop=_falls(0.5))
    assert len(run.step) == 4  # 0.5^(k/3) < 0.5 first at k = 4
    h, every = 2.0, 5
    run = fn.train(spiral, fn.Aristotle(h), steps=400, stop=fn.EdgeReached(every=every))
    values = fn.sharpness(run, every=every).value * h
    assert len(run.step) % every == 0 and 0 < len(run.step) < 400
    assert values[-1] >= 2 and (values[:-1] < 2).all()


class _falls(Stop):
    """A condition of somebody's own: the step to come is below a number."""

    def __init__(self, below):
        super().__init__()
        self.below = below

    def look(self, state, potential, memory):
        return state.step < self.below, state.step


def test_the_loss_is_that_of_all_data(spiral):
    """Of mini-batches, too; by the run's last loss, which is on all data."""
    run = fn.train(
        spiral, fn.Adam(0.05), steps=3000, batch_size=8, stop=fn.LossBelow(0.6, every=25)
    )
    assert run.loss[-1] < 0.6 and len(run.step) % 25 == 0
    close(run.loss[-1], spiral.value(run.parameters[-1]))
    before = run.parameters[len(run.step) - 25]
    assert spiral.value(before) >= 0.6


def test_patience_with_held_out_accuracy(spiral, store):
    """Early stopping, and the best state: against the accuracies of every state."""
    held_out = fn.Potential(NET, fn.CrossEntropy(), HELD_OUT)
    patience = fn.Patience(fn.Accuracy(held_out), patience=4, every=20)
    given = dict(steps=4000, stop=patience, keep="best")
    run = fn.train(spiral, fn.Adam(0.05), store=store, **given)
    run = run if store is None else fn.Trajectory.open(store)
    found = accuracies(run, HELD_OUT, 20)
    best = int(np.argmax(found))
    assert run.best.iteration == 20 * best and run.best.value == found[best]
    assert len(run.step) == 20 * (best + 4)
    np.testing.assert_array_equal(run.best.W, run.parameters[20 * best])
    assert run.best.time == run.time[20 * best]
    assert f"the accuracy has not been better than {found[best]:.6g} for 4 looks" in run.stopped


def test_the_best_state_of_a_run_that_ends(spiral, store):
    """The lowest held-out loss, also where it is the last state's."""
    held_out = fn.Potential(NET, fn.CrossEntropy(), HELD_OUT)
    run = fn.train(spiral, fn.Adam(0.05), steps=95, keep=fn.Best(held_out, every=10), store=store)
    losses = [held_out.value(W) for W in run.parameters[:]]
    looked = [*range(0, 95, 10), 95]
    best = looked[int(np.argmin([losses[k] for k in looked]))]
    assert run.best.iteration == best and run.stopped is None
    close(run.best.value, losses[best])


def test_one_state_after_another_ends_there_too():
    *_, last = fn.states(
        fn.Parabola(1), fn.Aristotle(0.1), W0=[1.0], stop=[fn.LossBelow(0.01), fn.LossBelow(0.1)]
    )
    assert last.iteration == np.argmax(0.5 * 0.81**k < 0.1)


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "a number": (lambda: on_a_parabola(0.01), "stop is 0.01; .* a condition such as flownet.Loss"),
    "a list of one": (lambda: on_a_parabola([0.01]), "stop is 0.01"),
    "best as a condition": (
        lambda: on_a_parabola(fn.Best(fn.Parabola(1))),
        "has to be a condition",
    ),
    "no number": (lambda: fn.LossBelow("low"), "value is 'low'; it has to be a number"),
    "gradient of 0": (lambda: fn.GradientBelow(0.0), "value is 0.0; it has to be a number above 0"),
    "every 0": (lambda: fn.LossBelow(1.0, every=0), "every is 0; .* from 1 up"),
    "reached nothing": (lambda: fn.Reached(len), "wants a value: above=… or below=…"),
    "no patience": (lambda: fn.Patience(len, 0), "patience is 0; .* from 1 up"),
    "better": (lambda: fn.Best(len, better="most"), "better is 'most'; .* 'lowest' or 'highest'"),
    "best of nothing": (lambda: on_a_parabola(None, keep="best"), "stop= has 0 of them: say by"),
    "keep what": (lambda: on_a_parabola(None, keep="last"), "keep is 'last'; it has to be"),
    "an array": (
        lambda: on_a_parabola(fn.Reached(lambda state: state.W, above=1.0)),
        "the observable of Reached gave array.* one number",
    ),
    "a memory": (
        lambda: on_a_parabola(fn.Reached(fn.PathLength(), above=1.0)),
        "Reached looks at one state, and .* remembers",
    ),
    "no step ahead": (
        lambda: fn.train(
            fn.Parabola(1), fn.RungeKutta(), W0=[1.0], steps=3, stop=fn.EdgeReached(every=1)
        ),
        "stop: Runge-Kutta steps are as long as their errors let them be",
    ),
    "interrupt": (lambda: on_a_parabola(None, on_interrupt="stop"), "on_interrupt is 'stop'; it"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_one_line(name):
    mistake, words = MISTAKES[name]
    with told_in_one_line(words):
        mistake()
