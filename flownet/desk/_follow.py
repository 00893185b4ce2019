"""A figure of a run that is being written, drawn anew as it grows."""

import os
import time
from pathlib import Path

from .._errors import FlownetError

_FOLLOWED = ("breakdown", "loss", "report")
_SECONDS = 3.0  # between two looks at the file


def follow(run, draw, output, seconds=_SECONDS):
    """Draw a run whenever it has grown, for the last time when nobody writes it any more.

    The figure takes its file's place when it is complete, so that a viewer never sees half of it.

    Parameters
    ----------
    run : Trajectory
        Of a file; it is left as it is then.
    draw : callable
        Gives the figure of a run of at least two steps.
    output : path
    seconds : float
        Between two looks.

    Returns
    -------
    int
        How often it was drawn.

    Raises
    ------
    FlownetError, OSError, ValueError
        The file is damaged, or a figure cannot be drawn or written.
    """
    drawn, seen = 0, 1
    while True:
        live, steps = run.store.live, len(run.step)
        if steps > seen:
            _save(draw(run), Path(output))
            drawn, seen = drawn + 1, steps
        if not live:
            return drawn
        time.sleep(seconds)
        run.refresh()


def _save(figure, path):
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        figure.savefig(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def follow_run(run, kind, output):
    """Draw a run anew as it grows: a line that says how it ended."""
    from . import plot as figures

    if kind not in _FOLLOWED:
        raise FlownetError(f"--follow draws {', '.join(_FOLLOWED)} anew, not {kind}.")
    try:
        # a name of one of the figures, as it is among those that are followed
        follow(run, getattr(figures, kind), output)
    except (OSError, ValueError) as error:
        raise FlownetError(f"cannot write the figure {output}: {error}.") from None
    end = "finished" if run.finished else "not finished, and nobody writes it: flownet resume"
    return f"figure in {output}; {run.path} is {end}"
