"""A network read from an ONNX model that is a chain of layers and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..._errors import FlownetError
from ..._optional import optional
from ..network import Network
from ._onnx_ops import activation_of
from ._place import naming, there

if TYPE_CHECKING:
    from ..._types import PathLike, Vector

_NOTHING = ("Identity", "Dropout", "Flatten")  # of rows of numbers, in use and not in training


def from_onnx(path: PathLike) -> tuple[Network, Vector]:
    """Network and parameters W (D,) of an ONNX model that is a chain of layers and activations.

    A layer is a Gemm, or a MatMul with an Add. A softmax in the end, and a temperature before it,
    belong to the loss here (`CrossEntropy`): they are left out.

    Parameters
    ----------
    path : path

    Returns
    -------
    network : Network
        In double precision where a weight is, else in single.
    W : ndarray (D,)

    Raises
    ------
    FlownetError
        For a model that is not such a chain, which the line names; without the package onnx; for a
        file that is missing or damaged.
    """
    onnx = optional("onnx", "from_onnx")
    path = there(path)
    damaged = optional("google.protobuf.message", "from_onnx").DecodeError
    with naming(path, damaged, onnx.checker.ValidationError, ValueError):
        model = onnx.load_model(str(path), format="protobuf")
        onnx.checker.check_model(model)
        chain = _Chain(onnx, model.graph)
        for node in _in_order(model.graph, chain):
            chain.take(node)
        return chain.network()


class _Chain:
    """What the nodes so far make: layers (weights, bias) and the activation of each."""

    def __init__(self, onnx, graph):
        self._onnx, self.constants = onnx, {}
        for tensor in graph.initializer:
            self.constants[tensor.name] = onnx.numpy_helper.to_array(tensor)
        for node in graph.node:
            if node.op_type == "Constant" and not node.input:
                self.constants[node.output[0]] = self._value(node)
        self.layers, self.activations = [], []
        self._cooled = self._ended = False

    def _value(self, node):
        return self._onnx.numpy_helper.to_array(node.attribute[0].t)

    def take(self, node):
        """One more node of the chain."""
        words = {a.name: self._onnx.helper.get_attribute_value(a) for a in node.attribute}
        operator = node.op_type
        if self._ended or (self._cooled and operator != "Softmax"):
            _refuse(node, "comes after what ends a network")
        if operator in _NOTHING and not node.domain:
            return
        constants = [self.constants.get(name) for name in node.input]
        if operator == "Gemm":
            self._gemm(node, words, *constants[1:])
        elif operator == "MatMul" and constants[-1] is not None:
            self._layer(node, constants[-1].T, None)
        elif operator == "Add" and self._bare:
            self._bias(node, next(c for c in constants if c is not None))
        elif operator == "Softmax" and words.get("axis", -1) in (-1, 1):
            self._ended = True
        elif operator in ("Div", "Mul") and self.layers and _is_number(constants):
            self._cooled = True
        else:
            self._activation(node, words)

    @property
    def _bare(self):
        """Whether the last node was a product, whose bias may follow."""
        return bool(self.layers) and self.layers[-1][1] is None and self.activations[-1] is None

    def _gemm(self, node, words, weights, bias=None):
        if weights is None or words.get("transA", 0) or (len(node.input) > 2 and bias is None):
            _refuse(node, "does not multiply by constants")
        weights = weights if words.get("transB", 0) else weights.T
        self._layer(node, words.get("alpha", 1.0) * weights, None)
        if bias is not None:
            self._bias(node, words.get("beta", 1.0) * bias)

    def _layer(self, node, weights, bias):
        if weights.ndim != 2:
            _refuse(node, "has weights that are no matrix")
        self.layers.append([weights, bias])
        self.activations.append(None)

    def _bias(self, node, bias):
        n_out = len(self.layers[-1][0])
        if bias.size not in (1, n_out) or bias.ndim > 2:
            _refuse(node, "adds no bias, one number for each unit")
        self.layers[-1][1] = np.broadcast_to(bias.reshape(-1), n_out)

    def _activation(self, node, words):
        name, wrong = activation_of(node.op_type, node.domain, words)
        if wrong is None and (not self.activations or self.activations[-1] is not None):
            wrong = "does not follow a layer"
        if wrong:
            _refuse(node, wrong)
        self.activations[-1] = name

    def network(self):
        """The network and its parameters."""
        if not self.layers:
            raise FlownetError("the model has no layer: no Gemm and no MatMul by constants.")
        types = [weights.dtype for weights, _ in self.layers]
        *hidden, output = [name or "identity" for name in self.activations]
        network = Network(
            [self.layers[0][0].shape[1], *(len(weights) for weights, _ in self.layers)],
            hidden,
            output=output,
            bias=any(bias is not None for _, bias in self.layers),
            dtype="float64" if np.dtype("float64") in types else "float32",
        )
        return network, network.pack(self._packed(network.bias, network.dtype))

    def _packed(self, has_bias, dtype):
        for weights, bias in self.layers:
            zeros = np.zeros(len(weights)) if has_bias else None
            yield weights.astype(dtype), zeros if bias is None else bias.astype(dtype)


def _in_order(graph, chain):
    """Nodes from the one input to the one output, each fed by the one before."""
    inputs = [value.name for value in graph.input if value.name not in chain.constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise FlownetError(f"the model has {len(inputs)} inputs and {len(graph.output)} outputs.")
    at, end = inputs[0], graph.output[0].name
    while at != end:
        users = [node for node in graph.node if at in node.input]
        if len(users) != 1:
            raise FlownetError(f"{at!r} goes to {len(users)} nodes: the model is no chain.")
        fed = [name for name in users[0].input if name and name not in chain.constants]
        if fed != [at] or (users[0].op_type in ("Gemm", "MatMul") and users[0].input[0] != at):
            _refuse(users[0], "is not fed by one value and constants")
        yield users[0]
        at = users[0].output[0]


def _is_number(constants):
    """Whether one of two factors is a constant number."""
    known = [c for c in constants if c is not None]
    return len(known) == 1 and known[0].size == 1


def _refuse(node, why):
    raise FlownetError(f"the node {node.name or node.output[0]!r}, a {node.op_type}, {why}.")
