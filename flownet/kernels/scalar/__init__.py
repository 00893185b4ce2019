"""Scalar mathematics, written once as plain Python.

No function here has a decorator or knows a compiler: each runs on Python floats and NumPy scalars
as it is, and the kernels of a device are made of the same functions, compiled for it. Constants
take the type of their argument, `type(z)(2)`, so that single precision stays single.
"""
