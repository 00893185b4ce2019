"""Langevin's chain about a minimum, every step judged by Metropolis if wanted."""

from dataclasses import dataclass

import numpy as np

from ..._errors import FlownetError
from ..._random import normal, stream_key, uniform

_AT_ONCE = 1 << 16  # random numbers drawn at a time
_AIM, _GAIN = 0.574, 3.0  # acceptance aimed at while warming up (Roberts & Rosenthal 1998)


@dataclass(frozen=True)
class Chain:
    """Losses that a chain met, and how it went.

    Attributes
    ----------
    losses : ndarray (draws,)
        L at every state after the warm-up.
    step : float
        ε of these.
    acceptance : float
        Share of the proposals that were taken; NaN where none was judged.
    distance : float
        Of the last state from the minimum.
    """

    losses: np.ndarray
    step: float
    acceptance: float
    distance: float


class _Noise:
    """Normal numbers ξ (F,) and a uniform one for each step, from streams of the chain's own."""

    def __init__(self, seed, chain, size):
        self._seed, self._chain, self._size = seed, chain, size
        self._rows, self._block, self._at = max(1, _AT_ONCE // size), 0, 0
        self._fill()

    def _fill(self):
        stream = [
            stream_key("posterior", (self._chain << 33) + (self._block << 1) + k) for k in (0, 1)
        ]
        self._xi = normal(self._seed, stream[0], self._rows * self._size).reshape(self._rows, -1)
        self._u = uniform(self._seed, stream[1], self._rows)
        self._block, self._at = self._block + 1, 0

    def draw(self):
        if self._at == self._rows:
            self._fill()
        self._at += 1
        return self._xi[self._at - 1], self._u[self._at - 1]


def run_chain(ground, beta, anchor, step, *, draws, warm, seed, chain, judged, show):
    """`Chain` of e^{−nβL − ½g|x|²} from x = 0, nβ = `beta` and g = `anchor`.

    x ← x − (ε/2)·(nβ·∂L + g·x) + √ε·ξ, and with Metropolis' judgement nothing is left of the finite
    step but the refusals (MALA). Where it is judged ε is set to an acceptance of 0.57 while the
    chain warms up, and no pull is longer than the noise, or chains would stick where L is steep
    (Roberts & Tweedie 1996, MALTA).
    """
    noise, x = _Noise(seed, chain, ground.x(ground.start).size), ground.x(ground.start)
    most = 2 * np.sqrt(x.size) if judged else np.inf  # of √ε·‖pull‖

    def pulled(x, slope, step):
        pull = beta * slope + anchor * x
        return pull * min(1.0, most / max(np.sqrt(step) * np.linalg.norm(pull), 1e-300))

    loss, slope = ground.differential(x)
    losses, taken = np.empty(draws), 0
    for k in range(-warm, draws):
        xi, u = noise.draw()
        pull = pulled(x, slope, step)
        to = x - step / 2 * pull + np.sqrt(step) * xi
        loss_to, slope_to = ground.differential(to)
        if not np.isfinite(loss_to):
            raise FlownetError(f"the chain diverged with a step of {step:.3g}: take a smaller one.")
        chance = 1.0
        if judged:
            pull_to = pulled(to, slope_to, step)
            chance = np.exp(
                min(0.0, _gain(x, to, loss, loss_to, pull, pull_to, beta, anchor, step))
            )
        if u < chance:
            x, loss, slope = to, loss_to, slope_to
            taken += k >= 0
        if k < 0:
            if judged:
                step *= np.exp(_GAIN * (chance - _AIM) / (k + warm + 10) ** 0.6)
        else:
            losses[k] = loss
        show()
    share = taken / draws if judged else np.nan
    return Chain(losses, float(step), float(share), float(np.linalg.norm(x)))


def _gain(x, to, loss, loss_to, pull, pull_to, beta, anchor, step):
    """log of Metropolis' ratio: of the densities, and of the proposals back and forth."""
    energy = beta * (loss - loss_to) + anchor / 2 * (x @ x - to @ to)
    forth = to - x + step / 2 * pull
    back = x - to + step / 2 * pull_to
    return energy + (forth @ forth - back @ back) / (2 * step)
