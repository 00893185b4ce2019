"""A network written as an ONNX model: a chain of Gemm and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._optional import optional
from ..._version import __version__
from .. import _check
from ._onnx_ops import DOMAIN, IR_VERSION, OPSET, function_of, operator_of
from ._place import free, naming, whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ..._types import PathLike, Positive
    from ..network import Network


def to_onnx(
    network: Network,
    W: ArrayLike,
    path: PathLike,
    *,
    softmax: bool = False,
    temperature: Positive = 1.0,
    overwrite: bool = False,
) -> None:
    """Write a network with its parameters as an ONNX model: input `x` (m, n_in), output `y`.

    Each layer is a Gemm whose parameters have PyTorch's names, each activation one operator. In
    double precision leaky_relu, elu, softplus and gelu are functions of the model, composed of
    operators, since onnxruntime has no such kernels. For single precision write
    `to_onnx(network.with_dtype("float32"), W, path)`.

    Parameters
    ----------
    network : Network
        Of real numbers.
    W : array (D,)
    path : path
    softmax : bool
        Whether `y` are Boltzmann probabilities softmax(Ŷ/kT), as cross-entropy sees the outputs.
    temperature : float
        kT of these.
    overwrite : bool
        Whether a file may be replaced.

    Raises
    ------
    FlownetError
        For a complex network, which ONNX has no operators for; without the package onnx; for a
        file that exists or cannot be written.
    """
    if network.is_complex:
        raise FlownetError(
            f"ONNX has no layers of complex numbers: {network!r} cannot be written; "
            "to_safetensors keeps its parameters."
        )
    temperature = _check.positive("temperature", temperature)
    onnx = optional("onnx", "to_onnx")
    W = _check.vector("W", W, network.size, network.dtype)
    model = _model(onnx, network, W, softmax, temperature)
    onnx.checker.check_model(model)
    path = free(path, overwrite)
    with naming(path), whole(path) as beside:
        onnx.save_model(model, str(beside), format="protobuf")


def _model(onnx, network, W, softmax, temperature):
    make, kind = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype(network.dtype)
    nodes, functions = _chain(onnx, network)
    last = nodes[-1].output[0]
    arrays = network.state_dict(W)
    if softmax and temperature != 1.0:
        arrays["temperature"] = np.array(temperature, network.dtype)
        nodes.append(make.make_node("Div", [last, "temperature"], ["cooled"]))
        last = "cooled"
    if softmax:
        nodes.append(make.make_node("Softmax", [last], ["probabilities"], axis=-1))
    nodes[-1].output[0] = "y"
    graph = make.make_graph(
        nodes,
        "flownet",
        [make.make_tensor_value_info("x", kind, ["m", network.sizes[0]])],
        [make.make_tensor_value_info("y", kind, ["m", network.sizes[-1]])],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
        doc_string=repr(network),
    )
    opsets = [make.make_opsetid("", OPSET)]
    if functions:
        opsets.append(make.make_opsetid(DOMAIN, 1))
    return make.make_model(
        graph,
        opset_imports=opsets,
        functions=[function_of(onnx, name) for name in functions],
        ir_version=IR_VERSION,
        producer_name="flownet",
        producer_version=__version__,
    )


def _chain(onnx, network):
    """Nodes from x on, and the activations among them that are functions."""
    nodes, functions, at = [], {}, "x"
    for k, name in enumerate([*network.activation, network.output]):
        inputs = [at, f"{2 * k}.weight", *([f"{2 * k}.bias"] if network.bias else [])]
        at = f"z{k + 1}"
        nodes.append(onnx.helper.make_node("Gemm", inputs, [at], transB=1))
        if name != "identity":
            operator, attributes, domain = operator_of(name, network.dtype)
            nodes.append(
                onnx.helper.make_node(operator, [at], [f"h{k + 1}"], domain=domain, **attributes)
            )
            at = f"h{k + 1}"
            functions |= {name: None} if domain else {}
    return nodes, list(functions)
