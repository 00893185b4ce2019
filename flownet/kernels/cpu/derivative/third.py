"""Third action T[V,V] = ∇⟨V, HV⟩, exact: how the curvature along V changes.

The differential's Taylor coefficient of second order along W + sV is ½T[V,V]: units and cotangents
respond to second order (`response`), and the weights collect Σ_s (G₂⊗A + G₁⊗A₁ + G⊗A₂).
"""

from ...._compile import separate
from ...layout import Data
from ..base.blocks import summed
from ..base.plan import Point, Tangent
from ..base.views import fields
from ..layers.covectors import partition_columns, sum_gates
from ..network.packing import pack_all
from .point import fill_state
from .response import respond


@separate
def _add_block(net, loss, data, where, buffers, first, rows, out):
    """Add T[V,V] of a block of samples for every row of V."""
    W, V = where
    at, t = fields(buffers, Point), fields(buffers, Tangent)
    weighted = data.weights[first : first + rows] if data.weights.size else data.weights
    own = Data(data.x[first : first + rows], data.y[first : first + rows], weighted, data.rows)
    at.scale[0] = 2 / data.x.shape[0]  # ½T is the coefficient
    pack_all(net, W, at.packed, 1)
    fill_state(net, loss, own, W, at, 0)
    for r in range(V.shape[0]):
        pack_all(net, V[r], t.packed_v, 1)
        respond(net, loss, own, W, V[r], at, t, True, 0)
        for g, a, lowest in ((t.z2, at.a, 0), (t.g1, t.a1, 1), (at.g, t.a2, 1)):
            partition_columns(
                net,
                own.x,
                out[r],
                g,
                a,
                at.capacity,
                rows,
                at.zeros,
                True,
                lowest == 0,
                lowest,
                1,
                0,
            )
        sum_gates(net, out[r], t.gate, at.capacity, rows, True, 0)


#: T[V,V] (R, D) at W for rows V (R, D), `where` being (W, V)
third_actions = summed(_add_block, "third_actions")
