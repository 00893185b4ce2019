"""A user's functions: called with arrays of their own, and what they give checked in one place."""

import hashlib
import inspect
import io
import tokenize

import numpy as np

from ..._errors import FlownetError, shown

#: what each is called with, and what it has to give
_SAID = {
    "differential": "differential(W) -> (L, dL), or differential(W, dL) -> L that writes dL",
    "value": "value(W) -> L",
    "hessian_action": "hessian_action(W, V) -> H·V",
    "third_action": "third_action(W, V) -> T[V,V]",
    "jet": "jet(W, V, order) -> c (order+1,)",
}
_BLANK = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


class Functions:
    """Functions of W (D,) by name, those that were given.

    Attributes
    ----------
    given : dict
    in_place : bool
        Whether the differential writes its dL into an array that it is handed.
    """

    def __init__(self, name, **given):
        for what, function in given.items():
            if not (callable(function) or (function is None and what != "differential")):
                raise FlownetError(
                    f"{what} is {shown(function)}; it has to be a function, {_SAID[what]}."
                )
        self.name, self.given = name, {what: f for what, f in given.items() if f is not None}
        self.in_place = _wanted(self.given["differential"]) == 2

    def has(self, what):
        """Whether a function was given."""
        return what in self.given

    def differential(self, W, *, in_loops=False):
        """L, a number, and dL (D,), of the type of W, as the function gives them at W (D,).

        Of one that kernels call `in_loops` W is theirs: it must not be changed.
        """
        function, seen = self.given["differential"], W.copy()
        if self.in_place:
            dL = np.zeros_like(W)
            pair = function(seen, dL), dL
        else:
            pair = function(seen)
        if not (isinstance(pair, (tuple, list)) and len(pair) == 2):
            self._refuse("differential", f"gives {shown(pair)}")
        if in_loops and seen.tobytes() != W.tobytes():
            raise FlownetError(f"{self.name}: its differential changes the W that it is given.")
        return pair

    def loss(self, what, value):
        """L as a float."""
        value = np.asarray(value)
        if value.size != 1 or value.dtype.kind not in "biuf":
            self._refuse(what, f"gives {shown(value)} for L, which is no real number")
        return float(value.reshape(()))

    def vector(self, what, value, W):
        """A vector (D,) of the type of W, that is nobody else's."""
        value = np.asarray(value)
        if value.shape != W.shape:
            self._refuse(what, f"gives a vector of shape {value.shape}, where W has {W.shape}")
        if value.dtype.kind not in ("biufc" if W.dtype.kind == "c" else "biuf"):
            self._refuse(what, f"gives {value.dtype}, where W holds {W.dtype}")
        return np.array(value, W.dtype)

    def action(self, what, W, V):
        """What a function gives of W and a displacement V (D,)."""
        return self.vector(what, self.given[what](W.copy(), V.copy()), W)

    def jet(self, W, V, order):
        """Taylor coefficients (order+1,)."""
        c = np.asarray(self.given["jet"](W.copy(), V.copy(), order))
        if c.shape != (order + 1,) or c.dtype.kind not in "biuf":
            self._refuse("jet", f"gives {c.dtype} {c.shape}, where ({order + 1},) is wanted")
        return c.astype(np.float64)

    def _refuse(self, what, line):
        raise FlownetError(f"{self.name}: its {what} {line}; it has to be {_SAID[what]}.")


def _wanted(function):
    """How many arguments a function wants."""
    try:
        words = inspect.signature(function).parameters.values()
    except (TypeError, ValueError, OverflowError):  # one of C, which does not say
        return 1
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(word.default is word.empty and word.kind in positional for word in words)


def name_of(function):
    """The name that a function was defined with, or that of its class."""
    # any callable will do, and not all of them have a name
    name = getattr(function, "__name__", type(function).__name__)
    return "CustomPotential" if name == "<lambda>" else name


def source_hash(functions):
    """SHA-256 of what functions are written as, comments and white space apart; "" without."""
    found = hashlib.sha256()
    for what, function in sorted(functions.items()):
        try:
            text = inspect.getsource(inspect.unwrap(function))
        except (OSError, TypeError):  # typed at a prompt, or no function
            return ""
        found.update(f"{what} {_bare(text)}\n".encode())
    return found.hexdigest()


def _bare(text):
    """The words of a program."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(inspect.cleandoc(text)).readline))
    except (tokenize.TokenError, SyntaxError):  # a lambda in the middle of a line
        return " ".join(text.split())
    return " ".join(token.string for token in tokens if token.type not in _BLANK)
