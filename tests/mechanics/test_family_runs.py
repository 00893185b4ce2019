"""Members of the family in runs: frozen layers, stopped and resumed, in Python, in files."""

from inspect import signature

import numpy as np
import pytest
import twins
from family_case import CASE, W0
from tolerance import close

import flownet as fn

NEW = {
    "nesterov": fn.Nesterov(0.05, 0.8, 0.1),
    "leapfrog": fn.Newton(0.1, 0.7, 0.3, "leapfrog"),
    "explicit": fn.Newton(0.1, 0.7, 0.3, "explicit"),
    "rmsprop": fn.RMSProp(0.01, 0.9, centered=True, momentum=0.5),
    "adamw": fn.AdamW(0.01, weight_decay=0.3),
    "thierry-mieg": fn.ThierryMieg(0.02, 0.1, 1.0, 0.8, 0.9, corrected=False, centered=True),
    "a policy": fn.Nesterov("cosine:0.05:200", 0.8),
}


@pytest.mark.parametrize("name", NEW)
def test_frozen_layers_and_resumed_runs(p, name, tmp_path):
    """Frozen parameters keep every bit; a run made longer is the long run, memories included."""
    metric, path = fn.LayerMetric(p.network, [np.inf, 2.0]), tmp_path / "run.h5"
    words = dict(W0=W0, metric=metric, batch_size=5)
    fn.train(p, NEW[name], steps=40, store=path, **words).close()
    longer = fn.resume(path, steps=90)
    whole = fn.train(p, NEW[name], steps=90, **words)
    assert repr(longer.mechanics) == repr(NEW[name])
    np.testing.assert_array_equal(longer.parameters[:], whole.parameters[:])
    frozen = slice(*p.network.ranges[0])
    assert (whole.parameters[:, frozen] == W0[frozen]).all()
    assert (whole.parameters[-1, frozen.stop :] != W0[frozen.stop :]).all()


@pytest.mark.parametrize("name", NEW)
def test_in_python_and_in_single_precision(p, name):
    class Program:
        size, value, differential = p.size, p.value, staticmethod(p.differential)

    compiled, program = (fn.train(q, NEW[name], W0=W0, steps=60) for q in (p, Program()))
    close(program.parameters[:], compiled.parameters[:])
    if "rmsprop" not in name and "thierry" not in name:  # an ε of 1e-8 magnifies what is rounded
        single = fn.train(twins.potential(CASE, "float32"), NEW[name], W0=W0, steps=30)
        assert single.parameters.dtype == np.float32
        close(single.parameters[-1], compiled.parameters[30], "float32", scale=50.0)


def test_experiment_files_know_every_word():
    """Each argument of each mechanics is a key of [mechanics]."""
    from flownet import _registry
    from flownet.desk.experiment import _schema

    keys = set(_schema.Mechanics.model_fields)
    for kind in _registry.names("mechanics"):
        assert set(signature(_registry.find("mechanics", kind)).parameters) <= keys, kind
    for mechanics in NEW.values():
        table = _registry.describe(mechanics)
        assert _schema.Mechanics.model_validate(table).model_dump(exclude_none=True) == table
