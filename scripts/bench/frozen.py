"""`bench frozen`: what a step costs with the lowest layers frozen, and in other metrics.

A frozen layer is passed forward, and nothing else: the pullback stops at the lowest layer that may
move. The share of the flops that remain is beside what is left of the time.
"""

from functools import partial
from itertools import pairwise
from statistics import median

import numpy as np
from cases import make_case, potential_of
from turns import median_ratio, microseconds, steps_for_each

import flownet as fn

#: sizes, and samples of a step
PROBLEMS = [((784, 512, 512, 10), 128), ((64, 32, 32, 10), 64), ((64, 64, 64, 10), 64)]
_LEAST = 50  # steps of a turn, the same for all: what a run does once then costs all the same


def flops(sizes, frozen):
    """Multiply-adds of a step for each sample, the lowest layers frozen.

    Forward X·Wᵀ of every layer; Σ G ⊗ x of those that move; G·W from one such layer to the next.
    """
    layers = [n_in * n_out for n_in, n_out in pairwise(sizes)]
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
    potential, W0 = potential_of(make_case(sizes, rows, "cross-entropy", dtype))
    train = partial(fn.train, potential, fn.Aristotle(1e-3), W0=W0, progress=False)

    def run(metric, steps):
        train(steps=steps, record_every=steps, metric=metric)

    return {name: partial(run, metric) for name, metric in metrics(potential.network).items()}


def time_problem(sizes, rows, options):
    """One row for each metric: microseconds a step, and the share of those of the free network."""
    contestants = runs(sizes, rows, options.dtype)
    n = max(_LEAST, *steps_for_each(contestants, options.seconds).values())
    micros = microseconds(contestants, dict.fromkeys(contestants, n), options.rounds)
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
