"""Breakdowns without a report: one step in full, the terms alone, in a notebook, of any step."""

import naive
import numpy as np
import pytest
import twins
from pictures import STRICT
from reports import digits, shell
from tolerance import close

import flownet as fn
from flownet.desk.report import _measured

pytestmark = STRICT


def test_one_step_in_full(reported):
    told = shell("breakdown", reported[0], "--at", 40)
    assert max(map(len, told.splitlines())) <= 100
    for words in (
        "at iteration 40",
        "critical step",
        "pairs of unit and sample change sign",
        "half of the promise is missed from a step of",
        "verdict: ",
        " means: ",
        "without its top eigendirection",
        "layer 1 alone",
        "By layers",
        "map bends",
        "Radius of convergence",
    ):
        assert words in told, words


def test_the_terms_alone_leave_a_fuller_breakdown(reported, tmp_path):
    """--quick prints and stores Taylor terms, but not in place of what took longer."""
    told = shell("breakdown", reported[0], "--quick")
    assert "critical step" in told and "keeps a breakdown with splits" in told
    assert len(fn.Trajectory.open(reported[0]).analyses["breakdown"].value) == 24
    path = tmp_path / "quick.h5"
    fn.train(digits(), fn.Aristotle(0.2), steps=12, store=path)
    assert f"stored in {path}" in shell("breakdown", path, "--quick", "--every", 2)
    quick = fn.Trajectory.open(path)
    assert list(quick.analyses) == ["breakdown"] and len(quick.analyses["breakdown"].value) == 6
    assert not path.with_suffix(".breakdown.png").exists() and _measured.kept(quick) is None
    assert _measured.kept(fn.train(digits(), fn.Aristotle(0.2), steps=2)) is None


def test_breakdowns_in_a_notebook(run):
    """The cells of the text table, escaped."""
    series = fn.breakdown(run, every=7)
    html = series._repr_html_()
    assert html.count("<tr>") == 1 + len(series) and html.count("<td") == 9 * len(series)
    lines = str(series).splitlines()
    rule = next(i for i, line in enumerate(lines) if set(line) == {"─"})
    assert lines[rule + len(series)] and not lines[rule + len(series) + 1]
    for line in lines[rule + 1 : rule + 1 + len(series)]:
        assert all(f">{word}</td>" in html for word in line.split())
    assert fn.breakdown(run, every=7)[:0]._repr_html_() == "<div><p>no steps</p></div>"


def displacements(potential, W, step=0.1):
    """One step of momentum and one of Adam after three others, and one on a mini-batch."""
    u, m, v = np.zeros((3, W.size))
    steps = 3
    for _ in range(steps):
        dL = potential.differential(W)[1]
        u, m, v = 0.9 * u + dL, 0.9 * m + 0.1 * dL, 0.999 * v + 0.001 * dL**2
        W = W - step * dL
    adam = m / (1 - 0.9**steps) / (np.sqrt(v / (1 - 0.999**steps)) + 1e-8)
    return W, {
        "momentum": -step * u,
        "Adam": -0.01 * adam,
        "mini-batch": -step * potential.on(slice(0, 4)).differential(W)[1],
    }


@pytest.mark.parametrize("name", ["momentum", "Adam", "mini-batch"])
def test_a_step_of_any_mechanics(name):
    """Terms and self terms of a displacement against dense derivatives."""
    case = twins.case(41_000, [3, 5, 2], ["tanh"], "quadratic", m=12)
    potential, problem = twins.potential(case), twins.problem(case)
    W, steps = displacements(potential, case["arrays"]["W"])
    b, delta = fn.breakdown(potential, W, displacement=steps[name]), steps[name]
    loss, linear, second, third = naive.jet(problem, W, delta, 3)
    close([b.loss, b.linear, b.second, b.third], [loss, linear, second, third])
    close(b.second_self, np.diag(naive.hessian(problem, W)) @ delta**2 / 2)
    close(b.linear + b.second + b.third + b.remainder, b.actual)
    assert b.verdict.words and "<table>" in b._repr_html_() and "pairs of parameters" in str(b)
