"""Networks, losses, potentials and the charts they may be seen in."""
