"""One complex neuron solves XOR: z = w₁x₁ + w₂x₂ + b, read out as |z|².

Whatever the weights, the four corners of the square of bits make a parallelogram in the z plane,

    z₀₀ + z₁₁ = z₁₀ + z₀₁.

A real neuron with an increasing activation would need z₁₀ and z₀₁ both above z₀₀ and z₁₁, which
their sums forbid. |z|² only asks for the moduli: z₀₀ = z₁₁ = 0 and z₁₀ = −z₀₁ on the unit circle,
so b = 0 and w₂ = −w₁ = e^{iα} for any α. In general the targets f are met exactly where four
vectors of lengths √f can close, that is where no √f exceeds the sum of the other three.

What does it is not that numbers are complex, but that |z|² is not monotone: kept real, the same
neuron is z², and z² = (x₁ − x₂)² solves XOR too. Complex weights add two things. Signs become
phases: OR asks for √f of 0, 1, 1, 1, three unit vectors at 120 degrees, where three signs cannot
add to 0. And the way is open: at w = 0, b² = ½ the real neuron answers ½ to everything and is stuck
in a minimum; imaginary changes p, q of w₁, w₂ add pq/4 to the loss there, so that the minimum is a
saddle, with the curvature −¼ along p = −q. Near |z| = 0 the readout is flat, so that the last part
of the way is slow: the loss falls as a power of the time.

Writes one figure: losses of many seeds, the plane of inputs, and the z plane.
"""

from collections import namedtuple

import numpy as np
from command import command

import flownet as fn
from flownet._progress import bar
from flownet.desk.plot._style import DASHES, INK, STYLE, below

BITS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
FUNCTIONS = {"XOR": (0, 1, 1, 0), "OR": (0, 1, 1, 1), "AND": (0, 0, 0, 1)}
COMPARED = ("complex, |z|²", "kept real, z²", "real neuron, tanh")
STEPS, RATES, SOLVED = 2000, (0.1, 0.3, 1.0), 1e-3

#: potential of each function's truth, its start from a seed, and its number of real parameters
Neuron = namedtuple("Neuron", "potential start parameters")


def neurons(truth):
    """The complex neuron, the same kept real, and real networks, on a function of two bits."""
    data = fn.Dataset(BITS, np.array(truth, float)[:, None])
    turning = fn.Potential(
        fn.Network([2, 1], output="abs2", dtype="complex128"),
        fn.Quadratic(),
        fn.Dataset(data.x + 0j, data.y),
    )
    line = fn.Network([2, 1])  # the start of three real numbers: variance ½ each, bias 0
    return {
        "complex, |z|²": Neuron(turning, turning.network.init, 6),
        "kept real, z²": Neuron(turning, lambda seed: line.init(seed) + 0j, 3),
        **real_neurons(data),
    }


def real_neurons(data):
    """One real neuron of two kinds, and two real networks of tanh."""
    networks = {
        "real neuron, tanh": fn.Network([2, 1], output="tanh"),
        "real neuron, ReLU": fn.Network([2, 1], output="relu"),
        "real 2-1-1, tanh": fn.Network([2, 1, 1], "tanh"),
        "real 2-2-1, tanh": fn.Network([2, 2, 1], "tanh"),
    }
    return {
        name: Neuron(fn.Potential(net, fn.Quadratic(), data), net.init, net.size)
        for name, net in networks.items()
    }


def learn(neuron, rate, seed, steps=STEPS, every=STEPS):
    """A run from the start of a seed."""
    return fn.train(
        neuron.potential,
        fn.Aristotle(rate),
        W0=neuron.start(seed),
        steps=steps,
        record_every=every,
        progress=False,
    )


def solved(run):
    """Whether the run ended at a loss of nearly nothing."""
    return run.diverged_at is None and run.loss[-1] < SOLVED


def share(neuron, seeds=100, steps=STEPS, rates=RATES):
    """The rate that solves most often, the share of seeds it solves, and its runs."""
    runs = {rate: [learn(neuron, rate, seed, steps) for seed in range(seeds)] for rate in rates}
    best = max(rates, key=lambda rate: sum(map(solved, runs[rate])))
    return best, np.mean([solved(run) for run in runs[best]]), runs[best]


def stuck(potential):
    """The state w = 0, b = √½ of the complex neuron, where it answers ½ to everything."""
    W = np.zeros(potential.size, np.complex128)
    W[-1] = np.sqrt(0.5)
    return W


