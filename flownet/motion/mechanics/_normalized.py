"""Normalised steepest descent: steps as long as the step says, whatever the size of dL."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._registry import build, describe, kind
from ...geometry.norm import SpectralNorm
from ...kernels.scalar import mechanics as scalar
from ._mechanics import Mechanics, flag, share

if TYPE_CHECKING:
    from ..._types import BaseMechanics, NotNegative, Share, Step
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential


@kind("mechanics", "normalized")
class Normalized(Mechanics):
    """Normalised steepest descent (sign descent, signSGD, Signum): W ← W − step·argmax ⟨M, v⟩.

    The maximum is over ‖v‖ ≤ 1 in the run's norm or metric, and M is dL, or what is remembered of
    it, M ← βM + dL. So each step has the length `step`, and promises −step·‖dL‖_* where M is dL:

    ============== =================================== ==================================
    metric=        step                                the field's name
    ============== =================================== ==================================
    none           −step·dL/‖dL‖                       normalised gradient descent
    `SignNorm`     −step·sign(dL)                      sign descent; with momentum Signum
    `SpectralNorm` −step·UVᵀ of each layer             `Muon`
    `BlockNorm`    −step·dL_l/‖dL_l‖ of each layer     layer-wise normalised (its "max")
    ============== =================================== ==================================

    Such steps do not converge: near a minimum they end where second order takes half the promise.

    Parameters
    ----------
    step : float, str or policy
        h, the length of each step in the norm (learning rate).
    momentum : float
        β, the share of M that a step keeps; 0 for M = dL.
    nesterov : bool
        Take dL + βM instead of M.
    weight_decay : float
        κ of W ← (1 − step·κ)W, beside the step, as of `AdamW`.
    elsewhere : Mechanics, optional
        What moves, in the plain metric, the parameters that the norm leaves aside: `Adam(0.001)`,
        say, the biases of `SpectralNorm(network, biases=False)`. They stay by default.

    Raises
    ------
    FlownetError
        For numbers out of their range, and an `elsewhere` whose steps are not made of one dL.
    """

    own_loop = in_norm = True
    numbers = scalar.Aristotle()

    def __init__(
        self,
        step: Step,
        momentum: Share = 0.0,
        nesterov: bool = False,
        weight_decay: NotNegative = 0.0,
        elsewhere: BaseMechanics | None = None,
    ) -> None:
        super().__init__(step, weight_decay)
        self.momentum, self.nesterov = share("momentum", momentum), flag("nesterov", nesterov)
        if self.nesterov and not self.momentum:
            raise FlownetError("nesterov is True without a momentum: name one, such as 0.95.")
        self.elsewhere: Any = (
            build("mechanics", elsewhere) if isinstance(elsewhere, dict) else (elsewhere)
        )
        if self.elsewhere is not None:
            self._fits_elsewhere()

    def _fits_elsewhere(self):
        other = self.elsewhere
        if not isinstance(other, Mechanics):
            raise FlownetError(
                f"elsewhere is {shown(other)}; it has to be mechanics such as flownet.Adam(0.001)."
            )
        policy = other.policy
        if (
            other.own_loop
            or other.radius
            or other.temperature
            or (policy.of_jet or policy.of_loss or policy.of_state)
        ):
            raise FlownetError(
                f"elsewhere is {other!r}; it has to be Aristotle, Newton, Nesterov, RMSProp, Adam, "
                "AdamW or ThierryMieg, without a temperature, of a step that reads no L or state."
            )
        self.moments = other.moments

    @property
    def decay(self) -> float:
        """0: the decay does not join dL."""
        return 0.0

    @property
    def own_memories(self) -> tuple[str, ...]:
        """M's name, if it is remembered."""
        return ("covector",) if self.momentum else ()

    @property
    def remembers(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the vectors (D,) it remembers: M, and those of the mechanics elsewhere."""
        others = () if self.elsewhere is None else self.elsewhere.remembers
        return (*self.own_memories, *others)

    def check(self, potential: AnyPotential, steps: int | None) -> None:
        """Refuse a potential or a number of steps that its schedules do not fit."""
        super().check(potential, steps)
        if self.elsewhere is not None:
            self.elsewhere.check(potential, steps)

    def rate(self) -> Any:
        """There is none."""
        raise FlownetError(
            f"{self!r} has no flow: its direction jumps wherever a component, or a singular value, "
            "of dL passes 0."
        )

    def parameters(self) -> dict[str, Any]:
        """What makes these mechanics again."""
        words = {"momentum": self.momentum, "nesterov": self.nesterov}
        words |= {"step": self.policy.plain, "weight_decay": self.weight_decay}
        return words if self.elsewhere is None else {**words, "elsewhere": describe(self.elsewhere)}

    def __repr__(self):
        usual = inspect.signature(type(self)).parameters
        words = self.parameters() | {"step": self.step, "elsewhere": self.elsewhere}
        said = [f"{n}={words[n]!r}" for n, w in usual.items() if words[n] != w.default]
        return f"{type(self).__name__}({', '.join(said)})"


@kind("mechanics", "muon")
class Muon(Normalized):
    """Muon: momentum of dL, made a matrix whose singular values are alike: W_l ← W_l − step·r·UVᵀ.

    `Normalized` with Nesterov's momentum, in the norm of Muon unless the run names another:
    `SpectralNorm(network, "muon", polar="muon")`, r = max(1, n_out/n_in)^½, five steps of its
    quintic in place of UVᵀ (Jordan et al. 2024). `torch.optim.Muon` takes these steps for the
    matrices, in bfloat16. In `SpectralNorm(network)` it is the exact thing, UVᵀ by SVD.

    Parameters
    ----------
    step, momentum, nesterov, weight_decay
        As of `Normalized`.
    elsewhere : Mechanics, optional
        What moves biases, such as `Adam(0.001)`; by default they are part of the norm, each of
        length ‖·‖₂.

    Raises
    ------
    FlownetError
        As of `Normalized`; in the run for a potential without a network, if it names no norm.
    """

    def __init__(
        self,
        step: Step,
        momentum: Share = 0.95,
        nesterov: bool = True,
        weight_decay: NotNegative = 0.0,
        elsewhere: BaseMechanics | None = None,
    ) -> None:
        super().__init__(step, momentum, nesterov, weight_decay, elsewhere)

    def own_metric(self, potential: AnyPotential) -> Metric | None:
        """The norm of a run that names none."""
        if potential.network is None:
            raise FlownetError(
                f"{self!r} moves the matrices of a network, and {potential.name} has none: name a "
                "norm, metric=…."
            )
        biases = self.elsewhere is None
        return SpectralNorm(potential.network, "muon", polar="muon", biases=biases)
