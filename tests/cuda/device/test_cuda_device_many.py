"""What only a device shows of small runs: by one block or all of it, and many of them at once."""

import numpy as np
import pytest
from runs import MECHANICS, both, bound, near, potential
from tolerance import close

import flownet as fn
from flownet.kernels.cuda.members import advance
from flownet.kernels.cuda.tiny import run as tiny
from flownet.motion.members import MembersLoop, in_lanes

pytestmark = pytest.mark.gpu

STEPS, R = 200, 70  # neither fills the blocks of either kernel


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("name", MECHANICS)
@pytest.mark.parametrize("most", [0.0, np.inf], ids=["the device", "one block"])
def test_a_small_run_both_ways(most, name, batch_size, dtype, monkeypatch, holds):
    monkeypatch.setattr(tiny, "SMALL", {True: most, False: most})
    p = potential((2, 16, 16, 1), 20, dtype)
    cpu, here = both(p, MECHANICS[name], steps=STEPS, batch_size=batch_size)
    near(holds, here, cpu, name, dtype)


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("name", MECHANICS)
@pytest.mark.parametrize("way", ["thread", "group", "block", "global memory"])
def test_many_runs_beside_the_cpu(way, name, batch_size, dtype, monkeypatch, holds):
    if way != "thread":
        monkeypatch.setattr(advance, "fits", lambda *args: False)
    if way not in ("thread", "group"):
        monkeypatch.setattr(advance, "fits_group", lambda *args: False)
    if way == "global memory":
        monkeypatch.setattr(tiny, "_plans", {})
        monkeypatch.setattr("flownet.kernels.cuda.tiny.plan.SHARED", 0)
    p, mechanics = potential((2, 4, 1), 20, dtype), MECHANICS[name]
    metrics = [fn.LayerMetric(p.network, [1.0 + r / R, 2.0]) for r in range(R)]
    if not in_lanes(p, mechanics, metrics[0]):
        pytest.skip("these run one by one")
    W = np.array([p.init(r) for r in range(R)])
    found = []
    for device in ("cpu", "cuda", "cuda"):
        loop = MembersLoop(p.on_device(device), [mechanics] * R, metrics, W, batch_size, range(R))
        loss = loop.advance(STEPS).loss
        found.append((loop.W, loss))
    (theirs, losses), (mine, own), again = found
    apart = np.linalg.norm(np.float64(mine) - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    holds(f"members apart / ‖W‖, {dtype}", apart.max(), bound(name, dtype))
    np.testing.assert_allclose(own, losses, rtol=100 * bound(name, dtype))
    assert np.array_equal(mine, again[0]) and np.array_equal(own, again[1])


@pytest.mark.parametrize("sizes", [(2, 4, 1), (16, 16, 1), (3, 20, 12, 2)], ids=str)
def test_a_map_beside_the_cpu(sizes):
    """By threads, by half warps; of units that fill their shares, and not."""
    p = potential(sizes, 20)
    experiment = fn.Experiment.of(p, fn.Aristotle(0.1), steps=STEPS)
    axes = {"mechanics.step": np.geomspace(1e-2, 1e2, 20), "run.seed": range(20)}
    theirs, mine = (
        fn.sweep(experiment, axes=axes, device=d, progress=False) for d in ("cpu", "cuda")
    )
    assert (mine.verdict == theirs.verdict).mean() > 0.9  # where chaos begins both may say either
    close(mine.loss[:5], theirs.loss[:5])  # steps far below the critical one
