"""Calls of metrics, of what is measured along a run with them, and of curvature."""

import numpy as np
from arguments import NET, POTENTIAL, WELL, D, V, W, of, run

import flownet as fn


def calls():
    """Name to (function, positional arguments, arguments by name)."""
    return {
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
    }
