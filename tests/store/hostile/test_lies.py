"""Files that lie under a right checksum: their experiments and checkpoints are not believed."""

import h5py
import numpy as np
import pytest
from mistakes import told_in_one_line
from small_run import POTENTIAL, W

import flownet as fn
from flownet.store.bytes import _attributes


def forge(path, **attributes):
    """Other attributes of the root, under the right checksum."""
    with h5py.File(path, "r+", libver="latest") as file:
        _attributes.write(file, {**_attributes.read(file, "run.h5"), **attributes})


def lie(path, old, new):
    """Another experiment, under the right checksum."""
    text = fn.Trajectory.open(path).store.experiment
    assert old in text
    forge(path, experiment=text.replace(old, new))


LIES = {
    "steps": ("steps = 60", "steps = 60.5"),
    "steps in words": ("steps = 60", 'steps = "many"'),
    "no steps": ("steps = 60", ""),
    "steps without end": ("steps = 60", f"steps = {2**62 + 1}"),
    "seed": ("seed = 0", "seed = [0]"),
    "rows": ("record_every = 1", "record_every = 0"),
    "mechanics": ('kind = "newton"', "kind = 3"),
    "mechanics unknown": ('kind = "newton"', 'kind = "newtoon"'),
    "no kind": ('kind = "newton"', ""),
    "a wide network": ("sizes = [\n    2,", "sizes = [\n    9999999999,"),
    "a wider network": ("sizes = [\n    2,", "sizes = [\n    999999999,\n 999999999,"),
    "activation": ('"tanh"', "3"),
    "a mechanics' word": ("step = 0.1", "steep = 0.1"),
    "a mechanics' number": ("step = 0.1", "step = nan"),
    "no array": ('"dataset:/data/x"', '"dataset:/nowhere"'),
    "no data": ('"dataset:/data/x"', "3"),
    "no TOML": ("[run]", "[run"),
    "nested": ("[run]", "x = " + "[" * 3000 + "]" * 3000 + "\n[run]"),
    "digits": ("steps = 60", "steps = " + "6" * 5000),
    "a run that is none": ("[run]", "run = 3\n[walk]"),
    "observables": ('kind = "function"', "kind = 3"),
}


@pytest.mark.parametrize("old, new", LIES.values(), ids=LIES)
def test_experiments_that_lie_are_told(stopped, old, new):
    lie(stopped, old, new)
    with told_in_one_line("run"):
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)
    with told_in_one_line("run"):
        run = fn.Trajectory.open(stopped)
        for part in ("experiment", "potential", "mechanics", "metric", "parts"):
            getattr(run, part)
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)


def kept_as(path, **changed):
    """A checkpoint that says something else, under the right checksum."""
    from flownet.store.bytes import _checkpoint
    from flownet.store.reading._rows import read_plain

    run = fn.Trajectory.open(path)
    kept = run.store.slot()
    look = run.store._look
    arrays = {**kept.arrays, **{n: v for n, v in changed.items() if n in kept.arrays}}
    places = look.index.slots[kept.sequence % 2]
    if "blocks" in places:
        arrays["blocks"] = read_plain(look.flat, places["blocks"])
    run.close()
    data = bytearray(path.read_bytes())

    def put(name, array):
        data[places[name].offset : places[name].offset + array.nbytes] = array.tobytes()

    from flownet.store._format import HEADER

    rows = np.array(changed.get("rows", kept.rows), "<i8")
    iteration, time = changed.get("iteration", kept.iteration), changed.get("time", kept.time)
    header = np.array((kept.sequence, iteration, time, 0), HEADER)
    for name, array in {"rows": rows, **arrays}.items():
        put(name, np.ascontiguousarray(array))
    in_order = {name: arrays[name] for name in places if name in arrays}
    header["xxh3_64"] = _checkpoint._digest(header, rows, in_order)
    put("header", header)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "changed, line",
    [
        ({"iteration": -5}, "its last checkpoint is of iteration -5"),
        ({"time": np.nan}, "at the time nan"),
        ({"time": -1.0}, "at the time -1.0"),
        ({"parameters": np.full(13, np.nan)}, "parameters that are not finite"),
        ({"rows": [10**6] * 4}, "1000000"),
        ({"rows": [-1] * 4}, "-1"),
    ],
    ids=["iteration", "time", "time before", "parameters", "rows", "rows below"],
)
def test_checkpoints_that_lie_are_told(stopped, changed, line):
    assert fn.Trajectory.open(stopped).store.recorded == [
        "parameters",
        "observables/loss",
        "observables/step",
        "observables/n",
    ]
    kept_as(stopped, **changed)
    with told_in_one_line(line):
        fn.resume(stopped, observe={"n": lambda state: 0.0}, progress=False)


def test_a_flow_that_lies_is_told(tmp_path):
    path = tmp_path / "flow.h5"
    words = {"W0": W, "time": 2.0, "max_steps": 20, "progress": False}
    fn.flow(POTENTIAL, store=path, **words)
    for changed in ({"time": np.nan}, {"solution": np.full(13, np.inf)}):
        data = path.read_bytes()
        kept_as(path, **changed)
        with told_in_one_line("its last checkpoint is of"):
            fn.resume(path, max_steps=40, progress=False)
        path.write_bytes(data)
