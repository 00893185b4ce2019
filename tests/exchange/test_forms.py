"""Parameters and runs in the forms of other tools: layers, PyTorch's names, frames, predictions."""

import sys

import numpy as np
import pytest
from mistakes import told_in_one_line
from tolerance import close
from twins import uniforms

import flownet as fn

NETS = {
    "real": dict(sizes=[3, 4, 5, 2], activation="tanh"),
    "without bias": dict(sizes=[3, 4, 2], bias=False, dtype="float32"),
    "gated": dict(sizes=[3, 4, 2], activation="modrelu", dtype="complex128"),
    "widely linear": dict(sizes=[2, 3], widely_linear=True, dtype="complex64"),
}


def refused(line, call, *args, **options):
    with told_in_one_line(line):
        call(*args, **options)


@pytest.fixture(params=NETS)
def net(request):
    return fn.Network(**NETS[request.param])


def parameters(net, members=()):
    """Numbers in every place, the imaginary parts of gates left at 0."""
    W = uniforms(5, *members, net.size).astype(net.dtype)
    for layer in net.parts(W):
        if net.is_complex:
            layer.weights.imag = layer.weights.real[..., ::-1]
    return W


# ---- layers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [(), (3,)])
def test_pack_is_the_inverse_of_unpack_and_of_parts(net, members):
    W = parameters(net, members)
    again = net.pack(net.parts(W))
    assert again.dtype == net.dtype and again.flags.writeable
    np.testing.assert_array_equal(again, W)
    if not (net.widely_linear or "modrelu" in net.activation):
        np.testing.assert_array_equal(net.pack(net.unpack(W)), W)


def test_pack_copies():
    net = fn.Network([2, 2])
    weights, bias = np.ones((2, 2)), [1, 2]
    W = net.pack([(weights, bias)])
    weights[:] = 5
    assert W.tolist() == [1, 1, 1, 1, 1, 2]


def test_layers_that_do_not_fit():
    net = fn.Network([2, 3, 1])
    (A, b), (B, c) = net.unpack(net.init())
    refused("1 layers to pack; the network has 2: 2-3-1", net.pack, [(A, b)])
    refused(r"weights of layer 0 have the shape \(2, 3\); the network wants \(3, 2\)", net.pack,
            [(A.T, b), (B, c)])  # fmt: skip
    refused(r"bias of layer 1 are missing; the network's have the shape \(1,\)", net.pack,
            [(A, b), (B, None)])  # fmt: skip
    refused("weights of layer 0 are complex", net.pack, [(A + 1j, b), (B, c)])
    refused("layer 1 has 3 parts; it is a pair", net.pack, [(A, b), (B, c, c)])
    refused("weights of layer 0 holds <U1, no numbers", net.pack, [([["a"]], b), (B, c)])
    refused("layer 0 has no weights", net.pack, [(b, b), (B, c)])
    bare = fn.Network([2, 3, 1], bias=False)
    refused(
        "bias of layer 0 have the shape .*; the network wants none", bare.pack, [(A, b), (B, c)]
    )


# ---- PyTorch's names ---------------------------------------------------------------------------


def test_names_of_a_sequential():
    """Linear, Tanh, Linear: as numpy computes them from these names."""
    net = fn.Network([3, 4, 2], "tanh")
    W, x = uniforms(1, net.size), uniforms(2, 5, 3)
    state = net.state_dict(W)
    assert list(state) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    hidden = np.tanh(x @ state["0.weight"].T + state["0.bias"])
    close(net.forward(W, x), hidden @ state["2.weight"].T + state["2.bias"])
    state["2.bias"][0] = 7  # views of W
    assert W[-2] == 7


def test_state_dict_round_trip(net):
    W = parameters(net)
    np.testing.assert_array_equal(net.from_state_dict(net.state_dict(W)), W)
    names = [f"layer{k}" for k in range(net.layers)]
    state = net.state_dict(W, names=names)
    assert {name.split(".")[0] for name in state} == set(names)
    backwards = dict(sorted(state.items(), reverse=True))
    np.testing.assert_array_equal(net.from_state_dict(backwards, names=names), W)


def test_numbers_order_layers_whatever_the_order_of_the_dictionary():
    """Twelve layers of one shape: "10.weight" sorts before "2.weight"."""
    net = fn.Network([2] * 13)
    W = uniforms(3, net.size)
    state = {f"net.{name}": part for name, part in sorted(net.state_dict(W).items())}
    np.testing.assert_array_equal(net.from_state_dict(state), W)


