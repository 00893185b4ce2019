"""A finite run and its flows in motion: the plane of `flows`, the run hopping, the flows moving."""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._progress import bar
from ._canvas import styled
from ._picture import Picture

if TYPE_CHECKING:
    from ..._types import Flows, MetricLike, Pair, PathLike
    from ...store.trajectory import Trajectory

_DPI = 80
_COLORS = 96  # of a GIF
_MOST_FRAMES = 2000
_HOLD = 1.5  # seconds that a film stays at its end
_PACES = ("path", "time")


@styled
def film(
    run: Trajectory,
    flows: Flows,
    path: PathLike,
    *,
    seconds: float = 8,
    fps: int = 20,
    pace: Literal["path", "time"] = "path",
    metric: MetricLike | None = None,
    resolution: int | None = None,
    size: Pair | None = None,
    title: str | None = None,
) -> PathLike:
    """Write a film of a finite run beside its flows; at each moment all are at the same time.

    On the left the paths over the loss landscape as in `flownet.plot.flows`, the run hopping from
    row to row; on the right the departure and the losses so far. The film begins at t = 0, and
    stays at its end for another second and a half.

    Parameters
    ----------
    run : Trajectory
        The finite run.
    flows : Trajectory or dict
        Its flow, or several, {name: Trajectory}.
    path : path
        A file .gif, or .mp4 where ffmpeg is installed.
    seconds, fps : number
        Length, and frames per second; those of a GIF divide 100.
    pace : {"path", "time"}
        How time goes by: slower where the paths are fast, so that bends are seen, or evenly.
    metric, resolution, size, title
        As in `flownet.plot.flows`.

    Returns
    -------
    path
        The file written.

    Raises
    ------
    FlownetError
        Before any work when the file cannot be written or the numbers cannot be honoured.
    """
    frames, write = _checked(path, seconds, fps, pace)
    picture = Picture(run, flows, metric, resolution, size=size, title=title)
    scene = _Scene(picture, moments(picture, frames, pace))
    try:
        write(scene, path, fps)
    except (OSError, CalledProcessError) as error:
        # an OSError has a text of its own, a failed process has none
        why = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise FlownetError(f"cannot write the film {path}: {why}.") from None
    return path


def moments(picture, frames, pace="path"):
    """Times (frames,) of a film, ascending from 0 to the end of the run.

    At the pace of the paths, what goes by evenly is the mean of time and of the lengths gone by
    each path on the plane, all as parts of their whole.
    """
    end = picture.paths[0].time[-1]
    if pace == "time":
        return np.linspace(0, end, frames)
    known = np.unique(np.concatenate([[0.0, end], *(path.time for path in picture.paths)]))
    known = known[known <= end]
    parts = [known / end]
    for path, points in zip(picture.paths, picture.points):
        if path not in picture.framing:  # it ran away
            continue
        gone = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
        gone = np.interp(known, path.time, gone)
        parts += [gone / gone[-1]] if gone[-1] > 0 else []
    return np.interp(np.linspace(0, 1, frames), np.mean(parts, axis=0), known)


