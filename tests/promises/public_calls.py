"""A right call of everything that is public, small enough to be made a thousand times.

`CALLS` has by name a function and the arguments that it can be called with. What is asked of bad
input is asked of each argument of each of them, so that a new name needs one line here.
"""

import tempfile
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

import flownet as fn

FOLDER = Path(tempfile.mkdtemp(prefix="flownet-calls-"))

DATA = fn.data.load("xor")
NET = fn.Network([2, 3, 1])
POTENTIAL = fn.Potential(NET, fn.Quadratic(), DATA)
W = NET.init(0)
V = np.linspace(-1.0, 1.0, NET.size)
D = NET.size
RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(12, 2)), np.arange(12) % 3
CLASSES = fn.Dataset(X, LABELS)
CLASSIFIER = fn.Potential(fn.Network([2, 3, 3]), fn.CrossEntropy(), CLASSES)
WELL = fn.DoubleWell(2)
STEP = fn.Aristotle(0.1)
RELAXED = fn.Equilibrium(fn.Hopfield([2, 3, 1], "tanh"), fn.Quadratic(), DATA, nudge=0.1)


def quadratic(W):
    """A potential of one's own."""
    return 0.5 * float(W @ W), W.copy()


@cache
def run():
    """A recorded run, in memory."""
    return fn.train(POTENTIAL, STEP, steps=6, W0=W, progress=False)


@cache
def flow():
    """A flow beside it."""
    return fn.flow(POTENTIAL, W0=W, time=0.6, at=run().time, progress=False)


@cache
def stored():
    """The file of a stopped run."""
    path = FOLDER / "run.h5"
    fn.train(POTENTIAL, STEP, steps=6, W0=W, store=path, progress=False)
    return path


@cache
def experiment():
    """An experiment."""
    return fn.Experiment.of(POTENTIAL, STEP, steps=4)


def of(make, *positional, **words):
    """A line of the table."""
    return make, positional, words


