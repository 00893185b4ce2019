"""What fails first: the block, order or kink that first reaches the linear term of a step."""

from itertools import combinations

import numpy as np

from ..._errors import FlownetError
from ...linearization.breakdown import breakdown
from ...linearization.step import TakenStep, has_kinks
from ._kept import Column, Following, Timed

NOTHING = -1
THIRD, BEYOND, KINKS = "third order", "beyond third order", "kinks"


def terms_of(network):
    """Names of the terms of a step."""
    if network is None:
        raise FlownetError("keep 'failure' asks for layers: it wants a potential with a network.")
    layers = range(1, network.layers + 1)
    within = [f"layer {i} alone, second order" for i in layers]
    between = [f"layers {i} and {j}, second order" for i, j in combinations(layers, 2)]
    return [*within, *between, THIRD, BEYOND, *([KINKS] if has_kinks(network) else [])]


def sizes_of_terms(potential, W, delta):
    """Sizes of the terms of a step, as `terms_of` names them, and of the linear one."""
    taken = TakenStep(potential, W, delta)
    ranges, W, delta = taken.network.ranges, taken.W, taken.delta

    def second(*layers):
        """½H(δ, δ) of some layers' part of δ."""
        part = np.zeros_like(delta)
        for begin, end in (ranges[layer] for layer in layers):
            part[begin:end] = delta[begin:end]
        return float(taken.potential.jet(W, part, 2)[2])

    alone = [second(layer) for layer in range(len(ranges))]
    pairs = [second(i, j) - alone[i] - alone[j] for i, j in combinations(range(len(ranges)), 2)]
    terms = taken.potential.jet(W, delta, 3)
    rest, bent = taken.delivered(delta) - terms[1:].sum(), []
    if has_kinks(taken.network):
        found = breakdown(potential, W, displacement=delta).kinks
        rest, bent = found.smooth, [found.value]
    return np.abs([*alone, *pairs, terms[3], rest, *bent]), abs(terms[1])


class _FollowedTerms(Following):
    def look(self, k, members):
        """Look at the step that each of these members takes now, unless one has failed before."""
        if k not in self.place:
            return
        intact = [r for r in members if self.rows["failure"][r] == NOTHING]
        for r, (potential, W, delta, _) in self.course.steps_from(intact):
            sizes, linear = sizes_of_terms(potential, W, delta)
            sizes = np.where(np.isnan(sizes), np.inf, sizes)
            if not sizes.max() < linear:  # what is not finite has failed, too
                self.rows["failure"][r] = np.argmax(sizes)
                self.rows["failure_at"][r] = k


class FirstFailure(Timed):
    """Which term of a step first grows as large as the linear one, and at which iteration.

    Looked at are, along the displacement δ that a member takes: second order within each layer,
    ½H(δ_l, δ_l), and between two layers, H(δ_l, δ_m); third order; what is left beyond it; and in
    networks with kinks, what units add that change their side. Where several reach the linear term
    within one look, the largest is named.
    """

    name, otherwise, of_steps, following = "failure", 10, True, _FollowedTerms

    def columns(self, plan):
        """The number of the term, −1 where none fails, and its iteration."""
        words = terms_of(plan.first_course().family.potential.network)
        return [
            Column("failure", (), np.int8, filled=NOTHING, words=tuple(words)),
            Column("failure_at", (), np.int64, filled=NOTHING),
        ]
