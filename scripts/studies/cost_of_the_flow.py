"""What the flow costs: loss against gradients, of plain descent, momentum and Runge–Kutta steps.

Fast in shallow regions, slow over cliffs (TM §3.6): on digits `RungeKutta` at rtol 0.01 grows its
step from 0.1 to 1.4e7, the loss falls at each, and 1e-5 takes 1804 gradients; after 3000 descent at
the best step we tried has 1e-3, momentum 7e-5. Before it is dear: for a loss of 0.3 it takes 167
gradients, descent 38, momentum 7; it passes descent at 1e-2, momentum below 2e-4. In the stiff
valley 1e-4 takes it 961, descent 4058, momentum 460. At rtol 0.1 the loss on digits diverges.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import DASHES, INK, STYLE

BETA = 0.9
WIDTHS = (1.4, 0.6, 1.8, 1.4, 2.4)
MORE = 16  # Runge–Kutta steps between two looks at what they have cost


def digits(limit=None, hidden=32):
    """Potential of a 64-hidden-10 tanh network on digits, cross-entropy."""
    return fn.Potential(
        fn.Network([64, hidden, 10], "tanh"), fn.CrossEntropy(), fn.data.load("digits", limit=limit)
    )


def surface(samples=32):
    """Potential of a 2-16-16-1 tanh network on sin(3x₁)·x₂, quadratic loss: a stiff valley."""
    x = np.random.default_rng(0).uniform(-1, 1, (samples, 2))
    return fn.Potential(
        fn.Network([2, 16, 16, 1], "tanh"),
        fn.Quadratic(),
        fn.Dataset(x, np.sin(3 * x[:, :1]) * x[:, 1:]),
    )


def descent(step):
    """Name and mechanics of plain descent."""
    return f"descent, step {step:g}", fn.Aristotle(step)


def momentum(lr):
    """Name and mechanics of the heavy ball, its flow's step lr/(1 − β)."""
    return f"momentum {BETA:g}, lr {lr:g}", fn.Newton.from_momentum(lr, BETA)


def adaptive(rtol):
    """Name and mechanics of Runge–Kutta steps, atol a thousandth of rtol."""
    return f"Runge–Kutta, rtol {rtol:g}", fn.RungeKutta(rtol, rtol / 1000)


def cost(potential, mechanics, W0, budget):
    """Gradients spent (n+1,) up to each state, its loss (n+1,), and each step's flow time (n,).

    A Runge–Kutta step costs its `evaluations`, any other one gradient; one of momentum takes a flow
    time of δt/λ = lr/(1 − β).
    """
    if isinstance(mechanics, fn.RungeKutta):
        each, losses, steps = within(budget, potential, mechanics, W0)
    else:
        run = fn.train(potential, mechanics, W0=W0, steps=budget, record_every=budget)
        each, losses, steps = np.ones(len(run.step)), run.loss, run.step
    spent = np.concatenate([[0], np.cumsum(each)]).astype(int)[: len(losses)]
    n = np.searchsorted(spent, budget, "right")
    return spent[:n], losses[:n], steps[: n - 1] / getattr(mechanics, "friction", 1.0)


def within(budget, potential, mechanics, W0):
    """Gradients, losses and steps of a run made longer until it has spent its budget."""
    with TemporaryDirectory() as folder:
        path, steps = Path(folder) / "run.h5", MORE
        run = fn.train(potential, mechanics, W0=W0, steps=steps, store=path, record_every=1000)
        while True:
            each, losses, lengths = run.observables["evaluations"].value, run.loss, run.step
            done = run.diverged_at is not None or each.sum() >= budget
            run.close()
            if done:
                return each, losses, lengths
            steps += MORE
            run = fn.resume(path, steps=steps)


def needed(spent, losses, target):
    """Gradients until the loss is first at a target or below, or None."""
    return next((int(n) for n, loss in zip(spent, losses) if loss <= target), None)


#: title, potential, gradients, losses to reach, runs; the first and last are in the table alone
PROBLEMS = (
    (
        "digits, 64-32-10 tanh, cross-entropy, 1797 samples",
        digits,
        3000,
        (0.3, 0.1, 1e-2, 1e-3, 1e-5),
        (
            descent(0.5),
            descent(2),
            descent(2.5),
            momentum(2),
            adaptive(1e-3),
            adaptive(1e-2),
            adaptive(1e-1),
        ),
    ),
    (
        "sin(3x₁)·x₂, 2-16-16-1 tanh, quadratic, 32 samples",
        surface,
        20_000,
        (1e-2, 1e-3, 1e-4, 1e-5, 1e-6),
        (
            descent(0.1),
            descent(0.35),
            descent(0.6),
            momentum(0.5),
            adaptive(1e-3),
            adaptive(1e-2),
            adaptive(1e-1),
        ),
    ),
)


def table(title, budget, targets, curves):
    """Gradients needed for given losses, the longest step, and how often the loss rose."""
    lines = [
        f"{title}: gradients until the loss is …, of {budget}",
        f"{'':24}" + "".join(f"{t:>8.0e}" for t in targets) + "  longest step  steps uphill",
    ]
    for name, (spent, losses, steps) in curves.items():
        reached = (needed(spent, losses, target) for target in targets)
        lines.append(
            f"{name:24}"
            + "".join(f"{'–' if n is None else n:>8}" for n in reached)
            + f"{steps.max():>14.3g}{(np.diff(losses) > 0).sum():>6} of {len(steps)}"
        )
    return "\n".join(lines)


def draw(found):
    """A column for each problem: loss against gradients, and the length of the steps."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(12, 7.6), layout="constrained")
        axes = figure.subplots(2, len(found), sharex="col", height_ratios=(3, 2))
        for (above, below), (title, curves) in zip(axes.T, found.items()):
            for i, (name, (spent, losses, steps)) in enumerate(list(curves.items())[1:-1]):
                style = dict(color=INK[i], linestyle=DASHES[i], linewidth=WIDTHS[i])
                above.plot(spent[1:], losses[1:], label=name, **style)
                below.plot(spent[1:], steps, **style)
            above.set(title=title, xscale="log", yscale="log", ylim=(1e-8, 10))
            above.legend(loc="lower left")
            below.set(yscale="log", xlabel="gradients of the full batch", xlim=(6, spent[-1]))
        axes[0, 0].set_ylabel("loss L")
        axes[1, 0].set_ylabel("step, in time of the flow")
        figure.suptitle("Runge–Kutta steps pay at low losses; before, momentum costs less")
    return figure


def main(output):
    """Run, print a table for each problem, draw."""
    found = {}
    for title, make, budget, targets, runs in PROBLEMS:
        potential = make()
        W0 = potential.network.init(seed=0)
        found[title] = {name: cost(potential, mechanics, W0, budget) for name, mechanics in runs}
        print(table(title, budget, targets, found[title]))
    draw(found).savefig(output, dpi=92)
    print(f"figure in {output}")


if __name__ == "__main__":
    main(command(__file__, __doc__).parse_args().output)
