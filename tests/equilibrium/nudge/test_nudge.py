"""What a finite step and a finite nudge do to a physical system, term by term; its files."""

import numpy as np
import pytest
from moving_systems import path as moving_path
from states_at_rest import off, setting as hopfield
from test_complex_states import setting as of_complex
from test_dynamics import setting as without_energy
from test_resistive import setting as resistive

import flownet as fn
from flownet.equilibrium._meters import PARTS

M = 9


def system(name, **words):
    """An `Equilibrium` and parameters, of systems whose states move smoothly."""
    if name in ("exponential", "none"):
        return resistive(name, **words)
    made, W, data = hopfield(name, scale=0.2)
    return fn.Equilibrium(made, fn.Quadratic(), data, **{"nudge": 0.05, **words}), W


QUADRATIC = ("identity", "none")  # energies whose frozen force is exact
SMOOTH = ["tanh", "sigmoid4", "identity", "exponential", "none"]


@pytest.mark.parametrize("name", SMOOTH)
def test_jet_of_a_step_to_fourth_order(name):
    potential, W = system(name)
    V = 0.1 * np.random.default_rng(4).normal(size=W.size)
    c = potential.jet(W, V, 4)
    loss, dL = potential.exact(W)
    assert c[0] == pytest.approx(loss, rel=1e-13)
    assert c[1] == pytest.approx(dL @ V, rel=1e-11)
    sizes = 0.04, 0.02
    for order in (1, 2, 3):
        beyond = [
            potential.difference(W, t * V) - sum(c[k] * t**k for k in range(1, order + 1))
            for t in sizes
        ]
        assert np.log2(beyond[0] / beyond[1]) == pytest.approx(order + 1, abs=0.2)
    mean = potential.sample_jets(W, V, 4).mean(axis=0)
    assert np.array_equal(mean, c)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
def test_bias_of_the_nudge_order_by_order(name, force, estimator):
    potential, W = system(name, nudge=0.02, force=force, estimator=estimator)
    dL = potential.exact(W)[1]
    assert off(potential.nudge_jet(W, 1)[0], dL) < 1e-12
    estimate, bias = potential.differential(W)[1], potential.bias(W, 8)
    assert np.abs(estimate - dL).max() > 1e-9 or estimator == "richardson" or name in QUADRATIC
    assert np.abs(estimate - dL - bias.sum(axis=0)).max() < 1e-11 * max(1.0, np.abs(dL).max())


