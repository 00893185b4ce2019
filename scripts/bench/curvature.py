"""`bench curvature`: a Hessian action against JAX and PyTorch; derivatives in own gradients.

Everybody keeps the state at W where they can, and applies H to the same vectors: flownet as
`potential.hessian(W) @ v` or to a block of vectors, JAX by `jax.linearize` of its gradient, jitted,
one vector a call or a block at once (`vmap`, `lax.map`), PyTorch by a second backward through a
gradient whose graph is kept. Like is compared with like: one vector a call with one a call, and the
quickest way of the one with the quickest way of the other. Times are for one vector.
"""

from collections import namedtuple
from functools import partial
from statistics import median

import numpy as np
from actions import COLUMNS, CONTESTANTS, at_once
from cases import AGREEMENT, made, make_case, potential_of, wanted
from turns import doubt_columns, median_ratio, microseconds, quickest, steps_for_each

#: a network, its samples and loss, vectors in a block, and how far ahead of a peer it has to be
Problem = namedtuple("Problem", "name sizes batch loss block jax pytorch")

#: a network, its samples, and the most that each derivative may cost in gradients of one's own
Costs = namedtuple("Costs", "name sizes batch targets")

ACTIONS = [
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic", 32, 1.4, 8.0),
    Problem("digits", (64, 32, 10), 64, "cross-entropy", 32, 1.4, 8.0),
    Problem("digits", (64, 32, 10), 1797, "cross-entropy", 32, None, None),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy", 8, 1 / 1.07, None),
]
JETS = {f"jet {K}": 1.3 * (2 * K + 1) / 3 for K in (1, 2, 3, 6)}
COSTS = [
    Costs("digits", (64, 32, 10), 1797, {"third": 4.0, **JETS, "diagonal": 2.0}),
    Costs("digits", (64, 32, 32, 10), 1797, {"third": 4.0, **JETS, "diagonal": 5.0}),
    Costs("mnist", (784, 128, 10), 256, {"action": 1.3, "third": 4.0, **JETS}),
    Costs("512", (784, 512, 512, 10), 256, {"action": 2.3, "third": 4.0, **JETS}),
]
DERIVATIVES = ("action", "third", *JETS, "diagonal")
RATIOS = ("JAX/one", "JAX/best", "PyTorch/", "grads")


def agree(name, contestants, tolerance):
    """Refuse to compare contestants that do different work."""
    found = {who[0]: c.answer() for who, c in contestants.items() if c.answer}
    for who, HV in found.items():
        error = np.abs(HV - found["flownet"]).max() / np.abs(found["flownet"]).max()
        if not error <= tolerance:
            raise SystemExit(f"{name}: {who} and flownet differ by {error:.1e} of the largest")


def timed(runs, options):
    """Microseconds {name: [one a round]} of a call, of functions run(n) that make n calls."""
    return microseconds(runs, steps_for_each(runs, options.seconds, least=1), options.rounds)


def time_actions(problem, options):
    """One row: microseconds a vector of every column in every round, and the ratios."""
    case = make_case(problem.sizes, problem.batch, problem.loss, options.dtype)
    D = sum(weights.size + bias.size for weights, bias in case.layers)
    V = np.random.default_rng(1).standard_normal((problem.block, D)).astype(options.dtype)
    contestants = made(CONTESTANTS, case, V)
    agree(problem.name, contestants, AGREEMENT[options.dtype])
    taken = timed({who: c.run for who, c in contestants.items()}, options)
    micros = quickest(
        {who: [t / contestants[who].vectors for t in times] for who, times in taken.items()}
    )
    ratios = {"grads": median_ratio(micros["flownet"], micros["gradient"])}
    if "JAX" in micros:
        ratios["JAX/one"] = median_ratio(micros["JAX"], micros["flownet"])
        ratios["JAX/best"] = median_ratio(
            _quicker(micros, "JAX", "JAX block"), _quicker(micros, "flownet", "block")
        )
    if "PyTorch" in micros:
        ratios["PyTorch/"] = median_ratio(micros["PyTorch"], micros["flownet"])
    return {
        "name": problem.name,
        "batch": problem.batch,
        "parameters": D,
        "microseconds": micros,
        "ratios": ratios,
        "targets": {"JAX/one": problem.jax, "JAX/best": problem.jax, "PyTorch/": problem.pytorch},
    }


