"""`bench sweep`: many runs at once, against JAX's and PyTorch's vmap and a loop over `train`.

The fractal's setting of Sohl-Dickstein (2402.06184): 16-16-1, tanh, no biases, 272 samples, the
full batch, a step of its own for each layer of each member. Steps are those of the part of the map
where nobody diverges: there every contestant does the same work.
"""

import sys
import time
from functools import partial
from statistics import median

import numpy as np
from cases import AGREEMENT, made
from turns import PAUSE, doubt, in_turns, median_ratio, near_quickest, quickest, seconds_of

import flownet as fn
from flownet.motion.members import MembersLoop, SinglesLoop

SIZES, SAMPLES, SIDE, STEPS = (16, 16, 1), 272, 64, 200
CHUNKS = (8, 16, 32, 64)  # members that JAX maps at a time: the quickest counts
CROSSING = [
    ((2, 16, 16, 1), 32), ((64, 32, 10), 64), ((64, 64, 10), 64), ((64, 64, 64, 10), 64),
    ((128, 128, 10), 64), ((128, 128, 128, 10), 64), ((784, 32, 10), 64), ((784, 64, 10), 64),
]  # fmt: skip
SCAN = {"steps": 40, "seeds": 10, "iterations": 500}


class Setting:
    """Data, a common start, and the steps (R, 2) of both layers of each member."""

    def __init__(self, dtype, side=SIDE, sizes=SIZES, samples=SAMPLES, count=STEPS):
        random, (n_in, n, n_out) = np.random.default_rng(0), sizes
        self.dtype, self.sizes, self.count = dtype, sizes, count
        self.x = random.standard_normal((samples, n_in)).astype(dtype)
        self.y = random.standard_normal((samples, n_out)).astype(dtype)
        self.layers = [
            (random.standard_normal((n, n_in)) * np.sqrt(2 / n_in)).astype(dtype),
            (random.standard_normal((n_out, n)) / n).astype(dtype),
        ]
        first, second = np.geomspace(1e-3, 1, side), np.geomspace(1e-4, 0.1, side)
        self.steps = np.stack(np.meshgrid(first, second, indexing="ij"), -1).reshape(-1, 2)
        self.axes = {"metric.stiffness.0": 1 / first, "metric.stiffness.1": 1 / second}


def flownet(setting, device="cpu"):
    """`fn.sweep`, with verdicts and last losses."""
    net = fn.Network(setting.sizes, bias=False, dtype=setting.dtype)
    data = fn.Dataset(setting.x, setting.y)
    experiment = fn.Experiment.of(
        fn.Potential(net, fn.Quadratic(), data), fn.Aristotle(1.0), steps=setting.count
    )
    W0 = np.concatenate([w.ravel() for w in setting.layers])

    def run():
        words = {"W0": W0, "progress": False, "device": device}
        return fn.sweep(experiment, axes=setting.axes, **words).loss.ravel()

    return run


def _jax_train(setting):
    """Training of one member, steps (2,) ↦ its last loss, to be mapped."""
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(setting.x), jnp.asarray(setting.y)

    def loss(layers):
        return 0.5 * jnp.mean((jnp.tanh(x @ layers[0].T) @ layers[1].T - y) ** 2)

    def train(steps):
        def step(layers, _):
            value, dL = jax.value_and_grad(loss)(layers)
            return [w - h * g for w, h, g in zip(layers, steps, dL)], value

        layers, _ = jax.lax.scan(step, list(map(jnp.asarray, setting.layers)), length=setting.count)
        return loss(layers)

    return train, jnp.asarray(setting.steps.astype(setting.dtype))


def jax_vmap(setting):
    """JAX as published: one vmap over all members."""
    import jax

    train, steps = _jax_train(setting)
    mapped = jax.jit(jax.vmap(train))
    return lambda: np.asarray(mapped(steps))


def jax_chunks(setting, size):
    """JAX tuned: `lax.map` over chunks of members that stay in the cache."""
    import jax

    train, steps = _jax_train(setting)
    mapped = jax.jit(lambda steps: jax.lax.map(train, steps, batch_size=size))
    return lambda: np.asarray(mapped(steps))


