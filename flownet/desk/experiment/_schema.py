"""What an experiment file may say, key by key: the arguments of what its tables name.

The keys of a table are the arguments of a class, or of all kinds of a family, with the types and
the defaults of their signatures; pydantic checks them. A new kind of anything needs no line here.
"""

import re
import sys
from inspect import formatannotation, signature
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    WrapValidator,
    create_model,
    model_validator,
)

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


def _one_of(what, allowed):
    def check(name):
        if name not in allowed:
            raise ValueError(_registry.unknown(what, name, allowed))
        return name

    return Annotated[str, AfterValidator(check)]


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
_IN_A_FILE = {
    "Activation": _one_of("activation", _ACTIVATIONS),
    "Output": _one_of("output", (*_ACTIVATIONS, *READOUTS)),
    "Init": _one_of("init", [*INITS, "lecun", "glorot", "he"]),
    "Device": Annotated[str, AfterValidator(_device)],
    "DTypeLike": _one_of("dtype", DTYPES),
    "DataName": _one_of("data set", data_names()),
    "Step": _scheduled(_types.Positive),
    "Temperature": _scheduled(_types.NotNegative),
    "Stiffnesses": list[_scheduled(_types.Stiffness)],
    "ArrayLike": float | list[float | list[float]],
    "Indices": list[_types.Whole],
    "PathLike": str,
    "Sequence": list,
}

#: types of what other tables of the file make
_ELSEWHERE = {
    "Network",
    "System",
    "Energy",
    "Verlet",
    "Loss",
    "Dataset",
    "AnyPotential",
    "AnyChart",
    "Mechanics",
    "Charges",
}

#: of a run, what has a table of its own, or is said where it is started
_SAID_ELSEWHERE = {
    *("W0", "V0", "metric", "observe", "stop", "keep", "store", "overwrite"),
    *("threads", "progress", "on_interrupt"),
}


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Kind(Table):
    """A table whose keys are the arguments of its kind, beside a few of the table's own."""

    family: ClassVar[str]
    own: ClassVar[set[str]]
    whole: ClassVar[bool]  # whether other tables fill none of its arguments
    usual: ClassVar[str | None]  # the kind of one that says none, where that may be

    def whose(self):
        """Arguments of its kind, and what messages call it."""
        kind = self.kind or self.usual
        return _arguments(_registry.find(self.family, kind)), kind

    @model_validator(mode="after")
    def _words_of_its_kind(self):
        words, name = self.whose()
        given = [word for word in type(self).model_fields if word in self.model_fields_set]
        for word in given:
            if word not in {*words, *self.own}:
                takes = f"it takes {', '.join(words)}" if words else "it takes nothing else"
                raise ValueError(f"{name} takes no {word}; {takes}.")
        for word, argument in words.items() if self.whole else ():
            if argument.default is argument.empty and word not in given:
                raise ValueError(f"the key {word} of {name} is missing.")
        return self


def _arguments(make):
    """Arguments that a file may name, of a class or a function; their types as text."""
    found = {}
    for word in signature(make).parameters.values():
        said = "Any" if word.annotation is word.empty else word.annotation
        text = said if isinstance(said, str) else formatannotation(said)
        if word.kind is not word.VAR_KEYWORD and not _ELSEWHERE & set(re.findall(r"\w+", text)):
            found[word.name] = word.replace(annotation=text)
    return found


def _table(name, makes, base=Table, skip=(), **own):
    """The table whose keys are the arguments of classes or functions but some, and its own.

    A single one says what is needed and what the defaults are; of several no argument is needed.
    """
    types, defaults, names = {}, {}, {}
    for make in makes:
        for maker in reversed(make.__mro__) if isinstance(make, type) else [make]:
            names |= vars(sys.modules[maker.__module__])
        for word, argument in _arguments(make).items():
            if word not in {*own, *skip}:
                types.setdefault(word, {})[argument.annotation] = None
                needed = len(makes) == 1 and argument.default is argument.empty
                defaults[word] = ... if needed else argument.default
    if len(makes) > 1:
        types = {word: {**texts, "None": None} for word, texts in types.items()}
        defaults = dict.fromkeys(types)
    fields = {word: (" | ".join(texts), defaults[word]) for word, texts in types.items()}
    table = create_model(name, __base__=base, __module__=__name__, **own, **fields)
    names |= vars(_types) | _IN_A_FILE | {name: table}
    table.model_rebuild(_types_namespace=names)
    return table


