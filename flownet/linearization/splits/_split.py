"""What splits of a step have in common, whatever its parts are."""

import numpy as np

from ..._table import Tabled, signed_percent


class BesidePromise(Tabled):
    """Mixin of numbers given as shares of the step's promise."""

    def share(self, value):
        """A number relative to |dL(δ)|, with its sign; NaN where nothing was promised."""
        return value / abs(self.promise) if self.promise else np.full(np.shape(value), np.nan)

    def _shares(self, values):
        """A column of shares of the promise."""
        return signed_percent, self.share(np.asarray(values, np.float64))


class Split(BesidePromise):
    """Mixin: pairs and triplets are what self terms leave of second and third order."""

    @property
    def second_pairs(self):
        """½Σ H(δ_a, δ_b) over two different parts."""
        return self.second - self.second_self

    @property
    def third_triplets(self):
        """Σ T(δ_a, δ_b, δ_c)/6 over three different parts."""
        return self.third - self.third_self - self.third_two
