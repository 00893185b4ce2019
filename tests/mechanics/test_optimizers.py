"""The field's optimizers: every mechanics takes PyTorch's steps, real and complex."""

import make_mechanics_reference as reference
import numpy as np
import pytest
import twins

import flownet as fn

MECHANICS = {
    "momentum": fn.Newton.from_momentum(0.05, 0.9),
    "momentum and decay": fn.Newton.from_momentum(0.05, 0.8, weight_decay=0.02),
    "decay": fn.Aristotle(0.1, weight_decay=0.05),
    "nesterov": fn.Nesterov(0.04, 0.9),
    "rmsprop": fn.RMSProp(0.01, 0.95, 0.1, moments="separate"),
    "rmsprop, centered": fn.RMSProp(0.01, 0.9, 0.1, centered=True, moments="separate"),
    "rmsprop with momentum": fn.RMSProp(0.003, 0.95, 0.1, True, 0.7, 0.02, moments="separate"),
    "adam": fn.Adam(0.01, 0.8, 0.99, 0.01, moments="separate"),
    "adam and decay": fn.Adam(0.01, 0.9, 0.98, 0.01, weight_decay=0.05, moments="separate"),
    "adamw": fn.AdamW(0.01, 0.9, 0.98, 0.01, weight_decay=0.1, moments="separate"),
}
every_one = pytest.mark.parametrize("name", MECHANICS)
every_field = pytest.mark.parametrize("field", ["real", "complex"])


class ComplexQuartic:
    """½z†Az + (α/8)Σ|z|⁴ − Re b†z, with dL = 2 ∂L/∂z̄."""

    size, dtype, network, data = 4, np.dtype(complex), None, None

    def __init__(self, tied=True):
        self.A, self.b, self.z = reference.quartic()
        self.b = self.b * tied

    def value(self, W):
        return float(
            (0.5 * np.vdot(W, self.A @ W) - np.vdot(self.b, W)).real
            + reference.ALPHA / 8 * (abs(W) ** 4).sum()
        )

    def differential(self, W):
        return self.value(W), self.A @ W + reference.ALPHA / 2 * abs(W) ** 2 * W - self.b


def problem(field):
    """Potential and W0."""
    if field == "complex":
        potential = ComplexQuartic()
        return potential, potential.z
    return twins.potential(reference.CASE), twins.point(reference.CASE)[0]


def agrees(found, expected):
    scale = np.abs(expected).max(axis=0)
    assert (np.abs(found - expected) <= 1e-11 * scale).all(), np.abs(found - expected).max()


@every_field
@every_one
def test_three_hundred_steps_against_stored_pytorch(name, field):
    potential, W0 = problem(field)
    run = fn.train(potential, MECHANICS[name], W0=W0, steps=300)
    with np.load(reference.FILE) as stored:
        agrees(run.parameters[reference.KEPT], stored[f"{field}/{name}"])


@every_field
@every_one
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
def test_the_first_steps_against_live_pytorch(name, field):
    torch = pytest.importorskip("torch")
    potential, W0 = problem(field)
    made = reference.complex_loss if field == "complex" else reference.real_loss
    expected = reference.path(torch, *reference.OPTIMIZERS[name], *made(torch), steps=30)
    agrees(fn.train(potential, MECHANICS[name], W0=W0, steps=30).parameters[:], expected)


@pytest.mark.parametrize(
    "mechanics",
    [
        lambda **more: fn.RMSProp(0.05, 0.9, 0.1, momentum=0.3, **more),
        lambda **more: fn.RMSProp(0.05, 0.9, 0.1, centered=True, **more),
        lambda **more: fn.Adam(0.05, 0.8, 0.99, 0.1, **more),
        lambda **more: fn.ThierryMieg(0.05, 0.1, 1.0, 0.8, 0.99, 0.1, **more),
    ],
    ids=["rmsprop", "centered", "adam", "thierry-mieg"],
)
def test_a_common_phase_turns_the_whole_path(mechanics):
    """Moments of |F|² know no phase; separate ones of Re F and Im F do."""
    potential, phase = ComplexQuartic(tied=False), np.exp(0.7j)

    def path(W0, **more):
        return fn.train(potential, mechanics(**more), W0=W0, steps=100).parameters[:]

    z = potential.z
    np.testing.assert_allclose(path(phase * z), phase * path(z), rtol=0, atol=1e-12)
    apart = path(phase * z, moments="separate") - phase * path(z, moments="separate")
    assert np.abs(apart).max() > 0.01


def test_complex_parameters_in_a_metric():
    """Stiffness is one number for Re W and Im W; a frozen parameter keeps every bit."""
    p, stiffness = ComplexQuartic(), np.array([1.0, 2.0, np.inf, 0.5])
    for mechanics in (fn.Aristotle(0.1), fn.Newton(0.1), fn.Adam(0.01), fn.Langevin(0.1, 1e-3)):
        W = fn.train(
            p, mechanics, W0=p.z, steps=20, metric=fn.DiagonalMetric(stiffness)
        ).parameters[:]
        assert (W[:, 2] == p.z[2]).all() and (W[-1, [0, 1, 3]] != p.z[[0, 1, 3]]).all()
        if isinstance(mechanics, fn.Aristotle):
            np.testing.assert_allclose(
                W[1], p.z - 0.1 * p.differential(p.z)[1] / stiffness, atol=1e-15
            )


