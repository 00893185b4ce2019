"""What states say of W: the covector ∂E/∂W is a product of neighbours, −s_l ⊗ s_{l−1}."""

from ...._compile import jit
from ..layers.covectors import columns_by_crew, partition_columns, strips


@jit
def states_covector(net, x, r, u, dL, capacity, zeros, bias, threads):
    """dL ← Σ over samples of u_l ⊗ r_{l−1} + r_l ⊗ u_{l−1}, and with `bias` on biases of u_l.

    u₀ = 0 and r₀ = x. Without `bias` theirs are left as they were.

    With u = −δ this is the change of ∂E/∂W along a change δ of the state; where δ = s⁺ − s⁻ and
    r = (s⁺ + s⁻)/2 it is ∂E/∂W(s⁺) − ∂E/∂W(s⁻), all of it, without products that cancel.
    """
    if threads > 1:
        n = strips(net, dL)
        columns_by_crew(threads, n, net, x, dL, u, r, capacity, capacity, zeros, False, bias, 0, n)
        columns_by_crew(threads, n, net, x, dL, r, u, capacity, capacity, zeros, True, False, 1, n)
    else:
        partition_columns(net, x, dL, u, r, capacity, capacity, zeros, False, bias, 0, 1, 0)
        partition_columns(net, x, dL, r, u, capacity, capacity, zeros, True, False, 1, 1, 0)
