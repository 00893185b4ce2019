"""A run in the forms that other tools use, and what its network says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..._optional import optional
from ..._origin import Origin, sha256_of
from ..._version import __version__
from ...model._check import yes_or_no
from ._frame import frame_of
from ._predict import predict, score
from ._records import Record
from ._table import html_of

if TYPE_CHECKING:
    from ..._types import Vector
    from ...data import Dataset


class RunForms:
    """What `Trajectory` gives to others."""

    @property
    def origin(self: Any) -> Origin:
        """What made the run: its experiment, flownet's version, and the hash of the data."""
        version = self.store.attrs().get("flownet_version", __version__)
        sha256 = self.store.attrs("data").get("sha256")
        return Origin("flow" if self.is_flow else "train", self.experiment, sha256, version)

    def to_xarray(self: Any) -> Any:
        """The run as an `xarray.Dataset`, each quantity along a dimension of its own."""
        xarray = optional("xarray", "to_xarray")
        variables, coordinates = {}, {}
        records = {"parameters": Record(self.iteration, self.time, self.parameters[:])}
        records.update((name, self.observables[name]) for name in self.observables)
        for name, record in records.items():
            dimension = f"{name}_iteration"
            inner = [f"{name}_{i}" for i in range(record.value.ndim - 1)]
            variables[name] = ([dimension, *inner], record.value)
            coordinates[dimension] = record.iteration
            coordinates[f"{name}_time"] = (dimension, record.time)
        return xarray.Dataset(variables, coordinates)

    def to_pandas(self: Any, *, parameters: bool = False) -> Any:
        """The run as a `pandas.DataFrame`: a row for each iteration, of a flow for each time.

        Columns are the time, the loss, the step and each observable, an array's numbers as
        `noise[0]`, `noise[1]`, …; nan where nothing was recorded.

        Parameters
        ----------
        parameters : bool
            Whether the recorded parameters stand there too, as `W[0]`, `W[1]`, …

        Raises
        ------
        FlownetError
            Where pandas is not installed.
        """
        return frame_of(self, yes_or_no("parameters", parameters))

    def predict(self: Any, x: Any, *, row: int = -1) -> Vector:
        """What the run's network says of inputs x (m, n_in), in its last recorded state.

        Parameters
        ----------
        x : array (m, n_in), or pandas.DataFrame
        row : int
            Of the recorded parameters.

        Returns
        -------
        ndarray
            The class (m,) with the largest output where the run's data have classes, by name if
            they are named; else the outputs (m, n_out).
        """
        return predict(self, x, row)

    def score(self: Any, data: Dataset | None = None, *, row: int = -1) -> float:
        """Share of samples whose class is right; of data without classes R², mean over outputs.

        R² = 1 − Σ|y − ŷ|²/Σ|y − ⟨y⟩|², as in scikit-learn.

        Parameters
        ----------
        data : Dataset, optional
            The run's own by default.
        row : int
            Of the recorded parameters.
        """
        return score(self, data, row)

    def _repr_html_(self):
        return html_of(self)


@sha256_of.register
def _of_run(source: RunForms) -> str | None:
    return source.origin.sha256
