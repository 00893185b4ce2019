"""The geometry of parameter space: metric, curvature, conserved charges, noise of mini-batches."""
