"""Diagonals of the second and third derivative, exact."""
