"""Products by cuBLAS, `device="cuda+cublas"`: in the simulator by what stands in for its package.

What is shown is the order of operands, which are transposed, how far apart their columns lie, and
what becomes of the product. The library itself is in `test_cuda_device`.
"""

import sys

import naive
import numpy as np
import pytest
from blas import NAME, Math
from click.testing import CliRunner
from runs import MECHANICS, distance, potential
from tolerance import close
from twins import mixed_case, point, potential as of_case, problem

import flownet as fn
from flownet.desk.cli import shell
from flownet.kernels.cuda.base import mirror
from flownet.kernels.cuda.base.current import on
from flownet.kernels.cuda.base.product import Part, columns, parts_of, product, pull_product
from flownet.kernels.cuda.tiny import run as tiny
from flownet.kernels.device import kernels_of
from flownet.kernels.scalar.activation import BODIES

pytestmark = pytest.mark.simulator

CUBLAS = "cuda+cublas"
BEFORE = 3  # numbers in front of a matrix: it need not begin at a multiple of four


@pytest.fixture
def large(monkeypatch):
    """Every run is one of launches over the whole device, as large networks are."""
    monkeypatch.setattr(tiny, "SMALL", {True: 0.0, False: 0.0})


def _behind(array):
    """Its flat copy on the device, with others in front."""
    return Part(mirror.fresh(np.concatenate([np.full(BEFORE, 9, array.dtype), array.ravel()])), 3)


def _host(part, shape):
    out = np.empty(part.at + int(np.prod(shape)), part.array.dtype)
    mirror.fetch(part.array, out)
    assert (out[: part.at] == 9).all()  # what lies in front stays
    return out[part.at :].reshape(shape)


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 2), (2, 4, 7)], ids=str)
def test_the_three_products(shape, dtype, blas):
    """With all that may become of them, beside NumPy's."""
    m, n_in, n_out = shape
    rng = np.random.default_rng(7)
    sizes = (m, n_in), (n_out, n_in), (m, n_out), (n_out,), (m, n_in)
    x, w, g, b, s = (rng.normal(size=size).astype(dtype) for size in sizes)
    z, X, G = np.float64(x) @ w.T + b, _behind(x), _behind(g)
    W = Part(mirror.fresh(np.concatenate([w.ravel(), b])), 0)
    words = {"bias": w.size}
    with on(0, "cublas"):
        y, slope = _behind(g), _behind(0 * g)
        product(y, X, W, *shape, add=True, **words)
        close(_host(y, g.shape), z + g, dtype)
        product(y, X, W, *shape)
        close(_host(y, g.shape), z - b, dtype)
        for code, body in enumerate(BODIES):
            product(y, X, W, *shape, activation=code, slope=slope, **words)
            expected = np.array([[body(float(number))[:2] for number in row] for row in z])
            close(_host(y, g.shape), expected[..., 0], dtype)
            close(_host(slope, g.shape), expected[..., 1], dtype)
        gx = _behind(s)
        pull_product(gx, G, W, *shape, times=True)
        close(_host(gx, s.shape), (np.float64(g) @ w) * s, dtype)
        pull_product(gx, G, W, *shape)
        pull_product(gx, G, W, *shape, add=True)
        close(_host(gx, s.shape), 2 * np.float64(g) @ w, dtype)
        dw = _behind(w)
        columns(dw, G, X, *shape, add=True)
        close(_host(dw, w.shape), np.float64(g).T @ x + w, dtype)
        columns(dw, G, X, *shape, parts=parts_of(dtype, *shape))
        close(_host(dw, w.shape), np.float64(g).T @ x, dtype)
        assert parts_of(dtype, 4000, n_in, n_out)[1] == 1  # it splits sums by itself
    assert set(blas.calls) == {(1, 0), (0, 0), (0, 1)}  # Y, the pullback, the covectors


@pytest.mark.parametrize("loss", ["quadratic", "cross-entropy"])
def test_a_differential_is_that_of_the_naive_twin(loss, dtype, blas):
    """Biases, temperature, both metrics, and several activations in one network."""
    case = mixed_case("gelu", loss, 300)
    here, W = of_case(case, dtype).on_device(CUBLAS), point(case)[0]
    expected, slope = naive.differential(problem(case), W)
    value, dL = here.differential(W.astype(dtype))
    close(value, expected, dtype)
    close(dL, slope, dtype)
    layers = len(case["sizes"]) - 1
    assert len(blas.calls) >= 3 * layers - 1  # of the lowest layer nothing is pulled back


