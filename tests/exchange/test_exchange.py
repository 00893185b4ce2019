"""Networks in the files of other tools: what is written is read, by them and by us."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mistakes import told_in_one_line
from twins import uniforms

import flownet as fn

PRECISION = {"float32": 1e-6, "float64": 1e-12}


def refused(line, call, *args, **options):
    with told_in_one_line(line):
        call(*args, **options)


def network(name="tanh", dtype="float64", **words):
    """A network of three layers, its parameters away from 0, and inputs."""
    net = fn.Network([4, 6, 5, 3], name, dtype=dtype, **words)
    W = (net.init(1) + 0.3 * uniforms(2, net.size)).astype(dtype)
    return net, W, uniforms(3, 20, 4).astype(dtype)


# ---- safetensors -------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_safetensors_round_trip(dtype, tmp_path):
    pytest.importorskip("safetensors")
    net, W, _ = network(dtype=dtype, bias=dtype != "float32")
    fn.to_safetensors(net, W, tmp_path / "net.safetensors")
    again, V = fn.from_safetensors(tmp_path / "net.safetensors")
    assert again.describe() == net.describe() and V.dtype == net.dtype
    np.testing.assert_array_equal(V, W)


def test_safetensors_holds_pytorchs_names(tmp_path):
    """Files of others: no word of flownet's in the header, names of their own."""
    tool = pytest.importorskip("safetensors.numpy")
    net, W, _ = network()
    fn.to_safetensors(net, W, tmp_path / "net.safetensors")
    arrays = tool.load_file(tmp_path / "net.safetensors")
    assert set(arrays) == {f"{k}.{part}" for k in (0, 2, 4) for part in ("weight", "bias")}
    np.testing.assert_array_equal(net.from_state_dict(arrays), W)
    names = ["first", "second", "third"]
    tool.save_file(net.state_dict(W, names=names), tmp_path / "other.safetensors")
    refused("give network=", fn.from_safetensors, tmp_path / "other.safetensors")
    refused("names= has to say", fn.from_safetensors, tmp_path / "other.safetensors", network=net)
    _, V = fn.from_safetensors(tmp_path / "other.safetensors", network=net, names=names)
    np.testing.assert_array_equal(V, W)
    fn.to_safetensors(net, W, tmp_path / "mine.safetensors", names=names)
    np.testing.assert_array_equal(fn.from_safetensors(tmp_path / "mine.safetensors")[1], W)


def test_safetensors_that_are_none(tmp_path):
    tool = pytest.importorskip("safetensors.numpy")
    net, W, _ = network()
    path = tmp_path / "net.safetensors"
    fn.to_safetensors(net, W, path)
    refused("net.safetensors exists; overwrite=True", fn.to_safetensors, net, W, path)
    fn.to_safetensors(net, 2 * W, path, overwrite=True)
    np.testing.assert_array_equal(fn.from_safetensors(path)[1], 2 * W)
    refused("there is no file", fn.from_safetensors, tmp_path / "none")
    refused("numbers are not those of Network 4-2", fn.from_safetensors, path,
            network=fn.Network([4, 2]))  # fmt: skip
    refused("nowhere/x: ", fn.to_safetensors, net, W, tmp_path / "nowhere" / "x")
    refused(r"W has shape \(3,\)", fn.to_safetensors, net, W[:3], tmp_path / "x")
    whole = path.read_bytes()
    for broken in (whole[:20], whole[:-8], b"", bytes(64)):
        path.write_bytes(broken)
        refused("net.safetensors: ", fn.from_safetensors, path)
    for header in ("{}", "no", json.dumps({"network": {"sizes": [4, 10**9]}, "names": None})):
        tool.save_file({"0.weight": W[:4]}, path, {"flownet": header})
        refused("net.safetensors: ", fn.from_safetensors, path)


