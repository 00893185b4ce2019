"""Experiments: what a TOML file or a run's file says, and the run that follows from it."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._errors import FlownetError, shown
from ..._file_path import file_path
from ..._registry import build, describe
from ...ensemble._box import Box
from ...ensemble.sweeps import Sweep, sweep
from ...geometry.metric import Metric
from ...model.potential import Batches, as_potential
from ...model.tables import metric_from, metric_table, potential_from, tables_of
from ...motion.loops import train
from ...motion.mechanics import Mechanics
from ...motion.mechanics._start import steps_of
from ...motion.observe import observe_from, on_data
from ...motion.stop import keep_from, looked_at, stop_from
from ...store._text import to_text
from ...store.bytes import SIGNATURE
from ...store.trajectory import BEFORE, Trajectory, has_program

if TYPE_CHECKING:
    from ..._types import Device, PathLike
    from ...model.potential import AnyPotential

_LONGEST = 16 << 20  # bytes of a text that may be an experiment


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
        path = Path(file_path("the experiment", path))
        if not path.is_file():
            raise FlownetError(f"{path}: there is no such file.")
        try:
            with path.open("rb") as file:
                begin = file.read(len(SIGNATURE))
                rest = b"" if begin == SIGNATURE else file.read(_LONGEST)
        except OSError as error:
            raise FlownetError(f"{path} cannot be read: {error.strerror}.") from None
        if begin == SIGNATURE:
            run = Trajectory.open(path)
            return cls(run.experiment)
        if len(rest) == _LONGEST:
            raise FlownetError(f"{path} is no experiment: it is longer than {_LONGEST >> 20} MiB.")
        return cls(_checked(_tables_of(begin + rest, path), path), path)

    @classmethod
    def of(
        cls,
        potential: AnyPotential,
        mechanics: Mechanics,
        *,
        metric: Metric | None = None,
        **run: Any,
    ) -> Experiment:
        """Experiment of what Python has at hand.

        Parameters
        ----------
        potential : Potential, or any sum of potentials that a file can say
        mechanics : Aristotle, Newton, …
        metric : LayerMetric, …, optional
        **run
            Words of `[run]`, as those of `train`: steps or epochs, seed, batch_size, …

        Raises
        ------
        FlownetError
            For what no file can say, such as a program of one's own, and unknown words.
        """
        potential = as_potential(potential)
        tables = tables_of(potential)
        if tables is None:
            raise FlownetError(
                f"{shown(potential)} is a program of its own: no experiment can say it."
            )
        for name, part, kind in (("mechanics", mechanics, Mechanics), ("metric", metric, Metric)):
            if not isinstance(part, kind) and not (part is None and name == "metric"):
                raise FlownetError(f"{name} is {shown(part)}; it has to be {name} of flownet.")
        tables["mechanics"] = describe(mechanics)
        if metric is not None:
            tables["metric"] = metric_table(metric)
        tables["run"] = {"seed": 0, **run}
        for name, table in tables.items():
            if has_program(table):
                raise FlownetError(f"the {name} is a program of its own: no experiment can say it.")
        return cls(tables)

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
        tables = self.spelled()
        potential = potential_from(tables)
        mechanics = build("mechanics", tables["mechanics"])
        _fits(potential, mechanics, tables["run"])
        metric = None
        if "metric" in tables:
            metric = metric_from(tables["metric"], potential)
        observed = {n: on_data(t, tables["data"]) for n, t in tables.get("observe", {}).items()}
        return potential, mechanics, metric, observe_from(observed, potential, metric)

    def _ends(self, potential, metric):
        """Stop conditions, and what the best state is kept by."""
        tables = self.spelled()
        stop = [looked_at(table, tables["data"]) for table in tables.get("stop", [])]
        keep = tables.get("keep")
        keep = looked_at(keep, tables["data"]) if isinstance(keep, dict) else keep
        return stop_from(stop, potential, metric) or None, keep_from(keep, potential, metric)

    def spelled(self) -> dict[str, Any]:
        """The tables, with the files they name meant from wherever one is."""
        return self._absolute(self.tables)

    def _absolute(self, part):
        """A part of the tables, with the files of its data from the experiment's folder."""
        if isinstance(part, list):
            return [self._absolute(one) for one in part]
        if not isinstance(part, dict) or self._path is None:
            return part
        made = {name: self._absolute(one) for name, one in part.items()}
        data = made.get("data")
        if isinstance(data, dict) and "file" in data:
            made["data"] = {**data, "file": str(self._path.parent / data["file"])}
        return made

    def run(
        self,
        store: PathLike | None = None,
        *,
        overwrite: bool = False,
        progress: bool = True,
        threads: int | None = None,
        device: Device | None = None,
    ) -> Trajectory:
        """Train as the tables say, recorded in `store`; a `Trajectory`.

        On the device that they say, or on another one.
        """
        if BEFORE in self.tables:
            raise FlownetError(
                "the experiment is of a run that went on in another way, and train takes one "
                "mechanics: flownet.go_on takes it up again from its file."
            )
        if "sweep" in self.tables:
            raise FlownetError(
                "the experiment has a [sweep], and is many runs: `flownet sweep FILE`, or "
                "experiment.sweep(store)."
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
            **self._words_of_run(device),
        )

    def _words_of_run(self, device):
        words = self.tables["run"]
        return words if device is None else {**words, "device": device}

    def sweep(self, store: PathLike | None = None, **options: Any) -> Sweep:
        """Run all members that the table `[sweep]` says, recorded in `store`; a `Sweep`.

        Parameters
        ----------
        store : path, optional
            HDF5 file; memory by default.
        **options
            Of `flownet.sweep`, beside what the table says: overwrite, client, threads, …

        Raises
        ------
        FlownetError
            Without such a table, and as `flownet.sweep`.
        """
        if "sweep" not in self.tables:
            raise FlownetError("the experiment has no table [sweep], which says its axes.")
        words = {**self.tables["sweep"], "store": store, **options}
        with self._named():
            if box := words.pop("box", None):
                words["axes"] = {**words.get("axes", {}), "sample": Box(**box)}
            return sweep(self, **{"axes": {}, **words})

    def to_toml(self) -> str:
        """The experiment as TOML text."""
        return to_text(self.tables)[0]

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


def _tables_of(text, path):
    """Tables of a TOML text."""
    try:
        return tomllib.loads(text.decode("utf-8-sig"))  # with a mark of its order or without
    except RecursionError:
        raise FlownetError(f"{path} is not TOML that can be read: it is nested too deep.") from None
    except ValueError as error:  # of TOML, of UTF-8, or of a number with thousands of digits
        reason = " ".join(str(error).split()).rstrip(".")
        raise FlownetError(f"{path} is not TOML: {reason}.") from None


def _checked(given, path):
    from pydantic import ValidationError

    from . import _schema
    from ._mistake import explain

    try:
        return _schema.tables(given)
    except ValidationError as error:
        raise explain(error, path, _schema.ExperimentFile, given) from None
