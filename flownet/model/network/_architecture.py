"""What a network is made of, checked: widths of layers, names of activations."""

from ..._errors import FlownetError, shown
from ..._registry import unknown
from ...kernels.scalar.activation import ACTIVATIONS
from ...kernels.scalar.pair import COMPLEX_ACTIVATIONS, READOUTS

_WIDEST = 2**31
_REAL = {name: code for code, name in enumerate(ACTIVATIONS)}


def codes_of(dtype, output=False):
    """Codes of the activations that numbers of a type have, by name; of an output's."""
    if dtype.kind != "c":
        return _REAL
    return {**COMPLEX_ACTIVATIONS, **READOUTS} if output else COMPLEX_ACTIVATIONS


def sizes_of(sizes):
    """Widths of the layers, inputs first."""
    try:
        whole = tuple(int(n) for n in sizes)
        right = len(whole) >= 2 and all(
            1 <= n < _WIDEST and n == given and not isinstance(given, bool)
            for n, given in zip(whole, sizes)
        )
    except Exception:  # NumPy's masked numbers raise an error of their own
        right = False
    if not right:
        raise FlownetError(
            f"sizes is {shown(sizes)}; it has to be two or more whole numbers above 0, "
            "inputs first, such as [64, 32, 10]."
        )
    return whole


def activations_of(names, hidden, codes, dtype):
    """A name for each hidden layer."""
    if isinstance(names, str):
        names = [names] * hidden
    if not isinstance(names, (list, tuple)):
        raise FlownetError(f"activation is {shown(names)}; it has to be a name or a list of names.")
    if len(names) != hidden:
        raise FlownetError(
            f"{len(names)} activations for {hidden} hidden layers; "
            "give one name for all of them, or one for each."
        )
    return tuple(activation_of(name, codes, dtype) for name in names)


def activation_of(name, codes, dtype):
    """A name that has a code."""
    if not isinstance(name, str) or name not in codes:
        other = " of complex numbers" if dtype.kind == "c" else ""
        raise FlownetError(unknown(f"activation{other}", name, codes))
    return name
