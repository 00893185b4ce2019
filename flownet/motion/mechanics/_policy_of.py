"""A number, text, table, array or function as a person writes it, as a policy."""

from collections.abc import Mapping
from inspect import signature

import numpy as np

from ..._errors import FlownetError, shown
from ..._registry import PROGRAM, build, find
from .. import _check
from ._composed import Tabulated
from ._policy import Composed, Constant, StepPolicy
from ._program import Program, Schedule


def policy_of(step):
    """Policy that a number, a text such as "linear:0.1", a table, an array or a function means.

    Raises
    ------
    FlownetError
        With what is wrong, how it is written, and the nearest name.
    """
    if isinstance(step, Constant) and type(step) is not Constant:
        raise FlownetError(
            f"step is {shown(step)}, of a class derived from Constant, whose steps are all known "
            "to be the same: derive it from flownet.motion.mechanics.StepPolicy."
        )
    if isinstance(step, StepPolicy):
        return step
    if isinstance(step, str):
        return _policy_of_text(step)
    if isinstance(step, Mapping):
        return _policy_of_table(step)
    if callable(step) and not isinstance(step, type):
        return Schedule(step)
    if isinstance(step, (list, tuple)) or (isinstance(step, np.ndarray) and step.ndim):
        return Tabulated(step)
    if not (_check.is_number(step) and step > 0):
        raise FlownetError(
            f"step is {shown(step)}; it has to be a number above 0, or a policy "
            "such as 'linear:0.1'."
        )
    return Constant(step)


def number_or_policy(name, value):
    """A number from 0 up as it is, or a schedule; one of the loss or of a jet is refused."""
    if _check.is_number(value) and value >= 0:
        return float(value)
    if _check.is_number(value) or not (
        isinstance(value, (str, Mapping, StepPolicy, list, tuple, np.ndarray)) or callable(value)
    ):
        raise FlownetError(
            f"{name} is {shown(value)}; it has to be a number from 0 up, or a schedule."
        )
    policy = policy_of(value)
    if policy.of_loss or policy.of_jet:
        raise FlownetError(
            f"{name} is {str(policy)!r}, which is read off the loss; it has to be a number from 0 "
            "up, or a schedule such as 'exponential:1:0.99'."
        )
    return policy.step if isinstance(policy, Constant) else policy


def _policy_of_table(table):
    words = dict(table)
    name = words.pop("kind", None)
    if name == PROGRAM:
        return Program(words.get("text", "a program"))
    needed = signature(find("step policy", name)).parameters
    if wrong := [word for word in words if word not in needed]:
        raise FlownetError(
            f"a step policy of kind {name!r} takes no {wrong[0]}; it takes {', '.join(needed)}."
        )
    for word, parameter in needed.items():
        if parameter.default is parameter.empty and word not in words:
            raise FlownetError(f"a step policy of kind {name!r} wants the key {word}.")
    return build("step policy", table)


def _policy_of_text(text):
    name, *words = text.split(":")
    if not words and _number(name) is not None:
        raise FlownetError(f"step is {text!r}, a text; a number has no quotes.")
    policy = find("step policy", name)
    if issubclass(policy, Composed):
        raise FlownetError(
            f"step policy {shown(text)} is no text: a {name} is a table, {{kind = {name!r}, …}}."
        )
    wanted = signature(policy).parameters.values()
    needed = sum(p.default is p.empty for p in wanted)
    numbers = [_number(word) for word in words]
    if not needed <= len(words) <= len(wanted) or None in numbers:
        form = name + "".join(
            f":{p.name}" if p.default is p.empty else f"[:{p.name}]" for p in wanted
        )
        wrong = (
            f"has {len(words)} number{'s' * (len(words) != 1)}"
            if None not in numbers
            else f"holds {words[numbers.index(None)]!r}, which is no number"
        )
        raise FlownetError(f"step policy {shown(text)} {wrong}; it is written {form}.")
    try:
        return policy(*numbers)
    except FlownetError as error:
        raise FlownetError(f"step policy {shown(text)}: {error}") from None


def _number(word):
    """A whole number or a float of a word, None if it is neither."""
    for kind_of in (int, float):
        try:
            return kind_of(word)
        except ValueError:
            pass
    return None
