"""`bench record --pretend`: a run whose steps nobody takes is kept like any other."""

import sys

import numpy as np
from checkout import SCRIPTS

sys.path.append(str(SCRIPTS / "bench"))
import record

STEPS = 300


def test_a_pretended_device_keeps_what_a_device_would(tmp_path):
    with record.pretended(0.0):
        made = record.recorders("float32", STEPS, tmp_path / "run.h5")
        alone, memory, file = (
            made[name]() for name in ("losses alone", "every step, memory", "every step, file")
        )
    for run in (memory, file):
        assert np.array_equal(run.iteration, np.arange(STEPS + 1))
        np.testing.assert_allclose(run.time, 0.1 * np.arange(STEPS + 1), rtol=1e-12)
        assert np.array_equal(run.parameters[:STEPS], memory.parameters[:STEPS])
    assert len(np.unique(memory.parameters[:STEPS, 0])) == STEPS
    assert np.array_equal(alone.iteration, [0, STEPS])
    assert len(alone.loss) == len(file.loss) == STEPS + 1
    again = record.recorders("float32", 2, None)["losses alone"]()  # by the processor itself
    assert again.loss[0] != alone.loss[0]
    file.close()
