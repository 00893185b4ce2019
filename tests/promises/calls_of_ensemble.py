"""Calls of many runs."""

from arguments import WELL, experiment, of

import flownet as fn


def calls():
    """Name to (function, positional arguments, arguments by name)."""
    return {
        "Box": of(fn.Box, {"mechanics.step": (0.1, 0.2)}, 2, law="sobol", seed=0),
        "sweep": of(
            fn.sweep,
            experiment(),
            axes={"mechanics.step": [0.1, 0.2]},
            keep=["loss"],
            store=None,
            threads=1,
            progress=False,
        ),
        "bifurcation": of(
            fn.bifurcation,
            WELL,
            [0.1, 0.2],
            W0=[0.5, 0.2],
            transient=4,
            kept=4,
            mechanics=None,
            metric=None,
            observe="W",
            longest=4,
            progress=False,
        ),
    }
