"""Complex layers as real ones twice as high and as wide."""
