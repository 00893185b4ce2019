"""Products at a kept state with the map taken as straight: J·V, Jᵀ·C and JᵀGJ·V.

J = ∂Ŷ/∂W. Forward Z₁ = A·Vᵀ + A₁·Wᵀ up to Ẏ = JV; there a metric G of the outputs makes a cotangent
C = GẎ; backward G₁ = G_a·φ′ and G_a = G₁·W of the layer above; the weights collect Σ_s G₁⊗A.
"""

import copy as copies

from ...._compile._cuda import cuda
from ...layout import OF_GRADIENTS
from ...scalar.pair import PAIR
from ..base.launch import kernel, over
from ..base.mirror import empty, fetch, send
from ..base.product import Part, pull_product
from ..planes import pair
from .buffers import A1, G1, SLOPE, A, Parameters, Point
from .collect import collect_layers, sum_gates
from .loss import respond_on_output
from .problem import Samples, loss_on_device
from .response import first_forward
from .units import copy, over_both


@kernel("r[] r[] i8 i8 i8 r[] i8")
def straight_pull(real):
    """G₁ = G_a·φ′."""

    def run(state, change, size, first, count, ga, at):
        for j in range(cuda.grid(1), count, cuda.gridsize(1)):
            i = first + j
            change[G1 * size + i] = state[SLOPE * size + i] * ga[at + j]

    return run


@kernel("r[,] r[,] r[,] r")
def along_gradients(real):
    """C = (1/m) Σ_s ∂ℓ_s ⟨∂ℓ_s, Ẏ_s⟩ of the samples' own covectors ∂ℓ_s; those kept are ∂ℓ_s/m."""

    def run(c, own, y1, scale):
        for s in range(cuda.grid(1), c.shape[0], cuda.gridsize(1)):
            slope = real(0)
            for b in range(c.shape[1]):
                slope += own[s, b] * y1[s, b]
            slope /= scale
            for b in range(c.shape[1]):
                c[s, b] = own[s, b] * slope

    return run


def _back(net, state, t, rows):
    """G₁ of every layer from the cotangent on the output, the map being straight."""
    ga, own = Part(t.covector.array, 0), t.units
    for layer in range(net.weight.size - 1, -1, -1):
        n_in, n_out = (int(n) for n in net.sizes[layer : layer + 2])
        code, g1 = int(net.activation[layer]), own.part(G1, layer)
        if code < PAIR:
            over_both(straight_pull, state, t, layer, rows, *ga)
        else:
            copy(over(rows * n_out), *g1, *ga, rows * n_out)
            gates = t.gate.part(0, layer) if t.gate is not None else g1
            kept, W = state.units.part(SLOPE, layer), state.W
            pair.pull(code, kept, g1, gates, W.array, W.gate(layer), rows, n_out // 2)
        if layer > 0:
            ga = Part(t.scratch, 0)
            pull_product(ga, g1, state.W.weights(layer), rows, n_in, n_out)


def _weigh(net, loss, samples, state, t, kind):
    """The cotangent GẎ on the outputs."""
    if kind != OF_GRADIENTS:
        respond_on_output(loss, samples, state, t, A1, None)
        return
    m, n = samples.y.shape
    y1 = t.units.matrix(A1, net.weight.size - 1, m)
    along_gradients(over(m), t.covector.of(m, n), state.covector.of(m, n), y1, state.scale)


def _collect(state, t, samples, out):
    """out (D,) ← Σ_s G₁⊗A, on the host."""
    found = Parameters.empty(state.net, state.dtype)
    collect_layers(state.sums, found, (t.units, G1), (state.units, A), samples.x, samples.rows)
    sum_gates(found, t.gate, samples.rows)
    fetch(found.array, out)


def straight_actions(net, loss, data, W, V, out, at, buffers, kind, workers, threads):
    """JᵀGJ of every row of V (R, D), G of a kind."""
    loss, samples, state, t = loss_on_device(loss), Samples(data), at.state, buffers.response
    for r in range(V.shape[0]):
        t.V.load(V[r])
        first_forward(net, state, t, samples)
        _weigh(net, loss, samples, state, t, kind)
        _back(net, state, t, samples.rows)
        _collect(state, t, samples, out[r])


def push_at(net, data, W, V, at, t, y_dot, threads):
    """Ẏ = J·V (m, n_out) of one V (D,), from the state at W."""
    samples, own = Samples(data), t.response
    own.V.load(V)
    first_forward(net, at.state, own, samples)
    array, first = own.units.part(A1, net.weight.size - 1)
    fetch(array[first : first + y_dot.size], y_dot.reshape(-1))


def pull_to_units(net, data, W, cotangent, at, t, threads):
    """The cotangent of every unit into `t.g1`, from one on the outputs (m, n_out)."""
    send(cotangent.reshape(-1), t.response.covector.array)
    _back(net, at.state, t.response, data.x.shape[0])


def pull_at(net, data, W, cotangent, at, t, out, threads):
    """Jᵀ·C (D,) of a cotangent C (m, n_out) on the outputs, from the state at W."""
    pull_to_units(net, data, W, cotangent, at, t, threads)
    _collect(at.state, t.response, Samples(data), out)


def with_masses(at, masses):
    """The state at W as it is where the loss counts its samples by other numbers Σq (m,)."""
    state = copies.copy(at.state)
    state.mass = empty(masses.size, state.dtype)
    send(masses, state.mass)
    return Point(state)
