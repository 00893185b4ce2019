"""The flow of a network with kinks: the branch that every unit is on at every sample."""

import numpy as np

from ...kernels import layout
from ...kernels.scalar import mechanics as scalar
from ...kernels.scalar.activation import LEAK
from ...model.potential import Potential
from ._potential_flow import PotentialFlow

_BELOW = {"relu": 0.0, "leaky_relu": LEAK}  # slopes below a kink where dL jumps; above it 1
_SLACK = 0.01  # of rtol, relative to a mean pre-activation: how near to a kink is on it
_ROUNDING = 4.0  # rounding units, likewise, at least
_NUMBERS = ("pull", "drift", "weight", "jump", "share", "asked")  # of each that slides
_ROOM = 4  # pairs that can slide at first
_PARALLEL = 1000  # rounding units by which the cosine of parallel normals may differ from 1
_STILL = 1e-7  # of the longest normal: one whose z nothing moves
_REPEATS = 8  # questions for f at most where the slopes of pairs that slide depend on each other


def kinked_network(potential):
    """The one network of a potential where dL jumps at kinks, or None."""
    for _, atom in potential.atoms():
        if isinstance(atom, Potential) and not atom.network.is_complex:
            names = (*atom.network.activation, atom.network.output)
            if not _BELOW.keys().isdisjoint(names):
                return atom
    return None


def goes_on_branches(rate):
    """Whether a flow of some mechanics, by their `rate`, can go from kink to kink.

    A jump of the force has to be one of dW/dt itself, which then slides, or of what W goes on with,
    a velocity or a rolling force. In RMSProp's it is one of dW/dt and of ⟨F²⟩ alike: a flow that
    slides sees the mean of F² from both sides, which no slope between them gives.
    """
    n = rate.numbers
    return not isinstance(n, scalar.Adaptive) or n.force is not None or n.inertia is not None


