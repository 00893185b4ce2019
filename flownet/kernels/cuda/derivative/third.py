"""Third action T[V,V] = ∇⟨V, HV⟩, exact: how the curvature along V changes.

The differential's Taylor coefficient of second order along W + sV is ½T[V,V]: units and cotangents
respond to second order (`response`), and the weights collect Σ_s (G₂⊗A + G₁⊗A₁ + G⊗A₂).
"""

from ..base.mirror import empty, fetch
from .buffers import A1, A2, G1, Z2, A, G, Parameters, extent
from .collect import collect_layers, sum_gates
from .point import fill_state
from .problem import Samples, loss_on_device
from .response import respond


def third_actions(net, loss, data, where, buffers, workers, size, sums, out):
    """T[V,V] (R, D) at W for rows V (R, D), `where` being (W, V)."""
    (W, V), (state, t), D = where, buffers, extent(net)
    loss, m, found = loss_on_device(loss), data.x.shape[0], empty(out.size, state.dtype)
    state.W.load(W)
    state.scale = 2 / m  # ½T is the coefficient
    for first in range(0, m, size):
        samples = Samples(data, first, min(size, m - first))
        fill_state(net, loss, samples, state)
        for r in range(V.shape[0]):
            t.V.load(V[r])
            respond(net, loss, samples, state, t, True)
            _collect(state, t, samples, Parameters(net, found, r * D), add=first > 0)
    fetch(found, out.reshape(-1))


def _collect(state, t, samples, out, *, add):
    x, rows = samples.x, samples.rows
    collect_layers(state.sums, out, (t.units, Z2), (state.units, A), x, rows, add=add)
    for g, a in (((t.units, G1), (t.units, A1)), ((state.units, G), (t.units, A2))):
        collect_layers(state.sums, out, g, a, x, rows, add=True, lowest=1, bias=False)
    sum_gates(out, t.gate, rows, add=add)
