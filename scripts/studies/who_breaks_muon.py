"""Who breaks the step of Muon? Its steps term by term, beside descent's, Adam's and sign descent's.

A 64-32-10 tanh network on the digits, cross-entropy with a regulator κ = 1e-3, the full batch, 200
steps of each mechanics at the step of a grid of factors of 2 whose losses are lowest. Of every
tenth step: what it delivers of its promise, what second order takes, what of that pairs of
parameters are and would be by chance, how many directions carry it, and how near the step is to the
edge of its own norm. Prints a table of medians over three starts and writes a figure.

    python scripts/studies/who_breaks_muon.py            some minutes
"""

from collections import namedtuple

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE

STEPS, EVERY, SEEDS = 200, 10, (0, 1, 2)
FIRST = 20  # the table is of the steps from here on: the momentum has come up
BETA = 0.9  # Adam's memory of the force
KAPPA = 1e-3  # of κ·Parabola

#: how steps of a length are made, the norm or metric they are steepest in, and lengths to try
Way = namedtuple("Way", "mechanics metric steps")

#: of the steps looked at (n,): shares of the promise, of the norm's most, modes, blocks
Looked = namedtuple(
    "Looked",
    "iteration delivered second beyond pairs chance neurons neurons_chance layers layers_chance "
    "modes step_modes promised",
)


def problem():
    """64-32-10 tanh on the digits with a regulator, without which there is no minimum to reach."""
    network = fn.Network([64, 32, 10])
    potential = fn.Potential(network, fn.CrossEntropy(), fn.data.load("digits"))
    return potential + KAPPA * fn.Parabola(network.size)


def ways(network):
    """The mechanics compared, by name."""
    octaves = 2.0 ** np.arange(-4, 3)
    exact = fn.SpectralNorm(network, "muon")
    return {
        "descent": Way(fn.Aristotle, None, 2 * octaves),
        "Adam": Way(lambda h: fn.Adam(h, BETA), None, 0.02 * octaves),
        "sign descent": Way(fn.Normalized, fn.SignNorm(network.size), 0.004 * octaves),
        "spectral descent": Way(fn.Aristotle, exact, 0.2 * octaves),
        "Muon, UVᵀ": Way(fn.Muon, exact, 0.1 * octaves),
        "Muon": Way(fn.Muon, None, 0.1 * octaves),
    }


def best(potential, way, W0):
    """The run that is lowest on the way, by the mean of its losses."""
    runs = [
        fn.train(potential, way.mechanics(h), W0=W0, steps=STEPS, metric=way.metric)
        for h in way.steps
    ]
    return min(runs, key=lambda run: np.inf if run.diverged_at else run.loss.mean())


def looked(run):
    """`Looked` of every tenth step of a run."""
    rows = []
    for k in range(0, STEPS, EVERY):
        b = fn.breakdown(run, at=k)
        promise = abs(b.linear)
        parts, modes = b.split("parameters"), b.split("eigen")
        neurons, layers = b.split("neurons"), b.split("layers")
        rows.append(
            (
                k,
                -b.actual / promise * np.sign(-b.linear),
                b.second / promise,
                (b.actual - b.linear - b.second) / promise,
                parts.second_pairs / b.second,
                1 - parts.rotations.second_self / b.second,
                neurons.second_self / b.second,
                neurons.rank_one,
                layers.second_self / b.second,
                layers.rank_one,
                modes.participation,
                modes.weight_participation,
                promised(run, k, b),
            )
        )
    return Looked(*np.array(rows).T)


def promised(run, k, b):
    """What the step promised, over the most that a step as long as it can, in its own norm."""
    metric = metric_of(run, k)
    W, dL = run.parameters[k], run.potential.differential(run.parameters[k])[1]
    length = np.sqrt(metric.norm2(run.parameters[k + 1] - W))
    return -b.linear / (length * np.sqrt(metric.dual2(dL)))


def metric_of(run, k):
    """The norm or metric of the step, exact; Adam's is the one that it makes."""
    if isinstance(run.mechanics, fn.Adam):
        return fn.adaptive_metric(run).at(run.time[k])
    if run.metric is None:
        return fn.Euclidean(run.potential.size)
    return run.metric.exact


