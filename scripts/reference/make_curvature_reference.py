"""Dense Jacobians and Gauss–Newton of PyTorch, float64: writes tests/reference/curvature.npz.

    python scripts/reference/make_curvature_reference.py [FILE.npz]

The cases are those of `make_reference.py`, which keeps them. J = ∂Ŷ/∂W by `torch.func.jacrev`,
G = ∂²ℓ/∂Ŷ² by `torch.func.hessian` of the loss written out, F = JᵀGJ: of every case its diagonal,
its product with V and its trace, of a few also J. The file holds them under "<case>/<name>".
"""

import sys
from pathlib import Path

import numpy as np
from make_reference import cases, import_torch, loss, network, tensors

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "curvature.npz"
WITH_JACOBIAN = 4  # of the cases, the first ones


def torch_curvature(case):
    """jacobian (m·n_out, D), diagonal (D,), product (D,) and trace () of F."""
    torch = import_torch()
    t = tensors(torch, case, "float64")

    def outputs(W):
        return network(torch, case, W, t["x"])

    y_hat = outputs(t["W"])
    J = torch.func.jacrev(outputs)(t["W"]).reshape(y_hat.numel(), -1)
    G = torch.func.hessian(lambda y: loss(torch, case, y, t))(y_hat)
    F = J.T @ G.reshape(y_hat.numel(), y_hat.numel()) @ J
    found = {"jacobian": J, "diagonal": F.diagonal(), "product": F @ t["V"], "trace": F.trace()}
    return {name: a.detach().numpy() for name, a in found.items()}


def load(path=FILE):
    """{name of a case: {name: array}} of the stored file."""
    found = {}
    with np.load(path) as file:
        for key in file.files:
            case, name = key.split("/")
            found.setdefault(case, {})[name] = file[key]
    return found


def main(path=FILE):
    """Write the file."""
    arrays = {}
    for i, case in enumerate(cases()):
        for name, array in torch_curvature(case).items():
            if name != "jacobian" or i < WITH_JACOBIAN:
                arrays[f"{case['name']}/{name}"] = array
    np.savez_compressed(path, **arrays)
    print(f"{path}: {len(arrays)} arrays, {Path(path).stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ImportError as absent:
        sys.exit(str(absent))
