"""Reference paths from PyTorch's optimizers: writes tests/reference/mechanics.npz.

    python scripts/reference/make_mechanics_reference.py [FILE.npz]

300 steps in float64 of every optimizer on a small tanh network, and in complex128, with PyTorch's
own complex parameters, on z ↦ ½z†Az + (α/8)Σ|z|⁴ − Re b†z. The file holds the rows KEPT under
"<real or complex>/<name>"; points, matrices and data come from `make_reference.uniforms`.
"""

import sys
from pathlib import Path

import numpy as np
from make_reference import case, import_torch, loss, network, tensors, uniforms

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "mechanics.npz"
KEPT = [1, 2, 3, 30, 300]
CASE = case(93_000, [3, 5, 2], ["tanh"], "quadratic", m=11)
ALPHA = 0.3

#: optimizers and their arguments, in PyTorch's words
OPTIMIZERS = {
    "momentum": ("SGD", dict(lr=0.05, momentum=0.9)),
    "momentum and decay": ("SGD", dict(lr=0.05, momentum=0.8, weight_decay=0.02)),
    "decay": ("SGD", dict(lr=0.1, weight_decay=0.05)),
    "nesterov": ("SGD", dict(lr=0.04, momentum=0.9, nesterov=True)),
    "rmsprop": ("RMSprop", dict(lr=0.01, alpha=0.95, eps=0.1)),
    "rmsprop, centered": ("RMSprop", dict(lr=0.01, alpha=0.9, eps=0.1, centered=True)),
    "rmsprop with momentum": (
        "RMSprop",
        dict(lr=0.003, alpha=0.95, eps=0.1, centered=True, momentum=0.7, weight_decay=0.02),
    ),
    "adam": ("Adam", dict(lr=0.01, betas=(0.8, 0.99), eps=0.01)),
    "adam and decay": ("Adam", dict(lr=0.01, betas=(0.9, 0.98), eps=0.01, weight_decay=0.05)),
    "adamw": ("AdamW", dict(lr=0.01, betas=(0.9, 0.98), eps=0.01, weight_decay=0.1)),
}


def quartic():
    """A (4, 4) Hermitian and positive, b (4,) and a point z (4,)."""
    re, im = uniforms(94_000, 4, 4), uniforms(94_001, 4, 4)
    M = re + 1j * im
    b, z = (uniforms(seed, 4) + 1j * uniforms(seed + 1, 4) for seed in (94_002, 94_004))
    return M @ M.conj().T / 8 + 0.2 * np.eye(4), b, 2 * z


def real_loss(torch):
    """Loss of the network's parameters, and where they begin."""
    t = tensors(torch, CASE, "float64")
    return lambda W: loss(torch, CASE, network(torch, CASE, W, t["x"]), t), t["W"]


def complex_loss(torch):
    """½z†Az + (α/8)Σ|z|⁴ − Re b†z, and where z begins."""
    A, b, z = map(torch.tensor, quartic())
    return (
        lambda W: (
            0.5 * torch.vdot(W, A @ W).real
            + ALPHA / 8 * (W.abs() ** 4).sum()
            - torch.vdot(b, W).real
        ),
        z,
    )


def path(torch, optimizer, words, function, W0, steps=300):
    """Parameters (steps + 1, D)."""
    W = W0.clone().requires_grad_()
    stepper, rows = getattr(torch.optim, optimizer)([W], **words), []
    for _ in range(steps + 1):
        rows.append(W.detach().numpy().copy())
        stepper.zero_grad()
        function(W).backward()
        stepper.step()
    return np.array(rows)


def main(file=FILE):
    """Write the file."""
    torch = import_torch()
    kept = {
        f"{field}/{name}": path(torch, *words, *made(torch))[KEPT]
        for field, made in (("real", real_loss), ("complex", complex_loss))
        for name, words in OPTIMIZERS.items()
    }
    np.savez_compressed(file, **kept)
    print(f"{file}: {len(kept)} paths, {Path(file).stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ImportError as absent:
        sys.exit(str(absent))