class KinkedFlow(PotentialFlow):
    """A `PotentialFlow` whose pairs (unit, sample) keep the branch of relu that they are on.

    Attributes
    ----------
    kinks : `kernels.layout.Kinks`
    slides : bool
        Whether a flow may slide along a kink: where a jump of dL is one of the velocity.
    """

    def __init__(self, potential, metric, dtype, rate, decays):
        super().__init__(potential, metric, dtype, rate, decays)
        self.kernels = potential.kernels
        self.integrate = self.kernels.integrate_on_branches
        atom = kinked_network(potential)
        self._net, self._m = atom.compiled[0], atom.data.m
        self._dtype, self.size = np.dtype(dtype), potential.size
        self.slides = rate.memories == 0
        self.kinks = self._laid_out(atom.network)
        self._shares = np.zeros(len(self.kinks.side))  # with which f is asked where a pair slides

    def _laid_out(self, network):
        net, m = self._net, self._m
        names = (*network.activation, network.output)
        pairs = m * int(net.units[-1])
        side = np.full(pairs, layout.SMOOTH, np.int8)
        for layer, name in enumerate(names):
            if name in _BELOW:
                side[m * net.units[layer] : m * net.units[layer + 1]] = layout.LOWER
        return layout.Kinks(
            side=side,
            slope=np.zeros(pairs, self._dtype),
            z=np.zeros((5, pairs), self._dtype),
            below=np.array([_BELOW.get(name, 1.0) for name in names]),
            slack=np.full(1, np.nan),
            found=np.zeros(1),
            which=np.zeros(1, np.int64),
            point=np.zeros(0, self._dtype),
            hold=self._room(_ROOM),
        )

    def _room(self, size):
        units = int(self._net.sizes[0] + self._net.units[-1])
        return layout.Hold(
            count=np.zeros(1, np.int64),
            pairs=np.zeros(size, np.int64),
            at=np.zeros((size, 3), np.int64),
            normal=np.zeros((size, self.size), self._dtype),
            raised=np.zeros((size, self.size), self._dtype),
            gram=np.zeros((size, size)),
            factor=np.zeros((size, size)),
            leader=np.zeros(size, np.int64),
            **{name: np.zeros(size) for name in _NUMBERS},
            repeats=np.zeros(1, np.int64),
            **{name: np.zeros(units, self._dtype) for name in ("a", "da", "g")},
            solved=np.zeros(size),
        )

    def _of_kinks(self):
        return self.kinks

    @property
    def dL(self):
        """dL (D,) where f was last asked, what is left of it along kinks."""
        return self._dL

    @property
    def state(self):
        """Arrays beside the solution that the next step depends on, by name."""
        return {"sides": self.kinks.side, "shares": self._shares, "slack": self.kinks.slack}

    def begin(self, s, rtol):
        """Take the branches at y, where a flow begins; or see again what a checkpoint says."""
        kinks = self.kinks._replace(point=np.zeros_like(s.y))
        self.kinks = kinks
        W, z = s.y[: self.size], kinks.z[0]
        with self.followed() as followed:
            if np.isnan(kinks.slack[0]):
                for layer in np.flatnonzero(kinks.below != 1.0):
                    self.kernels.see_pre_activations(followed, W, z)
                    part = slice(*self._m * self._net.units[layer : layer + 2])
                    kinks.side[part] = np.where(z[part] > 0, layout.UPPER, layout.LOWER)
                    self._set_slopes()
                seen = np.abs(z[kinks.side != layout.SMOOTH]).mean()
                rounding = _ROUNDING * np.finfo(self._dtype).eps
                kinks.slack[0] = max(_SLACK * rtol, rounding) * (seen or 1.0)
            self._set_slopes()
        pairs = np.flatnonzero(self.kinks.side == layout.SLIDING)
        if len(pairs):
            self.hold(pairs)
            self.meters(s.y)
            self.hold(pairs, self.together(len(pairs)), self._shares[pairs])
        with self.followed() as followed:
            self.kernels.see_pre_activations(followed, W, self.kinks.z[0])

    def meters(self, y):
        """L and ‖dL‖² in the metric at y, each unit on its branch."""
        meters = np.empty(2)
        with self.followed() as followed:
            self.kernels.rate_on_branches(followed, y, np.empty_like(y), meters)
        return meters

    def _set_slopes(self):
        """The slope of the piece that each pair is on; 1 where it slides."""
        kinks = self.kinks
        for layer in np.flatnonzero(kinks.below != 1.0):
            part = slice(*self._m * self._net.units[layer : layer + 2])
            lower = kinks.side[part] == layout.LOWER
            kinks.slope[part] = np.where(lower, kinks.below[layer], 1.0)

    def put_on(self, pairs, sides):
        """Put pairs (k,) on sides (k,) of their kinks."""
        self.kinks.side[pairs] = sides
        lower = np.asarray(sides) == layout.LOWER
        self.kinks.slope[pairs] = np.where(lower, self.kinks.below[self.places(pairs)[:, 1]], 1.0)

    def hold(self, pairs, together=None, shares=None):
        """Let pairs (k,) slide from here on, and no others.

        `together` are the leaders (k,) among them and the weights (k,) of those that slide as one,
        `shares` (k,) those with which f is asked; without them each is one of its own, and f is
        asked once.
        """
        hold, n = self.kinks.hold, len(pairs)
        if n > len(hold.pairs):
            hold = self._room(2 * n)
            self.kinks = self.kinks._replace(hold=hold)
        hold.count[0], hold.pairs[:n], hold.at[:n] = n, pairs, self.places(pairs)
        hold.asked[:n], hold.repeats[0] = 1.0, 0
        hold.leader[:n], hold.weight[:n] = together or (np.arange(n), 1.0)
        if together is None:
            return
        hold.asked[:n] = shares
        hold.repeats[0] = _REPEATS if self.depend(pairs) else 0
        self._shares[:] = 0
        self._shares[pairs] = shares
        below = self.kinks.below[hold.at[:n, 1]]
        step = shares * (1 - below)
        self.kinks.slope[pairs] = np.where(hold.weight[:n] >= 0, below + step, 1 - step)

    def together(self, count):
        """Leaders (k,) and weights (k,) of the pairs held, by their normals where f was asked."""
        K = self.kinks.hold.gram[:count, :count]
        size, least = np.sqrt(np.diag(K)), 1 - _PARALLEL * np.finfo(self._dtype).eps
        moves = size > _STILL * size.max(initial=0.0)  # parallel to all is one that nothing moves
        alike = (np.abs(K) >= least * np.outer(size, size)) & np.outer(moves, moves)
        np.fill_diagonal(alike, True)
        leader = np.argmax(alike, axis=1) if count else np.zeros(0, np.int64)
        with np.errstate(invalid="ignore"):
            weight = np.where(leader == np.arange(count), 1.0, K[leader, np.arange(count)])
            return leader, weight / np.where(weight == 1.0, 1.0, np.diag(K)[leader])

    def depend(self, pairs):
        """Whether two pairs of one sample in different layers are among these."""
        at = self.places(pairs)
        samples = len(np.unique(at[:, 0]))
        return samples < len(np.unique(at[:, :2], axis=0))

    def places(self, pairs):
        """Sample, layer and unit (k, 3) of pairs (k,)."""
        pairs = np.asarray(pairs, np.int64)
        layer = np.searchsorted(self._m * self._net.units, pairs, "right") - 1
        sample, unit = np.divmod(
            pairs - self._m * self._net.units[layer], self._net.sizes[1:][layer]
        )
        return np.stack([sample, layer, unit], axis=1)
