"""`check_mechanics`: runs give the same bits however they are cut, and know what is frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import FlownetError, shown
from .._registry import build, describe, names
from ..geometry.metric import LayerMetric
from ..model.potential import as_potential
from ..motion.mechanics import Mechanics, StepPolicy
from ._expect import check, expect, made_again, near, one_line, same_bits
from ._runs import check_in_python, check_resumed, check_runs, run_of, small

if TYPE_CHECKING:
    from ..model.potential import AnyPotential


@check
def check_mechanics(mechanics: Mechanics, potential: AnyPotential | None = None) -> None:
    """Check that mechanics keep their contract, `flownet.motion.mechanics.Mechanics`.

    `parameters()` and the text make them again; a short run gives the same bits twice, one state at
    a time, and stopped and resumed from its file with what it remembers; a potential that is a
    program takes the same steps; what the metric freezes stays; `descends` says what a step is.

    Parameters
    ----------
    mechanics : Mechanics
    potential : Potential, optional
        What they move: by default the loss of a small network.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    expect(isinstance(mechanics, Mechanics), f"{shown(mechanics)} derives from no Mechanics")
    one_line(mechanics)
    name = shown(mechanics)
    expect(
        isinstance(mechanics.policy, StepPolicy), f"{name}: its policy is {shown(mechanics.policy)}"
    )
    again = made_again(mechanics)
    potential = small() if potential is None else as_potential(potential)
    run = check_runs(mechanics, potential, mechanics)
    found = run_of(potential, again).parameters[:]
    same_bits(f"{name}: a run of what parameters() make again", found, run.parameters[:])
    if mechanics.kind in names("mechanics"):
        built = build("mechanics", describe(mechanics))
        expect(repr(built) == repr(mechanics), f"{name}: its table makes {shown(built)}")
        check_resumed(mechanics, potential, mechanics, run)
    check_in_python(mechanics, potential, mechanics, run)
    _frozen(mechanics, potential)
    if mechanics.descends:
        W0, h = run.parameters[0], run.step[0]
        wanted = W0 - h * potential.differential(W0)[1]
        near(
            f"{name}: descends is True, W₁ and W₀ − h·dL",
            run.parameters[1],
            wanted,
            np.finfo(float).eps,
        )
    _flow(mechanics)


def _frozen(mechanics, potential):
    """What has an infinite stiffness keeps every bit."""
    if potential.network is None or potential.network.layers < 2:
        return
    metric = LayerMetric(potential.network, [np.inf] + [1.0] * (potential.network.layers - 1))
    run = run_of(potential, mechanics, metric=metric)
    moved = np.abs(run.parameters[-1] - run.parameters[0])[~metric.free].max()
    expect(moved == 0, f"{shown(mechanics)}: it moves frozen parameters by {moved:.2g}")


def _flow(mechanics):
    """Its flow is known to kernels, or refused in one line."""
    try:
        rate = mechanics.rate()
    except FlownetError:
        return
    expect(
        rate.memories >= 0 and rate.clock in (0, 1),
        f"{shown(mechanics)}: rate() has {rate.memories} memories and {rate.clock} clocks",
    )
