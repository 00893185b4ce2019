"""The two-step identity of plain descent, exact to rounding."""

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close, roundoff

import flownet as fn

RUNS = {
    "plain": (fn.Aristotle(0.5), {}),
    "a metric": (fn.Aristotle(0.5), {"stiffness": [0.4, 3.0]}),
    "a frozen layer": (fn.Aristotle(0.5), {"stiffness": [np.inf, 1.0]}),
    "steps that grow": (fn.Aristotle("warmup:0.8:20"), {}),
    "mini-batches": (fn.Aristotle(0.2), {"batch_size": 7}),
}


def trained(net, data, mechanics, stiffness=None, **words):
    metric = None if stiffness is None else fn.LayerMetric(net, stiffness)
    return fn.train(
        fn.Potential(net, fn.CrossEntropy(), data), mechanics, steps=12, metric=metric, **words
    )


@pytest.mark.parametrize("name", RUNS)
def test_both_identities_hold_to_rounding(name, digits, dtype):
    """In each precision, at the first, a middle and the last step that has a next one."""
    mechanics, words = RUNS[name]
    net = fn.Network([64, 8, 10], "tanh", dtype=dtype)
    run = trained(net, digits, mechanics, **words)
    for k in (0, 5, 10, -1):
        found = fn.rod(run, at=k)
        assert found.exact and found.iteration == k % 11
        assert max(found.worst) <= found.floor < 200 * roundoff(dtype)
        before, after = (run.parameters[found.iteration + i].astype("f8") for i in (0, 1))
        close(found.centre - found.half, before, kind="rounding")
        close(found.centre + found.half, after, kind="rounding")
        close(
            found.next_centre + found.next_half,
            run.parameters[found.iteration + 2],
            kind="rounding",
        )
    assert fn.rod(run).exact
    length2 = fn.Euclidean(net.size).norm2(2 * found.half)
    if run.metric is None:
        close(found.length, np.sqrt(length2))


def test_a_run_of_another_potential_is_seen(digits):
    """The residuals are first order in what is wrong with the gradient."""
    run = trained(fn.Network([64, 8, 10], "tanh"), digits, fn.Aristotle(0.5))
    run.potential = run.potential + 1e-6 * fn.Parabola(run.potential.size)
    found = fn.rod(run, at=3)
    assert not found.exact and not fn.rod(run).exact
    ends = found.centre - found.half, found.centre + found.half
    close(found.half_residual, 0.25e-6 * ends[1], scale=1e-3 * np.abs(ends[1]).max())
    close(found.centre_residual, 0.25e-6 * (ends[0] + ends[1]), scale=1e-3 * np.abs(ends[1]).max())
    assert "not the run of this potential" in repr(found)


def test_the_rod_of_a_run_at_the_edge_turns_over():
    """Beyond 2/h on a parabola W flips its sign: the middle goes on slowly, d turns over."""
    run = fn.train(fn.Parabola(1, strength=2.0), fn.Aristotle(0.99), W0=[1.0], steps=4)
    found = fn.rod(run, at=0)
    assert found.half[0] < -0.9 and found.next_half[0] > 0.9 and abs(found.centre[0]) < 0.02
    assert "exact" in repr(found) and "<table>" in found._repr_html_()
    assert max(map(len, repr(found).splitlines())) <= 100


def test_mistakes(digits):
    run = trained(fn.Network([64, 8, 10], "tanh"), digits, fn.Aristotle(0.5))
    for at in (11, -12, 0.5, True):
        with told_in_one_line("a rod begins at one from 0 to 10"):
            fn.rod(run, at=at)
    seldom = trained(fn.Network([64, 8, 10], "tanh"), digits, fn.Aristotle(0.5), record_every=2)
    with told_in_one_line("record_every=1"):
        fn.rod(seldom, at=0)
    with told_in_one_line("no three consecutive states"):
        fn.rod(seldom)
    run.mechanics = fn.Newton(0.1)
    with told_in_one_line("identity of plain descent"):
        fn.rod(run, at=0)
