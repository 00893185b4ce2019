"""One of each kind that a file may name, and other potentials: what keeps its contract."""

import numpy as np
from landscapes import Own
from twins import uniforms

import flownet as fn
from flownet.testing._runs import small

NET = fn.Network([2, 3, 3, 1])
DATA = fn.Dataset(uniforms(1, 5, 2), uniforms(2, 5, 1))
SMALL = fn.Potential(NET, fn.Quadratic(), DATA)
LABELLED = fn.Potential(fn.Network([4, 3, 3]), fn.CrossEntropy(), fn.data.load("iris", limit=9))
COMPLEX = fn.Potential(
    fn.Network([2, 3, 1], "split_tanh", dtype="complex128"),
    fn.Quadratic(),
    fn.Dataset(uniforms(3, 5, 2) + 1j * uniforms(4, 5, 2), uniforms(5, 5, 1) + 0j),
)
RELAXED = fn.Equilibrium(
    fn.Hopfield([2, 3, 1], "tanh"), fn.Quadratic(), fn.data.load("xor"), nudge=0.1
)
SINH = fn.Sinh()
WEIGHTS = fn.WeightNormalisation(NET)

POTENTIALS = {
    "parabola": fn.Parabola(3, strength=0.5),
    "quartic": fn.Quartic(3),
    "double-well": fn.DoubleWell(3, c=2.0),
    "uv": fn.UV(2),
}
OTHERS = {
    "network": SMALL,
    "complex network": COMPLEX,
    "as reals": fn.real_view(COMPLEX),
    "sum": SMALL + 0.1 * fn.Parabola(NET.size),
    "in a chart": fn.Charted(SMALL, SINH),
    "in weight normalisation": fn.Charted(SMALL, WEIGHTS),
    "own": Own(),
    "relaxed": RELAXED,
    "relaxed, one-sided": RELAXED.changed(estimator="one-sided", nudge=0.3),
    "relaxed, readout": RELAXED.changed(
        system=fn.Hopfield([2, 3, 2], "sigmoid4", readout=True),
        cost=fn.CrossEntropy(),
        data=fn.Dataset(uniforms(0, 5, 2), np.eye(2)[[0, 1, 1, 0, 0]]),
    ),
    "from a function": fn.CustomPotential(3, lambda W: (float(np.cos(W).sum()), -np.sin(W))),
}
METRICS = {
    "euclidean": (fn.Euclidean(NET.size), SMALL),
    "diagonal": (fn.DiagonalMetric(uniforms(6, NET.size, low=0.3, high=3)), SMALL),
    "layer": (fn.LayerMetric(NET, [2.0, np.inf, 0.5]), SMALL),
    "group": (fn.GroupMetric(NET, [np.array([1.0, 2.0, np.inf]), 1.0, 0.5]), SMALL),
    "coupled": (
        fn.CoupledMetric(
            fn.Network([3, 3, 3, 1]), [[1.0, -0.5, 0.0], [-0.5, 2.0, 0.0], [0.0, 0.0, 1.0]]
        ),
        fn.Potential(
            fn.Network([3, 3, 3, 1]),
            fn.Quadratic(),
            fn.Dataset(uniforms(7, 4, 3), uniforms(8, 4, 1)),
        ),
    ),
    "timed": (
        fn.TimedMetric([0.0, 2.0], [fn.Euclidean(NET.size), fn.LayerMetric(NET, [1, 2, 3])]),
        SMALL,
    ),
    "scheduled": (
        fn.ScheduledMetric(NET, ["exponential:8:0.5", 1.0, fn.Piecewise([2.0, 1.0], at=[2])]),
        SMALL,
    ),
    "fisher": (fn.FisherMetric(SMALL, 0.1, tolerance=1e-15), SMALL),
    "gauss-newton": (
        fn.GaussNewtonMetric(
            SMALL, 0.2, metric=fn.LayerMetric(NET, [2.0, np.inf, 0.5]), tolerance=1e-15
        ),
        SMALL,
    ),
    "sign": (fn.SignNorm(NET.size), SMALL),
    "coordinate": (fn.CoordinateNorm(NET.size), SMALL),
    "block": (fn.BlockNorm(NET, "neurons", combine="squares", radii=[0.0, 1.0, 2.0]), SMALL),
    "spectral": (fn.SpectralNorm(NET, "muon"), SMALL),
    "pulled-back": (fn.PulledBack(SINH, fn.Euclidean(NET.size)), fn.Charted(SMALL, SINH)),
}
MECHANICS = {
    "aristotle": fn.Aristotle(0.1, weight_decay=0.01),
    "newton": fn.Newton(0.1, 0.7, 0.5, "leapfrog"),
    "nesterov": fn.Nesterov(0.05),
    "rmsprop": fn.RMSProp(0.01, centered=True, momentum=0.5, epsilon=1e-2),
    "adam": fn.Adam(0.01, epsilon=1e-2),
    "adamw": fn.AdamW(0.01, epsilon=1e-2),
    "sam": fn.SAM(fn.Aristotle(0.1), radius=0.05),
    "langevin": fn.Langevin(0.05, 1e-3),
    "thierry-mieg": fn.ThierryMieg(0.05, 0.7, 1.0, 0.5, 0.9, epsilon=1e-2),
    "geodesic": fn.Geodesic(0.1),
    "scalar-rmsprop": fn.ScalarRMSProp(0.01, 0.9, epsilon=1e-2),
    "normalized": fn.Normalized(0.05, 0.5, weight_decay=0.01),
    "muon": fn.Muon(0.05, elsewhere=fn.Adam(0.01, epsilon=1e-2)),
    "runge-kutta": fn.RungeKutta(),
    "levenberg-marquardt": fn.LevenbergMarquardt(),
    "newton-cg": fn.NewtonCG(2.0, tolerance=0.1),
}
POLICIES = {
    "constant": fn.Constant(0.1),
    "linear": fn.Linearity(0.1),
    "loss": fn.LossRate(0.5),
    "warmup": fn.Warmup(0.1, 5),
    "cosine": fn.Cosine(0.1, 9, floor=0.01),
    "exponential": fn.Exponential(0.1, 0.5, over=4),
    "polynomial": fn.Polynomial(0.1, 9, power=2.0, floor=0.01),
    "one-cycle": fn.OneCycle(0.1, 9),
    "piecewise": fn.Piecewise([0.1, 0.05, 0.2], at=[2, 5]),
    "table": fn.Tabulated([0.1, 0.2, 0.05, 0.1, 0.15, 0.0] * 2),
    "chain": fn.Warmup(0.1, 3).then("linear:0.2", at=5),
}
OBSERVABLES = {
    "loss": (lambda p: p, None),
    "accuracy": (fn.Accuracy, None),
    "sharpness": (fn.Sharpness, None),
    "noise": (fn.Noise, None),
    "speed": (fn.Speed, None),
    "path-length": (lambda p: fn.PathLength(), None),
    "step-speed": (lambda p: fn.StepSpeed(), None),
    "energy": (fn.Energy, fn.Newton(0.1)),
    "shadow-energy": (fn.ShadowEnergy, fn.Newton(0.05, friction=0, integrator="leapfrog")),
    "charges": (fn.charges, None),
    "ema": (lambda p: fn.EMA(0.5, of=fn.Speed(p)), None),
    "swa": (lambda p: fn.SWA(4), None),
    "step-cosine": (lambda p: fn.StepCosine(), None),
    "secant-sharpness": (fn.SecantSharpness, None),
    "free-states": (fn.FreeStates, None),
    "nudge-meters": (fn.NudgeMeters, None),
}
CHARTS = {
    "sinh": (fn.Sinh(0.7), None),
    "rescaling": (fn.Rescaling([1.0, -2.0, 0.5]), None),
    "weight-normalisation": (WEIGHTS, WEIGHTS.to_u(NET.init(3))),
    "phases": (fn.Phases(0.7), None),
}
RUN = small()
STOPS = {  # of the checks' own run, whose loss falls from 0.249 to 0.159
    "loss-below": fn.LossBelow(0.17, every=2),
    "gradient-below": fn.GradientBelow(0.3),
    "edge": fn.EdgeReached(0.13144, every=1),
    "reached": fn.Reached(RUN, below=0.18, every=3),
    "patience": fn.Patience(RUN, patience=4, least=0.004),
}
FAMILIES = {
    "stop condition": STOPS,
    "potential": POTENTIALS,
    "metric": METRICS,
    "mechanics": MECHANICS,
    "step policy": POLICIES,
    "observable": OBSERVABLES,
    "chart": CHARTS,
}
