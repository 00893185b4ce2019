"""`check_policy`: a step depends on the iteration and on the state alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._errors import shown
from ..model.potential import as_potential
from ..motion.mechanics import Aristotle, StepPolicy, policy_of
from ._expect import check, expect, made_again, same_bits
from ._runs import STEPS, check_resumed, check_runs, small

if TYPE_CHECKING:
    from ..model.potential import AnyPotential


@check
def check_policy(policy: StepPolicy, potential: AnyPotential | None = None) -> None:
    """Check that a step policy keeps its contract, `flownet.motion.mechanics.StepPolicy`.

    `steps` are those of `at`, finite and from 0 up; `parameters()` and the text make the policy
    again; a run with it gives the same bits twice, one state at a time, and stopped and resumed.

    Parameters
    ----------
    policy : StepPolicy, or its text such as "cosine:0.5:2000"
    potential : Potential, optional
        What a run with it moves: by default the loss of a small network.

    Raises
    ------
    AssertionError
        With one line that says what fails and by how much.
    """
    policy = policy_of(policy) if isinstance(policy, str) else policy
    expect(isinstance(policy, StepPolicy), f"{shown(policy)} derives from no StepPolicy")
    potential = small() if potential is None else as_potential(potential)
    name, first = shown(policy), 3
    policy.check(potential, STEPS)
    if not policy.of_jet:
        each = np.array([policy.at(k) for k in range(first, first + 5)], np.float64)
        same_bits(f"{name}: steps(3, 5) and at(3) … at(7)", policy.steps(first, 5), each)
        expect((np.isfinite(each) & (each >= 0)).all(), f"{name}: its steps are {each.tolist()}")
    W = potential.init(0) if potential.network is not None else np.ones(potential.size)
    loss, dL = potential.differential(W)
    step = policy.choose(0, potential, W, -dL, loss)
    expect(np.ndim(step) == 0 and np.isfinite(step), f"{name}: choose gives {step!r}")
    same_bits(
        f"{name}: choose", np.float64(step), np.float64(policy.choose(0, potential, W, -dL, loss))
    )
    mechanics = Aristotle(policy)
    run = check_runs(policy, potential, mechanics)
    if policy.kind is not None:
        made_again(policy)
        text = policy_of(policy.plain)
        expect(repr(text) == repr(policy), f"{name}: its text {policy.plain!r} means {shown(text)}")
        check_resumed(policy, potential, mechanics, run)
