"""Electrical circuits: any list of elements, whose node voltages make the co-content least."""

from ._circuit import Circuit
from ._elements import (
    Amplifier,
    CurrentSource,
    Diode,
    Element,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
    VoltageSource,
    element_of,
)

__all__ = [
    "Amplifier",
    "Circuit",
    "CurrentSource",
    "Diode",
    "Element",
    "ExponentialDiode",
    "InputSource",
    "Output",
    "Resistor",
    "VoltageSource",
    "element_of",
]
