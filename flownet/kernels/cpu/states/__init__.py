"""Layered states of physical systems: they settle, they yield, and what that says of W."""
