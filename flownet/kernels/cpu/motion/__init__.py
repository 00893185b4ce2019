"""Finite steps, many a call: mechanics, couplings, thermal noise, mini-batches, formulas."""
