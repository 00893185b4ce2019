"""Reference path from PyTorch's Muon: writes tests/reference/muon.npz.

    python scripts/reference/make_muon_reference.py [FILE.npz]

The matrices of a small tanh network move by `torch.optim.Muon`, which multiplies in bfloat16, its
biases by `torch.optim.Adam`, all numbers else in float64. The file holds W at the steps KEPT under
"W"; points and data come from `make_reference.uniforms`.
"""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from make_reference import case, import_torch, loss, network, tensors

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "muon.npz"
KEPT = [0, 1, 2, 3, 10, 30]
CASE = case(95_000, [4, 6, 3], ["tanh"], "quadratic", m=12)
MUON = dict(lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.1)
ADAM = dict(lr=0.01, betas=(0.9, 0.99), eps=0.01)


def shapes(sizes):
    """Shapes of weights and bias of each layer, as they lie in W."""
    return [shape for n, k in pairwise(sizes) for shape in ((k, n), (k,))]


def path(torch, steps=30):
    """Parameters (steps + 1, D)."""
    t = tensors(torch, CASE, "float64")
    parts, at = [], 0
    for shape in shapes(CASE["sizes"]):
        size = int(np.prod(shape))
        parts.append(t["W"][at : at + size].reshape(shape).clone().requires_grad_())
        at += size
    steppers = [
        torch.optim.Muon([p for p in parts if p.ndim == 2], **MUON),
        torch.optim.Adam([p for p in parts if p.ndim == 1], **ADAM),
    ]
    rows = []
    for _ in range(steps + 1):
        W = torch.cat([p.reshape(-1) for p in parts])
        rows.append(W.detach().numpy().copy())
        for stepper in steppers:
            stepper.zero_grad()
        loss(torch, CASE, network(torch, CASE, W, t["x"]), t).backward()
        for stepper in steppers:
            stepper.step()
    return np.array(rows)


def main(file=FILE):
    """Write the file."""
    np.savez_compressed(file, W=path(import_torch())[KEPT])
    print(f"{file}: {Path(file).stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ImportError as absent:
        sys.exit(str(absent))
