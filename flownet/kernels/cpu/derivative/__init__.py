"""Derivatives of any order along a displacement: jets, Hessian action, third action."""
