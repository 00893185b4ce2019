"""`bench complex`: a full step of a complex network against one of the real network's shape."""

from statistics import median

import numpy as np
from cases import wanted
from steps import PROBLEMS
from turns import median_ratio, microseconds, steps_for_each

import flownet as fn

TARGET = 4.5
PAIRS = (("split_tanh", "tanh"), ("modrelu", "relu"), ("cardioid", "relu"))
STEP = 1e-3


def potential(problem, activation, dtype):
    """Random data: what a step costs does not depend on them."""
    random = np.random.default_rng(0)
    x, y = (random.normal(size=(problem.batch, n)) for n in (problem.sizes[0], problem.sizes[-1]))
    if dtype.startswith("complex"):
        x, y = x + 1j * random.normal(size=x.shape), y + 1j * random.normal(size=y.shape)
    net = fn.Network(problem.sizes, activation, dtype=dtype)
    return fn.Potential(net, fn.Quadratic(), fn.Dataset(x.astype(dtype), y.astype(dtype)))


def runner(problem, activation, dtype):
    """Function steps → a run that keeps the losses alone."""
    of, mechanics = potential(problem, activation, dtype), fn.Aristotle(STEP)
    W0 = of.network.init(0)
    return lambda n: fn.train(of, mechanics, W0=W0, steps=n, record_every=n, progress=False)


def bench_complex(options):
    """Microseconds a step of complex networks against real ones of the same shape."""
    complex_dtype = {"float32": "complex64", "float64": "complex128"}[options.dtype]
    print(
        f"µs a step, {options.dtype} and {complex_dtype}, full batch; median of {options.rounds} "
        f"rounds in turns\n{'network':<10}{'batch':>6}  {'activations':<22}{'real':>10}"
        f"{'complex':>10}{'ratio':>8}{'target':>8}"
    )
    rows = []
    for problem in wanted(PROBLEMS, options):
        for ours, real in PAIRS:
            contestants = {
                "real": runner(problem, real, options.dtype),
                "complex": runner(problem, ours, complex_dtype),
            }
            n = steps_for_each(contestants, options.seconds)
            micros = microseconds(contestants, n, options.rounds)
            rows.append(
                {
                    "name": problem.name,
                    "batch": problem.batch,
                    "activations": [ours, real],
                    "microseconds": micros,
                    "target": TARGET,
                    "ratio": median_ratio(micros["complex"], micros["real"]),
                }
            )
            print(
                f"{problem.name:<10}{problem.batch:>6}  {ours + ' / ' + real:<22}"
                f"{median(micros['real']):>10.4g}{median(micros['complex']):>10.4g}"
                f"{rows[-1]['ratio']:>8.2f}{TARGET:>8}",
                flush=True,
            )
    return rows
