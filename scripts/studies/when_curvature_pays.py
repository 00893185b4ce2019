"""When does curvature pay? Loss against gradients spent, six ways down on three problems.

    python scripts/studies/when_curvature_pays.py [--budget 1500] [--seeds 2] [-o FIGURE]

A 64-32-10 tanh network learns the 1797 digits, with cross-entropy alone and with a regulator
κ/2·‖W‖²; a 1-20-1 network fits a curve by least squares. From the same starts go plain descent and
Adam, each at the best step of a grid, natural gradient at the best damping of a grid,
Levenberg–Marquardt and Newton–CG as they are by default, and what a user would take instead,
scipy's L-BFGS-B on `potential.differential`.

All is counted in gradients, by the matrix products that it takes: a product with Gauss–Newton or
Fisher as 4/3, one with the Hessian as 2, a loss alone as 1/3, the state at W that products go from
as 1. Measured, products cost less (the script prints how much), so that second order is not
flattered; what the grids cost is not counted, which flatters first order. With the regulator each
start and each way may end in a minimum of its own: what is drawn is how far each is above its own,
which is polished until dL is gone.
"""

import time
from functools import partial
from statistics import median

import numpy as np
from command import command

import flownet as fn
from flownet import _progress
from flownet.desk.plot._style import STYLE, look

KAPPA = 1e-3
PRODUCT, ACTION, LOSS, STATE = 4 / 3, 2.0, 1 / 3, 1.0  # in gradients, by matrix products
STEPS, RATES, DAMPINGS = (0.3, 1.0, 2.0), (0.01, 0.03, 0.1), (0.1, 0.01, 1e-3)
LEVELS = (1e-1, 1e-2, 1e-3, 1e-5, 1e-8)
TIMES = (1, 3, 20)  # the budget, of each problem
TITLES = ("digits, cross-entropy alone", f"digits, with a regulator κ = {KAPPA:g}", "a curve")
LOOSE = {"tolerance": 0.1, "iterations": 50}  # of natural gradient's index
NAMES = (
    "plain descent",
    "Adam",
    "natural gradient",
    "Levenberg–Marquardt",
    "Newton–CG",
    "L-BFGS-B (scipy)",
)


class Curve:
    """Gradients spent before each state of a run, its losses, and where it ended."""

    def __init__(self, spent, losses, W, floor=0.0):
        self.spent, self.losses, self.W, self.floor = spent, losses, W, floor

    def reached(self, level):
        """Gradients until the loss is so far above the floor; infinite if it never is."""
        below = np.flatnonzero(self.losses - self.floor <= level)
        return float(self.spent[below[0]]) if len(below) else np.inf


def of_run(run, budget):
    """The curve of a run, as far as the budget goes."""
    seen, cost = run.observables, np.ones(len(run.step))
    if "products" in seen:
        newton = run.mechanics.kind == "newton-cg"
        cost += STATE + (ACTION if newton else PRODUCT) * seen["products"].value
        cost += LOSS * seen["tries"].value if "tries" in seen else PRODUCT  # its certificate
    spent = np.concatenate([[0], np.cumsum(cost)])[: len(run.loss)]
    kept = spent <= budget
    return Curve(spent[kept], run.loss[kept], run.parameters[-1]), spent[-1] > budget


def trained(potential, W0, budget, mechanics, metric=None):
    """The curve of mechanics that go on until the budget is spent."""
    words = {"W0": W0, "metric": metric, "record_every": 10**6, "progress": False}
    if metric is None and mechanics.kind in ("aristotle", "adam"):
        return of_run(fn.train(potential, mechanics, steps=budget, **words), budget)[0]
    steps, spent = 20, False
    while not spent and steps <= 640:
        curve, spent = of_run(fn.train(potential, mechanics, steps=steps, **words), budget)
        steps *= 2
    return curve


def best_of(choices, run):
    """What the best of some choices gives, by the loss at its end, and the choice."""
    found = [run(choice) for choice in choices]
    at = int(np.argmin([c.losses[-1] if np.isfinite(c.losses).all() else np.inf for c in found]))
    return found[at], choices[at]


def by_scipy(potential, W0, budget):
    """L-BFGS-B, each call a gradient; the lowest loss so far."""
    from scipy.optimize import minimize

    losses = []

    def differential(W):
        loss, dL = potential.differential(W)
        losses.append(loss)
        return loss, dL

    found = minimize(
        differential, W0, jac=True, method="L-BFGS-B",
        options={"maxfun": budget, "maxiter": budget, "ftol": 0, "gtol": 0},
    )  # fmt: skip
    return Curve(np.arange(1, len(losses) + 1), np.minimum.accumulate(losses), found.x)


