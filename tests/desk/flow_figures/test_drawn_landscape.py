"""The landscape below the paths: its losses, minima and levels, and how many losses it takes."""

from types import SimpleNamespace

import numpy as np
import pytest
from mistakes import told_in_one_line
from pictures import STRICT
from tolerance import close

import flownet as fn
from flownet.desk.plot import _landscape, _plane
from flownet.desk.plot._picture import Picture

pytestmark = STRICT


def test_landscape_is_the_loss_at_the_points_of_the_plane(parts):
    picture = Picture(*parts)
    run = parts[0]
    ground = _landscape.landscape(picture.found, run.potential, (-2, 1, -1, 3), 7)
    assert ground.values.shape == (7, 7)
    for j, y in enumerate(ground.y):
        for i, x in enumerate(ground.x):
            W = picture.found.origin + np.array([x, y]) @ picture.found.directions
            close(ground.values[j, i], run.potential.value(W))


def test_landscape_of_a_parabola_has_the_minimum_where_it_is():
    metric, potential = fn.Euclidean(2), fn.Parabola(2)
    plane = _plane.Plane(metric, np.array([0.3, -0.2]), np.eye(2), np.ones(2) / 2)
    ground = _landscape.landscape(plane, potential, (-2, 2, -2, 2), 40)
    steps = _landscape.levels(ground.values, 1.0)
    close(_landscape.minima(ground, steps), [[-0.3, 0.2]], kind="solver")


def test_every_basin_of_a_double_well_is_found_and_no_other():
    x = np.linspace(-2, 2, 61)
    X, Y = np.meshgrid(x, x)
    for values, expected in (
        ((X**2 - 1) ** 2 + Y**2, {(-1, 0), (1, 0)}),
        (
            (X**2 - 1) ** 2 + (Y**2 - 1) ** 2 + 0.1 * X + 0.2 * Y,
            {(-1, -1), (-1, 1), (1, -1), (1, 1)},
        ),
        ((X * Y) ** 2, set()),  # valleys that leave the frame
        (X + 3 * Y + 9, set()),
    ):
        ground = _landscape.Landscape(x, x, values)
        found = _landscape.minima(ground, _landscape.levels(values, 3.0))
        assert {tuple(np.round(place).astype(int).tolist()) for place in found} == expected


@pytest.mark.parametrize(
    "low, high, logarithmic", [(1e-4, 1.0, True), (0.3, 1.0, False), (-1.0, 1.0, False)]
)
def test_levels_ascend_within_the_values_and_leave_out_what_is_far_above(low, high, logarithmic):
    values = np.geomspace(low, high, 400) if low > 0 else np.linspace(low, high, 400)
    values = np.append(values, [1e9, np.inf]).reshape(6, 67)
    steps = _landscape.levels(values, high)
    assert (np.diff(steps) > 0).all() and 4 <= len(steps) <= 20
    assert low <= steps[0] and steps[-1] <= 1.5 * high
    assert _landscape.is_logarithmic(steps) == logarithmic


def test_where_no_loss_is_a_number_there_is_no_landscape():
    with told_in_one_line("no finite number"):
        _landscape.levels(np.full((3, 3), np.inf), 1.0)
    with told_in_one_line("the loss is 2 everywhere"):
        _landscape.levels(np.full((3, 3), 2.0), 2.0)


def test_numbers_of_levels_stand_on_their_lines_clear_of_the_paths(parts):
    picture = Picture(*parts, resolution=41)
    left, right, bottom, top = (*picture.plane.get_xlim(), *picture.plane.get_ylim())
    size = np.array([right - left, top - bottom])
    numbers = [text for text in picture.plane.texts if text.get_text()]
    places = np.array([text.get_position() for text in numbers]) / size
    path = np.concatenate([_landscape._evenly(points / size) for points in picture.points])
    assert len(numbers) > 3
    assert _landscape._nearest(places, path).min() > 0.9 * _landscape._CLEAR[1]
    for k in range(len(places)):
        others = np.delete(places, k, axis=0)
        assert _landscape._nearest(places[[k]], others) > 0.8 * _landscape._CLEAR[2]


def test_landscape_takes_a_bounded_number_of_losses(parts, monkeypatch):
    run, flow = parts
    asked = []
    potential = SimpleNamespace(
        dtype=run.potential.dtype,
        size=run.potential.size,
        data=run.potential.data,
        value=lambda W: asked.append(1) or 0.1 + float(W @ W),
    )
    plane = Picture(run, flow, resolution=9).found
    _landscape.landscape(plane, potential, (-1, 1, -1, 1))
    assert 0 < len(asked) <= 81**2
    potential.data = SimpleNamespace(m=10**9)
    asked.clear()
    _landscape.landscape(plane, potential, (-1, 1, -1, 1))
    assert len(asked) == 21**2
