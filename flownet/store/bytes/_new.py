"""A new HDF5 file that keeps its attributes in the header of its root."""

_MANY = 1000  # attributes of the root, which has a dozen


def new_file(place, interval):
    """A new file, as HDF5 writes it into a file object.

    Beyond eight attributes HDF5 would keep them in a heap, by which a forged file can break it:
    here they stay in the header. One of 64 kB or more is kept in a heap all the same.

    Parameters
    ----------
    place : file-like object
        Empty.
    interval : int
        Bytes at whose multiples everything begins.

    Returns
    -------
    h5py.File
    """
    import h5py
    from h5py import h5f, h5fd, h5p

    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    access.set_libver_bounds(h5f.LIBVER_LATEST, h5f.LIBVER_LATEST)
    access.set_alignment(1, interval)
    access.set_fileobj_driver(h5fd.fileobj_driver, place)
    made = h5p.create(h5p.FILE_CREATE)
    made.set_attr_phase_change(_MANY, _MANY - 1)
    return h5py.File(h5f.create(repr(place).encode(), h5f.ACC_TRUNC, made, access))
