"""What kernels take of the mechanics and metrics of many members: their rules, stacked."""

import numpy as np

from ...geometry.metric import LayerMetrics
from ...model.potential import key

#: what a `Rule` says of the metric; all else is of the mechanics
_OF_METRIC = ("bounds", "sharp", "lowest", "coupling", "since", "until")


def moving_form(mechanics):
    """What mechanics have in common that go side by side in lanes; None of what lanes do not know.

    All of them are Adam, say, each with numbers of its own.
    """
    policy = mechanics.policy
    if policy.of_jet or policy.of_state or mechanics.own_loop or mechanics.radius:
        return None
    if mechanics.scheduled_temperature:
        return None
    words = mechanics.rule(False, 0)
    return policy.of_loss, mechanics.memories, tuple(words), structure(tuple(words.values()))


def metric_form(metric, dtype):
    """The same of a metric."""
    if not metric.is_compiled or metric.moves:
        return None
    return structure(metric.compiled(np.dtype(dtype)))


def rule_of(compiled, mechanics, metric):
    """`Rule` of one member of a `CompiledSum`, of no seed yet."""
    words = mechanics.rule(False, 0)
    return compiled.rule(metric, 0.0, of_loss=mechanics.policy.of_loss, **words)


def rules_of(compiled, mechanics, metrics, seeds):
    """`Rule` of members, stacked along a first axis; of each, `Shared` of what they have."""
    mechanics, metrics = mechanics.used(), metrics.used()
    first = metrics.values[0]
    moving = stacked([rule_of(compiled, one, first) for one in mechanics.values])
    return sliced(moving, mechanics.which)._replace(
        seed=np.array([key(seed) for seed in seeds.values])[seeds.which],
        **sliced(_measured(compiled, mechanics.values[0], metrics.values), metrics.which),
    )


def _measured(compiled, mechanics, metrics):
    """What the rules of each metric say of it, by name."""
    if not isinstance(metrics, LayerMetrics):
        return _of_metric(stacked([rule_of(compiled, mechanics, one) for one in metrics]))
    one = _of_metric(stacked([rule_of(compiled, mechanics, metrics[0])]))
    alike = sliced(one, np.zeros(len(metrics), np.intp))
    return {**alike, "sharp": metrics.inverse, "lowest": metrics.lowest}


def _of_metric(rules):
    return {name: part for name, part in rules._asdict().items() if name in _OF_METRIC}


def structure(part):
    """Types and shapes of nested tuples of numbers and arrays."""
    if isinstance(part, tuple):
        return type(part), *map(structure, part)
    return (part.shape, part.dtype) if isinstance(part, np.ndarray) else type(part)


def stacked(parts):
    """Nested tuples of numbers and arrays as one, with the members along a new first axis."""
    first = parts[0]
    if isinstance(first, tuple):
        return type(first)(*(stacked(each) for each in zip(*parts)))
    return None if first is None else np.array(parts)


def sliced(table, of):
    """Some members of such a table, or of one by name."""
    if isinstance(table, dict):
        return {name: sliced(part, of) for name, part in table.items()}
    if isinstance(table, tuple):
        return type(table)(*(sliced(part, of) for part in table))
    return table[of] if isinstance(table, np.ndarray) else table