def test_names_that_do_not_fit():
    net = fn.Network([2, 3, 1])
    state = net.state_dict(net.init())
    fc = {f"fc{name}": part for name, part in state.items()}
    refused("called 'fc0', 'fc2': the network has 2, whose order names= has to say",
            net.from_state_dict, fc)  # fmt: skip
    refused("fc1.weight is missing; there are fc2", net.from_state_dict,
            {"fc2.weight": fc["fc2.weight"]}, names=["fc1", "fc2"])  # fmt: skip
    refused(
        "unknown parameter '0.running_mean'", net.from_state_dict, {**state, "0.running_mean": 1}
    )
    refused(
        "names is 'fc'; the network has 2 layers to name", net.state_dict, net.init(), names="fc"
    )
    refused("bias of layer 1 are missing", net.from_state_dict,
            {name: part for name, part in state.items() if name != "2.bias"})  # fmt: skip


@pytest.mark.parametrize("name", [n for n in fn.ACTIVATIONS if n != "sin"])
def test_weights_of_a_live_module(name):
    """PyTorch's own nn.Sequential and flownet give the same outputs, both ways."""
    torch = pytest.importorskip("torch")
    words = {"leaky_relu": "LeakyReLU", "relu": "ReLU", "elu": "ELU", "gelu": "GELU"}
    activation = getattr(torch.nn, words.get(name, name.capitalize()))
    net = fn.Network([4, 6, 5, 3], name)
    parts = [torch.nn.Linear(a, b).double() for a, b in zip(net.sizes, net.sizes[1:])]
    module = torch.nn.Sequential(parts[0], activation(), parts[1], activation(), parts[2])
    W, x = net.from_state_dict(module.state_dict()), uniforms(1, 7, 4)
    close(net.forward(W, x), module(torch.from_numpy(x)).detach().numpy())
    np.testing.assert_array_equal(net.from_state_dict(dict(module.named_parameters())), W)
    state = net.state_dict(W + 0.1)
    module.load_state_dict({name: torch.from_numpy(part) for name, part in state.items()})
    close(net.forward(W + 0.1, x), module(torch.from_numpy(x)).detach().numpy())
    refused("no array of numbers", net.from_state_dict, module.bfloat16().state_dict())


class Tensor:
    """What a tensor with a gradient shows of itself; NumPy alone cannot read it."""

    def __init__(self, array):
        self._array = array

    def detach(self):
        return self

    cpu = resolve_conj = detach

    def numpy(self):
        return self._array

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")


def test_tensors_with_a_gradient_are_read():
    net = fn.Network([3, 4, 2])
    W = uniforms(1, net.size)
    tensors = {name: Tensor(part) for name, part in net.state_dict(W).items()}
    np.testing.assert_array_equal(net.from_state_dict(tensors), W)


# ---- predictions -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def iris_run():
    iris = fn.data.load("iris")
    named = fn.Dataset(iris.x, np.array(["setosa", "versicolor", "virginica"])[iris.labels])
    potential = fn.Potential(fn.Network([4, 5, 3]), fn.CrossEntropy(), named)
    return fn.train(potential, fn.Adam(0.05), steps=100)


def test_predict_gives_outputs_or_classes(iris_run):
    data, net = iris_run.potential.data, iris_run.potential.network
    W = iris_run.parameters[-1]
    y_hat = net.forward(W, data.x)
    np.testing.assert_array_equal(net.predict(W, data.x), y_hat)
    said = iris_run.predict(data.x)
    np.testing.assert_array_equal(said, data.classes[y_hat.argmax(axis=1)])
    np.testing.assert_array_equal(net.predict(W, data.x, classes=data.classes), said)
    assert (iris_run.predict(data.x, row=0) != said).any()
    accuracy = np.mean(said == data.classes[data.labels])
    assert iris_run.score() == accuracy > 0.9
    assert iris_run.score(fn.data.load("iris")) == accuracy  # numbers of the same classes


def test_score_goes_by_names(iris_run):
    """A part of the data that lacks a class has other columns and the same names."""
    data = iris_run.potential.data
    some = data.labels != 0
    part = fn.Dataset(data.x[some], data.classes[data.labels[some]])
    assert part.y.shape[1] == 2
    assert iris_run.score(part) == np.mean(
        iris_run.predict(part.x) == data.classes[data.labels[some]]
    )


def test_predict_of_a_frame(iris_run):
    pandas = pytest.importorskip("pandas")
    x = iris_run.potential.data.x
    np.testing.assert_array_equal(
        iris_run.predict(pandas.DataFrame(x[:9])), iris_run.predict(x[:9])
    )


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_score_of_values_is_r_squared(dtype):
    x, y = uniforms(1, 20, 2).astype(dtype), uniforms(2, 20, 3).astype(dtype)
    potential = fn.Potential(fn.Network([2, 3], dtype=dtype), fn.Quadratic(), fn.Dataset(x, y))
    run = fn.train(potential, fn.Aristotle(0.1), steps=20)
    y_hat = run.predict(x)
    assert y_hat.shape == (20, 3)
    each = [1 - np.var(b - a) / np.var(a) - abs((b - a).mean()) ** 2 / np.var(a)
            for a, b in zip(y.T, y_hat.T)]  # fmt: skip
    assert run.score() == pytest.approx(np.mean(each), rel=1e-12)


