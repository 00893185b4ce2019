"""The dense network: its shape, its parameters as one flat vector, its map and both actions."""

from functools import cached_property

import numpy as np

from .._errors import FlownetError, shown
from .._kinds import unknown
from ..kernels import jet, network, plan
from ..kernels.activation import ACTIVATIONS
from . import _check
from ._init import full_name, initial_weights


class Network:
    """A dense network (multilayer perceptron) Ŷ = φ_L(… φ₁(X W₁ᵀ + b₁) …).

    All parameters are one flat vector W: for each layer the weights (n_out, n_in) row by row, then
    the bias.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of units in each hidden layer, and of outputs.
    activation : str or sequence of str
        One of `flownet.ACTIVATIONS` for all hidden layers, or one for each.
    output : str
        Activation of the output layer.
    bias : bool
        Whether layers have a bias.
    init : str
        lecun, glorot or he with `-normal` (default) or `-uniform`, or zeros; biases begin at 0.
    dtype : str
        float64 or float32.

    Attributes
    ----------
    size : int
        D, the number of parameters.

    Raises
    ------
    FlownetError
        For sizes, names or a dtype that do not exist.
    """

    def __init__(self, sizes, activation="tanh", *, output="identity", bias=True,
                 init="lecun-normal", dtype="float64"):
        self.sizes = _sizes(sizes)
        self.activation = _activations(activation, len(self.sizes) - 2)
        self.output = _activation(output)
        if not isinstance(bias, (bool, np.bool_)):
            raise FlownetError(f"bias is {shown(bias)}; it has to be True or False.")
        self.bias = bool(bias)
        self.init_name = full_name(init)
        self.dtype = _check.real_dtype(dtype)
        codes = [ACTIVATIONS.index(name) for name in (*self.activation, self.output)]
        self.plan = plan.network_plan(self.sizes, codes, int(self.bias), self.dtype)

    @property
    def layers(self):
        """Number of layers of weights."""
        return len(self.sizes) - 1

    @cached_property
    def ranges(self):
        """(begin, end) of each layer's parameters in W."""
        extents = [n_out * (n_in + self.bias) for n_in, n_out in zip(self.sizes, self.sizes[1:])]
        ends = np.cumsum(extents).tolist()
        return list(zip([0] + ends[:-1], ends))

    @property
    def size(self):
        """D, the number of parameters."""
        return self.ranges[-1][1]

    def init(self, seed=0, *, scale=1.0):
        """Initial parameters (D,): the network's `init` rule times `scale`, biases 0.

        The same seed gives the same bits on every machine.
        """
        if not _check.is_real(scale):
            raise FlownetError(f"scale is {scale!r}; it has to be a number.")
        W = np.zeros(self.size, self.dtype)
        for layer, (weights, _) in enumerate(self.unpack(W)):
            n_out, n_in = weights.shape
            weights[:] = scale * initial_weights(self.init_name, layer, n_in, n_out, seed)
        return W

    def unpack(self, W):
        """Weights (n_out, n_in) and bias (n_out,) or None of each layer, as views of W (D,)."""
        W = np.asarray(W)
        if W.shape[-1:] != (self.size,):
            raise FlownetError(f"W has shape {W.shape}; the network has D = {self.size}.")
        parts = []
        for (begin, end), n_in, n_out in zip(self.ranges, self.sizes, self.sizes[1:]):
            edge = begin + n_out * n_in
            weights = W[..., begin:edge].reshape(*W.shape[:-1], n_out, n_in)
            parts.append((weights, W[..., edge:end] if self.bias else None))
        return parts

    def forward(self, W, x):
        """Outputs Ŷ (m, n_out) of inputs x (m, n_in)."""
        W, x = self._point(W), self._inputs(x)
        y_hat = np.empty((len(x), self.sizes[-1]), self.dtype)
        network.forward(self.plan, x, W, self._workspace(len(x)), y_hat)
        return y_hat

    def pushforward(self, W, x, V):
        """Change Ẏ = J·V (m, n_out) of the outputs along a displacement V (D,) of W."""
        W, x = self._point(W), self._inputs(x)
        V = _check.vector("V", V, self.size, self.dtype)
        y_dot = np.empty((len(x), self.sizes[-1]), self.dtype)
        jet.pushforward(self.plan, x, W, V, plan.jet_workspace(self.plan, len(x), 2, self.dtype),
                        y_dot)
        return y_dot

    def pullback(self, W, x, cotangent):
        """Covector Jᵀ·G (D,) on the parameters of a cotangent G (m, n_out) on the outputs.

        The adjoint of `pushforward`: ⟨J·V, G⟩ = ⟨V, Jᵀ·G⟩ (TM 18, 38).
        """
        W, x = self._point(W), self._inputs(x)
        cotangent = _check.matrix("cotangent", cotangent, self.sizes[-1], self.dtype, len(x))
        covector = np.empty(self.size, self.dtype)
        network.pullback(self.plan, x, cotangent, W, covector, self._workspace(len(x)))
        return covector

    def with_dtype(self, dtype):
        """The same network in another precision."""
        return Network(**{**self.describe(), "dtype": dtype})

    def describe(self):
        """Table of arguments that makes this network again."""
        return {"sizes": list(self.sizes), "activation": list(self.activation),
                "output": self.output, "bias": self.bias, "init": self.init_name,
                "dtype": self.dtype.name}

    def __repr__(self):
        shape = "-".join(map(str, self.sizes))
        names = ", ".join(dict.fromkeys(self.activation)) or "linear"
        return f"Network {shape} ({names}; {self.size} parameters, {self.dtype.name})"

    def _point(self, W):
        return _check.vector("W", W, self.size, self.dtype)

    def _inputs(self, x):
        return _check.matrix("x", x, self.sizes[0], self.dtype)

    def _workspace(self, rows):
        return plan.workspace(self.plan, rows, self.dtype)


def _sizes(sizes):
    try:
        whole = tuple(int(n) for n in sizes)
        right = len(whole) >= 2 and all(n >= 1 and n == given for n, given in zip(whole, sizes))
    except (TypeError, ValueError, OverflowError):
        right = False
    if not right:
        raise FlownetError(f"sizes is {sizes!r}; it has to be two or more whole numbers above 0, "
                           "inputs first, such as [64, 32, 10].")
    return whole


def _activations(names, hidden):
    if isinstance(names, str):
        names = [names] * hidden
    if not isinstance(names, (list, tuple)):
        raise FlownetError(f"activation is {names!r}; it has to be a name or a list of names.")
    if len(names) != hidden:
        raise FlownetError(f"{len(names)} activations for {hidden} hidden layers; "
                           "give one name for all of them, or one for each.")
    return tuple(_activation(name) for name in names)


def _activation(name):
    if name not in ACTIVATIONS:
        raise FlownetError(unknown("activation", name, ACTIVATIONS))
    return name
