"""What an experiment file may say, key by key; pydantic checks it."""

from inspect import signature
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    WrapValidator,
    model_validator,
)

from ... import _registry
from ...data._load import names as data_names
from ...kernels.device import DEVICES
from ...kernels.scalar.activation import ACTIVATIONS
from ...kernels.scalar.pair import COMPLEX_ACTIVATIONS, READOUTS
from ...model.network import INITS
from ...motion.mechanics import INTEGRATORS, MOMENTS, policy_of
from ...motion.observe import PARTS

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Numbers = list[float] | list[list[float]]


def _one_of(what, allowed):
    def check(name):
        if name not in allowed:
            raise ValueError(_registry.unknown(what, name, allowed))
        return name

    return AfterValidator(check)


def _policy(step, number):
    """A step policy in words, as it stands, or a number."""
    if not isinstance(step, str):
        return number(step)
    policy_of(step)
    return step


_ACTIVATIONS = tuple(dict.fromkeys((*ACTIVATIONS, *COMPLEX_ACTIVATIONS)))
Activation = Annotated[str, _one_of("activation", _ACTIVATIONS)]
Output = Annotated[str, _one_of("output", (*_ACTIVATIONS, *READOUTS))]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Stiffness = Annotated[float, Field(gt=0)]
Index = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]
Step = Annotated[Positive, WrapValidator(_policy), PlainSerializer(lambda step: step)]


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _known_to_its_kind(table, family, elsewhere=()):
    """A table whose keys are the arguments of its kind, less those that come from elsewhere."""
    words = {
        name: word
        for name, word in signature(_registry.find(family, table.kind)).parameters.items()
        if name not in elsewhere
    }
    given = table.model_dump(exclude_none=True, exclude={"kind"})
    for name in given:
        if name not in words:
            takes = f"it takes {', '.join(words)}" if words else "it takes nothing else"
            raise ValueError(f"{table.kind} takes no {name}; {takes}.")
    for name, word in words.items():
        if word.default is word.empty and name not in given:
            raise ValueError(f"the key {name} of {table.kind} is missing.")
    return table


class Data(Table):
    """`[data]`: a set by name, or a file of arrays x and y."""

    name: Annotated[str, _one_of("data set", data_names())] | None = None
    file: str | None = None
    split: Literal["train", "test"] | None = None
    limit: Count | None = None
    root: str | None = None
    m: Count | None = None
    classes: Count | None = None
    noise: Annotated[float, Field(ge=0)] | None = None
    turns: Positive | None = None
    n_in: Count | None = None
    n_out: Count | None = None
    hidden: Count | None = None
    antennas: Count | None = None
    sector: Positive | None = None
    points: Count | None = None
    snr: float | Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None


class Network(Table):
    """`[network]`."""

    sizes: Annotated[list[Count], Field(min_length=2)]
    activation: Activation | list[Activation] = "tanh"
    output: Output = "identity"
    bias: bool = True
    init: Annotated[str, _one_of("init", [*INITS, "lecun", "glorot", "he"])] = "lecun-normal"
    widely_linear: bool = False
    dtype: Literal["float64", "float32", "complex128", "complex64"] = "float64"


class Loss(Table):
    """`[loss]`."""

    kind: Annotated[str, _one_of("loss", _registry.names("loss"))]
    temperature: Positive | None = None
    output_metric: Numbers | None = None
    sample_metric: Numbers | None = None
    scale: float | None = None


class Term(Table):
    """`[[add]]`: an analytic potential added to the loss."""

    kind: Annotated[str, _one_of("potential", _registry.names("potential"))]
    scale: float = 1.0
    size: Count | None = None
    n: Count | None = None
    strength: Positive | None = None
    alpha: Positive | None = None
    c: Positive | None = None


class Group(Table):
    """`[metric.groups.NAME]`: the stiffness of some neurons or inputs of a layer, or of indices."""

    stiffness: Stiffness
    layer: Index | None = None
    neurons: list[Index] | None = None
    inputs: list[Index] | None = None
    where: list[Index] | None = None


