"""Observables of a potential: the run's own, or its network on data of the observable's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._registry import build
from ...data._load import from_table
from ...geometry.metric import metric_of
from ...model.chart import Charted
from ...model.potential import as_potential
from ...model.tables import metric_from, metric_table
from ._metric_of_state import MOVING, moving_metric
from ._observable import Observable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import MetricLike
    from ...geometry.metric import Metric
    from ...model.potential import AnyPotential


class OfPotential(Observable):
    """An observable of a potential, and perhaps in a metric.

    Attributes
    ----------
    needs : tuple of str
        What of a potential it cannot do without.
    own_loss : bool
        Whether its table says which loss it is of.
    """

    needs: tuple[str, ...] = ("value",)
    own_loss = True

    def __init__(self, potential: AnyPotential, metric: MetricLike | None = None) -> None:
        self.potential = as_potential(potential, needs=self.needs)
        self.metric: Any = metric
        if metric is not None and metric is not moving_metric:
            self.metric = metric_of(metric, self.potential)

    def parameters(self) -> dict[str, Any]:
        """What makes this observable again, beside its potential."""
        if "metric" not in self.words or self.metric is None:
            return {}
        if self.metric is moving_metric:
            return {"metric": {"kind": MOVING}}
        return {"metric": metric_table(self.metric)}

    def table(self, potential: AnyPotential, metric: Metric | None) -> dict[str, Any]:
        """Its table: of the run's potential or of data; a function where no table can say it."""
        own = self.potential
        if own == potential and self.of_all_terms:
            return {"kind": self.kind, **self._in_metric(metric)}
        if (
            isinstance(own, Charted)
            and isinstance(potential, Charted)
            and own.chart is potential.chart
        ):
            own, potential = own.potential, potential.potential
        if not (own.offers("with_data") and own.learner is potential.learner):
            return super().table(potential, metric)
        table = {"kind": self.kind, "data": own.data.describe(), **self._in_metric(metric)}
        return {**table, "loss": own.describe()["loss"]} if self.own_loss else table

    def _in_metric(self, metric):
        """What makes it again; a metric that no file can say is left to be the run's."""
        table = self.parameters()
        of_run = metric is not None and self.metric is metric
        return {} if of_run and table["metric"].get("kind") == "program" else table

    @classmethod
    def from_table(
        cls, name: str, table: Mapping[str, Any], potential: AnyPotential, metric: Metric | None
    ) -> Observable:
        """The observable of a table; on the run's potential and metric where it says nothing."""
        words = cls._words(table, potential, metric)
        if "metric" in words:
            words["metric"] = _metric(words["metric"], potential)
        elif "metric" in cls.words and cls.of_all_terms:
            words["metric"] = metric
        return cls(_held_out(table, potential) if "data" in table else potential, **words)


def _metric(table, potential):
    return moving_metric if table.get("kind") == MOVING else metric_from(table, potential)


def _held_out(table, potential):
    """What learns in a run, on the data of an observable."""
    if isinstance(potential, Charted):
        return Charted(_held_out(table, potential.potential), potential.chart)
    learns = next(atom for _, atom in potential.atoms() if atom.offers("with_data"))
    loss = build("loss", table["loss"]) if "loss" in table else None
    return learns.with_data(from_table(table["data"]), loss)
