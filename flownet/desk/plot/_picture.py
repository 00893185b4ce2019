"""The picture of a finite run and its flows: paths in a plane, how they part, and losses."""

import numpy as np

from ..._errors import FlownetError
from ...model.potential import Reals
from ._beside import metric_of_run
from ._canvas import canvas, titled
from ._landscape import inscriptions, landscape, levels, minima
from ._paths import distances, paths, reach_of
from ._plane import frame, principal_plane
from ._style import DASHES, INK, TIME, log_if_wide, running_median, title_of

_HEIGHTS = ("#ffffff", "#e4e8ed", "#c6ced7", "#9fabb9")  # low to high; grey as they are
_LEVEL, _INSCRIPTION = "#5d6875", "#333b44"
_SIZE = (11.2, 5.8)
_MOST_MINIMA = 5
_ENDS = "sD^vP"
_AWAY = 30  # lengths of its flows beyond which a run has run away
_DEEPEST, _CLOSEST = 1e-14, 1e-9  # of the highest loss and distance: below it is rounding
_MOST = 1e200  # what an axis can still scale
_MANY = 200  # points of a run that are drawn small


class Picture:
    """The figure of `flows`, and what a film needs of it.

    Attributes
    ----------
    figure : Figure
    plane, departure, loss : Axes
    found : Plane
    paths, framing : list of Path
        The run first; those that the plane and its frame are chosen by.
    points : list of ndarray (T, 2)
        Of each path, on the plane.
    curves, ends : list of Line2D
        Of each path, on the plane; the marks of their ends.
    """

    def __init__(self, run, flows, metric=None, resolution=None, **place):
        metric = metric_of_run(run, metric)
        first, others = paths(run, flows)
        reals = Reals(run.potential, run.parameters.dtype)
        self.metric, self.potential = reals.of_metric(metric), reals.potential
        self.paths, self.run = [first, *others], run
        self.framing = self._framing()
        self.found = principal_plane([path.rows for path in self.framing], self.metric)
        self.points = [self.found.coordinates(path.rows) for path in self.paths]
        title = place.pop("title", None)
        self.figure = canvas(_SIZE, **place, layout=None)
        box = self.figure.bbox
        self.size = box.width / self.figure.dpi, box.height / self.figure.dpi
        self._place_panels(1 + len(others))
        self.marks = []
        self._draw_landscape(resolution)
        self._draw_paths()
        self._draw_departure()
        self._draw_losses()
        steps = len(run.step)
        own = f"{title_of(run)}, {steps} step{'s' * (steps != 1)}: the finite run and its flow"
        titled(self.figure, own + "s" * (len(others) > 1), title, fontsize=13)

    def _place_panels(self, count):
        """Panels at fixed places, in inches, above legends of as many rows as there are paths."""
        width, height = self.size
        bottom = 0.66 + 0.21 * max(count, (count + 4) // 2)
        height, width = height - bottom - 0.72, width - 1.9
        left, right = 0.527 * width, 0.473 * width
        if min(height, left) < 1:
            raise FlownetError(
                f"a figure of {self.size[0]:g} by {self.size[1]:g} inches has no room for its "
                f"panels and legends: ({_SIZE[0]}, {_SIZE[1]}) is the size by default."
            )
        self._under = (bottom - 0.52) / self.size[1]
        self.plane = self._panel(0.8, bottom, left, height)
        begin = 0.8 + left + 0.9
        self.departure = self._panel(begin, bottom + 0.47 * height, right, 0.53 * height)
        self.loss = self._panel(begin, bottom, right, 0.43 * height, sharex=self.departure)
        self.departure.tick_params(labelbottom=False)
        self.wide = left / height

    def _panel(self, left, bottom, width, height, **options):
        (w, h) = self.size
        return self.figure.add_axes((left / w, bottom / h, width / w, height / h), **options)

    def _legend(self, axis, handles, labels, columns, letters, **options):
        """A legend under a panel, in smaller letters where names are long."""
        where = axis.get_position()
        self.figure.legend(
            handles,
            labels,
            loc="upper center",
            ncols=columns,
            borderaxespad=0,
            bbox_to_anchor=(where.x0 + where.width / 2, self._under),
            fontsize=10 * min(1, letters / max(map(len, labels))),
            **options,
        )

    def _framing(self):
        """The paths that the plane is chosen by: of a run that runs away, its flows alone."""
        reach = [reach_of(path, self.metric) for path in self.paths]
        self.reach = max(reach[1:])
        away = self.run.diverged_at is not None or reach[0] > _AWAY * self.reach > 0
        return self.paths[1:] if away else self.paths

    def _draw_landscape(self, resolution):
        from matplotlib.colors import LinearSegmentedColormap

        framed = [points for path, points in zip(self.paths, self.points) if path in self.framing]
        borders, stretch = frame(np.concatenate(framed), self.wide)
        ground = landscape(self.found, self.potential, borders, resolution)
        steps = levels(ground.values, max(path.loss.value.max() for path in self.framing))
        values, axis = np.clip(ground.values, None, 2 * np.abs(steps[-1]) + steps[-1]), self.plane
        shades = LinearSegmentedColormap.from_list("heights", _HEIGHTS)
        axis.contourf(
            ground.x,
            ground.y,
            values,
            steps,
            extend="both",
            colors=shades(np.linspace(0, 1, len(steps) + 1)),
        )
        lines = axis.contour(
            ground.x, ground.y, values, steps, colors=_LEVEL, linewidths=0.7, linestyles="solid"
        )
        places = inscriptions(lines.allsegs, borders, self.points)
        if places:
            axis.clabel(
                lines,
                manual=places,
                fontsize=8.5,
                colors=_INSCRIPTION,
                fmt=lambda level: f"{level:g}",
            )
        for lowest in minima(ground, steps)[:_MOST_MINIMA]:
            self.marks += axis.plot(
                *lowest, "*", color="white", markeredgecolor="#222222", markersize=15, zorder=6
            )
        shares = [f"{100 * share:.3g} % of the variance" for share in self.found.shares]
        tall = (
            ""
            if stretch == 1
            else (
                f", stretched × {stretch:.2g}" if stretch > 1 else f", squeezed × {1 / stretch:.2g}"
            )
        )
        axis.set(
            xlim=borders[:2],
            ylim=borders[2:],
            title="Loss in the plane of the paths",
            xlabel=f"first principal direction ({shares[0]})",
            ylabel=f"second principal direction ({shares[1]}{tall})",
        )
        axis.grid(False)

    def _draw_paths(self):
        from matplotlib.legend_handler import HandlerTuple
        from matplotlib.patheffects import withStroke

        halo = [withStroke(linewidth=4.4, foreground="white")]
        (start,) = self.plane.plot(
            *self.points[0][0],
            "o",
            color="white",
            zorder=7,
            markersize=9,
            markeredgecolor="#222222",
            markeredgewidth=2,
        )
        self.curves, self.ends = [], []
        for i, points in enumerate(self.points):
            many = len(points) > _MANY
            style = (
                dict(linewidth=2.4, path_effects=halo)
                if i
                else dict(linewidth=0.7 if many else 1.0, marker="o", markersize=2 if many else 3.5)
            )
            ink = INK[i % len(INK)]
            self.curves += self.plane.plot(
                *points.T,
                color=ink,
                linestyle=DASHES[i % len(DASHES)],
                zorder=4 if i else 5,
                **style,
            )
            self.ends += self.plane.plot(
                *points[-1],
                _ENDS[i % len(_ENDS)],
                color=ink,
                zorder=7,
                markersize=8,
                markeredgecolor="white",
            )
        labels = [
            f"{path.name}{'' if path.every == 1 else f', 1 row in {path.every}'} "
            f"({_percent(self.found.outside(path.rows))} of variance outside)"
            for path in self.paths
        ]
        labels += ["start", "ends", "minimum in the plane"][: 2 + bool(self.marks)]
        self._legend(
            self.plane,
            [*self.curves, start, tuple(self.ends), *self.marks[:1]],
            labels,
            2,
            50,
            handler_map={tuple: HandlerTuple(ndivide=None)},
        )

    def _draw_departure(self):
        axis, reached = self.departure, []
        for i, flow in enumerate(self.paths[1:], 1):
            time, length = distances(self.paths[0], flow, self.metric)
            apart = (length > 0) & (length < _MOST)
            axis.plot(
                time[apart],
                length[apart],
                color=INK[i % len(INK)],
                linestyle=DASHES[i % len(DASHES)],
                linewidth=2.0,
            )
            reached.append(length[apart])
        where = "" if self.run.metric is None else " in the metric"
        self._scale(axis, np.concatenate(reached), _CLOSEST, self.reach)
        axis.set(ylabel=f"distance{where}", title="Departure: distance to the run at equal times")

    def _draw_losses(self):
        axis, reached = self.loss, []
        for i, path in enumerate(self.paths):
            _, time, value = path.loss
            drawn = (time <= self.paths[0].time[-1] * (1 + 1e-12)) & (np.abs(value) < _MOST)
            time, value = time[drawn], value[drawn]
            if not i and self.run.experiment.get("run", {}).get("batch_size"):
                value = running_median(value)
            axis.plot(
                time,
                value,
                color=INK[i % len(INK)],
                linestyle=DASHES[i % len(DASHES)],
                linewidth=2.0 if i else 1.2,
            )
            reached.append(value)
        self._scale(
            axis,
            np.concatenate(reached),
            _DEEPEST,
            max(path.loss.value.max() for path in self.framing),
        )
        axis.set(xlabel=TIME, ylabel="loss L")
        names = [path.name for path in self.paths]
        self._legend(axis, axis.lines, names, 3 if sum(map(len, names)) < 36 else 1, 50)

    def _scale(self, axis, values, deepest, highest):
        """A logarithmic axis where values go far, down to where rounding begins.

        Of a run that runs away the axis shows what is near enough to the highest loss of its flows.
        """
        top = values.max() if len(values) else 1.0
        if self.framing is not self.paths and top > _AWAY * highest > 0:
            top = _AWAY * highest
            axis.set_ylim(0, top)
        values = values[(values > deepest * top) & (values <= top)]
        log_if_wide(axis, values)
        if axis.get_yscale() == "log":
            axis.set_ylim(0.6 * values.min(), 1.6 * top)


def _percent(share):
    return "< 0.1 %" if share < 5e-4 else f"{100 * share:.2g} %"
