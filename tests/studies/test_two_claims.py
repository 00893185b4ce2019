"""Two claims: samples held apart, steps chosen without the test samples, numbers with errors."""

from pathlib import Path

import numpy as np
import pytest
import two_claims as study
from pictures import is_drawn
from scipy import stats
from tolerance import close
from two_claims import NEVER, Outcome, Result, Row
from two_claims_numbers import column, compared, counted, difference, often, ratio

import flownet as fn

STUDIES = Path(study.__file__).parent


def test_it_writes_a_page_and_a_figure(tmp_path, capsys):
    """Tables of at most 100 columns, in a short run as in the long one that is shipped."""
    found, problems = study.main(["--quick", "-o", str(tmp_path)])
    for page in (tmp_path / "TWO_CLAIMS.md", STUDIES / "TWO_CLAIMS.md"):
        text = page.read_text()
        assert max(map(len, text.splitlines())) <= 100
        assert "    python scripts/studies/two_claims.py\n" in text
    assert is_drawn(tmp_path / "figures" / "two_claims.png")
    assert list(found) == [p.name for p in problems]
    for results in found.values():
        assert list(results) == [method.name for method in study.METHODS]


@pytest.mark.parametrize("problem", study.PROBLEMS, ids=lambda p: p.name)
def test_a_seed_fixes_four_parts_that_share_no_sample(problem):
    parts, again, others = (problem.make(seed) for seed in (3, 3, 4))
    for part, same, other in zip(parts, again, others):
        np.testing.assert_array_equal(part.data.x, same.data.x)
        assert part.data.x.shape == other.data.x.shape and (part.data.x != other.data.x).any()
        assert part.network.size == problem.make(3)[0].network.size
    rows = [{row.tobytes() for row in part.data.x} for part in parts]
    assert len(rows) == 4 and len(set.union(*rows)) == sum(map(len, rows))


class Part:
    """L = ½W²·scale about `centre`, or one that nobody may look at."""

    size, data = 1, None

    def __init__(self, centre, scale=1.0, secret=False):
        self.centre, self.scale, self.secret = centre, scale, secret

    def value(self, W):
        assert not self.secret
        return float(self.scale * (W[0] - self.centre) ** 2 / 2)

    def differential(self, W):
        return self.value(W), self.scale * (W - self.centre)


def problem(secret, monkeypatch):
    """From W = 1 towards 0, to be stopped at ½: after one step of ½, or never."""
    parts = Part(0.0), Part(0.5), Part(0.4), Part(0.25, secret=secret)
    monkeypatch.setattr(study, "error", lambda potential, W: potential.value(W))
    monkeypatch.setattr(
        study.fn,
        "train",
        lambda potential, mechanics, **words: train(potential, mechanics, W0=np.ones(1), **words),
    )
    return study.Problem("parabola", "", lambda seed: parts, 9, None, 1, 0.125)


train = fn.train


def test_a_run_is_followed_to_its_target_and_to_where_it_is_best_stopped(monkeypatch):
    p = problem(False, monkeypatch)
    outcome = study.follow(p, fn.Aristotle(0.5), 0)
    assert outcome.equal == outcome.stopped
    close(outcome.equal, Row(1, 0.005, 0.03125, 0.03125))
    outcome = study.follow(p, fn.Aristotle(0.1), 0)
    W = 0.9 ** np.arange(10)
    assert outcome.equal.iteration == np.argmax(W <= 0.5) == 7
    assert outcome.stopped.iteration == np.argmin(abs(W - 0.5)) == 7
    assert study.follow(p, fn.Aristotle(0.01), 0).equal == NEVER


def test_a_step_is_chosen_without_a_look_at_the_test_samples(monkeypatch):
    p = problem(True, monkeypatch)
    outcome = study.follow(p, fn.Aristotle(0.5), 0, tested=False)
    assert outcome.equal.iteration == 1 and np.isnan(outcome.equal.loss)
    with pytest.raises(AssertionError):
        study.follow(p, fn.Aristotle(0.5), 0)


def at(iteration, validation, least=1.0):
    return Outcome(Row(iteration, validation, np.nan, np.nan), Row(0, least, np.nan, np.nan))


def test_the_choice_of_a_step():
    """Most seeds before speed; a step that few reach is not chosen for its validation loss."""
    never = Outcome(NEVER, Row(0, 0.5, np.nan, np.nan))
    outcomes = [
        [at(9, 0.3), at(9, 0.3)],
        [at(5, 0.4), at(5, 0.4)],
        [at(1, 0.1), never],
        [never, never],
    ]
    assert study.choose(outcomes) == {"sure": 1, "fast": 1, "equal": 0, "stopped": 3}
    nearly = [[at(9, 0.3)] * 8, [at(1, 0.1)] * 7 + [never], [at(1, 0.01)] * 6 + [never] * 2]
    assert study.choose(nearly) == {"sure": 0, "fast": 1, "equal": 1, "stopped": 2}
    assert study.choose([[never], [never]]) == dict.fromkeys(
        ("sure", "fast", "equal", "stopped"), 0
    )


def test_numbers_seed_by_seed():
    """Ratios and differences with Student's interval, shares with Wilson's, p of McNemar."""
    random = np.random.default_rng(0)
    one, two = random.uniform(1, 2, (2, 12))
    reached = [np.inf] * 9 + [5.0] * 3
    results = {
        who: Result(
            {},
            {},
            {
                rule: [Outcome(Row(r, 1, loss, loss), NEVER) for r, loss in zip(its, losses)]
                for rule in ("sure", "fast")
            },
        )
        for who, its, losses in (("Aristotle", reached, one), ("Adam", [3.0] * 12, two))
    }
    m = ratio(results, "Adam", "fast", "equal", "loss")
    interval = stats.ttest_1samp(np.log(two / one), 0).confidence_interval(0.99)
    close([m.value, m.low, m.high], np.exp([np.log(two / one).mean(), *interval]))
    interval = stats.ttest_rel(two, one).confidence_interval(0.99)
    d = difference(results, "Adam", "fast", "equal", "loss")
    close([d.value, d.low, d.high], [(two - one).mean(), *interval])
    steps = ratio(results, "Adam", "fast", "equal", "iteration")
    close([steps.value, steps.pairs], [0.6, 3])
    o = often(results, "Adam")
    assert (o.count, o.seeds, o.gained, o.lost) == (12, 12, 9, 0)
    assert counted(o) == "more often" and counted(o._replace(gained=0, p=1.0)) == "both always"
    close([o.p, o.high], [2 * 0.5**9, 1.0])
    assert np.isinf(column(results["Aristotle"].outcomes["fast"], "equal", "iteration")).sum() == 9
    assert compared(steps, "faster", "slower") == "faster"
