"""The dense network: its shape, its parameters as one flat vector, its map and both actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..._errors import FlownetError, shown
from ..._memory import refuse_too_large
from ...data._arrays import inputs
from ...kernels.device import kernels_of
from ...kernels.scalar.pair import READOUTS
from .. import _check
from .._check import yes_or_no
from ._architecture import activation_of, activations_of, codes_of, sizes_of
from ._as_reals import ComplexAsReals, RealsAsTheyAre
from ._flat import FlatParameters
from ._init import initial_weights, rule_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, DTypeLike

    from ..._types import Activation, Device, Init, NotNegative, Output, Sizes, Vector


class Network(FlatParameters):
    """A dense network (multilayer perceptron) Ŷ = φ_L(… φ₁(X W₁ᵀ + b₁) …).

    All parameters are one flat vector W: for each layer the weights (n_out, n_in) row by row, then
    the weights of the conjugate inputs, the bias and the biases of modReLU, where it has them.

    With a complex dtype all numbers are complex, and covectors are dL = ∂L/∂x + i∂L/∂y = 2∂L/∂W̄,
    paired with displacements by Re Σ conj(dL)·V: W − step·dL is steepest descent in the real
    picture (TM 13). PyTorch's gradients are the same, JAX's are their conjugates.

    Parameters
    ----------
    sizes : sequence of int
        Number of inputs, of units in each hidden layer, and of outputs.
    activation : str or sequence of str
        One of `flownet.ACTIVATIONS` for all hidden layers, or one for each; of a complex network
        one of `flownet.COMPLEX_ACTIVATIONS`, where `split_tanh` acts on both parts alike and `tanh`
        is the holomorphic one.
    output : str
        Activation of the output layer. Of a complex network also "real", "abs" or "abs2", which
        give real outputs Re z, |z| or |z|².
    bias : bool
        Whether layers have a bias.
    init : str or sequence of float
        lecun, glorot or he with `-normal` (default) or `-uniform`, or zeros; or the standard
        deviation of each layer's weights, by the normal law. Biases begin at 0.
        Complex weights have E|w|² in place of the variance and every phase alike.
    widely_linear : bool
        Whether layers of a complex network are WX + VX̄ + b.
    dtype : str
        float64, float32, complex128 or complex64.
    device : str
        Whose kernels it works with: "cpu", or "cuda", "cuda:1" and so on, a CUDA device, or
        "cuda+cublas", which multiplies by cuBLAS.

    Attributes
    ----------
    size : int
        D, the number of parameters.

    Raises
    ------
    FlownetError
        For sizes, names or a dtype that do not exist.
    """

    by_units = False  # whether diagonals are worked out one unit displacement after another

    def __init__(
        self,
        sizes: Sizes,
        activation: Activation | Sequence[Activation] = "tanh",
        *,
        output: Output = "identity",
        bias: bool = True,
        init: Init | Sequence[NotNegative] = "lecun-normal",
        widely_linear: bool = False,
        dtype: DTypeLike = "float64",
        device: Device = "cpu",
    ) -> None:
        self.device = device
        self.sizes, self.dtype = sizes_of(sizes), _check.network_dtype(dtype)
        self.activation = activations_of(
            activation, len(self.sizes) - 2, codes_of(self.dtype), self.dtype
        )
        codes = codes_of(self.dtype, output=True)
        self.output = activation_of(output, codes, self.dtype)
        self.bias = yes_or_no("bias", bias)
        self.widely_linear = yes_or_no("widely_linear", widely_linear)
        if self.widely_linear and not self.is_complex:
            raise FlownetError(
                f"widely_linear layers see x and its conjugate: numbers of "
                f"{self.dtype.name} have none; dtype='complex128'."
            )
        self.init_rule = rule_of(init, len(self.sizes) - 1)
        refuse_too_large(
            f"a network of the sizes {shown(self.sizes)}", self.size * self.dtype.itemsize
        )
        codes = [codes[name] for name in (*self.activation, self.output)]
        if self.is_complex:
            self.plan = self.kernels.complex_plan(
                self.sizes,
                codes,
                int(self.bias),
                self.dtype.type(0).real.dtype,
                widely_linear=self.widely_linear,
                gated=np.array(self._gated, int),
                readout=self.reads_out,
            )
            self.as_reals: ComplexAsReals | RealsAsTheyAre = ComplexAsReals(
                self.kernels, self.plan, self.dtype, self.size, self.reads_out
            )
        else:
            self.plan = self.kernels.network_plan(self.sizes, codes, int(self.bias), self.dtype)
            self.as_reals = RealsAsTheyAre(self.dtype)

    @property
    def kernels(self) -> Any:
        """Kernels of its device."""
        return kernels_of(self.device)

    @property
    def is_complex(self) -> bool:
        """Whether parameters are complex numbers."""
        return self.dtype.kind == "c"

    @property
    def reads_out(self) -> bool:
        """Whether outputs are real numbers read off complex ones."""
        return self.is_complex and self.output in READOUTS

    @property
    def output_dtype(self) -> np.dtype:
        """Type of the outputs."""
        return self.as_reals.real if self.reads_out else self.dtype

    def init(self, seed: int = 0, *, scale: float = 1.0) -> Vector:
        """Initial parameters (D,): the network's `init` rule times `scale`, biases 0.

        The same seed gives the same bits on every machine.
        """
        if not _check.is_whole(seed, -(2**63), 2**64 - 1):
            raise FlownetError(f"seed is {shown(seed)}; it has to be a whole number of 64 bits.")
        if not _check.is_real(scale):
            raise FlownetError(f"scale is {shown(scale)}; it has to be a number.")
        W = np.zeros(self.size, self.dtype)
        share = scale / np.sqrt(1 + self.widely_linear)
        for layer, part in enumerate(self.parts(W)):
            n_out, n_in = part.weights.shape
            for second, weights in enumerate((part.weights, part.conjugate)):
                if weights is not None:
                    weights[:] = share * initial_weights(
                        self.init_rule, layer, n_in, n_out, seed, self.is_complex, bool(second)
                    )
        return W

    def forward(self, W: ArrayLike, x: ArrayLike) -> Vector:
        """Outputs Ŷ (m, n_out) of inputs x (m, n_in)."""
        W, x = self._point(W), self._inputs(x)
        y_hat = self._outputs(len(x))
        self.kernels.forward(self.plan, x, W, self._workspace(len(x)), y_hat)
        return self.as_reals.outputs(y_hat)

    def predict(self, W: ArrayLike, x: Any, *, classes: ArrayLike | None = None) -> Vector:
        """Outputs Ŷ (m, n_out) of inputs x, or the class (m,) whose output is the largest.

        Parameters
        ----------
        W : array (D,)
        x : array (m, n_in), or pandas.DataFrame
        classes : array (n_out,), optional
            What the outputs stand for, such as `data.classes`.

        Returns
        -------
        ndarray (m, n_out), or (m,) of `classes`
        """
        y_hat = self.forward(W, inputs(x))
        if classes is None:
            return y_hat
        classes = np.asarray(classes)
        if len(classes) != self.sizes[-1] or y_hat.dtype.kind == "c":
            raise FlownetError(
                f"{len(classes)} classes; the network has {self.sizes[-1]} outputs of "
                f"{self.output_dtype.name}, and a class wants a real one."
            )
        return classes[y_hat.argmax(axis=1)]

    def pushforward(self, W: ArrayLike, x: ArrayLike, V: ArrayLike) -> Vector:
        """Pushforward (JVP) Ẏ = J·V (m, n_out): change of the outputs along V (D,)."""
        W, x = self._point(W), self._inputs(x)
        V = self.as_reals.displacement(_check.vector("V", V, self.size, self.dtype))
        y_dot, real = self._outputs(len(x)), self.as_reals.real
        self.kernels.pushforward(
            self.plan, x, W, V, self.kernels.jet_workspace(self.plan, len(x), 2, real), y_dot
        )
        return self.as_reals.outputs(y_dot)

    def pullback(self, W: ArrayLike, x: ArrayLike, cotangent: ArrayLike) -> Vector:
        """Pullback (VJP) Jᵀ·G (D,): covector on W of a cotangent G (m, n_out) on the outputs.

        The adjoint of `pushforward`: ⟨J·V, G⟩ = ⟨V, Jᵀ·G⟩ (TM 18, 38), of complex numbers
        Re Σ conj(JV)·G = Re Σ conj(V)·JᵀG.
        """
        W, x = self._point(W), self._inputs(x)
        cotangent = self.as_reals.samples(
            _check.matrix("cotangent", cotangent, self.sizes[-1], self.output_dtype, len(x))
        )
        covector = np.zeros_like(W)
        self.kernels.pullback(self.plan, x, cotangent, W, covector, self._workspace(len(x)))
        return self.as_reals.covector(covector)

    def on_device(self, device: Device) -> Network:
        """The same network with the kernels of a device."""
        return Network(**self.describe(), device=device)

    def with_dtype(self, dtype: DTypeLike) -> Network:
        """The same network in another precision."""
        return Network(**{**self.describe(), "dtype": dtype}, device=self.device)

    def describe(self) -> dict[str, Any]:
        """Table of arguments that makes this network again."""
        table = {
            "sizes": list(self.sizes),
            "activation": list(self.activation),
            "output": self.output,
            "bias": self.bias,
            "init": self.init_rule,
            "dtype": self.dtype.name,
        }
        return {**table, "widely_linear": True} if self.widely_linear else table

    def __repr__(self):
        shape = "-".join(map(str, self.sizes))
        names = ", ".join(dict.fromkeys(self.activation)) or "linear"
        return f"Network {shape} ({names}; {self.size} parameters, {self.dtype.name})"

    def _point(self, W):
        return self.as_reals.point(_check.vector("W", W, self.size, self.dtype))

    def _inputs(self, x):
        return self.as_reals.samples(_check.matrix("x", x, self.sizes[0], self.dtype))

    def _outputs(self, rows):
        return np.empty((rows, self.plan.sizes[-1]), self.as_reals.real)

    def _workspace(self, rows):
        return self.kernels.workspace(self.plan, rows, self.as_reals.real)
