"""Weights packed in panels, as the products of a step want them, there and back."""

from ...._compile import by_crew, part, separate
from ..base.product import pack, pack_rows, panel_width, panels
from ..layers.units import weights

PARTITIONS = 16  # of the panels, whatever the number of threads


@part
def pulled_from(net, W, layer):
    """Where a layer's panels for the pullback begin; the lowest one has none."""
    at, width = 0, panel_width(W)
    for below in range(1, layer):
        at += panels(net.sizes[below], W) * width * net.sizes[below + 1]
    return at


@separate
def _pack_partition(net, W, packed, partitions, partition):
    """Every `partitions`-th panel of every layer's Wᵀ, as the forward products want it."""
    for layer in range(net.weight.size):
        w = weights(net, W, layer)
        for panel in range(partition, panels(w.shape[0], w), partitions):
            pack(packed[net.panels[layer] :], w, panel, panel + 1)


@separate
def _pack_partition_of_step(net, W, work, lowest, partitions, partition):
    """The same, and W of the layers above the lowest as the pullback wants it."""
    _pack_partition(net, W, work.packed, partitions, partition)
    for layer in range(lowest + 1, net.weight.size if work.pulled.size else 0):
        w = weights(net, W, layer)
        for panel in range(partition, panels(w.shape[1], w), partitions):
            pack_rows(work.pulled[pulled_from(net, W, layer) :], w, panel, panel + 1)


_packing_by_crew, _packing_of_step_by_crew = map(
    by_crew, (_pack_partition, _pack_partition_of_step)
)


@part
def pack_all(net, W, packed, threads):
    """Wᵀ of every layer in panels."""
    if threads > 1:
        _packing_by_crew(threads, PARTITIONS, net, W, packed, PARTITIONS)
    else:
        _pack_partition(net, W, packed, 1, 0)


@part
def pack_for_step(net, W, work, lowest, threads):
    """Panels of W for the shards of a step, there and back."""
    if threads > 1:
        _packing_of_step_by_crew(threads, PARTITIONS, net, W, work, lowest, PARTITIONS)
    else:
        _pack_partition_of_step(net, W, work, lowest, 1, 0)
