"""Verdicts on networks whose Hessian is known, and what is printed of a step."""

import made
import numpy as np
import pytest
import twins
from mistakes import told_in_one_line
from tolerance import close

import flownet as fn
from flownet._errors import FlownetError
from flownet.linearization.breakdown import Verdict
from flownet.linearization.departure._verdict import WORDS, OfRun
from flownet.linearization.exits._compare import MEANINGS

# ---- verdicts ------------------------------------------------------------------------------------


def verdict(potential, W, step, **options):
    return fn.breakdown(potential, W, step, **options).verdict


def test_an_isotropic_hessian_bends_all_directions_alike():
    """H = 1: one direction in the step's own Krylov space, and yet no single mode."""
    b = fn.breakdown(made.isotropic(), np.zeros(12), 0.5)
    assert b.split("eigen").top_share == 1.0
    close(b.split("eigen").isotropy, 1.0)
    assert b.verdict.words == "all directions bend alike"


def test_a_hessian_of_rank_one_is_a_single_mode():
    """One sample, one output, and the curved network whose loss rises: physics.md's regime."""
    assert verdict(made.rank_one(), np.zeros(6), 0.01).words == "a single mode"
    b = made.curved()
    split = b.split("parameters")
    ratio = split.second_pairs / split.second_self
    chance = split.rotations.second_pairs / split.rotations.second_self
    assert b.actual > 0 and 30 < ratio < 80 and 200 < chance < 420
    assert b.split("eigen").top_share > 0.99
    assert b.verdict.words == "a single mode" and "%" in b.verdict.reason


def test_on_digits_the_split_depends_on_the_basis(digits):
    """64-16-10 at the start, standardised: pairs/self 13.8, and 19.4 in a random basis."""
    x = (digits.x - digits.x.mean(axis=0)) / (digits.x.std(axis=0) + 1e-9)
    potential = fn.Potential(fn.Network([64, 16, 10]), fn.CrossEntropy(), fn.Dataset(x, digits.y))
    b = fn.breakdown(potential, potential.network.init(0), 0.5)
    split = b.split("parameters")
    assert 12 < split.second_pairs / split.second_self < 16
    assert 18 < split.rotations.second_pairs / split.rotations.second_self < 22
    assert b.verdict.words == "depends on the basis" and b.split("eigen").top_share < 0.5


def test_interference_beyond_chance():
    """Three modes spread over parameters of little own curvature, while others have much."""
    b = fn.breakdown(made.incoherent(), np.zeros(16), 0.2)
    split, modes = b.split("parameters"), b.split("eigen")
    assert modes.top_share < 0.9 and split.second_self < split.rotations.second_self
    assert b.verdict.words == "interference beyond chance"


def test_the_further_cases():
    """Nothing broke; nothing can be said; other orders; kinks."""
    assert verdict(fn.Parabola(2), np.ones(2), 1e-3).words == "the linearization holds"
    nothing = verdict(fn.UV(1), [0.0, 2.0], None, displacement=np.zeros(2))
    assert nothing.words == "the promise is noise"
    assert verdict(fn.Quartic(), [1e90], 1.0).words == "not finite"
    flat = fn.DoubleWell()  # H = 0 at W² = c²/3
    assert verdict(flat, [1 / np.sqrt(3)], 1.0).words == "higher orders"
    net = fn.Network([1, 1, 1], "relu", bias=False)
    line = fn.Potential(net, fn.Quadratic(), fn.Dataset([[1.0]], [[-50.0]]))
    told = verdict(line, [1.0, 1.0], None, displacement=[-2.0, 0.0])
    assert told.words == "kinks" and str(told).startswith("kinks: 1 of 1")


