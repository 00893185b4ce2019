"""What test error do physical systems come to on handwritten digits?

    python scripts/studies/equilibrium_digits.py [--seeds 3] [-o FIGURE]

The experiment files `hopfield-digits` and `diodes-digits` of scripts/experiments, a deep Hopfield
network and a network of resistors and diodes, each from a few seeds, with a fifth of the digits
held out. Both learn by symmetric equilibrium propagation, in fixed numbers of sweeps.
"""

from pathlib import Path
from time import perf_counter

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import STYLE, below, line

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
CASES = {
    "deep Hopfield network 64-64-32-10": "hopfield-digits",
    "resistors and diodes 64-128-10": "diodes-digits",
}


def curves(name, seeds):
    """Epochs, test errors (seeds, epochs+1) and seconds of the runs of an experiment file."""
    found, began = [], perf_counter()
    for seed in range(seeds):
        experiment = fn.Experiment.load(EXPERIMENTS / f"{name}.toml")
        experiment.tables["run"]["seed"] = seed
        record = experiment.run().observables["test_accuracy"]
        found.append(1 - np.asarray(record.value))
    per_epoch = experiment.tables["observe"]["test_accuracy"]["every"]
    return np.asarray(record.iteration) / per_epoch, np.array(found), perf_counter() - began


def draw(found):
    """Test error over the epochs, the mean of the seeds, a band from the least to the largest."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axis = figure.subplots()
        for i, (name, (epochs, errors)) in enumerate(found.items()):
            line(axis, i, epochs, 100 * errors.mean(axis=0), name)
            low, high = 100 * errors.min(axis=0), 100 * errors.max(axis=0)
            axis.fill_between(epochs, low, high, color=axis.lines[-1].get_color(), alpha=0.2, lw=0)
        axis.set(
            xlabel="epochs", ylabel="test error (%)", yscale="log",
            title="Handwritten digits by equilibrium propagation",
        )  # fmt: skip
        axis.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        below(axis)
    return figure


def main():
    """Run both from all seeds, say what came out, and draw it."""
    parser = command(__file__, __doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    found = {}
    for title, name in CASES.items():
        epochs, errors, spent = curves(name, options.seeds)
        found[title] = epochs, errors
        last = 100 * errors[:, -1]
        spread = f" ± {last.std(ddof=1):.2f}" if len(last) > 1 else ""
        print(
            f"{title}: {last.mean():.2f}{spread} % test error after {epochs[-1]:.0f} epochs, "
            f"{len(last)} seeds, {spent / len(last):.0f} s a run"
        )
    draw(found).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