def _quicker(micros, *names):
    """The quicker of some columns."""
    return min((micros[name] for name in names), key=median)


def calls(potential, W, V):
    """Every derivative by its column, as a function of no arguments; the first is the yardstick."""
    H = potential.hessian(W)
    return {
        "gradient": lambda: potential.differential(W),
        "action": lambda: H @ V,
        "third": lambda: potential.third_action(W, V),
        **{name: partial(potential.jet, W, V, int(name.split()[1])) for name in JETS},
        "diagonal": lambda: potential.hessian_diagonal(W),
    }


def time_costs(costs, options):
    """One row: what each derivative takes in gradients, of those that have a target."""
    case = make_case(costs.sizes, costs.batch, "cross-entropy", options.dtype)
    potential, W = potential_of(case)
    V = np.random.default_rng(1).standard_normal(W.size).astype(options.dtype)
    micros = timed(
        {
            name: at_once(call, None, 1).run
            for name, call in calls(potential, W, V).items()
            if name in ("gradient", "action", *costs.targets)
        },
        options,
    )
    return {
        "name": "-".join(map(str, costs.sizes)),
        "batch": costs.batch,
        "parameters": int(W.size),
        "microseconds": micros,
        "targets": costs.targets,
        "gradients": {
            name: median_ratio(times, micros["gradient"])
            for name, times in micros.items()
            if name != "gradient"
        },
    }


def bench_curvature(options):
    """Hessian actions against JAX and PyTorch; derivatives in gradients of one's own."""
    print(
        f"µs a Hessian action, {options.dtype}, tanh, state at W kept; median of "
        f"{options.rounds} rounds in turns\n{'network':<9}{'batch':>5}"
        + "".join(f"{name:>10}" for name in COLUMNS)
        + "".join(f"{name:>10}" for name in RATIOS[:3])
        + f"{RATIOS[3]:>6}"
    )
    rows = []
    for problem in wanted(ACTIONS, options):
        rows.append(time_actions(problem, options))
        print(_action_line(rows[-1]), flush=True)
    print(
        "block: vectors at once. Ratios, beside what is asked: one vector a call over one H @ v, "
        "and best\nover best; grads: one H @ v in gradients\n\n"
        f"What derivatives cost in gradients, beside what is allowed\n{'network':<15}"
        f"{'batch':>5}{'µs':>7}" + "".join(f"{name:>10}" for name in DERIVATIVES)
    )
    for costs in wanted(COSTS, options):
        rows.append(time_costs(costs, options))
        print(_cost_line(rows[-1]), flush=True)
    doubt_columns(rows)
    return rows


def _action_line(row):
    middles = [median(row["microseconds"].get(name, [np.nan])) for name in COLUMNS]
    cells = ["–" if np.isnan(t) else f"{t:.0f}" if t > 1000 else f"{t:.4g}" for t in middles]
    ratios = [_with_target(row["ratios"].get(name), row["targets"].get(name)) for name in RATIOS]
    return (
        f"{row['name']:<9}{row['batch']:>5}"
        + "".join(f"{cell:>10}" for cell in cells)
        + "".join(f"{ratio:>10}" for ratio in ratios[:3])
        + f"{ratios[3]:>6}"
    )


def _cost_line(row):
    cells = [
        _with_target(row["gradients"].get(name), row["targets"].get(name)) for name in DERIVATIVES
    ]
    return (
        f"{row['name']:<15}{row['batch']:>5}{median(row['microseconds']['gradient']):>7.0f}"
        + "".join(f"{cell:>10}" for cell in cells)
    )


def _with_target(value, target):
    if value is None:
        return "–"
    return f"{value:.3g}/{target:.2g}" if target else f"{value:.3g}"
