"""Networks compared on equal terms: equal samples and steps, each with the rate that suits it.

Every network is trained by Adam with a cosine schedule on the same samples, in single precision.
Its learning rate is the one of `RATES` that does best on samples held out for that, and of each run
the best of ten states by the same samples is taken, so that nobody pays for overfitting late.
"""

from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import flownet as fn
from flownet._progress import bar

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
WORKERS = 2  # runs at a time, each on one thread

#: a network, what it is shown of complex signals (m, n), and how many turned copies of each
Rival = namedtuple("Rival", "network view copies", defaults=(1,))


def parts(x):
    """Real and imaginary parts side by side (m, 2n), what a real network sees of a signal."""
    return np.concatenate([x.real, x.imag], axis=1)


def whole(x):
    """The signal as it is."""
    return x


def unturned(x):
    """The signal turned so that its first entry is positive."""
    return x * (np.conj(x[:, :1]) / np.abs(x[:, :1]))


def turned(x, y, copies):
    """Every signal `copies` times, each time turned on by an equal share of a whole turn."""
    phases = np.exp(2j * np.pi * np.arange(copies) / copies)
    return np.concatenate([x * phase for phase in phases]), np.tile(y, (copies, 1))


def real_size(network):
    """Number of real parameters: a complex one counts twice, a bias of modReLU once."""
    if not network.is_complex:
        return network.size
    gates = [layer.gate for layer in network.parts(network.init(0)) if layer.gate is not None]
    return 2 * network.size - sum(gate.size for gate in gates)


def predict(rival, W, x):
    """Outputs (m, n_out) in float64."""
    return rival.network.forward(W, _seen(rival, x)).astype(np.float64)


def fit(rival, loss, data, held_out, *, rate, steps, seed, batch=50):
    """Loss on the held-out samples, and the parameters, of the best of ten states of one run."""
    learnt, judged = (
        fn.Potential(rival.network, loss, _dataset(rival, *d, copies))
        for d, copies in ((data, rival.copies), (held_out, 1))
    )
    run = fn.train(
        learnt,
        fn.Adam(f"cosine:{rate}:{steps}"),
        steps=steps,
        seed=seed,
        batch_size=batch,
        record_every=max(1, steps // 10),
        threads=1,
        progress=False,
    )
    losses = [judged.value(W) for W in run.parameters]
    best = int(np.nanargmin(losses))
    return losses[best], run.parameters[best]


def compare(cases, loss, held_out, *, steps, seeds, rates=RATES):
    """Learning rate and the parameters of each seed's run, for each case.

    Parameters
    ----------
    cases : dict
        {key: (rival, data)}, `data(seed)` giving complex x (m, n) and truth y.
    loss : loss
    held_out : (x, y)
    steps, seeds : int
    rates : sequence of float

    Returns
    -------
    dict
        {key: (rate, [W of seed 0, 1, …])}
    """

    def run(key, rate, seed):
        rival, data = cases[key]
        return fit(rival, loss, data(seed), held_out, rate=rate, steps=steps, seed=seed)

    with (
        ThreadPoolExecutor(WORKERS) as pool,
        bar(len(cases) * (len(rates) + seeds - 1), what="runs") as show,
    ):
        done = iter(range(1, 1 + len(cases) * (len(rates) + seeds - 1)))

        def all_of(jobs):
            made = {job: pool.submit(run, *job) for job in jobs}
            results = {}
            for job, result in made.items():
                results[job] = result.result()
                show(next(done))
            return results

        first = all_of([(key, rate, 0) for key in cases for rate in rates])
        best = {key: min(rates, key=lambda rate, key=key: first[key, rate, 0][0]) for key in cases}
        more = all_of([(key, best[key], seed) for key in cases for seed in range(1, seeds)])
    found = first | more
    return {
        key: (best[key], [found[key, best[key], seed][1] for seed in range(seeds)]) for key in cases
    }


def spread(values):
    """Median, lowest and highest over the first axis, the seeds."""
    values = np.asarray(values)
    return np.median(values, axis=0), values.min(axis=0), values.max(axis=0)


def bars(middle, low, high):
    """Values, and how far their error bars reach down and up, for matplotlib."""
    return middle, np.array([middle - low, high - middle])


def written(middle, low, high, form):
    """Median and range as text."""
    return f"{middle:{form}} ({low:{form}}–{high:{form}})"


def _seen(rival, x):
    return np.asarray(rival.view(x), rival.network.dtype)


def _dataset(rival, x, y, copies):
    x, y = turned(x, y, copies) if copies > 1 else (x, y)
    return fn.Dataset(_seen(rival, x), np.asarray(y, np.float32))
