"""A run at the edge of stability beside its central flow, and the plain flow that leaves it.

A tanh network of three hidden layers is fitted to one or two Chebyshev polynomials by gradient
descent on the full batch, with a step whose edge 2/step the sharpness has nearly reached. From
there on the loss goes up and down as one or two directions oscillate. The central flow (Cohen et
al. 2025) is the middle line of that: it holds the sharpness at the edge, and its mean loss
L + ½⟨Σ, H⟩ is the run's loss averaged over the oscillation; the plain flow Ẇ = −dL, which feels no
edge, goes elsewhere. Writes one figure: losses, and the two largest eigenvalues over the edge.
"""

from collections import namedtuple

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE

STEP, EVERY = 0.2, 4  # the flows are recorded at the time of every 4th step

#: degrees of the polynomials, time before the start in units of the step, steps
CASES = {"one unstable direction": ((5,), 50, 600), "two unstable directions": ((5, 4), 10, 400)}

#: a finite run, its central flow with the field that made it, and its plain flow
Paths = namedtuple("Paths", "run central plain field")


def start(degrees, warm, samples=20):
    """Potential of a 1-24-24-16-n network on T_degree, and W0 after a while at an eighth step."""
    x = np.linspace(-1, 1, samples)[:, None]
    y = np.hstack([np.polynomial.Chebyshev.basis(degree)(x) for degree in degrees])
    net = fn.Network([1, 24, 24, 16, len(degrees)], "tanh")
    potential = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    before = fn.train(
        potential,
        fn.Aristotle(STEP / 8),
        W0=net.init(seed=0),
        steps=8 * warm,
        record_every=8 * warm,
    )
    return potential, before.parameters[-1]


def follow(degrees, warm, steps, rtol=1e-5):
    """The run of a case and both its flows, from the same start over the same time."""
    potential, W0 = start(degrees, warm)
    run = fn.train(potential, fn.Aristotle(STEP), W0=W0, steps=steps)
    field = fn.Central(STEP)
    words = dict(W0=W0, time=run.time[-1], at=run.time[::EVERY], rtol=rtol, atol=rtol / 100)
    return Paths(run, fn.flow(potential, field=field, **words), fn.flow(potential, **words), field)


def mean_losses(paths, first=0):
    """The central flow's mean loss at each recorded time from step `first` on."""
    potential = paths.run.potential
    metric = fn.Euclidean(potential.size)
    return np.array(
        [
            paths.field.mean_loss(potential, metric, W)
            for W in paths.central.parameters[first // EVERY :]
        ]
    )


def curvatures(run, every):
    """Times and the two largest eigenvalues (T, 2) over the edge, at every n-th recorded state."""
    pairs, found = None, []
    for W in run.parameters[::every]:
        pairs = fn.eigenpairs(run.potential, W, 2, start=pairs)
        found.append(pairs.values * STEP / 2)
    return run.time[::every], np.array(found)


def averaged(values, width):
    """Running mean, of the values there are at the ends."""
    ones = np.ones(width)
    return np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same")


def draw(width=61):
    """A column for each case."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 6.6), layout="constrained")
        axes = figure.subplots(2, len(CASES), sharex="col", height_ratios=(3, 2))
        for (above, below), (name, case) in zip(axes.T, CASES.items()):
            paths = follow(*case)
            run, central, plain, _ = paths
            average, mean = averaged(run.loss, width), mean_losses(paths)
            above.plot(
                run.time, run.loss, ".", color=INK[4], alpha=0.3, markersize=2, label="finite run"
            )
            for i, (flow, y, label) in enumerate(
                (
                    (run, average, f"its average over {width} steps"),
                    (central, mean, "central flow, mean loss L + ½⟨Σ, H⟩"),
                    (plain, plain.loss, "plain flow"),
                )
            ):
                above.plot(flow.time, y, color=INK[i], linestyle=DASHES[i], label=label)
                shown = "finite run" if flow is run else label.split(",")[0]
                for j, values in enumerate(curvatures(flow, EVERY if flow is run else 1)[1].T):
                    below.plot(
                        plain.time,
                        values,
                        color=INK[i],
                        linestyle=DASHES[i],
                        alpha=1 - 0.45 * j,
                        label=shown if j == 0 else None,
                    )
            below.axhline(1, color="#222222", linewidth=1.0)
            above.set(title=name, yscale="log", ylim=(0.8 * plain.loss[-1], 2 * run.loss[0]))
            below.set(xlabel="time Σ step", ylim=(0, 2))
            off = np.abs(mean / average[::EVERY] - 1)[width // EVERY : -(width // EVERY)]
            print(
                f"{name}: mean loss off the run's average by {100 * np.median(off):.2f} % "
                f"(median), the plain flow's loss in the end by "
                f"{100 * abs(plain.loss[-1] / average[-1] - 1):.0f} %"
            )
        axes[0, 0].legend(loc="lower left")
        axes[1, 0].legend(loc="lower left", ncols=3)
        axes[0, 0].set_ylabel("loss L")
        axes[1, 0].set_ylabel("λ₁ and λ₂ over the edge 2/step")
        figure.suptitle(
            f"Gradient descent at the edge of stability and its central flow: "
            f"1-24-24-16-n tanh network on Chebyshev polynomials, step {STEP:g}"
        )
    return figure


if __name__ == "__main__":
    output = command(__file__, __doc__).parse_args().output
    draw().savefig(output)
    print(f"figure in {output}")
