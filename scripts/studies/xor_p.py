"""Which units and which mechanics learn a − b mod p? Solved rates of XOR_p, a page and its figure.

    python scripts/studies/xor_p.py [-o FOLDER] [--quick]

One hidden layer of p neurons on the one-hot pairs (a, b), all p² of them in one batch (D. and
J. Thierry-Mieg, arXiv:1812.07538). A run has solved the table when the count of its right answers
is p². Everything is a sweep over seeds: first each mechanics with each activation at p = 7, at the
best of a few steps; then how far the activations come under Adam as p grows.
"""

from textwrap import fill
from typing import NamedTuple

import numpy as np
from command import write_page

import flownet as fn
from flownet.desk.plot._style import STYLE, look

EVERY = 10  # iterations between two counts of right answers
ADAM = 0.02
#: mechanics, the word that files know them by, and the steps among which each takes its best
MECHANICS = {
    "Aristotle": ({"kind": "aristotle"}, (0.3, 1.0, 3.0)),
    "Newton": ({"kind": "newton", "momentum": 0.9}, (0.3, 0.6, 1.0)),
    "Nesterov": ({"kind": "nesterov"}, (0.1, 0.3, 1.0)),
    "RMSProp": ({"kind": "rmsprop"}, (0.003, 0.01, 0.03)),
    "Adam": ({"kind": "adam"}, (0.01, 0.02, 0.05)),
    "AdamW": ({"kind": "adamw"}, (0.01, 0.02, 0.05)),
    "Langevin": ({"kind": "langevin", "temperature": 1e-5}, (0.3, 1.0, 3.0)),
    "Thierry-Mieg": ({"kind": "thierry-mieg", "mass": 0.1, "memory2": 0.999}, (0.02, 0.05, 0.1)),
}


class Cell(NamedTuple):
    """Of one activation under one mechanics: the share of seeds that solve, when, at which step."""

    solved: float
    median: float
    step: float


class Results(NamedTuple):
    """The two tables, and how they were made."""

    p: int
    seeds: int
    steps: int
    grid: dict  # (mechanics, activation) to Cell
    growth: dict  # (p, activation) to (Cell, seeds, steps)


def experiment(p, mechanics, steps):
    """XOR_p with p hidden neurons, that ends when all p² answers are right."""
    data = fn.data.load("xor-p", p=p)
    potential = fn.Potential(fn.Network([2 * p, p, p]), fn.CrossEntropy(), data)
    tables = fn.Experiment.of(potential, fn.Adam(ADAM), steps=steps).tables
    all_right = {"kind": "accuracy"}
    return {
        **tables,
        "mechanics": {**mechanics, "step": 1.0},
        "stop": [
            {"kind": "reached", "observable": all_right, "above": 1 - 0.5 / p**2, "every": EVERY}
        ],
    }


def solved_of(p, mechanics, activations, sizes, seeds, steps):
    """Whether (activations, steps, seeds) solved, and after how many iterations."""
    axes = {
        "network.activation": list(activations),
        "mechanics.step": list(sizes),
        "run.seed": list(range(seeds)),
    }
    found = fn.sweep(experiment(p, mechanics, steps), axes=axes)
    return found.steps < steps, found.steps  # a member that has all answers right has stopped


def best(solved, when, sizes):
    """The cell at the step at which most seeds solve, the soonest of them."""
    rate = solved.mean(axis=1)
    median = [np.median(w[s]) if s.any() else np.inf for s, w in zip(solved, when)]
    i = min(range(len(sizes)), key=lambda k: (-rate[k], median[k]))
    return Cell(float(rate[i]), float(median[i]), float(sizes[i]))


#: p, seeds and iterations at most
GROWTH = [
    (2, 20, 1500),
    (3, 20, 1500),
    (5, 20, 1500),
    (7, 20, 1500),
    (11, 20, 1500),
    (23, 8, 1000),
    (47, 3, 400),
]


def results(quick=False):
    """Both tables."""
    p, seeds, steps = (5, 3, 300) if quick else (7, 10, 1500)
    activations = [name for name in fn.ACTIVATIONS if name != "identity"]
    grid = {}
    for name, (mechanics, sizes) in MECHANICS.items():
        solved, when = solved_of(p, mechanics, activations, sizes, seeds, steps)
        for activation, *of in zip(activations, solved, when):
            grid[name, activation] = best(*of, sizes)
        print(name, *(f"{a} {grid[name, a].solved:.2f}" for a in activations), flush=True)
    growth = {}
    for q, count, most in GROWTH[:3] if quick else GROWTH:
        solved, when = solved_of(q, {"kind": "adam"}, activations, [ADAM], count, most)
        for activation, *of in zip(activations, solved, when):
            growth[q, activation] = best(*of, [ADAM]), count, most
        print(q, *(f"{a} {growth[q, a][0].solved:.2f}" for a in activations), flush=True)
    return (Results(p, seeds, steps, grid, growth),)


