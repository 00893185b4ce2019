"""Mistakes in asking for curvature are told in one line."""

import numpy as np
import pytest
from mistakes import told_in_one_line

import flownet as fn

WELL, ONES = fn.DoubleWell(3), np.ones(3)
MISTAKES = {
    "no potential": (lambda run: fn.sharpness(np.sin, ONES), "has to be a potential with hessian"),
    "no parameters": (lambda run: fn.sharpness(WELL), "a potential and parameters W"),
    "parameters of a run": (lambda run: fn.sharpness(run, ONES), "takes no W"),
    "an interval of no run": (lambda run: fn.sharpness(WELL, ONES, every=2), "a run and every=n"),
    "every 0th": (lambda run: fn.sharpness(run, every=0), "every is 0; .* from 1 up"),
    "too few parameters": (lambda run: fn.sharpness(WELL, [1.0]), r"W has shape \(1,\)"),
    "infinite parameters": (lambda run: fn.sharpness(WELL, [1, 1, np.inf]), "W .* at index 2"),
    "words": (lambda run: fn.sharpness(WELL, ["a", "b", "c"]), "real numbers"),
    "a metric of others": (
        lambda run: fn.inertia(WELL, ONES, metric=fn.Euclidean(4)),
        "one of 4 parameters, the potential has 3",
    ),
    "no metric": (lambda run: fn.inertia(WELL, ONES, metric=2.0), "metric is 2.0; it has to be"),
    "all frozen": (
        lambda run: fn.sharpness(WELL, ONES, metric=fn.DiagonalMetric([np.inf] * 3)),
        "freezes every parameter",
    ),
    "no eigenvalues": (lambda run: fn.eigenpairs(WELL, ONES, 0), "k is 0; .* from 1 to 3"),
    "too many": (lambda run: fn.eigenpairs(WELL, ONES, 4), "k is 4; .* from 1 to 3"),
    "an end that is none": (
        lambda run: fn.eigenpairs(WELL, ONES, which="larges"),
        "did you mean 'largest'",
    ),
    "no tolerance": (lambda run: fn.sharpness(WELL, ONES, rtol=0.0), "rtol is 0.0"),
    "an empty start": (lambda run: fn.sharpness(WELL, ONES, start=np.zeros(3)), "start is zero"),
    "a short start": (lambda run: fn.sharpness(WELL, ONES, start=np.ones(2)), r"shape \(3,\)"),
    "half a probe": (lambda run: fn.spectral_density(WELL, ONES, probes=0.5), "probes is 0.5"),
    "no steps": (lambda run: fn.spectral_density(WELL, ONES, steps=0), "steps is 0"),
    "no width": (lambda run: fn.spectral_density(WELL, ONES).density([0.0], 0.0), "width is 0.0"),
    "a large tol": (lambda run: fn.inertia(WELL, ONES, tol=1.0), "tol is 1.0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake, run):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(run)