def test_derivatives_of_higher_order(blas):
    """Jets, Hessian and third action, diagonals, a complex network: their products are the same."""
    case = mixed_case("tanh", "quadratic", 300, full=False)
    cpu, (W, V) = of_case(case), point(case)
    here = cpu.on_device(CUBLAS)
    one, other = here.hessian(W), cpu.hessian(W)
    close(one.action(V), other.action(V))
    close(one.third_action(V), other.third_action(V))
    close(one.diagonal(), other.diagonal())
    close(here.jet(W, V, 3), cpu.jet(W, V, 3))
    net = fn.Network([2, 3, 1], "cardioid", dtype="complex128")
    z = np.random.default_rng(1).normal(size=(4, 3, 2)).view(complex)[..., 0]
    cpu, W = fn.Potential(net, fn.Quadratic(), fn.Dataset(z[:, :2], z[:, 2:])), net.init(0)
    close(cpu.on_device(CUBLAS).differential(W)[1].view(float), cpu.differential(W)[1].view(float))
    assert blas.calls


@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.parametrize("name", ["aristotle", "heated", "sam", "adam"])
def test_runs(name, batch_size, blas, large, tmp_path):
    """Beside those of flownet's own products; resumed they stay cuBLAS's."""
    p, words = potential(), {"batch_size": batch_size, "progress": False, "seed": 3}
    own, here = (fn.train(p, MECHANICS[name], steps=6, device=d, **words) for d in ("cuda", CUBLAS))
    assert distance(here, own) < 1e-13
    path = tmp_path / "run.h5"
    fn.train(p, MECHANICS[name], steps=4, store=path, device=CUBLAS, **words)
    before = len(blas.calls)
    resumed = fn.resume(path, steps=6, progress=False)
    assert len(blas.calls) > before
    assert resumed.experiment["run"]["device"] == CUBLAS
    assert np.array_equal(resumed.parameters[:], here.parameters[:])


def test_small_runs_and_many_stay_in_kernels_of_their_own(blas):
    """Where nothing is multiplied by a launch, nobody else does; the last loss has two products."""
    p, words = potential(), {"steps": 3, "progress": False}
    own, here = (fn.train(p, fn.Aristotle(0.1), device=d, **words) for d in ("cuda", CUBLAS))
    assert np.array_equal(own.parameters[:], here.parameters[:])
    assert blas.calls == 2 * [(1, 0)]
    experiment, axes = fn.Experiment.of(p, fn.Aristotle(0.1), steps=2), {"run.seed": range(3)}
    fn.sweep(experiment, axes=axes, device=CUBLAS, progress=False)
    assert blas.calls == 2 * [(1, 0)]


def test_what_it_is_told(blas):
    """No TF32, room of its own in the stream that it works in."""
    kernels_of(CUBLAS)
    assert blas.told["math"] == (Math.DEFAULT_MATH,)
    assert list(blas.told) == ["stream", "workspace", "math"]  # a stream that is set takes the room


FILE = """
[data]
name = "xor"
[network]
sizes = [2, 3, 1]
[loss]
kind = "quadratic"
[mechanics]
kind = "aristotle"
step = 0.1
[run]
steps = 2
device = "cuda+cublas"
"""


def test_files_and_the_shell_know_the_name(blas, large, tmp_path):
    file, out = tmp_path / "run.toml", str(tmp_path / "run.h5")
    file.write_text(FILE)
    for words in ([], ["--device", CUBLAS, "--overwrite"]):
        before = len(blas.calls)
        done = CliRunner().invoke(shell, ["run", str(file), "-o", out, *words])
        assert done.exit_code == 0, done.output
        assert len(blas.calls) > before
        assert fn.Trajectory.open(out).experiment["run"]["device"] == CUBLAS


def test_flownet_devices_says_whether_it_is_installed(blas, monkeypatch):
    for ends in ("Python, cuBLAS", "Python"):
        last = CliRunner().invoke(shell, ["devices"]).output.splitlines()[-1]
        assert last.startswith("cuda ") and last.endswith(ends)
        monkeypatch.setitem(sys.modules, NAME, None)


@pytest.mark.parametrize("name", [CUBLAS, "cuda:0+cublas"])
def test_a_package_that_is_missing_is_one_line(name, blas, monkeypatch):
    monkeypatch.setitem(sys.modules, NAME, None)
    with pytest.raises(fn.FlownetError) as said:
        fn.train(potential(), fn.Aristotle(0.1), steps=2, device=name)
    wanted = "is not available: cuBLAS needs nvmath-python: pip install 'flownet[cublas]'."
    assert str(said.value) == f"device {name!r} {wanted}"


def test_a_library_that_does_not_start_is_one_line(blas, monkeypatch):
    def create():
        raise RuntimeError("libcublas.so.13:\ncannot open shared object file")

    monkeypatch.setattr(blas, "create", create)
    with pytest.raises(fn.FlownetError) as said:
        kernels_of(CUBLAS)
    assert "cuBLAS does not start: libcublas.so.13: cannot open shared" in str(said.value)
    assert str(said.value).endswith("pip install 'flownet[cublas]'.")
    assert kernels_of("cuda")  # flownet's own products are there as before
