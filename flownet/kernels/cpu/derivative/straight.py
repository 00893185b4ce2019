"""Products at a kept state with the map taken as straight: J·V, Jᵀ·C and JᵀGJ·V.

J = ∂Ŷ/∂W. Forward Z₁ = A·Vᵀ + A₁·Wᵀ up to Ẏ = JV; there a metric G of the outputs makes a cotangent
C = GẎ; backward G₁ = G_a·φ′ and G_a = G₁·W of the layer above; the weights collect Σ_s G₁⊗A. It is
the Hessian action without what the map bends: four matrix products a layer instead of six.
"""

from ...._compile import by_crew, in_parallel, jit, part, separate, with_crew
from ...layout import OF_GRADIENTS
from ...scalar.pair import PAIR
from ..base.pointwise import copy
from ..base.product import pull_product
from ..base.views import address, flat, of_worker
from ..layers.covectors import sum_gates
from ..layers.units import gates, outputs, pull_units, spare, units, weights
from ..network.differential import columns
from ..network.packing import pack_all
from .response import first_forward, loss_response


@part
def _times(out, a, b):
    for i in range(out.size):
        out[i] = a[i] * b[i]


@part
def _along_gradients(net, at, t, first, rows):
    """C = (1/m) Σ_s ∂ℓ_s ⟨∂ℓ_s, Ẏ_s⟩ of the samples' own covectors ∂ℓ_s; those kept are ∂ℓ_s/m."""
    y1 = units(net, t.a1, at.capacity, net.weight.size - 1, first, rows)
    own, c = outputs(net, at.covector, first, rows), outputs(net, t.covector1, first, rows)
    for s in range(rows):
        slope = at.scale[0] - at.scale[0]
        for b in range(c.shape[1]):
            slope += own[s, b] * y1[s, b]
        slope /= at.scale[0]
        for b in range(c.shape[1]):
            c[s, b] = own[s, b] * slope


@part
def _back(net, W, at, t, first, rows):
    """G₁ of every layer from the cotangent on the output, the map being straight."""
    ga = outputs(net, t.covector1, first, rows)
    for layer in range(net.weight.size - 1, -1, -1):
        g1 = units(net, t.g1, at.capacity, layer, first, rows)
        slope = units(net, at.slope, at.capacity, layer, first, rows)
        if net.activation[layer] < PAIR:
            _times(flat(g1), flat(slope), flat(ga))
        else:
            copy(flat(g1), flat(slope))
            gate = gates(net, t.gate, at.capacity, layer, first, rows, ga)
            pull_units(net, W, at.zeros, layer, g1, ga, gate)
        if layer > 0:
            ga = spare(t.scratch1, at.capacity, first, rows, net.sizes[layer])
            pull_product(ga, address(at.zeros), 0, g1, weights(net, W, layer))


@separate
def _there_and_back(net, loss, data, W, V, at, t, kind, shard):
    """The three phases of one shard."""
    first = shard * at.shard
    rows = min(at.shard, data.x.shape[0] - first)
    first_forward(net, W, V, at, t, data.x, first, rows)
    if kind == OF_GRADIENTS:
        _along_gradients(net, at, t, first, rows)
    else:
        loss_response(net, loss, data, at, t, first, rows, False)
    _back(net, W, at, t, first, rows)


@separate
def _forth(net, data, W, V, at, t, shard):
    first = shard * at.shard
    first_forward(net, W, V, at, t, data.x, first, min(at.shard, data.x.shape[0] - first))


@separate
def _pull(net, data, W, at, t, shard):
    first = shard * at.shard
    _back(net, W, at, t, first, min(at.shard, data.x.shape[0] - first))


_there_and_back_by_crew, _forth_by_crew, _pull_by_crew = (
    by_crew(kernel) for kernel in (_there_and_back, _forth, _pull)
)


@part
def _shards(data, at):
    return (data.x.shape[0] + at.shard - 1) // at.shard


@part
def _collect(net, data, out, at, t, threads):
    """out (D,) ← Σ_s G₁⊗A."""
    x, m = data.x, data.x.shape[0]
    columns(net, x, out, t.g1, at.a, at.capacity, m, at.zeros, False, True, 0, threads)
    sum_gates(net, out, t.gate, at.capacity, m, False, 0)


@separate
def _straight(net, loss, data, W, V, out, at, t, kind, threads):
    """JᵀGJ of one V."""
    pack_all(net, V, t.packed_v, threads)
    count = _shards(data, at)
    if threads > 1:
        _there_and_back_by_crew(threads, count, net, loss, data, W, V, at, t, kind)
    else:
        for shard in range(count):
            _there_and_back(net, loss, data, W, V, at, t, kind, shard)
    _collect(net, data, out, at, t, threads)


@separate
def _straight_of_worker(net, loss, data, W, V, out, at, buffers, kind, workers, i):
    for r in range(i, V.shape[0], workers):
        _straight(net, loss, data, W, V[r], out[r], at, of_worker(buffers, i), kind, 1)


@separate
def _straight_all(net, loss, data, W, V, out, at, buffers, kind, threads):
    for r in range(V.shape[0]):
        _straight(net, loss, data, W, V[r], out[r], at, of_worker(buffers, 0), kind, threads)


_workers_in_parallel = in_parallel(_straight_of_worker)
_straight_with_crew = with_crew(_straight_all)


@jit
def straight_actions(net, loss, data, W, V, out, at, buffers, kind, workers, threads):
    """JᵀGJ of every row of V (R, D), G of a kind; a row a worker where there are several."""
    if workers > 1:
        _workers_in_parallel(workers, net, loss, data, W, V, out, at, buffers, kind, workers)
    elif threads > 1:
        _straight_with_crew(threads, net, loss, data, W, V, out, at, buffers, kind)
    else:
        _straight_all(net, loss, data, W, V, out, at, buffers, kind, 1)


@jit
def push_at(net, data, W, V, at, t, y_dot, threads):
    """Ẏ = J·V (m, n_out) of one V (D,), from the state at W."""
    pack_all(net, V, t.packed_v, threads)
    count = _shards(data, at)
    if threads > 1:
        _forth_by_crew(threads, count, net, data, W, V, at, t)
    else:
        for shard in range(count):
            _forth(net, data, W, V, at, t, shard)
    top = units(net, t.a1, at.capacity, net.weight.size - 1, 0, data.x.shape[0])
    copy(flat(y_dot), flat(top))


@part
def _pull_all(net, data, W, cotangent, at, t, threads):
    copy(flat(outputs(net, t.covector1, 0, data.x.shape[0])), flat(cotangent))
    count = _shards(data, at)
    if threads > 1:
        _pull_by_crew(threads, count, net, data, W, at, t)
    else:
        for shard in range(count):
            _pull(net, data, W, at, t, shard)


@jit
def pull_to_units(net, data, W, cotangent, at, t, threads):
    """The cotangent of every unit into `t.g1`, from one on the outputs (m, n_out)."""
    _pull_all(net, data, W, cotangent, at, t, threads)


@jit
def pull_at(net, data, W, cotangent, at, t, out, threads):
    """Jᵀ·C (D,) of a cotangent C (m, n_out) on the outputs, from the state at W."""
    _pull_all(net, data, W, cotangent, at, t, threads)
    _collect(net, data, out, at, t, threads)


def with_masses(at, masses):
    """The state at W as it is where the loss counts its samples by other numbers Σq (m,)."""
    return at._replace(mass=masses)