def torch_vmap(setting):
    """PyTorch: `func.vmap` of `func.grad`, step by step."""
    import torch
    from torch.func import grad, vmap

    x, y = torch.from_numpy(setting.x), torch.from_numpy(setting.y)
    steps = torch.from_numpy(setting.steps.astype(setting.dtype))

    def loss(w1, w2):
        return 0.5 * ((torch.tanh(x @ w1.T) @ w2.T - y) ** 2).mean()

    slope = vmap(grad(loss, argnums=(0, 1)))

    def run():
        R = len(steps)
        w1, w2 = (torch.from_numpy(w).expand(R, *w.shape).clone() for w in setting.layers)
        for _ in range(setting.count):
            d1, d2 = slope(w1, w2)
            w1 = w1 - steps[:, :1, None] * d1
            w2 = w2 - steps[:, 1:, None] * d2
        return vmap(loss)(w1, w2).numpy()

    return run


CONTESTANTS = {
    "flownet": [(flownet, None)],
    "JAX tuned": [(partial(jax_chunks, size=size), "jax") for size in CHUNKS],
    "JAX vmap": [(jax_vmap, "jax")],
    "PyTorch vmap": [(torch_vmap, "torch")],
}


def flops(sizes=SIZES, samples=SAMPLES):
    """Multiply-adds of one member's step, twice: forward, and back without the inputs."""
    n_in, n, n_out = sizes
    return 2 * samples * (2 * n_in * n + 3 * n * n_out)


def product_peak(dtype, n=1024):
    """GFLOP/s of NumPy's product of squares, on one thread and on all."""
    a = np.random.default_rng(0).standard_normal((n, n)).astype(dtype)
    found = []
    for threads in (1, None):
        with _blas(threads):
            a @ a
            found.append(2e-9 * n**3 / min(seconds_of(np.matmul, a, a) for _ in range(5)))
    return found


def _blas(threads):
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=threads, user_api="blas")


def bench_fractal(options):
    """Rows of the fractal's map: µs a member and step."""
    one, two = product_peak(options.dtype)
    setting = Setting(options.dtype)
    runs, losses = made(CONTESTANTS, setting), {}
    for name, run in runs.items():
        losses[name] = found = _told(name, run)
        apart = np.max(np.abs(found - losses["flownet", 0]) / losses["flownet", 0])
        if not apart < 10 * AGREEMENT[options.dtype]:
            raise SystemExit(f"{name[0]} differs from flownet by {apart:.1e}")
    runs = {name: runs[name] for name in near_quickest(in_turns(runs, 1))}
    best = quickest(in_turns(runs, options.rounds))
    members = len(setting.steps) * STEPS
    reached = flops() * members / median(best["flownet"]) * 1e-9
    print(
        f"{SIDE}×{SIDE} members, {'-'.join(map(str, SIZES))}, {SAMPLES} samples, {options.dtype}\n"
        f"NumPy's product: {one:.0f} GFLOP/s on one thread, {two:.0f} on all; flownet's sweep: "
        f"{reached:.0f}, {reached / two:.0%} of it\n{'':<14}{'µs a step':>10}{'ratio':>8}"
    )
    for name, times in best.items():
        ratio = median_ratio(times, best["flownet"])
        print(f"{name:<14}{1e6 * median(times) / members:>10.2f}{ratio:>8.2f}", flush=True)
    doubt({"the map": best["flownet"]})
    return {"seconds": best, "members": members, "gflops": reached, "peak": [one, two]}


def _told(name, run):
    """What a contestant finds, when it is there: minutes pass before the table."""
    began = time.perf_counter()
    found = run()
    own, way = name
    which = f", {CHUNKS[way]} members" if own == "JAX tuned" else ""
    seconds = time.perf_counter() - began
    print(f"{own}{which}: compiled and run in {seconds:.0f} s", file=sys.stderr, flush=True)
    return found


