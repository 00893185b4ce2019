"""`bench products`: a Gauss–Newton product against curvlinops, PyTorch and JAX, and in gradients.

Everybody applies F = JᵀGJ of the same network at the same W to the same vectors, in turns, and
keeps what it can: flownet the state of every unit, JAX the network linearized and transposed at W,
jitted; PyTorch and curvlinops go forward anew. Like is compared with like, one vector a call, and
the quickest way of the one with the quickest of the other. Times are for one vector.
"""

from functools import partial
from statistics import median

import numpy as np
from actions import at_once, gradient, one_by_one
from cases import AGREEMENT, joined, made, make_case, potential_of, split, wanted
from curvature import Problem, agree, timed
from losses import jax_loss, on_threads
from turns import doubt_columns, median_ratio, quickest

PROBLEMS = [
    Problem("digits", (64, 32, 10), 1797, "cross-entropy", 8, 1.0, None),
    Problem("digits", (64, 32, 10), 64, "cross-entropy", 8, 1.0, None),
    Problem("2-16-16-3", (2, 16, 16, 3), 32, "cross-entropy", 8, 1.0, None),
    Problem("512", (784, 512, 512, 10), 256, "cross-entropy", 2, 1.0, None),
]
MOST, AHEAD = 1.5, 3.0  # gradients of one's own that a product may cost; ahead of curvlinops


def flownet(case, V):
    """flownet, one vector a call."""
    potential, W = potential_of(case)
    F = potential.gauss_newton(W)
    return one_by_one(lambda v: F @ v, list(V), lambda: np.array([F @ v for v in V]))


def flownet_block(case, V):
    """flownet, all vectors as rows of a matrix."""
    potential, W = potential_of(case)
    F = potential.gauss_newton(W)
    return at_once(lambda: F.action(V), lambda: F.action(V), len(V))


def jax_one(case, V, kept=True):
    """JAX: pushforward, the softmax's curvature, pullback; linearized at W, or all in one call."""
    import jax
    import jax.numpy as jnp

    jax_loss(case)  # which sets JAX's precision
    x, W = jnp.asarray(case.x), jax.tree.map(jnp.asarray, case.layers)

    def outputs(layers):
        a = x
        for weights, bias in layers[:-1]:
            a = jnp.tanh(a @ weights.T + bias)
        return a @ layers[-1][0].T + layers[-1][1]

    def bent(y, dy):
        p = jax.nn.softmax(y)
        return p * (dy - (p * dy).sum(1, keepdims=True)) / len(x)

    y, push = jax.linearize(outputs, W)
    pull = jax.linear_transpose(push, W)

    def anew(v):
        y, dy = jax.jvp(outputs, (W,), (v,))
        return jax.vjp(outputs, W)[1](bent(y, dy))[0]

    product = jax.jit((lambda v: pull(bent(y, push(v)))[0]) if kept else anew)
    vectors = [jax.tree.map(jnp.asarray, split(case, v)) for v in V]
    return one_by_one(
        lambda v: jax.block_until_ready(product(v)),
        vectors,
        lambda: np.array([joined(product(v)) for v in vectors]),
    )


def _module(case):
    """The network as a module of PyTorch, with its data."""
    import torch

    layers = []
    for weights, bias in case.layers:
        layer = torch.nn.Linear(weights.shape[1], weights.shape[0], dtype=torch.tensor(bias).dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weights))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, torch.nn.Tanh()]
    x, y = torch.tensor(case.x), torch.tensor(case.y.argmax(axis=1))
    return torch.nn.Sequential(*layers[:-1]), x, y


def pytorch(case, V, threads=None):
    """PyTorch's functions: jvp, the softmax's curvature, vjp."""
    import torch
    from torch.func import functional_call, jvp, vjp

    module, x, _ = _module(case)
    W = {name: part.detach() for name, part in module.named_parameters()}
    vectors = [
        dict(zip(W, (torch.tensor(part) for layer in split(case, v) for part in layer))) for v in V
    ]

    def outputs(W):
        return functional_call(module, W, x)

    def act(v):
        y, dy = jvp(outputs, (W,), (v,))
        p = torch.softmax(y, 1)
        return vjp(outputs, W)[1](p * (dy - (p * dy).sum(1, keepdim=True)) / len(x))[0]

    def answer():
        return np.array(
            [np.concatenate([g.numpy().ravel() for g in act(v).values()]) for v in vectors]
        )

    one = one_by_one(act, vectors, answer)
    return one._replace(run=on_threads(one.run, threads))


def curvlinops(case, V, threads=None):
    """curvlinops' GGNLinearOperator."""
    import torch
    from curvlinops import GGNLinearOperator

    module, x, y = _module(case)
    parameters = [part for part in module.parameters() if part.requires_grad]
    F = GGNLinearOperator(
        module, torch.nn.CrossEntropyLoss(), parameters, [(x, y)], check_deterministic=False
    )
    vectors = [torch.tensor(v) for v in V]
    one = one_by_one(
        lambda v: F @ v, vectors, lambda: np.array([(F @ v).detach().numpy() for v in vectors])
    )
    return one._replace(run=on_threads(one.run, threads))


#: columns of the table: the ways to run each, with the package that it needs
CONTESTANTS = {
    "flownet": [(flownet, None)],
    "block": [(flownet_block, None)],
    "JAX": [(jax_one, "jax"), (partial(jax_one, kept=False), "jax")],
    "PyTorch": [(pytorch, "torch"), (partial(pytorch, threads=1), "torch")],
    "curvlinops": [(curvlinops, "curvlinops"), (partial(curvlinops, threads=1), "curvlinops")],
    "gradient": [(gradient, None)],
}


def time_products(problem, options):
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
    return {
        "name": problem.name,
        "batch": problem.batch,
        "parameters": D,
        "microseconds": micros,
        "gradients": median_ratio(micros["flownet"], micros["gradient"]),
        "ratios": {
            who: median_ratio(micros[who], micros["flownet"])
            for who in ("JAX", "PyTorch", "curvlinops")
            if who in micros
        },
        "targets": {"gradients": MOST, "JAX": problem.jax, "curvlinops": AHEAD},
    }


def bench_products(options):
    """Gauss–Newton products against curvlinops, PyTorch and JAX; in gradients of one's own."""
    print(
        f"µs a Gauss–Newton product, {options.dtype}, tanh; median of {options.rounds} rounds in "
        f"turns\n{'network':<10}{'batch':>6}"
        + "".join(f"{name:>11}" for name in CONTESTANTS)
        + f"{'grads':>7}{'JAX/':>7}{'PyTorch/':>9}{'curvlinops/':>12}"
    )
    rows = []
    for problem in wanted(PROBLEMS, options):
        rows.append(time_products(problem, options))
        print(_line(rows[-1]), flush=True)
    print(
        f"grads: one F @ v in gradients of flownet's own, at most {MOST:g}; peers over flownet, "
        f"curvlinops at least {AHEAD:g}"
    )
    doubt_columns(rows)
    return rows


def _line(row):
    middles = [median(row["microseconds"].get(name, [np.nan])) for name in CONTESTANTS]
    ratios = [row["ratios"].get(name) for name in ("JAX", "PyTorch", "curvlinops")]
    shown = ["–" if ratio is None else f"{ratio:.2f}" for ratio in ratios]
    return (
        f"{row['name']:<10}{row['batch']:>6}"
        + "".join(f"{'–' if np.isnan(t) else f'{t:.4g}':>11}" for t in middles)
        + f"{row['gradients']:>7.2f}{shown[0]:>7}{shown[1]:>9}{shown[2]:>12}"
    )
