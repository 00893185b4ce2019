"""Laplace's evidence of a published example, from PyTorch: writes tests/reference/evidence.npz.

    python scripts/reference/make_evidence_reference.py [FILE.npz]

The regression example of laplace-torch (github.com/aleximmer/Laplace, examples/regression_example):
150 points of sin x + 0.3·noise, x even on [0, 8], a network 1-50-1 of tanh units by 1000 steps of
Adam on the mean square, then 1000 steps of Adam on log α and log σ of the evidence with the full
Gauss–Newton matrix. Its page says σ ≈ 0.28 and α ≈ 0.10. Data, start and training are those of its
seeds; the evidence is written out from its equation here, in double precision. The file holds x, y,
the trained W as flownet lays it out, and the σ, α, effective parameters and log Z that came out.
"""

import sys
from pathlib import Path

import numpy as np
from make_reference import import_torch

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "evidence.npz"
SEED, STEPS = 711, 1000


def data(torch):
    """The published points."""
    torch.manual_seed(SEED)
    x = (torch.rand(150) * 8).unsqueeze(-1)
    return x, torch.sin(x) + torch.randn_like(x) * 0.3


def trained(torch, x, y):
    """The published network, trained as published."""
    torch.manual_seed(SEED)
    model = torch.nn.Sequential(torch.nn.Linear(1, 50), torch.nn.Tanh(), torch.nn.Linear(50, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return model.double()


def fitted(torch, model, x, y):
    """α, σ, γ and log Z at the maximum of the evidence over α and σ, W fixed."""
    parameters = list(model.parameters())
    rows = [torch.autograd.grad(model(point).sum(), parameters) for point in x]
    J = torch.stack([torch.cat([part.reshape(-1) for part in row]) for row in rows])
    F, W = J.T @ J, torch.cat([part.reshape(-1) for part in parameters]).detach()
    square, (m, D) = ((model(x) - y) ** 2).sum().detach(), J.shape

    def log_Z(log_alpha, log_sigma):
        alpha, variance = log_alpha.exp(), (2 * log_sigma).exp()
        A = F / variance + alpha * torch.eye(D, dtype=F.dtype)
        fit = square / variance / 2 + m * log_sigma + m * np.log(2 * np.pi) / 2
        return -fit - alpha * (W @ W) / 2 + D * log_alpha / 2 - torch.logdet(A) / 2

    logs = [torch.zeros(1, dtype=F.dtype, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.Adam(logs, lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (-log_Z(*logs)).backward()
        optimizer.step()
    alpha, sigma = (float(log.exp()) for log in logs)
    h = torch.linalg.eigvalsh(F) / sigma**2
    return alpha, sigma, float((h / (h + alpha)).sum()), float(log_Z(*logs))


def main(file=FILE):
    """Write the file."""
    torch = import_torch()
    x, y = data(torch)
    model = trained(torch, x, y)
    x, y = x.double(), y.double()
    alpha, sigma, gamma, log_Z = fitted(torch, model, x, y)
    W = np.concatenate([part.detach().numpy().reshape(-1) for part in model.parameters()])
    words = {"x": x.numpy(), "y": y.numpy(), "W": W}
    np.savez_compressed(file, **words, alpha=alpha, sigma=sigma, gamma=gamma, log_Z=log_Z)
    print(f"{file}: σ {sigma:.4f}, α {alpha:.4f}, γ {gamma:.2f} of {W.size}, log Z {log_Z:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
