"""Activations in ONNX's words: one operator each, or a function composed of operators."""

import math

import numpy as np

from ..._errors import FlownetError
from ...kernels.scalar.activation import LEAK
from ._onnx_erf import lines_of_gelu

OPSET = 20  # the first with Gelu
IR_VERSION = 9  # the file format that goes with it
DOMAIN = "flownet"  # of the functions below

#: operator of each activation, and the attributes that make it flownet's
OPERATORS = {
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LEAK}),
    "elu": ("Elu", {"alpha": 1.0}),
    "softplus": ("Softplus", {}),
    "gelu": ("Gelu", {"approximate": b"none"}),
    "sin": ("Sin", {}),
}

#: value of an attribute that a node does not name
DEFAULTS = {"alpha": {"LeakyRelu": 0.01, "Elu": 1.0}, "approximate": {"Gelu": b"none"}}

# Lines of functions: output, operator, inputs; numbers are constants. onnxruntime has no kernels
# in double precision for these operators.
_LINES = {
    "leaky_relu": lambda: [("below", "Mul", "z", LEAK), ("y", "Max", "z", "below")],
    "gelu": lines_of_gelu,
    "elu": lambda: [
        ("negative", "Min", "z", 0.0),
        ("power", "Exp", "negative"),
        ("below", "Sub", "power", 1.0),
        ("above", "Max", "z", 0.0),
        ("y", "Add", "above", "below"),
    ],
    "softplus": lambda: [
        ("size", "Abs", "z"),
        ("down", "Neg", "size"),
        ("power", "Exp", "down"),
        ("more", "Add", "power", 1.0),
        ("rest", "Log", "more"),
        ("above", "Max", "z", 0.0),
        ("y", "Add", "above", "rest"),
    ],
}


def operator_of(name, dtype):
    """Operator of an activation, its attributes and its domain, for numbers of a type."""
    if name not in OPERATORS:
        raise FlownetError(f"ONNX has no operator for {name}, and none is composed for it here.")
    operator, attributes = OPERATORS[name]
    if dtype == np.float64 and name in _LINES:
        return operator, {}, DOMAIN
    return operator, attributes, ""


def function_of(onnx, name):
    """An activation composed of operators, in double precision, as a function of the model."""
    nodes = []
    for output, operator, *inputs in _LINES[name]():
        named = []
        for value in inputs:
            if isinstance(value, float):
                constant = onnx.numpy_helper.from_array(np.array(value))
                value = f"{output} constant"
                nodes.append(onnx.helper.make_node("Constant", [], [value], value=constant))
            named.append(value)
        nodes.append(onnx.helper.make_node(operator, named, [output]))
    imports = [onnx.helper.make_opsetid("", OPSET)]
    return onnx.helper.make_function(DOMAIN, OPERATORS[name][0], ["z"], ["y"], nodes, imports)


def activation_of(operator, domain, attributes):
    """Name of the activation that an operator is; else None, and what is wrong with it."""
    name = next((name for name, (known, _) in OPERATORS.items() if known == operator), None)
    if name is None or domain not in ("", DOMAIN):
        return None, "is no layer and no activation of flownet's"
    for word, wanted in OPERATORS[name][1].items():
        given = attributes.get(word, DEFAULTS[word][operator])
        same = math.isclose(given, wanted, rel_tol=1e-6) if word == "alpha" else given == wanted
        if not same:
            shown = wanted.decode() if isinstance(wanted, bytes) else wanted
            return None, f"has not the {word} of flownet's, {shown}"
    return name, None
