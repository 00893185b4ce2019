"""Rows that depend on nothing but their number, and scripts that write or read them."""

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
from checkout import ROOT, TESTS

from flownet.store._layout import Layout, Quantity
from flownet.store.writing import HDF5Store

D = 37
NAMES = ("parameters", "observables/loss", "observables/step", "observables/charge")
LIMIT = 600  # seconds: whatever takes so long hangs


def layout(block_bytes=4096, **more):
    """Small blocks, so that a few hundred rows are many of them."""
    return Layout(
        [
            Quantity("parameters", (D,), "f4"),
            Quantity("observables/loss"),
            Quantity("observables/step", clock="observables/loss"),
            Quantity("observables/charge", (2, 3), "c16"),
        ],
        checkpoint={"parameters": ((D,), "f4"), "mechanics": ((2, D), "f8"), "none": ((0,), "f8")},
        experiment='[data]\nname = "xor"  # δ\n',
        arrays={"data/x": np.arange(12.0).reshape(4, 3)},
        attrs={
            "": {"seed": 7, "flownet_version": "0"},
            "network": {"sizes": [3, 5, 1], "activation": ["tanh"], "bias": True},
            "data": {"name": "", "m": 4, "scale": 0.5, "labels": []},
        },
        block_bytes=block_bytes,
        **more,
    )


def expected(name, k):
    """Rows that depend on nothing but their number."""
    k = np.asarray(k)
    if name == "parameters":
        return np.sin(k[:, None] + np.arange(D)).astype("f4")
    if name == "observables/loss":
        return k * 0.5
    if name == "observables/step":
        return k - 0.25
    return (k[:, None, None] + 1j * np.arange(6).reshape(2, 3)).astype("c16")


def fill(store, start, stop, names=NAMES, clock=True):
    for name in names:
        done = start
        while done < stop:
            n = min(store.room(name), stop - done)
            assert n >= 1
            value, iteration, time = store.rows(name, n)
            k = np.arange(done, done + n)
            value[:] = expected(name, k)
            if clock:
                iteration[:], time[:] = k, 0.1 * k
            store.advance(name, n)
            done += n


def save(store, k, **more):
    store.checkpoint(k, 0.1 * k, state(k), **more)


def state(k):
    return {
        "parameters": expected("parameters", [k])[0],
        "mechanics": np.full((2, D), k, "f8"),
        "none": np.zeros(0),
    }


def check(store, start, stop, names=NAMES):
    for name in names:
        iteration, time, value = store.read(name, start, stop)
        k = np.arange(start, stop)
        np.testing.assert_array_equal(iteration, k)
        np.testing.assert_array_equal(time, 0.1 * k)
        np.testing.assert_array_equal(value, expected(name, k))


def check_checkpoint(store, k):
    iteration, time, arrays = store.latest_checkpoint()
    assert (iteration, time) == (k, 0.1 * k) and set(arrays) == {"parameters", "mechanics", "none"}
    for name, array in state(k).items():
        np.testing.assert_array_equal(arrays[name], array)


#: what a script begins with, so that it can use everything above
IMPORTS = """
import json, random, signal, sys
from flownet import FlownetError
from flownet.store.bytes import _superblock
from flownet.store.reading import open_reader
from flownet.store.writing import HDF5Store
from numbered_rows import *
"""


def python(code, *arguments, **more):
    """Start a script that can use everything above; one that hangs is killed."""
    text = IMPORTS + textwrap.dedent(code)
    given = os.environ.get("PYTHONPATH", "")  # of an h5py of another version
    paths = os.pathsep.join(filter(None, [str(ROOT), str(TESTS), str(TESTS / "store"), given]))
    process = subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
        **more,
    )
    watch = threading.Timer(LIMIT, process.kill)
    watch.daemon = True
    watch.start()
    return process


def output_of(process):
    """What a script prints until it ends well."""
    output, errors = process.communicate()
    assert process.returncode == 0, f"{process.returncode}: {errors[-2000:]}"
    return output


def finished(path, rows=300, **more):
    with HDF5Store.create(path, layout(**more)) as store:
        fill(store, 0, rows)
        save(store, rows)
        store.finish()
    return path
