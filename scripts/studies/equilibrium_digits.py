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
from error_curves import draw, said

import flownet as fn

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


def main():
    """Run both from all seeds, say what came out, and draw it."""
    parser = command(__file__, __doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    found = {}
    for title, name in CASES.items():
        epochs, errors, spent = curves(name, options.seeds)
        found[title] = epochs, errors
        each = spent / options.seeds
        print(f"{said(title, errors, epochs[-1])}, {each:.0f} s a run")
    draw(found, "Handwritten digits by equilibrium propagation").savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