def _family(name, family, base=Kind, whole=True, but=(), usual=None, **own):
    """The table of a family: any argument of any of its kinds, but for those that take another."""
    kinds = [kind for kind in _registry.names(family) if kind not in but]
    known = _one_of(family, kinds)
    own = {"kind": (known, ...) if usual is None else (known | None, None), **own}
    table = _table(name, [_registry.find(family, kind) for kind in kinds], base, **own)
    table.family, table.own, table.whole, table.usual = family, set(own), whole, usual
    return table


class _Metric(Kind):
    """Without a kind that of layers. It says itself what it wants of them; inf freezes."""

    def whose(self):
        kind = self.kind or "layer"
        words = {} if kind == "moving" else _arguments(_registry.find("metric", kind))
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


Data = _table("Data", makers())
Network = _table("Network", [NetworkOfTable], skip={"device"})
_IN_A_FILE["Estimator"] = str
_IN_A_FILE["MechanicalLike"] = _family("Mechanical", "mechanical")
_IN_A_FILE["Element"] = dict[str, Any]
System = _family("System", "system")
Equilibrium = _family("Equilibrium", "learning system", usual="equilibrium")


class _Run(Table):
    """As long as its steps or its epochs."""

    @model_validator(mode="after")
    def _steps_or_epochs(self):
        if self.steps is None and self.epochs is None:
            raise ValueError("the key steps is missing, or epochs in its place.")
        if self.steps is not None and self.epochs is not None:
            raise ValueError("steps and epochs are both given; one of them says how long it is.")
        return self


Run = _table("Run", [train], _Run, skip=_SAID_ELSEWHERE)
Loss = _family("Loss", "loss", scale=(_types.Real | None, None))
Term = _family("Term", "potential", whole=False, scale=(_types.Real, 1.0))
Chart = _family("Chart", "chart")
_IN_A_FILE["BaseMechanics"] = _family("Base", "mechanics", but=["sam", "normalized", "muon"])
Mechanics = _family("Mechanics", "mechanics")
_IN_A_FILE["Groups"] = dict[str, _table("Group", [GroupOfMetric])]
_METRICS = _registry.names("metric")
_KIND = (_one_of("metric", _METRICS) | None, None)
Metric = _family("Metric", "metric", _Metric, whole=False, kind=_KIND)
_IN_A_FILE["Metric"] = Metric


class ObservedMetric(Metric):
    """That of an observable: of `[metric]`, or of adaptive mechanics at each state ("moving")."""

    kind: _one_of("metric", [*_METRICS, "moving"]) | None = None


_IN_A_FILE["Metric"] = _IN_A_FILE["MetricLike"] = ObservedMetric
_OF_DATA = {
    "split": (_types.Split | None, None),
    "data": (Data | None, None),
    "loss": (Loss | None, None),
}
_IN_A_FILE["AnyObservable"] = _family(
    "Observed", "observable", Table, but=["ema", "swa"], **_OF_DATA
)
Observable = _family("Observable", "observable", Table, every=(_types.Count, ...), **_OF_DATA)
Stop = _family("Stop", "stop condition")
_OF_FILE = {"experiment", "W0", "store", "overwrite", "client", "threads", "progress"}
Sweep = _table(
    "Sweep",
    [sweep],
    skip=_OF_FILE | {"on_interrupt"},
    axes=(dict[str, Any], {}),
    box=(_table("Box", [BoxOfTable], ranges=(dict[str, Any], ...)) | None, None),
    keep=(list[str] | dict[str, Any], []),
)
Keep = _table("Keep", [Best])


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
    add: list[Term] = []
    observe: dict[str, Observable] = {}
    stop: list[Stop] = []
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
