"""Devices: which there are, and one clear line wherever one is named that is not there."""

import subprocess
import sys

import numpy as np
import pytest
from checkout import ROOT
from click.testing import CliRunner

import flownet as fn
from flownet.desk.cli import shell
from flownet.kernels.device import is_device, kernels_of
from flownet.store._text import to_text
from flownet.store.writing import rewrite_experiment

#: blocks what only the extra `cuda` installs, also for numba's own, older target
BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba_cuda", "_numba_cuda_redirector", "cuda", "nvidia"):
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
for name in [n for n in sys.modules if n.startswith(("numba_cuda", "_numba_cuda"))]:
    del sys.modules[name]
"""

WITHOUT = """
import flownet as fn
for name in fn.__all__:
    getattr(fn, name)
p = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
run = fn.train(p, fn.Aristotle(0.1), steps=3, progress=False)
AXES = {"run.seed": [0, 1]}
assert len(run.loss) == 4
assert not [n for n in sys.modules if n.startswith(("numba.cuda.cudadrv", "numba_cuda", "cuda."))]
for ask in (
    lambda: fn.train(p, fn.Aristotle(0.1), steps=3, device="cuda"),
    lambda: fn.flow(p, W0=p.network.init(0), time=1.0, device="cuda:1"),
    lambda: fn.breakdown(p, p.network.init(0), 0.1, device="cuda"),
    lambda: fn.breakdown(run, at=1, device="cuda"),
    lambda: fn.sweep(fn.Experiment.of(p, fn.Aristotle(0.1), steps=3), axes=AXES, device="cuda"),
    lambda: fn.Network([2, 3, 1], device="cuda"),
    lambda: fn.resume(run, steps=5, device="cuda"),
):
    try:
        ask()
    except fn.FlownetError as error:
        print(error)
"""


def _python(program, **words):
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, **words
    )


def test_flownet_works_with_no_cuda_packages_anywhere():
    """And says, wherever a device can be named, what would install them."""
    lines = _python(BLOCKED + WITHOUT).stdout.splitlines()
    assert len(lines) == 7
    wanted = "needs numba-cuda: pip install 'flownet[cuda]'."
    assert all(line.endswith(wanted) for line in lines), lines


@pytest.mark.parametrize(
    "name", ["cpu", "cuda", "cuda:0", "cuda:12", "cuda+cublas", "cuda:1+cublas"]
)
def test_names_of_devices(name):
    assert is_device(name)


@pytest.mark.parametrize(
    "name", ["", "gpu", "cuda:", "cuda:-1", "Cuda", "cpu:0", "cpu+cublas", "cuda+", None, 0]
)
def test_what_names_no_device(name):
    assert not is_device(name)
    with pytest.raises(fn.FlownetError, match="there are: cpu, cuda"):
        kernels_of(name)


def test_flownet_devices():
    """The CPU, and a line about CUDA: a device, or what would help."""
    done = CliRunner().invoke(shell, ["devices"])
    assert done.exit_code == 0
    cpu, *cuda = done.output.splitlines()
    assert cpu.startswith("cpu    ")
    assert "thread" in cpu
    assert cuda
    assert all(line.startswith("cuda") for line in cuda)


def test_a_potential_stays_on_its_device():
    """Where no device is named; it is recorded, and a run that is resumed stays there."""
    p = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
    run = fn.train(p, fn.Aristotle(0.1), steps=3, progress=False)
    assert run.experiment["run"]["device"] == "cpu"
    assert run.potential is p
    again = fn.train(p, fn.Aristotle(0.1), steps=3, device="cpu", progress=False)
    assert np.array_equal(run.parameters[:], again.parameters[:])


NOT_HERE = r"device 'cuda.*(needs numba-cuda: pip install|is not available: )"


def test_a_file_of_a_device_that_is_not_here(tmp_path):
    """It opens, and says what would go on with it; told so it goes on elsewhere, and stays."""
    p = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
    path = tmp_path / "run.h5"
    run = fn.train(p, fn.Aristotle(0.1), steps=3, store=path, progress=False)
    tables = {**run.experiment, "run": {**run.experiment["run"], "device": "cuda:9"}}
    rewrite_experiment(path, to_text(tables)[0])
    assert fn.Trajectory.open(path).potential.device == "cpu"
    with pytest.raises(fn.FlownetError, match=NOT_HERE) as said:
        fn.resume(path, steps=5, progress=False)
    assert str(said.value).startswith(f"{path} was on the device 'cuda:9': ")
    assert "flownet resume --device cpu" in str(said.value)
    assert "\n" not in str(said.value)
    with pytest.raises(fn.FlownetError, match=NOT_HERE):
        fn.go_on(path, more=1, progress=False)
    done = CliRunner().invoke(shell, ["resume", str(path), "--steps", "5", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert fn.Trajectory.open(path).experiment["run"]["device"] == "cpu"
    assert len(fn.resume(path, steps=6, progress=False).loss) == 7


def test_an_experiment_may_name_a_device(tmp_path):
    """Also one that is not here: what runs it says so."""
    p = fn.Potential(fn.Network([2, 3, 1]), fn.Quadratic(), fn.data.load("xor"))
    path = tmp_path / "xor.toml"
    words = {"steps": 3, "device": "cuda:9"}
    path.write_text(fn.Experiment.of(p, fn.Aristotle(0.1), **words).to_toml())
    there = fn.Experiment.load(path)
    for run in (there.run, lambda **words: fn.sweep(there, axes={"run.seed": [0, 1]}, **words)):
        with pytest.raises(fn.FlownetError, match=NOT_HERE):
            run(progress=False)
        run(progress=False, device="cpu")


def test_asking_for_the_tests_on_a_device_fails_where_there_is_none():
    """They never pass by being skipped."""
    try:
        kernels_of("cuda")
    except fn.FlownetError:
        pass
    else:
        pytest.skip("there is a CUDA device, or its simulator")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--gpu", "tests/cuda"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --gpu: " in done.stderr
