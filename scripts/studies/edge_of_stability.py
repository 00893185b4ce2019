"""The edge of stability: how far the sharpness of a network rises along three optimizers' paths.

A tanh network is fitted to a Chebyshev polynomial by gradient descent, by momentum (Polyak) and by
Adam, on the full batch. On a parabola each is stable up to a curvature of its own:

    descent   λ_max(H)      < 2/step
    momentum  λ_max(H)      < (2 + 2β)/step
    Adam      λ_max(P⁻¹H)   < (2 + 2β₁)/((1 − β₁)·step),  P = √v̂ + ε

Curvature rises until that edge and stays there (Cohen et al. 2021, 2207.14484); a shorter step lets
it rise further. In Adam's metric the start is steep: the data are odd, so that biases have no
gradient at first and weigh ε alone. Writes one figure: sharpness over the threshold, and the loss
beneath it.
"""

from functools import partial

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE

BETA = 0.9  # β of momentum and β₁ of Adam
SHORTER = 8  # what the step of the run beside is divided by


def chebyshev(degree=5, samples=20):
    """Potential of a 1-16-16-16-1 network on T_degree at equidistant points, quadratic loss."""
    x = np.linspace(-1, 1, samples)[:, None]
    data = fn.Dataset(x, np.polynomial.chebyshev.Chebyshev.basis(degree)(x))
    return fn.Potential(fn.Network([1, 16, 16, 16, 1], "tanh"), fn.Quadratic(), data)


def path(mechanics, potential, W, step, steps, every):
    """Losses (steps+1,), and (W, metric) at every n-th step; that of Adam is its own, P."""
    run = fn.train(potential, mechanics(step), W0=W, steps=steps, record_every=every)
    own = fn.adaptive_metric(run) if mechanics is fn.Adam else None
    rows = zip(run.parameters[: steps // every + 1], run.time)
    return run.loss, [(row, own and own.at(time)) for row, time in rows]


def sharpness(potential, states):
    """Sharpness (T,) of states (W, metric), each search beginning where the last one ended."""
    values, pairs = [], None
    for W, metric in states:
        pairs = fn.eigenpairs(potential, W, metric=metric, start=pairs)
        values.append(pairs.values[0])
    return np.array(values)


#: path, step, curvature·step at the edge, its name, flow time per step, steps
RULES = {
    "descent": (partial(path, fn.Aristotle), 0.1, 2, "2/step", 1, 12_000),
    "momentum": (
        partial(path, partial(fn.Newton.from_momentum, beta=BETA)),
        0.05,
        2 + 2 * BETA,
        "(2+2β)/step",
        1 / (1 - BETA),
        4_000,
    ),
    "Adam": (
        partial(path, fn.Adam),
        2e-3,
        (2 + 2 * BETA) / (1 - BETA),
        "(2+2β₁)/((1−β₁)step)",
        1,
        4_000,
    ),
}


def follow(name, potential, W, shorter=1, points=240):
    """Times and losses of each step, then times of states, and their sharpness over the edge."""
    go, step, edge, _, unit, steps = RULES[name]
    every = max(1, steps // points)
    losses, states = go(potential, W, step / shorter, steps * shorter, every * shorter)
    times = np.arange(len(losses)) * unit * step / shorter
    return times, losses, times[:: every * shorter], sharpness(potential, states) * step / edge


def draw(potential, W):
    """A column for each rule: sharpness over its threshold, and the loss."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12.5, 6.4), layout="constrained")
        axes = figure.subplots(2, len(RULES), sharex="col", height_ratios=(3, 2))
        for (above, below), name in zip(axes.T, RULES):
            _, step, _, edge, unit, _ = RULES[name]
            for i, shorter in enumerate((1, SHORTER)):
                times, losses, t, values = follow(name, potential, W, shorter)
                label = f"step {step / shorter:g}"
                style = dict(color=INK[i], linestyle=DASHES[i])
                above.plot(t, values, label=label, **style)
                thin = slice(None, None, max(1, len(losses) // 3000))
                below.plot(times[thin], losses[thin], label=label, linewidth=1.0, **style)
                print(
                    f"{name}, step {step / shorter:g}: loss {losses[-1]:.3g}, sharpness "
                    f"{np.median(values[-len(values) // 4 :]):.3f} of {edge} at step {step:g}"
                )
                above.axhline(shorter, color="#222222", linewidth=1.0, linestyle=DASHES[i])
            above.annotate(
                f"edge {edge}",
                (0.99, 1),
                xycoords=("axes fraction", "data"),
                xytext=(0, -9),
                textcoords="offset points",
                ha="right",
                va="top",
            )
            above.annotate(
                "edge of the shorter step",
                (0.99, SHORTER),
                ha="right",
                xycoords=("axes fraction", "data"),
                xytext=(0, 7),
                textcoords="offset points",
            )
            above.set(
                title=name,
                yscale="log",
                ylim=(0.05, 25),
                yticks=(0.1, 1, 10),
                yticklabels=("0.1", "1", "10"),
            )
            below.set(yscale="log", xlabel="time Σ step" + ("/(1−β)" if unit > 1 else ""))
            below.legend(loc="upper right")
        axes[0, 0].set_ylabel("sharpness over the edge of the longer step")
        axes[1, 0].set_ylabel("loss L")
        figure.suptitle(
            f"Sharpness rises to the edge of stability and stays: Chebyshev T₅ at 20 "
            f"points, 1-16-16-16-1 tanh network of {potential.size} parameters, full "
            "batch"
        )
    return figure


if __name__ == "__main__":
    output = command(__file__, __doc__).parse_args().output
    cheb = chebyshev()
    draw(cheb, cheb.network.init(seed=0)).savefig(output)
    print(f"figure in {output}")
