"""Small files of every kind that flownet writes, and has written, with what is in them."""

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import flownet as fn
from flownet.store.bytes import _superblock

OLD = Path(__file__).parents[2] / "tests" / "reference"


@dataclass
class Base:
    """A file, and what was written into it."""

    name: str
    data: bytes
    truth: dict  # name of a quantity to {column: rows}
    arrays: dict
    counts: dict
    blocks: list  # (offset, length) of what HDF5 checksums in it


def make_bases(folder):
    """A list of `Base`."""
    if not folder.exists():
        draft = folder.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, make in _MAKERS.items():
            make(draft / f"{name}.h5")
        for path in sorted(OLD.glob("*.h5.gz")):
            (draft / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
        draft.rename(folder)
    return [_base(path) for path in sorted(folder.glob("*.h5"))]


def _base(path):
    from forgeries import blocks_of

    with fn.Trajectory.open(path).store as store:
        columns = ("iteration", "time", "value")
        truth = {name: dict(zip(columns, store.read(name))) for name in store.names}
        arrays = {name: store.array(name) for name in store.arrays}
        counts = {name: store.count(name) for name in store.names}
    data = path.read_bytes()
    return Base(path.stem, data, truth, arrays, counts, blocks_of(data))


def _potential(**words):
    network = fn.Network([2, 3, 1], **words)
    return fn.Potential(network, fn.Quadratic(), fn.Dataset(np.eye(4)[:, :2], np.ones((4, 1))))


def _plain(path):
    potential = _potential()
    observe = {"sharpness": (5, fn.Sharpness(potential)), "speed": (1, fn.Speed(potential))}
    fn.train(potential, fn.Newton(0.1), steps=40, store=path, observe=observe, progress=False)


def _long(path):
    """Many blocks: an index that branches."""
    fn.train(
        fn.Parabola(2000), fn.Aristotle(0.01), W0=np.ones(2000), steps=300, store=path,
        progress=False,
    )  # fmt: skip


def _many(path):
    """More observables than a group of HDF5 holds compactly."""
    observe = {f"n{i}": (3, lambda state, i=i: float(i)) for i in range(12)}
    fn.train(_potential(), fn.Adam(0.1), steps=12, store=path, observe=observe, progress=False)


def _complex(path):
    data = fn.data.load("antenna", m=8, antennas=3)
    network = fn.Network([3, 2, 1], "split_tanh", output="real", dtype="complex64")
    potential = fn.Potential(network, fn.Quadratic(), data)
    fn.train(potential, fn.RMSProp(0.01), steps=12, batch_size=4, store=path, progress=False)


def _flow(path):
    potential = _potential()
    fn.flow(potential, W0=potential.network.init(0), time=1.0, store=path, progress=False)


def _stopped(path):
    _plain(path)
    _superblock.mark(path)


def _analysed(path):
    _plain(path)
    fn.breakdown(fn.Trajectory.open(path), every=5, keep=True, progress=False)


def _in_parts(path):
    _plain(path)
    fn.go_on(path, more=10, mechanics=fn.Aristotle(0.05), progress=False)


_MAKERS = {
    "plain": _plain,
    "long": _long,
    "many": _many,
    "complex": _complex,
    "flow": _flow,
    "stopped": _stopped,
    "analysed": _analysed,
    "parts": _in_parts,
}
