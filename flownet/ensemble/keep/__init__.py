"""What is kept of each member of a sweep, by name."""

from ._failure import terms_of
from ._kept import Column, Following, Kept, Times
from ._names import ALWAYS, kept_of

__all__ = ["ALWAYS", "Column", "Following", "Kept", "Times", "kept_of", "terms_of"]
