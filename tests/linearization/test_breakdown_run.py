"""Breakdowns along a run: the displacements that were taken, on the batches that were seen."""

import naive
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.linearization.breakdown import Breakdowns, kept


@pytest.fixture(scope="module")
def run():
    """23 samples by 5, in float32."""
    case = twins.case(83_000, [3, 6, 2], ["tanh"], "quadratic", m=23)
    return case, fn.train(
        twins.potential(case, "float32"),
        fn.Aristotle(0.2),
        steps=12,
        W0=case["arrays"]["W"],
        batch_size=5,
    )


@pytest.mark.parametrize("k", [0, 4, 7, 11, -1, -12])
def test_a_step_of_a_run(k, run):
    """δ = W_{k+1} − W_k as it was taken in float32, on that step's batch, in float64."""
    case, run = run
    b, k = fn.breakdown(run, at=k), k % 12
    before, after = run.parameters[k].astype(float), run.parameters[k + 1].astype(float)
    p = twins.problem(case, run.batches.rows(k))
    L, linear, second, third = naive.jet(p, before, after - before, 3)
    close([b.loss, b.linear, b.second, b.third], [L, linear, second, third])
    close(b.actual, naive.value(p, after) - L, scale=L)
    assert (b.iteration, b.time, b.step) == (k, run.time[k], 0.2)
    close(b.loss, run.loss[k], "float32")


@pytest.mark.parametrize("every, steps", [(1, range(12)), (5, [0, 5, 10]), (12, [0]), (99, [0])])
def test_every_nth_step_as_columns(every, steps, run):
    """A sequence of breakdowns whose terms are arrays."""
    series = fn.breakdown(run[1], every=every)
    one_by_one = [fn.breakdown(run[1], at=k) for k in steps]
    assert len(series) == len(one_by_one) and series.iteration.tolist() == list(steps)
    assert [b.linear for b in series] == [b.linear for b in one_by_one] == series.linear.tolist()
    for name in (
        "second",
        "third",
        "remainder",
        "actual",
        "critical_step",
        "critical_third",
        "ratio",
        "loss",
        "time",
        "second_self",
        "third_triplets",
    ):
        np.testing.assert_array_equal(getattr(series, name), [getattr(b, name) for b in one_by_one])
    assert len(series[:2]) == min(2, len(one_by_one))


def test_steps_between_recorded_rows(run):
    """A run that keeps every third row knows no single step."""
    case, _ = run
    sparse = fn.train(twins.potential(case), fn.Aristotle(0.2), steps=7, record_every=3)
    for k in (0, 1, 5):
        with pytest.raises(FlownetError, match="record_every=1 keeps all"):
            fn.breakdown(sparse, at=k)
    assert fn.breakdown(sparse, at=6).iteration == 6  # rows 6 and N = 7 are both there


def test_a_diverging_run_can_be_broken_down():
    """Every step between two recorded rows: |W| doubles on the parabola at h = 3, uphill."""
    run = fn.train(fn.Parabola(), fn.Aristotle(3.0), W0=[1.0], steps=2000)
    series = fn.breakdown(run, every=1)
    assert series.iteration.tolist() == list(range(len(run) - 1))
    close(series.ratio[:200], np.full(200, 1.5), kind="rounding")


def test_a_breakdown_is_kept_with_its_run(tmp_path, run):
    """In the run's file, number for number; a later one takes its place."""
    file, case = tmp_path / "run.h5", run[0]
    stored = fn.train(twins.potential(case), fn.Aristotle(0.2), steps=6, store=file)
    assert kept(stored) is None
    for every, split in ((3, False), (2, True), (2, False)):
        series = fn.breakdown(stored, every=every, keep=True, split=split)
        for reader in (stored, fn.Trajectory.open(file)):
            found = kept(reader)
            np.testing.assert_array_equal(found.values, series.values)
            np.testing.assert_array_equal(found.iteration, range(0, 6, every))
            assert np.isnan(found.column("radius")).all() != split


def test_what_was_stored_is_taken_up_again(tmp_path, run):
    """Splits of a stored step are made from the run; those along the run are its own numbers."""
    file = tmp_path / "run.h5"
    stored = fn.train(
        twins.potential(run[0]),
        fn.Aristotle(0.2),
        steps=4,
        store=file,
        metric=fn.LayerMetric(twins.potential(run[0]).network, [1.0, 2.0]),
    )
    series = fn.breakdown(stored, every=1, keep=True, split=True)
    found, one = kept(fn.Trajectory.open(file)), fn.breakdown(stored, at=2)
    close(found[2].split("eigen").contributions, one.split("eigen").contributions)
    chance = found[2].split("parameters").rotations.second_self
    close(chance, series.column("chance_second_self")[2])
    assert found[2].known["third_two"] == found.third_two[2] == one.third_two
    close(series.column("radius"), [b.radius().estimate for b in found])
    close(one.taken.metric.norm2(one.taken.delta), one.taken.norm2)


def test_files_of_nine_columns_are_read():
    """Breakdowns of second order as they were once stored: their remainder began at the third."""
    row = [0.1, 2.0, -0.3, 0.05, -0.24, 1e-16, 1e-16, 1e-16, 1e-16]
    (old,) = Breakdowns.from_values(np.array([7]), np.array([0.7]), np.array([row]))
    assert (old.iteration, old.order, old.loss, old.second) == (7, 2, 2.0, 0.05)
    close([old.remainder, old.critical_step], [0.01, 0.6])
    with pytest.raises(FlownetError, match="without their run"):
        old.split("parameters")
    assert "second order" in str(old)


@pytest.mark.parametrize("step, scale", [(1e-9, 1.0), (0.123456789, 1e-8), (3e5, 1e-5)])
def test_the_table_fits_a_page(step, scale, run):
    """At most 100 columns and a score of lines, whatever the numbers and however many steps."""
    potential = scale * twins.potential(run[0])
    table = str(fn.breakdown(fn.train(potential, fn.Aristotle(step), steps=40), every=1))
    assert max(map(len, table.splitlines())) <= 100 and len(table.splitlines()) <= 20
    assert all(word in table for word in ("promised", "second", "third", "remainder", "delivered"))


MISTAKES = {
    "a run and no step of it": (lambda run: fn.breakdown(run), "at=k for one step or every=n"),
    "one step and many": (lambda run: fn.breakdown(run, at=1, every=2), "at=k for one step"),
    "the step after the last": (lambda run: fn.breakdown(run, at=12), "steps 0 to 11"),
    "the step before the first": (lambda run: fn.breakdown(run, at=-13), "steps 0 to 11"),
    "half a step": (lambda run: fn.breakdown(run, at=1.5), "whole number"),
    "keeping without a file": (lambda run: fn.breakdown(run, every=6, keep=True), "with a file"),
    "every 0th step": (lambda run: fn.breakdown(run, every=0), "every is 0"),
    "steps backwards": (lambda run: fn.breakdown(run, every=-1), "every is -1"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake, run):
    """One error class, one line: what was wrong, and what would be right."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(run[1])
