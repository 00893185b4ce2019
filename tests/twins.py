"""One problem, twice: the package's potential and its naive twin, made of one case.

A case is a table of `scripts/reference/make_reference.py`: words for network and loss, and
arrays x, y, W, V, gamma (output metric), Gamma (sample metric).
"""

import naive
import numpy as np
import pytest
from make_reference import case, load, positive, torch_run, torch_values, uniforms, weights

import flownet as fn

__all__ = [
    "KINKED",
    "LOSSES",
    "PYTORCH",
    "RUNS",
    "SMOOTH",
    "case",
    "every_activation",
    "every_loss",
    "mixed_case",
    "point",
    "polarised",
    "positive",
    "potential",
    "problem",
    "steep",
    "torch_run",
    "torch_values",
    "uniforms",
    "weights",
]

_STORED = load()
PYTORCH = {name: pair for name, pair in _STORED.items() if not name.startswith("run")}
RUNS = {name: pair for name, pair in _STORED.items() if name.startswith("run")}


def potential(case, dtype="float64"):
    """The case as a potential of the package."""
    a = case["arrays"]
    net = fn.Network(
        case["sizes"], case["activations"], output=case["output"], bias=case["bias"], dtype=dtype
    )
    metrics = {"output_metric": a.get("gamma"), "sample_metric": a.get("Gamma")}
    loss = (
        fn.Quadratic(**metrics)
        if case["loss"] == "quadratic"
        else fn.CrossEntropy(temperature=case["temperature"], **metrics)
    )
    return fn.Potential(net, loss, fn.Dataset(a["x"], a["y"]))


def problem(case, rows=slice(None), dtype=None):
    """The case, or some rows of it, as a problem of `naive`; `dtype` may be np.longdouble."""
    a = {name: array.astype(dtype or array.dtype) for name, array in case["arrays"].items()}
    words = {name: a[name] for name in ("gamma", "Gamma") if name in a}
    if "Gamma" in words and not (isinstance(rows, slice) and rows == slice(None)):
        words["Gamma"] = words["Gamma"][rows]  # a diagonal one
    if "temperature" in case:
        words["temperature"] = case["temperature"]
    return naive.problem(
        case["sizes"],
        case["activations"],
        a["x"][rows],
        a["y"][rows],
        case["loss"],
        case["bias"],
        case["output"],
        **words,
    )


def point(case):
    """Parameters W and a displacement V (D,)."""
    return case["arrays"]["W"], case["arrays"]["V"]


# Every loss and activation, and cases for jets and curvature

LOSSES = ["quadratic", "cross-entropy"]
every_loss = pytest.mark.parametrize("loss", LOSSES)
every_activation = pytest.mark.parametrize("activation", fn.ACTIVATIONS)
KINKED = ["relu", "leaky_relu", "elu"]
SMOOTH = [a for a in fn.ACTIVATIONS if a not in ("identity", *KINKED)]

_OUTPUTS = ["identity", "tanh", "identity", "softplus", "sin"]


def mixed_case(activation, loss, seed, sizes=(3, 5, 4, 3), m=5, full=True, **words):
    """A small case whose options go round: biases, temperature, output activation, both metrics.

    `full` lets the sample metric couple samples; smooth outputs only.
    """
    n = fn.ACTIVATIONS.index(activation) + 2 * (loss == "quadratic")
    Gamma = [
        {},
        {"Gamma": weights(seed + 40, m)},
        {"Gamma": (positive if full else weights)(seed + 41, m)},
    ][n % 3]
    gamma = {"gamma": positive(seed + 42, sizes[-1])} if n % 2 else {}
    return case(
        seed + n,
        list(sizes),
        [activation] * (len(sizes) - 2),
        loss,
        m=m,
        bias=n % 4 > 0,
        output=_OUTPUTS[n % 5],
        temperature=0.8,
        **Gamma,
        **gamma,
        **words,
    )


def steep(case, z=6.0):
    """The case with each hidden layer scaled until its largest |pre-activation| is z."""
    W, a, at = case["arrays"]["W"].copy(), case["arrays"]["x"], 0
    for n_in, n_out, name in zip(case["sizes"], case["sizes"][1:-1], case["activations"]):
        mine = slice(at, at + n_out * (n_in + case["bias"]))
        ((A, b),) = naive.unpack([n_in, n_out], W[mine], case["bias"])
        pre = a @ A.T + b
        W[mine] *= z / np.abs(pre).max()
        a, at = naive.activation(name, pre * z / np.abs(pre).max())[0], mine.stop
    return {**case, "arrays": {**case["arrays"], "W": W}}


def polarised(p, W, V):
    """(HV, T[V,V], H_ii, Σ_k T_iik V_k, T_iii) of a naive problem, each (D,), by polarisation.

    From c₂ and c₃ along e_i and e_i ± V: H(V,e) = c₂(V+e) − c₂(V) − c₂(e),
    T(V,V,e) = c₃(e+V) + c₃(e−V) − 2c₃(e), T(V,e,e) = c₃(e+V) − c₃(e−V) − 2c₃(V).
    """
    E, own = np.eye(len(W)), naive.jet(p, W, V, 3)
    alone, plus, minus = (
        np.array([naive.jet(p, W, U, 3)[2:] for U in Us]) for Us in (E, E + V, E - V)
    )
    return (
        plus[:, 0] - own[2] - alone[:, 0],
        plus[:, 1] + minus[:, 1] - 2 * alone[:, 1],
        2 * alone[:, 0],
        plus[:, 1] - minus[:, 1] - 2 * own[3],
        6 * alone[:, 1],
    )
