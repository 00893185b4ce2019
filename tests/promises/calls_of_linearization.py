"""Calls of what a finite step broke, of the landscape and of evidence."""

import numpy as np
from arguments import DATA, NET, POTENTIAL, WELL, V, W, flow, of, run

import flownet as fn


def calls():
    """Name to (function, positional arguments, arguments by name)."""
    return {
        # what the finite step broke
        "breakdown": of(
            fn.breakdown, POTENTIAL, W, 0.1, metric=None, order=3, split=False, device="cpu"
        ),
        "breakdown of a displacement": of(fn.breakdown, POTENTIAL, W, displacement=V),
        "breakdown at": of(fn.breakdown, run(), at=1, metric=None, order=3),
        "breakdown every": of(fn.breakdown, run(), every=2, progress=False),
        "Breakdown.split": of(fn.breakdown(POTENTIAL, W, 0.1).split, "layers"),
        "departure": of(
            fn.departure,
            run(),
            every=2,
            rtol=1e-6,
            bounds=(0.1, 1.0),
            max_steps=10000,
            max_gradients=100000,
            progress=False,
        ),
        "curve_distance": of(fn.curve_distance, run(), flow(), None, directed=False),
        "curl": of(fn.curl, POTENTIAL, W, metric=None, method="auto", probes=4, seed=0),
        "rod": of(fn.rod, run(), at=1),
        "central_flow": of(
            fn.central_flow,
            WELL,
            fn.ScalarRMSProp(0.01),
            W0=[0.5, 0.4],
            steps=2,
            at=[0.0, 2.0],
            square=0.1,
            rate=1.0,
            rtol=1e-3,
            max_gradients=200,
        ),
        "action_gap": of(fn.action_gap, POTENTIAL, W, 0.1, displacement=V, metric=None),
        "lyapunov": of(
            fn.lyapunov,
            run(),
            count=1,
            first=0,
            last=None,
            transient=0,
            every=1,
            seed=0,
            progress=False,
        ),
        "minimum": of(
            fn.minimum,
            fn.Parabola(2),
            [1.0, 2.0],
            metric=None,
            time=None,
            rtol=1e-8,
            atol=1e-10,
            progress=False,
        ),
        "exits": of(
            fn.exits, WELL, [0.5, 0.2], step=0.1, steps=20, time=None, metric=None, progress=False
        ),
        "compare_minima": of(fn.compare_minima, POTENTIAL, W, V, metric=None),
        # the landscape
        "band": of(
            fn.band,
            WELL,
            [-1.0, 1.0],
            [1.0, 1.0],
            metric=None,
            pivots=5,
            most=9,
            spring=1.0,
            tolerance=0.1,
            rtol=1e-3,
            steps=50,
            progress=False,
        ),
        "curve": of(
            fn.curve, WELL, [-1.0, 1.0], [1.0, 1.0], kind="chain", metric=None, nodes=2, steps=3
        ),
        "connectedness": of(
            fn.connectedness, WELL, np.eye(2), metric=None, bands=0, progress=False
        ),
        "census": of(
            fn.census,
            WELL,
            [[0.9, 1.1]],
            metric=None,
            scale=1.0,
            seed=0,
            rtol=1e-12,
            flat=1e-3,
            steps=20,
            progress=False,
        ),
        "spare_path": of(fn.spare_path, NET, 0.0 * W, [1, 0, 2], spare=2, layer=0),
        "chance_of_minimum": of(fn.chance_of_minimum, 3),
        # evidence
        "evidence": of(
            fn.evidence,
            POTENTIAL,
            W,
            prior=1.0,
            noise=0.5,
            metric=None,
            curvature="both",
            probes=2,
            steps=4,
            seed=0,
        ),
        "Evidence.at": of(fn.evidence(POTENTIAL, W, prior=1.0, noise=0.5).at, prior=2.0, noise=0.3),
        "Evidence.running": of(
            fn.evidence(POTENTIAL, W, prior=1.0, noise=0.5).running, samples=[1.0, 2.0]
        ),
        "Evidence.predictive": of(
            fn.evidence(POTENTIAL, W, prior=1.0, noise=0.5).predictive, DATA.x
        ),
        "learning_coefficient": of(
            fn.learning_coefficient,
            POTENTIAL,
            W,
            samples=10.0,
            beta=3.0,
            anchor=1.0,
            step=0.01,
            judged=True,
            draws=4,
            warm=2,
            chains=1,
            metric=None,
            seed=0,
            progress=False,
        ),
    }
