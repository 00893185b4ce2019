"""Reference numbers from PyTorch, float64 on the CPU: writes tests/reference/pytorch.npz.

    python scripts/reference/make_reference.py [FILE.npz]

Losses are written out from their equations, because PyTorch's own know no metrics.  The file
holds `meta`, one JSON string a case (everything of a case but its arrays), and arrays under
"<case name>/<array name>".  Inputs come from raw bits of a counter-based generator and from
exact arithmetic, so that they are the same on every machine.
"""

import itertools
import json
import sys
from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "pytorch.npz"
KEPT_STEPS = [0, 1, 10, 100, 200]  # rows of the training runs that the file keeps


# The cases


def uniforms(seed, *shape, low=-1.0, high=1.0):
    """Uniform numbers of a shape, from the top 53 raw bits of Philox keyed by the seed."""
    bits = np.random.Philox(key=seed).random_raw(int(np.prod(shape))) >> np.uint64(11)
    return low + (high - low) * (bits * 2.0**-53).reshape(shape)


def weights(seed, n):
    """Positive diagonal metric (n,)."""
    return uniforms(seed, n, low=0.2, high=2.0)


def positive(seed, n, lopsided=0.0):
    """Positive definite (n, n) metric with positive entries.

    `lopsided` adds an antisymmetric part, which losses are to ignore.
    """
    a = uniforms(seed, n, n, low=0.0) / n
    return a + a.T + np.diag(uniforms(seed + 50, n, low=2.0, high=3.0)) + lopsided * (a - a.T)


def case(
    seed,
    sizes,
    activations,
    loss,
    *,
    m=7,
    bias=True,
    output="identity",
    hard=False,
    temperature=1.0,
    **metrics,
):
    """One case as a dict: words and numbers; arrays x, y, W, V (gamma, Gamma) under `arrays`."""
    pairs = list(itertools.pairwise(sizes))
    # Variance 1.5/n_in, weights and biases alike: units neither dead nor saturated.
    spread = [np.full(n_out * (n_in + bias), np.sqrt(4.5 / n_in)) for n_in, n_out in pairs]
    D, n = sum(map(len, spread)), sizes[-1]
    y = uniforms(seed + 1, m, n)
    if loss == "cross-entropy":
        y = (
            np.eye(n)[np.argmax(y, axis=1)]
            if hard
            else (y + 1.1) / (y + 1.1).sum(axis=1, keepdims=True)
        )
    arrays = {
        "x": uniforms(seed, m, sizes[0], low=-2.0, high=2.0),
        "y": y,
        "W": uniforms(seed + 2, D) * np.concatenate(spread),
        "V": uniforms(seed + 3, D),
        **metrics,
    }
    words = dict(sizes=sizes, activations=activations, bias=bias, output=output, loss=loss)
    if loss == "cross-entropy":
        words["temperature"] = temperature
    return {"name": f"{seed // 1000:02d}", **words, "arrays": arrays}


def cases():
    """The twelve networks, as a list of dicts (see `case`)."""
    full = {
        7: positive(7100, 7),
        8: positive(8101, 7),
        10: positive(10100, 7, lopsided=0.4),
        12: positive(12101, 7),
    }
    return [
        case(1000, [3, 2], [], "quadratic"),
        case(2000, [4, 3], [], "cross-entropy", bias=False, hard=True),
        case(3000, [3, 5, 2], ["tanh"], "quadratic", gamma=positive(3100, 2)),
        case(4000, [4, 5, 3], ["sigmoid"], "cross-entropy", temperature=0.7),
        case(
            5000, [3, 6, 3], ["relu"], "quadratic", gamma=weights(5100, 3), Gamma=weights(5101, 7)
        ),
        case(
            6000,
            [3, 4, 4, 3],
            ["elu", "gelu"],
            "cross-entropy",
            hard=True,
            temperature=2.5,
            Gamma=weights(6100, 7),
        ),
        case(7000, [2, 5, 4, 2], ["sin", "softplus"], "quadratic", bias=False, Gamma=full[7]),
        case(
            *(8000, [4, 4, 5, 3], ["leaky_relu", "tanh"], "cross-entropy"),
            **dict(temperature=1.3, gamma=positive(8100, 3), Gamma=full[8]),
        ),
        case(
            *(9000, [3, 4, 3, 4, 2], ["gelu", "identity", "sin"], "quadratic"),
            **dict(gamma=positive(9100, 2, lopsided=0.4), Gamma=weights(9101, 7)),
        ),
        case(
            10000,
            [3, 4, 4, 3, 3],
            ["softplus", "elu", "sigmoid"],
            "cross-entropy",
            bias=False,
            Gamma=full[10],
        ),
        case(11000, [2, 4, 3, 3, 1], ["relu", "leaky_relu", "tanh"], "quadratic"),
        case(
            *(12000, [3, 5, 4, 3], ["tanh", "gelu"], "quadratic"),
            **dict(output="sigmoid", gamma=positive(12100, 3), Gamma=full[12]),
        ),
    ]


def runs():
    """Two runs of full-batch descent on 6-8-3 tanh networks, as cases with `step` and `kept`."""
    descent = dict(step=0.1, kept=KEPT_STEPS)  # 2/step is far above the curvature met on the way
    return [
        {
            **case(20000, [6, 8, 3], ["tanh"], "cross-entropy", m=24, hard=True),
            "name": "run-cross-entropy",
            **descent,
        },
        {**case(21000, [6, 8, 3], ["tanh"], "quadratic", m=24), "name": "run-quadratic", **descent},
    ]