def edges(run, every=20):
    """Iterations and sharpness·step/2 in the norm of the steps; 1 is the edge, in Adam its own.

    In norms the sharpness is a lower bound. Of steps of a given length h it is step/‖dL‖_*.
    """
    found = []
    for k in range(0, STEPS, every):
        W, metric = run.parameters[k], metric_of(run, k)
        sharpness = fn.norm_sharpness(run.potential, W, metric, starts=1).value
        step = run.step[k]
        if isinstance(run.mechanics, fn.Adam):
            step *= (1 - BETA) / (1 + BETA)
        if isinstance(run.mechanics, fn.Normalized):
            step /= np.sqrt(metric.dual2(run.potential.differential(W)[1]))
        found.append((k, sharpness * step / 2))
    return np.array(found).T


def measured():
    """Of each way the run and the edge from the first start, and `Looked` of all starts."""
    potential, found = problem(), {}
    for name, way in ways(potential.network).items():
        runs = [best(potential, way, potential.network.init(seed)) for seed in SEEDS]
        found[name] = runs[0], edges(runs[0]), [looked(run) for run in runs]
    return found


def told(found):
    """The table: medians over the steps from FIRST on, of all starts."""
    heads = ("step", "loss", "deliv.", "second", "beyond", "pairs", "chance", "neurons", "layers")
    widths = (8, 9, 8, 8, 8, 8, 8, 12, 12)
    line = "".join(f"{head:>{width}}" for head, width in zip(heads, widths))
    print(f"{'':18}{line}{'modes':>8}{'of step':>8}{'most':>6}{'edge':>6}")
    for name, (run, edge, looks) in found.items():
        middle = Looked(
            *(
                np.median(np.concatenate([one[look.iteration >= FIRST] for one, look in columns]))
                for columns in (
                    [(look[i], look) for look in looks] for i in range(len(Looked._fields))
                )
            )
        )
        print(
            f"{name:18}{run.step[0]:8.3g}{run.loss[-1]:9.2g}{middle.delivered:8.2f}"
            f"{middle.second:8.2f}{middle.beyond:8.2f}{middle.pairs:8.3f}{middle.chance:8.3f}"
            f"{middle.neurons:7.2f}/{middle.neurons_chance:4.2f}"
            f"{middle.layers:7.2f}/{middle.layers_chance:4.2f}{middle.modes:8.1f}"
            f"{middle.step_modes:8.1f}{middle.promised:6.2f}"
            f"{np.median(edge[1][edge[0] >= FIRST]):6.2f}"
        )


def draw(found):
    """Loss; delivered and second order; modes; the edge."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "figure.dpi": 75}):
        figure = Figure(figsize=(11.5, 7.6), layout="constrained")
        (losses, shares), (modes, edge) = figure.subplots(2, 2)
        for i, (name, (run, near, looks)) in enumerate(found.items()):
            look = {"color": INK[i], "linestyle": DASHES[i]}
            losses.plot(run.loss, label=f"{name}, step {run.step[0]:.3g}", **look)
            first = looks[0]
            shares.plot(first.iteration, first.second, **look)
            modes.plot(first.iteration, first.modes, **look)
            edge.plot(*near, marker="osD^vP"[i], markersize=4, **look)
        for axis in (shares, edge):
            axis.axhline(1, color="#222222", linewidth=1.0)
        losses.set(yscale="log", ylabel="loss L", title="Each at its best step of the grid")
        shares.set(
            ylim=(-0.1, 1.8),
            ylabel="second order over the promise",
            title="Second order: at 1 it takes all that was promised",
        )
        modes.set(
            ylim=(0, None),
            ylabel="participation number",
            title="How many eigendirections carry second order",
        )
        edge.set(
            ylim=(0, 3),
            ylabel="sharpness·step/2",
            title="The edge of its own norm is at 1 (a lower bound in norms)",
        )
        for axis in (losses, shares, modes, edge):
            axis.set_xlabel("iteration")
        losses.legend(fontsize=8.5)
        figure.suptitle(
            "Who breaks the step of Muon? 64-32-10 tanh on the digits, regulated cross-entropy"
        )
    return figure


if __name__ == "__main__":
    output = command(__file__, __doc__).parse_args().output
    results = measured()
    told(results)
    draw(results).savefig(output)
    print(f"figure in {output}")