class Chart(Table):
    """`[chart]`: the coordinates that the parameters are seen in."""

    kind: Annotated[str, _one_of("chart", _registry.names("chart"))]
    scale: Positive | None = None
    factors: list[float] | None = None
    modulus: Positive | list[Positive] | None = None

    @model_validator(mode="after")
    def _words_of_its_kind(self):
        return _known_to_its_kind(self, "chart", {"network"})


class Metric(Table):
    """`[metric]`: one stiffness a layer, neuron or parameter; inf freezes. Or a schedule of such.

    Of a coupled one the stiffness is a matrix, a row for each layer.
    """

    kind: Annotated[str, _one_of("metric", _registry.names("metric"))] | None = None
    stiffness: Literal["width"] | float | list[float | list[float]] | None = None
    groups: dict[str, Group] | None = None
    times: list[float] | None = None
    metrics: list["Metric"] | None = None
    metric: "Metric | None" = None

    @model_validator(mode="after")
    def _words_of_its_kind(self):
        kind = self.kind or "layer"
        if kind == "moving":
            return self
        words = [
            word
            for word in signature(_registry.find("metric", kind)).parameters
            if word not in ("network", "size", "chart")
        ]
        for name in self.model_dump(exclude_none=True, exclude={"kind"}):
            if name not in words:
                raise ValueError(
                    f"a metric of kind {kind} takes no {name}; it takes "
                    f"{', '.join(words) or 'nothing'}."
                )
        given = [] if kind == "coupled" or not isinstance(self.stiffness, list) else self.stiffness
        for entry in given:
            if not all(number > 0 for number in (entry if isinstance(entry, list) else [entry])):
                raise ValueError(
                    f"stiffness holds {entry}; numbers above 0 are wanted (inf freezes)."
                )
        return self


class ObservedMetric(Metric):
    """That of an observable: of `[metric]`, or of adaptive mechanics at each state ("moving")."""

    kind: Annotated[str, _one_of("metric", [*_registry.names("metric"), "moving"])] | None = None


class Mechanics(Table):
    """`[mechanics]`."""

    kind: Annotated[str, _one_of("mechanics", _registry.names("mechanics"))]
    step: Step | None = None
    rtol: Positive | None = None
    atol: Positive | None = None
    mass: NotNegative | None = None
    friction: NotNegative | None = None
    integrator: Annotated[str, _one_of("integrator", INTEGRATORS)] | None = None
    temperature: NotNegative | None = None
    momentum: Share | None = None
    memory: Share | None = None
    memory1: Share | None = None
    memory2: Share | None = None
    epsilon: Positive | None = None
    centered: bool | None = None
    corrected: bool | None = None
    moments: Annotated[str, _one_of("moments", MOMENTS)] | None = None
    weight_decay: NotNegative | None = None
    order: Literal["exact", 2] | None = None

    @model_validator(mode="after")
    def _words_of_its_kind(self):
        return _known_to_its_kind(self, "mechanics")


class Observable(Table):
    """`[observe.NAME]`: a number read off the run at an interval, by default on the run's data."""

    kind: Annotated[str, _one_of("observable", _registry.names("observable"))]
    every: Count
    split: Literal["train", "test"] | None = None
    data: Data | None = None
    loss: Loss | None = None
    metric: ObservedMetric | None = None
    part: Annotated[str, _one_of("part", PARTS)] | None = None


class Run(Table):
    """`[run]`."""

    steps: Annotated[int, Field(ge=0)]
    seed: int = 0
    batch_size: Count | None = None
    record_every: Count = 1
    device: Annotated[str, _one_of("device", DEVICES)] = "cpu"


class ExperimentFile(Table):
    """A whole experiment file."""

    data: Data
    network: Network
    loss: Loss
    mechanics: Mechanics
    run: Run
    metric: Metric | None = None
    chart: Chart | None = None
    add: list[Term] = []
    observe: dict[str, Observable] = {}


def tables(given: dict[str, Any]):
    """Checked tables, without what was left out."""
    return ExperimentFile.model_validate(given).model_dump(exclude_none=True)