def main(output):
    """Learn, count, print, draw."""
    kinds = {name: neurons(truth) for name, truth in FUNCTIONS.items()}
    for name in ("OR", "AND"):
        kinds[name] = {kind: kinds[name][kind] for kind in COMPARED}
    runs = {}
    with bar(sum(map(len, kinds.values())), what="neurons") as show:
        for name, truth in FUNCTIONS.items():
            print(
                f"{name}, truth {truth}: share of 100 seeds solved (loss below {SOLVED:g})",
                flush=True,
            )
            for kind, neuron in kinds[name].items():
                rate, part, runs[name, kind] = share(neuron)
                show(len(runs))
                least = min(run.loss[-1] for run in runs[name, kind] if run.diverged_at is None)
                print(
                    f"  {kind:18} {neuron.parameters} real parameters, rate {rate:<5g}"
                    f"{100 * part:4.0f} %, least loss {least:.2g}"
                )
    neuron = kinds["XOR"]["complex, |z|²"]
    W = stuck(neuron.potential)
    curvatures = np.round(np.linalg.eigvalsh(real_hessian(neuron.potential, W)), 12) + 0.0
    print(
        f"at w = 0, b² = ½ the loss is {neuron.potential.value(W):g} and its curvatures are "
        + ", ".join(f"{value:.3g}" for value in curvatures)
    )
    paths = [learn(neuron, RATES[0], seed, every=1) for seed in range(4)]
    draw({kind: runs["XOR", kind] for kind in COMPARED}, paths).savefig(output, dpi=115)
    print(f"figure in {output}")


def real_hessian(potential, W):
    """Hessian (2D, 2D) in the real and imaginary parts of each parameter in turn."""
    columns = [
        potential.hessian_action(W, row.view(np.complex128)).view(np.float64)
        for row in np.eye(2 * potential.size)
    ]
    return np.array(columns)


def draw(runs, paths, shown=20):
    """Losses of some seeds, the plane of inputs of one path, and the z plane of them all."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(13.5, 5), layout="constrained")
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
        for i, kind in enumerate(COMPARED):
            for k, run in enumerate(runs[kind][:shown]):
                left.plot(
                    np.arange(len(run.loss)) + 1,
                    run.loss,
                    color=INK[2 * i],
                    linewidth=1.0,
                    linestyle=DASHES[i],
                    label=None
                    if k
                    else f"{kind}: {100 * np.mean([solved(r) for r in runs[kind]]):.0f} % of 100 "
                    "seeds solve it",
                )
        left.set(
            xscale="log",
            yscale="log",
            ylim=(1e-8, 2),
            xlabel="step + 1",
            ylabel="loss L",
            title=f"Losses of {shown} seeds",
        )
        below(left, ncol=1)
        draw_inputs(middle, paths[0])
        draw_outputs(right, paths)
        figure.suptitle("XOR by one complex neuron z = w₁x₁ + w₂x₂ + b, read out as |z|²")
    return figure


def draw_inputs(axis, run):
    """|z|² over the plane of inputs, and its level ½."""
    ticks = np.linspace(-0.6, 1.6, 111)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2) + 0j
    power = run.potential.network.forward(run.parameters[-1], grid).reshape(111, 111)
    axis.contourf(
        ticks, ticks, power, levels=[0, 0.125, 0.25, 0.5, 1, 2, 4, 8], cmap="Greys", alpha=0.55
    )
    axis.clabel(
        axis.contour(ticks, ticks, power, levels=[0.5], colors=INK[3], linewidths=2), fmt="|z|² = ½"
    )
    _draw_bits(axis, BITS, label="truth {}")
    axis.set(
        aspect="equal",
        xlabel="x₁",
        ylabel="x₂",
        title="Plane of inputs, seed 0",
        xticks=(0, 1),
        yticks=(0, 1),
    )
    axis.grid(False)
    below(axis)


def draw_outputs(axis, runs):
    """Where the four inputs lie in the z plane at the end, and how two of them got there."""
    angle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(angle), np.sin(angle), color="#222222", linewidth=1, linestyle=":")
    bits = np.column_stack([BITS, np.ones(4)])
    for i, run in enumerate(runs):
        z = run.parameters[:] @ bits.T
        for corner in range(4):
            axis.plot(
                z[:, corner].real,
                z[:, corner].imag,
                color=INK[i],
                linestyle=DASHES[i],
                linewidth=1,
                label=None if corner else f"seed {i}",
            )
        _draw_bits(axis, np.column_stack([z[-1].real, z[-1].imag]), INK[i])
    axis.set(
        aspect="equal",
        xlabel="Re z",
        ylabel="Im z",
        title="z plane: paths of the inputs",
        xticks=(-1, 0, 1),
        yticks=(-1, 0, 1),
    )
    below(axis, ncol=4)


def _draw_bits(axis, points, color="#222222", label=None):
    """Inputs of truth 0 as open circles, of truth 1 as filled squares."""
    for truth, marker in ((0, "o"), (1, "s")):
        rows = np.array(FUNCTIONS["XOR"]) == truth
        axis.plot(
            *points[rows].T,
            marker,
            color=color,
            markersize=8,
            zorder=3,
            markerfacecolor=color if truth else "white",
            label=label and label.format(truth),
        )


if __name__ == "__main__":
    main(command(__file__, __doc__).parse_args().output)
