"""Energy of Newton's mechanics, what friction takes, and the leapfrog's shadow energy."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close, has_order
from written import GOOD

import flownet as fn

CASE = twins.case(95_000, [3, 5, 2], ["tanh"], "quadratic", m=9)


def observed(potential, mechanics, W0, time, metric=None, **more):
    """A run over a time with its energy, parts and power, at every step."""
    observe = {
        part: (1, fn.Energy(potential, part)) for part in ("total", "kinetic", "potential", "power")
    }
    return fn.train(
        potential,
        mechanics,
        W0=W0,
        steps=round(time / mechanics.step),
        metric=metric,
        observe={**observe, **more},
    )


def of(run, name):
    return run.observables[name].value


@pytest.mark.parametrize("mass, metric", [(1.0, None), (0.7, [1.0, 2.5])])
def test_orders_of_the_energies_of_the_leapfrog(mass, metric):
    """Without friction the energy strays by h², the shadow energy by h⁴, however long the run."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    metric = metric and fn.LayerMetric(p.network, metric)
    steps, strays = np.array([0.2, 0.1, 0.05]), []
    for h in steps:
        run = observed(
            p, fn.Newton(h, mass, 0.0, "leapfrog"), W0, 20.0, metric, shadow=(1, fn.ShadowEnergy(p))
        )
        strays.append(
            [np.abs(of(run, name) - of(run, name)[0]).max() for name in ("total", "shadow")]
        )
        close(of(run, "kinetic") + of(run, "potential"), of(run, "total"))
    for stray, order in zip(np.transpose(strays), (2, 4)):
        slope = np.polyfit(np.log(steps), np.log(stray), 1)[0]
        assert abs(slope - order) < 0.3, strays


def test_the_oscillators_shadow_energy():
    """½v² + ½κx²(1 − κh²/4) is the leapfrog's own, to rounding; the shadow is that to h⁴."""
    h, kappa = 0.3, 1.7
    p = fn.Parabola(1, strength=kappa)

    def exact(state):
        kinetic, height = 0.5 * state.velocity[0] ** 2, 0.5 * kappa * state.W[0] ** 2
        return kinetic + height * (1 - kappa * h * h / 4)

    run = fn.train(
        p,
        fn.Newton(h, friction=0.0, integrator="leapfrog"),
        W0=np.ones(1),
        steps=500,
        observe={"exact": (1, exact), "shadow": (1, fn.ShadowEnergy(p))},
    )
    assert np.ptp(of(run, "exact")) < 1e-13
    assert np.ptp(of(run, "shadow")) < 0.1 * (kappa * h * h) ** 2
    expected = of(run, "exact") * (1 + kappa * h * h / 6)  # up to h⁴
    np.testing.assert_allclose(of(run, "shadow"), expected, rtol=0.05 * (kappa * h * h) ** 2)


@pytest.mark.parametrize(
    "integrator, order", [("semi-implicit", 1), ("explicit", 1), ("leapfrog", 2)]
)
def test_friction_takes_what_the_energy_loses(integrator, order):
    """ΔE = −∫λ g(v, v)dt by the trapezoid rule, to the method's own order."""
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    metric = fn.LayerMetric(p.network, [1.0, 3.0])
    steps, misses = np.array([0.02, 0.01, 0.005]), []
    for h in steps:
        run = observed(p, fn.Newton(h, 1.3, 0.4, integrator), W0, 1.0, metric)
        taken = np.trapezoid(of(run, "power"), run.time)
        misses.append(of(run, "total")[-1] - of(run, "total")[0] - taken)
        assert taken < -0.01
    has_order(misses, steps, order)


def test_complex_parameters_have_an_energy():
    """The balance of friction, in a metric, of a potential of complex parameters."""
    from test_optimizers import ComplexQuartic

    p, metric = ComplexQuartic(), fn.DiagonalMetric([1.0, 2.0, 0.5, 1.0])
    steps, misses = np.array([0.02, 0.01, 0.005]), []
    for h in steps:
        run = observed(p, fn.Newton(h, 1.3, 0.4, "leapfrog"), p.z, 1.0, metric)
        misses.append(np.ptp(of(run, "total")) + np.trapezoid(of(run, "power"), run.time))
    assert np.ptp(of(run, "total")) > 0.1
    has_order(misses, steps, 2)


def test_energy_counts_weight_decay_and_a_memory():
    """Weight decay is potential energy; an inertial Adam has a kinetic one too."""
    p = fn.Parabola(3)
    run = observed(
        p, fn.Newton(0.05, friction=0.0, integrator="leapfrog", weight_decay=0.5), np.ones(3), 5.0
    )
    assert np.ptp(of(run, "total")) < 2.2e-3 and abs(of(run, "total")[0] - 2.25) < 1e-12
    run = observed(p, fn.ThierryMieg(0.05, 1.0, 1.0, 0.9, 0.99), np.ones(3), 1.0)
    assert of(run, "kinetic")[0] == 0 and of(run, "kinetic")[-1] > 0


def test_states_tell_velocity_memories_and_force():
    p, (W0, _) = twins.potential(CASE), twins.point(CASE)
    mechanics, first = fn.AdamW(0.01), -p.differential(W0)[1]
    for state in fn.states(p, mechanics, W0=W0, steps=3):
        if state.iteration == 1:
            close(state.memories["force"], 0.1 * first)
            close(state.memories["square"], 0.001 * first**2)
        close(state.force, -p.differential(state.W)[1])
    with told_in_one_line("remembers no velocity"):
        state.velocity  # noqa: B018


def test_energies_in_an_experiment_file(tmp_path):
    """Written as [observe.NAME] tables, kept in the run's file, and the same when resumed."""
    path, file = tmp_path / "experiment.toml", tmp_path / "run.h5"
    path.write_text(
        GOOD.replace(
            'kind = "aristotle"\nstep = 0.3',
            'kind = "newton"\nstep = 0.2\nfriction = 0.0\nmass = 2.0\nintegrator = "leapfrog"',
        ).replace("batch_size = 32", "")
        + '[observe.energy]\nkind = "energy"\nevery = 3\n[observe.motion]\n'
        'kind = "energy"\npart = "kinetic"\nevery = 4\n'
        '[observe.shadow]\nkind = "shadow-energy"\nevery = 6\n'
    )
    run = fn.Experiment.load(path).run(file)
    run.close()
    longer = fn.resume(file, steps=24)
    whole = fn.Experiment.load(file).run()
    for name in ("energy", "motion", "shadow"):
        np.testing.assert_array_equal(of(longer, name), of(whole, name))
    assert np.ptp(of(whole, "shadow")) < np.ptp(of(whole, "energy"))


MISTAKES = {
    "no mass": (fn.Aristotle(0.1), fn.Energy, "Aristotle.*has no mass"),
    "no leapfrog": (fn.Newton(0.1), fn.ShadowEnergy, "keeps no shadow energy"),
    "friction": (fn.Newton(0.1, integrator="leapfrog"), fn.ShadowEnergy, "keeps no shadow energy"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    mechanics, observable, line = MISTAKES[mistake]
    p = fn.Parabola(2)
    with told_in_one_line(line):
        fn.train(p, mechanics, W0=np.ones(2), steps=3, observe={"e": (1, observable(p))})


def test_a_part_that_is_none():
    with told_in_one_line("part is 'heat'"):
        fn.Energy(fn.Parabola(1), "heat")
