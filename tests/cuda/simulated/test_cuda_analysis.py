"""What is asked of one step, of curvature and of a run, on the device, in the simulator."""

import numpy as np
import pytest
from on_device import ready
from twins import mixed_case

import flownet as fn

pytestmark = pytest.mark.simulator

SELF = ["second_self", "third_self", "third_two"]
TERMS = ["linear", "second", "third", "remainder", *SELF]
SPLITS = {
    "parameters": SELF,
    "neurons": SELF,
    "layers": SELF,
    "map": ["second_loss", "second_map", "third_loss", "third_map"],
    "eigen": ["second"],
}


def test_breakdown_and_its_splits(holds):
    cpu, _, W, _ = ready(mixed_case("tanh", "cross-entropy", 900, (2, 2, 2), m=2, full=False))
    here, there = (fn.breakdown(cpu, W, 0.5, order=4, device=d) for d in ("cpu", "cuda"))
    assert there.taken.potential.device == "cuda"
    shown = [(TERMS, here, there)]
    shown += [(names, here.split(basis), there.split(basis)) for basis, names in SPLITS.items()]
    for names, expected, found in shown:
        for name in names:
            apart = np.max(np.abs(getattr(found, name) - getattr(expected, name)))
            holds("terms of a breakdown / what was promised", apart / abs(here.linear), 1e-10)


def test_sharpness(holds):
    cpu, cuda, W, _ = ready(mixed_case("sigmoid", "cross-entropy", 901, (2, 2, 2), m=3))
    holds("sharpness", abs(fn.sharpness(cuda, W) / fn.sharpness(cpu, W) - 1), 1e-9)


@pytest.mark.slow
def test_departure():
    """The run's flow, its single steps and their second order."""
    cpu, _, W, _ = ready(mixed_case("tanh", "quadratic", 902, (2, 2), m=2, full=False))
    run = fn.train(cpu, fn.Aristotle(0.1), W0=W, steps=2)
    here = fn.departure(run, rtol=1e-6)
    there = fn.departure(run, rtol=1e-6, device="cuda")
    assert run.potential.device == "cuda"
    for name in ("distance", "loss_difference", "arc_length"):
        found, expected = getattr(there.flow, name), getattr(here.flow, name)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_a_physical_system_relaxes_on_the_cpu_alone():
    """It says so, and never goes there by itself."""
    data = fn.Dataset([[0.1, 0.2], [0.3, 0.1]], [[0.5], [0.2]])
    potential = fn.Equilibrium(fn.Hopfield([2, 3, 1]), fn.Quadratic(), data, nudge=0.1)
    for p in (potential, potential.averaged()):
        with pytest.raises(fn.FlownetError, match=r'physical system .* device="cpu" has it'):
            fn.train(p, fn.Aristotle(0.1), steps=1, device="cuda")


def test_a_device_is_kept_in_another_precision():
    """Nothing goes back to the CPU by itself: not in another precision, nor in a chart."""
    _, cuda, W, _ = ready(mixed_case("tanh", "quadratic", 903, (2, 2), m=2))
    assert cuda.with_dtype("float32").device == "cuda"
    assert cuda.with_dtype("float32").network.device == "cuda"
    seen = fn.Charted(cuda.on_device("cpu"), fn.Sinh()).on_device("cuda")
    assert seen.device == seen.potential.device == "cuda"
    assert seen.value(np.arcsinh(W)) == pytest.approx(cuda.value(W), rel=1e-12)
