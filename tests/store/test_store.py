"""A run is kept in memory as it is in a file: two stores of one interface."""

import numpy as np
import pytest
from numbered_rows import NAMES, D, check, check_checkpoint, expected, fill, layout, save, state

from flownet._errors import FlownetError
from flownet.store._layout import Layout, Quantity
from flownet.store.trajectory import MemoryStore
from flownet.store.writing import HDF5Store


@pytest.fixture(params=["memory", "hdf5"])
def store(request, tmp_path):
    store = (
        MemoryStore(layout())
        if request.param == "memory"
        else HDF5Store.create(tmp_path / "run.h5", layout())
    )
    yield store
    store.close()


def test_rows_come_back(store):
    fill(store, 0, 100)
    store.flush()
    check(store, 0, 100)
    fill(store, 100, 333)
    store.finish()
    assert store.finished and store.diverged_at is None and store.names == list(NAMES)
    assert [store.count(name) for name in NAMES] == [333] * len(NAMES)
    check(store, 0, 333)
    for start, stop in [(0, 0), (5, 6), (26, 29), (27, 108), (300, 333), (333, 333)]:
        check(store, start, stop)
    assert store.read("parameters")[2].shape == (333, D) and store.form("observables/charge") == (
        (2, 3),
        "c16",
    )


def test_nothing_recorded(store):
    store.finish(diverged_at=0)
    assert store.finished and store.diverged_at == 0 and store.latest_checkpoint() is None
    assert store.read("parameters")[2].shape == (0, D)


def test_what_is_kept_whole(store):
    assert store.experiment == '[data]\nname = "xor"  # δ\n'
    assert store.attrs("network") == {"sizes": [3, 5, 1], "activation": ["tanh"], "bias": True}
    assert store.attrs("data") == {"name": "", "m": 4, "scale": 0.5, "labels": []}
    assert store.attrs("")["seed"] == 7 and store.attrs("elsewhere") == {}
    np.testing.assert_array_equal(store.array("data/x"), np.arange(12.0).reshape(4, 3))
    with pytest.raises(FlownetError, match="no array"):
        store.array("data/y")


def test_checkpoints_and_truncation(store):
    assert store.latest_checkpoint() is None
    for k in (10, 60, 130):
        fill(store, {10: 0, 60: 10, 130: 60}[k], k)
        save(store, k, wait=True)
        check_checkpoint(store, k)
    fill(store, 130, 250)
    store.flush()
    store.truncate()
    assert store.count("parameters") == 130
    fill(store, 130, 200)
    store.flush()
    check(store, 0, 200)
    with pytest.raises(FlownetError, match="step would have 200 rows, and observables/loss"):
        store.truncate({"observables/loss": 0})
    store.truncate(dict(zip(NAMES, (27, 1, 0, 5))))
    assert [store.count(name) for name in NAMES] == [27, 1, 0, 5]
    check(store, 0, 5, ("parameters", "observables/charge"))
    store.truncate(dict.fromkeys(NAMES, 0))
    fill(store, 0, 40)
    store.truncate({"observables/step": 15})  # a quantity goes on behind its clock
    value, iteration, time = store.rows("observables/step", 25)
    np.testing.assert_array_equal(iteration, np.arange(15, 40))
    np.testing.assert_array_equal(time, 0.1 * np.arange(15, 40))
    value[:] = expected("observables/step", np.arange(15, 40))
    store.advance("observables/step", 25)
    store.finish(diverged_at=39)
    check(store, 0, 40)
    assert store.diverged_at == 39
    with pytest.raises(FlownetError):
        store.truncate({"parameters": 1000})


def test_clear_errors(store):
    with pytest.raises(FlownetError, match="it has parameters, observables/loss"):
        store.read("nothing")
    with pytest.raises(FlownetError, match="has 0 rows, not 0 to 1"):
        store.read("parameters", 0, 1)
    with pytest.raises(FlownetError, match="do not fit"):
        store.rows("parameters", store.room("parameters") + 1)
    with pytest.raises(FlownetError, match="step would have 1 rows, and observables/loss"):
        store.advance("observables/step", 1)
    with pytest.raises(FlownetError, match="made of parameters, mechanics"):
        store.checkpoint(0, 0.0, {"parameters": np.zeros(D, "f4")})
    with pytest.raises(FlownetError, match="'mechanics' is float64"):
        store.checkpoint(0, 0.0, {**state(0), "mechanics": np.zeros(3)})


def test_views_are_filled_in_place(store):
    value, iteration, time = store.rows("parameters", 3)
    assert (value.shape, value.dtype, value.flags.c_contiguous) == ((3, D), np.float32, True)
    assert (iteration.dtype, time.dtype) == (np.int64, np.float64)
    again = store.rows("parameters", 3)[0]
    assert np.shares_memory(value, again)


def test_a_clock_is_one(store):
    """Iteration and time of a step are those of the loss: the same rooms, filled once."""
    loss, step = (store.rows(f"observables/{name}", 3) for name in ("loss", "step"))
    assert not np.shares_memory(loss[0], step[0])
    for of_loss, of_step in zip(loss[1:], step[1:]):
        assert of_loss.ctypes.data == of_step.ctypes.data
    for first in range(0, 3000, 100):  # loss is a block ahead, then step is not
        fill(store, first, first + 100, ["observables/loss"])
        behind = max(first - 900, 0)
        fill(store, behind, max(first - 800, 0), ["observables/step"], clock=False)
    fill(store, 2100, 3000, ["observables/step"], clock=False)
    store.finish()
    check(store, 0, 3000, ("observables/loss", "observables/step"))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Quantity("../x"),
        lambda: Quantity("a//b"),
        lambda: Quantity("x", dtype="O"),
        lambda: Quantity("x", (2, 0)),
        lambda: Quantity("x", (1 << 40,)),
        lambda: Layout([Quantity("x"), Quantity("x")]),
        lambda: Layout([], checkpoint={"rows": ((1,), "f8")}),
        lambda: Layout([Quantity("x", clock="y"), Quantity("y")]),
        lambda: Layout([Quantity("x"), Quantity("y", clock="x"), Quantity("z", clock="y")]),
    ],
)
def test_layouts_that_cannot_be(wrong):
    with pytest.raises(FlownetError):
        wrong()
