"""One layer: where its numbers lie, its activation, its covectors; and the loss at the top."""
