"""Second derivatives of the loss for a block of samples side by side, outputs (n_out, R)."""

from ...._compile import part
from ...layout import QUADRATIC
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import clear, copy
from ..base.product import product
from ..base.views import address, flat


@part
def scaled(out, factor, row):
    """out ← factor·row, for a block of samples."""
    for s in range(R):
        out[s] = factor * row[s]


@part
def _average(p, y, mean):
    """Σ_c p_c·y_c of each sample, two classes at a time."""
    clear(mean)
    for c in range(0, y.shape[0] - 1, 2):
        for s in range(R):
            mean[s] += p[c, s] * y[c, s] + p[c + 1, s] * y[c + 1, s]
    if y.shape[0] % 2:
        for s in range(R):
            mean[s] += p[-1, s] * y[-1, s]


@part
def centre(p, y, mean):
    """y ← y − Σ_c p_c·y_c, sample by sample."""
    _average(p, y, mean)
    for c in range(y.shape[0]):
        for s in range(R):
            y[c, s] -= mean[s]


@part
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


@part
def _add_variance(out, factor, p, y, mean):
    """out += factor·Σ_c p_c·(y_c − mean)², two classes at a time."""
    for c in range(0, y.shape[0] - 1, 2):
        for s in range(R):
            d, e = y[c, s] - mean[s], y[c + 1, s] - mean[s]
            out[s] += factor[s] * (p[c, s] * d * d + p[c + 1, s] * e * e)
    if y.shape[0] % 2:
        for s in range(R):
            d = y[-1, s] - mean[s]
            out[s] += factor[s] * p[-1, s] * d * d


@part
def add_curvature(loss, out, factor, p, y, gy, mean, zeros):
    """out += factor·ℓ″(ẏ,ẏ)."""
    if loss.kind != QUADRATIC:
        _average(p, y, mean)
        _add_variance(out, factor, p, y, mean)
        return
    respond(loss, p, y, gy, mean, zeros)
    for c in range(y.shape[0]):
        for s in range(R):
            out[s] += factor[s] * gy[c, s] * y[c, s]


@part
def own_curvature(loss, out, factor, p, output):
    """factor·ℓ″ of one output by itself, factor·∂²ℓ/∂ŷ²."""
    clear(out)
    if loss.kind == QUADRATIC:
        gamma = loss.gamma[output, output] if loss.gamma.size else out.dtype.type(1)
        for s in range(R):
            out[s] = factor[s] * gamma
        return
    for c in range(p.shape[0]):
        if c != output:
            for s in range(R):
                out[s] += p[c, s]  # 1 − p, which would cancel where p is near 1
    for s in range(R):
        out[s] *= factor[s] * p[output, s]
