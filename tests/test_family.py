"""One family of mechanics: limits of the whole equation, orders, thresholds, and its symmetry."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn

CASE = twins.case(97_000, [3, 6, 2], ["tanh"], "quadratic", m=13)


@pytest.fixture(scope="module")
def p():
    return twins.potential(CASE)


W0 = twins.point(CASE)[0]

# ---- limits of TM 26 ----------------------------------------------------------------------------

LIMITS = {
    "Aristotle": (fn.ThierryMieg(0.1, mass=0.0), fn.Aristotle(0.1)),
    "Newton": (fn.ThierryMieg(0.1, mass=0.7, friction=0.5), fn.Newton(0.1, 0.7, 0.5)),
    "RMSProp": (fn.ThierryMieg(0.01, 0.0, memory2=0.95, corrected=False, epsilon=0.1),
                fn.RMSProp(0.01, 0.95, 0.1)),
    "centred RMSProp": (fn.ThierryMieg(0.01, 0.0, memory2=0.95, corrected=False, epsilon=0.1,
                                       centered=True), fn.RMSProp(0.01, 0.95, 0.1, centered=True)),
    "Adam": (fn.ThierryMieg(0.01, 0.0, 1.0, 0.8, 0.99, 0.01), fn.Adam(0.01, 0.8, 0.99, 0.01)),
    "Adam, the mass being small": (fn.ThierryMieg(0.01, 0.01 / 40, 1.0, 0.8, 0.99, 0.01),
                                   fn.Adam(0.01, 0.8, 0.99, 0.01)),
    "RMSProp with momentum": (
        fn.ThierryMieg(0.01, 0.01 * 0.3 / -np.log(0.7), 0.3, memory2=0.95, corrected=False,
                       epsilon=0.1), fn.RMSProp(0.01, 0.95, 0.1, momentum=0.7)),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_limits_are_the_members(p, limit):
    """Steps and flows, to rounding; 300 steps through a metric."""
    metric = fn.LayerMetric(p.network, [1.0, 2.0])
    whole, member = (fn.train(p, m, W0=W0, steps=300, metric=metric) for m in LIMITS[limit])
    close(whole.parameters[:], member.parameters[:])
    if "small" not in limit:  # a flow knows no step that a mass is small against
        ends = [fn.flow(p, W0=W0, time=0.5, mechanics=m, metric=metric, rtol=1e-10).parameters[-1]
                for m in LIMITS[limit]]
        np.testing.assert_allclose(*ends, rtol=0, atol=1e-8)


@pytest.mark.parametrize("memory", [{}, dict(memory1=np.exp(-0.3), memory2=np.exp(-0.1),
                                             epsilon=0.05)], ids=["Aristotle", "Adam"])
def test_the_flow_loses_its_inertia_with_its_mass(p, memory):
    """To first order in m; Newton's flow becomes Aristotle's, and one of moments Adam's."""
    masses = np.array([0.02, 0.01, 0.005])
    ends = [fn.flow(p, W0=W0, time=2.0, rtol=1e-9,
                    mechanics=fn.ThierryMieg(0.1, m, **memory)).parameters[-1]
            for m in (0.0, *masses)]
    has_order([np.linalg.norm(end - ends[0]) for end in ends[1:]], masses, 1)


def test_the_flow_loses_its_memory_with_its_rate(p):
    """To first order in 1/β; what is left is Newton's."""
    times = np.array([0.02, 0.01, 0.005])
    end = fn.flow(p, W0=W0, time=2.0, mechanics=fn.Newton(0.1), rtol=1e-9).parameters[-1]
    errors = [np.linalg.norm(end - fn.flow(
        p, W0=W0, time=2.0, rtol=1e-9, mechanics=fn.ThierryMieg(
            0.1, memory1=np.exp(-0.1 / t), corrected=False)).parameters[-1]) for t in times]
    has_order(errors, times, 1)


# ---- orders -------------------------------------------------------------------------------------

