"""The index of layers that a metric couples raised, out of place: dL^i = Σ_j g^[ij] dL_j (TM 7)."""

from ...._compile._cuda import cuda
from ..base.launch import kernel, over
from ..base.mirror import mirror


@kernel("r[] r[] r[] f8[] i8[] i8[] i8[] i8 i8 f8")
def raise_index(real):
    """out ← g^♯(dL + κW) within each stack, dL + κW elsewhere."""

    def run(out, dL, W, sharp, first, begin, extent, stacks, size, decay):
        kappa = real(decay)
        for j in range(cuda.grid(1), size, cuda.gridsize(1)):
            found = dL[j] + kappa * W[j] if decay != 0 else dL[j]
            at = 0
            for s in range(stacks):
                n = first[s + 1] - first[s]
                for q in range(n):
                    a = j - begin[first[s] + q]
                    if a >= 0 and a < extent[s]:
                        found = kappa - kappa
                        for p in range(n):
                            i = begin[first[s] + p] + a
                            slope = dL[i] + kappa * W[i] if decay != 0 else dL[i]
                            found += real(sharp[at + n * q + p]) * slope
                at += n * n
            out[j] = found

    return run


def raise_coupled(out, dL, W, coupling, size, decay=0.0):
    """out ← the raised covector of `layout.Coupling`, of dL and a parabola's slope κW."""
    raise_index(
        over(size),
        *(out, dL, W, *map(mirror, (coupling.sharp, coupling.first))),
        *(*map(mirror, (coupling.begin, coupling.extent)), len(coupling.extent), size, decay),
    )
