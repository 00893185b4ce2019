"""Every class that a file may name keeps its contract, and a broken one of each kind is found."""

import numpy as np
import pytest
from landscapes import Own
from twins import uniforms

import flownet as fn
from flownet._registry import names
from flownet.model.potential import AnyPotential
from flownet.motion.mechanics import StepPolicy
from flownet.motion.observe import Observable
from flownet.motion.stop import Stop
from flownet.testing._runs import small

NET = fn.Network([2, 3, 3, 1])
DATA = fn.Dataset(uniforms(1, 5, 2), uniforms(2, 5, 1))
SMALL = fn.Potential(NET, fn.Quadratic(), DATA)
LABELLED = fn.Potential(fn.Network([4, 3, 3]), fn.CrossEntropy(), fn.data.load("iris", limit=9))
COMPLEX = fn.Potential(
    fn.Network([2, 3, 1], "split_tanh", dtype="complex128"),
    fn.Quadratic(),
    fn.Dataset(uniforms(3, 5, 2) + 1j * uniforms(4, 5, 2), uniforms(5, 5, 1) + 0j),
)
RELAXED = fn.Equilibrium(
    fn.Hopfield([2, 3, 1], "tanh"), fn.Quadratic(), fn.data.load("xor"), nudge=0.1
)
SINH = fn.Sinh()
WEIGHTS = fn.WeightNormalisation(NET)


