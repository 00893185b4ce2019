"""Which voltages of a circuit are free, and what all others follow from them.

Sources hold nodes, and amplifiers bind one node to another, v_b = A·v_a. All voltages are

    v = T·s + B·u

of the free ones s and the sources' u. An amplifier that draws C times the current at b weighs the
co-content of what is joined to b with c_b = c_a·C/A, so that the whole is the derivative of one
energy; everything joined without an amplifier in between has the same c.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..._errors import FlownetError
from ._elements import GROUND, Amplifier, InputSource, Output, VoltageSource


class Nodes(NamedTuple):
    """The nodes of a circuit but ground, in some order, and what they follow from."""

    names: list[str]
    free: list[str]  # outputs last
    sources: list  # elements
    of_free: np.ndarray  # T (nodes, n)
    of_sources: np.ndarray  # B (nodes, sources)
    content: np.ndarray  # c (nodes,)


def nodes_of(elements) -> Nodes:
    """The nodes of a list of elements."""
    ends = [[end for end in _ends(e) if end != GROUND] for e in elements]
    names = list(dict.fromkeys(name for each in ends for name in each))
    sources = [e for e in elements if isinstance(e, (VoltageSource, InputSource))]
    amplifiers = [e for e in elements if isinstance(e, Amplifier)]
    held = [e.a for e in sources] + [e.b for e in amplifiers]
    for name in held:
        if name == GROUND or held.count(name) > 1:
            raise FlownetError(f"more than one source or amplifier holds the node {name!r}.")
    outputs = [e.a for e in elements if isinstance(e, Output)]
    for name in outputs:
        if name in held or name == GROUND or outputs.count(name) > 1:
            raise FlownetError(
                f"the output {name!r} has to be a node of its own that no source, amplifier or "
                "ground holds."
            )
    free = [name for name in names if name not in {*held, *outputs}] + outputs
    T, B = np.zeros((len(names), len(free))), np.zeros((len(names), len(sources)))
    at = {name: i for i, name in enumerate(names)}
    for j, name in enumerate(free):
        T[at[name], j] = 1.0
    for j, source in enumerate(sources):
        B[at[source.a], j] = 1.0
    for amplifier in _in_turn(amplifiers, {*free, *(e.a for e in sources), GROUND}):
        if amplifier.a != GROUND:
            T[at[amplifier.b]] = amplifier.voltage_gain * T[at[amplifier.a]]
            B[at[amplifier.b]] = amplifier.voltage_gain * B[at[amplifier.a]]
    moves = {name for name in names if T[at[name]].any()}
    return Nodes(names, free, sources, T, B, _contents(elements, names, at, moves))


def _ends(element):
    return [end for word, end in vars(element).items() if word in ("a", "b")]


def _in_turn(amplifiers, known):
    """Amplifiers, each after that which holds its input."""
    left = list(amplifiers)
    while left:
        ready = [e for e in left if e.a in known]
        if not ready:
            raise FlownetError(f"the amplifier at the node {left[0].a!r} feeds itself.")
        yield from ready
        known = {*known, *(e.b for e in ready)}
        left = [e for e in left if e not in ready]


def _contents(elements, names, at, moves):
    """c of each node that moves: 1 at the first of those that are joined."""
    neighbours = {name: [] for name in names}
    for e in elements:
        ends = [end for end in _ends(e) if end in moves]
        if len(ends) == 2:
            ratio = e.current_gain / e.voltage_gain if isinstance(e, Amplifier) else 1.0
            neighbours[ends[0]].append((ends[1], ratio))
            neighbours[ends[1]].append((ends[0], 1 / ratio))
    content, seen = np.ones(len(names)), set()
    for first in names:
        reached = [] if first in seen else [first]
        seen.add(first)
        while reached:
            name = reached.pop()
            for other, ratio in neighbours[name]:
                wanted = content[at[name]] * ratio
                if other not in seen:
                    content[at[other]] = wanted
                    seen.add(other)
                    reached.append(other)
                elif not np.isclose(content[at[other]], wanted, rtol=1e-12, atol=0):
                    raise FlownetError(
                        f"the circuit has no energy: between the nodes {name!r} and {other!r} a "
                        "loop leads through amplifiers of other gains in one way than back."
                    )
    return content
