"""Calls of data, networks, losses, potentials and charts."""

import numpy as np
from arguments import CLASSES, DATA, LABELS, NET, POTENTIAL, WELL, V, W, X, of, quadratic

import flownet as fn


def calls():
    """Name to (function, positional arguments, arguments by name)."""
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
    }
