"""The plane of a run and its flows: its directions and shares, its frame, and paths in it."""

import numpy as np
import pytest
from pictures import STRICT
from tolerance import close, tolerance

import flownet as fn
from flownet.desk.plot import _paths, _plane

pytestmark = STRICT

METRICS = {
    "plain": lambda D: fn.Euclidean(D),
    "diagonal": lambda D: fn.DiagonalMetric(np.linspace(0.5, 4.0, D)),
    "frozen": lambda D: fn.DiagonalMetric(np.where(np.arange(D) % 3, 2.0, np.inf)),
}


def walks(metric, seed=3):
    """Two random walks (20, 9) and (31, 9), at rest where the metric is frozen."""
    random = np.random.default_rng(seed)
    return [
        np.cumsum(random.normal(size=(T, metric.size)) * metric.free, axis=0) + 1 for T in (20, 31)
    ]


@pytest.mark.parametrize("kind", METRICS)
def test_plane_is_orthonormal_and_holds_what_a_whole_decomposition_says(kind):
    metric = METRICS[kind](9)
    paths = walks(metric)
    plane = _plane.principal_plane(paths, metric)
    gram = [[metric.flat(a) @ b for b in plane.directions] for a in plane.directions]
    close(gram, np.eye(2), kind="reference")
    root = np.sqrt(np.where(metric.free, metric.stiffness, 0.0)) * np.ones(9)
    centre = np.mean([rows.mean(axis=0) for rows in paths], axis=0)
    covariance = sum(
        ((rows - centre) * root).T @ ((rows - centre) * root) / len(rows) for rows in paths
    )
    variances = np.linalg.eigvalsh(covariance)[::-1]
    close(plane.shares, variances[:2] / variances.sum())
    close(plane.origin, centre, kind="rounding")
    assert not plane.directions[:, ~metric.free].any()


@pytest.mark.parametrize("kind", METRICS)
def test_points_of_the_plane_come_back_and_lie_inside_it(kind):
    metric = METRICS[kind](9)
    paths = walks(metric)
    plane = _plane.principal_plane(paths, metric)
    x = np.random.default_rng(1).normal(size=(7, 2))
    close(plane.coordinates(plane.points(x)), x)
    assert plane.outside(plane.points(x)) < tolerance("reference")
    for rows in paths:
        moved = _plane.orthonormal(metric, rows - rows.mean(axis=0))
        inside = plane.coordinates(rows) - plane.coordinates(rows.mean(axis=0))
        rest = moved - inside @ _plane.orthonormal(metric, plane.directions)
        close(plane.outside(rows), np.sum(rest**2) / np.sum(moved**2))


def test_one_path_leaves_outside_what_its_shares_do_not_hold():
    rows = walks(fn.Euclidean(9))[0]
    plane = _plane.principal_plane([rows], fn.Euclidean(9))
    close(plane.outside(rows) + plane.shares.sum(), 1.0)


def test_the_first_path_begins_on_the_left_and_above():
    for seed in range(6):
        paths = walks(fn.Euclidean(9), seed)
        x, y = _plane.principal_plane(paths, fn.Euclidean(9)).coordinates(paths[0][0])
        assert x <= 0 <= y


def test_paths_on_one_line_still_span_a_plane(on_a_parabola):
    run, flow, W0 = on_a_parabola
    plane = _plane.principal_plane([run.parameters[:], flow.parameters[:]], fn.Euclidean(3))
    close(np.abs(plane.directions[0]), np.abs(W0) / np.linalg.norm(W0), kind="solver")
    close(plane.directions @ plane.directions.T, np.eye(2))
    close(plane.shares, [1.0, 0.0])


def test_a_frame_holds_all_points_and_keeps_angles_unless_they_make_a_thread():
    points = np.random.default_rng(0).normal(size=(50, 2))
    for thin, kept in ((1.0, True), (0.3, True), (0.01, False), (1e-15, True)):
        (left, right, bottom, top), stretch = _plane.frame(points * [1.0, thin], 1.25)
        assert (left < points[:, 0]).all() and (points[:, 0] < right).all()
        assert (bottom < thin * points[:, 1]).all() and (thin * points[:, 1] < top).all()
        assert (stretch == 1) == kept
        close((right - left) / (stretch * (top - bottom)), 1.25, kind="rounding")


def test_long_paths_are_thinned_at_an_odd_interval_up_to_their_last_row():
    for count, most in ((1, 5), (5, 5), (6, 5), (1000, 400), (12345, 100)):
        kept = _paths.thinned(count, most)
        assert kept[0] == 0 and kept[-1] == count - 1 and len(kept) <= most
        assert all(gap % 2 for gap in set(np.diff(kept[:-1]).tolist()))