def test_complex_runs_resume_bit_for_bit(tmp_path):
    """Complex rows in the file, memories of pairs in its checkpoint."""
    p, path = ComplexQuartic(), tmp_path / "run.h5"
    for mechanics in (
        fn.RMSProp(0.01, centered=True, momentum=0.5),
        fn.AdamW(0.01),
        fn.Newton(0.1, temperature=0.01),
    ):
        fn.train(p, mechanics, W0=p.z, steps=20, store=path, overwrite=True).close()
        longer = fn.resume(path, potential=p, steps=40)
        whole = fn.train(p, mechanics, W0=p.z, steps=40)
        np.testing.assert_array_equal(longer.parameters[:], whole.parameters[:])
        longer.close()


def test_weight_decay_is_a_parabola_but_adamws():
    """Steps of L + κ·Parabola, losses of L; AdamW's decay is Aristotle's step of κ·Parabola."""
    p, W0 = problem("real")
    regular, kappa = p + 0.03 * fn.Parabola(p.size), 0.03
    for with_decay, without in (
        (fn.Aristotle(0.1, kappa), fn.Aristotle(0.1)),
        (fn.Newton(0.1, friction=0.5, weight_decay=kappa), fn.Newton(0.1, friction=0.5)),
        (fn.RMSProp(0.01, weight_decay=kappa), fn.RMSProp(0.01)),
        (fn.Adam(0.01, weight_decay=kappa), fn.Adam(0.01)),
    ):
        run = fn.train(p, with_decay, W0=W0, steps=50)
        agrees(run.parameters[:], fn.train(regular, without, W0=W0, steps=50).parameters[:])
        assert run.loss[7] == p.value(run.parameters[7])
        flows = [
            fn.flow(q, W0=W0, time=0.5, mechanics=m, rtol=1e-10).parameters[-1]
            for q, m in ((p, with_decay), (regular, without))
        ]
        np.testing.assert_allclose(*flows, rtol=0, atol=1e-8)
    metric = fn.LayerMetric(p.network, [2.0, np.inf])
    first = [
        fn.train(p, m, W0=W0, steps=1, metric=metric).parameters[-1]
        for m in (fn.Adam(0.1), fn.AdamW(0.1, weight_decay=kappa))
    ]
    np.testing.assert_allclose(first[1] - first[0], -0.1 * kappa * metric.sharp(W0), atol=1e-16)


# ---- flows of complex parameters ----------------------------------------------------------------


@pytest.mark.parametrize(
    "mechanics",
    [
        None,
        fn.Newton(0.1, 0.7, 0.5),
        fn.RMSProp(0.01, 0.95, 2.0),
        fn.Adam(0.01, 0.8, 0.99, 0.1),
        fn.Adam(0.01, 0.8, 0.99, 0.1, moments="separate"),
        fn.AdamW(0.01, 0.8, 0.99, 0.1, 0.3),
        fn.ThierryMieg(0.01, 0.2, 1.0, 0.8, 0.99, 0.1, weight_decay=0.1),
    ],
    ids=lambda m: getattr(m, "kind", "none"),
)
def test_flows_of_complex_parameters(mechanics):
    """In a metric, the limit of ever smaller steps; those of the modulus turn with a phase."""
    p, metric = ComplexQuartic(tied=False), fn.DiagonalMetric([1.0, 2.0, np.inf, 0.5])
    words = dict(time=0.5, metric=metric, mechanics=mechanics, rtol=1e-10)
    flow = fn.flow(p, W0=p.z, **words)
    assert flow.parameters.dtype == complex
    np.testing.assert_allclose(flow.loss, [p.value(W) for W in flow.parameters[:]], rtol=1e-14)
    phase = 1j**0.3
    turned = fn.flow(p, W0=phase * p.z, **words).parameters[-1] - phase * flow.parameters[-1]
    separate = getattr(mechanics, "moments", "") == "separate" and mechanics.kind == "adam"
    assert np.abs(turned).max() > 1e-3 if separate else np.abs(turned).max() < 1e-8

    def made(h):
        """The mechanics at another step, its memories as long in time."""
        if mechanics is None:
            return fn.Aristotle(h)
        old = mechanics.parameters()
        memories = {name: old[name] ** (h / 0.01) for name in old if name.startswith("memory")}
        return type(mechanics)(**{**old, "step": h, **memories})

    ends = [
        fn.train(p, made(h), W0=p.z, steps=round(0.5 / h), metric=metric).parameters[-1]
        for h in (0.005, 0.0025)
    ]
    errors = [np.linalg.norm(end - flow.parameters[-1]) for end in ends]
    assert 1.8 < errors[0] / errors[1] < 2.2


def test_adaptive_steps_and_events_of_complex_parameters():
    """Runge-Kutta runs keep to the flow, which ends where its gradient is small enough."""
    p = ComplexQuartic()
    run = fn.train(p, fn.RungeKutta(rtol=1e-9, atol=1e-11), W0=p.z, steps=30)
    flow = fn.flow(p, W0=p.z, time=run.time[-1], at=run.time, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(run.parameters[:], flow.parameters[:], rtol=0, atol=1e-7)
    end = fn.flow(p, W0=p.z, time=1e3, gradient_below=1e-3).parameters[-1]
    np.testing.assert_allclose(np.linalg.norm(p.differential(end)[1]), 1e-3, rtol=1e-6)
