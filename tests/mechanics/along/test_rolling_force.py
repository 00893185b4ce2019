"""A run taken again: its rolling force and fluctuation."""

import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from recorded_runs import CASE, MECHANICS, forces, layered, trained
from tolerance import close

import flownet as fn
from flownet.motion.along._replay import Replay

every_mechanics = pytest.mark.parametrize("name", MECHANICS)

# ---- the run again ------------------------------------------------------------------------------


@every_mechanics
def test_again_bit_for_bit(name, tmp_path):
    """Every row, forwards and backwards, from a file; and the memories of its last checkpoint."""
    run = trained(name, store=tmp_path / "run.h5")
    stored = fn.Trajectory.open(tmp_path / "run.h5")
    again = Replay(stored)
    for k in (0, 3, 17, 4, 25):
        again.go_to(k)
        np.testing.assert_array_equal(again.W, run.parameters[k])
        assert again.time == run.time[k]
    kept = stored.store.latest_checkpoint()[2].get("memory", np.zeros((0, run.potential.size)))
    np.testing.assert_array_equal(again.memory, kept)


def test_a_run_that_was_changed_on_its_way_is_refused():
    def push(state):
        state.W[0] += state.iteration == 3
        return 0.0

    run = trained("adam", observe={"push": (1, push)})
    with told_in_one_line("comes to other parameters at iteration 3"):
        fn.rolling_force(run)


# ---- the rolling force --------------------------------------------------------------------------


@every_mechanics
@pytest.mark.parametrize("memory", [0.0, 0.7])
def test_rolling_force_and_fluctuation(name, memory):
    """Against means weighted by β^age, in the metric, layer by layer and in all."""
    p = twins.potential(CASE)
    metric = layered(p)
    run = trained(name, metric=metric, record_every=6)
    found = fn.rolling_force(run, memory, every=5)
    assert found.iteration.tolist() == [0, 5, 10, 15, 20]
    close(found.time, run.observables["step"].time[::5])
    F = np.array([metric.sharp(f) for f in forces(trained(name, metric=metric))])
    g = np.repeat([2.0, 0.5], np.diff(metric.bounds))
    for row, k in enumerate(found.iteration):
        weight = np.power(memory, np.arange(k, -1, -1))
        weight /= weight.sum()
        mean = weight @ F[: k + 1]
        spread = weight @ (F[: k + 1] - mean) ** 2
        for name_of, part in zip(found.names, p.network.ranges):
            part, one = slice(*part), found.of(name_of)
            h = g[part]
            close(one.force[row], np.sqrt(h @ F[k, part] ** 2))
            close(one.mean[row], np.sqrt(h @ mean[part] ** 2))
            close(one.fluctuation[row], np.sqrt(h @ spread[part]), scale=one.force[row])
        close(found.cosine[row], (g * F[k]) @ mean / np.sqrt((g @ F[k] ** 2) * (g @ mean**2)))
        close(found.fluctuation[row], np.sqrt(g @ spread), scale=found.force[row])


def test_it_is_what_adam_remembers():
    """⟨F⟩ and ⟨F²⟩ of equal memories, over 1 − β^k: the memories themselves."""
    p = twins.potential(CASE)
    run = fn.train(
        p, fn.Adam(0.02, memory1=0.9, memory2=0.9), W0=twins.point(CASE)[0], steps=25, batch_size=5
    )
    found, again = fn.rolling_force(run, 0.9), Replay(run)
    for k in (1, 10, 25):
        again.go_to(k)
        F, F2 = again.memory / (1 - 0.9**k)
        close(found.mean[k - 1], np.linalg.norm(F))
        close(found.fluctuation2[k - 1].sum(), np.sum(F2 - F**2), scale=F2.sum())


def test_of_a_resumed_run_and_kept_in_its_file(tmp_path):
    """The same bits as of a run that never stopped."""
    whole = fn.rolling_force(trained("adam", record_every=4))
    trained("adam", steps=10, record_every=4, store=tmp_path / "run.h5").close()
    resumed = fn.resume(tmp_path / "run.h5", steps=25)
    for found in (fn.rolling_force(resumed, keep=True), fn.rolling_force(resumed)):
        for name in ("force2", "mean2", "product", "fluctuation2"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    kept = fn.Trajectory.open(tmp_path / "run.h5").analyses["rolling_force"]
    np.testing.assert_array_equal(kept.value[:, 3], whole.fluctuation2)
    np.testing.assert_array_equal(kept.time, whole.time)


def test_descent_on_a_parabola_in_closed_form():
    """F_k = −κq^kW₀, q = 1 − hκ: ⟨F⟩ is a geometric sum, and so is ⟨F²⟩."""
    kappa, h, beta, W0 = 0.8, 0.3, 0.6, np.array([1.0, -2.0])
    run = fn.train(fn.Parabola(2, strength=kappa), fn.Aristotle(h), W0=W0, steps=30)
    found = fn.rolling_force(run, beta)
    q, k, size = 1 - h * kappa, np.arange(1, 31), kappa * np.linalg.norm(W0)

    def mean(x):
        return (1 - beta) / (1 - beta**k) * (x**k - beta**k) / (x - beta)

    close(found.mean, size * mean(q))
    close(found.fluctuation2[:, 0], size**2 * (mean(q**2) - mean(q) ** 2))
    close(found.cosine, np.ones(30))
    assert found.names == ["all"]


def test_equal_forces_do_not_fluctuate():
    class Slope:
        size = 2

        def value(self, W):
            return float(W @ [3.0, 4.0])

        def differential(self, W):
            return self.value(W), np.array([3.0, 4.0])

    found = fn.rolling_force(fn.train(Slope(), fn.Aristotle(0.1), W0=np.zeros(2), steps=50), 0.9)
    close(found.mean, np.full(50, 5.0), kind="rounding")
    assert (found.fluctuation < 1e-15 * 5).all()


def test_frozen_layers_feel_no_force_and_the_table_says_so():
    p = twins.potential(CASE)
    found = fn.rolling_force(
        trained("aristotle", dtype="float32", metric=fn.LayerMetric(p.network, [np.inf, 1.0]))
    )
    assert not found.of("layer 1").force.any() and found.of("layer 2").force.all()
    assert "layer 1: no force" in str(found) and "<table>" in found._repr_html_()
    assert max(map(len, str(found).splitlines())) <= 100
