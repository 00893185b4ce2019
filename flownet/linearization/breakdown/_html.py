"""One step, and some steps of a run, as tables in HTML, for notebooks."""

from html import escape

import numpy as np

from ..splits import rows, signed, told_share
from ._table import chosen, heading, notes, summary, told

_HEAD = ("term", "value", "of the promise", "noise floor", "in a random basis", "with random signs")
_ALONG = (
    "step k",
    "loss",
    "promised",
    "second",
    "third",
    "remainder",
    "delivered",
    "2nd/1st",
    "critical step",
)


def one_step(b):
    """The rows of the text table as HTML."""
    lines = [_cells("th", _HEAD)]
    for row in rows(b):
        label = escape(row.label.strip())
        label = f"&emsp;{label}" if row.label.startswith(" ") else f"<b>{label}</b>"
        lines.append(
            _cells(
                "td",
                (
                    label,
                    signed(row.value, row.floor),
                    told_share(row, b),
                    f"{row.floor:.0e}",
                    row.basis,
                    row.signs,
                ),
            )
        )
    below = "".join(f"<p>{escape(note)}</p>" for note in notes(b))
    return f"<div><p><b>{escape(heading(b))}</b></p><table>{''.join(lines)}</table>{below}</div>"


def along_run(series):
    """The rows of the text table of a run as HTML."""
    if not len(series):
        return "<p>no steps</p>"
    lines = [_cells("th", _ALONG)]
    for b in chosen(series):
        terms = [
            signed(getattr(b, name), b.noise.get(name, np.nan))
            for name in ("linear", "second", "third", "remainder", "actual")
        ]
        lines.append(
            _cells(
                "td",
                (
                    b.iteration,
                    f"{b.loss:.4g}",
                    *terms,
                    told(b.ratio, ".2g"),
                    told(b.critical_step, ".4g"),
                ),
            )
        )
    return f"<div><table>{''.join(lines)}</table><p>{escape(summary(series))}</p></div>"


def _cells(tag, values):
    cells = "".join(
        f'<{tag} style="text-align:{"right" if i else "left"}">{value}</{tag}>'
        for i, value in enumerate(values)
    )
    return f"<tr>{cells}</tr>"
