"""What holds for any input that Hypothesis thinks of: arrays, numbers, experiment files."""

import math
import warnings

import numpy as np
import pytest
import tomli_w
from arguments import NET, POTENTIAL
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from mistakes import told_in_one_line
from public_calls import call_with, calls, places, refused_or_taken

import flownet as fn

#: the same examples every time: a test that fails by chance tells nobody what broke
EVERY_TIME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
)

WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-3, 3),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.lists(st.one_of(st.floats(), st.integers(), st.none(), st.text(max_size=3)), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    arrays.arrays(
        st.one_of(arrays.scalar_dtypes(), st.just(np.dtype(object))),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        elements=None,
        fill=st.nothing(),
    ),
)


@settings(EVERY_TIME, max_examples=150)
@given(data=st.data())
def test_any_argument_of_anything(data, tmp_path, monkeypatch):
    """Each public call with one argument replaced: taken, or one line."""
    monkeypatch.chdir(tmp_path)  # a text is the path of a file
    name = data.draw(st.sampled_from([each for each in calls() if places(each)]))
    place = data.draw(st.sampled_from(places(name)))
    refused_or_taken(name, place, data.draw(WORDS))


# ---- arrays as people have them ----

NUMBERS = arrays.arrays(np.float64, (4, 2), elements=st.floats(-1e6, 1e6))
FORMS = {
    "Fortran": np.asfortranarray,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "not contiguous": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "list": lambda a: a.tolist(),
    "objects": lambda a: a.astype(object),
    "long double": lambda a: a.astype(np.longdouble),
}


@EVERY_TIME
@given(NUMBERS, st.sampled_from(list(FORMS)))
def test_the_form_of_an_array_does_not_matter(x, form):
    y = x[:, :1] / 3
    plain, other = fn.Dataset(x, y), fn.Dataset(FORMS[form](x), FORMS[form](y))
    assert plain.sha256 == other.sha256
    assert np.array_equal(plain.x, other.x) and other.x.flags.c_contiguous
    if form != "objects":
        V = np.resize(x, NET.size)
        assert POTENTIAL.value(FORMS[form](V)) == POTENTIAL.value(V)


@EVERY_TIME
@given(st.integers(0, 40))
def test_parameters_of_another_length_are_refused(size):
    if size == NET.size:
        return
    with told_in_one_line(r"shape \(" + str(size)):
        POTENTIAL.differential(np.zeros(size))


@EVERY_TIME
@given(arrays.arrays(np.float64, (4, 2), elements=st.sampled_from([0.0, 1.0, math.nan, math.inf])))
def test_data_that_are_not_finite_are_refused(x):
    y = np.zeros((4, 1))
    if np.isfinite(x).all():
        assert fn.Dataset(x, y).m == 4
        return
    with told_in_one_line("x is (nan|inf) at row"):
        fn.Dataset(x, y)


def test_sparse_matrices_and_frames():
    import pandas
    from scipy import sparse

    x = np.array([[0.0, 1.0], [2.0, 0.0]])
    with told_in_one_line("x must"):
        fn.Dataset(sparse.csr_matrix(x), [0, 1])
    assert fn.Dataset(pandas.DataFrame(x), [0, 1]).sha256 == fn.Dataset(x, [0, 1]).sha256


@EVERY_TIME
@given(st.floats(min_value=1e-300, max_value=1e300), st.floats(-1e300, 1e300))
@pytest.mark.parametrize("loss", [fn.Quadratic(), fn.CrossEntropy()], ids=["quadratic", "entropy"])
def test_losses_do_not_overflow_before_their_value_does(loss, size, shift):
    """Of outputs of any size the loss is right while it is a number, inf beyond, and never nan."""
    net = fn.Network([1, 2])
    data = fn.Dataset([[1.0]], [[1.0, 0.0]])
    W = np.array([size, -size, shift, shift])
    found = fn.Potential(net, loss, data).value(W)
    with np.errstate(over="ignore", invalid="ignore"):
        up = np.array([size + shift, -size + shift])
        if isinstance(loss, fn.Quadratic):
            wanted = 0.5 * ((up[0] - 1) ** 2 + up[1] ** 2)
        else:
            wanted = np.logaddexp(0.0, up[1] - up[0])
    assert not math.isnan(found)
    assert found == pytest.approx(wanted, rel=1e-9)


# ---- experiment files ----

TABLES = {
    "data": {"name": "xor"},
    "network": {"sizes": [2, 3, 1], "activation": "tanh"},
    "loss": {"kind": "quadratic"},
    "metric": {"stiffness": [1.0, 2.0]},
    "mechanics": {"kind": "newton", "step": 0.1, "mass": 1.0, "friction": 0.5},
    "run": {"steps": 2, "seed": 0, "batch_size": 2, "record_every": 1},
    "add": [{"kind": "parabola", "scale": 0.1}],
    "observe": {"speed": {"kind": "speed", "every": 1}},
    "stop": [{"kind": "loss-below", "value": 1e-9}],
}
VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["tanh", "newton", "quadratic", "xor", "inf", "linear:0.1", "0.1"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)


def changed(draw):
    """The tables with one thing in them another, added, or left out."""
    tables = {name: dict(t) if isinstance(t, dict) else list(t) for name, t in TABLES.items()}
    name = draw(st.sampled_from(list(tables)))
    what = draw(st.sampled_from(["value", "word", "table", "gone"]))
    table = tables[name]
    if what == "gone" or what == "table":
        tables.pop(name)
        if what == "table":
            tables[name] = draw(VALUES)
        return tables
    if isinstance(table, list):
        table[0] = table = dict(table[0])
    key = draw(st.sampled_from(list(table)) if what == "value" else st.text(max_size=6))
    table[key] = draw(VALUES)
    return tables


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("files") / "mine.toml"


@settings(EVERY_TIME, max_examples=200)
@given(data=st.data())
def test_any_experiment_runs_or_is_told(file, data):
    """What is wrong with it is one line that names the file; what is right runs."""
    file.write_text(tomli_w.dumps(changed(data.draw)), encoding="utf-8", errors="surrogatepass")
    try:
        experiment = fn.Experiment.load(file)
        if experiment.tables["run"].get("steps", 1) > 100:
            experiment.tables["run"]["steps"] = 100
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            run = experiment.run(progress=False)
    except fn.FlownetError as error:
        assert "\n" not in str(error) and str(file) in str(error)
        return
    assert run.finished and (run.diverged_at is not None or np.isfinite(run.loss).all())


@settings(EVERY_TIME, max_examples=200)
@given(text=st.one_of(st.text(max_size=60), st.binary(max_size=60)))
def test_any_text_is_told(file, text):
    file.write_bytes(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    with told_in_one_line(file.name):
        fn.Experiment.load(file)


def test_the_table_of_calls_is_right():
    """What the property tests begin with can be called as it stands."""
    for name in calls():
        call_with(name, None, None)
