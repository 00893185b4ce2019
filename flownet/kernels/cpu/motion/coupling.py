"""Raising the index of layers that a metric couples, in place: dL^i ← g^[ij] dL_j (TM 7)."""

from ...._compile import part
from ..base.pointwise import clear, copy


@part
def raise_coupled(coupling, dL):
    """dL^i ← Σ_j g^[ij] dL_j within each stack; nothing where no layers are coupled."""
    at, wide = 0, coupling.strip.shape[1]
    for s in range(coupling.extent.size):
        begin = coupling.begin[coupling.first[s] : coupling.first[s + 1]]
        n, extent = begin.size, coupling.extent[s]
        for c in range(0, extent, wide):
            width = min(wide, extent - c)
            for j in range(n):
                copy(coupling.strip[j, :width], dL[begin[j] + c : begin[j] + c + width])
            for i in range(n):
                row = dL[begin[i] + c : begin[i] + c + width]
                clear(row)
                for j in range(n):
                    _add(row, dL.dtype.type(coupling.sharp[at + n * i + j]), coupling.strip[j])
        at += n * n


@part
def _add(row, g, other):
    for a in range(row.size):
        row[a] += g * other[a]
