"""Where does training converge? The map of trainability, whole and zoomed in, and its dimension.

    python scripts/studies/trainability.py [--side 256] [--zoom 3.2 5 1.75 2.1] [-o FIGURE]

One hidden layer of 16 tanh units on 272 samples of noise, 500 steps of descent, a step of its own
for each of the two layers (Sohl-Dickstein 2402.06184). The boundary between runs that converge and
runs that do not is rough at every scale that the pixels show; its box-counting dimension is that
of the points where neighbouring runs end otherwise.
"""

from pathlib import Path

import numpy as np
from command import command

import flownet as fn
from flownet.desk.plot._style import STYLE

EXPERIMENT = Path(__file__).parents[1] / "experiments" / "trainability.toml"
WHOLE = (-3.0, 6.0, -3.0, 6.0)  # log₁₀ of the paper's steps, first layer and second
ZOOM = (3.2, 5.0, 1.75, 2.1)
UNITS = 4.0, 128.0  # stiffness of a layer times the paper's step of it


def mapped(bounds, side, store=None):
    """The sweep of the part of the map between bounds, as log₁₀ of the paper's steps."""
    experiment = fn.Experiment.load(EXPERIMENT)
    axes = {
        f"metric.stiffness.{layer}": unit / np.logspace(low, high, side)
        for layer, (unit, low, high) in enumerate(zip(UNITS, bounds[::2], bounds[1::2]))
    }
    return experiment.sweep(store, axes=axes, overwrite=True)


def draw(whole, zoomed, bounds):
    """Both maps, the part that is enlarged marked, with their dimensions."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 6.0), layout="constrained")
        left, right = figure.subfigures(1, 2)
        for part, found in ((left, whole), (right, zoomed)):
            fn.plot.sweep(found, figure=part, title=title_of(found))
        steps = [10**b / u for b, u in zip(bounds, np.repeat(UNITS, 2))]
        corner, size = (steps[0], steps[2]), (steps[1] - steps[0], steps[3] - steps[2])
        from matplotlib.patches import Rectangle

        left.axes[0].add_patch(Rectangle(corner, *size, fill=False, edgecolor="#d0021b", lw=1.5))
    return figure


def title_of(found):
    """The dimension of a map's boundary, in words."""
    d = dimension(found)
    return f"{len(found.verdict)}² runs; boundary of dimension {d.dimension:.2f} ± {d.error:.2f}"


def dimension(found):
    """Box-counting dimension of the boundary of what converges."""
    return fn.box_dimension(found.verdict == 0)


def main():
    """Run both maps, say what is seen, and draw them."""
    parser = command(__file__, __doc__)
    parser.add_argument("--side", type=int, default=256, help="pixels of each side")
    parser.add_argument("--zoom", type=float, nargs=4, default=ZOOM, help="log10 of the steps")
    options = parser.parse_args()
    whole, zoomed = (mapped(bounds, options.side) for bounds in (WHOLE, options.zoom))
    for name, found in (("the whole map", whole), ("enlarged", zoomed)):
        d = dimension(found)
        share = (found.verdict == 0).mean()
        print(
            f"{name}: {share:.1%} of {found.verdict.size} runs converge; dimension of the boundary "
            f"{d.dimension:.3f} ± {d.error:.3f} over boxes of {d.sizes[0]} to {d.sizes[-1]} pixels"
        )
    draw(whole, zoomed, options.zoom).savefig(options.output)
    print(f"figure in {options.output}")


if __name__ == "__main__":
    main()
