"""Variance of the weights into a softmax, for every unit below it and a block of samples.

    kT²·ℓ″(ẏ,ẏ) = Var_P̂(w) = Σ_c q_c·d_c² − (Σ_c q_c·d_c)²,   d_c = w_c − w_l

l is the class that leads a sample and q is P̂ without it, so that what a saturated softmax leaves
keeps its digits. Expanded, each sum is one matrix product for all units and samples.
"""

from ...._compile import part, separate, spliced
from ..base.plan import BLOCK_ROWS as R
from ..base.pointwise import clear, copy
from ..base.product import covector_product
from ..base.views import address, flat, view
from ..layers.units import weights


@part
def _lead_apart(b):
    """q without the leading class of each sample, 1 at that class in `lead`, Σ q in `mean`."""
    copy(flat(b.q), flat(b.p))
    clear(flat(b.lead))
    clear(b.mean)
    for s in range(R):
        leading = 0
        for c in range(1, b.p.shape[0]):
            leading = c if b.p[c, s] > b.p[leading, s] else leading
        b.q[leading, s], b.lead[leading, s] = 0, 1
    for c in range(b.p.shape[0]):
        for s in range(R):
            b.mean[s] += b.q[c, s]


@spliced
def _matrix(net, b, i):
    """The i-th matrix (n_out, n) in the buffer for them."""
    n_out, n = net.sizes[-1], net.sizes[-2]
    return view(b.matrix, i * n_out * n, n_out, n)


@part
def _from_first_class(net, W, b):
    """Weights into the softmax less the first class's, and their squares; both (n_out, n)."""
    w = weights(net, W, net.weight.size - 1)
    shifted, squares = _matrix(net, b, 0), _matrix(net, b, 1)
    for c in range(w.shape[0]):
        for a in range(w.shape[1]):
            shifted[c, a] = w[c, a] - w[0, a]
            squares[c, a] = shifted[c, a] * shifted[c, a]


@part
def _expanded(out, factor, rest, w_lead, first):
    """out ← factor·(out − 2w_l·Σqw + w_l²·Σq − (Σqw − w_l·Σq)²), Σqw² coming in as `out`."""
    for a in range(out.shape[0]):
        for s in range(R):
            all_lead = w_lead[a, s] * rest[s]
            d = first[a, s] - all_lead
            square = out[a, s] - w_lead[a, s] * (first[a, s] + d)
            out[a, s] = factor[s] * (square - d * d)


@separate
def softmax_variances(net, W, b, out):
    """factor·Var_P̂(w_:a) (n, R) for the units a of the layer below the outputs."""
    _lead_apart(b)
    _from_first_class(net, W, b)
    w, squares, zeros = _matrix(net, b, 0), _matrix(net, b, 1), address(b.zeros)
    first, w_lead = b.z[: net.sizes[-2]], b.other[: net.sizes[-2]]
    covector_product(out, zeros, 0, squares, b.q, 0, R)
    covector_product(first, zeros, 0, w, b.q, 0, R)
    covector_product(w_lead, zeros, 0, w, b.lead, 0, R)
    _expanded(out, b.factor, b.mean, w_lead, first)
