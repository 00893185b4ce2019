"""Flow fields: what a flow follows in place of the gradient, Ẇ = velocity(potential, metric, W)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._registry import Named

if TYPE_CHECKING:
    from ..._types import Vector
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential


class Field(Named, ABC):
    """What a flow may follow in place of −g^♯dL.

    One has to have `velocity`. A field with a `kind` is written to files by its `parameters()`; one
    without is a program, which no file can say: such a flow is not resumed, but followed anew.

    Attributes
    ----------
    kind : str or None
        Its name in files; None of a program of somebody's own.
    of_constant_metric : bool
        Whether it is one of a metric that does not depend on the point, and refuses others.
    """

    of_constant_metric = False

    @abstractmethod
    def velocity(self, potential: AnyPotential, metric: Metric, W: Vector) -> Vector:
        """Ẇ (D,) at W (D,), real."""

    def parameters(self) -> dict[str, Any]:
        """What makes this field again, of one with a `kind`."""
        return {}

    def anew(self) -> Field:
        """The same field, that remembers nothing of other flows; a program is itself."""
        return self if self.kind is None else type(self)(**self.parameters())


class OwnField(Field):
    """An object of somebody's own that has a velocity."""

    def __init__(self, given):
        self.given = given

    def velocity(self, potential, metric, W):
        """Ẇ (D,) at W (D,)."""
        return self.given.velocity(potential, metric, W)

    def __repr__(self):
        return repr(self.given)


def is_field(given):
    """Whether what a user hands in is a field, of the library or of his own."""
    # an object of any class will do: its velocity is looked for here, once, and nowhere else
    return not isinstance(given, type) and callable(getattr(given, "velocity", None))


def as_field(given, what="field"):
    """A `Field` of what a user hands in."""
    if not is_field(given):
        raise FlownetError(
            f"{what} is {shown(given)}; it has to offer velocity(potential, metric, "
            "W) -> (D,), as flownet.Modified(step=0.1) does."
        )
    return given if isinstance(given, Field) else OwnField(given)
