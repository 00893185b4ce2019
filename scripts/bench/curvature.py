"""`bench curvature`: a Hessian action against JAX and PyTorch; derivatives in own gradients.

Everybody keeps the state at W where they can, and applies H to the same vectors: flownet as
`potential.hessian(W) @ v` or to a block of vectors, JAX by `jax.linearize` of its gradient, jitted,
one vector a call or a block at once (`vmap`, `lax.map`), PyTorch by a second backward through a
gradient whose graph is kept. Like is compared with like: one vector a call with one a call, and the
quickest way of the one with the quickest way of the other. Times are for one vector.
"""

from collections import namedtuple
from functools import partial
from importlib.util import find_spec
from statistics import median

import numpy as np
from peers import Case, jax_loss, joined, potential_of, torch_threads
from turns import in_turns, median_ratio, steps_for

import flownet as fn

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
AGREEMENT = {"float32": 1e-4, "float64": 1e-10}  # of the largest entry of H·v
RATIOS = ("JAX/one", "JAX/best", "PyTorch/", "grads")
UNSTEADY = 1.5  # slowest over quickest round, from which a row is doubtful


def make_case(sizes, batch, loss, dtype):
    """Real digits or random data, and a point W as layers; the same for everybody."""
    random = np.random.default_rng(0)
    if sizes[0] == 64 and sizes[-1] == 10:
        data = fn.data.load("digits", limit=batch)
        x, y = data.x, data.y
    else:
        x, n = random.standard_normal((batch, sizes[0])), sizes[-1]
        y = (
            np.eye(n)[random.integers(n, size=batch)]
            if loss == "cross-entropy"
            else random.standard_normal((batch, n))
        )
    layers = [
        (
            (random.standard_normal((out, into)) / np.sqrt(into)).astype(dtype),
            (random.standard_normal(out) / 10).astype(dtype),
        )
        for into, out in zip(sizes, sizes[1:])
    ]
    return Case(x.astype(dtype), y.astype(dtype), layers, None, loss)


def split(case, V):
    """A flat vector (D,) as layers, or a block (R, D) as layers with a leading axis."""
    parts, at = [], 0
    for weights, bias in case.layers:
        pair = []
        for part in (weights, bias):
            pair.append(V[..., at : at + part.size].reshape(*V.shape[:-1], *part.shape))
            at += part.size
        parts.append(tuple(pair))
    return parts


# Contestants, each from a case and vectors V (R, D): run(n) makes n calls, answer() is HV (R, D),
# and a call is for `vectors` of them

Contestant = namedtuple("Contestant", "run answer vectors")


def one_by_one(act, vectors, answer):
    """Contestant that takes one vector a call, in turn."""

    def run(n):
        for i in range(n):
            act(vectors[i % len(vectors)])

    return Contestant(run, answer, 1)


def at_once(act, answer, vectors):
    """Contestant that takes all vectors in one call."""

    def run(n):
        for _ in range(n):
            act()

    return Contestant(run, answer, vectors)


def flownet(case, V):
    """flownet, one vector a call."""
    potential, W = potential_of(case)
    H = potential.hessian(W)
    return one_by_one(lambda v: H @ v, list(V), lambda: np.array([H @ v for v in V]))


def flownet_block(case, V):
    """flownet, all vectors as columns of a matrix."""
    potential, W = potential_of(case)
    H, columns = potential.hessian(W), V.T
    return at_once(lambda: H @ columns, lambda: (H @ columns).T, len(V))


def gradient(case, V):
    """flownet's differential, a yardstick: its answer is none."""
    potential, W = potential_of(case)
    return at_once(lambda: potential.differential(W), None, 1)


def _jax_linear(case):
    """JAX's v ↦ H·v as layers ↦ layers, linearized at W and not yet compiled."""
    import jax

    loss = jax_loss(case)
    return jax.linearize(jax.grad(loss), jax.tree.map(jax.numpy.asarray, case.layers))[1]


def jax_one(case, V):
    """JAX, one vector a call."""
    import jax

    linear = jax.jit(_jax_linear(case))
    vectors = [jax.tree.map(jax.numpy.asarray, split(case, v)) for v in V]
    return one_by_one(
        lambda v: jax.block_until_ready(linear(v)),
        vectors,
        lambda: np.array([joined(linear(v)) for v in vectors]),
    )


def jax_block(case, V, mapped="vmap"):
    """JAX, all vectors in one call, side by side or in a compiled loop."""
    import jax

    linear = _jax_linear(case)
    block = jax.jit(jax.vmap(linear) if mapped == "vmap" else partial(jax.lax.map, linear))
    vectors = jax.tree.map(jax.numpy.asarray, split(case, V))

    def answer():
        return np.concatenate(
            [np.asarray(part).reshape(len(V), -1) for layer in block(vectors) for part in layer],
            axis=1,
        )

    return at_once(lambda: jax.block_until_ready(block(vectors)), answer, len(V))


