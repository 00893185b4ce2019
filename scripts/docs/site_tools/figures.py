"""Figures of a gallery's script: flownet gives them to names, and pyplot knows nothing of them."""

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

_DPI = 110


def of_names(block, block_vars, gallery_conf):
    """Save each new figure that a name of the script holds; returns the RST that shows them."""
    names, paths = block_vars["example_globals"], []
    shown = names.setdefault("_shown", set())
    for value in list(names.values()):
        if isinstance(value, Figure) and id(value) not in shown:
            shown.add(id(value))
            path = next(block_vars["image_path_iterator"])
            value.savefig(path, dpi=_DPI)
            paths.append(path)
    return figure_rst(paths, gallery_conf["src_dir"])
