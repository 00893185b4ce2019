"""A circuit as the netlist of ngspice, which is an outside witness of its voltages."""

from __future__ import annotations

import numpy as np

from ..._errors import FlownetError
from ...model import _check
from ._elements import (
    Amplifier,
    CurrentSource,
    Diode,
    ExponentialDiode,
    InputSource,
    Resistor,
    VoltageSource,
)

_OPTIONS = ".options reltol=1e-9 abstol=1e-15 vntol=1e-12 gmin=1e-18"


def netlist(circuit, W, x, nudge, y, on_resistance):
    """The text; see `Circuit.netlist`."""
    W = _check.vector("W", W, circuit.size, circuit.dtype)
    x = _check.vector("x", x, circuit.n_in, circuit.dtype)
    conductances, currents = (iter(each) for each in circuit.numbers(W))
    lines = ["* written by flownet", _OPTIONS]
    for k, e in enumerate(circuit.elements):
        if isinstance(e, Resistor):
            g = next(conductances)
            lines += [f"R{k} {e.a} {e.b} {_number(1 / g)}"] if g else []
        elif isinstance(e, CurrentSource):
            lines.append(f"I{k} {e.b} {e.a} DC {_number(next(currents))}")
        elif isinstance(e, VoltageSource):
            lines.append(f"V{k} {e.a} 0 DC {_number(e.voltage)}")
        elif isinstance(e, InputSource):
            lines.append(f"V{k} {e.a} 0 DC {_number(e.gain * x[e.column])}")
        elif isinstance(e, Diode):
            over = f"max(V({e.a},{e.b}),0)"
            lines.append(f"B{k} {e.a} {e.b} I={over}/{_number(on_resistance)}")
        elif isinstance(e, ExponentialDiode):
            current, scale = _number(e.current), _number(e.scale)
            lines.append(f"B{k} {e.a} {e.b} I={current}*(exp(V({e.a},{e.b})/{scale})-1)")
        elif isinstance(e, Amplifier):
            lines += [
                f"E{k} {k}_amplified 0 {e.a} 0 {_number(e.voltage_gain)}",
                f"VS{k} {k}_amplified {e.b} DC 0",
                f"F{k} {e.a} 0 VS{k} {_number(e.current_gain)}",
            ]
    lines += _pulls(circuit, nudge, y)
    printed = [f"print v({name})" for name in circuit.nodes.free]
    control = [".control", "set numdgt=16", "op", *printed, "quit", ".endc", ".end"]
    return "\n".join([*lines, *control, ""])


def _pulls(circuit, nudge, y):
    """Each output leads to its truth through a resistor."""
    if not nudge:
        return []
    if y is None:
        raise FlownetError("a nudge pulls the outputs to their truth: give y.")
    y = _check.vector("y", y, circuit.n_out, circuit.dtype)
    at = {name: i for i, name in enumerate(circuit.nodes.names)}
    lines = []
    for k, (name, truth) in enumerate(zip(circuit.nodes.free[-circuit.n_out :], y)):
        resistance = circuit.nodes.content[at[name]] / nudge
        lines.append(f"RN{k} {name} {k}_truth {_number(resistance)}")
        lines.append(f"VN{k} {k}_truth 0 DC {_number(truth)}")
    return lines


def _number(value):
    return format(np.float64(value), ".17g")
