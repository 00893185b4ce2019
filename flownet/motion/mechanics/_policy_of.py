"""A step as a person writes it, a number or a text such as "linear:0.1", as a policy."""

from inspect import signature

from ..._errors import FlownetError, shown
from ..._registry import find
from .. import _check
from ._policy import Constant, StepPolicy


def policy_of(step):
    """Policy that a number, a text such as "linear:0.1", or a policy means.

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
    if not (_check.is_number(step) and step > 0):
        raise FlownetError(
            f"step is {shown(step)}; it has to be a number above 0, or a policy "
            "such as 'linear:0.1'."
        )
    return Constant(step)


def _policy_of_text(text):
    name, *words = text.split(":")
    if not words and _number(name) is not None:
        raise FlownetError(f"step is {text!r}, a text; a number has no quotes.")
    policy = find("step policy", name)
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
