"""A potential of somebody's own: any object with size, value(W) and differential(W)."""

from ..._errors import FlownetError, shown
from ._contract import OPTIONAL, AnyPotential

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

_WRAPPED = ("differential", "with_dtype", "on", "atoms")  # what they give is adapted too


def as_potential(given, *, needs=_NEEDED, line=None):
    """A potential of what a user hands in: itself, or an `OwnPotential` of any other object.

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
    potential = given if isinstance(given, AnyPotential) else OwnPotential(given)
    missing = [name for name in needs if not potential.offers(name)]
    if missing or isinstance(given, type):
        wanted = "size, value(W) and differential(W) -> (L, dL)"
        raise FlownetError(
            line
            or f"potential is {shown(given)}, without {missing[0] if missing else 'an instance'}; "
            f"it has to offer {wanted}."
        )
    return potential


class OwnPotential(AnyPotential):
    """An object that offers some of what a potential does; what else it has is found here too.

    Attributes
    ----------
    given : object
    """

    of_user = True

    def __init__(self, given):
        self.given = given
        # an object of any class: what it offers is looked for here, once, and nowhere else
        vars(self).update({name: getattr(given, name) for name in _TAKEN if hasattr(given, name)})
        self._more = {name for name in _WRAPPED if hasattr(given, name)}

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
        return as_potential(self.given.with_dtype(dtype), needs=())

    def on(self, rows):
        """The potential of some samples alone: that of a mini-batch; itself without samples."""
        if "on" not in self._more:
            return super().on(rows)
        return as_potential(self.given.on(rows))

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

    def __eq__(self, other):
        return isinstance(other, OwnPotential) and self.given is other.given

    def __hash__(self):
        return id(self.given)

    def __repr__(self):
        return repr(self.given)
