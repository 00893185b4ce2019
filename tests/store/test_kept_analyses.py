"""Analyses that are stored with a finished run, in its file or beside it."""

import os

import h5py
import numpy as np
import pytest
from numbered_rows import NAMES, check, expected, finished, layout

import flownet as fn
from flownet._errors import FlownetError
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store, _analysis, append_analysis


@pytest.mark.parametrize("large", [False, True])
def test_analyses(tmp_path, monkeypatch, large):
    path = finished(tmp_path / "run.h5")
    before = path.read_bytes()
    if large:
        monkeypatch.setattr(_analysis, "LARGE", 0)
    reader = open_reader(path)
    k = np.arange(50)
    append_analysis(path, "split", k, 0.1 * k, np.ones((50, 4)), {"basis": "layers"})
    append_analysis(path, "other", k, 0.1 * k, k)
    append_analysis(path, "split", k, 0.1 * k, expected("parameters", k), {"basis": "neurons"})
    check(reader, 0, 300)
    reader.refresh()
    check(reader, 0, 300)
    added = reader.names[len(NAMES) :]
    assert reader.names == [*NAMES, *sorted(added)] and set(added) == {
        "analysis/split",
        "analysis/other",
    }
    np.testing.assert_array_equal(reader.read("analysis/split")[2], expected("parameters", k))
    assert reader.attrs("analysis/split")["basis"] == "neurons" and reader.form(
        "analysis/other"
    ) == ((), "i8")
    assert sorted(os.listdir(tmp_path)) == ["run.analysis.h5", "run.h5"][1 - large :]
    assert (path.read_bytes() == before) == large
    with pytest.raises(FlownetError, match="have 50, 50 and 3 rows"):
        append_analysis(path, "split", k, k, np.ones(3))


@pytest.mark.parametrize("kind", ["text", "empty", "foreign", "cut", "a run", "a folder"])
def test_what_lies_in_the_place_of_analyses_spoils_no_run(kind, tmp_path, monkeypatch):
    """The run opens and goes on; the file there stays what it is, and nothing is stored in it."""
    path, beside = tmp_path / "run.h5", tmp_path / "run.analysis.h5"
    fn.train(fn.Parabola(2), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=4, store=path).close()
    if kind == "a folder":
        beside.mkdir()
    elif kind == "foreign":
        with h5py.File(beside, "w", libver="latest") as file:
            file["x"] = np.arange(3)
    else:
        whole = path.read_bytes()
        beside.write_bytes({"text": b"hello", "empty": b"", "cut": whole[:900]}.get(kind, whole))
    with pytest.warns(RuntimeWarning, match=r"beside the run are not read: .*run\.analysis"):
        run = fn.Trajectory.open(path)
    assert len(run.loss) == 5 and list(run.analyses) == []
    with pytest.warns(RuntimeWarning, match="analyses beside the run are not read"):
        longer = fn.resume(path, steps=8)
    assert longer.finished and len(longer.loss) == 9
    monkeypatch.setattr(_analysis, "LARGE", 0)
    with pytest.raises(FlownetError, match=r"which another file has taken: .*Move it away"):
        append_analysis(path, "split", [0], [0.0], np.ones((1, 2)))
    assert beside.exists()


def test_an_analysis_needs_a_finished_run(tmp_path):
    HDF5Store.create(tmp_path / "run.h5", layout()).close()
    with pytest.raises(FlownetError, match="is not finished"):
        append_analysis(tmp_path / "run.h5", "split", [], [], np.zeros((0, 2)))
