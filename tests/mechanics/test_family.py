"""One family of mechanics: limits of the whole equation, orders, thresholds, and mistakes."""

import numpy as np
import pytest
from family_case import W0
from mistakes import told_in_one_line
from tolerance import close, has_order

import flownet as fn

# ---- limits of TM 26 ----------------------------------------------------------------------------

LIMITS = {
    "Aristotle": (fn.ThierryMieg(0.1, mass=0.0), fn.Aristotle(0.1)),
    "Newton": (fn.ThierryMieg(0.1, mass=0.7, friction=0.5), fn.Newton(0.1, 0.7, 0.5)),
    "RMSProp": (
        fn.ThierryMieg(0.01, 0.0, memory2=0.95, corrected=False, epsilon=0.1),
        fn.RMSProp(0.01, 0.95, 0.1),
    ),
    "centred RMSProp": (
        fn.ThierryMieg(0.01, 0.0, memory2=0.95, corrected=False, epsilon=0.1, centered=True),
        fn.RMSProp(0.01, 0.95, 0.1, centered=True),
    ),
    "Adam": (fn.ThierryMieg(0.01, 0.0, 1.0, 0.8, 0.99, 0.01), fn.Adam(0.01, 0.8, 0.99, 0.01)),
    "Adam without a memory of F": (
        fn.ThierryMieg(0.01, 0.0, memory2=0.99, epsilon=0.01),
        fn.Adam(0.01, 0.0, 0.99, 0.01),
    ),
    "Adam, the mass being small": (
        fn.ThierryMieg(0.01, 0.01 / 40, 1.0, 0.8, 0.99, 0.01),
        fn.Adam(0.01, 0.8, 0.99, 0.01),
    ),
    "RMSProp with momentum": (
        fn.ThierryMieg(
            0.01, 0.01 * 0.3 / -np.log(0.7), 0.3, memory2=0.95, corrected=False, epsilon=0.1
        ),
        fn.RMSProp(0.01, 0.95, 0.1, momentum=0.7),
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_limits_are_the_members(p, limit):
    """Steps and flows, to rounding; 300 steps through a metric."""
    metric = fn.LayerMetric(p.network, [1.0, 2.0])
    whole, member = (fn.train(p, m, W0=W0, steps=300, metric=metric) for m in LIMITS[limit])
    close(whole.parameters[:], member.parameters[:])
    if "small" not in limit:  # a flow knows no step that a mass is small against
        ends = [
            fn.flow(p, W0=W0, time=0.5, mechanics=m, metric=metric, rtol=1e-10).parameters[-1]
            for m in LIMITS[limit]
        ]
        np.testing.assert_allclose(*ends, rtol=0, atol=1e-8)


def test_explicit_friction_is_heavy_ball(p):
    """β = 1 − λh/m and a learning rate of h²/m; Nesterov's without momentum is Aristotle's."""
    for one, other in (
        (
            fn.Newton(0.2, 0.8, 0.5, "explicit"),
            fn.Newton.from_momentum(0.2**2 / 0.8, 1 - 0.5 * 0.2 / 0.8),
        ),
        (fn.Nesterov(0.1, 0.0), fn.Aristotle(0.1)),
    ):
        close(*(fn.train(p, m, W0=W0, steps=200).parameters[:] for m in (one, other)))


@pytest.mark.parametrize(
    "memory",
    [{}, dict(memory1=np.exp(-0.3), memory2=np.exp(-0.1), epsilon=0.05)],
    ids=["Aristotle", "Adam"],
)
def test_the_flow_loses_its_inertia_with_its_mass(p, memory):
    """To first order in m; Newton's flow becomes Aristotle's, and one of moments Adam's."""
    masses = np.array([0.02, 0.01, 0.005])
    ends = [
        fn.flow(
            p, W0=W0, time=2.0, rtol=1e-9, mechanics=fn.ThierryMieg(0.1, m, **memory)
        ).parameters[-1]
        for m in (0.0, *masses)
    ]
    has_order([np.linalg.norm(end - ends[0]) for end in ends[1:]], masses, 1)


def test_the_flow_loses_its_memory_with_its_rate(p):
    """To first order in 1/β; what is left is Newton's."""
    times = np.array([0.02, 0.01, 0.005])
    end = fn.flow(p, W0=W0, time=2.0, mechanics=fn.Newton(0.1), rtol=1e-9).parameters[-1]
    errors = [
        np.linalg.norm(
            end
            - fn.flow(
                p,
                W0=W0,
                time=2.0,
                rtol=1e-9,
                mechanics=fn.ThierryMieg(0.1, memory1=np.exp(-0.1 / t), corrected=False),
            ).parameters[-1]
        )
        for t in times
    ]
    has_order(errors, times, 1)


def written_out(mechanics, slope, W, steps, pairs=False):
    """The whole equation with numpy, on the real view of W."""
    m, W = mechanics, W.copy()
    decay = np.exp(-m.friction * m.step / m.mass)
    f, s, c, v, path = 0 * W, 0 * W, 0 * W, 0 * W, [W.copy()]
    for k in range(1, steps + 1):
        F = -slope(W)
        F2 = np.repeat((F**2).reshape(-1, 2).sum(axis=1), 2) if pairs else F**2
        f, s = m.memory1 * f + (1 - m.memory1) * F, m.memory2 * s + (1 - m.memory2) * F2
        c = m.memory2 * c + (1 - m.memory2) * F
        c2 = np.repeat((c**2).reshape(-1, 2).sum(axis=1), 2) if pairs else c**2
        size2 = s - c2 if m.centered else s
        one, two = (1 - m.memory1**k, 1 - m.memory2**k) if m.corrected else (1, 1)
        drive = f / one / (np.sqrt(size2 / two) + m.epsilon)
        v = decay * v + (1 - decay) / m.friction * drive
        W = W + m.step * v
        path.append(W.copy())
    return np.array(path)


@pytest.mark.parametrize(
    "options", [{}, {"corrected": False}, {"corrected": False, "centered": True}], ids=str
)
def test_the_whole_equation_written_out(p, options):
    """A kernel and its twin, of real parameters and of pairs."""
    from test_optimizers import ComplexQuartic

    mechanics = fn.ThierryMieg(0.03, 0.2, 0.7, 0.8, 0.9, 0.1, **options)
    run = fn.train(p, mechanics, W0=W0, steps=100)
    close(run.parameters[:], written_out(mechanics, lambda W: p.differential(W)[1], W0, 100))
    q = ComplexQuartic()
    run = fn.train(q, mechanics, W0=q.z, steps=100)
    slope = lambda W: q.differential(W.view(complex))[1].view(float)  # noqa: E731
    close(
        run.parameters[:].view(float),
        written_out(mechanics, slope, q.z.view(float), 100, pairs=True),
    )


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
        flow = fn.flow(
            p, W0=W0, time=run.time[-1], mechanics=made(h), metric=metric, rtol=1e-10, atol=1e-13
        )
        errors.append(np.linalg.norm(run.parameters[-1] - flow.parameters[-1]))
    has_order(errors, steps, order)


# ---- thresholds on a parabola -------------------------------------------------------------------

ETA, BETA = 0.13, 0.9
HALF = 0.3 * 0.5 / 0.8 / 2
THRESHOLDS = {
    "Aristotle": (fn.Aristotle(ETA), 2 / ETA),
    "Polyak": (fn.Newton.from_momentum(ETA, BETA), (2 + 2 * BETA) / ETA),
    "Nesterov": (fn.Nesterov(ETA, BETA), (2 + 2 * BETA) / ((1 + 2 * BETA) * ETA)),
    "explicit friction": (
        fn.Newton(0.3, 0.8, 0.5, "explicit"),
        (4 - 2 * 0.5 * 0.3 / 0.8) * 0.8 / 0.3**2,
    ),
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


MISTAKES = {
    "no inertia and no friction": (lambda: fn.ThierryMieg(0.1, 0, 0), "both 0"),
    "centred without a memory": (lambda: fn.ThierryMieg(0.1, centered=True), "wants a memory2"),
    "an unknown integrator": (lambda: fn.Newton(0.1, integrator="verlet"), "integrator is 'ver"),
    "leaps of changing steps": (
        lambda: fn.Newton("cosine:0.1:9", integrator="leapfrog"),
        "one constant step",
    ),
    "moments": (lambda: fn.Adam(0.1, moments="both"), "moments is 'both'"),
    "centred by a number": (lambda: fn.RMSProp(0.1, centered=2), "centered is 2"),
    "decay beside a step of the loss": (lambda: fn.Aristotle("loss", 0.1), "knows nothing"),
    "a flow that remembers nothing": (
        lambda: fn.flow(fn.Parabola(1), W0=np.ones(1), time=1, mechanics=fn.RMSProp(0.1, memory=0)),
        "has no flow",
    ),
    "momentum 1": (lambda: fn.Nesterov(0.1, 1.0), "momentum is 1"),
    "a rod of weight decay": (
        lambda: fn.rod(
            fn.train(fn.Parabola(2), fn.Aristotle(0.1, 0.1), W0=np.ones(2), steps=3), at=1
        ),
        "plain descent",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call()