POTENTIALS = {
    "parabola": fn.Parabola(3, strength=0.5),
    "quartic": fn.Quartic(3),
    "double-well": fn.DoubleWell(3, c=2.0),
    "uv": fn.UV(2),
}
OTHERS = {
    "network": SMALL,
    "complex network": COMPLEX,
    "as reals": fn.real_view(COMPLEX),
    "sum": SMALL + 0.1 * fn.Parabola(NET.size),
    "in a chart": fn.Charted(SMALL, SINH),
    "in weight normalisation": fn.Charted(SMALL, WEIGHTS),
    "own": Own(),
    "relaxed": RELAXED,
    "relaxed, one-sided": RELAXED.changed(estimator="one-sided", nudge=0.3),
    "relaxed, readout": RELAXED.changed(
        system=fn.Hopfield([2, 3, 2], "sigmoid4", readout=True),
        cost=fn.CrossEntropy(),
        data=fn.Dataset(uniforms(0, 5, 2), np.eye(2)[[0, 1, 1, 0, 0]]),
    ),
    "from a function": fn.CustomPotential(3, lambda W: (float(np.cos(W).sum()), -np.sin(W))),
}
METRICS = {
    "euclidean": (fn.Euclidean(NET.size), SMALL),
    "diagonal": (fn.DiagonalMetric(uniforms(6, NET.size, low=0.3, high=3)), SMALL),
    "layer": (fn.LayerMetric(NET, [2.0, np.inf, 0.5]), SMALL),
    "group": (fn.GroupMetric(NET, [np.array([1.0, 2.0, np.inf]), 1.0, 0.5]), SMALL),
    "coupled": (
        fn.CoupledMetric(
            fn.Network([3, 3, 3, 1]), [[1.0, -0.5, 0.0], [-0.5, 2.0, 0.0], [0.0, 0.0, 1.0]]
        ),
        fn.Potential(
            fn.Network([3, 3, 3, 1]),
            fn.Quadratic(),
            fn.Dataset(uniforms(7, 4, 3), uniforms(8, 4, 1)),
        ),
    ),
    "timed": (
        fn.TimedMetric([0.0, 2.0], [fn.Euclidean(NET.size), fn.LayerMetric(NET, [1, 2, 3])]),
        SMALL,
    ),
    "scheduled": (
        fn.ScheduledMetric(NET, ["exponential:8:0.5", 1.0, fn.Piecewise([2.0, 1.0], at=[2])]),
        SMALL,
    ),
    "fisher": (fn.FisherMetric(SMALL, 0.1, tolerance=1e-15), SMALL),
    "gauss-newton": (
        fn.GaussNewtonMetric(
            SMALL, 0.2, metric=fn.LayerMetric(NET, [2.0, np.inf, 0.5]), tolerance=1e-15
        ),
        SMALL,
    ),
    "sign": (fn.SignNorm(NET.size), SMALL),
    "coordinate": (fn.CoordinateNorm(NET.size), SMALL),
    "block": (fn.BlockNorm(NET, "neurons", combine="squares", radii=[0.0, 1.0, 2.0]), SMALL),
    "spectral": (fn.SpectralNorm(NET, "muon"), SMALL),
    "pulled-back": (fn.PulledBack(SINH, fn.Euclidean(NET.size)), fn.Charted(SMALL, SINH)),
}
MECHANICS = {
    "aristotle": fn.Aristotle(0.1, weight_decay=0.01),
    "newton": fn.Newton(0.1, 0.7, 0.5, "leapfrog"),
    "nesterov": fn.Nesterov(0.05),
    "rmsprop": fn.RMSProp(0.01, centered=True, momentum=0.5, epsilon=1e-2),
    "adam": fn.Adam(0.01, epsilon=1e-2),
    "adamw": fn.AdamW(0.01, epsilon=1e-2),
    "sam": fn.SAM(fn.Aristotle(0.1), radius=0.05),
    "langevin": fn.Langevin(0.05, 1e-3),
    "thierry-mieg": fn.ThierryMieg(0.05, 0.7, 1.0, 0.5, 0.9, epsilon=1e-2),
    "geodesic": fn.Geodesic(0.1),
    "scalar-rmsprop": fn.ScalarRMSProp(0.01, 0.9, epsilon=1e-2),
    "normalized": fn.Normalized(0.05, 0.5, weight_decay=0.01),
    "muon": fn.Muon(0.05, elsewhere=fn.Adam(0.01, epsilon=1e-2)),
    "runge-kutta": fn.RungeKutta(),
    "levenberg-marquardt": fn.LevenbergMarquardt(),
    "newton-cg": fn.NewtonCG(2.0, tolerance=0.1),
}
POLICIES = {
    "constant": fn.Constant(0.1),
    "linear": fn.Linearity(0.1),
    "loss": fn.LossRate(0.5),
    "warmup": fn.Warmup(0.1, 5),
    "cosine": fn.Cosine(0.1, 9, floor=0.01),
    "exponential": fn.Exponential(0.1, 0.5, over=4),
    "polynomial": fn.Polynomial(0.1, 9, power=2.0, floor=0.01),
    "one-cycle": fn.OneCycle(0.1, 9),
    "piecewise": fn.Piecewise([0.1, 0.05, 0.2], at=[2, 5]),
    "table": fn.Tabulated([0.1, 0.2, 0.05, 0.1, 0.15, 0.0] * 2),
    "chain": fn.Warmup(0.1, 3).then("linear:0.2", at=5),
}
OBSERVABLES = {
    "loss": (lambda p: p, None),
    "accuracy": (fn.Accuracy, None),
    "sharpness": (fn.Sharpness, None),
    "noise": (fn.Noise, None),
    "speed": (fn.Speed, None),
    "path-length": (lambda p: fn.PathLength(), None),
    "step-speed": (lambda p: fn.StepSpeed(), None),
    "energy": (fn.Energy, fn.Newton(0.1)),
    "shadow-energy": (fn.ShadowEnergy, fn.Newton(0.05, friction=0, integrator="leapfrog")),
    "charges": (fn.charges, None),
    "ema": (lambda p: fn.EMA(0.5, of=fn.Speed(p)), None),
    "swa": (lambda p: fn.SWA(4), None),
    "step-cosine": (lambda p: fn.StepCosine(), None),
    "secant-sharpness": (fn.SecantSharpness, None),
    "free-states": (fn.FreeStates, None),
    "nudge-meters": (fn.NudgeMeters, None),
}
CHARTS = {
    "sinh": (fn.Sinh(0.7), None),
    "rescaling": (fn.Rescaling([1.0, -2.0, 0.5]), None),
    "weight-normalisation": (WEIGHTS, WEIGHTS.to_u(NET.init(3))),
    "phases": (fn.Phases(0.7), None),
}
RUN = small()
STOPS = {  # of the checks' own run, whose loss falls from 0.249 to 0.159
    "loss-below": fn.LossBelow(0.17, every=2),
    "gradient-below": fn.GradientBelow(0.3),
    "edge": fn.EdgeReached(0.13144, every=1),
    "reached": fn.Reached(RUN, below=0.18, every=3),
    "patience": fn.Patience(RUN, patience=4, least=0.004),
}
FAMILIES = {
    "stop condition": STOPS,
    "potential": POTENTIALS,
    "metric": METRICS,
    "mechanics": MECHANICS,
    "step policy": POLICIES,
    "observable": OBSERVABLES,
    "chart": CHARTS,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_that_a_file_may_name_is_looked_at(family):
    assert set(names(family)) == set(FAMILIES[family])


@pytest.mark.parametrize(
    "potential", [*POTENTIALS.values(), *OTHERS.values()], ids=[*POTENTIALS, *OTHERS]
)
def test_potentials(potential):
    fn.testing.check_potential(potential)


@pytest.mark.parametrize("name", METRICS)
def test_metrics(name):
    metric, potential = METRICS[name]
    fn.testing.check_metric(metric, potential)
    if name in ("timed", "scheduled"):
        fn.testing.check_metric(metric, potential, time=3.0)


def test_a_metric_that_follows_the_steps():
    stiffness = [[8.0, 4.0, 2.0], 1.0, "exponential:8:0.5"]
    fn.testing.check_metric(fn.ScheduledMetric(NET, stiffness, of="iteration"), SMALL)
    stiffness[2] = fn.Schedule(lambda state: 1 + state.loss, "state")
    fn.testing.check_metric(fn.ScheduledMetric(NET, stiffness), SMALL)


def test_a_metric_seen_where_a_chart_forgets_a_direction():
    metric = fn.PulledBack(WEIGHTS, fn.LayerMetric(NET, [2.0, 1.0, 0.5]))
    W = WEIGHTS.to_u(NET.init(3)) * 1.3
    fn.testing.check_metric(metric, fn.Charted(SMALL, WEIGHTS), W=W)


def test_a_coupled_metric_seen_in_a_chart():
    """Of a metric that couples, what is seen through an elementwise chart couples too."""
    metric, _ = METRICS["coupled"]
    fn.testing.check_metric(fn.PulledBack(SINH, metric))


@pytest.mark.parametrize("mechanics", MECHANICS.values(), ids=MECHANICS)
def test_mechanics(mechanics):
    fn.testing.check_mechanics(mechanics)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_policies(policy):
    fn.testing.check_policy(policy)


@pytest.mark.parametrize("name", OBSERVABLES)
def test_observables(name):
    make, mechanics = OBSERVABLES[name]
    potential = RELAXED if name in ("free-states", "nudge-meters") else LABELLED
    fn.testing.check_observable(make(potential), potential, mechanics=mechanics)


def test_a_function_of_the_state_is_an_observable():
    fn.testing.check_observable(lambda state: state.W[:2])


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_stop_conditions(stop):
    fn.testing.check_stop(stop, RUN)


def test_functions_of_the_state_are_stop_conditions():
    fn.testing.check_stop(lambda state: state.iteration == 9)
    fn.testing.check_stop(lambda state: False)
    still = fn.StopWhen(lambda state: abs(state.velocity).max() < 0.01, every=5)
    fn.testing.check_stop(still, fn.DoubleWell(2), mechanics=fn.Newton(0.1))


@pytest.mark.parametrize("name", CHARTS)
def test_charts(name):
    fn.testing.check_chart(*CHARTS[name])


def test_a_chart_of_ones_own_functions():
    cubic = dict(
        to_W=lambda u: u + u**3,
        pushforward=lambda u, v: (1 + 3 * u**2) * v,
        pullback=lambda u, p: (1 + 3 * u**2) * p,
        size=3,
    )
    fn.testing.check_chart(fn.Chart(**cubic))


# ---- broken ones --------------------------------------------------------------------------------


class WrongSlope(Own):
    """Its dL is a hundredth too long."""

    def differential(self, W):
        return self.value(W), 1.01 * np.array(W)


class WrongCurvature(AnyPotential):
    """A jet whose second order is that of another potential."""

    size, dtype = 3, np.dtype("float64")

    def value(self, W):
        if np.shape(W) != (3,):
            raise fn.FlownetError("W has another shape.")
        return float(np.cos(W).sum())

    def differential(self, W, *, lowest=0):
        return self.value(W), -np.sin(W)

    def jet(self, W, V, order=2):
        c = [self.value(W), -np.sin(W) @ V, -np.cos(W) @ V**2]
        return np.array(c[: order + 1])


class Boundless(WrongCurvature):
    """It takes parameters of any number."""

    def value(self, W):
        return float(np.cos(W).sum())


class Crooked(fn.Metric):
    """Its flat and sharp are of two metrics."""

    size = 4

    def sharp(self, dL):
        return self._vector("dL", dL) / 2

    def flat(self, V):
        return 3 * self._vector("V", V)


class Twisted(Crooked):
    """It is no symmetric form."""

    def sharp(self, dL):
        return np.roll(self._vector("dL", dL), 1)

    def flat(self, V):
        return np.roll(self._vector("V", V), -1)


class Forgetful(fn.Aristotle):
    """Its parameters leave one out."""

    def parameters(self):
        return {"step": 0.1}


class Whimsical(StepPolicy):
    """A step that depends on how often it was asked."""

    def __init__(self):
        self.asked = 0

    def at(self, iteration):
        self.asked += 1
        return 0.01 * self.asked

    def parameters(self):
        return {}


class Meddling(Observable):
    """It moves the state."""

    def __call__(self, state):
        state.W[0] += 1e-3
        return 0.0


class Counting(Observable):
    """Its numbers count how often it was asked, and no checkpoint knows."""

    asked = 0

    def __call__(self, state):
        self.asked += 1
        return self.asked


class Shoving(Stop):
    """It moves the state."""

    def look(self, state, potential, memory):
        state.W[0] += 1e-3
        return False, 0.0


class Impatient(Stop):
    """It counts its looks, and no checkpoint knows."""

    looks = 0

    def look(self, state, potential, memory):
        self.looks += 1
        return self.looks > 9, self.looks


class Absent(Stop):
    """What it remembers is put elsewhere at each look."""

    def memory(self, W):
        self.seen = np.zeros(1)
        return {"seen": np.zeros(1)}

    def look(self, state, potential, memory):
        self.seen = self.seen + 1
        return False, float(self.seen[0])


class Vague(Stop):
    """It gives no number."""

    def look(self, state, potential, memory):
        return state.iteration > 3


class Derived(fn.LossBelow):
    """Another condition than that which it is made of: a file says so, and asks for it again."""

    def look(self, state, potential, memory):
        ends, loss = super().look(state, potential, memory)
        return ends and state.iteration > 8, loss


class Slanted(fn.Rescaling):
    """Its pullback is not the adjoint of its pushforward."""

    def pullback(self, u, dL):
        return 1.1 * super().pullback(u, dL)


class Spring(fn.equilibrium.Energy):
    """A spring of stiffness W₀ beside one that hardens, pushed by the input."""

    size, states, n_in, n_out, step = 1, 1, 1, 1, 0.3
    seen = 0.5

    def energy(self, W, x, s):
        return (W[0] * s**2 / 2 + s**4 / 4 - x * s)[:, 0]

    def slope(self, W, x, s):
        return W[0] * s + s**3 - x

    def covector(self, W, x, s, weight):
        return np.array([np.sum(weight[:, None] * self.seen * s**2)])


class Misread(Spring):
    """Its covector is not that of its energy."""

    seen = 1.0


def of_spring(kind):
    data = fn.Dataset(np.linspace(0.5, 1.5, 5)[:, None], np.linspace(0.3, 0.7, 5)[:, None])
    potential = fn.Equilibrium(kind(), fn.Quadratic(), data, nudge=0.01)
    fn.testing.check_potential(potential, [0.5])


def test_an_energy_of_ones_own():
    of_spring(Spring)


BROKEN = {
    "energy": (lambda: of_spring(Misread), r"L beyond dL\(V\): .* s\^1"),
    "slope": (lambda: fn.testing.check_potential(WrongSlope()), r"L beyond dL\(V\): .* s\^1"),
    "curvature": (
        lambda: fn.testing.check_potential(WrongCurvature()),
        r"beyond its jet of order 2: .* s\^2.* s\^3 is expected",
    ),
    "shape": (lambda: fn.testing.check_potential(Boundless()), "value of 4 parameters: is not"),
    "no potential": (lambda: fn.testing.check_potential(3), "without size"),
    "inverse": (lambda: fn.testing.check_metric(Crooked()), r"sharp\(flat\(V\)\) and V: off by"),
    "symmetry": (lambda: fn.testing.check_metric(Twisted()), r"⟨flat\(U\), V⟩ .*: off by"),
    "another size": (
        lambda: fn.testing.check_metric(fn.Euclidean(4), fn.Parabola(3)),
        "size is 4, the potential's 3",
    ),
    "mechanics": (
        lambda: fn.testing.check_mechanics(Forgetful(0.1, weight_decay=0.5)),
        r"a run of what parameters\(\) make again.* other bits",
    ),
    "no mechanics": (lambda: fn.testing.check_mechanics(0.1), "derives from no Mechanics"),
    "policy": (lambda: fn.testing.check_policy(Whimsical()), "other bits"),
    "meddling": (lambda: fn.testing.check_observable(Meddling()), "with it and without"),
    "counting": (lambda: fn.testing.check_observable(Counting()), "what a run observes"),
    "chart": (
        lambda: fn.testing.check_chart(Slanted([1.0, 2.0])),
        "⟨dL, W′v⟩ and ⟨W′ᵀdL, v⟩: off by",
    ),
    "shoving": (lambda: fn.testing.check_stop(Shoving()), "its look changes the state"),
    "impatient": (lambda: fn.testing.check_stop(Impatient()), "looks along a run.* other bits"),
    "absent": (lambda: fn.testing.check_stop(Absent()), "with a copy of what it remembers"),
    "vague": (lambda: fn.testing.check_stop(Vague()), r"\(ends, number\) is expected"),
    "no chart": (lambda: fn.testing.check_chart("sinh"), "derives from no AnyChart"),
}


def test_a_condition_of_a_class_of_ones_own_is_stored_as_what_it_is():
    fn.testing.check_stop(Derived(0.2))


@pytest.mark.parametrize("call, line", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found(call, line):
    with pytest.raises(AssertionError, match=line) as caught:
        call()
    assert "\n" not in str(caught.value)


# ---- what may be left out, and what a user's own object may be -----------------------------------


def test_what_is_left_out_is_refused_with_what_is_offered():
    p = fn.Charted(Own(), SINH)
    with pytest.raises(fn.FlownetError, match=r"an? Own offers no jet.*value and differential"):
        p.jet(np.ones(3), np.ones(3))
    assert not p.offers("jet") and p.offers("value", "differential")


def test_a_run_keeps_the_object_it_was_given_within_reach():
    own = Own()
    own.word = "mine"
    run = fn.train(own, fn.Aristotle(0.1), W0=np.ones(3), steps=2)
    assert run.potential.given is own and run.potential.word == "mine"
    assert repr(run.potential) == repr(own)
