"""A layered resistive network, element by element: the same energy as a circuit."""

from __future__ import annotations

from ..circuits import (
    Amplifier,
    Circuit,
    CurrentSource,
    Diode,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
)


def circuit_of(network):
    """The `Circuit` of a `Resistive`, whose parameters lie in the same order."""
    sizes, last = network.sizes, len(network.sizes) - 1
    below = [f"i{j}" for j in range(sizes[0])]
    elements = [
        InputSource(name, column=j % network.n_in, gain=network.gain * (-1) ** (j // network.n_in))
        for j, name in enumerate(below)
    ]
    for layer in range(1, last + 1):
        nodes = [f"h{layer}_{i}" if layer < last else f"o{i}" for i in range(sizes[layer])]
        elements += [Resistor(other, node) for node in nodes for other in below]
        if network.network.bias:
            elements += [CurrentSource(node) for node in nodes]
        if layer < last:
            elements += _diodes(network, nodes)
            below, more = _amplified(network, layer, nodes)
            elements += more
    return Circuit([*elements, *(Output(node) for node in nodes)])


def _diodes(network, nodes):
    """One at each node of a hidden layer."""
    up = len(nodes) - len(nodes) // 2
    if network.diodes == "ideal":
        return [Diode("0", node) for node in nodes[:up]] + [Diode(node) for node in nodes[up:]]
    if network.diodes == "none":
        return []
    words = {"current": network.current, "scale": network.scale}
    return [ExponentialDiode(node, **words) for node in nodes]


def _amplified(network, layer, nodes):
    """The nodes that the next layer sees, and the amplifiers in between, if there are any."""
    voltage, current = network.voltage_gain[layer - 1], network.current_gain[layer - 1]
    if voltage == current == 1:
        return nodes, []
    shown = [node.replace("h", "a") for node in nodes]
    words = {"voltage_gain": voltage, "current_gain": current}
    return shown, [Amplifier(a, b, **words) for a, b in zip(nodes, shown)]