class _Scene:
    """The picture at any of its moments."""

    def __init__(self, picture, moments):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        self.picture, self.moments, self.figure = picture, moments, picture.figure
        self._canvas = FigureCanvasAgg(self.figure)
        self.figure.set_dpi(_DPI)
        self._paths = list(zip(picture.paths, picture.points, picture.curves, picture.ends))
        self._lines = [
            (line, *line.get_data())
            for axis in (picture.departure, picture.loss)
            for line in axis.lines
        ]
        self._clock = picture.plane.text(
            0.02,
            0.975,
            "",
            transform=picture.plane.transAxes,
            va="top",
            zorder=9,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 3},
        )
        for axis in (picture.plane, picture.departure, picture.loss):
            axis.set(xlim=axis.get_xlim(), ylim=axis.get_ylim(), autoscale_on=False)
        self._ground = None
        gaps = np.diff(moments)
        self._digits = max(0, int(np.ceil(-np.log10(gaps[gaps > 0].min()))))

    def at(self, frame):
        """Set the paths and lines to what they are at a frame."""
        now = self.moments[frame]
        for i, (path, points, curve, end) in enumerate(self._paths):
            gone = int(np.searchsorted(path.time, now * (1 + 1e-12), side="right"))
            trail = points[:gone]
            if i and gone < len(points):  # a flow is between its rows, a run is not
                head = [np.interp(now, path.time, column) for column in points.T]
                trail = np.vstack([trail, head])
            curve.set_data(*trail.T)
            end.set_data(*trail[-1:].T)
        for line, time, value in self._lines:
            gone = np.searchsorted(time, now * (1 + 1e-12), side="right")
            line.set_data(time[:gone], value[:gone])
        step = (
            int(
                np.searchsorted(
                    self.picture.run.observables["loss"].time, now * (1 + 1e-12), side="right"
                )
            )
            - 1
        )
        self._clock.set_text(f"t = {now:.{self._digits}f}, step {step}")

    def pixels(self, frame):
        """Pixels (height, width, 3) of a frame; what does not move is drawn once."""
        self.at(frame)
        moving = [
            (self.picture.plane, artist)
            for artist in (*self.picture.curves[::-1], *self.picture.ends[::-1], self._clock)
        ]
        moving += [(line.axes, line) for line, *_ in self._lines]
        if self._ground is None:
            for _, artist in moving:
                artist.set_animated(True)
            self._canvas.draw()
            self._ground = self._canvas.copy_from_bbox(self.figure.bbox)
        self._canvas.restore_region(self._ground)
        for axis, artist in moving:
            axis.draw_artist(artist)
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()


def _gif(scene, path, fps):
    """One palette for all frames, so that only what moved is written."""
    from PIL import Image

    count = len(scene.moments)
    palette = Image.fromarray(scene.pixels(count - 1)).quantize(_COLORS, kmeans=1)
    with bar(count, what="frames") as show:

        def frames():
            for k in range(count):
                yield Image.fromarray(scene.pixels(k)).quantize(
                    palette=palette, dither=Image.Dither.NONE
                )
                show(k + 1)

        drawn, each = frames(), round(1000 / fps)
        next(drawn).save(
            path,
            format="GIF",
            save_all=True,
            append_images=drawn,
            loop=0,
            duration=[each] * (count - 1) + [each + round(1000 * _HOLD)],
            optimize=True,
        )


def _mp4(scene, path, fps):
    from matplotlib.animation import FFMpegWriter

    writer, count = FFMpegWriter(fps=fps), len(scene.moments)
    with writer.saving(scene.figure, path, _DPI), bar(count, what="frames") as show:
        for k in [*range(count), *[count - 1] * round(_HOLD * fps)]:
            scene.at(k)
            writer.grab_frame()
            show(k + 1)


def _checked(path, seconds, fps, pace):
    """Number of frames, and what writes them."""
    for name, value in (("seconds", seconds), ("fps", fps)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < np.inf:
            raise FlownetError(f"{name} is {shown(value)}; it has to be a number above 0.")
    if pace not in _PACES:
        raise FlownetError(f"pace is {shown(pace)}; it has to be one of {', '.join(_PACES)}.")
    frames = round(seconds * fps)
    if not 2 <= frames <= _MOST_FRAMES:
        raise FlownetError(
            f"{seconds:g} seconds at {fps:g} frames a second are {frames} frames; "
            f"a film has 2 to {_MOST_FRAMES}."
        )
    return frames, check_film(path, fps)


def check_film(path: PathLike, fps: int = 20) -> Any:
    """What writes a film, by the ending of its path; one that cannot be written is an error."""
    try:
        ending = Path(path).suffix[1:].lower()
    except TypeError:
        raise FlownetError(f"{shown(path)} is no path of a film; film.gif is one.") from None
    if ending not in ("gif", "mp4"):
        raise FlownetError(
            f"cannot write the film {path}: its ending {ending!r} is none of gif, mp4."
        )
    if not Path(path).parent.is_dir():
        raise FlownetError(f"cannot write the film {path}: there is no folder {Path(path).parent}.")
    if ending == "gif":
        if 100 % fps:
            raise FlownetError(
                f"a GIF counts hundredths of a second and cannot show {fps:g} "
                "frames in one: fps of 10, 20, 25 or 50 work."
            )
        return _gif
    from matplotlib.animation import FFMpegWriter

    if not FFMpegWriter.isAvailable():
        raise FlownetError(
            f"cannot write the film {path}: MP4 takes the program ffmpeg, which is "
            "not found here; the ending .gif works without."
        )
    return _mp4