MEMBERS = {
    "nesterov": (lambda h: fn.Nesterov(h, 0.5), 1),
    "newton, nesterov's step": (lambda h: fn.Nesterov(h * -np.expm1(-h), np.exp(-h)), 1),
    "explicit friction": (lambda h: fn.Newton(h, 0.5, 1.5, "explicit"), 1),
    "leapfrog": (lambda h: fn.Newton(h, 0.5, 1.5, "leapfrog"), 2),
    "leapfrog without friction": (lambda h: fn.Newton(h, 0.5, 0.0, "leapfrog"), 2),
    "decay": (lambda h: fn.Newton(h, 0.5, 1.5, "leapfrog", weight_decay=0.3), 2),
    "centred": (lambda h: fn.RMSProp(h, np.exp(-2 * h), 1.0, centered=True), 1),
    "momentum": (lambda h: fn.RMSProp(h, np.exp(-2 * h), 1.0, momentum=0.5), 1),
    "adamw": (lambda h: fn.AdamW(h, np.exp(-3 * h), np.exp(-h), 0.3, 0.4), 1),
    "thierry-mieg": (lambda h: fn.ThierryMieg(h, 0.5, 1.5, np.exp(-3 * h), np.exp(-h), 0.3), 1),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_follows_its_flow(p, name):
    """The end of a run comes to that of its flow by the order of its method."""
    made, order = MEMBERS[name]
    steps, metric = 1.0 / np.array([80, 160, 320]), fn.LayerMetric(p.network, [1.0, 2.0])
    errors = []
    for h in steps:
        count = round(1 / h)
        run = fn.train(p, made(h), W0=W0, steps=count, metric=metric, record_every=count)
        flow = fn.flow(p, W0=W0, time=run.time[-1], mechanics=made(h), metric=metric, rtol=1e-10,
                       atol=1e-13)
        errors.append(np.linalg.norm(run.parameters[-1] - flow.parameters[-1]))
    has_order(errors, steps, order)


# ---- thresholds on a parabola -------------------------------------------------------------------

ETA, BETA = 0.13, 0.9
HALF = 0.3 * 0.5 / 0.8 / 2
THRESHOLDS = {
    "Aristotle": (fn.Aristotle(ETA), 2 / ETA),
    "Polyak": (fn.Newton.from_momentum(ETA, BETA), (2 + 2 * BETA) / ETA),
    "Nesterov": (fn.Nesterov(ETA, BETA), (2 + 2 * BETA) / ((1 + 2 * BETA) * ETA)),
    "explicit friction": (fn.Newton(0.3, 0.8, 0.5, "explicit"),
                          (4 - 2 * 0.5 * 0.3 / 0.8) * 0.8 / 0.3**2),
    "exact friction": (fn.Newton(0.3, 0.8, 0.5), 4 * 0.8 / 0.3**2 * HALF / np.tanh(HALF)),
    "leapfrog": (fn.Newton(0.3, 0.8, 0.5, "leapfrog"), 4 * 0.8 / 0.3**2 * HALF / np.tanh(HALF)),
    "leapfrog without friction": (fn.Newton(0.3, 0.8, 0.0, "leapfrog"), 4 * 0.8 / 0.3**2),
    "RMSProp": (fn.RMSProp(ETA, epsilon=1.0), 2 / ETA),
    "Adam": (fn.Adam(ETA, BETA, epsilon=1.0), (2 + 2 * BETA) / ((1 - BETA) * ETA)),
    "Adam as of PyTorch": (fn.Adam(0.01, epsilon=1.0), 38 / 0.01),
}


@pytest.mark.parametrize("name", THRESHOLDS)
def test_thresholds(name):
    """Just below the curvature named a run stays, just above it leaves; P = √⟨F²⟩ + ε is 1 here."""
    mechanics, threshold = THRESHOLDS[name]
    for factor, stays in ((0.997, True), (1.003, False)):
        p = fn.Parabola(1, strength=factor * threshold)
        W = np.abs(fn.train(p, mechanics, W0=np.array([1e-40]), steps=1500).parameters[:, 0])
        assert (W[-100:].max() < 1.01 * W[:100].max()) == stays


# ---- reparametrisation --------------------------------------------------------------------------


class HalfSquare:
    """½L² of a potential: its flow is that of the rate η(t) = L(t) (TM 22)."""

    def __init__(self, potential):
        self.potential, self.size, self.dtype = potential, potential.size, potential.dtype

    def value(self, W):
        return 0.5 * self.potential.value(W)**2

    def differential(self, W):
        loss, dL = self.potential.differential(W)
        return 0.5 * loss**2, loss * dL


def curves(p, mechanics, lengths):
    """Flows of L and of ½L² to the same loss."""
    return [fn.flow(q, W0=W0, time=time, mechanics=mechanics, rtol=1e-12, atol=1e-14,
                    loss_below=bound)
            for q, time, bound in zip((p, HalfSquare(p)), lengths, (0.5 * p.value(W0),
                                                                    0.125 * p.value(W0)**2))]


def test_the_rate_changes_the_clock_of_aristotle_and_the_path_of_newton(p):
    """η(t) = L(t) is the flow of ½L² (TM 22): for Aristotle the same curve, for Newton another."""
    same, other = (curves(p, m, (50.0, 500.0)) for m in (None, fn.Newton(0.1, friction=0.3)))
    scale = np.linalg.norm(same[0].parameters[-1] - W0)
    assert fn.curve_distance(*same) < 1e-4 * scale
    np.testing.assert_allclose(same[0].parameters[-1], same[1].parameters[-1], atol=1e-7 * scale)
    assert not 0.8 < same[1].time[-1] / same[0].time[-1] < 1.25
    assert np.linalg.norm(other[0].parameters[-1] - other[1].parameters[-1]) > 1e-3 * scale


def test_steps_of_the_loss_follow_that_flow(p):
    """W ← W − L·δt·dL to first order in δt."""
    steps = np.array([0.02, 0.01, 0.005])
    end = fn.flow(HalfSquare(p), W0=W0, time=1.0, rtol=1e-10).parameters[-1]
    errors = [np.linalg.norm(fn.train(p, fn.Aristotle(fn.LossRate(h)), W0=W0,
                                      steps=round(1 / h)).parameters[-1] - end) for h in steps]
    has_order(errors, steps, 1)


MISTAKES = {
    "no inertia and no friction": (lambda: fn.ThierryMieg(0.1, 0, 0), "both 0"),
    "centred without a memory": (lambda: fn.ThierryMieg(0.1, centered=True), "wants a memory2"),
    "an unknown integrator": (lambda: fn.Newton(0.1, integrator="verlet"), "integrator is 'ver"),
    "leaps of changing steps": (lambda: fn.Newton("cosine:0.1:9", integrator="leapfrog"),
                                "one constant step"),
    "moments": (lambda: fn.Adam(0.1, moments="both"), "moments is 'both'"),
    "centred by a number": (lambda: fn.RMSProp(0.1, centered=2), "centered is 2"),
    "decay beside a step of the loss": (lambda: fn.Aristotle("loss", 0.1), "knows nothing"),
    "momentum 1": (lambda: fn.Nesterov(0.1, 1.0), "momentum is 1"),
    "a rod of weight decay": (lambda: fn.rod(fn.train(
        fn.Parabola(2), fn.Aristotle(0.1, 0.1), W0=np.ones(2), steps=3), at=1), "plain descent"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
