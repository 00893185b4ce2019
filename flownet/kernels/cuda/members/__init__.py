"""Many runs at once on a CUDA device: a thread each where registers hold them, else a block."""
