"""XOR by a resistive circuit that learns, beside what ngspice says of the same circuit.

    python scripts/studies/xor_circuit.py [-o FIGURE]

The circuit of `scripts/reference/make_ngspice_reference.py` learns XOR by symmetric equilibrium
propagation. What it solves and what it learns by are compared to ngspice, which solves its netlist
free and nudged to both sides: voltages of all nodes, and the estimate of dL that its voltages give.
ngspice runs where it is installed; else what it said is read from `tests/reference/ngspice.npz`.
"""

import sys
from pathlib import Path

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import STYLE, below, line

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "reference"))
from make_ngspice_reference import NUDGE, OUT, SPICE, solved, trained, xor  # noqa: E402

STEPS, SEEDS, SIDE = 150, 5, 41


def losses():
    """Loss at each step from a few starts (SEEDS, STEPS+1)."""
    circuit, data = xor(), fn.data.load("xor")
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=NUDGE)
    words = {"steps": STEPS, "progress": False}
    return np.array([
        fn.train(potential, fn.Adam(0.05), W0=circuit.init(seed), **words).loss
        for seed in range(1, 1 + SEEDS)
    ])  # fmt: skip


def compared():
    """Voltages apart (3, m, n) at the three nudges, both covectors (D,), and names of the nodes."""
    circuit, W, data = trained()
    potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=NUDGE)
    if SPICE is None:
        with np.load(OUT) as file:
            spice = file["xor"]
    else:
        spice = solved("xor")
    ours = np.array([potential.relax(W, nudge=b)[0] for b in (0.0, NUDGE, -NUDGE)])
    weight = np.full(data.m, 1 / data.m)
    up, down = (circuit.covector(W, potential.phases.x, s, weight) for s in spice[1:])
    covectors = potential.differential(W)[1], (up - down) / (2 * NUDGE)
    return np.abs(ours - spice), covectors, circuit.nodes.free


def over_the_plane():
    """Output voltages (SIDE, SIDE) over inputs from −½ to 1½."""
    circuit, W, _ = trained()
    at = np.linspace(-0.5, 1.5, SIDE)
    x = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    potential = fn.Equilibrium(
        circuit, fn.Quadratic(), fn.Dataset(x, np.zeros((len(x), 1))), nudge=NUDGE
    )
    return at, potential.relax(W)[0][:, -1].reshape(SIDE, SIDE)


def draw(found, apart, names, at, out):
    """How it learns, what it makes of all inputs, and how far ngspice is from it."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12.6, 4.4), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        for i, loss in enumerate(found):
            line(left, i, np.arange(len(loss)), loss, f"start {i + 1}")
        left.set(xlabel="step", ylabel="loss L (V²)", yscale="log", title="XOR is learnt")
        below(left, ncols=3)
        middle.grid(False)
        drawn = middle.pcolormesh(at, at, out, cmap="cividis", rasterized=True)
        lines = middle.contour(at, at, out, [0.5], colors="white", linewidths=1.5)
        middle.clabel(lines, fmt="%.1f V")
        figure.colorbar(drawn, ax=middle, label="output (V)")
        for x in (0, 1):
            for y in (0, 1):
                middle.plot(x, y, "o^"[x ^ y], color="white", markeredgecolor="black", ms=9)
        middle.set(xlabel="first input", ylabel="second input", title="start 1: what it answers")
        places = np.arange(len(names))
        for i, (label, of) in enumerate(zip(("free", "nudged up", "nudged down"), apart)):
            worst = np.maximum(of.max(axis=0), 1e-17)
            right.plot(places + 0.2 * (i - 1), worst, "os^"[i], label=label, color=f"{0.25 * i}")
        right.axhline(1e-10, color="#8f2d56", linestyle="--", label="1e-10 V")
        right.set(
            yscale="log", ylabel="largest difference of four inputs (V)", xlabel="node",
            title="start 1: voltages beside ngspice's",
        )  # fmt: skip
        right.set_xticks(places, names)
        below(right)
    return figure


def main():
    """Train, compare, print and draw."""
    options = command(__file__, __doc__).parse_args()
    found = losses()
    apart, (ours, spice), names = compared()
    print(f"loss of XOR after {STEPS} steps: " + ", ".join(f"{loss[-1]:.2g}" for loss in found))
    print(f"ngspice {'runs here' if SPICE else 'is not installed: stored values'}")
    print(f"voltages of {len(names)} nodes at 3 nudges: {apart.max():.2g} V apart at most")
    print(f"covector, {ours.size} numbers: {np.abs(ours - spice).max():.2g} apart at most")
    draw(found, apart, names, *over_the_plane()).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
