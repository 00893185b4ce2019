"""What classes inherit from other packages is those packages' to tell."""

from functools import cached_property


def skip(app, what, name, obj, skipped, options):
    """Whether a member is left out; a handler of autodoc's event for members."""
    function = obj.fget if isinstance(obj, property) else obj
    function = obj.func if isinstance(obj, cached_property) else function
    # what C code defines has no module
    ours = (getattr(function, "__module__", None) or "").startswith("flownet")
    return skipped if ours or what != "class" else True
