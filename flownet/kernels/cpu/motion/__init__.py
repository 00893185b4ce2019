"""Finite steps, many a call: mechanics, couplings, noise, mini-batches, formulas."""
