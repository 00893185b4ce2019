"""Motion on parameter space: mechanics, training, the flow, and what is read off a run."""