def bench_scan(options):
    """A scan of step sizes with several seeds, against the same loop over `train`."""
    data = fn.data.load("digits", limit=64)
    net = fn.Network([64, 32, 10], dtype=options.dtype)
    p = fn.Potential(net, fn.CrossEntropy(), data)
    steps = np.geomspace(0.01, 1, SCAN["steps"])
    N = SCAN["iterations"]
    experiment = fn.Experiment.of(p, fn.Aristotle(0.1), steps=N)
    axes = {"mechanics.step": steps, "run.seed": range(SCAN["seeds"])}

    def swept():
        return fn.sweep(experiment, axes=axes, progress=False).loss

    def looped():
        runs = [
            fn.train(p, fn.Aristotle(h), steps=N, seed=seed, progress=False).loss[-1]
            for h in steps
            for seed in range(SCAN["seeds"])
        ]
        return np.reshape(runs, (len(steps), -1))

    if not np.array_equal(swept(), looped()):
        raise SystemExit("the sweep is not the loop over train")
    taken = in_turns({"sweep": swept, "loop": looped}, max(2, options.rounds // 2))
    ratio = median_ratio(taken["loop"], taken["sweep"])
    members = len(steps) * SCAN["seeds"]
    print(
        f"{len(steps)} steps × {SCAN['seeds']} seeds of 64-32-10, {N} iterations: sweep "
        f"{median(taken['sweep']):.2f} s, a loop over train {median(taken['loop']):.2f} s, ratio "
        f"{ratio:.1f} ({1e6 * median(taken['sweep']) / members / N:.2f} µs a step)"
    )
    return {"seconds": taken, "ratio": ratio}


def bench_crossover(options):
    """Members in lanes against members one a thread, a core each: where the quicker one changes."""
    print(
        f"core-µs a step\n{'network':<16}{'samples':>8}{'D':>8}"
        f"{'lanes':>9}{'threads':>9}{'ratio':>7}"
    )
    rows = []
    for sizes, samples in CROSSING:
        micros = _both_kernels(sizes, samples, options)
        D = fn.Network(sizes).size
        rows.append({"sizes": sizes, "samples": samples, "D": D, "microseconds": micros})
        ratio = micros["threads"] / micros["lanes"]
        print(
            f"{'-'.join(map(str, sizes)):<16}{samples:>8}{D:>8}{micros['lanes']:>9.2f}"
            f"{micros['threads']:>9.2f}{ratio:>7.2f}",
            flush=True,
        )
    return rows


def _both_kernels(sizes, samples, options):
    """Core-µs of a member's step in lanes and one a thread: the least of some turns each."""
    net = fn.Network(sizes, dtype=options.dtype)
    random = np.random.default_rng(0)
    x, y = (
        random.standard_normal((samples, n)).astype(options.dtype) for n in (sizes[0], sizes[-1])
    )
    p = fn.Potential(net, fn.Quadratic(), fn.Dataset(x, y))
    R = 2 * p.kernels.lanes_of(p.dtype)
    W = np.array([net.init(seed) for seed in range(R)])
    words = p, [fn.Aristotle(1e-3)] * R, [fn.Euclidean(net.size)] * R, W
    loops = {"lanes": MembersLoop(*words), "threads": SinglesLoop(*words)}
    count = max(2, int(3e8 / (6 * samples * net.size * R)))
    least = dict.fromkeys(loops, np.inf)
    with p.kernels.limited(1):
        for turn in range(options.rounds + 1):
            for name, loop in loops.items():
                began = time.process_time()
                loop.advance(count if turn else 2)
                if turn:  # the first one compiles
                    taken = 1e6 * (time.process_time() - began) / count / R
                    least[name] = min(least[name], taken)
    return least


def bench_sweep(options):
    """Sweeps against JAX's and PyTorch's vmap, and against a loop over train."""
    if options.dtype == "float64" and "jax" in _installed():
        import jax

        jax.config.update("jax_enable_x64", True)
    return {
        "fractal": bench_fractal(options),
        "scan": bench_scan(options),
        "crossover": bench_crossover(options),
        "pause": PAUSE,
    }


def _installed():
    from importlib.util import find_spec

    return [name for name in ("jax", "torch") if find_spec(name)]
