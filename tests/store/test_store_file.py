"""The file of a run: what other tools see in it, where it may be, how it goes on, what it costs."""

import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
from checkout import ROOT
from numbered_rows import NAMES, D, check, check_checkpoint, expected, fill, finished, layout, save

from flownet._errors import FlownetError
from flownet.store._layout import Layout, Quantity
from flownet.store._size import check_space, estimate
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store, _edit


def test_any_hdf5_tool_reads_it(tmp_path):
    with h5py.File(finished(tmp_path / "run.h5")) as file:
        assert file.attrs["format"] == b"flownet-trajectory" and file.attrs["format_version"] == 1
        assert file["parameters/value"].shape == (300, D)
        np.testing.assert_array_equal(
            file["parameters/value"][:], expected("parameters", np.arange(300))
        )
        for name in ("loss", "step"):
            np.testing.assert_array_equal(file[f"observables/{name}/time"][:], 0.1 * np.arange(300))
        assert file["observables/step/time"] == file["observables/loss/time"]  # by a hard link
        assert file["state/committed/observables/charge"][()]["value"] == 300
        assert file["state/finished"][()]["value"] == 1 and file["network"].attrs[
            "sizes"
        ].tolist() == [3, 5, 1]


def test_no_file_is_overwritten_unasked(tmp_path):
    path = finished(tmp_path / "run.h5")
    with pytest.raises(FlownetError, match=r"exists; overwrite=True"):
        HDF5Store.create(path, layout())
    check(open_reader(path), 0, 300)
    with HDF5Store.create(path, layout(), overwrite=True) as store:
        with pytest.raises(FlownetError, match="being written"):
            HDF5Store.create(path, layout(), overwrite=True)
        with pytest.raises(FlownetError, match="being written"):
            HDF5Store.resume(path)
        assert store.count("parameters") == 0
    assert os.listdir(tmp_path) == ["run.h5"]


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "missing" / "run.h5", tmp_path / "file" / "run.h5"):
        with pytest.raises(FlownetError, match="cannot write"):
            HDF5Store.create(path, layout())
    with pytest.raises(FlownetError, match="No such file"):
        open_reader(tmp_path / "no.h5")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(FlownetError, match="it is no file"):
            open_reader(path)


def test_space(tmp_path):
    rows = dict.fromkeys(NAMES, 3000)
    size = os.path.getsize(finished(tmp_path / "run.h5", 3000))
    assert 0.9 < estimate(layout(), rows) / size < 1.5
    check_space(tmp_path / "run.h5", 1000)
    with pytest.raises(FlownetError, match=r"would take .* TB, and its disk has"):
        check_space(tmp_path / "run.h5", 1 << 60)
    with pytest.raises(FlownetError, match="cannot write"):
        check_space(tmp_path / "missing" / "run.h5", 1)


def test_a_run_goes_on(tmp_path):
    """Closed, resumed, finished, resumed again: the file is as if written in one go."""
    path = tmp_path / "run.h5"
    with HDF5Store.create(path, layout()) as store:
        fill(store, 0, 61)
        save(store, 61)
    assert not store.finished
    check(store, 0, 61)
    with HDF5Store.resume(path) as store:
        fill(store, 61, 5000)
        store.finish()
    with pytest.raises(FlownetError, match="is closed"):
        store.flush()
    with HDF5Store.resume(path) as store:
        assert store.finished
        fill(store, 5000, 5001)
        assert not store.finished
        store.truncate(dict.fromkeys(NAMES, 4000))
        store.finish()
    with open_reader(path) as reader:
        check(reader, 0, 4000)
        check_checkpoint(reader, 61)
    with h5py.File(path) as file:
        assert file["parameters/value"].shape[0] == 4000


def test_checksums_over_the_edge_of_a_page(tmp_path):
    """A page holds the checksums of 128 blocks, here of 4 rows each; runs go on around its end."""
    path = tmp_path / "run.h5"
    wide = Layout([Quantity("x", (), "f8", rows=4)])
    for rows in (*range(506, 518), 1023, 1024, 1025):
        HDF5Store.create(path, wide, overwrite=True).close()
        for start, stop in ((0, rows), (rows, rows + 3), (rows + 3, rows + 9)):
            with HDF5Store.resume(path) as store:
                for k in range(start, stop):
                    value, iteration, time = store.rows("x", 1)
                    value[0] = iteration[0] = time[0] = k
                    store.advance("x", 1)
            assert all((column == np.arange(stop)).all() for column in open_reader(path).read("x"))
        with HDF5Store.resume(path) as store:
            store.truncate({"x": rows - 1})
            store.finish()
        assert all((column == np.arange(rows - 1)).all() for column in open_reader(path).read("x"))


def test_other_words_for_a_run(tmp_path):
    path = finished(tmp_path / "run.h5")
    _edit.rewrite_experiment(path, "steps = 2")
    with open_reader(path) as reader:
        assert reader.experiment == "steps = 2" and reader.attrs()["seed"] == 7
        check(reader, 0, 300)
    with HDF5Store.resume(path), pytest.raises(FlownetError, match="being written"):
        _edit.rewrite_experiment(path, "steps = 3")


# Cost


def test_import_is_cheap():
    code = "import sys; from flownet.store import writing; assert 'h5py' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def test_blocks_are_recycled(tmp_path):
    with HDF5Store.create(tmp_path / "run.h5", layout()) as store:
        places = set()
        for k in range(0, 27 * 60, 27):
            value, iteration, time = store.rows("parameters", 27)
            places.add(value.ctypes.data)
            value[:], iteration[:], time[:] = expected("parameters", np.arange(k, k + 27)), 0, 0
            store.advance("parameters", 27)
        assert len(places) <= 4
        store.flush()
        np.testing.assert_array_equal(
            store.column("parameters", "value"), expected("parameters", np.arange(27 * 60))
        )
