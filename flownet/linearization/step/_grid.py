"""Small tables as text of at most 100 columns, and as HTML for notebooks."""

from html import escape


def text(head, rows, notes=()):
    """Table of texts: the first column to the left, the others to the right."""
    lines = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    told = [
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*told, *(["", *notes] if notes else [])])


def html(head, rows, notes=()):
    """The same table as HTML."""
    lines = [_cells("th", head), *(_cells("td", row) for row in rows)]
    below = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return f"<div><table>{''.join(lines)}</table>{below}</div>"


def _cells(tag, values):
    cells = "".join(
        f'<{tag} style="text-align:{"right" if i else "left"}">{escape(str(value))}</{tag}>'
        for i, value in enumerate(values)
    )
    return f"<tr>{cells}</tr>"
