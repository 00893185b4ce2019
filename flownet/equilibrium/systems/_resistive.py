"""Layered networks of resistors and diodes: physics relaxes them, Kirchhoff's law is their rest."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._registry import kind, unknown
from ...kernels.device import kernels_of
from ...kernels.scalar.states import BOUNDED, DIODE
from ...model import _check
from ...model.network import Network
from ._ladder import circuit_of
from ._layers import LayeredEnergy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import NotNegative, Positive, Sizes, Vector
    from ..circuits import Circuit

_kernels = cache(partial(kernels_of, "cpu"))
_DIODES = ("ideal", "exponential", "none")


@kind("system", "resistive")
class Resistive(LayeredEnergy):
    """A deep resistive network: nodes joined by conductances g ≥ 0, a diode at each hidden node.

    Its state, the node voltages v, makes the co-content least,

        E = Σ ½g_ij(v_i − v_j)² + Σ ∫i_diode dv − Σ b_i·v_i,

    which is Kirchhoff's current law. Inputs come as voltage sources (x, −x)·gain. Ideal diodes hold
    one half of the nodes of a hidden layer at v ≥ 0 and the other at v ≤ 0. ∂E/∂g_ij is ½(v_i −
    v_j)²: each resistor sees the voltage over itself alone. W lies as that of a `Network`, the
    weights of a layer being its conductances; a step that takes one below 0 leaves it at 0.

    A bidirectional amplifier behind each node of hidden layer l shows A_l·v to the layer above and
    draws C_l times the current that flows there. Then E = Σ c_l·P_l(A_{l−1}·v_{l−1}, v_l), of the
    co-contents P_l of each layer, with c_1 = 1 and c_{l+1} = c_l·C_l/A_l: C = A is an ideal
    transformer.

    Parameters
    ----------
    sizes : sequence of int
        Inputs (which come twice, as x and −x), nodes of each hidden layer, outputs.
    diodes : str
        "ideal", "exponential", where I·(e^{v/V} − 1) flows through each, or "none".
    gain : float
        Of the inputs.
    current, scale : float
        I and V of exponential diodes.
    voltage_gain : float or sequence of float
        A, of the amplifiers behind all hidden layers or behind each; 1 and a `current_gain` of 1
        for none.
    current_gain : float or sequence of float, optional
        C likewise; by default 1/A.
    bias : bool
        Whether a current flows into each node, as parameters.
    init : sequence of float, optional
        Conductances of each layer begin at max(0, U(±c)), with c = init[l]/√n_in; 1 by default.
    dtype : str
        float64 or float32.

    Raises
    ------
    FlownetError
        For sizes, names or numbers that do not exist.

    References
    ----------
    Kendall et al., 2006.01981; Scellier, 2402.11674; Scellier, 2103.09985.
    """

    smooth = False

    def __init__(
        self,
        sizes: Sizes,
        *,
        diodes: str = "ideal",
        gain: Positive = 1.0,
        current: Positive = 1e-6,
        scale: Positive = 0.05,
        voltage_gain: Positive | Sequence[Positive] = 1.0,
        current_gain: Positive | Sequence[Positive] | None = None,
        bias: bool = True,
        init: Sequence[NotNegative] | None = None,
        dtype: DTypeLike = "float64",
    ) -> None:
        self._lay_out(sizes, bias, "zeros", dtype, doubled=True)
        if diodes not in _DIODES:
            raise FlownetError(unknown("diodes", diodes, _DIODES))
        self.diodes = diodes
        self.gain = _check.positive("gain", gain)
        self.current = _check.positive("current", current)
        self.scale = _check.positive("scale", scale)
        layers = len(self.sizes) - 1
        self.widths = [1.0] * layers if init is None else [float(each) for each in init]
        if len(self.widths) != layers:
            raise FlownetError(f"init has {len(self.widths)} numbers for {layers} layers.")
        hidden = DIODE if diodes == "exponential" else BOUNDED
        self.codes = np.array([hidden] * (layers - 1) + [BOUNDED], np.int64)
        self.voltage_gain = self._of_hidden("voltage_gain", voltage_gain)
        if current_gain is None:
            current_gain = [1 / gain for gain in self.voltage_gain]
        self.current_gain = self._of_hidden("current_gain", current_gain)
        self._amplify()
        programs, begins, deep = _kernels().sums_of_rows(self.sizes)
        numbers = (np.array(each, self.dtype) for each in (self._content, self._drawn))
        self._sums = (programs, begins, deep + max(self.sizes), *numbers)
        self.smooth = diodes != "ideal"
        self._first, self._second = self._numbers()

    def _of_hidden(self, what, given):
        """A number above 0 for each hidden layer."""
        hidden = len(self.sizes) - 2
        every = [given] * hidden if np.ndim(given) == 0 else list(given)
        if len(every) != hidden:
            raise FlownetError(f"{what} has {len(every)} numbers for {hidden} hidden layers.")
        return [_check.positive(what, each) for each in every]

    def _amplify(self):
        """What amplifiers make of voltages, A_{l−1}, and of co-contents, c_l, of each layer."""
        self._shown = [1.0, *self.voltage_gain]
        ratios = [c / a for c, a in zip(self.current_gain, self.voltage_gain)]
        self._content = [float(each) for each in np.cumprod([1.0, *ratios])]
        self._drawn = [c * a * a for c, a in zip(self._content, self._shown)]
        self._scales = None
        if {*self._shown, *self._content} != {1.0}:
            self._scales = np.empty(self.size, self.dtype)
            for part, a, c in zip(self.network.parts(self._scales), self._shown, self._content):
                part.weights[...] = c * a
                if part.bias is not None:
                    part.bias[...] = c

    def couplings(self, V):
        """c_l·A_{l−1}·g_l and c_l·b_l."""
        return V if self._scales is None else self._scales * V

    def _numbers(self):
        """Of each unit: the bounds of its voltage, or current and scale of its diode."""
        first, second = [], []
        for n, content in zip(self.sizes[1:-1], self._content):
            up = n - n // 2  # nodes held at v ≥ 0
            if self.diodes == "ideal":
                first.append(np.repeat([0.0, -np.inf], [up, n - up]))
                second.append(np.repeat([np.inf, 0.0], [up, n - up]))
            elif self.diodes == "exponential":
                first.append(np.full(n, content * self.current))
                second.append(np.full(n, self.scale))
            else:
                first.append(np.full(n, -np.inf))
                second.append(np.full(n, np.inf))
        first.append(np.full(self.n_out, -np.inf))
        second.append(np.full(self.n_out, np.inf))
        return (np.concatenate(each).astype(self.dtype) for each in (first, second))

    def inputs(self, x):
        """Voltages (m, 2·n_in) of the sources: x and −x, times the gain."""
        return self.gain * np.concatenate([x, -x], axis=1)

    def units(self, W):
        """What each node is: its own stiffness is the conductance of all that leads to it."""
        own = self.stiffness(W)
        own[own <= 0] = np.finfo(self.dtype).tiny  # a node that nothing leads to stays where it is
        return self._units_of(own, self._first, self._second)

    def stiffness(self, V):
        """The sum (n,) of all conductances that lead to each node, as it sees them."""
        alone = 1 in self.sizes[1:-1]  # a hidden node: NumPy sums it in another order
        if V.dtype == self.dtype and V.flags.c_contiguous and not alone:
            programs, begins, room, content, drawn = self._sums
            own, waiting = np.empty(self.states, self.dtype), np.empty(room, self.dtype)
            _kernels().sum_conductances(
                self.network.plan, V, programs, begins, waiting, content, drawn, own
            )
            return own
        own = np.zeros(self.states, self.dtype)
        ends = self.network.plan.units
        for layer, part in enumerate(self.network.parts(V)):
            a, c = self._shown[layer], self._content[layer]
            own[ends[layer] : ends[layer + 1]] += c * part.weights.sum(axis=1)
            if layer:
                own[ends[layer - 1] : ends[layer]] += c * a * a * part.weights.sum(axis=0)
        return own

    def project(self, W: Vector) -> None:
        """Leave conductances that a step took below 0 at 0, in place."""
        _kernels().hold_conductances(self.network.plan, W)

    def init(self, seed: int = 0) -> Vector:
        """Conductances max(0, U(±c)), half of them 0; no currents."""
        spread = Network(self.sizes, "identity", bias=self.network.bias, init="lecun-uniform")
        W = spread.init(seed).astype(self.dtype)  # U(±√(3/n_in))
        for part, width in zip(self.network.parts(W), self.widths):
            part.weights[:] *= width / np.sqrt(3)
        self.project(W)
        return W

    def energy(self, W, x, s):
        """The co-content of each sample (m,), that of the sources' own side included."""
        parts = list(self.network.parts(np.asarray(W)))
        fixed = 0.5 * (np.asarray(x) ** 2) @ parts[0].weights.sum(axis=0)
        return super().energy(W, x, s) + fixed

    def covector(self, W, x, s, weight):
        """Σ weight·½c(v_i − A·v_j)² on conductances, −Σ weight·c·v on currents."""
        dL = super().covector(W, x, s, weight)
        below, layers = np.asarray(x), self.split(np.asarray(s))
        for part, s_l, a, c in zip(self.network.parts(dL), layers, self._shown, self._content):
            ends = (weight @ s_l**2)[:, None] + a * a * (weight @ below**2)
            part.weights[:] += 0.5 * c * ends
            below = s_l
        return dL

    def beside(self, states, s, u, weight, dL):
        """Σ weight·c(v_i·u_i + A²v_j·u_j): what a resistor sees of each of its ends by itself."""
        _, _, _, content, drawn = self._sums
        _kernels().add_ends(
            self.network.plan, dL, weight, s, u, content, drawn, np.empty(self.states)
        )

    def inverse(self, layer, s, units):
        """G′: the current that leaves a node through its resistors and its diode."""
        if self.codes[layer] == DIODE:
            return units.own * s + units.first * np.expm1(s / units.second)
        return units.own * s

    def primitive(self, layer, s, units):
        """G: the co-content of a node."""
        if self.codes[layer] == DIODE:
            diode = units.first * (units.second * np.expm1(s / units.second) - s)
            return units.own * s * s / 2 + diode
        return units.own * s * s / 2

    def circuit(self) -> Circuit:
        """The same network as a `Circuit`, element by element; W means the same there.

        Its nodes are i0, i1, … of the sources, h1_0, … of the first hidden layer, a1_0, … behind
        its amplifiers, …, o0, … of the outputs.
        """
        return circuit_of(self)

    def netlist(
        self,
        W: ArrayLike,
        x: ArrayLike,
        *,
        nudge: float = 0.0,
        y: ArrayLike | None = None,
        on_resistance: Positive = 1e-9,
    ) -> str:
        """The network at W and one sample x (n_in,) as a netlist for ngspice.

        Run it with `ngspice -b FILE`: it prints the voltage of every node.

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
        words = {"nudge": nudge, "y": y, "on_resistance": on_resistance}
        return circuit_of(self).netlist(W, x, **words)

    def parameters(self):
        """What makes this system again."""
        return {
            **super().parameters(),
            "diodes": self.diodes,
            "gain": self.gain,
            "current": self.current,
            "scale": self.scale,
            "voltage_gain": list(self.voltage_gain),
            "current_gain": list(self.current_gain),
            "init": list(self.widths),
        }

    def __repr__(self):
        shape = "-".join(map(str, (self.n_in, *self.sizes[1:])))
        return (
            f"Resistive {shape} ({self.diodes} diodes; {self.size} parameters, {self.dtype.name})"
        )
