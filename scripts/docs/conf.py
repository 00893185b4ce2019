"""How the site is built from the pages beside this file; `./scripts/site` is the command."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from numpydoc.xref import DEFAULT_LINKS
from site_tools import bars, inherited, links, reference, sidebar, words

import flownet as fn

project = "flownet"
author = "the flownet developers"
version = release = fn.__version__
copyright = author

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "sphinx_codeautolink",
]
exclude_patterns = ["templates", "site_tools", "reference/field_words.md"]
templates_path = ["templates"]
nitpicky = True
suppress_warnings = [
    "codeautolink.match_block",  # examples whose marks for doctest are left out
    "codeautolink.match_name",  # scripts of the gallery, which has links of its own
]
default_role = "code"  # docstrings write code between single backticks

html_theme = "furo"
html_title = "flownet"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["site.css"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # docstrings say types in words
autosummary_imported_members = True
numpydoc_show_class_members = False  # the template lists them, with their docstrings
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # types are words, and the names below among them are links
DEFAULT_LINKS.clear()  # to the pages of Python and NumPy, which cannot be looked up offline
numpydoc_xref_aliases = {name.split(".")[-1]: name for name in reference.listed()}

# a first object line such as "In [1]:" is no part of a program
copybutton_exclude = ".linenos, .gp"

sphinx_gallery_conf = {
    "examples_dirs": "../gallery",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "image_scrapers": ("site_tools.figures.of_names",),
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_signature": False,
    "show_memory": False,
    "capture_repr": ("_repr_html_",),
    "min_reported_time": 1e9,  # how long a script takes says more of this machine than of it
    "remove_config_comments": True,
    "write_computation_times": False,
}

reference.write(Path(__file__).parent)
words.write(Path(__file__).parent)
autosummary_generate = [str(page) for page in sorted(Path(__file__).parent.glob("reference/*.rst"))]


def setup(app):
    """Code that names what is public leads to its page of the reference."""
    app.add_transform(links.ToReference)
    app.connect("autodoc-skip-member", inherited.skip)
    app.connect("autodoc-process-docstring", bars.keep, priority=100)
    app.connect("html-page-context", sidebar.fold, priority=400)  # before the theme's own
