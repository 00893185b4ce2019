"""Write `tests/reference/ngspice.npz`: node voltages of circuits, and covectors, by ngspice.

    python scripts/reference/make_ngspice_reference.py [-o FILE]

ngspice 39.3 wrote what is stored (`apt-get install ngspice`). Each case is a circuit with its
parameters and inputs; ngspice solves the netlists that `netlist` writes, free and nudged to both
sides, and the symmetric estimate of dL is taken of its voltages alone.
"""

import argparse
import re
import subprocess
import tempfile
from pathlib import Path
from shutil import which

import numpy as np

import flownet as fn
from flownet.equilibrium import (
    Amplifier,
    CurrentSource,
    Diode,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
    VoltageSource,
)

OUT = Path(__file__).parents[2] / "tests" / "reference" / "ngspice.npz"
NUDGE = 0.01
SIZES, M = (3, 6, 5, 2), 3
SPICE = which("ngspice")


def voltages(netlist):
    """What ngspice says of a netlist: voltages by the names of nodes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "circuit.cir"
        path.write_text(netlist)
        done = subprocess.run([SPICE, "-b", str(path)], capture_output=True, text=True, check=False)
    found = {name: float(v) for name, v in re.findall(r"^v\((\w+)\) = (\S+)", done.stdout, re.M)}
    if not found:
        raise RuntimeError(f"ngspice says nothing of the netlist:\n{done.stdout}{done.stderr}")
    return found


def layered(diodes, **words):
    """A deep resistive network and its parameters, all conductances above 0."""
    random = np.random.default_rng(3)
    system = fn.Resistive(SIZES, diodes=diodes, gain=2.0, current=1e-3, scale=0.1, **words)
    W = system.init(1)
    for part in system.network.parts(W):
        part.weights[:] += 0.05
        part.bias[:] += 0.1 * random.normal(size=part.bias.size)
    data = fn.Dataset(random.random((M, SIZES[0])) - 0.5, random.random((M, SIZES[-1])) - 0.5)
    return system, W, data


def meshed(diode):
    """A circuit that is not layered: a mesh, sources and diodes between nodes, an amplifier."""
    elements = [
        *(InputSource(f"i{j}", column=j, gain=1.5) for j in range(2)),
        VoltageSource("rail", voltage=0.6),
    ]
    pairs = ["i0 p", "i1 q", "p q", "q r", "p o", "rail r", "r o", "amplified o"]
    elements += [Resistor(*pair.split()) for pair in pairs]
    elements += [Resistor("q", conductance=0.3), CurrentSource("p"), CurrentSource("r", "q")]
    elements += [Amplifier("r", "amplified", voltage_gain=3.0, current_gain=3.0)]
    elements += [diode("p", "rail"), diode("r", "q"), diode("0", "q"), Output("o")]
    circuit = fn.Circuit(elements)
    W = circuit.init(3)
    W[-2:] = 0.4, -0.2
    random = np.random.default_rng(5)
    return circuit, W, fn.Dataset(random.normal(size=(6, 2)), random.normal(size=(6, 1)))


def exponential(a, b="0"):
    """An exponential diode of a small drop."""
    return ExponentialDiode(a, b, current=1e-4, scale=0.05)


def xor():
    """A circuit that learns XOR: each hidden node has a diode to each of two unequal rails.

    With one rail in the middle, and without the sources up and down, v(−x) = −v(x), and no
    conductances make an XOR.
    """
    elements = [
        InputSource(name, column=column, gain=gain)
        for name, column, gain in (
            ("x", 0, 2.0),
            ("not_x", 0, -2.0),
            ("y", 1, 2.0),
            ("not_y", 1, -2.0),
        )
    ]
    rails = {"up": 1.0, "down": -1.0, "high": 0.2, "low": -0.5}
    elements += [VoltageSource(name, voltage=voltage) for name, voltage in rails.items()]
    for h in ("h0", "h1", "h2", "h3"):
        shown = h.replace("h", "a")
        elements += [Resistor(a, h) for a in ("x", "not_x", "y", "not_y", "up", "down")]
        elements += [ExponentialDiode(h, "high"), ExponentialDiode("low", h)]
        elements += [Amplifier(h, shown, voltage_gain=4.0), Resistor(shown, "o")]
    elements += [Resistor("up", "o"), Resistor("down", "o"), Output("o")]
    return fn.Circuit(elements, init=(0.05, 1.0))


def trained():
    """The circuit of XOR after 150 steps, its parameters to three digits."""
    circuit, data = xor(), fn.data.load("xor")
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=0.01)
    run = fn.train(potential, fn.Adam(0.05), W0=circuit.init(1), steps=150, progress=False)
    return circuit, run.parameters[-1].round(3), data


CASES = {
    "layered, ideal": lambda: layered("ideal"),
    "layered, exponential": lambda: layered("exponential"),
    "layered, amplified": lambda: layered(
        "exponential", voltage_gain=[4.0, 1.5], current_gain=[0.25, 1.5]
    ),
    "layered, ideal, amplified": lambda: layered("ideal", voltage_gain=[4.0, 1.5]),
    "xor": trained,
    "mesh, ideal": lambda: meshed(Diode),
    "mesh, exponential": lambda: meshed(exponential),
}


def solved(name, count=None):
    """Voltages (3, m, n) of ngspice: free, at NUDGE and at −NUDGE."""
    system, W, data = CASES[name]()
    circuit = system if isinstance(system, fn.Circuit) else system.circuit()
    found = []
    for nudge in (0.0, NUDGE, -NUDGE):
        texts = [system.netlist(W, x, nudge=nudge, y=y) for x, y in zip(data.x, data.y)][:count]
        found.append([[voltages(t)[name] for name in circuit.nodes.free] for t in texts])
    return np.array(found)


def main():
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", type=Path, default=OUT)
    out = parser.parse_args().o
    np.savez_compressed(out, **{name: solved(name) for name in CASES})
    print(f"{out}: {len(CASES)} circuits")


if __name__ == "__main__":
    main()
