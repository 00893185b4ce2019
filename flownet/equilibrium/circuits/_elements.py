"""What circuits are made of. The node "0" is ground; all others have names of a user's choice."""

from __future__ import annotations

import re
from typing import Any, Literal

from ..._errors import FlownetError, shown
from ..._registry import Named, build, kind
from ..._types import NotNegative, Positive, Whole
from ...model import _check

GROUND = "0"
_NAME = re.compile(r"[a-z][a-z0-9_]*")  # netlists do not tell capitals from small letters


class Element(Named):
    """One element of a circuit."""

    @property
    def learns(self) -> bool:
        """Whether it has a number that is learnt."""
        return False

    def parameters(self) -> dict[str, Any]:
        """What makes this element again."""
        return {word: value for word, value in vars(self).items() if value is not None}

    def _between(self, a, b=None):
        self.a = node(a)
        if b is not None:
            self.b = node(b)
            if self.a == self.b:
                raise FlownetError(f"both ends of the {self.kind} are at the node {a!r}.")

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __repr__(self):
        words = ", ".join(f"{word}={value!r}" for word, value in self.parameters().items())
        return f"{type(self).__name__}({words})"


@kind("element", "resistor")
class Resistor(Element):
    """A linear conductance g ≥ 0 between nodes a and b; learnt unless it is given.

    Its co-content is ½g(v_a − v_b)².
    """

    def __init__(self, a: str, b: str = GROUND, *, conductance: NotNegative | None = None) -> None:
        self._between(a, b)
        if conductance is not None:
            conductance = _check.numbers_of("conductance", conductance).item()
            if not 0 <= conductance < float("inf"):
                raise FlownetError(f"conductance is {conductance}; it has to be 0 or more.")
        self.conductance = conductance

    @property
    def learns(self):
        """Whether its number is learnt."""
        return self.conductance is None


@kind("element", "current-source")
class CurrentSource(Element):
    """A current into node a out of node b; learnt unless it is given."""

    def __init__(self, a: str, b: str = GROUND, *, current: float | None = None) -> None:
        self._between(a, b)
        if current is not None:
            current = _check.numbers_of("current", current).item()
        self.current = current

    @property
    def learns(self):
        """Whether its number is learnt."""
        return self.current is None


@kind("element", "voltage-source")
class VoltageSource(Element):
    """Holds node a at a voltage above ground."""

    def __init__(self, a: str, *, voltage: float) -> None:
        self._between(a)
        self.voltage = _check.numbers_of("voltage", voltage).item()


@kind("element", "input-source")
class InputSource(Element):
    """Holds node a at gain·x[column] above ground, of the inputs x of a sample."""

    def __init__(self, a: str, *, column: Whole, gain: float = 1.0) -> None:
        self._between(a)
        if not _check.is_whole(column, 0):
            raise FlownetError(f"column is {shown(column)}; it has to be 0, 1, 2, …")
        self.column, self.gain = column, _check.numbers_of("gain", gain).item()


@kind("element", "diode")
class Diode(Element):
    """An ideal diode: v_a ≤ v_b, and a current from a to b where they are equal."""

    def __init__(self, a: str, b: str = GROUND) -> None:
        self._between(a, b)


@kind("element", "exponential-diode")
class ExponentialDiode(Element):
    """A diode that lets I·(e^{(v_a − v_b)/V} − 1) through from a to b: I = current, V = scale."""

    def __init__(
        self, a: str, b: str = GROUND, *, current: Positive = 1e-6, scale: Positive = 0.05
    ) -> None:
        self._between(a, b)
        self.current = _check.positive("current", current)
        self.scale = _check.positive("scale", scale)


@kind("element", "amplifier")
class Amplifier(Element):
    """Bidirectional: holds node b at A·v_a, and draws C times the current there from node a.

    A = voltage_gain and C = current_gain, by default 1/A (Kendall et al., 2006.01981); C = A is an
    ideal transformer.
    """

    def __init__(
        self, a: str, b: str, *, voltage_gain: Positive, current_gain: Positive | None = None
    ) -> None:
        self._between(a, b)
        self.voltage_gain = _check.positive("voltage_gain", voltage_gain)
        if current_gain is None:
            current_gain = 1 / self.voltage_gain
        self.current_gain = _check.positive("current_gain", current_gain)


@kind("element", "output")
class Output(Element):
    """Says that the voltage of node a is the next output."""

    def __init__(self, a: str) -> None:
        self._between(a)


def node(name: Any) -> str | Literal["0"]:
    """The name of a node as it has to be."""
    if isinstance(name, str) and (name == GROUND or _NAME.fullmatch(name)):
        return name
    raise FlownetError(
        f"a node is called {shown(name)}; names are a small letter and then small letters, digits "
        'and _, or "0" for ground.'
    )


def element_of(given: Any) -> Element:
    """An element of its table, or itself."""
    if isinstance(given, Element):
        return given
    if not isinstance(given, dict) or "kind" not in given:
        raise FlownetError(
            f"an element is {shown(given)}; it has to be one such as flownet.equilibrium.Resistor, "
            "or its table with a kind."
        )
    return build("element", given)
