"""Loops of steps that do not follow the size of one dL: of a given length, or over a memory."""

import numpy as np

from ..._errors import FlownetError
from ...geometry.metric import DiagonalMetric
from .._problem import rule_in
from ._python_loop import START, PythonLoop, heat_key


class NormalizedLoop(PythonLoop):
    """One step at a time: W ← W − step·argmax_{‖v‖≤1} ⟨M, v⟩, M ← βM + dL."""

    def __init__(
        self, potential, mechanics, metric, W, time, batch_size, seed, pairs=False, since=START
    ):
        words = potential, mechanics, metric, W, time, batch_size, seed, pairs, since
        super().__init__(*words)
        self._other = other = mechanics.elsewhere
        self._held = None
        self._own = len(mechanics.own_memories)
        if other is not None:
            self._words = {**other.rule(pairs, heat_key(seed, since.born)), "born": since.born}

    def _downhill(self, k, dL):
        """V of a metric whose raising is recorded; of others `_move` asks, where M is known."""
        if self._now.certified:
            return super()._downhill(k, dL)
        return None, (self._numbers,)

    def _move(self, k, step, V, dL):
        """W ← (1 − step·κ)W − step·argmax ⟨M, v⟩, and elsewhere another step; whether finite."""
        mechanics, W = self.mechanics, self.W
        if not np.isfinite(dL).all():
            W[:] = np.nan
            return False
        real = W.dtype.type
        M = dL = np.array(dL, W.dtype)
        if self._own:
            kept = self._memory[0]
            kept *= real(mechanics.momentum)
            kept += dL
            M = dL + real(mechanics.momentum) * kept if mechanics.nesterov else kept
        v = self._metric_at(k).steepest(M) if V is None else _unit(V, dL)
        if mechanics.weight_decay:
            W[self._now.free] *= real(1 - step * mechanics.weight_decay)
        W -= real(step) * v
        if self._other is not None:
            age = k - self.since.begun
            length = float(self._other.policy.steps_from(age, 1, self.time)[0])
            memory = self._memory[self._own :]
            self._potential.kernels.step_with_memory(self._rule, W, memory, dL, length, k)
        return bool(np.isfinite(W).all())

    def _hold(self, k):
        """The metric of step k, and the rule of the mechanics elsewhere."""
        super()._hold(k)
        if self._other is not None and self._held is not self._now:
            self._held, self._lowest, aside = self._now, 0, self._now.aside
            if not (self._now.linear or aside.any()):
                raise FlownetError(
                    f"{self.mechanics!r} has nothing to move elsewhere: {self._now!r} leaves no "
                    "parameter aside, as SpectralNorm(network, biases=False) does."
                )
            plain = DiagonalMetric(np.where(aside, 1.0, np.inf))
            self._rule = rule_in(plain, self.W.dtype, **{"lowest": 0, **self._words})


def _unit(V, dL):
    """g^♯dL/‖dL‖ of V = −g^♯dL."""
    square = -float(np.vdot(dL, V))
    return -V / V.dtype.type(np.sqrt(square)) if square > 0 else np.zeros_like(V)


class ScalarRMSPropLoop(PythonLoop):
    """One step at a time: ν ← βν + (1 − β)‖dL‖², W ← W − step·g^♯dL/(√ν + ε)."""

    def _hold(self, k):
        """The metric of step k; the vector that it makes of dL is wanted of every one."""
        super()._hold(k)
        self._unseen = False

    def _move(self, k, step, V, dL):
        """The step along V = −g^♯dL; ν is kept as the first of a memory of D alike."""
        beta, real = self.mechanics.memory, self.W.dtype.type
        square = -float(np.vdot(dL, V))  # both are of reals
        size = beta * float(self._memory[0, 0]) + (1 - beta) * square
        self._memory[0] = size
        self.W += real(step / (np.sqrt(size) + self.mechanics.epsilon)) * V
        return bool(np.isfinite(self.W).all())
