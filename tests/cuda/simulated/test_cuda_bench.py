"""`bench gpu` from end to end in the simulator: nothing of it fails once a device is there.

Its times say nothing here; what is shown is that each part runs, agrees with others, and is kept.
"""

import json
import os
import subprocess
import sys

import pytest
from checkout import SCRIPTS, TESTS

pytestmark = pytest.mark.simulator

BENCH = SCRIPTS / "bench"

#: tiny sizes, clocks of the host in place of the device's, and what stands in for cuBLAS
PROGRAM = """
import sys
from types import SimpleNamespace

here, bench = sys.argv[1:]
sys.path[:0] = [bench, here]
import threads_in_turn

threads_in_turn.take_turns()
import blas, gpu, gpu_peers, record
import flownet as fn
from turns import seconds_of

sys.modules[blas.NAME] = blas.Library()
gpu.the_device = lambda: {
    "device": "a simulator", "bytes": 1 << 30, "capability": [9, 0], "multiprocessors": 132,
    "kilohertz": 1980000,
}
gpu.event_seconds = gpu_peers.event_seconds = seconds_of
gpu.PROBLEMS = [
    gpu.Problem("2-16-16-1", (2, 3, 1), 4, "quadratic"),
    gpu.Problem("512", (3, 4, 3), 4, "cross-entropy"),
]
gpu.WAYS, gpu.SQUARES, gpu.MAPS = [((2, 3, 1), 4)], (8,), [("fractal", (2, 2, 1), 3)]
gpu.SIDE, gpu.CPU_SIDE, gpu.STEPS, gpu.RECORDED = 2, 2, 3, 2
gpu.FIRST = "print(0.5)"  # a process of its own
load, network, train = fn.data.load, fn.Network, fn.train
fn.data.load = lambda name: load(name, limit=4)  # of digits, where every step is kept
fn.Network = lambda sizes, **words: network([64, 2, 10] if sizes[0] == 64 else sizes, **words)
fn.train = lambda *args, **words: train(
    *args, **{**words, "batch_size": 2 if "batch_size" in words else None}
)
gpu.bench_gpu(SimpleNamespace(
    json=None, table=None, figure=None, minutes=9, only=None, dtype="float32", seconds=1e-6,
    rounds=2, folder=".", machine=lambda: dict.fromkeys(("flownet", "numpy", "numba"), "1"),
))
"""
PEERS = {"PyTorch", "PyTorch, CUDA graph", "JAX jit", "JAX scan", "JAX vmap"}


@pytest.mark.slow
def test_every_part_of_it_runs(tmp_path):
    sys.path.append(str(BENCH))
    import gpu_report

    env = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    words = [sys.executable, "-c", PROGRAM, TESTS / "cuda", BENCH]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "bench_gpu.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert {row["who"] for row in rows if "left_out" in row} <= PEERS, done.stdout
    there = {(row["what"], row["who"]) for row in rows if "left_out" not in row}
    for what in ("step 2-16-16-1", "step 512"):
        assert {who for w, who in there if w == what} >= {
            *("flownet", "flownet, CPU", "flownet, cuBLAS")
        }
    for pair in (
        ("map fractal", "flownet"),
        ("map fractal", "flownet, CPU"),
        ("product 8", "flownet"),
        ("product 8", "cuBLAS"),
        ("record digits, 64", "every step, file"),
        ("first train on the device", "empty caches"),
        ("way 2-3-1, 4", "one block"),
    ):
        assert pair in there
    claims = {row[0]: row for row in gpu_report.gpu_aims.lines(*gpu_report.read(path))}
    measured = [name for name, row in claims.items() if row[1] != "not measured"]
    assert [name.split(":")[0] for name in measured] == [
        *("512", "map", "every step in a file / losses alone, or the disk alone if slower"),
        *("first train on the device, empty caches, s", "first train on the device, later, s"),
    ]
