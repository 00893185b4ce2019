"""One step as a table in HTML, for notebooks."""

from html import escape

from ._rows import rows, signed, told_share
from ._table import heading, notes

_HEAD = ("term", "value", "of the promise", "noise floor", "in a random basis", "with random signs")


def one_step(b):
    """The rows of the text table as HTML."""
    lines = [_cells("th", _HEAD)]
    for row in rows(b):
        label = escape(row.label.strip())
        label = f"&emsp;{label}" if row.label.startswith(" ") else f"<b>{label}</b>"
        lines.append(_cells("td", (label, signed(row.value, row.floor), told_share(row, b),
                                   f"{row.floor:.0e}", row.basis, row.signs)))
    told = "".join(f"<p>{escape(note)}</p>" for note in notes(b))
    return (f"<div><p><b>{escape(heading(b))}</b></p><table>{''.join(lines)}</table>{told}</div>")


def _cells(tag, values):
    cells = "".join(f'<{tag} style="text-align:{"right" if i else "left"}">{value}</{tag}>'
                    for i, value in enumerate(values))
    return f"<tr>{cells}</tr>"
