"""One neuron's push to second order: h = ∂²ℓ/∂z_a² for a block of samples (see `neurons`)."""

from .._compile import jit
from .activation import ACTIVATIONS
from .loss import QUADRATIC
from .network import weights
from .plan import NEURON_ROWS as R
from .pointwise import clear, copy
from .product import product
from .simd import address, flat

_IDENTITY = ACTIVATIONS.index("identity")


@jit(cached=False)
def scaled(out, factor, row):
    """out ← factor·row, for a block of samples."""
    for s in range(R):
        out[s] = factor * row[s]


@jit(cached=False)
def _average(p, y, mean):
    """Σ_c p_c·y_c of each sample."""
    clear(mean)
    for c in range(y.shape[0]):
        for s in range(R):
            mean[s] += p[c, s] * y[c, s]


@jit(cached=False)
def centre(p, y, mean):
    """y ← y − Σ_c p_c·y_c, sample by sample."""
    _average(p, y, mean)
    for c in range(y.shape[0]):
        for s in range(R):
            y[c, s] -= mean[s]


@jit(cached=False)
def respond(loss, p, y, gy, mean, zeros):
    """ℓ″·ẏ into gy, without the samples' factor; for cross-entropy y is centred."""
    if loss.kind != QUADRATIC:
        centre(p, y, mean)
        for c in range(y.shape[0]):
            for s in range(R):
                gy[c, s] = p[c, s] * y[c, s]
    elif loss.gamma.size:
        product(gy, address(zeros), 0, loss.gamma, y)
    else:
        copy(flat(gy), flat(y))


@jit(cached=False)
def _loss(loss, push, y, gy):
    """ℓ″(ẏ,ẏ) into h."""
    h, p, mean, factor = push.h, push.p, push.mean, push.factor
    if loss.kind != QUADRATIC:
        _average(p, y, mean)
        variance = gy[0]
        clear(variance)
        for c in range(y.shape[0]):
            for s in range(R):
                d = y[c, s] - mean[s]
                variance[s] += p[c, s] * d * d
        for s in range(R):
            h[s] += factor[s] * variance[s]
        return
    respond(loss, p, y, gy, mean, push.zeros)
    for c in range(y.shape[0]):
        for s in range(R):
            h[s] += factor[s] * gy[c, s] * y[c, s]


@jit(cached=False)
def _output(loss, push, slope, neuron):
    """ℓ″(ẏ,ẏ) for a push at an output itself, into h."""
    h, p, rest, factor = push.h, push.p, push.mean, push.factor
    clear(rest)
    for c in range(p.shape[0]):
        if c != neuron:
            for s in range(R):
                rest[s] += p[c, s]  # 1 − p_a, which would cancel where p_a is near 1
    gamma = loss.gamma[neuron, neuron] if loss.gamma.size else h.dtype.type(1)
    for s in range(R):
        second = p[neuron, s] * rest[s] if loss.kind != QUADRATIC else gamma
        h[s] += factor[s] * second * slope[s] * slope[s]


@jit(cached=False)
def _feel(z, w, below):
    """ż = w·ȧ of the neuron below that was pushed."""
    for s in range(R):
        z[s] = w * below[s]


@jit(cached=False)
def _pass(h, bend, slope, z):
    """One unit: its share of h, and ȧ in place of ż."""
    for s in range(R):
        h[s] += bend[s] * z[s] * z[s]
        z[s] *= slope[s]


@jit(cached=False)
def _feel_and_pass(h, bend, slope, z, w, below):
    """Both at once: a row is read and written less."""
    for s in range(R):
        push = w * below[s]
        h[s] += bend[s] * push * push
        z[s] = slope[s] * push


@jit(cached=False)
def push_second(net, loss, W, push, layer, neuron):
    """h of one neuron."""
    top, below = net.weight.size - 1, push.slope[net.units[layer] + neuron]
    copy(push.h, push.bend[net.units[layer] + neuron])
    if layer == top:
        _output(loss, push, below, neuron)
        return
    z, other = push.z1, push.scratch
    for above in range(layer + 1, net.weight.size):
        w, straight = weights(net, W, above), net.activation[above] == _IDENTITY
        n = w.shape[0]
        if above > layer + 1:
            product(other[:n], address(push.zeros), 0, w, z[:w.shape[1]])
            z, other = other, z
        for c in range(n):
            u = net.units[above] + c
            if above > layer + 1:
                if not straight:
                    _pass(push.h, push.bend[u], push.slope[u], z[c])
            elif straight:
                _feel(z[c], w[c, neuron], below)
            else:
                _feel_and_pass(push.h, push.bend[u], push.slope[u], z[c], w[c, neuron], below)
    _loss(loss, push, z[:net.sizes[-1]], other[:net.sizes[-1]])
