"""The sidebar of a page unfolds the branch that the page is on, and no other.

A list of all pages on each of them would be most of what the site weighs, and of the time that it
takes to build it.
"""


def fold(app, page, template, context, doctree):
    """Let the theme ask for a folded list of pages; a handler of Sphinx's event for contexts."""
    if "toctree" in context:  # pages that are made of no source, as the search, have none
        whole = context["toctree"]
        context["toctree"] = lambda **words: whole(**{**words, "collapse": True})
