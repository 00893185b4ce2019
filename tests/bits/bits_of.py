"""Small problems that the cases of `same_bits` share, and the numbers of what they give."""

import numpy as np

import flownet as fn

LOSSES = {"quadratic": fn.Quadratic, "cross-entropy": fn.CrossEntropy}


def uniforms(seed, *shape, low=-1.0, high=1.0):
    """Numbers of numpy's old generator, whose stream never changes."""
    return np.random.RandomState(seed).uniform(low, high, shape)


def turns(seed, *shape):
    """Complex numbers in a square."""
    return uniforms(seed, *shape) + 1j * uniforms(seed + 1, *shape)


def positive(seed, n):
    """A symmetric positive matrix (n, n)."""
    A = uniforms(seed, n, n)
    return A @ A.T / n + 0.5 * np.eye(n)


def dataset(m=24, n_in=3, n_out=3, loss="quadratic"):
    """Inputs in a cube; smooth targets of either sign, or classes."""
    x = uniforms(1, m, n_in)
    y = np.sin(2 * x[:, :1] + np.arange(n_out)) * x[:, 1:2]
    return fn.Dataset(x, y if loss == "quadratic" else np.argmax(y, axis=1))


def problem(
    activation="sin",
    loss="quadratic",
    sizes=(3, 6, 4, 3),
    m=24,
    dtype="float64",
    words=None,
    **of_network,
):
    """A small network's loss; the data of the same sizes are always the same.

    Cases about something else than an activation take sin or gelu: how the slopes of tanh, sigmoid
    and elu round may change, and what depends on them is then made anew.
    """
    net = fn.Network(list(sizes), activation, dtype=dtype, **of_network)
    return fn.Potential(net, LOSSES[loss](**(words or {})), dataset(m, sizes[0], sizes[-1], loss))


def train(potential, mechanics, steps=30, **words):
    """A run in memory, without a progress bar."""
    return fn.train(potential, mechanics, steps=steps, progress=False, **words)


def flow(potential, **words):
    """A flow in memory, without a progress bar."""
    return fn.flow(potential, progress=False, **words)


# ---- numbers -------------------------------------------------------------------------------------


def rough(array):
    """What an iteration ends at: on another processor it agrees to the tolerance of solvers."""
    return np.asarray(array), "solver"


def here(array):
    """What rounding decides, such as a noise or a count: compared on the same processor alone."""
    return np.asarray(array), None


def run(run):
    """All that a run in memory or in a file has recorded."""
    found = {"parameters": run.parameters[:], "iteration": run.iteration, "time": run.time}
    for name in run.observables:
        found[f"observables/{name}"] = run.observables[name].value
    return found


def followed(flow):
    """A flow at given times; its own steps, which its errors decide, on the same processor."""
    found = {"parameters": rough(flow.parameters[:]), "loss": rough(flow.loss), "time": flow.time}
    for name in flow.observables:
        if name != "loss":
            found[f"observables/{name}"] = here(flow.observables[name].value)
    return {**found, "text": repr(flow)}


def breakdown(b):
    """One step: its terms and its table, which has chance, kinks and verdict."""
    return {
        "terms": np.append(b.terms, [b.actual, b.linear]),
        "noise": here([b.noise[name] for name in sorted(b.noise)]),
        "remainder": here(b.remainder),
        "text": str(b),
    }


def parts(b):
    """What second and third order of a step are made of, by parameters."""
    split = b.split("parameters")
    return {
        "second": np.array([b.second_self, b.second_pairs, b.second]),
        "third": np.array([b.third_self, b.third_two, b.third_triplets, b.third]),
        "flips": np.array(split.flips.band("second") + split.flips.band("third")),
        "critical": rough([b.critical_step, b.critical_third, b.ratio]),
    }


def prefixed(**tables):
    """Several tables of numbers as one, each under its name."""
    return {
        f"{name}/{key}": value for name, table in tables.items() for key, value in table.items()
    }
