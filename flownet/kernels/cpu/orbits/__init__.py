"""Orbits of mechanical systems: there under their force, back under a nudge."""
