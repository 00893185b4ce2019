"""A run as it is recorded: its rows, its states, its observables, and what mistakes are told."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn

STEP = fn.Aristotle(0.3)
METRIC = fn.LayerMetric(fn.Network([2, 1]), [1.0])


@pytest.fixture(scope="module")
def small():
    """3-5-2 on 10 samples."""
    return twins.potential(twins.case(70_000, [3, 5, 2], ["tanh"], "quadratic", m=10))


# ---- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps, every", [(10, 1), (10, 3), (9, 3), (2, 5), (0, 1), (300, 7)])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_rows_at_0_r_2r_and_always_at_n(steps, every, batch_size, small):
    """Row k is the state before step k; N + 1 losses, N steps, and time is the sum of the steps."""
    words = dict(steps=steps, batch_size=batch_size, seed=3)
    run, full = (fn.train(small, STEP, record_every=r, **words) for r in (every, 1))
    rows = sorted({*range(0, steps, every), steps})
    assert run.iteration.tolist() == rows and len(run) == len(rows)
    assert (len(run.loss), len(run.step)) == (steps + 1, steps)
    time = np.append(0, np.cumsum(run.step))
    np.testing.assert_array_equal(run.time, time[rows])
    np.testing.assert_array_equal(run.observables["loss"].time, time)
    np.testing.assert_array_equal(run.parameters[:], full.parameters[:][rows])
    assert (run.step == 0.3).all() and run.finished and run.diverged_at is None


def test_where_a_run_begins(small):
    """Row 0 is W0, rounded to the network's precision; without W0 it is net.init(seed)."""
    W0 = twins.uniforms(1, small.size)
    run = fn.train(small.with_dtype("float32"), STEP, W0=W0, steps=2)
    np.testing.assert_array_equal(run.parameters[0], W0.astype(np.float32))
    assert run.parameters.dtype == np.float32
    np.testing.assert_array_equal(
        fn.train(small, STEP, steps=1, seed=5).parameters[0], small.network.init(5)
    )


def test_a_run_leaves_its_beginning_alone(small):
    """W0 is copied: a run writes into no array of yours."""
    W0 = twins.uniforms(1, small.size)
    kept = W0.copy()
    fn.train(small, STEP, W0=W0, steps=5)
    np.testing.assert_array_equal(W0, kept)


def test_losses_are_those_of_the_batches_and_at_last_of_all(small):
    """Entry k is the potential of the batch that step k uses, entry N the full potential."""
    run = fn.train(small, STEP, steps=7, batch_size=4)
    expected = [run.potential_at(k).value(run.parameters[k]) for k in range(7)]
    close(run.loss, [*expected, small.value(run.parameters[7])], kind="rounding")


# ---- states -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 4])
def test_states_are_the_rows_of_the_run(batch_size, small, dtype):
    """The same bits, one step at a time, with the potential of the step to come."""
    potential, words = small.with_dtype(dtype), dict(steps=9, batch_size=batch_size, seed=2)
    run = fn.train(potential, STEP, **words)
    for k, state in enumerate(fn.states(potential, STEP, **words)):
        np.testing.assert_array_equal(state.W, run.parameters[k])
        assert (state.iteration, state.time) == (k, run.time[k])
        if k < 9:
            assert state.loss == pytest.approx(run.loss[k])
    assert k == 9


def test_states_go_on_until_they_are_stopped(small):
    """Without `steps` there is no end but a break."""
    for state in fn.states(small, STEP):
        if state.iteration == 123:
            break
    np.testing.assert_array_equal(state.W, fn.train(small, STEP, steps=123).parameters[-1])


def test_a_state_changed_in_place_changes_the_run(small):
    """Put back to the beginning after five steps, the run takes the same five again."""
    W0, path = small.network.init(1), []
    for state in fn.states(small, STEP, W0=W0, steps=10):
        if state.iteration == 5:
            state.W[:] = W0
        path.append(state.W.copy())
    np.testing.assert_array_equal(path[5:10], path[:5])


def test_states_end_where_a_run_diverges():
    """The last state is the last with finite parameters."""
    path = [state.W[0] for state in fn.states(fn.Parabola(), fn.Aristotle(3.0), W0=[1.0])]
    assert np.isfinite(path).all() and len(path) == 513


# ---- observables --------------------------------------------------------------------------------


@pytest.mark.parametrize("every, rows", [(1, range(8)), (3, [0, 3, 6, 7]), (9, [0, 7])])
def test_observables_at_their_own_interval_and_at_the_end(every, rows, small):
    """A function of the state, of any shape, at 0, n, 2n … and always at N."""
    seen = {
        "norm": (every, lambda state: np.linalg.norm(state.W)),
        "ends": (every, lambda state: state.W[[0, -1]]),
        "when": (2, lambda state: state.iteration),
    }
    run = fn.train(small, STEP, steps=7, observe=seen)
    norm, W = run.observables["norm"], run.parameters[:]
    assert norm.iteration.tolist() == list(rows)
    np.testing.assert_array_equal(norm.time, run.time[list(rows)])
    np.testing.assert_array_equal(norm.value, [np.linalg.norm(W[k]) for k in rows])
    np.testing.assert_array_equal(run.observables["ends"].value, W[list(rows)][:, [0, -1]])
    assert run.observables["when"].value.tolist() == [0, 2, 4, 6, 7]
    assert set(run.observables) == {"loss", "step", "norm", "ends", "when"}


