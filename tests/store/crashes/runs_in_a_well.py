"""One run of three parameters, stored, and the comparison with the one that nothing disturbed."""

import h5py
import numpy as np

import flownet as fn

WELL, W0 = fn.DoubleWell(3), np.array([0.3, -0.4, 0.2])


def trained(path, steps=40, **words):
    words = {"store": path, "progress": False, "seed": 3, **words}
    return fn.train(WELL, fn.Adam(0.01), W0=W0, steps=steps, **words)


def assert_same_rows(path, whole):
    run = fn.Trajectory.open(path)
    assert run.finished
    for name in ("parameters", "observables/loss", "observables/step"):
        for mine, other in zip(run.store.read(name), whole.store.read(name)):
            np.testing.assert_array_equal(mine, other, err_msg=name)
    with h5py.File(path) as file:
        assert file["state/finished"][()]["value"] == 1