@pytest.mark.parametrize("name", ["tanh", "sigmoid4", "exponential"])
@pytest.mark.parametrize("force", ["moving", "frozen"])
@pytest.mark.parametrize(("estimator", "slope"), [("one-sided", 2), ("symmetric", 4)])
def test_bias_less_its_first_term(name, force, estimator, slope, holds):
    large = 0.02 if slope == 4 else 0.002
    left = []
    for nudge in (large, large / 2):
        potential, W = system(name, nudge=nudge, force=force, estimator=estimator)
        bias = potential.differential(W)[1] - potential.exact(W)[1]
        left.append(np.abs(bias - potential.bias(W, slope // 2 + 1)[-1]).max())
    off_by = abs(np.log2(left[0] / left[1]) - slope)
    holds("bias less its first term: slope off 2 or 4", off_by, 0.1)


class Quadratic:
    """An energy ½sᵀQs − s·J and a cost ½|Ps − y|² in closed form."""

    def __init__(self, potential, W):
        system, x = potential.system, potential.phases.x
        self.y, ends = potential.data.y, np.cumsum([0, *system.sizes[1:]])
        self.Q = np.zeros((ends[-1], ends[-1]), W.dtype)
        self.J = np.zeros((len(x), ends[-1]), W.dtype)
        for i, part in enumerate(system.network.parts(W)):
            below, own = (slice(ends[max(k, 0)], ends[k + 1]) for k in (i - 1, i))
            self.J[:, own] += part.bias
            if i:
                self.Q[own, below], self.Q[below, own] = -part.weights, -part.weights.T
            else:
                self.J[:, own] += x @ part.weights.T
            if isinstance(system, fn.Resistive):
                self.Q[own, own] += np.diag(part.weights.sum(axis=1))
                self.Q[below, below] += np.diag(part.weights.sum(axis=0)) if i else 0
            else:
                self.Q[own, own] += np.eye(len(part.bias))
        self.out = slice(*ends[-2:])
        self.S = np.linalg.inv(self.Q)[self.out, self.out]
        self.e = self.at(0.0)[:, self.out] - self.y

    def at(self, nudge):
        """s_β = (Q + βPᵀP)⁻¹(J + βPᵀy)."""
        Q, J = self.Q.copy(), self.J.copy()
        Q[self.out, self.out] += nudge * np.eye(len(self.S))
        J[:, self.out] += nudge * self.y
        return np.linalg.solve(Q, J.T).T

    def averaged(self, estimator, b):
        """L̄: ½e·(1+βS)⁻¹e, ½e·(1−β²S²)⁻¹e, or of N points ½e·(1−(−βS)ᴺ)⁻¹e."""
        bS, one = b * self.S, np.eye(len(self.S))
        points = {"one-sided": 1, "symmetric": 2}.get(str(estimator)) or estimator["points"]
        power = np.linalg.matrix_power(-bS, points)
        return 0.5 * np.einsum("si,ij,sj->s", self.e, np.linalg.inv(one - power), self.e).mean()


@pytest.mark.parametrize("name", QUADRATIC)
def test_closed_forms_of_a_quadratic_energy(name, holds):
    potential, W = system(name, nudge=0.3)
    closed, b, claim = Quadratic(potential, W), 0.3, "closed forms of quadratic energies"
    for nudge in (0.0, b, -b):
        s = np.concatenate(potential.relax(W, nudge=nudge), axis=1)
        holds(claim, off(s, closed.at(nudge)), 1e-11)
        e = np.linalg.solve(np.eye(len(closed.S)) + nudge * closed.S, closed.e.T).T
        holds(claim, off(s[:, closed.out] - closed.y, e), 1e-11)
    for estimator in ("one-sided", "symmetric"):
        averaged = potential.changed(estimator=estimator).averaged(points=24)
        wanted = closed.averaged(estimator, b)
        holds(claim, abs(averaged.value(W) / wanted - 1), 1e-11)


@pytest.mark.parametrize(
    ("name", "estimator"),
    [(name, each) for name in QUADRATIC for each in ("one-sided", "symmetric")]
    + [("identity", {"kind": "contour", "points": n}) for n in (3, 4)],
)
def test_estimates_of_a_quadratic_energy_are_differentials_of_its_closed_form(
    name, estimator, holds
):
    potential, W = system(name, nudge=0.3, estimator=estimator)
    h = 1e-30  # a complex step: no difference is taken
    wanted = [Quadratic(potential, W + 1j * h * e).averaged(estimator, 0.3) for e in np.eye(W.size)]
    apart = off(potential.differential(W)[1], np.imag(wanted) / h)
    holds("closed forms of quadratic energies", apart, 1e-11)


@pytest.mark.parametrize("name", QUADRATIC)
def test_frozen_force_of_a_quadratic_energy_is_exact_at_any_nudge(name, holds):
    potential, W = system(name, nudge=10.0, force="frozen")
    apart = off(potential.differential(W)[1], potential.exact(W)[1])
    holds("closed forms of quadratic energies", apart, 1e-11)


@pytest.mark.parametrize("name", ["tanh", "exponential"])
@pytest.mark.parametrize("estimator", ["one-sided", "symmetric"])
def test_breakdown_of_a_step_along_an_estimate(name, estimator, holds):
    potential, W = system(name, estimator=estimator)
    b = fn.breakdown(potential, W, 0.1)
    holds(
        "breakdown's terms beside what was delivered",
        abs((b.linear + b.second + b.third + b.remainder) / b.actual - 1),
        1e-12,
    )
    assert b.linear == pytest.approx(potential.exact(W)[1] @ b.taken.delta, rel=1e-11)
    parts = b.split("nudge")
    dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
    assert parts.descent == pytest.approx(-0.1 * dL @ dL, rel=1e-12)
    assert parts.averaged == pytest.approx(-0.1 * estimate @ estimate, rel=1e-12)
    assert parts.descent + parts.bias.sum() + parts.left == pytest.approx(b.linear, rel=1e-11)
    assert abs(parts.left) < np.abs(parts.bias[parts.bias != 0]).min()
    assert "bias, power 2 of the nudge" in str(parts)


def test_breakdown_of_another_displacement_has_no_descent():
    potential, W = system("tanh")
    V = np.random.default_rng(0).normal(size=W.size)
    parts = fn.breakdown(potential, W, displacement=V).split("nudge")
    assert np.isnan(parts.descent)
    assert parts.averaged == pytest.approx(potential.differential(W)[1] @ V)


def test_breakdown_along_a_run(holds):
    potential, W = system("tanh")
    run = fn.train(potential, fn.Aristotle(0.2), W0=W, steps=4)
    for k, b in enumerate(fn.breakdown(run, every=1)):
        delivered = run.loss[k + 1] - run.loss[k]
        holds("breakdown of a run beside its losses", abs(b.actual / delivered - 1), 1e-12)


@pytest.mark.parametrize("estimator", ["one-sided", "symmetric", "richardson"])
def test_nudge_that_keeps_the_bias_at_a_share(estimator):
    for share in (1e-2, 1e-3):
        potential, W = system("sigmoid4", nudge=f"bias:{share}", estimator=estimator)
        dL, estimate = potential.exact(W)[1], potential.differential(W)[1]
        found = np.linalg.norm(estimate - dL) / np.linalg.norm(dL)
        assert found == pytest.approx(share, rel=0.2) or (
            found < share and estimator == "richardson"  # the nudge ends at a share of the radius
        )
    made = fn.Experiment.of(potential, fn.Aristotle(0.1), steps=1).parts()[0]
    assert made.nudge == "bias:0.001"
    assert made.nudge_at(W) == potential.nudge_at(W)
    with pytest.raises(fn.FlownetError, match="between 0 and 1"):
        potential.changed(nudge="bias:2")
    with pytest.raises(fn.FlownetError, match="another one at each W"):
        potential.averaged()


def test_meters_say_what_they_measure():
    potential, W = system("tanh", nudge=0.05)
    found, made, x = potential.meters(W), potential.system, potential.phases.x
    s, h, low = np.concatenate(potential.relax(W), axis=1), 1e-6, []
    for i in range(M):
        sides = [
            [
                made.slope(W, x[i : i + 1], s[i : i + 1] + side * h * e)[0]
                for e in np.eye(s.shape[1])
            ]
            for side in (1, -1)
        ]
        H = (np.array(sides[0]) - np.array(sides[1])) / (2 * h)
        low.append(np.linalg.eigvalsh((H + H.T) / 2)[0])
    assert found.softness == pytest.approx(min(low), rel=1e-2)
    assert found.bias == pytest.approx(
        np.linalg.norm(potential.bias(W, 8).sum(axis=0)) / np.linalg.norm(potential.exact(W)[1]),
        rel=1e-6,
    )
    assert found.curl < 1e-6 < potential.changed(fixed=True, nudged_sweeps=2).meters(W).curl
    assert found.kink == np.inf
    assert "curl" in str(found)


def test_first_kink_is_where_frozen_force_stops_to_be_exact():
    potential, W = resistive("ideal", force="frozen")
    exact, kink = potential.exact(W)[1], potential.meters(W).kink
    below, beyond = (
        np.abs(potential.changed(nudge=factor * kink).differential(W)[1] - exact).max()
        for factor in (0.99, 1.2)
    )
    assert below < 1e-10 < 1e-6 < beyond


FILE = """
[data]
name = "xor"
[system]
kind = "hopfield"
sizes = [2, 6, 1]
activation = "tanh"
[loss]
kind = "quadratic"
[equilibrium]
nudge = 0.1
estimator = "one-sided"
[metric]
stiffness = [1.0, 2.0]
[mechanics]
kind = "newton"
step = 0.2
[run]
steps = 30
"""


def experiment(folder, text=FILE):
    path = folder / "xor.toml"
    path.write_text(text)
    return fn.Experiment.load(path)


def test_experiment_file_runs_and_its_run_says_all_that_a_resume_needs(tmp_path, holds):
    made = experiment(tmp_path)
    whole = made.run()
    path = tmp_path / "run.h5"
    experiment(tmp_path, FILE.replace("steps = 30", "steps = 12")).run(path)
    on = fn.resume(path, steps=30)
    holds(
        "numbers that a resumed run has otherwise",
        np.count_nonzero(on.parameters[-1] != whole.parameters[-1]),
        0,
    )
    again = fn.Trajectory.open(path).potential
    assert again.parameters() == made.parts()[0].parameters()
    with pytest.raises(fn.FlownetError, match=r"nudge is 0\.2 instead of 0\.1"):
        fn.resume(path, potential=again.changed(nudge=0.2))


@pytest.mark.parametrize("kind", ["hopfield", "resistive"])
def test_tables_of_a_potential_make_it_again(kind):
    system = {"hopfield": fn.Hopfield([2, 5, 1]), "resistive": fn.Resistive([2, 5, 1], gain=3.0)}
    potential = fn.Equilibrium(
        system[kind], fn.Quadratic(), fn.data.load("xor"), nudge=1e-3, estimator="richardson"
    )
    made = fn.Experiment.of(potential, fn.Aristotle(0.1), steps=3).parts()[0]
    assert made.parameters() == potential.parameters()
    W = potential.init(0)
    assert np.array_equal(made.differential(W)[1], potential.differential(W)[1])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"one-sided"', '"two-sided"', "did you mean 'one-sided'"),
        ("nudge = 0.1", "", "nudge of equilibrium is missing"),
        ('kind = "hopfield"', 'kind = "hopfeld"', "did you mean 'hopfield'"),
        ("[system]", "[network]", r"unknown key in \[network\] 'kind'"),
        ('activation = "tanh"', 'activation = "gelu"', "unknown activation 'gelu'"),
    ],
)
def test_a_mistake_in_a_file_gets_one_line(tmp_path, old, new, line):
    with pytest.raises(fn.FlownetError, match=line) as error:
        experiment(tmp_path, FILE.replace(old, new)).parts()
    assert "\n" not in str(error.value)


def test_sweep_over_nudges_and_steps():
    made = fn.Experiment.of(
        fn.Equilibrium(
            fn.Hopfield([2, 6, 1], "tanh"), fn.Quadratic(), fn.data.load("xor"), nudge=0.1
        ),
        fn.Aristotle(0.2),
        steps=20,
    )
    axes = {"equilibrium.nudge": [0.05, 0.2], "mechanics.step": [0.1, 0.3]}
    found = fn.sweep(made, axes=axes, progress=False)
    potential = made.parts()[0].changed(nudge=0.2)
    alone = fn.train(potential, fn.Aristotle(0.3), steps=20)
    assert found.loss[1, 1] == alone.loss[-1]
    with pytest.raises(fn.FlownetError, match="nudge"):
        fn.sweep(made, axes={"equilibrium.nugde": [0.1]}, progress=False)


def test_outputs_are_those_of_the_state_at_rest(tmp_path):
    """Accuracy, predict and score see the system, not a network of the same sizes."""
    data = fn.data.load("digits", limit=60)
    system = fn.Hopfield([64, 12, 10], "sigmoid4")
    potential = fn.Equilibrium(system, fn.Quadratic(), data, nudge=0.2, estimator="one-sided")
    held_out = potential.with_data(fn.data.load("digits", limit=80))
    W = potential.init(0)
    assert np.array_equal(potential.network.forward(W, data.x), potential.relax(W)[-1])
    path = tmp_path / "run.h5"
    run = fn.train(
        potential,
        fn.Aristotle(0.5),
        W0=W,
        steps=30,
        store=path,
        observe={"accuracy": (10, fn.Accuracy(held_out)), "held-out": (10, held_out)},
    )
    W = run.parameters[-1]
    said = held_out.relax(W)[-1].argmax(axis=1)
    right = np.mean(said == held_out.data.labels)
    assert run.observables["accuracy"].value[-1] == right > 0.2
    assert run.observables["held-out"].value[-1] == held_out.value(W)
    assert run.score(held_out.data) == right
    again = fn.resume(path, steps=40)  # from the file alone, observables included
    assert len(again.observables["accuracy"].value) == 5
    with pytest.raises(fn.FlownetError, match="no pullback"):
        potential.network.pullback(W, data.x, data.y)


def others():
    """Systems whose states have no series, or no energy; what of the meters they have."""
    path, W = moving_path("neural")
    yield path, W, {"radius"}
    spiral, W = without_energy()
    yield spiral, W, {"radius", "softness", "kink"}
    states, W = of_complex()
    yield states, W, {"radius"}


def test_meters_of_other_systems():
    for potential, W, missing in others():
        found, dL = potential.meters(W), potential.exact(W)[1]
        assert {part for part in PARTS if np.isnan(getattr(found, part))} == missing
        off_by = np.linalg.norm(potential.differential(W)[1] - dL) / np.linalg.norm(dL)
        assert found.bias == pytest.approx(off_by, rel=1e-12)
        if potential.system.conservative:
            assert found.curl < 1e-6
            s = free(potential, W)
            H = [dense_curvature(potential, W, i, s) for i in range(len(s))]
            ends = np.concatenate([np.linalg.eigvalsh(each) for each in H])
            assert found.softness == pytest.approx(ends[np.abs(ends).argmin()], rel=0.1)


def free(potential, W):
    with potential.phases.at(W) as at:
        return np.array(at.free)


def dense_curvature(potential, W, i, s):
    x, one = potential.phases.x[i : i + 1], s[i : i + 1]
    curvature = potential.system.curvature
    H = np.array([curvature(W, x, one, e[None])[0] for e in np.eye(s.shape[1])])
    return (H + H.T) / 2


def test_a_run_records_its_states_and_its_meters(tmp_path):
    """As an experiment file asks for them, and a resumed run to the same bits."""
    text = FILE.replace("steps = 30", "steps = 12") + "\n".join(
        f'[observe.{name}]\nkind = "{kind}"\nevery = 3'
        for name, kind in (("s", "free-states"), ("m", "nudge-meters"))
    )
    run = experiment(tmp_path, text).run(tmp_path / "run.h5")
    on = fn.resume(tmp_path / "run.h5", steps=30)
    whole = experiment(tmp_path, text.replace("steps = 12", "steps = 30")).run()
    assert len(run.observables["s"].value) == 5
    for name in ("s", "m"):
        assert np.array_equal(on.observables[name].value, whole.observables[name].value)
    potential, k = whole.potential, 15
    s, m = (whole.observables[name] for name in ("s", "m"))
    at, W = list(s.iteration).index(k), whole.parameters[k]
    assert np.array_equal(s.value[at], np.concatenate(potential.relax(W), axis=1))
    assert m.value[at].tolist() == [getattr(potential.meters(W), part) for part in PARTS]
