"""Hessian action H·V, exact, from the state at W.

The differential is itself a map of W; HV is its Taylor coefficient of first order along W + sV.
Units and cotangents respond first (`response`), then the weights collect Σ_s (G₁⊗A + G⊗A₁)
(forward over reverse; Pearlmutter 1994).
"""

from ...._compile import by_crew, in_parallel, jit, part, separate, with_crew
from ..base.views import of_worker
from ..layers.covectors import sum_gates
from ..network.differential import columns
from ..network.packing import pack_all
from .response import respond

_respond_by_crew = by_crew(respond)


@part
def _responses(net, loss, data, W, V, at, t, threads):
    pack_all(net, V, t.packed_v, threads)
    shards = (data.x.shape[0] + at.shard - 1) // at.shard
    if threads > 1:
        _respond_by_crew(threads, shards, net, loss, data, W, V, at, t, False)
    else:
        for shard in range(shards):
            respond(net, loss, data, W, V, at, t, False, shard)


@jit
def response(net, loss, data, W, V, at, t, threads):
    """Change of first order along V (D,) of every unit and cotangent, into t."""
    _responses(net, loss, data, W, V, at, t, threads)


@separate
def _action(net, loss, data, W, V, out, at, t, threads):
    """HV of one V: Σ_s G₁⊗A + G⊗A₁."""
    _responses(net, loss, data, W, V, at, t, threads)
    x, m = data.x, data.x.shape[0]
    columns(net, x, out, t.g1, at.a, at.capacity, m, at.zeros, False, True, 0, threads)
    columns(net, x, out, at.g, t.a1, at.capacity, m, at.zeros, True, False, 1, threads)
    sum_gates(net, out, t.gate, at.capacity, m, False, 0)


@separate
def _actions_of_worker(net, loss, data, W, V, out, at, buffers, workers, i):
    for r in range(i, V.shape[0], workers):
        _action(net, loss, data, W, V[r], out[r], at, of_worker(buffers, i), 1)


@separate
def _actions(net, loss, data, W, V, out, at, buffers, threads):
    for r in range(V.shape[0]):
        _action(net, loss, data, W, V[r], out[r], at, of_worker(buffers, 0), threads)


_workers_in_parallel = in_parallel(_actions_of_worker)
_actions_with_crew = with_crew(_actions)


@jit
def actions(net, loss, data, W, V, out, at, buffers, workers, threads):
    """HV of every row of V (R, D); a row a worker where there are several."""
    if workers > 1:
        _workers_in_parallel(workers, net, loss, data, W, V, out, at, buffers, workers)
    elif threads > 1:
        _actions_with_crew(threads, net, loss, data, W, V, out, at, buffers)
    else:
        _actions(net, loss, data, W, V, out, at, buffers, 1)
