"""Hessian action H·V, exact, from the state at W.

The differential is itself a map of W; HV is its Taylor coefficient of first order along W + sV.
Units and cotangents respond first (`response`), then the weights collect Σ_s (G₁⊗A + G⊗A₁)
(forward over reverse; Pearlmutter 1994).
"""

from ..base.mirror import fetch
from .buffers import A1, G1, A, G, Parameters
from .collect import collect_layers, sum_gates
from .problem import Samples, loss_on_device
from .response import respond


def response(net, loss, data, W, V, at, t, threads):
    """Change of first order along V (D,) of every unit and cotangent, into t."""
    t.response.V.load(V)
    respond(net, loss_on_device(loss), Samples(data), at.state, t.response, False)


def actions(net, loss, data, W, V, out, at, buffers, workers, threads):
    """HV of every row of V (R, D), from the state at W."""
    loss, samples, state, t = loss_on_device(loss), Samples(data), at.state, buffers.response
    found, rows = Parameters.empty(net, state.dtype), samples.rows
    a, g, a1, g1 = (state.units, A), (state.units, G), (t.units, A1), (t.units, G1)
    for r in range(V.shape[0]):
        t.V.load(V[r])
        respond(net, loss, samples, state, t, False)
        collect_layers(state.sums, found, g1, a, samples.x, rows)
        above = {"add": True, "lowest": 1, "bias": False}  # the inputs do not move
        collect_layers(state.sums, found, g, a1, samples.x, rows, **above)
        sum_gates(found, t.gate, rows)
        fetch(found.array, out[r])
