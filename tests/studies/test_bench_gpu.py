"""`bench gpu` without a device: it says so, and draws what a file holds."""

import json
import os
import subprocess
import sys

import pytest
from checkout import SCRIPTS
from pictures import faults, is_drawn

BENCH = SCRIPTS / "bench"
sys.path.append(str(BENCH))
import gpu_report  # noqa: E402

BEGIN = {
    "what": "begin", "who": "", "when": "2026-11-27 03:00", "device": "NVIDIA H100 80GB HBM3",
    "capability": [9, 0], "bytes": 85 << 30, "flownet": "1", "numpy": "2.4", "numba": "0.66",
    "torch": "2.9",
}  # fmt: skip


def rows():
    """As of a run that was cut, on a machine without JAX."""
    yield BEGIN
    for name, flops, times in (
        ("2-16-16-1", 6e4, (6.0, 2.0, 190.0, 16.0)),
        ("digits", 9e5, (9.5, 15.0, 210.0, 18.0)),
        ("1024", 1.1e10, (900.0, 60000.0, 850.0, 800.0)),
    ):
        for who, microseconds in zip(gpu_report.LINES, times):
            yield {"what": f"step {name}", "who": who, "flops": flops, "batch": 64,
                   "microseconds": microseconds}  # fmt: skip
    yield {"what": "map fractal", "who": "flownet", "batch": 272, "microseconds": 0.05}
    yield {"what": "map fractal", "who": "flownet, CPU", "batch": 272, "microseconds": 1.5}
    yield {"what": "product 4096", "who": "flownet", "microseconds": 1.0, "tflops": 40.0}
    yield {"what": "product 4096", "who": "cuBLAS", "left_out": "cupy is not installed"}
    yield {"what": "all", "who": "JAX jit", "left_out": "jax is not installed"}
    yield {"what": "step digits", "who": "flownet", "flops": 9e5, "batch": 64, "microseconds": 8.0}


@pytest.fixture
def measured(tmp_path):
    path = tmp_path / "gpu.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows()) + '{"what": "step 20')
    return path


def test_a_table_of_what_was_measured(measured):
    text = gpu_report.table(*gpu_report.read(measured))
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    head = next(row for row in cells if row[:1] == ["µs a step"])
    digits = dict(zip(head, next(row for row in cells if row[:1] == ["digits"])))
    assert digits["flownet"] == "8" and digits["PyTorch"] == "210"  # the newer one of two
    assert "JAX jit" not in head
    assert ["4096", "40", "–"] in cells
    assert "NVIDIA H100 80GB HBM3" in text and "Left out: JAX jit: jax is not installed." in text


def test_claims_with_what_was_seen(measured):
    """The peak is that of the data sheet, 67 TFLOP/s; what is not there is said to be so."""
    begin, seen = gpu_report.read(measured)
    claims = {row[0]: row[1:] for row in gpu_report.gpu_aims.lines(begin, seen)}
    assert claims["2-16-16-1: time of PyTorch / of flownet"] == ["31.7", "≥ 1", "≥ 20", "yes"]
    graph = claims["digits: time of PyTorch, CUDA graph / of flownet"]
    assert graph == ["2.25", "", "≥ 3", "no"]
    assert claims["map: time of JAX vmap / of flownet"] == ["not measured", "≥ 1", "≥ 10", ""]
    assert all(row[1] == "not measured" for row in gpu_report.gpu_aims.lines(begin, {}))
    fast = {**begin, "multiprocessors": 132, "kilohertz": 1980000}
    assert gpu_report.gpu_aims.peak(fast) == pytest.approx(66.9, abs=0.1)
    near = {**seen, ("step digits", "PyTorch"): {"microseconds": 80.0}}
    assert gpu_report.gpu_aims.lines(begin, near)[2][1:] == ["10", "≥ 1", "≥ 20", "not the aim"]
    assert gpu_report.gpu_aims.peak(begin) is None
    assert "| map: time of JAX vmap / of flownet | not measured |" in gpu_report.table(begin, seen)


def test_figures_of_another_device_do_not_stand_beside(measured):
    with measured.open("a") as file:
        file.write("\n" + json.dumps({**BEGIN, "device": "other"}) + "\n")
    assert gpu_report.read(measured)[1] == {}


def test_a_figure_of_what_was_measured(measured, tmp_path):
    assert faults(gpu_report.figure(*gpu_report.read(measured))) == []
    words = (
        "gpu",
        "--json",
        measured,
        "--table",
        tmp_path / "t.md",
        "--figure",
        tmp_path / "f.png",
    )
    subprocess.run([sys.executable, BENCH, *words], check=True, capture_output=True)
    assert is_drawn(tmp_path / "f.png") and "µs a step" in (tmp_path / "t.md").read_text("utf-8")


def test_no_device_is_one_line_and_exit_code_2(tmp_path):
    """A simulator, where the package for it is installed, is none either."""
    env = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(
        [sys.executable, BENCH, "gpu"], capture_output=True, text=True, cwd=tmp_path, env=env
    )
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("bench gpu: ") and list(tmp_path.iterdir()) == []


def test_all_that_a_device_shows_wants_a_device(tmp_path):
    """One line, exit code 2, and no folder that looks as if something had been measured."""
    env = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "PYTHON": sys.executable}
    env.pop("NUMBA_ENABLE_CUDASIM", None)
    command = [BENCH.parent / "on_gpu", tmp_path / "gpu"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("cuda   none: ")
    assert list(tmp_path.iterdir()) == []
