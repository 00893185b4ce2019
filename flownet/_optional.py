"""Packages that flownet can do without, imported when something wants them."""

from importlib import import_module

from ._errors import FlownetError


def optional(module, what):
    """A module of a package that may be missing; `what` wants it."""
    try:
        return import_module(module)
    except ImportError:
        package = module.split(".")[0].replace("sklearn", "scikit-learn")
        raise FlownetError(f"{what} needs {package}: pip install {package}.") from None