def pytorch(case, V, threads=None):
    """PyTorch, a second backward through the gradient's graph, one vector a call."""
    import torch
    from torch.nn.functional import cross_entropy, linear, mse_loss

    threads = threads or torch_threads()
    x, y = torch.from_numpy(case.x), torch.from_numpy(case.y)
    W = [torch.tensor(part, requires_grad=True) for layer in case.layers for part in layer]
    a = x
    for i in range(0, len(W) - 2, 2):
        a = torch.tanh(linear(a, W[i], W[i + 1]))
    a = linear(a, *W[-2:])
    loss = (
        mse_loss(a, y, reduction="sum") * (0.5 / len(x))
        if case.loss == "quadratic"
        else cross_entropy(a, y.argmax(dim=1))
    )
    dL = torch.autograd.grad(loss, W, create_graph=True)
    vectors = [[torch.tensor(part) for layer in split(case, v) for part in layer] for v in V]

    def act(v):
        return torch.autograd.grad(dL, W, v, retain_graph=True)

    one = one_by_one(
        act,
        vectors,
        lambda: np.array([np.concatenate([g.numpy().ravel() for g in act(v)]) for v in vectors]),
    )

    def run(n):
        torch.set_num_threads(threads)  # another contestant on the same OpenMP may have set it
        one.run(n)

    return one._replace(run=run)


#: columns of the table: the ways to run each, with the package that it needs
CONTESTANTS = {
    "flownet": [(flownet, None)],
    "block": [(flownet_block, None)],
    "JAX": [(jax_one, "jax")],
    "JAX block": [(jax_block, "jax"), (partial(jax_block, mapped="map"), "jax")],
    "PyTorch": [(pytorch, "torch"), (partial(pytorch, threads=1), "torch")],
    "gradient": [(gradient, None)],
}
COLUMNS = [name for name in CONTESTANTS if name != "gradient"]


def made(case, V):
    """Contestants {(column, way): contestant} of those whose package is installed."""
    return {
        (column, way): make(case, V)
        for column, ways in CONTESTANTS.items()
        for way, (make, package) in enumerate(ways)
        if package is None or find_spec(package)
    }


def agree(name, contestants, tolerance):
    """Refuse to compare contestants that do different work."""
    found = {who[0]: c.answer() for who, c in contestants.items() if c.answer}
    for who, HV in found.items():
        error = np.abs(HV - found["flownet"]).max() / np.abs(found["flownet"]).max()
        if not error <= tolerance:
            raise SystemExit(f"{name}: {who} and flownet differ by {error:.1e} of the largest")


def turns(runs, options):
    """Microseconds {name: [one a round]} of a call, of functions run(n) that make n calls."""
    n = {name: steps_for(run, options.seconds, least=1) for name, run in runs.items()}
    taken = in_turns({name: partial(run, n[name]) for name, run in runs.items()}, options.rounds)
    return {name: [1e6 * t / n[name] for t in times] for name, times in taken.items()}


def time_actions(problem, options):
    """One row: microseconds a vector of every column in every round, and the ratios."""
    case = make_case(problem.sizes, problem.batch, problem.loss, options.dtype)
    D = joined(case.layers).size
    V = np.random.default_rng(1).standard_normal((problem.block, D)).astype(options.dtype)
    contestants = made(case, V)
    agree(problem.name, contestants, AGREEMENT[options.dtype])
    taken = turns({who: c.run for who, c in contestants.items()}, options)
    taken = {who: [t / contestants[who].vectors for t in times] for who, times in taken.items()}
    micros = {}  # of a column's ways the quickest
    for who in sorted(taken, key=lambda who: -median(taken[who])):
        micros[who[0]] = taken[who]
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
    micros = turns(
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
    for problem in ACTIONS:
        if not options.only or problem.name in options.only:
            rows.append(time_actions(problem, options))
            print(_action_line(rows[-1]), flush=True)
    print(
        "block: vectors at once. Ratios, beside what is asked: one vector a call over one H @ v, "
        "and best\nover best; grads: one H @ v in gradients\n\n"
        f"What derivatives cost in gradients, beside what is allowed\n{'network':<15}"
        f"{'batch':>5}{'µs':>7}" + "".join(f"{name:>10}" for name in DERIVATIVES)
    )
    for costs in COSTS:
        if not options.only or costs.name in options.only:
            rows.append(time_costs(costs, options))
            print(_cost_line(rows[-1]), flush=True)
    timed = [times for row in rows for times in row["microseconds"].values()]
    unsteady = sum(max(times) > UNSTEADY * min(times) for times in timed)
    if unsteady:
        print(f"unsteady, do other programs run? {unsteady} of {len(timed)} timings")
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
