"""Experiments: what a TOML file may say, and the run that follows from it."""
