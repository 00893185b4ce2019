"""The study of Muon's step, shortened: one start, one step, sixty steps."""

import numpy as np
import pytest
import who_breaks_muon as study

import flownet as fn


@pytest.mark.slow
def test_second_order_takes_muons_promise_in_one_or_two_directions(monkeypatch):
    monkeypatch.setattr(study, "STEPS", 60)
    potential = study.problem()
    W0 = potential.network.init(0)
    for name in ("Muon, UVᵀ", "Muon"):
        way = study.ways(potential.network)[name]
        run = fn.train(potential, way.mechanics(0.1), W0=W0, steps=60, metric=way.metric)
        look = study.looked(run)
        late = look.iteration >= 40
        shares = look.delivered + look.second + look.beyond  # of what was promised
        np.testing.assert_allclose(shares, 1.0, rtol=0, atol=1e-9)
        assert 0.8 < np.median(look.second[late]) < 1.6
        assert look.modes[late].max() < 3 and look.step_modes[late].max() < 6
        assert (look.pairs[late] <= look.chance[late] + 0.02).all()
        assert (look.promised[late] > 0.2).all() and (look.promised[late] <= 1 + 1e-9).all()
