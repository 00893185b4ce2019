"""Files of earlier versions, where every quantity has iteration and time of its own."""

import h5py
import numpy as np
from checkout import earlier

from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store


def test_a_file_with_separate_clocks(tmp_path):
    path = earlier("separate_clocks_killed", tmp_path / "run.h5")
    names = ["parameters", *(f"observables/{name}" for name in ("loss", "step", "whole"))]
    with open_reader(path) as reader:
        assert reader.names == names and all(reader.clocks[name] == name for name in names)
        assert [reader.count(name) for name in names] == [7, 25, 25, 5]
        assert reader.checkpoint_rows() == dict(zip(names, (5, 20, 20, 4))) and not reader.live
        iteration, time, step = reader.read("observables/step")
        assert (iteration == np.arange(25)).all() and (time == 0.5 * iteration).all()
        assert (step == 0.5).all() and (reader.read("observables/loss")[1] == time).all()
    with HDF5Store.resume(path) as store:
        store.truncate()
        loss, step = (store.rows(f"observables/{name}", 2) for name in ("loss", "step"))
        for rows in (loss, step):
            rows[0][:], rows[1][:], rows[2][:] = 7, (20, 21), (10, 10.5)
        assert not np.shares_memory(loss[1], step[1])
        for name in ("loss", "step"):
            store.advance(f"observables/{name}", 2)
        store.finish()
    with h5py.File(path) as file:
        for column in ("iteration", "time", "value"):
            data = [file[f"observables/{name}/{column}"] for name in ("loss", "step")]
            assert data[0] != data[1] and [len(rows) for rows in data] == [22, 22]
        assert file["observables/step/time"][:].tolist() == (0.5 * np.arange(22)).tolist()
