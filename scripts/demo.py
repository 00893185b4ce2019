"""The main job: the digits at a safe, a near-breaking and a broken step, every step recorded.

Prints what the steps of each run promised and delivered, and writes one figure.
"""

import argparse
from pathlib import Path

import flownet as fn

STEPS = {"safe": 0.3, "near-breaking": 2.0, "broken": 3.0}
TIME = 600  # of the flow, the same for all three


def main(folder):
    """Train, break down, draw."""
    data = fn.data.load("digits")
    network = fn.Network([64, 32, 10], activation="tanh")
    potential = fn.Potential(network, fn.CrossEntropy(), data)
    W0 = network.init(seed=0)
    folder.mkdir(parents=True, exist_ok=True)

    runs = {}
    for name, step in STEPS.items():
        path = folder / f"{name}.h5"
        run = fn.train(
            potential,
            fn.Aristotle(step),
            W0=W0,
            steps=round(TIME / step),
            store=path,
            overwrite=True,
        )
        series = fn.breakdown(run, every=max(1, len(run.step) // 160), keep=True)
        print(f"\n{name}: step {step:g}, {len(run.step)} steps, every one in {path}\n{series}")
        runs[f"{name}: step {step:g}"] = run

    figure = folder / "demo.png"
    fn.plot.comparison(
        runs,
        "64-32-10 tanh network on 1797 digits, gradient descent on the full batch at "
        "a safe, a near-breaking and a broken step",
    ).savefig(figure)
    print(f"\nfigure in {figure}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("demo"),
        help="folder for the runs and the figure (default: demo)",
    )
    main(arguments.parse_args().output)
