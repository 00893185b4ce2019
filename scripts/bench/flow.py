"""`bench flow`: the continuous flow against diffrax, with the same tolerances, in float64.

Both follow dW/dt = −dL from the same W to the same time and keep its end alone; diffrax (on JAX,
compiled) by Tsitouras' pair of orders 5 and 4. An evaluation is one differential. Where the flow is
stiff, flownet goes over to its stabilised method; the errors are measured against a flow of
tolerance 1e-10, so that speed bought with accuracy would show.
"""

from collections import namedtuple
from functools import partial
from importlib.util import find_spec
from statistics import median

import numpy as np
from cases import make_case, potential_of, wanted
from losses import jax_loss
from turns import in_turns, median_ratio, seconds_of

import flownet as fn

#: a network, its samples and loss, the time to go, the tolerance, how far ahead it has to be
Problem = namedtuple("Problem", "name sizes batch loss time rtol target")

PROBLEMS = [
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic", 1000.0, 1e-8, 3.0),
    Problem("2-16-16-1", (2, 16, 16, 1), 32, "quadratic", 50.0, 1e-8, None),
    Problem("digits", (64, 32, 10), 1797, "cross-entropy", 50.0, 1e-8, 1.2),
    Problem("digits", (64, 32, 10), 1797, "cross-entropy", 50.0, 1e-6, 1.2),
    Problem("digits", (64, 32, 10), 64, "cross-entropy", 50.0, 1e-8, None),
    Problem("stiff", (2, 16, 16, 1), 32, "quadratic", 10000.0, 1e-5, 8.0),
]


def flownet(case, problem):
    """Function of no arguments that gives the flow's end (D,) and its evaluations."""
    potential, W = potential_of(case)
    follow = partial(
        fn.flow,
        potential,
        W0=W,
        time=problem.time,
        rtol=problem.rtol,
        atol=problem.rtol,
        at=[problem.time],
        progress=False,
    )

    def run():
        flow = follow()
        return flow.parameters[-1], int(flow.observables["evaluations"].value.sum())

    return run


def diffrax(case, problem):
    """The same by diffrax."""
    import diffrax
    import jax

    flat, layers = jax.flatten_util.ravel_pytree(case.layers)
    slope = jax.grad(lambda W: jax_loss(case)(layers(W)))
    term = diffrax.ODETerm(lambda t, W, args: -slope(W))
    control = diffrax.PIDController(rtol=problem.rtol, atol=problem.rtol)

    @jax.jit
    def follow(W):
        found = diffrax.diffeqsolve(
            term,
            diffrax.Tsit5(),
            0.0,
            problem.time,
            None,
            W,
            stepsize_controller=control,
            max_steps=10**7,
            saveat=diffrax.SaveAt(t1=True),
        )
        return found.ys[-1], found.stats["num_steps"]

    def run():
        W, steps = jax.block_until_ready(follow(flat))
        return np.asarray(W), 6 * int(steps)

    return run


def _repeated(run, calls):
    for _ in range(calls):
        run()


def time_flow(problem, options):
    """One row: milliseconds, evaluations and error of everybody, and the ratio."""
    case = make_case(problem.sizes, problem.batch, problem.loss, "float64")
    potential, W = potential_of(case)
    exact = fn.flow(
        potential,
        W0=W,
        time=problem.time,
        rtol=1e-10,
        atol=1e-12,
        at=[problem.time],
        progress=False,
    ).parameters[-1]
    runs = {"flownet": flownet(case, problem)}
    if find_spec("diffrax"):
        runs["diffrax"] = diffrax(case, problem)
    row = {
        "name": problem.name,
        "batch": problem.batch,
        "target": problem.target,
        "errors": {},
        "evaluations": {},
    }
    for name, run in runs.items():
        end, row["evaluations"][name] = run()
        row["errors"][name] = float(np.abs(end - exact).max())
    calls = {name: max(1, round(options.seconds / seconds_of(run))) for name, run in runs.items()}
    taken = in_turns(
        {name: partial(_repeated, run, calls[name]) for name, run in runs.items()}, options.rounds
    )
    row["seconds"] = {name: [t / calls[name] for t in times] for name, times in taken.items()}
    if "diffrax" in runs:
        row["ratio"] = median_ratio(row["seconds"]["diffrax"], row["seconds"]["flownet"])
    return row


def bench_flow(options):
    """The continuous flow against diffrax."""
    print(
        f"The flow to a time, float64; median of {options.rounds} rounds in turns\n"
        f"{'network':<11}{'batch':>5}{'rtol':>7}{'time':>7}"
        + "".join(f"{name:>10} ms{'evals':>8}{'error':>9}" for name in ("flownet", "diffrax"))
        + f"{'ratio':>11}"
    )
    rows = []
    for problem in wanted(PROBLEMS, options):
        row = time_flow(problem, options)
        rows.append(row)
        cells = "".join(
            f"{1e3 * median(row['seconds'][name]):>13.1f}{row['evaluations'][name]:>8}"
            f"{row['errors'][name]:>9.1e}"
            if name in row["seconds"]
            else f"{'–':>13}{'':>17}"
            for name in ("flownet", "diffrax")
        )
        ratio = f"{row['ratio']:.2f}" if "ratio" in row else "–"
        ratio += f"/{row['target']:g}" if row["target"] else ""
        print(
            f"{problem.name:<11}{problem.batch:>5}{problem.rtol:>7.0e}{problem.time:>7g}{cells}"
            f"{ratio:>11}",
            flush=True,
        )
    print("ratio: diffrax over flownet, beside what is asked; error: largest, at the end")
    return rows