@pytest.mark.parametrize(
    "step, words", [(1e-3, "the linearization holds"), (0.5, "all directions bend alike")]
)
def test_the_table_says_what_the_words_of_its_verdict_mean(step, words):
    """Below the verdict, in a sentence that does not depend on the step."""
    b = fn.breakdown(fn.Parabola(40), np.ones(40), step)
    told = " ".join(str(b).split())
    assert b.verdict.words == words and told.endswith(b.verdict.meaning)
    assert b.verdict.meaning == Verdict.explained(words) and repr(words) in b.verdict.meaning


def test_every_verdict_has_a_meaning_of_its_own():
    """Of a step, of a run beside its flow, and of two minima."""
    for meanings in (Verdict.meanings, OfRun.meanings, MEANINGS):
        assert len(set(meanings.values())) == len(meanings) > 2
        assert all(len(sentence) > 60 for sentence in meanings.values())
    assert tuple(OfRun.meanings) == WORDS


# ---- print ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1e-7, 0.3, 1e4])
@pytest.mark.parametrize("activations", [["relu", "relu"], ["tanh", "sin"]])
def test_everything_that_is_printed_fits_a_page(activations, step):
    """At most 100 columns: the table, the splits, and what goes beyond them; HTML has every row."""
    case = twins.case(54_000, [3, 5, 4, 2], activations, "cross-entropy")
    b = fn.breakdown(twins.potential(case), case["arrays"]["W"], step)
    parts = [
        b,
        b.interventions(),
        b.layer_subsets(),
        b.one_at_a_time(),
        *(b.split(basis) for basis in ("parameters", "layers", "neurons", "eigen", "map")),
    ]
    for part in parts:
        assert max(map(len, str(part).splitlines())) <= 100, str(part)
    html = b._repr_html_()
    assert html.count("<tr>") == html.count("</tr>") > 8 and "critical step" in html


@pytest.mark.parametrize(
    "potential, W, told",
    [
        (fn.Quartic(), [1e90], "not finite numbers here"),
        (fn.Parabola(40), np.ones(40), "missed from a step of"),
        (fn.UV(1), [0.0, 2.0], "vanishes"),
    ],
)
def test_every_step_has_a_table(potential, W, told):
    """Also of a step that overflows, of one without curvature, of a potential without a network."""
    options = {"displacement": [0.0, 1.0]} if len(W) == 2 else {"step": 0.3}
    b = fn.breakdown(potential, W, **options)
    assert told in str(b) and "delivered" in str(b) and "<table>" in b._repr_html_()


def test_a_table_computes_what_costs_little(monkeypatch):
    """Self terms, pairs, a verdict; and nothing where all is dear, but what to ask for."""
    cheap, dear = (fn.breakdown(made.rank_one(), np.ones(6), 0.01) for _ in range(2))
    assert "pairs of parameters" in str(cheap) and "verdict: a single mode" in str(cheap)
    monkeypatch.setattr("flownet.linearization.breakdown._table.BUDGET", 0)
    assert "pairs" not in str(dear) and "on demand" in str(dear) and not dear.made
    assert "pairs of parameters" in str(cheap)  # it is known


MISTAKES = {
    "another basis": (lambda b: b.split("fourier"), "unknown basis 'fourier'"),
    "layers of a parabola": (lambda b: b.split("layers"), "no network, hence no layers"),
    "no fraction": (lambda b: b.missed(0), "fraction is 0"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_in_one_line(mistake):
    """One error class, one line."""
    call, line = MISTAKES[mistake]
    with told_in_one_line(line):
        call(fn.breakdown(fn.Parabola(2), np.ones(2), 0.1))


def test_a_displacement_of_what_is_frozen_has_no_length():
    """Its terms are told; a split in the metric is refused."""
    case = twins.case(58_000, [2, 3, 2], ["tanh"], "quadratic")
    potential, (W, V) = twins.potential(case), twins.point(case)
    frozen = fn.LayerMetric(potential.network, [1, np.inf])
    b = fn.breakdown(potential, W, displacement=V, metric=frozen)
    with pytest.raises(FlownetError, match="that the metric freezes"):
        b.split("eigen")
    assert "delivered" in str(b)
