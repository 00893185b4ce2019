"""`bench frozen`: what a step costs with the lowest layers frozen, and in other metrics.

A frozen layer is passed forward, and nothing else: the pullback stops at the lowest layer that may
move. The share of the flops that remain is beside what is left of the time.
"""

from functools import partial
from statistics import median

import numpy as np
from turns import in_turns, median_ratio, steps_for

import flownet as fn

#: sizes, and samples of a step
PROBLEMS = [((784, 512, 512, 10), 128), ((64, 32, 32, 10), 64), ((64, 64, 64, 10), 64)]
_LEAST = 50  # steps of a turn: the same for all, so that what a run does once is


def flops(sizes, frozen):
    """Multiply-adds of a step for each sample, the lowest layers frozen.

    Forward X·Wᵀ of every layer; Σ G ⊗ x of those that move; G·W from one such layer to the next.
    """
    layers = [n_in * n_out for n_in, n_out in zip(sizes, sizes[1:])]
    return sum(layers) + sum(layers[frozen:]) + sum(layers[frozen + 1 :])


def metrics(net):
    """Metrics by name: layers frozen from the lowest up, a schedule, and coupled layers."""
    inf, L = np.inf, net.layers
    found = {f"{k} frozen": fn.LayerMetric(net, [inf] * k + [1.0] * (L - k)) for k in range(L)}
    free = found["0 frozen"]
    found["function"] = lambda time: free
    found["schedule"] = fn.TimedMetric([0.0, 1e-6, 1e9], [free, free, found["1 frozen"]])
    found["neurons"] = fn.GroupMetric(net, [np.linspace(1, 2, n) for n in net.sizes[1:]])
    g = np.eye(L)
    if net.sizes[1] == net.sizes[2] == net.sizes[0]:
        g[0, 1] = g[1, 0] = -0.5
        found["coupled"] = fn.CoupledMetric(net, g)
    return found


def runs(sizes, rows, dtype):
    """Functions of a number of steps, by name of their metric."""
    rng = np.random.default_rng(0)
    net = fn.Network(sizes, dtype=dtype)
    data = fn.Dataset(
        rng.standard_normal((rows, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=rows)]
    )
    train = partial(
        fn.train,
        fn.Potential(net, fn.CrossEntropy(), data),
        fn.Aristotle(1e-3),
        W0=net.init(seed=0),
        progress=False,
    )

    def run(metric, steps):
        train(steps=steps, record_every=steps, metric=metric)

    return {name: partial(run, metric) for name, metric in metrics(net).items()}


def time_problem(sizes, rows, options):
    """One row for each metric: microseconds a step, and the share of those of the free network."""
    contestants = runs(sizes, rows, options.dtype)
    n = max(_LEAST, *(steps_for(run, options.seconds) for run in contestants.values()))
    taken = in_turns({name: partial(run, n) for name, run in contestants.items()}, options.rounds)
    micros = {name: [1e6 * t / n for t in times] for name, times in taken.items()}
    free = flops(sizes, 0)
    return [
        {
            "name": "-".join(map(str, sizes)),
            "batch": rows,
            "metric": name,
            "microseconds": times,
            "share": median_ratio(times, micros["0 frozen"]),
            "flops": flops(sizes, int(name.split()[0])) / free if "frozen" in name else 1.0,
        }
        for name, times in micros.items()
    ]


def bench_frozen(options):
    """A step with the lowest layers frozen, as a share of the free one, beside its flops."""
    print(
        f"µs a step, {options.dtype}, tanh, full batch; median of {options.rounds} rounds in "
        f"turns\n{'network':<18}{'batch':>6}  {'metric':<12}{'µs a step':>11}{'share':>8}"
        f"{'of flops':>10}"
    )
    rows = []
    for sizes, batch in PROBLEMS:
        for row in time_problem(sizes, batch, options):
            print(
                f"{row['name']:<18}{batch:>6}  {row['metric']:<12}"
                f"{median(row['microseconds']):>11.4g}{row['share']:>8.2f}{row['flops']:>10.2f}",
                flush=True,
            )
            rows.append(row)
    print(
        "share: of the step with no layer frozen; of flops: the share that remains, the forward "
        "pass whole"
    )
    return rows