def test_predict_through_a_chart_and_a_view(iris_run):
    potential = iris_run.potential
    charted = fn.Charted(potential, fn.Sinh())
    W, x = iris_run.parameters[-1], potential.data.x
    run = fn.train(charted, fn.Aristotle(0.1), W0=charted.to_u(W), steps=0)
    np.testing.assert_array_equal(run.predict(x), iris_run.predict(x))
    net = fn.Network([2, 3, 1], "modrelu", output="abs2", dtype="complex128")
    z = fn.Dataset(uniforms(1, 6, 2) + 1j, uniforms(2, 6, 1))
    own = fn.Potential(net, fn.Quadratic(), z)
    seen = fn.train(fn.real_view(own), fn.Aristotle(0.1), W0=net.init(1).view(float), steps=0)
    close(seen.predict(z.x), net.forward(net.init(1), z.x))


def test_predictions_that_cannot_be(iris_run):
    refused("has no network that could predict", fn.train(
        fn.UV(), fn.Aristotle(0.1), W0=[1.0, 2.0], steps=1).predict, [[1.0]])  # fmt: skip
    refused("the network wants", iris_run.predict, [[1.0, 2.0]])
    refused(r"x.reshape\(1, -1\)", iris_run.predict, [1.0, 2.0, 3.0, 4.0])
    refused("have no labels", iris_run.score, fn.Dataset(np.zeros((2, 4)), [0.5, 0.1]))
    refused("label 3; the run's classes are 3", iris_run.score, fn.Dataset(np.zeros((1, 4)), [3]))
    refused("has to be a flownet.Dataset", iris_run.score, [[1.0]])
    net = iris_run.potential.network
    refused("2 classes; the network has 3 outputs", net.predict, net.init(), [[0.0] * 4],
            classes=[0, 1])  # fmt: skip


# ---- frames ------------------------------------------------------------------------------------


def test_a_run_as_a_frame(xor_potential):
    pandas = pytest.importorskip("pandas")
    observe = {"noise": (3, fn.Noise(xor_potential)), "sharpness": (2, fn.Sharpness(xor_potential))}
    run = fn.train(xor_potential, fn.Newton(0.5), steps=6, record_every=4, observe=observe)
    frame = run.to_pandas(parameters=True)
    assert isinstance(frame, pandas.DataFrame) and frame.index.name == "iteration"
    assert frame.index.tolist() == list(range(7)) and frame.columns[0] == "time"
    np.testing.assert_array_equal(frame["loss"], run.loss)
    np.testing.assert_array_equal(frame["time"], run.observables["loss"].time)
    np.testing.assert_array_equal(frame["step"][:6], run.step)
    assert np.isnan(frame["step"][6])
    for name in ("noise", "sharpness"):
        record = run.observables[name]
        columns = [c for c in frame if c.startswith(name)]
        kept = frame.loc[record.iteration, columns].to_numpy()
        np.testing.assert_array_equal(kept, record.value.reshape(kept.shape))
        assert frame[columns].dropna().shape == kept.shape
    W = frame.loc[run.iteration, [f"W[{i}]" for i in range(17)]]
    np.testing.assert_array_equal(W, run.parameters[:])
    assert run.to_pandas().columns.tolist() == frame.columns[:-17].tolist()


def test_a_flow_as_a_frame(xor_potential):
    """Its steps have other times than its rows: a line for each time."""
    pytest.importorskip("pandas")
    flow = fn.flow(xor_potential, W0=xor_potential.init(), time=0.6, at=[0.0, 0.1, 0.6])
    frame = flow.to_pandas()
    assert frame.index.name == "time" and frame.index.is_monotonic_increasing
    assert frame.index.is_unique and "time" not in frame
    np.testing.assert_array_equal(frame["loss"].dropna(), flow.loss)
    np.testing.assert_array_equal(frame["step"].dropna(), flow.step)


def test_without_the_package_one_line_says_what_to_install(iris_run, monkeypatch):
    for package in ("pandas", "xarray"):
        monkeypatch.setitem(sys.modules, package, None)
        refused(f"to_{package} needs {package}: pip install {package}",
                getattr(iris_run, f"to_{package}"))  # fmt: skip