# ---- ONNX --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", fn.ACTIVATIONS)
@pytest.mark.parametrize("dtype", PRECISION)
def test_onnxruntime_says_the_same(name, dtype, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    net, W, x = network(name, dtype, bias=name != "sigmoid", output=name)
    fn.to_onnx(net, W, tmp_path / "net.onnx")
    again, V = fn.from_onnx(tmp_path / "net.onnx")
    assert again.describe() == net.describe()
    np.testing.assert_array_equal(V, W)
    (y,) = runtime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": x})
    y_hat = net.forward(W, x)
    assert y.dtype == dtype and np.abs(y - y_hat).max() <= PRECISION[dtype] * np.abs(y_hat).max()


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_boltzmann_probabilities(temperature, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    net, W, x = network()
    fn.to_onnx(net, W, tmp_path / "net.onnx", softmax=True, temperature=temperature)
    (p,) = runtime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": x})
    q = np.exp(net.forward(W, x) / temperature)
    np.testing.assert_allclose(p, q / q.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_array_equal(fn.from_onnx(tmp_path / "net.onnx")[1], W)


def test_functions_keep_small_numbers(tmp_path):
    """Of one unit, far out and near 0, in double precision."""
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    z = np.array([-700.0, -40.0, -1e-8, 0.0, 1e-8, 40.0, 700.0]).reshape(-1, 1)
    for name in ("elu", "softplus", "leaky_relu", "gelu"):
        net = fn.Network([1, 1], output=name, bias=False)
        fn.to_onnx(net, [1.0], tmp_path / f"{name}.onnx")
        (y,) = runtime.InferenceSession(tmp_path / f"{name}.onnx").run(None, {"x": z})
        np.testing.assert_allclose(y, net.forward([1.0], z), rtol=1e-14, atol=2e-16)


def model(onnx, nodes, arrays, n_out=2):
    """A model of one input x (m, 3)."""
    make, kind = onnx.helper, onnx.TensorProto.DOUBLE
    graph = make.make_graph(
        [make.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes],
        "other",
        [make.make_tensor_value_info("x", kind, ["m", 3])],
        [make.make_tensor_value_info("y", kind, ["m", n_out])],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return make.make_model(graph, opset_imports=[make.make_opsetid("", 20)], ir_version=9)


A, B, b = uniforms(1, 3, 4), uniforms(2, 4, 2), uniforms(3, 2)
TANH = ("Tanh", ["h"], ["t"])
FIRST, LAST = ("MatMul", ["x", "A"], ["h"]), ("MatMul", ["t", "B"], ["y"])


def test_models_of_others(tmp_path):
    """MatMul and Add, factors of Gemm, and what does nothing."""
    onnx = pytest.importorskip("onnx")
    nodes = [
        ("Flatten", ["x"], ["f"]),
        ("MatMul", ["f", "A"], ["h"]),
        TANH,
        ("Dropout", ["t"], ["d"]),
        ("Gemm", ["d", "B", "b"], ["y"], {"alpha": 0.5, "beta": 3.0}),
    ]
    onnx.save(model(onnx, nodes, {"A": A, "B": B, "b": b}), tmp_path / "other.onnx")
    net, W = fn.from_onnx(tmp_path / "other.onnx")
    x = uniforms(4, 5, 3)
    np.testing.assert_allclose(
        net.forward(W, x), 0.5 * np.tanh(x @ A) @ B + 3 * b, rtol=0, atol=1e-14
    )
    assert net.sizes == (3, 4, 2) and net.activation == ("tanh",)
    added = [("MatMul", ["x", "A"], ["p"]), ("Add", ["c", "p"], ["h"]), TANH, LAST]
    onnx.save(model(onnx, added, {"A": A, "B": B, "c": A[0]}), tmp_path / "other.onnx")
    net, W = fn.from_onnx(tmp_path / "other.onnx")
    np.testing.assert_allclose(net.forward(W, x), np.tanh(x @ A + A[0]) @ B, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "nodes, line",
    [
        ([FIRST, ("Cos", ["h"], ["t"]), LAST], "'t', a Cos, is no layer and no activation"),
        ([FIRST, ("Elu", ["h"], ["t"], {"alpha": 0.5}), LAST], "has not the alpha of flownet's, 1"),
        (
            [FIRST, ("Gelu", ["h"], ["t"], {"approximate": "tanh"}), LAST],
            "has not the approximate of flownet's, none",
        ),
        ([FIRST, TANH, ("Tanh", ["t"], ["s"]), ("MatMul", ["s", "B"], ["y"])], "does not follow"),
        ([("Tanh", ["x"], ["y"])], "a Tanh, does not follow a layer"),
        ([FIRST, TANH, ("Add", ["t", "h"], ["s"]), ("MatMul", ["s", "B"], ["y"])], "no chain"),
        (
            [FIRST, ("Mul", ["h", "two"], ["t"]), LAST],
            "'y', a MatMul, comes after what ends a network",
        ),
        ([FIRST, ("Softmax", ["h"], ["t"]), LAST], "comes after what ends a network"),
        ([("Gemm", ["A2", "x"], ["y"])], "is not fed by one value and constants"),
        ([("Identity", ["x"], ["y"])], "the model has no layer"),
    ],
)  # fmt: skip
def test_models_that_are_no_chain(nodes, line, tmp_path):
    onnx = pytest.importorskip("onnx")
    arrays = {"A": A, "B": B, "two": np.array(2.0), "A2": A[:2]}
    used = {name for node in nodes for name in node[1]}
    kept = {name: array for name, array in arrays.items() if name in used}
    onnx.save(model(onnx, nodes, kept), tmp_path / "other.onnx")
    refused(line, fn.from_onnx, tmp_path / "other.onnx")


def test_onnx_that_cannot_be(tmp_path):
    pytest.importorskip("onnx")
    net, W, _ = network()
    path = tmp_path / "net.onnx"
    wave = fn.Network([2, 1], dtype="complex128")
    refused("ONNX has no layers of complex numbers", fn.to_onnx, wave, wave.init(), path)
    refused("temperature is 0", fn.to_onnx, net, W, path, temperature=0)
    fn.to_onnx(net, W, path)
    refused("net.onnx exists; overwrite=True", fn.to_onnx, net, W, path)
    refused("there is no file", fn.from_onnx, tmp_path / "none.onnx")
    refused("nowhere/x: No such file|nowhere/x: .*No such", fn.to_onnx, net, W,
            tmp_path / "nowhere" / "x")  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"]
    whole = path.read_bytes()
    for broken in (whole[:50], whole[:-30], b"\x00" * 40):
        path.write_bytes(broken)
        refused("net.onnx: ", fn.from_onnx, path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its exporter
def test_a_module_that_pytorch_exported(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    layers = [torch.nn.Linear(4, 5), torch.nn.LeakyReLU(), torch.nn.Dropout(0.3)]
    module = torch.nn.Sequential(*layers, torch.nn.Linear(5, 3), torch.nn.Softmax(-1)).eval()
    x = uniforms(1, 6, 4).astype("float32")
    torch.onnx.export(module, torch.from_numpy(x), str(tmp_path / "m.onnx"), dynamo=False)
    net, W = fn.from_onnx(tmp_path / "m.onnx")
    assert net.activation == ("leaky_relu",) and net.dtype == "float32"
    q = np.exp(net.forward(W, x))
    p = module(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(q / q.sum(axis=1, keepdims=True), p, rtol=1e-6)


def test_torch_is_not_imported(tmp_path):
    code = (
        "import sys, flownet as fn; net = fn.Network([2, 1]); W = net.init();"
        "fn.to_onnx(net, W, 'n.onnx'); fn.from_onnx('n.onnx');"
        "fn.to_safetensors(net, W, 'n.st'); fn.from_safetensors('n.st');"
        "print({'torch', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    pytest.importorskip("onnx")
    pytest.importorskip("safetensors")
    root = str(Path(fn.__file__).parents[1])
    told = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                          text=True, env={"PYTHONPATH": root})  # fmt: skip
    assert told.stdout == "set()\n", told.stderr


@pytest.mark.parametrize("call", ["to_onnx", "from_onnx", "to_safetensors", "from_safetensors"])
def test_without_the_package_one_line_says_what_to_install(call, monkeypatch, tmp_path):
    package = call.split("_")[1]
    for module in [m for m in sys.modules if m.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    net, W, _ = network()
    words = (net, W, tmp_path / "x") if call.startswith("to") else (tmp_path / "x",)
    refused(f"{call} needs {package}: pip install {package}", getattr(fn, call), *words)
