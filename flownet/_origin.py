"""Where a result comes from: the call that made it, its options, the version, and its data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import singledispatch, wraps
from typing import Any, ParamSpec, TypeVar

from ._errors import shown
from ._version import __version__

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_PLAIN = (str, int, float, complex, bool, type(None))


@singledispatch
def sha256_of(source: Any) -> str | None:
    """Hex digest of the data that something was computed from, or None where there are none."""
    return None


class Origin:
    """Where a result comes from.

    Attributes
    ----------
    call : str
        Name of the function that made it.
    options : dict
        Its other arguments, those that were left out too: numbers and words as they are, anything
        else as text.
    flownet_version : str
    sha256 : str or None
        Of the data, as `Dataset.sha256` says it.
    """

    def __init__(
        self, call: str, options: dict[str, Any], source: Any, flownet_version: str = __version__
    ) -> None:
        self.call, self.options, self.flownet_version = call, options, flownet_version
        self._source = source

    @property
    def sha256(self) -> str | None:
        """Of the data, when it is asked for: a large set takes a while."""
        return self._source if isinstance(self._source, str) else sha256_of(self._source)

    def __getstate__(self):
        return {**vars(self), "_source": self.sha256}  # a pickled result does not carry its data

    def __str__(self):
        words = ", ".join(f"{name}={shown(value)}" for name, value in self.options.items())
        data = f", data {self.sha256[:12]}…" if self.sha256 else ""
        return f"flownet {self.flownet_version}: {self.call}({words}){data}"

    __repr__ = __str__


class Made:
    """Mixin of a result.

    Attributes
    ----------
    origin : Origin or None
        The call that made it, its options, flownet's version and the hash of the data.
    """

    origin: Origin | None = None


def with_origin(function: Callable[_Given, _Found]) -> Callable[_Given, _Found]:
    """A function whose results say in `origin` how they were made.

    It is made from the first of its arguments that has data, or else from the first one.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: _Given.args, **words: _Given.kwargs) -> _Found:
        found = function(*args, **words)
        given = signature.bind(*args, **words)
        given.apply_defaults()
        names = [name for name, value in given.arguments.items() if _may_have_data(value)]
        source = (names or list(given.arguments))[0]
        options = {name: _option(v) for name, v in given.arguments.items() if name != source}
        origin = Origin(function.__name__, options, given.arguments[source])
        object.__setattr__(found, "origin", origin)  # results cannot be changed otherwise
        return found

    return call


def _may_have_data(value):
    return sha256_of.dispatch(type(value)) is not sha256_of.dispatch(object)


def _option(value):
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(part, _PLAIN) for part in value):
        return list(value)
    return shown(value)
