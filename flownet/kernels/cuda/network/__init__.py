"""Forward pass and pullback of a whole network on a CUDA device."""
