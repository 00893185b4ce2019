"""Names in a sweep's file."""

FORMAT, VERSION = "flownet-sweep", 1
DONE, TEXT = "state/done", "plan/toml"
CHECKS, REST, CONCLUDED = "state/crc32/", "state/crc32_of_the_rest", "state/concluded"


def is_sweep(path):
    """Whether there is a sweep's file at a path."""
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            return says_sweep(file)
    except Exception:  # h5py raises half a dozen types for a broken structure
        return False


def says_sweep(file):
    """Whether an open file says that it is one of a sweep."""
    said = file.attrs.get("format")
    return isinstance(said, str) and said == FORMAT
