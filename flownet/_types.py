"""What signatures say of numbers, arrays and words, in short: for readers, mypy and files.

The keys of an experiment file are checked by the same types: what a class takes is said once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from os import PathLike as _PathLike
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Gt, Len, Lt
from numpy.typing import ArrayLike, NDArray

#: an array of numbers, real or complex; docstrings say of what shape
Vector = NDArray[Any]

Whole = Annotated[int, Ge(0)]
Count = Annotated[int, Ge(1)]
Real = Annotated[float, Gt(-math.inf), Lt(math.inf)]
Positive = Annotated[float, Gt(0), Lt(math.inf)]
NotNegative = Annotated[float, Ge(0), Lt(math.inf)]
Share = Annotated[float, Ge(0), Lt(1)]
Stiffness = Annotated[float, Gt(0)]  # inf freezes
Pair = Annotated[Sequence[float], Len(2, 2)]
Sizes = Annotated[Sequence[Count], Len(2)]
Indices = Sequence[int] | Vector

#: of named groups of parameters, each a table
Groups = Mapping[str, Mapping[str, Any]]

# names of what there is: the tables of each say which
Activation = str
DataName = str
Output = str
Init = str
Device = str

Split = Literal["train", "test"]
PathLike = str | _PathLike[str]

#: a formula of somebody's own, of vectors
Function = Callable[..., ArrayLike]

if TYPE_CHECKING:
    from .equilibrium.actions import Mechanical
    from .geometry.metric import Metric
    from .model.potential import AnyPotential
    from .motion.mechanics import Mechanics, StepPolicy
    from .motion.observe import Observable
    from .motion.stop import Best, Stop
    from .store.trajectory import Trajectory

    #: a number, a policy, its text such as "linear:0.1", an array of steps, or a function of the
    #: iteration
    Step: TypeAlias = (
        float
        | str
        | StepPolicy
        | Mapping[str, Any]
        | Sequence[float]
        | Vector
        | Callable[[int], float]
    )
    #: a number, or a schedule likewise
    Temperature: TypeAlias = Step
    #: of each layer a number, inf to freeze it, or a schedule likewise
    Stiffnesses: TypeAlias = Sequence[Step]
    #: a metric, or a function of the time (of an observable's, of the state) that gives one
    MetricLike: TypeAlias = Metric | Callable[[Any], Metric]
    #: a mechanical system, or its table
    MechanicalLike: TypeAlias = Mechanical | Mapping[str, Any]
    #: mechanics that others are made of, or their table
    BaseMechanics: TypeAlias = Mechanics | Mapping[str, Any]
    AnyObservable: TypeAlias = Observable | Callable[..., Any] | AnyPotential
    #: by name, how often and what
    Observed: TypeAlias = Mapping[str, tuple[int, AnyObservable]]
    #: one flow, or several by name
    Flows: TypeAlias = Trajectory | Mapping[str, Trajectory]
    #: a condition that ends a run, or a function of the state that gives True; and several of them
    AnyStop: TypeAlias = Stop | Callable[[Any], Any]
    Stops: TypeAlias = AnyStop | Sequence[AnyStop]
    #: what the best state is known by
    Keep: TypeAlias = Best | Literal["best"]
