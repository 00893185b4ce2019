"""Conditions of a run under way: their memories, their looks, and why it ended."""

from ..._errors import FlownetError, shown
from ...store.trajectory import BEST
from ._best import Best, Patience
from ._conditions import StopWhen
from ._stop import Stop


class Watch:
    """One condition of a run: what it remembers, under names of its own."""

    def __init__(self, name, condition):
        self.name, self.condition, self.every = name, condition, condition.every
        self._memory = {}

    def begin(self, W):
        """Remember nothing yet, of a run that is at parameters W (D,)."""
        self._memory = self.condition.memory(W)

    @property
    def arrays(self):
        """What its next look depends on beside the state, by name; written to, they set it."""
        return {f"{self.name}/{name}": array for name, array in self._memory.items()}

    def look(self, state, potential):
        """Whether the run ends here, and the number by which that was decided."""
        try:
            return self.condition.look(state, potential, self._memory)
        except FlownetError as error:
            raise FlownetError(f"stop: {error}") from None


def watches(stop):
    """A `Watch` for each condition of what a user hands in: one, a function, or a list of them."""
    if stop is None:
        return []
    given = stop if isinstance(stop, (list, tuple)) else [stop]
    made = []
    for one in given:
        if isinstance(one, Best) or not (isinstance(one, Stop) or callable(one)):
            raise FlownetError(
                f"stop is {shown(one)}; it has to be a condition such as flownet.LossBelow(0.01), "
                "a function of the state, or a list of them."
            )
        condition = one if isinstance(one, Stop) else StopWhen(one)
        made.append(Watch(f"stop/{len(made) + 1}", condition))
    return made


def keeper(keep, stop):
    """`Watch` of the best state, of `Best` or "best", which is by what `Patience` looks at.

    Parameters
    ----------
    keep : Best, "best" or None
    stop : list of Watch
    """
    if keep is None:
        return None
    if isinstance(keep, str) and keep == "best":
        patient = [w.condition for w in stop if isinstance(w.condition, Patience)]
        if len(patient) != 1:
            raise FlownetError(
                f'keep="best" means best by what Patience looks at, and stop= has {len(patient)} '
                "of them: say by what, keep=flownet.Best(observable, every)."
            )
        keep = Best(patient[0].observable, patient[0].every, patient[0].better)
    if not isinstance(keep, Best):
        raise FlownetError(
            f'keep is {shown(keep)}; it has to be "best" or flownet.Best(observable, every).'
        )
    return Watch(BEST, keep)
