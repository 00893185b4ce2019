"""A potential of somebody's own: any object with size, value(W) and differential(W)."""

import pickle

import numpy as np

from ..._errors import FlownetError, shown
from ._contract import OPTIONAL, AnyPotential, is_of_library

_NEEDED = ("size", "value", "differential")
_TAKEN = (  # from the object where it has them; the rest is the contract's
    "size",
    "value",
    "dtype",
    "network",
    "data",
    "loss",
    "couples",
    "mixes",
    "real_only",
    "pushforward",
    "difference",
    "init",
    *OPTIONAL,
)

#: what makes another function of a potential, where a class derived from one says it anew
_FUNCTION = {"value", "differential", "differential_on", "on", "difference", *OPTIONAL}
_WRAPPED = ("differential", "with_dtype", "on", "atoms")  # what they give is adapted too


def as_potential(given, *, needs=_NEEDED, line=None):
    """A potential of what a user hands in: itself, or an `OwnPotential` of any other object.

    Such is a class derived from one of the library's potentials, too, if it says anew what that is
    a function of: kernels and files know the one it derives from alone.

    Parameters
    ----------
    given : object
    needs : tuple of str
        What the caller cannot do without.
    line : str, optional
        The error where something of that is missing.

    Raises
    ------
    FlownetError
        For an object that lacks what is needed.
    """
    is_known = isinstance(given, AnyPotential) and not _is_rewritten(given)
    potential = given if is_known else OwnPotential(given)
    missing = [name for name in needs if not potential.offers(name)]
    if missing or isinstance(given, type):
        wanted = "size, value(W) and differential(W) -> (L, dL)"
        raise FlownetError(
            line
            or f"potential is {shown(given)}, without {missing[0] if missing else 'an instance'}; "
            f"it has to offer {wanted}."
        )
    return potential


def travels(potential):
    """Whether pickle can carry a potential: of the library's always, of a user's where it can."""
    for _, term in potential.atoms():
        if term.of_user:
            try:
                pickle.dumps(term)
            except Exception:  # what a user's class raises when it is pickled
                return False
    return True


def _is_rewritten(potential):
    """Whether its class says anew what a potential of the library does, which it derives from."""
    above = type(potential).__mro__
    own = [cls for cls in above if not is_of_library(cls)]
    derived = next(cls for cls in above if is_of_library(cls)) is not AnyPotential
    return derived and any(_FUNCTION & set(vars(cls)) for cls in own[: above.index(AnyPotential)])


class OwnPotential(AnyPotential):
    """An object that offers some of what a potential does; what else it has is found here too.

    Attributes
    ----------
    given : object
    """

    of_user = True

    def __init__(self, given):
        self.given = given
        if isinstance(given, np.ndarray):
            raise FlownetError(f"{shown(given)} is an array of numbers, and no potential.")
        try:
            # an object of any class: what it offers is looked for here, once, and nowhere else
            found = {name: getattr(given, name) for name in _TAKEN if hasattr(given, name)}
            self._more = {name for name in _WRAPPED if hasattr(given, name)}  # likewise
        except Exception as error:  # a property of somebody's class may raise anything
            raise FlownetError(f"{shown(given)} is no potential: {shown(error)}.") from None
        vars(self).update(found)

    def offers(self, *names):
        """Whether the object itself has all of these."""
        return all(name in vars(self) or name in self._more for name in names)

    @property
    def name(self):
        """What messages call it."""
        return type(self.given).__name__

    def value(self, W):
        """L(W), a float, of one that gives its differential alone."""
        return self.differential(W)[0]

    def differential(self, W, *, lowest=0):
        """L(W) and the covector dL (D,), all of it."""
        if "differential" not in self._more:
            self.refuse("differential")
        return self.given.differential(W)

    def with_dtype(self, dtype):
        """The same potential in another precision; itself where it has none of its own."""
        if "with_dtype" not in self._more:
            return super().with_dtype(dtype)
        return self._like(self.given.with_dtype(dtype), "with_dtype", needs=())

    def on(self, rows):
        """The potential of some samples alone: that of a mini-batch; itself without samples."""
        if "on" not in self._more:
            return super().on(rows)
        return self._like(self.given.on(rows), "on")

    def _like(self, other, name, **words):
        """What the object makes of itself; refused where what its class says anew is lost."""
        if isinstance(self.given, AnyPotential) and type(other) is not type(self.given):
            raise FlownetError(
                f"{name}() of a {self.name} gives a {type(other).__name__}, which knows nothing "
                f"of what {self.name} says anew: define {name}() there too."
            )
        return as_potential(other, **words)

    def atoms(self):
        """Terms of the sum that it is, as pairs (scale, potential)."""
        if "atoms" not in self._more:
            return super().atoms()
        return [(scale, as_potential(atom)) for scale, atom in self.given.atoms()]

    def __getattr__(self, name):
        if name.startswith("__") or name == "given":
            raise AttributeError(name)
        # whatever else a user's object has stays within his reach: run.potential.his_own_word
        return getattr(self.given, name)

    def __reduce__(self):
        return OwnPotential, (self.given,)

    def __eq__(self, other):
        return isinstance(other, OwnPotential) and self.given is other.given

    def __hash__(self):
        return id(self.given)

    def __repr__(self):
        return repr(self.given)
