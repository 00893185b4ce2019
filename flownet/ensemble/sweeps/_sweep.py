"""A sweep: many runs of one experiment, and what was kept of each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..._errors import FlownetError, shown
from ..._file_path import file_path
from ..._origin import Origin
from ..._registry import unknown
from ..._table import Table, Tabled, percent
from ...kernels.device import kernels_of
from ...motion import _check
from ...motion.loops import on_interrupt_of, train
from ...store.reading import apart
from .._verdict import VERDICTS
from ..rows import CHANGED, FileRows, frame_of, look, xarray_of
from ._cluster import check_client
from ._work import work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._types import Device, PathLike
    from ...store.reading import Verified
    from ...store.trajectory import Trajectory


class Sweep(Tabled):
    """Runs of one experiment over some axes; what is kept of them has the shape of the axes.

    Attributes
    ----------
    axes : dict
        Values (n,) of each word that an axis sets, by its key.
    dims, shape : tuple
        Names and lengths of the axes.
    loss, verdict, diverged_at, steps : ndarray
        Of every member: the last loss; 0 converged, 1 bounded, 2 diverged (−1: not run yet); the
        first iteration whose loss is beyond its bound or not finite, or −1; the steps it took.
    runs : Members
        `sweep.runs[i, j]` gives a member as a `Trajectory`, run again.
    finished : bool
    """

    def __init__(self, rows: Any) -> None:
        self._rows, self.plan = rows, rows.plan

    @classmethod
    def open(cls, path: PathLike, *, trusted: bool = True) -> Sweep:
        """Sweep of a file: finished, stopped, or still being written.

        Where the file was changed beside the numbers of its members, by a program or by a fault of
        the disk, there is a warning.

        Parameters
        ----------
        path : path
        trusted : bool
            False for a file that somebody may have made to do harm: another process opens it first,
            with limits on its memory and time, so that what breaks HDF5 breaks that process.

        Raises
        ------
        FlownetError
            When the file is not there, not a sweep's, damaged, or harms the process that opens it.
        """
        path = file_path("the sweep", path)
        if not trusted:
            apart(path, look)
        rows = FileRows(path)
        if rows.has_checks and not rows.says_what_it_said:
            warnings.warn(f"{path}: {CHANGED}.", RuntimeWarning, stacklevel=2)
        return cls(rows)

    def verify(self) -> Verified:
        """Compare all numbers of the file with their checksums, and say which are damaged.

        Members that are damaged are run again by `resume`.

        Raises
        ------
        FlownetError
            For a sweep in memory, or of the time when sweeps had no checksums.
        """
        if self.path is None:
            raise FlownetError("verify: the sweep is in memory; a file has checksums.")
        return FileRows(self.path).verify()

    def resume(
        self,
        *,
        functions: Mapping[str, Any] | None = None,
        client: Any = None,
        device: Device | None = None,
        threads: int | None = None,
        progress: bool = True,
        on_interrupt: Literal["raise", "return"] | None = None,
    ) -> Sweep:
        """Run the members that are not done yet; the same bits as if nothing had stopped it.

        Those whose numbers in the file are damaged are run again.

        Parameters
        ----------
        functions : dict, optional
            Functions of the state that are kept, by name: a file does not hold them.
        device : str, optional
            Whose kernels run them; by default those of the device that it was on.
        client, threads, progress, on_interrupt
            As of `sweep`.

        Raises
        ------
        FlownetError
            While another process writes the file, or where a function is missing.
        """
        rows = self._rows if self.path is None else FileRows(self.path, functions)
        if device is not None:
            rows.plan.device = device
        return go(rows, client, threads, progress, on_interrupt_of(on_interrupt))

    @property
    def origin(self) -> Origin:  # type: ignore[override]  # what a file says
        """What made the sweep: its plan, flownet's version, and the hash of the data."""
        plan = self.plan.table()
        return Origin("sweep", plan, plan.get("sha256"), self._rows.flownet_version)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple(axis.name for axis in self.plan.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.plan.shape

    @property
    def axes(self) -> dict[str, np.ndarray]:
        """Values (n,) of each key."""
        return {k: v for axis in self.plan.axes for k, v in axis.coordinates().items()}

    @property
    def path(self) -> Any:
        """The sweep's file, or None."""
        return self._rows.path

    @property
    def kept(self) -> list[str]:
        """Names of what is kept of each member."""
        return list(self._rows.columns)

    @property
    def done(self) -> np.ndarray:
        """Whether each member was run, of the shape of the axes."""
        return self._rows.done.reshape(self.shape)

    @property
    def finished(self) -> bool:
        """Whether every member was run, and what follows from all of them is known."""
        return self._rows.finished

    @property
    def experiment(self) -> dict[str, Any]:
        """Tables of the experiment, with words that no axis sets."""
        return self.plan.tables

    @property
    def loss(self) -> np.ndarray:
        """Last losses."""
        return self["loss"]

    @property
    def verdict(self) -> np.ndarray:
        """0 converged, 1 bounded, 2 diverged, −1 not run yet."""
        return self["verdict"]

    @property
    def diverged_at(self) -> np.ndarray:
        """First iteration whose loss is beyond its bound or not finite, or −1."""
        return self["diverged_at"]

    @property
    def steps(self) -> np.ndarray:
        """Steps that members took."""
        return self["steps"]

    @property
    def runs(self) -> Members:
        """Members, each a `Trajectory`, run again where it is asked for."""
        return Members(self.plan, self["steps"])

    def __getitem__(self, name: str) -> np.ndarray:
        """What is kept under a name: an array of the shape of the axes, and then its own."""
        if name not in self._rows.columns:
            raise FlownetError(unknown("kept quantity", name, self.kept))
        return self._rows.array(name)

    def column(self, name: str) -> Any:
        """The `Column` of a name: its dimensions, its coordinates, what its numbers mean."""
        self[name]
        return self._rows.columns[name]

    def settings(self, *index: int) -> dict[str, Any]:
        """The value of each key of a member."""
        return self.plan.settings(_member(index, self.shape))

    def to_xarray(self) -> Any:
        """The sweep as an `xarray.Dataset` with named axes."""
        return xarray_of(self)

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`, a row a member: its settings, and each number that is kept."""
        return frame_of(self)

    def table(self) -> Table:
        """Members by verdict."""
        verdict = self.verdict.reshape(-1)
        counts = {name: int((verdict == code).sum()) for code, name in enumerate(VERDICTS)}
        if left := int((verdict < 0).sum()):
            counts["not run yet"] = left
        axes = ", ".join(f"{axis.name} ({len(axis)})" for axis in self.plan.axes)
        return Table(
            title=f"Sweep of {self.plan.size} runs over {axes}",
            columns={
                "verdict": (str, list(counts)),
                "members": ("d", list(counts.values())),
                "share": (percent, [count / self.plan.size for count in counts.values()]),
            },
            notes=[f"kept: {', '.join(self.kept)}"],
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.kept)

    def __repr__(self):
        axes = ", ".join(f"{axis.name} ({len(axis)})" for axis in self.plan.axes)
        state = "finished" if self.finished else f"{int(self._rows.done.sum())} done"
        return f"Sweep: {self.plan.size} runs over {axes}, {state}"


def go(rows: Any, client: Any, threads: int | None, progress: bool, on_interrupt: str) -> Sweep:
    """Do what is left of a sweep."""
    _check.threads(threads, progress)
    if client is not None:
        check_client(client)
    rows.lock()
    try:
        with kernels_of(rows.plan.device).limited(threads):
            if not work(rows, client, threads, progress) and on_interrupt == "raise":
                raise KeyboardInterrupt
    finally:
        rows.close()
    return Sweep(rows)


class Members:
    """The members of a sweep: `runs[i, j]`, with an index for each axis."""

    def __init__(self, plan: Any, steps: np.ndarray) -> None:
        self._plan, self._steps = plan, steps

    def __len__(self) -> int:
        return self._plan.size

    def __getitem__(self, index: int | tuple[int, ...]) -> Trajectory:
        """A member's run, bit for bit, up to where it left the sweep; to rounding on a GPU."""
        member = _member(index if isinstance(index, tuple) else (index,), self._plan.shape)
        family, start = self._plan.family_of(member), self._plan.start(member)
        steps = int(self._steps.reshape(-1)[member])
        return train(
            family.potential,
            start.mechanics,
            metric=start.metric,
            W0=start.W,
            V0=start.V,
            seed=start.seed,
            steps=family.steps if steps < 0 else steps,
            batch_size=family.batch_size,
            progress=False,
        )


def _member(index, shape):
    """Number of the member at an index along each axis."""
    try:
        places = [range(n)[i] for i, n in zip(index, shape, strict=True)]
        return int(np.ravel_multi_index(places, shape))
    except (TypeError, ValueError, IndexError):
        raise FlownetError(
            f"{shown(index)} is no index of a member: a whole number for each axis is wanted, in "
            f"{shape}."
        ) from None