# The same in PyTorch


def import_torch():
    """The torch module, or one clear line when it is absent."""
    try:
        import torch
    except ImportError:
        raise ImportError("PyTorch is needed for live references: pip install torch") from None
    return torch


def network(torch, case, W, x):
    """Ŷ (m, n_out) as a function of the flat W."""
    F = torch.nn.functional
    functions = {
        "identity": lambda z: z,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        # PyTorch cuts softplus off at z = 20, an error of 2e-9; beyond 40 it is z to the last bit.
        "softplus": lambda z: F.softplus(z, threshold=40),
        "gelu": F.gelu,
        "sin": torch.sin,
    }
    sizes, at = case["sizes"], 0
    for n_in, n_out, name in zip(
        sizes[:-1], sizes[1:], [*case["activations"], case["output"]], strict=True
    ):
        A, at = W[at : at + n_out * n_in].reshape(n_out, n_in), at + n_out * n_in
        z = x @ A.T
        if case["bias"]:
            z, at = z + W[at : at + n_out], at + n_out
        x = functions[name](z)
    return x


def loss(torch, case, y_hat, arrays):
    """(1/2m) Σ Γ_st γ_ab e_sa e_tb, or −(1/m) Σ (ΓPγ)_sb log P̂_sb with P̂ = softmax(Ŷ/kT)."""
    y = arrays["y"]

    def metric(name, n):
        M = arrays.get(name, torch.ones(n, dtype=y.dtype))
        return torch.diag(M) if M.ndim == 1 else (M + M.T) / 2

    Gamma, gamma = metric("Gamma", len(y)), metric("gamma", y.shape[1])
    if case["loss"] == "quadratic":
        e = y_hat - y
        return torch.einsum("st,ab,sa,tb->", Gamma, gamma, e, e) / (2 * len(y))
    log_p = torch.log_softmax(y_hat / case["temperature"], dim=1)
    return -torch.einsum("st,tb,ba,sa->", Gamma, y, gamma, log_p) / len(y)


def tensors(torch, case, dtype):
    """The arrays of a case as tensors."""
    return {
        name: torch.tensor(a, dtype=getattr(torch, dtype)) for name, a in case["arrays"].items()
    }


def torch_values(case, dtype="float64"):
    """value (), differential (D,), y_hat, pushforward (m, n_out), c2 () = ½ VᵀHV, HV (D,)."""
    torch = import_torch()
    t = tensors(torch, case, dtype)
    x, W, V = t["x"], t["W"].requires_grad_(), t["V"]
    y_hat, dy = torch.func.jvp(lambda w: network(torch, case, w, x), (W.detach(),), (V,))
    L = loss(torch, case, network(torch, case, W, x), t)
    (dL,) = torch.autograd.grad(L, W, create_graph=True)
    (HV,) = torch.autograd.grad(dL @ V, W)
    s = torch.zeros((), dtype=W.dtype, requires_grad=True)
    along = loss(torch, case, network(torch, case, W.detach() + s * V, x), t)
    (first,) = torch.autograd.grad(along, s, create_graph=True)
    (second,) = torch.autograd.grad(first, s)
    found = dict(
        value=L, differential=dL, y_hat=y_hat, pushforward=dy, c2=second / 2, hessian_action=HV
    )
    return {name: a.detach().numpy() for name, a in found.items()}


def torch_run(case):
    """trajectory (len(kept), D), rows `kept`, and losses (last+1,) of SGD on the full batch."""
    torch = import_torch()
    t = tensors(torch, case, "float64")
    W = t["W"].requires_grad_()
    optimizer, path, losses = torch.optim.SGD([W], lr=case["step"]), [], []
    for k in range(max(case["kept"]) + 1):
        optimizer.zero_grad()
        L = loss(torch, case, network(torch, case, W, t["x"]), t)
        L.backward()
        losses.append(L.item())
        if k in case["kept"]:
            path.append(W.detach().numpy().copy())
        optimizer.step()
    return {"trajectory": np.array(path), "losses": np.array(losses)}


# The file


def words(case):
    """A case without its arrays, as JSON."""
    return json.dumps({key: v for key, v in case.items() if key != "arrays"}, sort_keys=True)


def load(path=FILE):
    """{name: (case, PyTorch's arrays)} of the stored file; a run's case has `step` and `kept`."""
    inputs, found = ("x", "y", "W", "V", "gamma", "Gamma"), {}
    with np.load(path) as file:
        for text in file["meta"]:
            case = json.loads(str(text))
            prefix = case["name"] + "/"
            arrays = {
                key.removeprefix(prefix): file[key] for key in file.files if key.startswith(prefix)
            }
            case["arrays"] = {key: a for key, a in arrays.items() if key in inputs}
            found[case["name"]] = case, {key: a for key, a in arrays.items() if key not in inputs}
    return found


def main(path=FILE):
    """Write the file."""
    answered = [(c, torch_values(c)) for c in cases()]
    answered += [(c, torch_run(c)) for c in runs()]
    arrays = {
        f"{c['name']}/{key}": a
        for c, found in answered
        for key, a in {**c["arrays"], **found}.items()
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, meta=np.array([words(c) for c, _ in answered]), **arrays)
    print(f"{path}: {len(answered)} cases, {Path(path).stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ImportError as absent:
        sys.exit(str(absent))
