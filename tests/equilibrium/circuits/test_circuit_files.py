"""A circuit in an experiment file, and what is no circuit told in one line."""

import pytest
from make_ngspice_reference import xor

import flownet as fn
from flownet.equilibrium import Amplifier, InputSource, Output, Resistor, VoltageSource

FILE = """
[data]
name = "xor"
[system]
kind = "circuit"
elements = [
    { kind = "input-source", a = "x", column = 0 }, { kind = "input-source", a = "y", column = 1 },
    { kind = "voltage-source", a = "rail", voltage = 0.5 },
    { kind = "resistor", a = "x", b = "h" }, { kind = "resistor", a = "y", b = "h" },
    { kind = "exponential-diode", a = "h", b = "rail" }, { kind = "current-source", a = "h" },
    { kind = "amplifier", a = "h", b = "shown", voltage_gain = 2.0 },
    { kind = "resistor", a = "shown", b = "o" }, { kind = "resistor", a = "o", conductance = 1.0 },
    { kind = "output", a = "o" },
]
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
[mechanics]
kind = "aristotle"
step = 0.2
[run]
steps = 10
"""


def test_a_circuit_in_a_file(tmp_path):
    path = tmp_path / "circuit.toml"
    path.write_text(FILE)
    made = fn.Experiment.load(path)
    whole = made.run()
    assert whole.loss[-1] < whole.loss[0]
    made.run(tmp_path / "run.h5")
    again = fn.Trajectory.open(tmp_path / "run.h5").potential
    assert again.system.elements == made.parts()[0].system.elements
    path.write_text(FILE.replace('kind = "output"', 'kind = "outptu"'))
    with pytest.raises(fn.FlownetError, match="did you mean 'output'"):
        fn.Experiment.load(path).parts()


@pytest.mark.parametrize(
    ("elements", "line"),
    [
        ([Resistor("a")], "has no Output"),
        ([VoltageSource("a", voltage=1.0), Output("a")], "has to be a node of its own"),
        (
            [VoltageSource("a", voltage=1.0), InputSource("a", column=0), Output("b")],
            "more than one source or amplifier holds the node 'a'",
        ),
        ([Amplifier("a", "b", voltage_gain=2.0), Amplifier("b", "a", voltage_gain=2.0)], "feeds"),
        (
            [Amplifier("a", "b", voltage_gain=2.0), Resistor("b", "a"), Output("o")],
            "the circuit has no energy",
        ),
        ([{"kind": "resistor", "a": "n", "length": 3}], "unknown word of the element 'resistor'"),
        ([{"a": "n"}], "its table with a kind"),
    ],
)
def test_a_mistake_gets_one_line(elements, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        fn.Circuit(elements)
    assert "\n" not in str(error.value)


def test_names_and_numbers_of_elements_are_checked():
    for make, line in (
        (lambda: Resistor("A"), "names are a small letter"),
        (lambda: Resistor("a", "a"), "both ends"),
        (lambda: Resistor("a", conductance=-1.0), "0 or more"),
        (lambda: InputSource("a", column=-1), "0, 1, 2"),
        (lambda: Amplifier("a", "b", voltage_gain=0.0), "voltage_gain"),
        (lambda: fn.Circuit([Output("a")], init=(2.0, 1.0)), "the lower first"),
        (lambda: xor().netlist(xor().init(), [0.0, 1.0], nudge=0.1), "give y"),
    ):
        with pytest.raises(fn.FlownetError, match=line):
            make()
