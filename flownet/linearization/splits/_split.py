"""What follows from the self terms of a split, whatever its parts are."""


class Split:
    """Mixin: pairs and triplets are what self terms leave of second and third order."""

    @property
    def second_pairs(self):
        """½Σ H(δ_a, δ_b) over two different parts."""
        return self.second - self.second_self

    @property
    def third_triplets(self):
        """Σ T(δ_a, δ_b, δ_c)/6 over three different parts."""
        return self.third - self.third_self - self.third_two
