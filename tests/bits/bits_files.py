"""Cases of `same_bits`: stored runs, stopped and resumed, and files of an earlier version."""

import gzip
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from bits_complex import complex_problem
from bits_of import breakdown, dataset, here, problem, rough, run, train, uniforms
from checkout import REFERENCE

import flownet as fn


def _half_way():
    """Stopped after 15 of 30 steps and resumed: the bits of the run that was not."""
    of_network = problem("gelu", "cross-entropy")
    potential = of_network + 0.01 * fn.Parabola(of_network.size)
    words = dict(
        batch_size=7,
        seed=3,
        record_every=2,
        observe={"whole": (5, of_network)},
        metric=fn.LayerMetric(of_network.network, [2.0, 1.0, 0.5]),
    )
    whole = run(train(potential, fn.Adam(0.02), steps=30, **words))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        train(potential, fn.Adam(0.02), steps=15, store=path, **words).close()
        resumed = fn.resume(path, steps=30, progress=False)
        found = run(resumed)
        resumed.close()
    assert whole.keys() == found.keys()
    for name, array in whole.items():
        assert array.tobytes() == found[name].tobytes(), f"stopping changes {name}"
    return whole


CASES = {"stored, stopped and resumed": _half_way}


# ---- files of an earlier version -----------------------------------------------------------------


def _packed(name):
    """Where a file lies; a small run's file is mostly room for more rows, and packs well."""
    return REFERENCE / f"{name}.gz"


@contextmanager
def _unpacked(name):
    """A copy that may be written to, within a `with` block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.decompress(_packed(name).read_bytes()))
        yield path


def _old(name, **words):
    """What a file of an earlier version holds, and what it holds after it has gone on."""
    with _unpacked(name) as path:
        stored = fn.Trajectory.open(path)
        found = {f"stored/{key}": value for key, value in run(stored).items()}
        found["experiment"] = fn.Experiment.load(path).to_toml()
        stored.close()
        gone_on = fn.resume(path, progress=False, **words)
        found |= {f"gone on/{key}": value for key, value in run(gone_on).items()}
        gone_on.close()
        return found


def _old_flow():
    """What was stored is read to the bit; how the flow goes on, a processor's rounding decides."""
    return {
        name: value
        if name.startswith("stored/") or isinstance(value, str)
        else here(value)
        if name.endswith(("evaluations", "method", "step"))
        else rough(value)
        for name, value in _old("old_flow.h5").items()
    }


def _old_analysed():
    """A run with its breakdown and its departure beside it, read from its file."""
    with _unpacked("old_analysed.h5") as path:
        stored = fn.Trajectory.open(path)
        found = run(stored)
        for name in stored.analyses:
            found[f"analyses/{name}"] = stored.analyses[name].value
        departure = fn.Departure.open(stored)
        found |= {
            "text": f"{stored!r}\n{departure}\n{departure.verdict}",
            "again": breakdown(fn.breakdown(stored, at=3))["terms"],
        }
        stored.close()
        return found


CASES["file old_analysed.h5"] = _old_analysed
CASES["file old_run.h5"] = lambda: _old("old_run.h5", steps=60)
CASES["file old_complex.h5"] = lambda: _old("old_complex.h5", steps=60)
CASES["file old_flow.h5"] = _old_flow


def make():
    """Make the files that are not there."""
    for name, make_one in (
        ("old_run.h5", _make_run),
        ("old_complex.h5", _make_complex),
        ("old_flow.h5", _make_flow),
        ("old_analysed.h5", _make_analysed),
    ):
        if not (packed := _packed(name)).exists():
            with tempfile.TemporaryDirectory() as folder:
                make_one(Path(folder) / name)
                packed.write_bytes(gzip.compress((Path(folder) / name).read_bytes(), 9, mtime=0))
            print(f"{packed}: {packed.stat().st_size / 1024:.0f} KB")


def _make_run(path):
    potential = problem(["sin", "gelu"], "cross-entropy", sizes=(3, 4, 4, 3))
    net = potential.network
    unseen = fn.Potential(
        net,
        fn.CrossEntropy(),
        fn.Dataset(uniforms(99, 10, 3), dataset(10, loss="cross-entropy").labels),
    )
    metric = fn.TimedMetric(
        [0.0, 0.5], [fn.LayerMetric(net, [np.inf, 1.0, 1.0]), fn.LayerMetric(net, [2.0, 1.0, 0.5])]
    )
    train(
        potential + 0.01 * fn.Parabola(net.size),
        fn.Adam("cosine:0.05:90:0.01"),
        steps=25,
        seed=4,
        batch_size=7,
        record_every=5,
        metric=metric,
        store=path,
        observe={
            "whole": (5, potential),
            "unseen": (10, unseen),
            "right": (10, fn.Accuracy(unseen)),
            "length": (5, fn.PathLength()),
            "speed": (10, fn.Speed(potential)),
        },
    ).close()


def _make_complex(path):
    potential = complex_problem("modrelu", m=12)
    train(
        potential,
        fn.RMSProp(0.01, centered=True, epsilon=0.01, momentum=0.5),
        steps=25,
        seed=4,
        batch_size=5,
        record_every=5,
        store=path,
        observe={"whole": (5, potential), "right": (10, fn.Accuracy(potential))},
    ).close()


def _make_analysed(path):
    potential = problem("gelu", sizes=(3, 4, 3))
    ran = train(
        potential,
        fn.Aristotle(0.5),
        steps=12,
        seed=4,
        store=path,
        metric=fn.LayerMetric(potential.network, [2.0, 1.0]),
    )
    fn.breakdown(ran, every=3, split=True, keep=True, progress=False)
    fn.departure(
        ran, every=3, fields={"modified": fn.Modified(0.5, order=2)}, keep=True, progress=False
    )
    ran.close()


def _make_flow(path):
    """Stopped by an alarm after its second checkpoint; how far it came does not matter."""

    def stop(*_):
        raise KeyboardInterrupt

    x = uniforms(80, 24, 2)
    potential = fn.Potential(
        fn.Network([2, 6, 1], "sin"), fn.Quadratic(), fn.Dataset(x, np.sin(3 * x[:, :1]) * x[:, 1:])
    )
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 1.1)
    try:
        fn.flow(
            potential,
            W0=potential.network.init(0),
            time=1000.0,
            rtol=1e-10,
            atol=1e-12,
            at=np.linspace(0, 1000, 25),
            field=fn.Modified(0.2, order=2),
            store=path,
            progress=False,
        )
        raise SystemExit(f"{path}: the flow was done before it was stopped")
    except KeyboardInterrupt:
        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
