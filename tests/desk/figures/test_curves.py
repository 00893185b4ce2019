"""Curves of runs: what they show over each abscissa, smoothed, on which axes, under which title."""

import numpy as np
from mistakes import told_in_one_line
from pictures import STRICT, faults
from tolerance import close

import flownet as fn
from flownet.desk.plot import _curves, _style

pytestmark = STRICT


def curve(axis, label):
    """The line of a run."""
    return next(line for line in axis.lines if line.get_label() == label)


def test_curves_show_losses_over_each_abscissa(batched):
    per_epoch = -(-300 // 32)
    for x, wanted in (
        ("iteration", lambda run: np.arange(90)),
        ("epoch", lambda run: np.arange(90) / per_epoch),
        ("time", lambda run: run.observables["loss"].time[:-1]),
    ):
        (axis,) = fn.plot.curves(batched, x=x, smooth=1).axes
        for name, run in batched.items():
            close(curve(axis, name).get_xdata(), wanted(run), kind="rounding")
            close(curve(axis, name).get_ydata(), run.loss[:-1], kind="rounding")
        assert axis.get_xlabel().startswith(x)
        assert axis.get_ylabel() == "loss of each mini-batch of 32"


def test_mini_batches_are_smoothed_over_an_epoch_with_the_raw_curve_pale_behind(batched):
    (axis,) = fn.plot.curves(batched).axes
    assert len(axis.lines) == 6
    for i, (name, run) in enumerate(batched.items()):
        raw, smooth = axis.lines[2 * i : 2 * i + 2]
        close(raw.get_ydata(), run.loss[:-1], kind="rounding")
        assert raw.get_alpha() < 0.5 and raw.get_zorder() < smooth.get_zorder()
        assert smooth.get_label() == name
        close(smooth.get_ydata()[40], run.loss[36:45].mean())  # 9 steps, a tenth of the run
        close(smooth.get_ydata()[0], run.loss[:5].mean())
        close(smooth.get_ydata()[-1], run.loss[85:90].mean())


def test_a_running_mean_is_a_mean_of_what_lies_within_its_width():
    iteration, value = np.arange(0, 50, 5), np.arange(10.0)
    at, mean = _curves.running_mean(iteration, value, 15)
    assert at.tolist() == list(range(10))
    close(mean, [0.5, *range(1, 9), 8.5], kind="rounding")
    at, mean = _curves.running_mean(np.arange(10**5), np.ones(10**5), 301)
    assert len(at) == 2000 and (mean == 1).all() and at[0] == 0 and at[-1] == 10**5 - 1
    falling = np.array([1e10] * 5 + [1e-10] * 95)
    close(_curves.running_mean(np.arange(100), falling, 5)[1][-1], 1e-10)


def test_axes_are_logarithmic_where_values_span_far(real_runs):
    runs, flow = real_runs
    (axis,) = fn.plot.curves({"run": runs["step 0.6"], "flow": flow}).axes
    assert axis.get_yscale() == "linear" and len(axis.lines) == 2
    far = fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=40)
    assert fn.plot.curves(far).axes[0].get_yscale() == "log"
    (axis,) = fn.plot.curves(runs["step 0.6"], y="step").axes
    assert axis.get_yscale() == "linear" and set(axis.lines[0].get_ydata()) == {0.6}


def test_curves_of_a_divergence_end_where_an_axis_does():
    run = fn.train(fn.Parabola(2), fn.Aristotle(3.0), W0=[1.0, 2.0], steps=2000)
    (axis,) = fn.plot.curves(run).axes
    assert axis.lines[0].get_ydata().max() < 1e200 and faults(axis.figure) == []


def test_observables_that_are_no_curve_are_left_out_or_refused(digits_potential):
    run = fn.train(
        digits_potential,
        fn.Aristotle(0.1),
        steps=4,
        observe={"two": (1, lambda state: np.ones(2)), "ok": (1, lambda state: 1.0)},
    )
    with told_in_one_line("'two' is .2,. numbers a step"):
        fn.plot.curves(run, y="two")
    assert len(fn.plot.loss(run).axes) == 2


def test_titles_name_mechanics_of_mechanics_and_potentials_of_ones_own():
    bowl = fn.CustomPotential(2, lambda W: (W @ W / 2, W), name="bowl")
    for mechanics, words in (
        (fn.SAM(fn.Adam(0.1), 0.05), "bowl (2 parameters), SAM, Adam, step 0.1"),
        (fn.Aristotle("cosine:0.1:9"), "bowl (2 parameters), step cosine:0.1:9"),
        (fn.Nesterov(0.1, 0.5), "bowl (2 parameters), Nesterov, step 0.1"),
    ):
        run = fn.train(bowl, mechanics, W0=[1.0, 2.0], steps=4)
        assert fn.plot.curves(run).axes[0].get_title() == words
    assert _style._step_of({"kind": "chain"}) == "scheduled steps"
