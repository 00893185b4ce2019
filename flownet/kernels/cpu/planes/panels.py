"""The planes of a complex network's weights packed as they are made, a panel of rows at a time.

Planes are four times as many numbers as a layer has, too many for the second-level cache. The
lowest layer's are wanted in panels alone: its rows are made in a corner and overwritten.
"""

from ...._compile import by_crew, part, separate
from ..base.plan import PLANE_PARTITIONS
from ..base.product import pack, panel_width, panels
from ..base.views import view
from .planes import spread_row, spread_singles


@separate
def _pack_partition(net, W, E, packed, partitions, partition):
    """Every `partitions`-th panel of every layer; the lowest's are made in a corner of each."""
    for layer in range(net.weight.size):
        rows, cols = net.sizes[layer + 1], net.sizes[layer]
        width = panel_width(E)
        for panel in range(partition, panels(rows, E), partitions):
            first = panel * width
            count = min(width, rows - first)
            at = net.weight[layer] + (partition * width if layer == 0 else first) * cols
            e = view(E, at, count, cols)
            if layer < net.origin.shape[0]:
                for r in range(count):
                    spread_row(net, e[r], W, layer, first + r)
            pack(packed[net.panels[layer] + first * cols :], e, 0, 1)
        if partition == 0 and layer < net.origin.shape[0]:
            spread_singles(net, W, E, layer)


_by_crew = by_crew(_pack_partition)


@part
def pack_planes(net, W, E, packed, threads):
    """Panels of the planes of W; E holds the planes of all layers but the lowest."""
    if threads > 1:
        _by_crew(threads, PLANE_PARTITIONS, net, W, E, packed, PLANE_PARTITIONS)
    else:
        _pack_partition(net, W, E, packed, 1, 0)
