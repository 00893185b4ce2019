"""Where a run is kept: memory and HDF5 behind one interface."""
