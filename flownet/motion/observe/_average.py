"""Averages of a run's parameters, recorded or looked at by any observable in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import find, kind
from ...geometry.metric import as_reals
from .. import _check
from ._observable import Observable, refuse_data
from ._observe import as_observable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import AnyObservable, Share, Vector, Whole
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential
    from ...motion.loops import State


class _Average(Observable):
    """W̄ (D,), or what another observable gives there.

    One has to have `update(mean, state, memory)`, which moves W̄ to the state.
    """

    of_run = True

    def __init__(self, of: AnyObservable | None = None) -> None:
        self.of = None if of is None else as_observable(of, "of")

    def memory(self, W: Vector) -> dict[str, Any]:
        """What is remembered, by name in checkpoints: W̄ (D,), and how many states it is of."""
        if self.of is not None and self.of.memory(W) is not None:
            raise FlownetError(
                f"of is {self.of!r}, which remembers states of the run; an average is looked at by "
                "what needs one state alone."
            )
        return {"mean": W.astype(np.result_type(W, np.float64)), "count": np.zeros(1)}

    def __call__(self, state: State, memory: Any) -> Any:
        mean = memory["mean"]
        self.update(mean, state, memory["count"])
        if self.of is None:
            return as_reals(mean).copy()
        return self.of(state.elsewhere(mean.astype(state.W.dtype)))

    def update(self, mean: Vector, state: State, count: Vector) -> None:
        """Take the state into the mean (D,); `count` (1,) is how many states it is of."""
        raise NotImplementedError

    def table(self, potential: AnyPotential, metric: Metric | None) -> dict[str, Any]:
        """Its table; a function where that of what looks at it is one."""
        table = {"kind": self.kind, **self.parameters()}
        if self.of is None:
            return table
        of = self.of.table(potential, metric)
        return of if of["kind"] == "function" else {**table, "of": of}

    @classmethod
    def from_table(
        cls, name: str, table: Mapping[str, Any], potential: AnyPotential, metric: Metric | None
    ) -> Observable:
        """The average of a table, and what looks at it."""
        refuse_data(
            table,
            f"the observable {name!r} takes no {{}}: what looks at the average may, in its of.",
        )
        words = cls._words(table, potential, metric)
        if "of" in table:
            looks = find("observable", table["of"]["kind"])
            words["of"] = looks.from_table(name, table["of"], potential, metric)
        return cls(**words)


@kind("observable", "ema")
class EMA(_Average):
    """Exponential moving average of the parameters, W̄ ← βW̄ + (1 − β)W at each state asked.

    Parameters
    ----------
    beta : float
        β. It begins at the run's first state, so that nothing has to be corrected.
    of : observable, potential or function of the state, optional
        What looks at W̄: its loss, `Accuracy`, `Sharpness`, …; by default W̄ (D,) itself is
        recorded, of complex parameters as pairs of reals (2D,).

    Examples
    --------
    >>> import flownet as fn
    >>> p = fn.Parabola(1)
    >>> run = fn.train(
    ...     p, fn.Aristotle(0.1), W0=[1.0], steps=3, observe={"averaged": (1, fn.EMA(0.5, of=p))}
    ... )
    >>> print(run.observables["averaged"].value.round(4))
    [0.5    0.4512 0.3872 0.3236]
    """

    words = ("beta",)

    def __init__(self, beta: Share = 0.999, of: AnyObservable | None = None) -> None:
        super().__init__(of)
        if not (_check.is_number(beta) and 0 <= beta < 1):
            raise FlownetError(f"beta is {shown(beta)}; it has to be a number from 0 to below 1.")
        self.beta = float(beta)

    def update(self, mean: Vector, state: State, count: Vector) -> None:
        """W̄ ← βW̄ + (1 − β)W."""
        mean += (1 - self.beta) * (state.W - mean)
        count += 1

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again."""
        return {"beta": self.beta}


@kind("observable", "swa")
class SWA(_Average):
    """Stochastic weight averaging: the mean of the states asked, from an iteration on.

    Parameters
    ----------
    begin : int
        The iteration from which states count; before it W̄ is the state itself.
    of
        As of `EMA`.
    """

    words = ("begin",)

    def __init__(self, begin: Whole = 0, of: AnyObservable | None = None) -> None:
        super().__init__(of)
        self.begin = _check.whole("begin", begin, 0)

    def update(self, mean: Vector, state: State, count: Vector) -> None:
        """W̄ ← W̄ + (W − W̄)/n."""
        if state.iteration >= self.begin:
            count += 1
        mean += (state.W - mean) / max(count[0], 1.0)

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again."""
        return {"begin": self.begin}
