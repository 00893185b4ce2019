"""Step policies along runs: functions of the iteration, stopped, resumed, made longer."""

import numpy as np
import pytest
from policy_case import W0
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.motion.mechanics import policy_of

EVERY = [
    "linear:0.1",
    "linear:0.1:0.5",
    "loss:0.1",
    "warmup:0.2:7",
    "cosine:0.2:30",
    "cosine:0.2:6:0.01",
    "constant:0.2",
]

# ---- functions of the iteration -----------------------------------------------------------------


def test_warmup_is_its_formula(small):
    """step·(k+1)/over, full at k = over − 1 and ever after."""
    run = fn.train(small, fn.Aristotle("warmup:0.2:8"), W0=W0, steps=20)
    close(run.step, np.minimum(np.arange(1, 21) / 8, 1) * 0.2, kind="rounding")
    assert run.step[0] == 0.2 / 8 and (run.step[7:] == 0.2).all()


def test_cosine_is_its_formula(small):
    """From step at k = 0 to floor at k = over; half-way at over/2."""
    run = fn.train(small, fn.Aristotle(fn.Cosine(0.3, 10, floor=0.1)), W0=W0, steps=16)
    k = np.minimum(np.arange(16), 10)
    close(run.step, 0.1 + 0.2 * (1 + np.cos(np.pi * k / 10)) / 2, kind="rounding")
    assert run.step[0] == 0.3 and (run.step[10:] == 0.1).all()
    assert run.step[5] == pytest.approx(0.2)


@pytest.mark.parametrize("over", [1, 7, 10**9])
def test_cosine_to_zero_never_stands_still_on_its_way(over):
    """The last of its steps, at over − 1, is above 0, also where 1 + cos would cancel."""
    last = fn.Cosine(1.0, over).at(over - 1)
    assert last == pytest.approx(np.sin(np.pi / 2 / over) ** 2) and last > 0
    assert fn.Cosine(1.0, over).at(over) == 0


@pytest.mark.parametrize("step", EVERY)
def test_steps_do_not_depend_on_blocks(step, small):
    """The same bits one step at a time, with seldom rows, and with an observable in between."""
    words = dict(W0=W0, batch_size=5, seed=1)
    run = fn.train(small, fn.Aristotle(step), steps=30, **words)
    watched = fn.train(
        small,
        fn.Aristotle(step),
        steps=30,
        record_every=7,
        observe={"k": (4, lambda state: state.iteration)},
        **words,
    )
    np.testing.assert_array_equal(watched.step, run.step)
    np.testing.assert_array_equal(watched.loss, run.loss)
    for k, state in enumerate(fn.states(small, fn.Aristotle(step), steps=30, **words)):
        np.testing.assert_array_equal(state.W, run.parameters[k])
        assert state.time == run.time[k]
    np.testing.assert_array_equal(run.time, np.append(0, np.cumsum(run.step)))
    assert k == 30 and fn.breakdown(run, at=3).step == run.step[3]


# ---- stopped, resumed, made longer --------------------------------------------------------------


def contents(path):
    """Every recorded byte of a finished run."""
    run = fn.Trajectory.open(path)
    assert run.finished
    return {name: [column.tobytes() for column in run.store.read(name)] for name in run.store.names}


@pytest.mark.parametrize("step", EVERY)
def test_a_stopped_run_ends_in_the_same_bits(step, small, tmp_path):
    """Stopped at step 9, resumed to 20, then to 30: as one run of 30."""

    def nervous(state):
        if state.iteration == 9:
            raise KeyboardInterrupt
        return 0.0

    words, calm = dict(W0=W0, batch_size=5, seed=1), {"calm": lambda state: 0.0}
    with pytest.raises(KeyboardInterrupt):
        fn.train(
            small,
            fn.Aristotle(step),
            steps=20,
            store=tmp_path / "a.h5",
            observe={"calm": (3, nervous)},
            **words,
        )
    fn.resume(tmp_path / "a.h5", observe=calm)
    assert fn.resume(tmp_path / "a.h5", observe=calm, steps=30).finished
    fn.train(
        small,
        fn.Aristotle(step),
        steps=30,
        store=tmp_path / "b.h5",
        observe={"calm": (3, calm["calm"])},
        **words,
    )
    a, b = contents(tmp_path / "a.h5"), contents(tmp_path / "b.h5")
    a.pop("observables/calm"), b.pop("observables/calm")  # a last row at 20, too
    assert a == b
    again = fn.Trajectory.open(tmp_path / "a.h5")
    assert str(again.mechanics.policy) == str(policy_of(step))


def test_cosine_is_not_resumed_into_standing_still(small, tmp_path):
    """Longer than `over` with the floor 0: refused, and the file stays as it was."""
    fn.train(small, fn.Aristotle("cosine:0.2:10"), W0=W0, steps=10, store=tmp_path / "a.h5")
    with pytest.raises(FlownetError, match="is 0 after 10 steps, and the run has 11"):
        fn.resume(tmp_path / "a.h5", steps=11)
    assert len(fn.resume(tmp_path / "a.h5").step) == 10
