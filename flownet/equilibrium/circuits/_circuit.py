"""Any electrical circuit as an energy: the co-content of its elements, least at its voltages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError
from ..._random import stream_key, uniform
from ..._registry import describe, kind
from .._energy import Energy
from ._branches import Branches
from ._diodes import held_by
from ._elements import (
    CurrentSource,
    Diode,
    Element,
    ExponentialDiode,
    InputSource,
    Output,
    Resistor,
    element_of,
)
from ._netlist import netlist
from ._nodes import nodes_of
from ._relaxing import CircuitStates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from ..._types import Pair, Vector

_SLACK = 64 * np.finfo(float).eps  # a diode whose voltage is rounding alone conducts


@kind("system", "circuit")
class Circuit(Energy):
    """An electrical circuit, given as a list of its elements.

    Its state, the voltages of all nodes that no source holds, makes the co-content least,

        E = Σ ½g(v_a − v_b)² + Σ ∫i dv of the diodes − Σ J(v_a − v_b) of the current sources,

    which is Kirchhoff's current law at every node; behind a bidirectional amplifier it is weighed
    by the ratio of the gains. W holds the conductances and currents that no element gives, in the
    order of the list. ∂E/∂g = ½(v_a − v_b)², ∂E/∂J = −(v_a − v_b): each element sees the voltage
    over itself alone. A relaxation makes Newton's steps for the whole circuit, with ideal diodes
    held exactly.

    Parameters
    ----------
    elements : sequence of Element or dict
        `Resistor`, `CurrentSource`, `VoltageSource`, `InputSource`, `Diode`, `ExponentialDiode`,
        `Amplifier` and `Output` of `flownet.equilibrium`, or their tables.
    init : pair of float
        Conductances that are learnt begin uniform between these; currents at 0.

    Raises
    ------
    FlownetError
        For elements that make no circuit, such as one without an output.

    Examples
    --------
    A divider of two resistors, of which one is learnt:

    >>> import flownet as fn
    >>> from flownet.equilibrium import InputSource, Output, Resistor
    >>> circuit = fn.Circuit(
    ...     [InputSource("i", column=0), Resistor("i", "o"), Resistor("o", conductance=1.0)]
    ...     + [Output("o")]
    ... )
    >>> data = fn.Dataset([[1.0]], [[0.75]])
    >>> potential = fn.Equilibrium(circuit, fn.Quadratic(), data, nudge=0.01)
    >>> run = fn.train(potential, fn.Aristotle(5.0), W0=[1.0], steps=400)
    >>> print(run.parameters[-1].round(3))
    [3.]
    """

    has_series = True

    def __init__(
        self, elements: Sequence[Element | dict[str, Any]], *, init: Pair = (0.1, 1.0)
    ) -> None:
        self.elements = [element_of(each) for each in elements]
        self.nodes = nodes_of(self.elements)
        self.n_out = sum(isinstance(e, Output) for e in self.elements)
        if not self.n_out:
            raise FlownetError("the circuit has no Output.")
        inputs = [e for e in self.nodes.sources if isinstance(e, InputSource)]
        self.n_in = 1 + max((e.column for e in inputs), default=0)
        self.states = len(self.nodes.free)
        low, high = (float(each) for each in init)
        if not 0 <= low <= high < np.inf:
            raise FlownetError(f"init is {init!r}; it has to be two conductances, the lower first.")
        self.widths = low, high
        self.resistors, self.currents, self.diodes, self.ideal = (
            Branches([e for e in self.elements if type(e) is one], self.nodes)
            for one in (Resistor, CurrentSource, ExponentialDiode, Diode)
        )
        learnt = [e for e in self.elements if e.learns]
        self.size = len(learnt)
        place = {id(e): i for i, e in enumerate(learnt)}
        self._places = [
            np.array([place.get(id(e), -1) for e in each.elements], int)
            for each in (self.resistors, self.currents)
        ]
        self._given = self.resistors.numbers("conductance"), self.currents.numbers("current")
        self.scale = self.diodes.numbers("scale")  # V and, weighed, I of exponential diodes
        self.saturation = self.diodes.content * self.diodes.numbers("current")
        self.smooth, self.analytic = not len(self.ideal), not len(self.ideal)

    def directions(self, V: Vector) -> tuple[Vector, Vector]:
        """By how much conductances and currents change along V (D,): not, if they are given."""
        g, J = (np.where(at >= 0, np.append(V, 0.0)[at], 0.0) for at in self._places)
        return g, J

    def numbers(self, W: Vector) -> tuple[Vector, Vector]:
        """All conductances and all currents, those of W and those that are given."""
        found = []
        for given, places in zip(self._given, self._places):
            own = given.copy()
            own[places >= 0] = np.asarray(W)[places[places >= 0]]
            found.append(own)
        return found[0], found[1]

    # ---- the energy ----

    def inputs(self, x: Vector) -> Vector:
        """Voltages u (m, sources) of all sources."""
        held = np.empty((len(x), len(self.nodes.sources)))
        for j, source in enumerate(self.nodes.sources):
            of_x = isinstance(source, InputSource)
            held[:, j] = source.gain * x[:, source.column] if of_x else source.voltage
        return held

    def energy(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """E of each sample (m,); inf beyond an ideal diode."""
        (g, J), (r, c, d) = self.numbers(W), (self.resistors, self.currents, self.diodes)
        total = 0.5 * r.voltages(x, s) ** 2 @ (r.content * g) - c.voltages(x, s) @ (c.content * J)
        w = d.voltages(x, s)
        total = total + (self.scale * np.expm1(w / self.scale) - w) @ self.saturation
        return np.where((self.over(x, s) > 0).any(axis=1), np.inf, total)

    def slope(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """∂E/∂s (m, n); without what ideal diodes that conduct take up."""
        slope = self.smooth_slope(W, x, s)
        over = self.over(x, s)
        for i in range(len(s) if len(self.ideal) else 0):
            slope[i] += held_by(self.ideal.rows(over[i] == 0), slope[i])
        return slope

    def smooth_slope(self, W: Vector, x: Vector, s: Vector) -> Vector:
        """∂E/∂s (m, n) of all but ideal diodes."""
        (g, J), (r, c, d) = self.numbers(W), (self.resistors, self.currents, self.diodes)
        slope = r.into_nodes(r.content * g * r.voltages(x, s)) - c.into_nodes(c.content * J)
        if len(d):
            slope = slope + d.into_nodes(self.saturation * np.expm1(d.voltages(x, s) / self.scale))
        return slope

    def bends(self, W: Vector, x: Vector, s: Vector) -> tuple[Vector, Vector]:
        """Curvatures of resistors (r,) and of exponential diodes (m, d), weighed."""
        of_diodes = self.saturation / self.scale * np.exp(self.diodes.voltages(x, s) / self.scale)
        return self.resistors.content * self.numbers(W)[0], of_diodes

    def over(self, x: Vector, s: Vector) -> Vector:
        """v_a − v_b of ideal diodes (m, diodes), rounding taken for 0."""
        w = self.ideal.voltages(x, s).real
        size = 1 + np.abs(s).max(axis=1, initial=0.0) + np.abs(x).max(axis=1, initial=0.0)
        return np.where(np.abs(w) <= _SLACK * size[:, None], 0.0, w)

    def curvature(self, W: Vector, x: Vector, s: Vector, u: Vector) -> Vector:
        """E_ss·u (m, n)."""
        (of_resistors, of_diodes), (r, d) = self.bends(W, x, s), (self.resistors, self.diodes)
        return r.into_nodes(of_resistors * r.along(u)) + d.into_nodes(of_diodes * d.along(u))

    def covector(self, W: Vector, x: Vector, s: Vector, weight: Vector) -> Vector:
        """Σ weight·½c(v_a − v_b)² on conductances, −Σ weight·c(v_a − v_b) on currents."""
        r, c = self.resistors, self.currents
        return self._on_parameters(
            0.5 * r.content * (weight @ r.voltages(x, s) ** 2),
            -c.content * (weight @ c.voltages(x, s)),
        )

    def along(self, x: Vector | None, s: Vector, u: Vector, weight: Vector) -> Vector:
        """Σ weight·(∂_s∂_W E)·u (D,); without x what is of second order in s alone."""
        r, c = self.resistors, self.currents
        w = r.along(s) if x is None else r.voltages(x, s)
        return self._on_parameters(
            r.content * (weight @ (w * r.along(u))),
            -c.content * (weight @ c.along(u)) * (x is not None),
        )

    def _on_parameters(self, of_resistors, of_currents):
        dL = np.zeros(self.size, np.result_type(of_resistors, of_currents))
        for places, values in zip(self._places, (of_resistors, of_currents)):
            dL[places[places >= 0]] = values[places >= 0]
        return dL

    def project(self, W: Vector) -> None:
        """Leave conductances that a step took below 0 at 0, in place."""
        places = self._places[0]
        own = places[places >= 0]
        W[own] = np.maximum(W[own], 0)

    def init(self, seed: int = 0) -> Vector:
        """Conductances uniform between the two of `init`, no currents."""
        W, (low, high) = np.zeros(self.size), self.widths
        own = self._places[0][self._places[0] >= 0]
        W[own] = low + (high - low) * uniform(seed, stream_key("init"), len(own))
        return W

    def relaxation(self, m, manner):
        """How m states relax, by Newton's steps."""
        return CircuitStates(self, m, manner)

    # ---- as text ----

    def netlist(
        self,
        W: ArrayLike,
        x: ArrayLike,
        *,
        nudge: float = 0.0,
        y: ArrayLike | None = None,
        on_resistance: float = 1e-9,
    ) -> str:
        """The circuit at W and one sample x (n_in,) as a netlist for ngspice.

        Run it with `ngspice -b FILE`: it prints the voltage of every free node.

        Parameters
        ----------
        W, x : array_like
            Parameters (D,) and the inputs (n_in,) of one sample.
        nudge : float
            β: each output leads to its truth y through a resistor of 1/β.
        y : array_like, optional
            The truth (n_out,), for a nudge.
        on_resistance : float
            Of ideal diodes that conduct; voltages are off by as much in proportion.
        """
        return netlist(self, W, x, nudge, y, on_resistance)

    def parameters(self) -> dict[str, Any]:
        """What makes this system again."""
        return {"elements": [describe(e) for e in self.elements], "init": list(self.widths)}

    def __repr__(self):
        return (
            f"Circuit of {len(self.elements)} elements ({self.states} free nodes, {self.size} "
            "parameters)"
        )
