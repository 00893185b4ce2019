"""Forward pass and pullback of a whole network."""
