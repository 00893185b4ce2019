"""Experiments: what a TOML file or a run's file says, and the run that follows from it."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError
from ..._registry import build, find
from ...model.potential import Batches
from ...model.tables import metric_from, potential_from
from ...motion.loops import train
from ...motion.mechanics._start import steps_of
from ...motion.observe import observe_from
from ...motion.stop import keep_from, stop_from
from ...store._text import to_text
from ...store.trajectory import BEFORE, Trajectory

if TYPE_CHECKING:
    from ..._types import PathLike


class Experiment:
    """Data, network, loss, mechanics and run as one table of plain words.

    Attributes
    ----------
    tables : dict
        The words of the file.
    """

    def __init__(self, tables: dict[str, Any], path: PathLike | None = None) -> None:
        self.tables, self._path = tables, path

    @classmethod
    def load(cls, path: PathLike) -> Experiment:
        """Experiment of a TOML file, or of the file of a run.

        Raises
        ------
        FlownetError
            When the file is not there, or one of its keys or values is wrong: the line names the
            file, the key, what is allowed and the nearest match.
        """
        path = Path(path)
        if not path.is_file():
            raise FlownetError(f"{path}: there is no such file.")
        if path.open("rb").read(8) == b"\x89HDF\r\n\x1a\n":
            run = Trajectory.open(path)
            return cls(run.experiment)
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # with a mark or without
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise FlownetError(f"{path} is not TOML: {error}.") from None
        return cls(_checked(given, path), path)

    def parts(self) -> tuple[Any, ...]:
        """Potential, mechanics, metric and observables of the tables."""
        with self._named():
            return self._parts()

    @contextmanager
    def _named(self):
        """Context that names the file in its errors."""
        try:
            yield
        except FlownetError as error:
            raise FlownetError(f"{self._path}: {error}" if self._path else str(error)) from None

    def _parts(self):
        tables = {**self.tables, "data": self._data(self.tables["data"])}
        potential = potential_from(tables)
        mechanics = build("mechanics", tables["mechanics"])
        _fits(potential, mechanics, tables["run"])
        metric = None
        if "metric" in tables:
            metric = metric_from(tables["metric"], potential)
        return potential, mechanics, metric, observe_from(self._observed(tables), potential, metric)

    def _ends(self, potential, metric):
        """Stop conditions, and what the best state is kept by."""
        tables = [self._with_data(table) for table in self.tables.get("stop", [])]
        keep = self.tables.get("keep")
        keep = self._with_data(keep) if isinstance(keep, dict) else keep
        return stop_from(tables, potential, metric) or None, keep_from(keep, potential, metric)

    def _with_data(self, table):
        """A table with the data of its observable spelled out."""
        if "observable" not in table:
            return table
        return {**table, "observable": self._on_data(table["observable"])}

    def run(
        self,
        store: PathLike | None = None,
        *,
        overwrite: bool = False,
        progress: bool = True,
        threads: int | None = None,
    ) -> Trajectory:
        """Train as the tables say, recorded in `store`; a `Trajectory`."""
        if BEFORE in self.tables:
            raise FlownetError(
                "the experiment is of a run that went on in another way, and train takes one "
                "mechanics: flownet.go_on takes it up again from its file."
            )
        potential, mechanics, metric, observe = self.parts()
        with self._named():
            stop, keep = self._ends(potential, metric)
        return train(
            potential,
            mechanics,
            metric=metric,
            observe=observe,
            stop=stop,
            keep=keep,
            store=store,
            overwrite=overwrite,
            progress=progress,
            threads=threads,
            **self.tables["run"],
        )

    def to_toml(self) -> str:
        """The experiment as TOML text."""
        return to_text(self.tables)[0]

    def _data(self, table):
        """Data table with a relative file meant from the experiment's folder."""
        if "file" in table and self._path is not None:
            return {**table, "file": str(self._path.parent / table["file"])}
        return table

    def _observed(self, tables):
        """Observables with their data spelled out: `split` means another part of the run's data."""
        observed = tables.get("observe", {})
        return {name: self._on_data(table) for name, table in observed.items()}

    def _on_data(self, table):
        """An observable's table with its data spelled out; of the run itself as it is."""
        table = dict(table)
        if table["kind"] == "function":
            return table
        kind = find("observable", table["kind"])
        if "of" in table:
            table["of"] = self._on_data(table["of"])
        if kind.of_run or (kind.of_all_terms and not {"split", "data", "loss"} & set(table)):
            return table
        split = table.pop("split", None)
        data = self._data(table.get("data", self.tables["data"]))
        if split is not None:
            data = {**{k: v for k, v in data.items() if k != "limit"}, "split": split}
        return {**table, "data": data}

    def __repr__(self):
        return f"Experiment:\n{self.to_toml()}"


def _fits(potential, mechanics, words):
    """Refuse, by table and key, a batch or a step that does not fit the run."""
    if "batch_size" in words:
        with _naming("[run]"):
            Batches(potential.data.m, words["batch_size"], words["seed"])
    with _naming("[mechanics]"):
        batch_size = words.get("batch_size")
        steps = steps_of(words.get("steps"), words.get("epochs"), potential, batch_size)
        mechanics.check(potential, steps)


@contextmanager
def _naming(table):
    try:
        yield
    except FlownetError as error:
        raise FlownetError(f"{table} {error}") from None


def _checked(given, path):
    from pydantic import ValidationError

    from . import _schema
    from ._mistake import explain

    try:
        return _schema.tables(given)
    except ValidationError as error:
        raise explain(error, path, _schema.ExperimentFile) from None