@cache
def calls():
    """Name to (function, positional arguments, arguments by name)."""
    run(), flow(), stored()
    return {
        # data
        "Dataset": of(fn.Dataset, X, LABELS, labels=None, classes=3, name="mine"),
        "Dataset of values": of(fn.Dataset, X, X[:, :1]),
        "Dataset.split": of(CLASSES.split, [0.5, 0.5], stratified=False, seed=0),
        "Dataset.split in two": of(CLASSES.split, test_size=0.25),
        "Dataset.take": of(CLASSES.take, [0, 1]),
        "Dataset.first": of(CLASSES.first, 2),
        "Dataset.weights": of(CLASSES.weights, [1.0, 2.0, 1.0]),
        "data.load": of(fn.data.load, "digits", split="train", limit=3, held_out=0.2),
        "data.load spiral": of(
            fn.data.load, "spiral", m=6, classes=2, noise=0.1, turns=1.0, seed=0
        ),
        "data.load teacher": of(
            fn.data.load, "teacher", m=4, n_in=2, n_out=1, hidden=3, noise=0.0, seed=1
        ),
        "data.load gaussian": of(fn.data.load, "gaussian", m=4, n_in=2, n_out=1, seed=1),
        "data.load xor-p": of(fn.data.load, "xor-p", p=3),
        "data.load antenna": of(
            fn.data.load, "antenna", m=4, antennas=3, snr=(0.0, 1.0), sector=0.5, seed=1
        ),
        "data.load fingerprint": of(fn.data.load, "fingerprint", m=3, points=4, snr=40.0, seed=1),
        # networks
        "Network": of(
            fn.Network,
            [2, 3, 1],
            "tanh",
            output="identity",
            bias=True,
            init="lecun-normal",
            widely_linear=False,
            dtype="float64",
            device="cpu",
        ),
        "Network of deviations": of(fn.Network, [2, 3, 1], ["relu"], init=[0.1, 0.2]),
        "Network.init": of(NET.init, 0, scale=1.0),
        "Network.forward": of(NET.forward, W, DATA.x),
        "Network.predict": of(NET.predict, W, DATA.x),
        "Network.pushforward": of(NET.pushforward, W, DATA.x, V),
        "Network.pullback": of(NET.pullback, W, DATA.x, DATA.y),
        "Network.unpack": of(NET.unpack, W),
        "Network.pack": of(NET.pack, NET.unpack(W)),
        "Network.state_dict": of(NET.state_dict, W, names=["a", "b"]),
        "Network.from_state_dict": of(NET.from_state_dict, NET.state_dict(W)),
        "Network.with_dtype": of(NET.with_dtype, "float32"),
        # losses and potentials
        "Quadratic": of(fn.Quadratic, output_metric=[1.0], sample_metric=[1.0, 1.0, 1.0, 1.0]),
        "CrossEntropy": of(
            fn.CrossEntropy, temperature=1.0, output_metric=[1.0, 1.0, 1.0], sample_metric=[1.0]
        ),
        "CrossEntropy.p_hat": of(fn.CrossEntropy().p_hat, [[0.0, 1.0]]),
        "Potential": of(fn.Potential, NET, fn.Quadratic(), DATA),
        "Potential.value": of(POTENTIAL.value, W),
        "Potential.differential": of(POTENTIAL.differential, W),
        "Potential.differential_on": of(POTENTIAL.differential_on, np.arange(2), W),
        "Potential.gauss_newton": of(POTENTIAL.gauss_newton, W),
        "Potential.fisher": of(POTENTIAL.fisher, W),
        "Potential.empirical_fisher": of(POTENTIAL.empirical_fisher, W),
        "Potential.jacobian": of(POTENTIAL.jacobian, W),
        "Potential.ntk": of(POTENTIAL.ntk, W),
        "Potential.map_bends": of(POTENTIAL.map_bends, W),
        "Potential.sample_losses": of(POTENTIAL.sample_losses, W),
        "Potential.pushforward": of(POTENTIAL.pushforward, W, V),
        "Potential.difference": of(POTENTIAL.difference, W, V),
        "Potential.jet": of(POTENTIAL.jet, W, V, 3),
        "Potential.linearized_jet": of(POTENTIAL.linearized_jet, W, V, 3),
        "Potential.hessian": of(POTENTIAL.hessian, W),
        "Potential.hessian_action": of(POTENTIAL.hessian_action, W, V),
        "Potential.third_action": of(POTENTIAL.third_action, W, V),
        "Potential.hessian_diagonal": of(POTENTIAL.hessian_diagonal, W),
        "Potential.diagonals": of(POTENTIAL.diagonals, W, V),
        "Potential.on": of(POTENTIAL.on, [0, 1]),
        "Potential.with_dtype": of(POTENTIAL.with_dtype, "float32"),
        "Parabola": of(fn.Parabola, 2, strength=1.0),
        "Parabola.differential": of(fn.Parabola(2).differential, [1.0, 2.0]),
        "Parabola.jet": of(fn.Parabola(2).jet, [1.0, 2.0], [1.0, 0.0], 2),
        "Parabola.hessian_action": of(fn.Parabola(2).hessian_action, [1.0, 2.0], [1.0, 0.0]),
        "Parabola.exact": of(fn.Parabola(2).exact, [1.0, 2.0], 1.0),
        "Quartic": of(fn.Quartic, 2, alpha=1.0),
        "Quartic.exact": of(fn.Quartic(2).exact, [1.0, 2.0], 1.0),
        "DoubleWell": of(fn.DoubleWell, 2, alpha=1.0, c=1.0),
        "DoubleWell.exact": of(WELL.exact, [0.5, 0.2], 1.0),
        "UV": of(fn.UV),
        "UV.value": of(fn.UV().value, [1.0, 2.0]),
        "CustomPotential": of(
            fn.CustomPotential,
            2,
            quadratic,
            value=lambda W: 0.5 * float(W @ W),
            hessian_action=lambda W, V: V,
            third_action=lambda W, V: 0 * V,
            jet=None,
            name="mine",
            method="differences",
            length=1.0,
            dtype="float64",
        ),
        "CustomPotential.differential": of(
            fn.CustomPotential(2, quadratic).differential, [1.0, 2.0]
        ),
        "real_view": of(fn.real_view, POTENTIAL),
        # charts
        "Charted": of(fn.Charted, WELL, fn.Sinh()),
        "Charted.differential": of(fn.Charted(WELL, fn.Sinh()).differential, [0.1, 0.2]),
        "Charted.to_W": of(fn.Charted(WELL, fn.Sinh()).to_W, [0.1, 0.2]),
        "Charted.to_u": of(fn.Charted(WELL, fn.Sinh()).to_u, [0.1, 0.2]),
        "Rescaling": of(fn.Rescaling, [1.0, 2.0]),
        "WeightNormalisation": of(fn.WeightNormalisation, NET),
        "Chart": of(
            fn.Chart,
            lambda u: u + 0.0,
            lambda u, v: v + 0.0,
            lambda u, p: p + 0.0,
            size=2,
            size_W=2,
            to_u=lambda W: W + 0.0,
            name="mine",
        ),
        # metrics
        "Euclidean": of(fn.Euclidean, 2),
        "Euclidean.sharp": of(fn.Euclidean(2).sharp, np.ones(2)),
        "Euclidean.norm2": of(fn.Euclidean(2).norm2, np.ones(2)),
        "LayerMetric": of(fn.LayerMetric, NET, [1.0, 2.0]),
        "LayerMetric.sharp": of(fn.LayerMetric(NET, [1.0, 2.0]).sharp, W),
        "LayerMetric.flat": of(fn.LayerMetric(NET, [1.0, 2.0]).flat, W),
        "LayerMetric.norm2": of(fn.LayerMetric(NET, [1.0, 2.0]).norm2, W),
        "DiagonalMetric": of(fn.DiagonalMetric, [1.0, 2.0]),
        "CoupledMetric": of(fn.CoupledMetric, fn.Network([2, 2, 2]), [[2.0, 0.5], [0.5, 1.0]]),
        "GroupMetric": of(fn.GroupMetric, NET, [1.0, 2.0]),
        "FisherMetric": of(
            fn.FisherMetric, POTENTIAL, 0.1, metric=None, tolerance=1e-9, iterations=50
        ),
        "FisherMetric.seen_at": of(fn.FisherMetric(POTENTIAL, 0.1).seen_at, W),
        "FisherMetric.raised": of(fn.FisherMetric(POTENTIAL, 0.1).seen_at(W).raised, V),
        "GaussNewtonMetric": of(fn.GaussNewtonMetric, POTENTIAL, 0.1),
        "SignNorm": of(fn.SignNorm, 2),
        "SignNorm.dual": of(fn.SignNorm(2).dual, np.ones(2)),
        "CoordinateNorm": of(fn.CoordinateNorm, 2),
        "BlockNorm": of(fn.BlockNorm, NET, "neurons", combine="max", radii=[1.0, 0.5]),
        "SpectralNorm": of(
            fn.SpectralNorm, NET, [1.0, 2.0], combine="max", polar="svd", biases=True
        ),
        "SpectralNorm.sharp": of(fn.SpectralNorm(NET).sharp, W),
        "SpectralNorm.flat": of(fn.SpectralNorm(NET).flat, W),
        "norm_sharpness": of(fn.norm_sharpness, POTENTIAL, W, fn.SignNorm(D), starts=1, seed=0),
        "polar": of(fn.polar, [[1.0, 0.0], [0.0, 2.0]], "svd"),
        "PulledBack": of(fn.PulledBack, fn.Sinh(), fn.Euclidean(2)),
        "TimedMetric": of(
            fn.TimedMetric, [0.0, 1.0], [fn.Euclidean(2), fn.DiagonalMetric([1.0, 2.0])]
        ),
        "speed": of(fn.speed, run(), every=2, metric=None),
        "path_length": of(fn.path_length, run(), metric=None),
        "step_speed": of(fn.step_speed, run()),
        # curvature
        "sharpness": of(fn.sharpness, POTENTIAL, W, metric=None, start=None, rtol=1e-6),
        "eigenpairs": of(
            fn.eigenpairs, POTENTIAL, W, 2, metric=None, which="largest", start=None, rtol=1e-6
        ),
        "index": of(fn.index, WELL, [1.0, 1.0], tol=1e-6),
        "inertia": of(fn.inertia, POTENTIAL, W, tol=1e-6, probes=4, steps=4, seed=0),
        "lanczos": of(fn.lanczos, POTENTIAL.hessian(W), V, 3, vectors=False),
        "metric_hessian": of(fn.metric_hessian, POTENTIAL, W, None),
        "spectral_density": of(fn.spectral_density, POTENTIAL, W, probes=2, steps=4, seed=0),
        "noise": of(fn.noise, POTENTIAL, W, 2, step=0.1, metric=None),
        "charges": of(fn.charges, POTENTIAL, None),
        # schedules
        "Constant": of(fn.Constant, 0.1),
        "Linearity": of(fn.Linearity, 0.5, 1.0),
        "LossRate": of(fn.LossRate, 0.5),
        "Exponential": of(fn.Exponential, 0.1, 0.9, over=2, floor=0.01),
        "Cosine": of(fn.Cosine, 0.1, 10, floor=0.01),
        "OneCycle": of(fn.OneCycle, 0.1, 10, rise=0.3, start=0.04, end=1e-5),
        "Piecewise": of(fn.Piecewise, [0.1, 0.2], [2]),
        "Polynomial": of(fn.Polynomial, 0.1, 10, power=1.0, floor=0.01),
        "Tabulated": of(fn.Tabulated, [0.1, 0.2]),
        "Warmup": of(fn.Warmup, 0.1, 10),
        "Schedule": of(fn.Schedule, lambda k: 0.1),
        "Chain": of(fn.Chain, [fn.Constant(0.1), fn.Constant(0.2)], [3]),
        # mechanics
        "Aristotle": of(fn.Aristotle, 0.1),
        "Aristotle.with_step": of(STEP.with_step, 0.2),
        "Newton": of(fn.Newton, 0.1, mass=1.0, friction=1.0),
        "Newton.from_momentum": of(fn.Newton.from_momentum, 0.1, 0.9),
        "Nesterov": of(fn.Nesterov, 0.1),
        "RMSProp": of(fn.RMSProp, 0.1),
        "Adam": of(fn.Adam, 0.1),
        "AdamW": of(fn.AdamW, 0.1),
        "ThierryMieg": of(fn.ThierryMieg, 0.1),
        "Langevin": of(fn.Langevin, 0.1, temperature=0.1, weight_decay=0.1),
        "SAM": of(fn.SAM, STEP, 0.1),
        "LevenbergMarquardt": of(
            fn.LevenbergMarquardt, 1.0, factor=3.0, tolerance=0.1, iterations=50
        ),
        "NewtonCG": of(fn.NewtonCG, 1.0, factor=3.0, tolerance=0.1, iterations=50),
        "ScalarRMSProp": of(fn.ScalarRMSProp, 0.1, 0.9, epsilon=1e-8, weight_decay=0.1),
        "Normalized": of(fn.Normalized, 0.1, 0.9, nesterov=True, weight_decay=0.1, elsewhere=STEP),
        "Muon": of(fn.Muon, 0.1, 0.9, nesterov=True, weight_decay=0.1, elsewhere=STEP),
        "RungeKutta": of(fn.RungeKutta, rtol=1e-3, atol=1e-6),
        # runs
        "train": of(
            fn.train,
            POTENTIAL,
            STEP,
            steps=2,
            W0=W,
            seed=0,
            metric=None,
            batch_size=2,
            record_every=1,
            observe={"n": (1, fn.PathLength())},
            stop=fn.LossBelow(1e-9),
            keep=fn.Best(POTENTIAL),
            store=None,
            overwrite=False,
            device="cpu",
            threads=1,
            progress=False,
            on_interrupt="raise",
        ),
        "train epochs": of(fn.train, POTENTIAL, STEP, epochs=2, W0=W, progress=False),
        "train Newton": of(
            fn.train, POTENTIAL, fn.Newton(0.1), steps=2, W0=W, V0=V, progress=False
        ),
        "states": of(
            lambda *a, **w: list(islice(fn.states(*a, **w), 3)),
            POTENTIAL,
            STEP,
            steps=2,
            W0=W,
            seed=0,
        ),
        "flow": of(
            fn.flow,
            POTENTIAL,
            W0=W,
            time=0.2,
            mechanics=None,
            field=None,
            metric=None,
            rtol=1e-6,
            atol=1e-8,
            at=[0.0, 0.1],
            gradient_below=1e-9,
            loss_below=1e-9,
            max_steps=100,
            max_gradients=1000,
            store=None,
            overwrite=False,
            device="cpu",
            threads=1,
            progress=False,
        ),
        "flow of Newton": of(
            fn.flow,
            POTENTIAL,
            W0=W,
            V0=V,
            time=0.2,
            mechanics=fn.Newton(0.1),
            max_steps=100,
            max_gradients=1000,
            progress=False,
        ),
        "geodesic": of(
            fn.geodesic,
            fn.PulledBack(fn.Sinh(), fn.Euclidean(2)),
            np.zeros(2),
            np.ones(2),
            order="exact",
            rtol=1e-10,
        ),
        "Modified": of(fn.Modified, 0.1, order=1),
        "Principal": of(fn.Principal, 0.1, modes=2, real=False),
        "Central": of(fn.Central, 0.1, rate=1.0),
        "resume": of(
            fn.resume,
            stored(),
            potential=None,
            steps=6,
            observe=None,
            stop=None,
            keep=None,
            threads=1,
            progress=False,
            on_interrupt="raise",
        ),
        "go_on": of(fn.go_on, run(), more=1, mechanics=STEP, progress=False),
        "Trajectory.open": of(fn.Trajectory.open, stored()),
        "Trajectory.potential_at": of(run().potential_at, 0),
        "Trajectory.to_pandas": of(run().to_pandas, parameters=True),
        "Experiment.load": of(fn.Experiment.load, stored()),
        "Experiment.of": of(
            fn.Experiment.of, POTENTIAL, STEP, metric=None, steps=2, seed=0, batch_size=2
        ),
        "Experiment.run": of(experiment().run, None, overwrite=False, progress=False, threads=1),
        # observables and conditions
        "Accuracy": of(fn.Accuracy, CLASSIFIER),
        "Sharpness": of(fn.Sharpness, POTENTIAL),
        "Noise": of(fn.Noise, POTENTIAL),
        "Energy": of(fn.Energy, POTENTIAL, part="total"),
        "ShadowEnergy": of(fn.ShadowEnergy, POTENTIAL),
        "PathLength": of(fn.PathLength, metric=None),
        "Speed": of(fn.Speed, POTENTIAL, metric=None),
        "StepSpeed": of(fn.StepSpeed),
        "StepCosine": of(fn.StepCosine, None),
        "FreeStates": of(fn.FreeStates, RELAXED),
        "NudgeMeters": of(fn.NudgeMeters, RELAXED),
        "SecantSharpness": of(fn.SecantSharpness, POTENTIAL, metric=None),
        "EMA": of(fn.EMA, 0.9, of=fn.Sharpness(POTENTIAL)),
        "SWA": of(fn.SWA, 2, of=fn.Sharpness(POTENTIAL)),
        "LossBelow": of(fn.LossBelow, 0.1, every=1),
        "GradientBelow": of(fn.GradientBelow, 0.1, every=1),
        "Patience": of(fn.Patience, POTENTIAL, 3, every=1, least=0.0, better="lowest"),
        "EdgeReached": of(fn.EdgeReached, 2.0, every=10),
        "Reached": of(fn.Reached, POTENTIAL, above=0.1, below=None, every=1),
        "StopWhen": of(fn.StopWhen, lambda state: False, every=1),
        "Best": of(fn.Best, POTENTIAL, every=1, better="lowest"),
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
        # many runs
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
