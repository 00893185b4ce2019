"""What members have, of which many have the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Shared(Sequence[Any]):
    """What each of R members has, where many have the same: of member r it is values[which[r]].

    Parameters
    ----------
    values : sequence
        Each once; a sequence may make them when they are asked for.
    which : array (R,) of int
    """

    def __init__(self, values: Any, which: np.ndarray) -> None:
        self.values, self.which = values, which

    @classmethod
    def over(cls, members: Any) -> Shared:
        """What a sequence has for each member; the same object is one value."""
        if isinstance(members, Shared):
            return members
        values: dict[int, Any] = {id(one): one for one in members}
        places = {key: i for i, key in enumerate(values)}
        return cls(list(values.values()), np.array([places[id(one)] for one in members], np.intp))

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, r: Any) -> Any:
        """That of member r; `Shared` of some members where an array or a slice says which."""
        if isinstance(r, (int, np.integer)):
            return self.values[self.which[r]]
        return Shared(self.values, self.which[r])

    def used(self) -> Shared:
        """The same, without the values that no member has."""
        there, which = np.unique(self.which, return_inverse=True)
        if len(there) == len(self.values):
            return self
        if isinstance(self.values, list):
            return Shared([self.values[i] for i in there], which)
        return Shared(self.values[there], which)
