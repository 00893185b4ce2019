"""What every kernel needs: registers, matrix products, passes over arrays, plans and threads."""
