"""One problem, twice: the package's potential and its naive twin, made of one case.

A case is a table of `scripts/make_reference.py`: words for network and loss, and arrays x, y, W, V,
gamma (output metric), Gamma (sample metric).
"""

import sys
from pathlib import Path

import naive

import flownet as fn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
from make_reference import (  # noqa: E402
    case, load, positive, torch_run, torch_values, uniforms, weights)

__all__ = ["PYTORCH", "RUNS", "case", "point", "positive", "potential", "problem", "torch_run",
           "torch_values", "uniforms", "weights"]

_STORED = load()
PYTORCH = {name: pair for name, pair in _STORED.items() if not name.startswith("run")}
RUNS = {name: pair for name, pair in _STORED.items() if name.startswith("run")}


def potential(case, dtype="float64"):
    """The case as a potential of the package."""
    a = case["arrays"]
    net = fn.Network(case["sizes"], case["activations"], output=case["output"],
                     bias=case["bias"], dtype=dtype)
    metrics = {"output_metric": a.get("gamma"), "sample_metric": a.get("Gamma")}
    loss = (fn.Quadratic(**metrics) if case["loss"] == "quadratic"
            else fn.CrossEntropy(temperature=case["temperature"], **metrics))
    return fn.Potential(net, loss, fn.Dataset(a["x"], a["y"]))


def problem(case, rows=slice(None), dtype=None):
    """The case, or some rows of it, as a problem of `naive`; `dtype` may be np.longdouble."""
    a = {name: array.astype(dtype or array.dtype) for name, array in case["arrays"].items()}
    words = {name: a[name] for name in ("gamma", "Gamma") if name in a}
    if "Gamma" in words and not (isinstance(rows, slice) and rows == slice(None)):
        words["Gamma"] = words["Gamma"][rows]  # a diagonal one
    if "temperature" in case:
        words["temperature"] = case["temperature"]
    return naive.problem(case["sizes"], case["activations"], a["x"][rows], a["y"][rows],
                         case["loss"], case["bias"], case["output"], **words)


def point(case):
    """Parameters W and a displacement V (D,)."""
    return case["arrays"]["W"], case["arrays"]["V"]