def test_observing_changes_nothing(small):
    """The run is the same to the bit, watched or not."""
    watched = fn.train(small, STEP, steps=9, batch_size=4, observe={"L": (2, small)})
    alone = fn.train(small, STEP, steps=9, batch_size=4)
    np.testing.assert_array_equal(watched.parameters[:], alone.parameters[:])


def test_held_out_loss_and_accuracy(digits):
    """A potential is observed by its value, accuracy is the share of right largest outputs."""
    net = fn.Network([64, 12, 10])
    seen, unseen = (
        fn.Potential(net, fn.CrossEntropy(), digits.take(part))
        for part in (slice(200), slice(200, 300))
    )
    run = fn.train(
        seen,
        fn.Aristotle(0.5),
        steps=40,
        observe={"held_out": (10, unseen), "accuracy": (20, fn.Accuracy(unseen))},
    )
    held_out, accuracy = run.observables["held_out"], run.observables["accuracy"]
    assert held_out.iteration.tolist() == [0, 10, 20, 30, 40]
    close(held_out.value, [unseen.value(run.parameters[k]) for k in held_out.iteration])
    right = [
        np.mean(net.forward(run.parameters[k], unseen.data.x).argmax(axis=1) == unseen.data.labels)
        for k in (0, 20, 40)
    ]
    close(accuracy.value, right, kind="rounding")
    assert accuracy.value[-1] > accuracy.value[0]


# ---- mistakes -----------------------------------------------------------------------------------

MISTAKES = {
    "a step of 0": (lambda p: fn.Aristotle(0), "step is 0; .* number above 0"),
    "an endless step": (lambda p: fn.Aristotle(np.inf), "step is inf"),
    "a step in words": (lambda p: fn.Aristotle("0.1"), "step is '0.1'"),
    "a step for mechanics": (lambda p: fn.train(p, 0.1, steps=1), r"flownet.Aristotle\(step=0.1\)"),
    "no potential": (lambda p: fn.train(abs, STEP, steps=1), "differential"),
    "fewer than no steps": (lambda p: fn.train(p, STEP, steps=-1), "steps is -1"),
    "half a step": (lambda p: fn.train(p, STEP, steps=1.5), "steps is 1.5"),
    "fewer than no states": (lambda p: next(fn.states(p, STEP, steps=-1)), "steps is -1"),
    "no interval": (lambda p: fn.train(p, STEP, steps=1, record_every=0), "record_every is 0"),
    "an empty batch": (lambda p: fn.train(p, STEP, steps=1, batch_size=0), "batch_size is 0"),
    "a batch beyond the data": (lambda p: fn.train(p, STEP, steps=1, batch_size=11), "1 to 10"),
    "batches without data": (
        lambda p: fn.train(fn.UV(2), STEP, W0=np.ones(4), steps=1, batch_size=2),
        "with data",
    ),
    "batches of coupled samples": (
        lambda p: fn.train(
            fn.Potential(p.network, fn.Quadratic(sample_metric=np.eye(10)), p.data),
            STEP,
            steps=1,
            batch_size=2,
        ),
        "couples all samples",
    ),
    "another network's metric": (
        lambda p: fn.train(p, STEP, steps=1, metric=METRIC),
        "metric is one of 3 parameters",
    ),
    "a list for a metric": (lambda p: fn.train(p, STEP, steps=1, metric=[1, 1]), "metric"),
    "complex parameters": (lambda p: fn.train(p, STEP, steps=1, W0=np.ones(32) * 1j), "complex"),
    "a device not there": (lambda p: fn.train(p, STEP, steps=1, device="abacus"), "'abacus'"),
    "a short W0": (lambda p: fn.train(p, STEP, steps=1, W0=np.ones(31)), r"W0 has shape \(31,\)"),
    "a W0 with a hole": (
        lambda p: fn.train(p, STEP, steps=1, W0=np.append(np.ones(31), np.nan)),
        "index 31",
    ),
    "nowhere to begin": (lambda p: fn.train(fn.Parabola(3), STEP, steps=1), "pass W0"),
    "a seed of 65 bits": (lambda p: fn.train(p, STEP, steps=1, seed=2**64), "64 bits"),
    "an observable that fails": (
        lambda p: fn.train(
            p, STEP, steps=1, observe={"norm": (1, lambda state: p.value(state.W[:3]))}
        ),
        "observables/norm: W has shape",
    ),
    "half a seed": (lambda p: fn.train(p, STEP, steps=1, seed=0.5), "seed is 0.5"),
    "half a seed for batches": (
        lambda p: fn.train(p, STEP, steps=1, seed=0.5, W0=np.ones(32), batch_size=2),
        "seed",
    ),
    "no seed": (lambda p: fn.train(p, STEP, steps=1, seed=None, W0=np.ones(32)), "seed"),
    "no threads": (lambda p: fn.train(p, STEP, steps=1, threads=0), "threads"),
    "an observable called loss": (
        lambda p: fn.train(p, STEP, steps=1, observe={"loss": (1, p)}),
        "cannot be called 'loss'",
    ),
    "an observable without interval": (
        lambda p: fn.train(p, STEP, steps=1, observe={"q": p}),
        "pair",
    ),
    "an interval of 0": (
        lambda p: fn.train(p, STEP, steps=1, observe={"q": (0, p)}),
        "interval is 0",
    ),
    "an observable that is a number": (
        lambda p: fn.train(p, STEP, steps=1, observe={"q": (1, 3.0)}),
        "potential or a function",
    ),
    "accuracy without classes": (lambda p: fn.Accuracy(p), "class labels"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake, small):
    """One error class, one line: what was wrong, and what would be right."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(small)
