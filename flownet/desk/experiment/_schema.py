"""What an experiment file may say, key by key: the arguments of what its tables name.

The keys of a table are the arguments of a class, or of all kinds of a family, see
`_of_signatures`; a new kind of anything needs no line here.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainSerializer, WrapValidator, model_validator

from ... import _registry, _types
from ...data._load import makers, names as data_names
from ...ensemble._box import Box as BoxOfTable
from ...ensemble.sweeps import sweep
from ...geometry.metric._group import Group as GroupOfMetric
from ...kernels.device import DEVICES, is_device
from ...kernels.scalar.activation import ACTIVATIONS
from ...kernels.scalar.pair import COMPLEX_ACTIVATIONS, READOUTS
from ...model._check import DTYPES
from ...model.network import INITS, Network as NetworkOfTable
from ...motion.loops import train
from ...motion.mechanics import policy_of
from ...motion.stop import Best
from ._of_signatures import IN_A_FILE, Kind, Table, arguments, family, one_of, table


def _device(name):
    """A device that may be there: the machine that runs the file says whether it is."""
    if not is_device(name):
        raise ValueError(_registry.unknown("device", name, DEVICES))
    return name


def _policy(step, number):
    """A step policy in words, in a table or a list, as it stands, or a number."""
    if not isinstance(step, (str, dict, list)):
        return number(step)
    if isinstance(step, dict) and step.get("kind") == _registry.PROGRAM:
        raise ValueError("a program cannot stand in a file; use fn.Schedule from Python.")
    policy_of(step)
    return step


def _scheduled(number):
    return Annotated[number, WrapValidator(_policy), PlainSerializer(lambda step: step)]


_ACTIVATIONS = tuple(dict.fromkeys((*ACTIVATIONS, *COMPLEX_ACTIVATIONS)))

#: what the names in signatures mean in a file, where that is something else than in Python
IN_A_FILE |= {
    "Activation": one_of("activation", _ACTIVATIONS),
    "Output": one_of("output", (*_ACTIVATIONS, *READOUTS)),
    "Init": one_of("init", [*INITS, "lecun", "glorot", "he"]),
    "Device": Annotated[str, AfterValidator(_device)],
    "DTypeLike": one_of("dtype", DTYPES),
    "DataName": one_of("data set", data_names()),
    "Step": _scheduled(_types.Positive),
    "Temperature": _scheduled(_types.NotNegative),
    "Stiffnesses": list[_scheduled(_types.Stiffness)],
    "ArrayLike": float | list[float | list[float]],
    "Indices": list[_types.Whole],
    "PathLike": str,
    "Sequence": list,
}

#: of a run, what has a table of its own, or is said where it is started
_SAID_ELSEWHERE = {
    *("W0", "V0", "metric", "observe", "stop", "keep", "store", "overwrite"),
    *("threads", "progress", "on_interrupt"),
}


class _Metric(Kind):
    """Without a kind that of layers. It says itself what it wants of them; inf freezes."""

    @classmethod
    def of_kind(cls, kind):
        kind = kind or "layer"
        words = {} if kind == "moving" else arguments(_registry.find("metric", kind))
        return words, f"a metric of kind {kind}"

    @model_validator(mode="after")
    def _above_0(self):
        given = self.stiffness if isinstance(self.stiffness, list) else []
        for entry in [] if self.kind in ("coupled", "scheduled") else given:
            if not all(number > 0 for number in (entry if isinstance(entry, list) else [entry])):
                raise ValueError(
                    f"stiffness holds {entry}; numbers above 0 are wanted (inf freezes)."
                )
        return self


Data = table("Data", makers())
Network = table("Network", [NetworkOfTable], skip={"device"})
IN_A_FILE["Estimator"] = str
IN_A_FILE["MechanicalLike"] = family("Mechanical", "mechanical")
IN_A_FILE["Element"] = dict[str, Any]
System = family("System", "system")
IN_A_FILE["Equilibrium"] = Equilibrium = family(
    "Equilibrium", "learning system", usual="equilibrium"
)


class _Run(Table):
    """As long as its steps or its epochs."""

    @model_validator(mode="after")
    def _steps_or_epochs(self):
        if self.steps is None and self.epochs is None:
            raise ValueError("the key steps is missing, or epochs in its place.")
        if self.steps is not None and self.epochs is not None:
            raise ValueError("steps and epochs are both given; one of them says how long it is.")
        return self


Run = table("Run", [train], _Run, skip=_SAID_ELSEWHERE)
Loss = family("Loss", "loss", scale=(_types.Real | None, None))
Term = family("Term", "potential", whole=False, scale=(_types.Real, 1.0))
Chart = family("Chart", "chart")
IN_A_FILE["BaseMechanics"] = family("Base", "mechanics", but=["sam", "normalized", "muon"])
Mechanics = family("Mechanics", "mechanics")
IN_A_FILE["Groups"] = dict[str, table("Group", [GroupOfMetric])]
_METRICS = _registry.names("metric")
_KIND = (one_of("metric", _METRICS) | None, None)
Metric = family("Metric", "metric", _Metric, whole=False, kind=_KIND)
IN_A_FILE["Metric"] = Metric


class ObservedMetric(Metric):
    """That of an observable: of `[metric]`, or of adaptive mechanics at each state ("moving")."""

    kind: one_of("metric", [*_METRICS, "moving"]) | None = None


IN_A_FILE["Metric"] = IN_A_FILE["MetricLike"] = ObservedMetric
_OF_DATA = {
    "split": (_types.Split | None, None),
    "data": (Data | None, None),
    "loss": (Loss | None, None),
}
IN_A_FILE["AnyObservable"] = family("Observed", "observable", Table, but=["ema", "swa"], **_OF_DATA)
Observable = family("Observable", "observable", Table, every=(_types.Count, ...), **_OF_DATA)
Stop = family("Stop", "stop condition")
_OF_FILE = {"experiment", "W0", "store", "overwrite", "client", "threads", "progress"}
Sweep = table(
    "Sweep",
    [sweep],
    skip=_OF_FILE | {"on_interrupt"},
    axes=(dict[str, Any], {}),
    box=(table("Box", [BoxOfTable], ranges=(dict[str, Any], ...)) | None, None),
    keep=(list[str] | dict[str, Any], []),
)
Keep = table("Keep", [Best])


class ExperimentFile(Table):
    """A whole experiment file."""

    data: Data
    network: Network | None = None
    system: System | None = None
    equilibrium: Equilibrium | None = None
    loss: Loss
    mechanics: Mechanics
    run: Run
    metric: Metric | None = None
    chart: Chart | None = None
    add: list[Term] = Field(default_factory=list)
    observe: dict[str, Observable] = Field(default_factory=dict)
    stop: list[Stop] = Field(default_factory=list)
    keep: Literal["best"] | Keep | None = None
    sweep: Sweep | None = None

    @model_validator(mode="after")
    def _network_or_system(self):
        if self.network is None and self.system is None:
            raise ValueError("the table network is missing, or system in its place.")
        if self.network is not None and self.system is not None:
            raise ValueError("network and system are both given; one of them is what learns.")
        if (self.system is None) != (self.equilibrium is None):
            raise ValueError("system and equilibrium go together: one of them is missing.")
        return self


def tables(given: dict[str, Any]):
    """Checked tables, without what was left out."""
    return ExperimentFile.model_validate(given).model_dump(exclude_none=True)
