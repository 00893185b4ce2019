"""Code in a sentence that names something public leads to its page."""

import inspect
import re
from functools import cache

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from . import reference

_NAME = re.compile(r"(?:fn\.|flownet\.)?(?P<name>[A-Za-z][\w.]*)(?P<call>\(.*\))?", re.DOTALL)


@cache
def targets():
    """Full names that have a place in the reference, members of classes included."""
    names = set(reference.listed())
    for name in reference.listed():
        value = reference.found(name)
        if inspect.isclass(value):
            names |= {f"{name}.{member}" for member in reference.members(value)}
    return names


def target(code, names):
    """Full name of what a piece of code names, or None.

    A word such as `flow` names the function only where it is called or stands behind `fn.`: the
    same word is an argument elsewhere.
    """
    match = _NAME.fullmatch(code)
    if not match or f"flownet.{match['name']}" not in names:
        return None
    bare = match.start("name") == 0 and not match["call"] and match["name"].isalpha()
    bare = bare and match["name"].islower()
    return None if bare else f"flownet.{match['name']}"


class ToReference(SphinxTransform):
    """Literals become links."""

    default_priority = 700

    def apply(self, **options):
        """Replace each literal that names something public by a link that shows it."""
        for literal in list(self.document.findall(nodes.literal)):
            name = target(literal.astext(), targets())
            if name and not isinstance(literal.parent, (nodes.reference, addnodes.pending_xref)):
                link = addnodes.pending_xref(
                    "", refdomain="py", reftype="obj", reftarget=name, refexplicit=True
                )
                link["refdoc"] = self.env.docname
                literal.replace_self(link)
                link += literal
