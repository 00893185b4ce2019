"""Does evidence choose the width that held-out loss would choose? On a teacher's data, on digits.

    python scripts/studies/evidence_width.py [-o FIGURE] [--quick]

For each data set and width a network is trained to the maximum of its posterior, prior and noise
brought to MacKay's fixed point between trainings. Then log Z by Gauss–Newton, BIC, and the loss on
data that were held out say each which width they would take. What a choice costs is the held-out
loss at the width it takes, above the least of all widths.
"""

import math
from typing import NamedTuple

import numpy as np
from command import command
from scipy.optimize import minimize

import flownet as fn
from flownet.desk.plot._style import STYLE, below, line

ROUNDS = 4  # trainings, and fixed points after each
HELD_OUT = 1000


class Task(NamedTuple):
    """Data by seed, the loss, and the widths that are compared."""

    name: str
    made: object  # seed to training data and data held out
    loss: object
    widths: tuple
    seeds: int


def of_teacher(seed):
    """200 answers of a teacher with 4 hidden units, noise 0.1, and 1000 others."""
    words = {"n_in": 4, "hidden": 4, "noise": 0.1, "seed": seed}
    return (
        fn.data.load("teacher", m=200, **words),
        fn.data.load("teacher", m=HELD_OUT, split="test", **words),
    )


def of_digits(seed):
    """200 digits, and the next 1000."""
    digits = fn.data.load("digits")
    order = np.random.default_rng(seed).permutation(digits.m)
    return digits.take(order[:200]), digits.take(order[200 : 200 + HELD_OUT])


TASKS = (
    Task("teacher of 4 units", of_teacher, fn.Quadratic(), (1, 2, 3, 4, 6, 8, 12, 16), 20),
    Task("digits", of_digits, fn.CrossEntropy(), (2, 4, 6, 8, 12, 16), 6),
)


def trained(net, loss, data, seed):
    """Evidence at the fixed point of training, prior and noise."""
    potential = fn.Potential(net, loss, data)
    W, alpha, sigma = net.init(seed), 1.0, 0.5 if isinstance(loss, fn.Quadratic) else None
    for _ in range(ROUNDS):
        kappa = alpha * (sigma or 1.0) ** 2 / data.m
        whole = potential + kappa * fn.Parabola(net.size)
        words = {"maxiter": 3000, "maxfun": 6000, "gtol": 1e-8, "ftol": 1e-14}
        W = minimize(whole.differential, W, jac=True, method="L-BFGS-B", options=words).x
        found = fn.evidence(potential, W, prior=alpha, noise=sigma, curvature="gauss-newton")
        found = found.refitted()
        alpha, sigma = found.prior, found.noise
    return fn.evidence(potential, W, prior=alpha, noise=sigma, curvature="gauss-newton")


def measured(task, seeds):
    """log Z, its symmetric copies added, BIC and held-out loss (seeds, widths)."""
    rows = np.empty((4, seeds, len(task.widths)))
    for seed in range(seeds):
        data, other = task.made(seed)
        for k, width in enumerate(task.widths):
            net = fn.Network([data.x.shape[1], width, data.y.shape[1]])
            found = trained(net, task.loss, data, seed)
            held = fn.Potential(net, task.loss, other).value(found.W)
            copies = math.lgamma(width + 1) + width * math.log(2)
            rows[:, seed, k] = found.log_Z, found.log_Z + copies, found.bic, held
        print(task.name, seed, *(f"{z:.1f}" for z in rows[0, seed]), flush=True)
    return rows


def choices(rows, widths):
    """By each criterion the widths that are taken (seeds,), and what they cost on the mean."""
    z, copies, bic, held = rows
    taken = {
        "evidence": z.argmax(axis=1),
        "evidence, copies counted": copies.argmax(axis=1),
        "BIC": bic.argmax(axis=1),
        "largest": np.full(len(z), len(widths) - 1),
        "held out": held.argmin(axis=1),
    }
    seeds = np.arange(len(held))
    least = held.min(axis=1)
    return {
        name: (np.array(widths)[k], float(np.mean(held[seeds, k] / least - 1)))
        for name, k in taken.items()
    }


def rank_correlation(a, b):
    """Spearman's."""
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def draw(results):
    """For each task log Z and BIC above, held-out loss beneath, against width."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 6.2), dpi=90, layout="constrained")
        axes = figure.subplots(2, len(results), squeeze=False, sharex="col")
        for (above, beneath), (task, rows) in zip(axes.T, results):
            z, _, bic, held = rows
            for i, (values, label) in enumerate(((z, "log Z"), (bic, "BIC"))):
                ours = values - values.max(axis=1, keepdims=True)
                line(above, i, task.widths, np.median(ours, axis=0), label, marker="o")
            above.set(title=f"{task.name}, {len(z)} seeds", ylabel="below its best (median)")
            above.set_ylim(1.05 * np.median(z - z.max(axis=1, keepdims=True), axis=0).min() - 20, 5)
            for row in held:
                beneath.plot(task.widths, row, color="#aaaaaa", linewidth=0.6)
            line(beneath, 0, task.widths, np.median(held, axis=0), "median", marker="o")
            beneath.set(ylabel="held-out loss", xlabel="hidden units", xscale="log")
            beneath.set_xticks(task.widths, [str(w) for w in task.widths])
            beneath.minorticks_off()
            above.legend()
            below(beneath)
    return figure


def main():
    """Train, compare, say what comes out, draw."""
    parser = command(__file__, __doc__)
    parser.add_argument("--quick", action="store_true", help="fewer seeds and widths, for a look")
    options = parser.parse_args()
    results = []
    for task in TASKS:
        if options.quick:
            task = task._replace(widths=task.widths[:3], seeds=2)
        rows = measured(task, task.seeds)
        results.append((task, rows))
        print(f"\n{task.name}: widths taken, and held-out loss above the least of all widths")
        for name, (taken, cost) in choices(rows, task.widths).items():
            print(f"  {name:26} median {np.median(taken):g}, {100 * cost:.1f} %")
        ranks = [rank_correlation(-z, held) for z, held in zip(rows[0], rows[3])]
        print(f"  rank correlation of −log Z and held-out loss: {np.mean(ranks):.2f}\n")
    draw(results).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