def contestants(potential, W0, budget, regulated):
    """Curves by name, and what was chosen."""
    go = partial(trained, potential, W0, budget)
    descent, step = best_of(STEPS, lambda h: go(fn.Aristotle(h)))
    adam, rate = best_of(RATES, lambda h: go(fn.Adam(h)))
    natural, damping = best_of(
        DAMPINGS, lambda mu: go(fn.Aristotle(1.0), fn.FisherMetric(potential, mu, **LOOSE))
    )
    curves = {
        "plain descent": descent,
        "Adam": adam,
        "L-BFGS-B (scipy)": by_scipy(potential, W0, budget),
        "natural gradient": natural,
        "Levenberg–Marquardt": go(fn.LevenbergMarquardt()),
        "Newton–CG": go(fn.NewtonCG()),
    }
    for curve in curves.values() if regulated else ():
        polish = fn.NewtonCG(1e-3, factor=10.0, iterations=400)
        end = fn.train(potential, polish, W0=curve.W, steps=25, progress=False)
        curve.floor = min(end.loss.min(), curve.losses.min())
    return curves, {"step": step, "rate": rate, "damping": damping}


def measured(potential, W, rounds=40):
    """What a product with Gauss–Newton and one with the Hessian take in gradients, on a thread."""
    V = potential.init(1)
    F, H = potential.gauss_newton(W), potential.hessian(W)
    calls = [lambda: potential.differential(W), lambda: F @ V, lambda: H @ V]
    taken = np.empty((rounds, 3))
    with potential.kernels.limited(1):
        for row in taken:
            for i, call in enumerate(calls):
                began = time.perf_counter()
                call()
                row[i] = time.perf_counter() - began
    return [median(taken[:, i] / taken[:, 0]) for i in (1, 2)]


def tell(title, found):
    """A table: gradients to a loss, or to so far above the minimum; medians over the starts."""
    print(f"\n{title}\n{'gradients to':<22}" + "".join(f"{level:>9.0e}" for level in LEVELS))
    for name in NAMES:
        counts = [np.median([c[name].reached(level) for c in found]) for level in LEVELS]
        cells = [f"{n:>9.0f}" if np.isfinite(n) else f"{'–':>9}" for n in counts]
        ends = ", ".join(f"{curves[name].floor:.5g}" for curves in found)
        print(f"{name:<22}" + "".join(cells) + (f"   minimum {ends}" if ends != "0" else ""))


def draw(problems):
    """A panel for each problem."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(13.0, 4.6), layout="constrained")
        for axis, (title, found) in zip(figure.subplots(1, len(problems), sharey=True), problems):
            for line, name in enumerate(NAMES):
                for i, curves in enumerate(found):
                    curve = curves[name]
                    lowest = np.minimum.accumulate(curve.losses) - curve.floor
                    kept = np.unique(np.geomspace(1, len(lowest), 300).astype(int)) - 1
                    width, label = (1.7, name) if i == 0 else (0.7, None)
                    axis.plot(
                        np.maximum(curve.spent, 1)[kept], np.maximum(lowest, 1e-13)[kept],
                        linewidth=width, label=label, **look(line),
                    )  # fmt: skip
            axis.set(
                title=title, xscale="log", yscale="log", xlim=(1, None), ylim=(1e-11, 5),
                xlabel="gradients spent, by matrix products",
            )  # fmt: skip
        figure.axes[0].set_ylabel("lowest loss so far, above its minimum")
        figure.legend(
            *axis.get_legend_handles_labels(), loc="outside lower center", ncols=6,
            title="two starts, one of them thin",
        )  # fmt: skip
    return figure


def potentials():
    """The three problems."""
    net, x = fn.Network([64, 32, 10]), np.linspace(-1, 1, 100)[:, None]
    alone = fn.Potential(net, fn.CrossEntropy(), fn.data.load("digits"))
    curve = fn.Dataset(x, np.sin(5 * x) + 0.5 * np.cos(12 * x))
    return (
        alone,
        alone + fn.Parabola(net.size, strength=KAPPA),
        fn.Potential(fn.Network([1, 20, 1]), fn.Quadratic(), curve),
    )


def main():
    """Run all of them, say when curvature pays, and draw it."""
    parser = command(__file__, __doc__)
    parser.add_argument(
        "--budget", type=int, default=1500, help="gradients of a run; thrice and 20-fold"
    )
    parser.add_argument("--seeds", type=int, default=2, help="starts")
    options = parser.parse_args()
    problems = [(title, []) for title in TITLES]
    with _progress.bar(3 * options.seeds, what="starts") as show:
        for i, (potential, (title, found)) in enumerate(zip(potentials(), problems)):
            for seed in range(options.seeds):
                W0 = potential.init(seed)
                budget = TIMES[i] * options.budget
                curves, chosen = contestants(potential, W0, budget, regulated=i == 1)
                found.append(curves)
                print(f"{title}, start {seed}: {chosen}", flush=True)
                show(i * options.seeds + seed + 1)
    alone, *_ = potentials()
    F, H = measured(alone, alone.init(0))
    print(f"\nmeasured here: a product with Gauss–Newton {F:.2f} gradients, with H {H:.2f}")
    for title, found in problems:
        tell(title, found)
    draw(problems).savefig(options.output)
    print(f"\nfigure in {options.output}")


if __name__ == "__main__":
    main()
