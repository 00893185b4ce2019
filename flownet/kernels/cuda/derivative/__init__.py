"""Derivatives of any order along a displacement: jets, Hessian and third action."""
