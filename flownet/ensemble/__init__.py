"""Many runs: sweeps, maps, bifurcations."""
