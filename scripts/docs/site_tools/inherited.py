"""What classes inherit from other packages is those packages' to tell."""

import inspect
from functools import cached_property


def skip(app, what, name, obj, skipped, options):
    """Whether a member is left out; a handler of autodoc's event for members."""
    return skipped if what != "class" or _ours(obj) else True


def _ours(obj):
    """Whether flownet defines a method or property; other attributes are told by their docs."""
    if isinstance(obj, property):
        obj = obj.fget
    elif isinstance(obj, cached_property):
        obj = obj.func
    elif inspect.ismethod(obj):
        obj = obj.__func__
    if inspect.isfunction(obj):
        return obj.__module__.startswith("flownet")
    return not inspect.isroutine(obj)  # of C code
