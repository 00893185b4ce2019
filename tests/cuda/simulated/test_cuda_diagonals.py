"""Diagonals of the second and third derivative on the device, in the simulator: the CPU's."""

import numpy as np
import pytest
from on_device import ready
from tolerance import close
from twins import LOSSES, mixed_case, polarised, problem

import flownet as fn

pytestmark = pytest.mark.simulator

#: every activation once, with losses and precisions in turn; the tests on a device have them all
CASES = [
    (activation, LOSSES[i % 2], ["float64", "float32"][i // 2 % 2])
    for i, activation in enumerate(fn.ACTIVATIONS)
]


def _case(activation, loss, sizes=(2, 3, 2, 2), m=3):
    return mixed_case(activation, loss, seed=700, sizes=sizes, m=m, full=False)


@pytest.mark.parametrize(("activation", "loss", "dtype"), CASES)
def test_diagonals(activation, loss, dtype):
    """H_ii; with its change along V, and T_iii."""
    case = _case(activation, loss)
    cpu, cuda, W, V = ready(case, dtype)
    there, here = cuda.hessian(W), cpu.hessian(W)
    scale = np.abs(here.diagonal()).max()
    close(there.diagonal(), here.diagonal(), dtype, scale=scale)
    for found, expected in zip(there.diagonals(V), here.diagonals(V)):
        close(found, expected, dtype)
    close(there.gradient_squares(), here.gradient_squares(), dtype)


@pytest.mark.parametrize("loss", LOSSES)
def test_diagonals_of_a_deeper_network(loss):
    """Pushes through two layers and more, against polarised jets."""
    case = _case("tanh", loss, sizes=(2, 3, 2, 2, 2))
    _, cuda, W, V = ready(case)
    there = cuda.hessian(W)
    _, _, *expected = polarised(problem(case), W, V)
    close(there.diagonal(), expected[0])
    for found, wanted in zip(there.diagonals(V), expected):
        close(found, wanted)


def test_a_diagonal_in_pieces(monkeypatch):
    """Samples in blocks, and pushes at fewer units than a layer has."""
    from flownet.kernels.cuda.diagonal import buffers

    cpu, cuda, W, V = ready(_case("sigmoid", "cross-entropy", m=5))
    monkeypatch.setattr(cuda.kernels, "BLOCK_ROWS", 2)
    monkeypatch.setattr(buffers, "_ROOM", 2 * 5 * 3)
    close(cuda.hessian(W).diagonal(), cpu.hessian(W).diagonal())
    for found, expected in zip(cuda.hessian(W).diagonals(V), cpu.hessian(W).diagonals(V)):
        close(found, expected)
