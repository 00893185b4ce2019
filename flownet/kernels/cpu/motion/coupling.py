"""Raising the index of layers that a metric couples, in place: dL^i ← g^[ij] dL_j (TM 7)."""

from collections import namedtuple

from ...._compile import part
from ..base.pointwise import clear, copy

#: stacks of layers of one shape: stack s has the layers whose parameters, `extent[s]` each, begin
#: in W at begin[first[s]] … begin[first[s+1]−1]; their g^[ij] (n, n) one behind the other in
#: `sharp`; and room for a strip of as many columns as there are layers in the largest stack
Coupling = namedtuple("Coupling", "first begin extent sharp room")

STRIP = 256  # columns of a stack that are raised at a time


@part
def raise_coupled(coupling, dL):
    """dL^i ← Σ_j g^[ij] dL_j within each stack; nothing where no layers are coupled."""
    at, wide = 0, coupling.room.shape[1]
    for s in range(coupling.extent.size):
        begin = coupling.begin[coupling.first[s] : coupling.first[s + 1]]
        n, extent = begin.size, coupling.extent[s]
        for c in range(0, extent, wide):
            width = min(wide, extent - c)
            for j in range(n):
                copy(coupling.room[j, :width], dL[begin[j] + c : begin[j] + c + width])
            for i in range(n):
                row = dL[begin[i] + c : begin[i] + c + width]
                clear(row)
                for j in range(n):
                    _add(row, dL.dtype.type(coupling.sharp[at + n * i + j]), coupling.room[j])
        at += n * n


@part
def _add(row, g, other):
    for a in range(row.size):
        row[a] += g * other[a]