def draw(found):
    """Solved rates: left of each mechanics and activation, right as p grows."""
    import matplotlib
    from matplotlib.figure import Figure

    names, activations = list(MECHANICS), list(dict.fromkeys(a for _, a in found.grid))
    rates = np.array([[found.grid[n, a].solved for a in activations] for n in names])
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10.0, 4.4), dpi=110, layout="constrained")
        left, right = figure.subplots(1, 2)
        shown = left.imshow(rates, cmap="gray", vmin=0, vmax=1, aspect="auto")
        left.set_xticks(range(len(activations)), activations, rotation=30)
        left.set_yticks(range(len(names)), names)
        left.grid(False)
        for i, row in enumerate(rates):
            for j, rate in enumerate(row):
                ink = "black" if rate > 0.5 else "white"
                left.text(j, i, f"{rate:.1f}", ha="center", va="center", color=ink, fontsize=9)
        left.set_title(f"share of {found.seeds} seeds that solve p = {found.p}")
        figure.colorbar(shown, ax=left, label="solved")
        sizes = sorted({q for q, _ in found.growth})
        for i, a in enumerate(activations):
            curve = [found.growth[q, a][0].solved for q in sizes]
            right.plot(sizes, curve, marker="o", markersize=3, label=a, **look(i))
        right.set(xscale="log", xlabel="p", ylabel="solved", title=f"Adam, step {ADAM}")
        right.set_xticks(sizes, [str(q) for q in sizes])
        right.minorticks_off()
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncol=4)
    return figure


COMMAND = "python scripts/studies/xor_p.py"
HEAD = f"""# Which units and which mechanics learn a − b mod p?

    {COMMAND}

wrote this page and its figure; every number is from that run.

![Solved rates by mechanics and activation, and as p grows](figures/xor_p.png)

XOR_p is the table of a − b mod p, a and b one-hot, p² samples of p classes (D. and J. Thierry-Mieg,
arXiv:1812.07538, of which the abstract alone was read: inputs, initial weights and steps here are
our own). One hidden layer of p neurons with biases, D = 3p² + 2p parameters, cross-entropy, all p²
samples in one batch. A run has solved it when the *count* of its right answers is p², looked at
every {EVERY} iterations."""


def cell_words(cell):
    """The share that solves and the median of when, as a table says it."""
    return f"{cell.solved:.2f} ({cell.median:.0f})" if cell.solved else "0"


def markdown(heads, rows):
    """A table of texts."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(found):
    """The page as Markdown."""
    activations = list(dict.fromkeys(a for _, a in found.grid))
    grid = markdown(
        ["p = " + str(found.p), *activations],
        [[n, *(cell_words(found.grid[n, a]) for a in activations)] for n in MECHANICS],
    )
    steps = markdown(
        ["step", *activations],
        [
            [
                n,
                *(
                    f"{found.grid[n, a].step:g}" if found.grid[n, a].solved else ""
                    for a in activations
                ),
            ]
            for n in MECHANICS
        ],
    )
    sizes = sorted({q for q, _ in found.growth})
    growth = markdown(
        ["p", "seeds", "at most", *activations],
        [
            [
                str(q),
                *map(str, found.growth[q, activations[0]][1:]),
                *(cell_words(found.growth[q, a][0]) for a in activations),
            ]
            for q in sizes
        ],
    )
    return "\n\n".join(
        [
            HEAD,
            "## Mechanics and activations",
            fill(
                f"Share of {found.seeds} seeds that solve within {found.steps} iterations, and in "
                "brackets the median of the iterations that it took them, at the best of three "
                "steps:",
                98,
            ),
            grid,
            "The step at which that was, of the three that were tried:",
            steps,
            "## As p grows",
            f"The same under Adam with step {ADAM}:",
            growth,
            said(found) + "\n",
        ]
    )


def said(found):
    """What the tables say, from their numbers."""
    activations = list(dict.fromkeys(a for _, a in found.grid))
    mean = {a: np.mean([found.grid[n, a].solved for n in MECHANICS]) for a in activations}
    of = {n: np.mean([found.grid[n, a].solved for a in activations]) for n in MECHANICS}
    largest = max(q for q, _ in found.growth)
    far = [a for a in activations if found.growth[largest, a][0].solved == 1]
    units, ways = (
        ", ".join(f"{name} {share[name]:.2f}" for name in sorted(share, key=lambda k: -share[k]))
        for share in (mean, of)
    )
    soonest = min(found.grid, key=lambda key: (-found.grid[key].solved, found.grid[key].median))
    return "\n\n".join(
        [
            "## What they say",
            fill(f"Mean share over the mechanics: {units}.", 98),
            fill(f"Mean share over the activations: {ways}.", 98),
            fill(
                f"Soonest of those that all seeds solve: {soonest[0]} with {soonest[1]}, after "
                f"{found.grid[soonest].median:.0f} iterations (median). At p = {largest} each seed "
                f"solves with {', '.join(far) or 'none'}: what is hard is a small p.",
                98,
            ),
        ]
    )


if __name__ == "__main__":
    write_page(__file__, __doc__, results, draw, page)
