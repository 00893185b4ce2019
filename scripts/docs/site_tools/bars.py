"""Docstrings write |x| for a size and *shape in a tuple, which RST would take for its own signs."""

import re

_CODE = re.compile(r"(`[^`]*`|^ *(?:>>>|\.\.\. ).*$)", re.MULTILINE)


def keep(app, what, name, obj, options, lines):
    """Escape bars and stars but in code; a handler of autodoc's event for docstrings."""
    parts = _CODE.split("\n".join(lines))
    parts[::2] = [re.sub(r"[|*]", r"\\\g<0>", part) for part in parts[::2]]
    lines[:] = "".join(parts).split("\n")
